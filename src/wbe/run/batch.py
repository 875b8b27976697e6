"""Several campaigns in one call: each whole or not at all, one bad one never stops the rest."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from wbe.errors import FindingsError, UsageError, WbeError
from wbe.run import config as configs
from wbe.run import listing, verdict
from wbe.run.campaign import STEPS
from wbe.run.config import Config
from wbe.run.words import say

OPTIONS = {
    "samples": "data.samples",
    "sites": "data.sites",
    "areas": "data.areas",
    "factors": "estimate.factors",
    "draws": "estimate.draws",
    "seed": "estimate.seed",
}
Say = Callable[[str], None]


def run_all(
    inputs: Sequence[Path],
    *,
    echo: Say,
    warn: Say,
    out: Path | None = None,
    encoding: str | None = None,
    lang: str | None = None,
    quiet: bool = False,
    **options: Any,
) -> int:
    """Run every campaign among the inputs; return the exit code.

    Parameters
    ----------
    inputs : sequence of Path
        campaign.toml files, folders that hold one, and lab files (together one campaign).
    echo, warn : callable
        Print a result, print a message.
    out : Path, optional
        Folder to write; with several campaigns, the folder of their folders.
    encoding, lang, quiet
        As on the command line.
    **options
        Overrides by their name on the command line (`OPTIONS`).

    Returns
    -------
    int
        The code of the campaigns where they agree, else 3: some done, some not.

    Raises
    ------
    WbeError
        If the only campaign fails.
    """
    given = {OPTIONS[name]: value for name, value in options.items() if value not in (None, ())}
    overrides = {key: list(v) if isinstance(v, tuple) else v for key, v in given.items()}
    jobs = list(_jobs(inputs))
    codes = []
    for job, place in zip(jobs, _places(jobs, out), strict=True):
        try:
            codes.append(_run_one(job, place, overrides, echo, warn, encoding, lang, quiet))
        except WbeError as error:
            if len(jobs) == 1:
                raise
            warn(f"{_name(job)}: {listing.explained(error, lang or 'en')}")
            codes.append(error.exit_code)
    return verdict.joined(codes)


def _jobs(inputs: Sequence[Path]) -> Iterator[Path | tuple[Path, ...]]:
    """Campaigns one by one; the lab files together at last."""
    lab_files = []
    for path in inputs:
        if path.is_dir() or path.suffix.lower() == ".toml":
            yield path
        else:
            lab_files.append(path)
    if lab_files:
        yield tuple(lab_files)


def _name(job: Path | tuple[Path, ...]) -> str:
    path = job[0].parent if isinstance(job, tuple) else job
    return (path.parent if path.suffix.lower() == ".toml" else path).resolve().name


def _places(jobs: list[Any], out: Path | None) -> list[Path | None]:
    """One output folder a campaign; under --out by the campaigns' names."""
    if out is None or len(jobs) == 1:
        return [out] * len(jobs)
    named = [_name(job) for job in jobs]
    if len(set(named)) < len(named):
        raise UsageError("two campaigns have the same name; run them apart, each with its --out")
    return [out / name for name in named]


def _run_one(
    job: Path | tuple[Path, ...],
    out: Path | None,
    overrides: dict[str, Any],
    echo: Say,
    warn: Say,
    encoding: str | None,
    lang: str | None,
    quiet: bool,
) -> int:
    from wbe.run import losses, outputs, summary

    config = _configured(job, overrides, lang)
    language = lang or config.language
    target = out if out is not None else config.folder / "results"
    with _progress(language, quiet) as tell:
        try:
            results, written = outputs.run(config, target, encoding=encoding, tell=tell)
        except FindingsError as error:
            warn(say("nothing_usable", language, name=config.title))
            raise error
    if not quiet:
        echo("\n".join(summary.lines(config, results, target, written, language)))
    if results.findings.errors and not quiet:
        lost, samples = losses.lost(results.result, results.findings)
        key = "rejected" if samples else "rejected.rows"
        warn(say(key, language, results=lost, samples=len(samples)))
    return verdict.code(results.findings, usable=True)


def _configured(
    job: Path | tuple[Path, ...], overrides: dict[str, Any], lang: str | None
) -> Config:
    """Without a configuration that says otherwise, the report speaks as the console does."""
    if isinstance(job, tuple):
        return configs.without_file(job, {**overrides, "language": lang})
    return configs.load(job, overrides)


@contextlib.contextmanager
def _progress(language: str, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Name the steps on stderr; only on a terminal."""
    from tqdm import tqdm

    with tqdm(total=len(STEPS) + 1, disable=True if quiet else None, leave=False) as bar:

        def tell(step: str) -> None:
            bar.set_description(say(f"step.{step}", language), refresh=False)
            bar.update(1)

        yield tell
