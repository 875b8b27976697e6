"""An export is known by its header, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from wbe.findings import Findings
from wbe.io import instruments
from wbe.io.sources import open_source
from wbe.io.tables import parse_delimited

ROOT = Path(__file__).resolve().parents[4]
SAMPLES = ROOT / "data" / "samples" / "instruments"
TEXTS = sorted(p for p in SAMPLES.iterdir() if p.suffix in (".csv", ".txt") and p.stem != "sidecar")


def _rows(path: Path) -> list[list[str]]:
    text = path.read_text(encoding="utf-8")
    return parse_delimited(text, path.name, instruments.marks).rows


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.name)
def test_no_file_fits_two_layouts(path: Path) -> None:
    rows = _rows(path)
    assert sum(layout.header_of(rows) is not None for layout in instruments.LAYOUTS) == 1


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.name)
def test_the_delimiter_is_the_one_under_which_the_header_is_known(path: Path) -> None:
    delimiter = "\t" if path.suffix == ".txt" else ","
    text = path.read_text(encoding="utf-8")
    assert parse_delimited(text, path.name, instruments.marks).delimiter == delimiter


def test_laboratory_tables_are_no_exports() -> None:
    folders = [
        ROOT / "tests" / "data" / "good",
        ROOT / "data" / "samples" / "example-county" / "lab",
    ]
    files = [path for folder in folders for path in folder.iterdir() if path.is_file()]
    assert len(files) > 20
    for path in files:
        source = open_source(path, path.name, Findings(), None)
        assert source.tables and not source.exports, path.name
        assert not source.record["layout"].startswith("instrument:"), path.name


@pytest.mark.parametrize(
    "rows",
    [
        [["Sample", "Results"], ["Name", "Value"]],
        [["Sample Name", "Component Name", "Concentration"]],
        [["Compound", "Filename", "Amount"]],
        [["Filename", "Sample Type", "Amount"]],
        [["Batch Info", "spring"], ["site", "date"]],
        [["Compound Method"], ["Name"]],
        [["Quantify"], ["Name", "Area"]],
        [["SAMPLE@name", "PEAK@area"]],
        [],
        [[]],
    ],
)
def test_some_words_of_an_export_do_not_make_one(rows: list[list[str]]) -> None:
    assert instruments.marks(rows) == 0
    assert all(layout.header_of(rows) is None for layout in instruments.LAYOUTS)


def test_a_header_below_other_lines_is_found() -> None:
    rows = [["exported for the quarter"], *_rows(SAMPLES / "sciex.txt")]
    found = next(la for la in instruments.LAYOUTS if la.header_of(rows) is not None)
    assert found.name == "sciex" and found.header_of(rows) == 1


def test_a_layout_that_was_named_is_put_to_an_export_too(tmp_path: Path) -> None:
    """Somebody who describes the file himself is not overruled."""
    path = tmp_path / "mine.txt"
    path.write_bytes((SAMPLES / "sciex.txt").read_bytes())
    mine = tmp_path / "mine.toml"
    mine.write_text(
        '[columns]\n"Sample Name" = "sample_id"\n"Component Name" = "analyte"\n'
        '"Calculated Concentration" = "concentration (ng/L)"\n"Original Filename" = "site"\n',
        encoding="utf-8",
    )
    assert not open_source(path, path.name, Findings(), None, str(mine)).exports
    assert open_source(path, path.name, Findings(), None).exports
