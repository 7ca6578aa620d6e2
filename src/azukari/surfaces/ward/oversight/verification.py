"""Whether the access log can be trusted: its last checkpoint, the last verification, files for keeping elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from azukari.parties.acting import acting
from azukari.web.acts import Act, act_page
from azukari.web.models import Job
from azukari.web.screens import screen
from azukari.witness import checkpoint, keys
from azukari.witness import log as witness_log
from azukari.witness.errors import InvalidKey
from azukari.witness.models import Checkpoint, Entry

from .dossiers import may
from .work import EXPORT, VERIFY, export_folder

NAME = re.compile(r"log-\d{8}-\d{6}-\d+")


@require_safe
@screen("log.read")
def state(request: Any) -> HttpResponse:
    size = witness_log.size()
    last = checkpoint.latest()
    signed = last.size if last else 0
    checked = Job.objects.filter(act=VERIFY).exclude(ended_at=None).select_related("started_by").order_by("-pk").first()
    context = {
        "title": _("アクセスログの検証状態"),
        "size": size,
        "last": last,
        "unsigned": size - signed,
        "signed_until": Entry.objects.filter(seq=signed - 1).values_list("recorded_at", flat=True).first(),
        "checked": checked,
        "checked_well": checked is not None and checked.state == Job.State.DONE,
        "key": _verifier_key(),
        "exports": _exports() if may(request, "log.export") else [],
        "may_verify": may(request, "log.verify"),
        "may_sign": may(request, "log.checkpoint"),
        "may_export": may(request, "log.export"),
    }
    return render(request, "ward/oversight/log_state.html", context)


def _verifier_key() -> str:
    try:
        return str(keys.verifier())
    except InvalidKey:
        return ""


def _exports() -> list[tuple[str, int]]:
    found = sorted(export_folder().glob("log-*.zip"), reverse=True)
    return [(path.stem, path.stat().st_size) for path in found]


@screen("log.verify")
def verify(request: Any) -> HttpResponse:
    return act_page(request, Act(
        title=_("アクセスログを検証する"), job=VERIFY, do=lambda form: {}, then=reverse("log_state"),
        submit=_("検証する"),
        facts=[(_("記録"), _("%(n)s件") % {"n": f"{witness_log.size():,}"}),
               (_("確かめること"), _("書き換え・抜け・順序の変更がなく、署名した時点のすべてと合うこと"))],
    ))  # fmt: skip


@screen("log.checkpoint")
def sign(request: Any) -> HttpResponse:
    """Sign the log as it stands. The entry that says so is written first, so the checkpoint covers it."""

    def do(form: Any) -> str:
        with acting(by=request.handler, act="log.checkpoint", now=request.now) as record:
            record(purpose=_("アクセスログの時点への署名"))
        return checkpoint.checkpoint()

    return act_page(request, Act(
        title=_("いまの時点に署名する"), do=do, then=reverse("log_state"), submit=_("署名する"),
        done=_("署名しました。時点のファイルを、区の外の人（監査委員など）に渡してください。"),
        facts=[(_("記録"), _("%(n)s件") % {"n": f"{witness_log.size():,}"})],
        warnings=[_("署名した時点は、それまでの記録が変わっていないという約束です。渡した相手が、あとで確かめられます。")],
    ))  # fmt: skip


@require_safe
@screen("log.read")
def checkpoint_file(request: Any, size: int) -> HttpResponse:
    """A checkpoint as it was given out."""
    found = Checkpoint.objects.filter(size=size).first()
    if found is None:
        raise Http404
    answer = HttpResponse(found.text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(True, f"checkpoint-{size:012d}.txt")
    return answer


@screen("log.export")
def export(request: Any) -> HttpResponse:
    return act_page(request, Act(
        title=_("アクセスログを外部保管用に書き出す"), job=EXPORT, do=lambda form: {}, then=reverse("log_state"),
        submit=_("書き出す"),
        facts=[(_("記録"), _("%(n)s件") % {"n": f"{witness_log.size():,}"}),
               (_("中身"), _("記録、対象者の参照（仮名。氏名や番号は含まない）、署名した時点、検証鍵"))],
        warnings=[_("書き出したものは、区のシステムの外で、追記のできない媒体に保管してください。")],
    ))  # fmt: skip


@require_safe
@screen("log.export")
def export_file(request: Any, name: str) -> Any:
    path: Path = export_folder() / f"{name}.zip"
    if not NAME.fullmatch(name) or not path.is_file():
        raise Http404
    with acting(by=request.handler, act="log.export", now=request.now) as record:
        record(purpose=_("書き出したアクセスログの受取り"), name=name)
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="application/zip")
