"""What speaks for a source class: measured features, backgrounds, and their likelihoods."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe.backcalc.sources.tables import CLASSES, Likelihood
from wbe.errors import UsageError
from wbe.uncertainty import few_degrees

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Strings = NDArray[np.str_]

LEVEL: Final = "level"
FEWEST: Final = 5
"""Areas or rounds that a background needs."""
MADS: Final = 3.0
"""Median absolute deviations above the median from which a level is outlying."""

_MAD_TO_SD: Final = 1.482602218505602
_MAD_EFFICIENCY: Final = 0.37  # of the sd of normal data
_HALF_LOG_2PI: Final = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True)
class Evidence:
    """One measured feature of all areas.

    Attributes
    ----------
    feature : str
        As in the table of likelihoods: ``AMP/METH``, ``EPH/METH``, ``MDMA EF``, ``level``.
    value : ndarray (area,)
        Ratio by mass [1], enantiomeric fraction [1], level [mg/day/1000 inhabitants], or 1 and 0
        for what is present or not; NaN where not measured.
    sd : ndarray (area,)
        Standard error of the value: of its logarithm, but for enantiomeric fractions [1].
    below : ndarray (area,) of bool
        Where `value` is an upper bound because a residue is below its limit.
    """

    feature: str
    value: Floats
    sd: Floats
    below: Flags

    @classmethod
    def of(
        cls, feature: str, value: ArrayLike, sd: ArrayLike = 0.0, below: ArrayLike = False
    ) -> Evidence:
        """Return evidence from anything that broadcasts to the length of `value`."""
        values = np.atleast_1d(np.asarray(value, dtype=float))
        return cls(
            feature,
            values,
            np.broadcast_to(np.asarray(sd, dtype=float), values.shape),
            np.broadcast_to(np.asarray(below, dtype=bool), values.shape),
        )


@dataclass(frozen=True)
class Background:
    """What is usual, on the log scale: of the other areas, or of a site's own past.

    Attributes
    ----------
    centre, mad : float
        Median and median absolute deviation of the logarithms [1].
    n : int
        Values it was learnt from.
    source : str
    """

    centre: float
    mad: float
    n: int
    source: str

    @property
    def usable(self) -> bool:
        """Whether there are values enough, and they differ."""
        return self.n >= FEWEST and self.mad > 0

    @property
    def sd(self) -> float:
        """Predictive spread of one more value [1].

        The sd from the MAD, widened for the unknown centre and for the few effective degrees of
        freedom of a MAD, 0.37 (n - 1), at the ends of a 95 % interval.
        """
        df = max(1.0, _MAD_EFFICIENCY * (self.n - 1))
        return _MAD_TO_SD * self.mad * math.sqrt(1 + 1 / self.n) * few_degrees(df)


def learn_background(values: ArrayLike, source: str) -> Background:
    """Return the background of a feature from areas or rounds.

    Parameters
    ----------
    values : array_like (n,) [any one unit]
        Positive values, most of them of places that use explains: half may be otherwise. NaN is
        left out, and so belong values below a limit.
    source : str
        Which areas and rounds.

    Returns
    -------
    Background

    Raises
    ------
    UsageError
        If a value is not positive.

    Notes
    -----
    Median and median absolute deviation of ln x: neither moves much with a few areas far off.

    References
    ----------
    Rousseeuw1993, 10.1080/01621459.1993.10476408

    Examples
    --------
    >>> found = learn_background([0.9, 1.0, 1.1, 1.3, 9.0], source="five towns, 2024")
    >>> found
    Background(centre=0.09531017980432493, mad=0.16705408466316612, n=5, source='five towns, 2024')
    """
    numbers = np.asarray(values, dtype=float)
    numbers = numbers[~np.isnan(numbers)]
    if (numbers <= 0).any():
        raise UsageError("a background is learnt from positive values")
    if not len(numbers):
        return Background(math.nan, math.nan, 0, source)
    logs = np.log(numbers)
    centre = float(np.median(logs))
    return Background(centre, float(np.median(np.abs(logs - centre))), len(logs), source)


def outlying(level: Evidence, background: Background) -> Flags:
    """Return where a level lies more than 3 MAD above the background, on the log scale.

    Parameters
    ----------
    level : Evidence
        A level or ratio of each area.
    background : Background
        Of the same feature.

    Returns
    -------
    ndarray (area,) of bool
        False where the value is NaN.

    Examples
    --------
    >>> background = learn_background([0.9, 1.0, 1.1, 1.3, 9.0], source="five towns, 2024")
    >>> outlying(Evidence.of("level", [1.2, 9.0]), background).tolist()
    [False, True]
    """
    if not background.usable:
        return np.zeros(len(level.value), dtype=bool)
    with np.errstate(invalid="ignore"):
        high = np.log(level.value) > background.centre + MADS * background.mad
    return np.asarray(high & ~level.below)


def log_likelihoods(
    evidence: Evidence, rows: Sequence[Likelihood], background: Background | None
) -> Floats:
    """Return ln p(value | class), shape (area, class).

    Parameters
    ----------
    evidence : Evidence
    rows : sequence of Likelihood
        One a class, of one feature.
    background : Background or None
        For the kind ``background``.

    Returns
    -------
    ndarray (area, class) [1]
        NaN where the value is.

    Raises
    ------
    UsageError
        If a class has no row, or a value is impossible.

    Examples
    --------
    >>> from wbe.backcalc.sources.tables import likelihoods
    >>> rows = [r for r in likelihoods() if (r.drug, r.feature) == ("MDMA", "MDMA EF")]
    >>> found = log_likelihoods(Evidence.of("MDMA EF", [0.511, 0.666]), rows, None)
    >>> [rows[k].source_class for k in found.argmax(axis=1)]
    ['disposal', 'consumption']
    """
    by_class = {row.source_class: row for row in rows}
    missing = [c for c in CLASSES if c not in by_class]
    if missing:
        raise UsageError(f"{evidence.feature} has no likelihood for {', '.join(missing)}")
    columns = [_column(evidence, by_class[c], background) for c in CLASSES]
    return np.stack(columns, axis=1)


def _column(evidence: Evidence, row: Likelihood, background: Background | None) -> Floats:
    value = evidence.value
    if row.kind == "chance":
        return np.where(
            np.isnan(value), np.nan, np.where(value > 0, math.log(row.low), math.log1p(-row.low))
        )
    if row.kind == "linear":
        return _normal(value, row.centre, np.hypot(row.sd, evidence.sd))
    if (value <= 0).any():
        raise UsageError(f"{evidence.feature}: a value of 0 is below a limit; give the limit")
    if row.kind == "log":
        return _normal(np.log(value), row.centre, np.hypot(row.sd, evidence.sd))
    if background is None:
        raise UsageError(f"{evidence.feature} needs a background")
    spread = np.sqrt(row.sd**2 + background.sd**2 + evidence.sd**2)
    return _normal(np.log(value), background.centre + row.centre, spread)


def _normal(value: Floats, centre: float, sd: Floats) -> Floats:
    return np.asarray(-0.5 * ((value - centre) / sd) ** 2 - np.log(sd) - _HALF_LOG_2PI)


def require_backgrounds(
    rows: Mapping[str, Sequence[Likelihood]], backgrounds: Mapping[str, Background]
) -> None:
    """Check that every feature that is judged against a background has one.

    Parameters
    ----------
    rows : mapping of str to sequence of Likelihood
        Feature to one row a class.
    backgrounds : mapping of str to Background
        Feature to background.

    Raises
    ------
    UsageError
        With the features that have none.

    Examples
    --------
    >>> from wbe.backcalc.sources.tables import likelihoods
    >>> rows = [row for row in likelihoods() if row.kind == "background"][:1]
    >>> require_backgrounds({rows[0].feature: rows}, {})
    Traceback (most recent call last):
    wbe.errors.UsageError: EPH/METH: no published cut-off exists; learn a background ...
    """
    without = [
        feature
        for feature, lines in rows.items()
        if lines[0].kind == "background" and feature not in backgrounds
    ]
    if without:
        raise UsageError(
            f"{', '.join(without)}: no published cut-off exists; learn a background from the "
            "areas that use explains (learn_background)"
        )
