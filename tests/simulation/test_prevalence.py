"""Coverage of intervals of prevalence over synthetic towns: users -> load -> interval."""

from __future__ import annotations

import numpy as np
import pytest

from wbe.backcalc import DailyUse, PeriodUse, UseGroup, assumed, prevalence
from wbe.uncertainty import LogitNormal, Product, Term

TOWNS = 3_000
TRUTH = 0.0064
METH = {"drug": "methamphetamine", "of": "adults", "factors": "default", "seed": 7, "draws": 4_000}
EXCRETION = LogitNormal(0.43, 0.25)
MEASURED, PEOPLE = 0.25, 0.2


def synthetic(name, value, **more):
    return assumed(name, value, source="synthetic", **more)


AGE = synthetic("age_share", 0.70, sd=0.05)
DAILY = DailyUse(
    synthetic("dose", "30 mg/dose", low=10, high=90),
    synthetic("frequency", "1.5 dose/day", low=0.7, high=3.2),
)


def drawn(rng, one):
    """The true value of every town: from the distribution that is stated of it."""
    return one.shape.value(rng.standard_normal(TOWNS))


def estimates(rng, used):
    """What a campaign finds of a true consumption, as rows with the errors that they carry."""
    found = used * EXCRETION.value(rng.standard_normal(TOWNS)) / EXCRETION.centre
    found = found * np.exp(MEASURED * rng.standard_normal(TOWNS))
    found = found / np.exp(PEOPLE * rng.standard_normal(TOWNS))
    names, ones = np.array([str(k) for k in range(TOWNS)]), np.ones(TOWNS)
    terms = (
        Term("excretion", "global", np.full(TOWNS, "E"), -ones, EXCRETION),
        Term("analysis", "sample", names, MEASURED * ones),
        Term("population", "site", names, -PEOPLE * ones),
    )
    return Product(np.log(found), terms)


def covered(found, truth=TRUTH):
    return float(((found.lower <= truth) & (truth <= found.upper)).mean())


def test_of_users_of_a_day() -> None:
    rng = np.random.default_rng(11)
    used = 1000 * TRUTH
    for one in (AGE, DAILY.dose, DAILY.frequency):
        used = used * drawn(rng, one)
    found = prevalence(estimates(rng, used), DAILY, AGE, **METH)
    assert 0.93 <= covered(found) <= 0.97
    assert np.median(found.upper / found.lower) > 10  # more than an order of magnitude


@pytest.mark.slow
def test_of_users_of_a_month_by_groups() -> None:
    rng = np.random.default_rng(13)
    amount = synthetic("amount", "60 mg/day", low=25, high=144)
    often, seldom = (
        synthetic("days", f"{n} day", low=n / 1.3, high=n * 1.3, key=str(n)) for n in (20, 3)
    )
    use = PeriodUse(
        (UseGroup("often", 0.3, often, amount), UseGroup("seldom", 0.7, seldom, amount)), 30.4, 60.0
    )
    part = rng.beta(0.3 * 60, 0.7 * 60, TOWNS)
    days = part * np.minimum(drawn(rng, often), 30.4) + (1 - part) * drawn(rng, seldom)
    used = 1000 * TRUTH * drawn(rng, AGE) * days * drawn(rng, amount) / 30.4
    found = prevalence(estimates(rng, used), use, AGE, **METH)
    assert 0.93 <= covered(found) <= 0.97


@pytest.mark.parametrize("left_out", ["dose", "frequency"])
def test_a_spread_that_is_not_stated_is_missing_from_the_interval(left_out: str) -> None:
    """Coverage falls when an assumption is taken as exact: the result says which one."""
    rng = np.random.default_rng(17)
    used = 1000 * TRUTH
    for one in (AGE, DAILY.dose, DAILY.frequency):
        used = used * drawn(rng, one)
    stated = {name: getattr(DAILY, name) for name in ("dose", "frequency")}
    exact = stated[left_out]
    stated[left_out] = synthetic(left_out, f"{exact.value} {exact.unit}")
    found = prevalence(estimates(rng, used), DailyUse(**stated), AGE, **METH)
    assert covered(found) < 0.93 and found.no_spread == (left_out,)
