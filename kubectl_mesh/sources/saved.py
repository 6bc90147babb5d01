"""Snapshots as a file: what `kubectl mesh snapshot` writes and `-f` reads.

One JSON document: for each cluster its objects, which reads were answered, and why the others were not. The first
cluster is the one to verify, the second the one that was named as its control plane.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kubectl_mesh import __version__
from kubectl_mesh.snapshot import Failure, Object, Snapshot, dig, maps, text
from kubectl_mesh.sources import InputError

KIND = "Snapshot"
API_VERSION = "kubectl-mesh/v1"
_LATEST = 1e11  # seconds since 1970


def dump(snapshots: Sequence[Snapshot]) -> Object:
    """The document for some clusters; which API server is whose is told without its address."""
    servers = list(dict.fromkeys(snapshot.server for snapshot in snapshots))
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "writtenBy": f"kubectl-mesh {__version__}",
        "clusters": [
            {
                "context": snapshot.source,
                "namespace": snapshot.namespace,
                "server": f"server-{servers.index(snapshot.server) + 1}",
                "taken": snapshot.taken,
                "standIns": snapshot.stand_ins,
                "answered": sorted(([*key] for key in snapshot.answered), key=json.dumps),
                "failures": [
                    {"read": [*key], "code": failure.code, "detail": failure.detail}
                    for key, failure in sorted(snapshot.failures.items(), key=str)
                ],
                "objects": [obj for kind in sorted(snapshot.objects) for obj in snapshot.objects[kind]],
            }
            for snapshot in snapshots
        ],
    }


def restore(document: Any, name: str) -> list[Snapshot]:
    """The clusters of a document. Raises InputError for one of another version, or a damaged one."""
    if text(document, "apiVersion") != API_VERSION:
        raise InputError(
            f"{name}: it is a snapshot of version {text(document, 'apiVersion') or 'unknown'}, written by "
            f"{text(document, 'writtenBy') or 'another program'}; this kubectl-mesh reads {API_VERSION}: upgrade it"
        )
    restored = [_cluster(cluster) for cluster in maps(document, "clusters")]
    if not restored or None in restored or len(restored) != len(dig(document, "clusters")):
        raise InputError(f"{name}: the snapshot is damaged: take it again")
    return [snapshot for snapshot in restored if snapshot]


def _cluster(written: Object) -> Snapshot | None:
    """One cluster, or None where something is missing or of a wrong type."""
    answered = dig(written, "answered")
    keys = [key for key in answered if _is_key(key)] if isinstance(answered, list) else []
    failed = [f for f in maps(written, "failures") if _is_key(dig(f, "read")) and text(f, "code")]
    objects = [obj for obj in maps(written, "objects") if text(obj, "kind") and text(obj, "metadata", "name")]
    taken = dig(written, "taken")
    whole = (
        text(written, "context")
        and text(written, "namespace")
        and text(written, "server")
        and isinstance(taken, (int, float))
        and 0 <= taken < _LATEST
        and all(
            isinstance(dig(written, part), list) and len(dig(written, part)) == len(kept)
            for part, kept in (("answered", keys), ("failures", failed), ("objects", objects))
        )
    )
    if not whole:
        return None
    snapshot = Snapshot(text(written, "context"), text(written, "namespace"), text(written, "server"), taken)
    snapshot.stand_ins = dig(written, "standIns") is True
    snapshot.answered = {(kind, namespace, subject) for kind, namespace, subject in keys}
    for failure in failed:
        kind, namespace, subject = failure["read"]
        snapshot.failures[kind, namespace, subject] = Failure(failure["code"], text(failure, "detail"))
    for obj in objects:
        snapshot.add(obj["kind"], [obj])
    return snapshot


def _is_key(key: Any) -> bool:
    return (
        isinstance(key, list)
        and len(key) == 3
        and all(isinstance(part, str) for part in key[:2])
        and (key[2] is None or isinstance(key[2], str))
    )
