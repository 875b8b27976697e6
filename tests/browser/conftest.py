"""A browser without a window, and made-up tiers with a publication of them."""

from __future__ import annotations

import runpy
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)


class Driven:
    """Chromium under remote control, by pipes: no port is opened and no network reached."""

    def __init__(self, browser: Any):
        self.browser = browser

    @contextmanager
    def visit(
        self, path: Path, *, width: int = 1280, said: list[str] | None = None, **options: Any
    ) -> Iterator[Any]:
        """Open a page from disk; afterwards it asked for nothing and its console was silent.

        What the console says goes to ``said`` where a test listens itself.
        """
        viewport = {"width": width, "height": 900}
        context = self.browser.new_context(offline=True, viewport=viewport, **options)
        heard: list[str] = [] if said is None else said
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        try:
            yield page
            assert said is not None or heard == []
            assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        finally:
            context.close()


@pytest.fixture(scope="module")
def driven() -> Iterator[Driven]:
    """Return the browser under control; the tests that need it are skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
                   "--host-resolver-rules=MAP * ~NOTFOUND", "--no-proxy-server"]  # fmt: skip
        browser = started.chromium.launch(executable_path=CHROMIUM, args=options)
        yield Driven(browser)
        browser.close()


@pytest.fixture(scope="session")
def made_up() -> SimpleNamespace:
    """Return the builders of made-up tiers and publications."""
    folder = Path(__file__).parents[1] / "unit"
    tiers = runpy.run_path(str(folder / "plot" / "made_up.py"))
    pages = runpy.run_path(str(folder / "report" / "made_up_page.py"))
    return SimpleNamespace(**{**tiers, **pages})
