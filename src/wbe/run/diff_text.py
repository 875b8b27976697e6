"""How a comparison of two runs is printed: for people, as JSON, as CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from wbe import names
from wbe.run.diff_numbers import Moved, Row, number
from wbe.run.words import say

if TYPE_CHECKING:
    from wbe.run.diff import Comparison, Run
    from wbe.run.diff_causes import Difference

#: Areas that are listed for people; CSV and JSON hold all.
FEW: Final = 20
HEAD: Final = ("column.area", "diff.drug", "diff.round", "column.value", "diff.change",
               "column.tier", "column.rank")  # fmt: skip
COLUMNS: Final = (
    "what", "name", "round", "drug", "area", "before", "after", "ratio", "follows",
)  # fmt: skip
MARKS: Final = ("A", "B")


def as_text(found: Comparison, lang: str) -> str:
    """Return the runs, what they have differently, what may be said of why, and the numbers."""
    lines = [_headline(mark, run, lang) for mark, run in _sides(found)]
    lines += [
        say("diff.altered", lang, mark=mark, names=", ".join(run.altered))
        for mark, run in _sides(found)
        if run.altered
    ]
    told = [_told(one, lang) for one in found.differences]
    if told:
        lines += [say("diff.differ", lang), *told]
    lines.append(say(f"diff.verdict.{found.verdict}", lang))
    return "\n".join([*lines, *_only(found, lang), *_numbers(found.moved, lang)])


def as_json(found: Comparison, lang: str) -> str:
    """Return everything as one JSON object, the rows of both runs as text in full."""
    body = {
        "runs": {mark: _side(run) for mark, run in _sides(found)},
        "differences": [dict(vars(one)) for one in found.differences],
        "verdict": found.verdict,
        "only": {
            column: dict(zip(MARKS, pair, strict=True)) for column, pair in found.only.items()
        },
        "numbers": [_moved(one) for one in found.moved],
    }
    return json.dumps(body, ensure_ascii=False, indent=2)


def as_csv(found: Comparison, lang: str) -> str:
    """Return one row for each thing that differs: causes first, then every column of an area."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(found))
    return out.getvalue().rstrip("\n")


FORMS: Final[dict[str, Callable[[Comparison, str], str]]] = {
    "text": as_text, "json": as_json, "csv": as_csv,
}  # fmt: skip


def _sides(found: Comparison) -> Iterator[tuple[str, Run]]:
    return zip(MARKS, (found.a, found.b), strict=True)


def _headline(mark: str, run: Run, lang: str) -> str:
    about = run.about
    return say("diff.run", lang, mark=mark, title=about["title"], path=run.folder,
               created=about["created"], version=about["versions"].get("wbe", ""),
               set=about["factor_set"], seed=str(about["seed"]))  # fmt: skip


def _told(one: Difference, lang: str) -> str:
    """One line about something that the records state differently."""
    # Eight digits tell two checksums apart.
    texts = [text[:8] if one.kind == "input" else text for text in (one.before, one.after)]
    kind = say(f"diff.kind.{one.kind}", lang)
    line = f"  {kind} {one.name}: {_arrow(*texts)}"
    if one.moves_nothing:
        return say("diff.still", lang, line=line)
    return say("diff.follows", lang, line=line) if one.follows else line


def _only(found: Comparison, lang: str) -> list[str]:
    """One line for each round, drug or area that one run has alone."""
    lines = []
    for column, pair in found.only.items():
        for mark, there in zip(MARKS, pair, strict=True):
            shown = [names.display("drug", d, lang) for d in there] if column == "drug" else there
            if shown:
                what = say(f"diff.only.{column}", lang)
                lines.append(say("diff.only", lang, mark=mark, what=what, names=", ".join(shown)))
    return lines


def _numbers(moved: list[Moved], lang: str) -> list[str]:
    """How many areas differ in what, and the largest changes as a table."""
    from wbe.run.summary import table

    main = [one for one in moved if one.is_main]
    counts = {name: sum(name in one.fields for one in main) for name in ("value", "tier", "rank")}
    lines = []
    if main:
        lines.append(say("diff.numbers", lang, n=len(main), **counts))
        head = [say(key, lang) for key in HEAD]
        lines += table([head, *(_cells(one, lang) for one in main[:FEW])])
    if len(main) > FEW:
        lines.append(say("diff.more", lang, n=len(main) - FEW))
    if rest := len(moved) - len(main):
        lines.append(say("diff.rest", lang, n=rest))
    return lines


def _cells(one: Moved, lang: str) -> list[str]:
    from wbe.plot.words import label_of
    from wbe.plot.words import number as shown

    values, ranks = (
        _arrow(*(shown(number(row.get(column)), pad=column == "value") for row in _both(one)))
        for column in ("value", "rank")
    )
    drug = names.display("drug", one.drug, lang)
    tiers = _arrow(*(_tier(row, lang) for row in _both(one)))
    return [label_of(one.name, one.area), drug, one.round, values, _change(one, lang), tiers, ranks]


def _both(one: Moved) -> tuple[Row, Row]:
    return one.before, one.after


def _tier(row: Row, lang: str) -> str:
    from wbe.plot.words import class_name, class_of

    return class_name(class_of(row.get("tier", ""), row.get("flags", "")), lang) if row else ""


def _change(one: Moved, lang: str) -> str:
    """Return the change of the value in per cent, or what stands in its way."""
    from wbe.plot.words import number as shown

    if "value" not in one.fields:
        return ""
    if math.isnan(one.ratio):
        has = [not math.isnan(number(row.get("value"))) for row in _both(one)]
        return say("diff.quantity" if all(has) else "diff.appears" if has[1] else "diff.gone", lang)
    percent = 100 * (one.ratio - 1)
    return f"{'-' if percent < 0 else '+'}{shown(abs(percent), 2)} %"


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before or '-'} → {after or '-'}"


def _side(run: Run) -> dict[str, Any]:
    kept = ("title", "created", "factor_set", "seed", "draws", "engine", "versions")
    return {**{key: run.about[key] for key in kept}, "altered": run.altered}


def _moved(one: Moved) -> dict[str, Any]:
    place = {"round": one.round, "drug": one.drug, "area": one.area, "name": one.name}
    ratio = None if math.isnan(one.ratio) else float(f"{one.ratio:.6g}")
    sides = {mark: dict(row) for mark, row in zip(MARKS, _both(one), strict=True)}
    return {**place, "fields": list(one.fields), "ratio": ratio, **sides}


def _rows(found: Comparison) -> Iterator[list[str]]:
    """The rows of the CSV, in the order of `COLUMNS`."""
    for mark, run in _sides(found):
        yield from (["altered", name, "", "", "", mark, mark, "", ""] for name in run.altered)
    for cause in found.differences:
        follows = "true" if cause.follows else "false"
        yield [cause.kind, cause.name, "", "", "", cause.before, cause.after, "", follows]
    for column, pair in found.only.items():
        for there, sides in zip(pair, (("A", ""), ("", "B")), strict=True):
            yield from ([f"only_{column}", name, "", "", "", *sides, "", ""] for name in there)
    for one in found.moved:
        place = [one.name, one.round, one.drug, one.area]
        for name in one.fields:
            ratio = "" if name != "value" or math.isnan(one.ratio) else f"{one.ratio:.6g}"
            before, after = (row.get(name) or "" for row in _both(one))
            yield [name, *place, before, after, ratio, ""]
