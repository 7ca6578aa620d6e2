"""The long acts on a roster as jobs: reading the file, committing it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django_tasks import default_task_backend, task

from azukari.parties.acting import NotPermitted
from azukari.parties.models import Handler
from azukari.people import acts
from azukari.people.models import Changeset
from azukari.people.refusals import RosterRefused
from azukari.web import clock
from azukari.web.jobs import JOBS, Tell, Work

from . import uploads


def read(*, upload: str, by: Handler, now: datetime, tell: Tell) -> str:
    """Stage the rows of an uploaded file. Refused, the file stays so that its columns can be told anew."""
    found = uploads.find(upload, by.key)
    if found is None or not found.path.exists():
        raise NotPermitted(
            _("受け取ったファイルは、もうありません。名簿の取込みから、もう一度ファイルを選んでください。")
        )
    try:
        staged = acts.read_roster(
            path=found.path, kind=found.kind, stated_on=found.day, delivery_note=found.note, mapping=found.mapping,
            by=by, now=now, progress=tell,
        )  # fmt: skip
    except RosterRefused as refusal:
        found.problems = [str(problem) for problem in refusal.problems]
        uploads.save(found)
        raise
    uploads.read(found, staged.pk)
    return _(
        "名簿 No.%(no)s として%(rows)s件を読み込みました。登録はまだ変わっていません。内訳を確かめてください。"
    ) % {
        "no": staged.pk,
        "rows": f"{staged.rows:,}",
    }


def commit(*, changeset: int, by: Handler, now: datetime, tell: Tell) -> str:
    done = acts.commit_roster(changeset=Changeset.objects.get(pk=changeset), by=by, now=now, progress=tell)
    uploads.drop_of_changeset(changeset)
    told = str(done)
    if done.protected_anyway:
        told += _("取り込めない行に支援措置の記載があった%(count)s人を、支援措置の対象にしました。") % {
            "count": f"{done.protected_anyway:,}"
        }
    return told


@task
def drop_abandoned() -> None:
    uploads.drop_abandoned(clock.now())


def drop_later(now: datetime) -> None:
    """So that a file which nobody goes on with is gone even if nobody opens the page of rosters again."""
    if default_task_backend.supports_defer:
        drop_abandoned.using(run_after=now + uploads.KEPT_FOR + timedelta(minutes=1)).enqueue()


JOBS.update({"people.read_roster": Work(read), "people.commit_roster": Work(commit)})
