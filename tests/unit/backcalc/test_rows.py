"""Who shares which error: seen in the draws of a few samples."""

import numpy as np
import pytest
from builders import build_samples

from wbe.errors import SchemaError, UsageError
from wbe.recipes import draws, estimate, to_tidy
from wbe.spatial import locate
from wbe.uncertainty import ErrorModel, default_model

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


def test_only_spreads_sources_and_rows_of_the_error_model_can_be_edited():
    records = default_model().to_records()
    moved = [dict(c, level="global") if c["component"] == "flow" else c for c in records]
    extra = [*records, dict(records[0], component="weather")]
    for wrong in (moved, extra, records[1:]):
        with pytest.raises(UsageError):
            estimate(build_samples({METH: [1.0]}), error_model=ErrorModel.from_records(wrong))


def test_a_quantified_zero_is_refused():
    with pytest.raises(SchemaError, match="zero"):
        estimate(build_samples({METH: [0.0]}))


def test_samples_without_a_route_are_told():
    r = estimate(channels(["T", "U"]), draws=0)
    (found,) = [f for f in r.attrs["findings"] if f.rule == "no_route"]
    assert "2" in found.message
