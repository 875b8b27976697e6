"""Samples meet places: join, area values, tiers."""

from wbe.spatial.areas import by_area
from wbe.spatial.budgets import budget, budget_of_ratio, budget_of_tier
from wbe.spatial.join import locate, rounds_of
from wbe.spatial.schemes import breaks_of, classify, fisher_jenks_breaks
from wbe.spatial.tiers import rank

__all__ = [
    "breaks_of",
    "budget",
    "budget_of_ratio",
    "budget_of_tier",
    "by_area",
    "classify",
    "fisher_jenks_breaks",
    "locate",
    "rank",
    "rounds_of",
]
