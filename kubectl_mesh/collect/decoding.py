"""JSON texts of any size, decoded in small steps, between which Ctrl-C is heard and threads run.

Python hears signals between its own instructions only. Its decoder is one instruction, however
large the text is: some seconds for a hostile one of 64 MiB.
"""

from __future__ import annotations

import json
import re
import threading
from json import JSONDecodeError
from typing import Any

_LARGE = 1 << 18  # characters; less is decoded at once, within some milliseconds
_STEP = 1 << 16  # characters that are decoded at once in a large text
_TAIL = 4  # characters: a number that is cut off may look whole that far from the end
_DEEPEST = 100  # levels of values that are each larger than a step
# A body of 64 MiB full of Kubernetes objects has three millions; more need gigabytes.
_MOST_VALUES = 4_000_000
_SPACE = re.compile(r"[ \t\n\r]{1,65536}")

# Python runs one thread at a time anyway; the main one, which hears Ctrl-C, would be one of many.
_one_at_a_time = threading.Lock()
_decode = json.JSONDecoder().raw_decode


def decoded(text: str) -> Any:
    """The value of a JSON text.

    Raises ValueError, for one with far more values than any cluster's list too.
    """
    if text.count(",") > _MOST_VALUES:
        raise ValueError("it has more values than any list of objects")
    if len(text) <= _LARGE:
        return json.loads(text)
    with _one_at_a_time:
        values = documents(text)
    if len(values) != 1:
        raise ValueError("there is more than one value")
    return values[0]


def documents(text: str) -> list[Any]:
    """The values of a text that holds one JSON value after another. Raises ValueError."""
    steps, found, at = _Steps(text), [], _skip(text, 0)
    while at < len(text):
        value, at = steps.value(at)
        found.append(value)
        at = _skip(text, at)
    return found


class _Steps:
    """Decodes a text step by step; `window` is the part of it that begins at `base`."""

    def __init__(self, text: str) -> None:
        self.text, self.base, self.window = text, 0, text[:_STEP]

    def value(self, at: int, depth: int = 0) -> tuple[Any, int]:
        """The value that begins at an index, and where it ends.

        Raises ValueError, RecursionError.
        """
        found = self._in_window(at)
        if not found and at != self.base:
            self.base, self.window = at, self.text[at : at + _STEP]
            found = self._in_window(at)
        if found:
            return found
        if depth > _DEEPEST:
            raise RecursionError
        first = self.text[at : at + 1]
        if first == "{":
            return self._object(at, depth)
        if first == "[":
            return self._array(at, depth)
        return _decode(self.text, at)  # one text or number that is larger than a step

    def _in_window(self, at: int) -> tuple[Any, int] | None:
        """The value at an index, None where it is not whole within the window."""
        if not self.base <= at < self.base + len(self.window):
            return None
        try:
            value, end = _decode(self.window, at - self.base)
        except JSONDecodeError:
            return None
        is_last = self.base + len(self.window) >= len(self.text)
        return (value, self.base + end) if is_last or end < len(self.window) - _TAIL else None

    def _object(self, at: int, depth: int) -> tuple[dict[str, Any], int]:
        made: dict[str, Any] = {}
        at = _skip(self.text, at + 1)
        if self.text[at : at + 1] == "}":
            return made, at + 1
        while True:
            if self.text[at : at + 1] != '"':
                problem = "Expecting property name enclosed in double quotes"
                raise JSONDecodeError(problem, self.text, at)
            key, at = _decode(self.text, at)
            at = _skip(self.text, at)
            if self.text[at : at + 1] != ":":
                raise JSONDecodeError("Expecting ':' delimiter", self.text, at)
            made[key], at = self.value(_skip(self.text, at + 1), depth + 1)
            at, ended = self._next(at, "}")
            if ended:
                return made, at

    def _array(self, at: int, depth: int) -> tuple[list[Any], int]:
        made: list[Any] = []
        at = _skip(self.text, at + 1)
        if self.text[at : at + 1] == "]":
            return made, at + 1
        while True:
            value, at = self.value(at, depth + 1)
            made.append(value)
            at, ended = self._next(at, "]")
            if ended:
                return made, at

    def _next(self, at: int, end: str) -> tuple[int, bool]:
        """Where it goes on behind a member, and whether that was the last one."""
        at = _skip(self.text, at)
        found = self.text[at : at + 1]
        if found == end:
            return at + 1, True
        if found != ",":
            raise JSONDecodeError("Expecting ',' delimiter", self.text, at)
        return _skip(self.text, at + 1), False


def _skip(text: str, at: int) -> int:
    """The index of the next character that is no white space."""
    while found := _SPACE.match(text, at):
        at = found.end()
    return at
