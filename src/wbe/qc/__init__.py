"""Quality of results: non-detects, and what a laboratory batch says about itself."""

from wbe.qc.acceptance import Limit, Limits, load_limits
from wbe.qc.batch_flags import CRITERIA, FAILED, assess, failed
from wbe.qc.nondetects import (
    RULES,
    WITHOUT_DRAWS,
    LognormalFit,
    fit_lognormal,
    reporting_limit,
    require_rule,
    substitute,
)
from wbe.qc.quality import (
    calibration_r2,
    control_chart,
    loq_to_blank,
    pooled_rsd,
    relative_deviation,
    relative_percent_difference,
    relative_to_median,
)
from wbe.qc.recovery import spike_recovery, spike_recovery_uncertainty
from wbe.qc.recovery_correction import correct_recovery, flag_unstated

__all__ = [
    "CRITERIA",
    "FAILED",
    "RULES",
    "WITHOUT_DRAWS",
    "Limit",
    "Limits",
    "LognormalFit",
    "assess",
    "calibration_r2",
    "control_chart",
    "correct_recovery",
    "failed",
    "fit_lognormal",
    "flag_unstated",
    "load_limits",
    "loq_to_blank",
    "pooled_rsd",
    "relative_deviation",
    "relative_percent_difference",
    "relative_to_median",
    "reporting_limit",
    "require_rule",
    "spike_recovery",
    "spike_recovery_uncertainty",
    "substitute",
]
