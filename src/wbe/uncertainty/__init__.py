"""Errors by level, keyed draws, summaries. Does not know what is calculated.

Public: `ErrorModel`, `default_model`, `Product`, `Term`, `summarise`, `draw`, `budget`.
"""

from wbe.uncertainty.bounded import Arcsine, Beta, Empirical, Pert, Triangular, Uniform
from wbe.uncertainty.budgets import Budget, budget
from wbe.uncertainty.distribution import Distribution
from wbe.uncertainty.model import (
    LEVELS,
    SHARED_BY_AREA,
    Component,
    ErrorModel,
    default_model,
    log_sd,
)
from wbe.uncertainty.moments import covariance, mean_shift
from wbe.uncertainty.monte_carlo import (
    draw,
    log_draws,
    summarise,
    summary,
)
from wbe.uncertainty.normal_family import (
    CensoredInterval,
    LogitNormal,
    Lognormal,
    Normal,
    StudentT,
    TruncatedNormal,
)
from wbe.uncertainty.product import BelowLimit, Function, Joint, Mean, Product, Term
from wbe.uncertainty.propagation import Propagated, propagate, require_engine
from wbe.uncertainty.published import from_parameters, published
from wbe.uncertainty.streams import BLOCK, Correlation, Stream, blocks
from wbe.uncertainty.student import (
    Z95,
    few_degrees,
    half_variance_shift,
    log_fraction,
    natural,
    student_quantiles,
)

__all__ = [
    "BLOCK",
    "LEVELS",
    "SHARED_BY_AREA",
    "Z95",
    "Arcsine",
    "BelowLimit",
    "Beta",
    "Budget",
    "CensoredInterval",
    "Component",
    "Correlation",
    "Distribution",
    "Empirical",
    "ErrorModel",
    "Function",
    "Joint",
    "LogitNormal",
    "Lognormal",
    "Mean",
    "Normal",
    "Pert",
    "Product",
    "Propagated",
    "Stream",
    "StudentT",
    "Term",
    "Triangular",
    "TruncatedNormal",
    "Uniform",
    "blocks",
    "budget",
    "covariance",
    "default_model",
    "draw",
    "few_degrees",
    "from_parameters",
    "half_variance_shift",
    "log_draws",
    "log_fraction",
    "log_sd",
    "mean_shift",
    "natural",
    "propagate",
    "published",
    "require_engine",
    "student_quantiles",
    "summarise",
    "summary",
]
