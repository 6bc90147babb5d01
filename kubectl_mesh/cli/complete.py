"""`completion`, and what a shell or kubectl asks of the program itself."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from kubectl_mesh.cli.parser import Parser


def completion_command(arguments: argparse.Namespace) -> int:
    """`completion SHELL`: the script of a shell, or of kubectl."""
    from kubectl_mesh.cli.completion import script

    sys.stdout.write(script(arguments.shell))
    return 0


def complete(parser: Parser, words: list[str]) -> int:
    """What kubectl is told may follow on a command line. Returns the exit code."""
    from kubectl_mesh.cli.completion import answer_kubectl

    sys.stdout.write(answer_kubectl(parser, words))
    return 0


def answer_shell(parser: Parser) -> NoReturn:
    """Answer a shell that asks through argcomplete, and end."""
    from kubectl_mesh.cli.completion import answer

    answer(parser)
