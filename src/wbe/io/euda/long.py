"""A table of EUDA's shape as a long one, so that it is converted like a laboratory's."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from wbe.findings import Findings
from wbe.io.euda.table import wide_of
from wbe.io.header import header_at
from wbe.io.sources import Table
from wbe.io.tables import Sheet
from wbe.io.words import load
from wbe.units import PN_UNIT

SITE_ID: Final = "EUDA id"
"""Header under which EUDA's site id is carried, so that it can be written back."""
_HEADER: Final = (
    "sample_id", "site", "round", "weekday", "analyte", "pn_load", "unit", "status", "matrix",
    "mode", "duration_h", SITE_ID,
)  # fmt: skip
_ZERO: Final = re.compile(r"0+(?:\.0+)?(?:[eE][+-]?[0-9]+)?")
_ALWAYS: Final = ("wwtp_influent", "composite_24h", "24")


def as_long(table: Table) -> tuple[Table, list[str]]:
    """One row a result, as `wbe.io.euda.loads.read_loads` understands the table.

    A load of 0 is a blank with the status ``below_loq``; a day without a sample has no row; a cell
    that is no load stays as it is.

    Parameters
    ----------
    table : Table
        Of form ``euda``.

    Returns
    -------
    table : Table
        Of form ``long``, with the lines of the file.
    skipped : list of str
        Headers of what is no result: the published means, and columns of unknown meaning.
    """
    wide = wide_of(table, Findings())
    no_sample = set(load("euda")["no_sample"])
    rows, lines = [list(_HEADER)], [0]
    for _, week in wide.rows.iterrows():
        for day in load("euda")["days"]:
            text = str(week[day]).strip()
            if text not in no_sample:
                rows.append(_result(week, day, text))
                lines.append(int(week["source_line"]))
    sheet = Sheet(table.sheet.file, table.sheet.name, rows, lines)
    skipped = [wide.headers[n] for n in load("euda")["means"] if n in wide.headers]
    return Table(sheet, header_at(sheet, 0, 1), "long", table.layout), [*skipped, *wide.others]


def _result(week: pd.Series, day: str, text: str) -> list[str]:
    sample = f"{week['Year']}|{week['site']}|{day}"
    status, load_text = ("below_loq", "") if _ZERO.fullmatch(text) else ("", text)
    return [sample, week["site"], week["Year"], day, week["analyte"], load_text, PN_UNIT, status,
            *_ALWAYS, week["Site ID"]]  # fmt: skip
