"""What a person sees while it lasts: the progress of the reads, and `--wait`, which looks until
the verdict is pass.
"""

from __future__ import annotations

import contextlib
import gc
import shutil
import sys
import time
from collections.abc import Callable, Collection, Iterator

from kubectl_mesh.findings.model import PASS, UNKNOWN, Report, clean

_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 1.0, 15.0, 1.5  # seconds
_SOON = 0.5  # seconds in which nobody asks what takes so long
_LAST_LOOK = 0.5  # seconds that a look gets at least, even if the time is over a little later then
# What no waiting mends: somebody has to give rights, or log in.
_FINAL = {"Forbidden", "Unauthorized"}


def until_pass(
    look: Callable[[float | None], Report], timeout: float | None, *, quiet: bool
) -> tuple[Report, bool]:
    """The last report of `look`, and whether the time was over before it passed or could not any
    more.

    `look` is given the seconds that are left (None: no bound), and `timeout` is those of all
    together. What is still missing is shown on stderr in one line, if that is a terminal and
    nobody asked for quiet.
    """
    begun = time.monotonic()
    pause, last = _FIRST_PAUSE, False
    shown = not quiet and sys.stderr is not None and sys.stderr.isatty()
    try:
        while True:
            looked = time.monotonic()
            report = look(None if timeout is None else max(_LAST_LOOK, timeout - (looked - begun)))
            now = time.monotonic()
            taken = now - begun
            if report.verdict == PASS or _hopeless(report):
                return report, False
            if timeout is not None:
                # The last look needs as long as this one did, and some more.
                left = timeout - taken - max(_LAST_LOOK, 2 * (now - looked))
                if last or left <= 0:
                    return report, True
                last, pause = left <= pause, min(pause, left)
            if shown:
                _show(f"waiting {taken:.0f}s: {_missing(report)}")
            # The process runs without a collector, and each look leaves connections behind.
            gc.collect()
            time.sleep(pause)
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
    finally:
        if shown:
            _show("")


@contextlib.contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[Collection[str], int], None]]:
    """Tells which of a number of clusters are still being read: one line on stderr, if that is a
    terminal.
    """
    begun, told = time.monotonic(), False
    shown = not quiet and sys.stderr is not None and sys.stderr.isatty()

    def tell(reading: Collection[str], number: int) -> None:
        nonlocal told
        if shown and reading and time.monotonic() - begun > _SOON:
            done = f"{number - len(reading)} of {number} clusters read"
            _show(f"{done}; still reading {', '.join(reading)}")
            told = True

    try:
        yield tell
    finally:
        if told:
            _show("")


def _hopeless(report: Report) -> bool:
    return any(f.result == UNKNOWN and f.code in _FINAL and not f.ignored for f in report.findings)


def _missing(report: Report) -> str:
    """The objects and codes that keep the verdict from pass, causes alone."""
    open_ends = report.at_fault() + [
        f for f in report.findings if f.result == UNKNOWN and not f.ignored
    ]
    told = dict.fromkeys(f"{f.code} {f.object}" for f in open_ends if f.cause not in open_ends)
    return ", ".join(told) or "nothing was compared"


def _show(line: str) -> None:
    """One line of the terminal, in place of what stood there."""
    width = shutil.get_terminal_size().columns - 1
    line = clean(line)
    sys.stderr.write(f"\r\x1b[K{line if len(line) <= width else line[: width - 1] + '…'}")
    sys.stderr.flush()
