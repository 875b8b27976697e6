"""Kaplan-Meier against the textbook estimate of the sample turned round, and its intervals."""

import numpy as np
import pytest
from scipy import stats

from wbe.errors import TooFewDetectsError, UsageError
from wbe.qc.censoring import MEDIAN, Quantity, censored, kaplan_meier
from wbe.qc.censoring.kaplan_meier import km_moments
from wbe.qc.censoring.product_limit import ordered


def sample(seed=0, n=40, limits=(0.4, 0.8, 1.5)):
    rng = np.random.default_rng(seed)
    truth = np.round(rng.lognormal(size=n), 1) + 0.1
    limit = rng.choice(limits, n)
    return censored(np.maximum(truth, limit), truth < limit)


@pytest.mark.parametrize("seed", range(10))
def test_the_distribution_is_scipys_survival_curve_of_the_flipped_sample(seed):
    x = sample(seed)
    turned = stats.CensoredData(uncensored=-x.values, right=-x.high[x.below])
    survival = stats.ecdf(turned).sf
    fit = kaplan_meier(x)
    beneath = np.append(fit.beneath, fit.cdf[:-1])  # F(x-) is the survival beyond -x
    np.testing.assert_allclose(beneath, survival.evaluate(-fit.values), atol=1e-12)


def test_greenwood_gives_the_binomial_size_without_non_detects():
    fit = kaplan_meier(censored([1.0, 2.0, 2.0, 5.0, 9.0], [False] * 5))
    assert fit.size == pytest.approx(np.full(5, 5.0), rel=1e-12)


def test_size_matches_greenwoods_formula_written_out():
    x = sample(3)
    fit = kaplan_meier(x)
    for value, cdf, size in list(zip(fit.values, fit.cdf, fit.size[1:], strict=True))[:-1]:
        above = np.unique(x.values[x.values > value])
        d = np.array([(x.values == v).sum() for v in above])
        n = np.array([(x.high <= v).sum() for v in above])
        if (1 - cdf) > 1e-12:
            variance = cdf**2 * (d / (n * (n - d))).sum()
            assert size == pytest.approx(cdf * (1 - cdf) / variance, rel=1e-9)


def test_many_samples_at_once_are_each_sample_alone():
    some = [sample(seed, n=20) for seed in range(30)]
    high, low = (np.stack([getattr(x, name) for x in some]) for name in ("high", "low"))
    for restricted, convention in ((True, "restricted"), (False, "unrestricted")):
        together = km_moments(ordered(high, low == high), restricted=restricted)
        alone = [kaplan_meier(x, convention) for x in some]
        for got, name in zip(together, ("mean", "sd", "se_mean", "place"), strict=True):
            np.testing.assert_allclose(got, [getattr(f, name) for f in alone], rtol=1e-12)


def test_quantiles_and_exceedances_beneath_the_smallest_detect_are_not_made_up():
    fit = kaplan_meier(censored([1, 2, 3, 5, 8], [True, True, False, False, False]))
    assert fit.beneath == pytest.approx(0.4)
    assert np.isnan(fit.quantile([0.1, 0.4])).all()
    assert fit.quantile([0.41, 0.6, 0.61, 1.0]).tolist() == [3, 3, 5, 8]
    assert np.isnan(fit.exceedance(1.5))
    # all that is beneath lies below 2
    assert fit.exceedance(2.0) == pytest.approx(0.6)
    assert fit.exceedance(3.0) == pytest.approx(0.4)
    assert fit.exceedance(8.0) == 0.0


def test_nada_does_not_tell_a_quantile_that_only_the_largest_detect_reaches():
    x = censored([1.0, 2.0, 3.0], [False] * 3)
    assert np.isnan(kaplan_meier(x, "nada").quantile(0.9))
    assert kaplan_meier(x).quantile(0.9) == 3.0


def test_intervals_of_shares_are_clopper_pearson_without_non_detects():
    x = censored(np.arange(1.0, 21.0), np.zeros(20, dtype=bool))
    lower, upper = kaplan_meier(x).interval(Quantity("exceedance", 14.5), 0.9)
    exact = stats.binomtest(6, 20).proportion_ci(0.9, method="exact")
    assert (lower, upper) == pytest.approx((exact.low, exact.high), rel=1e-9)
    none = stats.binomtest(0, 20).proportion_ci(0.9, method="exact")
    given = kaplan_meier(x).interval(Quantity("exceedance", 25.0), 0.9)
    assert given == pytest.approx((none.low, none.high), rel=1e-9)


def test_the_interval_of_the_median_is_that_of_order_statistics():
    x = censored(np.arange(1.0, 21.0), np.zeros(20, dtype=bool))
    assert kaplan_meier(x).interval(MEDIAN) == (6.0, 15.0)  # 95.9 %, Hahn and Meeker, table A.15


def test_an_interval_is_open_where_nothing_limits_it():
    x = censored([1, 1, 1, 1, 3, 7], [True, True, True, True, False, False])
    fit = kaplan_meier(x)
    assert fit.interval(Quantity("percentile", 0.95))[1] == np.inf
    assert fit.interval(Quantity("exceedance", 0.5))[1] == 1.0


def test_an_interval_of_a_low_percentile_ends_at_the_limit_that_holds_it():
    x = censored([1.0] * 30 + [4.0, 5.0], [True] * 30 + [False] * 2)
    assert kaplan_meier(x).interval(Quantity("percentile", 0.1)) == (0.0, 1.0)


def test_one_result_has_a_mean_and_no_interval():
    fit = kaplan_meier(censored([3.0], [False]))
    assert fit.mean == 3.0
    assert np.isnan(fit.mean_interval()).all()
    assert np.isnan([fit.sd, fit.se_mean]).all()


def test_refusals():
    with pytest.raises(TooFewDetectsError, match="no detect"):
        kaplan_meier(censored([1.0, 2.0], [True, True]))
    with pytest.raises(UsageError, match="restricted, unrestricted, nada"):
        kaplan_meier(sample(), "default")
    with pytest.raises(UsageError, match="log, plain"):
        kaplan_meier(sample()).mean_interval(scale="normal")
    with pytest.raises(UsageError, match="between 0 and 1"):
        kaplan_meier(sample()).mean_interval(95)
