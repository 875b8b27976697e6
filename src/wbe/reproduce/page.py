"""One self-contained page of a reproduction: each table with its picture and its exceptions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final

import numpy as np

from wbe import names
from wbe.report import template
from wbe.reproduce.claims import Claim
from wbe.reproduce.compare import ExceptionResult, StudyResult, TableResult
from wbe.reproduce.methods import METHODS
from wbe.reproduce.outcomes import Number, Outcome
from wbe.reproduce.picture import SIDE, STRIP, Strip, keys_shown, scatter, strip
from wbe.reproduce.study import STATUSES

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""Nothing is loaded and nothing runs; the font is part of the page."""

NO_BREAK: Final = "\u00a0"
"""A space at which no line ends."""

ARITHMETIC: Final = 1e-11
"""Relative deviation below which only the rounding of binary arithmetic is seen [1]; the sentence
``reproduce.arithmetic`` states it in per cent."""


def render(results: Sequence[StudyResult], say: Callable[..., str], language: str = "en") -> str:
    """Return the page as HTML text.

    Parameters
    ----------
    results : sequence of StudyResult
    say : callable
        From a key and its values to a sentence in the reader's language.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    str
        One file without outside reference or script, with the font of its Chinese characters.
        Every text from the catalogue is escaped.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("wbe.reproduce", ""), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    tables = [table for result in results for table in result.tables]
    text = environment.get_template("page.html.j2").render(
        results=results, say=say, language=language, policy=POLICY, side=SIDE,
        counts=counted(results), gap="" if language == "zh" else " ",
        pictures={(t.study, t.table.name): _picture(t) for t in tables},
        keys_shown=partial(keys_shown, language=language), largest=partial(largest, say=say),
        exception=partial(exception, say=say, language=language),
        unneeded=partial(unneeded, say=say, language=language),
        language_tag="zh-CN" if language == "zh" else "en", statuses=STATUSES,
        methods=METHODS, claims_of=claims_of, strip_width=STRIP,
        choice_label=lambda outcome: choice_label(outcome, say, language),
        silent=lambda outcome: names.display("analyte", outcome.silent, language),
    )  # fmt: skip
    # a sign of per cent alone on the next line is read as a slip
    return template.with_font(text.replace(" %", NO_BREAK + "%"), language)


def largest(table: TableResult, say: Callable[..., str]) -> str:
    """Return what is said of the largest deviation of the rows that agree; empty of a bound.

    Parameters
    ----------
    table : TableResult
    say : callable
        As in `render`.

    Returns
    -------
    str
        Below `ARITHMETIC` no number: it would be one of the machine, not of the publication.
    """
    off, where = table.largest
    if not where:
        return ""
    if off < ARITHMETIC:
        return say("reproduce.arithmetic")
    return say("reproduce.largest", percent=percent(off, 2), key=where)


def exception(each: ExceptionResult, say: Callable[..., str], language: str = "en") -> str:
    """Return what one exception explains, and how far off its rows are where that is known.

    Parameters
    ----------
    each : ExceptionResult
    say : callable
        As in `render`.
    language : str
        ``en`` or ``zh``.
    """
    keys = keys_shown(each.rows, language=language)
    text = say("reproduce.exception", n=len(each.rows), reason=each.reason, keys=keys)
    if not math.isfinite(each.largest):
        return text
    return text + say("reproduce.off", percent=percent(each.largest, 3))


def unneeded(each: ExceptionResult, say: Callable[..., str], language: str = "en") -> str:
    """Return which rows one exception names for nothing, and the reason it gives.

    Parameters
    ----------
    each : ExceptionResult
    say : callable
        As in `render`.
    language : str
        ``en`` or ``zh``.
    """
    keys, colon = keys_shown(each.unneeded, language=language), "：" if language == "zh" else ": "
    return say("reproduce.unneeded", keys=f"{keys}{colon}{each.reason}")


def percent(share: float, digits: int) -> str:
    """Return a share in per cent, to some digits and never with an exponent.

    Parameters
    ----------
    share : float [1]
    digits : int

    Examples
    --------
    >>> percent(0.00000068, 2), percent(0.04754, 2), percent(12.3456, 3)
    ('0.000068', '4.8', '1230')
    """
    return f"{Decimal(f'{100 * share:.{digits}g}'):f}"


def _picture(table: TableResult) -> Any:
    if not len(table.agree) or table.table.relation != "equals":
        return None
    return scatter(table.ours, table.published, table.agree)


def claims_of(result: StudyResult) -> list[tuple[Claim, list[Outcome], Strip]]:
    """Return the claims of a result with what each choice gives, and the picture of it."""
    grouped: dict[str, list[Outcome]] = {}
    for outcome in result.outcomes:
        grouped.setdefault(outcome.claim.name, []).append(outcome)
    found = []
    for several in grouped.values():
        claim = several[0].claim
        values = np.array([each.result for each in several])
        found.append((claim, several, strip(values, claim.published, claim.holds)))
    return found


def choice_label(outcome: Outcome, say: Callable[..., str], language: str = "en") -> str:
    """Return what a choice is, for people.

    Parameters
    ----------
    outcome : Outcome
    say : callable
        As in `render`.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    str
        Its own factors with their sources, or its set; dose and note.
    """
    choice = outcome.choice
    own = [n for n in outcome.numbers if n.kind == "dose" or n.id in choice.rows]
    if choice.set and len(outcome.numbers) == 1 and not own:
        own = list(outcome.numbers)
    comma = "，" if language == "zh" else ", "
    parts = [_number_label(number, say, language) for number in own]
    if choice.set and choice.rows:
        parts = [say("reproduce.choice.but", name=choice.set, rows=comma.join(parts))]
    elif choice.set:
        parts.insert(0, say("reproduce.choice.set", name=choice.set))
    return comma.join([*parts, *filter(None, [choice.note])])


def _number_label(number: Number, say: Callable[..., str], language: str) -> str:
    ends = {"low": "reproduce.choice.low", "high": "reproduce.choice.high"}
    source = say(ends[number.end], source=number.source) if number.end else number.source
    if number.kind == "dose":
        return say("reproduce.choice.dose", mg=f"{number.value:g}", source=source)
    residue = names.display("analyte", number.residue, language)
    percent = f"{100 * number.value:.3g}"
    return say("reproduce.choice.factor", residue=residue, percent=percent, source=source)


def status_of(result: StudyResult) -> str:
    """Return the status of a study: the best of its tables."""
    return min((t.table.status for t in result.tables), key=STATUSES.index)


def counted(results: Sequence[StudyResult]) -> dict[str, int]:
    """Return how many studies have each status.

    Parameters
    ----------
    results : sequence of StudyResult

    Returns
    -------
    dict of str to int
        In the order of `STATUSES`.
    """
    found = [status_of(result) for result in results]
    return {status: found.count(status) for status in STATUSES}
