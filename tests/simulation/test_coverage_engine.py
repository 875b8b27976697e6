"""Do intervals of the engines cover the truth? Synthetic campaigns by an independent simulator.

Plain numpy draws, for every synthetic truth, the errors at their levels (everybody, laboratory,
visit, site, sample) and lets the observations follow from the truth. The engines then see the
observations and the error model alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from wbe.uncertainty import Joint, LogitNormal, Mean, Product, Propagated, Term, propagate

Floats = NDArray[np.float64]

AT = (0.005, 0.025, 0.05, 0.5, 0.95, 0.975, 0.995)
PAIRS = {0.99: (0, 6), 0.95: (1, 5), 0.90: (2, 4)}
FEW, MANY = 400, 2_000
BAND = {FEW: (0.91, 0.99), MANY: (0.93, 0.97)}
METHODS = ("fft", "monte_carlo")

EXCRETION, LOGIT_SD = 0.3, 0.4
SIZES = {
    "excretion": ("global", -1.0), "analysis_bias": ("lab", 0.10), "visit": ("area_visit", 0.25),
    "flow": ("site", 0.10), "population": ("site", 0.15), "sampling": ("sample", 0.10),
    "repeatability": ("sample", 0.15),
}  # fmt: skip
"""Error -> level, and sd of the log; excretion is a fraction that divides."""


@dataclass(frozen=True)
class Campaign:
    """Synthetic observations of many campaigns, and what is true of each.

    Attributes
    ----------
    truth : ndarray (campaign, site, day)
    observed : ndarray (campaign, site, day)
    errors : tuple of str
        Errors of the model.
    """

    truth: Floats
    observed: Floats
    errors: tuple[str, ...]

    def product(self, *, redrawn: bool = False) -> Product:
        """The model of all observations; `redrawn`: the naive bug, every day has errors of its own.

        Rows are in the order campaign, site, day.
        """
        shape = self.observed.shape
        campaign, site, day = (i.ravel() for i in np.indices(shape))
        whose = {
            "global": ["" for _ in campaign],
            "lab": ["" for _ in campaign],
            "area_visit": [f"{d}" for d in day],
            "site": [f"{s}" for s in site],
            "sample": [f"{s}|{d}" for s, d in zip(site, day, strict=True)],
        }
        terms = []
        for name in self.errors:
            level, size = SIZES[name]
            held = whose["sample" if redrawn else level]
            labels = np.array([f"{c}:{label}" for c, label in zip(campaign, held, strict=True)])
            fraction = LogitNormal(EXCRETION, LOGIT_SD) if name == "excretion" else None
            terms.append(Term(name, level, labels, np.full(len(labels), size), fraction))
        return Product(np.log(self.observed).ravel(), tuple(terms))

    def groups(self, axes: int) -> NDArray[np.str_]:
        """Label of the campaign (1) or of campaign and site (2) for every row."""
        index = np.indices(self.observed.shape)[:axes].reshape(axes, -1).T
        return np.array(["|".join(f"{k:05d}" for k in row) for row in index])


def simulate(n: int, sites: int, days: int, seed: int, *without: str) -> Campaign:
    """Campaigns with a truth of their own: loads that differ by site and by day."""
    r = np.random.default_rng([seed, sites, days])
    sizes = {"global": (n, 1, 1), "lab": (n, 1, 1), "area_visit": (n, 1, days),
             "site": (n, sites, 1), "sample": (n, sites, days)}  # fmt: skip
    typical = np.exp(r.normal(3.0, 1.0, (n, 1, 1)) + r.normal(0.0, 0.5, (n, sites, 1)))
    truth = typical * np.exp(r.normal(0.0, 0.3, (n, sites, days)))
    errors = tuple(name for name in SIZES if name not in without)
    observed = truth.copy()
    for name in errors:
        level, size = SIZES[name]
        z = r.standard_normal(sizes[level])
        if name == "excretion":  # what is excreted is observed, and divided by the central value
            observed = observed * expit(logit(EXCRETION) + LOGIT_SD * z) / EXCRETION
        else:
            observed = observed * np.exp(size * z)
    return Campaign(truth, observed, errors)


Case = Callable[[int, str], tuple[Propagated, Floats]]


def one_day(n: int, method: str) -> tuple[Propagated, Floats]:
    c = simulate(n, 1, 1, 11)
    return propagate(c.product(), method=method, at=AT, draws=4_000), c.truth.ravel()


def weekly(n: int, method: str, *, redrawn: bool = False) -> tuple[Propagated, Floats]:
    """The crew that comes every day leaves no error of a visit of its own."""
    c = simulate(n, 1, 7, 12, "visit")
    model = Mean(c.product(redrawn=redrawn), c.groups(1))
    return propagate(model, method=method, at=AT, draws=4_000), c.truth.mean(axis=(1, 2))


def area(n: int, method: str, *, redrawn: bool = False) -> tuple[Propagated, Floats]:
    """Five sites in one visit and one laboratory."""
    c = simulate(n, 5, 1, 13)
    model = Mean(c.product(redrawn=redrawn), c.groups(1))
    return propagate(model, method=method, at=AT, draws=4_000), c.truth.mean(axis=(1, 2))


def ratio(n: int, method: str) -> tuple[Propagated, Floats]:
    """Two sites on one day."""
    c = simulate(n, 2, 1, 14)
    p = c.product()
    top, bottom = (p.take(np.arange(k, len(p), 2)) for k in (0, 1))
    got = propagate(top.over(bottom), method=method, at=AT, draws=4_000)
    return got, c.truth[:, 0, 0] / c.truth[:, 1, 0]


def weekly_ratio(n: int, method: str) -> tuple[Propagated, Floats]:
    """Two sites' weekly means, read together: draws alone can tell."""
    assert method == "monte_carlo"
    c = simulate(n, 2, 7, 15, "visit")
    means = Mean(c.product(), c.groups(2))
    got = propagate(Joint(means, lambda x: x[0::2] / x[1::2]), at=AT, draws=2_500)
    return got, c.truth[:, 0].mean(axis=1) / c.truth[:, 1].mean(axis=1)


CASES = [(case, method) for case in (one_day, weekly, area, ratio) for method in METHODS]
CASES.append((weekly_ratio, "monte_carlo"))
named = pytest.mark.parametrize(("case", "method"), CASES, ids=lambda v: getattr(v, "__name__", v))


def coverage(got: Propagated, truth: Floats, level: float = 0.95) -> float:
    low, high = PAIRS[level]
    assert got.quantiles.shape == (len(truth), len(AT)) and np.isfinite(got.quantiles).all()
    return float(((got.quantiles[:, low] <= truth) & (truth <= got.quantiles[:, high])).mean())


def require_covered(case: Case, method: str, n: int) -> None:
    got, truth = case(n, method)
    assert got.method == method
    low, high = BAND[n]
    found = coverage(got, truth)
    assert low <= found <= high, f"{found} of {n} truths are covered"
    for level in (0.90, 0.99):
        error = 4 * np.sqrt(level * (1 - level) / n)
        assert abs(coverage(got, truth, level) - level) <= error + 0.005, level
    # an interval that holds more lies around the one that holds less
    assert (np.diff(got.quantiles, axis=1) > 0).all()


@named
def test_intervals_cover_as_they_say(case: Case, method: str) -> None:
    require_covered(case, method, FEW)


@pytest.mark.slow
@named
def test_2000_truths_are_covered_within_the_band(case: Case, method: str) -> None:
    require_covered(case, method, MANY)


@pytest.mark.parametrize("case", [weekly, area], ids=["weekly", "area"])
@pytest.mark.parametrize("method", METHODS)
def test_shared_errors_drawn_for_each_row_are_detected(case, method: str) -> None:
    """Negative control: the naive bug leaves the band by far."""
    got, truth = case(FEW, method, redrawn=True)
    assert coverage(got, truth) < BAND[FEW][0] - 0.08


def week(naive: bool) -> Mean:
    """One site's week: 0.19 shared and 0.3 by day (sds of the log)."""
    site, day = np.full(7, "s"), np.array([f"d{k}" for k in range(7)])
    terms = (
        Term("shared", "site", day if naive else site, np.full(7, 0.19)),
        Term("own", "sample", day, np.full(7, 0.30)),
    )
    return Mean(Product(np.zeros(7), terms), site)


@pytest.mark.parametrize("method", METHODS)
def test_the_naive_bug_moves_quantiles_by_what_was_found_for_it(method: str) -> None:
    """+19, +1.6 and -14 % at 2.5, 50 and 97.5 %: an interval far too narrow.

    The errors behind these numbers are not stated with them; two sds give all three to a point.
    """
    right, wrong = (propagate(week(naive), method=method, draws=40_000) for naive in (False, True))
    moved = 100 * (wrong.quantiles[0] / right.quantiles[0] - 1)
    assert moved == pytest.approx([19.0, 1.6, -14.0], abs=1.0 if method == "fft" else 2.2)
    narrower = np.log(wrong.upper / wrong.lower) / np.log(right.upper / right.lower)
    assert narrower.item() < 0.65


@pytest.mark.parametrize("method", METHODS)
def test_without_spread_the_answer_is_the_deterministic_one(method: str) -> None:
    c = simulate(20, 3, 2, 16)
    exact = Product(
        np.log(c.truth).ravel(),
        tuple(Term(t.name, t.level, t.labels, 0 * t.size, t.shape) for t in c.product().terms),
    )
    rows = propagate(exact, method=method, at=AT, draws=2_500)
    means = propagate(Mean(exact, c.groups(1)), method=method, at=AT, draws=2_500)
    for got, truth in ((rows, c.truth.ravel()), (means, c.truth.mean(axis=(1, 2)))):
        assert got.method == method
        assert np.abs(got.quantiles / truth[:, None] - 1).max() < 1e-12
        assert np.abs(got.mean / truth - 1).max() < 1e-12
