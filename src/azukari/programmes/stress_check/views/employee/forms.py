"""What somebody types at the door: code or number, birth date, and words of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from azukari.vocabulary.wareki import UnreadableDate, parse_date

from ...models import Round
from ...steps.invitations import SHORTEST_PASSPHRASE

_PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
_SHORT = _("合言葉は%(limit_value)d文字以上にしてください。")


def _passphrase(label: Any, autocomplete: str, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=200, widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}), **more
    )


class Enter(forms.Form):
    """First visit. The code may stand in the link; the birth date never does."""

    code = forms.CharField(
        label=_("招待コード"), max_length=40, widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("案内にある16文字。区切りの - と空白は、あってもなくてもかまいません。"),
    )  # fmt: skip
    birth = forms.CharField(
        label=_("生年月日"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "bday"}),
        help_text=_("例：昭和40年4月1日、S40.4.1、1965-04-01"),
    )  # fmt: skip
    passphrase = _passphrase(
        _("合言葉を決める"), "new-password", min_length=SHORTEST_PASSPHRASE,
        help_text=_("10文字以上。次に入るときに、職員番号と一緒に使います。ほかで使っていないものにしてください。"),
        error_messages={"min_length": _SHORT},
    )  # fmt: skip
    again = _passphrase(_("合言葉をもう一度"), "new-password")

    def clean_birth(self) -> date:
        try:
            day = parse_date(self.cleaned_data["birth"]).date()
        except UnreadableDate:
            day = None
        if day is None:
            raise forms.ValidationError(_("生年月日を読めません。年月日を、1965-04-01 のように入れてください。"))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "passphrase" in cleaned and "again" in cleaned and cleaned["passphrase"] != cleaned["again"]:
            self.add_error("again", _("二つの合言葉が違います。同じものを二度入れてください。"))
        return cleaned


class ComeBack(forms.Form):
    """Any later visit, on any device. The year is asked only where two rounds are under way."""

    year = forms.TypedChoiceField(label=_("年度"), coerce=int)
    employee_number = forms.CharField(
        label=_("職員番号"), max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "username", "spellcheck": "false", "inputmode": "numeric"}),
    )  # fmt: skip
    passphrase = _passphrase(_("合言葉"), "current-password", help_text=_("最初に入ったときに、自分で決めたもの。"))

    def __init__(self, *args: Any, rounds: Sequence[Round], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rounds = {found.fiscal_year: found for found in rounds}
        if len(self.rounds) > 1:
            years = [(year, str(found)) for year, found in self.rounds.items()]
            self.fields["year"].choices = years  # type: ignore[attr-defined]
        else:
            del self.fields["year"]

    @property
    def round(self) -> Round:
        """The round that was chosen, or the only one."""
        return self.rounds[self.cleaned_data.get("year", next(iter(self.rounds)))]


class Agree(forms.Form):
    """Nothing is ticked beforehand."""

    agreed = forms.BooleanField(
        label=_("上の文を読みました。同意します。"),
        error_messages={
            "required": _("同意するときは、ここを選んでください。同意しないときは「やめて戻る」で戻れます。")
        },
    )
