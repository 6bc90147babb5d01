"""Whose an address is, in the clusters that were read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kubectl_mesh.kube.objects import dig, labels_of, mapping, maps, name_of, text
from kubectl_mesh.kube.routing import SERVICE_NAME_LABEL, normalise, ready_addresses, slice_backends
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.kube.workloads import (
    cluster_addresses,
    internal_names,
    is_ready,
    lb_addresses,
    pod_addresses,
)
from kubectl_mesh.mesh.control_planes import (
    configured_mesh_ids,
    hosted_lb_addresses,
    hosted_lb_names,
    hosted_mesh_ids,
)
from kubectl_mesh.mesh.istiods import istiod_pods, local_istiod_pods
from kubectl_mesh.mesh.names import (
    CKUBE_REMOTE,
    HOSTED_LB,
    REVISION_LABEL,
    hosted_lb_name,
    is_remote_service,
)


def dialled_addresses(snapshot: Snapshot) -> list[str]:
    """What a cluster's ways to control planes lead to: istiod-remote (a host name too), a hosted-lb by its slices."""
    services = (
        (text(labels_of(s), SERVICE_NAME_LABEL), s)
        for s in snapshot.objects.get("EndpointSlice", [])
    )
    slices = [s for name, s in services if is_remote_service(name) or HOSTED_LB.fullmatch(name)]
    names = [
        text(s, "spec", "externalName")
        for s in snapshot.all("Service")
        if is_remote_service(name_of(s))
    ]
    return [*ready_addresses(slice_backends(slices)), *map(normalise, filter(None, names))]


@dataclass(frozen=True)
class Owner:
    """The known thing that has an address. `code` is the finding that tells it where it is out of place."""

    code: str
    what: str
    here: bool  # in the cluster that is verified


def known_addresses(
    mesh_id: str | None,
    verified: Snapshot,
    control_plane: Snapshot | None,
    *,
    hosted_here: bool,
    others: Iterable[tuple[Owner, Iterable[str]]] = (),
) -> dict[str, Owner]:
    """Every address of the clusters that were read, and whose it is; `others` are those of further clusters.

    Where two clusters' networks overlap, the first in the order below wins: what stands in the verified
    cluster is what its proxies would really reach. An address is never judged by its range.
    """
    known: dict[str, Owner] = {}
    for owner, addresses in _owners(mesh_id, verified, control_plane, hosted_here, others):
        for address in addresses:
            known.setdefault(address, owner)
    return known


def shadowing(verified: Snapshot) -> dict[str, Owner]:
    """What takes an address for itself inside the verified cluster, whatever it means outside.

    The local istiod, the ClusterIP of a Service, and the load balancer address of one, which kube-proxy answers
    without leaving the cluster.
    """
    own: dict[str, Owner] = {}
    for pod in local_istiod_pods(verified):
        owner = Owner(
            "AddressIsLocalIstiod", f"the local istiod's Pod {name_of(pod)} in this cluster", True
        )
        own |= dict.fromkeys(pod_addresses(pod), owner)
    for service in verified.all("Service"):
        what = f"the Service {name_of(service)} in this cluster"
        own |= dict.fromkeys(
            cluster_addresses(service),
            Owner("AddressIsClusterIP", f"the ClusterIP of {what}", True),
        )
        if not HOSTED_LB.fullmatch(name_of(service)):
            owner = Owner("AddressIsUnexpected", f"the load balancer address of {what}", True)
            own |= dict.fromkeys(lb_addresses(service), owner)
    return own


def _owners(
    mesh_id: str | None,
    verified: Snapshot,
    control_plane: Snapshot | None,
    hosted_here: bool,
    others: Iterable[tuple[Owner, Iterable[str]]],
) -> Iterator[tuple[Owner, Iterable[str]]]:
    clusters = [verified] if control_plane in (None, verified) else [verified, control_plane]

    for pod in local_istiod_pods(verified):
        yield (
            Owner("AddressIsLocalIstiod", f"the local istiod's Pod {name_of(pod)}", True),
            pod_addresses(pod),
        )
    for service in verified.all("Service"):
        selector = mapping(service, "spec", "selector")
        if selector.get("app") == "istiod" and not str(selector.get(REVISION_LABEL)).endswith(
            "-hosted"
        ):
            owner = Owner(
                "AddressIsLocalIstiod", f"the local istiod's Service {name_of(service)}", True
            )
            yield owner, cluster_addresses(service) + internal_names(service, verified.namespace)

    for cluster in clusters:
        here = cluster is verified
        ids, certain = hosted_mesh_ids(cluster), configured_mesh_ids(cluster)

        def elsewhere(
            name: str, ids: dict[str, str] = ids, certain: dict[str, str] = certain
        ) -> str | None:
            """The code for a thing of another mesh. Only a mesh ID that was read makes it certain: names may differ."""
            if mesh_id in (None, ids.get(name, name)):
                return None
            return "AddressIsOtherMesh" if name in certain else "AddressIsUnexpected"

        for pod in istiod_pods(cluster):
            revision = str(labels_of(pod).get(REVISION_LABEL))
            if not revision.endswith("-hosted"):
                continue
            name = revision.removesuffix("-hosted")
            what = f"the hosted istiod Pod {name_of(pod)}"
            code = elsewhere(name)
            if code:
                what += f" of mesh {ids.get(name, name)}"
            elif hosted_here:
                code, what = (
                    "AddressIsStale",
                    what + ("" if is_ready(pod) else " that is not ready"),
                )
            yield Owner(code or "AddressIsHostedPod", what, here), pod_addresses(pod)
        for name in hosted_lb_names(cluster):
            what = f"the load balancer address of {hosted_lb_name(name)}"
            code = elsewhere(name)
            if code:
                what += f", the control plane of mesh {ids.get(name, name)}"
            code = code or ("AddressIsLoadBalancer" if hosted_here else "AddressIsUnexpected")
            yield Owner(code, what, here), hosted_lb_addresses(cluster, name)

    for cluster in clusters:
        here = cluster is verified
        for pod in cluster.all("Pod"):
            if name_of(pod).startswith(f"{CKUBE_REMOTE}-"):
                what = f"the Pod {name_of(pod)}, a cache of the Kubernetes API"
                yield Owner("AddressIsCkubeRemote", what, here), pod_addresses(pod)
        for service in cluster.all("Service"):
            what = f"the Service {name_of(service)}"
            yield (
                Owner("AddressIsClusterIP", f"the ClusterIP of {what}", here),
                cluster_addresses(service),
            )
            yield (
                Owner("AddressIsUnexpected", f"the load balancer address of {what}", here),
                lb_addresses(service),
            )
        for pod in cluster.all("Pod"):
            if not dig(pod, "spec", "hostNetwork"):
                yield (
                    Owner("AddressIsOtherPod", f"the Pod {name_of(pod)}", here),
                    pod_addresses(pod),
                )
        for pod in cluster.all("Pod"):
            node = text(pod, "spec", "nodeName") or "unknown"
            ips = [
                text(pod, "status", "hostIP"),
                *(text(ip, "ip") for ip in maps(pod, "status", "hostIPs")),
            ]
            yield (
                Owner("AddressIsNode", f"the node {node}", here),
                [normalise(ip) for ip in ips if ip],
            )
        if here:
            yield from others
