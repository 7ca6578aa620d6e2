"""The shape of a dossier (付議書): what a privacy board's paper says, as immutable data.

One TOML file per programme is read into :class:`Dossier` by ``dossier.reader``. Nothing here knows Django, the
clock or the database. Japanese field names of the paper stand in each comment.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Role(StrEnum):
    CONTROLLER = "controller"  # 区
    PROCESSOR = "processor"  # 委託先
    SUB_PROCESSOR = "sub_processor"  # 再委託先
    COUNTERPARTY = "counterparty"  # 結合の相手方


class PartyStatus(StrEnum):
    NAMED = "named"  # the paper names the organisation
    CLASS = "class"  # the paper names a kind of organisation (検査機関, 医療機関)
    BY_TENDER = "by_tender"  # to be chosen by tender (競争入札により決定)


class Kind(StrEnum):
    AUTOMATED_PROCESSING = "automated_processing"  # 電算処理
    INTERCONNECTION = "interconnection"  # 外部結合
    ENTRUSTMENT = "entrustment"  # 業務委託
    RE_ENTRUSTMENT = "re_entrustment"  # 再委託


class Direction(StrEnum):
    PROVIDED = "provided"  # 提供: handed to the party
    COLLECTED = "collected"  # 収集: the party collects it from people for the ward
    HANDLED = "handled"  # 処理: the party works with it (prints, types in, calls)
    RECORDED = "recorded"  # 記録: a system keeps it
    VIEW = "view"  # 閲覧: may be looked at, not written or kept


class Medium(StrEnum):
    LGWAN = "lgwan"  # LGWAN回線によるファイル転送
    NETWORK = "network"  # other closed network or Internet line with encryption
    DISC = "disc"  # CD-R, DVD-R
    PAPER = "paper"  # 紙
    SYSTEM = "system"  # seen or entered in a system
    ELECTRONIC = "electronic"  # 電磁的媒体, when the paper does not say which


class Renewal(StrEnum):
    YEARLY = "yearly"  # 次年度以降も同様
    ON_SELECTION = "on_selection"  # only if the party is selected again (プロポーザルの結果)
    NONE = "none"


class Condition(StrEnum):
    """A limit on whose data a clause covers, beyond the handover itself (law 3)."""

    OPEN_INQUIRY = "open_inquiry"  # 問合せ内容に係る事項のみ
    OPEN_CASE = "open_case"


class Party(Frozen):
    key: str
    name: str
    role: Role
    aliases: tuple[str, ...] = ()
    of: tuple[str, ...] = ()  # sub-processor of whom (party keys)
    certifications: tuple[str, ...] = ()  # privacy_mark, isms, telecom_registered …
    status: PartyStatus = PartyStatus.NAMED
    note: str = ""


class Node(Frozen):
    """A box of the flow diagram: people, a system, or a party's place."""

    key: str
    name: str
    kind: str  # people | system | office
    within: str = ""  # party key on whose side the box stands


class Period(Frozen):
    start: date
    end: date | None = None
    renewal: Renewal = Renewal.NONE
    waits_for: str = ""  # an event that has to happen first, e.g. 審議会の了承
    text: str = ""  # the period in the paper's words


class Work(Frozen):
    """One numbered line of 委託の内容; ``items`` is what the paper says this line works on, if it says so."""

    number: str
    text: str
    items: tuple[str, ...] | None = None
    subjects: str = ""
    expected: int | None = None  # number of persons, calls or visits expected
    period: Period | None = None


class Clause(Frozen):
    """One sheet (別紙) of the paper, or one numbered part of it: what these parties may do with which items."""

    key: str
    kind: Kind
    title: str
    parties: tuple[str, ...]
    period: Period
    number: str = ""
    entrusted_by: tuple[str, ...] = ()  # re-entrustment: the processors who pass the work on
    registered_work: str = ""  # 登録業務の名称
    subjects: str = ""  # だれの (個人の範囲)
    provided: tuple[str, ...] = ()
    collected: tuple[str, ...] = ()
    handled: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    view: tuple[str, ...] = ()
    undivided: bool = False  # the paper gives one list without saying provided or handled
    excluded: tuple[str, ...] = ()  # items the paper says in words are never held here
    system: str = ""  # node key of the computer that records
    media: tuple[Medium, ...] = ()
    media_text: str = ""
    reason: str = ""
    form: str = ""  # 結合の形態
    works: tuple[Work, ...] = ()
    condition: Condition | None = None
    terms: tuple[str, ...] = ()  # keys of special terms


class Step(Frozen):
    """One numbered arrow of 個人情報の流れ."""

    number: str  # ①, ②', or 随時-1 for an arrow without a number
    source: str  # node key
    target: str  # node key
    what: str
    items: tuple[str, ...] = ()
    medium: Medium | None = None
    clause: str = ""  # clause key it rests on; empty where the paper shows none
    as_needed: bool = False  # 随時、必要に応じて
    personal: bool = True  # False: no personal data travels on this arrow
    safeguards: tuple[str, ...] = ()
    drawn: bool = True  # False: not in a figure, taken from the paper's words


class Measures(Frozen):
    """One column of a checklist: the measures marked ○, by key of ``vocabulary/measures.toml`` or in words."""

    checklist: int  # 3 automated processing, 4 interconnection, 5 entrustment, 0 free text
    carried_out_by: str  # ward | party
    nature: str  # operational | system
    clauses: tuple[str, ...]
    applied: tuple[str, ...] = ()  # measure keys
    not_needed: tuple[str, ...] = ()  # marked −
    texts: tuple[str, ...] = ()  # free-text measures, our wording


class Article(Frozen):
    number: int
    heading: str
    text: str


class Terms(Frozen):
    """Special terms (特記事項): two-party (甲乙) or three-party (甲乙丙)."""

    key: str
    form: str  # two_party | three_party
    re_entrustment: str  # forbidden | with_consent
    yearly_inspection: bool = False
    articles: tuple[Article, ...] = ()


class EarlierApproval(Frozen):
    session: str  # 平成29年度第2回個人情報保護審議会
    matter: str


class Change(Frozen):
    what: str
    before: str
    after: str


class GapEntry(Frozen):
    party: str
    items: tuple[str, ...]
    directions: tuple[Direction, ...]


class Note(Frozen):
    """A finding noted by hand: a contradiction or silence that only a reader of the paper sees."""

    key: str
    text: str
    places: tuple[str, ...]  # clause keys, step numbers or words naming where in the paper
    texts: tuple[str, ...] = ()  # the passages that disagree, each one a text a ruling can choose
    gap: tuple[GapEntry, ...] = ()  # refused until ruled; empty: a remark that blocks nothing


class Subjects(Frozen):
    text: str
    expected: int | None = None


class Figure(Frozen):
    """An expected number: 発送 49,000, 架電 30,000 …"""

    name: str
    number: int
    unit: str
    when: str = ""


class Dossier(Frozen):
    schema_version: int
    programme: str
    version: str
    title: str
    paper: str  # 資料番号
    board: str
    basis: str
    department: str
    programme_name: str
    section: str  # 担当課
    purpose: str
    fiscal_year: int
    subjects: tuple[Subjects, ...]
    expected: tuple[Figure, ...]
    parties: tuple[Party, ...]
    nodes: tuple[Node, ...]
    clauses: tuple[Clause, ...]
    steps: tuple[Step, ...]
    measures: tuple[Measures, ...] = ()
    terms: tuple[Terms, ...] = ()
    history: tuple[EarlierApproval, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[Note, ...] = ()
    summary: tuple[str, ...] = ()
