"""The kernel of natural breaks against other implementations: the same optimum."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from wbe.errors import UsageError
from wbe.spatial import breaks_of, classify, fisher_jenks_breaks

LARGEST = 3_000


def within(logs, classes):
    """Sum of squared deviations from class means."""
    n = np.bincount(classes)
    sums, squares = np.bincount(classes, logs), np.bincount(classes, logs**2)
    return float((squares - np.divide(sums**2, n, out=np.zeros(len(n)), where=n > 0)).sum())


def cases(n, seed):
    """Random values with ties, clusters, zeros and heavy tails; sizes from 3 to 3,000."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        size = int(np.exp(rng.uniform(np.log(3), np.log(LARGEST))))
        size = min(size, 250) if rng.random() < 0.8 else size  # most are small: others are slow
        kind = rng.integers(4)
        x = rng.normal(size=size)
        if kind == 1:  # ties
            x = np.round(2 * x) / 2
        elif kind == 2:  # clusters far apart
            x = 0.1 * x + rng.choice([-5.0, 0.0, 4.0], size)
        elif kind == 3:  # zeros among heavy tails
            x = rng.standard_t(2, size)
            x[rng.random(size) < 0.2] = -np.inf
        yield np.exp(np.clip(x, None, 200)), int(rng.integers(2, 7))


def by_dynamic_programming(logs, k):
    """Least sum of squares of k classes of sorted values: the plain table, row by row."""
    y = np.sort(logs) - logs.mean()
    n = len(y)
    sums, squares = (np.concatenate([[0], np.cumsum(v)]) for v in (y, y * y))
    best = np.full(n + 1, np.inf)
    best[1:] = squares[1:] - sums[1:] ** 2 / np.arange(1, n + 1)
    for classes in range(2, k + 1):
        new = np.full(n + 1, np.inf)
        for j in range(classes, n + 1):
            i = np.arange(classes - 1, j)
            cost = squares[j] - squares[i] - (sums[j] - sums[i]) ** 2 / (j - i)
            new[j] = (best[i] + cost).min()
        best = new
    return float(best[n])


def agrees(x, k, peer):
    """Compare with a peer; values that cannot fill k classes have no breaks.

    Nobody may be better. Peers that keep their tables in single precision are worse by some parts
    in ten thousand: there the plain table decides.
    """
    positive = x[x > 0]
    if len(np.unique(np.log(positive))) < k:
        assert len(breaks_of(x, "fisher_jenks", k)) == 0
        return False
    breaks = breaks_of(x, "fisher_jenks", k)
    assert (np.diff(breaks) > 0).all() and (classify(x[x <= 0], breaks) == 0).all()
    logs = np.log(positive)
    ours, theirs = within(logs - logs.mean(), classify(positive, breaks)), peer(logs, k)
    assert ours <= theirs * (1 + 1e-9) + 1e-9
    if ours != pytest.approx(theirs, rel=1e-9, abs=1e-9):
        assert ours == pytest.approx(by_dynamic_programming(logs, k), rel=1e-9, abs=1e-9)
        assert ours == pytest.approx(theirs, rel=5e-3)
    return True


def by_mapclassify(logs, k):
    import mapclassify

    return within(logs - logs.mean(), mapclassify.FisherJenks(logs, k=k).yb)


def test_the_optimum_is_that_of_the_plain_table_in_a_hundred_cases():
    small = [(x[:400], k) for x, k in cases(100, seed=1)]
    assert sum(agrees(x, k, by_dynamic_programming) for x, k in small) > 80


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Numba not installed")
def test_the_optimum_is_that_of_mapclassify_in_a_thousand_cases():
    compared = [agrees(x, k, by_mapclassify) for x, k in cases(1_000, seed=2)]
    assert len(compared) == 1_000 and sum(compared) > 850


@pytest.mark.slow
def test_the_optimum_is_that_of_jenkspy_in_a_thousand_cases():
    jenkspy = pytest.importorskip("jenkspy")

    def optimum(logs, k):
        ends = jenkspy.jenks_breaks(logs, n_classes=k)[1:-1]
        return within(logs - logs.mean(), np.searchsorted(ends, logs, side="left"))

    assert sum(agrees(x, k, optimum) for x, k in cases(1_000, seed=3)) > 850


@pytest.mark.parametrize("k", ["2", "3", "4", "5", "6", "7"])
def test_the_reference_file_is_reached_on_its_own_scale(reference_data, k):
    """The file is about plain values: on exp(value), the log scale is that of the file."""
    expected = json.loads((reference_data / "reference/jenks/calemp.expected.json").read_text())
    known = expected["by_k"][k]
    with (reference_data / "reference/jenks/calemp.csv").open(newline="") as file:
        x = np.array([float(row[-1]) for row in list(csv.reader(file))[1:]])
    scale = 10.0  # exp(411) is a number, exp(4111) none
    classes = classify(np.exp(x / scale), fisher_jenks_breaks(np.exp(x / scale), int(k)))
    assert np.bincount(classes).tolist() == known["counts"]
    assert [x[classes == c].max() for c in range(int(k))] == known["bins"]
    assert within(x - x.mean(), classes) == pytest.approx(known["dp_min_wss"], rel=1e-9)


def test_degenerate_values_end_as_the_reference_file_expects(reference_data):
    file = reference_data / "reference/jenks/degenerate.expected.json"
    for case in json.loads(file.read_text())["cases"]:
        x, k = np.exp(np.array(case["values"], dtype=float)), case["k"]
        if "bins" not in case:
            assert len(breaks_of(x, "fisher_jenks", k)) == 0
            with pytest.raises(UsageError, match="different values"):
                fisher_jenks_breaks(x, k)
            continue
        classes = classify(x, fisher_jenks_breaks(x, k))
        assert np.bincount(classes).tolist() == case["counts"]
        ends = [np.log(x[classes == c]).max() for c in range(k)]
        assert ends == pytest.approx(case["bins"])
