"""EUDA's shape read, written and read: every load of every day, whatever the table."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import wbe
from wbe.io import write_euda
from wbe.io.euda.write import header
from wbe.io.words import load

DAYS = load("euda")["days"]
LOADS = st.one_of(
    st.sampled_from(["", " ", "NA", "0", "0.00", "12", "12.50", "1e-05"]),
    st.floats(min_value=1e-12, max_value=1e12).map(repr),
    st.decimals(min_value="0.01", max_value=9999, places=2).map(str),
)
CITIES = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="|\ufeff"),
    min_size=1, max_size=12,
).filter(lambda text: not text.startswith("'"))  # fmt: skip
WEEKS = st.dictionaries(
    st.tuples(
        st.integers(2011, 2030).map(str), st.sampled_from(sorted(load("euda")["residues"])),
        st.sampled_from(["XX", "YY"]), CITIES,
    ),
    st.lists(LOADS, min_size=7, max_size=7),
    min_size=1, max_size=6,
)  # fmt: skip


def as_published(weeks: dict[tuple[str, ...], list[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header())
    for (year, name, country, city), loads in weeks.items():
        writer.writerow([year, name, f"{country}001", country, city, *loads, "", "", ""])
    return buffer.getvalue().encode()


def says_something(weeks: dict[tuple[str, ...], list[str]]) -> bool:
    return any(text.strip() not in ("", "NA") for loads in weeks.values() for text in loads)


@settings(max_examples=12)  # three reads of a file each
@given(WEEKS.filter(says_something))
def test_every_load_comes_back_and_the_second_copy_is_the_first(
    weeks: dict[tuple[str, ...], list[str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        published, first, second = (Path(folder) / name for name in ("a.csv", "b.csv", "c.csv"))
        published.write_bytes(as_published(weeks))
        samples = wbe.read(published)
        write_euda(samples, first)
        again = wbe.read(first)
        write_euda(again, second)
        assert second.read_bytes() == first.read_bytes()
    assert again["sample"].values.tolist() == samples["sample"].values.tolist()
    for name in ("status", "site", "weekday", "round", "site_id"):
        assert again[name].values.tolist() == samples[name].values.tolist()
    np.testing.assert_array_equal(again["pn_load"].values, samples["pn_load"].values)


@settings(max_examples=12)  # three reads of a file each
@given(WEEKS.filter(says_something))
def test_every_load_is_the_number_in_its_cell(weeks: dict[tuple[str, ...], list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        published = Path(folder) / "a.csv"
        published.write_bytes(as_published(weeks))
        samples = wbe.read(published)
    found = dict(zip(samples["sample"].values, range(samples.sizes["sample"]), strict=True))
    residues = load("euda")["residues"]
    for (year, name, country, city), loads in weeks.items():
        for day, text in zip(DAYS, loads, strict=True):
            if text.strip() in ("", "NA"):
                continue
            sample = f"{year}|{country}|{city}|{day}"
            value = samples["pn_load"].sel(analyte=residues[name]).values[found[sample]]
            assert (float(text) == value) or (float(text) == 0 and np.isnan(value))
