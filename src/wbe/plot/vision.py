"""Colours as a grey print or a reader without green cones sees them, and how far they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wbe.plot import style

# Machado, Oliveira and Fernandes 2009 (10.1109/TVCG.2009.113), deuteranopia, severity 1: from
# linear sRGB to linear sRGB. Each row adds up to 1, so that greys stay.
DEUTERANOPIA: Final = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
# sRGB to CIE XYZ (IEC 61966-2-1), and the white point D65.
_XYZ: Final = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_WHITE: Final = (0.95047, 1.0, 1.08883)


def grey(colour: str) -> str:
    """Return the grey of a hex colour's luminance, as a print without colour shows it.

    Examples
    --------
    >>> grey("#B2182B")
    '#5A5A5A'
    """
    return style.from_linear([style.luminance(colour)] * 3)


def deuteranopia(colour: str) -> str:
    """Return a hex colour as a reader without green cones sees it.

    Notes
    -----
    The matrix of Machado, Oliveira and Fernandes 2009 (10.1109/TVCG.2009.113) for severity 1, in
    linear sRGB; what falls outside the screen's colours is cut to them.

    Examples
    --------
    >>> deuteranopia("#808080")
    '#808080'
    """
    return style.from_linear(_times(DEUTERANOPIA, style.linear(colour)))


def lightness(colour: str) -> float:
    """Return CIE L*, 0 black to 100 white.

    Examples
    --------
    >>> round(lightness("#FFFFFF"), 1), round(lightness("#777777"), 1)
    (100.0, 50.0)
    """
    return 116 * _root(style.luminance(colour)) - 16


def difference(first: str, second: str) -> float:
    """Return how far two hex colours lie apart in CIE L*a*b* (CIE 1976).

    About 2.3 can just be noticed side by side; patches apart from each other on a map need
    several times more (judgement: 10).

    Examples
    --------
    >>> round(difference("#FFFFFF", "#000000")), difference("#123456", "#123456")
    (100, 0.0)
    """
    pairs = zip(_lab(first), _lab(second), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


def _lab(colour: str) -> tuple[float, float, float]:
    x, y, z = (_root(v / w) for v, w in zip(_times(_XYZ, style.linear(colour)), _WHITE,
                                            strict=True))  # fmt: skip
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _root(share: float) -> float:
    """Cube root with the straight piece near black of CIE L*a*b*."""
    return share ** (1 / 3) if share > (6 / 29) ** 3 else share / (3 * (6 / 29) ** 2) + 4 / 29


def _times(matrix: Sequence[Sequence[float]], parts: Sequence[float]) -> list[float]:
    return [sum(m * p for m, p in zip(row, parts, strict=True)) for row in matrix]
