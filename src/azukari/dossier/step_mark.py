"""What has become of a numbered arrow today: the mark that a live picture of the flow puts beside it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StepKind(StrEnum):
    """How an arrow stands. The picture tells each by a word, a symbol and a colour, never by the colour alone."""

    PLANNED = "planned"
    PREPARED = "prepared"
    RELEASED = "released"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    OVERDUE = "overdue"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    StepKind.PLANNED: "予定",
    StepKind.PREPARED: "準備済",
    StepKind.RELEASED: "放出済",
    StepKind.ACKNOWLEDGED: "受領確認済",
    StepKind.REFUSED: "不一致",
    StepKind.OVERDUE: "期限超過",
    StepKind.CLOSED: "完了",
}


class StrangeLink(ValueError):
    """A programming error: a mark may only lead to a page of this site."""


@dataclass(frozen=True)
class StepMark:
    """``words`` go below the kind's own word (「135,863人」, lines parted by a newline).

    ``href`` leads to the act behind it, on this site.
    """

    kind: StepKind
    words: str = ""
    href: str = ""

    def __post_init__(self) -> None:
        own = self.href.startswith(("#", "?")) or (self.href.startswith("/") and self.href[1:2] not in {"/", "\\"})
        if self.href and not own:
            raise StrangeLink(f"{self.href!r} is no address of this site")

    @property
    def rest(self) -> str:
        """The words without the kind's own, which stands above them."""
        return self.words.removeprefix(self.kind.label).strip()

    @property
    def told(self) -> str:
        """All of it in one phrase."""
        return " ".join([self.kind.label, *self.rest.split("\n")]).strip()
