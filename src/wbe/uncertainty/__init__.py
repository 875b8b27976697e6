"""Errors by level, keyed draws, summaries. Does not know what is calculated.

Public: `ErrorModel`, `default_model`, `Product`, `Term`, `summarise`, `draw`.
"""

from wbe.uncertainty.engine import (
    BelowLimit,
    Product,
    Term,
    covariance,
    draw,
    log_draws,
    mean_shift,
    summarise,
    summary,
)
from wbe.uncertainty.marginal import exact_summary, half_variance_shift, student_quantiles
from wbe.uncertainty.model import (
    LEVELS,
    SHARED_BY_AREA,
    Component,
    ErrorModel,
    default_model,
    log_sd,
)
from wbe.uncertainty.streams import BLOCK, Stream, blocks

__all__ = [
    "BLOCK",
    "LEVELS",
    "SHARED_BY_AREA",
    "BelowLimit",
    "Component",
    "ErrorModel",
    "Product",
    "Stream",
    "Term",
    "blocks",
    "covariance",
    "default_model",
    "draw",
    "exact_summary",
    "half_variance_shift",
    "log_draws",
    "log_sd",
    "mean_shift",
    "student_quantiles",
    "summarise",
    "summary",
]
