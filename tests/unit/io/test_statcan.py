"""Published monthly means of Statistics Canada: read as published, never as samples."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

import wbe
from wbe.cli import cli
from wbe.errors import FindingsError, UsageError
from wbe.io import read_statcan
from wbe.io.statcan import COLUMNS, WITHHELD

UNIT = "Milligrams per one thousand people per day (mg/1000 people/day)"
HEADER = "REF_DATE,GEO,DGUID,Measure,Characteristics,UOM,SCALAR_FACTOR,VALUE,STATUS\n"
LOAD = '"Load per capita (milligrams per one thousand people per day)"'


@pytest.fixture
def excerpt(root: Path) -> Path:
    return root / "data" / "samples" / "published" / "statcan" / "halifax-edmonton-excerpt.csv"


def write(path: Path, *lines: str) -> Path:
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_mean_has_its_interval_its_symbol_and_what_that_means(excerpt: Path) -> None:
    means = read_statcan(excerpt)
    assert tuple(means.columns) == COLUMNS and means.attrs["unit"] == "mg/day/1000 inhabitants"
    halifax = means[means["city"] == "Halifax"].set_index("analyte")
    assert halifax.loc["THC-COOH", ["load", "lower", "upper", "standard_error"]].tolist() == [
        785.90, 602.88, 968.94, 74.80,
    ]  # fmt: skip
    assert set(halifax["province"]) == {"Nova Scotia"}
    edmonton = means[means["city"] == "Edmonton"].set_index("analyte")
    assert edmonton.loc["morphine", ["symbol", "quality"]].tolist() == ["E", "caution"]
    assert edmonton.loc["methadone", "quality"] == "acceptable"
    assert set(edmonton["imputation_rate"]) == {28.58}  # two days of seven, in per cent
    average = means[means["average"]]
    assert average["city"].tolist() == [""] and average["load"].tolist() == [122.18]
    flags = {f.rule: f.message for f in means.attrs["findings"]}
    assert list(flags) == ["means_with_caution"] and flags["means_with_caution"].startswith("2 ")


def test_the_same_numbers_stand_in_the_catalogue_of_published_estimates(
    excerpt: Path, root: Path
) -> None:
    means = read_statcan(excerpt).set_index(["city", "analyte"])["load"]
    inputs = root / "src" / "wbe" / "reproduce" / "catalogue" / "statcan_2022" / "inputs.csv"
    with inputs.open(encoding="utf-8", newline="") as file:
        known = {(r["city"], r["analyte"]): float(r["load"]) for r in csv.DictReader(file)}
    common = [key for key in known if key in means.index]
    assert len(common) == 3 and all(means[key] == known[key] for key in common)


def test_grams_per_million_are_the_same_number_and_thousands_are_not(tmp_path: Path) -> None:
    grams = '"Load per capita (grams per one million people per day)"'
    path = write(
        tmp_path / "t.csv", f"2019-03,Town,,Methadone,{grams},Grams,units,12.34,",
        f"2019-04,Town,,Methadone,{LOAD},{UNIT},thousands,0.1,",
    )  # fmt: skip
    assert read_statcan(path)["load"].tolist() == [12.34, 100.0]


@pytest.mark.parametrize(
    ("symbol", "quality"),
    [("F", "unreliable"), ("x", "suppressed"), ("..", "not_available"), ("...", "not_applicable")],
)
def test_what_is_withheld_has_no_value_and_is_not_zero(
    tmp_path: Path, symbol: str, quality: str
) -> None:
    line = f"2022-01,Town,,Methadone,{LOAD},{UNIT},units,{{}},{symbol}"
    means = read_statcan(write(tmp_path / "t.csv", line.format("")))
    assert quality in WITHHELD and means["quality"].tolist() == [quality]
    assert means["load"].isna().all()
    assert f"{symbol}: 1" in next(iter(means.attrs["findings"])).message
    with pytest.raises(FindingsError):  # a number beside it is not used
        read_statcan(write(tmp_path / "t.csv", line.format("5")))


def test_zero_is_a_published_value(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f"2022-01,Town,,Methadone,{LOAD},{UNIT},units,0.00,")
    means = read_statcan(path)
    assert means["load"].tolist() == [0] and means["quality"].tolist() == ["acceptable"]


def test_rows_with_errors_are_left_out_only_when_asked_for(tmp_path: Path) -> None:
    path = write(
        tmp_path / "t.csv", f"2022-01,Town,,Methadone,{LOAD},{UNIT},units,5,",
        f"2022-02,Town,,Moonshine,{LOAD},{UNIT},units,5,",
    )  # fmt: skip
    with pytest.raises(FindingsError):
        read_statcan(path)
    means = read_statcan(path, errors="reject")
    assert means["month"].tolist() == ["2022-01"] and len(means.attrs["findings"].errors) == 1
    with pytest.raises(UsageError):
        read_statcan(path, errors="ignore")


def test_published_means_never_enter_a_run(excerpt: Path, tmp_path: Path) -> None:
    with pytest.raises(FindingsError, match="read_statcan"):
        wbe.read(excerpt)
    assert wbe.read(excerpt, errors="reject").sizes["sample"] == 0
    out = tmp_path / "results"
    done = CliRunner().invoke(cli, ["run", str(excerpt), "--out", str(out)])
    assert done.exit_code == 4 and not out.exists()
    checked = CliRunner().invoke(cli, ["check", str(excerpt)])
    assert checked.exit_code == 0 and "never enter a run" in checked.output
