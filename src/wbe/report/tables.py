"""The tier tables as files: CSV for programs, XLSX for people. Bytes repeat."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING

from wbe import names
from wbe.io import workbook_out as workbook
from wbe.io.write import FORMULA_STARTS, safe_text

if TYPE_CHECKING:
    import pandas as pd


def write_tiers_csv(tiers: pd.DataFrame, path: str | Path) -> None:
    """Write the tiers as ``tiers.csv``: UTF-8 with BOM, LF, 6 significant digits.

    Parameters
    ----------
    tiers : DataFrame or GeoDataFrame (row)
        Columns of ``tiers.csv``; a geometry is left out.
    path : str or Path
        Where to write.

    Notes
    -----
    Missing values are empty, truth values ``true`` or ``false``. A text that a spreadsheet would
    take for a formula gets a leading apostrophe; numbers stay numbers.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "tiers.csv")
    ...     wbe.report.write_tiers_csv(wbe.rank(values, "methamphetamine"), path)
    ...     len(path.read_text(encoding="utf-8-sig").splitlines())
    14
    """
    import csv

    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    columns = _columns(tiers)
    writer.writerow([_safe(str(c)) for c in columns])
    for row in tiers[columns].itertuples(index=False, name=None):
        writer.writerow([_written(value) for value in row])
    Path(path).write_bytes(table.getvalue().encode("utf-8-sig"))


def write_tiers_xlsx(tiers: pd.DataFrame, path: str | Path, language: str = "en") -> None:
    """Write the tiers as a workbook: one sheet of values, one that explains the ids.

    Parameters
    ----------
    tiers : DataFrame or GeoDataFrame (row)
        Columns of ``tiers.csv``; a geometry is left out.
    path : str or Path
        Where to write.
    language : str
        ``en`` or ``zh``, for the names of sheets and the meanings.

    Notes
    -----
    Texts are typed as text, so that none becomes a formula. The first sheet keeps the column names
    of ``tiers.csv``; floats have 6 significant digits.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import openpyxl
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "tiers.xlsx")
    ...     wbe.report.write_tiers_xlsx(wbe.rank(values, "methamphetamine"), path)
    ...     openpyxl.load_workbook(path).sheetnames
    ['tiers', 'names']
    """
    columns = _columns(tiers)
    values = tiers[columns].itertuples(index=False, name=None)
    heads = [names.text(f"column.{key}", language) for key in ("kind", "id", "display")]
    sheets = [
        workbook.Sheet(names.text("sheet.tiers", language), columns,
                       ([_typed(value) for value in row] for row in values)),
        workbook.Sheet(names.text("sheet.names", language), heads,
                       _meanings(tiers, columns, language)),
    ]  # fmt: skip
    Path(path).write_bytes(workbook.write(sheets, quoted=FORMULA_STARTS))


def _columns(tiers: pd.DataFrame) -> list[str]:
    geometry = getattr(tiers, "_geometry_column_name", None)
    return [str(c) for c in tiers.columns if c != geometry]


def _missing(value: object) -> bool:
    """NaN, NaT, NA and None; ``pandas.NA`` answers no comparison, hence the name."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def _plain(value: object) -> object:
    """Return numpy's scalars as Python's."""
    return value.item() if hasattr(value, "item") and hasattr(value, "dtype") else value


def _written(value: object) -> str:
    """Return one CSV cell."""
    value = _plain(value)
    if _missing(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return format(value, ".6g")
    return _safe(str(value))


def _safe(text: str) -> str:
    """Return a text that no spreadsheet calculates."""
    safe = safe_text(text)
    # A lone CR would be written bare and read as the end of the row.
    return safe.replace("\r\n", "\n").replace("\r", "\n")


def _typed(value: object) -> bool | int | float | str | None:
    """Return the content of a workbook's cell: floats at 6 significant digits."""
    value = _plain(value)
    if _missing(value):
        return None
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        # A workbook holds no infinity as a number.
        return float(format(value, ".6g")) if math.isfinite(value) else str(value)
    return str(value)


def _meanings(tiers: pd.DataFrame, columns: list[str], language: str) -> list[tuple[str, str, str]]:
    """Return kind, id and printed name of every column, tier, drug, quantity and flag."""
    from wbe.report.views import heading

    rows = [("column", column, heading(column, language)) for column in columns]
    for kind in ("drug", "quantity", "tier", "flag"):
        given = tiers["flags" if kind == "flag" else kind].dropna()
        ids = sorted({i for text in given for i in str(text).split(";") if i})
        rows += [(kind, i, names.display(kind, i, language)) for i in ids]
    return [(names.text(f"kind.{kind}", language), id, meaning) for kind, id, meaning in rows]
