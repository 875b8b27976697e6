"""Populations of a campaign: from every source, combined, and in per-capita loads."""

import numpy as np
import pytest
from builders import build_samples

from wbe.errors import UsageError
from wbe.recipes import compare, draws, estimate, populations
from wbe.uncertainty import default_model

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
    for name in ("analysis_bias", "repeatability", "sampling", "visit"):
        model = model.scaled(name, 0)
    samples = towns().assign(flow_rsd=("sample", [0.5, 0.5]))
    r = estimate(samples, draws=10, markers=BOTH, population="combined", error_model=model)
    table = populations(r)
    given, ammonium, cotinine = (
        of(table, name)["weight"].to_numpy() for name in ("as_given", *BOTH)
    )
    parts = ((given, 0.5), (given, 0.2), (ammonium, 0.2), (cotinine, 0.3))
    expected = np.sqrt(sum((w * log_sd(rsd)) ** 2 for w, rsd in parts))
    k = r["analyte"].values.tolist().index(METH)
    got = np.log((r["pn_mass_load_upper"] / r["pn_mass_load_lower"]).values[:, k]) / (2 * 1.959964)
    assert got == pytest.approx(expected, rel=1e-4)


def test_a_sample_without_the_marker_gets_no_other_population():
    samples = towns(people=(2e5, 5e4, 7e4), flow=(5e4, 1e4, 2e4),
                    status={"ammonium": ["quantified", "not_measured", "quantified"]})  # fmt: skip
    samples["concentration"][1, 1] = np.nan
    r = estimate(samples, draws=0, markers=AMMONIUM, population="NH4-N")
    assert r["method"].values.tolist() == ["ammonium", "none", "ammonium"]
    assert [f.rule for f in r.attrs["findings"]] == ["population_marker_missing"]
    k = r["analyte"].values.tolist().index(METH)
    assert np.isfinite(r["mass_load"].values[:, k]).all()


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


def test_lazy_samples_cannot_be_combined():
    pytest.importorskip("dask")
    with pytest.raises(UsageError, match="load"):
        estimate(towns().chunk(sample=1), draws=0, markers=BOTH, population="combined")
    r = estimate(towns().chunk(sample=1), draws=0, markers=BOTH, population="ammonium")
    assert r["pn_mass_load"].values[:, 0] == pytest.approx([25.0, 25.0])


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
