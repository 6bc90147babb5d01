"""The ports of istiod-remote, and whether its Endpoints and EndpointSlices agree."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_mesh.checks.context import quoted
from kubectl_mesh.checks.remote.target import Target
from kubectl_mesh.findings.model import FAIL, WARN, Finding
from kubectl_mesh.kube.objects import Object, mapping, text
from kubectl_mesh.kube.routing import (
    Backend,
    Port,
    ports_of,
    reached,
    ready_addresses,
    service_port,
    service_ports,
)
from kubectl_mesh.mesh.names import WEBHOOK_PORT, WEBHOOK_SERVICE_PORT, XDS_PORT

_OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"


@dataclass(frozen=True)
class _Joined:
    """A Service port and the endpoint port that it must lead to, with the codes for what is
    missing.
    """

    outer: int
    inner: int
    no_service_port: str
    no_endpoint_port: str
    other_name: str


_XDS = _Joined(XDS_PORT, XDS_PORT, "XDSServicePortMissing", "XDSPortMissing", "XDSPortNotJoined")
_WEBHOOK = _Joined(
    WEBHOOK_SERVICE_PORT,
    WEBHOOK_PORT,
    "WebhookServicePortMissing",
    "WebhookPortMissing",
    "WebhookPortMissing",
)


def verify_ports(
    target: Target, service: Object, addresses: list[str]
) -> tuple[list[Finding], Finding | None]:
    """Whether 15012 and 443 lead to 15012 and 15017 on every address, and the failure of the
    first, if any.
    """
    if text(service, "spec", "clusterIP") == "None":
        # Headless: the name resolves to the addresses themselves, and no kube-proxy joins any port.
        return [], None
    xds = _verify_port(target, service, _XDS, addresses, None)
    # Both ports are wrong in one way, and fixed by one command.
    webhook = _verify_port(target, service, _WEBHOOK, addresses, xds)
    found = [f for f in (xds, webhook) if f is not None]
    if xds is None:
        ports = [str(XDS_PORT)] if webhook else [str(XDS_PORT), str(WEBHOOK_PORT)]
        about = target.ref(target.holder())
        found.append(
            target.finding(
                "PortsAreExpected",
                about,
                "ports",
                expected=ports,
                actual=ports,
                ports=quoted(ports),
            )
        )
    return found, xds


def _verify_port(
    target: Target, service: Object, joined: _Joined, addresses: list[str], cause: Finding | None
) -> Finding | None:
    """The finding where a Service port does not lead to its endpoint port on every address."""
    port = service_port(service, joined.outer)
    right = target.right_addresses or addresses
    if port is None:
        held = _ports_on(target, addresses)
        fix = target.repair.write_service_ports(held, right, target.holder())
        return target.finding(
            joined.no_service_port,
            target.service_ref,
            f"port {joined.outer}",
            expected=[str(joined.outer)],
            actual=[str(p) for p in service_ports(service)],
            cause=cause,
            fix=fix,
        )
    # Another number under the same name is another backend, which gets its share of the
    # connections.
    wrong = [a for a in addresses if reached(port, a, target.routed) != {joined.inner}]
    if not wrong:
        return None
    held = sorted(set(_ports_on(target, wrong)), key=str)
    numbers = {p.number for p in held}
    code = joined.other_name if joined.inner in numbers else joined.no_endpoint_port
    wanted = str(Port(port.name, "TCP", joined.inner))
    holder = target.holder(wrong[0])
    shown = [str(p) for p in held]
    return target.finding(
        code,
        target.ref(holder),
        f"port {joined.inner}",
        expected=[wanted],
        actual=shown,
        cause=cause,
        addresses=quoted(wrong),
        port=str(port),
        held=quoted(shown),
        wanted=wanted,
        fix=target.repair.write_endpoints(right, holder),
    )


def _ports_on(target: Target, addresses: list[str]) -> list[Port]:
    """The endpoint ports on some addresses."""
    held: list[Port] = []
    for address in addresses:
        held += ports_of(address, target.routed)
    return held


def verify_agreement(target: Target, wrong: Finding | None) -> list[Finding]:
    """kube-proxy follows the slices; Endpoints that say otherwise mislead whoever reads them.

    `wrong` is what is wrong with the slices, if anything is: then people see another fault than
    there is.
    """
    if mapping(target.endpoints, "metadata", "annotations").get(_OVER_CAPACITY):
        return []
    in_slices, in_endpoints = _pairs(target.routed), _pairs(target.listed)
    if in_slices == in_endpoints:
        return []
    routed, listed = ready_addresses(target.routed), ready_addresses(target.listed)
    if routed == listed:  # only the ports differ
        routed = [f"{address}:{port}" for address, port in sorted(in_slices)]
        listed = [f"{address}:{port}" for address, port in sorted(in_endpoints)]
    return [
        target.finding(
            "EndpointsDiffer",
            target.ref(target.endpoints),
            "EndpointSlice",
            result=FAIL if wrong else WARN,
            cause=wrong,
            expected=listed,
            actual=routed,
            routed=quoted(routed),
            listed=quoted(listed),
        )
    ]


def _pairs(backends: list[Backend]) -> set[tuple[str, str]]:
    """Every ready address with each of its ports."""
    pairs = set()
    for backend in backends:
        if backend.ready:
            pairs |= {(backend.address, str(port)) for port in backend.ports or ("no port",)}
    return pairs
