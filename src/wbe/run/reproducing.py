"""``wbe reproduce``: published estimates recomputed, as people read the outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wbe.errors import Said, UsageError
from wbe.run import disk
from wbe.run.words import both, say

if TYPE_CHECKING:
    from wbe.reproduce import ExceptionResult, StudyResult, TableResult

PAGE: Final = "reproduce.html"
SOME: Final = 3
"""Exit code where a value does not reproduce, or the catalogue explains it wrongly."""


def run(
    keys: Sequence[str], *, out: Path | None = None, lang: str = "en", folder: Path | None = None
) -> tuple[str, int]:
    """Recompute studies of the catalogue.

    Parameters
    ----------
    keys : sequence of str
        Which; none for all.
    out : Path, optional
        Folder for the page; made where it is missing.
    lang : str
        ``en`` or ``zh``.
    folder : Path, optional
        Of the catalogue; default: the package's.

    Returns
    -------
    tuple of str and int
        What to print, and the exit code: 0, or `SOME`.

    Raises
    ------
    UsageError
        If a study is unknown.
    ConfigError
        If the catalogue states what cannot be read.
    EnvironmentFault
        If the page cannot be written.
    """
    from wbe.reproduce import read_study, reproduce
    from wbe.reproduce.language import told

    _require(keys, folder)
    chosen = [read_study(key, folder) for key in keys] or None
    results = [told(result, lang) for result in reproduce(chosen, folder=folder)]
    lines = [line for result in results for line in _study(result, lang)]
    lines.append(_summary(results, lang))
    if out is not None:
        _write(results, out, lang)
        lines.append(say("reproduce.wrote", lang, path=out / PAGE))
    return "\n".join(lines), 0 if all(result.sound for result in results) else SOME


def _require(keys: Sequence[str], folder: Path | None) -> None:
    """Say in both languages which study the catalogue lacks, and which it has."""
    from wbe.reproduce import study_keys

    there = study_keys(folder)
    for key in keys:
        if key not in there:
            listed = Said(", ".join(there), "、".join(there))
            raise UsageError(both("reproduce.unknown", key=repr(key), there=listed))


def _speaker(lang: str) -> Callable[..., str]:
    def speak(key: str, /, **values: object) -> str:
        return say(key, lang, **values)

    return speak


def _write(results: Sequence[StudyResult], out: Path, lang: str) -> None:
    from wbe.reproduce import page

    text = page.render(results, _speaker(lang), lang)
    with disk.faults(out):
        out.mkdir(parents=True, exist_ok=True)
        (out / PAGE).write_text(text, encoding="utf-8", newline="\n")


def _study(result: StudyResult, lang: str) -> Iterator[str]:
    from wbe.reproduce.page import status_of

    study = result.study
    status = say(f"reproduce.status.{status_of(result)}", lang)
    yield say("reproduce.study", lang, key=study.key, title=study.title, status=status)
    for table in result.tables:
        yield from _table(table, lang)
    yield from _claims(result, lang)
    if result.too_few:
        yield "  " + say("reproduce.too_few", lang, share=f"{100 * result.share:.1f}")


def _claims(result: StudyResult, lang: str) -> Iterator[str]:
    """Say of each conclusion with how many of the choices it stands."""
    from wbe.reproduce.page import claims_of

    for claim, several, _ in claims_of(result):
        known = [each for each in several if not each.silent]
        stands = sum(bool(each.holds) for each in known)
        yield say("reproduce.stands", lang, name=claim.name, n=stands, of=len(known))


def _table(table: TableResult, lang: str) -> Iterator[str]:
    status = say(f"reproduce.status.{table.table.status}", lang)
    named = partial(say, "reproduce.table", lang, name=table.table.name, status=status)
    yield named(text=_outcome(table, lang))
    for each in table.exceptions:
        yield from _exception(each, lang)
    if table.unexplained:
        keys = _keys(table.unexplained, lang)
        yield "    " + say("reproduce.unexplained", lang, n=len(table.unexplained), keys=keys)


def _outcome(table: TableResult, lang: str) -> str:
    from wbe.reproduce.page import largest

    if not table.available:
        return say("reproduce.no_data", lang)
    if table.table.status == "cited_only":
        return say("reproduce.cited", lang, keys=_keys(table.keys, lang))
    n, share = int(table.agree.sum()), f"{100 * table.share:.1f}"
    text = say("reproduce.agree", lang, n=n, of=len(table.keys), share=share)
    return text + largest(table, _speaker(lang))


def _exception(each: ExceptionResult, lang: str) -> Iterator[str]:
    from wbe.reproduce.page import exception, unneeded

    if each.rows:
        yield "    " + exception(each, _speaker(lang), lang)
    if each.unneeded:
        yield "    " + unneeded(each, _speaker(lang), lang)


def _keys(keys: Sequence[str], lang: str) -> str:
    from wbe.reproduce.picture import keys_shown

    return keys_shown(keys, language=lang)


def _summary(results: Sequence[StudyResult], lang: str) -> str:
    from wbe.reproduce.page import counted

    tables = [table for result in results for table in result.tables]
    counts = counted(results)
    said = say(
        "reproduce.summary", lang, studies=len(results), recomputed=counts["recomputed"],
        consistent=counts["consistent"], cited=counts["cited_only"],
        agree=sum(int(t.agree.sum()) for t in tables), of=sum(len(t.agree) for t in tables),
        excepted=sum(len(e.rows) for t in tables for e in t.exceptions),
        unexplained=sum(len(t.unexplained) for t in tables),
    )  # fmt: skip
    absent = [table.study for table in tables if not table.available]
    if not absent:
        return said
    return said + say("reproduce.absent", lang, n=len(absent), studies=len(set(absent)))
