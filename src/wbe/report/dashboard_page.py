"""The dashboard: one page over many rounds, from the same parts as the report of one run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from wbe import names
from wbe.io.runs.folders import RunFolder
from wbe.io.runs.join import Runs
from wbe.plot import words
from wbe.plot.panel import require_language
from wbe.report import (
    changes,
    dashboard_series,
    dashboard_trends,
    page_figures,
    picture,
    selection,
    template,
    views,
)

if TYPE_CHECKING:
    from markupsafe import Markup

_READING: Final = ("population", "chance", "source", "nondetect")
_NOT_FOR: Final = ("search", "person", "officials", "comparison")
_MAP: Final = "map.svg"
# Nothing is loaded and nothing runs; styles, pictures and fonts come from the page itself.
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class _Seen:
    """What a page may show of joined runs.

    Attributes
    ----------
    runs : Runs
    tiers, changes : DataFrame
        Rows of areas hidden in any round are empty in all.
    newly_hidden : frozenset of str
        Areas that a run shows and the page does not.
    """

    runs: Runs
    tiers: pd.DataFrame
    changes: pd.DataFrame
    newly_hidden: frozenset[str]

    @property
    def drug(self) -> str:
        """The drug on the map of the latest run."""
        return str(self.runs.latest.about["tiers"]["drug"])

    @property
    def latest(self) -> pd.DataFrame:
        """Rows of the latest round of the mapped drug, of the run that holds it."""
        run, own = self.runs.latest, self.tiers[self.tiers["drug"] == self.drug]
        return own[(own["run"] == run.id) & (own["round"] == run.about["tiers"]["round"])]


def dashboard(runs: Runs, *, language: str | None = None, title: str | None = None) -> str:
    """Return the page over many rounds as HTML text.

    Parameters
    ----------
    runs : Runs
        From `wbe.io.read_runs`.
    language : str, optional
        ``en`` or ``zh``; by default that of the run with the latest round.
    title : str, optional
        By default that run's.

    Returns
    -------
    str
        One file without outside reference or script. Values of areas only, whatever the
        audience; an internal page prints purpose and approval of its runs, and its map has the
        sampling points that the map of the latest run has. An area that any joined run hides is
        hidden in every round.

    Raises
    ------
    UsageError
        The language is neither of the two, or a map's SVG is not one of ours.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import wbe
    >>> from wbe.run import config, outputs, scaffold
    >>> with TemporaryDirectory() as folder:  # as `wbe init` and `wbe run` do
    ...     made = Path(folder)
    ...     _ = scaffold.create(made / "county")
    ...     _ = outputs.run(config.load(made / "county", {"draws": 200}), made / "runs" / "2024")
    ...     page = wbe.report.dashboard(wbe.io.read_runs(f"{folder}/runs/*"), language="en")
    >>> page[:15]
    '<!DOCTYPE html>'
    """
    latest = runs.latest
    spoken = str(latest.about["language"]) if language is None else language
    require_language(spoken)
    seen = _seen(runs)
    palette = dashboard_series.palette_of(seen.tiers, spoken)
    drugs = dashboard_series.drugs_of(seen.tiers, runs.rounds, seen.drug, palette, spoken)
    shown = _latest(seen, palette.places, spoken)
    # The page has no table of the error model that this sentence points to.
    sure = [said for said in shown.sure if said != names.text("sure.probability", spoken)]
    headline = title or str(latest.about["title"])
    text = template.environment().get_template("dashboard.html.j2").render(
        policy=_POLICY, t=template.translator(spoken), language=spoken,
        language_tag="zh-CN" if spoken == "zh" else "en", title=headline,
        subtitle=_subtitle(runs, spoken), internal=runs.audience == "internal",
        grounds=_grounds(runs.folders, spoken), unguarded=_unguarded(runs.folders),
        synthetic=words.is_synthetic(headline), swatches=palette.swatches,
        shown=shown, sure=sure, map=_map(seen, headline, spoken),
        ranks=_ranks(seen, headline, spoken), drugs=drugs,
        trends={d.id: dashboard_trends.of_drug(_of(seen, d.id), spoken) for d in drugs},
        changes=_changes(seen, spoken),
        untested=_untested(runs, spoken), hidden_since=len(seen.newly_hidden),
        comparable=_comparable(runs, spoken), runs=_runs(runs, spoken),
        reading=_READING, not_for=_NOT_FOR,
    )  # fmt: skip
    return template.with_font(text, spoken)


def dashboard_rows(runs: Runs) -> pd.DataFrame:
    """Return the rows that the page of joined runs shows: those of hidden areas are empty.

    Parameters
    ----------
    runs : Runs
        From `wbe.io.read_runs`.

    Returns
    -------
    DataFrame
        Columns of ``Runs.tiers``.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import wbe
    >>> from wbe.run import config, outputs, scaffold
    >>> with TemporaryDirectory() as folder:  # as `wbe init` and `wbe run` do
    ...     made = Path(folder)
    ...     _ = scaffold.create(made / "county")
    ...     _ = outputs.run(config.load(made / "county", {"draws": 200}), made / "runs" / "2024")
    ...     shown = wbe.report.dashboard_rows(wbe.io.read_runs(f"{folder}/runs/*"))
    >>> sorted(set(shown["round"]))
    ['2024Q1', '2024Q2']
    """
    return _seen(runs).tiers.drop(columns="class")


def _seen(runs: Runs) -> _Seen:
    """Hide in every round what is hidden in one; add the class of every row."""
    internal = runs.audience == "internal"
    hidden = dashboard_series.hidden_areas(runs.tiers, internal=internal)
    flags = runs.tiers["flags"].str.split(";")
    open_rows = runs.tiers[~flags.map(lambda f: dashboard_series.SUPPRESSED in f).astype(bool)]
    taken = open_rows[open_rows["area"].isin(list(hidden))]
    tiers = dashboard_series.masked(runs.tiers, hidden)
    tiers = dashboard_series.without_ranks(tiers, frozenset(taken["run"]))
    changed = dashboard_series.masked_changes(runs.changes, hidden)
    newly = frozenset(taken["area"])
    return _Seen(runs, dashboard_series.with_class(tiers), changed, newly)


def _of(seen: _Seen, drug: str) -> pd.DataFrame:
    return seen.tiers[seen.tiers["drug"] == drug]


def _subtitle(runs: Runs, language: str) -> str:
    rounds = [words.round_name(r, language) for r in runs.rounds]
    return names.text("dashboard.subtitle", language, first=rounds[0], last=rounds[-1],
                      rounds=len(rounds), runs=len(runs.folders))  # fmt: skip


def _grounds(folders: tuple[RunFolder, ...], language: str) -> list[str]:
    """Purpose and approval of every internal run, each once."""
    privacy = [run.about["privacy"] for run in folders if run.internal]
    said = [
        f"{names.text('page.purpose', language, purpose=p['purpose'])} "
        f"{names.text('page.approval', language, approval=p['approval'])}"
        for p in privacy
    ]
    return list(dict.fromkeys(said))  # fmt: skip


def _unguarded(folders: tuple[RunFolder, ...]) -> bool:
    """Whether a public run hides no area for its size."""
    return any(not run.internal and not run.about["privacy"]["min_population"] for run in folders)


def _latest(seen: _Seen, colours: dict[str, int], language: str) -> selection.Shown:
    """What was found in the latest round, as the report of its run says it."""
    rows = selection.by_view(seen.latest.drop(columns=["class"]))
    return selection.shown(next(iter(rows.values())), _meta(seen), colours, language)


def _meta(seen: _Seen) -> dict[str, Any]:
    """Attrs of the tiers of the latest run, with its breaks."""
    about = seen.runs.latest.about
    return {**about["tiers"], "breaks": about.get("breaks") or {}}


def _map(seen: _Seen, title: str, language: str) -> Markup | None:
    """The latest run's map; none where it shows an area that this page hides."""
    from markupsafe import Markup

    text = seen.runs.latest.text(_MAP)
    if seen.newly_hidden or not text or len(text) > picture.LARGEST_SVG:
        return None
    label = names.text("page.map_label", language, title=words.clean(title))
    return Markup(picture.inline_svg(text, label, "map-"))


def _ranks(seen: _Seen, title: str, language: str) -> Markup | None:
    """The order of the areas in the latest round; none where an area was taken out of it."""
    from markupsafe import Markup

    if seen.newly_hidden:
        return None
    table = seen.latest.drop(columns=["class"])
    drawn = page_figures.figures(table, words.for_drug(_meta(seen), seen.drug), language,
                                 title=title, has_map=True)  # fmt: skip
    if "ranks" not in drawn:
        return None
    label = names.text("page.figure_label", language, title=words.clean(title),
                       heading=names.text("page.ranks", language))  # fmt: skip
    return Markup(picture.inline_svg(drawn["ranks"], label, "ranks-"))


def _changes(seen: _Seen, language: str) -> dict[str, list[changes.Compared]]:
    """Tests between rounds of one run by drug, the latest first; nothing across runs."""
    found: dict[str, list[changes.Compared]] = {}
    for run in reversed(seen.runs.folders if len(seen.changes) else ()):
        own = seen.changes[seen.changes["run"] == run.id]
        for drug, compared in changes.by_drug(own, run.about, language).items():
            found.setdefault(drug, []).extend(reversed(compared))
    return found


def _untested(runs: Runs, language: str) -> list[str]:
    """Say between which consecutive rounds nothing was tested, for they stand in two runs."""
    said = []
    for before, after in pairwise(runs.rounds):
        if not any({before, after} <= run.rounds for run in runs.folders):
            pair = {"before": words.round_name(before, language),
                    "after": words.round_name(after, language)}  # fmt: skip
            said.append(names.text("dashboard.between", language, **pair))
    if not said:
        return []
    listed = views.listed(said, language)
    return [names.text("dashboard.untested", language, pairs=listed)]


def _comparable(runs: Runs, language: str) -> tuple[list[str], list[list[str]]] | None:
    """What sets runs apart, as a table; None where nothing does."""
    if not runs.findings:
        return None
    heads = [names.text(f"dashboard.{key}", language) for key in ("run", "what", "fix")]
    lines = [[f.file, *f.text(language)] for f in runs.findings.sorted()]
    return heads, lines


def _runs(runs: Runs, language: str) -> tuple[list[str], list[list[str]]]:
    """One line a run: rounds, how it was made, and by what."""
    keys = ("run", "rounds", "audience", "quantity", "statistic", "tiers_cut", "factor_set", "wbe",
            "id")  # fmt: skip
    heads = [names.text(f"dashboard.{key}", language) for key in keys]
    return heads, [_run(row, language) for row in runs.runs.to_dict("records")]


def _run(row: dict[Any, Any], language: str) -> list[str]:
    breaks = [words.number(float(b), pad=False) for b in str(row["breaks"]).split(";") if b]
    cut = " ".join(
        [names.text(f"scheme.{row['scheme']}", language), views.listed(breaks, language)]
    )
    return [
        str(row["folder"]),
        views.listed(str(row["rounds"]).split(";"), language),
        names.text(f"dashboard.audience.{row['audience']}", language),
        names.display("quantity", str(row["quantity"]), language),
        names.text(f"statistic.{row['statistic']}", language),
        cut.strip(),
        words.clean(row["factor_set"]),
        str(row["wbe"]),
        str(row["run"]),
    ]
