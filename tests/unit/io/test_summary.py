"""Short tables of samples, results, area values and tiers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import wbe
from wbe.errors import SchemaError
from wbe.run import scaffold


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("summary") / "six-towns"
    scaffold.create(folder)
    samples = wbe.read(sorted((folder / "lab").iterdir()))
    sites, areas = wbe.read_sites(folder / "sites.csv"), wbe.read_areas(folder / "areas.geojson")
    located = wbe.locate(samples, sites, areas)
    result = wbe.estimate(located, draws=0, markers={"cotinine": {"calibrate": True}})
    values = wbe.by_area(result)
    tiers = wbe.rank(values, drug="methamphetamine")
    return {"samples": samples, "result": result, "values": values, "tiers": tiers}


def test_samples_are_counted_by_analyte_with_their_range(steps) -> None:
    samples = steps["samples"]
    table = wbe.io.summary(samples).set_index("of")
    column = samples["concentration"].sel(analyte="amphetamine")
    status = samples["status"].sel(analyte="amphetamine")
    known = column.values[status.values == "quantified"]
    row = table.loc["amphetamine"]
    assert (row["n"], row["n_below_limit"], row["n_values"]) == (36, 5, len(known)) == (36, 5, 31)
    assert (row["median"], row["lowest"], row["highest"]) == (
        np.median(known), known.min(), known.max()
    )  # fmt: skip
    assert set(table["quantity"]) == {"concentration"} and set(table["unit"]) == {"ng/L"}


def test_a_result_adds_loads_by_analyte_and_consumption_by_drug(steps) -> None:
    result = steps["result"]
    table = wbe.io.summary(result)
    assert list(dict.fromkeys(table["quantity"])) == [
        "concentration", "pn_mass_load", "pn_consumption",
    ]  # fmt: skip
    row = table[(table["quantity"] == "pn_consumption") & (table["of"] == "ketamine")].iloc[0]
    own = result["pn_consumption"].values[:, result["drug"].values == "ketamine"]
    assert row["median"] == pytest.approx(np.nanmedian(own))
    assert row["unit"] == "mg/day/1000 inhabitants"


def test_area_values_have_a_row_each_and_tiers_stand_in_their_order(steps) -> None:
    values, tiers = steps["values"], steps["tiers"]
    table = wbe.io.summary(values)
    one = table[(table["quantity"] == "pn_mass_load") & (table["area"] == "south")
                & (table["drug"] == "ketamine") & (table["round"] == "2024Q2")]  # fmt: skip
    place = {"quantity": "pn_mass_load", "area": "south", "drug": "ketamine", "round": "2024Q2"}
    assert one["value"].tolist() == [float(values["value"].sel(place))]
    assert (table["n_samples"] > 0).all()
    short = wbe.io.summary(tiers)
    assert type(short) is pd.DataFrame and "geometry" not in short
    latest = short[short["round"] == "2024Q2"]
    assert latest["rank"].is_monotonic_increasing
    assert latest["name"].iloc[0] == "Harbour Town"


def test_the_probability_is_that_of_the_areas_own_tier() -> None:
    tiers = pd.DataFrame({
        "round": ["r", "r", "r"], "drug": ["d"] * 3, "area": ["a", "b", "c"],
        "name": ["A", "B", "C"], "rank": [2.0, 1.0, np.nan], "tier": ["low", "high", ""],
        "p_low": [0.7, 0.1, 0.5], "p_high": [0.3, 0.9, 0.5],
    })  # fmt: skip
    short = wbe.io.summary(tiers)
    assert short["name"].tolist() == ["B", "A", "C"]
    assert short["p"].tolist()[:2] == [0.9, 0.7] and np.isnan(short["p"].iloc[2])


def test_anything_else_is_refused(steps) -> None:
    with pytest.raises(SchemaError):
        wbe.io.summary(pd.DataFrame({"a": [1]}))
    with pytest.raises(SchemaError):
        wbe.io.summary(steps["samples"].drop_vars("status"))
