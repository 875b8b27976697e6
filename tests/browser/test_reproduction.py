"""The page of ``wbe reproduce`` in both languages: drawn whole on screen, telephone and paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wbe.run import reproducing

PAPER = 680  # px: an A4 sheet between margins of 15 mm

CUT = """() => [...document.querySelectorAll("table, svg, p, li, h2, h3, h4")]
    .filter(e => e.offsetParent !== null || e.tagName === "svg")
    .filter(e => { const r = e.getBoundingClientRect();
                   return r.width > 0 && (r.left < -0.5 || r.right > innerWidth + 0.5); })
    .map(e => e.tagName + " " + e.textContent.slice(0, 60))"""

OVERLAP = """() => { const found = [];
    for (const row of document.querySelectorAll("tr")) {
      const cells = [...row.cells].map(c => c.getBoundingClientRect()).filter(r => r.width > 0);
      for (let i = 1; i < cells.length; i++)
        if (cells[i].left < cells[i - 1].right - 0.5) found.push(row.textContent);
      for (const cell of row.cells)
        if (cell.scrollWidth > cell.clientWidth + 1) found.push(cell.textContent);
    } return found; }"""

TICKS = """() => { const found = [];
    for (const svg of document.querySelectorAll("td.strip svg")) {
      const boxes = [...svg.querySelectorAll("text")].map(t => t.getBoundingClientRect());
      boxes.sort((a, b) => a.left - b.left);
      for (let i = 1; i < boxes.length; i++)
        if (boxes[i].width && boxes[i].left < boxes[i - 1].right) found.push(svg.textContent);
    } return found; }"""


@pytest.fixture(scope="module", params=["en", "zh"])
def path(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    keys = ["korea_2015", "us_campus_2018", "china_southwest_2021", "china_22_cities_2018",
            "beijing_2013", "recife_2025", "euda_press_2023", "changzhou_2020",
            "catalonia_2020"]  # fmt: skip
    reproducing.run(keys, out=folder, lang=request.param)
    return folder / reproducing.PAGE


@pytest.mark.parametrize("width", [1280, PAPER, 390])
def test_nothing_is_cut_or_drawn_over_another(driven: Any, path: Path, width: int) -> None:
    with driven.visit(path, width=width) as page:
        if width == PAPER:
            page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT) == []
        assert page.evaluate(OVERLAP) == []
        assert page.evaluate(TICKS) == []


def fonts_of(page: Any, selector: str) -> set[str]:
    """Return the embedded fonts an element is drawn in; "" stands for those of the machine."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    drawn = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    return {font["familyName"] if font["isCustomFont"] else "" for font in drawn}


def test_chinese_is_drawn_in_the_font_that_the_page_brings(driven: Any, path: Path) -> None:
    with driven.visit(path) as page:
        page.evaluate("document.fonts.ready")
        chinese = page.evaluate("document.documentElement.lang") == "zh-CN"
        brought = {"Wbe Sans SC"} if chinese else {""}
        for selector in ("h1", "h3", "svg text[text-anchor=middle][transform]", "td.word"):
            assert fonts_of(page, selector) == brought


def test_every_choice_has_a_mark_inside_its_strip(driven: Any, path: Path) -> None:
    with driven.visit(path) as page:
        marks = page.eval_on_selector_all(
            "td.strip circle, td.strip path",
            "all => all.map(e => { const m = e.getBoundingClientRect(),"
            " s = e.ownerSVGElement.getBoundingClientRect();"
            " return m.left >= s.left && m.right <= s.right; })",
        )
        assert len(marks) >= 40 and all(marks)
