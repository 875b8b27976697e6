"""Licit use: what is subtracted, what is left, when nothing can be said, and the control."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wbe import backcalc
from wbe.backcalc import licit
from wbe.errors import UsageError
from wbe.factors.table import excretion_rows
from wbe.uncertainty import LogitNormal, Product, draw

ROWS = excretion_rows()
HEROIN = ROWS["heroin|MOR|Zuccato2008"]
PK_EDDP = ROWS["methadone|EDDP|vanNuijs2011"]
DRAWS = {"draws": 4_000, "seed": 3}


def exactly(*values):
    return backcalc.known(np.array(values))


def with_error(values, rsd, name, labels=None):
    who = [f"{name} {i}" for i in range(len(values))] if labels is None else labels
    return backcalc.known(values, rsd=rsd, name=name, labels=who)


def part(name, product):
    return backcalc.Part(name, product, "stated for the test")


def net_of(measured, *parts, share=0.7, **kwargs):
    return backcalc.subtract(measured, parts, largest_share=share, **DRAWS, **kwargs)


def test_southwest_china_is_consistent_with_half_of_the_morphine_being_licit() -> None:
    """SWChina2021: load 6.7, heroin 10.3. The licit half is back-solved, so nothing is tested."""
    factor = HEROIN.correction_factor
    assert factor == pytest.approx(3.08, abs=0.01)
    licit_half = 6.7 - 10.3 / factor
    assert licit_half / 6.7 == pytest.approx(0.5, abs=0.01)
    net = backcalc.heroin_from_morphine(
        exactly(6.7), [part("medicines", exactly(licit_half))], HEROIN,
        six_mam="not_measured", largest_share=0.7, **DRAWS,
    )  # fmt: skip
    assert net.median[0] == pytest.approx(10.3, rel=0.02)
    assert net.lower[0] < 10.3 < net.upper[0]
    assert net.sources == ("stated for the test", "Zuccato2008")
    # 6-MAM was in none of the study's samples: by the rule, 10.3 is then no more than a bound
    said = backcalc.heroin_from_morphine(
        exactly(6.7), [part("medicines", exactly(licit_half))], HEROIN,
        six_mam="below_limit", largest_share=0.7, **DRAWS,
    )  # fmt: skip
    assert np.isnan(said.median[0]) and said.bound[0] > 10.3


def test_without_spread_the_net_is_exact() -> None:
    net = net_of(exactly(10.0, 8.0), part("a", exactly(2.0, 1.0)), part("b", exactly(3.0, 2.0)))
    np.testing.assert_allclose(net.median, [5.0, 5.0], rtol=1e-9)
    np.testing.assert_allclose(net.lower, net.upper, rtol=1e-9)
    np.testing.assert_allclose(net.shares["b"], [0.3, 0.25], rtol=1e-9)
    np.testing.assert_allclose(net.licit_share, [0.5, 0.375], rtol=1e-9)
    assert net.p_positive.tolist() == [1.0, 1.0] and net.identifiable.all()


def test_heroin_needs_something_subtracted_and_its_own_row() -> None:
    options = {"six_mam": "not_measured", "largest_share": 0.7, **DRAWS}
    with pytest.raises(UsageError, match="at least one part"):
        backcalc.heroin_from_morphine(exactly(6.7), [], HEROIN, **options)
    with pytest.raises(UsageError, match="no row of heroin"):
        backcalc.heroin_from_morphine(
            exactly(6.7), [part("a", exactly(1.0))], ROWS["heroin|6-MAM|Zuccato2008"], **options
        )


def test_without_6mam_heroin_is_an_upper_bound() -> None:
    parts = [part("medicines", exactly(3.0))]
    options = {"largest_share": 0.7, **DRAWS}
    seen = backcalc.heroin_from_morphine(exactly(6.7), parts, HEROIN, six_mam="detected", **options)
    not_seen = backcalc.heroin_from_morphine(
        exactly(6.7), parts, HEROIN, six_mam="below_limit", **options
    )
    assert seen.identifiable[0] and not not_seen.identifiable[0]
    assert np.isnan([not_seen.median[0], not_seen.lower[0], not_seen.upper[0]]).all()
    assert not_seen.reason[0] == licit.NO_6MAM
    assert not_seen.bound[0] == seen.bound[0]


def test_a_licit_share_above_the_limit_is_not_identifiable_but_bounded() -> None:
    measured = with_error([10.0, 10.0], 0.2, "flow")
    net = net_of(measured, part("medical", exactly(5.0, 8.0)))
    assert net.identifiable.tolist() == [True, False]
    assert net.reason[1] == licit.SHARE_TOO_LARGE
    assert np.isnan([net.median[1], net.lower[1], net.upper[1]]).all()
    assert 0 < net.bound[1] < 10.0 * 1.5
    assert 0.5 < net.p_positive[1] < 1


@pytest.mark.parametrize(("licit_amount", "told"), [(6.9, True), (7.1, False)])
def test_the_largest_share_is_the_one_that_is_stated(licit_amount: float, told: bool) -> None:
    net = net_of(exactly(10.0), part("medical", exactly(licit_amount)), share=0.7)
    assert net.identifiable[0] == told and net.largest_share == 0.7


def test_amounts_that_exceed_what_was_measured_say_so_and_bound_nothing_away() -> None:
    measured = with_error([10.0], 0.1, "flow")
    net = net_of(measured, part("medical", exactly(20.0)), share=10.0)
    assert net.p_positive[0] == 0 and net.reason[0] == licit.EXCEEDS
    assert np.isnan(net.upper[0])  # not 0: that would read as a finding of nothing
    assert net.bound[0] == pytest.approx(10 * np.exp(1.751 * 0.0998), rel=0.01)


def test_population_that_both_share_cancels_in_the_licit_share() -> None:
    who = ["town"]
    measured, amount = (with_error([v], 0.5, "population", who) for v in (10.0, 4.0))
    net = net_of(measured, part("medical", amount))
    assert net.p_positive[0] == 1.0
    assert net.licit_share[0] == pytest.approx(0.4, rel=1e-12)
    other = net_of(measured, part("medical", with_error([4.0], 0.5, "population", ["elsewhere"])))
    assert other.p_positive[0] < 0.99


def test_a_row_does_not_depend_on_its_neighbours_nor_on_chunks() -> None:
    n = licit._ROWS + 3
    measured = with_error(np.linspace(5, 9, n), 0.2, "flow")
    medical = with_error(np.full(n, 3.0), 0.3, "sales")
    options = {"largest_share": 0.7, "draws": 300, "seed": 3}
    whole = backcalc.subtract(measured, [part("m", medical)], **options)
    last = np.array([n - 1])
    one = backcalc.subtract(measured.take(last), [part("m", medical.take(last))], **options)
    assert one.median[0] == whole.median[-1] and one.bound[0] == whole.bound[-1]


def test_prescribed_morphine_by_hand() -> None:
    row = ROWS["morphine|MOR|Mitchell1991"]
    made = backcalc.prescribed(
        "medical morphine", exactly(10.0), row, used=0.8, labels=["town"], source="sales 2024"
    )
    assert np.exp(made.load.log_central[0]) == pytest.approx(10 * 0.8 * 0.654, rel=1e-12)
    assert made.source == "sales 2024; Mitchell1991"


def test_morphine_of_codeine_by_hand() -> None:
    codeine, morphine = ROWS["codeine|COD|Thai2016"], ROWS["codeine|MOR(COD)|convention"]
    made = backcalc.from_marker("codeine", exactly(2.0), codeine, morphine)
    ratio = 0.07 / 0.30 * 285.343 / 299.370
    assert np.exp(made.load.log_central[0]) == pytest.approx(2.0 * ratio, rel=1e-5)
    assert 0.05 < ratio < 0.4
    with pytest.raises(UsageError, match="two drugs"):
        backcalc.from_marker("codeine", exactly(2.0), codeine, HEROIN)


def test_a_share_of_the_measured_amount_moves_with_it() -> None:
    measured = with_error([10.0], 0.5, "flow")
    poppy = backcalc.share_of("poppy", measured, LogitNormal(0.437, 0.2), ["city"], "stated")
    net = net_of(measured, poppy)
    assert net.licit_share[0] == pytest.approx(0.437, rel=0.02)
    assert net.p_positive[0] == 1.0


def test_a_factor_row_without_excretion_is_an_error() -> None:
    with pytest.raises(UsageError, match="no excretion"):
        backcalc.residue_per_drug(ROWS["methcathinone|MC|MCartefact2022"], 1)


def test_stacked_products_draw_as_they_do_alone() -> None:
    from wbe.backcalc.products import stacked

    a, b = with_error([2.0, 3.0], 0.3, "flow"), with_error([5.0, 7.0], 0.1, "sales")
    together = draw(stacked([a, b]), 500, 9)
    np.testing.assert_array_equal(together, np.vstack([draw(a, 500, 9), draw(b, 500, 9)]))
    np.testing.assert_allclose(draw(backcalc.times(a, b), 500, 9), together[:2] * together[2:])


def control(load, clients=244.0, factor=PK_EDDP, present=1.0, rsd=0.2):
    measured = with_error([load], rsd, "flow")
    return backcalc.maintenance_control(
        measured, [clients], 60.0, factor, salt="hydrochloride", present=present,
        labels=["town"], **DRAWS,
    )  # fmt: skip


def test_244_clients_at_60_mg_of_hydrochloride_take_13_1_g_of_base() -> None:
    found = control(3_000.0)
    assert found.expected[0] == pytest.approx(13_100, rel=1e-3)

    load = 13_097.0 * PK_EDDP.excretion / PK_EDDP.molar_mass_ratio
    assert found.expected_load[0] == pytest.approx(load, rel=1e-4)


def test_the_control_is_consistent_with_itself_and_tells_a_chain_that_is_off() -> None:
    right = control(3_000.0).expected_load[0]
    found = control(right)
    assert found.ratio[0] == pytest.approx(1, rel=0.01) and found.verdict[0] == "consistent"
    assert control(right * 10).verdict[0] == "above"
    assert control(right / 10).verdict[0] == "below"
    for near in (0.8, 1.25):  # off, and within what the row leaves open
        assert control(right * near).verdict[0] == "consistent"
    away = control(right, present=LogitNormal(0.5, 0.2))
    assert away.ratio[0] == pytest.approx(2, rel=0.02)
    assert away.upper[0] / away.lower[0] > found.upper[0] / found.lower[0]


def test_a_factor_from_sewage_cannot_be_controlled_by_sewage() -> None:
    with pytest.raises(UsageError, match="derived from WBE"):
        control(3_000.0, factor=ROWS["methadone|EDDP|Thai2016"])
    for made_from, said in [("sales", "sales"), ("PK+seizures", "seizures"), ("", "not stated")]:
        with pytest.raises(UsageError, match=said):
            control(3_000.0, factor=replace(PK_EDDP, derived_from=made_from))


@pytest.mark.parametrize("salt", ["base", "hydrochloride", "sulfate"])
def test_salts(salt: str) -> None:
    shares = {"base": 1.0, "hydrochloride": 0.8867, "sulfate": 0.8533}
    formula = "C17H19NO3"  # morphine
    assert backcalc.base_mass(1.0, formula, salt) == pytest.approx(shares[salt], abs=2e-4)
    with pytest.raises(UsageError, match="none of"):
        backcalc.base_mass(1.0, formula, "tartrate")


def test_the_bare_equation_is_bounded_at_zero() -> None:
    assert backcalc.net_load.bare(3.0, 5.0) == 0.0


def test_nothing_is_subtracted_twice_under_one_name() -> None:
    with pytest.raises(UsageError, match="each part once"):
        net_of(exactly(5.0), part("a", exactly(1.0)), part("a", exactly(1.0)))


def test_stated_amounts_are_positive_and_say_who_shares_their_error() -> None:
    with pytest.raises(UsageError, match="positive"):
        exactly(0.0)
    with pytest.raises(UsageError, match="label"):
        backcalc.known([1.0], rsd=0.1)
    assert isinstance(exactly(1.0), Product)
