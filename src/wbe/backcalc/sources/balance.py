"""Mass balances of use and disposal: metabolites, enantiomers, transformation products."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wbe.backcalc.licit import Net, bound_only, subtract
from wbe.backcalc.licit_parts import Part
from wbe.backcalc.products import times
from wbe.errors import UsageError
from wbe.uncertainty import Product
from wbe.units import PN_UNIT, quantities

Flags = NDArray[np.bool_]

RACEMIC: Final = 0.5
METABOLITE_BELOW: Final = "metabolite below its limit: what is left is a range, not a finding"
NOT_SUBTRACTED: Final = "precursor not measured at the same time: the product may be an artefact"


@quantities(parent=PN_UNIT, metabolite=PN_UNIT, ratio="1", returns=PN_UNIT)
def disposed_load(parent: Any, metabolite: Any, ratio: Any) -> Any:
    """Load of a parent drug that did not pass through people, without uncertainty.

    Parameters
    ----------
    parent : DataArray, Quantity or str, any shape [mg/day/1000 inhabitants]
        Load of the unchanged drug.
    metabolite : same, broadcastable [mg/day/1000 inhabitants]
        Load of a residue that only people make of it.
    ratio : same, broadcastable [1]
        Parent over metabolite, by mass, where all is used: a_P / a_X.

    Returns
    -------
    same kind as the input [mg/day/1000 inhabitants]

    Raises
    ------
    UnitError
        If a value carries no unit, or one of another dimension.

    Notes
    -----
    P = a_P C + D and X = a_X C give D = max(0, P - X a_P / a_X). Valid where the metabolite has
    no other source and both survive the sewer alike.

    References
    ----------
    Emke 2014, 10.1016/j.scitotenv.2013.11.043

    Examples
    --------
    >>> from wbe import backcalc
    >>> unit = "mg/day/1000 inhabitants"
    >>> float(backcalc.disposed_load(f"200 {unit}", f"2 {unit}", 10.0).magnitude)
    180.0
    """
    return np.maximum(parent - metabolite * ratio, 0.0)


@quantities(fraction="1", of_use="1", returns="1")
def disposed_fraction(fraction: Any, of_use: Any) -> Any:
    """Share of a racemic drug that was poured away, from its enantiomeric fraction.

    Parameters
    ----------
    fraction : DataArray, Quantity or float, any shape [1]
        R / (R + S) in the sewage.
    of_use : same, broadcastable [1]
        The same where all is used: 0.65 to 0.67 for MDMA. No default.

    Returns
    -------
    same kind as the input [1]

    Raises
    ------
    UnitError
        If a value carries a unit of another dimension.
    UsageError
        If use leaves the drug racemic: its enantiomers say nothing.

    Notes
    -----
    f = (EF_use - EF) / (EF_use - 0.5), cut to [0, 1]. For drugs made racemic whose use enriches
    R. Not for amphetamine or methamphetamine: see `rules`.

    References
    ----------
    Emke 2014, 10.1016/j.scitotenv.2013.11.043

    Examples
    --------
    >>> from wbe import backcalc
    >>> round(float(backcalc.disposed_fraction(0.511, 0.666)), 3)
    0.934
    """
    if np.any(np.asarray(of_use) <= RACEMIC):
        raise UsageError("use must enrich R above 0.5 for enantiomers to tell it from disposal")
    return np.clip((of_use - fraction) / (of_use - RACEMIC), 0.0, 1.0)


def direct_disposal(
    parent: Product,
    metabolite: Product,
    ratio: Product,
    *,
    below: Flags,
    source: str,
    draws: int,
    seed: int,
) -> Net:
    """Load that use does not explain, with P(D > 0).

    Parameters
    ----------
    parent, metabolite : Product (row,)
        Loads [mg/day/1000 inhabitants]; errors they share by name cancel in the balance.
    ratio : Product (row,)
        Parent over metabolite by mass where all is used [1]: from a site's own use-only record,
        or from two factor rows.
    below : ndarray (row,) of bool
        Where the metabolite is below its limit; its product then holds the limit.
    source : str
        Of the ratio.
    draws, seed : int

    Returns
    -------
    Net
        `licit_share` is what use explains. Rows `below` have no headline: `lower` is what is left
        with the metabolite at its limit, `upper` and `bound` what is left with it at zero, and
        P(D > 0) is not said.

    Raises
    ------
    UsageError
        If rows do not match.

    Notes
    -----
    D = max(0, P - X a_P / a_X).

    References
    ----------
    Emke 2014, 10.1016/j.scitotenv.2013.11.043

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import backcalc
    >>> found = backcalc.known([200.0], rsd=0.2, name="analysis", labels=["L1"])
    >>> net = backcalc.direct_disposal(
    ...     found, backcalc.known([2.0]), backcalc.known([10.0]), below=np.array([False]),
    ...     source="own record", draws=4000, seed=1,
    ... )
    >>> round(float(net.median[0]))
    180
    """
    used = Part("use", times(metabolite, ratio), source)
    net = subtract(parent, [used], largest_share=np.inf, draws=draws, seed=seed)
    hidden = np.asarray(below, dtype=bool)
    if hidden.shape != net.median.shape:
        raise UsageError("below needs one entry a row")
    if not hidden.any():
        return net
    tiny = Product(np.full(len(parent), -700.0), correlations=parent.correlations)
    whole = subtract(
        parent, [Part("use", tiny, source)], largest_share=np.inf, draws=draws, seed=seed
    )
    return Net(
        **{
            **vars(net),
            "median": np.where(hidden, np.nan, net.median),
            "lower": np.where(hidden & np.isnan(net.lower), 0.0, net.lower),
            "upper": np.where(hidden, whole.upper, net.upper),
            "bound": np.where(hidden, whole.bound, net.bound),
            "p_positive": np.where(hidden, np.nan, net.p_positive),
            "identifiable": net.identifiable & ~hidden,
            "reason": np.where(hidden, METABOLITE_BELOW, net.reason),
        }
    )


def beyond_transformation(
    product: Product,
    precursors: Product | None,
    baseline: Product,
    *,
    source: str,
    draws: int,
    seed: int,
) -> Net:
    """Load of a residue beyond what forms from its precursors in the sewer.

    Parameters
    ----------
    product : Product (row,)
        Load of methcathinone [mg/day/1000 inhabitants].
    precursors : Product or None
        Load of ephedrine and pseudoephedrine together, of the same samples. None, where they were
        not measured, identifies nothing.
    baseline : Product (row,)
        Methcathinone over precursors by mass [1] at this site in this season, where nobody uses
        methcathinone. No published value holds elsewhere: formation falls in the cold.
    source : str
        Of the baseline.
    draws, seed : int

    Returns
    -------
    Net

    Raises
    ------
    UsageError
        If rows do not match.

    Notes
    -----
    N = max(0, L_MC - b (L_EPH + L_PEPH)).

    References
    ----------
    MCartefact2022, 10.1016/j.scitotenv.2022.155696

    Examples
    --------
    >>> from wbe import backcalc
    >>> net = backcalc.beyond_transformation(
    ...     backcalc.known([3.0]), backcalc.known([40.0]), backcalc.known([0.02]),
    ...     source="own record, winter", draws=4000, seed=1,
    ... )
    >>> round(float(net.median[0]), 2)
    2.2
    """
    if precursors is None:
        tiny = Product(np.full(len(product), -700.0), correlations=product.correlations)
        part = Part("transformation", tiny, source)
        net = subtract(product, [part], largest_share=np.inf, draws=draws, seed=seed)
        unknown = {"p_positive": np.full(len(product), np.nan)}
        return Net(**{**vars(bound_only(net, NOT_SUBTRACTED)), **unknown})
    part = Part("transformation", times(precursors, baseline), source)
    return subtract(product, [part], largest_share=np.inf, draws=draws, seed=seed)
