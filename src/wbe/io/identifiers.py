"""Findings about sample ids and sites that a spreadsheet or a hand has changed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

import xarray as xr

from wbe.findings import Findings
from wbe.io.plausibility.groups import Groups, Place, note, note_file
from wbe.spellings import alike, mangled, rounded


def note_identifiers(samples: xr.Dataset, groups: Groups, findings: Findings, place: Place) -> None:
    """Note sample ids and sites that were changed, and names that are nearly the same.

    Parameters
    ----------
    samples : Dataset (sample, analyte)
    groups : Groups
        Of these samples.
    findings : Findings
        Receives what is noticed.
    place : callable
        See `wbe.io.plausibility.note.note_plausibility`.
    """
    ids = samples["sample"].values.tolist()
    first: dict[str, int] = {}
    for name, row in zip(groups.names.tolist(), groups.first.tolist(), strict=True):
        first[name] = min(row, first.get(name, row))
    names = sorted(first)
    for field, texts, rows in (
        ("sample_id", ids, range(len(ids))), ("site", names, [first[name] for name in names]),
    ):  # fmt: skip
        for one in mangled(texts):
            row = rows[one.position]
            note(findings, one.rule, place, row, column=field, value=texts[one.position],
                 field=field, nearest=" / ".join(one.candidates) or "none")  # fmt: skip
        if cut := rounded(texts):
            note_file(findings, "id_digits_lost", place, rows[texts.index(cut[0])], column=field,
                      field=field, value=cut[0], count=len(cut))  # fmt: skip
    for name, known in alike(sorted(names, key=lambda site: (first[site], site))):
        note(findings, "names_alike", place, first[name], column="site", field="site", value=name,
             other=known)  # fmt: skip
    for name, known in _ids_alike(ids):
        note(findings, "names_alike", place, name, column="sample_id", field="sample_id",
             value=ids[name], other=known)  # fmt: skip


def _ids_alike(ids: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Sample ids that differ from another in case, width or blanks only."""
    joined = "\n".join(ids)
    if joined.isascii() and joined in (joined.upper(), joined.lower()):
        return  # one case, one width
    joined = unicodedata.normalize("NFKC", joined)
    folded = joined.casefold().split("\n")
    if len(set(folded)) == len(ids) or len(folded) != len(ids):
        return
    first: dict[str, str] = {}
    for row, (name, key) in enumerate(zip(ids, folded, strict=True)):
        known = first.setdefault(key, name)
        if known != name:
            yield row, known
