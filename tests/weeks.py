"""Synthetic weeks of a few sites, with errors at every level: models for the engines' tests."""

import numpy as np

from wbe.uncertainty import BelowLimit, LogitNormal, Mean, Product, Term

AT = (0.025, 0.5, 0.975)
Z = np.array([-1.959963984540054, 0.0, 1.959963984540054])


def term(name, labels, size, shape=None):
    labels = np.array(labels)
    return Term(name, "site", labels, np.broadcast_to(size, len(labels)).astype(float), shape)


def week(sites=3, days=7, **sizes):
    """Sites x days: a global factor with a shape, errors by laboratory, site, visit and sample."""
    size = {"dose": 0.2, "flow": 0.15, "sampling": 0.3, "visit": 0.25, "excretion": -1.0} | sizes
    site = np.repeat([f"s{k}" for k in range(sites)], days)
    day = np.tile(np.arange(days), sites)
    sample = [f"{s}|{d}" for s, d in zip(site, day, strict=True)]
    visit = [f"{s}|{d // 3}" for s, d in zip(site, day, strict=True)]
    everybody = np.full(len(site), "all")
    terms = (
        term("excretion", everybody, size["excretion"], LogitNormal(0.3, 0.4)),
        term("dose", everybody, size["dose"]),
        term("flow", site, size["flow"]),
        term("visit", visit, size["visit"]),
        term("sampling", sample, size["sampling"]),
        term("repeatability", sample, 0.1),
    )
    return Mean(Product(np.linspace(0.0, 1.0, len(site)), terms), site)


def censored(mean):
    """Return the mean with its rows 1 and 8 below a limit."""
    rows = np.array([1, 8])
    fits = {"g": (0.2, np.log(0.5), 0.1 * np.eye(2))}
    labels = np.array(["n1", "n8"])
    below = BelowLimit(rows, labels, np.array([0.1, 0.3]), np.full(2, "g"), fits, np.zeros(2))
    log = mean.of.log_central.copy()
    log[rows] = np.nan
    return Mean(Product(log, mean.of.terms, below), mean.groups, mean.weights)


def same(a, b):
    return all(
        np.array_equal(x, y, equal_nan=True)
        for x, y in (
            (a.quantiles, b.quantiles),
            (a.mean, b.mean),
            (a.standard_errors, b.standard_errors),
        )
    )


def within(solved, expected, errors=4.0):
    return (np.abs(solved.quantiles - expected) < errors * solved.standard_errors).all()


MODELS = {"plain": week(), "censored": censored(week()), "weighted": None}
MODELS["weighted"] = Mean(week().of, week().groups, np.linspace(1.0, 2.0, 21))
