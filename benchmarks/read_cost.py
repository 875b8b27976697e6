"""What reading a large laboratory table costs, as ratios against pandas in the same run.

Writes synthetic long tables, reads each in a process of its own, and prints

- CPU of ``wbe.read`` (typed values, limits, findings) over CPU of pandas' C reader, which returns
  the cells as texts and nothing else, for a table of two million rows: at most 6 is the bar;
- CPU of ``wbe.check`` for 200,000 rows, imports left out;
- peak memory of ``wbe.read`` for ten million rows of twenty analytes: at most 1 GiB is the bar.

``python benchmarks/read_cost.py [--rows N] [--large N]``
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ANALYTES = (
    "methamphetamine", "amphetamine", "benzoylecgonine", "cocaine", "MDMA", "MDA", "ketamine",
    "norketamine", "morphine", "codeine", "6-monoacetylmorphine", "methadone", "EDDP", "cotinine",
    "caffeine", "tramadol", "oxycodone", "fentanyl", "ephedrine", "THC-COOH",
)  # fmt: skip
HEADER = (
    "sample_id,site,date,analyte,concentration,unit,lod,loq,flow,flow_unit,population,"
    "population_basis,population_date,matrix,mode\n"
)
SITES, CHUNK = 50, 200_000


def write_table(path: Path, rows: int) -> None:
    """A synthetic long table: twenty analytes a sample, three in ten below the limit."""
    rng = np.random.default_rng(20_240_312)
    levels = rng.normal(4, 1, len(ANALYTES))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(HEADER)
        for first in range(0, rows, CHUNK):
            numbers = np.arange(first, min(first + CHUNK, rows))
            analyte = numbers % len(ANALYTES)
            values = np.exp(levels[analyte] + rng.normal(0, 0.8, len(numbers)))
            file.writelines(map(_row, numbers.tolist(), analyte.tolist(), values.tolist()))


def _row(number: int, analyte: int, value: float) -> str:
    sample = number // len(ANALYTES)
    site, day = sample % SITES, sample // SITES
    date = np.datetime64("1996-01-01") + day % 10_000
    shown = f"{value:.4g}" if value >= 30 else "<30"
    return (
        f"S{sample:07d},site {site:02d},{date},{ANALYTES[analyte]},{shown},ng/L,10,30,"
        f"{50_000 + 100 * site + day % 97},m3/d,{200_000 + 1000 * site},served,2020-11-01,"
        f"wwtp_influent,composite_24h\n"
    )


MEASURE = """
import json, resource, sys, time
what, path = sys.argv[1:]
if what == "pandas":
    import pandas as pd
    def work(): return len(pd.read_csv(path, dtype=object, keep_default_na=False, na_filter=False))
elif what == "wbe.check":
    import wbe.io.check, wbe.io.read
    from wbe import check
    check(path + ".small")
    def work(): return check(path).rows
else:
    import wbe.io.read
    from wbe import read
    def work():
        samples = read(path)
        return int((samples["status"].values != "not_measured").sum())
before = time.process_time()
rows = work()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"cpu": time.process_time() - before, "rows": rows, "peak": peak}))
"""


def measure(what: str, path: Path) -> dict[str, float]:
    """CPU seconds, rows and peak memory of one reading in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, what, str(path)], check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout))


def _mib(found: dict[str, float]) -> str:
    return f"{found['peak'] / 2**20:.0f}"


def main() -> None:
    """Write the tables, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--large", type=int, default=10_000_000, help="0 leaves it out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "synthetic.csv"
        write_table(path, 200_000)
        write_table(path.with_name(path.name + ".small"), 40)  # what is imported on first use
        print(f"wbe.check, 200,000 rows: {measure('wbe.check', path)['cpu']:.2f} s of CPU")
        write_table(path, options.rows)
        peer, ours = measure("pandas", path), measure("wbe.read", path)
        ratio = ours["cpu"] / peer["cpu"]
        print(f"{options.rows:,} rows, CPU: pandas {peer['cpu']:.2f} s, wbe {ours['cpu']:.2f} s")
        print(f"  {ratio:.1f} times (bar: 6); peak {_mib(ours)} MiB, pandas {_mib(peer)} MiB")
        if options.large:
            write_table(path, options.large)
            found = measure("wbe.read", path)
            print(f"{options.large:,} rows: wbe.read {found['cpu']:.1f} s of CPU, "
                  f"peak {_mib(found)} MiB (bar: 1024)")  # fmt: skip


if __name__ == "__main__":
    main()
