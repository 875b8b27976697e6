"""What was noticed about input: rules as data, findings as plain records.

A rule (``findings.csv``) states once whether it rejects or flags, what it rejects, and its words in
English and Chinese. A finding is one occurrence: where it stands in the file as a person sees it,
the value as written, and how to mend it. Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from wbe.chinese import in_chinese
from wbe.markup import table
from wbe.rules import RULES, Rule
from wbe.rules import SCOPES as SCOPES
from wbe.rules import SEVERITIES as SEVERITIES

if TYPE_CHECKING:
    import pandas as pd

#: Findings that a notebook shows, and what it shows of each.
SHOWN = 50
IN_BRIEF = ("severity", "rule", "file", "sheet", "line", "column", "value", "message", "fix")


@dataclass(frozen=True)
class Finding:
    """One thing noticed about input.

    Attributes
    ----------
    severity, rule, scope : str
        From the rule.
    file, sheet : str
        Name of the file relative to the folder given, never an absolute path; name of the sheet.
    line : int or None
        Line as a person sees it in the file: counted from 1, the header and blank lines included.
    column, cell : str
        Header as written; address in a spreadsheet, for example ``C5``.
    sample_id, site, analyte : str
        What the finding is about, where known.
    value : str
        As written in the file. Empty where it is personal data.
    message, fix : str
        What is wrong or how the value was used, and how to mend it.
    details : tuple of (str, str)
        Words that fill the templates of the rule.

    Examples
    --------
    >>> from wbe.findings import Findings
    >>> noticed = Findings()
    >>> one = noticed.add("comma_in_number", file="lab.csv", line=3, value="1,250")
    >>> one.severity, one.line, one.message
    ('error', 3, 'A comma in a number has two meanings (1,250 is 1250 or 1.25).')
    """

    severity: str
    rule: str
    scope: str
    file: str = ""
    sheet: str = ""
    line: int | None = None
    column: str = ""
    cell: str = ""
    sample_id: str = ""
    site: str = ""
    analyte: str = ""
    value: str = ""
    message: str = ""
    fix: str = ""
    details: tuple[tuple[str, str], ...] = field(default=(), repr=False, compare=False)

    def text(self, lang: str = "en") -> tuple[str, str]:
        """Message and fix in one language (``en`` or ``zh``)."""
        if lang != "zh" or self.rule not in RULES:
            return self.message, self.fix
        rule = RULES[self.rule]
        given = dict(self.details)  # a value may bring its Chinese along, as KEY_zh
        values = {k: given.get(f"{k}_zh") or in_chinese(k, text) for k, text in given.items()}
        return rule.message_zh.format(**values), rule.fix_zh.format(**values)

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """The public fields, in the order of the contract."""
        message, fix = self.text(lang)
        shown = {name: getattr(self, name) for name in COLUMNS}
        return {**shown, "message": message, "fix": fix}


@dataclass(frozen=True)
class Bulk:
    """One rule met at many places, kept by column until somebody asks for the findings.

    A table of a million non-detects draws a million flags; each distinct text is stored once.

    Attributes
    ----------
    rule : Rule
    severity : str
    lines : sequence of int
        Line of each finding.
    fixed : mapping of str to str
        Places and words that all of them share.
    varying : mapping of str to (sequence of int, sequence of str)
        Places and words that differ: for each finding the position of its text, and the texts.

    Examples
    --------
    >>> from wbe.findings import Findings
    >>> noticed = Findings()
    >>> one = noticed.add("comma_in_number", file="lab.csv", line=3, value="1,250")
    >>> noticed
    <Findings: 1 errors, 0 flags>
    """

    rule: Rule
    severity: str
    lines: Sequence[int]
    fixed: Mapping[str, str]
    varying: Mapping[str, tuple[Sequence[int], Sequence[str]]]

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Finding]:
        names = tuple(self.varying)
        columns = [[texts[i] for i in _ints(codes)] for codes, texts in self.varying.values()]
        several = zip(*columns, strict=True) if columns else iter(() for _ in self.lines)
        for line, values in zip(_ints(self.lines), several, strict=True):
            words = {**self.fixed, **dict(zip(names, values, strict=True))}
            yield _made(self.rule, self.severity, line, words)


def _ints(numbers: Any) -> list[int]:
    return numbers.tolist() if hasattr(numbers, "tolist") else list(numbers)


COLUMNS: tuple[str, ...] = tuple(f.name for f in fields(Finding) if f.name != "details")
_UNLESS_GIVEN = {"nearest": "none"}  # words of templates that a caller may have nothing for
_PLACES = ("file", "sheet", "column", "cell", "sample_id", "site", "analyte", "value")


def _made(rule: Rule, severity: str, line: int | None, words: Mapping[str, str]) -> Finding:
    """One finding of a rule, its templates filled."""
    place = {name: words.get(name, "") for name in _PLACES}
    filled: dict[str, Any] = {**_UNLESS_GIVEN, **place, "line": str(line), **words}
    return Finding(
        severity,
        rule.id,
        rule.scope,
        line=line,
        **place,
        message=rule.message.format(**filled),
        fix=rule.fix.format(**filled),
        details=tuple(filled.items()),
    )


class Findings:
    """All findings of one read or check, in the order in which they were noticed.

    Parameters
    ----------
    items : iterable of Finding
        Findings to start with.
    rows, accepted : int
        Rows of data seen and rows of which nothing was rejected; readers count them.

    Examples
    --------
    >>> from wbe.findings import Findings
    >>> noticed = Findings()
    >>> one = noticed.add("comma_in_number", file="lab.csv", line=3, value="1,250")
    >>> noticed, len(list(noticed.errors))
    (<Findings: 1 errors, 0 flags>, 1)
    """

    def __init__(self, items: Iterable[Finding] = (), rows: int = 0, accepted: int = 0):
        self._items: list[Finding | Bulk] = list(items)
        self._in_order = True  # False: to be sorted before anybody sees them
        self.rows, self.accepted = rows, accepted

    def add(
        self,
        rule: str,
        *,
        file: str = "",
        sheet: str = "",
        line: int | None = None,
        column: str = "",
        cell: str = "",
        sample_id: str = "",
        site: str = "",
        analyte: str = "",
        value: str = "",
        severity: str = "",
        **details: object,
    ) -> Finding:
        """Note one occurrence of a rule.

        Parameters
        ----------
        rule : str
            Id of a row of ``findings.csv``.
        file, sheet, line, column, cell, sample_id, site, analyte, value
            See `Finding`.
        severity : str
            Instead of the rule's, where the same thing rejects in one place and not in another.
        **details
            Further values that the rule's templates name.

        Returns
        -------
        Finding

        Raises
        ------
        KeyError
            If the rule is not in ``findings.csv``, or its template names a value not given.
        """
        known = RULES[rule]
        words = {
            "file": file, "sheet": sheet, "column": column, "cell": cell, "sample_id": sample_id,
            "site": site, "analyte": analyte, "value": value,
            **{key: str(word) for key, word in details.items()},
        }  # fmt: skip
        finding = _made(known, severity or known.severity, line, words)
        self._items.append(finding)
        return finding

    def add_many(
        self,
        rule: str,
        lines: Sequence[int],
        fixed: Mapping[str, str],
        varying: Mapping[str, tuple[Sequence[int], Sequence[str]]],
    ) -> bool:
        """Note one rule at many lines of a file; returns whether it rejects them.

        Parameters
        ----------
        rule : str
            Id of a row of ``findings.csv``.
        lines, fixed, varying
            See `Bulk`.

        Raises
        ------
        KeyError
            If the rule is not in ``findings.csv``, or its template names a value not given.
        """
        bulk = Bulk(RULES[rule], RULES[rule].severity, lines, fixed, varying)
        if len(bulk):
            first = {name: (codes[:1], texts) for name, (codes, texts) in varying.items()}
            list(Bulk(bulk.rule, bulk.severity, lines[:1], fixed, first))  # are its words complete?
            self._items.append(bulk)
        return bulk.severity == "error"

    def extend(self, other: Iterable[Finding]) -> None:
        """Append the findings of another read; its row counts are added too."""
        if isinstance(other, Findings):
            self.rows += other.rows
            self.accepted += other.accepted
            self._items.extend(other._items)
        else:
            self._items.extend(other)

    def become(self, other: Findings) -> None:
        """Take the findings and counts of another in place of these."""
        self._items, self._in_order = list(other._items), other._in_order
        self.rows, self.accepted = other.rows, other.accepted

    def __iter__(self) -> Iterator[Finding]:
        if not self._in_order:
            self._items = [*sorted(self._each(), key=_order)]
            self._in_order = True
        return self._each()

    def _each(self) -> Iterator[Finding]:
        for item in self._items:
            if isinstance(item, Bulk):
                yield from item
            else:
                yield item

    def __len__(self) -> int:
        return sum(len(item) if isinstance(item, Bulk) else 1 for item in self._items)

    def __bool__(self) -> bool:
        return bool(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Findings) and list(self.sorted()) == list(other.sorted())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Findings: {len(self.errors)} errors, {len(self.flags)} flags>"

    def _repr_html_(self) -> str:
        """Errors, then flags, as a notebook shows them; `SHOWN` of them at most."""
        rest = len(self) - SHOWN
        more = f"; the first {SHOWN} are shown, to_frame() holds all" if rest > 0 else ""
        first = islice(chain(self.errors, self.flags), SHOWN)
        rows = ([getattr(f, name) for name in IN_BRIEF] for f in first)
        return table(f"{len(self.errors)} errors, {len(self.flags)} flags{more}", IN_BRIEF, rows)

    @property
    def last_is_error(self) -> bool:
        """Whether the finding noted last rejects its scope."""
        return bool(self._items) and self._items[-1].severity == "error"

    @property
    def errors(self) -> Findings:
        """Those that reject their scope."""
        return self._of("error")

    @property
    def flags(self) -> Findings:
        """Those whose value was used."""
        return self._of("flag")

    def _of(self, severity: str) -> Findings:
        return self._with(item for item in self._items if item.severity == severity)

    def _with(self, items: Iterable[Finding | Bulk]) -> Findings:
        found = Findings((), self.rows, self.accepted)
        found._items, found._in_order = list(items), self._in_order
        return found

    def select(self, keep: Callable[[Finding], bool]) -> Findings:
        """Findings for which ``keep(finding)`` is true; row counts stay."""
        return Findings((f for f in self if keep(f)), self.rows, self.accepted)

    def sorted(self) -> Findings:
        """In one order whatever the order of reading: file, sheet, line, column, rule."""
        found = self._with(self._items)
        found._in_order = False
        return found

    def to_frame(self, lang: str = "en") -> pd.DataFrame:
        """Table with one row a finding and the columns of the contract.

        Returns
        -------
        pandas.DataFrame
            All columns are text, ``line`` is a nullable integer.
        """
        import pandas as pd

        frame = pd.DataFrame([f.as_dict(lang) for f in self.sorted()], columns=list(COLUMNS))
        frame["line"] = frame["line"].astype("Int64")
        return frame

    def summary(self, rows: int | None = None, accepted: int | None = None) -> dict[str, int]:
        """Counts: rows seen, rows accepted, errors, flags."""
        return {
            "rows": self.rows if rows is None else rows,
            "accepted": self.accepted if accepted is None else accepted,
            "errors": len(self.errors),
            "flags": len(self.flags),
        }

    def to_json(
        self, rows: int | None = None, accepted: int | None = None, lang: str = "en"
    ) -> str:
        """``{"findings": [...], "summary": {...}}``, sorted, one text for one set of findings."""
        body = {
            "findings": [f.as_dict(lang) for f in self.sorted()],
            "summary": self.summary(rows, accepted),
        }
        return json.dumps(body, ensure_ascii=False, indent=2)


def _order(f: Finding) -> tuple[str, str, int, str, str, str, str, str]:
    return (f.file, f.sheet, f.line or 0, f.column, f.rule, f.sample_id, f.analyte, f.value)
