"""Puts an Office file behind a password, as Excel itself does (ECMA-376 agile encryption, AES-256, SHA-512)."""

from __future__ import annotations

from io import BytesIO

from msoffcrypto.format.ooxml import OOXMLFile

#: A password of the workbook that leaves the house; shorter ones are guessed in hours.
SHORTEST_PASSWORD = 12


class PasswordTooShort(ValueError):
    """The password is shorter than :data:`SHORTEST_PASSWORD`. It is in no message."""

    def __str__(self) -> str:
        return (
            f"パスワードが短いため（{self.args[0]}文字）、ファイルを暗号化しませんでした。"
            f"{SHORTEST_PASSWORD}文字以上にして、もう一度実行してください。"
        )


def with_password(document: bytes, password: str) -> bytes:
    """``document`` (an .xlsx), to be opened with ``password`` only; salts and keys are new each time.

    :raises PasswordTooShort: nothing is encrypted.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort(len(password))
    locked = BytesIO()
    OOXMLFile(BytesIO(document)).encrypt(password, locked)
    return locked.getvalue()
