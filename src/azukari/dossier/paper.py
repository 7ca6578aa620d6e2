"""The board's paper as text, sheet by sheet, for ``dossier show``: what was approved, and what was found and ruled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from azukari.dossier.canonical import canonical_hash
from azukari.dossier.findings import Finding
from azukari.dossier.permit import RenewalAct, Ruling, triples
from azukari.dossier.schema import Clause, Direction, Dossier, Kind, Measures, Party, Terms
from azukari.dossier.svg import width, wrap
from azukari.dossier.words import (
    CONDITION_NAMES,
    DIRECTION_NAMES,
    KIND_NAMES,
    MEDIUM_NAMES,
    ROLE_NAMES,
    STATUS_NAMES,
    clause_items,
    clause_label,
    day,
    fiscal_year_name,
    item_list,
    item_name,
    measure_text,
    party_names,
    period_text,
)

COLUMNS = 110  # half-width columns of a line
LABEL = 24
ITEM = 44
LETTERS = {d: name[0] for d, name in DIRECTION_NAMES.items()}  # 提 収 処 記 閲
PARTY_HEADINGS = {
    Kind.AUTOMATED_PROCESSING: "開発等の委託先",
    Kind.INTERCONNECTION: "結合の相手方",
    Kind.ENTRUSTMENT: "委託先",
    Kind.RE_ENTRUSTMENT: "再委託先",
}
CERTIFICATIONS = {
    "privacy_mark": "プライバシーマーク取得",
    "isms": "ISMS（ISO27001）認証取得",
    "telecom_registered": "登録電気通信事業者",
}


def render_text(
    dossier: Dossier,
    findings: Sequence[Finding],
    rulings: Sequence[Ruling] = (),
    renewals: Sequence[RenewalAct] = (),
) -> str:
    """The whole paper in lines of up to 110 half-width columns, ending with a newline."""
    lines = [
        *_summary(dossier),
        *_parties(dossier),
        *(line for clause in dossier.clauses for line in _sheet(dossier, clause, renewals)),
        *_matrix(dossier, findings, rulings),
        *_steps(dossier),
        *_measures(dossier),
        *_terms(dossier),
        *_history(dossier),
        *_findings(findings, rulings),
        *_renewals(dossier, renewals),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def columns(text: str) -> int:
    """Half-width columns a text takes on a terminal or in a fixed-width font."""
    return sum(2 if width(character) == 1.0 else 1 for character in text)


def _pad(text: str, room: int) -> str:
    return text + " " * max(0, room - columns(text))


def _heading(text: str) -> list[str]:
    return ["", *wrap(f"■ {text}", COLUMNS / 2), "─" * (COLUMNS // 2)]


def _field(label: str, text: str) -> Iterator[str]:
    """「label   text」 with the text broken under itself, a long label on a line of its own; nothing for no text."""
    if text and columns(label) >= LABEL:
        yield from wrap(label, COLUMNS / 2)
        label = ""
    for index, line in enumerate(wrap(text, (COLUMNS - LABEL) / 2)):
        yield _pad(label if index == 0 else "", LABEL) + line


def _summary(dossier: Dossier) -> Iterator[str]:
    yield f"{dossier.paper}　{dossier.board}　付議事項".strip()
    yield from _field("件名", dossier.title)
    yield from _field("根拠", dossier.basis)
    yield from _field("担当部課", dossier.department)
    year, mark = fiscal_year_name(dossier.fiscal_year), canonical_hash(dossier)[:16]
    yield from _field("版", f"{dossier.version}（{year}、識別値 {mark}）")
    yield from _heading("事業の概要")
    yield from _field("事業名", dossier.programme_name)
    yield from _field("担当課", dossier.section)
    yield from _field("目的", dossier.purpose)
    for index, subjects in enumerate(dossier.subjects):
        expected = f"（約{subjects.expected:,}人）" if subjects.expected is not None else ""
        yield from _field("対象者" if index == 0 else "", subjects.text + expected)
    for index, text in enumerate(dossier.summary):
        yield from _field("事業内容" if index == 0 else "", text)
    for index, figure in enumerate(dossier.expected):
        when = f"（{figure.when}）" if figure.when else ""
        yield from _field("見込み数" if index == 0 else "", f"{figure.name}: {figure.number:,}{figure.unit}{when}")
    for index, change in enumerate(dossier.changes):
        yield from _field("変更点" if index == 0 else "", f"{change.what}: {change.before} → {change.after}")


def _parties(dossier: Dossier) -> Iterator[str]:
    yield from _heading("相手方")
    for party in dossier.parties:
        words = party_remarks(dossier, party)
        yield from _field(ROLE_NAMES[party.role], f"{party.name}" + (f"（{'。'.join(words)}）" if words else ""))


def party_remarks(dossier: Dossier, party: Party) -> list[str]:
    """Certifications, from whom the work is passed on, whether it is chosen yet, the paper's note."""
    words = [CERTIFICATIONS.get(each, each) for each in party.certifications]
    words += [f"{party_names(dossier, party.of)}からの再委託"] if party.of else []
    words += [STATUS_NAMES[party.status]] if STATUS_NAMES[party.status] else []
    return [*words, party.note] if party.note else words


def _sheet(dossier: Dossier, clause: Clause, renewals: Sequence[RenewalAct]) -> Iterator[str]:
    yield from _heading(f"別紙 {KIND_NAMES[clause.kind]}　{clause.title}")
    yield from _field("番号", clause.number)
    yield from _field("登録業務の名称", clause.registered_work)
    if clause.entrusted_by:
        yield from _field("委託先", party_names(dossier, clause.entrusted_by))
    yield from _field(PARTY_HEADINGS[clause.kind], party_names(dossier, clause.parties))
    yield from _field("個人の範囲", clause.subjects)
    if clause.undivided:
        yield from _field("項目（提供・処理）", _counted(clause_items(clause, Direction.HANDLED)))
    for direction in Direction:
        if not (clause.undivided and direction in (Direction.PROVIDED, Direction.HANDLED)):
            yield from _field(f"{DIRECTION_NAMES[direction]}の項目", _counted(getattr(clause, direction.value)))
    yield from _field("取り扱わせない項目", item_list(clause.excluded))
    if clause.condition:
        yield from _field("条件", CONDITION_NAMES[clause.condition])
    nodes = {node.key: node.name for node in dossier.nodes}
    yield from _field("記録するコンピュータ", nodes.get(clause.system, ""))
    yield from _field("記録媒体", clause.media_text or "、".join(MEDIUM_NAMES[medium] for medium in clause.media))
    yield from _field("理由", clause.reason)
    yield from _field("結合の形態", clause.form)
    for index, work in enumerate(clause.works):
        words = [f"項目: {item_list(work.items)}"] if work.items else []
        words += [work.subjects] if work.subjects else []
        words += [f"約{work.expected:,}"] if work.expected is not None else []
        words += [period_text(work.period)] if work.period else []
        tail = f"（{'。'.join(words)}）" if words else ""
        yield from _field("内容" if index == 0 else "", f"{work.number} {work.text}{tail}")
    yield from _field("開始時期及び期限", clause.period.text or period_text(clause.period))
    years = sorted({act.fiscal_year for act in renewals if act.clause in (clause.key, "*")})
    yield from _field("更新の記録", "、".join(fiscal_year_name(year) for year in years))
    yield from _field("特記事項", "、".join(clause.terms))


def _counted(items: Sequence[str]) -> str:
    return f"{item_list(items)}（{len(items)}項目）" if items else ""


def _matrix(dossier: Dossier, findings: Sequence[Finding], rulings: Sequence[Ruling]) -> Iterator[str]:
    """Items × parties: 提 収 処 記 閲 as listed, ！ for a gap without ruling, 裁 for one that is ruled."""
    parties = [party for party in dossier.parties if any(party.key in clause.parties for clause in dossier.clauses)]
    cells: dict[tuple[str, str], set[Direction]] = {}
    items: dict[str, None] = {}
    for clause in dossier.clauses:
        for direction in Direction:
            for item in clause_items(clause, direction):
                items[item] = None
                for key in clause.parties:
                    cells.setdefault((item, key), set()).add(direction)
    ruled = {(key, item) for ruling in rulings for key, item, _ in triples(ruling.grants)}
    rulings_on = {ruling.finding for ruling in rulings}
    openly = {(p, i) for f in findings if f.key not in rulings_on for p, i, _ in triples(f.gap)}
    items.update({item: None for _, item, _ in (t for f in findings for t in triples(f.gap))})
    yield from _heading("情報項目と相手方の一覧")
    yield "提=提供 収=収集 処=処理 記=記録 閲=閲覧 ！=指摘あり（裁定待ち） 裁=裁定により取扱い"
    for index, party in enumerate(parties):
        yield f"  {_letter(index)} {party.name}"
    yield ""
    rows = {item: [_cell(cells, ruled, openly, item, party.key) for party in parties] for item in items}
    room = 2 + max((columns(cell) for row in rows.values() for cell in row), default=2)
    yield _pad("情報項目", ITEM) + "".join(_pad(_letter(index), room) for index in range(len(parties)))
    for item, row in rows.items():
        yield _pad(wrap(item_name(item), ITEM / 2 - 1, 1)[0], ITEM) + "".join(_pad(cell, room) for cell in row)


def _cell(
    cells: dict[tuple[str, str], set[Direction]],
    ruled: set[tuple[str, str]],
    openly: set[tuple[str, str]],
    item: str,
    party: str,
) -> str:
    words = "".join(LETTERS[direction] for direction in Direction if direction in cells.get((item, party), ()))
    words += "裁" if (party, item) in ruled else ""
    words += "！" if (party, item) in openly else ""
    return words or "・"


def _letter(index: int) -> str:
    return chr(ord("A") + index) if index < 26 else f"A{chr(ord('A') + index - 26)}"


def _steps(dossier: Dossier) -> Iterator[str]:
    if not dossier.steps:
        return
    yield from _heading("個人情報の流れ")
    nodes = {node.key: node.name for node in dossier.nodes}
    labels = {clause.key: clause_label(clause) for clause in dossier.clauses}
    for step in dossier.steps:
        words = ["随時"] if step.as_needed else []
        words += [MEDIUM_NAMES[step.medium]] if step.medium else []
        words += [f"項目: {item_list(step.items)}"] if step.items else []
        words += [] if step.personal else ["個人情報なし"]
        words += [f"根拠: {labels[step.clause]}"] if step.clause in labels else []
        words += [f"対策: {'、'.join(measure_text(key) for key in step.safeguards)}"] if step.safeguards else []
        route = f"{nodes.get(step.source, step.source)} → {nodes.get(step.target, step.target)}: {step.what}"
        yield from _field(step.number, route + (f"（{'。'.join(words)}）" if words else ""))


def _measures(dossier: Dossier) -> Iterator[str]:
    if not dossier.measures:
        return
    yield from _heading("情報保護対策")
    labels = {clause.key: clause_label(clause) for clause in dossier.clauses}
    for each in dossier.measures:
        title = measures_title(each) + "　" + "".join(labels.get(key, key) for key in each.clauses)
        yield from wrap(title, COLUMNS / 2)
        for mark, keys in (("○", each.applied), ("−", each.not_needed), ("・", each.texts)):
            for key in keys:
                text = measure_text(key, each.carried_out_by) if each.carried_out_by in ("ward", "party") else key
                for index, line in enumerate(wrap(text, (COLUMNS - 6) / 2)):
                    yield (f"  {mark} " if index == 0 else "     ") + line


def measures_title(measures: Measures) -> str:
    """Checklist, who carries them out, of which nature."""
    who = "区が行う対策" if measures.carried_out_by == "ward" else "相手方に行わせる対策"
    nature = "運用上" if measures.nature == "operational" else "システム上"
    checklist = f"チェックリスト{measures.checklist} " if measures.checklist else ""
    return f"{checklist}{who}【{nature}の対策】"


def terms_form(terms: Terms) -> str:
    """For how many parties the special terms are written, and what they say of re-entrustment and inspection."""
    form = "三者（甲乙丙）" if terms.form == "three_party" else "二者（甲乙）"
    forbidden = "再委託は禁止" if terms.re_entrustment == "forbidden" else "再委託は甲の承諾がある場合に限る"
    yearly = "、年度に1回以上の立入り調査等" if terms.yearly_inspection else ""
    return f"{form}、{forbidden}{yearly}"


def _terms(dossier: Dossier) -> Iterator[str]:
    for terms in dossier.terms:
        yield from _heading(f"特記事項 {terms.key}　{terms_form(terms)}")
        for article in terms.articles:
            yield from _field(f"{article.number} {article.heading}", article.text)


def _history(dossier: Dossier) -> Iterator[str]:
    if dossier.history:
        yield from _heading("これまでの審議")
        for earlier in dossier.history:
            yield from _field(earlier.session, earlier.matter)


def _findings(findings: Sequence[Finding], rulings: Sequence[Ruling]) -> Iterator[str]:
    yield from _heading("指摘と裁定")
    if not findings:
        yield "指摘はありません。"
    for finding in findings:
        mine = [ruling for ruling in rulings if ruling.finding == finding.key]
        mark = "裁定あり" if mine else "裁定待ち" if finding.gap else "注記"
        yield f"［{mark}］{finding.key}"
        yield from (f"    {line}" for line in wrap(finding.text, (COLUMNS - 4) / 2))
        for text in finding.texts:
            yield from (f"      ・{line}" for line in wrap(text, (COLUMNS - 8) / 2))
        for ruling in mine:
            words = (
                f"裁定 {ruling.key}: 「{ruling.governs}」による。理由: {ruling.why}"
                f"（{ruling.by}、{day(ruling.on)}から{day(ruling.until)}まで）"
            )
            yield from (f"    {line}" for line in wrap(words, (COLUMNS - 4) / 2))


def _renewals(dossier: Dossier, renewals: Sequence[RenewalAct]) -> Iterator[str]:
    if renewals:
        yield from _heading("更新の記録")
        labels = {clause.key: clause_label(clause) for clause in dossier.clauses}
        for act in sorted(renewals, key=lambda act: (act.fiscal_year, act.recorded_on, act.clause)):
            what = labels.get(act.clause, "すべての別紙" if act.clause == "*" else act.clause)
            yield from _field(fiscal_year_name(act.fiscal_year), f"{what}（{day(act.recorded_on)}、{act.by}）")
