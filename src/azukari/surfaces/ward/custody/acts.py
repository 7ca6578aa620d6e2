"""What the ward does with a handover: seal, release, deliver, tell the password, acknowledge, confirm, withdraw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from azukari.custody import erasure, handovers, pickup
from azukari.custody.models import Handover
from azukari.custody.transport import DirectoryTransport, Transport
from azukari.dossier.schema import Medium
from azukari.oversight import documents, slips
from azukari.parties.acting import acting
from azukari.surfaces import handover_words as words
from azukari.vocabulary.fiscal import fiscal_year_end
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen

from . import reading


def _act(request: Any, number: str, *, title: str, done: Any, do: Any, **more: Any) -> HttpResponse:
    handover = reading.one(number)
    return act_page(request, Act(
        title=title, done=done, do=lambda form: do(handover, form), then=reverse("handover", args=[number]),
        facts=words.facts(handover), seen=Seen(("handover", number), handover.state), **more,
    ))  # fmt: skip


class SealForm(forms.Form):
    sealing = forms.ChoiceField(
        label=gettext_lazy("封の方法"), widget=forms.RadioSelect,
        choices=[("zip", gettext_lazy("AES-256 の ZIP とパスワード")), ("age", gettext_lazy("受け手の公開鍵（age）"))],
    )  # fmt: skip


@screen("handover.seal")
def seal(request: Any, number: str) -> HttpResponse:
    """Sealing 150,000 rows takes seconds: it is done by the worker."""
    return _act(
        request, number, title=_("封をする"), form=SealForm, initial={"sealing": "zip"}, done="", job="handover.seal",
        do=lambda handover, form: {"number": handover.number, "sealing": form.cleaned_data["sealing"]},
    )  # fmt: skip


class ReleaseForm(forms.Form):
    due = forms.DateField(label=gettext_lazy("返却・消去の期限"), help_text=gettext_lazy("例: 2026-06-30"))
    override_reason = forms.CharField(
        label=gettext_lazy("期限を過ぎたものがあるのに放出する理由"), required=False, max_length=200,
        help_text=gettext_lazy("受け手に期限を過ぎたものがあるときだけ書きます。"),
    )  # fmt: skip


@screen("handover.release", fresh=True)
def release(request: Any, number: str) -> HttpResponse:
    handover = reading.one(number)
    return _act(
        request, number, title=_("放出する"), form=ReleaseForm, danger=True,
        done=_("放出しました。次は、相手に届けます。"),
        initial={"due": fiscal_year_end(handover.fiscal_year)},
        warnings=[
            _("準備した人・封をした人とは別の人が、受け手・項目・数量を確かめて放出します。"),
            _("放出すると取り消せません。"),
        ],
        do=lambda found, form: handovers.release(
            handover=found, by=request.handler, now=request.now, due=form.cleaned_data["due"],
            override_reason=form.cleaned_data["override_reason"]),
    )  # fmt: skip


class DeliverForm(forms.Form):
    way = forms.ChoiceField(
        label=gettext_lazy("届け方"), widget=forms.RadioSelect,
        choices=[
            ("inbox", gettext_lazy("受け手の受信箱（この azukari にサインインして受け取る）")),
            ("folder", gettext_lazy("ファイル交換フォルダー（LGWAN・媒体への書込み用）")),
        ],
    )  # fmt: skip


def exchange_folder() -> Path:
    folder = Path(settings.AZUKARI_VAR) / "exchange"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@screen("handover.release", fresh=True)
def deliver(request: Any, number: str) -> HttpResponse:
    def do(handover: Handover, form: Any) -> None:
        inbox = form.cleaned_data["way"] == "inbox"
        way: Transport = pickup.Inbox() if inbox else DirectoryTransport(exchange_folder())
        name = _("受信箱") if inbox else "LGWAN"
        occasion = f"{name} {localtime(request.now):%Y-%m-%d %H:%M}"
        handovers.deliver(handover=handover, transport=way, by=request.handler, now=request.now, occasion=occasion)

    return _act(
        request, number, title=_("届ける"), form=DeliverForm, initial={"way": "inbox"}, do=do,
        done=_("届けました。パスワードは、1時間以上あけて別の機会に通知してください。"),
    )  # fmt: skip


class PasswordForm(forms.Form):
    to: Any = forms.ModelChoiceField(
        label=gettext_lazy("通知する相手"), queryset=None, empty_label=gettext_lazy("選んでください")
    )
    occasion = forms.CharField(
        label=gettext_lazy("通知する機会"), max_length=80,
        help_text=gettext_lazy("例: 手渡し 4月3日午後。データを渡したのとは別の機会。"),
    )  # fmt: skip
    contact = forms.CharField(label=gettext_lazy("問合せ先（通知書に書く）"), max_length=80)

    def __init__(self, *given: Any, people: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["to"].queryset = people  # type: ignore[attr-defined]


@screen("handover.password", fresh=True)
def password(request: Any, number: str) -> HttpResponse:
    """Answers the POST itself with the notice as PDF: the password is on paper and on no page that could come again."""
    handover = reading.one(number)
    made: dict[str, bytes] = {}

    def do(found: Handover, form: Any) -> None:
        given = form.cleaned_data
        secret = handovers.notify_password(
            handover=found, to=given["to"], occasion=given["occasion"], by=request.handler, now=request.now
        )
        made["pdf"] = documents.password_notice(
            found, password=secret, to=given["to"], by=request.handler, now=request.now, contact=given["contact"]
        )

    answer = _act(
        request, number, title=_("パスワードを通知する"), form=PasswordForm, done="", do=do,
        submit=_("通知書を作る"),
        form_kwargs={"people": handover.receiver.handlers.filter(removed_on=None).order_by("key")},
        warnings=[_("通知書の PDF が開きます。印刷し、データとは別の機会に手渡してください。")],
    )  # fmt: skip
    return _pdf(made["pdf"], f"{number}-password.pdf") if "pdf" in made else answer


class CountForm(forms.Form):
    rows = forms.IntegerField(label=gettext_lazy("数えた件数"), min_value=0)
    digest = forms.RegexField(
        r"(?i)^\s*[0-9a-f]{64}\s*$", label=gettext_lazy("データのハッシュ値（SHA-256）"),
        error_messages={"invalid": gettext_lazy("ハッシュ値は、0〜9とa〜fの64文字で入れてください。")},
    )  # fmt: skip


class SheetsForm(forms.Form):
    sheets = forms.IntegerField(label=gettext_lazy("数えた枚数"), min_value=0)


@screen("handover.acknowledge")
def acknowledge(request: Any, number: str) -> HttpResponse:
    paper = reading.one(number).medium == Medium.PAPER

    def do(handover: Handover, form: Any) -> bool:
        given = form.cleaned_data
        return handovers.acknowledge(
            handover=handover,
            rows=handover.rows if paper else given["rows"],
            digest=handover.digest if paper else given["digest"].strip().lower(),
            sheets=given.get("sheets"),
            by=request.handler,
            now=request.now,
        )

    return _act(
        request, number, title=_("受領を確認する"), form=SheetsForm if paper else CountForm, do=do,
        warnings=[_("画面の数を写さず、実際に数えてください。")],
        done=lambda matches: _("受領を確認しました。") if matches else _("記録と一致しません。不一致を記録しました。"),
    )  # fmt: skip


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("取り下げる理由"), max_length=200)


@screen("handover.prepare")
def withdraw(request: Any, number: str) -> HttpResponse:
    return _act(
        request, number, title=_("取り下げる"), form=WithdrawForm, danger=True, done=_("取り下げました。"),
        warnings=[_("準備したデータと鍵は破棄されます。")],
        do=lambda handover, form: handovers.withdraw(
            handover=handover, by=request.handler, now=request.now, reason=form.cleaned_data["reason"]),
    )  # fmt: skip


@screen("handover.confirm_certificate")
def confirm(request: Any, number: str) -> HttpResponse:
    handover = reading.one(number)
    certificate = getattr(handover, "certificate", None)
    if certificate is None:
        raise Http404
    return act_page(request, Act(
        title=_("証明書を確認する"), then=reverse("handover", args=[number]), done=_("消去証明書を確認しました。"),
        seen=Seen(("handover", number), handover.state),
        do=lambda form: erasure.confirm(certificate=certificate, by=request.handler, now=request.now),
        facts=[
            (_("証明書番号"), certificate.number), (_("発行した組織"), handover.receiver.name),
            (_("人数"), f"{certificate.persons:,}"), (_("件数"), f"{certificate.rows:,}"),
            (_("枚数"), f"{certificate.sheets:,}"), (_("方法"), certificate.method),
            (_("及ばない範囲"), certificate.beyond_reach),
        ],
        warnings=[_("記録の人数・件数・ハッシュ値と証明書が一致することを、確認のときにもう一度照らします。")],
    ))  # fmt: skip


@require_POST
@screen("handover.password", fresh=True)
def package(request: Any, number: str) -> Any:
    """The sealed file, to be burnt on a disc or carried by other means than ours. Written to the log."""
    handover = reading.one(number)
    path = Path(settings.AZUKARI_OUTBOX) / handover.package_name
    if not handover.package_name or not path.is_file() or handover.released_at is None:
        raise Http404
    with acting(by=request.handler, act="handover.password", now=request.now, programme=handover.programme) as record:
        record(purpose="ファイルの取出し", handover=number, package_sha256=handover.package_sha256)
    return FileResponse(path.open("rb"), as_attachment=True, filename=handover.package_name)


@screen("custody.read")
def paper(request: Any, number: str, kind: str) -> HttpResponse:
    """The slip or the certificate as PDF; written to the log."""
    handover = reading.one(number)
    if kind not in {"slip", "certificate"} or (kind == "certificate" and not hasattr(handover, "certificate")):
        raise Http404
    with acting(by=request.handler, act="custody.read", now=request.now, programme=handover.programme) as record:
        record(purpose="書類の作成", handover=number, paper=kind)
    slip = kind == "slip"
    made = slips.handover_slip(handover, now=request.now) if slip else documents.certificate(handover.certificate)
    return _pdf(made, f"{number}-{kind}.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
