"""The distribution of results of which some lie below limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from wbe import names
from wbe.errors import TooFewDetectsError
from wbe.plot import style, words
from wbe.plot.change_axes import log_axis
from wbe.plot.panel import axes_with, finish, heading_lines, require_language
from wbe.qc.censoring.choice import Summary, summarize
from wbe.qc.censoring.data import Censored
from wbe.qc.censoring.kaplan_meier import KaplanMeier, kaplan_meier
from wbe.qc.censoring.likelihood import LikelihoodFit, fit_likelihood

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

_MEAN, _VALUES, _BELOW = 1.08, -0.06, -0.12  # heights of marks beyond the shares 0 to 1
_LANES, _LANE = 3, 0.04  # heights of non-detects, so that few of them do not hide one another
_LOWEST, _HIGHEST = -0.24, 1.14
_NODES: Final = 200  # of the fitted curve
_REACH: Final = 20.0  # times the largest result, beyond which an interval is cut off
_MANY: Final = 100  # non-detects from which their signs are smaller
_FEW_LIMITS: Final = 6  # that are drawn as lines


def censored(
    data: Censored,
    *,
    label: str = "",
    level: float = 0.95,
    ax: Axes | None = None,
    language: str = "en",
    title: str | None = None,
) -> Axes:
    """Draw the distribution of results with limits, and what they say of the mean.

    The steps are the shares of Kaplan-Meier with their pointwise limits; nothing is known of them
    beneath the smallest value. The dashed curve is the lognormal that the likelihood of all results
    favours. Beneath stand the results themselves, above them the mean.

    Parameters
    ----------
    data : Censored [unit of `label`]
        From `wbe.qc.censoring.censored`.
    label : str
        Quantity and unit of the values.
    level : float [1]
        Of all intervals.
    ax : Axes, optional
        Where to draw; by default on a new Figure of its own, without pyplot.
    language : str
        ``en`` or ``zh``.
    title : str, optional
        A line over the heading; say there that data are synthetic.

    Returns
    -------
    Axes
        Without a detect, of results and limits alone; without two different ones there is no
        fitted curve. The mean is that of `wbe.qc.censoring.summarize` with its interval, or where
        it gives none the bounds of the mean.

    Raises
    ------
    UsageError
        The language is neither ``en`` nor ``zh``, or the level not between 0 and 1.

    Examples
    --------
    >>> from wbe import plot
    >>> from wbe.qc.censoring import censored
    >>> x = censored([2, 2, 3, 5, 8, 9, 20], [1, 1, 1, 0, 0, 0, 0])  # synthetic
    >>> ax = plot.censored(x, label="Load [mg/day/1000 inhabitants]", title="Synthetic town")
    """
    require_language(language)
    found = summarize(data, level=level)
    with style.context():
        said = [_counts(data, language), _mean_said(found, language)]
        ax = axes_with(ax, 3.4, heading_lines(title, said), below=1.15)
        ax.set_xlim(*_range(data, found))
        log_axis(ax, "x", label or names.text("trend.value", language))
        steps, fit = _fits(data)
        if steps is not None:
            _draw_steps(ax, steps, level, language)
        if fit is not None:
            _draw_fit(ax, fit, language)
        _draw_results(ax, data, language)
        _draw_mean(ax, found, language)
        _shares(ax, data.n, language)
        finish(ax, legend=True)
    return ax


def _counts(data: Censored, language: str) -> str:
    if not data.n_below:
        return names.text("censored.n_none", language, n=data.n)
    return names.text("censored.n", language, n=data.n, below=data.n_below, limits=len(data.limits))


def _mean_said(found: Summary, language: str) -> str:
    mean = found.mean
    if not found.testable:
        return names.text("censored.bounds", language, least=words.number(mean.least),
                          most=words.number(mean.most))  # fmt: skip
    return names.text(
        "censored.mean", language, value=words.number(mean.value), low=words.number(mean.lower),
        high=words.number(mean.upper), level=f"{found.level:.0%}",
        method=names.text(f"censored.method.{found.method}", language),
    )  # fmt: skip


def _range(data: Censored, found: Summary) -> tuple[float, float]:
    """Return the ends of the axis: all that is known, less what an endless interval would take."""
    mean = found.mean
    ends = np.array([*data.high, *data.low[data.low > 0], mean.lower, mean.upper, mean.most])
    ends = ends[np.isfinite(ends) & (ends > 0)]
    top = min(float(ends.max()), _REACH * float(data.high.max()))
    return float(ends.min()) / 1.8, top * 1.3


def _fits(data: Censored) -> tuple[KaplanMeier | None, LikelihoodFit | None]:
    """Return what the detects suffice for."""
    steps = kaplan_meier(data) if data.n_detected else None
    try:
        return steps, fit_likelihood(data)
    except TooFewDetectsError:
        return steps, None


def _draw_steps(ax: Axes, steps: KaplanMeier, level: float, language: str) -> None:
    """Draw the shares from the largest limit beneath the smallest detect upwards."""
    left, right = ax.get_xlim()
    x = np.concatenate([[steps.ceiling], steps.values, [right]])
    shares = np.concatenate([[steps.beneath], steps.cdf])
    lower, upper = steps.band(level)
    ends = [np.append(y, y[-1]) for y in (shares, lower, upper)]
    ax.fill_between(x, ends[1], ends[2], step="post", color=style.SKY, alpha=0.45, linewidth=0,
                    zorder=1, label=names.text("censored.km_band", language,
                                               level=f"{level:.0%}"))  # fmt: skip
    ax.step(x, ends[0], where="post", color=style.BLUE, linewidth=1.6, zorder=3,
            label=names.text("censored.km", language))  # fmt: skip
    if steps.beneath:
        text = names.text("censored.unknown", language, p=f"{steps.beneath:.0%}")
        ax.fill_between([left, steps.ceiling], 0, steps.beneath, facecolor="#F2F2F2",
                        edgecolor=style.MUTED, hatch="\\\\\\\\", linewidth=0, zorder=1,
                        label=text)  # fmt: skip


def _draw_fit(ax: Axes, fit: LikelihoodFit, language: str) -> None:
    x = np.geomspace(*ax.get_xlim(), _NODES)
    ax.plot(x, [1 - fit.exceedance(float(v)) for v in x], "--", color=style.VERMILION,
            linewidth=1.4, zorder=4, label=names.text("censored.fit", language))  # fmt: skip


def _draw_results(ax: Axes, data: Censored, language: str) -> None:
    """Draw every result beneath the shares, and each limit as a line where they are few."""
    if data.n_detected:
        ax.plot(data.values, np.full(data.n_detected, _VALUES), "|", color=style.INK,
                markersize=8, markeredgewidth=0.9, label=names.text("censored.value", language),
                zorder=4)  # fmt: skip
    if not data.n_below:
        return
    left = ax.get_xlim()[0]
    low, high = data.low[data.below], data.high[data.below]
    at = _BELOW - _LANE * (np.searchsorted(data.limits, high) % _LANES)
    ax.hlines(at, np.maximum(low, left), high, color=style.MUTED, linewidth=0.8, zorder=3)
    ax.plot(high, at, "<", markerfacecolor="white", markeredgecolor=style.INK, zorder=4,
            markersize=5.0 if len(high) < _MANY else 3.5, linestyle="none",
            label=names.text("censored.below", language))  # fmt: skip
    if len(data.limits) <= _FEW_LIMITS:
        for k, limit in enumerate(data.limits):
            text = "_" if k else names.text("censored.limit", language)
            ax.axvline(limit, color=style.MUTED, linewidth=0.9, linestyle=":", zorder=1,
                       label=text)  # fmt: skip


def _draw_mean(ax: Axes, found: Summary, language: str) -> None:
    mean, (left, right) = found.mean, ax.get_xlim()
    known = found.testable
    low, high = (mean.lower, mean.upper) if known else (mean.least, mean.most)
    key = "censored.mean_mark" if known else "censored.mean_bounds"
    how: dict[str, Any] = {"color": style.INK, "linewidth": 1.3, "zorder": 5}
    if not known:
        how["linestyle"] = (0, (2, 1.5))
    ax.plot([max(low, left), min(high, right)], [_MEAN, _MEAN], **how,
            label=names.text(key, language), marker="D" if known else "", markersize=6,
            markevery=[])  # fmt: skip
    if known:
        ax.plot([mean.value], [_MEAN], "D", color=style.INK, markersize=6, zorder=6)


def _shares(ax: Axes, n: int, language: str) -> None:
    ax.set_ylim(_LOWEST, _HIGHEST)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    ax.set_ylabel(names.text("censored.axis", language, n=n))
