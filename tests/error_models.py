"""Random error models of every positive kind, and an independent sampler for them."""

import numpy as np
from scipy.special import betaincinv, expit, logit, ndtr, ndtri

from wbe.uncertainty import (
    Beta,
    CensoredInterval,
    Empirical,
    LogitNormal,
    Lognormal,
    Mean,
    Pert,
    Product,
    Term,
    Triangular,
    TruncatedNormal,
    Uniform,
)


def shapes(r):
    """One random distribution of each positive kind."""
    low = r.choice([0.0, r.uniform(0.2, 0.8)])
    values = np.round(r.lognormal(0, 0.3, r.integers(2, 9)), 1) + 0.2
    values[0] += 1.05
    mode = low + r.uniform(0.0, 1.0)
    return [
        None,
        Lognormal(r.uniform(0.5, 20), r.uniform(0.02, 0.5)),
        LogitNormal(r.uniform(0.005, 0.95), r.uniform(0.02, 0.9)),
        TruncatedNormal(r.uniform(0.2, 3), r.uniform(0.1, 1.0), low, r.choice([np.inf, 5.0])),
        Beta(r.uniform(0.3, 40), r.uniform(0.3, 40), low, low + r.uniform(0.1, 2)),
        Pert(low, mode, mode + r.uniform(0.1, 1)),
        Triangular(low, mode, mode + r.uniform(0.1, 1)),
        Uniform(low, low + r.uniform(0.1, 2)),
        Empirical(tuple(np.repeat(values, r.integers(1, 4, len(values))))),
        CensoredInterval(r.uniform(0.5, 2), r.uniform(0.1, 1), low, low + r.uniform(0.2, 3)),
    ]


def model(seed, days=1):
    """1 to 10 factors of random kinds, levels and powers; a mean of rows where days > 1."""
    r = np.random.default_rng([77, seed])
    site, day = np.full(days, "s"), np.array([f"d{k}" for k in range(days)])
    visit = np.array([f"v{k // 3}" for k in range(days)])
    terms = []
    for k in range(r.integers(1, 11)):
        shape = r.choice(np.array(shapes(r), dtype=object))
        size = r.uniform(0.02, 0.5) if shape is None else r.choice([1.0, 1.0, 0.5, -0.3])
        if isinstance(shape, LogitNormal) and r.random() < 0.5:
            size = -1.0
        labels = (site, visit, day)[r.integers(3)]
        terms.append(Term(f"f{k}", "any", labels, np.full(days, size), shape))
    if days > 1:  # something differs between days
        terms.append(Term("day", "sample", day, np.full(days, r.uniform(0.1, 0.4))))
    product = Product(r.normal(1.0, 0.3, days), tuple(terms))
    return product if days == 1 else Mean(product, site, r.uniform(0.5, 2, days))


def values(shape, z):
    """Values at normal scores, from formulas that are not the engine's."""
    u = ndtr(z)
    match shape:
        case None:
            return np.exp(z)
        case Lognormal(centre, sd):
            return centre * np.exp(sd * z)
        case LogitNormal(centre, sd):
            return expit(logit(centre) + sd * z)
        case TruncatedNormal(centre, sd, low, high):
            a, b = ndtr((low - centre) / sd), ndtr((high - centre) / sd)
            return centre + sd * ndtri(a + u * (b - a))
        case CensoredInterval(centre, sd, low, high):
            a, b = (ndtr(np.log(e / centre) / sd) if e else 0.0 for e in (low, high))
            return centre * np.exp(sd * ndtri(a + u * (b - a)))
        case Beta(a, b, low, high):
            return low + (high - low) * _beta(a, b, z)
        case Pert(low, mode, high):
            alpha = 1 + 4 * (mode - low) / (high - low)
            return low + (high - low) * _beta(alpha, 6 - alpha, z)
        case Triangular(low, mode, high):
            cut = (mode - low) / (high - low)
            rising = low + np.sqrt(u * (high - low) * (mode - low))
            return np.where(u < cut, rising, high - np.sqrt((1 - u) * (high - low) * (high - mode)))
        case Uniform(low, high):
            return low + u * (high - low)
        case Empirical(held):
            return np.quantile(np.array(held), u)
    raise TypeError(shape)


def _beta(a, b, z):
    """The inverse is slow: a table over the scores, good to 1e-7 of the log."""
    at = np.linspace(-7, 7, 14_001)
    x = np.where(at < 0, betaincinv(a, b, ndtr(at)), 1 - betaincinv(b, a, ndtr(-at)))
    return np.exp(np.interp(z, at, np.log(x)))


def draws(model, n, seed):
    """n draws of a product of one row or of a mean, by plain numpy."""
    r = np.random.default_rng(seed)
    mean = isinstance(model, Mean)
    product = model.of if mean else model
    weights = model.weights / model.weights.sum() if mean else np.ones(1)
    total, shared = np.zeros(n), {}
    for row, central in enumerate(product.log_central):
        log = np.full(n, central)
        for t in product.terms:
            key = (t.name, t.labels[row])
            if key not in shared:
                shared[key] = _log_error(t.shape, r.standard_normal(n))
            log += t.size[row] * shared[key]
        total += weights[row] * np.exp(log)
    return total


def _log_error(shape, z):
    if shape is None:
        return z
    return np.log(values(shape, z) / float(values(shape, np.zeros(1))[0]))
