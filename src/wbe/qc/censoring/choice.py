"""Choice of a method for results with limits, and one table of answers whatever the method."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from wbe.errors import TooFewDetectsError, UsageError
from wbe.options import require_choice, require_level
from wbe.qc.censoring.bayes import WEAK, Prior, bayes_lognormal
from wbe.qc.censoring.bounds import bounds
from wbe.qc.censoring.data import Censored
from wbe.qc.censoring.kaplan_meier import kaplan_meier
from wbe.qc.censoring.likelihood import fit_likelihood
from wbe.qc.censoring.lognormal_fit import MAX_CENSORED_SHARE, MIN_DETECTS
from wbe.qc.censoring.quantities import Answer, Quantity, wanted
from wbe.qc.censoring.ros import robust_ros
from wbe.qc.censoring.substitution import substitution
from wbe.qc.nondetects import RULES

MIN_DETECTS_BAYES = 2
"""One detect says nothing of the spread: the interval would be that of the prior."""

METHODS = ("auto", "ros", "kaplan_meier", "lognormal", "gamma", "bayes", "bounds", *RULES[1:])
"""Accepted values of `method`; those after ``bounds`` are substitutions."""

_CONVENTIONS = {
    "ros": "capped",
    "kaplan_meier": "restricted",
    "lognormal": "maximum likelihood",
    "gamma": "maximum likelihood",
    "bounds": "from all non-detects at zero to all at their limit",
}
_INTERVALS = {
    "ros": "Cox-type, Student's t of the detects",
    "kaplan_meier": "Student's t on the log scale; Clopper-Pearson with Greenwood's size",
    "lognormal": "profile likelihood",
    "gamma": "profile likelihood",
    "bayes": "central credible interval",
}


class Fitted(Protocol):
    """What every method gives: a value and an interval of each quantity."""

    def value(self, quantity: Quantity) -> float:
        """Return a quantity."""

    def interval(self, quantity: Quantity, level: float = 0.95) -> tuple[float, float]:
        """Return the interval of a quantity."""


@dataclass(frozen=True)
class Summary:
    """Statistics of one sample with limits, and how they were made.

    Attributes
    ----------
    answers : tuple of Answer
        In the order asked: mean, sd, median, further percentiles, exceedances.
    method : str
        What was used, one of `METHODS` except ``auto``.
    convention : str
        Its convention; of the Bayesian fit the prior, of a substitution its rule.
    reason : str
        Why this method, or why no estimate is given.
    testable : bool
        False where only bounds are given: value and interval of each answer are NaN.
    interval_method : str
        How the intervals were made; empty where there are none.
    level : float
        Of the intervals [1].
    n, n_below : int
        Results, and those below a limit.
    """

    answers: tuple[Answer, ...]
    method: str
    convention: str
    reason: str
    testable: bool
    interval_method: str
    level: float
    n: int
    n_below: int

    @property
    def mean(self) -> Answer:
        """The mean."""
        return self["mean"]

    @property
    def sd(self) -> Answer:
        """The standard deviation."""
        return self["sd"]

    @property
    def median(self) -> Answer:
        """The median."""
        return self["median"]

    def __getitem__(self, name: str) -> Answer:
        """Return the answer to a quantity by its name (``"mean"``, ``"p90"``, ``"above 20"``)."""
        for answer in self.answers:
            if answer.quantity.name == name:
                return answer
        known = ", ".join(a.quantity.name for a in self.answers)
        raise UsageError(f"{name!r} was not asked; asked were {known}")


def choose(data: Censored) -> tuple[str, str]:
    """Return the method for a sample and the reason in words.

    Parameters
    ----------
    data : Censored

    Returns
    -------
    method : {"ros", "bayes", "bounds"}
    reason : str

    Notes
    -----
    Robust ROS with at least 5 detects, not all equal, and at most 80 % of the results below limits;
    else the Bayesian lognormal with at least 2 detects; else bounds alone. The rule looks at counts
    only, never at the answer.

    Examples
    --------
    >>> from wbe.qc.censoring import censored, choose
    >>> choose(censored([1.0, 1.0, 4.0], [True, True, False]))
    ('bounds', '1 detect of 3 results: at least 2 are needed for an estimate')
    """
    found, n = data.n_detected, data.n
    counts = f"{found} detect{'s' if found != 1 else ''} of {n} result{'s' if n != 1 else ''}"
    varied = data.n_below == 0 or len(set(data.values.tolist())) > 1
    if found >= MIN_DETECTS and data.share_below <= MAX_CENSORED_SHARE and varied:
        return "ros", (
            f"{counts}: at least {MIN_DETECTS}, and at most {MAX_CENSORED_SHARE:.0%} below limits"
        )
    if found >= MIN_DETECTS_BAYES:
        return "bayes", f"{counts}: too few, or too alike, for robust ROS"
    return "bounds", f"{counts}: at least {MIN_DETECTS_BAYES} are needed for an estimate"


def summarize(
    data: Censored,
    *,
    method: str = "auto",
    convention: str | None = None,
    percentiles: Iterable[float] = (0.9,),
    thresholds: Iterable[float] = (),
    level: float = 0.95,
    prior: Prior = WEAK,
) -> Summary:
    """Return mean, sd, median, percentiles and exceedances with intervals and bounds.

    Parameters
    ----------
    data : Censored
    method : str
        One of `METHODS`. ``auto`` is `choose`.
    convention : str, optional
        Of ``ros`` (`ROS_CONVENTIONS`) or ``kaplan_meier`` (`KM_CONVENTIONS`).
    percentiles : iterable of float [1]
        Shares between 0 and 1.
    thresholds : iterable of float [unit of the data]
        For the probabilities of a value above each.
    level : float [1]
        Of the intervals.
    prior : Prior
        Of the Bayesian fit.

    Returns
    -------
    Summary
        Where the chosen or named method cannot tell from so few detects, `testable` is False,
        `reason` says why, and the bounds are there all the same, so that a batch goes on.

    Raises
    ------
    UsageError
        If method, convention, share, threshold or level is not valid.

    Notes
    -----
    The interval is that of the population's quantity from this sample alone. Measurement errors
    that results share are not in it: see `carry`.

    References
    ----------
    Helsel & Cohn 1988, 10.1029/WR024i012p01997

    Examples
    --------
    >>> from wbe.qc.censoring import censored, summarize
    >>> x = censored([2, 2, 3, 5, 8, 9, 20], [True, True, True, False, False, False, False])
    >>> s = summarize(x)
    >>> s.method, s.reason
    ('bayes', '4 detects of 7 results: too few, or too alike, for robust ROS')
    >>> round(s.mean.value, 2), round(s.mean.least, 2), round(s.mean.most, 2)
    (7.25, 6.0, 7.0)
    """
    require_level(level)
    require_choice("method", method, METHODS)
    if convention is not None and method not in ("ros", "kaplan_meier"):
        raise UsageError("a convention can be named for the methods ros and kaplan_meier only")
    asked = wanted(percentiles, thresholds)
    used, reason = choose(data) if method == "auto" else (method, "named by the caller")
    said = _said(used, convention, prior)
    fitted, refusal = _fitted(data, used, said, prior)
    if fitted is None and used != "bounds":
        used, reason, said = "bounds", f"{used} refused: {refusal}", _CONVENTIONS["bounds"]
    answers = tuple(_answer(data, fitted, q, level) for q in asked)
    return Summary(
        answers, used, said, reason, fitted is not None, _INTERVALS.get(used, ""), level,
        data.n, data.n_below,
    )  # fmt: skip


def _said(method: str, convention: str | None, prior: Prior) -> str:
    if method == "bayes":
        return prior.words
    return convention or _CONVENTIONS.get(method, method)


def _fitted(
    data: Censored, method: str, convention: str, prior: Prior
) -> tuple[Fitted | None, str]:
    """Return the fit, or None with the reason why these data refuse it."""
    makers: dict[str, Callable[[], Fitted]] = {
        "ros": lambda: robust_ros(data, convention),
        "kaplan_meier": lambda: kaplan_meier(data, convention),
        "lognormal": lambda: fit_likelihood(data, "lognormal"),
        "gamma": lambda: fit_likelihood(data, "gamma"),
        "bayes": lambda: bayes_lognormal(data, prior),
    }
    if method == "bounds":
        return None, ""
    try:
        return makers.get(method, lambda: substitution(data, method))(), ""
    except TooFewDetectsError as error:
        return None, str(error)


def _answer(data: Censored, fitted: Fitted | None, quantity: Quantity, level: float) -> Answer:
    least, most = bounds(data, quantity)
    if fitted is None:
        return Answer(quantity, math.nan, math.nan, math.nan, least, most)
    lower, upper = fitted.interval(quantity, level)
    return Answer(quantity, fitted.value(quantity), lower, upper, least, most)
