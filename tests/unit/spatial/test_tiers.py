"""Tiers, their probabilities, ranks, and the outcomes that are no tier."""

import numpy as np
import pytest
from builders import build_areas, build_samples

from wbe.errors import MissingFactorError, UsageError
from wbe.recipes import estimate
from wbe.spatial import by_area, classify, locate, rank

METH = "methamphetamine"
AREAS = list("ABCDEFGH")


def values_of(
    loads, *, draws=0, limits=None, rounds=None, area=None, seed=1, drug=METH, areas=None
):
    """One plant an area; a load of None is below an unknown limit unless `limits` states it."""
    n = len(loads)
    known = [v is not None for v in loads]
    samples = build_samples(
        {drug: [np.nan if v is None else v * 50.0 for v in loads]},  # 1 mg/d/1000 is 50 ng/L here
        site=[f"p{k}" for k in range(n)],
        area=area or AREAS[:n],
        flow=1_000.0,
        population=50_000.0,
        status={drug: ["quantified" if k else "below_loq" for k in known]},
        loq={drug: [np.nan] * n if limits is None else [v * 50.0 for v in limits]},
        round=rounds or "2018Q1",
    )
    return by_area(estimate(locate(samples, None, areas), draws=draws, seed=seed))


def table_of(values, **options):
    return rank(values, METH, **options).set_index("area")


def test_fixed_breaks_put_values_where_they_belong():
    t = table_of(values_of([5, 20, 21, 60, 61]), scheme="fixed", breaks=[20, 60])
    assert t["tier"].tolist() == ["general", "general", "moderate", "moderate", "severe"]
    assert t["rank"].tolist() == [5, 4, 3, 2, 1]
    assert not t["resolved"].any() and t["p_severe"].isna().all()
    assert (t["flags"] == "no_draws").all()


def test_probabilities_add_to_one_and_follow_the_distance_to_the_break():
    t = table_of(values_of([2, 19, 35, 300], draws=4_000), scheme="fixed", breaks=[20, 60])
    p = t[["p_general", "p_moderate", "p_severe"]]
    assert np.allclose(p.sum(axis=1), 1)
    assert t["resolved"].tolist() == [True, False, False, True]
    assert 0.4 < t["p_general"]["B"] < 0.75


def test_probability_of_a_tier_matches_the_closed_form():
    from scipy.stats import norm

    t = table_of(values_of([35.0], draws=20_000), scheme="fixed", breaks=[20, 60])
    sd = np.log(t["upper"] / t["lower"]).item() / 3.92
    expected = norm.cdf(np.log(60 / 35) / sd) - norm.cdf(np.log(20 / 35) / sd)
    assert t["p_moderate"].item() == pytest.approx(expected, abs=0.02)


def test_rank_intervals_hold_the_rank_and_narrow_with_distance():
    t = table_of(values_of([1, 10, 11, 1_000], draws=2_000), scheme="fixed", breaks=[20, 60])
    assert ((t["rank_lower"] <= t["rank"]) & (t["rank"] <= t["rank_upper"])).all()
    assert (t["rank_lower"]["D"], t["rank_upper"]["D"]) == (1, 1)
    assert (t["rank_lower"]["B"], t["rank_upper"]["B"]) == (2, 3)


@pytest.mark.parametrize("scheme", ["quantile", "relative", "fisher_jenks"])
def test_relative_tiers_do_not_change_with_an_error_that_all_share(scheme):
    """Doubling the spread of the shared laboratory bias moves breaks and areas together."""
    from wbe.uncertainty import default_model

    def run(by):
        samples = build_samples(
            {METH: [50.0, 120.0, 400.0, 900.0, 3e3, 2e4]}, area=AREAS[:6], flow=1e3, population=5e4
        )
        model = default_model().scaled("analysis_bias", by)
        r = estimate(locate(samples), draws=3_000, error_model=model)
        return table_of(by_area(r), scheme=scheme)

    one, two = run(1), run(3)
    p = ["p_general", "p_moderate", "p_severe"]
    # values, and with them breaks, keep the Monte Carlo error of their medians
    assert np.abs(one[p] - two[p]).max(axis=None) < 0.03
    assert np.log(two["upper"] / two["lower"]).min() > np.log(one["upper"] / one["lower"]).max()


def test_relative_tiers_do_not_change_with_a_shared_error_of_another_shape():
    """A wide triangle that all areas share moves breaks and areas together."""
    from wbe.uncertainty import ErrorModel, default_model

    def run(**changes):
        samples = build_samples(
            {METH: [50.0, 120.0, 400.0, 900.0, 3e3, 2e4]}, area=AREAS[:6], flow=1e3, population=5e4
        )
        records = default_model().to_records()
        model = ErrorModel.from_records([{**records[0], **changes}, *records[1:]])
        r = estimate(locate(samples), draws=3_000, error_model=model)
        return table_of(by_area(r), scheme="quantile")

    wide = {"distribution": "triangular", "measure": "range", "low": 0.3, "high": 3.0}
    one, two = run(spread=0.0), run(spread=None, **wide)
    p = ["p_general", "p_moderate", "p_severe"]
    assert np.abs(one[p] - two[p]).max(axis=None) < 0.03
    assert np.log(two["upper"] / two["lower"]).min() > np.log(one["upper"] / one["lower"]).max()


def test_breaks_are_frozen_at_the_reference_round():
    loads, rounds = [1, 10, 100, 2, 20, 200], ["2018Q1"] * 3 + ["2018Q2"] * 3
    values = values_of(loads, rounds=rounds, area=AREAS[:3] * 2)
    first = rank(values, METH, scheme="quantile")
    later = rank(values, METH, scheme="quantile", reference_round="2018Q2")
    assert np.allclose(
        np.array(later.attrs["breaks"][METH]), 2 * np.array(first.attrs["breaks"][METH])
    )
    q2 = first[first["round"] == "2018Q2"].set_index("area")["tier"]
    assert q2.tolist() == ["general", "moderate", "severe"]  # breaks 7 and 40 of the first round


def test_areas_that_cannot_be_told_apart_have_no_tier():
    t = table_of(values_of([20, 21, 19, 22, 20.5, 19.5], draws=2_000))
    assert (t["tier"] == "").all() and not t["resolved"].any()
    assert t["flags"].str.contains("not_distinguishable").all()


def test_areas_far_apart_are_told_apart():
    t = table_of(values_of([1, 1.2, 30, 35, 900, 1_000], draws=2_000))
    assert t["tier"].tolist() == ["general"] * 2 + ["moderate"] * 2 + ["severe"] * 2


@pytest.mark.parametrize("loads", [[5, 5, 5, 5], [1, 2], [None, None, None, 4.0]])
def test_fewer_different_values_than_tiers_give_no_tier_and_say_so(loads):
    t = table_of(values_of(loads))
    assert (t["tier"] == "").all()
    assert t["flags"].str.contains("too_few_areas").all()


def test_ties_share_a_rank():
    t = table_of(values_of([7, 7, 90, 400]), scheme="fixed", breaks=[20, 60])
    assert t["rank"].tolist() == [3, 3, 2, 1]


def test_an_empty_class_stays_empty():
    t = table_of(values_of([1, 2, 3]), scheme="fixed", breaks=[20, 60])
    assert set(t["tier"]) == {"general"}


def test_a_floor_adds_a_lowest_tier():
    t = table_of(values_of([3, 10, 70]), scheme="fixed", breaks=[20, 60], floor=5)
    assert t["tier"].tolist() == ["not_elevated", "general", "severe"]
    names = t.columns.tolist()
    assert names.index("p_not_elevated") + 1 == names.index("p_general")
    with pytest.raises(UsageError, match="floor"):
        table_of(values_of([3, 10, 70]), scheme="fixed", breaks=[20, 60], floor=30)


@pytest.mark.parametrize(("n_draws"), [0, 1_000])
def test_an_unknown_limit_leaves_an_area_unclassified(n_draws):
    t = table_of(values_of([5, 30, 90, None], draws=n_draws), scheme="fixed", breaks=[20, 60])
    assert t["tier"]["D"] == "" and "limit_unknown" in t["flags"]["D"]
    assert np.isnan(t["value"]["D"]) and np.isnan(t["rank"]["D"])


@pytest.mark.parametrize(
    ("limit", "tier", "flag"), [(10, "general", ""), (50, "", "bounds_cross_break")]
)
@pytest.mark.parametrize("n_draws", [0, 1_000])
def test_a_non_detect_below_the_lowest_break_is_clean_and_above_it_undecided(
    limit, tier, flag, n_draws
):
    values = values_of([5, 30, 90, None], limits=[1, 1, 1, limit], draws=n_draws)
    t = table_of(values, scheme="fixed", breaks=[20, 60])
    assert t["tier"]["D"] == tier
    assert flag in t["flags"]["D"]
    if tier and n_draws:
        assert t["resolved"]["D"] and t["p_general"]["D"] > 0.95


def test_partly_unknown_but_surely_high_keeps_its_class():
    samples = build_samples(
        {METH: [np.nan] * 7},
        site=["c"] * 4 + ["d", "e", "f"],
        area=["C"] * 4 + ["D", "E", "F"],
        status={METH: ["below_loq"] + ["quantified"] * 6},
    )
    load = np.array([np.nan, 900, 900, 900, 5, 30, 90.0])[:, None]
    samples = samples.assign(pn_load=(("sample", "analyte"), load))
    values = by_area(estimate(locate(samples), draws=1_000))
    t = table_of(values, scheme="fixed", breaks=[20, 60])
    assert t["tier"]["C"] == "severe" and t["resolved"]["C"]
    assert "limit_unknown" in t["flags"]["C"] and np.isnan(t["value"]["C"])


def test_the_least_probability_over_the_bounds_is_given():
    """At zero the area is surely general; at its limit, just below the break, about half so."""
    values = values_of([5, 30, 90, None], limits=[1, 1, 1, 19.0], draws=4_000)
    t = table_of(values, scheme="fixed", breaks=[20, 60])
    assert t["tier"]["D"] == "general" and not t["resolved"]["D"]
    assert 0.4 < t["p_general"]["D"] < 0.7


def test_insufficient_areas_have_no_rank():
    samples = build_samples(
        {METH: [5.0, 6.0, 7.0, 900.0], "cotinine": [600.0] * 4},
        area=["A"] * 3 + ["B"],
        matrix="open_channel",
        flow=np.nan,
    )
    marker = {"cotinine": "0.6 mg/day/inhabitant"}
    values = by_area(estimate(locate(samples), draws=0, markers=marker))
    t = table_of(values, scheme="fixed", breaks=[20, 60])
    assert t["rank"]["A"] == 1 and np.isnan(t["rank"]["B"])


def test_areas_without_samples_are_listed_without_a_tier():
    areas = build_areas(AREAS[:4], 5e4)
    t = table_of(values_of([5, 30, 90], areas=areas), scheme="fixed", breaks=[20, 60])
    assert t["flags"]["D"] == "no_data" and t["tier"]["D"] == ""
    assert t.geometry.notna().all()


def test_every_drug_is_ranked_and_fixed_breaks_hold_for_theirs_alone():
    samples = build_samples(
        {METH: [50.0, 2e3, 9e3], "MDMA": [5.0, 6.0, 7.0], "methcathinone": [1.0, 2.0, 3.0]},
        flow=1e3,
        population=5e4,
    )
    values = by_area(estimate(locate(samples), draws=0))
    t = rank(values, scheme="fixed", breaks={METH: [20, 60]})
    assert set(t.loc[t["tier"] != "", "drug"]) == {METH}
    assert set(t["drug"]) == {METH, "MDMA", "methcathinone"}
    assert t.loc[t["drug"] == "MDMA", "flags"].str.contains("no_breaks").all()
    with pytest.raises(UsageError, match="one drug"):
        rank(values, scheme="fixed", breaks=[20, 60])


def test_a_load_only_drug_has_no_consumption_and_the_table_says_so():
    samples = build_samples({METH: [50.0, 2e3, 9e3], "methcathinone": [1.0, 2.0, 3.0]})
    values = by_area(estimate(locate(samples), draws=0))
    t = rank(values, quantity="pn_consumption")
    assert (t.loc[t["drug"] == "methcathinone", "flags"] == "no_consumption").all()
    with pytest.raises(MissingFactorError, match="methcathinone"):
        rank(values, "methcathinone", quantity="pn_consumption")


def test_consumption_is_load_times_factor_for_every_area():
    values = values_of([5, 30, 90], drug="benzoylecgonine")
    load, used = (
        rank(values, "cocaine", quantity=q)["value"].to_numpy()
        for q in ("pn_mass_load", "pn_consumption")
    )
    assert used / load == pytest.approx(3.59, rel=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {"scheme": "equal"},
        {"scheme": "fixed"},
        {"scheme": "fixed", "breaks": [60, 20]},
        {"scheme": "fixed", "breaks": [20]},
        {"labels": ["a", "a", "b"]},
        {"statistic": "geometric"},
        {"reference_round": "2030Q1"},
        {"quantity": "doses"},
    ],
)
def test_options_that_do_not_fit_are_refused(options):
    with pytest.raises(UsageError):
        rank(values_of([5, 30, 90]), METH, **options)


def test_an_unknown_drug_is_refused_with_what_there_is():
    with pytest.raises(MissingFactorError, match="there are: methamphetamine"):
        rank(values_of([5, 30, 90]), "ketamine")


def test_a_rising_transform_of_values_and_breaks_leaves_the_tiers():
    rng = np.random.default_rng(3)
    x, b = rng.lognormal(3, 1, 50), np.array([15.0, 40.0])
    assert (classify(x, b) == classify(x**3 + 1, b**3 + 1)).all()


def test_same_seed_same_table():
    a, b = (table_of(values_of([5, 18, 90], draws=1_500, seed=4)) for _ in range(2))
    assert a.drop(columns="geometry").equals(b.drop(columns="geometry"))


def test_an_area_without_a_tier_moves_no_break():
    area = ["A"] * 4 + ["B"] * 4 + ["C"] * 4 + ["D"]
    loads = [5, 6, 7, 8, 30, 33, 36, 40, 100, 110, 120, 130, 5_000]

    def breaks(n):
        samples = build_samples(
            {METH: [v * 1.0 for v in loads[:n]], "cotinine": [600.0] * n},
            area=area[:n],
            matrix="open_channel",
            mode="grab",
            flow=np.nan,
        )
        marker = {"cotinine": "0.6 mg/day/inhabitant"}
        values = by_area(estimate(locate(samples), draws=0, markers=marker))
        return rank(values, METH).attrs["breaks"][METH]

    assert breaks(12) == pytest.approx(breaks(13))


def test_one_certain_area_among_bounds_does_not_lend_its_own_error_to_the_breaks():
    """Breaks move with errors that all areas carry, not with those of one of them."""
    samples = build_samples(
        {METH: [50.0, 120.0, 400.0, 900.0]}, area=AREAS[:4], flow=1e3, population=5e4
    )
    r = estimate(locate(samples), draws=4_000)
    t = table_of(by_area(r), scheme="quantile", labels=["low", "high"])
    shares = np.log(t["upper"] / t["lower"]) / 3.92
    own = np.sqrt(shares["A"] ** 2 - np.log(1.01))  # all but the laboratory's bias
    (b,) = t.attrs["breaks"][METH] if "breaks" in t.attrs else (None,)
    from scipy.stats import norm

    expected = norm.cdf((np.log(b) - np.log(t["value"]["B"])) / own)
    assert t["p_low"]["B"] == pytest.approx(expected, abs=0.03)


def test_quantile_breaks_lie_between_areas():
    x = np.arange(1.0, 14.0)
    from wbe.spatial import breaks_of

    assert not set(breaks_of(x, "quantile", 3)) & set(x)
    assert np.bincount(classify(x, breaks_of(x, "quantile", 3))).tolist() == [4, 5, 4]
