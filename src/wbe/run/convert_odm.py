"""``wbe convert --to phes-odm`` and ``--from phes-odm``: ODM-shaped tables, and what is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wbe.errors import UsageError
from wbe.findings import Findings
from wbe.run.disk import faults
from wbe.run.words import say

if TYPE_CHECKING:
    import xarray as xr

    from wbe.io.sources import Source

ODM = "phes-odm"
_BESIDE = ("sites", "polygons")


def is_given(source: Path, given: str) -> bool:
    """Whether the source is to be read as ODM tables: it is asked for, or a folder holds them."""
    from wbe.io.odm.words import is_odm

    return given == ODM or (given == "auto" and is_odm(source))


def read(
    source: Path, encoding: str | None, found: Findings, lang: str
) -> tuple[Source, xr.Dataset, list[str]]:
    """Open ODM tables as laboratory tables.

    Parameters
    ----------
    source : Path
        A folder or a workbook.
    encoding : str or None
    found : Findings
        Receives what is noticed.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    source : Source
        With one long table a quantity.
    samples : Dataset (sample, analyte)
    lines : list of str
        What a laboratory table does not hold of them.
    """
    from wbe.io.odm.read import open_odm, samples_of

    opened = open_odm(source, "" if source.is_dir() else source.name, found, encoding)
    samples = samples_of(opened, found)
    rows = {name: len(list(raw.rows())) for name, raw in opened.raws.items() if name in _BESIDE}
    lines = [say("convert.odm.beside", lang, n=n, what=name) for name, n in rows.items() if n]
    return opened.source, samples, lines


def write(samples: xr.Dataset, target: Path, given: str, lang: str) -> list[str]:
    """Write samples as ODM-shaped tables, read them back, and keep them if they say the same.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    target : Path
        A folder, or a file that ends in ``.xlsx``.
    given : str
        Layout of the source, for the last line.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    list of str
        What to tell a person: that nothing has been validated, what is not carried, what was
        written.

    Raises
    ------
    UsageError
        If the target cannot be written to, or the tables are read differently.
    EnvironmentFault
        If the disk refuses.
    """
    from wbe.io.odm.exchange import odm_tables, read_odm
    from wbe.io.odm.files import replacing, write_tables

    sheets = odm_tables(samples)
    with faults(target), replacing(target) as part:
        write_tables(sheets.tables, part, target.suffix)
        if changed := list(_changed(samples, read_odm(part, errors="reject").samples)):
            raise UsageError(
                f"{target.name}: ODM-shaped tables do not carry {', '.join(changed)} unchanged; "
                "nothing was written; correct what wbe check names in the file"
            )
    lines = [say("convert.lost", lang, n=n, what=what) for what, n in sorted(sheets.lost.items())]
    rows = sum(len(table) - 1 for table in sheets.tables.values())
    words = {"path": target, "layout": ODM, "given": given}
    return [
        *lines, say("convert.odm.unvalidated", lang), say("convert.done", lang, n=rows, **words)
    ]  # fmt: skip


def _changed(before: xr.Dataset, after: xr.Dataset) -> Iterator[str]:
    """What is read differently: variables, and refused results that would count again."""
    from wbe.io.convert.compare import differences, no_longer_rejected
    from wbe.run.reading import USABLE

    yield from differences(before, after, ())
    for result in no_longer_rejected(before, after):
        if result.status in USABLE:
            yield f"the refused result {result}"
