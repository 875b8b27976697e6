"""Simulate the county model's claims; draw the pictures of docs/county-model.md.

``python docs/draw_county.py`` simulates (five minutes of a processor), writes county-claims.csv and
county-corners.csv beside the figures, and draws; ``python docs/draw_county.py draw`` only draws and
prints the table of the page.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "docs" / "_static"
CLAIMS, CORNER_FILE = STATIC / "county-claims.csv", STATIC / "county-corners.csv"
sys.path.insert(0, str(ROOT / "tests"))

from county_study import (  # noqa: E402
    CORNERS,
    WITHOUT_VISITS,
    Study,
    full_model,
    plug_in,
    study,
)

from wbe import plot  # noqa: E402
from wbe.plot.style import INK, MUTED, context, new_figure  # noqa: E402
from wbe.spatial.county import (  # noqa: E402
    CountyPriors,
    county_design,
    draw_loads,
    draw_truth,
    sample_posterior,
    shrinkage,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COUNTIES, AT_CORNERS = 400, 200
LINES = {
    "county model": ("#1f5f8b", "o", "-", 2.2),
    "without visits": ("#e2913f", "^", "--", 1.4),
    "plug-in empirical Bayes": ("#8c2f1b", "s", "-.", 1.4),
}
"""Colour, marker, line and width of each method."""


def simulate() -> None:
    methods = {
        "county model": full_model(),
        "without visits": full_model(WITHOUT_VISITS),
        "plug-in empirical Bayes": plug_in,
    }
    claims, rows = [], []
    for name, method in methods.items():
        found = study(COUNTIES, method)
        print(name, found, flush=True)
        rows.append(summary(name, "drawn", "drawn", found))
        claims += [
            {"method": name, "claimed": f"{c:.4f}", "right": f"{r:.4f}", "n": str(n)}
            for c, r, n in found.curve()
        ]
    for between, within in CORNERS:
        found = study(AT_CORNERS, full_model(), between=between, within=within, omega=0.4)
        print(between, within, found, flush=True)
        rows.append(summary("county model", f"{between}", f"{within}", found))
    write(CLAIMS, claims)
    write(CORNER_FILE, rows)


def summary(method: str, between: str, within: str, s: Study) -> dict[str, str]:
    numbers = {
        "off_by": s.worst, "resolved": s.resolved.mean(), "resolved_right": s.resolved_right,
        "covered": s.covered.mean(), "visit_covered": s.visit_covered.mean(),
        "squared_error": (s.error**2).mean(), "plain_squared_error": (s.plain_error**2).mean(),
        "top_bias": s.top_bias.mean(), "plain_top_bias": s.plain_top_bias.mean(),
    }  # fmt: skip
    told = {name: f"{value:.4f}" for name, value in numbers.items()}
    return {"method": method, "between": between, "within": within, **told}


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def draw_claims() -> None:
    """Claimed probability of a tier against how often it was right."""
    with context():
        fig = new_figure(5.6, 5.0)
        ax = fig.add_subplot()
        ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1)
        ax.fill_between([0, 1], [-0.05, 0.95], [0.05, 1.05], color=MUTED, alpha=0.15, linewidth=0)
        rows = read(CLAIMS)
        for name, (colour, marker, line, width) in LINES.items():
            points = [(float(r["claimed"]), float(r["right"])) for r in rows if r["method"] == name]
            x, y = np.array(points).T
            ax.plot(x, y, line, color=colour, marker=marker, linewidth=width, label=name)
        ax.set(
            xlim=(0, 1), ylim=(0, 1), xlabel="claimed probability of the tier",
            ylabel="share of claims that were right",
            title=f"{COUNTIES} synthetic counties of 13 x 5 points, from the prior",
        )  # fmt: skip
        ax.legend(frameon=False, loc="upper left")
        plot.save_map(fig, STATIC / "county-claims.png")


def draw_shrinkage() -> None:
    """A synthetic county: simple means, what the model makes of them, and the truth."""
    rng = np.random.default_rng(2)
    around = CountyPriors(mean_sd=0.1, level=3.4)
    truth = draw_truth(1, 13, 1, around, rng, tau=0.6, sigma_within=1.0, omega=0.4)
    data = draw_loads(truth, county_design(), rng).county(0)
    table = shrinkage(sample_posterior(data, seed=1))
    order = np.argsort(table["simple"].to_numpy())
    with context():
        fig = new_figure(6.4, 5.0)
        ax = fig.add_subplot()
        intervals(ax, table.iloc[order], np.exp(truth.typical[0][order]))
        ax.set_yticks(range(13), [f"Town {k + 1}" for k in order])
        ax.set(
            xscale="log", xlabel="mg/day/1000 inhabitants",
            title="Synthetic county: 13 towns of 5 points, one visit",
        )  # fmt: skip
        ticks = [1, 3, 10, 30, 100, 300]
        ax.set_xticks(ticks, [str(k) for k in ticks])
        ax.set_xticks([], minor=True)
        ax.legend(frameon=False, loc="upper left")
        plot.save_map(fig, STATIC / "county-shrinkage.png")


def intervals(ax: Axes, table, truth: np.ndarray) -> None:
    y = np.arange(len(table))
    ax.hlines(y, table["typical_lower"], table["typical_upper"], color="#1f5f8b", linewidth=2)
    ax.plot(table["typical"], y, "o", color="#1f5f8b", label="county model, 95 % interval")
    ax.plot(table["simple"], y, "D", color="none", markeredgecolor="#8c2f1b", label="simple mean")
    ax.plot(truth, y, "|", color=INK, markersize=12, markeredgewidth=2, label="truth")


def tabulate() -> None:
    """Print the table of the page."""
    for r in read(CORNER_FILE):
        print(
            f"| {r['method']} | {r['between']} | {r['within']} | {float(r['off_by']):.2f} | "
            f"{100 * float(r['resolved']):.0f} % | {100 * float(r['resolved_right']):.0f} % | "
            f"{100 * float(r['covered']):.0f} % | {float(r['squared_error']):.2f} | "
            f"{float(r['plain_squared_error']):.2f} | {float(r['top_bias']):+.2f} |"
        )


if __name__ == "__main__":
    if sys.argv[1:] != ["draw"]:
        simulate()
    draw_claims()
    draw_shrinkage()
    tabulate()
