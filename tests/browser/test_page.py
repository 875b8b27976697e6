"""The page in a real browser, from disk and without a network."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.image
import numpy as np
import pytest

from wbe.report import render

EVIL = "<img src=x onerror=document.title='run'> & <b>town</b>"


class Opened(NamedTuple):
    """What the browser made of one page in one visit; its console was silent."""

    language: str
    width: int
    content: str
    picture: bytes
    printed: bytes


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
def opened(
    request: pytest.FixtureRequest,
    made_up: Any,
    driven: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Opened:
    language, width = request.param
    path = written(tmp_path_factory.mktemp("page") / f"{language}.html", made_up, language)
    with driven.visit(path, width=width) as page:
        content = page.content()
        picture = page.screenshot(full_page=True)
        return Opened(language, width, content, picture, page.pdf())


def test_text_is_there_and_markup_is_text(opened: Opened) -> None:
    page = opened.content
    assert "&lt;img src=x onerror=" in page
    assert "<img" not in page
    assert "<b>town</b>" not in page
    assert "<title>run" not in page
    assert {"en": "What was found", "zh": "可信程度"}[opened.language] in page
    assert re.findall(r"<path[^>]+fill: #b2182b", page)


def test_page_fits_its_window_and_the_map_is_drawn(opened: Opened) -> None:
    image = matplotlib.image.imread(io.BytesIO(opened.picture))
    pixels = np.round(image[..., :3] * 255).astype(int)
    assert pixels.shape[1] == opened.width
    severe = np.abs(pixels - np.array([0xB2, 0x18, 0x2B])).sum(axis=2) < 12
    assert severe.sum() > 1000  # the map in its colours
    assert (pixels.sum(axis=2) < 300).mean() > 0.005  # and text on the page


def test_printed_page_is_of_several_sheets_and_small(opened: Opened) -> None:
    assert len(re.findall(rb"/Type\s*/Page\b", opened.printed)) >= 2
    assert len(opened.printed) < 6_000_000  # a repeated gradient once made 30 MB of it
