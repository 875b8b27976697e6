"""Quarterly rounds over points, and quarters of plants over days."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import wbe
from wbe.errors import UsageError
from wbe.recipes import protocols


def _round(loads, **options):
    site = [str(k) for k in range(len(loads))]
    return protocols.day_values("2018-05-14", loads, **({"site": site, "area": "T1"} | options))


def test_the_mean_over_points_has_students_interval_without_a_finite_population():
    y = np.array([20.0, 30.0, 25.0, 40.0, 35.0])
    (row,) = protocols.quarterly_round(_round(y)).to_dict("records")
    half = stats.t.ppf(0.975, 4) * y.std(ddof=1) / np.sqrt(5) / y.mean()
    assert (row["place"], row["period"], row["n_sites"]) == ("T1", "2018Q2", 5)
    assert row["upper"] == pytest.approx(30 * np.exp(half), rel=1e-4)
    assert row["lower"] == pytest.approx(30 * np.exp(-half), rel=1e-4)
    assert row["covers"] == "points"


def test_points_count_alike_however_often_they_were_sampled():
    days = protocols.day_values(
        np.array(["2018-04-02", "2018-05-14", "2018-06-20", "2018-05-14"], dtype="datetime64[D]"),
        [10.0, 20.0, 30.0, 60.0],
        site=["a", "a", "a", "b"],
        area="T1",
    )
    (row,) = protocols.quarterly_round(days).to_dict("records")
    assert row["value"] == 40.0
    assert (row["n_sites"], row["n_days"], row["n_samples"]) == (2, 3, 4)


@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_three_points_have_no_interval(n):
    (row,) = protocols.quarterly_round(_round([20.0, 30.0][:n])).to_dict("records")
    assert np.isnan([row["lower"], row["upper"]]).all()
    assert "few_points" in row["flags"].split(";")


def test_the_error_of_a_visit_does_not_shrink_with_its_points(samples):
    def width(log_sd):
        table = samples(
            {"MDMA": [10.0, 11.0, 12.0, 10.5, 11.5] * 4},
            time="2018-05-14",
            area="T1",
            visit="T1|2018Q2",
            mode="grab",
            matrix="open_channel",
            site=[f"p{k}" for k in range(20)],
        )
        model = wbe.uncertainty.default_model()
        rows = [
            replace(c, spread=log_sd) if c.component == "visit" else c for c in model.components
        ]
        changed = replace(model, components=tuple(rows))
        result = wbe.estimate(table, draws=1_000, error_model=changed)
        (row,) = protocols.quarterly_round(result).to_dict("records")
        return np.log(row["upper"] / row["lower"]) / (2 * 1.959964)

    assert width(0.6) ** 2 - width(0.2) ** 2 == pytest.approx(0.6**2 - 0.2**2, rel=0.01)


def test_rounds_stand_in_for_dates_and_may_be_asked_for():
    undated = protocols.day_values(
        np.full(3, "NaT", dtype="datetime64[D]"), [1.0, 2.0, 3.0], weekday=[1, 1, 1],
        site=["a", "b", "c"], area="T1", round="2018Q1",
    )  # fmt: skip
    assert protocols.quarterly_round(undated)["period"].tolist() == ["2018Q1"]
    dated = _round([1.0, 2.0, 3.0], round="campaign 7")
    assert protocols.quarterly_round(dated, period="round")["period"].tolist() == ["campaign 7"]


def test_what_belongs_to_no_quarter_is_refused():
    lost = protocols.day_values(np.array(["NaT"], dtype="datetime64[D]"), [1.0], area="T1")
    with pytest.raises(UsageError, match="neither a date nor a round"):
        protocols.quarterly_round(lost)
    with pytest.raises(UsageError, match="cannot be counted"):
        protocols.quarterly_plants(lost)
    with pytest.raises(UsageError, match="none of quarter, round"):
        protocols.quarterly_round(lost, period="month")


def test_days_of_a_plant_are_a_sample_of_the_days_of_its_quarter():
    dates = np.arange("2024-01-02", "2024-03-31", 8, dtype="datetime64[D]")
    y = np.linspace(5.0, 9.0, len(dates))
    (row,) = protocols.quarterly_plants(protocols.day_values(dates, y, site="A")).to_dict("records")
    n = len(y)
    error = np.sqrt((1 - n / 91) * y.var(ddof=1) / n)
    half = stats.t.ppf(0.975, n - 1) * error / y.mean()
    assert row["upper"] == pytest.approx(y.mean() * np.exp(half), rel=1e-4)
    assert row["covers"] == "days"


def test_plants_of_an_area_have_the_degrees_of_freedom_of_the_plant_with_fewest_days():
    dates = np.arange("2024-01-01", "2024-03-31", dtype="datetime64[D]")
    parts = [(dates[::30], np.array([10.0, 12.0, 17.0])), (dates[::3], np.linspace(8.0, 12.0, 30))]
    days = protocols.day_values(
        np.concatenate([d for d, _ in parts]), np.concatenate([y for _, y in parts]),
        site=np.repeat(["A", "B"], [3, 30]), area="X", population=1e4,
    )  # fmt: skip
    (row,) = protocols.quarterly_plants(days, by="area").to_dict("records")
    errors = [y.std(ddof=1) * np.sqrt((1 - len(y) / 91) / len(y)) for _, y in parts]
    half = stats.t.ppf(0.975, 2) * sum(errors) / 2 / row["value"]
    assert np.log(row["upper"] / row["value"]) == pytest.approx(half, rel=1e-3)


def test_one_week_says_nothing_about_the_rest_of_its_quarter():
    dates = np.arange("2024-01-08", "2024-01-15", dtype="datetime64[D]")
    (row,) = protocols.quarterly_plants(
        protocols.day_values(dates, np.arange(1.0, 8.0), site="A")
    ).to_dict("records")
    assert row["value"] == 4.0
    assert np.isnan(row["upper"])
    assert "week_value" in row["flags"]


def _weeks(starts, loads, **options):
    dates = np.concatenate([np.datetime64(day) + np.arange(7) for day in starts])
    return protocols.day_values(dates, loads, **({"site": "A"} | options))


def test_whole_weeks_are_as_many_draws_as_there_are_weeks():
    y = np.random.default_rng(2).lognormal(1.0, 0.4, 21)
    days = _weeks(["2024-01-08", "2024-02-05", "2024-03-11"], y)
    (row,) = protocols.quarterly_plants(days).to_dict("records")
    means = y.reshape(3, 7).mean(axis=1)
    error = np.sqrt((1 - 21 / 91) * means.var(ddof=1) / 3)
    half = stats.t.ppf(0.975, 2) * error / y.mean()
    assert row["upper"] == pytest.approx(y.mean() * np.exp(half), rel=1e-3)
    assert (row["covers"], row["flags"]) == ("runs", "days_in_a_row")


def test_two_weeks_of_a_quarter_have_no_interval():
    y = np.random.default_rng(2).lognormal(1.0, 0.4, 14)
    (row,) = protocols.quarterly_plants(_weeks(["2024-01-08", "2024-03-11"], y)).to_dict("records")
    assert row["value"] == pytest.approx(y.mean())
    assert np.isnan([row["lower"], row["upper"]]).all()
    assert (row["covers"], row["flags"]) == ("", "days_in_a_row")


def test_one_week_each_of_two_plants_in_different_months_has_no_interval():
    days = _weeks(
        ["2024-01-08", "2024-03-11"], np.arange(1.0, 15.0), site=np.repeat(["A", "B"], 7),
        area="X", population=1e4,
    )  # fmt: skip
    (row,) = protocols.quarterly_plants(days, by="area").to_dict("records")
    assert np.isnan(row["upper"])
    assert "days_in_a_row" in row["flags"].split(";")
