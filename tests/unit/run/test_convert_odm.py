"""``wbe convert`` to and from ODM-shaped tables: whole or not at all, and nothing lost unsaid."""

from __future__ import annotations

from pathlib import Path

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
    assert "未经验证" in done.stdout


def test_a_folder_with_other_files_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "odm").mkdir()
    (tmp_path / "odm" / "notes.md").write_text("mine", encoding="utf-8")
    done = convert(LAB, tmp_path / "odm", "--to", "phes-odm")
    assert done.exit_code == 2 and "notes.md" in done.output


def test_check_reads_a_folder_as_one_set_of_tables(tmp_path: Path) -> None:
    convert(LAB, tmp_path / "odm", "--to", "phes-odm")
    done = CliRunner().invoke(cli, ["check", str(tmp_path / "odm")])
    assert done.exit_code == 0 and "measures.csv" in done.output
    assert "not_a_lab_table" not in done.output
