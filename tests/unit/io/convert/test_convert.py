"""Converting: the same samples come out, or nothing does; what is lost is said."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab_tables import as_text, row, write_csv, write_xlsx

import wbe
from wbe.cli import cli
from wbe.errors import EnvironmentFault, UsageError, in_language
from wbe.io.convert.compare import differences
from wbe.io.convert.grid import rescale
from wbe.io.layout.files import built_in
from wbe.run.converting import convert

ROOT = Path(__file__).parents[4]
GOOD = ROOT / "tests" / "data" / "good"
SAMPLES = ROOT / "data" / "samples" / "layouts"
LAYOUTS = [layout.name for layout in built_in()]
FILES = ("a_wide_utf8.csv", "b_long_gb18030.csv", "c_blocks_utf16.tsv", "plain_long.csv")
#: What is said of a sample whichever table it stands in.
SAID = ("site", "area", "time", "duration", "matrix", "mode", "round", "lab", "flow", "population",
        "population_basis", "population_date", "lon", "lat", "crs")  # fmt: skip


def read(path: Path, **options: object) -> xr.Dataset:
    return wbe.read(path, errors="reject", **options)  # type: ignore[arg-type]


def assert_same(before: xr.Dataset, after: xr.Dataset, names: tuple[str, ...] = SAID) -> None:
    """Compare by the arrays themselves, not by what the converter compares."""
    assert before["sample"].values.tolist() == after["sample"].values.tolist()
    assert before["analyte"].values.tolist() == after["analyte"].values.tolist()
    for name in ("status", "concentration", "content", "lod", "loq", *names):
        if name not in before and name not in after:
            continue
        old, new = before[name].values, after[name].values
        if old.dtype.kind == "f":
            np.testing.assert_allclose(new, old, rtol=1e-12, err_msg=name)
        else:
            np.testing.assert_array_equal(new, old, err_msg=name)


# round trips


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx"])
@pytest.mark.parametrize("name", FILES)
def test_tidy_says_the_same(tmp_path: Path, name: str, suffix: str) -> None:
    target = tmp_path / f"tidy{suffix}"
    assert convert(GOOD / name, target).written
    before, after = read(GOOD / name), read(target)
    assert_same(before, after)
    assert after.attrs["files"][0]["layout"] == "long"
    kinds = [set(samples.attrs["qc_rows"].get("kind", ())) for samples in (before, after)]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("name", ["a_wide_utf8.csv", "c_blocks_utf16.tsv", "plain_long.csv"])
def test_wide_says_the_same(tmp_path: Path, name: str) -> None:
    target = tmp_path / "wide.csv"
    assert convert(GOOD / name, target, wanted="wide").written
    assert_same(read(GOOD / name), read(target))


def test_tidy_of_tidy_is_the_same_file(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    for name in FILES:
        convert(GOOD / name, first)
        convert(first, second)
        assert first.read_bytes() == second.read_bytes()


def test_parquet_says_the_same(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    target = tmp_path / "tidy.parquet"
    assert convert(GOOD / "plain_long.csv", target).written
    assert_same(read(GOOD / "plain_long.csv"), read(target))


FULL = {
    "methamphetamine": ("120.50", "1", "3"), "amphetamine": ("<3", "1", "3"),
    "ketamine": ("ND", "0.5", "1.5"),
}  # fmt: skip


def full_table(folder: Path) -> Path:
    """Two samples and three analytes that every layout of plants has a column for."""
    rows = []
    for number in ("1", "2"):
        for analyte, (value, lod, loq) in FULL.items():
            rows.append(row(sample_id=f"S{number}", site=f"Plant {number}", analyte=analyte,
                            concentration=value, lod=lod, loq=loq))  # fmt: skip
    return write_csv(folder / "full.csv", rows)


@pytest.mark.parametrize("layout", ["cn-wwtp-report", "cn-lab-list", "en-lims-list",
                                    "en-lims-crosstab"])  # fmt: skip
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_there_and_back_through_a_layout(tmp_path: Path, layout: str, suffix: str) -> None:
    source, there, back = full_table(tmp_path), tmp_path / f"there{suffix}", tmp_path / "back.csv"
    done = convert(source, there, wanted=layout)
    assert done.written and done.code == 0
    convert(there, back, given=layout)
    before, after = read(source), read(back)
    np.testing.assert_allclose(after["concentration"], before["concentration"], rtol=1e-12)
    np.testing.assert_allclose(after["flow"], before["flow"], rtol=1e-12)
    np.testing.assert_allclose(after["population"], before["population"], rtol=1e-12)
    assert after["status"].values.tolist() == before["status"].values.tolist()
    if layout != "cn-wwtp-report":  # which has no columns of limits, and says so
        assert_same(before, after)
    else:
        assert any("lod" in line for line in done.lines)


def test_there_and_back_through_merged_towns(tmp_path: Path) -> None:
    there, back = tmp_path / "there.xlsx", tmp_path / "back.csv"
    convert(GOOD / "c_blocks_utf8.tsv", there, wanted="cn-town-blocks")
    convert(there, back)
    assert_same(read(GOOD / "c_blocks_utf8.tsv"), read(back))


@pytest.mark.parametrize("name", ["nord", "hekou"])
def test_there_and_back_through_a_layout_of_ones_own(tmp_path: Path, name: str) -> None:
    own = str(SAMPLES / f"{name}.layout.toml")
    source, tidy, back = SAMPLES / f"{name}_synthetic.csv", tmp_path / "t.csv", tmp_path / "b.csv"
    convert(source, tidy, given=own)
    convert(tidy, back, wanted=own)
    before, between, after = read(source, layout=own), read(tidy), read(back, layout=own)
    assert_same(before, between)
    assert_same(before, after)
    if name == "nord":
        assert '"0,212"' in back.read_text(encoding="utf-8-sig")


CELL = st.one_of(
    st.floats(1e-3, 1e6).map(lambda x: f"{x:.6g}"),
    st.sampled_from(["ND", "<LOD", "<LOQ", "<3", "0.5L", "3(L)", "未检出", "/", "NA", "0", ">1000",
                     "2 350", "１２", "9 ug/L"]),
)  # fmt: skip
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["S1", "S2", "S3"]), st.sampled_from(["METH", "AMP", "KET"]), CELL,
        st.sampled_from(["ng/L", "ug/L", "μg/L"]),
        st.sampled_from([("", ""), ("1", "3"), ("", "3")]),
    ),
    min_size=1, max_size=8, unique_by=lambda r: (r[0], r[1]),
)  # fmt: skip


@pytest.mark.parametrize("wanted", [
    "tidy", "wide",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("cn-lab-list", "en-lims-crosstab")),
])  # fmt: skip
@settings(
    max_examples=15, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(rows=ROWS)
def test_any_table_comes_out_the_same_or_not_at_all(
    tmp_path: Path, wanted: str, rows: list[tuple[str, str, str, str, tuple[str, str]]]
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    target.unlink(missing_ok=True)
    write_csv(source, [
        row(sample_id=sample, site=f"Plant {sample}", analyte=analyte, concentration=cell,
            unit=unit, lod=limits[0], loq=limits[1])
        for sample, analyte, cell, unit, limits in rows
    ])  # fmt: skip
    try:
        done = convert(source, target, wanted=wanted)
    except UsageError:
        assert wanted != "tidy" and not target.exists()
        return
    if not done.written:
        assert done.findings.errors and not target.exists()
        return
    layout = "auto" if wanted in ("tidy", "wide") else wanted
    before, after = read(source), read(target, layout=layout)
    np.testing.assert_allclose(after["concentration"], before["concentration"], rtol=1e-12)
    assert after["status"].values.tolist() == before["status"].values.tolist()


# what is carried, and what is not


def test_cells_stay_as_they_were_written(tmp_path: Path) -> None:
    rows = [row(concentration="<0.50", note="=1+1", flow="１.９５", flow_unit="万吨/日")]
    source = write_csv(tmp_path / "lab.csv", rows)
    done = convert(source, tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "<0.50" in text and "１.９５" in text and "万吨/日" in text
    assert "'=1+1" in text and any("apostrophe" in line for line in done.lines)


def test_a_dash_is_no_formula(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "lab.csv", [row(), row(analyte="AMP", concentration="-")])
    convert(source, tmp_path / "out.csv")
    assert read(tmp_path / "out.csv")["status"].sel(analyte="amphetamine") == "not_measured"


def test_a_workbook_holds_typed_numbers_and_texts(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    rows = [row(sample_id="007", note="=1+1", concentration="12.50", lod="0.5")]
    convert(write_csv(tmp_path / "lab.csv", rows), tmp_path / "out.xlsx")
    sheet = load_workbook(tmp_path / "out.xlsx").worksheets[0]
    heads = [cell.value for cell in sheet[1]]
    cells = dict(zip(heads, sheet[2], strict=True))
    assert cells["sample_id"].value == "007" and cells["note"].data_type == "s"
    assert cells["lod"].value == 0.5 and cells["lod"].data_type == "n"
    assert cells["concentration"].value == "12.50"  # a number would lose the last digit


def test_unknown_columns_and_sources_are_kept(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "lab.csv", [row(Charge="c1"), row(analyte="AMP", Charge="c1")])
    convert(source, tmp_path / "out.csv")
    after = read(tmp_path / "out.csv")
    extra = [v for n, v in after.variables.items() if str(n).startswith("extra")]
    assert [v.attrs["long_name"] for v in extra] == ["Charge"]
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert text[0].endswith("source_file,source_line,Charge")
    assert text[1].endswith("lab.csv,2,c1") and text[2].endswith("lab.csv,3,c1")


def test_what_a_layout_has_no_column_for_is_counted(tmp_path: Path) -> None:
    rows = [row(recovery="92%", visit="v1"), row(analyte="AMP", visit="v1")]
    source = write_csv(tmp_path / "lab.csv", rows)
    done = convert(source, tmp_path / "out.csv", wanted="en-lims-crosstab")
    told = [line for line in done.lines if line.startswith("not carried")]
    assert told == [
        "not carried by this layout: recovery (1 cell)",
        "not carried by this layout: visit (2 cells)",
    ]


def test_an_analyte_without_a_column_is_named(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "lab.csv", [row(), row(analyte="norketamine")])
    done = convert(source, tmp_path / "out.csv", wanted="en-lims-crosstab")
    assert "not carried by this layout: norketamine (1 cell)" in done.lines


def test_one_unit_of_a_column_by_decimal_arithmetic(tmp_path: Path) -> None:
    rows = [row(concentration="1.86", unit="ug/L", lod="0.001", loq="0.003"),
            row(sample_id="S2", site="South", concentration="95.10")]  # fmt: skip
    convert(write_csv(tmp_path / "lab.csv", rows), tmp_path / "out.csv", wanted="wide")
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert "methamphetamine (ug/L)" in lines[0]
    assert ",1.86,0.001,0.003" in lines[1] and ",0.0951,0.001,0.003" in lines[2]


def test_numbers_rescale_exactly() -> None:
    from decimal import Decimal

    assert rescale("0.1", Decimal(3)) == "0.3"
    assert rescale("<1.10", Decimal("1000.0")) == "<1100"
    assert rescale("2e-3", Decimal(1000)) == "2"
    assert rescale("24000", Decimal(repr(1 / 24))) == "1000"  # m3/d in m3/h
    assert rescale("5-10", Decimal(10)) is None and rescale("ND", Decimal(10)) is None


def test_a_constant_that_is_not_true_of_a_row_refuses_the_target(tmp_path: Path) -> None:
    own = tmp_path / "x.layout.toml"
    own.write_text(
        'constants = { matrix = "wwtp_influent" }\n[columns]\n"A" = "sample_id"\n"B" = "site"\n'
        '"C" = "analyte"\n"D" = "concentration"\n"E" = "unit"\n',
        encoding="utf-8",
    )
    source = write_csv(tmp_path / "lab.csv", [row(matrix="surface_water")])
    with pytest.raises(UsageError, match="wwtp_influent only"):
        convert(source, tmp_path / "out.csv", wanted=str(own))
    assert not (tmp_path / "out.csv").exists()


def test_sheets_of_a_workbook_stay_sheets_or_become_one_table(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for name, sample in (("spring", "S1"), ("autumn", "S2")):
        sheet = book.create_sheet(name)
        record = row(sample_id=sample)
        sheet.append(list(record))
        sheet.append(list(record.values()))
    book.remove(book.worksheets[0])
    book.save(tmp_path / "lab.xlsx")
    convert(tmp_path / "lab.xlsx", tmp_path / "out.xlsx")
    convert(tmp_path / "lab.xlsx", tmp_path / "out.csv")
    for name in ("out.xlsx", "out.csv"):
        assert_same(read(tmp_path / "lab.xlsx"), read(tmp_path / name))
    from openpyxl import load_workbook

    assert load_workbook(tmp_path / "out.xlsx").sheetnames == ["spring", "autumn"]


# errors


def test_a_table_with_errors_is_not_written(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "lab.csv", [row(), row(sample_id="S2", concentration="1,250")])
    done = convert(source, tmp_path / "out.csv")
    assert (done.written, done.code) == (False, 3)
    assert [f.rule for f in done.findings.errors] == ["comma_in_number"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lab.csv"]


def test_errors_are_carried_where_they_are_asked_for(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "lab.csv", [row(), row(sample_id="S2", concentration="1,250")])
    done = convert(source, tmp_path / "out.csv", allow_rejected=True)
    assert (done.written, done.code) == (True, 3)
    after = read(tmp_path / "out.csv")
    assert after["status"].values.ravel().tolist() == ["quantified", "rejected"]
    assert [f.value for f in after.attrs["findings"].errors] == ["1,250"]


def test_what_reads_differently_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wbe.io.convert import tables as io_convert

    source = full_table(tmp_path)
    kept = tmp_path / "out.csv"
    kept.write_text("of before", encoding="utf-8")
    original = io_convert.grids_of

    def slip(*given: object) -> object:
        grids = original(*given)  # type: ignore[arg-type]
        grids[0].rows[0][grids[0].heads[0].index("concentration")] = "999"
        return grids

    monkeypatch.setattr(io_convert, "grids_of", slip)
    with pytest.raises(UsageError, match="concentration"):
        convert(source, kept)
    assert kept.read_text(encoding="utf-8") == "of before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full.csv", "out.csv"]


def test_differences_names_what_differs(tmp_path: Path) -> None:
    before = read(full_table(tmp_path))
    after = before.copy(deep=True)
    assert differences(before, after, ()) == []
    after["flow"].values[0] *= 1 + 1e-6
    after["status"].values[0, 0] = "missing"
    assert differences(before, after, ()) == ["status", "flow"]
    assert differences(before, after, ("flow",)) == ["status"]


@pytest.mark.parametrize(
    ("target", "options"),
    [
        ("lab.csv", {}), ("out.docx", {}), ("out.csv", {"wanted": "sideways"}),
        ("out.csv", {"wanted": "euda"}), ("out.csv", {"wanted": "auto"}),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_a_usage_error(
    tmp_path: Path, target: str, options: dict[str, str]
) -> None:
    source = write_csv(tmp_path / "lab.csv", [row()])
    before = source.read_bytes()
    with pytest.raises(UsageError):
        convert(source, tmp_path / target, **options)  # type: ignore[arg-type]
    assert source.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lab.csv"]


def test_a_folder_that_is_not_there_is_a_fault_of_the_machine(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "lab.csv", [row()])
    with pytest.raises(EnvironmentFault):
        convert(source, tmp_path / "none" / "out.csv")


def test_a_link_to_the_input_is_the_input(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "lab.csv", [row()])
    os.link(source, tmp_path / "same.csv")
    with pytest.raises(UsageError, match="input"):
        convert(source, tmp_path / "same.csv")


def test_persons_are_not_carried(tmp_path: Path) -> None:
    source = tmp_path / "lab.csv"
    record = row(姓名="张三")
    source.write_text(as_text([list(record), list(record.values())]), encoding="utf-8")
    done = convert(source, tmp_path / "out.csv", allow_rejected=True)
    assert (done.written, done.code) == (False, 4)


def test_an_error_of_a_spreadsheet_stays_one(tmp_path: Path) -> None:
    cells = [list(row()), [*row().values()]]
    cells[1][cells[0].index("concentration")] = "=1/0"
    source = write_xlsx(tmp_path / "lab.xlsx", cells)
    done = convert(source, tmp_path / "out.csv", allow_rejected=True)
    assert not done.written or read(tmp_path / "out.csv")["status"].item() == "rejected"


# the command


def invoke(*args: object) -> object:
    return CliRunner().invoke(cli, ["convert", *map(str, args)])


def test_the_list_names_every_layout_and_only_what_works() -> None:
    done = invoke("--list")
    assert done.exit_code == 0  # type: ignore[attr-defined]
    lines = done.output.splitlines()  # type: ignore[attr-defined]
    by_name = ["tidy", "wide", "town_blocks", "euda", "phes-odm"]
    assert [line.split()[0] for line in lines] == [*by_name, *LAYOUTS]
    chinese = invoke("--list", "--lang", "zh").output  # type: ignore[attr-defined]
    assert "内置" in chinese and "built in" not in chinese


def test_the_command_ends_with_the_codes_of_the_contract(tmp_path: Path) -> None:
    good = write_csv(tmp_path / "good.csv", [row()])
    bad = write_csv(tmp_path / "bad.csv", [row(), row(sample_id="S2", concentration="x")])
    hopeless = write_csv(tmp_path / "hopeless.csv", [row(concentration="x")])
    out = tmp_path / "out.csv"
    codes = [invoke(*args).exit_code for args in (  # type: ignore[attr-defined]
        (good, out), (bad, out), (bad, out, "--allow-rejected"), (hopeless, out),
        (tmp_path / "none.csv", out), (good, out, "--to", "sideways"), (),
        (good, tmp_path / "no" / "out.csv"),
    )]  # fmt: skip
    assert codes == [0, 3, 3, 4, 2, 2, 2, 5]


def test_a_file_that_is_not_there_ends_as_in_check(tmp_path: Path) -> None:
    for missing in (tmp_path / "none.csv", tmp_path / "none"):
        ends = [
            CliRunner().invoke(cli, [*words, str(missing), *more])
            for words, more in ((["check"], []), (["convert"], [str(tmp_path / "out.csv")]))
        ]
        assert [end.exit_code for end in ends] == [2, 2]
        assert all("there is no file" in end.output and missing.name in end.output for end in ends)
    assert invoke(tmp_path, tmp_path / "out.csv").exit_code == 2  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("out.nc", "wbe.io.write_netcdf"),
        ("out.gpkg", "地理文件"),
        ("out.txt", "表格只能写为 .csv"),
    ],
)
def test_a_target_of_another_kind_is_refused_in_chinese_with_what_writes_it(
    tmp_path: Path, name: str, hint: str
) -> None:
    table = write_csv(tmp_path / "lab.csv", [row()])
    done = CliRunner().invoke(cli, ["convert", str(table), str(tmp_path / name), "--lang", "zh"])
    assert done.exit_code == 2 and hint in done.stderr and ".csv, .tsv" in done.stderr
    absent = CliRunner().invoke(cli, ["convert", "none.csv", name, "--lang", "zh"])
    assert absent.exit_code == 2 and "没有文件 'none.csv'" in absent.stderr


def test_places_are_no_table_whatever_is_in_them(tmp_path: Path) -> None:
    places = tmp_path / "areas.geojson"
    places.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    for name in ("out.csv", "out.shp"):
        with pytest.raises(UsageError, match=r"holds places, not results.*\.gpkg") as caught:
            convert(places, tmp_path / name)
        assert str(caught.value).startswith(name)
    assert list(tmp_path.iterdir()) == [places]


EXPORT = ROOT / "tests" / "data" / "bad" / "instruments"


def test_results_of_an_export_have_no_digits_of_binary_arithmetic(tmp_path: Path) -> None:
    from wbe.io.instruments import Options

    source = EXPORT / "enriched.txt"
    options = Options(enrichment=1 / 1.1, unit="ng/mL")
    target = tmp_path / "out.csv"
    convert(source, target, instrument=options, allow_rejected=True)
    lines = [line.split(",") for line in target.read_text(encoding="utf-8-sig").splitlines()]
    at = lines[0].index("concentration")
    assert repr(12.5 * 1.1) == "13.750000000000002"
    assert [cells[at] for cells in lines[1:]] == ["13.75"]
    before = wbe.read(source, enrichment=1 / 1.1, unit="ng/mL", errors="reject")
    np.testing.assert_allclose(read(target)["concentration"], before["concentration"], rtol=1e-14)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
def test_signs_that_gbk_lacks_come_out_as_they_were(tmp_path: Path, encoding: str) -> None:
    """The encoding named is the input's: a converted table is UTF-8, which has every sign."""
    rows = [
        row(sample_id=f"S{number}", site=f"Plant {number}", unit=unit, concentration="0.5",
            flow_unit="m³/d", note="A↔B ☃")
        for number, unit in enumerate(("µg/L", "μg/L"))  # U+00B5, U+03BC
    ]  # fmt: skip
    source, target = tmp_path / "lab.csv", tmp_path / "out.csv"
    source.write_bytes(as_text([list(rows[0]), *(list(r.values()) for r in rows)]).encode(encoding))
    assert invoke(source, target, "--encoding", encoding).exit_code == 0  # type: ignore[attr-defined]
    data = target.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert all(sign in data.decode("utf-8") for sign in ("µg/L", "μg/L", "m³/d", "A↔B ☃"))
    assert_same(wbe.read(source, encoding=encoding, errors="reject"), read(target))


def test_two_conversions_give_the_same_bytes(tmp_path: Path) -> None:
    for suffix in (".csv", ".xlsx"):
        first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
        convert(GOOD / "b_long_utf8.csv", first)
        convert(GOOD / "b_long_utf8.csv", second)
        assert first.read_bytes() == second.read_bytes()


def test_deviations_of_duplicates_keep_their_meaning(tmp_path: Path) -> None:
    rows = [row(**{"平行样相对偏差(%)": "4.2"})]  # |a - b| / (a + b), half of the RPD
    source = write_csv(tmp_path / "lab.csv", rows)
    for wanted, head, cell in (("tidy", "duplicate_rpd (%)", "8.4"),
                               ("cn-lab-list", "平行样相对偏差(%)", "4.2")):  # fmt: skip
        convert(source, tmp_path / "out.csv", wanted=wanted)
        text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
        assert text[1].split(",")[text[0].split(",").index(head)] == cell
        assert read(tmp_path / "out.csv")["duplicate_rpd"].item() == pytest.approx(0.084)


@pytest.mark.parametrize("options, words", [
    (("--to", "nosuch"), ("未知版式 'nosuch'", "tidy", "phes-odm", "euda", "cn-lab-list")),
    (("--from", "nosuch"), ("未知版式 'nosuch'", "tidy", "phes-odm", "auto", "town_blocks")),
    (("--to", "town_blocks"), ("只能读取", "phes-odm")),
    (("--to", "euda"), ("未注明国家", "--country")),
    (("--country", "DE"), ("需要给出国家", "euda")),
])  # fmt: skip
def test_what_cannot_be_converted_is_said_in_chinese(
    options: tuple[str, str], words: tuple[str, ...], tmp_path: Path
) -> None:
    source = tmp_path / "lab.csv"
    source.write_text(
        "sample_id,site,start,end,analyte,concentration,unit,matrix,mode,flow (m^3/d),population\n"
        "S1,A,2024-03-04T09:00,2024-03-05T09:00,BE,12,ng/L,influent,composite_24h,5000,9000\n",
        encoding="utf-8",
    )
    command = ["convert", str(source), str(tmp_path / "out.csv"), *options]
    done = CliRunner().invoke(cli, [*command, "--lang", "zh"])
    assert done.exit_code == 2 and not (tmp_path / "out.csv").exists(), done.output
    assert [word for word in words if word not in done.stderr] == []
    english = CliRunner().invoke(cli, command).stderr
    assert english.isascii() and words[-1] in english


def test_parquet_without_its_package_is_told_in_both_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wbe.io.convert.grid import Grid
    from wbe.run.convert_content import content

    def missing(*_: object, **__: object) -> None:
        raise ImportError

    monkeypatch.setattr(pd.DataFrame, "to_parquet", missing)
    with pytest.raises(UsageError, match=r"wbe-drugs\[parquet\]") as caught:
        content([Grid("a", [["x"]], [["1"]])], ".parquet")
    assert "需要 pyarrow" in in_language(caught.value.args[0], "zh")
