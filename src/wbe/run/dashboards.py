"""``wbe dashboard``: finished runs in, one folder with the page over all of their rounds out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wbe.errors import UsageError
from wbe.findings import Findings
from wbe.run import disk, folder, guard, leaks, record
from wbe.run.config import Privacy
from wbe.run.folder import RECORD, Place
from wbe.run.words import say

if TYPE_CHECKING:
    import pandas as pd

    from wbe.io import Runs

KIND: Final = "dashboard"
PAGE, SERIES, FOUND = "dashboard.html", "series.csv", "findings.csv"
#: What some runs left out cost: the contract's code for "some rejected, the rest done".
SOME: Final = 3


@dataclass(frozen=True)
class Made:
    """What was written.

    Attributes
    ----------
    page : Path
    findings : Findings
    lang : str
        Of what is said: as asked, else that of the latest run.
    said : str
        The closing line.
    """

    page: Path
    findings: Findings
    lang: str
    said: str

    @property
    def code(self) -> int:
        """Exit code: 3 where a folder was left out."""
        return SOME if self.findings.errors else 0


def make(
    given: Sequence[str | Path], target: Path, *, lang: str | None = None, title: str | None = None
) -> Made:
    """Join runs and write ``dashboard.html``, ``series.csv``, ``findings.csv`` and ``run.json``.

    Parameters
    ----------
    given : sequence of str or Path
        Folders of runs or publications, and patterns.
    target : Path
        A new or empty folder, or one that an earlier dashboard made; replaced in one step.
    lang : str, optional
        Of the page; by default that of the run with the latest round.
    title : str, optional

    Raises
    ------
    FindingsError
        No run is left.
    UsageError
        A path means no folder, the target is not ours to replace, or a public page would show what
        the guard hides.
    EnvironmentFault
        The disk refuses.
    """
    from wbe.io import read_runs

    runs = read_runs(list(given), errors="reject")
    place = Place.at(target)
    _require_ours(place, runs, target)
    with folder.locked(place):
        try:
            new = folder.start(place)
            with disk.faults(new):
                fill(new, runs, lang=lang, title=title)
            if runs.audience == "public":
                require_clean(new, runs)
            folder.finish(place)
        finally:
            folder.discard(place)
    spoken = lang or str(runs.latest.about["language"])
    said = say(
        "dashboard.done", spoken, path=target / PAGE, runs=len(runs.folders),
        rounds=len(runs.rounds), audience=say(f"dashboard.{runs.audience}", spoken),
    )  # fmt: skip
    return Made(target / PAGE, runs.findings, spoken, said)


def fill(new: Path, runs: Runs, *, lang: str | None = None, title: str | None = None) -> None:
    """Write every file of a dashboard into an empty folder, the record last."""
    from wbe import report
    from wbe.io.write import write_findings

    language = lang or str(runs.latest.about["language"])
    page = report.dashboard(runs, language=language, title=title)
    (new / PAGE).write_text(page, encoding="utf-8", newline="\n")
    report.write_tiers_csv(_dated(report.dashboard_rows(runs)), new / SERIES)
    write_findings(runs.findings, new / FOUND, language)
    about = {
        "schema": record.SCHEMA, "kind": KIND, "title": title or str(runs.latest.about["title"]),
        "language": language, "audience": runs.audience, "rounds": runs.rounds,
        "runs": runs.runs.to_dict("records"), "versions": record.versions(),
        "created": record.created(),
    }  # fmt: skip
    record.write({**about, "outputs": record.outputs(new)}, new)


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    """Days of rounds as ISO texts; empty where a round names no time."""
    days: dict[str, Any] = {
        name: table[name].dt.strftime("%Y-%m-%d").fillna("") for name in ("start", "end")
    }
    return table.assign(**days)


def _require_ours(place: Place, runs: Runs, typed: Path) -> None:
    """Refuse a folder of a run, and one that holds what an earlier dashboard did not make."""
    inputs = [run.path / RECORD for run in runs.folders]
    folder.require_usable(place, inputs, typed=typed)
    has_record = (place.out / RECORD).is_file()
    if has_record and record.read(place.out).get("kind") != KIND:
        raise UsageError(f"{typed} holds a run; choose another --out")


def require_clean(new: Path, runs: Runs) -> None:
    """The second look at a public dashboard: no hidden value, no site or sample in any file.

    Raises
    ------
    UsageError
        Naming what would have been shown.
    """
    from wbe import report

    rows = report.dashboard_rows(runs)
    for run in runs.folders:
        if run.is_publication:  # it holds nothing that it hides, and no list of sites
            continue
        privacy = Privacy(min_population=int(run.about["privacy"]["min_population"]))
        own = rows[rows["area"].isin(run.tiers["area"])]
        shown = guard.revealed(own, run.about["populations"], privacy, run.about["withheld"])
        if shown:
            raise UsageError(f"values of areas that must be suppressed: {', '.join(shown)}")
        if found := leaks.leaks(new, leaks.secrets(run.path)):
            listed = "\n  ".join(found[:20])
            raise UsageError(f"the page names sites or samples; nothing was written:\n  {listed}")
