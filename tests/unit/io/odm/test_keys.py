"""ODM tables of others: rows that share an id, and systems of coordinates as others spell them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import wbe
from wbe.findings import Findings
from wbe.io import read_odm, write_odm

SAMPLES = "sampleID,siteID,saMaterial,collType,collPer,collNum,collDT"
MEASURES = "sampleID,siteID,aDateEnd,measure,value,unit,aggregation,index,reportable,contactID"
SITES = "siteID,siteType,sampleShed,contactID,popServ,geoLat,geoLong,geoEPSG"
PLANT = "P1,wwtpMuC,municp,nr,50000,22.5,114.1,4326"
SAMPLE = "S1,P1,rawWW,timePr,24,24,2024-03-04 08:00:00.000000"
COCAINE = "S1,P1,2024-03-20,wbe:cocaine,0.00012,mgL,sin,,TRUE,c1"


def put(folder: Path, **tables: Sequence[str]) -> Path:
    given = {"samples": [SAMPLES, SAMPLE], "measures": [MEASURES, COCAINE], **tables}
    folder.mkdir(exist_ok=True)
    for name, lines in given.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def rules(findings: Findings) -> set[str]:
    return {f.rule for f in findings}


def value(samples: Any, name: str = "concentration") -> float:
    return float(samples[name].sel(sample="S1", analyte="cocaine").item())


# ids that ODM calls unique


def with_ids(*lines: str) -> list[str]:
    return [f"measureRepID,{MEASURES}", *lines]


def of_rule(findings: Findings, rule: str) -> list[tuple[str, int | None, str]]:
    return [(f.file, f.line, f.value) for f in findings if f.rule == rule]


def test_a_measure_that_is_said_again_counts_once_and_is_told_once(tmp_path: Path) -> None:
    folder = put(tmp_path / "odm", measures=with_ids(f"m1,{COCAINE}", f"m1,{COCAINE},,"))
    samples = read_odm(folder).samples
    findings = samples.attrs["findings"]
    assert value(samples) == 120.0 and (findings.rows, findings.accepted) == (2, 2)
    assert of_rule(findings, "odm_measure_repeated") == [("measures.csv", 3, "m1")]
    assert not rules(findings) & {"duplicate_row", "odm_measure_twice"}


def test_rows_that_differ_under_one_id_are_refused_and_named_once(tmp_path: Path) -> None:
    other = COCAINE.replace("cocaine", "ketamine")
    lines = with_ids(f"m1,{COCAINE}", f"m2,{other.replace('ketamine', 'MDMA')}", f"m1,{other}",
                     f"m1,{COCAINE}")  # fmt: skip
    samples = read_odm(put(tmp_path / "odm", measures=lines), errors="reject").samples
    findings = samples.attrs["findings"]
    (error,) = findings.errors
    assert (error.rule, error.line) == ("odm_measure_twice", 4)
    assert "lines 2, 4, 5" in error.message
    assert samples["analyte"].values.tolist() == ["MDMA"]
    assert (findings.rows, findings.accepted) == (4, 1)


def test_a_report_of_an_id_that_two_results_have_makes_neither_a_non_detect(tmp_path: Path) -> None:
    gene = COCAINE.replace("wbe:cocaine", "covN1").replace("mgL", "gcMl")
    measures = with_ids(f"m1,{COCAINE}", f"m1,{gene}")
    reports = ["qualityReportID,measureRepID,sampleID,qualityFlag", "q1,m1,S1,flagND"]
    folder = put(tmp_path / "odm", measures=measures, qualityReports=reports)
    samples = read_odm(folder, errors="reject").samples
    assert samples.sizes["sample"] == 0
    assert of_rule(samples.attrs["findings"], "odm_measure_twice") == [("measures.csv", 3, "m1")]


@pytest.mark.parametrize("id_", ["", "nr", "NA"])
def test_measures_without_an_id_share_none(id_: str, tmp_path: Path) -> None:
    other = COCAINE.replace("cocaine", "ketamine")
    folder = put(tmp_path / "odm", measures=with_ids(f"{id_},{COCAINE}", f"{id_},{other}"))
    samples = read_odm(folder).samples
    assert samples.sizes["analyte"] == 2
    assert not rules(samples.attrs["findings"]) & {"odm_measure_repeated", "odm_measure_twice"}


def test_a_flow_that_is_said_again_under_its_id_is_no_second_flow(tmp_path: Path) -> None:
    flow = "f1,S1,P1,2024-03-04,floRate,50,mld,sin,,TRUE,c1"
    folder = put(tmp_path / "odm", measures=with_ids(f"m1,{COCAINE}", flow, flow))
    samples = read_odm(folder).samples
    assert samples["flow"].item() == 50_000.0
    assert of_rule(samples.attrs["findings"], "odm_measure_repeated") == [
        ("measures.csv", 4, "f1")]  # fmt: skip


def test_of_samples_of_one_id_that_differ_none_is_said_to_count(tmp_path: Path) -> None:
    lines = [SAMPLES, SAMPLE, SAMPLE.replace("rawWW", "nww"), SAMPLE]
    samples = read_odm(put(tmp_path / "odm", samples=lines), errors="reject").samples
    findings = samples.attrs["findings"]
    assert of_rule(findings, "odm_sample_twice") == [("samples.csv", 3, "S1"),
                                                     ("samples.csv", 4, "S1")]  # fmt: skip
    assert "odm_sample_repeated" not in rules(findings) and samples.sizes["sample"] == 0


def test_a_site_that_stands_twice_is_told_once(tmp_path: Path) -> None:
    same = read_odm(put(tmp_path / "same", sites=[SITES, PLANT, PLANT]))
    assert of_rule(same.samples.attrs["findings"], "site_repeated") == [("sites.csv", 3, "P1")]
    assert same.sites is not None and same.sites["site"].tolist() == ["P1"]
    folder = put(tmp_path / "other", sites=[SITES, PLANT, PLANT.replace("50000", "60000")])
    other = read_odm(folder, errors="reject")
    assert of_rule(other.samples.attrs["findings"], "site_twice") == [("sites.csv", 3, "P1")]
    assert other.sites is not None and other.sites.empty


def test_a_polygon_that_stands_twice_is_told_once(tmp_path: Path) -> None:
    heads = "polygonID,geoType,geoEPSG,geoWKT"
    area = 'A1,swrSet,4326,"POLYGON ((0 0, 1 0, 1 1, 0 0))"'
    same = read_odm(put(tmp_path / "same", polygons=[heads, area, area]))
    assert of_rule(same.samples.attrs["findings"], "odm_polygon_repeated") == [
        ("polygons.csv", 3, "A1")]  # fmt: skip
    assert same.areas is not None and same.areas["area"].tolist() == ["A1"]
    lines = [heads, area, area.replace("1 0", "2 0"), area.replace("A1", "A2")]
    other = read_odm(put(tmp_path / "other", polygons=lines), errors="reject")
    findings = other.samples.attrs["findings"]
    assert [(f.rule, f.line) for f in findings.errors] == [("area_twice", 3)]
    assert other.areas is not None and other.areas["area"].tolist() == ["A2"]
    assert findings.rows - findings.accepted == 2


# systems of coordinates

SPELT = ["4326", "4326.0", "4326,00", "EPSG:4326", "epsg:4326", "EPSG 4326", "EPSG::4326",
         "urn:ogc:def:crs:EPSG::4326", "http://www.opengis.net/def/crs/EPSG/0/4326",
         "WGS84"]  # fmt: skip


@pytest.mark.parametrize("text", SPELT)
def test_a_system_is_read_however_it_is_spelt(text: str, tmp_path: Path) -> None:
    site = PLANT.replace("4326", f'"{text}"')
    polygons = ["polygonID,geoType,geoEPSG,geoWKT",
                f'A1,swrSet,"{text}","POLYGON ((0 0, 1 0, 1 1, 0 0))"']  # fmt: skip
    found = read_odm(put(tmp_path / "odm", sites=[SITES, site], polygons=polygons))
    assert found.sites is not None and found.sites["crs"].tolist() == ["wgs84"]
    assert found.sites.crs.to_epsg() == 4326
    assert found.areas is not None and found.areas.total_bounds.tolist() == [0, 0, 1, 1]


def test_a_system_in_metres_that_a_spreadsheet_spelt_is_read(tmp_path: Path) -> None:
    site = PLANT.replace("22.5,114.1,4326", "2555000,725000,32649.0")
    outline = "POLYGON ((0 0, 111319.49 0, 111319.49 111325.14, 0 0))"
    polygons = ["polygonID,geoType,geoEPSG,geoWKT", f'A1,swrSet,3857.0,"{outline}"']
    found = read_odm(put(tmp_path / "odm", sites=[SITES, site], polygons=polygons))
    assert found.sites is not None and found.sites["crs"].tolist() == ["EPSG:32649"]
    assert found.areas is not None
    assert found.areas.total_bounds == pytest.approx([0, 0, 1, 1], abs=1e-6)


@pytest.mark.parametrize("text", ["4326.5", "999999", "4,326", "4.326E3", "somewhere", "GCJ-02"])
def test_a_polygon_of_a_system_nobody_knows_is_refused_once(text: str, tmp_path: Path) -> None:
    polygons = ["polygonID,geoType,geoEPSG,geoWKT",
                f'A1,swrSet,"{text}","POLYGON ((0 0, 1 0, 1 1, 0 0))"']  # fmt: skip
    found = read_odm(put(tmp_path / "odm", polygons=polygons), errors="reject")
    findings = found.samples.attrs["findings"]
    assert [(f.rule, f.line, f.column, f.value) for f in findings.errors] == [
        ("odm_epsg_unknown", 2, "geoEPSG", text)]  # fmt: skip
    assert (findings.rows, findings.accepted) == (2, 1)


@pytest.mark.parametrize(("text", "rule"), [("4326.5", "crs_unknown"), ("999999", "crs_unknown"),
                                            ("3857", "crs_contradicts")])  # fmt: skip
def test_a_site_of_a_wrong_system_is_refused_at_its_cell_as_written(
    text: str, rule: str, tmp_path: Path
) -> None:
    folder = put(tmp_path / "odm", sites=[SITES, PLANT.replace("4326", text)])
    found = read_odm(folder, errors="reject")
    errors = found.samples.attrs["findings"].errors
    assert [(f.rule, f.file, f.line, f.column, f.value) for f in errors] == [
        (rule, "sites.csv", 2, "geoEPSG", text)]  # fmt: skip
    assert found.sites is not None and found.sites.empty


def test_an_outline_in_degrees_is_not_taken_for_metres(tmp_path: Path) -> None:
    polygons = ["polygonID,geoType,geoEPSG,geoWKT",
                'A1,swrSet,3857,"POLYGON ((113 22, 114 22, 114 23, 113 22))"']  # fmt: skip
    found = read_odm(put(tmp_path / "odm", polygons=polygons), errors="reject")
    (error,) = found.samples.attrs["findings"].errors
    assert (error.rule, error.line, error.column) == ("crs_contradicts", 2, "geoEPSG")
    assert found.areas is not None and found.areas.empty


# headers, words and tables as others spell them


def test_headers_and_words_are_read_however_they_are_spelt(tmp_path: Path) -> None:
    samples = ["Sample_ID,site id,SaMaterial,coll-type,COLLPER,collNum,collDT",
               SAMPLE.replace("rawWW", "RAWWW").replace("timePr", "TimePr")]  # fmt: skip
    measures = [MEASURES.replace("sampleID", "sample_id"),
                COCAINE.replace("mgL", "MGL").replace(",sin,", ",SIN,")]  # fmt: skip
    found = read_odm(put(tmp_path / "odm", samples=samples, measures=measures)).samples
    assert value(found) == 120.0
    assert (found["matrix"].item(), found["mode"].item()) == ("wwtp_influent", "composite_24h")


def test_a_column_beside_one_that_it_nearly_spells_is_kept(tmp_path: Path) -> None:
    samples = [f"site_ID,{SAMPLES}", f"ours,{SAMPLE}"]
    found = read_odm(put(tmp_path / "odm", samples=samples)).samples
    assert found["site"].item() == "P1"
    again = read_odm(write_odm(found, tmp_path / "again").path).samples
    for read in (found, again):
        kept = {read[n].attrs["long_name"]: read[n].values.tolist()
                for n in read.data_vars if str(n).startswith("extra_")}  # fmt: skip
        assert kept["site_ID"] == ["ours"]


@pytest.mark.parametrize("header", ["rep_type", "Pooled ", "coll num"])
def test_a_column_that_others_read_as_a_known_one_is_written_apart(
    header: str, tmp_path: Path
) -> None:
    path = tmp_path / "lab_synthetic.csv"
    path.write_text(
        f"sample_id,site,date,analyte,concentration,unit,matrix,mode,{header}\n"
        "S1,A,2024-03-04,cocaine,12,ng/L,influent,grab,labDuplicate\n", encoding="utf-8",
    )  # fmt: skip
    samples = wbe.read(path)
    again = read_odm(write_odm(samples, tmp_path / "odm").path).samples
    names = [{read[n].attrs["long_name"] for n in read.data_vars if str(n).startswith("extra_")}
             for read in (samples, again)]  # fmt: skip
    assert names[0] == names[1] == {header.strip()}


def test_the_mean_of_version_one_counts_as_a_mean(tmp_path: Path) -> None:
    folder = put(tmp_path / "odm", measures=[MEASURES, COCAINE.replace(",sin,", ",mean,")])
    samples = read_odm(folder).samples
    assert value(samples) == 120.0
    assert of_rule(samples.attrs["findings"], "odm_aggregation_used") == [
        ("measures.csv", 2, "mean")]  # fmt: skip


def test_of_two_files_of_one_table_neither_replaces_the_other_in_silence(tmp_path: Path) -> None:
    folder = put(tmp_path / "odm")
    (folder / "samples.tsv").write_text("sampleID\tsiteID\nS9\tP9\n", encoding="utf-8")
    samples = read_odm(folder, errors="reject").samples
    assert value(samples) == 120.0
    assert [(f.rule, f.file) for f in samples.attrs["findings"].errors] == [
        ("odm_table_twice", "samples.tsv")]  # fmt: skip
