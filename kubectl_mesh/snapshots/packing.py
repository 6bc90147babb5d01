"""What `kubectl mesh snapshot` writes: what the checks look at, and the same verdict.

On request with addresses and names replaced.
"""

from __future__ import annotations

import json
import secrets

from kubectl_mesh.checks.context import CheckOptions
from kubectl_mesh.checks.run import verify
from kubectl_mesh.collect import snapshot_file as saved
from kubectl_mesh.findings.model import ClusterReport, Report
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
    restored = saved.restore(json.loads(content), "")
    return content.encode() if _outline(restored) == _outline(captured) else None


def _outline(captured: Clusters) -> list[object]:
    """What both commands say of snapshots, without the names that stand in it."""
    namespace = captured.verified[0].namespace
    outline: list[object] = []
    for gateways, gateways_in in ((False, namespace), (True, namespace), (True, ALL_NAMESPACES)):
        options = CheckOptions(gateways_in=gateways_in, all_contexts=captured.all_contexts)
        clusters = verify(captured, options, gateways=gateways)
        roles = sorted((cluster.role, cluster.mesh_id is None) for cluster in clusters)
        outline.append((Report("", clusters).verdict, roles, _findings(clusters)))
    return outline


def _findings(clusters: list[ClusterReport]) -> list[tuple[str, ...]]:
    """The findings of a run without names, in an order of their own.

    Meshes stand in the order of their names, and what is said once for all of them in the first.
    """
    found = []
    for cluster in clusters:
        for finding in cluster.findings:
            cause = finding.cause.code if finding.cause else ""
            found.append((finding.code, finding.result, finding.field, cause))
    return sorted(found)
