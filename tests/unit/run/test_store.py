"""What a store holds of the runs that enter it: every cell, in both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_runs import NOW, TITLE, Row, asked, dump, rows, statements, unsound, variant

from wbe.errors import UsageError
from wbe.findings import COLUMNS as FINDING_COLUMNS
from wbe.io.store import tables
from wbe.io.store.content import content_of
from wbe.io.store.database import Store
from wbe.io.write import ESTIMATE_COLUMNS, bare_text


def cell(text: str, column: str) -> object:
    """A cell as a database should hold it."""
    if text == "" or column in ("value", "lower", "upper", "line"):
        return float(text) if text else None
    return bare_text(text)


def test_the_tables_have_the_columns_of_the_files(run: Path) -> None:
    assert tuple(tables.estimates.columns.keys()) == ("run_id", "row", *ESTIMATE_COLUMNS)
    assert tuple(tables.findings.columns.keys()) == ("run_id", "row", *FINDING_COLUMNS)
    for own, name in ((tables.changes, "changes.csv"), (tables.ranks, "ranks.csv")):
        header = [c for c in rows(run / name)[0] if c != "name" and not c.startswith("p_top_")]
        assert sorted(own.columns.keys()) == sorted(["run_id", "row", *header])
    held = {*tables.tier_rows.columns.keys(), *tables.areas.columns.keys()}
    assert {c for c in rows(run / "tiers.csv")[0] if not c.startswith("p_")} <= held


def test_every_cell_of_a_run_is_there(store: Store, run: Path) -> None:
    content = content_of(run)
    store.enter(content, NOW)
    names_ = ", ".join(ESTIMATE_COLUMNS)
    found = asked(store, f"SELECT {names_} FROM estimates ORDER BY row")
    expected = [tuple(cell(r[c], c) for c in ESTIMATE_COLUMNS) for r in rows(run / "estimates.csv")]
    assert found == expected and len(found) > 400
    noticed = asked(store, "SELECT rule, line, sample_id, message FROM findings ORDER BY row")
    columns = ("rule", "line", "sample_id", "message")
    assert noticed == [tuple(cell(r[c], c) for c in columns) for r in rows(run / "findings.csv")]
    about, tiers = store.run(content.run_id) or ("", [])
    assert about == (run / "run.json").read_text(encoding="utf-8")
    assert tiers == rows(run / "tiers.csv")
    held = asked(store, "SELECT kind, name, sha256 FROM inputs ORDER BY position")
    assert held == [(i["kind"], i["name"], i["sha256"]) for i in content.about["inputs"]]
    assert unsound(store, [content], closely=True) == ([], [content.run_id])


def shown(text: str, column: str) -> object:
    """A cell of changes.csv or ranks.csv as a database should hold it."""
    is_number = column in NUMBERS or column.startswith("p_top_")
    return (float(text) if is_number else bare_text(text)) if text else None


NUMBERS = set(
    "ratio lower upper p detectable n_kept n_before n_after rank_lower rank_upper n_higher "
    "n_lower".split()
)


def test_every_cell_of_changes_and_ranks_is_there(store: Store, run: Path, tmp_path: Path) -> None:
    """With rows of a hidden area, whose numbers are blank."""

    def hidden(name: str, row: Row) -> Row:
        if name not in ("changes.csv", "ranks.csv") or row["area"] != "east":
            return row
        kept = {key: "" if key in NUMBERS or key.startswith("p_top_") else v
                for key, v in row.items()}  # fmt: skip
        return kept | {"outcome" if name == "changes.csv" else "flags": "suppressed"}

    folder = variant(run, tmp_path / "b", hidden)
    content = content_of(folder)
    store.enter(content, NOW)
    for name in ("changes", "ranks"):
        written = rows(folder / f"{name}.csv")
        columns = [c for c in written[0] if not c.startswith("p_top_")]
        found = asked(store, f"SELECT {', '.join(columns)} FROM current_{name} ORDER BY row")
        assert found == [tuple(shown(r[c], c) for c in columns) for r in written] and len(found) > 9
        who = asked(store, f"SELECT DISTINCT campaign, audience, run_id FROM current_{name}")
        assert who == [(TITLE, "public", content.run_id)]
    found = asked(store, "SELECT p FROM rank_probabilities ORDER BY row, top")
    written = rows(folder / "ranks.csv")
    tops = ("p_top_1", "p_top_3")
    assert found == [(shown(r[c], c),) for r in written for c in tops] and (None,) in found
    query = "SELECT DISTINCT top FROM rank_probabilities ORDER BY top"
    assert asked(store, query) == [(1,), (3,)]
    assert unsound(store, [content]) == ([], [content.run_id])


def test_a_run_without_changes_and_ranks_has_none(
    package: Store, run: Path, tmp_path: Path
) -> None:
    outputs = dict(content_of(run).about["outputs"])
    for name in ("changes.csv", "ranks.csv"):
        del outputs[name]
    content = content_of(variant(run, tmp_path / "b", outputs=outputs))
    package.enter(content, NOW)
    for table in ("changes", "ranks", "rank_probabilities", "current_changes", "current_ranks"):
        assert asked(package, f"SELECT * FROM {table}") == []
    assert unsound(package, [content]) == ([], [content.run_id])


def test_probabilities_that_a_run_does_not_state_come_back_empty(
    package: Store, run: Path, tmp_path: Path
) -> None:
    def without_draws(name: str, row: Row) -> Row:
        return {key: "" if key.startswith("p_") else cell for key, cell in row.items()}

    content = content_of(variant(run, tmp_path / "b", without_draws))
    package.enter(content, NOW)
    _, tiers = package.run(content.run_id) or ("", [])
    expected = rows(tmp_path / "b" / "tiers.csv")
    assert [list(row.items()) for row in tiers] == [list(row.items()) for row in expected]


def test_texts_are_stored_without_what_guards_spreadsheets(
    package: Store, run: Path, tmp_path: Path
) -> None:
    def guarded(name: str, row: Row) -> Row:
        column, text = ("sample_id", "'=1+1") if "sample_id" in row else ("name", "'=North")
        return {**row, column: text}

    content = content_of(variant(run, tmp_path / "b", guarded))
    package.enter(content, NOW)
    assert asked(package, "SELECT DISTINCT name FROM areas") == [("=North",)]
    for table in ("estimates", "findings"):
        assert asked(package, f"SELECT DISTINCT sample_id FROM {table}") == [("=1+1",)]
    assert (package.run(content.run_id) or ("", []))[1] == rows(tmp_path / "b" / "tiers.csv")


def test_both_databases_hold_the_same(
    run: Path, internal_run: Path, package: Store, postgres_url: str
) -> None:
    server = Store.of(postgres_url)
    for folder in (run, internal_run, run):
        content = content_of(folder)
        assert package.enter(content, NOW) == server.enter(content, NOW)
    ours, theirs = dump(package), dump(server)
    assert ours.keys() == theirs.keys() and len(ours["estimates"]) > 800
    for name, held in ours.items():
        assert held == theirs[name], name
    query = """SELECT area, drug, value, lower, upper, tier, p_tier FROM current_tiers
               WHERE round = '2024Q2' AND tier IS NOT NULL ORDER BY value DESC"""
    assert asked(package, query) == asked(server, query) != []


def test_whole_numbers_of_any_size_are_kept(store: Store, run: Path, tmp_path: Path) -> None:
    (first, *others) = content_of(run).about["inputs"]
    inputs = [{**first, "bytes": 2**40}, *others]
    large = content_of(variant(run, tmp_path / "b", seed=10**30, inputs=inputs))
    store.enter(large, NOW)
    assert asked(store, "SELECT seed FROM runs") == [(str(10**30),)]
    assert asked(store, "SELECT max(bytes) FROM inputs") == [(2**40,)]


def test_outlines_are_stored_once(store: Store, run: Path, tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        store.enter(content_of(variant(run, tmp_path / str(seed), seed=seed)), NOW)
    assert asked(store, "SELECT count(*) FROM geometries") == [(6,)]
    assert asked(store, "SELECT count(*) FROM tiers WHERE geom IS NULL") == [(0,)]


def test_statements_are_few_and_do_not_grow_with_the_rows(
    store: Store, run: Path, tmp_path: Path
) -> None:
    first = statements(store, content_of(run))
    store.enter(content_of(run), NOW)
    moved = content_of(variant(run, tmp_path / "b", seed=2))
    later = statements(store, moved)
    assert 10 < later < 30 < first < 90
    twice = variant(run, tmp_path / "c", seed=3, inputs=moved.about["inputs"] * 9)
    assert statements(store, content_of(twice)) == later


def test_two_stored_runs_differ_as_their_folders_do(
    package: Store, run: Path, internal_run: Path
) -> None:
    from wbe.run import diff

    folders = (run, internal_run)
    numbers = [Path(package.enter(content_of(f), NOW).run_id) for f in folders]
    for form in ("json", "csv"):
        stored = diff.listing(*numbers, form=form, store=str(package.file))
        assert stored == diff.listing(*folders, form=form)
    text = diff.listing(numbers[0], internal_run, store=str(package.file))
    assert f"({numbers[0]})" in text
    with pytest.raises(UsageError, match="holds no run nobody"):
        diff.listing(numbers[0], Path("nobody"), store=str(package.file))
