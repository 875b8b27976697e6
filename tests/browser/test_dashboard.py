"""The dashboard in a real browser, from disk and without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from run_folders import TIERS, row, written

from wbe.io import read_runs
from wbe.report import dashboard

EVIL = "<img src=x onerror=document.title='run'> & <b>town</b>"
INTERNAL = {"audience": "internal", "purpose": "Planning <b>", "approval": "Office 7",
            "min_population": 5000, "consent": {}}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two internal runs whose tiers are cut differently, one town named with markup."""
    base = tmp_path_factory.mktemp("dashboard")
    for name, rounds, breaks in (
        ("one", ("2018Q1", "2018Q2"), [20.0, 60.0]), ("two", ("2018Q3",), [10.0, 60.0]),
    ):  # fmt: skip
        rows = [row(area, r, 10.0 * (i + 2), name=EVIL if area == "A1" else f"Town {area}")
                for i, area in enumerate(("A1", "A2")) for r in rounds]  # fmt: skip
        bound = {"value": "", "lower": 0, "tier": "", "p_general": "", "p_moderate": "",
                 "p_severe": "", "flags": "bounds_only", "n_censored": 5}  # fmt: skip
        rows += [{**row("A3", r, 9.0), **bound} for r in rounds]
        written(base / name, rows, breaks={"methamphetamine": breaks}, privacy=INTERNAL,
                tiers={**TIERS, "round": rounds[-1], "draws": 1000})  # fmt: skip
    return base


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, Path]:
    """The dashboard of both runs, by language."""
    runs = read_runs([folder / "one", folder / "two"])
    found = {language: folder / f"{language}.html" for language in ("en", "zh")}
    for language, path in found.items():
        path.write_text(dashboard(runs, language=language), encoding="utf-8", newline="\n")
    return found


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh", 390)])
def test_the_page_is_silent_fits_and_shows_every_series(
    driven: Any, pages: dict[str, Path], language: str, width: int
) -> None:
    with driven.visit(pages[language], width=width) as page:
        assert page.locator("svg.series").count() == 3
        assert page.locator("svg.series path.o").count() == 3
        assert page.locator("svg.series path.l").count() == 4
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
        assert {"en": "What can be compared", "zh": "哪些可以比较"}[language] in page.content()
        assert page.locator("img").count() == 0 and page.title() == "Synthetic county"
        assert EVIL in page.locator("main").inner_text()


def test_a_point_tells_its_interval_and_the_keyboard_opens_the_numbers(
    driven: Any, pages: dict[str, Path]
) -> None:
    with driven.visit(pages["en"]) as page:
        said = page.locator("svg.series g title").first.text_content()
        assert "2018Q1: 20.0 (6.67 – 60.0) mg/day/1000 inhabitants" in said
        summary = page.locator("figure.serie summary").first
        table = page.locator("figure.serie table").first
        assert not table.is_visible()
        summary.focus()
        page.keyboard.press("Enter")
        assert table.is_visible() and "6.67 – 60.0" in table.inner_text()


def test_purpose_is_on_every_printed_sheet_and_no_table_of_tiers_mixes_cuts(
    driven: Any, pages: dict[str, Path]
) -> None:
    with driven.visit(pages["en"]) as page:
        band = page.locator(".band").inner_text()
        assert "Planning <b>" in band and "Office 7" in band
        tables = page.locator("table.history")
        heads = [tables.nth(i).locator("thead").inner_text() for i in range(tables.count())]
        assert [("2018Q2" in h, "2018Q3" in h) for h in heads] == [(True, False), (False, True)]
