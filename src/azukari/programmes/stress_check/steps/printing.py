"""Codes and forms on paper: issued, typeset and put away in one act, so that no code is lost between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from django.conf import settings

from azukari.custody.csvfile import write_csv
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.vocabulary.refusal import Refusal

from ..instrument import instrument
from ..letters.paper_form import PaperForm as FormPage
from ..letters.paper_form import forms_pdf
from ..letters.slip import Slip, slips_pdf
from ..models import Invitation, PaperForm, Respondent, Round
from . import invitations, kept_files, paper
from .people import BY_CODE, asked
from .state import PROGRAMME, WORKERS, require_duty, require_state

WITHOUT, NOT_IN = "without", "not_in"
_WHOM = {WITHOUT: {"invited": False}, NOT_IN: {"came_in": False}}
"""Who gets a code: whoever has none, or whoever never came in (what they had is void from then on)."""
Kind = Invitation.Kind


class CannotBePrinted(NotPermitted):
    """The typesetter could not set the sheets; nothing was issued."""


@dataclass(frozen=True)
class Entrance:
    """The address of the employees' surface as printed: ``https://check.example.jp``."""

    site: str

    def link(self, code: str) -> str:
        return f"{self.site.rstrip('/')}/enter/{code}/"


def issue_all(
    *, round_: Round, whom: str, kind: Invitation.Kind, entrance: Entrance, by: Handler, now: datetime
) -> kept_files.Kept:
    """Codes for everybody of ``whom`` as slips (PDF) or as links for mail (CSV: number, link); whole or not at all."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        chosen = asked(round_).filter(BY_CODE, **_WHOM[whom]).values("pk")
        people = list(Respondent.objects.filter(pk__in=chosen).order_by("section", "employee_number"))
        if not people:
            raise NotPermitted("案内を出す人がいません。対象者の取込みと、すでに出した案内を確かめてください。")
        issued = invitations.issue(round_=round_, respondents=people, kind=kind, by=by, now=now)
        if kind == Kind.SLIP:
            what, content = kept_files.SLIPS, _slips(round_, issued, entrance, by)
        else:
            what, content = kept_files.LINKS, _links(issued, entrance)
        record(purpose="回答の案内の作成", kind=str(kind), people=len(issued))
        return kept_files.keep(round_=round_, kind=what, content=content, people=len(issued), by=by, now=now)


def issue_one(*, person: Respondent, entrance: Entrance, by: Handler, now: datetime) -> bytes:
    """A fresh code for one person as a slip (PDF): whoever lost it, or forgot the words chosen at the first visit."""
    round_ = person.round
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        if person.by_paper or person.answered_at is not None or person.left_on is not None:
            raise NotPermitted("紙で回答する人、回答した人、退職した人には、招待コードを出せません。")
        issued = invitations.issue(round_=round_, respondents=[person], kind=Kind.SLIP, by=by, now=now)
        content = _slips(round_, issued, entrance, by)
        record(purpose="回答の案内の再発行", people=1)
        return content


def _slips(round_: Round, issued: Sequence[invitations.Issued], entrance: Entrance, by: Handler) -> bytes:
    slips = [
        Slip(one.respondent.name, one.respondent.employee_number, one.respondent.section, one.code, entrance.site)
        for one in issued
    ]
    try:
        return slips_pdf(
            slips, fiscal_year=round_.fiscal_year, opens_on=round_.opens_on, closes_on=round_.closes_on,
            contact=round_.contact, sender=by.organisation.name, fonts=settings.AZUKARI_FONTS,
        )  # fmt: skip
    except Refusal as why:
        raise CannotBePrinted(str(why)) from why


def _links(issued: Sequence[invitations.Issued], entrance: Entrance) -> bytes:
    rows = {
        "number": [one.respondent.employee_number for one in issued],
        "link": [entrance.link(one.code) for one in issued],
    }
    heads = {"number": "職員番号", "link": "入口のアドレス"}
    return write_csv(pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String)), heads, "utf-8-sig").data


def issue_forms(*, round_: Round, return_by: date, by: Handler, now: datetime) -> kept_files.Kept:
    """A form for everybody who answers on paper and has none: counted out and typeset, whole or not at all."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        forms = paper.issue_forms(round_=round_, by=by, now=now)
        content = _forms(round_, forms, return_by, by)
        record(purpose="調査票の作成", people=len(forms))
        return kept_files.keep(
            round_=round_, kind=kept_files.FORMS, content=content, people=len(forms), by=by, now=now
        )  # fmt: skip


def print_again(*, form: PaperForm, return_by: date, by: Handler, now: datetime) -> bytes:
    """The same form once more (same number), where the printed one was damaged before it was handed out."""
    round_ = form.round
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        require_state(round_, Round.State.OPEN)
        if form.voided_at is not None or form.batch_id is not None:
            raise paper.FormMoved(f"調査票 {form.number} は、受領したか、無効です。")
        record(
            purpose="調査票の再印刷", items=["name", "affiliation"], form=form.number,
            subjects=[bytes.fromhex(form.respondent.reference)],
        )  # fmt: skip
        return _forms(round_, [form], return_by, by)


def _forms(round_: Round, forms: Sequence[PaperForm], return_by: date, by: Handler) -> bytes:
    pages = [
        FormPage(one.number, one.respondent.name, one.respondent.section, one.respondent.employee_number)
        for one in forms
    ]
    try:
        return forms_pdf(
            pages, instrument=instrument(round_.instrument), fiscal_year=round_.fiscal_year, return_by=return_by,
            contact=round_.contact, sender=by.organisation.name, fonts=settings.AZUKARI_FONTS,
        )  # fmt: skip
    except Refusal as why:
        raise CannotBePrinted(str(why)) from why
