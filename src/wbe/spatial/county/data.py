"""What the county model is given: log loads with their places, priors, errors known beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from wbe.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]

INFLUENT, OPEN_CHANNEL = 0, 1
"""Sewage kinds: what a plant receives, and what runs in an open channel."""


@dataclass(frozen=True)
class CountyData:
    """One drug in a county: n samples at points of towns in rounds.

    Several counties of one design (the same towns, rounds, points and kinds) are one batch: the
    arrays that differ have a leading axis, (county, n).

    Attributes
    ----------
    log_load : ndarray (n,) or (county, n) [1]
        z, the natural log of the per-capita load; the log of the limit where censored.
    censored : ndarray of bool, as `log_load`
        Whether the sample is known only to lie below `log_load`.
    town, round, point, kind : ndarray (n,) of int
        From 0; a point lies in one town; kind is `INFLUENT` or `OPEN_CHANNEL`.
    n_towns, n_rounds, n_points : int
        Numbers of each; a town without a sample is counted and is described by the prior.
    log_least : ndarray, as `log_load`, or None [1]
        Lower end of a censored sample (seen, but below the limit of quantification); -inf where
        nothing is known, None: nowhere.
    shared : ndarray (n, unknown) or None [1]
        Log-sd with which each sample carries each independent standard normal that the project's
        error model knows (laboratory, marker and water of a town); 0 where it does not.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.spatial import CountyData
    >>> at = np.arange(6)
    >>> data = CountyData(
    ...     np.log([20.0, 25.0, 60.0, 70.0, 8.0, 10.0]), censored=at < 0, town=at // 2,
    ...     round=at * 0, point=at, kind=at * 0, n_towns=3, n_rounds=1, n_points=6,
    ... )
    >>> data.log_load.size
    6
    """

    log_load: Floats
    censored: Flags
    town: Ints
    round: Ints
    point: Ints
    kind: Ints
    n_towns: int
    n_rounds: int
    n_points: int
    log_least: Floats | None = None
    shared: Floats | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        n = np.shape(self.log_load)[-1]
        for name, top in (("town", self.n_towns), ("round", self.n_rounds),
                          ("point", self.n_points), ("kind", 2)):  # fmt: skip
            codes = np.asarray(getattr(self, name))
            if codes.shape != (n,) or (codes < 0).any() or (codes >= top).any():
                raise UsageError(f"{name} must hold {n} whole numbers from 0 to {top - 1}")
        if np.shape(self.censored) != np.shape(self.log_load):
            raise UsageError("censored must have the shape of log_load")
        if not n or not np.isfinite(self.log_load).all():
            raise UsageError("log_load must hold finite numbers: leave out what is not known")
        if len(np.unique(np.stack([self.point, self.town]), axis=1).T) != len(set(self.point)):
            raise UsageError("a point lies in one town: give a moved point another number")
        if self.shared is not None and self.shared.shape[0] != n:
            raise UsageError(f"shared must have {n} rows")

    @property
    def n_counties(self) -> int:
        """Number of counties in the batch; 1 where there is no leading axis."""
        return 1 if np.ndim(self.log_load) == 1 else int(np.shape(self.log_load)[0])

    @property
    def kinds_meet(self) -> bool:
        """Whether a town has both kinds of sewage, so that the data say how they differ."""
        open_ = set(self.town[self.kind == OPEN_CHANNEL].tolist())
        return bool(open_ & set(self.town[self.kind == INFLUENT].tolist()))

    @property
    def points_repeat(self) -> bool:
        """Whether a point has more than one sample: else its effect and the error are one sum."""
        return bool((np.bincount(self.point) > 1).any())

    def county(self, number: int) -> CountyData:
        """Return one county of a batch."""
        if np.ndim(self.log_load) == 1:
            return self
        least = None if self.log_least is None else self.log_least[number]
        return replace(
            self, log_load=self.log_load[number], censored=self.censored[number], log_least=least
        )


@dataclass(frozen=True)
class CountyPriors:
    """Priors of the county model; all are judgement.

    Attributes
    ----------
    df : float [1]
        Degrees of freedom of the towns' t distribution; 4 lets one town stand far out.
    tau : float
        Scale of the half-normal prior of the log-sd between towns [1].
    omega : float
        Scale of the half-normal prior of the log-sd of a town's visit [1]; 0 leaves visits out.
    kind : float
        Prior sd of the log ratio of open channel to influent [1].
    sigma_point, sigma_sample : float
        Scales of the half-normal priors of the log-sd between points of a town, and of sampling
        and analysis [1]. Weak: a county's 65 samples outweigh them, but for their ratio where no
        point was sampled twice.
    mean_sd : float
        Prior sd of a round's level mu_r [1]; weak.
    level : float or None [1]
        Prior mean of mu_r; None: the mean of the log loads at hand, so that the unit has no say.

    Examples
    --------
    >>> from wbe.spatial import CountyPriors
    >>> CountyPriors(omega=0.0).tau
    1.0
    """

    df: float = 4.0
    tau: float = 1.0
    omega: float = 0.4
    kind: float = 0.5
    sigma_point: float = 1.0
    sigma_sample: float = 0.5
    mean_sd: float = 10.0
    level: float | None = None

    def __post_init__(self) -> None:
        for name in ("df", "tau", "kind", "sigma_point", "sigma_sample", "mean_sd"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise UsageError(f"prior {name} = {getattr(self, name)} must be above 0")
        if not (np.isfinite(self.omega) and self.omega >= 0):
            raise UsageError(f"prior omega = {self.omega} must be at least 0")
