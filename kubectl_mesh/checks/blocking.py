"""What keeps proxies from the hosted istiod: the first failure between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kubectl_mesh.checks.cluster import ClusterResult
from kubectl_mesh.checks.control_plane import Hosted
from kubectl_mesh.checks.remote.expected import WORKLOAD
from kubectl_mesh.findings.model import FAIL, ClusterReport, Finding
from kubectl_mesh.mesh.config import MeshConfig


def blocking_failure(
    result: ClusterResult,
    control_planes: Mapping[str, Hosted | Finding],
    entry: ClusterReport,
    config: MeshConfig | None,
) -> Finding | None:
    """What keeps the proxies of a mesh config from the hosted istiod: the first failure between them, if any.

    That is of the istiod-remote that the config names (of every config where it isn't known), then of the hosted
    istiod, and of hosted-lb where these proxies depend on it: not where they dial the hosted Pods, or a stated address.
    """
    if config and not config.service:
        return None  # they read another istiod
    failures = _of_remotes(result, config)
    name = config.name if config else None
    failures += [
        f for f in entry.findings if f.code == "DiscoveryPortUnexpected" and f.object.name == name
    ]
    through_lb = entry.role == WORKLOAD and not result.view.context.options.addresses
    for found in (entry.findings, *_of_control_planes(result, control_planes, entry)):
        failures += [f for f in found if f.object.kind == "Deployment"]
        if through_lb:
            failures += [f for f in found if (f.object.name or "").endswith("-hosted-lb")]
    for found_failure in failures:
        # Which of two addresses is right is not known where only the configured one speaks against the other.
        if found_failure.result == FAIL and found_failure.code != "ConfiguredAddressDiffers":
            return found_failure
    return None


def _of_remotes(result: ClusterResult, config: MeshConfig | None) -> list[Finding]:
    """What was found of the istiod-remote that a config names, or of every one."""
    found = []
    for remote, findings in result.remotes:
        dialled = config is None or (config.service, config.namespace) == (
            remote.name,
            remote.namespace,
        )
        if dialled:
            found += findings
    return found


def _of_control_planes(
    result: ClusterResult,
    control_planes: Mapping[str, Hosted | Finding],
    entry: ClusterReport,
) -> Iterable[list[Finding]]:
    """What was found of the mesh's control plane in other clusters."""
    for consulted in result.consulted:
        if consulted.raw_mesh_id == entry.raw_mesh_id:
            yield consulted.findings
    elsewhere = control_planes.get(entry.raw_mesh_id or "")
    if isinstance(elsewhere, Hosted):
        yield elsewhere.findings
