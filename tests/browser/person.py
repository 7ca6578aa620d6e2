"""Somebody at a browser: signs in, goes to pages, does acts, looks whether what is shown is fit to be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "howto" / "pictures"
SERIOUS = {"serious", "critical"}


@dataclass
class World:
    """``folder``: everything on disk; ``urls``: surface → origin; ``accounts``: handler key → surface, password."""

    folder: Path
    urls: dict[str, str]
    accounts: dict[str, dict[str, str]]
    offset: int = 0

    def set_clock(self, at: datetime) -> None:
        """Everybody's today, from the next request on."""
        self.offset = int((at - datetime.now(at.tzinfo)).total_seconds())
        (self.folder / "state").mkdir(exist_ok=True)
        (self.folder / "state" / "clock-offset").write_text(str(self.offset))


class Person:
    """A handler with a browser context of their own; nothing of one person's browser is another's."""

    def __init__(self, key: str, world: World, browser: Browser, **options: Any) -> None:
        self.key, self.world = key, world
        self.account = world.accounts[key]
        self.origin = world.urls[self.account["surface"]]
        self.context = browser.new_context(
            base_url=self.origin, locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1280, "height": 900},
            **options,
        )  # fmt: skip
        self.context.set_default_timeout(30_000)
        self.outside: list[str] = []
        self.context.on("request", lambda request: self._note(request.url))
        self.page: Page = self.context.new_page()

    def _note(self, url: str) -> None:
        if not url.startswith((self.origin, "data:", "blob:")):
            self.outside.append(url)

    # --- going about

    def open(self, path: str) -> None:
        answer = self.page.goto(path)
        assert answer is not None, f"{self.key} {path}"
        assert answer.status < 400, f"{self.key} {path}: {answer.status}"

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_load_state()

    def follow(self, name: str, exact: bool = True) -> None:
        self.page.get_by_role("link", name=name, exact=exact).first.click()
        self.page.wait_for_load_state()

    def fill(self, **fields: Any) -> None:
        """Fields by name: text is typed, a Path is uploaded, True ticks."""
        for name, value in fields.items():
            field = self.page.locator(f"[name={name}]")
            if isinstance(value, Path):
                field.set_input_files(str(value))
            elif value is True:
                field.check()
            elif field.first.evaluate("e => e.tagName") == "SELECT":
                field.select_option(value)
            elif field.first.get_attribute("type") == "radio":
                self.page.locator(f"[name={name}][value='{value}']").check()
            else:
                field.fill(str(value))

    def await_job(self) -> None:
        """Stay on a job's page until it has ended well, and go on to where it leads."""
        self.page.wait_for_selector("[data-job-state=done], [data-job-state=refused], [data-job-state=failed]",
                                    timeout=120_000)  # fmt: skip
        assert self.page.locator("[data-job-state=done]").count(), self.page.inner_text("main")

    def said(self) -> str:
        return self.page.inner_text("main")

    # --- is the page fit to be used

    def looks_right(self, picture: str = "") -> None:
        """No serious finding of axe, no sideways scrolling at 320 px, nothing fetched from outside."""
        found = Axe().run(self.page)
        faults = [v for v in found.response["violations"] if v["impact"] in SERIOUS]
        told = [(v["id"], [node["html"][:200] for node in v["nodes"]][:3]) for v in faults]
        assert not told, f"{self.page.url}: {told}"
        if picture:
            PICTURES.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=PICTURES / f"{picture}.png", full_page=True)
        self.page.set_viewport_size({"width": 320, "height": 640})
        width = self.page.evaluate("document.documentElement.scrollWidth")
        self.page.set_viewport_size({"width": 1280, "height": 900})
        assert width <= 320, f"{self.page.url} is {width} px wide at 320 px"
        assert self.outside == []
