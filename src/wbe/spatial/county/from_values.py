"""The county model on the samples behind area values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from typing import get_args

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe.backcalc import rows
from wbe.errors import MissingFactorError, UsageError
from wbe.options import require_choice
from wbe.schema import CENSORED
from wbe.spatial import levels
from wbe.spatial.county.data import INFLUENT, OPEN_CHANNEL, CountyData, CountyPriors
from wbe.spatial.county.points import point_labels
from wbe.spatial.county.posterior import CountyPosterior
from wbe.spatial.county.sampler import Unconverged, complain, sample_posterior
from wbe.spatial.members import Series, all_series, factor_of, members, rain
from wbe.spatial.outcomes import UNITS
from wbe.spatial.shared import VISIT
from wbe.uncertainty import SHARED_BY_AREA, Product, Stream, Term, blocks
from wbe.uncertainty.streams import mixtures

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]


@dataclass(frozen=True)
class CountySamples:
    """The samples of one drug that a county model rests on.

    Attributes
    ----------
    data : CountyData
    areas, rounds, points : tuple of str
        Labels of its codes.
    priors : CountyPriors
        With the visit's scale from the error model.
    series : Series
    """

    data: CountyData
    areas: tuple[str, ...]
    rounds: tuple[str, ...]
    points: tuple[str, ...]
    priors: CountyPriors
    series: Series


def county_posterior(
    values: xr.Dataset,
    drug: str,
    quantity: str = "pn_mass_load",
    *,
    priors: CountyPriors | None = None,
    draws: int | None = None,
    unconverged: Unconverged = "warn",
) -> CountyPosterior:
    """Draw towns, visits and spreads of a drug from the county model, all rounds at once.

    Parameters
    ----------
    values : Dataset (quantity, area, round, drug)
        From `wbe.by_area`, of a county round.
    drug, quantity : str
    priors : CountyPriors, optional
        The declared ones otherwise; the scale of omega is then the size of the error model's
        component ``visit``, 0 where that was set to 0.
    draws : int, optional
        As many as the values have where not given.
    unconverged : str
        ``warn``, ``raise`` or ``flag``; see `wbe.spatial.county.sample_posterior`.

    Returns
    -------
    CountyPosterior
        Towns in the order of ``values.area``, logs in the unit of the quantity. Towns without a
        sample are described by the prior.

    Raises
    ------
    UsageError
        If the values are not of a county round, have no draws, or the drug has no sample.
    MissingFactorError
        If the drug has no value of this quantity.

    Notes
    -----
    Errors of single sites and samples show in the spread of the data. Those that towns carry as a
    whole (laboratory, the marker or the water of a town) have a known size: they enter the model
    as unknowns of their own, so that a town's error is not shrunk away as if it were the town's.
    Factors from residue to drug shift all towns alike.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_channels_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> marker = {"cotinine": "0.6 mg/day/inhabitant"}
    >>> values = wbe.by_area(wbe.estimate(located, draws=500, markers=marker))
    >>> found = wbe.spatial.county_posterior(
    ...     values, "methamphetamine", draws=400, unconverged="flag"
    ... )
    >>> wbe.spatial.shrinkage(found)[["area", "n_points", "simple", "typical"]].head(2).round(0)
       area  n_points  simple  typical
    0  EX01         4     7.0     15.0
    1  EX02         2    44.0     31.0
    """
    require_choice("unconverged", unconverged, get_args(Unconverged))
    found = county_samples(values, drug, quantity)
    n = int(values.attrs["draws"]) if draws is None else draws
    if n <= 0:
        raise UsageError("the county model needs draws; set draws above 0")
    out = _sampled(found.data, priors or found.priors, _seed(values, found.series), n)
    complain((out,), unconverged)
    about = {"drug": drug, "quantity": quantity, "unit": UNITS[quantity]}
    out = replace(out, areas=found.areas, rounds=found.rounds, about=about)
    return _with_factor(values, out, found.series)


_KEPT: dict[str, CountyPosterior] = {}
"""The last chains: tiers, ranks and pairs, loads and consumption of a county rest on the same."""

_MOST_KEPT = 4


def _sampled(data: CountyData, priors: CountyPriors, seed: int, n: int) -> CountyPosterior:
    """Return n draws of the residue's loads, from the chains run last where they are the same."""
    key = hashlib.blake2b(repr((priors, seed, n)).encode())
    for field in fields(data):
        value = getattr(data, field.name)
        key.update(f"|{field.name}{np.shape(value)}".encode())
        key.update(b"" if value is None else np.ascontiguousarray(value).tobytes())
    found = _KEPT.get(key.hexdigest())
    if found is None:
        found = _first(sample_posterior(data, priors, seed=seed, draws=n, unconverged="flag"), n)
        while len(_KEPT) >= _MOST_KEPT:
            _KEPT.pop(next(iter(_KEPT)))
        for value in vars(found).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False  # others are given the same arrays
        _KEPT[key.hexdigest()] = found
    return found


def county_samples(values: xr.Dataset, drug: str, quantity: str) -> CountySamples:
    """Return the samples of a drug as the county model takes them.

    Parameters
    ----------
    values : Dataset (quantity, area, round, drug)
    drug, quantity : str

    Returns
    -------
    CountySamples
        Sewage of routine points with a per-capita route (for ``concentration``: of the main
        matrix); wet visits left out as in `wbe.by_area`; non-detects with a known limit. Points of
        one site more than 50 m apart between rounds are different points, where samples have
        ``lon`` and ``lat``.

    Raises
    ------
    UsageError, MissingFactorError
        As in `county_posterior`.

    Examples
    --------
    >>> import wbe
    >>> folder = "data/samples/example-county"
    >>> samples = wbe.read(f"{folder}/lab/2018Q1_channels_synthetic.csv")
    >>> sites = wbe.read_sites(f"{folder}/sites.csv")
    >>> areas = wbe.read_areas(f"{folder}/areas.geojson")
    >>> located = wbe.locate(samples, sites, areas)
    >>> marker = {"cotinine": "0.6 mg/day/inhabitant"}
    >>> values = wbe.by_area(wbe.estimate(located, draws=500, markers=marker))
    >>> found = county_samples(values, "methamphetamine", "pn_mass_load")
    >>> found.data.log_load.size, found.data.n_towns
    (36, 13)
    """
    if values.attrs["design"] != levels.COUNTY:
        raise UsageError("the county model is about county rounds: points of towns on visits")
    series = _series(values, drug, quantity)
    s = rows.extract(values)
    rounds = tuple(values["round"].values.astype(str).tolist())
    i = _used(values, s, series, rounds)
    j = np.full(len(i), s.column(series.analyte))
    p = rows.product(s, series.level.base, i, j, "limit")
    known = np.isfinite(p.log_central)
    if not known.any():
        raise UsageError(f"no sample of {drug} has a {quantity} in any round")
    i, j, p = i[known], j[known], p.take(np.flatnonzero(known))
    areas = tuple(values["area"].values.astype(str).tolist())
    labels = _points(values, s, i)
    points, point = np.unique(labels, return_inverse=True)
    data = CountyData(
        p.log_central, np.isin(s.status[i, j], CENSORED),
        _codes(s.area[i], areas), _codes(s.round[i], rounds), point,
        np.where(s.matrix[i] == "open_channel", OPEN_CHANNEL, INFLUENT),
        len(areas), len(rounds), len(points), _least(s, i, j, p), shared_columns(p),
    )  # fmt: skip
    return CountySamples(data, areas, rounds, tuple(points.tolist()), _priors(p), series)


def _series(values: xr.Dataset, drug: str, quantity: str) -> Series:
    for series in all_series(values):
        if (series.drug, series.quantity) == (drug, quantity):
            return series
    raise MissingFactorError(
        f"no {quantity} of {drug!r}: the values hold {', '.join(values.attrs['quantities'])} of "
        f"{', '.join(values['drug'].values.astype(str))}"
    )


def _used(
    values: xr.Dataset, s: rows.Samples, series: Series, rounds: tuple[str, ...]
) -> NDArray[np.intp]:
    """Return the samples behind the area values of all rounds, in an order of their own."""
    wet = rain(values)
    found = [m.i for r in rounds for m in members(s, series.level, series.analyte, r, wet)[0]]
    i = np.concatenate(found) if found else np.empty(0, dtype=np.intp)
    return np.asarray(i[np.lexsort((s.sample[i], s.time[i], s.site[i], s.round[i], s.area[i]))])


def _points(values: xr.Dataset, s: rows.Samples, i: NDArray[np.intp]) -> Strings:
    labels = s.site
    if "lon" in values and "lat" in values and values["lon"].dims == ("sample",):
        lon, lat = (values[name].values.astype(float) for name in ("lon", "lat"))
        labels = point_labels(s.site, s.round, lon, lat)
    # a site that was moved to another town is another point
    return np.array([f"{a}|{x}" for a, x in zip(s.area[i], labels[i], strict=True)], dtype=str)


def _codes(labels: Strings, known: tuple[str, ...]) -> NDArray[np.intp]:
    at = {name: k for k, name in enumerate(known)}
    return np.array([at[x] for x in labels.tolist()], dtype=np.intp)


def _least(s: rows.Samples, i: NDArray[np.intp], j: NDArray[np.intp], p: Product) -> Floats | None:
    """Return the log of what each sample is known to exceed, None where nothing is known."""
    low = np.isin(s.status[i, j], CENSORED)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(low, np.log(s.least[i, j]) - np.log(s.limit[i, j]), -np.inf)
    ratio = np.where(np.isnan(ratio), -np.inf, ratio)
    return None if np.isneginf(ratio).all() else np.asarray(p.log_central + ratio)


def shared_columns(p: Product) -> Floats | None:
    """Return the errors of known size that towns carry, as columns of independent normals.

    Parameters
    ----------
    p : Product
        Rows of samples.

    Returns
    -------
    ndarray (row, unknown) or None
        Log-sd of each row in each unknown. The visit is left out: the model has its own.

    Notes
    -----
    Errors that are not lognormal count with the sd of their log. Correlated variables with one
    label are mixtures of independent ones (see `wbe.uncertainty.streams.mixtures`).
    """
    mixed = mixtures(p.correlations)
    columns: dict[tuple[str, str], Floats] = {}
    for term in p.terms:
        if term.level not in SHARED_BY_AREA or term.name == VISIT or not term.size.any():
            continue
        for name, coefficient in mixed.get(term.name, [(term.name, 1.0)]):
            for label in sorted(set(term.labels[term.size != 0].tolist())):
                column = columns.setdefault((name, label), np.zeros(len(p)))
                column += coefficient * _size(term) * (term.labels == label)
    return np.column_stack([columns[k] for k in sorted(columns)]) if columns else None


def _size(term: Term) -> Floats:
    return np.asarray(term.size * np.sqrt(term.unit_variance))


def _priors(p: Product) -> CountyPriors:
    """Return the declared priors, with the visit's scale from the error model."""
    sizes = [np.abs(_size(t)).max() for t in p.terms if t.name == VISIT]
    return CountyPriors(omega=float(max(sizes))) if sizes else CountyPriors()


def _seed(values: xr.Dataset, series: Series) -> int:
    """Return a seed of the drug and quantity's own."""
    stream = Stream(values.attrs["seed"])
    generator = stream.at("county_posterior", f"{series.drug}|{series.level.base}", 0)
    return int(generator.integers(2**62))


def _first(p: CountyPosterior, n: int) -> CountyPosterior:
    """Return a posterior with its first n draws."""
    names = ("typical", "typical_of_round", "visit", "tau", "omega", "sigma_point",
             "sigma_sample", "open_channel", "common")  # fmt: skip
    return replace(p, **{name: getattr(p, name)[:n] for name in names})


def _with_factor(values: xr.Dataset, p: CountyPosterior, series: Series) -> CountyPosterior:
    """Return a posterior carried on from residue to drug, by the factor's own draws."""
    if series.path is None:
        return p
    stream, factor = Stream(values.attrs["seed"]), np.empty(p.n_draws)
    for block, span in blocks(p.n_draws):
        drawn = np.broadcast_to(factor_of(series, stream, block), levels.BLOCK)
        factor[span] = drawn[: span.stop - span.start]
    return replace(
        p,
        typical=p.typical + factor[:, None],
        typical_of_round=p.typical_of_round + factor[:, None, None],
        visit=p.visit + factor[:, None, None],
        common=p.common + factor - np.log(series.factor),
        plain=p.plain + np.log(series.factor),
    )
