"""The legend beside a map: classes, how sure they are, and the kinds of sampling points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wbe import names
from wbe.plot import certainty, shapes, site_symbols, style, words

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes

COLUMNS: Final = 40  # width of the legend in Latin letters
_AIR: Final = 10.0  # between two parts of the legend [point]
# Ground under a sample of certainty: neither a tier's colour nor a state's.
_GROUND: Final = "#FFFFFF"

Entry = tuple[Any, str]


class Sign(NamedTuple):
    """A handle that is a text."""

    text: str


def draw(
    ax: Axes, rows: pd.DataFrame, classes: list[words.TierClass], language: str, *,
    mark: float | None, sites: GeoDataFrame | None, sure_at: float, way: str,
    counted: bool = True,
) -> float:  # fmt: skip
    """Write the parts of the legend below each other, right of a map.

    Parameters
    ----------
    ax : Axes
        Right of its upper corner the legend begins.
    rows : DataFrame (row)
        With ``class``, ``step`` and the probabilities.
    classes : list of TierClass
        What `words.classes` returns.
    language : str
        ``en`` or ``zh``.
    mark : float or None
        Size of a point's marker, None in a map of polygons.
    sites : GeoDataFrame or None
        Sampling points that the map shows.
    sure_at : float
        Probability from which a tier is certain.
    way : str
        How certainty is shown.
    counted : bool
        Write how many areas are in each class, which is about one round.

    Returns
    -------
    float
        Height of the legend [inch].
    """
    looks = shapes.looks(classes)
    tiers = [(_handle(looks[c.id], 0, mark, way), class_text(c, rows, language, sure_at, counted))
             for c in words.from_highest(classes)]  # fmt: skip
    parts: list[tuple[str, Sequence[Entry]]] = [(_title(rows, language), tiers)]
    steps = certainty.entries(rows, sure_at, language)
    if steps:
        doubt = [(_step_handle(step, mark, way), _lines(text if counted else text.split("\n")[0]))
                 for step, text in steps]  # fmt: skip
        parts.append((_lines(names.text("map.certainty", language)), doubt))
    if sites is not None and len(sites):
        points = [(_site_handle(k), _lines(t)) for k, t in site_symbols.entries(sites, language)]
        parts.append((names.text("map.sites.title", language), points))
    return _stacked(ax, parts)


def _stacked(ax: Axes, parts: Sequence[tuple[str, Sequence[Entry]]]) -> float:
    """Set legends below each other; return the height of all [inch]."""
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None
    ax.apply_aspect()
    down = 0.0
    for title, entries in parts:
        if (before := ax.get_legend()) is not None:
            # The next one would take its place. It lies outside the axes: clipped to them, a
            # tight box, as Jupyter draws, would cut it off.
            ax.add_artist(before).set_clip_on(False)
        handles, texts = zip(*entries, strict=True)
        move = ScaledTranslation(0, -down, figure.dpi_scale_trans)
        legend = ax.legend(
            handles, texts, title=title, loc="upper left", bbox_to_anchor=(1.01, 1.0),
            bbox_transform=ax.transAxes + move, frameon=False, fontsize=8.5, title_fontsize=8.5,
            alignment="left", handlelength=1.9, handleheight=1.4, labelspacing=0.65,
            borderpad=0, borderaxespad=0,
        )  # fmt: skip
        legend.set_zorder(6)
        for text in legend.get_texts():
            text.set_linespacing(1.2)
        box = legend.get_window_extent(figure.canvas.get_renderer())  # type: ignore[attr-defined]
        down += box.height / figure.dpi + _AIR / 72
    return down - _AIR / 72


def _title(rows: pd.DataFrame, language: str) -> str:
    quantity = names.display("quantity", str(rows["quantity"].iloc[0]), language)
    unit = str(rows["unit"].iloc[0])
    return _lines(quantity) + ("" if unit in ("", "1", "nan") else f"\n[{unit}]")


def _lines(text: str) -> str:
    return "\n".join(line for piece in text.split("\n") for line in words.wrap(piece, COLUMNS))


def patch(drawn: list[dict[str, Any]]) -> Any:
    """Return the sample of an area, drawn as `shapes.layers` draws it."""
    from matplotlib.patches import Patch

    return tuple(Patch(**{k: v for k, v in layer.items() if k != "zorder"}) for layer in drawn)


def _points(drawn: list[dict[str, Any]]) -> Any:
    from matplotlib.lines import Line2D

    return tuple(
        Line2D([], [], linestyle="none", marker=m["marker"], markersize=m["s"] ** 0.5,
               markerfacecolor=m["color"], markeredgewidth=m["linewidths"],
               markeredgecolor=m.get("edgecolors", m["color"]))
        for m in drawn
    )  # fmt: skip


def _handle(look: shapes.Look, step: int, mark: float | None, way: str) -> Any:
    """Sample of a class for the legend, drawn as on the map."""
    if mark:
        return _points(shapes.marks(look, step, mark, way))
    return patch(shapes.layers(look, step, way))


def _step_handle(step: int, mark: float | None, way: str) -> Any:
    """Sample of a step of certainty; where it fades colours, on the colour of a middle tier."""
    ground = style.tier_colours(1)[0] if way == certainty.SATURATION else _GROUND
    return _handle(shapes.Look(ground), step, mark, way)


def _site_handle(kind: site_symbols.Kind) -> Any:
    return _points([site_symbols.mark(kind)])


def class_text(
    entry: words.TierClass, rows: pd.DataFrame, language: str, sure_at: float, counted: bool = True
) -> str:
    """Name and range of a class, how many areas, and how sure they are of it."""
    name = _lines(entry.text(language))
    if not counted:
        return name
    own = rows[rows["class"] == entry.id]
    text = words.counted("map.count", len(own), language)
    column = f"p_{entry.id}"
    chances = own[column].dropna() if column in own else own.iloc[:0, 0]
    if len(own) and len(chances):
        sure = sum(map(words.yes, own["resolved"]))
        low, high = (words.chance(p, sure_at) for p in (chances.min(), chances.max()))
        text += names.text("map.sure", language, sure=sure,
                           p=low if low == high else f"{low} – {high}")  # fmt: skip
    return f"{name}\n{text}"


def in_rows(
    rows: pd.DataFrame, classes: list[words.TierClass], language: str, sure_at: float,
    mark: float | None, way: str = certainty.HATCHING,
) -> list[Entry]:  # fmt: skip
    """Return the entries of a legend beneath a picture: classes, then steps of certainty.

    Parameters are those of `draw`; counts are left out.
    """
    looks = shapes.looks(classes)
    found = [(_handle(looks[c.id], 0, mark, way), c.text(language))
             for c in words.from_highest(classes)]  # fmt: skip
    steps = certainty.entries(rows, sure_at, language)
    return found + [(_step_handle(k, mark, way), text.split("\n")[0]) for k, text in steps]


def beneath(ax: Axes, entries: Sequence[Entry], left: float, down: float) -> float:
    """Write a legend under the axes, in as many columns as fit, at most three.

    Parameters
    ----------
    ax : Axes
    entries : sequence of Entry
    left, down : float
        Of its upper left corner from the axes' lower left one; `left` is negative left of it
        [inch].

    Returns
    -------
    float
        How far down it reaches [inch].
    """
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None
    handles, texts = zip(*entries, strict=True)
    move = ScaledTranslation(left, -down, figure.dpi_scale_trans)
    most = figure.bbox.width
    for columns in (3, 2, 1):
        legend = ax.legend(
            handles, texts, loc="upper left", bbox_to_anchor=(0.0, 0.0), frameon=False,
            fontsize=8.0, ncols=columns, bbox_transform=ax.transAxes + move, borderaxespad=0.0,
            borderpad=0.0, handlelength=1.8, handleheight=1.2, columnspacing=1.2,
            labelspacing=0.45, handler_map={Sign: _SignHandler()},
        )  # fmt: skip
        box = legend.get_window_extent(figure.canvas.get_renderer())  # type: ignore[attr-defined]
        if box.x1 <= most:
            break
    return float(down + box.height / figure.dpi)


class _SignHandler:
    """Writes a `Sign` where a legend shows a sample."""

    def legend_artist(self, legend: Any, sign: Sign, fontsize: float, box: Any) -> Any:
        from matplotlib.text import Text

        text = Text(box.width / 2, box.height / 2, sign.text, fontsize=9.0, ha="center",
                    va="center")  # fmt: skip
        box.add_artist(text)
        return text
