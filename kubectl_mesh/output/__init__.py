"""The forms of output: one module each, one function each, from a Report to the text on stdout.

Adding a form is one module and one line in FORMS. A form shows the report; it computes no verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from kubectl_mesh.findings.model import Report


@dataclass(frozen=True)
class Style:
    """How a person wants to see it; forms for machines ignore it.

    `width` is that of the terminal, in columns; None where it isn't one: nothing is shortened then.
    """

    headers: bool = True
    color: bool = False
    width: int | None = None


Form = Callable[[Report, Style], str]

# form -> (module, function); imported when it is asked for, as start-up time is part of the product
FORMS = {
    "table": ("table", "table"),
    "wide": ("table", "wide"),
    "json": ("machine", "as_json"),
    "yaml": ("machine", "as_yaml"),
    "name": ("name", "names"),
    "patch": ("patch", "manifests"),
    "junit": ("junit", "junit"),
    "prometheus": ("prometheus", "metrics"),
}


def form(name: str) -> Form:
    """The function that writes a report in the form `name`, one of FORMS."""
    module, function = FORMS[name]
    found: Form = getattr(import_module(f"{__name__}.{module}"), function)
    return found
