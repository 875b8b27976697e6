"""An internal run tells where the uncertainty of its areas comes from; a public one does not."""

from __future__ import annotations

import re
from pathlib import Path

import nasty
import pytest

from wbe.run import area_budgets, campaign, config, outputs


@pytest.mark.slow
@pytest.mark.parametrize("audience", ["internal", "public"])
def test_budgets_are_those_of_the_areas_shown_and_internal(audience: str, tmp_path: Path) -> None:
    loaded = config.load(nasty.campaign(tmp_path / "campaign", audience=audience, draws=50))
    results = campaign.compute(loaded)
    found = area_budgets.of_areas(loaded, results)
    if audience == "public":
        assert found == {} and results.values is None
        return
    rows = results.tiers[(results.tiers["drug"] == "methamphetamine")]
    assert set(found) == set(rows.loc[rows["value"].notna(), "area"])
    assert all(one.moves and "flow" in " ".join(one.inputs) for one in found.values())
    outputs.run(loaded, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert re.search(r'id="s-budgets"', page)


def test_without_draws_there_are_none(tmp_path: Path) -> None:
    loaded = config.load(nasty.campaign(tmp_path / "campaign", draws=0))
    assert area_budgets.of_areas(loaded, campaign.compute(loaded)) == {}
