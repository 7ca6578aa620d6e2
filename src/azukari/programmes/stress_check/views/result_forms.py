"""What is typed about results, interviews, groups and the delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

MOST_WORDS = 400
_EVERYTHING = ("", _("すべて"))


def _words(label: Any, **more: Any) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 4})
    return forms.CharField(label=label, max_length=MOST_WORDS, widget=area, **more)


class Decision(forms.Form):
    """Nothing is chosen beforehand: the scoring selects, the implementer decides."""

    interview = forms.TypedChoiceField(
        label=_("医師による面接指導"), choices=[("yes", _("必要")), ("no", _("不要"))], widget=forms.RadioSelect,
        coerce=lambda value: value == "yes", empty_value=None,
    )  # fmt: skip
    note = _words(
        _("本人に伝える言葉"), required=False,
        help_text=_("結果とともに、本人だけに伝わります（400字まで）。本人が区への提供に同意しても、この言葉は区に渡りません。"),
    )  # fmt: skip


class Ticked(forms.Form):
    """Letters that are acted on together, by their numbers; drawn as the first column of a table."""

    letters = forms.TypedMultipleChoiceField(
        label=_("封書"), coerce=int, error_messages={"required": _("封書を選んでください。")}
    )

    def __init__(self, *args: Any, offered: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["letters"].choices = [(number, str(number)) for number in offered]  # type: ignore[attr-defined]

    @property
    def ticked(self) -> set[str]:
        return set(self.data.getlist("letters")) if isinstance(self.data, QueryDict) else set()


class Compared(Ticked):
    compared = forms.BooleanField(
        label=_("選んだ封書の宛名と中の紙を、一通ずつ照らし合わせた"),
        error_messages={"required": _("一通ずつ照らし合わせてから、印を付けてください。")},
    )


class Held(forms.Form):
    held_on = forms.DateField(
        label=_("面接指導をした日"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    words = forms.CharField(
        label=_("面接指導の記録"), max_length=4_000, widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("封をして保存します。読めるのは、面接指導を行う医師だけです。区には伝わりません。"),
    )  # fmt: skip


class Dropped(forms.Form):
    reason = forms.CharField(
        label=_("本人がどう申し出たか"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("取下げの日と経緯だけを書いてください。結果の点や病名は書かないでください。"),
    )  # fmt: skip


class Opinion(forms.Form):
    opinion = _words(
        _("就業上の措置についての意見"),
        help_text=_("区の担当者に伝わります。必要な措置だけを書き、面接で話したことや結果の点は書かないでください。"),
    )


class Office(forms.Form):
    office = forms.CharField(
        label=_("報告書のあて先（区の担当）"), max_length=60, help_text=_("報告書の表紙に印刷します。")
    )


class GroupFilter(forms.Form):
    """Chooses among rows that are worked out and protected already: no filter makes a new group."""

    kind = forms.ChoiceField(label=_("分け方"), required=False)
    depth = forms.ChoiceField(label=_("組織の段"), required=False)
    shown = forms.ChoiceField(
        label=_("示し方"), required=False,
        choices=[
            _EVERYTHING, ("published", _("示す集団")), ("withheld", _("伏せる集団")), ("marked", _("注意・至急の集団")),
        ],
    )  # fmt: skip

    def __init__(self, *args: Any, kinds: Sequence[str], depths: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [_EVERYTHING, *((kind, kind) for kind in kinds)]  # type: ignore[attr-defined]
        words = {0: _("全体"), **{n: _("上から%(n)s段目") % {"n": n} for n in depths if n}}
        self.fields["depth"].choices = [_EVERYTHING, *((str(n), words[n]) for n in depths)]  # type: ignore[attr-defined]

    def narrow(self, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """``rows``: of the published table, each with ``kind`` and ``mark``."""
        asked = self.cleaned_data
        found = [row for row in rows if asked["kind"] in ("", row["kind"])]
        found = [row for row in found if asked["depth"] in ("", str(row["depth"]))]
        tests = {"published": lambda r: not r["withheld"], "withheld": lambda r: bool(r["withheld"]),
                 "marked": lambda r: bool(r["mark"])}  # fmt: skip
        return [row for row in found if tests[asked["shown"]](row)] if asked["shown"] else found
