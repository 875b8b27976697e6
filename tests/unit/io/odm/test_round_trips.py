"""ODM-shaped tables out and in again: nothing changes, and what is lost is named."""

from __future__ import annotations

import csv
import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import wbe
from wbe.errors import FindingsError, UsageError, in_language
from wbe.io import read_odm, write_odm
from wbe.io.convert.compare import differences
from wbe.io.odm import files as odm_files
from wbe.io.odm.words import READ, columns, odm_word, our_word, words

COUNTY = "data/samples/example-county"
LAB = sorted(Path(COUNTY, "lab").glob("2018Q1*"))
HIRED = Path("data/samples/city-centre/lab/2023-2024_hired_lab_synthetic.csv")
CITY = sorted(Path("data/samples/city-centre/lab").glob("2023Q1*"))
LONG = """sample_id,site,date,analyte,concentration,unit,lod,loq,status,rsd,mode,matrix,load,note
S1,Plant A,2024-03-04,cocaine,0.07,ug/L,,0.005,,12%,composite_24h,influent,3.5,
S1,Plant A,2024-03-04,benzoylecgonine,<LOD,ug/L,0.002,,,,composite_24h,influent,,
S2,Plant B,2024-03-05 07:30,cocaine,1.005,ug/L,,,,,grab,influent,,=1+1
S2,Plant B,2024-03-05 07:30,ketamine,,ug/L,,,above_range,,grab,influent,,=1+1
S3,Field,2024-03-06,cocaine,12.5,ng/g,,2,,,grab,soil,,
"""


def read_text(folder: Path, text: str, name: str = "lab_synthetic.csv", **options: Any) -> Any:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return wbe.read(path, **options)


def table(folder: Path, name: str) -> pd.DataFrame:
    """A table by another reader than ours."""
    return pd.read_csv(
        folder / f"{name}.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig"
    )


def test_every_column_and_word_is_listed_once() -> None:
    for name in READ:
        listed = [column.name for column in columns(name)]
        assert listed and len(listed) == len(set(listed))
    for kind in ("matrix", "mode", "site_type", "shed"):
        for ours in set(words(kind).values()):
            assert our_word(kind, odm_word(kind, ours)) == ours
    assert set(words("shed").values()) <= set(wbe.names.ids("site_type"))


@pytest.mark.parametrize("path", [*LAB, *CITY], ids=lambda p: p.name)
@pytest.mark.parametrize("target", ["odm", "odm.xlsx"])
def test_laboratory_files_come_back_unchanged(path: Path, target: str, tmp_path: Path) -> None:
    samples = wbe.read(path)
    write_odm(samples, tmp_path / target)
    assert differences(samples, read_odm(tmp_path / target).samples, ()) == []


def test_sites_and_areas_come_back_unchanged(tmp_path: Path) -> None:
    samples, sites = wbe.read(LAB), wbe.read_sites(f"{COUNTY}/sites.csv")
    areas = wbe.read_areas(f"{COUNTY}/areas.geojson")
    write_odm(samples, tmp_path / "odm", sites=sites, areas=areas)
    found = read_odm(tmp_path / "odm")
    pd.testing.assert_frame_equal(found.sites, sites)
    pd.testing.assert_frame_equal(found.areas, areas)
    located = wbe.locate(found.samples, found.sites, found.areas)
    assert located["area"].values.tolist() == wbe.locate(samples, sites, areas)[
        "area"].values.tolist()  # fmt: skip


def test_another_reader_finds_the_numbers_of_the_laboratory(tmp_path: Path) -> None:
    read_text(tmp_path, LONG)
    write_odm(wbe.read(tmp_path / "lab_synthetic.csv"), tmp_path / "odm")
    measures = table(tmp_path / "odm", "measures").set_index(["sampleID", "measure", "unit"])
    value = measures["value"]
    assert value["S1", "wbe:cocaine", "mgL"] == "0.00007"  # 0.07 ug/L, digit by digit
    assert value["S2", "wbe:cocaine", "mgL"] == "0.001005"
    assert value["S1", "wbe:cocaine", "wbe:mg/day"] == "3.5"
    assert value["S3", "wbe:cocaine", "wbe:ng/g"] == "12.5"
    assert measures.loc[("S1", "wbe:cocaine", "mgL"), "wbe:loq"] == "0.000005"
    assert measures.loc[("S1", "wbe:cocaine", "mgL"), "wbe:rsd_percent"] == "12"
    nothing = measures.loc[("S1", "wbe:benzoylecgonine", "mgL")]
    assert (nothing["value"], nothing["wbe:lod"]) == ("nr", "0.000002")


def test_every_source_number_is_found_again_by_another_reader(tmp_path: Path) -> None:
    source = pd.read_csv(HIRED, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    factors = {"ng/L": Decimal("1e-6"), "mg/L": Decimal(1), "μg/L": Decimal("1e-3"),
               "ug/L": Decimal("1e-3"), "µg/L": Decimal("1e-3")}  # fmt: skip
    stated = {}
    for row in source.to_dict("records"):
        if row["检测结果"].replace(".", "", 1).isdigit() and row["单位"] in factors:
            analyte = wbe.names.resolve("analyte", row["检测项目"])
            number = Decimal(row["检测结果"]) * factors[row["单位"]]
            stated[row["样品编号"], f"wbe:{analyte}"] = number
    write_odm(wbe.read(HIRED), tmp_path / "odm")
    measures = table(tmp_path / "odm", "measures")
    measures = measures[(measures["wbe:status"] == "quantified") & (measures["unit"] == "mgL")]
    written = {(r.sampleID, r.measure): Decimal(r.value) for r in measures.itertuples()}
    assert len(written) > 2000
    assert {key: written[key] for key in stated if key in written} == {
        key: number for key, number in stated.items() if key in written
    }
    assert len(stated.keys() & written.keys()) > 0.99 * len(written)


def test_quality_reports_name_non_detects_and_findings(tmp_path: Path) -> None:
    samples = read_text(tmp_path, LONG)
    write_odm(samples, tmp_path / "odm")
    reports = table(tmp_path / "odm", "qualityReports")
    measures = table(tmp_path / "odm", "measures").set_index("measureRepID")
    of = reports.set_index("qualityFlag")["measureRepID"]
    assert measures.loc[of["beLOD"], "measure"] == "wbe:benzoylecgonine"
    assert measures.loc[of["oor"], "measure"] == "wbe:ketamine"
    found = reports[reports["wbe:rule"] == "read_as_nondetect"]
    assert found["sampleID"].tolist() == ["S1"] and found["severity"].tolist() == ["low"]


def test_the_tables_say_that_they_are_not_validated(tmp_path: Path) -> None:
    write_odm(read_text(tmp_path, LONG), tmp_path / "odm")
    readme = (tmp_path / "odm" / "README.md").read_text(encoding="utf-8")
    assert "NOT been validated" in readme and "lab_synthetic.csv" in readme
    assert "NOT been validated" in table(tmp_path / "odm", "datasets")["descr"][0]
    parts = table(tmp_path / "odm", "parts").set_index("partID")
    assert parts.loc["wbe:benzoylecgonine", "partLabel"] == "Benzoylecgonine"
    assert parts.loc["wbe:ng/g", "partType"] == "units"
    assert parts.loc["wbe:soil", "partType"] == "categories"


def test_no_column_leads_to_a_person(tmp_path: Path) -> None:
    write_odm(read_text(tmp_path, LONG), tmp_path / "odm")
    assert set(table(tmp_path / "odm", "sites")["contactID"]) == {"nr"}
    names = {file.stem for file in (tmp_path / "odm").iterdir()}
    assert not names & {"contacts", "organizations", "addresses"}
    for name in names - {"README"}:
        heads = set(table(tmp_path / "odm", name).columns)
        assert not heads & {"firstName", "lastName", "email", "coPhone", "reporterID"}


def test_text_that_a_spreadsheet_would_run_is_marked_and_comes_back(tmp_path: Path) -> None:
    samples = read_text(tmp_path, LONG)
    write_odm(samples, tmp_path / "odm")
    assert "'=1+1" in set(table(tmp_path / "odm", "samples")["notes"])
    again = read_odm(tmp_path / "odm").samples
    assert again["note"].sel(sample="S2").item() == "=1+1"


def test_refused_results_are_not_written_and_are_counted(tmp_path: Path) -> None:
    samples = read_text(tmp_path, LONG.replace("1.005,ug/L", "twelve,ug/L"), errors="reject")
    written = write_odm(samples, tmp_path / "odm")
    assert written.lost["results that were refused"] == 1
    again = read_odm(tmp_path / "odm").samples
    assert again["status"].sel(sample="S2", analyte="cocaine").item() == "not_measured"
    assert np.isnan(again["concentration"].sel(sample="S2", analyte="cocaine").item())


def test_unknown_columns_are_kept_and_come_back(tmp_path: Path) -> None:
    lines = LONG.splitlines()
    heads = ["collNum", "contract", *(f"c{i}" for i in range(len(lines) - 2))]
    rows = [f"{line},{extra}" for line, extra in zip(lines, heads, strict=True)]
    rows[0] = f"{lines[0]},contract,collNum"
    rows[1:] = [f"{line},{i},24" for i, line in enumerate(lines[1:])]
    samples = read_text(tmp_path, "\n".join(rows) + "\n")
    write_odm(samples, tmp_path / "odm")
    assert set(table(tmp_path / "odm", "samples")["collNum"]) == {"24"}
    again = read_odm(tmp_path / "odm").samples
    assert _extras(again) == _extras(samples)


def _extras(samples: xr.Dataset) -> dict[str, list[str]]:
    names = [n for n in samples.data_vars if str(n).startswith("extra_")]
    return {samples[n].attrs["long_name"]: samples[n].values.ravel().tolist() for n in names}


def test_two_writings_give_the_same_bytes(tmp_path: Path) -> None:
    samples = wbe.read(LAB[0])
    sums = []
    for name in ("first", "second"):
        write_odm(samples, tmp_path / name)
        write_odm(samples, tmp_path / f"{name}.xlsx")
        files = [*sorted((tmp_path / name).iterdir()), tmp_path / f"{name}.xlsx"]
        sums.append([hashlib.sha256(file.read_bytes()).hexdigest() for file in files])
    assert sums[0] == sums[1]


def test_an_older_set_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    samples = wbe.read(LAB[0])
    target = tmp_path / "odm"
    write_odm(samples, target, areas=wbe.read_areas(f"{COUNTY}/areas.geojson"))
    write_odm(samples, target)
    assert not (target / "polygons.csv").exists()
    (target / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.txt"):
        write_odm(samples, target)
    assert (target / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_tables_of_somebody_else_are_not_replaced(tmp_path: Path) -> None:
    own = tmp_path / "samples.csv"
    samples = read_text(tmp_path, LONG, own.name)
    (tmp_path / "README.md").write_text("# My laboratory\n", encoding="utf-8")
    with pytest.raises(UsageError, match="not written here"):
        write_odm(samples, tmp_path)
    assert own.read_text(encoding="utf-8") == LONG
    write_odm(samples, tmp_path / "odm")
    (tmp_path / "odm" / "samples.xlsx").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"samples\.xlsx"):
        write_odm(samples, tmp_path / "odm")


def test_the_folder_that_one_is_in_and_a_link_are_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = wbe.read(LAB[0])
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for _ in range(2):
        write_odm(samples, tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "samples.csv").is_file()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write_odm(samples, ".")
    assert (tmp_path / "here" / "samples.csv").is_file()


def test_a_column_that_differs_from_a_known_one_in_case_comes_back(tmp_path: Path) -> None:
    lines = LONG.splitlines()
    added = ["Specimen,CollNum", *(f"x{i},{i}" for i in range(1, len(lines)))]
    text = "\n".join(f"{a},{b}" for a, b in zip(lines, added, strict=True))
    samples = read_text(tmp_path, text + "\n")
    write_odm(samples, tmp_path / "odm")
    assert _extras(read_odm(tmp_path / "odm").samples) == _extras(samples)
    assert {"Specimen", "CollNum"} <= _extras(samples).keys()


def test_a_failure_leaves_the_older_set_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, target = wbe.read(LAB[0]), tmp_path / "odm"
    write_odm(samples, target)
    before = {file.name: file.read_bytes() for file in target.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(odm_files, "delimited", full)
    with pytest.raises(OSError, match="No space"):
        write_odm(samples, target)
    assert {file.name: file.read_bytes() for file in target.iterdir()} == before
    assert [file.name for file in tmp_path.iterdir()] == ["odm"]


REFUSED = [
    ("odm.csv", "folder or to", "写入文件夹或"), ("taken", "is a file", "是文件；"),
    ("book.xlsx", "is a folder", "是文件夹；"), ("mine", r"holds notes\.md", "中有 notes.md"),
    ("theirs", "not written here", "并非此处所写"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "why", "chinese"), REFUSED)
def test_a_target_that_is_no_place_for_tables_is_refused_in_both_languages(
    name: str, why: str, chinese: str, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    for folder in ("book.xlsx", "mine", "theirs"):
        (tmp_path / folder).mkdir()
    (tmp_path / "mine" / "notes.md").write_text("x", encoding="utf-8")
    (tmp_path / "theirs" / "samples.csv").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match=why) as caught:
        write_odm(wbe.read(LAB[0]), tmp_path / name)
    assert chinese in in_language(caught.value.args[0], "zh")


def test_an_outline_too_long_for_a_cell_is_refused_by_name(tmp_path: Path) -> None:
    import geopandas as gpd
    from shapely.geometry import Point

    areas = gpd.GeoDataFrame({"area": ["A"], "name": ["A"], "population": [1.0]},
                             geometry=[Point(110, 30).buffer(1, quad_segs=400)],
                             crs="EPSG:4326")  # fmt: skip
    samples = wbe.read(LAB[0])
    with pytest.raises(UsageError, match="polygons") as caught:
        write_odm(samples, tmp_path / "odm.xlsx", areas=areas)
    assert "工作簿无法容纳" in in_language(caught.value.args[0], "zh")
    assert not (tmp_path / "odm.xlsx").exists()
    write_odm(samples, tmp_path / "odm", areas=areas)
    found = read_odm(tmp_path / "odm").areas
    assert found is not None and found.geometry.iloc[0].equals(areas.geometry.iloc[0])


def test_a_folder_is_read_and_checked_like_a_laboratory_file(tmp_path: Path) -> None:
    samples = wbe.read(LAB[0])
    write_odm(samples, tmp_path / "odm")
    assert differences(samples, wbe.read(tmp_path / "odm"), ()) == []
    found = wbe.check(tmp_path / "odm")
    assert not found.errors and {f.file for f in found} <= {"measures.csv", "samples.csv"}
    record = wbe.read(tmp_path / "odm").attrs["files"][0]
    assert record["layout"] == "phes-odm"
    assert {t["name"] for t in record["tables"]} == {
        "odm/samples.csv", "odm/sites.csv", "odm/qualityReports.csv"}  # fmt: skip


def test_errors_is_raise_or_reject(tmp_path: Path) -> None:
    write_odm(wbe.read(LAB[0]), tmp_path / "odm")
    with pytest.raises(UsageError, match="reject") as caught:
        read_odm(tmp_path / "odm", errors="ignore")
    assert "不能是 'ignore'" in in_language(caught.value.args[0], "zh")
    (tmp_path / "odm" / "measures.csv").unlink()
    with pytest.raises(FindingsError) as missing:
        read_odm(tmp_path / "odm")
    assert [f.rule for f in missing.value.findings.errors] == ["odm_table_missing"]


def rewrite(path: Path, encoding: str) -> None:
    """A table in another encoding, its cells as they are."""
    path.write_bytes(path.read_text(encoding="utf-8-sig").encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_other_encodings_read_the_same(encoding: str, tmp_path: Path) -> None:
    samples = wbe.read(LAB[0])
    write_odm(samples, tmp_path / "odm")
    for name in ("samples", "measures", "sites"):
        rewrite(tmp_path / "odm" / f"{name}.csv", encoding)
    assert differences(samples, read_odm(tmp_path / "odm").samples, ()) == []


def test_rows_are_as_many_as_the_files_hold(tmp_path: Path) -> None:
    written = write_odm(wbe.read(LAB[0]), tmp_path / "odm")
    for name, count in written.rows.items():
        if name != "README":
            with (written.path / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
                assert len(list(csv.reader(file))) == count + 1
