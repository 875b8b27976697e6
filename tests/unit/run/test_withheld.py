"""Institutions without consent and small catchments: whose results are left out, and where."""

from __future__ import annotations

import numpy as np
import pytest

from wbe.findings import Findings
from wbe.io.consent import NEEDS_CONSENT
from wbe.io.samples import contained
from wbe.run import withheld
from wbe.run.config import Privacy
from wbe.run.withheld import Withheld

INTERNAL = Privacy(audience="internal", purpose="p", approval="a")


def sites(**kinds: tuple[str, str]):
    import pandas as pd

    rows = [(site, kind, record) for site, (kind, record) in kinds.items()]
    return pd.DataFrame(rows, columns=["site", "type", "consent"])


def samples(rows):
    """Area, site and population of each sample."""
    import xarray as xr

    area, site, people = zip(*rows, strict=True)
    names = np.array([f"s{i}" for i in range(len(rows))])
    return xr.Dataset(
        {"population": ("sample", np.array(people, dtype=float))},
        coords={"area": ("sample", list(area)), "site": ("sample", list(site)), "sample": names},
    )


@pytest.mark.parametrize(
    "kind",
    ["prison", "school", "workplace", "hospital", "hotel", "dormitory", "rehabilitation_centre"],
)
def test_an_institution_needs_a_record(kind: str) -> None:
    table = sites(a=(kind, ""), b=(kind, "Ethics board, 2024-03-01"), c=("manhole", ""))
    assert withheld.without_consent(table, Privacy()) == {"a"}


@pytest.mark.parametrize(
    "word",
    ["University", "幼儿园", "中学", "拘留所", "看守所", "correctional facility", "办公楼",
     "office", "精神病院", "clinic", "student residence", "宾馆", "戒毒所"],
)  # fmt: skip
def test_an_institution_is_known_by_its_usual_words(word: str) -> None:
    assert contained("site_type", word) in NEEDS_CONSENT


def test_the_configuration_may_hold_the_record() -> None:
    table = sites(a=("prison", ""), b=("hotel", ""))
    privacy = Privacy(consent={"a": "Ethics board, 2024-03-01", "b": "yes"})
    assert withheld.without_consent(table, privacy) == {"b"}
    assert withheld.without_consent(None, privacy) == frozenset()


def test_an_area_of_such_sites_alone_is_hidden_and_another_goes_without_them() -> None:
    data = samples([("jail", "p", np.nan), ("town", "q", np.nan), ("town", "r", np.nan)])
    held = withheld.withheld(data, frozenset({"p", "q"}))
    assert held == Withheld(frozenset({"p", "q"}), frozenset({"jail"}), frozenset({"town"}))
    assert withheld.left(data, held)["site"].values.tolist() == ["p", "r"]


def test_a_small_site_is_hidden_with_a_neighbour_that_its_area_would_betray() -> None:
    data = samples([("t", "small", 900), ("t", "mid", 6000), ("t", "big", 9000), ("u", "x", 7000)])
    hidden = withheld.small_sites(data, INTERNAL)
    assert "small" in hidden and len(hidden) == 2 and "x" not in hidden


def test_two_small_sites_protect_each_other() -> None:
    data = samples([("t", "a", 900), ("t", "b", 800), ("t", "c", 9000)])
    assert withheld.small_sites(data, INTERNAL) == {"a", "b"}


def test_an_unknown_catchment_hides_no_internal_value() -> None:
    data = samples([("t", "a", np.nan), ("t", "b", 9000)])
    assert withheld.small_sites(data, INTERNAL) == frozenset()
    assert withheld.small_sites(samples([("t", "a", 10)]), Privacy(min_population=0)) == frozenset()


@pytest.mark.parametrize("least", [1, 900, 901, 5000, 9001])
def test_a_higher_least_population_hides_no_fewer_sites(least: int) -> None:
    data = samples([("t", "a", 900), ("t", "b", 4000), ("t", "c", 9000), ("u", "d", 3000)])
    lower = withheld.small_sites(data, Privacy(min_population=least))
    assert lower <= withheld.small_sites(data, Privacy(min_population=least + 4000))


def test_the_value_of_an_area_with_one_small_site_is_that_of_the_site() -> None:
    data = samples([("t", "a", 900), ("u", "b", 900), ("u", "c", 9000)])
    assert withheld.single_areas(data, {"a", "b"}) == {"t"}


def test_hidden_sites_lose_their_values_and_say_so() -> None:
    import pandas as pd

    rows = pd.DataFrame(
        {
            "site": ["a", "b"],
            "value": [1.0, 0.0],
            "lower": 0.0,
            "upper": 2.0,
            "status": "quantified",
        }
    )
    out = withheld.emptied(rows, {"a"})
    assert out["value"].isna().tolist() == [True, False]
    assert out["status"].tolist() == ["suppressed", "quantified"]
    assert out["value"][1] == 0 and rows["value"].notna().all()


def test_findings_about_hidden_samples_sites_and_areas_stay_inside() -> None:
    data = samples([("hill", "p", 1), ("town", "q", 1)])
    found = Findings()
    found.add("limit_missing", sample_id="s0")
    found.add("limit_missing", sample_id="s1")
    found.add("consent_missing", site="p", kind="prison", value="prison")
    found.add("file_empty", file="x.csv")
    shown = withheld.about_shown(found, data, (), {"hill"})
    assert [f.sample_id for f in shown] == ["s1", ""]
    assert {f.rule for f in shown} == {"limit_missing", "file_empty"}


def test_a_record_in_the_configuration_settles_the_finding() -> None:
    found = Findings()
    found.add("consent_missing", site="p", kind="prison", value="prison")
    found.add("consent_missing", site="q", kind="school", value="school")
    kept = withheld.settled(found, Withheld(frozenset({"q"})))
    assert [f.site for f in kept] == ["q"]
