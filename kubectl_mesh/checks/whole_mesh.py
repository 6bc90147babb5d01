"""Several clusters: the control plane of each mesh is looked for among them, and each cluster is
held to its role.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from kubectl_mesh.checks.blocking import blocking_failure
from kubectl_mesh.checks.cluster import (
    unread_without_effect,
    verify_cluster,
    verify_hosts,
    with_unread,
)
from kubectl_mesh.checks.context import CheckContext, CheckOptions
from kubectl_mesh.checks.control_plane import Hosted, verify_hosted
from kubectl_mesh.checks.global_mesh import verify_global_meshes
from kubectl_mesh.checks.remote.expected import (
    BOTH,
    HOSTED,
    duplicate_control_plane,
    remote_not_verified,
)
from kubectl_mesh.checks.result import ClusterResult, ControlPlanes
from kubectl_mesh.checks.view import ClusterView
from kubectl_mesh.findings.catalog import finding
from kubectl_mesh.findings.causes import linked, shown_once
from kubectl_mesh.findings.model import (
    FAIL,
    SKIP,
    UNKNOWN,
    ClusterReport,
    Finding,
    ObjectRef,
    changed,
)
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.mesh.addresses import dialled_addresses
from kubectl_mesh.mesh.control_planes import (
    hosted_lb_addresses,
    hosted_lb_names,
    hosted_mesh_ids,
)
from kubectl_mesh.mesh.fleet import Clusters


@dataclass(frozen=True, eq=False)
class _Run:
    """The clusters of a run as the checks look at them, and the control planes that stand in
    each.
    """

    clusters: Clusters
    options: CheckOptions
    views: Mapping[Snapshot, ClusterView]
    hosts: Mapping[Snapshot, Sequence[Hosted]]


def verify_whole_mesh(
    clusters: Clusters, options: CheckOptions, *, gateways: bool
) -> list[ClusterReport]:
    """The entries of several clusters, each held to its role.

    Control planes are verified first, and once: what fails there is the cause of what fails
    elsewhere.
    """
    views = {c: ClusterView(CheckContext(c, clusters, options)) for c in clusters.every}
    hosts = {cluster: verify_hosts(view) for cluster, view in views.items()}
    run = _Run(clusters, options, views, hosts)
    remnants = _remnants(run)
    control_planes = _control_planes(run) | remnants
    entries: list[ClusterReport] = []
    for cluster in clusters.verified:
        entries += _verify(run, cluster, control_planes, gateways=gateways)
    if clusters.named is not None and clusters.named not in clusters.verified:
        entries += _consulted(run, clusters.named, control_planes, remnants)
    entries = _with_duplicates(run, control_planes, entries)
    for mesh_id, left in remnants.items():
        where = left.cluster.source, left.cluster.namespace
        entries.append(ClusterReport(*where, "none", mesh_id, left.findings, asked=True))
    entries = _blamed_on_unread(run, shown_once(entries))
    entries[0].findings.extend(_nothing_verified(run, entries, gateways=gateways))
    found, causes = verify_global_meshes(clusters, options, control_planes, entries)
    return linked([*entries, *found], causes.get)


# --- the control planes of all meshes -----------------------------------------------------------


def _control_planes(run: _Run) -> dict[str, Hosted | Finding]:
    """The control plane of each mesh, or the finding for several that claim it."""
    found: dict[str, Hosted | Finding] = {}
    for mesh_id, claims in run.clusters.hosting.items():
        cluster, plane = claims[0]
        if len(claims) > 1:
            found[mesh_id] = duplicate_control_plane(claims)
            continue
        for hosted in run.hosts[cluster]:
            if (hosted.cluster, hosted.name) == (cluster, plane.name):
                found.setdefault(mesh_id, hosted)
    return found


def _remnants(run: _Run) -> dict[str, Hosted]:
    """What is left of control planes that proxies still dial, by mesh ID."""
    found = {}
    for mesh_id in run.clusters.wired:
        left = _remnant(run, mesh_id)
        if left is not None:
            found[mesh_id] = left
    return found


def _remnant(run: _Run, mesh_id: str) -> Hosted | None:
    """What is left of a control plane that proxies of the mesh still dial: its hosted-lb in one
    of the clusters.
    """
    clusters, wired = run.clusters, run.clusters.wired[mesh_id]
    if mesh_id in clusters.hosting or run.options.mesh_id not in (None, mesh_id):
        return None
    dialled: set[str] = set()
    for cluster in wired:
        dialled |= set(dialled_addresses(cluster))
    for cluster in clusters.every:
        if cluster in wired or cluster.unread("Deployment"):
            continue  # a wired cluster's own hosted-lb is looked at with its expected address
        ids = hosted_mesh_ids(cluster)
        for name in hosted_lb_names(cluster):
            is_dialled = dialled & set(hosted_lb_addresses(cluster, name))
            if ids.get(name, name) == mesh_id and (is_dialled or cluster is clusters.named):
                context = run.views[cluster].context
                needs_lb = not run.options.addresses
                return verify_hosted(context, cluster, name, None, needs_lb=needs_lb)
    return None


def _with_duplicates(
    run: _Run, control_planes: ControlPlanes, entries: Sequence[ClusterReport]
) -> list[ClusterReport]:
    """The entries with each mesh that is hosted twice: once for all its clusters, where its
    first istiod stands.
    """
    entries = list(entries)
    for mesh_id, found in control_planes.items():
        if not isinstance(found, Finding) or run.options.mesh_id not in (None, mesh_id):
            continue
        first, _ = run.clusters.hosting[mesh_id][0]
        home = ClusterReport(first.source, first.namespace, "unknown", mesh_id, asked=True)
        same = [e for e in entries if (e.context, e.raw_mesh_id) == (home.context, mesh_id)]
        if not same:
            entries.append(home)
            same = [home]
        number = entries.index(same[0])
        entries[number] = replace(same[0], findings=[*same[0].findings, found])
    return entries


# --- each cluster -------------------------------------------------------------------------------


def _verify(
    run: _Run, cluster: Snapshot, control_planes: ControlPlanes, *, gateways: bool
) -> list[ClusterReport]:
    """The entries of a cluster that is verified."""
    result = verify_cluster(run.views[cluster], run.hosts[cluster], control_planes)
    entries = [*result.entries, *result.consulted]
    if all(f.result == SKIP for entry in entries for f in entry.findings):
        # It has no part in a hosted mesh, and nobody says that it should.
        entries = [replace(entry, asked=True) for entry in entries]
    elif gateways:
        entries = _without_gateways(result, with_gateways(result, control_planes, entries))
    entries = with_unread(result, entries)
    entries[0].findings.extend(_repeated(run.clusters, cluster))
    return entries


def with_gateways(
    result: ClusterResult, control_planes: ControlPlanes, entries: Sequence[ClusterReport]
) -> list[ClusterReport]:
    """The entries of a cluster with what was found of its gateways."""
    from kubectl_mesh.checks.gateways.run import verify_gateways

    blocking = partial(blocking_failure, result, control_planes)
    return verify_gateways(result.view.context, entries, blocking)


def _without_gateways(result: ClusterResult, entries: list[ClusterReport]) -> list[ClusterReport]:
    """Of a cluster that is not held to having gateways, and has none: what other clusters may
    rest on.
    """
    absent = []
    for entry in entries:
        absent += [f for f in entry.findings if (f.code, f.result) == ("GatewayNotFound", SKIP)]
    if not absent:
        return entries
    kept = list(absent)
    for hosted in result.hosts:
        kept += hosted.findings
    changed_entries = []
    for entry in entries:
        findings = [f for f in entry.findings if f in kept]
        if findings:
            changed_entries.append(replace(entry, asked=True, findings=findings))
    return changed_entries


def _consulted(
    run: _Run, named: Snapshot, control_planes: ControlPlanes, remnants: Mapping[str, Hosted]
) -> list[ClusterReport]:
    """What was found in the cluster that was only named as holding control planes."""
    view = run.views[named]
    entries = []
    for hosted, (_, plane) in zip(run.hosts[named], view.planes, strict=True):
        if not run.clusters.depend_on(named, plane.mesh_id):
            continue
        entry = ClusterReport(named.source, named.namespace, HOSTED, plane.mesh_id, asked=True)
        entry.findings = list(hosted.findings)
        if any(config.service for config in view.configs_of(plane.mesh_id)):
            entry.role = BOTH
            entry.findings.append(remote_not_verified(named))
        entries.append(entry)
    if any(left.cluster is named for left in remnants.values()):
        return entries  # the rest is reported by itself
    entries = entries or [_not_needed(run, named, control_planes)]
    entries[0].findings += unread_without_effect(view.context, named)
    return entries


def _not_needed(run: _Run, named: Snapshot, control_planes: ControlPlanes) -> ClusterReport:
    """A cluster that was named and hosts nothing that others rest on, as far as it could be
    read.
    """
    context, unread = run.views[named].context, named.unread("Deployment")
    role = "unknown" if unread else "none"
    entry = ClusterReport(named.source, named.namespace, role, None, asked=True)
    missing = run.clusters.wired.keys() - control_planes.keys()
    if unread and not run.options.addresses and missing:
        entry.findings += context.report_unread(named, "Deployment", None)
    elif not unread:
        about = ObjectRef("Namespace", None, named.namespace)
        entry.findings.append(
            finding(
                "ControlPlaneNotConsulted",
                about,
                "role",
                context=named.source,
                cluster="any cluster",
            )
        )
    return entry


def _repeated(clusters: Clusters, cluster: Snapshot) -> list[Finding]:
    """Contexts that lead to the same cluster: with everything the same it was read once."""
    found = []
    for alias in cluster.aliases:
        about = ObjectRef("Context", None, alias)
        found.append(
            finding("ContextRepeated", about, "server", context=alias, cluster=cluster.source)
        )
    same = [c for c in clusters.verified if cluster.uid and c.uid == cluster.uid]
    if same and same[0] is not cluster:
        about = ObjectRef("Namespace", None, "kube-system")
        other = same[0].source
        found.append(finding("ClusterRepeated", about, "uid", cluster=cluster.source, other=other))
    return found


# --- what can be said of all of them only -------------------------------------------------------


def _blamed_on_unread(run: _Run, entries: list[ClusterReport]) -> list[ClusterReport]:
    """Where one cluster could not be read, a control plane that was not found may stand there."""
    silent = [cluster for cluster in run.clusters.every if cluster.unread("Deployment")]
    if len(silent) != 1:
        return entries
    context = run.views[silent[0]].context
    once = context.unread_finding(silent[0], "Deployment", None).once
    shown = [f for entry in entries for f in entry.findings if f.once == once]
    if not shown:
        return entries
    codes = {f.code for entry in entries for f in entry.findings}
    decisive = "ControlPlaneNotFound" in codes

    def change(found: Finding) -> Finding:
        if found.code == "ControlPlaneNotFound":
            return replace(found, cause=shown[0])
        if found is shown[0] and decisive:
            return replace(found, result=UNKNOWN)
        return found

    return changed(entries, change)


def _nothing_verified(run: _Run, entries: list[ClusterReport], *, gateways: bool) -> list[Finding]:
    """That nothing was there to be verified, where that is so."""
    results = {f.result for entry in entries for f in entry.findings}
    if results & {FAIL, UNKNOWN} or not all(entry.asked for entry in entries):
        return []
    stated = run.options.mesh_id
    what = f"part in a hosted mesh {stated}" if stated else "part in a hosted mesh"
    if gateways:
        what = f"a gateway of mesh {stated}" if stated else "a gateway of meshes that are hosted"
    about = ObjectRef("Namespace", None, run.clusters.verified[0].namespace)
    return [finding("NothingVerified", about, "mesh", what=what)]
