"""Sampling points of internal maps: a shape for each matrix, hollow where placed on purpose.

A point placed by suspicion says nothing about its town, and soil nothing about this round, so
neither looks like a point that the town's tier rests on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wbe import names
from wbe.plot import style, words

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes

#: Shape of every matrix; they differ in outline, so that no colour is needed.
SHAPES: Final = {
    "wwtp_influent": "s", "wwtp_effluent": "h", "open_channel": "^", "surface_water": "D",
    "soil": "P", "sediment": "X", "": "o",
}  # fmt: skip
_SIZES: Final = {"s": 20.0, "D": 17.0, "P": 30.0, "X": 28.0}
_USUAL: Final = 24.0  # area of a mark [point^2]
#: What the ground keeps from earlier rounds: it has no tier.
LEGACY: Final = ("soil", "sediment")
_ROUTINE: Final = ("", "routine")
# What is sampled where the table of sites names no matrix.
_MATRIX_OF_TYPE: Final = {
    "wwtp": "wwtp_influent", "channel": "open_channel", "river": "surface_water", "land": "soil",
}  # fmt: skip


class Kind(NamedTuple):
    """One kind of point: its matrix, and whether it was placed on purpose."""

    matrix: str
    purposive: bool


def kinds(sites: GeoDataFrame) -> list[Kind]:
    """Return the kind of every site.

    Parameters
    ----------
    sites : GeoDataFrame (row)
        With ``matrix``, or else ``type``, and ``role``, as far as known.

    Returns
    -------
    list of Kind
        Without a known matrix it is empty. Any role but routine is purposive.
    """
    return [_kind(row) for row in words.bare(sites).to_dict("records")]


def _kind(row: dict[Any, Any]) -> Kind:
    matrix = _text(row.get("matrix")) or _MATRIX_OF_TYPE.get(_text(row.get("type")), "")
    return Kind(matrix if matrix in SHAPES else "", _text(row.get("role")) not in _ROUTINE)


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def mark(kind: Kind) -> dict[str, Any]:
    """Return how a kind is drawn, for ``scatter``: filled, or hollow where placed on purpose."""
    shape = SHAPES[kind.matrix]
    found: dict[str, Any] = {"marker": shape, "s": _SIZES.get(shape, _USUAL)}
    if kind.purposive:
        return {**found, "color": "#FFFFFF", "edgecolors": style.INK, "linewidths": 1.3}
    return {**found, "color": style.INK, "edgecolors": "#FFFFFF", "linewidths": 0.6}


def draw(ax: Axes, sites: GeoDataFrame) -> None:
    """Draw every site over the areas, one collection a kind."""
    import numpy as np

    found = kinds(sites)
    for kind in sorted(set(found)):
        own = sites[np.array([k == kind for k in found], dtype=bool)]
        ax.scatter(own.geometry.x, own.geometry.y, zorder=4, **mark(kind))


def entries(sites: GeoDataFrame, language: str) -> list[tuple[Kind, str]]:
    """Return the legend's entries of the kinds that occur, with their numbers."""
    found = kinds(sites)
    order = list(SHAPES)
    present = sorted(set(found), key=lambda k: (k.purposive, order.index(k.matrix)))
    return [(kind, _said(kind, found.count(kind), language)) for kind in present]


def _said(kind: Kind, n: int, language: str) -> str:
    name = names.display("matrix", kind.matrix, language) if kind.matrix else ""
    text = name or names.text("map.sites", language)
    if kind.matrix in LEGACY:
        text = names.text("map.site.legacy", language, name=text)
    if kind.purposive:
        text = names.text("map.site.purposive", language, name=text)
    return names.text("map.site.counted", language, name=text, n=n)


def purposive_notes(table: pd.DataFrame | None, reference: str, language: str) -> Iterator[str]:
    """Yield the sentence on purposively placed surface water, one for the map.

    Parameters
    ----------
    table : DataFrame or None
        ``area`` or ``name``, and ``p_any_above``: the probability that any of the area's
        purposive points lies above the 90th percentile of the reference round.
    reference : str
        The reference round, as printed.
    language : str
        ``en`` or ``zh``.
    """
    if table is None or table.empty:
        return
    rows = words.bare(table).to_dict("records")
    parts = [
        names.text("map.purposive.area", language, p=words.number(row["p_any_above"], 2),
                   area=words.label_of(row.get("name"), row.get("area", "")))
        for row in sorted(rows, key=lambda r: (-float(r["p_any_above"]), str(r.get("area", ""))))
        if row["p_any_above"] == row["p_any_above"]
    ]  # fmt: skip
    if parts:
        joined = names.text("list.separator", language).join(parts)
        yield names.text("map.purposive", language, round=reference, areas=joined)
