"""Shell completion: what may follow on a command line, from its grammar, the catalog and the
kubeconfig.

Nothing is contacted, and `kubernetes` is never imported. argcomplete knows the shells; kubectl
asks in a way of its own, the executable `kubectl_complete-mesh` (KEP-2379).
"""

from __future__ import annotations

import argparse
import glob
import os
import re
from collections.abc import Callable, Iterator
from itertools import count, takewhile
from typing import Any, NoReturn

import argcomplete
import yaml
from argcomplete.completers import SuppressCompleter
from argcomplete.finders import CompletionFinder
from argcomplete.shell_integration import shellcode

from kubectl_mesh.findings.catalog import RESULTS, texts
from kubectl_mesh.findings.model import FAIL, UNKNOWN, WARN

_PROGRAM = "kubectl-mesh"
_FOR_KUBECTL = f"""\
#!/bin/sh
# kubectl asks this executable what may follow on `kubectl mesh …`. It stands on the PATH as
# kubectl_complete-mesh.
exec {_PROGRAM} __complete "$@"
"""
_MANNER: dict[str, Any] = {
    "always_complete_options": False,
    "default_completer": SuppressCompleter(),
}
_SHELLS_OWN, _NO_FILES = 0, 4  # cobra's ShellCompDirective
_FILES_IN_ZSH = """
_kubectl_mesh() {
    case ${words[CURRENT-1]} in
        -f|--filename|--control-plane-filename|--kubeconfig) _files ;;
        *) _python_argcomplete "$@" ;;
    esac
}
if [[ -n "${ZSH_VERSION-}" ]]; then
    compdef _kubectl_mesh kubectl-mesh
fi
"""


def script(shell: str) -> str:
    """The text that a shell sources to complete `kubectl-mesh`; for kubectl, the executable that
    it asks.
    """
    if shell == "kubectl":
        return _FOR_KUBECTL
    code: str = shellcode([_PROGRAM], shell=shell)
    return code + _FILES_IN_ZSH if shell == "zsh" else code


def answer(parser: argparse.ArgumentParser) -> NoReturn:
    """Answer the shell that asks through argcomplete's variables, and end the process."""
    # bash and zsh complete files themselves, with ~ and variables in them.
    _attach(
        parser, _files if os.environ.get("_ARGCOMPLETE_SHELL") == "fish" else SuppressCompleter()
    )
    argcomplete.autocomplete(parser, **_MANNER)
    raise AssertionError("argcomplete ends the process")


def answer_kubectl(parser: argparse.ArgumentParser, words: list[str]) -> str:
    """What kubectl is to be told about the words after `kubectl mesh`, the last of which is being
    typed.

    One line for each that may follow, with a tab and its description, then a colon and cobra's
    directive.
    """
    *before, typed = words or [""]
    flag, equals, value = typed.partition("=")
    if equals and flag.startswith("-"):  # kubectl's shells put `--flag=` in front themselves
        before, typed = [*before, flag], value
    asked_for_files: list[str] = []

    def leave_to_the_shell(prefix: str, **_: object) -> list[str]:
        asked_for_files.append(prefix)
        return []

    _attach(parser, leave_to_the_shell)
    finder = _Plain(parser, **_MANNER)
    line = " ".join([*(_escaped(word) or "''" for word in before), _escaped(typed)])
    offers = takewhile(
        lambda offer: offer is not None, (finder.rl_complete(line, number) for number in count())
    )
    told = [typed + str(offer).removeprefix(line) for offer in offers]
    described = finder.get_display_completions()
    lines = "".join(f"{offer}\t{described.get(offer, '')}".rstrip("\t") + "\n" for offer in told)
    return f"{lines}:{_SHELLS_OWN if asked_for_files else _NO_FILES}\n"


def _escaped(word: str) -> str:
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", word)


class _Plain(CompletionFinder):
    """kubectl's shell scripts quote by themselves."""

    def quote_completions(self, completions: list[str], *_: object) -> list[str]:
        """`completions` as they are."""
        return completions


def _attach(parser: argparse.ArgumentParser, files: object) -> None:
    """Give the flags what argcomplete asks for their values; those with a choice of words need
    nothing.
    """
    values = {
        **_VALUES,
        **dict.fromkeys(("kubeconfig", "filename", "control_plane_filename"), files),
    }
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                _attach(command, files)
        elif action.dest in values:
            # argcomplete's convention
            setattr(action, "completer", values[action.dest])  # noqa: B010


def _contexts(parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """The contexts of the kubeconfig that the command would use; none of one that can't be read."""
    named = (
        parsed_args.kubeconfig
        or os.environ.get("KUBECONFIG")
        or os.path.join("~", ".kube", "config")
    )
    found: dict[str, None] = {}
    for path in [named] if parsed_args.kubeconfig else named.split(os.pathsep):
        try:
            with open(os.path.expanduser(path), encoding="utf-8") as file:
                config = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            names = (context["name"] for context in config["contexts"])
            found.update(
                (name, None) for name in names if isinstance(name, str) and name.isprintable()
            )
        except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
            continue
    return list(found)


def _several(prefix: str, parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """The last of a list of contexts, without those that stand in it already."""
    head, comma, _typed = prefix.rpartition(",")
    return [
        f"{head}{comma}{c}"
        for c in _contexts(parsed_args)
        if c not in head.split(",") and "," not in c
    ]


def _codes(**_: object) -> dict[str, str]:
    return {
        code: texts(code).title
        for code, results in RESULTS.items()
        if {FAIL, WARN, UNKNOWN} & set(results)
    }


def _files(prefix: str, **_: object) -> Iterator[str]:
    """Files that begin so, folders with a slash behind; what was typed stays as it was typed (~
    too).
    """
    expanded = os.path.expanduser(prefix)
    for path in filter(str.isprintable, sorted(glob.glob(f"{glob.escape(expanded)}*"))):
        yield prefix + path[len(expanded) :] + ("/" if os.path.isdir(path) else "")


_VALUES: dict[str, Callable[..., Any]] = {
    "context": _contexts,
    "contexts": _several,
    "control_plane_context": _contexts,
    "ignore": _codes,
}
