"""A handover's life: prepared, sealed, released by another person, acknowledged, passed on, returned or erased.

One public function per human act: keyword-only, ``by=`` and ``now=`` required, one transaction, log entry included.
What is allowed in which state stands in ``models.TRANSITIONS``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
from django.conf import settings
from django.db.models import Q
from django.utils.timezone import localdate

from azukari.dossier.schema import Direction, Medium
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.vocabulary.fiscal import fiscal_year, fiscal_year_end
from azukari.vocabulary.items import item_names
from azukari.vocabulary.refusal import Changed, Refusal

from . import book, gate
from .models import TRANSITIONS, Closing, Delivery, Discrepancy, Handover, Obligation, RegisterEntry
from .obligations import met, overdue, owe
from .transport import Transport

State = Handover.State
APART = timedelta(hours=1)
"""The package and the notice with its password go on occasions at least this far apart."""


class WrongState(Changed, RuntimeError):
    """The act does not fit the handover's state, or somebody else was faster."""


class AlreadyAcknowledged(WrongState):
    """A second acknowledgement of the same handover (a double click or a replay)."""


class SameOccasion(Refusal, ValueError):
    """The package and its password may not be recorded as one occasion."""


class Overdue(NotPermitted):
    """The receiver owes something that is past due; a release needs a reason."""


def move(handover: Handover, to: State, **changes: object) -> None:
    """Change the state if the table allows it and nobody changed it meanwhile (compare and set)."""
    came_from = fits(handover, to)
    changed = Handover.objects.filter(pk=handover.pk, state=came_from).update(state=to, **changes)
    if not changed:
        raise WrongState(f"受渡し {handover.number} は、ほかの人が先に処理しました。最新の状態を確かめてください。")
    handover.refresh_from_db()


def hold(handover: Handover) -> None:
    """The handover as it is now; until this transaction ends nobody else changes it."""
    Handover.objects.select_for_update().get(pk=handover.pk)
    handover.refresh_from_db()


def fits(handover: Handover, to: State) -> State:
    """The state it is in, if the table lets it become ``to``; else WrongState."""
    came_from = State(handover.state)
    if to not in TRANSITIONS[came_from]:
        error = AlreadyAcknowledged if to == came_from == State.ACKNOWLEDGED else WrongState
        raise error(
            f"受渡し {handover.number} は「{came_from.label}」です。「{to.label}」にはできません。"
            "受渡しの状態を確かめてください。"
        )
    return came_from


def new_number(fy: int) -> str:
    return f"{settings.AZUKARI_PREFIX}-{fy}-{book.next_numbers(f'handover-{fy}', 1):06d}"


def prepare(
    *,
    programme: str,
    step: str,
    receiver: Organisation,
    party: str,
    columns: Sequence[gate.Column],
    frame: pl.DataFrame,
    purpose: str,
    medium: Medium,
    by: Handler,
    now: datetime,
    direction: Direction = Direction.PROVIDED,
    parent: Handover | None = None,
    sheets: int = 0,
    accept_replacements: str = "",
    extra_reason: str = "",
) -> Handover:
    """Fix what will be handed over. ``frame`` has ``reference`` (hex) and one column per ``columns`` key.

    Raises NotPermitted with the refused items, and changes nothing. Characters the receiver's encoding can't hold stop
    the preparation unless ``accept_replacements`` gives a reason; items that the receiver does not work with stop it
    unless ``extra_reason`` says why they go.
    """
    with acting(by=by, act="handover.prepare", now=now, programme=programme) as record:
        on = localdate(now)
        content = gate.content_for(
            programme=programme,
            sender=by.organisation,
            receiver=receiver,
            party=party,
            columns=columns,
            frame=frame,
            direction=direction,
            on=on,
            encoding=receiver.encoding,
        )
        _require_reason_for_more(content, extra_reason)
        if content.replacements and not accept_replacements:
            raise NotPermitted(
                f"受け手の文字コード（{receiver.encoding}）で表せない文字が{content.replacements}か所あります。"
                "文字コードを変えるか、置き換えてよい理由を記録してください。"
            )
        items = list(dict.fromkeys(c.item for c in columns if c.item))
        fy = fiscal_year(on)
        handover = Handover.objects.create(
            number=new_number(fy),
            programme=programme,
            fiscal_year=fy,
            dossier_version=content.grant.in_force.version,
            dossier_hash=content.grant.in_force.canonical_hash,
            step=step,
            clause=content.grant.clause,
            rulings=list(content.grant.rulings),
            direction=direction.value,
            items=items,
            columns=[{"key": c.key, "header": c.header, "item": c.item} for c in columns],
            item_group=book.item_group(items),
            medium=medium.value,
            purpose=purpose,
            sender=by.organisation,
            receiver=receiver,
            receiver_party=content.grant.party,
            parent=parent,
            persons=len(set(content.references)),
            rows=content.rows,
            sheets=sheets,
            encoding=content.encoding,
            digest=content.digest,
            prepared_by=by,
            prepared_at=now,
        )
        gate.keep(handover, content)
        record(
            purpose=purpose,
            party=handover.receiver_party,
            clause=handover.clause,
            ruling="、".join(handover.rulings),
            items=items,
            handover=handover.number,
            persons=handover.persons,
            replacements=content.replacements,
            accepted=accept_replacements,
            extra_reason=extra_reason,
        )
        return handover


def _require_reason_for_more(content: gate.Content, reason: str) -> None:
    """What the receiver may be given but does not work with stays here, unless an officer says why it goes."""
    grant = content.grant
    if gate.is_controller(grant):
        return
    beyond = {c.item for c in content.columns if c.item} - gate.needed_items(grant.in_force, grant.party)
    if beyond and not reason.strip():
        raise NotPermitted(
            f"「{item_names(sorted(beyond))}」は、提供できる項目ですが、受け手の作業（処理・印字等）に使われません。"
            "外して準備するか、渡す理由を記録してください。"
        )


def seal(*, handover: Handover, by: Handler, now: datetime, sealing: str = "zip") -> None:
    """Write the package: AES-256 ZIP with a password of its own, or age to the receiver's key; paper has none."""
    checkpoint_text = gate.checkpoint()
    with acting(by=by, act="handover.seal", now=now, programme=handover.programme) as record:
        hold(handover)
        _only_sender(handover, by)
        fits(handover, State.SEALED)  # before the file is written: a sealed package is never written over
        if handover.medium in {Medium.PAPER, Medium.SYSTEM}:
            sealing, name, digest = "none", "", ""
        else:
            built = gate.write_package(handover, sealing=sealing, checkpoint_text=checkpoint_text, now=now)
            name, digest = built.path.name, built.sha256
        move(
            handover,
            State.SEALED,
            sealed_by=by,
            sealed_at=now,
            sealing=sealing,
            package_name=name,
            package_sha256=digest,
        )
        record(purpose="封をする", party=handover.receiver_party, handover=handover.number, package_sha256=digest)


def release(
    *, handover: Handover, by: Handler, now: datetime, override_reason: str = "", due: date | None = None
) -> None:
    """Let it out: another person than who prepared or sealed it. Books, obligations and log in one transaction.

    Raises Overdue where the receiver owes something past due and no reason is given; NotPermitted where the clause has
    meanwhile ended, or nobody responsible is reported at the receiver.
    """
    with acting(by=by, act="handover.release", now=now, programme=handover.programme) as record:
        handover.refresh_from_db()
        on = localdate(now)
        _only_sender(handover, by)
        if by.pk in {handover.prepared_by_id, handover.sealed_by_id}:
            raise NotPermitted("準備した人・封をした人は、自分で放出できません。別の人が確かめて放出してください。")
        if Closing.objects.filter(programme=handover.programme, fiscal_year=handover.fiscal_year).exists():
            raise NotPermitted(
                f"{handover.fiscal_year}年度は締められています。取り下げて、新しい年度の受渡しとして準備してください。"
            )
        _fit_to_receive(handover, on)
        late = overdue(on=on, receiver=handover.receiver, programme=handover.programme)
        if late and not override_reason.strip():
            raise Overdue(
                f"{handover.receiver.name}には、期限を過ぎた義務が{len(late)}件あります"
                f"（{late[0].handover.number} {late[0].get_kind_display()}）。"
                "解消するか、理由を付けて放出してください。"
            )
        grant = gate.still_listed(handover, on)
        if grant.in_force.canonical_hash != handover.dossier_hash:
            raise NotPermitted("準備した後に付議書が変わりました。取り下げて、新しい付議書でもう一度準備してください。")
        gate.require_people(
            programme=handover.programme,
            sender=handover.sender,
            receiver=handover.receiver,
            grant=grant,
            references=handover.people.values_list("reference", flat=True),
            on=on,
        )
        move(handover, State.RELEASED, released_by=by, released_at=now, override_reason=override_reason)
        book.enter(
            at=now,
            act="release",
            handover=handover,
            giver=handover.sender.key,
            giver_handler=by.key,
            taker=handover.receiver.key,
            legs=transfer(handover, +1),
            remark=override_reason,
        )
        owe(handover, on, due or fiscal_year_end(handover.fiscal_year))
        record(
            purpose=handover.purpose,
            party=handover.receiver_party,
            clause=handover.clause,
            ruling="、".join(handover.rulings),
            items=handover.items,
            subjects=[bytes.fromhex(r) for r in handover.people.values_list("reference", flat=True)],
            handover=handover.number,
            rows=handover.rows,
            sheets=handover.sheets,
            medium=handover.medium,
            override=override_reason,
        )


def deliver(*, handover: Handover, transport: Transport, by: Handler, now: datetime, occasion: str) -> None:
    """Carry the released package. Can be repeated after a failure: the file is the same, and arrives once."""
    with acting(by=by, act="handover.release", now=now, programme=handover.programme) as record:
        handover.refresh_from_db()
        _only_sender(handover, by)
        if handover.state != State.RELEASED:
            raise WrongState(
                f"受渡し {handover.number} は「{handover.get_state_display()}」です。放出してから送ってください。"
            )
        record(purpose="送達の開始", party=handover.receiver_party, handover=handover.number, occasion=occasion)
    gate.put(handover, transport)  # between two transactions: a slow line holds up nobody else's acts
    with acting(by=by, act="handover.release", now=now, programme=handover.programme) as record:
        Handover.objects.filter(pk=handover.pk, delivered_at__isnull=True).update(delivered_at=now)
        Delivery.objects.get_or_create(
            handover=handover,
            what=Delivery.What.PACKAGE,
            defaults={"occasion": occasion, "at": now, "by": by},
        )
        record(purpose="データの送達", party=handover.receiver_party, handover=handover.number, occasion=occasion)


def notify_password(*, handover: Handover, to: Handler, occasion: str, by: Handler, now: datetime) -> str:
    """Hand the password over on an occasion of its own; returns it for the notice. Logged before it is shown.

    Raises SameOccasion where the occasion is the package's, or less than an hour apart from it. The same person may
    have the same notice made again (a printer that jammed): logged again, one delivery.
    """
    with acting(by=by, act="handover.password", now=now, programme=handover.programme) as record:
        handover.refresh_from_db()
        _only_sender(handover, by)
        if to.organisation_id != handover.receiver_id:
            raise NotPermitted("パスワードは、受け手の組織の取扱者だけに通知できます。")
        _active(to, localdate(now))
        package = handover.deliveries.filter(what=Delivery.What.PACKAGE).first()
        if package is None:
            raise WrongState("データを渡した後に、別の機会にパスワードを通知してください。")
        if package.occasion == occasion or abs(now - package.at) < APART:
            raise SameOccasion(
                "データとパスワード通知書は、別の機会に渡してください（同じ機会・1時間以内の記録はできません）。"
            )
        told = handover.deliveries.filter(what=Delivery.What.PASSWORD).first()
        if told and (told.occasion, told.to_id, told.by_id) != (occasion, to.pk, by.pk):
            raise WrongState(
                f"受渡し {handover.number} のパスワードは、すでに通知しました。別の機会や相手には通知しません。"
            )
        secret = gate.password_of(handover)
        if told is None:
            Delivery.objects.create(
                handover=handover, what=Delivery.What.PASSWORD, occasion=occasion, at=now, by=by, to=to
            )
        record(
            purpose="パスワードの通知",
            party=handover.receiver_party,
            handover=handover.number,
            occasion=occasion,
            to=to.key,
        )
        return secret


def acknowledge(
    *, handover: Handover, rows: int, digest: str, by: Handler, now: datetime, sheets: int | None = None
) -> bool:
    """The receiver's count and digest. True: they match. False: refused, and a discrepancy is open."""
    with acting(by=by, act="handover.acknowledge", now=now, programme=handover.programme) as record:
        handover.refresh_from_db()
        if by.organisation_id != handover.receiver_id:
            raise NotPermitted("受領の確認は、受け手の取扱者だけができます。")
        if handover.state == State.REFUSED:
            raise WrongState(
                f"受渡し {handover.number} は不一致が未解決です。区が不一致を解決するまで、受領できません。"
            )
        if handover.medium == Medium.PAPER and sheets is None:
            raise NotPermitted("紙の受領は、数えた枚数で確認します。枚数を入れてください。")
        counted = handover.sheets if sheets is None else sheets
        matches = counted == handover.sheets
        if handover.medium != Medium.PAPER:  # paper is counted in sheets; a file by its rows and its digest
            matches = matches and (rows, digest) == (handover.rows, handover.digest)
        move(handover, State.ACKNOWLEDGED if matches else State.REFUSED, acknowledged_by=by, acknowledged_at=now)
        if matches:
            met(handover, Obligation.Kind.ACKNOWLEDGE, now)
        else:
            Discrepancy.objects.create(
                handover=handover,
                programme=handover.programme,
                found_at=now,
                found_by=by.key,
                expected=f"件数 {handover.rows}・枚数 {handover.sheets}・ハッシュ値 {handover.digest}",
                found=f"件数 {rows}・枚数 {counted}・ハッシュ値 {digest}",
            )
        _register(handover, "acknowledge" if matches else "refuse", by, now)
        record(
            purpose="受領の確認" if matches else "受領の拒否（不一致）",
            party=handover.receiver_party,
            handover=handover.number,
            rows=rows,
            digest=digest,
            matches=matches,
        )
        return matches


def receive(*, path: Path, password: str = "", by: Handler, now: datetime) -> Handover:
    """Open a package that was sent to this organisation in this instance, and acknowledge what was really in it."""
    opened = gate.open_package(path, password=password, receiver=by.organisation.key)
    handover = Handover.objects.filter(number=opened.manifest.number, receiver=by.organisation).first()
    if handover is None:
        raise NotPermitted("このファイルの受渡し番号は、あなたの組織あてに放出されたものではありません。")
    acknowledge(
        handover=handover,
        rows=opened.manifest.rows,
        digest=hashlib.sha256(opened.data).hexdigest(),
        by=by,
        now=now,
    )
    return handover


def settle(*, discrepancy: Discrepancy, settlement: str, by: Handler, now: datetime, accept: bool = False) -> None:
    """The ward settles a discrepancy with words; ``accept`` takes the refused handover as received after all."""
    with acting(by=by, act="custody.settle", now=now, programme=discrepancy.programme) as record:
        if not settlement.strip():
            raise NotPermitted("解決の内容を書いてください。")
        changed = Discrepancy.objects.filter(pk=discrepancy.pk, settled_at__isnull=True).update(
            settled_at=now, settled_by=by.key, settlement=settlement
        )
        if not changed:
            raise WrongState("この不一致は、すでに解決済みです。")
        handover = discrepancy.handover
        if accept and handover is not None:
            handover.refresh_from_db()
            if handover.state != State.REFUSED:
                raise WrongState(
                    f"受渡し {handover.number} は「{handover.get_state_display()}」のため、受領扱いにできません。"
                )
            move(handover, State.ACKNOWLEDGED)
            met(handover, Obligation.Kind.ACKNOWLEDGE, now)
            _register(handover, "accept", by, now, settlement)
        record(purpose="不一致の解決", discrepancy=discrepancy.pk, settlement_recorded=True, accepted=accept)


def withdraw(*, handover: Handover, by: Handler, now: datetime, reason: str) -> None:
    """Take back what has not left yet; its key and rows are destroyed."""
    with acting(by=by, act="handover.prepare", now=now, programme=handover.programme) as record:
        _only_sender(handover, by)
        move(handover, State.WITHDRAWN)
        record(purpose=reason, handover=handover.number, withdrawn=True)
        gate.destroy(handover, certificate="", now=now)  # last: what is undone must not have lost its key


def transfer(handover: Handover, sign: int) -> list[book.Leg]:
    """Legs of a handover (+1) or of its way back (−1). A copy is owed to the ward; paper moves from hand to hand."""
    persons, sheets = sign * handover.persons, sign * handover.sheets
    return [book.Leg(owed_to(handover), -persons, -sheets), book.Leg(handover.receiver.key, persons, sheets)]


def owed_to(handover: Handover) -> str:
    """The account that gives: paper leaves its sender; a copy is owed to the ward, also in a contractor's own books."""
    ward = Organisation.Type.WARD
    if handover.medium == Medium.PAPER or handover.sender.type == ward:
        return handover.sender.key
    wards = list(Organisation.objects.filter(type=ward).order_by("pk").values_list("key", flat=True))
    if settings.AZUKARI_HOME in wards:
        return str(settings.AZUKARI_HOME)
    return wards[0] if wards else handover.sender.key


def _only_sender(handover: Handover, by: Handler) -> None:
    if by.organisation_id != handover.sender_id:
        raise NotPermitted("この受渡しは、渡す側の組織の人だけが扱えます。")


def _active(handler: Handler, on: date) -> None:
    if handler.reported_on > on or (handler.removed_on and on >= handler.removed_on):
        raise NotPermitted(f"取扱者 {handler.key} は、この日には取扱者として報告されていません。")


def _fit_to_receive(handover: Handover, on: date) -> None:
    gate.require_party(handover.receiver, handover.programme, handover.receiver_party, on)
    reported = handover.receiver.handlers.filter(reported_on__lte=on, role__in=["responsible", "officer"])
    if not reported.filter(Q(removed_on__isnull=True) | Q(removed_on__gt=on)).exists():
        raise NotPermitted(
            f"{handover.receiver.name}の取扱責任者が報告されていません。報告を受けてから放出してください。"
        )


def _register(handover: Handover, act: str, by: Handler, now: datetime, remark: str = "") -> RegisterEntry:
    return book.enter(
        at=now,
        act=act,
        handover=handover,
        giver=handover.sender.key,
        taker=handover.receiver.key,
        taker_handler=by.key,
        legs=[],
        remark=remark,
    )
