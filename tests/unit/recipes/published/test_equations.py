"""The equations that the recipes share, on the test vectors and as properties."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wbe
from wbe import factors
from wbe.errors import SchemaError, UnitError, UsageError
from wbe.recipes import published

LAB = Path(__file__).resolve().parents[4] / "data" / "samples" / "example-county" / "lab"
ATOMS = {"C": 12.011, "H": 1.008, "N": 14.007, "O": 15.999}


def mass(**atoms: int) -> float:
    return sum(ATOMS[name] * number for name, number in atoms.items())


COCAINE, BE = mass(C=17, H=21, N=1, O=4), mass(C=16, H=19, N=1, O=4)
HEROIN, MORPHINE = mass(C=21, H=23, N=1, O=5), mass(C=17, H=19, N=1, O=3)
RECIPES = [
    "australian_doses", "canadian_month", "castiglioni_2013", "county_round", "jones_2014",
    "provincial_platform", "score_week", "zuccato_2008",
]  # fmt: skip


def plant(concentrations, n=1, **more):
    """Composites of one plant of the test vector: 50,000 m3 a day, 200,000 inhabitants."""
    given = {
        "flow": 50_000.0, "population": 200_000.0, "site": "A", "area": "city",
        "date": np.datetime64("2019-03-11") + np.arange(n), "population_basis": "resident",
    }  # fmt: skip
    return published.samples_of(concentrations, **(given | more))


def value_of(table, quantity, drug=""):
    own = table[(table["quantity"] == quantity) & (table["drug"] == drug)]
    assert len(own) == 1
    return float(own["value"].iloc[0])


def of_one_day(name, samples):
    """A recipe's table without its intervals."""
    options = {"castiglioni_2013": {"case": "lowest"}, "jones_2014": {"disagreement": "shown"}}
    drawn = {} if name in ("castiglioni_2013", "jones_2014") else {"draws": 0}
    return getattr(published, name)(samples, **options.get(name, {}), **drawn)


def test_zuccato_gives_the_test_vector_with_its_own_factor():
    table = published.zuccato_2008(plant({"benzoylecgonine": [500.0]}))
    assert value_of(table, "pn_mass_load") == pytest.approx(125.0)
    used = value_of(table, "pn_consumption", "cocaine")
    assert used == pytest.approx(125.0 * COCAINE / BE / 0.45, rel=1e-4)
    assert abs(used - 125 * 2.33) <= 125 * 0.005  # half a digit of the published factor
    assert value_of(table, "pn_doses", "cocaine") == pytest.approx(used / 100)


def test_castiglioni_gives_the_test_vector_of_3_59():
    table = published.castiglioni_2013(plant({"benzoylecgonine": [500.0]}), case="highest")
    assert value_of(table, "pn_consumption", "cocaine") == pytest.approx(448.75)


def test_three_protocols_give_three_cocaines():
    day = plant({"benzoylecgonine": [500.0]})
    found = [
        value_of(table, "pn_consumption", "cocaine")
        for table in (
            published.zuccato_2008(day),
            published.australian_doses(day),
            published.castiglioni_2013(day, case="lowest"),
        )
    ]
    assert [round(x) for x in found] == [291, 374, 449]


@pytest.mark.parametrize(("load", "consumption"), [(5.18, 12.0), (29.2, 67.9)])
def test_methamphetamine_of_korea_by_43_per_cent(load, consumption):
    """Kim 2015 prints both; half a digit of the input is carried through the factor."""
    table = published.zuccato_2008(plant({"methamphetamine": [load * 4]}))
    digit = 0.005 if load < 10 else 0.05
    got = value_of(table, "pn_consumption", "methamphetamine")
    assert abs(got - consumption) <= 0.05 + digit / 0.43


def test_heroin_of_southwest_china_from_the_half_that_medicines_leave():
    table = published.zuccato_2008(
        plant({"morphine": [6.7 * 4]}),
        medical_morphine="3.35 mg/day/1000 inhabitants",
        medical_source="back-solved",
        draws=4000,
    )
    got = value_of(table, "pn_consumption", "heroin")
    assert got == pytest.approx(3.35 * HEROIN / MORPHINE / 0.42, rel=0.08)  # a median of draws
    assert got == pytest.approx(10.3, rel=0.08)


def test_no_heroin_without_what_medicines_leave():
    table = published.zuccato_2008(plant({"morphine": [26.8]}))
    assert table["drug"].unique().tolist() == [""]


@pytest.mark.parametrize("medicines", [4.9, 60.0])
def test_what_medicines_mostly_explain_is_a_bound_and_no_heroin(medicines):
    """6.7 mg of morphine, of which 73 % or ninefold is licit; a bound of all of it at the most."""
    table = published.zuccato_2008(
        plant({"morphine": [6.7 * 4]}), draws=4000, medical_source="x",
        medical_morphine=f"{medicines} mg/day/1000 inhabitants",
    )  # fmt: skip
    (heroin,) = table[table["drug"] == "heroin"].to_dict("records")
    assert np.isnan(heroin["value"]) and heroin["lower"] == 0
    assert 0 < heroin["upper"] < 4 * 6.7 * HEROIN / MORPHINE / 0.42
    assert heroin["flags"] == "net_of_medicines;not_identifiable"


def test_what_medicines_explain_by_two_thirds_leaves_heroin():
    table = published.zuccato_2008(
        plant({"morphine": [6.7 * 4]}), draws=4000, medical_source="x",
        medical_morphine="4.5 mg/day/1000 inhabitants",
    )  # fmt: skip
    heroin = value_of(table, "pn_consumption", "heroin")
    assert heroin == pytest.approx((6.7 - 4.5) * HEROIN / MORPHINE / 0.42, rel=0.1)


def test_heroin_needs_a_source_a_unit_and_draws():
    day = plant({"morphine": [26.8]})
    with pytest.raises(UsageError, match="source"):
        published.zuccato_2008(day, medical_morphine="3 mg/day/1000 inhabitants")
    with pytest.raises(UnitError):
        published.zuccato_2008(day, medical_morphine="3", medical_source="x")
    with pytest.raises(UsageError, match="draws"):
        published.zuccato_2008(
            day, medical_morphine="3 mg/day/1000 inhabitants", medical_source="x", draws=0
        )


def test_the_australian_programme_gives_no_dose_of_mda_and_ketamine():
    table = published.australian_doses(plant({"MDA": [40.0], "ketamine": [60.0]}))
    assert set(table["quantity"]) == {"pn_mass_load"}
    found = dict(zip(table["analyte"], table["value"], strict=True))
    assert found == pytest.approx({"MDA": 10.0, "ketamine": 15.0})


def test_australian_doses_divide_by_the_programmes_dose():
    table = published.australian_doses(plant({"methamphetamine": [600.0], "THC-COOH": [200.0]}))
    assert value_of(table, "pn_doses", "methamphetamine") == pytest.approx(150 / 0.39 / 30)
    used = value_of(table, "pn_consumption", "THC")
    assert value_of(table, "pn_doses", "THC") == pytest.approx(used / 8)


def test_every_row_of_the_australian_set_is_the_number_that_its_page_recalls():
    """10 mg of each residue a day and 1000 people: consumption and doses by hand."""
    thc, norfentanyl = mass(C=21, H=30, O=2), mass(C=14, H=20, N=2, O=1)
    monoacetylmorphine = mass(C=19, H=21, N=1, O=4)
    by_hand = {  # residue: drug, molar masses over fraction, dose in mg
        "benzoylecgonine": ("cocaine", COCAINE / BE / 0.35, 100),
        "methamphetamine": ("methamphetamine", 1 / 0.39, 30),
        "amphetamine": ("amphetamine", 1 / 0.394, 30),
        "MDMA": ("MDMA", 1 / 0.225, 100),
        "6-monoacetylmorphine": ("heroin", HEROIN / monoacetylmorphine / 0.013, 20),
        "THC-COOH": ("THC", thc / mass(C=21, H=28, O=4) / 0.006, 8),
        "norfentanyl": ("fentanyl", mass(C=22, H=28, N=2, O=1) / norfentanyl / 0.3, 0.2),
    }
    table = published.australian_doses(plant({name: [40.0] for name in by_hand}), draws=0)
    for residue, (drug, factor, dose) in by_hand.items():
        assert value_of(table, "pn_consumption", drug) == pytest.approx(10 * factor, rel=1e-4)
        assert value_of(table, "pn_doses", drug) == pytest.approx(10 * factor / dose, rel=1e-4)
        assert residue in set(table["analyte"])
    assert set(table["drug"]) == {""} | {drug for drug, _, _ in by_hand.values()}


def test_a_day_below_its_limit_has_a_bound_and_no_value():
    below = plant({"benzoylecgonine": [np.nan]}, limits={"benzoylecgonine": [4.0]})
    for table in (
        published.zuccato_2008(below),
        published.castiglioni_2013(below, case="lowest"),
    ):
        assert table["value"].isna().all() and (table["flags"] == "below_limit").all()
        assert (table["lower"] == 0).all()
    own = table.iloc[0]  # 4 ng/L is 1 mg/day/1000 inhabitants
    assert own["upper"] > 3.59
    assert own["upper"] == pytest.approx(published.castiglioni_2013(
        plant({"benzoylecgonine": [4.0]}), case="lowest")["upper"].iloc[0])  # fmt: skip


@pytest.mark.parametrize("name", [n for n in RECIPES if n != "county_round"])
@settings(max_examples=5, deadline=None)
@given(factor=st.floats(0.1, 50.0))
def test_every_recipe_is_linear_in_the_concentration(name, factor):
    amounts = {"benzoylecgonine": 500.0, "norbenzoylecgonine": 30.0}

    def values(by):
        return of_one_day(name, plant({k: [v * by] for k, v in amounts.items()}))["value"]

    assert values(factor).to_numpy() == pytest.approx(
        factor * values(1.0).to_numpy(), rel=1e-9, nan_ok=True
    )


@pytest.mark.parametrize("name", [n for n in RECIPES if n != "county_round"])
def test_every_recipe_is_indifferent_to_the_unit(name):
    amounts = {"benzoylecgonine": 500.0, "norbenzoylecgonine": 30.0}
    one = of_one_day(name, plant({k: [v] for k, v in amounts.items()}))
    other = of_one_day(
        name,
        plant(
            {k: [v / 1000] for k, v in amounts.items()}, unit="ug/L",
            flow=5.0, flow_unit="10^4 m^3/day",
        ),
    )  # fmt: skip
    assert other["value"].to_numpy() == pytest.approx(
        one["value"].to_numpy(), rel=1e-9, nan_ok=True
    )


@pytest.mark.parametrize("name", [n for n in RECIPES if n != "county_round"])
def test_every_table_says_what_was_done_and_by_whom(name):
    table = of_one_day(name, plant({"benzoylecgonine": [500.0], "norbenzoylecgonine": [30.0]}))
    assert tuple(table.columns[: len(published.COLUMNS)]) == published.COLUMNS
    assert (table["protocol"] == name).all() and (table["rule"].str.len() > 40).all()
    assert table.attrs["references"] and all(len(line) > 20 for line in table.attrs["references"])
    used = set(table["factor_set"]) - {""}
    assert used <= set(factors.set_names())
    assert bool(used) == bool(table.attrs["factor_note"])
    held = {i for s in used for i in factors.load_set(s).rows.index}
    said = {i for ids in table["factor_ids"] for i in ids.split(";") if i.count("|") == 2}
    assert said <= held


@pytest.mark.parametrize(
    ("name", "chosen"), [("zuccato_2008", "zuccato2008"), ("australian_doses", "acic")]
)
def test_the_equations_say_what_the_whole_calculation_says(name, chosen):
    samples = wbe.read(LAB / "2018Q1_plants_synthetic.csv")
    ours = getattr(published, name)(samples, draws=0)
    whole = wbe.to_tidy(wbe.estimate(samples, factors=chosen, draws=0))
    keys = ["site", "analyte", "drug", "quantity"]
    held = whole.set_index(keys)["value"]
    wanted = ours[ours["value"].notna()]
    assert len(wanted) > 50
    theirs = held.loc[list(zip(*(wanted[k] for k in ("place", *keys[1:])), strict=True))]
    assert wanted["value"].to_numpy() == pytest.approx(theirs.to_numpy(), rel=1e-12)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_fits_on_a_page(name):
    assert len(inspect.getsource(getattr(published, name)).splitlines()) <= 80


@pytest.mark.parametrize("name", [n for n in RECIPES if n != "county_round"])
def test_the_river_is_no_sewage(name):
    river = plant({"benzoylecgonine": [500.0], "norbenzoylecgonine": [30.0]}).assign_coords(
        matrix=("sample", np.array(["surface_water"]))
    )
    with pytest.raises(UsageError, match="no sample is of sewage"):
        of_one_day(name, river)


def test_what_the_set_does_not_know_is_refused():
    with pytest.raises(UsageError, match="nothing that zuccato_2008 speaks of"):
        published.zuccato_2008(plant({"caffeine": [500.0]}))


@pytest.mark.parametrize("name", ["flow", "population"])
def test_a_flow_or_population_is_positive_or_said_to_be_unknown(name):
    for value in (0.0, -1.0):
        with pytest.raises(UsageError, match=f"{name} is zero or negative"):
            plant({"benzoylecgonine": [500.0]}, **{name: value})
    with pytest.raises(UsageError, match="with a flow and a population"):
        published.zuccato_2008(plant({"benzoylecgonine": [500.0]}, **{name: np.nan}), draws=0)


def test_limits_are_in_the_unit_of_the_concentrations():
    other = plant({"benzoylecgonine": [np.nan]}, limits={"benzoylecgonine": [4e-3]}, unit="ug/L")
    assert float(other["loq"].item()) == pytest.approx(4.0)


def test_areas_are_asked_of_samples_that_have_one():
    nowhere = plant({"MDMA": np.full(7, 40.0)}, n=7, area="")
    for recipe in (published.canadian_month, published.score_week, published.provincial_platform):
        with pytest.raises(UsageError, match="no sample has an area"):
            recipe(nowhere, by="area")
        assert len(recipe(nowhere, by="site", draws=0))


def test_a_missing_population_is_an_error():
    with pytest.raises(SchemaError, match="population"):
        published.zuccato_2008(plant({"benzoylecgonine": [1.0]}).drop_vars("population"))


def test_arrays_need_a_known_basis_and_a_residue():
    with pytest.raises(UsageError, match="population_basis"):
        plant({"benzoylecgonine": [1.0]}, population_basis="guessed")
    with pytest.raises(UsageError, match="no residue"):
        plant({})


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match="3 samples, and 2 values of flow"):
        plant({"benzoylecgonine": [1.0, 2.0, 3.0]}, n=3, flow=[1.0, 2.0])


def test_zuccato_states_the_factors_recalled_for_it():
    rows = factors.load_set("zuccato2008").rows["correction_factor"]
    stated = {"BE": 2.33, "METH": 2.33, "AMP": 3.3, "MDMA": 1.5, "MOR": 3.08, "THC-COOH": 152}
    for residue, factor in stated.items():
        digits = 0.005 if factor in (2.33, 3.08) else 0.05 if factor < 100 else 0.5
        (found,) = [v for i, v in rows.items() if f"|{residue}|" in i]
        assert abs(found - factor) <= digits, residue
