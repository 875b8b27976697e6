"""Finished runs enter the store of ``wbe run --store``: always out of their folder.

A store that cannot be reached costs no results: their folder stands, the campaign ends with the
exit code of the environment, and ``--resume`` enters what stands and is not in the store.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wbe.errors import EnvironmentFault, UsageError
from wbe.io.store.content import content_of
from wbe.io.store.database import Store
from wbe.run import record
from wbe.run.folder import Place
from wbe.run.jobs import Job
from wbe.run.words import both, say

if TYPE_CHECKING:
    from wbe.io.store.enter import Entered


@dataclass(frozen=True)
class Target:
    """The store of a call.

    Parameters
    ----------
    store : Store
    campaigns : dict of str to Path
        Titles entered by this call, and from where; two of one title would hide each other.
    """

    store: Store
    campaigns: dict[str, Path] = field(default_factory=dict)


def opened(address: str | None, jobs: Sequence[Job]) -> Target | None:
    """Look at the store of a call before anything is computed.

    One that does not answer now may do so when there is something to enter: that is no reason to
    compute nothing.

    Raises
    ------
    UsageError
        If the address is none, lies in a folder that is written, or is that of something else.
    """
    if address is None:
        return None
    store = Store.of(address)
    if store.file is not None:
        file = store.file.resolve()
        for job in jobs:
            if file.is_relative_to(Place.at(job.out).out):
                raise UsageError(both("store.inside", name=store.name, path=job.out))
    with contextlib.suppress(EnvironmentFault):
        store.require_usable()
    return Target(store)


def enter(target: Target, folder: Path, lang: str, *, again: bool) -> str:
    """Enter the run of a folder; return the sentence about it.

    Parameters
    ----------
    target : Target
    folder : Path
        Of a finished run, as a person would type it.
    lang : str
    again : bool
        Whether it was computed just now: then it is current again, also where it was superseded.

    Raises
    ------
    UsageError
        If the folder holds no finished run, or another campaign of this call has its title.
    EnvironmentFault
        If the database refuses; it is then as it was before.
    """
    run = content_of(folder)
    other = target.campaigns.setdefault(run.campaign, folder)
    if other != folder:
        raise UsageError(both("store.same", title=run.campaign, path=folder, other=other))
    try:
        done = target.store.enter(run, record.created(), again=again)
    except EnvironmentFault as error:
        message = both("store.left", why=error.args[0], path=folder)
        raise EnvironmentFault(message) from error
    return _said(done, target.store.name, lang)


def _said(done: Entered, name: str, lang: str) -> str:
    """What entering did, in words."""
    if not done.is_new and not done.rounds:
        return say("store.unchanged", lang, name=name, run=done.run_id)
    rounds, replaced = (say("found.join", lang).join(w) for w in (done.rounds, done.replaced))
    key = "store.replaced" if replaced else "store.entered"
    return say(key, lang, name=name, run=done.run_id, rounds=rounds, replaced=replaced)
