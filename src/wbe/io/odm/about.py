"""What ODM-shaped tables say about themselves: a read-me, a dataset and the parts that are ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from wbe import names
from wbe.io.odm.samples_out import Sheets
from wbe.io.odm.words import NOT_REPORTED, PREFIX, TITLE, VERSION

STATEMENT: Final = (
    f"ODM-shaped tables after PHES-ODM {VERSION}. They have NOT been validated: PHES-ODM has no "
    f"illicit-drug measures, so that every id with the prefix {PREFIX} is not part of it."
)
DATASET: Final = "wbe"
_README: Final = "README"
#: Column of a table -> kind of part, where an id of ours may stand.
_PLACES: Final = {
    ("measures", "measure"): "measurements", ("measures", "unit"): "units",
    ("samples", "saMaterial"): "categories", ("samples", "collType"): "categories",
    ("sites", "siteType"): "categories", ("polygons", "geoType"): "categories",
}  # fmt: skip
_ATTRIBUTES: Final = {
    "status": "whether the result is quantified, or on which side of a limit it lies",
    "lod": "limit of detection, in the unit of the measure",
    "loq": "limit of quantification, in the unit of the measure",
    "rsd_percent": "relative standard deviation of the result",
    "area": "area that the results are about",
    "round": "round of sampling", "lab": "laboratory",
    "population": "people behind the sample on its day",
    "crs": "datum of the coordinates, where it has no EPSG code",
    "source_file": "file that the result was read from",
    "source_line": "line of the result in that file",
    "rule": "rule of a finding", "column": "column that a finding is about",
}  # fmt: skip


def put_about(sheets: Sheets, files: Sequence[str]) -> None:
    """Add the tables datasets, parts and README.

    Parameters
    ----------
    sheets : Sheets
        With all other tables; receives these.
    files : sequence of str
        Names of the files that the results were read from.
    """
    dataset = [DATASET, "wbe", NOT_REPORTED, STATEMENT, NOT_REPORTED]
    sheets.tables["datasets"] = [["datasetID", "name", "license", "descr", "custodyID"], dataset]
    heads = ["partID", "partLabel", "partType", "partDesc"]
    sheets.tables["parts"] = [heads, *_parts(sheets.tables)]
    sheets.tables[_README] = [[_README], *([line] for line in _lines(sheets, files))]


def _parts(tables: Mapping[str, list[list[str]]]) -> Iterator[list[str]]:
    """Every id with our prefix: measures, units, words, then columns."""
    seen: dict[str, str] = {}
    for (table, column), kind in _PLACES.items():
        for text in _column(tables.get(table, []), column):
            if text.startswith(PREFIX):
                seen.setdefault(text, kind)
    for part, kind in sorted(seen.items(), key=lambda item: (item[1] != "measurements", item)):
        own = part.removeprefix(PREFIX)
        label = names.display("analyte", own, "en") if kind == "measurements" else own
        yield [part, label, kind, _description(kind, own)]
    heads = {h for rows in tables.values() for h in rows[0] if h.startswith(PREFIX)}
    for head in sorted(heads - seen.keys()):
        own = head.removeprefix(PREFIX)
        yield [head, own.replace("_", " "), "attributes", _ATTRIBUTES.get(own, "column of wbe")]


def _column(rows: Sequence[Sequence[str]], name: str) -> list[str]:
    if not rows or name not in rows[0]:
        return []
    at = rows[0].index(name)
    return [row[at] for row in rows[1:]]


def _description(kind: str, own: str) -> str:
    if kind == "measurements":
        return f"{own} in the sample; {names.display('analyte', own, 'zh')}"
    return "unit that PHES-ODM has no id for" if kind == "units" else "word of wbe"


def _lines(sheets: Sheets, files: Sequence[str]) -> Iterator[str]:
    yield TITLE
    yield STATEMENT
    yield "Tables: " + ", ".join(f"{n} ({len(rows) - 1})" for n, rows in sheets.tables.items())
    yield f"Concentrations are in mgL (mg/L): one nanogram a litre is 0.000001. {NOT_REPORTED} "\
          "stands where nothing is stated."  # fmt: skip
    yield "A non-detect has no value: its limits stand in wbe:lod and wbe:loq, its status in "\
          "wbe:status and in qualityReports."  # fmt: skip
    if files:
        yield "Read from: " + ", ".join(files)
    for what, count in sorted(sheets.lost.items()):
        yield f"Not carried: {count} {what}"
