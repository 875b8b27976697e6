"""Lines of degree under maps of points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe import plot
from wbe.plot import graticule


@given(st.floats(-180, 179), st.floats(0.01, 360))
def test_lines_are_few_equally_spaced_and_inside(low: float, size: float) -> None:
    found = graticule.lines(low, low + size)
    assert 1 <= len(found) <= 8
    assert low - 1e-5 <= min(found) and max(found) <= low + size + 1e-5
    assert np.ptp(np.diff(found)) < 1e-5 if len(found) > 1 else True


@pytest.mark.parametrize(
    ("degree", "axis", "printed"),
    [(-9.5, "x", "9.5° W"), (116.25, "x", "116.25° E"), (-33.0, "y", "33° S"), (0.0, "x", "0°")],
)
def test_labels_name_the_hemisphere(degree: float, axis: str, printed: str) -> None:
    assert graticule.label(degree, axis) == printed


def written(ax: Any) -> set[str]:
    return {t.get_text() for t in ax.texts if "°" in t.get_text()}


def test_points_have_a_grid_whose_labels_lie_outside_and_apart(made_up: Any) -> None:
    ax = plot.tier_map(made_up.cities(60))
    assert {"10° E", "50° N"} <= written(ax)
    ax.figure.canvas.draw()
    frame, sheet = ax.get_window_extent(), ax.figure.bbox
    boxes = [t.get_window_extent() for t in ax.texts if "°" in t.get_text()]
    notes = next(t for t in ax.texts if "Schematic" in t.get_text()).get_window_extent()
    for box in boxes:
        assert not frame.overlaps(box)
        assert not notes.overlaps(box)
        assert box.x0 >= sheet.x0


def test_polygons_and_projected_points_have_none(made_up: Any) -> None:
    assert written(plot.tier_map(made_up.county())) == set()
    assert written(plot.tier_map(made_up.cities(30).to_crs(3035))) == set()
