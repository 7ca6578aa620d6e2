"""What is typed and chosen when a roster is taken in."""

from __future__ import annotations

import tomllib
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from azukari.people.columns import ROSTERS
from azukari.people.guard import DeliveryNote
from azukari.people.models import Changeset, RowStatus
from azukari.people.roster import REMARKS

NOT_USED = "-"
_MOST_NOTE_BYTES = 64 * 1024


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("名簿の種類"), choices=[(roster.kind, roster.label) for roster in ROSTERS.values()],
        widget=forms.RadioSelect, initial="residents",
    )  # fmt: skip
    stated_on = forms.DateField(
        label=_("名簿の基準日"), help_text=_("この日の状態を示す名簿です。送付票に書かれています。"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    file = forms.FileField(
        label=_("名簿のファイル"), help_text=_("CSV。文字コードは CP932（Shift_JIS）か UTF-8。"), allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )  # fmt: skip
    note = forms.FileField(
        label=_("送付票のファイル"), required=False,
        help_text=_("rows と sha256 を書いた TOML。無ければ、次の2つを入れてください。"),
        widget=forms.FileInput(attrs={"accept": ".toml,text/plain"}),
    )  # fmt: skip
    rows = forms.IntegerField(
        label=_("送付票の件数"),
        required=False,
        min_value=0,
        max_value=100_000_000,
        help_text=_("見出しの行を除いた件数。"),
    )
    sha256 = forms.RegexField(
        r"(?i)^\s*[0-9a-f]{64}\s*$", label=_("送付票の SHA-256"), required=False, help_text=_("0〜9とa〜fの64文字。"),
        error_messages={"invalid": _("SHA-256 は、0〜9とa〜fの64文字で入れてください。")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "size": "64"}),
    )  # fmt: skip
    check = forms.BooleanField(
        label=_("読み込む前に、列と項目の対応を確かめる"), required=False,
        help_text=_("知らない見出しがあるときは、選ばなくても確かめる画面が出ます。"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        note, rows, sha256 = cleaned.get("note"), cleaned.get("rows"), cleaned.get("sha256")
        if note:
            if rows is not None or sha256:
                self.add_error("note", _("送付票は、ファイルか、件数と SHA-256 か、どちらか一方で示してください。"))
            else:
                self._read_note(note, cleaned)
        elif "sha256" in cleaned and (rows is None or not sha256):
            for name in ("rows", "sha256"):
                if not cleaned.get(name) and cleaned.get(name) != 0 and name not in self.errors:
                    self.add_error(name, _("送付票のファイルを選ぶか、件数と SHA-256 の両方を入れてください。"))
        elif rows is not None and sha256:
            cleaned["delivery_note"] = DeliveryNote(int(rows), str(sha256))
        return cleaned

    def _read_note(self, note: Any, cleaned: dict[str, Any]) -> None:
        try:
            told = tomllib.loads(note.read(_MOST_NOTE_BYTES).decode("utf-8-sig"))
            cleaned["delivery_note"] = DeliveryNote(int(told["rows"]), str(told["sha256"]))
        except (ValueError, KeyError, TypeError):
            remedy = _(
                '送付票を読めません。rows = 150000 と sha256 = "…" の2行を UTF-8 で書いたファイルにしてください。'
            )
            self.add_error("note", remedy)


class MappingForm(forms.Form):
    """One choice per column of the file. Field names are places: a header may be any text."""

    def __init__(self, *args: Any, kind: str, columns: list[tuple[str, str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        roster = ROSTERS[kind]
        choices = [
            ("", _("選んでください")),
            (NOT_USED, _("使わない")),
            *((c.field, f"{c.label}{_('（必須）') if c.required else ''}") for c in roster.columns),
        ]
        asked = sorted(enumerate(columns), key=lambda one: bool(one[1][1]))  # those to be told come first
        for place, (header, field, near) in asked:
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=header.strip() or _("（%(place)s列目：見出しなし）") % {"place": place + 1},
                choices=choices,
                initial=field or near,
                help_text=_("似た名前の項目を選んであります。確かめてください。") if near else "",
                error_messages={"required": _("項目を選ぶか、「使わない」を選んでください。")},
            )

    @property
    def mapping(self) -> dict[str, str | None]:
        chosen = [self.cleaned_data[f"column_{place}"] for place in range(len(self.columns))]
        return {
            header: None if field == NOT_USED else field
            for (header, _field, _near), field in zip(self.columns, chosen, strict=True)
        }


class RosterFilter(forms.Form):
    kind = forms.ChoiceField(
        label=_("名簿の種類"), required=False,
        choices=[("", _("すべて")), *((roster.kind, roster.label) for roster in ROSTERS.values())],
    )  # fmt: skip
    state = forms.ChoiceField(label=_("状態"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = [("", _("すべて")), *Changeset._meta.get_field("state").flatchoices]
        self.fields["state"].choices = states  # type: ignore[attr-defined]

    def narrow(self, rows: Any) -> Any:
        asked = {key: value for key, value in self.cleaned_data.items() if value}
        return rows.filter(**asked)


class RowPurpose(forms.Form):
    purpose = forms.CharField(
        label=_("見る目的"), max_length=100, initial=_("名簿の内訳の確認"),
        help_text=_("アクセスログに残ります。人の氏名や番号は書かないでください。"),
    )  # fmt: skip
    status = forms.ChoiceField(label=_("区分"), required=False)
    remark = forms.ChoiceField(label=_("注意"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = [("", _("すべて")), *RowStatus.choices]  # type: ignore[attr-defined]
        self.fields["remark"].choices = [("", _("すべて")), *REMARKS.items()]  # type: ignore[attr-defined]


class RejectedPurpose(forms.Form):
    purpose = forms.CharField(
        label=_("書き出す目的"), max_length=100, initial=_("取り込めない行を送付元に知らせる"),
        help_text=_("アクセスログに残ります。人の氏名や番号は書かないでください。"),
    )  # fmt: skip
