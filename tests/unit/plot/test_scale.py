"""The scale bar has its true length on the ground."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyproj import Geod

from wbe import plot
from wbe.plot import scale
from wbe.plot.frame import Frame, stretch


@pytest.mark.parametrize("latitude", [-60.0, -23.0, 0.0, 19.5, 48.2, 65.0])
def test_degree_of_longitude_is_that_of_the_ellipsoid(latitude: float) -> None:
    metres = Geod(ellps="WGS84").inv(10.0, latitude, 10.001, latitude)[2] * 1000
    assert scale.metres_per_degree(latitude) == pytest.approx(metres, rel=1e-6)


@pytest.mark.parametrize("width", [0.003, 0.2, 1.7, 40.0])
def test_bar_is_round_and_at_most_three_tenths_of_the_map(width: float) -> None:
    frame = Frame(100.0, 20.0, 100.0 + width, 20.0 + width, stretch(20.0))
    found = scale.fitting(frame, True)
    assert 0.1 < found.drawn / width <= 0.3
    assert f"{found.metres:.0e}"[0] in "125"


def test_bar_on_the_picture_measures_what_it_says(made_up: Any) -> None:
    ax = plot.tier_map(made_up.county())
    ax.figure.draw_without_rendering()
    (bar,) = [line for line in ax.lines if line.get_gid() == "scale"]
    low, high = (float(v) for v in bar.get_xdata())
    (middle,) = {round(float(np.mean(ax.get_ylim())), 9)}
    metres = Geod(ellps="WGS84").inv(low, middle, high, middle)[2]
    said = [t.get_text() for t in ax.texts if t.get_text().endswith(" km")]
    assert said == [f"{metres / 1000:.0f} km"]
    assert metres == pytest.approx(round(metres, -3), rel=1e-6)


def test_tall_map_says_at_which_latitude_the_bar_holds(made_up: Any) -> None:
    texts = " ".join(t.get_text() for t in plot.tier_map(made_up.cities(100)).texts)
    assert "° N)" in texts
    texts = " ".join(t.get_text() for t in plot.tier_map(made_up.county()).texts)
    assert "(at " not in texts


def test_projected_map_needs_no_latitude() -> None:
    found = scale.fitting(Frame(0, 0, 10_000, 8_000, 1.0), False)
    assert (found.metres, found.drawn) == (2000, 2000)
    assert found.label("zh") == "2千米" and scale.Scale(500, 1).label("en") == "500 m"


def test_north_is_named_in_the_language_of_the_map(made_up: Any) -> None:
    assert "北" in [t.get_text() for t in plot.tier_map(made_up.county("zh"), language="zh").texts]
