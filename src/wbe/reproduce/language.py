"""Results in the reader's language: the texts of the catalogue exchanged, no number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wbe.reproduce import claims, study
from wbe.reproduce.compare import StudyResult, TableResult
from wbe.reproduce.outcomes import Outcome
from wbe.reproduce.study import Study, StudyTable


def told(result: StudyResult, language: str) -> StudyResult:
    """Return a result with the texts of its study in a language.

    Parameters
    ----------
    result : StudyResult
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    StudyResult
        The same in English. Citations and file names stay as they are, and keys of rows that
        are compared.

    Examples
    --------
    >>> from wbe.reproduce import read_study, reproduce
    >>> [korea] = reproduce([read_study("korea_2015")])
    >>> told(korea, "zh").study.title
    '韩国 5 市 15 座污水处理厂'
    """
    if language != "zh":
        return result
    tables = tuple(_table_result(each) for each in result.tables)
    outcomes = tuple(told_outcome(each, language) for each in result.outcomes)
    return StudyResult(_study(result.study), tables, outcomes)


def told_outcome(outcome: Outcome, language: str) -> Outcome:
    """Return what a choice makes of a claim, with its texts in a language.

    Parameters
    ----------
    outcome : Outcome
    language : str
        ``en`` or ``zh``.
    """
    if language != "zh":
        return outcome
    claim = replace(outcome.claim, **_chinese(outcome.claim, claims.TEXTS))
    choice = replace(outcome.choice, **_chinese(outcome.choice, claims.CHOICE_TEXTS))
    return replace(outcome, claim=claim, choice=choice)


def _study(of: Study) -> Study:
    constants = tuple(_constant(each) for each in of.constants)
    return replace(of, constants=constants, **_chinese(of, study.TEXTS))


def _constant(constant: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**constant, **{name: constant[f"{name}_zh"] for name in study.CONSTANT_TEXTS}}


def _table_result(result: TableResult) -> TableResult:
    # one for each exception of the catalogue, in its order; none where data are not at hand
    pairs = zip(result.exceptions, result.table.exempt, strict=bool(result.exceptions))
    exceptions = tuple(replace(each, reason=exempt.reason_zh) for each, exempt in pairs)
    keys = result.keys_zh or result.keys
    return replace(result, table=_table(result.table), exceptions=exceptions, keys=keys)


def _table(of: StudyTable) -> StudyTable:
    return replace(of, **_chinese(of, study.TABLE_TEXTS))


def _chinese(of: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(of, f"{name}_zh") for name in names}
