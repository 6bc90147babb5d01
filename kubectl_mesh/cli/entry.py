"""A run of the program: its exit code, the signals that end it, and the one line for an error.

Exit codes: 0 verified, 1 differences, 2 usage error, 3 could not be determined, 130 interrupted.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import signal
import sys
import traceback
from typing import NoReturn

from kubectl_mesh.cli.complete import answer_shell, complete
from kubectl_mesh.cli.exit_codes import INTERRUPTED, UNDETERMINED, USAGE
from kubectl_mesh.cli.flags import grammar
from kubectl_mesh.cli.parser import Parser, did_you_mean
from kubectl_mesh.cli.streams import complain, silence
from kubectl_mesh.cli.version import version_command
from kubectl_mesh.collect import InputError
from kubectl_mesh.collect.secrecy import hidden
from kubectl_mesh.findings.model import clean


def run() -> NoReturn:
    """The `kubectl-mesh` command: `main`, in a process that lives for one answer only.

    Nothing that it makes is worth collecting: without the collector, start and exit take a fifth
    less time.
    """
    gc.disable()
    # A signal ends the process with 128 + its number, as a shell counts it. (Windows has no
    # SIGHUP.)
    for number in filter(None, (signal.SIGTERM, getattr(signal, "SIGHUP", None))):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _terminate)
    code = _flushed(main())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Threads may still wait for dead clusters: they must not find an interpreter that is being
    # taken apart.
    atexit._run_exitfuncs()
    os._exit(code)


def _terminate(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def _flushed(code: int) -> int:
    """The exit code once everything has left the buffers; 3 where a report could not be written.

    Python's own way at exit is code 120 and a complaint of several lines.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError as error:
            silence(stream)
            if (
                stream is sys.stdout
                and not isinstance(error, BrokenPipeError)
                and code != UNDETERMINED
            ):
                code = UNDETERMINED
                complain(f"{error.strerror or error}")
    return code


def main(argv: list[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's). Returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        return _answered(argv)
    except InputError as error:
        complain(str(error))
        return USAGE
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        _explain(error, debug="--debug" in argv)
        return UNDETERMINED


def _explain(error: Exception, *, debug: bool) -> None:
    """One line for an error that is not the user's; a traceback only where it was asked for."""
    if isinstance(error, OSError):  # a full disk under stdout, for one
        complain(f"{error.strerror or error}")
        return
    if debug:
        sys.stderr.write(clean(hidden(traceback.format_exc()), keep="\n"))
    complain(f"unforeseen {type(error).__name__}: {error} (--debug shows where)")


def _answered(argv: list[str]) -> int:
    """The exit code of a command line. Raises what its command raises."""
    if sys.stdout is None:
        # Somebody closed it: what is written goes nowhere.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    # Whatever the locale: reports hold characters of every language, and names of files any bytes.
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    if argv[:1] == ["__complete"]:  # kubectl asks what may follow
        return complete(grammar(), argv[1:])
    if "_ARGCOMPLETE" in os.environ:  # a shell asks
        answer_shell(grammar())
    parser = grammar()
    arguments, rest = parser.parse_known_args(argv)
    if rest:
        raise InputError(_unrecognized(parser, argv, rest))
    if arguments.show_version:
        return version_command(argparse.Namespace(output=None))
    if "run" not in arguments:
        # Help, but for scripts a run without a command has verified nothing.
        parser.print_help(sys.stderr)
        return USAGE
    return int(arguments.run(arguments))


def _unrecognized(parser: Parser, argv: list[str], rest: list[str]) -> str:
    """What is said of words that no flag or command takes."""
    named = [word for word in argv if not word.startswith("-")]
    command = parser.command(named[0] if named else "")
    flags = [word.partition("=")[0] for word in rest if word.startswith("--")]
    near = did_you_mean(flags[0], command.flags()) if flags else ""
    return f"unrecognized arguments: {' '.join(rest)}{near} (see '{command.prog} --help')"
