"""The tree against the vectors of the Certificate Transparency reference and against RFC 6962's own definition."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from azukari.witness import merkle

# Leaves and roots that every RFC 6962 implementation is tested with (certificate-transparency, merkletree tests).
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[(0, 8)],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


class Store:
    """Nodes kept as the database keeps them: in order of completion."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.hashes: list[bytes] = []
        for seq, data in enumerate(leaves):
            siblings = self.read(merkle.siblings_needed(seq))
            self.hashes += merkle.completed(seq, merkle.leaf_hash(data), siblings)

    def read(self, nodes: Sequence[merkle.Node]) -> dict[merkle.Node, bytes]:
        return {node: self.hashes[merkle.stored_position(node)] for node in nodes}


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if not leaves:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return merkle.leaf_hash(leaves[0])
    split = max(1 << power for power in range(20) if 1 << power < len(leaves))
    return merkle.node_hash(tree_hash(leaves[:split]), tree_hash(leaves[split:]))


def audit_path(seq: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    split = max(1 << power for power in range(20) if 1 << power < len(leaves))
    if seq < split:
        return [*audit_path(seq, leaves[:split]), tree_hash(leaves[split:])]
    return [*audit_path(seq - split, leaves[split:]), tree_hash(leaves[:split])]


def sub_proof(old: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2, word for word."""
    if old == len(leaves):
        return [] if whole else [tree_hash(leaves)]
    split = max(1 << power for power in range(20) if 1 << power < len(leaves))
    if old <= split:
        return [*sub_proof(old, leaves[:split], whole), tree_hash(leaves[split:])]
    return [*sub_proof(old - split, leaves[split:], False), tree_hash(leaves[:split])]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference_vectors(size: int) -> None:
    frontier = merkle.Frontier()
    for data in LEAVES[:size]:
        frontier.push(merkle.leaf_hash(data))
    assert frontier.root().hex() == ROOTS[size]
    assert merkle.root(size, Store(LEAVES).read).hex() == ROOTS[size]


@pytest.mark.parametrize(("seq", "size"), INCLUSION)
def test_audit_paths_are_those_of_the_reference_vectors(seq: int, size: int) -> None:
    path = merkle.inclusion_proof(seq, size, Store(LEAVES).read)
    assert [step.hex() for step in path] == INCLUSION[seq, size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_reference_vectors(old: int, new: int) -> None:
    proof = merkle.consistency_proof(old, new, Store(LEAVES).read)
    assert [step.hex() for step in proof] == CONSISTENCY[old, new]


def test_proofs_of_the_seven_leaf_tree_are_those_that_rfc_6962_writes_out() -> None:
    """RFC 6962 §2.1.3: leaves d0 to d6, inner nodes a to l."""
    d = [bytes([n]) for n in range(7)]
    a, b, c, dd, e, f, j = (merkle.leaf_hash(data) for data in d)
    g, h, i = merkle.node_hash(a, b), merkle.node_hash(c, dd), merkle.node_hash(e, f)
    k, l_ = merkle.node_hash(g, h), merkle.node_hash(i, j)
    read = Store(d).read
    assert merkle.inclusion_proof(0, 7, read) == [b, h, l_]
    assert merkle.inclusion_proof(3, 7, read) == [c, g, l_]
    assert merkle.inclusion_proof(4, 7, read) == [f, j, k]
    assert merkle.inclusion_proof(6, 7, read) == [i, k]
    assert merkle.consistency_proof(3, 7, read) == [c, dd, g, l_]
    assert merkle.consistency_proof(4, 7, read) == [l_]
    assert merkle.consistency_proof(6, 7, read) == [i, j, k]


def test_every_proof_up_to_forty_leaves_follows_the_definition_and_verifies() -> None:
    leaves = [str(n).encode() for n in range(40)]
    read = Store(leaves).read
    roots = [tree_hash(leaves[:size]) for size in range(41)]
    for new in range(41):
        assert merkle.root(new, read) == roots[new]
        for seq in range(new):
            path = merkle.inclusion_proof(seq, new, read)
            assert path == audit_path(seq, leaves[:new])
            assert merkle.verify_inclusion(merkle.leaf_hash(leaves[seq]), seq, new, path, roots[new])
        for old in range(1, new):
            proof = merkle.consistency_proof(old, new, read)
            assert proof == sub_proof(old, leaves[:new], True)
            assert merkle.verify_consistency(old, roots[old], new, roots[new], proof)


def test_a_proof_does_not_verify_for_another_leaf_place_size_or_root() -> None:
    leaves = [str(n).encode() for n in range(11)]
    read = Store(leaves).read
    root, path = merkle.root(11, read), merkle.inclusion_proof(4, 11, read)
    hashed = merkle.leaf_hash(leaves[4])
    assert merkle.verify_inclusion(hashed, 4, 11, path, root)
    assert not merkle.verify_inclusion(merkle.leaf_hash(b"x"), 4, 11, path, root)
    assert not merkle.verify_inclusion(hashed, 5, 11, path, root)
    assert not merkle.verify_inclusion(hashed, 11, 11, path, root)
    assert not merkle.verify_inclusion(hashed, -1, 11, path, root)
    assert not merkle.verify_inclusion(hashed, 4, 4, path, root)
    assert not merkle.verify_inclusion(hashed, 4, 11, path[:-1], root)
    assert not merkle.verify_inclusion(hashed, 4, 11, [*path, root], root)
    assert not merkle.verify_inclusion(hashed, 4, 11, path, merkle.EMPTY_ROOT)


def test_a_consistency_proof_does_not_verify_for_a_changed_history() -> None:
    leaves = [str(n).encode() for n in range(11)]
    read = Store(leaves).read
    old_root, new_root = merkle.root(6, read), merkle.root(11, read)
    proof = merkle.consistency_proof(6, 11, read)
    changed = tree_hash([b"x", *leaves[1:6]])
    assert merkle.verify_consistency(6, old_root, 11, new_root, proof)
    assert not merkle.verify_consistency(6, changed, 11, new_root, proof)
    assert not merkle.verify_consistency(6, old_root, 11, old_root, proof)
    assert not merkle.verify_consistency(5, old_root, 11, new_root, proof)
    assert not merkle.verify_consistency(11, new_root, 6, old_root, proof)
    assert not merkle.verify_consistency(6, old_root, 11, new_root, [])
    assert not merkle.verify_consistency(6, old_root, 11, new_root, [*proof, new_root])
    assert not merkle.verify_consistency(6, old_root, 6, new_root, [])
    assert merkle.verify_consistency(0, merkle.EMPTY_ROOT, 11, new_root, [])
    assert not merkle.verify_consistency(0, old_root, 11, new_root, [])


def test_stored_positions_are_dense_in_order_of_completion() -> None:
    seen = [
        merkle.stored_position((level, seq >> level))
        for seq in range(200)
        for level in range(len(merkle.siblings_needed(seq)) + 1)
    ]
    assert seen == list(range(len(seen)))
    assert len(seen) == merkle.stored_nodes(200)


def test_appending_to_and_proving_a_large_tree_reads_few_nodes() -> None:
    seq = 2**40 - 1
    assert len(merkle.siblings_needed(seq)) == 40
    asked: list[int] = []

    def read(nodes: Sequence[merkle.Node]) -> dict[merkle.Node, bytes]:
        asked.append(len(nodes))
        return dict.fromkeys(nodes, bytes(32))

    merkle.root(seq, read)
    merkle.inclusion_proof(12345, seq, read)
    merkle.consistency_proof(2**20 + 1, seq, read)
    assert len(asked) == 3
    assert max(asked) <= 80


@pytest.mark.parametrize(("seq", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_audit_path(seq: int, size: int) -> None:
    with pytest.raises(ValueError, match="木にありません"):
        merkle.inclusion_proof(seq, size, Store(LEAVES).read)


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_no_consistency_proof_runs_backwards(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="作れません"):
        merkle.consistency_proof(old, new, Store(LEAVES).read)
