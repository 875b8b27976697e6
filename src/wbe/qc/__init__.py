"""Quality of results: non-detects now; replicates, blanks, recoveries and outliers later."""

from wbe.qc.nondetects import (
    RULES,
    WITHOUT_DRAWS,
    LognormalFit,
    fit_lognormal,
    reporting_limit,
    require_rule,
    substitute,
)

__all__ = [
    "RULES",
    "WITHOUT_DRAWS",
    "LognormalFit",
    "fit_lognormal",
    "reporting_limit",
    "require_rule",
    "substitute",
]
