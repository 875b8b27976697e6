"""How a table of catchments is told from one of sites: a column of weights, or plants in rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wbe.io.header import Column, Header
from wbe.io.words import plain

if TYPE_CHECKING:
    from wbe.io.tables import Sheet

_WEIGHTS: Final = ("weight", "catchment weight", "share of catchment", "权重", "汇水占比")
_OTHERS: Final = {"site", "area", "town", "population", "population_basis", "population_date",
                  "note"}  # fmt: skip


def weight_column(header: Header) -> Column | None:
    """The column of weights of a table of catchments.

    Parameters
    ----------
    header : Header

    Returns
    -------
    Column or None
    """
    found = [c for c in header.columns if plain(c.text).casefold() in _WEIGHTS]
    return found[0] if found else None


def is_catchments(sheet: Sheet, header: Header) -> bool:
    """Whether a table says how catchments lie in areas.

    Parameters
    ----------
    sheet : Sheet
    header : Header

    Returns
    -------
    bool
        With a column of weights beside site and area; without, where nothing but populations
        stands beside them and a site is in two areas.
    """
    site, area = header.column("site"), header.column("area") or header.column("town")
    if site is None or area is None or header.has("analyte") or header.analytes:
        return False
    if weight_column(header) is not None:
        return not header.has("sample_id")
    fields = {c.id for c in header.columns if c.kind == "field"}
    if not header.has("population") or not fields <= _OTHERS:
        return False
    areas: dict[str, set[str]] = {}
    for row in sheet.rows[header.row + header.depth :]:
        if max(site.index, area.index) < len(row):
            areas.setdefault(plain(row[site.index]), set()).add(plain(row[area.index]))
    return any(len(own - {""}) > 1 for name, own in areas.items() if name)
