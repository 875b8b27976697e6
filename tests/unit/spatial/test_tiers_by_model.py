"""Tiers by the county model: posterior exceedance, and what resolves them."""

import numpy as np
import pytest
from builders import build_samples

from wbe.errors import UsageError
from wbe.recipes import estimate
from wbe.spatial import area_draws, by_area, locate, rank, rank_table
from wbe.spatial.county import county_posterior

METH = "methamphetamine"
BREAKS = [20.0, 60.0]


@pytest.fixture(scope="module")
def county():
    """Six towns from 5 to 300 mg/day/1000, five points each in two rounds."""
    return made(np.log([5.0, 8, 15, 40, 120, 300]))


def made(levels, *, points=5, limit=None):
    rng, towns = np.random.default_rng(8), "ABCDEF"[: len(levels)]
    log = np.repeat(levels, points) + 0.5 * rng.normal(size=(2, len(levels) * points))
    read = np.exp(log.ravel()) * 1000 / 150  # ng/L at 150 L/day/inhabitant
    low = np.zeros(read.shape, dtype=bool) if limit is None else read < limit
    sites = [f"{t}{k}" for t in towns for k in range(points)]
    samples = build_samples(
        {METH: np.where(low, np.nan, read).tolist()},
        site=sites * 2, area=[t for t in towns for _ in range(points)] * 2,
        round=["2018Q1"] * len(sites) + ["2018Q2"] * len(sites),
        time=["2018-03-01"] * len(sites) + ["2018-06-01"] * len(sites),
        matrix="open_channel", mode="grab", flow=np.nan, population=20_000.0,
        status={METH: np.where(low, "below_lod", "quantified").tolist()},
        lod={METH: [np.nan if limit is None else limit] * len(read)},
    )  # fmt: skip
    result = estimate(locate(samples), draws=1_000, markers={"water": "150 L/day/inhabitant"})
    return by_area(result, quantities=("pn_mass_load",))


def by_model(values, **options):
    return rank(values, METH, scheme="model", **{"breaks": BREAKS, **options})


def test_probabilities_are_the_posterior_shares(county):
    tiers = by_model(county)
    posterior = county_posterior(county, METH)
    for r, round_ in enumerate(posterior.rounds):
        x = np.exp(posterior.typical_of_round[:, r])
        rows = tiers[tiers["round"] == round_]
        assert np.allclose(rows["p_severe"], (x > 60).mean(axis=0))
        assert np.allclose(rows["p_general"], (x <= 20).mean(axis=0))
        assert np.allclose(rows["value"], np.median(x, axis=0))


def test_resolved_is_nine_in_ten_under_the_model_and_not_more_often_without(county):
    tiers, plain = by_model(county), rank(county, METH, scheme="fixed", breaks=BREAKS)
    assert tiers.attrs["resolved_at"] == 0.9 and plain.attrs["resolved_at"] == 0.95
    p = tiers[["p_general", "p_moderate", "p_severe"]].max(axis=1)
    assert (tiers["resolved"] == (p >= 0.9)).all()
    assert tiers["resolved"].sum() >= plain["resolved"].sum()


def test_the_highest_town_is_drawn_towards_the_others(county):
    tiers, plain = by_model(county), rank(county, METH, scheme="fixed", breaks=BREAKS)
    top, alone = (np.log(t["value"]).groupby(t["area"]).mean().max() for t in (tiers, plain))
    assert top < alone


def test_a_floor_catches_the_towns_below_it(county):
    tiers = by_model(county, floor=10.0)
    first = tiers[tiers["round"] == "2018Q1"].set_index("area")
    assert first["tier"]["A"] == "not_elevated" and first["p_not_elevated"]["A"] > 0.8


def test_towns_that_cannot_be_told_apart_keep_only_resolved_tiers():
    near = by_model(made(np.log([20.0] * 6)))
    assert near["flags"].str.contains("not_distinguishable").all()
    assert (near["tier"] == "").all() and not near["resolved"].any()
    clean = by_model(made(np.log([1.0] * 6)))  # alike, and surely below the lowest break
    assert clean["flags"].str.contains("not_distinguishable").all()
    assert (clean["tier"] == "general").all() and clean["resolved"].all()


def test_two_points_are_insufficient_and_no_model_lends_them_a_tier():
    tiers = by_model(made(np.log([5.0, 40, 300]), points=2))
    assert (tiers["tier"] == "").all() and tiers["value"].isna().all()
    assert tiers["flags"].str.contains("insufficient_data").all()


def test_a_town_below_low_limits_is_clean_and_not_insufficient():
    """The lowest town lies mostly below a limit of 6 mg/day/1000, far below the lowest break."""
    tiers = by_model(made(np.log([2.0, 30, 40, 100, 200, 300]), limit=40.0))
    first = tiers[tiers["round"] == "2018Q1"].set_index("area")
    assert first["n_censored"]["A"] >= 3
    assert first["tier"]["A"] == "general" and first["resolved"]["A"]


def test_ranks_and_pairs_come_from_the_same_posterior(county):
    areas, x = area_draws(county, METH, "2018Q1", scheme="model")
    posterior = county_posterior(county, METH)
    assert areas == list(posterior.areas) and np.allclose(x, posterior.typical_of_round[:, 0])
    table = rank_table(county, METH, "2018Q1", scheme="model")
    plain = rank_table(county, METH, "2018Q1")
    assert table["n_higher"].sum() > plain["n_higher"].sum()


def test_the_same_seed_gives_the_same_table_whatever_was_computed_before(county):
    one = by_model(county)
    by_model(made(np.log([1.0, 2, 400])))
    assert one.drop(columns="geometry").equals(by_model(county).drop(columns="geometry"))


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({}, {"breaks": None}),
        ({}, {"statistic": "arithmetic"}),
        ({"draws": 0}, {}),
        ({"design": "plants"}, {}),
    ],
)
def test_what_the_model_is_not_about_is_refused(county, changes, options):
    with pytest.raises(UsageError):
        by_model(county.assign_attrs(changes), **options)
