"""Heading over a map and the sentences under it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from wbe import names
from wbe.plot import labels, words

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes

    from wbe.plot.map_panel import View

COLUMNS: Final = 150  # width of the notes under the map, in Latin letters
_TITLE: Final = 13.0  # size of the title [point]
NOTE_SIZE, LINE = 7.5, 0.148  # size [point] and height [inch] of a line of notes

Heading = list[tuple[str, float]]


def heading(rows: pd.DataFrame, title: str, own: str, language: str, round: str = "") -> Heading:
    """Title, drug and round, and what concerns the map as a whole, with their font sizes.

    `own` is the table's title; what `title` adds to it stands in a line of its own. `round` is
    printed for the round, where there are several; by default that of the rows.
    """
    lines: list[str] = []
    drug = names.display("drug", str(rows["drug"].iloc[0]), language)
    if drug == "index":
        drug = names.display("quantity", drug, language)
    shown = round or words.round_name(rows["round"].iloc[0], language)
    lines.append(names.text("map.subtitle", language, drug=drug, round=shown))
    if words.is_synthetic(title):
        lines[-1] += names.text("map.synthetic", language)
    if not round and _alike(rows):
        lines.append(names.text("map.not_distinguishable", language))
    added = title.removeprefix(own).strip() if own else ""
    if added and added != title:
        title, lines = own, [*words.wrap(added, 100), *lines]
    large = words.wrap(title, 80) if title else []
    return [(line, _TITLE) for line in large] + [(line, 10.0) for line in lines]


def _alike(rows: pd.DataFrame) -> bool:
    """Tell whether the map as a whole shows no difference: flagged, and of one tier at most."""
    tiers = rows["tier"].fillna("").astype(str)
    flagged = (rows["class"] == words.NOT_DISTINGUISHABLE).any()
    every = words.all_flagged(rows, words.NOT_DISTINGUISHABLE)
    return bool(every or (flagged and tiers[tiers != ""].nunique() < 2))


def over(heading: Heading) -> tuple[str, list[str]]:
    """Return the title of a heading, and its other lines, for pictures with a heading of their own.

    Parameters
    ----------
    heading : Heading
        From `heading`.
    """
    title = " ".join(text for text, size in heading if size == _TITLE)
    return title, [text for text, size in heading if size != _TITLE]


def notes(
    rows: GeoDataFrame, attrs: dict[Any, Any], classes: list[words.TierClass], view: View,
    language: str, further: Iterable[str] = (), columns: int = COLUMNS,
) -> list[str]:  # fmt: skip
    """Return the sentences under the map, one a paragraph, as lines of so many columns."""
    found = [words.method_sentence(attrs, language), numbers(rows, language)]
    if words.all_flagged(rows, "no_draws"):
        found.append(names.text("map.no_draws", language))
    if hidden := len(rows) - len(view.areas) - len(view.outside):
        found.append(words.counted("map.without_geometry", hidden, language))
    if len(view.outside):
        found.append(_outside(view.outside, classes, language))
    if view.sites_outside:
        found.append(names.text("map.outside.sites", language, n=view.sites_outside))
    return wrapped([*found, *further, *disclaimers(language)], columns)


def disclaimers(language: str) -> list[str]:
    """Return what every map says of itself: no reference for boundaries, no grounds for action."""
    keys = ("disclaimer.schematic", "disclaimer.population_level")
    return [names.text(key, language) for key in keys]


def wrapped(notes: Iterable[str], columns: int = COLUMNS) -> list[str]:
    """Return notes as lines."""
    return [line for note in notes for line in words.wrap(note, columns)]


def numbers(rows: pd.DataFrame, language: str) -> str:
    """Say how many areas, sites and samples the map rests on, and how many tiers are certain."""
    sites = int(rows["n_sites"].fillna(0).sum())
    samples = int(rows["n_samples"].fillna(0).sum())
    counts = {"areas": len(rows), "sites": sites, "samples": samples}
    said = {k: words.counted(f"map.numbers.{k}", n, language) for k, n in counts.items()}
    sure = sum(map(words.yes, rows["resolved"]))
    certain = words.counted("map.numbers.areas", sure, language)
    return names.text("map.numbers", language, **said, sure=certain)


def _outside(areas: GeoDataFrame, classes: list[words.TierClass], language: str) -> str:
    """Say how many areas of what tier lie outside the frame, and which where they are few."""
    named = len(areas) <= labels.MOST
    parts = []
    for entry in words.from_highest(classes):
        own = sorted(labels.all_names(areas[areas["class"] == entry.id]))
        key = "map.outside.named" if named else "map.outside.counted"
        if own:
            listed = names.text("list.comma", language).join(own)
            parts.append(names.text(key, language, name=entry.name, n=len(own), areas=listed))
    key = "map.outside.one" if len(areas) == 1 else "map.outside"
    joined = names.text("list.separator", language).join(parts)
    said = names.text(key, language, n=len(areas), classes=joined)
    return said if named else said + names.text("map.outside.table", language)


def write_heading(ax: Axes, heading: Heading, above: float = 0.0) -> None:
    """Set lines over the axes; `above` is the height of what already stands there [point]."""
    for i, (line, size) in enumerate(reversed(heading)):
        ax.annotate(line, (0, 1), (0, 8 + above + 17 * i), xycoords="axes fraction", ha="left",
                    va="bottom", textcoords="offset points", fontsize=size)  # fmt: skip


def write_notes(ax: Axes, notes: list[str], below: float, left: float = 0.0) -> None:
    """Set notes under the axes, past what already stands there.

    Parameters
    ----------
    ax : Axes
    notes : list of str
        Lines.
    below, left : float
        Of the axes' lower left corner; `left` is negative left of it [point].
    """
    ax.annotate("\n".join(notes), (0, 0), (left, -6 - below), xycoords="axes fraction", ha="left",
                va="top", textcoords="offset points", fontsize=NOTE_SIZE,
                linespacing=1.35)  # fmt: skip
