"""Uploads: refused before they are read when too large, private while they are read, gone with the answer."""

from __future__ import annotations

import stat
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from azukari.web.middleware.uploads import UNKNOWN_PERSON, UploadLimitMiddleware

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.web.odd_urls")]
MIB = 1024 * 1024


class Untouched(BytesIO):
    """A body that must not be read."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("the body was read")

    readline = readlines = read  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.AZUKARI_UPLOAD_MB = 4


@pytest.fixture
def signed_in(monkeypatch):
    """A browser of somebody signed in, without the ways of signing in."""
    account = get_user_model()(pk=1)
    monkeypatch.setattr("django.contrib.auth.middleware.get_user", lambda _request: account)
    monkeypatch.setattr("azukari.web.middleware.handler.logout", lambda _request: None)
    return Client(raise_request_exception=False)


def announced(length: int | str, **more: str):
    request = RequestFactory().post("/take/", **more)
    request.META["CONTENT_LENGTH"] = str(length)
    request.META["wsgi.input"] = request._stream = Untouched()
    return request


def passed(request):
    response = UploadLimitMiddleware(lambda _request: None)(request)
    return None if response is None else response.status_code


def test_the_announced_length_decides_and_nothing_is_read():
    assert passed(announced(4 * MIB - 1)) is None
    assert passed(announced(4 * MIB)) is None
    assert passed(announced(4 * MIB + 1)) == 413
    assert passed(announced(3 * 1024**3)) == 413


def test_a_length_that_is_no_number_counts_as_no_body():
    assert passed(announced("many")) is None
    assert passed(announced("-5")) is None


def test_a_body_of_unknown_length_is_not_taken():
    assert passed(announced("", HTTP_TRANSFER_ENCODING="chunked")) == 411


def test_the_page_says_how_large_it_was_how_large_it_may_be_and_what_to_do():
    response = UploadLimitMiddleware(lambda _request: None)(announced(3 * 1024**3))
    told = response.content.decode()
    assert "約3072MB" in told
    assert "4MBまで" in told
    assert "分けて取り込んでください" in told
    assert "何も変わっていません" in told
    assert response["Connection"] == "close"


def test_who_has_not_signed_in_sends_no_more_than_a_form():
    browser = Client(raise_request_exception=False)
    small = SimpleUploadedFile("a.csv", b"1" * (UNKNOWN_PERSON // 2))
    large = SimpleUploadedFile("a.csv", b"1" * (UNKNOWN_PERSON + 1))
    assert browser.post("/take/", {"file": small}).status_code == 200
    refused = browser.post("/take/", {"file": large})
    assert refused.status_code == 413
    assert "サインインしてから" in refused.content.decode()


def test_a_large_file_lies_in_a_private_folder_and_is_gone_with_the_answer(signed_in, settings, monkeypatch):
    modes = []
    from tests.integration.web import odd_urls

    def look(request):
        (file,) = request.FILES.values()
        path = Path(file.temporary_file_path())
        modes.append((path.parent, stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)))
        return odd_urls.HttpResponse(str(path))

    monkeypatch.setattr(odd_urls.urlpatterns[-1], "callback", odd_urls.csrf_exempt(odd_urls.public(look)))
    response = signed_in.post("/take/", {"file": SimpleUploadedFile("a.csv", b"1" * (3 * MIB))})
    assert response.status_code == 200
    assert modes == [(settings.FILE_UPLOAD_TEMP_DIR, 0o600, 0o700)]
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


def test_a_large_file_is_gone_too_when_the_view_falls_over(signed_in, settings):
    response = signed_in.post("/fall-over/", {"name": "x", "file": SimpleUploadedFile("a.csv", b"1" * (3 * MIB))})
    assert response.status_code == 500
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


def test_many_files_and_many_fields_are_refused_with_the_reason(signed_in, settings):
    most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
    for count, status in ((most, 200), (most + 1, 413)):
        files = {f"f{n}": SimpleUploadedFile(f"{n}.csv", b"1") for n in range(count)}
        assert signed_in.post("/take/", files).status_code == status
    most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    for count, status in ((most, 200), (most + 1, 413)):
        assert signed_in.post("/take/", {f"f{n}": "1" for n in range(count)}).status_code == status


def test_a_form_without_files_that_is_far_too_long_is_refused(signed_in, settings):
    assert signed_in.post("/take/", {"text": "a" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}).status_code == 413
