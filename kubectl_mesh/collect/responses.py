"""What a server answered, within bounds.

A list, an object, that there is none, or why there is no answer.
"""

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
from kubectl_mesh.kube.objects import Object, dig, name_of, text
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, Failure
from kubectl_mesh.mesh.resources import OPTIONAL

LARGEST = 64 << 20  # bytes of one body, unpacked
_PART = 1 << 16  # bytes
_CODES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotServed",
    408: "TimedOut",
    504: "TimedOut",
}
_BROKEN = (IncompleteRead, InvalidChunkLength, DecodeError)
_LATE = (ConnectTimeoutError, ReadTimeoutError, TimeoutError)


class TooLargeError(Exception):
    """A body goes beyond LARGEST."""


def body(response: urllib3.BaseHTTPResponse) -> bytes:
    """The whole body of a response that was not preloaded.

    Raises TooLargeError, DecodeError and what urllib3 does.
    """
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip", ""):
        raise DecodeError(f"an encoding that was not asked for ({packing[:20]})")
    unpacker = None
    if packing == "gzip":
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    content = _joined(response, unpacker)
    if unpacker and not unpacker.eof:
        raise DecodeError("the compressed body ends too soon")
    return content


def _joined(response: urllib3.BaseHTTPResponse, unpacker: Any) -> bytes:
    """All parts of a body; `unpacker` is None for one that is not compressed."""
    parts, size = [], 0
    while part := response.read(_PART, decode_content=False):
        if unpacker:
            part = _unpacked(unpacker, part, LARGEST + 1 - size)
        size += len(part)
        if size > LARGEST:
            raise TooLargeError
        parts.append(part)
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
    """What the answer to a read is, by its HTTP status and body.

    The objects of a list, one object, None for one that does not exist, or the failure.
    `credentials` are those that the server was sent, and may repeat.
    """
    answer, problem = _answer(status, content, credentials)
    if status == 200:
        return Failure("MalformedAnswer", problem) if problem else _objects(read, answer)
    if status == 404 and read.kind in OPTIONAL:
        return []
    if status == 404 and read.name and _is_missing(answer, read.name):
        return None
    return _refusal(status, answer)


def _refusal(status: int, answer: Any) -> Failure:
    """The failure that a status other than 200 is."""
    message = line(text(answer, "message")) or f"HTTP {status}"
    if status in _CODES:
        return Failure(_CODES[status], message)
    if message != f"HTTP {status}":
        message = f"HTTP {status}, {message}"
    return Failure("ServerFailed", message)


def _answer(status: int, content: bytes, credentials: Collection[str]) -> tuple[Any, str]:
    """The JSON value of a body, and why there is none ("" where there is one)."""
    if not content:
        return None, "the body is empty"
    try:
        written = content.decode("utf-8", errors="surrogatepass")
        answer = hidden_within(decoded(written), written, credentials)
    except (ValueError, RecursionError) as error:
        return None, f"the body of HTTP {status} is not JSON ({line(error)})"
    return answer, "it is null" if answer is None else ""


def _is_missing(answer: Any, name: str) -> bool:
    return text(answer, "reason") == "NotFound" and dig(answer, "details", "name") == name


def _objects(read: Read, answer: Any) -> list[Object] | Failure:
    """The objects in an answer, or what is wrong with it: nothing else than was read is taken."""
    found = [answer] if read.name else _items(read, answer)
    problem = _problem(read, answer, found)
    if problem:
        return Failure("MalformedAnswer", problem)
    return [{**obj, "kind": read.kind} for obj in found]


def _problem(read: Read, answer: Any, found: Any) -> str:
    """What is wrong with an answer, of which `found` are the objects; "" where nothing is."""
    if text(answer, "metadata", "continue"):
        return "the list is not complete"
    if not isinstance(found, list) or not all(map(name_of, found)):
        return f"it is no {read.kind}" + ("" if read.name else "List")
    if read.name and (text(answer, "kind"), name_of(answer)) != (read.kind, read.name):
        return f"it is not the {read.kind} that was asked for"
    if not _all_within(read.namespace, found):
        return "it holds an object of another namespace than was asked for"
    return ""


def _items(read: Read, answer: Any) -> Any:
    """What stands for the items of a list; None where it is another kind of answer."""
    if text(answer, "kind") != f"{read.kind}List":
        return None
    items = answer.get("items", answer)
    return [] if items is None else items  # how Go writes an empty list that was never made


def _all_within(namespace: str, found: list[Object]) -> bool:
    """Whether objects say no other namespace than the one that was read, if it was one."""
    return namespace == ALL_NAMESPACES or all(
        text(obj, "metadata", "namespace") in ("", namespace) for obj in found
    )


def failure(error: Exception, server: str) -> Failure:
    """What a request that failed is called in the report."""
    malformed = _malformed(error)
    if malformed:
        return Failure("MalformedAnswer", malformed)
    if isinstance(error, (SSLError, ssl.SSLError)):
        return Failure("TLSFailed", line(error))
    if isinstance(error, _LATE) and not isinstance(error, NewConnectionError):
        return Failure("TimedOut", "the --request-timeout is over")
    if isinstance(error, ProxyError):
        return Failure("Unreachable", f"the proxy for {server}: {line(error.original_error)}")
    if isinstance(error, (urllib3.exceptions.HTTPError, OSError)):
        return Failure("Unreachable", f"{server}: {line(error)}")
    # Chunks of a negative or absurd length, for one: http.client raises whatever they lead to.
    problem = f"it is no HTTP response that can be read ({type(error).__name__})"
    return Failure("MalformedAnswer", problem)


def _malformed(error: Exception) -> str:
    """What is wrong with a body that could not be read; "" for every other error."""
    if isinstance(error, TooLargeError):
        return f"the body is larger than {LARGEST >> 20} MiB and was not read further"
    if isinstance(error, _BROKEN) or any(isinstance(reason, _BROKEN) for reason in error.args):
        return f"the body ends too soon or is damaged ({line(error)})"
    return ""
