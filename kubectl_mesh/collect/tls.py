"""TLS contexts from certificates in memory.

No private key is left in a file, whatever ends the process.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterator

from urllib3.util.ssl_ import create_urllib3_context

_OPEN_FILES = "/proc/self/fd"


def context(
    authorities: bytes | None, certificate: tuple[bytes, bytes] | None, *, verify: bool
) -> ssl.SSLContext:
    """A context for one API server.

    `authorities` are the certificates (PEM) that the server's is verified by, None for the
    system's; `certificate` is the client's own with its key (PEM). Raises OSError (ssl.SSLError is
    one) for what can't be loaded.
    """
    made = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if verify else ssl.CERT_NONE)
    if verify and authorities is not None:
        made.load_verify_locations(cadata=authorities.decode("ascii", errors="replace"))
    elif verify:
        made.load_default_certs()
    if certificate:
        with _path(certificate[0]) as chain, _path(certificate[1]) as key:
            made.load_cert_chain(chain, key, password=_no_password)
    return made


def _no_password() -> bytes:
    """No password: OpenSSL would ask on the terminal for that of an encrypted key.

    kubectl refuses such keys.
    """
    return b""


@contextlib.contextmanager
def _path(content: bytes) -> Iterator[str]:
    """A path that OpenSSL can read the content from, which it takes from files only.

    Linux has anonymous files, which end with the process. Elsewhere a file of the user's alone
    stands in the folder for temporary files for the moment of the reading.
    """
    if hasattr(os, "memfd_create") and os.path.isdir(_OPEN_FILES):
        with open(os.memfd_create("certificate"), "wb", buffering=0) as anonymous:
            anonymous.write(content)
            yield os.path.join(_OPEN_FILES, str(anonymous.fileno()))
        return
    handle, name = tempfile.mkstemp()
    try:
        with open(handle, "wb") as file:
            file.write(content)
        yield name
    finally:
        os.unlink(name)
