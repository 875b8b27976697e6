"""Draw the pictures of docs/maps.md into docs/_static: example-county, and made-up states.

``python docs/draw_maps.py``: half a minute. All data are synthetic; the seeds are those of the
example campaign and of the made-up county of the tests.
"""

from __future__ import annotations

import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "docs" / "_static"
sys.path.insert(0, str(ROOT / "src"))


def example(folder: Path) -> tuple[Any, Any]:
    """Tiers and changes of a run of the example campaign."""
    import pandas as pd

    from wbe.run import config, outputs, publish, record

    outputs.run(config.load(ROOT / "data" / "samples" / "example-county"), folder)
    about = record.read(folder)
    tiers = publish.read_tiers(folder, about)
    tiers.attrs = publish.mapped_attrs(tiers)
    return tiers, pd.read_csv(folder / "changes.csv", encoding="utf-8-sig")


def every_state() -> Any:
    """A made-up county in which an area is in each state."""
    made_up = runpy.run_path(str(ROOT / "tests" / "unit" / "plot" / "made_up.py"))
    tiers = made_up["county"]()
    for at, flags in ((9, "no_data"), (3, "not_distinguishable"), (5, "bounds_only"),
                      (6, "bounds_cross_break")):  # fmt: skip
        tiers.loc[at, ["tier", "flags", "resolved"]] = ["", flags, False]
    tiers.loc[11, "tier"] = "not_elevated"
    tiers["p_not_elevated"] = [0.93 if i == 11 else 0.0 for i in range(len(tiers))]
    tiers.loc[11, "resolved"] = True
    tiers.attrs["floor"] = 5.0
    return tiers


def seats(tiers: Any) -> Any:
    """A place inside each area."""
    import pandas as pd

    inside = tiers.geometry.representative_point()
    return pd.DataFrame({"area": tiers["area"], "lon": inside.x, "lat": inside.y})


def save(ax: Any, name: str) -> None:
    """Write a picture with few colours, rare ones kept: a quarter of the size."""
    from PIL import Image

    from wbe import plot

    path = STATIC / f"maps-{name}.png"
    plot.save_map(ax.figure, path)
    with Image.open(path) as picture:
        rgb = picture.convert("RGB")
        few = rgb.quantize(160, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def main() -> None:
    """Draw everything."""
    from wbe import plot

    with tempfile.TemporaryDirectory() as folder:
        tiers, changes = example(Path(folder) / "results")
    save(plot.tier_map(every_state()), "states")
    for language in ("en", "zh"):
        drawn = {
            "map": plot.tier_map(tiers, language=language),
            "rounds": plot.tier_maps(tiers, language=language)[0],
            "ranks": plot.rank_plot(tiers, language=language),
            "history": plot.tier_history(tiers, changes=changes, language=language),
            "schematic": plot.tier_schematic(tiers, layout="near", seats=seats(tiers),
                                             language=language),
        }  # fmt: skip
        for name, ax in drawn.items():
            save(ax, f"{name}-{language}")


if __name__ == "__main__":
    main()
