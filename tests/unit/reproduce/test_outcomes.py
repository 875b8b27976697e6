"""Other factors and published conclusions: by hand, and refused where a claim cannot be read."""

from __future__ import annotations

import csv
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wbe import factors
from wbe.errors import ConfigError
from wbe.reproduce import Choice, alternatives, read_study, studies
from wbe.reproduce.outcomes import outcomes, stands
from wbe.reproduce.study import REFERENCE, catalogue_folder

CLAIMING = [study for study in studies() if study.claims]
DOCS = Path(__file__).parents[3] / "docs"


def results(key: str, claim: int = 0) -> list[float]:
    study = read_study(key)
    return [each.result for each in outcomes(study, [study.claims[claim]])]


def verdicts(key: str, claim: int = 0) -> list[bool | None]:
    study = read_study(key)
    return [each.holds for each in outcomes(study, [study.claims[claim]])]


def printed(key: str, file: str = "expected.csv") -> list[dict[str, str]]:
    with (catalogue_folder() / key / file).open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_five_studies_and_more_have_conclusions_that_rest_on_a_factor() -> None:
    assert len(CLAIMING) >= 5
    fallen = {s.key for s in CLAIMING if any(each.holds is False for each in outcomes(s))}
    standing = {s.key for s in CLAIMING} - fallen
    assert len(fallen) >= 3 and standing


@pytest.mark.parametrize("study", CLAIMING, ids=lambda s: s.key)
def test_a_conclusion_stands_with_what_was_used_and_every_number_is_of_the_tables(study) -> None:
    made = alternatives(study)
    assert made.loc[made["used"], "holds"].all()
    rows = factors.table().set_index("factor_id")
    doses = factors.doses().set_index("dose_id")
    for line in made[made["factor_id"] != ""].itertuples():
        table = doses if line.quantity == "dose" else rows
        row = table.loc[line.factor_id]
        central = row["value"] if line.quantity == "dose" else row["excretion"]
        assert line.source == row["source"]
        if np.isclose(line.value, central):
            assert line.verified == row["verified"]
        elif line.quantity == "excretion":  # an end of the range, which may be less well known
            assert line.value in (row["low"], row["high"])
            assert line.verified == row["verified_range"]
        else:
            assert line.value in (row["low"], row["high"])


def test_methamphetamine_and_codeine_of_the_korean_plants_by_hand() -> None:
    least = 2.09 / 2.15  # loads of plant U-1
    expected = [
        least * 0.638 / 0.43, least * 0.512 / 0.43, least * 0.30 / 0.43, least * 0.10 / 0.43,
        least * 0.638 / 0.227, least * 0.30 / 0.227,
    ]  # fmt: skip
    assert results("korea_2015") == pytest.approx(expected)
    assert verdicts("korea_2015") == [True, True, False, False, True, True]


def test_one_recalled_number_among_several_makes_a_choice_not_read() -> None:
    made = outcomes(read_study("korea_2015"))
    assert [number.read for number in made[5].numbers] == [False, True]
    assert [each.read for each in made] == [True, True, True, True, False, False]


def test_heroin_of_the_campus_falls_when_it_is_made_of_morphine() -> None:
    ratio = 369.417 / 285.343  # heroin over morphine
    expected = [474, 474 * 0.013 / 0.02, 474 * 0.013 / 0.005, 18 * ratio / 0.42, 18 * ratio / 0.3]
    assert results("us_campus_2018") == pytest.approx(expected, rel=1e-4)
    assert verdicts("us_campus_2018") == [True, True, True, False, False]


def test_ketamine_by_pharmacokinetics_is_no_longer_little_and_a_set_without_factor_is_told() -> (
    None
):
    study = read_study("china_southwest_2021")
    made = outcomes(study, study.claims[:1])
    expected = [2.4, 1.6, 4.8, 9.6, 2.4 * 0.2 / 0.023, 48.0]
    assert [each.result for each in made[:-1]] == pytest.approx(expected)
    assert [each.holds for each in made] == [True, True, True, True, False, False, None]
    assert made[-1].silent == "ketamine" and math.isnan(made[-1].result)


def test_prevalence_follows_factor_and_dose() -> None:
    base = 100 * 157 / 1000 / (30 * 0.72)
    expected = [base, base * 0.413 / 0.43, base * 0.413 / 0.39, base * 0.413 / 0.227,
                base * 0.3, base * 3]  # fmt: skip
    assert results("china_22_cities_2018") == pytest.approx(expected)
    assert verdicts("china_22_cities_2018") == [True, True, True, False, True, False]
    people = 2.6e6 / 21_150_000 * 1000  # mg/day/1000 inhabitants
    assert results("beijing_2013")[0] == pytest.approx(100 * people / 1000 / (30 * 0.8))
    assert all(verdicts("beijing_2013"))


def test_a_factor_that_all_share_leaves_ranks_as_they_are() -> None:
    assert results("euda_press_2023") == pytest.approx([1722 / 1464] * 4, rel=1e-12)


def test_two_drugs_change_places_with_their_factors() -> None:
    by_day: dict[str, dict[str, float]] = {}
    for row in printed("recife_2025"):
        by_day.setdefault(row["date"], {})[row["analyte"]] = float(row["pn_load"])

    def mean(cocaine: float, mdma: float, ketamine: float) -> float:
        return float(np.mean([
            day["benzoylecgonine"] * cocaine / max(day["MDMA"] * mdma, day["ketamine"] * ketamine)
            for day in by_day.values()
        ]))  # fmt: skip

    molar = 303.358 / 289.331  # cocaine over benzoylecgonine
    low, high = 1 / 0.65, 1 / 0.225
    expected = [mean(3.59, high, 5), mean(molar / 0.346, high, 5), mean(molar / 0.45, high, 5),
                mean(molar / 0.45, low, 5), mean(3.59, high, 1 / 0.023)]  # fmt: skip
    assert results("recife_2025")[:-1] == pytest.approx(expected, rel=1e-4)
    assert verdicts("recife_2025") == [True, True, False, True, False, None]
    assert read_study("recife_2025").claims[0].published == round(mean(1, 1, 1), 2)


def test_published_ratios_are_those_of_the_printed_numbers() -> None:
    by_site: dict[str, dict[str, str]] = {}
    for row in printed("korea_2015"):
        by_site.setdefault(row["site"], {})[row["drug"]] = row["consumption"]
    ratios = [float(x["methamphetamine"]) / float(x["codeine"]) for x in by_site.values()
              if "<" not in "".join(x.values())]  # fmt: skip
    assert len(ratios) == 13
    assert read_study("korea_2015").claims[0].published == round(min(ratios), 2)
    loads = sorted((float(row["load"]) for row in printed("euda_press_2023")), reverse=True)
    assert read_study("euda_press_2023").claims[0].published == round(loads[0] / loads[1], 2)


def test_the_rule_decides_and_its_edge_is_inside_an_interval_alone() -> None:
    assert stands({"within": [0.2, 1.2]}, 0.2) and stands({"within": [0.2, 1.2]}, 1.2)
    assert not stands({"above": 1.0}, 1.0) and not stands({"below": 1.0}, 1.0)


def test_a_study_without_claims_has_an_empty_table_of_the_same_columns() -> None:
    empty = alternatives(read_study("statcan_2022"))
    assert empty.empty
    assert list(empty.columns) == list(alternatives(CLAIMING[0]).columns)


def test_without_the_data_nothing_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REFERENCE, raising=False)
    weeks, korea = read_study("euda_weeks"), read_study("korea_2015")
    claim = replace(korea.claims[0], table="daily_mean")
    assert outcomes(replace(weeks, claims=(claim,))) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"choices": (Choice(rows=("heroin|MOR|Nobody1900",)),)}, "Nobody1900"),
        ({"choices": (Choice(set="default", dose="heroin|Nobody1900"),)}, "Nobody1900"),
        ({"method": "guess"}, "'guess' is none of"),
        ({"method": "prevalence_of_load"}, "needs dose, frequency, age_share"),
        ({"statistic": "value", "pair": None}, "28 values"),
        ({"select": ({"column": "site", "is": ["nowhere"]},)}, "0 values"),
        ({"choices": (Choice(rows=("methamphetamine|METH|ACIC", "methamphetamine|METH|Zuccato2008",
                                   "codeine|COD|Thai2016")),)}, "name one"),
        ({"choices": (Choice(set="korea2015", rows=("codeine|COD|Yue1989",), end="low"),)},
         "states no low end of a range"),
        ({"choices": (Choice(set="korea2015", rows=("ketamine|KET|Du2020",)),)},
         "'ketamine.KET.Du2020' is of no residue of the claim"),
        ({"choices": (Choice(set="korea2015", dose="cocaine|UF2019"),)}, "is of another drug"),
        ({"residue": {"column": "substance"}}, "a column that is missing: substance"),
        ({"pair": {"column": "drug", "of": "codeine", "by": "plant"}}, "missing: plant"),
        ({"select": ({"column": "town", "is": ["Busan"]},)}, "missing: town"),
    ],
)  # fmt: skip
def test_a_claim_that_cannot_be_computed_says_why(change: dict, said: str) -> None:
    study = read_study("korea_2015")
    with pytest.raises(ConfigError, match=said) as caught:
        outcomes(study, [replace(study.claims[0], **change)])
    assert caught.value.file == "korea_2015/study.toml"


def test_a_dose_without_a_number_is_refused_and_does_not_fell_a_conclusion() -> None:
    study = read_study("china_southwest_2021")
    choice = Choice(rows=("ketamine|KET|Du2020",), dose="ketamine|ACIC")
    with pytest.raises(ConfigError, match=r"'ketamine\|ACIC' states no number"):
        outcomes(study, [replace(study.claims[0], choices=(choice,))])
    choice = Choice(rows=("ketamine|KET|ACIC",))
    with pytest.raises(ConfigError, match=r"'ketamine\|KET\|ACIC' states no number"):
        outcomes(study, [replace(study.claims[0], choices=(choice,))])


def test_the_low_end_of_a_correction_factor_is_of_the_fraction_it_stands_for() -> None:
    study = read_study("euda_press_2023")
    row = "cocaine|BE|Castiglioni2013"
    several = tuple(Choice(rows=(row,), end=end) for end in ("low", "high"))
    low, high = outcomes(study, [replace(study.claims[0], choices=several)])
    assert [low.numbers[0].value, high.numbers[0].value] == pytest.approx([0.15, 0.45], rel=1e-3)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(catalogue_folder() / "us_campus_2018", tmp_path / "us_campus_2018")
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("holds = { above = 118.5 }\n", "", "missing: holds"),
        ("{ above = 118.5 }", "{ beyond = 118.5 }", "unknown field: beyond"),
        ("{ above = 118.5 }", "{ above = 118.5, below = 500 }", "say where the conclusion stands"),
        ("{ above = 118.5 }", "{ within = 118.5 }", "say where the conclusion stands"),
        ("{ above = 118.5 }", "{ within = [1, 2, 3] }", "say where the conclusion stands"),
        ("{ above = 118.5 }", "{ within = [2, 1] }", "say where the conclusion stands"),
        ("{ above = 118.5 }", "{ within = [0, 1] }", "say where the conclusion stands"),
        ("{ above = 118.5 }", '{ above = "much" }', "say where the conclusion stands"),
        ("published = 474", "published = 0", "the published number is above zero"),
        ('residue = { is = "6', 'residue = { like = "6', "unknown field: like"),
        ('{ is = "6-monoacetylmorphine" }', "{}", "name a column, or the one residue"),
        ("published = 474", 'pair = { of = "heroin" }\npublished = 474', "missing: column"),
        ('{ rows = ["heroin|6-MAM|Zuccato2008"], end', '{ set = "du", end', "an end is one of"),
        ('table = "bound of heroin"', 'table = "bounds"', "'bounds' is none of bound of heroin"),
        ('end = "high"', 'end = "top"', "'top' is none of"),
        ('end = "high"', "used = true", "one choice at most"),
        ('{ rows = ["heroin|MOR|Zuccato2008"], load', "{ load", "names a set or factor rows"),
        ('note = "at most", note_zh = "至多"', 'note = "at most"', "missing: note_zh"),
        ('conclusion_zh = "海洛因 474', 'conclusion_cn = "海洛因 474', "conclusion_cn"),
    ],
)
def test_a_claim_that_is_stated_wrongly_is_refused(
    copy: Path, old: str, new: str, said: str
) -> None:
    path = copy / "us_campus_2018" / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=said) as caught:
        read_study("us_campus_2018", copy)
    assert caught.value.file == "us_campus_2018/study.toml" and "claim" in caught.value.key


def test_the_numbers_of_the_documentation_are_those_that_are_computed() -> None:
    told = pd.read_csv(DOCS / "_static" / "factor-sets.csv", keep_default_na=False)
    assert set(told["study"]) == {study.key for study in CLAIMING}
    for study in CLAIMING:
        made = alternatives(study)
        own = told[told["study"] == study.key]
        assert own["claim"].tolist() == made["claim"].tolist()
        assert own["factor_id"].tolist() == made["factor_id"].tolist()
        assert pd.to_numeric(own["result"]).to_numpy() == pytest.approx(
            made["result"].to_numpy(), rel=1e-5, nan_ok=True
        )
        assert own["holds"].tolist() == ["" if pd.isna(x) else str(x) for x in made["holds"]]


def test_the_table_of_the_documentation_counts_what_is_computed() -> None:
    lines = (DOCS / "factor-sets.md").read_text(encoding="utf-8").splitlines()
    for study in CLAIMING:
        for claim in study.claims:
            known = [each for each in outcomes(study, [claim]) if not each.silent]
            stands = sum(bool(each.holds) for each in known)
            [line] = [x for x in lines if x.startswith(f"| `{study.key}` {claim.conclusion} |")]
            assert line.endswith(f"| {stands} of {len(known)} |")


def test_two_claims_of_one_name_are_refused(copy: Path) -> None:
    path = copy / "us_campus_2018" / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "\n" + text[text.index("[[claim]]") :], encoding="utf-8")
    with pytest.raises(ConfigError, match="names two claims"):
        read_study("us_campus_2018", copy)
