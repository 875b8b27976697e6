"""Rounds in the order of time, and one round where nothing tells of any."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from wbe.run import batch, classifying, config

ORDER = ["spring 2023", "autumn 2023", "2024Q1"]  # not the order of the alphabet


def tiers() -> pd.DataFrame:
    table = pd.DataFrame({"round": sorted(ORDER), "n_samples": 2, "value": 1.0})
    return table.assign(drug="ketamine")


@pytest.mark.parametrize(("wanted", "label"), [("first", "spring 2023"), ("latest", "2024Q1")])
def test_first_and_latest_follow_time(wanted: str, label: str) -> None:
    own = config.Tiers(drug="ketamine", map_round=wanted, reference_round=wanted)
    assert classifying.map_round(tiers(), own, ORDER) == label
    assert classifying.reference_round(tiers(), own, ORDER) == label
    for scheme in ("fixed", "model", "percentile"):
        assert classifying.reference_round(tiers(), replace(own, scheme=scheme), ORDER) == ""


def test_a_round_without_samples_is_not_the_latest() -> None:
    table = tiers()
    table.loc[table["round"] == "2024Q1", "n_samples"] = 0
    own = config.Tiers(drug="ketamine")
    assert classifying.map_round(table, own, ORDER) == "autumn 2023"


def test_without_dates_and_rounds_all_samples_are_one_round(tmp_path: Path) -> None:
    lab = tmp_path / "lab.csv"
    head = "sample_id,site,analyte,concentration,unit,flow,flow_unit,population\n"
    body = (f"S{i},P{i},methamphetamine,{20 + i},ng/L,9000,m3/d,60000\n" for i in range(4))
    lab.write_text(head + "".join(body), encoding="utf-8")
    said: list[str] = []
    code = batch.run_all([lab], echo=said.append, warn=said.append, draws=0, lang="zh")
    assert code == 0, said
    assert "全部样品作为一轮" in said[-1] and "all" in said[-1].splitlines()[0]
    page = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    assert 'lang="zh-CN"' in page and "全部样品作为一轮" in page
