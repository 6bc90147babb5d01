"""argparse as kubectl has it: its form of help, and one line for an error."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Iterator
from typing import Any, NoReturn

from kubectl_mesh.collect import InputError

_WIDEST = 110  # columns


class Parser(argparse.ArgumentParser):
    """A command. `examples` are lines to paste, with comments between; `notes` follow the options."""

    def __init__(self, *, examples: str = "", notes: str = "", **how: Any) -> None:
        super().__init__(allow_abbrev=False, **how)
        self._examples, self._notes = examples, notes

    def error(self, message: str) -> NoReturn:
        """Raise InputError: what was wrong, and where help is to be found."""
        raise InputError(f"{message} (see '{self.prog} --help')")

    def format_help(self) -> str:
        """The help in kubectl's order: what it does, examples, commands or options, notes, usage."""
        told = [
            self.description or "",
            self._examples and f"Examples:\n{textwrap.indent(self._examples, '  ')}",
        ]
        options, positional = False, ""
        for group in self._action_groups:
            shown = [
                action
                for action in group._group_actions
                if not isinstance(action, argparse._HelpAction)
            ]
            for action in shown:
                if isinstance(action, argparse._SubParsersAction):
                    told.append("Available Commands:\n" + "\n".join(_commands(action)))
                if not action.option_strings:
                    positional += f" {action.metavar}"
            flags = [_option(action) for action in shown if action.option_strings]
            if flags:
                options = True
                title = (
                    "Options" if group.title in {"options", "optional arguments"} else group.title
                )
                told.append(f"{title}:\n" + "\n\n".join(flags))
        told += [self._notes, f"Usage:\n  {self.prog}{positional}{' [options]' if options else ''}"]
        if self._subparsers:
            told.append(
                f'Use "{self.prog} COMMAND --help" for more information about a given command.'
            )
        return "\n\n".join(part.strip("\n") for part in told if part) + "\n"


def _commands(action: argparse._SubParsersAction[Any]) -> Iterator[str]:
    listed = action._choices_actions
    widest = max(len(command.dest) for command in listed)
    for command in listed:
        yield f"  {command.dest:{widest}}   {command.help}"


def _option(action: argparse.Action) -> str:
    """A flag with its default, as kubectl writes it, and under it what it means."""
    if action.nargs == 0:
        default = "false"
    elif isinstance(action, argparse._AppendAction):
        default = "[]"
    else:
        default = f"'{'' if action.default in (None, argparse.SUPPRESS) else action.default}'"
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    meaning = textwrap.fill(
        action.help or "", width, initial_indent=" " * 8, subsequent_indent=" " * 8
    )
    return f"    {', '.join(action.option_strings)}={default}:\n{meaning}"
