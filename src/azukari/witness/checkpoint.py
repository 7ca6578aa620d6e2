"""Signed checkpoints: the promise, given to people outside the operator's control, of what the log contains."""

from __future__ import annotations

from django.db import DEFAULT_DB_ALIAS, transaction

from azukari.witness import keys, log, merkle, note, sequencer
from azukari.witness.errors import LogInconsistent
from azukari.witness.models import Checkpoint


def checkpoint(*, using: str = DEFAULT_DB_ALIAS) -> str:
    """Sign the log as it stands, keep the checkpoint, and return it (C2SP tlog-checkpoint text).

    For a size that has been signed already, the former text is returned. Raises LogInconsistent if the log no longer
    contains what the last checkpoint promised, SigningKeyMissing, and RuntimeError inside another transaction: an entry
    that may yet be rolled back must not be promised to anyone. Call it before the release's transaction or after it.
    """
    signer = keys.signer(using)
    with transaction.atomic(using=using, durable=True):
        sequencer.hold(using)
        size = log.size(using)
        read = log.node_reader(using)
        last = latest(using)
        if last is not None:
            _keeps_promise(last, size, read, signer.verifier)
            if last.size == size:
                return last.text
        text = note.sign(note.checkpoint_text(signer.name, size, merkle.root(size, read)), signer)
        Checkpoint.objects.using(using).create(size=size, text=text)
    return text


def latest(using: str = DEFAULT_DB_ALIAS) -> Checkpoint | None:
    """The last checkpoint given out, as stored; None before the first."""
    return Checkpoint.objects.using(using).order_by("-size").first()


def _keeps_promise(last: Checkpoint, size: int, read: merkle.ReadNodes, key: note.VerifierKey) -> None:
    promised = note.open_checkpoint(last.text, key)
    try:
        kept = promised.size == last.size <= size and merkle.root(promised.size, read) == promised.root
    except KeyError:  # a node that the promise rests on is gone
        kept = False
    if not kept:
        raise LogInconsistent(promised.size)
