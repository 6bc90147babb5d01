"""What the istiod-remote of a mesh must lead to, by the cluster's role and where its control
plane is.
"""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_mesh.checks.control_plane import Hosted, verify_hosted
from kubectl_mesh.checks.not_found import mesh_not_found
from kubectl_mesh.checks.remote.expected import (
    BOTH,
    HOSTED,
    WORKLOAD,
    Expected,
    duplicate_control_plane,
    expected_of_hosted,
    expected_of_workload,
)
from kubectl_mesh.checks.result import ClusterResult, ControlPlanes
from kubectl_mesh.checks.view import ClusterView
from kubectl_mesh.findings.model import ClusterReport, Finding
from kubectl_mesh.kube.objects import text
from kubectl_mesh.mesh.control_planes import hosted_control_planes, hosted_lb_names
from kubectl_mesh.mesh.fleet import Claim
from kubectl_mesh.mesh.istiods import ready_hosted_names


def expected_addresses(
    result: ClusterResult,
    entry: ClusterReport,
    control_planes: ControlPlanes,
    reason: Finding | None,
) -> Expected:
    """What istiod-remote must lead to. What is verified for that goes into the report.

    `reason` is the finding that says why the role is not known, where it isn't.
    """
    view = result.view
    hosted = _own_host(result, entry)
    elsewhere = control_planes.get(entry.raw_mesh_id or "")
    stated = entry.role == WORKLOAD and bool(view.context.options.addresses)
    if isinstance(elsewhere, Finding) and not stated:
        return Expected(None, reason=elsewhere)
    known = elsewhere if isinstance(elsewhere, Hosted) else None
    claims = _claims(result, entry)
    if len(claims) > 1:
        entry.findings.append(duplicate_control_plane(claims))
        return Expected(None, reason=entry.findings[-1])
    if entry.role == WORKLOAD:
        expected, consulted = expected_of_workload(
            view.context, entry, hosted or known, view.elsewhere
        )
        result.consulted += [consulted] if consulted else []
        return expected
    if entry.role not in (HOSTED, BOTH):
        return Expected(None, reason=reason)
    hosted = hosted or _stated_host(view, entry)
    if hosted is None:
        return Expected(HOSTED, reason=entry.findings[-1])
    return expected_of_hosted(hosted)


def _own_host(result: ClusterResult, entry: ClusterReport) -> Hosted | None:
    """The control plane of a mesh that stands in the cluster; what was found of it goes into the
    report.
    """
    hosted = None
    for found, (_, plane) in zip(result.hosts, result.view.planes, strict=True):
        if plane.mesh_id == entry.raw_mesh_id:
            hosted = found
            entry.findings += found.findings
    return hosted


def _claims(result: ClusterResult, entry: ClusterReport) -> list[Claim]:
    """The hosted istiods that claim a mesh: here, and where one stands here also in the named
    cluster.
    """
    hosting = result.view.planes_of(entry.raw_mesh_id)
    if len(hosting) > 1:
        return hosting
    rivals = _rivals(result.view, hosting)
    result.duplicated = result.duplicated or bool(rivals)
    return [*hosting, *rivals]


def _rivals(view: ClusterView, hosting: Sequence[Claim]) -> list[Claim]:
    """Hosted istiods of the same mesh in the cluster that was named, which are not the very same
    objects.
    """
    if view.elsewhere is None:
        return []
    uids = {text(plane.deployment, "metadata", "uid") for _, plane in hosting}
    mesh_ids = {plane.mesh_id for _, plane in hosting}
    rivals = []
    for plane in hosted_control_planes(view.elsewhere):
        uid = text(plane.deployment, "metadata", "uid")
        if plane.mesh_id in mesh_ids and uid not in uids:
            rivals.append((view.elsewhere, plane))
    return rivals


def _stated_host(view: ClusterView, entry: ClusterReport) -> Hosted | None:
    """The control plane that the user says is here, where no Deployment says so.

    Why there is none goes into the report.
    """
    context, cluster = view.context, view.cluster
    signs = hosted_lb_names(cluster) + ready_hosted_names(cluster)
    name = entry.mesh_id or next(iter(signs), None)
    if name in signs:
        needs_lb = entry.role == HOSTED and not context.options.addresses
        hosted = verify_hosted(context, cluster, str(name), None, needs_lb=needs_lb)
        entry.findings += hosted.findings
        return hosted
    for kind in ("Deployment", "Service"):
        entry.findings += context.report_unread(cluster, kind, None)
    if not entry.findings:
        entry.findings.append(mesh_not_found(view))
    return None
