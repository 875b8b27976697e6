"""Populations of a campaign: from every source, combined, and in per-capita loads."""

import numpy as np
import pytest
from builders import build_samples

from wbe.backcalc import population_rows, rows, times
from wbe.errors import UsageError
from wbe.recipes import compare, draws, estimate, populations
from wbe.uncertainty import default_model
from wbe.uncertainty.moments import covariance

METH = "methamphetamine"
AMMONIUM = {"ammonium": {"value": "7.5 g/day/inhabitant", "rsd": 0.2, "derived_from": "PK"}}
COTININE = {"cotinine": {"value": "0.6 mg/day/inhabitant", "rsd": 0.3, "form": "total"}}
BOTH = {**AMMONIUM, **COTININE}


def towns(people=(200_000.0, 50_000.0), flow=(50_000.0, 11_000.0), **labels):
    """Synthetic samples whose markers follow from known populations."""
    p, q = np.array(people), np.array(flow)
    return build_samples(
        {METH: list(25e-3 * p / q * 1e3), "ammonium": list(7.5e6 * p / q),
         "cotinine": list(600.0 * p / q)},
        flow=list(q), population=list(p), area=[f"T{k}" for k in range(len(p))], **labels,
    )  # fmt: skip


def of(table, source):
    return table[table["source"] == source].set_index("sample_id")


def test_known_populations_are_recovered_from_every_source_and_combined():
    people = np.array([200_000.0, 50_000.0])
    markers = {**BOTH, "water": "250 L/day/inhabitant"}
    table = populations(estimate(towns(flow=people / 4), draws=0, markers=markers))
    for source in ("as_given", "ammonium", "cotinine", "water", "combined"):
        got = of(table, source)["population"].to_numpy()
        assert np.abs(got / people - 1).max() < 1e-9


@pytest.mark.parametrize("source", ["as_given", "ammonium", "cotinine", "combined"])
def test_known_per_capita_loads_are_recovered_whatever_gives_the_population(source):
    r = estimate(towns(), draws=0, markers=BOTH, population=source)
    k = r["analyte"].values.tolist().index(METH)
    assert np.abs(r["pn_mass_load"].values[:, k] / 25.0 - 1).max() < 1e-9


def test_every_population_has_basis_and_date():
    table = populations(estimate(towns(), draws=0, markers=BOTH))
    assert (table[["basis", "date"]] != "").all(axis=None)
    stated, marker = of(table, "as_given"), of(table, "cotinine")
    assert set(stated["basis"]) == {"served"} and set(stated["date"]) == {"2018"}
    assert set(marker["basis"]) == {"estimated"} and set(marker["date"]) == {"2018-03-01"}
    assert set(marker["form"]) == {"total"}


def test_a_population_without_basis_or_date_says_so():
    samples = towns(population_basis="", population_date="")
    table = populations(estimate(samples, draws=0, markers=BOTH))
    assert set(of(table, "as_given")["basis"]) == {"unstated"}
    assert len(table.attrs["warnings"]) == 2


def test_estimates_that_disagree_warn_and_widen_the_interval():
    agree = towns()
    apart = agree.copy(deep=True)
    apart["concentration"][:, 1] *= 3
    one, two = (populations(estimate(s, draws=100, markers=BOTH)) for s in (agree, apart))
    assert one.attrs["warnings"] == [] and one.attrs["disagreement"]["log_sd"] == 0
    assert len(two.attrs["warnings"]) == 2 and "3.0 times" in two.attrs["warnings"][0]
    width = [
        np.log(of(t, "combined")["upper"] / of(t, "combined")["lower"]).iloc[0] for t in (one, two)
    ]
    assert width[1] > 1.3 * width[0]


def test_the_load_of_a_marker_is_one_unknown_of_a_town_and_another_of_the_next():
    model = default_model()
    for name in ("analysis_bias", "repeatability", "sampling", "visit"):
        model = model.scaled(name, 0)
    samples = towns(people=(2e5, 5e4, 7e4), flow=(5e4, 1e4, 2e4))
    samples = samples.assign_coords(area=("sample", ["T0", "T0", "T1"]))
    r = estimate(samples, draws=4_000, markers=COTININE, population="cotinine", error_model=model)
    k = r["analyte"].values.tolist().index(METH)
    log = np.log(draws(r, "pn_mass_load").values[:, k])
    related = np.corrcoef(log)
    assert related[0, 1] == pytest.approx(1.0) and abs(related[0, 2]) < 0.06
    assert log.std(axis=1) == pytest.approx(log_sd(0.3), rel=0.05)


def test_the_flow_cancels_from_loads_over_a_markers_population_and_not_from_the_population():
    model = default_model()
    for name in ("analysis_bias", "repeatability", "population", "sampling", "visit"):
        model = model.scaled(name, 0)
    exact = {"cotinine": {"value": "0.6 mg/day/inhabitant", "rsd": 0.0}}
    r = estimate(towns(), draws=300, markers=exact, population="cotinine", error_model=model)
    k = r["analyte"].values.tolist().index(METH)
    assert np.log(draws(r, "pn_mass_load").values[:, k]).std(axis=1).max() < 1e-9
    assert np.log(draws(r, "mass_load").values[:, k]).std(axis=1).min() > 0.09
    table = of(populations(r), "cotinine")
    assert (table["upper"] / table["lower"]).min() > 1.4


def log_sd(rsd):
    return np.sqrt(np.log1p(rsd**2))


def test_a_load_over_the_combination_keeps_the_flow_to_the_weight_of_the_stated_population():
    model = default_model()
    for name in ("analysis_bias", "repeatability", "visit"):
        model = model.scaled(name, 0)
    samples = towns().assign(flow_rsd=("sample", [0.5, 0.5]))
    r = estimate(samples, draws=10, markers=BOTH, population="combined", error_model=model)
    table = populations(r)
    given, ammonium, cotinine = (
        of(table, name)["weight"].to_numpy() for name in ("as_given", *BOTH)
    )
    # the sampling of the residue stays whole: it need not be that of the markers
    parts = ((given, 0.5), (given, 0.2), (ammonium, 0.2), (cotinine, 0.3), (1.0, 0.1))
    expected = np.sqrt(sum((w * log_sd(rsd)) ** 2 for w, rsd in parts))
    k = r["analyte"].values.tolist().index(METH)
    got = np.log((r["pn_mass_load_upper"] / r["pn_mass_load_lower"]).values[:, k]) / (2 * 1.959964)
    assert got == pytest.approx(expected, rel=1e-4)


def test_people_of_a_marker_times_the_load_of_one_are_a_load_without_that_markers_load():
    model = default_model()
    for name in ("analysis_bias", "repeatability", "sampling", "visit", "flow"):
        model = model.scaled(name, 0)
    calibrated = {"cotinine": {"calibrate": True}}
    people = (2e5, 5e4, 7e4)
    samples = towns(people=people, flow=(5e4, 1e4, 2e4))
    samples["concentration"][:, 2] *= np.array([2.0, 1.0, 0.7])
    r = estimate(samples, draws=5, markers=calibrated, population="cotinine", error_model=model)
    s, i = rows.extract(r), np.arange(3)
    load = rows.product(s, "pn_mass_load", i, np.full(3, s.column(METH)))
    both = times(load, population_rows.population(s, "cotinine", i))
    assert np.diag(covariance(load.terms)).min() > 0.1
    assert covariance(both.terms) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("of_no_people", [{"matrix": "wwtp_effluent"}, {"flow": np.nan}])
def test_water_that_tells_nothing_of_people_has_no_population(of_no_people):
    r = estimate(build_samples({METH: [20.0], "ammonium": [3e7]}, **of_no_people), draws=0,
                 markers={**AMMONIUM, "water": "150 L/day/inhabitant"})  # fmt: skip
    s = rows.extract(r)
    for source in ("ammonium", "water"):
        found = population_rows.population(s, source, np.array([0]))
        assert np.isnan(found.log_central).all() and not covariance(found.terms).any()


def test_a_load_of_a_marker_is_not_read_as_its_concentration():
    samples = towns()
    samples["load"] = (("sample", "analyte"), np.full((2, 3), np.nan))
    samples["load"][0, 1], samples["concentration"][0, 1] = 4e8, np.nan
    table = populations(estimate(samples, draws=0, markers=AMMONIUM))
    assert of(table, "ammonium").index.tolist() == ["s2"]


# --- calibration -------------------------------------------------------------------------------


def calibrated(log_loads, model=None, **labels):
    """The calibration of cotinine on sites whose loads are known [log mg/day/inhabitant]."""
    n = len(log_loads)
    concentration = list(1e3 * 4 * np.exp(np.array(log_loads)))  # 250 L a person
    samples = build_samples({"cotinine": concentration}, flow=50_000.0, population=200_000.0,
                            site=[f"S{k}" for k in range(n)], **labels)  # fmt: skip
    r = estimate(samples, draws=0, markers={"cotinine": {"calibrate": True}}, error_model=model)
    return rows.extract(r).markers["cotinine"]


def exact_model():
    model = default_model()
    for name in ("analysis_bias", "repeatability", "sampling", "visit", "flow", "population"):
        model = model.scaled(name, 0)
    return model


@pytest.mark.parametrize(("n", "t"), [(3, 4.302653), (5, 2.776445), (40, 2.022691)])
def test_few_sites_calibrate_with_students_t(n, t):
    logs = np.tile([-0.3, 0.1, 0.4, -0.2, 0.0], 8)[:n]
    got = calibrated(logs, exact_model())
    sd = np.std(logs, ddof=1) * t / 1.959964
    assert got["between"] == pytest.approx(sd, rel=1e-6)
    assert got["se"] == pytest.approx(sd / np.sqrt(n), rel=1e-6)
    assert got["value"] == pytest.approx(np.exp(logs.mean())) and got["n"] == n


def test_errors_of_measurement_are_not_counted_as_differences_between_towns():
    logs = np.tile([-0.6, 0.6], 10)
    sd = np.std(logs, ddof=1) * 2.093024 / 1.959964
    # sampling, repeatability, flow and a served population; one laboratory has one bias
    own = sum(log_sd(rsd) ** 2 for rsd in (0.10, 0.15, 0.10, 0.20))
    assert calibrated(logs)["between"] == pytest.approx(np.sqrt(sd**2 - own), rel=1e-6)
    labs = [f"L{k}" for k in range(20)]
    own += log_sd(0.10) ** 2
    assert calibrated(logs, lab=labs)["between"] == pytest.approx(np.sqrt(sd**2 - own), rel=1e-6)
    assert calibrated(logs / 60)["between"] == 0.0 and calibrated(logs / 60)["se"] > 0
    # what a visit does to drugs need not touch a marker
    visits = [f"V{k}" for k in range(20)]
    assert calibrated(logs, visit=visits, lab=labs) == calibrated(logs, lab=labs)


def test_days_of_a_site_are_one_site():
    one = {"ammonium": {"calibrate": True}}
    sites = ["A"] * 4 + ["B", "C"]
    samples = build_samples({"ammonium": [3e7, 3e7, 3e7, 3e7, 4e7, 2e7]}, site=sites)
    got = rows.extract(estimate(samples, draws=0, markers=one)).markers["ammonium"]
    assert got["n"] == 3
    assert got["value"] == pytest.approx((3e7 * 4e7 * 2e7) ** (1 / 3) * 50 / 200_000)


def test_open_channels_and_effluents_calibrate_nothing():
    matrix = ["wwtp_influent"] * 2 + ["open_channel", "wwtp_effluent"]
    samples = build_samples({"cotinine": [2e3] * 4}, matrix=matrix)
    with pytest.raises(UsageError, match="there are 2"):
        estimate(samples, draws=0, markers={"cotinine": {"calibrate": True}})


def test_a_calibration_on_populations_of_no_stated_basis_may_be_made_from_any():
    markers = {"cotinine": {"calibrate": True}}
    for basis, origin in (("resident", "WBE+census"), ("", "WBE+census+mobile+operator+register")):
        samples = towns(people=(2e5, 5e4, 7e4), flow=(5e4, 1e4, 2e4), population_basis=basis)
        made = rows.extract(estimate(samples, draws=0, markers=markers)).markers["cotinine"]
        assert made["derived_from"] == origin


def test_nothing_is_known_to_be_independent_of_a_combination():
    table = populations(estimate(towns(), draws=0, markers=AMMONIUM))
    assert set(of(table, "combined")["derived_from"]) == {""}
    with pytest.raises(UsageError, match="combined alone"):
        compare(table, "combined")


def test_a_sample_without_the_marker_gets_no_other_population():
    samples = towns(people=(2e5, 5e4, 7e4), flow=(5e4, 1e4, 2e4),
                    status={"ammonium": ["quantified", "not_measured", "quantified"]})  # fmt: skip
    samples["concentration"][1, 1] = np.nan
    r = estimate(samples, draws=0, markers=AMMONIUM, population="NH4-N")
    assert r["method"].values.tolist() == ["ammonium", "none", "ammonium"]
    assert [f.rule for f in r.attrs["findings"]] == ["population_marker_missing"]
    k = r["analyte"].values.tolist().index(METH)
    assert np.isfinite(r["mass_load"].values[:, k]).all()


def test_another_marker_does_not_stand_in_for_the_chosen_one():
    samples = towns()
    samples["concentration"][1, 1] = np.nan
    samples["status"][1, 1] = "not_measured"
    r = estimate(samples, draws=0, markers=BOTH, population="ammonium")
    assert r["method"].values.tolist() == ["ammonium", "none"]


def test_markers_are_not_normalised_by_the_population_that_they_make():
    r = estimate(towns(), draws=0, markers=BOTH, population="combined")
    assert np.isfinite(r["pn_mass_load"].values).tolist() == [[True, False, False]] * 2


def test_a_marker_calibrated_on_the_stated_populations_cannot_confirm_them():
    samples = towns(people=(2e5, 5e4, 7e4), flow=(5e4, 1e4, 2e4))
    calibrated = populations(estimate(samples, draws=0, markers={"cotinine": {"calibrate": True}}))
    with pytest.raises(UsageError, match="built in"):
        compare(calibrated, "cotinine")
    unknown = populations(estimate(samples, draws=0, markers=COTININE))
    with pytest.raises(UsageError, match="not stated"):
        compare(unknown, "cotinine")
    unstated = samples.assign_coords(population_basis=("sample", ["served", "", "served"]))
    bare = populations(estimate(unstated, draws=0, markers=AMMONIUM))
    with pytest.raises(UsageError, match="no basis"):
        compare(bare, "ammonium")
    stated = populations(estimate(samples, draws=0, markers=AMMONIUM))
    assert compare(stated, "ammonium")["ratio"].to_numpy() == pytest.approx(np.ones(3))


@pytest.mark.parametrize(
    "stated",
    [
        {"cotinine": {"value": "0.6 mg/day/inhabitant", "form": "bound"}},
        {"ammonium": {"value": "7.5 g/day/inhabitant", "form": "total"}},
        {"ammonium": {"value": "7.5 g/day/inhabitant", "derived_from": "guess"}},
    ],
)
def test_a_form_or_an_origin_that_means_nothing_is_refused(stated):
    with pytest.raises(UsageError):
        estimate(towns(), draws=0, markers=stated)


@pytest.mark.parametrize("population", ["ammonium", "combined"])
def test_samples_in_chunks_give_the_same_loads(population):
    pytest.importorskip("dask")
    samples = towns(people=(2e5, 5e4, 7e4), flow=(5e4, 1e4, 2e4), mode=["grab"] * 3)
    samples["concentration"][:, 1] *= np.array([3.0, 1.0, 0.4])
    samples = samples.assign(flow_rsd=("sample", [0.3, 0.1, 0.2]))
    chosen = {**AMMONIUM, "cotinine": {"calibrate": True}}
    whole, lazy = (
        estimate(s, draws=100, markers=chosen, population=population)
        for s in (samples, samples.chunk(sample=1))
    )
    for name in ("", "_lower", "_upper"):
        one, other = (r["pn_mass_load" + name].values for r in (whole, lazy))
        np.testing.assert_allclose(other, one, rtol=1e-12)


def test_areas_of_a_combined_run_keep_the_disagreement():
    from wbe.spatial import by_area

    apart = towns(people=(2e5, 5e4, 7e4), flow=(5e4, 1e4, 2e4))
    apart["concentration"][:, 1] *= np.array([3.0, 1.0, 0.4])
    one = estimate(apart, draws=500, markers=BOTH, population="combined")
    assert one.attrs["population_disagreement"] > 0.1
    assert [f.rule for f in one.attrs["findings"]] == ["populations_disagree"]
    areas = by_area(one, quantities=("pn_mass_load",)).sel(drug=METH, quantity="pn_mass_load")
    k = one["analyte"].values.tolist().index(METH)
    width = [
        np.log(upper / lower)
        for upper, lower in (
            (areas["upper"].values.ravel(), areas["lower"].values.ravel()),
            (one["pn_mass_load_upper"].values[:, k], one["pn_mass_load_lower"].values[:, k]),
        )
    ]
    assert width[0] == pytest.approx(width[1], rel=0.15)
