"""What errors took from a run: results and the samples that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wbe.findings import Finding, Findings

if TYPE_CHECKING:
    import xarray as xr

#: Scopes of errors that take results; those of files and campaigns take no countable ones.
SCOPES = ("cell", "row", "sample")
Line = tuple[str, int]


def lost(result: xr.Dataset, found: Findings) -> tuple[int, list[str]]:
    """Count the results that errors took, each once, and name their samples.

    Several errors of one cell are one result. A finding often knows its line alone, so samples
    go by the lines that the results came from.

    Parameters
    ----------
    result : Dataset (sample, analyte)
        With ``status``, ``source_file``, ``source_line`` (sample, analyte).
    found : Findings

    Returns
    -------
    tuple of int and list of str
        Number of results; ids of the distinct samples, sorted. A row that left nothing behind
        and does not say whose it is counts as a result and for no sample.
    """
    import numpy as np

    ids = result["sample"].values.astype(str)
    lines = _lines(result)
    owners = {line: str(ids[i]) for (i, _), line in lines.items()}
    rejected = [(i, j) for i, j in np.argwhere(result["status"].values == "rejected").tolist()]
    covered = {lines[cell] for cell in rejected if cell in lines}
    samples = {str(ids[i]) for i, _ in rejected}
    apart: set[tuple[str, str, int, str]] = set()
    for error in (f for f in found.errors if f.scope in SCOPES):
        line = (error.file, error.line or 0)
        sample = error.sample_id or owners.get(line, "")
        # A finding with a count is about a header; the cells below it are rejected themselves.
        below = "count" in dict(error.details)
        if line in covered or below or (error.scope == "sample" and sample in samples):
            continue
        samples |= {sample} - {""}
        apart.add((*_place(error), error.analyte or error.column))
    return len(rejected) + len(apart), sorted(samples)


def _place(error: Finding) -> tuple[str, str, int]:
    return error.file, error.sheet, error.line or 0


def _lines(result: xr.Dataset) -> dict[tuple[int, int], Line]:
    """File and line of every result that has a source, by its position."""
    import numpy as np

    names = [str(file["name"]) for file in result.attrs["files"]]
    files, lines = result["source_file"].values, result["source_line"].values
    known = np.argwhere(files >= 0).tolist()
    return {(i, j): (names[files[i, j]], int(lines[i, j])) for i, j in known}
