"""What the intervals of protocols hold: errors shared by days, errors of days, days not sampled."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

import wbe
from wbe.recipes import protocols
from wbe.recipes.protocols.days import central_values
from wbe.uncertainty import BelowLimit, Product, Term

WEEK = np.arange("2024-03-13", "2024-03-20", dtype="datetime64[D]")
LOADS = np.array([8.82, 12.87, 12.45, 28.11, 26.8, 10.5, 9.13])
Z = 1.959963984540054


def _term(name, labels, size):
    labels = np.array(labels)
    return Term(name, "site", labels, np.full(len(labels), float(size)))


def _daily(table):
    return table[table["statistic"] == "daily_mean"].iloc[0]


def _week(*errors, dates=WEEK, loads=LOADS):
    days = protocols.day_values(dates, loads, site="A", errors=errors, draws=40_000)
    return _daily(protocols.euda_week(days))


def test_an_error_that_days_share_does_not_shrink():
    got = _week(_term("flow", ["A"] * 7, 0.2))
    assert got["lower"] == pytest.approx(LOADS.mean() * np.exp(-Z * 0.2), rel=1e-4)
    assert got["upper"] == pytest.approx(LOADS.mean() * np.exp(Z * 0.2), rel=1e-4)
    assert got["covers"] == "errors"


def test_errors_of_single_days_average_out():
    got = _week(_term("sampling", [str(d) for d in WEEK], 0.2))
    width = np.log(got["upper"] / got["lower"]) / (2 * Z)
    shares = LOADS / LOADS.sum()
    assert width == pytest.approx(0.2 * np.sqrt((shares**2).sum()), rel=0.02)


def test_the_median_stays_at_the_plain_mean_under_large_errors_of_days():
    got = _week(_term("sampling", [str(d) for d in WEEK], 0.6))
    assert got["value"] == LOADS.mean()
    assert np.sqrt(got["lower"] * got["upper"]) == pytest.approx(LOADS.mean(), rel=0.03)


def test_without_errors_a_complete_week_has_no_interval():
    got = _week()
    assert np.isnan([got["lower"], got["upper"]]).all()
    assert got["covers"] == ""


def test_missing_days_alone_give_students_t_of_the_days():
    five = slice(0, 5)
    got = _week(dates=WEEK[five], loads=LOADS[five])
    y = LOADS[five]
    error = np.sqrt((1 - 5 / 7) * y.var(ddof=1) / 5)
    half = stats.t.ppf(0.975, 4) * error / y.mean()
    assert got["upper"] == pytest.approx(y.mean() * np.exp(half), rel=1e-4)
    assert got["lower"] == pytest.approx(y.mean() * np.exp(-half), rel=1e-4)
    assert got["covers"] == "days"


def test_the_spread_between_days_holds_the_unsampled_part_of_their_errors():
    """(1 - f) (S^2 + s^2) / n + f s^2 / n: the second part alone is added to that of the days."""
    five, size = slice(0, 5), 0.3
    y = LOADS[five]
    got = _week(_term("sampling", [str(d) for d in WEEK[five]], size), dates=WEEK[five], loads=y)
    days = stats.t.ppf(0.975, 4) / Z * np.sqrt((1 - 5 / 7) * y.var(ddof=1) / 5) / y.mean()
    own = np.sqrt(5 / 7) * size * np.sqrt(((y / y.sum()) ** 2).sum())
    width = np.log(got["upper"] / got["lower"]) / (2 * Z)
    assert width == pytest.approx(np.hypot(days, own), rel=0.02)


def test_an_error_of_some_days_of_a_laboratory_counts_by_their_share():
    lab = ["L1"] * 4 + ["L2"] * 3
    got = _week(_term("bias", lab, 0.25))
    first = LOADS[:4].sum() / LOADS.sum()
    width = np.log(got["upper"] / got["lower"]) / (2 * Z)
    assert width == pytest.approx(0.25 * np.hypot(first, 1 - first), rel=0.01)


def test_two_samples_of_a_day_count_as_one_day():
    dates = np.concatenate([WEEK, WEEK[:1]])
    loads = np.concatenate([LOADS, [LOADS[0] + 2.0]])
    got = _week(dates=dates, loads=loads)
    assert got["value"] == pytest.approx(LOADS.mean() + 1.0 / 7)
    assert (got["n_days"], got["n_samples"]) == (7, 8)
    assert "incomplete_week" not in got["flags"]


def _campaign(samples, **changed):
    concentration = [400.0, 500.0, 450.0, 900.0, 1000.0, 600.0, 500.0]
    options = {
        "site": ["A"] * 7,
        "time": [f"{day}T08:00" for day in WEEK],
        "round": "2024",
    }
    return samples({"benzoylecgonine": concentration}, **(options | changed))


def test_the_interval_of_a_result_is_that_of_the_mean_of_its_draws(samples):
    result = wbe.estimate(_campaign(samples), draws=20_000)
    got = _daily(protocols.euda_week(result))
    drawn = wbe.draws(result, "pn_mass_load").sel(analyte="benzoylecgonine").mean("sample").values
    drawn = drawn * got["value"] / np.median(drawn)
    assert [got["lower"], got["upper"]] == pytest.approx(
        np.quantile(drawn, [0.025, 0.975]).tolist(), rel=0.02
    )
    assert got["unit"] == "mg/day/1000 inhabitants"
    assert got["factor_set"] == ""


def test_consumption_carries_the_factor_and_its_error(samples):
    result = wbe.estimate(_campaign(samples), draws=20_000)
    load = _daily(protocols.euda_week(result))
    used = _daily(protocols.euda_week(result, "pn_consumption"))
    assert used["drug"] == "cocaine"
    assert used["factor_set"] == "default"
    assert used["value"] / load["value"] == pytest.approx(3.59, rel=1e-9)
    assert used["upper"] / used["lower"] > load["upper"] / load["lower"]


def test_a_result_without_draws_has_values_and_no_intervals(samples):
    got = _daily(protocols.euda_week(wbe.estimate(_campaign(samples), draws=0)))
    assert got["value"] > 0
    assert np.isnan(got["upper"])


def test_a_second_site_changes_no_number_of_the_first(samples):
    alone = wbe.estimate(_campaign(samples), draws=2_000)
    both = samples(
        {"benzoylecgonine": [400.0, 500.0, 450.0, 900.0, 1000.0, 600.0, 500.0, 77.0]},
        site=["A"] * 7 + ["B"],
        time=[f"{day}T08:00" for day in [*WEEK, WEEK[0]]],
        round="2024",
    )
    other = protocols.euda_week(wbe.estimate(both, draws=2_000))
    other = other[other["place"] == "A"].reset_index(drop=True)
    columns = ["value", "lower", "upper"]
    first = protocols.euda_week(alone)
    assert first[columns].to_numpy().tobytes() == other[columns].to_numpy().tobytes()


def _below(samples, n_below):
    values = np.array([4.0, 5.0, 4.5, 9.0, 10.0, 6.0, 5.0, 7.0, 8.0, 6.5])
    status = ["quantified"] * 10
    for k in range(n_below):
        status[k], values[k] = "below_loq", np.nan
    dates = np.arange("2024-03-13", "2024-03-23", dtype="datetime64[D]")
    return samples(
        {"MDMA": values.tolist()},
        site=["A"] * 10,
        time=[f"{day}T08:00" for day in dates],
        status={"MDMA": status},
        loq={"MDMA": [5.5] * 10},
    )


@pytest.mark.parametrize("nondetects", ["as_estimated", "zero", "limit"])
def test_non_detects_stay_between_their_bounds(samples, nondetects):
    result = wbe.estimate(_below(samples, 3), draws=4_000)
    got = _daily(protocols.euda_week(result, nondetects=nondetects))
    assert got["n_below"] == 3
    low, value, high = got["bound_lower"], got["value"], got["bound_upper"]
    place = {"as_estimated": low < value < high, "zero": value == low, "limit": value == high}
    assert place[nondetects]
    assert got["lower"] < value < got["upper"]


def test_imputed_non_detects_are_what_their_draws_are_on_average(samples):
    result = wbe.estimate(_below(samples, 3), draws=20_000)
    got = _daily(protocols.euda_week(result, nondetects="as_estimated"))
    drawn = wbe.draws(result, "pn_mass_load").sel(analyte="MDMA").values[:7].mean(axis=0)
    assert "nondetects_imputed" in got["flags"]
    assert got["value"] == pytest.approx(np.median(drawn), rel=0.05)
    width = np.log(got["upper"] / got["lower"])
    quantiles = np.quantile(drawn, [0.025, 0.975])
    assert width == pytest.approx(np.log(quantiles[1] / quantiles[0]), rel=0.05)
    assert np.sqrt(got["upper"] * got["lower"]) == pytest.approx(
        np.sqrt(quantiles.prod()), rel=0.05
    )


@pytest.mark.parametrize("least", [None, -1.2])
def test_a_non_detect_counts_as_the_mean_of_the_fitted_lognormal_in_its_range(least):
    mu, sd, limit, offset = 0.3, 0.8, 0.1, np.log(5.0)
    below = BelowLimit(
        np.array([1]), np.array(["s"]), np.array([limit]), np.array(["g"]),
        {"g": (mu, np.log(sd), np.zeros((2, 2)))}, np.array([offset]),
        None if least is None else np.array([least]),
    )  # fmt: skip
    got = central_values(Product(np.array([0.0, np.nan]), (), below))
    low = -40.0 if least is None else least
    weight = integrate.quad(lambda y: stats.norm.pdf(y, mu, sd), low, limit)[0]
    total = integrate.quad(lambda y: np.exp(y) * stats.norm.pdf(y, mu, sd), low, limit)[0]
    assert got[0] == 1.0
    assert got[1] == pytest.approx(5.0 * total / weight, rel=1e-7)


def test_a_range_far_above_the_fitted_lognormal_has_a_mean_at_its_lower_end():
    mu, sd, least, limit = 0.0, 0.1, 1.0, 1.2  # 10 and 12 standard deviations above
    below = BelowLimit(
        np.array([0]), np.array(["s"]), np.array([limit]), np.array(["g"]),
        {"g": (mu, np.log(sd), np.zeros((2, 2)))}, np.zeros(1), np.array([least]),
    )  # fmt: skip
    (got,) = central_values(Product(np.array([np.nan]), (), below))
    density = [
        integrate.quad(
            lambda y, k=k: np.exp(k * y - ((y**2 - least**2) / (2 * sd**2))), least, limit
        )
        for k in (0, 1)
    ]
    assert got == pytest.approx(density[1][0] / density[0][0], rel=1e-7)


def test_too_many_non_detects_leave_bounds_alone(samples):
    result = wbe.estimate(_below(samples, 9), draws=1_000)
    got = _daily(protocols.euda_week(result, nondetects="as_estimated"))
    assert np.isnan([got["value"], got["lower"], got["upper"]]).all()
    assert got["bound_lower"] == 0
    assert got["bound_upper"] > 0
    assert "bounds_only" in got["flags"]


def test_effluent_and_points_of_suspicion_stay_out(samples):
    table = samples(
        {"MDMA": [5.0, 50.0, 500.0]},
        site=["A", "A", "A"],
        time=["2024-03-13", "2024-03-14", "2024-03-15"],
        matrix=["wwtp_influent", "wwtp_effluent", "wwtp_influent"],
        role=["routine", "routine", "former_production"],
    )
    got = _daily(protocols.euda_week(wbe.estimate(table, draws=0), "mass_load"))
    assert got["n_days"] == 1


def test_what_cannot_be_averaged_is_refused(samples):
    result = wbe.estimate(_campaign(samples), draws=0)
    with pytest.raises(wbe.errors.UsageError, match="no quantity"):
        protocols.euda_week(result, "index")
    with pytest.raises(wbe.errors.UsageError, match="none of as_estimated"):
        protocols.euda_week(result, nondetects="half")
    with pytest.raises(wbe.errors.UsageError, match="none of site"):
        protocols.euda_week(result, by="country")
