"""Do intervals of a county round cover the truth, and are resolved tiers right?

The generator of data/samples/example-county redraws visits, shared errors, points, sampling and
analysis for every seed. The truth is a town's typical load in the round, without its visit effect.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pytest

from wbe.recipes import estimate
from wbe.spatial import by_area, classify, locate, rank
from wbe.spatial.summaries import BOUND
from wbe.uncertainty import default_model

METH = "methamphetamine"
OFTEN_CENSORED = ("ketamine", "codeine")
BREAKS = [20.0, 60.0]
LABELS = ("general", "moderate", "severe")


@dataclass
class Tally:
    """Counts over towns and rounds."""

    quantified: int = 0
    covered: int = 0
    censored: int = 0
    bounded: int = 0
    decisions: int = 0
    resolved: int = 0
    wrong: int = 0

    def __str__(self) -> str:
        return (
            f"95 % intervals cover {self.covered / self.quantified:.3f} of {self.quantified} town "
            f"values of methamphetamine without non-detects; bounds hold {self.bounded} of "
            f"{self.censored} values of three drugs with; "
            f"{self.resolved} of {self.decisions} decisions resolved "
            f"({self.resolved / self.decisions:.3f}), {self.wrong} of these wrong "
            f"({self.wrong / max(1, self.resolved):.3f})"
        )


@pytest.fixture(scope="module")
def generator(root):
    sys.path.insert(0, str(root / "data" / "samples"))
    import generate_example_county

    yield generate_example_county
    sys.path.remove(str(root / "data" / "samples"))


def count(generator, seeds, truth_seed=2018, model=None):
    tally = Tally()
    for seed in seeds:
        wanted = (METH, "cotinine", *OFTEN_CENSORED)
        county = generator.simulate(seed, truth_seed=truth_seed, analytes=wanted)
        result = estimate(
            locate(generator.as_samples(county)),
            draws=2_000,
            seed=seed,
            markers={"cotinine": {"calibrate": True}},
            error_model=model,
        )
        values = by_area(result, quantities=("pn_mass_load",))
        tiers = rank(values, METH, scheme="fixed", breaks=BREAKS)
        truth = county.truth.set_index(["analyte", "area", "round"])["theta_all_source"]
        add(tally, tiers, truth[METH])
        for drug in (METH, *OFTEN_CENSORED):
            bound(tally, values.sel(quantity="pn_mass_load", drug=drug), truth[drug])
    return tally


def add(tally, tiers, truth):
    """Count decisions, and coverage of the town values without non-detects."""
    for row in tiers.itertuples():
        theta = truth[row.area, row.round]
        tally.decisions += 1
        tally.resolved += row.resolved
        tally.wrong += row.resolved and row.tier != LABELS[int(classify(theta, BREAKS))]
        if row.n_censored == 0:
            tally.quantified += 1
            tally.covered += row.lower <= theta <= row.upper


def bound(tally, values, truth):
    """Count town values with non-detects of known limits, and whether their bounds hold."""
    for (area, round_), theta in truth.items():
        here = values.sel(area=area, round=round_)
        if here["n_censored"].item() and "limit_unknown" not in here["flags"].item():
            tally.censored += 1
            low, high = here["bound_lower"].item(), here["bound_upper"].item()
            tally.bounded += low <= theta <= high


@pytest.mark.slow
def test_a_few_counties_are_covered_as_they_should(generator):
    tally = count(generator, range(12))
    print(tally)
    assert 0.90 <= tally.covered / tally.quantified <= 1.0


@pytest.mark.slow
def test_leaving_the_visit_out_is_seen(generator):
    """Negative control: intervals that forget the shared visit cover too little."""
    tally = count(generator, range(12), model=default_model().scaled("visit", 0))
    assert tally.covered / tally.quantified < 0.93


@pytest.mark.slow
@pytest.mark.parametrize("truth_seed", [2018, None])
def test_200_counties_cover_within_the_band_and_resolve_rightly(generator, truth_seed):
    tally = count(generator, range(200), truth_seed)
    print(tally)
    assert 0.92 <= tally.covered / tally.quantified <= 0.98
    assert tally.censored > 5_000
    assert tally.censored - tally.bounded <= BOUND * tally.censored  # what a bound may leave out
    assert tally.wrong <= 0.05 * tally.resolved


def test_truth_of_the_generator_is_what_the_points_scatter_around(generator):
    """The simulated visits have a geometric mean of one: the truth is not the visit's own level."""
    effects = np.concatenate(
        [generator.simulate(s, analytes=(METH,)).truth["visit_effect"] for s in range(30)]
    )
    assert abs(effects.mean()) < 4 * effects.std() / np.sqrt(30 * 52)
    assert effects.std() == pytest.approx(0.4, rel=0.1)
