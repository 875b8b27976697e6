"""A browser without a window, and made-up tiers with a publication of them."""

from __future__ import annotations

import runpy
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)


class Browser:
    """Chromium without a window, with a profile of its own and no way to any host."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __call__(self, *options: str) -> subprocess.CompletedProcess[str]:
        command = [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-extensions", "--disable-default-apps", "--no-proxy-server",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--v=0",
            f"--user-data-dir={self.folder / 'profile'}", *options,
        ]  # fmt: skip
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8",
                              errors="replace", timeout=120, check=True)  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """Return the browser; the tests that need it are skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    return Browser(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="session")
def made_up() -> SimpleNamespace:
    """Return the builders of made-up tiers and publications."""
    folder = Path(__file__).parents[1] / "unit"
    tiers = runpy.run_path(str(folder / "plot" / "made_up.py"))
    pages = runpy.run_path(str(folder / "report" / "made_up_page.py"))
    return SimpleNamespace(**{**tiers, **pages})
