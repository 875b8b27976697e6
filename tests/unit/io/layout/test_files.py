"""Layout files: what they may say, how they are found, and what they do to a table."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from lab_tables import as_text, row, write_csv, write_xlsx

import wbe
from wbe.errors import ConfigError, FindingsError, UsageError
from wbe.io.header import classify
from wbe.io.layout.apply import Carried, restate
from wbe.io.layout.check import FAULTS, KEYS, key_lines, read_layout
from wbe.io.layout.files import Layouts, built_in, examine, layouts_of, load
from wbe.io.layout.plan import plan_for
from wbe.io.notation import in_commas, in_order, in_points
from wbe.io.tables import Sheet

ROOT = Path(__file__).parents[4]
SAMPLES = ROOT / "data" / "samples" / "layouts"
DOCS = ROOT / "docs" / "layouts.md"
HEADER = "Probe;Anlage;Tag;Stoff;Gehalt\n"
COLUMNS = """
[columns]
"Probe" = "sample_id"
"Anlage" = "site"
"Tag" = "date"
"Stoff" = "analyte"
"Gehalt" = "concentration (ug/L)"
"""


def layout_file(folder: Path, head: str = "", columns: str = COLUMNS, name: str = "x") -> Path:
    path = folder / f"{name}.layout.toml"
    path.write_text(head + "\n" + columns, encoding="utf-8")
    return path


def table(folder: Path, rows: str, header: str = HEADER, name: str = "lab.csv") -> Path:
    path = folder / name
    path.write_text(header + rows, encoding="utf-8")
    return path


def rules(samples: object) -> list[str]:
    return [f.rule for f in samples.attrs["findings"]]  # type: ignore[attr-defined]


# the worked examples


def test_the_documented_layout_is_the_one_of_the_samples() -> None:
    text = DOCS.read_text(encoding="utf-8")
    shown = re.search(r"```toml[^\n]*\n(.*?)```", text, re.S)
    assert shown is not None
    assert shown[1] == (SAMPLES / "nord.layout.toml").read_text(encoding="utf-8")
    lines = re.search(r"```text[^\n]*\n(.*?)```", text, re.S)
    assert lines is not None
    assert (SAMPLES / "nord_synthetic.csv").read_text(encoding="utf-8").startswith(lines[1])


def test_every_key_is_documented_and_no_other() -> None:
    text = DOCS.read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", text[text.index("## Every key") :], re.M)
    assert sorted(listed) == sorted(KEYS)


def test_the_odd_table_reads_as_documented() -> None:
    samples = wbe.read(SAMPLES / "nord_synthetic.csv", layout=SAMPLES / "nord.layout.toml")
    meth = samples.sel(analyte="methamphetamine")
    np.testing.assert_allclose(meth["concentration"], [212, 240, 38.7])
    assert meth["time"].values.astype("datetime64[D]").astype(str).tolist() == [
        "2024-04-03", "2024-04-04", "2024-04-03",
    ]  # fmt: skip
    assert samples["site"].values.tolist() == ["Klärwerk Ost", "Klärwerk Ost", "Klärwerk West"]
    assert samples["status"].sel(sample="N-01", analyte="ketamine") == "below_lod"
    assert samples["status"].sel(sample="N-02", analyte="amphetamine") == "below_loq"
    np.testing.assert_allclose(samples["flow"], [54000, 56200, 19500])
    assert set(samples["lab"].values.tolist()) == {"Nord"}
    assert set(samples["matrix"].values.tolist()) == {"wwtp_influent"}
    assert samples.attrs["files"][0]["layout"] == "nord"
    assert not any(name.startswith("extra") for name in samples.variables)


def test_the_chinese_example_reads() -> None:
    samples = wbe.read(SAMPLES / "hekou_synthetic.csv", layout=SAMPLES / "hekou.layout.toml")
    assert samples["site"].values.tolist() == ["东湖污水处理厂", "东湖污水处理厂", "南岭断面"]
    assert samples["matrix"].values.tolist() == ["wwtp_influent"] * 2 + ["surface_water"]
    np.testing.assert_array_equal(
        samples["concentration"].sel(analyte="methamphetamine"), [212.4, 240, np.nan]
    )
    np.testing.assert_array_equal(samples["lod"].sel(analyte="ketamine"), [1, 1, 1])
    assert samples.attrs["files"][0]["encoding"] == "gb18030"


# the file


def test_all_faults_are_found_with_their_lines(tmp_path: Path) -> None:
    bad = layout_file(
        tmp_path, 'decimals = ","\nheader_rows = 3\nfill_down = ["Gehalt"]',
        COLUMNS.replace('"date"', '"dat"'),
    )  # fmt: skip
    layout, findings = examine(bad)
    assert layout is None
    assert [(f.rule, f.line, f.column) for f in findings.sorted()] == [
        ("layout_key_unknown", 1, "decimals"),
        ("layout_value_wrong", 2, "header_rows"),
        ("layout_fill_results", 3, "fill_down"),
        ("layout_meaning_unknown", 8, "columns.Tag"),
    ]
    with pytest.raises(ConfigError, match="4 problems") as caught:
        load(bad)
    assert "line 8" in str(caught.value) and "decimal" in str(caught.value)


def test_one_fault_names_file_line_and_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(layout_file(tmp_path, 'decimal = ";"'))
    error = caught.value
    assert (error.file, error.line, error.key) == ("x.layout.toml", 1, "decimal")


@pytest.mark.parametrize("value", ["true", "1.0", '"1"', "0"])
def test_a_number_of_rows_is_a_number(tmp_path: Path, value: str) -> None:
    _, findings = examine(layout_file(tmp_path, f"header_rows = {value}"))
    assert [f.rule for f in findings] == ["layout_value_wrong"]


def test_faults_are_rules_of_the_catalogue() -> None:
    from wbe.findings import RULES

    assert set(FAULTS) <= set(RULES)
    assert {RULES[rule].scope for rule in FAULTS} == {"file"}


def test_a_file_that_is_not_there_is_a_finding_and_a_usage_error(tmp_path: Path) -> None:
    missing = tmp_path / "none.layout.toml"
    assert [f.rule for f in examine(missing)[1]] == ["file_not_found"]
    with pytest.raises(UsageError):
        layouts_of(missing)


def test_lines_of_quoted_keys() -> None:
    found = key_lines('a = 1\n[columns]\n"Gehalt (ug/L)" = "x"\n\'A "b"\' = "y"\nplain="z"\n')
    assert found == {
        "a": 1, "columns": 2, "columns/Gehalt (ug/L)": 3, 'columns/A "b"': 4, "columns/plain": 5,
    }  # fmt: skip


def test_groups_of_a_two_level_header_may_hold_one_analyte_each() -> None:
    text = '[columns]\n"W > A" = "methamphetamine (ng/L)"\n"S > A" = "methamphetamine (ng/g)"\n'
    assert not read_layout(text, "x").findings
    same = '[columns]\n"A" = "methamphetamine (ng/L)"\n"B" = "methamphetamine (ng/g)"\n'
    assert [f.rule for f in read_layout(same, "x").findings] == ["layout_meaning_twice"]


@pytest.mark.parametrize("layout", built_in(), ids=lambda layout: layout.name)
def test_layouts_of_the_package_are_complete(layout: object) -> None:
    assert layout.title and layout.language in ("en", "zh")  # type: ignore[attr-defined]
    assert set(layout.match) <= set(layout.columns)  # type: ignore[attr-defined]


# numbers and dates


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "expected"),
    [
        ("12,5", ",", "", "12.5"),
        ("<0,003", ",", "", "<0.003"),
        ("1.234,5 ng/L", ",", ".", "1234.5 ng/L"),
        ("1.234.567", ",", ".", "1234567"),
        ("1,250", ".", ",", "1250"),
        ("1'250.5", ".", "'", "1250.5"),
        ("2 350,5", ",", " ", "2350.5"),
        ("2 350", ",", "", "2 350"),
        ("120", ",", ".", "120"),
        ("n.n.", ",", ".", "n.n."),
        ("1,5E3", ",", "", "1.5E3"),
    ],
)
def test_numbers_in_the_marks_of_a_layout(
    text: str, decimal: str, thousands: str, expected: str
) -> None:
    assert in_points(text, decimal, thousands) == (expected, "")


@pytest.mark.parametrize(
    ("text", "decimal", "thousands"),
    [
        ("12.5", ",", ""), ("1.250", ",", ""), ("1.25", ",", "."), ("12.34,5", ",", "."),
        ("1,2,3", ",", ""), ("1,25", ".", ","), ("1.234.56", ",", "."), ("12 50", ",", " "),
    ],
)  # fmt: skip
def test_numbers_against_the_marks_are_refused(text: str, decimal: str, thousands: str) -> None:
    assert in_points(text, decimal, thousands) == (text, "decimal_mark_unclear")


def test_typed_numbers_of_a_spreadsheet_have_points() -> None:
    assert in_points("12.5", ",", "", typed=True) == ("12.5", "")
    assert in_points("1.250", ",", "", typed=True)[1] == "decimal_mark_unclear"


def test_commas_and_points_lead_back() -> None:
    for text in ("12.5", "<0.003", "1e-3", "120", "ND"):
        assert in_points(in_commas(text), ",", "") == (text, "")


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("03/04/2024", "DMY", "2024-04-03"),
        ("03/04/2024", "MDY", "2024-03-04"),
        ("3.4.2024 9:00", "DMY", "2024-04-03 9:00"),
        ("2024-04-03", "DMY", "2024-04-03"),
        ("03/04/2024", "", "03/04/2024"),
        ("45363", "DMY", "45363"),
    ],
)
def test_days_and_months(text: str, order: str, expected: str) -> None:
    assert in_order(text, order) == expected


def test_a_month_that_is_none_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path, "P1;Nord;03/14/2024;METH;1\n")
    with pytest.raises(FindingsError) as caught:
        wbe.read(path, layout=layout_file(tmp_path, 'date_order = "DMY"'))
    assert [f.rule for f in caught.value.findings.errors] == ["date_unreadable"]


# rows


def test_an_outer_text_ends_what_is_carried_inside_it(tmp_path: Path) -> None:
    layout = load(layout_file(tmp_path, 'fill_down = ["Anlage", "Tag"]'))
    rows = [line.split(";") for line in (
        "P1;Nord;2024-03-12;METH;1", "P2;;;METH;1", "P3;Süd;;METH;1", "P4;;2024-03-14;METH;1",
    )]  # fmt: skip
    sheet = Sheet("x", rows=[HEADER.strip().split(";"), *rows], lines=[1, 2, 3, 4, 5])
    done = restate(plan_for(layout, sheet), rows, Carried())
    assert [cells[1:3] for cells in done.rows] == [
        ["Nord", "2024-03-12"], ["Nord", "2024-03-12"], ["Süd", ""], ["Süd", "2024-03-14"],
    ]  # fmt: skip


def test_blocks_of_rows_give_what_all_rows_at_once_give(tmp_path: Path) -> None:
    head = (
        'decimal = ","\nfill_down = ["Anlage"]\nskip_rows = ["Summe"]\n'
        'constants = { mode = "grab" }'
    )
    layout = load(layout_file(tmp_path, head))
    lines = ["P1;Nord;2024-03-12;METH;1,5", "P2;;2024-03-12;METH;2.5", "Summe;;;;4",
             "P3;;2024-03-12;METH;2"]  # fmt: skip
    rows = [line.split(";") for line in lines]
    sheet = Sheet("x", rows=[HEADER.strip().split(";"), *rows], lines=[1, 2, 3, 4, 5])
    plan = plan_for(layout, sheet)
    whole = restate(plan, rows, Carried())
    carried, parts = Carried(), []
    for start in range(len(rows)):
        parts += restate(plan, rows[start : start + 1], carried).rows
    assert parts == whole.rows
    assert whole.rows[0] == ["P1", "Nord", "2024-03-12", "METH", "1.5", "grab"]
    assert whole.rows[2] == [] and whole.left_out == [2]
    assert whole.refused == {(1, 4): ("decimal_mark_unclear", "2.5")}
    assert whole.written[0, 4] == "1,5" and carried.filled == {1: 2}


def test_a_total_is_not_filled_and_carries_nothing(tmp_path: Path) -> None:
    path = table(tmp_path, "P1;Nord;2024-03-12;METH;1\nx;小计;;;9\nP2;;2024-03-13;METH;2\n")
    samples = wbe.read(path, layout=layout_file(tmp_path, 'fill_down = ["Anlage"]'))
    assert samples["site"].values.tolist() == ["Nord", "Nord"]
    assert "subtotal_left_out" in rules(samples)


def test_lines_and_cells_are_those_of_the_file(tmp_path: Path) -> None:
    cells = [["Labor (synthetic)"], [], HEADER.strip().split(";"),
             ["P1", "Nord", "2024-03-12", "METH", "1~2"]]  # fmt: skip
    path = write_xlsx(tmp_path / "lab.xlsx", cells)
    samples = wbe.read(
        path, layout=layout_file(tmp_path, 'constants = { mode = "grab" }'), errors="reject"
    )
    (error,) = samples.attrs["findings"].errors
    assert (error.rule, error.line, error.column, error.cell) == (
        "value_range", 4, "Gehalt", "E4",
    )  # fmt: skip


def test_findings_show_a_cell_as_the_laboratory_wrote_it(tmp_path: Path) -> None:
    head = 'decimal = ","\nnondetect = { "n.n." = "lod" }\nwords = { "XY" = "xyzzy" }'
    path = table(tmp_path, "P1;Nord;2024-03-12;METH;n.n.\nP2;Nord;2024-03-13;METH;<0,5\n"
                 "P3;Nord;2024-03-14;XY;1,5\nP4;Nord;2024-03-14;ABC;1,5\n")  # fmt: skip
    samples = wbe.read(path, layout=layout_file(tmp_path, head), errors="reject")
    shown = {(f.rule, f.line): f.value for f in samples.attrs["findings"] if f.line}
    assert shown == {
        ("limit_missing", 2): "n.n.",
        ("read_as_nondetect", 3): "<0,5", ("analyte_unknown", 4): "XY",
        ("analyte_unknown", 5): "ABC",
    }  # fmt: skip


def test_a_conflict_shows_both_cells_as_written(tmp_path: Path) -> None:
    columns = COLUMNS + '"Zulauf m3/d" = "flow (m3/d)"\n'
    path = table(tmp_path, "P1;Nord;2024-03-12;METH;1,5;1,5\nP1;Nord;2024-03-12;BE;1,5;2,5\n",
                 HEADER.strip() + ";Zulauf m3/d\n")  # fmt: skip
    layout = layout_file(tmp_path, 'decimal = ","', columns)
    findings = wbe.read(path, layout=layout, errors="reject").attrs["findings"]
    (conflict,) = (f for f in findings if f.rule == "sample_conflict")
    assert conflict.value == "2,5"
    assert dict(conflict.details)["values"] == "1,5 (2); 2,5 (3)"


@pytest.mark.parametrize("constants", ["", 'constants = { mode = "grab", phase = "dissolved" }'])
def test_ragged_rows_are_counted_without_what_a_layout_adds(tmp_path: Path, constants: str) -> None:
    path = table(tmp_path, "P1;Nord;2024-03-12\nP2;Nord;2024-03-12;METH;1;soil\n"
                 "P3;Nord;2024-03-13;METH;1\n")  # fmt: skip
    samples = wbe.read(path, layout=layout_file(tmp_path, constants), errors="reject")
    told = [(f.rule, f.line, dict(f.details)["found"], dict(f.details)["expected"])
            for f in samples.attrs["findings"].errors]  # fmt: skip
    assert told == [("row_too_short", 2, "3", "5"), ("row_too_long", 3, "6", "5")]


def test_merged_cells_are_filled_through_a_layout(tmp_path: Path) -> None:
    cells = [HEADER.strip().split(";"), ["P1", "Nord", "2024-03-12", "METH", "1"],
             ["P2", "", "2024-03-13", "METH", "2"]]  # fmt: skip
    path = write_xlsx(tmp_path / "lab.xlsx", cells, merged=["B2:B3"])
    samples = wbe.read(path, layout=layout_file(tmp_path))
    assert samples["site"].values.tolist() == ["Nord", "Nord"]


def test_a_layout_names_the_sheet_it_is_about(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for name, value in (("Alt", "1"), ("Neu", "2")):
        sheet = book.create_sheet(name)
        sheet.append(HEADER.strip().split(";"))
        sheet.append(["P1", "Nord", "2024-03-12", "METH", value])
    book.remove(book.worksheets[0])
    book.save(tmp_path / "lab.xlsx")
    samples = wbe.read(
        tmp_path / "lab.xlsx", layout=layout_file(tmp_path, 'sheet = "Neu"'), errors="reject"
    )
    assert samples["concentration"].item() == 2000
    assert rules(samples).count("sheet_skipped") == 1


def test_two_header_rows(tmp_path: Path) -> None:
    columns = """
[columns]
"Ort" = "site"
"Tag" = "date"
"Wasser (ng/L) > M1" = "methamphetamine"
"Boden (ng/g) > M1" = "methamphetamine (ng/g)"
"""
    text = "Ort;Tag;Wasser (ng/L);;Boden (ng/g)\n;;M1;M2;M1\nNord;2024-03-12;12;3;4\n"
    head = (
        'header_rows = 2\nwords = { "Boden" = "soil" }\n'
        'constants = { mode = "grab", weight_basis = "dry" }'
    )
    layout = layout_file(tmp_path, head, columns)
    path = table(tmp_path, "", header=text)
    header = plan_for(load(layout), _sheet(path)).header
    assert [(c.kind, c.id, c.unit) for c in header.columns[2:5]] == [
        ("analyte", "methamphetamine", "ng/L"), ("unknown", "", ""),
        ("analyte", "methamphetamine", "ng/g"),
    ]  # fmt: skip
    samples = wbe.read(path, layout=layout)
    assert samples["content"].sel(sample="Nord|2024-03-12|soil").item() == 4
    assert np.nansum(samples["concentration"]) == 12


def _sheet(path: Path) -> Sheet:
    rows = [line.split(";") for line in path.read_text(encoding="utf-8").splitlines()]
    return Sheet(path.name, rows=rows, lines=list(range(1, len(rows) + 1)))


# finding one


def test_the_layout_that_knows_most_is_taken(tmp_path: Path) -> None:
    columns = '[columns]\n"Probe" = "sample_id"\n"Stoff" = "analyte"\n'
    some = load(layout_file(tmp_path, columns=columns, name="some"))
    more = load(layout_file(tmp_path, name="more"))
    path = table(tmp_path, "P1;Nord;2024-03-12;METH;1\n")
    samples = wbe.read(path, layout=Layouts(own=(some, more)))
    assert samples.attrs["files"][0]["layout"] == "more"


def test_two_that_know_as_much_are_an_error_naming_both(tmp_path: Path) -> None:
    twins = tuple(load(layout_file(tmp_path, name=name)) for name in ("a", "b"))
    path = table(tmp_path, "P1;Nord;2024-03-12;METH;1\n")
    samples = wbe.read(path, layout=Layouts(own=twins), errors="reject")
    (error,) = samples.attrs["findings"].errors
    assert error.rule == "layout_tie" and "a and b" in error.message


def test_a_layout_of_the_package_is_found_by_its_header(tmp_path: Path) -> None:
    header = ["Client Sample ID", "Sample Location", "Date Collected", "Matrix", "METH ng/L"]
    rows = [["S1", "North", "2024-03-12", "WW INF", "120"]]
    path = tmp_path / "lims.csv"
    path.write_text(as_text([header, *rows]), encoding="utf-8")
    samples = wbe.read(path)
    assert samples.attrs["files"][0]["layout"] == "en-lims-crosstab"
    assert samples["matrix"].item() == "wwtp_influent"
    assert samples["concentration"].item() == 120


def test_general_words_stay_where_no_layout_knows_more(tmp_path: Path) -> None:
    samples = wbe.read(write_csv(tmp_path / "lab.csv", [row()]))
    assert samples.attrs["files"][0]["layout"] == "long"


def test_a_layout_that_does_not_fit_names_what_is_missing(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "lab.csv", [row()])
    with pytest.raises(FindingsError) as caught:
        wbe.read(path, layout=layout_file(tmp_path))
    (error,) = caught.value.findings.errors
    assert error.rule == "layout_not_fitting" and "Probe" in error.message


def test_sites_are_not_read_through_a_layout(tmp_path: Path) -> None:
    sites = tmp_path / "sites.csv"
    sites.write_text("site,name,lon,lat,crs\nNord,North,116.1,23.1,wgs84\n", encoding="utf-8")
    path = table(tmp_path, "P1;Nord;2024-03-12;METH;1\n")
    found = wbe.check([path, sites], layout=layout_file(tmp_path))
    assert not found.errors


def test_an_unknown_name_is_a_usage_error_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="en-lims-list"):
        wbe.read(write_csv(tmp_path / "lab.csv", [row()]), layout="sideways")


def test_the_unit_in_the_laboratorys_header_counts(tmp_path: Path) -> None:
    columns = COLUMNS.replace("concentration (ug/L)", "concentration")
    path = table(tmp_path, "P1;Nord;2024-03-12;METH;1\n", HEADER.replace("lt", "lt (mg/L)"))
    samples = wbe.read(path, layout=layout_file(tmp_path, columns=columns))
    assert samples["concentration"].item() == pytest.approx(1e6)


def test_every_analyte_can_stand_on_the_right() -> None:
    for analyte in wbe.names.ids("analyte"):
        column = classify(f"{analyte} (ng/L)")
        assert (column.kind, column.id, column.unit) == ("analyte", analyte, "ng/L")
        limit = classify(f"{analyte} loq (ng/L)")
        assert (limit.kind, limit.id, limit.limit) == ("limit", analyte, "loq")


# a campaign


def test_layouts_beside_a_campaign_are_used_and_recorded(tmp_path: Path) -> None:
    from wbe.run import config, record

    (tmp_path / "layouts").mkdir()
    layout_file(tmp_path / "layouts", name="nord")
    table(tmp_path, "P1;Nord;2024-03-12;METH;1\n")
    file = tmp_path / "campaign.toml"
    file.write_text('schema = 1\n[data]\nsamples = ["lab.csv"]\n', encoding="utf-8")
    given = config.load(file)
    assert [path.name for path in given.data.layouts] == ["nord.layout.toml"]
    kinds = {entry["name"]: entry["kind"] for entry in record.inputs(given)}
    assert kinds["layouts/nord.layout.toml"] == "layouts"


@pytest.mark.parametrize(
    ("value", "line"), [("sideways", 4), ("none.layout.toml", 4), ("../x.layout.toml", 4)]
)
def test_a_layout_that_a_campaign_cannot_use(tmp_path: Path, value: str, line: int) -> None:
    from wbe.run import config

    table(tmp_path, "P1;Nord;2024-03-12;METH;1\n")
    file = tmp_path / "campaign.toml"
    text = f'schema = 1\n[data]\nsamples = ["lab.csv"]\nlayout = "{value}"\n'
    file.write_text(text, encoding="utf-8")
    problems = config.examine(file)[1]
    assert [(p.key, p.line) for p in problems] == [("data.layout", line)]


def test_check_names_the_faults_of_a_layout_first(tmp_path: Path) -> None:
    from wbe.run import checking

    path = table(tmp_path, "P1;Nord;2024-03-12;METH;oops\n")
    bad = layout_file(tmp_path, 'decimals = ","')
    checked = checking.check([path], layout=str(bad))
    assert [f.rule for f in checked.findings] == ["layout_key_unknown"] and checked.code() == 2
    alone = checking.check([bad])
    assert [f.rule for f in alone.findings] == ["layout_key_unknown"] and alone.code() == 2
    assert checking.check([layout_file(tmp_path, name="good")]).code() == 0
