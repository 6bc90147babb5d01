"""What istiod-remote must lead to: the addresses that a role asks for, and where these can't be
known, why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kubectl_mesh.checks.context import CheckContext, quoted
from kubectl_mesh.checks.control_plane import Hosted, verify_hosted
from kubectl_mesh.findings.catalog import Shell, finding, phrase
from kubectl_mesh.findings.model import UNKNOWN, WARN, ClusterReport, Finding, ObjectRef
from kubectl_mesh.kube.objects import Object, name_of, some
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
    why (None: the control plane was not consulted). `replicas` are the addresses of each hosted
    Pod. `proves` is False where a match proves nothing, only a mismatch does.
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
    addresses: list[str] = []
    for _, held in replicas:
        addresses += held
    return Expected(HOSTED, ordered(addresses), hosted.pods_source, hosted.no_pods, replicas)


def expected_of_workload(
    context: CheckContext, entry: ClusterReport, hosted: Hosted | None, elsewhere: Snapshot | None
) -> tuple[Expected, ClusterReport | None]:
    """The workload pattern: the user's word, else the address of hosted-lb, else that of a
    hosted-lb which stands beside no hosted istiod.

    `entry` is the mesh of the verified cluster, `hosted` its control plane where it stands in
    the same cluster, or was found among all, `elsewhere` the cluster that was named as holding
    it. Returns what is expected, and the report of the cluster that was consulted for it; what
    was found beside goes into the report of that, or into `entry`.
    """
    mesh_id, stated = entry.raw_mesh_id, list(context.options.addresses)
    consulted: ClusterReport | None = None
    reason: Finding | None = None
    if hosted is None and mesh_id is not None and elsewhere is not None:
        consulted, hosted, reason = _consult(context, elsewhere, mesh_id)
    if stated:
        found = _lb_differs(hosted, stated) if hosted else []
        (consulted or entry).findings.extend(found)
        return Expected(WORKLOAD, stated, "--expect-address"), consulted
    if hosted:
        expected = Expected(WORKLOAD, hosted.addresses, hosted.lb_source, hosted.no_address)
        return expected, consulted
    if mesh_id is None and (elsewhere is not None or context.clusters.mesh_wide):
        reason = mesh_id_unknown(context.verified)
        entry.findings.append(reason)
    expected, found = _without_control_plane(context, mesh_id, reason)
    entry.findings.extend(found)
    return expected, consulted


def _without_control_plane(
    context: CheckContext, mesh_id: str | None, reason: Finding | None
) -> tuple[Expected, list[Finding]]:
    """What is expected where no control plane was found, and what is to be reported of that.

    `reason` is why there is none, as far as it is known.
    """
    expected = _cross_check(context.verified, mesh_id, reason)
    if mesh_id is None or not context.clusters.mesh_wide:
        return expected, []
    if expected.addresses and expected.proves:
        return expected, []
    nowhere = _hosted_nowhere(context, mesh_id)
    return replace(expected, reason=nowhere), [nowhere]


def _lb_differs(hosted: Hosted, stated: Sequence[str]) -> list[Finding]:
    """The finding for a hosted-lb that has none of the addresses that the user stated."""
    if hosted.addresses is None or set(stated) & set(hosted.addresses):
        return []
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
    return [differs]


def _consult(
    context: CheckContext, cluster: Snapshot, mesh_id: str
) -> tuple[ClusterReport, Hosted | None, Finding | None]:
    """Verify the control plane of a mesh in the cluster that was named, as an entry of its own.

    Returns the entry, the control plane, and where there is none that could be used the finding
    that says why.
    """
    planes = [plane for plane in hosted_control_planes(cluster) if plane.mesh_id == mesh_id]
    hosts = _verify_named(context, cluster, mesh_id, planes)
    found = [each for hosted in hosts for each in hosted.findings]
    role = _role_of_named(cluster, mesh_id, planes, hosts)
    if role == BOTH:
        found.append(remote_not_verified(cluster))
    usable: Hosted | None = None
    reason: Finding | None = None
    if not hosts:
        reason, reported = _not_here(context, cluster, mesh_id)
        found += reported
    elif len(hosts) > 1:
        reason = duplicate_control_plane([(cluster, plane) for plane in planes])
        found.append(reason)
    else:
        usable = hosts[0]
    where = cluster.source, cluster.namespace
    return ClusterReport(*where, role, mesh_id, found, asked=True), usable, reason


def _verify_named(
    context: CheckContext, cluster: Snapshot, mesh_id: str, planes: Sequence[HostedControlPlane]
) -> list[Hosted]:
    """The hosted istiods of a mesh, each verified; where there is no Deployment, what else belongs
    to one.
    """
    named: list[tuple[str, HostedControlPlane | None]] = [(plane.name, plane) for plane in planes]
    if not named:
        mesh_ids = hosted_mesh_ids(cluster)
        for name in hosted_lb_names(cluster) + ready_hosted_names(cluster):
            if mesh_ids.get(name, name) == mesh_id:
                named = [(name, None)]
                break
    needs_lb = not context.options.addresses
    unread = _grave(context)
    hosts = []
    for name, plane in named:
        hosts.append(verify_hosted(context, cluster, name, plane, needs_lb=needs_lb, unread=unread))
    return hosts


def _grave(context: CheckContext) -> str:
    """The result where the named cluster could not say something.

    The user's word counts: it decides nothing then.
    """
    return WARN if context.options.addresses else UNKNOWN


def _role_of_named(
    cluster: Snapshot,
    mesh_id: str,
    planes: Sequence[HostedControlPlane],
    hosts: Sequence[Hosted],
) -> str:
    """The role that the named cluster has in a mesh."""
    if hosts and any(c.mesh_id == mesh_id and c.service for c in mesh_configs(cluster)):
        return BOTH
    if planes:
        return HOSTED
    return "unknown" if cluster.unread("Deployment") else "none"


def remote_not_verified(cluster: Snapshot) -> Finding:
    """The finding for an istiod-remote of a cluster that was only consulted."""
    about = ObjectRef("Service", cluster.namespace, REMOTE_SERVICE)
    return finding("RemoteNotVerified", about, "role", context=cluster.source)


def _not_here(
    context: CheckContext, cluster: Snapshot, mesh_id: str
) -> tuple[Finding, list[Finding]]:
    """Why nothing of a mesh's control plane was found in the cluster that was named.

    Returns that, and what is reported of it.
    """
    for kind in ("Service", "Deployment"):
        if cluster.unread(kind):
            reported = context.report_unread(cluster, kind, None, _grave(context))
            return context.unread_finding(cluster, kind, None), reported
    others = [plane.mesh_id for plane in hosted_control_planes(cluster)]
    reason = finding(
        "ControlPlaneNotHere",
        ObjectRef("Deployment", cluster.namespace, hosted_deployment_name(mesh_id)),
        "exists",
        result=_grave(context),
        expected=[hosted_deployment_name(mesh_id)],
        actual=[hosted_deployment_name(other) for other in others],
        mesh=mesh_id,
        cluster=cluster.source,
        namespace=cluster.namespace,
        others=quoted(others),
    )
    return reason, [reason]


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
    proves = _leads_to_others(verified, service)
    return Expected(WORKLOAD, given, f"{verified.source}: service/{name}", reason, proves=proves)


def _leads_to_others(verified: Snapshot, service: Object) -> bool:
    """Whether a Service leads somewhere, on 15012 everywhere, and never to the cluster's own
    istiod.
    """
    port = service_port(service, XDS_PORT)
    backends = slice_backends(slices_of(verified, name_of(service)), service)
    routed = ready_addresses(backends)
    if port is None or not routed:
        return False
    local: set[str] = set()
    for pod in local_istiod_pods(verified):
        local.update(pod_addresses(pod))
    if local & set(routed):
        return False
    return all(reached(port, address, backends) == {XDS_PORT} for address in routed)


def _hosted_nowhere(context: CheckContext, mesh_id: str) -> Finding:
    """The finding for a mesh whose control plane is in none of the clusters that were looked at."""
    unread = some([c.source for c in context.clusters.every if c.unread("Deployment")])
    return finding(
        "ControlPlaneNotFound",
        ObjectRef("Deployment", context.verified.namespace, hosted_deployment_name(mesh_id)),
        "exists",
        expected=[hosted_deployment_name(mesh_id)],
        actual=[],
        mesh=mesh_id,
        unread=f"; what runs in {unread} could not be read" if unread else "",
        settle=_where_to_look(context, mesh_id),
    )


def _where_to_look(context: CheckContext, mesh_id: str) -> Shell:
    """How to name the cluster that holds the control plane: one of those not looked at so far."""
    if not context.options.contexts:
        return phrase("settle-nowhere-file", mesh=mesh_id)
    looked_at: set[str] = set()
    for cluster in context.clusters.every:
        looked_at.update((cluster.source, *cluster.aliases))
    others = [name for name in context.options.contexts if name not in looked_at]
    return phrase(
        "settle-nowhere",
        mesh=mesh_id,
        contexts=Shell(some(others) or "no others"),
        again=context.verify_command(),
    )


def mesh_id_unknown(cluster: Snapshot) -> Finding:
    """The finding for a cluster that does not say which mesh it belongs to."""
    about = ObjectRef("ConfigMap", cluster.namespace, "istio")
    return finding("MeshIDUnknown", about, "meshId", cluster=cluster.source)


def duplicate_control_plane(claims: Sequence[Claim]) -> Finding:
    """The finding for several hosted istiods that claim one mesh: which one is right is
    unknown.
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
