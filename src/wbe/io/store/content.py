"""What a store takes from the folder of a finished run, every byte held against run.json.

Tables are parsed from the very bytes whose checksum was compared, so that a folder which another
run replaces meanwhile is never read as a mixture of both.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from wbe import names
from wbe.errors import UsageError
from wbe.io.geo.geopackage import to_wkb
from wbe.io.seal import opened
from wbe.io.write import GPKG_GEOMETRY, GPKG_LAYER, bare_text

RECORD: Final = "run.json"
ESTIMATES, TIERS, FINDINGS = "estimates.csv", "tiers.csv", "findings.csv"
AREAS: Final = "areas.gpkg"
CHANGES, RANKS = "changes.csv", "ranks.csv"
_TABLES: Final = (ESTIMATES, TIERS, FINDINGS)
#: Of two rounds or more, or of a run with draws.
_OPTIONAL: Final = (CHANGES, RANKS)
_SCHEMA: Final = 1
#: Hexadecimal digits of a run's number: enough for more runs than anybody makes.
_DIGITS: Final = 16
Row = dict[str, str]


@dataclass(frozen=True)
class Content:
    """A finished run as it is to be entered.

    Attributes
    ----------
    text : str
        run.json.
    about : mapping
        The same, parsed and without its checksum.
    files : dict of str to bytes
        Its tables and its GeoPackage, where it has one.
    """

    text: str = field(repr=False)
    about: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)

    @cached_property
    def run_id(self) -> str:
        """Number of the run: from all that its record states but when it was.

        Inputs, settings, factors and versions are in the record, and so are the checksums of the
        tables: the same number means the same rows. How pictures and pages look is left out.
        """
        outputs = self.about["outputs"]
        sums = {name: outputs[name] for name in (*_TABLES, *_OPTIONAL) if name in outputs}
        said = {key: value for key, value in self.about.items() if key != "created"}
        said["outputs"] = sums
        text = json.dumps(said, ensure_ascii=False, sort_keys=True)
        return sha256(text.encode()).hexdigest()[:_DIGITS]

    @property
    def campaign(self) -> str:
        """What the campaign is called in a store: its title."""
        return str(self.about["title"])

    @cached_property
    def tiers(self) -> list[Row]:
        """Rows of tiers.csv."""
        return list(self.rows(TIERS))

    @cached_property
    def rounds(self) -> list[str]:
        """Rounds that its tiers or its estimates hold."""
        return sorted({*self._in_estimates, *(row["round"] for row in self.tiers)})

    @property
    def n_estimates(self) -> int:
        """Rows of estimates.csv."""
        return sum(self._in_estimates.values())

    @cached_property
    def _in_estimates(self) -> Counter[str]:
        """Rows of estimates.csv by their round."""
        table = self._written(ESTIMATES)
        place = next(table).index("round")
        return Counter(bare_text(cells[place]) for cells in table)

    def rows(self, name: str) -> Iterator[Row]:
        """Rows of a table, text as it was before spreadsheets were thought of.

        A run of one round has no changes.csv, one without draws no ranks.csv: then there are none.
        """
        if name in _OPTIONAL and name not in self.files:
            return
        table = self._written(name)
        header = next(table)
        for cells in table:
            yield dict(zip(header, map(bare_text, cells), strict=True))

    def _written(self, name: str) -> Iterator[list[str]]:
        """Lines of a table as they stand there, the header first."""
        text = io.TextIOWrapper(io.BytesIO(self.files[name]), encoding="utf-8-sig", newline="")
        return csv.reader(text)

    def geometries(self) -> dict[str, bytes]:
        """Outline of each area that has one, as WKB."""
        if AREAS not in self.files:
            return {}
        with closing(sqlite3.connect(":memory:")) as package:
            package.deserialize(self.files[AREAS])
            query = f"SELECT area, {GPKG_GEOMETRY} FROM {GPKG_LAYER} ORDER BY fid"
            found = package.execute(query).fetchall()
        return {area: to_wkb(blob) for area, blob in found if blob is not None}


def content_of(folder: Path) -> Content:
    """Read a finished run.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    UsageError
        If there is no finished run, or its record or a table was changed since.
    """
    try:
        data = (folder / RECORD).read_bytes()
        about = opened(data)
    except OSError as error:
        raise UsageError(names.both("store.no_run", folder=folder)) from error
    except ValueError as error:
        raise UsageError(names.both("store.run_changed", folder=folder, name=RECORD)) from error
    outputs = about.get("outputs", {})
    if about.get("schema") != _SCHEMA or about.get("kind") != "run" or not _holds(outputs):
        raise UsageError(names.both("store.no_run", folder=folder))
    wanted = [name for name in (*_TABLES, *_OPTIONAL, AREAS) if name in outputs]
    files = {name: _checked(folder, name, outputs[name]) for name in wanted}
    return Content(data.decode("utf-8"), about, files)


def _holds(outputs: Iterable[str]) -> bool:
    return set(outputs) >= set(_TABLES)


def _checked(folder: Path, name: str, expected: str) -> bytes:
    try:
        data = (folder / name).read_bytes()
    except FileNotFoundError:
        data = b""
    if sha256(data).hexdigest() != expected:
        raise UsageError(names.both("store.run_changed", folder=folder, name=name))
    return data
