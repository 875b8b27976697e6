"""What every protocol takes: the values of days, with their dates and their errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from wbe import schema
from wbe.backcalc import rows
from wbe.errors import UsageError
from wbe.options import require_choice
from wbe.qc import WITHOUT_DRAWS
from wbe.qc.censoring import Censored
from wbe.qc.censoring.data import as_mask
from wbe.qc.censoring.families import log_between
from wbe.recipes.drugs import drug_product, pathways
from wbe.recipes.estimation import BY_ANALYTE, BY_PATHWAY, UNITS, cells
from wbe.trends.weekdays import ALL, iso_days
from wbe.uncertainty import Product, Term

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Strings = NDArray[np.str_]
Flags = NDArray[np.bool_]
Dates = NDArray[np.datetime64]

NonDetects = Literal["as_estimated", "zero", "limit"]
"""What non-detects count as: as the result says, nothing, or their limit."""

_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ROUTINE = ("", "routine")


@dataclass(frozen=True, eq=False)
class Days:
    """Values of one residue or drug, one row a sample, as protocols take them.

    Attributes
    ----------
    product : Product
        The rows with their errors [`unit`]; NaN where a value is known by bounds alone.
    central : ndarray (row,)
        Central values [`unit`]: of a non-detect that is drawn its mean below the limit; NaN where
        bounds alone are known.
    zero, limit : ndarray (row,) [`unit`]
        The same with non-detects at zero and at their limit; NaN where the limit is not known.
    below : ndarray (row,) of bool
        Which rows are non-detects.
    date : ndarray (row,) of datetime64[D]
        Day on which collection began; NaT where only the day of the week is known.
    weekday : ndarray (row,) of int
        Monday 1 ... Sunday 7; 0 where not known.
    site, area, round : ndarray (row,) of str
    population : ndarray (row,) [inhabitant]
        NaN where not known.
    analyte, drug, factor_ids, quantity, unit, factor_set, nondetects : str
        What the values are; `drug` and `factor_ids` are empty for a residue.
    draws, seed : int
        Of the result; 0 draws: values without measurement errors.
    engine : str
    """

    product: Product
    central: Floats
    zero: Floats
    limit: Floats
    below: Flags
    date: Dates
    weekday: NDArray[np.int64]
    site: Strings
    area: Strings
    round: Strings
    population: Floats
    analyte: str = ""
    drug: str = ""
    factor_ids: str = ""
    quantity: str = ""
    unit: str = ""
    factor_set: str = ""
    nondetects: str = "as_estimated"
    draws: int = 0
    seed: int = 1
    engine: Literal["numpy", "numba"] = "numpy"

    def __len__(self) -> int:
        return len(self.below)

    def take(self, at: Ints) -> Days:
        """Return some rows."""
        new = {
            f.name: getattr(self, f.name)[at]
            for f in fields(self)
            if isinstance(getattr(self, f.name), np.ndarray)
        }
        return replace(self, product=self.product.take(at), **new)


def day_values(
    dates: ArrayLike,
    values: ArrayLike | Censored,
    *,
    site: ArrayLike = "",
    below: ArrayLike | None = None,
    weekday: ArrayLike | None = None,
    area: ArrayLike = "",
    round: ArrayLike = "",
    population: ArrayLike = np.nan,
    analyte: str = "",
    unit: str = "",
    nondetects: NonDetects = "zero",
    errors: tuple[Term, ...] = (),
    draws: int = 10_000,
    seed: int = 1,
) -> Days:
    """Return plain arrays as the protocols take them.

    Parameters
    ----------
    dates : array_like (row,) of datetime64
        Day on which collection began; NaT where `weekday` alone is known.
    values : array_like (row,) or Censored [`unit`]
        One sample a row. NaN: no sample; such rows are left out.
    site : array_like (row,) or str
        Where each sample was taken.
    below : array_like (row,) of bool, optional
        Non-detects; their value is then the limit, NaN where it is not known.
    weekday : array_like (row,) of int, optional
        Monday 1 ... Sunday 7; told by the dates where not given.
    area, round : array_like (row,) or str
        Where samples and days belong to several.
    population : array_like (row,) or float [inhabitant]
        Needed where plants are added up to an area.
    analyte, unit : str
        What the values are.
    nondetects : str
        ``zero`` or ``limit``; the bounds of both stand in every result.
    errors : tuple of Term
        Errors of the rows and who shares them; without any, intervals hold the days alone.
    draws, seed : int
        For what has no exact form.

    Returns
    -------
    Days

    Raises
    ------
    UsageError
        If the arrays do not fit, a value is negative or infinite, a population not positive, a day
        of the week not 0 to 7, or a non-detect is to count as a limit that is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.recipes.protocols import day_values
    >>> dates = np.arange("2024-03-13", "2024-03-20", dtype="datetime64[D]")
    >>> week = day_values(dates, [8.82, 12.87, 12.45, 28.11, 26.8, 10.5, 9.13], site="Graz")
    >>> week.weekday.tolist()
    [3, 4, 5, 6, 7, 1, 2]
    """
    low, high, non = _ends(values, below)
    n = len(low)
    date = _spread_over(np.asarray(dates, dtype="datetime64[D]"), n, "dates")
    known = ~np.isnan(high) | non
    central = {"zero": low, "limit": high}.get(nondetects)
    if central is None:
        raise UsageError(f"nondetects = {nondetects!r} of plain arrays is 'zero' or 'limit'")
    if np.isnan(central[known]).any():
        raise UsageError("a non-detect without a known limit cannot count as its limit")
    if (low[known] < 0).any() or np.isinf(high[known]).any():
        raise UsageError("a value is negative or infinite; a load is not")
    with np.errstate(divide="ignore"):
        product = Product(np.log(central), errors)
    days = iso_days(date)
    if weekday is not None:
        days = _spread_over(np.asarray(weekday), n, "days of the week")
        if not np.isin(days, (0, *ALL)).all():
            raise UsageError("a day of the week is a whole number, Monday 1 ... Sunday 7")

    def text(label: ArrayLike, what: str) -> Strings:
        return _spread_over(np.asarray(label, dtype=str), n, what)

    people = _spread_over(np.asarray(population, dtype=float), n, "populations")
    if (people <= 0).any() or np.isinf(people).any():
        raise UsageError("a population must be positive and finite; NaN where it is not known")
    made = Days(
        product, central, low, high, non, date, days, text(site, "sites"), text(area, "areas"),
        text(round, "rounds"), people,
        analyte=analyte, unit=unit, nondetects=nondetects, draws=draws, seed=seed,
    )  # fmt: skip
    return made if known.all() else made.take(np.flatnonzero(known))


def _spread_over(values: NDArray[Any], n: int, what: str) -> NDArray[Any]:
    """Return one value a row, from one for all or one for each."""
    if values.shape not in ((), (1,), (n,)):
        raise UsageError(f"{n} values, and {what} of shape {values.shape}: one, or one a row")
    return np.broadcast_to(values, n)


def _ends(values: ArrayLike | Censored, below: ArrayLike | None) -> tuple[Floats, Floats, Flags]:
    """Return values with non-detects at the low end, at their limit, and which they are."""
    if isinstance(values, Censored):
        return values.low, values.high, values.below
    high = np.asarray(values, dtype=float)
    if high.ndim != 1:
        raise UsageError(f"the values have the shape {high.shape}; they are one sample a row")
    non = np.zeros(len(high), dtype=bool) if below is None else as_mask(below)
    if non.shape != high.shape:
        raise UsageError(f"{len(high)} values, and {non.shape} that say which are below a limit")
    return np.where(non, 0.0, high), high, non


def days_of(
    data: xr.Dataset | Days, quantity: str, nondetects: NonDetects = "as_estimated"
) -> Iterator[Days]:
    """Yield the values of each residue or drug of a result.

    Parameters
    ----------
    data : Dataset or Days
        From `wbe.estimate`, or plain arrays from `day_values`, which are yielded as they are.
    quantity : str
        ``concentration``, ``mass_load``, ``pn_mass_load``, ``consumption``, ``pn_consumption`` or
        ``pn_doses``.
    nondetects : str
        ``as_estimated``: as the result's own rule says; ``zero`` or ``limit``.

    Yields
    ------
    Days
        Of sewage at routine points, in the order of analytes or pathways; whatever has no value.

    Raises
    ------
    UsageError
        If quantity or rule are not known.
    """
    if isinstance(data, Days):
        yield data
        return
    base = {**BY_PATHWAY, "pn_doses": "pn_mass_load"}.get(quantity, quantity)
    if base not in BY_ANALYTE:
        raise UsageError(f"{quantity!r} is no quantity of a result that has draws")
    require_choice("nondetects", nondetects, ("as_estimated", "zero", "limit"))
    s = rows.extract(data)
    found = pathways(data)
    if quantity == base:
        found = [{"analyte": str(name)} for name in s.analyte]
    for path in found:
        i, j = _rows_of(s, base, path["analyte"])
        if len(i) and (quantity == base or path["gives"] == "consumption"):
            made = _made(data, s, (i, j), base, quantity, path, nondetects)
            if made is not None:
                yield made


def _rows_of(s: rows.Samples, base: str, analyte: str) -> tuple[Ints, Ints]:
    """Return the cells of sewage of routine points, in an order of their own."""
    i, j = cells(s, base, analyte)
    keep = np.isin(s.role[i], ROUTINE)
    i, j = i[keep], j[keep]
    order = np.lexsort((s.sample[i], s.time[i], s.site[i]))
    return i[order], j[order]


def _made(
    result: xr.Dataset,
    s: rows.Samples,
    at: tuple[Ints, Ints],
    base: str,
    quantity: str,
    path: dict[str, Any],
    nondetects: NonDetects,
) -> Days | None:
    def product(censored: rows.Censored) -> Product | None:
        load = rows.product(s, base, *at, censored)
        return load if quantity == base else drug_product(load, quantity, path)

    as_said: rows.Censored = "fit" if result.attrs["draws"] else "substitute"
    main = product(as_said if nondetects == "as_estimated" else nondetects)
    zero, limit = product("zero"), product("limit")
    if main is None or zero is None or limit is None:
        return None
    i, j = at
    date = _dates(s.time[i])
    rule = s.rule if nondetects == "as_estimated" else nondetects
    if rule == "censored" and not result.attrs["draws"]:
        rule = WITHOUT_DRAWS
    doses = f";{path['dose_id']}" if quantity == "pn_doses" else ""
    return Days(
        main, central_values(main), np.exp(zero.log_central), np.exp(limit.log_central),
        np.isin(s.status[i, j], schema.CENSORED), date, _weekdays(result, i, date),
        s.site[i], s.area[i], s.round[i], s.population[i],
        analyte=path["analyte"], drug=path.get("drug", ""),
        factor_ids=path.get("factor_id", "") + doses, quantity=quantity, unit=UNITS[quantity],
        factor_set=str(result.attrs["factor_set"]) if quantity != base else "",
        nondetects=rule, draws=int(result.attrs["draws"]), seed=int(result.attrs["seed"]),
        engine=result.attrs["engine"],
    )  # fmt: skip


def central_values(p: Product) -> Floats:
    """Return central values; of rows below a limit the mean of the fitted lognormal below it.

    With a < ln X < b, A = (a - mu) / s and B = (b - mu) / s,
    E[X] = exp(mu + s^2 / 2) (Phi(B - s) - Phi(A - s)) / (Phi(B) - Phi(A)): what a non-detect adds
    to an arithmetic mean.
    """
    log = p.log_central.copy()
    if p.below is not None:
        fits = [p.below.fits[name] for name in p.below.groups.tolist()]
        mu, sd = np.array([f[0] for f in fits]), np.exp([f[1] for f in fits])
        least = np.full(len(mu), -np.inf) if p.below.log_least is None else p.below.log_least
        low, high = (least - mu) / sd, (p.below.log_limit - mu) / sd
        mean = mu + sd**2 / 2 + log_between(low - sd, high - sd) - log_between(low, high)
        log[p.below.rows] = mean + p.below.offset
    return np.asarray(np.exp(log))


def _dates(seconds: NDArray[np.int64]) -> Dates:
    """Return the days of collection, NaT where the time is not known."""
    return seconds.astype("datetime64[s]").astype("datetime64[D]")


def _weekdays(result: xr.Dataset, i: Ints, date: Dates) -> NDArray[np.int64]:
    """Return the days of the week: told by the dates, else as the table states them."""
    day = iso_days(date)
    if "weekday" not in result:
        return day
    stated = result["weekday"].values.astype(str)[i]
    number = {name: k for k, name in enumerate(_NAMES, start=1)}
    return np.where(day == 0, [number.get(name, 0) for name in stated.tolist()], day)
