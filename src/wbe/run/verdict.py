"""The exit code of ``run`` and ``check``: one rule for both."""

from __future__ import annotations

from collections.abc import Sequence

from wbe.findings import Findings
from wbe.run.problems import RULE

CLEAN, CONFIG, PARTLY, NOTHING = 0, 2, 3, 4


def code(found: Findings, *, usable: bool, strict: bool = False) -> int:
    """Exit code of one campaign, or of the files that are checked together.

    Parameters
    ----------
    found : Findings
        Everything that was noticed.
    usable : bool
        Whether a result is left to compute with.
    strict : bool
        Whether flags count as errors.

    Returns
    -------
    int
        0 nothing rejected; 2 the configuration does not do; 3 something rejected, the rest
        usable; 4 nothing usable.
    """
    from wbe.io.layout.check import FAULTS

    if any(finding.rule in (RULE, *FAULTS) for finding in found.errors):
        return CONFIG
    if not usable:
        return NOTHING
    return PARTLY if (found if strict else found.errors) else CLEAN


def joined(codes: Sequence[int]) -> int:
    """The code on which all agree, else 3: some done, some not."""
    return codes[0] if len(set(codes)) == 1 else PARTLY
