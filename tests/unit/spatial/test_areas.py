"""Values of areas against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from builders import build_areas, build_samples, build_sites
from scipy.stats import t as student

from wbe.errors import UsageError
from wbe.recipes import draws, estimate
from wbe.spatial import by_area, locate, summaries
from wbe.uncertainty import Correlation, ErrorModel, default_model

METH = "methamphetamine"
COTININE = {"cotinine": {"value": "0.6 mg/day/inhabitant", "rsd": 0.0}}


def exact(*but):
    model = default_model()
    for component in ("analysis_bias", "repeatability", "sampling", "visit", "flow", "population"):
        if component not in but:
            model = model.scaled(component, 0)
    return model


def county(values, sites=None, areas=None, **labels):
    n = len(values)
    labels = {"matrix": "open_channel", "mode": "grab", "flow": np.nan, "area": "T"} | labels
    samples = build_samples({METH: values, "cotinine": [600.0] * n}, **labels)
    return locate(samples, sites, areas)


def pick(values, **where):
    where = {"quantity": "pn_mass_load", "drug": METH, "round": "2018Q1", "area": "T"} | where
    return values.sel(**where)


def test_county_interval_is_the_t_interval_of_the_logs_where_nothing_is_shared():
    x = np.array([10.0, 40.0, 15.0, 90.0])
    r = estimate(county(x), draws=20_000, markers=COTININE, error_model=exact())
    got = pick(by_area(r))
    y = np.log(x)
    half = student.ppf(0.975, 3) * y.std(ddof=1) / 2
    assert np.log(got["value"].item()) == pytest.approx(y.mean(), abs=0.03)
    assert np.log(got["upper"].item()) == pytest.approx(y.mean() + half, rel=0.04)
    assert np.log(got["lower"].item()) == pytest.approx(y.mean() - half, rel=0.08)


def test_the_visit_does_not_shrink_with_points():
    x = [30.0] * 12  # no spread between points: all that is left is shared
    r = estimate(county(x), draws=10_000, markers=COTININE, error_model=exact("visit"))
    got = pick(by_area(r))
    sd = np.log(got["upper"] / got["lower"]).item() / 3.92
    assert sd == pytest.approx(0.4, rel=0.05)


def test_several_samples_of_a_site_count_as_one_point():
    r = estimate(
        county([10.0, 10.0, 20.0, 40.0], site=["a", "a", "b", "c"]), draws=0, markers=COTININE
    )
    got = pick(by_area(r))
    assert got["value"].item() == pytest.approx(20.0)
    assert (got["n_sites"].item(), got["n_samples"].item()) == (3, 4)


def test_streams_soil_and_sites_placed_by_suspicion_stay_out():
    matrix = ["open_channel"] * 4 + ["surface_water", "soil"]
    sites = build_sites(list("abcdef"), "T", role=["routine"] * 3 + ["former_production"] * 3)
    samples = county([10.0, 20.0, 40.0, 9e3, 9e3, 9e3], sites, matrix=matrix, site=list("abcdef"))
    got = pick(by_area(estimate(samples, draws=0, markers=COTININE)))
    assert got["value"].item() == pytest.approx(20.0)
    assert got["n_sites"].item() == 3
    assert got["flags"].item() == "purposive_left_out"


def test_fewer_than_three_points_have_a_value_and_no_interval():
    got = pick(by_area(estimate(county([10.0, 40.0]), draws=500, markers=COTININE)))
    assert got["value"].item() == pytest.approx(20.0, rel=0.2)
    assert np.isnan(got["lower"].item()) and "insufficient_data" in got["flags"].item()


def with_non_detects(n_low, n=5, limit=3.0):
    x = [30.0] * (n - n_low) + [np.nan] * n_low
    status = ["quantified"] * (n - n_low) + ["below_loq"] * n_low
    return county(x, status={METH: status}, loq={METH: [limit] * n})


def test_bounds_run_from_zero_to_all_at_the_limit():
    r = estimate(with_non_detects(2), draws=0, markers=COTININE)
    got = pick(by_area(r))
    assert got["bound_lower"].item() == 0
    assert got["bound_upper"].item() == pytest.approx(np.exp((3 * np.log(30) + 2 * np.log(3)) / 5))
    assert got["value"].item() == pytest.approx(np.exp((3 * np.log(30) + 2 * np.log(1.5)) / 5))
    assert got["flags"].item() == "nondetects_substituted"


def test_non_detects_without_a_fit_leave_bounds_and_no_value():
    got = pick(by_area(estimate(with_non_detects(2), draws=1_000, markers=COTININE)))
    assert np.isnan(got["value"].item())
    assert got["upper"].item() == got["bound_upper"].item()
    assert "bounds_only" in got["flags"].item()


def test_non_detects_with_a_fit_are_drawn_and_lie_within_the_bounds():
    rng = np.random.default_rng(1)
    x = np.exp(rng.normal(np.log(8), 0.8, 15))
    low = x < 4
    values = np.where(low, np.nan, x)
    samples = county(
        values,
        area=["T"] * 5 + ["U"] * 5 + ["V"] * 5,
        status={METH: np.where(low, "below_loq", "quantified").tolist()},
        loq={METH: [4.0] * 15},
    )
    r = estimate(samples, draws=2_000, markers=COTININE)
    assert "open_channel|concentration|methamphetamine" in r.attrs["nondetect_fits"]
    values = by_area(r)
    for area in "TUV":
        got = pick(values, area=area)
        if got["n_censored"].item():
            assert got["flags"].item() == "nondetects_imputed"
            assert 0 < got["lower"].item() < got["value"].item() < got["bound_upper"].item()


def plants(loads, population, **labels):
    n = len(loads)
    labels = {"site": [f"p{k}" for k in range(n)], "area": "T"} | labels
    flow = [1000.0] * n
    concentration = [load * p / 1000.0 for load, p in zip(loads, population, strict=True)]
    samples = build_samples({METH: concentration}, flow=flow, population=population, **labels)
    return locate(samples)


def test_plants_are_weighted_by_population():
    got = pick(by_area(estimate(plants([10.0, 40.0], [3e4, 1e4]), draws=0)))
    assert got["value"].item() == pytest.approx((10 * 3 + 40) / 4)


def test_plants_in_one_catchment_equal_the_merged_plant():
    parts = plants([10.0, 40.0], [3e4, 1e4])
    load = (10 * 3e4 + 40 * 1e4) / 4e4
    whole = plants([load], [4e4])
    one, two = (pick(by_area(estimate(s, draws=0)))["value"].item() for s in (parts, whole))
    assert one == pytest.approx(two)


def test_a_week_is_the_plain_mean_and_its_median_with_draws_too():
    loads = [10.0, 12.0, 20.0, 55.0, 50.0, 18.0, 11.0]
    samples = plants(loads, [5e4] * 7, site=["p"] * 7)
    sharp, drawn = (pick(by_area(estimate(samples, draws=n)))["value"].item() for n in (0, 10_000))
    assert sharp == pytest.approx(np.mean(loads))
    assert drawn == pytest.approx(sharp, rel=0.012)


def test_the_mean_of_days_agrees_with_the_draws_of_the_days():
    """A second path: the materialised draws of each day, averaged by hand."""
    loads = [10.0, 12.0, 20.0, 55.0, 50.0, 18.0, 11.0]
    r = estimate(plants(loads, [5e4] * 7, site=["p"] * 7), draws=4_000)
    by_hand = draws(r, "pn_mass_load").values[:, 0].mean(axis=0)
    got = pick(by_area(r))
    for name, q in (("lower", 0.025), ("value", 0.5), ("upper", 0.975)):
        # the shift to the plain mean is the same for all quantiles
        assert np.quantile(by_hand, q) / got[name].item() == pytest.approx(1.0147, rel=2e-3)


def test_a_plant_without_population_leaves_its_area_without_a_value():
    samples = plants([10.0, 40.0], [3e4, 1e4])
    samples["population"] = samples["population"].where([True, False])
    samples["pn_load"] = (("sample", "analyte"), [[10.0], [40.0]])
    samples["concentration"] = samples["concentration"] * np.nan
    got = pick(by_area(estimate(samples, draws=0)))
    assert np.isnan(got["value"].item()) and got["flags"].item() == "population_missing"


def loads_week(week):
    n = len(week)
    status = ["below_loq" if v == 0 else "quantified" for v in week]
    samples = build_samples({METH: [np.nan] * n}, site=["c"] * n, status={METH: status}, area="T")
    values = np.array([[np.nan if v == 0 else v] for v in week])
    return locate(samples.assign(pn_load=(("sample", "analyte"), values)))


@pytest.mark.parametrize("n_draws", [0, 1_000])
def test_an_all_zero_week_is_below_an_unknown_limit_and_never_zero(n_draws):
    got = pick(by_area(estimate(loads_week([0] * 7), draws=n_draws)))
    for name in ("value", "lower", "upper"):
        assert np.isnan(got[name].item())
    assert "limit_unknown" in got["flags"].item()
    assert got["n_censored"].item() == 7


def test_a_partly_zero_week_has_a_lower_bound_alone():
    got = pick(by_area(estimate(loads_week([0, 0, 7.0, 14.0]), draws=2_000)))
    assert np.isnan(got["value"].item()) and np.isnan(got["upper"].item())
    assert 0 < got["lower"].item() < 21 / 4


def test_names_and_populations_come_from_the_areas_table():
    areas = build_areas(["T", "U"], [9e4, 4e3])
    values = by_area(estimate(county([10.0, 20.0, 40.0], None, areas), draws=0, markers=COTININE))
    assert values["area"].values.tolist() == ["T", "U"]
    assert values["area_population"].values.tolist() == [9e4, 4e3]


@pytest.mark.parametrize("options", [{"statistic": "median"}, {"quantities": ("doses",)}])
def test_unusable_options_are_refused(options):
    r = estimate(county([10.0, 20.0, 40.0]), draws=0, markers=COTININE)
    with pytest.raises(UsageError):
        by_area(r, **options)


def test_samples_that_were_not_located_are_refused():
    with pytest.raises(UsageError, match="locate"):
        by_area(estimate(build_samples({METH: [10.0]}), draws=0))


def test_adding_an_area_changes_no_other():
    one = county([10.0, 20.0, 40.0])
    two = county([10.0, 20.0, 40.0, 7.0, 8.0, 9.0], area=["T"] * 3 + ["U"] * 3)
    a, b = (
        pick(by_area(estimate(s, draws=1_500, markers=COTININE)))[["value", "lower", "upper"]]
        for s in (one, two)
    )
    assert a.equals(b)


def test_plants_keep_their_errors_in_the_geometric_statistic_too():
    samples = plants([10.0], [5e4])
    r = estimate(samples, draws=40_000)
    own = np.log(r["pn_mass_load_upper"] / r["pn_mass_load_lower"]).item()
    got = pick(by_area(r, statistic="geometric"))
    assert np.log(got["upper"] / got["lower"]).item() == pytest.approx(own, rel=0.02)
    assert got["value"].item() == pytest.approx(10.0, rel=0.01)


def test_one_grab_sample_does_not_turn_plants_into_a_county_round():
    area, mode = ["T", "U", "V", "W"], ["composite_24h"] * 3 + ["grab"]
    samples = plants([10.0, 20.0, 30.0, 40.0], [5e4] * 4, area=area, mode=mode)
    values = by_area(estimate(samples, draws=0))
    assert values.attrs["design"] == "plants"
    assert pick(values)["value"].item() == pytest.approx(10.0)
    assert pick(values, area="W")["flags"].item() == "design_mixed"
    river = plants([10.0, 20.0], [5e4] * 2, area=["T", "U"], mode="grab", matrix="surface_water")
    assert (river["visit"] == "").all()


def test_a_result_above_the_range_is_told_and_leaves_no_tier():
    from wbe.spatial import rank

    status = {METH: ["quantified"] * 4 + ["above_range"]}
    r = estimate(county([30.0] * 4 + [np.nan], status=status), draws=0, markers=COTININE)
    t = rank(by_area(r), METH, scheme="fixed", breaks=[20, 60])
    assert t["flags"].str.contains("above_range_left_out").all() and (t["tier"] == "").all()


def test_points_without_a_marker_are_no_missing_data():
    from wbe.spatial import rank

    values = by_area(estimate(county([10.0, 20.0, 30.0]), draws=0))
    t = rank(values, METH, scheme="fixed", breaks=[20, 60])
    assert t["flags"].tolist() == ["no_per_capita_route"]


def test_the_latest_population_is_that_of_the_latest_date():
    samples = plants([10.0, 10.0, 40.0], [1e4, 9e4, 3e4], site=["p", "p", "q"])
    dated = samples.assign_coords(
        time=("sample", np.array(["2018-03-09", "2018-03-01", "2018-03-01"], "datetime64[s]"))
    )
    got = pick(by_area(estimate(dated, draws=0)))
    assert got["value"].item() == pytest.approx((10 * 1 + 40 * 3) / 4)
    turned = dated.isel(sample=[2, 1, 0])
    assert by_area(estimate(turned, draws=0))["area_population"].item() == pytest.approx(4e4)


def test_the_arithmetic_statistic_of_a_county_round_keeps_its_headline_with_draws():
    r = [
        estimate(county([10.0, 40.0, 15.0, 60.0]), draws=n, markers=COTININE, error_model=exact())
        for n in (0, 40_000)
    ]
    sharp, drawn = (pick(by_area(x, statistic="arithmetic"))["value"].item() for x in r)
    y = np.log([10.0, 40.0, 15.0, 60.0])
    assert sharp == pytest.approx(np.exp(y.mean() + y.var(ddof=1) / 2))
    assert drawn == pytest.approx(sharp, rel=0.03)


def test_a_site_outside_all_areas_enters_none_and_is_told():
    sites = build_sites(list("abc"), "", lon=[116.05, 116.15, 80.0], lat=23.05)
    areas = build_areas(["T", "U"], [9e4, 9e4]).to_crs("EPSG:32650")
    samples = county([10.0, 20.0, 40.0], sites, areas, site=list("abc"), area="")
    assert samples["area"].values.tolist() == ["T", "U", ""]
    assert "site_outside_areas" in {f.rule for f in samples.attrs["findings"]}
    assert by_area(estimate(samples, draws=0))["area"].values.tolist() == ["T", "U"]


def test_rounds_follow_their_dates_and_numbers_in_names_count():
    samples = plants([10.0, 20.0], [5e4] * 2, round=["R10", "R2"])
    assert by_area(estimate(samples, draws=0))["round"].values.tolist() == ["R2", "R10"]
    dated = samples.assign_coords(
        time=("sample", np.array(["2018-01-01", "2018-06-01"], "datetime64[s]"))
    )
    assert by_area(estimate(dated, draws=0))["round"].values.tolist() == ["R10", "R2"]


def test_wet_samples_leave_where_nothing_normalises_them():
    water = {"water": "150 L/day/inhabitant"}
    samples = county([10.0, 20.0, 40.0, 900.0])
    rain = samples.assign(rain_24h=("sample", [0.0, np.nan, 9.0, 30.0]))
    got = pick(by_area(estimate(rain, draws=0, markers=water)))
    assert got["n_sites"].item() == 3 and got["flags"].item() == "wet_left_out"
    got = pick(by_area(estimate(rain, draws=0, markers=COTININE)))
    assert got["n_sites"].item() == 4 and got["flags"].item() == ""


def test_a_rejected_result_marks_its_area():
    status = {METH: ["quantified"] * 3 + ["rejected"]}
    r = estimate(county([10.0, 20.0, 40.0, np.nan], status=status), draws=0, markers=COTININE)
    assert "sample_rejected" in pick(by_area(r))["flags"].item()


@pytest.mark.parametrize(("rule", "each"), [("loq/2", 1.5), ("limit", 3.0), ("zero", 0.0)])
def test_a_named_substitution_holds_with_draws_too(rule, each):
    r = estimate(with_non_detects(2), draws=2_000, nondetects=rule, markers=COTININE)
    got = pick(by_area(r))
    with np.errstate(divide="ignore"):
        expected = np.exp((3 * np.log(30) + 2 * np.log(each)) / 5)
    assert got["value"].item() == pytest.approx(expected, nan_ok=True) or each == 0
    assert "nondetects_substituted" in got["flags"].item()


# ---- edited error models


def edited(model, component, **changes):
    records = [{**r, **changes} if r["component"] == component else r for r in model.to_records()]
    return ErrorModel.from_records(records)


TRIANGLE = {
    "distribution": "triangular", "measure": "range", "spread": None, "low": 0.5, "high": 2.0,
}  # fmt: skip


def test_a_triangular_visit_gives_an_area_the_triangles_quantiles():
    """All points alike: what is left is the visit, and half of a triangle lies below its median."""
    model = edited(exact("visit"), "visit", **TRIANGLE)
    r = estimate(county([30.0] * 5), draws=20_000, markers=COTININE, error_model=model)
    got = pick(by_area(r))
    p = np.array([0.025, 0.5, 0.975])
    middle = (1 - 0.5) / 1.5  # share of the probability below the mode
    low = 0.5 + np.sqrt(p * 1.5 * 0.5)
    want = np.where(p < middle, low, 2.0 - np.sqrt((1 - p) * 1.5 * 1.0))
    told = [got[name].item() for name in ("lower", "value", "upper")]
    assert told == pytest.approx(30.0 * want / want[1], rel=0.01)
    assert np.isnan(got["mean"].item())


def test_the_bound_of_an_area_with_a_triangular_visit_counts_its_sd():
    """Points alike, one at its limit: out to 0.1 % of the visit, by the sd of its log."""
    model = edited(exact("visit"), "visit", **TRIANGLE)
    r = estimate(with_limit_at_the_value(), draws=2_000, markers=COTININE, error_model=model)
    got = pick(by_area(r))
    sd = model.spread("visit", {})
    assert got["bound_upper"].item() == pytest.approx(30.0 * np.exp(3.0902 * sd), rel=1e-3)


def with_limit_at_the_value():
    status = ["quantified"] * 4 + ["below_loq"]
    return county([30.0] * 4 + [np.nan], status={METH: status}, loq={METH: [30.0] * 5})


@pytest.mark.parametrize("rho", [-0.5, 0.7])
def test_correlated_shared_errors_widen_an_area_as_the_formula_says(rho):
    """Sampling made one error of the visit: Var = a^2 + b^2 + 2 rho a b."""
    model = edited(exact("visit", "sampling"), "sampling", level="area_visit")
    model = replace(model, correlations=(Correlation("sampling", "visit", rho),))
    r = estimate(county([30.0] * 5), draws=1_000, markers=COTININE, error_model=model)
    got = pick(by_area(r))
    a, b = model.spread("visit", {}), model.spread("sampling", {"mode": "grab"})
    want = np.sqrt(a**2 + b**2 + 2 * rho * a * b)
    assert np.log(got["upper"] / got["lower"]).item() == pytest.approx(3.919928 * want, rel=1e-3)
    drawn = by_area(r, statistic="arithmetic")  # by draws: the same errors
    spread = np.log(pick(drawn)["upper"] / pick(drawn)["lower"]).item()
    assert spread == pytest.approx(3.919928 * want, rel=0.1)


@pytest.mark.parametrize("n", [1, 4])
def test_the_mean_of_plants_keeps_its_headline_with_triangular_flow_meters(n):
    model = edited(exact("flow"), "flow", **{**TRIANGLE, "low": 0.6, "high": 1.8})
    samples = build_samples({METH: [50.0 + 10 * k for k in range(n)]}, area="T")
    without, drawn = (
        pick(by_area(estimate(locate(samples), draws=k, error_model=model)))["value"].item()
        for k in (0, 40_000)
    )
    assert drawn == pytest.approx(without, rel=0.007)  # 4 standard errors of the median


def test_an_error_moved_from_the_site_to_the_area_does_not_shrink_with_plants():
    samples = build_samples({METH: [50.0] * 16}, area="T")
    widths = []
    for level in ("site", "area"):
        model = edited(exact("flow"), "flow", level=level)
        got = pick(by_area(estimate(locate(samples), draws=4_000, error_model=model)))
        widths.append(np.log(got["upper"] / got["lower"]).item())
    assert widths[1] / widths[0] == pytest.approx(4.0, rel=0.1)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("statistic", ["geometric", "arithmetic"])
def test_tails_of_few_points_leave_the_range_of_numbers_without_a_warning(statistic):
    """Student's t of two points reaches logs of thousands: their exp is infinite."""
    for few in ([10.0, 20.0], [1.0, 5e4]):
        r = estimate(county(few), draws=2_000, markers=COTININE)
        got = pick(by_area(r, statistic=statistic))
        assert got["flags"].item() == "insufficient_data"
        assert got["value"].item() > 0 and np.isnan([got["lower"], got["upper"]]).all()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_an_end_of_an_interval_beyond_the_range_of_numbers_is_not_told():
    r = estimate(county([1e-3, 1e6, 1e6]), draws=2_000, markers=COTININE)
    got = pick(by_area(r, statistic="arithmetic"))
    assert 0 < got["lower"].item() < got["value"].item()
    assert np.isnan(got["upper"].item())


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_draws_within_the_range_are_summed_though_their_total_is_not():
    near = np.log(np.finfo(float).max) - 0.5
    found = summaries._summary(np.full(100, near))
    assert found.mean == pytest.approx(np.exp(near), rel=1e-9) and found.upper == found.value
    (lowest, *_, highest, mean) = summaries._summary(np.r_[np.zeros(99), 800.0])
    assert (lowest, mean) == (1.0, np.inf) and np.isnan(highest)
