"""Credentials of this run never reach a report, a snapshot, a message or a terminal.

`hidden` takes them out of texts. What a kubeconfig or a credential plugin gives is remembered here;
a server that repeats it, in a message or in an object, repeats it in vain.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

HIDDEN = "<hidden>"
_SHORTEST = 4  # characters; less keeps no secret, and stands in every text
_LONG = 8  # characters; what is shorter may be part of any word
_LONGEST_LINE = 1000  # characters of a message
_NOISE = re.compile(
    r"\w{1,60}\((host=[^)]*|<[^>]*>)\): |Failed to establish a new connection: "
    r"|\[Errno -?\d+\] | \(_ssl\.c:\d+\)"
)
_USER_INFO = re.compile(r"(?<=://)[^\s/@]{1,2000}@")  # https://user:password@host

_known: set[str] = set()


def remember(*credentials: str) -> None:
    """Take these for credentials from now on, each as it is and without white space around it."""
    for whole in credentials:
        for part in (whole, whole.strip()):
            if len(part) >= _SHORTEST:
                _known.add(part)


def hidden(text: str) -> str:
    """A text without any known credential, nor user and password in any URL: a mark is there."""
    for credential in sorted(_known, key=len, reverse=True):
        if credential not in text:
            continue
        pattern = re.escape(credential)
        if len(credential) < _LONG:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        text = re.sub(pattern, HIDDEN, text)
    return _USER_INFO.sub(f"{HIDDEN}@", text) if "://" in text else text


def line(error: object) -> str:
    """An error or a message in one line of bounded length.

    It has no credential in it, and nothing that is for programmers.
    """
    whole = str(error)
    words = whole[: 4 * _LONGEST_LINE].split()
    if len(whole) > 4 * _LONGEST_LINE:
        words = words[:-1] or words  # the last one may be the beginning of a credential
    shown = hidden(" ".join(words))
    if len(shown) > _LONGEST_LINE:
        shown = f"{shown[:_LONGEST_LINE]}…"
    return _NOISE.sub("", shown).removesuffix(".")


def hidden_within(value: Any, written: str, credentials: Collection[str]) -> Any:
    """A decoded JSON value without these credentials; `written` is its text.

    Short ones are left: an object's own names must not change because somebody's password is one of
    them.
    """
    long = [credential for credential in credentials if len(credential) >= _LONG]
    # A backslash may begin an escape, and behind escapes a credential isn't seen.
    if long and ("\\" in written or any(credential in written for credential in long)):
        return _without(value, long)
    return value


def _without(value: Any, credentials: list[str]) -> Any:
    if isinstance(value, str):
        for credential in credentials:
            value = value.replace(credential, HIDDEN)
        return value
    if isinstance(value, list):
        return [_without(item, credentials) for item in value]
    if isinstance(value, dict):
        kept = {}
        for key, held in value.items():
            kept[_without(key, credentials)] = _without(held, credentials)
        return kept
    return value
