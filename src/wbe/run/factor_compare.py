"""``wbe factors --compare``: what each choice of a factor does to a result of one's own."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from wbe import names
from wbe.errors import UsageError
from wbe.run.run_values import Place, RunValues
from wbe.run.words import say

USES: Final = ("consumption", "net_only", "pharma", "load_only")
COLUMNS: Final = (
    "factor_id", "sets", "analyte", "excretion", "correction_factor", "verified", "own", "ratio",
    "round", "area", "pn_load", "pn_consumption", "rank", "own_rank", "drug_place",
    "own_drug_place", "reason",
)  # fmt: skip
HEAD: Final = ("compare.factor", "compare.excretion", "compare.correction", "compare.ratio")
OF_RUN: Final = ("compare.values", "compare.areas", "compare.drugs")
LAST: Final = "compare.sets"


@dataclass(frozen=True)
class Choice:
    """One factor that could be used, with the sets that use it.

    Attributes
    ----------
    factor_id, analyte, verified : str
    excretion, correction_factor : float
        NaN where the row states none: a load only.
    sets : tuple of str
        Names of the sets, with what they give where it is no consumption.
    """

    factor_id: str
    analyte: str
    excretion: float
    correction_factor: float
    verified: str
    sets: tuple[str, ...]

    @property
    def net(self) -> bool:
        """Whether other sources are to be subtracted before it is a consumption."""
        return any(name.endswith("(net)") for name in self.sets)


@dataclass(frozen=True)
class Effect:
    """What a choice makes of the run.

    Attributes
    ----------
    choice : Choice
    values : dict of Place to float
        Per-capita consumption [mg/day/1000 inhabitants].
    ratios : dict of Place to float
        Over the run's own consumption [1].
    rank, place : dict of Place to int
        Rank of the area among areas, and of the drug among the area's drugs, by consumption.
    own_rank, own_place : dict of Place to int
        The same by the run's own factor, among the same areas.
    reason : str
        Why there are no values.
    """

    choice: Choice
    values: dict[Place, float]
    ratios: dict[Place, float]
    rank: dict[Place, int]
    place: dict[Place, int]
    own_rank: dict[Place, int]
    own_place: dict[Place, int]
    reason: str


def listing(
    drug: str, run: Path | None, *, base: str | None = None, form: str = "text", lang: str = "en"
) -> str:
    """Return what each factor of a drug does to consumption: of a run, or as bare ratios.

    Parameters
    ----------
    drug : str
        Any spelling.
    run : Path or None
        Folder of a finished run; None: ratios alone, over the factor of `base`.
    base : str or None
        Factor set to compare with where there is no run; ``default``.
    form : str
        ``text`` or ``csv``.
    lang : str
        ``en`` or ``zh``.

    Raises
    ------
    UsageError
        If the drug is unknown, no factor or result of it exists, or the run cannot be read.
    """
    found = names.resolve("drug", drug)
    if found is None:
        near = ", ".join(names.suggest("drug", drug)) or "none"
        raise UsageError(f"{drug!r} is not a known drug; near it: {near}")
    if run is not None and base is not None:
        raise UsageError("a run has a factor set of its own; leave --set or RUN out")
    values = None if run is None else RunValues.of(run)
    if values is not None and found not in values.factors:
        there = ", ".join(sorted(values.factors))
        raise UsageError(f"the run has no result of {found}; it has {there}")
    own = _stated(found, base or "default") if values is None else _of_run(values, found)
    effects = compared(found, own, values)
    if form == "csv":
        return _as_csv(effects, own)
    return "\n".join(_as_text(found, effects, own, values, lang))


def choices(drug: str) -> list[Choice]:
    """Return every factor of a drug that gives use, as the tables have them.

    Rows that no set lets give consumption, net consumption or a load stay out: ratios of sources,
    and what one drug contributes to the residue of another.
    """
    from wbe import factors
    from wbe.factors.table import excretion_rows

    users: dict[str, dict[str, str]] = {}
    for name in factors.set_names():
        for factor_id, gives in factors.load_set(name).rows["gives"].items():
            users.setdefault(str(factor_id), {})[name] = str(gives)
    found = []
    for row in excretion_rows().values():
        used = users.get(row.factor_id, {})
        if row.drug != drug or row.use not in USES or set(used.values()) == {"subtract"}:
            continue
        said = tuple(n if g == "consumption" else f"{n} ({g})" for n, g in used.items())
        known = row.use != "load_only"
        excretion = row.excretion if known else math.nan
        factor = row.correction_factor if known else math.nan
        found.append(Choice(row.factor_id, row.analyte, excretion, factor, row.verified, said))
    return found


def compared(drug: str, own: Choice, run: RunValues | None) -> list[Effect]:
    """Return the effect of every choice, the run's own first.

    Notes
    -----
    The run's consumption is X = L CF. With a factor of the same residue X' / X = CF' / CF, the
    same in every area. With one of another residue X' = L' CF', where L' / L comes from the samples
    in which both residues were quantified.
    """
    others = [one for one in choices(drug) if one.factor_id != own.factor_id]
    listed = [own, *others]
    if run is None:
        return [_without(c, _unstated(c, own, None)) for c in listed]
    loads, rivals = run.loads(drug), _rivals(run, drug)
    return [_effect(c, own, run, loads, rivals) for c in listed]


def _effect(
    choice: Choice,
    own: Choice,
    run: RunValues,
    loads: Mapping[Place, float],
    rivals: Mapping[Place, Sequence[float]],
) -> Effect:
    reason = _unstated(choice, own, run)
    if reason:
        return _without(choice, reason)
    same = choice.analyte == own.analyte
    shift = dict.fromkeys(loads, 1.0) if same else run.residue_ratios(choice.analyte, own.analyte)
    factor = choice.correction_factor
    values = {p: loads[p] * shift[p] * factor for p in loads if p in shift}
    has_own = not math.isnan(own.correction_factor)  # else the run itself gives a load alone
    own_factor = own.correction_factor if has_own else 1.0
    ratios = {p: shift[p] * factor / own_factor for p in values} if has_own else {}
    if not values:
        return _without(choice, "compare.residue")
    before = {p: loads[p] * own_factor for p in values}
    ranks, places = ([f(v) for v in (values, before)] for f in (_ranks, partial(_places, rivals)))
    return Effect(
        choice, values, ratios, ranks[0], places[0], ranks[1], places[1] if has_own else {}, ""
    )


def _without(choice: Choice, reason: str) -> Effect:
    return Effect(choice, {}, {}, {}, {}, {}, {}, reason)


def _places(
    rivals: Mapping[Place, Sequence[float]], values: Mapping[Place, float]
) -> dict[Place, int]:
    """Return the place of the drug among the drugs of each area, 1 most by mass."""
    return {p: 1 + sum(x > v for x in rivals.get(p, ())) for p, v in values.items()}


def ratio(choice: Choice, own: Choice) -> float:
    """Return the ratio of correction factors; NaN for another residue, or a load only."""
    if choice.analyte != own.analyte:
        return math.nan
    return choice.correction_factor / own.correction_factor


def _unstated(choice: Choice, own: Choice, run: RunValues | None) -> str:
    """Return why a choice gives no consumption here, as a key of the sentences."""
    if math.isnan(choice.correction_factor):
        return "compare.load"
    if choice.analyte != own.analyte and (run is None or not run.measures(choice.analyte)):
        return "compare.residue"
    return ""


def _rivals(run: RunValues, drug: str) -> dict[Place, list[float]]:
    """Return what people of a place take of the other drugs, by the run's own factors."""
    found: dict[Place, list[float]] = {}
    for other, factor in run.factors.items():
        if other == drug or factor["gives"] != "consumption" or not factor["correction_factor"]:
            continue
        for place, load in run.loads(other).items():
            found.setdefault(place, []).append(load * float(factor["correction_factor"]))
    return found


def _ranks(values: Mapping[Place, float]) -> dict[Place, int]:
    """Return the rank of each area within its round, 1 highest."""
    return {
        (round_, area): 1 + sum(x > value for (r, _), x in values.items() if r == round_)
        for (round_, area), value in values.items()
    }


def _of_run(run: RunValues, drug: str) -> Choice:
    """Return a run's own factor: a row of the tables, or one of the user's."""
    row = run.factors[drug]
    known = {choice.factor_id: choice for choice in choices(drug)}
    said = "" if row["gives"] == "consumption" else f" ({row['gives']})"
    sets: tuple[str, ...] = (f"{run.about['factor_set']}{said}",)
    if row["factor_id"] in known:
        sets = known[row["factor_id"]].sets
    excretion, factor = (
        math.nan if row[name] is None else float(row[name])
        for name in ("excretion", "correction_factor")
    )
    return Choice(
        row["factor_id"], row["analyte"], excretion, factor, str(row["verified"]), sets
    )  # fmt: skip


def _stated(drug: str, base: str) -> Choice:
    from wbe import factors

    rows = factors.load_set(base).rows
    rows = rows[(rows["drug"] == drug) & (rows["gives"] != "subtract")]
    known = {choice.factor_id: choice for choice in choices(drug)}
    for factor_id in rows.index:
        if factor_id in known:
            return known[factor_id]
    raise UsageError(f"the set {base!r} has no factor of {drug}; choose another by --set")


def _as_csv(effects: Sequence[Effect], own: Choice) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for effect in effects:
        c = effect.choice
        stated = (
            c.factor_id, ";".join(c.sets), c.analyte, _plain(c.excretion),
            _plain(c.correction_factor), c.verified, "true" if c is own else "false",
        )  # fmt: skip
        if not effect.values:
            reason = say(effect.reason, "en") if effect.reason else ""
            writer.writerow([*stated, _plain(ratio(c, own)), *[""] * 8, reason])
        note = say("compare.net", "en") if c.net else ""
        for place in sorted(effect.values):
            value = effect.values[place]
            here = (
                _plain(effect.ratios.get(place, math.nan)),
                *place,
                _plain(value / c.correction_factor),
            )
            ranks = (effect.rank[place], effect.own_rank[place])
            drugs = (effect.place[place], effect.own_place.get(place, ""))
            writer.writerow([*stated, *here, _plain(value), *ranks, *drugs, note])
    return out.getvalue().rstrip("\n")


def _as_text(
    drug: str, effects: Sequence[Effect], own: Choice, run: RunValues | None, lang: str
) -> list[str]:
    from wbe.run.summary import table

    shown = names.display("drug", drug, lang)
    if run is None:
        lines = [say("compare.title", lang, drug=shown, factor=own.factor_id)]
    else:
        title = {"title": run.about["title"], "set": run.about["factor_set"]}
        lines = [say("compare.run", lang, drug=shown, factor=own.factor_id, **title)]
    head = ["", *(say(key, lang) for key in (*HEAD, *(() if run is None else OF_RUN), LAST))]
    lines += table([head, *(_cells(e, effects[0], run, lang) for e in effects)])
    lines += [f"{e.choice.factor_id}: {moved}" for e in effects for moved in _moves(e, run)]
    lines.append(say("compare.verified", lang, n=_recalled(effects), of=len(effects)))
    if any(e.choice.net for e in effects):
        lines.append(f"(net): {say('compare.net', lang)}")
    if run is not None:
        lines.append(say("compare.same", lang))
    return lines


def _cells(effect: Effect, own: Effect, run: RunValues | None, lang: str) -> list[str]:
    from wbe.plot.words import number

    c = effect.choice
    cells = ["*" if effect is own else "", c.factor_id, number(c.excretion)]
    cells.append(number(c.correction_factor))
    if effect.reason:
        cells += [say(effect.reason, lang), *["", "", ""][: 0 if run is None else 3]]
    elif run is None:
        cells.append(number(ratio(c, own.choice)))
    else:
        cells.append(_span(effect.ratios.values()))
        cells.append(_span(effect.values.values()))
        cells.append(_moved(effect.rank, effect.own_rank))
        cells.append(_moved(effect.place, effect.own_place))
    return [*cells, ", ".join(c.sets)]


def _span(values: Any) -> str:
    from wbe.plot.words import number

    found = [number(v) for v in (min(values, default=math.nan), max(values, default=math.nan))]
    return found[0] if found[0] == found[1] else f"{found[0]} – {found[1]}"


def _moved(now: Mapping[Place, int], before: Mapping[Place, int]) -> str:
    return f"{sum(now[p] != before[p] for p in before)}/{len(before)}" if before else ""


def _moves(effect: Effect, run: RunValues | None) -> list[str]:
    """Return one text a round in which areas change their rank: who moves from where to where."""
    if run is None:
        return []
    lines: dict[str, list[str]] = {}
    for (round_, area), rank in sorted(effect.rank.items(), key=lambda item: (item[0][0], item[1])):
        before = effect.own_rank[round_, area]
        if rank != before:
            name = run.names.get(area, area)
            lines.setdefault(round_, []).append(f"{name} {before} -> {rank}")
    return [f"{round_}: {', '.join(moves)}" for round_, moves in lines.items()]


def _recalled(effects: Sequence[Effect]) -> int:
    return sum(not effect.choice.verified.startswith("yes") for effect in effects)


def _plain(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"
