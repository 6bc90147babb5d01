"""What the catalog holds of one code."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One code: the results that it may have, the usual one first, and its texts.

    `message` is one sentence that says what was found, `explanation` why it matters, `advice` what
    to do, with the commands on indented lines of their own; the last two are empty where there is
    nothing to say. `{placeholders}` are facts that the checks give, the same in every language.
    """

    levels: tuple[str, ...]
    title: str
    message: str
    explanation: str = ""
    advice: str = ""

    @property
    def meaning(self) -> str:
        """The former name of `explanation`, until the forms of output use that one."""
        return self.explanation
