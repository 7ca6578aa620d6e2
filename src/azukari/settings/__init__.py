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

DATABASES = {"default": _database(os.environ.get("AZUKARI_DATABASE_URL", f"sqlite://{VAR / 'azukari.sqlite3'}"))}
# A thread of the server keeps its connection between requests; one that broke is noticed and made anew.
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SURFACE = os.environ.get("AZUKARI_SURFACE", "ward")
"""Which surface this process serves: ward, partner, resident or employee. Each has its own URLs, cookies and hosts."""
ROOT_URLCONF = f"azukari.surfaces.{SURFACE}.urls"
_OWN_HOSTS = {
    "ward": os.environ.get("AZUKARI_ALLOWED_HOSTS_WARD"),
    "partner": os.environ.get("AZUKARI_ALLOWED_HOSTS_PARTNER"),
    "resident": os.environ.get("AZUKARI_ALLOWED_HOSTS_RESIDENT"),
    "employee": os.environ.get("AZUKARI_ALLOWED_HOSTS_EMPLOYEE"),
}
_HOSTS = _OWN_HOSTS.get(SURFACE) or os.environ.get("AZUKARI_ALLOWED_HOSTS", "localhost,127.0.0.1")
ALLOWED_HOSTS = [host for host in _HOSTS.split(",") if host]
"""Names by which this surface may be called: its own where given, else those of all surfaces."""
WSGI_APPLICATION = "azukari.web.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "azukari.dossier",
    "azukari.witness",
    "azukari.parties",
    "azukari.people",
    "azukari.custody",
    "azukari.keying",
    "azukari.web",
    "azukari.programmes.screening",
    "azukari.programmes.stress_check",
    "azukari.surfaces",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "azukari.web.middleware.headers.HeadersMiddleware",
    "azukari.web.middleware.errors.ErrorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "azukari.web.middleware.uploads.UploadLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "azukari.web.middleware.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "azukari.web.middleware.handler.HandlerMiddleware",
    "azukari.web.middleware.kept_form.KeptFormMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "azukari.web.context.frame",
            ],
            "builtins": ["django.templatetags.i18n", "azukari.web.templatetags.azukari"],
        },
    },
]
FORM_RENDERER = "azukari.web.forms.Renderer"

# --- sign-in

AUTH_USER_MODEL = "parties.Account"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "azukari.web.signin.adapter.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "1000/m/key", "reauthenticate": "30/m/user"}
MFA_ADAPTER = "azukari.web.signin.adapter.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "azukari.web.signin.forms.CodeForm",
    "reauthenticate": "azukari.web.signin.forms.CodeAgainForm",
    "activate_totp": "azukari.web.signin.forms.ActivateForm",
    "add_webauthn": "azukari.web.signin.forms.AddPasskeyForm",
}
ACCOUNT_FORMS = {
    "login": "azukari.web.signin.forms.SignInForm",
    "reauthenticate": "azukari.web.signin.forms.PasswordAgainForm",
    "change_password": "azukari.web.signin.forms.NewPasswordForm",
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": VAR / "cache"},
}
"""Used by sign-in alone (codes that were used, tries per address), and shared by all processes."""
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"

# --- cookies: one set per surface, so that a session of one is nothing to another

SESSION_COOKIE_NAME = f"azukari_{SURFACE}_session"
CSRF_COOKIE_NAME = f"azukari_{SURFACE}_csrf"
LANGUAGE_COOKIE_NAME = f"azukari_{SURFACE}_language"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True
INSECURE = _flag("AZUKARI_INSECURE")
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = INSECURE
"""Passkeys ask for https, or for http://localhost in the demo."""
"""Serve without TLS (demo on this machine, tests). Anywhere else a proxy with TLS stands in front."""
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not INSECURE

CSRF_FAILURE_VIEW = "azukari.web.middleware.errors.forged_form"

# --- serving: TLS, headers (web.middleware.headers sets the rest), static files, uploads, log

TLS_CERTIFICATE = os.environ.get("AZUKARI_TLS_CERTIFICATE", "")
TLS_KEY = os.environ.get("AZUKARI_TLS_KEY", "")
"""Serve TLS ourselves with this certificate chain and key (PEM). Without them a proxy with TLS stands in front."""
BEHIND_PROXY = _flag("AZUKARI_PROXY")
"""A proxy with TLS stands in front and nobody else reaches the port, so another address than 127.0.0.1 may be used."""
if not INSECURE and not TLS_CERTIFICATE:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # straight from the package: no step that collects files
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 300  # after an update nobody sees an old style sheet for longer

FILE_UPLOAD_TEMP_DIR = VAR / "uploads"
SILENCED_SYSTEM_CHECKS = ["files.E001"]  # the folder is made when the first large file comes
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"without_values": {"()": "azukari.web.faults.WithoutValues"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "without_values"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "azukari": {"level": "INFO"},
        "_granian": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # What Django writes of a request holds its address and data, and it would mail both. Ours: web.faults.
        "django": {"handlers": [], "level": "WARNING"},
        "django.request": {"handlers": ["nowhere"], "propagate": False},
        "django.security": {"handlers": ["nowhere"], "propagate": False},
        "django.server": {"handlers": ["nowhere"], "propagate": False},
        "django_tasks_db": {"level": "ERROR"},
    },
}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

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
AZUKARI_VAULT = os.environ.get("AZUKARI_VAULT") or str(AZUKARI_KEYS / "vault")
"""Keys of the records that the employer may not read, one per person; "off": this process can open none of them."""
AZUKARI_OUTBOX = Path(os.environ.get("AZUKARI_OUTBOX", VAR / "outbox")).resolve()
AZUKARI_FONTS = tuple(Path(p) for p in os.environ.get("AZUKARI_FONTS", "").split(os.pathsep) if p)
AZUKARI_XSD = Path(os.environ.get("AZUKARI_XSD", VAR / "xsd"))
"""Folder with the ministry's schemas of the checkup XML (hc08_V08.xsd and coreschemas); a ward gets them there."""
AZUKARI_PROGRAMMES = Path(os.environ.get("AZUKARI_PROGRAMMES", Path(__file__).resolve().parent.parent / "programmes"))
"""Folder that holds one folder per programme with its dossier.toml."""
AZUKARI_DEMO = _flag("AZUKARI_DEMO")
"""This is the demo: a banner says so, the sign-in page shows the confirmation code. Served on this machine alone."""
AZUKARI_CLOCK_OFFSET = int(os.environ.get("AZUKARI_CLOCK_OFFSET", "0"))
"""Seconds by which the demo's clock is ahead of (or behind) the real one."""
AZUKARI_SESSION_MINUTES = int(os.environ.get("AZUKARI_SESSION_MINUTES", "30"))
"""A session ends after so many minutes without a request."""
SESSION_COOKIE_AGE = AZUKARI_SESSION_MINUTES * 60
AZUKARI_UPLOAD_MB = int(os.environ.get("AZUKARI_UPLOAD_MB", "512"))
"""Largest upload."""
