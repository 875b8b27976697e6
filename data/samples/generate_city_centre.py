"""Simulate a synthetic city centre of eight plants, daily for two years, and write it as lab files.

Run it to rewrite the shipped sample, byte for byte::

    python data/samples/generate_city_centre.py

or import it to simulate as many cities as wanted, with their truth::

    city = simulate(seed=7)                    # the shipped truth, other errors
    city = simulate(seed=7, truth_seed=None)   # another city altogether
    samples = as_samples(city)                 # what the library reads from the files
    city.truth                                 # catchment x quarter x analyte

All numbers are synthetic. Nothing here describes a real place or person.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:  # also when loaded from its path
    sys.path.insert(0, str(HERE))

from citysim.constants import Spread  # noqa: E402
from citysim.files import write  # noqa: E402
from citysim.model import City, simulate  # noqa: E402

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["City", "Spread", "as_samples", "simulate", "write"]

SEED = 1
FOLDER = HERE / "city-centre"


def as_samples(city: City) -> xr.Dataset:
    """Return the city as a samples Dataset; see ``citysim.dataset.as_samples``."""
    from citysim.dataset import as_samples as build  # needs the library

    return build(city)


def main(arguments: list[str] | None = None) -> int:
    """Write a city; the default is the shipped one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--truth-seed", type=int, default=2023)
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    paths = write(simulate(options.seed, truth_seed=options.truth_seed), options.out)
    print(f"{len(paths)} synthetic files written to {options.out.name}/")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
