"""The composite index: a sum of doses whose weights are printed, and what it owes to them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wbe.backcalc import (
    alternatives,
    assumed,
    composite_index,
    weight_sensitivity,
    weights_from,
)
from wbe.errors import MissingFactorError, UsageError
from wbe.uncertainty import Product, Term

DRUGS = ("cocaine", "MDMA", "THC", "ketamine")
AREAS = ("a", "b", "c")
USED = np.array([[448.75, 20.0, 100.0, 5.0], [100.0, 90.0, 130.0, 5.0], [10.0, 1.0, 1.0, 9.0]])
MINE = {"cocaine": "cocaine|Zuccato2008", "MDMA": "MDMA|ACIC", "THC": "THC|ACIC"}


def weights(name: str = "mine", **doses: str):
    return weights_from(doses or MINE, name)


def test_the_index_is_the_sum_of_doses() -> None:
    found = composite_index(USED, AREAS, DRUGS, weights(), seed=1)
    assert found.value == pytest.approx([4.4875 + 0.2 + 12.5, 1 + 0.9 + 16.25, 0.1 + 0.01 + 0.125])
    assert found.rank.tolist() == [2, 1, 3]
    assert found.shares.sum(axis=1) == pytest.approx(1.0)
    assert found.left_out == ("ketamine",) and np.isnan(found.lower).all()


def test_weights_and_what_is_left_out_are_printed() -> None:
    printed = str(composite_index(USED, AREAS, DRUGS, weights(), seed=1))
    assert "THC: 0.125 dose/mg (a dose is 8 mg; ACIC)" in printed
    assert "left out, no dose: ketamine" in printed and "90% THC" in printed


@given(
    arrays(float, (4, 3), elements=st.floats(0.01, 1e4)),
    st.permutations(range(4)),
    st.floats(0.01, 100.0),
)
def test_order_of_areas_and_unit_of_doses_change_nothing(used, order, by) -> None:
    areas, drugs = "wxyz", DRUGS[:3]
    plain = composite_index(used, areas, drugs, weights(), seed=1)
    other = composite_index(used[order], [areas[k] for k in order], drugs, weights(), seed=1)
    assert other.value == pytest.approx(plain.value[list(order)])
    scaled = composite_index(used * by, areas, drugs, weights(), seed=1)
    assert scaled.value == pytest.approx(plain.value * by)
    # one drug alone: the index ranks as the drug does, whatever its dose
    one = weights_from({"MDMA": "MDMA|ACIC"}, "one")
    moved = weight_sensitivity(used, areas, drugs, one).moved
    assert (moved == 0).all()


def test_a_missing_drug_is_not_a_zero() -> None:
    with pytest.raises(MissingFactorError, match="THC"):
        composite_index(USED[:, :2], AREAS, DRUGS[:2], weights(), seed=1)
    unknown = USED.copy()
    unknown[0, 1] = np.nan
    found = composite_index(unknown, AREAS, DRUGS, weights(), seed=1)
    assert np.isnan(found.value[0]) and np.isnan(found.rank[0])
    assert found.rank[1:].tolist() == [1, 2] and "a: unknown" in str(found)
    for bad in (-USED, USED[:2]):
        with pytest.raises(UsageError):
            composite_index(bad, AREAS, DRUGS, weights(), seed=1)


def test_drugs_without_a_dose_have_no_weight() -> None:
    with pytest.raises(MissingFactorError):
        weights(ketamine="ketamine|ACIC")
    with pytest.raises(UsageError, match="dose of MDMA"):
        weights(cocaine="MDMA|ACIC")
    with pytest.raises(UsageError, match="at least one"):
        weights_from({}, "none")
    with pytest.raises(UsageError, match="weight is a dose"):
        weights_from({"MDMA": assumed("amount", "1 mg/day", source="s")}, "odd")
    stated = weights_from({"ketamine": assumed("dose", "100 mg/dose", source="survey")}, "own")
    assert stated.per_mg == pytest.approx([0.01])


def test_ranks_under_each_alternative_set_of_weights() -> None:
    """THC of 8 or of 125 mg a dose: the order of the two highest areas turns round."""
    found = weight_sensitivity(USED, AREAS, DRUGS, weights())
    by_name = dict(zip(found.names, found.rank.tolist(), strict=True))
    assert by_name["mine"] == [2, 1, 3]
    assert by_name["THC: THC|Zuccato2008, 125 mg"] == [1, 2, 3]
    assert by_name["without THC"] == [1, 2, 3]
    assert found.span[0].tolist() == [1, 1, 3] and found.span[1].tolist() == [2, 2, 3]
    moved = dict(zip(found.names, found.moved.tolist(), strict=True))
    assert moved["mine"] == 0 and moved["THC: THC|Zuccato2008, 125 mg"] == 2
    assert "125 mg: 1 2 3 (2 moved)" in str(found)


def test_alternatives_are_all_other_doses_of_the_table() -> None:
    names = {one.name for one in alternatives(weights())}
    assert {"cocaine: cocaine|UF2019, 50 mg", "cocaine: high end of cocaine|Zuccato2008, 200 mg",
            "MDMA: low end of MDMA|ACIC, 60 mg", "without MDMA"} <= names  # fmt: skip
    assert not any("100 mg" in name for name in names)  # that of the index itself
    changed = [one for one in alternatives(weights()) if not one.name.startswith("without")]
    own = weights()
    for one in changed:
        differs = [d for d in own.drugs if one.doses[d].value != own.doses[d].value]
        assert len(differs) == 1 and one.name.startswith(differs[0])


def test_chosen_sets_can_be_compared() -> None:
    other = weights("other", cocaine="cocaine|UF2019", THC="THC|Zuccato2008")
    found = weight_sensitivity(USED, AREAS, DRUGS, weights(), [other])
    assert found.names == ("mine", "other")
    assert found.value[1] == pytest.approx(USED[:, 0] / 50 + USED[:, 2] / 125)


def product(shared: float, own: float) -> Product:
    areas = np.repeat(AREAS, len(DRUGS))
    drugs = np.tile(DRUGS, len(AREAS))
    n = areas.size
    each = np.array([f"{a}|{d}" for a, d in zip(areas, drugs, strict=True)])
    return Product(
        np.log(USED).ravel(),
        (Term("flow", "site", areas, np.full(n, shared)), Term("lab", "sample", each,
                                                               np.full(n, own))),
    )  # fmt: skip


def test_errors_that_drugs_share_do_not_average_out() -> None:
    """A flow error of 0.2 is one of 0.2 in the sum; own errors of the drugs partly cancel."""
    shared = composite_index(product(0.2, 0.0), AREAS, DRUGS, weights(), draws=20_000, seed=3)
    assert np.log(shared.upper / shared.lower) == pytest.approx(2 * 1.96 * 0.2, rel=0.04)
    own = composite_index(product(0.0, 0.2), AREAS, DRUGS, weights(), draws=20_000, seed=3)
    quadrature = 0.2 * np.sqrt((own.shares**2).sum(axis=1))
    assert np.log(own.upper / own.lower) == pytest.approx(2 * 1.96 * quadrature, rel=0.05)
    assert shared.value == pytest.approx(own.value, rel=0.03)
    assert (own.rank_lower <= own.rank).all() and (own.rank <= own.rank_upper).all()
    again = composite_index(product(0.0, 0.2), AREAS, DRUGS, weights(), draws=20_000, seed=3)
    assert (again.lower == own.lower).all() and own.seed == 3 and own.draws == 20_000


def test_what_all_areas_share_moves_no_rank() -> None:
    n = USED.size
    rows = Product(
        np.log(USED).ravel(), (Term("excretion", "global", np.full(n, "x"), np.full(n, 1.0)),)
    )
    found = composite_index(rows, AREAS, DRUGS, weights(), draws=2_000, seed=1)
    assert (found.rank_lower == found.rank).all() and (found.rank_upper == found.rank).all()
