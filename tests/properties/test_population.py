"""Relations that populations obey for any numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe import backcalc
from wbe.backcalc import combine
from wbe.uncertainty import Product, Term, covariance

amounts = st.floats(1e-2, 1e7)
flows = st.floats(1.0, 1e7)
loads = st.floats(1e-3, 1e5)
shares = st.floats(0.01, 1.0)
spreads = st.floats(0.01, 1.0)


@given(amounts, amounts, flows, flows, st.floats(0.1, 40), shares)
def test_the_cotinine_rule_is_the_ratio_times_e_over_s_for_any_flow(c, m, q, other, n, s):
    about = {"cigarettes": n, "domestic_share": s, "form": "free", "date": "2024"}
    one, two = (backcalc.cotinine_rule(c, m, flow, **about) for flow in (q, other))
    expected = c / m * (n * 0.14) / s * 1000
    assert float(one.pn_load) == pytest.approx(expected, rel=1e-12)
    assert float(two.pn_load) == pytest.approx(float(one.pn_load), rel=1e-12)
    assert float(one.deviation) == pytest.approx(1 / s - 1, abs=1e-9)
    assert float(one.population / two.population) == pytest.approx(q / other, rel=1e-12)


@given(amounts, flows, loads, st.floats(0.1, 10))
def test_population_from_a_marker_is_linear_in_its_load_and_inverts_the_calibration(c, q, e, k):
    people = backcalc.population_from_marker.bare(c, q, e)
    assert backcalc.population_from_marker.bare(k * c, q, e) == pytest.approx(k * people)
    assert backcalc.population_from_marker.bare(c, q, k * e) == pytest.approx(people / k)
    assert backcalc.marker_load.bare(c, q, people) == pytest.approx(e)


@given(amounts, amounts, flows, loads)
def test_a_load_over_the_population_of_a_marker_has_no_flow(c, m, q, e):
    load = backcalc.mass_load.bare(c, q)
    people = backcalc.population_from_marker.bare(m, q, e)
    ratio = backcalc.pn_mass_load_from_marker.bare(c, m, e)
    assert backcalc.per_1000.bare(load, people) == pytest.approx(ratio)


def estimates(values, own, common):
    site = np.array(["a"])
    flow = Term("flow", "site", site, np.array([common]))
    return {
        f"m{k}": Product(np.log([v]), (flow, Term(f"m{k}", "site", site, np.array([s]))))
        for k, (v, s) in enumerate(zip(values, own, strict=True))
    }


several = st.lists(st.tuples(st.floats(1e2, 1e7), spreads), min_size=2, max_size=6)


@given(several, spreads, st.floats(0, 1))
def test_weights_sum_to_one_and_the_common_error_neither_moves_them_nor_shrinks(found, common, tau):
    values, own = zip(*found, strict=True)
    site = np.array(["a"])
    with_flow, without = (
        combine(estimates(values, own, x), site, log_sd=tau) for x in (common, 0.0)
    )
    assert with_flow.weights.sum() == pytest.approx(1)
    assert with_flow.weights == pytest.approx(without.weights, rel=1e-6)
    both, alone = (float(covariance(c.product.terms)[0, 0]) for c in (with_flow, without))
    assert both - alone == pytest.approx(common**2, rel=1e-6)
    inside = np.exp(with_flow.product.log_central[0])
    assert min(values) * (1 - 1e-9) <= inside <= max(values) * (1 + 1e-9)


@given(several, spreads, st.floats(1e-3, 1e3))
def test_the_combination_scales_with_the_unit_and_ignores_the_order(found, common, k):
    values, own = zip(*found, strict=True)
    site = np.array(["a"])
    parts = estimates(values, own, common)
    base = combine(parts, site)
    scaled = combine(estimates([k * v for v in values], own, common), site)
    turned = combine(dict(reversed(parts.items())), site)
    assert scaled.product.log_central - base.product.log_central == pytest.approx(np.log(k))
    assert scaled.disagreement.log_sd == pytest.approx(base.disagreement.log_sd, abs=1e-5)
    assert turned.product.log_central == pytest.approx(base.product.log_central)
    assert bool(base.apart[0]) == (max(values) / min(values) > backcalc.APART)
