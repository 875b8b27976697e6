"""CPU of `wbe run data/samples/example-county` over the CPU of importing what it stands on.

Both are whole processes (user + system time), run in turn, so that the ratio holds while the speed
of the machine drifts. The bar is 5.

    python benchmarks/run_cost.py [REPEATS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BAR = 5.0
LIBRARIES = "numpy, pandas, scipy, xarray, geopandas, matplotlib, pint"


def cpu(command: list[str]) -> float:
    """Return the CPU seconds (user + system) of a command and its children."""
    # Bytecode is written by the first runs, whatever the shell says, and then no longer compiled.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, env=env)
    after = os.times()
    if done.returncode not in (0, 3):
        raise SystemExit(done.stderr.decode(errors="replace"))
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


def main(repeats: int = 7) -> int:
    """Print each pair, the medians and the ratio."""
    python = [sys.executable, "-c"]
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "results")
        run = [sys.executable, "-m", "wbe.cli", "run", "data/samples/example-county", "--out", out]
        imports = [*python, f"import {LIBRARIES}"]
        cpu(run), cpu(imports)  # warm the file cache and the bytecode
        pairs = [(cpu(imports), cpu(run)) for _ in range(repeats)]
    for base, cost in pairs:
        print(f"imports {base:6.2f} s   run {cost:6.2f} s   ratio {cost / base:5.2f}")
    ratio = statistics.median(cost / base for base, cost in pairs)
    base, cost = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"median  {base:6.2f} s   run {cost:6.2f} s   ratio {ratio:5.2f}   (bar {BAR})")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(int(a) for a in sys.argv[1:2])))
