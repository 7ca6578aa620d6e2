"""The board's paper as data for a page: summary sheet, parties, one sheet per clause, steps, measures, terms, history.

``paper`` writes the same as lines of text; here a template decides how it looks, so nothing is wrapped or padded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from azukari.dossier.paper import PARTY_HEADINGS, measures_title, party_remarks, terms_form
from azukari.dossier.permit import RenewalAct
from azukari.dossier.schema import Clause, Direction, Dossier, Kind, Measures, Step, Terms, Work
from azukari.dossier.words import (
    CONDITION_NAMES,
    DIRECTION_NAMES,
    KIND_NAMES,
    MEDIUM_NAMES,
    ROLE_NAMES,
    clause_items,
    clause_label,
    fiscal_year_name,
    item_name,
    measure_text,
    party_names,
    period_text,
)


@dataclass(frozen=True)
class Field:
    """One line of a sheet: its label and what stands there, one text a paragraph."""

    label: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class ItemList:
    """The items of one direction, in the paper's order."""

    label: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class WorkLine:
    """One numbered line of what is entrusted; ``remarks`` tell items, persons, expected number, period."""

    number: str
    text: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class MeasureLine:
    """``mark``: ○ applied, − not needed, ・ in words."""

    mark: str
    text: str


@dataclass(frozen=True)
class MeasureList:
    """One column of a checklist, with the sheets that it stands for."""

    title: str
    sheets: tuple[str, ...]
    lines: tuple[MeasureLine, ...]


@dataclass(frozen=True)
class Sheet:
    """One 別紙, named by ``label`` wherever it is spoken of.

    ``before`` and ``after`` are the lines above and below its items and works.
    """

    key: str
    kind: str
    label: str
    number: str
    title: str
    before: tuple[Field, ...]
    items: tuple[ItemList, ...]
    works: tuple[WorkLine, ...]
    after: tuple[Field, ...]

    @property
    def anchor(self) -> str:
        return f"sheet-{self.key}"


@dataclass(frozen=True)
class SheetGroup:
    """The sheets of one kind (電算処理, 外部結合, 業務委託, 再委託), as they are bound together."""

    kind: str
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True)
class PartyLine:
    role: str
    name: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class StepLine:
    """One numbered arrow as a row; ``sheet`` is the clause it rests on, ``anchor`` where that one stands."""

    number: str
    source: str
    target: str
    what: str
    medium: str
    items: tuple[str, ...]
    sheet: str
    anchor: str
    safeguards: tuple[str, ...]
    as_needed: bool
    personal: bool


@dataclass(frozen=True)
class TermsSheet:
    key: str
    form: str
    articles: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True)
class PaperPage:
    """All that the board reads, in its order."""

    paper: str
    board: str
    title: str
    head: tuple[Field, ...]
    summary: tuple[Field, ...]
    figures: tuple[tuple[str, str, str], ...]
    changes: tuple[tuple[str, str, str], ...]
    parties: tuple[PartyLine, ...]
    groups: tuple[SheetGroup, ...]
    steps: tuple[StepLine, ...]
    measures: tuple[MeasureList, ...]
    terms: tuple[TermsSheet, ...]
    history: tuple[tuple[str, str], ...]


def paper_page(dossier: Dossier, renewals: Sequence[RenewalAct] = ()) -> PaperPage:
    """The paper with the renewals recorded for its sheets."""
    return PaperPage(
        paper=dossier.paper,
        board=dossier.board,
        title=dossier.title,
        head=_fields(
            ("根拠", dossier.basis),
            ("担当部課", dossier.department),
            ("版", dossier.version),
            ("年度", fiscal_year_name(dossier.fiscal_year)),
        ),
        summary=tuple(_summary(dossier)),
        figures=tuple((each.name, f"{each.number:,}{each.unit}", each.when) for each in dossier.expected),
        changes=tuple((change.what, change.before, change.after) for change in dossier.changes),
        parties=tuple(
            PartyLine(ROLE_NAMES[party.role], party.name, tuple(party_remarks(dossier, party)))
            for party in dossier.parties
        ),
        groups=tuple(_groups(dossier, renewals)),
        steps=step_lines(dossier),
        measures=tuple(_measures(dossier, each) for each in dossier.measures),
        terms=tuple(_terms(each) for each in dossier.terms),
        history=tuple((earlier.session, earlier.matter) for earlier in dossier.history),
    )


def step_lines(dossier: Dossier) -> tuple[StepLine, ...]:
    """The numbered arrows in the paper's order: the table beside the figure."""
    return tuple(_step(dossier, step) for step in dossier.steps)


def _fields(*pairs: tuple[str, str]) -> tuple[Field, ...]:
    """A line for each text that is there."""
    return tuple(Field(label, (text,)) for label, text in pairs if text)


def _summary(dossier: Dossier) -> Iterator[Field]:
    subjects = (
        each.text + (f"（約{each.expected:,}人）" if each.expected is not None else "") for each in dossier.subjects
    )
    yield from _fields(
        ("事業名", dossier.programme_name), ("担当課", dossier.section), ("目的", dossier.purpose)
    )  # fmt: skip
    for label, texts in (("対象者", tuple(subjects)), ("事業内容", dossier.summary)):
        if texts:
            yield Field(label, texts)


def _groups(dossier: Dossier, renewals: Sequence[RenewalAct]) -> Iterator[SheetGroup]:
    for kind in Kind:
        sheets = tuple(_sheet(dossier, clause, renewals) for clause in dossier.clauses if clause.kind is kind)
        if sheets:
            yield SheetGroup(KIND_NAMES[kind], sheets)


def _sheet(dossier: Dossier, clause: Clause, renewals: Sequence[RenewalAct]) -> Sheet:
    nodes = {node.key: node.name for node in dossier.nodes}
    years = sorted({act.fiscal_year for act in renewals if act.clause in (clause.key, "*")})
    return Sheet(
        key=clause.key,
        kind=KIND_NAMES[clause.kind],
        label=clause_label(clause),
        number=clause.number,
        title=clause.title,
        before=_fields(
            ("登録業務の名称", clause.registered_work),
            ("委託先", party_names(dossier, clause.entrusted_by)),
            (PARTY_HEADINGS[clause.kind], party_names(dossier, clause.parties)),
            ("個人の範囲", clause.subjects),
        ),
        items=tuple(_item_lists(clause)),
        works=tuple(_work(work) for work in clause.works),
        after=_fields(
            ("条件", CONDITION_NAMES[clause.condition] if clause.condition else ""),
            ("記録するコンピュータ", nodes.get(clause.system, "")),
            ("記録媒体", clause.media_text or "、".join(MEDIUM_NAMES[medium] for medium in clause.media)),
            ("理由", clause.reason),
            ("結合の形態", clause.form),
            ("開始時期及び期限", clause.period.text or period_text(clause.period)),
            ("更新の記録", "、".join(fiscal_year_name(year) for year in years)),
            ("特記事項", "、".join(clause.terms)),
        ),
    )


def _item_lists(clause: Clause) -> Iterator[ItemList]:
    if clause.undivided:
        yield _items("提供・処理の項目", clause_items(clause, Direction.HANDLED))
    for direction in Direction:
        both = clause.undivided and direction in (Direction.PROVIDED, Direction.HANDLED)
        if getattr(clause, direction.value) and not both:
            yield _items(f"{DIRECTION_NAMES[direction]}の項目", getattr(clause, direction.value))
    if clause.excluded:
        yield _items("取り扱わせない項目", clause.excluded)


def _items(label: str, keys: Sequence[str]) -> ItemList:
    return ItemList(label, tuple(item_name(key) for key in keys))


def _work(work: Work) -> WorkLine:
    remarks = [f"項目: {'、'.join(item_name(key) for key in work.items)}"] if work.items else []
    remarks += [work.subjects] if work.subjects else []
    remarks += [f"約{work.expected:,}"] if work.expected is not None else []
    remarks += [period_text(work.period)] if work.period else []
    return WorkLine(work.number, work.text, tuple(remarks))


def _step(dossier: Dossier, step: Step) -> StepLine:
    nodes = {node.key: node.name for node in dossier.nodes}
    clause = next((each for each in dossier.clauses if each.key == step.clause), None)
    return StepLine(
        number=step.number,
        source=nodes.get(step.source, step.source),
        target=nodes.get(step.target, step.target),
        what=step.what,
        medium=MEDIUM_NAMES[step.medium] if step.medium else "",
        items=tuple(item_name(key) for key in step.items),
        sheet=clause_label(clause) if clause else "",
        anchor=f"sheet-{clause.key}" if clause else "",
        safeguards=tuple(measure_text(key) for key in step.safeguards),
        as_needed=step.as_needed,
        personal=step.personal,
    )


def _measures(dossier: Dossier, measures: Measures) -> MeasureList:
    labels = {clause.key: clause_label(clause) for clause in dossier.clauses}
    form = measures.carried_out_by if measures.carried_out_by in ("ward", "party") else ""
    lines = tuple(
        MeasureLine(mark, measure_text(key, form) if form else key)
        for mark, keys in (("○", measures.applied), ("−", measures.not_needed), ("・", measures.texts))
        for key in keys
    )
    return MeasureList(measures_title(measures), tuple(labels.get(key, key) for key in measures.clauses), lines)


def _terms(terms: Terms) -> TermsSheet:
    return TermsSheet(
        terms.key, terms_form(terms), tuple((each.number, each.heading, each.text) for each in terms.articles)
    )  # fmt: skip
