"""Sums, a mass and a comparison loss: 9.2 to 9.4 of supplement 1 of the GUM.

What is printed stands in ``gum/printed.toml``; what counts as the same, in ``gum.py`` of the tests.
"""

from __future__ import annotations

import numpy as np
import pytest
from gum import (
    PRINTED,
    Drawn,
    Floats,
    N,
    around,
    drawn,
    law,
    require_printed,
    require_shortest,
    sensitivities,
)

from wbe.uncertainty import (
    Correlation,
    Distribution,
    Normal,
    Uniform,
)

# Supplement 1, 9.2: sums of four


def sum_of_four(name: str, sds: list[float]) -> Drawn:
    half = np.sqrt(3.0)
    inputs: dict[str, Distribution] = {
        f"x{k}": Normal(0.0, s) if name == "normal" else Uniform(-half * s, half * s)
        for k, s in enumerate(sds)
    }
    stated = PRINTED["additive"][name]
    guf = tuple(float(v) for v in stated.get("first_order", stated["interval"]))
    return drawn(
        lambda **x: sum(x.values()), inputs, intervals=(*around(stated["interval"]), guf)
    )  # fmt: skip


@pytest.mark.parametrize("name", ["normal", "rectangular", "rectangular_10"])
def test_sums_of_four_inputs(name: str) -> None:
    stated = PRINTED["additive"][name]
    got = sum_of_four(name, [1.0, 1.0, 1.0, stated["sd"]])
    assert got.y == pytest.approx(0.0, abs=4 * got.y_error)
    require_printed(got.u, stated["u"], got.u_error)
    assert got.u == pytest.approx(np.sqrt(3 + stated["sd"] ** 2), abs=4 * got.u_error)
    require_shortest(got, stated["interval"], 0.95)
    if "first_order" in stated:  # twice 1.96 u holds too much
        assert got.inside[2] - 0.95 > 5 * np.sqrt(0.95 * 0.05 / N)


# Supplement 1, 9.3: calibration of a mass

MASS = PRINTED["mass"]


def mass(reference, small, air, weight, standard) -> Floats:
    """Deviation of a mass from 100 g [mg]; densities [kg/m^3]."""
    return (reference + small) * (1 + (air - 1.2) * (1 / weight - 1 / standard)) - 100_000.0


MASS_INPUTS: dict[str, Distribution] = {
    "reference": Normal(100_000.0, 0.050),
    "small": Normal(1.234, 0.020),
    "air": Uniform(1.10, 1.30),
    "weight": Uniform(7_000.0, 9_000.0),
    "standard": Uniform(7_950.0, 8_050.0),
}


def test_mass_by_draws_is_not_what_sensitivities_give() -> None:
    """Both sensitivities to the densities vanish at the estimates; their product does not."""
    got = drawn(mass, MASS_INPUTS, about=1.234, intervals=around(MASS["shortest_95"]))
    require_printed(got.y, MASS["value"], np.sqrt(2) * got.y_error)
    require_printed(got.u, MASS["u"], np.sqrt(2) * got.u_error)
    require_shortest(got, MASS["shortest_95"], 0.95)
    sds = np.array([0.05, 0.02, 0.1 / np.sqrt(3), 1e3 / np.sqrt(3), 50 / np.sqrt(3)])
    c = sensitivities(mass, {name: shape.mean for name, shape in MASS_INPUTS.items()})
    first = float(np.sqrt(law(np.array(list(c.values())), sds)))
    assert first == pytest.approx(float(MASS["u_first_order"]), abs=0.5e-4)
    # the second-order term of air and weight density
    mixed = 100_001.234 / 8_000.0**2 * sds[2] * sds[3]
    second = np.hypot(first, mixed)
    assert second == pytest.approx(float(MASS["u_second_order"]), abs=0.5e-3)
    assert got.u > 1.35 * first


# Supplement 1, 9.4: comparison loss of a microwave power meter

LOSSES = PRINTED["comparison_loss"]["at"]


def loss(x1, x2) -> Floats:
    """In units of 1e-6."""
    return 1e6 * (x1**2 + x2**2)


@pytest.mark.parametrize("case", LOSSES, ids=lambda c: f"x1={c['x1']}")
def test_comparison_loss(case: dict) -> None:
    x1, u = case["x1"], 0.005
    inputs = {"x1": Normal(x1, u), "x2": Normal(0.0, u)}
    got = drawn(loss, inputs, about=float(case["y"]), intervals=around(case["shortest_95"]))
    require_printed(got.y, case["y"], np.sqrt(2) * got.y_error)
    require_printed(got.u, case["u"], np.sqrt(2) * got.u_error)
    require_shortest(got, case["shortest_95"], 0.95)
    # u^2 times a noncentral chi-squared of two degrees
    assert got.y == pytest.approx(1e6 * (x1**2 + 2 * u**2), abs=4 * got.y_error)
    assert got.u == pytest.approx(1e6 * np.sqrt(4 * u**2 * x1**2 + 4 * u**4), abs=4 * got.u_error)
    slope = sensitivities(loss, {"x1": x1, "x2": 0.0})["x1"]
    assert abs(slope * u - got.u) > 2  # sensitivities alone give 0, 100 and 500


@pytest.mark.parametrize("x1", [0.0, 0.010, 0.050])
def test_comparison_loss_of_correlated_inputs(x1: float) -> None:
    """9.4.3, r = 0.9: the mean stays, u^2 = 4 u^2 x1^2 + 4 u^4 (1 + r^2)."""
    u, r = 0.005, 0.9
    inputs = {"x1": Normal(x1, u), "x2": Normal(0.0, u)}
    got = drawn(loss, inputs, (Correlation("x1", "x2", r),), about=2_500.0 if x1 > 0.02 else 0.0)
    assert got.y == pytest.approx(1e6 * (x1**2 + 2 * u**2), abs=4 * got.y_error)
    exact = 1e6 * np.sqrt(4 * u**2 * x1**2 + 4 * u**4 * (1 + r**2))
    assert got.u == pytest.approx(exact, abs=4 * got.u_error)
