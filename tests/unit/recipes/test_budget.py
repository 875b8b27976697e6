"""Which input moves the estimate of a sample."""

import numpy as np
import pytest
from builders import build_samples

from wbe.errors import UsageError
from wbe.recipes import budget, estimate, pathways
from wbe.uncertainty import LogitNormal, default_model

BZE = "benzoylecgonine"


@pytest.fixture(scope="module")
def result():
    n = 8
    samples = build_samples(
        {BZE: [*np.linspace(300.0, 600.0, n - 1), np.nan], "morphine": [100.0] * n},
        status={BZE: [*["quantified"] * (n - 1), "below_loq"]},
        loq={BZE: [200.0] * n},
    )
    return estimate(samples, draws=1_000)


def expected():
    model = default_model()
    return {
        "analysis_bias": model.row("analysis_bias", {}).log_sd ** 2,
        "repeatability": model.row("repeatability", {}).log_sd ** 2,
        "sampling": model.row("sampling", {"mode": "composite_24h"}).log_sd ** 2,
        "flow": model.row("flow", {}).log_sd ** 2,
        "population": model.row("population", {"population_basis": "served"}).log_sd ** 2,
    }


def test_budget_of_a_load_is_that_of_the_error_model(result):
    b, parts = budget(result, "s1", BZE), expected()
    assert b.method == "closed_form" and b.variance == pytest.approx(sum(parts.values()))
    shares = dict(zip(b.inputs, b.share, strict=True))
    assert shares == pytest.approx({k: v / b.variance for k, v in parts.items()})


def test_each_quantity_has_the_inputs_of_its_formula(result):
    measured = {"analysis_bias", "repeatability", "sampling"}
    more = {
        "concentration": set(),
        "mass_load": {"flow"},
        "pn_mass_load": {"flow", "population"},
    }
    for quantity, inputs in more.items():
        assert set(budget(result, "s1", BZE, quantity=quantity).inputs) == measured | inputs


def test_consumption_carries_the_excretion_of_its_factor_row(result):
    path = next(p for p in pathways(result) if p["drug"] == "cocaine")
    b = budget(result, "s1", "cocaine", quantity="pn_consumption")
    part = LogitNormal(path["excretion"], path["logit_sd"]).log_moments()[1]
    assert b.variance == pytest.approx(sum(expected().values()) + part)
    assert b.share[b.inputs.index("excretion")] == pytest.approx(part / b.variance)
    same = budget(result, "s1", path["factor_id"], quantity="pn_consumption")
    assert same.inputs == b.inputs and (same.share == b.share).all()


def test_by_level_adds_up_flow_and_population(result):
    b, parts = budget(result, "s1", BZE, by="level"), expected()
    shares = dict(zip(b.inputs, b.share, strict=True))
    assert shares["site"] == pytest.approx((parts["flow"] + parts["population"]) / b.variance)


def test_a_value_below_a_limit_is_moved_by_its_fit(result):
    b = budget(result, "s8", BZE)
    assert b.method == "pick_freeze" and {"below_limit", "below_limit_fit"} <= set(b.inputs)
    assert b.total.min() > 0


def test_another_sample_changes_no_bit(result):
    other = estimate(build_samples({BZE: [300.0, 1.0]}, site=["A", "other"]), draws=1_000)
    alone = budget(other, "s1", BZE, scale="natural", draws=1_000)
    here = budget(result, "s1", BZE, scale="natural", draws=1_000)
    assert alone.to_frame().equals(here.to_frame())


@pytest.mark.parametrize(
    ("sample", "name", "quantity", "words"),
    [
        ("s99", BZE, "mass_load", "no sample 's99'"),
        ("s1", "tea", "mass_load", "no analyte 'tea'"),
        ("s1", "tea", "consumption", "0 factor rows of 'tea'"),
        ("s1", BZE, "index", "no draws"),
    ],
)
def test_what_is_not_there_is_named(result, sample, name, quantity, words):
    with pytest.raises(UsageError, match=words):
        budget(result, sample, name, quantity=quantity)


def test_bounds_alone_have_no_budget():
    samples = build_samples(
        {BZE: [300.0, np.nan]}, status={BZE: ["quantified", "below_loq"]}, loq={BZE: [200.0] * 2}
    )
    with pytest.raises(UsageError, match="bounds alone"):
        budget(estimate(samples, draws=1_000), "s2", BZE)
