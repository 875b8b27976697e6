"""The work that everybody does: rows of sites, drugs and days, and their means over a week.

All numbers are synthetic. A row is the number of doses of one sample and drug: a measured value
with errors of the analysis (bias and repeatability), the sampling, the flow meter and the
population, divided by the share excreted and the dose. Repeatability, flow and population differ
from row to row or site to site, so that no two rows have the same distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbe.uncertainty import Beta, Mean, Product, Term

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

AT = (0.025, 0.5, 0.975)
SEED = 20_240_312
BIAS, SAMPLING = 0.10, 0.10  # sd of the log
DOSE = 0.25
EXCRETED = (12.0, 22.0)
"""Shape parameters of a beta: 35 % excreted, give or take 8 %."""
_SHARE = Beta(*EXCRETED)
MEDIAN_EXCRETED = _SHARE.median


@dataclass(frozen=True)
class Week:
    """Rows in the order site, drug, day; a mean is over the days of one site and drug.

    Attributes
    ----------
    site, drug, day : ndarray (row,) of int
    central : ndarray (row,) [doses/d/1000 inh.]
    repeatability, flow, population : ndarray (row,)
        sd of the log of the error.
    days : int
        Rows of a mean.
    """

    site: Ints
    drug: Ints
    day: Ints
    central: Floats
    repeatability: Floats
    flow: Floats
    population: Floats
    days: int

    def __len__(self) -> int:
        return len(self.central)

    def take(self, rows: Ints) -> Week:
        """Return some rows."""
        columns = (self.site, self.drug, self.day, self.central, self.repeatability)
        return Week(*(c[rows] for c in columns), self.flow[rows], self.population[rows], self.days)

    def product(self) -> Product:
        """Return the rows as the engine's model: seven errors, each at its level."""
        site, drug = np.char.mod("site %d", self.site), np.char.mod("drug %d", self.drug)
        sample = np.char.add(site, np.char.mod(" day %d", self.day))
        row = np.char.add(np.char.add(sample, " "), drug)
        same = np.ones(len(self))
        terms = (
            Term("analysis_bias", "lab", drug, BIAS * same),
            Term("repeatability", "sample", row, self.repeatability),
            Term("sampling", "sample", sample, SAMPLING * same),
            Term("flow", "site", site, self.flow),
            Term("population", "site", site, -self.population),
            Term("dose", "global", drug, -DOSE * same),
            Term("excretion", "global", drug, -same, _SHARE),
        )
        return Product(np.log(self.central), terms)

    def mean(self) -> Mean:
        """Return the means over the days as the engine's model."""
        groups = np.char.add(np.char.mod("site %06d ", self.site), np.char.mod("%03d", self.drug))
        return Mean(self.product(), groups)


def weeks(rows: int, drugs: int = 10, days: int = 7, first_site: int = 0) -> Week:
    """Return whole sites with about so many rows.

    A site is the same whatever the number of sites, so that large problems are built in pieces.
    """
    sites = max(1, round(rows / (drugs * days)))
    made = [_site(first_site + s, drugs, days) for s in range(sites)]
    return Week(*(np.concatenate(column) for column in zip(*made, strict=True)), days)


def week_of(sites: tuple[int, int]) -> Mean:
    """Return the means of sites first to end: the chunk that a worker is sent."""
    first, end = sites
    return weeks(70 * (end - first), first_site=first).mean()


def _site(site: int, drugs: int, days: int) -> tuple[NDArray, ...]:  # type: ignore[type-arg]
    rng = np.random.default_rng([SEED, site])
    n = drugs * days
    drug, day = np.repeat(np.arange(drugs), days), np.tile(np.arange(days), drugs)
    level = np.repeat(rng.normal(4.0, 1.0, drugs), days)
    central = np.exp(level + 0.3 * rng.normal(size=n))
    repeatability = rng.uniform(0.08, 0.20, n)
    flow, population = (np.full(n, rng.uniform(*span)) for span in ((0.05, 0.20), (0.10, 0.44)))
    return np.full(n, site), drug, day, central, repeatability, flow, population


POINTS, QUARTERS, DRUGS = 5, 4, 20
AREA_ROWS = POINTS * QUARTERS * DRUGS
AREAS = 2_800
"""Counties: 1.12 million rows."""


def areas(first: int, end: int) -> Mean:
    """Return the quarterly means of areas, each over its points."""
    area, quarter, drug, point = (
        k.ravel() for k in np.indices((end - first, QUARTERS, DRUGS, POINTS))
    )
    area = area + first
    name, analyte = np.char.mod("area %d", area), np.char.mod("drug %d", drug)
    place = np.char.add(name, np.char.mod(" point %d", point))
    visit = np.char.add(name, np.char.mod(" quarter %d", quarter))
    sample = np.char.add(place, np.char.mod(" quarter %d", quarter))
    row = np.char.add(np.char.add(sample, " "), analyte)
    same = np.ones(len(row))
    made = [_area(number) for number in range(first, end)]
    central, repeatability = (np.concatenate(part) for part in zip(*made, strict=True))
    terms = (
        Term("analysis_bias", "lab", analyte, BIAS * same),
        Term("repeatability", "sample", row, repeatability),
        Term("sampling", "sample", sample, SAMPLING * same),
        Term("visit", "area_visit", visit, 0.4 * same),
        Term("flow", "site", place, 0.10 * same),
        Term("population", "site", place, -0.20 * same),
        Term("dose", "global", analyte, -DOSE * same),
        Term("excretion", "global", analyte, -same, _SHARE),
    )
    groups = np.char.add(np.char.mod("%06d ", area), np.char.mod("%d ", quarter))
    return Mean(Product(np.log(central), terms), np.char.add(groups, np.char.mod("%03d", drug)))


def _area(area: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng([SEED, 1, area])
    return rng.lognormal(4.0, 1.0, AREA_ROWS), rng.uniform(0.08, 0.20, AREA_ROWS)
