"""Draw docs/_static/overview.svg, the one picture of the README. Run it after a change."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

TARGET = Path(__file__).resolve().parent / "_static" / "overview.svg"
WIDTH, HEIGHT = 1000, 430
INK, SOFT, LINE, PAPER, FILL = "#1d2b36", "#5a6b78", "#9fb0bc", "#ffffff", "#f1f5f8"
ACCENT = "#1f5f8b"
TIERS = ["#f6e3b4", "#e2913f", "#8c2f1b"]

INPUTS = [
    ("Lab files", ["CSV, TSV, XLSX as they come,", "English or Chinese headers"]),
    ("Sites and areas", ["coordinates with their datum,", "population with its basis"]),
    ("Factors", ["one row, one published", "statement, with its source"]),
]
STEPS = [
    ("read and check", "all findings at once; nothing guessed"),
    ("locate", "each sample knows its area and visit"),
    ("estimate", "load, consumption by pathway, doses"),
    ("by area", "town value of a round, with interval"),
    ("rank", "tiers with their probabilities"),
]
OUTPUTS = [
    ("tiers.csv, tiers.xlsx", "areas, intervals, probabilities"),
    ("areas.gpkg", "the same for a GIS"),
    ("report.html", "one page, opens anywhere"),
    ("findings.csv, run.json", "what was noticed, and the record"),
]


def text(x: float, y: float, words: str, *, size: int = 14, weight: int = 400, fill: str = INK,
         anchor: str = "start") -> str:  # fmt: skip
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" fill="{fill}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )


def box(
    x: float, y: float, width: float, height: float, *, fill: str = FILL, line: str = LINE
) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8" '
        f'fill="{fill}" stroke="{line}"/>'
    )


def arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    path = f"M{x1:g} {y1:g} L{x2:g} {y2:g}"
    return f'<path d="{path}" stroke="{SOFT}" stroke-width="1.6" marker-end="url(#tip)"/>'


def inputs() -> list[str]:
    parts = [text(20, 34, "What you have", size=13, weight=600, fill=SOFT)]
    for i, (title, lines) in enumerate(INPUTS):
        y = 50 + i * 122
        parts += [box(20, y, 240, 96), text(36, y + 30, title, size=16, weight=600)]
        parts += [text(36, y + 54 + 20 * j, line, fill=SOFT) for j, line in enumerate(lines)]
        parts.append(arrow(264, y + 48, 322, y + 48))
    return parts


def steps() -> list[str]:
    parts = [text(330, 34, "What wbe does", size=13, weight=600, fill=SOFT)]
    parts.append(box(330, 50, 310, 340, fill=PAPER, line=ACCENT))
    for i, (title, line) in enumerate(STEPS):
        y = 62 + i * 64
        parts += [text(352, y + 24, title, size=16, weight=600, fill=ACCENT)]
        parts += [text(352, y + 44, line, fill=INK)]
        if i:
            parts.append(f'<path d="M352 {y} H618" stroke="{LINE}" stroke-dasharray="2 4"/>')
    return parts


def small_map(x: float, y: float) -> list[str]:
    """Four areas in three tiers, one of them hatched because it is not resolved."""
    shapes = [
        ("M0 0 H52 L44 40 L0 46 Z", TIERS[0], False),
        ("M52 0 H104 V34 L44 40 Z", TIERS[1], True),
        ("M0 46 L44 40 L56 84 H0 Z", TIERS[2], False),
        ("M44 40 L104 34 V84 H56 Z", TIERS[0], False),
    ]
    parts = []
    for path, fill, unresolved in shapes:
        place = f'transform="translate({x:g} {y:g})" d="{path}"'
        parts.append(f'<path {place} fill="{fill}" stroke="{PAPER}" stroke-width="2"/>')
        if unresolved:
            parts.append(f'<path {place} fill="url(#hatch)"/>')
    return parts


def outputs() -> list[str]:
    parts = [
        text(716, 34, "What you get", size=13, weight=600, fill=SOFT),
        arrow(644, 220, 706, 220),
    ]
    parts += [box(716, 50, 264, 112), *small_map(732, 64)]
    parts += [
        text(850, 84, "the tier map", weight=600),
        text(850, 106, "three tiers, and", fill=SOFT),
    ]
    parts += [text(850, 126, "how sure each is", fill=SOFT)]
    for i, (title, line) in enumerate(OUTPUTS):
        y = 174 + i * 55
        parts += [box(716, y, 264, 48), text(732, y + 21, title, weight=600)]
        parts.append(text(732, y + 39, line, size=13, fill=SOFT))
    return parts


HEAD = f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"
 font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif">
<title>From lab files to tiers: what goes into wbe, what it does, what comes out</title>
<defs>
<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"
 orient="auto"><path d="M0 0 L8 4 L0 8 Z" fill="{SOFT}"/></marker>
<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse"
 patternTransform="rotate(45)"><path d="M0 0 V7" stroke="{INK}" stroke-width="1.6"/></pattern>
</defs>
<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>"""

FOOT = (
    "Every number traces to an input row, a cited factor and a seed. "
    "Public outputs hold areas only."
)


def picture() -> str:
    foot = text(20, 418, FOOT, size=13, fill=SOFT)
    return "\n".join([HEAD, *inputs(), *steps(), *outputs(), foot, "</svg>\n"])


if __name__ == "__main__":
    TARGET.write_text(picture(), encoding="utf-8", newline="\n")
