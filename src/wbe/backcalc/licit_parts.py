"""What licit use leaves in sewage: prescriptions, a medicine's own marker, shares, statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wbe.backcalc.products import multiplied, residue_per_drug, times
from wbe.errors import UsageError
from wbe.factors import Factor
from wbe.uncertainty import Distribution, Product


@dataclass(frozen=True)
class Part:
    """Amount of a residue that one licit source explains.

    Attributes
    ----------
    name : str
        Such as ``medical morphine``.
    load : Product (row,)
        In the unit of the measured amount.
    source : str
        Who said so: keys of the bibliography or own words.
    """

    name: str
    load: Product
    source: str

    def __post_init__(self) -> None:
        if not self.name or not self.source:
            raise UsageError("a licit part has a name and a source")


def prescribed(
    name: str,
    amount: Product,
    factor: Factor,
    *,
    used: Distribution | float,
    labels: Sequence[str],
    source: str,
) -> Part:
    """Residue of a medicine from the amount dispensed.

    Parameters
    ----------
    name : str
    amount : Product (row,)
        Pure base dispensed in the catchment [mg/day/1000 inhabitants]. Name its population error
        like that of the loads, so that it cancels.
    factor : Factor
        Excretion of the medicine as the residue; a row of your own where the table has none, as
        for selegiline.
    used : Distribution or float
        Share that is swallowed and excreted in the catchment [1]; there is no default.
    labels : sequence of str
        Who shares the error of `used`, one a row.
    source : str
        Of the amounts.

    Returns
    -------
    Part
        [mg/day/1000 inhabitants]

    Raises
    ------
    UsageError
        If the factor states no excretion.

    Notes
    -----
    S = amount u E / (M_drug / M_residue).

    References
    ----------
    Been 2015, 10.1016/j.drugalcdep.2015.03.022

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import backcalc
    >>> from wbe.factors.table import excretion_rows
    >>> morphine = excretion_rows()["morphine|MOR|Mitchell1991"]
    >>> part = backcalc.prescribed(
    ...     "medical morphine", backcalc.known([2.0]), morphine,
    ...     used=0.9, labels=["county"], source="sales 2024",
    ... )
    >>> np.exp(part.load.log_central).round(2).tolist()
    [1.18]
    """
    left = times(amount, residue_per_drug(factor, len(amount)))
    load = multiplied(left, used, f"used share of {name}", labels)
    return Part(name, load, f"{source}; {factor.source}")


def from_marker(name: str, marker: Product, of_marker: Factor, of_residue: Factor) -> Part:
    """Residue of a medicine from the load of a marker that the same medicine leaves.

    Parameters
    ----------
    name : str
    marker : Product (row,)
        Load of the marker, such as codeine [mg/day/1000 inhabitants].
    of_marker, of_residue : Factor
        Rows of the same drug: excreted as the marker, and as the residue.

    Returns
    -------
    Part
        [mg/day/1000 inhabitants]

    Raises
    ------
    UsageError
        If the rows are of two drugs.

    Notes
    -----
    S = r L_marker with r = (E_residue / E_marker) (M_residue / M_marker): for codeine and
    morphine 0.04 to 0.7, by the rows chosen. An upper estimate where the marker has another
    origin too.

    References
    ----------
    Thai 2016, 10.1016/j.envint.2016.05.033

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import backcalc
    >>> from wbe.factors.table import excretion_rows
    >>> rows, codeine = excretion_rows(), backcalc.known([5.0])
    >>> part = backcalc.from_marker(
    ...     "codeine", codeine, rows["codeine|COD|Thai2016"], rows["codeine|MOR(COD)|Vree1992"]
    ... )
    >>> np.exp(part.load.log_central).round(2).tolist()
    [0.55]
    """
    if of_marker.drug != of_residue.drug:
        raise UsageError(f"{of_marker.factor_id} and {of_residue.factor_id} are rows of two drugs")
    n = len(marker)
    ratio = residue_per_drug(of_residue, n).over(residue_per_drug(of_marker, n))
    return Part(name, times(marker, ratio), f"{of_marker.source}; {of_residue.source}")


def share_of(
    name: str, measured: Product, share: Distribution | float, labels: Sequence[str], source: str
) -> Part:
    """Residue of a source that is known as a share of what was measured.

    Parameters
    ----------
    name : str
    measured : Product (row,)
        The same product that is subtracted from.
    share : Distribution or float
        Share of the source [1], such as from a factorisation of several alkaloids.
    labels : sequence of str
        Who shares the error of the share, one a row.
    source : str

    Returns
    -------
    Part

    Raises
    ------
    UsageError
        If the share is not positive.

    Notes
    -----
    S = f M. Sources vary by month: a share of one campaign does not hold for another.

    References
    ----------
    PoppyStraw2024, 10.1021/acsestwater.3c00466

    Examples
    --------
    >>> import numpy as np
    >>> from wbe import backcalc
    >>> morphine = backcalc.known([6.7])
    >>> poppy = backcalc.share_of("poppy", morphine, 0.59, ["county"], "PoppyStraw2024")
    >>> np.exp(poppy.load.log_central).round(2).tolist()
    [3.95]
    """
    return Part(name, multiplied(measured, share, f"share of {name}", labels), source)
