"""`verify-endpoints`: which meshes a cluster has part in, in which role, and is istiod-remote what that asks for?"""

from __future__ import annotations

from dataclasses import replace

from kubectl_mesh.catalog import finding
from kubectl_mesh.checks.control_plane import Hosted, hosted_pods_unowned, verify_hosted
from kubectl_mesh.checks.remote import Remote, RemoteCheck, Truth
from kubectl_mesh.checks.scope import Intent, Scope, quoted
from kubectl_mesh.reads import REVISIONS
from kubectl_mesh.report import FAIL, SKIP, UNKNOWN, WARN, ClusterReport, Finding, ObjectRef
from kubectl_mesh.routing import ordered, ready_addresses, slice_backends
from kubectl_mesh.snapshot import NOT_CAPTURED, Snapshot, labels_of, name_of
from kubectl_mesh.topology import (
    REMOTE_SERVICE,
    SERVICE_NAME_LABEL,
    XDS_PORT,
    HostedControlPlane,
    MeshConfig,
    config_name,
    hosted_control_planes,
    hosted_deployment_name,
    hosted_lb_name,
    hosted_lb_names,
    hosted_mesh_ids,
    known_addresses,
    lb_addresses,
    local_revisions,
    mesh_configs,
    pod_addresses,
    ready_hosted_names,
)

HOSTED, WORKLOAD, BOTH = "hosted", "workload", "hosted+workload"


def verify(verified: Snapshot, control_plane: Snapshot | None, intent: Intent) -> list[ClusterReport]:
    """Hold istiod-remote of a cluster to the pattern of its role.

    `verified` is the cluster in question, `control_plane` the one that was named as holding the truth.
    Returns one entry for each mesh of the cluster, then one for each that was looked up in the
    control-plane cluster.
    """
    return _Verification(Scope(verified, control_plane, intent)).run()


class _Verification:
    def __init__(self, scope: Scope) -> None:
        self.scope, self.intent, self.cluster = scope, scope.intent, scope.verified
        self.configs = mesh_configs(self.cluster)
        # Where there is no mesh config at all, `istio` was asked for by name.
        self.config_unread = None if self.configs else self.cluster.unread("ConfigMap", "istio")
        # A control plane that was named may be this very cluster, under another name or in another namespace.
        named = scope.control_plane
        self.same = named is not None and named.server is not None and named.server == self.cluster.server
        self.here = [self.cluster]
        if named is not None and self.same and named.namespace != self.cluster.namespace:
            self.here.append(named)
        self.planes = [(snapshot, plane) for snapshot in self.here for plane in hosted_control_planes(snapshot)]
        self.elsewhere = None if self.same or named is self.cluster else named
        if self.intent.mesh_id:
            mesh_id = self.intent.mesh_id
            self.configs = [replace(c, mesh_id=c.mesh_id or mesh_id) for c in self.configs]
            self.configs = [c for c in self.configs if c.mesh_id == mesh_id]
            self.planes = [(s, p) for s, p in self.planes if p.mesh_id == mesh_id]
        self.asked: list[ClusterReport] = []
        self.consulted = False

    def run(self) -> list[ClusterReport]:
        meshes = dict.fromkeys([p.mesh_id for _, p in self.planes] + [c.mesh_id for c in self.configs])
        if not meshes and self.intent.role:
            meshes = {self.intent.mesh_id: None}
        entries = [self._verify_mesh(mesh_id) for mesh_id in meshes] or [self._no_mesh()]
        first = entries[0]
        # Without the list of mesh configs a revision that is wired otherwise would go unseen.
        for subject in (REVISIONS, *map(config_name, local_revisions(self.cluster))):
            if self.cluster.find("ConfigMap", subject) is None:
                first.findings += self.scope.unreadable(self.cluster, "ConfigMap", subject)
        if not self.intent.role:
            first.findings += self.scope.unreadable(self.cluster, "Deployment", None)
        first.findings += self._leftovers([mesh_id for mesh_id in meshes if mesh_id])
        if self.elsewhere is not None and not self.consulted and {e.role for e in entries} <= {HOSTED, BOTH}:
            first.findings.append(
                finding(
                    "ControlPlaneNotConsulted",
                    _namespace(self.elsewhere),
                    "role",
                    context=self.elsewhere.source,
                    cluster=self.cluster.source,
                )
            )
        entries += self.asked
        for entry, snapshot in [(first, self.cluster), *((e, self.elsewhere) for e in self.asked)]:
            if snapshot is not None:
                entry.findings += self._undecisive(snapshot)
        return entries

    # --- one mesh of the cluster ----------------------------------------------------------------

    def _verify_mesh(self, mesh_id: str | None) -> ClusterReport:
        configs = [c for c in self.configs if c.mesh_id == mesh_id]
        hosting = [(s, p) for s, p in self.planes if p.mesh_id == mesh_id]
        wired = [c for c in configs if c.service]
        broken = [c for c in configs if c.error]
        role = self.intent.role or self._role(mesh_id, bool(wired), hosting, bool(broken))
        entry = ClusterReport(self.cluster.source, self.cluster.namespace, role, mesh_id)
        for config in broken:
            entry.findings.append(
                finding(
                    "MeshConfigUnreadable",
                    self._config_ref(config),
                    "data.mesh",
                    config=config.name,
                    why=config.error or "",
                    kubectl=self.scope.kubectl(self.cluster),
                )
            )

        if role == "unknown":
            self._tell_why_role_unknown(entry, mesh_id)
        reason = next((f for f in entry.findings if f.result == UNKNOWN), None)
        truth = self._truth(entry, mesh_id, hosting, reason)
        for config in configs:
            if not config.service and not config.error:
                entry.findings.append(self._not_wired(config, hosted_here=bool(hosting)))
            if config.service and config.port != str(XDS_PORT):
                entry.findings.append(
                    finding(
                        "DiscoveryPortUnexpected",
                        self._config_ref(config),
                        "discoveryAddress",
                        expected=[str(XDS_PORT)],
                        actual=[config.port],
                        discovery=config.discovery,
                        config=config.name,
                    )
                )
        if role == HOSTED and not self.intent.role:
            entry.findings.append(
                finding("RemoteNotApplicable", self._remote_ref(), "role", cluster=self.cluster.source)
            )
            return entry
        known = known_addresses(mesh_id, self.cluster, self.scope.control_plane, hosted_here=truth.pattern == HOSTED)
        for remote in self._remotes(wired, configs, role):
            entry.findings += RemoteCheck(self.scope, remote, mesh_id, truth, known).run()
        return entry

    def _role(
        self, mesh_id: str | None, wired: bool, hosting: list[tuple[Snapshot, HostedControlPlane]], broken: bool
    ) -> str:
        """The role as detected. Where a mesh config or the Deployments can't be read, it is not known."""
        config_unread = broken or self.config_unread is not None
        if hosting:
            return BOTH if wired else "unknown" if config_unread else HOSTED
        if self.cluster.unread("Deployment") or config_unread or (mesh_id is None and self.planes and wired):
            return "unknown"
        if self._unowned(mesh_id):
            return "unknown"
        return WORKLOAD if wired else "none"

    def _unowned(self, mesh_id: str | None) -> list[str]:
        """The names of hosted istiods of a mesh whose Pods run here while no Deployment says that it is hosted."""
        ids = hosted_mesh_ids(self.cluster)
        return [name for name in ready_hosted_names(self.cluster) if ids.get(name, name) == mesh_id]

    def _remotes(self, wired: list[MeshConfig], configs: list[MeshConfig], role: str) -> list[Remote]:
        """Each istiod-remote that a mesh config names, once; by its usual name where the role was stated."""
        named = {(c.service, c.namespace): c for c in reversed(wired)}
        found = [Remote(c.service or "", c.namespace, c, c.configured) for c in reversed(named.values())]
        if found or not self.intent.role:
            return found
        there = self.cluster.find("Service", REMOTE_SERVICE) or self.cluster.unread("Service")
        configured = next((c.configured for c in configs), None)
        usual = Remote(REMOTE_SERVICE, self.cluster.namespace, None, configured)
        return [usual] if role == WORKLOAD or there else []

    def _not_wired(self, config: MeshConfig, *, hosted_here: bool) -> Finding:
        """A mesh config that leads the proxies to another istiod: a fault only where they should be wired."""
        witness = ""
        if hosted_here:
            witness = f"{self.cluster.source} hosts the control plane of mesh {config.mesh_id}"
        elif self.elsewhere is not None and config.mesh_id in [
            plane.mesh_id for plane in hosted_control_planes(self.elsewhere)
        ]:
            witness = f"{self.elsewhere.source} hosts the control plane of mesh {config.mesh_id}"
            self.consulted = True
        elif config.configured:
            witness = f"remotePilotAddress is set to {config.configured}"
        elif self.intent.role == WORKLOAD:
            witness = "--role workload was given"
        wanted = f"{REMOTE_SERVICE}.{self.cluster.namespace}.svc:{XDS_PORT}"
        return finding(
            "NotWired",
            self._config_ref(config),
            "discoveryAddress",
            # Another address than the local istiod's may lead to the control plane in a way of its own.
            result=FAIL if witness and config.local else UNKNOWN,
            expected=[wanted],
            actual=[config.discovery],
            source=witness or None,
            config=config.name,
            discovery=config.discovery,
            wanted=wanted,
            mesh=config.mesh_id or "<none>",
            because=witness or "nothing says that it should be",
            kubectl=self.scope.kubectl(self.cluster),
        )

    # --- the truth ------------------------------------------------------------------------------

    def _truth(
        self,
        entry: ClusterReport,
        mesh_id: str | None,
        hosting: list[tuple[Snapshot, HostedControlPlane]],
        reason: Finding | None,
    ) -> Truth:
        """What istiod-remote must lead to. What is verified on the way goes into the report.

        `reason` is the finding that says why the role is not known, where it isn't.
        """
        needs_lb = entry.role != BOTH and not self.intent.addresses
        hosted: Hosted | None = None
        for snapshot, plane in hosting:
            hosted = verify_hosted(self.scope, snapshot, plane.name, plane, needs_lb=needs_lb)
            entry.findings += hosted.findings
        if len(hosting) > 1:
            entry.findings.append(_hosted_twice(self.cluster, [plane for _, plane in hosting]))
            return Truth(None, reason=entry.findings[-1])
        if not hosting and entry.role == HOSTED:  # stated by the user, but not what the cluster shows
            name = mesh_id or next(iter(hosted_lb_names(self.cluster)), None)
            if name in hosted_lb_names(self.cluster) + ready_hosted_names(self.cluster):
                hosted = verify_hosted(self.scope, self.cluster, str(name), None, needs_lb=needs_lb)
                entry.findings += hosted.findings
            else:
                for kind in ("Deployment", "Service"):
                    entry.findings += self.scope.unreadable(self.cluster, kind, None)
                if not entry.findings:
                    entry.findings.append(self._mesh_not_found())
                return Truth(HOSTED, reason=entry.findings[-1])
        if entry.role in (HOSTED, BOTH):
            return self._hosted_truth(hosted)
        if entry.role != WORKLOAD:
            return Truth(None, reason=reason)
        return self._workload_truth(entry, mesh_id, hosted)

    def _tell_why_role_unknown(self, entry: ClusterReport, mesh_id: str | None) -> None:
        if self.config_unread:
            entry.findings += self.scope.unreadable(self.cluster, "ConfigMap", "istio")
        if not self.planes:
            entry.findings += self.scope.unreadable(self.cluster, "Deployment", None)
        elif mesh_id is None:
            entry.findings.append(self._mesh_id_unknown())
        for name in self._unowned(mesh_id):
            if not any(plane.name == name for _, plane in self.planes) and not self.cluster.unread("Deployment"):
                entry.findings.append(hosted_pods_unowned(self.scope, self.cluster, name))

    def _mesh_id_unknown(self) -> Finding:
        about = ObjectRef("ConfigMap", self.cluster.namespace, "istio")
        return finding("MeshIDUnknown", about, "meshId", cluster=self.cluster.source)

    def _hosted_truth(self, hosted: Hosted | None) -> Truth:
        if hosted is None or hosted.ready is None:
            return Truth(HOSTED, reason=hosted.no_pods if hosted else None)
        replicas = tuple((name_of(pod), pod_addresses(pod)) for pod in hosted.ready)
        addresses = ordered(address for _, held in replicas for address in held)
        return Truth(HOSTED, addresses, hosted.pods_source, hosted.no_pods, replicas)

    def _workload_truth(self, entry: ClusterReport, mesh_id: str | None, hosted: Hosted | None) -> Truth:
        reason: Finding | None = None
        if hosted is None and self.elsewhere is not None:
            self.consulted = True
            if mesh_id is None and not self.intent.addresses:
                reason = self._mesh_id_unknown()
                entry.findings.append(reason)
            elif mesh_id is not None:
                hosted, reason = self._ask(self.elsewhere, mesh_id)
        if self.intent.addresses:
            stated = list(self.intent.addresses)
            if hosted and hosted.addresses is not None and not set(stated) & set(hosted.addresses):
                self._asked_entry(hosted, entry).findings.append(
                    finding(
                        "HostedLBDiffers",
                        ObjectRef("Service", hosted.cluster.namespace, hosted_lb_name(hosted.name)),
                        "address",
                        expected=stated,
                        actual=hosted.addresses,
                        source="--expect-address",
                        stated=quoted(stated),
                        addresses=quoted(hosted.addresses),
                        name=hosted_lb_name(hosted.name),
                    )
                )
            return Truth(WORKLOAD, stated, "--expect-address")
        if hosted:
            return Truth(WORKLOAD, hosted.addresses, hosted.lb_source, hosted.no_address)
        return self._witness(mesh_id, reason)

    def _asked_entry(self, hosted: Hosted, entry: ClusterReport) -> ClusterReport:
        return entry if hosted.cluster in self.here else self.asked[-1]

    def _ask(self, cluster: Snapshot, mesh_id: str) -> tuple[Hosted | None, Finding | None]:
        """Verify the control plane of a mesh in the cluster that was named, as an entry of its own."""
        planes: list[HostedControlPlane | None] = [p for p in hosted_control_planes(cluster) if p.mesh_id == mesh_id]
        role = HOSTED if planes else "unknown" if cluster.unread("Deployment") else "none"
        entry = ClusterReport(cluster.source, cluster.namespace, role, mesh_id, asked=True)
        self.asked.append(entry)
        ids = hosted_mesh_ids(cluster)
        names = [plane.name for plane in planes if plane]
        if not planes:  # no Deployment, but what else belongs to one
            signs = dict.fromkeys(hosted_lb_names(cluster) + ready_hosted_names(cluster))
            names = [name for name in signs if ids.get(name, name) == mesh_id][:1]
            planes = [None] * len(names)
        hosted: Hosted | None = None
        for name, plane in zip(names, planes, strict=True):
            hosted = verify_hosted(self.scope, cluster, name, plane, needs_lb=not self.intent.addresses)
            entry.findings += hosted.findings
        if hosted:
            if any(c.mesh_id == mesh_id and c.service for c in mesh_configs(cluster)):
                entry.role = BOTH
                about = ObjectRef("Service", cluster.namespace, REMOTE_SERVICE)
                entry.findings.append(finding("RemoteNotVerified", about, "role", context=cluster.source))
            if len(names) > 1:
                entry.findings.append(_hosted_twice(cluster, [plane for plane in planes if plane]))
                return None, entry.findings[-1]
            return hosted, None
        reason = None
        for kind in ("Deployment", "Service"):
            if cluster.unread(kind):
                entry.findings += self.scope.unreadable(cluster, kind, None)
                reason = self.scope.cause(cluster, kind, None)
        if not entry.findings:
            others = [p.mesh_id for p in hosted_control_planes(cluster)]
            reason = finding(
                "ControlPlaneNotHere",
                ObjectRef("Deployment", cluster.namespace, hosted_deployment_name(mesh_id)),
                "exists",
                result=WARN if self.intent.addresses else UNKNOWN,
                expected=[hosted_deployment_name(mesh_id)],
                actual=[hosted_deployment_name(o) for o in others],
                mesh=mesh_id,
                cluster=cluster.source,
                namespace=cluster.namespace,
                others=quoted(others),
            )
            entry.findings.append(reason)
        return None, reason

    def _witness(self, mesh_id: str | None, reason: Finding | None) -> Truth:
        """A hosted-lb of the cluster's own mesh that stands beside no hosted istiod: it can refute, and where it
        leads somewhere it can prove.
        """
        name = hosted_lb_name(mesh_id or "")
        given = lb_addresses(self.cluster.find("Service", name))
        if not given:
            return Truth(WORKLOAD, reason=reason)
        slices = [s for s in self.cluster.all("EndpointSlice") if labels_of(s).get(SERVICE_NAME_LABEL) == name]
        leads = bool(ready_addresses(slice_backends(slices)))
        return Truth(WORKLOAD, given, f"{self.cluster.source}: service/{name}", reason, proves=leads)

    # --- what is not there ----------------------------------------------------------------------

    def _no_mesh(self) -> ClusterReport:
        entry = ClusterReport(self.cluster.source, self.cluster.namespace, "none", self.intent.mesh_id)
        if self.config_unread:
            entry.findings += self.scope.unreadable(self.cluster, "ConfigMap", "istio")
        for kind, subject in (("ConfigMap", REVISIONS), ("Deployment", None)):
            entry.findings += self.scope.unreadable(self.cluster, kind, subject)
        if entry.findings:
            entry.role = "unknown"
        else:
            entry.findings.append(self._mesh_not_found())
        return entry

    def _mesh_not_found(self) -> Finding:
        present = {p.mesh_id for p in hosted_control_planes(self.cluster)}
        present |= {c.mesh_id or "<no mesh ID>" for c in mesh_configs(self.cluster)}
        return finding(
            "MeshNotFound",
            _namespace(self.cluster),
            "mesh",
            expected=[self.intent.mesh_id] if self.intent.mesh_id else None,
            actual=sorted(present),
            what="hosted control plane" if self.intent.role == HOSTED else "part in a hosted mesh",
            which=f" {self.intent.mesh_id}" if self.intent.mesh_id else "",
            present=quoted(sorted(present)),
            cluster=self.cluster.source,
            namespace=self.cluster.namespace,
        )

    def _leftovers(self, meshes: list[str]) -> list[Finding]:
        """hosted-lb Services of meshes that neither a mesh config nor a hosted Deployment knows."""
        if self.intent.mesh_id or self.intent.role or self.cluster.unread("Deployment"):
            return []
        named = {plane.name for _, plane in self.planes} | set(meshes)
        return [
            finding(
                "MeshLeftover",
                ObjectRef("Service", self.cluster.namespace, hosted_lb_name(name)),
                "mesh",
                name=hosted_lb_name(name),
                mesh=name,
                kubectl=self.scope.kubectl(self.cluster),
            )
            for name in hosted_lb_names(self.cluster)
            if name not in named
        ]

    def _undecisive(self, snapshot: Snapshot) -> list[Finding]:
        """Reads that failed and that no verdict rested on: shown, not counted."""
        return [
            told
            for (kind, namespace, subject), failure in sorted(snapshot.failures.items(), key=str)
            if failure.code != NOT_CAPTURED and snapshot.unread(kind, subject, namespace)
            for told in self.scope.unreadable(snapshot, kind, subject, SKIP, namespace)
        ]

    def _config_ref(self, config: MeshConfig) -> ObjectRef:
        return ObjectRef("ConfigMap", self.cluster.namespace, config.name)

    def _remote_ref(self) -> ObjectRef:
        return ObjectRef("Service", self.cluster.namespace, REMOTE_SERVICE)


def _namespace(cluster: Snapshot) -> ObjectRef:
    return ObjectRef("Namespace", None, cluster.namespace)


def _hosted_twice(cluster: Snapshot, planes: list[HostedControlPlane]) -> Finding:
    """Several hosted istiods that claim one mesh: which one is right can't be told."""
    names = [hosted_deployment_name(plane.name) for plane in planes]
    about = ObjectRef("Deployment", cluster.namespace, names[0])
    return finding(
        "MeshHostedTwice",
        about,
        "meshId",
        actual=names,
        names=quoted(names),
        mesh=planes[0].mesh_id,
        cluster=cluster.source,
    )
