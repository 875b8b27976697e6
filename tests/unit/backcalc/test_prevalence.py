"""How many take a drug: recovered exactly without spread, an interval with it, never a count."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaincinv

from wbe import backcalc
from wbe.backcalc import DailyUse, PeriodUse, UseGroup, assumed, dose_row, prevalence, user_count
from wbe.backcalc.prevalence_statements import outward
from wbe.errors import MissingFactorError, UsageError
from wbe.factors import load_set
from wbe.uncertainty import Mean, Product, Term

PN = "mg/day/1000 inhabitants"
ADULTS = "inhabitants aged 15-64"
COUNT = {"drug": "methamphetamine", "factors": "default", "seed": 1}
METH = {**COUNT, "of": ADULTS}
POSITIVE = st.floats(0.01, 1e3)


def daily(dose: float = 30.0, frequency: float = 1.5, *, spread: float = 0.0) -> DailyUse:
    ends = np.exp(1.959964 * spread)
    low_high = [{"low": v / ends, "high": v * ends} if spread else {} for v in (dose, frequency)]
    return DailyUse(
        assumed("dose", f"{dose} mg/dose", source="s", **low_high[0]),
        assumed("frequency", f"{frequency} dose/day", source="s", **low_high[1]),
    )


def share(value: float = 0.72, **spread: float):
    return assumed("age_share", value, source="census 2020", **spread)


def group(name: str, part: float, days: float, amount: float, **spread: float) -> UseGroup:
    return UseGroup(
        name, part,
        assumed("days", f"{days} day", source="survey", key=name, **spread),
        assumed("amount", f"{amount} mg/day", source="survey", key=name),
    )  # fmt: skip


@given(p=st.floats(1e-4, 0.5), dose=POSITIVE, often=POSITIVE, a=st.floats(0.2, 1.0))
def test_users_times_dose_times_frequency_is_recovered(
    p: float, dose: float, often: float, a: float
) -> None:
    given_ = (f"{dose!r} mg/dose", f"{often!r} dose/day", a)
    used = backcalc.consumption_of_users(p, *given_)
    assert float(backcalc.daily_prevalence(used, *given_).magnitude) == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize("p", [0.0001, 0.0064, 0.3])
def test_the_interval_without_spread_is_the_truth(p: float) -> None:
    """Users -> concentration -> users, through flow, population and excretion."""
    people, flow, a, excretion = 200_000.0, 60_000.0, 0.72, 0.43
    mg = p * a * people * 30.0 * 1.5  # what they take a day
    concentration = mg * excretion / flow * 1e3
    load = backcalc.mass_load(f"{concentration!r} ng/L", f"{flow} m^3/day")
    used = backcalc.consumption(load, 1.0, excretion)
    each = backcalc.per_1000(used, f"{people} inhabitant")
    found = prevalence(float(each.magnitude), daily(), share(a), **METH)
    assert [found.lower[0], found.upper[0]] == pytest.approx([p, p], rel=1e-9)
    count = user_count(float(used.magnitude), daily(), **COUNT)
    assert [count.lower[0], count.upper[0]] == pytest.approx([p * a * people] * 2, rel=1e-9)
    assert "not stated" in found.statements()[0] and "not stated" in count.statements()[0]


def test_users_by_frequency_are_recovered() -> None:
    use = PeriodUse((group("often", 0.25, 20, 60), group("seldom", 0.75, 2, 40)), 30.4, None)
    users = 0.01
    used = 1000 * 0.72 * users * (0.25 * 20 * 60 + 0.75 * 2 * 40) / 30.4
    found = prevalence(used, use, share(), **METH)
    assert [found.lower[0], found.upper[0]] == pytest.approx([users] * 2, rel=1e-9)
    assert found.period == "in a month" and "shares of groups" in found.no_spread


def test_one_group_that_uses_every_day_is_daily_use() -> None:
    whole = PeriodUse((group("all", 1.0, 365, 45),), 365.0, None)
    one, two = (prevalence(100.0, use, share(), **METH) for use in (whole, daily()))
    assert one.lower == pytest.approx(two.lower, rel=1e-9)


def test_published_prevalence_implies_the_dose_of_a_day() -> None:
    """157 mg/day/1000 and 0.64 % of the 72 % aged 15 to 64: 34 mg a user and day."""
    dose = 157 / (1000 * 0.72 * 0.0064)
    assert dose == pytest.approx(34, abs=0.1)
    found = prevalence(157.0, daily(34.0, 1.0), share(), **METH)
    assert found.lower[0] == pytest.approx(0.0064, rel=3e-3)


def test_the_interval_is_that_of_the_product_of_lognormals() -> None:
    rows = Product(np.log([100.0]), (Term("flow", "site", np.array(["x"]), np.array([0.3])),))
    found = prevalence(rows, daily(spread=0.5), share(), **METH)
    sd, middle = np.sqrt(0.3**2 + 2 * 0.5**2), 100 / (1000 * 0.72 * 45)
    assert found.lower[0] == pytest.approx(middle * np.exp(-1.959964 * sd), rel=1e-4)
    assert found.upper[0] == pytest.approx(middle * np.exp(1.959964 * sd), rel=1e-4)
    assert found.method == "fft" and found.draws == 0
    assert found.no_spread == ("age_share",)


def test_there_is_no_central_value_to_print() -> None:
    found = prevalence([100.0, 7.0], daily(spread=0.5), share(sd=0.01), **METH)
    names = {f.name for f in dataclasses.fields(found)}
    assert not names & {"value", "median", "mean", "central", "count"}
    first, second = found.statements()
    assert "order of magnitude 0.077 % to 1.3 %" in first and "95% interval" in first
    assert "0.0054 % to 0.087 %" in second
    assert "too narrow: no spread stated for consumption" in first
    assert "dose 30 mg/dose" in str(found) and "factor set: default" in str(found)


@given(low=st.floats(1e-6, 1e9), ratio=st.floats(1.0, 1e3))
def test_rounding_is_outward_and_to_two_figures(low: float, ratio: float) -> None:
    a, b = outward(low, low * ratio)
    assert a <= low * (1 + 1e-11) and b >= low * ratio * (1 - 1e-11)
    for number, exact in ((a, low), (b, low * ratio)):
        assert float(f"{number:.1e}") == pytest.approx(number, rel=1e-12)
        assert number == pytest.approx(exact, rel=0.11)


def test_counts_are_rounded_intervals() -> None:
    found = user_count(2.6e6, daily(spread=0.5), **COUNT)
    low, high = found.rounded()[0]
    assert (low, high) == outward(found.lower[0], found.upper[0])
    said = found.statements()[0]
    assert "order of magnitude 14,000 to 240,000" in said and "57,7" not in said


@pytest.mark.parametrize("drug", ["methcathinone", "etomidate", "MDA", "morphine"])
def test_users_of_a_drug_known_by_its_load_alone_are_withheld(drug: str) -> None:
    found = prevalence(10.0, daily(spread=0.3), share(), **{**METH, "drug": drug})
    assert np.isnan(found.lower).all() and "load only" in found.withheld
    assert "not stated" in found.statements()[0]


def test_a_net_drug_needs_its_other_sources_subtracted() -> None:
    about = {**METH, "drug": "heroin", "factors": load_set("default")}
    assert "net" in prevalence(10.0, daily(spread=0.3), share(), **about).withheld
    assert not prevalence(10.0, daily(spread=0.3), share(), net=True, **about).withheld
    with pytest.raises(MissingFactorError, match="korea2015"):
        prevalence(10.0, daily(), share(), **{**METH, "drug": "cocaine", "factors": "korea2015"})


def test_nothing_known_is_said_so_and_means_are_taken() -> None:
    rows = Product(np.log([10.0, 30.0, np.nan]))
    found = prevalence(rows, daily(spread=0.4), share(), **METH)
    assert np.isnan(found.lower[2]) and "no consumption is known" in found.statements()[2]
    days = Mean(Product(np.log([10.0, 30.0])), np.array(["a", "a"]))
    one = prevalence(days, daily(spread=0.4), share(), **METH)
    two = prevalence(20.0, daily(spread=0.4), share(), **METH)
    assert one.upper == pytest.approx(two.upper, rel=2e-3)


def test_chance_above_a_threshold() -> None:
    found = prevalence(100.0, daily(spread=0.5), share(), thresholds=[0.0, 100 / 32_400], **METH)
    assert found.above[0.0][0] == 1 and found.above[100 / 32_400][0] == pytest.approx(0.5, abs=0.02)
    with pytest.raises(UsageError):
        prevalence(100.0, daily(spread=0.5), share(), thresholds=[-1.0], **METH)


def test_more_users_than_people_is_said() -> None:
    found = prevalence(1e6, daily(spread=0.5), share(), **METH)
    assert "more than everybody" in found.statements()[0]


def test_shares_of_groups_come_from_a_dirichlet() -> None:
    """Amounts 1 and 3, equal shares of 10 answers: sd of the mean amount is 2 sd(Beta(5, 5))."""
    groups = (group("a", 0.5, 30.4, 1.0), group("b", 0.5, 30.4, 3.0))
    found = prevalence(1000.0, PeriodUse(groups, 30.4, 10.0), share(1.0), **METH)
    again = prevalence(1000.0, PeriodUse(groups, 30.4, 10.0), share(1.0), **METH)
    ends = 1 / np.array([found.upper[0], found.lower[0]])
    exact = 1 + 2 * betaincinv(5, 5, [0.025, 0.975])
    assert ends == pytest.approx(exact, rel=0.02)
    assert (found.lower, found.upper) == (again.lower, again.upper)
    assert "survey" in str(found) and "10 answers" in str(found)


def test_nobody_uses_on_more_days_than_the_period_has() -> None:
    """Days of 28 with an upper end of 60: cut at 30.4, the mean amount of a day is at most 1."""
    use = PeriodUse((group("daily", 1.0, 28, 1.0, low=13, high=60),), 30.4, None)
    found = prevalence(1.0, use, share(1.0), **METH)
    assert found.lower[0] == pytest.approx(1e-3, rel=1e-6)
    assert found.upper[0] == pytest.approx(30.4 / 28 * np.sqrt(60 / 13) * 1e-3, rel=0.05)


def test_habits_that_make_no_sense() -> None:
    with pytest.raises(UsageError, match="sum"):
        PeriodUse((group("a", 0.5, 3, 1.0),), 30.4, None)
    with pytest.raises(UsageError, match="more days"):
        PeriodUse((group("a", 1.0, 31, 1.0),), 30.4, None)
    with pytest.raises(UsageError, match="one name"):
        PeriodUse((group("a", 0.5, 3, 1.0), group("a", 0.5, 3, 1.0)), 30.4, None)
    with pytest.raises(UsageError, match="needed"):
        DailyUse(share(), dose_row("MDMA|ACIC"))
    with pytest.raises(UsageError, match="age_share"):
        prevalence(1.0, daily(), dose_row("MDMA|ACIC"), **METH)
    with pytest.raises(UsageError, match="apart"):
        two = (group("a", 0.5, 3, 1.0, low=2, high=5),
               dataclasses.replace(group("a", 0.5, 3, 1.0, low=1, high=9), name="b"))  # fmt: skip
        prevalence(1.0, PeriodUse(two, 30.4, None), share(), **METH)
