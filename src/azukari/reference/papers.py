"""``items.md``, ``findings.md``, ``dossier-schema.md`` and the flow pictures."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from azukari import programmes
from azukari.dossier import schema
from azukari.dossier.findings import find
from azukari.dossier.flow import flow
from azukari.dossier.reader import read_dossier
from azukari.dossier.schema import Direction, Dossier
from azukari.programmes import PROGRAMMES
from azukari.vocabulary.items import ITEMS, ItemKind, item_names

from .tables import page, table

FOLDER = Path(programmes.__file__).resolve().parent
DIRECTIONS = {
    Direction.PROVIDED: "提供",
    Direction.COLLECTED: "収集",
    Direction.HANDLED: "処理",
    Direction.RECORDED: "記録",
    Direction.VIEW: "閲覧",
}
KINDS = {
    ItemKind.IDENTITY: "本人を特定する項目",
    ItemKind.CONTACT: "連絡先",
    ItemKind.FAMILY: "世帯・続柄",
    ItemKind.ADMINISTRATIVE: "番号・手続・経過",
    ItemKind.INSURANCE: "医療保険の資格",
    ItemKind.WELFARE: "福祉",
    ItemKind.HEALTH: "健康・医療",
    ItemKind.FINANCIAL: "金銭・口座",
    ItemKind.EMPLOYMENT: "職業・所属",
    ItemKind.ACTIVITY: "歩数などの活動",
    ItemKind.SURVEY: "調査への回答",
    ItemKind.CREDENTIAL: "認証情報",
    ItemKind.SAFETY: "安全確保のための記録",
}


@cache
def dossier_of(programme: str) -> Dossier:
    return read_dossier(FOLDER / programme / "dossier.toml")


def picture_of(programme: str) -> Callable[[], str]:
    """What draws a programme's flow as the paper states it, without rulings, as ``azukari dossier flow`` does."""

    def draw() -> str:
        read = dossier_of(programme)
        return flow(read, find(read), ())

    return draw


def items_page() -> str:
    parts = []
    for kind in ItemKind:
        rows = [
            (f"`{i.key}`", i.name, "、".join(i.aliases), i.sensitivity.label, i.dpv, "" if i.papers else "なし")
            for i in ITEMS.values()
            if i.kind == kind
        ]
        if rows:
            parts.append(f"## {KINDS[kind]}")
            parts.append(table(["キー", "名前", "付議書での別名", "区分", "DPV", "付議書の列記"], rows))
    return page(
        "情報項目",
        f"五つの付議書の項目の列記にあるものと、本文や区の名簿だけにあるもの、あわせて {len(ITEMS)} 項目。"
        "付議書、モデルの欄、許可の判定は、項目をキーで指す。キー・名前・別名のどれでもコマンドに書ける。\n"
        "DPV は W3C Data Privacy Vocabulary の個人データの区分。",
        *parts,
        source="`src/azukari/vocabulary/items.toml`",
    )


def _gap(programme: str, entries: tuple[schema.GapEntry, ...]) -> str:
    names = {p.key: p.name for p in dossier_of(programme).parties}
    return "<br>".join(
        f"{names.get(g.party, g.party)}: {item_names(g.items)}（{'・'.join(DIRECTIONS[d] for d in g.directions)}）"
        for g in entries
    )


def findings_page() -> str:
    parts = []
    for programme in PROGRAMMES:
        read = dossier_of(programme)
        found = find(read)
        gaps = sum(f.severity == "gap" for f in found)
        parts.append(f"## {read.programme_name}（`{programme}`、{read.paper}）")
        parts.append(f"指摘 {len(found)}件、うち裁定まで拒否するもの {gaps}件。")
        rows = [
            (
                f"`{f.key}`",
                "拒否" if f.severity == "gap" else "注意",
                f.text if f.text.startswith(f.title.rstrip("…")) else f"**{f.title}**<br>{f.text}",
                "、".join(f.places),
                _gap(programme, f.gap),
            )
            for f in found
        ]
        parts.append(table(["指摘", "扱い", "内容", "場所", "裁定まで拒否する範囲"], rows))
    return page(
        "五つの付議書についての指摘",
        "付議書の中の矛盾と空白。「拒否」の範囲は、情報保護担当が裁定（どの記載を優先するか、理由、期限）を記録するまで使えない。\n"
        "「注意」は何も止めない。同じものを `azukari dossier check` が示す。",
        *parts,
        source="各事業の `dossier.toml` と `src/azukari/dossier/findings.py`",
    )


def _remark(lines: list[str], first: int, last: int) -> str:
    """The comment at the end of a statement's lines."""
    for line in lines[first - 1 : last]:
        head, mark, comment = line.partition("  # ")
        if mark and head.strip():
            return comment.strip()
    return ""


def _classes() -> Iterator[tuple[str, str, bool, list[tuple[str, str, str, str]]]]:
    """(name, docstring, is an enum, [(field, type or value, default, remark)]) of the schema's classes, in order."""
    source = inspect.getsource(schema)
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if not isinstance(node, ast.ClassDef) or node.name == "Frozen":
            continue
        is_enum = any(isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases)
        fields: list[tuple[str, str, str, str]] = []
        for part in node.body:
            last = part.end_lineno or part.lineno
            remark = _remark(lines, part.lineno, last)
            if isinstance(part, ast.AnnAssign):
                default = ast.unparse(part.value) if part.value else ""
                fields.append((ast.unparse(part.target), ast.unparse(part.annotation), default, remark))
            elif isinstance(part, ast.Assign):
                fields.append((ast.literal_eval(part.value), "", "", remark))
        yield node.name, ast.get_docstring(node) or "", is_enum, fields


def schema_page() -> str:
    parts = []
    for name, docstring, is_enum, fields in _classes():
        parts.append(f"## {name}")
        if docstring:
            parts.append(docstring)
        if is_enum:
            parts.append(table(["値", "意味"], [(f"`{f[0]}`", f[3]) for f in fields]))
        else:
            rows = [(f"`{f[0]}`", f"`{f[1]}`", f"`{f[2]}`" if f[2] else "必須", f[3]) for f in fields]
            parts.append(table(["欄", "型", "省いたとき", "意味"], rows))
    return page(
        "付議書の書式（dossier.toml）",
        "一つの事業に一つの TOML ファイル。知らない欄があるもの、参照が切れているものは読まれず、"
        "`azukari dossier check` がファイル・行・欄・直し方を示す。\n"
        "一番上の表は `Dossier`。項目（`items`、`provided` など）は"
        "[情報項目](items.md)のキーで書く。",
        *parts,
        source="`src/azukari/dossier/schema.py`",
    )
