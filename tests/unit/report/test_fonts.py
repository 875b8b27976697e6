"""The part of the font that a page embeds: the same letters, to the last unit."""

from __future__ import annotations

import io
from typing import Any

import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from wbe.plot import glyphs, style
from wbe.report import fonts

TEXT = "惠来滘埗，µ±≤ Ag"


def outline(font: Any, char: str) -> list[Any]:
    """Steps of a glyph without a last line back to where the contour began."""
    pen = DecomposingRecordingPen(font.getGlyphSet())
    font.getGlyphSet()[font.getBestCmap()[ord(char)]].draw(pen)
    steps: list[Any] = []
    start: Any = None
    for step, points in pen.value:
        start = points[0] if step == "moveTo" else start
        if step == "closePath" and steps[-1] == ("lineTo", (start,)):
            steps.pop()
        steps.append((step, points))
    return steps


@pytest.fixture(scope="module")
def pair() -> tuple[TTFont, TTFont]:
    return TTFont(style.font_path(), lazy=True), TTFont(io.BytesIO(fonts.subset_woff(TEXT)))


def test_outlines_and_widths_are_those_of_the_shipped_font(pair: Any) -> None:
    whole, part = pair
    assert set(part.getBestCmap()) == {ord(char) for char in TEXT}
    for char in TEXT:
        assert outline(part, char) == outline(whole, char)
        widths = [f["hmtx"][f.getBestCmap()[ord(char)]][0] for f in (whole, part)]
        assert widths[0] == widths[1]


def test_lines_stand_as_far_apart_and_the_licence_is_kept(pair: Any) -> None:
    whole, part = pair
    for table, names in (("hhea", ("ascent", "descent", "lineGap")),
                         ("OS/2", ("sTypoAscender", "usWinAscent", "usWinDescent", "fsType")),
                         ("head", ("unitsPerEm", "xMin", "yMax", "created"))):  # fmt: skip
        for name in names:
            assert getattr(part[table], name) == getattr(whole[table], name)
    for id in (0, 1, 13):
        assert part["name"].getDebugName(id) == whole["name"].getDebugName(id)


def test_part_repeats_byte_for_byte_and_leaves_out_what_the_font_lacks() -> None:
    assert fonts.subset_woff("县惠") == fonts.subset_woff("惠县惠")
    part = TTFont(io.BytesIO(fonts.subset_woff("惠ก")))
    assert set(part.getBestCmap()) == {ord("惠")}


@pytest.mark.parametrize("value", [-32768, -1132, -1131, -108, -107, 0, 107, 108, 1131, 1132])
def test_every_size_of_number_comes_back(value: int) -> None:
    from fontTools.misc.psCharStrings import T2CharString

    code = fonts.charstring(glyphs.Glyph(65, 500, [("moveTo", [(value, 7)]), ("closePath", [])]))
    read = T2CharString(bytecode=code)
    read.decompile()
    assert read.program == [500, value, 7, "rmoveto", "endchar"]


def test_long_outlines_never_overflow_the_stack() -> None:
    from fontTools.misc.psCharStrings import T2CharString

    lines = [("lineTo", [(i * i % 50, i)]) for i in range(100)]
    glyph = glyphs.Glyph(65, 9, [("moveTo", [(1, 1)]), *lines])
    read = T2CharString(bytecode=fonts.charstring(glyph))
    read.decompile()
    longest = count = 0
    for token in read.program:
        count = 0 if isinstance(token, str) else count + 1
        longest = max(longest, count)
    assert longest == 48
