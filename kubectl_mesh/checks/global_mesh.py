"""The global cluster's GlobalMesh objects, a witness beside what the clusters of a hosted mesh really have.

Field names are those of the public objects (`discovery.mspider.io/v3alpha1`). A cluster without them costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kubectl_mesh.checks.context import Intent, Scope, quoted
from kubectl_mesh.checks.control_plane import Hosted
from kubectl_mesh.checks.remote.expected import WORKLOAD
from kubectl_mesh.checks.remote.repair import REMOTE_PILOT_ADDRESS, set_global_address
from kubectl_mesh.findings.catalog import Shell, finding, phrase
from kubectl_mesh.findings.model import FAIL, WARN, ClusterReport, Finding, ObjectRef, clean
from kubectl_mesh.kube.objects import Object, name_of, text, texts
from kubectl_mesh.kube.routing import is_ip, normalise
from kubectl_mesh.mesh.control_planes import cluster_name
from kubectl_mesh.mesh.fleet import Clusters
from kubectl_mesh.mesh.names import GLOBAL_NAMESPACE


def verify_global_meshes(
    clusters: Clusters,
    intent: Intent,
    control_planes: Mapping[str, Hosted | Finding],
    entries: Sequence[ClusterReport],
) -> list[ClusterReport]:
    """Compare the hosted meshes that the global cluster knows with what was found in the clusters of the run.

    `entries` are those of the clusters. Returns one entry for each mesh that any of them has part in; a wrong
    address there becomes the cause of the wrong addresses that it brought about.
    """
    found = []
    counted = {mesh_id for cluster in clusters.every for mesh_id in clusters.listed(cluster)}
    for cluster, mesh in clusters.global_meshes:
        mesh_id = name_of(mesh)
        concerned = mesh_id in {*clusters.hosting, *clusters.wired, *counted}
        if concerned and intent.mesh_id in (None, mesh_id):
            scope = Scope(cluster, clusters, intent)
            of_mesh = [entry for entry in entries if entry.raw_mesh_id == mesh_id]
            found.append(_GlobalMesh(scope, mesh, control_planes.get(mesh_id), of_mesh).run())
    return [entry for entry in found if entry.findings]


class _GlobalMesh:
    def __init__(
        self,
        scope: Scope,
        mesh: Object,
        control_plane: Hosted | Finding | None,
        entries: Sequence[ClusterReport],
    ) -> None:
        self.scope, self.mesh, self.mesh_id, self.entries = scope, mesh, name_of(mesh), entries
        self.hosted = control_plane if isinstance(control_plane, Hosted) else None
        self.entry = ClusterReport(
            scope.verified.source, GLOBAL_NAMESPACE, "none", self.mesh_id, asked=True
        )

    def run(self) -> ClusterReport:
        self._verify_owner()
        self._verify_clusters()
        self._verify_address()
        return self.entry

    def _tell(self, code: str, field: str, **details: Any) -> Finding:
        about = ObjectRef("GlobalMesh", GLOBAL_NAMESPACE, self.mesh_id)
        kubectl = self.scope.kubectl(self.scope.verified, GLOBAL_NAMESPACE)
        common: dict[str, Any] = {"setting": field, "mesh": self.mesh_id, "kubectl": kubectl}
        told = finding(code, about, field, **{**common, **details})
        self.entry.findings.append(told)
        return told

    def _verify_owner(self) -> None:
        owner = text(self.mesh, "spec", "ownerCluster")
        hosting = cluster_name(self.hosted.cluster) if self.hosted else None
        if self.hosted is None or not owner or hosting is None:
            return
        self._tell(
            "GlobalMeshAgrees" if hosting == owner else "GlobalMeshOwnerDiffers",
            "spec.ownerCluster",
            expected=[hosting],
            actual=[owner],
            source=self.hosted.pods_source,
            owner=owner,
            cluster=f"{hosting} ({self.hosted.cluster.source})",
        )

    def _verify_clusters(self) -> None:
        """Every wired cluster is listed; every listed one is registered, and wired if it was looked at."""
        listed = texts(self.mesh, "spec", "clusters")
        if not listed:
            return
        clusters = self.scope.clusters
        wired = {cluster_name(cluster) for cluster in clusters.wired.get(self.mesh_id, [])} - {None}
        # A cluster whose configuration could not be read may well be wired.
        read = {
            cluster_name(c) for c in clusters.verified if not c.unread("ConfigMap", "istio")
        } - {None}
        registered = {
            name_of(obj) for obj in self.scope.verified.all("MeshCluster", GLOBAL_NAMESPACE)
        }
        owner = text(
            self.mesh, "spec", "ownerCluster"
        )  # it may be listed without being its own workload cluster
        disagreeing = [
            *(
                f"{name} is wired to the mesh and not listed"
                for name in sorted(wired - set(listed), key=str)
            ),
            *(
                f"{name} is listed and not wired to it"
                for name in listed
                if name in read - wired - {owner}
            ),
            *(
                f"{name} is listed and has no MeshCluster"
                for name in listed
                if registered and name not in registered
            ),
        ]
        if disagreeing or wired:
            self._tell(
                "GlobalMeshClustersDiffer" if disagreeing else "GlobalMeshAgrees",
                "spec.clusters",
                expected=sorted(map(str, wired)),
                actual=listed,
                what="; ".join(disagreeing),
            )

    def _verify_address(self) -> None:
        setting = text(self.mesh, "spec", "ownerConfig", "controlPlaneParams", REMOTE_PILOT_ADDRESS)
        address = normalise(setting)
        if not address:
            return
        wrong = [
            told
            for entry in self.entries
            for told in entry.findings
            if told.result == FAIL
            and told.cause is None
            and address in (told.actual or ())
            and told.expected
        ]
        stated = list(self.scope.intent.addresses)
        right = stated or (self.hosted.addresses if self.hosted else None)
        source = "--expect-address" if stated else self.hosted.lb_source if self.hosted else None
        if right is None:
            self._verify_drift(address)
        elif address in right:
            self._tell(
                "GlobalMeshAgrees",
                "remotePilotAddress",
                expected=right,
                actual=[address],
                source=source,
            )
        elif all(is_ip(other) == is_ip(address) for other in right):
            told = self._tell(
                "GlobalMeshAddressDiffers",
                "remotePilotAddress",
                result=FAIL if wrong else WARN,
                expected=right,
                actual=[address],
                source=source,
                address=address,
                wanted=phrase("want-workload", addresses=Shell(quoted(right))),
                fix=phrase("fix-configured", address=right[0], setting=self._setting(right[0])),
            )
            for consequence in wrong:
                consequence.cause = told

    def _verify_drift(self, address: str) -> None:
        """Where no better truth was read, an istiod-remote that differs from the mesh's own setting has drifted."""
        workloads = [entry for entry in self.entries if entry.role == WORKLOAD]
        unsure = [
            (e, told)
            for e in workloads
            for told in e.findings
            if told.code == "AddressUndetermined"
        ]
        for home, told in unsure if is_ip(address) else ():
            if told.actual == [address] or not all(map(is_ip, told.actual or ())):
                continue
            self._tell(
                "GlobalMeshAddressDiffers",
                "remotePilotAddress",
                result=FAIL,
                expected=told.actual,
                actual=[address],
                source=f"{home.context}: {told.object}",
                address=address,
                wanted=f"{told.object.name} in {home.context} leads to {quoted(told.actual or [])}",
                fix=phrase("settle-drift", again=self._again(home)),
            )

    def _again(self, entry: ClusterReport) -> Shell:
        cluster = next(c for c in self.scope.clusters.every if clean(c.source) == entry.context)
        return replace(self.scope, verified=cluster).again()

    def _setting(self, address: str) -> Shell:
        return set_global_address(
            self.scope.kubectl(self.scope.verified, GLOBAL_NAMESPACE), self.mesh_id, address
        )
