"""``wbe diff``: two finished runs compared, their numbers and what may have changed them.

Nothing is computed again: all of it stands in ``run.json`` and ``tiers.csv`` of the two folders, or
in the store that the runs entered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from wbe.errors import UsageError
from wbe.io.seal import opened
from wbe.io.store.database import Store
from wbe.run import folder, record
from wbe.run.diff_causes import Difference, causes, differences
from wbe.run.diff_numbers import Moved, Row, moved, only
from wbe.run.run_values import tier_rows
from wbe.run.words import both

TIERS: Final = "tiers.csv"
#: What may stand in one of the runs alone.
GROUPS: Final = ("round", "drug", "area")


@dataclass(frozen=True)
class Run:
    """One side of the comparison.

    Attributes
    ----------
    folder : Path
        Where it was read: a folder, or its number in a store.
    about : mapping
        The run record.
    rows : sequence of mapping
        The rows of tiers.csv.
    altered : list of str
        Files that are missing or not as the run wrote them.
    """

    folder: Path
    about: Mapping[str, Any]
    rows: Sequence[Row]
    altered: list[str]

    @classmethod
    def of(cls, path: Path) -> Run:
        """Read a finished run.

        Raises
        ------
        UsageError
            If the folder holds none, or only what was published of one.
        """
        about = record.read(path)
        if about.get("kind") != "run":
            raise UsageError(both("diff.publication", path=path))
        altered = folder.changed_outputs(path)
        return cls(path, about, tier_rows(path / TIERS), altered)

    @classmethod
    def stored(cls, run_id: str, store: Store) -> Run:
        """Read a run that a store keeps.

        Raises
        ------
        UsageError
            If it does not.
        """
        found = store.run(run_id)
        if found is None:
            raise UsageError(both("diff.not_stored", run=run_id, name=store.name))
        about, rows = found
        return cls(Path(run_id), opened(about.encode()), rows, [])


@dataclass(frozen=True)
class Comparison:
    """What two runs have differently.

    Attributes
    ----------
    a, b : Run
    """

    a: Run
    b: Run

    @cached_property
    def differences(self) -> list[Difference]:
        """What their records state differently."""
        return differences(self.a.about, self.b.about)

    @cached_property
    def moved(self) -> list[Moved]:
        """What they say differently of their areas, largest change first."""
        return moved(self.a.rows, self.b.rows)

    @property
    def only(self) -> dict[str, tuple[list[str], list[str]]]:
        """Rounds, drugs and areas that the first has alone, and the second."""
        return {column: only(self.a.rows, self.b.rows, column) for column in GROUPS}

    @property
    def verdict(self) -> str:
        """What may be said about the reason.

        ``same``: no number differs, and none is in one alone. ``one``: one thing differs, so it is
        why. ``several``: the records do not tell which of them moved which number. ``altered``:
        files of a run were changed after it, so its numbers may be nobody's. ``unexplained``:
        nothing else differs.
        """
        if not self.moved and not any(name for pair in self.only.values() for name in pair):
            return "same"
        if TIERS in (*self.a.altered, *self.b.altered):
            return "altered"
        return {0: "unexplained", 1: "one"}.get(len(causes(self.differences)), "several")


def listing(
    a: Path, b: Path, *, form: str = "text", lang: str = "en", store: str | None = None
) -> str:
    """Return what two finished runs have differently, and what may be said about why.

    Parameters
    ----------
    a, b : Path
        Folders of the runs, the earlier one first.
    form : str
        ``text``, ``json`` or ``csv``.
    lang : str
        ``en`` or ``zh``; of the text.
    store : str, optional
        Address of a store; then ``a`` and ``b`` are numbers of its runs, or folders.

    Raises
    ------
    UsageError
        If a folder holds no finished run, or the store does not hold it.
    """
    from wbe.run import diff_text

    kept = None if store is None else Store.of(store)
    sides = (Run.of(r) if kept is None or r.is_dir() else Run.stored(str(r), kept) for r in (a, b))
    return diff_text.FORMS[form](Comparison(*sides), lang)
