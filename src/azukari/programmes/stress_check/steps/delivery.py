"""⑦ The report on the groups and the results of who consented go to the ward in one package; ⑧ it confirms them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.conf import settings
from django.utils.timezone import localdate

from azukari.custody import gate, handovers, reports
from azukari.custody.models import READABLE, Handover
from azukari.dossier.schema import Medium
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.people.models import Employee

from .. import vault
from ..letters.group_report import GroupReport, Response, group_pdf, group_xlsx, with_password
from ..models import GroupRelease, Result, Round
from ..walls import Thing, When
from .analysis import THE_ROUND, analysis_of, published
from .progress import progress
from .state import DELIVERY, PROGRAMME, WORKERS, NotYours, RoundMoved, require_duty, require_sight, require_state

WARD = "ward"
COLUMNS = (
    gate.Column("number", "職員番号", "employee_number"),
    gate.Column("name", "氏名", "name"),
    gate.Column("section", "所属名", "affiliation"),
    gate.Column("verdict", "高ストレスの判定", "stress_result"),
    gate.Column("a", "仕事のストレス要因", "stress_result"),
    gate.Column("b", "心身のストレス反応", "stress_result"),
    gate.Column("c", "周囲のサポート", "stress_result"),
    gate.Column("interview", "面接指導の要否", "stress_result"),
)
VERDICTS = {"high": "高ストレス", "not_high": "高ストレスに当たらない", None: "判定できない"}
WORKBOOK = "workbook"
_LETTERS = "23456789abcdefghijkmnpqrstuvwxyz"


def consented(round_: Round) -> list[Result]:
    """Results whose person said, after being told, that the employer may have it, and did not take it back."""
    found = Result.objects.filter(
        respondent__round=round_, consented_at__isnull=False, withdrawn_at=None, erased_at=None
    )
    return list(found.select_related("respondent").order_by("respondent__employee_number"))


def prepare_delivery(*, round_: Round, release: GroupRelease, office: str, by: Handler, now: datetime) -> Handover:
    """⑦ Prepare the package: who consented, with the group report as PDF and as a workbook with a password.

    Sealed, released by the responsible handler and received like any package. Raises NotPermitted before the figures
    were let out by a second implementer, and while an earlier delivery waits.
    """
    with acting(by=by, act="handover.prepare", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        require_state(round_, Round.State.CLOSED, Round.State.REPORTED)
        if release.round_id != round_.pk or release.released_at is None:
            raise NotPermitted("集団分析が放出されていません。別の実施者が確かめて放出してから納品してください。")
        ward = Organisation.objects.get(type=Organisation.Type.WARD)
        results = consented(round_)
        made = handovers.prepare(
            programme=PROGRAMME, step=DELIVERY, receiver=ward, party=WARD, columns=list(COLUMNS),
            frame=results_frame(round_, results), purpose="ストレスチェックの報告書と、同意した職員の結果の納品",
            medium=Medium.DISC, accept_replacements="氏名の外字は、職員番号で照合する", by=by, now=now,
        )  # fmt: skip
        report = report_of(release, office=office, now=now)
        password = workbook_password(release)
        title = f"{round_.fiscal_year}年度 集団分析の報告書"
        reports.attach(
            handover=made, title=title, kind="pdf", data=group_pdf(report, fonts=settings.AZUKARI_FONTS), by=by, now=now
        )
        locked = with_password(group_xlsx(report), password)
        reports.attach(handover=made, title=f"{title}（Excel）", kind="xlsx", data=locked, by=by, now=now)
        GroupRelease.objects.filter(pk=release.pk).update(handover=made)
        Round.objects.filter(pk=round_.pk).update(state=Round.State.REPORTED)
        record(
            purpose="報告書の納品の準備", handover=made.number, consented=len(results), edition=release.number,
            items=["name", "employee_number", "affiliation", "stress_result"],
            subjects=[bytes.fromhex(result.respondent.reference) for result in results],
        )  # fmt: skip
        return made


def results_frame(round_: Round, results: list[Result]) -> pl.DataFrame:
    """``reference`` and :data:`COLUMNS` of these results, opened. Inside a logged act."""
    year = round_.fiscal_year
    scores = vault.open_many(year, vault.RESULT, {r.respondent_id: r.sealed for r in results})
    decided = vault.open_many(year, vault.DECISION, {r.respondent_id: bytes(r.sealed_decision or b"") for r in results})
    rows = [
        (
            one.respondent.reference, one.respondent.employee_number, one.respondent.name, one.respondent.section,
            VERDICTS[scores[one.respondent_id]["verdict"]],
            *(_figure(scores[one.respondent_id][area]) for area in ("a", "b", "c")),
            "要" if decided[one.respondent_id]["interview"] else "不要",
        )
        for one in results
    ]  # fmt: skip
    schema = dict.fromkeys(["reference", *(column.key for column in COLUMNS)], pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _figure(value: object) -> str:
    return "" if value is None else str(value)


def report_of(release: GroupRelease, *, office: str, now: datetime) -> GroupReport:
    """What the report says: this release's table, and those of earlier years that were let out."""
    earlier = GroupRelease.objects.filter(
        released_at__isnull=False, round__fiscal_year__lt=release.round.fiscal_year
    ).order_by("released_at", "pk")
    counted = progress(release.round)
    return GroupReport(
        fiscal_year=release.round.fiscal_year,
        office=office,
        made_on=localdate(now),
        number=f"{release.round.fiscal_year}-{release.number}",
        analysis=analysis_of(release),
        earlier={one.round.fiscal_year: published(one) for one in earlier.select_related("round")},
        response=Response(counted.asked, counted.answered),
    )


def workbook_password(release: GroupRelease) -> str:
    """The password of the workbook of a release: made once, sealed, told on another occasion than the disc."""
    year = release.round.fiscal_year
    vault.make_keys(year, [THE_ROUND])
    kept = dict(release.workbook or {})
    if kept.get("sealed"):
        return str(vault.open_one(year, THE_ROUND, WORKBOOK, bytes.fromhex(kept["sealed"]))["password"])
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(5))
    sealed = vault.seal(year, THE_ROUND, WORKBOOK, {"password": password}).hex()
    GroupRelease.objects.filter(pk=release.pk).update(workbook={"sealed": sealed})
    release.refresh_from_db()
    return password


def tell_password(*, release: GroupRelease, by: Handler, now: datetime) -> str:
    """For the notice that goes to the ward: after the package was let out, by its responsible handler. Logged."""
    with acting(by=by, act="handover.password", now=now, programme=PROGRAMME) as record:
        if release.handover is None or by.organisation_id != release.handover.sender_id:
            raise NotPermitted("この報告書は、まだ納品の準備をしていません。")
        release.handover.refresh_from_db()
        if release.handover.state not in (Handover.State.RELEASED, *READABLE):
            raise NotPermitted("Excel のパスワードは、納品を放出した後に、別の機会に知らせてください。")
        record(purpose="報告書（Excel）のパスワードの通知", handover=release.handover.number)
        return workbook_password(release)


# --- ⑧ at the ward


@dataclass(frozen=True)
class Given:
    """One who let the employer have the result: from the ward's own register, and the reference to read it by."""

    reference: str
    number: str
    name: str
    section: str


def delivery_of(round_: Round) -> Handover | None:
    """The latest delivery that the ward received and holds."""
    found = Handover.objects.filter(
        programme=PROGRAMME, step=DELIVERY, fiscal_year=round_.fiscal_year, state__in=READABLE
    )
    return found.order_by("-pk").first()


def who_consents(*, round_: Round, by: Handler, now: datetime) -> list[Given]:
    """Whose result the ward holds with a consent that stands. Logged; never for who has authority over personnel."""
    with acting(by=by, act="stress.interview", now=now, programme=PROGRAMME) as record:
        _require_reader(Thing.CONSENT, round_, by, now)
        handover = _held(round_)
        references = {result.respondent.reference for result in consented(round_)}
        there = set(handover.people.filter(reference__in=references).values_list("reference", flat=True))
        people = Employee.objects.filter(reference__in=there).order_by("number")
        record(
            purpose="結果の提供に同意した職員の確認", items=["result_consent", "name"], handover=handover.number,
            subjects=[bytes.fromhex(reference) for reference in sorted(there)],
        )  # fmt: skip
        return [Given(one.reference, one.number, one.name, one.section) for one in people]


def read_given(*, round_: Round, reference: str, by: Handler, now: datetime) -> dict[str, str]:
    """⑧ The delivered result of one person whose consent stands at this moment: header → cell."""
    with acting(by=by, act="stress.interview", now=now, programme=PROGRAMME) as record:
        _require_reader(Thing.RESULT, round_, by, now)
        handover = _held(round_)
        number = Employee.objects.filter(reference=reference).values_list("number", flat=True).first()
        if number is None:
            raise NotPermitted("この人の結果は、区に提供されていません。")
        frame = gate.read_held(
            record=record, by=by, handover=handover, items=[c.item for c in COLUMNS if c.item],
            purpose="同意した職員の結果の閲覧", one=gate.One("number", number, reference),
        )  # fmt: skip
        headers = {column.key: column.header for column in COLUMNS}
        return {headers[key]: cell for key, cell in frame.row(0, named=True).items()} if frame.height else {}


def read_report(*, handover: Handover, name: str, by: Handler, now: datetime) -> bytes:
    """⑧ A report of the delivery, as PDF or as the workbook with its password."""
    return reports.read(handover=handover, name=name, by=by, now=now)


def confirm(*, round_: Round, by: Handler, now: datetime) -> None:
    """⑧ The ward looked through the report: the year can be finished."""
    with acting(by=by, act="stress.interview", now=now, programme=PROGRAMME) as record:
        handover = _held(round_)
        if not Round.objects.filter(pk=round_.pk, confirmed_at=None).update(confirmed_by=by, confirmed_at=now):
            raise RoundMoved("報告書等は、すでに確認済みです。")
        round_.refresh_from_db()
        record(purpose="報告書等の確認", handover=handover.number)


def _require_reader(thing: Thing, round_: Round, by: Handler, now: datetime) -> None:
    """The ward's own people, as far as consents go; whose consent stands is asked by the gate, person by person."""
    if by.organisation.type != Organisation.Type.WARD:
        raise NotYours("これは事業者（区）の担当者の操作です。")
    require_sight(thing=thing, round_=round_, by=by, now=now, standing=[When.CONSENTED])


def _held(round_: Round) -> Handover:
    handover = delivery_of(round_)
    if handover is None:
        raise NotPermitted("報告書と結果が納品され、受領を確認した後に見られます。")
    return handover
