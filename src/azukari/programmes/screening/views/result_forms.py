"""What is typed about delivered results and in the follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from azukari.parties.models import Organisation

from ..follow_up import ACT_NAMES
from ..models import ResultBatch, ResultRow, WorkUp
from ..outcomes import details, methods
from ..result_checks import PROBLEMS
from ..steps.follow_up_cases import READY
from ..steps.result_rows import Compared, with_problem
from .common import years_known
from .forms import HistoryUpload, Sender

MOST_FILES = 9
"""The server takes ten files in one form; more documents come as a ZIP."""
EVERYTHING = ("", _("すべて"))


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def _words(label: Any, most: int = 200, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, widget=forms.Textarea(attrs={"rows": 3}), **more)


# --- results


class DeliveryFilter(forms.Form):
    kind = forms.ChoiceField(label=_("種類"), required=False, choices=[EVERYTHING, *ResultBatch.Kind.choices])
    year = forms.ChoiceField(label=_("年度"), required=False)
    waiting = forms.BooleanField(label=_("確認待ちのある納品だけ"), required=False)

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [EVERYTHING, *((str(year), str(year)) for year in years)]  # type: ignore[attr-defined]

    def narrow(self, rows: QuerySet[ResultBatch]) -> QuerySet[ResultBatch]:
        asked = self.cleaned_data
        if asked["kind"]:
            rows = rows.filter(kind=asked["kind"])
        if asked["year"]:
            rows = rows.filter(fiscal_year=asked["year"])
        if asked["waiting"]:
            rows = rows.filter(Exists(ResultRow.objects.filter(batch=OuterRef("pk"), state="outstanding")))
        return rows


class _FromWhom(forms.Form):
    """Whose results, and of which year."""

    organisation = forms.ModelChoiceField(
        label=_("納めた組織"), queryset=Organisation.objects.exclude(type="ward").order_by("name"),
    )  # fmt: skip
    year = forms.TypedChoiceField(label=_("年度"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, str(year)) for year in years_known(10)]  # type: ignore[attr-defined]


class ResultsUpload(HistoryUpload, _FromWhom):
    file = forms.FileField(
        label=_("結果のファイル"), help_text=_("CSV（1行が1人の1検診）。文字コードは CP932 か UTF-8。"),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )  # fmt: skip
    field_order = ("organisation", "year", "file", "note", "sha256")


class _Files(forms.FileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """One file or several."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(_FilesField, self).clean(one, initial) for one in given or [None]]


class DocumentsUpload(_FromWhom):
    documents = _FilesField(
        label=_("健診結果の XML"),
        help_text=_("XML は一度に9件まで。それより多いときは、ZIP を1つ選びます。"),
        widget=_Files(attrs={"accept": ".xml,.zip", "multiple": True}),
    )

    def clean_documents(self) -> list[Any]:
        files: list[Any] = self.cleaned_data["documents"]
        zips = [file for file in files if file.name.lower().endswith(".zip")]
        others = [file for file in files if not file.name.lower().endswith((".zip", ".xml"))]
        if others:
            raise forms.ValidationError(_("XML か ZIP のファイルを選んでください。"))
        if zips and len(files) > 1:
            raise forms.ValidationError(_("ZIP は1つだけ選んでください。XML と一緒には選べません。"))
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("XML は一度に9件までです。ZIP にまとめてください。"))
        return files


class DeliveryYear(forms.Form):
    year = forms.TypedChoiceField(label=_("年度"), coerce=int)

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]


class RowFilter(forms.Form):
    state = forms.ChoiceField(
        label=_("状態"), required=False,
        choices=[("", _("確認待ち")), ("accepted", _("採用")), ("rejected", _("不採用")), ("all", _("すべて"))],
    )  # fmt: skip
    problem = forms.ChoiceField(
        label=_("問題"), required=False,
        choices=[EVERYTHING, ("none", _("問題なし")), *((key, one.label) for key, one in PROBLEMS.items())],
    )  # fmt: skip

    def narrow(self, rows: QuerySet[ResultRow]) -> QuerySet[ResultRow]:
        state, problem = self.cleaned_data["state"] or "outstanding", self.cleaned_data["problem"]
        if state != "all":
            rows = rows.filter(state=state)
        if problem == "none":
            return rows.filter(problems="")
        return with_problem(rows, problem) if problem else rows


class SettleRow(forms.Form):
    reason = _words(
        _("どう確かめたか（理由）"), help_text=_("だれに何を確かめたか。人の氏名や番号は書かないでください。")
    )


class CorrectRow(SettleRow):
    """Every cell of the row, as it reads now. Field names are places: a header may be any text."""

    def __init__(self, *args: Any, cells: Sequence[Compared], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cells = cells
        for place, cell in enumerate(cells):
            self.fields[f"cell_{place}"] = forms.CharField(
                label=cell.header, required=False, max_length=200, initial=cell.now,
                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            )  # fmt: skip
        self.order_fields([*(f"cell_{place}" for place in range(len(cells))), "reason"])

    @property
    def corrections(self) -> dict[str, str]:
        """Only what was changed."""
        typed = {cell.key: self.cleaned_data[f"cell_{place}"].strip() for place, cell in enumerate(self.cells)}
        return {cell.key: typed[cell.key] for cell in self.cells if typed[cell.key] != cell.now.strip()}


# --- follow-up

WHEN = (("overdue", _("期限を過ぎた")), ("due", _("期限が来た（今日まで）")), ("later", _("期限がまだ来ない")))


class CaseFilter(forms.Form):
    act = forms.ChoiceField(
        label=_("次の対応"), required=False,
        choices=[EVERYTHING, *((act.value, name) for act, name in ACT_NAMES.items()), ("ready", _("終了できる"))],
    )  # fmt: skip
    when = forms.ChoiceField(label=_("期限"), required=False, choices=[EVERYTHING, *WHEN])
    state = forms.ChoiceField(
        label=_("状態"), required=False,
        choices=[("", _("追跡中")), ("closed", _("終了")), ("all", _("すべて"))],
    )  # fmt: skip

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on

    def narrow(self, rows: QuerySet[WorkUp]) -> QuerySet[WorkUp]:
        asked = self.cleaned_data
        if asked["state"] != "all":
            rows = rows.filter(closed_at__isnull=asked["state"] != "closed")
        if asked["act"]:
            rows = rows.filter(closed_at=None, next_act=READY if asked["act"] == "ready" else asked["act"])
        compared = {"overdue": "next_due__lt", "due": "next_due__lte", "later": "next_due__gt"}
        return rows.filter(**{compared[asked["when"]]: self.on}) if asked["when"] else rows


class FollowUpNote(forms.Form):
    note = _words(_("記録"), 400)


class Enquiry(Sender):
    """``office`` … of the sender; the hospital's name and address go into the window of the envelope."""

    hospital = forms.CharField(label=_("照会先の医療機関"), max_length=120)
    postal_code = forms.RegexField(
        r"^\d{3}-?\d{4}$", label=_("照会先の郵便番号"), help_text=_("7桁の数字"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    address = forms.CharField(label=_("照会先の所在地"), max_length=120)
    reply_by = _day(_("回答の期限"))
    reply_to = forms.CharField(label=_("返送先の所在地"), max_length=120, help_text=_("区の担当部署の所在地"))
    field_order = ("hospital", "postal_code", "address", "reply_by", "office", "reply_to", "telephone")


REPORTED = [choice for choice in WorkUp.Outcome.choices if choice[0] not in ("not_attended", "unknown")]


class _Reported(forms.Form):
    examined_on = _day(_("精密検査の受診日"), required=False)
    facility = forms.CharField(label=_("精密検査の医療機関"), required=False, max_length=120)
    method = forms.ChoiceField(label=_("精密検査の方法"), required=False)
    outcome = forms.ChoiceField(label=_("精密検査の結果"), required=False, choices=[("", _("分からない")), *REPORTED])
    detail = forms.ChoiceField(label=_("がんの内訳"), required=False)
    note = _words(_("記録"), 400, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["method"].choices = [("", _("分からない")), *methods().items()]  # type: ignore[attr-defined]
        self.fields["detail"].choices = [("", _("なし")), *details().items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("detail") and cleaned.get("outcome") not in ("cancer", "other_disease"):
            self.add_error("detail", _("内訳は、結果が「がんであった」か「がん以外の疾患」のときだけ選んでください。"))
        return cleaned


class FacilityReport(_Reported):
    """The facility itself: its name is needed, and what it says of the result."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["facility"].required = True


class SelfReport(_Reported):
    """Four things are needed for it to count; what is lacking may stay empty, and then it does not count."""


class CloseCase(forms.Form):
    reason = _words(_("終了の理由"))


class ReopenCase(forms.Form):
    reason = _words(_("再開の理由"))
