"""Tables of catchments and lists of areas, read and matched."""

from __future__ import annotations

from pathlib import Path

import pytest

from wbe.area_names import resolve_area
from wbe.errors import FindingsError
from wbe.findings import Findings
from wbe.io import note_edition, read_area_list, read_catchments
from wbe.io.catchments import matched


def written(folder: Path, text: str, name: str = "catchments.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_shares_per_cent_and_people(tmp_path: Path) -> None:
    text = "site,area,weight,population\nQ,B,,300\nQ,A,,100\nP,A,25%,9\nP,B,0.75,9\n"
    table = read_catchments(written(tmp_path, text))
    assert list(table["site"]) == ["P", "P", "Q", "Q"]
    assert table["weight"].tolist() == [0.25, 0.75, 0.25, 0.75]


def test_a_plant_with_one_bad_row_is_left_out_whole(tmp_path: Path) -> None:
    table = read_catchments(written(tmp_path, "site,area,weight\nP,A,0.5\nP,B,x\nQ,A,1\n"))
    assert table["site"].tolist() == ["Q"]
    with pytest.raises(FindingsError):
        read_catchments(written(tmp_path, "site,area,weight\nP,A,0.5\nP,B,x\n"))


def test_unknown_areas_and_plants_are_told_with_the_nearest(tmp_path: Path) -> None:
    text = "site,area,weight\nP,傲江镇,1\nQ,东陇镇,1\nNroth,东陇镇,1\n"
    table, found = read_catchments(written(tmp_path, text)), Findings()
    kept = matched(table, ["P", "Q", "North"], ["鳌江镇", "东陇镇"], found)
    assert kept["site"].tolist() == ["Q"]
    told = {f.rule: f.fix for f in found}
    assert "鳌江镇" in told["catchment_area_unknown"]
    assert "North" in told["catchment_site_unknown"]


def test_a_list_of_ones_own_is_read_and_looked_up(tmp_path: Path) -> None:
    text = "name,edition,code\n东镇,2020,999001001000\n西镇,2020,999001002\n"
    units = read_area_list(written(tmp_path, text, "list.csv"))
    assert [u.code for u in units.units] == ["999001001", "999001002"]
    assert resolve_area("西镇", units=units).candidates[0].code == "999001002"


def test_a_list_with_a_hole_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FindingsError, match="no division"):
        read_area_list(written(tmp_path, "name,edition,code\n东镇,,1\n", "list.csv"))


def test_thirteen_sampled_towns_against_the_editions() -> None:
    towns = "惠城镇 华湖镇 仙庵镇 靖海镇 周田镇 前詹镇 神泉镇 东陇镇 岐石镇 隆江镇 溪西镇 鳌江镇"
    towns += " 葵潭镇"
    early, late = Findings(), Findings()
    note_edition(towns.split(), early, edition=2018, within="445224")
    note_edition([*towns.split(), "大南山华侨管理区"], late, edition=2021, within="惠来县")
    (missing,) = early
    assert missing.rule == "areas_list_missing" and "东港镇" in missing.message
    assert {f.rule for f in late} == {"areas_list_missing", "areas_of_other_edition"}
    assert any("侨园镇" in f.message for f in late)
