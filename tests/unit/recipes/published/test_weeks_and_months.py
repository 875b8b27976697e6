"""The European week and the Canadian month, from concentrations."""

from __future__ import annotations

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.recipes import published

GRAZ = [8.82, 12.87, 12.45, 28.11, 26.8, 10.5, 9.13]  # Wednesday to Tuesday, MDMA 2024
PRINTED = {"weekday_mean": 10.27, "weekend_mean": 19.47, "daily_mean": 15.53}


def week(loads, residue="MDMA", start="2024-03-13", **more):
    """Composites whose loads a 1000 inhabitants are given: Lp = C Q 1e-3 1000 / P."""
    loads = np.asarray(loads, dtype=float)
    given = {"flow": 40_000.0, "population": 160_000.0, "site": "Graz"} | more
    concentration = loads * given["population"] / given["flow"]
    return published.samples_of(
        {residue: concentration}, date=np.datetime64(start) + np.arange(len(loads)),
        population_basis="served", **given,
    )  # fmt: skip


def test_the_week_of_graz_is_as_eudas_table_prints_it():
    table = published.score_week(week(GRAZ))
    found = dict(zip(table["statistic"], table["value"], strict=True))
    assert all(abs(found[name] - PRINTED[name]) <= 0.01 for name in PRINTED)
    assert (table["lower"] < table["value"]).all() and (table["value"] < table["upper"]).all()


def test_below_the_limit_counts_as_zero():
    loads = np.array(GRAZ)
    loads[3] = np.nan
    table = published.score_week(week(loads, limits={"MDMA": 5.0}))
    found = dict(zip(table["statistic"], table["value"], strict=True))
    assert found["weekend_mean"] == pytest.approx((12.45 + 26.8 + 10.5) / 4)
    assert table["flags"].str.contains("nondetects_at_zero").any()


def test_residues_that_the_week_does_not_publish_are_left_out():
    with pytest.raises(UsageError, match="score_week"):
        published.score_week(week(GRAZ, residue="codeine"))


def test_only_loads_come_out():
    table = published.score_week(week(GRAZ))
    assert set(table["quantity"]) == {"pn_mass_load"} and set(table["factor_ids"]) == {""}


def test_a_city_is_its_mass_over_its_people():
    people, factor = np.array([160_000.0, 40_000.0]), np.array([1.0, 3.0])
    samples = published.samples_of(
        {"MDMA": np.concatenate([np.array(GRAZ) * 4 * f for f in factor])},
        flow=np.repeat(people / 4, 7), population=np.repeat(people, 7),
        site=np.repeat(["north", "south"], 7), area="city",
        date=np.tile(np.datetime64("2019-03-11") + np.arange(7), 2), population_basis="served",
    )  # fmt: skip
    mass = (np.outer(factor, GRAZ) * people[:, None] / 1000).sum() / 7
    by_hand = 1000 * mass / people.sum()
    (month,) = published.canadian_month(samples).to_dict("records")
    assert month["value"] == pytest.approx(by_hand)
    assert (month["place"], month["period"]) == ("city", "2019-03")
    table = published.score_week(samples, by="area")
    daily = table.loc[table["statistic"] == "daily_mean", "value"]
    assert daily.to_numpy() == pytest.approx([by_hand])


def test_days_outside_the_week_of_the_second_monday_do_not_count():
    loads = np.full(31, 999.0)
    loads[10:17] = GRAZ  # 11 to 17 March 2019
    samples = week(loads, start="2019-03-01")
    (month,) = published.canadian_month(samples, by="site").to_dict("records")
    assert month["value"] == pytest.approx(np.mean(GRAZ))
