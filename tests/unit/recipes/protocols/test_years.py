"""The annual mean over strata."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from wbe.errors import UsageError
from wbe.recipes import protocols
from wbe.recipes.protocols.years import STRATA, season_of, strata_of_year, stratum_of
from wbe.trends.weekdays import rule

SCORE = rule("score")


def _year(year=2023):
    return np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")


def _only(table):
    (row,) = table.to_dict("records")
    return row


@pytest.mark.parametrize("strata", STRATA)
@given(st.integers(1995, 2050))
def test_strata_share_out_the_days_of_the_year(strata, year):
    sizes = strata_of_year(str(year), strata, SCORE)
    assert sum(sizes.values()) == len(_year(year))
    assert len(sizes) == {"season_week": 8, "season": 4, "week": 2, "none": 1}[strata]


def test_seasons_are_those_of_the_months():
    months = np.array([f"2023-{m:02d}-15" for m in range(1, 13)], dtype="datetime64[D]")
    found = season_of(months).tolist()
    assert found == ["DJF"] * 2 + ["MAM"] * 3 + ["JJA"] * 3 + ["SON"] * 3 + ["DJF"]


@pytest.mark.parametrize("strata", STRATA)
def test_a_year_sampled_every_day_is_its_plain_mean_without_an_error_of_days(strata):
    loads = np.random.default_rng(5).lognormal(1.0, 0.5, 365)
    row = _only(
        protocols.annual_mean(protocols.day_values(_year(), loads, site="A"), strata=strata)
    )
    assert row["value"] == pytest.approx(loads.mean(), rel=1e-12)
    assert np.isnan(row["upper"])
    assert row["flags"] == ""


def test_too_many_weekend_samples_do_not_raise_the_year():
    dates = _year()
    weekend = SCORE.is_weekend((dates.astype(int) + 3) % 7 + 1)
    loads = np.where(weekend, 30.0, 10.0)
    rng = np.random.default_rng(1)
    keep = np.flatnonzero(weekend | (rng.random(365) < 0.2))
    row = _only(protocols.annual_mean(protocols.day_values(dates[keep], loads[keep], site="A")))
    assert row["value"] == pytest.approx(loads.mean(), rel=1e-12)
    assert loads[keep].mean() > 1.2 * loads.mean()


def test_value_and_interval_are_those_of_the_textbook():
    dates = _year()[::9]
    y = np.random.default_rng(3).lognormal(2.0, 0.4, len(dates))
    row = _only(protocols.annual_mean(protocols.day_values(dates, y, site="A")))
    names = stratum_of(dates, "season_week", SCORE)
    mean, variance, rest = 0.0, 0.0, 0.0
    for name, size in strata_of_year("2023", "season_week", SCORE).items():
        own = y[names == name]
        weight, part = size / 365, (1 - len(own) / size) * own.var(ddof=1) / len(own)
        mean += weight * own.mean()
        variance += weight**2 * part
        rest += (weight**2 * part) ** 2 / (len(own) - 1)
    half = stats.t.ppf(0.975, variance**2 / rest) * np.sqrt(variance) / mean
    assert row["value"] == pytest.approx(mean, rel=1e-12)
    assert row["lower"] == pytest.approx(mean * np.exp(-half), rel=1e-4)
    assert row["upper"] == pytest.approx(mean * np.exp(half), rel=1e-4)


def test_an_empty_stratum_leaves_no_value_and_is_named():
    dates = _year()[:200:5]
    row = _only(protocols.annual_mean(protocols.day_values(dates, np.ones(len(dates)), site="A")))
    assert np.isnan(row["value"])
    assert row["missing"] == "SON weekday,SON weekend"
    assert row["flags"] == "stratum_empty"


@pytest.mark.parametrize("strata", ["week", "none"])
def test_without_strata_a_missing_season_takes_the_interval_away(strata):
    dates = _year()[:200:5]
    days = protocols.day_values(dates, np.linspace(1.0, 2.0, len(dates)), site="A")
    row = _only(protocols.annual_mean(days, strata=strata))
    assert row["value"] > 0
    assert np.isnan(row["upper"])
    assert (row["missing"], row["flags"]) == ("SON", "season_not_sampled")


@pytest.mark.parametrize("strata", STRATA)
def test_one_week_a_year_has_no_annual_interval(strata):
    dates = np.arange("2023-03-08", "2023-03-15", dtype="datetime64[D]")
    days = protocols.day_values(dates, np.arange(1.0, 8.0), site="A")
    row = _only(protocols.annual_mean(days, strata=strata))
    assert np.isnan([row["lower"], row["upper"]]).all()
    assert "week_value" in row["flags"].split(";")


def test_a_stratum_of_one_day_has_a_value_and_no_interval():
    dates = _year()[::9]
    summer = stratum_of(dates, "season_week", SCORE) == "JJA weekend"
    keep = ~summer | (np.cumsum(summer) == 1)
    days = protocols.day_values(dates[keep], np.linspace(1, 2, keep.sum()), site="A")
    row = _only(protocols.annual_mean(days))
    assert row["value"] > 0
    assert np.isnan(row["upper"])
    assert row["flags"] == "spread_unknown"


def test_plants_of_a_city_add_their_standard_errors():
    dates = _year()[::9]
    y = np.random.default_rng(3).lognormal(2.0, 0.4, len(dates))
    both = protocols.day_values(
        np.tile(dates, 2), np.tile(y, 2), site=np.repeat(["a", "b"], len(dates)), area="city",
        population=1e5,
    )  # fmt: skip
    city = _only(protocols.annual_mean(both, by="area"))
    one = protocols.annual_mean(both).iloc[0]
    assert city["value"] == pytest.approx(one["value"])
    assert city["upper"] == pytest.approx(one["upper"], rel=1e-6)


def test_unknown_strata_and_dates_are_refused():
    days = protocols.day_values(_year()[::9], np.ones(41), site="A")
    with pytest.raises(UsageError, match="none of season_week"):
        protocols.annual_mean(days, strata="month")
    with pytest.raises(UsageError, match="no rule of days"):
        protocols.annual_mean(days, days_rule="mine")
    undated = protocols.day_values(np.array(["NaT"], dtype="datetime64[D]"), [1.0], site="A")
    with pytest.raises(UsageError, match="cannot be counted"):
        protocols.annual_mean(undated)


def _whole_weeks(every):
    dates = _year()
    return dates[(np.arange(365) % every < 7) & (np.arange(365) < 364)]


def test_a_week_a_month_is_told_by_its_weeks():
    dates = _whole_weeks(28)
    y = np.random.default_rng(4).lognormal(2.0, 0.4, len(dates))
    row = _only(protocols.annual_mean(protocols.day_values(dates, y, site="A"), strata="none"))
    means = y.reshape(13, 7).mean(axis=1)
    half = stats.t.ppf(0.975, 12) * np.sqrt((1 - 91 / 365) * means.var(ddof=1) / 13) / y.mean()
    assert row["upper"] == pytest.approx(y.mean() * np.exp(half), rel=1e-3)
    assert (row["covers"], row["flags"]) == ("runs", "days_in_a_row")


def test_a_few_lost_days_in_a_row_leave_the_others_single():
    dates = _year()[:360]
    y = np.random.default_rng(4).lognormal(2.0, 0.4, 360)
    row = _only(protocols.annual_mean(protocols.day_values(dates, y, site="A")))
    assert (row["covers"], row["flags"]) == ("days", "")


@pytest.mark.parametrize(
    ("strata", "missing"), [("season_week", "b:JJA weekday,b:JJA weekend"), ("week", "b:JJA")]
)
def test_a_season_lost_at_one_plant_of_a_city_is_named_with_its_plant(strata, missing):
    dates = _year()[::5]
    summer = season_of(dates) == "JJA"
    both = np.concatenate([dates, dates[~summer]])
    site = np.repeat(["a", "b"], [len(dates), int((~summer).sum())])
    days = protocols.day_values(
        both, np.linspace(1.0, 2.0, len(both)), site=site, area="city", population=1e4
    )
    row = _only(protocols.annual_mean(days, strata=strata, by="area"))
    assert row["missing"] == missing
    assert np.isnan(row["upper"])
