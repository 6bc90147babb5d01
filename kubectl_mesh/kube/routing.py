"""Where a Service's traffic really goes: EndpointSlices and Endpoints as kube-proxy reads them.

Knows Kubernetes and nothing of Istio. kube-proxy follows the slices; it joins a Service port to an
endpoint port by name and protocol, and for a Service without selector `targetPort` plays no part.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kubectl_mesh.kube.objects import Object, dig, labels_of, mapping, maps, text, texts
from kubectl_mesh.kube.snapshot import Snapshot

SERVICE_NAME_LABEL = "kubernetes.io/service-name"


def normalise(address: str) -> str:
    """An address in the form that comparisons use.

    A canonical IP, or a host name in lower case without a final dot.
    """
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
        label = "/".join(filter(None, (str(self.number or ""), self.name)))
        return label if self.protocol == "TCP" else f"{label}/{self.protocol}"


@dataclass(frozen=True)
class Backend:
    """One address of one slice or subset, with its ports there; `holder` is the object's name."""

    holder: str
    address: str
    ready: bool
    ports: tuple[Port, ...]


def _ports(obj: Object) -> tuple[Port, ...]:
    """The ports that have a number: kube-proxy passes over an endpoint port without one."""
    found = []
    for port in maps(obj, "ports"):
        if type(port.get("port")) is int:
            found.append(Port(text(port, "name"), text(port, "protocol") or "TCP", port["port"]))
    return tuple(found)


def service_ports(service: Object) -> tuple[Port, ...]:
    """The ports of a Service."""
    return _ports(dig(service, "spec"))


def slice_backends(slices: Iterable[Object], service: Object | None = None) -> list[Backend]:
    """The backends in EndpointSlices, as kube-proxy routes them for a Service.

    `conditions.ready: null` is ready. Ignored are FQDN slices and those of a family that the
    Service does not have; with `internalTrafficPolicy: Local` nothing is routed to an endpoint that
    is on no node.
    """
    families = texts(service, "spec", "ipFamilies")
    if text(service, "spec", "clusterIP") == "None" or not families:
        families = ["IPv4", "IPv6"]
    local = text(service, "spec", "internalTrafficPolicy") == "Local"
    found: list[Backend] = []
    for slice_ in slices:
        if text(slice_, "addressType") in families:
            found += _backends_of(slice_, local=local)
    return found


def _backends_of(slice_: Object, *, local: bool) -> Iterator[Backend]:
    """The backends in one EndpointSlice; `local`: an endpoint on no node gets no traffic."""
    holder, ports = text(slice_, "metadata", "name"), _ports(slice_)
    for endpoint in maps(slice_, "endpoints"):
        ready = dig(endpoint, "conditions", "ready") is not False
        if local and not text(endpoint, "nodeName"):
            ready = False
        for address in texts(endpoint, "addresses"):
            yield Backend(holder, normalise(address), ready, ports)


def slices_of(snapshot: Snapshot, service: str, namespace: str | None = None) -> list[Object]:
    """The EndpointSlices of a Service, by its name (namespace: default the snapshot's)."""
    slices = snapshot.all("EndpointSlice", namespace)
    return [slice_ for slice_ in slices if labels_of(slice_).get(SERVICE_NAME_LABEL) == service]


def endpoints_backends(endpoints: Object | None) -> list[Backend]:
    """The backends in an Endpoints object; `notReadyAddresses` are not routed."""
    holder = text(endpoints, "metadata", "name")
    found = []
    for subset, address, ready in _subset_addresses(endpoints):
        if text(address, "ip"):
            backend = Backend(holder, normalise(text(address, "ip")), ready, _ports(subset))
            found.append(backend)
    return found


def _subset_addresses(endpoints: Object | None) -> Iterator[tuple[Object, Object, bool]]:
    """Every address of an Endpoints object: its subset, it, and whether it is ready."""
    for subset in maps(endpoints, "subsets"):
        for address in maps(subset, "addresses"):
            yield subset, address, True
        for address in maps(subset, "notReadyAddresses"):
            yield subset, address, False


def mirrored(endpoints: Object | None) -> list[Object]:
    """The EndpointSlices that the mirroring controller makes of Endpoints, under the same name."""
    found = []
    for subset, address, ready in _subset_addresses(endpoints):
        ip = text(address, "ip")
        endpoint = {"addresses": [ip], "conditions": {"ready": ready}, **address}
        slice_ = {
            "metadata": mapping(endpoints, "metadata"),
            "addressType": "IPv6" if ":" in ip else "IPv4",
            "endpoints": [endpoint],
            "ports": maps(subset, "ports"),
        }
        found.append(slice_)
    return found


def ready_addresses(backends: Iterable[Backend]) -> list[str]:
    """The addresses that get traffic, each once, in an order that no API server's order changes."""
    return ordered(backend.address for backend in backends if backend.ready)


def service_port(service: Object, number: int) -> Port | None:
    """The Service's TCP port of that number."""
    for port in service_ports(service):
        if (port.number, port.protocol) == (number, "TCP"):
            return port
    return None


def _ready_ports(address: str, backends: Iterable[Backend]) -> set[Port]:
    """The endpoint ports that one ready address has."""
    found: set[Port] = set()
    for backend in backends:
        if backend.ready and backend.address == address:
            found.update(backend.ports)
    return found


def reached(port: Port, address: str, backends: Iterable[Backend]) -> set[int]:
    """The endpoint port numbers that a Service port leads to on one ready address."""
    joined = (port.name, port.protocol)
    ports = _ready_ports(address, backends)
    return {other.number for other in ports if (other.name, other.protocol) == joined}


def ports_of(address: str, backends: Iterable[Backend]) -> list[Port]:
    """Every endpoint port that one ready address has."""
    ports = _ready_ports(address, backends)
    return sorted(ports, key=lambda port: (port.number, port.name, port.protocol))
