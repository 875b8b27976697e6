"""What was read and what is recalled: the published list agrees with the tables."""

from __future__ import annotations

import csv
import math
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from wbe import factors
from wbe.factors.sets import read_csv

ROOT = Path(__file__).resolve().parents[2]
TABLES = {"excretion": "factor_id", "doses": "dose_id", "markers": "marker_id", "stability": ""}


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import generate
    finally:
        sys.path.remove(str(ROOT / "docs"))
    return generate


def held(table: str) -> dict[str, dict[str, str]]:
    path = ROOT / "src" / "wbe" / "factors" / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = [row[TABLES[table]] if TABLES[table] else f"{row['analyte']}|{row['source']}"
           for row in rows]  # fmt: skip
    assert len(set(ids)) == len(ids)
    return dict(zip(ids, rows, strict=True))


ROWS = {f"{table}:{row_id}": row for table in TABLES for row_id, row in held(table).items()}


def printed(page: str, title: str) -> list[list[str]]:
    """The cells of the table below a title, as they were before they were escaped."""
    section = page.split(f"\n## {title}\n", 1)[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    cells = [re.split(r"(?<!\\) \| ", line[2:].removesuffix(" |")) for line in lines]
    return [[re.sub(r"\\(.)", r"\1", cell) for cell in row] for row in cells]


@pytest.mark.parametrize("table", TABLES)
def test_the_list_holds_every_row_once_with_its_own_status(
    generate: ModuleType, table: str
) -> None:
    page = generate.factor_status()
    shown = printed(page, generate.FACTOR_TABLES[table][0])
    assert Counter(row[0] for row in shown) == Counter(list(held(table)))
    for row_id, _, status, source, where in shown:
        row = held(table)[row_id]
        assert (status, source, where) == (row["verified"], row["source"], row["locator"])


def test_the_list_of_recalled_rows_is_the_rest(generate: ModuleType) -> None:
    page = generate.factor_status()
    section = page.split("## Still recalled only", 1)[1].split("\n## ")[0]
    # "yes: stable, read in the abstract; no: the rates, recalled" is recalled where numbers count
    recalled = [i.partition(":")[2] for i, row in ROWS.items() if "no: " in row["verified"]]
    assert re.findall(r"`(.*?)`", section) == recalled
    assert 0 < len(recalled) < len(ROWS)


def test_the_counts_add_up(generate: ModuleType) -> None:
    head = generate.factor_status().split("\n## ", 1)[0]
    counts = re.findall(r"^\| (.+) \| (\d+) \| (\d+) \| (\d+) \|$", head, re.M)
    assert len(counts) == len(TABLES)
    for title, rows, read, left in counts:
        table = next(t for t, (name, _, _) in generate.FACTOR_TABLES.items() if name == title)
        assert int(rows) == int(read) + int(left) == len(held(table))
        assert int(left) == sum("no: " in row["verified"] for row in held(table).values())


@pytest.mark.parametrize("row_id", ROWS)
def test_a_status_says_where(row_id: str) -> None:
    row = ROWS[row_id]
    if row["verified"].startswith("yes"):
        assert row["locator"]
    else:
        assert "recalled" in row["verified"] or row["verified"] == "no: judgement"


@pytest.mark.parametrize("row_id", ROWS)
def test_what_quotes_a_number_is_in_the_bibliography(row_id: str) -> None:
    row = ROWS[row_id]
    said = " ".join((row["verified"], row.get("verified_range", "")))
    assert set(re.findall(r"as quoted by (\w+)", said)) <= set(factors.references())


def test_the_verified_set_names_only_what_was_read() -> None:
    chosen = factors.load_set("verified").rows
    excretion, doses = held("excretion"), held("doses")
    for factor_id, dose_id in chosen["dose_id"].items():
        assert excretion[factor_id]["verified"].startswith("yes: "), factor_id
        assert not dose_id or doses[dose_id]["verified"].startswith("yes: "), dose_id


DISAGREEMENTS = [
    ("cocaine", "benzoylecgonine", {"default": 3.59, "uf2019": 3.03, "acic": 3.0,
                                    "zuccato2008": 2.33}),
    ("methamphetamine", "methamphetamine", {"gracialor2016": 4.41, "acic": 2.56,
                                            "khannicell": 2.42, "default": 2.33}),
    ("amphetamine", "amphetamine", {"zuccato2008": 3.33, "verified": 3.33, "default": 2.77,
                                    "acic": 2.54}),
    ("MDMA", "MDMA", {"default": 4.44, "zuccato2008": 1.54}),
    ("ketamine", "ketamine", {"wieber1975": 43.48, "default": 5.0, "acic": math.nan,
                              "euda": math.nan}),
    ("THC", "THC-COOH", {"default": 182.59, "verified": 168.13, "zuccato2008": 152.16,
                         "khannicell": 36.52}),
    ("heroin", "morphine", {"default": 3.08}),
    ("heroin", "6-monoacetylmorphine", {"heroin6mam": 86.8}),
    ("codeine", "codeine", {"opioids2015low": 10.0, "default": 3.33, "opioids2015high": 1.57}),
    ("methadone", "EDDP", {"opioids2015low": 8.11, "opioids2015high": 4.06, "default": 2.03}),
]  # fmt: skip


@pytest.mark.parametrize(("drug", "analyte", "stated"), DISAGREEMENTS)
def test_published_disagreements_are_sets_to_choose_from(
    drug: str, analyte: str, stated: dict[str, float]
) -> None:
    for name, factor in stated.items():
        rows = factors.load_set(name).rows
        row = rows[(rows["drug"] == drug) & (rows["analyte"] == analyte)].iloc[0]
        assert row["correction_factor"] == pytest.approx(factor, abs=5.01e-3, nan_ok=True), name
        assert (row["gives"] == "load") == math.isnan(factor), name


def test_the_page_on_verification_states_the_factors_of_the_sets() -> None:
    page = (ROOT / "docs" / "factors-verification.md").read_text(encoding="utf-8")
    for drug, _, stated in DISAGREEMENTS:
        for name, factor in stated.items():
            if drug != "heroin" and not math.isnan(factor):
                assert f"`{name}` {f'{factor:#.3g}'.rstrip('.')}" in page, (drug, name)
    assert set(re.findall(r"`([a-z]+\d*[a-z]*)` [\d.]+", page)) <= set(factors.set_names())


def test_doses_that_disagree_are_in_different_sets() -> None:
    def dose(name: str, drug: str) -> float:
        rows = factors.load_set(name).rows
        return float(rows[rows["drug"] == drug]["dose"].iloc[0])

    assert (dose("default", "cocaine"), dose("uf2019", "cocaine")) == (100, 50)
    assert (dose("zuccato2008", "THC"), dose("acic", "THC")) == (125, 8)
    assert (dose("zuccato2008", "heroin"), dose("acic", "heroin")) == (30, 20)


def test_sets_are_files_and_files_are_sets() -> None:
    folder = ROOT / "src" / "wbe" / "factors" / "sets"
    assert sorted(path.stem for path in folder.glob("*.csv")) == sorted(factors.set_names())
    for name in factors.set_names():
        assert all(row["factor_id"] in held("excretion") for row in read_csv(f"sets/{name}.csv"))


def test_values_computed_from_read_numbers() -> None:
    """Each added row that was computed, from the numbers its note prints."""
    rows = {row_id: float(row["value"] or "nan") for row_id, row in held("excretion").items()}
    mass = factors.molar_mass
    molar = mass("C21H30O2") / mass("C21H28O4") / 15.8e3
    cannabis = held("excretion")["THC|THC-COOH|Huestis1996"]
    for column, micrograms in (("low", 34.6), ("value", 93.9), ("high", 171.6)):
        assert float(cannabis[column]) == pytest.approx(micrograms * molar, rel=2e-3)
    assert rows["morphine|MOR|Mitchell1991"] == pytest.approx(0.068 + 0.586)
    assert rows["codeine|COD|Yue1989"] == pytest.approx(0.072 + 0.44)
    assert rows["codeine|MOR(COD)|Vree1992"] == pytest.approx(0.0056 + 0.0210 + 0.0080)
    assert rows["methadone|EDDP|before2016high"] == rows["methadone|MTD|Thai2016"]
    assert rows["methadone|EDDP|before2016low"] == rows["methadone|MTD|Thai2016"] / 2
    loss = {"cocaine": 0.40, "ecgonine methyl ester": 0.20, "6-monoacetylmorphine": 0.20}
    for analyte, lost in loss.items():
        rate = float(held("stability")[f"{analyte}|vanNuijs2012"]["k_bulk"])
        assert rate == pytest.approx(-math.log(1 - lost) / 12, abs=5e-5)
    spread = {"caffeine|CH": (3.8, 15.8), "acesulfame|AU": (2.8, 6.9)}
    for marker, (deviation, mean) in spread.items():
        row = held("markers")[marker]
        assert float(row["value"]) == mean
        assert float(row["rsd_between_sites"]) == pytest.approx(deviation / mean, abs=5e-3)
