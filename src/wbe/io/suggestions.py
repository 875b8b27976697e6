"""What an unknown analyte or unit may have been meant for: candidates, never a choice."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final

from wbe import names
from wbe.errors import UnitError
from wbe.factors.table import excretion_rows
from wbe.thresholds import number
from wbe.units import PN_UNIT, normalise, same_dimension

# isomers and labels that laboratories put before or behind a name
_DECORATION: Final = re.compile(
    r"^(?:\(?[+±−-]\)?|\(?[rsdl]\)?|\(?d,?l\)?|\(?r,?s\)?)[-–\s]+|[-–\s]*d\d{1,2}$", re.IGNORECASE
)
_UNITS: Final = (
    "ng/L", "µg/L", "ug/L", "mg/L", "pg/mL", "ng/mL", "纳克/升", "微克/升", "毫克/升", "ng/g",
    "µg/kg", "mg/kg", "纳克/克", "m3/d", "m^3/day", "m3/h", "L/s", "ML/d", "t/d", "吨/日",
    "万吨/日", "万m3/d", "立方米/天", "万立方米/天", "mg/day", "g/day", PN_UNIT,
    "人", "千人", "万人",
)  # fmt: skip


@lru_cache(maxsize=1024)
def analytes(text: str, n: int = 3) -> tuple[str, ...]:
    """Analytes that an unknown name may stand for, best first.

    Parameters
    ----------
    text : str
        As written.
    n : int
        How many at most.

    Returns
    -------
    tuple of str
        The residues of a drug that is none itself (heroin); the analyte whose isomer or labelled
        standard is named; else those of similar spelling.

    Examples
    --------
    >>> analytes("heroin"), analytes("R-METH"), analytes("metamphetamin", n=1)
    (('morphine', '6-monoacetylmorphine'), ('methamphetamine',), ('methamphetamine',))
    """
    residues = _residues().get(names.resolve("drug", text) or "")
    if residues:
        return residues[:n]
    bare = names.resolve("analyte", _DECORATION.sub("", text.strip()))
    return (bare,) if bare else tuple(names.suggest("analyte", text, n))


@cache
def _residues() -> Mapping[str, tuple[str, ...]]:
    """Residues of the drugs that are no analyte themselves, in the order of the factor table."""
    found: dict[str, dict[str, None]] = {}
    for row in excretion_rows().values():
        if row.drug not in names.ids("analyte") and row.analyte in names.ids("analyte"):
            found.setdefault(row.drug, {})[row.analyte] = None
    return MappingProxyType({drug: tuple(analytes) for drug, analytes in found.items()})


@lru_cache(maxsize=1024)
def units(text: str, expected: str, n: int = 3) -> tuple[str, ...]:
    """Spellings of units that an unknown one may have been meant for, best first.

    Parameters
    ----------
    text : str
        As written.
    expected : str
        A unit of the same dimension; units of another are not suggested.
    n : int
        How many at most.

    Returns
    -------
    tuple of str
        Empty if `text` is a known unit, of whatever dimension, or like none.

    Examples
    --------
    >>> units("ng/I", "ng/L", n=1), units("m3/tag", "m^3/day", n=1), units("mg/day", "ng/L")
    (('ng/L',), ('m^3/day',), ())
    """
    try:
        normalise(text)
    except UnitError:
        fitting = {unit.casefold(): unit for unit in _UNITS if same_dimension(unit, expected)}
        wanted = "".join(text.casefold().split())
        near = difflib.get_close_matches(wanted, sorted(fitting), n, number("unit_similarity"))
        return tuple(fitting[unit] for unit in near)
    return ()
