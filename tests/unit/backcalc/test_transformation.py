"""What one residue forms of another under way: there and back, limits, refusals."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wbe import backcalc
from wbe.backcalc import GammaResidence, ListedResidence, SewerInputs, Transformation
from wbe.errors import UsageError
from wbe.uncertainty import LogitNormal, Lognormal, Product, Term

COCAINE = backcalc.transformation_of("cocaine", "benzoylecgonine", conversion=0.7, source="bound")
HEROIN = backcalc.transformation_of(
    "6-monoacetylmorphine", "morphine", conversion=1.0, source="bound"
)
loads = st.floats(1e-3, 1e4)
rates = st.floats(0.0, 0.1)
residences = st.one_of(
    st.builds(GammaResidence, st.floats(0.1, 6.0), st.floats(0.0, 1.5)),
    st.just(ListedResidence((0.5, 3.0, 8.0), (0.2, 0.5, 0.3))),
)


@given(loads, loads, rates, rates, residences)
def test_loads_through_the_sewer_are_recovered(parent, product, k_parent, k_product, residence):
    known = {"parent_rate": k_parent, "product_rate": k_product, "residence": residence}
    out = backcalc.through_sewer(parent, product, COCAINE, **known)
    back = backcalc.before_sewer(*out, COCAINE, **known)
    assert back.parent == pytest.approx(parent, rel=1e-9)
    assume(bool(back.identifiable))
    assert back.product == pytest.approx(product, rel=1e-9)


def test_molecules_are_kept_where_all_of_a_stable_product_is_formed():
    a, b = backcalc.through_sewer(
        100.0, 0.0, HEROIN, parent_rate=0.2, product_rate=0.0, residence=GammaResidence(4.0, 0.5)
    )
    assert a / 327.380 + b / 285.343 == pytest.approx(100.0 / 327.380, rel=1e-5)


def test_product_of_a_decaying_product_follows_both_rates():
    # integrated in small steps
    ka, kb, hours, n = 0.2, 0.05, 6.0, 200_000
    a, b = 100.0, 10.0
    step = hours / n
    for _ in range(n):
        a, b = (
            a - ka * a * step,
            b + (COCAINE.molar_mass_ratio * 0.7 * ka * a - kb * b) * step,
        )
    got = backcalc.through_sewer(
        100.0, 10.0, COCAINE, parent_rate=ka, product_rate=kb, residence=GammaResidence(hours)
    )
    assert got == pytest.approx((a, b), rel=1e-4)


def test_a_product_mostly_formed_is_not_identifiable_and_says_why():
    got = backcalc.before_sewer(
        [100.0, 100.0, np.nan], [10.0, 100.0, 50.0], COCAINE,
        parent_rate=0.1, product_rate=0.0, residence=GammaResidence(3.0),
    )  # fmt: skip
    assert got.identifiable.tolist() == [False, True, False]
    assert got.reason.tolist() == ["formed", "", "not measured"]
    assert np.isnan(got.product[0]) and got.formed[0] > 5.0


def test_half_of_a_product_formed_is_the_most_that_is_subtracted():
    # 20 of the parent lost, all of it to the product: 19.08 mg of benzoylecgonine
    path = backcalc.transformation_of("cocaine", "benzoylecgonine", conversion=1.0, source="bound")
    got = backcalc.before_sewer(
        [80.0, 80.0], [38.0, 38.3], path, parent_rate=-math.log(0.8), product_rate=0.0,
        residence=GammaResidence(1.0),
    )  # fmt: skip
    assert got.identifiable.tolist() == [False, True]
    assert got.product[1] == pytest.approx(38.3 - 100 * 0.2 * 289.331 / 303.358, abs=1e-4)


def test_a_parent_lost_by_more_than_half_is_refused():
    with pytest.raises(UsageError, match="refused"):
        backcalc.before_sewer(
            10.0, 100.0, HEROIN, parent_rate=0.4, product_rate=0.0, residence=GammaResidence(6.0)
        )


def test_conversion_is_never_assumed():
    with pytest.raises(TypeError):
        backcalc.transformation_of("cocaine", "benzoylecgonine")
    with pytest.raises(UsageError, match="source"):
        backcalc.transformation_of("cocaine", "benzoylecgonine", conversion=0.5, source="")
    with pytest.raises(UsageError, match="listed"):
        backcalc.transformation_of("cocaine", "morphine", conversion=1.0, source="bound")
    with pytest.raises(UsageError):
        Transformation("glucuronide", "morphine", 0.6, 1.2, "bound")


def rows(values, name, sd, flow=0.1):
    n = len(values)
    site = np.array([f"s{k}" for k in range(n)])
    own = Term(name, "sample", site, np.full(n, sd))
    return Product(np.log(values), (Term("flow", "site", site, np.full(n, flow)), own))


def known(**changed):
    base = {
        "parent_rate": 0.045,
        "product_rate": 0.005,
        "residence": GammaResidence(5.0, 0.5),
        "parent_rate_log_sd": 0.0,
        "product_rate_log_sd": 0.0,
        "residence_log_sd": 0.0,
    }
    return SewerInputs(**{**base, **changed})  # fmt: skip


def test_without_spread_the_draws_are_the_calculation():
    site = np.array(["a", "b"])
    parent, product = np.array([60.0, 20.0]), np.array([125.0, 300.0])
    got = backcalc.product_before_sewer(
        rows(parent, "x", 0.0, 0.0), rows(product, "y", 0.0, 0.0), COCAINE, known(),
        labels=site, draws=1_000, seed=1,
    )  # fmt: skip
    plain = backcalc.before_sewer(parent, product, COCAINE, parent_rate=0.045, product_rate=0.005,
                                  residence=GammaResidence(5.0, 0.5))  # fmt: skip
    for end in (got.lower, got.median, got.upper):
        assert end == pytest.approx(plain.product, rel=1e-12)
    assert (got.p_positive == 1).all()


def test_no_conversion_forms_nothing_in_the_draws_either():
    none = backcalc.transformation_of("cocaine", "benzoylecgonine", conversion=0.0, source="bound")
    got = backcalc.product_before_sewer(
        rows([60.0], "x", 0.0, 0.0), rows([125.0], "y", 0.0, 0.0), none,
        known(product_rate=0.0), labels=np.array(["a"]), draws=1_000, seed=1,
    )  # fmt: skip
    assert got.median[0] == pytest.approx(125.0, rel=1e-12)


def test_draws_form_no_more_than_all_of_the_parent_and_leave_no_less_than_nothing():
    def run(conversion, product):
        sewer = known(product_rate=0.0, conversion=conversion)
        return backcalc.product_before_sewer(
            rows([60.0], "x", 0.0, 0.0), rows([product], "y", 0.0, 0.0), COCAINE, sewer,
            labels=np.array(["a"]), draws=2_000, seed=1,
        )  # fmt: skip

    most = backcalc.before_sewer(
        60.0, 125.0,
        backcalc.transformation_of("cocaine", "benzoylecgonine", conversion=1.0, source="bound"),
        parent_rate=0.045, product_rate=0.0, residence=GammaResidence(5.0, 0.5),
    )  # fmt: skip
    assert run(Lognormal(0.8, 1.0), 125.0).lower[0] == pytest.approx(float(most.product))
    scarce = run(LogitNormal(0.3, 2.0), 9.0)
    # the drawn conversion decides, not the path's own 0.7, by which most of it would be formed
    assert scarce.identifiable[0] and scarce.lower[0] == 0.0 and 0.1 < scarce.p_positive[0] < 0.9


def test_draws_depend_on_the_seed_and_the_label_alone():
    def run(values, sites, seed):
        lab = np.array(sites)
        n = len(sites)
        flow = Term("flow", "site", lab, np.full(n, 0.2))
        a, b = Product(np.log(values), (flow,)), Product(np.log(values) + 1.0, (flow,))
        sewer = known(parent_rate_log_sd=0.5, conversion=LogitNormal(0.5, 0.5))
        return backcalc.product_before_sewer(a, b, COCAINE, sewer, labels=lab, draws=2_000,
                                             seed=seed)  # fmt: skip

    whole = run([10.0, 20.0, 30.0], ["a", "b", "c"], 7)
    turned = run([30.0, 10.0], ["c", "a"], 7)
    assert whole.upper[[2, 0]].tolist() == turned.upper.tolist()
    assert run([10.0], ["a"], 8).upper[0] != whole.upper[0]
    assert math.isclose(run([10.0], ["a"], 8).upper[0], whole.upper[0], rel_tol=0.1)
