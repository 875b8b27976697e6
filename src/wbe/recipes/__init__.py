"""Calculations from start to end, each readable top to bottom."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wbe.recipes.budgets import budget
from wbe.recipes.drugs import pathways
from wbe.recipes.estimation import UNITS, draws, estimate
from wbe.recipes.joint_residues import joint_residues
from wbe.recipes.populations import compare, populations
from wbe.recipes.sewer_bands import sewer_band
from wbe.recipes.tables import COLUMNS, cite, to_tidy
from wbe.recipes.user_intervals import users

if TYPE_CHECKING:
    from wbe.recipes import protocols, published

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
    "published",
    "sewer_band",
    "to_tidy",
    "users",
]


def __getattr__(name: str) -> Any:
    """Load the protocols when they are first used; an estimate needs none of them."""
    if name not in ("protocols", "published"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
