"""Who is known here: organisations, their public keys, certifications, handlers' training, and the first people."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from azukari.witness import log

from .acting import NotPermitted, acting
from .models import Certification, Handler, Organisation, Training

RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")
VERIFY_KEY_BYTES = 32
ENCODINGS = ("utf-8-sig", "cp932")


class AlreadyBegun(NotPermitted):
    """There are handlers already: from now on people are reported by those who may."""

    def __init__(self) -> None:
        super().__init__(
            "取扱者がすでに登録されています。最初の登録は一度だけです。"
            "新しい人は、情報保護担当又は区職員が取扱者として報告してください（party report-handler）。"
        )


def bootstrap(
    *, home: str, name: str, privacy_officer: tuple[str, str], officer: tuple[str, str], now: datetime
) -> tuple[Handler, Handler]:
    """The ward, its first privacy officer and its first officer (each key and name), where there is nobody yet.

    Nobody can act before there is somebody, so this one act has no ``by``; it can be done once. Raises AlreadyBegun.
    """
    if privacy_officer[0] == officer[0]:
        raise NotPermitted("情報保護担当と区職員は別の人にしてください（承認には二人が必要です）。")
    with transaction.atomic():
        if Handler.objects.exists():
            raise AlreadyBegun
        ward, _ = Organisation.objects.get_or_create(key=home, defaults={"name": name, "type": Organisation.Type.WARD})
        first, second = (
            Handler.objects.create(key=key, name=person, organisation=ward, role=role, reported_on=localdate(now))
            for (key, person), role in (
                (privacy_officer, Handler.Role.PRIVACY_OFFICER),
                (officer, Handler.Role.OFFICER),
            )
        )
        log.append(
            recorded_at=now, actor=first.key, party=ward.key, programme="", act="party.report_handler", clause="",
            ruling="", items=[], subjects=(), purpose="最初の登録",
            details={"organisation": ward.key, "handlers": [first.key, second.key]},
        )  # fmt: skip
        return first, second


def add_organisation(
    *,
    key: str,
    name: str,
    kind: str,
    by: Handler,
    now: datetime,
    encoding: str = "utf-8-sig",
) -> Organisation:
    """Register an organisation (``kind``: Organisation.Type). It receives nothing before ``approvals.appoint``."""
    with acting(by=by, act="party.appoint", now=now) as record:
        if encoding not in ENCODINGS:
            raise NotPermitted(f"文字コードは {'、'.join(ENCODINGS)} のどれかにしてください。")
        if Organisation.objects.filter(key=key).exists():
            raise NotPermitted(f"組織コード「{key}」は、すでに使われています。別のコードにしてください。")
        organisation = Organisation.objects.create(key=key, name=name, type=kind, encoding=encoding)
        record(purpose="組織の登録", party=key, organisation=key, type=kind, encoding=encoding)
        return organisation


def register_keys(
    *, organisation: Organisation, by: Handler, now: datetime, age_recipient: str = "", signing_key: str = ""
) -> None:
    """Register an organisation's public keys, received by another way than the data. An empty one stays as it was.

    ``age_recipient``: age1…; ``signing_key``: Ed25519 public key, base64 of 32 bytes. Raises NotPermitted.
    """
    with acting(by=by, act="party.appoint", now=now) as record:
        if not age_recipient and not signing_key:
            raise NotPermitted("age 公開鍵か署名検証鍵の、少なくとも一方を指定してください。")
        if age_recipient and not RECIPIENT.fullmatch(age_recipient):
            raise NotPermitted("age 公開鍵は age1 で始まる62文字です。書き写しを確かめてください。")
        if signing_key and not _is_verify_key(signing_key):
            raise NotPermitted("署名検証鍵は32バイトの鍵を base64 で表した44文字です。書き写しを確かめてください。")
        organisation.age_recipient = age_recipient or organisation.age_recipient
        organisation.signing_key = signing_key or organisation.signing_key
        organisation.save(update_fields=["age_recipient", "signing_key"])
        record(
            purpose="公開鍵の登録",
            party=organisation.key,
            age_recipient=organisation.age_recipient,
            signing_key=organisation.signing_key,
        )


def _is_verify_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == VERIFY_KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def record_certification(
    *, organisation: Organisation, kind: str, number: str, valid_until: date | None, by: Handler, now: datetime
) -> Certification:
    """A certification that the organisation showed (プライバシーマーク, ISMS …)."""
    with acting(by=by, act="party.appoint", now=now) as record:
        certification = Certification.objects.create(
            organisation=organisation, kind=kind, number=number, valid_until=valid_until
        )
        record(
            purpose="認証の記録",
            party=organisation.key,
            kind=kind,
            number=number,
            valid_until=valid_until.isoformat() if valid_until else "",
        )
        return certification


def record_training(*, handler: Handler, title: str, taken_on: date, by: Handler, now: datetime) -> Training:
    """A training that a handler took, told by its own organisation or by the ward."""
    with acting(by=by, act="party.report_handler", now=now) as record:
        if by.organisation_id != handler.organisation_id and by.organisation.type != Organisation.Type.WARD:
            raise NotPermitted("ほかの組織の取扱者の研修は記録できません。")
        if taken_on > localdate(now):
            raise NotPermitted("受講日が先の日付です。受講した日を記録してください。")
        training = Training.objects.create(handler=handler, title=title, taken_on=taken_on)
        record(purpose="研修の記録", handler=handler.key, title=title, taken_on=taken_on.isoformat())
        return training
