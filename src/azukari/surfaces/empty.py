"""The frame of a surface that has no screens yet."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from azukari.web.screens import public


@public
def frame(request: Any) -> HttpResponse:
    return render(request, "surfaces/empty.html")
