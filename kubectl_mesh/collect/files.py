"""Snapshots from files and stdin.

What `kubectl get … -o yaml|json` prints, or `kubectl mesh snapshot` wrote.
"""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from kubectl_mesh.collect import InputError, decoding
from kubectl_mesh.collect import snapshot_file as saved
from kubectl_mesh.kube import yamltext
from kubectl_mesh.kube.objects import Object, maps, text
from kubectl_mesh.kube.snapshot import ReadKey, Snapshot
from kubectl_mesh.mesh.fleet import Clusters
from kubectl_mesh.mesh.resources import RESOURCES

_GZIP = b"\x1f\x8b"
_LARGEST = 1 << 30  # bytes
_ADVICE = "give what `kubectl get … -o yaml` prints"
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def load(filenames: Sequence[str], namespace: str) -> Clusters:
    """The objects of all files together; `-` is stdin. A snapshot file may hold several clusters.

    A kind of which no object is present was not captured: nothing can be said of it. A snapshot
    file, which stands alone, says itself what was captured, and of which namespace. Raises
    InputError for a file that can't be read or holds no Kubernetes objects.
    """
    names = ["stdin" if name == "-" else name for name in filenames]
    kinds: dict[str, list[Object]] = {}
    keys: set[ReadKey] = set()
    for filename, name in zip(filenames, names, strict=True):
        documents = _documents(_decoded(_content(filename, name), name), name)
        if _is_snapshot(documents[0]):
            if len(filenames) + len(documents) > 2:
                problem = "a snapshot is read alone, without other files or documents"
                raise InputError(f"{name}: {problem}")
            return saved.restore(documents[0], name)
        for obj in _objects(documents, name):
            kind = text(obj, "kind")
            kinds.setdefault(kind, []).append(obj)
            keys.add((kind, text(obj, "metadata", "namespace") or namespace, None))
    snapshot = Snapshot(",".join(names), namespace)
    snapshot.answer(keys, kinds)
    return Clusters([snapshot])


def _is_snapshot(document: Any) -> bool:
    """Whether a document is a snapshot, of whatever version."""
    version = text(document, "apiVersion")
    return text(document, "kind") == saved.KIND and version.startswith("kubectl-mesh/")


def _content(filename: str, name: str) -> bytes:
    """What a file holds, unpacked."""
    try:
        content = _read(filename)
    except OSError as error:
        raise InputError(f"{name}: {(error.strerror or str(error)).lower()}") from error
    if content.startswith(_GZIP):
        content = _unpacked(content, name)
    if not content.strip():
        raise InputError(f"{name}: it is empty; {_ADVICE}")
    return content


def _read(filename: str) -> bytes:
    if filename != "-":
        with open(filename, "rb") as file:
            return file.read()
    if sys.stdin is None:
        raise InputError("stdin: it is closed")
    return sys.stdin.buffer.read()


def _unpacked(content: bytes, name: str) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as packed:
            unpacked = packed.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{name}: the gzip file is damaged: {error}") from error
    if len(unpacked) > _LARGEST:
        raise InputError(f"{name}: it is larger than {_LARGEST >> 20} MiB when it is unpacked")
    return unpacked


def _decoded(content: bytes, name: str) -> str:
    """The text of a file. PowerShell writes UTF-16 where output is redirected."""
    encoding = "utf-8"
    for mark, marked in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            encoding = marked
    try:
        decoded = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: it is no text ({encoding}, byte {error.start}): is it a binary file?"
        ) from error
    if "\0" in decoded:
        raise InputError(f"{name}: it is no text (a NUL character): is it a binary file?")
    return decoded


def _documents(content: str, name: str) -> list[Any]:
    """The documents in a text that are not empty, at least one."""
    documents = [document for document in _values(content, name) if document is not None]
    if not documents:
        raise InputError(f"{name}: it holds no Kubernetes objects; {_ADVICE}")
    return documents


def _values(content: str, name: str) -> list[Any]:
    try:
        if content.lstrip().startswith("{"):
            return decoding.documents(content)
    except RecursionError as error:
        raise InputError(f"{name}: it is nested too deeply") from error
    except ValueError:
        pass  # a flow mapping is YAML too
    try:
        return yamltext.documents(content)
    except yamltext.YAMLTextError as error:
        where = f", line {error.line}" if error.line else ""
        raise InputError(f"{name}{where}: {error.problem}") from error


def _objects(documents: list[Any], name: str) -> Iterator[Object]:
    """The objects in documents, each with the kind that it is known by here."""
    for number, document in enumerate(documents, 1):
        where = f"{name}, document {number}"
        items, item_kind = _items(document, where)
        for item in items:
            kind = text(item, "kind") or item_kind
            if not kind or not text(item, "metadata", "name"):
                raise InputError(f"{where}: an object has no kind or no metadata.name")
            version = text(item, "apiVersion") or text(document, "apiVersion")
            yield {**item, "kind": _known_kind(kind, version)}


def _items(document: Any, where: str) -> tuple[list[Object], str]:
    """The objects in a document, and the kind of those that say none; `where` is for errors."""
    if text(document, "metadata", "continue"):
        raise InputError(f"{where}: the list is not complete (it has metadata.continue)")
    kind = text(document, "kind")
    if not kind or not text(document, "apiVersion"):
        raise InputError(f"{where}: it is no Kubernetes object (no apiVersion and kind)")
    if kind.endswith("List") and "items" in document:
        return maps(document, "items"), kind.removesuffix("List")
    return [document], ""


def _known_kind(kind: str, version: str) -> str:
    """A kind as it is known here: the same kind of another API group is another kind."""
    group = version.rpartition("/")[0]
    known = RESOURCES.get(kind)
    if known and group != known[0].partition("/")[2].rpartition("/")[0]:
        return f"{kind}.{group}"
    return kind
