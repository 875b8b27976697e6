"""One page of code a protocol: what a paper or a programme did, in its order, with its factors.

Public: `score_week`, `australian_doses`, `canadian_month`, `zuccato_2008`, `castiglioni_2013`,
`jones_2014`, `county_round`, `provincial_platform`. Each takes what `wbe.read` gives, or plain
arrays as `samples_of`, and returns a table of `COLUMNS`.
"""

from wbe.recipes.published.australia import australian_doses
from wbe.recipes.published.canada import canadian_month
from wbe.recipes.published.castiglioni import castiglioni_2013
from wbe.recipes.published.county import county_round
from wbe.recipes.published.inputs import samples_of
from wbe.recipes.published.jones import jones_2014
from wbe.recipes.published.province import provincial_platform
from wbe.recipes.published.results import COLUMNS
from wbe.recipes.published.score import score_week
from wbe.recipes.published.steps import castiglioni_errors
from wbe.recipes.published.zuccato import zuccato_2008

__all__ = [
    "COLUMNS",
    "australian_doses",
    "canadian_month",
    "castiglioni_2013",
    "castiglioni_errors",
    "county_round",
    "jones_2014",
    "provincial_platform",
    "samples_of",
    "score_week",
    "zuccato_2008",
]
