"""Why a package, a manifest or a data file is refused: one exception per response.

Every ``str()`` is Japanese and says what happened and what to do next. Nothing that came out of the refused file is
quoted (a stray header line or member name may be a person's name); positions and counts are given instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from azukari.vocabulary.refusal import Refusal


class PackageRefused(Refusal):
    """Base of all refusals. ``reason`` says what happened, ``remedy`` what to do next; nothing has been written."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}{remedy}")
        self.reason = reason
        self.remedy = remedy


_ASK_AGAIN = "受け取った媒体はそのまま保管し、送付元に同じ受渡し番号での再作成を依頼してください。"
_NEVER_OPEN = "ファイルを展開せずに保管し、送付元と情報保護担当に連絡してください。"


class NotAPackage(PackageRefused):
    def __init__(self) -> None:
        super().__init__(
            "このファイルは受渡しパッケージ（AES-256 ZIP または age）ではありません。",
            "受渡し番号（AZ-年度-番号）の付いた .zip または .zip.age のファイルを選び直してください。",
        )


class PackageNotFound(PackageRefused):
    def __init__(self) -> None:
        super().__init__("受渡しパッケージが見つかりません。", "保存先のフォルダとファイル名を確認してください。")


class TruncatedPackage(PackageRefused):
    def __init__(self) -> None:
        super().__init__(
            "受渡しパッケージが途中で切れています（転送または書込みが完了していません）。",
            "もう一度転送するか、送付元に再送を依頼してください。",
        )


class SecretNeeded(PackageRefused):
    """A password was given for an age file, or a key for a ZIP. ``what``: what opens this file, in Japanese."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__("このパッケージの開け方が違います。", f"{what}を指定してください。")


class WrongPassword(PackageRefused):
    def __init__(self) -> None:
        super().__init__(
            "パスワードが違います。",
            "別便のパスワード通知書の受渡し番号がこのパッケージと同じか確かめ、ハイフンも含めて入力し直してください。",
        )


class WrongKey(PackageRefused):
    def __init__(self) -> None:
        super().__init__(
            "このパッケージは、指定された鍵では開けません（別の受取人の公開鍵で封かんされています）。",
            "自組織の鍵を指定しているか確認し、合っている場合は送付元に公開鍵の登録内容を確認してください。",
        )


class TamperedPackage(PackageRefused):
    """The authentication code (HMAC, age MAC, CRC or digest) does not fit: the bytes are not those that were sealed."""

    def __init__(self, what: str = "封かん後に内容が変わっています（改ざん検知符号が一致しません）。") -> None:
        super().__init__(what, _ASK_AGAIN)


class DigestMismatch(TamperedPackage):
    def __init__(self, member: str) -> None:
        self.member = member
        super().__init__(f"{member} のハッシュ値が送付票（manifest.json）と一致しません。")


class WrongSignature(TamperedPackage):
    def __init__(self) -> None:
        super().__init__("送付票の電子署名が、登録されている送付元の鍵と一致しません。")


class NotForUs(PackageRefused):
    def __init__(self, receiver: str, expected: str) -> None:
        self.receiver, self.expected = receiver, expected
        super().__init__(
            f"このパッケージの受取人は「{receiver}」で、「{expected}」ではありません。",
            "内容を取り込まず、誤送付として送付元に連絡してください。",
        )


class NotFromThem(PackageRefused):
    def __init__(self, sender: str, expected: str) -> None:
        self.sender, self.expected = sender, expected
        super().__init__(
            f"このパッケージの送付元は「{sender}」で、「{expected}」ではありません。",
            "受渡し番号を確認し、内容を取り込まずに送付元へ連絡してください。",
        )


class TooLarge(PackageRefused):
    """A declared or an actual size, or the compression ratio, is over the limit (zip bomb). Sizes in bytes."""

    def __init__(self, what: str, limit: str) -> None:
        super().__init__(f"{what}が上限（{limit}）を超えています。展開を中止しました。", _NEVER_OPEN)


class UnsafeMemberName(PackageRefused):
    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(
            f"パッケージの{position}番目のファイルは、フォルダの外を指す名前またはリンクです。展開を中止しました。",
            _NEVER_OPEN,
        )


class UnexpectedMember(PackageRefused):
    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(
            f"パッケージの{position}番目に、送付票にないファイルが入っています。取り込んでいません。",
            "送付元に、送付票にあるファイルだけで作り直すよう依頼してください。",
        )


class DuplicateMember(PackageRefused):
    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(
            f"パッケージの{position}番目のファイルは、ほかのファイルと名前または位置が重なっています。", _NEVER_OPEN
        )


class MissingMember(PackageRefused):
    def __init__(self, member: str) -> None:
        self.member = member
        super().__init__(f"パッケージに {member} が入っていません。", _ASK_AGAIN)


class UnencryptedMember(PackageRefused):
    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(
            f"パッケージの{position}番目のファイルが AES-256 で暗号化されていません。取り込んでいません。",
            "暗号化漏れの事故として送付元と情報保護担当に連絡し、AES-256 での作り直しを依頼してください。",
        )


class ManifestUnreadable(PackageRefused):
    """``problems``: one Japanese line per field that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            f"送付票（manifest.json）を受け付けられません。{'；'.join(self.problems)}。",
            "送付元に送付票の作り直しを依頼してください。",
        )


class RowCountMismatch(PackageRefused):
    def __init__(self, listed: int, found: int) -> None:
        self.listed, self.found = listed, found
        super().__init__(
            f"データの件数が送付票と一致しません（送付票 {listed:,}件、実際 {found:,}件）。",
            "受領せず、不一致として記録し、送付元に件数を確認してください。",
        )


class ColumnsMismatch(PackageRefused):
    """The header line is not exactly the listed columns. ``missing``: listed names; ``extra``: how many unlisted."""

    def __init__(self, missing: Sequence[str], extra: int) -> None:
        self.missing, self.extra = tuple(missing), extra
        found = []
        if missing:
            found.append(f"不足している列: {'、'.join(missing)}")
        if extra:
            found.append(f"送付票にない列: {extra}列")
        if not found:
            found.append("列の並び順が違います")
        super().__init__(
            f"データの見出しが送付票の情報項目と一致しません（{'；'.join(found)}）。",
            "取り込んでいません。送付票にある列だけを同じ順に並べて送り直すよう依頼してください。",
        )


class RowShape(PackageRefused):
    """A row has more or fewer cells than the header (a shifted column). ``row`` counts data rows from 1."""

    def __init__(self, row: int, expected: int, found: int) -> None:
        self.row, self.expected, self.found = row, expected, found
        super().__init__(
            f"{row:,}行目の列数が見出しと違います（見出し {expected}列、この行 {found}列）。",
            "列ずれのおそれがあるため全件を取り込んでいません。送付元に作り直しを依頼してください。",
        )


class LineTooLong(PackageRefused):
    def __init__(self, line: int, limit: int) -> None:
        self.line, self.limit = line, limit
        super().__init__(
            f"データの{line:,}行目が長すぎます（上限 {limit:,}バイト）。",
            "改行が失われていないか、送付元に確認してください。",
        )


class UndecodableData(PackageRefused):
    def __init__(self, line: int, encoding: str) -> None:
        self.line, self.encoding = line, encoding
        super().__init__(
            f"データの{line:,}行目に、文字コード {encoding} として読めない部分があります。",
            "送付票の文字コードのとおりに書き出しているか、送付元に確認してください。",
        )


class UnreadableCsv(PackageRefused):
    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(
            f"データの{line:,}行目を CSV として読めません（引用符の閉じ忘れ、または使えない制御文字）。",
            "送付元に CSV の作り直しを依頼してください。",
        )


class UnwritableColumn(PackageRefused):
    def __init__(self, column: str, why: str) -> None:
        self.column = column
        super().__init__(
            f"列「{column}」を CSV に書き出せません（{why}）。", "列の作り方を直してから、やり直してください。"
        )


class AlreadyWritten(PackageRefused):
    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"{name} はすでに作成されています。上書きはしません。",
            "作り直す場合は、新しい受渡し番号で準備してください。",
        )


class DiskFull(PackageRefused):
    """No space left; the half-written file is removed, so the same call can simply be repeated."""

    def __init__(self, place: str = "保存先") -> None:
        super().__init__(
            f"{place}の空き容量が足りないため、書込みを中止しました。途中のファイルは残していません。",
            "空き容量を確保してから、同じ操作をもう一度実行してください。",
        )
