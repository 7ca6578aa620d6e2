"""What can be refused or found wrong here. Each says in Japanese what happened and what to do."""

from __future__ import annotations

from azukari.vocabulary.refusal import Refusal


class WitnessError(Refusal):
    """Base of this floor's errors."""


class NotInTransaction(WitnessError):
    """An entry was to be appended outside a transaction: it could outlive, or miss, the act it records (law 4)."""

    def __init__(self) -> None:
        super().__init__(
            "アクセスログへの記録は、開示と同じトランザクションの中でだけできます。"
            "呼び出す処理を transaction.atomic() で囲んでください。"
        )


class Unrecordable(WitnessError, ValueError):
    """A field's value has no single canonical form, or is missing, so the entry was not written."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(
            f"アクセスログに記録できません（項目「{field}」）: {problem}記録できないものは開示できません。"
        )


class UnknownEntry(WitnessError, LookupError):
    """No entry with this number, or no tree of this size."""

    def __init__(self, number: int, size: int) -> None:
        self.number = number
        self.size = size
        super().__init__(f"{number} は記録の範囲にありません。いまの記録は {size} 件です（受付番号は 0 から）。")


class InvalidNote(WitnessError, ValueError):
    """A signed text is malformed or not signed by the expected key."""


class InvalidKey(WitnessError, ValueError):
    """A key text is malformed."""


class SigningKeyMissing(WitnessError):
    """Checkpoints have been given out, but the key that signed them is not there: a new one would betray them."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"署名鍵 {path} がありません。すでに署名した時点（チェックポイント）があるため、新しい鍵は作りません。"
            "鍵の控えを元の場所に戻してください。"
        )


class LogInconsistent(WitnessError):
    """The log no longer contains what an earlier checkpoint promised. Nothing more is signed."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(
            f"いまの記録は、件数 {size} のときに署名した時点と食い違います。新しい署名はしません。"
            "azukari witness verify で食い違いの場所を調べ、情報保護担当に知らせてください。"
        )
