"""The gate: the only way to read for a party, to send to it, or to accept from it. Laws 1, 3, 4, 6 and 8 live here.

Only this module may use ``custody.package`` and ``custody.keys`` (import-linter keeps it so). Every function decides by
the approved dossier in force that day, refuses whole (nothing half done), and leaves its log entry in the caller's
transaction before anything is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils.timezone import localdate

from azukari.dossier.approval import InForce, in_force
from azukari.dossier.permit import Decision
from azukari.dossier.schema import Condition, Direction, Medium, Role
from azukari.parties.acting import NotPermitted, Record
from azukari.parties.models import Appointment, Handler, Organisation
from azukari.people import bulk
from azukari.people.models import Resident
from azukari.people.protection import releases_in_force
from azukari.witness.checkpoint import checkpoint as sign_checkpoint

from . import csvfile, package
from .keys import (
    KeyFolderTooOpen,
    KeyGone,
    KeyKind,
    KeyMissing,
    KeyStore,
    LedgerDamaged,
    RowsUnreadable,
    open_rows,
    seal_rows,
)
from .manifest import DATA_FILE, Kind, Manifest, make_manifest
from .models import READABLE, HandedPerson, Handover, Holding
from .transport import Receipt, Transport

CONTROL_COLUMNS = {"row": "連番", "sheet_code": "帳票番号"}
"""Columns that say nothing about a person; every other column names its item."""

PART = 4 * 1024 * 1024
"""Bytes of one sealed part at rest."""

KEY_REFUSALS = (KeyGone, KeyMissing, KeyFolderTooOpen, LedgerDamaged, RowsUnreadable)
"""What the key store refuses with; callers of the gate may have to tell it."""

OpenCases = Callable[[Organisation], Iterable[str]]
_open_cases: dict[tuple[str, Condition], OpenCases] = {}


@dataclass(frozen=True)
class Column:
    """One column of a handover: ``key`` in the frame, header in the file, item (None: control column)."""

    key: str
    header: str
    item: str | None


@dataclass(frozen=True)
class Grant:
    """What a permission rests on."""

    in_force: InForce
    party: str
    clause: str
    rulings: tuple[str, ...]
    conditions: frozenset[Condition]


def open_cases_of(programme: str, condition: Condition, source: OpenCases) -> None:
    """A programme tells here which persons have an open inquiry or case with an organisation."""
    _open_cases[programme, condition] = source


def controller(in_force_now: InForce) -> str:
    return next(p.key for p in in_force_now.dossier.parties if p.role == Role.CONTROLLER)


def parties_of(organisation: Organisation, programme: str, on: date) -> tuple[str, ...]:
    """The dossier's parties that this organisation is on this day; the ward is the controller."""
    if organisation.type == Organisation.Type.WARD:
        return (controller(in_force(programme, on)),)
    appointed = Appointment.objects.filter(organisation=organisation, programme=programme, valid_from__lte=on)
    appointed = appointed.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=on))
    return tuple(appointed.order_by("party").values_list("party", flat=True))


def require_party(organisation: Organisation, programme: str, party: str, on: date) -> None:
    """Refuse unless this organisation is that party of the programme on this day."""
    if party not in parties_of(organisation, programme, on):
        raise NotPermitted(
            f"{organisation.name}は、事業「{programme}」の「{party}」として選定されていません（{on}）。"
            "付議書に挙げられた相手か、選定の記録と期間を確かめてください。"
        )


def require_items(*, programme: str, party: str, items: Iterable[str], direction: Direction, on: date) -> Grant:
    """Law 1: every item is listed for this party in this direction by a clause in force, or nothing is done."""
    now_in_force = in_force(programme, on)
    decisions = [now_in_force.decide(party, item, direction, on) for item in dict.fromkeys(items)]
    if not decisions or not all(d.allowed for d in decisions):
        raise NotPermitted.because(decisions) if decisions else NotPermitted("情報項目が一つも指定されていません。")
    return _grant(now_in_force, decisions)


def _grant(now_in_force: InForce, decisions: Sequence[Decision]) -> Grant:
    return Grant(
        in_force=now_in_force,
        party=decisions[0].party,
        clause="、".join(dict.fromkeys(d.clause for d in decisions if d.clause)),
        rulings=tuple(dict.fromkeys(d.ruling for d in decisions if d.ruling)),
        conditions=frozenset(d.condition for d in decisions if d.condition),
    )


def is_controller(grant: Grant) -> bool:
    return grant.party == controller(grant.in_force)


def needed_items(in_force_now: InForce, party: str) -> frozenset[str]:
    """Items that the party works with: handled, in a work line's list, recorded, or let through by a ruling.

    What a clause lets the party be provided beyond these goes only where an officer says why (data minimisation).
    """
    clauses = [c for c in in_force_now.dossier.clauses if party in c.parties]
    listed = {item for c in clauses for part in (c.handled, c.collected, c.recorded, c.view) for item in part}
    worked = {item for c in clauses for work in c.works for item in work.items or ()}
    ruled = {item for r in in_force_now.rulings for g in r.grants if g.party == party for item in g.items}
    return frozenset(listed | worked | ruled)


def decide(*, programme: str, party: str, item: str, direction: Direction | str, on: date) -> Decision:
    return in_force(programme, on).decide(party, item, direction, on)


def held_references(organisation: Organisation, programme: str) -> QuerySet[HandedPerson, str]:
    """References of the persons this organisation holds under an open, acknowledged handover (law 3)."""
    return HandedPerson.objects.filter(
        handover__receiver=organisation, handover__programme=programme, handover__state__in=READABLE
    ).values_list("reference", flat=True)


def _within_reach(organisation: Organisation, programme: str, grant: Grant) -> set[str] | None:
    """References a party may reach; None for the ward, which reaches its own records."""
    if organisation.type == Organisation.Type.WARD:
        return None
    return _with_open_cases(organisation, programme, grant, set(held_references(organisation, programme)))


def read(
    *,
    record: Record,
    by: Handler,
    records: QuerySet[Model],
    fields: Sequence[str],
    purpose: str,
    direction: Direction = Direction.PROVIDED,
    party: str = "",
) -> list[tuple[object, ...]]:
    """Fields of records for a handler's eyes: ``fields`` of a model whose ``items`` names each field's item.

    The model has a ``reference`` field (pseudonymous subject reference, hex). A contractor gets only the persons it
    holds; others in ``records`` are not there for it. The log entry is written before the rows are returned.
    """
    on = localdate(record.now)
    names: dict[str, str | tuple[str, ...]] = getattr(records.model, "items")  # noqa: B009 - every model of people has it (law 2)
    items = [item for field in fields for item in _items_of(names[field])]
    programme = record.programme
    own = parties_of(by.organisation, programme, on)
    party = party or (own[0] if own else by.organisation.key)
    require_party(by.organisation, programme, party, on)
    grant = require_items(programme=programme, party=party, items=items, direction=direction, on=on)
    if by.organisation.type != Organisation.Type.WARD:
        held = held_references(by.organisation, programme)
        records = records.filter(reference__in=held)
    rows = list(records.values_list("reference", *fields))
    if grant.conditions:
        reach = _within_reach(by.organisation, programme, grant) or set()
        rows = [row for row in rows if row[0] in reach]
    record(
        purpose=purpose,
        party=grant.party,
        clause=grant.clause,
        ruling="、".join(grant.rulings),
        items=items,
        subjects=[bytes.fromhex(row[0]) for row in rows],
    )
    return [row[1:] for row in rows]


def _items_of(stated: str | tuple[str, ...]) -> tuple[str, ...]:
    return (stated,) if isinstance(stated, str) else stated


@dataclass(frozen=True)
class Content:
    """What a handover carries, fixed at preparation: the file's bytes and what they say."""

    data: bytes
    digest: str
    rows: int
    references: tuple[str, ...]
    columns: tuple[Column, ...]
    encoding: str
    grant: Grant
    replacements: int


def content_for(
    *,
    programme: str,
    sender: Organisation,
    receiver: Organisation,
    party: str,
    columns: Sequence[Column],
    frame: pl.DataFrame,
    direction: Direction,
    on: date,
    encoding: str,
) -> Content:
    """Check everything law 1 and law 3 ask about a sending and fix its bytes. ``frame`` has ``reference`` + columns.

    Raises NotPermitted: unlisted item, party not appointed, sub-processor not under the sender, person not held by the
    sender, protected person in the list.
    """
    for column in columns:
        if column.item is None and CONTROL_COLUMNS.get(column.key) != column.header:
            raise NotPermitted(f"列「{column.header}」に情報項目の指定がありません。項目のない列は渡せません。")
    if sender.pk == receiver.pk:
        raise NotPermitted("渡す側と受け手が同じ組織です。受け手を確かめてください。")
    require_party(receiver, programme, party, on)
    items = [c.item for c in columns if c.item is not None]
    grant = require_items(programme=programme, party=party, items=items, direction=direction, on=on)
    require_chain(sender, party, programme, grant, on)
    references = tuple(frame["reference"].to_list())
    require_people(programme=programme, sender=sender, receiver=receiver, grant=grant, references=references, on=on)
    written = csvfile.write_csv(frame, {c.key: c.header for c in columns}, encoding)
    return Content(
        data=written.data,
        digest=hashlib.sha256(written.data).hexdigest(),
        rows=frame.height,
        references=references,
        columns=tuple(columns),
        encoding=encoding,
        grant=grant,
        replacements=len(written.replacements),
    )


def require_people(
    *,
    programme: str,
    sender: Organisation,
    receiver: Organisation,
    grant: Grant,
    references: Iterable[str],
    on: date,
) -> None:
    """Law 3 about a sending: only persons the sender holds, whom the clause covers, and no protected person."""
    people = set(references)
    if sender.type != Organisation.Type.WARD:
        strange = people - set(held_references(sender, programme))
        if strange:
            raise NotPermitted(
                f"預かっていない人が{len(strange)}人含まれています。受け取った受渡しの範囲の人だけを渡せます。"
            )
    closed = people - _with_open_cases(receiver, programme, grant, people)
    if closed:
        raise NotPermitted(
            f"問合せ等が開いていない人が{len(closed)}人含まれています。{grant.clause}により、"
            f"{receiver.name}に渡せるのは、問合せ等が開いている人だけです。"
        )
    withheld = protected_references(programme, on) & people
    if withheld:
        raise NotPermitted(
            f"支援措置の対象者が{len(withheld)}人含まれているため、渡せません。対象者を除くか、"
            "担当職員が一人ずつ理由を付けて例外を記録し、別の職員の承認を得てください。"
        )


def _with_open_cases(organisation: Organisation, programme: str, grant: Grant, people: set[str]) -> set[str]:
    """Those of ``people`` who have, with this organisation, every open inquiry or case that the grant asks for."""
    for condition in grant.conditions:
        source = _open_cases.get((programme, condition))
        people = people & set(source(organisation) if source else ())
    return people


def protected_references(programme: str, on: date) -> set[str]:
    """References of protected persons (支援措置) whom nobody has released for this programme."""
    released = releases_in_force(programme, on).values("resident_id")
    return set(Resident.objects.filter(protected=True).exclude(pk__in=released).values_list("reference", flat=True))


def require_chain(sender: Organisation, party: str, programme: str, grant: Grant, on: date) -> None:
    """Who may hand to whom: the ward to anybody the paper names; a processor to its sub-processor or the ward."""
    stated = next(p for p in grant.in_force.dossier.parties if p.key == grant.party)
    own = parties_of(sender, programme, on)
    if sender.type == Organisation.Type.WARD or stated.role == Role.CONTROLLER:
        return
    if not set(own) & set(stated.of):
        raise NotPermitted(
            f"{sender.name}から「{stated.name}」へ渡すことは、付議書で認められていません。"
            "再委託として承認された相手かどうかを確かめてください。"
        )


def key_store() -> KeyStore:
    return KeyStore(Path(settings.AZUKARI_KEYS))


def keep(handover: Handover, content: Content) -> None:
    """Keep the handover's rows sealed with its own key, and who is in it. Of paper only who: it is the copy."""
    if handover.medium == Medium.PAPER:
        _keep_people(handover, content.references)
    else:
        keep_bytes(handover, content.data, content.references)


def keep_bytes(handover: Handover, data: bytes, references: Iterable[str]) -> None:
    """As :func:`keep`, for a file that came in from another instance."""
    key = key_store().renew(handover.number)
    parts = range(0, max(len(data), 1), PART)
    Holding.objects.bulk_create(
        Holding(handover=handover, part=n, sealed=seal_rows(key, handover.number, data[start : start + PART], part=n))
        for n, start in enumerate(parts)
    )
    _keep_people(handover, references)


def _keep_people(handover: Handover, references: Iterable[str]) -> None:
    people = pl.DataFrame({"reference": sorted(set(references))}, schema={"reference": pl.String})
    bulk.insert(HandedPerson, people.select(pl.lit(handover.pk).alias("handover"), "reference"))


def kept_bytes(handover: Handover) -> bytes:
    """The handed file's bytes, opened with the handover's key. Raises keys.KeyGone after erasure."""
    key = key_store().get(handover.number)
    parts = handover.holdings.order_by("part").values_list("part", "sealed")
    data = b"".join(open_rows(key, handover.number, bytes(sealed), part=part) for part, sealed in parts)
    if hashlib.sha256(data).hexdigest() != handover.digest:
        raise NotPermitted(
            f"受渡し {handover.number} の保管データが記録と一致しません。情報保護担当に連絡してください。"
        )
    return data


def read_held(*, record: Record, by: Handler, handover: Handover, items: Sequence[str], purpose: str) -> pl.DataFrame:
    """What a receiver works on in this system: the listed columns of a handover it acknowledged and still holds."""
    on = localdate(record.now)
    handover.refresh_from_db()
    if by.organisation_id != handover.receiver_id:
        raise NotPermitted("この受渡しは見つかりません。")
    if handover.state not in READABLE:
        raise NotPermitted(f"受渡し {handover.number} は「{handover.get_state_display()}」のため、読めません。")
    require_party(by.organisation, handover.programme, handover.receiver_party, on)
    beyond = set(items) - set(handover.items)
    if beyond:
        raise NotPermitted("この受渡しに含まれない情報項目が指定されています。受渡しの内容を確かめてください。")
    grant = require_items(
        programme=handover.programme,
        party=handover.receiver_party,
        items=items,
        direction=Direction(handover.direction),
        on=on,
    )
    references = set(handover.people.values_list("reference", flat=True))
    if references - _with_open_cases(by.organisation, handover.programme, grant, references):
        raise NotPermitted(
            f"受渡し {handover.number} には、問合せ等が終わった人が含まれています。"
            f"{grant.clause}により、読めるのは問合せ等が開いている間だけです。"
        )
    frame = _table(kept_bytes(handover), handover)
    wanted = [c["key"] for c in handover.columns if c["item"] is None or c["item"] in set(items)]
    record(
        purpose=purpose,
        party=handover.receiver_party,
        clause=grant.clause,
        ruling="、".join(grant.rulings),
        items=sorted(items),
        subjects=[bytes.fromhex(r) for r in sorted(references)],
        handover=handover.number,
    )
    return frame.select(wanted)


def _table(data: bytes, handover: Handover) -> pl.DataFrame:
    names = {c["header"]: c["key"] for c in handover.columns}
    frame = csvfile.read_csv(data, list(names), handover.rows, encoding=handover.encoding, escape=handover.escape)
    return frame.rename(names)


def accept(
    *, record: Record, by: Handler, party: str, items: Sequence[str], references: Sequence[str], purpose: str
) -> Grant:
    """What a party enters or sends in: each item collected or handled by it, each person in its keeping."""
    on = localdate(record.now)
    require_party(by.organisation, record.programme, party, on)
    now_in_force = in_force(record.programme, on)
    decisions = []
    for item in items:
        collected = now_in_force.decide(party, item, Direction.COLLECTED, on)
        decisions.append(collected if collected.allowed else now_in_force.decide(party, item, Direction.HANDLED, on))
    if not all(d.allowed for d in decisions):
        raise NotPermitted.because(decisions)
    grant = _grant(now_in_force, decisions)
    reach = _within_reach(by.organisation, record.programme, grant)
    if reach is not None and set(references) - reach:
        raise NotPermitted("預かっていない人のデータは入力・提出できません。受渡しの範囲を確かめてください。")
    record(
        purpose=purpose,
        party=party,
        clause=grant.clause,
        ruling="、".join(grant.rulings),
        items=sorted(items),
        subjects=[bytes.fromhex(r) for r in references],
    )
    return grant


# --- packages: files that leave and come -----------------------------------------------------------------------------


def checkpoint() -> str:
    """A fresh signed checkpoint of the access log. Not inside a transaction: only what is committed is promised."""
    return sign_checkpoint()


def manifest_of(handover: Handover, *, checkpoint_text: str, now: datetime) -> Manifest:
    data_size = len(kept_bytes(handover))
    return make_manifest(
        kind=Kind.HANDOVER,
        number=handover.number,
        programme=handover.programme,
        dossier={"version": handover.dossier_version, "hash": handover.dossier_hash},
        step=handover.step,
        clause=handover.clause,
        direction=handover.direction,
        rulings=handover.rulings,
        items=handover.items,
        columns=[{"name": c["header"], "item": c["item"]} for c in handover.columns],
        rows=handover.rows,
        persons=handover.persons,
        sheets=handover.sheets,
        medium=handover.medium,
        purpose=handover.purpose,
        encoding=handover.encoding,
        escape=csvfile.APOSTROPHE,
        data_file=DATA_FILE,
        data_sha256=handover.digest,
        data_size=data_size,
        sender={"key": handover.sender.key, "name": handover.sender.name},
        receiver={"key": handover.receiver.key, "name": handover.receiver.name},
        created_at=now,
        checkpoint=checkpoint_text,
    )


def write_package(handover: Handover, *, sealing: str, checkpoint_text: str, now: datetime) -> package.Built:
    """Write the sealed package into the outbox. A package of an interrupted attempt is written anew."""
    store = key_store()
    outbox = Path(settings.AZUKARI_OUTBOX)
    outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    if sealing == "age":
        if not handover.receiver.age_recipient:
            raise NotPermitted(
                f"{handover.receiver.name}の age 公開鍵が登録されていません。登録するか、ZIP で封をしてください。"
            )
        how: package.Sealing = package.AgeSealing(handover.receiver.age_recipient)
    else:
        store.drop_password(handover.number)
        password = package.new_password()
        store.put(handover.number, password.encode(), KeyKind.PASSWORD)
        how = package.ZipSealing(password)
    (outbox / package.file_name(handover.number, how)).unlink(missing_ok=True)
    for draft in outbox.glob(f".{handover.number}.*.part"):  # the crash came while it was being written
        draft.unlink(missing_ok=True)
    return package.build(
        outbox,
        manifest_of(handover, checkpoint_text=checkpoint_text, now=now),
        kept_bytes(handover),
        how,
        signing_key=store.organisation(handover.sender.key).signing_key,
    )


def password_of(handover: Handover) -> str:
    return key_store().get(handover.number, KeyKind.PASSWORD).decode()


def put(handover: Handover, transport: Transport) -> Receipt:
    """Carry a released package over a transport; what arrived must be what was sealed."""
    receipt = transport.put(Path(settings.AZUKARI_OUTBOX) / handover.package_name)
    if receipt.sha256 != handover.package_sha256:
        raise NotPermitted(
            f"送ったファイル {handover.package_name} が、封をしたときのものと異なります。送達を記録していません。"
        )
    return receipt


def write_reply(
    handover: Handover,
    *,
    kind: Kind,
    number: str,
    facts: Mapping[str, str | bool | int],
    checkpoint_text: str,
    folder: Path,
    now: datetime,
) -> package.Built:
    """A signed reply to a handover that came from another instance, sealed to its sender's age key."""
    if not handover.sender.age_recipient:
        raise NotPermitted(f"{handover.sender.name}の age 公開鍵が登録されていません。登録してから返信してください。")
    manifest = make_manifest(
        kind=kind,
        number=number,
        in_reply_to=handover.number,
        programme=handover.programme,
        dossier={"version": handover.dossier_version, "hash": handover.dossier_hash},
        step=handover.step,
        clause=handover.clause,
        rows=handover.rows,
        persons=handover.persons,
        sheets=handover.sheets,
        medium=handover.medium,
        purpose=handover.purpose,
        sender={"key": handover.receiver.key, "name": handover.receiver.name},
        receiver={"key": handover.sender.key, "name": handover.sender.name},
        created_at=now,
        checkpoint=checkpoint_text,
        facts=dict(facts),
    )
    folder.mkdir(parents=True, exist_ok=True)
    return package.build(
        folder,
        manifest,
        None,
        package.AgeSealing(handover.sender.age_recipient),
        signing_key=key_store().organisation(handover.receiver.key).signing_key,
    )


def open_package(
    path: Path,
    *,
    receiver: str,
    password: str = "",
    sender: str | None = None,
    sender_key: Ed25519PublicKey | None = None,
) -> package.Opened:
    """Open and fully check a package that came for ``receiver``: by password, or with the receiver's own age key."""
    store = key_store()
    secret: package.Secret = (
        package.Password(password) if password else package.AgeSecret(store.organisation(receiver).age_secret)
    )
    return package.open_package(path, secret, expect_receiver=receiver, expect_sender=sender, sender_key=sender_key)


def destroy(handover: Handover, *, certificate: str, now: datetime) -> None:
    """Destroy the key, the rows, and who was in them (law 7). The erasure ledger is kept apart from the database."""
    key_store().destroy(handover.number, at=now, certificate=certificate)
    handover.holdings.all().delete()
    HandedPerson.objects.filter(handover=handover).delete()
    if handover.package_name:
        (Path(settings.AZUKARI_OUTBOX) / handover.package_name).unlink(missing_ok=True)


def forget_people(handover: Handover) -> None:
    """What came back to the ward is its own: no list of whom it was about is kept."""
    HandedPerson.objects.filter(handover=handover).delete()


def erased_numbers() -> tuple[str, ...]:
    """Numbers of all handovers that were ever erased here, also those a restored backup brought back."""
    store = key_store()
    store.destroy_again()
    return tuple(erasure.number for erasure in store.erased())
