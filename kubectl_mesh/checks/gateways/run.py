"""`verify-gateway`: does each gateway of the mesh work, and if not, what is the first cause?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from kubectl_mesh.checks.context import CheckContext, quoted
from kubectl_mesh.checks.gateways.ownership import (
    config_of,
    mesh_id_of,
    possible_configs,
    revision_of,
)
from kubectl_mesh.checks.gateways.pods import (
    BY_CONTROL_PLANE,
    BY_LOCAL_ISTIOD,
    local_istiod_not_ready,
    verify_pods,
)
from kubectl_mesh.checks.gateways.proxies import verify_proxies
from kubectl_mesh.checks.gateways.services import verify_service
from kubectl_mesh.checks.gateways.unread import (
    pods_unread,
    report_unread_gateways,
    report_unread_pods,
    unread,
)
from kubectl_mesh.checks.remote.expected import HOSTED
from kubectl_mesh.findings.catalog import Shell, finding
from kubectl_mesh.findings.model import (
    FAIL,
    SKIP,
    UNKNOWN,
    WARN,
    ClusterReport,
    Finding,
    ObjectRef,
)
from kubectl_mesh.kube.objects import Object
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES
from kubectl_mesh.mesh.config import MeshConfig, mesh_configs
from kubectl_mesh.mesh.gateways import Gateway, gateways
from kubectl_mesh.mesh.istiods import local_istiods
from kubectl_mesh.mesh.names import config_name

# The failure between the proxies of a mesh config and the hosted istiod, if there is one.
Blocking = Callable[[ClusterReport, MeshConfig | None], Finding | None]


def verify_gateways(
    context: CheckContext, entries: Sequence[ClusterReport], blocking: Blocking
) -> list[ClusterReport]:
    """The entries of a cluster with what was found of its gateways, each in the entry of its mesh.

    `blocking` knows what keeps a gateway from the control plane.
    """
    configs = mesh_configs(context.verified)
    found = _of_stated_mesh(context, configs)
    homes = [_home(context, gateway, configs, entries) for gateway in found]
    reports = [list(entry.findings) for entry in entries]
    first = reports[_first_own(entries)]
    first += report_unread_gateways(context, found)
    if not found:
        first += _none_found(context, entries, first)
    pods = []
    for gateway, home in zip(found, homes, strict=True):
        failure = blocking(entries[home], config_of(gateway, configs))
        pods.append(_verify_pods(context, gateway, found, failure))
    down, pods = _with_local_istiods(context, found, configs, pods)
    first += down
    verified: list[Object] = []
    for gateway, home, of_pods in zip(found, homes, pods, strict=True):
        report = reports[home]
        report += of_pods
        for service in gateway.services:
            if not _is_among(service, verified):
                verified.append(service)
                known = {f.code for own in reports for f in own}
                report += _verify_service(context, service, found, pods, known)
        if not gateway.services:
            report += _no_service(context, gateway)
        report += _config_unknown(context, gateway, configs, report)
        mesh_id = entries[home].raw_mesh_id
        report += verify_proxies(context, gateway, config_of(gateway, configs), mesh_id)
    return [replace(e, findings=r) for e, r in zip(entries, reports, strict=True)]


def _first_own(entries: Sequence[ClusterReport]) -> int:
    """The index of the first entry of the cluster that is verified."""
    return next(number for number, entry in enumerate(entries) if not entry.asked)


def _is_among(service: Object, services: Sequence[Object]) -> bool:
    return any(other is service for other in services)


def _of_stated_mesh(context: CheckContext, configs: Sequence[MeshConfig]) -> list[Gateway]:
    """The gateways of the mesh that the user picked; all of them where nobody picked one."""
    options = context.options
    found = gateways(context.verified, options.gateways_in, options.gateway)
    if options.mesh_id is None:
        return list(found)
    stated = options.mesh_id
    return [g for g in found if mesh_id_of(g, configs, stated) == stated]


def _home(
    context: CheckContext,
    gateway: Gateway,
    configs: Sequence[MeshConfig],
    entries: Sequence[ClusterReport],
) -> int:
    """The index of the entry that a gateway belongs to: its mesh's, else the cluster's first."""
    mesh_id = mesh_id_of(gateway, configs, context.options.mesh_id)
    for number, entry in enumerate(entries):
        if not entry.asked and entry.raw_mesh_id == mesh_id:
            return number
    return _first_own(entries)


# --- Pods ---------------------------------------------------------------------------------------


def _verify_pods(
    context: CheckContext, gateway: Gateway, found: Sequence[Gateway], failure: Finding | None
) -> list[Finding]:
    """What was found of a gateway's Pods; `failure` is what keeps them from the control plane."""
    if gateway.kind == "Service":
        return []  # that it leads nowhere is reported for the Service
    if pods_unread(context, gateway):
        return report_unread_pods(context, gateway)
    findings = []
    for found_here in verify_pods(context, gateway, replaced=_is_replaced(gateway, found)):
        follows = failure is not None and found_here.code in BY_CONTROL_PLANE
        findings.append(replace(found_here, cause=failure) if follows else found_here)
    if failure and gateway.ready:
        findings.append(
            finding(
                "GatewayStillReady",
                ObjectRef(gateway.kind, gateway.namespace, gateway.name),
                "control plane",
                expected=["in reach"],
                actual=["out of reach"],
                cause=failure,
                name=gateway.name,
            )
        )
    return findings


def _is_replaced(gateway: Gateway, found: Sequence[Gateway]) -> bool:
    """Whether every Service of a gateway has ready Pods of another one."""
    for service in gateway.services:
        others = [other for other in found if other.ready]
        if not any(_is_among(service, other.services) for other in others):
            return False
    return bool(gateway.services)


def _with_local_istiods(
    context: CheckContext,
    found: Sequence[Gateway],
    configs: Sequence[MeshConfig],
    pods: list[list[Finding]],
) -> tuple[list[Finding], list[list[Finding]]]:
    """The local istiods that are down, and the gateways' findings with them as causes.

    One that brought nothing about is a warning.
    """
    down = []
    for revision in local_istiods(context.verified):
        served = []
        for gateway, findings in zip(found, pods, strict=True):
            if revision_of(gateway) == revision:
                served += [f for f in findings if _needs_local_istiod(f, gateway, configs)]
        not_ready = local_istiod_not_ready(context, revision, FAIL if served else WARN)
        if not_ready is None:
            continue
        down.append(not_ready)
        pods = [_caused_by(not_ready, served, findings) for findings in pods]
    return down, pods


def _caused_by(
    cause: Finding, consequences: Sequence[Finding], findings: list[Finding]
) -> list[Finding]:
    return [replace(f, cause=cause) if f in consequences else f for f in findings]


def _needs_local_istiod(found: Finding, gateway: Gateway, configs: Sequence[MeshConfig]) -> bool:
    """Whether a finding about Pods may follow from a local istiod that is down.

    It injects them and signs their certificates, unless another CA is configured.
    """
    if found.code not in BY_LOCAL_ISTIOD or found.cause is not None:
        return False
    config = config_of(gateway, configs)
    own_ca = config is not None and config.ca_address is not None
    elsewhere = own_ca and not str(config and config.ca_address).startswith("istiod")
    return found.code != "GatewayNotReady" or not elsewhere


# --- Services and mesh configs ------------------------------------------------------------------


def _verify_service(
    context: CheckContext,
    service: Object,
    found: Sequence[Gateway],
    pods: Sequence[Sequence[Finding]],
    known: set[str],
) -> list[Finding]:
    """What was found of one Service of gateways; the first failure of their Pods is why it has
    no endpoints.
    """
    owners, faults = [], []
    for gateway, findings in zip(found, pods, strict=True):
        if _is_among(service, gateway.services):
            owners.append(gateway)
            faults += [f for f in findings if f.result == FAIL]
    whole = not any(pods_unread(context, owner) for owner in owners)
    return verify_service(context, service, owners, next(iter(faults), None), known, whole=whole)


def _no_service(context: CheckContext, gateway: Gateway) -> list[Finding]:
    if unread(context, "Service", None, gateway.namespace):
        return []  # reported once for all
    return [
        finding(
            "GatewayHasNoService",
            ObjectRef(gateway.kind, gateway.namespace, gateway.name),
            "Service",
            expected=["a Service"],
            actual=[],
            name=gateway.name,
            namespace=gateway.namespace,
            kubectl=context.kubectl(context.verified, gateway.namespace),
        )
    ]


def _config_unknown(
    context: CheckContext,
    gateway: Gateway,
    configs: Sequence[MeshConfig],
    report: Sequence[Finding],
) -> list[Finding]:
    """Proxies of a revision that no mesh config is of: nobody knows what they dial.

    Reported unless more is unknown.
    """
    if gateway.kind == "Service" or possible_configs(gateway, configs):
        return []
    if any(f.result == UNKNOWN for f in report):
        return []
    cluster, revision = context.verified, revision_of(gateway)
    return [
        finding(
            "GatewayConfigUnknown",
            ObjectRef(gateway.kind, gateway.namespace, gateway.name),
            "mesh config",
            expected=[config_name(revision)],
            actual=[config.name for config in configs],
            name=gateway.name,
            kind=gateway.kind.lower(),
            revision=revision,
            cluster=cluster.source,
            mesh=context.kubectl(cluster),
            kubectl=context.kubectl(cluster, gateway.namespace),
        )
    ]


# --- no gateway ---------------------------------------------------------------------------------


def _none_found(
    context: CheckContext, entries: Sequence[ClusterReport], first: Sequence[Finding]
) -> list[Finding]:
    """That there is no gateway: a fault only where one was to be expected."""
    own = [entry for entry in entries if not entry.asked]
    known = [f for entry in own for f in entry.findings]
    for found in (*known, *first):
        if found.result == UNKNOWN and found.field == "read":
            return []  # what could not be read may be one
    options, cluster = context.options, context.verified
    of_mesh = f" of mesh {options.mesh_id}" if options.mesh_id else ""
    named = f" {options.gateway}" if options.gateway else ""
    present = [gateway.name for gateway in gateways(cluster, options.gateways_in)]
    expected = not (options.all_contexts or _serves_others_only(context, own))
    return [
        finding(
            "GatewayNotFound",
            ObjectRef("Deployment", options.gateways_in or None, options.gateway),
            "exists",
            result=UNKNOWN if expected else SKIP,
            expected=[options.gateway or "a gateway"],
            actual=present,
            what=f"gateway{named}{of_mesh}",
            where=_searched(context),
            everywhere=Shell("" if options.gateways_in else " -A"),
            present=quoted(present),
            cluster=cluster.source,
            kubectl=context.kubectl(cluster),
        )
    ]


def _serves_others_only(context: CheckContext, own: Sequence[ClusterReport]) -> bool:
    """Whether the cluster only hosts control planes that other clusters of the run rest on."""
    clusters, cluster = context.clusters, context.verified
    return all(e.role == HOSTED and clusters.depend_on(cluster, e.raw_mesh_id or "") for e in own)


def _searched(context: CheckContext) -> str:
    """Where gateways were looked for, in a sentence."""
    if context.options.gateways_in != ALL_NAMESPACES:
        return f"namespace {context.options.gateways_in}"
    if not context.options.gateway:
        return "any namespace"
    return f"any namespace (outside {context.verified.namespace}: none with a gateway's labels)"
