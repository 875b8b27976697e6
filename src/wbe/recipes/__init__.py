"""Calculations from start to end, each readable top to bottom."""

from wbe.recipes import protocols
from wbe.recipes.budgets import budget
from wbe.recipes.drugs import pathways
from wbe.recipes.estimation import UNITS, draws, estimate
from wbe.recipes.populations import compare, populations
from wbe.recipes.tables import COLUMNS, cite, to_tidy
from wbe.recipes.user_intervals import users

__all__ = [
    "COLUMNS",
    "UNITS",
    "budget",
    "cite",
    "compare",
    "draws",
    "estimate",
    "pathways",
    "populations",
    "protocols",
    "to_tidy",
    "users",
]
