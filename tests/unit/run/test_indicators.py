"""Statistics in a campaign: what is written, for whom, and what nobody can work out."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from wbe.run import config, guard, indicators, outputs, publish
from wbe.run.campaign import compute
from wbe.run.config import Privacy
from wbe.run.counts_known import WHOLE, with_known

HEAD = "area,period,indicator,value,unit,group,basis,definition,source\n"
TAIL = ",person-times,,event,v1,synthetic\n"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def areas_of(campaign: Path) -> list[str]:
    text = json.loads((campaign / "areas.geojson").read_text(encoding="utf-8"))
    return [f["properties"]["area"] for f in text["features"]]


def with_statistics(campaign: Path, text: str) -> config.Config:
    (campaign / "indicators.csv").write_text(text, encoding="utf-8")
    file = campaign / "campaign.toml"
    stated = file.read_text(encoding="utf-8")
    if "indicators =" not in stated:
        stated = stated.replace("[estimate]", 'indicators = "indicators.csv"\n[estimate]', 1)
        file.write_text(stated, encoding="utf-8")
    return config.load(campaign)


COUNTS = [90, 60, 40, 30, 25, 3]
INTERNAL = '[privacy]\naudience = "internal"\npurpose = "round"\napproval = "document 7"\n'


def filled(made: Path, folder: Path) -> Path:
    """A campaign with a count of every area."""
    campaign = Path(shutil.copytree(made, folder, ignore=shutil.ignore_patterns("results")))
    pairs = zip(areas_of(campaign), COUNTS, strict=True)
    with_statistics(campaign, HEAD + "".join(f"{a},2024Q1,found,{k}{TAIL}" for a, k in pairs))
    return campaign


@pytest.fixture(scope="module")
def public(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Folder and results of a public run with statistics."""
    campaign = filled(made, tmp_path_factory.mktemp("public") / "six-towns")
    results, _ = outputs.run(config.load(campaign), campaign / "out")
    return campaign / "out", results


def test_a_run_writes_counts_beside_loads_and_says_how_far_they_agree(public: Any) -> None:
    out, results = public
    found = rows(out / "indicators.csv")
    assert list(found[0]) == list(indicators.COLUMNS)
    assert {r["round"] for r in found} == {"2024Q1"} and len(found) == 6
    for row in (r for r in found if not r["flags"]):
        assert float(row["count"]) >= 5
        assert 0 < float(row["rate_lower"]) < float(row["rate"]) < float(row["rate_upper"])
    for name in ("rate", "load"):  # rank 1 is the highest
        known = [r for r in found if r[name]]
        order = sorted(known, key=lambda r: -float(r[name]))
        assert [float(r[f"{name}_rank"]) for r in order] == list(range(1, len(known) + 1))
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Statistics beside the loads" in page and "it confirms neither" in page
    assert len(results.statistics.beside) == 1
    chinese = " ".join(results.statistics.sentences("zh"))
    assert "人次" in chinese and "不证明任何一方正确" in chinese


def test_small_cells_are_empty_and_do_not_stand_alone(public: Any) -> None:
    found = rows(public[0] / "indicators.csv")
    hidden = [r for r in found if r["flags"] == "suppressed"]
    assert len(hidden) >= 2  # one alone is the total less the others
    numbers = ("count", "rate", "rate_lower", "rate_upper", "load", "load_lower", "load_rank")
    assert {r[n] for r in hidden for n in numbers} == {""}


def test_agreement_is_of_the_areas_that_are_shown(public: Any) -> None:
    out, results = public
    shown = [r["area"] for r in rows(out / "indicators.csv") if not r["flags"]]
    (one,) = results.statistics.beside
    assert sorted({*one.agreement.areas, *(a for a, _ in one.agreement.left_out)}) == sorted(shown)


def test_a_public_run_publishes_the_same_bytes(public: Any, tmp_path: Path) -> None:
    publish.publish(public[0], tmp_path / "public")
    one, other = (d / "indicators.csv" for d in (public[0], tmp_path / "public"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.slow
def test_an_internal_run_shows_them_and_its_publication_has_none(
    made: Path, tmp_path: Path
) -> None:
    campaign = filled(made, tmp_path / "six-towns")
    file = campaign / "campaign.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("[privacy]")] + INTERNAL, encoding="utf-8")
    outputs.run(config.load(campaign), campaign / "out")
    found = rows(campaign / "out" / "indicators.csv")
    assert [r["flags"] for r in found] == [""] * 6
    assert sorted(float(r["count"]) for r in found) == sorted(COUNTS)
    published = publish.publish(campaign / "out", campaign / "public")
    assert "indicators.csv" not in published
    page = (campaign / "public" / "report.html").read_text(encoding="utf-8")
    assert "Statistics beside the loads" not in page


def computed(campaign: Path, text: str) -> Any:
    """Results without draws, and nothing written."""
    loaded = with_statistics(campaign, text)
    return compute(replace(loaded, estimate=replace(loaded.estimate, draws=0)))


def test_statistics_that_fit_nowhere_are_said_to_be_unused(campaign: Path) -> None:
    area = areas_of(campaign)[0]
    lines = ["Nowhere,2024Q1,found,30" + TAIL, f"{area},2019Q1,found,30" + TAIL,
             f"{area},2024Q1,stopped,30,persons,drivers,event,v1,synthetic\n",
             f"{area},2024Q1,share,30%,%,,event,v1,synthetic\n",
             f"{area},2024Q1,few,<5,persons,,event,v1,synthetic\n"]  # fmt: skip
    results = computed(campaign, HEAD + "".join(lines))
    assert results.statistics is None
    assert [f.rule for f in results.findings if f.rule == "indicators_unused"]
    assert "indicators_unused" in results.tiers.attrs["notes"]


def test_a_refused_table_leaves_the_tiers_alone(campaign: Path) -> None:
    text = HEAD.replace("source", "姓名") + "A,2024Q1,f,3,persons,,,,SECRET\n"
    results = computed(campaign, text)
    assert results.statistics is None and len(results.tiers)
    personal = [f for f in results.findings.errors if f.rule == "personal_data"]
    assert [f.value for f in personal] == [""]
    assert "SECRET" not in results.findings.to_json()


def test_two_areas_of_one_name_are_never_guessed() -> None:
    tiers = pd.DataFrame({"area": ["a", "b", "c"], "name": ["Same", "Same", "Other"]})
    assert indicators._ids(tiers) == {"Other": "c", "a": "a", "b": "b", "c": "c"}


def counts(seed: int) -> pd.DataFrame:
    r = np.random.default_rng(seed)
    windows = [("2018-01-01", "2018-12-31"), ("2018-01-01", "2018-08-31"),
               ("2018-01-01", "2018-03-31"), ("2018-04-01", "2018-06-30")]  # fmt: skip
    used = [windows[i] for i in sorted(r.choice(4, r.integers(1, 5), replace=False))]
    out = []
    for a in range(int(r.integers(3, 7))):
        months = r.poisson(r.choice([0.3, 2, 8]), 12)
        for start, end in used:
            first, last = int(start[5:7]) - 1, int(end[5:7])
            out.append([f"t{a}", "found", "persons", "", "", pd.Timestamp(start),
                        pd.Timestamp(end), float(months[first:last].sum())])  # fmt: skip
    names = ["area", "indicator", "unit", "definition", "basis", "start", "end", "value"]
    return pd.DataFrame(out, columns=names)


def reachable(table: pd.DataFrame, hidden: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """What a reader can tell of a sum of months: months are unknown, totals and cells known."""
    areas = sorted(set(table["area"]))
    unknown = len(areas) * 12

    def months(row: pd.Series, only: list[str]) -> np.ndarray:
        a = np.zeros((len(areas), 12))
        for area in only:
            a[areas.index(area), row["start"].month - 1 : row["end"].month] = 1
        return a.ravel()

    known = [months(r, [r["area"]]) for i, r in table.iterrows() if not hidden[i]]
    values = [r["value"] for i, r in table.iterrows() if not hidden[i]]
    for _, own in table.groupby(["start", "end"]):
        known.append(months(own.iloc[0], areas))
        values.append(own["value"].sum())
    ends = [
        linprog(s * target, A_eq=np.array(known), b_eq=values, bounds=[(0, None)] * unknown).fun * s
        for s in (1, -1)
    ]
    return ends[0], ends[1]


@pytest.mark.parametrize("seed", range(12))
def test_no_small_cell_can_be_worked_out_from_months_windows_and_totals(seed: int) -> None:
    """An attack of another make: months are the unknowns, not the cells that the guard knows."""
    table = counts(seed)
    people = dict.fromkeys(table["area"], 1e5)
    cells, sums = with_known(table)
    shown = guard.protected_counts(cells, people, Privacy(), sums, column="value", wholes=[WHOLE])
    at = shown[shown["at"] >= 0].sort_values("at")
    hidden = at["flags"].eq("suppressed").to_numpy()
    areas = sorted(set(table["area"]))
    for i, row in table.iterrows():
        if not 0 < row["value"] < 5:
            continue
        assert hidden[i]
        target = np.zeros((len(areas), 12))
        target[areas.index(row["area"]), row["start"].month - 1 : row["end"].month] = 1
        low, high = reachable(table, hidden, target.ravel())
        if table.groupby(["start", "end"])["value"].sum().min() > 15:  # less leaves no room
            assert high - low > 1, (row["area"], low, high)


def test_what_lies_between_two_windows_is_a_cell_of_its_own() -> None:
    table = counts(3).iloc[:0]
    base = ["t0", "found", "persons", "", ""]
    day = pd.Timestamp
    table.loc[0] = [*base, day("2018-01-01"), day("2018-12-31"), 52.0]
    table.loc[1] = [*base, day("2018-01-01"), day("2018-09-30"), 50.0]
    table.loc[2] = [*base, day("2018-04-01"), day("2018-06-30"), 48.0]
    cells, sums = with_known(table)
    assert sorted(cells.loc[(cells["at"] < 0) & (cells["area"] != WHOLE), "value"]) == [2, 2, 4]
    assert all(len(s.parts) >= 1 for s in sums)
    people = {"t0": 1e5}
    shown = guard.protected_counts(cells, people, Privacy(), sums, column="value", wholes=[WHOLE])
    assert shown.loc[shown["at"] >= 0, "flags"].eq("suppressed").any()
