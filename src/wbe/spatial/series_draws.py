"""The draws behind every drug of a quantity, from area values alone."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from wbe.backcalc import rows
from wbe.errors import UsageError
from wbe.spatial.drawn import Draws, DrugDraws, IndexDraws, PosteriorDraws
from wbe.spatial.members import all_series
from wbe.uncertainty import Stream

if TYPE_CHECKING:
    from wbe.spatial.county import CountyPosterior

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
    key = _fingerprint(values, drug, quantity)
    found = _KEPT.get(key)
    if found is None:
        found = county_posterior(values, drug, quantity, unconverged="flag")
        if len(_KEPT) >= _MOST_KEPT:
            _KEPT.pop(next(iter(_KEPT)))
        _KEPT[key] = found
    return PosteriorDraws(
        draws, found.typical_of_round, found.areas, found.rounds, found.tau, found.flags
    )


_KEPT: dict[str, CountyPosterior] = {}
"""The last posteriors: tiers, ranks and pairs of one county ask for the same one."""

_MOST_KEPT = 4


def _fingerprint(values: xr.Dataset, drug: str, quantity: str) -> str:
    """Return what tells one county and drug from another: samples, settings and values."""
    here = values.sel(quantity=quantity, drug=drug)
    said = [drug, quantity, *(str(values.attrs[a]) for a in ("seed", "draws", "error_model"))]
    arrays = [here[name].values for name in ("value", "lower", "upper", "bound_upper")]
    named = [values[name].values.astype(str) for name in ("sample", "sample_area", "sample_round")]
    parts = [a.tobytes() for a in (*arrays, *named)]
    return hashlib.blake2b(b"|".join([*(x.encode() for x in said), *parts])).hexdigest()
