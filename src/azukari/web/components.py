"""The component book: every component on a page of its own, as it looks and as it is written. For development only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .screens import public

COMPONENTS = {
    "button": gettext_lazy("ボタン"),
    "link": gettext_lazy("リンク"),
    "field": gettext_lazy("入力欄"),
    "error-summary": gettext_lazy("エラーの要約"),
    "table": gettext_lazy("表"),
    "notice": gettext_lazy("通知"),
    "steps": gettext_lazy("段階の案内"),
    "tabs": gettext_lazy("タブ"),
    "progress": gettext_lazy("進み具合"),
    "dialog": gettext_lazy("ダイアログ"),
    "file-upload": gettext_lazy("ファイルの選択"),
    "pages": gettext_lazy("ページ送り"),
    "chip": gettext_lazy("状態の札"),
    "facts": gettext_lazy("項目と値"),
    "card": gettext_lazy("カード"),
    "breadcrumbs": gettext_lazy("パンくず"),
    "disclosure": gettext_lazy("開閉"),
    "search": gettext_lazy("検索"),
    "empty": gettext_lazy("何もないとき"),
    "figure": gettext_lazy("図と表"),
}


class Example(forms.Form):
    """A field of each kind."""

    text = forms.CharField(label=gettext_lazy("件名"), help_text=gettext_lazy("20文字まで"), max_length=20)
    number = forms.IntegerField(label=gettext_lazy("枚数"), required=False)
    choice = forms.ChoiceField(label=gettext_lazy("年度"), choices=[("2025", "2025"), ("2026", "2026")])
    radio = forms.ChoiceField(
        label=gettext_lazy("封の方法"), choices=[("zip", "ZIP"), ("age", "age")], widget=forms.RadioSelect)  # fmt: skip
    tick = forms.BooleanField(label=gettext_lazy("確かめた"), required=False)
    words = forms.CharField(label=gettext_lazy("理由"), widget=forms.Textarea(attrs={"rows": 3}), required=False)


class FileExample(forms.Form):
    file = forms.FileField(label=gettext_lazy("名簿のファイル"), help_text=gettext_lazy("CSV（CP932 又は UTF-8）"))


def _development() -> None:
    if not (settings.DEBUG or settings.AZUKARI_DEMO):
        raise Http404


@public
def index(request: Any) -> HttpResponse:
    _development()
    return render(request, "components/book/index.html", {"title": _("部品の見本帳"), "components": COMPONENTS})


@public
def component(request: Any, name: str) -> HttpResponse:
    _development()
    if name not in COMPONENTS:
        raise Http404
    template = get_template(f"components/book/{name}.html")
    context = {
        "form": Example(),
        "wrong": Example({"text": "", "number": "三枚", "radio": "zip", "choice": "2025"}),
        "upload": FileExample(),
        "page": Paginator(range(120), 10).get_page(5),
    }
    return render(request, "components/book/page.html", {
        "title": COMPONENTS[name],
        "components": COMPONENTS,
        "name": name,
        "example": template.render(context, request),
        "source": template.template.source,  # type: ignore[attr-defined]
    })  # fmt: skip


urlpatterns = [
    path("components/", index, name="components"),
    path("components/<slug:name>/", component, name="component"),
]
