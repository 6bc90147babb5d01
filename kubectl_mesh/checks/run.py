"""A whole run: every cluster held to its role, and the entries of the report."""

from __future__ import annotations

from kubectl_mesh.checks.cluster import verify_cluster, verify_hosts, with_unread
from kubectl_mesh.checks.context import CheckContext, CheckOptions
from kubectl_mesh.checks.view import ClusterView
from kubectl_mesh.checks.whole_mesh import verify_whole_mesh, with_gateways
from kubectl_mesh.findings.causes import shared_reasons_linked, shown_once
from kubectl_mesh.findings.model import ClusterReport
from kubectl_mesh.mesh.fleet import Clusters


def verify(clusters: Clusters, options: CheckOptions, *, gateways: bool) -> list[ClusterReport]:
    """Hold each cluster's istiod-remote to the pattern of its role, and with `gateways` verify its
    gateways too.

    Returns one entry for each mesh of each cluster, then one for each that was only looked up.
    """
    if clusters.mesh_wide:
        entries = verify_whole_mesh(clusters, options, gateways=gateways)
    else:
        context = CheckContext(clusters.verified[0], clusters, options)
        entries = shown_once(_verify_one(context, gateways=gateways))
    return shared_reasons_linked(entries)


def _verify_one(context: CheckContext, *, gateways: bool) -> list[ClusterReport]:
    view = ClusterView(context)
    result = verify_cluster(view, verify_hosts(view), {})
    entries = [*result.entries, *result.consulted]
    if gateways:
        entries = with_gateways(result, {}, entries)
    return with_unread(result, entries)
