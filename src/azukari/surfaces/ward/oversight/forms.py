"""What is typed in the acts on dossiers, rulings and parties."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.dossier.findings import Finding
from azukari.dossier.force import Triple, triples
from azukari.dossier.models import Ruling
from azukari.dossier.reader import DossierError, DossierErrors, read_dossier_text
from azukari.dossier.schema import Direction, Dossier, GapEntry, Renewal
from azukari.dossier.words import DIRECTION_NAMES, clause_label, fiscal_year_name, item_name, party_name
from azukari.parties.models import Handler, Organisation
from azukari.parties.registration import ENCODINGS
from azukari.vocabulary.fiscal import fiscal_year

FILE = "dossier.toml"
LARGEST = 2_000_000
OTHER = "other"
ENCODING_NAMES = {"utf-8-sig": gettext_lazy("UTF-8（BOM付き）"), "cp932": gettext_lazy("CP932（シフトJIS）")}
CERTIFICATIONS = [
    ("privacy_mark", gettext_lazy("プライバシーマーク")),
    ("isms", gettext_lazy("ISMS（ISO27001）")),
    ("telecom_registered", gettext_lazy("登録電気通信事業者")),
]
CERTIFICATION_NAMES = dict(CERTIFICATIONS)


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    """A day, typed or picked; the field of every form here."""
    return forms.DateField(
        label=label, required=required, help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
    )  # fmt: skip


def _long(label: Any, help_text: Any = "", *, required: bool = True, most: int = 500) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, max_length=most, required=required, widget=forms.Textarea(attrs={"rows": 3})
    )  # fmt: skip


class WhyForm(forms.Form):
    why = _long(gettext_lazy("理由"), gettext_lazy("アクセスログに残ります。人の名前などは書かないでください。"))


class DraftForm(forms.Form):
    """``faults`` has everything that is wrong with the file; ``text`` is what a good one says."""

    file = forms.FileField(
        label=gettext_lazy("付議書のファイル"), help_text=gettext_lazy("TOML、UTF-8。一つの事業につき一つ。")
    )
    faults: tuple[DossierError, ...] = ()
    text = ""

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(
                _("ファイルが大きすぎます（2 MB まで）。付議書のファイルかを確かめてください。")
            )
        try:
            self.text = file.read().decode("utf-8").removeprefix("\ufeff")
            read_dossier_text(self.text, FILE)
        except UnicodeDecodeError as error:
            raise forms.ValidationError(
                _("UTF-8 として読めません。ファイルを UTF-8 で保存し直してください（シフトJIS・CP932 は使えません）。")
            ) from error
        except DossierErrors as errors:
            self.faults = tuple(errors.errors)
            raise forms.ValidationError(
                _("付議書を読み込めません（%(n)s件）。下の一覧のとおりに直して、もう一度選んでください。")
                % {"n": len(errors.errors)}
            ) from errors
        return file


class ApproveForm(forms.Form):
    in_force_from = day_field(gettext_lazy("効力発生日"), help_text=gettext_lazy("会議が承認した効力発生日。"))


class ExpireForm(WhyForm):
    last_day = day_field(gettext_lazy("効力のある最後の日"), help_text=gettext_lazy("今日以後の日。"))
    field_order = ("last_day", "why")


class RenewForm(forms.Form):
    fiscal_year = forms.TypedChoiceField(label=gettext_lazy("更新する年度"), coerce=int)
    clause = forms.ChoiceField(label=gettext_lazy("別紙"), help_text=gettext_lazy("更新の定めのある別紙だけです。"))
    remark = _long(gettext_lazy("備考"), gettext_lazy("更新を決めた文書の番号など。"), required=False, most=200)

    def __init__(self, *args: Any, dossier: Dossier, recorded: set[tuple[str, int]], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.recorded = recorded
        this = fiscal_year(on)
        years = [(year, fiscal_year_name(year)) for year in range(min(dossier.fiscal_year, this), this + 2)]
        renewable = [
            (clause.key, clause_label(clause))
            for clause in dossier.clauses
            if clause.period.renewal is not Renewal.NONE or clause.period.waits_for
        ]
        self.fields["fiscal_year"].choices = years[::-1]  # type: ignore[attr-defined]
        self.fields["fiscal_year"].initial = this
        self.fields["clause"].choices = [("*", _("すべての別紙")), *renewable]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if (cleaned.get("clause"), cleaned.get("fiscal_year")) in self.recorded:
            raise forms.ValidationError(
                _("その別紙のその年度の更新は、すでに記録されています。年度と別紙を確かめてください。")
            )
        return cleaned


class RuleForm(forms.Form):
    """``grants`` are the gap's own triples; none of others can be chosen."""

    key = forms.CharField(label=gettext_lazy("裁定番号"), max_length=40)
    governs = forms.ChoiceField(label=gettext_lazy("どの記載によるか"), widget=forms.RadioSelect)
    other = _long(
        gettext_lazy("上にない場合、その記載"), gettext_lazy("「上のどれでもない」を選んだときだけ。"), required=False
    )
    why = _long(gettext_lazy("理由"), gettext_lazy("アクセスログに残ります。人の名前などは書かないでください。"))
    until = day_field(
        gettext_lazy("期限"), help_text=gettext_lazy("この日まで。付議書が改められるまでの間にとどめます。")
    )
    grants = forms.MultipleChoiceField(
        label=gettext_lazy("認める範囲"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("選んだものだけが取り扱えるようになります。選ばなかったものは、引き続き取り扱えません。"),
    )  # fmt: skip

    def __init__(self, *args: Any, dossier: Dossier, finding: Finding, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        self.by_value: dict[str, Triple] = {"|".join(triple): triple for triple in triples(finding.gap)}
        texts = [(text, text) for text in finding.texts]
        self.fields["governs"].choices = [*texts, (OTHER, _("上のどれでもない（下に書く）"))]  # type: ignore[attr-defined]
        if not texts:
            self.fields["governs"].initial = OTHER
        self.fields["grants"].choices = [  # type: ignore[attr-defined]
            (value, f"{party_name(dossier, party)}：{item_name(item)} の{DIRECTION_NAMES[direction]}")
            for value, (party, item, direction) in self.by_value.items()
        ]

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if Ruling.objects.filter(key=key).exists():
            raise forms.ValidationError(_("この裁定番号は、すでに使われています。別の番号にしてください。"))
        return key

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if until < self.on:
            raise forms.ValidationError(_("期限が過ぎた日です。今日以後の日にしてください。"))
        return until

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("governs") == OTHER:
            cleaned["governs"] = (cleaned.get("other") or "").strip()
            if not cleaned["governs"]:
                self.add_error("other", _("どの記載によるかを書いてください。"))
        return cleaned

    def chosen(self) -> tuple[GapEntry, ...]:
        picked = [self.by_value[value] for value in self.cleaned_data["grants"]]
        return tuple(
            GapEntry(party=party, items=(item,), directions=(Direction(direction),))
            for party, item, direction in picked
        )


class OrganisationForm(forms.Form):
    key = forms.SlugField(
        label=gettext_lazy("組織コード"), max_length=40,
        help_text=gettext_lazy("英小文字と数字。例: printer-a。あとで変えられません。"),
    )  # fmt: skip
    name = forms.CharField(
        label=gettext_lazy("名称"), max_length=120, help_text=gettext_lazy("付議書に挙がった相手は、付議書のとおりに。")
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("種別"),
        choices=[(value, label) for value, label in Organisation.Type.choices if value != Organisation.Type.WARD],
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("受け取る文字コード"), choices=[(value, ENCODING_NAMES[value]) for value in ENCODINGS]
    )


class KeysForm(forms.Form):
    age_recipient = forms.CharField(
        label=gettext_lazy("age 公開鍵"), max_length=80, required=False,
        help_text=gettext_lazy("age1 で始まる62文字。空なら今のまま。データとは別の経路で受け取ったもの。"),
    )  # fmt: skip
    signing_key = forms.CharField(
        label=gettext_lazy("署名検証鍵"), max_length=80, required=False,
        help_text=gettext_lazy("base64 で44文字。空なら今のまま。"),
    )  # fmt: skip


class CertificationForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("認証"), choices=CERTIFICATIONS)
    number = forms.CharField(label=gettext_lazy("番号"), max_length=40, required=False)
    valid_until = day_field(gettext_lazy("有効期限"), required=False)


class AppointForm(forms.Form):
    stands_for = forms.ChoiceField(label=gettext_lazy("事業と、付議書上の立場"))
    valid_from = day_field(gettext_lazy("開始日"))
    valid_until = day_field(gettext_lazy("終了日"), required=False)
    grounds = forms.CharField(
        label=gettext_lazy("選定の根拠"), max_length=200, required=False,
        help_text=gettext_lazy("入札結果など。付議書で事業者が決まっていないときは必ず書きます。"),
    )  # fmt: skip

    def __init__(self, *args: Any, parties: list[tuple[str, list[tuple[str, str]]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stands_for"].choices = parties  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("valid_from"), cleaned.get("valid_until")
        if since and until and until < since:
            self.add_error("valid_until", _("終了日が開始日より前です。開始日以後の日にしてください。"))
        return cleaned


class EndAppointmentForm(WhyForm):
    last_day = day_field(gettext_lazy("最後の日"))
    field_order = ("last_day", "why")


class ReportForm(forms.Form):
    key = forms.SlugField(
        label=gettext_lazy("取扱者番号"), max_length=20, help_text=gettext_lazy("英数字。あとで変えられません。")
    )
    name = forms.CharField(label=gettext_lazy("氏名"), max_length=80)
    role = forms.ChoiceField(label=gettext_lazy("役割"))
    reported_on = day_field(gettext_lazy("報告日"), help_text=gettext_lazy("この日から取り扱えます。"))

    def __init__(self, *args: Any, roles: list[Handler.Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]


class RemoveForm(forms.Form):
    removed_on = day_field(gettext_lazy("解除日"), help_text=gettext_lazy("この日から取り扱えません。"))


class TrainingForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("研修"), max_length=120)
    taken_on = day_field(gettext_lazy("受講日"))
