"""Tables of the access log. All are append-only: the database refuses UPDATE and DELETE (``append_only``).

No foreign keys, neither to other apps nor among these: a row states what was true when it was written, with keys as
text, and must stay readable when the thing it names is gone. No table holds personal data: a person is a pseudonymous
reference (``leaf.subject_reference``).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import models

from azukari.witness import leaf

if TYPE_CHECKING:
    _BigInteger = models.BigIntegerField[int, int]
else:
    _BigInteger = models.BigIntegerField


class RowNumber(_BigInteger):
    """A primary key given out by us, dense from 0. On SQLite it is the row's own address: no second index."""

    def db_type(self, connection: Any) -> str:
        return "integer" if connection.vendor == "sqlite" else "bigint"


class Entry(models.Model):
    """One act on personal data: who, for which party, what, on which clause, which items, how many persons, why."""

    seq = RowNumber("受付番号", primary_key=True)
    recorded_at = models.DateTimeField("日時")
    actor = models.TextField("取扱者")
    party = models.TextField("組織")
    programme = models.TextField("事業")
    act = models.TextField("行為")
    clause = models.TextField("別紙")
    ruling = models.TextField("裁定")
    items = models.TextField("情報項目")
    """Canonical JSON list of item keys."""
    persons = models.BigIntegerField("人数")
    subjects_digest = models.TextField("対象者の要約値")
    purpose = models.TextField("目的")
    details = models.TextField("詳細")
    """Canonical JSON object without personal data."""
    leaf_hash = models.BinaryField("葉のハッシュ", max_length=32)
    subjects_from = models.BigIntegerField("対象者の始まり")
    """Sum of ``persons`` of all entries before; not part of the leaf, because it follows from them."""

    class Meta:
        verbose_name = "アクセスログの記録"
        verbose_name_plural = verbose_name
        default_permissions = ()
        indexes = (
            models.Index(fields=["recorded_at"], name="witness_entry_recorded_at"),
            models.Index(fields=["act", "seq"], name="witness_entry_act_seq"),
            models.Index(fields=["actor", "seq"], name="witness_entry_actor_seq"),
            models.Index(fields=["party", "seq"], name="witness_entry_party_seq"),
            models.Index(fields=["programme", "seq"], name="witness_entry_programme_seq"),
        )

    def __str__(self) -> str:
        return f"{self.seq} {self.act}"

    @property
    def item_keys(self) -> list[str]:
        keys: list[str] = json.loads(self.items)
        return keys

    @property
    def details_read(self) -> dict[str, Any]:
        details: dict[str, Any] = json.loads(self.details)
        return details

    def leaf(self) -> bytes:
        """The bytes under ``leaf_hash``, rebuilt from the row."""
        return leaf.leaf_bytes(
            seq=self.seq,
            recorded_at=self.recorded_at,
            actor=self.actor,
            party=self.party,
            programme=self.programme,
            act=self.act,
            clause=self.clause,
            ruling=self.ruling,
            items=self.item_keys,
            persons=self.persons,
            subjects_digest=self.subjects_digest,
            purpose=self.purpose,
            details=self.details_read,
        )


class Subject(models.Model):
    """One person concerned by one entry. An entry's rows stand together from ``subjects_from`` on, sorted by ref."""

    position = RowNumber(primary_key=True)
    ref = models.BinaryField("対象者の参照", max_length=leaf.REFERENCE_BYTES)
    seq = models.BigIntegerField("受付番号")

    class Meta:
        verbose_name = "アクセスログの対象者"
        verbose_name_plural = verbose_name
        default_permissions = ()
        indexes = (models.Index(fields=["ref", "seq"], name="witness_subject_ref_seq"),)

    def __str__(self) -> str:
        return f"{self.position}"


class TreeNode(models.Model):
    """Hash of a perfect subtree, at ``merkle.stored_position``. Leaves included, so that one query answers a proof."""

    position = RowNumber(primary_key=True)
    hash = models.BinaryField("ハッシュ", max_length=32)

    class Meta:
        verbose_name = "木の節"
        verbose_name_plural = verbose_name
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.position}"


class Checkpoint(models.Model):
    """A signed checkpoint as it was given out."""

    size = RowNumber("件数", primary_key=True)
    text = models.TextField("署名つきの時点")

    class Meta:
        verbose_name = "署名した時点"
        verbose_name_plural = verbose_name
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.size}"
