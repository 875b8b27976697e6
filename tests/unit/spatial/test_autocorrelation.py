"""Moran, local Moran and G*: published answers, another program, and properties."""

from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from builders import reference_file
from hypothesis import given
from hypothesis import strategies as st

from wbe.errors import UsageError
from wbe.spatial import (
    Neighbours,
    getis_ord,
    local_moran,
    moran,
    moran_of_draws,
    neighbours_by_border,
    neighbours_by_distance,
    neighbours_from_pairs,
)
from wbe.spatial.autocorrelation import statistic_of
from wbe.spatial.neighbours import great_circle

SETS = ("sids2_sidr74", "stl_hr8893")


def published(name: str) -> tuple[np.ndarray, Neighbours, dict]:
    folder = reference_file("reference", "spatial")
    table = pd.read_csv(folder / f"{name}.csv", dtype={"id": str})
    pairs = pd.read_csv(folder / f"{name}_neighbours.csv", dtype=str)
    near = neighbours_from_pairs(table["id"], zip(pairs["i"], pairs["j"], strict=True))
    expected = json.loads((folder / f"{name}.expected.json").read_text("utf-8"))
    return table["value"].to_numpy(), near, expected


@pytest.mark.parametrize("name", SETS)
def test_moran_and_its_variances_are_those_of_the_reference(name):
    x, near, expected = published(name)
    got = moran(x, near, seed=1, permutations=99)
    pairs = [
        (got.statistic, "I"),
        (got.expected, "EI"),
        (got.variance_normal, "VI_norm"),
        (got.variance_random, "VI_rand"),
        (got.p_normal, "p_norm_two_sided"),
        (got.p_random, "p_rand_two_sided"),
    ]
    for value, key in pairs:
        assert value == pytest.approx(expected[key], rel=1e-9), key
    documented = expected["documented"]
    assert got.statistic == pytest.approx(documented["I"], abs=5e-4)
    assert got.p_normal == pytest.approx(documented["p_norm"], rel=1e-9)


@pytest.mark.parametrize("name", SETS)
def test_local_moran_and_its_kinds_are_those_of_the_reference(name):
    x, near, expected = published(name)
    got = local_moran(x, near, seed=1, permutations=99)
    np.testing.assert_allclose(got["statistic"], expected["local_Is"], rtol=1e-9, atol=1e-12)
    kinds = np.array(["high_high", "low_high", "low_low", "high_low"])
    assert got["kind"].tolist() == kinds[np.array(expected["local_q"]) - 1].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_esda_agrees(name):
    esda = pytest.importorskip("esda", reason="esda comes with the test extra")
    libpysal = pytest.importorskip("libpysal", reason="libpysal comes with the test extra")
    x, near, _ = published(name)
    w = libpysal.weights.full2W(near.weights)
    w.transform = "r"
    theirs = esda.Moran(x, w, two_tailed=False, permutations=9_999)
    ours = moran(x, near, seed=1, alternative="greater")
    assert ours.statistic == pytest.approx(theirs.I, rel=1e-12)
    assert ours.p_permuted == pytest.approx(theirs.p_sim, abs=2e-3)
    linked = libpysal.weights.full2W((near.weights > 0).astype(int))
    # Of row-standardised weights esda 2.9 takes the variance of 0/1 weights; scores have no scale.
    g = esda.G_Local(x, linked, transform="B", permutations=0, star=True)
    scores = getis_ord(x, near, seed=1, permutations=99)["statistic"]
    np.testing.assert_allclose(scores, g.Zs, rtol=1e-9)


def test_the_conditional_p_is_that_of_all_arrangements_of_the_others():
    near = neighbours_from_pairs("abcdefg", zip("abcdef", "bcdefg", strict=True))
    x = np.array([1.0, 2.0, 2.5, 7.0, 9.0, 8.0, 4.0])
    got = local_moran(x, near, seed=3, permutations=20_000)["p"]
    for i in range(7):
        others = np.array(list(permutations(np.delete(x, i))))
        lags = np.insert(others, i, 0, axis=1) @ near.weights[i]
        observed = near.weights[i] @ x
        tail = min(np.mean(lags >= observed - 1e-12), np.mean(lags <= observed + 1e-12))
        assert got[i] == pytest.approx(min(1.0, 2 * tail), abs=8 * np.sqrt(tail / 20_000))


def test_the_permutation_p_is_that_of_all_arrangements():
    near = neighbours_from_pairs("abcdefg", zip("abcdef", "bcdefg", strict=True))
    x = np.array([1.0, 2.0, 2.5, 7.0, 9.0, 8.0, 4.0])
    z = x - x.mean()
    every = np.array([statistic_of(np.array(p), near.weights) for p in permutations(z)])
    exact = np.mean(every >= statistic_of(z, near.weights) - 1e-12)
    got = moran(x, near, seed=3, alternative="greater", permutations=20_000)
    assert got.p_permuted == pytest.approx(exact, abs=4 * np.sqrt(exact / 20_000))
    assert got.expected == pytest.approx(every.mean(), abs=1e-12)
    assert got.variance_random == pytest.approx(every.var(), rel=1e-9)


ring = neighbours_from_pairs("abcdefgh", zip("abcdefgh", "bcdefgha", strict=True))
eight = st.lists(st.integers(-50, 50), min_size=8, max_size=8).filter(lambda v: len(set(v)) > 1)


@given(eight, st.integers(1, 9), st.integers(-9, 9))
def test_moran_and_scores_do_not_change_with_unit_and_origin(values, a, b):
    x = np.array(values, float)
    one, other = (moran(v, ring, seed=1, permutations=99) for v in (x, a * x + b))
    assert other.statistic == pytest.approx(one.statistic, rel=1e-9, abs=1e-12)
    assert other.p_permuted == one.p_permuted
    scores = [getis_ord(v, ring, seed=1, permutations=99)["statistic"] for v in (x, a * x + b)]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-9, atol=1e-9)


@given(eight, st.permutations(range(8)))
def test_relabelled_areas_have_the_same_statistics(values, order):
    x = np.array(values, float)
    moved = Neighbours(
        tuple(ring.areas[i] for i in order), ring.weights[np.ix_(order, order)], ring.rule
    )
    assert moran(x[list(order)], moved, seed=1, permutations=9).statistic == pytest.approx(
        moran(x, ring, seed=1, permutations=9).statistic, rel=1e-9, abs=1e-12
    )
    ours = local_moran(x, ring, seed=1, permutations=9)["statistic"].to_numpy()
    theirs = local_moran(x[list(order)], moved, seed=1, permutations=9)["statistic"]
    np.testing.assert_allclose(theirs, ours[list(order)], rtol=1e-9, atol=1e-12)


@given(eight)
def test_local_values_sum_to_the_global_one(values):
    x = np.array(values, float)
    total = local_moran(x, ring, seed=1, permutations=9)["statistic"].sum()
    whole = moran(x, ring, seed=1, permutations=9).statistic
    assert total == pytest.approx(whole * (8 - 1) / 8 * ring.weights.sum(), rel=1e-9, abs=1e-12)


def test_draws_that_share_an_error_say_the_same_and_noise_lowers_certainty():
    rng = np.random.default_rng(5)
    smooth = np.array([1, 2, 3, 4, 4, 3, 2, 1.0])
    shared = smooth + rng.normal(size=(400, 1))
    noisy = shared + rng.normal(size=(400, 8)) * 2
    sure = moran_of_draws(shared, ring, seed=1, permutations=99)
    unsure = moran_of_draws(noisy, ring, seed=1, permutations=99)
    assert sure.upper - sure.lower < 1e-9
    assert sure.share_significant == 1
    assert unsure.share_significant < 0.6
    assert unsure.median < sure.median


def test_an_area_without_neighbours_is_named_and_left_out():
    near = neighbours_from_pairs("abcdez", zip("abcd", "bcde", strict=True))
    x = [1.0, 2, 3, 5, 4, 99]
    got = moran(x, near, seed=1, permutations=99)
    assert got.alone == ("z",)
    assert got.n == 5
    assert got.statistic == moran(x[:5], near.among("abcde"), seed=1, permutations=99).statistic
    assert "z" not in local_moran(x, near, seed=1, permutations=9)["area"].tolist()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([1.0, 2, 3, 4, 5, 6, 7, np.nan], "missing"),
        ([2.0] * 8, "equal"),
        ([1.0, 2, 3], "as many values"),
    ],
)
def test_values_that_cannot_be_tested_are_refused(values, says):
    with pytest.raises(UsageError, match=says):
        moran(values, ring, seed=1)


def test_options_that_mean_nothing_are_refused():
    for statistic in (moran, local_moran, getis_ord):
        with pytest.raises(UsageError, match="permutations = 0"):
            statistic(np.arange(8.0), ring, seed=1, permutations=0)
    with pytest.raises(UsageError, match="nearby"):
        moran(np.arange(8.0), ring, seed=1, alternative="nearby")
    draws = np.random.default_rng(1).normal(size=(100, 8))
    for option in ("level", "alpha"):
        with pytest.raises(UsageError, match="95"):
            moran_of_draws(draws, ring, seed=1, **{option: 95})


def test_an_area_that_neighbours_all_others_has_no_score():
    star = neighbours_from_pairs("abcde", [("a", x) for x in "bcde"] + [("b", "c")])
    got = getis_ord([9.0, 1, 2, 3, 4], star, seed=1, permutations=99).set_index("area")
    assert np.isnan(got.loc["a", "statistic"])
    assert (got.loc["a", "kind"], got.loc["a", "p"]) == ("", 1.0)
    assert set(got.loc[list("bcde"), "kind"]) <= {"hot", "cold"}


def test_borders_with_a_digitising_gap_count_and_wide_ones_do_not():
    geopandas = pytest.importorskip("geopandas")
    from shapely.geometry import box

    # 1e-4 degrees are about 11 m, 2e-3 about 220 m.
    boxes = [
        box(116, 23, 116.1, 23.1),
        box(116.1001, 23, 116.2, 23.1),
        box(116.202, 23, 116.3, 23.1),
    ]
    areas = geopandas.GeoDataFrame({"area": list("abc")}, geometry=boxes, crs="EPSG:4326")
    assert neighbours_by_border(areas).alone == ("c",)
    assert neighbours_by_border(areas, gap=500).weights[1].tolist() == [0.5, 0, 0.5]


def test_great_circles_have_the_lengths_of_a_sphere():
    degree = np.pi * 6371.0088 / 180
    got = great_circle(
        *np.radians([[0, 60, 60, 90], [0, 10, 10, 0], [1, 60, 60, -90], [0, 11, 190, 5]])
    )
    # A degree of longitude at 60 degrees is half as long; half round the pole; pole to pole.
    chord = 2 * np.degrees(np.arcsin(np.sin(np.radians(0.5)) / 2))
    np.testing.assert_allclose(got, degree * np.array([1, chord, 60, 180]), rtol=1e-9)


def test_nearest_neighbours_by_great_circle():
    near = neighbours_by_distance("abcd", [23, 23.1, 23.2, 24], [116, 116, 116, 116], nearest=1)
    assert (near.weights > 0).astype(int).tolist() == [
        [0, 1, 0, 0],
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
    ]
