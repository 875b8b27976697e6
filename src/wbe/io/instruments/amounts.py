r"""From the vial to the sample.

.. math:: C_{sample} = C_{vial} \cdot D \cdot \frac{V_{final}}{V_{sample}}
          = C_{vial} \cdot \frac{D}{E}, \qquad E = \frac{V_{sample}}{V_{final}}

:math:`C_{vial}` is the concentration that the software calculated from a calibration in vials,
:math:`V_{sample}` the volume of sample that was extracted, :math:`V_{final}` the volume of the
final extract, :math:`D` the factor by which that extract was diluted before injection, :math:`E`
the enrichment. The unit stays that of the export; it is converted with all others later. Internal
standards that were added to the sample before extraction correct for losses by themselves: then
nothing else may (``recovery_corrected``).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from wbe.io.instruments.export import Peak
from wbe.io.instruments.options import Options
from wbe.io.instruments.sidecar import AGREE, Line
from wbe.io.instruments.vocabulary import word, words

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
NOT_FOUND, MISSING, BELOW = "ND", "NA", "<LOQ"


@dataclass(frozen=True)
class Factor:
    """Factor from the vial to the sample.

    Attributes
    ----------
    value : float
        :math:`D / E` [1]; NaN where it is not known.
    rule : str
        Rule that refuses the sample; "" if the factor is known.
    field : str
        Of `wbe.io.instruments.sidecar.FACTORS`: what the rule is about.
    first, second : str
        For a contradiction: what the two statements are.
    """

    value: float
    rule: str = ""
    field: str = ""
    first: str = ""
    second: str = ""


UNKNOWN = Factor(math.nan, "enrichment_missing", "enrichment")


def factor_of(line: Line | None, options: Options, stated_dilution: str = "") -> Factor:
    """Factor of an injection.

    Parameters
    ----------
    line : Line or None
        Its row in the sidecar.
    options : Options
        What holds where the row says nothing; where it says something else, neither does.
    stated_dilution : str
        Dilution that the export itself states; its software has applied it already.

    Returns
    -------
    Factor

    Examples
    --------
    >>> factor_of(None, Options(enrichment=100.0, dilution=2.0)).value
    0.02
    >>> factor_of(None, Options()).rule
    'enrichment_missing'
    """
    if line is not None and line.refused:
        return Factor(math.nan, "refused")
    stated = line.factors if line is not None else {}
    enrichment = stated.get("enrichment", _by_volume(stated))
    contradiction = _contradiction(stated, enrichment, options)
    if contradiction is not None:
        return contradiction
    if enrichment is None:
        enrichment = options.enrichment
    if enrichment is None:
        return UNKNOWN
    dilution = stated.get("dilution", options.dilution or 1.0)
    if dilution != 1 and _is_dilution(stated_dilution):
        return Factor(math.nan, "dilution_twice", "dilution", f"{dilution:g}", stated_dilution)
    return Factor(dilution / enrichment)


def _contradiction(
    stated: dict[str, float], enrichment: float | None, options: Options
) -> Factor | None:
    """Volumes against enrichment, and the row against the options."""
    by_volume = _by_volume(stated)
    if by_volume is not None and enrichment is not None and _differ(by_volume, enrichment, AGREE):
        first, second = f"enrichment {enrichment:g}", f"the volumes ({by_volume:g})"
        return Factor(math.nan, "sidecar_contradicts", "enrichment", first, second)
    rounded = AGREE if by_volume is not None else 0.0
    for name, said, told, tolerance in (
        ("enrichment", enrichment, options.enrichment, rounded),
        ("dilution", stated.get("dilution"), options.dilution, 0.0),
    ):
        if said is not None and told is not None and _differ(said, told, tolerance):
            return Factor(math.nan, "option_contradicts", name, f"{told:g}", f"{said:g}")
    return None


def _differ(first: float, second: float, tolerance: float) -> bool:
    return not math.isclose(first, second, rel_tol=max(tolerance, 1e-9))


def _by_volume(stated: dict[str, float]) -> float | None:
    if "sample_volume" in stated and "final_volume" in stated:
        return stated["sample_volume"] / stated["final_volume"]
    return None


def _is_dilution(text: str) -> bool:
    """Whether an export states a dilution: blank, 0 and 1 are none; ``1:10`` is one."""
    stated = text.strip()
    return bool(stated) and not (_NUMBER.fullmatch(stated) and float(stated) in (0.0, 1.0))


def states_dilution(peak: Peak) -> bool:
    """Whether the software was told of a dilution."""
    return _is_dilution(peak.dilution)


def is_unsettled(peak: Peak) -> bool:
    """Whether nobody can tell if the dilution that the software was told is in the amount.

    Examples
    --------
    >>> [is_unsettled(Peak("a", "b", dilution=d, is_calculated=True)) for d in ("10", "1.0", "")]
    [True, False, False]
    """
    stated = peak.dilution.strip()
    is_one = bool(_NUMBER.fullmatch(stated)) and float(stated) == 1
    return peak.is_calculated and bool(stated) and not is_one


def in_sample(peak: Peak, factor: float) -> str:
    """Concentration of a peak in the sample, as a cell of a laboratory table.

    Parameters
    ----------
    peak : Peak
    factor : float
        From `factor_of`.

    Returns
    -------
    str
        A number in the export's unit; ``ND`` where no peak was found, ``<LOQ`` where the
        calculated amount is negative, ``NA`` where there is a peak and no number; anything else as
        written, for the reader to judge.

    Examples
    --------
    >>> in_sample(Peak("a", "cocaine", concentration="12.5", area="310"), 0.01)
    '0.125'
    >>> in_sample(Peak("a", "cocaine", concentration="N/F"), 0.01)
    'ND'
    >>> in_sample(Peak("a", "cocaine", concentration="N/A", area="310"), 0.01)
    'NA'
    """
    text = peak.concentration
    said = word(text)
    if said in words("absent", "not_found"):
        return NOT_FOUND
    if said in words("absent", "missing"):
        return MISSING if has_area(peak) else NOT_FOUND
    if is_below(peak):
        return BELOW
    if not _NUMBER.fullmatch(text):
        return text
    return repr(float(text) * factor) if math.isfinite(float(text)) else text


def has_area(peak: Peak) -> bool:
    """Whether the software integrated a peak."""
    area = peak.area.replace(" ", "")
    return bool(_NUMBER.fullmatch(area)) and float(area) > 0


def is_below(peak: Peak) -> bool:
    """Whether the calculated amount is negative: the response is below the curve's intercept."""
    text = peak.concentration
    if word(text) in words("absent", "below_zero"):
        return True
    return bool(_NUMBER.fullmatch(text)) and float(text) < 0
