"""The pictures of a page: which there are, that the page holds them, and that ids stay apart."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wbe.report import figures, picture, render


def drawn(tiers: Any, **options: Any) -> dict[str, str]:
    given: dict[str, Any] = {"title": "Synthetic", "has_map": True, **options}
    return figures(tiers, tiers.attrs, "en", **given)


@pytest.mark.parametrize(
    ("rounds", "has_map", "expected"),
    [
        (("2018Q2",), True, ["ranks"]),
        (("2018Q2",), False, ["schematic", "ranks"]),
        (("2018Q1", "2018Q2"), True, ["ranks", "history"]),
    ],
)
def test_a_page_gets_what_its_tiers_can_show(
    made_up: Any, rounds: tuple[str, ...], has_map: bool, expected: list[str]
) -> None:
    tiers = made_up.county(rounds=rounds)
    assert list(drawn(tiers, has_map=has_map)) == expected


def test_without_draws_there_are_no_ranks_and_many_areas_have_no_tiles(made_up: Any) -> None:
    tiers = made_up.county()
    tiers["rank_lower"] = np.nan
    assert drawn(tiers) == {}
    assert list(drawn(made_up.cities(61), has_map=False)) == ["ranks"]


def test_page_holds_the_pictures_and_no_id_twice(made_up: Any) -> None:
    tiers = made_up.county(rounds=("2018Q1", "2018Q2"))
    found = drawn(tiers, has_map=False)
    page = render(made_up.publication(tiers, map_svg="", figures=found))
    text = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert text.count("<svg") == 3
    ids = Counter(re.findall(r'\bid="([^"]+)"', text))
    assert [name for name, n in ids.items() if n > 1] == []
    used = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text))
    assert {a or b for a, b in used} <= set(ids)
    for label in ("Ranks and their intervals", "Tiers over rounds", "one tile an area"):
        assert label in text


def test_changes_reach_the_history_and_suppressed_rows_do_not(made_up: Any) -> None:
    tiers = made_up.county(rounds=("2018Q1", "2018Q2"))
    changes = pd.DataFrame(
        {"area": ["A001", "A008"], "drug": "methamphetamine", "round_before": "2018Q1",
         "round_after": "2018Q2", "outcome": ["moved", "suppressed"], "ratio": [4.0, np.nan],
         "p": [0.01, np.nan]}
    )  # fmt: skip
    assert drawn(tiers)["history"] != drawn(tiers, changes=changes)["history"]
    only = drawn(tiers, changes=changes.iloc[:1])["history"]
    assert only == drawn(tiers, changes=changes)["history"]


def test_prefix_goes_before_ids_and_every_reference() -> None:
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    used = '<use xlink:href="#g" style="fill: url(#h)"/>'
    svg = f'<svg {space}><defs><path id="g"/></defs>{used}</svg>'
    found = picture.inline_svg(svg, "label", "a-")
    assert 'id="a-g"' in found and 'href="#a-g"' in found and "url(#a-h)" in found
