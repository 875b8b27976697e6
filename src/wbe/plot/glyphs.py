"""Outlines and measures out of the shipped font, read by FreeType, which need not parse it all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from wbe.plot import style

# Codes of a matplotlib path, and how many points each takes.
_MOVE, _LINE, _CURVE, _CLOSE = 1, 2, 4, 79
_POINTS: Final = {_MOVE: 1, _LINE: 1, _CURVE: 3, _CLOSE: 1}
_STEPS: Final = {_MOVE: "moveTo", _LINE: "lineTo", _CURVE: "curveTo", _CLOSE: "closePath"}
# FreeType's 26.6 fixed point: 64 to a unit, also where nothing is scaled.
_FIXED: Final = 64


class Glyph(NamedTuple):
    """One character as drawn.

    Parameters
    ----------
    code : int
        Code point; 0 for the sign that stands for a missing character.
    advance : int
        Width [font unit].
    steps : list of tuple
        Method of a fontTools pen, and its points [font unit].
    """

    code: int
    advance: int
    steps: list[tuple[str, list[tuple[int, int]]]]


class Measures(NamedTuple):
    """Units per em, the tables ``head``, ``hhea`` and ``OS/2``, and English names by name id."""

    units_per_em: int
    head: dict[str, Any]
    hhea: dict[str, Any]
    os2: dict[str, Any]
    names: dict[int, str]


def read(characters: Iterable[str]) -> tuple[Measures, list[Glyph]]:
    """Return the font's measures and its glyphs of some characters, by code point.

    Parameters
    ----------
    characters : iterable of str
        Single characters; those that the font lacks are left out.

    Returns
    -------
    tuple of Measures and list of Glyph
        The first glyph is the one for a missing character.
    """
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(style.font_path()))
    codes = sorted({ord(char) for char in characters})
    found = [(code, font.get_char_index(code)) for code in codes]
    glyphs = [_glyph(font, code, index) for code, index in [(0, 0), *found] if index or not code]
    head, hhea, os2 = (_table(font, name) for name in ("head", "hhea", "OS/2"))
    # Platform 3 is Unicode in UTF-16, language 1033 English.
    named = {key[3]: text.decode("utf-16-be") for key, text in font.get_sfnt().items()
             if key[:3] == (3, 1, 1033)}  # fmt: skip
    return Measures(int(font.units_per_EM), head, hhea, os2, named), glyphs


def _table(font: Any, name: str) -> dict[str, Any]:
    return dict(font.get_sfnt_table(name))


def _glyph(font: Any, code: int, index: int) -> Glyph:
    from matplotlib.ft2font import LoadFlags

    glyph = font.load_glyph(index, flags=LoadFlags.NO_SCALE)
    points, codes = font.get_path()
    points = [(round(x * _FIXED), round(y * _FIXED)) for x, y in points.tolist()]
    steps, at, codes = [], 0, codes.tolist()
    while at < len(codes):
        kind = codes[at]
        taken = points[at : at + _POINTS[kind]]
        steps.append((_STEPS[kind], [] if kind == _CLOSE else taken))
        at += _POINTS[kind]
    return Glyph(code, int(glyph.horiAdvance), steps)
