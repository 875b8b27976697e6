"""The error model as data."""

import math
from dataclasses import replace

import pytest

from wbe.errors import ConfigError, UsageError
from wbe.uncertainty import Correlation, ErrorModel, default_model, log_sd
from wbe.uncertainty.model import Component


def test_round_trip_through_json_and_frame():
    model = default_model()
    assert ErrorModel.from_json(model.to_json()) == model
    assert ErrorModel.from_records(model.to_frame().to_dict("records")) == model


def test_every_row_says_who_said_so():
    for row in default_model().components:
        assert row.source and row.verified


@pytest.mark.parametrize(
    ("spread", "measure", "expected"),
    [(0.1, "rsd", math.sqrt(math.log(1.01))), (1.6, "gsd", math.log(1.6)), (0.4, "log_sd", 0.4)],
)
def test_measures_of_spread(spread, measure, expected):
    assert log_sd(spread, measure) == pytest.approx(expected, rel=1e-12)


def test_a_value_without_a_row_is_an_error_and_not_zero():
    with pytest.raises(UsageError, match="submarine"):
        default_model().spread("sampling", {"mode": "submarine"})


def test_a_grab_is_less_certain_than_a_composite():
    model = default_model()
    grab, composite = (model.spread("sampling", {"mode": m}) for m in ("grab", "composite_24h"))
    assert grab > 4 * composite


def test_scaled_changes_one_component_only():
    model = default_model().scaled("visit", 0)
    assert model.spread("visit", {}) == 0
    assert model.spread("flow", {}) == default_model().spread("flow", {})


@pytest.mark.parametrize("change", [{"level": "town"}, {"measure": "cv"}, {"spread": -0.1}])
def test_unusable_rows_are_refused(change):
    row = default_model().components[0]
    values = {**row.__dict__, **change}
    with pytest.raises(UsageError):
        Component(**values)


def test_the_record_of_an_older_run_still_loads():
    text = (
        '[{"component": "flow", "level": "site", "term": "flow", "when": "", "distribution": '
        '"lognormal", "measure": "rsd", "spread": 0.1, "source": "S", "verified": "recalled", '
        '"note": ""}, {"component": "dose", "level": "global", "term": "dose", "when": "", '
        '"distribution": "lognormal", "measure": "factor", "spread": null, "source": "dose row", '
        '"verified": "see dose", "note": ""}]'
    )
    model = ErrorModel.from_json(text)
    assert model.spread("flow", {}) == log_sd(0.1, "rsd")
    assert math.isnan(model.spread("dose", {})) and model.correlations == ()
    assert model.to_json() == text


# ---- edited tables


def edited(component, **changes):
    """The package's model with every row of a component changed."""
    blank = {"spread": None} if {"low", "values"} & set(changes) else {}
    records = [
        {**r, **blank, **changes} if r["component"] == component else r
        for r in default_model().to_records()
    ]
    return ErrorModel.from_records(records)


TRIANGLE = {"distribution": "triangular", "measure": "range", "low": 0.8, "high": 1.3}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"distribution": "lognormal", "measure": "range", "low": 0.8, "high": 1.3}, "lognormal"),
        ({"distribution": "truncated_normal", "measure": "rsd", "spread": 0.3}, "truncated_normal"),
        (TRIANGLE, "triangular"),
        ({**TRIANGLE, "mode": 0.95}, "triangular"),
        ({"distribution": "uniform", "measure": "rsd", "spread": 0.2}, "uniform"),
        ({"distribution": "pert", "measure": "range", "low": 0.5, "high": 2.0}, "pert"),
        (
            {"distribution": "beta", "measure": "rsd", "low": 0.5, "high": 2.0, "spread": 0.2},
            "beta",
        ),
        ({"distribution": "empirical", "measure": "values", "values": "0.8 1.0;1.3"}, "empirical"),
        (
            {"distribution": "censored_interval", "measure": "rsd", "high": 1.5, "spread": 0.4},
            "censored_interval",
        ),
    ],
)
def test_every_positive_distribution_can_be_stated_and_has_its_median_at_one(changes, kind):
    model = edited("flow", **{"low": None, "high": None, "mode": None, **changes})
    made = model.distribution("flow", {})
    assert made.kind == kind
    assert made.median == pytest.approx(1.0, rel=1e-9)
    assert model.spread("flow", {}) == pytest.approx(math.sqrt(made.log_moments()[1]), rel=1e-6)
    assert ErrorModel.from_json(model.to_json()) == model
    assert ErrorModel.from_frame(model.to_frame()) == model


def test_the_table_of_the_package_shows_only_the_columns_that_it_fills():
    assert set(default_model().to_records()[0]) == {
        "component", "level", "term", "when", "distribution", "measure", "spread", "source",
        "verified", "note",
    }  # fmt: skip
    assert {"low", "high"} < set(edited("flow", **TRIANGLE).to_records()[0])


def test_a_stated_rsd_replaces_the_spread_in_the_components_own_shape():
    model = edited("flow", distribution="triangular", measure="rsd", spread=0.1)
    stated = model.distribution("flow", {}, rsd=0.2)
    assert stated.kind == "triangular"
    sides = (stated.low, stated.mode, stated.high)
    assert sides == pytest.approx([1 - 0.2 * 6**0.5, 1.0, 1 + 0.2 * 6**0.5])
    assert model.distribution("flow", {}, rsd=0.0).log_error(1.0) == 0
    with pytest.raises(UsageError, match=r"0\.5 reaches down to -0\.22"):
        model.distribution("flow", {}, rsd=0.5)
    with pytest.raises(UsageError, match="pert error, which an rsd alone does not describe"):
        edited("flow", distribution="pert", measure="range", low=0.8, high=1.3).distribution(
            "flow", {}, rsd=0.2
        )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"distribution": "normal"}, "'normal' is not for errors relative"),
        ({"distribution": "cauchy"}, "'cauchy' is none of them"),
        ({"distribution": "pert"}, "pert error is stated by range, not by rsd"),
        ({"distribution": "triangular", "measure": "range", "spread": None}, "needs low"),
        ({**TRIANGLE, "spread": 0.1}, "has no spread"),
        ({**TRIANGLE, "low": 1.1}, "does not hold the value 1"),
        ({**TRIANGLE, "low": -0.1}, "reaches down to"),
        ({**TRIANGLE, "coverage": 0.9}, "has no coverage"),
        ({"mode": 1.0}, "has no mode"),
        ({"spread": None}, "needs spread"),
        ({"spread": "ten"}, "'ten' is not a number"),
        ({"measure": "factor"}, "leave spread empty"),
        ({"partner": "population"}, "rows of measure correlation"),
        ({"shape": "flat"}, "unknown column 'shape'"),
    ],
)
def test_rows_that_contradict_themselves_are_refused(changes, words):
    (row,) = (r for r in default_model().to_records() if r["component"] == "flow")
    with pytest.raises(UsageError, match=words):
        ErrorModel.from_records([{**row, "spread": None if "low" in changes else 0.1, **changes}])


def test_a_row_that_never_counts_is_told():
    (row,) = (r for r in default_model().to_records() if r["component"] == "flow")
    twice = ErrorModel.from_records([row, row])
    late = ErrorModel.from_records([row, {**row, "when": "matrix=open_channel"}])
    mixed = ErrorModel.from_records([{**row, "when": "matrix=soil"}, {**row, "level": "sample"}])
    for model, words in ((twice, "two rows"), (late, "put matrix"), (mixed, "the level site in")):
        assert words in next(model.problems()).message


# ---- correlations

PAIR = Correlation("flow", "population", 0.4, "Somebody2020", "recalled", "same catchment")


def test_correlations_go_through_json_frame_and_csv(tmp_path):
    model = replace(default_model(), correlations=(PAIR,))
    assert ErrorModel.from_json(model.to_json()) == model
    assert ErrorModel.from_frame(model.to_frame()) == model
    model.to_csv(tmp_path / "errors.csv")
    assert ErrorModel.read_csv(tmp_path / "errors.csv") == model
    assert model.to_records()[-1]["level"] == "site"


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([("flow", "sampling", 0.4)], "site and sample; they need one level"),
        ([("flow", "weather", 0.4)], "'weather', which no row describes"),
        ([("flow", "population", 0.4), ("population", "flow", 0.4)], "stated twice"),
    ],
)
def test_correlations_that_nothing_can_keep_are_told(pairs, words):
    model = replace(default_model(), correlations=tuple(Correlation(*p) for p in pairs))
    assert words in " ".join(p.message for p in model.problems())


# ---- files


def test_a_file_written_by_excel_reads_as_the_model_that_was_meant(tmp_path):
    file = tmp_path / "errors.csv"
    default_model().to_csv(file)
    text = file.read_text(encoding="utf-8").replace("flow-meter bias", "流量计偏差")
    file.write_bytes((text.replace("\n", "\r\n") + ",,,,,,,,,\r\n").encode("gb18030"))
    model = ErrorModel.read_csv(file)
    assert model.of("flow")[0].note.startswith("流量计偏差")
    assert [c.log_sd for c in model.components[:-2]] == pytest.approx(
        [c.log_sd for c in default_model().components[:-2]], nan_ok=True
    )


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("flow,site,flow,,lognormal,rsd,0.1,", "flow,site,flow,,lognormal,rsd,ten,", "spread"),
        ("flow,site,flow,,lognormal,rsd,", "flow,town,flow,,lognormal,rsd,", "level"),
        ("flow,site,flow,,lognormal,rsd,", "flow,site,flow,,gauss,rsd,", "distribution"),
    ],
)
def test_an_unusable_row_is_named_by_file_line_and_column(tmp_path, old, new, where):
    file = tmp_path / "errors.csv"
    default_model().to_csv(file)
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"errors\.csv, line 10, key '{where}'"):
        ErrorModel.read_csv(file)


def test_scaling_another_shape_is_refused_and_removing_it_is_not():
    model = edited("flow", **TRIANGLE)
    with pytest.raises(UsageError, match="cannot be scaled"):
        model.scaled("flow", 2)
    assert model.scaled("flow", 0).spread("flow", {}) == 0
