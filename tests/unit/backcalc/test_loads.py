"""Equations of back-calculation: test vectors, units, metamorphic relations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe import backcalc, factors
from wbe.errors import UnitError
from wbe.units import PN_UNIT

positive = st.floats(1e-3, 1e6)

CONCENTRATION = ["500 ng/L", "0.5 ug/L", "0.5 µg/L", "0.5 μg/L", "0.5 微克/升", "500 纳克/升"]
CONCENTRATION += ["5e-4 mg/L", "0.5 ng/mL", "500 pg/mL", "500 ng L-1", "0.5 µg·L⁻¹"]
FLOW = ["50000 m3/d", "5 万吨/日", "5 万m3/d", "5 万立方米/天", "50000 m³/d", "50 ML/d"]
FLOW += ["50000 t/d", f"{50000 / 24} m3/h", f"{50000 / 86.4} L/s", "50000 吨/天"]
FLOW += [f"{50 / 3.785411784} MGD"]
POPULATION = ["200000 inhabitant", "20 万人", "200 千人", "200000 人", "200000 people"]


@pytest.mark.parametrize("flow", FLOW)
@pytest.mark.parametrize("concentration", CONCENTRATION)
def test_vector_is_equal_over_all_spellings_of_concentration_and_flow(concentration, flow):
    load = backcalc.mass_load(concentration, flow)
    assert load.magnitude == pytest.approx(25_000, rel=1e-12)


@pytest.mark.parametrize("population", POPULATION)
def test_vector_is_equal_over_all_spellings_of_population(population):
    pn = backcalc.per_1000("25000 mg/day", population)
    assert pn.magnitude == pytest.approx(125, rel=1e-12)


def test_benzoylecgonine_vector_to_consumption_and_doses():
    row = factors.load_set("default").row("cocaine|BE|Castiglioni2013")
    assert row["correction_factor"] == 3.59
    used = backcalc.pn_consumption(f"125 {PN_UNIT}", row["molar_mass_ratio"], row["excretion"])
    assert used.magnitude == pytest.approx(448.75, rel=1e-12)
    assert backcalc.pn_doses(used, "100 mg/dose").magnitude == pytest.approx(4.4875, rel=1e-12)


def test_a_bare_number_is_refused_with_the_unit_that_was_expected():
    with pytest.raises(UnitError, match="ng/L"):
        backcalc.mass_load(500.0, "50000 m3/d")


@pytest.mark.parametrize("wrong", ["500 ng/g", "500 m3/d", "500 mg/day"])
def test_another_dimension_is_refused(wrong):
    with pytest.raises(UnitError):
        backcalc.mass_load(wrong, "50000 m3/d")


@given(positive, positive, positive, st.floats(1e-2, 1e2))
def test_load_is_linear_and_population_cancels_scale(c, q, p, k):
    def pn(c, q, p):
        return backcalc.per_1000.bare(backcalc.mass_load.bare(c, q), p)

    base = pn(c, q, p)
    assert pn(k * c, q, p) == pytest.approx(k * base)
    assert pn(c, k * q, p) == pytest.approx(k * base)
    assert pn(c, q, k * p) == pytest.approx(base / k)
    assert pn(c, k * q, k * p) == pytest.approx(base)


@given(positive, positive, st.floats(0.01, 1.0), st.floats(0.1, 10))
def test_consumption_scales_with_molar_mass_ratio_and_inverse_excretion(load, ratio, e, k):
    base = backcalc.consumption.bare(load, ratio, e)
    assert backcalc.consumption.bare(load, k * ratio, e) == pytest.approx(k * base)
    assert backcalc.consumption.bare(load, ratio, k * e) == pytest.approx(base / k)
    assert backcalc.pn_doses.bare(base, k) == pytest.approx(base / k)


@given(positive, positive, positive, st.floats(0.05, 5.0))
def test_marker_route_recovers_the_flow_route_for_any_flow(c, q, p, e_m):
    marker = e_m * p / (q * 1e-3)  # concentration that p inhabitants give the marker
    by_flow = backcalc.per_1000.bare(backcalc.mass_load.bare(c, q), p)
    by_marker = backcalc.pn_mass_load_from_marker.bare(c, marker, e_m)
    assert by_marker == pytest.approx(by_flow)
    assert backcalc.marker_load.bare(marker, q, p) == pytest.approx(e_m)


@given(positive, positive, positive)
def test_water_route_is_the_flow_route_with_flow_from_water_use(c, p, w):
    q = p * w / 1000  # m3/day
    by_flow = backcalc.per_1000.bare(backcalc.mass_load.bare(c, q), p)
    assert backcalc.pn_mass_load_from_water.bare(c, w) == pytest.approx(by_flow)


@given(positive, positive, positive, positive, positive, positive)
def test_merged_catchments_lie_between_their_parts(c1, q1, p1, c2, q2, p2):
    def pn(c, q, p):
        return backcalc.per_1000.bare(backcalc.mass_load.bare(c, q), p)

    merged = pn((c1 * q1 + c2 * q2) / (q1 + q2), q1 + q2, p1 + p2)
    weighted = (pn(c1, q1, p1) * p1 + pn(c2, q2, p2) * p2) / (p1 + p2)
    parts = sorted([pn(c1, q1, p1), pn(c2, q2, p2)])
    assert merged == pytest.approx(weighted, rel=1e-9)
    assert parts[0] * (1 - 1e-9) <= merged <= parts[1] * (1 + 1e-9)


def test_arrays_keep_their_shape():
    load = backcalc.mass_load.bare(np.ones((3, 2)), np.ones((3, 1)))
    assert load.shape == (3, 2)
