"""Long acts: started from a page, done by the worker process, their progress on a page that can be left.

A programme or surface declares what can run:  JOBS["screening.print"] = Work(print_sheets)  where the function takes
``by``, ``now``, ``tell(done, total)`` and its arguments, and returns the sentence that tells what was done. The acts
themselves check the role, log, and are whole or not at all; so a job whose worker was killed is simply started again.

Progress is written to a file beside the database: inside the act's transaction nothing could be told to others.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django_tasks import task

from azukari.vocabulary.refusal import Refusal

from . import clock, faults
from .models import Job

Tell = Callable[[int, int], None]
_UNFINISHED = (Job.State.WAITING, Job.State.RUNNING)


@dataclass(frozen=True)
class Work:
    """What a job does: ``run(by=, now=, tell=, **arguments)`` returns a Japanese sentence."""

    run: Callable[..., str]


JOBS: dict[str, Work] = {}


def start(request: Any, act: str, *, title: str, arguments: Mapping[str, Any], then: str) -> str:
    """Queue a job and return the URL of its page. The same act with the same arguments runs once at a time."""
    same = Job.objects.filter(act=act, arguments=dict(arguments), state__in=_UNFINISHED).first()
    if same is not None:
        return reverse("job", args=[same.key])
    job = Job.objects.create(
        key=secrets.token_urlsafe(12), act=act, title=title, arguments=dict(arguments), then=then,
        started_by=request.handler, started_at=request.now,
    )  # fmt: skip
    work.enqueue(job.key)
    return reverse("job", args=[job.key])


@task
def work(key: str) -> None:
    """Do a queued job, in the worker."""
    if not connection.in_atomic_block:  # done at once, inside somebody's transaction, it uses theirs
        close_old_connections()
    if not Job.objects.filter(key=key, state__in=_UNFINISHED).update(state=Job.State.RUNNING, begun_at=clock.now()):
        return
    job = Job.objects.select_related("started_by__organisation").get(key=key)
    state, message = _run(job)
    Job.objects.filter(key=key).update(state=state, message=message, ended_at=clock.now())
    _progress_file(key).unlink(missing_ok=True)


def _run(job: Job) -> tuple[str, str]:
    try:
        told = JOBS[job.act].run(by=job.started_by, now=clock.now(), tell=_teller(job.key), **job.arguments)
    except Refusal as refusal:
        return Job.State.REFUSED, str(refusal)
    except Exception as fault:
        reference = faults.reference_number()
        faults.write_down(reference, 500, fault)
        again = _("処理が途中で止まりました。もう一度始めてください。")
        told = _("また止まるときは、番号 %(reference)s を管理者に知らせてください。") % {"reference": reference}
        return Job.State.FAILED, f"{again}{told}"
    return Job.State.DONE, told


def _teller(key: str) -> Tell:
    path = _progress_file(key)
    path.parent.mkdir(parents=True, exist_ok=True)

    def tell(done: int, total: int) -> None:
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps([done, total]))
        draft.replace(path)

    return tell


def progress(job: Job) -> tuple[int, int]:
    """How many of how many; (0, 0) while nothing was told."""
    with suppress(OSError, ValueError):
        done, total = json.loads(_progress_file(job.key).read_text())
        return int(done), int(total)
    return 0, 0


def _progress_file(key: str) -> Path:
    return Path(settings.AZUKARI_VAR) / "jobs" / f"{key}.json"
