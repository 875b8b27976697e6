"""Points along a river or a sewer: which lies below which, and what comes in between.

A point measures everything upstream of it. What its own stretch adds is the difference to the
points next upstream, and a difference is only as good as the errors that the points do not share.
Catchments are the unit: a stretch with few people has no published value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

SURE = 0.95
"""Probability from which a stretch is said to gain or to lose."""

OUTCOMES = ("gain", "loss", "not_distinguishable", "not_identifiable", "withheld")


@dataclass(frozen=True)
class Network:
    """Points, each with at most one next point downstream.

    Attributes
    ----------
    points : tuple of str
        Upstream before downstream.
    downstream : mapping of str to str
        Point -> next point; outlets are not in it.
    """

    points: tuple[str, ...]
    downstream: Mapping[str, str]

    @property
    def outlets(self) -> tuple[str, ...]:
        """Points below which there is none."""
        return tuple(p for p in self.points if p not in self.downstream)

    def next_upstream(self, point: str) -> tuple[str, ...]:
        """Return the points whose next point this is, in the order of `points`."""
        return tuple(p for p in self.points if self.downstream.get(p) == point)

    def upstream(self, point: str) -> tuple[str, ...]:
        """Return all points above one, in the order of `points`."""
        found = {point}
        for p in reversed(self.points):
            if self.downstream.get(p) in found:
                found.add(p)
        return tuple(p for p in self.points if p in found and p != point)


def network(downstream: Mapping[str, str | None]) -> Network:
    """Return the network that a table of next points describes.

    Parameters
    ----------
    downstream : mapping of str to str or None
        Every point and its next point downstream; None or "" for an outlet.

    Returns
    -------
    Network

    Raises
    ------
    UsageError
        If a next point is not itself listed, or points form a circle (named).

    Examples
    --------
    >>> network({"plant": None, "east": "plant", "west": "plant", "hill": "east"}).points
    ('hill', 'west', 'east', 'plant')
    """
    links = {str(p): str(d) for p, d in downstream.items() if d}
    unknown = sorted(set(links.values()) - set(map(str, downstream)))
    if unknown:
        raise UsageError(
            f"downstream points that are not listed themselves: {', '.join(unknown)}; "
            "list them, with an empty next point if they are outlets"
        )
    above: dict[str, list[str]] = {str(p): [] for p in sorted(map(str, downstream))}
    for point, below in sorted(links.items()):
        above[below].append(point)
    try:
        order = tuple(TopologicalSorter(above).static_order())
    except CycleError as circle:
        names = " -> ".join(reversed(circle.args[1]))
        raise UsageError(f"water does not flow in a circle: {names}") from circle
    return Network(order, links)


def own_populations(net: Network, population: Mapping[str, float]) -> dict[str, float]:
    """Return the people that every point has beyond the points next upstream.

    Parameters
    ----------
    net : Network
    population : mapping of str to float [inhabitant]
        Of the whole catchment of every point: nested, so that it grows downstream.

    Returns
    -------
    dict of str to float [inhabitant]
        NaN where the point's or an upstream population is not given; negative values are left as
        they are: they say that the stated catchments are not nested.
    """

    def of(point: str) -> float:
        return float(population.get(point, np.nan))

    return {p: of(p) - sum(of(u) for u in net.next_upstream(p)) for p in net.points}


def own_load_draws(net: Network, loads: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    """Return draws of what every stretch adds to the load that enters it.

    Parameters
    ----------
    net : Network
    loads : mapping of str to array_like (draw,) [mg/day]
        Mass loads of the same days, with shared errors shared (draw by draw), as `wbe.draws`
        returns them. Points without a load are left out together with those next below them.

    Returns
    -------
    dict of str to ndarray (draw,) [mg/day]
        For a headwater point its load itself.

    Raises
    ------
    UsageError
        If draws differ in number.

    Notes
    -----
    D_p = M_p - sum of M_u over the points u next upstream. Errors that all points share (factor,
    calibration) multiply D and cannot change its sign. Losses between the points are in D: a
    negative one is decay, sedimentation, or water that left.
    """
    draws = {p: np.asarray(loads[p], float) for p in net.points if p in loads}
    if len({d.shape for d in draws.values()}) > 1:
        raise UsageError("loads must have the same number of draws at every point")
    out = {}
    for point in net.points:
        above = net.next_upstream(point)
        if point in draws and all(u in draws for u in above):
            out[point] = draws[point] - np.sum([draws[u] for u in above], axis=0)
    return out


def load_differences(
    net: Network,
    loads: Mapping[str, ArrayLike],
    population: Mapping[str, float],
    *,
    min_population: float,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return what every stretch adds, per stretch and per head, with its interval.

    Parameters
    ----------
    net : Network
    loads : mapping of str to array_like (draw,) [mg/day]
        As in `own_load_draws`.
    population : mapping of str to float [inhabitant]
        Of the whole catchment of every point.
    min_population : float [inhabitant]
        Least population of a stretch that is given a value; no default, it is the programme's
        disclosure rule.
    level : float [1]
        Of the intervals.

    Returns
    -------
    DataFrame
        One row a point, upstream first: ``point, upstream, population, own_population, value,
        lower, upper`` [mg/day], ``pn_value, pn_lower, pn_upper`` [mg/day/1000 inhabitants of the
        stretch], ``p_gain``, ``outcome`` (one of `OUTCOMES`), ``reason``.

    Raises
    ------
    UsageError
        If draws differ in number, or min_population is negative.

    Notes
    -----
    ``gain`` and ``loss`` need a probability of 0.95. ``not_identifiable``: a load, or a
    population, is not known, or the populations are not nested. ``withheld``: the stretch has
    fewer people than min_population, and no value of it is returned.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.spatial import load_differences, network
    >>> net = network({"plant": None, "east": "plant"})
    >>> shared = np.exp(np.linspace(-0.3, 0.3, 101))
    >>> loads = {"plant": 100 * shared, "east": 60 * shared}
    >>> people = {"plant": 50_000, "east": 20_000}
    >>> table = load_differences(net, loads, people, min_population=5_000)
    >>> table.set_index("point")["outcome"].to_dict()
    {'east': 'gain', 'plant': 'gain'}
    """
    import pandas as pd

    if min_population < 0:
        raise UsageError(f"min_population = {min_population} must not be negative")
    added, own = own_load_draws(net, loads), own_populations(net, population)
    rows = [
        _row(net, p, added.get(p), float(population.get(p, np.nan)), own[p], min_population, level)
        for p in net.points
    ]
    return pd.DataFrame(rows)


def _row(
    net: Network,
    point: str,
    added: Floats | None,
    population: float,
    own: float,
    least: float,
    level: float,
) -> dict[str, object]:
    reason = _reason(added, own, least)
    row: dict[str, object] = {
        "point": point,
        "upstream": " ".join(net.next_upstream(point)),
        "population": population,
        "own_population": own,
    }
    names = ("value", "lower", "upper")
    if added is None or reason:
        row |= dict.fromkeys([*names, *(f"pn_{n}" for n in names), "p_gain"], np.nan)
        outcome = "withheld" if reason.startswith("fewer") else "not_identifiable"
        return row | {"outcome": outcome, "reason": reason}
    shown = np.quantile(added, [0.5, (1 - level) / 2, (1 + level) / 2])
    row |= dict(zip(names, shown.tolist(), strict=True))
    row |= {f"pn_{n}": v / own * 1000 for n, v in zip(names, shown.tolist(), strict=True)}
    gain = float(np.mean(added > 0))
    verdict = "gain" if gain >= SURE else "loss" if gain <= 1 - SURE else "not_distinguishable"
    return row | {"p_gain": gain, "outcome": verdict, "reason": ""}


def _reason(added: Floats | None, own: float, least: float) -> str:
    if np.isnan(own):
        return "a population is not known"
    if own <= 0:
        return "the populations are not nested"
    if own < least:
        return f"fewer than {least:g} inhabitants between the points"
    return "a load is not known" if added is None else ""


def loads_at_points(
    draws: ArrayLike, sites: Sequence[str], days: Sequence[object], points: Sequence[str]
) -> dict[str, Floats]:
    """Return mean loads of points over the days on which all of them were sampled.

    Parameters
    ----------
    draws : array_like (sample, draw) [mg/day]
        ``wbe.draws(result, "mass_load")`` of one analyte.
    sites, days : sequence (sample,)
        Of every sample; days of one calendar.
    points : sequence of str
        Points that are compared: differences of different days would be differences of days.

    Returns
    -------
    dict of str to ndarray (draw,) [mg/day]

    Raises
    ------
    UsageError
        If the points have no day with a load in common.
    """
    x = np.asarray(draws, float)
    known = np.isfinite(x).all(axis=1)
    at: dict[tuple[str, object], list[int]] = {}
    for i, key in enumerate(zip(map(str, sites), days, strict=True)):
        if known[i]:
            at.setdefault(key, []).append(i)
    shared = [d for d in dict.fromkeys(days) if all((p, d) in at for p in points)]
    if not shared:
        raise UsageError(f"no day with a load at all of {', '.join(points)}")
    return {p: np.mean([x[at[(p, d)]].mean(axis=0) for d in shared], axis=0) for p in points}
