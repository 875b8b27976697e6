"""What the county model returns: draws of every unknown, and whether the sampler converged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CountyPosterior:
    """Draws from the posterior of one county and drug; logs of the unit of the loads.

    Attributes
    ----------
    typical : ndarray (draw, town) [1]
        ln theta: the geometric level that an influent sample of the town shows, mean over rounds
        of mu_r plus u_a.
    typical_of_round : ndarray (draw, round, town) [1]
        mu_r + u_a.
    visit : ndarray (draw, round, town) [1]
        mu_r + u_a + v_ar: what this visit met.
    tau, omega, sigma_point, sigma_sample : ndarray (draw,)
        Log-sds between towns, of visits, of points, of sampling and analysis [1].
    open_channel : ndarray (draw,)
        Log ratio of open channel to influent [1].
    common : ndarray (draw,)
        Log shift that every value carries alike: laboratory, calibration, excretion [1]. Part of
        the values; take it off before comparing them with breaks that moved with it.
    rhat, ess : dict of str to ndarray
        Split R-hat and effective sample size, by unknown: tau, omega, sigma, typical (town,),
        visit (round, town).
    flags : tuple of str
        ``not_converged``, ``kinds_not_compared``, ``point_and_sample_not_separated``.
    areas, rounds : tuple of str
        Labels of towns and rounds; empty from plain arrays.
    n_points : ndarray (round, town) of int
        Points with a sample.
    plain : ndarray (round, town) [1]
        Mean of the points' logs, NaN where there is none; non-detects at their limit.
    n_censored : ndarray (round, town) of int
        Non-detects.
    about : dict
        Drug, quantity and unit; empty from plain arrays.
    """

    typical: Floats
    typical_of_round: Floats
    visit: Floats
    tau: Floats
    omega: Floats
    sigma_point: Floats
    sigma_sample: Floats
    open_channel: Floats
    common: Floats
    rhat: dict[str, Floats]
    ess: dict[str, Floats]
    flags: tuple[str, ...]
    n_points: NDArray[np.intp]
    plain: Floats
    n_censored: NDArray[np.intp]
    areas: tuple[str, ...] = ()
    rounds: tuple[str, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return len(self.tau)

    @property
    def sigma_within(self) -> Floats:
        """Log-sd of one sample about its town's visit, sqrt(sigma_w^2 + sigma_eps^2) [1]."""
        return np.hypot(self.sigma_point, self.sigma_sample)

    @property
    def converged(self) -> bool:
        """Whether split R-hat and effective sample sizes are within the stated limits."""
        return "not_converged" not in self.flags
