"""Loss in the sewer: equations, residence times, refusals, rates by source, the band."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe import backcalc
from wbe.backcalc import GammaResidence, ListedResidence, Scenario, StabilityRate
from wbe.errors import MissingFactorError, UnitError, UsageError
from wbe.uncertainty import BelowLimit, Product, propagate

rates = st.floats(1e-6, 1.0)
hours = st.floats(0.1, 24.0)
cvs = st.floats(0.0, 2.0)


@given(rates, hours)
def test_gamma_without_spread_is_one_residence_time(rate, mean):
    assert GammaResidence(mean).survival(rate) == pytest.approx(math.exp(-rate * mean), rel=1e-12)
    assert ListedResidence((mean,), (1.0,)).survival(rate) == pytest.approx(
        float(GammaResidence(mean).survival(rate)), rel=1e-12
    )


@pytest.mark.parametrize("a, b, mean, cv", [(0.05, 0.2, 6.0, 0.5), (0.3, 0.0, 2.0, 1.2)])
def test_gamma_is_the_mean_over_its_residence_times(a, b, mean, cv):
    from scipy.special import gammaincinv

    p = (np.arange(100_000) + 0.5) / 100_000
    times = gammaincinv(cv**-2, p) * mean * cv**2
    residence = GammaResidence(mean, cv)
    assert residence.survival(a) == pytest.approx(np.exp(-a * times).mean(), rel=1e-5)
    passed = ((np.exp(-a * times) - np.exp(-b * times)) / (b - a)).mean()
    assert residence.passed(a, b) == pytest.approx(passed, rel=2e-4)


@given(rates, hours, cvs)
def test_equal_and_nearly_equal_rates_pass_alike(rate, mean, cv):
    residence = GammaResidence(mean, cv)
    same = residence.passed(rate, rate)
    assert residence.passed(rate, rate * (1 + 1e-9)) == pytest.approx(float(same), rel=1e-7)
    assert residence.passed(rate, 2 * rate) == pytest.approx(
        float(residence.passed(2 * rate, rate))
    )


@given(rates, hours, st.floats(0.0, 1.0), st.floats(0.01, 1.0))
def test_more_spread_of_residence_times_leaves_more(rate, mean, cv, more):
    wide = GammaResidence(mean, cv + more).survival(rate)
    assert wide >= GammaResidence(mean, cv).survival(rate) * (1 - 1e-12)


def test_alkyl_esters_lose_what_was_published():
    # Bisceglia 2014: 0.54-1.7 a day; in a day 42-82 %, in 6 hours 13-35 %
    for daily, day, six in ((0.54, 0.42, 0.13), (1.7, 0.82, 0.35)):
        assert 1 - GammaResidence(24.0).survival(daily / 24) == pytest.approx(day, abs=0.005)
        assert 1 - GammaResidence(6.0).survival(daily / 24) == pytest.approx(six, abs=0.005)


def test_listed_residence_times_are_averaged_by_their_share():
    listed = ListedResidence((1.0, 10.0), (0.75, 0.25))
    expected = 0.75 * math.exp(-0.1) + 0.25 * math.exp(-1.0)
    assert listed.survival(0.1) == pytest.approx(expected, rel=1e-12)
    assert listed.passed(0.1, 0.0) == pytest.approx((1 - expected) / 0.1, rel=1e-12)


@pytest.mark.parametrize(
    "make",
    [
        lambda: GammaResidence(-1.0),
        lambda: GammaResidence(math.nan),
        lambda: GammaResidence(1.0, -0.1),
        lambda: ListedResidence((), ()),
        lambda: ListedResidence((1.0, 2.0), (0.5, 0.6)),
        lambda: ListedResidence((1.0, -2.0), (0.5, 0.5)),
    ],
)
def test_impossible_residence_times_are_refused(make):
    with pytest.raises(UsageError):
        make()


def test_rate_adds_the_biofilm_by_its_area_and_warms():
    cold = backcalc.sewer_rate("0.045 1/hour", "0.001 m/hour", "33 1/m", temperature=20.0)
    assert cold.magnitude == pytest.approx(0.078, rel=1e-12)
    warm = backcalc.sewer_rate("1.08 1/day", temperature=25.0, theta=1.07)
    assert warm.magnitude == pytest.approx(0.045 * 1.07**5, rel=1e-12)


def test_rate_without_what_it_needs_is_an_error():
    with pytest.raises(UsageError, match="theta"):
        backcalc.sewer_rate("0.045 1/hour", temperature=15.0)
    with pytest.raises(UsageError, match="area_to_volume"):
        backcalc.sewer_rate("0.045 1/hour", "0.001 m/hour", temperature=20.0)
    with pytest.raises(UnitError):
        backcalc.sewer_rate(0.045, temperature=20.0)
    with pytest.raises(UsageError, match="Celsius"):
        backcalc.sewer_rate("0.045 1/hour", temperature=293.0, theta=1.05)


def test_corrections_above_two_are_refused_and_two_is_not():
    assert backcalc.loss_correction(math.log(1.999999), GammaResidence(1.0)) < 2
    with pytest.raises(UsageError, match="refused"):
        backcalc.loss_correction([0.01, math.log(2.000001)], GammaResidence(1.0))
    assert backcalc.loss_factor(1.0, GammaResidence(3.0)) == pytest.approx(math.exp(3.0))


def test_a_rate_is_chosen_by_its_source_and_sources_differ():
    by = {s: backcalc.stability_rate("cocaine", "bulk", source=s).rate
          for s in ("Bisceglia2014", "vanNuijs2012", "SewerMicrocosm2022")}  # fmt: skip
    assert by == {"Bisceglia2014": 0.045, "vanNuijs2012": 0.0426, "SewerMicrocosm2022": 0.049}
    assert set(backcalc.stability_rates("cocaine")["source"]) == set(by)


def test_missing_rates_are_errors_that_name_what_there_is():
    with pytest.raises(MissingFactorError, match="vanNuijs2012"):
        backcalc.stability_rate("cocaine", "bulk", source="nobody")
    with pytest.raises(MissingFactorError, match="gravity"):
        backcalc.stability_rate("cocaine", "gravity", source="vanNuijs2012")
    with pytest.raises(UsageError, match="bulk"):
        backcalc.stability_rate("cocaine", "canal", source="vanNuijs2012")


def test_only_rates_that_were_read_correct_a_load():
    read = backcalc.stability_rates("cocaine").query("was_read")["source"]
    assert set(read) == {"vanNuijs2012", "SewerMicrocosm2022"}
    assert not backcalc.stability_rate("methamphetamine", "gravity", source="Thai2014").was_read
    half = StabilityRate("cocaine", "bulk", "x", 0.05, "yes: rate in wastewater; no: the others")
    assert not half.was_read
    loads = Product(np.log([100.0]))
    recalled = backcalc.stability_rate("cocaine", "bulk", source="Bisceglia2014")
    with pytest.raises(UsageError, match="sensitivity_band"):
        backcalc.with_loss_corrected(
            loads, recalled, GammaResidence(6.0), log_sd=0.5, level="global"
        )


READ = StabilityRate("cocaine", "bulk", "own", 0.05, "yes: rate measured by the user")


def test_corrected_load_has_its_median_at_the_central_correction_and_the_stated_spread():
    loads = Product(np.log([100.0]))
    residence = GammaResidence(6.0, 0.5)
    got = backcalc.with_loss_corrected(loads, READ, residence, log_sd=0.4, level="global")
    solved = propagate(got)
    ends = [100 / residence.survival(0.05 * math.exp(s * 0.4 * 1.959964)) for s in (-1, 0, 1)]
    assert solved.quantiles[0] == pytest.approx(np.array(ends), rel=1e-5)


def test_limits_of_a_corrected_load_are_corrected_with_it():
    below = BelowLimit(
        rows=np.array([0]), labels=np.array(["s|x"]), log_limit=np.log([10.0]),
        groups=np.array(["g"]), fits={"g": (1.0, 0.0, np.eye(2) * 0.1)}, offset=np.zeros(1),
    )  # fmt: skip
    loads = Product(np.array([np.nan]), (), below)
    got = backcalc.with_loss_corrected(loads, READ, GammaResidence(6.0), log_sd=0.0, level="global")
    free, shifted = (propagate(p, draws=2_000, seed=1).quantiles for p in (loads, got))
    assert shifted == pytest.approx(free * math.exp(0.3), rel=1e-9)


def test_without_loss_or_spread_the_load_is_left_exact():
    loads = Product(np.log([100.0]))
    stable = StabilityRate("MDMA", "bulk", "own", 0.0, "yes: rate measured by the user")
    same = backcalc.with_loss_corrected(loads, stable, GammaResidence(6.0), log_sd=0.4,
                                        level="global")  # fmt: skip
    assert same is loads
    exact = backcalc.with_loss_corrected(loads, READ, GammaResidence(6.0), log_sd=0.0,
                                         level="global")  # fmt: skip
    assert np.exp(exact.log_central) == pytest.approx(100 * math.exp(0.3), rel=1e-12)
    assert propagate(exact).upper == pytest.approx(100 * math.exp(0.3), rel=1e-9)


def test_loss_factor_distribution_is_its_own_inverse():
    shape = backcalc.LossFactor(0.3, 0.5, 0.7)
    z = np.array([-2.0, 0.0, 1.5])
    from scipy.special import ndtr

    assert shape.cdf(shape.value(z)) == pytest.approx(ndtr(z), rel=1e-9)
    assert shape.median == pytest.approx(float(1 / GammaResidence(1.0, 0.7).survival(0.3)))


def test_the_band_leaves_the_load_and_covers_the_scenarios():
    load = np.array([100.0, 250.0])
    scenarios = [
        Scenario("bulk 3 h", 0.045, GammaResidence(3.0)),
        Scenario("gravity 3 h", 0.09, GammaResidence(3.0)),
    ]
    band = backcalc.sensitivity_band(load, scenarios)
    assert (band.load == load).all() and (band.lower == load).all()
    assert band.upper == pytest.approx(load * math.exp(0.27), rel=1e-12)
    assert not band.open_above.any() and band.names == ("bulk 3 h", "gravity 3 h")


def test_a_refused_scenario_opens_the_band_in_the_place_of_widening_it():
    band = backcalc.sensitivity_band([100.0], [Scenario("far", 0.3, GammaResidence(6.0))])
    assert band.open_above[0] and band.upper[0] == 100.0 and np.isnan(band.factors).all()


def test_formation_lowers_the_band_and_a_lost_parent_opens_it():
    path = backcalc.transformation_of("cocaine", "benzoylecgonine", conversion=1.0, source="bound")
    formed = Scenario("all to BE", 0.0, GammaResidence(6.0), path, 0.045)
    band = backcalc.sensitivity_band([125.0, 125.0], [formed], parent_load=[60.0, np.nan])
    assert band.lower[0] == pytest.approx(107.26, abs=0.005) and band.upper[0] == 125.0
    assert band.lower[1] == 125.0 and np.isnan(band.factors[0, 1])
    far = Scenario("rising main", 0.0, GammaResidence(6.0), path, 0.35)
    assert backcalc.sensitivity_band([125.0], [far], parent_load=[60.0]).open_below[0]
    # how much a lost parent formed is not known, however little of it is left
    assert backcalc.sensitivity_band([125.0], [far], parent_load=[1.0]).open_below[0]
    with pytest.raises(UsageError, match="parent"):
        backcalc.sensitivity_band([125.0], [formed])


def test_a_scenario_that_cannot_be_judged_leaves_the_band_open():
    path = backcalc.transformation_of("cocaine", "benzoylecgonine", conversion=1.0, source="bound")
    formed = Scenario("all to BE", 0.0, GammaResidence(6.0), path, 0.045)
    band = backcalc.sensitivity_band([125.0, np.nan], [formed], parent_load=[np.nan, 60.0])
    assert band.open_below.tolist() == band.open_above.tolist() == [True, True]
    assert np.isnan([band.lower[1], band.upper[1]]).all()


def test_a_stronger_scenario_never_narrows_the_band():
    first = [Scenario("a", 0.02, GammaResidence(5.0))]
    more = [*first, Scenario("b", 0.05, GammaResidence(5.0))]
    a, b = (backcalc.sensitivity_band([100.0], s) for s in (first, more))
    assert b.upper[0] > a.upper[0] and b.lower[0] <= a.lower[0]


def test_every_published_rate_is_a_scenario():
    got = backcalc.published_scenarios("cocaine", GammaResidence(3.0), reactors=["bulk"])
    assert sorted(s.rate for s in got) == [0.0426, 0.045, 0.049]
    path = backcalc.transformation_of("cocaine", "benzoylecgonine", conversion=1.0, source="bound")
    formed = backcalc.published_scenarios(
        "benzoylecgonine", GammaResidence(3.0), reactors=["bulk", "gravity"], formed_by=path
    )
    assert [s.parent_rate for s in formed] == [0.045, 0.0426, 0.049, 0.09]
    with pytest.raises(MissingFactorError, match="fentanyl"):
        backcalc.published_scenarios("fentanyl", GammaResidence(3.0), reactors=["gravity"])
