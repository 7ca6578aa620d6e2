"""Files that leave and come: packages and replies, sealed, signed, opened warily."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from azukari.parties.acting import NotPermitted
from azukari.witness.checkpoint import checkpoint as sign_checkpoint

from .. import csvfile, package
from ..keys import (
    KeyKind,
)
from ..manifest import DATA_FILE, Kind, Manifest, make_manifest
from ..models import Handover
from ..transport import Receipt, Transport
from .contents import kept_bytes, kept_documents, key_store


def checkpoint() -> str:
    """A fresh signed checkpoint of the access log. Not inside a transaction: only what is committed is promised."""
    return sign_checkpoint()


def manifest_of(handover: Handover, *, data_size: int, checkpoint_text: str, now: datetime) -> Manifest:
    """The manifest of a handover whose file has ``data_size`` bytes, and of its reports."""
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
        documents=[
            {"name": one.name, "sha256": one.sha256, "size": one.size} for one in handover.attachments.order_by("name")
        ],
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
    data = kept_bytes(handover)
    return package.build(
        outbox,
        manifest_of(handover, data_size=len(data), checkpoint_text=checkpoint_text, now=now),
        data,
        how,
        documents=kept_documents(handover),
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
