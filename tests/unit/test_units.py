"""Units: every spelling means the same, and what has lost its meaning is refused."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pint
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from wbe import units
from wbe.errors import UnitError

# unit -> spellings of exactly that unit
SAME = {
    "m^3/day": (
        "m3/d|m³/d|m^3/day|m3/day|m**3/day|m3 d-1|m³·d⁻¹|立方米/日|立方米/天|t/d|吨/日|吨/天|"
        "吨每天|m3 per day|m³／日|CMD"
    ),
    "24 m^3/day": "m3/h|m³/h|立方米/小时",
    "86.4 m^3/day": "L/s|l/s|L s-1|升/秒",
    "1e4 m^3/day": (
        "万吨/日|万吨/天|万m3/d|万m³/d|万立方米/天|万立方米/日|万 m³/d|10^4 m3/d|10⁴m³/d|×10⁴ m³/d|"
        "10000 m3/d|万t/d|1e4 m3/d|万方/天"
    ),
    "1e3 m^3/day": "ML/d|Ml/d|ML/day|MLD|1000 m3/d|千吨/日",
    "3785.411784 m^3/day": "MGD|mgd|Mgal/d",
    "ng/L": (
        "ng/l|ng L-1|ng·L⁻¹|ng L^-1|ng L⁻¹|纳克/升|纳克每升|pg/mL|ng / L|NG/L|ng·l-1|ng L−1|μg/m3|"
        "nanogram / liter"
    ),
    "1e3 ng/L": "ug/L|µg/L|μg/L|µg·L⁻¹|微克/升|ng/mL|mcg/L|㎍/L|μg L-1|UG/L|ug per L",
    "1e6 ng/L": "mg/L|㎎/L|毫克/升|mg/l|ug/mL|mg/L (as N)|mg/L(以N计)|mg/L（以N计）|g/m3|mg·L-1",
    "ng/g": "μg/kg|ug/kg|ng/g dw|ng/g dry weight|ng/g（干重）|ng/g d.w.|µg/kg 干重|ng g⁻¹ dw",
    "1e3 ng/g": "mg/kg|ug/g|毫克/千克|mg/kg dw",
    "inhabitant": "人|inhabitants|person|persons|people|capita|residents",
    "1e3 inhabitant": "千人|1000 people|thousand inhabitants",
    "1e4 inhabitant": "万人|10^4 人|10000 people",
    "mg/day/1000 inhabitants": (
        "mg/1000 inh/day|mg/d/1000 people|mg/千人·天|mg/1000人/天|ug/day/person|mg/(千人·天)|"
        "mg/千人/天|mg d-1 1000inh-1|mg day-1 1000 inh-1|mg/day/(1000 inhabitant)|mg/1000p/d|"
        "mg per day per 1000 people|mg/day/1,000 inhabitants|mg/(1000人·d)|毫克/千人·天|μg/人·天|"
        "mg/天/千人|mg/day/1000 inh.|mg/d/thousand people|毫克每千人每天|mg/(day*1000 inhabitants)"
    ),
    "1e-4 mg/day/inhabitant": "mg/day/10000 inhabitants|mg/(d·万人)|mg/万人·天",
    "mg/day": "mg/d|毫克/天|mg d-1|mg/日",
    "1e3 mg/day": "g/d|g/day|克/天",
    "1e6 mg/day": "kg/day|kg/d|公斤/天",
    "dose/day/1000 inhabitants": "doses/day/1000 inhabitants|doses/d/1000 people|剂/千人·天",
    "L/day/inhabitant": "L/p/d|L/人/天|升/人·日|L/(人·d)|L/inh/d|L/cap/d|L/person/day",
    "mg/day/inhabitant": "mg/p/d|mg/d/person|mg/人·天",
    "1e3 mg/day/inhabitant": "g/p/d|g/day/inhabitant|g/人·d|g/cap/d",
    "0.01 1": "%|％|percent",
    "1": "dimensionless",
}
PAIRS = [(spelling, target) for target, written in SAME.items() for spelling in written.split("|")]
SPELLINGS = [spelling for spelling, _ in PAIRS]


def _split(target: str) -> tuple[float, str]:
    number, _, unit = target.partition(" ")
    try:
        return float(number), unit or "1"
    except ValueError:
        return 1.0, target


@pytest.mark.parametrize(("spelling", "target"), PAIRS)
def test_every_spelling_has_the_same_size(spelling: str, target: str) -> None:
    factor, unit = _split(target)
    assert units.scale(spelling, unit) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_canonical_unit_is_its_own_and_pint_reads_it(spelling: str) -> None:
    unit = units.normalise(spelling)
    assert units.normalise(unit) == unit
    parsed = units.registry().Quantity(1.0, units.registry().parse_units(unit))
    bare = units.quantities(value=spelling)(lambda value: value)
    assert bare(parsed) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("mg/day/1000", "mg/day/1000 inhabitants"),
        ("mg/1000/day", "mg/day/1000 inhabitants"),
        ("", "ng/L"),
        ("  ", "ng/L"),
        ("ppb", "ug/L"),
        ("ng/g ww", "dry weight"),
        ("μg/kg（湿重）", "dry weight"),
        ("万吨", "万吨/日"),
        ("mg/t", "tonnes of water"),
        ("parsecs", "ng/L"),
        ("15 m3/d", "not known"),
        ("mg/day*inhabitant", "brackets"),
        ("mg/(d/1000 inh)", "brackets"),
        ("ng/L/", "not known"),
        ("ng/L-1", "not both"),
        ("(mg", "not known"),
        ("克/斗", "not known"),
    ],
)
def test_what_has_no_clear_meaning_is_refused_with_the_remedy(text: str, fix: str) -> None:
    with pytest.raises(UnitError) as caught:
        units.normalise(text)
    assert fix in str(caught.value)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("ng/g", "ng/L"),
        ("mg/kg", "mg/L"),
        ("mg/day", units.PN_UNIT),
        ("t/d", "kg/day"),
        ("doses/day/1000 inhabitants", units.PN_UNIT),
        ("m3/d", "L/p/d"),
        ("人", "1"),
    ],
)
def test_different_dimensions_never_meet(source: str, target: str) -> None:
    assert not units.same_dimension(source, target)
    with pytest.raises(UnitError, match="measure different things"):
        units.scale(source, target)


def test_factors_of_ten_are_exact() -> None:
    pairs = [("ug/L", "ng/L", 1e3), ("ng/L", "ug/L", 1e-3), ("万吨/日", "m^3/day", 1e4)]
    pairs += [("mg/L", "ng/L", 1e6), ("m3/h", "m3/d", 24.0), ("L/s", "m3/d", 86.4)]
    assert [units.scale(a, b) for a, b, _ in pairs] == [factor for *_, factor in pairs]


LIQUID = ["ng/L", "ug/L", "µg·L⁻¹", "mg/L", "pg/mL", "微克/升", "g/m3"]
FLOW = ["m3/d", "L/s", "万吨/日", "MGD", "ML/d", "m³/h", "t/d"]
values = st.floats(1e-9, 1e9)


@settings(deadline=None)  # the first call makes the registry
@given(st.sampled_from([LIQUID, FLOW]).flatmap(lambda u: st.tuples(*[st.sampled_from(u)] * 3)))
def test_scales_chain_and_invert(three: tuple[str, str, str]) -> None:
    a, b, c = three
    assert units.scale(a, b) * units.scale(b, a) == pytest.approx(1, rel=1e-12)
    assert units.scale(a, b) * units.scale(b, c) == pytest.approx(units.scale(a, c), rel=1e-12)


@settings(deadline=None)  # the first call makes the registry
@given(values, values, st.sampled_from(LIQUID), st.sampled_from(LIQUID))
def test_value_and_limit_keep_step(value: float, limit: float, a: str, b: str) -> None:
    value_b, limit_b, none = units.convert(value, a, b, limit, None)
    assert none is None
    assert math.isclose(value_b / limit_b, value / limit, rel_tol=1e-12)
    assert math.isclose(units.convert(value_b, b, a), value, rel_tol=1e-12)


@settings(deadline=None)  # the first call makes the registry
@given(st.sampled_from(SPELLINGS), st.sampled_from(["", " ", "  ", "\t"]))
def test_blanks_around_a_unit_change_nothing(spelling: str, blank: str) -> None:
    assert units.normalise(blank + spelling + blank) == units.normalise(spelling)


def test_arrays_convert_without_touching_the_original() -> None:
    written = np.array([1.0, np.nan, 2.5])
    converted, limit = units.convert(written, "ug/L", "ng/L", [0.1, 0.2, 0.3])
    np.testing.assert_allclose(converted, [1000, np.nan, 2500])
    np.testing.assert_allclose(limit, [100, 200, 300])
    assert written[0] == 1.0
    array = xr.DataArray([1.0], dims="sample", attrs={"units": "ug/L", "long_name": "c"})
    assert units.convert(array, "ug/L", "ng/L").attrs == {"units": "ng/L"}
    assert array.attrs["units"] == "ug/L"


def test_magnitude_reads_a_number_with_its_unit() -> None:
    assert units.magnitude("0.6 mg/day/inhabitant", "mg/day/inhabitant") == 0.6
    assert units.magnitude("5e-3mg/L", "ng/L") == pytest.approx(5000)
    assert units.magnitude("1000 inhabitants", "inhabitant") == 1000
    for text, message in [("5", "no unit"), ("five ng/L", "not a number"), ("5 kg", "different")]:
        with pytest.raises(UnitError, match=message):
            units.magnitude(text, "ng/L")


@units.quantities(concentration="ng/L", flow="m^3/day", share="1", returns="mg/day")
def mass_load(concentration, flow, share=1.0, note=None):  # type: ignore[no-untyped-def]
    """Load of a day."""
    assert not getattr(concentration, "attrs", None)
    return concentration * flow * share * 1e-3


def test_quantities_convert_texts_and_pint_quantities() -> None:
    ureg = units.registry()
    want = ureg.Quantity(25_000.0, "mg/day")
    assert mass_load("0.5 ug/L", "5 万吨/日").m_as("mg/day") == pytest.approx(want.m)
    assert mass_load(ureg("500 ng/L"), ureg.Quantity(50, "ML/day"), 0.5) == 0.5 * want
    foreign = pint.UnitRegistry()
    assert mass_load(foreign("0.5 ug/L"), flow="50000 m3/d").m == pytest.approx(25_000)
    assert mass_load.bare(500.0, 50_000.0) == 25_000.0


def test_quantities_stamp_a_data_array_and_clear_what_arithmetic_kept() -> None:
    concentration = xr.DataArray(
        [0.5, 1.0],
        dims="sample",
        coords={"sample": ["a", "b"]},
        attrs={"units": "ug/L", "note": "kept by arithmetic where it no longer holds"},
    )
    flow = xr.DataArray([5.0, 5.0], dims="sample", attrs={"units": "万吨/日"})
    load = mass_load(concentration, flow)
    assert load.attrs == {"units": "mg/day"}
    np.testing.assert_allclose(load, [25_000, 50_000])
    assert list(load["sample"].values) == ["a", "b"]
    assert concentration.attrs["units"] == "ug/L" and flow.attrs["units"] == "万吨/日"


def test_quantities_refuse_bare_numbers_and_wrong_units() -> None:
    with pytest.raises(UnitError, match=r"concentration needs a unit \[ng/L\].*\.bare"):
        mass_load(500.0, "5 m3/d")
    with pytest.raises(UnitError, match="flow needs a unit"):
        mass_load("5 ng/L", np.array([1.0]))
    with pytest.raises(UnitError, match=r"without attrs\['units'\]"):
        mass_load(xr.DataArray([1.0]), "5 m3/d")
    with pytest.raises(UnitError, match="measure different things"):
        mass_load("5 ng/g", "5 m3/d")
    foreign = pint.UnitRegistry()
    foreign.define("bucket = 10 liter")
    with pytest.raises(UnitError, match=r"bucket.*not known"):
        mass_load("5 ng/L", foreign("3 bucket/day"))


def test_quantities_say_what_they_do() -> None:
    assert mass_load.in_units == {"concentration": "ng/L", "flow": "m^3/day", "share": "1"}
    assert mass_load.out_units == "mg/day"
    assert mass_load.__doc__ == "Load of a day."
    assert mass_load.__name__ == "mass_load"
    with pytest.raises(TypeError, match="no parameter flw"):
        units.quantities(flw="m3/d")(lambda flow: flow)
    with pytest.raises(UnitError):
        units.quantities(flow="furlongs")


def test_several_results_are_stamped_each_and_none_passes() -> None:
    @units.quantities(load="mg/day", people="inhabitant", returns=("mg/day", units.PN_UNIT))
    def both(load, people=None):  # type: ignore[no-untyped-def]
        return load, None if people is None else 1000 * load / people

    total, per_capita = both("2 g/day", "2 千人")
    assert (total.m, per_capita.m) == (2000, 1000)
    assert per_capita.to("ug/day/inhabitant").m == pytest.approx(1000)
    assert both("2 g/day", None)[1] is None


def test_the_registry_is_made_late_and_is_nobody_elses() -> None:
    assert pint.get_application_registry().get() is not units.registry()
    assert units.registry() is units.registry()
    code = (
        "import sys, wbe.units as u; u.normalise('万吨/日'); u.quantities(a='ng/L')(lambda a: a);"
        "sys.exit(bool({'numpy', 'pint', 'xarray'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_small_registry_agrees_with_pints_own_definitions():
    import pint

    theirs, ours = pint.UnitRegistry(), units.registry()
    for one, other in [
        ("nanogram / liter", "gram / meter ** 3"),
        ("microgram / milliliter", "ng/L"),
        ("liter / second", "meter ** 3 / day"),
        ("gallon / hour", "m^3 / week"),
        ("metric_ton / day", "kg / year"),
        ("percent", "dimensionless"),
        ("picogram / microliter", "mg / cm ** 3"),
    ]:
        expected = theirs.convert(1.0, one, other)
        assert ours.convert(1.0, one, other) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("text", ["ng//L", "纳克//升", "ng/／L", "ng/ /L"])
def test_two_strokes_in_a_row_are_a_slip(text: str) -> None:
    with pytest.raises(UnitError, match="two strokes"):
        units.normalise(text)
