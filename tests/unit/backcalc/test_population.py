"""Populations: equations, combination, the cotinine rule, flow from ammonium."""

import numpy as np
import pytest

from wbe import backcalc
from wbe.errors import MissingPopulationError, UnitError, UsageError
from wbe.factors import require_independent
from wbe.uncertainty import Product, Term


@pytest.mark.parametrize("marker", ["30 mg/L", "30000 ug/L", "3e7 ng/L"])
@pytest.mark.parametrize("load", ["7.5 g/day/inhabitant", "7500 mg/day/inhabitant"])
def test_population_from_ammonium_over_spellings(marker, load):
    people = backcalc.population_from_marker(marker, "5 万m3/d", load)
    assert people.magnitude == pytest.approx(200_000, rel=1e-12)


def test_a_per_capita_load_of_another_dimension_is_refused():
    with pytest.raises(UnitError):
        backcalc.population_from_marker("30 mg/L", "50000 m3/d", "7.5 g/day")


def test_population_from_water_and_from_devices():
    by_water = backcalc.population_from_water("30000 m3/d", "150 L/day/inhabitant")
    assert by_water.magnitude == pytest.approx(200_000)
    counts = np.array([90_000, 49_500])
    assert backcalc.population_from_devices(counts, 0.45).magnitude == pytest.approx(
        [200_000, 110_000]
    )


@pytest.mark.parametrize("share", [0.0, -0.4, np.nan])
def test_a_share_of_devices_that_is_none_is_refused(share):
    with pytest.raises(UsageError, match="share"):
        backcalc.population_from_devices(90_000, share)


def test_a_count_that_may_follow_persons_is_refused():
    with pytest.raises(UsageError, match="single persons"):
        backcalc.population_from_devices(np.array([5_000, 99]), 0.45)


# --- the rule of Chinese practice --------------------------------------------------------------

RULE = {"cigarettes": 4.1, "domestic_share": 0.85, "form": "free", "date": "2024-03-12"}


def test_the_cotinine_rule_as_practice_writes_it():
    # thousands of people = ng/L x 10^4 m3/d x 10 x share / (cigarettes x 0.14 x 1000)
    thousands = 1960 * 6.80 * 10 * 0.85 / (4.1 * 0.14 * 1000)
    got = backcalc.cotinine_rule(212.4, 1960, 68_000, **RULE)
    assert float(got.population) == pytest.approx(1000 * thousands, rel=1e-12)
    assert float(got.pn_load) == pytest.approx(212.4 * 6.80 * 10 / thousands, rel=1e-12)
    assert float(got.consistent_pn_load) == pytest.approx(212.4 / 1960 * 574, rel=1e-12)


def test_the_profile_prints_name_basis_date_form_and_deviation():
    text = str(backcalc.cotinine_rule(212.4, 1960, 68_000, **RULE))
    for word in ("cn-cotinine", "estimated", "2024-03-12", "free", "+17.6%"):
        assert word in text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"form": ""}, UsageError),
        ({"date": ""}, MissingPopulationError),
        ({"domestic_share": 1.2}, UsageError),
        ({"domestic_share": 0.0}, UsageError),
        ({"cigarettes": np.nan}, UsageError),
        ({"mg_a_cigarette": 0.0}, UsageError),
    ],
)
def test_the_profile_refuses_what_it_would_have_to_guess(change, error):
    with pytest.raises(error):
        backcalc.cotinine_rule(212.4, 1960, 68_000, **{**RULE, **change})


# --- several estimates as one ------------------------------------------------------------------


def parts(table, own, common=0.0, sites=None):
    """Estimates [site x estimate] with errors of their own and one that all share."""
    table = np.atleast_2d(np.asarray(table, dtype=float))
    sites = np.array([f"s{k}" for k in range(len(table))]) if sites is None else np.array(sites)

    def one(k):
        known = np.isfinite(table[:, k])
        size = np.where(known, own[k], 0.0)
        shared = np.where(known, common, 0.0)
        terms = (Term("flow", "site", sites, shared), Term(f"m{k}", "site", sites, size))
        return Product(np.log(table[:, k]), terms)

    return {f"m{k}": one(k) for k in range(table.shape[1])}, sites


def test_weights_are_inverse_variances_of_what_is_not_shared():
    got = backcalc.combine(*parts([[1e5, 2e5]], [0.1, 0.2], common=0.3), log_sd=0.0)
    assert got.weights[0] == pytest.approx([0.8, 0.2], rel=1e-9)


def test_one_disagreement_is_dersimonian_and_lairds_without_shared_errors():
    values, own = np.array([1.0e5, 1.5e5, 2.6e5]), np.array([0.1, 0.2, 0.3])
    got = backcalc.combine(*parts([values], own))
    w, y = own**-2.0, np.log(values)
    q = (w * (y - (w @ y) / w.sum()) ** 2).sum()
    tau2 = (q - 2) / (w.sum() - (w**2).sum() / w.sum())
    assert got.disagreement.log_sd == pytest.approx(np.sqrt(tau2), rel=1e-6)
    assert got.disagreement.q == pytest.approx(q, rel=1e-6)
    assert got.disagreement.degrees == 2


def test_an_estimate_that_is_missing_leaves_its_weight_to_the_others():
    table = [[1e5, 2e5, np.nan], [np.nan] * 3, [1e5, np.nan, np.nan]]
    got = backcalc.combine(*parts(table, [0.2] * 3), log_sd=0.1)
    assert got.weights[0] == pytest.approx([0.5, 0.5, 0])
    assert np.isnan(got.product.log_central[1]) and got.weights[1].sum() == 0
    assert np.exp(got.product.log_central[2]) == pytest.approx(1e5)
    assert got.apart.tolist() == [False, False, False]


def test_estimates_more_than_twice_apart_are_told():
    got = backcalc.combine(*parts([[1e5, 1.99e5], [1e5, 2.01e5]], [0.2, 0.2]))
    assert got.apart.tolist() == [False, True]


def test_more_days_do_not_shrink_a_deviation_that_a_site_keeps():
    table = np.tile([1e5, 3e5], (50, 1))
    one = backcalc.combine(*parts(table[:1], [0.1, 0.1], sites=["s"]))
    many = backcalc.combine(*parts(table, [0.1, 0.1], sites=["s"] * 50))
    assert many.disagreement.log_sd == pytest.approx(one.disagreement.log_sd, rel=1e-9)
    assert many.disagreement.degrees == 1


@pytest.mark.parametrize("log_sd", [-0.1, np.nan, np.inf])
def test_a_disagreement_that_is_no_spread_is_refused(log_sd):
    with pytest.raises(UsageError, match="log_sd"):
        backcalc.combine(*parts([[1e5, 2e5]], [0.1, 0.2]), log_sd=log_sd)


def test_nothing_to_combine_is_refused():
    with pytest.raises(UsageError, match="no estimate"):
        backcalc.combine({}, np.array(["a"]))


def test_the_disagreement_brings_unlike_weights_together():
    got = backcalc.combine(*parts([[1e5, 2e5]], [0.1, 0.2]), log_sd=0.3)
    assert got.weights[0] == pytest.approx([0.13 / 0.23, 0.10 / 0.23], rel=1e-9)


def one_error(values, sizes, labels):
    """Estimates of one site with one error of the same name: of different size or owner."""
    return {
        f"m{k}": Product(np.log([v]), (Term("bias", "lab", np.array([label]), np.array([size])),))
        for k, (v, size, label) in enumerate(zip(values, sizes, labels, strict=True))
    }


def test_an_error_of_one_name_is_shared_by_those_of_one_label_alone():
    apart = backcalc.combine(
        one_error([1e5, 2e5], [0.1, 0.2], ["L1", "L2"]), np.array(["s"]), log_sd=0.0
    )
    assert apart.weights[0] == pytest.approx([0.8, 0.2], rel=1e-6)


def test_no_estimate_pulls_against_itself():
    # the second carries five times the shared error: least variance would weigh it below 0
    got = backcalc.combine(
        one_error([1e5, 2e5], [0.1, 0.5], ["L1", "L1"]), np.array(["s"]), log_sd=0.01
    )
    assert got.weights[0] == pytest.approx([1.0, 0.0])
    assert np.exp(got.product.log_central[0]) == pytest.approx(1e5)


def test_the_days_compared_are_those_that_say_most():
    table = np.full((11, 3), np.nan)
    table[0] = [1e5, 3e5, 2e5]  # one day of three estimates, ten of two
    table[1:, :2] = [1e5, 1.2e5]
    got = backcalc.combine(*parts(table, [0.1] * 3, sites=["s"] * 11))
    assert (got.disagreement.degrees, got.disagreement.sites) == (1, 1)
    assert got.disagreement.q == pytest.approx(np.log(1.2) ** 2 / 0.02, rel=1e-6)


# --- flow from ammonium ------------------------------------------------------------------------


def test_the_line_of_logs_is_that_of_least_squares_with_its_prediction_interval():
    rng = np.random.default_rng(3)
    c = rng.uniform(10, 50, 40)
    q = 4e5 * c**-0.8 * np.exp(rng.normal(0, 0.2, 40))
    fit = backcalc.flow_from_ammonium(np.append(c, 20), np.append(q, np.nan))
    slope, intercept = np.polyfit(np.log(c), np.log(q), 1)
    assert (fit.slope, fit.intercept) == pytest.approx((slope, intercept))
    low, high = fit.interval(c)
    left = np.log(q) - intercept - slope * np.log(c)
    away = np.log(c) - np.log(c).mean()
    expected = np.sqrt(left @ left / 38 * (1 + 1 / 40 + away**2 / (away @ away)))
    assert fit.log_rsd(c) == pytest.approx(expected, rel=1e-9)
    assert np.log(high / low) / 2 == pytest.approx(2.024394 * expected, rel=1e-6)  # t, 38 degrees
    assert 0.85 < ((low < q) & (q < high)).mean() <= 1
    assert np.isnan(fit.flow([5.0, 60.0])).all()


@pytest.mark.parametrize(
    ("c", "q"),
    [([10, 20], [1, 2]), ([10, 10, 10], [1, 2, 3]), ([10, 0, 20], [1, 2, 3])],
)
def test_days_that_cannot_hold_a_line_are_refused(c, q):
    with pytest.raises(UsageError):
        backcalc.flow_from_ammonium(c, q)


# --- independence ------------------------------------------------------------------------------


def test_a_factor_is_not_validated_against_what_it_was_made_from():
    require_independent("codeine", "PK", "sales")
    for origin in ("WBE+sales", "sales", ["PK", "WBE+sales"]):
        with pytest.raises(UsageError, match="built in"):
            require_independent("codeine", origin, "sales")


def test_what_is_not_known_to_be_independent_validates_nothing():
    for origin in ("", [], ["PK", ""]):
        with pytest.raises(UsageError, match="not stated"):
            require_independent("codeine", origin, "sales")
    with pytest.raises(UsageError, match="none of"):
        require_independent("codeine", "guess", "sales")
