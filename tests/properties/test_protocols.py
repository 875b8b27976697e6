"""Properties of the protocols: dates moved, rows shuffled, units changed, sites renamed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wbe.recipes import protocols
from wbe.uncertainty import Term

NUMBERS = ["value", "lower", "upper", "bound_lower", "bound_upper"]
CALENDAR = 28 * 365 + 7
"""Days after which the calendar repeats itself, weekdays, leap years and all."""

RECIPES = (
    protocols.euda_week,
    protocols.euda_week_2021,
    protocols.statcan_month,
    protocols.quarterly_round,
    protocols.quarterly_plants,
    protocols.annual_mean,
)


@st.composite
def campaigns(draw):
    """Return plain columns of a synthetic campaign: some days of some sites, some non-detects."""
    n = draw(st.integers(3, 24))
    start = draw(st.integers(0, 400))
    step = draw(st.integers(1, 30))
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    return {
        "dates": np.datetime64("2020-01-01") + start + step * np.arange(n),
        "values": rng.lognormal(2.0, 0.5, n),
        "site": np.array(["A", "B", "C"])[rng.integers(3, size=n)],
        "below": rng.random(n) < 0.2,
    }


def _days(c, dates=None, order=None, scale=1.0):
    order = np.arange(len(c["values"])) if order is None else order
    dates = c["dates"] if dates is None else dates
    site = c["site"][order]
    errors = (
        Term("flow", "site", site, np.full(len(site), 0.2)),
        Term("sampling", "sample", np.array([f"s{k}" for k in order]), np.full(len(site), 0.1)),
    )
    return protocols.day_values(
        dates[order], scale * c["values"][order], below=c["below"][order], site=site, area="T",
        population=1e5, nondetects="limit", errors=errors, draws=500,
    )  # fmt: skip


def _table(recipe, days):
    table = recipe(days)
    return table.sort_values(["place", "period", "statistic"], ignore_index=True)


def _same(one: pd.DataFrame, other: pd.DataFrame, **tolerance) -> None:
    np.testing.assert_allclose(
        one[NUMBERS].to_numpy(), other[NUMBERS].to_numpy(), equal_nan=True, **tolerance
    )
    rest = ["place", "statistic", "n_days", "n_samples", "n_below", "flags", "covers"]
    pd.testing.assert_frame_equal(one[rest], other[rest])


@given(campaigns(), st.integers(-200, 200))
@settings(max_examples=15)
def test_weeks_shifted_by_weeks_keep_every_number_and_shift_every_label(c, weeks):
    for recipe in (protocols.euda_week, protocols.euda_week_2021):
        one, other = (
            _table(recipe, _days(c, dates)) for dates in (c["dates"], c["dates"] + 7 * weeks)
        )
        _same(one, other, rtol=0, atol=0)
        for name in ("period", "start", "end"):
            before, after = (pd.to_datetime(t[name][t["n_days"] > 0]) for t in (one, other))
            assert (after - before == pd.Timedelta(days=7 * weeks)).all()


@given(campaigns(), st.integers(-1, 2))
@settings(max_examples=8)
def test_a_whole_cycle_of_the_calendar_changes_labels_alone(c, cycles):
    for recipe in RECIPES:
        one = _table(recipe, _days(c))
        other = _table(recipe, _days(c, c["dates"] + CALENDAR * cycles))
        _same(one, other, rtol=0, atol=0)
        years = other["period"].str[:4].astype(int) - one["period"].str[:4].astype(int)
        assert (years == 28 * cycles).all()
        assert (one["period"].str[4:] == other["period"].str[4:]).all()


@given(campaigns(), st.randoms(use_true_random=False))
@settings(max_examples=8)
def test_the_order_of_the_rows_changes_nothing(c, random):
    order = np.arange(len(c["values"]))
    random.shuffle(order)
    for recipe in RECIPES:
        one, other = _table(recipe, _days(c)), _table(recipe, _days(c, order=order))
        _same(one, other, rtol=1e-9)
        assert one["period"].tolist() == other["period"].tolist()


@given(campaigns(), st.floats(1e-3, 1e3))
@settings(max_examples=8)
def test_every_number_scales_with_the_unit(c, k):
    for recipe in RECIPES:
        one, other = _table(recipe, _days(c)), _table(recipe, _days(c, scale=k))
        one[NUMBERS] *= k
        _same(one, other, rtol=1e-6)


@given(campaigns())
@settings(max_examples=8)
def test_bounds_hold_the_value_and_the_interval_holds_it_too(c):
    for recipe in RECIPES:
        got = recipe(_days(c))
        got = got[got["value"].notna()]
        assert (got["bound_lower"] <= got["value"] * (1 + 1e-12)).all()
        assert (got["value"] <= got["bound_upper"] * (1 + 1e-12)).all()
        told = got[got["upper"].notna()]
        assert (told["lower"] < told["value"]).all()
        assert (told["value"] < told["upper"]).all()
