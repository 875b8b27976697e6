"""Worked examples of the GUM: what is printed, what draws of an output say, and the GUM's own law.

A value reproduces if it lies within half a unit of its last printed digit, plus four standard
errors of the draws: ours, and those of the document where it drew too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from wbe.uncertainty import Correlation, Distribution, Function, propagate

Floats = NDArray[np.float64]

HERE = Path(__file__).parent / "published" / "gum"
PRINTED = tomllib.loads((HERE / "printed.toml").read_text(encoding="utf-8"))
N = 400_000


def half_digit(printed: str) -> float:
    """Half a unit of the last printed digit."""
    return 0.5 * float(Decimal(1).scaleb(int(Decimal(printed).as_tuple().exponent)))


@dataclass(frozen=True)
class Drawn:
    """What the draws of one output say; errors are standard errors."""

    y: float
    y_error: float
    u: float
    u_error: float
    p: Floats
    q: Floats
    inside: Floats

    def shortest(self, coverage: float) -> tuple[float, float]:
        """Length of the shortest interval of a coverage, and its error."""
        n = len(self.p) // 2
        length = self.q[n:] - self.q[:n]
        k = int(np.argmin(length))
        error = np.sqrt(self.p * (1 - self.p) / N) * np.gradient(self.q, self.p)
        assert self.p[n + k] - self.p[k] == pytest.approx(coverage)
        return float(length[k]), float(np.hypot(error[k], error[n + k]))


def drawn(
    call: Callable[..., Floats],
    inputs: Mapping[str, Distribution],
    correlations: tuple[Correlation, ...] = (),
    *,
    about: float = 0.0,
    intervals: tuple[tuple[float, float], ...] = (),
    coverage: float = 0.95,
) -> Drawn:
    """Draw an output: its moments around a place near it, quantiles, shares inside intervals."""

    def rows(**x: Floats) -> Floats:
        y = call(**x)
        away = y - about
        held = [((y >= low) & (y <= high)).astype(float) for low, high in intervals]
        return np.stack([y, away, away**2, away**3, away**4, *held])

    low = np.arange(1, 50) / 50 * (1 - coverage)
    at = np.append(low, low + coverage)
    got = propagate(Function(rows, inputs, correlations), draws=N, at=tuple(at.tolist()))
    assert got.method == "monte_carlo"
    _, m1, m2, m3, m4 = got.mean[:5]
    variance = m2 - m1**2
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    u = np.sqrt(variance)
    u_error = np.sqrt((fourth - variance**2) / N) / (2 * u)
    return Drawn(about + m1, u / np.sqrt(N), u, u_error, at, got.quantiles[0], got.mean[5:])


def require_printed(value: float, printed: str, error: float) -> None:
    assert abs(value - float(printed)) <= half_digit(printed) + 4 * error


def around(printed: list[str]) -> tuple[tuple[float, float], ...]:
    """An interval made narrower and wider by half of its last digits."""
    low, high = map(float, printed)
    low_half, high_half = map(half_digit, printed)
    return (low + low_half, high - high_half), (low - low_half, high + high_half)


def require_shortest(got: Drawn, printed: list[str], coverage: float) -> None:
    """The printed interval holds its coverage, and no other is shorter."""
    narrow, wide = got.inside[:2]
    error = np.sqrt(2 * coverage * (1 - coverage) / N)  # the document's draws err like ours
    assert narrow - 4 * error <= coverage <= wide + 4 * error
    low, high = map(float, printed)
    digits = sum(map(half_digit, printed))
    shortest, error = got.shortest(coverage)
    assert abs(high - low - shortest) <= digits + 4 * np.sqrt(2) * error


def sensitivities(call: Callable[..., Floats], x: Mapping[str, float]) -> dict[str, float]:
    """First derivatives at the estimates, by central differences."""
    out = {}
    for name, value in x.items():
        step = 1e-6 * max(abs(value), 1e-6)
        up, down = (float(call(**{**x, name: value + s})) for s in (step, -step))
        out[name] = (up - down) / (2 * step)
    return out


def law(c: Floats, u: Floats, r: Floats | None = None) -> Floats:
    """The covariance of outputs by the law of propagation, JCGM 100 equations (13) and (H.9)."""
    inner = np.diag(u**2) if r is None else r * np.outer(u, u)
    return np.asarray(c @ inner @ c.T)
