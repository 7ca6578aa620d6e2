"""``settings.md``: every environment variable that the settings read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from .tables import page, table

SETTINGS = Path(__file__).resolve().parent.parent / "settings" / "__init__.py"
_READ = re.compile(r"""(?:os\.environ(?:\.get\(|\[)|_flag\()\s*["']([A-Z][A-Z0-9_]*)["']""")


@dataclass(frozen=True)
class Variable:
    default: str
    meaning: str
    production: str


VARIABLES: Mapping[str, Variable] = MappingProxyType(
    {
        "AZUKARI_VAR": Variable(
            "`var`",
            "状態フォルダ。SQLite のデータベース、作られた秘密鍵、送り出すファイルが入る",
            "データベース以外の状態を置く場所。利用者 azukari だけが読める",
        ),
        "AZUKARI_DEBUG": Variable(
            "（無効）", "`1`、`true`、`yes` で開発用の詳しい表示。秘密が画面に出るおそれがある", "設定しない"
        ),
        "AZUKARI_SECRET_KEY": Variable(
            "状態フォルダの `secret-key`（初回に作られ、所有者だけが読める）", "署名に使う秘密鍵", "複数の起動で同じ値"
        ),
        "AZUKARI_ALLOWED_HOSTS": Variable(
            "`localhost,127.0.0.1`",
            "受け付けるホスト名。カンマ区切り。画面ごとの変数がないときに使う",
            "公開するホスト名だけ",
        ),
        "AZUKARI_ALLOWED_HOSTS_WARD": Variable("上と同じ", "区の画面が受け付けるホスト名", "区の画面の名前だけ"),
        "AZUKARI_ALLOWED_HOSTS_PARTNER": Variable("上と同じ", "委託先の画面が受け付けるホスト名", "その名前だけ"),
        "AZUKARI_ALLOWED_HOSTS_RESIDENT": Variable("上と同じ", "住民の画面が受け付けるホスト名", "その名前だけ"),
        "AZUKARI_ALLOWED_HOSTS_EMPLOYEE": Variable("上と同じ", "職員の画面が受け付けるホスト名", "その名前だけ"),
        "AZUKARI_DATABASE_URL": Variable(
            "状態フォルダの `azukari.sqlite3`",
            "`sqlite:///パス` 又は `postgresql://利用者:パスワード@ホスト:ポート/名前`（記号は % で表す）",
            "PostgreSQL 15 以上。接続する役割は表の所有者と別にする",
        ),
        "AZUKARI_HOME": Variable(
            "`ward`", "この設置が、どの組織のものか（組織コード）", "区は区の、事業者は事業者の組織コード"
        ),
        "AZUKARI_PREFIX": Variable(
            "`AZ`", "受渡番号の頭文字。受渡しをし合う設置どうしで違えること", "組織ごとに違う英字"
        ),
        "AZUKARI_KEYS": Variable(
            "状態フォルダの `keys`",
            "パッケージの鍵、組織の鍵、アクセスログの署名鍵、消去の台帳。所有者だけが読める（0700）",
            "データベースのバックアップと別の場所",
        ),
        "AZUKARI_VAULT": Variable(
            "鍵のフォルダの `vault`",
            "区が開けない記録（ストレスチェックの回答と結果）の、一人ずつの鍵を置くフォルダ。`off` では、"
            "そのプロセスは一つも開けない。`azukari serve` は、区と住民の画面のプロセスでは `off` にする",
            "委託先の機器だけが読める場所。区の画面だけを出す機器では `off`",
        ),
        "AZUKARI_OUTBOX": Variable(
            "状態フォルダの `outbox`", "封をしたファイルを置くフォルダ", "状態フォルダのままでよい"
        ),
        "AZUKARI_XSD": Variable(
            "状態フォルダの `xsd`",
            "健診XML（hc08）を検証する厚生労働省のスキーマ（hc08_V08.xsd と coreschemas）のフォルダ",
            "区が厚生労働省のページから入手したフォルダ",
        ),
        "AZUKARI_FONTS": Variable(
            "（付属の IPAexフォント）",
            "異体字を持つフォントのフォルダ。複数は `:` で区切る。前のものから使う",
            "IPAmj明朝などのフォルダ",
        ),
        "AZUKARI_PROGRAMMES": Variable(
            "付属の五つの事業",
            "事業ごとのフォルダ（`dossier.toml` を持つ）を置くフォルダ",
            "自治体の付議書を置くフォルダ",
        ),
        "AZUKARI_SURFACE": Variable(
            "`ward`", "このプロセスが出す画面。`azukari serve` が画面ごとに設定する", "設定しない"
        ),
        "AZUKARI_TLS_CERTIFICATE": Variable(
            "（なし）",
            "`azukari serve` が自分で TLS を行うときの証明書（PEM、中間証明書を含む）",
            "プロキシに任せるときは不要",
        ),
        "AZUKARI_TLS_KEY": Variable("（なし）", "その鍵（PEM、PKCS#8）", "所有者だけが読める（0600）"),
        "AZUKARI_PROXY": Variable(
            "（無効）",
            "TLS を行うプロキシが前にあり、ほかから画面の番号に届かない。127.0.0.1 以外で待ち受けてよいことにする",
            "別の機器やコンテナのプロキシの後ろでだけ `1`",
        ),
        "AZUKARI_INSECURE": Variable(
            "（無効）", "TLS なしで画面を出し、クッキーを暗号化しない通信でも送る（デモと試験）", "設定しない"
        ),
        "AZUKARI_SESSION_MINUTES": Variable("`30`", "操作がないとき、サインインが切れるまでの分", "区の規程に合わせる"),
        "AZUKARI_UPLOAD_MB": Variable(
            "`512`", "受け取るファイルの大きさの上限（MB）。超えるものは読まずに断る", "プロキシの上限も合わせる"
        ),
        "AZUKARI_DEMO": Variable(
            "（無効）", "デモの表示。確認コードが画面に出る。この機械だけで起動できる", "設定しない"
        ),
        "AZUKARI_CLOCK_OFFSET": Variable("`0`", "画面の時計を進める秒数（デモ）", "設定しない"),
    }
)


def variables_read(source: str) -> set[str]:
    """Names of the environment variables that a Python source reads."""
    return set(_READ.findall(source))


def settings_page() -> str:
    """Raises KeyError where the settings read a variable that :data:`VARIABLES` does not explain, or the reverse."""
    read = variables_read(SETTINGS.read_text(encoding="utf-8"))
    if read != set(VARIABLES):
        raise KeyError(f"explain in reference/environment.py: {sorted(read ^ set(VARIABLES))}")
    rows = [(f"`{name}`", v.default, v.meaning, v.production) for name, v in VARIABLES.items()]
    return page(
        "設定（環境変数）",
        "設定はすべて環境変数で行う。どれも省ける。足りないものは `azukari check --deploy` が日本語で挙げる。",
        table(["名前", "省いたとき", "意味", "本番では"], rows),
        "試験だけが読むもの: `AZUKARI_TEST_POSTGRES_URL`（PostgreSQL での試験に使う接続）、"
        "`AZUKARI_LAWS`（`explore` で、法則の試験が毎回新しい例を試す）。",
        source="`src/azukari/settings/__init__.py`",
    )
