"""False alarms of control charts, by simulation of independent normal values (synthetic)."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np
import pytest

from wbe import qc
from wbe.qc.control_charts import ewma_path, ewma_sd


def joined(names: tuple[str, ...]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda z: reduce(np.logical_or, [qc.RUN_RULES[name](z) for name in names])


@pytest.mark.slow
@pytest.mark.parametrize(("rules", "expected"), [(4, 91.75), (2, 225.44)])
def test_run_rules_give_the_false_alarms_of_champ_and_woodall(rules: int, expected: float) -> None:
    """Technometrics 1987: the first two and all four rules of Western Electric."""
    names = qc.RUN_RULE_SETS["western_electric"][:rules]
    found = qc.simulated_run_length(joined(names), runs=12_000, longest=2_500, seed=21)
    assert abs(found.mean - expected) < 4 * found.se


@pytest.mark.slow
def test_exact_limits_make_an_ewma_a_little_quicker_than_its_long_run() -> None:
    def exact(z: np.ndarray) -> np.ndarray:
        return np.asarray(np.abs(ewma_path(z, 0.2)) > 2.86 * ewma_sd(z.shape[-1], 0.2))

    found = qc.simulated_run_length(exact, runs=6_000, longest=4_000, seed=21)
    assert -0.03 * qc.ewma_arl() - 4 * found.se < found.mean - qc.ewma_arl() < 4 * found.se
    shifted = qc.simulated_run_length(exact, shift=1.0, runs=6_000, longest=500, seed=21)
    assert 0.85 * qc.ewma_arl(1.0) < shifted.mean < qc.ewma_arl(1.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rules", "shift", "printed"),
    [
        ("western_electric", 0, 92), ("western_electric", 1, 9.2), ("western_electric", 2, 3.2),
        ("nelson", 0, 73), ("westgard", 0, 159),
    ],
)  # fmt: skip
def test_the_run_lengths_that_the_documentation_prints(
    rules: str, shift: float, printed: float
) -> None:
    alarms = joined(qc.RUN_RULE_SETS[rules])
    longest = {0: 1_500, 1: 300, 2: 60}[int(shift)]
    found = qc.simulated_run_length(alarms, shift=shift, runs=6_000, longest=longest, seed=33)
    rounding = 0.5 if printed > 20 else 0.05
    assert abs(found.mean - printed) < 4 * found.se + rounding
