"""A Service that leads to gateways: its address, the ready Pods behind it, and its target ports."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from kubectl_mesh.catalog import Shell, finding
from kubectl_mesh.checks.load_balancer import explain_pending, verify_announced
from kubectl_mesh.checks.scope import Scope, quoted
from kubectl_mesh.gateways import UNRESOLVED_IMAGE, Gateway, proxy_container
from kubectl_mesh.report import FAIL, Finding, ObjectRef, clean
from kubectl_mesh.routing import (
    Backend,
    endpoints_backends,
    ordered,
    ports_of,
    reached,
    service_ports,
    slice_backends,
    slices_of,
    slices_unread,
)
from kubectl_mesh.snapshot import NOT_CAPTURED, Object, mapping, maps, name_of, text
from kubectl_mesh.topology import is_ready, lb_addresses, pod_addresses, selects


def verify_service(
    scope: Scope,
    service: Object,
    owners: Sequence[Gateway],
    fault: Finding | None,
    known: Sequence[Finding],
    *,
    whole: bool,
) -> list[Finding]:
    """Every finding about a Service.

    `owners` are the gateways that it leads to, or should, `fault` is why their Pods are not ready, if they aren't, and
    `known` what was found of the cluster before. Unless `whole`, not all Pods were read: the address is judged alone.
    """
    about = ObjectRef("Service", owners[0].namespace, name_of(service))
    kind = text(service, "spec", "type") or "ClusterIP"
    if kind == "ExternalName":
        return [finding("GatewayNeedsNoAddress", about, "address", name=name_of(service), type=kind)]
    found = _address(scope, service, about, kind, known)
    if not whole:
        return found
    # A Service without selector is led by whoever writes its slices.
    bearing = [pod for g in owners for pod in (*g.pods, *g.old, {"metadata": {"labels": g.labels}})]
    if mapping(service, "spec", "selector") and not any(selects(service, pod) for pod in bearing):
        return [*found, _selects_others(scope, service, about, owners)]
    return found + _endpoints(scope, service, about, owners, fault) + _target_ports(scope, service, about, owners)


def _address(scope: Scope, service: Object, about: ObjectRef, kind: str, known: Sequence[Finding]) -> list[Finding]:
    given = lb_addresses(service)
    if kind != "LoadBalancer":
        return [finding("GatewayNeedsNoAddress", about, "address", name=name_of(service), type=kind)]
    if not given:
        return [explain_pending(scope, scope.verified, service, FAIL, known)]
    told = finding(
        "GatewayHasAddress",
        about,
        "address",
        expected=["an address"],
        actual=given,
        name=name_of(service),
        addresses=quoted(given),
    )
    return [told, *verify_announced(scope, scope.verified, service, FAIL, known)]


def _selects_others(scope: Scope, service: Object, about: ObjectRef, owners: Sequence[Gateway]) -> Finding:
    selector = mapping(service, "spec", "selector")
    wanted = owners[0].selector
    kubectl = scope.kubectl(scope.verified, about.namespace or "")
    # A merge patch takes away what it sets to null.
    patch = {"spec": {"selector": dict.fromkeys(selector) | wanted}}
    written = shlex.quote(clean(json.dumps(patch, separators=(",", ":"))))
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
        fix=Shell(f"{kubectl} patch service {shlex.quote(clean(name_of(service)))} --type merge -p {written}"),
    )


def _written(labels: Mapping[str, Any]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _endpoints(
    scope: Scope, service: Object, about: ObjectRef, owners: Sequence[Gateway], fault: Finding | None
) -> list[Finding]:
    """Whether the Service leads to the ready Pods: by its slices and their ports, as kube-proxy follows them."""
    cluster, name, namespace = scope.verified, name_of(service), about.namespace or ""
    unread = slices_unread(cluster, name, namespace)
    written = cluster.find("Endpoints", name, namespace)
    if unread and (unread.code != NOT_CAPTURED or written is None):
        return scope.tell_unread(cluster, "EndpointSlice", name, namespace=namespace)
    sliced = slice_backends(slices_of(cluster, name, namespace), service)
    backends = endpoints_backends(written) if unread else sliced
    routed = _routed(service, backends)
    selector = mapping(service, "spec", "selector")
    pods = [pod for gateway in owners for pod in (*gateway.pods, *gateway.old)]
    ready = [pod for pod in pods if is_ready(pod) and (selects(service, pod) or not selector)]
    there = [pod for pod in ready if set(pod_addresses(pod)) & set(routed)]
    if not ready and routed:
        return []  # it leads to Pods of other gateways, which were not asked for
    kubectl = scope.kubectl(cluster, namespace)
    code = "GatewayServiceReachesPods" if len(there) == len(ready) else "GatewayServiceMissesPods"
    told = finding(
        code if ready else "GatewayServiceHasNoEndpoints",
        about,
        "endpoints",
        expected=[address for pod in ready for address in pod_addresses(pod)[:1]] or ["a ready Pod"],
        actual=routed,
        cause=None if ready else fault,
        name=name,
        reached=str(len(there)),
        ready=str(len(ready)),
        gateways=quoted([gateway.name for gateway in owners]),
        kubectl=kubectl,
    )
    return [told, *_unrouted_ports(service, about, backends, routed, kubectl)]


def _unrouted_ports(
    service: Object, about: ObjectRef, backends: list[Backend], routed: list[str], kubectl: Shell
) -> list[Finding]:
    """Ports of a Service that no endpoint has under that name; of a named target port its own finding tells."""
    named = {port.get("port") for port in maps(service, "spec", "ports") if text(port, "targetPort")}
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
    """The addresses that some port of the Service leads to; the name of a headless one resolves to all of them."""
    headless = text(service, "spec", "clusterIP") == "None"
    return ordered(
        backend.address
        for backend in backends
        if backend.ready
        and (headless or any(reached(port, backend.address, backends) for port in service_ports(service)))
    )


def _target_ports(scope: Scope, service: Object, about: ObjectRef, owners: Sequence[Gateway]) -> list[Finding]:
    """Named target ports must exist on the Pods; numbers are not compared, as charts don't declare them all."""
    templates = [template for gateway in owners for template in gateway.templates]
    # The injector brings ports of its own.
    if any(text(proxy_container(template), "image") == UNRESOLVED_IMAGE for template in templates):
        return []
    containers = [container for template in templates for container in maps(template, "spec", "containers")]
    declared = sorted({text(port, "name") for container in containers for port in maps(container, "ports")} - {""})
    named = [(str(port.get("port")), text(port, "targetPort")) for port in maps(service, "spec", "ports")]
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
            kubectl=scope.kubectl(scope.verified, about.namespace or ""),
            **details,
        )
        for number, target in missing
        if templates and mapping(service, "spec", "selector")
    ]
