"""Units of the results: what export, sidecar and option state, and where they do not agree."""

from __future__ import annotations

from wbe.errors import UnitError
from wbe.io.instruments.export import Peak
from wbe.io.instruments.options import Options
from wbe.io.instruments.sequence import Injection, Made
from wbe.io.instruments.sidecar import Line
from wbe.units import scale


def unit_of(peak: Peak, line: Line | None, options: Options) -> str:
    """Unit of a concentration in the vial: the export's own, the sidecar's, the option's."""
    return peak.unit or (line.unit if line is not None else "") or options.unit


def find_units(made: Made, samples: list[Injection]) -> bool:
    """Note samples without a unit, and those about whose unit two statements differ.

    Parameters
    ----------
    made : Made
    samples : list of Injection
        Unknowns; those that the sidecar has no row about are passed over.

    Returns
    -------
    bool
        Whether any result has a unit. Without that one finding is about the file; otherwise each
        sample that lacks one has its own.
    """
    told = made.told_of(samples)
    missing = {id(i): _without_unit(made, i) for i in told}
    if told and all(len(missing[id(i)]) == len(i.peaks) for i in told):
        made.note("export_unit_missing", count=sum(map(len, missing.values())))
        return False
    for injection in told:
        injection.unit_refused = _contradicts(made, injection)
        if missing[id(injection)]:
            made.note_row("sample_unit_missing", injection, "unit",
                          count=len(missing[id(injection)]))  # fmt: skip
    return True


def _without_unit(made: Made, injection: Injection) -> list[Peak]:
    return [p for p in injection.peaks if not unit_of(p, injection.line, made.options)]


def _contradicts(made: Made, injection: Injection) -> bool:
    """Note that sidecar and option, or one of them and the export, state different units."""
    beside = injection.line.unit if injection.line is not None else ""
    option = made.options.unit
    if beside and option and not _same_unit(beside, option):
        made.note_row("option_contradicts", injection, "unit", option="unit", first=option,
                      second=beside)  # fmt: skip
        return True
    stated = beside or option
    for peak in injection.peaks:
        if peak.unit and stated and not _same_unit(peak.unit, stated):
            made.note("export_unit_differs", peak, sample_id=injection.name, found=peak.unit,
                      stated=stated)  # fmt: skip
            return True
    return False


def _same_unit(first: str, second: str) -> bool:
    try:
        return scale(first, second) == 1
    except UnitError:
        return False
