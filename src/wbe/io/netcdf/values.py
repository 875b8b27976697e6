"""Values of attributes as JSON and back: what JSON has no word for is spelt out, nothing is lost.

Text, numbers, lists and objects look as JSON always does. A tuple, a table, findings, an array, a
time or a number that is not finite is an object with one key that begins with ``__``.
"""

from __future__ import annotations

import datetime
import json
import math
from typing import Any, Final

from wbe.errors import UsageError
from wbe.findings import COLUMNS, Finding, Findings
from wbe.io.plausibility.places import Sheets
from wbe.names import both

_TAGS: Final = ("__tuple__", "__set__", "__dict__", "__float__", "__array__", "__time__",
                "__table__", "__bytes__", "__not_a_time__", "__sheets__")  # fmt: skip


def as_json(value: Any) -> str:
    """One text for one value.

    Parameters
    ----------
    value : object
        Text, numbers, None, times, arrays, tables, findings, and lists, tuples, sets and mappings
        of them.

    Returns
    -------
    str
        Strict JSON; keys in order.

    Raises
    ------
    UsageError
        If it is, or holds, an object of another kind.

    Examples
    --------
    >>> as_json({"b": (1, None), "a": float("nan")})
    '{"a": {"__float__": "nan"}, "b": {"__tuple__": [1, null]}}'
    """
    plain = _plain(value)
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return text if is_utf8(text) else json.dumps(plain, sort_keys=True, allow_nan=False)


def is_utf8(text: str) -> bool:
    """Whether a text can be written as UTF-8; half a surrogate pair cannot.

    Examples
    --------
    >>> is_utf8("样品"), is_utf8(chr(0xD800))
    (True, False)
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def from_json(text: str) -> Any:
    """The value that `as_json` wrote.

    Raises
    ------
    ValueError
        If the text is none of `as_json`.

    Examples
    --------
    >>> from_json(as_json({"b": (1, None)}))
    {'b': (1, None)}
    """
    try:
        return _value(json.loads(text))
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"no value of this package: {type(error).__name__}") from None


def _plain(value: Any) -> Any:
    import numpy as np

    if value is None or isinstance(value, bool | int | str):
        return str(value) if isinstance(value, np.str_) else value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"__float__": repr(float(value))}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, tuple):
        return {"__tuple__": [_plain(v) for v in value]}
    if isinstance(value, set | frozenset):
        return {"__set__": sorted((_plain(v) for v in value), key=lambda v: json.dumps(v))}
    if isinstance(value, dict):
        return _plain_object(value)
    return _plain_other(value)


def _plain_object(value: dict[Any, Any]) -> Any:
    """A mapping; one whose keys JSON would turn into text is a list of pairs."""
    if all(type(key) is str and not key.startswith("__") for key in value):
        return {key: _plain(v) for key, v in value.items()}
    return {"__dict__": [[_plain(key), _plain(v)] for key, v in value.items()]}


def _plain_other(value: Any) -> Any:
    import numpy as np
    import pandas as pd

    if isinstance(value, Sheets):
        return {"__sheets__": list(value.stated())}
    if isinstance(value, Findings):
        return {"__findings__": 1, **_of_findings(value)}
    if isinstance(value, pd.DataFrame):
        return {"__table__": _of_table(value)}
    if value is pd.NaT:
        return {"__not_a_time__": True}
    if isinstance(value, datetime.datetime | datetime.date):
        return {"__time__": [type(value).__name__, value.isoformat()]}
    if isinstance(value, np.datetime64 | np.timedelta64):
        return {"__array__": [value.dtype.str, None, int(value.astype("int64"))]}
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, np.ndarray):
        flat = value.astype("int64") if value.dtype.kind in "mM" else value
        return {"__array__": [value.dtype.str, list(value.shape), _plain(flat.ravel().tolist())]}
    if isinstance(value, bytes):
        return {"__bytes__": value.hex()}
    raise UsageError(both("netcdf.object", found=type(value).__name__))


def _of_findings(findings: Findings) -> dict[str, Any]:
    """As `Findings.to_json`, in the order in which they were noticed and with their words."""
    rows = [{**f.as_dict(), "details": [list(pair) for pair in f.details]} for f in findings]
    return {"findings": rows, "summary": findings.summary()}


def _of_table(table: Any) -> dict[str, Any]:
    import pandas as pd

    columns = [[_plain(name), str(table.dtypes.iloc[i]), _plain(table.iloc[:, i].tolist())]
               for i, name in enumerate(table.columns)]  # fmt: skip
    numbered = isinstance(table.index, pd.RangeIndex) and table.index.equals(
        pd.RangeIndex(len(table))
    )
    index = None if numbered else [str(table.index.dtype), _plain(table.index.tolist())]
    return {"columns": columns, "rows": len(table), "index": index}


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_value(v) for v in plain]
    if not isinstance(plain, dict):
        return plain
    if plain.get("__findings__"):
        return _findings(plain)
    tag = next(iter(plain), "")
    if len(plain) != 1 or tag not in _TAGS:
        return {key: _value(v) for key, v in plain.items()}
    return _tagged(tag, plain[tag])


def _tagged(tag: str, held: Any) -> Any:
    import pandas as pd

    simple = {
        "__tuple__": lambda: tuple(_value(v) for v in held),
        "__set__": lambda: {_value(v) for v in held},
        "__dict__": lambda: {_value(key): _value(v) for key, v in held},
        "__float__": lambda: float(held),
        "__bytes__": lambda: bytes.fromhex(held),
        "__not_a_time__": lambda: pd.NaT,
        "__time__": lambda: _time(*held),
        "__array__": lambda: _array(*held),
        "__table__": lambda: _table(held),
        "__sheets__": lambda: _sheets(*held),
    }
    return simple[tag]()


def _time(kind: str, text: str) -> Any:
    import pandas as pd

    made = {"Timestamp": pd.Timestamp, "datetime": datetime.datetime.fromisoformat,
            "date": datetime.date.fromisoformat}  # fmt: skip
    return made[kind](text)


def _array(dtype: str, shape: list[int] | None, values: Any) -> Any:
    import numpy as np

    if shape is None:
        return np.int64(values).view(dtype)
    times = np.dtype(dtype).kind in "mM"
    made = np.array(_value(values), dtype="int64" if times else dtype)
    return (made.astype(dtype) if times else made).reshape(shape)


def _sheets(
    samples: list[str], analytes: list[str], table: list[list[int]], names: list[str]
) -> Sheets:
    import numpy as np

    numbers = np.array(table, dtype=int).reshape(len(samples), len(analytes))
    return Sheets(samples, analytes, numbers, names)


def _table(held: dict[str, Any]) -> Any:
    import pandas as pd

    index = None
    if held["index"] is not None:
        index = pd.Index(_value(held["index"][1]), dtype=held["index"][0])
    rows = pd.RangeIndex(held["rows"]) if index is None else index
    columns = [pd.Series(_value(values), index=rows, dtype=dtype)
               for _, dtype, values in held["columns"]]  # fmt: skip
    table = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=rows)
    table.columns = pd.Index([_value(name) for name, _, _ in held["columns"]]) if columns else (
        pd.DataFrame().columns
    )  # fmt: skip
    return table


def _findings(plain: dict[str, Any]) -> Findings:
    rows = (
        Finding(**{name: row[name] for name in COLUMNS},
                details=tuple((key, word) for key, word in row["details"]))
        for row in plain["findings"]
    )  # fmt: skip
    return Findings(rows, plain["summary"]["rows"], plain["summary"]["accepted"])
