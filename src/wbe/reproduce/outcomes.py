"""What other factors would have made of published conclusions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from wbe.errors import ConfigError
from wbe.factors import Factor, doses, load_set
from wbe.factors.table import excretion_rows
from wbe.reproduce.claims import Choice, Claim
from wbe.reproduce.computing import argument, factor_row
from wbe.reproduce.methods import METHODS, names
from wbe.reproduce.rows import Row, joined, meets, require_columns
from wbe.reproduce.study import FILE, Study, StudyTable

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

GIVING: Final = ("consumption", "net")
"""What a row of a set must give for a consumption to be made of it."""


@dataclass(frozen=True)
class Number:
    """A factor or dose that a choice rests on.

    Attributes
    ----------
    id, kind, source, verified : str
        Id of the row; ``excretion`` or ``dose``; key of its source; how far it was read there.
    residue : str
        The analyte; empty of a dose.
    end : str
        ``low`` or ``high`` where it is that end of the row's range; empty of a central value.
    value : float
        Excreted fraction [1], or dose [mg].
    """

    id: str
    kind: str
    value: float
    source: str
    verified: str
    residue: str = ""
    end: str = ""

    @property
    def read(self) -> bool:
        """Whether the number was read in its source or in what quotes it."""
        return self.verified.startswith("yes")


@dataclass(frozen=True)
class Outcome:
    """What one choice makes of a claim.

    Attributes
    ----------
    claim : Claim
    choice : Choice
    numbers : tuple of Number
        What it rests on; of a set without a factor, what was found.
    result : float
        In the unit of the claim; NaN where the set states no factor.
    holds : bool or None
        Whether the conclusion stands; None where there is no result.
    silent : str
        Analyte for which the set states no factor; empty where there is a result.
    """

    claim: Claim
    choice: Choice
    numbers: tuple[Number, ...]
    result: float
    holds: bool | None
    silent: str = ""

    @property
    def read(self) -> bool:
        """Whether every number it rests on was read."""
        return all(number.read for number in self.numbers)


def alternatives(study: Study) -> pd.DataFrame:
    """Return what other factors would have made of a study's conclusions.

    Parameters
    ----------
    study : Study
        With or without claims.

    Returns
    -------
    DataFrame
        One row for each number that a choice rests on: ``claim``; ``choice``, which numbers the
        choices of a claim from 1; ``set``; ``factor_id`` (of a dose its id); ``quantity``,
        ``excretion`` or ``dose``; ``value`` [1, or mg]; ``source``; ``verified``; ``used``,
        whether the study used it or is taken to have; ``result``, and ``unit``; ``published``;
        ``holds``, whether the published conclusion stands, missing where a set states no factor.
        Empty where the study has no claim, or its data are not at hand.

    Raises
    ------
    ConfigError
        If a claim names what is not there.

    Examples
    --------
    >>> from wbe import reproduce
    >>> made = reproduce.alternatives(reproduce.read_study("us_campus_2018"))
    >>> made.loc[[0, 3], ["factor_id", "result", "published", "holds"]].round(0)
                      factor_id  result  published  holds
    0  heroin|6-MAM|Zuccato2008   474.0      474.0   True
    3    heroin|MOR|Zuccato2008    55.0      474.0  False
    """
    import pandas as pd

    columns = (
        "claim", "choice", "set", "factor_id", "quantity", "value", "source", "verified", "used",
        "result", "unit", "published", "holds",
    )  # fmt: skip
    rows = []
    for claim in study.claims:
        for place, made in enumerate(outcomes(study, [claim]), start=1):
            for n in made.numbers or (Number("", "", math.nan, "", ""),):
                rows.append(
                    (claim.name, place, made.choice.set, n.id, n.kind, n.value, n.source,
                     n.verified, made.choice.used, made.result, claim.unit, claim.published,
                     made.holds)
                )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(columns))
    return table.astype({"holds": "boolean", "used": bool})


def outcomes(study: Study, claims: Iterable[Claim] | None = None) -> list[Outcome]:
    """Compute every choice of a study's claims.

    Parameters
    ----------
    study : Study
    claims : iterable of Claim, optional
        Default: all of the study.

    Returns
    -------
    list of Outcome
        In the order of the study; nothing of claims whose data are not at hand.

    Raises
    ------
    ConfigError
        If a claim names what is not there.
    """
    made = []
    for claim in study.claims if claims is None else claims:
        table = _table_of(study, claim)
        rows = joined(study, table)
        if rows is not None:
            require_columns(study, table, FILE, rows, _columns(claim))
            chosen = [row for row in rows if meets(row, claim.select)]
            made += [_outcome(study, table, claim, choice, chosen) for choice in claim.choices]
    return made


def _table_of(study: Study, claim: Claim) -> StudyTable:
    """Return the study's table with the calculation of the claim."""
    [table] = [each for each in study.tables if each.name == claim.table]
    return replace(table, method=claim.method, arguments=claim.arguments)


def _columns(claim: Claim) -> list[str]:
    pair = claim.pair or {}
    named = [claim.residue.get("column"), pair.get("column"), pair.get("by")]
    named += [condition.get("column") for condition in claim.select]
    return [name for name in named if name]


def _outcome(
    study: Study, table: StudyTable, claim: Claim, choice: Choice, rows: Sequence[Row]
) -> Outcome:
    shown = f"{study.key}/{FILE}"
    analytes = [_residue(claim, row) for row in rows]
    found = {each: _factor(choice, each, shown) for each in dict.fromkeys(analytes)}
    given = [row for row in found.values() if row is not None]
    _all_used(choice, given, shown)
    numbers = [_number(row, choice, shown) for row in given]
    if silent := next((each for each, row in found.items() if row is None), ""):
        return Outcome(claim, choice, tuple(numbers), math.nan, None, silent)
    values = _values(study, table, claim, choice, rows)
    by_analyte = dict(zip(found, numbers, strict=True))
    values["excretion"] = np.array([by_analyte[each].value for each in analytes])
    ratio = dict(zip(found, (row.molar_mass_ratio for row in given), strict=True))
    values["molar_mass_ratio"] = np.array([ratio[each] for each in analytes])
    if choice.dose:
        numbers.append(_dose(choice, given, shown))
        values["dose"] = np.full(len(rows), numbers[-1].value)
    result = _statistic(claim, rows, _computed(claim, values, shown), shown)
    return Outcome(claim, choice, tuple(numbers), result, stands(claim.holds, result))


def _residue(claim: Claim, row: Row) -> str:
    return claim.residue["is"] if "is" in claim.residue else row[claim.residue["column"]]


def _factor(choice: Choice, analyte: str, shown: str) -> Factor | None:
    """Return the row of a choice for an analyte: one of its own, or one of its set."""
    named = [factor_row(factor_id, shown) for factor_id in choice.rows]
    # a choice with a load of its own is of another residue than the claim's
    own = [row for row in named if row.analyte == analyte or choice.load]
    if not own and choice.set:
        table = load_set(choice.set).pathways_for(analyte)
        ids = table.index[table["gives"].isin(GIVING)]
        own = [excretion_rows()[str(factor_id)] for factor_id in ids]
    if len(own) > 1:
        text = f"{', '.join(row.factor_id for row in own)} are all for {analyte!r}: name one"
        raise ConfigError(text, shown, "claim.choice.rows")
    return own[0] if own else None


def _all_used(choice: Choice, given: Sequence[Factor], shown: str) -> None:
    """Raise for a row of a choice that is of no residue of the claim, and would change nothing."""
    idle = sorted(set(choice.rows) - {row.factor_id for row in given})
    if idle:
        text = f"{idle[0]!r} is of no residue of the claim"
        raise ConfigError(text, shown, "claim.choice.rows")


def _number(row: Factor, choice: Choice, shown: str) -> Number:
    """Return the excreted fraction of a row, at the end of its range that a choice names."""
    end = choice.end if not choice.dose and row.factor_id in choice.rows else ""
    fraction = row.excretion
    if end:  # the low end of a correction factor is the high one of the fraction
        ends = sorted((row.as_excretion(row.low), row.as_excretion(row.high)))
        fraction = ends[0] if end == "low" else ends[1]
    _require_stated(fraction, row.factor_id, end, shown)
    verified = row.verified_range if end else row.verified
    return Number(row.factor_id, "excretion", fraction, row.source, verified, row.analyte, end)


def _require_stated(number: float, of: str, end: str, shown: str) -> None:
    """Raise for a row without the number that a choice asks for: it would fell any conclusion."""
    if not math.isfinite(number):
        text = f"{of!r} states no {f'{end} end of a range' if end else 'number'}"
        raise ConfigError(text, shown, f"claim.choice.{'end' if end else 'rows'}")


def _dose(choice: Choice, given: Sequence[Factor], shown: str) -> Number:
    row = doses().set_index("dose_id").to_dict("index").get(choice.dose)
    if row is None:
        raise ConfigError(f"{choice.dose!r} is no dose of the tables", shown, "claim.choice.dose")
    if row["drug"] not in {factor.drug for factor in given}:
        raise ConfigError(f"{choice.dose!r} is of another drug", shown, "claim.choice.dose")
    value, verified = float(row[choice.end or "value"]), str(row["verified"])
    _require_stated(value, choice.dose, choice.end, shown)
    return Number(choice.dose, "dose", value, str(row["source"]), verified, end=choice.end)


def _values(
    study: Study, table: StudyTable, claim: Claim, choice: Choice, rows: Sequence[Row]
) -> dict[str, Floats]:
    stated: dict[str, Any] = dict(claim.arguments)
    if choice.load:
        stated["load"] = choice.load
    return {name: argument(study, table, rows, name, of) for name, of in stated.items()}


def _computed(claim: Claim, values: Mapping[str, Floats], shown: str) -> Floats:
    key = f"claim {claim.name!r}: "
    if claim.method not in METHODS:
        raise ConfigError(f"{claim.method!r} is none of {names()}", shown, key + "method")
    method = METHODS[claim.method]
    if missing := [name for name in method.arguments if name not in values]:
        text = f"{claim.method} needs {', '.join(missing)}"
        raise ConfigError(text, shown, key + "arguments")
    return method.compute(values, {}) * claim.scale


def _statistic(claim: Claim, rows: Sequence[Row], values: Floats, shown: str) -> float:
    """Return the one number that a claim is about."""
    if claim.pair:
        values = _ratios(claim.pair, rows, values)
    if not len(values) or (claim.statistic == "value" and len(values) != 1):
        text = f"{len(values)} values for one conclusion"
        raise ConfigError(text, shown, f"claim {claim.name!r}: select")
    match claim.statistic:
        case "largest":
            return float(values.max())
        case "mean":
            return float(values.mean())
        case _:  # smallest, or the one value
            return float(values.min())


def _ratios(pair: Mapping[str, str], rows: Sequence[Row], values: Floats) -> Floats:
    """Return one row over another, or over the largest of the others, in each group."""
    groups: dict[str, dict[str, float]] = {}
    for row, value in zip(rows, values.tolist(), strict=True):
        group = groups.setdefault(row[pair["by"]] if "by" in pair else "", {})
        group[row[pair["column"]]] = value
    ratios = []
    for group in groups.values():
        others = {name: v for name, v in group.items() if name == pair.get("over", name)}
        others.pop(pair["of"], None)
        if pair["of"] in group and others:
            ratios.append(group[pair["of"]] / max(others.values()))
    return np.array(ratios)


def stands(holds: Mapping[str, Any], result: float) -> bool:
    """Tell whether a conclusion stands with a result.

    Examples
    --------
    >>> stands({"above": 1.0}, 0.8), stands({"within": [0.2, 1.2]}, 0.8)
    (False, True)
    """
    [(rule, limit)] = holds.items()
    if rule == "within":
        return bool(limit[0] <= result <= limit[1])
    return bool(result > limit) if rule == "above" else bool(result < limit)
