"""How much to sample: days, points, rounds and minutes, before anybody goes out.

Each question has a function that answers it (`days_for_mean`, `points_for_tier`,
`points_for_change`, `plan_sampler`), one that says how good a given design is, and an answer with
a table, its assumptions, and a reason where no design is enough. ``wbe plan`` prints them and
`wbe.plot.plan` draws them.
"""

from wbe.trends.design.change import (
    ChangePlan,
    DetectableChange,
    detectable_change,
    points_for_change,
    power_of_change,
    textbook_change,
)
from wbe.trends.design.days import DaysPlan, MeanError, days_for_mean, mean_error, textbook_days
from wbe.trends.design.points import (
    PointsPlan,
    TierChances,
    TownSpread,
    default_visit_sd,
    points_for_tier,
    tier_chances,
)
from wbe.trends.design.pulses import Catchment, DayPattern, phase_variance
from wbe.trends.design.rounds import RoundSpread
from wbe.trends.design.sampler import (
    Sampler,
    SamplerError,
    SamplerPlan,
    plan_sampler,
    sampling_error,
)
from wbe.trends.design.variation import DayVariation

__all__ = [
    "Catchment",
    "ChangePlan",
    "DayPattern",
    "DayVariation",
    "DaysPlan",
    "DetectableChange",
    "MeanError",
    "PointsPlan",
    "RoundSpread",
    "Sampler",
    "SamplerError",
    "SamplerPlan",
    "TierChances",
    "TownSpread",
    "days_for_mean",
    "default_visit_sd",
    "detectable_change",
    "mean_error",
    "phase_variance",
    "plan_sampler",
    "points_for_change",
    "points_for_tier",
    "power_of_change",
    "sampling_error",
    "textbook_change",
    "textbook_days",
    "tier_chances",
]
