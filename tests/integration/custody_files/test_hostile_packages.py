"""Files made to harm or mislead: each is refused by name, in Japanese, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import io
import random
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import pyzipper

from azukari.custody import age, package_errors
from azukari.custody.manifest import Manifest
from azukari.custody.package import AgeSealing, AgeSecret, Password, Secret, ZipSealing, build, open_package, seal
from azukari.custody.package_errors import (
    ColumnsMismatch,
    DigestMismatch,
    DiskFull,
    DuplicateMember,
    LineTooLong,
    ManifestUnreadable,
    MissingMember,
    NotAPackage,
    NotForUs,
    NotFromThem,
    PackageNotFound,
    PackageRefused,
    RowCountMismatch,
    SecretNeeded,
    TamperedPackage,
    TooLarge,
    TruncatedPackage,
    UnencryptedMember,
    UnexpectedMember,
    UnsafeMemberName,
    WrongKey,
    WrongPassword,
)
from azukari.custody.zipfile_aes import Limits, write_zip
from tests.integration.custody_files.packages import NUMBER, PASSWORD, made, run

SECRET, RECIPIENT = age.new_identity()


def refused(
    kind: type[PackageRefused], folder: Path, content: bytes, secret: Secret | None = None, **options
) -> PackageRefused:  # type: ignore[no-untyped-def]
    """Open ``content``: exactly ``kind`` must come, and the folder must hold what it held."""
    path = folder / f"{NUMBER}.zip"
    path.write_bytes(content)
    with pytest.raises(PackageRefused) as refusal:
        open_package(path, secret or Password(PASSWORD), **{"expect_receiver": "printer", **options})
    assert type(refusal.value) is kind, refusal.value
    assert [each.name for each in folder.iterdir()] == [path.name]
    assert refusal.value.reason.endswith("。")
    assert refusal.value.remedy.endswith("。")
    return refusal.value


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], encrypted: bool = True) -> bytes:
    """An archive by another writer, which checks nothing."""
    out = io.BytesIO()
    encryption = {"encryption": pyzipper.WZ_AES} if encrypted else {}
    with pyzipper.AESZipFile(out, "w", compression=pyzipper.ZIP_DEFLATED, **encryption) as archive:
        if encrypted:
            archive.setpassword(PASSWORD.encode())
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def parts(manifest: Manifest | None = None, data: bytes | None = None) -> list[tuple[str, bytes]]:
    made_manifest, made_data = made()
    manifest = manifest or made_manifest
    return [
        ("manifest.json", manifest.canonical()),
        ("data.csv", made_data if data is None else data),
        ("checkpoint.txt", manifest.checkpoint.encode()),
    ]


def sealed(manifest: Manifest | None = None, data: bytes | None = None, **more: bytes) -> bytes:
    return write_zip({**dict(parts(manifest, data)), **more}, PASSWORD.encode())


def test_the_sound_package_of_these_tests_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(*parts()))
    assert open_package(tmp_path / "a.zip", Password(f" {PASSWORD}\n"), expect_receiver="printer").manifest.rows == 3


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_told_as_such(tmp_path: Path) -> None:
    said = str(refused(WrongPassword, tmp_path, sealed(), Password("wrong")))
    assert "パスワードが違います" in said
    assert "wrong" not in said


def test_a_wrong_password_that_passes_the_two_byte_check_is_still_refused(tmp_path: Path) -> None:
    """One password in 65,536 does so by chance; here the stored check is made to fit another password."""
    refused(TamperedPackage, tmp_path, _with_check_of(sealed(), "another"), Password("another"))


def _derived(content: bytes, word: str) -> bytes:
    start = 30 + len("manifest.json") + 11
    return hashlib.pbkdf2_hmac("sha1", word.encode(), content[start : start + 16], 1000, 66)[64:]


def _with_check_of(content: bytes, word: str) -> bytes:
    start = 30 + len("manifest.json") + 11 + 16
    return content[:start] + _derived(content, word) + content[start + 2 :]


def test_a_package_sealed_to_another_key_is_told_as_such(tmp_path: Path) -> None:
    content = seal(*made(), AgeSealing(age.new_identity()[1]))
    refused(WrongKey, tmp_path, content, AgeSecret(SECRET))


def test_a_key_for_a_zip_and_a_password_for_age_are_told_apart(tmp_path: Path) -> None:
    assert "パスワード" in str(refused(SecretNeeded, tmp_path, sealed(), AgeSecret(SECRET)))
    assert "age" in str(refused(SecretNeeded, tmp_path, seal(*made(), AgeSealing(RECIPIENT))))


# --- bytes -----------------------------------------------------------------------------------------------------------


def test_no_changed_byte_is_ever_accepted_as_other_content(tmp_path: Path) -> None:
    content, path = sealed(), tmp_path / f"{NUMBER}.zip"
    path.write_bytes(content)
    whole = open_package(path, Password(PASSWORD), expect_receiver="printer")
    for at in range(0, len(content), 3):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x41]) + content[at + 1 :])
        try:
            opened = open_package(path, Password(PASSWORD), expect_receiver="printer")
        except PackageRefused:
            continue
        # header fields that mean nothing (times, versions) may differ; content may not
        assert (opened.manifest, opened.data) == (whole.manifest, whole.data), at


def test_a_changed_data_byte_is_tampering(tmp_path: Path) -> None:
    content = bytearray(sealed())
    content[content.index(b"data.csv") + 60] ^= 1
    refused(TamperedPackage, tmp_path, bytes(content))


def test_no_cut_package_is_accepted(tmp_path: Path) -> None:
    content = sealed()
    for length in (len(content) - 1, len(content) - 22, len(content) // 2, 30):
        assert refused(TruncatedPackage, tmp_path, content[:length]).reason


def test_changed_and_cut_age_packages_are_refused(tmp_path: Path) -> None:
    content = seal(*made(), AgeSealing(RECIPIENT))
    refused(TamperedPackage, tmp_path, content[:-1], AgeSecret(SECRET))
    refused(TamperedPackage, tmp_path, content[:-1] + bytes([content[-1] ^ 1]), AgeSecret(SECRET))
    refused(TruncatedPackage, tmp_path, content[:60], AgeSecret(SECRET))


@pytest.mark.parametrize(
    "content", [b"", b"P", b"PK", b"%PDF-1.7", b"7z\xbc\xaf\x27\x1c" + bytes(60), "氏名,住所".encode("cp932")]
)
def test_what_is_no_package_is_refused(tmp_path: Path, content: bytes) -> None:
    refused(NotAPackage, tmp_path, content)


def test_a_7z_archive_is_no_package(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "data.csv").write_bytes(b"x")
    run("7z", "a", "a.7z", "data.csv", cwd=source)
    place = tmp_path / "in"
    place.mkdir()
    refused(NotAPackage, place, (source / "a.7z").read_bytes())


def test_an_absent_file_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(PackageNotFound):
        open_package(tmp_path / f"{NUMBER}.zip", Password(PASSWORD), expect_receiver="printer")


# --- members ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../data.csv",
        "/etc/cron.d/x",
        "a/../../data.csv",
        "..\\data.csv",
        "C:\\data.csv",
        "\\\\server\\data.csv",
        "data.csv\0.txt",
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    placeholder = "x" * len(name)  # a writer would have cleaned the name
    content = zipped(*parts(), (placeholder, b"x")).replace(placeholder.encode(), name.encode())
    assert refused(UnsafeMemberName, tmp_path, content).position == 4  # type: ignore[attr-defined]


def _with_mode(content: bytes, name: bytes, mode: int) -> bytes:
    """Set the Unix mode of a member in the central directory."""
    at = content.rindex(name) - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    made_by = struct.pack("<H", 3 << 8 | 20)
    return content[: at + 4] + made_by + content[at + 6 : at + 38] + struct.pack("<L", mode << 16) + content[at + 42 :]


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO, stat.S_IFDIR, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path: Path, mode: int) -> None:
    refused(UnsafeMemberName, tmp_path, _with_mode(sealed(), b"data.csv", mode))


def test_a_member_that_the_manifest_does_not_list_is_refused(tmp_path: Path) -> None:
    assert "山田" not in str(refused(UnexpectedMember, tmp_path, zipped(*parts(), ("山田太郎.csv", b"x"))))
    refused(DigestMismatch, tmp_path, zipped(*parts(), ("document-01.pdf", b"x")))


def test_a_member_of_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    content = zipped(*parts(), ("data.cs0", b"other")).replace(b"data.cs0", b"data.csv")
    refused(DuplicateMember, tmp_path, content)


@pytest.mark.parametrize("lost", ["manifest.json", "data.csv", "checkpoint.txt"])
def test_an_absent_member_is_named(tmp_path: Path, lost: str) -> None:
    members = [part for part in parts() if part[0] != lost]
    assert refused(MissingMember, tmp_path, zipped(*members)).member == lost  # type: ignore[attr-defined]


def test_an_archive_that_is_not_encrypted_is_refused(tmp_path: Path) -> None:
    refused(UnencryptedMember, tmp_path, zipped(*parts(), encrypted=False))


def test_one_member_that_is_not_encrypted_is_refused(tmp_path: Path) -> None:
    for name, content in parts():
        (tmp_path / name).write_bytes(content)
    archive = tmp_path / "mixed.zip"
    assert (
        run(
            "7z", "a", "-tzip", "-mem=AES256", f"-p{PASSWORD}", archive, "manifest.json", "checkpoint.txt", cwd=tmp_path
        ).returncode
        == 0
    )
    assert run("7z", "a", "-tzip", archive, "data.csv", cwd=tmp_path).returncode == 0
    place = tmp_path / "in"
    place.mkdir()
    assert refused(UnencryptedMember, place, archive.read_bytes()).position == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["ZipCrypto", "AES128", "AES192"])
def test_weaker_encryption_is_refused(tmp_path: Path, method: str) -> None:
    source, place = tmp_path / "source", tmp_path / "in"
    source.mkdir()
    place.mkdir()
    for name, content in parts():
        (source / name).write_bytes(content)
    names = [name for name, _ in parts()]
    assert run("7z", "a", "-tzip", f"-mem={method}", f"-p{PASSWORD}", "a.zip", *names, cwd=source).returncode == 0
    refused(UnencryptedMember, place, (source / "a.zip").read_bytes())


def test_an_age_file_with_an_encrypted_or_other_inside_is_refused(tmp_path: Path) -> None:
    refused(UnexpectedMember, tmp_path, age.encrypt(sealed(), RECIPIENT), AgeSecret(SECRET))
    refused(NotAPackage, tmp_path, age.encrypt(b"hello", RECIPIENT), AgeSecret(SECRET))


def test_a_compression_method_of_its_own_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as archive:
        for name, content in parts():
            archive.writestr(name, content)
    refused(UnexpectedMember, tmp_path, age.encrypt(out.getvalue(), RECIPIENT), AgeSecret(SECRET))


# --- bombs -----------------------------------------------------------------------------------------------------------


def test_a_bomb_is_refused_by_its_ratio_before_it_is_unpacked(tmp_path: Path) -> None:
    refused(TooLarge, tmp_path, sealed(data=bytes(50_000_000)))


def test_a_declared_size_over_the_limit_is_refused(tmp_path: Path) -> None:
    refused(TooLarge, tmp_path, sealed(), limits=Limits(member=100))
    refused(TooLarge, tmp_path, sealed(), limits=Limits(total=300))
    refused(TooLarge, tmp_path, sealed(), limits=Limits(archive=100))


def test_more_than_was_declared_never_comes_out(tmp_path: Path) -> None:
    content = bytearray(sealed(data=bytes(50_000_000)))
    for at in _size_fields(bytes(content), b"data.csv"):
        content[at : at + 4] = struct.pack("<L", made()[0].data_size)
    refused(TamperedPackage, tmp_path, bytes(content))


def test_a_member_longer_than_its_manifest_says_is_not_unpacked(tmp_path: Path) -> None:
    refused(TooLarge, tmp_path, sealed(data=made()[1] + b"x"))


def _size_fields(content: bytes, name: bytes) -> tuple[int, int]:
    """Where the unpacked size of a member stands: in its local header and in the central directory."""
    return content.index(name) - 30 + 22, content.rindex(name) - 46 + 24


def test_too_many_members_are_refused_before_they_are_read(tmp_path: Path) -> None:
    many = write_zip({f"f{n}": b"" for n in range(17)}, None)
    refused(TooLarge, tmp_path, many)
    few = write_zip({f"f{n}": b"" for n in range(16)}, PASSWORD.encode())
    refused(UnexpectedMember, tmp_path, few)


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    content = bytearray(sealed())
    at = bytes(content).rindex(b"manifest.json") - 46 + 20
    size = struct.unpack_from("<L", content, at)[0]
    content[at : at + 4] = struct.pack("<L", size + 200)  # reaches into data.csv
    refused(DuplicateMember, tmp_path, bytes(content))


def test_a_directory_that_points_elsewhere_is_refused(tmp_path: Path) -> None:
    content = bytearray(sealed())
    content[-6:-2] = struct.pack("<L", 0)
    refused(TamperedPackage, tmp_path, bytes(content))
    refused(TruncatedPackage, tmp_path, sealed() + bytes(70_000))
    refused(TamperedPackage, tmp_path, sealed() + b"x")


def test_a_bomb_inside_age_is_refused(tmp_path: Path) -> None:
    bomb = write_zip({"manifest.json": b"{}", "data.csv": bytes(50_000_000)}, None)
    refused(TooLarge, tmp_path, age.encrypt(bomb, RECIPIENT), AgeSecret(SECRET))


# --- contents --------------------------------------------------------------------------------------------------------


def changed(change: Callable[[bytes], bytes]) -> tuple[Manifest, bytes]:
    """A manifest that fits data changed by its own sender."""
    data = change(made()[1])
    return made(data_sha256=hashlib.sha256(data).hexdigest(), data_size=len(data))[0], data


def test_data_of_the_right_size_but_another_digest_is_refused(tmp_path: Path) -> None:
    data = made()[1]
    refused(DigestMismatch, tmp_path, sealed(data=data[:-3] + b"x\r\n"))


def test_another_checkpoint_than_the_manifests_is_refused(tmp_path: Path) -> None:
    refused(DigestMismatch, tmp_path, sealed(**{"checkpoint.txt": b"x"}))


def test_a_row_too_few_is_a_count_mismatch(tmp_path: Path) -> None:
    said = str(refused(RowCountMismatch, tmp_path, sealed(*changed(lambda data: data[: data[:-2].rindex(b"\n") + 1]))))
    assert "送付票 3件、実際 2件" in said


def test_an_unlisted_column_is_refused(tmp_path: Path) -> None:
    def wider(data: bytes) -> bytes:
        return data.replace(b"\r\n", b",x\r\n")

    assert refused(ColumnsMismatch, tmp_path, sealed(*changed(wider))).extra == 1  # type: ignore[attr-defined]


def test_a_huge_line_is_refused_with_its_number(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(200_000).hex().encode()
    refusal = refused(LineTooLong, tmp_path, sealed(*changed(lambda data: data + noise)))
    assert refusal.line == 5  # type: ignore[attr-defined]


def test_a_package_for_another_party_is_refused(tmp_path: Path) -> None:
    assert "見本印刷" in str(refused(NotForUs, tmp_path, sealed(), expect_receiver="laboratory"))
    refused(NotFromThem, tmp_path, sealed(), expect_sender="laboratory")


def test_a_package_with_an_item_that_our_dossier_does_not_list_is_refused(tmp_path: Path) -> None:
    assert "住所" in str(refused(ManifestUnreadable, tmp_path, sealed(), known_items={"name"}))


def test_a_manifest_that_is_no_json_is_refused(tmp_path: Path) -> None:
    refused(ManifestUnreadable, tmp_path, sealed(**{"manifest.json": b"{"}))


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("azukari.custody.durable.os.fsync", full)
        with pytest.raises(DiskFull, match="もう一度実行"):
            build(tmp_path, *made(), ZipSealing(PASSWORD))
    assert list(tmp_path.iterdir()) == []
    assert build(tmp_path, *made(), ZipSealing(PASSWORD)).path.exists()


def test_random_bytes_behind_a_zip_signature_never_escape_as_another_error(tmp_path: Path) -> None:
    draw = random.Random(7)
    content, path = sealed(), tmp_path / f"{NUMBER}.zip"
    directory = content.index(b"PK\x01\x02")
    for _ in range(300):
        broken = bytearray(content)
        for _ in range(draw.randint(1, 6)):
            broken[draw.randrange(directory, len(broken))] = draw.randrange(256)
        path.write_bytes(broken)
        try:
            opened = open_package(path, Password(PASSWORD), expect_receiver="printer")
        except PackageRefused:
            continue
        assert opened.data == made()[1]


def test_every_refusal_is_japanese_and_says_what_to_do() -> None:
    kinds = [
        kind for kind in vars(package_errors).values() if isinstance(kind, type) and issubclass(kind, PackageRefused)
    ]
    assert len(kinds) > 25
    assert all(kind.__name__ not in ("Error", "PackageError") for kind in kinds)
