"""Converting tables with errors: all of the text comes out, and nothing refused comes out right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from corpus import Case, load_cases, read_case
from lab_tables import row, write_csv

import wbe
from wbe.errors import UsageError
from wbe.findings import RULES
from wbe.run.converting import Converted, convert
from wbe.run.reading import USABLE

ROOT = Path(__file__).parents[4]
GOOD = ROOT / "tests" / "data" / "good"


def refuses_the_file(case: Case) -> bool:
    errors = (row[0] for row in case.expected if row[1] == "error")
    return any(RULES[rule].scope == "file" for rule in errors if rule in RULES)


CASES = [
    case for case in load_cases()
    if case.outcome == "error" and case.reads == "lab" and case.path.is_file()
]  # fmt: skip
ROWS_REFUSED = [case for case in CASES if not refuses_the_file(case)]
#: Converting insists on no form of table, so it cannot meet the wrong one.
FILE_REFUSED = [
    case for case in CASES if refuses_the_file(case) and "layout_mismatch" not in case.rules
]


def every(cases: list[Case], kept: int) -> list[Any]:
    """All cases; every `kept`-th of them is an everyday one, the others are slow in their sum."""
    return [
        pytest.param(case, id=case.id, marks=() if n % kept == 0 else pytest.mark.slow)
        for n, case in enumerate(cases)
    ]


def read(path: Path) -> xr.Dataset:
    return wbe.read(path, errors="reject")


def converted(case: Case, target: Path, wanted: str) -> Converted:
    given = str(case.reader_options.get("layout", "auto"))
    encoding = case.reader_options.get("encoding")
    return convert(
        case.path, target, given=given, wanted=wanted, encoding=encoding, allow_rejected=True
    )


def accepted(samples: xr.Dataset) -> dict[tuple[str, str], tuple[str, float]]:
    """Status and value of every result that can be computed with."""
    found = {}
    for i, j in np.argwhere(samples["status"].isin(USABLE).values).tolist():
        key = str(samples["sample"].values[i]), str(samples["analyte"].values[j])
        value = float(samples["concentration"].values[i, j]) if "concentration" in samples else 0.0
        found[key] = str(samples["status"].values[i, j]), value
    return found


@pytest.mark.parametrize("wanted", ["tidy", "wide"])
@pytest.mark.parametrize("case", every([c for c in ROWS_REFUSED if c.group != "programmes"], 8))
def test_rows_in_error_are_written_and_none_of_them_is_accepted(
    tmp_path: Path, case: Case, wanted: str
) -> None:
    target = tmp_path / "out.csv"
    assert converted(case, target, wanted).written
    before, after = accepted(read_case(case)[1]), accepted(read(target))
    assert {key: status for key, (status, _) in before.items()} == {
        key: status for key, (status, _) in after.items()
    }
    for key, (_, value) in before.items():
        np.testing.assert_allclose(after[key][1], value, rtol=1e-12, err_msg=str(key))


@pytest.mark.parametrize(
    "case", [c for c in ROWS_REFUSED if c.group == "programmes"], ids=lambda case: case.id
)
def test_loads_a_person_in_error_are_written_tidy_and_a_wide_table_has_no_place_for_them(
    tmp_path: Path, case: Case
) -> None:
    assert converted(case, tmp_path / "out.csv", "tidy").written
    assert set(accepted(read(tmp_path / "out.csv"))) == set(accepted(read_case(case)[1]))
    with pytest.raises(UsageError, match="no place for pn_load"):
        converted(case, tmp_path / "wide.csv", "wide")
    assert not (tmp_path / "wide.csv").exists()


@pytest.mark.parametrize("case", every(FILE_REFUSED, 8))
def test_a_file_that_is_refused_as_a_whole_is_not_written_and_needs_no_option(
    tmp_path: Path, case: Case
) -> None:
    done = converted(case, tmp_path / "out.csv", "wide")
    assert (done.written, done.code) == (False, 4)
    assert "--allow-rejected" not in done.lines[-1] and "Correct" in done.lines[-1]
    assert list(tmp_path.iterdir()) == []


# what is carried, and what is read from it


def test_a_population_of_zero_stays_one(tmp_path: Path) -> None:
    """Its basis stands in the header, which says nothing where the number is refused."""
    text = (GOOD / "a_wide_utf8.csv").read_text(encoding="utf-8-sig")
    lines = text.splitlines()
    head = next(i for i, line in enumerate(lines) if "服务人口" in line)
    at = next(i for i, cell in enumerate(lines[head].split(",")) if "服务人口" in cell)
    cells = lines[head + 1].split(",")
    cells[at] = "0"
    lines[head + 1] = ",".join(cells)
    source = tmp_path / "lab.csv"
    source.write_text("\n".join(lines), encoding="utf-8")
    for wanted in ("tidy", "wide"):
        target = tmp_path / f"{wanted}.csv"
        assert convert(source, target, wanted=wanted, allow_rejected=True).written
        before, after = (read(path).attrs["findings"].errors for path in (source, target))
        said = [{(f.rule, f.value) for f in errors} for errors in (before, after)]
        assert said[0] == said[1] == {("quantity_not_positive", "0")}


def test_refused_rows_do_not_keep_the_others_from_a_wide_table(tmp_path: Path) -> None:
    rows = [row(), row(sample_id="S2", analyte="methamfetamin"), row(sample_id="S3", analyte="")]
    source = tmp_path / "lab.csv"
    source.write_bytes(write_csv(source, rows).read_bytes().decode("utf-8").encode("gb18030"))
    done = convert(source, tmp_path / "out.csv", wanted="wide", allow_rejected=True)
    assert done.written
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "methamfetamin (ng/L)" in text.splitlines()[0]
    assert "not carried by this layout: results without an analyte (1 cell)" in done.lines
    assert set(accepted(read(tmp_path / "out.csv"))) == {("S1", "methamphetamine")}


def test_a_missing_unit_is_not_made_up_by_the_header_of_a_wide_table(tmp_path: Path) -> None:
    rows = [row(), row(sample_id="S2", site="South", unit="")]
    source = write_csv(tmp_path / "lab.csv", rows)
    done = convert(source, tmp_path / "out.csv", wanted="wide", allow_rejected=True)
    after = read(tmp_path / "out.csv")
    assert after["status"].values.ravel().tolist() == ["quantified", "not_measured"]
    told = [line for line in done.lines if "S2 methamphetamine (line 3, unit_missing)" in line]
    assert len(told) == 1 and done.code == 3


def test_a_junk_unit_does_not_become_the_unit_of_its_column(tmp_path: Path) -> None:
    rows = [row(unit="x"), row(sample_id="S2", site="South")]
    source = write_csv(tmp_path / "lab.csv", rows)
    assert convert(source, tmp_path / "out.csv", wanted="wide", allow_rejected=True).written
    assert "methamphetamine (ng/L)" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert set(accepted(read(tmp_path / "out.csv"))) == {("S2", "methamphetamine")}


@pytest.mark.parametrize("wanted", ["tidy", "wide"])
def test_a_limit_keeps_the_unit_of_its_header(tmp_path: Path, wanted: str) -> None:
    record = row()
    limit = record.pop("lod")
    source = write_csv(tmp_path / "lab.csv", [{**record, "lod (ug/L)": limit}])
    target = tmp_path / "out.csv"
    assert convert(source, target, wanted=wanted, allow_rejected=True).written
    after = read(target)
    assert [f.rule for f in after.attrs["findings"].errors] == ["limit_unit_differs"]
    assert np.isnan(after["lod"].item()) and f"{limit} ug/L" in target.read_text("utf-8-sig")


def test_a_negative_percentage_is_no_formula(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "lab.csv", [row(rsd="5%"), row(sample_id="S2", rsd="-3%")])
    target = tmp_path / "out.csv"
    convert(source, target, allow_rejected=True)
    assert [(f.rule, f.value) for f in read(target).attrs["findings"].errors] == [
        ("negative_value", "-3%")
    ]


def test_rows_whose_cells_stand_under_no_column_are_named_as_refused(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "lab.csv", [row(), row(sample_id="S2")])
    source.write_text(source.read_text(encoding="utf-8-sig").rstrip() + ",1,2,3\n", "utf-8")
    done = convert(source, tmp_path / "out.csv", allow_rejected=True)
    assert "1 refused row whose cells stand under no column was left out (lines 3)" in done.lines
    assert not any("no sample" in line for line in done.lines)


@pytest.mark.parametrize("wanted", ["tidy", "wide"])
def test_the_layout_that_was_asked_for_is_not_advised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    from wbe.io.convert import tables as io_convert

    source = write_csv(tmp_path / "lab.csv", [row(sample_id="S1")])
    original = io_convert.grids_of

    def slip(*given: object) -> object:
        grids = original(*given)  # type: ignore[arg-type]
        grids[0].rows[0][0] = "another sample"
        return grids

    monkeypatch.setattr(io_convert, "grids_of", slip)
    with pytest.raises(UsageError, match="does not carry sample") as told:
        convert(source, tmp_path / "out.csv", wanted=wanted)
    assert ("for example tidy" in str(told.value)) == (wanted != "tidy")


def test_a_block_without_a_site_stands_for_its_town(tmp_path: Path) -> None:
    source = tmp_path / "lab.tsv"
    text = (GOOD / "c_blocks_utf8.tsv").read_text(encoding="utf-8")
    source.write_text(text.replace("河口镇\t1#", "河口镇\t"), encoding="utf-8")
    for wanted in ("tidy", "wide"):
        assert convert(source, tmp_path / "out.csv", wanted=wanted).written
        assert "河口镇" in read(tmp_path / "out.csv")["site"].values.tolist()


def test_two_sheets_become_one_table_without_changing_what_was_read(tmp_path: Path) -> None:
    """A second attempt, with a result left blank, starts from the same tables."""
    from openpyxl import Workbook

    book = Workbook()
    for number, unit in ((1, "ng/L"), (2, "")):
        sheet = book.create_sheet(f"sheet {number}")
        record = row(sample_id=f"S{number}", site=f"Plant {number}", unit=unit)
        sheet.append(list(record))
        sheet.append(list(record.values()))
        sheet.append(list(row(sample_id=f"T{number}", site=f"Site {number}").values()))
    book.remove(book.worksheets[0])
    book.save(tmp_path / "lab.xlsx")
    target = tmp_path / "out.csv"
    assert convert(tmp_path / "lab.xlsx", target, wanted="wide", allow_rejected=True).written
    assert {sample for sample, _ in accepted(read(target))} == {"S1", "T1", "T2"}
