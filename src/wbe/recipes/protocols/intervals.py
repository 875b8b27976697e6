"""What leaves the mean of a period open: the units not sampled, and the errors of the values.

Errors that days share (a flow meter, a population, a laboratory) stay whole however many days
there are; those of single days average out. Both are told by the engine that tells all others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from wbe.recipes.protocols.days import Days, Floats, Ints
from wbe.recipes.protocols.means import PeriodMean
from wbe.uncertainty import Mean, Product, Term, mean_shift, propagate

LEVEL = 0.95
"""Level of every interval."""

_ENDS = (0.5 - LEVEL / 2, 0.5 + LEVEL / 2)


def intervals(days: Days, means: list[PeriodMean]) -> Floats:
    """Return the lower and the upper end of the interval of each mean.

    Parameters
    ----------
    days : Days
    means : list of PeriodMean
        No two of them share a row.

    Returns
    -------
    ndarray (mean, 2) [unit of the days]
        NaN where nothing tells an interval: no error of the values and all units sampled, a
        stratum of which one unit of several is known, an empty stratum, non-detects without a
        fit, a mean of zero, or a result without draws.

    Notes
    -----
    With w_i the weight of row i, y_i its central value, e_i its log errors, f_i the sampled share
    of its stratum::

        ln x = ln(sum_i w_i y_i exp(e_i)) - shift + d

    An error of one unit alone enters e_i with sqrt(f_i) of its size: the spread between units,
    from which d comes, holds the rest of it already,
    (1 - f) (S^2 + s^2) / n + f s^2 / n = (1 - f) S^2 / n + s^2 / n.
    Errors that units share enter whole. d is normal with its central 95 % at +- t_df(0.975) times
    the relative standard error, so that alone it gives Student's t on the log scale: ends above
    zero. `wbe.uncertainty.mean_shift` keeps the median at the plain mean.

    References
    ----------
    Cochran 1977, Sampling Techniques, 3rd ed., chapter 13 (errors of measurement in a sample);
    JCGM 100:2008, G.6.4 (t for the expanded uncertainty)
    """
    out = np.full((len(means), 2), np.nan)
    told = [k for k, m in enumerate(means) if days.draws and _can_be_told(m)]
    if not told:
        return out
    r = _Rows.of(days, [means[k] for k in told])
    errors = _with_own_scaled(r)
    size = np.array([_log_sd(means[k]) for k in told])
    names = np.array([f"{means[k].place}|{means[k].period}|{days.analyte}" for k in told])
    shift = np.array(
        [_shift(errors, np.flatnonzero(r.group == g), r.weights * r.central) for g in r.groups]
    )
    shift = shift - np.log(np.bincount(r.group, r.weights))  # rows of zero were left out
    left_open = Term("days", "sample", names[r.group], size[r.group])
    model = _shifted(replace(errors, terms=(*errors.terms, left_open)), -shift[r.group])
    exact = np.ones(len(told), dtype=bool)
    exact[r.group[_spread(model)]] = False
    got = propagate(
        Mean(model, np.char.mod("%08d", r.group), r.weights),
        draws=days.draws, seed=days.seed, engine=days.engine, at=_ENDS,
    )  # fmt: skip
    out[told] = np.where(exact[:, None], np.nan, got.quantiles)
    return out


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of several means below each other, those that are zero left out.

    Attributes
    ----------
    product : Product
    group, unit : ndarray (row,) of int
        Which mean a row belongs to, and which unit of it.
    weights, sampled, central : ndarray (row,)
    """

    product: Product
    group: Ints
    unit: Ints
    weights: Floats
    sampled: Floats
    central: Floats

    @classmethod
    def of(cls, days: Days, means: list[PeriodMean]) -> _Rows:
        keep = [days.central[m.rows] != 0 for m in means]

        def each(name: str) -> Floats:
            return np.concatenate([getattr(m, name)[k] for m, k in zip(means, keep, strict=True)])

        group = np.repeat(np.arange(len(means)), [int(k.sum()) for k in keep])
        rows, unit = each("rows").astype(np.intp), each("unit").astype(np.intp)
        product, central = days.product.take(rows), days.central[rows]
        return cls(product, group, unit, each("weights"), each("sampled"), central)

    @property
    def groups(self) -> range:
        """The means."""
        return range(int(self.group.max()) + 1)


def _can_be_told(m: PeriodMean) -> bool:
    return bool(np.isfinite(m.value) and m.value > 0 and np.isfinite(m.relative_error))


def _log_sd(m: PeriodMean) -> float:
    """Return the sd of the log whose central 95 % is that of Student's t."""
    if m.relative_error == 0:
        return 0.0
    return float(stdtrit(m.df, _ENDS[1]) / ndtri(_ENDS[1]) * m.relative_error)


def _with_own_scaled(r: _Rows) -> Product:
    """Return the rows with the errors of single units at sqrt(f) of their size."""
    terms = []
    for term in r.product.terms:
        _, label = np.unique(term.labels, return_inverse=True)
        who, at = np.unique(np.stack([r.group, label]), axis=1, return_inverse=True)
        users = np.unique(np.stack([at.ravel(), r.unit]), axis=1)[0]
        own = (np.bincount(users, minlength=who.shape[1]) == 1)[at.ravel()]
        terms.append(replace(term, size=np.where(own, np.sqrt(r.sampled), 1.0) * term.size))
    return replace(r.product, terms=tuple(terms))


def _shifted(p: Product, by: Floats) -> Product:
    """Return the rows with a number added to their logs, drawn ones too."""
    below = None if p.below is None else p.below.shifted(by[p.below.rows])
    return replace(p, log_central=p.log_central + by, below=below)


def _shift(p: Product, at: Ints, weights: Floats) -> float:
    """Return what the errors add to the log of the median of one mean."""
    apart = [t for t in p.take(at).terms if not _alike(t)]
    return mean_shift(weights[at], apart, p.correlations) if apart else 0.0


def _alike(term: Term) -> bool:
    return bool((term.labels == term.labels[0]).all() and (term.size == term.size[0]).all())


def _spread(p: Product) -> NDArray[np.bool_]:
    """Return which rows have an error, or are drawn."""
    spread = np.isnan(p.log_central)
    for term in p.terms:
        spread |= term.size != 0
    return np.asarray(spread)
