"""Which run of a store is current: the same run is one, the latest of a round is shown."""

from __future__ import annotations

from pathlib import Path

from store_runs import NOW, TITLE, Row, asked, variant

from wbe.io.store.content import content_of
from wbe.io.store.database import Store


def test_the_same_run_again_changes_no_byte(package: Store, run: Path) -> None:
    content = content_of(run)
    package.enter(content, NOW)
    before = package.file.read_bytes()
    again = package.enter(content, "2030-01-01T00:00:00+00:00")
    assert not again.is_new and not again.rounds and package.file.read_bytes() == before


def test_another_time_stamp_or_picture_is_the_same_run_another_result_is_not(
    run: Path, tmp_path: Path
) -> None:
    content = content_of(run)
    later = variant(run, tmp_path / "later", created="2031-01-01T00:00:00+00:00")
    drawn = variant(run, tmp_path / "drawn", outputs={**content.about["outputs"], "map.png": "0"})
    assert content_of(later).run_id == content_of(drawn).run_id == content.run_id

    def higher(name: str, row: Row) -> Row:
        return {**row, "value": "1.25"} if name == "estimates.csv" and row["value"] else row

    def moved(name: str, row: Row) -> Row:
        return {**row, "outcome": "moved"} if name == "changes.csv" else row

    changed = [
        variant(run, tmp_path / "seed", seed=9),
        variant(run, tmp_path / "version", versions={**content.about["versions"], "wbe": "9"}),
        variant(run, tmp_path / "result", higher),
        variant(run, tmp_path / "change", moved),
        variant(run, tmp_path / "data", inputs=content.about["inputs"][:-1]),
    ]
    numbers = {content_of(folder).run_id for folder in changed}
    assert len(numbers) == 5 and content.run_id not in numbers


def test_the_latest_run_of_a_round_is_current_and_the_others_are_history(
    store: Store, run: Path, tmp_path: Path
) -> None:
    first, second = content_of(run), content_of(variant(run, tmp_path / "b", seed=2))

    def of_q2(name: str, row: Row) -> Row | None:
        rounds = {row[key] for key in ("round", "round_before", "round_after") if key in row}
        return row if rounds <= {"2024Q2"} else None

    third = content_of(variant(run, tmp_path / "c", of_q2, seed=3))
    other = content_of(variant(run, tmp_path / "d", title="Another county (synthetic)"))
    done = [store.enter(content, NOW) for content in (first, other, second, third)]
    both = ("2024Q1", "2024Q2")
    assert [d.rounds for d in done] == [both, both, both, ("2024Q2",)]
    assert [d.replaced for d in done] == [(), (), (first.run_id,), (second.run_id,)]
    query = "SELECT DISTINCT campaign, round, run_id FROM {} ORDER BY campaign, round"
    current = [
        ("Another county (synthetic)", "2024Q1", other.run_id),
        ("Another county (synthetic)", "2024Q2", other.run_id),
        (TITLE, "2024Q1", second.run_id),
        (TITLE, "2024Q2", third.run_id),
    ]
    assert asked(store, query.format("current_tiers")) == current
    assert asked(store, query.format("current_estimates")) == current
    assert asked(store, query.format("current_ranks")) == current
    # of two rounds that come from two runs nobody has compared anything
    held = asked(store, "SELECT DISTINCT campaign, run_id FROM current_changes")
    assert held == [("Another county (synthetic)", other.run_id)]
    assert asked(store, "SELECT count(DISTINCT run_id) FROM changes") == [(3,)]
    assert asked(store, "SELECT count(DISTINCT run_id) FROM estimates") == [(4,)]
    # Computed again as at first: nothing is written twice, and the first is current again.
    again = store.enter(first, NOW)
    assert not again.is_new and again.replaced == tuple(sorted((second.run_id, third.run_id)))
    now = asked(store, query.format("current_tiers"))[2:]
    assert now == [(TITLE, label, first.run_id) for label in both]
    assert asked(store, "SELECT count(*) FROM runs") == [(4,)]
    # Found to stand, not computed: what superseded it stays current.
    assert not store.enter(second, NOW, again=False).rounds
    assert asked(store, query.format("current_tiers"))[2:] == now
