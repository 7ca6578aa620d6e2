"""The access log alone: settings under which its tests run without the floors above it."""

from __future__ import annotations

SECRET_KEY = "tests only"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "azukari.witness"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "ja"
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True
AZUKARI_HOME = "ward"
AZUKARI_KEYS = "/nonexistent"  # each test that needs keys names its own folder
