"""istiod-remote, the Service that a cluster's proxies dial, held to the pattern of the cluster's
role.
"""

from __future__ import annotations

from dataclasses import replace

from kubectl_mesh.checks.context import quoted
from kubectl_mesh.checks.remote.addresses import verify_addresses, verify_external_name
from kubectl_mesh.checks.remote.advice import fix_endpoints
from kubectl_mesh.checks.remote.manifest import cluster_with, wanted_object
from kubectl_mesh.checks.remote.ports import verify_agreement, verify_ports
from kubectl_mesh.checks.remote.target import Target
from kubectl_mesh.findings.model import FAIL, WARN, Finding, changed_findings
from kubectl_mesh.kube.objects import Object, name_of, text
from kubectl_mesh.kube.routing import ordered, ready_addresses, slice_backends
from kubectl_mesh.kube.snapshot import NOT_CAPTURED
from kubectl_mesh.mesh.names import is_remote_service


def verify_remote(target: Target) -> list[Finding]:
    """Every finding about an istiod-remote, with the objects as they should be where one alone
    fixes the fault.
    """

    def with_repair(found: Finding) -> Finding:
        repair = _repair(target, found)
        return replace(found, repair=repair) if repair else found

    return changed_findings(_judge(target), with_repair)


def _repair(target: Target, found: Finding) -> Object | None:
    """The object that fixes a fault: with it in the cluster nothing may be at fault any more."""
    made = wanted_object(target, found) if found.result in (FAIL, WARN) else None
    changed = cluster_with(target, made) if made else None
    if changed is None:
        return None
    context = replace(target.context, verified=changed)
    tried = _judge(replace(target, context=context))
    return None if any(f.result == FAIL for f in tried) else made


def _judge(target: Target) -> list[Finding]:
    cluster, name, namespace = target.cluster, target.remote.name, target.remote.namespace
    found = []
    if target.service is None:
        # By its name in another namespace than the mesh's, else in the list of all.
        subject = name if namespace != cluster.namespace else None
        if not cluster.unread("Service", subject, namespace):
            return [_missing_service(target)]
        found = target.context.report_unread(cluster, "Service", subject, namespace=namespace)
    if text(target.service, "spec", "type") == "ExternalName":
        return found + verify_external_name(target)
    found += _unread_endpoints(target)
    if _slices_unread(target):
        return found
    if ready_addresses(target.routed):
        return found + _verify_backends(target)
    return found + _no_backends(target)


def _missing_service(target: Target) -> Finding:
    """No Service of that name; with a revision, Istio's stock chart gives it another."""
    names = map(name_of, target.cluster.all("Service", target.remote.namespace))
    others = list(filter(is_remote_service, names))
    config = target.remote.config.name if target.remote.config else ""
    code = "RevisionServiceNotFound" if others and config else "ServiceNotFound"
    who = f"configmap {config} sends" if config else "the stated role sends"
    return target.finding(
        code,
        target.service_ref,
        "exists",
        expected=[target.remote.name],
        actual=others,
        other=quoted(others),
        config=config or "istio",
        who=who,
        namespace=target.remote.namespace,
        cause=target.control_plane_failure,
    )


def _slices_unread(target: Target) -> bool:
    """Whether nothing can be said of where the Service leads to."""
    name, namespace = target.remote.name, target.remote.namespace
    unread = target.cluster.unread("EndpointSlice", name, namespace)
    return unread is not None and not target.slices and not target.endpoints_alone


def _unread_endpoints(target: Target) -> list[Finding]:
    """The findings for slices or Endpoints that could not be read."""
    context, cluster = target.context, target.cluster
    name, namespace = target.remote.name, target.remote.namespace
    if _slices_unread(target):
        return context.report_unread(cluster, "EndpointSlice", name, namespace=namespace)
    unread = cluster.unread("Endpoints", name, namespace)
    if target.endpoints is None and unread and unread.code != NOT_CAPTURED:
        return context.report_unread(cluster, "Endpoints", name, WARN, namespace)
    return []


def _verify_backends(target: Target) -> list[Finding]:
    addresses = ready_addresses(target.routed)
    found, wrong = verify_addresses(target, addresses, "address")
    if target.service is not None:
        ports, missing = verify_ports(target, target.service, addresses)
        found += ports
        wrong = missing or wrong
    if target.endpoints is not None and target.slices:
        found += verify_agreement(target, wrong)
    return found


def _no_backends(target: Target) -> list[Finding]:
    """Nothing gets traffic: because of the mirroring, or because no address is there, or none is
    ready.
    """
    listed = ready_addresses(target.listed)
    if listed and not target.slices and not target.endpoints_alone:
        return [_not_mirrored(target, listed)]
    # The slices decide; Endpoints that say otherwise are not what is to be fixed.
    holder = target.slices[0] if listed and target.slices else target.holder()
    held = ordered(backend.address for backend in target.routed)
    missing = target.finding(
        "NoReadyEndpoints" if held else "NoEndpoints",
        target.ref(holder),
        "address",
        expected=target.expected.addresses,
        actual=[f"{address} (not ready)" for address in held],
        source=target.expected.source,
        held=quoted(held),
        why=_why_not_routed(target),
        fix=fix_endpoints(target, holder),
        cause=target.control_plane_failure,
    )
    if listed and target.slices:
        return [missing, *verify_agreement(target, missing)]
    return [missing]


def _not_mirrored(target: Target, listed: list[str]) -> Finding:
    idle = "the mirroring controller has made none (does kube-controller-manager run?)"
    return target.finding(
        "EndpointsNotMirrored",
        target.ref(target.endpoints),
        "EndpointSlice",
        expected=listed,
        actual=[],
        held=quoted(listed),
        why=target.never_mirrored or idle,
        fix=target.repair.let_mirror(),
    )


def _why_not_routed(target: Target) -> str:
    """Why addresses that stand in slices get no traffic, to be added to a sentence."""
    if text(target.service, "spec", "internalTrafficPolicy") == "Local":
        return " (internalTrafficPolicy is Local, and none of them is on a node)"
    if ready_addresses(slice_backends(target.sliced)) and not target.routed:
        return " that is routed (its slices are of an IP family that the Service does not have)"
    return ""
