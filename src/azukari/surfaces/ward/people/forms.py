"""What is typed when a resident is looked up, and when a protected person is concerned."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from azukari.vocabulary.wareki import parse_date

_LOGGED = _("アクセスログに残ります。氏名や番号は書かないでください。")
OTHER = "その他"
PURPOSES = (
    ("本人からの問合せ", _("本人からの問合せ")),
    ("家族等からの問合せ", _("家族等からの問合せ")),
    ("窓口での申請・届出", _("窓口での申請・届出")),
    ("返戻の確認", _("返戻された郵便物の確認")),
    ("名簿の確認", _("名簿の記載の確認")),
    ("医療機関からの問合せ", _("医療機関からの問合せ")),
    (OTHER, _("その他（補足に書く）")),
)
_UNSEEN = {"autocomplete": "off", "spellcheck": "false"}


class LookUpForm(forms.Form):
    text = forms.CharField(
        label=_("氏名・カナ・宛名番号"), max_length=80, widget=forms.TextInput(attrs={**_UNSEEN, "size": "30"}),
        help_text=_("前の方だけでも探せます。全角・半角、ひらがな・カタカナ、異体字の違いは問いません。旧の氏名、通称、ローマ字でも探せます。"),
    )  # fmt: skip
    birth = forms.CharField(
        label=_("生年月日"), required=False, max_length=20, widget=forms.TextInput(attrs=_UNSEEN),
        help_text=_("例：昭和40年4月1日、S40.4.1、1965-04-01。入れると、その日に生まれた人だけを示します。"),
    )  # fmt: skip
    purpose = forms.ChoiceField(
        label=_("照会の目的"), choices=[("", _("選んでください")), *PURPOSES], help_text=_("アクセスログに残ります。")
    )
    detail = forms.CharField(label=_("目的の補足"), required=False, max_length=100, help_text=_LOGGED)

    def clean_birth(self) -> str:
        text = self.cleaned_data["birth"].strip()
        if not text:
            return ""
        try:
            return parse_date(text).iso()
        except ValueError:
            raise forms.ValidationError(
                _("生年月日を読めません。昭和40年4月1日、S40.4.1、1965-04-01 のように入れてください。")
            ) from None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("purpose") == OTHER and not (cleaned.get("detail") or "").strip():
            self.add_error("detail", _("目的が「その他」のときは、補足を書いてください。"))
        return cleaned

    @property
    def reason(self) -> str:
        """The purpose as the log has it."""
        detail = self.cleaned_data["detail"].strip()
        return f"{self.cleaned_data['purpose']}：{detail}" if detail else str(self.cleaned_data["purpose"])


class AddressReason(forms.Form):
    reason = forms.CharField(label=_("住所を見る理由"), max_length=100, help_text=_LOGGED)


class ReleaseRequest(forms.Form):
    programme = forms.ChoiceField(label=_("事業"))
    purpose = forms.CharField(
        label=_("目的"), max_length=100, help_text=_("どの一覧に、何のために入れるか。氏名は書かないでください。")
    )
    reason = forms.CharField(
        label=_("理由"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("本人の意思を確かめた方法など。承認する人に示します。"),
    )  # fmt: skip
    valid_until = forms.DateField(
        label=_("有効期限"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("この日まで。"),
    )  # fmt: skip

    def __init__(self, *args: Any, programmes: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["programme"].choices = list(programmes.items())  # type: ignore[attr-defined]


class ReleaseFilter(forms.Form):
    state = forms.ChoiceField(
        label=_("状態"), required=False,
        choices=[
            ("", _("すべて")), ("asked", _("承認待ち")), ("in_force", _("有効")), ("over", _("期限切れ")),
            ("revoked", _("取消し")),
        ],
    )  # fmt: skip

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on

    def narrow(self, rows: Any) -> Any:
        match self.cleaned_data["state"]:
            case "asked":
                return rows.filter(approved_by="", revoked_at=None, valid_until__gte=self.on)
            case "in_force":
                return rows.exclude(approved_by="").filter(revoked_at=None, valid_until__gte=self.on)
            case "over":
                return rows.filter(revoked_at=None, valid_until__lt=self.on)
            case "revoked":
                return rows.exclude(revoked_at=None)
        return rows
