"""Plain decoded Kubernetes objects: getters that take a value of the wrong type for an absent one.

Objects are kept raw: the tool is sent to find malformed ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Object = dict[str, Any]


_MANY = 10


def dig(value: Any, *path: str) -> Any:
    """The value at `path` in nested dictionaries, or None where any step is missing."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text(value: Any, *path: str) -> str:
    """The string at `path`; "" where there is none."""
    found = dig(value, *path)
    return found if isinstance(found, str) else ""


def mapping(value: Any, *path: str) -> dict[str, Any]:
    """The dictionary at `path`; {} where there is none."""
    found = dig(value, *path)
    return found if isinstance(found, dict) else {}


def maps(value: Any, *path: str) -> list[dict[str, Any]]:
    """The dictionaries in the list at `path`; [] where there is none."""
    found = dig(value, *path)
    if not isinstance(found, list):
        return []
    return [item for item in found if isinstance(item, dict)]


def texts(value: Any, *path: str) -> list[str]:
    """The non-empty strings in the list at `path`; [] where there is none."""
    found = dig(value, *path)
    if not isinstance(found, list):
        return []
    return [item for item in found if isinstance(item, str) and item]


def some(names: Sequence[str]) -> str:
    """Names for a sentence, the first of them where there are many."""
    more = f", and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return ", ".join(names[:_MANY]) + more


def name_of(obj: Object) -> str:
    """`metadata.name`."""
    return text(obj, "metadata", "name")


def labels_of(obj: Object | None) -> dict[str, Any]:
    """`metadata.labels`."""
    return mapping(obj, "metadata", "labels")


def annotations_of(obj: Object | None) -> dict[str, Any]:
    """`metadata.annotations`."""
    return mapping(obj, "metadata", "annotations")


def label_selected(selector: Any, labels: dict[str, Any]) -> bool:
    """Whether a LabelSelector selects what bears these labels; {} selects all."""
    for key, value in mapping(selector, "matchLabels").items():
        if labels.get(key) != value:
            return False
    for rule in maps(selector, "matchExpressions"):
        key, values, held = text(rule, "key"), texts(rule, "values"), labels.get(text(rule, "key"))
        holds = {
            "In": held in values,
            "NotIn": held not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }
        if not holds.get(text(rule, "operator"), False):
            return False
    return True
