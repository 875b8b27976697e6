"""Pictures of tiers, series, residues, plans and laboratories: functions that return their Axes.

They never show them, and matplotlib is imported when something is drawn, not before.

The functions are loaded when they are first used (PEP 562): a run that draws a map needs neither
trends nor plans.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wbe.plot.area_series import series
    from wbe.plot.budgets import budget
    from wbe.plot.charts import control_chart, scores
    from wbe.plot.distributions import censored
    from wbe.plot.history import tier_history
    from wbe.plot.multiples import tier_maps
    from wbe.plot.patterns import change, weekend, weekly
    from wbe.plot.planning import plan
    from wbe.plot.qgis import layer_style
    from wbe.plot.quadrants import quadrant
    from wbe.plot.ranking import rank_plot
    from wbe.plot.ratio_rows import ratios
    from wbe.plot.schematic import tier_schematic
    from wbe.plot.style import (
        FAMILY,
        context,
        missing_glyphs,
        register_font,
        save_map,
        svg_text,
        tier_colours,
    )
    from wbe.plot.tiermap import tier_map
    from wbe.plot.trends import trend

__all__ = [
    "FAMILY",
    "budget",
    "censored",
    "change",
    "context",
    "control_chart",
    "layer_style",
    "missing_glyphs",
    "plan",
    "quadrant",
    "rank_plot",
    "ratios",
    "register_font",
    "save_map",
    "scores",
    "series",
    "svg_text",
    "tier_colours",
    "tier_history",
    "tier_map",
    "tier_maps",
    "tier_schematic",
    "trend",
    "weekend",
    "weekly",
]

# The module of this package where each public name lives.
_HOMES = {
    "FAMILY": "style",
    "budget": "budgets",
    "censored": "distributions",
    "change": "patterns",
    "context": "style",
    "control_chart": "charts",
    "layer_style": "qgis",
    "missing_glyphs": "style",
    "plan": "planning",
    "quadrant": "quadrants",
    "rank_plot": "ranking",
    "ratios": "ratio_rows",
    "register_font": "style",
    "save_map": "style",
    "scores": "charts",
    "series": "area_series",
    "svg_text": "style",
    "tier_colours": "style",
    "tier_history": "history",
    "tier_map": "tiermap",
    "tier_maps": "multiples",
    "tier_schematic": "schematic",
    "trend": "trends",
    "weekend": "patterns",
    "weekly": "patterns",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module at first use and keep it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *_HOMES})
