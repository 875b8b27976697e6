"""Means of a finite number of days, some of which were sampled, stratum by stratum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

LEAST_CLUSTERS = 3
"""Clusters below which their spread tells nothing."""


@dataclass(frozen=True)
class StratifiedMean:
    """A mean over strata, and how far the units that were not sampled leave it open.

    Attributes
    ----------
    mean : float
        sum_h W_h ybar_h [unit of the values]; NaN where a stratum has no unit.
    standard_error : float
        Of the mean, for the units that were not sampled [same unit]; 0 where all were, NaN where
        it cannot be told: a stratum with no unit, or with one of several, or units that are all
        equal though others were not sampled, or fewer than `LEAST_CLUSTERS` clusters.
    df : float
        Satterthwaite's degrees of freedom [1]; infinite where the standard error is 0.
    sampled : ndarray (stratum,)
        Share of each stratum's units that was sampled, f_h [1].
    weights : ndarray (unit,)
        Weight of each unit in the mean, W_h / n_h [1].
    """

    mean: float
    standard_error: float
    df: float
    sampled: Floats
    weights: Floats


def stratified_mean(
    values: Floats, stratum: Ints, sizes: Floats, cluster: Ints | None = None
) -> StratifiedMean:
    """Return the mean of a population of days (or points) from a random sample in each stratum.

    Parameters
    ----------
    values : ndarray (unit,) [any one unit]
        One value for each day (or point) sampled.
    stratum : ndarray (unit,) of int
        Number of the stratum of each, from 0.
    sizes : ndarray (stratum,)
        Units that each stratum has, N_h, sampled or not [1]; infinity for a population without
        end, in which case all must be infinite and count alike.
    cluster : ndarray (unit,) of int, optional
        Number of the cluster of each unit, from 0, where units were drawn by clusters: days in a
        row. Not given: units were drawn one by one.

    Returns
    -------
    StratifiedMean

    Raises
    ------
    UsageError
        If a stratum holds more values than units, or the sizes are not positive, or some are
        infinite and some not.

    Notes
    -----
    The Horvitz-Thompson estimator of the mean, with n_h of N_h units drawn at random::

        mean = sum_h W_h ybar_h                     W_h = N_h / N
        V = sum_h a_h s_h^2                         a_h = W_h^2 (1 - f_h) / n_h,  f_h = n_h / N_h
        df = V^2 / sum_h (a_h s_h^2)^2 / (n_h - 1)

    s_h^2 holds what tells two units of a stratum apart, errors of single measurements among it. In
    a stratum sampled whole they are left out here, and so belong to the errors of its values.

    Units drawn by clusters are as many draws as there are clusters. With k_g clusters in group g
    of strata (strata that a cluster joins are one group), and m_h the mean of the stratum::

        z_c = sum_{i in c} (W_h / n_h) sqrt(1 - f_h) (y_i - m_h)
        V_g = k_g / (k_g - 1) sum_{c in g} (z_c - zbar_g)^2
        V = sum_g V_g,              df = V^2 / sum_g V_g^2 / (k_g - 1)

    Where a group has a single cluster all are one group and m_h is the mean of all: what tells
    the strata apart then widens the interval.

    References
    ----------
    Cochran 1977, Sampling Techniques, 3rd ed., sections 5A.12 (strata of one unit)
    and chapters 9A and 11 (clusters);
    Horvitz and Thompson 1952, 10.1080/01621459.1952.10483446;
    Satterthwaite 1946, 10.2307/3002019

    Examples
    --------
    Two of three weekdays, and all four days of the weekend:

    >>> import numpy as np
    >>> from wbe.trends.strata import stratified_mean
    >>> values = np.array([4.0, 6.0, 9.0, 10.0, 11.0, 10.0])
    >>> got = stratified_mean(values, np.array([0, 0, 1, 1, 1, 1]), np.array([3.0, 4.0]))
    >>> round(got.mean, 4), round(got.standard_error, 4), round(got.df, 1)
    (7.8571, 0.2474, 1.0)
    """
    n = np.bincount(stratum, minlength=len(sizes)).astype(float)
    weight, sampled = _frame(n, sizes)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.bincount(stratum, values, len(sizes)) / n
        spread = np.bincount(stratum, (values - centre[stratum]) ** 2, len(sizes)) / (n - 1)
        part = np.where(sampled == 1, 0.0, weight**2 * (1 - sampled) / n * spread)
        free = n - 1
        each = (weight / n)[stratum]
        if cluster is not None and np.isfinite(part).all() and (sampled < 1).any():
            left_open = each * np.sqrt(1 - sampled[stratum])
            part, free = _between_clusters(values, centre, left_open, stratum, cluster)
        variance = part.sum()
        if variance == 0 and (sampled < 1).any():  # equal numbers do not make a census
            variance = np.float64(np.nan)
        df = variance**2 / np.sum(part**2 / free, where=part != 0)
    return StratifiedMean(
        float((weight * centre).sum()),
        float(np.sqrt(variance)),
        float(df) if variance != 0 else np.inf,
        sampled,
        each,
    )


def _between_clusters(
    values: Floats, centre: Floats, weights: Floats, stratum: Ints, cluster: Ints
) -> tuple[Floats, Floats]:
    """Return what each group of strata adds to the variance, and its degrees of freedom."""
    group = _groups(stratum, cluster)
    middle = centre[stratum]
    count = np.bincount(group)
    if (count == 1).any():
        group, count = np.zeros_like(group), np.array([len(group)])
        middle = np.full(len(values), np.average(values, weights=weights))
    if len(group) < LEAST_CLUSTERS:
        return np.array([np.nan]), np.array([np.nan])
    total = np.bincount(cluster, weights * (values - middle))
    apart = total - (np.bincount(group, total) / count)[group]
    free = np.asarray(count - 1, dtype=float)
    return np.asarray(np.bincount(group, apart**2) * count / free), free


def _groups(stratum: Ints, cluster: Ints) -> Ints:
    """Return the group of each cluster: clusters that share a stratum are in one."""
    group = np.arange(int(cluster.max()) + 1)
    for h in np.unique(stratum):
        joined = np.unique(group[cluster[stratum == h]])
        group[np.isin(group, joined)] = joined[0]
    return np.unique(group, return_inverse=True)[1]


def _frame(n: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """Return the weight of each stratum, and the share of it that was sampled."""
    if not (sizes > 0).all():
        raise UsageError(f"the strata have the sizes {sizes.tolist()}; each holds a unit at least")
    if (n > sizes).any():
        k = int(np.argmax(n > sizes))
        raise UsageError(f"stratum {k} has {int(n[k])} values for {sizes[k]:g} units")
    endless = np.isinf(sizes)
    if endless.all():
        return np.full(len(n), 1 / len(n)), np.zeros(len(n))
    if endless.any():
        raise UsageError("either all strata are without end, or none")
    return sizes / sizes.sum(), n / sizes
