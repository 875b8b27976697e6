"""The simulated city as the library's samples Dataset, without a detour over files."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from countysim.truth import Array

from wbe.findings import Findings

from .constants import AREAS, LABS, PLANTS
from .files import limits
from .model import City

SAMPLE_ANALYTE = ("sample", "analyte")


def as_samples(city: City) -> xr.Dataset:
    """Return what reading and locating the city's files gives.

    Parameters
    ----------
    city : City

    Returns
    -------
    xarray.Dataset
        Dimensions (sample, analyte); one sample for each plant and day with results.
    """
    p, d = np.nonzero(city.sampled)
    per_sample = {
        "flow": ("sample", city.flow[p, d], {"units": "m^3/day"}),
        "population": ("sample", city.population[p], {"units": "inhabitant"}),
        **{
            name: ("sample", np.full(len(p), np.nan), {"units": "1"})
            for name in ("flow_rsd", "population_rsd", "domestic_share")
        },
    }
    attrs = {"files": [], "findings": Findings(), "qc_rows": pd.DataFrame()}
    data = {**_cells(city, p, d), **per_sample}
    return xr.Dataset(data, coords=_coordinates(city, p, d), attrs=attrs)


def _cells(
    city: City, p: npt.NDArray[np.intp], d: npt.NDArray[np.intp]
) -> dict[str, tuple[tuple[str, ...], Array, dict[str, str]]]:
    status = city.status[p, d].astype(object)
    lod, loq = (np.tile([limits(name)[i] for name in city.analytes], (len(p), 1)) for i in (0, 1))
    unknown = np.full(status.shape, np.nan)
    water, solid = {"units": "ng/L"}, {"units": "ng/g"}
    value = np.where(status == "quantified", city.reported[p, d], np.nan)
    return {
        "concentration": (SAMPLE_ANALYTE, value, water),
        "lod": (SAMPLE_ANALYTE, lod, water),
        "loq": (SAMPLE_ANALYTE, loq, water),
        "concentration_rsd": (SAMPLE_ANALYTE, unknown, {"units": "1"}),
        "content": (SAMPLE_ANALYTE, unknown.copy(), solid),
        "content_lod": (SAMPLE_ANALYTE, unknown.copy(), solid),
        "content_loq": (SAMPLE_ANALYTE, unknown.copy(), solid),
        "status": (SAMPLE_ANALYTE, status, {}),
        "source_file": (SAMPLE_ANALYTE, np.full(status.shape, -1, dtype="int16"), {}),
        "source_line": (SAMPLE_ANALYTE, np.zeros(status.shape, dtype="int32"), {}),
    }


def _coordinates(city: City, p: npt.NDArray[np.intp], d: npt.NDArray[np.intp]) -> dict[str, object]:
    n = len(p)
    plant_lab = np.array([plant.lab for plant in PLANTS])
    days = np.array(city.days, dtype="datetime64[s]")

    def text(values: object) -> tuple[str, npt.NDArray[np.object_]]:
        return "sample", np.asarray(values, dtype=object)

    return {
        "sample": text([f"{AREAS[i]}-{city.days[j]:%Y%m%d}" for i, j in zip(p, d, strict=True)]),
        "analyte": ("analyte", np.array(city.analytes, dtype=object)),
        "site": text([PLANTS[i].site for i in p]),
        "area": text([AREAS[i] for i in p]),
        "time": ("sample", days[d]),
        "duration": ("sample", np.full(n, 24.0), {"units": "h"}),
        "matrix": text(["wwtp_influent"] * n),
        "mode": text(["composite_24h"] * n),
        "round": text(city.rounds[d].tolist()),
        "visit": text([""] * n),
        "lab": text(np.array(LABS, dtype=object)[plant_lab[p]]),
        "role": text(["routine"] * n),
        "site_type": text(["wwtp"] * n),
        "population_basis": text(["served"] * n),
        "population_date": text([""] * n),
    }
