"""The draws behind every drug of a quantity, from area values alone."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from wbe.backcalc import rows
from wbe.errors import UsageError
from wbe.spatial.drawn import Draws, DrugDraws, IndexDraws, PosteriorDraws
from wbe.spatial.members import all_series
from wbe.uncertainty import Stream

INDEX = "index"
"""The drug and the quantity of dose equivalents summed over drugs."""


def series_draws(values: xr.Dataset, quantity: str) -> dict[str, Draws]:
    """Return the draws of every drug that has area values of a quantity, by drug.

    Parameters
    ----------
    values : Dataset
        From `wbe.by_area`, or `add_index`.
    quantity : str
    """
    s = rows.extract(values)
    stream = Stream(values.attrs["seed"], s.model.correlations)
    if quantity == INDEX:
        return {INDEX: index_draws(values, s, stream)}
    own = [x for x in all_series(values) if x.quantity == quantity]
    return {x.drug: DrugDraws(values, s, x, stream) for x in own}


def index_draws(values: xr.Dataset, s: rows.Samples, stream: Stream) -> IndexDraws:
    """Return the draws of the index whose weights the values carry."""
    doses = {drug: one["value"] for drug, one in json.loads(values.attrs["index_weights"]).items()}
    found = {x.drug: x for x in all_series(values) if x.quantity == "pn_consumption"}
    parts = tuple(DrugDraws(values, s, found[drug], stream, INDEX) for drug in doses)
    return IndexDraws(parts, 1 / np.array(list(doses.values())))


def with_posterior(values: xr.Dataset, drug: str, quantity: str, draws: Draws) -> PosteriorDraws:
    """Return the draws of the county model in place of those of each town by itself."""
    from wbe.spatial.county import county_posterior

    if not isinstance(draws, DrugDraws):
        raise UsageError("the county model is about one drug")
    found = county_posterior(values, drug, quantity, unconverged="flag")
    return PosteriorDraws(
        draws, found.typical_of_round, found.areas, found.rounds, found.tau, found.flags
    )
