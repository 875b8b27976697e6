"""Change over time: tests of trend and their slopes, on real dates.

Start with `trend`, which decides and says why; every test and slope can be called by name.
"""

from wbe.trends import design
from wbe.trends.before_after import BeforeAfter, Contrast, before_after_ratio
from wbe.trends.bootstrap import Ar1Test, ar1_bootstrap
from wbe.trends.change_points import ChangePoint, ChangePoints, find_change_points
from wbe.trends.events import EventEffect, event_effect
from wbe.trends.hamed_rao import HamedRao, hamed_rao
from wbe.trends.loglinear import LogLinearTrend, loglinear_trend
from wbe.trends.mann_kendall import MannKendall, mann_kendall
from wbe.trends.population_change import (
    Change,
    PopulationChange,
    changes_between_rounds,
    changes_from_percent,
)
from wbe.trends.seasonal import Season, SeasonalKendall, seasonal_kendall, seasonal_sen_slope
from wbe.trends.sen import SenSlope, sen_slope
from wbe.trends.smooth import SmoothTrend, smooth_trend
from wbe.trends.verdict import Trend, trend
from wbe.trends.weekly import (
    WeekdayProfile,
    WeekendRatio,
    weekday_profile,
    weekend_ratio,
    weekend_ratios,
)
from wbe.trends.within_rounds import Term

__all__ = [
    "Ar1Test",
    "BeforeAfter",
    "Change",
    "ChangePoint",
    "ChangePoints",
    "Contrast",
    "EventEffect",
    "HamedRao",
    "LogLinearTrend",
    "MannKendall",
    "PopulationChange",
    "Season",
    "SeasonalKendall",
    "SenSlope",
    "SmoothTrend",
    "Term",
    "Trend",
    "WeekdayProfile",
    "WeekendRatio",
    "ar1_bootstrap",
    "before_after_ratio",
    "changes_between_rounds",
    "changes_from_percent",
    "design",
    "event_effect",
    "find_change_points",
    "hamed_rao",
    "loglinear_trend",
    "mann_kendall",
    "seasonal_kendall",
    "seasonal_sen_slope",
    "sen_slope",
    "smooth_trend",
    "trend",
    "weekday_profile",
    "weekend_ratio",
    "weekend_ratios",
]
