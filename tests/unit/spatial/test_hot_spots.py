"""Structure of area values with their uncertainty: what is clear is said, what is not is not."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from builders import build_samples

from wbe.errors import UsageError
from wbe.recipes import estimate
from wbe.spatial import (
    by_area,
    getis_ord,
    hot_spots_of_areas,
    local_moran,
    locate,
    moran_of_areas,
    neighbours_from_pairs,
)
from wbe.uncertainty import default_model

METH = "methamphetamine"
N = 24
NAMES = [f"T{k:02d}" for k in range(N)]
#: A ring in which each town has two neighbours to either side.
RING = neighbours_from_pairs(
    NAMES, [(NAMES[k], NAMES[(k + d) % N]) for k in range(N) for d in (1, 2)]
)
HILL = 3 * np.cos(2 * np.pi * np.arange(N) / N)


@cache
def values(height: float, spread: float, missing: str = "", visit: float = 1.0) -> Any:
    """Area values of a ring of towns of four points: a hill of some height, points that differ.

    `visit` multiplies an error that moves the draws of a town and not its central value.
    """
    rng = np.random.default_rng(3)
    towns = [t for t in NAMES if t != missing]
    level = [5 + height * HILL[NAMES.index(t)] for t in towns for _ in range(4)]
    samples = build_samples(
        {METH: np.exp(level + spread * rng.normal(size=len(level))).tolist()},
        site=[f"{t}{k}" for t in towns for k in range(4)],
        area=[t for t in towns for _ in range(4)],
        matrix="open_channel", mode="grab", flow=np.nan, population=20_000.0, round="2018Q1",
    )  # fmt: skip
    water = {"water": "150 L/day/inhabitant"}
    model = default_model().scaled("visit", visit)
    return by_area(estimate(locate(samples), draws=800, markers=water, error_model=model))


def hot(made: Any, statistic: Any = local_moran) -> Any:
    return hot_spots_of_areas(made, RING, METH, "2018Q1", statistic=statistic).set_index("area")


@pytest.mark.parametrize(
    ("statistic", "high", "low"),
    [(local_moran, "high_high", "low_low"), (getis_ord, "hot", "cold")],
)
def test_a_clear_hill_is_found_where_it_stands(statistic: Any, high: str, low: str) -> None:
    table = hot(values(1.0, 0.1), statistic)
    assert table.loc["T00", "verdict"] == high and table.loc["T12", "verdict"] == low
    assert table.loc["T06", "verdict"] == "not_distinguishable"  # on the slope
    clear = table["verdict"] != "not_distinguishable"
    assert (table.loc[clear, "p_adjusted"] <= 0.05).all()
    assert (table.loc[clear, "p_kind"] >= 0.95).all()


@pytest.mark.parametrize("statistic", [local_moran, getis_ord])
def test_a_kind_that_the_draws_do_not_bear_out_is_no_verdict(statistic: Any) -> None:
    table = hot(values(1.0, 0.1, visit=16.0), statistic)
    explained = (table["p_adjusted"] <= 0.05) & (table["p_kind"] < 0.95)
    assert explained.any()
    assert (table.loc[explained, "verdict"] == "not_distinguishable").all()


def test_a_kind_that_chance_explains_is_no_verdict() -> None:
    table = hot(values(0.0, 0.5))
    assert (table["verdict"] == "not_distinguishable").all()
    assert table["p_kind"].between(0, 1).all()


def test_the_share_of_draws_falls_with_the_uncertainty_of_the_towns() -> None:
    sure, unsure = hot(values(1.0, 0.1))["p_kind"], hot(values(1.0, 2.5))["p_kind"]
    assert sure["T00"] == 1.0
    assert unsure.mean() < sure.mean() - 0.05


def test_moran_of_a_hill_is_certain_and_of_noise_is_not() -> None:
    hill = moran_of_areas(values(1.0, 0.1), RING, METH, "2018Q1", alternative="greater")
    assert hill.central.p_permuted < 0.001 and hill.share_significant == 1.0
    assert 0.5 < hill.lower < hill.median < hill.upper
    flat = moran_of_areas(values(0.0, 0.5), RING, METH, "2018Q1", alternative="greater")
    assert flat.central.p_permuted > 0.05 and flat.lower < 0.1
    assert flat.draws == 800


def test_a_town_without_a_value_is_left_out_and_the_others_keep_their_names() -> None:
    table = hot(values(1.0, 0.1, missing="T05"))
    assert "T05" not in table.index and len(table) == N - 1
    assert table.loc["T00", "verdict"] == "high_high"
    found = moran_of_areas(values(1.0, 0.1, missing="T05"), RING, METH, "2018Q1")
    assert found.central.n == N - 1


@pytest.mark.parametrize("statistic", [local_moran, getis_ord])
def test_where_there_is_no_structure_adjusted_tests_seldom_find_any(statistic: Any) -> None:
    rng = np.random.default_rng(11)
    tables = [statistic(rng.normal(size=N), RING, seed=k, permutations=499) for k in range(200)]
    found = np.mean([(t["p_adjusted"] <= 0.05).any() for t in tables])
    assert found <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    # Unadjusted, most maps without structure have a hot spot.
    assert np.mean([(t["p"] <= 0.05).any() for t in tables]) > 0.4


@pytest.mark.parametrize("statistic", [local_moran, getis_ord])
def test_the_statistic_is_that_of_the_central_values(statistic: Any) -> None:
    made = values(1.0, 0.5)
    logs = np.log(made["value"].sel(quantity="pn_mass_load", drug=METH, round="2018Q1").values)
    plain = statistic(logs, RING, seed=1, permutations=99)["statistic"]
    np.testing.assert_allclose(hot(made, statistic)["statistic"], plain, atol=0.08)


def test_the_same_values_give_the_same_table() -> None:
    made = values(0.5, 0.6)
    assert hot(made).equals(hot(made))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"drug": "heroin"}, "no pn_mass_load of 'heroin'"),
        ({"round_": "2019Q1"}, "no round '2019Q1'"),
        ({"statistic": np.mean}, "local_moran or getis_ord"),
    ],
)
def test_what_cannot_be_asked_is_refused(options: dict[str, Any], says: str) -> None:
    asked = {"drug": METH, "round_": "2018Q1"} | options
    with pytest.raises(UsageError, match=says):
        hot_spots_of_areas(values(1.0, 0.1), RING, **asked)
