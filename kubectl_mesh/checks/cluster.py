"""`verify-endpoints`: which meshes a cluster has part in, in which role, and is istiod-remote
what that asks for?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kubectl_mesh.checks.context import CheckContext
from kubectl_mesh.checks.control_plane import Hosted, verify_hosted
from kubectl_mesh.checks.expectation import expected_addresses
from kubectl_mesh.checks.not_found import leftovers, mesh_not_found, namespace_ref, not_wired
from kubectl_mesh.checks.remote.expected import (
    BOTH,
    HOSTED,
    WORKLOAD,
    Expected,
)
from kubectl_mesh.checks.remote.service import verify_remote
from kubectl_mesh.checks.remote.target import RemoteService, Target
from kubectl_mesh.checks.result import ClusterResult, ControlPlanes
from kubectl_mesh.checks.role import NO_ROLE, UNKNOWN_ROLE, role_of, why_role_unknown
from kubectl_mesh.checks.view import ClusterView
from kubectl_mesh.findings.catalog import finding
from kubectl_mesh.findings.model import SKIP, UNKNOWN, WARN, ClusterReport, Finding, ObjectRef
from kubectl_mesh.kube.snapshot import NOT_CAPTURED, Snapshot
from kubectl_mesh.mesh.addresses import known_addresses
from kubectl_mesh.mesh.config import MeshConfig, mesh_configs
from kubectl_mesh.mesh.control_planes import (
    HostedControlPlane,
)
from kubectl_mesh.mesh.istiods import local_revisions
from kubectl_mesh.mesh.names import REMOTE_SERVICE, XDS_PORT, config_name, injector_name
from kubectl_mesh.mesh.resources import REVISIONS, WITNESSES


def verify_hosts(view: ClusterView) -> list[Hosted]:
    """The control planes that stand in a cluster, each verified."""
    return [_verify_host(view, snapshot, plane) for snapshot, plane in view.planes]


def _verify_host(view: ClusterView, snapshot: Snapshot, plane: HostedControlPlane) -> Hosted:
    own = role_of(view, plane.mesh_id) in (BOTH, UNKNOWN_ROLE)
    needed = not own or view.context.clusters.depend_on(snapshot, plane.mesh_id)
    needs_lb = needed and not view.context.options.addresses
    return verify_hosted(view.context, snapshot, plane.name, plane, needs_lb=needs_lb)


def verify_cluster(
    view: ClusterView, hosts: Sequence[Hosted], control_planes: ControlPlanes
) -> ClusterResult:
    """What was found of a cluster; `control_planes` are those of all clusters of the run by mesh
    ID.

    A finding stands for a control plane that can't be told.
    """
    result = ClusterResult(view, hosts)
    meshes = _meshes(view)
    for mesh_id in meshes:
        _verify_mesh(result, mesh_id, control_planes)
    result.entries = result.entries or [_no_mesh(view)]
    first = result.entries[0].findings
    first += _unread_signs(view)
    first += leftovers(view, meshes, _remnants_here(view, control_planes))
    first += _not_consulted(result)
    return result


def _meshes(view: ClusterView) -> list[str | None]:
    """The meshes that a cluster has part in; None stands for one whose mesh ID was not read."""
    named: list[str | None] = [plane.mesh_id for _, plane in view.planes]
    named += [config.mesh_id for config in view.configs]
    options = view.context.options
    if not named and options.role and (options.role == HOSTED or view.config_unread):
        named = [options.mesh_id]
    return list(dict.fromkeys(named))


def _remnants_here(view: ClusterView, control_planes: ControlPlanes) -> list[str]:
    """The meshes of which a control plane of this cluster was looked at for other clusters."""
    found = []
    for mesh_id, left in control_planes.items():
        if isinstance(left, Hosted) and left.cluster is view.cluster:
            found.append(mesh_id)
    return found


def _unread_signs(view: ClusterView) -> list[Finding]:
    """The reads without which a mesh, or a role, may have gone unseen."""
    found = []
    # Without the list of mesh configs a revision that is wired otherwise would go unseen.
    for subject in (REVISIONS, *map(config_name, local_revisions(view.cluster))):
        if view.cluster.find("ConfigMap", subject) is None:
            found += view.context.report_unread(view.cluster, "ConfigMap", subject)
    if not view.context.options.role:
        for snapshot in view.here:
            found += view.context.report_unread(snapshot, "Deployment", None)
    return found


def _not_consulted(result: ClusterResult) -> list[Finding]:
    """That the named cluster was not needed, because this one hosts its meshes itself."""
    view, named = result.view, result.view.elsewhere
    if named is None or result.consulted or result.duplicated or named in view.here:
        return []
    if not {entry.role for entry in result.entries} <= {HOSTED, BOTH}:
        return []
    unused = finding(
        "ControlPlaneNotConsulted",
        namespace_ref(named),
        "role",
        context=named.source,
        cluster=view.cluster.source,
    )
    return [*unread_without_effect(view.context, named), unused]


def with_unread(result: ClusterResult, entries: Sequence[ClusterReport]) -> list[ClusterReport]:
    """The entries with the reads that failed and that nothing rested on; `entries` are the
    cluster's own first.
    """
    view = result.view
    unread = [list(entry.findings) for entry in entries]
    for snapshot in view.here:
        unread[0] += unread_without_effect(view.context, snapshot)
    for number, entry in enumerate(entries):
        if view.elsewhere is not None and entry.asked:
            unread[number] += unread_without_effect(view.context, view.elsewhere)
    return [replace(e, findings=f) for e, f in zip(entries, unread, strict=True)]


def unread_without_effect(context: CheckContext, snapshot: Snapshot) -> list[Finding]:
    """Reads that failed and that no verdict rested on: shown, not counted."""
    found = []
    for (kind, namespace, subject), failure in sorted(snapshot.failures.items(), key=str):
        if failure.code == NOT_CAPTURED or not snapshot.unread(kind, subject, namespace):
            continue
        # Who may not read the global cluster's objects, or a namespace, is no worse off than
        # without them.
        if kind not in WITNESSES or failure.code != "Forbidden":
            found += context.report_unread(snapshot, kind, subject, SKIP, namespace)
    return found


# --- one mesh of the cluster --------------------------------------------------------------------


def _verify_mesh(result: ClusterResult, mesh_id: str | None, control_planes: ControlPlanes) -> None:
    """Add the entry of one mesh, and what was found on the way, to the result."""
    view = result.view
    configs = view.configs_of(mesh_id)
    entry = ClusterReport(
        view.cluster.source, view.cluster.namespace, role_of(view, mesh_id), mesh_id
    )
    result.entries.append(entry)
    entry.findings += [_config_unreadable(view, c) for c in configs if c.error]
    if entry.role == UNKNOWN_ROLE:
        entry.findings += why_role_unknown(view, mesh_id)
    unknown = [f for f in entry.findings if f.result == UNKNOWN]
    reason = unknown[0] if unknown else None
    expected = expected_addresses(result, entry, control_planes, reason)
    entry.findings += _verify_configs(view, mesh_id, configs)
    if entry.role == HOSTED and not view.context.options.role:
        entry.findings.append(_not_applicable(view))
        return
    entry.findings += _unread_injectors(view, entry.role, configs)
    _verify_remotes(result, entry, expected, configs)


def _verify_configs(
    view: ClusterView, mesh_id: str | None, configs: Sequence[MeshConfig]
) -> list[Finding]:
    """Where the mesh configs of a mesh send the proxies."""
    hosted_here = bool(view.planes_of(mesh_id))
    found = []
    for config in configs:
        if not config.service and not config.error:
            found.append(not_wired(view, config, hosted_here=hosted_here))
        if config.service and config.port != str(XDS_PORT):
            found.append(_unexpected_port(view, config))
    return found


def _verify_remotes(
    result: ClusterResult,
    entry: ClusterReport,
    expected: Expected,
    configs: Sequence[MeshConfig],
) -> None:
    view, mesh_id, clusters = result.view, entry.raw_mesh_id, result.view.context.clusters
    control_plane = clusters.control_plane_of(mesh_id)
    owners = known_addresses(
        mesh_id,
        view.cluster,
        control_plane,
        hosted_here=expected.pattern == HOSTED,
        others=clusters.other_meshes(mesh_id, [view.cluster, control_plane]),
    )
    for remote in _remotes(view, configs, entry.role):
        found = verify_remote(Target(view.context, remote, mesh_id, expected, owners))
        result.remotes.append((remote, found))
        entry.findings += found


def _remotes(view: ClusterView, configs: Sequence[MeshConfig], role: str) -> list[RemoteService]:
    """Each istiod-remote that a mesh config names, once; by its usual name where the role was
    stated.
    """
    named: dict[tuple[str, str], MeshConfig] = {}
    for config in reversed(configs):
        if config.service:
            named[config.service, config.namespace] = config
    found = []
    for (name, namespace), config in reversed(named.items()):
        found.append(RemoteService(name, namespace, config, config.configured))
    if found or not view.context.options.role:
        return found
    return _usual_remote(view, configs, role)


def _usual_remote(
    view: ClusterView, configs: Sequence[MeshConfig], role: str
) -> list[RemoteService]:
    """istiod-remote by its usual name, unless another mesh's config names it, or it need not
    exist.
    """
    cluster = view.cluster
    if any(config.service == REMOTE_SERVICE for config in mesh_configs(cluster)):
        return []
    there = cluster.find("Service", REMOTE_SERVICE) or cluster.unread("Service")
    if role != WORKLOAD and not there:
        return []
    configured = configs[0].configured if configs else None
    return [RemoteService(REMOTE_SERVICE, cluster.namespace, None, configured)]


def _config_unreadable(view: ClusterView, config: MeshConfig) -> Finding:
    return finding(
        "MeshConfigUnreadable",
        view.config_ref(config),
        "data.mesh",
        config=config.name,
        why=config.error or "",
        kubectl=view.context.kubectl(view.cluster),
    )


def _unexpected_port(view: ClusterView, config: MeshConfig) -> Finding:
    return finding(
        "DiscoveryPortUnexpected",
        view.config_ref(config),
        "discoveryAddress",
        expected=[str(XDS_PORT)],
        actual=[config.port],
        discovery=config.discovery,
        config=config.name,
    )


def _not_applicable(view: ClusterView) -> Finding:
    about = ObjectRef("Service", view.cluster.namespace, REMOTE_SERVICE)
    return finding("RemoteNotApplicable", about, "role", cluster=view.cluster.source)


def _unread_injectors(view: ClusterView, role: str, configs: Sequence[MeshConfig]) -> list[Finding]:
    """Without its injector, drift from the configured address can't be told: a warning may be
    missing.
    """
    found = []
    for config in configs if role == WORKLOAD else ():
        injector = injector_name(config.name)
        if config.service and view.cluster.find("ConfigMap", injector) is None:
            found += view.context.report_unread(view.cluster, "ConfigMap", injector, WARN)
    return found


def _no_mesh(view: ClusterView) -> ClusterReport:
    """The entry of a cluster that has no part in a hosted mesh, as far as it could be read."""
    context, cluster = view.context, view.cluster
    found = []
    if view.config_unread:
        found += context.report_unread(cluster, "ConfigMap", "istio")
    for kind, subject in (("ConfigMap", REVISIONS), ("Deployment", None)):
        found += context.report_unread(cluster, kind, subject)
    role = UNKNOWN_ROLE if found else NO_ROLE
    found = found or [mesh_not_found(view)]
    mesh_id = context.options.mesh_id
    return ClusterReport(cluster.source, cluster.namespace, role, mesh_id, findings=found)
