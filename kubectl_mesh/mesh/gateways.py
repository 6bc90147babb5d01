"""Which gateways stand in a cluster: the workloads, their Pods, and the Services that lead to them.

Labels are those of Istio's gateway charts and of mspider's mesh gateways. Nothing here reads a cluster or decides how
grave a thing is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from kubectl_mesh.kube.objects import (
    Object,
    dig,
    label_selected,
    labels_of,
    mapping,
    maps,
    name_of,
    text,
    texts,
)
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.kube.workloads import is_ready, is_terminating, selects

GATEWAY_VALUES = ("ingressgateway", "eastwestgateway")
MESH_GATEWAY_LABEL = "mspider.io/mesh-gateway-name"
# A label selector can't say "or" over two keys.
GATEWAY_SELECTORS = (f"istio in ({','.join(GATEWAY_VALUES)})", MESH_GATEWAY_LABEL)
GATEWAY_SERVICES = ("istio-ingressgateway", "istio-eastwestgateway")
_OWN_LABELS = ("app", "istio", MESH_GATEWAY_LABEL)
PROXY_CONTAINER = "istio-proxy"
UNRESOLVED_IMAGE = "auto"  # what Istio's gateway chart writes for the injector to replace
TEMPLATE_HASH = "pod-template-hash"

# `ReplicaSet "istio-ingressgateway-b8b597c59" is progressing.`, as the Deployment controller writes it.
_REPLICA_SET = re.compile(r'"([^"]+)"')


def is_gateway(labels: dict[str, Any]) -> bool:
    """Whether labels are those of a gateway of the mesh."""
    return labels.get("istio") in GATEWAY_VALUES or MESH_GATEWAY_LABEL in labels


@dataclass(frozen=True)
class Gateway:
    """One gateway, named after its Deployment.

    Where no Deployment was found, `kind` and `name` are those of what controls its Pods, or of the Service that leads
    nowhere. `pods` are those of the current template that count: none that is terminating or has ended; `old` those of
    earlier templates. `services` select the Pods' labels, or bear the gateway's own name or labels.
    """

    kind: str
    namespace: str
    name: str
    deployment: Object | None
    pods: tuple[Object, ...]
    old: tuple[Object, ...]
    services: tuple[Object, ...]

    @property
    def labels(self) -> dict[str, Any]:
        """The labels that its Pods bear."""
        return pod_labels(self.deployment) or (labels_of(self.pods[0]) if self.pods else {})

    @property
    def unowned(self) -> bool:
        """Whether a Deployment that was not found may stand behind it."""
        return self.deployment is None and self.kind in ("Deployment", "Service")

    @property
    def selector(self) -> dict[str, Any]:
        """The labels that a Service should select: those that its Deployment selects, or that gateways bear."""
        selected = mapping(self.deployment, "spec", "selector", "matchLabels")
        return selected or {key: self.labels[key] for key in _OWN_LABELS if key in self.labels}

    @property
    def mesh_names(self) -> list[Any]:
        """The names that mspider gives it."""
        bearing = (self.labels, *map(labels_of, self.services))
        return [labels[MESH_GATEWAY_LABEL] for labels in bearing if MESH_GATEWAY_LABEL in labels]

    @property
    def ready(self) -> list[Object]:
        """The ready Pods of the current template."""
        return [pod for pod in self.pods if is_ready(pod)]

    @property
    def templates(self) -> list[Object]:
        """What its Pods look like: the Pods, or where there is none the Deployment's template."""
        return list(self.pods) or list(filter(None, [mapping(self.deployment, "spec", "template")]))


def gateways(snapshot: Snapshot, namespace: str, named: str | None = None) -> list[Gateway]:
    """The gateways in a namespace (or ALL_NAMESPACES), by name; only the one that is `named`, if one is.

    A Deployment is one by its own labels, by its Pods', where a gateway's Service selects them, and where it is named.
    """
    services = snapshot.all("Service", namespace)
    exposed = [service for service in services if is_gateway(labels_of(service))]
    found: list[Gateway] = []
    pods = [pod for pod in snapshot.all("Pod", namespace) if _counts(pod)]
    for deployment in snapshot.all("Deployment", namespace):
        where, labels = snapshot.namespace_of(deployment), pod_labels(deployment)
        meant = name_of(deployment) == named or any(
            _leads(snapshot, service, where, labels) for service in exposed
        )
        if not (
            is_gateway(labels_of(deployment))
            or is_gateway(labels)
            or (meant and _is_proxy(deployment))
        ):
            continue
        own = [
            pod for pod in pods if snapshot.namespace_of(pod) == where and _owns(deployment, pod)
        ]
        current, old = _current(deployment, own)
        leading = [service for service in services if _leads(snapshot, service, where, labels)]
        found.append(
            Gateway(
                "Deployment",
                where,
                name_of(deployment),
                deployment,
                tuple(current),
                tuple(old),
                tuple(leading),
            )
        )
    owned = {id(pod) for gateway in found for pod in (*gateway.pods, *gateway.old)}
    others = [pod for pod in pods if id(pod) not in owned and is_gateway(labels_of(pod))]
    found += _without_deployment(snapshot, others, services)
    found += _stray_services(snapshot, found, services)
    mine = [gateway for gateway in found if named in (None, gateway.name, *gateway.mesh_names)]
    return sorted(mine, key=lambda gateway: (gateway.namespace, gateway.name, gateway.kind))


def pod_labels(deployment: Object | None) -> dict[str, Any]:
    """The labels in a Deployment's Pod template."""
    return labels_of(mapping(deployment, "spec", "template"))


def pod_selector(deployment: Object) -> str:
    """A Deployment's selector as the label selector of a read."""
    selector = mapping(deployment, "spec", "selector")
    terms = [f"{key}={value}" for key, value in sorted(mapping(selector, "matchLabels").items())]
    for rule in maps(selector, "matchExpressions"):
        key, values = text(rule, "key"), ",".join(texts(rule, "values"))
        written = {
            "In": f"{key} in ({values})",
            "NotIn": f"{key} notin ({values})",
            "DoesNotExist": f"!{key}",
        }
        terms.append(written.get(text(rule, "operator"), key))
    return ",".join(terms)


def proxy_container(pod: Object) -> Object | None:
    """The container of a Pod (or template) that is the proxy."""
    containers = maps(pod, "spec", "containers")
    proxies = [c for c in containers if text(c, "name") == PROXY_CONTAINER]
    return next(iter(proxies or containers), None)


def environment(pod: Object) -> dict[str, str]:
    """The proxy's environment variables that have a value of their own."""
    variables = maps(proxy_container(pod), "env")
    return {text(v, "name"): text(v, "value") for v in variables if text(v, "value")}


def _counts(pod: Object) -> bool:
    """Whether a Pod counts: an evicted or finished one was replaced, a terminating one is going."""
    return not is_terminating(pod) and text(pod, "status", "phase") not in ("Failed", "Succeeded")


def _is_proxy(deployment: Object) -> bool:
    """Whether a Deployment runs a proxy of the mesh, or leaves it to the injector."""
    containers = maps(deployment, "spec", "template", "spec", "containers")
    return any(
        text(c, "name") == PROXY_CONTAINER or text(c, "image") == UNRESOLVED_IMAGE
        for c in containers
    )


def _owns(deployment: Object, pod: Object) -> bool:
    """Whether a Deployment's selector selects a Pod, and no other Deployment's ReplicaSet controls it."""
    selector = mapping(deployment, "spec", "selector")
    kind, name = _controller(pod)
    template = text(labels_of(pod), TEMPLATE_HASH)
    elsewhere = kind == "ReplicaSet" and template and name != f"{name_of(deployment)}-{template}"
    return bool(selector) and label_selected(selector, labels_of(pod)) and not elsewhere


def _current(deployment: Object, pods: list[Object]) -> tuple[list[Object], list[Object]]:
    """The Pods of a Deployment's current template, and those of earlier ones."""
    told = [c for c in maps(deployment, "status", "conditions") if c.get("type") == "Progressing"]
    observed = dig(deployment, "status", "observedGeneration")
    if observed is not None and observed != dig(deployment, "metadata", "generation"):
        told = []  # it is about the template before
    match = _REPLICA_SET.search(text(told[0], "message")) if told else None
    if match:
        current = [pod for pod in pods if _controller(pod)[1] == match[1]]
        return current, [pod for pod in pods if pod not in current]
    newest = max(pods, key=lambda pod: text(pod, "metadata", "creationTimestamp"), default=None)
    template = labels_of(newest).get(TEMPLATE_HASH)
    current = [pod for pod in pods if labels_of(pod).get(TEMPLATE_HASH) == template]
    return current, [pod for pod in pods if pod not in current]


def _controller(pod: Object) -> tuple[str, str]:
    """Kind and name of what controls a Pod; the Pod itself where nothing does."""
    owners = [o for o in maps(pod, "metadata", "ownerReferences") if o.get("controller") is True]
    return (text(owners[0], "kind"), text(owners[0], "name")) if owners else ("Pod", name_of(pod))


def _leads(snapshot: Snapshot, service: Object, namespace: str, labels: dict[str, Any]) -> bool:
    """Whether a Service of a namespace selects what bears these labels."""
    return snapshot.namespace_of(service) == namespace and selects(
        service, {"metadata": {"labels": labels}}
    )


def _without_deployment(
    snapshot: Snapshot, pods: list[Object], services: list[Object]
) -> list[Gateway]:
    """Gateway Pods of a DaemonSet, of a Deployment that was not read, or of nobody."""
    grouped: dict[tuple[str, str, str], list[Object]] = {}
    for pod in pods:
        kind, name = _controller(pod)
        template = text(labels_of(pod), TEMPLATE_HASH)
        if kind == "ReplicaSet" and template:
            kind, name = "Deployment", name.removesuffix(f"-{template}")
        grouped.setdefault((kind, snapshot.namespace_of(pod), name), []).append(pod)
    return [
        Gateway(
            *key,
            None,
            tuple(own),
            (),
            tuple(
                s
                for s in services
                if any(_leads(snapshot, s, key[1], labels_of(pod)) for pod in own)
            ),
        )
        for key, own in grouped.items()
    ]


def _stray_services(
    snapshot: Snapshot, found: list[Gateway], services: list[Object]
) -> list[Gateway]:
    """Services that don't select what they should: of a gateway's own name, or with a gateway's labels and alone."""
    alone = []
    for service in services:
        where, name = snapshot.namespace_of(service), name_of(service)
        leading = any(service is own for gateway in found for own in gateway.services)
        own = (name, labels_of(service).get(MESH_GATEWAY_LABEL))
        same = [
            i
            for i, g in enumerate(found)
            if g.namespace == where and any(n in own for n in (g.name, *g.mesh_names))
        ]
        if any(service is led for i in same for led in found[i].services):
            continue
        if same:
            found[same[0]] = replace(found[same[0]], services=(*found[same[0]].services, service))
        elif (
            not leading and is_gateway(labels_of(service)) and mapping(service, "spec", "selector")
        ):
            alone.append(Gateway("Service", where, name, None, (), (), (service,)))
    return alone
