"""Tables of statistics by area and period, to one table of records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from os import PathLike
from pathlib import Path

import pandas as pd

from wbe.errors import FindingsError
from wbe.findings import Findings
from wbe.io.gather import extract
from wbe.io.header import Header
from wbe.io.indicators.columns import Columns, columns_of
from wbe.io.indicators.judged import settled
from wbe.io.indicators.records import Reader, Record
from wbe.io.rows import Body
from wbe.io.sources import Source, Table, open_source
from wbe.io.text import Refused
from wbe.spellings import nearest

COLUMNS: tuple[str, ...] = tuple(f.name for f in fields(Record) if f.name != "position")
"""Columns of the table that `read_indicators` returns."""


def read_indicators(
    path: str | PathLike[str], *, errors: str = "raise", encoding: str | None = None
) -> pd.DataFrame:
    r"""Read statistics by area and period: counts, shares, and changes in per cent.

    Parameters
    ----------
    path : path
        CSV, TSV, XLSX, XLS, ODS or Parquet. Long (``area, period, indicator, value, unit`` and
        where known ``of, change, against, group, basis, definition, source, note``) or wide (one
        column an indicator with its unit in the header, ``同比`` behind it); English or Chinese.
    errors : str
        ``raise``, or ``reject``: rows with errors are left out.
    encoding : str, optional
        Codec of a text file.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, one row a statistic. ``unit``: ``persons``, ``person_times``, ``cases``
        or ``%``. ``start`` and ``end`` are days of the window. ``attrs["findings"]`` holds all
        findings.

    Raises
    ------
    FindingsError
        If the file is refused, no row is left, or with ``errors="raise"`` anything was rejected.
        A table with columns about persons, or about less than an area, is refused whole.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import wbe
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "statistics.csv")
    ...     _ = path.write_text(
    ...         "area,period,indicator,value,unit\nA,2018-01/2018-08,admitted,513,persons\n",
    ...         encoding="utf-8",
    ...     )
    ...     print(wbe.read_indicators(path)[["area", "indicator", "value", "unit", "days"]])
      area indicator  value     unit  days
    0    A  admitted  513.0  persons   243
    """
    findings = Findings()
    source = open_source(Path(path), Path(path).name, findings, encoding)
    table = indicators_of(source, findings)
    if table is None or table.empty or (errors == "raise" and findings.errors):
        raise FindingsError(findings)
    return table


def indicators_of(source: Source, findings: Findings) -> pd.DataFrame | None:
    r"""Statistics of an opened file; None if it holds none, with the reason among the findings.

    Parameters
    ----------
    source : Source
        An opened file.
    findings : Findings
        Receives what is noticed.

    Returns
    -------
    DataFrame or None
        As `read_indicators`.

    Raises
    ------
    Refused
        If the file as a whole cannot be used.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from wbe.findings import Findings
    >>> from wbe.io.sources import open_source
    >>> text = "area,period,indicator,value,unit\nA,2018,admitted,513,persons\n"
    >>> noticed = Findings()
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "statistics.csv")
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     table = indicators_of(open_source(path, path.name, noticed, None), noticed)
    >>> table[["area", "value", "days"]]
      area  value  days
    0    A  513.0   365
    """
    tables = [table for table in source.tables if table.form == "indicators"]
    if not tables:
        if source.tables:
            findings.add("not_an_indicators_table", file=source.name)
        return None
    parts = []
    for table in tables:
        try:
            parts.append(_records(table, findings))
        except Refused as refused:
            if refused.rule != "columns_refused":
                findings.add(refused.rule, file=source.name, sheet=table.sheet.name,
                             line=refused.line, **refused.details)  # fmt: skip
    if not parts:
        return None
    frame = pd.concat(parts, ignore_index=True)
    for name in ("start", "end"):
        frame[name] = pd.to_datetime(frame[name])
    frame.attrs = {"findings": findings, "file": source.name}
    return frame


def _records(table: Table, findings: Findings) -> pd.DataFrame:
    columns = columns_of(table.header)
    line = table.sheet.lines[table.header.row]
    if columns.below_area:
        for column in columns.below_area:
            findings.add("indicator_not_by_area", file=table.sheet.file, sheet=table.sheet.name,
                         line=line, column=column.text,
                         cell=table.sheet.address(table.header.row, column.index))  # fmt: skip
        raise Refused("columns_refused")
    needed = ["area", "period"] + (["value"] if columns.long else [])
    absent = [name for name in needed if name not in columns.roles]
    if not columns.long and not columns.series:
        absent.append("value")
    if absent:
        raise Refused("indicator_column_missing", line=line, fields=", ".join(absent))
    _name_identity(table.header, columns)
    body = extract(table.sheet, table.header, findings, quality_control=False)
    for column in columns.unused:
        body.note("column_left_out", column=column)
    return _table(body, columns, findings)


def _name_identity(header: Header, columns: Columns) -> None:
    """Give areas and periods the ids by which merged cells are filled and totals known."""
    ids = {columns.roles["area"].index: "area", columns.roles["period"].index: "round"}
    for column in header.columns:
        kind = "field" if column.index in ids else "unknown"
        header.columns[column.index] = replace(column, kind=kind, id=ids.get(column.index, ""))


def _table(body: Body, columns: Columns, findings: Findings) -> pd.DataFrame:
    records = settled(Reader(body, columns).take(), columns, body)
    findings.rows += body.seen
    findings.accepted += len(body) - int(body.rejected.sum())
    return pd.DataFrame([record.row() for record in records], columns=list(COLUMNS))


def note_unknown_areas(table: pd.DataFrame, areas: Sequence[str], findings: Findings) -> None:
    """Name areas of the statistics that are no area of the campaign, with the nearest.

    Parameters
    ----------
    table : DataFrame
        From `read_indicators`.
    areas : sequence of str
        Ids and names of areas.
    findings : Findings
        Receives one flag an area.

    Examples
    --------
    >>> import pandas as pd
    >>> from wbe.findings import Findings
    >>> noticed = Findings()
    >>> note_unknown_areas(pd.DataFrame({"area": ["Nortown"]}), ["Northtown", "Southtown"], noticed)
    >>> [finding.rule for finding in noticed]
    ['indicator_area_unknown']
    """
    for area in sorted(set(table["area"]) - set(areas)):
        near = ", ".join(nearest(area, sorted(set(areas)))) or "none"
        findings.add("indicator_area_unknown", file=table.attrs.get("file", ""), value=area,
                     nearest=near)  # fmt: skip
