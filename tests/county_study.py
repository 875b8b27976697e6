"""Counties of the Huilai design drawn and estimated: calibration, coverage, errors.

Thirteen towns of five points, two of them in open channels, one visit. Used by
tests/simulation/test_county_model.py and docs/draw_county.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from wbe.spatial.county import (
    CountyData,
    CountyPriors,
    CountyTruth,
    county_design,
    draw_loads,
    draw_truth,
    sample_posteriors,
)
from wbe.spatial.county.pooling import understatement

TOWNS, POINTS, BATCH = 13, 5, 100
RESOLVED = 0.9
CORNERS = ((0.5, 1.0), (0.5, 1.3), (1.0, 1.0), (1.0, 1.3))
"""(between, within) log-sds; the visit's is 0.4 at all of them."""

DECLARED = CountyPriors()
WITHOUT_VISITS = CountyPriors(omega=0.0)


@dataclass(frozen=True)
class Study:
    """What was claimed of every town of every county, and what was true.

    Attributes
    ----------
    p : ndarray (county, town, tier)
        Claimed probability of each of three tiers.
    tier : ndarray (county, town)
        The true one.
    covered, visit_covered : ndarray (county, town) of bool
        Whether the 95 % interval holds the typical load, and that of the visit.
    error, plain_error : ndarray (county, town)
        Estimated less true ln theta, of the method and of plain means.
    top_bias : ndarray (county,)
        Error at the town that is truly highest.
    plain_top_bias : ndarray (county,)
    told : ndarray (county,)
        By how much the method says that it understates that town.
    converged : float
        Share of counties.
    """

    p: np.ndarray
    tier: np.ndarray
    covered: np.ndarray
    visit_covered: np.ndarray
    error: np.ndarray
    plain_error: np.ndarray
    top_bias: np.ndarray
    plain_top_bias: np.ndarray
    told: np.ndarray
    converged: float

    def curve(self, least: int = 500) -> list[tuple[float, float, int]]:
        """Return (mean claimed, share right, number) of bins of at least `least` claims."""
        claimed = self.p.ravel()
        right = (self.tier[..., None] == np.arange(3)).ravel()
        edges = np.linspace(0, 1, 11)
        which = np.clip(np.searchsorted(edges, claimed, side="right") - 1, 0, 9)
        bins, held = [], np.empty(0, dtype=int)
        for k in range(10):
            held = np.concatenate([held, np.flatnonzero(which == k)])
            if len(held) >= least:
                bins.append(held)
                held = np.empty(0, dtype=int)
        if len(held):
            bins[-1] = np.concatenate([bins[-1], held])
        return [(float(claimed[b].mean()), float(right[b].mean()), len(b)) for b in bins]

    @property
    def worst(self) -> float:
        """Largest distance of the curve from the diagonal."""
        return max(abs(claimed - right) for claimed, right, _ in self.curve())

    @property
    def resolved(self) -> np.ndarray:
        return self.p.max(axis=2) >= RESOLVED

    @property
    def resolved_right(self) -> float:
        return float((self.p.argmax(axis=2) == self.tier)[self.resolved].mean())

    def __str__(self) -> str:
        curve = " ".join(f"{c:.2f}:{r:.2f}" for c, r, _ in self.curve())
        return (
            f"P(tier) off by {self.worst:.3f} at most ({curve}); {self.resolved.mean():.3f} "
            f"resolved, {self.resolved_right:.3f} of these right; intervals cover "
            f"{self.covered.mean():.3f} (visit {self.visit_covered.mean():.3f}); mean squared log "
            f"error {(self.error**2).mean():.3f}, of plain means {(self.plain_error**2).mean():.3f}"
            f"; top town {self.top_bias.mean():+.2f} "
            f"(told {-self.told.mean():+.2f}), by plain means "
            f"{self.plain_top_bias.mean():+.2f}; converged {self.converged:.2f}"
        )


Method = Callable[[CountyData, np.ndarray], dict[str, np.ndarray]]
"""From a batch and its breaks to p, lower, upper, visit_lower, visit_upper, middle, told, ..."""


def full_model(priors: CountyPriors = DECLARED, seed: int = 1) -> Method:
    """The posterior of the county model."""

    def method(data: CountyData, breaks: np.ndarray) -> dict[str, np.ndarray]:
        found = sample_posteriors(
            data, priors, seed=seed, draws=1_600, chains=4, warm_up=200, unconverged="flag"
        )
        out: dict[str, list] = {}
        for p, b in zip(found, breaks, strict=True):
            tier = (p.typical[..., None] > b).sum(axis=-1)
            low, middle, high = np.quantile(p.typical, [0.025, 0.5, 0.975], axis=0)
            visit = np.quantile(p.visit[:, 0], [0.025, 0.975], axis=0)
            one = {
                "p": (tier[..., None] == np.arange(3)).mean(axis=0), "lower": low, "upper": high,
                "middle": middle, "visit_lower": visit[0], "visit_upper": visit[1],
                "told": understatement(p.typical),
                "converged": max(r.max() for r in p.rhat.values()) < 1.05,
            }  # fmt: skip
            for name, value in one.items():
                out.setdefault(name, []).append(value)
        return {name: np.stack(values) for name, values in out.items()}

    return method


def plug_in(data: CountyData, breaks: np.ndarray) -> dict[str, np.ndarray]:
    """Empirical Bayes with its variances plugged in, and no visits: the negative control.

    Between towns, the variance of the means less s^2/n, not below a hundredth of s^2/n; normal.
    """
    z = data.log_load.reshape(-1, TOWNS, POINTS)
    mean, error = z.mean(axis=2), z.var(axis=2, ddof=1).mean(axis=1, keepdims=True) / POINTS
    between = np.maximum(mean.var(axis=1, ddof=1, keepdims=True) - error, 0.01 * error)
    centre = mean.mean(axis=1, keepdims=True)
    middle = centre + between / (between + error) * (mean - centre)
    sd = np.sqrt(between * error / (between + error)) * np.ones_like(mean)
    below = ndtr((breaks[:, None, :] - middle[..., None]) / sd[..., None])
    edges = np.concatenate([np.zeros((*mean.shape, 1)), below, np.ones((*mean.shape, 1))], axis=2)
    lower, upper = middle - 1.96 * sd, middle + 1.96 * sd
    return {
        "p": np.diff(edges, axis=2), "lower": lower, "upper": upper, "middle": middle,
        "visit_lower": lower, "visit_upper": upper, "converged": np.ones(len(mean)),
        "told": np.zeros(len(mean)),
    }  # fmt: skip


def study(n: int, method: Method, seed: int = 7, **corner: float) -> Study:
    """Draw n counties from the declared prior, or at a corner, and estimate them."""
    found = [_batch(min(BATCH, n - k), method, seed + k, corner) for k in range(0, n, BATCH)]
    arrays = {name: np.concatenate([f[name] for f in found]) for name in found[0]}
    return Study(**{**arrays, "converged": float(arrays["converged"].mean())})


def _batch(n: int, method: Method, seed: int, corner: dict[str, float]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth, data = draw(n, rng, **corner)
    plain = data.log_load.reshape(n, TOWNS, POINTS).mean(axis=2)
    # breaks from the data at hand: to a posterior they are constants, whatever they depend on
    breaks = np.quantile(plain, [1 / 3, 2 / 3], axis=1).T
    found = method(data, breaks)
    theta, visit = truth.typical, truth.visit[:, 0]
    top = theta.argmax(axis=1)[:, None]
    error, plain_error = found["middle"] - theta, plain - theta
    return {
        "p": found["p"],
        "tier": (theta[..., None] > breaks[:, None, :]).sum(axis=-1),
        "covered": (found["lower"] <= theta) & (theta <= found["upper"]),
        "visit_covered": (found["visit_lower"] <= visit) & (visit <= found["visit_upper"]),
        "error": error,
        "plain_error": plain_error,
        "top_bias": np.take_along_axis(error, top, axis=1)[:, 0],
        "plain_top_bias": np.take_along_axis(plain_error, top, axis=1)[:, 0],
        "told": found["told"],
        "converged": found["converged"],
    }


def draw(
    n: int, rng: np.random.Generator, *, between: float | None = None,
    within: float | None = None, omega: float | None = None,
) -> tuple[CountyTruth, CountyData]:  # fmt: skip
    """Draw counties of the design; the level of a county does not matter and is near 3."""
    around = CountyPriors(mean_sd=1.0, level=3.0)
    truth = draw_truth(n, TOWNS, 1, around, rng, tau=between, sigma_within=within, omega=omega)
    return truth, draw_loads(truth, county_design(TOWNS, POINTS), rng)
