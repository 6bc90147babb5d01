"""What a server answered, within bounds: a list, an object, that there is none, or why there is no answer."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Collection
from http.client import IncompleteRead
from typing import Any

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    InvalidChunkLength,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from kubectl_mesh.collect.decoding import decoded
from kubectl_mesh.collect.reads import Read
from kubectl_mesh.collect.secrecy import hidden_within, line
from kubectl_mesh.kube.objects import Object, dig, text
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, Failure
from kubectl_mesh.mesh.resources import OPTIONAL

LARGEST = 64 << 20  # bytes of one body, unpacked
_PART = 1 << 16  # bytes


class TooLargeError(Exception):
    """A body goes beyond LARGEST."""


def body(response: urllib3.BaseHTTPResponse) -> bytes:
    """The whole body of a response that was not preloaded. Raises TooLargeError, DecodeError and what urllib3 does."""
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip", ""):
        raise DecodeError(f"an encoding that was not asked for ({packing[:20]})")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if packing == "gzip" else None
    parts, size = [], 0
    while packed := response.read(_PART, decode_content=False):
        part = _unpacked(unpacker, packed, LARGEST + 1 - size) if unpacker else packed
        size += len(part)
        if size > LARGEST:
            raise TooLargeError
        parts.append(part)
    if unpacker and not unpacker.eof:
        raise DecodeError("the compressed body ends too soon")
    return b"".join(parts)


def _unpacked(unpacker: Any, packed: bytes, room: int) -> bytes:
    """The next part of a compressed body, at most `room` bytes of it. Raises DecodeError."""
    try:
        return bytes(unpacker.decompress(packed, room))
    except zlib.error as error:
        raise DecodeError(str(error)) from error


def understood(
    read: Read, status: int, content: bytes, credentials: Collection[str]
) -> list[Object] | Failure | None:
    """The answer in a body: the objects of a list, one object, None for one that does not exist, or the failure.

    `credentials` are those that the server was sent, and may repeat.
    """
    answer, problem = None, "the body is empty"
    try:
        written = content.decode("utf-8", errors="surrogatepass")
        answer = hidden_within(decoded(written), written, credentials)
        problem = "it is null" if answer is None else ""
    except (ValueError, RecursionError) as error:
        if content:
            problem = f"the body of HTTP {status} is not JSON ({line(error)})"
    message = line(text(answer, "message")) or f"HTTP {status}"
    if status == 404 and read.kind in OPTIONAL:
        return []
    if status == 404 and read.name and _is_missing(answer, read.name):
        return None
    codes = {
        401: "Unauthorized",
        403: "Forbidden",
        404: "NotServed",
        408: "TimedOut",
        504: "TimedOut",
    }
    if status in codes:
        return Failure(codes[status], message)
    if status != 200:
        return Failure(
            "ServerFailed", message if message == f"HTTP {status}" else f"HTTP {status}, {message}"
        )
    if problem:
        return Failure("MalformedAnswer", problem)
    return _objects(read, answer)


def _is_missing(answer: Any, name: str) -> bool:
    return text(answer, "reason") == "NotFound" and dig(answer, "details", "name") == name


def _objects(read: Read, answer: Any) -> list[Object] | Failure:
    """The objects in an answer, or what is wrong with it: nothing is taken that was not asked for."""
    wanted = read.kind if read.name else f"{read.kind}List"
    if text(answer, "metadata", "continue"):
        return Failure("MalformedAnswer", "the list is not complete")
    if read.name:
        found: Any = [answer]
    elif text(answer, "kind") == wanted:
        found = answer.get("items", answer)
        found = [] if found is None else found  # how Go writes an empty list that was never made
    else:
        found = None
    if not isinstance(found, list) or any(not text(obj, "metadata", "name") for obj in found):
        return Failure("MalformedAnswer", f"it is no {wanted}")
    if read.name and (text(answer, "kind"), text(answer, "metadata", "name")) != (
        read.kind,
        read.name,
    ):
        return Failure("MalformedAnswer", f"it is not the {read.kind} that was asked for")
    expected = ("", read.namespace)
    if read.namespace != ALL_NAMESPACES and any(
        text(o, "metadata", "namespace") not in expected for o in found
    ):
        return Failure(
            "MalformedAnswer", "it holds an object of another namespace than was asked for"
        )
    return [{**obj, "kind": read.kind} for obj in found]


def failure(error: Exception, server: str) -> Failure:
    """What a request that failed is called in the report."""
    if isinstance(error, TooLargeError):
        return Failure(
            "MalformedAnswer",
            f"the body is larger than {LARGEST >> 20} MiB and was not read further",
        )
    broken = (IncompleteRead, InvalidChunkLength, DecodeError)
    if isinstance(error, broken) or any(isinstance(reason, broken) for reason in error.args):
        return Failure("MalformedAnswer", f"the body ends too soon or is damaged ({line(error)})")
    if isinstance(error, (SSLError, ssl.SSLError)):
        return Failure("TLSFailed", line(error))
    late = (ConnectTimeoutError, ReadTimeoutError, TimeoutError)
    if isinstance(error, late) and not isinstance(error, NewConnectionError):
        return Failure("TimedOut", "the --request-timeout is over")
    if isinstance(error, ProxyError):
        return Failure("Unreachable", f"the proxy for {server}: {line(error.original_error)}")
    if isinstance(error, (urllib3.exceptions.HTTPError, OSError)):
        return Failure("Unreachable", f"{server}: {line(error)}")
    # Chunks of a negative or absurd length, for one: http.client raises whatever they lead to.
    return Failure(
        "MalformedAnswer", f"it is no HTTP response that can be read ({type(error).__name__})"
    )
