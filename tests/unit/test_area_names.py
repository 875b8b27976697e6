"""Names of divisions: candidates with reasons, and nothing chosen."""

from __future__ import annotations

import re

import pytest

from wbe.area_names import AreaList, Unit, known_areas, nearest_areas, resolve_area, simplified
from wbe.errors import UsageError

HUILAI = "445224"


def found(name: str, **options: object) -> list[tuple[str, str]]:
    return [(c.name, c.code) for c in resolve_area(name, **options)]  # type: ignore[arg-type]


def test_a_name_without_its_kind_is_a_town_and_a_district() -> None:
    assert found("惠城") == [("惠城镇", "445224100"), ("惠城区", "441302")]
    assert len({c.score for c in resolve_area("惠城")}) == 1  # neither is better
    assert found("惠城", within="惠来县") == [("惠城镇", "445224100")]


def test_one_name_of_two_districts() -> None:
    assert found("龙华区") == [("龙华区", "440309"), ("龙华区", "460106")]
    assert [c.above for c in resolve_area("龙华区")] == ["广东省 深圳市", "海南省 海口市"]
    assert found("龙华区", within="海南省") == [("龙华区", "460106")]
    best, other = resolve_area("海口市龙华区")
    assert (best.code, best.score) == ("460106", 1.0) and other.score < 0.5


def test_a_village_leads_to_its_town_with_a_note() -> None:
    (town,) = resolve_area("寄陇村")
    assert (town.name, town.code) == ("东陇镇", "445224108")
    assert "village" in town.reason and "county town" in town.note


def test_names_that_sound_alike_are_told_together() -> None:
    ours, theirs = resolve_area("隆江镇")
    assert (ours.name, theirs.name) == ("隆江镇", "龙江镇")
    assert ours.score == 1.0 and theirs.score < 0.5 and "sounds like" in theirs.reason
    assert resolve_area("龙江镇").names == ("龙江镇", "隆江镇")
    assert {c.score for c in resolve_area("Longjiang")} == {0.7}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("東隴鎮", "东陇镇"), ("鰲江鎮", "鳌江镇"), ("傲江镇", "鳌江镇"), ("东岭镇", "东陇镇"),
        ("惠来县隆江镇", "隆江镇"), ("广东省揭阳市惠来县岐石镇", "岐石镇"),
        ("445224114000", "葵潭镇"), ("Kuitan Town", "葵潭镇"), ("隆 江 镇", "隆江镇"),
    ],
)  # fmt: skip
def test_other_ways_of_writing(written: str, name: str) -> None:
    assert resolve_area(written).names[0] == name


def test_a_wrong_character_scores_less_than_the_name() -> None:
    assert resolve_area("鳌江镇").candidates[0].score > resolve_area("傲江镇").candidates[0].score


@pytest.mark.parametrize("words", ["县城及周边", "縣城及周邊", "县城"])
def test_what_is_no_unit_has_no_candidate_and_says_why(words: str) -> None:
    asked = resolve_area(words)
    assert len(asked) == 0 and "no division" in asked.note


def test_an_unknown_name_has_none() -> None:
    assert found("无此地") == [] and found("") == [] and found("Atlantis") == []


def test_editions_have_14_and_15_towns() -> None:
    counts = {
        year: sum(u.kind == "town" and u.parent == HUILAI for u in known_areas().of(year).units)
        for year in (2018, 2019, 2021, 2024)
    }
    assert counts == {2018: 14, 2019: 14, 2021: 15, 2024: 15}


def test_a_renamed_unit_is_found_under_the_code_of_its_edition() -> None:
    assert found("侨园镇", edition=2018) == [("大南山华侨管理区", "445224402")]
    assert found("445224402", edition=2021) == [("侨园镇", "445224115")]
    assert "edition 2018" in resolve_area("大南山华侨管理区").candidates[0].reason
    assert resolve_area("侨园镇", edition=2021).candidates[0].reason == "name"


def test_a_year_before_the_first_edition_is_refused() -> None:
    with pytest.raises(UsageError, match="up to 2010"):
        resolve_area("惠城", edition=2010)


def test_a_list_of_ones_own() -> None:
    own = AreaList((Unit("2020", "999001", "东镇", "Dong", "town", "9990"),))
    assert found("东镇", units=own) == [("东镇", "999001")]
    assert found("隆江镇", units=own) == []


def test_the_list_ships_no_coordinate_and_every_code_is_of_its_parent() -> None:
    units = known_areas().units
    assert not any(re.search(r"\d\.\d", str(vars(u))) for u in units)
    for unit in units:
        assert not (unit.code and unit.parent.isdigit()) or unit.code.startswith(unit.parent)
        assert unit.source
    keyed = [(u.edition, u.code) for u in units if u.code]
    assert len(keyed) == len(set(keyed))


def test_a_predecessor_is_a_unit_of_an_earlier_edition() -> None:
    for unit in known_areas().units:
        if unit.predecessor:
            before = [u.edition for u in known_areas().units if u.code == unit.predecessor]
            assert before and max(before) < unit.edition


@pytest.mark.parametrize(
    ("stated", "known", "nearest"),
    [
        ("傲江镇", ["东陇镇", "鳌江镇"], ["鳌江镇"]),
        ("隆江镇", ["445224108", "445224110"], ["445224110"]),
        ("445224110", ["隆江镇", "葵潭镇"], ["隆江镇"]),
        ("寄陇", ["东陇镇", "东港镇"], ["东陇镇"]),
        ("惠城区", ["东陇镇", "惠城镇"], ["惠城镇"]),
        ("县城及周边", ["惠城镇", "东陇镇"], []),
        ("Nroth", ["North", "South"], ["North"]),
    ],
)
def test_areas_of_a_campaign_that_may_be_meant(stated, known, nearest) -> None:
    assert nearest_areas(stated, known)[: len(nearest) or None] == nearest


def test_simplified_keeps_what_it_does_not_know() -> None:
    assert simplified("鰲江鎮") == "鳌江镇" and simplified("North  plant") == "North  plant"
