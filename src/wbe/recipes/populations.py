"""Populations of a campaign's samples from every source, beside each other and combined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from wbe import names
from wbe.backcalc import population_rows, rows
from wbe.backcalc.combining import Combined, combine
from wbe.backcalc.population import BASIS_CAVEATS, CAVEATS, MADE_FROM, UNSTATED
from wbe.errors import UsageError
from wbe.factors import require_independent
from wbe.uncertainty import Product, propagate

if TYPE_CHECKING:
    import pandas as pd

    from wbe.backcalc.rows import Samples

Floats = NDArray[np.float64]
Strings = NDArray[np.str_]

COLUMNS = (
    "sample_id", "site", "source", "basis", "date", "form", "population", "lower", "upper",
    "mean", "weight", "ratio", "apart", "disagreement_log_sd", "derived_from", "caveat",
)  # fmt: skip
COMBINED = population_rows.COMBINED


def populations(result: xr.Dataset, sources: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the population of every sample from each source, and combined.

    Parameters
    ----------
    result : Dataset
        From `wbe.estimate`, with the markers that were stated or calibrated there.
    sources : sequence of str, optional
        Some of ``as_given``, ``water`` and the markers; all of them where not given.

    Returns
    -------
    DataFrame
        One row a sample and source (`COLUMNS`), with ``combined`` after its parts where a sample
        has two or more: ``population`` (median), ``lower``, ``upper``, ``mean`` [inhabitant], its
        ``basis`` and ``date``, the ``form`` of the marker, the ``weight`` that it has in the
        combination; in rows of the combination ``ratio`` of the largest to the smallest estimate,
        whether they are ``apart`` (`wbe.backcalc.APART`), and ``disagreement_log_sd``. Rows
        without a population are left out. ``attrs``: ``disagreement`` (log_sd, q, degrees, sites)
        and ``warnings``.

    Raises
    ------
    UsageError
        If a source is unknown or named twice.

    Notes
    -----
    A stated population has the date of its table; one from a marker that of its sample. The flow of
    a site is one unknown in all its estimates. See `wbe.backcalc.combine` for the combination. A
    marker calibrated on this campaign has the stated populations in it (``derived_from``): it shows
    how a site differs from the others, and does not confirm their level.

    References
    ----------
    Been 2014, 10.1021/es5008388; O'Brien 2014, 10.1021/es403251g;
    Tscharke 2019, 10.1021/acs.est.9b03447

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> result = wbe.estimate(samples, draws=1000, markers={"cotinine": "0.6 mg/day/inhabitant"})
    >>> table = wbe.recipes.populations(result)
    >>> table.loc[table["site"] == table["site"][0], ["source", "population"]].round(-2)
         source  population
    0  as_given     93700.0
    1  cotinine     69700.0
    2  combined     90900.0
    """
    import pandas as pd

    s = rows.extract(result)
    wanted = _wanted(s, sources)
    i = np.flatnonzero(np.isin(s.matrix, rows.SEWAGE))
    parts = population_rows.populations(s, i, wanted)
    both = combine(parts, s.site[i]) if len(i) else None
    frames = [
        _frame(result, s, i, name, part, None if both is None else both.weights[:, k])
        for k, (name, part) in enumerate(parts.items())
    ]
    if both is not None and len(wanted) > 1:
        frames.append(_combined_frame(result, s, i, both))
    table = pd.concat(frames, ignore_index=True)
    order = {name: k for k, name in enumerate((*wanted, COMBINED))}
    at = pd.Series(range(len(s.sample)), index=s.sample)
    table = table.assign(a=table["sample_id"].map(at), b=table["source"].map(order))
    table = table.sort_values(["a", "b"], ignore_index=True)[list(COLUMNS)]
    table.attrs.update({} if both is None else _about(both, table))
    return table


def compare(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """Compare the population from a marker with the stated one that it was not made from.

    Parameters
    ----------
    table : DataFrame
        From `populations`.
    source : str
        A marker, or ``water``.

    Returns
    -------
    DataFrame
        ``sample_id, site, ratio`` of the source to the stated population [1], where both are there.

    Raises
    ------
    UsageError
        If a sample has not both, or the marker's load was made from the same kind of data: a
        marker calibrated on the stated populations agrees with them by construction; so does one
        whose ``derived_from`` nobody states, as far as anybody knows. If the stated population has
        no basis.

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> marker = {"cotinine": {"value": "0.6 mg/day/inhabitant", "derived_from": "PK"}}
    >>> table = wbe.recipes.populations(wbe.estimate(samples, draws=1000, markers=marker))
    >>> wbe.recipes.compare(table, "cotinine")["ratio"].head(3).round(2).tolist()
    [0.74, 0.98, 1.23]
    """
    stated = table[table["source"] == population_rows.GIVEN]
    one = table[(table["source"] == source) & table["sample_id"].isin(stated["sample_id"])]
    if source in (population_rows.GIVEN, COMBINED) or one.empty:
        raise UsageError(f"no population from {source} alone stands beside a stated one")
    stated = stated[stated["sample_id"].isin(one["sample_id"])]
    if (stated["derived_from"] == "").any():
        raise UsageError("a stated population has no basis: what it was made from is not known")
    for kind in sorted(set(stated["derived_from"])):
        require_independent(f"the population from {source}", set(one["derived_from"]), kind)
    both = one.merge(stated, on="sample_id", suffixes=("", "_stated"))
    both["ratio"] = both["population"] / both["population_stated"]
    return both[["sample_id", "site", "ratio"]]


def _wanted(s: Samples, sources: Sequence[str] | None) -> tuple[str, ...]:
    there = population_rows.sources(s)
    chosen = there if sources is None else tuple(sources)
    if unknown := [name for name in chosen if name not in there]:
        said = {"unknown": ", ".join(unknown), "there": ", ".join(there) or "-"}
        raise UsageError(names.both("populations.unknown", **said))
    if len(set(chosen)) < len(chosen) or not chosen:
        raise UsageError("name one source or more, each once")
    return chosen


def _frame(
    result: xr.Dataset, s: Samples, i: rows.Ints, name: str, part: Product, weight: Floats | None
) -> pd.DataFrame:
    """Return the rows of one source."""
    import pandas as pd

    keep = np.flatnonzero(np.isfinite(part.log_central))
    at = i[keep]
    made = pd.DataFrame({"sample_id": s.sample[at], "site": s.site[at], "source": name})
    made = made.assign(**_origin(result, s, name, at))
    _summaries(made, result, part.take(keep))
    made["weight"] = np.nan if weight is None else weight[keep]
    made[["ratio", "disagreement_log_sd"]] = np.nan
    made["apart"] = False
    return made


def _origin(result: xr.Dataset, s: Samples, name: str, at: rows.Ints) -> dict[str, Any]:
    """Return basis, date, form, what it is made from, and what makes it wrong."""
    if name == population_rows.GIVEN:
        basis = np.where(s.basis[at] == "", UNSTATED, s.basis[at])
        return {
            "basis": basis, "date": _stated_dates(result, at), "form": "",
            "derived_from": [MADE_FROM.get(b, "") for b in basis.tolist()],
            "caveat": [BASIS_CAVEATS.get(b, "") for b in basis.tolist()],
        }  # fmt: skip
    about = s.markers[name]
    return {
        "basis": "estimated", "date": _sample_dates(s, at), "form": about.get("form", ""),
        "derived_from": about.get("derived_from", ""), "caveat": CAVEATS.get(name, ""),
    }  # fmt: skip


def _combined_frame(result: xr.Dataset, s: Samples, i: rows.Ints, both: Combined) -> pd.DataFrame:
    import pandas as pd

    keep = np.flatnonzero(np.isfinite(both.ratio))
    at = i[keep]
    made = pd.DataFrame({"sample_id": s.sample[at], "site": s.site[at], "source": COMBINED})
    made["basis"] = "estimated"
    made["date"] = _sample_dates(s, at)
    made["form"] = ""
    _summaries(made, result, both.product.take(keep))
    made["weight"] = 1.0
    made["ratio"], made["apart"] = both.ratio[keep], both.apart[keep]
    made["disagreement_log_sd"] = both.disagreement.log_sd
    made["derived_from"] = ""  # of several: nothing is known to be independent of it
    made["caveat"] = ""
    return made


def _summaries(made: pd.DataFrame, result: xr.Dataset, product: Product) -> None:
    """Add median, interval and mean; central values alone without draws."""
    made["population"] = np.exp(product.log_central)
    made[["lower", "upper", "mean"]] = np.nan
    if result.attrs["draws"] and len(product):
        got = propagate(product, draws=result.attrs["draws"], seed=result.attrs["seed"])
        made["population"], made["mean"] = got.median, got.mean
        made["lower"], made["upper"] = got.lower, got.upper


def _stated_dates(result: xr.Dataset, at: rows.Ints) -> Strings:
    if "population_date" not in result:
        return np.full(len(at), UNSTATED)
    dates = result["population_date"].values.astype(str)[at]
    return np.where(dates == "", UNSTATED, dates)


def _sample_dates(s: Samples, at: rows.Ints) -> Strings:
    known = s.time[at] != np.iinfo(np.int64).min
    days = np.where(known, s.time[at], 0).astype("datetime64[s]").astype("datetime64[D]")
    rounds = np.where(s.round[at] == "", UNSTATED, s.round[at])
    return np.where(known, days.astype(str), rounds)


def _about(both: Combined, table: pd.DataFrame) -> dict[str, Any]:
    found = both.disagreement
    warnings = []
    for site, group in table[table["apart"].astype(bool)].groupby("site", sort=True):
        warnings.append(
            f"{site}: estimates of the population differ up to {group['ratio'].max():.1f} times; "
            "the combination hides a choice between them"
        )
    bare = table[(table["date"] == UNSTATED) | (table["basis"] == UNSTATED)]
    for site in sorted(set(bare["site"])):
        warnings.append(f"{site}: the basis or date of a population is not stated")
    formless = table[table["form"] == UNSTATED]
    for marker in sorted(set(formless["source"])):
        warnings.append(f"{marker}: state whether its load is of the free or the total form")
    return {
        "disagreement": {
            "log_sd": found.log_sd, "q": found.q, "degrees": found.degrees, "sites": found.sites,
        },
        "warnings": warnings,
    }  # fmt: skip


__all__ = ["COLUMNS", "compare", "populations"]
