"""The tier map: areas coloured by tier, doubt shown as plainly as the tier itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wbe import names
from wbe.errors import UsageError
from wbe.plot import frame as framing
from wbe.plot import graticule, labels, shapes, style, words

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes

    from wbe.plot.frame import Frame

_WIDTH: Final = 8.8  # of the figure [inch]
_MAP_WIDTH: Final = 5.5
_MAP_HEIGHTS: Final = (2.6, 6.6)
_COLUMNS: Final = 150  # width of the notes under the map, in Latin letters
_LEGEND_COLUMNS: Final = 40
_NOTE_SIZE, _LINE = 7.5, 0.148  # size [point] and height [inch] of a line of notes


def tier_map(
    tiers: GeoDataFrame,
    *,
    drug: str | None = None,
    round: str | None = None,
    sites: GeoDataFrame | None = None,
    language: str = "en",
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the tiers of one drug in one round.

    Darker means a higher tier; hatching over a tier's colour (in maps of points a dot in the mark)
    means that the tier is not certain. Areas without a tier are told apart by their reason. No
    base map is drawn and nothing is fetched.

    Where a few points lie far from the rest, the map is framed around the rest, and says how many
    areas of what tier lie outside (`wbe.plot.frame.main_cluster` has the rule).

    Parameters
    ----------
    tiers : GeoDataFrame (row)
        What `wbe.rank` returns: the columns of ``tiers.csv`` and polygons or points.
    drug, round : str or None
        By default those that the table's attrs name.
    sites : GeoDataFrame or None
        Sampling points to mark. Only for internal use: a public map shows areas.
    language : str
        ``en`` or ``zh``.
    ax : Axes or None
        Where to draw; by default on a new Figure of its own, without pyplot.
    title : str or None
        By default the title in the table's attrs. What it says beyond that, as a warning, is
        printed under it in the size of normal text.

    Returns
    -------
    Axes
        The map; ``ax.figure`` is its Figure. Write it with `save_map`.

    Raises
    ------
    UsageError
        The table holds no such drug or round, or no geometry at all.
    """
    rows = words.selected(tiers, drug, round)
    placed = rows[rows.geometry.notna() & ~rows.geometry.is_empty]
    if placed.empty:
        raise UsageError("no area has a geometry: there is nothing to draw a map of")
    title = words.clean(title if title is not None else tiers.attrs.get("title", ""))
    attrs = words.for_drug(tiers.attrs, str(rows["drug"].iloc[0]))
    view = _view(placed, sites)
    with style.context():
        classes = words.classes(attrs, rows["class"], language)
        heading = _heading(rows, title, words.clean(tiers.attrs.get("title", "")), language)
        grid = graticule.suits(view.areas)
        notes = _notes(rows, attrs, classes, view, language)
        ax = ax if ax is not None else _new_axes(view.frame, len(heading), len(notes) + 1, grid)
        size = shapes.mark_size(len(view.areas))
        points = _draw(ax, view, shapes.looks(classes), size)
        _limit(ax, view)
        if grid:
            graticule.draw(ax, view.frame)
        if len(view.areas) <= labels.MOST:
            written = labels.place(ax, labels.all_names(view.areas), view.areas.geometry)
            if len(written) < len(view.areas):
                notes.append(names.text("map.names_left_out", language))
        _legend(ax, rows, classes, language, mark=size if points else None,
                sites=sites is not None, sure_at=words.threshold(attrs))  # fmt: skip
        _write(ax, heading, notes, graticule.BELOW if grid else 0.0)
    return ax


class View(NamedTuple):
    """What a map draws, and what lies outside its frame."""

    areas: GeoDataFrame
    outside: GeoDataFrame
    sites: GeoDataFrame | None
    sites_outside: int
    frame: Frame


def _view(placed: GeoDataFrame, sites: GeoDataFrame | None) -> View:
    """Part areas and sites into those that the map shows and those outside its frame."""
    if sites is not None:
        sites = sites[sites.geometry.notna() & ~sites.geometry.is_empty]
    kept = framing.shown(placed)
    areas, outside = placed[kept], placed[~kept]
    if outside.empty:
        return View(areas, outside, sites, 0, framing.around(areas, sites))
    frame = framing.around(areas)
    if sites is None:
        return View(areas, outside, None, 0, frame)
    held = frame.holds(sites.geometry)
    return View(areas, outside, sites[held], int((~held).sum()), frame)


def _new_axes(frame: Frame, heading: int, notes: int, grid: bool) -> Axes:
    """Axes on a Figure as tall as map, heading and notes need."""
    tall = min(max(_MAP_WIDTH * frame.ratio, _MAP_HEIGHTS[0]), _MAP_HEIGHTS[1])
    top, bottom = 0.25 + 0.24 * heading, 0.15 + _LINE * notes
    left = 0.02 * _WIDTH
    if grid:
        left, bottom = left + graticule.BESIDE, bottom + graticule.BELOW / 72
    height = top + tall + bottom
    figure = style.new_figure(_WIDTH, height)
    return figure.add_axes((left / _WIDTH, bottom / height, _MAP_WIDTH / _WIDTH, tall / height))


def _draw(ax: Axes, view: View, looks: dict[str, shapes.Look], size: float) -> bool:
    """Draw every area and site in the frame; tell whether areas are points."""
    shown = view.areas
    kinds = shown.geom_type.isin(["Polygon", "MultiPolygon"])
    geometries = shapes.simplified(shown.geometry)
    order = {name: i for i, name in enumerate(looks)}
    # Doubt is a matter of tiers: an area without one has a look of its own already.
    sure = [words.yes(r) or c in words.WITHOUT_TIER
            for r, c in zip(shown["resolved"], shown["class"], strict=True)]  # fmt: skip
    groups = shown.assign(sure=sure, polygon=kinds)
    for (name, sure, polygon), rows in groups.groupby(["class", "sure", "polygon"], sort=True):
        chosen = geometries.loc[rows.index]
        if polygon:
            shapes.draw_areas(ax, chosen, looks[name], sure)
        else:
            shapes.draw_points(ax, chosen, looks[name], sure, size, 3 + 0.01 * order[name])
    if view.sites is not None:
        ax.scatter(view.sites.geometry.x, view.sites.geometry.y, **_site_mark(), zorder=4)
    return not kinds.all()


def _site_mark() -> dict[str, Any]:
    return {"marker": "^", "s": 16, "color": style.INK, "edgecolors": "#FFFFFF", "linewidths": 0.5}


def _limit(ax: Axes, view: View) -> None:
    """Set the limits of the map; where areas lie outside, draw the frame."""
    frame = view.frame
    ax.set_xlim(frame.west, frame.east)
    ax.set_ylim(frame.south, frame.north)
    ax.set_aspect(frame.stretch, adjustable="box", anchor="NW")
    ax.set_axis_off()
    if len(view.outside):
        graticule.outline(ax)


def _legend(
    ax: Axes, rows: pd.DataFrame, classes: list[words.TierClass], language: str, *,
    mark: float | None, sites: bool, sure_at: float,
) -> None:  # fmt: skip
    """Write the legend; `mark` is the size of a point's marker, None in a map of polygons."""
    looks = shapes.looks(classes)
    entries = [(_handle(looks[c.id], True, mark), _class_text(c, rows, language, sure_at))
               for c in words.from_highest(classes)]  # fmt: skip
    unsure = names.text("map.unsure.point" if mark else "map.unsure.area", language,
                        p=words.number(sure_at, pad=False))  # fmt: skip
    entries.append((_handle(shapes.Look("#FFFFFF"), False, mark), _lines(unsure)))
    if sites:
        entries.append((_site_handle(), names.text("map.sites", language)))
    handles, texts = zip(*entries, strict=True)
    legend = ax.legend(
        handles, texts, title=_legend_title(rows, language), loc="upper left",
        bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=8.5, title_fontsize=8.5,
        alignment="left", handlelength=1.9, handleheight=1.4, labelspacing=0.75, borderpad=0,
    )  # fmt: skip
    legend.set_zorder(6)
    for text in legend.get_texts():
        text.set_linespacing(1.25)


def _legend_title(rows: pd.DataFrame, language: str) -> str:
    quantity = names.display("quantity", str(rows["quantity"].iloc[0]), language)
    unit = str(rows["unit"].iloc[0])
    return _lines(quantity) + ("" if unit in ("", "1", "nan") else f"\n[{unit}]")


def _lines(text: str) -> str:
    return "\n".join(words.wrap(text, _LEGEND_COLUMNS))


def _handle(look: shapes.Look, sure: bool, mark: float | None) -> Any:
    """Sample of a class for the legend, drawn as on the map."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    if mark:
        return tuple(
            Line2D([], [], linestyle="none", marker=m["marker"], markersize=m["s"] ** 0.5,
                   markerfacecolor=m["color"], markeredgewidth=m["linewidths"],
                   markeredgecolor=m.get("edgecolors", m["color"]))
            for m in shapes.marks(look, sure, mark)
        )  # fmt: skip
    hatch, lines = look.hatch, look.lines
    if not hatch and not sure:
        hatch, lines = shapes.UNSURE, shapes.over(look.fill)
    ground = Patch(facecolor=look.fill, edgecolor=lines, hatch=hatch, linewidth=0.0)
    return (ground, Patch(facecolor="none", edgecolor=style.OUTLINE, linewidth=0.7))


def _site_handle() -> Any:
    from matplotlib.lines import Line2D

    mark = _site_mark()
    return Line2D([], [], linestyle="none", marker=mark["marker"], markersize=mark["s"] ** 0.5,
                  markerfacecolor=mark["color"], markeredgecolor=mark["edgecolors"])  # fmt: skip


def _class_text(entry: words.TierClass, rows: pd.DataFrame, language: str, sure_at: float) -> str:
    """Name and range of a class, how many areas, and how sure they are of it."""
    own = rows[rows["class"] == entry.id]
    text = words.counted("map.count", len(own), language)
    column = f"p_{entry.id}"
    chances = own[column].dropna() if column in own else own.iloc[:0, 0]
    if len(own) and len(chances):
        sure = sum(map(words.yes, own["resolved"]))
        low, high = (words.chance(p, sure_at) for p in (chances.min(), chances.max()))
        text += names.text("map.sure", language, sure=sure,
                           p=low if low == high else f"{low} – {high}")  # fmt: skip
    return f"{_lines(entry.text(language))}\n{text}"


def _heading(rows: pd.DataFrame, title: str, own: str, language: str) -> list[tuple[str, float]]:
    """Title, drug and round, and what concerns the map as a whole, with their font sizes.

    `own` is the table's title; what `title` adds to it stands in a line of its own.
    """
    lines: list[str] = []
    drug = names.display("drug", str(rows["drug"].iloc[0]), language)
    if drug == "index":
        drug = names.display("quantity", drug, language)
    shown = words.round_name(rows["round"].iloc[0], language)
    lines.append(names.text("map.subtitle", language, drug=drug, round=shown))
    if words.is_synthetic(title):
        lines[-1] += names.text("map.synthetic", language)
    if (rows["class"] == words.NOT_DISTINGUISHABLE).any() or words.all_flagged(
        rows, words.NOT_DISTINGUISHABLE
    ):
        lines.append(names.text("map.not_distinguishable", language))
    added = title.removeprefix(own).strip() if own else ""
    if added and added != title:
        title, lines = own, [*words.wrap(added, 100), *lines]
    large = words.wrap(title, 80) if title else []
    return [(line, 13.0) for line in large] + [(line, 10.0) for line in lines]


def _notes(
    rows: GeoDataFrame, attrs: dict[Any, Any], classes: list[words.TierClass], view: View,
    language: str,
) -> list[str]:  # fmt: skip
    """Return the sentences under the map, one a paragraph, as lines."""
    notes = [words.method_sentence(attrs, language)]
    sites = int(rows["n_sites"].fillna(0).sum())
    samples = int(rows["n_samples"].fillna(0).sum())
    sure = sum(map(words.yes, rows["resolved"]))
    numbers = {"areas": len(rows), "sites": sites, "samples": samples}
    said = {k: words.counted(f"map.numbers.{k}", n, language) for k, n in numbers.items()}
    certain = words.counted("map.numbers.areas", sure, language)
    notes.append(names.text("map.numbers", language, **said, sure=certain))
    if words.all_flagged(rows, "no_draws"):
        notes.append(names.text("map.no_draws", language))
    if hidden := len(rows) - len(view.areas) - len(view.outside):
        notes.append(words.counted("map.without_geometry", hidden, language))
    if len(view.outside):
        notes.append(_outside(view.outside, classes, language))
    if view.sites_outside:
        notes.append(names.text("map.outside.sites", language, n=view.sites_outside))
    notes.append(names.text("disclaimer.schematic", language))
    notes.append(names.text("disclaimer.population_level", language))
    return [line for note in notes for line in words.wrap(note, _COLUMNS)]


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


def _write(ax: Axes, heading: list[tuple[str, float]], notes: list[str], below: float) -> None:
    """Set the heading over the map and the notes under it, in points from its corners.

    `below` is the height of what already stands under the map [point].
    """
    for i, (line, size) in enumerate(reversed(heading)):
        ax.annotate(line, (0, 1), (0, 8 + 17 * i), xycoords="axes fraction", ha="left", va="bottom",
                    textcoords="offset points", fontsize=size)  # fmt: skip
    ax.annotate("\n".join(notes), (0, 0), (0, -6 - below), xycoords="axes fraction", ha="left",
                va="top", textcoords="offset points", fontsize=_NOTE_SIZE,
                linespacing=1.35)  # fmt: skip
