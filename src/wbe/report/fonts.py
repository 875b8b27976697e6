"""The part of the shipped font that one page needs, to be embedded in it."""

from __future__ import annotations

import base64
import io
import unicodedata
from typing import Final

from wbe.plot import glyphs

# Name ids that the part of the font keeps: whose it is, what it is called, on what terms it is.
_NAMES: Final = {0: "copyright", 1: "familyName", 2: "styleName", 3: "uniqueFontIdentifier",
                 4: "fullName", 5: "version", 6: "psName", 13: "licenseDescription"}  # fmt: skip
_OS2: Final = ("usWeightClass", "usWidthClass", "fsType", "fsSelection", "sTypoAscender",
               "sTypoDescender", "sTypoLineGap", "usWinAscent", "usWinDescent", "sxHeight",
               "sCapHeight", "xAvgCharWidth")  # fmt: skip
_HHEA: Final = ("ascent", "descent", "lineGap", "advanceWidthMax", "xMaxExtent")
_HEAD: Final = ("xMin", "yMin", "xMax", "yMax")
# Operators of a charstring, and how many numbers may wait for one.
_OPERATORS: Final = {"moveTo": 21, "lineTo": 5, "curveTo": 8, "closePath": 0}
_END, _STACK = 14, 48


def needs_font(text: str) -> bool:
    """Tell whether a text holds Chinese characters or full-width signs."""
    return any(unicodedata.east_asian_width(c) in "WF" for c in text)


def embedded(text: str, language: str) -> str:
    """Return a WOFF font with the characters of a text, as base64; empty if none is needed.

    Parameters
    ----------
    text : str
        All that the page prints.
    language : str
        With ``zh`` the whole text is set in the font; otherwise only what is not ASCII.
    """
    letters = set(text)  # of a page of a million, some thousand differ
    if language != "zh" and not needs_font("".join(letters)):
        return ""
    wanted = {c for c in letters if c.isprintable() and (language == "zh" or ord(c) > 127)}
    return base64.b64encode(subset_woff("".join(sorted(wanted)))).decode("ascii")


def subset_woff(characters: str) -> bytes:
    """Return the shipped font with only these characters, as WOFF 1.0 (zlib, no extra library).

    Notes
    -----
    The font is built anew from its outlines: to cut down its 28 000 glyphs would mean to read
    them all first, which takes longer than all the rest of a page.
    """
    from fontTools.fontBuilder import FontBuilder
    from fontTools.misc.psCharStrings import T2CharString

    measures, found = glyphs.read(characters)
    order = [".notdef", *(f"u{glyph.code:04X}" for glyph in found[1:])]
    by_name = dict(zip(order, found, strict=True))
    texts = {_NAMES[id]: text for id, text in measures.names.items() if id in _NAMES}
    builder = FontBuilder(measures.units_per_em, isTTF=False)
    stamp = measures.head["created"][1]  # the low half of a 64-bit count of seconds
    builder.updateHead(created=stamp, modified=stamp, **{k: measures.head[k] for k in _HEAD})
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({g.code: name for name, g in by_name.items() if g.code})
    drawn = {name: T2CharString(bytecode=charstring(g)) for name, g in by_name.items()}
    builder.setupCFF(texts["psName"], {"FullName": texts["fullName"]}, drawn, {})
    builder.setupHorizontalMetrics({name: (g.advance, 0) for name, g in by_name.items()})
    builder.setupHorizontalHeader(**{k: measures.hhea[k] for k in _HHEA})
    builder.setupOS2(**{k: measures.os2[k] for k in _OS2})
    builder.setupNameTable(texts, mac=False)
    builder.setupPost(keepGlyphNames=False)
    # The extents of the whole font hold for a part of it: no need to measure outlines.
    builder.font.recalcBBoxes = False
    builder.font.flavor = "woff"
    written = io.BytesIO()
    builder.save(written)
    return written.getvalue()


def charstring(glyph: glyphs.Glyph) -> bytes:
    """Return a glyph as a Type 2 charstring: width, relative moves, lines and curves, end."""
    code, waiting, count = bytearray(_integer(glyph.advance)), 0, 1
    x = y = 0
    for step, points in glyph.steps:
        operator = _OPERATORS[step]
        if waiting and (operator != waiting or count + 2 * len(points) > _STACK):
            code.append(waiting)
            waiting, count = 0, 0
        for px, py in points:
            code += _integer(px - x) + _integer(py - y)
            x, y = px, py
        count += 2 * len(points)
        waiting = operator if points else waiting
    return bytes([*code, waiting, _END] if waiting else [*code, _END])


def _integer(value: int) -> bytes:
    """Return an integer as a Type 2 charstring holds it (Adobe Technical Note 5177, table 2)."""
    if -107 <= value <= 107:
        return bytes([value + 139])
    if 108 <= abs(value) <= 1131:
        high, low = divmod(abs(value) - 108, 256)
        return bytes([high + (247 if value > 0 else 251), low])
    return b"\x1c" + value.to_bytes(2, "big", signed=True)
