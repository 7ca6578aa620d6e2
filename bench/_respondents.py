"""The people of the bench `answering`: a thread each, a browser without JavaScript. Tells times and what was typed."""

from __future__ import annotations

import http.client
import json
import random
import re
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|revision|seen)"[^>]*value="([^"]*)"')
PASSPHRASE = "bench words 2025"  # noqa: S105 - of invented people


class Browser:
    """Cookies, hidden fields and one connection."""

    def __init__(self, port: int, times: dict[str, list[float]]) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies: dict[str, str] = {}
        self.hidden: dict[str, str] = {}
        self.times = times

    def ask(self, name: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        """(status, where it leads) of one request; the page's hidden fields are kept for the next form."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        body = None
        if fields is not None:
            body = urlencode({**self.hidden, **fields})
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        began = time.perf_counter()
        self.line.request("GET" if body is None else "POST", path, body, headers)
        answer = self.line.getresponse()
        page = answer.read().decode()
        self.times[name].append(1000 * (time.perf_counter() - began))
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            key, value = cookie.split(";")[0].split("=", 1)
            self.cookies[key] = value
        found = dict(HIDDEN.findall(page))
        self.hidden = found or self.hidden
        return answer.status, answer.headers.get("Location", "")


def respond(plan: dict[str, Any], person: list[Any], went: dict[str, Any], start: threading.Barrier) -> None:
    pk, code, birth = person
    rng = random.Random(pk)
    browser = Browser(plan["port"], went["times"])

    def pause() -> None:
        time.sleep(rng.uniform(0.5, 1.5) * plan["pause"])

    def expect(status: int, name: str, path: str, fields: dict[str, str] | None = None) -> str:
        got, leads = browser.ask(name, path, fields)
        if got != status:
            raise RuntimeError(f"{name}: {got}")
        return leads

    start.wait()
    try:
        for _ in range(plan["front_pages"]):
            pause()
            expect(200, "front", "/")
        pause()
        expect(200, "enter_page", "/enter/")
        pause()
        fields = {"code": code, "birth": birth, "passphrase": PASSPHRASE, "again": PASSPHRASE}
        expect(303, "enter", "/enter/", fields)
        expect(200, "overview", "/answers/")
        typed: dict[str, int] = {}
        for key, items in plan["parts"]:
            expect(200, "part", f"/answers/{key}/")
            pause()
            answers = {item: rng.randint(1, 4) for item in items}
            expect(303, "save", f"/answers/{key}/", {"go": "next", **{k: str(v) for k, v in answers.items()}})
            typed |= answers
        expect(200, "review", "/review/")
        pause()
        went["typed"][pk] = typed
        expect(303, "send", "/send/", {})
        expect(200, "done", "/done/")
        went["sent"] += 1
        for _ in range(plan["front_pages"]):
            pause()
            expect(200, "front", "/")
    except (OSError, RuntimeError, http.client.HTTPException) as error:
        went["errors"].append(f"{type(error).__name__} {error}")


def main(plan: dict[str, Any]) -> dict[str, Any]:
    went: dict[str, Any] = {"times": defaultdict(list), "typed": {}, "errors": [], "sent": 0}
    start = threading.Barrier(len(plan["people"]))
    threads = [threading.Thread(target=respond, args=(plan, person, went, start)) for person in plan["people"]]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {**went, "seconds": time.monotonic() - began}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
