"""What keeps proxies from the hosted istiod: the first failure between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kubectl_mesh.checks.control_plane import Hosted
from kubectl_mesh.checks.remote.expected import WORKLOAD
from kubectl_mesh.checks.result import ClusterResult
from kubectl_mesh.findings.model import FAIL, ClusterReport, Finding
from kubectl_mesh.mesh.config import MeshConfig


def blocking_failure(
    result: ClusterResult,
    control_planes: Mapping[str, Hosted | Finding],
    entry: ClusterReport,
    config: MeshConfig | None,
) -> Finding | None:
    """What keeps the proxies of a mesh config from the hosted istiod: the first failure between
    them, if any.

    That is of the istiod-remote that the config names (of every config where it isn't known),
    then of the hosted istiod, and of hosted-lb where these proxies depend on it: not where they
    dial the hosted Pods, or a stated address.
    """
    if config and not config.service:
        return None  # they read another istiod
    through_lb = entry.role == WORKLOAD and not result.view.context.options.addresses
    failures = [*_of_remotes(result, config), *_of_config(entry, config)]
    failures += _of_istiod(entry.findings, through_lb=through_lb)
    for found in _of_control_planes(result, control_planes, entry):
        failures += _of_istiod(found, through_lb=through_lb)
    for failure in failures:
        # Which of two addresses is right is not known where only the configured one speaks against
        # the other.
        if failure.result == FAIL and failure.code != "ConfiguredAddressDiffers":
            return failure
    return None


def _of_config(entry: ClusterReport, config: MeshConfig | None) -> list[Finding]:
    """What was found of the port that a mesh config sends the proxies to."""
    name = config.name if config else None
    wrong_port = ("DiscoveryPortUnexpected", name)
    return [f for f in entry.findings if (f.code, f.object.name) == wrong_port]


def _of_istiod(findings: Iterable[Finding], *, through_lb: bool) -> list[Finding]:
    """What was found of a hosted istiod, and of hosted-lb where the proxies go through it."""
    findings = list(findings)
    found = [f for f in findings if f.object.kind == "Deployment"]
    if through_lb:
        found += [f for f in findings if (f.object.name or "").endswith("-hosted-lb")]
    return found


def _of_remotes(result: ClusterResult, config: MeshConfig | None) -> list[Finding]:
    """What was found of the istiod-remote that a config names, or of every one."""
    found = []
    for remote, findings in result.remotes:
        named = (remote.name, remote.namespace)
        if config is None or (config.service, config.namespace) == named:
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
