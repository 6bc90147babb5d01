"""Which gateways stand in a cluster: the workloads, their Pods, and the Services that lead there.

Labels are those of Istio's gateway charts and of mspider's mesh gateways. Nothing here reads a
cluster or decides how grave a thing is.
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
from kubectl_mesh.kube.snapshot import Snapshot, fact
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

# `ReplicaSet "istio-ingressgateway-b8b597c59" is progressing.`, as its controller writes it.
_REPLICA_SET = re.compile(r'"([^"]+)"')


def is_gateway(labels: dict[str, Any]) -> bool:
    """Whether labels are those of a gateway of the mesh."""
    return labels.get("istio") in GATEWAY_VALUES or MESH_GATEWAY_LABEL in labels


@dataclass(frozen=True)
class Gateway:
    """One gateway, named after its Deployment.

    Where no Deployment was found, `kind` and `name` are those of what controls its Pods, or of the
    Service that leads nowhere. `pods` are those of the current template that count: none that is
    terminating or has ended; `old` those of earlier templates. `services` select the Pods' labels,
    or bear the gateway's own name or labels.
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
        labels = pod_labels(self.deployment)
        if not labels and self.pods:
            labels = labels_of(self.pods[0])
        return labels

    @property
    def unowned(self) -> bool:
        """Whether a Deployment that was not found may stand behind it."""
        return self.deployment is None and self.kind in ("Deployment", "Service")

    @property
    def selector(self) -> dict[str, Any]:
        """The labels that a Service should select.

        Those that its Deployment selects, or those of its own that gateways bear.
        """
        selected = mapping(self.deployment, "spec", "selector", "matchLabels")
        labels = self.labels
        return selected or {key: labels[key] for key in _OWN_LABELS if key in labels}

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
        template = mapping(self.deployment, "spec", "template")
        if self.pods or not template:
            return list(self.pods)
        return [template]


@fact
def gateways(snapshot: Snapshot, namespace: str, named: str | None = None) -> tuple[Gateway, ...]:
    """The gateways in a namespace (or ALL_NAMESPACES), by name; only the `named` one, if one is.

    A Deployment is one by its own labels, by its Pods', where a gateway's Service selects them, and
    where it is named.
    """
    services = snapshot.all("Service", namespace)
    pods = list(filter(_counts, snapshot.all("Pod", namespace)))
    found = _of_deployments(snapshot, namespace, named, pods, services)
    owned: set[int] = set()
    for gateway in found:
        owned.update(map(id, gateway.pods + gateway.old))
    others = [pod for pod in pods if is_gateway(labels_of(pod)) and id(pod) not in owned]
    found += _without_deployment(snapshot, others, services)
    _add_stray_services(snapshot, found, services)
    chosen = [gateway for gateway in found if named in (None, gateway.name, *gateway.mesh_names)]
    chosen.sort(key=lambda gateway: (gateway.namespace, gateway.name, gateway.kind))
    return tuple(chosen)


def _of_deployments(
    snapshot: Snapshot,
    namespace: str,
    named: str | None,
    pods: list[Object],
    services: list[Object],
) -> list[Gateway]:
    """The gateways that have a Deployment; `pods` and `services` are those of the namespace."""
    exposed = [service for service in services if is_gateway(labels_of(service))]
    found: list[Gateway] = []
    for deployment in snapshot.all("Deployment", namespace):
        where, name = snapshot.namespace_of(deployment), name_of(deployment)
        labels = pod_labels(deployment)
        is_one = is_gateway(labels_of(deployment)) or is_gateway(labels)
        if not is_one and _is_proxy(deployment):
            is_one = name == named or bool(_leading(snapshot, exposed, where, labels))
        if is_one:
            current, old = _current(deployment, _own_pods(snapshot, deployment, pods))
            leading = tuple(_leading(snapshot, services, where, labels))
            gateway = Gateway(
                "Deployment", where, name, deployment, tuple(current), tuple(old), leading
            )
            found.append(gateway)
    return found


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


def _own_pods(snapshot: Snapshot, deployment: Object, pods: list[Object]) -> list[Object]:
    """Of some Pods those that are a Deployment's."""
    namespace = snapshot.namespace_of(deployment)
    found = []
    for pod in pods:
        if snapshot.namespace_of(pod) == namespace and _owns(deployment, pod):
            found.append(pod)
    return found


def _owns(deployment: Object, pod: Object) -> bool:
    """Whether a Deployment's selector selects a Pod, and no other's ReplicaSet controls it."""
    selector = mapping(deployment, "spec", "selector")
    kind, name = _controller(pod)
    template = text(labels_of(pod), TEMPLATE_HASH)
    elsewhere = kind == "ReplicaSet" and template and name != f"{name_of(deployment)}-{template}"
    return bool(selector) and label_selected(selector, labels_of(pod)) and not elsewhere


def _current(deployment: Object, pods: list[Object]) -> tuple[list[Object], list[Object]]:
    """The Pods of a Deployment's current template, and those of earlier ones."""
    replica_set = _progressing_replica_set(deployment)
    newest = max(pods, key=lambda pod: text(pod, "metadata", "creationTimestamp"), default=None)
    template = labels_of(newest).get(TEMPLATE_HASH)
    current: list[Object] = []
    old: list[Object] = []
    for pod in pods:
        is_current = labels_of(pod).get(TEMPLATE_HASH) == template
        if replica_set is not None:
            is_current = _controller(pod)[1] == replica_set
        (current if is_current else old).append(pod)
    return current, old


def _progressing_replica_set(deployment: Object) -> str | None:
    """The ReplicaSet of the current template, where the Deployment's status names it."""
    observed = dig(deployment, "status", "observedGeneration")
    if observed is not None and observed != dig(deployment, "metadata", "generation"):
        return None  # the status is about the template before
    for condition in maps(deployment, "status", "conditions"):
        if condition.get("type") == "Progressing":
            match = _REPLICA_SET.search(text(condition, "message"))
            return match[1] if match else None
    return None


def _controller(pod: Object) -> tuple[str, str]:
    """Kind and name of what controls a Pod; the Pod itself where nothing does."""
    for owner in maps(pod, "metadata", "ownerReferences"):
        if owner.get("controller") is True:
            return text(owner, "kind"), text(owner, "name")
    return "Pod", name_of(pod)


def _leading(
    snapshot: Snapshot, services: list[Object], namespace: str, labels: dict[str, Any]
) -> list[Object]:
    """Of some Services those that select what bears these labels in a namespace."""
    labelled = {"metadata": {"labels": labels}}
    found = []
    for service in services:
        if snapshot.namespace_of(service) == namespace and selects(service, labelled):
            found.append(service)
    return found


def _without_deployment(
    snapshot: Snapshot, pods: list[Object], services: list[Object]
) -> list[Gateway]:
    """Gateway Pods of a DaemonSet, of a Deployment that was not read, or of nobody."""
    grouped: dict[tuple[str, str, str], list[Object]] = {}
    for pod in pods:
        kind, name = _workload(pod)
        grouped.setdefault((kind, snapshot.namespace_of(pod), name), []).append(pod)
    found = []
    for (kind, namespace, name), own in grouped.items():
        selecting: set[int] = set()
        for pod in own:
            selecting.update(map(id, _leading(snapshot, services, namespace, labels_of(pod))))
        leading = tuple(service for service in services if id(service) in selecting)
        found.append(Gateway(kind, namespace, name, None, tuple(own), (), leading))
    return found


def _workload(pod: Object) -> tuple[str, str]:
    """Kind and name of what a Pod belongs to: the Deployment, where it was made by one."""
    kind, name = _controller(pod)
    template = text(labels_of(pod), TEMPLATE_HASH)
    if kind == "ReplicaSet" and template:
        return "Deployment", name.removesuffix(f"-{template}")
    return kind, name


def _add_stray_services(snapshot: Snapshot, found: list[Gateway], services: list[Object]) -> None:
    """Add the Services that don't select what they should to the gateways that were found.

    One of a gateway's own name goes to that gateway; one that bears a gateway's labels, and leads
    to none, is a gateway by itself.
    """
    led: set[int] = set()
    for gateway in found:
        led.update(map(id, gateway.services))
    alone = []
    for service in services:
        same = _of_its_name(snapshot, found, service)
        if same:
            _add_service(found, same, service)
        elif id(service) not in led and _is_a_gateways(service):
            where, name = snapshot.namespace_of(service), name_of(service)
            alone.append(Gateway("Service", where, name, None, (), (), (service,)))
    found += alone


def _of_its_name(snapshot: Snapshot, found: list[Gateway], service: Object) -> list[int]:
    """The places of those gateways that a Service is named after, or bears the label of."""
    where = snapshot.namespace_of(service)
    own = (name_of(service), labels_of(service).get(MESH_GATEWAY_LABEL))
    places = []
    for place, gateway in enumerate(found):
        if gateway.namespace != where:
            continue
        if gateway.name in own or any(name in own for name in gateway.mesh_names):
            places.append(place)
    return places


def _add_service(found: list[Gateway], places: list[int], service: Object) -> None:
    """Add a Service to the first of some gateways, unless it is one of theirs already."""
    for place in places:
        if any(service is own for own in found[place].services):
            return
    first = found[places[0]]
    found[places[0]] = replace(first, services=(*first.services, service))


def _is_a_gateways(service: Object) -> bool:
    """Whether a Service bears a gateway's labels and selects something."""
    return is_gateway(labels_of(service)) and bool(mapping(service, "spec", "selector"))
