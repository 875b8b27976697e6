"""Tiers by the county model: posterior exceedance, and what resolves them."""

import numpy as np
import pytest
from builders import build_samples

from wbe.errors import UsageError
from wbe.recipes import estimate
from wbe.spatial import area_draws, by_area, locate, rank, rank_table
from wbe.spatial.county import CountyPriors, county_posterior
from wbe.spatial.series_draws import series_draws, with_posterior

METH = "methamphetamine"
BREAKS = [20.0, 60.0]
LEVELS = np.log([5.0, 8, 15, 40, 120, 300])


@pytest.fixture(scope="module")
def county():
    """Six towns from 5 to 300 mg/day/1000, five points each in two rounds."""
    return made(LEVELS)


def made(levels, *, points=5, limit=None, hidden=(), quantities=("pn_mass_load",)):
    """Area values of two rounds; `hidden`: (town number, its lowest points, limit [ng/L]) each."""
    rng, towns = np.random.default_rng(8), "ABCDEF"[: len(levels)]
    log = np.repeat(levels, points) + 0.5 * rng.normal(size=(2, len(levels) * points))
    read = np.exp(log.ravel()) * 1000 / 150  # ng/L at 150 L/day/inhabitant
    low = np.zeros(read.shape, dtype=bool) if limit is None else read < limit
    limits = np.full(read.shape, np.nan if limit is None else limit)
    for town, n, own in hidden:
        for round_ in range(2):
            start = (round_ * len(levels) + town) * points
            at = start + np.argsort(read[start : start + points])[:n]
            low[at], limits[at] = True, own
    sites = [f"{t}{k}" for t in towns for k in range(points)]
    samples = build_samples(
        {METH: np.where(low, np.nan, read).tolist()},
        site=sites * 2, area=[t for t in towns for _ in range(points)] * 2,
        round=["2018Q1"] * len(sites) + ["2018Q2"] * len(sites),
        time=["2018-03-01"] * len(sites) + ["2018-06-01"] * len(sites),
        matrix="open_channel", mode="grab", flow=np.nan, population=20_000.0,
        status={METH: np.where(low, "below_lod", "quantified").tolist()},
        lod={METH: limits.tolist()},
    )  # fmt: skip
    result = estimate(locate(samples), draws=1_000, markers={"water": "150 L/day/inhabitant"})
    return by_area(result, quantities=quantities)


def by_model(values, **options):
    return rank(values, METH, scheme="model", **{"breaks": BREAKS, **options})


def test_probabilities_are_the_posterior_shares(county):
    tiers = by_model(county)
    posterior = county_posterior(county, METH, unconverged="flag")
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


def test_what_pooling_takes_off_the_highest_town_is_kept_with_the_tiers(county):
    told = by_model(county).attrs["understated"][METH]
    posterior = county_posterior(county, METH, unconverged="flag")
    for r, round_ in enumerate(posterior.rounds):
        x = posterior.typical_of_round[:, r]
        expected = (x.max(axis=1) - np.median(x, axis=0)[x.argmax(axis=1)]).mean()
        assert told[round_] == pytest.approx(expected) and expected > 0.02
    assert rank(county, METH, scheme="fixed", breaks=BREAKS).attrs["understated"] == {}


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


@pytest.fixture(scope="module")
def non_detects():
    """Tiers of the first round: limits of 3 and of 3000 mg/day/1000, far from both breaks."""
    low, high = 20.0, 20_000.0
    values = made(LEVELS, hidden=((0, 3, high), (1, 3, low), (4, 1, high), (5, 1, low)))
    tiers = by_model(values)
    return tiers[tiers["round"] == "2018Q1"].set_index("area")


@pytest.mark.parametrize("area", ["E", "F"])
def test_one_non_detect_leaves_a_high_town_its_tier(non_detects, area):
    """Whatever its limit: the four others decide."""
    row = non_detects.loc[area]
    assert row["n_censored"] == 1 and row["tier"] == "severe"
    assert "bounds_cross_break" not in row["flags"]


def test_non_detects_that_decide_where_the_middle_lies_leave_no_tier(non_detects):
    """Three of five points below a limit above all breaks: clean or severe, nobody knows."""
    row = non_detects.loc["A"]
    assert row["tier"] == "" and not row["resolved"] and "bounds_cross_break" in row["flags"]
    assert row["p_general"] > 0  # what the model makes of it is still printed


def test_three_of_five_below_a_low_limit_is_clean(non_detects):
    row = non_detects.loc["B"]
    assert row["tier"] == "general" and "bounds_cross_break" not in row["flags"]


def test_bounds_are_those_of_the_median_point_whatever_the_quantity():
    """Of five points the lowest has a limit that nobody stated: it may lie anywhere."""
    values = made(LEVELS, hidden=((5, 1, np.nan),), quantities=("pn_mass_load", "pn_consumption"))
    bounds = []
    for quantity in ("pn_mass_load", "pn_consumption"):
        plain = series_draws(values, quantity)[METH]
        draws = with_posterior(values, METH, quantity, plain)
        bounds.append([draws.bound("F", "2018Q1", end) for end in ("zero", "limit")])
        factor = plain.series.factor
    load, used = np.array(bounds)
    here = (values["site"].str.startswith("F") & (values["sample_round"] == "2018Q1")).values
    read = np.sort(values["concentration"].values[here, 0] * 150 / 1000)[:4]  # NaN last
    assert load == pytest.approx([read[1], read[2]])
    assert factor != 1 and used == pytest.approx(load * factor)


def test_a_town_with_non_detects_has_the_tier_of_its_level_and_not_of_its_points():
    values = made(LEVELS, hidden=((5, 1, 20.0),))
    draws = with_posterior(values, METH, "pn_mass_load", series_draws(values, "pn_mass_load")[METH])
    point = draws.bound("F", "2018Q1", "limit")
    level = by_model(values).set_index(["round", "area"]).loc[("2018Q1", "F"), "value"]
    between = float(np.sqrt(point * level))
    row = by_model(values, breaks=[20.0, between]).set_index(["round", "area"])
    expected = "severe" if level > between else "moderate"
    assert abs(np.log(point / level)) > 0.01
    assert row.loc[("2018Q1", "F"), "tier"] == expected


@pytest.mark.slow
def test_loads_and_consumption_rest_on_one_run_of_the_chains(monkeypatch):
    from wbe.spatial.county import from_values

    both = made(LEVELS, quantities=("pn_mass_load", "pn_consumption"))
    monkeypatch.setattr(from_values, "_KEPT", {})
    runs = []
    once = from_values.sample_posterior
    monkeypatch.setattr(
        from_values, "sample_posterior", lambda *a, **k: runs.append(1) or once(*a, **k)
    )
    load, used = (
        county_posterior(both, METH, q, unconverged="flag")
        for q in ("pn_mass_load", "pn_consumption")
    )
    assert len(runs) == 1
    ratio = used.typical - load.typical  # the factor, one draw for all towns
    assert np.allclose(ratio, ratio[:, :1]) and ratio.std() > 0.01
    other_seed = both.assign_attrs(seed=99)
    for values, options in (
        (both, {}), (both, {"priors": CountyPriors(tau=0.1)}), (other_seed, {}),
        (made(LEVELS + 1), {}),
    ):  # fmt: skip
        county_posterior(values, METH, draws=400, unconverged="flag", **options)
    assert len(runs) == 5


def test_ranks_and_pairs_come_from_the_same_posterior(county):
    areas, x = area_draws(county, METH, "2018Q1", scheme="model")
    posterior = county_posterior(county, METH, unconverged="flag")
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
