"""Sites whose results are shown to nobody, or not by themselves.

Two reasons. A site of an institution (`NEEDS_CONSENT`) without a record of consent: its samples
enter no area and no page, whoever reads it. A site whose catchment is known to hold fewer people
than the least population: on an internal page its own values are left out, and those of a second
site of the area where its value could be worked out from the area's.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wbe.findings import Finding, Findings
from wbe.io.consent import NEEDS_CONSENT, consent_of
from wbe.run.config import Privacy

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

CONSENT_MISSING = "consent_missing"
#: What the columns of a site's values become on an internal page.
VALUES = ("value", "lower", "upper")
SUPPRESSED = "suppressed"
#: Sites of an area enter its value with about equal weight on the log scale; a site within 10 %
#: counts as known.
_NEAR = math.log(1.1)


@dataclass(frozen=True)
class Withheld:
    """What the guard takes out before areas are made.

    Parameters
    ----------
    sites : frozenset of str
        Sites that need consent and have none.
    areas : frozenset of str
        Areas with no other site: hidden in every output.
    partial : frozenset of str
        Areas that lost such a site and keep others.
    """

    sites: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    partial: frozenset[str] = frozenset()


NOBODY = Withheld()


def without_consent(sites: gpd.GeoDataFrame | None, privacy: Privacy) -> frozenset[str]:
    """Name the sites of institutions that nobody agreed to study.

    Parameters
    ----------
    sites : GeoDataFrame or None
        From :func:`wbe.read_sites`: ``site, type, consent``.
    privacy : Privacy
        Whose ``consent`` names further records, by site.
    """
    if sites is None or "type" not in sites:
        return frozenset()
    records = sites["consent"] if "consent" in sites else [""] * len(sites)
    return frozenset(
        site
        for site, kind, record in zip(
            sites["site"].astype(str), sites["type"], records, strict=True
        )
        if kind in NEEDS_CONSENT
        and consent_of(str(record or "")) is None
        and consent_of(str(privacy.consent.get(site, ""))) is None
    )


def withheld(samples: xr.Dataset, sites: frozenset[str]) -> Withheld:
    """Tell which areas the withheld sites leave without any other, and which with some.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From :func:`wbe.locate`.
    sites : frozenset of str
        From `without_consent`.
    """
    if not sites:
        return NOBODY
    pairs = list(
        zip(samples["area"].values.astype(str), samples["site"].values.astype(str), strict=True)
    )
    touched = {area for area, site in pairs if site in sites} - {""}
    others = {area for area, site in pairs if site not in sites}
    return Withheld(sites, frozenset(touched - others), frozenset(touched & others))


def left(result: xr.Dataset, held: Withheld) -> xr.Dataset:
    """Leave out the samples of withheld sites, unless the area would lose its row with them.

    Such an area keeps them until the guard empties its row.
    """
    import numpy as np

    if not held.sites:
        return result
    places = zip(result["area"].values.astype(str), result["site"].values.astype(str), strict=True)
    kept = [site not in held.sites or area in held.areas for area, site in places]
    return result.isel(sample=np.flatnonzero(kept))


def settled(found: Findings, held: Withheld) -> Findings:
    """Drop the findings about missing consent that the configuration has given meanwhile."""
    kept = Findings()
    kept.extend(f for f in found if f.rule != CONSENT_MISSING or f.site in held.sites)
    kept.rows, kept.accepted = found.rows, found.accepted
    return kept


def small_sites(samples: xr.Dataset, privacy: Privacy) -> frozenset[str]:
    """Name the sites that an internal page must not show by themselves.

    Those whose catchment is known to be too small, and for an area with exactly one of them one
    more, so that the value of the area does not tell it. An unknown catchment hides no internal
    value; a public output has no value of a site at all, so that none is named for it.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
        From :func:`wbe.locate`, with ``population`` [inhabitant].
    privacy : Privacy
    """
    import numpy as np
    import pandas as pd

    from wbe.spatial.disclosure import Sum, protect

    if privacy.min_population <= 0 or privacy.audience != "internal":
        return frozenset()
    frame = pd.DataFrame({n: samples[n].values for n in ("area", "site", "population")})
    people = frame.groupby(["area", "site"], sort=True)["population"].min()
    hidden: set[str] = set()
    for _, own in people[people < privacy.min_population].groupby("area", sort=True):
        of_area = people.loc[[own.index[0][0]]]
        names = of_area.index.get_level_values("site").astype(str).tolist()
        # Sites in the order of their populations: a higher limit only adds stages at the end.
        stages = of_area.where(of_area < privacy.min_population).to_numpy(dtype=float)
        n = len(names)
        relation = Sum(n, tuple(range(n)), (1.0 / n,) * n)
        # The area's own value is shown: as a cell without a value it can protect nobody.
        cells, when = np.append(np.zeros(n), np.nan), np.append(stages, np.nan)
        chosen = protect(cells, when, [relation], least=_NEAR, low=-np.inf).hidden
        hidden |= {name for name, is_hidden in zip(names, chosen[:n], strict=True) if is_hidden}
    return frozenset(hidden)


def single_areas(samples: xr.Dataset, sites: Collection[str]) -> frozenset[str]:
    """Name the areas whose value is that of one site, and this one is among `sites`."""
    by_area: dict[str, set[str]] = {}
    for area, site in zip(
        samples["area"].values.astype(str), samples["site"].values.astype(str), strict=True
    ):
        by_area.setdefault(area, set()).add(site)
    return frozenset(
        area for area, own in by_area.items() if len(own) == 1 and own <= set(sites) and area
    )


def emptied(rows: pd.DataFrame, hidden: Collection[str]) -> pd.DataFrame:
    """Empty the values of hidden sites in a table by site; their status says why.

    Parameters
    ----------
    rows : DataFrame
        ``site``, ``status`` and `VALUES`.
    hidden : collection of str
    """
    out, is_hidden = rows.copy(), rows["site"].astype(str).isin(list(hidden))
    for name in VALUES:
        out[name] = out[name].astype(float).where(~is_hidden)
    out["status"] = out["status"].astype(object).where(~is_hidden, SUPPRESSED)
    return out


def about_shown(
    found: Findings, result: xr.Dataset, sites: Collection[str], areas: Collection[str]
) -> list[Finding]:
    """Findings about what a reader may see: nothing located at a hidden site, sample or area.

    Parameters
    ----------
    found : Findings
    result : Dataset (sample, analyte)
    sites, areas : collection of str
        The hidden ones.
    """
    if not found:
        return []
    places = zip(
        result["sample"].values.astype(str),
        result["site"].values.astype(str),
        result["area"].values.astype(str),
        strict=True,
    )
    own = [(s, p) for s, p, a in places if p in set(sites) or a in set(areas)]
    samples = {s for s, _ in own}
    named = {p for _, p in own} | set(sites) | set(areas)
    return [f for f in found if f.sample_id not in samples and f.site not in named]
