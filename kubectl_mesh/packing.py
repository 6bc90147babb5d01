"""What `kubectl mesh snapshot` writes: what the checks look at, with stand-ins if wished, and the same verdict."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence

from kubectl_mesh.checks import endpoints, gateway
from kubectl_mesh.checks.scope import Intent
from kubectl_mesh.pruning import prune_all
from kubectl_mesh.redaction import Redaction
from kubectl_mesh.report import Report
from kubectl_mesh.snapshot import ALL_NAMESPACES, Snapshot
from kubectl_mesh.sources import saved


def pack(captured: Sequence[Snapshot], *, redact: bool) -> bytes | None:
    """The file of a cluster and, if it was named, its control plane; None where it would give another verdict."""
    kept = list(map(prune_all, captured))
    if redact:
        redaction = Redaction(secrets.token_bytes(16))
        kept = [redaction.snapshot(snapshot) for snapshot in kept]
    content = json.dumps(saved.dump(kept), indent=1) + "\n"
    return content.encode() if _outline(saved.restore(json.loads(content), "")) == _outline(captured) else None


def _outline(snapshots: Sequence[Snapshot]) -> list[object]:
    """What both commands say of snapshots, without the names that stand in it."""
    verified, control_plane = snapshots[0], snapshots[1] if len(snapshots) > 1 else None
    told: list[object] = []
    for verify, gateways_in in (
        (endpoints.verify, verified.namespace),
        (gateway.verify, verified.namespace),
        (gateway.verify, ALL_NAMESPACES),
    ):
        clusters = verify(verified, control_plane, Intent(gateways_in=gateways_in))
        # Meshes stand in the order of their names, and what is told once for all of them in the first.
        findings = [f for cluster in clusters for f in cluster.findings]
        told.append(
            (
                Report("", clusters).verdict,
                sorted((cluster.role, cluster.mesh_id is None) for cluster in clusters),
                sorted((f.code, f.result, f.field, f.cause.code if f.cause else "") for f in findings),
            )
        )
    return told
