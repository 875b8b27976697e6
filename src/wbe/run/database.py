"""The table or query of a laboratory's database that a campaign reads in the place of files.

The address comes from the environment: a campaign is handed on, and an address may hold a password.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbe.errors import EnvironmentFault, UsageError
from wbe.run.words import both

if TYPE_CHECKING:
    import xarray as xr

    from wbe.io.layout.files import Layouts

#: Kind of the entry of run.json, after the key.
KIND = "database"


@dataclass(frozen=True)
class SampleTable:
    """Where the samples of a campaign stand in a database.

    Parameters
    ----------
    asked : str
        Table or query.
    url_env : str
        Environment variable that holds the address; "" of a file.
    file : Path or None
        SQLite file or GeoPackage of the campaign.
    """

    asked: str
    url_env: str = ""
    file: Path | None = None

    def url(self) -> str:
        """The address, which may hold a password.

        Raises
        ------
        UsageError
            If the environment variable is not set.
        """
        if self.file is not None:
            return str(self.file)
        address = os.environ.get(self.url_env, "").strip()
        if not address:
            raise UsageError(both("usage.database_env", name=self.url_env))
        return address

    def read(self, layout: Layouts) -> xr.Dataset:
        """Samples of the table, what errors reject marked as such."""
        from wbe.io.sql.read import read_sql

        url = self.url()
        with self._named():
            return read_sql(url, self.asked, layout=layout, errors="reject")

    def content(self) -> dict[str, Any]:
        """Entry among the inputs of run.json: the database without its address, and a checksum.

        Rows that cannot be read as text have no checksum; reading them makes a finding of that.
        """
        from wbe.io.sql.database import database_of
        from wbe.io.sql.rows import fetch
        from wbe.io.text import Refused

        url = self.url()
        with self._named():
            database = database_of(url)
            try:
                sha256 = fetch(database, self.asked)[1]
            except Refused:
                sha256 = ""
        return {"kind": KIND, "name": database.name, "sha256": sha256, "bytes": None}

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Say which variable holds the address of a database that cannot be used."""
        try:
            yield
        except (UsageError, EnvironmentFault) as error:
            if not self.url_env:
                raise
            reason = both("usage.database_at", name=self.url_env, reason=error.args[0])
            raise type(error)(reason) from None


def require_same(inputs: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, Any]]) -> None:
    """Refuse results of rows that were written to between the record and the reading.

    Parameters
    ----------
    inputs : sequence of mapping
        From `wbe.run.record.inputs`.
    files : sequence of mapping
        ``attrs["files"]`` of the result.

    Raises
    ------
    EnvironmentFault
    """
    read = {file["sha256"] for file in files}
    for entry in inputs:
        if entry["kind"] == KIND and entry["sha256"] not in read:
            raise EnvironmentFault(f"{entry['name']}: changed during the run; run again")
