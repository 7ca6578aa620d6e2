"""What is to be done next in a round: a short list of sentences with their pages, and whose turn each is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from ..models import Round
from ..steps.paper import Account
from ..steps.people import Standing
from ..steps.progress import Progress

S = Round.State


@dataclass(frozen=True)
class NextStep:
    """``page``: name of the page; ``whose``: responsible, worker, implementer, or another worker than who prepared."""

    what: str
    page: str
    whose: str
    year: int

    @property
    def url(self) -> str:
        return reverse(self.page, args=[self.year])

    @property
    def turn(self) -> str:
        return {
            "responsible": _("取扱責任者"),
            "worker": _("実施者・実施事務従事者"),
            "implementer": _("実施者"),
            "another": _("準備した人とは別の、実施者・実施事務従事者"),
        }[self.whose]


@dataclass(frozen=True)
class Situation:
    """What the list is decided from. ``kinds``: the duties that somebody has now."""

    round: Round
    people: Standing
    paper: Account
    answers: Progress
    kinds: frozenset[str]
    today: date


def next_steps(at: Situation) -> list[NextStep]:
    """In the order in which they are best done; empty where the round only waits for people to answer."""
    found = {S.PREPARING: _preparing, S.OPEN: _open, S.CLOSED: _closed, S.REPORTED: _reported}.get(S(at.round.state))
    year = at.round.fiscal_year
    return [NextStep(what, page, whose, year) for what, page, whose in (found(at) if found else ())]


def _preparing(at: Situation) -> Iterator[tuple[str, str, str]]:
    if "representative" not in at.kinds:
        yield _("実施代表者を指名する"), "stress_appoint", "responsible"
    if "clerk" not in at.kinds:
        yield _("実施事務従事者を指名する"), "stress_appoint", "responsible"
    if not at.people.asked:
        yield _("対象者情報を取り込む"), "stress_take_in", "worker"
        return
    if not at.people.on_paper:
        yield _("紙で回答する人を決める（いれば）"), "stress_choose_paper", "worker"
    yield from _invitations(at)
    yield _("回答の受付を始める"), "stress_open", "another"


def _open(at: Situation) -> Iterator[tuple[str, str, str]]:
    yield from _invitations(at)
    if at.people.without_form:
        told = _("調査票を%(count)s人に渡す") % {"count": f"{at.people.without_form:,}"}
        yield told, "stress_issue_forms", "worker"
    yield from _keying(at)
    if at.people.to_remind:
        told = _("まだ答えていない%(count)s人に案内する") % {"count": f"{at.people.to_remind:,}"}
        yield told, "stress_reminders", "worker"
    if at.today >= at.round.closes_on:
        yield _("回答を締め切る"), "stress_close", "implementer"


def _closed(at: Situation) -> Iterator[tuple[str, str, str]]:
    yield from _keying(at)
    unscored, untold = at.answers.answered - at.answers.scored, at.answers.scored - at.answers.notified
    if unscored > 0:
        yield _("%(count)s人の回答を採点する") % {"count": f"{unscored:,}"}, "stress_results", "worker"
    if untold > 0:
        told = _("面接指導の要否を判断し、結果を知らせる（残り%(count)s人）") % {"count": f"{untold:,}"}
        yield told, "stress_results", "worker"
    if not unscored and not untold:
        yield _("集団ごとに集計する"), "stress_groups", "worker"
        yield _("報告書を納品する"), "stress_delivery", "worker"


def _reported(at: Situation) -> Iterator[tuple[str, str, str]]:
    if at.round.confirmed_at is not None:
        yield _("実施を終える"), "stress_end", "implementer"


def _invitations(at: Situation) -> Iterator[tuple[str, str, str]]:
    if at.people.uninvited:
        told = _("案内のない%(count)s人に招待コードを出す") % {"count": f"{at.people.uninvited:,}"}
        yield told, "stress_issue", "worker"


def _keying(at: Situation) -> Iterator[tuple[str, str, str]]:
    if at.paper.waiting:
        told = _("調査票の入力を終える（残り%(count)s枚）") % {"count": f"{at.paper.waiting:,}"}
        yield told, "stress_paper", "worker"
