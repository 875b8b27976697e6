"""End gauge (H.1, and 9.5 of supplement 1) and impedance (H.2) of the GUM.

What is printed stands in ``gum/printed.toml``; what counts as the same, in ``gum.py`` of the tests.
"""

from __future__ import annotations

import numpy as np
import pytest
from gum import (
    HERE,
    PRINTED,
    Floats,
    N,
    around,
    drawn,
    half_digit,
    law,
    require_printed,
    require_shortest,
    sensitivities,
)
from scipy.special import stdtrit

from wbe.uncertainty import (
    Arcsine,
    Correlation,
    Distribution,
    Function,
    Normal,
    StudentT,
    Uniform,
    propagate,
    published,
)

NOMINAL = 50e6  # of the end gauge [nm]


def test_every_table_says_where_it_is_printed() -> None:
    assert {"jcgm100", "jcgm101"} == set(PRINTED["sources"])
    for name in set(PRINTED) - {"sources"}:
        assert PRINTED[name]["place"].startswith(("JCGM 100:2008", "JCGM 101:2008"))


# H.1 and 9.5: the end gauge

GAUGE = PRINTED["end_gauge"]


def gauge(
    standard, difference, random, systematic, expansion, expansion_difference, bed, cycle,
    temperature_difference,
) -> Floats:  # fmt: skip
    """Deviation of the gauge from its nominal length [nm], JCGM 100 (H.3)."""
    length = NOMINAL + standard
    thermal = expansion_difference * (bed + cycle) + expansion * temperature_difference
    return standard + difference + random + systematic - length * thermal


def gauge_inputs() -> dict[str, Distribution]:
    """The distributions that H.1 names, each with its stated standard uncertainty."""
    kinds = dict.fromkeys(("expansion", "expansion_difference", "temperature_difference"), Uniform)
    kinds |= {"cycle": Arcsine}
    half = {Uniform: np.sqrt(3.0), Arcsine: np.sqrt(2.0)}
    out: dict[str, Distribution] = {}
    for name, (x, u, _) in GAUGE["inputs"].items():
        made = kinds.get(name)
        out[name] = made(x - half[made] * u, x + half[made] * u) if made else Normal(x, u)
    return out


def test_end_gauge_by_the_law_of_propagation() -> None:
    names = list(GAUGE["inputs"])
    x, u, degrees = np.array(list(GAUGE["inputs"].values())).T
    c = sensitivities(gauge, dict(zip(names, x, strict=True)))
    parts = np.array([c[n] for n in names]) * u
    first = np.sqrt((parts**2).sum())
    assert gauge(*x) == pytest.approx(float(GAUGE["length"]), abs=0.5)
    assert first == pytest.approx(float(GAUGE["u_first_order"]), abs=0.5)
    finite = degrees > 0
    effective = first**4 / (parts[finite] ** 4 / degrees[finite]).sum()
    assert int(effective) == int(GAUGE["effective_degrees"])
    expanded = first * stdtrit(int(effective), 0.995)
    assert expanded == pytest.approx(float(GAUGE["expanded_99"]), abs=0.5)


def test_end_gauge_by_draws_has_the_uncertainty_of_second_order() -> None:
    """Products of two unknowns count: 34 nm, where sensitivities alone give 32."""
    got = drawn(gauge, gauge_inputs(), about=838.0)
    require_printed(got.y, GAUGE["length"], got.y_error)
    require_printed(got.u, GAUGE["u_second_order"], got.u_error)
    u = {name: stated[1] for name, stated in GAUGE["inputs"].items()}
    linear = sum(u[n] ** 2 for n in ("standard", "difference", "random", "systematic"))
    bed_and_cycle = 0.1**2 + u["bed"] ** 2 + u["cycle"] ** 2
    alpha = 11.5e-6**2 + u["expansion"] ** 2
    thermal = u["expansion_difference"] ** 2 * bed_and_cycle
    thermal += alpha * u["temperature_difference"] ** 2
    exact = np.sqrt(linear + (NOMINAL + 623.0) ** 2 * thermal)
    assert got.u == pytest.approx(exact, abs=4 * got.u_error)
    assert got.u - float(GAUGE["u_first_order"]) > 1.5


def test_gauge_block_with_few_degrees_of_freedom_and_inexact_limits() -> None:
    """JCGM 101 9.5: t where degrees of freedom are stated, limits known to a tenth or a half."""
    block = PRINTED["gauge_block"]
    inputs = {
        "standard": published("student_t", 623.0, sd=25.0, df=18),
        "difference": published("student_t", 215.0, sd=6.0, df=24),
        "random": published("student_t", 0.0, sd=4.0, df=5),
        "systematic": published("student_t", 0.0, sd=7.0, df=8),
        "expansion": Uniform(9.5e-6, 13.5e-6),
        "bed": Normal(-0.1, 0.2),
        "cycle": Arcsine(-0.5, 0.5),
        "alpha_limit": Uniform(0.9e-6, 1.1e-6),
        "alpha_place": Uniform(-1.0, 1.0),
        "theta_limit": Uniform(0.025, 0.075),
        "theta_place": Uniform(-1.0, 1.0),
    }
    assert all(isinstance(inputs[n], StudentT) for n in list(inputs)[:4])

    def call(alpha_limit, alpha_place, theta_limit, theta_place, **x: Floats) -> Floats:
        return gauge(
            **x,
            expansion_difference=alpha_limit * alpha_place,
            temperature_difference=theta_limit * theta_place,
        )

    got = drawn(
        call, inputs, about=838.0, intervals=around(block["shortest_99"]), coverage=0.99
    )  # fmt: skip
    require_printed(got.y, block["length"], got.y_error)
    require_printed(got.u, block["u"], got.u_error)
    require_shortest(got, block["shortest_99"], 0.99)


# H.2: resistance, reactance and impedance from correlated observations

IMPEDANCE = PRINTED["impedance"]


def impedance(voltage, current, phase) -> Floats:
    """[ohm], from [V], [mA] and [rad]."""
    z = voltage / (current * 1e-3)
    return np.stack([z * np.cos(phase), z * np.sin(phase), z])


def observations() -> tuple[Floats, Floats, Floats]:
    """Means of the five observations, their standard uncertainties and correlations."""
    seen = np.loadtxt(HERE / "jcgm100_h2.csv", delimiter=",", skiprows=1)
    return seen.mean(axis=0), seen.std(axis=0, ddof=1) / np.sqrt(len(seen)), np.corrcoef(seen.T)


def impedance_law(correlated: bool) -> Floats:
    x, u, r = observations()
    steps = np.diag(1e-4 * u)
    c = np.stack([(impedance(*(x + s)) - impedance(*(x - s))) / (2 * s.sum()) for s in steps])
    return law(c.T, u, r if correlated else None)


def correlations_of(covariance: Floats) -> Floats:
    sd = np.sqrt(np.diag(covariance))
    return np.asarray((covariance / np.outer(sd, sd))[[0, 0, 1], [1, 2, 2]])


def test_impedance_by_the_law_of_propagation() -> None:
    x, _, r = observations()
    for value, printed in zip(impedance(*x), IMPEDANCE["values"], strict=True):
        require_printed(value, printed, 0.0)
    for value, printed in zip(
        r[[0, 0, 1], [1, 2, 2]], IMPEDANCE["input_correlations"], strict=True
    ):
        require_printed(value, printed, 0.0)
    covariance = impedance_law(correlated=True)
    for value, printed in zip(np.sqrt(np.diag(covariance)), IMPEDANCE["u"], strict=True):
        assert value == pytest.approx(float(printed), abs=0.001)  # printed with rounded inputs
    for value, printed in zip(correlations_of(covariance), IMPEDANCE["correlations"], strict=True):
        require_printed(value, printed, 0.0005)
    wrong = np.sqrt(np.diag(impedance_law(correlated=False)))
    for value, printed in zip(wrong, IMPEDANCE["u_uncorrelated"], strict=True):
        assert value == pytest.approx(float(printed), abs=0.001)


def impedance_drawn(correlated: bool) -> tuple[Floats, Floats, Floats]:
    """Means, standard uncertainties and correlations of the three outputs, by draws."""
    x, u, r = observations()
    names = ("voltage", "current", "phase")
    pairs = tuple(
        Correlation(names[i], names[j], float(r[i, j])) for i, j in ((0, 1), (0, 2), (1, 2))
    )
    inputs = {n: Normal(a, b) for n, a, b in zip(names, x, u, strict=True)}
    about = impedance(*x)[:, None]

    def call(**given: Floats) -> Floats:
        y = impedance(**given) - about
        return np.vstack([y, y**2, y[[0, 0, 1]] * y[[1, 2, 2]]])

    m = propagate(Function(call, inputs, pairs if correlated else ()), draws=N).mean
    variance = m[3:6] - m[:3] ** 2
    products = m[6:] - m[[0, 0, 1]] * m[[1, 2, 2]]
    return (
        m[:3] + about[:, 0],
        np.sqrt(variance),
        products / np.sqrt(variance[[0, 0, 1]] * variance[[1, 2, 2]]),
    )


def test_impedance_by_draws_of_correlated_inputs() -> None:
    mean, u, r = impedance_drawn(correlated=True)
    for value, printed, sd in zip(mean, IMPEDANCE["values"], u, strict=True):
        require_printed(value, printed, sd / np.sqrt(N))
    expected = impedance_law(correlated=True)
    assert u == pytest.approx(np.sqrt(np.diag(expected)), rel=4 / np.sqrt(2 * N))
    assert r == pytest.approx(correlations_of(expected), abs=4 / np.sqrt(N))
    for value, printed in zip(u, IMPEDANCE["u"], strict=True):
        require_printed(value, printed, half_digit(printed) / 4 + value / np.sqrt(2 * N))


def test_impedance_without_the_correlations_is_wrong() -> None:
    """Negative control: what the GUM warns of is what the draws give, far from the right values."""
    _, wrong, _ = impedance_drawn(correlated=False)
    for value, printed, right in zip(
        wrong, IMPEDANCE["u_uncorrelated"], IMPEDANCE["u"], strict=True
    ):
        assert value == pytest.approx(float(printed), abs=0.001 + 4 * value / np.sqrt(2 * N))
        assert abs(value - float(right)) > 0.03
