"""The pictures of a page beside its map: ranks, tiers over rounds, or a schematic without a map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES: Final = ("schematic", "ranks", "history")
#: Areas above which tables serve better than pictures do.
MOST_AREAS: Final = 60


def figures(
    tiers: pd.DataFrame,
    meta: Mapping[str, Any],
    language: str,
    *,
    title: str,
    has_map: bool,
    changes: pd.DataFrame | None = None,
) -> dict[str, str]:
    """Draw what a page shows beside its map.

    Parameters
    ----------
    tiers : DataFrame (row)
        Columns of ``tiers.csv``; the guard has passed it already.
    meta : mapping
        attrs of the tiers table, with the breaks of the mapped drug as a list.
    language : str
        ``en`` or ``zh``.
    title : str
        Over every picture.
    has_map : bool
        Whether the page has a map; without one it gets a schematic, of 60 areas at most.
    changes : DataFrame, optional
        Tests between rounds, for the history (see `wbe.plot.tier_history`).

    Returns
    -------
    dict of str to str
        Name -> SVG text: ``schematic`` without a map; ``ranks`` where two areas have a rank and
        there are draws; ``history`` of two rounds and more, of 60 areas at most.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_plants_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> values = wbe.by_area(wbe.estimate(located, draws=500))
    >>> tiers = wbe.rank(values, "methamphetamine")
    >>> drawn = wbe.report.figures(
    ...     tiers, tiers.attrs, "en", title="Example county (synthetic)", has_map=True
    ... )
    >>> list(drawn)
    ['ranks']
    """
    from wbe import plot
    from wbe.plot import words

    table = words.bare(tiers)
    table.attrs = {key: value for key, value in meta.items()}
    shown = words.selected(table, None, None)
    rounds = table.loc[table["drug"] == shown["drug"].iloc[0], "round"].nunique()
    few = len(shown) <= MOST_AREAS
    drawers: dict[str, Callable[[], Axes]] = {}
    if not has_map and few:
        drawers["schematic"] = lambda: plot.tier_schematic(table, language=language, title=title)
    if shown["rank_lower"].notna().sum() > 1:
        drawers["ranks"] = lambda: plot.rank_plot(table, language=language, title=title)
    if rounds > 1 and few:
        drawers["history"] = lambda: plot.tier_history(table, changes=changes, language=language,
                                                       title=title)  # fmt: skip
    return {name: plot.svg_text(cast("Figure", draw().figure)) for name, draw in drawers.items()}
