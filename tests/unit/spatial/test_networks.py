"""Points along a network: order, nesting, and what a stretch adds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.errors import UsageError
from wbe.spatial import load_differences, network
from wbe.spatial.networks import loads_at_points, own_load_draws, own_populations

TREE = {"plant": None, "east": "plant", "west": "plant", "hill": "east"}
PEOPLE = {"plant": 100_000, "east": 60_000, "west": 20_000, "hill": 25_000}


def draws(median: float, sd: float, seed: int, shared: np.ndarray) -> np.ndarray:
    z = np.random.default_rng(seed).normal(size=shared.size)
    return median * np.exp(shared + sd * z)


def rows(frame) -> dict[str, dict]:
    return {r["point"]: r for r in frame.to_dict("records")}


def test_everything_upstream_of_a_point_is_found():
    net = network(TREE)
    assert net.upstream("plant") == ("hill", "west", "east")
    assert net.next_upstream("plant") == ("west", "east")
    assert net.outlets == ("plant",)


@given(st.integers(2, 12), st.randoms(use_true_random=False))
def test_points_come_upstream_first_in_every_tree(n, random):
    names = [f"p{i}" for i in range(n)]
    random.shuffle(names)
    tree = {names[0]: None} | {names[i]: names[random.randrange(i)] for i in range(1, n)}
    items = list(tree.items())
    random.shuffle(items)
    net = network(dict(items))
    place = {p: i for i, p in enumerate(net.points)}
    assert all(place[p] < place[d] for p, d in net.downstream.items())
    assert net.points == network(tree).points


def test_a_circle_and_an_unlisted_point_are_named():
    with pytest.raises(UsageError, match=r"circle: (a -> b -> a|b -> a -> b)"):
        network({"a": "b", "b": "a"})
    with pytest.raises(UsageError, match="not listed themselves: sea"):
        network({"a": "sea"})


def test_stretches_add_up_to_the_outlet():
    shared = np.random.default_rng(1).normal(size=2_000) * 0.3
    loads = {p: draws(m, 0.05, k, shared) for k, (p, m) in enumerate(PEOPLE.items())}
    net = network(TREE)
    total = sum(own_load_draws(net, loads).values())
    np.testing.assert_allclose(total, loads["plant"], rtol=1e-12)
    assert sum(own_populations(net, PEOPLE).values()) == PEOPLE["plant"]


def test_an_error_that_all_points_share_cannot_change_the_sign_of_a_difference():
    shared = np.random.default_rng(1).normal(size=4_000)
    net = network({"down": None, "up": "down"})
    people = {"down": 40_000, "up": 20_000}
    table = rows(
        load_differences(
            net,
            {"down": draws(110, 0.01, 1, shared), "up": draws(100, 0.01, 2, shared)},
            people,
            min_population=5_000,
        )
    )
    assert table["down"]["outcome"] == "gain"
    apart = {"down": draws(110, 0.5, 1, 0 * shared), "up": draws(100, 0.5, 2, 0 * shared)}
    unsure = rows(load_differences(net, apart, people, min_population=5_000))
    assert unsure["down"]["outcome"] == "not_distinguishable"
    assert unsure["down"]["lower"] < 0 < unsure["down"]["upper"]


@pytest.mark.parametrize(
    ("share", "outcome"),
    [(0.0, "loss"), (0.04, "loss"), (0.06, "not_distinguishable"), (0.94, "not_distinguishable"),
     (0.96, "gain"), (1.0, "gain")],
)  # fmt: skip
def test_a_gain_or_a_loss_needs_nineteen_draws_of_twenty(share: float, outcome: str):
    net = network({"down": None, "up": "down"})
    added = np.where(np.arange(1_000) < 1_000 * share, 5.0, -5.0)
    loads = {"up": np.full(1_000, 50.0), "down": 50.0 + added}
    got = rows(load_differences(net, loads, {"down": 30_000, "up": 20_000}, min_population=0))
    assert got["down"]["outcome"] == outcome
    assert got["down"]["p_gain"] == pytest.approx(share)


def test_the_load_of_a_head_is_that_of_the_people_between_the_points():
    net = network({"down": None, "up": "down"})
    exact = {"down": np.full(200, 500.0), "up": np.full(200, 300.0)}
    got = rows(load_differences(net, exact, {"down": 30_000, "up": 20_000}, min_population=0))
    assert got["down"]["value"] == pytest.approx(200)
    assert got["down"]["pn_value"] == pytest.approx(20)
    assert got["up"]["pn_value"] == pytest.approx(15)


def test_small_stretches_are_withheld_and_unknown_ones_named():
    net = network({"down": None, "up": "down", "top": "up"})
    exact = {p: np.full(200, v) for p, v in (("down", 3.0), ("up", 2.0), ("top", 1.0))}
    people = {"down": 30_000, "up": 29_000, "top": 31_000}
    got = rows(load_differences(net, exact, people, min_population=5_000))
    assert got["down"]["outcome"] == "withheld"
    assert np.isnan(
        [got["down"][k] for k in ("value", "lower", "upper", "pn_value", "p_gain")]
    ).all()
    assert got["up"]["reason"] == "the populations are not nested"
    exact.pop("top")
    later = rows(load_differences(net, exact, {**people, "top": 9_000}, min_population=0))
    assert (later["up"]["outcome"], later["up"]["reason"]) == (
        "not_identifiable",
        "a load is not known",
    )


def test_means_are_over_the_days_that_all_points_have():
    x = np.array([[1.0, 1], [3, 3], [10, 10], [5, 5], [np.nan, 7]])
    got = loads_at_points(x, ["a", "a", "b", "a", "b"], [1, 2, 2, 3, 3], ["a", "b"])
    assert {p: v.tolist() for p, v in got.items()} == {"a": [3, 3], "b": [10, 10]}
    with pytest.raises(UsageError, match="no day"):
        loads_at_points(x[[0, 2]], ["a", "b"], [1, 2], ["a", "b"])
