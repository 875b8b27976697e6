"""Options that no export needed: they are refused or named, never passed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wbe.errors import UsageError
from wbe.findings import Findings
from wbe.io.instruments.options import Options
from wbe.io.instruments.sequence import Injection, Made

if TYPE_CHECKING:
    from wbe.io.sources import Source


def options_used(made: Made, samples: list[Injection]) -> frozenset[str]:
    """Options on which a sample of one export depends, or which contradict it.

    Parameters
    ----------
    made : Made
        With factors and units found.
    samples : list of Injection
        Unknowns.

    Returns
    -------
    frozenset of str
        Every option where no sample can tell.
    """
    told = made.told_of(samples)
    if not told:
        return frozenset(made.options.given)
    used = {"sidecar"}.union(*(_used(injection) for injection in told))
    if any(_wants_unit(injection) for injection in made.injections):  # blanks and controls too
        used.add("unit")
    return frozenset(used)


def _used(injection: Injection) -> set[str]:
    line = injection.line
    factors = line.factors if line is not None else {}
    used = {"dilution"} - set(factors)
    if "enrichment" not in factors and not {"sample_volume", "final_volume"} <= set(factors):
        used.add("enrichment")
    if injection.unit_refused:
        used.add("unit")
    if injection.factor.rule == "option_contradicts":
        used.add(injection.factor.field)
    return used


def _wants_unit(injection: Injection) -> bool:
    beside = injection.line.unit if injection.line is not None else ""
    return not beside and any(not peak.unit for peak in injection.peaks)


def judge_options(options: Options, sources: Sequence[Source], findings: Findings) -> None:
    """Refuse options that no file can have use for, and flag those that none needed.

    Parameters
    ----------
    options : Options
    sources : sequence of Source
        Every file of the call: an option that one of them uses is not named for the others.
    findings : Findings
        Receives a flag for each export, where all of them state themselves what an option says.

    Raises
    ------
    UsageError
        If no file is an export. The values of a laboratory table would be used as they are, which
        is not what was asked for. A file that could not be opened may be one: its own findings say
        what is wrong with it.
    """
    if options.given and not any(_may_be_export(source) for source in sources):
        raise UsageError(
            f"{', '.join(options.given)}: only the export of an instrument's software takes this, "
            "and no file is one; leave it out, or give the export as the software wrote it"
        )
    exports = [source for source in sources if source.exports]
    used = {name for source in exports for made in source.exports for name in made.options_used}
    for source in exports:
        for name in options.given:
            if name not in used:
                findings.add("option_without_effect", file=source.name, option=name)


def _may_be_export(source: Source) -> bool:
    is_export = str(source.record["layout"]).startswith("instrument:")
    return is_export or not (source.tables or source.sidecars)
