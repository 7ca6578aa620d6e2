"""What is typed in an act of the run."""

from __future__ import annotations

import tomllib
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from azukari.parties.models import Organisation

from ..models import Stop
from ..reasons import REASONS, TESTS, Reason

CAUSES = (
    ("宛所に尋ねあたらず", _("宛所に尋ねあたらず")),
    ("転居先不明", _("転居先不明")),
    ("保管期間経過", _("受取人不在で保管期間経過")),
    ("受取拒否", _("受取拒否")),
    ("死亡", _("死亡")),
    ("その他", _("その他")),
)


class Purpose(forms.Form):
    purpose = forms.CharField(label=_("見る目的"), max_length=100, help_text=_("アクセスログに残ります。"))


class StopPurpose(Purpose):
    reason = forms.ChoiceField(
        label=_("理由"), required=False, choices=[("", _("すべて")), *((k, v) for k, v in Stop.Reason.choices)]
    )


class HistoryUpload(forms.Form):
    file = forms.FileField(
        label=_("受診歴のファイル"), help_text=_("CSV（宛名番号・年度・検診・判定）。文字コードは CP932 か UTF-8。")
    )
    note = forms.FileField(label=_("送付票のファイル"), required=False, help_text=_("rows と sha256 を書いた TOML"))
    sha256 = forms.CharField(
        label=_("送付票の SHA-256"), required=False, max_length=64, help_text=_("送付票がファイルでないとき")
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        note, typed = cleaned.get("note"), (cleaned.get("sha256") or "").strip().lower()
        if bool(note) == bool(typed):
            raise forms.ValidationError(_("送付票は、ファイルか SHA-256 か、どちらか一方で示してください。"))
        cleaned["digest"] = _digest_of(note) if note else typed
        return cleaned


def _digest_of(note: Any) -> str:
    try:
        return str(tomllib.loads(note.read().decode("utf-8-sig"))["sha256"]).strip().lower()
    except (ValueError, KeyError) as error:
        raise forms.ValidationError(
            _('送付票を読めません。sha256 = "…" の行がある UTF-8 のファイルにしてください。')
        ) from error


class Sender(forms.Form):
    """Who sends the vouchers, as printed on them."""

    office = forms.CharField(label=_("差出人の部署名"), max_length=60, help_text=_("文書の差出人として印字します。"))
    telephone = forms.CharField(
        label=_("問合せ先の電話番号"), max_length=20, help_text=_("文書の差出人として印字します。"),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )  # fmt: skip


class Notice(Sender):
    planned_on = forms.DateField(
        label=_("引渡し予定日"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    field_order = ("planned_on", "office", "telephone")


class HandOver(forms.Form):
    printer = forms.ModelChoiceField(label=_("印字する事業者"), queryset=Organisation.objects.none(), empty_label=None)
    with_history = forms.BooleanField(
        label=_("印字しない受診歴も渡す"), required=False, help_text=_("渡すときは、理由を必ず書いてください。")
    )
    history_because = forms.CharField(label=_("受診歴を渡す理由"), required=False, max_length=200)
    accept_replacements = forms.CharField(
        label=_("表せない文字を置き換えてよい理由"), required=False, max_length=200,
        help_text=_("受け手の文字コードで表せない文字があるときだけ書きます。"),
    )  # fmt: skip

    def __init__(self, *args: Any, printers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["printer"].queryset = printers  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        because = (cleaned.get("history_because") or "").strip()
        if cleaned.get("with_history") and not because:
            self.add_error("history_because", _("受診歴を渡す理由を書いてください。"))
        if because and not cleaned.get("with_history"):
            self.add_error("with_history", _("受診歴を渡すならここを選び、渡さないなら理由を消してください。"))
        return cleaned


class Because(forms.Form):
    reason = forms.CharField(label=_("理由"), max_length=200)


class Settle(forms.Form):
    reason = forms.CharField(
        label=_("原因と処置"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("なぜ数が合わなかったか、どう直したか。"),
    )  # fmt: skip


class Pieces(forms.Form):
    pieces = forms.IntegerField(label=_("数えた通数"), min_value=0, max_value=10_000_000)


class Forms(forms.Form):
    forms = forms.IntegerField(label=_("残部帳票の枚数"), min_value=0, max_value=10_000_000)


class ReturnedMail(forms.Form):
    code = forms.CharField(
        label=_("帳票番号"), max_length=40, help_text=_("返戻された郵便物の番号を読み取るか、入力します。"),
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    cause = forms.ChoiceField(label=_("返戻の理由"), choices=CAUSES)


class Spoiled(forms.Form):
    code = forms.CharField(
        label=_("汚損した帳票番号"), max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    reason = forms.CharField(label=_("汚損の理由"), max_length=200)


class Declined(forms.Form):
    remark = forms.CharField(label=_("承認しない理由"), max_length=200, help_text=_("申請した委託先に示されます。"))


class DifferenceFilter(forms.Form):
    test = forms.ChoiceField(label=_("検診"), required=False)
    age = forms.ChoiceField(label=_("年度末年齢"), required=False)
    reason = forms.ChoiceField(label=_("判定の理由"), required=False)
    changed = forms.BooleanField(label=_("差のある行だけ"), required=False)

    def __init__(self, *args: Any, names: dict[str, str], bands: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = ("", _("すべて"))
        self.fields["test"].choices = [everything, *((t, names[t]) for t in TESTS)]  # type: ignore[attr-defined]
        reasons = [(str(int(reason)), REASONS[reason]) for reason in Reason]
        self.fields["age"].choices = [everything, *bands.items()]  # type: ignore[attr-defined]
        self.fields["reason"].choices = [everything, *reasons]  # type: ignore[attr-defined]

    def narrow(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        asked = self.cleaned_data
        return [
            row
            for row in rows
            if (not asked["test"] or row["test"] == asked["test"])
            and (not asked["age"] or str(row["age_band"]) == asked["age"])
            and (not asked["reason"] or str(row["reason"]) == asked["reason"])
            and (not asked["changed"] or row["difference"])
        ]


class CodeFile(forms.Form):
    file = forms.FileField(
        label=_("帳票番号のファイル"),
        help_text=_("1行に1番号のテキストか CSV。読み取った順のまま、並べ替えないでください。"),
        widget=forms.FileInput(attrs={"accept": ".txt,.csv,text/plain,text/csv"}),
    )
