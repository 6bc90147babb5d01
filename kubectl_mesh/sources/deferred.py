"""Puts off what the `kubernetes` package imports for a few users alone: a fifth of the time that a run takes.

OAuth's packages serve to renew tokens of `oidc` auth providers, `kubernetes.stream` to attach to Pods; they bring
`requests` and more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

_RARELY_USED = ("oauthlib.oauth2", "requests_oauthlib", "kubernetes.stream")


@contextmanager
def rarely_used() -> Iterator[None]:
    """Within it `kubernetes` is imported without these; they are imported once something of them is used."""
    if "kubernetes" in sys.modules or any(name in sys.modules for name in _RARELY_USED):
        yield
        return
    stand_ins = {name: _stand_in(name) for name in _RARELY_USED}
    stand_ins["requests_oauthlib"].OAuth2Session = _oauth2_session  # type: ignore[attr-defined]
    sys.modules |= stand_ins
    import_module("oauthlib").oauth2 = stand_ins["oauthlib.oauth2"]  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


def _stand_in(name: str) -> ModuleType:
    """A module that looks into the one of its name once it is looked into itself."""

    def get(part: str) -> Any:
        if part.startswith("__"):  # what importing asks for
            raise AttributeError(part)
        if sys.modules.get(name) is made:
            del sys.modules[name]
        return getattr(import_module(name), part)

    made = ModuleType(name)
    made.__getattr__ = get  # type: ignore[method-assign]
    return made


def _oauth2_session(*arguments: Any, **options: Any) -> Any:
    """What `kubernetes.config` knows as `OAuth2Session`: it asks for that by name when it is imported itself."""
    return import_module("requests_oauthlib").OAuth2Session(*arguments, **options)
