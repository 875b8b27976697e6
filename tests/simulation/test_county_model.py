"""Is the county model calibrated over its prior, and do the assertions see models that are not?

Thirteen towns of five points on one visit each. Calibration is that of the model's own claims
over counties drawn from the declared prior; at fixed corners the curve is printed, not asserted:
no posterior is calibrated at each value of its unknowns.
"""

from __future__ import annotations

import numpy as np
import pytest
from county_study import CORNERS, WITHOUT_VISITS, Study, full_model, plug_in, study

from wbe.recipes import estimate
from wbe.spatial import by_area, county_posterior, locate

COUNTIES = 300
METH = "methamphetamine"


def assert_calibrated(s: Study) -> None:
    """P(tier) within 0.05, nine in ten resolved decisions right."""
    assert all(n >= 500 for _, _, n in s.curve())
    assert s.worst <= 0.05
    assert s.resolved_right >= 0.9


def assert_covers(s: Study) -> None:
    """The 95 % intervals hold the truth in 92 to 98 %."""
    assert 0.92 <= s.covered.mean() <= 0.98
    assert 0.92 <= s.visit_covered.mean() <= 0.98


@pytest.fixture(scope="module")
def full() -> Study:
    found = study(COUNTIES, full_model())
    print(f"\nfull model over its prior: {found}")
    return found


@pytest.mark.slow
def test_probabilities_of_tiers_are_calibrated_over_the_prior(full):
    assert_calibrated(full)


@pytest.mark.slow
def test_intervals_cover_over_the_prior(full):
    assert_covers(full)
    assert full.converged > 0.95


@pytest.mark.slow
def test_pooling_is_closer_than_plain_means_and_understates_the_top_town(full):
    squared = (full.error**2).mean(axis=1) - (full.plain_error**2).mean(axis=1)
    assert squared.mean() + 4 * squared.std() / np.sqrt(len(squared)) < 0
    assert -0.6 < full.top_bias.mean() < -0.1
    told = full.told + full.top_bias  # what the model says of it, against what happened
    assert abs(told.mean()) < 4 * told.std() / np.sqrt(len(told))


@pytest.mark.slow
@pytest.mark.parametrize(("between", "within"), CORNERS)
def test_corners_are_printed_and_cover(between, within):
    found = study(60, full_model(), between=between, within=within, omega=0.4)
    print(f"\nbetween {between}, within {within}: {found}")
    assert found.resolved.mean() < 0.5
    assert 0.9 <= found.covered.mean() <= 0.99


def assert_missed(s: Study) -> None:
    """A negative control fails every promise of its own, not one of them by chance."""
    assert s.worst > 0.08
    assert s.resolved_right < 0.89
    assert s.covered.mean() < 0.89
    for promise in (assert_calibrated, assert_covers):
        with pytest.raises(AssertionError):
            promise(s)


@pytest.mark.slow
def test_plug_in_empirical_bayes_is_detected():
    """Negative control: variances plugged in as if they were known."""
    found = study(COUNTIES, plug_in)
    print(f"\nplug-in empirical Bayes: {found}")
    assert_missed(found)


@pytest.mark.slow
def test_a_model_without_visits_is_detected():
    """Negative control: what the points of a visit share is left out."""
    found = study(200, full_model(WITHOUT_VISITS))
    print(f"\nwithout visits: {found}")
    assert_missed(found)


@pytest.mark.slow
def test_counties_of_another_generator_are_covered(root, monkeypatch):
    """From lab results: markers and flow, shared errors, four rounds, a generator of its own."""
    monkeypatch.syspath_prepend(str(root / "data" / "samples"))
    import generate_example_county as generator

    covered: list[bool] = []
    for seed in range(6):
        county = generator.simulate(seed, truth_seed=None, analytes=(METH, "cotinine"))
        result = estimate(
            locate(generator.as_samples(county)), draws=1_000, seed=seed,
            markers={"cotinine": {"calibrate": True}},
        )  # fmt: skip
        p = county_posterior(
            by_area(result, quantities=("pn_mass_load",)), METH, unconverged="flag"
        )
        low, high = np.exp(np.quantile(p.typical_of_round, [0.025, 0.975], axis=0))
        truth = county.truth.set_index(["analyte", "round", "area"])["theta_all_source"][METH]
        theta = np.array([[truth[r, a] for a in p.areas] for r in p.rounds])
        covered += ((low <= theta) & (theta <= high)).ravel().tolist()
    print(f"\nanother generator: intervals cover {np.mean(covered):.3f} of {len(covered)}")
    assert 0.9 <= np.mean(covered) <= 1.0
