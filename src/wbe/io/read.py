"""Lab tables to one samples Dataset, with everything that was noticed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import xarray as xr

from wbe import schema
from wbe.errors import FindingsError, UsageError
from wbe.findings import Findings
from wbe.io import instruments
from wbe.io.collected import Collected
from wbe.io.layout.files import Layout, Layouts, layouts_of
from wbe.io.plausibility.note import note_plausibility
from wbe.io.plausibility.places import places_of
from wbe.io.sources import Source, open_source, shown_names
from wbe.io.text import Refused

_Paths = str | PathLike[str] | Sequence[str | PathLike[str]]


def read(
    paths: _Paths, *, layout: str | PathLike[str] | Layout | Layouts = "auto",
    encoding: str | None = None, errors: str = "raise",
    sidecar: str | PathLike[str] | None = None, enrichment: float | None = None,
    dilution: float | None = None, unit: str = "",
) -> xr.Dataset:  # fmt: skip
    """Read lab tables and instrument exports.

    CSV, TSV, XLSX, XLS, ODS or Parquet; long or wide; English or Chinese.

    Parameters
    ----------
    paths : path or sequence of paths
        Files, or folders of ODM tables (see `wbe.io.read_odm`); several are read as one.
    layout : str, path, Layout or Layouts
        ``auto``; to insist on one of ``long``, ``wide``, ``town_blocks``, ``euda``, the name of a
        layout (``wbe convert --list``) or a layout file.
    encoding : str, optional
        Codec of text files, instead of BOM, UTF-8, GB18030 in turn.
    errors : str
        ``raise``, or ``reject``: what an error rejects has status ``rejected``.
    sidecar : path, optional
        Of an instrument export: what each injection was (see `wbe.io.instruments`).
    enrichment, dilution : float, optional [1]
        Of an instrument export: sample over final volume, and dilution behind it, for every vial
        whose row in the sidecar leaves it open.
    unit : str
        Of an instrument export that states none: unit of its concentrations.

    Returns
    -------
    Dataset (sample, analyte)
        See `wbe.schema`. ``attrs["findings"]`` holds all findings.

    Raises
    ------
    FindingsError
        With ``errors="raise"``, if anything was rejected; carries all findings.
    UsageError
        If an argument is none of the words above, or speaks of instrument exports and no file is
        one.

    Examples
    --------
    >>> import wbe
    >>> samples = wbe.read("data/samples/example-county/lab/2018Q1_plants_synthetic.csv")
    >>> dict(samples.sizes), samples["concentration"].attrs["units"]
    ({'sample': 13, 'analyte': 13}, 'ng/L')
    >>> samples.attrs["findings"]
    <Findings: 0 errors, 85 flags>
    """
    if errors not in ("raise", "reject"):
        raise UsageError(f"errors must be 'raise' or 'reject', not {errors!r}")
    layouts = layouts_of(layout)
    listed = as_paths(paths)
    findings = Findings()
    instrument = instruments.Options(
        Path(sidecar) if sidecar is not None else None, enrichment, dilution, unit
    )
    sources = [
        open_source(path, name, findings, encoding, layouts, instrument)
        for path, name in zip(listed, shown_names(listed), strict=True)
    ]
    instruments.judge_options(instrument, sources, findings)
    samples = read_sources(sources, findings, layouts.form)
    if errors == "raise" and findings.errors:
        raise FindingsError(findings)
    return samples


def as_paths(paths: _Paths) -> list[Path]:
    """One or several paths as a list.

    Raises
    ------
    UsageError
        If there is none.
    """
    several = [paths] if isinstance(paths, str | PathLike) else list(paths)
    if not several:
        raise UsageError("no file was given")
    return [Path(path) for path in several]


def read_sources(sources: Sequence[Source], findings: Findings, layout: str = "auto") -> xr.Dataset:
    """Samples of opened files.

    Parameters
    ----------
    sources : sequence of Source
    findings : Findings
        Receives what is noticed.
    layout : str
        As in `read`.

    Returns
    -------
    Dataset (sample, analyte)
    """
    collected = Collected(findings)
    for number, source in enumerate(sources):
        for table in source.tables:
            try:
                collected.add(table, number, layout)
            except Refused as refused:
                if refused.rule != "columns_refused":
                    findings.add(refused.rule, file=source.name, sheet=table.sheet.name,
                                 line=refused.line, **refused.details)  # fmt: skip
    dataset, origin = collected.dataset([source.record for source in sources])
    findings.extend(iter(schema.validate(dataset)))
    note_plausibility(dataset, findings, places_of(dataset, collected.origins, origin))
    exports = [export for source in sources for export in source.exports]
    findings.become(instruments.finish(dataset, exports, findings))
    for place in (source.place for source in sources if source.place is not None):
        findings.become(Findings(map(place, findings), findings.rows, findings.accepted))
    dataset.attrs["findings"] = findings
    return dataset
