"""Checks an exported access log without azukari: ``python verifier.py FOLDER --key KEY [--checkpoint FILE ...]``.

One file, standard library and ``cryptography`` only. Give it the key and the checkpoints that you got when they were
made, not those of the folder: who controls the log controls the folder too. Exit 0 if all is well, 1 if not.
FOLDER holds entries.jsonl (one entry a line; its bytes are a leaf of an RFC 6962 tree), subjects.txt ("seq reference",
sorted within an entry), checkpoints/*.txt (C2SP tlog-checkpoint), verifier-key.txt. Memory does not grow with the log.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Key = tuple[str, bytes, Ed25519PublicKey]
Promise = tuple[int, bytes, Path]
SUBJECT = re.compile(rb"(0|[1-9][0-9]*) ([0-9a-f]{32})\n")


class Broken(Exception):
    """Log, checkpoint or key is not what it should be."""


def decoded(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if base64.b64encode(raw).decode() != text:
        raise Broken("base64 として正しくないところがあります。")
    return raw


def read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        raise Broken("ファイルを読めません。") from None


def read_key(text: str) -> Key:
    """``name+hash+base64(0x01 || public key)`` to name, key id, public key."""
    name, given_id, encoded = [*text.strip().split("+", 2), "", ""][:3]
    raw = decoded(encoded)
    key_id = sha256(name.encode() + b"\n" + raw).digest()[:4]
    if not name or len(raw) != 33 or raw[0] != 1 or key_id.hex() != given_id:
        raise Broken("検証鍵の形が違います。受け取ったときの文字列をそのまま渡してください。")
    return name, key_id, Ed25519PublicKey.from_public_bytes(raw[1:])


def read_checkpoint(note: str, keys: list[Key]) -> tuple[int, bytes]:
    """Size and root of a checkpoint that one of the keys has signed."""
    text, blank, lines = note.rpartition("\n\n")
    text, signers = text + "\n", set()
    if not blank or not lines.endswith("\n") or re.search("[\x00-\x09\x0b-\x1f]", note):
        raise Broken("署名つきの時点（チェックポイント）の形をしていません。")
    for line in lines[:-1].split("\n"):
        mark, name, encoded = [*line.split(" ", 2), "", ""][:3]
        raw = decoded(encoded)
        if mark != "—" or len(raw) < 5:
            raise Broken("署名の行の形が違います。")
        for key_name, key_id, public in keys:
            if (name, raw[:4]) == (key_name, key_id):
                try:
                    public.verify(raw[4:], text.encode())
                except InvalidSignature:
                    raise Broken("署名が文と合いません。時点が書き換えられています。") from None
                signers.add(name)
    if not signers:
        raise Broken("渡された検証鍵の署名がありません。別の鍵で署名し直されたおそれがあります。")
    origin, size, root = [*text.split("\n"), "", ""][:3]
    if origin not in signers or not re.fullmatch("0|[1-9][0-9]{0,17}", size) or len(decoded(root)) != 32:
        raise Broken("時点の中身（起源、件数、根）が正しくありません。")
    return int(size), decoded(root)


def read_promises(folder: Path, keys: list[Key], outside: list[Path], problems: list[str]) -> list[Promise]:
    """Checkpoints, largest first. ``outside`` are files held apart from the folder."""
    promises: list[Promise] = []
    for path in [*sorted((folder / "checkpoints").glob("*")), *outside]:
        try:
            promises.append((*read_checkpoint(read_text(path), keys), path))
        except Broken as error:
            problems.append(f"{path}: {error}")
    return sorted(promises, key=lambda promise: promise[0], reverse=True)


class Tree:
    """The right edge of an RFC 6962 tree that grows leaf by leaf."""

    def __init__(self) -> None:
        self.size, self.peaks = 0, list[bytes]()

    def push(self, leaf: bytes) -> None:
        value, position = sha256(b"\x00" + leaf).digest(), self.size
        while position & 1:
            value, position = sha256(b"\x01" + self.peaks.pop() + value).digest(), position >> 1
        self.peaks.append(value)
        self.size += 1

    def root(self) -> bytes:
        value = self.peaks[-1] if self.peaks else sha256(b"").digest()
        for peak in reversed(self.peaks[:-1]):
            value = sha256(b"\x01" + peak + value).digest()
        return value


def read_entry(line: bytes, number: int) -> tuple[int, str]:
    """Persons and digest of the entry in line ``number`` (from 0)."""
    where = f"entries.jsonl の {number + 1} 行目: "
    try:
        entry = json.loads(line)
        seq, persons, digest = entry["seq"], entry["persons"], entry["subjects_digest"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Broken(where + "記録として読めません。") from None
    if type(seq) is not int or type(persons) is not int or seq != number or not line.endswith(b"}\n"):
        raise Broken(where + f"受付番号 {number} の記録ではありません。抜け、追加、または順序の変更があります。")
    return persons, digest


def read_subjects(file: BinaryIO, seq: int, persons: int, digest: str) -> None:
    """Read the lines of one entry's subjects; their sorted references must give the entry's digest."""
    total, before = sha256(), b""
    for _ in range(persons):
        line = SUBJECT.fullmatch(file.readline(128))
        if not line or int(line[1]) != seq or line[2] <= before:
            raise Broken(f"subjects.txt: 受付番号 {seq} の対象者が {persons} 人ぶん、順に並んでいません。")
        before = line[2]
        total.update(bytes.fromhex(before.decode()))
    if total.hexdigest() != digest:
        raise Broken(f"subjects.txt: 受付番号 {seq} の対象者が、記録の要約値と合いません。")


def compare(tree: Tree, due: list[Promise], kept: int) -> int:
    """Take the promises about the tree's size off ``due``; returns the largest size whose promise was kept."""
    while due and due[-1][0] == tree.size:
        size, root, path = due.pop()
        if root != tree.root():
            raise Broken(f"{path}: 署名と中身が違います。受付番号 {kept} から {size} の前までに改変があります。")
        kept = size
    return kept


def check_log(folder: Path, due: list[Promise]) -> tuple[int, int]:
    """Replay the log, comparing its root at every promise; returns how many entries there are, and are signed."""
    tree = Tree()
    with (folder / "entries.jsonl").open("rb") as entries, (folder / "subjects.txt").open("rb") as subjects:
        kept = compare(tree, due, 0)
        while line := entries.readline((1 << 20) + 1):  # no entry is larger
            read_subjects(subjects, tree.size, *read_entry(line, tree.size))
            tree.push(line[:-1])
            kept = compare(tree, due, kept)
        if subjects.read(1):
            raise Broken("subjects.txt: どの記録にも属さない行が終わりにあります。")
    if due:
        raise Broken(
            f"{due[0][2]}: {due[0][0]} 件まで署名されていますが、記録は {tree.size} 件に切り詰められています。"
        )
    return tree.size, kept


def verify(folder: Path, key_texts: list[str], outside: list[Path]) -> tuple[str, list[str]]:
    """A summary, and the problems: none if all is well."""
    problems: list[str] = []
    try:
        promises = read_promises(folder, [read_key(text) for text in key_texts], outside, problems)
        size, signed = check_log(folder, list(promises))
        if signed < size or not promises:
            problems.append(f"受付番号 {signed} から後に、署名した時点がありません。")
        if read_text(folder / "verifier-key.txt") not in [f"{text.strip()}\n" for text in key_texts]:
            problems.append("verifier-key.txt: 渡された検証鍵と違います。")
    except (Broken, OSError) as error:
        return "", [*problems, f"{error.filename} を読めません。" if isinstance(error, OSError) else str(error)]
    return f"記録 {size} 件、署名した時点 {len(promises)} 個", problems


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="書き出したアクセスログを、azukari なしで検証します。")
    parser.add_argument("folder", type=Path, help="azukari witness export が作ったフォルダー")
    parser.add_argument("--key", action="append", required=True, help="検証鍵。鍵を替えたときは繰り返す")
    parser.add_argument("--checkpoint", action="append", default=[], type=Path, help="手元に置いた時点（繰り返せる）")
    given = parser.parse_args(arguments)
    summary, problems = verify(given.folder, given.key, given.checkpoint)
    advice = "このログは信用できません。書き出しと控えを保全し、情報保護担当に知らせてください。"
    lines = [*(f"異常: {problem}" for problem in problems), advice if problems else f"異常なし: {summary}"]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
