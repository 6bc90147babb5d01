"""The role of a cluster in a mesh, stated or detected, and why it is not known."""

from __future__ import annotations

from kubectl_mesh.checks.control_plane import hosted_pods_unowned
from kubectl_mesh.checks.remote.expected import BOTH, HOSTED, WORKLOAD, mesh_id_unknown
from kubectl_mesh.checks.view import ClusterView
from kubectl_mesh.findings.model import Finding
from kubectl_mesh.mesh.control_planes import hosted_mesh_ids
from kubectl_mesh.mesh.istiods import ready_hosted_names

UNKNOWN_ROLE, NO_ROLE = "unknown", "none"


def role_of(view: ClusterView, mesh_id: str | None) -> str:
    """The role of a cluster in a mesh. Where a mesh config or the Deployments can't be read, it
    is not known.
    """
    if view.context.options.role:
        return view.context.options.role
    wired = any(config.service for config in view.configs_of(mesh_id))
    hosted = bool(view.planes_of(mesh_id))
    if hosted and wired:
        return BOTH
    if _is_role_hidden(view, mesh_id, hosted=hosted, wired=wired):
        return UNKNOWN_ROLE
    if hosted:
        return HOSTED
    return WORKLOAD if wired else NO_ROLE


def _is_role_hidden(view: ClusterView, mesh_id: str | None, *, hosted: bool, wired: bool) -> bool:
    """Whether something that was not read, or says no mesh ID, may change the role."""
    unread = view.config_unread is not None
    if unread or any(config.error for config in view.configs_of(mesh_id)):
        return True
    if hosted:
        return False
    if mesh_id is None and view.planes and wired:
        return True
    deployments_unread = any(snapshot.unread("Deployment") for snapshot in view.here)
    return bool(unowned_istiods(view, mesh_id)) or deployments_unread


def unowned_istiods(view: ClusterView, mesh_id: str | None) -> list[str]:
    """The names of hosted istiods of a mesh whose Pods run here while no Deployment says that it
    is hosted.
    """
    ids = hosted_mesh_ids(view.cluster)
    return [name for name in ready_hosted_names(view.cluster) if ids.get(name, name) == mesh_id]


def why_role_unknown(view: ClusterView, mesh_id: str | None) -> list[Finding]:
    """The findings that say why the role in a mesh is not known."""
    context, cluster = view.context, view.cluster
    found = []
    if view.config_unread:
        found += context.report_unread(cluster, "ConfigMap", "istio")
    for snapshot in view.here:
        found += context.report_unread(snapshot, "Deployment", None)
    if mesh_id is None and view.planes:
        found.append(mesh_id_unknown(cluster))
    owned = {plane.name for _, plane in view.planes}
    for name in unowned_istiods(view, mesh_id):
        if name not in owned and not cluster.unread("Deployment"):
            found.append(hosted_pods_unowned(context, cluster, name))
    return found
