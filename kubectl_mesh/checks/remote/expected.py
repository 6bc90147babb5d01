"""What istiod-remote must lead to: the addresses that a role asks for, and why they can't be
told where they can't.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kubectl_mesh.checks.context import CheckContext, quoted
from kubectl_mesh.checks.control_plane import Hosted, verify_hosted
from kubectl_mesh.findings.catalog import Shell, finding, phrase
from kubectl_mesh.findings.model import UNKNOWN, WARN, ClusterReport, Finding, ObjectRef
from kubectl_mesh.kube.objects import name_of, some
from kubectl_mesh.kube.routing import (
    ordered,
    reached,
    ready_addresses,
    service_port,
    slice_backends,
    slices_of,
)
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.kube.workloads import lb_addresses, pod_addresses
from kubectl_mesh.mesh.config import mesh_configs
from kubectl_mesh.mesh.control_planes import (
    HostedControlPlane,
    hosted_control_planes,
    hosted_lb_names,
    hosted_mesh_ids,
)
from kubectl_mesh.mesh.fleet import Claim
from kubectl_mesh.mesh.istiods import local_istiod_pods, ready_hosted_names
from kubectl_mesh.mesh.names import REMOTE_SERVICE, XDS_PORT, hosted_deployment_name, hosted_lb_name

HOSTED, WORKLOAD, BOTH = "hosted", "workload", "hosted+workload"


@dataclass(frozen=True)
class Expected:
    """What istiod-remote must lead to. `pattern` is hosted, workload, or None while the role is not
    known.

    `addresses` is None where that could not be determined, and `reason` the finding that says
    why (None: the control plane was not asked). `replicas` are the addresses of each hosted Pod.
    `proves` is False where a match proves nothing, only a mismatch does.
    """

    pattern: str | None
    addresses: list[str] | None = None
    source: str | None = None
    reason: Finding | None = None
    replicas: tuple[tuple[str, list[str]], ...] = ()
    proves: bool = True


def expected_of_hosted(hosted: Hosted) -> Expected:
    """The hosted pattern: the IPs of the ready hosted Pods."""
    if hosted.ready is None:
        return Expected(HOSTED, reason=hosted.no_pods)
    replicas = tuple((name_of(pod), pod_addresses(pod)) for pod in hosted.ready)
    addresses = ordered(address for _, held in replicas for address in held)
    return Expected(HOSTED, addresses, hosted.pods_source, hosted.no_pods, replicas)


def expected_of_workload(
    context: CheckContext, entry: ClusterReport, hosted: Hosted | None, elsewhere: Snapshot | None
) -> tuple[Expected, ClusterReport | None]:
    """The workload pattern: the user's word, else the address of hosted-lb, else what a witness
    says.

    `entry` is the mesh of the verified cluster, `hosted` its control plane where it stands in
    the same cluster, or was found among all, `elsewhere` the cluster that was named as holding
    it. Returns the truth, and the report of the cluster that was asked for it.
    """
    mesh_id, stated = entry.raw_mesh_id, list(context.options.addresses)
    asked: ClusterReport | None = None
    reason: Finding | None = None
    mesh_wide = context.clusters.mesh_wide
    if hosted is None and (elsewhere is not None or mesh_wide):
        if mesh_id is None and not stated:
            reason = mesh_id_unknown(context.verified)
            entry.findings.append(reason)
        elif mesh_id is not None and elsewhere is not None:
            asked, hosted, reason = _ask(context, elsewhere, mesh_id)
    if not stated:
        if hosted:
            return Expected(WORKLOAD, hosted.addresses, hosted.lb_source, hosted.no_address), asked
        expected = _cross_check(context.verified, mesh_id, reason)
        if mesh_wide and mesh_id is not None and not (expected.addresses and expected.proves):
            entry.findings.append(_hosted_nowhere(context, mesh_id))
            expected = replace(expected, reason=entry.findings[-1])
        return expected, asked
    if hosted and hosted.addresses is not None and not set(stated) & set(hosted.addresses):
        name = hosted_lb_name(hosted.name)
        differs = finding(
            "HostedLBDiffers",
            ObjectRef("Service", hosted.cluster.namespace, name),
            "address",
            expected=stated,
            actual=hosted.addresses,
            source="--expect-address",
            once=("HostedLBDiffers", hosted.cluster.source, name),
            stated=quoted(stated),
            addresses=quoted(hosted.addresses),
            name=name,
        )
        (asked or entry).findings.append(differs)
    return Expected(WORKLOAD, stated, "--expect-address"), asked


def _ask(
    context: CheckContext, cluster: Snapshot, mesh_id: str
) -> tuple[ClusterReport, Hosted | None, Finding | None]:
    """Verify the control plane of a mesh in the cluster that was named, as an entry of its own.

    Returns the entry, the control plane, and where there is none that could be used the finding
    that says why.
    """
    planes: list[HostedControlPlane | None] = [
        p for p in hosted_control_planes(cluster) if p.mesh_id == mesh_id
    ]
    role = HOSTED if planes else "unknown" if cluster.unread("Deployment") else "none"
    entry = ClusterReport(cluster.source, cluster.namespace, role, mesh_id, asked=True)
    names = [plane.name for plane in planes if plane]
    if not planes:  # no Deployment, but what else belongs to one
        ids = hosted_mesh_ids(cluster)
        signs = dict.fromkeys(hosted_lb_names(cluster) + ready_hosted_names(cluster))
        names = [name for name in signs if ids.get(name, name) == mesh_id][:1]
        planes = [None] * len(names)
    hosted: Hosted | None = None
    stated = bool(context.options.addresses)
    for name, plane in zip(names, planes, strict=True):
        hosted = verify_hosted(
            context, cluster, name, plane, needs_lb=not stated, unread=WARN if stated else UNKNOWN
        )
        entry.findings += hosted.findings
    if hosted is None:
        return entry, None, _tell_not_here(context, entry, cluster)
    if any(c.mesh_id == mesh_id and c.service for c in mesh_configs(cluster)):
        entry.role = BOTH
        entry.findings.append(remote_not_verified(cluster))
    if len(names) > 1:
        entry.findings.append(
            duplicate_control_plane([(cluster, plane) for plane in planes if plane])
        )
        return entry, None, entry.findings[-1]
    return entry, hosted, None


def remote_not_verified(cluster: Snapshot) -> Finding:
    """The finding for an istiod-remote of a cluster that was only asked for the truth."""
    about = ObjectRef("Service", cluster.namespace, REMOTE_SERVICE)
    return finding("RemoteNotVerified", about, "role", context=cluster.source)


def _tell_not_here(context: CheckContext, entry: ClusterReport, cluster: Snapshot) -> Finding:
    """Why nothing of a mesh's control plane was found in the cluster that was named."""
    for kind in ("Service", "Deployment"):
        if cluster.unread(kind):
            # The user's word counts: what the cluster could not say decides nothing then.
            entry.findings += context.report_unread(
                cluster, kind, None, WARN if context.options.addresses else UNKNOWN
            )
            return context.unread_finding(cluster, kind, None)
    mesh_id = entry.raw_mesh_id or ""
    others = [plane.mesh_id for plane in hosted_control_planes(cluster)]
    told = finding(
        "ControlPlaneNotHere",
        ObjectRef("Deployment", cluster.namespace, hosted_deployment_name(mesh_id)),
        "exists",
        result=WARN if context.options.addresses else UNKNOWN,
        expected=[hosted_deployment_name(mesh_id)],
        actual=[hosted_deployment_name(other) for other in others],
        mesh=mesh_id,
        cluster=cluster.source,
        namespace=cluster.namespace,
        others=quoted(others),
    )
    entry.findings.append(told)
    return told


def _cross_check(verified: Snapshot, mesh_id: str | None, reason: Finding | None) -> Expected:
    """A hosted-lb of the cluster's own mesh that stands beside no hosted istiod.

    It can refute, and where it leads somewhere it can prove. `reason` is why nothing better is
    known.
    """
    name = hosted_lb_name(mesh_id or "")
    service = verified.find("Service", name)
    given = lb_addresses(service)
    if service is None or not given:
        return Expected(WORKLOAD, reason=reason)
    port = service_port(service, XDS_PORT)
    backends = slice_backends(slices_of(verified, name), service)
    local = {address for pod in local_istiod_pods(verified) for address in pod_addresses(pod)}
    routed = ready_addresses(backends)
    leads = (
        port is not None
        and bool(routed)
        and all(a not in local and reached(port, a, backends) == {XDS_PORT} for a in routed)
    )
    return Expected(WORKLOAD, given, f"{verified.source}: service/{name}", reason, proves=leads)


def _hosted_nowhere(context: CheckContext, mesh_id: str) -> Finding:
    """The finding for a mesh whose control plane is in none of the clusters that were looked at."""
    clusters = context.clusters.every
    silent = [cluster.source for cluster in clusters if cluster.unread("Deployment")]
    known = {context for cluster in clusters for context in (cluster.source, *cluster.aliases)}
    others = [context for context in context.options.contexts if context not in known]
    return finding(
        "ControlPlaneNotFound",
        ObjectRef("Deployment", context.verified.namespace, hosted_deployment_name(mesh_id)),
        "exists",
        expected=[hosted_deployment_name(mesh_id)],
        actual=[],
        mesh=mesh_id,
        unread=f"; what runs in {some(silent)} could not be read" if silent else "",
        settle=phrase(
            "settle-nowhere",
            mesh=mesh_id,
            contexts=Shell(some(others) or "no others"),
            again=context.verify_command(),
        )
        if context.options.contexts
        else phrase("settle-nowhere-file", mesh=mesh_id),
    )


def mesh_id_unknown(cluster: Snapshot) -> Finding:
    """The finding for a cluster that does not say which mesh it belongs to."""
    about = ObjectRef("ConfigMap", cluster.namespace, "istio")
    return finding("MeshIDUnknown", about, "meshId", cluster=cluster.source)


def duplicate_control_plane(claims: Sequence[Claim]) -> Finding:
    """The finding for several hosted istiods that claim one mesh: which one is right can't be
    told.
    """
    (cluster, first), *_ = claims
    names = [hosted_deployment_name(plane.name) for _, plane in claims]
    places = [f"{name} in {there.source}" for name, (there, _) in zip(names, claims, strict=True)]
    return finding(
        "MeshHostedTwice",
        ObjectRef("Deployment", cluster.namespace, hosted_deployment_name(first.name)),
        "meshId",
        actual=names,
        names=quoted(places),
        mesh=first.mesh_id,
    )
