"""The map that the page's script colours: outlines, and a pattern for every class and doubt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from wbe import names
from wbe.plot import certainty, shapes, words
from wbe.report import embedded

if TYPE_CHECKING:
    from wbe.plot.outlines import Outlines
    from wbe.report.selection import Key, Shown

# Turn of the lines [degree] by the sign of a hatch; a cross has two sets of lines.
_TURNS: Final = {"/": 45, "\\": -45, "|": 0, "-": 90, "+": 0, "x": 45}
_SPACING: Final = {1: 26, 2: 20, 3: 20, 4: 14}
_DENSE: Final = 9  # of hatches of more signs than these


class Pattern(NamedTuple):
    """How one class is filled at one step of certainty."""

    id: str
    fill: str
    lines: str
    turn: int
    spacing: int  # 0 without lines
    crossed: bool


class Place(NamedTuple):
    """One area of the map, by its position in the embedded list of areas."""

    area: int
    path: str
    x: float
    y: float  # middle of its name
    lines: list[str]


class Live(NamedTuple):
    """Everything that the template draws of the map."""

    width: float
    height: float
    places: list[Place]
    patterns: list[Pattern]
    named: bool
    tiles: bool
    notes: list[str]


def drawn(
    outlines: Outlines | None, shown: Mapping[Key, Shown], colours: list[words.TierClass],
    language: str,
) -> Live | None:  # fmt: skip
    """Return the map without its colours; None where the page was given no outlines.

    Parameters
    ----------
    outlines : Outlines or None
        From `wbe.plot.outlines.outlines`.
    shown : mapping of (drug, round) to Shown
        What can be chosen.
    colours : list of TierClass
        All classes, in the order of their colours.
    language : str
        ``en`` or ``zh``.
    """
    if outlines is None:
        return None
    place = {area: i for i, area in enumerate(embedded.areas(shown))}
    places = [Place(place[shape.area], *shape[1:])
              for shape in outlines.shapes if shape.area in place]  # fmt: skip
    return Live(outlines.width, outlines.height, places, patterns(colours), outlines.named,
                outlines.tiles, _notes(outlines, language))  # fmt: skip


def patterns(colours: list[words.TierClass]) -> list[Pattern]:
    """Return a pattern for every class, for tiers one for each step of certainty, and the steps.

    The hatches are those of the printed map: the same signs, slants and order of density.
    """
    looks = shapes.looks(colours)
    found = [_pattern(f"s-{k}", shapes.Look("#FFFFFF"), step.hatch)
             for k, step in enumerate(certainty.STEPS)]  # fmt: skip
    for i, entry in enumerate(colours):
        look = looks[entry.id]
        hatches = [look.hatch] if look.hatch else [step.hatch for step in certainty.STEPS]
        found += [_pattern(f"h{i}-{k}", look, hatch) for k, hatch in enumerate(hatches)]
    return found


def _pattern(id: str, look: shapes.Look, hatch: str) -> Pattern:
    lines = look.lines if look.hatch else shapes.over(look.fill)
    sign = hatch[:1]
    spacing = _SPACING.get(len(hatch), _DENSE) if hatch else 0
    return Pattern(id, look.fill, lines, _TURNS.get(sign, 0), spacing, sign in ("+", "x"))


def _notes(outlines: Outlines, language: str) -> list[str]:
    found = [names.text("page.schematic", language)] if outlines.tiles else []
    if outlines.without:
        found.append(words.counted("map.without_geometry", outlines.without, language))
    if outlines.outside:
        found.append(words.counted("page.outside", outlines.outside, language))
    return [*found, names.text("disclaimer.schematic", language)]
