"""Builds a samples Dataset from tidy records: the one place that does."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from wbe.errors import SchemaError
from wbe.findings import Findings
from wbe.schema.variables import (
    NUMBER_COORDS,
    OPTIONAL_NUMBER_COORDS,
    OPTIONAL_RESULT_NUMBERS,
    OPTIONAL_SAMPLE_NUMBERS,
    OPTIONAL_SAMPLE_TEXTS,
    OPTIONAL_TEXT_COORDS,
    RESULT_NUMBERS,
    SAMPLE_NUMBERS,
    TEXT_COORDS,
)

_UNKNOWN_TEXT: Final = ""


def empty(findings: Findings | None = None, files: Sequence[Mapping[str, Any]] = ()) -> xr.Dataset:
    """A samples Dataset without samples, for input of which everything was rejected.

    Parameters
    ----------
    findings : Findings, optional
    files : sequence of dict, optional

    Returns
    -------
    Dataset (sample, analyte)

    Examples
    --------
    >>> from wbe import schema
    >>> dict(schema.empty().sizes)
    {'sample': 0, 'analyte': 0}
    """
    results = pd.DataFrame({"sample": [], "analyte": [], "status": []}, dtype=object)
    samples = pd.DataFrame(index=pd.Index([], dtype=object))
    return assemble(samples, results, findings=findings, files=files)


def assemble(
    samples: pd.DataFrame,
    results: pd.DataFrame,
    *,
    findings: Findings | None = None,
    files: Sequence[Mapping[str, Any]] = (),
    qc_rows: pd.DataFrame | None = None,
    extras: Mapping[str, pd.Series] | None = None,
    consume: bool = False,
) -> xr.Dataset:
    """Build a samples Dataset from tidy records.

    Parameters
    ----------
    samples : pandas.DataFrame
        One row a sample, indexed by its id; columns are any of the sample names of `wbe.schema`.
    results : pandas.DataFrame
        One row for each result: ``sample, analyte, status``, and any of the result names.
        A pair that has no row is ``not_measured``.
    findings : Findings, optional
        Becomes an entry of ``attrs``, as do `files` and `qc_rows`.
    files : sequence of dict, optional
        Name, hash and form of each file.
    qc_rows : DataFrame, optional
        Records of quality control.
    extras : mapping of str to Series, optional
        Unknown columns: header as written to texts, indexed like `samples` or like `results`.
    consume : bool
        Whether `samples` and `results` lose each column once it has its place, to free its
        memory.

    Returns
    -------
    Dataset (sample, analyte)
        Samples and analytes in order of their code points, whatever the order of the records.

    Raises
    ------
    SchemaError
        If a pair of sample and analyte has two records, or a record names an unknown sample.

    Examples
    --------
    >>> import pandas as pd
    >>> from wbe import schema
    >>> about = pd.DataFrame({"site": ["A"], "flow": [50_000.0]}, index=["s1"])
    >>> rows = pd.DataFrame(
    ...     {"sample": ["s1"], "analyte": ["cocaine"], "status": ["quantified"],
    ...      "concentration": [500.0]}
    ... )
    >>> samples = schema.assemble(about, rows)
    >>> float(samples["concentration"].sel(sample="s1", analyte="cocaine")), dict(samples.sizes)
    (500.0, {'sample': 1, 'analyte': 1})
    """
    if not _in_order(samples.index.tolist()):
        samples = samples.loc[sorted(samples.index, key=str)]
    sample_ids = [str(i) for i in samples.index]
    analytes = sorted(str(name) for name in results["analyte"].unique())
    grid = _Grid(sample_ids, analytes, results if consume else results.copy(deep=False))
    data = xr.Dataset(coords={"sample": _text(sample_ids), "analyte": _text(analytes)})
    if not consume:
        samples = samples.copy(deep=False)
    data = data.assign_coords(_sample_coords(samples))
    stated = {
        name: unit for name, unit in {**RESULT_NUMBERS, **OPTIONAL_RESULT_NUMBERS}.items()
        if name in RESULT_NUMBERS or (name in results and bool(results[name].notna().any()))
    }  # fmt: skip
    # limits first: most often they take less memory than they give back
    arrays = {name: grid.numbers(name, unit) for name, unit in reversed(stated.items())}
    for name in stated:
        data[name] = arrays.pop(name)
    data["status"] = grid.texts("status", "not_measured")
    data["source_file"] = grid.integers("source_file", grid.numbering("source_file"))
    data["source_line"] = grid.integers("source_line", np.int32)
    if "analysis_method" in grid.results:
        data["analysis_method"] = grid.texts("analysis_method", _UNKNOWN_TEXT)
    data = data.assign(_sample_variables(samples))
    data = data.assign(_extras(extras or {}, samples, grid))
    data.attrs = {
        "files": [dict(file) for file in files],
        "findings": findings if findings is not None else Findings(),
        "qc_rows": qc_rows if qc_rows is not None else pd.DataFrame(),
    }
    return data


def numbering(count: int) -> type[np.signedinteger[Any]]:
    """Type of the numbers of files or tables, of which every result keeps one.

    Parameters
    ----------
    count : int

    Returns
    -------
    type
        int16 as long as it holds them and -1 for none, int32 above.

    Examples
    --------
    >>> from wbe import schema
    >>> schema.numbering(12).__name__, schema.numbering(40_000).__name__
    ('int16', 'int32')
    """
    return np.int16 if count - 1 <= np.iinfo(np.int16).max else np.int32


def _in_order(ids: list[Any]) -> bool:
    return all(str(a) < str(b) for a, b in itertools.pairwise(ids))


def _text(values: Sequence[str] | np.ndarray) -> np.ndarray:
    return np.asarray([str(v) for v in values], dtype=np.str_)


_MANY: Final = 1_000_000
"""Cells from which an array of texts holds references instead of every letter."""


class _Grid:
    """Places records in a (sample, analyte) array."""

    def __init__(self, samples: list[str], analytes: list[str], results: pd.DataFrame):
        self.results = results
        self.shape = (len(samples), len(analytes))
        self.row = _positions(results["sample"], samples)
        self.column = _positions(results["analyte"], analytes)
        if (self.row < 0).any():
            raise SchemaError("a result names a sample that has no record")
        seen = self._filled(True, False, bool)
        if int(seen.sum()) != len(results):
            raise SchemaError("a sample has two results of one analyte; join duplicates first")

    def _filled(self, values: Any, background: Any, dtype: Any) -> np.ndarray:
        array = np.full(self.shape, background, dtype=dtype)
        for first in range(0, len(self.row), _MANY):  # numpy widens the indexes it is given
            part = slice(first, first + _MANY)
            some = values[part] if isinstance(values, np.ndarray) else values
            array[self.row[part], self.column[part]] = some
        return array

    def numbers(self, name: str, unit: str) -> xr.DataArray:
        """A variable of numbers; what is the same throughout takes no memory and is read only."""
        if name in self.results:
            values = self.results.pop(name).to_numpy(dtype=float)
            array = self._by_analyte(values)
            if array is None:
                array = self._filled(values, np.nan, float)
        else:
            array = np.broadcast_to(np.float64(np.nan), self.shape)
        return xr.DataArray(array, dims=("sample", "analyte"), attrs={"units": unit})

    def _by_analyte(self, values: np.ndarray) -> np.ndarray | None:
        """Many values that are the same for all samples, such as limits, kept once an analyte."""
        if len(values) <= _MANY or len(values) < self.shape[0] * self.shape[1]:
            return None
        known = np.full(self.shape[1], np.nan)
        known[self.column[:_MANY]] = values[:_MANY]
        for first in range(0, len(values), _MANY):
            part = slice(first, first + _MANY)
            if not np.array_equal(values[part], known[self.column[part]], equal_nan=True):
                return None
        return np.broadcast_to(known, self.shape)

    def numbering(self, name: str) -> type[np.signedinteger[Any]]:
        """Type that holds the numbers of a column; see `numbering`."""
        largest = self.results[name].max() if name in self.results and len(self.results) else -1
        return numbering(int(largest) + 1)

    def integers(self, name: str, dtype: Any) -> xr.DataArray:
        values = self.results[name].to_numpy(dtype=dtype) if name in self.results else -1
        return xr.DataArray(self._filled(values, -1, dtype), dims=("sample", "analyte"))

    def texts(self, name: str, background: str) -> xr.Variable:
        values = self.results[name].astype("category")
        known = _text([*values.cat.categories.tolist(), background])
        if self.shape[0] * self.shape[1] > _MANY:
            known = known.astype(object)
        codes = values.cat.codes.to_numpy()
        numbers = self._filled(codes, len(known) - 1, np.min_scalar_type(-len(known)))
        # fastpath: xarray would pass references through a pandas column, which copies every text
        return xr.Variable(("sample", "analyte"), known[numbers], fastpath=True)


def _positions(names: pd.Series, known: list[str]) -> np.ndarray:
    """Position of each name; -1 where it is not known."""
    dtype = np.min_scalar_type(-max(1, len(known)))
    categories = names.astype("category").cat
    of_category = pd.Index(known).get_indexer(pd.Index(categories.categories.astype(str)))
    of_category = of_category.astype(dtype)
    codes = categories.codes.to_numpy()
    if (of_category == np.arange(len(of_category))).all():
        return codes
    return of_category[codes]


def _sample_coords(samples: pd.DataFrame) -> dict[str, Any]:
    """Coordinates of samples; texts are taken out of the table, to be in memory once."""
    n = len(samples)
    coords: dict[str, Any] = {}
    for name in (*TEXT_COORDS, *OPTIONAL_TEXT_COORDS):
        texts = samples.pop(name).tolist() if name in samples else [""] * n
        if name in TEXT_COORDS or any(texts):
            coords[name] = ("sample", _text(texts))
    times = samples["time"] if "time" in samples else pd.Series([None] * n, dtype="object")
    coords["time"] = ("sample", pd.to_datetime(times).to_numpy().astype("datetime64[s]"))
    for name, unit in {**NUMBER_COORDS, **OPTIONAL_NUMBER_COORDS}.items():
        values = samples[name].to_numpy(float) if name in samples else np.full(n, np.nan)
        if name in NUMBER_COORDS or np.isfinite(values).any():
            coords[name] = ("sample", values, {"units": unit})
    return coords


def _sample_variables(samples: pd.DataFrame) -> dict[str, Any]:
    n = len(samples)
    found: dict[str, Any] = {}
    for name, unit in {**SAMPLE_NUMBERS, **OPTIONAL_SAMPLE_NUMBERS}.items():
        values = samples[name].to_numpy(float) if name in samples else np.full(n, np.nan)
        if name in SAMPLE_NUMBERS or np.isfinite(values).any():
            found[name] = ("sample", values, {"units": unit})
    for name in OPTIONAL_SAMPLE_TEXTS:
        if name in samples and any(samples[name]):
            found[name] = ("sample", _text(samples[name].tolist()))
    return found


def _extras(extras: Mapping[str, pd.Series], samples: pd.DataFrame, grid: _Grid) -> dict[str, Any]:
    """Unknown columns, numbered in order of their headers."""
    found: dict[str, Any] = {}
    for number, header in enumerate(sorted(extras), start=1):
        series, attrs = extras[header], {"long_name": header}
        if series.index.equals(samples.index) or set(series.index) == set(samples.index):
            texts = _text(series.reindex(samples.index).tolist())
            found[f"extra_{number}"] = ("sample", texts, attrs)
        else:
            values = _text(series.tolist())
            array = np.full(grid.shape, "", dtype=values.dtype)
            array[grid.row, grid.column] = values
            found[f"extra_{number}"] = (("sample", "analyte"), array, attrs)
    return found
