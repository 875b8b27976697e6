"""``wbe convert`` to and from ODM-shaped tables: whole or not at all, and nothing lost unsaid."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import wbe
from wbe.cli import cli
from wbe.io.convert.compare import differences

LAB = Path("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
SOIL = Path("data/samples/example-county/lab/2018Q1_streams_soil_synthetic.tsv")


def convert(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["convert", *map(str, arguments)])


@pytest.mark.parametrize("source", [LAB, SOIL], ids=lambda p: p.name)
@pytest.mark.parametrize("target", ["odm", "odm.xlsx"])
def test_there_and_back(source: Path, target: str, tmp_path: Path) -> None:
    done = convert(source, tmp_path / target, "--to", "phes-odm")
    assert done.exit_code == 0, done.output
    assert "NOT validated" in done.stdout and "not carried" in done.stdout
    back = convert(tmp_path / target, tmp_path / "back.csv", "--from", "phes-odm")
    assert back.exit_code == 0, back.output
    assert "rows of the table sites" in back.stdout
    assert differences(wbe.read(source), wbe.read(tmp_path / "back.csv"), ()) == []


def test_a_folder_is_known_without_being_named(tmp_path: Path) -> None:
    convert(LAB, tmp_path / "odm", "--to", "phes-odm")
    assert convert(tmp_path / "odm", tmp_path / "again", "--to", "phes-odm").exit_code == 0
    first, again = (wbe.io.read_odm(tmp_path / name).samples for name in ("odm", "again"))
    assert differences(first, again, ()) == []
    refused = convert(LAB.parent, tmp_path / "out.csv")
    assert refused.exit_code == 2 and "is a folder" in refused.output


@pytest.mark.parametrize("lang, word", [("en", "read them with"), ("zh", "读取")])
def test_tables_of_odm_that_are_not_named_so_are_told_how(
    tmp_path: Path, lang: str, word: str
) -> None:
    convert(LAB, tmp_path / "odm.xlsx", "--to", "phes-odm")
    convert(LAB, tmp_path / "odm", "--to", "phes-odm")
    for source, named in (("odm.xlsx", "odm.xlsx"), ("odm/measures.csv", "odm")):
        done = convert(tmp_path / source, tmp_path / "x.csv", "--lang", lang)
        told = done.output.splitlines()[-1]
        assert done.exit_code == 4 and word in told, done.output
        assert f"wbe convert {tmp_path / named} OUT --from phes-odm" in told
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert "phes-odm" not in convert(tmp_path / "other.csv", tmp_path / "x.csv").output


def test_a_table_with_errors_is_written_only_when_asked(tmp_path: Path) -> None:
    source = tmp_path / "lab.csv"
    source.write_text(
        "sample_id,site,date,analyte,concentration,unit,matrix,mode\n"
        "S1,A,2024-03-04,cocaine,12,ng/L,influent,grab\n"
        "S2,A,2024-03-05,cocaine,twelve,ng/L,influent,grab\n",
        encoding="utf-8",
    )
    assert convert(source, tmp_path / "odm", "--to", "phes-odm").exit_code == 3
    assert not (tmp_path / "odm").exists()
    done = convert(source, tmp_path / "odm", "--to", "phes-odm", "--allow-rejected")
    assert done.exit_code == 3 and "results that were refused (1 cell)" in done.stdout
    again = wbe.io.read_odm(tmp_path / "odm").samples
    assert again["status"].values.tolist() == [["quantified"], ["not_measured"]]
    told = convert(source, tmp_path / "zh", "--to", "phes-odm", "--allow-rejected", "--lang", "zh")
    assert "被拒绝的结果" in told.stdout and "refused" not in told.stdout


def test_what_would_read_differently_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wbe.io.odm import samples_out as odm_samples_out

    monkeypatch.setitem(odm_samples_out.UNITS, "concentration", "wbe:ug/L")
    done = convert(LAB, tmp_path / "odm", "--to", "phes-odm")
    assert done.exit_code == 2 and "concentration" in done.output
    assert list(tmp_path.iterdir()) == []


def test_the_same_is_said_in_chinese(tmp_path: Path) -> None:
    done = convert(LAB, tmp_path / "odm", "--to", "phes-odm", "--lang", "zh")
    assert "未经验证" in done.stdout and "不针对单个样品的检查结果" in done.stdout


def test_a_folder_with_other_files_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "odm").mkdir()
    (tmp_path / "odm" / "notes.md").write_text("mine", encoding="utf-8")
    done = convert(LAB, tmp_path / "odm", "--to", "phes-odm")
    assert done.exit_code == 2 and "notes.md" in done.output


COUNTY = LAB.parents[1]
BESIDE = ("--sites", COUNTY / "sites.csv", "--areas", COUNTY / "areas.geojson")


def assert_places(folder: Path) -> None:
    """The county's sites and areas are in a set of tables, unchanged."""
    found = wbe.io.read_odm(folder)
    sites, areas = wbe.read_sites(COUNTY / "sites.csv"), wbe.read_areas(COUNTY / "areas.geojson")
    assert found.sites is not None and found.areas is not None
    pd.testing.assert_frame_equal(found.sites, sites)
    pd.testing.assert_frame_equal(found.areas, areas)


@pytest.mark.parametrize("target", ["odm", "odm.xlsx"])
def test_sites_and_areas_are_written_along(target: str, tmp_path: Path) -> None:
    done = convert(LAB, tmp_path / target, "--to", "phes-odm", *BESIDE)
    assert done.exit_code == 0, done.output
    assert_places(tmp_path / target)
    assert "columns of areas.geojson that these tables do not hold: name_en" in done.stdout
    without = convert(LAB, tmp_path / f"two-{target}", "--to", "phes-odm")
    assert without.exit_code == 0
    assert wbe.io.read_odm(tmp_path / f"two-{target}").areas is None


def test_sites_and_polygons_of_odm_tables_are_carried_on(tmp_path: Path) -> None:
    convert(LAB, tmp_path / "odm", "--to", "phes-odm", *BESIDE)
    path = tmp_path / "odm" / "polygons.csv"
    rows = path.read_text(encoding="utf-8-sig").splitlines()
    lines = [f"{rows[0]},link", *(f"{row},x" for row in rows[1:])]
    path.write_text("\n".join(lines), encoding="utf-8")
    done = convert(tmp_path / "odm", tmp_path / "again", "--to", "phes-odm")
    assert done.exit_code == 0, done.output
    assert_places(tmp_path / "again")
    assert "columns of polygons that these tables do not hold: link" in done.stdout
    chosen = tmp_path / "areas.geojson"
    areas = wbe.read_areas(COUNTY / "areas.geojson")
    wbe.io.write_places(areas.head(1), chosen)
    other = convert(tmp_path / "odm", tmp_path / "one", "--to", "phes-odm", "--areas", chosen)
    assert other.exit_code == 0, other.output
    found = wbe.io.read_odm(tmp_path / "one").areas
    assert found is not None and found["area"].tolist() == areas["area"].tolist()[:1]


@pytest.mark.parametrize(
    ("target", "named"),
    [("tidy.csv", ("--to", "tidy")), ("euda.csv", ("--to", "euda", "--country", "CN"))],
)
def test_what_other_layouts_lack_of_odm_tables_is_said(
    target: str, named: tuple[str, ...], tmp_path: Path
) -> None:
    convert(LAB, tmp_path / "odm", "--to", "phes-odm", *BESIDE)
    done = convert(tmp_path / "odm", tmp_path / target, *named)
    assert done.exit_code == 0, done.output
    assert "13 rows of the table polygons" in done.stdout


def test_sites_with_errors_are_written_only_when_asked(tmp_path: Path) -> None:
    sites = tmp_path / "sites.csv"
    sites.write_text("site,lon,lat,crs,paint\nA,110,20,wgs84,x\nB,500,20,wgs84,y\n",
                     encoding="utf-8")  # fmt: skip
    named = ("--to", "phes-odm", "--sites", sites)
    refused = convert(LAB, tmp_path / "odm", *named)
    assert refused.exit_code == 3 and "coordinate_out_of_range" in refused.output
    assert not (tmp_path / "odm").exists()
    done = convert(LAB, tmp_path / "odm", *named, "--allow-rejected")
    assert done.exit_code == 3 and "1 refused feature not carried" in done.stdout
    assert "columns of sites.csv that these tables do not hold: paint" in done.stdout
    found = wbe.io.read_odm(tmp_path / "odm").sites
    assert found is not None and "A" in set(found["site"]) and "B" not in set(found["site"])


def test_sites_of_which_nothing_can_be_used_stop_the_writing(tmp_path: Path) -> None:
    sites = tmp_path / "sites.csv"
    sites.write_text("site,lon,lat,crs\nB,500,20,wgs84\n", encoding="utf-8")
    done = convert(LAB, tmp_path / "odm", "--to", "phes-odm", "--sites", sites, "--allow-rejected")
    assert done.exit_code == 3 and "was not written" in done.output
    assert not (tmp_path / "odm").exists()


@pytest.mark.parametrize(("lang", "words"), [("en", "only"), ("zh", "只有")])
def test_places_are_given_for_odm_only_and_must_be_there(
    lang: str, words: str, tmp_path: Path
) -> None:
    done = convert(LAB, tmp_path / "tidy.csv", *BESIDE, "--lang", lang)
    assert done.exit_code == 2 and words in done.output
    absent = convert(LAB, tmp_path / "odm", "--to", "phes-odm", "--areas", "no.gpkg")
    assert absent.exit_code == 2 and "no.gpkg" in absent.output
    book = tmp_path / "sites.xlsx"
    book.write_bytes(b"mine")
    same = convert(LAB, book, "--to", "phes-odm", "--sites", book, "--lang", lang)
    assert same.exit_code == 2 and book.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [book]


def test_places_that_would_read_differently_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wbe.io.odm import places_out

    monkeypatch.setattr(places_out, "exact", lambda value: "" if value != value else f"{value:.1f}")
    done = convert(LAB, tmp_path / "odm", "--to", "phes-odm", *BESIDE, "--lang", "zh")
    assert done.exit_code == 2 and "site.lon、site.lat" in done.output
    assert list(tmp_path.iterdir()) == []


def test_check_reads_a_folder_as_one_set_of_tables(tmp_path: Path) -> None:
    convert(LAB, tmp_path / "odm", "--to", "phes-odm")
    done = CliRunner().invoke(cli, ["check", str(tmp_path / "odm")])
    assert done.exit_code == 0 and "measures.csv" in done.output
    assert "not_a_lab_table" not in done.output
