"""Samples of ODM: what the table says of each, and which are copies of another."""

from __future__ import annotations

from dataclasses import dataclass, field

from wbe.findings import Findings
from wbe.io.odm.keys import shared_ids
from wbe.io.odm.table import Raw
from wbe.io.odm.words import PREFIX, our_word, words


@dataclass
class Portions:
    """The samples of a table.

    Attributes
    ----------
    raw : Raw
    row : dict of str to int
        Id of a sample to the index of its row.
    of : dict of str to str
        A replicate to the sample it is one of.
    left_out : set of str
        Controls of the laboratory.
    """

    raw: Raw
    row: dict[str, int] = field(default_factory=dict)
    of: dict[str, str] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)

    @property
    def replicate(self) -> set[str]:
        """Samples of which there is more than one portion: their own ids tell these apart."""
        return {*self.of, *self.of.values()}

    def portion(self, sample: str) -> str:
        """The sample that a replicate counts as."""
        return self.of.get(sample, sample)

    def about(self, sample: str) -> dict[str, tuple[str, str]]:
        """What is said of a sample: our field to the text in our terms, and as it stands."""
        row = self.row[self.portion(sample)]
        found = {}
        for name, head in self.raw.fields.items():
            text = self.raw.text(row, head)
            found[name] = (_in_our_words(name, text), text)
        for head in self.raw.kept:
            found[head] = (self.raw.text(row, head),) * 2
        if "mode" in found and found.get("duration_h", ("", ""))[0] in ("24", "24.0"):
            text, written = found["mode"]
            daily = text == "composite" and not written.startswith(PREFIX)
            found["mode"] = ("composite_24h" if daily else text, written)
        return found


def _in_our_words(name: str, text: str) -> str:
    return our_word(name, text) if name in ("matrix", "mode") else text


def portions_of(raw: Raw, relations: Raw | None, findings: Findings) -> Portions:
    """Samples by their id.

    Parameters
    ----------
    raw : Raw
        The table samples.
    relations : Raw or None
        The table sampleRelationships.
    findings : Findings
        Receives ids that stand twice, pooled samples, controls and replicates.

    Returns
    -------
    Portions
    """
    found = Portions(raw)
    shared = shared_ids(raw, "sampleID", raw.rows())
    for row in raw.rows():
        sample = raw.text(row, "sampleID")
        if not sample:
            raw.note(findings, "odm_id_missing", row, "sampleID", field="sampleID")
        elif row in shared.repeated:
            raw.note(findings, "odm_sample_repeated", row, "sampleID", sample_id=sample)
        elif row not in shared.clashing:
            found.row[sample] = row
        elif row != shared.clashing[row][0]:
            raw.note(findings, "odm_sample_twice", row, "sampleID", sample_id=sample)
    if relations is not None:
        _relate(found, relations, findings)
    _note_kinds(found, findings)
    return found


def _note_kinds(found: Portions, findings: Findings) -> None:
    """Pooled samples are used, controls are not, replicates may be counted twice."""
    raw, related = found.raw, found.replicate
    for sample, row in found.row.items():
        if raw.text(row, "pooled").casefold() in ("true", "1", "yes"):
            raw.note(findings, "odm_pooled", row, "pooled", sample_id=sample)
        kind = raw.text(row, "repType")
        if kind in words("control"):
            found.left_out.add(sample)
        elif kind in words("replicate") and sample not in related:
            raw.note(findings, "odm_replicate_alone", row, "repType", sample_id=sample)


def _relate(found: Portions, relations: Raw, findings: Findings) -> None:
    for row in relations.rows():
        kind = relations.text(row, "relationshipID")
        one, other = (relations.text(row, f"sampleID{end}") for end in ("Subject", "Object"))
        if kind not in words("replicate"):
            continue
        if one not in found.row or other not in found.row or one == other:
            relations.note(findings, "odm_sample_unknown", row, "sampleIDSubject")
        elif (first := found.portion(other)) != one:
            found.of = {copy: first if of == one else of for copy, of in found.of.items()}
            found.of[one] = first
