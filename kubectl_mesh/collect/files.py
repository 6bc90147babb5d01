"""Snapshots from files and stdin: what `kubectl get … -o yaml|json` prints, or `kubectl mesh snapshot` wrote."""

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
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.mesh.fleet import Clusters
from kubectl_mesh.mesh.resources import RESOURCES

_GZIP = b"\x1f\x8b"
_LARGEST = 1 << 30  # bytes
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def load(filenames: Sequence[str], namespace: str) -> Clusters:
    """The objects of all files together; `-` is stdin. A snapshot file may hold several clusters.

    A kind of which no object is present was not captured: nothing can be said of it. A snapshot file, which stands
    alone, says itself what was captured, and of which namespace. Raises InputError for a file that can't be read
    or holds no Kubernetes objects.
    """
    names = ["stdin" if name == "-" else name for name in filenames]
    snapshot = Snapshot(",".join(names), namespace)
    found: dict[str, list[Object]] = {}
    for filename, name in zip(filenames, names, strict=True):
        documents = [
            d for d in _documents(_decoded(_content(filename, name), name), name) if d is not None
        ]
        if not documents:
            raise InputError(
                f"{name}: it holds no Kubernetes objects; give what `kubectl get … -o yaml` prints"
            )
        if text(documents[0], "kind") == saved.KIND and text(documents[0], "apiVersion").startswith(
            "kubectl-mesh/"
        ):
            if len(filenames) + len(documents) > 2:
                raise InputError(
                    f"{name}: a snapshot is read alone, without other files or documents"
                )
            return saved.restore(documents[0], name)
        for obj in _objects(documents, name):
            found.setdefault(text(obj, "kind"), []).append(obj)
            snapshot.answered.add(
                (text(obj, "kind"), text(obj, "metadata", "namespace") or namespace, None)
            )
    for kind, objects in found.items():
        snapshot.add(kind, objects)
    return Clusters([snapshot])


def _content(filename: str, name: str) -> bytes:
    try:
        if filename == "-":
            if sys.stdin is None:
                raise InputError("stdin: it is closed")
            content = sys.stdin.buffer.read()
        else:
            with open(filename, "rb") as file:
                content = file.read()
    except OSError as error:
        raise InputError(f"{name}: {(error.strerror or str(error)).lower()}") from error
    if content.startswith(_GZIP):
        try:
            with gzip.open(io.BytesIO(content)) as packed:
                content = packed.read(_LARGEST + 1)
            if len(content) > _LARGEST:
                raise InputError(
                    f"{name}: it is larger than {_LARGEST >> 20} MiB when it is unpacked"
                )
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{name}: the gzip file is damaged: {error}") from error
    if not content.strip():
        raise InputError(f"{name}: it is empty; give what `kubectl get … -o yaml` prints")
    return content


def _decoded(content: bytes, name: str) -> str:
    # PowerShell writes UTF-16 where output is redirected.
    encoding = next(
        (encoding for mark, encoding in _BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8"
    )
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
    for number, document in enumerate(documents, 1):
        if text(document, "metadata", "continue"):
            raise InputError(
                f"{name}, document {number}: the list is not complete (it has metadata.continue)"
            )
        kind = text(document, "kind")
        if not kind or not text(document, "apiVersion"):
            raise InputError(
                f"{name}, document {number}: it is no Kubernetes object (no apiVersion and kind)"
            )
        if not kind.endswith("List") or "items" not in document:
            items, item_kind = [document], ""
        else:
            items, item_kind = maps(document, "items"), kind.removesuffix("List")
        for item in items:
            found = text(item, "kind") or item_kind
            if not found or not text(item, "metadata", "name"):
                raise InputError(
                    f"{name}, document {number}: an object has no kind or no metadata.name"
                )
            version = text(item, "apiVersion") or text(document, "apiVersion")
            group = version.rpartition("/")[0]
            known = RESOURCES.get(found)
            if known and group != known[0].partition("/")[2].rpartition("/")[0]:
                found = f"{found}.{group}"  # the same kind of another API group is another kind
            yield {**item, "kind": found}
