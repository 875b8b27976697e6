"""Whether several runs can stand in one series: what they do alike, and what sets them apart.

Two questions have different answers. Values can be compared where quantity, unit, statistic and the
treatment of non-detects, population and markers are the same. Tiers can be compared where, beyond
that, the breaks are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from wbe import names
from wbe.findings import Findings
from wbe.io.runs.folders import RunFolder
from wbe.io.runs.rounds import months
from wbe.io.write import number_text

#: Quantities whose values rest on excretion factors or doses.
BY_FACTORS: Final = ("consumption", "pn_consumption", "pn_doses", "index")
#: Settings of a run on which its values rest: name, and where the configuration has it.
_SETTINGS: Final = {
    "nondetects": ("estimate", "nondetects"),
    "population": ("estimate", "population"),
    "markers": ("markers",),
    "index": ("index",),
}


@dataclass(frozen=True)
class Basis:
    """What one run's rows of one drug rest on.

    Attributes
    ----------
    quantity, unit : str
    values : tuple
        Equal where values can be compared.
    tiers : tuple
        Equal where tiers can be compared too.
    """

    quantity: str
    unit: str
    values: tuple[Any, ...]
    tiers: tuple[Any, ...]


def basis(run: RunFolder, drug: str) -> Basis:
    """Return what a run's rows of a drug rest on."""
    rows = run.tiers[run.tiers["drug"] == drug]
    quantity, unit = str(rows["quantity"].iloc[0]), str(rows["unit"].iloc[0])
    own = [_plain(_setting(run, name)) for name in _SETTINGS]
    values = (quantity, unit, str(_of_tiers(run, "statistic")), *own, factors_of(run, quantity))
    return Basis(quantity, unit, values, (*values, _plain(cut_of(run, drug))))


def factors_of(run: RunFolder, quantity: str) -> str:
    """Return the factor set of a quantity that rests on one, with the rows used; else nothing."""
    if quantity not in BY_FACTORS:
        return ""
    return _plain([run.about["factor_set"], sorted(run.about["factor_ids"])])


def cut_of(run: RunFolder, drug: str) -> dict[str, Any]:
    """Return how a run cut the tiers of a drug."""
    return {
        "scheme": _of_tiers(run, "scheme"),
        "breaks": (run.about.get("breaks") or {}).get(drug),
        "labels": _of_tiers(run, "labels"),
        "floor": _of_tiers(run, "floor"),
        "resolved_at": _of_tiers(run, "resolved_at"),
        "reference": _of_tiers(run, "reference_source"),
    }


def _of_tiers(run: RunFolder, name: str) -> Any:
    return (run.about.get("tiers") or {}).get(name)


def _setting(run: RunFolder, name: str) -> Any:
    """A setting of the run; None in a publication, which holds no configuration."""
    found: Any = run.about.get("config")
    for key in _SETTINGS[name]:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def compare(runs: Sequence[RunFolder], findings: Findings) -> None:
    """Note everything that sets a run apart from the run before it.

    Parameters
    ----------
    runs : sequence of RunFolder
        In the order of their rounds.
    findings : Findings
        Receives flags; nothing is rejected.
    """
    _note_rounds(runs, findings)
    for run in runs:
        if run.is_publication and len(runs) > 1:
            findings.add("runs_settings_unknown", file=run.name)
    for before, run in pairwise(runs):
        _note_settings(before, run, findings)
        for drug in sorted(set(before.tiers["drug"]) & set(run.tiers["drug"])):
            _note_drug(before, run, drug, findings)
    if len({run.internal for run in runs}) > 1:
        for run in runs:
            if run.internal:
                findings.add("runs_audience_differs", file=run.name)


def _note_rounds(runs: Sequence[RunFolder], findings: Findings) -> None:
    """Rounds that name no time, or are of another length than those of the first run."""
    lengths = {months(label) for run in runs for label in run.rounds} - {None}
    usual = next((m for run in runs for label in sorted(run.rounds) if (m := months(label))), None)
    for run in runs:
        unplaced = sorted(label for label in run.rounds if months(label) is None)
        other = sorted(label for label in run.rounds if months(label) not in (None, usual))
        if unplaced and len(runs) > 1:
            findings.add("runs_round_without_time", file=run.name, value=", ".join(unplaced))
        if other and len(lengths) > 1:
            findings.add("runs_round_lengths_differ", file=run.name, value=", ".join(other),
                         months=usual)  # fmt: skip


def _note_settings(before: RunFolder, run: RunFolder, findings: Findings) -> None:
    where: dict[str, Any] = {"file": run.name, "other": before.name}
    pairs = {name: (_setting(before, name), _setting(run, name)) for name in _SETTINGS}
    for name, (theirs, mine) in pairs.items():
        if theirs is not None and mine is not None and theirs != mine:
            findings.add("runs_settings_differ", **where, column=name, mine=_said(mine),
                         theirs=_said(theirs))  # fmt: skip
    statistics = [_of_tiers(r, "statistic") for r in (before, run)]
    if statistics[0] != statistics[1]:
        findings.add("runs_settings_differ", **where, column="statistic", mine=statistics[1],
                     theirs=statistics[0])  # fmt: skip
    sets = [(r.about["factor_set"], sorted(r.about["factor_ids"])) for r in (before, run)]
    if sets[0] != sets[1]:
        findings.add("runs_factors_differ", **where, mine=sets[1][0], theirs=sets[0][0],
                     rows=", ".join(sorted(set(sets[0][1]) ^ set(sets[1][1]))) or "0")  # fmt: skip
    versions = [r.about["versions"]["wbe"] for r in (before, run)]
    if versions[0] != versions[1]:
        findings.add("runs_version_differs", **where, mine=versions[1], theirs=versions[0])
    _note_markers(before, run, findings)


def _note_markers(before: RunFolder, run: RunFolder, findings: Findings) -> None:
    """Loads of markers that each run found by itself; stated ones are settings."""
    loads = [{m: v.get("value") for m, v in (r.about.get("markers") or {}).items()}
             for r in (before, run)]  # fmt: skip
    same_setting = _setting(before, "markers") == _setting(run, "markers")
    for marker in sorted(set(loads[0]) & set(loads[1])):
        theirs, mine = (each[marker] for each in loads)
        if same_setting and theirs != mine and None not in (theirs, mine):
            findings.add("runs_marker_loads_differ", file=run.name, other=before.name,
                         analyte=marker, mine=f"{mine:.3g}", theirs=f"{theirs:.3g}")  # fmt: skip


def _note_drug(before: RunFolder, run: RunFolder, drug: str, findings: Findings) -> None:
    theirs, mine = basis(before, drug), basis(run, drug)
    if (theirs.quantity, theirs.unit) != (mine.quantity, mine.unit):
        findings.add(
            "runs_quantity_differs", file=run.name, other=before.name, analyte=drug,
            mine=_quantity(mine, "en"), mine_zh=_quantity(mine, "zh"),
            theirs=_quantity(theirs, "en"), theirs_zh=_quantity(theirs, "zh"),
        )  # fmt: skip
    cuts = [cut_of(r, drug) for r in (before, run)]
    if cuts[0] != cuts[1]:
        findings.add(
            "runs_tiers_differ", file=run.name, other=before.name, analyte=drug,
            mine=cut_in_words(cuts[1], "en"), mine_zh=cut_in_words(cuts[1], "zh"),
            theirs=cut_in_words(cuts[0], "en"), theirs_zh=cut_in_words(cuts[0], "zh"),
        )  # fmt: skip


def _quantity(found: Basis, lang: str) -> str:
    unit = "" if found.unit in ("", "1") else f" [{found.unit}]"
    return names.display("quantity", found.quantity, lang) + unit


def cut_in_words(cut: Mapping[str, Any], lang: str) -> str:
    """Return how tiers are cut: scheme, breaks and labels.

    Examples
    --------
    >>> cut_in_words({"scheme": "fixed", "breaks": [20.0, 60.0], "labels": ["a", "b", "c"]}, "en")
    'fixed breaks: 20, 60 (a, b, c)'
    """
    comma = names.text("list.comma", lang)
    breaks = comma.join(number_text(float(f"{float(b):.4g}")) for b in cut["breaks"] or ())
    labels = comma.join(names.display("tier", str(label), lang) for label in cut["labels"] or ())
    scheme = names.text(f"scheme.{cut['scheme']}", lang)
    return f"{scheme}{names.text('colon', lang)} {breaks or '–'} ({labels})"


def _said(value: Any) -> str:
    """A setting as the configuration has it."""
    if not isinstance(value, Mapping):
        return str(value)
    return ", ".join(f"{k} = {v}" for k, v in sorted(value.items())) or "–"
