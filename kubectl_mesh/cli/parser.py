"""argparse as kubectl has it: its form of help, and one line for an error."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from kubectl_mesh.collect import InputError

_WIDEST = 110  # columns


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words as the end of an error; "" where none is near."""
    import difflib  # only a mistake needs it

    near = difflib.get_close_matches(word, list(map(str, known)), n=1)
    return f"; did you mean {near[0]}?" if near else ""


class Parser(argparse.ArgumentParser):
    """A command. `examples` are lines to paste, with comments between; `notes` follow the
    options.
    """

    def __init__(self, *, examples: str = "", notes: str = "", **how: Any) -> None:
        super().__init__(allow_abbrev=False, **how)
        self._examples, self._notes = examples, notes

    def error(self, message: str) -> NoReturn:
        """Raise InputError: what was wrong, and where help is to be found."""
        raise InputError(f"{message} (see '{self.prog} --help')")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise ArgumentError for a value that is none of an action's choices, with the nearest."""
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            error.message += did_you_mean(str(value), action.choices or ())
            raise

    def flags(self) -> list[str]:
        """Every long flag of this command."""
        return [flag for flag in self._option_string_actions if flag.startswith("--")]

    def command(self, name: str) -> Parser:
        """The command of a name; this one where it has no such command."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction) and name in action.choices:
                found: Parser = action.choices[name]
                return found
        return self

    def commands(self) -> list[str]:
        """The names of its commands."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                return list(action.choices)
        return []

    def format_help(self) -> str:
        """The help in kubectl's order: what it does, examples, commands or options, notes,
        usage.
        """
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
