"""One self-contained page of a reproduction: each table with its picture and its exceptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from wbe.reproduce.compare import StudyResult, TableResult
from wbe.reproduce.methods import METHODS
from wbe.reproduce.picture import SIDE, keys_shown, scatter
from wbe.reproduce.study import STATUSES

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
"""Nothing is loaded and nothing runs."""


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
        One file without outside reference or script. Every text from the catalogue is escaped.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("wbe.reproduce", ""), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    tables = [table for result in results for table in result.tables]
    return environment.get_template("page.html.j2").render(
        results=results, say=say, policy=POLICY, side=SIDE, counts=counted(results),
        pictures={(t.study, t.table.name): _picture(t) for t in tables}, keys_shown=keys_shown,
        language_tag="zh-CN" if language == "zh" else "en", statuses=STATUSES,
        methods=METHODS,
    )  # fmt: skip


def _picture(table: TableResult) -> Any:
    if not len(table.agree) or table.table.relation != "equals":
        return None
    return scatter(table.ours, table.published, table.agree)


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
