"""Two instances: the ward's azukari and a contractor's, each with its own books, joined by signed files alone.

What comes in is a package of the other side; what goes back is a reply (acknowledgement, return, certificate) sealed
to the other side's age key and signed. Neither trusts the other's database:
``statement.compare`` lays the books side by side.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from azukari.dossier.approval import in_force
from azukari.dossier.schema import Direction
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.vocabulary.fiscal import fiscal_year
from azukari.vocabulary.refusal import Refusal
from azukari.witness.keys import subject_key
from azukari.witness.leaf import subject_reference

from . import book, gate
from .erasure import BEYOND_REACH
from .handovers import State, WrongState, move, new_number, transfer
from .manifest import Kind, Manifest
from .models import Certificate, Discrepancy, Handover, Obligation, Reply
from .obligations import met


class AlreadyReceived(Refusal, RuntimeError):
    """This file was taken in before; nothing has been changed."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} は、すでに受け取っています。二重には記録しません。")


class NotKnown(NotPermitted):
    """The other organisation, or its signing key, is not registered here."""


def receive(*, path: Path, password: str = "", by: Handler, now: datetime) -> Handover:
    """Take in a package made by another instance: signature, own approved dossier, listed items only.

    Raises NotKnown, NotPermitted, AlreadyReceived, ``package_errors``; then nothing has been stored.
    """
    with acting(by=by, act="handover.acknowledge", now=now) as record:
        home = by.organisation
        sender = _sender_of(path, password, home)
        opened = gate.open_package(
            path, password=password, receiver=home.key, sender=sender.key, sender_key=_verify_key(sender)
        )
        manifest = opened.manifest
        if manifest.kind != Kind.HANDOVER:
            raise NotPermitted("これは受渡しのファイルではありません。返信は custody take-reply で取り込んでください。")
        known = Handover.objects.filter(number=manifest.number).first()
        if known is not None and (known.sender_id, known.receiver_id) != (sender.pk, home.pk):
            raise NotPermitted(
                f"受渡し番号 {manifest.number} は、こちらの別の受渡しの番号です。"
                "二つの組織の番号の頭文字（AZUKARI_PREFIX）が同じでないか確かめてください。"
            )
        if known is not None:
            raise AlreadyReceived(manifest.number)
        handover = _store(manifest, opened.data, sender, by, now)
        for name, document in opened.documents.items():
            gate.keep_document(handover, title=name, kind=name.rpartition(".")[2], data=document)
        record.programme = manifest.programme
        record(
            purpose=manifest.purpose,
            party=handover.receiver_party,
            clause=manifest.clause,
            ruling="、".join(manifest.rulings),
            items=manifest.items,
            subjects=_own_references(manifest),
            handover=manifest.number,
        )
        return handover


def _sender_of(path: Path, password: str, home: Organisation) -> Organisation:
    stated = gate.open_package(path, password=password, receiver=home.key).manifest.sender
    sender = Organisation.objects.filter(key=stated.key).first()
    if sender is None or not sender.signing_key:
        raise NotKnown(
            f"送り手「{stated.name}」又はその署名検証鍵が登録されていません。鍵を別の経路で受け取り、登録してください。"
        )
    return sender


def _verify_key(organisation: Organisation) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(organisation.signing_key))


def _own_references(manifest: Manifest) -> list[bytes]:
    """The other side's references stay there; here each row of the package is one person."""
    key = subject_key()
    return [subject_reference(key, f"{manifest.number}/{row}") for row in range(1, manifest.rows + 1)]


def _store(manifest: Manifest, data: bytes, sender: Organisation, by: Handler, now: datetime) -> Handover:
    on = localdate(now)
    own = in_force(manifest.programme, on)
    if own.canonical_hash != manifest.dossier.hash:
        raise NotPermitted(
            "送り手の付議書と、こちらで承認を記録した付議書が異なります。同じ版の付議書を登録してから受け取ってください。"
        )
    strays = [c for c in manifest.columns if c.item is None and c.name not in gate.CONTROL_COLUMNS.values()]
    if strays:
        raise NotPermitted(
            f"情報項目の指定がない列が{len(strays)}列あります。付議書にない項目のおそれがあるため受け取れません。"
            "送り手に、列ごとに情報項目を指定して作り直すよう依頼してください。"
        )
    direction = _direction(manifest)
    grant = _grant(manifest, by.organisation, direction, on)
    gate.require_chain(sender, grant.party, manifest.programme, grant, on)
    handover = Handover.objects.create(
        number=manifest.number,
        programme=manifest.programme,
        fiscal_year=fiscal_year(on),
        dossier_version=manifest.dossier.version,
        dossier_hash=manifest.dossier.hash,
        step=manifest.step,
        clause=grant.clause,
        rulings=list(manifest.rulings),
        direction=direction.value,
        items=list(manifest.items),
        columns=[{"key": f"c{n}", "header": c.name, "item": c.item} for n, c in enumerate(manifest.columns)],
        item_group=book.item_group(manifest.items),
        medium=manifest.medium.value,
        purpose=manifest.purpose,
        sender=sender,
        receiver=by.organisation,
        receiver_party=grant.party,
        persons=manifest.persons,
        rows=manifest.rows,
        sheets=manifest.sheets,
        encoding=manifest.encoding or "utf-8-sig",
        escape=manifest.escape,
        digest=hashlib.sha256(data).hexdigest(),
        state=State.ACKNOWLEDGED,
        prepared_by=by,
        prepared_at=manifest.created_at,
        acknowledged_by=by,
        acknowledged_at=now,
    )
    gate.keep_bytes(handover, data, [r.hex() for r in _own_references(manifest)])
    book.enter(
        at=now,
        act="receive",
        handover=handover,
        giver=sender.key,
        taker=by.organisation.key,
        taker_handler=by.key,
        legs=transfer(handover, +1),
    )
    return handover


def _direction(manifest: Manifest) -> Direction:
    try:
        return Direction(manifest.direction or Direction.PROVIDED)
    except ValueError:
        raise NotPermitted(
            "送付票の取扱いの区分が、付議書の区分（提供・収集・処理など）のどれでもありません。"
            "送り手に送付票の作り直しを依頼してください。"
        ) from None


def _grant(manifest: Manifest, organisation: Organisation, direction: Direction, on: date) -> gate.Grant:
    """What lets this organisation take the package, in whichever of its parts in the programme; else the refusal."""
    refusal = NotPermitted(f"{organisation.name}は、事業「{manifest.programme}」の相手として記録されていません。")
    for party in gate.parties_of(organisation, manifest.programme, on):
        try:
            return gate.require_items(
                programme=manifest.programme, party=party, items=manifest.items, direction=direction, on=on
            )
        except NotPermitted as refused:
            refusal = refused
    raise refusal


# --- replies ---------------------------------------------------------------------------------------------------------


def write_reply(*, handover: Handover, kind: Kind, folder: Path, by: Handler, now: datetime) -> Path:
    """The file that tells the sender's instance: acknowledged, returned, or erased with certificate."""
    checkpoint = gate.checkpoint()
    with acting(by=by, act="handover.acknowledge", now=now, programme=handover.programme) as record:
        if by.organisation_id != handover.receiver_id:
            raise NotPermitted("返信は、受け手の組織の人だけが作れます。")
        built = gate.write_reply(
            handover,
            kind=kind,
            number=new_number(handover.fiscal_year),
            facts=_facts(handover, kind),
            checkpoint_text=checkpoint,
            folder=folder,
            now=now,
        )
        Reply.objects.create(
            number=built.path.name.split(".")[0],
            sender=by.organisation,
            handover=handover,
            kind=kind.value,
            sha256=built.sha256,
            outgoing=True,
            at=now,
            by=by,
        )
        record(purpose="返信の作成", party=handover.sender.key, handover=handover.number, kind=kind.value)
        return built.path


def _facts(handover: Handover, kind: Kind) -> dict[str, str | bool | int]:
    facts: dict[str, str | bool | int] = {
        "persons": handover.persons,
        "rows": handover.rows,
        "sheets": handover.sheets,
        "digest": handover.digest,
    }
    if kind == Kind.CERTIFICATE:
        certificate = Certificate.objects.get(handover=handover)
        facts |= {
            "certificate": certificate.number,
            "method": certificate.method,
            "beyond_reach": certificate.beyond_reach,
            "erased_at": certificate.erased_at.isoformat(timespec="seconds"),
        }
    return facts


def take_reply(*, path: Path, by: Handler, now: datetime) -> Reply:
    """Take the other side's reply into these books. A replay is refused (AlreadyReceived)."""
    with acting(by=by, act="handover.acknowledge", now=now) as record:
        home = by.organisation
        sender = _sender_of(path, "", home)
        opened = gate.open_package(path, receiver=home.key, sender=sender.key, sender_key=_verify_key(sender))
        manifest = opened.manifest
        handover = Handover.objects.filter(number=manifest.in_reply_to, sender=home, receiver=sender).first()
        if handover is None:
            raise NotPermitted("この返信が指す受渡し番号は、こちらの帳簿にありません。")
        try:
            with transaction.atomic():
                reply = Reply.objects.create(
                    number=manifest.number,
                    sender=sender,
                    handover=handover,
                    kind=manifest.kind.value,
                    sha256=opened.sha256,
                    at=now,
                    by=by,
                )
        except IntegrityError:
            raise AlreadyReceived(manifest.number) from None
        record.programme = handover.programme
        take = _TAKERS.get(manifest.kind)
        if take is None:
            raise NotPermitted("これは返信（受領確認・返却・消去証明）のファイルではありません。")
        gone = take(handover, manifest, by, now)
        record(purpose="返信の取込み", party=sender.key, handover=handover.number, kind=manifest.kind.value)
        if gone:  # last: what is undone must not have lost its key
            gate.destroy(handover, certificate=str(manifest.facts.get("certificate", "")), now=now)
        return reply


def _agrees(handover: Handover, facts: Mapping[str, str | bool | int]) -> bool:
    return (facts.get("rows"), facts.get("sheets"), facts.get("digest")) == (
        handover.rows,
        handover.sheets,
        handover.digest,
    )


def _take_acknowledgement(handover: Handover, manifest: Manifest, by: Handler, now: datetime) -> bool:
    """Takers return whether the handover's key and rows are now to be destroyed."""
    agrees = _agrees(handover, manifest.facts)
    if handover.state == State.REFUSED:
        raise WrongState(f"受渡し {handover.number} は不一致が未解決です。不一致を解決してから取り込んでください。")
    move(handover, State.ACKNOWLEDGED if agrees else State.REFUSED, acknowledged_by=by, acknowledged_at=now)
    if agrees:
        met(handover, Obligation.Kind.ACKNOWLEDGE, now)
    else:
        _disagree(handover, manifest, by, now)
    _line(handover, "acknowledge" if agrees else "refuse", by, now, [])
    return False


def _take_return(handover: Handover, manifest: Manifest, by: Handler, now: datetime) -> bool:
    if not _agrees(handover, manifest.facts):
        _disagree(handover, manifest, by, now)
        return False
    move(handover, State.RETURNED)
    _line(handover, "return", by, now, transfer(handover, -1))
    met(handover, Obligation.Kind.CLEAR, now)
    return True


def _take_certificate(handover: Handover, manifest: Manifest, by: Handler, now: datetime) -> bool:
    facts = manifest.facts
    if not _agrees(handover, facts):
        _disagree(handover, manifest, by, now)
        return False
    erased_at = _erased_at(facts)
    if Certificate.objects.filter(handover=handover).exists():
        raise WrongState(f"受渡し {handover.number} の証明書は、すでに受け取っています。")
    gone = handover.state in {State.ACKNOWLEDGED, State.REFUSED}
    if gone:
        move(handover, State.ERASED)
        _line(handover, "erase", by, now, transfer(handover, -1))
        met(handover, Obligation.Kind.CLEAR, now)
    elif handover.state not in {State.RETURNED, State.ERASED}:
        raise WrongState(
            f"受渡し {handover.number} は「{handover.get_state_display()}」です。"
            "消去証明の前に、受領確認の返信を取り込んでください。"
        )
    Certificate.objects.create(
        number=str(facts.get("certificate") or f"{handover.number}-C"),
        handover=handover,
        persons=handover.persons,
        rows=handover.rows,
        sheets=handover.sheets,
        digest=handover.digest,
        package_sha256=handover.package_sha256,
        method=str(facts.get("method", "")),
        beyond_reach=str(facts.get("beyond_reach") or BEYOND_REACH),
        erased_at=erased_at,
        issued_at=manifest.created_at,
        issued_by=by,
        checkpoint=manifest.checkpoint,
    )
    return gone


def _erased_at(facts: Mapping[str, str | bool | int]) -> datetime:
    try:
        stated = datetime.fromisoformat(str(facts.get("erased_at")))
    except ValueError:
        stated = None
    if stated is None or stated.tzinfo is None:
        raise NotPermitted("証明書に消去日時がありません。相手方に証明書の作り直しを依頼してください。")
    return stated


_TAKERS = {
    Kind.ACKNOWLEDGEMENT: _take_acknowledgement,
    Kind.RETURN: _take_return,
    Kind.CERTIFICATE: _take_certificate,
}


def _line(handover: Handover, act: str, by: Handler, now: datetime, legs: list[book.Leg]) -> None:
    book.enter(
        at=now,
        act=act,
        handover=handover,
        giver=handover.sender.key,
        taker=handover.receiver.key,
        giver_handler=by.key,
        legs=legs,
        remark="相手方からの返信による",
    )


def _disagree(handover: Handover, manifest: Manifest, by: Handler, now: datetime) -> None:
    told = json.dumps({k: manifest.facts.get(k) for k in ("rows", "sheets", "digest")}, ensure_ascii=False)
    Discrepancy.objects.create(
        handover=handover,
        programme=handover.programme,
        found_at=now,
        found_by=by.key,
        expected=f"件数 {handover.rows}・枚数 {handover.sheets}・ハッシュ値 {handover.digest}",
        found=told,
    )
