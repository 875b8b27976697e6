"""Finished runs joined into one series, with everything that keeps them from being compared."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wbe.errors import FindingsError, UsageError
from wbe.findings import Findings
from wbe.io.runs.compare import basis, compare, cut_of
from wbe.io.runs.folders import RunFolder, folders, open_folders
from wbe.io.runs.rounds import Span, in_order, span_of, time_of

if TYPE_CHECKING:
    import pandas as pd

Given = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
_KEYS: Final = ["area", "round", "drug"]


@dataclass(frozen=True)
class Runs:
    """Several finished runs as one series.

    Attributes
    ----------
    tiers : DataFrame
        Columns of ``tiers.csv`` (``area, name, round, drug, quantity, unit, value, lower, upper,
        tier, p_<label>, resolved, rank, ..., flags``), by round, drug and area, and for each row:
        ``start, end`` (days of the round; NaT where its name says none), ``run`` (id), ``title``,
        ``factor_set``, ``scheme``, ``breaks`` (as text, ``20;60``), and two numbers that are equal
        where rows of a drug can be compared: ``values_as`` for values, ``tiers_as`` for tiers.
        ``attrs``: audience, rounds, runs (id -> folder).
    changes : DataFrame
        Columns of ``changes.csv`` and ``run``: tests between two rounds of one run. Rounds of
        different runs are not tested, so that nothing is claimed of them.
    estimates : DataFrame or None
        Columns of ``estimates.csv`` and ``run``, of internal runs; None where all are public. The
        laboratory's working file: it holds every site, those of small catchments too.
    runs : DataFrame
        One row a run, by its first round: ``run, folder, title, created, audience, rounds, areas,
        drug, quantity, statistic, scheme, breaks, factor_set, wbe, draws, seed, min_population``.
    findings : Findings
        What was noticed: runs left out, and what sets runs apart.
    folders : tuple of RunFolder
        What was joined.
    """

    tiers: pd.DataFrame
    changes: pd.DataFrame
    estimates: pd.DataFrame | None
    runs: pd.DataFrame
    findings: Findings
    folders: tuple[RunFolder, ...] = field(repr=False)

    @property
    def audience(self) -> str:
        """``internal`` where any run is, else ``public``."""
        return "internal" if any(run.internal for run in self.folders) else "public"

    @property
    def rounds(self) -> list[str]:
        """Rounds by their time."""
        return in_order(set(self.tiers["round"]))

    @property
    def latest(self) -> RunFolder:
        """The run that holds the latest round."""
        return next(run for run in self.folders if self.rounds[-1] in run.rounds)


def read_runs(runs: Given, *, errors: str = "raise") -> Runs:
    """Join finished runs into one series.

    Parameters
    ----------
    runs : str, path, or iterable of them
        Folders of runs or of publications (``wbe publish``), or patterns: ``runs/*``.
    errors : str
        ``raise``, or ``reject``: a folder with an error is left out and the finding carried along;
        of two runs that hold the same area, round and drug, the later one given is left out.

    Returns
    -------
    Runs
        ``tiers`` has one row an area, round and drug.

    Raises
    ------
    FindingsError
        With ``errors="raise"``, if a folder holds no finished run, its record or an output was
        changed, or two runs hold the same area, round and drug; carries all findings.
    UsageError
        A path is no folder, a pattern means none, or no run is left.

    Notes
    -----
    Nothing is computed anew. Values that each run found from what it held (fits of non-detects,
    calibrated markers, natural breaks) are those of that run: two runs of half a year each differ
    there from one run of the year.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import wbe
    >>> from wbe.run import config, outputs, scaffold
    >>> with TemporaryDirectory() as folder:  # as `wbe init` and `wbe run` do
    ...     made = Path(folder)
    ...     _ = scaffold.create(made / "county")
    ...     _ = outputs.run(config.load(made / "county", {"draws": 200}), made / "runs" / "2024")
    ...     joined = wbe.io.read_runs(f"{folder}/runs/*")
    >>> joined.rounds, joined.audience
    (['2024Q1', '2024Q2'], 'public')
    """
    if errors not in ("raise", "reject"):
        raise UsageError(f"errors must be 'raise' or 'reject', not {errors!r}")
    findings = Findings()
    opened = _without_repeats(open_folders(folders(runs), findings), findings)
    kept = tuple(sorted(opened, key=_place))
    compare(kept, findings)
    if errors == "raise" and findings.errors:
        raise FindingsError(findings)
    if not kept and not findings:
        raise UsageError("these folders hold dashboards: name the folders of runs")
    if not kept:
        raise FindingsError(findings)
    return Runs(_tiers(kept), _joined(kept, "changes"), _estimates(kept), _table(kept), findings,
                kept)  # fmt: skip


def _place(run: RunFolder) -> tuple[Any, ...]:
    """A run by its first round, then by its name."""
    return (*min(map(time_of, run.rounds)), run.name)


def _without_repeats(runs: Sequence[RunFolder], findings: Findings) -> list[RunFolder]:
    """Leave out a run that holds what an earlier one holds; say which, and where."""
    kept: list[RunFolder] = []
    for run in runs:
        clash = False
        for other in kept:
            both = run.tiers[_KEYS].merge(other.tiers[_KEYS], on=_KEYS)
            for label in in_order(set(both["round"])):
                clash = True
                own = both[both["round"] == label]
                findings.add("runs_same_round", file=run.name, value=label, other=other.name,
                             count=len(own), area=own["area"].iloc[0])  # fmt: skip
        if not clash:
            kept.append(run)
    return kept


def _tiers(runs: Sequence[RunFolder]) -> pd.DataFrame:
    """Rows of all runs with their time and what they can be compared with."""
    import pandas as pd

    seen: dict[str, dict[str, list[Any]]] = {}
    table = pd.concat([_marked(run, seen) for run in runs], ignore_index=True)
    chances = [c for c in table.columns if str(c).startswith("p_")]
    rest = [c for c in table.columns if c not in chances]
    at = rest.index("tier") + 1
    rounds = {label: i for i, label in enumerate(in_order(set(table["round"])))}
    table = table[[*rest[:at], *chances, *rest[at:]]].assign(at=table["round"].map(rounds))
    table = table.sort_values(["at", "drug", "area"], kind="stable", ignore_index=True)
    table = table.drop(columns="at")
    table.attrs = {
        "audience": "internal" if any(run.internal for run in runs) else "public",
        "rounds": list(rounds),
        "runs": {run.id: run.name for run in runs},
    }
    return table


def _marked(run: RunFolder, seen: dict[str, dict[str, list[Any]]]) -> pd.DataFrame:
    """Rows of one run; `seen` numbers the bases of each drug in the order of their coming."""
    import pandas as pd

    rows = run.tiers
    spans = {label: span_of(label) for label in run.rounds}
    found = {drug: basis(run, drug) for drug in sorted(set(rows["drug"]))}
    numbers = {
        kind: {drug: _number(seen.setdefault(drug, {}).setdefault(kind, []), getattr(b, kind))
               for drug, b in found.items()}
        for kind in ("values", "tiers")
    }  # fmt: skip
    ends = {name: [getattr(spans[r], name, None) for r in rows["round"]] for name in Span._fields}
    return rows.assign(
        **{name: pd.to_datetime(pd.Series(days, index=rows.index)) for name, days in ends.items()},
        run=run.id,
        title=str(run.about["title"]),
        factor_set=str(run.about["factor_set"]),
        scheme=str(cut_of(run, "")["scheme"]),
        breaks=[_breaks(run, drug) for drug in rows["drug"]],
        values_as=rows["drug"].map(numbers["values"]).astype(int),
        tiers_as=rows["drug"].map(numbers["tiers"]).astype(int),
    )


def _number(known: list[Any], item: Any) -> int:
    if item not in known:
        known.append(item)
    return known.index(item) + 1


def _breaks(run: RunFolder, drug: str) -> str:
    return ";".join(f"{float(b):g}" for b in cut_of(run, drug)["breaks"] or ())


def _joined(runs: Sequence[RunFolder], kind: str) -> pd.DataFrame:
    """Tables of one kind one below the other, each row with its run; empty where there is none."""
    import pandas as pd

    tables = [(run, getattr(run, kind)()) for run in runs]
    held = [table.assign(run=run.id) for run, table in tables if table is not None]
    return pd.concat(held, ignore_index=True) if held else pd.DataFrame()


def _estimates(runs: Sequence[RunFolder]) -> pd.DataFrame | None:
    return _joined(runs, "estimates") if any(run.internal for run in runs) else None


def _table(runs: Sequence[RunFolder]) -> pd.DataFrame:
    """One row a run."""
    import pandas as pd

    return pd.DataFrame([_row(run) for run in runs])


def _row(run: RunFolder) -> dict[str, Any]:
    about, tiers = run.about, run.about["tiers"]
    drug = str(tiers.get("drug", ""))
    return {
        "run": run.id, "folder": run.name, "title": str(about["title"]),
        "created": str(about.get("created", "")), "audience": about["privacy"]["audience"],
        "rounds": ";".join(in_order(set(run.rounds))), "areas": run.tiers["area"].nunique(),
        "drug": drug, "quantity": tiers.get("quantity"), "statistic": tiers.get("statistic"),
        "scheme": tiers.get("scheme"), "breaks": _breaks(run, drug),
        "factor_set": about["factor_set"], "wbe": about["versions"]["wbe"],
        "draws": about["draws"], "seed": about["seed"],
        "min_population": about["privacy"]["min_population"],
    }  # fmt: skip
