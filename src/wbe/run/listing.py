"""Findings as text for people: errors first, what repeats on one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from wbe.errors import FindingsError, WbeError
from wbe.findings import Finding, Findings
from wbe.run.words import say

Place = tuple[str, str]


def report(found: Findings, lang: str = "en", *, every: bool = False) -> str:
    """List findings by file: the errors line by line, then the flags.

    Parameters
    ----------
    found : Findings
    lang : str
        ``en`` or ``zh``.
    every : bool
        Whether each flag has a line; else those of one file and rule share one, with their
        number and the place of the first.
    """
    lines = _by_file((_place(f), _line(f, lang)) for f in found.errors.sorted())
    flags = found.flags.sorted()
    if every:
        lines += _by_file((_place(f), _line(f, lang)) for f in flags)
    else:
        lines += _by_file(_grouped(flags, lang))
    if not lines:
        return say("check.clean", lang)
    return "\n".join([*lines, say("check.summary", lang, **found.summary())])


def explained(error: WbeError, lang: str = "en") -> str:
    """What is printed of an error: its message, or the findings that it carries."""
    return report(error.findings, lang) if isinstance(error, FindingsError) else str(error)


def commonest(found: Findings) -> tuple[str, int]:
    """The rule with the most findings and their number; of equals the first by name."""
    tally: dict[str, int] = {}
    for finding in found:
        tally[finding.rule] = tally.get(finding.rule, 0) + 1
    return min(tally.items(), key=lambda item: (-item[1], item[0]), default=("", 0))


def _place(finding: Finding) -> Place:
    return finding.file, finding.sheet


def _by_file(lines: Iterable[tuple[Place, str]]) -> list[str]:
    """One heading a file and sheet, its lines indented."""
    found: list[str] = []
    for place, group in groupby(lines, key=lambda item: item[0]):
        found.append(" / ".join(filter(None, place)) or "-")
        found += [f"  {line}" for _, line in group]
    return found


def _grouped(flags: Findings, lang: str) -> Iterator[tuple[Place, str]]:
    """One line a file, sheet and rule, in the order of their first occurrence."""
    tally: dict[tuple[Place, str], list[Finding]] = {}
    for finding in flags:
        tally.setdefault((_place(finding), finding.rule), []).append(finding)
    for (place, _), findings in tally.items():
        yield place, _line(findings[0], lang, len(findings))


def _line(finding: Finding, lang: str, count: int = 1) -> str:
    message, fix = finding.text(lang)
    where = [
        say("check.line", lang, line=finding.line) if finding.line else "",
        finding.cell,
        say("check.column", lang, column=finding.column) if finding.column else "",
    ]
    value = f" [{' '.join(finding.value.split())}]" if finding.value else ""
    place = ", ".join(filter(None, where))
    if count > 1:
        first = say("check.first", lang, place=place) if place else ""
        place = ", ".join(filter(None, [say("check.times", lang, n=count), first]))
    start = f"{say(f'check.{finding.severity}', lang)} {finding.rule}"
    return f"{start}{' (' + place + ')' if place else ''}: {_ended(message)}{value} {fix}".rstrip()


def _ended(message: str) -> str:
    """The message with its full stop."""
    return message if message.endswith((".", "!", "?", "。", "！", "？")) else f"{message}."
