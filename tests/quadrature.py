"""A second path to exact marginals: lognormal errors and one logit-normal factor, by quadrature.

P(ln x <= q) = E_z[Phi((q - g(z)) / sd)] with g the log of the logit-normal factor and sd the root
sum of squares of the log-sds; quantiles by bisection. Independent of the engine's transforms.
"""

import numpy as np
from scipy.special import ndtr, ndtri

from wbe.uncertainty import LogitNormal

INTERVAL = (0.025, 0.5, 0.975)
BISECTIONS = 40
GRID = np.linspace(-7, 7, 1401)
MANY = (GRID, np.exp(-(GRID**2) / 2) / np.exp(-(GRID**2) / 2).sum())


def summary(sd, centre, signed_sd):
    """Median, mean and 95 % interval of one row with a central value of 1.

    `signed_sd` is the logit sd of the fraction, negative where it divides; 0 for no such factor.
    """
    sign = np.copysign(1.0, signed_sd)
    g = sign * LogitNormal(centre, abs(signed_sd)).log_error(GRID)
    mean = np.exp(sd**2 / 2) * (np.exp(g) @ MANY[1])
    lower, median, upper = np.exp(_quantiles(sd, centre, signed_sd, g))
    return {"median": median, "mean": mean, "lower": lower, "upper": upper}


def _quantiles(sd, centre, signed_sd, g):
    z = ndtri(np.array(INTERVAL))
    if sd == 0:
        own = LogitNormal(centre, abs(signed_sd)).log_error(z)
        return np.sort(np.copysign(1.0, signed_sd) * own)
    low = np.full(len(z), -8 * sd - np.abs(g).max())
    high = -low
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        below = ndtr((middle[:, None] - g) / sd) @ MANY[1] < INTERVAL
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2
