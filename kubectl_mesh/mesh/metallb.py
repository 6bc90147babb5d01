"""What MetalLB's objects say: its controller, the address pools, who may use them, and who announces them.

Rules are those of MetalLB's own allocator (v0.15): only objects in its own namespace count; a pool with
`serviceAllocation` serves only what that allows; a pool without `autoAssign` only who asks for it. Nothing here reads a
cluster or decides how grave a thing is.
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
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, NOT_CAPTURED, Failure, Snapshot
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
_ASKED_POOL, _ASKED_ADDRESSES, _ALLOCATED_POOL = (
    "address-pool",
    "loadBalancerIPs",
    "ip-allocated-from-pool",
)
ANNOTATIONS = {
    p + name for p in _PREFIXES for name in (_ASKED_POOL, _ASKED_ADDRESSES, _ALLOCATED_POOL)
}
_LB_CLASS = re.compile(r"--?lb-class=(.+)")


@dataclass(frozen=True)
class Pool:
    """One address pool. `ranges` are its addresses as (IP version, first, last), `written` as the object has them.

    `free` is how many it has left of each IP version, if it says so (from 0.15); `rules` its `serviceAllocation`, None
    where all may use it; `announced` says that the pool itself names who announces it (the ConfigMap of up to 0.12).
    """

    name: str
    namespace: str
    ranges: tuple[tuple[int, int, int], ...]
    auto_assign: bool
    rules: Object | None
    labels: Object
    free: dict[int, int]
    written: tuple[str, ...]
    announced: bool = False

    def may_have(self, version: int) -> bool:
        """Whether it may have a free address of an IP version, 4 or 6."""
        return any(version == held for held, _, _ in self.ranges) and self.free.get(version) != 0

    def holds(self, address: str) -> bool:
        """Whether an address is one of the pool's."""
        if not is_ip(address):
            return False
        ip = ipaddress.ip_address(address)
        return any(
            version == ip.version and first <= int(ip) <= last
            for version, first, last in self.ranges
        )

    def refuses(self, service: Object, namespace: str) -> str | None:
        """Why a Service may not use this pool, or None where it may (or where that depends on a namespace's labels)."""
        spaces, selectors = texts(self.rules, "namespaces"), maps(self.rules, "namespaceSelectors")
        if (spaces or selectors) and namespace not in spaces:
            own = {"kubernetes.io/metadata.name": namespace}
            if not any(label_selected(selector, own) for selector in selectors):
                if selectors and not _only_names(selectors):
                    return None  # other labels of a namespace are not read
                return f"it serves {', '.join(spaces) or 'other'} namespaces only"
        services = maps(self.rules, "serviceSelectors")
        if services and not any(
            label_selected(selector, labels_of(service)) for selector in services
        ):
            return "its serviceSelectors do not select the Service"
        return None


def _only_names(selectors: list[Object]) -> bool:
    keys = {key for selector in selectors for key in mapping(selector, "matchLabels")}
    keys |= {
        text(rule, "key") for selector in selectors for rule in maps(selector, "matchExpressions")
    }
    return keys == {"kubernetes.io/metadata.name"}


def controllers(snapshot: Snapshot) -> list[Object]:
    """The Pods of MetalLB's controller, wherever they run."""
    return [
        pod
        for pod in snapshot.all("Pod", ALL_NAMESPACES)
        if any(
            label_selected({"matchLabels": labels}, labels_of(pod)) for labels in _CONTROLLER_LABELS
        )
    ]


def controllers_unread(snapshot: Snapshot, namespace: str) -> Failure | None:
    """Why it can't be said that no controller runs in a namespace (or in ALL_NAMESPACES), or None where it can."""
    if namespace == ALL_NAMESPACES and snapshot.server is None:
        # Every cluster has Pods in kube-system: files without them were not taken with -A.
        whole = snapshot.all("Pod", "kube-system")
        return (
            None if whole else Failure(NOT_CAPTURED, "Pods of all namespaces are not in the files")
        )
    failures = (snapshot.unread("Pod", selector, namespace) for selector in CONTROLLER_SELECTORS)
    return next(filter(None, failures), None)


def own_namespace(snapshot: Snapshot) -> str:
    """MetalLB's own namespace: where its controller runs, else where its pools are."""
    running = [
        snapshot.namespace_of(pod)
        for pod in sorted(controllers(snapshot), key=is_ready, reverse=True)
    ]
    holding = {snapshot.namespace_of(pool) for pool in snapshot.all(POOL, ALL_NAMESPACES)}
    return next(iter(running), next(iter(holding)) if len(holding) == 1 else NAMESPACE)


def unread(snapshot: Snapshot, kind: str) -> Failure | None:
    """Why it can't be said that MetalLB has no object of a kind in its own namespace, or None where it can."""
    # kubectl prints nothing of a kind that has no object: files with one of MetalLB's advertisements have all.
    alike = ADVERTISEMENTS if kind in ADVERTISEMENTS else (kind,)
    if snapshot.server is None and any(snapshot.objects.get(captured) for captured in alike):
        return None
    everywhere = snapshot.unread(kind, None, ALL_NAMESPACES)
    if everywhere is None or (kind, ALL_NAMESPACES, None) in snapshot.failures:
        return everywhere
    # Which namespace is its own is known only where something of it was found.
    found = controllers(snapshot) or snapshot.all(POOL, ALL_NAMESPACES)
    return snapshot.unread(kind, None, own_namespace(snapshot)) if found else everywhere


def served_class(snapshot: Snapshot) -> str:
    """The `loadBalancerClass` that the controller serves (its argument `--lb-class`), "" for Services without one."""
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


def pools(snapshot: Snapshot) -> list[Pool]:
    """The pools that MetalLB allocates from: those in its own namespace, or in the ConfigMap of up to 0.12."""
    namespace = own_namespace(snapshot)
    found = [
        Pool(
            name_of(obj),
            namespace,
            _ranges(texts(obj, "spec", "addresses")),
            dig(obj, "spec", "autoAssign") is not False,
            dig(obj, "spec", "serviceAllocation"),
            labels_of(obj),
            _free(obj),
            tuple(texts(obj, "spec", "addresses")),
        )
        for obj in snapshot.all(POOL, namespace)
    ]
    return sorted(found or _configured(snapshot, namespace), key=lambda pool: pool.name)


def _configured(snapshot: Snapshot, namespace: str) -> list[Pool]:
    try:
        config = yamltext.config(
            text(snapshot.find("ConfigMap", CONFIG, namespace), "data", "config")
        )
    except yamltext.YAMLTextError:
        return []
    return [
        Pool(
            text(pool, "name"),
            namespace,
            _ranges(texts(pool, "addresses")),
            pool.get("auto-assign") is not False,
            None,
            {},
            {},
            tuple(texts(pool, "addresses")),
            announced=True,
        )
        for pool in maps(config, "address-pools")
    ]


def _ranges(addresses: list[str]) -> tuple[tuple[int, int, int], ...]:
    """`10.64.30.71-10.64.30.80` and `10.64.30.0/24`; what is neither is passed over."""
    ranges = []
    for written in addresses:
        try:
            first, dash, last = written.partition("-")
            if dash:
                low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
                ranges.append((low.version, int(low), int(high)))
            else:
                net = ipaddress.ip_network(written.strip(), strict=False)
                ranges.append((net.version, int(net.network_address), int(net.broadcast_address)))
        except ValueError:
            continue
    return tuple(ranges)


def _free(pool: Object) -> dict[int, int]:
    """What `status` says is left (from 0.15); {} where it says nothing."""
    status = mapping(pool, "status")
    free = {4: status.get("availableIPv4", 0), 6: status.get("availableIPv6", 0)}
    told = any(
        key in status for key in ("assignedIPv4", "assignedIPv6", "availableIPv4", "availableIPv6")
    )
    return {version: count for version, count in free.items() if type(count) is int} if told else {}


def asked_pool(service: Object) -> str:
    """The pool that a Service asks for, "" where it asks for none."""
    return _annotation(service, _ASKED_POOL)


def asked_addresses(service: Object) -> list[str]:
    """The addresses that a Service asks for."""
    asked = _annotation(service, _ASKED_ADDRESSES) or text(service, "spec", "loadBalancerIP")
    return [normalise(address) for address in asked.split(",") if address.strip()]


def allocated_pool(service: Object) -> str:
    """The pool that MetalLB took a Service's address from; "" where it was not MetalLB."""
    return _annotation(service, _ALLOCATED_POOL)


def _annotation(service: Object, name: str) -> str:
    annotations = annotations_of(service)
    return next((text(annotations, p + name) for p in _PREFIXES if p + name in annotations), "")


def holding(snapshot: Snapshot, addresses: list[str]) -> Pool | None:
    """The pool that holds addresses: by that, and not by the annotation, MetalLB decides who announces them."""
    return next(
        (pool for pool in pools(snapshot) if addresses and all(map(pool.holds, addresses))), None
    )


def advertising(snapshot: Snapshot, pool: Pool) -> list[str]:
    """The advertisements that select a pool, as `kind/name`."""
    return [
        f"{kind.lower()}/{name_of(obj)}"
        for kind in ADVERTISEMENTS
        for obj in snapshot.all(kind, pool.namespace)
        if _selects(mapping(obj, "spec"), pool)
    ]


def _selects(spec: Object, pool: Pool) -> bool:
    names, selectors = texts(spec, "ipAddressPools"), maps(spec, "ipAddressPoolSelectors")
    if not names and not selectors:
        return True
    return pool.name in names or any(
        label_selected(selector, pool.labels) for selector in selectors
    )
