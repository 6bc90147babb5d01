"""stderr and stdout of a command: one line for an error, and no complaint about a closed pipe."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TextIO

from kubectl_mesh.collect.secrecy import hidden
from kubectl_mesh.findings.model import clean


def complain(message: str) -> None:
    """One line on stderr, without credentials and control characters."""
    line = clean(hidden(" ".join(message.split())))
    if sys.stderr is not None:
        # A closed one must not lead the line to stdout, nor change the exit code.
        with until_closed(sys.stderr):
            print(f"error: {line}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def until_closed(stream: TextIO) -> Iterator[None]:
    """Write to a stream as long as somebody reads it; the interpreter must not complain about it
    at exit.
    """
    try:
        yield
    except BrokenPipeError:
        silence(stream)


def silence(stream: TextIO) -> None:
    """Send a stream that nobody reads to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
