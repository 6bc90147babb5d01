"""The clusters of one run, and what they say of a mesh together. Nothing here reads a cluster or judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from kubectl_mesh.kube.objects import Object, name_of, text, texts
from kubectl_mesh.kube.snapshot import Snapshot
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


def _readable_first(claim: Claim) -> tuple[bool, int, str]:
    """Orders what is known of control planes: first those of which more was read, whatever the contexts' order."""
    cluster, plane = claim
    unread = sum(bool(cluster.unread(kind)) for kind in ("Service", "Pod"))
    return plane.config_error is not None, unread, cluster.source


def _same_control_plane(one: Claim, other: Claim) -> bool:
    """Whether two contexts show the same hosted istiod: one UID, and no other address, as clones would have."""
    uids = {text(plane.deployment, "metadata", "uid") for _, plane in (one, other)}
    if len(uids) > 1 or uids == {""}:
        return False
    exposed = {
        tuple(hosted_lb_addresses(cluster, plane.name))
        for cluster, plane in (one, other)
        if not cluster.unread("Service")
    }
    return len(exposed) < 2


def exposed_addresses(cluster: Snapshot) -> set[str]:
    """The addresses of hosted-lb Services and of hosted istiods in a cluster."""
    found = {
        address
        for name in hosted_lb_names(cluster)
        for address in hosted_lb_addresses(cluster, name)
    }
    names = hosted_mesh_ids(cluster)
    return found.union(
        a for name in names for pod in hosted_pods(cluster, name) for a in pod_addresses(pod)
    )


@dataclass
class Clusters:
    """`verified` are held to their roles; `named` is the one that was named as holding the control plane.

    `mesh_wide`: several are verified, and each mesh's control plane is looked for among all of them by mesh ID.
    `all_contexts`: nobody named each of them, so that some may have no part in a hosted mesh. `mesh_id` is what the
    user said for clusters that don't tell it.
    """

    verified: Sequence[Snapshot]
    named: Snapshot | None = None
    mesh_wide: bool = False
    all_contexts: bool = False
    mesh_id: str | None = None

    def changed(self, change: Callable[[Snapshot], Snapshot]) -> Clusters:
        """The same clusters with every snapshot changed."""
        made = {id(snapshot): change(snapshot) for snapshot in self.every}
        named = made[id(self.named)] if self.named else None
        verified = [made[id(snapshot)] for snapshot in self.verified]
        return Clusters(verified, named, self.mesh_wide, self.all_contexts, self.mesh_id)

    @cached_property
    def every(self) -> list[Snapshot]:
        """Every cluster of the run, once."""
        return [
            *self.verified,
            *([self.named] if self.named and self.named not in self.verified else []),
        ]

    @cached_property
    def hosting(self) -> dict[str, list[Claim]]:
        """The hosted istiods of all clusters by mesh ID, each once, whatever contexts lead to it.

        Of several contexts the one counts that was read best.
        """
        found: dict[str, list[Claim]] = {}
        kept: list[Claim] = []
        for claim in sorted(self._claims, key=_readable_first):
            if not any(_same_control_plane(claim, other) for other in kept):
                kept.append(claim)
        for claim in self._claims:  # in the order of the contexts
            if claim in kept:
                found.setdefault(claim[1].mesh_id, []).append(claim)
        return found

    @cached_property
    def _claims(self) -> list[Claim]:
        return [
            (cluster, plane) for cluster in self.every for plane in hosted_control_planes(cluster)
        ]

    @cached_property
    def global_meshes(self) -> list[tuple[Snapshot, Object]]:
        """The GlobalMesh objects of hosted meshes, with the cluster where they stand."""
        found = [
            (cluster, mesh)
            for cluster in self.every
            for mesh in cluster.all("GlobalMesh", GLOBAL_NAMESPACE)
        ]
        return [
            (cluster, mesh) for cluster, mesh in found if text(mesh, "spec", "mode") == "HOSTED"
        ]

    def listed(self, cluster: Snapshot) -> list[str]:
        """The hosted meshes that the global cluster counts a cluster to, by its name there."""
        name = cluster_name(cluster) if self.global_meshes else None
        return [
            name_of(mesh)
            for _, mesh in self.global_meshes
            if name and name in texts(mesh, "spec", "clusters")
        ]

    def owned(self, cluster: Snapshot) -> list[str]:
        """The hosted meshes whose control plane the global cluster says that a cluster has."""
        name = cluster_name(cluster) if self.global_meshes else None
        return [
            name_of(mesh)
            for _, mesh in self.global_meshes
            if name and name == text(mesh, "spec", "ownerCluster")
        ]

    @cached_property
    def wired(self) -> dict[str, list[Snapshot]]:
        """The verified clusters whose proxies read a hosted istiod, by mesh ID."""
        found: dict[str, list[Snapshot]] = {}
        for cluster in self.verified:
            for mesh_id in {c.mesh_id or self.mesh_id for c in mesh_configs(cluster) if c.service}:
                if mesh_id:
                    found.setdefault(mesh_id, []).append(cluster)
        return found

    def control_plane_of(self, mesh_id: str | None) -> Snapshot | None:
        """The cluster that is asked for the truth about a mesh: the one that was named, or that hosts it."""
        if not self.mesh_wide:
            return self.named
        return next((cluster for cluster, _ in self.hosting.get(mesh_id or "", [])), None)

    def depend_on(self, cluster: Snapshot, mesh_id: str) -> bool:
        """Whether the proxies of another cluster of the run need what this one hosts.

        Those of one that hosts the mesh itself dial its own Pods.
        """
        hosts = {id(host) for host, plane in self._claims if plane.mesh_id == mesh_id}
        dependent = [other for other in self.wired.get(mesh_id, []) if id(other) not in hosts]
        return any(not other.same_cluster(cluster) for other in dependent)

    def other_meshes(
        self, mesh_id: str | None, known: Sequence[Snapshot | None]
    ) -> list[tuple[Owner, list[str]]]:
        """The addresses of other meshes' control planes in clusters that are not `known` by themselves."""
        return [
            (owner, addresses)
            for cluster, other, owner, addresses in (
                self._exposed if self.mesh_wide and mesh_id else []
            )
            if other != mesh_id and cluster not in known
        ]

    @cached_property
    def _exposed(self) -> list[tuple[Snapshot, str, Owner, list[str]]]:
        """(cluster, mesh ID, owner, addresses) of every hosted-lb and hosted Pod whose mesh ID was read.

        A load balancer's address makes certain whose it is; Pod networks of clusters often overlap, so that a Pod's
        is only named.
        """
        found = []
        for cluster in self.every:
            ids = configured_mesh_ids(cluster)
            for name in hosted_lb_names(cluster):
                what = f"the load balancer address of {hosted_lb_name(name)} in {cluster.source}"
                what += f", the control plane of mesh {ids.get(name)}"
                if name in ids:
                    owner = Owner("AddressIsOtherMesh", what, False)
                    found.append((cluster, ids[name], owner, hosted_lb_addresses(cluster, name)))
        for cluster in self.every:
            for name, mesh_id in configured_mesh_ids(cluster).items():
                owner = Owner(
                    "AddressIsOtherPod",
                    f"a hosted istiod Pod of mesh {mesh_id} in {cluster.source}",
                    False,
                )
                held = [
                    address for pod in hosted_pods(cluster, name) for address in pod_addresses(pod)
                ]
                found.append((cluster, mesh_id, owner, held))
        return found
