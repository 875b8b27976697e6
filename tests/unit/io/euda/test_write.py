"""EUDA's shape written: seven days, their means, and a list of what has no place in it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from builders import reference_file
from click.testing import CliRunner

import wbe
from wbe.cli import cli
from wbe.errors import UsageError, in_language
from wbe.io import write_euda
from wbe.io.euda.write import euda_table, header
from wbe.run.converting import convert

EXCERPT = (
    Path(__file__).resolve().parents[4]
    / "data/samples/published/euda2024/excerpt/ww2025-all-data-excerpt.csv"
)
LAB = "sample_id,site,date,analyte,concentration,unit,loq,flow,flow_unit,population,matrix,mode\n"


def lab(path: Path, *lines: str) -> Path:
    path.write_text(LAB + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def line(sample: str, date: str, value: str = "500", analyte: str = "BE", **other: str) -> str:
    said = {
        "site": "XX|Town", "flow": "50000", "population": "200000", "matrix": "wwtp_influent",
        "mode": "composite_24h",
    } | other  # fmt: skip
    return (
        f"{sample},{said['site']},{date},{analyte},{value},ng/L,10,{said['flow']},m3/d,"
        f"{said['population']},{said['matrix']},{said['mode']}"
    )


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def week(first: int, month: str = "2024-03") -> list[str]:
    return [line(f"S{d}", f"{month}-{d:02d}", str(100 * d)) for d in range(first, first + 7)]


def test_concentration_flow_and_population_become_a_load_per_inhabitant(tmp_path: Path) -> None:
    source = lab(tmp_path / "lab.csv", *week(11))  # Monday 11 to Sunday 17 March 2024
    written = write_euda(wbe.read(source), tmp_path / "out.csv")
    (row,) = rows(tmp_path / "out.csv")
    assert (row["Year"], row["Metabolite"], row["Country"], row["City"]) == (
        "2024", "cocaine", "XX", "Town",
    )  # fmt: skip
    # ng/L x m3/d / 1000 = mg/d; per 1000 of 200,000 inhabitants: 0.25 mg for each 1 ng/L
    assert (row["Monday"], row["Wednesday"], row["Sunday"]) == ("275", "325", "425")
    assert (row["Weekday mean"], row["Weekend mean"], row["Daily mean"]) == ("325", "368.75", "350")
    assert written.computed == 7
    assert written.lost["concentration"] == written.lost["flow"] == written.lost["time"] == 7


def test_the_means_of_2021_count_friday_among_the_weekdays(tmp_path: Path) -> None:
    days = [line(f"S{d}", f"2021-03-{d:02d}", str(100 * d)) for d in range(15, 22)]
    write_euda(wbe.read(lab(tmp_path / "lab.csv", *days)), tmp_path / "out.csv")
    (row,) = rows(tmp_path / "out.csv")  # Monday 375 ... Sunday 525
    assert (row["Weekday mean"], row["Weekend mean"]) == ("437.5", "466.67")


def test_a_year_has_one_week_and_other_days_are_counted(tmp_path: Path) -> None:
    before = [line("B1", "2024-03-01"), line("B2", "2024-03-02")]
    source = lab(tmp_path / "lab.csv", *before, *week(11), line("L", "2024-03-18"))
    written = write_euda(wbe.read(source), tmp_path / "out.csv")
    assert written.lost["other_days"] == 3
    (row,) = rows(tmp_path / "out.csv")
    assert row["Monday"] == "275"  # of the 11th, not of the 18th


def test_what_is_no_daily_load_of_influent_is_left_out_and_counted(tmp_path: Path) -> None:
    source = lab(
        tmp_path / "lab.csv", line("S1", "2024-03-12"), line("S2", "2024-03-13", "<10"),
        line("S3", "2024-03-14", mode="grab"), line("S4", "2024-03-15", matrix="wwtp_effluent"),
        line("S5", "2024-03-16", flow=""), line("S6", "2024-03-17", analyte="codeine"),
    )  # fmt: skip
    written = write_euda(wbe.read(source), tmp_path / "out.csv")
    (row,) = rows(tmp_path / "out.csv")
    assert {d: row[d] for d in header()[5:12] if row[d]} == {"Tuesday": "125", "Wednesday": "0"}
    reasons = ("not_24h", "other_matrix", "no_load_per_inhabitant", "residue:codeine")
    assert [written.lost[reason] for reason in reasons] == [1, 1, 1, 1]
    assert written.lost["non_detect_as_zero"] == 1 and written.lost["loq"] == 6


@pytest.mark.parametrize(("hours", "kept"), [("12", 0), ("72", 0), ("23.5", 1), ("", 1)])
def test_a_composite_of_other_than_a_day_is_no_daily_load(
    tmp_path: Path, hours: str, kept: int
) -> None:
    source = tmp_path / "lab.csv"
    lines = [line("S1", "2024-03-12") + ",24", line("S2", "2024-03-13") + f",{hours}"]
    head = LAB.strip() + ",duration_h"
    source.write_text("\n".join([head, *lines]).replace("composite_24h", "composite"), "utf-8")
    table = euda_table(wbe.read(source))
    assert table.lost["not_24h"] == 1 - kept
    assert table.rows[0][header().index("Wednesday")] == ("125" if kept else "")


def test_site_ids_come_back_through_a_tidy_table(tmp_path: Path) -> None:
    samples = wbe.read(EXCERPT)
    convert(EXCERPT, tmp_path / "tidy.csv")
    through = euda_table(wbe.read(tmp_path / "tidy.csv"))
    assert through.rows == euda_table(samples).rows and not through.lost
    assert {row[2] for row in through.rows if row[4] == "Wien"} == {"AT018"}


@pytest.mark.parametrize(
    ("lines", "said", "chinese"),
    [
        ([line("S1", "2024-03-12", site="Town")], "country", "未注明国家"),
        ([line("S1", "2024-03-12", flow="")], "no result", "没有可写入"),
        ([line("S1", "2024-03-12"), line("S2", "2024-03-12")], "two results", "每天只容一个"),
    ],
)
def test_what_cannot_be_written_is_not_written_at_all(
    tmp_path: Path, lines: list[str], said: str, chinese: str
) -> None:
    samples = wbe.read(lab(tmp_path / "lab.csv", *lines))
    target = tmp_path / "out.csv"
    target.write_text("before", encoding="utf-8")
    with pytest.raises(UsageError, match=said) as caught:
        write_euda(samples, target)
    assert chinese in in_language(caught.value.args[0], "zh")
    assert target.read_text(encoding="utf-8") == "before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lab.csv", "out.csv"]


def test_a_country_may_be_given_for_all_sites(tmp_path: Path) -> None:
    samples = wbe.read(lab(tmp_path / "lab.csv", line("S1", "2024-03-12", site="Budweis")))
    write_euda(samples, tmp_path / "out.csv", country="CZ")
    (row,) = rows(tmp_path / "out.csv")
    assert (row["Country"], row["City"]) == ("CZ", "České Budějovice")  # the name of 2025


def test_a_country_is_a_code_and_is_asked_for_this_shape_only(tmp_path: Path) -> None:
    source = lab(tmp_path / "lab.csv", line("S1", "2024-03-12", site="Huilai"))
    for country in ("China", "cn", "C|N"):
        with pytest.raises(UsageError, match="code"):
            write_euda(wbe.read(source), tmp_path / "out.csv", country=country)
    with pytest.raises(UsageError, match="euda only"):
        convert(source, tmp_path / "out.csv", country="CN")
    assert not (tmp_path / "out.csv").exists()


def test_a_text_that_a_spreadsheet_would_calculate_reads_back_as_it_was(tmp_path: Path) -> None:
    samples = wbe.read(lab(tmp_path / "lab.csv", line("S1", "2024-03-12", site="=1+1")))
    write_euda(samples, tmp_path / "out.csv", country="XX")
    assert rows(tmp_path / "out.csv")[0]["City"] == "'=1+1"
    assert set(wbe.read(tmp_path / "out.csv")["site"].values) == {"XX|=1+1"}


def test_the_command_lists_what_is_not_carried(tmp_path: Path) -> None:
    source = lab(tmp_path / "lab.csv", *week(11), line("G", "2024-03-18", mode="grab"))
    done = CliRunner().invoke(
        cli, ["convert", str(source), str(tmp_path / "out.csv"), "--to", "euda"]
    )
    assert done.exit_code == 0 and "1 result of grab or passive samples" in done.output
    assert "7 loads per inhabitant computed" in done.output and "1 row, layout euda" in done.output
    chinese = convert(source, tmp_path / "zh.csv", wanted="euda", lang="zh")
    assert chinese.written and not any("not carried" in text for text in chinese.lines)
    assert (tmp_path / "zh.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()
    with pytest.raises(UsageError, match=r"written as \.csv"):
        convert(source, tmp_path / "out.xlsx", wanted="euda")


def test_a_tidy_table_between_two_of_its_shape_loses_no_load(tmp_path: Path, root: Path) -> None:
    excerpt = root / "data/samples/published/euda2024/excerpt/ww2025-all-data-excerpt.csv"
    direct, tidy, again = (tmp_path / name for name in ("direct.csv", "tidy.csv", "again.csv"))
    to_tidy = convert(excerpt, tidy)
    assert to_tidy.written and "skips: Weekday mean, Weekend mean, Daily mean" in to_tidy.lines[0]
    assert convert(tidy, again, wanted="euda").written
    assert convert(excerpt, direct, wanted="euda").written
    days = header()[:2] + header()[3:]
    assert [[r[d] for d in days] for r in rows(again)] == [
        [r[d] for d in days] for r in rows(direct)
    ]
    first = wbe.read(tidy).sel(sample="2024|AT|Wien|Wednesday", analyte="benzoylecgonine")
    assert first["pn_load"].item() == 547.23


def test_a_zero_stays_below_an_unknown_limit_in_a_tidy_table(tmp_path: Path) -> None:
    source = tmp_path / "loads.csv"
    cells = ["2024", "MDMA", "A", "XX", "Town", "0", "1", "x", "", "0.0", "2", "3", "", "", ""]
    source.write_text(",".join(header()) + "\n" + ",".join(cells) + "\n", encoding="utf-8")
    done = convert(source, tmp_path / "tidy.csv", allow_rejected=True)
    assert done.written and done.code == 3
    week = wbe.read(tmp_path / "tidy.csv", errors="reject").set_index(sample="weekday")
    status = dict(zip(week["sample"].values, week["status"].values[:, 0], strict=True))
    assert status == {
        "Wednesday": "below_loq", "Thursday": "quantified", "Friday": "rejected",
        "Sunday": "below_loq", "Monday": "quantified", "Tuesday": "quantified",
    }  # fmt: skip


def test_a_table_with_errors_is_written_only_when_asked_for(tmp_path: Path) -> None:
    source = lab(tmp_path / "lab.csv", *week(11)[:6], line("S9", "2024-03-17", "x"))
    refused = convert(source, tmp_path / "out.csv", wanted="euda")
    assert (refused.written, refused.code) == (False, 3)
    written = convert(source, tmp_path / "out.csv", wanted="euda", allow_rejected=True)
    assert written.written and rows(tmp_path / "out.csv")[0]["Sunday"] == ""
    assert any("1 refused result" in text for text in written.lines)


@pytest.mark.slow
def test_every_day_of_the_real_table_comes_back_as_it_was(tmp_path: Path) -> None:
    path = reference_file("data", "euda", "ww2025-all-data.csv")
    samples = wbe.read(path)
    target = tmp_path / "again.csv"
    written = write_euda(samples, target)
    assert dict(written.lost) == {"non_detect_as_zero": 2393} and written.computed == 0
    days = ("Year", "Metabolite", "Site ID", "Country", "City", *header()[5:12])
    with path.open(encoding="utf-8", newline="") as file:
        before = sorted(tuple(row[d] for d in days) for row in csv.DictReader(file))
    after = sorted(tuple(row[d] for d in days) for row in rows(target))
    assert len(before) == 4376 and after == before
    again = wbe.read(target)
    np.testing.assert_array_equal(again["pn_load"], samples["pn_load"])
    np.testing.assert_array_equal(again["status"], samples["status"])
    assert euda_table(again).rows == written.rows
