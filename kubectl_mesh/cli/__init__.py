"""The command line: flags as kubectl spells them, exit codes, and nothing else.

The rest is imported once a command runs: Ctrl-C is heard meanwhile, too.
"""

from __future__ import annotations

import os
from typing import NoReturn

_INTERRUPTED = 130


def run() -> NoReturn:
    """The `kubectl-mesh` command, in a process that lives for one answer only."""
    try:
        from kubectl_mesh.cli.entry import run as answer

        answer()
    except KeyboardInterrupt:
        os._exit(_INTERRUPTED)


def main(argv: list[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's). Returns the exit code."""
    from kubectl_mesh.cli.entry import main as answer

    return answer(argv)
