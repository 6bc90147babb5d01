"""What `kubectl mesh snapshot` writes: what the checks look at, with stand-ins if wished, and the same verdict."""

from __future__ import annotations

import json
import secrets

from kubectl_mesh.checks.context import CheckOptions
from kubectl_mesh.checks.run import verify
from kubectl_mesh.collect import snapshot_file as saved
from kubectl_mesh.findings.model import Report
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES
from kubectl_mesh.mesh.fleet import Clusters
from kubectl_mesh.snapshots.pruning import prune_all
from kubectl_mesh.snapshots.redaction import Redaction


def pack(captured: Clusters, *, redact: bool) -> bytes | None:
    """The file of the clusters of a run; None where it would give another verdict."""
    kept = captured.changed(prune_all)
    if redact:
        kept = kept.changed(Redaction(secrets.token_bytes(16)).snapshot)
    content = json.dumps(saved.dump(kept), indent=1) + "\n"
    return (
        content.encode()
        if _outline(saved.restore(json.loads(content), "")) == _outline(captured)
        else None
    )


def _outline(captured: Clusters) -> list[object]:
    """What both commands say of snapshots, without the names that stand in it."""
    namespace = captured.verified[0].namespace
    told: list[object] = []
    for gateways, gateways_in in ((False, namespace), (True, namespace), (True, ALL_NAMESPACES)):
        options = CheckOptions(gateways_in=gateways_in, all_contexts=captured.all_contexts)
        clusters = verify(captured, options, gateways=gateways)
        # Meshes stand in the order of their names, and what is told once for all of them in the first.
        findings = [f for cluster in clusters for f in cluster.findings]
        told.append(
            (
                Report("", clusters).verdict,
                sorted((cluster.role, cluster.mesh_id is None) for cluster in clusters),
                sorted(
                    (f.code, f.result, f.field, f.cause.code if f.cause else "") for f in findings
                ),
            )
        )
    return told
