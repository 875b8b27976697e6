"""Letters and marks of the page stand out from their ground (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from wbe.plot.style import luminance

CSS = files("wbe.report").joinpath("templates", "style.css.j2").read_text(encoding="utf-8")
PALETTE = dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6});", CSS))


def full(colour: str) -> str:
    """Six digits of a hex colour of three."""
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])


def contrast(one: str, other: str) -> float:
    low, high = sorted(luminance(full(colour)) + 0.05 for colour in (one, other))
    return high / low


def test_ratio_is_that_of_the_guideline() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("ink", ["ink", "soft", "accent", "warn"])
@pytest.mark.parametrize("ground", ["#ffffff", "ground"])
def test_text_has_at_least_four_and_a_half(ink: str, ground: str) -> None:
    assert contrast(PALETTE[ink], PALETTE.get(ground, ground)) >= 4.5


def test_no_text_has_a_colour_beside_the_palette() -> None:
    given = {c.strip() for c in re.findall(r"[{; ]color: ([^;}]+)[;}]", CSS)}
    lines_of_doubt, page_number = "{{ lines", PALETTE["soft"]  # no variables in the page's margin
    assert given - {f"var(--{name})" for name in PALETTE} == {lines_of_doubt, page_number}


def test_outlines_of_controls_and_areas_have_at_least_three() -> None:
    assert contrast(PALETTE["soft"], "#ffffff") >= 3
    assert contrast("#595959", PALETTE["ground"]) >= 3
    assert contrast(PALETTE["accent"], "#ffffff") >= 3  # the ring around what has the focus
