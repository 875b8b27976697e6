"""Salts, street mass, annual masses, doses: the numbers of the literature, and what is refused."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from wbe import backcalc
from wbe.backcalc import assumed, dose_row
from wbe.backcalc.doses import divided, rows_of
from wbe.errors import MissingFactorError, UnitError, UsageError
from wbe.trends import changes_between_rounds
from wbe.uncertainty import Mean, Product, Term, propagate

KOREA = Path(__file__).parents[2] / "published" / "kim2015_table.csv"


@pytest.mark.parametrize(
    ("base", "share"),
    [("C11H15NO2", 0.841), ("C10H15N", 0.804), ("C17H21NO4", 0.893), ("C13H16ClNO", 0.867)],
    ids=["MDMA", "methamphetamine", "cocaine", "ketamine"],
)
def test_free_base_in_hydrochlorides(base: str, share: float) -> None:
    assert backcalc.base_mass(1.0, base, "hydrochloride") == pytest.approx(share, abs=6e-4)


def test_methadone_of_244_maintenance_clients() -> None:
    """244 clients at 60 mg of the hydrochloride take 13.1 g of base a day."""
    base = backcalc.base_mass(244 * 60.0, "C21H27NO", "hydrochloride")
    assert base / 1000 == pytest.approx(13.1, abs=0.05)
    year = backcalc.annual_mass(f"{float(base)} mg/day", "365 day")
    assert float(year.magnitude) == pytest.approx(4.78, abs=0.01)  # kg


def test_from_concentration_to_doses_and_the_mass_of_a_year() -> None:
    load = backcalc.mass_load("500 ng/L", "50000 m^3/day")
    per_capita = backcalc.per_1000(load, "200000 inhabitant")
    used = backcalc.pn_consumption(per_capita, 3.59, 1.0)
    assert [float(x.magnitude) for x in (load, per_capita, used)] == pytest.approx(
        [25_000.0, 125.0, 448.75], rel=1e-12
    )
    assert float(backcalc.pn_doses(used, "100 mg/dose").magnitude) == pytest.approx(4.4875)
    year = backcalc.annual_mass(backcalc.consumption(load, 3.59, 1.0), "365 day")
    assert float(year.magnitude) == pytest.approx(448.75 * 200 * 365e-6, rel=1e-12)  # kg
    assert year.units == backcalc.annual_mass("1 mg/day", "366 day").units


def test_a_national_mass_of_a_year_lies_within_the_published_interval() -> None:
    """Mean of 22 Chinese cities, 157 mg/day/1000; printed for 2018: 84 (44 to 136) tonnes.

    A consistency check: the people counted are not stated, and cities stand for the country.
    10.1007/s11356-019-07504-w
    """
    used = backcalc.annual_mass(f"{157 * 1.4e6} mg/day", "365 day")
    assert 44_000 < float(used.magnitude) < 136_000
    assert float(used.magnitude) == pytest.approx(84_000, rel=0.06)


def test_a_year_has_no_default_length() -> None:
    with pytest.raises(TypeError):
        backcalc.annual_mass("1 mg/day")  # type: ignore[call-arg]
    with pytest.raises(UnitError):
        backcalc.annual_mass("1 mg/day", 365)


def test_korean_loads_give_the_printed_consumption_and_doses() -> None:
    """28 values within their rounding; 43 % and 63.8 % of the drug itself."""
    with KOREA.open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if not r["consumption"].startswith("<")]
    assert len(rows) == 28
    for row in rows:
        load = f"{row['pn_load']} mg/day/1000 inhabitants"
        used = backcalc.pn_consumption(load, 1.0, float(row["excretion"]))
        assert float(used.magnitude) == pytest.approx(float(row["consumption"]), rel=0.0065)
        doses = backcalc.pn_doses(used, "30 mg/dose")
        assert float(doses.magnitude) * 30 == pytest.approx(float(used.magnitude), rel=1e-12)


def test_a_city_that_emptied_by_consumption_and_mass() -> None:
    """Population -45 %, mass of the year -75 %: per capita -54.5 %, whatever factor is used."""
    loads, people = (40_000.0, 10_000.0), (1_000_000.0, 550_000.0)
    for excretion in (0.43, 0.227):
        used = [backcalc.consumption(f"{x} mg/day", 1.0, excretion) for x in loads]
        masses = [float(backcalc.annual_mass(x, "365 day").magnitude) for x in used]
        each = [
            float(backcalc.per_1000(x, f"{p} inhabitant").magnitude)
            for x, p in zip(used, people, strict=True)
        ]
        found = changes_between_rounds(total=(masses[0], masses[1]), population=people)
        assert found.total.percent == pytest.approx(-75) == found.total.percent
        assert round(found.per_capita.percent, 1) == -54.5
        assert each[1] / each[0] == pytest.approx(found.per_capita.ratio, rel=1e-12)


def test_per_1000_of_an_age_group() -> None:
    value = backcalc.per_1000_of_age("157 mg/day/1000 inhabitants", 0.72)
    assert float(value.magnitude) == pytest.approx(157 / 0.72)


def test_a_purity_needs_its_date_and_is_no_default() -> None:
    with pytest.raises(UsageError, match="date"):
        assumed("purity", 0.8, source="seizures")
    with pytest.raises(UsageError, match="2024-05"):
        assumed("purity", 0.8, source="seizures", date="May")
    with pytest.raises(TypeError):
        backcalc.street_mass([1.0], seed=1)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("purity", 1.2, UsageError),
        ("purity", 0.0, UsageError),
        ("dose", "-30 mg/dose", UsageError),
        ("dose", 30, UnitError),
        ("dose", "30 mg", UnitError),
        ("potency", "1 mg", UsageError),
    ],
)
def test_what_cannot_be_assumed(name: str, value: str | float, error: type[Exception]) -> None:
    with pytest.raises(error):
        assumed(name, value, source="s", date="2024")
    with pytest.raises(UsageError, match="who"):
        assumed("dose", "30 mg/dose", source="")


def test_street_mass_is_the_exact_ratio_of_lognormals() -> None:
    purity = assumed("purity", "50 %", low=0.4, high=0.625, kind="lognormal", source="s",
                     date="2024")  # fmt: skip
    error = Term("analysis", "sample", np.array(["a"]), np.array([0.3]))
    found = backcalc.street_mass(Product(np.log([100.0]), (error,)), purity, seed=1)
    sd = np.hypot(0.3, np.log(0.625 / 0.4) / (2 * 1.959964))
    assert found.quantiles[0] == pytest.approx(200 * np.exp(np.array([-1, 0, 1]) * 1.959964 * sd))
    plain = backcalc.street_mass([100.0], assumed("purity", 0.5, source="s", date="2024"), seed=1)
    assert plain.quantiles[0] == pytest.approx([200.0] * 3, rel=1e-9)
    with pytest.raises(UsageError, match="purity"):
        backcalc.street_mass([100.0], dose_row("MDMA|ACIC"), seed=1)


def test_doses_of_the_table() -> None:
    dose = dose_row("methamphetamine|Zuccato2008")
    assert dose.value == 30 and dose.shape is not None
    low, high = (float(dose.shape.value(z)) for z in (-1.96, 1.96))
    assert high / low == pytest.approx(10)  # its range, 10 to 100 mg, is 95 % wide
    assert dose_row("cocaine|UF2019").certain and "no spread stated" in str(
        dose_row("THC|Zuccato2008")
    )
    assert dose_row("THC|Zuccato2008").value / dose_row("THC|ACIC").value == pytest.approx(125 / 8)
    for missing in ("ketamine|ACIC", "etomidate|convention", "cocaine|nobody"):
        with pytest.raises(MissingFactorError):
            dose_row(missing)


def test_what_all_rows_are_divided_by_cancels_in_their_ratio() -> None:
    labels = np.array(["a", "b"])
    rows = Product(np.log([100.0, 50.0]), (Term("analysis", "sample", labels, np.full(2, 0.2)),))
    over = divided(rows, [dose_row("methamphetamine|Zuccato2008")])
    assert isinstance(over, Product)
    ratio = over.take(np.array([0])).over(over.take(np.array([1])))
    plain = rows.take(np.array([0])).over(rows.take(np.array([1])))
    assert propagate(ratio).quantiles == pytest.approx(propagate(plain).quantiles, rel=1e-9)


def test_a_mean_is_divided_inside() -> None:
    labels = np.array(["1", "2", "3"])
    rows = Product(np.log([10.0, 20.0, 30.0]), (Term("d", "sample", labels, np.zeros(3)),))
    mean = Mean(rows, np.array(["a", "a", "a"]))
    found = divided(mean, [assumed("dose", "10 mg/dose", source="s")])
    assert propagate(found).median == pytest.approx([2.0], rel=1e-9)
    with pytest.raises(UsageError):
        rows_of([-1.0])
