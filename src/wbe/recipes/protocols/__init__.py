"""Means over a week, a month, a quarter or a year, each by the rule of a named protocol.

Public: `euda_week`, `euda_week_2021`, `statcan_month`, `quarterly_round`, `quarterly_plants`,
`annual_mean`; each takes a result of `wbe.estimate`, or plain arrays as `day_values`.
"""

from wbe.recipes.protocols.days import Days, day_values
from wbe.recipes.protocols.months import statcan_month
from wbe.recipes.protocols.quarters import quarterly_plants, quarterly_round
from wbe.recipes.protocols.tidy import COLUMNS
from wbe.recipes.protocols.weeks import euda_week, euda_week_2021, several_plants
from wbe.recipes.protocols.years import annual_mean

__all__ = [
    "COLUMNS",
    "Days",
    "annual_mean",
    "day_values",
    "euda_week",
    "euda_week_2021",
    "quarterly_plants",
    "quarterly_round",
    "several_plants",
    "statcan_month",
]
