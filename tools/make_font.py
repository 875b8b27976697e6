"""Make the Chinese font that the package ships: a subset of Noto Sans CJK SC Regular.

    python tools/make_font.py NotoSansCJK-Regular.ttc src/wbe/assets/fonts/WbeSansSC-Regular.otf

The source is Noto Sans CJK 2.004 (SIL Open Font License 1.1), as Debian's ``fonts-noto-cjk``
installs it. The result is the same byte for byte on every run: the source's time stamps are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

SOURCE_FAMILY = "Noto Sans CJK SC"
# A name of its own: "Noto" is a trademark, and a family that is also installed on the machine
# would make the picture depend on which of the two matplotlib happens to find first.
FAMILY, POSTSCRIPT = "Wbe Sans SC", "WbeSansSC-Regular"
DESCRIPTION = "Subset of Noto Sans CJK SC Regular 2.004, without hinting and layout features."

RANGES = (
    (0x0020, 0x007E),
    (0x00A0, 0x017F),
    (0x01CD, 0x01DC),
    (0x0370, 0x03FF),  # Latin, pinyin, Greek
    (0x2010, 0x2027),
    (0x2030, 0x205E),
    (0x2070, 0x209F),
    (0x20A0, 0x20BF),  # punctuation, super
    (0x2100, 0x218F),
    (0x2190, 0x21FF),
    (0x2200, 0x22FF),  # letterlike, operators
    (0x2460, 0x2473),
    (0x25A0, 0x25FF),
    (0x3000, 0x303F),
    (0xFF01, 0xFFE6),  # enclosed, full width
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),  # GB 18030 level 1
)
# Characters of the national table of 8105 standard characters (2013) beyond the basic plane: what
# GB 18030 level 2 adds to level 1. Many entered that table because a place is written with them.
LEVEL_2 = """
20164 20676 2139A 21413 235CB 23C97 23C98 23E23 249DB 24A7D 24AC9 25532 25562 255A8 26221 2648D
26676 2677C 26B5C 26C21 27FF9 28408 28678 28695 287E0 28B49 28C47 28C4F 28C51 28C54 28E99 29F7E
29F83 29F8C 2A7DD 2A8FB 2A917 2AA30 2AA36 2AA58 2AFA2 2B127 2B128 2B137 2B138 2B1ED 2B300 2B363
2B36F 2B372 2B37D 2B404 2B410 2B413 2B461 2B4E7 2B4EF 2B4F6 2B4F9 2B50D 2B50E 2B536 2B5AE 2B5AF
2B5B3 2B5E7 2B5F4 2B61C 2B61D 2B626 2B627 2B628 2B62A 2B62C 2B695 2B696 2B6AD 2B6ED 2B7A9 2B7C5
2B7E6 2B7F9 2B7FC 2B806 2B80A 2B81C 2B8B8 2BAC7 2BB5F 2BB62 2BB7C 2BB83 2BC1B 2BD77 2BD87 2BDF7
2BE29 2C029 2C02A 2C0A9 2C0CA 2C1D5 2C1D9 2C1F9 2C288 2C2A4 2C317 2C35B 2C361 2C364 2C488 2C494
2C497 2C542 2C613 2C618 2C621 2C629 2C62B 2C62C 2C62D 2C62F 2C642 2C64A 2C64B 2C72C 2C72F 2C79F
2C7C1 2C7FD 2C8D9 2C8DE 2C8E1 2C8F3 2C907 2C90A 2C91D 2CA02 2CA0E 2CA7D 2CAA9 2CB29 2CB2D 2CB2E
2CB31 2CB38 2CB39 2CB3B 2CB3F 2CB41 2CB4A 2CB4E 2CB5A 2CB5B 2CB64 2CB69 2CB6C 2CB6F 2CB73 2CB76
2CB78 2CB7C 2CBB1 2CBBF 2CBC0 2CBCE 2CC56 2CC5F 2CCF5 2CCF6 2CCFD 2CCFF 2CD02 2CD03 2CD0A 2CD8B
2CD8D 2CD8F 2CD90 2CD9F 2CDA0 2CDA8 2CDAD 2CDAE 2CDD5 2CE18 2CE1A 2CE23 2CE26 2CE2A 2CE7C 2CE88
2CE93
"""
DROPPED_TABLES = ["BASE", "DSIG", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
LEGAL_NAMES = [0, 7, 9, 11, 12, 13, 14]  # copyright, trademark, designer, vendor, licence


def code_points() -> set[int]:
    """Code points asked for; those that the source lacks are left out by the subsetter."""
    wanted = {code for low, high in RANGES for code in range(low, high + 1)}
    return wanted | {int(code, 16) for code in LEVEL_2.split()}


def load(source: Path) -> TTFont:
    """The Simplified Chinese face of the collection, or the font itself."""
    if source.suffix.lower() not in (".ttc", ".otc"):
        return TTFont(source)
    for font in TTCollection(source).fonts:
        if font["name"].getDebugName(1) == SOURCE_FAMILY:
            return font
    raise SystemExit(f"{source.name} holds no face called {SOURCE_FAMILY!r}")


def shrink(font: TTFont) -> None:
    """Drop in place every glyph, table and hint that drawing a word does not need."""
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.notdef_outline = True
    options.glyph_names = False
    options.name_IDs = LEGAL_NAMES
    options.name_languages = [0x409]
    options.drop_tables += DROPPED_TABLES
    options.recalc_timestamp = False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=code_points())
    subsetter.subset(font)


def rename(font: TTFont) -> None:
    """Give the subset a family name of its own, in the name table and in the CFF table."""
    names = {
        1: FAMILY,
        2: "Regular",
        3: f"{POSTSCRIPT};2.004",
        4: FAMILY,
        6: POSTSCRIPT,
        5: "Version 2.004",
        10: DESCRIPTION,
    }
    for name_id, text in names.items():
        font["name"].setName(text, name_id, 3, 1, 0x409)
    cff = font["CFF "].cff
    cff.fontNames = [POSTSCRIPT]
    top = cff.topDictIndex[0]
    top.FullName, top.FamilyName = FAMILY, FAMILY


def main() -> None:
    """Read the two paths and write the font."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    arguments = parser.parse_args()
    font = load(arguments.source)
    shrink(font)
    rename(font)
    font.recalcTimestamp = False
    font.save(arguments.target)
    print(
        f"{arguments.target.name}: {len(font.getBestCmap())} characters, "
        f"{arguments.target.stat().st_size / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    main()
