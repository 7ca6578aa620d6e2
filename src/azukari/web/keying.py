"""What the screens share in which paper is keyed: a list of sheets to narrow, a whole pass as a file, the colours."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from azukari.keying.models import PaperSheet
from azukari.keying.passes import PassFormat

State = PaperSheet.State
COLOURS = {State.KEYED: "green", State.UNREADABLE: "gray", State.DIFFERS: "red", State.ONCE: "blue"}


class PassFile(forms.Form):
    file = forms.FileField(
        label=_("入力した CSV"), help_text=_("1行が1枚。文字コードは CP932 か UTF-8。"),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )  # fmt: skip

    def cells(self, of: PassFormat) -> dict[str, dict[str, str]]:
        """What stands in the file that was sent."""
        return of.read(self.cleaned_data["file"].read(of.most_bytes + 1))


class SheetFilter(forms.Form):
    state = forms.ChoiceField(label=_("状態"), required=False, choices=[("", _("すべて")), *State.choices])

    def narrow(self, rows: QuerySet[PaperSheet]) -> QuerySet[PaperSheet]:
        state = self.cleaned_data["state"]
        return rows.filter(state=state) if state else rows


def chip(sheet: Any) -> str:
    """The colour of a sheet's state."""
    return COLOURS.get(sheet.state, "yellow")
