"""Draws of products of positive factors, by keyed Monte Carlo in blocks.

The engine knows no chemistry. A `Product` is n rows, each the logarithm of a central value plus
errors; an error is a `Term` with a label a row. Rows with the same label share the same unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri, ndtri_exp

from wbe.uncertainty.streams import BLOCK, Stream, blocks

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]

INTERVAL = (0.025, 0.5, 0.975)
_CHUNK_BYTES = 16 * 2**20
_PLAIN_EDGE = -8.0  # above it the plain normal distribution function loses no digits


@dataclass(frozen=True)
class Term:
    """A multiplicative error with its median at 1.

    Attributes
    ----------
    name : str
        Name of the random variable.
    level : str
        Level of the error model.
    labels : ndarray (row,) of str
        Who shares the unknown.
    log_sd : ndarray (row,)
        Signed spread [1]: sd of the log for a lognormal, of the logit for a logit-normal; negative
        where the factor divides. 0 leaves the row exact.
    centre : ndarray (row,) or None
        For a logit-normal: the median fraction (0 to 1). None: lognormal.
    """

    name: str
    level: str
    labels: Strings
    log_sd: Floats
    centre: Floats | None = None

    def take(self, rows: NDArray[np.intp]) -> Term:
        """Return the term of some rows."""
        centre = None if self.centre is None else self.centre[rows]
        return replace(self, labels=self.labels[rows], log_sd=self.log_sd[rows], centre=centre)


@dataclass(frozen=True)
class BelowLimit:
    """Rows known only to lie below a limit, with the lognormal that was fitted to their group.

    Attributes
    ----------
    rows : ndarray (k,) of int
        Positions of the censored rows in the product.
    labels : ndarray (k,) of str
        Sample and analyte.
    log_limit : ndarray (k,)
        Natural log of the limit, in the unit of the fitted values.
    groups : ndarray (k,) of str
        Group of the fit; its parameters are drawn once per iteration.
    fits : dict of str to tuple
        Group -> (mu, ln sd, Cholesky factor of their covariance, shape (2, 2)).
    offset : ndarray (k,)
        Added to the drawn log value (from the fitted scale to that of the product).
    """

    rows: NDArray[np.intp]
    labels: Strings
    log_limit: Floats
    groups: Strings
    fits: dict[str, tuple[float, float, Floats]]
    offset: Floats


@dataclass(frozen=True)
class Product:
    """n rows of log central value plus terms.

    Attributes
    ----------
    log_central : ndarray (row,)
        Natural log of the central value; NaN where nothing is known.
    terms : tuple of Term
    below : BelowLimit or None
        Censored rows, whose `log_central` is replaced by draws.
    """

    log_central: Floats
    terms: tuple[Term, ...] = ()
    below: BelowLimit | None = field(default=None)

    def __len__(self) -> int:
        return len(self.log_central)

    def take(self, rows: NDArray[np.intp]) -> Product:
        """Return the product of some rows."""
        below = self.below
        if below is not None:
            position = {int(r): i for i, r in enumerate(rows)}
            keep = np.array([int(r) in position for r in below.rows], dtype=bool)
            below = BelowLimit(
                np.array([position[int(r)] for r in below.rows[keep]], dtype=np.intp),
                below.labels[keep],
                below.log_limit[keep],
                below.groups[keep],
                below.fits,
                below.offset[keep],
            )
            below = below if len(below.rows) else None
        return Product(self.log_central[rows], tuple(t.take(rows) for t in self.terms), below)

    def only(self, levels: Iterable[str]) -> Product:
        """Return the product with the errors of the given levels alone."""
        wanted = set(levels)
        return replace(self, terms=tuple(t for t in self.terms if t.level in wanted))


def log_draws(product: Product, stream: Stream, block: int) -> Floats:
    """Return one block of draws of the log value, shape (row, BLOCK)."""
    out = np.repeat(product.log_central[:, None], BLOCK, axis=1)
    if product.below is not None:
        out[product.below.rows] = draw_below(product.below, stream, block)
    for term in product.terms:
        add_term(out, term, stream, block)
    return out


def add_term(out: Floats, term: Term, stream: Stream, block: int) -> None:
    """Add one term's log error to `out` (row, BLOCK), in place."""
    live = np.flatnonzero(term.log_sd)
    if not len(live):
        return
    labels, codes = np.unique(term.labels[live], return_inverse=True)
    z = stream.normals(term.name, labels.tolist(), block)
    if term.centre is None:
        for row, code in zip(live, codes, strict=True):
            out[row] += term.log_sd[row] * z[code]
        return
    numbers = (codes, term.centre[live], term.log_sd[live])
    shapes = zip(*(column.tolist() for column in numbers), strict=True)
    done: dict[tuple[int, float, float], Floats] = {}  # rows of one factor share one error
    for row, (code, centre, sd) in zip(live, shapes, strict=True):
        if (code, centre, sd) not in done:
            done[code, centre, sd] = logit_normal_log(z[code], centre, sd)
        out[row] += done[code, centre, sd]


def logit_normal_log(z: Floats, centre: float, signed_sd: float) -> Floats:
    """Return ln(E / centre) with logit(E) = logit(centre) + |sd| z, times the sign of the sd.

    The median of E is `centre`: draws leave the headline where the point calculation has it.
    E / centre = 1 / (1 + (1 - centre) (exp(-sd z) - 1)), which is exactly 1 at z = 0.
    """
    log_share = -np.log1p((1 - centre) * np.expm1(-abs(signed_sd) * z))
    return np.asarray(np.copysign(1.0, signed_sd) * log_share)


def draw_below(below: BelowLimit, stream: Stream, block: int) -> Floats:
    """Return draws of censored log values, shape (k, BLOCK).

    ln x = mu + sd * Phi^-1(u * Phi((ln limit - mu) / sd)), with (mu, ln sd) drawn once per
    iteration for the group: independent draws for each row with fixed parameters would make the
    mean of many non-detects look exact.
    """
    out = np.empty((len(below.rows), BLOCK))
    parameters = {g: _parameters(g, below, stream, block) for g in sorted(set(below.groups))}
    for i, (label, group) in enumerate(zip(below.labels, below.groups, strict=True)):
        mu, sd = parameters[str(group)]
        u = 1.0 - stream.at("below_limit", str(label), block).random(BLOCK)  # (0, 1]
        edge = (below.log_limit[i] - mu) / sd
        out[i] = mu + sd * _truncated(u, edge) + below.offset[i]
    return out


def _truncated(u: Floats, edge: Floats) -> Floats:
    """Return the u-quantiles of a standard normal truncated above at `edge`."""
    if edge.min() > _PLAIN_EDGE:
        return np.asarray(ndtri(u * ndtr(edge)))
    return np.asarray(ndtri_exp(np.log(u) + log_ndtr(edge)))  # slower, but holds in any tail


def _parameters(group: str, below: BelowLimit, stream: Stream, block: int) -> tuple[Floats, Floats]:
    mu, log_sd, factor = below.fits[group]
    z = np.stack([stream.shared("below_limit_fit", f"{group}|{p}", block) for p in ("mu", "sd")])
    shift = factor @ z
    return mu + shift[0], np.exp(log_sd + shift[1])


def draw(product: Product, draws: int, seed: int) -> Floats:
    """Return all draws of all rows, shape (row, draw), on the natural scale. Materialises."""
    out = np.empty((len(product), draws))
    stream = Stream(seed)
    for block, span in blocks(draws):
        out[:, span] = log_draws(product, stream, block)[:, : span.stop - span.start]
    return np.exp(out, out=out)


def summarise(product: Product, draws: int, seed: int) -> dict[str, Floats]:
    """Return median, mean and 95 % interval of every row, a chunk of rows at a time.

    Parameters
    ----------
    product : Product
    draws : int
        Number of draws; 0 gives the central values, with NaN for mean and interval.
    seed : int

    Returns
    -------
    dict of str to ndarray (row,)
        ``median``, ``mean``, ``lower``, ``upper``.
    """
    n = len(product)
    names = ("lower", "median", "upper", "mean")
    out = {name: np.full(n, np.nan) for name in names}
    if draws == 0:
        out["median"] = np.exp(product.log_central)
        return out
    step = max(1, _CHUNK_BYTES // (8 * draws))
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        values = draw(product.take(rows), draws, seed)
        for name, column in zip(names, summary(values), strict=True):
            out[name][rows] = column
    return out


def summary(values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return 2.5 %, 50 % and 97.5 % quantiles (linear interpolation) and mean of (row, draw).

    The input is sorted in place; rows with NaN give NaN.
    """
    values.sort(axis=1)  # first, so that the mean is summed in one order whatever the draw order
    at = np.array(INTERVAL) * (values.shape[1] - 1)
    low = at.astype(np.intp)
    high = np.minimum(low + 1, values.shape[1] - 1)
    quantiles = values[:, low] + (at - low) * (values[:, high] - values[:, low])
    quantiles[np.isnan(values[:, -1])] = np.nan  # sort puts NaN last
    return quantiles[:, 0], quantiles[:, 1], quantiles[:, 2], values.mean(axis=1)


def covariance(terms: Iterable[Term]) -> Floats:
    """Return the covariance of the log errors between rows, shape (row, row) [1].

    Exact for lognormal terms; a logit-normal enters by its delta-method sd, (1 - centre) * sd.
    """
    total: Floats | float = 0.0
    for term in terms:
        sd = term.log_sd if term.centre is None else term.log_sd * (1 - term.centre)
        same = term.labels[:, None] == term.labels[None, :]
        total = total + same * np.outer(sd, sd)
    return np.asarray(total)


def mean_shift(weights: Floats, terms: Iterable[Term]) -> float:
    """Return ln(median of a weighted mean of lognormal errors / the mean without errors).

    The arithmetic mean of n errors, each with median 1, has a median above 1 (by 1.6 % at a log-sd
    of 0.18). Programmes publish the plain mean; subtracting this shift keeps the headline of a run
    with draws at that value. Median by matching two moments to a lognormal (Fenton 1960).

    Parameters
    ----------
    weights : ndarray (row,)
        Weight times central value of each row [any]; only ratios matter.
    terms : iterable of Term
        Errors of the rows.

    Returns
    -------
    float
        Shift of the log [1]; 0 where all rows share all errors.

    References
    ----------
    Fenton 1960, 10.1109/TCOM.1960.1097606
    """
    share = weights / weights.sum()
    cov = covariance(terms)
    if not cov.shape:
        return 0.0
    grown = share * np.exp(np.diag(cov) / 2)
    mean = grown.sum()
    variance = grown @ np.expm1(cov) @ grown
    return float(np.log(mean) - np.log1p(variance / mean**2) / 2)
