"""The clusters of one run, and what they say of a mesh together. Nothing here reads a cluster or judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from kubectl_mesh.snapshot import Snapshot, text
from kubectl_mesh.topology import (
    HostedControlPlane,
    Owner,
    hosted_control_planes,
    hosted_lb_name,
    hosted_lb_names,
    hosted_mesh_ids,
    hosted_pods,
    lb_addresses,
    mesh_configs,
    pod_addresses,
)

Claim = tuple[Snapshot, HostedControlPlane]


def exposed_addresses(cluster: Snapshot) -> set[str]:
    """The addresses of hosted-lb Services and of hosted istiods in a cluster."""
    found = {
        a for name in hosted_lb_names(cluster) for a in lb_addresses(cluster.find("Service", hosted_lb_name(name)))
    }
    names = hosted_mesh_ids(cluster)
    return found.union(a for name in names for pod in hosted_pods(cluster, name) for a in pod_addresses(pod))


@dataclass
class Clusters:
    """`verified` are held to their roles; `named` is the one that was named as holding the control plane.

    `mesh_wide`: several are verified, and each mesh's control plane is looked for among all of them by mesh ID.
    `all_contexts`: nobody named each of them, so that some may have no part in a hosted mesh.
    """

    verified: Sequence[Snapshot]
    named: Snapshot | None = None
    mesh_wide: bool = False
    all_contexts: bool = False

    def changed(self, change: Callable[[Snapshot], Snapshot]) -> Clusters:
        """The same clusters with every snapshot changed."""
        made = {id(snapshot): change(snapshot) for snapshot in self.every}
        named = made[id(self.named)] if self.named else None
        verified = [made[id(snapshot)] for snapshot in self.verified]
        return Clusters(verified, named, self.mesh_wide, self.all_contexts)

    @cached_property
    def every(self) -> list[Snapshot]:
        """Every cluster of the run, once."""
        return [*self.verified, *([self.named] if self.named and self.named not in self.verified else [])]

    @cached_property
    def hosting(self) -> dict[str, list[Claim]]:
        """The hosted istiods of all clusters by mesh ID, each once, whatever contexts lead to it.

        Of several contexts the one comes first that was read best.
        """
        found: dict[str, list[Claim]] = {}
        seen: set[str] = set()
        readable_first = sorted(self.every, key=lambda c: sum(bool(c.unread(kind)) for kind in ("Service", "Pod")))
        for cluster in readable_first:
            for plane in hosted_control_planes(cluster):
                uid = text(plane.deployment, "metadata", "uid")
                if not uid or uid not in seen:
                    found.setdefault(plane.mesh_id, []).append((cluster, plane))
                seen.add(uid)
        return found

    @cached_property
    def wired(self) -> dict[str, list[Snapshot]]:
        """The verified clusters whose proxies read a hosted istiod, by mesh ID."""
        found: dict[str, list[Snapshot]] = {}
        for cluster in self.verified:
            for mesh_id in {c.mesh_id for c in mesh_configs(cluster) if c.service and c.mesh_id}:
                found.setdefault(mesh_id, []).append(cluster)
        return found

    def control_plane_of(self, mesh_id: str | None) -> Snapshot | None:
        """The cluster that is asked for the truth about a mesh: the one that was named, or that hosts it."""
        if not self.mesh_wide:
            return self.named
        return next((cluster for cluster, _ in self.hosting.get(mesh_id or "", [])), None)

    def depend_on(self, cluster: Snapshot, mesh_id: str) -> bool:
        """Whether the proxies of another cluster of the run need what this one hosts."""
        return any(not other.same_cluster(cluster) for other in self.wired.get(mesh_id, []))

    def other_meshes(self, mesh_id: str | None, known: Sequence[Snapshot | None]) -> list[tuple[Owner, list[str]]]:
        """The addresses of other meshes' control planes in clusters that are not `known` by themselves."""
        return [
            (owner, addresses)
            for cluster, other, owner, addresses in (self._exposed if self.mesh_wide and mesh_id else [])
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
            ids = hosted_mesh_ids(cluster)
            for name in hosted_lb_names(cluster):
                what = f"the load balancer address of {hosted_lb_name(name)} in {cluster.source}"
                what += f", the control plane of mesh {ids.get(name)}"
                given = lb_addresses(cluster.find("Service", hosted_lb_name(name)))
                if name in ids:
                    found.append((cluster, ids[name], Owner("AddressIsOtherMesh", what, False), given))
        for cluster in self.every:
            for name, mesh_id in hosted_mesh_ids(cluster).items():
                owner = Owner("AddressIsOtherPod", f"a hosted istiod Pod of mesh {mesh_id} in {cluster.source}", False)
                held = [address for pod in hosted_pods(cluster, name) for address in pod_addresses(pod)]
                found.append((cluster, mesh_id, owner, held))
        return found
