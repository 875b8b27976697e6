"""Quantiles by keyed draws: closed forms, and what must change no bit."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weeks import AT, MODELS, Z, censored, same, term, week, within

from wbe.errors import PrecisionError, UsageError
from wbe.uncertainty import (
    Beta,
    Correlation,
    Function,
    Joint,
    LogitNormal,
    Lognormal,
    Mean,
    Normal,
    Product,
    Term,
    Uniform,
    draw,
    monte_carlo,
)
from wbe.uncertainty.monte_carlo import solve, solve_with_rows

N = 20_000


def test_lognormal_products_have_the_quantiles_of_the_closed_form():
    p = week(excretion=0.0).of
    got = solve(p, N, 1)
    sd = np.sqrt(0.2**2 + 0.15**2 + 0.25**2 + 0.3**2 + 0.1**2)
    assert within(got, np.exp(p.log_central[:, None] + sd * Z))
    mean = np.exp(p.log_central + sd**2 / 2)
    assert (np.abs(got.mean / mean - 1) < 4 * np.sqrt(np.expm1(sd**2) / N)).all()


def test_standard_errors_are_those_of_the_closed_form():
    got = solve(Product(np.zeros(60), (term("a", [f"l{k}" for k in range(60)], 0.4),)), N, 1)
    p = np.array(AT)
    density = np.exp(-(Z**2) / 2) / np.sqrt(2 * np.pi)
    expected = np.exp(0.4 * Z) * 0.4 * np.sqrt(p * (1 - p) / N) / density
    assert got.standard_errors.mean(axis=0) == pytest.approx(expected, rel=0.1)
    assert got.checks["effective_draws"] == N
    largest = (got.standard_errors / got.quantiles).max()
    assert got.checks["standard_error"] == pytest.approx(largest)


@pytest.mark.parametrize("model", [week(), censored(week())], ids=["plain", "censored"])
def test_collapsed_marginals_follow_the_law_of_the_joint_draws(model):
    """Rows and means with fewer normals against rows with a stream for every factor."""
    got = solve(model, 100_000, 1)
    x = draw(model.of, 100_000, 2)
    means = np.stack([x[rows].mean(axis=0) for rows, _ in model.members()])
    other = np.quantile(means, AT, axis=1).T
    assert (np.abs(got.quantiles - other) < 4 * np.sqrt(2) * got.standard_errors).all()
    rows = solve(model.of, 100_000, 1)
    other = np.quantile(x, AT, axis=1).T
    assert (np.abs(rows.quantiles - other) < 4.5 * np.sqrt(2) * rows.standard_errors).all()


def test_redrawing_shared_factors_for_each_day_is_detected():
    """Negative control: the naive bug gives an interval far too narrow, by many errors."""
    right = week(excretion=0.0)
    n = len(right.of)
    own = np.array([f"row{k}" for k in range(n)])
    naive = Product(
        right.of.log_central,
        tuple(Term(t.name, t.level, own, t.size, t.shape) for t in right.of.terms),
    )
    wrong, good = solve(Mean(naive, right.groups), N, 1), solve(right, N, 1)
    assert ((wrong.quantiles[:, 0] - good.quantiles[:, 0]) > 10 * good.standard_errors[:, 0]).all()
    assert ((good.quantiles[:, 2] - wrong.quantiles[:, 2]) > 10 * good.standard_errors[:, 2]).all()


def test_shared_lognormal_mean_has_the_closed_form():
    """All errors shared by the group: the mean of rows is one lognormal."""
    p = Product(np.log([1.0, 2.0, 6.0]), (term("a", ["x"] * 3, 0.3), term("b", ["y"] * 3, -0.4)))
    got = solve(Mean(p, np.full(3, "g")), N, 1)
    assert within(got, 3 * np.exp(0.5 * Z)[None, :])
    weighted = solve(Mean(p, np.full(3, "g"), np.array([1.0, 1.0, 2.0])), N, 1)
    assert within(weighted, 3.75 * np.exp(0.5 * Z)[None, :])


def test_correlated_lognormals_add_their_covariance():
    pair = (Correlation("a", "b", 0.6),)
    terms = (term("a", ["x", "y"], 0.3), term("b", ["x", "z"], 0.4))
    got = solve(Product(np.zeros(2), terms, correlations=pair), N, 1)
    sd = np.array([np.sqrt(0.3**2 + 0.4**2 + 2 * 0.6 * 0.3 * 0.4), 0.5])  # one label, two labels
    assert within(got, np.exp(sd[:, None] * Z))


def test_a_lognormal_correlated_with_a_shape_keeps_its_score():
    shape = LogitNormal(0.3, 0.5)
    pair = (Correlation("a", "e", -0.7),)
    p = Product(
        np.zeros(1), (term("a", ["x"], 0.4), term("e", ["x"], 1.0, shape)), correlations=pair
    )
    got = solve(p, 100_000, 1)
    other = np.quantile(draw(p, 100_000, 2), AT)
    assert (np.abs(got.quantiles[0] - other) < 4 * np.sqrt(2) * got.standard_errors[0]).all()
    apart = solve(Product(p.log_central, p.terms), 100_000, 1)
    assert got.quantiles[0, 2] < apart.quantiles[0, 2] - 20 * got.standard_errors[0, 2]


def test_what_stands_above_and_below_the_line_cancels_exactly():
    shape = LogitNormal(0.3, 0.5)
    top = Product(np.zeros(2), (term("e", ["x", "x"], 1.0, shape), term("f", ["a", "b"], 0.3)))
    bottom = Product(np.zeros(2), (term("e", ["x", "x"], 1.0, shape), term("f", ["a", "a"], 0.3)))
    got = solve(top.over(bottom), N, 1)
    assert (got.quantiles[0] == 1).all() and got.mean[0] == 1
    assert within(
        type(got)(got.quantiles[1:], got.mean[1:], {}, got.standard_errors[1:]),
        np.exp(0.3 * np.sqrt(2) * Z),
    )


def test_zero_spread_gives_the_deterministic_answer():
    model = week(excretion=0.0, dose=0.0, flow=0.0, visit=0.0, sampling=0.0)
    model = Mean(Product(model.of.log_central, model.of.terms[:5]), model.groups)
    x = np.exp(model.of.log_central)
    expected = np.array([x[rows].mean() for rows, _ in model.members()])
    got = solve(model, 1_000, 1)
    assert np.abs(got.quantiles / expected[:, None] - 1).max() < 1e-12
    assert np.abs(got.mean / expected - 1).max() < 1e-12


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("size", [1, 8 * 10_000, 3 * 8 * 12_500])
def test_chunks_change_no_bit(name, size, monkeypatch):
    model = MODELS[name]
    whole = [solve(m, n, 5) for m in (model, model.of) for n in (4_000, 11_000)]
    monkeypatch.setattr(monte_carlo, "_CHUNK_BYTES", size)
    parts = [solve(m, n, 5) for m in (model, model.of) for n in (4_000, 11_000)]
    assert all(same(a, b) for a, b in zip(whole, parts, strict=True))


@pytest.mark.parametrize("name", MODELS)
def test_threads_change_no_bit(name):
    one, two, four = (solve(MODELS[name], 3_000, 5, threads=n) for n in (1, 2, 4))
    assert same(one, two) and same(one, four)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(21)), st.sampled_from(list(MODELS)))
def test_row_order_changes_no_bit(order, name):
    model, rows = MODELS[name], np.array(order, dtype=np.intp)
    weights = None if model.weights is None else model.weights[rows]
    mixed = Mean(model.of.take(rows), model.groups[rows], weights)
    assert same(solve(model, 1_000, 3), solve(mixed, 1_000, 3))
    alone, moved = solve(model.of, 1_000, 3), solve(model.of.take(rows), 1_000, 3)
    assert (alone.quantiles[rows] == moved.quantiles).all()


def test_other_groups_and_other_terms_change_no_bit():
    """Neither a site, nor an analyte with errors that this one has not, nor equal names."""
    model = week()
    first = model.groups == "s0"
    rows = np.flatnonzero(first)
    alone = solve(Mean(model.of.take(rows), model.groups[rows]), 2_000, 3)
    extra = (
        term("water", np.full(21, "w"), np.where(first, 0.0, 0.5)),
        term("flow", np.full(21, "other"), np.where(first, 0.0, -0.5)),
        term("sampling", np.full(21, "w"), np.where(first, 0.0, 1.0), LogitNormal(0.2, 0.3)),
    )
    wide = Product(model.of.log_central, (*extra, *model.of.terms))
    with_all = solve(Mean(wide, model.groups), 2_000, 3)
    assert (with_all.quantiles[0] == alone.quantiles[0]).all()
    assert with_all.mean[0] == alone.mean[0]
    single = solve(model.of.take(rows), 2_000, 3)
    assert (solve(wide, 2_000, 3).quantiles[rows] == single.quantiles).all()


@pytest.mark.parametrize("draws", [2_499, 2_500, 10_000, 23_000])
def test_draws_of_a_short_run_begin_a_long_one(draws):
    from wbe.uncertainty.tiles import NumpyEngine
    from wbe.uncertainty.units import Plan

    chunk = Plan(censored(week())).compiled(0, 3)
    short, _ = NumpyEngine(3).run(chunk, draws, False)
    long, rows = NumpyEngine(3).run(chunk, 31_000, True)
    assert (long[:, :draws] == short).all()
    assert rows.shape == (21, 31_000)


def test_rows_of_a_mean_come_from_its_draws():
    model = censored(week())
    groups, rows = solve_with_rows(model, 12_000, 3)
    assert same(groups, solve(model, 12_000, 3))
    alone = solve(model.of, 12_000, 3)
    assert (
        np.abs(rows.quantiles - alone.quantiles) < 4.5 * np.sqrt(2) * alone.standard_errors
    ).all()


def test_rows_and_groups_with_an_unknown_value_stay_unknown():
    model = week()
    model.of.log_central[3] = np.nan
    got = solve(model, 1_000, 1)
    assert np.isnan(got.quantiles[0]).all() and np.isnan(got.mean[0])
    assert np.isfinite(got.quantiles[1:]).all()
    rows = solve(model.of, 1_000, 1)
    assert np.isnan(rows.quantiles[:, 0]).nonzero()[0].tolist() == [3]
    assert solve(Product(np.array([-np.inf]), ()), 1_000, 1).quantiles[0].tolist() == [0, 0, 0]


def test_pieces_of_a_product_give_what_the_whole_gives():
    p = week().of
    parts = [solve(p.take(np.array([k])), 1_000, 1) for k in range(len(p))]
    assert (np.vstack([s.quantiles for s in parts]) == solve(p, 1_000, 1).quantiles).all()


@pytest.mark.parametrize(
    ("draws", "at"), [(399, AT), (99, (0.1,)), (9_999, (0.5, 0.999)), (19, (0.5,))]
)
def test_too_few_draws_for_a_quantile_raise(draws, at):
    p = Product(np.zeros(1))
    with pytest.raises(PrecisionError, match="draws"):
        solve(p, draws, 1, at)
    solve(p, draws + 1, 1, at)


def test_infinite_draws_raise_and_name_the_row():
    p = Product(np.array([0.0, 700.0]), (term("a", ["x", "y"], 50.0),))
    with pytest.raises(PrecisionError, match="row or group 1"):
        solve(Product(np.array([0.0, 1e3])), 1_000, 1)
    with pytest.raises(PrecisionError, match="infinite"):
        solve(p, 1_000, 1)


def test_ranks_of_rows_are_calculated_from_joint_draws():
    """The lower of two rows that share all but a small error; a joint statement."""
    p = Product(np.log([1.0, 1.1]), (term("a", ["x", "x"], 0.8), term("b", ["u", "v"], 0.05)))
    got = solve(Joint(p, lambda x: x[1] / x[0]), N, 1)
    assert within(got, 1.1 * np.exp(0.05 * np.sqrt(2) * Z))
    chance = solve(Joint(p, lambda x: (x[1] > x[0]).astype(float)), N, 1).mean[0]
    expected = 0.911174  # Phi(ln 1.1 / (0.05 sqrt 2))
    assert chance == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / N))


def test_joint_draws_of_rows_are_those_of_draw():
    p = week().of
    kept = []
    solve(Joint(p, lambda x: (kept.append(x.copy()), x[0])[1]), 5_000, 3)
    assert (np.hstack(kept)[:, :5_000] == draw(p, 5_000, 3)).all()


def test_parts_and_threads_change_no_joint_result(monkeypatch):
    model = Joint(censored(week()), lambda x: x / x.sum(axis=0))
    whole = solve(model, 6_000, 3)
    assert same(whole, solve(model, 6_000, 3, threads=3))
    monkeypatch.setattr("wbe.uncertainty.joint._ROWS_BYTES", 8 * 3 * 700)
    assert same(whole, solve(model, 6_000, 3))
    order = np.arange(21)[::-1]
    turned = Mean(model.of.of.take(order), model.of.groups[order])
    assert same(whole, solve(Joint(turned, model.call), 6_000, 3))


def test_a_function_of_correlated_inputs_has_their_covariance():
    """JCGM 101 9.2 with correlation: a sum of normals is normal."""
    inputs = {"a": Normal(1.0, 3.0), "b": Normal(2.0, 4.0), "c": Normal(-1.0, 1.0)}
    got = solve(Function(lambda a, b, c: a + b + c, inputs, (Correlation("a", "b", 0.5),)), N, 1)
    assert within(got, 2.0 + np.sqrt(9 + 16 + 1 + 2 * 0.5 * 12) * Z)
    assert got.mean[0] == pytest.approx(2.0, abs=4 * np.sqrt(38 / N))


def test_a_sum_of_four_rectangular_inputs_is_that_of_jcgm_101():
    """JCGM 101 9.2.3: four uniform inputs of variance 1; the shortest 95 % interval +- 3.88."""
    root3 = np.sqrt(3.0)
    inputs = {f"x{k}": Uniform(-root3, root3) for k in range(1, 5)}
    got = solve(Function(lambda x1, x2, x3, x4: x1 + x2 + x3 + x4, inputs), 200_000, 1)
    assert got.quantiles[0] == pytest.approx([-3.88, 0.0, 3.88], abs=0.03)


def test_tabulated_inputs_follow_their_distribution():
    shape = Beta(2.0, 5.0, -1.0, 3.0)
    got = solve(Function(lambda b: b, {"b": shape}), 100_000, 1)
    assert within(got, shape.value(Z))


def test_an_input_is_keyed_by_its_name_alone():
    one = solve(Function(lambda a: a, {"a": Lognormal(1.0, 0.3)}), 4_000, 1)
    two = solve(
        Function(lambda b, a: a, {"b": Normal(), "a": Lognormal(1.0, 0.3)}), 4_000, 1, threads=2
    )
    assert same(one, two)
    assert not same(one, solve(Function(lambda c: c, {"c": Lognormal(1.0, 0.3)}), 4_000, 1))


def test_functions_that_give_no_numbers_are_refused():
    normal = {"a": Normal()}
    with pytest.raises(PrecisionError, match="no number"), np.errstate(invalid="ignore"):
        solve(Function(lambda a: np.sqrt(a), normal), 1_000, 1)
    with pytest.raises(PrecisionError, match="infinite"), np.errstate(divide="ignore"):
        solve(Function(lambda a: np.log(np.maximum(a, 0.0)), normal), 1_000, 1)
    with pytest.raises(UsageError, match="in \\(draw,\\)"):
        solve(Function(lambda a: a.mean(), normal), 1_000, 1)
    with pytest.raises(UsageError, match="no input"):
        solve(Function(lambda a: a, normal, (Correlation("a", "b", 0.1),)), 1_000, 1)
    with pytest.raises(UsageError, match="numpy"):
        solve(Function(lambda a: a, normal), 1_000, 1, engine="numba")
    with pytest.raises(UsageError, match="neither"):
        solve(Product(np.zeros(1)), 1_000, 1, engine="fortran")


def peak(run):
    """Return the most memory [MiB] that was held at once while something ran."""
    tracemalloc.start()
    run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 2**20


def many(rows):
    labels = np.array([f"r{k}" for k in range(rows)])
    shared = np.array([f"s{k // 100}" for k in range(rows)])
    terms = (term("a", labels, 0.3), term("e", shared, 1.0, LogitNormal(0.3, 0.4)))
    return Product(np.zeros(rows), terms)


@pytest.mark.parametrize(
    ("rows", "draws"), [(2_000, 10_000), (12, 1_000_000)], ids=["many rows", "many draws"]
)
def test_memory_is_that_of_a_chunk(rows, draws):
    """Materialised, the draws would take 153 and 92 MiB."""
    p = many(rows)
    assert peak(lambda: solve(p, draws, 1)) < 48
    groups = np.full(rows, "one mean of all")
    assert peak(lambda: solve(Mean(p, groups), draws, 1)) < 48


def test_memory_of_a_joint_statement_is_that_of_a_part_of_a_block(monkeypatch):
    """2,000 rows in a block take 38 MiB; parts of it less."""
    p = many(2_000)
    model = Joint(Mean(p, p.terms[1].labels), lambda x: x.max(axis=0))
    monkeypatch.setattr("wbe.uncertainty.joint._ROWS_BYTES", 2**20)
    assert peak(lambda: solve(model, 1_000, 1)) < 12
