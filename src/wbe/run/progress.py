"""Progress on standard error, only on a terminal: which campaign of how many, and its step."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from wbe.run import stopping
from wbe.run.campaign import STEPS
from wbe.run.words import say

if TYPE_CHECKING:
    from tqdm import tqdm

Say = Callable[[str], None]


class Progress:
    """Two bars: the campaigns of a batch, and the steps of the campaign at work.

    Parameters
    ----------
    total : int
        Number of campaigns; the first bar is left out for one.
    quiet : bool
        Whether nothing is drawn, terminal or not.
    """

    def __init__(self, total: int, *, quiet: bool) -> None:
        self.quiet = quiet
        self._campaigns = self._bar(total, 0) if total > 1 else None
        self._steps: tqdm | None = None

    def _bar(self, total: int, position: int) -> tqdm:
        from tqdm import tqdm

        # Its watching thread would be lost in forks and gains nothing over a few steps.
        tqdm.monitor_interval = 0
        off = True if self.quiet else None  # None: on a terminal only
        return tqdm(
            total=total, position=position, disable=off, leave=False, file=sys.stderr,
            dynamic_ncols=True, bar_format="{desc} {n_fmt}/{total_fmt} |{bar}| {elapsed}",
        )  # fmt: skip

    @contextlib.contextmanager
    def campaign(self, name: str) -> Iterator[None]:
        """Show a campaign as the one at work; it counts when it ends, however it ends."""
        if self._campaigns is not None:
            self._campaigns.set_description(name)
        self._steps = self._bar(len(STEPS) + 1, 0 if self._campaigns is None else 1)
        try:
            yield
        finally:
            self._steps.close()
            self.count()

    def count(self) -> None:
        """Count a campaign as ended."""
        if self._campaigns is not None:
            self._campaigns.update(1)

    def step(self, step: str, language: str, files: int) -> None:
        """Name the step that begins, and the number of lab files where they are read.

        Raises
        ------
        Stopped
            If the work was asked to end, and what it interrupted lost the request.
        """
        stopping.pulse()
        if self._steps is not None:
            count = f" ({files})" if step == "read" else ""
            self._steps.update(1)
            self._steps.set_description(say(f"step.{step}", language) + count)

    def beside(self, print_: Say) -> Say:
        """Let a message stand above the bars instead of across them."""

        def said(text: str) -> None:
            from tqdm import tqdm

            with tqdm.external_write_mode(file=sys.stdout):
                print_(text)

        return said

    def close(self) -> None:
        """Take the bars away."""
        if self._campaigns is not None:
            self._campaigns.close()
