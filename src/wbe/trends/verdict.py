"""Improved, worse, no change or not testable: one answer about one series, with its reason."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from wbe.options import require_choice, require_level
from wbe.qc.censoring.data import Censored
from wbe.trends.ar1 import CANDIDATE_RHO, Belief
from wbe.trends.bootstrap import Ar1Test, ar1_bootstrap
from wbe.trends.record import Record, Rounds, Scale, record_of
from wbe.trends.series import FEWEST_ROUNDS, too_few
from wbe.trends.slopes import inverted, middle, slope_ends
from wbe.trends.timed import Floats, TimeUnit

Verdict = Literal["improved", "worse", "no change", "not testable"]
Falling = Literal["improved", "worse"]

CARRIED = {12: 0.55, 16: 0.5, 20: 0.45, 24: 0.45, 30: 0.5, 40: 0.6, 60: 0.65, 100: 0.75}
"""Number of rounds -> autocorrelation by the record alone above which no trend is claimed."""


HARDEST = float(CANDIDATE_RHO[-1])
"""Strongest autocorrelation over a mean gap that is thought of."""


@dataclass(frozen=True)
class Trend:
    """Answer of `trend`.

    Attributes
    ----------
    verdict : str
        ``improved``, ``worse``, ``no change`` (none was shown: the interval says what is not
        excluded) or ``not testable``.
    reason : str
        Why, in a sentence.
    slope, lower, upper : float or None
        Slope of Sen (with limits: of Akritas, Theil and Sen) and its interval [ln per unit of
        time, or unit of the values per unit of time]. None where unknown or without a bound.
    change, change_lower, change_upper : float or None
        The same over the whole record [% on the log scale, else the unit of the values].
    level : float [1]
        Of the interval; 1 - level is the size of the test.
    p, p_error : float or None [1]
        Two-sided, and its standard error from the number of draws.
    s : float or None [1]
        Kendall's S.
    autocorrelation, autocorrelation_upper : float or None [1]
        Between consecutive rounds a mean gap apart, by the record alone (or as stated): mean, and
        what it is below with a probability of 90 %.
    autocorrelation_carried : float or None [1]
        Largest mean at which a record of this length is tested.
    n, n_rounds, n_below, n_missing : int
        Values used, rounds they make, rounds below a limit, values left out.
    span : float [unit of time]
        From the first round to the last.
    scale : str
    testable : bool
    method : str
    seed, draws : int
    """

    verdict: Verdict
    reason: str
    slope: float | None
    lower: float | None
    upper: float | None
    change: float | None
    change_lower: float | None
    change_upper: float | None
    level: float
    p: float | None
    p_error: float | None
    s: float | None
    autocorrelation: float | None
    autocorrelation_upper: float | None
    autocorrelation_carried: float | None
    n: int
    n_rounds: int
    n_below: int
    n_missing: int
    span: float
    scale: str
    testable: bool
    method: str
    seed: int
    draws: int


def carried(n_rounds: int) -> float:
    """Return the largest autocorrelation, by the record alone, at which so many rounds are tested.

    Between the numbers of `CARRIED` by a straight line.

    Examples
    --------
    >>> carried(12), carried(1000)
    (0.55, 0.75)
    """
    return float(np.interp(n_rounds, list(CARRIED), list(CARRIED.values())))


def trend(
    times: ArrayLike,
    values: ArrayLike | Censored,
    *,
    seed: int,
    rounds: Rounds = "auto",
    seasons: ArrayLike | None = None,
    falling: Falling = "improved",
    scale: Scale = "log",
    autocorrelation: float | None = None,
    belief: Belief = "weak",
    level: float = 0.95,
    draws: int = 4_000,
    unit: TimeUnit = "year",
) -> Trend:
    """Say whether a series improved, got worse, did not change, or cannot be tested, and why.

    Parameters
    ----------
    times : array_like (n,) of datetime64, dates, ISO texts or numbers
        Real times, never positions.
    values : array_like (n,) or Censored [any one unit]
        Loads per head, concentrations. NaN is left out. Results below limits as
        `wbe.qc.censoring.censored` makes them.
    seed : int
        Of the simulated series.
    rounds : "auto", None or array_like (n,) of labels
        Values of one round are averaged first (geometric mean on the log scale), for they share
        more than autocorrelation tells: crew, hours, rain. ``"auto"``: dates separated by long
        pauses are rounds (`wbe.trends.series.round_labels`). None: every value is its own round.
    seasons : array_like (n,), optional of labels
        Labels; only rounds of one season are compared.
    falling : {"improved", "worse"}
        What a falling trend is.
    scale : {"log", "linear"}
        Of the slope. The test is the same; but means of rounds are not.
    autocorrelation : float, optional [1]
        Between consecutive rounds, where it is known from a longer record; see `ar1_bootstrap`.
    belief : {"weak", "none"}
        See `ar1_bootstrap`. ``none`` holds false claims down where autocorrelation is strong, too,
        and finds less in short series.
    level : float [1]
        Of the interval; 1 - level is the size of the test.
    draws : int
        Simulated series for each candidate autocorrelation.
    unit : {"day", "year"}
        Unit of time of the slope: what dates are converted to, and what numbers are in.

    Returns
    -------
    Trend
        ``not testable``, with the reason, where there are fewer than `FEWEST_ROUNDS` rounds, no
        two results can be told apart, or the record shows more autocorrelation than one of its
        length carries (`carried`) and the trend does not show at the strongest (`HARDEST`). A slope
        is given from three rounds on.

    Raises
    ------
    UsageError
        If lengths differ, a time is unknown or, without rounds, occurs twice, a value is not
        positive on the log scale, rounds hold several results of which some lie below limits, a
        round has two seasons, or an option is out of its range.

    Notes
    -----
    Test: `ar1_bootstrap`. Slope: median of the slopes of all pairs of rounds; its interval holds
    the slopes b at which ``|S|`` of y - b t does not exceed the critical value of the same test.
    Simulated false claims and power are tabled in docs/trends.md: false claims of 7.5 % at most
    for autocorrelation up to 0.3 from 12 rounds on, of 8 % for 0.6 from 40 on. Of stronger
    autocorrelation in fewer rounds the record tells too little, so state it if it is known.

    References
    ----------
    Sen 1968, 10.1080/01621459.1968.10480934; Akritas, Murphy and LaValley 1995,
    10.1080/01621459.1995.10476499

    Examples
    --------
    >>> import numpy as np
    >>> quarters = np.arange("2019-01", "2023-01", 3, dtype="datetime64[M]")
    >>> load = [90, 101, 84, 88, 70, 79, 75, 61, 66, 58, 63, 50, 47, 55, 41, 44]
    >>> answer = trend(quarters, load, seed=1)
    >>> answer.verdict, round(answer.change)
    ('improved', -56)
    >>> trend(quarters[:2], load[:2], seed=1).reason
    '2 rounds; no trend can be told from fewer than 12'
    """
    require_level(level)
    require_choice("falling", falling, ("improved", "worse"))
    require_choice("belief", belief, ("weak", "none"))
    record = record_of(times, values, rounds, seasons, scale, unit)
    ends = slope_ends(record.times, record.low, record.high, record.seasons)
    obstacle = why_not(record)
    test = None
    if not obstacle:
        run = functools.partial(
            ar1_bootstrap, record.times, record.results, seed=seed, seasons=record.seasons,
            belief=belief, level=level, draws=draws,
        )  # fmt: skip
        test = run(autocorrelation=autocorrelation)
        if autocorrelation is None:
            obstacle = too_dependent(test, len(record.times))
        if obstacle and (sure := run(autocorrelation=HARDEST)).p < 1 - level:
            test, obstacle = whatever_it_is(sure, test), ""
    return answer(record, ends, test, obstacle, falling, level, seed, draws)


def why_not(record: Record) -> str:
    """Return why a record cannot be tested before its autocorrelation is known; empty if it can."""
    n = len(record.times)
    if n < FEWEST_ROUNDS:
        return too_few(n)
    if not record.told_apart:
        return "no two results can be told apart: all are equal or below their limits"
    return ""


def too_dependent(test: Ar1Test, n: int) -> str:
    """Return why a record is too autocorrelated for its length; empty if it is not."""
    if test.autocorrelation <= carried(n):
        return ""
    return (
        f"the record shows an autocorrelation of {test.autocorrelation:.2f}; {n} rounds carry a "
        f"test up to {carried(n):.2f}: sample further, or state it if it is known"
    )


def whatever_it_is(sure: Ar1Test, test: Ar1Test) -> Ar1Test:
    """Return the test at the strongest autocorrelation, with what the record shows of its own.

    A trend that leaves hardly any scatter looks like autocorrelation: of the clearest ones a record
    shows much. What holds at the strongest holds at any.
    """
    return replace(
        sure,
        autocorrelation=test.autocorrelation,
        autocorrelation_upper=test.autocorrelation_upper,
        convention=f"{test.convention}, at the strongest autocorrelation, {HARDEST:g}",
    )


def answer(
    record: Record,
    ends: Floats,
    test: Ar1Test | None,
    obstacle: str,
    falling: Falling,
    level: float,
    seed: int,
    draws: int,
) -> Trend:
    """Return the verdict with its numbers."""
    n = len(record.times)
    slope = middle(ends) if n > 2 else None
    sound = None if obstacle else test
    lower, upper = inverted(ends, sound.critical) if sound else (None, None)
    changes = [record.over_span(b) for b in (slope, lower, upper)]
    return Trend(
        verdict=verdict_of(sound, falling) if sound else "not testable",
        reason=reason_of(sound, record, changes) if sound else obstacle,
        slope=slope,
        lower=lower,
        upper=upper,
        change=changes[0],
        change_lower=changes[1],
        change_upper=changes[2],
        level=level,
        p=sound.p if sound else None,
        p_error=sound.p_error if sound else None,
        s=test.s if test else None,
        autocorrelation=test.autocorrelation if test else None,
        autocorrelation_upper=test.autocorrelation_upper if test else None,
        autocorrelation_carried=carried(n) if n >= FEWEST_ROUNDS else None,
        n=record.n,
        n_rounds=n,
        n_below=record.n_below,
        n_missing=record.n_missing,
        span=record.span,
        scale=record.scale,
        testable=sound is not None,
        method=test.convention if test else "none",
        seed=seed,
        draws=draws,
    )


def verdict_of(test: Ar1Test, falling: Falling) -> Verdict:
    """Return what a test shows."""
    if test.p >= 1 - test.level:
        return "no change"
    other: Verdict = "worse" if falling == "improved" else "improved"
    return falling if test.s < 0 else other


def reason_of(test: Ar1Test, record: Record, changes: list[float | None]) -> str:
    """Return a sentence with S, p and the changes that are not excluded."""
    low, high = (record.words(c) for c in changes[1:])
    verb = "differs from" if test.p < 1 - test.level else "does not differ from"
    p = f"p = {test.p:.3f}" if test.p >= 0.001 else "p < 0.001"
    return (
        f"S = {test.s:g} {verb} that of series without trend ({p}); the change over "
        f"the record lies between {low} and {high} ({test.level:.0%})"
    )
