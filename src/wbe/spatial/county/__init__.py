"""The county model: towns, visits, points and samples of a round, estimated together."""

from wbe.spatial.county.data import INFLUENT, OPEN_CHANNEL, CountyData, CountyPriors
from wbe.spatial.county.from_values import CountySamples, county_posterior, county_samples
from wbe.spatial.county.points import point_labels
from wbe.spatial.county.pooling import TopTown, shrinkage, top_town
from wbe.spatial.county.posterior import CountyPosterior
from wbe.spatial.county.sampler import (
    NotConvergedError,
    NotConvergedWarning,
    sample_posterior,
    sample_posteriors,
)
from wbe.spatial.county.simulated import (
    CountyPlaces,
    CountyTruth,
    county_design,
    draw_loads,
    draw_truth,
)
from wbe.spatial.county.symbols import legacy_residue, stream_symbols

__all__ = [
    "INFLUENT",
    "OPEN_CHANNEL",
    "CountyData",
    "CountyPlaces",
    "CountyPosterior",
    "CountyPriors",
    "CountySamples",
    "CountyTruth",
    "NotConvergedError",
    "NotConvergedWarning",
    "TopTown",
    "county_design",
    "county_posterior",
    "county_samples",
    "draw_loads",
    "draw_truth",
    "legacy_residue",
    "point_labels",
    "sample_posterior",
    "sample_posteriors",
    "shrinkage",
    "stream_symbols",
    "top_town",
]
