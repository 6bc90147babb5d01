"""Where a Snapshot comes from: a live API server or files."""


class InputError(Exception):
    """What the user gave can't be used: one line that says what is wrong, where, and what to do. Exit code 2."""
