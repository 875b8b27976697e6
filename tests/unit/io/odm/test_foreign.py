"""Tables that others wrote after PHES-ODM: what is used, what is not, and where it stands."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import wbe
from wbe.findings import Findings
from wbe.io import read_odm

SAMPLES = "sampleID,siteID,saMaterial,collType,collPer,collNum,collDT,origin,contactID"
MEASURES = "sampleID,siteID,aDateEnd,measure,value,unit,aggregation,index,reportable,contactID"
SITES = "siteID,siteType,sampleShed,contactID,popServ,geoLat,geoLong,geoEPSG,healthRegion"
PLANT = "P1,wwtpMuC,municp,c1,50000,22.5,114.1,4326,North"
SAMPLE = "S1,P1,rawWW,timePr,24,24,2024-03-04 08:00:00.000000,field,c1"
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


def test_a_foreign_sample_reads_with_its_site(tmp_path: Path) -> None:
    found = read_odm(put(tmp_path / "odm", sites=[SITES, PLANT]))
    samples, sites = found.samples, found.sites
    assert value(samples) == 120.0  # 0.00012 mg/L
    about = samples.sel(sample="S1")
    assert about["mode"].item() == "composite_24h" and about["duration"].item() == 24
    assert about["matrix"].item() == "wwtp_influent" and about["site"].item() == "P1"
    assert str(about["time"].values) == "2024-03-04T08:00:00"
    assert about["analysed_date"].item() == "2024-03-20"
    assert sites is not None and sites["population"].tolist() == [50000.0]
    assert sites["crs"].tolist() == ["wgs84"] and sites["type"].tolist() == ["wwtp"]


def test_genes_are_named_counted_and_left_out(tmp_path: Path) -> None:
    genes = [
        f"S1,P1,2024-03-05,{part},0.3,gcMl,sin,,TRUE,c1" for part in ("covN1", "covN1", "ppmv")
    ]
    samples = read_odm(put(tmp_path / "odm", measures=[MEASURES, *genes, COCAINE])).samples
    assert samples["analyte"].values.tolist() == ["cocaine"]
    left = {f.value: (f.line, f.message) for f in samples.attrs["findings"]
            if f.rule == "odm_part_left_out"}  # fmt: skip
    assert left.keys() == {"covN1", "ppmv"}
    assert left["covN1"][0] == 2 and left["covN1"][1].startswith("2 measures of the part covN1")


def test_extra_columns_are_kept_and_flagged(tmp_path: Path) -> None:
    samples = read_odm(put(tmp_path / "odm")).samples
    kept = {samples[n].attrs["long_name"]: str(samples[n].values.ravel()[0])
            for n in samples.data_vars if str(n).startswith("extra_")}  # fmt: skip
    assert kept == {"collNum": "24", "origin": "field", "reportable": "TRUE"}
    flagged = {(f.file, f.column) for f in samples.attrs["findings"] if f.rule == "column_unknown"}
    assert flagged == {
        ("samples.csv", "collNum"), ("samples.csv", "origin"), ("measures.csv", "reportable")
    }  # fmt: skip


def test_persons_are_neither_read_nor_kept(tmp_path: Path) -> None:
    people = ["contactID,firstName,lastName,email,coPhone", "c1,Wei,Invented,w@example.org,000"]
    folder = put(tmp_path / "odm", contacts=people, sites=[SITES, PLANT])
    found = read_odm(folder)
    findings = found.samples.attrs["findings"]
    assert {f.file for f in findings if f.rule == "odm_persons_left_out"} == {"contacts.csv"}
    left = {(f.file, f.column, f.value) for f in findings if f.rule == "odm_person_left_out"}
    assert left == {(f"{t}.csv", "contactID", "") for t in ("samples", "measures", "sites")}
    everything = str(found.samples.to_dict()) + findings.to_json()
    assert not any(text in everything for text in ("Invented", "example.org", "'c1'", '"c1"'))


@pytest.mark.parametrize("cell", ["call 13812345678", "110101199003074258"])
def test_a_personal_number_in_a_cell_refuses_the_table(cell: str, tmp_path: Path) -> None:
    lines = [f"{SAMPLES},notes", f"{SAMPLE},{cell}"]
    samples = read_odm(put(tmp_path / "odm", samples=lines), errors="reject").samples
    errors = [f for f in samples.attrs["findings"].errors if f.file == "samples.csv"]
    assert [(f.rule, f.value) for f in errors] == [("personal_data_in_cell", "")]
    assert samples.sizes["sample"] == 0


def test_findings_point_to_the_table_they_are_about(tmp_path: Path) -> None:
    bad = SAMPLE.replace("2024-03-04 08:00:00.000000", "04.03.24").replace("rawWW", "pSludge")
    good = SAMPLE.replace("S1", "S2", 1)
    lines = [COCAINE.replace("S1", "S2", 1), COCAINE]
    folder = put(tmp_path / "odm", samples=[SAMPLES, good, bad], measures=[MEASURES, *lines])
    samples = read_odm(folder, errors="reject").samples
    places = {(f.rule, f.file, f.line, f.column, f.value)
              for f in samples.attrs["findings"].errors}  # fmt: skip
    assert places == {
        ("date_ambiguous", "samples.csv", 3, "collDT", "04.03.24"),
        ("matrix_unknown", "samples.csv", 3, "saMaterial", "pSludge"),
    }
    assert samples["status"].sel(sample="S1", analyte="cocaine").item() == "rejected"


def test_findings_of_a_workbook_name_sheet_and_cell(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    measures = [MEASURES, COCAINE.replace("0.00012", "a lot")]
    for name, lines in (("samples", [SAMPLES, SAMPLE]), ("measures", measures)):
        sheet = book.create_sheet(name)
        for row in csv.reader(lines):
            sheet.append(row)
    book.save(tmp_path / "odm.xlsx")
    samples = read_odm(tmp_path / "odm.xlsx", errors="reject").samples
    (error,) = samples.attrs["findings"].errors
    assert (error.file, error.sheet, error.line, error.cell, error.column, error.value) == (
        "odm.xlsx", "measures", 2, "E2", "value", "a lot"
    )  # fmt: skip


def test_an_unknown_unit_is_an_error_at_its_cell(tmp_path: Path) -> None:
    folder = put(tmp_path / "odm", measures=[MEASURES, COCAINE.replace("mgL", "gcPpmov")])
    findings = read_odm(folder, errors="reject").samples.attrs["findings"]
    (error,) = findings.errors
    assert (error.rule, error.line, error.column, error.value) == (
        "unit_unsuitable", 2, "unit", "gcPpmov"
    )  # fmt: skip


@pytest.mark.parametrize("word", ["NA", "nan", "nr", "null", "undisc"])
def test_words_for_missing_values_are_missing(word: str, tmp_path: Path) -> None:
    folder = put(tmp_path / "odm", measures=[MEASURES, COCAINE.replace("0.00012", word)])
    samples = read_odm(folder).samples
    assert samples["status"].values.tolist() == [["missing"]]
    assert ("na_is_missing", word) in {(f.rule, f.value) for f in samples.attrs["findings"]}


def test_replicates_of_one_sample_count_once(tmp_path: Path) -> None:
    lines = [COCAINE.replace(",sin,,", f",sin,{i},").replace("0.00012", text)
             for i, text in ((1, "0.0001"), (2, "0.00014"))]  # fmt: skip
    samples = read_odm(put(tmp_path / "odm", measures=[MEASURES, *lines])).samples
    assert dict(samples.sizes) == {"sample": 1, "analyte": 1}
    assert value(samples) == pytest.approx(120.0)
    same = [line.replace(",sin,1,", ",sin,,").replace(",sin,2,", ",sin,,") for line in lines]
    refused = read_odm(put(tmp_path / "other", measures=[MEASURES, *same]), errors="reject")
    assert {f.rule for f in refused.samples.attrs["findings"].errors} == {"duplicate_conflict"}


def test_a_duplicate_of_a_sample_collapses_to_it(tmp_path: Path) -> None:
    again = SAMPLE.replace("S1", "S1-B", 1)
    lines = [COCAINE, COCAINE.replace("S1", "S1-B", 1).replace("0.00012", "0.00016")]
    related = ["sampleRelationshipsID,sampleIDSubject,relationshipID,sampleIDObject",
               "r1,S1-B,labDuplicate,S1"]  # fmt: skip
    samples = read_odm(
        put(
            tmp_path / "odm",
            samples=[SAMPLES, SAMPLE, again],
            measures=[MEASURES, *lines],
            sampleRelationships=related,
        )
    ).samples
    assert samples["sample"].values.tolist() == ["S1"]
    assert value(samples) == pytest.approx(140.0)
    alone = read_odm(put(tmp_path / "two", samples=[SAMPLES, SAMPLE, again],
                         measures=[MEASURES, *lines])).samples  # fmt: skip
    assert alone.sizes["sample"] == 2


def test_means_count_where_no_single_measure_stands_beside_them(tmp_path: Path) -> None:
    mean, spread = COCAINE.replace(",sin,", ",me,"), COCAINE.replace(",sin,", ",sd,")
    alone = read_odm(put(tmp_path / "mean", measures=[MEASURES, mean, spread])).samples
    assert value(alone) == 120.0
    assert {"odm_aggregation_used", "odm_aggregation_left_out"} <= rules(alone.attrs["findings"])
    beside = [MEASURES, mean.replace("0.00012", "0.5"), COCAINE]
    both = read_odm(put(tmp_path / "both", measures=beside)).samples
    assert value(both) == 120.0


def test_flows_are_read_with_their_unit(tmp_path: Path) -> None:
    flow = "S1,P1,2024-03-04,floRate,50,mld,sin,,TRUE,c1"
    samples = read_odm(put(tmp_path / "odm", measures=[MEASURES, COCAINE, flow])).samples
    assert samples["flow"].item() == 50_000.0  # 50 ML/d
    mass = [MEASURES, flow.replace("mld", "kgS"), COCAINE]
    wrong = read_odm(put(tmp_path / "bad", measures=mass), errors="reject").samples
    (error,) = wrong.attrs["findings"].errors
    assert (error.rule, error.file, error.line, error.column) == (
        "unit_unsuitable", "measures.csv", 2, "value"
    )  # fmt: skip


def test_a_flag_of_a_limit_makes_a_non_detect_and_its_number_is_no_limit(tmp_path: Path) -> None:
    measures = [f"measureRepID,{MEASURES}", f"m1,{COCAINE}"]
    reports = ["qualityReportID,measureRepID,sampleID,qualityFlag", "q1,m1,S1,flagND"]
    samples = read_odm(put(tmp_path / "odm", measures=measures, qualityReports=reports)).samples
    assert samples["status"].values.tolist() == [["below_lod"]]
    assert {"odm_value_no_limit", "limit_missing"} <= rules(samples.attrs["findings"])


def test_several_days_of_analysis_are_kept_beside_the_results(tmp_path: Path) -> None:
    other = COCAINE.replace("cocaine", "ketamine").replace("2024-03-20", "2024-03-21")
    samples = read_odm(put(tmp_path / "odm", measures=[MEASURES, COCAINE, other])).samples
    assert "analysed_date" not in samples
    kept = {samples[n].attrs["long_name"]: samples[n].values.tolist()
            for n in samples.data_vars if str(n).startswith("extra_")}  # fmt: skip
    assert kept["aDateEnd"] == [["2024-03-20", "2024-03-21"]]


def test_polygons_are_brought_to_wgs84(tmp_path: Path) -> None:
    polygons = ["polygonID,geoType,geoEPSG,geoWKT",
                'A1,swrSet,3857,"POLYGON ((0 0, 111319.49 0, 111319.49 111325.14, 0 0))"',
                "A2,swrSet,4326,POLYGON of something"]  # fmt: skip
    found = read_odm(put(tmp_path / "odm", polygons=polygons), errors="reject")
    assert found.areas is not None
    assert found.areas.total_bounds == pytest.approx([0, 0, 1, 1], abs=1e-6)
    (error,) = found.samples.attrs["findings"].errors
    assert (error.rule, error.file, error.line) == ("geometry_invalid", "polygons.csv", 3)


def test_only_one_folder_of_tables_is_one(tmp_path: Path) -> None:
    folder = put(tmp_path / "odm")
    assert wbe.read(folder).sizes["sample"] == 1
    (folder / "samples.csv").rename(folder / "specimens.csv")
    with pytest.raises(wbe.errors.FindingsError) as caught:
        wbe.read(folder)
    assert [f.rule for f in caught.value.findings] == ["is_directory"]


def test_a_spread_of_flows_is_no_flow(tmp_path: Path) -> None:
    flows = [f"S1,P1,2024-03-04,floRate,{n},mld,{kind},,TRUE,c1"
             for n, kind in ((5, "sd"), (60, "max"), (50, "me"))]  # fmt: skip
    samples = read_odm(put(tmp_path / "odm", measures=[MEASURES, *flows, COCAINE])).samples
    assert samples["flow"].item() == 50_000.0
    findings = samples.attrs["findings"]
    assert {f.value for f in findings if f.rule == "odm_aggregation_left_out"} == {"sd", "max"}
    assert {f.line for f in findings if f.rule == "odm_aggregation_used"} == {4}


def test_a_flow_that_may_be_a_code_is_flagged(tmp_path: Path) -> None:
    flow = "S1,P1,2024-03-04,floRate,999,mld,sin,,TRUE,c1"
    samples = read_odm(put(tmp_path / "odm", measures=[MEASURES, COCAINE, flow])).samples
    assert samples["flow"].item() == 999_000.0
    assert ("odm_code_as_number", 3) in {(f.rule, f.line) for f in samples.attrs["findings"]}


@pytest.mark.parametrize("report", ["q1,m1,S1,oor", "q1,,S1,beLOD"])
def test_a_flag_that_changes_no_result_is_named(report: str, tmp_path: Path) -> None:
    measures = [f"measureRepID,{MEASURES}", f"m1,{COCAINE}"]
    reports = ["qualityReportID,measureRepID,sampleID,qualityFlag", report]
    samples = read_odm(put(tmp_path / "odm", measures=measures, qualityReports=reports)).samples
    assert samples["status"].values.tolist() == [["quantified"]]
    (found,) = [f for f in samples.attrs["findings"] if f.rule == "odm_quality_flagged"]
    assert (found.file, found.line, found.value) == (
        "qualityReports.csv", 2, report.rpartition(",")[2]
    )  # fmt: skip


def test_western_letters_that_read_as_chinese_are_flagged(tmp_path: Path) -> None:
    folder = put(tmp_path / "odm")
    lines = "\n".join([SAMPLES, SAMPLE.replace("P1", "Montréal")]) + "\n"
    (folder / "samples.csv").write_bytes(lines.encode("cp1252"))
    findings = read_odm(folder).samples.attrs["findings"]
    assert ("encoding_doubtful", "samples.csv", 2) in {(f.rule, f.file, f.line) for f in findings}
    named = read_odm(folder, encoding="cp1252").samples
    assert named["site"].item() == "Montréal"
    assert "encoding_doubtful" not in rules(named.attrs["findings"])


def test_a_polygon_without_a_system_is_not_assumed_in_silence(tmp_path: Path) -> None:
    polygons = ["polygonID,geoType,geoEPSG,geoWKT",
                'A1,swrSet,4326,"POLYGON ((0 0, 1 0, 1 1, 0 0))"',
                'A2,swrSet,nr,"POLYGON ((2 0, 3 0, 3 1, 2 0))"']  # fmt: skip
    found = read_odm(put(tmp_path / "odm", polygons=polygons))
    assert [(f.file, f.line) for f in found.samples.attrs["findings"]
            if f.rule == "areas_crs_assumed"] == [("polygons.csv", 3)]  # fmt: skip
