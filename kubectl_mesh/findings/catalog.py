"""Every finding code, and how its texts become those of a report.

A code is stable: it is never renamed or reused. Adding one means an entry in the file of its
subject in `english/`, and a fixture that triggers it. Checks give facts by name; which language is
shown is known here and nowhere else.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from kubectl_mesh.findings import english
from kubectl_mesh.findings.entry import Entry
from kubectl_mesh.findings.model import Finding, ObjectRef, clean

# code -> the results that it may have, the usual one first
RESULTS = {code: entry.levels for code, entry in english.CODES.items()}


class Shell(str):
    """A part of a command line that is quoted already."""


_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")  # RFC 1123, as Kubernetes has it
_LONGEST_NAME, _LONGEST_WORDS = 253, 2000  # characters
# Facts that are names of objects: as words of a command they must be ones that Kubernetes allows.
_NAMES = {"config", "container", "kind", "mesh", "name", "namespace", "pod", "service"}
# Stands around a word that must not be in a command; `clean` lets none come from elsewhere.
_MARK = "\0"


def is_name(value: str) -> bool:
    """Whether a value is a name by Kubernetes' rules: no option, no path, nothing a shell reads."""
    return len(value) <= _LONGEST_NAME and bool(_NAME.fullmatch(value))


def word(name: str) -> Shell:
    """A name as a word of a command; a command with anything else in its place is left out."""
    if isinstance(name, Shell):
        return name
    return Shell(name if is_name(name) else f"{_MARK}{_short(name)}{_MARK}")


def finding(
    code: str,
    about: ObjectRef,
    field: str,
    *,
    result: str | None = None,
    expected: Sequence[str] | None = None,
    actual: Sequence[str] | None = None,
    source: str | None = None,
    cause: Finding | None = None,
    events: Sequence[str] = (),
    repair: dict[str, Any] | None = None,
    once: tuple[str, ...] | None = None,
    shared: tuple[str, ...] | None = None,
    **facts: str,
) -> Finding:
    """A finding of `code` with its texts filled in from `facts`.

    Everything is cleaned of control characters; in the advice, which holds commands, every fact
    that is not `Shell` is quoted for a shell.
    """
    entry = texts(code)
    levels = RESULTS[code]
    result = result or levels[0]
    assert result in levels, (code, result)
    shown = {key: _short(value).replace(_MARK, "") for key, value in facts.items()}
    return Finding(
        code=code,
        result=result,
        object=ObjectRef(about.kind, _clean(about.namespace), _clean(about.name)),
        message=entry.message.format_map(shown),
        field=field,
        expected=_each(expected),
        actual=_each(actual),
        source=_clean(source),
        hint=_usable(_filled(entry.advice, facts)) or None,
        cause=cause,
        events=[_short(event) for event in events],
        repair=repair,
        once=once,
        shared=shared,
    )


def phrase(key: str, **facts: str) -> Shell:
    """A part of an advice that several codes share, filled in as an advice is."""
    return Shell(_filled(english.PHRASES[key], facts))


def part(key: str, **facts: str) -> str:
    """A part of a message, or of what is expected and found, with the facts as they are.

    It is a fact of a finding itself, which cleans it.
    """
    return english.PARTS[key].format_map(facts)


def label(key: str, **facts: object) -> str:
    """A label of the report itself, with the facts as they are: a report holds only clean ones."""
    return english.LABELS[key].format_map(facts)


def texts(code: str) -> Entry:
    """The texts of a code, in the language of the run: the one place that knows which."""
    return english.CODES[code]


def title(code: str) -> str:
    """What a code says in a few words, to stand within a sentence."""
    words = texts(code).title
    if words[:2].isupper():
        return words
    return words[0].lower() + words[1:]


def _filled(template: str, facts: Mapping[str, str]) -> str:
    """A text with commands, which are its indented lines; in these names must be names."""
    in_sentences: dict[str, Shell | str] = {}
    in_commands: dict[str, Shell | str] = {}
    for key, value in facts.items():
        quoted = value if isinstance(value, Shell) else shlex.quote(_short(value))
        in_sentences[key] = quoted
        in_commands[key] = word(value) if key in _NAMES else quoted
    lines = []
    for line in template.split("\n"):
        filling = in_commands if line.startswith("  ") else in_sentences
        lines.append(line.format_map(filling))
    return "\n".join(lines)


def _usable(hint: str) -> str:
    """A hint without the commands that have a mark in them, and with the reason."""
    if _MARK not in hint:
        return hint
    names: dict[str, None] = {}
    lines = []
    for line in hint.split("\n"):
        if line.startswith("  ") and _MARK in line:
            names.update(dict.fromkeys(line.split(_MARK)[1::2]))
        else:
            lines.append(line.replace(_MARK, ""))
    reason = english.PHRASES["no-name"].format(names=", ".join(names))
    return "\n".join([*lines, reason])


def _clean(value: str | None) -> str | None:
    return None if value is None else _short(value)


def _each(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else [_short(value) for value in values]


def _short(value: str) -> str:
    """A text of a cluster as a report shows it; no sentence is that long."""
    if isinstance(value, Shell):
        return clean(value, keep="\n" + _MARK)
    if len(value) > _LONGEST_WORDS:
        value = f"{value[:_LONGEST_WORDS]}…"
    return clean(value)
