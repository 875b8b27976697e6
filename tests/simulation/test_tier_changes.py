"""How often does an unchanged county show a change, and is the printed detectable change found?

The Huilai design: 13 towns, 5 points, two rounds, a visit effect with a log-sd of 0.4 that the
points of a town share, and samples that differ within a town by a log-sd of 1.0 or 1.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from wbe.spatial import changed_areas

TOWNS = [f"t{k:02d}" for k in range(13)]
POINTS = 5
AREA = np.repeat(TOWNS, POINTS)
VISIT = 0.4
CORNERS = [(1.0, 1.0), (0.5, 1.3)]  # between towns, within towns


@dataclass(frozen=True)
class County:
    """What is redrawn: log-sds between and within towns, the lasting share of it, limits.

    `omega` None: from its prior. `unequal`: log-sd between the towns' spreads of their points.
    """

    between: float = 1.0
    within: float = 1.0
    lasting: float = 0.0
    log_limits: tuple[float, float] = (-np.inf, -np.inf)
    omega: float | None = VISIT
    unequal: float = 0.0

    def logs(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Log values of two rounds without a change, (town, point) each."""
        shape = (len(TOWNS), POINTS)
        omega = abs(VISIT * rng.normal()) if self.omega is None else self.omega
        point = self.within * np.sqrt(self.lasting) * rng.normal(size=shape)
        level = self.between * rng.normal(size=(len(TOWNS), 1)) + point
        sd = self.within * np.sqrt(1 - self.lasting)
        sd = sd * np.exp(self.unequal * rng.normal(size=(len(TOWNS), 1)))
        return [
            level + omega * rng.normal(size=(len(TOWNS), 1)) + sd * rng.normal(size=shape)
            for _ in range(2)
        ]

    def compared(self, logs, **options):
        """Test two rounds as they would be reported."""
        read = [
            np.maximum(y, limit).ravel() for y, limit in zip(logs, self.log_limits, strict=True)
        ]
        low = [(y < limit).ravel() for y, limit in zip(logs, self.log_limits, strict=True)]
        given = {"visit": VISIT, **options}
        return changed_areas(
            *np.exp(read), AREA, areas=TOWNS, below_before=low[0], below_after=low[1], **given
        )


def false_alarms(county, n, seed=1, **options):
    """Share of unchanged counties with any town that moved."""
    rng = np.random.default_rng(seed)
    return np.mean(
        ["moved" in county.compared(county.logs(rng), **options).outcome for _ in range(n)]
    )


def listed(logs):
    """Tiers by rank of the geometric mean, 3, 5 and 5 towns: the plain list of two rounds."""
    order = [np.argsort(np.argsort(-y.mean(axis=1))) for y in logs]
    return [np.searchsorted([2, 7], rank, side="left") for rank in order]


def at_most(share, n):
    """Whether a share of n is no evidence against 5 %."""
    return share <= 0.05 + 2.33 * np.sqrt(0.05 * 0.95 / n)


def test_leaving_the_visit_out_is_seen():
    """Negative control: a test that forgets what a visit shares alarms in every fourth county."""
    assert false_alarms(County(), 300, visit=0.0) > 0.15
    assert false_alarms(County(omega=None), 300, visit=0.0) > 0.15


def test_a_plain_list_of_tiers_moves_a_third_of_the_towns_and_more():
    rng = np.random.default_rng(2)
    for between, within in CORNERS:
        county = County(between, within)
        pairs = [listed(county.logs(rng)) for _ in range(400)]
        moved = np.mean([(one != other).mean() for one, other in pairs])
        print(f"between {between}, within {within}: the list moves {moved:.0%} of the towns")
        assert 0.30 <= moved <= 0.60


@pytest.mark.slow
@pytest.mark.parametrize("omega", [VISIT, None])
@pytest.mark.parametrize("lasting", [0.0, 0.5])
@pytest.mark.parametrize(("between", "within"), CORNERS)
def test_false_alarms_of_the_county_stay_at_five_per_cent(between, within, lasting, omega):
    """At a visit of 0.4, and over its prior: exactly in tests/unit/spatial/test_area_changes.py."""
    n = 1_000
    share = false_alarms(County(between, within, lasting, omega=omega), n)
    print(f"between {between}, within {within}, lasting {lasting}, omega {omega}: {share:.4f}")
    assert at_most(share, n)


@pytest.mark.slow
def test_false_alarms_stay_with_limits_that_differ_between_rounds():
    n = 1_500
    for visits in ("prior", "stated"):
        share = false_alarms(County(log_limits=(-1.0, -0.3)), n, visits=visits)
        print(f"with 25 and 40 % below the limits, {visits}: false alarms {share:.4f}")
        assert at_most(share, n)


@pytest.mark.slow
def test_false_alarms_stay_where_the_towns_differ_in_their_spread():
    n = 1_500
    prior, stated = (false_alarms(County(unequal=0.3), n, visits=v) for v in ("prior", "stated"))
    print(f"spreads that differ by 0.3: false alarms {prior:.4f}, {stated:.4f} stated")
    assert at_most(prior, n) and stated > prior


@pytest.mark.slow
def test_learnt_visits_hold_where_the_visits_follow_their_prior():
    n = 1_500
    share = false_alarms(County(omega=None), n, visits="learnt")
    stated = false_alarms(County(omega=None), n, visits="stated")
    print(f"visits from their prior: false alarms {share:.4f} learnt, {stated:.4f} stated")
    assert at_most(share, n) and stated > 0.07


def found(county, n, seed=3, **options):
    """How often a town that changed by the printed detectable ratio is found, and that ratio."""
    rng = np.random.default_rng(seed)
    hits, ratios = [], []
    for _ in range(n):
        logs = county.logs(rng)
        ratio = county.compared(logs, **options).detectable[0]
        logs[1][0] += np.log(ratio)
        hits.append(county.compared(logs, **options).outcome[0] == "moved")
        ratios.append(ratio)
    return np.mean(hits), np.median(ratios)


@pytest.mark.slow
@pytest.mark.parametrize("lasting", [0.0, 0.5])
@pytest.mark.parametrize(("between", "within"), CORNERS)
@pytest.mark.parametrize(("visits", "omega"), [("prior", None), ("stated", VISIT)])
def test_the_printed_detectable_change_is_found_as_often_as_it_says(
    between, within, lasting, visits, omega
):
    share, ratio = found(County(between, within, lasting, omega=omega), 1_000, visits=visits)
    print(
        f"{visits}, within {within}, lasting {lasting}: detectable {ratio:.1f}-fold, found in "
        f"{share:.3f}"
    )
    assert 0.76 <= share <= 0.84
