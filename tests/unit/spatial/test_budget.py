"""Which input moves an area's value, a ratio of areas, and the decision on a tier."""

import json
import sys

import numpy as np
import pytest
from builders import build_areas, build_samples

from wbe.errors import PrecisionError, UsageError
from wbe.recipes import estimate
from wbe.spatial import (
    budget,
    budget_of_ratio,
    budget_of_tier,
    by_area,
    locate,
    rank,
)
from wbe.uncertainty import LogitNormal, Stream, default_model

METH = "methamphetamine"
COLUMNS = ("share", "first", "total")


def county(loads, points=7, draws=2_000, spread=0.4, **labels):
    """Grab samples at the points of areas A, B, ..., one visit each; 1 mg/d/1000 is 50 ng/L."""
    areas = [chr(ord("A") + k) for k in range(len(loads)) for _ in range(points)]
    steps = np.linspace(-1, 1, points) * spread
    values = [50.0 * x * np.exp(step) for x in loads for step in steps]
    labels = {
        "site": [f"p{k}" for k in range(len(values))],
        "area": areas,
        "visit": [f"v{a}" for a in areas],
        "mode": "grab",
        "flow": 1_000.0,
        "population": 50_000.0,
    } | labels
    return by_area(estimate(locate(build_samples({METH: values}, **labels)), draws=draws))


def plants(loads, draws=2_000, days=1, **labels):
    """One plant an area, sampled for some days."""
    areas = [chr(ord("A") + k) for k in range(len(loads)) for _ in range(days)]
    values = [50.0 * x for x in loads for _ in range(days)]
    labels = {
        "site": [f"p{a}" for a in areas],
        "area": areas,
        "flow": 1_000.0,
        "population": 50_000.0,
        "time": [f"2018-03-{k % days + 1:02d}" for k in range(len(values))],
    } | labels
    return by_area(estimate(locate(build_samples({METH: values}, **labels)), draws=draws))


def of(b, name):
    i = b.inputs.index(name)
    found = np.array([getattr(b, c)[i] for c in COLUMNS])
    return found, np.array([getattr(b, f"{c}_se")[i] for c in COLUMNS])


def agrees(b, name, expected):
    found, errors = of(b, name)
    return bool((np.abs(found - expected) < 4 * errors + 1e-12).all())


# areas


def test_budget_of_a_county_value_is_that_of_its_t_and_its_shared_errors():
    points, model = 14, default_model()
    values = county([30.0, 40.0, 50.0], points)
    b = budget(values, "A", METH, quantity="pn_consumption", scale="log", draws=40_000)
    variance = np.var(np.linspace(-1, 1, points) * 0.4, ddof=1) / points
    parts = {
        "area_level": variance * (points - 1) / (points - 3),
        "visit": 0.4**2,
        "analysis_bias": model.row("analysis_bias", {}).log_sd ** 2,
    }
    path = next(p for p in json.loads(values.attrs["pathways"]) if p["drug"] == METH)
    parts["excretion"] = LogitNormal(path["excretion"], path["logit_sd"]).log_moments()[1]
    assert set(b.inputs) == set(parts) and b.scale == "log"
    for name, part in parts.items():
        assert agrees(b, name, part / sum(parts.values()))


def test_few_points_have_ranks_and_no_variance_of_logs():
    values = county([30.0, 40.0], points=3)
    b = budget(values, "A", METH)
    assert b.scale == "rank" and np.isfinite(b.to_frame().drop(columns="input")).all(axis=None)
    assert b.first.sum() < 1 + 3 * b.first_se.sum()
    for scale in ("log", "natural"):
        with pytest.raises(UsageError, match="Student's t"):
            budget(values, "A", METH, scale=scale)


def test_more_spread_between_points_gives_them_more_of_the_budget():
    parts = [
        of(budget(county([30.0, 40.0], spread=s), "A", METH), "area_level")[0][2]
        for s in (0.2, 0.8, 1.6)
    ]
    assert parts[0] < parts[1] < parts[2]


def test_days_of_a_plant_shrink_only_what_days_do_not_share():
    one, week = (
        budget(plants([30.0, 40.0], days=n), "A", METH, quantity="pn_consumption") for n in (1, 7)
    )
    assert one.scale == week.scale == "log"
    for name in ("sampling", "repeatability"):
        assert of(week, name)[0][2] < 0.4 * of(one, name)[0][2]
    for name in ("flow", "population", "excretion", "analysis_bias"):
        assert of(week, name)[0][2] > of(one, name)[0][2]


def test_natural_scale_of_plants_is_there_on_request():
    b = budget(plants([30.0, 40.0]), "A", METH, scale="natural")
    assert b.scale == "natural" and 0.9 < b.total.sum() < 1.3


def test_non_detects_bring_their_own_inputs():
    loads = [30.0, 40.0, 35.0, 20.0, 50.0, 60.0, None, 25.0]
    values = [np.nan if x is None else 50.0 * x for x in loads]
    samples = build_samples(
        {METH: values},
        site=list("abcdefgh"),
        area=list("AAAABBBB"),
        visit=list("vvvvwwww"),
        mode="grab",
        flow=1_000.0,
        population=50_000.0,
        status={METH: ["quantified" if x else "below_loq" for x in loads]},
        loq={METH: [1_000.0] * 8},
    )
    values = by_area(estimate(locate(samples), draws=1_000))
    with_, without = (budget(values, a, METH) for a in "BA")
    assert {"below_limit", "below_limit_fit"} <= set(with_.inputs)
    assert not {"below_limit", "below_limit_fit"} & set(without.inputs)
    assert of(with_, "below_limit")[0][2] > 0


# ratios


@pytest.mark.parametrize("make", [county, plants])
def test_a_ratio_of_areas_loses_the_factor_and_the_laboratory(make):
    b = budget_of_ratio(make([30.0, 45.0]), "A", "B", METH, quantity="pn_consumption")
    for name in ("excretion", "analysis_bias"):
        assert (np.stack(of(b, name)) == 0).all()
    moving = b.total > 0
    assert moving.sum() >= 2 and b.total[moving].sum() == pytest.approx(1.0, abs=0.1)


def test_laboratories_of_their_own_do_not_cancel():
    b = budget_of_ratio(plants([30.0, 45.0], lab=["L1", "L2"]), "A", "B", METH)
    assert of(b, "analysis_bias")[0][2] > 0.02


def test_variance_of_a_ratio_is_that_of_its_parts():
    b = budget_of_ratio(plants([30.0, 45.0]), "A", "B", METH, draws=40_000)
    model = default_model()
    own = {
        "flow": model.row("flow", {}).log_sd ** 2,
        "population": model.row("population", {"population_basis": "served"}).log_sd ** 2,
        "sampling": model.row("sampling", {"mode": "composite_24h"}).log_sd ** 2,
        "repeatability": model.row("repeatability", {}).log_sd ** 2,
    }
    assert b.variance == pytest.approx(2 * sum(own.values()), rel=0.03)
    for name, part in own.items():
        assert agrees(b, name, part / sum(own.values()))


# tiers


def test_near_a_break_errors_move_the_tier_together():
    values = county([19.0, 40.0, 90.0])
    tiers = rank(values, METH, scheme="fixed", breaks=[20, 60])
    b = budget_of_tier(values, tiers, "A")
    assert b.scale == "natural" and b.inputs[0] == "visit"
    first, total = of(b, "visit")[0][1:]
    assert total > first + 0.05 and b.first.sum() < 1 < b.total.sum()
    p = float(tiers.set_index("area")["p_general"]["A"])
    assert b.variance == pytest.approx(p * (1 - p), rel=0.1)


def test_draws_are_those_of_the_ranking(monkeypatch):
    values = plants([19.0, 40.0], draws=5_000)
    tiers = rank(values, METH, scheme="fixed", breaks=[20, 60])
    module = sys.modules["wbe.spatial.budgets"]
    original, seen = module.by_draws, []

    def spied(output, inputs, draws, seed, correlations, *rest):
        seen.extend(output(Stream(seed, correlations), block) for block in range(2))
        return original(output, inputs, draws, seed, correlations, *rest)

    monkeypatch.setattr(module, "by_draws", spied)
    budget_of_tier(values, tiers, "A", draws=5_000)
    assert np.mean(seen) == tiers.set_index("area")["p_general"]["A"]


def test_far_from_a_break_the_budget_says_that_nothing_moves_the_tier():
    values = plants([30.0, 40.0])
    tiers = rank(values, METH, scheme="fixed", breaks=[1e-3, 1e6])
    b = budget_of_tier(values, tiers, "A")
    assert not b.moves and "Nothing moves" in b.note() and "sampling" in b.inputs
    assert (b.to_frame().drop(columns="input") == 0).all(axis=None)


def test_relative_breaks_move_with_what_all_areas_share():
    values = plants([1.0, 5.0, 20.0, 80.0, 300.0, 1_200.0])
    tiers = rank(values, METH, scheme="relative", breaks=[0.9, 8.5])
    fixed = rank(values, METH, scheme="fixed", breaks=[36.0, 340.0])
    assert tiers.set_index("area")["tier"]["E"] == fixed.set_index("area")["tier"]["E"] != ""
    cancelled = budget_of_tier(values, tiers, "E")
    kept = budget_of_tier(values, fixed, "E")
    assert of(cancelled, "analysis_bias")[0][2] == 0
    assert of(kept, "analysis_bias")[0][2] > 0.02


def test_another_area_changes_no_bit():
    few, more = (county(loads) for loads in ([19.0, 40.0], [19.0, 40.0, 7.0]))
    for ask in (
        lambda v: budget(v, "A", METH, draws=2_500),
        lambda v: budget_of_ratio(v, "A", "B", METH, draws=2_500),
        lambda v: budget_of_tier(
            v, rank(v, METH, scheme="fixed", breaks=[20, 60]), "A", draws=2_500
        ),
    ):
        assert ask(few).to_frame().equals(ask(more).to_frame())


# what is refused


def test_what_is_not_there_is_named():
    values = county([30.0, 40.0])
    with pytest.raises(UsageError, match="no area 'Z'; there are A, B"):
        budget(values, "Z", METH)
    with pytest.raises(UsageError, match="no pn_mass_load of tea"):
        budget(values, "A", "tea")
    with pytest.raises(UsageError, match="name one of 2018Q1"):
        budget(values, "A", METH, round="1999Q1")
    with pytest.raises(UsageError, match="scale = 'square'"):
        budget(values, "A", METH, scale="square")
    with pytest.raises(UsageError, match="ratio of A to itself"):
        budget_of_ratio(values, "A", "A", METH)


def test_several_rounds_need_a_name():
    values = plants([30.0, 40.0], round=["2018Q1", "2018Q2"])
    with pytest.raises(UsageError, match="2018Q1, 2018Q2"):
        budget(values, "A", METH)
    assert budget(values, "A", METH, round="2018Q1").about["round"] == "2018Q1"
    with pytest.raises(UsageError, match=r"no value with an interval in 2018Q2"):
        budget(values, "A", METH, round="2018Q2")


def test_an_area_with_too_few_points_has_no_budget():
    with pytest.raises(UsageError, match="insufficient_data"):
        budget(county([30.0, 40.0], points=2), "A", METH)


def test_an_area_without_a_tier_has_no_decision():
    values = county([30.0, 31.0, 32.0, 33.0])
    tiers = rank(values, METH, scheme="quantile")
    with pytest.raises(UsageError, match="no tier in 2018Q1"):
        budget_of_tier(values, tiers, "A")
    with pytest.raises(UsageError, match="0 tiers of Z"):
        budget_of_tier(values, tiers, "Z")


def test_a_tier_that_one_draw_leaves_is_refused():
    values = plants([30.0, 40.0], draws=1_000)
    tiers = rank(values, METH, scheme="fixed", breaks=[1.0, 80.0])
    with pytest.raises(PrecisionError, match="too few draws"):
        for seed in range(200):
            budget_of_tier(values, tiers, "A", draws=1_000, seed=seed)


def test_names_of_areas_are_those_of_the_table():
    samples = build_samples({METH: [1_500.0, 2_000.0]}, area=["A", "B"], flow=1e3, population=5e4)
    areas = build_areas({"A": (0.0, 0.0), "B": (1.0, 0.0)})
    values = by_area(estimate(locate(samples), draws=1_000), areas)
    about = budget(values, "A", METH, draws=1_000).about
    assert about["area"] == str(values["name"].sel(area="A").item())
