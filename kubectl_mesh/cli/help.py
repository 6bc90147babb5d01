"""`help`: what `--help` prints, as a command."""

from __future__ import annotations

import argparse
import sys

from kubectl_mesh.cli.parser import Parser


def help_command(arguments: argparse.Namespace) -> int:
    """`help [COMMAND]`: what `--help` prints."""
    parser: Parser = arguments.grammar
    sys.stdout.write(parser.command(arguments.topic or "").format_help())
    return 0
