"""Classes of sources in a run: for an internal audience, where the data hold them, else nowhere."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import wbe
from wbe.backcalc.residue_ratios import median_ratio
from wbe.emerging import source_classes, source_rounds
from wbe.errors import UsageError
from wbe.run import config, outputs, publish

TOWNS = [f"town{k}" for k in range(9)]
METH = dict(zip(TOWNS, [900.0, 20.0, 31.0, 18.0, 45.0, 26.0, 38.0, 24.0, 29.0], strict=True))
CAMPAIGN = """schema = 1
title = "Synthetic sources"
language = "{language}"
[data]
samples = ["lab.csv"]
[estimate]
draws = {draws}
[tiers]
drug = "methamphetamine"
quantity = "{quantity}"
[privacy]
"""
INTERNAL = 'audience = "internal"\npurpose = "county round"\napproval = "document 7"\n'
WORDS = ("p_manufacture", "production waste", "direct disposal", "old deposits", "生产废水")


def ng(town: str, analyte: str) -> float:
    """Concentration [ng/L]; the first town has waste: little amphetamine, much ephedrine."""
    produces = town == TOWNS[0]
    known = {
        "methamphetamine": METH[town],
        "amphetamine": METH[town] * (0.004 if produces else 0.1),
        "ephedrine": 4_000.0 if produces else 10.0 + METH[town] / 10,
        "pseudoephedrine": 2_000.0 if produces else 12.0,
    }
    return known[analyte]


def lab(file: Path, analytes: list[str], hidden: tuple[str, ...] = ()) -> None:
    """Write three days of nine plants; amphetamine of the `hidden` towns lies below its limit."""
    with file.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out)
        write.writerow(["sample_id", "site", "date", "analyte", "concentration", "unit", "loq",
                        "flow", "flow_unit", "population", "population_basis", "population_date",
                        "matrix", "mode", "lab"])  # fmt: skip
        for town in TOWNS:
            for day, factor in ((4, 0.9), (5, 1.0), (6, 1.1)):
                for analyte in analytes:
                    value = f"{ng(town, analyte) * factor:.6g}"
                    if analyte == "amphetamine" and town in hidden:
                        value = "<0.5"
                    write.writerow([f"{town}-{day}", town, f"2024-03-{day:02}", analyte, value,
                                    "ng/L", 0.5, 20000, "m3/day", 60000, "served", "2023",
                                    "wwtp_influent", "composite_24h", "lab A"])  # fmt: skip


def run(
    folder: Path, *, internal: bool = True, hidden: tuple[str, ...] = (), draws: int = 400,
    quantity: str = "pn_mass_load", language: str = "en", left_out: str = "",
) -> Path:  # fmt: skip
    folder.mkdir()
    lab(folder / "lab.csv", [a for a in ("methamphetamine", "amphetamine", "ephedrine",
                                         "pseudoephedrine") if a != left_out], hidden)  # fmt: skip
    text = CAMPAIGN.format(draws=draws, quantity=quantity, language=language)
    text += INTERNAL if internal else ""
    (folder / "campaign.toml").write_text(text, encoding="utf-8")
    outputs.run(config.load(folder), folder / "results")
    return folder / "results"


def rows_of(results: Path, prior: str = "routine") -> dict[str, dict[str, str]]:
    with (results / "sources.csv").open(encoding="utf-8-sig", newline="") as file:
        return {r["area"]: r for r in csv.DictReader(file) if r["prior"] == prior}


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("sources") / "internal")


def test_an_internal_run_names_classes_with_alternatives_and_accuses_nobody(inside: Path) -> None:
    rows = rows_of(inside)
    assert sorted(rows) == TOWNS
    assert rows["town0"]["flag"] == "manufacture"
    assert all(r["flag"] == "" and r["most_probable"] == "consumption" for a, r in rows.items()
               if a != "town0")  # fmt: skip
    for row in rows.values():
        assert sum(float(row[k]) for k in row if k.startswith("p_")) == pytest.approx(1)
        assert row["note"] == source_classes.DISCLAIMER and "no accusation" in row["note"]
        assert row["alternatives"] and row["alternatives_zh"] and row["note_zh"]
    assert "cold medicine" in rows["town0"]["alternatives"]
    page = (inside / "report.html").read_text(encoding="utf-8")
    assert "no accusation" in page and "production waste" in page and "herbal ephedra" in page


def test_without_the_prior_of_routine_sites_nothing_is_flagged(inside: Path) -> None:
    routine, even = rows_of(inside), rows_of(inside, "even")
    assert even.keys() == routine.keys() and not any(r["flag"] for r in even.values())
    assert float(even["town1"]["p_consumption"]) < float(routine["town1"]["p_consumption"])


def test_the_evidence_is_the_ratio_and_the_levels_of_the_tiers(inside: Path) -> None:
    evidence = rows_of(inside)["town3"]["evidence"]
    with (inside / "tiers.csv").open(encoding="utf-8-sig", newline="") as file:
        tiers = {(r["area"], r["drug"]): float(r["value"] or "nan") for r in csv.DictReader(file)}
    level = tiers["town3", "methamphetamine"]
    ephedrines = tiers["town3", "ephedrine"] + tiers["town3", "pseudoephedrine"]
    assert level == pytest.approx(18.0 * 20_000 / 60_000, rel=0.05)
    assert evidence == f"AMP/METH 0.1; level {level:.3g}; EPH level {ephedrines:.3g}"


@pytest.mark.parametrize("made", ["public", "published"])
def test_the_public_sees_nothing_of_sources(made: str, inside: Path, tmp_path: Path) -> None:
    if made == "public":
        out = run(tmp_path / "public", internal=False)
    else:
        out = tmp_path / "published"
        publish.publish(inside, out)
    assert not (out / "sources.csv").exists()
    for file in (f for f in out.iterdir() if f.suffix in (".csv", ".html", ".json", ".svg")):
        text = file.read_text(encoding="utf-8")
        assert not any(word in text for word in WORDS), file.name
    with zipfile.ZipFile(out / "tiers.xlsx") as book:
        text = "".join(book.read(n).decode() for n in book.namelist() if n.endswith(".xml"))
    assert not any(word in text for word in WORDS)


def test_amphetamine_below_its_limit_is_a_bound_and_raises_no_flag(tmp_path: Path) -> None:
    rows = rows_of(run(tmp_path / "hidden", hidden=("town0", "town4")))
    assert "AMP/METH at most" in rows["town4"]["evidence"]
    assert source_classes.BOUND in rows["town4"]["without_weight"]
    assert rows["town4"]["most_probable"] == "consumption" and not rows["town4"]["flag"]
    assert rows["town0"]["flag"] != "disposal"


def test_precursors_that_nobody_measured_are_named_as_such(tmp_path: Path) -> None:
    rows = rows_of(run(tmp_path / "consumed", quantity="pn_consumption", language="zh"))
    assert f"EPH level: {source_classes.NOT_MEASURED}" in rows["town0"]["without_weight"]
    page = (tmp_path / "consumed" / "results" / "report.html").read_text(encoding="utf-8")
    assert "不构成指控" in page


@pytest.mark.parametrize("change", [{"draws": 0}, {"left_out": "amphetamine"},
                                    {"quantity": "concentration"}])  # fmt: skip
def test_without_draws_ratio_or_loads_there_is_no_file(change: dict, tmp_path: Path) -> None:
    assert not (run(tmp_path / "none", **change) / "sources.csv").exists()


def test_a_median_between_bounds_is_a_bound() -> None:
    """Non-detects above sort lowest and below highest, whatever their limits are."""
    logs = np.log([0.5, 0.1, 0.2])
    for ordered, bound in [
        ([-np.inf, logs[1], logs[2]], False), ([-np.inf, -np.inf, logs[2]], True),
        ([-np.inf, np.inf], True), ([np.nan, logs[1]], True), ([logs[1], np.inf, logs[2]], False),
    ]:  # fmt: skip
        found = median_ratio(np.array(ordered), np.full(len(ordered), logs[0]), 0.1)
        assert bool(found.bound) is bound
        assert found[0] == pytest.approx(0.5 if bound else (0.1 if ordered[0] < -9 else 0.2))
    spread = median_ratio(logs, logs, 0.1)
    assert spread[0] == pytest.approx(0.2)
    assert spread[1] == pytest.approx(
        np.hypot(0.1, 1.2533 * np.std(logs, ddof=1) / np.sqrt(3)), rel=1e-4
    )


@pytest.fixture(scope="module")
def estimated(tmp_path_factory: pytest.TempPathFactory):
    """Two areas of three samples each, with AMP/METH of 0.1, 0.2 and 0.9; their tiers."""
    file = tmp_path_factory.mktemp("direct") / "lab.csv"
    rows = ["sample_id,site,date,analyte,concentration,unit,loq,matrix,lab"]
    for area in ("east", "west"):
        for day, ratio in ((4, 0.1), (5, 0.2), (6, 0.9)):
            for analyte, value in (("methamphetamine", 100), ("amphetamine", 100 * ratio)):
                rows.append(f"{area}{day},{area},2024-03-0{day},{analyte},{value},ng/L,1,"
                            "wwtp_influent,A")  # fmt: skip
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    result = wbe.estimate(wbe.read(file), draws=200)
    result = result.assign_coords(area=result["site"], round=("sample", ["2024Q1"] * 6))
    tiers = pd.DataFrame({"area": ["east", "west"], "name": ["East", "West"], "round": "2024Q1",
                          "drug": "methamphetamine", "quantity": "pn_mass_load", "value": 20.0,
                          "lower": 10.0, "upper": 40.0, "flags": ""})  # fmt: skip
    return result, tiers


def test_only_routine_sewage_of_areas_with_points_enough_speaks(estimated) -> None:
    result, tiers = estimated
    last = result["sample"].str.startswith("east6").values

    def east(result, tiers=tiers) -> list[str]:
        found = source_rounds.of_campaign(result, tiers)
        return (
            found.loc[found["area"] == "east", "evidence"].str.split(";").str[0].unique().tolist()
        )

    assert east(result) == ["AMP/METH 0.2"]
    role = np.where(last, "key_area", "routine")
    assert east(result.assign_coords(role=("sample", role))) == ["AMP/METH 0.141"]
    matrix = np.where(last, "surface_water", "wwtp_influent")
    assert east(result.assign_coords(matrix=("sample", matrix))) == ["AMP/METH 0.141"]
    few = tiers.assign(flags=["wet_left_out;insufficient_data", ""])
    assert east(result, few) == []
    assert set(source_rounds.of_campaign(result, few)["area"]) == {"west"}


def test_a_public_page_refuses_classes_of_sources(estimated) -> None:
    from wbe.report import Publication

    result, tiers = estimated
    sources = source_rounds.of_campaign(result, tiers)
    with pytest.raises(UsageError, match="public page"):
        Publication("t", tiers, {}, sources=sources)
    Publication("t", tiers, {}, sources=sources, audience="internal", purpose="p", approval="a")
