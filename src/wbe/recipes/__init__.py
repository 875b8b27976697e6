"""Calculations from start to end, each readable top to bottom."""

from wbe.recipes import protocols
from wbe.recipes.budgets import budget
from wbe.recipes.drugs import pathways
from wbe.recipes.estimation import UNITS, draws, estimate
from wbe.recipes.tables import COLUMNS, cite, to_tidy

__all__ = [
    "COLUMNS",
    "UNITS",
    "budget",
    "cite",
    "draws",
    "estimate",
    "pathways",
    "protocols",
    "to_tidy",
]
