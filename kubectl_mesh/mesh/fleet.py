"""The clusters of one run, and what they say of a mesh together.

Nothing here reads a cluster or judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from kubectl_mesh.kube.objects import Object, name_of, text, texts
from kubectl_mesh.kube.snapshot import Snapshot, fact
from kubectl_mesh.kube.workloads import pod_addresses
from kubectl_mesh.mesh.addresses import Owner
from kubectl_mesh.mesh.config import mesh_configs
from kubectl_mesh.mesh.control_planes import (
    HostedControlPlane,
    cluster_name,
    configured_mesh_ids,
    hosted_control_planes,
    hosted_lb_addresses,
    hosted_lb_names,
    hosted_mesh_ids,
)
from kubectl_mesh.mesh.istiods import hosted_pods
from kubectl_mesh.mesh.names import GLOBAL_NAMESPACE, hosted_lb_name

Claim = tuple[Snapshot, HostedControlPlane]
_Exposed = tuple[Snapshot, str, Owner, list[str]]  # cluster, mesh ID, and what has which addresses


def _readable_first(claim: Claim) -> tuple[bool, int, str]:
    """Orders what is known of control planes, whatever the contexts' order.

    First those of which more was read.
    """
    cluster, plane = claim
    unread = [kind for kind in ("Service", "Pod") if cluster.unread(kind)]
    return plane.config_error is not None, len(unread), cluster.source


def _same_control_plane(one: Claim, other: Claim) -> bool:
    """Whether two contexts show the same hosted istiod.

    It has one UID, and no other address, as clones would have.
    """
    if not _uid(one) or _uid(one) != _uid(other):
        return False
    exposed = set()
    for cluster, plane in (one, other):
        if not cluster.unread("Service"):
            exposed.add(tuple(hosted_lb_addresses(cluster, plane.name)))
    return len(exposed) < 2


def _uid(claim: Claim) -> str:
    _, plane = claim
    return text(plane.deployment, "metadata", "uid")


@fact
def exposed_addresses(cluster: Snapshot) -> frozenset[str]:
    """The addresses of hosted-lb Services and of hosted istiods in a cluster."""
    found: set[str] = set()
    for name in hosted_lb_names(cluster):
        found.update(hosted_lb_addresses(cluster, name))
    for name in hosted_mesh_ids(cluster):
        found.update(_hosted_pod_addresses(cluster, name))
    return frozenset(found)


def _hosted_pod_addresses(cluster: Snapshot, name: str) -> list[str]:
    """The addresses of the Pods of the hosted istiod `name`."""
    found: list[str] = []
    for pod in hosted_pods(cluster, name):
        found += pod_addresses(pod)
    return found


@dataclass
class Clusters:
    """The clusters of one run.

    `verified` are held to their roles; `named` is the one that was named as holding the control
    plane. `mesh_wide`: several are verified, and each mesh's control plane is looked for among all
    of them by mesh ID. `all_contexts`: nobody named each of them, so that some may have no part in
    a hosted mesh. `mesh_id` is what the user said for clusters that don't tell it.
    """

    verified: Sequence[Snapshot]
    named: Snapshot | None = None
    mesh_wide: bool = False
    all_contexts: bool = False
    mesh_id: str | None = None

    def changed(self, change: Callable[[Snapshot], Snapshot]) -> Clusters:
        """The same clusters with every snapshot changed."""
        made = {snapshot: change(snapshot) for snapshot in self.every}
        named = made[self.named] if self.named else None
        verified = [made[snapshot] for snapshot in self.verified]
        return Clusters(verified, named, self.mesh_wide, self.all_contexts, self.mesh_id)

    @cached_property
    def every(self) -> list[Snapshot]:
        """Every cluster of the run, once."""
        if self.named and self.named not in self.verified:
            return [*self.verified, self.named]
        return list(self.verified)

    @cached_property
    def hosting(self) -> dict[str, list[Claim]]:
        """The hosted istiods of all clusters by mesh ID, each once, whatever contexts lead to it.

        Of several contexts the one counts that was read best.
        """
        kept: list[Claim] = []
        for claim in sorted(self._claims, key=_readable_first):
            if not any(_same_control_plane(claim, other) for other in kept):
                kept.append(claim)
        found: dict[str, list[Claim]] = {}
        for claim in self._claims:  # in the order of the contexts
            _, plane = claim
            if claim in kept:
                found.setdefault(plane.mesh_id, []).append(claim)
        return found

    @cached_property
    def _claims(self) -> list[Claim]:
        found = []
        for cluster in self.every:
            for plane in hosted_control_planes(cluster):
                found.append((cluster, plane))
        return found

    @cached_property
    def global_meshes(self) -> list[tuple[Snapshot, Object]]:
        """The GlobalMesh objects of hosted meshes, with the cluster where they stand."""
        found = []
        for cluster in self.every:
            for mesh in cluster.all("GlobalMesh", GLOBAL_NAMESPACE):
                if text(mesh, "spec", "mode") == "HOSTED":
                    found.append((cluster, mesh))
        return found

    def listed(self, cluster: Snapshot) -> list[str]:
        """The hosted meshes that the global cluster counts a cluster to, by its name there."""
        name = self._global_name(cluster)
        meshes = [mesh for _, mesh in self.global_meshes]
        return [name_of(m) for m in meshes if name and name in texts(m, "spec", "clusters")]

    def owned(self, cluster: Snapshot) -> list[str]:
        """The hosted meshes whose control plane the global cluster says that a cluster has."""
        name = self._global_name(cluster)
        meshes = [mesh for _, mesh in self.global_meshes]
        return [name_of(m) for m in meshes if name and name == text(m, "spec", "ownerCluster")]

    def _global_name(self, cluster: Snapshot) -> str | None:
        """A cluster's name in GlobalMesh objects; None where there is none of these."""
        return cluster_name(cluster) if self.global_meshes else None

    @cached_property
    def wired(self) -> dict[str, list[Snapshot]]:
        """The verified clusters whose proxies read a hosted istiod, by mesh ID."""
        found: dict[str, list[Snapshot]] = {}
        for cluster in self.verified:
            for mesh_id in self._wired_to(cluster):
                found.setdefault(mesh_id, []).append(cluster)
        return found

    def _wired_to(self, cluster: Snapshot) -> set[str]:
        """The meshes whose hosted istiod the proxies of a cluster read."""
        found = set()
        for config in mesh_configs(cluster):
            mesh_id = config.mesh_id or self.mesh_id
            if config.service and mesh_id:
                found.add(mesh_id)
        return found

    def control_plane_of(self, mesh_id: str | None) -> Snapshot | None:
        """The cluster whose control plane says what is expected in a mesh.

        The one that was named, or that hosts the mesh; None where there is neither.
        """
        if not self.mesh_wide:
            return self.named
        claims = self.hosting.get(mesh_id or "", [])
        return claims[0][0] if claims else None

    def depend_on(self, cluster: Snapshot, mesh_id: str) -> bool:
        """Whether the proxies of another cluster of the run need what this one hosts.

        Those of one that hosts the mesh itself dial its own Pods.
        """
        hosts = [host for host, plane in self._claims if plane.mesh_id == mesh_id]
        for other in self.wired.get(mesh_id, []):
            if other not in hosts and not other.same_cluster(cluster):
                return True
        return False

    def other_meshes(
        self, mesh_id: str | None, known: Sequence[Snapshot | None]
    ) -> list[tuple[Owner, list[str]]]:
        """The addresses of other meshes' control planes, with their owners.

        `known` are the clusters that are known by themselves: those in the others count.
        """
        if not self.mesh_wide or not mesh_id:
            return []
        found = []
        for cluster, other, owner, addresses in self._exposed:
            if other != mesh_id and cluster not in known:
                found.append((owner, addresses))
        return found

    @cached_property
    def _exposed(self) -> list[_Exposed]:
        """Every hosted-lb and every hosted istiod's Pods whose mesh ID was read.

        A load balancer's address makes certain whose it is; Pod networks of clusters often overlap,
        so that a Pod's is only named.
        """
        found: list[_Exposed] = []
        for cluster in self.every:
            found += _exposed_load_balancers(cluster)
        for cluster in self.every:
            found += _exposed_pods(cluster)
        return found


def _exposed_load_balancers(cluster: Snapshot) -> Iterator[_Exposed]:
    mesh_ids = configured_mesh_ids(cluster)
    for name in hosted_lb_names(cluster):
        mesh_id = mesh_ids.get(name)
        if mesh_id:
            what = f"the load balancer address of {hosted_lb_name(name)} in {cluster.source}"
            what += f", the control plane of mesh {mesh_id}"
            owner = Owner("AddressIsOtherMesh", what, False)
            yield cluster, mesh_id, owner, hosted_lb_addresses(cluster, name)


def _exposed_pods(cluster: Snapshot) -> Iterator[_Exposed]:
    for name, mesh_id in configured_mesh_ids(cluster).items():
        what = f"a hosted istiod Pod of mesh {mesh_id} in {cluster.source}"
        owner = Owner("AddressIsOtherPod", what, False)
        yield cluster, mesh_id, owner, _hosted_pod_addresses(cluster, name)
