"""Whatever a Dataset holds comes back from NetCDF as it was, in every type and letter."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wbe.findings import Findings
from wbe.io import read_netcdf, write_netcdf

NUMBERS = ("f8", "f4", "f2", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?", "M8[s]",
           "M8[ms]", "M8[us]", "M8[ns]", "m8[s]", "m8[ns]")  # fmt: skip
LETTERS = st.text(
    st.one_of(st.sampled_from("样品 水,;=|'\"\n甲"), st.characters(exclude_characters="\x00")),
    max_size=6,
)
ODD = st.one_of(LETTERS, st.none(), st.just(float("nan")), st.integers(), st.booleans(),
                st.just("end\x00"), st.lists(st.integers(0, 3), max_size=2))  # fmt: skip
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
NESTED = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3),
        st.tuples(inner, inner), st.dictionaries(st.integers(0, 9), inner, max_size=2),
    ),
    max_leaves=6,
)  # fmt: skip
ATTRS = st.dictionaries(st.text(min_size=1, max_size=12), NESTED, max_size=4)
NAMES = st.one_of(st.sampled_from(["status", "time", "string3", "variable_1", "lon", "备注 1"]),
                  st.text(min_size=1, max_size=8))  # fmt: skip
SIZES = st.fixed_dictionaries(
    {"sample": st.integers(0, 3), "analyte": st.integers(0, 3), "途径": st.integers(1, 2)}
)


@st.composite
def arrays(draw: Any, shape: tuple[int, ...]) -> np.ndarray:
    kind = draw(st.sampled_from((*NUMBERS, "U", "O")))
    if kind == "U":
        flat = draw(st.lists(LETTERS, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
        return np.array(flat, dtype=draw(st.sampled_from(["U6", "U9"]))).reshape(shape)
    if kind == "O":
        count = int(np.prod(shape))
        values = np.empty(count, dtype=object)
        values[:] = draw(st.lists(ODD, min_size=count, max_size=count))
        return values.reshape(shape)
    return draw(hnp.arrays(np.dtype(kind), shape))


@st.composite
def datasets(draw: Any) -> xr.Dataset:
    sizes = draw(SIZES)
    dims = tuple(sizes)
    variables = {}
    for name in draw(st.lists(NAMES.filter(lambda n: n not in dims), max_size=4, unique=True)):
        own = tuple(d for d in dims if draw(st.booleans()))
        values = draw(arrays(tuple(sizes[d] for d in own)))
        variables[name] = xr.Variable(own, values, draw(ATTRS))
    is_coord = {name: draw(st.booleans()) for name in variables}
    coords = {n: v for n, v in variables.items() if is_coord[n]}
    labels = [f"样{i}" for i in range(sizes["sample"])]
    coords["sample"] = xr.Variable(("sample",), np.array(labels, dtype="U3"))
    return xr.Dataset({n: v for n, v in variables.items() if not is_coord[n]}, coords, draw(ATTRS))


def through(data: xr.Dataset) -> xr.Dataset:
    with tempfile.TemporaryDirectory() as folder:
        write_netcdf(data, Path(folder) / "x.nc")
        first = (Path(folder) / "x.nc").read_bytes()
        back = read_netcdf(Path(folder) / "x.nc")
        write_netcdf(back, Path(folder) / "y.nc")
        assert (Path(folder) / "y.nc").read_bytes() == first
    return back


def same(one: Any, other: Any) -> bool:
    """Equal, of one type, and NaN where NaN was."""
    if isinstance(one, pd.DataFrame):
        return one.equals(other)
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (one != one and other != other)


def assert_same(back: xr.Dataset, data: xr.Dataset) -> None:
    assert list(back.coords) == list(data.coords) and list(back.data_vars) == list(data.data_vars)
    assert dict(back.sizes) == dict(data.sizes) and same(back.attrs, data.attrs)
    for name, variable in data.variables.items():
        other = back.variables[name]
        assert other.dims == variable.dims and other.dtype == variable.dtype, name
        assert same(other.attrs, variable.attrs), name
        if variable.dtype.kind == "O":
            assert same(other.values.tolist(), variable.values.tolist()), name
        else:
            is_time = variable.dtype.kind in "mM"
            values = [v.values.astype("i8") if is_time else v.values for v in (other, variable)]
            np.testing.assert_array_equal(*values, err_msg=str(name))


@given(datasets())
def test_a_dataset_comes_back_as_it_was_and_gives_the_same_bytes_again(data: xr.Dataset) -> None:
    assert_same(through(data), data)


STATUSES = ("quantified", "below_lod", "below_loq", "not_measured")


@st.composite
def samples(draw: Any) -> xr.Dataset:
    """Samples as `wbe.schema` has them, with flags, tables and findings beside."""
    from wbe import schema

    count = draw(st.integers(1, 4))
    ids = draw(st.lists(LETTERS.filter(bool), min_size=count, max_size=count, unique=True))
    some = st.floats(0.1, 1e6)
    about = pd.DataFrame(
        {
            "site": draw(st.lists(LETTERS, min_size=count, max_size=count)),
            "time": draw(st.lists(st.one_of(st.none(), st.just(pd.Timestamp("2018-03-05T09:00"))),
                                  min_size=count, max_size=count)),
            "flow": draw(st.lists(st.one_of(st.just(np.nan), some), min_size=count,
                                  max_size=count)),
            "lon": draw(st.lists(st.one_of(st.just(np.nan), st.floats(70, 130)), min_size=count,
                                 max_size=count)),
        },
        index=ids,
    )  # fmt: skip
    about["lat"] = np.where(about["lon"].notna(), 23.0, np.nan)
    rows = pd.DataFrame({"sample": ids, "analyte": "cocaine"})
    rows["status"] = draw(st.lists(st.sampled_from(STATUSES), min_size=count, max_size=count))
    rows["concentration"] = np.where(rows["status"] == "quantified", draw(some), np.nan)
    rows["lod"] = draw(some)
    findings = Findings(rows=count, accepted=count)
    findings.add("comma_in_number", file="样.csv", line=3, value="1,250")
    controls = pd.DataFrame({"kind": ["blank"], "value": [draw(some)]})
    files = [{"name": "样.csv", "sha256": "ab"}]
    return schema.assemble(about, rows, findings=findings, qc_rows=controls, files=files)


@given(samples())
def test_samples_come_back_with_their_findings_and_control_rows(data: xr.Dataset) -> None:
    assert_same(through(data), data)
