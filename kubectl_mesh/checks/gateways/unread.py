"""What could not be read of gateways, so that one of them, its Pods or its Services may go
unseen.
"""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_mesh.checks.context import CheckContext
from kubectl_mesh.findings.model import Finding
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, Failure
from kubectl_mesh.mesh.gateways import GATEWAY_SELECTORS, Gateway, is_gateway, pod_selector


def report_unread_gateways(context: CheckContext, found: Sequence[Gateway]) -> list[Finding]:
    """The findings for reads without which a gateway, its Pods or its Services may have gone
    unseen.
    """
    findings = []
    for kind, subject, namespace in _needed(context.options.gateways_in, found):
        if unread(context, kind, subject, namespace):
            findings += context.report_unread(context.verified, kind, subject, namespace=namespace)
    return findings


def _needed(where: str, found: Sequence[Gateway]) -> list[tuple[str, str | None, str]]:
    """The reads (kind, subject, namespace) that show every gateway in a namespace, or in all of
    them.
    """
    needed: list[tuple[str, str | None, str]] = []
    needed += [("Pod", selector, where) for selector in GATEWAY_SELECTORS]
    if where != ALL_NAMESPACES:
        return [*needed, ("Deployment", None, where), ("Service", None, where)]
    for kind in ("Deployment", "Service"):
        needed += [(kind, selector, where) for selector in GATEWAY_SELECTORS]
    for gateway in found:
        needed.append(("Service", None, gateway.namespace))
        if gateway.unowned:
            needed.append(("Deployment", None, gateway.namespace))
    return needed


def unread(context: CheckContext, kind: str, subject: str | None, namespace: str) -> Failure | None:
    """Why it can't be said what there is; files that were taken in all namespaces show what they
    hold.
    """
    cluster = context.verified
    from_files = cluster.server is None and context.options.gateways_in == ALL_NAMESPACES
    shown = bool(cluster.objects.get(kind)) and (kind != "Pod" or namespace == ALL_NAMESPACES)
    if from_files and shown:
        return None
    return cluster.unread(kind, subject, namespace)


def pods_unread(context: CheckContext, gateway: Gateway) -> bool:
    """Whether a gateway's Pods, or what makes them, could not be read."""
    if gateway.unowned and unread(context, "Deployment", None, gateway.namespace):
        return True
    if gateway.pods or gateway.old:
        return False
    if gateway.deployment is not None and not is_gateway(gateway.labels):
        selector = pod_selector(gateway.deployment)
        return unread(context, "Pod", selector, gateway.namespace) is not None
    in_files = context.verified.server is None
    if in_files and unread(context, "Pod", None, gateway.namespace):
        return True
    where = context.options.gateways_in
    return any(unread(context, "Pod", selector, where) for selector in GATEWAY_SELECTORS)


def report_unread_pods(context: CheckContext, gateway: Gateway) -> list[Finding]:
    """The finding for a gateway's Pods; of gateways with the usual labels it is reported for all
    together.
    """
    subject = None
    if gateway.deployment is not None and not is_gateway(gateway.labels):
        subject = pod_selector(gateway.deployment)
    elif not unread(context, "Pod", None, gateway.namespace):
        return []
    return context.report_unread(context.verified, "Pod", subject, namespace=gateway.namespace)
