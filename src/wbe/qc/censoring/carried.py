"""Sampling and measurement error of censored results in one interval.

Each result is a truth times errors: some of its own (this bottle, this injection), some shared with
others (the laboratory's bias, a flow meter, an excretion fraction). Own errors are in the spread of
the results already; shared ones are in none of it, however many results there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from wbe.errors import TooFewDetectsError, UsageError
from wbe.options import require_choice, require_level
from wbe.qc.censoring.bayes import bayes_lognormal
from wbe.qc.censoring.bounds import bounds
from wbe.qc.censoring.choice import Fitted, choose
from wbe.qc.censoring.data import Censored
from wbe.qc.censoring.kaplan_meier import kaplan_meier
from wbe.qc.censoring.likelihood import fit_likelihood
from wbe.qc.censoring.quantities import MEAN, Quantity
from wbe.qc.censoring.ros import robust_ros
from wbe.qc.censoring.shared_errors import CarriedErrors, carried_errors
from wbe.uncertainty import Product, Stream, blocks

Floats = NDArray[np.float64]

Target = Literal["population", "results"]
Sampling = Literal["interval", "rows"]
TARGETS = ("population", "results")
SAMPLINGS = ("interval", "rows")
_FAILED_SHARE = 0.05
"""Resamples that a method may refuse before its interval is refused."""


Fit = Callable[[Censored], Fitted]
"""What tells quantities from results, such as `fit_likelihood`: anything with `value(quantity)`
and, unless rows are resampled, `interval(quantity, level)`."""


@dataclass(frozen=True)
class Carried:
    """A quantity of censored results with one interval for sampling and measurement.

    Attributes
    ----------
    quantity : Quantity
    value : float
        Of the results as they are [unit of the data; 1]; NaN where not testable.
    lower, upper : float [unit of the quantity]
        Interval of sampling and measurement together; for ``population`` never inside that of
        sampling, and open (0, infinity) where that is.
    sampling_lower, sampling_upper : float [unit of the quantity]
        Of sampling alone; NaN for the target ``results``.
    level : float [1]
    measurement_share : float
        Share of the variance (of the log, or logit) that is shared error, for the target
        ``results`` all error [1]; NaN where the interval of sampling is open.
    least, most : float [unit of the quantity]
        With all non-detects at the lower end and at their limits, without errors.
    n, n_below : int
    target : str
        ``population``: of what the results are a sample of; ``results``: of these results.
    method, convention : str
    draws : int
    seed : int
    testable : bool
    reason : str
    """

    quantity: Quantity
    value: float
    lower: float
    upper: float
    sampling_lower: float
    sampling_upper: float
    level: float
    measurement_share: float
    least: float
    most: float
    n: int
    n_below: int
    target: str
    method: str
    convention: str
    draws: int
    seed: int
    testable: bool
    reason: str


def carry(
    results: Censored,
    errors: CarriedErrors | Product,
    quantity: Quantity = MEAN,
    *,
    estimator: str | Fit = "auto",
    target: Target = "population",
    sampling: Sampling = "interval",
    level: float = 0.95,
    draws: int = 2_000,
    seed: int = 1,
) -> Carried:
    """Return a mean, percentile or exceedance probability with all its errors in one interval.

    Parameters
    ----------
    results : Censored (n,) [any one unit]
    errors : CarriedErrors or Product (n rows)
        Factors of the results; a product is drawn (`carried_errors`).
    quantity : Quantity
        ``MEAN`` or a percentile, an sd, the probability of exceeding a threshold.
    estimator : str or callable
        ``auto``: the automatic choice for these results (`choose`), made once; ``ros``,
        ``kaplan_meier``, ``lognormal``, ``gamma``, ``bayes``; or a function of `Censored` that
        returns a fit, such as ``lambda x: robust_ros(x, "nada")``.
    target : str
        ``population``: the long run that the results are a sample of; its interval has sampling
        and shared errors. ``results``: these results and no others, such as seven days of one
        week; its interval has shared and own errors.
    sampling : str
        ``interval``: that of the estimator; ``rows``: results are resampled in each draw, which
        with fewer than about 20 of them is too narrow.
    level : float [1]
    draws, seed : int
        Draws of a product and of sampling.

    Returns
    -------
    Carried
        ``testable`` is False with a reason, and the bounds stand, where the estimator refuses
        these results.

    Raises
    ------
    UsageError
        If errors and results differ in number or an option is unknown.

    Notes
    -----
    A limit moves with the errors of its result: measured x / e below L means x below L e.
    Population: ln T = ln T^ + d + s; d is the change of ln T^ when every result and limit is
    multiplied by its shared factor; s has the two halves of a normal whose ends are those of the
    estimator's interval. (Logits for probabilities; the plain scale where an end is 0 or infinite.)
    Own errors are not added: they widen the spread of the results, and with it a
    percentile; an own rsd of 15 % moves a 95th percentile at a log-sd of 0.5 up by 4 %. Results:
    T of all results multiplied by all their factors.

    References
    ----------
    JCGM 101:2008, 10.59161/JCGM101-2008

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.qc.censoring import CarriedErrors, carry, censored
    >>> x = censored([3, 5, 4, 8, 2, 6, 9, 2], [False] * 4 + [True] + [False] * 2 + [True])
    >>> lab = np.exp(0.2 * np.random.default_rng(1).standard_normal((1, 2000)))
    >>> errors = CarriedErrors(np.repeat(lab, 8, axis=0), np.ones((8, 2000)))
    >>> got = carry(x, errors, estimator="lognormal")
    >>> got.lower < got.sampling_lower < got.value < got.sampling_upper < got.upper
    True
    """
    require_choice("target", target, TARGETS)
    require_choice("sampling", sampling, SAMPLINGS)
    require_level(level)
    factors = errors
    if isinstance(factors, Product):
        factors = carried_errors(factors, draws=draws, seed=seed)
    if len(factors.shared) != results.n:
        raise UsageError(f"{results.n} results need as many rows of errors")
    name, fit, reason = _chosen(estimator, results)
    empty = _empty(results, quantity, name, target, sampling, level, factors, seed)
    if fit is None:
        return replace(empty, reason=reason)
    try:
        if target == "results":
            return _of_results(empty, results, factors, fit)
        return _of_population(empty, results, factors, fit, sampling)
    except TooFewDetectsError as error:
        return replace(empty, reason=str(error))


_FITS: dict[str, Fit] = {
    "ros": robust_ros,
    "kaplan_meier": kaplan_meier,
    "lognormal": fit_likelihood,
    "gamma": partial(fit_likelihood, family="gamma"),
    "bayes": bayes_lognormal,
}


def _chosen(estimator: str | Fit, results: Censored) -> tuple[str, Fit | None, str]:
    """Return the name of a method, the method, and why there is none."""
    if not isinstance(estimator, str):
        return "passed in", estimator, ""
    name, reason = choose(results) if estimator == "auto" else (estimator, "")
    if name == "bounds":
        return name, None, reason
    require_choice("estimator", name, ("auto", *_FITS))
    return name, _FITS[name], ""


def _empty(
    results: Censored,
    quantity: Quantity,
    method: str,
    target: str,
    sampling: str,
    level: float,
    factors: CarriedErrors,
    seed: int,
) -> Carried:
    nan = math.nan
    least, most = bounds(results, quantity)
    words = "resampled rows" if sampling == "rows" else "the estimator's interval"
    convention = {
        "population": f"shared errors over sampling by {words}",
        "results": "shared and own errors, no sampling",
    }[target]
    return Carried(
        quantity, nan, nan, nan, nan, nan, level, nan, least, most, results.n, results.n_below,
        target, method, convention, factors.shared.shape[1], seed, False, "",
    )  # fmt: skip


def _of_results(empty: Carried, results: Censored, factors: CarriedErrors, fit: Fit) -> Carried:
    value = fit(results).value(empty.quantity)
    if not math.isfinite(value):
        return _untold(empty, "value")
    drawn = _moved(results, factors.shared * factors.own, fit, empty.quantity)
    lower, upper = _ends(drawn, empty.level)
    return replace(
        empty, value=value, lower=lower, upper=upper, measurement_share=1.0, testable=True
    )


def _untold(empty: Carried, what: str) -> Carried:
    return replace(empty, reason=f"{empty.method} has no {what} of the {empty.quantity.name}")


def _of_population(
    empty: Carried, results: Censored, factors: CarriedErrors, fit: Fit, sampling: str
) -> Carried:
    quantity, level, scale = empty.quantity, empty.level, _Scale.of(empty.quantity)
    fitted = fit(results)
    value = fitted.value(quantity)
    if not math.isfinite(value):
        return _untold(empty, "value")
    moved = scale.up(_shared_values(results, factors, fit, quantity, value)) - scale.up(value)
    if sampling == "rows":
        drawn, alone = _resampled(results, factors.shared, fit, quantity, empty.seed)
        s_lower, s_upper = _ends(alone, level)
    else:
        s_lower, s_upper = fitted.interval(quantity, level)
        if math.isnan(s_lower) or math.isnan(s_upper):
            return _untold(empty, "interval")
        source = _normals(factors.shared.shape[1], empty.seed)
        alone = _halves(scale, value, s_lower, s_upper, level, source)
        drawn = scale.down(scale.up(alone) + moved)
    lower, upper = _ends(drawn, level)
    # more errors never tell more: what sampling leaves open stays open, and draws of an interval
    # with uneven or discrete ends (Kaplan-Meier) do not fall short of them
    lower, upper = min(lower, max(s_lower, 0.0)), max(upper, s_upper)
    share = math.nan if _is_open(s_lower, s_upper) else _share(moved, scale.up(alone))
    return replace(
        empty, value=value, lower=lower, upper=upper, sampling_lower=s_lower,
        sampling_upper=s_upper, measurement_share=share, testable=True,
    )  # fmt: skip


def _is_open(lower: float, upper: float) -> bool:
    """Return whether an end lies at 0 or at infinity, where there is no log."""
    return lower <= 0 or not math.isfinite(upper)


@dataclass(frozen=True)
class _Scale:
    """Where errors add: the log of an amount, the logit of a probability."""

    up: Callable[[Floats | float], Floats]
    down: Callable[[Floats], Floats]

    @classmethod
    def of(cls, quantity: Quantity) -> _Scale:
        if quantity.kind == "exceedance":
            return cls(lambda p: np.asarray(logit(np.clip(p, 1e-9, 1 - 1e-9))), expit)
        return cls(lambda x: np.asarray(np.log(np.maximum(x, 1e-300))), np.exp)


def _halves(
    scale: _Scale, value: float, lower: float, upper: float, level: float, z: Floats
) -> Floats:
    """Return draws of a distribution with these ends: two halves of a normal about the value."""
    reach = float(ndtri((1 + level) / 2))
    at, ends = scale.up(value), scale.up(np.array([lower, upper]))
    if _is_open(lower, upper):
        down = max(value - max(lower, 0.0), 0.0)
        up = (upper - value) if math.isfinite(upper) else 10 * value
        step = np.where(z < 0, down, up) / reach
        return np.asarray(np.maximum(value + step * z, 0.0))
    return scale.down(at + np.where(z < 0, at - ends[0], ends[1] - at) / reach * z)


def _normals(draws: int, seed: int) -> Floats:
    stream = Stream(seed)
    out = np.empty(draws)
    for block, span in blocks(draws):
        drawn = stream.scores("censored_sampling", ["all"], block)[0]
        out[span] = drawn[: span.stop - span.start]
    return out


def _shared_values(
    results: Censored, factors: CarriedErrors, fit: Fit, quantity: Quantity, value: float
) -> Floats:
    if factors.alike and quantity.kind != "exceedance":
        return value * factors.shared[0]  # amounts scale with their results
    return _moved(results, factors.shared, fit, quantity)


def _moved(results: Censored, by: Floats, fit: Fit, quantity: Quantity) -> Floats:
    """Return the quantity of the results times their factors, a draw each."""
    return np.array(
        [
            fit(Censored(results.low * f, results.high * f)).value(quantity)
            for f in np.ascontiguousarray(by.T)
        ]
    )


def _resampled(
    results: Censored, by: Floats, fit: Fit, quantity: Quantity, seed: int
) -> tuple[Floats, Floats]:
    """Return the quantity of resampled rows, with and without the shared factors."""
    generator = Stream(seed).at("censored_rows", "all", 0)
    rows = generator.integers(0, results.n, (by.shape[1], results.n))
    with_errors, without = [], []
    for d, chosen in enumerate(rows):
        some = results.take(chosen)
        f = by[chosen, d]
        try:
            pair = (
                fit(Censored(some.low * f, some.high * f)).value(quantity),
                fit(some).value(quantity),
            )
        except TooFewDetectsError:
            continue
        if np.isfinite(pair).all():
            with_errors.append(pair[0])
            without.append(pair[1])
    failed = by.shape[1] - len(without)
    if failed > _FAILED_SHARE * by.shape[1]:
        raise TooFewDetectsError(f"{failed} of {by.shape[1]} resamples have too few detects")
    return np.array(with_errors), np.array(without)


def _ends(drawn: Floats, level: float) -> tuple[float, float]:
    lower, upper = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)


def _share(measured: Floats, sampled: Floats) -> float:
    both = float(measured.var() + sampled.var())
    return float(measured.var()) / both if both > 0 else math.nan
