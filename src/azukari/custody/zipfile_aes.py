"""ZIP files as packages: AES-256 (WinZip AE-2) written fast, any writer's read with suspicion.

The standard library parses the directory; authentication, decryption and bounded unpacking of what it points at are
done here, in that order. Why not a library: docs/adr/0007-aes-zip.md.
Format: APPNOTE.TXT 4.3 (no ZIP64, no data descriptors) and WinZip's "AES Encryption Information", AE-2.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from azukari.custody.package_errors import (
    DuplicateMember,
    NotAPackage,
    TamperedPackage,
    TooLarge,
    TruncatedPackage,
    UnencryptedMember,
    UnexpectedMember,
    UnsafeMemberName,
    WrongPassword,
)

SALT_BYTES = 16
MAC_BYTES = 10
PBKDF2_ROUNDS = 1000  # fixed by the format, which is why passwords are drawn at random with 100 bits
LEVEL = 5  # the fastest of zlib's that packs a roster tighter than ``7z -mx1``; measured in docs/adr/0007-aes-zip.md
DEFLATE_CHUNK = 1 << 20
COUNTER_CHUNK = 1 << 20  # 65,536 blocks: the two lowest counter bytes run through once
_LOCAL = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL = struct.Struct("<4sHHHHHHLLLHHHHHLL")
_END = struct.Struct("<4sHHHHLLH")
_AES_EXTRA = struct.Struct("<HHH2sBH")
_DOS_TIME, _DOS_DATE = 0, 0x21
_SIZE_LIMIT = 0xFFFFFFFF - (1 << 20)


@dataclass(frozen=True)
class Limits:
    """How much a hostile archive may cost us. Sizes in bytes, ``ratio`` = unpacked / packed."""

    archive: int = 1 << 30
    member: int = 1 << 29
    total: int = 1 << 30
    members: int = 16
    ratio: int = 300
    ratio_from: int = 1 << 20  # small members may be arbitrarily repetitive


def write_zip(members: Mapping[str, bytes], password: bytes | None, *, level: int = LEVEL) -> bytes:
    """Return a ZIP of ``members`` (name -> content), each AES-256 encrypted unless ``password`` is None.

    ``level`` is zlib's (0 stores). Names must be ASCII. Raises TooLarge over 4 GiB.
    """
    parts: list[bytes | memoryview] = []
    central, start = bytearray(), 0
    for name, content in members.items():
        if len(content) > _SIZE_LIMIT:
            raise TooLarge("書き出すデータの大きさ", "4GB")
        local, entry = _member(name.encode("ascii"), content, password, level, start)
        parts += local
        start += sum(map(len, local))
        central += entry
    end = _END.pack(b"PK\x05\x06", 0, 0, len(members), len(members), len(central), start, 0)
    return b"".join([*parts, central, end])


def _member(
    name: bytes, content: bytes, password: bytes | None, level: int, offset: int
) -> tuple[tuple[bytes | memoryview, ...], bytes]:
    method = zlib.DEFLATED if level else 0
    packed = deflate(content, level) if level else content
    if password is None:
        body: tuple[bytes | memoryview, ...] = (packed,)
        flags, header_method, crc, extra, version = 0, method, zlib.crc32(content), b"", 20
    else:
        body = encrypt(packed, password)
        # AE-2: the checksum field stays 0, since a CRC of a short plaintext would give it away
        flags, header_method, crc, version = 1, 99, 0, 51
        extra = _AES_EXTRA.pack(0x9901, 7, 2, b"AE", 3, method)
    size = sum(map(len, body))
    common = (version, flags, header_method, _DOS_TIME, _DOS_DATE, crc, size, len(content), len(name), len(extra))
    local = _LOCAL.pack(b"PK\x03\x04", *common)
    entry = _CENTRAL.pack(b"PK\x01\x02", 20, *common, 0, 0, 0, 0, offset)
    return (local, name, extra, *body), entry + name + extra


def deflate(content: bytes, level: int) -> bytes:
    """Raw deflate in 1 MiB pieces on two threads, each primed with the 32 KiB before it, as pigz does."""
    if len(content) <= DEFLATE_CHUNK:
        packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9)
        return packer.compress(content) + packer.flush()
    view = memoryview(content)

    def piece(start: int) -> bytes:
        end = start + DEFLATE_CHUNK
        primed = (bytes(view[start - 32768 : start]),) if start else ()
        packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, *primed)
        last = end >= len(content)
        return packer.compress(view[start:end]) + packer.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)

    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        return b"".join(pool.map(piece, range(0, len(content), DEFLATE_CHUNK)))


def encrypt(content: bytes, password: bytes, *, salt: bytes | None = None) -> tuple[bytes, memoryview, bytes]:
    """WinZip AES-256: (salt + 2 verification bytes, ciphertext, 10-byte HMAC-SHA1)."""
    salt = os.urandom(SALT_BYTES) if salt is None else salt
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, PBKDF2_ROUNDS, 66)
    mac = hmac.new(keys[32:64], None, "sha1")
    secret = _counter_mode(content, keys[:32], mac.update)
    return salt + keys[64:], secret, mac.digest()[:MAC_BYTES]


def _counter_mode(content: bytes | memoryview, key: bytes, each: Callable[[memoryview], object]) -> memoryview:
    """AES in counter mode with WinZip's little-endian counter from 1; ``each`` is fed the ciphertext.

    The library's own counter mode counts big-endian, so the keystream is made by encrypting counter blocks (a 1 MiB
    template in which only bytes 2 to 5 change from piece to piece) and XORed with NumPy.
    """
    source = np.frombuffer(content, dtype=np.uint8)
    result = np.empty(len(content), dtype=np.uint8)
    count = COUNTER_CHUNK // 16
    blocks = np.zeros((count, 16), dtype=np.uint8)
    low = np.arange(count, dtype="<u2")
    blocks[:, 0:2] = low.view(np.uint8).reshape(count, 2)
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - a keystream, not ECB over data
    stream = np.empty(COUNTER_CHUNK + 16, dtype=np.uint8)
    done = piece = 0
    while done < len(content):
        blocks[:, 2:6] = np.frombuffer(struct.pack("<I", piece), dtype=np.uint8)
        encryptor.update_into(blocks.data.cast("B"), stream.data)
        skip = 16 if piece == 0 else 0  # counter 0 is never used
        size = min(COUNTER_CHUNK - skip, len(content) - done)
        target = result[done : done + size]
        np.bitwise_xor(source[done : done + size], stream[skip : skip + size], out=target)
        each(target.data)
        done += size
        piece += 1
    return result.data


# --- reading -------------------------------------------------------------------------------------------------------


_PARSER_ERRORS = (
    zipfile.BadZipFile,
    ValueError,
    struct.error,
    NotImplementedError,
    OverflowError,
    EOFError,
    OSError,
)


@dataclass(frozen=True)
class _Member:
    """Where a member's bytes are and what they claim to be. ``version``: AE-1, AE-2, or 0 when not encrypted."""

    position: int
    start: int
    packed: int
    unpacked: int
    method: int
    version: int
    crc: int


class ZipReader:
    """A ZIP that has passed every check that needs no password; ``read`` unpacks one member, counting as it goes.

    ``password`` None means that nothing may be encrypted (the inside of an age file); otherwise all must be AES-256.
    Raises the refusals of ``package_errors``; writes nothing anywhere.
    """

    def __init__(self, data: bytes, password: bytes | None, *, allowed: Callable[[str], bool], limits: Limits) -> None:
        if len(data) > limits.archive:
            raise TooLarge("パッケージの大きさ", _size(limits.archive))
        self._data, self._password, self._limits = data, password, limits
        self._directory = _check_end_record(data, limits)
        self._members: dict[str, _Member] = {}
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                entries = archive.infolist()
        except _PARSER_ERRORS as error:
            raise TamperedPackage() from error
        self._check_members(entries, allowed)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._members)

    def _check_members(self, entries: list[zipfile.ZipInfo], allowed: Callable[[str], bool]) -> None:
        for position, info in enumerate(entries, start=1):
            name = info.orig_filename
            kind = stat.S_IFMT(info.external_attr >> 16)
            escapes = name.startswith(("/", "\\")) or any(part in name for part in ("..", "\\", ":", "\0"))
            if escapes or kind not in (0, stat.S_IFREG):
                raise UnsafeMemberName(position)
            if name in self._members:
                raise DuplicateMember(position)
            if not allowed(name):
                raise UnexpectedMember(position)
            version, method = self._encryption(info, position)
            self._check_sizes(info)
            start = self._start(info, name)
            self._members[name] = _Member(
                position, start, info.compress_size, info.file_size, method, version, info.CRC
            )
        self._check_overlap()
        if sum(member.unpacked for member in self._members.values()) > self._limits.total:
            raise TooLarge("展開後の合計の大きさ", _size(self._limits.total))

    def _encryption(self, info: zipfile.ZipInfo, position: int) -> tuple[int, int]:
        """(AE version or 0, compression method). AES-128 and the old ZIP cipher count as not encrypted."""
        encrypted, version, method = bool(info.flag_bits & 1), 0, info.compress_type
        if self._password is None and encrypted:
            raise UnexpectedMember(position)
        if self._password is not None:
            version, strength, method = _aes_field(info.extra) if encrypted and method == 99 else (0, 0, method)
            if version not in (1, 2) or strength != 3:
                raise UnencryptedMember(position)
        if method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnexpectedMember(position)  # LZMA and bzip2 have their own bombs
        return version, method

    def _check_sizes(self, info: zipfile.ZipInfo) -> None:
        if info.file_size > self._limits.member:
            raise TooLarge("展開後の大きさ", _size(self._limits.member))
        if info.file_size > self._limits.ratio_from and info.file_size > self._limits.ratio * info.compress_size:
            raise TooLarge("圧縮率", f"{self._limits.ratio}倍")

    def _start(self, info: zipfile.ZipInfo, name: str) -> int:
        """Where the member's bytes begin, after a local header that says the same as the directory."""
        at = info.header_offset
        if at < 0 or at + _LOCAL.size > self._directory:
            raise TamperedPackage()
        signature, _, flags, method, *_, name_size, extra_size = _LOCAL.unpack_from(self._data, at)
        start = at + _LOCAL.size + name_size + extra_size
        local_name = self._data[at + _LOCAL.size : at + _LOCAL.size + name_size]
        same = (flags, method, local_name) == (info.flag_bits, info.compress_type, name.encode("ascii", "replace"))
        if signature != b"PK\x03\x04" or not same or start + info.compress_size > self._directory:
            raise TamperedPackage()
        return int(start)

    def _check_overlap(self) -> None:
        end = 0
        for member in sorted(self._members.values(), key=lambda member: member.start):
            if member.start < end:
                raise DuplicateMember(member.position)
            end = member.start + member.packed

    def read(self, name: str, *, at_most: int) -> bytes:
        """Authenticate, decrypt and unpack one member; never makes more than the declared size or ``at_most`` bytes."""
        member = self._members[name]
        if member.unpacked > at_most:
            raise TooLarge("展開後の大きさ", _size(at_most))
        packed: bytes | memoryview = memoryview(self._data)[member.start : member.start + member.packed]
        if self._password is not None:
            packed = decrypt(packed, self._password)
        content = _inflate(packed, member.unpacked) if member.method == zipfile.ZIP_DEFLATED else bytes(packed)
        if len(content) != member.unpacked:
            raise TamperedPackage()
        if member.version != 2 and zlib.crc32(content) != member.crc:
            raise TamperedPackage()
        return content


def decrypt(sealed: bytes | memoryview, password: bytes) -> memoryview:
    """Undo :func:`encrypt`. Raises WrongPassword by the check value, TamperedPackage by the HMAC, before decrypting."""
    if len(sealed) < SALT_BYTES + 2 + MAC_BYTES:
        raise TamperedPackage()
    salt, check = bytes(sealed[:SALT_BYTES]), bytes(sealed[SALT_BYTES : SALT_BYTES + 2])
    secret, mac = sealed[SALT_BYTES + 2 : -MAC_BYTES], bytes(sealed[-MAC_BYTES:])
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, PBKDF2_ROUNDS, 66)
    if not hmac.compare_digest(keys[64:], check):
        raise WrongPassword()
    if not hmac.compare_digest(hmac.digest(keys[32:64], secret, "sha1")[:MAC_BYTES], mac):
        raise TamperedPackage()
    return _counter_mode(secret, keys[:32], lambda _: None)


def _inflate(packed: bytes | memoryview, size: int) -> bytes:
    """Raw deflate of exactly ``size`` bytes; the output is bounded, whatever the stream would make."""
    unpacker = zlib.decompressobj(-15)
    try:
        content = unpacker.decompress(packed, size + 1)
    except zlib.error as error:
        raise TamperedPackage() from error
    if len(content) > size or not unpacker.eof or unpacker.unused_data:
        raise TamperedPackage()
    return content


def _aes_field(extra: bytes) -> tuple[int, int, int]:
    """(version, strength, real method) of WinZip's extra field 0x9901, or zeros."""
    at = 0
    while at + 4 <= len(extra):
        tag, size = struct.unpack_from("<HH", extra, at)
        if tag == 0x9901 and size == 7 and at + _AES_EXTRA.size <= len(extra):
            _, _, version, vendor, strength, method = _AES_EXTRA.unpack_from(extra, at)
            return (int(version), int(strength), int(method)) if vendor == b"AE" else (0, 0, 0)
        at += 4 + size
    return 0, 0, 0


def _check_end_record(data: bytes, limits: Limits) -> int:
    """Look at the end record before any parser allocates for it: number of members, size of the directory.

    Returns where the directory begins, which is where the members' bytes must end.
    """
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise NotAPackage()
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - 65557))
    if at < 0 or at + _END.size > len(data):
        raise TruncatedPackage()
    disk, start_disk, here, total, size, offset, comment = (int(n) for n in _END.unpack_from(data, at)[1:])
    if disk or start_disk or here != total or total > limits.members or size > 65536:
        raise TooLarge("パッケージ内のファイル数", f"{limits.members}個")
    if offset + size != at or at + _END.size + comment != len(data):
        raise TamperedPackage()
    return offset


def _size(count: int) -> str:
    return f"{count / (1 << 20):,.0f}MB" if count >= 1 << 20 else f"{count:,}バイト"
