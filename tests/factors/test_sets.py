"""Factor sets: what a protocol chooses, and what it may not make of a row."""

from __future__ import annotations

import csv
import math
import pickle
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from wbe import factors
from wbe.errors import MissingFactorError, UsageError
from wbe.factors.sets import ALLOWED, GIVES, ROW_COLUMNS, SET_COLUMNS
from wbe.factors.table import COLUMNS, USES

DEFAULT = factors.load_set("default").rows


def write(path: Path, *rows: dict[str, str], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def own(**changes: str) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "factor_id": "methamphetamine|METH|ours",
        "drug": "methamphetamine",
        "analyte": "methamphetamine",
        "quantity": "excretion",
        "value": "0.40",
        "unit": "1",
        "distribution": "point",
        "use": "consumption",
        "source": "Provincial protocol 2024",
    }
    return row | changes


@pytest.mark.parametrize("name", factors.set_names())
def test_every_set_obeys_its_rows(name: str) -> None:
    chosen = factors.load_set(name)
    assert tuple(chosen.rows.columns) == ROW_COLUMNS
    assert chosen.title and chosen.note and chosen.description
    assert chosen.rows.index.is_unique
    assert not chosen.rows.duplicated(["drug", "analyte"]).any()
    for factor_id, row in chosen.rows.iterrows():
        assert row["gives"] in ALLOWED[row["use"]], factor_id
        assert row["gives"] == "load" or 0 < row["excretion"] <= 1, factor_id
        assert (row["dose_id"] == "") == math.isnan(row["dose"]), factor_id
    listed = files("wbe.factors").joinpath(f"sets/{name}.csv").read_text(encoding="utf-8")
    assert listed.splitlines()[0] == ",".join(SET_COLUMNS)
    assert len(listed.splitlines()) == len(chosen.rows) + 1


def test_every_use_is_bounded() -> None:
    assert set(ALLOWED) == set(USES)
    assert {gives for allowed in ALLOWED.values() for gives in allowed} == set(GIVES)
    assert ALLOWED["load_only"] == ("load",)
    assert "consumption" not in ALLOWED["net_only"] + ALLOWED["source_ratio"]


def test_the_default_set() -> None:
    gives = DEFAULT["gives"]
    assert gives["cocaine|BE|Castiglioni2013"] == "consumption"
    assert gives["heroin|MOR|Zuccato2008"] == "net"
    assert gives["morphine|MOR|convention"] == "load"
    assert gives["codeine|MOR(COD)|convention"] == "subtract"
    assert gives["ephedrine|EPH|Baselt"] == gives["pseudoephedrine|PEPH|Baselt"] == "load"
    assert DEFAULT.loc[DEFAULT["use"] == "source_ratio", "gives"].eq("subtract").all()
    assert DEFAULT.loc["cocaine|BE|Castiglioni2013", "correction_factor"] == 3.59
    doses = DEFAULT.set_index("drug")["dose"].dropna().to_dict()
    wanted = {
        "cocaine": 100,
        "methamphetamine": 30,
        "amphetamine": 30,
        "MDMA": 100,
        "heroin": 30,
        "oxycodone": 20,
    }
    assert {drug: doses[drug] for drug in wanted} == wanted
    assert "ketamine" not in doses and "THC" not in doses


def test_the_european_set_gives_six_loads_and_nothing_else() -> None:
    rows = factors.load_set("euda").rows
    assert set(rows["gives"]) == {"load"}
    assert set(rows["analyte"]) == {
        "benzoylecgonine",
        "amphetamine",
        "methamphetamine",
        "MDMA",
        "ketamine",
        "THC-COOH",
    }


def test_the_korean_set_states_no_uncertainty() -> None:
    rows = factors.load_set("korea2015").rows
    assert dict(zip(rows["drug"], rows["excretion"], strict=True)) == {
        "methamphetamine": 0.43,
        "codeine": 0.638,
    }
    assert (rows["logit_sd"] == 0).all() and (rows["molar_mass_ratio"] == 1).all()
    # two lines of the published table, to its three digits
    factor = rows.set_index("drug")["correction_factor"]
    assert round(5.18 * factor["methamphetamine"], 1) == 12.0
    assert round(2.59 * factor["codeine"], 2) == 4.06


def test_pathways_of_an_analyte_keep_the_order_of_the_set() -> None:
    chosen = factors.load_set("default")
    morphine = chosen.pathways_for("morphine")
    assert list(morphine["drug"]) == ["heroin", "morphine", "codeine"]
    assert list(morphine["gives"]) == ["net", "load", "subtract"]
    assert chosen.pathways_for("ammonium").empty


def test_a_missing_row_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(MissingFactorError, match=r"cocaine\|BE\|Castiglioni2013"):
        factors.load_set("default").row("cocaine|BE|Castiglioni2012")
    path = write(tmp_path / "s.csv", {"factor_id": "ketamine|KET|Du2021", "gives": "load"})
    with pytest.raises(MissingFactorError, match=r"nearest: ketamine\|KET\|Du2020"):
        factors.load_set(path)
    assert factors.load_set("default").row("ketamine|KET|Du2020")["excretion"] == 0.2


def test_a_set_may_not_give_more_than_its_rows(tmp_path: Path) -> None:
    for factor_id, gives in [
        ("MDA|MDA|ACIC", "consumption"),
        ("heroin|MOR|Zuccato2008", "consumption"),
        ("cocaine|COC|Zuccato2008", "consumption"),
        ("methcathinone|MC|MCartefact2022", "net"),
    ]:
        path = write(tmp_path / "s.csv", {"factor_id": factor_id, "gives": gives})
        with pytest.raises(UsageError, match=f"cannot give {gives}"):
            factors.load_set(path)


def test_two_consumptions_of_one_drug_from_one_analyte_are_refused(tmp_path: Path) -> None:
    rows = [
        {"factor_id": f"methamphetamine|METH|{source}", "gives": "consumption"}
        for source in ("Zuccato2008", "GraciaLor2016")
    ]
    with pytest.raises(UsageError, match="given twice by methamphetamine"):
        factors.load_set(write(tmp_path / "s.csv", *rows))
    with pytest.raises(UsageError, match="listed twice"):
        factors.load_set(write(tmp_path / "s.csv", rows[0], rows[0]))


def test_a_users_ids_make_a_set(tmp_path: Path) -> None:
    path = write(
        tmp_path / "provincial.csv",
        {"factor_id": "methamphetamine|METH|GraciaLor2016", "gives": "", "dose_id": ""},
        {"factor_id": "heroin|MOR|Du2017", "gives": "load", "dose_id": ""},
    )
    chosen = factors.load_set(path)
    assert (chosen.name, chosen.title) == ("provincial", "provincial")
    assert list(chosen.rows["gives"]) == ["consumption", "load"]
    assert chosen.rows["correction_factor"].iloc[0] == pytest.approx(4.405, abs=5e-4)


def test_a_users_rows_make_a_set_in_either_encoding_and_language(tmp_path: Path) -> None:
    row = own(drug="甲基苯丙胺", analyte="冰毒", value="40", unit="%", note="省级规程")
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        path = write(tmp_path / "own.csv", row, encoding=encoding)
        made = factors.load_set(str(path)).rows.loc["methamphetamine|METH|ours"]
        assert (made["drug"], made["analyte"]) == ("methamphetamine", "methamphetamine")
        assert made["excretion"] == pytest.approx(0.4, rel=1e-12)
        assert made["molar_mass_ratio"] == 1.0
        assert made["source"] == "Provincial protocol 2024"


def test_a_users_row_may_state_a_correction_factor_with_a_spread(tmp_path: Path) -> None:
    row = own(
        factor_id="cocaine|BE|ours",
        drug="cocaine",
        analyte="BE",
        quantity="correction_factor",
        value="3.0",
        low="2.5",
        high="4.0",
        distribution="logit_normal",
    )
    made = factors.load_set(write(tmp_path / "own.csv", row)).rows.iloc[0]
    assert made["correction_factor"] == 3.0
    assert made["excretion"] == pytest.approx(1.04848 / 3, rel=1e-5)
    fractions = [1.048481 / 4.0, 1.048481 / 2.5]
    assert made["logit_sd"] == pytest.approx(factors.logit_sd_from_range(*fractions), rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": "1.4"}, "must lie above 0 and not above 1"),
        ({"value": ""}, "must lie above 0 and not above 1"),
        ({"value": "0,4"}, "not a number"),
        ({"quantity": "correction_factor", "value": "0.5"}, "excretion fraction of 2"),
        ({"distribution": "logit_normal"}, "needs an sd, or low and high"),
        ({"distribution": "pert"}, "distribution is 'pert'"),
        ({"use": "guess"}, "use is 'guess'"),
        ({"basis": "mass"}, "only molar"),
        ({"unit": "mg"}, "plain numbers"),
        ({"drug": "metamphetamine"}, "try methamphetamine"),
        ({"source": ""}, "needs a factor_id and a source"),
        ({"factor_id": "ketamine|KET|Du2020"}, "an id of its own"),
        ({"drug": "caffeine", "analyte": "thebaine"}, "no formula is known for 'thebaine'"),
        ({"parent_formula": "C10H15Nn"}, "no molecular formula"),
    ],
)
def test_a_users_row_is_checked(changes: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        factors.load_set(write(tmp_path / "own.csv", own(**changes)))


def test_doses_are_checked(tmp_path: Path) -> None:
    def with_dose(dose_id: str) -> Path:
        row = {"factor_id": "ketamine|KET|Du2020", "gives": "consumption", "dose_id": dose_id}
        return write(tmp_path / "s.csv", row)

    with pytest.raises(UsageError, match="states no dose"):
        factors.load_set(with_dose("ketamine|ACIC"))
    with pytest.raises(UsageError, match="a dose of cocaine"):
        factors.load_set(with_dose("cocaine|UF2019"))
    with pytest.raises(MissingFactorError, match="nearest"):
        factors.load_set(with_dose("ketamine|ACIK"))


def test_sets_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no factor set 'defualt'; nearest: default"):
        factors.load_set("defualt")
    with pytest.raises(UsageError, match="cannot be read"):
        factors.load_set(tmp_path / "absent.csv")
    with pytest.raises(UsageError, match="unknown columns colour"):
        factors.load_set(write(tmp_path / "s.csv", {"factor_id": "x", "colour": "red"}))
    with pytest.raises(UsageError, match="no column factor_id"):
        factors.load_set(write(tmp_path / "s.csv", {"gives": "load"}))
    empty = tmp_path / "s.csv"
    empty.write_text("factor_id,gives\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no rows"):
        factors.load_set(empty)


def test_a_set_travels_between_processes() -> None:
    chosen = factors.load_set("default")
    copied = pickle.loads(pickle.dumps(chosen))
    assert copied.name == "default" and copied.rows.equals(chosen.rows)


def test_importing_the_factors_needs_no_pandas() -> None:
    code = "import sys, wbe.factors; sys.exit(bool({'numpy', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
