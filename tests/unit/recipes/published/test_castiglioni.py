"""The five uncertainties of Castiglioni 2013, against roots of squares and plain draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.recipes import published
from wbe.recipes.published.steps import step_terms
from wbe.uncertainty import ErrorModel

LOWEST = {"sampling": 0.05, "analysis": 0.06, "stability": 0.0, "back_calculation": 0.26,
          "population": 0.07}  # fmt: skip
HIGHEST = {"sampling": 0.10, "analysis": 0.26, "stability": 0.10, "back_calculation": 0.26,
           "population": 0.55}  # fmt: skip
CASES = [("lowest", LOWEST), ("highest", HIGHEST)]


def day(n=1):
    return published.samples_of(
        {"benzoylecgonine": np.full(n, 500.0)}, flow=50_000, population=200_000, site="A",
        date=np.datetime64("2024-03-12") + np.arange(n), population_basis="resident",
    )  # fmt: skip


def stated(**rsds):
    """Samples whose table states relative sds."""
    samples = day()
    for name, rsd in rsds.items():
        samples[name] = samples[name].copy(data=np.full(samples[name].shape, rsd))
    return samples


@pytest.mark.parametrize(("case", "rsds"), CASES)
def test_the_table_holds_the_ends_of_the_ranges(case, rsds):
    model = published.castiglioni_errors()
    assert {name: model.row(name, {"case": case}).spread for name in rsds} == rsds


def test_only_what_was_read_says_so():
    frame = published.castiglioni_errors().to_frame()
    read = {"analysis", "back_calculation", "population"}  # the ranges that the abstract prints
    said = frame.groupby("component")["verified"].agg(set).to_dict()
    assert said == {name: {"confirmed"} for name in read} | {
        "sampling": {"recalled"}, "stability": {"recalled", "judgement"},
    }  # fmt: skip
    assert set(frame["source"]) == {"Castiglioni2013"}


@pytest.mark.parametrize(("case", "rsds"), CASES)
def test_the_total_is_the_root_of_the_sum_of_squares(case, rsds):
    table = published.castiglioni_2013(day(), case=case)
    by_hand = np.sqrt(sum(r**2 for r in rsds.values()))
    assert table["relative_uncertainty"].iloc[0] == pytest.approx(by_hand)


@pytest.mark.parametrize(("case", "rsds"), CASES)
def test_the_interval_is_that_of_plain_draws(case, rsds):
    row = published.castiglioni_2013(day(), case=case).iloc[0]
    rng = np.random.default_rng(20131)
    drawn = np.full(400_000, 448.75)
    for rsd in rsds.values():
        drawn *= rng.lognormal(0.0, np.sqrt(np.log(1 + rsd**2)), len(drawn))
    lower, upper = np.quantile(drawn, [0.025, 0.975])
    assert (row["lower"], row["upper"]) == pytest.approx((lower, upper), rel=0.01)


def test_for_small_errors_the_interval_is_the_value_with_twice_the_root():
    small = published.castiglioni_errors()
    small = replace(
        small, components=tuple(replace(c, spread=c.spread / 20) for c in small.components)
    )
    row = published.castiglioni_2013(day(), case="highest", errors=small).iloc[0]
    half = 1.96 * row["relative_uncertainty"]
    assert row["upper"] / row["value"] - 1 == pytest.approx(half, rel=0.05)
    assert 1 - row["lower"] / row["value"] == pytest.approx(half, rel=0.05)


@pytest.mark.parametrize(
    ("name", "step"), [("concentration_rsd", "analysis"), ("population_rsd", "population")]
)
def test_what_the_table_states_stands_in_the_place_of_a_range(name, step):
    table = published.castiglioni_2013(stated(**{name: 0.12}), case="highest")
    by_hand = np.sqrt(sum(r**2 for r in (HIGHEST | {step: 0.12}).values()))
    assert table["relative_uncertainty"].iloc[0] == pytest.approx(by_hand)


def test_which_end_holds_has_no_default():
    with pytest.raises(TypeError, match="case"):
        published.castiglioni_2013(day())
    with pytest.raises(UsageError, match="case"):
        published.castiglioni_2013(day(), case="middle")


def test_a_step_that_is_missing_is_never_taken_as_none():
    model = published.castiglioni_errors()
    less = ErrorModel(tuple(c for c in model.components if c.component != "stability"))
    with pytest.raises(UsageError, match="stability"):
        published.castiglioni_2013(day(), case="lowest", errors=less)


def test_a_step_of_another_shape_is_refused():
    model = published.castiglioni_errors()
    other = replace(
        model,
        components=tuple(
            replace(c, distribution="uniform") if c.component == "sampling" else c
            for c in model.components
        ),
    )
    with pytest.raises(UsageError, match="lognormal"):
        published.castiglioni_2013(day(), case="highest", errors=other)


def test_days_without_a_result_have_no_row():
    samples = published.samples_of(
        {"benzoylecgonine": [500.0, np.nan, 100.0]}, flow=50_000, population=200_000, site="A",
        date=np.datetime64("2024-03-12") + np.arange(3), population_basis="resident",
    )  # fmt: skip
    table = published.castiglioni_2013(samples, case="lowest")
    assert table["period"].tolist() == ["2024-03-12", "2024-03-14"]
    assert table["value"].to_numpy() == pytest.approx([448.75, 89.75])
    assert table["relative_uncertainty"].notna().all()


def test_without_benzoylecgonine_there_is_nothing_to_say():
    other = published.samples_of(
        {"cocaine": [500.0]}, flow=1.0, population=1.0, site="A", date=["2024-03-12"],
        population_basis="resident",
    )  # fmt: skip
    with pytest.raises(UsageError, match="benzoylecgonine"):
        published.castiglioni_2013(other, case="lowest")


def test_each_error_is_shared_by_whom_its_level_says():
    """Days of a plant share its population and the fraction, never the sampler's luck."""
    samples = published.samples_of(
        {"benzoylecgonine": np.full(4, 500.0)}, flow=50_000, population=200_000,
        site=["A", "A", "B", "B"], date=np.datetime64("2024-03-12") + np.arange(4),
        population_basis="resident",
    )  # fmt: skip
    one = samples.sel(analyte="benzoylecgonine").assign_coords(lab=("sample", ["L", "L", "L", "M"]))
    terms = step_terms(one, published.castiglioni_errors(), "highest")
    shared = {term.name: [list(term.labels).index(x) for x in term.labels] for term in terms}
    assert shared == {
        "sampling": [0, 1, 2, 3], "analysis": [0, 0, 0, 3], "stability": [0, 0, 2, 2],
        "back_calculation": [0, 0, 0, 0], "population": [0, 0, 2, 2],
    }  # fmt: skip
