"""Colours of tiers and states: told apart in grey and without green cones, by a number."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.plot import certainty, shapes, style, vision, words

# CIE L*: steps of a grey print that can be told apart on patches that do not touch (judgement).
GREY_STEP = 10.0
# CIE 1976 colour difference: 2.3 can just be noticed side by side.
CLEAR = 10.0


def tiers_and_floor(n: int) -> list[str]:
    return [style.NOT_ELEVATED, *style.tier_colours(n)]


@pytest.mark.parametrize("n", [2, 3, 4])
def test_tiers_are_steps_apart_in_grey(n: int) -> None:
    steps = [vision.lightness(vision.grey(c)) for c in style.tier_colours(n)]
    assert min(a - b for a, b in pairwise(steps)) >= GREY_STEP


@pytest.mark.parametrize("see", [str, vision.deuteranopia])
@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_tiers_and_floor_differ_for_all_readers(n: int, see) -> None:
    colours = [see(c) for c in tiers_and_floor(n)]
    assert min(vision.difference(*pair) for pair in combinations(colours, 2)) >= CLEAR


def test_states_of_like_grey_differ_in_hatch_and_sign() -> None:
    """What has no colour of its own is told by its pattern, whatever becomes of the fill."""
    looks = [*shapes.WITHOUT_TIER.values(), shapes.Look(style.NOT_ELEVATED)]
    looks += [shapes.Look(c) for c in style.tier_colours(3)]
    for one, other in combinations(looks, 2):
        apart = abs(vision.lightness(one.fill) - vision.lightness(other.fill))
        assert apart >= 5 or one.hatch != other.hatch
        assert apart >= 5 or one.sign != other.sign


def test_hatches_of_states_are_not_those_of_doubt() -> None:
    doubt = {step.hatch[0] for step in certainty.STEPS if step.hatch}
    assert doubt.isdisjoint({look.hatch[0] for look in shapes.WITHOUT_TIER.values()})


@pytest.mark.parametrize("colour", style.tier_colours(5))
def test_lines_of_a_hatch_can_be_seen_on_every_tier_in_grey(colour: str) -> None:
    lines = vision.lightness(shapes.over(colour))
    assert abs(lines - vision.lightness(colour)) >= 15


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_fading_keeps_the_lightness_of_a_tier_and_so_its_order(n: int) -> None:
    for colour in style.tier_colours(n):
        faded = [certainty.tint(colour, step, "saturation") for step in range(3)]
        light = [vision.lightness(c) for c in faded]
        assert max(light) - min(light) < 0.7
        away = [vision.difference(c, vision.grey(c)) for c in faded]
        assert away[0] > away[1] > away[2]


def test_matrix_keeps_greys_and_confuses_red_with_green() -> None:
    assert np.allclose(np.sum(vision.DEUTERANOPIA, axis=1), 1, atol=1e-5)
    red, green = "#C05A50", "#6B8A2D"
    assert vision.difference(red, green) > 60
    apart = vision.difference(vision.deuteranopia(red), vision.deuteranopia(green))
    assert apart < vision.difference(red, green) / 2


def test_colour_difference_is_that_of_published_pairs() -> None:
    # sRGB primaries in L*a*b* (D65), Lindbloom: red 53.24 80.09 67.20, blue 32.30 79.19 -107.86.
    expected = np.sqrt((53.24 - 32.30) ** 2 + (80.09 - 79.19) ** 2 + (67.20 + 107.86) ** 2)
    assert vision.difference("#FF0000", "#0000FF") == pytest.approx(expected, abs=0.1)


def test_way_of_certainty_must_be_known() -> None:
    with pytest.raises(UsageError, match="hatching, saturation"):
        certainty.require_way("colour")


def test_step_follows_resolved_before_the_probability() -> None:
    import pandas as pd

    rows = pd.DataFrame(
        {
            "class": ["severe", "severe", "severe", "severe", words.SUPPRESSED],
            "resolved": [True, False, False, False, False],
            "p_severe": [0.4, 0.7, 0.699, np.nan, np.nan],
        }
    )
    assert certainty.steps(rows) == [0, 1, 2, 2, 0]
