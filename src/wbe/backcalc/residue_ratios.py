"""Ratios of two residues by site or area and round: flow and population cancel.

The ratio of a place is the median over its samples. A residue below its limit makes the ratio of a
sample a bound, and where bounds reach the middle so is the median.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.backcalc.sources.tables import Likelihood, likelihoods
from wbe.errors import UsageError
from wbe.schema import CENSORED
from wbe.uncertainty import Z95, propagate

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

MOST_ERRORS: Final = 200
"""Samples, spread over the campaign, that the error of a ratio is the median of."""

AT_MOST, AT_LEAST, NOT_TOLD = "at_most", "at_least", "not_told"
COLUMNS: Final = ("place", "round", "ratio", "lower", "upper", "bound", "n", "n_below")

_MEDIAN_TO_MEAN: Final = 1.2533141373155
"""Standard error of a median over that of a mean, for normal values: sqrt(pi / 2)."""

_WIDTH: Final = 2 * Z95


_FEATURES: Final = {
    ("amphetamine", "methamphetamine"): "AMP/METH",
    ("cocaine", "benzoylecgonine"): "COC/BE",
}


def usual_range(over: str, under: str) -> Likelihood | None:
    """Return the range of a ratio where use alone is its source, with where it was published.

    Parameters
    ----------
    over, under : str
        Residues above and below the fraction bar.

    Returns
    -------
    Likelihood or None
        Row of ``likelihoods.csv``: ``low`` to ``high`` hold ``share`` of such sewage [1]. None
        where the table has none: ketamine over norketamine, by rule, tells no sources apart.

    Examples
    --------
    >>> found = usual_range("amphetamine", "methamphetamine")
    >>> found.low, found.high, found.source
    (0.05, 0.25, 'KunmingMETH; Dalian2015to2017')
    """
    feature = _FEATURES.get((over, under))
    rows_ = (r for r in likelihoods() if r.feature == feature and r.source_class == "consumption")
    return next(rows_, None)


class PlaceRatio(NamedTuple):
    """Ratio of one place and round.

    Attributes
    ----------
    value : float
        Median over the samples, or the bound [1].
    sd : float
        Standard error of its log [1].
    bound : str
        Empty, `AT_MOST`, `AT_LEAST`, or `NOT_TOLD` where bounds of both kinds reach the middle.
    n, n_below : int
        Samples in which both residues were looked for, and those with one below its limit.
    """

    value: float
    sd: float
    bound: str
    n: int
    n_below: int

    @property
    def interval(self) -> tuple[float, float]:
        """Central 95 % interval [1]; of a bound, from or to the end that nothing is known of."""
        ends = {AT_MOST: (0.0, self.value), AT_LEAST: (self.value, math.inf),
                NOT_TOLD: (0.0, math.inf)}  # fmt: skip
        half = math.exp(Z95 * self.sd)
        return ends.get(self.bound, (self.value / half, self.value * half))


def residue_ratios(
    result: xr.Dataset, over: str, under: str, *, by: Literal["site", "area"] = "site"
) -> pd.DataFrame:
    """Return the ratios of two residues in sewage, by place and round.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`, with draws.
    over, under : str
        Residues above and below the fraction bar: ``amphetamine``, ``methamphetamine``.
    by : {"site", "area"}
        Places. Areas count their routine points alone; samples without an area are left out.

    Returns
    -------
    DataFrame
        A row a place and round, in this order: ``place, round, ratio, lower, upper, bound, n,
        n_below``. ``ratio`` [1, by mass] is NaN where ``bound`` says ``at_most``, ``at_least`` or
        ``not_told``; ``lower`` and ``upper`` are then 0 or infinite on the open side. ``attrs``
        hold ``over``, ``under``, ``by`` and ``level``.

    Raises
    ------
    UsageError
        `by` is neither, the result has no draws, or no sample was looked at for both residues.

    Notes
    -----
    The standard error of the log is hypot(e, 1.2533 s / sqrt(n)): e the error of one measured
    ratio, which the samples of a laboratory share and which does not shrink with their number; s
    the scatter over the samples of the place. One sample alone has no scatter, so that its
    interval is that of the measurement. Errors that both residues share cancel.

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(samples, draws=1000)
    >>> table = wbe.backcalc.residue_ratios(result, "amphetamine", "methamphetamine")
    >>> table[["ratio", "lower", "upper", "n"]].iloc[1].round(2).tolist()
    [nan, 0.0, 0.15, 1.0]
    """
    if by not in ("site", "area"):
        raise UsageError(f"by = {by!r} is none of site, area")
    if not result.attrs["draws"]:
        raise UsageError("ratios need draws for their intervals: estimate with draws")
    s = rows.extract(result)
    place = s.site if by == "site" else s.area
    use = np.isin(s.matrix, rows.SEWAGE) & (place != "")
    if by == "area":
        use &= np.isin(s.role, ("routine", ""))
    found = ratios_at(s, (over, under), place, use, result.attrs["draws"], result.attrs["seed"])
    if not found:
        raise UsageError(f"no sewage sample was looked at for both {over} and {under}")
    return _table(found, {"over": over, "under": under, "by": by, "level": 0.95})


def _table(found: dict[tuple[str, str], PlaceRatio], attrs: dict[Any, Any]) -> pd.DataFrame:
    import pandas as pd

    lines = [
        (place, round_, math.nan if r.bound else r.value, *r.interval, r.bound, r.n, r.n_below)
        for (round_, place), r in sorted(found.items(), key=lambda item: item[0][::-1])
    ]
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    table.attrs = attrs
    return table


def ratios_at(
    s: rows.Samples, pair: tuple[str, str], place: NDArray[np.str_], use: Mask,
    draws: int, seed: int,
) -> dict[tuple[str, str], PlaceRatio]:  # fmt: skip
    """Return ratios by round and place.

    Parameters
    ----------
    s : Samples
    pair : tuple of str
        Residues above and below the fraction bar.
    place : ndarray (sample,) of str
    use : ndarray (sample,) of bool
        Samples that count, as far as both residues were looked for in them.
    draws, seed : int
        Of the error of one measured ratio.
    """
    top, bottom = (s.column(name) for name in pair)
    if min(top, bottom) < 0:
        return {}
    known = [np.isfinite(s.amount[:, j]) | np.isin(s.status[:, j], CENSORED) for j in (top, bottom)]
    i = np.flatnonzero(use & known[0] & known[1] & (s.kind[:, top] == s.kind[:, bottom]))
    low = [np.isin(s.status[i, j], CENSORED) for j in (top, bottom)]
    held = [
        np.where(below, s.limit[i, j], s.amount[i, j])
        for j, below in zip((top, bottom), low, strict=True)
    ]
    at_limit = np.log(held[0]) - np.log(held[1])
    # A non-detect above makes a ratio smaller than it looks, one below makes it larger.
    ordered = np.where(low[0] & low[1], np.nan, at_limit)
    ordered = np.where(low[0] & ~low[1], -np.inf, np.where(low[1] & ~low[0], np.inf, ordered))
    error = _error(s, i[~low[0] & ~low[1]], top, bottom, draws, seed)
    places, members = _places(s.round[i], place[i])
    return {
        where: median_ratio(ordered[k], at_limit[k], error)
        for where, k in zip(places, members, strict=True)
    }


def _places(
    round_: NDArray[np.str_], place: NDArray[np.str_]
) -> tuple[list[tuple[str, str]], list[Ints]]:
    """Return round and place of samples, and which of the samples belong to each."""
    if not len(place):
        return [], []
    both = np.stack([round_, place], axis=1)
    found, which, sizes = np.unique(both, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(which.ravel(), kind="stable")
    members = np.split(order, np.cumsum(sizes)[:-1])
    return [(str(r), str(a)) for r, a in found], members


def _error(s: rows.Samples, i: Ints, top: int, bottom: int, draws: int, seed: int) -> float:
    """Return the standard error of the log of one measured ratio: a median over samples."""
    if not len(i):
        return 0.0
    i = i[:: math.ceil(len(i) / MOST_ERRORS)]
    over, under = (rows.product(s, "concentration", i, np.full(len(i), j)) for j in (top, bottom))
    spread = propagate(over.over(under), draws=draws, seed=seed)
    return float(np.median(np.log(spread.upper / spread.lower)) / _WIDTH)


def median_ratio(ordered: Floats, at_limit: Floats, error: float) -> PlaceRatio:
    """Return the median of logs of ratios, some of them bounds.

    Parameters
    ----------
    ordered : ndarray (sample,)
        Logs [1]: -inf for an upper bound, inf for a lower bound, NaN where both are below limits.
    at_limit : ndarray (sample,)
        Logs with residues at their limits.
    error : float
        Standard error of the log of one measured ratio.
    """
    n, sure = len(ordered), ordered[np.isfinite(ordered)]
    with np.errstate(invalid="ignore"):  # a bound above and one below have no middle
        middle = float(np.median(ordered))
    if not math.isfinite(middle):
        value = float(np.exp(np.median(at_limit)))
        return PlaceRatio(value, error, _bound(middle, ordered), n, n - len(sure))
    scatter = float(np.std(sure, ddof=1)) / math.sqrt(len(sure)) if len(sure) > 1 else 0.0
    sd = math.hypot(error, _MEDIAN_TO_MEAN * scatter)
    return PlaceRatio(math.exp(middle), sd, "", n, n - len(sure))


def _bound(middle: float, ordered: Floats) -> str:
    """Return what a median at limits is: nothing, where bounds of another kind are among them."""
    with_other = ~np.isfinite(ordered) & (ordered != middle)
    if math.isnan(middle) or with_other.any():
        return NOT_TOLD
    return AT_MOST if middle < 0 else AT_LEAST
