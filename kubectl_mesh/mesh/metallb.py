"""What MetalLB's objects say: its controller, the address pools, their users and announcers.

Rules are those of MetalLB's own allocator (v0.15): only objects in its own namespace count; a pool
with `serviceAllocation` serves only what that allows; a pool without `autoAssign` only who asks for
it. Nothing here reads a cluster or decides how grave a thing is.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kubectl_mesh.kube import yamltext
from kubectl_mesh.kube.objects import (
    Object,
    annotations_of,
    dig,
    label_selected,
    labels_of,
    mapping,
    maps,
    name_of,
    text,
    texts,
)
from kubectl_mesh.kube.routing import is_ip, normalise
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, NOT_CAPTURED, Failure, Snapshot, fact
from kubectl_mesh.kube.workloads import is_ready

NAMESPACE = "metallb-system"  # where every manifest and chart of MetalLB puts it
CONFIG = "config"  # the ConfigMap that configured MetalLB up to 0.12
# of its manifests, and of its Helm chart
_CONTROLLER_LABELS = (
    {"app": "metallb", "component": "controller"},
    {"app.kubernetes.io/name": "metallb", "app.kubernetes.io/component": "controller"},
)
CONTROLLER_SELECTORS = [
    ",".join(f"{key}={value}" for key, value in labels.items()) for labels in _CONTROLLER_LABELS
]
POOL, ADVERTISEMENTS = "IPAddressPool", ("L2Advertisement", "BGPAdvertisement")
ANNOUNCING = (POOL, *ADVERTISEMENTS)
_PREFIXES = ("metallb.io/", "metallb.universe.tf/")  # the second until 0.14.8, and still understood
_REQUESTED_POOL = "address-pool"
_REQUESTED_ADDRESSES = "loadBalancerIPs"
_ALLOCATED_POOL = "ip-allocated-from-pool"
_OWN_ANNOTATIONS = (_REQUESTED_POOL, _REQUESTED_ADDRESSES, _ALLOCATED_POOL)
ANNOTATIONS = {prefix + name for prefix in _PREFIXES for name in _OWN_ANNOTATIONS}
_LB_CLASS = re.compile(r"--?lb-class=(.+)")
_NAMESPACE_NAME = "kubernetes.io/metadata.name"  # the one label of a namespace that is always known
_COUNTS = ("assignedIPv4", "assignedIPv6", "availableIPv4", "availableIPv6")
Range = tuple[int, int, int]  # IP version, first and last address


@dataclass(frozen=True)
class Pool:
    """One address pool.

    `ranges` are its addresses, `written` as the object has them. `free` is how many it has left of
    each IP version, if it says so (from 0.15); `rules` its `serviceAllocation`, None where all may
    use it; `announced` says that the pool itself names who announces it (the ConfigMap of up to
    0.12).
    """

    name: str
    namespace: str
    ranges: tuple[Range, ...]
    auto_assign: bool
    rules: Object | None
    labels: Object
    free: dict[int, int]
    written: tuple[str, ...]
    announced: bool = False

    def may_have(self, version: int) -> bool:
        """Whether it may have a free address of an IP version, 4 or 6."""
        held = [held for held, _, _ in self.ranges]
        return version in held and self.free.get(version) != 0

    def holds(self, address: str) -> bool:
        """Whether an address is one of the pool's."""
        if not is_ip(address):
            return False
        ip = ipaddress.ip_address(address)
        for version, first, last in self.ranges:
            if version == ip.version and first <= int(ip) <= last:
                return True
        return False

    def refuses(self, service: Object, namespace: str) -> str | None:
        """Why a Service may not use this pool.

        None where it may, and where that depends on labels of a namespace, which are not read.
        """
        selectors = maps(self.rules, "namespaceSelectors")
        if not self._serves(namespace):
            if selectors and not _only_names(selectors):
                return None
            spaces = ", ".join(texts(self.rules, "namespaces")) or "other"
            return f"it serves {spaces} namespaces only"
        services = maps(self.rules, "serviceSelectors")
        if services and not _any_selects(services, labels_of(service)):
            return "its serviceSelectors do not select the Service"
        return None

    def _serves(self, namespace: str) -> bool:
        """Whether its rules let a namespace in, by the name of it."""
        spaces, selectors = texts(self.rules, "namespaces"), maps(self.rules, "namespaceSelectors")
        if namespace in spaces or not (spaces or selectors):
            return True
        return _any_selects(selectors, {_NAMESPACE_NAME: namespace})


def _any_selects(selectors: list[Object], labels: Object) -> bool:
    return any(label_selected(selector, labels) for selector in selectors)


def _only_names(selectors: list[Object]) -> bool:
    """Whether selectors of namespaces look at nothing but their names."""
    keys: set[str] = set()
    for selector in selectors:
        keys.update(mapping(selector, "matchLabels"))
        for rule in maps(selector, "matchExpressions"):
            keys.add(text(rule, "key"))
    return keys == {_NAMESPACE_NAME}


@fact
def controllers(snapshot: Snapshot) -> tuple[Object, ...]:
    """The Pods of MetalLB's controller, wherever they run."""
    selectors: list[Object] = [{"matchLabels": labels} for labels in _CONTROLLER_LABELS]
    pods = snapshot.all("Pod", ALL_NAMESPACES)
    return tuple(pod for pod in pods if _any_selects(selectors, labels_of(pod)))


def controllers_unread(snapshot: Snapshot, namespace: str) -> Failure | None:
    """Why it can't be said that no controller runs in a namespace (or in ALL_NAMESPACES).

    None where it can be said.
    """
    if namespace == ALL_NAMESPACES and snapshot.server is None:
        # Every cluster has Pods in kube-system: files without them were not taken with -A.
        if snapshot.all("Pod", "kube-system"):
            return None
        return Failure(NOT_CAPTURED, "Pods of all namespaces are not in the files")
    failures = (snapshot.unread("Pod", selector, namespace) for selector in CONTROLLER_SELECTORS)
    return next(filter(None, failures), None)


@fact
def own_namespace(snapshot: Snapshot) -> str:
    """MetalLB's own namespace: where its controller runs, else where its pools are."""
    running = sorted(controllers(snapshot), key=is_ready, reverse=True)
    if running:
        return snapshot.namespace_of(running[0])
    holding = set(map(snapshot.namespace_of, snapshot.all(POOL, ALL_NAMESPACES)))
    return holding.pop() if len(holding) == 1 else NAMESPACE


def unread(snapshot: Snapshot, kind: str) -> Failure | None:
    """Why it can't be said that MetalLB has no object of a kind in its own namespace.

    None where it can be said.
    """
    if snapshot.server is None and _in_files(snapshot, kind):
        return None
    everywhere = snapshot.unread(kind, None, ALL_NAMESPACES)
    if everywhere is None or (kind, ALL_NAMESPACES, None) in snapshot.failures:
        return everywhere
    # Which namespace is its own is known only where something of it was found.
    found = controllers(snapshot) or snapshot.all(POOL, ALL_NAMESPACES)
    return snapshot.unread(kind, None, own_namespace(snapshot)) if found else everywhere


def _in_files(snapshot: Snapshot, kind: str) -> bool:
    """Whether files have all objects of a kind.

    kubectl prints nothing of a kind that has no object: files with one of MetalLB's advertisements
    have all.
    """
    alike = ADVERTISEMENTS if kind in ADVERTISEMENTS else (kind,)
    return any(snapshot.objects.get(captured) for captured in alike)


@fact
def served_class(snapshot: Snapshot) -> str:
    """The `loadBalancerClass` that the controller serves (its argument `--lb-class`).

    "" where it serves Services without one.
    """
    for pod in controllers(snapshot):
        for container in maps(pod, "spec", "containers"):
            words = [*texts(container, "command"), *texts(container, "args")]
            for _, named in class_arguments(words):
                return named
    return ""


def class_arguments(words: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    """Of a command line, the words that name a class, and the class."""
    for word, following in zip(words, [*words, ""][1:], strict=True):
        match = _LB_CLASS.fullmatch(word)
        if match:
            yield [word], match[1]
        elif word in ("--lb-class", "-lb-class"):
            yield [word, following], following


@fact
def pools(snapshot: Snapshot) -> tuple[Pool, ...]:
    """The pools that MetalLB allocates from, by name.

    Those in its own namespace, or in the ConfigMap of up to 0.12.
    """
    namespace = own_namespace(snapshot)
    found = [_pool(obj, namespace) for obj in snapshot.all(POOL, namespace)]
    return tuple(sorted(found or _configured(snapshot, namespace), key=lambda pool: pool.name))


def _pool(obj: Object, namespace: str) -> Pool:
    addresses = texts(obj, "spec", "addresses")
    return Pool(
        name_of(obj),
        namespace,
        _ranges(addresses),
        dig(obj, "spec", "autoAssign") is not False,
        dig(obj, "spec", "serviceAllocation"),
        labels_of(obj),
        _free(obj),
        tuple(addresses),
    )


def _configured(snapshot: Snapshot, namespace: str) -> list[Pool]:
    """The pools in the ConfigMap of up to 0.12."""
    written = text(snapshot.find("ConfigMap", CONFIG, namespace), "data", "config")
    try:
        config = yamltext.config(written)
    except yamltext.YAMLTextError:
        return []
    return [_configured_pool(pool, namespace) for pool in maps(config, "address-pools")]


def _configured_pool(pool: Object, namespace: str) -> Pool:
    addresses = texts(pool, "addresses")
    return Pool(
        text(pool, "name"),
        namespace,
        _ranges(addresses),
        pool.get("auto-assign") is not False,
        None,
        {},
        {},
        tuple(addresses),
        announced=True,
    )


def _ranges(addresses: list[str]) -> tuple[Range, ...]:
    """`10.64.30.71-10.64.30.80` and `10.64.30.0/24`; what is neither is passed over."""
    ranges = []
    for written in addresses:
        try:
            ranges.append(_range(written))
        except ValueError:
            continue
    return tuple(ranges)


def _range(written: str) -> Range:
    """One range of addresses. Raises ValueError for what is none."""
    first, dash, last = written.partition("-")
    if dash:
        low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
        return low.version, int(low), int(high)
    network = ipaddress.ip_network(written.strip(), strict=False)
    return network.version, int(network.network_address), int(network.broadcast_address)


def _free(pool: Object) -> dict[int, int]:
    """What `status` says is left (from 0.15), by IP version; {} where it says nothing."""
    status = mapping(pool, "status")
    if not any(key in status for key in _COUNTS):
        return {}
    free = {4: status.get("availableIPv4", 0), 6: status.get("availableIPv6", 0)}
    return {version: count for version, count in free.items() if type(count) is int}


def asked_pool(service: Object) -> str:
    """The pool that a Service asks for, "" where it asks for none."""
    return _annotation(service, _REQUESTED_POOL)


def asked_addresses(service: Object) -> list[str]:
    """The addresses that a Service asks for."""
    written = _annotation(service, _REQUESTED_ADDRESSES) or text(service, "spec", "loadBalancerIP")
    return [normalise(address) for address in written.split(",") if address.strip()]


def allocated_pool(service: Object) -> str:
    """The pool that MetalLB took a Service's address from; "" where it was not MetalLB."""
    return _annotation(service, _ALLOCATED_POOL)


def _annotation(service: Object, name: str) -> str:
    annotations = annotations_of(service)
    for prefix in _PREFIXES:
        if prefix + name in annotations:
            return text(annotations, prefix + name)
    return ""


def holding(snapshot: Snapshot, addresses: list[str]) -> Pool | None:
    """The pool that holds addresses.

    By that, and not by the annotation, MetalLB decides who announces them.
    """
    for pool in pools(snapshot):
        if addresses and all(map(pool.holds, addresses)):
            return pool
    return None


def advertising(snapshot: Snapshot, pool: Pool) -> list[str]:
    """The advertisements that select a pool, as `kind/name`."""
    found = []
    for kind in ADVERTISEMENTS:
        for obj in snapshot.all(kind, pool.namespace):
            if _selects(mapping(obj, "spec"), pool):
                found.append(f"{kind.lower()}/{name_of(obj)}")
    return found


def _selects(spec: Object, pool: Pool) -> bool:
    """Whether an advertisement selects a pool; one without names and selectors selects all."""
    names, selectors = texts(spec, "ipAddressPools"), maps(spec, "ipAddressPoolSelectors")
    if not names and not selectors:
        return True
    return pool.name in names or _any_selects(selectors, pool.labels)
