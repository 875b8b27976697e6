"""Samples meet places: join, area values, tiers."""

from wbe.area_names import (
    AreaList,
    Candidate,
    Resolution,
    known_areas,
    nearest_areas,
    resolve_area,
)
from wbe.spatial.area_changes import Changes, changed_areas
from wbe.spatial.areas import by_area
from wbe.spatial.autocorrelation import Moran, MoranOfDraws, moran, moran_of_areas, moran_of_draws
from wbe.spatial.budgets import budget, budget_of_ratio, budget_of_tier
from wbe.spatial.catchments import (
    Overlap,
    area_loads,
    catchment_weights,
    spread_over_areas,
    weights_by_overlap,
)
from wbe.spatial.change_rounds import tier_changes
from wbe.spatial.county import (
    CountyData,
    CountyPosterior,
    CountyPriors,
    county_posterior,
    legacy_residue,
    sample_posterior,
    shrinkage,
    stream_symbols,
    top_town,
)
from wbe.spatial.hot_spots import getis_ord, hot_spots_of_areas, local_moran
from wbe.spatial.index_values import add_index
from wbe.spatial.join import locate, rounds_of
from wbe.spatial.neighbours import (
    Neighbours,
    neighbours_by_border,
    neighbours_by_distance,
    neighbours_from_pairs,
)
from wbe.spatial.networks import Network, load_differences, network
from wbe.spatial.orders import (
    Pairs,
    area_draws,
    distinguishable_pairs,
    pair_table,
    rank_probabilities,
    rank_table,
    top_probabilities,
)
from wbe.spatial.reference_sets import ReferenceSet
from wbe.spatial.schemes import breaks_of, classify, fisher_jenks_breaks
from wbe.spatial.tiers import rank

__all__ = [
    "AreaList",
    "Candidate",
    "Changes",
    "CountyData",
    "CountyPosterior",
    "CountyPriors",
    "Moran",
    "MoranOfDraws",
    "Neighbours",
    "Network",
    "Overlap",
    "Pairs",
    "ReferenceSet",
    "Resolution",
    "add_index",
    "area_draws",
    "area_loads",
    "breaks_of",
    "budget",
    "budget_of_ratio",
    "budget_of_tier",
    "by_area",
    "catchment_weights",
    "changed_areas",
    "classify",
    "county_posterior",
    "distinguishable_pairs",
    "fisher_jenks_breaks",
    "getis_ord",
    "hot_spots_of_areas",
    "known_areas",
    "legacy_residue",
    "load_differences",
    "local_moran",
    "locate",
    "moran",
    "moran_of_areas",
    "moran_of_draws",
    "nearest_areas",
    "neighbours_by_border",
    "neighbours_by_distance",
    "neighbours_from_pairs",
    "network",
    "pair_table",
    "rank",
    "rank_probabilities",
    "rank_table",
    "resolve_area",
    "rounds_of",
    "sample_posterior",
    "shrinkage",
    "spread_over_areas",
    "stream_symbols",
    "tier_changes",
    "top_probabilities",
    "top_town",
    "weights_by_overlap",
]
