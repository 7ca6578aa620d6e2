"""What is typed to prepare a round, to appoint, and about one person."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from azukari.parties.models import Handler

from ..instrument import DEFAULT_INSTRUMENT, INSTRUMENTS, instrument
from ..models import Duty, Invitation, Respondent
from ..parameters import MethodNotOffered, scoring_set
from ..steps import printing

EVERYTHING = ("", _("すべて"))
METHODS = {"conversion": _("素点換算表を用いる方法"), "simple_sum": _("単純合計判定法")}
_UNSEEN = {"autocomplete": "off", "spellcheck": "false"}


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def _words(label: Any, help_text: Any, most: int = 200) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, widget=forms.Textarea(attrs={"rows": 3}), help_text=help_text
    )  # fmt: skip


class Prepare(forms.Form):
    opens_on = _day(_("受付の開始日"))
    closes_on = _day(_("受付の締切日"))
    contact = forms.CharField(
        label=_("回答する人の相談窓口"), max_length=200,
        help_text=_("部署と電話番号、受付の時間。案内と画面に出ます。"),
    )  # fmt: skip
    instrument = forms.ChoiceField(
        label=_("調査票"), initial=DEFAULT_INSTRUMENT,
        choices=lambda: [(key, instrument(key).title["ja"]) for key in INSTRUMENTS],
    )  # fmt: skip
    method = forms.ChoiceField(
        label=_("高ストレス者の判定の方法"), choices=list(METHODS.items()), initial="conversion",
        help_text=_("実施者の意見と衛生委員会の審議で決めたものを選びます。準備した後は変えられません。"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("opens_on") and "instrument" in cleaned and "method" in cleaned:
            try:
                scoring_set(cleaned["opens_on"], cleaned["method"], cleaned["instrument"])
            except MethodNotOffered:
                self.add_error("method", _("この調査票では、素点換算表を使えません。単純合計判定法を選んでください。"))
        return cleaned


class Appoint(forms.Form):
    handler = forms.ModelChoiceField(
        label=_("指名する人"), queryset=Handler.objects.none(), empty_label=_("選んでください"),
        help_text=_("取扱者として報告した人から選びます。"),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("役割"), choices=Duty.Kind.choices, initial=Duty.Kind.CLERK)
    qualification = forms.ChoiceField(
        label=_("資格"), choices=Duty.Qualification.choices, initial=Duty.Qualification.NONE,
        help_text=_("実施者には法令の資格が要ります。面接指導を行うのは医師だけです。"),
    )  # fmt: skip
    no_personnel_authority = forms.BooleanField(
        label=_("解雇・昇進・異動に関する直接の権限を持たないことを、本人と所属に確かめた"),
        error_messages={"required": _("権限を持たないことを確かめてから、ここを選んでください。")},
    )

    def __init__(self, *args: Any, handlers: QuerySet[Handler], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["handler"].queryset = handlers  # type: ignore[attr-defined]


class Reason(forms.Form):
    reason = _words(_("理由"), _("アクセスログに残ります。氏名や病名は書かないでください。"))


class PaperReason(forms.Form):
    reason = forms.CharField(
        label=_("ウェブで回答できない事情"), max_length=100,
        help_text=_("例: 業務用の端末がない職場。アクセスログに残ります。"),
    )  # fmt: skip


class Left(forms.Form):
    left_on = _day(_("退職日"))


class FindPerson(forms.Form):
    employee_number = forms.CharField(
        label=_("職員番号"), max_length=20, widget=forms.TextInput(attrs={**_UNSEEN, "autofocus": True}),
        help_text=_("電話や窓口で申し出た人の番号。照会は、アクセスログに残ります。"),
    )  # fmt: skip

    def clean_employee_number(self) -> str:
        return unicodedata.normalize("NFKC", self.cleaned_data["employee_number"]).strip()


class Site(forms.Form):
    site = forms.URLField(
        label=_("専用サイトの入口のアドレス"), max_length=200, assume_scheme="https",
        help_text=_("職員が開くアドレス。案内に印字します。例: https://check.example.jp"),
    )  # fmt: skip

    def clean_site(self) -> str:
        site = str(self.cleaned_data["site"]).rstrip("/")
        if not site.startswith("https://"):
            raise forms.ValidationError(_("https:// で始まるアドレスにしてください。"))
        return site


class Issue(Site):
    whom = forms.ChoiceField(
        label=_("だれに出すか"), widget=forms.RadioSelect, initial=printing.WITHOUT,
        choices=[
            (printing.WITHOUT, _("まだ案内のない人")),
            (printing.NOT_IN, _("まだ一度も入場していない人（前のコードは使えなくなります）")),
        ],
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("渡し方"), widget=forms.RadioSelect, initial=Invitation.Kind.SLIP,
        choices=[
            (Invitation.Kind.SLIP, _("印刷した案内（PDF、一人1枚）")),
            (Invitation.Kind.MAIL, _("電子メールの差込み用（CSV、職員番号とアドレス）")),
        ],
    )  # fmt: skip
    field_order = ("whom", "kind", "site")


class StaffFilter(forms.Form):
    """``Respondent`` rows as ``people.asked`` gives them. Nothing in it is about one person."""

    STATES: Mapping[str, tuple[Any, Q]] = {
        "unanswered": (_("未回答"), Q(answered_at=None, left_on=None)),
        "answered": (_("回答済"), Q(answered_at__isnull=False)),
        "uninvited": (_("案内がまだ"), Q(answered_at=None, left_on=None, by_paper=False, invited=False)),
        "not_in": (_("未入場"), Q(answered_at=None, left_on=None, by_paper=False, invited=True, came_in=False)),
        "paper": (_("紙で回答"), Q(by_paper=True)),
        "left": (_("退職"), Q(left_on__isnull=False)),
    }

    state = forms.ChoiceField(
        label=_("状況"), required=False, choices=[EVERYTHING, *((key, word) for key, (word, _q) in STATES.items())]
    )
    division = forms.ChoiceField(label=_("部"), required=False)

    def __init__(self, *args: Any, divisions: Mapping[str, Sequence[str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.divisions = divisions
        self.fields["division"].choices = [EVERYTHING, *((d, d) for d in divisions)]  # type: ignore[attr-defined]

    def narrow(self, rows: QuerySet[Respondent]) -> QuerySet[Respondent]:
        state, division = self.cleaned_data["state"], self.cleaned_data["division"]
        if state:
            rows = rows.filter(self.STATES[state][1])
        return rows.filter(section__in=self.divisions[division]) if division else rows
