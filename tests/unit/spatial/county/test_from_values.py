"""From area values to the county model: which samples, which errors, which points."""

from __future__ import annotations

import numpy as np
import pytest
from builders import build_samples

from wbe.errors import MissingFactorError, UsageError
from wbe.recipes import estimate
from wbe.spatial import by_area, locate
from wbe.spatial.county import (
    OPEN_CHANNEL,
    CountyPriors,
    county_posterior,
    county_samples,
    legacy_residue,
    point_labels,
    shrinkage,
    stream_symbols,
    top_town,
)
from wbe.spatial.county.points import distance_m
from wbe.uncertainty import default_model

METH = "methamphetamine"
TOWNS = ("A", "B", "C")


def values(n_rounds=1, model=None, draws=200, extra=None, markers=None, **labels):
    """Three towns of four points: two influents with flow, two channels by cotinine."""
    rows = [(r, t, k) for r in range(n_rounds) for t in TOWNS for k in range(4)]
    rows += [(0, *row) for row in extra or ()]
    rng = np.random.default_rng(1)
    level = {"A": 100.0, "B": 200.0, "C": 400.0, "D": 50.0}
    matrix = ["wwtp_influent" if k < 2 else "open_channel" for *_, k in rows]
    given = {
        "concentration": {
            METH: [level[t] * np.exp(rng.normal(0, 0.3)) for _, t, _ in rows],
            "cotinine": [2000.0] * len(rows),
        },
        "site": [f"{t}{k}" for _, t, k in rows],
        "area": [t for _, t, _ in rows],
        "round": [f"2018Q{r + 1}" for r, *_ in rows],
        "matrix": matrix,
        "mode": ["composite_24h" if k < 2 else "grab" for *_, k in rows],
        "flow": [50_000.0 if k < 2 else np.nan for *_, k in rows],
        **labels,
    }  # fmt: skip
    samples = build_samples(given.pop("concentration"), **given)
    result = estimate(
        locate(samples),
        draws=draws,
        seed=3,
        markers=markers or {"cotinine": "1 mg/day/inhabitant"},
        error_model=model,
    )
    return by_area(result)


@pytest.fixture(scope="module")
def plain():
    return values(n_rounds=2, extra=[("D", 0), ("D", 2)])


def test_samples_keep_their_town_round_kind_and_point(plain):
    found = county_samples(plain, METH, "pn_mass_load")
    data = found.data
    assert found.areas == ("A", "B", "C", "D") and found.rounds == ("2018Q1", "2018Q2")
    assert len(data.log_load) == 26 and data.n_points == 14
    assert (data.kind == OPEN_CHANNEL).sum() == 13 and data.kinds_meet
    assert data.points_repeat
    flow = (data.town == 0) & (data.round == 0) & (data.kind == 0)
    assert flow.sum() == 2


def test_known_errors_are_the_laboratorys_and_the_markers_of_each_town(plain):
    shared = county_samples(plain, METH, "pn_mass_load").data.shared
    carried = (shared != 0).sum(axis=0)
    everybody = carried == len(shared)
    assert everybody.sum() == 1  # methamphetamine's bias
    assert shared[0, everybody] == pytest.approx(np.sqrt(np.log1p(0.1**2)))
    own = carried < len(shared) / 2 - 1
    assert own.sum() == 4  # the marker's load, a town each


def test_the_visit_is_the_models_own_and_its_size_is_the_scale_of_its_prior(plain):
    assert county_samples(plain, METH, "pn_mass_load").priors.omega == 0.4
    without = values(model=default_model().scaled("visit", 0))
    assert county_samples(without, METH, "pn_mass_load").priors.omega == 0.0


def test_posterior_names_towns_and_follows_their_levels(plain):
    p = county_posterior(plain, METH, unconverged="flag")
    assert p.areas == ("A", "B", "C", "D") and p.about["unit"].startswith("mg/")
    middle = np.median(p.typical, axis=0)
    assert middle[0] < middle[1] < middle[2] and middle[3] < middle[1]
    assert p.typical.shape == (200, 4) and p.visit.shape == (200, 2, 4)
    again = county_posterior(plain, METH, unconverged="flag")
    assert again.typical.tobytes() == p.typical.tobytes()


def test_consumption_is_the_load_times_the_factor_for_all_towns_alike(plain):
    load, use = (
        county_posterior(plain, METH, q, unconverged="flag")
        for q in ("pn_mass_load", "pn_consumption")
    )
    shift = use.typical - load.typical
    assert shift == pytest.approx(np.repeat(shift[:, :1], 4, axis=1), abs=1e-12)
    assert use.common - load.common == pytest.approx(
        shift[:, 0] - (use.plain - load.plain)[0, 0], abs=1e-12
    )


def test_order_of_samples_does_not_matter():
    one = values()
    order = np.random.default_rng(0).permutation(one.sizes["sample"])
    two = one.isel(sample=order)
    a, b = (county_posterior(v, METH, unconverged="flag", draws=80) for v in (one, two))
    assert a.typical.tobytes() == b.typical.tobytes()


def test_nondetects_enter_by_their_limit_and_unknown_limits_not_at_all():
    status = ["below_lod" if k in (0, 5) else "quantified" for k in range(12)]
    lod = [10.0 if k == 0 else np.nan for k in range(12)]
    v = values(
        status={METH: status, "cotinine": ["quantified"] * 12},
        lod={METH: lod, "cotinine": [np.nan] * 12},
    )
    data = county_samples(v, METH, "pn_mass_load").data
    assert data.censored.sum() == 1 and len(data.log_load) == 11
    assert data.log_load[data.censored] == pytest.approx(np.log(10.0 * 50_000 / 200_000))


@pytest.mark.parametrize(
    ("markers", "left"),
    [({"cotinine": "1 mg/day/inhabitant"}, 12), ({"water": "150 L/day/inhabitant"}, 6)],
)
def test_wet_visits_leave_unless_flow_or_a_marker_normalises(markers, left):
    v = values(markers=markers)
    wet = v.assign_coords(rain_24h=("sample", np.full(v.sizes["sample"], 20.0)))
    assert len(county_samples(v, METH, "pn_mass_load").data.log_load) == 12
    assert len(county_samples(wet, METH, "pn_mass_load").data.log_load) == left


def test_a_point_that_moved_is_another_point():
    site = np.array(["S", "S", "S", "T"])
    round_ = np.array(["1", "2", "3", "1"])
    lat = np.array([23.0, 23.0 + 40 / 111_195, 23.0 + 60 / 111_195, np.nan])
    found = point_labels(site, round_, np.full(4, 116.0), lat)
    assert found.tolist() == ["S", "S", "S (2)", "T"]
    assert distance_m(np.array(116.0), np.array(23.0), np.array(116.0), lat[2]) == pytest.approx(
        60, abs=0.01
    )
    v = values(n_rounds=2)
    moved = (v["sample_round"].values == "2018Q2") & (v["site"].values == "A0")
    v = v.assign_coords(
        lon=("sample", np.full(v.sizes["sample"], 116.0)),
        lat=("sample", np.where(moved, 23.001, 23.0)),
    )
    found = county_samples(v, METH, "pn_mass_load")
    assert found.data.n_points == 13
    assert [p for p in found.points if p.endswith("(2)")] == ["A|A0 (2)"]


def test_shrinkage_shows_the_simple_mean_beside_the_model(plain):
    p = county_posterior(plain, METH, unconverged="flag")
    table = shrinkage(p, 0).set_index("area")
    found = county_samples(plain, METH, "pn_mass_load").data
    here = (found.town == 1) & (found.round == 0)
    assert table.loc["B", "simple"] == pytest.approx(np.exp(found.log_load[here].mean()))
    assert table.loc["D", "status"] == "insufficient" and table.loc["D", "n_points"] == 2
    assert shrinkage(p, "2018Q2").set_index("area").loc["D", "status"] == "no_data"
    assert (table["typical_lower"] < table["typical"]).all()
    top = top_town(p, 0)
    assert top.area == "C" and f"{-top.pulled:+.2f}" in str(top) and "understated" in str(top)
    chinese = top.sentence("zh")
    assert chinese.startswith("C") and "低估" in chinese and f"{top.understated:.2f}" in chinese


def _with(matrix, levels):
    """Four samples of a matrix in town A, two in each of two rounds, beside the sewage."""
    n = 8 + len(levels)
    rounds = ["2018Q1"] * 4 + ["2018Q2"] * 4 + ["2018Q1", "2018Q1", "2018Q2", "2018Q2"]
    samples = build_samples(
        {METH: [100.0] * 8 + list(levels)},
        site=[f"A{k % 4}" for k in range(8)] + ["R1", "R2", "R1", "R2"],
        area=["A"] * n, round=rounds, matrix=["wwtp_influent"] * 8 + [matrix] * 4,
        mode="grab", status={METH: ["quantified"] * n},
    )  # fmt: skip
    return by_area(estimate(locate(samples), draws=500, seed=1), design="county_round")


def test_streams_are_a_symbol_of_their_own():
    table = stream_symbols(_with("surface_water", [100.0, 1.0, 1.0, 2.0]), METH)
    assert table["threshold"].tolist() == [pytest.approx(90.1)] * 2
    assert table["p_any_high"][0] > 0.5 and table["p_any_high"][1] < 0.01
    assert (
        table["highest"].tolist() == pytest.approx([100.0, 2.0]) and (table["n_points"] == 2).all()
    )
    later = stream_symbols(_with("surface_water", [100.0, 1.0, 1.0, 2.0]), METH,
                           reference_round="2018Q2")  # fmt: skip
    assert later["p_any_high"][0] == 1.0
    with pytest.raises(UsageError, match="reference_round"):
        stream_symbols(_with("surface_water", [1.0] * 4), METH, reference_round="2017")


def test_streams_never_enter_a_towns_value():
    low, high = (_with("surface_water", [x] * 4) for x in (1.0, 1e5))
    a, b = (county_posterior(v, METH, unconverged="flag", draws=80) for v in (low, high))
    assert a.typical.tobytes() == b.typical.tobytes()


def test_what_cannot_be_modelled_is_refused(plain):
    with pytest.raises(MissingFactorError):
        county_posterior(plain, METH, "concentration")
    with pytest.raises(UsageError, match="county rounds"):
        county_posterior(plain.assign_attrs(design="plants"), METH)
    with pytest.raises(UsageError, match="draws"):
        county_posterior(plain.assign_attrs(draws=0), METH)
    with pytest.raises(UsageError, match="the rounds are"):
        shrinkage(county_posterior(plain, METH, unconverged="flag", draws=80), "2017Q1")
    with pytest.raises(UsageError, match="no residue"):
        legacy_residue(plain, "LSD")
    assert not len(legacy_residue(plain, METH))
    assert isinstance(county_samples(plain, METH, "pn_mass_load").priors, CountyPriors)
