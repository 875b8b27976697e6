"""Molar masses from molecular formulas.

References
----------
Standard atomic weights of the elements 2021, abridged values. Pure and Applied Chemistry (2022).
doi:10.1515/pac-2019-0603
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Final

from wbe.errors import UsageError

# abridged standard atomic weights [g/mol]; only elements that drugs and residues hold
ATOMIC_WEIGHTS: Final = {
    "H": 1.0080, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "Na": 22.990, "P": 30.974,
    "S": 32.06, "Cl": 35.45, "K": 39.098, "Br": 79.904, "I": 126.90,
}  # fmt: skip

_ATOM: Final = re.compile(r"([A-Z][a-z]?)(\d*)")


@cache
def molar_mass(formula: str) -> float:
    """Return the molar mass of a molecular formula [g/mol].

    Parameters
    ----------
    formula : str
        Element symbols with counts, such as ``C10H15N``; no brackets.

    Returns
    -------
    float
        [g/mol]

    Raises
    ------
    UsageError
        The text is no such formula, or names an element that is not in the table.

    Examples
    --------
    >>> round(molar_mass("C17H21NO4"), 3)
    303.358
    """
    atoms = _ATOM.findall(formula)
    unknown = sorted({symbol for symbol, _ in atoms} - set(ATOMIC_WEIGHTS))
    if unknown or not atoms or "".join(map("".join, atoms)) != formula:
        raise UsageError(f"{formula!r} is no molecular formula; write for example C10H15N")
    return math.fsum(ATOMIC_WEIGHTS[symbol] * int(count or 1) for symbol, count in atoms)
