"""Ratios of two residues: medians, their errors, and what non-detects leave of them."""

from __future__ import annotations

import numpy as np
import pytest
from builders import build_samples

import wbe
from wbe.backcalc import residue_ratios, usual_range
from wbe.backcalc.residue_ratios import median_ratio
from wbe.errors import UsageError
from wbe.spatial import locate

PAIR = ("amphetamine", "methamphetamine")


def estimated(amp, meth, draws=400, status=None, **labels):
    n = len(amp)
    limits = {name: [2.0] * n for name in PAIR}
    samples = build_samples(dict(zip(PAIR, (amp, meth), strict=True)), status=status, loq=limits,
                            **{"area": "T", "site": ["P"] * n} | labels)  # fmt: skip
    return wbe.estimate(locate(samples), draws=draws)


def test_the_ratio_of_a_site_is_the_median_over_its_samples_with_an_interval_around_it():
    found = residue_ratios(estimated([10.0, 20.0, 90.0], [100.0] * 3), *PAIR)
    (row,) = found.to_dict("records")
    assert row["place"] == "P" and row["n"] == 3 and row["n_below"] == 0 and row["bound"] == ""
    assert row["ratio"] == pytest.approx(0.2)
    assert np.log(row["upper"] / row["ratio"]) == pytest.approx(np.log(row["ratio"] / row["lower"]))
    assert found.attrs == {"over": PAIR[0], "under": PAIR[1], "by": "site", "level": 0.95}


def test_more_samples_leave_the_error_that_they_share():
    """Without scatter the interval is that of one measurement, whatever the number of samples."""
    one = residue_ratios(estimated([20.0], [100.0]), *PAIR).iloc[0]
    many = residue_ratios(estimated([20.0] * 30, [100.0] * 30), *PAIR).iloc[0]
    assert 1.05 < one["upper"] / one["ratio"] < 3
    assert many["upper"] / many["ratio"] == pytest.approx(one["upper"] / one["ratio"], rel=0.1)


@pytest.mark.parametrize(
    ("amp", "meth", "bound", "lower", "upper"),
    [
        ([np.nan, np.nan, 10.0], [100.0] * 3, "at_most", 0.0, 0.02),
        ([10.0] * 3, [np.nan, np.nan, 100.0], "at_least", 5.0, np.inf),
        ([np.nan, 10.0], [100.0, np.nan], "not_told", 0.0, np.inf),
    ],
)
def test_residues_below_limits_leave_a_bound_with_an_open_end(amp, meth, bound, lower, upper):
    status = {name: np.where(np.isnan(x), "below_loq", "quantified").tolist()
              for name, x in zip(PAIR, (amp, meth), strict=True)}  # fmt: skip
    row = residue_ratios(estimated(amp, meth, status=status), *PAIR).iloc[0]
    assert row["bound"] == bound and np.isnan(row["ratio"])
    assert (row["lower"], row["upper"]) == (pytest.approx(lower), pytest.approx(upper))
    assert row["n_below"] == 2


def test_a_median_at_limits_among_bounds_of_the_other_kind_is_not_told():
    logs = np.log([0.1, 0.2, 0.3])
    assert median_ratio(np.array([-np.inf, -np.inf, np.inf]), logs, 0.1).bound == "not_told"
    assert median_ratio(np.array([-np.inf, logs[1], np.inf]), logs, 0.1).value == pytest.approx(0.2)


def test_the_error_of_a_median_is_that_of_the_samples_above_limits():
    """hypot(e, sqrt(pi / 2) s / sqrt(n)) of the three known ones, not of all five."""
    logs = np.log([0.1, 0.2, 0.4])
    found = median_ratio(np.array([-np.inf, *logs, np.inf]), np.zeros(5), 0.3)
    scatter = np.sqrt(np.pi / 2) * np.log(2) / np.sqrt(3)
    assert (found.value, found.sd) == (pytest.approx(0.2), pytest.approx(np.hypot(0.3, scatter)))


def test_areas_count_routine_points_and_sites_count_all():
    role = ["routine", "routine", "former_production"]
    result = estimated([10.0, 12.0, 90.0], [100.0] * 3, site=list("abc"))
    result = result.assign_coords(role=("sample", role))
    area = residue_ratios(result, *PAIR, by="area")
    assert area[["place", "n"]].to_numpy().tolist() == [["T", 2]]
    assert residue_ratios(result, *PAIR)["place"].tolist() == ["a", "b", "c"]


def test_soil_and_streams_stay_out():
    result = estimated([10.0, 50.0], [100.0] * 2, matrix=["wwtp_influent", "surface_water"])
    assert residue_ratios(result, *PAIR)["n"].tolist() == [1]


def test_what_cannot_be_told_is_refused():
    result = estimated([10.0], [100.0])
    with pytest.raises(UsageError, match="none of site, area"):
        residue_ratios(result, *PAIR, by="town")
    with pytest.raises(UsageError, match="looked at for both cocaine and methamphetamine"):
        residue_ratios(result, "cocaine", PAIR[1])
    with pytest.raises(UsageError, match="need draws"):
        residue_ratios(estimated([10.0], [100.0], draws=0), *PAIR)


def test_the_range_of_use_is_that_of_the_table_and_ketamine_has_none():
    found = usual_range(*PAIR)
    assert (found.low, found.high, found.share) == (0.05, 0.25, 0.8)
    assert usual_range("cocaine", "benzoylecgonine").verified.startswith("no")
    assert usual_range("ketamine", "norketamine") is None
