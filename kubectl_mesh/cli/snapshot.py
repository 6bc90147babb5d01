"""`snapshot`: write what the commands read into a file."""

from __future__ import annotations

import argparse
import os
import sys

from kubectl_mesh.cli.exit_codes import UNDETERMINED
from kubectl_mesh.cli.streams import complain
from kubectl_mesh.collect import InputError


def snapshot_command(arguments: argparse.Namespace) -> int:
    """`snapshot FILE`. Returns the exit code; raises InputError."""
    import gzip

    from kubectl_mesh.cli.waiting import progress
    from kubectl_mesh.collect.targets import from_contexts
    from kubectl_mesh.snapshots.packing import pack

    with progress(quiet=False) as tell:
        clusters, _ = from_contexts(arguments, tell)
    content = pack(clusters, redact=arguments.redact)
    if content is None:
        complain(f"{arguments.file} is not written: the verdict on it would be another one")
        return UNDETERMINED
    content = gzip.compress(content, mtime=0) if arguments.file.endswith(".gz") else content
    try:
        if arguments.file == "-":
            sys.stdout.buffer.write(content)
            sys.stdout.flush()
        elif os.path.exists(arguments.file) and not os.path.isfile(arguments.file):
            with open(arguments.file, "wb") as device:  # a pipe, for one
                device.write(content)
        else:
            _replace_file(arguments.file, content)
    except OSError as error:
        raise InputError(f"{arguments.file}: {(error.strerror or str(error)).lower()}") from error
    silent = [snapshot.source for snapshot in clusters.every if not snapshot.answered]
    for source in silent:
        complain(f"{source} gave no answer at all; the file holds the reason")
    return UNDETERMINED if silent else 0


def _replace_file(path: str, content: bytes) -> None:
    """Write a file that is its owner's alone (it tells about clusters); a failure leaves an
    earlier one as it was.
    """
    import tempfile

    handle, made = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".kubectl-mesh-")
    try:
        with open(handle, "wb") as file:
            file.write(content)
        os.replace(made, path)
    except OSError:
        os.unlink(made)
        raise
