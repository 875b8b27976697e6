"""The county round and the provincial platform, on synthetic data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import wbe
from wbe.errors import MissingFactorError, UsageError
from wbe.recipes import published
from wbe.recipes.published.towns import towns_lacking

COUNTY = Path(__file__).resolve().parents[4] / "data" / "samples" / "example-county"
KINDS = ("channels_synthetic.csv", "plants_synthetic.csv", "streams_soil_synthetic.tsv")


def county(names, **more):
    return published.county_round(
        wbe.read([COUNTY / "lab" / name for name in names]),
        wbe.read_sites(COUNTY / "sites.csv"), wbe.read_areas(COUNTY / "areas.geojson"),
        **({"drug": "methamphetamine", "breaks": [20, 60], "draws": 400,
            "markers": {"cotinine": {"calibrate": True}}} | more),
    )  # fmt: skip


@pytest.fixture(scope="module")
def table():
    return county([f"2018Q1_{kind}" for kind in KINDS])


@pytest.fixture(scope="module")
def point_loads():
    """Loads of the sewage points, from the tables by plain arithmetic."""
    samples = wbe.locate(
        wbe.read([COUNTY / "lab" / f"2018Q1_{kind}" for kind in KINDS]),
        wbe.read_sites(COUNTY / "sites.csv"), wbe.read_areas(COUNTY / "areas.geojson"),
    )  # fmt: skip
    drug = samples["concentration"].sel(analyte="methamphetamine").values
    marker = samples["concentration"].sel(analyte="cotinine").values
    flow, people = samples["flow"].values, samples["population"].values
    usual = (samples["role"].values.astype(str) == "routine") | (
        samples["role"].values.astype(str) == ""
    )
    plant = (samples["matrix"].values == "wwtp_influent") & np.isfinite(flow * people)
    usual &= np.isin(samples["matrix"].values, ("wwtp_influent", "open_channel"))
    return samples["area"].values, drug, marker, flow, people, plant, usual


def test_a_town_is_the_geometric_mean_of_its_points(table, point_loads):
    area, drug, marker, flow, people, plant, usual = point_loads
    by_marker = drug / marker * 1000  # times e_m, one number for all
    by_flow = 1000 * drug * flow * 1e-3 / people
    e_m = np.exp(np.log((marker * flow * 1e-3 / people)[plant]).mean())
    loads = np.where(plant, by_flow, by_marker * e_m)
    towns = table[table["n_censored"] == 0]["area"].tolist()
    assert len(towns) >= 8
    for town in towns:
        here = (area == town) & usual & np.isfinite(loads)
        row = table[table["area"] == town].iloc[0]
        assert row["n_sites"] == here.sum(), town
        assert row["value"] == pytest.approx(np.exp(np.log(loads[here]).mean()), rel=0.04)
        assert row["mean_over_points"] == pytest.approx(loads[here].mean(), rel=1e-6)


def test_tiers_follow_the_stated_breaks_of_the_geometric_level(table):
    known = table[table["tier"].isin(["general", "moderate", "severe"])]
    assert len(known) > 8
    expected = np.array(["general", "moderate", "severe"])[
        np.searchsorted([20, 60], known["value"])
    ]
    assert known["tier"].tolist() == expected.tolist()
    tiers = known[["p_general", "p_moderate", "p_severe"]].sum(axis=1)
    assert tiers.to_numpy() == pytest.approx(1.0, abs=2e-3)


def test_the_plain_mean_lies_above_the_geometric_level(table):
    assert (table["mean_over_points"] >= table["value"] * 0.95).all()
    assert (table["mean_over_points"] > table["value"]).mean() > 0.8


def test_a_round_of_five_points_lacks_none_and_one_of_four_is_flagged(table):
    assert not table["flags"].str.contains("points_missing").any()
    fewer = county([f"2018Q1_{KINDS[1]}"], markers=None)
    assert fewer["flags"].str.contains("points_missing").all()
    assert not county(
        [f"2018Q1_{KINDS[1]}"], markers=None, points=1
    )["flags"].str.contains("points_missing").any()  # fmt: skip


def test_points_are_counted_by_town_and_round():
    samples = xr.Dataset(coords={
        "area": ("sample", ["A", "A", "A", "B", "A"]), "site": ("sample", list("xyxzw")),
        "round": ("sample", ["r1", "r1", "r1", "r1", "r2"]),
    })  # fmt: skip
    tiers = pd.DataFrame({"area": ["A", "A", "B", "C"], "round": ["r1", "r2", "r1", "r1"]})
    assert towns_lacking(samples, tiers, 2).tolist() == [False, True, True, True]
    assert towns_lacking(samples, tiers, 1).tolist() == [False, False, False, True]


def test_three_tiers_have_two_breaks():
    with pytest.raises(UsageError, match="two breaks"):
        county([f"2018Q1_{KINDS[1]}"], breaks=[20])


def test_a_drug_that_nobody_measured_is_an_error():
    with pytest.raises(MissingFactorError, match="unobtainium"):
        county([f"2018Q1_{KINDS[1]}"], drug="unobtainium", draws=0)


def test_points_without_flow_have_no_load_unless_a_marker_is_named():
    alone = county([f"2018Q1_{KINDS[0]}"], markers=None, draws=0)
    assert alone["value"].isna().all()


def test_the_table_is_drawn_as_a_map(table):
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    from wbe import plot

    ax = plot.tier_map(table, title="Example county (synthetic)")
    assert ax.collections or ax.patches
    pyplot.close(ax.figure)


def plant(dates, loads, **more):
    """Composites with given loads a 1000 inhabitants."""
    given = {"flow": 50_000.0, "population": 200_000.0, "site": "A"} | more
    return published.samples_of(
        {"methamphetamine": np.asarray(loads) * np.asarray(given["population"]) / given["flow"]},
        date=dates, population_basis="served", **given,
    )  # fmt: skip


def quarter(year, n=12, seed=0):
    """Days drawn from the first quarter of a year."""
    rng = np.random.default_rng(seed + year)
    return np.datetime64(f"{year}-01-01") + np.sort(rng.choice(90, n, replace=False))


@pytest.fixture(scope="module")
def two_years():
    dates = np.concatenate([quarter(2023), quarter(2024)])
    rng = np.random.default_rng(5)
    before = dates < np.datetime64("2024-01-01")
    loads = np.where(before, 60.0, 45.0) * rng.lognormal(0, np.where(before, 0.25, 0.1))
    return dates, loads, published.provincial_platform(plant(dates, loads), draws=4000)


def pick(table, statistic, quantity="pn_consumption", period="2024Q1"):
    own = table[(table["statistic"] == statistic) & (table["quantity"] == quantity)]
    (row,) = own[own["period"] == period].to_dict("records")
    return row


def test_a_quarter_is_the_mean_of_its_days_over_the_excreted_fraction(two_years):
    _, loads, table = two_years
    assert pick(table, "daily_mean", "pn_mass_load")["value"] == pytest.approx(loads[12:].mean())
    used = pick(table, "daily_mean")
    assert used["value"] == pytest.approx(loads[12:].mean() / 0.413)
    assert used["factor_ids"] == "methamphetamine|METH|KhanNicell2012"


def test_ketamine_is_over_a_fifth_and_drugs_without_an_accepted_factor_stay_loads():
    day = published.samples_of(
        {"ketamine": [40.0], "morphine": [40.0], "etomidate acid": [40.0]}, flow=50_000.0,
        population=200_000.0, site="A", date=["2024-01-05"], population_basis="served",
    )  # fmt: skip
    table = published.provincial_platform(day, draws=0)
    own = table[(table["statistic"] == "day") & (table["quantity"] == "pn_consumption")]
    assert dict(zip(own["analyte"], own["value"], strict=True)) == pytest.approx({"ketamine": 50})
    loads = table[(table["statistic"] == "day") & (table["quantity"] == "pn_mass_load")]
    assert loads["value"].to_numpy() == pytest.approx([10.0] * 3)


def test_each_day_stands_there_too(two_years):
    dates, loads, table = two_years
    days = table[(table["statistic"] == "day") & (table["quantity"] == "pn_mass_load")]
    assert days["period"].tolist() == dates.astype(str).tolist()
    assert days["value"].to_numpy() == pytest.approx(loads)
    used = table[(table["statistic"] == "day") & (table["quantity"] == "pn_consumption")]
    assert used["value"].to_numpy() == pytest.approx(loads / 0.413)


def test_the_change_is_that_of_the_same_quarter_a_year_before(two_years):
    _, loads, table = two_years
    row = pick(table, "year_on_year")
    assert row["value"] == pytest.approx(100 * (loads[12:].mean() / loads[:12].mean() - 1))
    assert row["unit"] == "%" and row["lower"] < row["value"] < row["upper"]
    assert table[table["statistic"] == "year_on_year"]["period"].unique().tolist() == ["2024Q1"]


def test_what_both_years_share_cancels_in_the_change(two_years):
    _, _, table = two_years
    load, used = (pick(table, "year_on_year", q) for q in ("pn_mass_load", "pn_consumption"))
    assert used["value"] == pytest.approx(load["value"])
    assert (used["lower"], used["upper"]) == pytest.approx((load["lower"], load["upper"]), abs=1e-6)
    mean = pick(table, "daily_mean")
    ends = [1 + used[end] / 100 for end in ("lower", "upper")]
    assert np.log(ends[1] / ends[0]) < np.log(mean["upper"] / mean["lower"])


def test_the_interval_of_a_change_holds_the_days_and_the_errors_that_remain(two_years):
    """Student's t of either quarter's days, and the errors of single samples, in squares."""
    from scipy.special import stdtrit

    _, loads, table = two_years
    row = pick(table, "year_on_year", "pn_mass_load")
    halves = []
    for own, size in ((loads[:12], 90), (loads[12:], 91)):
        error = np.sqrt((1 - 12 / size) * own.var(ddof=1) / 12) / own.mean()
        halves.append(stdtrit(11, 0.975) * error)
    single = np.log1p(0.15**2) + np.log1p(0.10**2)  # repeatability and sampling of a composite
    effective = sum((w**2).sum() / w.sum() ** 2 for w in (loads[:12], loads[12:]))
    halves.append(1.96 * np.sqrt(single * effective))
    by_hand = np.sqrt(np.sum(np.square(halves)))
    got = np.log((1 + row["upper"] / 100) / (1 + row["lower"] / 100)) / 2
    assert got == pytest.approx(by_hand, rel=0.04)


def test_one_week_tells_no_quarter_and_no_change():
    dates = np.concatenate([np.datetime64(f"{year}-02-05") + np.arange(7) for year in (2023, 2024)])
    table = published.provincial_platform(plant(dates, np.linspace(40, 60, 14)), draws=500)
    row = pick(table, "year_on_year")
    assert np.isnan(row["lower"]) and np.isnan(row["upper"]) and np.isfinite(row["value"])
    assert "week_value" in row["flags"]


def test_a_quarter_in_which_nothing_was_found_gives_no_change():
    dates = np.concatenate([quarter(2023), quarter(2024)])
    loads = np.where(np.arange(24) < 12, np.nan, np.linspace(40, 60, 24))
    table = published.provincial_platform(
        plant(dates, loads, limits={"methamphetamine": 8.0}), draws=500
    )
    row = pick(table, "year_on_year", "pn_mass_load")
    assert np.isnan([row[name] for name in ("value", "lower", "upper")]).all()
    assert "all_below_limit" in row["flags"]


def test_every_day_sampled_leaves_the_errors_alone():
    dates = np.concatenate(
        [np.arange(f"{y}-01-01", f"{y}-04-01", dtype="datetime64[D]") for y in (2023, 2025)]
    )
    dates = np.concatenate([dates, np.arange("2024-01-01", "2024-04-01", dtype="datetime64[D]")])
    rng = np.random.default_rng(3)
    table = published.provincial_platform(
        plant(dates, rng.lognormal(3.5, 0.3, len(dates))), draws=1000
    )
    row = pick(table, "year_on_year")
    width = np.log((1 + row["upper"] / 100) / (1 + row["lower"] / 100)) / 2
    assert 0 < width < 2.2 * 1.96 * np.sqrt(2 * (0.15**2 + 0.10**2) / 90)


def test_the_change_of_an_area_weighs_errors_by_the_people_of_its_plants():
    """All days of both quarters, the same load: the errors of single samples are all there is."""
    dates = np.arange("2023-01-01", "2024-04-01", dtype="datetime64[D]")
    dates = dates[(dates < np.datetime64("2023-04-01")) | (dates >= np.datetime64("2024-01-01"))]
    people = np.repeat([300_000.0, 100_000.0], len(dates))
    both = plant(
        np.tile(dates, 2), np.full(2 * len(dates), 50.0), population=people, area="city",
        site=np.repeat(["A", "B"], len(dates)),
    )  # fmt: skip
    row = pick(provincial := published.provincial_platform(both, draws=4000, by="area"),
               "year_on_year", "pn_mass_load")  # fmt: skip
    assert set(provincial.loc[provincial["statistic"] == "year_on_year", "place"]) == {"city"}
    single = np.log1p(0.15**2) + np.log1p(0.10**2)
    by_hand = 1.96 * np.sqrt(single * (0.75**2 + 0.25**2) * (1 / 90 + 1 / 91))
    got = np.log((1 + row["upper"] / 100) / (1 + row["lower"] / 100)) / 2
    assert row["value"] == pytest.approx(0, abs=1e-9) and got == pytest.approx(by_hand, rel=0.04)


def test_ammonium_gives_the_population_where_it_is_stated():
    dates = quarter(2024)
    samples = published.samples_of(
        {"methamphetamine": np.full(12, 212.4), "ammonium": np.full(12, 24.6e6)},
        flow=68_000.0, population=215_000.0, site="A", date=dates, population_basis="served",
    )  # fmt: skip
    table = published.provincial_platform(
        samples, population="ammonium", markers={"ammonium": "7 g/day/inhabitant"}, draws=500
    )
    people = 24.6 * 68_000 / 7  # mg/L is g/m3
    by_hand = 1000 * 212.4 * 68_000 * 1e-3 / people
    assert pick(table, "daily_mean", "pn_mass_load")["value"] == pytest.approx(by_hand)


def test_a_population_that_no_marker_tells_is_an_error():
    with pytest.raises(UsageError, match="ammonium"):
        published.provincial_platform(
            plant(quarter(2024), np.full(12, 40.0)), population="ammonium", draws=0
        )


def test_an_area_weighs_its_plants_by_their_people():
    dates = np.concatenate([quarter(2023), quarter(2024)])
    loads = np.where(dates < np.datetime64("2024-01-01"), 60.0, 45.0)
    people = np.repeat([300_000.0, 100_000.0], 24)
    both = plant(
        np.tile(dates, 2), np.concatenate([loads, 2 * loads]) * np.tile(
            np.random.default_rng(2).lognormal(0, 0.1, 24), 2),
        population=people, site=np.repeat(["A", "B"], 24), area="city",
    )  # fmt: skip
    one = published.provincial_platform(both, draws=500)
    area = published.provincial_platform(both, draws=500, by="area")
    parts = one[(one["statistic"] == "daily_mean") & (one["quantity"] == "pn_mass_load")]
    now = parts[parts["period"] == "2024Q1"].set_index("place")["value"]
    assert pick(area, "daily_mean", "pn_mass_load")["value"] == pytest.approx(
        0.75 * now["A"] + 0.25 * now["B"]
    )
    assert pick(area, "year_on_year")["place"] == "city"
