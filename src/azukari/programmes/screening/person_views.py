"""What the voucher run shows of one person, and what an officer does for them: late issue, wishes, holds, fees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from azukari.people.models import Resident
from azukari.programmes import PersonSection
from azukari.vocabulary.fiscal import fiscal_year
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen

from .models import Run, Sheet
from .reasons import REASONS, Result
from .rules import screening_parameters, test_rules
from .steps import individual, standing
from .steps.person_file import PersonFile, hold_of, open_file, run_for_late, sheets_of
from .timeline import timeline

CHIPS = {Result.ELIGIBLE: "green", Result.AT_SITE: "blue", Result.NOT_ELIGIBLE: "gray", Result.ASK: "yellow"}
RESULTS = {
    Result.ELIGIBLE: gettext_lazy("対象"),
    Result.AT_SITE: gettext_lazy("会場で決定"),
    Result.NOT_ELIGIBLE: gettext_lazy("対象外"),
    Result.ASK: gettext_lazy("確認が必要"),
}
SHEET_CHIPS = {
    Sheet.State.POSTED: "green",
    Sheet.State.RETURNED: "red",
    Sheet.State.VOIDED: "gray",
    Sheet.State.ISSUED: "yellow",
}
TOO_EARLY = {Run.State.ASSESSED, Run.State.CONFIRMED}


@sensitive_variables()
def section(request: Any, *, person: Resident, purpose: str, address: Callable[..., str]) -> PersonSection:
    """Eligibility with reasons, vouchers and sheets, holds, wishes, exemptions, the years so far, and next year."""
    year = fiscal_year(request.today)
    lines = individual.look_up(person=person, fiscal_year=year, reason=purpose, by=request.handler, now=request.now)
    file = open_file(person=person, purpose=purpose, by=request.handler, now=request.now, on=request.today)
    run = run_for_late(request.today)
    names = _names(year) | {"checkup": _("健康診査"), "hepatitis": _("肝炎ウイルス検診")}
    return PersonSection(
        title=_("健康診査・がん検診の受診券"),
        template="screening/person.html",
        context={
            "year": year,
            "run": run,
            "lines": [_line(line) for line in lines],
            "vouchers": [(voucher, [_sheet(sheet) for sheet in voucher.sheets.all()]) for voucher in file.vouchers],
            "holds": file.holds,
            "exemptions": file.exemptions,
            "timeline": timeline(
                file.past,
                vouchers=file.vouchers,
                holds=[one.hold for one in file.holds],
                history=file.history,
                names=names,
            ),
            "next_year": year + 1,
            "next_lines": [(one.name, RESULTS[one.result], CHIPS[one.result], one.text) for one in file.next_year],
        },
        acts=_acts(file, run, year, request.today, address),
        warnings=_warnings(file, address),
    )


def _warnings(file: PersonFile, address: Callable[..., str]) -> list[tuple[str, str, str]]:
    """What an officer has to know before doing anything for the person."""
    told = []
    if file.opted_out is not None:
        text = _("本人の申出により、%(since)s から案内を停止しています。") % {"since": file.opted_out.since.isoformat()}
        told.append((text, "", ""))
    for one in file.holds:
        if one.in_force:
            text = _("%(since)s に郵便物が返戻されました（%(cause)s）。この住所への発送を保留しています。")
            told.append(
                (
                    text % {"since": one.hold.since.isoformat(), "cause": one.hold.cause},
                    address("lift-hold", one.hold.pk),
                    _("返戻による保留を解除する"),
                )
            )
    waiting = [s for v in file.vouchers for s in v.sheets.all() if s.state == Sheet.State.ISSUED and s.requested_by]
    for sheet in waiting:
        text = _("受診券の発行（帳票番号 %(code)s）は、別の人の放出を待っています。") % {"code": sheet.code}
        told.append((text, reverse("screening_release_late"), _("年度途中の発行の放出")))
    return told


def _line(line: individual.Line) -> dict[str, Any]:
    told = line.explanation
    return {
        "name": told.name,
        "result": RESULTS[told.result],
        "chip": CHIPS[told.result],
        "fee": told.fee,
        "text": told.text,
        "citations": told.citations,
        "recorded": REASONS[line.recorded] if line.recorded not in (None, told.reason) else "",
    }


def _sheet(sheet: Sheet) -> tuple[Sheet, str]:
    return sheet, SHEET_CHIPS.get(Sheet.State(sheet.state), "blue")


def _names(year: int) -> dict[str, str]:
    return {key: rule.name for key, rule in test_rules(screening_parameters().for_fiscal_year(year)).items()}


def _acts(
    file: PersonFile, run: Run | None, year: int, on: date, address: Callable[..., str]
) -> list[tuple[str, str, str]]:
    """What can be done for the person now; what the state forbids is not offered."""
    acts = []
    if run is not None and run.state not in TOO_EARLY:
        current = next((voucher for voucher in file.vouchers if voucher.run_id == run.pk), None)
        if current is None:
            acts.append((_("受診券を発行する"), address("late"), "fill"))
        elif any(sheet.state in {Sheet.State.POSTED, Sheet.State.RETURNED} for sheet in current.sheets.all()):
            acts.append((_("受診券を再発行する"), address("late"), "fill"))
    if file.opted_out is None:
        acts.append((_("案内の停止を記録する"), address("opt-out"), "outline"))
    elif file.opted_out.since <= on:
        acts.append((_("案内の停止を終える"), address("end-opt-out"), "outline"))
    if all(one.fiscal_year != year for one in file.exemptions):
        acts.append((_("自己負担の免除を記録する"), address("exempt"), "outline"))
    return acts


# --- acts


class LateForm(forms.Form):
    cause = forms.ChoiceField(
        label=gettext_lazy("発行の理由"),
        choices=[
            (word, label)
            for word, label in (
                ("転入", gettext_lazy("転入")),
                ("紛失", gettext_lazy("紛失・汚損")),
                ("返戻", gettext_lazy("返戻された後の再送")),
                ("本人の申出", gettext_lazy("本人の申出")),
                ("その他", gettext_lazy("その他")),
            )
        ],
    )
    detail = forms.CharField(
        label=gettext_lazy("補足"), required=False, max_length=100,
        help_text=gettext_lazy("アクセスログに残ります。氏名や番号は書かないでください。"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("cause") == "その他" and not (cleaned.get("detail") or "").strip():
            self.add_error("detail", gettext_lazy("理由が「その他」のときは、補足を書いてください。"))
        return cleaned

    @property
    def reason(self) -> str:
        detail = self.cleaned_data["detail"].strip()
        return f"{self.cleaned_data['cause']}：{detail}" if detail else str(self.cleaned_data["cause"])


class DayForm(forms.Form):
    day = forms.DateField(
        label=gettext_lazy("日付"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )  # fmt: skip


class SinceForm(DayForm):
    day = forms.DateField(
        label=gettext_lazy("停止を始める日"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )  # fmt: skip


class UntilForm(DayForm):
    day = forms.DateField(
        label=gettext_lazy("また送り始める日"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )  # fmt: skip


class ExemptForm(DayForm):
    year = forms.TypedChoiceField(label=gettext_lazy("年度"), coerce=int)
    day = forms.DateField(
        label=gettext_lazy("承認日"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )  # fmt: skip

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        years = [(n, _("%(year)s年度") % {"year": n}) for n in (year, year + 1)]
        self.fields["year"].choices = years  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("解除する理由"), max_length=200,
        help_text=gettext_lazy("住所を確かめた方法など。アクセスログに残ります。"),
    )  # fmt: skip


Facts = Sequence[tuple[str, Any]]


def act(request: Any, *, person: Resident, act: str, number: int, facts: Facts, then: str) -> HttpResponse | None:
    makers: dict[str, Callable[[Any, Resident, int], Act | None]] = {
        "late": _late,
        "opt-out": _opt_out,
        "end-opt-out": _end_opt_out,
        "exempt": _exempt,
        "lift-hold": _lift_hold,
    }
    made = makers[act](request, person, number) if act in makers else None
    if made is None:
        return None
    shown = {**vars(made), "facts": [*facts, *made.facts], "then": then}
    return act_page(request, Act(**shown))


def _late(request: Any, person: Resident, _number: int) -> Act | None:
    run = run_for_late(request.today)
    if run is None:
        return None
    sheets = sheets_of(run, person)
    living = next((sheet for sheet in sheets if sheet.state != Sheet.State.VOIDED), None)
    facts: list[tuple[str, Any]] = [(_("年度"), _("%(year)s年度") % {"year": run.fiscal_year})]
    warnings = []
    if living is not None:
        facts.append((_("今の帳票"), f"{living.code}（{living.get_state_display()}）"))
        warnings.append(_("今の帳票番号は無効になります。受診番号は変わりません。"))
    if person.protected:
        warnings.append(_("支援措置の対象者です。区が直接送付し、委託先には渡りません。"))
    return Act(
        title=_("受診券を再発行する") if living else _("受診券を発行する"),
        form=LateForm,
        do=lambda form: individual.issue_late(
            run=run, person=person, reason=form.reason, by=request.handler, now=request.now
        ),
        then="",
        done=_("発行を準備しました。別の人が「年度途中の発行の放出」で確かめて放出します。"),
        submit=_("発行する"),
        facts=facts,
        warnings=warnings,
        seen=_seen("late", "|".join(f"{sheet.code}:{sheet.state}" for sheet in sheets)),
    )


def _seen(what: str, state: str) -> Seen:
    return Seen(("person_act", what), state)


def _opt_out(request: Any, person: Resident, _number: int) -> Act:
    return Act(
        title=_("案内の停止を記録する"),
        form=SinceForm,
        initial={"day": request.today},
        do=lambda form: individual.opt_out(
            person=person, since=form.cleaned_data["day"], by=request.handler, now=request.now
        ),
        then="",
        done=_("本人の申出による停止を記録しました。"),
        submit=_("停止を記録する"),
        warnings=[
            _("この日から、受診券をこの人に送りません。印字を依頼した後の分は、印字済みのまま届くことがあります。")
        ],
    )


def _end_opt_out(request: Any, person: Resident, _number: int) -> Act:
    return Act(
        title=_("案内の停止を終える"),
        form=UntilForm,
        initial={"day": request.today},
        do=lambda form: standing.end_opt_out(
            person=person, until=form.cleaned_data["day"], by=request.handler, now=request.now
        ),
        then="",
        done=_("本人の申出による停止を終えました。"),
        submit=_("停止を終える"),
    )


def _exempt(request: Any, person: Resident, _number: int) -> Act:
    year = fiscal_year(request.today)
    return Act(
        title=_("自己負担の免除を記録する"),
        form=ExemptForm,
        form_kwargs={"year": year},
        initial={"year": year, "day": request.today},
        do=lambda form: standing.grant_exemption(
            person=person, fiscal_year=form.cleaned_data["year"], granted_on=form.cleaned_data["day"],
            by=request.handler, now=request.now,
        ),
        then="",
        done=_("自己負担の免除を記録しました。"),
        submit=_("免除を記録する"),
    )  # fmt: skip


def _lift_hold(request: Any, person: Resident, number: int) -> Act | None:
    hold = hold_of(person, number)
    if hold is None:
        return None
    return Act(
        title=_("返戻による保留を解除する"),
        form=ReasonForm,
        do=lambda form: individual.lift_hold(
            hold=hold, by=request.handler, now=request.now, reason=form.cleaned_data["reason"]
        ),
        then="",
        done=_("返戻による保留を解除しました。"),
        submit=_("保留を解除する"),
        facts=[
            (_("開始日"), hold.since.isoformat()),
            (_("戻った帳票番号"), hold.sheet.code if hold.sheet else ""),
            (_("返戻の理由"), hold.cause),
        ],
    )
