"""YAML texts that somebody else wrote: decoded fast, refused where they would end the process or last for minutes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

_DEEPEST = 500  # levels; a Kubernetes object has about twenty
LARGEST_CONFIG = 1 << 20  # characters: no ConfigMap holds more than that in bytes
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YAMLTextError(ValueError):
    """A text is no YAML, or can't be decoded: why, and in which line (from 1; None where it isn't known)."""

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
        mark = getattr(error, "problem_mark", None)
        problem = f"it is neither YAML nor JSON: {getattr(error, 'problem', error)}"
        raise YAMLTextError(problem, mark.line + 1 if mark else None) from error
    except RecursionError as error:
        raise YAMLTextError("it is nested too deeply") from error
    except (
        Exception
    ) as error:  # a timestamp, number or tag that YAML can't make raises whatever it likes
        raise YAMLTextError(f"it can't be decoded ({type(error).__name__})") from error


def _depth(content: str) -> int:
    """How deeply YAML may be nested at the most: by brackets, by indentation, and by dashes in one line."""
    deepest = 0
    for part in re.split(
        r"^(?=[\w-])", content, flags=re.MULTILINE
    ):  # brackets in texts must not add up
        depth = 0
        for bracket in re.finditer(r"[\[\]{}]", part):
            depth += 1 if bracket[0] in "[{" else -1
            deepest = max(deepest, depth)
    dashes = max((len(run[0]) // 2 for run in re.finditer(r"(?:[-?] )+", content)), default=0)
    indented = re.finditer(r"^ +(?=\S)", content, re.MULTILINE)
    return max(deepest, dashes, len({len(spaces[0]) for spaces in indented}))
