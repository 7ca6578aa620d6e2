"""What the ward types in an act of the stress check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.parties.models import Handler, Organisation

from ..models import Establishment


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


_DIGITS = {"inputmode": "numeric", "autocomplete": "off"}


class HandOver(forms.Form):
    processor = forms.ModelChoiceField(
        label=gettext_lazy("引き渡す事業者"), queryset=Organisation.objects.none(), empty_label=None,
        help_text=gettext_lazy("付議書の委託先として、選定が記録されている事業者です。"),
    )  # fmt: skip

    def __init__(self, *args: Any, processors: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["processor"].queryset = processors  # type: ignore[attr-defined]


class Authority(forms.Form):
    handler = forms.ModelChoiceField(
        label=gettext_lazy("人事権を持つ人"), queryset=Handler.objects.none(),
        help_text=gettext_lazy("解雇・昇進・異動を直接に決める人。区の職員も、委託先の取扱者も選べます。"),
    )  # fmt: skip
    since = forms.DateField(label=gettext_lazy("いつから"), widget=_day())

    def __init__(self, *args: Any, handlers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["handler"]
        field.queryset = handlers
        field.label_from_instance = lambda one: f"{one.organisation.name} {one.name}（{one.key}）"


class AuthorityEnd(forms.Form):
    until = forms.DateField(label=gettext_lazy("最後の日"), widget=_day())


class Measures(forms.Form):
    measures = forms.CharField(
        label=gettext_lazy("決めた措置"), max_length=400, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "医師の意見を聴き、本人の話を聞いたうえで決めたことを書きます。措置が要らないときは、その旨を書きます。"
        ),
    )  # fmt: skip


class EstablishmentForm(forms.Form):
    """What 様式第6号の3 states of the place."""

    name = forms.CharField(label=gettext_lazy("事業場の名称"), max_length=80)
    sections = forms.CharField(
        label=gettext_lazy("含まれる所属"), required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("所属名の中の語を、1行に一つ。空なら、ほかの事業場に含まれない所属すべてです。"),
    )  # fmt: skip
    insurance_number = forms.RegexField(
        r"^\d{14}$", label=gettext_lazy("労働保険番号"), required=False, help_text=gettext_lazy("14桁の数字"),
        error_messages={"invalid": gettext_lazy("労働保険番号は、14桁の数字で書いてください。")},
        widget=forms.TextInput(attrs=_DIGITS),
    )  # fmt: skip
    industry = forms.CharField(
        label=gettext_lazy("事業の種類"), required=False, max_length=80,
        help_text=gettext_lazy("日本標準産業分類の中分類"),
    )  # fmt: skip
    address = forms.CharField(label=gettext_lazy("所在地"), required=False, max_length=120)
    telephone = forms.CharField(
        label=gettext_lazy("電話番号"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    recipient = forms.CharField(
        label=gettext_lazy("報告先"), required=False, max_length=80,
        help_text=gettext_lazy("人事委員会、労働基準監督署長など"),
    )  # fmt: skip

    def clean_sections(self) -> list[str]:
        lines = (line.strip() for line in str(self.cleaned_data["sections"]).splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    @staticmethod
    def initial_of(establishment: Establishment) -> dict[str, Any]:
        found = {name: getattr(establishment, name) for name in EstablishmentForm.base_fields}
        return {**found, "sections": "\n".join(establishment.sections)}


class Signature(forms.Form):
    """What the form asks for and nobody keeps here: names go into the PDF and nowhere else."""

    postal_code = forms.CharField(label=gettext_lazy("事業場の郵便番号"), required=False, max_length=8)
    physician = forms.CharField(label=gettext_lazy("産業医の氏名"), required=False, max_length=60)
    physician_affiliation = forms.CharField(
        label=gettext_lazy("産業医の所属医療機関の名称"), required=False, max_length=80
    )
    employer_title = forms.CharField(label=gettext_lazy("事業者の職"), required=False, max_length=60)
    employer_name = forms.CharField(label=gettext_lazy("事業者の氏名"), required=False, max_length=60)


class GroupFilter(forms.Form):
    """Which published rows are shown. It can only leave rows out: no figure is ever worked out anew."""

    kind = forms.ChoiceField(label=gettext_lazy("区分"), required=False)
    top = forms.ChoiceField(label=gettext_lazy("部局"), required=False)
    mark = forms.ChoiceField(label=gettext_lazy("健康リスク"), required=False)

    def __init__(
        self, *args: Any, kinds: Sequence[str], tops: Sequence[str], marks: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, words in (("kind", kinds), ("top", tops), ("mark", marks)):
            choices = [("", _("すべて")), *((word, word) for word in words)]
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def narrow(self, rows: Sequence[Any]) -> list[Any]:
        asked = self.cleaned_data
        return [
            row
            for row in rows
            if (not asked["kind"] or row.kind == asked["kind"])
            and (not asked["top"] or row.top == asked["top"])
            and (not asked["mark"] or row.mark == asked["mark"])
        ]
