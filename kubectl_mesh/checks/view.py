"""One cluster as the checks look at it: its mesh configs and hosted istiods, narrowed to the
mesh that was stated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from kubectl_mesh.checks.context import CheckContext
from kubectl_mesh.findings.model import ObjectRef
from kubectl_mesh.kube.snapshot import Failure, Snapshot
from kubectl_mesh.mesh.config import MeshConfig, mesh_configs
from kubectl_mesh.mesh.control_planes import hosted_control_planes
from kubectl_mesh.mesh.fleet import Claim


@dataclass(frozen=True, eq=False)
class ClusterView:
    """The facts of one verified cluster that several checks rest on."""

    context: CheckContext

    @property
    def cluster(self) -> Snapshot:
        """The cluster that is verified."""
        return self.context.verified

    @cached_property
    def configs(self) -> list[MeshConfig]:
        """The mesh configs of the cluster's own proxies, of the stated mesh where one was
        stated.
        """
        configs = list(mesh_configs(self.cluster))
        stated = self.context.options.mesh_id
        if not stated:
            return configs
        named = [replace(config, mesh_id=config.mesh_id or stated) for config in configs]
        return [config for config in named if config.mesh_id == stated]

    @cached_property
    def config_unread(self) -> Failure | None:
        """Why no mesh config was read: where there is none at all, `istio` was looked for by
        name.
        """
        if mesh_configs(self.cluster):
            return None
        return self.cluster.unread("ConfigMap", "istio")

    @cached_property
    def is_named(self) -> bool:
        """Whether the control plane that was named is this very cluster, in whatever namespace."""
        named = self.context.clusters.named
        return named is not None and named.same_cluster(self.cluster)

    @cached_property
    def here(self) -> list[Snapshot]:
        """The snapshots of this cluster: it, and the namespace of it that was named for the
        control plane.
        """
        named = self.context.clusters.named
        if named is None or not self.is_named or named.namespace == self.cluster.namespace:
            return [self.cluster]
        return [self.cluster, named]

    @cached_property
    def elsewhere(self) -> Snapshot | None:
        """The cluster that was named for the control plane, where the proxies are not beside it.

        None among several clusters: there it was looked for before.
        """
        named = self.context.clusters.named
        if named is None or self.context.clusters.mesh_wide:
            return None
        beside = self.is_named and named.namespace == self.cluster.namespace
        return None if beside else named

    @cached_property
    def planes(self) -> list[Claim]:
        """The hosted istiods that stand here, of the stated mesh where one was stated."""
        stated = self.context.options.mesh_id
        found = []
        for snapshot in self.here:
            for plane in hosted_control_planes(snapshot):
                if not stated or plane.mesh_id == stated:
                    found.append((snapshot, plane))
        return found

    def configs_of(self, mesh_id: str | None) -> list[MeshConfig]:
        """The mesh configs of one mesh."""
        return [config for config in self.configs if config.mesh_id == mesh_id]

    def planes_of(self, mesh_id: str | None) -> list[Claim]:
        """The hosted istiods of one mesh."""
        return [(cluster, plane) for cluster, plane in self.planes if plane.mesh_id == mesh_id]

    def config_ref(self, config: MeshConfig) -> ObjectRef:
        """A mesh ConfigMap, as findings name it."""
        return ObjectRef("ConfigMap", self.cluster.namespace, config.name)
