"""Outlines and marks of a map as matplotlib collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wbe.plot import style, words
from wbe.plot.certainty import HATCHING, STEPS, SURE, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

# Outlines finer than this share of the map's width cannot be seen and only make files large.
_DETAIL: Final = 1 / 3000
_MANY_VERTICES: Final = 20_000
# Area of a point's marker [point^2]; alike for all points, whatever the population.
_MARK, _SMALLEST_MARK = 52.0, 12.0
_FEW: Final = 30  # points at which markers begin to shrink
_HALO: Final = 1.6  # how much wider the white around a marker is than the marker [point]


class Look(NamedTuple):
    """How a class is drawn: fill, the hatch laid over an area, and the sign put into a mark."""

    fill: str
    hatch: str = ""
    sign: str = ""
    lines: str = style.MUTED


# Straight hatches only: one dotted pattern makes an SVG larger by 200 kB. None slants as those of
# certainty do: upwards to the right is doubt about a tier.
WITHOUT_TIER: Final = {
    words.NOT_DISTINGUISHABLE: Look("#F2F2F2", "|||", "|"),
    words.BELOW_LIMIT: Look("#E3EAF2", "\\\\\\\\", "v"),
    words.INSUFFICIENT: Look("#FFFFFF", "----", "_"),
    words.NO_DATA: Look("#FFFFFF", "++", "+"),
    words.UNCLASSIFIED: Look("#DEDEDE", "--", "1"),
    words.SUPPRESSED: Look("#D0D0D0", "xxxx", "x"),
}


def looks(classes: list[words.TierClass]) -> dict[str, Look]:
    """Return the look of every class of a legend; tiers take the sequence from light to dark."""
    fixed = {**WITHOUT_TIER, words.NOT_ELEVATED: Look(style.NOT_ELEVATED)}
    tiers = [c.id for c in classes if c.id not in fixed]
    colours = style.tier_colours(max(len(tiers), 1))
    return fixed | {c: Look(fill) for c, fill in zip(tiers, colours, strict=False)}


def layers(look: Look, step: int = SURE, way: str = HATCHING) -> list[dict[str, Any]]:
    """Return the layers of an area of one class: fill, hatch of the class or of doubt, outline.

    Parameters
    ----------
    look : Look
    step : int
        Of certainty; only a class without a hatch of its own, a tier, shows it.
    way : str
        How certainty is shown: `certainty.WAYS`.
    """
    fill = tint(look.fill, step, way)
    hatch, lines = look.hatch, look.lines
    if not hatch and step:
        hatch, lines = STEPS[step].hatch, over(fill)
    found: list[dict[str, Any]]
    found = [{"facecolor": fill, "edgecolor": "none", "linewidth": 0.0, "zorder": 1.0}]
    if hatch:
        # A layer of its own: the hatch takes the colour of the edge, which is not the outline's.
        found.append({"facecolor": "none", "edgecolor": lines, "hatch": hatch, "linewidth": 0.0,
                      "zorder": 1.1})  # fmt: skip
    found.append({"facecolor": "none", "edgecolor": style.OUTLINE, "linewidth": 0.7,
                  "zorder": 1.2})  # fmt: skip
    return found


def over(fill: str) -> str:
    """Return the colour of hatch lines that show on a fill, also in grey."""
    return "#FFFFFF" if style.luminance(fill) < 0.3 else "#6E6E6E"


def outline(geometry: Any) -> Path:
    """Return one compound path of a polygon or multipolygon, holes included."""
    import numpy as np
    from matplotlib.path import Path
    from shapely import get_parts

    rings = []
    for part in get_parts(geometry):
        if part.geom_type == "Polygon" and not part.is_empty:
            rings += [part.exterior, *part.interiors]
    paths = [Path(np.asarray(ring.coords)[:, :2], closed=True) for ring in rings]
    return Path.make_compound_path(*paths) if paths else Path(np.zeros((0, 2)))


def simplified(geometries: Any) -> Any:
    """Drop vertices that cannot be seen, where there are very many."""
    from shapely import get_num_coordinates

    if get_num_coordinates(geometries.to_numpy()).sum() <= _MANY_VERTICES:
        return geometries
    west, south, east, north = geometries.total_bounds
    return geometries.simplify(max(east - west, north - south) * _DETAIL)


def draw_areas(ax: Axes, geometries: Any, drawn: list[dict[str, Any]]) -> None:
    """Draw polygons of one class, layer by layer (see `layers`)."""
    from matplotlib.collections import PathCollection

    paths = [outline(geometry) for geometry in geometries]
    for layer in drawn:
        ax.add_collection(PathCollection(paths, **layer), autolim=True)


def halo_text(ax: Axes, x: float, y: float, text: str, size: float, **options: Any) -> Any:
    """Write a text with white around it, so that it can be read on any fill and hatch."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.2, foreground="#FFFFFF")]
    placed = {"ha": "center", "va": "center", "linespacing": 1.0, "zorder": 5, "color": "#1A1A1A"}
    return ax.text(x, y, text, fontsize=size, parse_math=False, path_effects=halo,
                   **{**placed, **options})  # fmt: skip


def mark_size(n: int) -> float:
    """Return the area of the marker of one of `n` points [point^2]."""
    return max(_MARK * min((_FEW / max(n, 1)) ** 0.5, 1.0), _SMALLEST_MARK)


def draw_points(ax: Axes, geometries: Any, drawn: list[dict[str, Any]], zorder: float) -> None:
    """Draw points of one class as marks of equal size, layer by layer (see `marks`)."""
    centres = [geometry.centroid for geometry in geometries]
    x, y = [c.x for c in centres], [c.y for c in centres]
    # Marks of one shape go into one collection, point by point: then the white around a mark
    # parts it from a neighbour below, which a layer drawn for all points first would not.
    whole = [m for m in drawn if m["marker"] == drawn[0]["marker"]]
    repeated: dict[str, Any] = {
        key: [m[key] for m in whole] * len(x) for key in ("s", "color", "edgecolors", "linewidths")
    }
    ax.scatter([v for v in x for _ in whole], [v for v in y for _ in whole],
               marker=whole[0]["marker"], zorder=zorder, **repeated)  # fmt: skip
    for mark in drawn[len(whole) :]:
        ax.scatter(x, y, zorder=zorder + 0.001, **mark)


def marks(look: Look, step: int, size: float, way: str = HATCHING) -> list[dict[str, Any]]:
    """Return the layers of one mark, for ``scatter``; the lowest is the white around it.

    A dot in the mark says that a tier is not certain, a larger one that it is weak; a class
    without a tier has a sign of its own there.
    """
    halo = {"marker": "o", "s": (size**0.5 + _HALO) ** 2, "color": "#FFFFFF",
            "edgecolors": "#FFFFFF", "linewidths": 0.0}  # fmt: skip
    fill = tint(look.fill, step, way)
    ground = {"marker": "o", "s": size, "color": fill, "edgecolors": style.INK,
              "linewidths": 0.7 if size > _MARK / 2 else 0.5}  # fmt: skip
    if look.sign == "x":
        cross = {"marker": "x", "s": 0.4 * size, "color": style.INK, "linewidths": 0.9}
        return [{**halo, "marker": "s"}, {**ground, "marker": "s"}, cross]
    if look.sign:
        sign = {"marker": look.sign, "s": 0.4 * size, "color": style.INK, "linewidths": 0.9}
        return [halo, {**ground, "edgecolors": style.MUTED, "linewidths": 1.1}, sign]
    if not step:
        return [halo, ground]
    dot = "#FFFFFF" if style.luminance(fill) < 0.3 else style.INK
    share, least = STEPS[step].dot, STEPS[step].least
    inner = {"marker": "o", "s": max(share * size, least), "color": dot,
             "edgecolors": dot, "linewidths": 0.0}  # fmt: skip
    return [halo, ground, inner]
