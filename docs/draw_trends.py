"""Simulate false claims and power of tests of trend; draw docs/_static/trends-claims.svg.

``python docs/draw_trends.py`` simulates (ten minutes on an idle computer), writes trends-claims.csv
and trends-power.csv beside the figure, and draws; ``python docs/draw_trends.py draw`` only draws
and writes the tables of the page.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "docs" / "_static"
sys.path.insert(0, str(ROOT / "tests"))

LENGTHS, RHOS, KINDS = (12, 20, 40, 60), (0.0, 0.3, 0.6, 0.75), ("regular", "irregular")
POWER = [
    (12, 1, 11.0), (12, 4, 11.0), (12, 7, 11.0), (12, 10, 11.0), (20, 1, 11.0), (24, 1, 11.0),
    (30, 1, 11.0),
]  # fmt: skip
SERIES, SEED = 2_000, 20_240_101
LINES = {
    "claimed": ("wbe.trends.trend", "#1f5f8b", "o"),
    "plain": ("Mann-Kendall", "#8c2f1b", "s"),
    "hamed_rao": ("Hamed-Rao", "#e2913f", "^"),
}


def write(name: str, rows: list[dict[str, object]]) -> None:
    with (STATIC / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def percent(shares: object) -> dict[str, str]:
    return {k: f"{100 * v:.1f}" for k, v in vars(shares).items()}


def simulate_claims() -> None:
    from null_series import false_claims

    rows = []
    for kind in KINDS:
        for n in LENGTHS:
            for rho in RHOS:
                got = false_claims(n, rho, kind, SERIES, SEED, others=True)
                rows.append({"dates": kind, "n": n, "rho": rho, **percent(got)})
                print(rows[-1], flush=True)
    write("trends-claims.csv", rows)


def simulate_power() -> None:
    from null_series import found

    rows = []
    for rounds, days, halves in POWER:
        got = found(rounds, days, halves, SERIES, SEED)
        rows.append({"rounds": rounds, "days": days, "halves_in": halves, **percent(got)})
        print(rows[-1], flush=True)
    write("trends-power.csv", rows)


def table(source: str, target: str, heads: dict[str, str]) -> None:
    """Write columns of a CSV as a Markdown table."""
    with (STATIC / source).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = [" | ".join(heads.values()), " | ".join("---" for _ in heads)]
    lines += [" | ".join(row[name] for name in heads) for row in rows]
    text = "".join(f"| {line} |\n" for line in lines)
    (STATIC / target).write_text(text, encoding="utf-8", newline="\n")


def tables() -> None:
    shares = {
        "claimed": "`trend` [%]", "untestable": "of it not testable [%]",
        "plain": "Mann-Kendall [%]", "hamed_rao": "Hamed-Rao [%]",
    }  # fmt: skip
    where = {"dates": "dates", "n": "rounds", "rho": "autocorrelation"}
    table("trends-claims.csv", "trends-claims.txt", where | shares)
    design = {"rounds": "rounds", "days": "days a round"}
    table("trends-power.csv", "trends-power.txt", design | shares)


def draw() -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    with (STATIC / "trends-claims.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    mpl.rcParams.update({"svg.hashsalt": "wbe", "font.size": 10, "svg.fonttype": "path"})
    figure, axes = plt.subplots(1, len(LENGTHS), figsize=(11, 3.8), sharey=True)
    for axis, n in zip(axes, LENGTHS, strict=True):
        for column, (label, colour, marker) in LINES.items():
            for kind, style in zip(KINDS, ("-", "--"), strict=True):
                mine = [r for r in rows if int(r["n"]) == n and r["dates"] == kind]
                axis.plot(
                    [float(r["rho"]) for r in mine], [float(r[column]) for r in mine], style,
                    color=colour, marker=marker, markersize=4, linewidth=1.6,
                    label=f"{label}, {kind} dates",
                )  # fmt: skip
        axis.axhline(5, color="#5a6b78", linewidth=0.8, linestyle=":")
        axis.set_title(f"{n} rounds", fontsize=10)
        axis.set_xlabel("autocorrelation")
        axis.set_ylim(0, 50)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("false claims of a trend [%]")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False, fontsize=9)
    figure.suptitle(
        f"Synthetic series without trend: {SERIES:,} in each condition; nominal size 5 % (dotted)",
        fontsize=11,
    )
    figure.tight_layout(rect=(0, 0.15, 1, 1))
    figure.savefig(STATIC / "trends-claims.svg", metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    if "draw" not in sys.argv:
        simulate_claims()
        simulate_power()
    tables()
    draw()
