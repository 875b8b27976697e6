"""Draws of values that are known only to lie below a limit, or between two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri, ndtri_exp

from wbe.uncertainty.product import BelowLimit, Ints
from wbe.uncertainty.streams import BLOCK, Stream

Floats = NDArray[np.float64]

_PLAIN_EDGE = -8.0  # above it the plain normal distribution function loses no digits


def draw_below(below: BelowLimit, stream: Stream, block: int) -> Floats:
    """Return draws of censored log values, shape (k, BLOCK).

    ln x = mu + sd * Phi^-1(Phi(a) + u * (Phi(b) - Phi(a))), a and b the standardised logs of what
    the value exceeds and of its limit, with (mu, ln sd) drawn once per iteration for the group:
    independent draws for each row with fixed parameters would make the mean of many non-detects
    look exact.
    """
    out = np.empty((len(below.rows), BLOCK))
    parameters = {g: _parameters(g, below, stream, block) for g in sorted(set(below.groups))}
    for i, (label, group) in enumerate(zip(below.labels, below.groups, strict=True)):
        mu, sd = parameters[str(group)]
        u = 1.0 - stream.uniforms("below_limit", str(label), block)  # (0, 1]
        edge = (below.log_limit[i] - mu) / sd
        least = -np.inf if below.log_least is None else float(below.log_least[i])
        if least > -np.inf:
            low = (least - mu) / sd
            score = np.clip(_between(u, low, edge), low, edge)
        else:
            score = _truncated(u, edge)
        out[i] = mu + sd * score + below.offset[i]
    return out


def _truncated(u: Floats, edge: Floats) -> Floats:
    """Return the u-quantiles of a standard normal truncated above at `edge`."""
    if edge.min() > _PLAIN_EDGE:
        return np.asarray(ndtri(u * ndtr(edge)))
    return np.asarray(ndtri_exp(np.log(u) + log_ndtr(edge)))  # slower, but holds in any tail


def _between(u: Floats, low: Floats, high: Floats) -> Floats:
    """Return the u-quantiles of a standard normal truncated to a range, in its nearer tail."""
    flip = low > 0
    if not flip.any():
        return _in_lower_tail(u, low, high)
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    score = _in_lower_tail(np.where(flip, 1.0 - u, u), a, b)
    return np.asarray(np.where(flip, -score, score))


def _in_lower_tail(u: Floats, a: Floats, b: Floats) -> Floats:
    """Return the u-quantiles of a standard normal truncated to (a, b), a not above zero."""
    if b.min() > _PLAIN_EDGE:
        beneath = ndtr(a)
        return np.asarray(ndtri(beneath + u * (ndtr(b) - beneath)))
    log_b = log_ndtr(b)
    share = np.exp(log_ndtr(a) - log_b)
    with np.errstate(divide="ignore"):
        return np.asarray(ndtri_exp(log_b + np.log(share + u * (1.0 - share))))


def _parameters(group: str, below: BelowLimit, stream: Stream, block: int) -> tuple[Floats, Floats]:
    mu, log_sd, factor = below.fits[group]
    z = np.stack([stream.shared("below_limit_fit", f"{group}|{p}", block) for p in ("mu", "sd")])
    shift = factor @ z
    return mu + shift[0], np.exp(log_sd + shift[1])


def nth(below: BelowLimit, i: int) -> BelowLimit:
    """Return one of the censored rows."""
    k = slice(i, i + 1)
    return replace(
        below,
        rows=below.rows[k],
        labels=below.labels[k],
        log_limit=below.log_limit[k],
        groups=below.groups[k],
        offset=below.offset[k],
        log_least=None if below.log_least is None else below.log_least[k],
    )


class Censored:
    """The censored rows of a product, found by position without a search through all of them.

    Parameters
    ----------
    below : BelowLimit or None
    rows : int
        Number of rows of the product.
    """

    def __init__(self, below: BelowLimit | None, rows: int):
        self._below = below
        self._at = np.full(rows if below is not None else 0, -1, dtype=np.intp)
        if below is not None:
            self._at[below.rows] = np.arange(len(below.rows))

    def of(self, rows: Ints) -> tuple[Ints, BelowLimit | None]:
        """Return which of some rows are censored (positions), and the censored rows among them."""
        if self._below is None:
            return np.empty(0, dtype=np.intp), None
        at = self._at[rows]
        position = np.flatnonzero(at >= 0)
        if not len(position):
            return position, None
        k = at[position]
        b = self._below
        part = replace(
            b,
            rows=position,
            labels=b.labels[k],
            log_limit=b.log_limit[k],
            groups=b.groups[k],
            offset=b.offset[k],
            log_least=None if b.log_least is None else b.log_least[k],
        )
        return position, part

    def keys(self, rows: Ints) -> list[str]:
        """Return what tells censored rows apart; empty for the others."""
        out = [""] * len(rows)
        b = self._below
        if b is not None:
            for i in np.flatnonzero(self._at[rows] >= 0).tolist():
                k = self._at[rows[i]]
                out[i] = f"{b.labels[k]}\x1f{b.groups[k]}\x1f{b.log_limit[k]!r}\x1f{b.offset[k]!r}"
                if b.log_least is not None:
                    out[i] += f"\x1f{b.log_least[k]!r}"
        return out
