"""Snapshots as a file: what `kubectl mesh snapshot` writes and `-f` reads.

One JSON document: for each cluster its objects, which reads were answered, and why the others were
not. `verify` are the clusters to verify, the other one was named as holding control planes; where
several were verified, `meshWide`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kubectl_mesh import __version__
from kubectl_mesh.collect import InputError
from kubectl_mesh.kube.objects import Object, dig, maps, text, texts
from kubectl_mesh.kube.snapshot import Failure, ReadKey, Snapshot
from kubectl_mesh.mesh.fleet import Clusters

KIND = "Snapshot"
API_VERSION = "kubectl-mesh/v1"
_LATEST = 1e11  # seconds since 1970


def dump(clusters: Clusters) -> Object:
    """The document for some clusters; which API server is whose is said without its address."""
    servers = list(dict.fromkeys(snapshot.server for snapshot in clusters.every))
    written = []
    for snapshot in clusters.every:
        server = f"server-{servers.index(snapshot.server) + 1}"
        written.append(_dumped(clusters, snapshot, server))
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "writtenBy": f"kubectl-mesh {__version__}",
        "meshWide": clusters.mesh_wide,
        "allContexts": clusters.all_contexts,
        "clusters": written,
    }


def _dumped(clusters: Clusters, snapshot: Snapshot, server: str) -> Object:
    """One of some clusters."""
    failures = []
    for key, failure in sorted(snapshot.failures.items(), key=str):
        failures.append({"read": [*key], "code": failure.code, "detail": failure.detail})
    objects: list[Object] = []
    for kind in sorted(snapshot.objects):
        objects += snapshot.objects[kind]
    return {
        "context": snapshot.source,
        "aliases": [*snapshot.aliases],
        "verify": snapshot in clusters.verified,
        "named": snapshot is clusters.named,
        "namespace": snapshot.namespace,
        "server": server,
        "taken": snapshot.taken,
        "standIns": snapshot.redacted,
        "answered": sorted(map(list, snapshot.answered), key=json.dumps),
        "failures": failures,
        "objects": objects,
    }


def restore(document: Any, name: str) -> Clusters:
    """The clusters of a document.

    Raises InputError for one of another version, or a damaged one; `name` is the file's.
    """
    if text(document, "apiVersion") != API_VERSION:
        raise InputError(f"{name}: {_of_another_version(document)}")
    restored = [(written, _restored(written)) for written in maps(document, "clusters")]
    every = [snapshot for _, snapshot in restored if snapshot]
    verified, named = _marked(restored, "verify"), _marked(restored, "named")
    mesh_wide = _says(document, "meshWide")
    whole = len(every) == len(dig(document, "clusters") or ()) == len({*verified, *named})
    one_run = len(named) <= 1 and (mesh_wide or len(verified) == 1)
    if not (verified and whole and one_run and _are_distinct(every)):
        raise InputError(f"{name}: the snapshot is damaged: take it again")
    return Clusters(verified, next(iter(named), None), mesh_wide, _says(document, "allContexts"))


def _marked(restored: list[tuple[Object, Snapshot | None]], field: str) -> list[Snapshot]:
    """Those clusters of which a document says something."""
    found = []
    for written, snapshot in restored:
        if snapshot and _says(written, field):
            found.append(snapshot)
    return found


def _of_another_version(document: Any) -> str:
    version = text(document, "apiVersion") or "unknown"
    writer = text(document, "writtenBy") or "another program"
    return (
        f"it is a snapshot of version {version}, written by {writer}; "
        f"this kubectl-mesh reads {API_VERSION}: upgrade it"
    )


def _says(written: Any, field: str) -> bool:
    return dig(written, field) is True


def _are_distinct(snapshots: list[Snapshot]) -> bool:
    """Whether no two are of the same cluster and namespace.

    Contexts have names of their own; the control plane of one cluster may stand in another
    namespace of it.
    """
    places = {(snapshot.source, snapshot.namespace) for snapshot in snapshots}
    return len(places) == len(snapshots)


def _restored(written: Object) -> Snapshot | None:
    """One cluster, or None where something is missing or of a wrong type."""
    if not _is_whole(written):
        return None
    snapshot = Snapshot(
        text(written, "context"),
        text(written, "namespace"),
        text(written, "server"),
        written["taken"],
    )
    snapshot.redacted = _says(written, "standIns")
    snapshot.aliases = tuple(texts(written, "aliases"))
    for failure in written["failures"]:
        reason = Failure(failure["code"], text(failure, "detail"))
        snapshot.fail([_key(failure["read"])], reason)
    kinds: dict[str, list[Object]] = {}
    for obj in written["objects"]:
        kinds.setdefault(obj["kind"], []).append(obj)
    snapshot.answer(map(_key, written["answered"]), kinds)
    return snapshot


def _is_whole(written: Object) -> bool:
    """Whether nothing of a cluster is missing or of a wrong type."""
    taken = dig(written, "taken")
    if not isinstance(taken, (int, float)) or not 0 <= taken < _LATEST:
        return False
    return (
        all(text(written, field) for field in ("context", "namespace", "server"))
        and _all_are(_is_key, written, "answered")
        and _all_are(_is_failure, written, "failures")
        and _all_are(_is_object, written, "objects")
    )


def _all_are(right: Callable[[Any], bool], written: Object, field: str) -> bool:
    """Whether a field is a list, and each of its items is right."""
    items = dig(written, field)
    return isinstance(items, list) and all(map(right, items))


def _is_failure(failure: Any) -> bool:
    return _is_key(dig(failure, "read")) and bool(text(failure, "code"))


def _is_object(obj: Any) -> bool:
    return bool(text(obj, "kind") and text(obj, "metadata", "name"))


def _is_key(key: Any) -> bool:
    if not isinstance(key, list) or len(key) != 3:
        return False
    kind, namespace, subject = key
    if not isinstance(kind, str) or not isinstance(namespace, str):
        return False
    return subject is None or isinstance(subject, str)


def _key(written: list[Any]) -> ReadKey:
    kind, namespace, subject = written
    return kind, namespace, subject
