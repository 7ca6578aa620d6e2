"""What is typed about questionnaires on paper: whom they are for, their numbers, and what is marked on them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from azukari.keying.steps import Field

from ..models import PaperForm
from ..steps.paper import ANSWERS
from .forms import EVERYTHING, PaperReason

IN_A_GROUP = 10
_TOLD = 10


class ChoosePaper(PaperReason):
    """``sections``: (所属, how many could be asked on the web)."""

    sections = forms.MultipleChoiceField(
        label=_("所属"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("所属を一つ以上選んでください。")},
    )  # fmt: skip
    field_order = ("sections", "reason")

    def __init__(self, *args: Any, sections: Sequence[tuple[str, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = [(name, __("%(name)s（%(count)s人）") % {"name": name or "—", "count": n}) for name, n in sections]
        self.fields["sections"].choices = told  # type: ignore[attr-defined]


class ReturnBy(forms.Form):
    return_by = forms.DateField(
        label=_("返送の期限"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("調査票に印字します。締切日より前にしてください。"),
    )  # fmt: skip


class VoidForm(forms.Form):
    reason = forms.CharField(
        label=_("無効にする理由"), max_length=200, help_text=_("紛失、書き損じなど。氏名は書かないでください。")
    )  # fmt: skip


class CountIn(forms.Form):
    numbers = forms.CharField(
        label=_("受け取った調査票の番号"), max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("用紙の上の「用紙番号」を、1行に一つ。読み取り機でも入れられます。"),
    )  # fmt: skip
    counted = forms.IntegerField(
        label=_("数えた枚数"), min_value=1, max_value=10_000, help_text=_("手元の封筒を数えた数。番号の数と比べます。")
    )  # fmt: skip

    def clean_numbers(self) -> list[str]:
        text = unicodedata.normalize("NFKC", self.cleaned_data["numbers"])
        return [number for number in re.split(r"[\s,、]+", text) if number]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        numbers, counted = cleaned.get("numbers"), cleaned.get("counted")
        if numbers is not None and counted is not None and len(numbers) != counted:
            told = __("番号は%(numbers)s件、数えた枚数は%(counted)s枚です。数え直してください。")
            self.add_error("counted", told % {"numbers": len(numbers), "counted": counted})
        return cleaned


class KeyForm(forms.Form):
    """One field per item of the questionnaire: 1 to 4, or nothing where nothing is marked.

    A form that is sent too early (a slip on the Enter key) has empty fields: these have to be confirmed as unmarked.
    """

    unmarked = forms.BooleanField(
        label=_("空にした問には、用紙に印がない"), required=False,
        help_text=_("空の問があるときだけ、用紙を見直してから選んでください。"),
    )  # fmt: skip

    def __init__(self, *args: Any, items: Sequence[Field], first: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        for n, item in enumerate(items):
            attrs = {
                "inputmode": "numeric", "autocomplete": "off", "spellcheck": "false", "maxlength": 1, "size": 2,
                "class": "answer",
            }  # fmt: skip
            focus = {"autofocus": True} if (item.key == first if first else not n) else {}
            self.fields[item.key] = forms.CharField(
                label=item.label, required=False, max_length=1, widget=forms.TextInput(attrs=attrs | focus)
            )

    @property
    def groups(self) -> list[tuple[str, list[Any]]]:
        """(問1〜問10, its fields), in the order of the paper."""
        made = []
        for start in range(0, len(self.items), IN_A_GROUP):
            some = self.items[start : start + IN_A_GROUP]
            made.append((f"{some[0].label}〜{some[-1].label}", [self[item.key] for item in some]))
        return made

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        empty = []
        for item in self.items:
            cell = unicodedata.normalize("NFKC", cleaned.get(item.key) or "").strip()
            cleaned[item.key] = cell
            if cell and cell not in ANSWERS:
                self.add_error(item.key, _("1から4か、空にする"))
            elif not cell:
                empty.append(item.label)
        if len(empty) == len(self.items):
            raise forms.ValidationError(_("一つも入力されていません。用紙のとおりに入れてください。"))
        if empty and not cleaned.get("unmarked"):
            named = "、".join(empty[:_TOLD]) + ("…" if len(empty) > _TOLD else "")
            told = __("空の問が%(count)s問あります（%(named)s）。用紙を見直し、印がなければここを選んでください。")
            self.add_error("unmarked", told % {"count": len(empty), "named": named})
        return cleaned

    @property
    def cells(self) -> Mapping[str, str]:
        return {item.key: str(self.cleaned_data[item.key]) for item in self.items}


class Unreadable(forms.Form):
    reason = forms.CharField(
        label=_("読めない理由"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("どの問がどう読めないか。氏名は書かないでください。"),
    )  # fmt: skip


class FormFilter(forms.Form):
    STATES: Mapping[str, tuple[Any, Q]] = {
        "out": (_("渡したまま"), Q(voided_at=None, batch=None)),
        "in": (_("受領済"), Q(voided_at=None, batch__isnull=False)),
        "void": (_("無効"), Q(voided_at__isnull=False)),
    }

    state = forms.ChoiceField(
        label=_("状態"), required=False, choices=[EVERYTHING, *((key, word) for key, (word, _q) in STATES.items())]
    )

    def narrow(self, rows: QuerySet[PaperForm]) -> QuerySet[PaperForm]:
        state = self.cleaned_data["state"]
        return rows.filter(self.STATES[state][1]) if state else rows
