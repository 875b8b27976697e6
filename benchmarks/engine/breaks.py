"""Fisher-Jenks breaks of many draws: ours, mapclassify's and jenkspy's."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.measure import Times
from wbe.spatial import classify, fisher_jenks_breaks

AREAS = 2_800
DRAWS = 20  # in a repeat

Floats = NDArray[np.float64]
Classes = NDArray[np.intp]


def measured(tiers: int, repeats: int) -> tuple[Times, dict[str, float]]:
    """Return the times of what is installed, and by how much the optimum of each is above ours.

    The sums of squares about the class means of the logs are compared, relatively: the largest of
    one repeat's draws.
    """
    logs = np.random.default_rng(3).normal(4.0, 0.8, (repeats + 1, DRAWS, AREAS))
    values = np.exp(logs)
    jobs = {"wbe": lambda k: [_ours(x, tiers) for x in values[k]]}
    for name, peer in (("mapclassify", _mapclassify), ("jenkspy", _jenkspy)):
        if importlib.util.find_spec(name) is not None:
            jobs[name] = _job(peer, logs, tiers)
    sums = {
        name: np.array([_within(*pair) for pair in zip(logs[0], job(0), strict=True)])
        for name, job in jobs.items()
    }
    above = {name: float((found / sums["wbe"]).max()) - 1 for name, found in sums.items()}
    return Times(jobs, repeats), above


def _job(
    peer: Callable[[Floats, int], Classes], logs: Floats, tiers: int
) -> Callable[[int], list[Classes]]:
    return lambda k: [peer(x, tiers) for x in logs[k]]


def _within(x: Floats, classes: Classes) -> float:
    parts = (x[classes == k] for k in np.unique(classes))
    return sum(float(((p - p.mean()) ** 2).sum()) for p in parts)


def _ours(values: Floats, tiers: int) -> Classes:
    return classify(values, fisher_jenks_breaks(values, tiers))


def _mapclassify(x: Floats, tiers: int) -> Classes:
    import mapclassify

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Numba not installed")
        return np.asarray(mapclassify.FisherJenks(x, k=tiers).yb)


def _jenkspy(x: Floats, tiers: int) -> Classes:
    import jenkspy

    return np.searchsorted(np.array(jenkspy.jenks_breaks(x, tiers))[1:-1], x, side="left")
