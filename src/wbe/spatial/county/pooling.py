"""What pooling did to each town: the model's mean beside the simple one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wbe import names
from wbe.errors import UsageError
from wbe.spatial.county.posterior import CountyPosterior, Floats
from wbe.spatial.levels import MIN_SITES

INTERVAL = (0.025, 0.5, 0.975)


@dataclass(frozen=True)
class TopTown:
    """The town with the highest simple mean, and what pooling takes off it.

    Attributes
    ----------
    area : str
    simple, model : float
        Its simple geometric mean and the model's median [unit of the quantity].
    pulled : float
        ln(simple) - ln(model) [1].
    understated : float
        By how much the medians are expected to understate the town that is truly highest,
        whichever it is [1, log scale].
    """

    area: str
    simple: float
    model: float
    pulled: float
    understated: float

    def __str__(self) -> str:
        return self.sentence("en")

    def sentence(self, language: str) -> str:
        """Return what pooling did, as a sentence in ``en`` or ``zh``."""
        return names.text(
            "county.top_town", language, area=self.area, simple=f"{self.simple:.3g}",
            model=f"{self.model:.3g}", pulled=f"{-self.pulled:+.2f}",
            understated=f"{self.understated:.2f}", factor=f"{np.exp(self.understated):.2g}",
        )  # fmt: skip


def shrinkage(posterior: CountyPosterior, round_: int | str = -1) -> pd.DataFrame:
    """Return each town's simple mean beside the model's typical and visit values.

    Parameters
    ----------
    posterior : CountyPosterior
    round_ : int or str
        Number or label of the round; the last where not given.

    Returns
    -------
    DataFrame
        area, n_points, n_censored, simple (geometric mean of the points, non-detects at their
        limit), typical_lower, typical, typical_upper, visit_lower, visit, visit_upper [unit of
        the quantity], pulled (ln simple - ln visit) [1], status: ``""``, ``insufficient`` below
        three points, ``no_data``.

    Raises
    ------
    UsageError
        If the posterior has no round of that label.

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.spatial import county
    >>> at = np.arange(9)
    >>> loads = np.log([20.0, 25.0, 30.0, 60.0, 70.0, 90.0, 8.0, 10.0, 9.0])
    >>> data = county.CountyData(
    ...     loads, censored=at < 0, town=at // 3, round=at * 0, point=at, kind=at * 0,
    ...     n_towns=3, n_rounds=1, n_points=9,
    ... )
    >>> found = county.sample_posterior(data, seed=1, draws=400, unconverged="flag")
    >>> county.shrinkage(found)[["n_points", "simple", "typical"]].round(0)
       n_points  simple  typical
    0         3    25.0     25.0
    1         3    72.0     63.0
    2         3     9.0     11.0
    """
    round_ = _number(posterior, round_)
    at = {"typical": posterior.typical_of_round[:, round_], "visit": posterior.visit[:, round_]}
    areas = posterior.areas or tuple(str(k) for k in range(posterior.typical.shape[1]))
    n = posterior.n_points[round_]
    status = np.where(n == 0, "no_data", np.where(n < MIN_SITES, "insufficient", ""))
    columns: dict[str, object] = {
        "area": list(areas), "n_points": n, "n_censored": posterior.n_censored[round_],
        "simple": np.exp(posterior.plain[round_]),
    }  # fmt: skip
    for name, draws in at.items():
        lower, middle, upper = np.exp(np.quantile(draws, INTERVAL, axis=0))
        columns |= {f"{name}_lower": lower, name: middle, f"{name}_upper": upper}
    columns["pulled"] = posterior.plain[round_] - np.median(at["visit"], axis=0)
    return pd.DataFrame({**columns, "status": status})


def top_town(posterior: CountyPosterior, round_: int | str = -1) -> TopTown | None:
    """Return the town with the highest simple mean of at least three points, and its pooling.

    Parameters
    ----------
    posterior : CountyPosterior
    round_ : int or str
        Number or label of the round; the last where not given.

    Returns
    -------
    TopTown or None
        None where no town has three points.

    Raises
    ------
    UsageError
        If the posterior has no round of that label.

    Notes
    -----
    understated = E[ln theta_top - median(ln theta_top)], top the highest town of each draw: the
    posterior's own account of what shrinking the extremes costs. Averaged over simulated counties
    it is the error at the truly highest town (tests/simulation/test_county_model.py).

    Examples
    --------
    >>> import numpy as np
    >>> from wbe.spatial import county
    >>> at = np.arange(9)
    >>> loads = np.log([20.0, 25.0, 30.0, 60.0, 70.0, 90.0, 8.0, 10.0, 9.0])
    >>> data = county.CountyData(
    ...     loads, censored=at < 0, town=at // 3, round=at * 0, point=at, kind=at * 0,
    ...     n_towns=3, n_rounds=1, n_points=9,
    ... )
    >>> found = county.sample_posterior(data, seed=1, draws=400, unconverged="flag")
    >>> top = county.top_town(found)
    >>> top.area, round(top.simple), round(top.model)
    ('1', 72, 63)
    """
    round_ = _number(posterior, round_)
    table = shrinkage(posterior, round_)
    valid = table[table["status"] == ""]
    if not len(valid):
        return None
    top = int(valid["simple"].to_numpy().argmax())
    simple, model = (float(valid[name].iloc[top]) for name in ("simple", "typical"))
    name, pulled = str(valid["area"].iloc[top]), float(np.log(simple / model))
    return TopTown(
        name, simple, model, pulled, understatement(posterior.typical_of_round[:, round_])
    )


def understatement(log_values: Floats) -> float:
    """Return by how much medians understate the highest of several values, as expected [1].

    Parameters
    ----------
    log_values : ndarray (draw, town)

    Returns
    -------
    float
    """
    top = log_values.argmax(axis=1)
    return float((log_values.max(axis=1) - np.median(log_values, axis=0)[top]).mean())


def _number(posterior: CountyPosterior, round_: int | str) -> int:
    if isinstance(round_, int):
        return round_
    if round_ not in posterior.rounds:
        raise UsageError(f"no round {round_!r}; the rounds are {', '.join(posterior.rounds)}")
    return posterior.rounds.index(round_)
