"""Pictures of tiers, budgets and laboratories: functions that draw and return the Axes.

They never show them, and matplotlib is imported when something is drawn, not before.
"""

from wbe.plot.budgets import budget
from wbe.plot.charts import control_chart, scores
from wbe.plot.history import tier_history
from wbe.plot.multiples import tier_maps
from wbe.plot.patterns import change, weekend, weekly
from wbe.plot.planning import plan
from wbe.plot.qgis import layer_style
from wbe.plot.quadrants import quadrant
from wbe.plot.ranking import rank_plot
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
    "change",
    "context",
    "control_chart",
    "layer_style",
    "missing_glyphs",
    "plan",
    "quadrant",
    "rank_plot",
    "register_font",
    "save_map",
    "scores",
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
