"""Where a residue came from: mass balances, rules and tables with their sources.

Balances are published; the posterior probabilities made from the tables are this package's own
combination and live in `wbe.emerging`.
"""

from wbe.backcalc.sources.balance import (
    beyond_transformation,
    direct_disposal,
    disposed_fraction,
    disposed_load,
)
from wbe.backcalc.sources.tables import CLASSES, likelihoods, priors, rules, wordings
from wbe.backcalc.sources.use_only import Both, side_by_side

__all__ = [
    "CLASSES",
    "Both",
    "beyond_transformation",
    "direct_disposal",
    "disposed_fraction",
    "disposed_load",
    "likelihoods",
    "priors",
    "rules",
    "side_by_side",
    "wordings",
]
