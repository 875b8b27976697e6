"""One series as a small picture that a page holds: values, intervals, tiers, and how many samples.

Drawn as SVG text and not by matplotlib: a page holds a hundred of them, their letters stay letters,
and each point tells its numbers where a pointer rests on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from wbe.plot import words

WIDTH, HEIGHT = 360, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 20, 38
_MOST_TICKS: Final = 6
#: Width of a letter beneath the axis [px].
_LETTER: Final = 5.8
#: Points above which they are drawn together, without words of their own.
_MOST_POINTS: Final = 80
#: Room above and below the data, as a factor.
_ROOM: Final = 1.25
_STEPS: Final = (1, 2, 5)
#: From the ends of the axis of time to the first and the last point [px].
_MARGIN: Final = 14


@dataclass(frozen=True)
class Point:
    """One value of a series, or what a non-detect leaves of it.

    Attributes
    ----------
    at : float
        Place on the axis of time [day].
    label : str
        Round or date, as printed.
    value : float
        NaN for a non-detect; then `high` is its upper bound.
    low, high : float
        Ends of the 95 % interval [unit of the value]; NaN where there is none.
    n : str
        Number of samples, as printed.
    said : str
        What the picture tells where a pointer rests on the point.
    group : int
        Points of one group can be compared, and only these are joined by a line.
    cut : int
        Points of one cut have the same tiers behind them.
    """

    at: float
    label: str
    value: float
    low: float
    high: float
    n: str
    said: str
    group: int = 1
    cut: int = 1

    @property
    def bound(self) -> bool:
        """Whether only an upper bound is known."""
        return math.isnan(self.value) and self.high > 0

    @property
    def shown(self) -> bool:
        """Whether there is anything to draw on a logarithmic axis."""
        return self.value > 0 or self.bound


@dataclass(frozen=True)
class Band:
    """The range of a tier: limits [unit of the value; 0 and infinity are open], colour, cut."""

    low: float
    high: float
    colour: str
    cut: int = 1


@dataclass(frozen=True)
class Scale:
    """A logarithmic axis that several pictures share.

    Attributes
    ----------
    low, high : float
        Ends [unit of the value].
    """

    low: float
    high: float

    @classmethod
    def of(cls, points: Iterable[Point], limits: Iterable[float] = ()) -> Scale:
        """Return the axis that holds all points and intervals, and the limits near them."""
        shown = [p for p in points if p.shown]
        held = [x for p in shown for x in (p.value, p.low, p.high) if x > 0 and math.isfinite(x)]
        if not held:
            return cls(0.1, 10.0)
        low, high = min(held), max(held)
        near = [x for x in limits if low / 3 <= x <= high * 3]
        return cls(min([low, *near]) / _ROOM, max([high, *near]) * _ROOM)

    def y(self, value: float) -> float:
        """Return the place of a value [px]; ends are kept."""
        inner = HEIGHT - _TOP - _BOTTOM
        cut = min(max(value, self.low), self.high)
        share = math.log(cut / self.low) / math.log(self.high / self.low)
        return HEIGHT - _BOTTOM - share * inner

    def ticks(self) -> list[float]:
        """Return round numbers within the axis, 1-2-5 or powers of ten, at most six.

        Examples
        --------
        >>> Scale(4, 130).ticks()
        [5, 10, 20, 50, 100]
        """
        first, last = (math.floor(math.log10(x)) for x in (self.low, self.high))
        for steps in (_STEPS, (1, 3), (1,)):
            found = [_power(step, k) for k in range(first, last + 1) for step in steps]
            within = [x for x in found if self.low <= x <= self.high]
            if len(within) <= _MOST_TICKS:
                return within
        return within[:: -(-len(within) // _MOST_TICKS)]


def _power(step: int, exponent: int) -> float:
    """``step`` times a power of ten, as written; no sum of binary fractions."""
    return step * 10**exponent if exponent >= 0 else float(f"{step}e{exponent}")


def chart(
    points: Sequence[Point], scale: Scale, times: Sequence[float], *, label: str, unit: str,
    bands: Sequence[Band] = (), n: str = "n",
) -> Markup:  # fmt: skip
    """Return a series as an SVG element.

    Parameters
    ----------
    points : sequence of Point
        By their time.
    scale : Scale
        The vertical axis.
    times : sequence of float [day]
        First and last place on the axis of time.
    label : str
        What the picture shows, for readers who do not see it.
    unit : str
        Printed over the vertical axis.
    bands : sequence of Band
        Tiers behind the points.
    n : str
        Head of the numbers of samples beneath the rounds.
    """
    places = {p.at: _x(p.at, times) for p in points}
    many = len(points) > _MOST_POINTS
    parts = [
        *_bands(points, places, scale, bands),
        *_axes(scale, unit),
        *_breaks(points, places),
        *(_together(points, places, scale) if many else _apart(points, places, scale)),
        *_labels(points, places, n),
    ]
    head = Markup('<svg class="series" viewBox="0 0 {} {}" role="img" aria-label="{}">')
    return head.format(WIDTH, HEIGHT, label) + Markup("").join(parts) + Markup("</svg>")


def _x(at: float, times: Sequence[float]) -> float:
    first, last = times[0], times[-1]
    inner = WIDTH - _LEFT - _RIGHT - 2 * _MARGIN
    return _LEFT + _MARGIN + (inner / 2 if last == first else inner * (at - first) / (last - first))


def _bands(
    points: Sequence[Point], places: dict[float, float], scale: Scale, bands: Sequence[Band]
) -> list[Markup]:
    """Tiers as rectangles, over the rounds for which they hold."""
    drawn = []
    for left, right, cut in _stretches(points, places):
        for band in bands:
            if band.cut != cut or band.low >= scale.high or band.high <= scale.low:
                continue
            top, foot = scale.y(min(band.high, scale.high)), scale.y(max(band.low, scale.low))
            drawn.append(
                Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}" '
                       'fill-opacity="0.45"/>').format(left, top, right - left, foot - top,
                                                       band.colour)
            )  # fmt: skip
    return drawn


def _stretches(
    points: Sequence[Point], places: dict[float, float]
) -> list[tuple[float, float, int]]:
    """Left and right end of every run of points with one cut; two of them meet halfway."""
    found: list[tuple[float, float, int]] = []
    for i, p in enumerate(points):
        x = places[p.at]
        right = (x + places[points[i + 1].at]) / 2 if i + 1 < len(points) else x + _MARGIN
        if found and found[-1][2] == p.cut:
            found[-1] = (found[-1][0], right, p.cut)
        else:
            found.append((found[-1][1] if found else x - _MARGIN, right, p.cut))
    return found


def _axes(scale: Scale, unit: str) -> list[Markup]:
    right, foot = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    drawn = [Markup('<text x="4" y="12" class="u">{}</text>').format(unit)]
    for tick in scale.ticks():
        y = scale.y(tick)
        drawn.append(
            Markup('<path class="g" d="M{} {:.1f}H{}"/><text x="{}" y="{:.1f}" class="y">{}</text>')
            .format(_LEFT, y, right, _LEFT - 5, y + 3.5, words.number(tick, pad=False))
        )  # fmt: skip
    return [*drawn, Markup('<path class="a" d="M{} {}H{}"/>').format(_LEFT, foot, right)]


def _breaks(points: Sequence[Point], places: dict[float, float]) -> list[Markup]:
    """Broken lines between rounds that cannot be compared."""
    pairs = pairwise(points)
    at = [(places[a.at] + places[b.at]) / 2 for a, b in pairs if a.group != b.group]
    foot = HEIGHT - _BOTTOM
    return [Markup('<path class="b" d="M{:.1f} {}V{}"/>').format(x, _TOP, foot) for x in at]


def _apart(points: Sequence[Point], places: dict[float, float], scale: Scale) -> list[Markup]:
    """Points that each tell their numbers, with the lines between them."""
    drawn = [_point(p, places[p.at], scale) for p in points if p.shown]
    return [*_lines(points, places, scale), *drawn]


def _lines(points: Sequence[Point], places: dict[float, float], scale: Scale) -> list[Markup]:
    """Thin lines from value to value, not across a bound, a gap or a break."""
    pairs = pairwise(points)
    return [
        Markup('<path class="l" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(
            places[a.at], scale.y(a.value), places[b.at], scale.y(b.value)
        )
        for a, b in pairs if a.group == b.group and a.value > 0 and b.value > 0
    ]  # fmt: skip


def _point(p: Point, x: float, scale: Scale) -> Markup:
    if p.bound:
        y = scale.y(p.high)
        sign = Markup('<path class="o" d="M{:.1f} {:.1f}h9l-4.5 8z"/>').format(x - 4.5, y)
    else:
        sign = Markup('<circle class="v" cx="{:.1f}" cy="{:.1f}" r="3.4"/>').format(
            x, scale.y(p.value)
        )
        if p.high > 0 and p.low <= p.high:
            ends = scale.y(p.low), scale.y(p.high)
            sign = Markup('<path class="i" d="M{:.1f} {:.1f}V{:.1f}"/>').format(x, *ends) + sign
    # A wide, unseen target, so that the words show without aiming at a dot.
    target = Markup('<path class="t" d="M{:.1f} {}V{}"/>').format(x, _TOP, HEIGHT - _BOTTOM)
    return Markup("<g><title>{}</title>{}{}</g>").format(p.said, target, sign)


def _labels(points: Sequence[Point], places: dict[float, float], n: str) -> list[Markup]:
    """Rounds and numbers of samples beneath the axis, as many as have room."""
    drawn = [Markup('<text x="{}" y="{}" class="y">{}</text>').format(_LEFT - 5, HEIGHT - 8, n)]
    last = -math.inf
    for p in points:
        x = places[p.at]
        if x - last < _LETTER * (len(p.label) + 2):
            continue
        last = x
        drawn.append(
            Markup('<text x="{0:.1f}" y="{1}" class="x">{2}</text>'
                   '<text x="{0:.1f}" y="{3}" class="x">{4}</text>')
            .format(x, HEIGHT - 23, p.label, HEIGHT - 8, p.n)
        )  # fmt: skip
    return drawn


def _together(points: Sequence[Point], places: dict[float, float], scale: Scale) -> list[Markup]:
    """Very many points as three paths; none of them tells its numbers."""
    known = [p for p in points if p.value > 0]
    dots = "".join(f"M{places[p.at]:.1f} {scale.y(p.value):.1f}h0" for p in known)
    lines = "".join(
        f"M{places[p.at]:.1f} {scale.y(p.low):.1f}V{scale.y(p.high):.1f}"
        for p in known if p.high > 0 and p.low <= p.high
    )  # fmt: skip
    bounds = "".join(f"M{places[p.at] - 3:.1f} {scale.y(p.high):.1f}h6l-3 5z"
                     for p in points if p.bound)  # fmt: skip
    drawn = (("i many", lines), ("d", dots), ("o", bounds))
    return [Markup('<path class="{}" d="{}"/>').format(name, d) for name, d in drawn if d]
