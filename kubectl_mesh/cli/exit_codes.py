"""The exit codes that are no verdict's; those are in `findings/model.py`."""

USAGE, UNDETERMINED, INTERRUPTED = 2, 3, 130
