"""Pods and Services by themselves: what is ready, which addresses they have, what selects what."""

from __future__ import annotations

from kubectl_mesh.kube.objects import Object, dig, labels_of, mapping, maps, name_of, text, texts
from kubectl_mesh.kube.routing import normalise


def is_terminating(obj: Object) -> bool:
    """Whether the object is being deleted."""
    return bool(dig(obj, "metadata", "deletionTimestamp"))


def is_ready(pod: Object) -> bool:
    """Running, Ready and not terminating. An evicted Pod keeps a stale podIP: it is not ready."""
    if text(pod, "status", "phase") != "Running" or is_terminating(pod):
        return False
    for condition in maps(pod, "status", "conditions"):
        if condition.get("type") == "Ready" and condition.get("status") == "True":
            return True
    return False


def pod_addresses(pod: Object) -> list[str]:
    """Every IP of a Pod, both families, normalised."""
    ips = [text(pod, "status", "podIP")]
    for ip in maps(pod, "status", "podIPs"):
        ips.append(text(ip, "ip"))
    return _each_once(ips)


def lb_addresses(service: Object | None) -> list[str]:
    """Every IP and host name that a load balancer gave a Service, normalised; [] while pending."""
    given = []
    for ingress in maps(service, "status", "loadBalancer", "ingress"):
        given += [text(ingress, "ip"), text(ingress, "hostname")]
    return _each_once(given)


def cluster_addresses(service: Object) -> list[str]:
    """The ClusterIPs of a Service; [] for a headless one."""
    ips = [text(service, "spec", "clusterIP"), *texts(service, "spec", "clusterIPs")]
    return _each_once([ip for ip in ips if ip != "None"])


def _each_once(addresses: list[str]) -> list[str]:
    """Addresses normalised, without empty ones."""
    return list(dict.fromkeys(map(normalise, filter(None, addresses))))


def internal_names(service: Object, namespace: str) -> list[str]:
    """The host names that lead to a Service from inside its cluster.

    No resolver is needed to know them; `namespace` is that of a Service that doesn't say its own.
    """
    name = f"{name_of(service)}.{text(service, 'metadata', 'namespace') or namespace}"
    return [name, f"{name}.svc", f"{name}.svc.cluster.local"]


def selects(service: Object, pod: Object) -> bool:
    """Whether a Service's selector selects a Pod; one without selector selects nothing."""
    selector = mapping(service, "spec", "selector")
    labels = labels_of(pod)
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())
