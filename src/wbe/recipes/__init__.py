"""Calculations from start to end, each readable top to bottom."""

from wbe.recipes import protocols
from wbe.recipes.budgets import budget
from wbe.recipes.drugs import pathways
from wbe.recipes.estimation import UNITS, draws, estimate
from wbe.recipes.joint_residues import joint_residues
from wbe.recipes.populations import compare, populations
from wbe.recipes.sewer_bands import sewer_band
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
    "joint_residues",
    "pathways",
    "populations",
    "protocols",
    "sewer_band",
    "to_tidy",
    "users",
]
