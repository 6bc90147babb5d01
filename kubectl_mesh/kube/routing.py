"""Where a Service's traffic really goes: EndpointSlices and Endpoints as kube-proxy reads them.

Knows Kubernetes and nothing of Istio. kube-proxy follows the slices; it joins a Service port to an
endpoint port by name and protocol, and for a Service without selector `targetPort` plays no part.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from kubectl_mesh.kube.objects import Object, dig, labels_of, mapping, maps, text, texts
from kubectl_mesh.kube.snapshot import Snapshot

SERVICE_NAME_LABEL = "kubernetes.io/service-name"


def normalise(address: str) -> str:
    """An address in the form that comparisons use: canonical IP, or host name in lower case without a final dot."""
    try:
        return str(ipaddress.ip_address(address.strip()))
    except ValueError:
        return address.strip().rstrip(".").lower()


def is_ip(address: str) -> bool:
    """Whether an address is an IPv4 or IPv6 address (and not a host name)."""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


def ordered(addresses: Iterable[str]) -> list[str]:
    """Normalised addresses, each once: IPv4, IPv6, then host names."""
    return sorted(set(addresses), key=lambda address: (not is_ip(address), ":" in address, address))


@dataclass(frozen=True)
class Port:
    """A port of a Service or of its endpoints; no name is the name ""."""

    name: str
    protocol: str
    number: int

    def __str__(self) -> str:
        """`15012/tcp-istiod`, as the report shows it."""
        label = "/".join(str(part) for part in (self.number, self.name) if part)
        return label if self.protocol == "TCP" else f"{label}/{self.protocol}"


@dataclass(frozen=True)
class Backend:
    """One address of one slice or subset, with the ports that it has there; `holder` is the object's name."""

    holder: str
    address: str
    ready: bool
    ports: tuple[Port, ...]


def _ports(obj: Object) -> tuple[Port, ...]:
    """The ports that have a number: kube-proxy passes over an endpoint port without one."""
    return tuple(
        Port(text(port, "name"), text(port, "protocol") or "TCP", port["port"])
        for port in maps(obj, "ports")
        if type(port.get("port")) is int
    )


def service_ports(service: Object) -> tuple[Port, ...]:
    """The ports of a Service."""
    return _ports(dig(service, "spec"))


def slice_backends(slices: Iterable[Object], service: Object | None = None) -> list[Backend]:
    """The backends in EndpointSlices, as kube-proxy routes them for a Service.

    `conditions.ready: null` is ready. Ignored are FQDN slices and those of a family that the Service does not have;
    with `internalTrafficPolicy: Local` nothing is routed to an endpoint that is on no node.
    """
    families = texts(service, "spec", "ipFamilies")
    if text(service, "spec", "clusterIP") == "None" or not families:
        families = ["IPv4", "IPv6"]
    local = text(service, "spec", "internalTrafficPolicy") == "Local"
    return [
        Backend(
            text(slice_, "metadata", "name"),
            normalise(address),
            dig(endpoint, "conditions", "ready") is not False
            and not (local and not text(endpoint, "nodeName")),
            _ports(slice_),
        )
        for slice_ in slices
        if text(slice_, "addressType") in families
        for endpoint in maps(slice_, "endpoints")
        for address in texts(endpoint, "addresses")
    ]


def slices_of(snapshot: Snapshot, service: str, namespace: str | None = None) -> list[Object]:
    """The EndpointSlices of a Service, by its name (namespace: default the snapshot's)."""
    return [
        s
        for s in snapshot.all("EndpointSlice", namespace)
        if labels_of(s).get(SERVICE_NAME_LABEL) == service
    ]


def endpoints_backends(endpoints: Object | None) -> list[Backend]:
    """The backends in an Endpoints object; `notReadyAddresses` are not routed."""
    return [
        Backend(
            text(endpoints, "metadata", "name"),
            normalise(text(address, "ip")),
            ready,
            _ports(subset),
        )
        for subset in maps(endpoints, "subsets")
        for key, ready in (("addresses", True), ("notReadyAddresses", False))
        for address in maps(subset, key)
        if text(address, "ip")
    ]


def mirrored(endpoints: Object | None) -> list[Object]:
    """The EndpointSlices that the mirroring controller makes of Endpoints, each under the Endpoints' name."""
    return [
        {
            "metadata": mapping(endpoints, "metadata"),
            "addressType": "IPv6" if ":" in text(address, "ip") else "IPv4",
            "endpoints": [
                {"addresses": [text(address, "ip")], "conditions": {"ready": ready}, **address}
            ],
            "ports": maps(subset, "ports"),
        }
        for subset in maps(endpoints, "subsets")
        for key, ready in (("addresses", True), ("notReadyAddresses", False))
        for address in maps(subset, key)
    ]


def ready_addresses(backends: Iterable[Backend]) -> list[str]:
    """The addresses that get traffic, each once, in an order that does not depend on the API server's."""
    return ordered(backend.address for backend in backends if backend.ready)


def service_port(service: Object, number: int) -> Port | None:
    """The Service's TCP port of that number."""
    return next(
        (p for p in service_ports(service) if p.number == number and p.protocol == "TCP"), None
    )


def reached(port: Port, address: str, backends: Iterable[Backend]) -> set[int]:
    """The endpoint port numbers that a Service port leads to on one ready address."""
    return {
        candidate.number
        for backend in backends
        if backend.ready and backend.address == address
        for candidate in backend.ports
        if (candidate.name, candidate.protocol) == (port.name, port.protocol)
    }


def ports_of(address: str, backends: Iterable[Backend]) -> list[Port]:
    """Every endpoint port that one ready address has."""
    return sorted(
        {p for b in backends if b.ready and b.address == address for p in b.ports},
        key=lambda p: (p.number, p.name, p.protocol),
    )
