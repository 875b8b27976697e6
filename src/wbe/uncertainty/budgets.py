"""The uncertainty budget: which input moves the answer.

Three numbers an input. Its *variance share* is what the variance loses when the input is held at
its median; its *first-order* index is the part that it explains alone; its *total* index the part
in which it has a hand at all. They are about the logarithm of positive outputs unless asked
otherwise, because the errors multiply: on that scale a product is additive and the three agree.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from wbe import names
from wbe.errors import PrecisionError, UsageError
from wbe.options import require_choice
from wbe.uncertainty import joint, variables
from wbe.uncertainty.inputs import of_model
from wbe.uncertainty.moments import covariance
from wbe.uncertainty.product import Function, Joint, Mean, Model, Product
from wbe.uncertainty.sensitivity import Indices, Output, normal_scores, pick_freeze
from wbe.uncertainty.streams import Correlation, Stream

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

Scale = Literal["log", "natural", "rank"]
ScaleOption = Literal["auto", "log", "natural", "rank"]
SCALES = ("auto", "log", "natural", "rank")

EXACT, DRAWN = "closed_form", "pick_freeze"


@dataclass(frozen=True)
class Budget:
    """Which input moves the answer, largest total index first.

    Attributes
    ----------
    inputs : tuple of str
        Names of the random variables, or of levels; correlated ones are one input
        (``flow + population``).
    share, first, total : ndarray (input,)
        Variance share of holding the input at its median, first-order and total Sobol index [1].
    share_se, first_se, total_se : ndarray (input,)
        Monte Carlo standard errors [1]; 0 for closed forms.
    variance : float [square of the unit of the scale]
        Of the output on the scale named; 0 where nothing moves the output.
    scale : str
        ``log``, ``natural`` or ``rank``: what the variance is that of.
    method : str
        ``closed_form`` or ``pick_freeze``.
    draws, seed : int
        0 for closed forms, which need neither.
    about : mapping of str to str
        What the output is, for the title of a figure.
    """

    inputs: tuple[str, ...]
    share: Floats
    first: Floats
    total: Floats
    share_se: Floats
    first_se: Floats
    total_se: Floats
    variance: float
    scale: Scale
    method: str
    draws: int = 0
    seed: int = 0
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def moves(self) -> bool:
        """Whether anything moves the output."""
        return self.variance > 0

    def note(self, language: str = "en") -> str:
        """Return what the numbers cannot say: that nothing moves the output; empty otherwise."""
        return "" if self.moves else names.text("budget.constant", language)

    def to_frame(self) -> pd.DataFrame:
        """Return a table: a row an input, largest total index first.

        ``attrs``: variance, scale, method, draws, seed, about, note.
        """
        import pandas as pd

        columns = ("share", "share_se", "first", "first_se", "total", "total_se")
        table = pd.DataFrame({"input": list(self.inputs)} | {c: getattr(self, c) for c in columns})
        table.attrs.update(
            variance=self.variance, scale=self.scale, method=self.method, draws=self.draws,
            seed=self.seed, about=dict(self.about), note=self.note(),
        )  # fmt: skip
        return table


def budget(
    model: Model,
    *,
    by: Literal["name", "level"] = "name",
    row: int | None = None,
    scale: ScaleOption = "auto",
    method: Literal["auto", "closed_form", "pick_freeze"] = "auto",
    draws: int = 10_000,
    seed: int = 1,
) -> Budget:
    """Return which input moves a result.

    Parameters
    ----------
    model : Product, Mean, Joint or Function
    by : str
        ``name``: an input is a random variable (``flow``, ``excretion``) with all its labels;
        ``level``: all variables of a level of the error model.
    row : int, optional
        Row, group or result asked about; needed where there are several.
    scale : str
        ``log``: of the logarithm of the result; ``natural``: of the result itself; ``rank``: of its
        place in its own distribution, for tails too heavy for a variance. ``auto``: ``log`` for
        products, means, and for functions whose first draws are all positive, else ``natural``.
    method : str
        ``closed_form``: of a product on the log scale, without draws; ``pick_freeze``: by draws;
        ``auto``: the former where it holds.
    draws : int
        Draws of each of the two sets of streams; the result is drawn (2 + 2 inputs) times.
    seed : int

    Returns
    -------
    Budget

    Raises
    ------
    UsageError
        If an option does not fit the model, several results are there and none is named, or
        nothing is known of the result.
    PrecisionError
        If the result varies in too few draws, or is not positive where its logarithm is asked for.

    Notes
    -----
    Sobol indices are about independent inputs: variables that are stated to be correlated are one
    input. First-order indices sum to at most 1, total ones to at least 1. See
    `wbe.uncertainty.sensitivity.pick_freeze` for the estimators.

    In a product ln X = ln c + sum_k s_k e_k, each share is s_k^2 Var(e_k) over their sum.

    References
    ----------
    Saltelli et al. 2010, 10.1016/j.cpc.2009.09.018
    Jansen 1999, 10.1016/S0010-4655(98)00154-4

    Examples
    --------
    >>> from wbe.uncertainty import Product, Term
    >>> from wbe.uncertainty.budgets import budget
    >>> who = np.array(["a"])
    >>> flow, people = Term("flow", "site", who, np.array([0.1])), Term("people", "site", who,
    ...     np.array([-0.2]))
    >>> b = budget(Product(np.log([200.0]), (flow, people)))
    >>> b.inputs, [round(float(s), 3) for s in b.total], b.method
    (('people', 'flow'), [0.8, 0.2], 'closed_form')
    """
    _require_options(model, by, scale, method)
    if isinstance(model, Product) and scale in ("auto", "log") and method != DRAWN:
        one = _one_row(model, row)
        if one.below is None:
            return _closed_form(one, by)
    if method == EXACT:
        raise UsageError(
            "a closed form is that of a product on the log scale without values below a limit; "
            "use method = 'pick_freeze' or 'auto'"
        )
    inputs, correlations = of_model(model, by)
    values = _one_result(model, row)
    if scale == "auto":
        positive = isinstance(model, (Product, Mean)) or _is_positive(values, seed, correlations)
        scale = "log" if positive else "natural"
    output = _logged(values) if scale == "log" else values
    return by_draws(output, inputs, draws, seed, correlations, scale)


def by_draws(
    output: Output,
    inputs: Mapping[str, Collection[str]],
    draws: int,
    seed: int,
    correlations: tuple[Correlation, ...],
    scale: Scale,
    about: Mapping[str, str] | None = None,
) -> Budget:
    """Return the budget of anything that draws from streams.

    Parameters
    ----------
    output : callable
        Takes a `Stream` and the number of a block, returns (BLOCK,): logs where `scale` is
        ``log``, any values for ``rank``.
    inputs : mapping of str to collection of str
        Input -> its variables; see `wbe.uncertainty.inputs.inputs_of`.
    draws, seed : int
    correlations : tuple of Correlation
    scale : str
        ``log``, ``natural`` or ``rank``.
    about : mapping of str to str, optional
        What the output is.

    Returns
    -------
    Budget

    Raises
    ------
    UsageError, PrecisionError
        As `wbe.uncertainty.sensitivity.pick_freeze`.
    """
    if scale == "rank":
        output = normal_scores(output, draws, seed, correlations)
    floor = 0.0 if scale == "natural" else 1.0
    found = pick_freeze(output, list(inputs.values()), draws, seed, correlations, floor)
    return _sorted(tuple(inputs), found, scale, DRAWN, draws, seed, about or {})


def _require_options(model: Model, by: str, scale: str, method: str) -> None:
    require_choice("by", by, ("name", "level"))
    if by == "level" and isinstance(model, Function):
        raise UsageError("the inputs of a function have no levels: use by = 'name'")
    require_choice("scale", scale, SCALES)
    require_choice("method", method, ("auto", EXACT, DRAWN))


def _position(n: int, row: int | None) -> int:
    if row is None and n == 1:
        return 0
    if row is None or not 0 <= row < n:
        raise UsageError(f"a budget is about one result; there are {n}: name one of them by row")
    return row


def _one_row(product: Product, row: int | None) -> Product:
    return product.take(np.array([_position(len(product), row)]))


def _closed_form(one: Product, by: str) -> Budget:
    if np.isnan(one.log_central[0]):
        raise UsageError("nothing is known of this row: it has no budget")
    inputs, _ = of_model(one, by)
    merged = variables.merged(one.terms)
    each = [
        float(np.sum(covariance([t for t in merged if t.name in own], one.correlations)))
        for own in inputs.values()
    ]
    variance = float(np.sum(each))
    share = np.array(each) / variance if variance else np.zeros(len(each))
    found = Indices(np.tile(share, (3, 1)), np.zeros((3, len(each))), variance)
    return _sorted(tuple(inputs), found, "log", EXACT, 0, 0, {})


def _one_result(model: Model, row: int | None) -> Output:
    """Return the draws of one result on the natural scale."""
    if isinstance(model, Function):
        return _picked(partial(joint.inputs_block, model), row)
    if isinstance(model, Product):
        model, row = _one_row(model, row), 0
    if isinstance(model, Mean):
        model, row = _one_group(model, _position(len(model.labels), row)), 0
    whole = model if isinstance(model, Joint) else Joint(model, lambda drawn: drawn)
    return _picked(joint.Rows(whole).block, row)


def _one_group(mean: Mean, position: int) -> Mean:
    rows = np.flatnonzero(mean.groups == mean.labels[position])
    weights = None if mean.weights is None else mean.weights[rows]
    return replace(mean, of=mean.of.take(rows), groups=mean.groups[rows], weights=weights)


def _picked(block_of: Callable[[Stream, int], Floats], row: int | None) -> Output:
    def one(stream: Stream, block: int) -> Floats:
        results = block_of(stream, block)
        return np.asarray(results[_position(len(results), row)])

    return one


def _logged(values: Output) -> Output:
    def log(stream: Stream, block: int) -> Floats:
        drawn = values(stream, block)
        if (drawn <= 0).any():
            raise PrecisionError(
                "the result is not positive in all draws and has no logarithm: use "
                "scale = 'natural'"
            )
        return np.asarray(np.log(drawn))

    return log


def _is_positive(values: Output, seed: int, correlations: tuple[Correlation, ...]) -> bool:
    first = [values(Stream(seed, correlations, replica), 0) for replica in (0, 1)]
    return all(bool((drawn > 0).all()) for drawn in first)


def _sorted(
    inputs: tuple[str, ...],
    found: Indices,
    scale: Scale,
    method: str,
    draws: int,
    seed: int,
    about: Mapping[str, str],
) -> Budget:
    _, _, total = found.values
    order = sorted(range(len(inputs)), key=lambda i: (-total[i], inputs[i]))
    (share, first, total), (share_se, first_se, total_se) = (
        x[:, order] for x in (found.values, found.errors)
    )
    return Budget(
        tuple(inputs[i] for i in order), share, first, total, share_se, first_se, total_se,
        found.variance, scale, method, draws, seed, about,
    )  # fmt: skip
