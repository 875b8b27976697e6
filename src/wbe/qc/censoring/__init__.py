"""Statistics of results of which some lie below a limit.

Start with `summarize`, which chooses a method and says which; every method can be called by name.
"""

from wbe.qc.censoring.bayes import WEAK, Posterior, Prior, bayes_lognormal
from wbe.qc.censoring.bounds import bounds
from wbe.qc.censoring.carried import Carried, carry
from wbe.qc.censoring.choice import METHODS, Summary, choose, summarize
from wbe.qc.censoring.correlation import KendallTau, Line, akritas_theil_sen, kendall_tau
from wbe.qc.censoring.data import Censored, censored
from wbe.qc.censoring.effect import Superiority, superiority
from wbe.qc.censoring.groups import GroupComparison, PairComparison, compare_groups
from wbe.qc.censoring.kaplan_meier import KM_CONVENTIONS, KaplanMeier, kaplan_meier
from wbe.qc.censoring.likelihood import FAMILIES, LikelihoodFit, fit_likelihood
from wbe.qc.censoring.quantities import MEAN, MEDIAN, SD, Answer, Quantity
from wbe.qc.censoring.ros import ROS_CONVENTIONS, Ros, robust_ros
from wbe.qc.censoring.shared_errors import CarriedErrors, carried_errors
from wbe.qc.censoring.site_levels import SiteLevels, fit_site_levels
from wbe.qc.censoring.substitution import Substituted, substitution
from wbe.qc.multiple import holm

__all__ = [
    "FAMILIES",
    "KM_CONVENTIONS",
    "MEAN",
    "MEDIAN",
    "METHODS",
    "ROS_CONVENTIONS",
    "SD",
    "WEAK",
    "Answer",
    "Carried",
    "CarriedErrors",
    "Censored",
    "GroupComparison",
    "KaplanMeier",
    "KendallTau",
    "LikelihoodFit",
    "Line",
    "PairComparison",
    "Posterior",
    "Prior",
    "Quantity",
    "Ros",
    "SiteLevels",
    "Substituted",
    "Summary",
    "Superiority",
    "akritas_theil_sen",
    "bayes_lognormal",
    "bounds",
    "carried_errors",
    "carry",
    "censored",
    "choose",
    "compare_groups",
    "fit_likelihood",
    "fit_site_levels",
    "holm",
    "kaplan_meier",
    "kendall_tau",
    "robust_ros",
    "substitution",
    "summarize",
    "superiority",
]
