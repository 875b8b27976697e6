"""One campaign or many in one call: each whole or not at all, one bad one never stops the rest."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from wbe.errors import FindingsError, Said, WbeError, in_language
from wbe.run import config as configs
from wbe.run import disk, distributed, jobs, listing, lock, spoken_by, state, stopping, verdict
from wbe.run import store as storing
from wbe.run.config import Config
from wbe.run.folder import Place
from wbe.run.jobs import Job
from wbe.run.progress import Progress, Say
from wbe.run.state import Item
from wbe.run.words import say

if TYPE_CHECKING:
    from distributed import Client

    from wbe.run.closing import Closing
    from wbe.run.remote import Made
    from wbe.run.store import Target

#: Exit code of an error that nobody foresaw.
INTERNAL = 1
Done = TypeVar("Done")


@dataclass(frozen=True)
class Asked:
    """What the call asks of every campaign.

    Parameters
    ----------
    echo, warn : callable
        Print a result, print a message.
    overrides : dict
        Dotted keys that replace those of the configurations.
    encoding, lang : str or None
    quiet, resume, debug : bool
        As on the command line.
    target : Target, optional
        Store that finished runs enter.
    """

    echo: Say
    warn: Say
    overrides: dict[str, Any] = field(default_factory=dict)
    encoding: str | None = None
    lang: str | None = None
    quiet: bool = False
    resume: bool = False
    debug: bool = False
    target: Target | None = None

    def tell(self, key: str, lang: str, **values: object) -> None:
        """Print one sentence as a message, unless the call is quiet."""
        if not self.quiet:
            self.warn(say(key, lang, **values))


@dataclass(frozen=True)
class Ended:
    """How one campaign ended: with which exit code, why, and whether its results stood."""

    code: int
    reason: str = ""
    skipped: bool = False

    @property
    def state(self) -> str:
        """Its state for the state file: done, also if some rows were rejected, or failed."""
        return state.DONE if self.code in (verdict.CLEAN, verdict.PARTLY) else state.FAILED


@dataclass(frozen=True)
class Ready:
    """A campaign that is to be computed, and the language it speaks."""

    config: Config
    language: str


def run_all(
    inputs: Sequence[Path],
    *,
    echo: Say,
    warn: Say,
    out: Path | None = None,
    encoding: str | None = None,
    lang: str | None = None,
    quiet: bool = False,
    resume: bool = False,
    debug: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    store: str | None = None,
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
    encoding, lang, quiet, resume, debug
        As on the command line.
    workers, scheduler
        Where to compute: see `wbe.run.distributed.opened`.
    store : str, optional
        Database that finished runs enter: a file, or a URL.
    **options
        Overrides by their name on the command line: `wbe.run.jobs.OPTIONS`.

    Returns
    -------
    int
        The code of the campaigns where they agree, else 3: some done, some not.

    Raises
    ------
    WbeError
        If the only campaign fails, a batch cannot keep its state, or its cluster is gone.
    Stopped
        If a signal asked for it; its campaigns are then done or not started, and say so.
    """
    overrides = jobs.overrides(options)
    wanted = jobs.listed(inputs, out)
    progress = Progress(len(wanted), quiet=quiet)
    ended: dict[int, Ended] = {}
    asked = Asked(
        progress.beside(echo), progress.beside(warn), overrides, encoding, lang, quiet, resume,
        debug, storing.opened(store, wanted),
    )  # fmt: skip
    try:
        with distributed.opened(workers, scheduler) as client:
            if len(wanted) == 1:
                return _run(wanted[0], asked, progress, client).code
            return _run_batch(wanted, jobs.home(wanted, out), asked, progress, client, ended)
    finally:
        if (stopped := stopping.asked()) is not None:
            stopped.kept = _kept(wanted, ended, asked.lang or "en")
        progress.close()


def _run_batch(
    wanted: list[Job],
    home: Path,
    asked: Asked,
    progress: Progress,
    client: Client | None,
    ended: dict[int, Ended],
) -> int:
    """Run the campaigns; their states are on disk at every instant.

    ``ended`` is empty and receives how each ends.
    """
    with disk.faults(home):
        home.mkdir(parents=True, exist_ok=True)
    with lock.held(home / state.LOCK, home):
        if asked.resume:
            _note_damage(home, asked)
        items = [job.item(home) for job in wanted]
        state.write(items, home)
        endings = _here(wanted, asked, progress)
        if client is not None:
            endings = _on_workers(wanted, asked, progress, client)
        for i, end in endings:
            ended[i] = end
            items[i] = _settled(items[i], end)
            state.write(items, home)
    all_ends = [ended[i] for i in range(len(wanted))]
    if not asked.quiet:
        asked.warn("\n".join(_closing(wanted, all_ends, asked.lang or "en")))
    return verdict.joined([end.code for end in all_ends])


def _here(wanted: list[Job], asked: Asked, progress: Progress) -> Iterator[tuple[int, Ended]]:
    """Run the campaigns one after the other; yield the position of each with its end."""
    for i, job in enumerate(wanted):
        yield i, _attempt(job, asked, partial(_run, job, asked, progress))


def _on_workers(
    wanted: list[Job], asked: Asked, progress: Progress, client: Client
) -> Iterator[tuple[int, Ended]]:
    """Let workers compute the campaigns, a task each, and write each here as soon as it is done."""
    from wbe.run import remote

    ready: dict[int, Ready] = {}
    for i, job in enumerate(wanted):
        found = _attempt(job, asked, partial(_sendable, job, asked))
        stopping.pulse()
        if isinstance(found, Ready):
            ready[i] = found
        else:
            progress.count()
            yield i, found
    tasks = {
        i: (one.config, wanted[i].out, one.language, asked.encoding) for i, one in ready.items()
    }
    for i, outcome in distributed.completed(client, remote.make, tasks):
        yield i, _attempt(wanted[i], asked, partial(_put, wanted[i], ready[i], outcome, asked))
        progress.count()
        stopping.pulse()


def _attempt(job: Job, asked: Asked, work: Callable[[], Done]) -> Done | Ended:
    """Do something for one campaign of several; whatever goes wrong in it ends it alone."""
    try:
        return work()
    except WbeError as error:
        stopping.pulse()
        asked.warn(f"{job.name}: {listing.explained(error, _language(job, asked))}")
        if asked.debug:
            asked.warn(traceback.format_exc())
        return Ended(error.exit_code, _reason(error))
    except Exception as error:  # a fault of ours in one campaign must not cost the others theirs
        stopping.pulse()  # no fault: C code turns a stop into an error of its own
        reason = f"internal error: {type(error).__name__}: {error}"
        asked.warn(f"{job.name}: {reason}")
        if asked.debug:
            asked.warn(traceback.format_exc())
        return Ended(INTERNAL, reason)


def _language(job: Job, asked: Asked) -> str:
    """The language asked for, or that a campaign states, also one that cannot be used."""
    source = job.source if isinstance(job.source, tuple) else (job.source,)
    return asked.lang or spoken_by.campaigns(source)


def _run(job: Job, asked: Asked, progress: Progress, client: Client | None = None) -> Ended:
    """Run one campaign, or find that its results stand; let workers estimate where there are."""
    with progress.campaign(job.name):
        found = _ready(job, asked)
        if isinstance(found, Ended):
            return found
        return _told(job, found, asked, partial(_compute, job, found, asked, progress, client))


def _ready(job: Job, asked: Asked) -> Ready | Ended:
    """Find what is to be computed, or that the results of an earlier run stand."""
    from wbe.run import resume

    config = _configured(job, asked)
    language = asked.lang or config.language
    if asked.resume:
        place = Place.at(job.out)
        found = resume.standing(config, place, encoding=asked.encoding, lang=language)
        if not found.reasons:
            when = found.created
            asked.tell("again.not", language, name=job.name, created=when, path=job.out)
            _enter(job, asked, language, again=False)
            return Ended(found.code, skipped=True)
        for reason in found.reasons:
            asked.tell("again", language, name=job.name, reason=reason)
    return Ready(config, language)


def _sendable(job: Job, asked: Asked) -> Ready | Ended:
    """The same for a worker, which does not see where the results go."""
    from wbe.run import outputs

    found = _ready(job, asked)
    if isinstance(found, Ready):
        outputs.require_usable(Place.at(job.out), found.config, job.out)
    return found


def _compute(
    job: Job, ready: Ready, asked: Asked, progress: Progress, client: Client | None
) -> Closing:
    """Compute a campaign and write its folder."""
    import pandas as pd

    from wbe.run import closing, outputs

    config, language = ready.config, ready.language
    # A run does the same whether or not pyarrow is installed, and many short columns of texts cost
    # less as plain strings.
    with pd.option_context("mode.string_storage", "python"):
        results, written = outputs.run(
            config,
            job.out,
            encoding=asked.encoding,
            tell=lambda step: progress.step(step, language, len(config.data.samples)),
            estimate=None if client is None else distributed.spread(client),
        )
    return closing.closing(config, results, job.out, written, language)


def _put(job: Job, ready: Ready, outcome: Callable[[], Made], asked: Asked) -> Ended:
    """Write the folder of a campaign that a worker computed."""
    from wbe.run import remote

    def put() -> Closing:
        made = outcome()
        remote.put(made, ready.config, job.out)
        return made.closing

    return _told(job, ready, asked, put)


def _told(job: Job, ready: Ready, asked: Asked, work: Callable[[], Closing]) -> Ended:
    """Do the work, print what came of it, and enter it into the store."""
    try:
        said = work()
    except FindingsError:
        stopping.pulse()
        asked.warn(say("nothing_usable", ready.language, name=ready.config.title))
        raise
    if not asked.quiet:
        for warning in said.warnings:  # before the lines that a run ends with
            asked.warn(warning)
        asked.echo("\n".join(said.lines))
    _enter(job, asked, ready.language, again=True)
    return Ended(said.code)


def _enter(job: Job, asked: Asked, language: str, *, again: bool) -> None:
    """Let the finished run in the folder of a campaign enter the store, if there is one."""
    if asked.target is not None:
        said = storing.enter(asked.target, job.out, language, again=again)
        if not asked.quiet:
            asked.echo(said)


def _configured(job: Job, asked: Asked) -> Config:
    """Without a configuration that says otherwise, the report speaks as the console does."""
    if isinstance(job.source, tuple):
        return configs.without_file(job.source, {**asked.overrides, "language": asked.lang})
    return configs.load(job.source, asked.overrides)


def _settled(item: Item, end: Ended) -> Item:
    return replace(item, state=end.state, code=end.code, reason=end.reason)


def _reason(error: WbeError) -> str:
    """Why a campaign failed, on one line: the rules of its errors, or the message."""
    if isinstance(error, FindingsError):
        return ", ".join(sorted({finding.rule for finding in error.findings.errors}))
    english, chinese = (listing.explained(error, lang).split() for lang in ("en", "zh"))
    return Said(" ".join(english), " ".join(chinese))


def _note_damage(home: Path, asked: Asked) -> None:
    """Say that the state file of the last batch is damaged; nothing depends on it."""
    try:
        with disk.faults(home):
            state.read(home)
    except (ValueError, KeyError, TypeError):
        asked.tell("batch.damaged", asked.lang or "en", path=home / state.NAME)
    except WbeError:
        if (home / state.NAME).exists():
            raise


def _kept(wanted: Sequence[Job], ended: Mapping[int, Ended], lang: str) -> str:
    """What a stop left, and how to go on."""
    if len(wanted) == 1:
        return say("stopped.campaign", lang, name=wanted[0].name)
    done = sum(end.state == state.DONE for end in ended.values())
    name = next((job.name for i, job in enumerate(wanted) if i not in ended), wanted[-1].name)
    return say("stopped.batch", lang, name=name, done=done, of=len(wanted))


def _closing(wanted: Sequence[Job], ended: Sequence[Ended], lang: str) -> list[str]:
    """The last lines of a batch: how many of each, and every failure with its reason."""
    failed = [(job, end) for job, end in zip(wanted, ended, strict=True) if end.state != state.DONE]
    skipped = sum(end.skipped for end in ended)
    done = len(ended) - len(failed) - skipped
    lines = [say("batch", lang, done=done, failed=len(failed), skipped=skipped)]
    for job, end in failed:
        reason = in_language(end.reason, lang)
        lines.append(say("batch.failed", lang, name=job.name, reason=reason))
    return lines
