"""Back or gone: return, erasure with certificate, the ward's confirmation, and the closing of a year (laws 5 and 7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from azukari.dossier.schema import Medium
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.witness import log

from . import book, gate
from .handovers import State, WrongState, move, transfer
from .models import HELD, Certificate, Closing, Discrepancy, Handover, Obligation, RegisterEntry
from .obligations import met

METHODS = {
    Medium.LGWAN: "暗号鍵を破棄し、保存された行を削除した。受け取ったファイルを上書き消去した。",
    Medium.NETWORK: "暗号鍵を破棄し、保存された行を削除した。",
    Medium.DISC: "媒体を返却した。読み取ったデータの暗号鍵を破棄し、保存された行を削除した。",
    Medium.PAPER: "紙を返却又は溶解した。",
    Medium.SYSTEM: "暗号鍵を破棄し、保存された行を削除した。",
    Medium.ELECTRONIC: "暗号鍵を破棄し、保存された行を削除した。",
}
BEYOND_REACH = (
    "このシステムの外に書き出された写し（開いたファイル、印刷物、画面の写し、受け手のバックアップ媒体）には"
    "及ばない。それらは受け手の記録により別に確認する。"
)


def give_back(*, handover: Handover, by: Handler, now: datetime, remark: str = "") -> RegisterEntry:
    """Return (返却) what was handed over: the disc, the paper, or the file. The receiver's balance falls by it."""
    with acting(by=by, act="handover.return", now=now, programme=handover.programme) as record:
        _only_receiver(handover, by)
        nothing_is_left_in(handover)
        if handover.sender.type == Organisation.Type.WARD:
            gate.refuse_kept_from_ward(handover.programme, handover.items)
        move(handover, State.RETURNED)
        entry = _credit(handover, "return", by, now, remark)
        record(purpose="返却", handover=handover.number, persons=handover.persons, sheets=handover.sheets)
        gate.destroy(handover, certificate="", now=now)  # last: what is undone must not have lost its key
        return entry


def erase(*, handover: Handover, by: Handler, now: datetime, remark: str = "") -> RegisterEntry | None:
    """Erase (消去): destroy the package's key and rows. After a return only what was read from it is left to erase."""
    with acting(by=by, act="handover.erase", now=now, programme=handover.programme) as record:
        _only_receiver(handover, by)
        nothing_is_left_in(handover)
        held = handover.state in {State.ACKNOWLEDGED, State.REFUSED}
        move(handover, State.ERASED)
        entry = _credit(handover, "erase", by, now, remark) if held else None
        record(purpose="消去", handover=handover.number, persons=handover.persons, sheets=handover.sheets)
        gate.destroy(handover, certificate="", now=now)
        return entry


def certify(*, handover: Handover, by: Handler, now: datetime, method: str = "", beyond_reach: str = "") -> Certificate:
    """The receiver's responsible handler issues the erasure certificate: counts and hashes, not names."""
    checkpoint_text = gate.checkpoint()
    with acting(by=by, act="handover.certify", now=now, programme=handover.programme) as record:
        _only_receiver(handover, by)
        handover.refresh_from_db()
        if handover.state not in {State.RETURNED, State.ERASED}:
            raise WrongState(
                f"受渡し {handover.number} は「{handover.get_state_display()}」です。"
                "返却又は消去の後に証明書を発行できます。"
            )
        passed_on = _passed_on(handover).exclude(state__in=[State.CERTIFIED, State.WITHDRAWN])
        left = [p.number for p in passed_on.exclude(receiver__key=settings.AZUKARI_HOME)]
        if left:
            raise NotPermitted(
                f"再委託先への受渡し（{'、'.join(left)}）の消去証明書が確認されていません。先に再委託先から証明書を受けてください。"
            )
        if Certificate.objects.filter(handover=handover).exists():
            raise WrongState(f"受渡し {handover.number} の証明書は発行済みです。")
        cleared = handover.register.filter(act__in=["erase", "return"]).order_by("-at").first()
        certificate = Certificate.objects.create(
            number=f"{handover.number}-C",
            handover=handover,
            persons=handover.persons,
            rows=handover.rows,
            sheets=handover.sheets,
            digest=handover.digest,
            package_sha256=handover.package_sha256,
            method=method or METHODS[Medium(handover.medium)],
            beyond_reach=beyond_reach or BEYOND_REACH,
            erased_at=cleared.at if cleared else now,
            issued_at=now,
            issued_by=by,
            checkpoint=checkpoint_text,
        )
        record(purpose="消去証明書の発行", handover=handover.number, certificate=certificate.number)
        return certificate


def confirm(*, certificate: Certificate, by: Handler, now: datetime) -> None:
    """The giver checks the certificate against its own record; the handover is then accounted for.

    The ward confirms what it handed over; a processor confirms its sub-processor's (then the ward sees both).
    """
    handover = certificate.handover
    with acting(by=by, act="handover.confirm_certificate", now=now, programme=handover.programme) as record:
        if by.organisation_id == handover.receiver_id:
            raise NotPermitted("証明書は、発行した側では確認できません。")
        stated = (certificate.persons, certificate.rows, certificate.sheets, certificate.digest)
        if stated != (handover.persons, handover.rows, handover.sheets, handover.digest):
            raise NotPermitted(
                "証明書の件数又はハッシュ値が受渡しの記録と一致しません。発行した組織に確かめてください。"
            )
        move(handover, State.CERTIFIED)
        Certificate.objects.filter(pk=certificate.pk).update(confirmed_at=now, confirmed_by=by)
        met(handover, Obligation.Kind.CERTIFY, now)
        record(purpose="消去証明書の確認", handover=handover.number, certificate=certificate.number)


def close_year(*, programme: str, fiscal_year: int, by: Handler, now: datetime) -> Closing:
    """Close a programme's year: every balance zero, every certificate confirmed, every discrepancy settled."""
    with acting(by=by, act="custody.close", now=now, programme=programme) as record:
        problems = what_hinders_closing(programme=programme, fiscal_year=fiscal_year)
        if problems:
            raise NotPermitted("年度を締められません。\n" + "\n".join(problems))
        handovers = Handover.objects.filter(programme=programme, fiscal_year=fiscal_year)
        closing = Closing.objects.create(
            programme=programme,
            fiscal_year=fiscal_year,
            closed_at=now,
            closed_by=by,
            handovers=handovers.exclude(state=State.WITHDRAWN).count(),
            certificates=Certificate.objects.filter(handover__in=handovers, confirmed_at__isnull=False).count(),
        )
        record(purpose="年度の締め", fiscal_year=fiscal_year, handovers=closing.handovers)
        return closing


def what_hinders_closing(*, programme: str, fiscal_year: int) -> list[str]:
    """What has still to be done before the year can be closed, one Japanese sentence each; empty: nothing."""
    if Closing.objects.filter(programme=programme, fiscal_year=fiscal_year).exists():
        return [f"{fiscal_year}年度は、すでに締められています。"]
    held = book.open_balances(programme=programme, fiscal_year=fiscal_year, home=settings.AZUKARI_HOME)
    problems = [
        f"{b.account} の残高が0ではありません（{b.item_group}・{b.medium}: {b.persons}人 {b.sheets}枚）。" for b in held
    ]
    handovers = Handover.objects.filter(programme=programme, fiscal_year=fiscal_year)
    if not handovers.exists():
        return [f"{fiscal_year}年度の受渡しの記録がありません。事業と年度を確かめてください。"]
    unfinished = handovers.exclude(state__in=[State.CERTIFIED, State.WITHDRAWN]).order_by("number")
    unfinished = unfinished.exclude(receiver__key=settings.AZUKARI_HOME, state=State.ACKNOWLEDGED)
    problems += [f"受渡し {h.number} が「{h.get_state_display()}」のままです。" for h in unfinished]
    unsettled = Discrepancy.objects.filter(handover__in=handovers, settled_at__isnull=True)
    problems += [f"受渡し {d.handover} の不一致が未解決です。" for d in unsettled.select_related("handover")]
    return problems


AFTER_RESTORE: list[Callable[[datetime], list[str]]] = []
"""What programmes have erased beside handovers: each takes it away once more and tells what had come back."""


def reapply_erasures(*, now: datetime, by: str = "system") -> list[str]:
    """After a restore: what the erasure ledger names goes again, keys, rows, and from the books; the numbers done.

    The ledger is kept apart and knows that it went, not how: a handover that the restored books call held is entered
    as erased, one that they do not know as released is withdrawn. Certificates have to be issued anew.
    """
    again = []
    for number in gate.erased_numbers():
        handover = Handover.objects.filter(number=number).first()
        if handover is None:
            continue
        there = handover.state in {*HELD, State.PREPARED, State.SEALED}
        if not (there or handover.holdings.exists() or handover.people.exists()):
            continue
        with transaction.atomic():
            if there:
                _gone_again(handover, by, now)
            gate.destroy(handover, certificate="", now=now)
            log.append(
                recorded_at=now,
                actor=by,
                party=settings.AZUKARI_HOME,
                programme=handover.programme,
                act="handover.erase",
                clause="",
                ruling="",
                items=[],
                subjects=(),
                purpose="復元後の再消去",
                details={"handover": number},
            )
        again.append(number)
    for erase_again in AFTER_RESTORE:
        again += erase_again(now)
    return again


def _gone_again(handover: Handover, by: str, now: datetime) -> None:
    held = handover.state in HELD
    state = State.ERASED if held else State.WITHDRAWN
    Handover.objects.filter(pk=handover.pk).update(state=state)
    handover.refresh_from_db()
    book.enter(
        at=now,
        act="erase",
        handover=handover,
        giver=handover.receiver.key if held else handover.sender.key,
        giver_handler=by,
        taker=handover.receiver.key if held else handover.sender.key,
        legs=transfer(handover, -1) if held else [],
        remark="復元した帳簿への再適用（消去台帳による）",
    )
    if held:
        met(handover, Obligation.Kind.CLEAR, now)


def nothing_is_left_in(handover: Handover) -> None:
    """Refuse while another handover still holds, at the receiver, what is about to go: gone has to mean gone."""
    if handover.receiver.type == Organisation.Type.WARD:  # the ward's own people stay its own
        return
    waiting = Handover.objects.filter(
        sender=handover.receiver,
        programme=handover.programme,
        state__in=[State.PREPARED, State.SEALED],
        people__reference__in=handover.people.values("reference"),
    )
    numbers = "、".join(sorted(set(waiting.values_list("number", flat=True))))
    if numbers:
        raise NotPermitted(
            f"この受渡しの人を含む、まだ放出していない受渡し（{numbers}）があります。先に放出するか取り下げてください。"
        )
    if handover.medium == Medium.PAPER:
        out = _passed_on(handover).filter(medium=Medium.PAPER, state__in=HELD)
        if numbers := "、".join(out.order_by("number").values_list("number", flat=True)):
            raise NotPermitted(
                f"渡した紙（{numbers}）がまだ戻っていません。戻ってから、返却又は消去を記録してください。"
            )


def _passed_on(handover: Handover) -> QuerySet[Handover]:
    """What the receiver handed on from this; a handover that names no parent counts for each it could come from."""
    nameless = Q(parent=None, sender=handover.receiver, programme=handover.programme)
    nameless &= ~Q(sender__type=Organisation.Type.WARD)
    return Handover.objects.filter(Q(parent=handover) | nameless).exclude(pk=handover.pk)


def _only_receiver(handover: Handover, by: Handler) -> None:
    if by.organisation_id != handover.receiver_id:
        raise NotPermitted("返却・消去・証明は、受け手の組織の人だけができます。")


def _credit(handover: Handover, act: str, by: Handler, now: datetime, remark: str) -> RegisterEntry:
    entry = book.enter(
        at=now,
        act=act,
        handover=handover,
        giver=handover.receiver.key,
        giver_handler=by.key,
        taker=handover.sender.key if act == "return" else handover.receiver.key,
        legs=transfer(handover, -1),
        remark=remark,
    )
    met(handover, Obligation.Kind.ACKNOWLEDGE, now)  # what was refused and is gone needs no receipt any more
    met(handover, Obligation.Kind.CLEAR, now)
    return entry
