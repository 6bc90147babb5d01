"""Keeps out what the `kubernetes` package imports for other purposes: a fifth of a run's time.

OAuth's packages renew tokens of `oidc` auth providers, which is not done here (`access.py`), and
`kubernetes.stream` attaches to Pods; they bring `requests` and more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_UNUSED = {
    "oauthlib": (),
    "oauthlib.oauth2": (),
    "requests_oauthlib": ("OAuth2Session",),
    "kubernetes.stream": (),
}


@contextmanager
def unused() -> Iterator[None]:
    """Within it `kubernetes` is imported without these.

    Whoever imports them afterwards gets the real ones.
    """
    if not sys.modules.keys().isdisjoint(("kubernetes", *_UNUSED)):
        yield
        return
    empty = _empty_modules()
    sys.modules |= empty
    try:
        yield
    finally:
        for name, module in empty.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _empty_modules() -> dict[str, ModuleType]:
    """Modules with nothing in them but the names that `kubernetes` imports from them."""
    empty = {name: ModuleType(name) for name in _UNUSED}
    for name, parts in _UNUSED.items():
        for part in parts:
            setattr(empty[name], part, None)
    empty["oauthlib"].oauth2 = empty["oauthlib.oauth2"]  # type: ignore[attr-defined]
    return empty
