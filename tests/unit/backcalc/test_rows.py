"""Who shares which error: seen in the draws of a few samples."""

from dataclasses import replace

import numpy as np
import pytest
from builders import build_samples
from scipy.special import ndtr

from wbe.backcalc.error_terms import read_error_model
from wbe.errors import ConfigError, SchemaError, UsageError
from wbe.recipes import draws, estimate, to_tidy
from wbe.spatial import locate
from wbe.uncertainty import Correlation, ErrorModel, default_model

METH, BE = "methamphetamine", "benzoylecgonine"
ALL = ("analysis_bias", "repeatability", "sampling", "visit", "flow", "population")
COTININE = {"cotinine": {"value": "0.6 mg/day/inhabitant", "rsd": 0.3}}


def only(*components):
    model = default_model()
    for name in ALL:
        if name not in components:
            model = model.scaled(name, 0)
    return model


def drawn(samples, quantity="concentration", *, model, **options):
    r = estimate(samples, draws=400, error_model=model, **options)
    return np.log(draws(r, quantity).values)


def spread(x):
    return float(np.std(x))


def test_one_flow_meter_errs_alike_on_all_its_days():
    samples = build_samples({METH: [100.0] * 3}, site=["p", "p", "q"])
    x = drawn(samples, "mass_load", model=only("flow"))[:, 0]
    assert spread(x[0]) == pytest.approx(0.0998, rel=0.15)
    assert spread(x[0] - x[1]) < 1e-12 < 0.1 < spread(x[0] - x[2])


def test_one_laboratory_errs_alike_and_another_by_itself():
    samples = build_samples({METH: [100.0] * 3}, lab=["L1", "L1", "L2"])
    x = drawn(samples, model=only("analysis_bias"))[:, 0]
    assert spread(x[0] - x[1]) < 1e-12 < 0.1 < spread(x[0] - x[2])


def test_two_residues_of_one_bottle_share_its_sampling_error():
    samples = build_samples({METH: [100.0], BE: [50.0]}, mode="grab")
    x = drawn(samples, model=only("sampling"))[0]
    assert spread(x[0]) == pytest.approx(np.log(1.6), rel=0.15)
    assert spread(x[0] - x[1]) < 1e-12


@pytest.mark.parametrize("name", ["flow", "population"])
def test_stated_spreads_of_flow_and_population_replace_the_defaults(name):
    samples = build_samples({METH: [100.0]})
    exact = samples.assign({f"{name}_rsd": ("sample", [0.0])})
    one, two = (drawn(s, "pn_mass_load", model=only(name)) for s in (samples, exact))
    assert spread(one) > 0.09 and spread(two) < 1e-12


def channels(area, **labels):
    n = len(area)
    return build_samples(
        {METH: [100.0] * n, "cotinine": [2_000.0] * n},
        area=area,
        flow=np.nan,
        matrix="open_channel",
        **labels,
    )


def test_a_markers_load_differs_between_areas_and_not_within_one():
    x = drawn(channels(["T", "T", "U"]), "pn_mass_load", model=only(), markers=COTININE)[:, 0]
    assert spread(x[0]) == pytest.approx(np.sqrt(np.log(1.09)), rel=0.15)
    assert spread(x[0] - x[1]) < 1e-12 < 0.2 < spread(x[0] - x[2])


def test_analysis_of_the_marker_adds_its_own_error():
    exact = {"cotinine": {"value": "0.6 mg/day/inhabitant", "rsd": 0.0}}
    model = only("repeatability")
    x = drawn(channels(["T"]), "pn_mass_load", model=model, markers=exact)[0, 0]
    assert spread(x) == pytest.approx(np.sqrt(2 * np.log(1.0225)), rel=0.15)


def test_equal_visit_labels_in_two_areas_are_two_visits():
    samples = locate(channels(["T", "U"], visit="1"))
    x = drawn(samples, "pn_mass_load", model=only("visit"), markers=COTININE)[:, 0]
    assert len(set(samples["visit"].values.tolist())) == 2
    assert spread(x[0] - x[1]) > 0.4


def test_effluent_has_a_load_and_no_consumption():
    table = to_tidy(estimate(build_samples({BE: [500.0]}, matrix="wwtp_effluent"), draws=0))
    assert set(table["quantity"]) == {"concentration", "mass_load"}


def test_doses_carry_the_spread_of_the_dose():
    r = estimate(build_samples({BE: [500.0]}), draws=1_000)
    used, doses = (
        np.log(r[f"{q}_upper"] / r[f"{q}_lower"]).item() for q in ("pn_consumption", "pn_doses")
    )
    dose = np.log(200 / 50)  # 95 % interval of the dose row
    assert doses == pytest.approx(np.hypot(used, dose), rel=0.05)


def edited(name, /, **changes):
    records = default_model().to_records()
    return [dict(c, **changes) if c["component"] == name else c for c in records]


CORRELATION = {
    **{name: "" for name in default_model().to_records()[0]},
    "measure": "correlation",
    "spread": 0.5,
}


@pytest.mark.parametrize(
    ("records", "words"),
    [
        (default_model().to_records()[1:], "lacks analysis_bias"),
        (edited("flow", component="weather"), "no error is called 'weather'"),
        (edited("flow", term="population"), "belongs to flow and cannot be moved"),
        (edited("flow", when="site=p"), "write one of mode, population_basis, matrix, analyte"),
        (edited("excretion", level="site"), "excretion is one number for everybody"),
        (edited("excretion", measure="rsd", distribution="lognormal", spread=0.2), "by factor"),
        (edited("flow", measure="factor", spread=None), "flow is stated by rsd, not by factor"),
        (edited("water_between", when="matrix=open_channel"), "one number for the campaign"),
        (edited("water_between", distribution="uniform"), "lognormal and cannot be uniform"),
        (
            [
                *default_model().to_records(),
                {**CORRELATION, "component": "repeatability", "partner": "sampling"},
            ],
            "one of them is drawn by analyte",
        ),
        (
            [
                *default_model().to_records(),
                {**CORRELATION, "component": "excretion", "partner": "dose"},
            ],
            "nothing would be correlated",
        ),
    ],
)
def test_what_the_calculation_does_not_keep_is_refused(records, words):
    with pytest.raises(UsageError, match=words):
        estimate(build_samples({METH: [1.0]}), error_model=ErrorModel.from_records(records))


# ---- edited error models


def moved(component, level):
    """Only this error, at another level."""
    model = only(component)
    changed = [replace(c, level=level) if c.component == component else c for c in model.components]
    return replace(model, components=tuple(changed))


def shaped(component, **changes):
    """Only this error, in another distribution."""
    records = [
        {**r, "spread": None, **changes} if r["component"] == component else r
        for r in only(component).to_records()
    ]
    return ErrorModel.from_records(records)


TRIANGLE = {"distribution": "triangular", "measure": "range", "low": 0.7, "high": 1.6}


@pytest.mark.parametrize(
    ("level", "shared"),
    [
        ("global", [True, True, True]),
        ("area", [True, True, False]),
        ("lab", [True, True, True]),
        ("site", [True, False, False]),
        ("site_day", [False, False, False]),
        ("area_visit", [False, True, False]),
        ("sample", [False, False, False]),
    ],
)
def test_the_level_says_who_shares_a_flow_error(level, shared):
    """Against the first sample: its site on another day, its area's other site, another area."""
    samples = build_samples(
        {METH: [100.0] * 4},
        site=["p", "p", "q", "r"],
        area=["T", "T", "T", "U"],
        time=["2018-03-01", "2018-03-02", "2018-03-01", "2018-03-01"],
        visit=["T|1", "", "T|1", ""],
    )
    x = drawn(samples, "mass_load", model=moved("flow", level))[:, 0]
    assert spread(x[0]) > 0.08
    assert [spread(x[0] - other) < 1e-12 for other in x[1:]] == shared
    assert spread(x[1] - x[3]) > 0.08 or level in ("global", "lab")


def test_a_day_of_a_site_is_shared_by_its_samples():
    samples = build_samples(
        {METH: [100.0] * 3}, site=["p", "p", "p"], time=["2018-03-01T08", "2018-03-01T16", "NaT"]
    )
    x = drawn(samples, "mass_load", model=moved("flow", "site_day"))[:, 0]
    assert spread(x[0] - x[1]) < 1e-12 < 0.08 < spread(x[0] - x[2])


AT = np.array([0.025, 0.5, 0.975])


def triangle_quantiles(p, low=0.7, mode=1.0, high=1.6):
    """Quantiles of a triangular distribution over its median, from the textbook formula."""
    width = high - low

    def q(u):
        if u < (mode - low) / width:
            return low + np.sqrt(u * width * (mode - low))
        return high - np.sqrt((1 - u) * width * (high - mode))

    return np.array([q(u) for u in p]) / q(0.5)


def test_a_triangular_flow_error_has_its_textbook_quantiles():
    n = 40_000
    samples = build_samples({METH: [100.0]}, flow=50_000.0, population=100_000.0)
    r = estimate(samples, draws=n, error_model=shaped("flow", **TRIANGLE))
    x = draws(r, "pn_mass_load").values.ravel()
    want = 50.0 * triangle_quantiles(AT)
    for p, low, high in zip(AT, want * 0.995, want * 1.005, strict=True):
        error = 4 * np.sqrt(p * (1 - p) / n)
        assert (x < low).mean() - error < p < (x < high).mean() + error
    told = [r[f"pn_mass_load{name}"].item() for name in ("_lower", "", "_upper")]
    assert told == pytest.approx(want, rel=2e-4)


def test_rows_of_one_component_may_differ_in_shape_and_share_the_unknown():
    """Three bases at one plant: two triangles and a lognormal, made from one score."""
    base = only("population").to_records()
    wide = {"spread": None, "distribution": "triangular", "measure": "range", "high": 1.6}
    rows = {"population_basis=served": {**wide, "low": 0.7}, "population_basis=design": wide}
    rows["population_basis=design"] = {**wide, "low": 0.5, "high": 2.0}
    model = ErrorModel.from_records([{**r, **rows.get(r["when"], {})} for r in base])
    basis = ["served", "design", "resident", "served"]
    samples = build_samples({METH: [100.0] * 4}, site=["p"] * 3 + ["q"], population_basis=basis)
    x = np.log(25.0) - drawn(samples, "pn_mass_load", model=model)[:, 0]  # 25: without errors
    share = ndtr(x[2] / model.spread("population", {"population_basis": "resident"}))
    assert np.allclose(x[0], np.log(triangle_quantiles(share)), atol=1e-9)
    assert np.allclose(x[1], np.log(triangle_quantiles(share, 0.5, 1.0, 2.0)), atol=1e-9)
    assert abs(np.corrcoef(x[0], x[3])[0, 1]) < 0.2


def test_a_stated_rsd_keeps_the_distribution_of_its_component():
    samples = build_samples({METH: [100.0] * 2}).assign(flow_rsd=("sample", [0.2, np.nan]))
    model = shaped("flow", distribution="uniform", measure="rsd", spread=0.1)
    r = estimate(samples, draws=1_000, error_model=model)
    reach = np.exp(
        np.log(draws(r, "mass_load").values[:, 0]).T - np.log(r["mass_load"].values[:, 0])
    )
    for k, rsd in enumerate((0.2, 0.1)):
        half = rsd * np.sqrt(3)
        assert 1 - half < reach[:, k].min() < 1 - 0.98 * half
        assert 1 + 0.98 * half < reach[:, k].max() < 1 + half


def test_a_stated_rsd_of_zero_leaves_a_factor_of_any_shape_exact():
    samples = build_samples({METH: [100.0]}).assign(flow_rsd=("sample", [0.0]))
    model = shaped("flow", distribution="uniform", measure="rsd", spread=0.1)
    r = estimate(samples, draws=500, error_model=model)
    assert spread(draws(r, "mass_load").values) < 1e-9
    ends = [r["mass_load_lower"].item(), r["mass_load_upper"].item()]
    assert ends == pytest.approx([5_000.0] * 2, rel=1e-12)


def test_a_stated_rsd_of_a_shape_that_it_cannot_describe_is_refused():
    samples = build_samples({METH: [100.0]}).assign(flow_rsd=("sample", [0.2]))
    model = shaped("flow", distribution="pert", measure="range", low=0.8, high=1.3)
    with pytest.raises(UsageError, match=r"flow: a stated rsd of 0\.2"):
        estimate(samples, error_model=model)


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.8])
def test_correlated_flow_and_population_narrow_the_load_per_person_as_the_formula_says(rho):
    """Var ln(Q / P) = f^2 + p^2 - 2 rho f p."""
    pairs = (Correlation("flow", "population", rho),) if rho else ()
    model = replace(only("flow", "population"), correlations=pairs)
    f, p = model.spread("flow", {}), model.spread("population", {"population_basis": "served"})
    want = np.sqrt(f**2 + p**2 - 2 * rho * f * p)
    r = estimate(build_samples({METH: [100.0]}), draws=20_000, error_model=model)
    assert spread(np.log(draws(r, "pn_mass_load").values)) == pytest.approx(want, rel=0.03)
    width = np.log(r["pn_mass_load_upper"] / r["pn_mass_load_lower"]).item()
    assert width == pytest.approx(2 * 1.959964 * want, rel=1e-4)
    plain = np.log(r["mass_load_upper"] / r["mass_load_lower"]).item()
    assert plain == pytest.approx(2 * 1.959964 * f, rel=1e-4)


def test_a_file_with_a_row_that_no_draw_keeps_is_named_by_line_and_column(tmp_path):
    file = tmp_path / "errors.csv"
    ErrorModel.from_records(edited("flow", term="weather")).to_csv(file)
    with pytest.raises(ConfigError, match=r"errors\.csv, line 10, key 'term'.*belongs to flow"):
        read_error_model(file)


def test_a_quantified_zero_is_refused():
    with pytest.raises(SchemaError, match="zero"):
        estimate(build_samples({METH: [0.0]}))


def test_samples_without_a_route_are_told():
    r = estimate(channels(["T", "U"]), draws=0)
    (found,) = [f for f in r.attrs["findings"] if f.rule == "no_route"]
    assert "2" in found.message


def test_the_first_row_that_fits_counts_and_one_behind_a_general_row_is_refused():
    base = only("flow").to_records()
    at = next(k for k, row in enumerate(base) if row["component"] == "flow")
    own = {**base[at], "when": "matrix=wwtp_influent", "measure": "log_sd", "spread": 0.5}
    general = {**base[at], "when": "", "measure": "log_sd", "spread": 0.1}
    samples = build_samples({METH: [100.0]})
    base[at : at + 1] = [own, general]
    x = drawn(samples, "mass_load", model=ErrorModel.from_records(base))
    assert spread(x) == pytest.approx(0.5, rel=0.15)
    base[at : at + 2] = [general, own]
    with pytest.raises(UsageError, match="holds for all samples"):
        drawn(samples, "mass_load", model=ErrorModel.from_records(base))
