"""Settings from environment variables with safe defaults. Every variable is listed in docs/reference/settings.md."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

VAR = Path(os.environ.get("AZUKARI_VAR", "var")).resolve()


def _flag(name: str) -> bool:
    return os.environ.get(name, "") in {"1", "true", "yes"}


def _secret_key() -> str:
    """The environment's key, or one made once and kept in the state folder, readable by its owner alone."""
    given = os.environ.get("AZUKARI_SECRET_KEY")
    if given:
        return given
    path = VAR / "secret-key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"secret-key.{os.getpid()}")  # whole or not at all: an empty key would stop every start
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(48).hex())
        with suppress(FileExistsError):  # another process was first: its key is the key
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


def _database(url: str) -> dict[str, object]:
    """``sqlite:///path`` or ``postgresql://user:password@host:port/name`` as Django's DATABASES entry."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 120,
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;",
            },
        }
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
        }
    raise ValueError(f"AZUKARI_DATABASE_URL: 「{parts.scheme}」は使えません。sqlite か postgresql を指定してください。")


DEBUG = _flag("AZUKARI_DEBUG")
SECRET_KEY = _secret_key()
ALLOWED_HOSTS = [host for host in os.environ.get("AZUKARI_ALLOWED_HOSTS", "localhost,127.0.0.1").split(",") if host]

DATABASES = {"default": _database(os.environ.get("AZUKARI_DATABASE_URL", f"sqlite://{VAR / 'azukari.sqlite3'}"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "azukari.dossier",
    "azukari.witness",
    "azukari.parties",
    "azukari.people",
    "azukari.custody",
    "azukari.programmes.screening",
]
AUTH_USER_MODEL = "parties.Account"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).resolve().parent.parent / "locale"]
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True
USE_I18N = True

# Where things that are not in the database live.
AZUKARI_VAR = VAR
AZUKARI_HOME = os.environ.get("AZUKARI_HOME", "ward")
"""Key of the organisation whose instance this is."""
AZUKARI_PREFIX = os.environ.get("AZUKARI_PREFIX", "AZ")
"""First letters of handover numbers: different for each instance that exchanges packages."""
AZUKARI_KEYS = Path(os.environ.get("AZUKARI_KEYS", VAR / "keys")).resolve()
"""Package keys and signing keys: a folder that the database's backups do not include."""
AZUKARI_OUTBOX = Path(os.environ.get("AZUKARI_OUTBOX", VAR / "outbox")).resolve()
AZUKARI_FONTS = tuple(Path(p) for p in os.environ.get("AZUKARI_FONTS", "").split(os.pathsep) if p)
AZUKARI_PROGRAMMES = Path(os.environ.get("AZUKARI_PROGRAMMES", Path(__file__).resolve().parent.parent / "programmes"))
"""Folder that holds one folder per programme with its dossier.toml."""
