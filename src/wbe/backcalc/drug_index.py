"""Composite drug index: dose equivalents summed over drugs, and what it owes to its weights.

No published formula of a composite index was found. This one says what it adds: typical doses.
The weights are a choice, not an error, so they have no interval: a table of sensitivity shows the
ranks under every other choice instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbe import factors
from wbe.backcalc.assumptions import Assumed, dose_row
from wbe.errors import MissingFactorError, UsageError
from wbe.uncertainty import Product
from wbe.uncertainty.monte_carlo import INTERVAL, draw

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class IndexWeights:
    """What a dose of each drug is taken to be.

    Attributes
    ----------
    name : str
        Name of the choice.
    doses : dict of str to Assumed
        Drug -> dose [mg/dose].
    """

    name: str
    doses: dict[str, Assumed]

    def __post_init__(self) -> None:
        if not self.doses:
            raise UsageError("an index needs at least one drug with a dose")
        wrong = [drug for drug, dose in self.doses.items() if dose.name != "dose"]
        if wrong:
            raise UsageError(f"{', '.join(wrong)}: a weight is a dose")

    @property
    def drugs(self) -> tuple[str, ...]:
        """The drugs, in the order given."""
        return tuple(self.doses)

    @property
    def per_mg(self) -> Floats:
        """Weights [dose/mg], one a drug."""
        return np.array([1.0 / dose.value for dose in self.doses.values()])

    def __str__(self) -> str:
        lines = [f"weights: {self.name}"]
        lines += [
            f"  {drug}: {1 / dose.value:.4g} dose/mg (a dose is {dose.value:g} mg; {dose.source})"
            for drug, dose in self.doses.items()
        ]
        return "\n".join(lines)


@dataclass(frozen=True)
class DrugIndex:
    """Dose equivalents of areas.

    Attributes
    ----------
    areas : tuple of str
    value, lower, upper : ndarray (area,) [doses/day/1000 inhabitants]
        Median and 95 % interval; without errors the interval is NaN.
    shares : ndarray (area, drug) [1]
        What each drug is of the index, at central values.
    rank, rank_lower, rank_upper : ndarray (area,) [1]
        1 is highest, by value; NaN where the index is unknown; ends over draws.
    weights : IndexWeights
    left_out : tuple of str
        Drugs that have a consumption and no dose: not in the index, and not zero.
    draws, seed : int
    """

    areas: tuple[str, ...]
    value: Floats
    lower: Floats
    upper: Floats
    shares: Floats
    rank: Floats
    rank_lower: Floats
    rank_upper: Floats
    weights: IndexWeights
    left_out: tuple[str, ...]
    draws: int
    seed: int

    def __str__(self) -> str:
        lines = [str(self.weights)]
        if self.left_out:
            lines.append(f"left out, no dose: {', '.join(self.left_out)}")
        for k in np.argsort(np.nan_to_num(self.rank, nan=np.inf), kind="stable"):
            most = self.weights.drugs[int(np.argmax(self.shares[k]))]
            if not math.isfinite(self.value[k]):
                lines.append(f"{self.areas[k]}: unknown")
                continue
            span = ""
            if self.draws:
                span = f" ({self.lower[k]:.3g} to {self.upper[k]:.3g})"
            lines.append(
                f"{self.rank[k]:.0f}. {self.areas[k]}: {self.value[k]:.3g} dose "
                f"equivalents/day/1000 inhabitants{span}, {self.shares[k].max():.0%} {most}"
            )
        return "\n".join(lines)


@dataclass(frozen=True)
class WeightSensitivity:
    """Ranks of areas under each alternative set of weights.

    Attributes
    ----------
    areas : tuple of str
    names : tuple of str
        The choices; the first is the index's own.
    value : ndarray (choice, area) [doses/day/1000 inhabitants]
    rank : ndarray (choice, area) [1]
    """

    areas: tuple[str, ...]
    names: tuple[str, ...]
    value: Floats
    rank: Floats

    @property
    def moved(self) -> NDArray[np.intp]:
        """Areas whose rank differs from that of the first choice, shape (choice,)."""
        known = np.isfinite(self.rank[0])
        return np.asarray((self.rank != self.rank[0])[:, known].sum(axis=1))

    @property
    def span(self) -> tuple[Floats, Floats]:
        """Best and worst rank of each area over all choices, each (area,)."""
        return self.rank.min(axis=0), self.rank.max(axis=0)

    def __str__(self) -> str:
        first, last = self.span
        lines = ["rank under each choice of weights: " + ", ".join(self.areas)]
        lines += [
            f"  {name}: {' '.join(_whole(r) for r in ranks)} ({n} moved)"
            for name, ranks, n in zip(self.names, self.rank, self.moved, strict=True)
        ]
        ends = (f"{_whole(a)}-{_whole(b)}" for a, b in zip(first, last, strict=True))
        return "\n".join([*lines, "  all choices: " + " ".join(ends)])


def weights_from(doses: Mapping[str, str | Assumed], name: str) -> IndexWeights:
    """Return weights from doses of the table or of one's own.

    Parameters
    ----------
    doses : mapping of str to str or Assumed
        Drug -> dose id (`wbe.factors.doses`), or a dose from `assumed`. There is no default set:
        doses of one drug differ up to 15 times between sources.
    name : str
        Name of the choice, printed with every result.

    Returns
    -------
    IndexWeights

    Raises
    ------
    MissingFactorError
        If a row does not exist or states no dose (ketamine, etomidate).
    UsageError
        If a row is of another drug, or none is given.

    Examples
    --------
    >>> print(weights_from({"MDMA": "MDMA|ACIC"}, "one drug"))
    weights: one drug
      MDMA: 0.01 dose/mg (a dose is 100 mg; ACIC)
    """
    found = {drug: dose_row(d) if isinstance(d, str) else d for drug, d in doses.items()}
    table = factors.doses().set_index("dose_id")["drug"]
    for drug, one in found.items():
        if one.key in table.index and table[one.key] != drug:
            raise UsageError(f"{one.key} is a dose of {table[one.key]}, not of {drug}")
    return IndexWeights(name, found)


def composite_index(
    consumption: Product | ArrayLike,
    areas: Sequence[str],
    drugs: Sequence[str],
    weights: IndexWeights,
    *,
    draws: int = 10_000,
    seed: int,
) -> DrugIndex:
    """Return the sum of dose equivalents of each area.

    Parameters
    ----------
    consumption : Product or array_like (area, drug) [mg/day/1000 inhabitants]
        Pure free base. A product has its rows in the order (area, drug): drugs vary fastest, and
        errors that rows share (excretion, flow, population) are drawn once for them.
    areas, drugs : sequence of str
    weights : IndexWeights
        Each of its drugs must be among `drugs`: a missing drug is not a zero.
    draws, seed : int
        For a product. Plain numbers have no errors, and no draws.

    Returns
    -------
    DrugIndex
        NaN for an area where a weighted drug is unknown.

    Raises
    ------
    MissingFactorError
        If a weighted drug has no consumption.
    UsageError
        If the shape does not fit the names, or a consumption is negative.

    Notes
    -----
    I = sum_k X_k / d_k. It counts a dose of one drug as a dose of any other: of harm it says
    nothing. Non-detects: give the bounds, one after the other.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> w = weights_from({"cocaine": "cocaine|Zuccato2008", "MDMA": "MDMA|ACIC"}, "mine")
    >>> used = [[448.75, 20.0], [100.0, 90.0]]
    >>> composite_index(used, ["a", "b"], ["cocaine", "MDMA"], w, seed=1).value.round(4).tolist()
    [4.6875, 1.9]
    """
    at = _columns(drugs, weights)
    central = _table(consumption, len(areas), len(drugs))[:, at]
    parts = central * weights.per_mg
    value = np.asarray(parts.sum(axis=1))
    ends = [np.full(len(areas), np.nan) for _ in range(4)]
    rank, used = _ranks(value[:, None])[:, 0], 0
    if isinstance(consumption, Product):
        used = draws
        made = draw(consumption, draws, seed).reshape(len(areas), len(drugs), draws)
        sums = np.einsum("akd,k->ad", made[:, at], weights.per_mg)
        known = np.isfinite(sums).all(axis=1)
        sums = sums[known]
        low, value[known], high = np.quantile(sums, INTERVAL, axis=1)
        ranked = np.quantile(_ranks(sums), (INTERVAL[0], INTERVAL[2]), axis=1, method="nearest")
        for end, found in zip(ends, (low, high, *ranked), strict=True):
            end[known] = found
        rank = _ranks(value[:, None])[:, 0]
    with np.errstate(invalid="ignore"):
        shares = parts / parts.sum(axis=1, keepdims=True)
    left_out = tuple(drug for drug in drugs if drug not in weights.doses)
    return DrugIndex(
        tuple(areas), value, ends[0], ends[1], np.nan_to_num(shares), rank, ends[2], ends[3],
        weights, left_out, used, seed,
    )  # fmt: skip


def alternatives(weights: IndexWeights) -> list[IndexWeights]:
    """Return every other choice of weights that differs in one drug.

    Parameters
    ----------
    weights : IndexWeights

    Returns
    -------
    list of IndexWeights
        Each other dose of a drug in the dose table, the ends of each stated range, and the index
        without each drug. A choice that equals another one is left out.

    Examples
    --------
    >>> w = weights_from({"MDMA": "MDMA|ACIC", "THC": "THC|ACIC"}, "mine")
    >>> [one.name for one in alternatives(w)][:3]
    ['MDMA: low end of MDMA|ACIC, 60 mg', 'MDMA: high end of MDMA|ACIC, 200 mg', 'without MDMA']
    """
    found = []
    for drug in weights.drugs:
        seen = {weights.doses[drug].value}
        for name, dose in _other_doses(drug):
            if dose.value in seen:
                continue
            seen.add(dose.value)
            changed = {**weights.doses, drug: dose}
            found.append(IndexWeights(f"{drug}: {name}, {dose.value:g} mg", changed))
        rest = {d: dose for d, dose in weights.doses.items() if d != drug}
        if rest:
            found.append(IndexWeights(f"without {drug}", rest))
    return found


def weight_sensitivity(
    consumption: ArrayLike,
    areas: Sequence[str],
    drugs: Sequence[str],
    weights: IndexWeights,
    others: Sequence[IndexWeights] | None = None,
) -> WeightSensitivity:
    """Return the ranks of areas under each alternative set of weights, at central values.

    Parameters
    ----------
    consumption : array_like (area, drug) [mg/day/1000 inhabitants]
    areas, drugs : sequence of str
    weights : IndexWeights
    others : sequence of IndexWeights, optional
        The alternatives; `alternatives` where not given.

    Returns
    -------
    WeightSensitivity

    Raises
    ------
    MissingFactorError, UsageError
        As `composite_index`.

    References
    ----------
    Zuccato 2008, 10.1289/ehp.11022

    Examples
    --------
    >>> w = weights_from({"cocaine": "cocaine|Zuccato2008", "MDMA": "MDMA|ACIC"}, "mine")
    >>> used = [[448.75, 20.0], [100.0, 90.0]]
    >>> found = weight_sensitivity(used, ["a", "b"], ["cocaine", "MDMA"], w)
    >>> print(str(found).splitlines()[-1])
      all choices: 1-2 1-2
    """
    choices = [weights, *(alternatives(weights) if others is None else others)]
    table = _table(consumption, len(areas), len(drugs))
    value = np.stack([table[:, _columns(drugs, w)] @ w.per_mg for w in choices])
    names = tuple(w.name for w in choices)
    return WeightSensitivity(tuple(areas), names, value, _ranks(value.T).T)


def _other_doses(drug: str) -> Iterator[tuple[str, Assumed]]:
    """Yield all doses of the table, then the ends of their ranges, with a name each."""
    table = factors.doses()
    rows = table[(table["drug"] == drug) & table["value"].notna()].to_dict("records")
    doses = [(row, dose_row(str(row["dose_id"]))) for row in rows]
    for _, dose in doses:
        yield dose.key, dose
    for row, dose in doses:
        for end in ("low", "high"):
            if not math.isnan(row[end]):
                name = f"{end} end of {dose.key}"
                yield name, replace(dose, value=float(row[end]), shape=None, key=name)


def _columns(drugs: Sequence[str], weights: IndexWeights) -> list[int]:
    missing = [drug for drug in weights.drugs if drug not in drugs]
    if missing:
        raise MissingFactorError(
            f"no consumption of {', '.join(missing)}, which the weights {weights.name!r} count; "
            "leave it out of the weights, or give it: a missing drug is not a zero"
        )
    return [list(drugs).index(drug) for drug in weights.drugs]


def _table(consumption: Product | ArrayLike, n_areas: int, n_drugs: int) -> Floats:
    if isinstance(consumption, Product):
        values = np.exp(consumption.log_central)
    else:
        values = np.asarray(consumption, dtype=float)
    if values.size != n_areas * n_drugs or values.shape[0] not in (n_areas, values.size):
        raise UsageError(f"{values.shape} values are not {n_areas} areas by {n_drugs} drugs")
    if (values < 0).any():
        raise UsageError("consumption is negative somewhere")
    return values.reshape(n_areas, n_drugs)


def _ranks(values: Floats) -> Floats:
    """Return ranks down each column, 1 highest, ties share the best; NaN has none."""
    ordered = np.sort(-np.where(np.isfinite(values), values, -np.inf), axis=0)
    found = np.empty(values.shape)
    for k in range(values.shape[1]):
        found[:, k] = 1 + np.searchsorted(ordered[:, k], -values[:, k], side="left")
    return np.where(np.isfinite(values), found, np.nan)


def _whole(rank: float) -> str:
    return f"{rank:.0f}" if math.isfinite(rank) else "-"
