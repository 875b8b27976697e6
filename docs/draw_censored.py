"""Simulate the estimators of results with limits; draw docs/_static/censored-estimators.svg.

``python docs/draw_censored.py`` simulates (ten minutes of a processor), writes
censored-estimators.csv beside the figure, and draws; ``python docs/draw_censored.py draw`` only
draws and writes the tables of the page.
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "docs" / "_static"
SOURCE = STATIC / "censored-estimators.csv"
sys.path.insert(0, str(ROOT / "tests"))

from censored_study import (  # noqa: E402
    DISTRIBUTIONS,
    METHODS,
    PERCENTS,
    SIZES,
    Case,
    one_limit_mean,
    ratio,
    study,
)

Numbers = dict[tuple[str, int, int, str], dict[str, float]]
ANSWERS, FITS, PROFILES = 400, 120, 100
WORDS = {
    "lognormal 0.5": "lognormal, sd of logs 0.5",
    "lognormal 1": "lognormal, sd of logs 1",
    "gamma 1": "gamma, sd = mean",
}
TOPS = {"lognormal 0.5": 100.0, "lognormal 1": 200.0}
"""Distributions in the figure, and the upper ends of their panels of bias [%]."""

LINES = {
    "auto": ("choice", "#1f5f8b", "o", "-", 2.2),
    "ros": ("ROS", "#e2913f", "^", "--", 1.2),
    "mle": ("likelihood", "#8c2f1b", "s", "-.", 1.2),
    "km": ("Kaplan-Meier", "#6b6b6b", "D", "-", 1.0),
    "km one limit": ("Kaplan-Meier, one limit", "#000000", "x", ":", 1.2),
}
"""Label, colour, marker, line and width."""


def number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4f}"


def simulate() -> None:
    rows = [
        row
        for distribution in DISTRIBUTIONS
        for n in SIZES
        for share in PERCENTS
        for row in simulated(distribution, n, share)
    ]
    with SOURCE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def simulated(distribution: str, n: int, share: int) -> list[dict[str, str]]:
    """Return the rows of a case, one a method."""
    case = Case(distribution, n, share)
    found = study(case, ANSWERS, FITS, PROFILES)
    alone = Case(distribution, n, share, limit_log_sd=0.0)
    error = ratio(found)
    print(case, error, flush=True)
    rows = []
    for name, got in (found | {"km one limit": one_limit_mean(alone, ANSWERS)}).items():
        row = {"distribution": distribution, "n": str(n), "percent": str(share), "method": name}
        row |= {"answered": str(got.answered), "refused": number(got.refused)}
        row |= {k: number(getattr(got, k)) for k in ("bias", "median_bias", "rmse", "rmse_log")}
        row |= {"intervals": str(got.intervals), "coverage": number(got.coverage)}
        mine = name == "auto"
        row |= {"ratio": number(error.plain) if mine else ""}
        rows.append(row | {"ratio_log": number(error.log) if mine else ""})
    return rows


def read() -> Numbers:
    """Return the numbers by distribution, n, percent below and method."""
    with SOURCE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    words = ("distribution", "n", "percent", "method")
    return {
        (r["distribution"], int(r["n"]), int(r["percent"]), r["method"]): {
            k: float(v) if v else math.nan for k, v in r.items() if k not in words
        }
        for r in rows
    }


def table(target: str, rows: list[dict[str, str]]) -> None:
    """Write a Markdown table."""
    lines = [" | ".join(rows[0]), " | ".join("---" for _ in rows[0])]
    lines += [" | ".join(row.values()) for row in rows]
    text = "".join(f"| {line} |\n" for line in lines)
    (STATIC / target).write_text(text, encoding="utf-8", newline="\n")


def whole(value: float) -> str:
    return f"{100 * value:.0f}"


def tables() -> None:
    by = read()
    rows = []
    for n in SIZES:
        for share in (10, 30, 50, 70, 90):
            got = {m: by["lognormal 1", n, share, m] for m in LINES}
            row = {"n": str(n), "below limits [%]": str(share)}
            row["no estimate [%]"] = whole(got["ros"]["refused"])
            row |= {f"bias: {LINES[m][0]} [%]": f"{100 * got[m]['bias']:+.0f}" for m in LINES}
            row |= {f"RMSE: {LINES[m][0]} [%]": whole(got[m]["rmse"]) for m in METHODS}
            row["coverage: choice [%]"] = whole(got["auto"]["coverage"])
            rows.append(row)
    table("censored-estimators.txt", rows)
    table("censored-choice.txt", [summary(by, d, n) for d in WORDS for n in SIZES])


def summary(by: Numbers, distribution: str, n: int) -> dict[str, str]:
    """Return the worst of a distribution and size over shares below limits."""
    auto = {p: by[distribution, n, p, "auto"] for p in PERCENTS}
    row = {"distribution": WORDS[distribution], "n": str(n)}
    for key, name in (("ratio", "RMSE"), ("ratio_log", "RMSE of the log")):
        worst = max(PERCENTS, key=lambda p: auto[p][key])
        row[f"largest ratio of {name} (at % below)"] = f"{auto[worst][key]:.2f} ({worst})"
    few = [auto[p]["coverage"] for p in PERCENTS if p <= 70]
    row["coverage at 10-70 % below [%]"] = f"{whole(min(few))}-{whole(max(few))}"
    row |= {f"at {p} % [%]": whole(auto[p]["coverage"]) for p in (80, 90)}
    return row


def draw() -> None:
    from wbe.plot.style import context, new_figure, save_map

    by = read()
    with context():
        figure = new_figure(8.2, 9.4)
        axes = figure.subplots(4, len(SIZES), sharex=True, sharey="row")
        for column, n in enumerate(SIZES):
            axes[0, column].set_title(f"n = {n}", fontsize=10)
            axes[3, column].set_xlabel("share below limits [%]")
            for row, (distribution, top) in enumerate(TOPS.items()):
                bias(axes[2 * row, column], by, distribution, n, top)
                coverage(axes[2 * row + 1, column], by, distribution, n)
        for row, distribution in enumerate(TOPS):
            axes[2 * row, 0].set_ylabel(
                f"{WORDS[distribution]}\nbias of the mean [%]", linespacing=1.5
            )
            axes[2 * row + 1, 0].set_ylabel(f"{WORDS[distribution]}\ncoverage [%]", linespacing=1.5)
        handles, labels = axes[1, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False)
        figure.suptitle(
            "Synthetic samples with limits: bias of the mean and coverage of its 95 % interval",
            fontsize=11,
        )
        figure.tight_layout(rect=(0, 0.065, 1, 1))
    save_map(figure, STATIC / "censored-estimators.svg")


def curve(axis: Axes, by: Numbers, distribution: str, n: int, method: str, key: str) -> None:
    """Draw a quantity of a method over the share below limits [%]."""
    label, colour, marker, style, width = LINES[method]
    values = [100 * by[distribution, n, p, method][key] for p in PERCENTS]
    axis.plot(
        PERCENTS, values, style, color=colour, marker=marker, markersize=3.5, linewidth=width,
        label=label, zorder=4 if method == "auto" else 3,
    )  # fmt: skip


def bias(axis: Axes, by: Numbers, distribution: str, n: int, top: float) -> None:
    """Draw the bias."""
    axis.axhline(0, color="#595959", linewidth=0.8)
    for method in LINES:
        curve(axis, by, distribution, n, method, "bias")
    axis.set_ylim(-top / 8, top)
    axis.spines[["top", "right"]].set_visible(False)


def coverage(axis: Axes, by: Numbers, distribution: str, n: int) -> None:
    """Draw the coverage, and the samples that have no estimate as bars."""
    refused = [100 * by[distribution, n, p, "ros"]["refused"] for p in PERCENTS]
    axis.bar(PERCENTS, refused, width=7, color="#d9d9d9", label="fewer than 2 detects: no estimate")
    axis.axhline(95, color="#595959", linewidth=0.8, linestyle=":")
    for method in LINES:
        curve(axis, by, distribution, n, method, "coverage")
    axis.set_ylim(0, 102)
    axis.set_xticks((10, 30, 50, 70, 90))
    axis.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    if "draw" not in sys.argv:
        simulate()
    tables()
    draw()
