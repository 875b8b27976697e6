"""Checking folders and files that belong together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lab_tables import row, write_csv

import wbe
from wbe.errors import FindingsError, UsageError

SITES = (
    "site,name,area,lon,lat,crs,population,population_basis,population_date\n"
    "North,North,A,16.37,48.21,wgs84,200000,served,2020\n"
    "South,South,C,16.30,48.11,wgs84,100000,served,2020\n"
)
AREAS = {
    "type": "FeatureCollection",
    "features": [{"type": "Feature", "properties": {"area": "A"},
                  "geometry": {"type": "Point", "coordinates": [16.37, 48.21]}}],
}  # fmt: skip
INDICATORS = "area,period,indicator,value,unit\nA,2024,arrests,12,cases\n"


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    (tmp_path / "lab").mkdir()
    write_csv(tmp_path / "lab" / "one.csv", [row(), row(sample_id="S2", site="West")])
    write_csv(tmp_path / "lab" / "two.csv", [row(analyte="AMP", concentration="~1")])
    (tmp_path / "sites.csv").write_text(SITES, encoding="utf-8")
    (tmp_path / "areas.geojson").write_text(json.dumps(AREAS), encoding="utf-8")
    (tmp_path / "indicators.csv").write_text(INDICATORS, encoding="utf-8")
    (tmp_path / ".hidden.csv").write_text("x", encoding="utf-8")
    return tmp_path


def test_a_folder_with_everything(campaign: Path) -> None:
    findings = wbe.check(campaign)
    assert [(f.rule, f.file, f.line, f.value) for f in findings] == [
        ("area_not_in_areas", "", None, "C"), ("site_not_in_sites", "", None, "West"),
        ("indicator_unstated", "indicators.csv", None, ""),
        ("approximate_value", "lab/two.csv", 2, "~1"),
        ("site_without_samples", "sites.csv", 3, "South"),
    ]  # fmt: skip
    assert findings.summary() == {"rows": 7, "accepted": 6, "errors": 1, "flags": 4}


def test_indicators_are_checked_as_what_they_are_and_are_no_lab_table(campaign: Path) -> None:
    with pytest.raises(FindingsError) as caught:
        wbe.read(campaign / "indicators.csv")
    read = next(iter(caught.value.findings))
    assert (read.rule, read.severity) == ("indicators_table", "error")
    assert "wbe.read_indicators" in read.fix and "wbe.read_indicators" in read.text("zh")[1]
    text = INDICATORS.replace("12,cases", "12.5,cases").replace("A,", "Nowhere,")
    (campaign / "indicators.csv").write_text(text + "A,2024,arrests,7,cases\n", encoding="utf-8")
    found = [f for f in wbe.check(campaign) if f.file == "indicators.csv"]
    assert [(f.rule, f.line, f.value) for f in found] == [
        ("indicator_unstated", None, ""), ("indicator_count_invalid", 2, "12.5"),
    ]  # fmt: skip


def test_an_area_of_the_statistics_that_is_none_is_named_with_the_nearest(campaign: Path) -> None:
    text = INDICATORS + "Aa,2024,arrests,7,cases\n"
    (campaign / "indicators.csv").write_text(text, encoding="utf-8")
    (found,) = (f for f in wbe.check(campaign) if f.rule == "indicator_area_unknown")
    assert (found.value, found.file) == ("Aa", "indicators.csv")
    assert "A" in found.message


def test_sites_and_areas_beside_a_lab_table(campaign: Path) -> None:
    findings = wbe.check(campaign / "lab" / "one.csv", sites=campaign / "sites.csv",
                         areas=campaign / "areas.geojson")  # fmt: skip
    assert sorted(f.rule for f in findings) == [
        "area_not_in_areas", "site_not_in_sites", "site_without_samples",
    ]  # fmt: skip


def test_findings_are_the_same_in_every_order(campaign: Path) -> None:
    files = [campaign / "lab" / "one.csv", campaign / "lab" / "two.csv", campaign / "sites.csv"]
    assert wbe.check(files).to_json() == wbe.check(files[::-1]).to_json()


def test_no_path_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        wbe.check([])


INSTRUMENTS = Path(__file__).resolve().parents[3] / "data" / "samples" / "instruments"


def test_an_export_is_checked_with_what_is_said_of_its_vials() -> None:
    sidecar = INSTRUMENTS / "sidecar.csv"
    assert [f.rule for f in wbe.check(INSTRUMENTS / "targetlynx.xml").errors] == [
        "export_unit_missing"
    ]
    with_sidecar = wbe.check(INSTRUMENTS / "targetlynx.xml", sidecar=sidecar)
    with_options = wbe.check(INSTRUMENTS / "targetlynx.xml", enrichment=100, unit="ng/mL")
    for findings in (with_sidecar, with_options):
        assert not findings.errors and findings.accepted == findings.rows > 0
    assert "site_from_sample" in {f.rule for f in with_options}
    with pytest.raises(UsageError, match="dilution"):
        wbe.check(INSTRUMENTS / "targetlynx.xml", dilution=0)


def test_of_a_folders_xml_only_exports_are_checked(tmp_path: Path) -> None:
    write_csv(tmp_path / "lab.csv", [row(concentration="~1")])
    (tmp_path / "areas.shp.xml").write_text("<metadata/>", encoding="utf-8")
    (tmp_path / "batch.xml").write_bytes((INSTRUMENTS / "targetlynx.xml").read_bytes())
    assert {f.file for f in wbe.check(tmp_path)} == {"lab.csv", "batch.xml"}
    assert wbe.check(tmp_path / "areas.shp.xml").errors  # whoever names it means it
