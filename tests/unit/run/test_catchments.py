"""A campaign whose plants serve several areas."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from wbe.cli import cli

CONFIG = """schema = 1
title = "Two plants (synthetic)"
[data]
samples = ["lab.csv"]
sites = "sites.csv"
areas = "areas.geojson"
catchments = "catchments.csv"
[estimate]
draws = 300
"""
LAB = """sample_id,site,date,analyte,concentration,unit,lod,loq,flow,flow_unit,population,\
population_basis,population_date,matrix,mode
N1-1,N1,2024-03-12,METH,120,ng/L,1,3,50000,m3/d,{people},served,2020-11-01,wwtp_influent,composite_24h
N2-1,N2,2024-03-12,METH,60,ng/L,1,3,50000,m3/d,100000,served,2020-11-01,wwtp_influent,composite_24h
"""
SITES = """site,name,area,lon,lat,crs,population,population_basis,population_date,role
N1,N1,,115.0,22.95,wgs84,,,,routine
N2,N2,,116.25,22.95,wgs84,,,,routine
"""
WEIGHTS = "site,area,weight\nN1,A,0.25\nN1,B,0.75\nN2,B,1\n"


def ran(folder: Path, weights: str = WEIGHTS, people: int = 200_000) -> tuple[int, str, Path]:
    corners = {"A": 116.0, "B": 116.2}
    shapes = [
        {"type": "Feature", "properties": {"area": area},
         "geometry": {"type": "Polygon", "coordinates": [
             [[x, 22.9], [x + 0.1, 22.9], [x + 0.1, 23.0], [x, 23.0], [x, 22.9]]]}}
        for area, x in corners.items()
    ]  # fmt: skip
    texts = {
        "campaign.toml": CONFIG, "lab.csv": LAB.format(people=people), "sites.csv": SITES,
        "areas.geojson": json.dumps({"type": "FeatureCollection", "features": shapes}),
        "catchments.csv": weights,
    }  # fmt: skip
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    done = CliRunner().invoke(cli, ["run", str(folder), "--out", str(folder / "out")])
    return done.exit_code, done.output, folder / "out"


def tiers(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "tiers.csv", encoding="utf-8-sig").set_index("area")


def test_areas_get_their_shares_and_the_page_says_what_that_assumes(tmp_path: Path) -> None:
    code, said, out = ran(tmp_path)
    table = tiers(out)
    assert code == 0 and "even within its catchment" in said
    assert table["n_sites"].to_dict() == {"A": 1, "B": 2}
    # 120 ng/L x 50,000 m3 over 200,000 people are 30; 60 ng/L over 100,000 as well
    assert table["value"].tolist() == pytest.approx([30, 30], rel=0.1)
    samples = pd.read_csv(out / "estimates.csv", encoding="utf-8-sig")
    assert set(samples["sample_id"]) == {"N1-1", "N2-1"}
    assert not samples.duplicated().any()  # of a sample that stands in two areas too
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert "catchments.csv" in {i["name"] for i in record["inputs"]}


def test_the_guard_counts_the_people_of_the_area_and_not_of_the_plant(tmp_path: Path) -> None:
    _, _, out = ran(tmp_path, people=16_000)  # a quarter, 4,000, lives in A
    table = tiers(out)
    assert "suppressed" in table.loc["A", "flags"] and pd.isna(table.loc["A", "value"])
    assert table.loc["B", "value"] > 0


def test_a_plant_with_an_unknown_area_enters_none(tmp_path: Path) -> None:
    code, _, out = ran(tmp_path, WEIGHTS.replace("N1,A", "N1,C"))
    assert code == 3
    table = tiers(out)
    assert table.loc["B", "n_sites"] == 1 and table.loc["A", "flags"]
    found = pd.read_csv(out / "findings.csv", encoding="utf-8-sig")["rule"].tolist()
    assert {"catchment_area_unknown", "site_outside_areas"} <= set(found)


def test_a_table_without_a_usable_plant_ends_the_run(tmp_path: Path) -> None:
    code, _, out = ran(tmp_path, "site,area,weight\nN1,A,2\n")
    assert code == 4 and not out.exists()
