"""Datums of Chinese maps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.errors import UsageError
from wbe.spatial.datum import from_wgs84, in_china, to_wgs84

METRE = 1 / 111_000
HUILAI = (116.2908, 23.0322)


@pytest.mark.parametrize(
    ("datum", "expected"), [("gcj02", (116.29534, 23.02953)), ("bd09", (116.30178, 23.03577))]
)
def test_published_triple(datum, expected):
    lon, lat = from_wgs84([HUILAI[0]], [HUILAI[1]], datum)
    assert abs(lon[0] - expected[0]) < METRE and abs(lat[0] - expected[1]) < METRE


@given(st.floats(74, 134), st.floats(18, 53), st.sampled_from(["gcj02", "bd09"]))
def test_round_trip_over_china_stays_within_a_metre(lon, lat, datum):
    back = to_wgs84(*from_wgs84([lon], [lat], datum), datum)
    assert abs(back[0][0] - lon) < METRE / 10 and abs(back[1][0] - lat) < METRE / 10


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_grid_over_china_comes_back_within_a_metre(datum):
    lon, lat = (a.ravel() for a in np.meshgrid(np.arange(73.5, 135.1, 0.5), np.arange(18, 54, 0.5)))
    shifted = from_wgs84(lon, lat, datum)
    moved = np.hypot((shifted[0] - lon) * np.cos(np.radians(lat)), shifted[1] - lat) / METRE
    assert moved.min() > 10 and moved.max() < 1500  # thresholds.csv: datum_km
    back = to_wgs84(*shifted, datum)
    away = np.hypot((back[0] - lon) * np.cos(np.radians(lat)), back[1] - lat) / METRE
    assert away.max() < 0.01


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("place", [(2.35, 48.86), (-74.0, 40.7), (151.2, -33.9), (10.0, 23.0)])
def test_outside_china_nothing_is_shifted(place, datum):
    lon, lat = [place[0]], [place[1]]
    for moved in (from_wgs84(lon, lat, datum), to_wgs84(lon, lat, datum)):
        assert (moved[0][0], moved[1][0]) == place


def test_the_mended_place_decides_at_the_edge():
    """A shifted place just beyond the box came from inside it, and goes back there."""
    lon, lat = 137.8347 - 1e-4, 40.0
    shifted = from_wgs84([lon], [lat], "gcj02")
    assert not in_china(*shifted)[0]
    assert abs(to_wgs84(*shifted, "gcj02")[0][0] - lon) < METRE


def test_wgs84_cgcs2000_and_unknown_stay_as_written():
    for datum in ("wgs84", "cgcs2000", "unknown"):
        assert to_wgs84([116.0], [23.0], datum) == (116.0, 23.0)


def test_epsg_codes_are_reprojected():
    lon, lat = to_wgs84([500_000.0], [2_547_000.0], "EPSG:32650")
    assert lon[0] == pytest.approx(117.0, abs=1e-6) and 22.9 < lat[0] < 23.1


@pytest.mark.parametrize("datum", ["mars", "EPSG:99999999"])
def test_unknown_datum_is_refused(datum):
    with pytest.raises(UsageError, match="datum"):
        to_wgs84([1.0], [1.0], datum)


def test_missing_coordinates_stay_missing():
    lon, lat = to_wgs84([np.nan, 116.3], [np.nan, 23.0], "bd09")
    assert np.isnan(lon[0]) and np.isfinite(lat[1])
