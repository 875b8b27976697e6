"""What the three layouts of Agilent MassHunter Quant share.

``Final Conc.`` is taken to hold the dilution (``Dil.``) that the software was told, as the results
of every program are. Whether ``Calc. Conc.`` holds it could not be verified, so it is only used
where the two are equal: `wbe.io.instruments.amounts.is_unsettled`.
"""

from __future__ import annotations

from collections.abc import Mapping


def settled(columns: Mapping[str, int]) -> dict[str, int]:
    """Columns of a header in which ``Calc. Conc.`` stands in for a missing ``Final Conc.``.

    Parameters
    ----------
    columns : mapping of str to int
        Field to position, with ``calculated`` for ``Calc. Conc.``.

    Returns
    -------
    dict of str to int

    Examples
    --------
    >>> settled({"calculated": 4}), settled({"concentration": 5, "calculated": 4})
    ({'calculated': 4, 'concentration': 4}, {'concentration': 5, 'calculated': 4})
    """
    found = dict(columns)
    if "calculated" in found:
        found.setdefault("concentration", found["calculated"])
    return found
