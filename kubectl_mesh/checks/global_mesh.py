"""The global cluster's GlobalMesh objects, beside what the clusters of a hosted mesh really have.

Field names are those of the public objects (`discovery.mspider.io/v3alpha1`). A cluster without
them costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kubectl_mesh.checks.context import CheckContext, CheckOptions, quoted
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


@dataclass(frozen=True, eq=False)
class _Global:
    """A GlobalMesh, with the mesh's control plane and the entries of its clusters as they were
    found.

    `context` is of the global cluster.
    """

    context: CheckContext
    mesh: Object
    hosted: Hosted | None
    entries: Sequence[ClusterReport]

    @property
    def mesh_id(self) -> str:
        """The mesh ID, which is the object's name."""
        return name_of(self.mesh)

    @property
    def owner(self) -> str:
        """The cluster that the object says the control plane is in."""
        return text(self.mesh, "spec", "ownerCluster")

    def kubectl(self) -> Shell:
        """`kubectl` for the object."""
        return self.context.kubectl(self.context.verified, GLOBAL_NAMESPACE)

    def finding(self, code: str, field: str, **details: Any) -> Finding:
        """A finding about the object."""
        about = ObjectRef("GlobalMesh", GLOBAL_NAMESPACE, self.mesh_id)
        shared: dict[str, Any] = {
            "setting": field,
            "mesh": self.mesh_id,
            "kubectl": self.kubectl(),
        }
        return finding(code, about, field, **(shared | details))


def verify_global_meshes(
    clusters: Clusters,
    options: CheckOptions,
    control_planes: Mapping[str, Hosted | Finding],
    entries: Sequence[ClusterReport],
) -> tuple[list[ClusterReport], dict[Finding, Finding]]:
    """Compare the hosted meshes that the global cluster knows with what was found in the clusters
    of the run.

    `entries` are those of the clusters. Returns one entry for each mesh that any of them has
    part in, and which of the clusters' findings follow from which of these: wrong addresses from
    the one that they were rendered from.
    """
    found: list[ClusterReport] = []
    causes: dict[Finding, Finding] = {}
    concerned = {*clusters.hosting, *clusters.wired}
    for cluster in clusters.every:
        concerned |= set(clusters.listed(cluster))
    for cluster, mesh in clusters.global_meshes:
        mesh_id = name_of(mesh)
        if mesh_id not in concerned or options.mesh_id not in (None, mesh_id):
            continue
        hosted = control_planes.get(mesh_id)
        compared = _Global(
            CheckContext(cluster, clusters, options),
            mesh,
            hosted if isinstance(hosted, Hosted) else None,
            [entry for entry in entries if entry.raw_mesh_id == mesh_id],
        )
        about_address, consequences = _verify_address(compared)
        findings = [*_verify_owner(compared), *_verify_clusters(compared), *about_address]
        if findings:
            entry = ClusterReport(cluster.source, GLOBAL_NAMESPACE, "none", mesh_id, asked=True)
            found.append(replace(entry, findings=findings))
        for consequence in consequences:
            causes[consequence] = about_address[0]
    return found, causes


def _verify_owner(compared: _Global) -> list[Finding]:
    hosted, owner = compared.hosted, compared.owner
    hosting = cluster_name(hosted.cluster) if hosted else None
    if hosted is None or not owner or hosting is None:
        return []
    return [
        compared.finding(
            "GlobalMeshAgrees" if hosting == owner else "GlobalMeshOwnerDiffers",
            "spec.ownerCluster",
            expected=[hosting],
            actual=[owner],
            source=hosted.pods_source,
            owner=owner,
            cluster=f"{hosting} ({hosted.cluster.source})",
        )
    ]


def _verify_clusters(compared: _Global) -> list[Finding]:
    """Every wired cluster is listed; every listed one is registered, and wired if it was looked
    at.
    """
    listed = texts(compared.mesh, "spec", "clusters")
    if not listed:
        return []
    clusters = compared.context.clusters
    wired = set(map(cluster_name, clusters.wired.get(compared.mesh_id, []))) - {None}
    disagreeing = _disagreeing(compared, listed, wired)
    if not disagreeing and not wired:
        return []
    return [
        compared.finding(
            "GlobalMeshClustersDiffer" if disagreeing else "GlobalMeshAgrees",
            "spec.clusters",
            expected=sorted(map(str, wired)),
            actual=listed,
            what="; ".join(disagreeing),
        )
    ]


def _disagreeing(compared: _Global, listed: Sequence[str], wired: set[str | None]) -> list[str]:
    """Each cluster that the object and the clusters say different things of, in a few words."""
    clusters, global_cluster = compared.context.clusters, compared.context.verified
    # A cluster whose configuration could not be read may well be wired.
    readable = [c for c in clusters.verified if not c.unread("ConfigMap", "istio")]
    # The owner may be listed without being its own workload cluster.
    not_wired = set(map(cluster_name, readable)) - wired - {None, compared.owner}
    registered = set(map(name_of, global_cluster.all("MeshCluster", GLOBAL_NAMESPACE)))
    said = [
        f"{name} is wired to the mesh and not listed"
        for name in sorted(wired - set(listed), key=str)
    ]
    said += [f"{name} is listed and not wired to it" for name in listed if name in not_wired]
    if registered:
        missing = [name for name in listed if name not in registered]
        said += [f"{name} is listed and has no MeshCluster" for name in missing]
    return said


def _verify_address(compared: _Global) -> tuple[list[Finding], list[Finding]]:
    """What was found of the mesh's control-plane address, and the findings that follow from the
    first of that.
    """
    setting = text(compared.mesh, "spec", "ownerConfig", "controlPlaneParams", REMOTE_PILOT_ADDRESS)
    address = normalise(setting)
    if not address:
        return [], []
    right, source = _right_addresses(compared)
    if right is None:
        return _verify_drift(compared, address), []
    if address in right:
        agrees = compared.finding(
            "GlobalMeshAgrees",
            "remotePilotAddress",
            expected=right,
            actual=[address],
            source=source,
        )
        return [agrees], []
    if not all(is_ip(other) == is_ip(address) for other in right):
        return [], []
    wrong = _with_address(compared, address)
    patch = set_global_address(compared.kubectl(), compared.mesh_id, right[0])
    differs = compared.finding(
        "GlobalMeshAddressDiffers",
        "remotePilotAddress",
        result=FAIL if wrong else WARN,
        expected=right,
        actual=[address],
        source=source,
        address=address,
        wanted=phrase("want-workload", addresses=Shell(quoted(right))),
        fix=phrase("fix-configured", address=right[0], setting=patch),
    )
    return [differs], wrong


def _right_addresses(compared: _Global) -> tuple[list[str] | None, str | None]:
    """The addresses that workload clusters must have, None where they aren't known, and where
    they were read.
    """
    stated = list(compared.context.options.addresses)
    if stated:
        return stated, "--expect-address"
    if compared.hosted is None:
        return None, None
    return compared.hosted.addresses, compared.hosted.lb_source


def _with_address(compared: _Global, address: str) -> list[Finding]:
    """The failures of the mesh's clusters that no other brought about, and that show an address
    as wrong.
    """
    found = []
    for entry in compared.entries:
        for other in entry.findings:
            failed = other.result == FAIL and other.cause is None
            if failed and other.expected and address in (other.actual or ()):
                found.append(other)
    return found


def _verify_drift(compared: _Global, address: str) -> list[Finding]:
    """Where the right address was not read: an istiod-remote that differs from the mesh's own
    setting has drifted.
    """
    found = []
    for entry in compared.entries if is_ip(address) else ():
        unsure = [f for f in entry.findings if f.code == "AddressUndetermined"]
        for other in unsure if entry.role == WORKLOAD else ():
            held = other.actual or []
            if held == [address] or not all(map(is_ip, held)):
                continue
            leads = f"{other.object.name} in {entry.context} leads to {quoted(held)}"
            found.append(
                compared.finding(
                    "GlobalMeshAddressDiffers",
                    "remotePilotAddress",
                    result=FAIL,
                    expected=held,
                    actual=[address],
                    source=f"{entry.context}: {other.object}",
                    address=address,
                    wanted=leads,
                    fix=phrase("settle-drift", again=_verify_command(compared, entry)),
                )
            )
    return found


def _verify_command(compared: _Global, entry: ClusterReport) -> Shell:
    """The command that verifies the cluster of an entry once more."""
    for cluster in compared.context.clusters.every:
        if clean(cluster.source) == entry.context:
            return replace(compared.context, verified=cluster).verify_command()
    raise AssertionError(entry.context)
