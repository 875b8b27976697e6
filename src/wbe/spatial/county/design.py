"""The county model as a linear model: columns, and what of them the data enter through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.spatial.county.data import OPEN_CHANNEL, CountyData, CountyPriors

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Design:
    """z = D x + w_point + eps, with x in units of its own prior sd.

    Columns are ordered: local ones first (the town's u, its v by round, its own known errors),
    then those of the whole county (mu by round, beta, known errors that several towns carry). With
    w integrated out, the covariance of a point with m samples has one eigenvalue
    sigma_eps^2 + m sigma_w^2 (their mean) and m - 1 of sigma_eps^2 (their differences); samples
    are grouped into *strata* by eigenvalue.

    Attributes
    ----------
    columns : ndarray (n, d)
        Value of each sample in each column; local ones count within the sample's own town.
    n_local : int
        Number q of local columns; the other p = d - q are the county's.
    top_sd : ndarray (p,)
        Prior sds of the county's columns [1].
    multiplicity : ndarray (stratum,) of int
        m of each stratum; 0: differences within points.
    ranks : ndarray (stratum,)
        Number of eigenvalues in each.
    gram : ndarray (stratum, d, d, town)
        Columns' cross products in each stratum.
    project : ndarray (stratum * d * town, n)
        From samples to their cross products with the columns.
    point_sum : ndarray (point, n)
        Indicator of the samples of each point.
    counts : ndarray (point,)
        Samples of each point.
    known : ndarray (unknown,) of int
        For each known error: its column among the county's, -1 where it is a town's own.
    """

    columns: Floats
    town: Ints
    n_towns: int
    n_rounds: int
    n_local: int
    top_sd: Floats
    multiplicity: Ints
    ranks: Floats
    gram: Floats
    project: Floats
    point: Ints
    point_sum: Floats
    counts: Floats
    known: Ints

    @property
    def n_top(self) -> int:
        """Number p of columns of the whole county."""
        return len(self.top_sd)

    @property
    def points_repeat(self) -> bool:
        """Whether some point has several samples."""
        return bool((self.multiplicity != 1).any())


def design_of(data: CountyData, priors: CountyPriors) -> Design:
    """Return the linear model of a design.

    Parameters
    ----------
    data : CountyData
    priors : CountyPriors

    Returns
    -------
    Design
    """
    shared = np.zeros((len(data.town), 0)) if data.shared is None else data.shared
    own, known = _places_of(shared, data.town)
    rounds = np.eye(data.n_rounds)[data.round]
    wide = shared[:, own < 0]
    local = _own_columns(shared, own, data.town)
    open_ = (data.kind == OPEN_CHANNEL).astype(float)[:, None]
    columns = np.hstack([np.ones_like(open_), rounds, local, rounds, open_, wide])
    n_local = 1 + data.n_rounds + local.shape[1]
    sd = np.concatenate(
        [np.full(data.n_rounds, priors.mean_sd), [priors.kind], np.ones(wide.shape[1])]
    )
    counts = np.bincount(data.point, minlength=data.n_points).astype(float)
    point_sum = (data.point == np.arange(data.n_points)[:, None]).astype(float)
    belongs = (data.town == np.arange(data.n_towns)[:, None]).astype(float)
    by_town = np.einsum("id,ai->dai", columns, belongs).reshape(-1, len(columns))
    multiplicity, ranks, project = _strata(by_town, point_sum, counts)
    shape = (len(ranks), columns.shape[1], data.n_towns, columns.shape[1])
    gram = np.ascontiguousarray((project @ columns).reshape(shape).transpose(0, 1, 3, 2))
    return Design(
        columns, data.town, data.n_towns, data.n_rounds, n_local, sd, multiplicity, ranks,
        gram, project, data.point, point_sum, counts, known,
    )  # fmt: skip


def _places_of(shared: Floats, town: Ints) -> tuple[Ints, Ints]:
    """Return each known error's place among a town's own columns (-1: several towns carry it)."""
    own = np.full(shared.shape[1], -1, dtype=np.intp)
    known = np.full(shared.shape[1], -1, dtype=np.intp)
    used: dict[int, int] = {}
    wide = 0
    for k, column in enumerate(shared.T):
        towns = set(town[column != 0].tolist())
        if len(towns) == 1:
            only = towns.pop()
            own[k] = used.get(only, 0)
            used[only] = int(own[k]) + 1
        else:
            known[k], wide = wide, wide + 1
    return own, known


def _own_columns(shared: Floats, own: Ints, town: Ints) -> Floats:
    out = np.zeros((len(shared), int(own.max(initial=-1)) + 1))
    for k in np.flatnonzero(own >= 0):
        out[:, own[k]] += shared[:, k]
    return out


def _strata(by_town: Floats, point_sum: Floats, counts: Floats) -> tuple[Ints, Floats, Floats]:
    """Return multiplicities, ranks, and the rows projected on each stratum, (stratum * row, n)."""
    multiplicity = np.unique(counts[counts > 0]).astype(np.intp)
    sums = [point_sum[counts == m] for m in multiplicity]
    projected = [by_town @ s.T @ s / m for s, m in zip(sums, multiplicity, strict=True)]
    ranks = [float(len(s)) for s in sums]
    if (counts > 1).any():
        projected.append(by_town - np.sum(projected, axis=0))
        multiplicity = np.append(multiplicity, 0)
        ranks.append(point_sum.shape[1] - sum(ranks))
    return multiplicity, np.array(ranks), np.concatenate(projected)
