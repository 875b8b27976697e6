"""``wbe convert --to euda``: samples as daily loads of EUDA's shape, and what these do not hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wbe.errors import UsageError
from wbe.run.disk import replacing
from wbe.run.words import both, say

if TYPE_CHECKING:
    import xarray as xr

EUDA = "euda"
_SUFFIX = ".csv"
_RESIDUE = "residue:"


def write(samples: xr.Dataset, target: Path, country: str, given: str, lang: str) -> list[str]:
    """Write samples in EUDA's shape, whole or not at all.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    target : Path
        A CSV file.
    country : str
        Of sites that are not called ``CC|City``.
    given : str
        Layout of the source, for the last line.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    list of str
        What to tell a person: what is not carried, and what was written.

    Raises
    ------
    UsageError
        If the target is no CSV, or the samples cannot be written (see `wbe.io.write_euda`).
    EnvironmentFault
        If the disk refuses.
    """
    from wbe.io.euda.write import write_euda

    if target.suffix.lower() != _SUFFIX:
        raise UsageError(both("usage.euda_suffix", name=target.name, suffix=_SUFFIX))
    with replacing(target) as part:
        table = write_euda(samples, part, country=country)
    lines = [_told(what, count, lang) for what, count in sorted(table.lost.items())]
    if table.computed:
        lines.append(say("convert.euda.computed", lang, n=table.computed))
    lines.append(say("convert.euda.means", lang))
    words = {"path": target, "layout": EUDA, "given": given}
    return [*lines, say("convert.done", lang, n=len(table.rows), **words)]


def _told(what: str, count: int, lang: str) -> str:
    """One line for something that the table does not hold."""
    from wbe.io.euda.results import REASONS

    if what.startswith(_RESIDUE):
        residue = what.removeprefix(_RESIDUE)
        return say("convert.euda.residue", lang, n=count, what=residue)
    if what in REASONS:
        return say(f"convert.euda.{what}", lang, n=count)
    return say("convert.lost", lang, n=count, what=what)
