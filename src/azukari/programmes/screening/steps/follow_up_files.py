"""The papers of the follow-up that lie at the ward: letters until they are posted, enquiries until the case is closed.

Each taking out is logged before the file is given.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.utils.timezone import localdate

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.vocabulary.wareki import parse_date

from ..letters.work_up import MOST_METHODS, Inquiry, InquiryEdition, Screening, inquiry_pdf
from ..models import FollowUpEvent, FollowUpLetter, WorkUp
from ..outcomes import method_is_accepted, methods
from ..vouchers import Office
from .follow_up import ITEMS, record_enquiry
from .result_rows import test_name
from .state import PROGRAMME

GONE_OR_NEVER = "この用紙はありません。まだ作成していないか、発送又は終了のときに消去しました。"
SUGGESTED = {
    "stomach_xray": ("endoscopy", "biopsy"),
    "stomach_endoscopy": ("endoscopy", "biopsy"),
    "colorectal": ("endoscopy", "ct_colonography", "barium", "biopsy"),
    "lung": ("ct", "bronchoscopy", "biopsy"),
    "lung_sputum": ("ct", "bronchoscopy", "cytology", "biopsy"),
    "cervical": ("colposcopy", "biopsy", "cytology", "hpv"),
    "breast": ("mammography", "ultrasound", "mri", "biopsy"),
    "prostate": ("biopsy", "mri", "ultrasound", "blood"),
    "hepatitis": ("blood", "ultrasound"),
}
"""The ways of a further examination that a form offers to tick; "other" always comes last."""


@dataclass(frozen=True)
class Hospital:
    name: str
    postal_code: str
    address: str


@dataclass(frozen=True)
class ReplyTo:
    """``address``: where the form goes back to."""

    office: Office
    address: str
    by: date


def _folder() -> Path:
    return Path(settings.AZUKARI_VAR) / "print" / settings.AZUKARI_HOME / f"{PROGRAMME}-follow-up"


def letters_folder(batch: FollowUpLetter) -> Path:
    return _folder() / f"letters-{batch.pk}"


def drop_letters(batch: FollowUpLetter) -> None:
    """They were posted: the files are not needed any more."""
    shutil.rmtree(letters_folder(batch), ignore_errors=True)


def take_letters(*, batch: FollowUpLetter, number: int, by: Handler, now: datetime) -> bytes:
    """One file of drawn letters, for printing."""
    with acting(by=by, act="follow_up.record", now=now, programme=PROGRAMME) as record:
        people = batch.cases.values_list("person__reference", flat=True)
        record(
            purpose="精密検査の案内のファイルの取出し", items=["name", "address", "postal_code", "screening_result"],
            subjects=[bytes.fromhex(reference) for reference in people], batch=batch.pk, file=number,
        )  # fmt: skip
        return _read(letters_folder(batch) / f"{number:05d}.pdf")


def enquire(*, work_up: WorkUp, hospital: Hospital, reply: ReplyTo, by: Handler, now: datetime) -> FollowUpEvent:
    """Draw the question to a hospital and write down that it is asked. Raises SheetsDoNotFit for a name too long."""
    content = inquiry_pdf(
        InquiryEdition(
            issued_on=localdate(now), reply_by=reply.by, ward=reply.office.ward, office=reply.office.name,
            address=reply.address, telephone=reply.office.telephone,
        ),
        [_inquiry(work_up, hospital)],
        fonts=settings.AZUKARI_FONTS,
    )  # fmt: skip
    event = record_enquiry(work_up=work_up, facility=hospital.name, by=by, now=now)
    path = _enquiry(event)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(content)
    return event


def _inquiry(work_up: WorkUp, hospital: Hospital) -> Inquiry:
    person, result = work_up.person, work_up.result
    place = Organisation.objects.filter(institution_number=result.institution).first()
    named = methods()
    ways = [way for way in SUGGESTED.get(result.test, ()) if method_is_accepted(result.test, way, result.raw)]
    return Inquiry(
        number=f"{work_up.pk:07d}",
        postal_code=hospital.postal_code,
        address=hospital.address,
        institution=hospital.name,
        name=person.registered_name,
        birth_date=parse_date(person.birth),
        sex=person.get_sex_display(),
        screening=Screening(
            test_name(result.test, result.fiscal_year), result.examined_on, place.name if place else ""
        ),
        methods=tuple(named[way] for way in (*ways[: MOST_METHODS - 1], "other")),
    )


def enquiries(work_up: WorkUp) -> set[int]:
    """The events whose paper is still here."""
    return {int(path.stem) for path in _case_folder(work_up.pk).glob("*.pdf") if path.stem.isdigit()}


def take_enquiry(*, event: FollowUpEvent, by: Handler, now: datetime) -> bytes:
    """The paper of one question to a hospital."""
    with acting(by=by, act="follow_up.record", now=now, programme=PROGRAMME) as record:
        record(
            purpose="医療機関への照会の用紙の取出し", items=[*ITEMS, "name", "birth_date", "sex"],
            subjects=[bytes.fromhex(event.work_up.person.reference)], case=event.work_up_id,
        )  # fmt: skip
        return _read(_enquiry(event))


def drop_enquiries(work_up: WorkUp) -> None:
    """The case is closed: what was asked stands in its events."""
    shutil.rmtree(_case_folder(work_up.pk), ignore_errors=True)


def _case_folder(case: int) -> Path:
    return _folder() / f"case-{case}"


def _enquiry(event: FollowUpEvent) -> Path:
    return _case_folder(event.work_up_id) / f"{event.pk}.pdf"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise NotPermitted(GONE_OR_NEVER) from None
