"""Rounds of an interlaboratory exercise: participants x rounds x drugs from one tidy table.

Laboratories appear under codes; who is who stays in a table apart. A result below a limit is an
interval, never a number in its place: it is scored where the score is sure whatever it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from wbe.errors import SchemaError, UsageError
from wbe.options import require_choice
from wbe.qc.assigned import AssignedValue, Target, consensus
from wbe.qc.interlab import (
    ACTION,
    LIMITS,
    NOT_ASSESSED,
    SATISFACTORY,
    WARNING,
    decide,
    u_is_negligible,
    z_prime,
    zeta_score,
)

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

NEEDED: Final = ("round", "analyte", "lab", "value")
OPTIONAL: Final = ("material", "below", "lod", "u")
KEYS: Final = ("round", "analyte", "material")
SCORES: Final = ("auto", "z", "z_prime")
DECISIONS: Final = (SATISFACTORY, WARNING, ACTION, NOT_ASSESSED)


def code_labs(labs: Iterable[object], seed: int) -> dict[str, str]:
    """Return a code for each laboratory, ``L01`` and so on, in an order that tells nothing.

    Parameters
    ----------
    labs : iterable
        Names; repeats count once.
    seed : int
        The same seed and names give the same codes. Whoever knows both can undo them: choose one
        for the exercise and keep it with the key.

    Returns
    -------
    dict of str to str
        Name -> code.

    Examples
    --------
    >>> sorted(code_labs(["North", "South", "North"], seed=5).values())
    ['L01', 'L02']
    """
    names = {str(lab) for lab in labs}
    order = sorted(names, key=lambda n: hashlib.sha256(f"{seed}|{n}".encode()).hexdigest())
    width = max(2, len(str(len(order))))
    return {name: f"L{i:0{width}d}" for i, name in enumerate(order, start=1)}


def score_table(
    results: pd.DataFrame,
    *,
    target: Target | Mapping[str, Target],
    codes: Mapping[str, str],
    assigned: Mapping[Hashable, AssignedValue] | None = None,
    method: str = "algorithm_a",
    score: str = "auto",
    most_below: float = 0.2,
) -> pd.DataFrame:
    """Return the scores of every laboratory in every round, for every analyte and material.

    Parameters
    ----------
    results : DataFrame (result)
        ``round``, ``analyte``, ``lab``, ``value`` [one unit an analyte]; where there are several
        samples ``material``; ``below`` (bool): the value is the limit under which the result lies,
        with ``lod`` its lower end where it lies between LOD and LOQ; ``u``: standard uncertainty of
        the laboratory's result. Several rows of a laboratory are replicates: their mean is scored.
    target : Target, or mapping of str to Target
        For all analytes, or analyte -> Target.
    codes : mapping of str to str
        Laboratory -> code, from `code_labs`.
    assigned : mapping, optional
        (round, analyte), or (round, analyte, material) where there are materials ->
        `AssignedValue`; a consensus of the participants where not given.
    method : str
        Of the consensus.
    score : str
        ``z``, ``z_prime``, or ``auto``: z where u(x_pt) < 0.3 sigma_pt, else z'.
    most_below : float
        As for `consensus` [1].

    Returns
    -------
    DataFrame (round, analyte, material, lab)
        Sorted. ``replicates``, ``low``, ``high`` (equal for a result, ends for one below a limit),
        ``assigned``, ``u_assigned``, ``sigma_pt``, ``n``, ``n_below``, ``method``, ``kind`` of
        score, ``score`` (NaN below a limit), ``score_low``, ``score_high``, ``zeta`` (NaN without
        u), ``decision``, ``reason``: why there is no score.

    Raises
    ------
    SchemaError
        If a column is missing, a value is not a finite number of 0 or more, or a cell of ``below``
        is neither true nor false.
    UsageError
        If a laboratory has no code, an analyte no target, or a choice is unknown.

    References
    ----------
    ISO 13528:2015; doi:10.1016/j.trac.2018.03.009 (the exercises of SCORE)

    Examples
    --------
    >>> import pandas as pd
    >>> values = [95.0, 98.0, 101.0, 104.0, 150.0]
    >>> results = pd.DataFrame({"round": 1, "analyte": "methamphetamine", "lab": list("abcde"),
    ...                         "value": values})
    >>> table = score_table(results, target=Target("relative", 0.2),
    ...                     codes=code_labs("abcde", seed=1))
    >>> sorted(table["score"].round(1).tolist())
    [-0.4, -0.3, -0.1, -0.0, 2.1]
    """
    import pandas as pd

    require_choice("score", score, SCORES)
    rows = _checked(results, codes)
    made = []
    for key, group in rows.groupby(list(KEYS), sort=True):
        labs = _by_lab(group)
        given = None if assigned is None else _given(assigned, key)
        value = given if given is not None else consensus(
            labs["low"], labs["high"], method=method, most_below=most_below
        )  # fmt: skip
        scored = _scored(labs, value, _target(target, str(key[1])), score)
        names: dict[str, Any] = dict(zip(KEYS, key, strict=True))
        made.append(scored.assign(**names))
    table = pd.concat(made, ignore_index=True)
    table["lab"] = table["lab"].map(dict(codes))
    first = [*KEYS, "lab"]
    table = table[[*first, *(c for c in table.columns if c not in first)]]
    return table.sort_values(first, kind="stable", ignore_index=True)


def _checked(results: pd.DataFrame, codes: Mapping[str, str]) -> pd.DataFrame:
    if missing := [c for c in NEEDED if c not in results]:
        raise SchemaError(f"the table lacks {', '.join(missing)}")
    if results.empty:
        raise SchemaError("the table holds no result")
    rows = results[[c for c in (*NEEDED, *OPTIONAL) if c in results]].copy()
    rows["lab"] = rows["lab"].astype(str)
    if unknown := sorted(set(rows["lab"]) - set(codes)):
        raise UsageError(f"{len(unknown)} laboratories have no code; make codes with code_labs")
    rows["material"] = rows["material"].astype(str) if "material" in rows else ""
    rows["below"] = _truths(rows["below"]) if "below" in rows else False
    for name in ("value", "lod", "u"):
        rows[name] = rows[name].astype(float) if name in rows else np.nan
    value = rows["value"]
    if not (np.isfinite(value) & (value >= 0)).all():
        raise SchemaError("a value is not a finite number of 0 or more; leave out what is missing")
    rows["high"] = value
    rows["low"] = np.where(rows["below"], rows["lod"].fillna(0.0), value)
    if (rows["low"] > rows["high"]).any():
        raise SchemaError("a result below its limit has an lod above that limit")
    return rows


def _truths(below: pd.Series[Any]) -> pd.Series[bool]:
    """Return a column of true and false; what is empty or text would pass for true."""
    if not below.isin([True, False]).all():
        raise SchemaError("a cell of `below` is neither true nor false; fill what is empty")
    return below.astype(bool)


def _by_lab(group: pd.DataFrame) -> pd.DataFrame:
    """Return one row a laboratory: the mean of its replicates, an interval where one is."""
    by = group.groupby("lab", sort=True)
    out = by[["low", "high"]].mean()
    out["u"] = by["u"].mean()
    out["replicates"] = by.size()
    return out.reset_index()


def _given(assigned: Mapping[Hashable, AssignedValue], key: Any) -> AssignedValue | None:
    found = assigned.get(tuple(key))
    return found if found is not None or key[2] else assigned.get(tuple(key[:2]))


def _target(target: Target | Mapping[str, Target], analyte: str) -> Target:
    if isinstance(target, Target):
        return target
    if analyte not in target:
        raise UsageError(f"no target standard deviation is stated for {analyte!r}")
    return target[analyte]


def _scored(labs: pd.DataFrame, value: AssignedValue, target: Target, score: str) -> pd.DataFrame:
    sigma = target.sigma(value) if value.testable else np.nan
    why = value.reason
    if value.testable and not sigma > 0:
        why = "the target standard deviation is 0: too many results are identical"
    out = labs.assign(
        assigned=value.value, u_assigned=value.u, sigma_pt=sigma, n=value.n, n_below=value.n_below,
        method=value.method, reason=why,
    )  # fmt: skip
    if why:
        nothing = dict.fromkeys(("score", "score_low", "score_high", "zeta"), np.nan)
        return out.assign(kind="", **nothing, decision=NOT_ASSESSED).drop(columns="u")
    small = u_is_negligible(value.u, sigma)
    kind = ("z" if small else "z_prime") if score == "auto" else score
    u = value.u if kind == "z_prime" else 0.0
    low, high = (z_prime(labs[end], value.value, sigma, u) for end in ("low", "high"))
    known = (labs["low"] == labs["high"]).to_numpy()
    stated = known & labs["u"].notna().to_numpy()
    zeta = np.full(len(labs), np.nan)
    if stated.any():
        zeta[stated] = zeta_score(labs["high"][stated], value.value, labs["u"][stated], value.u)
    return out.assign(
        kind=kind, score=np.where(known, low, np.nan), score_low=low, score_high=high, zeta=zeta,
        decision=decide(low, high, score=kind),
    ).drop(columns="u")  # fmt: skip


def score_grid(table: pd.DataFrame, column: str = "score") -> pd.DataFrame:
    """Return one row a laboratory and one column a round, analyte and material.

    Parameters
    ----------
    table : DataFrame
        From `score_table`.
    column : str
        ``score``, ``decision``, ``zeta`` ...

    Returns
    -------
    DataFrame (lab, (round, analyte, material))
        Empty cells where a laboratory took no part.

    Raises
    ------
    UsageError
        If there is no such column.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {"lab": ["L01", "L02"], "round": "2024", "analyte": "MDMA", "material": "A",
    ...      "score": [0.4, -2.3]}
    ... )
    >>> score_grid(table)
    round    2024
    analyte  MDMA
    material    A
    lab
    L01       0.4
    L02      -2.3
    """
    if column not in table:
        raise UsageError(f"the table of scores has no {column!r}")
    return table.pivot(index="lab", columns=list(KEYS), values=column)


def performance(table: pd.DataFrame, by: Sequence[str] = ("lab",)) -> pd.DataFrame:
    """Return what the scores of each laboratory say together.

    Parameters
    ----------
    table : DataFrame
        From `score_table`.
    by : sequence of str
        What one row is about: ``("lab", "analyte")`` for each drug.

    Returns
    -------
    DataFrame (lab)
        Number of results by decision, ``scored``, ``satisfactory_share`` [1] of those decided on,
        ``mean_score`` (a bias shows in its sign) and ``mean_score_u`` = 1 / sqrt(scored), and
        ``rms_score``. Single scores stay what counts: a mean hides errors that cancel.

    Raises
    ------
    UsageError
        If the table has no column of `by`.

    References
    ----------
    ISO 13528:2015, 10.6

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"lab": "L01", "score": [1.0, -2.5], "decision":
    ...                       ["satisfactory", "warning"]})
    >>> performance(table)["satisfactory_share"].tolist()
    [0.5]
    """
    import pandas as pd

    if lost := [c for c in by if c not in table]:
        raise UsageError(f"the table of scores has no {lost[0]!r}")
    keys = [table[c] for c in by]
    counts = pd.crosstab(keys, table["decision"]).reindex(columns=DECISIONS, fill_value=0)
    groups = table["score"].groupby(keys)
    out = counts.assign(scored=groups.count())
    decided = counts[[SATISFACTORY, WARNING, ACTION]].sum(axis=1)
    out["satisfactory_share"] = (counts[SATISFACTORY] / decided).where(decided > 0)
    out["mean_score"] = groups.mean()
    out["mean_score_u"] = 1 / out["scored"].astype(float).where(out["scored"] > 0) ** 0.5
    out["rms_score"] = (table["score"] ** 2).groupby(keys).mean() ** 0.5
    out.columns.name = None
    return out


__all__ = ["DECISIONS", "LIMITS", "SCORES", "code_labs", "performance", "score_grid", "score_table"]
