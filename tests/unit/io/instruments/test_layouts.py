"""What each program writes, in variations: columns in any order, blocks, quirks."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbe.io import instruments
from wbe.io.instruments.export import Export
from wbe.io.tables import Sheet, parse_delimited
from wbe.io.text import Refused

SAMPLES = Path(__file__).resolve().parents[4] / "data" / "samples" / "instruments"
SIDECAR = SAMPLES / "sidecar.csv"


def export_of(text: str) -> Export:
    sheets = [parse_delimited(text, "export.csv", instruments.marks)]
    layout = instruments.recognise(sheets)
    assert layout is not None
    return layout.read(sheets)


def _blocks(upper: list[str], lower: list[str]) -> list[list[int]]:
    """Columns by group of a wide table; qualifiers with the compound before them."""
    blocks: list[list[int]] = []
    for index, title in enumerate(upper):
        if title and not title.startswith("Qualifier"):
            if blocks and title.split(" Results")[0] == upper[blocks[-1][0]].split(" Method")[0]:
                blocks[-1].append(index)
                continue
            blocks.append([])
        blocks[-1].append(index)
    assert sum(map(len, blocks)) == len(lower)
    return blocks


@pytest.mark.parametrize("seed", range(5))
def test_blocks_and_their_columns_may_stand_in_any_order(
    read: Callable[..., Any], tmp_path: Path, seed: int
) -> None:
    rows = [line.split(",") for line in
            (SAMPLES / "masshunter_wide.csv").read_text(encoding="utf-8").splitlines()]  # fmt: skip
    upper, lower = rows[:2]
    order = random.Random(seed)
    blocks = _blocks(upper, lower)
    order.shuffle(blocks)
    columns, titles = [], []
    for block in blocks:
        groups: list[list[int]] = []
        for index in block:
            if upper[index] or not groups:
                groups.append([])
            groups[-1].append(index)
        for group in groups:
            title = upper[group[0]]
            order.shuffle(group)
            columns += group
            titles += [title] + [""] * (len(group) - 1)
    shuffled = [titles, *([cells[i] for i in columns] for cells in rows[1:])]
    path = tmp_path / "shuffled.csv"
    path.write_text("\n".join(",".join(cells) for cells in shuffled), encoding="utf-8")
    found, findings, _ = read(path, sidecar=SIDECAR)
    plain, _, _ = read(SAMPLES / "masshunter_wide.csv", sidecar=SIDECAR)
    assert not findings.errors
    np.testing.assert_array_equal(found["concentration"].values, plain["concentration"].values)
    ratios = [table.attrs["qc_rows"].sort_values(["line", "analyte"])["ion_ratio"].tolist()
              for table in (found, plain)]  # fmt: skip
    assert ratios[0] == ratios[1]


def test_a_qualifier_belongs_to_the_block_before_it() -> None:
    export = export_of(
        "Sample,,Cocaine Results,,Qualifier (304 -> 82) Results,Qualifier (304 -> 105) Results,"
        "MDMA Results\n"
        "Name,Type,Final Conc.,RT,Ratio,Ratio,Final Conc.\n"
        "a,Sample,1.5,4.2,0.31,0.77,2.5\n"
    )
    assert [(p.compound, p.concentration, p.ion_ratio) for p in export.peaks] == [
        ("Cocaine", "1.5", "0.31"), ("MDMA", "2.5", ""),
    ]  # fmt: skip


def test_final_concentrations_count_before_calculated_ones() -> None:
    lines = "Sample,Cocaine Results,\nName,{},{}\na,{},{}\n"
    first = export_of(lines.format("Calc. Conc.", "Final Conc.", "1", "20"))
    other = export_of(lines.format("Final Conc.", "Calc. Conc.", "20", "1"))
    only = export_of(lines.format("Calc. Conc.", "RT", "1", "4"))
    assert [e.peaks[0].concentration for e in (first, other, only)] == ["20", "20", "1"]
    assert [e.peaks[0].is_calculated for e in (first, other, only)] == [False, False, True]
    assert [e.concentration for e in (first, other, only)] == [
        "Final Conc.", "Final Conc.", "Calc. Conc.",
    ]  # fmt: skip


def test_a_message_cuts_a_row_and_the_next_line_completes_it() -> None:
    export = export_of(
        "Sample,,,Cocaine Results,\n,Quantitation Message,Name,RT,Final Conc.\n"
        "!,Cocaine: outside its window\n,a,4.2,1.5\n,,b,4.3,2.5\n"
    )
    assert [(p.sample, p.concentration) for p in export.peaks] == [("a", "1.5"), ("b", "2.5")]
    assert [export.sheets[0].lines[p.row] for p in export.peaks] == [4, 5]
    assert not export.bad_rows


@pytest.mark.parametrize(
    ("line", "rule"), [("a,4.2", "row_too_short"), ("a,4.2,1.5,9", "row_too_long")]
)
def test_a_wide_row_of_another_width_is_refused(line: str, rule: str) -> None:
    export = export_of(f"Sample,Cocaine Results,\nName,RT,Final Conc.\n{line}\nb,4.3,2.5\n")
    assert [p.sample for p in export.peaks] == ["b"]
    assert [(r, row) for r, _, row, _ in export.bad_rows] == [(rule, 2)]


def test_the_compound_table_is_read_across() -> None:
    export = export_of(
        "Compound Method,,run a,,,run a,,run b,,,run b,\n"
        "Name,Precursor Ion,Name,Data File,Type,RT,Final Conc.,Name,Data File,Type,RT,Final Conc.\n"
        "Cocaine,304,run a,a.d,Sample,4.2,1.5,run b,b.d,Cal,4.3,2.5\n"
        "Cocaine-d3 (ISTD),307,run a,a.d,Sample,4.2,,run b,b.d,Cal,4.3,\n"
    )
    assert [(p.compound, p.sample, p.kind, p.concentration) for p in export.peaks] == [
        ("Cocaine", "run a", "Sample", "1.5"), ("Cocaine", "run b", "Cal", "2.5"),
        ("Cocaine-d3 (ISTD)", "run a", "Sample", ""), ("Cocaine-d3 (ISTD)", "run b", "Cal", ""),
    ]  # fmt: skip


def test_the_report_takes_types_from_its_sequence_table() -> None:
    export = export_of(
        "Batch Info,2024\nSequence Table,\nData File,Sample Name,Sample Type\n"
        "x1.d,first,Blank\nx2.d,second,Sample\nQuantitation Results,\nTarget Compound,Cocaine\n"
        "Data File,Compound,ISTD,Resp, Final Conc\nx2.d,Cocaine,Cocaine-d3,99,1.5\n"
        "x1.d,Cocaine,Cocaine-d3,,\nTarget Compound,MDMA\n"
        "Data File,Compound,ISTD,Resp, Final Conc\nx2.d,MDMA,MDMA-d5,80,2.5\n"
    )
    assert [(p.compound, p.sample, p.kind, p.concentration, p.istd) for p in export.peaks] == [
        ("Cocaine", "second", "Sample", "1.5", "Cocaine-d3"),
        ("Cocaine", "first", "Blank", "", "Cocaine-d3"),
        ("MDMA", "second", "Sample", "2.5", "MDMA-d5"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "unit"),
    [("ng/mL", "ng/mL"), ("uM", "uM"), ("pg/uL", "pg/uL"), ("Conc.", ""), ("Conc. (ug/L)", "ug/L")],
)
def test_masslynx_names_concentrations_by_their_unit(header: str, unit: str) -> None:
    export = export_of(
        "Quantify Compound Summary Report\r\n\r\nCompound 1:  Cocaine\r\n\r\n"
        f"\tName\tType\tRT\tArea\tHeight/Area\tS/N\t{header}\r\n"
        "1\ta\tAnalyte\t4.2\t99\t12.1\t300\t1.5\r\n\r\nCompound 2:  MDMA\r\n\r\n"
        f"\tName\tType\tRT\tArea\tHeight/Area\tS/N\t{header}\r\n1\ta\tAnalyte\t\t\t\t\t\r\n"
    )
    assert [(p.compound, p.concentration, p.unit) for p in export.peaks] == [
        ("Cocaine", "1.5", unit), ("MDMA", "", unit),
    ]  # fmt: skip
    assert [export.sheets[0].lines[p.row] for p in export.peaks] == [6, 11]


@pytest.mark.parametrize(
    ("header", "unit"),
    [("Calculated Concentration", ""), ("Calculated Concentration (ng/mL)", "ng/mL"),
     ("Calculated Concentration [ug/L]", "ug/L")],
)  # fmt: skip
def test_a_unit_behind_the_header_is_taken(header: str, unit: str) -> None:
    export = export_of(f"Sample Name\tComponent Name\t{header}\na\tCocaine\t1.5\n")
    assert [(p.concentration, p.unit) for p in export.peaks] == [("1.5", unit)]


def test_confirming_peaks_of_tracefinder_are_left_out() -> None:
    head = "Compound,Filename,Sample Type,Peak Label,Calculated Amt\n"
    lines = "Cocaine,a,Unknown,T1,1.5\nCocaine,a,Unknown,C1,1.4\nCocaine,a,Unknown,C2,1.3\n"
    assert [p.concentration for p in export_of(head + lines).peaks] == ["1.5"]


def test_xcalibur_ends_at_the_blank_tail_and_takes_the_component_from_above() -> None:
    block = (
        "Component Name,Curve Index\n{0},Linear\nDate,today\n"
        "Filename,Sample Type,Calc Amt,Peak Status\n"
        "a,Unknown Sample,1.5,OK\nb,Unknown Sample,NA,Not Found\n,,,\n,,mean 1.5,\n"
    )
    export = export_of(block.format("Cocaine") + block.format("MDMA"))
    assert [(p.compound, p.filename, p.concentration, p.written) for p in export.peaks] == [
        (name, *rest) for name in ("Cocaine", "MDMA")
        for rest in (("a", "1.5", "1.5"), ("b", "NF", "NA"))
    ]  # fmt: skip


def test_quandata_of_another_root_is_no_export() -> None:
    assert not instruments.is_quandata(b"<?xml version='1.0'?><DATA><QUAN/></DATA>")
    assert not instruments.is_quandata(b"sample,<QUANDATASET")


def test_secondary_peaks_of_quandata_are_left_out() -> None:
    text = (
        b"<QUANDATASET><GROUPDATA><GROUP>\n<SAMPLELISTDATA>\n<SAMPLE name='a' type='Analyte'>\n"
        b"<COMPOUND name='Cocaine' type=''>\n<PEAK analconc='1.5' area='99'><ISPEAK area='7'/>"
        b"</PEAK>\n"
        b"<SECONDARYPEAKS><PEAK analconc='9' area='9'/></SECONDARYPEAKS></COMPOUND>\n"
        b"<COMPOUND name='Cocaine-d3' type='ISTD'>\n<PEAK analconc='1' area='7'/></COMPOUND>\n"
        b"</SAMPLE></SAMPLELISTDATA></GROUP></GROUPDATA></QUANDATASET>"
    )
    sheet = instruments.quandata_sheet(text, "q.xml")
    layout = instruments.recognise([sheet])
    assert layout is not None and layout.name == "targetlynx-xml"
    peaks = layout.read([sheet]).peaks
    assert [(p.compound, p.concentration, p.istd_area, p.is_standard) for p in peaks] == [
        ("Cocaine", "1.5", "7", None), ("Cocaine-d3", "1", "", True),
    ]  # fmt: skip
    assert sheet.lines == [1, 5, 8]


BOMB = (
    b'<!DOCTYPE q [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(8))
    + b"]>"
)


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        (BOMB, "export_xml_refused"),
        (b'<!DOCTYPE q SYSTEM "file:///etc/passwd">', "export_xml_refused"),
        (b'<!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "export_xml_refused"),
        (b"<q>", "export_xml_damaged"),
    ],
)
def test_unsafe_xml_is_refused(head: bytes, rule: str) -> None:
    data = b'<?xml version="1.0"?>' + head + b"<QUANDATASET></QUANDATASET>"
    assert instruments.is_quandata(data)
    with pytest.raises(Refused) as caught:
        instruments.quandata_sheet(data, "q.xml")
    assert caught.value.rule == rule


def test_deeply_nested_xml_is_refused() -> None:
    data = b"<QUANDATASET>" + b"<a>" * 100_000
    with pytest.raises(Refused) as caught:
        instruments.quandata_sheet(data, "q.xml")
    assert caught.value.rule in ("archive_too_large", "export_xml_damaged")


def test_sheets_without_a_header_are_named(read: Callable[..., Any], tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["these are", "notes"])
    sheet = book.create_sheet("Cocaine")
    for cells in (["Component Name"], ["Cocaine"], [],
                  ["Filename", "Sample Type", "Sample Name", "Calc Amt", "Units"],
                  ["a", "Unknown Sample", "WW-A1", 12.5, "ng/mL"]):  # fmt: skip
        sheet.append(cells)
    path = tmp_path / "xcalibur.xlsx"
    book.save(path)
    samples, findings, _ = read(path, enrichment=100)
    assert [f.sheet for f in findings if f.rule == "sheet_skipped"] == ["Notes"]
    assert samples["concentration"].values.tolist() == [[125.0]]


def test_an_export_without_rows_is_refused(read: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "none.txt"
    path.write_text("Sample Name\tComponent Name\tCalculated Concentration\n", encoding="utf-8")
    samples, findings, _ = read(path, enrichment=100)
    assert [f.rule for f in findings] == ["no_data_rows"] and samples.sizes["sample"] == 0


def test_a_sheet_without_rows_is_no_header() -> None:
    assert instruments.recognise([Sheet("f")]) is None
