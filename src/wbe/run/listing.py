"""Findings as text for people: errors first, what repeats on one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from wbe.errors import ConfigError, FindingsError, WbeError, in_language
from wbe.findings import Finding, Findings
from wbe.run import problems
from wbe.run.words import say

Place = tuple[str, str]
#: Errors of one file, rule and column that are listed; more would hide the others.
FEW = 5


def report(found: Findings, lang: str = "en", *, every: bool = False) -> str:
    """List findings by file, the errors line by line, then the flags; then how many rows there are.

    Parameters
    ----------
    found : Findings
    lang : str
        ``en`` or ``zh``.
    every : bool
        Whether each finding has a line; else of the errors of one file, rule and column the first
        `FEW` have one, and the flags of one file and rule share one, with their number and the
        place of the first.
    """
    return "\n".join(filter(None, (listed(found, lang, every=every), verdict(found, lang))))


def listed(found: Findings, lang: str = "en", *, every: bool = False) -> str:
    """Return the lines of `report` without the closing one: what was looked at has no rows."""
    errors, flags = found.errors.sorted(), found.flags.sorted()
    if every:
        lines = _by_file((_place(f), _line(f, lang)) for f in (*errors, *flags))
    else:
        lines = _by_file(_first_ones(errors, lang)) + _by_file(_grouped(flags, lang))
    if found:
        rule, _ = commonest(errors or flags)
        lines.append(say("explain.hint", lang, word=rule))
    return "\n".join(lines)


def verdict(found: Findings, lang: str = "en") -> str:
    """The last line: how many rows were accepted, how many errors and flags there are."""
    return say("check.summary", lang, **found.summary()) if found else say("check.clean", lang)


def explained(error: WbeError, lang: str = "en") -> str:
    """What is printed of an error: its message, or the findings that it carries."""
    if isinstance(error, FindingsError):
        return report(error.findings, lang)
    if isinstance(error, ConfigError):
        return problems.explained(error, lang)
    return str(in_language(error.args[0], lang)) if error.args else str(error)


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


def _first_ones(errors: Findings, lang: str) -> Iterator[tuple[Place, str]]:
    """The first errors of each file, sheet, rule and column, and the number of the others."""
    alike: dict[tuple[Place, str, str], list[Finding]] = {}
    for finding in errors:
        key = (_place(finding), finding.rule, finding.column)
        alike.setdefault(key, []).append(finding)
    for (place, rule, column), findings in alike.items():
        yield from ((place, _line(finding, lang)) for finding in findings[:FEW])
        if len(findings) > FEW:
            named = say("check.column", lang, column=column) if column else ""
            more = say(
                "check.more", lang, severity=say("check.error", lang), rule=rule,
                column=f" ({named})" if named else "", n=len(findings) - FEW,
            )  # fmt: skip
            yield place, more


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
