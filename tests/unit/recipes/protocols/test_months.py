"""The month of Statistics Canada."""

import calendar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.errors import UsageError
from wbe.recipes import protocols
from wbe.recipes.protocols.months import second_monday


@given(st.integers(1990, 2060), st.integers(1, 12))
def test_the_second_monday_is_that_of_the_calendar(year, month):
    mondays = [week[0] for week in calendar.Calendar().monthdatescalendar(year, month)]
    expected = [day for day in mondays if day.month == month][1]
    got = second_monday(np.array([f"{year}-{month:02d}"], dtype="datetime64[M]"))
    assert got.astype(str).tolist() == [expected.isoformat()]


def test_only_the_week_of_the_second_monday_counts():
    dates = np.arange("2020-06-01", "2020-07-01", dtype="datetime64[D]")
    number = (dates - np.datetime64("2020-06-08")).astype(int)
    loads = np.where((number >= 0) & (number < 7), 10.0, 999.0)
    (row,) = protocols.statcan_month(protocols.day_values(dates, loads, site="A")).to_dict(
        "records"
    )
    assert (row["period"], row["value"], row["n_days"]) == ("2020-06", 10.0, 7)
    assert row["flags"] == "week_value"
    assert row["missing"] == ""


def test_missing_days_are_named_by_date():
    dates = np.array(["2020-06-08", "2020-06-10", "2020-06-14"], dtype="datetime64[D]")
    (row,) = protocols.statcan_month(
        protocols.day_values(dates, [1.0, 2.0, 3.0], site="A")
    ).to_dict("records")
    assert row["missing"] == "2020-06-09,2020-06-11,2020-06-12,2020-06-13"
    assert row["flags"] == "incomplete_week;week_value"


def test_a_month_sampled_in_another_week_is_listed_without_a_value():
    dates = np.arange("2020-06-15", "2020-06-22", dtype="datetime64[D]")
    (row,) = protocols.statcan_month(protocols.day_values(dates, np.ones(7), site="A")).to_dict(
        "records"
    )
    assert np.isnan(row["value"])
    assert (row["period"], row["flags"], row["n_days"]) == ("2020-06", "no_day_in_rule", 0)


def test_the_load_per_capita_of_a_city_is_its_mass_over_its_population():
    dates = np.arange("2020-06-08", "2020-06-15", dtype="datetime64[D]")
    people, mass = np.array([2e5, 5e4]), np.array([[80.0], [10.0]]) * np.linspace(1, 2, 7)
    days = protocols.day_values(
        np.tile(dates, 2),
        (1000 * mass / people[:, None]).ravel(),
        site=np.repeat(["north", "south"], 7),
        area="city",
        population=np.repeat(people, 7),
    )
    (row,) = protocols.statcan_month(days, by="area").to_dict("records")
    assert row["value"] == pytest.approx(1000 * mass.sum() / 7 / people.sum())


def test_a_sample_without_a_date_belongs_to_no_month():
    days = protocols.day_values(
        np.array(["NaT"], dtype="datetime64[D]"), [1.0], site="A", weekday=[1]
    )
    with pytest.raises(UsageError, match="no month"):
        protocols.statcan_month(days)


def test_a_day_lost_at_one_plant_of_a_city_is_named_with_its_plant():
    dates = np.arange("2020-06-08", "2020-06-15", dtype="datetime64[D]")
    days = protocols.day_values(
        np.concatenate([dates, dates[:-1]]), np.ones(13), site=["north"] * 7 + ["south"] * 6,
        area="city", population=1e4,
    )  # fmt: skip
    (row,) = protocols.statcan_month(days, by="area").to_dict("records")
    assert row["missing"] == "south:2020-06-14"
    assert "incomplete_week" in row["flags"]
