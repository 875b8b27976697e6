"""Exact marginals against closed forms, doubled resolution, and what they must refuse."""

import numpy as np
import pytest
import quadrature
from error_models import draws, model
from scipy.special import betaincinv, ndtr, ndtri

from wbe.errors import PrecisionError, UsageError
from wbe.uncertainty import (
    BelowLimit,
    Beta,
    CensoredInterval,
    Correlation,
    Empirical,
    Joint,
    LogitNormal,
    Lognormal,
    Mean,
    Normal,
    Product,
    Term,
    Triangular,
    TruncatedNormal,
    Uniform,
    fft,
    fft_rows,
)
from wbe.uncertainty.log_grid import LogFactor, hat_masses
from wbe.uncertainty.propagation import propagate

AT = (0.025, 0.5, 0.975)
BAR = 2e-4  # of the value


def term(name, shape=None, size=1.0, labels=("a",), level="any"):
    labels = np.array(labels)
    return Term(name, level, labels, np.broadcast_to(np.float64(size), labels.shape), shape)


def logs(*terms, at=AT, correlations=()):
    """Log quantiles of one row with a central value of 1."""
    product = Product(np.zeros(1), terms, correlations=correlations)
    assert fft.obstacle(product) == ""
    return np.log(fft.solve(product, at).quantiles[0])


def days(n=7, sd=0.3, shared=0.2, shape=None, seed=1):
    """A mean over days of one site, with an error of the day and one of the site."""
    r = np.random.default_rng(seed)
    labels = [f"d{k}" for k in range(n)]
    terms = [term("flow", None, sd, labels), term("population", None, shared, ["s"] * n)]
    if shape is not None:
        terms.append(term("excretion", shape, -1.0, ["x"] * n))
    return Mean(Product(r.normal(0, 0.4, n), tuple(terms)), np.array(["s"] * n))


def test_lognormal_factors_add_their_variances():
    got = logs(term("a", None, 0.3), term("b", Lognormal(7.0, 0.2), 2.0))
    assert got == pytest.approx(0.5 * ndtri(AT), abs=1e-14)


def test_correlated_lognormal_factors_add_their_covariance():
    rho = (Correlation("a", "b", 0.5),)
    got = logs(term("a", None, 0.3), term("b", None, -0.2), correlations=rho)
    assert got == pytest.approx(np.sqrt(0.09 + 0.04 - 0.06) * ndtri(AT), abs=1e-14)


def test_no_correlation_between_different_labels():
    rho = (Correlation("a", "b", 0.5),)
    got = logs(term("a", None, 0.3), term("b", None, 0.4, ["other"]), correlations=rho)
    assert got == pytest.approx(0.5 * ndtri(AT), abs=1e-14)


def test_what_both_sides_of_a_ratio_share_cancels():
    shared = [term("excretion", LogitNormal(0.3, 0.4), -1.0), term("calibration", None, 0.2)]
    top = Product(np.log([3.0]), (*shared, term("flow", None, 0.3, ["p"])))
    bottom = Product(np.log([2.0]), (*shared, term("flow", None, 0.4, ["q"])))
    got = fft.solve(top.over(bottom), AT)
    assert got.quantiles[0] == pytest.approx(1.5 * np.exp(0.5 * ndtri(AT)), rel=1e-14)
    assert got.checks == {"edge_mass": 0.0, "step": 0.0}


@pytest.mark.parametrize("power", [1.0, 0.5, -1.0, -2.0])
@pytest.mark.parametrize(
    "shape", [Uniform(0.5, 3), Triangular(1, 2, 5), LogitNormal(0.3, 0.8), Empirical((1, 1, 2, 5))]
)
def test_one_shaped_factor_has_its_own_quantiles(shape, power):
    at = np.array(AT) if power > 0 else 1 - np.array(AT)
    expected = power * np.log(shape.value(ndtri(at)) / shape.median)
    assert logs(term("a", shape, power)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "c"), [(2, 3, 4), (0.5, 1, 1), (30, 20, 40), (0.3, 0.4, 2), (5, 0.2, 0.3)]
)
def test_beta_times_beta_is_beta(a, b, c):
    """Beta(a, b) Beta(a + b, c) = Beta(a, b + c)."""
    first, second = Beta(a, b), Beta(a + b, c)
    expected = np.log(betaincinv(a, b + c, AT) / (first.median * second.median))
    assert logs(term("u", first), term("v", second)) == pytest.approx(expected, abs=BAR / 4)


@pytest.mark.parametrize("n", [2, 5])
def test_a_product_of_uniforms_has_an_exponential_tail_each(n):
    """-ln U is exponential, and a sum of n of them gamma."""
    from scipy.special import gammaincinv

    expected = -gammaincinv(n, 1 - np.array(AT)) + n * np.log(2)
    got = logs(*(term(f"u{k}", Uniform(0, 1)) for k in range(n)))
    assert got == pytest.approx(expected, abs=BAR / 10)


def test_uniform_times_lognormal_agrees_with_its_integral():
    from scipy.integrate import quad

    got = logs(term("u", Uniform(0.5, 1.5)), term("l", None, 0.1))
    for q, p in zip(got, AT, strict=True):
        below = quad(lambda x, q=q: ndtr((q - np.log(x)) / 0.1), 0.5, 1.5, epsabs=1e-13)[0]
        density = quad(lambda x, q=q: np.exp(-(((q - np.log(x)) / 0.1) ** 2) / 2), 0.5, 1.5)[0]
        assert abs(below - p) / (density / np.sqrt(2 * np.pi) / 0.1) < BAR / 10


def test_atoms_stay_where_they_are():
    """Values 1 and e, times 1 and e^2: a seventh of the products is 1, a seventh e^3."""
    pair = [Empirical((1, 1, 1, 1, 1 + 1e-9, x, x, x, x)) for x in (np.e, np.e**2)]
    got = logs(term("u", pair[0]), term("v", pair[1]), at=(0.05, 0.13, 0.87, 0.95))
    assert got == pytest.approx([0, 0, 3, 3], abs=BAR / 2)


@pytest.mark.parametrize("sd", [0.003, 0.02, 0.2])
@pytest.mark.parametrize(
    "shape", [Empirical((1, 1, 1, 2, 3)), Beta(0.3, 0.4, 0.5, 1), Triangular(0, 0.1, 1)]
)
def test_a_shaped_times_a_lognormal_factor_agrees_with_its_average(shape, sd):
    """P(Y + s Z <= q) is the average of Phi((q - Y) / s) over the quantiles of Y."""
    u = (np.arange(400_000) + 0.5) / 400_000
    y = np.log(shape.value(ndtri(u)) / shape.median)
    for q, p in zip(logs(term("a", shape), term("b", None, sd)), AT, strict=True):
        z = (q - y) / sd
        density = np.exp(-(z**2) / 2).mean() / np.sqrt(2 * np.pi) / sd
        assert abs(ndtr(z).mean() - p) / density < BAR / 4


@pytest.mark.parametrize("seed", range(32))
def test_random_products_do_not_change_with_doubled_resolution(seed):
    p = model(seed)
    got, finer = fft.solve(p, AT), fft.solve(p, AT, 2.0)
    assert got.quantiles == pytest.approx(finer.quantiles, rel=BAR / 4)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("n", [3, 7])
def test_random_means_do_not_change_with_doubled_resolution(seed, n):
    m = model(seed, n)
    got, finer = fft.solve(m, AT), fft.solve(m, AT, 2.0)
    assert got.quantiles == pytest.approx(finer.quantiles, rel=BAR / 4)


@pytest.mark.parametrize(("seed", "n"), [(1, 1), (3, 1), (7, 1), (2, 3), (5, 7)])
def test_draws_put_the_right_share_below_the_quantiles(seed, n):
    m, size = model(seed, n), 40_000
    got = fft.solve(m, AT)
    x = draws(m, size, seed)
    for p, q in zip(AT, got.quantiles[0], strict=True):
        assert (x <= q).mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / size))
    assert x.mean() == pytest.approx(got.mean[0], abs=5 * x.std() / np.sqrt(size))


def test_a_mean_of_days_shares_the_error_of_the_site():
    """Its log variance is that of the site and at most that of one day more."""
    both, own, shared = (
        np.log(fft.solve(days(sd=a, shared=b), AT).quantiles[0])
        for a, b in ((0.3, 0.2), (0.3, 0.0), (0.0, 0.2))
    )
    assert shared[2] - shared[0] == pytest.approx(2 * 0.2 * ndtri(0.975), rel=1e-12)
    width = np.hypot(own[2] - own[0], shared[2] - shared[0])
    assert both[2] - both[0] == pytest.approx(width, rel=2e-3)


def test_a_mean_of_many_days_has_the_moments_of_a_sum():
    n, sd = 64, 0.2
    labels = [f"d{k}" for k in range(n)]
    p = Product(np.zeros(n), (term("flow", None, sd, labels),))
    at = tuple(np.linspace(0.0005, 0.9995, 1000))
    q = fft.solve(Mean(p, np.array(["s"] * n)), at).quantiles[0]
    mean, variance = np.exp(sd**2 / 2), np.expm1(sd**2) * np.exp(sd**2) / n
    assert q.mean() == pytest.approx(mean, rel=1e-4)
    assert q.var() == pytest.approx(variance, rel=0.01)


def test_the_sum_of_two_uniforms_is_triangular():
    labels = ["p", "q"]
    m = Mean(Product(np.zeros(2), (term("u", Uniform(0, 2), 1.0, labels),)), np.array(["s"] * 2))
    expected = [np.sqrt(0.025 * 2), 1.0, 2 - np.sqrt(0.025 * 2)]
    got = fft.solve(m, AT).quantiles[0]
    # the mean of two is a triangle on [0, 2] with its mode at 1; the median of a factor is 1
    assert got == pytest.approx(expected, rel=BAR / 2)


@pytest.mark.parametrize("shared", [0.0, 0.2])
def test_a_mean_of_two_days_with_ties_has_ties(shared):
    """Values 1 and 3 with ties: means of 1, 2 and 3, times what the days share."""
    ties = Empirical((1, 1, 1, 1, 1 + 1e-9, 3, 3, 3, 3))
    p = Product(
        np.zeros(2),
        (term("u", ties, 1.0, ["p", "q"]), term("v", None, shared, ["s", "s"])),
    )
    at = (0.05, 0.13, 0.87, 0.95)
    got = fft.solve(Mean(p, np.array(["s", "s"])), at).quantiles[0]
    if not shared:
        assert got == pytest.approx([1, 1, 3, 3], rel=BAR / 2)
    r, n = np.random.default_rng(3), 400_000
    x = ties.value(r.standard_normal((2, n))).mean(axis=0) * np.exp(shared * r.standard_normal(n))
    for q, share in zip(got, at, strict=True):
        error = 4 * np.sqrt(share * (1 - share) / n)
        assert (x < q * (1 - BAR)).mean() - error <= share <= (x <= q * (1 + BAR)).mean() + error


def test_a_mean_of_one_row_is_the_row():
    p = Product(np.log([3.0]), (term("a", None, 0.3), term("b", LogitNormal(0.2, 0.5), -1.0)))
    row, mean = fft.solve(p, AT), fft.solve(Mean(p, np.array(["s"])), AT)
    assert mean.quantiles == pytest.approx(row.quantiles, rel=1e-12)
    assert mean.mean == pytest.approx(row.mean, rel=1e-12)


def test_weights_count():
    m = days(2, sd=0.3, shared=0.0)
    heavy = Mean(m.of, m.groups, np.array([1.0, 1e-9]))
    alone = fft.solve(m.of.take(np.array([0])), AT).quantiles
    assert fft.solve(heavy, AT).quantiles == pytest.approx(alone, rel=BAR)


def test_nested_sharing_is_a_tree():
    """Two visits of two days: draws of the same errors put the right share below."""
    visit, day = ["v", "v", "w", "w"], ["1", "2", "3", "4"]
    terms = (
        term("site", LogitNormal(0.3, 0.4), -1.0, ["s"] * 4),
        term("visit", Triangular(0.5, 1, 2), 1.0, visit),
        term("day", None, 0.4, day),
    )
    m = Mean(Product(np.array([0.0, 0.3, -0.2, 0.5]), terms), np.array(["s"] * 4), np.ones(4))
    x, got = draws(m, 100_000, 5), fft.solve(m, AT)
    for p, q in zip(AT, got.quantiles[0], strict=True):
        assert (x <= q).mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 100_000))


def test_means_are_exact():
    shape = Beta(2, 3, 0.0, 2.0)
    p = Product(np.log([4.0]), (term("a", None, 0.3), term("b", shape)))
    assert fft.solve(p, AT).mean[0] == pytest.approx(4 * np.exp(0.045) * 0.8 / shape.median)
    n = 7
    m = days(n, shape=LogitNormal(0.3, 0.4))
    single = fft.solve(m.of, AT).mean
    assert fft.solve(m, AT).mean[0] == pytest.approx(single.mean(), rel=1e-12)


@pytest.mark.parametrize(
    "shape", [Uniform(0, 1), TruncatedNormal(1, 0.5), Triangular(0, 0, 1), Beta(1, 2)]
)
def test_a_reciprocal_without_a_mean_says_so(shape):
    p = Product(np.zeros(1), (term("a", None, 0.3), term("b", shape, -1.0)))
    got = fft.solve(p, AT)
    assert np.isnan(got.mean[0])
    assert np.isfinite(got.quantiles).all()


@pytest.mark.parametrize("power", [-0.9, -0.3, 0.5, 2.0])
@pytest.mark.parametrize(
    "shape",
    [
        Uniform(0, 2), TruncatedNormal(1, 0.5), Triangular(0, 1, 2), Beta(1, 2),
        LogitNormal(0.3, 1.5), CensoredInterval(1, 1.5, 0, 1.2), Empirical((1, 1, 2, 5)),
    ],
)  # fmt: skip
def test_the_mean_of_a_power_agrees_with_an_integral(shape, power):
    from scipy.integrate import quad

    if isinstance(shape, TruncatedNormal):

        def moment(k):
            weight = {"weight": "alg", "wvar": (k, 0)}
            low = quad(lambda x: np.exp(-2 * (x - 1) ** 2), 0, 1, **weight)[0]
            return low + quad(lambda x: x**k * np.exp(-2 * (x - 1) ** 2), 1, 9)[0]

        expected = moment(power) / moment(0.0) / shape.median**power
    else:

        def of(u):  # over u^(1/20), so that what a negative power has at 0 can be integrated
            return 20 * u**19 * float(shape.value(ndtri(u**20)) / shape.median) ** power

        kinks = [(1 / 3) ** 0.05, (2 / 3) ** 0.05]
        expected = quad(of, 1e-3, 1, limit=500, points=kinks, epsrel=1e-9)[0]
    assert LogFactor(shape, power).mean() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("step", [0.5, 0.03, 0.0007])
@pytest.mark.parametrize(
    "shape",
    [LogitNormal(0.3, 0.05), Empirical((1, 1, 1, 2, 3)), Beta(0.3, 0.4, 0.5, 1), Uniform(0, 1)],
)
def test_masses_keep_the_mean_of_the_log(shape, step):
    factor = LogFactor(shape, -1.0)
    first, masses = hat_masses(factor, step)
    u = (np.arange(400_000) + 0.5) / 400_000
    expected = -np.log(shape.value(ndtri(u)) / shape.median).mean()
    assert masses.sum() == pytest.approx(1, abs=1e-12)
    assert masses.min() > -1e-12
    got = (first + np.arange(len(masses))) @ masses * step
    assert got == pytest.approx(expected, abs=1e-5)


SPREADS = [0.0, 1e-4, 0.005, 0.02, 0.05, 0.2, 0.6]
FRACTIONS = [(0.29, 0.37), (0.005, 0.7), (0.65, 0.2), (0.75, 0.5)]


@pytest.mark.parametrize("power", [1.0, -1.0])
@pytest.mark.parametrize(("centre", "logit_sd"), FRACTIONS)
def test_one_fraction_and_lognormal_errors_agree_with_quadrature(centre, logit_sd, power):
    for sd in SPREADS[3:]:
        p = Product(
            np.zeros(1),
            (term("a", None, sd), term("b", LogitNormal(centre, logit_sd), power)),
        )
        got, expected = fft.solve(p, AT), quadrature.summary(sd, centre, power * logit_sd)
        for q, name in zip(got.quantiles[0], ("lower", "median", "upper"), strict=True):
            assert q == pytest.approx(expected[name], rel=BAR / 10)
        assert got.mean[0] == pytest.approx(expected["mean"], rel=1e-6)


@pytest.mark.parametrize("sd", SPREADS)
@pytest.mark.parametrize(("centre", "logit_sd"), FRACTIONS)
def test_quantiles_put_the_right_probability_below_them(sd, centre, logit_sd):
    """Also where the lognormal errors are too small for a grid to show."""
    shape = LogitNormal(centre, logit_sd)
    z = np.linspace(-9, 9, 200_001)
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    for q, p in zip(logs(term("a", None, sd), term("b", shape, -1.0)), AT, strict=True):
        away = q + shape.log_error(z)
        inside = ndtr(away / sd) if sd else (away >= 0).astype(float)
        assert inside @ weight == pytest.approx(p, abs=2e-5)


def some_rows(n=60):
    r = np.random.default_rng(4)
    labels = [f"r{k}" for k in range(n)]
    odd = np.arange(n) % 2
    terms = (
        Term("a", "any", np.array(labels), r.uniform(0.01, 0.6, n)),
        Term("b", "any", np.array(labels), -1.0 * odd, LogitNormal(0.3, 0.4)),
        Term("c", "any", np.array(labels), r.choice([0, 1.0, 0.5], n), Triangular(0.5, 1, 2)),
    )
    return Product(r.normal(0, 1, n), terms)


@pytest.mark.parametrize("rows", [np.arange(1), np.arange(7, 31), np.arange(60)[::-1]])
def test_neighbours_change_no_bit(rows):
    p = some_rows()
    whole, part = fft.solve(p, AT), fft.solve(p.take(rows), AT)
    assert (part.quantiles == whole.quantiles[rows]).all()
    assert (part.mean == whole.mean[rows]).all()


def test_portions_of_a_batch_change_no_bit(monkeypatch):
    p = some_rows()
    whole = fft.solve(p, AT).quantiles
    monkeypatch.setattr(fft_rows, "_MEMORY", 3 * 32 * 256)
    monkeypatch.setattr(fft_rows, "_AT_ONCE", 7)
    assert (fft.solve(p, AT).quantiles == whole).all()


def test_the_order_of_the_rows_of_a_mean_changes_no_bit():
    m = model(11, 7)
    rows = np.array([3, 0, 6, 2, 5, 1, 4])
    turned = Mean(m.of.take(rows), m.groups[rows], m.weights[rows])
    assert (fft.solve(turned, AT).quantiles == fft.solve(m, AT).quantiles).all()


def test_unrelated_groups_change_no_bit():
    one, other = days(seed=1), days(5, 0.5, 0.1, seed=2)
    both = Product(
        np.concatenate([one.of.log_central, other.of.log_central]),
        tuple(
            Term(a.name, "any", np.append(a.labels, np.char.add("o", b.labels)),
                 np.append(a.size, b.size))
            for a, b in zip(one.of.terms, other.of.terms, strict=True)
        ),
    )  # fmt: skip
    together = Mean(both, np.append(one.groups, ["t"] * 5))
    assert (fft.solve(together, AT).quantiles[0] == fft.solve(one, AT).quantiles[0]).all()


def test_nothing_known_stays_unknown():
    p = Product(np.array([np.nan, 0.0]), (term("a", LogitNormal(0.3, 0.4), 1.0, ["a", "b"]),))
    got = fft.solve(p, AT)
    assert np.isnan(got.quantiles[0]).all()
    assert np.isfinite(got.quantiles[1]).all()
    assert np.isnan(fft.solve(Mean(p, np.array(["s", "s"])), AT).quantiles).all()


def test_no_spread_gives_the_central_value():
    p = Product(np.log([3.0, 5.0]), (term("a", None, 0.0, ["a", "b"]),))
    assert fft.solve(p, AT).quantiles == pytest.approx(np.array([[3.0] * 3, [5.0] * 3]), rel=1e-14)
    assert fft.solve(Mean(p, np.array(["s"] * 2)), AT).quantiles[0] == pytest.approx([4.0] * 3)


def one_sum(sd, *shapes):
    parts = tuple(LogFactor(s, 1.0) for s in shapes)
    return fft_rows.Sums([parts], np.zeros(1, dtype=np.intp), np.array([sd]))


@pytest.mark.parametrize("sd", [0.0, 0.1])
def test_too_short_a_grid_raises(sd):
    sums = one_sum(sd, LogitNormal(0.3, 0.6), Uniform(0, 1))
    with pytest.raises(PrecisionError, match="alias"):
        fft_rows.solve(sums, AT, points=64)


@pytest.mark.parametrize("sd", [0.0, 0.1])
def test_too_coarse_a_grid_raises(sd):
    shape = Empirical((1, 1, 2, 3))
    with pytest.raises(PrecisionError, match="steps"):
        fft_rows.solve(one_sum(sd, shape, shape), AT, finer=1 / 16)


def test_mass_at_the_ends_raises(monkeypatch):
    """Were the summed supports believed to be shorter, the ends would tell."""
    from wbe.uncertainty import grid_plan

    monkeypatch.setattr(grid_plan, "EDGE", 2.0)
    monkeypatch.setattr(grid_plan, "_LEAST_POINTS", 2)
    sums = one_sum(0.7, LogitNormal(0.3, 0.01))
    with pytest.raises(PrecisionError, match="ends"):
        fft_rows.solve(sums, AT)


def test_quantiles_beyond_the_grid_raise():
    with pytest.raises(PrecisionError, match="1e-6"):
        logs(term("a", LogitNormal(0.3, 0.4)), term("b", None, 0.1), at=(1e-8,))


def test_a_sum_too_wide_for_a_grid_falls_back_to_draws_only_where_it_may():
    m = days(3, sd=4.0)
    with pytest.raises(PrecisionError, match="points"):
        propagate(m, method="fft")
    assert propagate(m, draws=2_500).method == "monte_carlo"


def test_an_untruncated_normal_is_refused():
    p = Product(np.zeros(1), (term("flow", Normal(1.0, 0.1)),))
    assert "flow allows values of 0 or below" in fft.obstacle(p)
    with pytest.raises(UsageError, match="0 or below"):
        propagate(p, method="fft")


def test_what_is_no_independent_product_is_refused():
    a, b = term("a", Uniform(1, 2)), term("b", None, 0.1)
    rho = (Correlation("a", "b", 0.5),)
    assert "correlated" in fft.obstacle(Product(np.zeros(1), (a, b), correlations=rho))
    assert fft.obstacle(Product(np.zeros(1), (a,), correlations=rho)) == ""
    twice = (a, term("a", Uniform(1, 3)))
    assert "two shapes" in fft.obstacle(Product(np.zeros(1), twice))
    name = np.array(["s"])
    fits = {"s": (0.0, 0.0, np.eye(2))}
    low = BelowLimit(np.arange(1), name, np.zeros(1), name, fits, np.zeros(1))
    assert "below a limit" in fft.obstacle(Product(np.full(1, np.nan), (), low))
    assert "joint" in fft.obstacle(Joint(Product(np.zeros(1)), lambda x: x))


def shared(name, labels, size=0.1):
    return term(name, None, size, list(labels))


@pytest.mark.parametrize(
    ("terms", "rho", "why"),
    [
        ((shared("a", "ppqq"), shared("b", "pqpq")), 0.0, "not nested"),
        ((shared("a", "pppp", np.array([0.1, 0.1, 0.1, 0.2])),), 0.0, "sizes"),
        ((shared("a", "pppp"), shared("b", "ppqq")), 0.4, "correlated"),
    ],
)
def test_sharing_that_is_no_tree_is_refused(terms, rho, why):
    correlations = (Correlation("a", "b", rho),) if rho else ()
    m = Mean(Product(np.zeros(4), terms, correlations=correlations), np.array(["s"] * 4))
    assert why in fft.obstacle(m)
    assert propagate(m, draws=2_500).method == "monte_carlo"
