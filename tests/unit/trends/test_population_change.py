"""Total, per capita and population side by side: the identity holds, whatever is given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.errors import MissingPopulationError, UsageError
from wbe.trends import changes_between_rounds, changes_from_percent

POSITIVE = st.floats(1e-3, 1e6)


def test_a_city_that_emptied() -> None:
    """Population -45 %, total -75 %: per capita -54.5 %, "less than 50 %" is not what follows."""
    found = changes_from_percent(population=-45, total=-75)
    assert found.per_capita.percent == pytest.approx(-54.5454545, abs=1e-6)
    assert f"{found.per_capita.percent:.1f}" == "-54.5"
    printed = str(found)
    assert "-45.0 %" in printed and "-75.0 %" in printed and "-54.5 %" in printed
    assert "not a trend" in printed
    assert found.share_of_people == pytest.approx(np.log(0.55) / np.log(0.25))


@given(a=POSITIVE, b=POSITIVE, p=POSITIVE, q=POSITIVE)
def test_total_is_per_capita_times_population(a: float, b: float, p: float, q: float) -> None:
    one = changes_between_rounds(per_capita=(a, b), population=(p, q))
    two = changes_between_rounds(total=(a * p, b * q), population=(p, q))
    three = changes_between_rounds(total=(a * p, b * q), per_capita=(a, b))
    for found in (one, two, three):
        assert found.total.ratio == pytest.approx(
            found.per_capita.ratio * found.population.ratio, rel=1e-9
        )
        assert found.total.ratio == pytest.approx(b * q / (a * p), rel=1e-9)
        assert found.population.ratio == pytest.approx(q / p, rel=1e-9)
    assert (one.total.given, two.per_capita.given, three.population.given) == (False,) * 3


def test_shared_errors_cancel_in_paired_draws() -> None:
    random = np.random.default_rng(1)
    bias = np.exp(0.5 * random.standard_normal(4000))  # of the excretion, the same in both rounds
    own = np.exp(0.1 * random.standard_normal((2, 4000)))
    found = changes_between_rounds(
        per_capita=(50 * bias * own[0], 40 * bias * own[1]), population=(1000.0, 1100.0)
    )
    width = np.log(found.per_capita.upper / found.per_capita.lower)
    assert width == pytest.approx(2 * 1.96 * 0.1 * np.sqrt(2), rel=0.06)
    assert found.total.lower == pytest.approx(1.1 * found.per_capita.lower, rel=1e-9)
    assert found.draws == 4000 and "to" in str(found)
    assert np.isnan(found.population.upper)  # given without draws


def test_a_total_alone_is_refused() -> None:
    with pytest.raises(MissingPopulationError, match="people moving"):
        changes_between_rounds(total=(3.0, 2.0))
    with pytest.raises(MissingPopulationError):
        changes_from_percent(per_capita=-20)


def test_wrong_input_is_refused() -> None:
    with pytest.raises(UsageError, match="two of"):
        changes_between_rounds()
    with pytest.raises(UsageError, match="two of"):
        changes_from_percent(total=-10, per_capita=-10, population=0)
    with pytest.raises(UsageError, match="above -100"):
        changes_from_percent(total=-100, population=0)
    with pytest.raises(UsageError, match="positive"):
        changes_between_rounds(total=(3.0, 0.0), population=(1, 1))
    with pytest.raises(UsageError, match="draws"):
        changes_between_rounds(total=(np.ones(3), np.ones(3)), population=(np.ones(4), np.ones(4)))


def test_no_change_has_no_share() -> None:
    assert np.isnan(changes_from_percent(total=0, population=0).share_of_people)


def test_an_infinite_value_is_not_known() -> None:
    with pytest.raises(UsageError, match="positive and known"):
        changes_between_rounds(total=(1.0, np.inf), population=(1.0, 2.0))
