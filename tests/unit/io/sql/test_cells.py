"""Values of a database as the text of cells, and those that have none."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sql_tables import lab_file

import wbe
from wbe.errors import FindingsError
from wbe.io.sql.rows import text_of
from wbe.io.text import Refused

READ = wbe.io.read_sql


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), ("", ""), ("NA", "NA"), (1, "1"), (1.0, "1"), (0.1, "0.1"), (1e-7, "1e-07"),
        (2.0**70, "1.1805916207174113e+21"), (True, "TRUE"), (float("nan"), "nan"),
        (Decimal("0.10"), "0.10"), (Decimal("1E+3"), "1000"), (Decimal("1e-9"), "0.000000001"),
        (dt.date(2024, 3, 1), "2024-03-01"), (dt.datetime(2024, 3, 1), "2024-03-01"),
        (dt.datetime(2024, 3, 1, 9, 30), "2024-03-01 09:30:00"), (dt.time(9, 30), "09:30:00"),
        (dt.datetime(2024, 3, 1, 9, tzinfo=dt.UTC), "2024-03-01T09:00:00+00:00"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ],
)  # fmt: skip
def test_values_become_what_a_person_types(value: Any, text: str) -> None:
    assert text_of(value, ["a"], 0) == text


@given(st.one_of(st.floats(allow_nan=False), st.integers(), st.decimals(allow_nan=False)))
def test_the_text_of_a_number_is_the_same_number(value: Any) -> None:
    text = text_of(value, ["a"], 0)
    assert type(value)(text) == value


@pytest.mark.parametrize("value", [b"\x00", memoryview(b"a"), [1], {"a": 1}, dt.timedelta(1)])
def test_what_is_no_single_value_refuses_its_column(value: Any) -> None:
    with pytest.raises(Refused) as caught:
        text_of(value, ["a", "spectrum"], 1)
    assert caught.value.rule == "column_type_unsuitable"
    assert caught.value.details["column"] == "spectrum"


def test_numbers_and_nulls_are_read_as_such(tmp_path: Path) -> None:
    file = lab_file(tmp_path, {}, {"sample_id": "S2", "concentration": None, "status": "below_lod"})
    samples = READ(file, "samples", errors="reject")
    assert samples["concentration"].sel(sample="S1").item() == 120.5
    assert samples["flow"].values.tolist() == [50_000, 50_000]


def test_bytes_refuse_the_table(tmp_path: Path) -> None:
    file = lab_file(tmp_path, {"lab": b"\x01\x02"})
    with pytest.raises(FindingsError) as caught:
        READ(file, "samples")
    assert [(f.rule, f.file) for f in caught.value.findings] == [
        ("column_type_unsuitable", "lab.sqlite")
    ]


@pytest.mark.parametrize(
    ("text", "rule"), [("a\x00b", "not_text"), ("a" * 1_000_001, "cell_too_long")]
)
def test_cells_that_no_table_has_are_named_by_their_row(
    text: str, rule: str, tmp_path: Path
) -> None:
    file = lab_file(tmp_path, {}, {"sample_id": "S2", "lab": text})
    with pytest.raises(FindingsError) as caught:
        READ(file, "SELECT * FROM samples ORDER BY rowid")
    assert [(f.rule, f.line) for f in caught.value.findings] == [(rule, 3)]
