"""Pictures of tiers and budgets: functions that draw and return the Axes, and never show them.

matplotlib is imported when something is drawn, not before.
"""

from wbe.plot.budgets import budget
from wbe.plot.style import FAMILY, context, missing_glyphs, register_font, save_map, tier_colours
from wbe.plot.tiermap import tier_map

__all__ = [
    "FAMILY",
    "budget",
    "context",
    "missing_glyphs",
    "register_font",
    "save_map",
    "tier_colours",
    "tier_map",
]
