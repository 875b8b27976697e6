"""``wbe convert`` between geographic files: areas, sites and tiers, and what is not carried.

The tiers of a run are those that its guard let through; conversion adds nothing to them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wbe.errors import FindingsError
from wbe.findings import Findings
from wbe.run import verdict
from wbe.run.disk import replacing
from wbe.run.words import say

if TYPE_CHECKING:
    import geopandas as gpd


def is_asked(source: Path, target: Path) -> bool:
    """Whether a conversion is one between geographic files."""
    from wbe.io.geo.files import SUFFIXES, is_geographic

    return target.suffix.lower() in SUFFIXES and is_geographic(source)


def write(
    source: Path, target: Path, encoding: str | None, lang: str, *, allow_rejected: bool
) -> tuple[Findings, int, bool, list[str]]:
    """Write the places of a geographic file in another format.

    Parameters
    ----------
    source, target : Path
    encoding : str or None
        Of the source.
    lang : str
        ``en`` or ``zh``.
    allow_rejected : bool
        Whether to write the other features where some are refused.

    Returns
    -------
    tuple of Findings, int, bool and list of str
        Of the source; the exit code; whether the target was written; what to tell a person.

    Raises
    ------
    EnvironmentFault
        If the disk refuses.
    UsageError
        If the extra ``parquet`` is needed and missing.
    """
    from wbe.io.geo.files import kind_of_places, write_as

    try:
        frame, found = _read(source, encoding)
    except FindingsError as error:
        code = verdict.code(error.findings, usable=False)
        return error.findings, code, False, [say("convert.refused", lang, path=target)]
    code = verdict.code(found, usable=True)
    if found.errors and not allow_rejected:
        return found, code, False, [say("convert.nothing", lang, path=target)]
    with replacing(target) as part:
        write_as(frame, part, target.suffix)
    lines = [
        say("convert.lost", lang, n=n, what=what) for what, n in lost_properties(source, frame)
    ]
    if refused := found.rows - found.accepted:
        lines.append(say("convert.features", lang, n=refused))
    words = {"layout": kind_of_places(frame), "given": source.suffix.lower().lstrip(".")}
    lines.append(say("convert.done", lang, path=target, n=len(frame), **words))
    return found, code, True, lines


def _read(source: Path, encoding: str | None) -> tuple[gpd.GeoDataFrame, Findings]:
    """Tiers, sites or areas, by what the file holds."""
    from wbe.io import read_areas, read_sites, read_tiers
    from wbe.io.areas import features_of
    from wbe.io.geo.files import kind_or_none
    from wbe.io.geo.sites import holds_sites
    from wbe.io.text import Refused

    try:
        features = features_of(source, source.name, Findings(), encoding)
    except Refused:
        features = None  # the reader of areas says why
    if features is not None and kind_or_none(features) == "tiers":
        return read_tiers(source), Findings()
    is_sites = features is not None and holds_sites(features)
    read = read_sites if is_sites else read_areas
    frame = read(source, encoding=encoding)
    return frame, frame.attrs["findings"]


def lost_properties(source: Path, frame: gpd.GeoDataFrame) -> list[tuple[str, int]]:
    """Properties that a file has and a table of its kind does not, with their cells.

    Parameters
    ----------
    source : Path
        A geographic file.
    frame : GeoDataFrame
        What was read of it.
    """
    from wbe import names
    from wbe.io.areas import features_of

    features = features_of(source, source.name, Findings(), None)
    others = [c for c in features.columns if c != features.geometry.name and c not in frame.columns
              and names.resolve("field", str(c)) not in frame.columns]  # fmt: skip
    return [(str(c), int(features[c].notna().sum())) for c in sorted(others, key=str)]
