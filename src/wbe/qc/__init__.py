"""Quality of results: non-detects, and what a laboratory batch says about itself."""

from wbe.qc import censoring
from wbe.qc.acceptance import Limit, Limits, load_limits
from wbe.qc.agreement import Agreement, contingency, kappa, kappa_of_table
from wbe.qc.assigned import AssignedValue, Target, consensus, reference
from wbe.qc.batch_flags import assess
from wbe.qc.censoring.lognormal_fit import LognormalFit, fit_lognormal
from wbe.qc.control_charts import Baseline, Chart, baseline, control_chart, cusum, ewma, shewhart
from wbe.qc.flags import CRITERIA, FAILED, failed
from wbe.qc.interlab import decide, en_score, u_is_negligible, z_prime, z_score, zeta_score
from wbe.qc.interlab_table import code_labs, performance, score_grid, score_table
from wbe.qc.lab_bias import (
    LabBias,
    bias_component,
    correct_lab_bias,
    estimate_lab_bias,
    lab_biases,
    with_lab_bias,
)
from wbe.qc.material import homogeneity, stability
from wbe.qc.nondetects import (
    RULES,
    WITHOUT_DRAWS,
    reporting_limit,
    require_rule,
    substitute,
)
from wbe.qc.quality import (
    calibration_r2,
    loq_to_blank,
    pooled_rsd,
    relative_deviation,
    relative_percent_difference,
    relative_to_median,
)
from wbe.qc.rank_correlation import kendall, spearman
from wbe.qc.ranking import ranks
from wbe.qc.recovery import spike_recovery, spike_recovery_uncertainty
from wbe.qc.recovery_correction import correct_recovery, flag_unstated
from wbe.qc.robust import (
    ROBUST_METHODS,
    Robust,
    algorithm_a,
    hampel,
    median_mad,
    q_hampel,
    q_method,
)
from wbe.qc.robust_scale import mad, niqr, qn, sn
from wbe.qc.run_lengths import cusum_arl, ewma_arl, shewhart_arl, simulated_run_length
from wbe.qc.run_rules import RUN_RULE_SETS, RUN_RULES

__all__ = [
    "CRITERIA",
    "FAILED",
    "ROBUST_METHODS",
    "RULES",
    "RUN_RULES",
    "RUN_RULE_SETS",
    "WITHOUT_DRAWS",
    "Agreement",
    "AssignedValue",
    "Baseline",
    "Chart",
    "LabBias",
    "Limit",
    "Limits",
    "LognormalFit",
    "Robust",
    "Target",
    "algorithm_a",
    "assess",
    "baseline",
    "bias_component",
    "calibration_r2",
    "censoring",
    "code_labs",
    "consensus",
    "contingency",
    "control_chart",
    "correct_lab_bias",
    "correct_recovery",
    "cusum",
    "cusum_arl",
    "decide",
    "en_score",
    "estimate_lab_bias",
    "ewma",
    "ewma_arl",
    "failed",
    "fit_lognormal",
    "flag_unstated",
    "hampel",
    "homogeneity",
    "kappa",
    "kappa_of_table",
    "kendall",
    "lab_biases",
    "load_limits",
    "loq_to_blank",
    "mad",
    "median_mad",
    "niqr",
    "performance",
    "pooled_rsd",
    "q_hampel",
    "q_method",
    "qn",
    "ranks",
    "reference",
    "relative_deviation",
    "relative_percent_difference",
    "relative_to_median",
    "reporting_limit",
    "require_rule",
    "score_grid",
    "score_table",
    "shewhart",
    "shewhart_arl",
    "simulated_run_length",
    "sn",
    "spearman",
    "spike_recovery",
    "spike_recovery_uncertainty",
    "stability",
    "substitute",
    "u_is_negligible",
    "with_lab_bias",
    "z_prime",
    "z_score",
    "zeta_score",
]
