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


def purposive_notes(table: pd.DataFrame | None, rows: pd.DataFrame, language: str) -> Iterator[str]:
    """Yield the sentence on purposively placed surface water, one for the map.

    Parameters
    ----------
    table : DataFrame or None
        From `wbe.spatial.stream_symbols`.
    rows : DataFrame
        The tiers that the map shows; rows of `table` of another round are left out.
    language : str
        ``en`` or ``zh``.
    """
    own = [row for row in _of_map(table, rows) if row["p_any_high"] == row["p_any_high"]]
    parts = [
        names.text("map.purposive.area", language, area=row["label"], p=_chance(row["p_any_high"]))
        for row in sorted(own, key=lambda r: (-float(r["p_any_high"]), r["label"]))
    ]
    if parts:
        reference = words.round_name(own[0]["reference_round"], language)
        joined = names.text("list.separator", language).join(parts)
        yield names.text("map.purposive", language, round=reference, areas=joined)


def legacy_notes(table: pd.DataFrame | None, rows: pd.DataFrame, language: str) -> Iterator[str]:
    """Yield the sentence on what soil and sediment hold, one for the map.

    Parameters
    ----------
    table : DataFrame or None
        From `wbe.spatial.legacy_residue`.
    rows, language
        As in `purposive_notes`.
    """
    parts = [
        names.text("map.legacy.area", language, area=row["label"],
                   matrix=names.display("matrix", str(row["matrix"]), language),
                   values=_span(words.number(row["lowest"]), words.number(row["highest"])),
                   n=row["n_points"], below=row["n_censored"])
        for row in sorted(_of_map(table, rows), key=lambda r: (r["label"], str(r["matrix"])))
    ]  # fmt: skip
    if parts:
        joined = names.text("list.separator", language).join(parts)
        yield names.text("map.legacy", language, areas=joined)


def _chance(p: float) -> str:
    """A probability of draws: one that no draw shows is small, not 0."""
    return "<0.01" if p < 0.005 else f"{p:.2f}"


def _span(low: str, high: str) -> str:
    return low if low == high else f"{low} – {high}"


def _of_map(table: pd.DataFrame | None, rows: pd.DataFrame) -> list[dict[Any, Any]]:
    """Rows about the areas and the round of a map, with the name that the map prints."""
    if table is None:
        return []
    shown = [r for r in words.bare(rows).to_dict("records") if r["class"] != words.SUPPRESSED]
    label = {(str(r["area"]), str(r["round"])): words.label_of(r["name"], r["area"]) for r in shown}
    found = [(label.get((str(r["area"]), str(r["round"]))), r) for r in table.to_dict("records")]
    return [{**row, "label": name} for name, row in found if name is not None]
