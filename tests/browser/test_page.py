"""The page in a real browser, from disk and without a network."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.image
import numpy as np
import pytest

from wbe.report import render

EVIL = "<img src=x onerror=document.title='run'> & <b>town</b>"


class Opened(NamedTuple):
    """What the browser made of one page in one visit."""

    language: str
    width: int
    done: subprocess.CompletedProcess[str]
    picture: Path
    printed: Path


def written(path: Path, made_up: Any, language: str) -> Path:
    tiers = made_up.county(language, rounds=("2018Q1", "2018Q2"))
    tiers.loc[tiers["area"] == "A001", "name"] = EVIL
    content = render(made_up.publication(
        tiers, language, audience="internal", purpose="Planning", approval="Office 7",
        sites=tiers[["area"]].assign(site=EVIL),
    ))  # fmt: skip
    path.write_text(content, encoding="utf-8", newline="\n")
    return path


@pytest.fixture(scope="module", params=[("en", 1280), ("zh", 500)], ids=["en-desk", "zh-phone"])
def opened(request: pytest.FixtureRequest, made_up: Any, browser: Any) -> Opened:
    language, width = request.param
    page = written(browser.folder / f"{language}.html", made_up, language)
    picture, printed = page.with_suffix(".png"), page.with_suffix(".pdf")
    done = browser("--dump-dom", f"--screenshot={picture}", f"--print-to-pdf={printed}",
                   f"--window-size={width},2400", "--hide-scrollbars", page.as_uri())  # fmt: skip
    return Opened(language, width, done, picture, printed)


def test_text_is_there_markup_is_text_and_the_console_is_silent(opened: Opened) -> None:
    page = opened.done.stdout
    assert "&lt;img src=x onerror=" in page
    assert "<img" not in page
    assert "<b>town</b>" not in page
    assert "<title>run" not in page
    assert {"en": "What was found", "zh": "可信程度"}[opened.language] in page
    assert re.findall(r"<path[^>]+fill: #b2182b", page)
    assert [line for line in opened.done.stderr.splitlines() if "CONSOLE" in line] == []


def test_page_fits_its_window_and_the_map_is_drawn(opened: Opened) -> None:
    pixels = np.round(matplotlib.image.imread(opened.picture)[..., :3] * 255).astype(int)
    assert pixels.shape[1] == opened.width
    severe = np.abs(pixels - np.array([0xB2, 0x18, 0x2B])).sum(axis=2) < 12
    assert severe.sum() > 1000  # the map in its colours
    assert (pixels.sum(axis=2) < 300).mean() > 0.005  # and text on the page


def test_printed_page_is_of_several_sheets_and_small(opened: Opened) -> None:
    content = opened.printed.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", content)) >= 2
    assert len(content) < 6_000_000  # a repeated gradient once made 30 MB of it


def test_console_messages_would_be_seen(browser: Any) -> None:
    """The silence above means something only if a refused script is heard."""
    path = browser.folder / "loud.html"
    policy = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
    path.write_text(f"<!DOCTYPE html>{policy}<script>1</script>", encoding="utf-8")
    assert "CONSOLE" in browser("--dump-dom", path.as_uri()).stderr
