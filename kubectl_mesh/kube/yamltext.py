"""YAML texts that somebody else wrote, decoded fast.

Refused are those that would end the process, or last for minutes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

_DEEPEST = 500  # levels; a Kubernetes object has about twenty
LARGEST_CONFIG = 1 << 20  # characters: no ConfigMap holds more than that in bytes
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YAMLTextError(ValueError):
    """A text is no YAML, or can't be decoded.

    `problem` says why, `line` in which line (from 1; None where it isn't known).
    """

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.problem, self.line = problem, line


def documents(text: str) -> list[Any]:
    """The values of the documents in a text. Raises YAMLTextError."""
    return list(_loaded(text, lambda: list(yaml.load_all(text, Loader))))


def value(text: str, loader: Any = None) -> Any:
    """The value of the one document in a text; None for an empty one. Raises YAMLTextError."""
    return _loaded(text, lambda: yaml.load(text, loader or Loader))


def config(text: str) -> Any:
    """As `value`, for a text in a ConfigMap."""
    if len(text) > LARGEST_CONFIG:
        raise YAMLTextError("it is larger than a ConfigMap can be")
    return value(text)


def _loaded(text: str, load: Callable[[], Any]) -> Any:
    if _depth(text) > _DEEPEST:  # libyaml's stack has no bound of its own
        raise YAMLTextError("it is nested too deeply")
    try:
        return load()
    except yaml.YAMLError as error:
        raise _no_yaml(error) from error
    except RecursionError as error:
        raise YAMLTextError("it is nested too deeply") from error
    except Exception as error:
        # A timestamp, number or tag that YAML can't make raises whatever it likes.
        raise YAMLTextError(f"it can't be decoded ({type(error).__name__})") from error


def _no_yaml(error: yaml.YAMLError) -> YAMLTextError:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else None
    return YAMLTextError(f"it is neither YAML nor JSON: {getattr(error, 'problem', error)}", line)


def _depth(content: str) -> int:
    """How deeply YAML may be nested at the most.

    By brackets, by indentation, and by dashes in one line.
    """
    dashes = re.findall(r"(?:[-?] )+", content)
    levels = set(re.findall(r"^ +(?=\S)", content, re.MULTILINE))
    return max(_bracket_depth(content), max(map(len, dashes), default=0) // 2, len(levels))


def _bracket_depth(content: str) -> int:
    """How deeply brackets are nested; those within texts don't add up from line to line."""
    deepest = 0
    for part in re.split(r"^(?=[\w-])", content, flags=re.MULTILINE):
        depth = 0
        for bracket in re.finditer(r"[\[\]{}]", part):
            depth += 1 if bracket[0] in "[{" else -1
            deepest = max(deepest, depth)
    return deepest
