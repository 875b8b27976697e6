"""Budgets against closed forms: which input the variance comes from."""

import tracemalloc

import numpy as np
import pytest

from wbe.errors import PrecisionError, UsageError
from wbe.uncertainty import (
    BelowLimit,
    Correlation,
    Function,
    Joint,
    LogitNormal,
    Mean,
    Normal,
    Product,
    Stream,
    Term,
    Uniform,
    budget,
    log_draws,
)
from wbe.uncertainty.inputs import inputs_of
from wbe.uncertainty.sensitivity import pick_freeze
from wbe.uncertainty.swaps import Held, Swapped

COLUMNS = ("share", "first", "total")


def term(name, size, labels=("a",), level="site", shape=None):
    return Term(name, level, np.array(list(labels)), np.full(len(labels), float(size)), shape)


def product(*terms, n=1, **options):
    return Product(np.log(np.full(n, 200.0)), terms, **options)


def of(b, name):
    """Return (share, first, total) and their standard errors of one input."""
    i = b.inputs.index(name)
    return (
        np.array([getattr(b, c)[i] for c in COLUMNS]),
        np.array([getattr(b, f"{c}_se")[i] for c in COLUMNS]),
    )


def agrees(b, name, expected, within=4.0):
    found, errors = of(b, name)
    return bool((np.abs(found - np.asarray(expected)) <= within * errors + 1e-12).all())


def ishigami(a=7.0, b=0.1):
    x = Uniform(-np.pi, np.pi)
    return Function(
        lambda x1, x2, x3: np.sin(x1) + a * np.sin(x2) ** 2 + b * x3**4 * np.sin(x1),
        {"x1": x, "x2": x, "x3": x},
    )


def sobol_g(a):
    def call(**x):
        return np.prod([(np.abs(4 * x[n] - 2) + c) / (1 + c) for n, c in a.items()], axis=0)

    return Function(call, {name: Uniform(0.0, 1.0) for name in a})


# products on the log scale: closed forms


def test_shares_of_a_lognormal_product_are_its_squared_log_sds():
    b = budget(product(term("flow", 0.1), term("people", -0.2), term("bias", 0.2)))
    assert b.method == "closed_form" and b.scale == "log" and b.draws == 0
    assert b.inputs == ("bias", "people", "flow")
    for column in COLUMNS:
        assert getattr(b, column) == pytest.approx([4 / 9, 4 / 9, 1 / 9])
        assert (getattr(b, f"{column}_se") == 0).all()
    assert b.variance == pytest.approx(0.09)


def test_draws_agree_with_the_closed_form_also_with_shapes():
    p = product(
        term("flow", 0.1), term("people", -0.2), term("excretion", -1, shape=LogitNormal(0.3, 0.4))
    )
    exact, drawn = budget(p), budget(p, method="pick_freeze", draws=50_000)
    assert drawn.method == "pick_freeze" and drawn.variance == pytest.approx(
        exact.variance, rel=0.02
    )
    for name, share in zip(exact.inputs, exact.share, strict=True):
        assert agrees(drawn, name, [share] * 3)


def test_correlated_variables_are_one_input_with_their_covariance():
    pair = (Correlation("flow", "people", 0.6),)
    p = product(term("flow", 0.3), term("people", -0.2), term("bias", 0.1), correlations=pair)
    together = 0.09 + 0.04 - 2 * 0.6 * 0.06
    exact = budget(p)
    assert exact.inputs == ("flow + people", "bias")
    assert exact.share == pytest.approx(np.array([together, 0.01]) / (together + 0.01))
    drawn = budget(p, method="pick_freeze", draws=50_000)
    assert agrees(drawn, "flow + people", [exact.share[0]] * 3)
    assert agrees(drawn, "bias", [exact.share[1]] * 3)


def test_levels_add_up_their_variables():
    p = product(term("flow", 0.1), term("people", 0.2), term("bias", 0.3, level="lab"))
    b = budget(p, by="level")
    assert b.inputs == ("lab", "site") and b.share == pytest.approx([9 / 14, 5 / 14])


def test_what_a_ratio_shares_comes_out_at_zero_and_is_still_named():
    shape = LogitNormal(0.3, 0.4)
    top = product(term("excretion", -1, ["f"], shape=shape), term("flow", 0.1, ["a"]))
    bottom = product(term("excretion", -1, ["f"], shape=shape), term("flow", 0.2, ["b"]))
    for method in ("closed_form", "pick_freeze"):
        b = budget(top.over(bottom), method=method)
        assert (np.stack(of(b, "excretion")) == 0).all()
        assert of(b, "flow")[0] == pytest.approx([1.0] * 3, abs=0.05)


def test_an_error_of_size_zero_is_no_input():
    assert budget(product(term("flow", 0.1), term("visit", 0.0))).inputs == ("flow",)


# functions with known indices


def test_ishigami_has_its_published_indices():
    b = budget(ishigami(), draws=100_000)
    assert b.scale == "natural"
    first = {"x1": 0.3139, "x2": 0.4424, "x3": 0.0}
    total = {"x1": 0.5576, "x2": 0.4424, "x3": 0.2437}
    for name in first:
        (_, s, t), (_, s_se, t_se) = of(b, name)
        assert abs(s - first[name]) < 4 * s_se < 0.02
        assert abs(t - total[name]) < 4 * t_se < 0.02
    assert b.variance == pytest.approx(13.8446, rel=0.01)


def test_holding_an_input_takes_its_interactions_with_it():
    """x3 = 0 leaves sin(x1) + 7 sin^2(x2): what the share is that no first-order index shows."""
    b = budget(ishigami(), draws=100_000)
    whole = 13.8446
    left = 0.5 + 7**2 / 8
    (share, first, _), (error, first_error, _) = of(b, "x3")
    assert abs(share - (1 - left / whole)) < 4 * error
    assert abs(first) < 4 * first_error


def test_sobol_g_function_has_its_closed_form():
    a = {"x1": 0.0, "x2": 1.0, "x3": 4.5, "x4": 9.0}
    part = {n: 1 / (3 * (1 + c) ** 2) for n, c in a.items()}
    whole = np.prod([1 + v for v in part.values()]) - 1
    b = budget(sobol_g(a), scale="natural", draws=100_000)
    for name, v in part.items():
        rest = np.prod([1 + w for n, w in part.items() if n != name])
        (_, s, t), (_, s_se, t_se) = of(b, name)
        assert abs(s - v / whole) < 4 * s_se < 0.02
        assert abs(t - v * rest / whole) < 4 * t_se < 0.02
    assert b.first.sum() <= 1 <= b.total.sum()


def test_of_an_additive_function_all_three_agree():
    f = Function(lambda x, y: x + 2 * y, {"x": Normal(0.0, 1.0), "y": Normal(0.0, 1.0)})
    b = budget(f, draws=50_000)
    assert agrees(b, "x", [0.2] * 3) and agrees(b, "y", [0.8] * 3)


def test_of_a_pure_interaction_no_input_explains_anything_alone():
    f = Function(lambda x, y: x * y, {"x": Normal(0.0, 1.0), "y": Normal(0.0, 1.0)})
    b = budget(f, draws=50_000)
    assert agrees(b, "x", [1.0, 0.0, 1.0]) and agrees(b, "y", [1.0, 0.0, 1.0])


def test_an_input_that_is_not_used_has_exactly_zero():
    f = Function(lambda x, y: x + 0 * y, {"x": Normal(0.0, 1.0), "y": Normal(0.0, 1.0)})
    b = budget(f)
    assert (np.stack(of(b, "y")) == 0).all()
    assert agrees(b, "x", [1.0] * 3)


def test_correlated_inputs_of_a_function_are_one():
    f = Function(
        lambda x, y, z: x - y + z,
        dict.fromkeys("xyz", Normal(0.0, 1.0)),
        (Correlation("x", "y", 0.5),),
    )
    b = budget(f, draws=50_000)
    assert set(b.inputs) == {"x + y", "z"} and agrees(b, "x + y", [0.5] * 3)


def test_standard_errors_are_as_wide_as_repeats_differ():
    f, deviations = ishigami(), []
    for seed in range(80):
        found, errors = of(budget(f, draws=2_000, seed=seed), "x1")
        deviations.append((found - [1 - (7**2 / 8) / 13.8446, 0.3139, 0.5576]) / errors)
    spread = np.std(np.array(deviations), axis=0)
    assert (spread > 0.75).all() and (spread < 1.3).all()


# means, joint statements, values below a limit


def week(of_sizes):
    days = [f"d{k}" for k in range(7)]
    return product(
        term("excretion", of_sizes[0], ["f"] * 7, "global"),
        term("sampling", of_sizes[1], days, "sample"),
        n=7,
    )


def test_in_a_mean_what_the_days_share_outweighs_what_they_do_not():
    b = budget(Mean(week((0.1, 0.1)), np.full(7, "w")), draws=50_000)
    share = of(b, "excretion")[0]
    assert b.scale == "log" and share == pytest.approx([7 / 8] * 3, abs=0.02)


def test_other_groups_and_rows_change_no_bit_of_a_budget():
    alone = week((0.1, 0.2))
    other = Product(
        np.concatenate([alone.log_central, [9.0]]),
        tuple(
            Term(t.name, t.level, np.append(t.labels, "new"), np.append(t.size, 0.7))
            for t in alone.terms
        ),
    )
    one = budget(Mean(alone, np.full(7, "w")), draws=3_000)
    two = budget(Mean(other, np.array(["w"] * 7 + ["a"])), row=1, draws=3_000)
    assert one.to_frame().equals(two.to_frame())
    rows = [budget(p, row=2, method="pick_freeze", draws=3_000) for p in (alone, other)]
    assert rows[0].to_frame().equals(rows[1].to_frame())


def test_a_joint_ratio_loses_what_both_share():
    p = product(term("dose", 0.5, ["d", "d"]), term("flow", 0.1, ["a", "b"]), n=2)
    b = budget(Joint(p, lambda x: x[0] / x[1]))
    assert b.scale == "log"
    assert (np.stack(of(b, "dose")) == 0).all() and agrees(b, "flow", [1.0] * 3)


def censored():
    fit = {"g": (1.0, np.log(0.5), np.linalg.cholesky(np.diag([0.04, 0.01])))}
    below = BelowLimit(
        np.array([0]), np.array(["s"]), np.array([0.5]), np.array(["g"]), fit, np.zeros(1)
    )
    return Product(np.array([np.nan]), (term("flow", 0.1),), below)


def test_values_below_a_limit_bring_their_own_inputs():
    b = budget(censored())
    assert b.method == "pick_freeze"
    assert set(b.inputs) == {"flow", "below_limit", "below_limit_fit"}
    assert b.inputs[0] == "below_limit" and b.total.min() > 0
    assert budget(censored(), by="level").inputs[0] == "sample"


def test_with_everything_held_nothing_varies():
    names = {"flow", "below_limit", "below_limit_fit", "t"}
    stream = Held(1, (), names)
    values = log_draws(censored(), stream, 0)[0]
    assert np.ptp(values) == 0 and np.isfinite(values).all()
    t, w = stream.students("t", "a", 4, 0)
    assert (t == 0).all() and np.ptp(w) == 0
    free = Stream(1).students("t", "a", 4, 0)[1]
    assert w[0] == pytest.approx(np.median(free), rel=0.05)
    with pytest.raises(UsageError, match="held"):
        stream.at("flow", "a", 0)


def test_only_what_is_exchanged_comes_from_the_replica():
    pair = (Correlation("flow", "people", 0.6),)
    own, other = Stream(1, pair), Stream(1, pair, replica=1)
    mixed = Swapped(1, pair, {"flow", "people"})
    for name in ("flow", "people"):
        assert (mixed.scores(name, ["a"], 0) == other.scores(name, ["a"], 0)).all()
        assert (mixed.scores(name, ["a"], 0) != own.scores(name, ["a"], 0)).all()
    assert (mixed.scores("bias", ["a"], 0) == own.scores("bias", ["a"], 0)).all()
    assert (mixed.students("bias", "a", 3, 0) == own.students("bias", "a", 3, 0)).all()
    assert (mixed.uniforms("flow", "a", 0) == other.uniforms("flow", "a", 0)).all()


# scales


def test_ranks_of_a_normal_output_have_the_indices_of_the_output():
    b = budget(product(term("flow", 0.1), term("people", 0.2)), scale="rank", draws=50_000)
    assert b.scale == "rank"
    assert of(b, "people")[0] == pytest.approx([0.8] * 3, abs=0.02)


def test_ranks_bear_tails_that_have_no_variance():
    f = Function(lambda x, y: x / y, {"x": Normal(0.0, 1.0), "y": Normal(0.1, 1.0)})
    b = budget(f, scale="rank", draws=20_000)
    assert of(b, "x")[0][2] > 0.5 and (b.total_se < 0.05).all() and b.first.sum() < 1


def test_the_natural_scale_sees_interactions_that_the_log_scale_does_not():
    p = product(term("flow", 0.6), term("people", 0.6))
    v = np.expm1(0.36)
    whole = (1 + v) ** 2 - 1
    b = budget(p, scale="natural", draws=200_000)
    (_, first, total), (_, first_error, total_error) = of(b, "flow")
    assert abs(first - v / whole) < 4 * first_error
    assert abs(total - v * (1 + v) / whole) < 4 * total_error
    assert total > first + 0.05


# what cannot be told


def test_a_result_that_nothing_moves_says_so_and_has_no_nan():
    f = Function(lambda x: np.where(x > 40, 1.0, 0.0), {"x": Normal(0.0, 1.0)})
    for b in (budget(f), budget(product(term("flow", 0.1)).over(product(term("flow", 0.1))))):
        assert not b.moves and b.variance == 0
        table = b.to_frame()
        assert (table[["share", "first", "total"]] == 0).all(axis=None)
        assert "Nothing moves this result" in table.attrs["note"]
        assert "没有任何输入" in b.note("zh")


def test_a_result_that_differs_in_one_draw_only_is_refused():
    edge = np.concatenate([Stream(1, (), r).scores("x", ["input"], k)[0]
                           for r in (0, 1) for k in range(4)]).max()  # fmt: skip
    f = Function(lambda x: (x >= edge).astype(float), {"x": Normal(0.0, 1.0)})
    with pytest.raises(PrecisionError, match="too few draws"):
        budget(f)


@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        (product(term("a", 0.1, "ab"), n=2), {}, "there are 2"),
        (product(term("a", 0.1, "ab"), n=2), {"row": 2}, "there are 2"),
        (Product(np.array([np.nan]), (term("a", 0.1),)), {}, "nothing is known"),
        (product(term("a", 0.1)), {"draws": 999, "method": "pick_freeze"}, "at least 1,000"),
        (product(term("a", 0.1)), {"by": "size"}, "by = 'size'"),
        (product(term("a", 0.1)), {"scale": "square"}, "scale = 'square'"),
        (product(term("a", 0.1)), {"method": "fft"}, "method = 'fft'"),
        (product(term("a", 0.1)), {"method": "closed_form", "scale": "natural"}, "log scale"),
        (ishigami(), {"by": "level"}, "no levels"),
        (ishigami(), {"method": "closed_form"}, "closed form is that of a product"),
        (Function(lambda x: x[:5], {"x": Normal(0.0, 1.0)}), {}, "must end in"),
        (Function(lambda x: x, {"x": Normal(0.0, 1.0)}, (Correlation("x", "z", 0.1),)), {},
         "no input"),
    ],
)  # fmt: skip
def test_what_has_no_budget_is_refused_with_the_reason(model, options, words):
    with pytest.raises(UsageError, match=words):
        budget(model, **options)


def test_no_logarithm_of_what_is_not_positive():
    f = Function(lambda x: x, {"x": Normal(0.0, 1.0)})
    with pytest.raises(PrecisionError, match="natural"):
        budget(f, scale="log")


def test_infinite_results_are_refused():
    f = Function(lambda x: np.where(x > 3, np.inf, x), {"x": Normal(0.0, 1.0)})
    with pytest.raises(PrecisionError, match="infinite"):
        budget(f, scale="natural")


def test_what_is_tied_through_others_is_one_input():
    ties = [Correlation("a", "b", 0.1), Correlation("c", "b", 0.1), Correlation("d", "e", 0.0)]
    found = inputs_of({name: {name} for name in "edcba"}, ties)
    assert list(found) == ["a + b + c", "d", "e"]
    assert inputs_of({"flow": {"site", "lab"}, "bias": {"lab"}, "dose": {"global"}}) == {
        "global": {"dose"},
        "lab + site": {"flow", "bias"},
    }


def test_no_result_is_kept_draw_by_draw():
    draws, f = 200_000, ishigami()
    budget(f, draws=2_500)
    tracemalloc.start()
    budget(f, draws=draws)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * draws  # eight results of one input each would be kept otherwise


def test_the_same_call_gives_the_same_bits_and_another_seed_others():
    frames = [budget(ishigami(), draws=3_000, seed=s).to_frame() for s in (1, 1, 2)]
    assert frames[0].equals(frames[1]) and not frames[0].equals(frames[2])


def test_an_output_is_one_number_a_draw():
    with pytest.raises(UsageError, match="one number a draw"):
        pick_freeze(lambda stream, block: np.zeros(3), [], 1_000, 1)
