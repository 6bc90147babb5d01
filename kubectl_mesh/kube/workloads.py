"""Pods and Services by themselves: what is ready, which addresses they have, what selects what."""

from __future__ import annotations

from kubectl_mesh.kube.objects import Object, dig, labels_of, mapping, maps, name_of, text, texts
from kubectl_mesh.kube.routing import normalise


def is_terminating(obj: Object) -> bool:
    """Whether the object is being deleted."""
    return bool(dig(obj, "metadata", "deletionTimestamp"))


def is_ready(pod: Object) -> bool:
    """Running, Ready and not terminating. An evicted Pod keeps a stale podIP: it is not ready."""
    return (
        text(pod, "status", "phase") == "Running"
        and not is_terminating(pod)
        and any(
            c.get("type") == "Ready" and c.get("status") == "True"
            for c in maps(pod, "status", "conditions")
        )
    )


def pod_addresses(pod: Object) -> list[str]:
    """Every IP of a Pod, both families, normalised."""
    ips = [text(pod, "status", "podIP"), *(text(ip, "ip") for ip in maps(pod, "status", "podIPs"))]
    return list(dict.fromkeys(normalise(ip) for ip in ips if ip))


def lb_addresses(service: Object | None) -> list[str]:
    """Every IP and host name that a load balancer gave a Service, normalised; [] while it is pending."""
    given = [
        text(i, key)
        for i in maps(service, "status", "loadBalancer", "ingress")
        for key in ("ip", "hostname")
    ]
    return list(dict.fromkeys(normalise(address) for address in given if address))


def cluster_addresses(service: Object) -> list[str]:
    """The ClusterIPs of a Service; [] for a headless one."""
    ips = [text(service, "spec", "clusterIP"), *texts(service, "spec", "clusterIPs")]
    return list(dict.fromkeys(normalise(ip) for ip in ips if ip and ip != "None"))


def internal_names(service: Object, namespace: str) -> list[str]:
    """The host names that lead to a Service from inside its cluster; no resolver is needed to know them."""
    name = f"{name_of(service)}.{text(service, 'metadata', 'namespace') or namespace}"
    return [name, f"{name}.svc", f"{name}.svc.cluster.local"]


def selects(service: Object, pod: Object) -> bool:
    """Whether a Service's selector selects a Pod; one without selector selects nothing."""
    selector = mapping(service, "spec", "selector")
    labels = labels_of(pod)
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())
