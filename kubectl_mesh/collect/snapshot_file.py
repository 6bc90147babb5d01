"""Snapshots as a file: what `kubectl mesh snapshot` writes and `-f` reads.

One JSON document: for each cluster its objects, which reads were answered, and why the others were not. `verify` are
the clusters to verify, the other one was named as holding control planes; where several were verified, `meshWide`.
"""

from __future__ import annotations

import json
from typing import Any

from kubectl_mesh import __version__
from kubectl_mesh.collect import InputError
from kubectl_mesh.kube.objects import Object, dig, maps, text, texts
from kubectl_mesh.kube.snapshot import Failure, Snapshot
from kubectl_mesh.mesh.fleet import Clusters

KIND = "Snapshot"
API_VERSION = "kubectl-mesh/v1"
_LATEST = 1e11  # seconds since 1970


def dump(clusters: Clusters) -> Object:
    """The document for some clusters; which API server is whose is told without its address."""
    servers = list(dict.fromkeys(snapshot.server for snapshot in clusters.every))
    verified = [id(snapshot) for snapshot in clusters.verified]
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "writtenBy": f"kubectl-mesh {__version__}",
        "meshWide": clusters.mesh_wide,
        "allContexts": clusters.all_contexts,
        "clusters": [
            {
                "context": snapshot.source,
                "aliases": [*snapshot.aliases],
                "verify": id(snapshot) in verified,
                "named": snapshot is clusters.named,
                "namespace": snapshot.namespace,
                "server": f"server-{servers.index(snapshot.server) + 1}",
                "taken": snapshot.taken,
                "standIns": snapshot.redacted,
                "answered": sorted(([*key] for key in snapshot.answered), key=json.dumps),
                "failures": [
                    {"read": [*key], "code": failure.code, "detail": failure.detail}
                    for key, failure in sorted(snapshot.failures.items(), key=str)
                ],
                "objects": [
                    obj for kind in sorted(snapshot.objects) for obj in snapshot.objects[kind]
                ],
            }
            for snapshot in clusters.every
        ],
    }


def restore(document: Any, name: str) -> Clusters:
    """The clusters of a document. Raises InputError for one of another version, or a damaged one."""
    if text(document, "apiVersion") != API_VERSION:
        raise InputError(
            f"{name}: it is a snapshot of version {text(document, 'apiVersion') or 'unknown'}, written by "
            f"{text(document, 'writtenBy') or 'another program'}; this kubectl-mesh reads {API_VERSION}: upgrade it"
        )
    written = maps(document, "clusters")
    restored = [(cluster, snapshot) for cluster in written if (snapshot := _cluster(cluster))]
    verified = [snapshot for cluster, snapshot in restored if cluster.get("verify") is True]
    named = [snapshot for cluster, snapshot in restored if cluster.get("named") is True]
    mesh_wide = dig(document, "meshWide") is True
    # Contexts have names of their own; the control plane of one cluster may stand in another namespace of it.
    distinct = len({(snapshot.source, snapshot.namespace) for _, snapshot in restored}) == len(
        restored
    )
    whole = (
        len(restored)
        == len(dig(document, "clusters") or ())
        == len({*map(id, verified), *map(id, named)})
    )
    if not (
        verified and whole and distinct and len(named) <= 1 and (mesh_wide or len(verified) == 1)
    ):
        raise InputError(f"{name}: the snapshot is damaged: take it again")
    return Clusters(
        verified, next(iter(named), None), mesh_wide, dig(document, "allContexts") is True
    )


def _cluster(written: Object) -> Snapshot | None:
    """One cluster, or None where something is missing or of a wrong type."""
    answered = dig(written, "answered")
    keys = [key for key in answered if _is_key(key)] if isinstance(answered, list) else []
    failed = [f for f in maps(written, "failures") if _is_key(dig(f, "read")) and text(f, "code")]
    objects = [
        obj
        for obj in maps(written, "objects")
        if text(obj, "kind") and text(obj, "metadata", "name")
    ]
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
    snapshot = Snapshot(
        text(written, "context"), text(written, "namespace"), text(written, "server"), taken
    )
    snapshot.redacted = dig(written, "standIns") is True
    snapshot.aliases = tuple(texts(written, "aliases"))
    snapshot.answered = {(kind, namespace, subject) for kind, namespace, subject in keys}
    for failure in failed:
        kind, namespace, subject = failure["read"]
        snapshot.failures[kind, namespace, subject] = Failure(
            failure["code"], text(failure, "detail")
        )
    kinds: dict[str, list[Object]] = {}
    for obj in objects:
        kinds.setdefault(obj["kind"], []).append(obj)
    for kind, same in kinds.items():
        snapshot.add(kind, same)
    return snapshot


def _is_key(key: Any) -> bool:
    return (
        isinstance(key, list)
        and len(key) == 3
        and all(isinstance(part, str) for part in key[:2])
        and (key[2] is None or isinstance(key[2], str))
    )
