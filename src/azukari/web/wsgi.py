"""The WSGI application of the surface that AZUKARI_SURFACE names."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azukari.settings")
application = get_wsgi_application()
