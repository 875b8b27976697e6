"""The samples Dataset: how it is built, what it must hold, what looks like a slip."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from wbe import schema
from wbe.errors import SchemaError


def build(values: list[float], flow: float = 50_000, population: float = 200_000) -> xr.Dataset:
    ids = [f"S{i}" for i in range(len(values))]
    samples = pd.DataFrame(
        {"site": "North", "matrix": "wwtp_influent", "flow": flow, "population": population},
        index=ids,
    )
    results = pd.DataFrame(
        {
            "sample": ids, "analyte": "methamphetamine", "status": "quantified",
            "concentration": values, "source_file": 0, "source_line": range(2, 2 + len(values)),
        }
    )  # fmt: skip
    return schema.assemble(samples, results, files=[{"name": "lab.csv"}])


def test_a_complete_dataset_has_no_finding() -> None:
    samples = build([100, 120])
    assert len(schema.validate(samples)) == 0
    schema.require(samples, "concentration", "flow", "time")


def test_the_order_of_records_does_not_matter() -> None:
    samples = pd.DataFrame({"site": ["b", "a"]}, index=["S2", "S1"])
    records = [("S2", "MDMA", 1.0), ("S1", "amphetamine", 2.0), ("S1", "MDMA", 3.0)]
    results = pd.DataFrame(records, columns=["sample", "analyte", "concentration"])
    results["status"] = "quantified"
    one = schema.assemble(samples, results)
    two = schema.assemble(samples.iloc[::-1], results.iloc[::-1])
    xr.testing.assert_equal(one, two)
    assert one["site"].values.tolist() == ["a", "b"]
    assert one["status"].values.tolist() == [["quantified"] * 2, ["quantified", "not_measured"]]
    np.testing.assert_array_equal(one["concentration"], [[3, 2], [1, np.nan]])


def test_two_records_of_one_cell_are_refused() -> None:
    results = pd.DataFrame({"sample": ["S"] * 2, "analyte": "MDMA", "status": "rejected"})
    with pytest.raises(SchemaError, match="two results"):
        schema.assemble(pd.DataFrame(index=["S"]), results)
    with pytest.raises(SchemaError, match="no record"):
        schema.assemble(pd.DataFrame(index=["T"]), results.iloc[:1])


def test_what_is_missing_is_named_with_the_way_to_get_it() -> None:
    with pytest.raises(SchemaError, match=r"lack pathway, load.*wbe\.estimate.*column 'load'"):
        schema.require(build([1]), "pathway", "load", "flow")
    with pytest.raises(SchemaError, match=r"wbe\.read"):
        schema.require("lab.csv")  # type: ignore[arg-type]


def test_an_empty_dataset_is_valid() -> None:
    samples = schema.empty()
    assert dict(samples.sizes) == {"sample": 0, "analyte": 0}
    schema.require(samples)
    assert len(schema.validate(samples)) == 0


def test_a_status_that_contradicts_its_value() -> None:
    samples = build([100, 110])
    samples["status"][0] = "below_lod"
    samples["status"][1] = "perhaps"
    assert [f.rule for f in schema.validate(samples)] == ["status_contradicts"] * 2
    samples = build([100, -1])
    assert [f.rule for f in schema.validate(samples)] == ["negative_value"]


def test_every_number_has_its_unit() -> None:
    samples = build([100])
    for name, variable in samples.variables.items():
        numeric = variable.dtype.kind == "f"
        assert ("units" in variable.attrs) == numeric, name


def test_limits_of_quantities() -> None:
    assert schema.limits_of("concentration") == ("lod", "loq")
    assert schema.limits_of("pn_load") == ("pn_load_lod", "pn_load_loq")
