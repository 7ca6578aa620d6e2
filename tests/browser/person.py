"""Somebody at a browser: signs in, goes to pages, does acts, looks whether what is shown is fit to be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "howto" / "pictures"
SERIOUS = {"serious", "critical"}
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 320, "height": 640}
NAMES_ONE = re.compile(r"(?<=/)[^/?]*[0-9A-Z_:][^/?]*")
"""A part of an address that names one thing of many: pages of a kind are looked at once."""
ENDED = "[data-job-state=done], [data-job-state=refused], [data-job-state=failed]"
LOOK = (
    "window.lookAtIt = async known => {"
    + Axe().axe_script
    + "; const found = await axe.run({exclude: known}, {resultTypes: ['violations'], performanceTimer: false});"
    + f"return found.violations.filter(one => {sorted(SERIOUS)}.includes(one.impact)).map("
    + "one => [one.id, ...one.nodes.slice(0, 3).map(node => node.html.slice(0, 200))]); };"
)
"""Put into every page beforehand, read only where it is used: sent anew for each page, it takes longer than looking."""
AGAIN, FRAME = [["tbody tr:nth-child(n+9)"]], [[".side"], [".bottom"]]
"""What is not looked at once more: later rows of a table, the menu. The contrast of every word takes its time."""

CODE_LASTS = 31
"""Seconds, and one more."""


@dataclass
class World:
    """``folder``: everything on disk; ``urls``: surface → origin; ``accounts``: handler key → surface, password."""

    folder: Path
    urls: dict[str, str]
    accounts: dict[str, dict[str, str]]
    looked_at: set[Any] = field(default_factory=set)
    pictures: set[str] = field(default_factory=set)
    renew_pictures: bool = False
    ask: Callable[[str], Any] = print
    """What no screen shows, but a machine or a letter would: see ``tests.browser.ward``."""
    narrow: Path | None = None
    """Folder for pictures of every page at 1280 and at 320 px, to be looked at by a person (``--narrow FOLDER``)."""
    polled: bool = False
    """Whether a job's page has been seen to renew itself; from then on people press the browser's button instead."""

    def set_clock(self, at: datetime) -> None:
        """Everybody's today, from the next request on."""
        offset = int((at - datetime.now(at.tzinfo)).total_seconds())
        (self.folder / "state").mkdir(exist_ok=True)
        (self.folder / "state" / "clock-offset").write_text(str(offset))

    def picture(self, name: str) -> Path:
        """Where a picture goes: beside the how-tos when they are to be renewed (``--pictures``), else away."""
        self.pictures.add(name)
        folder = PICTURES if self.renew_pictures else self.folder / "pictures"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.png"


class Person:
    """A handler with a browser context of their own; nothing of one person's browser is another's."""

    def __init__(self, key: str, world: World, browser: Browser, **options: Any) -> None:
        self.key, self.world = key, world
        self.account = world.accounts[key]
        self.origin = world.urls[self.account["surface"]]
        self.context = browser.new_context(
            base_url=self.origin, locale="ja-JP", timezone_id="Asia/Tokyo", viewport=WIDE, **options
        )
        self.context.set_default_timeout(30_000)
        self.dress = str(options.get("color_scheme", ""))
        self.scripts = options.get("java_script_enabled", True)
        self.outside: list[str] = []
        self.context.on("request", lambda request: self._note(request.url))
        self.proved_at = ""
        if self.scripts:
            self.context.add_init_script(LOOK)
        self.page: Page = self.context.new_page()

    def _note(self, url: str) -> None:
        if not url.startswith((self.origin, "data:", "blob:")):
            self.outside.append(url)

    # --- signing in

    def sign_in(self) -> None:
        """User name and password, then the code; the demo shows the code that the person's device would show."""
        if not self.page.url.startswith(f"{self.origin}/sign-in/"):
            self.page.goto("/sign-in/")
        self.fill(login=self.key, password=self.account["password"])
        self.press("次へ")
        for _ in range(3):
            self.fill(code=self.code())
            self.press("サインインする")
            if "/sign-in/code" not in self.page.url:
                return
            self.await_another_code()
        raise AssertionError(self.said())

    def code(self) -> str:
        return self.page.locator(".secret").inner_text()

    def await_another_code(self) -> None:
        """The code ran out while it was typed, or was used a moment ago: people wait for the next one."""
        used = self.code()
        for _ in range(CODE_LASTS):
            self.page.wait_for_timeout(1000)
            self.page.goto(self.page.url)
            if self.code() != used:
                return

    def _let_in(self) -> None:
        """Whatever the program asks before it shows a page: sign-in anew (a day has passed), or the proof."""
        for _ in range(3):
            path = self.page.url.removeprefix(self.origin)
            if path.startswith("/sign-in/again"):
                self.looks_right()
                self.prove()
            elif path.startswith(("/sign-in/?", "/sign-in/code")):
                self.sign_in()
            else:
                return

    def prove(self) -> None:
        """Once more that it is them: by the code, or by the password where this half minute's code is used up."""
        if self.page.url == self.proved_at:
            self.page.get_by_role("link", name="代わりにパスワードで確かめる").click()
            self.page.wait_for_load_state()
        self.proved_at = self.page.url
        if self.page.locator(".secret").count():
            self.fill(code=self.page.locator(".secret").inner_text())
        else:
            self.fill(password=self.account["password"])
        self.press("確かめる")

    # --- going about

    def open(self, path: str) -> None:
        answer = self.page.goto(path)
        assert answer is not None, f"{self.key} {path}"
        self._let_in()
        assert answer.status < 400, f"{self.key} {path}: {answer.status} {self.said()}"

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def follow(self, name: str, exact: bool = True) -> None:
        self.page.get_by_role("link", name=name, exact=exact).first.click()
        self.page.wait_for_load_state()
        self._let_in()

    def fill(self, **fields: Any) -> None:
        """Fields by name: text is typed, a Path is uploaded, True ticks, a list ticks those values."""
        for name, value in fields.items():
            field = self.page.locator(f"[name='{name}']")
            kind = field.first.evaluate("one => one.tagName == 'SELECT' ? 'select' : one.type")
            if isinstance(value, Path):
                field.set_input_files(str(value))
            elif value is True:
                field.check()
            elif kind == "radio":
                self.page.locator(f"[name='{name}'][value='{value}']").check()
            elif isinstance(value, Sequence) and not isinstance(value, str):
                for one in value:
                    self.page.locator(f"[name='{name}'][value='{one}']").check()
            elif kind == "select":
                field.select_option(value)
            else:
                field.fill(str(value))

    def act(self, path: str, *, told: str = "", picture: str = "", **fields: Any) -> str:
        """Open the page of an act, look at it, fill its form, send it, wait for its work. Returns what was told."""
        self.open(path)
        self.looks_right(picture)
        return self.send(told=told, **fields)

    def send(self, *, told: str = "", **fields: Any) -> str:
        """Fill and send the form of the page that is open."""
        self.fill(**fields)
        before = self.page.url
        if self.scripts:
            left = self.page.locator("form.act :invalid").evaluate_all("all => all.map(one => one.name).filter(n => n)")
            assert not left, f"{self.key} {before}: {left}"
        self.page.locator("form.act button[type=submit]").first.click()
        self.page.wait_for_load_state()
        if self.page.locator("[data-job-state]").count():
            self.await_job()
        said = self.said()
        assert not self.page.locator(".error-summary").count(), f"{self.key} {before}: {said}"
        assert told in said, f"{self.key} {before}: {said}"
        return said

    def refused(self, path: str, *, told: str, **fields: Any) -> None:
        """Open the page of an act and send its form: the page comes back, or its work ends, and says why not."""
        self.open(path)
        self.fill(**fields)
        self.page.locator("form.act button[type=submit]").first.click()
        self.page.wait_for_load_state()
        why = self.page.wait_for_selector(".error-summary, [data-job-state=refused]", timeout=60_000)
        assert why is not None
        assert told in why.inner_text(), self.said()
        self.looks_right()

    def answer_of(self, **fields: Any) -> bytes:
        """What the server answers to the form that is open, where that is a file and no page."""
        self.fill(**fields)
        form = self.page.locator("form.act")
        given = form.evaluate("f => Object.fromEntries(new FormData(f))")
        answer = self.context.request.post(self.page.url, form=given, headers={"Referer": self.page.url})
        assert answer.status == 200, answer.text()
        return answer.body()

    def file(self, path: str) -> bytes:
        """A file behind a link."""
        answer = self.context.request.get(path)
        assert answer.status == 200, path
        return answer.body()

    def await_job(self) -> None:
        """Stay on a job's page until it has ended well, and go on to where it leads."""
        self.looks_right()
        if self.scripts and self.world.polled:
            for _ in range(400):
                if self.page.locator(ENDED).count():
                    break
                self.page.wait_for_load_state("networkidle")
                self.page.reload()
        self.page.wait_for_selector(ENDED, timeout=120_000)
        self.world.polled = self.scripts or self.world.polled
        assert self.page.locator("[data-job-state=done]").count(), self.said()
        self.looks_right()
        self.follow("続ける")

    def said(self) -> str:
        return self.page.inner_text("main")

    # --- is the page fit to be used

    def looks_right(self, picture: str = "") -> None:
        """No serious finding of axe, no sideways scrolling at 320 px, nothing fetched from outside."""
        assert self.outside == []
        if not self.scripts:  # what looks is a script itself
            return
        if picture:
            self.page.screenshot(path=self.world.picture(picture))
        kind = self._kind()
        if kind in self.world.looked_at:
            return
        self.world.looked_at.add(kind)
        frame = f"{self.key} {self.dress} frame"  # the same on each of their pages
        known = [*AGAIN, *(FRAME if frame in self.world.looked_at else [])]
        faults = self.page.evaluate("known => lookAtIt(known)", known)
        self.world.looked_at.add(frame)
        assert not faults, f"{self.page.url}: {faults}"
        self._fits_a_phone(f"{len(self.world.looked_at):03d}{kind[0].replace('/', '_')}")

    def _kind(self) -> tuple[str, ...]:
        """What is the same for pages that differ in their data alone: the address, the headings, an error."""
        path = NAMES_ONE.sub("-", self.page.url.removeprefix(self.origin).split("?")[0])
        telling = "[data-job-state]" if "/jobs/" in path else "h1, h2, .error-summary"
        headings = self.page.locator(telling).evaluate_all(
            "all => all.map(one => one.dataset.jobState || one.className || one.tagName + one.textContent)"
        )
        return (
            self.account["surface"] + self.dress + path,
            *(re.sub(r"[0-9A-Z]{2,}", "-", " ".join(one.split())) for one in headings),
        )

    def _fits_a_phone(self, name: str) -> None:
        if self.world.narrow:
            self.page.screenshot(path=self.world.narrow / f"{name}-wide.png", full_page=True)
        self.page.set_viewport_size(NARROW)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if self.world.narrow:
            self.page.screenshot(path=self.world.narrow / f"{name}.png", full_page=True)
        self.page.set_viewport_size(WIDE)
        assert width <= NARROW["width"], f"{self.page.url} is {width} px wide at 320 px"
