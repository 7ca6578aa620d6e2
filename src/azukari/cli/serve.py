"""``azukari serve``: one server per surface and one worker for long acts; they start, stop and fail together."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any

import click

from . import base

PORTS = {"ward": 8000, "partner": 8001, "resident": 8002, "employee": 8003}
_STARTED_WITHIN = 60
_STOPPED_WITHIN = 30


@click.command(
    short_help="画面を起動します（Ctrl-C で止まります）。",
    help="画面を起動します。--surface は何度でも指定でき、それぞれ別のプロセスになります。"
    "時間のかかる処理を行うプロセスも一つ起動します。どれかが落ちると全部を止め、終了コード 1 で終わります。",
)
@click.option("--surface", "surfaces", type=click.Choice(list(PORTS)), multiple=True, required=True,
              help="ward 区、partner 委託先、resident 住民、employee 職員")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, metavar="アドレス", help="待ち受けるアドレス")
@click.option("--port", type=click.IntRange(1, 65_000), metavar="番号",
              help="最初の画面の番号。次の画面は1ずつ増える（省くと 8000 から、画面ごとに決まった番号）")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, metavar="数",
              help="画面一つあたりのプロセス")  # fmt: skip
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, metavar="数",
              help="プロセス一つあたりのスレッド")  # fmt: skip
@click.option(
    "--no-worker", is_flag=True, help="時間のかかる処理を行うプロセスは起動しない（azukari worker を別に起動する）"
)
def serve(surfaces: Sequence[str], host: str, port: int | None, workers: int, threads: int, no_worker: bool) -> None:
    base.ready()
    base.refuse_to_start()
    refuse_without_tables()
    doors = {surface: PORTS[surface] if port is None else port + n for n, surface in enumerate(dict.fromkeys(surfaces))}
    refuse_unsafe_address(host)
    raise SystemExit(run(doors, host=host, workers=workers, threads=threads, job_worker=not no_worker))


def run(
    doors: Mapping[str, int],
    *,
    host: str = "127.0.0.1",
    workers: int = 1,
    threads: int = 4,
    job_worker: bool = True,
    environment: Mapping[str, str] | None = None,
    when_ready: Callable[[], None] = lambda: None,
) -> int:
    """Serve until told to stop; the exit code: 0, or 1 where a process ended by itself."""
    for surface, port in doors.items():
        refuse_taken_port(surface, host, port)
    scheme = "https" if os.environ.get("AZUKARI_TLS_CERTIFICATE") else "http"
    with Group(environment or {}) as group:
        for surface, port in doors.items():
            tls = (os.environ.get("AZUKARI_TLS_CERTIFICATE", ""), os.environ.get("AZUKARI_TLS_KEY", ""))
            group.start(
                f"画面 {surface}", "azukari.cli.surface_server",
                surface, host, str(port), str(workers), str(threads), *tls, str(os.getpid()),
            )  # fmt: skip
        if job_worker:
            group.start("時間のかかる処理", "azukari.cli.job_worker", str(os.getpid()))
        if not group.wait_for_ports(host, list(doors.values())):
            return group.told_who_died()
        for surface, port in doors.items():
            click.echo(f"{surface}: {scheme}://{host}:{port}/")
        when_ready()
        group.wait()
        return group.told_who_died()


@dataclass
class Member:
    """A process of the group and what it is called."""

    name: str
    process: subprocess.Popen[bytes]


class Group:
    """Processes that start and end together. SIGINT and SIGTERM stop them all; a second one does not wait for them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = {**os.environ, **environment}
        self.members: list[Member] = []
        self.told = threading.Event()
        self.hurry = False
        self.before: dict[int, Any] = {}

    def __enter__(self) -> Group:
        for number in (signal.SIGINT, signal.SIGTERM):
            self.before[number] = signal.signal(number, self._tell)
        return self

    def __exit__(self, *_unused: object) -> None:
        self.stop()
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _tell(self, _number: int, _frame: FrameType | None) -> None:
        self.hurry = self.told.is_set()
        self.told.set()

    def start(self, name: str, module: str, *arguments: str) -> None:
        # A session of its own: Ctrl-C reaches this process alone, which then stops the others once and in order.
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], env=self.environment, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        self.members.append(Member(name, process))

    def died(self) -> list[Member]:
        return [member for member in self.members if member.process.poll() is not None]

    def wait(self) -> None:
        """Until somebody says stop or one of the processes has ended."""
        while not self.told.is_set() and not self.died():
            self.told.wait(0.2)

    def wait_for_ports(self, host: str, ports: Sequence[int]) -> bool:
        waiting, until = list(ports), time.monotonic() + _STARTED_WITHIN
        while waiting and not self.told.is_set() and not self.died() and time.monotonic() < until:
            waiting = [port for port in waiting if not _answers(host, port)]
            self.told.wait(0.1)
        return not waiting

    def told_who_died(self) -> int:
        """0 where somebody said stop; else 1, and a line that says which process ended by itself."""
        if self.told.is_set():
            return 0
        names = "、".join(member.name for member in self.died()) or "サーバー"
        click.echo(
            f"「{names}」のプロセスが終わったため、全部を止めました。直前の表示を確かめ、もう一度起動してください。",
            err=True,
        )
        return 1

    def stop(self) -> None:
        self.hurry = False
        for member in self.members:
            with suppress(ProcessLookupError):
                member.process.terminate()
        until = time.monotonic() + _STOPPED_WITHIN
        while any(member.process.poll() is None for member in self.members):
            if self.hurry or time.monotonic() > until:
                self._kill()
                break
            time.sleep(0.05)
        for member in self.members:
            member.process.wait()

    def _kill(self) -> None:
        for member in self.members:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(member.process.pid, signal.SIGKILL)


def _answers(host: str, port: int) -> bool:
    """Whether the surface answers anything at all: the port is open long before the program behind it is loaded."""
    with suppress(OSError), socket.create_connection((_reachable(host), port), timeout=_STARTED_WITHIN) as line:
        if os.environ.get("AZUKARI_TLS_CERTIFICATE"):
            return True
        line.sendall(f"HEAD / HTTP/1.1\r\nHost: {_reachable(host)}\r\nConnection: close\r\n\r\n".encode())
        return line.recv(4) == b"HTTP"
    return False


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


# --- what keeps it from starting


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def refuse_unsafe_address(host: str) -> None:
    """Beyond this machine only with TLS, and never the demo or the developers' view."""
    from django.conf import settings

    if bool(settings.TLS_CERTIFICATE) != bool(settings.TLS_KEY):
        raise click.ClickException("AZUKARI_TLS_CERTIFICATE と AZUKARI_TLS_KEY は、両方を設定してください。")
    for name in (settings.TLS_CERTIFICATE, settings.TLS_KEY):
        if name and not os.access(name, os.R_OK):
            raise click.ClickException(f"TLS の証明書又は鍵 {name} を読めません。場所と権限を確かめてください。")
    if is_loopback(host):
        return
    if settings.AZUKARI_DEMO:
        raise click.ClickException("デモの画面は、この機械だけで使えます。--host を省いてください。")
    if settings.DEBUG:
        raise click.ClickException("AZUKARI_DEBUG を設定したまま、ほかの機械に画面を出すことはできません。")
    if not (settings.TLS_CERTIFICATE or settings.BEHIND_PROXY or settings.INSECURE):
        raise click.ClickException(
            f"{host} で待ち受けるには TLS が要ります。AZUKARI_TLS_CERTIFICATE と AZUKARI_TLS_KEY を設定するか、"
            "TLS を行うプロキシの後ろで AZUKARI_PROXY=1 を設定してください（この番号にほかから届かないこと）。"
        )
    if settings.INSECURE:
        click.echo("警告: AZUKARI_INSECURE のため、暗号化しない通信でサインインを受け付けます。", err=True)


def refuse_without_tables() -> None:
    """The database has every table of this version."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.utils import DatabaseError

    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise click.ClickException(base.database_trouble(error) or "データベースに接続できません。") from error
    finally:
        connection.close()
    if behind:
        raise click.ClickException(
            "データベースがまだないか、古い版のものです。止めている間に azukari init を実行してください。"
        )


def refuse_taken_port(surface: str, host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"画面 {surface}: {host} の {port} 番で待ち受けられません（{error.strerror}）。"
                "ほかのプログラムが使っていないか確かめるか、--port で別の番号を指定してください。"
            ) from None


# --- long acts


@click.command(help="時間のかかる処理（取込み、印字など）を順に行います。一つの設置に一つだけ起動します。")
def worker() -> None:
    base.ready()
    base.refuse_to_start()
    refuse_without_tables()
    work_off()


def work_off() -> None:
    """Do queued jobs until told to stop; what is under way then is finished first."""
    from django.conf import settings
    from django.utils.crypto import get_random_string
    from django_tasks_db.management.commands.db_worker import Worker

    from azukari.web.faults import speak_without_values

    speak_without_values()
    with _only_worker(Path(settings.AZUKARI_VAR)):
        give_up_what_a_killed_worker_left()
        here = Worker(
            queue_names=["*"], interval=0.5, batch=False, backend_name="default", startup_delay=False, max_tasks=None,
            worker_id=get_random_string(32), excluded_queue_names=[],
        )  # fmt: skip
        here.configure_signals()
        here.run()


def _only_worker(folder: Path) -> IO[str]:
    """The lock of the one worker, held while the file is open (and let go by the system when the worker is killed)."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "worker.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise click.ClickException(
            "時間のかかる処理を行うプロセスが、もう動いています。一つだけ起動してください。"
        ) from None
    return file


def give_up_what_a_killed_worker_left() -> int:
    """Jobs that were under way when the worker was killed are told as stopped, so that they can be started again."""
    from django.utils.translation import gettext as _
    from django_tasks_db.models import DBTaskResult

    from azukari.web import clock
    from azukari.web.models import Job

    left = DBTaskResult.objects.running()
    keys = [key for task in left for key in task.args_kwargs["args"]]
    left.update(status="FAILED", finished_at=clock.now())
    told = _("処理を行うプロセスが止まったため、途中で終わりました。続きから、又は初めから、もう一度始めてください。")
    jobs = Job.objects.filter(key__in=keys, state__in=[Job.State.WAITING, Job.State.RUNNING])
    return jobs.update(state=Job.State.FAILED, message=told, ended_at=clock.now())
