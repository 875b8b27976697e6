"""The main recipe on a few visible numbers."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from builders import build_samples

from wbe import factors
from wbe.errors import MissingFactorError, UsageError
from wbe.recipes import cite, draws, estimate, pathways, to_tidy
from wbe.uncertainty import ErrorModel, default_model

BE = "benzoylecgonine"
COMPONENTS = ("analysis_bias", "repeatability", "sampling", "visit", "flow", "population")


def exact():
    """Error model without any spread."""
    model = default_model()
    for component in COMPONENTS:
        model = model.scaled(component, 0)
    return model


def with_spread(by: float):
    """Default factor set with every excretion spread multiplied."""
    chosen = factors.load_set("default")
    rows = chosen.rows.copy()
    rows["logit_sd"] = rows["logit_sd"] * by
    return replace(chosen, rows=rows)


def vector(**labels):
    return build_samples({BE: [500.0]}, **labels)


def test_the_vector_without_draws():
    r = estimate(vector(), draws=0)
    assert r["mass_load"].item() == pytest.approx(25_000, rel=1e-12)
    assert r["pn_mass_load"].item() == pytest.approx(125, rel=1e-12)
    assert r["pn_consumption"].item() == pytest.approx(448.75, rel=1e-12)
    assert r["pn_doses"].item() == pytest.approx(4.4875, rel=1e-12)
    assert np.isnan(r["pn_consumption_lower"].item())


def test_the_median_with_draws_is_the_value_without():
    sharp, drawn = (estimate(vector(), draws=n, seed=5) for n in (0, 10_000))
    for quantity in ("mass_load", "pn_mass_load", "pn_consumption", "pn_doses"):
        lower, upper = (np.log(drawn[f"{quantity}_{e}"].item()) for e in ("lower", "upper"))
        error = 1.2533 * (upper - lower) / 3.92 / np.sqrt(10_000)
        assert np.log(drawn[quantity].item() / sharp[quantity].item()) == pytest.approx(
            0, abs=4 * error
        )


def test_without_spread_every_draw_is_the_deterministic_value():
    r = estimate(vector(), factors=with_spread(0), draws=1_500, error_model=exact())
    assert np.abs(draws(r, "pn_consumption").values / 448.75 - 1).max() < 1e-12


def two_sites(by: float):
    samples = build_samples({BE: [500.0, 200.0]})
    return draws(estimate(samples, factors=with_spread(by), draws=4_000), "pn_consumption")


def width(x):
    return np.diff(np.quantile(np.log(x), [0.025, 0.975]))[0]


def test_doubling_the_excretion_spread_leaves_the_ratio_of_sites_and_widens_their_mean():
    narrow, wide = (two_sites(by).isel(pathway=0).values for by in (1, 2))
    assert width(wide[0] / wide[1]) == pytest.approx(width(narrow[0] / narrow[1]), rel=1e-9)
    assert width(wide.mean(axis=0)) > 1.3 * width(narrow.mean(axis=0))


def test_a_non_detect_has_bounds_and_no_value():
    samples = build_samples(
        {BE: [np.nan]}, status={BE: ["below_loq"]}, loq={BE: [4.0]}, lod={BE: [1.0]}
    )
    table = to_tidy(estimate(samples, draws=2_000)).set_index("quantity")
    assert table["value"].isna().all()
    assert (table["status"] == "below_loq").all()
    assert table.loc["pn_mass_load", "lower"] == 0
    assert table.loc["pn_mass_load", "upper"] > 1.0  # 4 ng/L is 1 mg/day/1000, plus its error
    sharp = to_tidy(estimate(samples, draws=0)).set_index("quantity")
    assert sharp.loc["pn_mass_load", "upper"] == pytest.approx(1.0)


def test_an_unknown_limit_gives_no_bound():
    samples = build_samples({BE: [np.nan]}, status={BE: ["below_loq"]})
    table = to_tidy(estimate(samples, draws=500))
    assert len(table) and table[["value", "lower", "upper"]].isna().all(axis=None)
    assert (table["status"] == "below_loq").all()


@pytest.mark.parametrize(
    ("flow", "matrix", "markers", "expected"),
    [
        (5e4, "wwtp_influent", {"cotinine": "0.6 mg/day/inhabitant"}, "flow"),
        (np.nan, "open_channel", {"cotinine": "0.6 mg/day/inhabitant"}, "cotinine"),
        (np.nan, "open_channel", {"water": "150 L/day/inhabitant"}, "water"),
        (np.nan, "open_channel", {}, "none"),
        (5e4, "surface_water", {"cotinine": "0.6 mg/day/inhabitant"}, "none"),
        (5e4, "wwtp_effluent", {"water": "150 L/day/inhabitant"}, "none"),
    ],
)
def test_route_to_a_per_capita_value(flow, matrix, markers, expected):
    samples = build_samples({BE: [500.0], "cotinine": [2_000.0]}, flow=flow, matrix=matrix)
    assert estimate(samples, draws=0, markers=markers)["method"].item() == expected


def test_marker_and_water_routes_give_their_equations():
    samples = build_samples(
        {BE: [200.0], "cotinine": [2_000.0]}, flow=np.nan, matrix="open_channel"
    )
    by_marker = estimate(samples, draws=0, markers={"cotinine": "0.6 mg/day/inhabitant"})
    assert by_marker["pn_mass_load"].values[0, 0] == pytest.approx(60)
    assert np.isnan(by_marker["pn_mass_load"].values[0, 1])  # not normalised by itself
    by_water = estimate(samples, draws=0, markers={"water": "0.15 m3/day/inhabitant"})
    assert by_water["pn_mass_load"].values[0, 0] == pytest.approx(30)


def test_markers_are_tried_in_the_order_given():
    samples = build_samples(
        {BE: [200.0], "cotinine": [np.nan], "ammonium": [2e7]},
        flow=np.nan,
        matrix="open_channel",
        status={"cotinine": ["below_lod"]},
    )
    r = estimate(
        samples,
        draws=0,
        markers={"cotinine": "0.6 mg/day/inhabitant", "ammonium": "7 g/day/inhabitant"},
    )
    assert r["method"].item() == "ammonium"


def calibration():
    return build_samples(
        {BE: [500.0] * 4, "cotinine": [2_000.0, 2_400.0, 1_900.0, 1_000.0]},
        flow=[60_000.0, 60_000.0, 60_000.0, np.nan],
        matrix=["wwtp_influent"] * 3 + ["open_channel"],
    )


def test_calibration_is_the_geometric_mean_over_influents():
    r = estimate(calibration(), draws=0, markers={"cotinine": {"calibrate": True}})
    expected = np.exp(np.mean(np.log([0.6, 0.72, 0.57])))
    assert r["pn_mass_load"].values[3, 0] == pytest.approx(500 / 1000 * expected * 1000)


def test_too_few_influents_cannot_calibrate():
    with pytest.raises(UsageError, match="at least 3 influents"):
        estimate(vector(), draws=0, markers={"cotinine": {"calibrate": True}})


@pytest.mark.parametrize(
    ("markers", "why"),
    [
        ({"cotinine": 0.6}, "0.6: expected a positive number and mg/day/inhabitant"),
        ({"cotinine": "0.6 ng/L"}, "mg/day/inhabitant"),
        ({"cotinin": "0.6 mg/day/inhabitant"}, "cotinine"),
        ({"water": {"calibrate": True}}, "cannot be calibrated"),
        ({"cotinine": "-1 mg/day/inhabitant"}, "positive"),
        ({"cotinine": {"valu": "1 mg/day/inhabitant"}}, "value"),
    ],
)
def test_unusable_marker_loads_are_refused(markers, why):
    with pytest.raises(UsageError, match=why):
        estimate(calibration(), draws=0, markers=markers)


def many(order=slice(None), extra=False):
    sites = ["A", "A", "B", "C"] + (["Z"] if extra else [])
    values = {
        BE: [500.0, 450.0, 200.0, np.nan] + [9e3] * extra,
        "methamphetamine": [100.0, 80.0, 30.0, 20.0] + [1.0] * extra,
    }
    if extra:
        values["ketamine"] = [5.0] * 5
    n = len(sites)
    samples = build_samples(
        values,
        site=sites,
        status={BE: ["quantified"] * 3 + ["below_loq"] + ["quantified"] * extra},
        loq={BE: [3.0] * n},
        flow=[5e4, 5e4, 2e4, 1e4] + [3e3] * extra,
        population=[2e5, 2e5, 5e4, 3e4] + [1e4] * extra,
    )
    return samples.isel(sample=order)


def numbers(samples):
    table = to_tidy(estimate(samples, draws=1_500, seed=3))
    return table.set_index(["sample_id", "analyte", "drug", "quantity"])


def test_row_order_changes_no_number():
    one, two = numbers(many()), numbers(many([3, 0, 2, 1]))
    assert one.equals(two.loc[one.index])


def test_unrelated_site_and_analyte_change_no_number():
    one, two = numbers(many()), numbers(many(extra=True))
    assert one.equals(two.loc[one.index])


def test_same_seed_same_numbers_other_seed_other_numbers():
    a, b, c = (draws(estimate(many(), draws=500, seed=s), "mass_load").values for s in (1, 1, 2))
    assert np.array_equal(a, b, equal_nan=True) and not np.array_equal(a, c, equal_nan=True)


def test_summaries_agree_with_the_draws_of_the_same_result():
    """Two engines: exact marginals against keyed Monte Carlo."""
    r = estimate(many(), draws=20_000, seed=3)
    for quantity in ("concentration", "mass_load", "pn_mass_load", "consumption", "pn_consumption"):
        drawn = np.quantile(draws(r, quantity).values, [0.025, 0.975], axis=-1)
        for q, end in zip(drawn, ("lower", "upper"), strict=True):
            got = r[f"{quantity}_{end}"].values
            quantified = np.isfinite(q) & np.isfinite(r[quantity].values)
            assert quantified.sum() >= 3
            assert np.abs(np.log(q / got))[quantified].max() < 4 * 2.67 * 0.5 / np.sqrt(20_000)


def test_load_only_and_net_only_rows_give_no_consumption():
    samples = build_samples(
        {"methcathinone": [50.0], "amphetamine": [50.0], "morphine": [50.0], BE: [50.0]}
    )
    table = to_tidy(estimate(samples, draws=0))
    assert set(table.loc[table["quantity"] == "pn_consumption", "drug"]) == {"cocaine"}
    assert set(table.loc[table["quantity"] == "pn_mass_load", "analyte"]) == {
        "methcathinone",
        "amphetamine",
        "morphine",
        BE,
    }


def test_the_euda_set_gives_loads_alone():
    table = to_tidy(estimate(vector(), factors="euda", draws=0))
    assert "pn_mass_load" in set(table["quantity"])
    assert not {"consumption", "pn_consumption", "pn_doses"} & set(table["quantity"])


def test_every_consumption_names_its_factor_and_the_factor_its_source():
    r = estimate(vector(), draws=0)
    table = to_tidy(r)
    used = table[table["quantity"].isin(["consumption", "pn_consumption"])]
    assert set(used["factor_ids"]) == {"cocaine|BE|Castiglioni2013"}
    assert any("10.1021/es302722f" in line for line in cite(r))
    assert [p["factor_id"] for p in pathways(r)] == r.attrs["factor_ids"]


def solids():
    n = 12
    samples = build_samples(
        {"methamphetamine": list(np.geomspace(1, 100, n))},
        matrix="soil",
        flow=np.nan,
        population=np.nan,
    )
    content = samples["concentration"]
    return samples.assign(content=content.assign_attrs(units="ng/g")).assign(
        concentration=content * np.nan
    )


def test_soil_keeps_its_own_scale_and_gives_an_index():
    table = to_tidy(estimate(solids(), draws=0))
    assert set(table["quantity"]) == {"concentration", "index"}
    assert set(table.loc[table["quantity"] == "concentration", "unit"]) == {"ng/g"}
    index = table.loc[table["quantity"] == "index", "value"].to_numpy()
    assert index.mean() == pytest.approx(0, abs=1e-6) and index.std() == pytest.approx(1, rel=1e-5)


def test_the_index_is_frozen_at_the_first_round():
    first = solids()
    later = first.assign_coords(
        sample=[f"t{k}" for k in range(12)], round=("sample", ["2019Q1"] * 12)
    )
    later = later.assign(content=later["content"] * 10)
    both = xr.concat([first, later], dim="sample", combine_attrs="override")
    index = estimate(both, draws=0)["index"].values[:, 0]
    scale = np.log(np.geomspace(1, 100, 12)).std()
    assert index[:12].mean() == pytest.approx(0, abs=1e-6)
    assert index[12:] - index[:12] == pytest.approx(np.log(10) / scale, rel=1e-4)


@pytest.mark.parametrize(
    ("options", "error", "why"),
    [
        ({"factors": "nobody2020"}, UsageError, "nobody2020"),
        ({"draws": -1}, UsageError, "draws"),
        ({"nondetects": "half"}, UsageError, "half"),
        ({"population": "guess"}, UsageError, "as_given"),
        ({"population": "ammonium"}, UsageError, "no default"),
        ({"population": "combined"}, UsageError, "markers"),
    ],
)
def test_unusable_options_are_refused(options, error, why):
    with pytest.raises(error, match=why):
        estimate(vector(), **options)


def test_a_missing_factor_is_an_error(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("factor_id,gives\ncocaine|BE|Nobody,consumption\n", encoding="utf-8")
    with pytest.raises(MissingFactorError, match="Nobody"):
        estimate(vector(), factors=path)


def test_draws_of_a_result_without_draws_are_refused():
    with pytest.raises(UsageError, match="draws = 0"):
        draws(estimate(vector(), draws=0), "pn_mass_load")


def test_stated_spreads_replace_the_defaults():
    precise = vector().assign(concentration_rsd=(("sample", "analyte"), [[0.01]]))
    model = ErrorModel(tuple(c for c in exact().components))
    model = model.scaled("repeatability", 1)
    r = estimate(precise, draws=4_000, error_model=model)
    assert np.log(r["concentration_upper"] / r["concentration_lower"]).item() == pytest.approx(
        3.92 * 0.01, rel=0.1
    )


def test_the_engine_that_was_asked_for_is_recorded_and_an_unknown_one_refused():
    assert estimate(vector(), engine="numpy").attrs["engine"] == "numpy"
    with pytest.raises(UsageError, match="cuda"):
        estimate(vector(), engine="cuda")
