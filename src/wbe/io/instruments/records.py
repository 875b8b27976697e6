"""Peaks of a sequence as rows of quality control."""

from __future__ import annotations

import math
from typing import Any

from wbe.io.instruments.amounts import in_sample, is_unsettled
from wbe.io.instruments.export import Peak
from wbe.io.instruments.kinds import file_key, plain_compound, unlabelled
from wbe.io.instruments.sequence import Injection, Made, sample_id, text_under
from wbe.io.instruments.sidecar import AGREE, PARENT
from wbe.io.instruments.units_told import unit_of
from wbe.names import resolve

_VIAL_ONLY = ("standard", "control")  # what is compared with an amount put into the vial


def records_of(made: Made) -> list[dict[str, Any]]:
    """Every peak of an analyte, samples included, as a row of ``attrs["qc_rows"]``.

    Parameters
    ----------
    made : Made

    Returns
    -------
    list of dict
        Texts. ``concentration`` and ``expected`` are what they would be in a sample, so that they
        compare with limits of samples; ``vial_concentration`` and ``vial_expected`` are as written.
        What blanks would be is known only where the factor is; standards and control samples
        without one stay as they are in the vial.
    """
    shared = _shared_factor(made)
    return [
        _record(made, injection, peak, shared)
        for injection in made.injections
        for peak in injection.peaks
    ]


def _record(made: Made, injection: Injection, peak: Peak, shared: float) -> dict[str, Any]:
    """A peak as a row of ``attrs["qc_rows"]``: texts, amounts as they would be in a sample."""
    sheet = made.export.sheets[peak.sheet]
    standard = _standard_of(injection, peak)
    factor = shared if injection.factor.rule else injection.factor.value
    in_vial = injection.kind in _VIAL_ONLY and math.isnan(factor)
    if is_unsettled(peak) and injection.kind not in _VIAL_ONLY:
        factor = math.nan
    return {
        "kind": injection.kind, "file": sheet.file, "sheet": sheet.name,
        "line": sheet.lines[peak.row], "sample_id": sample_id(made, injection),
        "parent": text_under(made, injection.line, PARENT),
        "injection": file_key(peak.filename) or peak.sample, "sample_name": peak.sample,
        "analyte": resolve("analyte", plain_compound(peak.compound)) or peak.compound,
        "compound": peak.compound,
        "concentration": peak.concentration if in_vial else _scaled(peak, factor),
        "expected": peak.expected if in_vial else _times(peak.expected, factor),
        "unit": unit_of(peak, injection.line, made.options),
        "vial_concentration": peak.written, "vial_expected": peak.expected,
        "area": peak.area, "istd": peak.istd or (standard.compound if standard else ""),
        "istd_area": peak.istd_area or (standard.area if standard else ""),
        "ion_ratio": peak.ion_ratio, "retention_time": peak.retention_time,
        "accuracy": peak.accuracy, "r2": peak.r2, "level": peak.level,
        "acquired": peak.acquired, "used": "yes" if peak.used else "no",
        "headers": {"concentration": made.export.concentration},
    }  # fmt: skip


def _scaled(peak: Peak, factor: float) -> str:
    return in_sample(peak, factor) if not math.isnan(factor) else ""


def _times(text: str, factor: float) -> str:
    try:
        return repr(float(text) * factor) if not math.isnan(factor) else ""
    except ValueError:
        return ""


def _shared_factor(made: Made) -> float:
    """The factor of a batch whose samples were all treated alike; NaN for any other.

    Blanks and control samples went through the same steps; standards did not, but their amounts
    can only be compared with limits of samples in the same measure.
    """
    known = [i.factor.value for i in made.injections if i.kind == "sample" and not i.factor.rule]
    alike = bool(known) and max(known) - min(known) <= AGREE * min(known)
    return known[0] if alike else float("nan")


def _standard_of(injection: Injection, peak: Peak) -> Peak | None:
    """The labelled form of a compound in the same injection."""
    wanted = unlabelled(peak.compound)
    return next((s for s in injection.standards if unlabelled(s.compound) == wanted), None)
