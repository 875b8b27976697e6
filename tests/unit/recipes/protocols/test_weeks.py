"""The week of EUDA: its days, its weeks, what is missing from it."""

from __future__ import annotations

import numpy as np
import pytest

import wbe
from wbe.errors import MissingPopulationError, UsageError
from wbe.qc.censoring import censored
from wbe.recipes import protocols

WEEK = np.arange("2024-03-13", "2024-03-20", dtype="datetime64[D]")  # Wednesday to Tuesday
LOADS = np.array([1.0, 2.0, 30.0, 40.0, 50.0, 60.0, 3.0])


def _means(table):
    return table.set_index("statistic")["value"].to_dict()


def _days(dates=WEEK, loads=LOADS, **options):
    return protocols.day_values(dates, loads, **({"site": "A"} | options))


def test_weekdays_are_tuesday_to_thursday_and_the_weekend_friday_to_monday():
    got = _means(protocols.euda_week(_days()))
    assert got == {"weekday_mean": 2.0, "weekend_mean": 45.0, "daily_mean": LOADS.mean()}


def test_the_rule_of_2021_counts_friday_with_the_weekdays():
    got = _means(protocols.euda_week_2021(_days()))
    assert got == {"weekday_mean": 9.0, "weekend_mean": 50.0, "daily_mean": LOADS.mean()}


def test_every_row_says_its_protocol_and_its_rule():
    got = protocols.euda_week_2021(_days())
    assert tuple(got.columns) == protocols.COLUMNS
    assert set(got["protocol"]) == {"euda_week_2021"}
    assert got["rule"].str.contains("Tue-Fri").all()
    assert got["flags"].str.contains("week_value").all()


def test_the_rule_says_what_was_chosen_beside_it():
    plain = protocols.euda_week(_days())["rule"].iloc[0]
    limit = protocols.euda_week(_days(nondetects="limit"))["rule"].iloc[0]
    even = protocols.euda_week_2021(_days(), missing="stratified")["rule"].iloc[0]
    assert plain.endswith("below the LOQ counts as zero")
    assert limit.endswith("below a limit: see nondetects")
    assert "4/7 of the weekday and 3/7 of the weekend mean" in even


@pytest.mark.parametrize("lost", [2, 3, 6])
def test_a_missing_day_is_named_and_moves_the_stratified_mean_only_within_its_part(lost):
    keep = np.delete(np.arange(7), lost)
    days = _days(WEEK[keep], LOADS[keep])
    plain, even = (protocols.euda_week(days, missing=m) for m in ("sampled_days", "stratified"))
    means = _means(even)
    assert means["daily_mean"] == pytest.approx(
        3 / 7 * means["weekday_mean"] + 4 / 7 * means["weekend_mean"]
    )
    assert _means(plain)["daily_mean"] == pytest.approx(LOADS[keep].mean())
    daily = plain[plain["statistic"] == "daily_mean"].iloc[0]
    assert daily["missing"] == ("Wed", "Thu", "Fri", "Sat", "Sun", "Mon", "Tue")[lost]
    assert "incomplete_week" in daily["flags"]
    assert even["rule"].str.contains("3/7").all()


def test_the_missing_day_is_named_only_where_the_mean_asks_for_it():
    keep = np.arange(7) != 3  # Saturday
    got = protocols.euda_week(_days(WEEK[keep], LOADS[keep])).set_index("statistic")
    assert got["missing"].to_dict() == {
        "weekday_mean": "", "weekend_mean": "Sat", "daily_mean": "Sat",
    }  # fmt: skip


def test_a_part_of_the_week_without_a_day_is_listed_without_a_value():
    keep = np.array([2, 3, 4, 5])  # Friday to Monday
    got = protocols.euda_week(_days(WEEK[keep], LOADS[keep])).set_index("statistic")
    assert np.isnan(got.loc["weekday_mean", "value"])
    assert got.loc["weekday_mean", "flags"] == "no_day_in_rule"


def test_one_day_of_three_has_a_mean_but_no_interval():
    got = protocols.euda_week(_days(WEEK[:1], LOADS[:1])).set_index("statistic")
    assert got.loc["weekday_mean", "value"] == 1.0
    assert np.isnan(got.loc["weekday_mean", "upper"])
    assert "spread_unknown" in got.loc["weekday_mean", "flags"]


def test_each_week_starts_with_the_first_sample_after_seven_days():
    dates = np.concatenate([WEEK, WEEK + 7, WEEK[:3] + 30])
    got = protocols.euda_week(_days(dates, np.ones(17)))
    assert sorted(set(got["period"])) == ["2024-03-13", "2024-03-20", "2024-04-12"]


def test_weeks_may_start_on_a_day_of_ones_own():
    got = protocols.euda_week(_days(), starts=1)
    assert sorted(set(got["period"])) == ["2024-03-11", "2024-03-18"]
    assert got["flags"].str.contains("incomplete_week").all()


def test_weeks_without_dates_are_told_by_their_rounds():
    undated = np.full(14, "NaT", dtype="datetime64[D]")
    days = protocols.day_values(
        undated,
        np.tile(np.arange(1.0, 8.0), 2),
        weekday=np.tile(np.arange(1, 8), 2),
        site="A",
        round=np.repeat(["2023", "2024"], 7),
    )
    got = protocols.euda_week(days)
    assert sorted(set(got["period"])) == ["2023", "2024"]
    assert _means(got[got["period"] == "2024"])["weekday_mean"] == 3.0
    assert (got[got["statistic"] == "daily_mean"]["n_days"] == 7).all()


def test_two_mondays_of_an_undated_round_are_refused():
    days = protocols.day_values(
        np.full(2, "NaT", dtype="datetime64[D]"), [1.0, 2.0], weekday=[1, 1], site="A", round="R"
    )
    with pytest.raises(UsageError, match="two samples of Mon and no dates"):
        protocols.euda_week(days)


def test_a_sample_without_a_day_fits_in_no_week():
    days = protocols.day_values(np.array(["NaT"], dtype="datetime64[D]"), [1.0], site="A")
    with pytest.raises(UsageError, match="neither a date nor a day of the week"):
        protocols.euda_week(days)


@pytest.mark.parametrize("wrong", [{"starts": 0}, {"starts": 8}, {"missing": "drop"}])
def test_unknown_options_are_refused(wrong):
    with pytest.raises(UsageError):
        protocols.euda_week(_days(), **wrong)


def _city(people):
    return protocols.day_values(
        np.concatenate([WEEK, WEEK]),
        np.concatenate([LOADS, 3 * LOADS]),
        site=np.repeat(["east", "west"], 7),
        area="city",
        population=np.repeat(people, 7),
    )


def test_plants_of_a_city_are_added_up_by_population():
    got = protocols.euda_week(_city([100.0, 300.0]), by="area")
    assert _means(got)["daily_mean"] == pytest.approx((0.25 + 0.75 * 3) * LOADS.mean())
    assert set(got["place"]) == {"city"}
    assert (got["n_sites"] == 2).all()
    assert (got[got["statistic"] == "daily_mean"]["n_days"] == 7).all()


def test_a_city_without_one_of_its_plants_says_so():
    whole = _city([100.0, 300.0])
    there = ~((whole.site == "west") & np.isin(whole.weekday, (5, 6, 7, 1)))
    got = protocols.euda_week(whole.take(np.flatnonzero(there)), by="area")
    flagged = got.set_index("statistic")["flags"].str.contains("plant_missing")
    assert flagged.to_dict() == {"weekday_mean": False, "weekend_mean": True, "daily_mean": False}
    alone = protocols.euda_week(whole.take(np.flatnonzero(there)), by="site")
    assert not alone["flags"].str.contains("plant_missing").any()


def test_a_city_whose_plants_have_no_population_is_refused():
    with pytest.raises(MissingPopulationError, match="west"):
        protocols.euda_week(_city([100.0, np.nan]), by="area")


def test_non_detects_count_as_zero_with_their_limits_as_bound():
    below = LOADS < 5
    days = protocols.day_values(WEEK, censored(LOADS, below), site="A")
    got = protocols.euda_week(days).set_index("statistic").loc["weekday_mean"]
    assert (got["value"], got["bound_lower"], got["bound_upper"]) == (0.0, 0.0, 2.0)
    assert got["n_below"] == 3
    assert "all_below_limit" in got["flags"]
    assert "nondetects_at_zero" in got["flags"]


def test_plain_arrays_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match="negative"):
        protocols.day_values(WEEK, -LOADS)
    with pytest.raises(UsageError, match="without a known limit"):
        protocols.day_values(WEEK, np.full(7, np.nan), below=np.ones(7), nondetects="limit")
    with pytest.raises(UsageError, match="one sample a row"):
        protocols.day_values(WEEK, LOADS[:, None])
    with pytest.raises(UsageError, match="'zero' or 'limit'"):
        protocols.day_values(WEEK, LOADS, nondetects="as_estimated")
    with pytest.raises(UsageError, match="infinite"):
        protocols.day_values(WEEK, np.append(LOADS[:-1], np.inf))
    with pytest.raises(UsageError, match="dates of shape"):
        protocols.day_values(WEEK[:-1], LOADS)
    with pytest.raises(UsageError, match="sites of shape"):
        protocols.day_values(WEEK, LOADS, site=["A", "B"])
    with pytest.raises(UsageError, match="population must be positive"):
        protocols.day_values(WEEK, LOADS, population=0.0)
    with pytest.raises(UsageError, match="Monday 1"):
        protocols.day_values(WEEK, LOADS, weekday=np.arange(2, 9))
    with pytest.raises(UsageError, match="true or false"):
        protocols.day_values(WEEK, LOADS, below=np.full(7, np.nan))


def test_days_without_a_sample_are_left_out_of_plain_arrays():
    loads = LOADS.copy()
    loads[2] = np.nan
    assert len(protocols.day_values(WEEK, loads)) == 6


def _two_plants(shift, keep_west=slice(None)):
    dates = np.concatenate([WEEK, (WEEK + shift)[keep_west]])
    loads = np.concatenate([LOADS, np.roll(LOADS, -shift)[keep_west]])
    site = np.array(["east"] * 7 + ["west"] * (len(dates) - 7))
    return protocols.day_values(dates, loads, site=site, area="city", population=1e4)


@pytest.mark.parametrize("shift", [1, 3, 6])
def test_plants_of_a_city_that_start_on_different_days_have_one_week(shift):
    got = protocols.euda_week(_two_plants(shift), by="area")
    assert set(got["period"]) == {"2024-03-13"}
    assert _means(got) == {
        "weekday_mean": 2.0, "weekend_mean": 45.0, "daily_mean": pytest.approx(LOADS.mean()),
    }  # fmt: skip
    assert not got["flags"].str.contains("incomplete_week|plant_missing").any()


def test_plants_whose_weeks_lie_seven_days_apart_have_two():
    got = protocols.euda_week(_two_plants(7), by="area")
    assert sorted(set(got["period"])) == ["2024-03-13", "2024-03-20"]
    assert got["flags"].str.contains("plant_missing").all()


def test_a_day_lost_at_one_plant_of_a_city_is_named_with_its_plant():
    whole = _two_plants(0)
    some = whole.take(np.flatnonzero(~((whole.site == "west") & (whole.weekday == 6))))
    got = protocols.euda_week(some, by="area").set_index("statistic")
    assert got["missing"].to_dict() == {
        "weekday_mean": "", "weekend_mean": "west:Sat", "daily_mean": "west:Sat",
    }  # fmt: skip
    incomplete = got["flags"].str.contains("incomplete_week").to_dict()
    assert incomplete == {"weekday_mean": False, "weekend_mean": True, "daily_mean": True}


def test_a_residue_without_its_first_day_keeps_the_weeks_of_its_site(samples):
    dates = np.arange("2024-03-13", "2024-03-27", dtype="datetime64[D]")
    late = np.where(np.arange(14) == 0, np.nan, 5.0)
    table = samples({"MDMA": np.full(14, 5.0), "cocaine": late}, time=dates, site=["A"] * 14)
    got = protocols.euda_week(wbe.estimate(table, draws=100), "concentration")
    daily = got[got["statistic"] == "daily_mean"]
    assert set(zip(daily["analyte"], daily["period"], daily["n_days"], strict=True)) == {
        ("MDMA", "2024-03-13", 7), ("MDMA", "2024-03-20", 7),
        ("cocaine", "2024-03-13", 6), ("cocaine", "2024-03-20", 7),
    }  # fmt: skip


def test_sites_of_no_area_have_no_row_among_areas():
    days = protocols.day_values(WEEK, LOADS, site="A")
    assert len(protocols.euda_week(days, by="area")) == 0
