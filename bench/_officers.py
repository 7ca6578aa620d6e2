"""Officers at their browsers, for the bench ``pages``: keep-alive connections in one process, nothing but the clock.

    python -m bench._officers PLAN.json     ->  one JSON line: {"page": [milliseconds, …], …, "errors": [...]}

A plan: {"host", "port", "seconds", "cookies": [a Cookie header per officer], "steps": [{"page", "path", "forms"}, …]}.
Each officer goes round the steps from another start, the next request as soon as the answer is there. A step with
forms is a POST of one after the other that follows the redirect it is answered with (``page`` and ``page_result``).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit


class Browser:
    """One officer's connection: just enough of HTTP/1.1."""

    def __init__(self, plan: dict[str, Any], cookie: str) -> None:
        self.host, self.port, self.cookie = plan["host"], plan["port"], cookie
        self.lines: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        if self.lines is None:
            self.lines = await asyncio.open_connection(self.host, self.port, limit=1 << 20)
        reader, writer = self.lines
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nCookie: {self.cookie}\r\n"
        if method == "POST":
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
            head += f"Origin: http://{self.host}:{self.port}\r\n"
        writer.write(head.encode() + b"\r\n" + body)
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}
        content = await _content(reader, headers)
        if headers.get("connection") == "close":
            writer.close()
            self.lines = None
        return int(first.split()[1]), headers, content


async def _content(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    parts = []
    while headers.get("transfer-encoding") == "chunked":
        size = int((await reader.readline()).split(b";")[0], 16)
        parts.append((await reader.readexactly(size + 2))[:-2])
        if not size:
            break
    return b"".join(parts)


async def officer(n: int, plan: dict[str, Any], until: float, times: dict[str, list[float]], errors: list[str]) -> None:
    browser, steps = Browser(plan, plan["cookies"][n]), plan["steps"]
    turn = n
    while time.perf_counter() < until:
        step = steps[turn % len(steps)]
        turn += 1
        try:
            await _do(browser, step, turn, times, errors)
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            errors.append(f"{step['page']}: {type(error).__name__}")
            browser.lines = None


async def _do(
    browser: Browser, step: dict[str, Any], turn: int, times: dict[str, list[float]], errors: list[str]
) -> None:
    form = step["forms"][turn % len(step["forms"])] if "forms" in step else None
    began = time.perf_counter()
    if form is None:
        status, _headers, _content = await browser.ask("GET", step["path"])
    else:
        status, headers, _content = await browser.ask("POST", step["path"], urlencode(form).encode())
    times.setdefault(step["page"], []).append((time.perf_counter() - began) * 1000)
    if form is not None and status in (302, 303):
        began = time.perf_counter()
        status, _headers, _content = await browser.ask("GET", urlsplit(headers["location"]).path)
        times.setdefault(step["page"] + "_result", []).append((time.perf_counter() - began) * 1000)
    if status != 200:
        errors.append(f"{step['page']}: {status}")


async def go_round(plan: dict[str, Any]) -> dict[str, Any]:
    times: dict[str, list[float]] = {}
    errors: list[str] = []
    began = time.perf_counter()
    until = began + plan["seconds"]
    await asyncio.gather(*(officer(n, plan, until, times, errors) for n in range(len(plan["cookies"]))))
    return {"times": times, "errors": errors, "seconds": time.perf_counter() - began}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(go_round(json.loads(Path(sys.argv[1]).read_text())))) + "\n")
