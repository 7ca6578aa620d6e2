"""What is typed at the contractors' windows: vouchers, visits, specimens, results, sheets."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from azukari.examinations.items import CHECKUP_SECTION, Item, items
from azukari.parties.models import Organisation
from azukari.vocabulary.wareki import UnreadableDate, parse_date

from ..models import Visit, VisitTest
from ..outcomes import code_lists, history_key, outcome_names
from ..steps import paper
from ..steps.laboratory import SPECIMENS

_UNSEEN = {"autocomplete": "off", "spellcheck": "false"}
_CHOOSE = ("", _("選んでください"))
_EVERYTHING = ("", _("すべて"))
_BIRTH_HELP = _("例：昭和40年4月1日、S40.4.1、1965-04-01")


def _typed(label: Any, most: int, *, focus: bool = False, numeric: bool = False, **more: Any) -> forms.CharField:
    attrs = _UNSEEN | ({"autofocus": True} if focus else {}) | ({"inputmode": "numeric"} if numeric else {})
    return forms.CharField(label=label, max_length=most, widget=forms.TextInput(attrs=attrs), **more)


# --- a voucher, a visit


class ShowVoucher(forms.Form):
    """The code printed on the voucher, or a number on it together with the birth date."""

    code = _typed(
        _("帳票番号"), 40, focus=True, required=False,
        help_text=_("受診券に印字された16文字。読み取るか、入力します。"),
    )  # fmt: skip
    number = _typed(
        _("受診券整理番号又は受診番号"), 20, numeric=True, required=False,
        help_text=_("帳票番号を読めないとき。生年月日も入れます。"),
    )  # fmt: skip
    birth = _typed(_("生年月日"), 20, required=False, help_text=_BIRTH_HELP)

    def clean_birth(self) -> date | None:
        text = self.cleaned_data["birth"].strip()
        if not text:
            return None
        try:
            day = parse_date(text).date()
        except UnreadableDate:
            day = None
        if day is None:
            raise forms.ValidationError(_("生年月日を読めません。年月日を、1965-04-01 のように入れてください。"))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        if bool(cleaned["code"]) == bool(cleaned["number"]):
            raise forms.ValidationError(_("帳票番号か、番号と生年月日か、どちらか一方を入れてください。"))
        if cleaned["number"] and cleaned["birth"] is None:
            self.add_error("birth", _("番号で探すときは、生年月日も入れてください。"))
        return cleaned


class RecordVisit(forms.Form):
    tests = forms.MultipleChoiceField(
        label=_("受けた検診"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("受けた検診を一つ以上選んでください。")},
    )  # fmt: skip
    visited_on = forms.DateField(label=_("受診日"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    sheet_number = forms.RegexField(
        "^[0-9A-Z]*$", label=_("結果票番号"), required=False, max_length=12,
        help_text=_("結果を紙の結果票で送るときだけ、票に書いた番号（半角の英大文字と数字）を入れます。"),
        widget=forms.TextInput(attrs=_UNSEEN),
        error_messages={"invalid": _("結果票番号は、半角の英大文字と数字で入れてください。")},
    )  # fmt: skip
    consent = forms.BooleanField(
        label=_("同意あり（結果を区に報告することに、本人が同意した）"),
        error_messages={"required": _("本人の同意を確かめ、「同意あり」を選んでください。")},
    )

    def __init__(self, *args: Any, tests: Sequence[tuple[str, str]], used: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tests"].choices = tests  # type: ignore[attr-defined]
        self._used = used

    def clean_sheet_number(self) -> str:
        number = str(self.cleaned_data["sheet_number"])
        if number and self._used(number):
            raise forms.ValidationError(_("この結果票番号は、ほかの受診に付けてあります。番号を確かめてください。"))
        return number


class VisitFilter(forms.Form):
    state = forms.ChoiceField(
        label=_("状態"), required=False,
        choices=[
            _EVERYTHING, ("waiting", _("結果を入れるもの")), ("reported", _("報告済み")), ("cancelled", _("取消")),
        ],
    )  # fmt: skip

    def narrow(self, rows: QuerySet[Visit]) -> QuerySet[Visit]:
        waiting = Exists(VisitTest.objects.filter(visit=OuterRef("pk"), state=VisitTest.State.TAKEN))
        match self.cleaned_data["state"]:
            case "waiting":
                return rows.filter(waiting, cancelled_at=None)
            case "reported":
                return rows.filter(~waiting, cancelled_at=None)
            case "cancelled":
                return rows.filter(cancelled_at__isnull=False)
        return rows


class CancelVisit(forms.Form):
    reason = forms.CharField(
        label=_("取消の理由"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("氏名や番号は書かないでください。"),
    )  # fmt: skip


class Chosen(forms.Form):
    """One organisation of several."""

    organisation = forms.ModelChoiceField(label=_("検査機関"), queryset=Organisation.objects.none(), empty_label=None)

    def __init__(self, *args: Any, organisations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]


class OrderSpecimen(Chosen):
    specimen = forms.ChoiceField(label=_("検体"), choices=[_CHOOSE, *SPECIMENS.items()])


# --- a result


def measured_items(test: str) -> list[Item]:
    """The values that can be typed in with a test: of a checkup all that are measured, of the prostate test the PSA."""
    if history_key(test) == "checkup":
        return [
            item
            for item in items().values()
            if item.kind in {"PQ", "CO"} and item.section == CHECKUP_SECTION and not item.old_of
            and not item.key.startswith("q_")
        ]  # fmt: skip
    return [items()["psa"]] if test == "prostate" else []


class EnterResult(forms.Form):
    """The judgement in the test's own codes, and the measured values with their units."""

    def __init__(self, *args: Any, test: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known, names = code_lists()[test], outcome_names()
        codes = [(code, f"{code}　{names[outcome]}") for code, outcome in known.codes.items()]
        self.fields["raw"] = forms.ChoiceField(label=_("判定"), choices=[_CHOOSE, *codes])
        self.measured = measured_items(test)
        for item in self.measured:
            self.fields[item.key] = _measured(item)

    @property
    def values(self) -> dict[str, str]:
        """Item → what was typed, without empty fields."""
        return {
            item.key: str(typed)
            for item in self.measured
            if (typed := self.cleaned_data.get(item.key)) not in (None, "")
        }

    @property
    def told(self) -> list[tuple[str, str]]:
        """(label, value in words) of all that was typed."""
        codes = dict(self.fields["raw"].choices)  # type: ignore[attr-defined]
        rows = [(str(self.fields["raw"].label), str(codes[self.cleaned_data["raw"]]))]
        for item in self.measured:
            if item.key in self.values:
                value = self.values[item.key]
                rows.append((item.name, item.options.get(value) or f"{value} {item.shown}".strip()))
        return rows


def _measured(item: Item) -> forms.Field:
    if item.kind == "CO":
        return forms.ChoiceField(label=item.name, required=False, choices=[("", ""), *item.options.items()])
    label = _("%(name)s（%(unit)s）") % {"name": item.name, "unit": item.shown} if item.shown else item.name
    return forms.DecimalField(
        label=label, required=False, min_value=0, max_digits=9, decimal_places=3,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip


class SendSheets(forms.Form):
    company = forms.ModelChoiceField(label=_("データ入力会社"), queryset=Organisation.objects.none(), empty_label=None)
    sheets = forms.MultipleChoiceField(
        label=_("送る結果票"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("送る結果票を一枚以上選んでください。")},
    )  # fmt: skip
    counted = forms.IntegerField(
        label=_("数えた枚数"),
        min_value=1,
        max_value=10_000,
        help_text=_("画面の数を写さず、手元の紙を数えてください。"),
    )

    def __init__(self, *args: Any, companies: Any, sheets: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].queryset = companies  # type: ignore[attr-defined]
        self.fields["sheets"].choices = sheets  # type: ignore[attr-defined]


# --- the laboratory


class ReportSpecimen(forms.Form):
    number = _typed(_("検体番号"), 20, focus=True, help_text=_("例：L250000001。読み取るか、入力します。"))
    result = _typed(_("検査結果"), 200, required=False, help_text=_("値と単位。例：HbA1c 5.6 %"))
    unfit = forms.BooleanField(
        label=_("検体不適（検査できない）"), required=False, help_text=_("選んだときは、検査結果の欄に理由を書きます。")
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "number" in cleaned and not (cleaned.get("result") or "").strip():
            unfit = cleaned.get("unfit")
            self.add_error("result", _("不適の理由を書いてください。") if unfit else _("検査結果を入れてください。"))
        return cleaned


# --- the data-entry company


class KeySheet(forms.Form):
    """One field per field of a result sheet, as it stands there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n, field in enumerate(paper.FIELDS):
            self.fields[field.key] = _typed(
                field.label, 100, focus=not n, required=False, help_text=_HELP.get(field.key, "")
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for key in paper.DAYS:
            text = unicodedata.normalize("NFKC", cleaned.get(key) or "").strip()
            if text:
                try:
                    cleaned[key] = parse_date(text).iso()
                except UnreadableDate:
                    self.add_error(
                        key, _("日付を読めません。票の日付が読めないときは、読めない票として返却してください。")
                    )
        if not self.errors and not any((cleaned.get(key) or "").strip() for key in self.fields):
            raise forms.ValidationError(_("一つも入力されていません。票のとおりに入れてください。"))
        return cleaned

    @property
    def cells(self) -> Mapping[str, str]:
        return {key: str(self.cleaned_data[key]) for key in self.fields}


_HELP = {
    "birth": _BIRTH_HELP,
    "examined_on": _BIRTH_HELP,
    "test": _("票に書いてある検診の名前"),
    "raw": _("票に書いてある記号"),
}


class Unreadable(forms.Form):
    reason = forms.CharField(
        label=_("読めない理由"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("どの欄がどう読めないか。読めた氏名や番号は書かないでください。"),
    )  # fmt: skip
