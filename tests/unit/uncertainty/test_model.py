"""The error model as data."""

import math

import pytest

from wbe.errors import UsageError
from wbe.uncertainty import ErrorModel, default_model, log_sd
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
