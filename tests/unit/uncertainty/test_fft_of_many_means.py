"""Means solved together: the same bits as alone, the same numbers as tree by tree."""

import numpy as np
import pytest

from wbe.errors import PrecisionError
from wbe.uncertainty import (
    Beta,
    Correlation,
    LogitNormal,
    Mean,
    Product,
    Term,
    Triangular,
    fft,
    fft_means,
    flat_means,
    lognormal_sums,
    plain_sharing,
    propagate,
    sharing,
)
from wbe.uncertainty.log_grid import LogFactor, hat_masses
from wbe.uncertainty.normal_family import Lognormal

AT = (0.025, 0.5, 0.975)
SIZES = (2, 7, 7, 3, 7, 12, 1, 7)


def weeks(sizes=SIZES, seed=1):
    """Means over the days of a site, all different; every second drug has its own excretion."""
    r = np.random.default_rng(seed)
    site = np.repeat(np.arange(len(sizes)), sizes)
    n = len(site)
    name, day = np.char.mod("s%02d", site), np.char.mod("d%d", np.arange(n))
    odd = site % 2 == 1
    terms = (
        Term("flow", "site", name, r.uniform(0.05, 0.3, len(sizes))[site]),
        Term("population", "site", name, -r.uniform(0.05, 0.3, len(sizes))[site]),
        Term("bias", "lab", np.full(n, "lab"), np.where(odd, 0.0, 0.1)),
        Term("sampling", "sample", day, r.uniform(0.05, 0.5, n)),
        Term("repeatability", "sample", np.char.add("r", day), r.uniform(0.02, 0.2, n)),
        Term("excretion", "global", np.full(n, "a"), np.where(odd, -1.0, 0), LogitNormal(0.3, 0.4)),
        Term("excretion", "global", np.full(n, "b"), np.where(odd, 0, -1.0), Beta(12.0, 22.0)),
    )
    return Mean(Product(r.normal(2, 1, n), terms), name, r.uniform(0.5, 2, n))


def alone(mean, group):
    rows = np.flatnonzero(mean.groups == group)
    return Mean(mean.of.take(rows), mean.groups[rows], mean.weights[rows])


def test_a_mean_has_the_same_bits_alone_and_among_others():
    mean = weeks()
    together = fft.solve(mean, AT)
    for k, group in enumerate(mean.labels):
        one = fft.solve(alone(mean, group), AT)
        assert one.quantiles.tobytes() == together.quantiles[k].tobytes()
        assert one.mean.tobytes() == together.mean[k : k + 1].tobytes()


@pytest.mark.parametrize("memory", [1, 400_000])
def test_portions_of_many_means_change_no_bit(monkeypatch, memory):
    mean = weeks()
    whole = fft.solve(mean, AT).quantiles
    monkeypatch.setattr(lognormal_sums, "MEMORY", memory)
    assert (fft.solve(mean, AT).quantiles == whole).all()


@pytest.mark.parametrize("finer", [1.0, 2.0])
def test_many_means_agree_with_each_tree_alone(finer):
    """The trees make masses of lognormal rows from Gauss points, not from the closed form."""
    roots = [r for r in sharing.roots(weeks((7,) * 20 + (2, 3, 30))) if r.children]
    got, left, checks = flat_means.solve(roots, AT, finer)
    assert not len(left)
    by_tree = [fft_means.solve(root, AT, finer) for root in roots]
    assert got == pytest.approx(np.array([q for q, _ in by_tree]), rel=1e-8)
    assert checks["step"] == max(seen["step"] for _, seen in by_tree)
    assert checks["edge_mass"] < 1e-12


@pytest.mark.parametrize("sd", [0.02, 0.3, 0.6])
@pytest.mark.parametrize("steps", [4.5, 40.0])
def test_masses_of_lognormal_rows_are_those_of_hats_and_keep_the_mean(sd, steps):
    scale = 0.7
    step = scale * sd / steps
    rows = lognormal_sums.Rows(np.array([[scale]]), np.array([[sd]]))
    ((first,),), ((masses,),) = lognormal_sums.lognormal_masses(rows, np.array([step]))
    part = fft_means.Scaled(LogFactor(Lognormal(1.0, sd), 1.0), scale)
    start, expected = hat_masses(part, step)
    assert masses.sum() == pytest.approx(1.0, abs=1e-14)
    mean = step * (first + np.arange(len(masses))) @ masses
    assert mean == pytest.approx(scale * np.exp(sd**2 / 2), rel=1e-6)
    inner = masses[start - first :][: len(expected)]
    assert inner == pytest.approx(expected[: len(inner)], abs=1e-6)
    assert (masses[1:-1] > 0).all()  # tails are no differences of numbers near 1


def test_sums_of_unlike_rows_keep_their_hats_and_agree_with_each_tree():
    """The narrowest row needs a step so small that the hats of a larger one do no harm."""
    r, n = np.random.default_rng(6), 5
    day = np.char.mod("d%d", np.arange(4 * n))
    site = np.repeat(np.array(["s", "t", "u", "v"]), n)
    sd = np.where(np.arange(4 * n) % n == 0, 0.004, r.uniform(0.2, 0.6, 4 * n))
    terms = (Term("a", "sample", day, sd), Term("b", "site", site, np.full(4 * n, 0.2)))
    roots = sharing.roots(Mean(Product(r.normal(0, 0.3, 4 * n), terms), site))
    rows = np.array([[(c.scale, c.sd) for c in root.children] for root in roots])
    assert lognormal_sums.grids(lognormal_sums.Rows(*np.moveaxis(rows, 2, 0)), 1.0)[2].all()
    got, left, _ = flat_means.solve(roots, AT)
    assert not len(left)
    expected = np.array([fft_means.solve(root, AT)[0] for root in roots])
    assert got == pytest.approx(expected, rel=1e-6)


def by_rows(monkeypatch, mean):
    """The trees as made unknown by unknown, for every group."""
    with monkeypatch.context() as patch:
        patch.setattr(plain_sharing, "trees", lambda _t, _r, members, _s: [None] * len(members))
        return sharing.roots(mean)


def two(*terms, central=(0.0, 0.3, -0.2, 0.1), correlations=(), weights=None):
    product = Product(np.array(central), terms, None, correlations)
    return Mean(product, np.array(["p", "p", "q", "q"]), weights)


def term(name, labels, size=0.2, shape=None):
    return Term(name, "any", np.array(list(labels)), np.broadcast_to(np.float64(size), 4), shape)


PAIR = (Correlation("a", "b", 0.6),)
KINDS = {
    "days alone": two(term("a", "1234")),
    "site alone": two(term("a", "ppqq")),
    "nothing": two(),
    "one day exact": two(term("a", "1234", [0.2, 0.0, 0.1, 0.3]), term("b", "ppqq")),
    "one site without": two(term("a", "ppqq", [0.2, 0.2, 0.0, 0.0]), term("b", "1234")),
    "a part of a site": two(term("a", "ppqq", [0.2, 0.0, 0.1, 0.1]), term("b", "1234")),
    "shared by all": two(term("a", "xxxx"), term("b", "1234")),
    "a name twice": two(term("a", "xxyy", 1, Beta(2, 3)), term("a", "1234"), term("b", "1234")),
    "days with shapes": two(term("a", "1234", 1, Beta(2, 3)), term("b", "ppqq")),
    "two shapes": two(term("a", "pqqq", 1, Beta(2, 3)), term("b", "xxxx", -1, Triangular(1, 2, 3))),
    "correlated": two(term("a", "ppqq"), term("b", "ppqq", -0.3), correlations=PAIR),
    "correlated days": two(term("a", "1234"), term("b", "1234", 0.3), correlations=PAIR),
    "other labels": two(term("a", "ppqq"), term("b", "xxyy"), correlations=PAIR),
    "nothing measured": two(term("a", "1234"), central=(-np.inf, 0.0, -np.inf, -np.inf)),
    "weights": two(term("a", "1234"), term("b", "xxxx"), weights=np.array([1.0, 2.0, 5.0, 0.5])),
}


@pytest.mark.parametrize("mean", [*KINDS.values(), weeks()], ids=[*KINDS, "weeks"])
def test_trees_made_together_are_those_made_unknown_by_unknown(monkeypatch, mean):
    assert sharing.roots(mean) == by_rows(monkeypatch, mean)


def test_plain_groups_are_recognised_as_such():
    mean = KINDS["one day exact"]
    members = [rows for rows, _ in mean.members()]
    trees = plain_sharing.trees(list(mean.of.terms), {}, members, np.ones(4))
    assert all(tree is not None and tree.children for tree in trees)
    three = [np.arange(3), np.array([3])]  # two days of three share a visit
    pair = Term("visit", "any", np.array(list("pppq")), np.array([0.2, 0.2, 0.0, 0.1]))
    assert [t is None for t in plain_sharing.trees([pair], {}, three, np.ones(4))] == [True, False]


LEFT = {
    "days with shapes": (term("a", "1234", 1, Beta(2, 3)), term("b", "ppqq")),
    "nothing shared": (term("a", "1234"),),
    "next to nothing shared": (term("a", "1234"), term("b", "ppqq", 1e-6)),
    "an exact day": (term("a", "1234", [0.2, 0.0, 0.3, 0.0]), term("b", "ppqq")),
}


@pytest.mark.parametrize("terms", LEFT.values(), ids=LEFT)
def test_what_is_not_plain_is_left_to_its_tree(terms):
    roots = sharing.roots(two(*terms))
    quantiles, left, _ = flat_means.solve(roots, AT)
    assert left.tolist() == [0, 1] and np.isnan(quantiles).all()
    expected = [fft_means.solve(root, AT)[0] for root in roots]
    assert (fft.solve(two(*terms), AT).quantiles == expected).all()


def test_one_mean_too_wide_for_a_grid_raises_and_leaves_the_others_to_fft():
    mean = weeks((7, 7, 7, 7))
    wide = mean.groups == "s02"
    terms = tuple(
        Term(t.name, t.level, t.labels, np.where(wide, 4.0, t.size)) if t.name == "sampling" else t
        for t in mean.of.terms
    )
    changed = Mean(Product(mean.of.log_central, terms), mean.groups, mean.weights)
    with pytest.raises(PrecisionError, match="points"):
        fft.solve(changed, AT)
    got = propagate(changed, draws=2_500)
    assert got.drawn.tolist() == [False, False, True, False]
    kept = [0, 1, 3]
    assert (got.quantiles[kept] == fft.solve(mean, AT).quantiles[kept]).all()


def test_sums_with_a_wrong_mean_are_refused(monkeypatch):
    made = lognormal_sums.lognormal_masses

    def moved(rows, step):
        first, masses = made(rows, step)
        return first + 1, masses

    monkeypatch.setattr(lognormal_sums, "lognormal_masses", moved)
    with pytest.raises(PrecisionError, match="mean"):
        fft.solve(weeks((7, 7)), AT)


def test_sums_with_probability_at_the_ends_are_left(monkeypatch):
    roots = sharing.roots(weeks((7, 7)))
    monkeypatch.setattr(fft_means, "edge", lambda masses: np.full(len(masses), 2e-9))
    assert flat_means.solve(roots, AT)[1].tolist() == [0, 1]


@pytest.mark.parametrize("wrong", [[1.0, 0.9, 2.0], [1.0, np.inf, np.inf], [np.nan, 1.0, 2.0]])
def test_quantiles_that_fall_or_are_not_finite_are_refused(wrong):
    with pytest.raises(PrecisionError, match="came out"):
        fft_means.require_rising(np.array([[1.0, 2.0, 3.0], wrong]))


def test_quantiles_of_many_means_beyond_their_grid_raise():
    with pytest.raises(PrecisionError, match="1e-6"):
        fft.solve(weeks((7, 7)), (1e-8,))
