"""Draw the pictures of docs/factor-sets.md, and its table, from the catalogue of studies.

``python docs/draw_factor_sets.py`` writes factor-sets-*.png and factor-sets.csv beside the other
figures and prints the table of the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from wbe import names, plot
from wbe.plot.style import BLUE, INK, MUTED, SKY, VERMILION, context, new_figure
from wbe.reproduce import Outcome, alternatives, read_study
from wbe.reproduce.language import told_outcome
from wbe.reproduce.outcomes import outcomes
from wbe.reproduce.page import choice_label
from wbe.reproduce.picture import plain_ticks
from wbe.run.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STATIC = Path(__file__).resolve().parent / "_static"
FIGURES = {
    "ratios": ("korea_2015", "recife_2025", "euda_press_2023"),
    "levels": ("us_campus_2018", "china_southwest_2021"),
    "prevalence": ("china_22_cities_2018", "beijing_2013"),
}
LEGEND = {
    "en": ("published", "the conclusion stands here", "it stands", "it falls",
           "* rests on a number that is recalled or judged"),
    "zh": ("已发表值", "结论成立的范围", "成立", "不成立", "* 含凭记忆或判断的系数"),
}  # fmt: skip
ROW = 0.3  # inch, two lines of text
LONGEST = 52  # signs of a label in one line
ABOVE, BELOW = 0.36, 0.46  # inch around each panel: title; ticks and unit
LEFT, RIGHT, WIDTH = 0.47, 0.90, 7.4


def panels(figure: str, language: str) -> list[list[Outcome]]:
    """Return the outcomes of a figure, one list a claim, in a language."""
    found = []
    for key in FIGURES[figure]:
        study = read_study(key)
        for claim in study.claims:
            found.append([told_outcome(each, language) for each in outcomes(study, [claim])])
    return found


def draw(figure: str, language: str) -> None:
    """Draw one figure: a panel for each claim, a line for each choice."""
    several = panels(figure, language)
    height = sum(ROW * len(each) + ABOVE + BELOW for each in several) + 0.45
    with context():
        fig = new_figure(WIDTH, height)
        top = height
        for each in several:
            top -= ABOVE
            size = ROW * len(each)
            ax = fig.add_axes((LEFT, (top - size) / height, RIGHT - LEFT, size / height))
            panel(ax, each, language)
            top -= size + BELOW
        legend(fig.axes[0], LEGEND[language])
        plot.save_map(fig, STATIC / f"factor-sets-{figure}-{language}.png")


def panel(ax: Axes, several: list[Outcome], language: str) -> None:
    claim = several[0].claim
    for y, each in enumerate(several):
        if each.silent:
            text = say("reproduce.choice.silent", language, residue=residue(each, language))
            ax.text(
                0.01, y, text, transform=ax.get_yaxis_transform(), va="center", color=INK,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1}, zorder=4,
            )  # fmt: skip
            continue
        colour, marker = (BLUE, "o") if each.holds else (VERMILION, "X")
        ax.plot(each.result, y, marker, color=colour, markersize=7, zorder=3)
        ax.text(
            1.02, y, shown(each.result),
            transform=ax.get_yaxis_transform(), va="center", color=INK,
        )  # fmt: skip
    ax.axvline(claim.published, color=INK, linestyle=(0, (4, 3)), linewidth=1.2)
    ax.set_yticks(range(len(several)), [row_label(each, language) for each in several],
                  fontsize=8, linespacing=1.15)  # fmt: skip
    ax.set(xscale="log", ylim=(len(several) - 0.5, -0.5), xlabel=claim.unit)
    ax.set_title(claim.name, loc="left", x=-LEFT / (RIGHT - LEFT) + 0.02, fontsize=10)
    limits(ax, several)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)


def shown(number: float) -> str:
    return f"{number:.3g}" if number < 1000 else f"{number:.0f}"


def limits(ax: Axes, several: list[Outcome]) -> None:
    """Shade where the conclusion stands, and tick at plain numbers."""
    claim = several[0].claim
    [(rule, limit)] = claim.holds.items()
    ends = limit if rule == "within" else [limit]
    known = [each.result for each in several if not each.silent] + [claim.published, *ends]
    low, high = min(known) / 1.15, max(known) * 1.15
    start = {"below": low}.get(rule, ends[0])
    ax.axvspan(start, {"above": high}.get(rule, ends[-1]), color=SKY, alpha=0.35, linewidth=0)
    ax.set_xlim(low, high)
    marks = plain_ticks(low, high)
    ax.set_xticks(marks, [f"{mark:g}" for mark in marks])
    ax.set_xticks([], minor=True)


def row_label(outcome: Outcome, language: str) -> str:
    def told(key: str, /, **values: object) -> str:
        return say(key, language, **values)

    star = "" if outcome.read or outcome.silent else " *"
    return wrapped(choice_label(outcome, told, language) + star)


def wrapped(text: str) -> str:
    """Break a text that is too long for the margin at a comma; Chinese signs are twice as wide."""
    widths = [2 if ord(sign) > 0x2E80 else 1 for sign in text]
    if sum(widths) <= LONGEST:
        return text
    depth = [text[:i].count("(") + text[:i].count("（") - text[:i].count(")") - text[:i].count("）")
             for i in range(len(text))]  # fmt: skip
    breaks = [i + 1 for i, sign in enumerate(text) if sign in ",，" and not depth[i]]
    if not breaks:
        return text
    at = min(breaks, key=lambda i: abs(2 * sum(widths[:i]) - sum(widths)))
    return f"{text[:at]}\n{text[at:].strip()}"


def residue(outcome: Outcome, language: str) -> str:
    return names.display("analyte", outcome.silent, language)


def legend(ax: Axes, texts: tuple[str, ...]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    published, standing, stands, falls, recalled = texts
    handles = [
        Line2D([], [], color=INK, linestyle=(0, (4, 3)), label=published),
        Patch(color=SKY, alpha=0.35, linewidth=0, label=standing),
        Line2D([], [], color=BLUE, marker="o", linestyle="none", label=stands),
        Line2D([], [], color=VERMILION, marker="X", linestyle="none", label=falls),
    ]
    ax.figure.legend(handles=handles, loc="lower left", ncols=4, frameon=False, fontsize=8,
                     bbox_to_anchor=(0.0, 0.0), columnspacing=1.2)  # fmt: skip
    ax.figure.text(0.99, 0.012, recalled, ha="right", va="bottom", fontsize=8, color=MUTED)


def tabulate() -> None:
    """Write all numbers, and print the table of the page."""
    studies = [read_study(key) for keys in FIGURES.values() for key in keys]
    tables = [alternatives(study).assign(study=study.key) for study in studies]
    with (STATIC / "factor-sets.csv").open("w", encoding="utf-8", newline="") as file:
        pd.concat(tables).to_csv(file, index=False, lineterminator="\n", float_format="%.6g")
    for study in studies:
        for claim in study.claims:
            known = [each for each in outcomes(study, [claim]) if not each.silent]
            results = [each.result for each in known]
            stands = sum(bool(each.holds) for each in known)
            ends = f"{shown(min(results))} to {shown(max(results))}"
            print(f"| `{study.key}` {claim.conclusion} | {ends} | {stands} of {len(known)} |")


if __name__ == "__main__":
    for figure in FIGURES:
        for language in LEGEND:
            draw(figure, language)
    tabulate()
