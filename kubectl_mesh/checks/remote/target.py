"""One istiod-remote: the Service that a mesh config names, and everything that stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kubectl_mesh.checks.context import CheckContext
from kubectl_mesh.checks.remote.expected import WORKLOAD, Expected
from kubectl_mesh.checks.remote.repair import SKIP_MIRROR, Repair
from kubectl_mesh.findings.catalog import Shell, finding
from kubectl_mesh.findings.model import FAIL, Finding, ObjectRef
from kubectl_mesh.kube.objects import Object, labels_of, mapping, name_of, text
from kubectl_mesh.kube.routing import (
    Backend,
    endpoints_backends,
    mirrored,
    ready_addresses,
    slice_backends,
    slices_of,
)
from kubectl_mesh.kube.snapshot import NOT_CAPTURED, Snapshot
from kubectl_mesh.mesh.addresses import Owner
from kubectl_mesh.mesh.config import MeshConfig
from kubectl_mesh.mesh.names import GLOBAL_NAMESPACE


@dataclass(frozen=True)
class RemoteService:
    """The istiod-remote Service that a mesh config names; `configured` is the config's
    remotePilotAddress.

    `config` is the mesh ConfigMap, None where the role was stated and no mesh config names the
    Service.
    """

    name: str
    namespace: str
    config: MeshConfig | None
    configured: str | None


@dataclass(frozen=True, eq=False)
class Target:
    """An istiod-remote with what it is held to: `expected` addresses, and `owners` of every
    address that is known.
    """

    context: CheckContext
    remote: RemoteService
    mesh_id: str | None
    expected: Expected
    owners: Mapping[str, Owner]

    @property
    def cluster(self) -> Snapshot:
        """The cluster that is verified."""
        return self.context.verified

    @cached_property
    def service(self) -> Object | None:
        """The Service object."""
        return self.cluster.find("Service", self.remote.name, self.remote.namespace)

    @cached_property
    def endpoints(self) -> Object | None:
        """The Endpoints object."""
        return self.cluster.find("Endpoints", self.remote.name, self.remote.namespace)

    @cached_property
    def slices(self) -> list[Object]:
        """The EndpointSlices of the Service."""
        return slices_of(self.cluster, self.remote.name, self.remote.namespace)

    @cached_property
    def listed(self) -> list[Backend]:
        """The backends in the Endpoints."""
        return endpoints_backends(self.endpoints)

    @cached_property
    def endpoints_alone(self) -> bool:
        """Whether the Endpoints stand for the slices that they are mirrored to.

        Where no slice was captured, a file that holds the Endpoints alone is enough.
        """
        unread = self.cluster.unread("EndpointSlice", self.remote.name, self.remote.namespace)
        if unread is None or unread.code != NOT_CAPTURED or self.endpoints is None:
            return False
        return not self.slices and not self.never_mirrored

    @cached_property
    def sliced(self) -> list[Object]:
        """The slices that kube-proxy follows."""
        return mirrored(self.endpoints) if self.endpoints_alone else self.slices

    @cached_property
    def routed(self) -> list[Backend]:
        """The backends that kube-proxy routes to."""
        return slice_backends(self.sliced, self.service)

    @cached_property
    def never_mirrored(self) -> str:
        """Why the mirroring controller passes over these Endpoints; "" where it does not."""
        if labels_of(self.endpoints or {}).get(SKIP_MIRROR) == "true":
            return f"the Endpoints carry the label {SKIP_MIRROR}=true"
        if mapping(self.service, "spec", "selector"):
            return "the Service has a selector, so Endpoints written by hand are not mirrored"
        return ""

    @property
    def service_ref(self) -> ObjectRef:
        """The Service, whether it exists or not."""
        return ObjectRef("Service", self.remote.namespace, self.remote.name)

    @cached_property
    def kubectl(self) -> Shell:
        """`kubectl` in the Service's namespace."""
        return self.context.kubectl(self.cluster, self.remote.namespace)

    @cached_property
    def repair(self) -> Repair:
        """The commands that fix it."""
        return Repair(
            self.kubectl,
            self._global_kubectl(),
            self.context.verify_command(),
            self.mesh_id,
            self.remote.name,
            self.service,
        )

    def _global_kubectl(self) -> Shell:
        """`kubectl` in the global cluster, which may be one of the run."""
        for cluster, mesh in self.context.clusters.global_meshes:
            if name_of(mesh) == self.mesh_id:
                return self.context.kubectl(cluster, GLOBAL_NAMESPACE)
        return Shell(f"kubectl -n {GLOBAL_NAMESPACE}")

    def holder(self, address: str | None = None) -> Object | None:
        """The object that people look at and edit: the Endpoints, or the slice where they don't
        hold the address.
        """
        listed = address is None or address in ready_addresses(self.listed)
        if self.endpoints is not None and listed:
            return self.endpoints
        names = {b.holder for b in self.routed if address in (None, b.address)}
        for slice_ in self.slices:
            if name_of(slice_) in names:
                return slice_
        return self.slices[0] if self.slices else self.endpoints

    def ref(self, holder: Object | None) -> ObjectRef:
        """The object that a finding about an address is about."""
        if holder is None or text(self.service, "spec", "type") == "ExternalName":
            return self.service_ref
        return ObjectRef(text(holder, "kind"), self.remote.namespace, name_of(holder))

    @cached_property
    def right_addresses(self) -> list[str]:
        """The addresses to write: of those that the user allows the ones in use, or the first;
        else all right ones.
        """
        right = self.expected.addresses or []
        if not self.context.options.addresses or self.expected.pattern != WORKLOAD:
            return right
        in_use = [address for address in ready_addresses(self.routed) if address in right]
        return in_use or right[:1]

    @property
    def control_plane_failure(self) -> Finding | None:
        """The failure of the control plane that a fault of this Service may be the consequence
        of.
        """
        reason = self.expected.reason
        return reason if reason is not None and reason.result == FAIL else None

    def finding(self, code: str, about: ObjectRef, field: str, **details: Any) -> Finding:
        """A finding about this Service, with the facts that all of them share."""
        shared: dict[str, Any] = {
            "service": self.remote.name,
            "cluster": self.cluster.source,
            "kubectl": self.kubectl,
        }
        return finding(code, about, field, **(shared | details))
