"""The factor tables: every row can be traced, read and drawn from."""

from __future__ import annotations

import csv
import math
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from builders import reference_file
from hypothesis import given, settings
from hypothesis import strategies as st

from wbe import factors, names, units
from wbe.errors import UsageError
from wbe.factors.table import COLUMNS, DISTRIBUTIONS, QUANTITIES, USES, excretion_rows
from wbe.uncertainty import log_fraction

ROWS = excretion_rows()
WITH_VALUE = [row for row in ROWS.values() if row.quantity != "none"]
TABLES = ("excretion", "doses", "markers", "stability")

ADDED = {
    "Ambre1988", "ATCD2026", "Buerge2003", "Callahan1982", "Dring1970", "Huestis1996", "JSWE2000",
    "Li2020AU", "Mitchell1991", "NHMRC", "SewerMicrocosm2022", "SivasTR", "TramadolLabel",
    "Vree1992", "Yue1989", "Zuccato2005", "before2016high", "before2016low", "vanNuijs2012",
}  # fmt: skip
"""Sources of rows that the compilation does not have: read since."""


def by_id(row: object) -> str:
    return getattr(row, "factor_id", str(row))


def lines(table: str) -> list[dict[str, str]]:
    path = files("wbe.factors").joinpath(f"{table}.csv")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def compiled(table: str) -> list[dict[str, str]]:
    """The lists the tables were made from, where they are at hand."""
    path = reference_file("domain", table)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", ROWS.values(), ids=by_id)
def test_a_row_is_written_in_the_words_of_the_tables(row: factors.Factor) -> None:
    assert row.drug in names.ids("drug")
    assert row.analyte in names.ids("analyte")
    assert row.quantity in QUANTITIES
    assert row.distribution in DISTRIBUTIONS
    assert row.use in USES
    assert row.basis == "molar"
    assert units.same_dimension(row.unit, "1")
    assert row.source in factors.references()
    assert row.factor_id.split("|")[0] == row.drug
    assert row.factor_id.split("|")[2] == row.source
    assert (row.quantity == "none") == math.isnan(row.value) == (row.distribution == "none")


@pytest.mark.parametrize("row", WITH_VALUE, ids=by_id)
def test_excretion_and_correction_factor_follow_from_each_other(row: factors.Factor) -> None:
    assert 0 < row.excretion <= 1
    assert row.correction_factor * row.excretion == pytest.approx(row.molar_mass_ratio, rel=1e-14)
    stated = row.excretion if row.quantity == "excretion" else row.correction_factor
    assert stated == row.value


@pytest.mark.parametrize("row", WITH_VALUE, ids=by_id)
def test_a_range_holds_the_central_value(row: factors.Factor) -> None:
    assert math.isnan(row.low) == math.isnan(row.high)
    if not math.isnan(row.low):
        assert row.low < row.value < row.high


@pytest.mark.parametrize("row", WITH_VALUE, ids=by_id)
def test_the_median_of_the_draws_is_the_published_value(row: factors.Factor) -> None:
    probabilities = (np.arange(10_001) + 0.5) / 10_001
    z = np.sqrt(2) * _erfinv(2 * probabilities - 1)
    drawn = excretion_at(row.excretion, row.logit_sd, z)
    assert np.median(drawn) == pytest.approx(row.excretion, rel=1e-12)
    assert np.all((drawn > 0) & (drawn < 1))
    if row.distribution == "point":
        assert row.logit_sd == 0 and np.ptp(drawn) == 0
    elif not math.isnan(row.sd):
        assert np.std(drawn) == pytest.approx(row.excretion * row.sd / row.value, rel=0.1)
    else:
        ends = np.sort([row.as_excretion(row.low), row.as_excretion(row.high)])
        width = np.diff(_logit(np.quantile(drawn, [0.025, 0.975])))
        assert width == pytest.approx(np.diff(_logit(ends)), rel=0.01)


def excretion_at(excretion: float, logit_sd: float, z: Any) -> np.ndarray:
    """The fraction as the calculation draws it."""
    return excretion * np.exp(log_fraction(np.asarray(z, dtype=float), excretion, logit_sd))


def _erfinv(x: np.ndarray) -> np.ndarray:
    from scipy.special import erfinv

    return erfinv(x)


def _logit(x: np.ndarray) -> np.ndarray:
    return np.log(x / (1 - x))


@settings(deadline=None)  # the first call imports numpy
@given(st.floats(1e-5, 1 - 1e-5), st.floats(0, 3), st.floats(-6, 6))
def test_draws_stay_fractions_and_mirror(excretion: float, spread: float, z: float) -> None:
    drawn = excretion_at(excretion, spread, z)
    assert 0 < drawn < 1
    assert excretion_at(excretion, spread, 0.0) == excretion
    # E and 1 - E are drawn alike: what is not excreted as the residue is its mirror image
    assert excretion_at(1 - excretion, spread, -z) == pytest.approx(1 - drawn, rel=1e-9)


@pytest.mark.parametrize(
    ("factor_id", "number"),
    [
        ("cocaine|BE|Castiglioni2013", 3.59),
        ("amphetamine|AMP|GraciaLor2016", 2.77),
        ("nicotine|COT|Castiglioni2015", 3.13),
    ],
)
def test_factors_that_were_printed_as_factors_are_exact(factor_id: str, number: float) -> None:
    assert ROWS[factor_id].quantity == "correction_factor"
    assert ROWS[factor_id].correction_factor == number


def test_published_pairs_of_factor_and_fraction() -> None:
    """Values a reader can check by hand: fraction of the dose -> factor."""
    pairs = {
        "cocaine|BE|Zuccato2008": 2.33,
        "methamphetamine|METH|Zuccato2008": 2.33,
        "ketamine|KET|Du2020": 5.00,
        "heroin|MOR|Zuccato2008": 3.08,
        "methadone|EDDP|Thai2016": 2.03,
        "codeine|COD|Thai2016": 3.33,
        "oxycodone|NOROXY|UF2019": 4.55,
    }
    assert {key: round(ROWS[key].correction_factor, 2) for key in pairs} == pairs


def test_spread_from_a_standard_deviation_and_from_a_range() -> None:
    # 26 % of the factor is 26 % of the fraction to first order: 0.26 / (1 - 0.292)
    cocaine = ROWS["cocaine|BE|Castiglioni2013"]
    assert factors.excretion_spread(cocaine) == pytest.approx(0.26 / (1 - 0.29206), rel=1e-4)
    # methamphetamine 0.37-0.54: (logit 0.54 - logit 0.37) / 3.92
    meth = ROWS["methamphetamine|METH|Zuccato2008"]
    assert factors.excretion_spread(meth) == pytest.approx(0.6926 / 3.91993, rel=1e-4)


def test_impossible_spreads_are_refused() -> None:
    for call in (
        lambda: factors.logit_sd_from_sd(1.0, 0.1),
        lambda: factors.logit_sd_from_sd(0.5, 0.0),
        lambda: factors.logit_sd_from_range(0.5, 0.4),
        lambda: factors.logit_sd_from_range(0.0, 0.4),
    ):
        with pytest.raises(UsageError):
            call()


@pytest.mark.parametrize("table", TABLES)
def test_every_line_fills_its_columns_and_names_a_source(table: str) -> None:
    rows = lines(table)
    for row in rows:
        assert None not in row and None not in row.values(), row
        assert row["source"] in factors.references(), row
        assert row["verified"].startswith(("yes: ", "no: ")), row
        assert row["confidence"] in ("high", "medium", "low")
        units.normalise(row["unit"])
    if table != "stability":
        ids = [next(iter(row.values())) for row in rows]
        assert len(set(ids)) == len(ids)


def test_what_is_verified_says_where() -> None:
    for row in lines("excretion"):
        if row["verified"].startswith("yes"):
            assert row["locator"], row["factor_id"]


def test_the_excretion_table_has_the_columns_of_a_row() -> None:
    assert tuple(lines("excretion")[0]) == COLUMNS
    table = factors.table()
    assert len(table) == len(ROWS)
    assert table.notna()["excretion"].sum() == len(WITH_VALUE)
    table.loc[0, "excretion"] = 99.0
    assert factors.table().loc[0, "excretion"] != 99.0, "a caller changed the package's table"


def test_side_tables_name_known_substances_and_units() -> None:
    assert set(factors.doses()["drug"]) <= set(names.ids("drug"))
    assert {units.normalise(unit) for unit in factors.doses()["unit"]} == {"mg/dose"}
    markers = factors.markers()
    assert set(markers["marker"]) - set(names.ids("analyte")) == {"water"}
    assert all(unit.endswith("/day/inhabitant") for unit in markers["unit"])
    assert "default" not in markers.columns
    stability = factors.stability()
    assert set(stability["analyte"]) <= set(names.ids("analyte"))
    rates = stability[["k_bulk", "k_gravity", "k_rising_main", "k_rising_main_high"]]
    assert ((rates >= 0) | rates.isna()).all(axis=None) and rates["k_bulk"].notna().all()
    assert {units.normalise(unit) for unit in stability["unit"]} == {"1/hour"}


@pytest.mark.parametrize(
    ("ours", "source"),
    [
        ("excretion", "factors.csv"),
        ("doses", "doses.csv"),
        ("markers", "population_markers.csv"),
        ("stability", "stability_rates.csv"),
    ],
)
def test_no_row_of_the_compilation_is_lost(ours: str, source: str) -> None:
    first = [row for row in lines(ours) if row["source"] not in ADDED]
    first = [row for row in first if row.get("factor_id") != "methamphetamine|METH|Kim2015KR"]
    assert len(first) == len(compiled(source))


def test_an_analyte_of_several_rates_is_first_told_by_its_compiled_row() -> None:
    analytes = [row["analyte"] for row in lines("stability") if row["source"] not in ADDED]
    assert analytes == [row["analyte"] for row in lines("stability")][: len(analytes)]
    assert len(set(analytes)) == len(analytes)


def test_values_and_molar_masses_agree_with_the_compilation() -> None:
    renamed = {"Papaseit/Olesti": "PapaseitOlesti", "NPS-China-PKU": "NPSChinaPKU"}
    for line in compiled("factors.csv"):
        drug, residue, source = line["factor_id"].split("|")
        row = ROWS["|".join((drug, residue, renamed.get(source, source)))]
        assert factors.molar_mass(row.parent_formula) == pytest.approx(
            float(line["mw_parent"]), abs=2e-3
        )
        assert factors.molar_mass(row.residue_formula) == pytest.approx(
            float(line["mw_dtr"]), abs=2e-3
        )
        if line["excretion_mean"]:
            assert row.excretion == pytest.approx(float(line["excretion_mean"]), rel=1e-3)
            assert row.correction_factor == pytest.approx(float(line["cf_computed"]), rel=2e-3)


def test_molar_masses_of_simple_molecules() -> None:
    assert factors.molar_mass("C2H6O") == pytest.approx(46.069, abs=1e-3)
    assert factors.molar_mass("NaCl") == pytest.approx(58.44, abs=1e-3)
    for wrong in ("", "Xx2", "C10H15N+", "c6h6", "C(2)"):
        with pytest.raises(UsageError, match="no molecular formula"):
            factors.molar_mass(wrong)
