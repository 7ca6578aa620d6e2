"""The Merkle tree of RFC 6962: hashing, stored nodes, roots, proofs. Pure: no Django, no storage.

A *node* is ``(level, index)``: the perfect subtree over leaves ``index * 2**level`` up to, not including,
``(index + 1) * 2**level``; level 0 holds the leaves. Every perfect subtree is stored once, when its last leaf arrives,
in the order in which they are completed (``stored_position``), so the store is as append-only as the log itself.
Appending completes one node per trailing one bit of the new leaf's number; roots and proofs read O(log n) nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

Node = tuple[int, int]
Span = tuple[int, int]
ReadNodes = Callable[[Sequence[Node]], Mapping[Node, bytes]]
"""Given nodes, their hashes. Reads must be answered in one go, because each costs a query."""

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """32 bytes: SHA-256 of 0x00 and the leaf (RFC 6962 §2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """32 bytes: SHA-256 of 0x01 and both children (RFC 6962 §2.1)."""
    return sha256(b"\x01" + left + right).digest()


def stored_position(node: Node) -> int:
    """Place of a node in order of completion: dense from 0; a leaf stands right before the subtrees it completes."""
    level, index = node
    last_leaf = ((index + 1) << level) - 1
    position = level
    while last_leaf:
        position += last_leaf
        last_leaf >>= 1
    return position


def stored_nodes(size: int) -> int:
    """How many nodes a tree of ``size`` leaves stores: 2 * size less the number of its perfect subtrees."""
    return 2 * size - size.bit_count()


def siblings_needed(seq: int) -> list[Node]:
    """Left siblings that must be read to append leaf number ``seq``: one per trailing one bit."""
    needed = []
    level = 0
    while (seq >> level) & 1:
        needed.append((level, (seq >> level) - 1))
        level += 1
    return needed


def completed(seq: int, leaf: bytes, siblings: Mapping[Node, bytes]) -> list[bytes]:
    """Hashes that appending leaf ``seq`` adds to the store, in stored order: the leaf, then each completed subtree."""
    hashes = [leaf]
    for sibling in siblings_needed(seq):
        hashes.append(node_hash(siblings[sibling], hashes[-1]))
    return hashes


class Frontier:
    """The right edge of a growing tree: enough to append and to know the root, in O(log n) memory."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def push(self, leaf: bytes) -> list[bytes]:
        """Append a leaf hash; returns the hashes that this adds to the store, in stored order."""
        hashes = [leaf]
        position = self.size
        while position & 1:
            hashes.append(node_hash(self._peaks.pop(), hashes[-1]))
            position >>= 1
        self._peaks.append(hashes[-1])
        self.size += 1
        return hashes

    def root(self) -> bytes:
        return _fold(self._peaks) if self._peaks else EMPTY_ROOT


def root(size: int, read: ReadNodes) -> bytes:
    """Root of the tree over the first ``size`` leaves, from stored nodes."""
    if size == 0:
        return EMPTY_ROOT
    return _hashes_of([(0, size)], read)[0]


def inclusion_proof(seq: int, size: int, read: ReadNodes) -> list[bytes]:
    """Audit path of leaf ``seq`` in the tree of ``size`` leaves, leaf to root (RFC 6962 §2.1.1).

    Raises ValueError unless 0 <= seq < size.
    """
    if not 0 <= seq < size:
        raise ValueError(
            f"受付番号 {seq} は、記録 {size} 件の木にありません。0 から {size - 1} までを指定してください。"
        )
    spans: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if seq < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return _hashes_of(spans[::-1], read)


def consistency_proof(old: int, new: int, read: ReadNodes) -> list[bytes]:
    """Proof that the tree of ``new`` leaves begins with the tree of ``old`` leaves (RFC 6962 §2.1.2).

    Empty when old is 0 or equals new. Raises ValueError unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise ValueError(
            f"件数 {old} から {new} への証明は作れません。0 以上で、後の件数を超えない件数を指定してください。"
        )
    if old in (0, new):
        return []
    spans: list[Span] = []
    start, end = 0, new
    whole = True  # is the old tree's right edge still a subtree that the verifier knows (its own root)?
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
            whole = False
    if not whole:
        spans.append((start, end))
    return _hashes_of(spans[::-1], read)


def verify_inclusion(leaf: bytes, seq: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """Does the audit path lead from this leaf hash to this root? (RFC 9162 §2.1.3.2)"""
    if not 0 <= seq < size:
        return False
    inner, last, value = seq, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if inner & 1 or inner == last:
            value = node_hash(step, value)
            while not inner & 1 and inner:
                inner >>= 1
                last >>= 1
        else:
            value = node_hash(value, step)
        inner >>= 1
        last >>= 1
    return last == 0 and value == root_hash


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Does the proof show that the old tree is the beginning of the new one? (RFC 9162 §2.1.4.2)"""
    if not 0 < old < new:
        nothing_to_show = (old == new and old_root == new_root) or (old == 0 <= new and old_root == EMPTY_ROOT)
        return nothing_to_show and not proof
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    inner, last = old - 1, new - 1
    while inner & 1:
        inner >>= 1
        last >>= 1
    seen_old, seen_new, used = _climb(path, inner, last)
    return used and seen_old == old_root and seen_new == new_root


def _climb(path: Sequence[bytes], inner: int, last: int) -> tuple[bytes, bytes, bool]:
    """Both roots that a consistency proof leads to, and whether its length is right."""
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            return old, new, False
        if inner & 1 or inner == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not inner & 1 and inner:
                inner >>= 1
                last >>= 1
        else:
            new = node_hash(new, step)
        inner >>= 1
        last >>= 1
    return old, new, last == 0


def _split(width: int) -> int:
    """The largest power of two smaller than ``width`` (width > 1): where RFC 6962 divides a tree."""
    return 1 << ((width - 1).bit_length() - 1)


def _perfect(span: Span) -> list[Node]:
    """Perfect subtrees that make up a span, left to right. Its start is a multiple of the first of them."""
    start, end = span
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def _hashes_of(spans: Sequence[Span], read: ReadNodes) -> list[bytes]:
    nodes = [_perfect(span) for span in spans]
    stored = read([node for group in nodes for node in group])
    return [_fold([stored[node] for node in group]) for group in nodes]


def _fold(peaks: Sequence[bytes]) -> bytes:
    value = peaks[-1]
    for peak in reversed(peaks[:-1]):
        value = node_hash(peak, value)
    return value
