"""Source balances and tables: disposal, enantiomers, methcathinone, use-only values, rules."""

from __future__ import annotations

import numpy as np
import pytest

from wbe import backcalc, factors
from wbe.backcalc import sources
from wbe.backcalc.sources import balance, tables
from wbe.errors import UsageError

DRAWS = {"draws": 2_000, "seed": 5}
NEVER = np.zeros(1, dtype=bool)


def exactly(*values):
    return backcalc.known(np.array(values))


@pytest.mark.parametrize(
    ("fraction", "share"), [(0.511, 0.934), (0.666, 0.0), (0.5, 1.0), (0.583, 0.5), (0.8, 0.0)]
)
def test_share_poured_away_from_enantiomers(fraction: float, share: float) -> None:
    found = backcalc.disposed_fraction(fraction, 0.666)
    assert float(getattr(found, "magnitude", found)) == pytest.approx(share, abs=1e-3)


def test_enantiomers_that_use_does_not_shift_say_nothing() -> None:
    with pytest.raises(UsageError, match="enrich R"):
        backcalc.disposed_fraction(0.5, 0.5)


def test_use_and_disposal_are_recovered_from_a_mixture() -> None:
    consumption, dumped, a_parent, a_metabolite = 100.0, 60.0, 0.4, 0.04
    parent, metabolite = a_parent * consumption + dumped, a_metabolite * consumption
    net = backcalc.direct_disposal(
        exactly(parent), exactly(metabolite), exactly(a_parent / a_metabolite),
        below=NEVER, source="stated", **DRAWS,
    )  # fmt: skip
    assert net.median[0] == pytest.approx(dumped, rel=1e-9)
    assert net.licit_share[0] == pytest.approx(0.4, rel=1e-9)
    assert net.p_positive[0] == 1.0


def test_a_metabolite_below_its_limit_is_a_bound_and_no_evidence_of_disposal() -> None:
    parent = backcalc.known([100.0], rsd=0.1, name="flow", labels=["a"])
    limit = exactly(2.0)
    net = backcalc.direct_disposal(
        parent, limit, exactly(10.0), below=np.array([True]), source="stated", **DRAWS
    )
    assert not net.identifiable[0] and net.reason[0] == balance.METABOLITE_BELOW
    assert np.isnan(net.p_positive[0]) and np.isnan(net.median[0])
    far = 1.96 * 0.09975  # of ln flow
    assert net.lower[0] == pytest.approx(100 * np.exp(-far) - 20, rel=0.03)
    assert net.upper[0] == pytest.approx(100 * np.exp(far), rel=0.03)  # metabolite at zero
    high = backcalc.direct_disposal(
        parent, exactly(20.0), exactly(10.0), below=np.array([True]), source="stated", **DRAWS
    )
    assert high.lower[0] == 0 and high.upper[0] == pytest.approx(net.upper[0])


def test_methcathinone_within_its_baseline_is_no_use() -> None:
    spread = {"rsd": 0.2, "name": "formation", "labels": ["a"]}
    inside, beyond = (
        backcalc.beyond_transformation(
            exactly(mc), exactly(50.0), backcalc.known([0.02], **spread), source="site, winter",
            **DRAWS,
        )
        for mc in (1.0, 5.0)
    )  # fmt: skip
    assert 0.3 < inside.p_positive[0] < 0.7
    assert beyond.p_positive[0] == 1.0
    assert beyond.median[0] == pytest.approx(4.0, rel=0.02)


def test_methcathinone_without_its_precursors_identifies_nothing() -> None:
    net = backcalc.beyond_transformation(exactly(5.0), None, exactly(0.02), source="x", **DRAWS)
    assert not net.identifiable[0] and net.reason[0] == balance.NOT_SUBTRACTED
    assert np.isnan(net.p_positive[0]) and net.bound[0] == pytest.approx(5.0)


USE = np.array([30.0, 20.0, 10.0, 25.0])
DUMPED = np.array([0.0, 200.0, 150.0, 0.0])
RATIO = 1 / 0.11


def both(convention, below=(False,) * 4, explained=(True, False, False, True), weights=(1,) * 4):
    return backcalc.side_by_side(
        exactly(*(USE + DUMPED)), exactly(*(USE / RATIO)), exactly(*np.full(4, RATIO)),
        explained=np.array(explained), below=np.array(below), weights=np.array(weights, float),
        convention=convention, **DRAWS,
    )  # fmt: skip


def test_the_use_only_ranking_is_recovered_where_the_all_source_one_is_not() -> None:
    found = both("metabolite")
    np.testing.assert_allclose(found.use_only[:, 1], USE, rtol=1e-9)
    np.testing.assert_allclose(found.all_source[:, 1], USE + DUMPED, rtol=1e-9)
    assert found.rank_use.tolist() == [1, 3, 4, 2]
    assert found.rank_all.tolist() == [3, 1, 2, 4]


def test_means_by_both_conventions_and_weights() -> None:
    assert both("metabolite").mean_use[1] == pytest.approx(USE.mean())
    explained = both("explained_areas")
    assert explained.mean_use[1] == pytest.approx(27.5) and explained.n_use == 2
    assert explained.mean_all[1] == pytest.approx((USE + DUMPED).mean())
    weighted = both("metabolite", weights=(1, 0.0001, 0.0001, 3))
    assert weighted.mean_use[1] == pytest.approx(26.25, rel=1e-3)
    none = both("explained_areas", explained=(False,) * 4)
    assert none.n_use == 0 and np.isnan(none.mean_use).all()


def test_a_use_only_value_with_the_metabolite_below_its_limit_is_at_most() -> None:
    found = both("metabolite", below=(True, True, False, False))
    assert found.bounded.tolist() == [False, True, False, False]
    assert np.isnan(found.use_only[1, :2]).all() and found.use_only[1, 2] == pytest.approx(20)
    assert found.n_use == 3


def test_use_cannot_exceed_what_was_discharged() -> None:
    found = backcalc.side_by_side(
        exactly(10.0, 90.0), exactly(5.0, 5.0), exactly(10.0, 10.0), explained=np.zeros(2, bool),
        below=np.zeros(2, bool), weights=np.ones(2), convention="metabolite", **DRAWS,
    )  # fmt: skip
    np.testing.assert_allclose(found.use_only[:, 1], [10.0, 50.0], rtol=1e-9)


def test_the_published_rural_county() -> None:
    """Wu2021: 65.8 over all towns, 24.5 where use explains them; shares of towns assumed."""
    load = np.array([24.5] * 10 + [(65.8 * 13 - 24.5 * 10) / 3] * 3)
    explained = load < 30
    found = backcalc.side_by_side(
        exactly(*load), exactly(*(0.11 * load)), exactly(*np.full(13, RATIO)),
        explained=explained, below=np.zeros(13, bool), weights=np.ones(13),
        convention="explained_areas", **DRAWS,
    )  # fmt: skip
    assert found.mean_all[1] == pytest.approx(65.8) and found.mean_use[1] == pytest.approx(24.5)


def test_every_line_of_the_tables_has_a_source_that_is_known() -> None:
    known = factors.references()
    lines = [*sources.rules(), *sources.likelihoods()]
    lines += [p for name in ("routine", "purposive", "even") for p in sources.priors(name)]
    for line in lines:
        assert line.verified.startswith(("yes", "no")), line
        for key in line.source.split("; "):
            assert key in known, (key, line)


def test_priors_sum_to_one_and_likelihoods_are_complete() -> None:
    for name in ("routine", "purposive", "even"):
        assert sum(p.probability for p in sources.priors(name)) == pytest.approx(1)
    table = sources.likelihoods()
    for feature in {row.feature for row in table}:
        rows = [r for r in table if r.feature == feature]
        assert [r.source_class for r in rows] == list(sources.CLASSES)
        assert len({r.kind for r in rows}) == 1
    assert set(sources.wordings()) == set(sources.CLASSES)
    with pytest.raises(UsageError, match="none of"):
        sources.priors("usual")


def test_the_ranges_hold_the_share_they_say() -> None:
    row = next(r for r in sources.likelihoods() if r.feature == "AMP/METH")
    assert (row.low, row.high) == (0.05, 0.25)
    z = (np.log(row.high) - row.centre) / row.sd
    assert z == pytest.approx(1.2816, abs=1e-3)  # the 90 % point: 80 % inside


def test_wordings_never_accuse() -> None:
    for words in sources.wordings().values():
        text = f"{words.wording} {words.alternatives}".lower()
        assert not any(w in text for w in ("guilty", "criminal", "illegal", "suspect", "proof"))
        assert words.alternatives and words.alternatives_zh
    assert "cold medicine" in sources.wordings()["manufacture"].alternatives
    assert "hospital" in sources.wordings()["disposal"].alternatives


def test_a_table_of_your_own_is_checked(tmp_path) -> None:
    head = "drug,feature,source_class,kind,low,high,share,source,locator,verified,note\n"
    path = tmp_path / "own.csv"
    for line, message in [
        ("x,f,consumption,log,2,1,0.9,us,,no,\n", "range"),
        ("x,f,theft,log,1,2,0.9,us,,no,\n", "unknown kind"),
        ("x,f,legacy,chance,1,,,us,,no,\n", "chance"),
        ("x,f,legacy,log,1,2,0.9,,,no,\n", "without a source"),
        ("x,f,legacy,log,a,2,0.9,us,,no,\n", "cannot be read"),
    ]:
        path.write_text(head + line, encoding="utf-8")
        with pytest.raises(UsageError, match=message):
            tables.likelihoods(path)


def test_an_unknown_convention_is_refused() -> None:
    with pytest.raises(UsageError, match="none of"):
        both("median")
