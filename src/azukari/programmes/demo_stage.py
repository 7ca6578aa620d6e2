"""What every programme's demo is made of: acts that know whether they are done, and files that are whole or absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings

from azukari.custody import handovers
from azukari.custody.models import Handover
from azukari.dossier import models as dossier_models
from azukari.dossier.approval import in_force, state_on
from azukari.parties import approvals
from azukari.parties.models import Handler

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Stage:
    """One act of the demo: what it is called, whether it is done already, and how it is done."""

    name: str
    done: Callable[[], bool]
    do: Callable[[Tell], None]


def write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing: a demo that is killed leaves no half a file that looks done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(content)
    draft.replace(path)


@dataclass(frozen=True)
class Paper:
    """A programme's paper in the demo: drafted, submitted and approved before the year, and renewed for later years.

    ``on``: a day of the year on which its sheets are in force. ``day``: month and day before the year → moment.
    """

    programme: str
    year: int
    on: date
    day: Callable[[int, int], datetime]
    who: Callable[[str], Handler]

    def version(self) -> dossier_models.Version | None:
        return dossier_models.Version.objects.filter(programme=self.programme).order_by("-drafted_at").first()

    @property
    def ready(self) -> bool:
        version = self.version()
        return version is not None and state_on(version, self.on) == "in_force" and not self.to_renew()

    def approve(self, tell: Tell) -> None:
        path = Path(settings.AZUKARI_PROGRAMMES) / self.programme / "dossier.toml"
        drafted, approved, day = self.who("W001"), self.who("W101"), self.day
        version = self.version() or approvals.draft_dossier(path=path, by=drafted, now=day(3, 3))
        if version.submitted_at is None:
            approvals.submit_dossier(version=version, by=drafted, now=day(3, 4))
        if version.approved_at is None:
            approvals.approve_dossier(version=version, in_force_from=date(self.year, 4, 1), by=approved, now=day(3, 25))
        for year in self.to_renew():
            approvals.record_renewal(
                programme=self.programme, clause="*", fiscal_year=year, by=approved, now=day(3, 26)
            )

    def to_renew(self) -> list[int]:
        """Fiscal years after the paper's own that no renewal is recorded for."""
        paper = in_force(self.programme, self.on).dossier
        renewals = dossier_models.Renewal.objects.filter(programme=self.programme)
        renewed = set(renewals.values_list("fiscal_year", flat=True))
        return [year for year in range(paper.fiscal_year + 1, self.year + 1) if year not in renewed]


def pass_on(
    handover: Handover, *, sealer: Handler, releaser: Handler, taker: Handler, on: datetime, due: date | None = None
) -> None:
    """From wherever it is to acknowledged, by these three, at 11, 13 and 15 o'clock of that day."""
    if handover.state == "prepared":
        handovers.seal(handover=handover, by=sealer, now=on.replace(hour=11))
    if handover.state == "sealed":
        handovers.release(handover=handover, by=releaser, now=on.replace(hour=13), due=due)
    if handover.state == "released":
        handovers.acknowledge(
            handover=handover, rows=handover.rows, digest=handover.digest, sheets=handover.sheets, by=taker,
            now=on.replace(hour=15),
        )  # fmt: skip
