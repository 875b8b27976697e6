"""What is wrong with a campaign.toml: at which key and line, and as an error or as findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from wbe.errors import ConfigError, Said, in_language
from wbe.findings import Findings
from wbe.run.words import both

RULE = "config_invalid"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a configuration.

    Parameters
    ----------
    key : str
        Dotted key; empty for the whole file.
    line : int or None
        Line as a person counts it, where it could be told.
    message, fix : str
        What is wrong, and how to mend it; `Said` where they are sentences of ours.
    typed : bool
        Whether the value was given on the command line, so that the file is not to blame.
    """

    key: str
    line: int | None
    message: str
    fix: str
    typed: bool = False

    @property
    def reason(self) -> Said:
        """Message and fix."""
        return both("config.reason", message=self.message, fix=self.fix)


def findings_of(file: str, problems: Iterable[Problem]) -> Findings:
    """Turn the problems of a configuration into findings, as ``wbe check`` lists them."""
    found = Findings()
    for problem in problems:
        note(found, RULE, file, problem)
    return found


def note(found: Findings, rule: str, file: str, problem: Problem) -> None:
    """Add a finding about a configuration, at the key and line of the problem."""
    found.add(
        rule,
        file=file,
        line=problem.line,
        column=problem.key,
        problem=_unended(problem.message, "."),
        remedy=problem.fix,
        problem_zh=_unended(in_language(problem.message, "zh"), "。"),
        remedy_zh=in_language(problem.fix, "zh"),
    )


def _unended(sentence: str, stop: str) -> str:
    """Take off the full stop, which the rule sets itself; a list that goes on keeps its dots."""
    return sentence if sentence.endswith("...") else sentence.removesuffix(stop)


def error_of(file: Path, problems: Sequence[Problem]) -> ConfigError:
    """Turn the problems of a configuration into one error that names them all.

    The file is named unless every problem was given on the command line.
    """
    name = "" if all(one.typed for one in problems) else file.name
    if len(problems) == 1:
        (one,) = problems
        return ConfigError(one.reason, name, one.key, one.line)
    lines = [both("config.at", place=_place(one.key, one.line), reason=one.reason)
             for one in problems]  # fmt: skip
    listed = Said(*("".join(f"\n  {in_language(one, lang)}" for one in lines) for lang in _LANGS))
    return ConfigError(both("config.problems", n=len(problems), listed=listed), name)


def explained(error: ConfigError, lang: str) -> str:
    """The message of a `ConfigError` in one language, its file, line and key before it."""
    if lang == "en":
        return str(error)
    place = in_language(_place(error.key, error.line), lang)
    before = "，".join(filter(None, (error.file, place)))
    return "：".join(filter(None, (before, in_language(error.message, lang))))


_LANGS = ("en", "zh")


def _place(key: str, line: int | None) -> Said | str:
    """Line and key, as far as they are known."""
    parts = [
        both("config.line", line=line) if line else "",
        both("config.key.named", key=repr(key)) if key else "",
    ]
    joined = ((", ", "en"), ("，", "zh"))
    return Said(*(mark.join(in_language(p, lang) for p in parts if p) for mark, lang in joined))


def key_lines(text: str) -> dict[str, int]:
    """Find the line of every key by a search of the text: dotted key -> 1-based line.

    tomllib keeps no positions; this scan knows ``[section]`` headers and ``key =`` at the start
    of a line, which is how people write the file.
    """
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            section = re.sub(r"[\"'\s]", "", header[1])
            lines.setdefault(section, number)
        elif key := re.match(r"\s*([A-Za-z0-9_\-.\"'\s]+?)\s*=", line):
            name = re.sub(r"[\"']", "", key[1]).replace(" ", "" if "." in key[1] else " ")
            lines.setdefault(f"{section}.{name}" if section else name, number)
    return lines
