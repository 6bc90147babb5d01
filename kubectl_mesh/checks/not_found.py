"""What is not there: no part in a hosted mesh, proxies that read another istiod, what a mesh
left behind.
"""

from __future__ import annotations

from collections.abc import Collection

from kubectl_mesh.checks.context import quoted
from kubectl_mesh.checks.remote.expected import HOSTED, WORKLOAD
from kubectl_mesh.checks.view import ClusterView
from kubectl_mesh.findings.catalog import finding
from kubectl_mesh.findings.model import FAIL, SKIP, UNKNOWN, Finding, ObjectRef
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.mesh.config import MeshConfig, injected_mesh_ids, mesh_configs
from kubectl_mesh.mesh.control_planes import (
    hosted_control_planes,
    hosted_lb_names,
    hosted_mesh_ids,
    signs_of_hosted_mesh,
)
from kubectl_mesh.mesh.names import (
    GLOBAL_NAMESPACE,
    REMOTE_SERVICE,
    XDS_PORT,
    hosted_lb_name,
)


def namespace_ref(cluster: Snapshot) -> ObjectRef:
    """The namespace of the mesh, as findings name it."""
    return ObjectRef("Namespace", None, cluster.namespace)


def mesh_not_found(view: ClusterView) -> Finding:
    """The finding for a cluster that has no part in a hosted mesh, or in the one that was
    stated.
    """
    options, cluster = view.context.options, view.cluster
    present = {plane.mesh_id for plane in hosted_control_planes(cluster)}
    present |= {config.mesh_id or "<no mesh ID>" for config in mesh_configs(cluster)}
    signs = signs_of_hosted_mesh(cluster)
    looked_for = "part in a hosted mesh"
    if options.role == HOSTED:
        looked_for = "hosted control plane"
    return finding(
        "MeshNotFound",
        namespace_ref(cluster),
        "mesh",
        result=_result_of_absence(view),
        expected=[options.mesh_id] if options.mesh_id else None,
        actual=sorted(present),
        what=looked_for,
        which=f" {options.mesh_id}" if options.mesh_id else "",
        present=quoted(sorted(present)),
        though=f", though there is {quoted(signs)}" if signs else "",
        cluster=cluster.source,
        namespace=cluster.namespace,
    )


def _result_of_absence(view: ClusterView) -> str:
    """The result where no part in a hosted mesh was found.

    Among all contexts such clusters are expected, and the global cluster needs none; but not
    where anything says that there should be one.
    """
    options, cluster, clusters = view.context.options, view.cluster, view.context.clusters
    is_global = bool(cluster.all("GlobalMesh", GLOBAL_NAMESPACE))
    counted = clusters.listed(cluster) + clusters.owned(cluster)
    if not options.all_contexts and not is_global:
        return UNKNOWN
    if _is_of_other_meshes(view):
        return UNKNOWN if options.mesh_id in counted else SKIP
    return UNKNOWN if counted or _signs(view) else SKIP


def _is_of_other_meshes(view: ClusterView) -> bool:
    """Whether a mesh was stated, and everything here is of others, as far as that goes."""
    if not view.context.options.mesh_id:
        return False
    others = {config.mesh_id for config in mesh_configs(view.cluster) if config.service}
    others |= {plane.mesh_id for plane in hosted_control_planes(view.cluster)}
    return bool(others) and None not in others


def _signs(view: ClusterView) -> list[str]:
    """What says that a cluster should have part in a hosted mesh."""
    signs = signs_of_hosted_mesh(view.cluster)
    hosting = view.context.clusters.hosting
    signs += [mesh for mesh in injected_mesh_ids(view.cluster) if mesh in hosting]
    if not view.context.options.all_contexts:
        # Somebody named this one: what is left of a control plane counts too.
        signs += hosted_lb_names(view.cluster)
    return signs


def not_wired(view: ClusterView, config: MeshConfig, *, hosted_here: bool) -> Finding:
    """A mesh config that leads the proxies to another istiod: a fault only where they should be
    wired.
    """
    because = _why_wired(view, config, hosted_here=hosted_here)
    wanted = f"{REMOTE_SERVICE}.{view.cluster.namespace}.svc:{XDS_PORT}"
    if not config.local:
        # Another address than the local istiod's may lead to the control plane by itself.
        result = UNKNOWN
    else:
        result = FAIL if because else _result_of_absence(view)
    return finding(
        "NotWired",
        view.config_ref(config),
        "discoveryAddress",
        result=result,
        expected=[wanted],
        actual=[config.discovery],
        source=because or None,
        config=config.name,
        discovery=config.discovery,
        wanted=wanted,
        mesh=config.mesh_id or "<none>",
        because=because or "nothing says that it should be",
        kubectl=view.context.kubectl(view.cluster),
    )


def _why_wired(view: ClusterView, config: MeshConfig, *, hosted_here: bool) -> str:
    """What says that the proxies of a mesh config should read a hosted istiod; "" where nothing
    does.
    """
    clusters, mesh_id = view.context.clusters, config.mesh_id
    if hosted_here:
        return f"{view.cluster.source} hosts the control plane of mesh {mesh_id}"
    if mesh_id in clusters.listed(view.cluster):
        return f"the GlobalMesh {mesh_id} lists this cluster"
    hosting = [cluster.source for cluster, _ in clusters.hosting.get(mesh_id or "", [])]
    if hosting:
        return f"{hosting[0]} hosts the control plane of mesh {mesh_id}"
    if config.configured:
        return f"remotePilotAddress is set to {config.configured}"
    if view.context.options.role == WORKLOAD:
        return "--role workload was given"
    return ""


def leftovers(
    view: ClusterView, meshes: Collection[str | None], still_dialled: Collection[str]
) -> list[Finding]:
    """hosted-lb Services of meshes that neither a mesh config nor a hosted Deployment knows.

    `still_dialled` are the meshes of which one here was reported as what is left of a control
    plane.
    """
    options, cluster = view.context.options, view.cluster
    if options.mesh_id or options.role or cluster.unread("Deployment"):
        return []
    owned = {plane.name for _, plane in view.planes}
    ids = hosted_mesh_ids(cluster)
    found = []
    for name in hosted_lb_names(cluster):
        mesh_id = ids.get(name, name)
        if name in owned or mesh_id in meshes or mesh_id in still_dialled:
            continue
        found.append(
            finding(
                "MeshLeftover",
                ObjectRef("Service", cluster.namespace, hosted_lb_name(name)),
                "mesh",
                name=hosted_lb_name(name),
                mesh=name,
                kubectl=view.context.kubectl(cluster),
            )
        )
    return found
