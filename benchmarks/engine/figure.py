"""How time grows with rows and with draws: table and figure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

Points = list[tuple[float, float]]
COLOURS = {
    "per-row loop": "#9a5b13",
    "numpy engine": "#1f5f8b",
    "numba engine": "#3a8f6a",
    "FFT": "#7a3b8f",
}


@dataclass
class Scaling:
    """CPU seconds by strategy: over rows at one number of draws, over draws at 70 rows."""

    rows: dict[str, Points]
    draws: dict[str, Points]

    def table(self, draws: int) -> list[tuple[str, ...]]:
        """Return all points."""
        names = list(dict.fromkeys([*self.rows, *self.draws]))
        out = [("rows", "draws", *names)]
        for x in sorted({x for points in self.rows.values() for x, _ in points}):
            out.append((f"{x:,}", f"{draws:,}", *(_at(self.rows, n, x) for n in names)))
        for x in sorted({x for points in self.draws.values() for x, _ in points}):
            out.append(("70", f"{x:,}", *(_at(self.draws, n, x) for n in names)))
        return out


def _at(of: dict[str, Points], name: str, x: float) -> str:
    found = dict(of.get(name, []))
    return f"{found[x]:.3g}" if x in found else ""


def draw(scaling: Scaling, draws: int, path: Path) -> None:
    """Write the figure."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = path.name
    from matplotlib import pyplot as plt

    made, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.9), layout="constrained")
    _panel(left, scaling.rows, "rows", f"{draws:,} draws")
    _panel(right, scaling.draws, "draws", "70 rows")
    left.set_ylabel("CPU time [s]")
    left.legend(frameon=False, fontsize=9)
    made.suptitle("Quantiles of rows and weekly means, synthetic data", fontsize=11)
    made.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=130)
    plt.close(made)


def _panel(axes, of: dict[str, Points], label: str, title: str) -> None:  # type: ignore[no-untyped-def]
    for name, points in of.items():
        x, y = zip(*sorted(points), strict=True)
        axes.loglog(x, y, marker="o", markersize=4, color=COLOURS[name], label=name)
    axes.set_xlabel(label)
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.3, which="major")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
