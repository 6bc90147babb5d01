"""Whose an address is, in the clusters that were read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kubectl_mesh.kube.objects import Object, dig, labels_of, mapping, maps, name_of, text
from kubectl_mesh.kube.routing import SERVICE_NAME_LABEL, normalise, ready_addresses, slice_backends
from kubectl_mesh.kube.snapshot import Snapshot, fact
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
from kubectl_mesh.mesh.istiods import hosted_istiod_pods, hosted_name, local_istiod_pods
from kubectl_mesh.mesh.names import (
    CKUBE_REMOTE,
    HOSTED_LB,
    HOSTED_SUFFIX,
    REVISION_LABEL,
    hosted_lb_name,
    is_remote_service,
)


@fact
def dialled_addresses(snapshot: Snapshot) -> tuple[str, ...]:
    """The addresses by which a cluster's proxies may dial control planes.

    Those of istiod-remote (a host name too), and of a hosted-lb by its slices.
    """
    slices = []
    for slice_ in snapshot.objects.get("EndpointSlice", []):
        name = text(labels_of(slice_), SERVICE_NAME_LABEL)
        if is_remote_service(name) or HOSTED_LB.fullmatch(name):
            slices.append(slice_)
    found = ready_addresses(slice_backends(slices))
    for service in snapshot.all("Service"):
        host = text(service, "spec", "externalName")
        if host and is_remote_service(name_of(service)):
            found.append(normalise(host))
    return tuple(found)


@dataclass(frozen=True)
class Owner:
    """The known thing that has an address.

    `code` is the finding that tells it where it is out of place; `here`: it stands in the cluster
    that is verified.
    """

    code: str
    what: str
    here: bool


Owned = tuple[Owner, Iterable[str]]  # an owner and its addresses


def known_addresses(
    mesh_id: str | None,
    verified: Snapshot,
    control_plane: Snapshot | None,
    *,
    hosted_here: bool,
    others: Iterable[Owned] = (),
) -> dict[str, Owner]:
    """Every address of the clusters that were read, and whose it is.

    `others` are those of further clusters. Where two clusters' networks overlap, the first in the
    order of `_owners` wins: what stands in the verified cluster is what its proxies would really
    reach. An address is never judged by its range.
    """
    known: dict[str, Owner] = {}
    for owner, addresses in _owners(mesh_id, verified, control_plane, hosted_here, others):
        for address in addresses:
            known.setdefault(address, owner)
    return known


@fact
def shadowing(verified: Snapshot) -> Mapping[str, Owner]:
    """What takes an address for itself inside the verified cluster, whatever it means outside.

    The local istiod, the ClusterIP of a Service, and the load balancer address of one, which
    kube-proxy answers without leaving the cluster.
    """
    own: dict[str, Owner] = {}
    for pod in local_istiod_pods(verified):
        what = f"the local istiod's Pod {name_of(pod)} in this cluster"
        owner = Owner("AddressIsLocalIstiod", what, True)
        own |= dict.fromkeys(pod_addresses(pod), owner)
    for service in verified.all("Service"):
        what = f"the Service {name_of(service)} in this cluster"
        owner = Owner("AddressIsClusterIP", f"the ClusterIP of {what}", True)
        own |= dict.fromkeys(cluster_addresses(service), owner)
        if not HOSTED_LB.fullmatch(name_of(service)):
            owner = Owner("AddressIsUnexpected", f"the load balancer address of {what}", True)
            own |= dict.fromkeys(lb_addresses(service), owner)
    return own


def _owners(
    mesh_id: str | None,
    verified: Snapshot,
    control_plane: Snapshot | None,
    hosted_here: bool,
    others: Iterable[Owned],
) -> Iterator[Owned]:
    """Every owner with its addresses; of two with the same address the first counts."""
    clusters = [verified]
    if control_plane is not None and control_plane is not verified:
        clusters.append(control_plane)
    yield from _local_istiods(verified)
    for cluster in clusters:
        hosting = _Hosting(cluster, mesh_id, here=cluster is verified, hosted_here=hosted_here)
        yield from hosting.pods()
        yield from hosting.load_balancers()
    for cluster in clusters:
        here = cluster is verified
        pods = cluster.all("Pod")
        yield from _caches_of_the_api(pods, here)
        yield from _services(cluster, here)
        yield from _pods(pods, here)
        yield from _nodes(pods, here)
        if here:
            yield from others


def _local_istiods(verified: Snapshot) -> Iterator[Owned]:
    for pod in local_istiod_pods(verified):
        what = f"the local istiod's Pod {name_of(pod)}"
        yield Owner("AddressIsLocalIstiod", what, True), pod_addresses(pod)
    for service in verified.all("Service"):
        if _leads_to_local_istiod(service):
            what = f"the local istiod's Service {name_of(service)}"
            addresses = cluster_addresses(service) + internal_names(service, verified.namespace)
            yield Owner("AddressIsLocalIstiod", what, True), addresses


def _leads_to_local_istiod(service: Object) -> bool:
    selector = mapping(service, "spec", "selector")
    hosted = text(selector, REVISION_LABEL).endswith(HOSTED_SUFFIX)
    return selector.get("app") == "istiod" and not hosted


@dataclass(frozen=True)
class _Hosting:
    """The hosted control planes of one cluster, as proxies of a mesh see them.

    `here`: it is the cluster that is verified; `hosted_here`: the mesh's own control plane is.
    """

    cluster: Snapshot
    mesh_id: str | None
    here: bool
    hosted_here: bool

    def pods(self) -> Iterator[Owned]:
        """The Pods of its hosted istiods."""
        for pod in hosted_istiod_pods(self.cluster):
            name = hosted_name(pod)
            what = f"the hosted istiod Pod {name_of(pod)}"
            code = self._code_of_another_mesh(name)
            if code:
                what += f" of mesh {self._mesh_of(name)}"
            elif self.hosted_here:
                code = "AddressIsStale"
                what += "" if is_ready(pod) else " that is not ready"
            yield Owner(code or "AddressIsHostedPod", what, self.here), pod_addresses(pod)

    def load_balancers(self) -> Iterator[Owned]:
        """Its hosted-lb Services."""
        own = "AddressIsLoadBalancer" if self.hosted_here else "AddressIsUnexpected"
        for name in hosted_lb_names(self.cluster):
            what = f"the load balancer address of {hosted_lb_name(name)}"
            code = self._code_of_another_mesh(name)
            if code:
                what += f", the control plane of mesh {self._mesh_of(name)}"
            addresses = hosted_lb_addresses(self.cluster, name)
            yield Owner(code or own, what, self.here), addresses

    def _mesh_of(self, name: str) -> str:
        return hosted_mesh_ids(self.cluster).get(name, name)

    def _code_of_another_mesh(self, name: str) -> str | None:
        """The code for a thing of another mesh, None for one of this mesh.

        Only a mesh ID that was read makes it certain: names may differ.
        """
        if self.mesh_id in (None, self._mesh_of(name)):
            return None
        certain = name in configured_mesh_ids(self.cluster)
        return "AddressIsOtherMesh" if certain else "AddressIsUnexpected"


def _caches_of_the_api(pods: Iterable[Object], here: bool) -> Iterator[Owned]:
    for pod in pods:
        if name_of(pod).startswith(f"{CKUBE_REMOTE}-"):
            what = f"the Pod {name_of(pod)}, a cache of the Kubernetes API"
            yield Owner("AddressIsCkubeRemote", what, here), pod_addresses(pod)


def _services(cluster: Snapshot, here: bool) -> Iterator[Owned]:
    for service in cluster.all("Service"):
        what = f"the Service {name_of(service)}"
        owner = Owner("AddressIsClusterIP", f"the ClusterIP of {what}", here)
        yield owner, cluster_addresses(service)
        owner = Owner("AddressIsUnexpected", f"the load balancer address of {what}", here)
        yield owner, lb_addresses(service)


def _pods(pods: Iterable[Object], here: bool) -> Iterator[Owned]:
    for pod in pods:
        if not dig(pod, "spec", "hostNetwork"):
            owner = Owner("AddressIsOtherPod", f"the Pod {name_of(pod)}", here)
            yield owner, pod_addresses(pod)


def _nodes(pods: Iterable[Object], here: bool) -> Iterator[Owned]:
    for pod in pods:
        node = text(pod, "spec", "nodeName") or "unknown"
        yield Owner("AddressIsNode", f"the node {node}", here), _host_addresses(pod)


def _host_addresses(pod: Object) -> list[str]:
    """The addresses of the node that a Pod runs on."""
    found = [text(pod, "status", "hostIP")]
    for ip in maps(pod, "status", "hostIPs"):
        found.append(text(ip, "ip"))
    return [normalise(address) for address in found if address]
