"""The numba engine: parts against what they stand for, and the same promises as numpy's."""

import hashlib
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from scipy.special import kolmogorov, ndtr
from weeks import AT, MODELS, Z, same, term, week, within

from wbe.uncertainty import BLOCK, LogitNormal, Pert, Product, draw, monte_carlo
from wbe.uncertainty.monte_carlo import solve, solve_with_rows
from wbe.uncertainty.units import Plan

pytest.importorskip("numba", reason="the extra 'fast' (numba) is not installed")
from numba import njit

from wbe.uncertainty import fast, kernels
from wbe.uncertainty.kernel_normals import _next as advance
from wbe.uncertainty.kernel_normals import normals as fill
from wbe.uncertainty.kernel_normals import start, ziggurat

N = 20_000


def fast_solve(model, draws=N, seed=1, threads=1):
    return solve(model, draws, seed, AT, "numba", threads)


def normals(n, seed=(1, 2, 3, 4), tile=0):
    state, out = np.empty(4, dtype=np.uint64), np.empty(n)
    start(np.array(seed, dtype=np.uint64), tile, state)
    fill(out, state)
    return out


def test_layers_have_one_area_and_close_at_the_top():
    """Marsaglia and Tsang 2000: all 256 layers have the area of the lowest with its tail."""
    _, widths, heights = ziggurat()
    right = widths * 2.0**52
    areas = right[1:-1] * (heights[:-2] - heights[1:-1])
    assert areas[1:] == pytest.approx(np.full(253, 0.00492867323399), rel=1e-9)
    assert areas[0] == pytest.approx(0.00492867323399, rel=1e-6)
    tail = np.sqrt(np.pi / 2) * 2 * ndtr(-right[-1])
    assert right[-1] * heights[-1] + tail == pytest.approx(0.00492867323399, rel=1e-9)


def test_the_generator_is_xoshiro256_plus_plus():
    """Blackman and Vigna's recurrence, in Python's integers, from the state 1, 2, 3, 4."""

    def rotated(x, k):
        return ((x << k) | (x >> (64 - k))) & (2**64 - 1)

    @njit
    def compiled(out, a, b, c, d):
        for i in range(len(out)):
            out[i], a, b, c, d = advance(a, b, c, d)

    got, state = np.empty(50, dtype=np.uint64), [1, 2, 3, 4]
    compiled(got, *(np.uint64(x) for x in state))
    for number in got.tolist():
        assert number == (rotated((state[0] + state[3]) % 2**64, 23) + state[0]) % 2**64
        shifted = (state[1] << 17) % 2**64
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = rotated(state[3], 45)
    assert got[:3].tolist() == [41943041, 58720359, 3588806011781223]


def test_normals_are_standard_normal_to_the_tails():
    z = np.sort(normals(2_000_000))
    n = len(z)
    share = np.arange(1, n + 1) / n
    distance = np.abs(ndtr(z) - share).max() + 1 / n
    assert kolmogorov(distance * np.sqrt(n)) > 1e-4
    for power, expected, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert (z**power).mean() == pytest.approx(expected, abs=4 * np.sqrt(variance / n))
    for edge in (2.5, 3.6541528853610088, 4.2):  # inside, at, and beyond the start of the tail
        for beyond in ((z > edge).sum(), (z < -edge).sum()):
            assert beyond == pytest.approx(n * ndtr(-edge), abs=4 * np.sqrt(n * ndtr(-edge)))


def test_neighbouring_streams_are_unrelated():
    one = normals(10_000)
    for other in (normals(10_000, tile=1), normals(10_000, seed=(1, 2, 3, 5))):
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(10_000)


def test_exponential_is_exact_to_1e_14_and_safe_at_the_ends():
    x = np.linspace(-700.0, 700.0, 100_001)
    got = x.copy()
    kernels.exponential(got, 0.0, 1.0)
    assert np.abs(got / np.exp(x) - 1).max() < 1e-13
    ends = np.array([-np.inf, -1e300, -745.0, 0.0, 709.0, 710.0, 1e300, np.inf])
    kernels.exponential(ends, 0.0, 1.0)
    assert ends[:3].tolist() == [0, 0, 0] and ends[3] == 1
    assert np.isfinite(ends[4]) and np.isinf(ends[5:]).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        np.exp(np.random.default_rng(1).standard_normal((3, 4_321))),
        np.exp(np.random.default_rng(1).standard_normal((2, 2_500)) * 40),
        np.ones((2, 1_000)),
        np.repeat([[0.0, 1.0, 2.0]], 400, axis=1),
    ],
    ids=["lognormal", "80 decades", "equal", "ties"],
)
def test_order_statistics_are_those_of_a_sorted_row(values):
    wanted = np.array([0, 1, 17, values.shape[1] // 2, values.shape[1] - 2, values.shape[1] - 1])
    found, mean = np.empty((len(values), len(wanted))), np.empty(len(values))
    kernels.order_statistics(values, values.shape[1], wanted, found, mean)
    assert (found == np.sort(values, axis=1)[:, wanted]).all()
    assert mean == pytest.approx(values.mean(axis=1), rel=1e-13)


def test_lognormal_products_have_the_quantiles_of_the_closed_form():
    p = week(excretion=0.0).of
    sd = np.sqrt(0.2**2 + 0.15**2 + 0.25**2 + 0.3**2 + 0.1**2)
    assert within(fast_solve(p), np.exp(p.log_central[:, None] + sd * Z))


@pytest.mark.parametrize("name", MODELS)
def test_both_engines_have_one_law_and_different_numbers(name):
    for model in (MODELS[name], MODELS[name].of):
        a, b = solve(model, 100_000, 1, AT), fast_solve(model, 100_000)
        error = np.hypot(a.standard_errors, b.standard_errors)
        assert (np.abs(a.quantiles - b.quantiles) < 4.5 * error).all()
        assert a.mean == pytest.approx(b.mean, rel=0.02)
        assert (a.quantiles != b.quantiles).any()


def test_shapes_are_interpolated_from_their_table():
    terms = (
        term("e", ["x"], -1.0, LogitNormal(0.3, 0.8)),
        term("f", ["y"], 1.0, Pert(0.5, 1.0, 4.0)),
    )
    p = Product(np.zeros(1), terms)
    other = np.quantile(draw(p, 200_000, 5), AT)
    got = fast_solve(p, 200_000)
    assert (np.abs(got.quantiles[0] - other) < 4 * np.sqrt(2) * got.standard_errors[0]).all()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("draws", [3_000, 23_000])
def test_chunks_threads_and_ways_change_no_bit(name, draws, monkeypatch):
    model = MODELS[name]
    whole = fast_solve(model, draws), fast_solve(model.of, draws)
    assert same(whole[0], fast_solve(model, draws, threads=2))
    assert same(whole[0], fast_solve(model, draws, threads=4))
    monkeypatch.setattr(monte_carlo, "_CHUNK_BYTES", 1)
    assert same(whole[0], fast_solve(model, draws))
    assert same(whole[1], fast_solve(model.of, draws))
    monkeypatch.setattr(monte_carlo, "_CHUNK_BYTES", 2**23)
    monkeypatch.setattr(fast, "_ERRORS", -1)  # tile by tile instead of unit by unit
    monkeypatch.setattr(fast, "_PIECE", 2)
    assert same(whole[0], fast_solve(model, draws))
    assert same(whole[1], fast_solve(model.of, draws))


@pytest.mark.parametrize("draws", [3_000, 12_000])
def test_rows_of_a_mean_come_from_its_draws(draws):
    groups, rows = solve_with_rows(MODELS["plain"], draws, 3, AT, "numba")
    assert same(groups, fast_solve(MODELS["plain"], draws, 3))
    plain, _ = solve_with_rows(MODELS["plain"], draws, 3, AT, "numba", threads=2)
    assert same(groups, plain)
    alone = fast_solve(MODELS["plain"].of, draws, 4)
    error = np.hypot(rows.standard_errors, alone.standard_errors)
    assert (np.abs(rows.quantiles - alone.quantiles) < 4.5 * error).all()


def test_row_order_and_other_groups_change_no_bit():
    model = MODELS["weighted"]
    whole = fast_solve(model, 2_000)
    order = np.random.default_rng(1).permutation(21)
    turned = type(model)(model.of.take(order), model.groups[order], model.weights[order])
    assert same(whole, fast_solve(turned, 2_000))
    rows = np.flatnonzero(model.groups == "s1")
    part = type(model)(model.of.take(rows), model.groups[rows], model.weights[rows])
    assert (fast_solve(part, 2_000).quantiles[0] == whole.quantiles[1]).all()


def test_draws_of_a_short_run_begin_a_long_one():
    chunk = Plan(MODELS["censored"]).compiled(0, 3)
    short = fast.NumbaEngine(3).run(chunk, 2 * BLOCK + 1, False)[0]
    long = fast.NumbaEngine(3).run(chunk, 31_000, False)[0]
    assert (long[:, : 2 * BLOCK + 1] == short).all()


def test_streams_are_named_by_seed_variable_and_label():
    words = fast.NumbaEngine(7)._words("flow", ["plant", "other"])
    name = hashlib.blake2b(b"7\x1fflow\x1fplant", digest_size=32).digest()
    assert words[0].tobytes() == np.frombuffer(name, "<u8").astype(np.uint64).tobytes()
    assert (words[0] != words[1]).any()
    assert (fast.NumbaEngine(8)._words("flow", ["plant"]) != words[:1]).any()


def test_without_numba_the_error_names_the_extra():
    code = """
        import sys
        sys.modules["numba"] = None
        import numpy as np
        from wbe.errors import UsageError
        from wbe.uncertainty import Product
        from wbe.uncertainty.monte_carlo import solve
        solve(Product(np.zeros(1)), 1_000, 1)
        try:
            solve(Product(np.zeros(1)), 1_000, 1, engine="numba")
        except UsageError as error:
            print(error)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    assert "wbe-drugs[fast]" in run.stdout
    assert "numba" not in run.stderr
