"""Pictures of tiers, budgets and laboratories: functions that draw and return the Axes.

They never show them, and matplotlib is imported when something is drawn, not before.
"""

from wbe.plot.budgets import budget
from wbe.plot.charts import control_chart, scores
from wbe.plot.patterns import change, weekend, weekly
from wbe.plot.planning import plan
from wbe.plot.style import FAMILY, context, missing_glyphs, register_font, save_map, tier_colours
from wbe.plot.tiermap import tier_map
from wbe.plot.trends import trend

__all__ = [
    "FAMILY",
    "budget",
    "change",
    "context",
    "control_chart",
    "missing_glyphs",
    "plan",
    "register_font",
    "save_map",
    "scores",
    "tier_colours",
    "tier_map",
    "trend",
    "weekend",
    "weekly",
]
