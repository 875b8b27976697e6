"""What rounding leaves open, and that nothing less is claimed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbe.errors import UsageError
from wbe.reproduce import rounding


@pytest.mark.parametrize(
    ("printed", "value", "half"),
    [
        ("12.0", 12.0, 0.05),
        ("12", 12.0, 0.5),
        ("<1.12", 1.12, 0.005),
        ("1,246,288", 1246288.0, 0.5),
        ("1.8E+02", 180.0, 5.0),
        ("-7.35", -7.35, 0.005),
        (" 0.20 ", 0.2, 0.005),
    ],
)
def test_a_printed_number_and_half_its_last_unit(printed: str, value: float, half: float) -> None:
    assert rounding.number(printed) == value
    assert rounding.half_unit(printed) == pytest.approx(half, rel=1e-15)


@pytest.mark.parametrize("printed", ["", "NA", " "])
def test_an_empty_cell_is_no_number_and_no_error(printed: str) -> None:
    assert np.isnan(rounding.number(printed)) and np.isnan(rounding.half_unit(printed))


def test_a_word_is_refused() -> None:
    with pytest.raises(UsageError, match=r"N\.D\."):
        rounding.number("N.D.")


def test_a_step_that_is_no_power_of_ten_is_stated_as_its_half() -> None:
    assert rounding.halves(["0.02", "0.04"], 0.01).tolist() == [0.01, 0.01]
    with pytest.raises(UsageError, match="half of the step"):
        rounding.halves(["0.02"], "decimals")


def consumption(x):
    return x["load"] * x["ratio"] / x["excretion"]


@given(
    load=st.floats(0.1, 1e4),
    excretion=st.floats(0.05, 0.9),
    shifts=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    digits=st.tuples(st.integers(-2, 2), st.integers(2, 4)),
)
def test_whatever_the_inputs_were_before_rounding_the_result_lies_inside(
    load: float, excretion: float, shifts: tuple[float, float], digits: tuple[int, int]
) -> None:
    half = {
        "load": np.array([0.5 * 10.0 ** -digits[0]]),
        "excretion": np.array([10.0 ** -digits[1]]),
    }
    half["load"] = np.minimum(half["load"], load / 2)
    half["excretion"] = np.minimum(half["excretion"], excretion / 2)
    values = {
        "load": np.array([load]), "excretion": np.array([excretion]), "ratio": np.array([1.05]),
    }  # fmt: skip
    low, high = rounding.enclosure(consumption, values, half)
    true = {n: values[n] + s * half[n] for n, s in zip(half, shifts, strict=True)}
    got = consumption({**values, **true})
    assert low * (1 - 1e-12) <= got <= high * (1 + 1e-12)


def test_the_ends_are_met_at_the_corners_and_not_beyond() -> None:
    values = {"load": np.array([10.0]), "excretion": np.array([0.5]), "ratio": np.array([1.0])}
    half = {"load": np.array([0.5]), "excretion": np.array([0.05])}
    low, high = rounding.enclosure(consumption, values, half)
    assert (low[0], high[0]) == pytest.approx((9.5 / 0.55, 10.5 / 0.45))


def test_arguments_without_rounding_leave_the_result_sharp() -> None:
    values = {"load": np.array([10.0]), "excretion": np.array([0.5]), "ratio": np.array([1.0])}
    low, high = rounding.enclosure(consumption, values, {})
    assert low[0] == high[0] == 20.0


def test_days_that_move_together_give_the_ends_of_their_mean() -> None:
    days = {f"d{i}": np.array([float(i)]) for i in range(12)}
    half = {name: np.array([0.5]) for name in days}

    def mean(x):
        return np.mean([x[name] for name in days], axis=0)

    low, high = rounding.enclosure(mean, days, half, [list(days)])
    assert (low[0], high[0]) == pytest.approx((5.0, 6.0))
    with pytest.raises(UsageError, match="12 rounded inputs"):
        rounding.enclosure(mean, days, half)


def test_a_group_of_what_is_not_rounded_is_refused() -> None:
    with pytest.raises(UsageError, match="ratio"):
        rounding.enclosure(consumption, {}, {}, [["ratio"]])
