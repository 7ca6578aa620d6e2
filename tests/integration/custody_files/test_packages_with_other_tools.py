"""Packages opened by the real 7z and age, and theirs by us."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from azukari.custody import age
from azukari.custody.package import AgeSealing, AgeSecret, Password, ZipSealing, build, new_password, open_package
from azukari.custody.package_errors import AlreadyWritten, DigestMismatch, MissingMember, WrongSignature
from azukari.custody.zipfile_aes import COUNTER_CHUNK, DEFLATE_CHUNK, Limits, ZipReader, write_zip
from tests.integration.custody_files.packages import NUMBER, PASSWORD, made, run, table


def open_ours(path: Path, **options):  # type: ignore[no-untyped-def]
    return open_package(path, Password(PASSWORD), expect_receiver="printer", **options)


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
def test_7z_opens_what_we_seal(tmp_path: Path, encoding: str) -> None:
    manifest, data = made(encoding=encoding)
    built = build(tmp_path, manifest, data, ZipSealing(PASSWORD))
    assert built.path.name == f"{NUMBER}.zip"
    done = run("7z", "x", f"-p{PASSWORD}", f"-o{tmp_path / 'out'}", built.path)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "out" / "data.csv").read_bytes() == data
    assert (tmp_path / "out" / "manifest.json").read_bytes() == manifest.canonical()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"manifest.json", "data.csv", "checkpoint.txt"}


def test_7z_sees_aes_256_and_refuses_another_password(tmp_path: Path) -> None:
    built = build(tmp_path, *made(), ZipSealing(PASSWORD))
    assert set(re.findall(r"^Method = (.*)$", run("7z", "l", "-slt", built.path).stdout, re.M)) == {"AES-256 Deflate"}
    assert run("7z", "t", "-pwrong", built.path).returncode != 0


@pytest.mark.parametrize("method", ["-mx0", "-mx1", "-mx5"])
def test_we_open_what_7z_seals(tmp_path: Path, method: str) -> None:
    manifest, data = made()
    (tmp_path / "manifest.json").write_bytes(manifest.canonical())
    (tmp_path / "data.csv").write_bytes(data)
    (tmp_path / "checkpoint.txt").write_text(manifest.checkpoint)
    names = ("manifest.json", "data.csv", "checkpoint.txt")
    done = run("7z", "a", "-tzip", "-mem=AES256", method, f"-p{PASSWORD}", f"{NUMBER}.zip", *names, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    opened = open_ours(tmp_path / f"{NUMBER}.zip")
    assert opened.manifest == manifest
    assert opened.frame is not None
    assert opened.frame.rows() == table().rows()


def test_age_opens_what_we_seal(tmp_path: Path) -> None:
    secret, recipient = age.new_identity()
    (tmp_path / "key.txt").write_text(secret + "\n")
    manifest, data = made()
    built = build(tmp_path, manifest, data, AgeSealing(recipient))
    assert built.path.name == f"{NUMBER}.zip.age"
    done = run("age", "-d", "-i", tmp_path / "key.txt", "-o", tmp_path / "plain.zip", built.path)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "plain.zip") as plain:
        assert plain.testzip() is None
        assert plain.read("data.csv") == data


def test_we_open_what_age_seals(tmp_path: Path) -> None:
    secret, recipient = age.new_identity()
    manifest, data = made()
    with zipfile.ZipFile(tmp_path / "plain.zip", "w", zipfile.ZIP_DEFLATED) as plain:
        plain.writestr("manifest.json", manifest.canonical())
        plain.writestr("data.csv", data)
        plain.writestr("checkpoint.txt", manifest.checkpoint)
    sealed = tmp_path / f"{NUMBER}.zip.age"
    done = run("age", "-r", recipient, "-o", sealed, tmp_path / "plain.zip")
    assert done.returncode == 0, done.stderr
    opened = open_package(sealed, AgeSecret(secret), expect_receiver="printer")
    assert opened.data == data


def test_a_key_made_by_age_keygen_is_usable(tmp_path: Path) -> None:
    assert run("age-keygen", "-o", tmp_path / "key.txt").returncode == 0
    secret = (tmp_path / "key.txt").read_text().splitlines()[-1]
    assert age.decrypt(age.encrypt(b"x", age.recipient_of(secret)), secret) == b"x"


@pytest.mark.parametrize(
    "size", [0, 1, 15, 16, 17, COUNTER_CHUNK - 17, COUNTER_CHUNK - 16, COUNTER_CHUNK - 15, 3 * COUNTER_CHUNK]
)
def test_stored_data_of_any_length_is_counted_right(tmp_path: Path, size: int) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    (tmp_path / "a.zip").write_bytes(write_zip({"data.csv": content[:size]}, b"abc", level=0))
    assert run("7z", "x", "-pabc", f"-o{tmp_path / 'out'}", tmp_path / "a.zip").returncode == 0
    assert (tmp_path / "out" / "data.csv").read_bytes() == content[:size]


@pytest.mark.parametrize("over", [-1, 0, 1])
@pytest.mark.parametrize("pieces", [1, 3])
def test_data_deflated_in_pieces_is_one_stream(tmp_path: Path, pieces: int, over: int) -> None:
    content = (b"1234567,abc,\x8e\x9b\r\n" * (DEFLATE_CHUNK // 5))[: pieces * DEFLATE_CHUNK + over]
    (tmp_path / "a.zip").write_bytes(write_zip({"data.csv": content}, None))
    with zipfile.ZipFile(tmp_path / "a.zip") as plain:
        assert plain.read("data.csv") == content


def test_our_own_reader_reads_our_own_writer() -> None:
    sealed = write_zip({"data.csv": b"x" * 100, "manifest.json": b"{}"}, b"abc")
    reader = ZipReader(sealed, b"abc", allowed=lambda _: True, limits=Limits())
    assert reader.names == ("data.csv", "manifest.json")
    assert reader.read("data.csv", at_most=100) == b"x" * 100


def test_nothing_inside_can_be_told_from_outside(tmp_path: Path) -> None:
    manifest, data = made(1)
    sealed = build(tmp_path, manifest, data, ZipSealing(PASSWORD)).path.read_bytes()
    for word in (b"screening", "見本".encode(), "見本".encode("cp932"), "検査".encode("cp932"), b"ward", b"printer"):
        assert word not in sealed


def test_sealing_twice_gives_different_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = build(tmp_path / "a", *made(), ZipSealing(PASSWORD))
    two = build(tmp_path / "b", *made(), ZipSealing(PASSWORD))
    assert one.sha256 != two.sha256
    assert one.manifest_digest == two.manifest_digest
    assert one.sha256 == hashlib.sha256(one.path.read_bytes()).hexdigest()


def test_a_package_is_never_overwritten(tmp_path: Path) -> None:
    first = build(tmp_path, *made(), ZipSealing(PASSWORD)).path.read_bytes()
    with pytest.raises(AlreadyWritten, match="上書きはしません"):
        build(tmp_path, *made(5), ZipSealing(PASSWORD))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [first]


def test_data_that_does_not_fit_its_manifest_is_never_sealed(tmp_path: Path) -> None:
    manifest, data = made()
    for wrong in (data + b"x", data[:-1] + b"x", None):
        with pytest.raises(DigestMismatch):
            build(tmp_path, manifest, wrong, ZipSealing(PASSWORD))
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_travels_as_a_document_without_data(tmp_path: Path) -> None:
    pdf = b"%PDF-1.7 certificate"
    listed = [{"name": "document-01.pdf", "sha256": hashlib.sha256(pdf).hexdigest(), "size": len(pdf)}]
    empty = {"columns": [], "encoding": None, "escape": "", "data_file": None, "data_sha256": None, "data_size": 0}
    manifest, _ = made(kind="certificate", in_reply_to="AZ-2025-000001", documents=listed, **empty)
    built = build(tmp_path, manifest, None, ZipSealing(PASSWORD), documents={"document-01.pdf": pdf})
    opened = open_ours(built.path)
    assert opened.documents == {"document-01.pdf": pdf}
    assert opened.frame is None


def test_the_senders_signature_is_asked_for_and_checked(tmp_path: Path) -> None:
    ours, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    built = build(tmp_path, *made(), ZipSealing(PASSWORD), signing_key=ours)
    assert open_ours(built.path, sender_key=ours.public_key()).signed
    assert not open_ours(built.path).signed
    with pytest.raises(WrongSignature):
        open_ours(built.path, sender_key=other.public_key())
    (tmp_path / "unsigned").mkdir()
    with pytest.raises(MissingMember):
        open_ours(build(tmp_path / "unsigned", *made(), ZipSealing(PASSWORD)).path, sender_key=ours.public_key())


def test_passwords_are_long_distinct_and_easy_to_read() -> None:
    drawn = {new_password() for _ in range(200)}
    assert len(drawn) == 200
    assert all(re.fullmatch(r"(?:[2-9a-hijkmnp-z]{4}-){4}[2-9a-hijkmnp-z]{4}", word) for word in drawn)
    letters = set("".join(drawn)) - {"-"}
    assert len(letters) == 32  # 5 bits each, 20 of them: 100 bits
    assert not letters & set("01lo")
