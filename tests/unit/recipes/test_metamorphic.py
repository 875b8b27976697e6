"""What must happen to intervals when inputs change in a known way: no number is stated here."""

from dataclasses import replace

import numpy as np
import pytest
from builders import build_samples

from wbe import factors
from wbe.recipes import draws, estimate
from wbe.spatial import by_area, locate
from wbe.uncertainty import LogitNormal, Product, Term, default_model, propagate

BE, METH = "benzoylecgonine", "methamphetamine"
PARTS = ("", "_lower", "_upper", "_mean")
LOADS = ("mass_load", "pn_mass_load", "consumption", "pn_consumption", "pn_doses")
CONCENTRATION = {BE: [500.0, 200.0, 80.0], METH: [90.0, 300.0, 20.0]}
FLOW, PEOPLE = np.array([5e4, 2e4, 1e4]), np.array([2e5, 6e4, 3e4])
K = 3.7


def campaign(c=1.0, q=1.0, p=1.0, **labels):
    """Three sites of one area; concentration, flow and population multiplied."""
    values = {name: [c * v for v in row] for name, row in CONCENTRATION.items()}
    labels = {"area": "T", "time": "2018-03-01", "visit": "v"} | labels
    return locate(build_samples(values, flow=(q * FLOW), population=(p * PEOPLE), **labels))


def table(result, quantity):
    """Median, ends and mean, (part, sample, analyte or pathway)."""
    return np.stack([result[quantity + part].values for part in PARTS])


def estimated(samples, **options):
    return estimate(samples, **{"draws": 1_000, "seed": 3, **options})


@pytest.fixture(scope="module")
def base():
    return estimated(campaign())


@pytest.mark.parametrize(
    ("change", "mass", "per_head"),
    [({"c": K}, K, K), ({"q": K}, K, K), ({"p": K}, 1.0, 1 / K), ({"q": K, "p": K}, K, 1.0)],
    ids=["concentration", "flow", "population", "flow and population"],
)
def test_intervals_scale_as_their_formula(base, change, mass, per_head):
    """Quantiles and mean move by the factor itself, not by about as much."""
    moved = estimated(campaign(**change))
    for quantity in LOADS:
        by = per_head if quantity.startswith("pn_") else mass
        a, b = table(base, quantity), table(moved, quantity)
        assert np.isfinite(a).any()
        assert np.allclose(b, by * a, rtol=1e-12, atol=0, equal_nan=True), quantity
    for quantity, by in (("mass_load", mass), ("pn_consumption", per_head)):
        a, b = draws(base, quantity).values, draws(moved, quantity).values
        assert np.allclose(b, by * a, rtol=1e-12, atol=0, equal_nan=True), quantity


@pytest.mark.parametrize(("change", "by"), [({"c": K}, K), ({"q": K}, K), ({"p": K}, 1 / K)])
def test_intervals_of_areas_scale_too(base, change, by):
    a, b = (by_area(r, design="plants") for r in (base, estimated(campaign(**change))))
    for name in ("value", "lower", "upper", "mean"):
        assert np.isfinite(a[name]).any()
        assert np.allclose(b[name], by * a[name], rtol=1e-12, atol=0, equal_nan=True), name


def factor_set(**columns):
    """The default factors with columns multiplied."""
    chosen = factors.load_set("default")
    rows = chosen.rows.copy()
    for name, by in columns.items():
        rows[name] = rows[name] * by
    return replace(chosen, rows=rows)


def test_a_larger_dose_is_fewer_doses_with_the_same_relative_interval(base):
    moved = estimated(campaign(), factors=factor_set(dose=K))
    a, b = table(base, "pn_doses"), table(moved, "pn_doses")
    assert np.isfinite(a).any()
    assert np.allclose(b * K, a, rtol=1e-12, atol=0, equal_nan=True)
    assert np.array_equal(table(base, "pn_consumption"), table(moved, "pn_consumption"), True)


@pytest.mark.parametrize(
    "labels",
    [{"site": ["Ost", "West", "\u5357"]}, {"time": "2018-03-08"}, {"visit": "another"}],
    ids=["sites renamed", "dates shifted by a week", "visits renamed"],
)
def test_names_change_no_bit_of_an_exact_interval(base, labels):
    moved = estimated(campaign(**labels))
    for quantity in LOADS:
        assert np.array_equal(table(base, quantity), table(moved, quantity), equal_nan=True)


SPREADS = ("analysis_bias", "repeatability", "sampling", "visit", "flow", "population")


@pytest.mark.parametrize("component", SPREADS)
def test_raising_one_error_narrows_no_interval(base, component):
    wider = estimated(campaign(), error_model=default_model().scaled(component, 1.5))
    for quantity in LOADS:
        _, low, high, _ = table(base, quantity)
        _, lower, higher, _ = table(wider, quantity)
        known = np.isfinite(low)
        assert (lower[known] <= low[known]).all() and (higher[known] >= high[known]).all()
    _, low, high, _ = table(base, "pn_mass_load")
    _, lower, higher, _ = table(wider, "pn_mass_load")
    assert (higher / lower > 1.002 * high / low).all()


def test_raising_the_spread_of_a_factor_widens_what_it_enters_alone(base):
    wider = estimated(campaign(), factors=factor_set(logit_sd=1.5))
    _, low, high, _ = table(base, "pn_consumption")
    _, lower, higher, _ = table(wider, "pn_consumption")
    known = np.isfinite(low)
    assert known.any() and (lower[known] < low[known]).all() and (higher[known] > high[known]).all()
    assert np.array_equal(table(base, "pn_mass_load"), table(wider, "pn_mass_load"), True)


@pytest.mark.parametrize("method", ["fft", "monte_carlo"])
def test_a_ratio_of_sites_knows_nothing_of_the_excretion_that_they_share(method):
    """Not one bit moves when the spread of the excretion doubles; each site's interval does."""

    def sites(spread):
        both = np.array(["a", "b"])
        shape = LogitNormal(0.3, spread)
        terms = (
            Term("excretion", "global", np.full(2, "BE"), np.full(2, -1.0), shape),
            Term("flow", "site", both, np.array([0.1, 0.2])),
        )
        return Product(np.log([3.0, 1.0]), terms)

    def ratio(spread):
        p = sites(spread)
        top, bottom = p.take(np.array([0])), p.take(np.array([1]))
        return propagate(top.over(bottom), method=method, draws=4_000)

    narrow, wide = ratio(0.2), ratio(0.4)
    assert narrow.quantiles.tobytes() == wide.quantiles.tobytes()
    assert narrow.mean.tobytes() == wide.mean.tobytes()
    own, wider = (propagate(sites(s), method=method, draws=4_000) for s in (0.2, 0.4))
    assert (wider.upper / wider.lower > 1.3 * own.upper / own.lower).all()


def exact():
    model = default_model()
    for component in SPREADS:
        model = model.scaled(component, 0)
    return model


def test_without_spread_estimates_and_areas_are_the_deterministic_ones():
    chosen = factor_set(logit_sd=0, dose_log_sd=0)
    sharp, drawn = (
        estimated(campaign(), factors=chosen, error_model=exact(), draws=n) for n in (0, 1_000)
    )
    for quantity in LOADS:
        value = sharp[quantity].values
        known = np.isfinite(value)
        assert known.any()
        assert np.abs(table(drawn, quantity)[:, known] / value[known] - 1).max() < 1e-12
    a, b = (by_area(r, design="plants") for r in (sharp, drawn))
    value = a["value"].values
    known = np.isfinite(value)
    assert known.any()
    for name in ("value", "lower", "upper", "mean"):
        assert np.abs(b[name].values[known] / value[known] - 1).max() < 1e-12


def test_a_higher_limit_lowers_no_bound():
    """A value below 4, 8 or 16 ng/L: the upper bound moves with the limit, the lower one stays."""
    found = []
    for limit in (4.0, 8.0, 16.0):
        samples = build_samples({BE: [np.nan]}, status={BE: ["below_loq"]}, loq={BE: [limit]})
        found.append(table(estimated(samples), "pn_mass_load")[1:3, 0, 0])
    lower, upper = np.array(found).T
    assert (lower == 0).all()
    assert np.allclose(upper / upper[0], [1.0, 2.0, 4.0], rtol=1e-12)
