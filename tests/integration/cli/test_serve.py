"""``azukari serve``: starts and ends as one, never leaves a process behind, and not at all where it would be unsafe."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path

import click
import pytest

from azukari.cli import serve

AZUKARI = [sys.executable, "-c", "from azukari.cli import main; main()"]
ROOT = Path(__file__).resolve().parents[3]
LONG = 120
"""Seconds after which a process that should have ended is taken for hanging."""


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AZUKARI_", "DJANGO_"))}
    return {**kept, "AZUKARI_VAR": str(folder), "AZUKARI_INSECURE": "1", "PYTHONUNBUFFERED": "1", **more}


@pytest.fixture(scope="module")
def instance(tmp_path_factory, migrated) -> Path:
    """A state folder with an empty database."""
    folder = tmp_path_factory.mktemp("instance")
    migrated.copy_to(folder)
    subprocess.run([*AZUKARI, "init"], env=environment(folder), check=True, stdout=subprocess.DEVNULL)
    return folder


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def served(folder: Path, *options: str, **more: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The server once it answers, and its port."""
    port = free_port()
    process = subprocess.Popen(
        [*AZUKARI, "serve", "--surface", "resident", "--port", str(port), *options], env=environment(folder, **more),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    watchdog = threading.Timer(LONG, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"resident: http://127.0.0.1:{port}/\n"
        yield process, port
    finally:
        watchdog.cancel()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=LONG)


def running_in(folder: Path) -> set[int]:
    """Processes that have this state folder in their environment."""
    wanted = f"AZUKARI_VAR={folder}\0".encode()
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if wanted in (entry / "environ").read_bytes():
                    found.add(int(entry.name))
            except OSError:
                continue
    return found


def wait_for_end_of(pids: set[int]) -> None:
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            assert select.select([descriptor], [], [], LONG)[0], f"process {pid} did not end"
        finally:
            os.close(descriptor)


def test_it_answers_and_a_signal_ends_all_of_it(instance):
    for number in (signal.SIGINT, signal.SIGTERM):
        with served(instance) as (process, port), closing(HTTPConnection("127.0.0.1", port)) as line:
            line.request("GET", "/static/")
            assert line.getresponse().status == 404
            assert len(running_in(instance)) == 4  # serve, the surface's watcher and its server, the worker
            process.send_signal(number)  # the browser's connection is still open
            assert process.wait(LONG) == 0
            assert running_in(instance) == set()


def test_when_one_process_dies_all_end_and_the_exit_code_says_so(instance):
    with served(instance) as (process, _port):
        others = running_in(instance) - {process.pid}
        os.kill(max(others), signal.SIGKILL)
        _out, err = process.communicate(timeout=LONG)
        assert process.returncode == 1
        assert "全部を止めました" in err
        assert running_in(instance) == set()


def test_nothing_is_left_when_serve_itself_is_killed(instance):
    with served(instance) as (process, _port):
        others = running_in(instance) - {process.pid}
        process.kill()
        process.wait(LONG)
        wait_for_end_of(others)
        assert running_in(instance) == set()


def test_a_port_that_is_taken_is_told(instance):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*AZUKARI, "serve", "--surface", "ward", "--port", port], env=environment(instance), capture_output=True,
            text=True, timeout=LONG, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert port in done.stderr
    assert "--port" in done.stderr


def test_without_tables_it_does_not_start(tmp_path):
    done = subprocess.run(
        [*AZUKARI, "serve", "--surface", "ward"], env=environment(tmp_path), capture_output=True, text=True,
        timeout=LONG, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "azukari init" in done.stderr


def test_the_server_writes_no_address_that_was_asked_for(instance):
    with served(instance) as (process, port):
        line = HTTPConnection("127.0.0.1", port)
        line.request("GET", "/9876543210/?name=HANAKO", headers={"Referer": "http://127.0.0.1/?name=HANAKO"})
        assert line.getresponse().status == 404
        line.close()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONG)
    assert " 404" in err
    assert "9876543210" not in out + err
    assert "HANAKO" not in out + err


def test_an_answer_that_breaks_off_leaves_no_value_in_the_servers_output(instance, tmp_path):
    (tmp_path / "odd_settings.py").write_text(
        "from azukari.settings import *\nROOT_URLCONF = 'tests.integration.web.odd_urls'\n"
    )
    more = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "DJANGO_SETTINGS_MODULE": "odd_settings"}
    with served(instance, **more) as (process, port):
        line = HTTPConnection("127.0.0.1", port)
        line.request("GET", "/break-off/?name=HANAKO")
        with suppress(IncompleteRead):
            line.getresponse().read()
        line.close()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONG)
    assert "odd_urls.py" in err
    assert "HANAKO" not in out + err


def test_only_one_worker_works_at_a_time(tmp_path):
    with serve._only_worker(tmp_path), pytest.raises(click.ClickException, match="一つだけ"):
        serve._only_worker(tmp_path)
    serve._only_worker(tmp_path).close()


EVERYWHERE = "0.0.0.0"  # noqa: S104


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine(host):
    assert serve.is_loopback(host)


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.0.2.1", "ward.example.lg.jp"])
def test_beyond_this_machine(host):
    assert not serve.is_loopback(host)


@pytest.fixture
def plain(settings):
    settings.DEBUG = settings.AZUKARI_DEMO = settings.INSECURE = settings.BEHIND_PROXY = False
    settings.TLS_CERTIFICATE = settings.TLS_KEY = ""
    return settings


def test_beyond_this_machine_only_with_tls_a_proxy_or_an_open_admission(plain, tmp_path, capsys):
    serve.refuse_unsafe_address("127.0.0.1")
    with pytest.raises(click.ClickException, match="TLS が要ります"):
        serve.refuse_unsafe_address(EVERYWHERE)
    plain.BEHIND_PROXY = True
    serve.refuse_unsafe_address(EVERYWHERE)
    plain.BEHIND_PROXY, plain.INSECURE = False, True
    serve.refuse_unsafe_address(EVERYWHERE)
    assert "暗号化しない" in capsys.readouterr().err
    plain.INSECURE = False
    plain.TLS_CERTIFICATE = plain.TLS_KEY = str(tmp_path / "key.pem")
    with pytest.raises(click.ClickException, match="読めません"):
        serve.refuse_unsafe_address(EVERYWHERE)
    (tmp_path / "key.pem").touch()
    serve.refuse_unsafe_address(EVERYWHERE)


def test_a_certificate_without_its_key_is_told_even_on_this_machine(plain):
    plain.TLS_CERTIFICATE = "chain.pem"
    with pytest.raises(click.ClickException, match="両方"):
        serve.refuse_unsafe_address("127.0.0.1")


def test_neither_the_demo_nor_the_developers_view_leaves_this_machine(plain):
    plain.INSECURE = True
    plain.AZUKARI_DEMO = True
    serve.refuse_unsafe_address("127.0.0.1")
    with pytest.raises(click.ClickException, match="デモ"):
        serve.refuse_unsafe_address(EVERYWHERE)
    plain.AZUKARI_DEMO, plain.DEBUG = False, True
    with pytest.raises(click.ClickException, match="AZUKARI_DEBUG"):
        serve.refuse_unsafe_address(EVERYWHERE)


@pytest.mark.django_db
def test_a_job_that_a_killed_worker_left_can_be_started_again():
    from datetime import UTC, date, datetime

    from django_tasks_db.models import DBTaskResult

    from azukari.parties.models import Handler, Organisation
    from azukari.web.jobs import work
    from azukari.web.models import Job

    ward = Organisation.objects.create(key="ward", name="新宿区", type="ward")
    officer = Handler.objects.create(
        key="W1", name="甲", organisation=ward, role="officer", reported_on=date(2025, 4, 1)
    )
    begun = datetime(2025, 4, 1, 10, tzinfo=UTC)
    for key, state in (("left", Job.State.RUNNING), ("waiting", Job.State.WAITING)):
        Job.objects.create(
            key=key, act="x", title="印字", arguments={}, then="/", started_by=officer, started_at=begun, state=state
        )
        work.enqueue(key)
    DBTaskResult.objects.filter(args_kwargs__args=["left"]).update(status="RUNNING")
    assert serve.give_up_what_a_killed_worker_left() == 1
    assert {job.key: job.state for job in Job.objects.all()} == {"left": Job.State.FAILED, "waiting": Job.State.WAITING}
    assert "もう一度始めてください" in Job.objects.get(key="left").message
    assert DBTaskResult.objects.filter(status="READY").count() == 1
