"""The EUDA source table: places by country and city, zeros below a limit nobody stated."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from builders import reference_file

import wbe
from wbe.errors import FindingsError

HEADER = (
    '"Year","Metabolite","Site ID","Country","City","Wednesday","Thursday","Friday","Saturday",'
    '"Sunday","Monday","Tuesday","Weekday mean","Weekend mean","Daily mean"\n'
)


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "loads.csv"
    path.write_text(HEADER + "".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def test_each_day_is_a_sample(tmp_path: Path) -> None:
    path = write(
        tmp_path, '2024,"cocaine","XX001","XX","Town",1,2,3,4,5,,0,2,3,2.5',
        '2024,"cannabis","XX001","XX","Town",10,20,30,40,50,60,70,30,45,40',
        '2023,"cocaine","XX009","XX","Town",7,,,,,,,7,,7',
    )  # fmt: skip
    samples = wbe.read(path)
    assert samples["analyte"].values.tolist() == ["THC-COOH", "benzoylecgonine"]
    assert samples.sizes["sample"] == 8
    tuesday = samples.sel(sample="2024|XX|Town|Tuesday")
    assert (tuesday["site"].item(), tuesday["round"].item()) == ("XX|Town", "2024")
    assert (tuesday["weekday"].item(), tuesday["site_id"].item()) == ("Tuesday", "XX001")
    assert (tuesday["mode"].item(), tuesday["duration"].item()) == ("composite_24h", 24)
    assert tuesday["status"].values.tolist() == ["quantified", "below_loq"]
    np.testing.assert_array_equal(tuesday["pn_load"], [70, np.nan])
    assert np.isnat(samples["time"].values).all()
    monday = samples.sel(sample="2024|XX|Town|Monday", analyte="benzoylecgonine")
    assert monday["status"].item() == "not_measured"
    assert samples["site_id"].sel(sample="2023|XX|Town|Wednesday").item() == "XX009"
    zeros = [f for f in samples.attrs["findings"] if f.rule == "zeros_below_unstated_loq"]
    assert [(f.analyte, dict(f.details)["count"]) for f in zeros] == [("benzoylecgonine", "1")]
    means = samples.attrs["published_means"]
    assert means["Daily mean"].tolist() == [2.5, 40, 7]


def test_bad_cells_and_repeats(tmp_path: Path) -> None:
    path = write(
        tmp_path, '2024,"MDMA","A","XX","Town",1,2,3,4,5,6,"7,5",2,3,2.5',
        '2024,"MDMA","A","XX","Town",1,9,,,,,,2,3,2.5',
        '2024,"moonshine","A","XX","Town",1,,,,,,,2,3,2.5',
    )  # fmt: skip
    with pytest.raises(FindingsError) as caught:
        wbe.read(path)
    found = {(f.rule, f.line, f.column, f.value) for f in caught.value.findings}
    assert {
        ("not_a_number", 2, "Tuesday", "7,5"), ("duplicate_row", 3, "", ""),
        ("duplicate_conflict", 3, "Thursday", "9"),
        ("analyte_unknown", 4, "Metabolite", "moonshine"),
    } <= found  # fmt: skip
    samples = wbe.read(path, errors="reject")
    status = samples["status"].sel(analyte="MDMA").values.tolist()
    assert status.count("rejected") == 2 and status.count("quantified") == 5


def reference(name: str) -> Path:
    return reference_file("data", "euda", name)


def test_reference_loads() -> None:
    path = reference("ww2025-all-data.csv")
    samples = wbe.read(path)
    status = samples["status"].values
    assert (status == "below_loq").sum() == 2393
    assert (status == "quantified").sum() == 4376 * 7 - 349 - 2393
    assert samples.attrs["findings"].summary() == {
        "rows": 4376, "accepted": 4376, "errors": 0, "flags": 28,
    }  # fmt: skip
    # of 27,890 loads: weeks and days at 0.2 % or 5,700 % of their site's median, and a copied week
    assert Counter(f.rule for f in samples.attrs["findings"]) == {
        "unit_slip_suspected": 18, "sample_repeats_another": 1, "zeros_below_unstated_loq": 6,
        "residue_of_drug": 2, "date_unstated": 1,
    }  # fmt: skip
    assert len(samples.attrs["published_means"]) == 4376


def test_reference_sites_match_the_loads() -> None:
    sites = wbe.read_sites(reference("ww2025-site-info-table.csv"))
    samples = wbe.read(reference("ww2025-all-data.csv"))
    assert len(sites) == 217 and sites["site"].is_unique
    assert set(samples["site"].values.tolist()) <= set(sites["site"])
    assert str(sites.crs) == "EPSG:4326"
    brugge = sites.set_index("site").loc["BE|Brugge"]
    assert brugge["population"] == 300_000
    found = [f.rule for f in sites.attrs["findings"]]
    assert sorted(found) == [
        "coordinates_shared", "coordinates_shared", "population_basis_unstated",
        "population_date_unstated",
    ]  # fmt: skip
    findings = wbe.check([path_of("all-data"), path_of("site-info-table")])
    unmatched = [f.value for f in findings if f.rule == "site_without_samples"]
    assert unmatched == ["CA|Quebec City", "US|New Castle County"]
    assert not findings.errors


def path_of(part: str) -> Path:
    return reference(f"ww2025-{part}.csv")
