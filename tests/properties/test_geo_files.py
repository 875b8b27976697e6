"""Whatever polygons, names and numbers places have, they come back from every format."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon

import wbe
from wbe.io import read_tiers, write_places

LETTERS = st.characters(exclude_categories=("C", "Z"))
OFTEN = st.sampled_from("甲乙丙镇县 ()'\",;")
NAMES = st.text(st.one_of(OFTEN, LETTERS), max_size=8).map(str.strip)
FRACTIONS = st.floats(0.01, 0.3)
PEOPLE = st.one_of(st.just(float("nan")), st.floats(1e-3, 1e9))


@st.composite
def squares(draw: Any, x: float, y: float) -> Polygon:
    """A square of 0.4 degrees around a corner of its own, with or without a hole."""
    a, b = draw(FRACTIONS), draw(FRACTIONS)
    ring = [(x, y), (x + 0.3 + a, y), (x + 0.3 + a, y + 0.3 + b), (x, y + 0.3 + b)]
    hole = [(x + 0.1, y + 0.1), (x + 0.2, y + 0.1), (x + 0.2, y + 0.1 + b / 4)]
    return Polygon(ring, [hole] if draw(st.booleans()) else None)


@st.composite
def shapes(draw: Any, row: int) -> Any:
    kind = draw(st.sampled_from(["polygon", "parts", "point"]))
    if kind == "point":
        return Point(100 + 3 * row + draw(FRACTIONS), 20 + draw(FRACTIONS))
    parts = [draw(squares(100.0 + 3 * row + part, 20.0)) for part in range(2)]
    return parts[0] if kind == "polygon" else MultiPolygon(parts)


@st.composite
def areas(draw: Any) -> gpd.GeoDataFrame:
    ids = sorted(draw(st.lists(NAMES.filter(bool), min_size=1, max_size=4, unique=True)))
    table = {
        "area": np.array(ids, dtype=object),
        "name": np.array([draw(NAMES) or area for area in ids], dtype=object),
        "population": [draw(PEOPLE) for _ in ids],
    }
    return gpd.GeoDataFrame(table, geometry=[draw(shapes(i)) for i in range(len(ids))],
                            crs="EPSG:4326")  # fmt: skip


@st.composite
def tiers(draw: Any) -> gpd.GeoDataFrame:
    places = draw(areas())
    texts = {name: [draw(NAMES) for _ in range(len(places))]
             for name in ("round", "drug", "quantity", "unit", "tier", "flags")}  # fmt: skip
    number = st.one_of(st.just(float("nan")), st.floats(allow_nan=False, allow_infinity=False))
    numbers = {name: [draw(number) for _ in range(len(places))]
               for name in ("value", "lower", "p_severe", "rank")}  # fmt: skip
    resolved = [draw(st.booleans()) for _ in range(len(places))]
    columns = {**{k: np.array(v, dtype=object) for k, v in texts.items()}, **numbers}
    return places.drop(columns="population").assign(**columns, resolved=resolved)


def assert_same(back: gpd.GeoDataFrame, frame: gpd.GeoDataFrame) -> None:
    assert list(back.columns) and set(back.columns) == set(frame.columns)
    for name in frame.columns.drop("geometry"):
        one, other = back[name].tolist(), frame[name].tolist()
        assert all(a == b or (a != a and b != b) for a, b in zip(one, other, strict=True)), name
    assert [s.wkb for s in back.geometry] == [s.wkb for s in frame.geometry]
    assert back.crs == frame.crs


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".geojson"])
@settings(max_examples=25)
@given(frame=areas())
def test_areas_come_back_to_the_last_digit(suffix: str, frame: gpd.GeoDataFrame) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_places(frame, Path(folder) / f"a{suffix}")
        assert_same(wbe.read_areas(Path(folder) / f"a{suffix}"), frame)


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".geojson"])
@settings(max_examples=25)
@given(frame=tiers())
def test_tiers_come_back_to_the_last_digit(suffix: str, frame: gpd.GeoDataFrame) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_places(frame, Path(folder) / f"t{suffix}")
        assert_same(read_tiers(Path(folder) / f"t{suffix}"), frame)
