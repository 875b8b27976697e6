"""Aggregate statistics by area and period, set beside wastewater.

Counts by area only. An agreement of statistics with loads says that both point the same way; it
confirms neither, because searches follow the water and sampling points follow the searches.
"""

from wbe.indicators.beside import Beside, paired, set_beside
from wbe.indicators.cautions import CAUTIONS, SMALL, caution_text, cautions_of
from wbe.indicators.decomposition import (
    Decomposition,
    Part,
    StatedRatio,
    decompose,
    dispersion_of_counts,
)
from wbe.indicators.exact import Estimate, exact_proportion, exact_rate
from wbe.indicators.lagged import Lag, LaggedAgreement, agreement_with_lags
from wbe.indicators.percentages import Base, base_of
from wbe.indicators.quadrants import QUADRANTS, Quadrants, quadrants
from wbe.indicators.rank_agreement import RankAgreement, agreement_of_ranks
from wbe.indicators.tier_agreement import TierAgreement, agreement_of_tiers

__all__ = [
    "CAUTIONS",
    "QUADRANTS",
    "SMALL",
    "Base",
    "Beside",
    "Decomposition",
    "Estimate",
    "Lag",
    "LaggedAgreement",
    "Part",
    "Quadrants",
    "RankAgreement",
    "StatedRatio",
    "TierAgreement",
    "agreement_of_ranks",
    "agreement_of_tiers",
    "agreement_with_lags",
    "base_of",
    "caution_text",
    "cautions_of",
    "decompose",
    "dispersion_of_counts",
    "exact_proportion",
    "exact_rate",
    "paired",
    "quadrants",
    "set_beside",
]
