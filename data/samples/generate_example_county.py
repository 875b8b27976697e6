"""Simulate a synthetic county of thirteen fictional towns, and write it as lab files.

Run it to rewrite the shipped sample, byte for byte::

    python data/samples/generate_example_county.py

or import it to simulate as many counties as wanted, with their truth::

    county = simulate(seed=7)                    # the shipped truth, another sampling
    county = simulate(seed=7, truth_seed=None)   # another county altogether
    samples = as_samples(county)                 # what the library reads from the files
    county.truth                                 # town x round x analyte

All numbers are synthetic. Nothing here describes a real place or person.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:  # also when loaded from its path
    sys.path.insert(0, str(HERE))

from countysim.constants import ROUNDS, Spread  # noqa: E402
from countysim.files import write  # noqa: E402
from countysim.model import County, simulate  # noqa: E402

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ROUNDS", "County", "Spread", "as_samples", "simulate", "write"]

SEED = 1
FOLDER = HERE / "example-county"


def as_samples(county: County, **options: Any) -> xr.Dataset:
    """Return the county as a samples Dataset; see ``countysim.dataset.as_samples``."""
    from countysim.dataset import as_samples as build  # the only part that needs the library

    return build(county, **options)


def main(arguments: list[str] | None = None) -> int:
    """Write a county; the default is the shipped one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--truth-seed", type=int, default=2018)
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    paths = write(simulate(options.seed, truth_seed=options.truth_seed), options.out)
    print(f"{len(paths)} synthetic files written to {options.out.name}/")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
