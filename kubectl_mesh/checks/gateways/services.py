"""A Service that leads to gateways: its address, the ready Pods behind it, and its target ports."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kubectl_mesh.checks.context import CheckContext, quoted
from kubectl_mesh.checks.gateways.privileged_ports import verify_privileged_ports
from kubectl_mesh.checks.load_balancer import explain_pending, verify_announced
from kubectl_mesh.checks.remote.repair import merge_patch
from kubectl_mesh.findings.catalog import Shell, finding
from kubectl_mesh.findings.model import FAIL, Finding, ObjectRef
from kubectl_mesh.kube.objects import Object, labels_of, mapping, maps, name_of, text, texts
from kubectl_mesh.kube.routing import (
    Backend,
    endpoints_backends,
    is_ip,
    ordered,
    ports_of,
    reached,
    service_ports,
    slice_backends,
    slices_of,
)
from kubectl_mesh.kube.snapshot import NOT_CAPTURED
from kubectl_mesh.kube.workloads import is_ready, lb_addresses, pod_addresses, selects
from kubectl_mesh.mesh.gateways import UNRESOLVED_IMAGE, Gateway, is_gateway, proxy_container


def verify_service(
    context: CheckContext,
    service: Object,
    owners: Sequence[Gateway],
    fault: Finding | None,
    known: Collection[str],
    *,
    whole: bool,
) -> list[Finding]:
    """Every finding about a Service.

    `owners` are the gateways that it leads to, or should, `fault` is why their Pods are not
    ready, if they aren't, and `known` the codes of what was found in the cluster before. Unless
    `whole`, not all Pods were read: the address is judged alone.
    """
    about = ObjectRef("Service", owners[0].namespace, name_of(service))
    kind = text(service, "spec", "type") or "ClusterIP"
    if kind == "ExternalName":
        return [
            finding("GatewayNeedsNoAddress", about, "address", name=name_of(service), type=kind)
        ]
    found = _address(context, service, about, kind, known)
    if not whole:
        return found
    # A Service without selector is led by whoever writes its slices.
    missed = [
        g for g in owners if mapping(service, "spec", "selector") and not _selected(service, g)
    ]
    if any(gateway.kind == "Service" for gateway in missed) and _leads_somewhere(
        context, service, about
    ):
        return [*found, _behind_unknown(context, service, about)]
    if missed:
        return [*found, _selects_others(context, service, about, missed)]
    return (
        found
        + _endpoints(context, service, about, owners, fault)
        + _target_ports(context, service, about, owners)
        + verify_privileged_ports(context, service, about, owners)
    )


def _selected(service: Object, gateway: Gateway) -> bool:
    """Whether a Service selects a gateway's Pods."""
    bearing = [*gateway.pods, *gateway.old, {"metadata": {"labels": gateway.labels}}]
    return any(selects(service, pod) for pod in bearing)


def _leads_somewhere(context: CheckContext, service: Object, about: ObjectRef) -> bool:
    sliced = slices_of(context.verified, name_of(service), about.namespace)
    return bool(_routed(service, slice_backends(sliced, service)))


def _behind_unknown(context: CheckContext, service: Object, about: ObjectRef) -> Finding:
    """Pods that bear no gateway's labels, made by something else than a Deployment: they were
    not read.
    """
    return finding(
        "GatewayNotFound",
        about,
        "exists",
        expected=["a gateway"],
        actual=[],
        what=f"gateway that is known behind the Service {name_of(service)}",
        where=f"namespace {about.namespace}",
        present="none",
        everywhere=Shell(""),
        cluster=context.verified.source,
        kubectl=context.kubectl(context.verified, about.namespace or ""),
    )


def _address(
    context: CheckContext, service: Object, about: ObjectRef, kind: str, known: Collection[str]
) -> list[Finding]:
    given = lb_addresses(service)
    if kind != "LoadBalancer":
        return [
            finding("GatewayNeedsNoAddress", about, "address", name=name_of(service), type=kind)
        ]
    if not given:
        return [explain_pending(context, context.verified, service, FAIL, known)]
    told = finding(
        "GatewayHasAddress",
        about,
        "address",
        expected=["an address"],
        actual=given,
        name=name_of(service),
        addresses=quoted(given),
    )
    return [told, *verify_announced(context, context.verified, service, FAIL)]


def _selects_others(
    context: CheckContext, service: Object, about: ObjectRef, owners: Sequence[Gateway]
) -> Finding:
    selector = mapping(service, "spec", "selector")
    wanted = owners[0].selector
    kubectl = context.kubectl(context.verified, about.namespace or "")
    patch: Object = {"spec": {"selector": dict.fromkeys(selector) | wanted}}
    return finding(
        "GatewayServiceSelectsOthers" if wanted else "GatewayNotInstalled",
        about,
        "selector",
        expected=[_written(wanted)] if wanted else ["a gateway's Pods"],
        actual=[_written(selector)],
        name=name_of(service),
        namespace=about.namespace or "",
        selector=_written(selector),
        gateways=quoted([gateway.name for gateway in owners]),
        kubectl=kubectl,
        fix=merge_patch(kubectl, "service", name_of(service), patch),
    )


def _written(labels: Mapping[str, Any]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _endpoints(
    context: CheckContext,
    service: Object,
    about: ObjectRef,
    owners: Sequence[Gateway],
    fault: Finding | None,
) -> list[Finding]:
    """Whether the Service leads to the ready Pods: by its slices and their ports, as kube-proxy
    follows them.
    """
    cluster, name, namespace = context.verified, name_of(service), about.namespace or ""
    unread = cluster.unread("EndpointSlice", name, namespace)
    written = cluster.find("Endpoints", name, namespace)
    if unread and (unread.code != NOT_CAPTURED or written is None):
        return context.report_unread(cluster, "EndpointSlice", name, namespace=namespace)
    sliced = slice_backends(slices_of(cluster, name, namespace), service)
    backends = endpoints_backends(written) if unread else sliced
    routed = _routed(service, backends)
    selector = mapping(service, "spec", "selector")
    pods = [pod for gateway in owners for pod in (*gateway.pods, *gateway.old)]
    ready = [pod for pod in pods if is_ready(pod) and (selects(service, pod) or not selector)]
    there = [pod for pod in ready if set(pod_addresses(pod)) & set(routed)]
    if not ready and routed:
        return []  # it leads to Pods of other gateways, which were not asked for
    # A gateway's Pod that is terminating may still be in a slice.
    gateway_pods = [pod for pod in cluster.all("Pod", namespace) if is_gateway(labels_of(pod))]
    own = {address for pod in (*pods, *gateway_pods) for address in pod_addresses(pod)}
    others = [address for address in routed if address not in own]
    if not ready:
        code = "GatewayServiceHasNoEndpoints"
    elif others:
        code = "GatewayServiceReachesOthers"
    else:
        code = (
            "GatewayServiceReachesPods" if len(there) == len(ready) else "GatewayServiceMissesPods"
        )
    kubectl = context.kubectl(cluster, namespace)
    told = finding(
        code,
        about,
        "endpoints",
        expected=[address for pod in ready for address in pod_addresses(pod)[:1]]
        or ["a ready Pod"],
        actual=routed,
        cause=None if ready else fault,
        name=name,
        reached=str(len(there)),
        ready=str(len(ready)),
        others=quoted(others),
        gateways=quoted([gateway.name for gateway in owners]),
        kubectl=kubectl,
    )
    more = _unrouted_ports(service, about, backends, routed, kubectl)
    return [told, *more, *_unrouted_families(service, about, routed, kubectl)]


def _unrouted_families(
    service: Object, about: ObjectRef, routed: list[str], kubectl: Shell
) -> list[Finding]:
    """Addresses that a load balancer gave in an IP family of the Service in which it has no
    endpoints.
    """
    given = list(filter(is_ip, lb_addresses(service)))
    return [
        finding(
            "GatewayFamilyNotRouted",
            about,
            family,
            expected=_of_family(given, family),
            actual=[],
            name=name_of(service),
            family=family,
            addresses=quoted(_of_family(given, family)),
            kubectl=kubectl,
        )
        for family in texts(service, "spec", "ipFamilies")
        if _of_family(given, family) and routed and not _of_family(routed, family)
    ]


def _of_family(addresses: list[str], family: str) -> list[str]:
    return [address for address in addresses if family == ("IPv6" if ":" in address else "IPv4")]


def _unrouted_ports(
    service: Object, about: ObjectRef, backends: list[Backend], routed: list[str], kubectl: Shell
) -> list[Finding]:
    """Ports of a Service that no endpoint has under that name; of a named target port its own
    finding tells.
    """
    named = [
        port.get("port") for port in maps(service, "spec", "ports") if text(port, "targetPort")
    ]
    held = [str(port) for address in routed for port in ports_of(address, backends)]
    return [
        finding(
            "GatewayPortNotRouted",
            about,
            f"port {port.number}",
            expected=[str(port)],
            actual=sorted(set(held)),
            name=name_of(service),
            number=str(port.number),
            held=quoted(sorted(set(held))),
            kubectl=kubectl,
        )
        for port in service_ports(service)
        if text(service, "spec", "clusterIP") != "None"
        and port.number not in named
        and routed
        and not any(reached(port, address, backends) for address in routed)
    ]


def _routed(service: Object, backends: list[Backend]) -> list[str]:
    """The addresses that some port of the Service leads to; the name of a headless one resolves
    to all of them.
    """
    headless = text(service, "spec", "clusterIP") == "None"
    return ordered(
        backend.address
        for backend in backends
        if backend.ready
        and (
            headless
            or any(reached(port, backend.address, backends) for port in service_ports(service))
        )
    )


def _target_ports(
    context: CheckContext, service: Object, about: ObjectRef, owners: Sequence[Gateway]
) -> list[Finding]:
    """Named target ports must exist on the Pods; numbers are not compared, as charts don't
    declare them all.
    """
    templates = [template for gateway in owners for template in gateway.templates]
    # The injector brings ports of its own.
    if any(text(proxy_container(template), "image") == UNRESOLVED_IMAGE for template in templates):
        return []
    containers = [
        container for template in templates for container in maps(template, "spec", "containers")
    ]
    starting = [
        container
        for template in templates
        for container in maps(template, "spec", "initContainers")
    ]
    containers += [
        container for container in starting if text(container, "restartPolicy") == "Always"
    ]  # sidecars
    declared = sorted(
        {text(port, "name") for container in containers for port in maps(container, "ports")} - {""}
    )
    named = [
        (str(port.get("port")), text(port, "targetPort")) for port in maps(service, "spec", "ports")
    ]
    missing = [(number, target) for number, target in named if target and target not in declared]
    details: dict[str, Any] = {"name": name_of(service), "declared": quoted(declared)}
    return [
        finding(
            "TargetPortNotFound",
            about,
            f"port {number}",
            expected=declared,
            actual=[target],
            number=number,
            target=target,
            gateways=quoted([gateway.name for gateway in owners]),
            kubectl=context.kubectl(context.verified, about.namespace or ""),
            **details,
        )
        for number, target in missing
        if templates and mapping(service, "spec", "selector")
    ]
