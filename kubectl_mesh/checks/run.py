"""A whole run: every cluster held to its role, and the entries of the report."""

from __future__ import annotations

from kubectl_mesh.checks.cluster import Verification
from kubectl_mesh.checks.context import Intent, Scope
from kubectl_mesh.checks.control_plane import Hosted, verify_hosted
from kubectl_mesh.checks.global_mesh import verify_global_meshes
from kubectl_mesh.checks.remote.expected import BOTH, HOSTED, hosted_twice, remote_not_verified
from kubectl_mesh.findings.catalog import finding
from kubectl_mesh.findings.model import FAIL, SKIP, UNKNOWN, ClusterReport, Finding, ObjectRef
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.mesh.addresses import dialled_addresses
from kubectl_mesh.mesh.control_planes import hosted_lb_addresses, hosted_lb_names, hosted_mesh_ids
from kubectl_mesh.mesh.fleet import Clusters


def verify(clusters: Clusters, intent: Intent, *, gateways: bool) -> list[ClusterReport]:
    """Hold each cluster's istiod-remote to the pattern of its role, and with `gateways` verify its gateways too.

    Returns one entry for each mesh of each cluster, then one for each that was only asked for the truth.
    """
    if clusters.mesh_wide:
        return _MeshWide(clusters, intent, gateways=gateways).run()
    verification = Verification(Scope(clusters.verified[0], clusters, intent))
    entries = verification.run()
    if gateways:
        _verify_gateways(verification, entries)
    verification.close()
    return entries


def _verify_gateways(verification: Verification, entries: list[ClusterReport]) -> None:
    from kubectl_mesh.checks.gateways.run import (
        Gateways,
    )  # half of the checks, which verify-endpoints does without

    Gateways(verification, entries).run()


class _MeshWide:
    """Several clusters, and the truth about each mesh among them.

    Control planes are verified first, and once: what fails there is the cause of what fails elsewhere.
    """

    def __init__(self, clusters: Clusters, intent: Intent, *, gateways: bool) -> None:
        self.clusters, self.intent, self.gateways = clusters, intent, gateways
        self.told: dict[tuple[str, ...], Finding] = {}
        self.verifications = {
            id(cluster): Verification(Scope(cluster, clusters, intent, self.told))
            for cluster in clusters.every
        }
        self.control_planes: dict[str, Hosted | Finding] = {}
        for mesh_id, claims in clusters.hosting.items():
            cluster, plane = claims[0]
            if len(claims) > 1:
                self.control_planes[mesh_id] = hosted_twice(claims)
            for hosted in self.verifications[id(cluster)].hosts:
                if (hosted.cluster, hosted.name) == (cluster, plane.name):
                    self.control_planes.setdefault(mesh_id, hosted)
        self.gone = {mesh_id: left for mesh_id in clusters.wired if (left := self._gone(mesh_id))}
        self.control_planes |= self.gone

    def _gone(self, mesh_id: str) -> Hosted | None:
        """What is left of a control plane that proxies of the mesh still dial: its hosted-lb in one of the clusters."""
        wired = self.clusters.wired[mesh_id]
        if mesh_id in self.clusters.hosting or self.intent.mesh_id not in (None, mesh_id):
            return None
        dialled = {address for cluster in wired for address in dialled_addresses(cluster)}
        for cluster in self.clusters.every:
            if cluster in wired:
                continue  # a witness of its own (truth.py)
            ids = hosted_mesh_ids(cluster)
            for name in hosted_lb_names(cluster):
                counts = (
                    dialled & set(hosted_lb_addresses(cluster, name))
                    or cluster is self.clusters.named
                )
                if ids.get(name, name) == mesh_id and counts and not cluster.unread("Deployment"):
                    scope = self.verifications[id(cluster)].scope
                    return verify_hosted(
                        scope, cluster, name, None, needs_lb=not self.intent.addresses
                    )
        return None

    def run(self) -> list[ClusterReport]:
        """The entries of the report."""
        entries = [entry for cluster in self.clusters.verified for entry in self._verify(cluster)]
        named = self.clusters.named
        if named is not None and named not in self.clusters.verified:
            entries += self._asked(named)
        self._tell_hosted_twice(entries)
        for mesh_id, left in self.gone.items():
            where = left.cluster.source, left.cluster.namespace
            entries.append(ClusterReport(*where, "none", mesh_id, left.findings, asked=True))
        self._blame_unread(entries)
        self._tell_nothing_verified(entries)
        return entries + verify_global_meshes(
            self.clusters, self.intent, self.control_planes, entries
        )

    def _tell_hosted_twice(self, entries: list[ClusterReport]) -> None:
        """Once for all clusters of a mesh, where its first control plane stands."""
        for mesh_id, found in self.control_planes.items():
            if isinstance(found, Finding) and self.intent.mesh_id in (None, mesh_id):
                first, _ = self.clusters.hosting[mesh_id][0]
                home = ClusterReport(first.source, first.namespace, "unknown", mesh_id, asked=True)
                homes = [
                    e for e in entries if (e.context, e.raw_mesh_id) == (home.context, mesh_id)
                ]
                entries += [] if homes else [home]
                (homes or [home])[0].findings.append(found)

    def _tell_nothing_verified(self, entries: list[ClusterReport]) -> None:
        told = {f.result for entry in entries for f in entry.findings}
        if all(entry.asked for entry in entries) and not told & {FAIL, UNKNOWN}:
            of = f" {self.intent.mesh_id}" if self.intent.mesh_id else ""
            what = (
                f"a gateway of mesh{of or 'es that are hosted'}"
                if self.gateways
                else f"part in a hosted mesh{of}"
            )
            about = ObjectRef("Namespace", None, self.clusters.verified[0].namespace)
            entries[0].findings.append(finding("NothingVerified", about, "mesh", what=what))

    def _verify(self, cluster: Snapshot) -> list[ClusterReport]:
        verification = self.verifications[id(cluster)]
        verification.control_planes = self.control_planes
        entries = verification.run()
        if all(f.result == SKIP for entry in entries for f in entry.findings):
            for entry in entries:
                entry.asked = (
                    True  # it has no part in a hosted mesh, and nobody says that it should
                )
        elif self.gateways:
            _verify_gateways(verification, entries)
            entries = verification.own = self._without_gateways(verification, entries)
        verification.close()
        entries[0].findings += self._repeated(cluster)
        return entries

    def _without_gateways(
        self, verification: Verification, entries: list[ClusterReport]
    ) -> list[ClusterReport]:
        """Of a cluster that is not held to having gateways, and has none: what other clusters may rest on."""
        told = [
            f
            for entry in entries
            for f in entry.findings
            if f.code == "GatewayNotFound" and f.result == SKIP
        ]
        if not told:
            return entries
        kept = [f for hosted in verification.hosts for f in hosted.findings] + told
        for entry in entries:
            entry.asked = True
            entry.findings = [f for f in entry.findings if f in kept]
        return [entry for entry in entries if entry.findings]

    def _asked(self, named: Snapshot) -> list[ClusterReport]:
        """What was found in the cluster that was only named as holding control planes."""
        verification = self.verifications[id(named)]
        entries = []
        for hosted, (_, plane) in zip(verification.hosts, verification.planes, strict=True):
            if self.clusters.depend_on(named, plane.mesh_id):
                entry = ClusterReport(
                    named.source, named.namespace, HOSTED, plane.mesh_id, asked=True
                )
                entry.findings = list(hosted.findings)
                if any(c.mesh_id == plane.mesh_id and c.service for c in verification.configs):
                    entry.role = BOTH
                    entry.findings.append(remote_not_verified(named))
                entries.append(entry)
        if any(left.cluster is named for left in self.gone.values()):
            return entries  # the rest is told by itself
        entries = entries or [self._not_needed(named)]
        entries[0].findings += verification.undecisive(named)
        return entries

    def _not_needed(self, named: Snapshot) -> ClusterReport:
        """A cluster that was named and hosts nothing that others rest on, as far as it could be read."""
        scope = self.verifications[id(named)].scope
        unread = named.unread("Deployment")
        entry = ClusterReport(
            named.source, named.namespace, "unknown" if unread else "none", None, asked=True
        )
        if (
            unread
            and not self.intent.addresses
            and self.clusters.wired.keys() - self.control_planes.keys()
        ):
            entry.findings += scope.tell_unread(named, "Deployment", None)
        elif not unread:
            about = ObjectRef("Namespace", None, named.namespace)
            unused = finding(
                "ControlPlaneNotConsulted",
                about,
                "role",
                context=named.source,
                cluster="any cluster",
            )
            entry.findings.append(unused)
        return entry

    def _blame_unread(self, entries: list[ClusterReport]) -> None:
        """Where one cluster could not be read, a control plane that was not found may stand there."""
        lost = [f for entry in entries for f in entry.findings if f.code == "ControlPlaneNotFound"]
        silent = [cluster for cluster in self.clusters.every if cluster.unread("Deployment")]
        if len(silent) == 1:
            told = self.verifications[id(silent[0])].scope.unread_finding(
                silent[0], "Deployment", None
            )
            shown = any(told is f for entry in entries for f in entry.findings)
            for finding_ in lost if shown else ():
                finding_.cause = told
                told.result = UNKNOWN  # it decides something

    def _repeated(self, cluster: Snapshot) -> list[Finding]:
        """Contexts that lead to the same cluster: with everything the same it was read once."""
        found = [
            finding(
                "ContextRepeated",
                ObjectRef("Context", None, alias),
                "server",
                context=alias,
                cluster=cluster.source,
            )
            for alias in cluster.aliases
        ]
        same = (
            other for other in self.clusters.verified if cluster.uid and other.uid == cluster.uid
        )
        first = next(same, cluster)
        if first is not cluster:
            found.append(
                finding(
                    "ClusterRepeated",
                    ObjectRef("Namespace", None, "kube-system"),
                    "uid",
                    cluster=cluster.source,
                    other=first.source,
                )
            )
        return found
