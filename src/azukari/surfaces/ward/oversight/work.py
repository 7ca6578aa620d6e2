"""Long acts on the access log, done by the worker: verify all of it, write it out for keeping elsewhere."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from azukari.parties.acting import acting
from azukari.parties.models import Handler
from azukari.parties.roles import require
from azukari.vocabulary.refusal import Refusal
from azukari.web.jobs import JOBS, Tell, Work
from azukari.witness import audit, keys
from azukari.witness.export import export

VERIFY = "log.verify"
EXPORT = "log.export"
KEPT = 3
"""Written-out logs that stay here to be fetched; the oldest goes when another comes."""
MOST_TOLD = 20


class LogDoesNotHold(Refusal):
    """The log is not what was written, or not what was signed. Nothing was changed by finding that out."""


def verify(*, by: Handler, now: datetime, tell: Tell) -> str:
    """Replay the whole log against itself and every checkpoint; the result is an entry of the log, too."""
    require(by, VERIFY, localtime(now).date())
    found = audit.verify(keys.verifier(), tell=tell)
    with acting(by=by, act=VERIFY, now=now) as record:
        record(
            purpose=_("アクセスログの検証"), entries=found.entries, signed=found.signed,
            checkpoints=found.checkpoints, problems=len(found.problems),
        )  # fmt: skip
    if found.problems:
        raise LogDoesNotHold("\n".join([
            _("異常が%(n)s件あります。このログは信用できません。データベースと控えを保全し、業務を止めて、責任者に知らせてください。")
            % {"n": len(found.problems)},
            *found.problems[:MOST_TOLD],
        ]))  # fmt: skip
    told = _("異常なし：記録%(entries)s件、署名した時点%(checkpoints)s個。") % {
        "entries": f"{found.entries:,}",
        "checkpoints": f"{found.checkpoints:,}",
    }
    if found.signed < found.entries:
        told += "\n" + _(
            "受付番号%(since)sから後には、まだ署名した時点がありません。署名して、区の外の人に渡してください。"
        ) % {"since": found.signed}
    return told


def export_folder() -> Path:
    return Path(settings.AZUKARI_VAR) / "log-exports"


def write_out(*, by: Handler, now: datetime, tell: Tell) -> str:
    """Sign and write the log as files that the stand-alone verifier reads, in one ZIP."""
    with acting(by=by, act=EXPORT, now=now) as record:
        record(purpose=_("アクセスログの外部保管用の書き出し"))
    target = export_folder()
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=target) as scratch:
        folder = Path(scratch) / "log"
        written = export(folder)
        draft = shutil.make_archive(str(Path(scratch) / "whole"), "zip", folder)
        Path(draft).replace(target / f"log-{localtime(now):%Y%m%d-%H%M%S}-{written.entries}.zip")
    for old in sorted(target.glob("log-*.zip"))[:-KEPT]:
        old.unlink()
    return _("書き出しました：記録%(entries)s件、署名した時点%(checkpoints)s個。次の画面から受け取れます。") % {
        "entries": f"{written.entries:,}",
        "checkpoints": f"{written.checkpoints:,}",
    }


JOBS[VERIFY] = Work(verify)
JOBS[EXPORT] = Work(write_out)
