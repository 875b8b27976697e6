"""Percentiles of a reference set, with its uncertainty."""

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.spatial import ReferenceSet, budget_of_tier, rank

ABOUT = ("pn_mass_load", "mg/day/1000 inhabitants", "geometric", "made up")


def reference(values, kind="sample"):
    return ReferenceSet(tuple(values), *ABOUT, kind=kind)


def test_percentiles_and_quantiles_turn_each_other_over():
    found = reference(np.geomspace(1, 100, 41))
    at = [10.0, 50.0, 90.0]
    assert found.percentiles(found.quantiles(at)) == pytest.approx(at)


def test_the_median_of_a_census_of_odd_size_is_its_middle_value():
    found = reference(range(1, 12), kind="census")
    assert found.quantiles([50.0]) == pytest.approx([6])
    assert (found.drawn_heights(5, 1) == found.heights[:, None]).all()


def test_beyond_the_ends_percentiles_stay_within():
    p = reference(range(1, 20)).percentiles([0.0, 0.5, 100.0, np.nan])
    assert p[:3] == pytest.approx([2.5, 2.5, 97.5]) and np.isnan(p[3])


def test_ties_share_a_percentile():
    found = reference([1, 1, 1, 1, 1, 2, 3, 4, 5, 6], kind="census")
    assert found.percentiles([1.0]) == pytest.approx([25.0])


def test_intervals_of_a_percentile_cover_the_true_share_of_places():
    """A place at the true 70th percentile, seen against samples of 20 places."""
    rng, inside = np.random.default_rng(1), 0
    place = np.exp(0.5244)
    for k in range(400):
        found = reference(np.exp(rng.normal(size=20)))
        _, low, high = found.percentile_intervals(np.full((500, 1), np.log(place)), seed=k)[0]
        inside += low <= 70 <= high
    assert 0.91 <= inside / 400 <= 0.98


def test_more_reference_values_narrow_the_interval():
    log = np.full((1_000, 1), np.log(10.0))
    spans = [
        np.ptp(reference(np.geomspace(1, 100, n)).percentile_intervals(log, 1)[0, 1:])
        for n in (15, 150)
    ]
    assert spans[1] < spans[0] / 2


def test_tiers_by_percentile_are_those_of_the_quantiles_but_less_sure(county_values):
    found = reference(np.geomspace(1, 5_000, 15))
    breaks = found.quantiles([50, 90])
    by = rank(county_values, "methamphetamine", scheme="percentile", breaks=[50, 90],
              reference=found)  # fmt: skip
    fixed = rank(county_values, "methamphetamine", scheme="fixed", breaks=breaks)
    assert by["tier"].tolist() == fixed["tier"].tolist()
    assert by.attrs["breaks"]["methamphetamine"] == pytest.approx(breaks.tolist())
    assert by.attrs["reference_source"] == "made up"
    with pytest.raises(UsageError, match="scheme percentile"):
        budget_of_tier(county_values, by, "A")
    p = ["p_general", "p_moderate", "p_severe"]
    assert np.allclose(by[p].sum(axis=1), 1)
    assert by[p].max(axis=1).mean() < fixed[p].max(axis=1).mean()


def test_another_quantity_unit_or_statistic_is_refused(county_values):
    for changed in (0, 1, 2):
        about = [("other" if i == changed else a) for i, a in enumerate(ABOUT)]
        other = ReferenceSet(tuple(range(1, 20)), *about)
        with pytest.raises(UsageError, match="percentiles need"):
            rank(county_values, "methamphetamine", scheme="percentile", breaks=[50, 90],
                 reference=other)  # fmt: skip


@pytest.mark.parametrize(
    ("values", "source", "kind"),
    [
        (range(1, 5), "s", "sample"),
        (range(20), "s", "sample"),
        (range(1, 20), " ", "sample"),
        (range(1, 20), "s", "all"),
    ],
)
def test_a_set_that_cannot_be_one_is_refused(values, source, kind):
    with pytest.raises(UsageError):
        ReferenceSet(tuple(values), *ABOUT[:3], source, kind=kind)


def test_the_scheme_and_the_set_belong_together(county_values):
    with pytest.raises(UsageError, match="reference set"):
        rank(county_values, "methamphetamine", scheme="percentile", breaks=[50, 90])
    with pytest.raises(UsageError, match="reference set"):
        rank(county_values, "methamphetamine", reference=reference(range(1, 20)))
    with pytest.raises(UsageError, match="percentiles"):
        rank(
            county_values, "methamphetamine", scheme="percentile", reference=reference(range(1, 20))
        )
    with pytest.raises(UsageError, match="between 0 and 100"):
        reference(range(1, 20)).quantiles([50, 100])
