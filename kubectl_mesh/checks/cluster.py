"""`verify-endpoints`: which meshes a cluster has part in, in which role, and is istiod-remote what that asks for?"""

from __future__ import annotations

from dataclasses import replace

from kubectl_mesh.checks.context import Scope, quoted
from kubectl_mesh.checks.control_plane import Hosted, hosted_pods_unowned, verify_hosted
from kubectl_mesh.checks.remote.expected import (
    BOTH,
    HOSTED,
    WORKLOAD,
    Truth,
    hosted_truth,
    hosted_twice,
    mesh_id_unknown,
    workload_truth,
)
from kubectl_mesh.checks.remote.service import Remote, RemoteCheck
from kubectl_mesh.findings.catalog import finding
from kubectl_mesh.findings.model import FAIL, SKIP, UNKNOWN, WARN, ClusterReport, Finding, ObjectRef
from kubectl_mesh.kube.objects import text
from kubectl_mesh.kube.snapshot import NOT_CAPTURED, Snapshot
from kubectl_mesh.mesh.addresses import known_addresses
from kubectl_mesh.mesh.config import MeshConfig, injected_mesh_ids, mesh_configs
from kubectl_mesh.mesh.control_planes import (
    HostedControlPlane,
    hosted_control_planes,
    hosted_lb_names,
    hosted_mesh_ids,
    signs_of_hosted_mesh,
)
from kubectl_mesh.mesh.fleet import Claim
from kubectl_mesh.mesh.istiods import local_revisions, ready_hosted_names
from kubectl_mesh.mesh.names import (
    GLOBAL_NAMESPACE,
    REMOTE_SERVICE,
    XDS_PORT,
    config_name,
    hosted_lb_name,
    injector_name,
)
from kubectl_mesh.mesh.resources import REVISIONS, WITNESSES


class Verification:
    """The check of one cluster: `run`, then `close` once everybody who rests on the same reads has told what is unread.

    `hosts` are the control planes that stand in this cluster, as they were found to be. Where several clusters are
    verified, `control_planes` are those of all of them by mesh ID, or why they can't be told; set before `run`.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope, self.intent, self.cluster = scope, scope.intent, scope.verified
        self.configs = list(mesh_configs(self.cluster))
        # Where there is no mesh config at all, `istio` was asked for by name.
        self.config_unread = None if self.configs else self.cluster.unread("ConfigMap", "istio")
        # A control plane that was named may be this very cluster, under another name or in another namespace.
        named = scope.clusters.named
        same = named is not None and named.same_cluster(self.cluster)
        self.here = [self.cluster]
        if named is not None and same and named.namespace != self.cluster.namespace:
            self.here.append(named)
        self.planes = [
            (snapshot, plane) for snapshot in self.here for plane in hosted_control_planes(snapshot)
        ]
        # Where the truth is asked for, if it does not stand with the proxies; among several it was found before.
        with_proxies = same and named is not None and named.namespace == self.cluster.namespace
        self.elsewhere = None if with_proxies or scope.clusters.mesh_wide else named
        if self.intent.mesh_id:
            mesh_id = self.intent.mesh_id
            self.configs = [replace(c, mesh_id=c.mesh_id or mesh_id) for c in self.configs]
            self.configs = [c for c in self.configs if c.mesh_id == mesh_id]
            self.planes = [(s, p) for s, p in self.planes if p.mesh_id == mesh_id]
        self.hosts = [self._verify_host(snapshot, plane) for snapshot, plane in self.planes]
        self.control_planes: dict[str, Hosted | Finding] = {}
        self.own: list[ClusterReport] = []
        self.asked: list[ClusterReport] = []
        self.ways: list[
            tuple[Remote, list[Finding]]
        ] = []  # each istiod-remote with what was found of it
        self.rivalled = False

    def run(self) -> list[ClusterReport]:
        """One entry for each mesh of the cluster, then one for each that was looked up in the named cluster."""
        meshes = dict.fromkeys(
            [p.mesh_id for _, p in self.planes] + [c.mesh_id for c in self.configs]
        )
        if not meshes and (self.intent.role == HOSTED or (self.intent.role and self.config_unread)):
            meshes = {self.intent.mesh_id: None}
        entries = [self._verify_mesh(mesh_id) for mesh_id in meshes] or [self._no_mesh()]
        first = entries[0]
        # Without the list of mesh configs a revision that is wired otherwise would go unseen.
        for subject in (REVISIONS, *map(config_name, local_revisions(self.cluster))):
            if self.cluster.find("ConfigMap", subject) is None:
                first.findings += self.scope.tell_unread(self.cluster, "ConfigMap", subject)
        if not self.intent.role:
            for snapshot in self.here:
                first.findings += self.scope.tell_unread(snapshot, "Deployment", None)
        first.findings += self._leftovers([mesh_id for mesh_id in meshes if mesh_id])
        unasked = None if self.asked or self.rivalled else self.elsewhere
        if (
            unasked is not None
            and unasked not in self.here
            and {e.role for e in entries} <= {HOSTED, BOTH}
        ):
            first.findings += self.undecisive(unasked)
            first.findings.append(
                finding(
                    "ControlPlaneNotConsulted",
                    _namespace(unasked),
                    "role",
                    context=unasked.source,
                    cluster=self.cluster.source,
                )
            )
        self.own = entries
        return entries + self.asked

    def close(self) -> None:
        """Show the reads that failed and that nothing rested on."""
        for snapshot in self.here:
            self.own[0].findings += self.undecisive(snapshot)
        for entry in self.asked:
            if self.elsewhere is not None:
                entry.findings += self.undecisive(self.elsewhere)

    def obstacle(self, entry: ClusterReport, config: MeshConfig | None) -> Finding | None:
        """What keeps the proxies of a mesh config from the hosted istiod: the first failure on their way, if any.

        That is the istiod-remote that the config names (of every config where it isn't known), then the hosted istiod,
        and hosted-lb where these proxies depend on it: not where they dial the hosted Pods, or a stated address.
        """
        if config and not config.service:
            return None  # they read another istiod
        named = (config.service, config.namespace) if config else None
        way = [
            f
            for remote, found in self.ways
            if named in (None, (remote.name, remote.namespace))
            for f in found
        ]
        wrong_port = ("DiscoveryPortUnexpected", config.name if config else None)
        way += [f for f in entry.findings if (f.code, f.object.name) == wrong_port]
        through_lb = entry.role == WORKLOAD and not self.intent.addresses
        asked = [e.findings for e in self.asked if e.raw_mesh_id == entry.raw_mesh_id]
        elsewhere = self.control_planes.get(entry.raw_mesh_id or "")
        asked += [elsewhere.findings] if isinstance(elsewhere, Hosted) else []
        for found in (entry.findings, *asked):
            way += [f for f in found if f.object.kind == "Deployment"]
            way += [f for f in found if through_lb and (f.object.name or "").endswith("-hosted-lb")]
        # Which of two addresses is right is not known where only the configured one speaks against the other.
        return next(
            (f for f in way if f.result == FAIL and f.code != "ConfiguredAddressDiffers"), None
        )

    # --- one mesh of the cluster ----------------------------------------------------------------

    def _verify_mesh(self, mesh_id: str | None) -> ClusterReport:
        configs = [c for c in self.configs if c.mesh_id == mesh_id]
        hosting = [(s, p) for s, p in self.planes if p.mesh_id == mesh_id]
        wired = [c for c in configs if c.service]
        broken = [c for c in configs if c.error]
        role = self._role(mesh_id)
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
        truth = self._truth(entry, hosting, reason)
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
                finding(
                    "RemoteNotApplicable",
                    ObjectRef("Service", self.cluster.namespace, REMOTE_SERVICE),
                    "role",
                    cluster=self.cluster.source,
                )
            )
            return entry
        clusters = self.scope.clusters
        control_plane = clusters.control_plane_of(mesh_id)
        others = clusters.other_meshes(mesh_id, [self.cluster, control_plane])
        hosted_here = truth.pattern == HOSTED
        known = known_addresses(
            mesh_id, self.cluster, control_plane, hosted_here=hosted_here, others=others
        )
        for config in wired if role == WORKLOAD else ():
            # Without its injector, drift from the configured address can't be told: a warning may be missing.
            injector = injector_name(config.name)
            if self.cluster.find("ConfigMap", injector) is None:
                entry.findings += self.scope.tell_unread(self.cluster, "ConfigMap", injector, WARN)
        for remote in self._remotes(wired, configs, role):
            self.ways.append((remote, RemoteCheck(self.scope, remote, mesh_id, truth, known).run()))
            entry.findings += self.ways[-1][1]
        return entry

    def _role(self, mesh_id: str | None) -> str:
        """The role, stated or detected. Where a mesh config or the Deployments can't be read, it is not known."""
        if self.intent.role:
            return self.intent.role
        configs = [c for c in self.configs if c.mesh_id == mesh_id]
        wired = any(c.service for c in configs)
        config_unread = any(c.error for c in configs) or self.config_unread is not None
        if any(plane.mesh_id == mesh_id for _, plane in self.planes):
            return BOTH if wired else "unknown" if config_unread else HOSTED
        if config_unread or (mesh_id is None and self.planes and wired) or self._unowned(mesh_id):
            return "unknown"
        if any(snapshot.unread("Deployment") for snapshot in self.here):
            return "unknown"
        return WORKLOAD if wired else "none"

    def _unowned(self, mesh_id: str | None) -> list[str]:
        """The names of hosted istiods of a mesh whose Pods run here while no Deployment says that it is hosted."""
        ids = hosted_mesh_ids(self.cluster)
        return [name for name in ready_hosted_names(self.cluster) if ids.get(name, name) == mesh_id]

    def _remotes(
        self, wired: list[MeshConfig], configs: list[MeshConfig], role: str
    ) -> list[Remote]:
        """Each istiod-remote that a mesh config names, once; by its usual name where the role was stated."""
        named = {(c.service, c.namespace): c for c in reversed(wired)}
        found = [
            Remote(c.service or "", c.namespace, c, c.configured) for c in reversed(named.values())
        ]
        if found or not self.intent.role:
            return found
        if any(c.service == REMOTE_SERVICE for c in mesh_configs(self.cluster)):
            return []  # it is another mesh's
        there = self.cluster.find("Service", REMOTE_SERVICE) or self.cluster.unread("Service")
        configured = next((c.configured for c in configs), None)
        usual = Remote(REMOTE_SERVICE, self.cluster.namespace, None, configured)
        return [usual] if role == WORKLOAD or there else []

    def _not_wired(self, config: MeshConfig, *, hosted_here: bool) -> Finding:
        """A mesh config that leads the proxies to another istiod: a fault only where they should be wired."""
        witness = ""
        if hosted_here:
            witness = f"{self.cluster.source} hosts the control plane of mesh {config.mesh_id}"
        elif config.mesh_id in self.scope.clusters.listed(self.cluster):
            witness = f"the GlobalMesh {config.mesh_id} lists this cluster"
        elif there := [
            cluster.source
            for cluster, _ in self.scope.clusters.hosting.get(config.mesh_id or "", [])
        ]:
            witness = f"{there[0]} hosts the control plane of mesh {config.mesh_id}"
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
            result=UNKNOWN if not config.local else FAIL if witness else self._missing(),
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

    def _missing(self) -> str:
        """The result where no part in a hosted mesh was found.

        Among all contexts such clusters are expected, and the global cluster needs none; but not where anything says
        that there should be one.
        """
        expected = self.intent.all_contexts or self.cluster.all("GlobalMesh", GLOBAL_NAMESPACE)
        clusters = self.scope.clusters
        counted = clusters.listed(self.cluster) + clusters.owned(self.cluster)
        others = {c.mesh_id for c in mesh_configs(self.cluster) if c.service}
        others |= {plane.mesh_id for plane in hosted_control_planes(self.cluster)}
        if (
            self.intent.mesh_id and others and None not in others
        ):  # it is of other meshes, as far as that goes
            return SKIP if expected and self.intent.mesh_id not in counted else UNKNOWN
        signs = signs_of_hosted_mesh(self.cluster)
        signs += [m for m in injected_mesh_ids(self.cluster) if m in clusters.hosting]
        # Somebody named this one: what is left of a control plane counts too.
        signs += [] if self.intent.all_contexts else hosted_lb_names(self.cluster)
        return SKIP if expected and not counted and not signs else UNKNOWN

    # --- the truth ------------------------------------------------------------------------------

    def _verify_host(self, snapshot: Snapshot, plane: HostedControlPlane) -> Hosted:
        alone = self._role(plane.mesh_id) in (BOTH, "unknown")
        depends = not alone or self.scope.clusters.depend_on(snapshot, plane.mesh_id)
        return verify_hosted(
            self.scope, snapshot, plane.name, plane, needs_lb=depends and not self.intent.addresses
        )

    def _truth(self, entry: ClusterReport, hosting: list[Claim], reason: Finding | None) -> Truth:
        """What istiod-remote must lead to. What is verified on the way goes into the report.

        `reason` is the finding that says why the role is not known, where it isn't.
        """
        hosted: Hosted | None = None
        for found, (_, plane) in zip(self.hosts, self.planes, strict=True):
            if plane.mesh_id == entry.raw_mesh_id:
                hosted = found
                entry.findings += found.findings
        elsewhere = self.control_planes.get(entry.raw_mesh_id or "")
        if isinstance(elsewhere, Finding):
            if entry.role != WORKLOAD or not self.intent.addresses:
                return Truth(None, reason=elsewhere)
            elsewhere = None  # the user's word replaces it
        if len(hosting) > 1:
            entry.findings.append(hosted_twice(hosting))
            return Truth(None, reason=entry.findings[-1])
        rivals = self._rivals(hosting)
        if rivals:
            self.rivalled = True
            entry.findings.append(hosted_twice([*hosting, *rivals]))
            return Truth(None, reason=entry.findings[-1])
        if entry.role == WORKLOAD:
            truth, asked = workload_truth(self.scope, entry, hosted or elsewhere, self.elsewhere)
            self.asked += [asked] if asked else []
            return truth
        if entry.role not in (HOSTED, BOTH):
            return Truth(None, reason=reason)
        hosted = hosted or self._stated_host(entry)
        return hosted_truth(hosted) if hosted else Truth(HOSTED, reason=entry.findings[-1])

    def _rivals(self, hosting: list[Claim]) -> list[Claim]:
        """Hosted istiods of the same mesh in the cluster that was named, which are not the very same objects."""
        if self.elsewhere is None:
            return []
        uids = {text(plane.deployment, "metadata", "uid") for _, plane in hosting}
        mesh_ids = {plane.mesh_id for _, plane in hosting}
        return [
            (self.elsewhere, plane)
            for plane in hosted_control_planes(self.elsewhere)
            if plane.mesh_id in mesh_ids and text(plane.deployment, "metadata", "uid") not in uids
        ]

    def _stated_host(self, entry: ClusterReport) -> Hosted | None:
        """The control plane that the user says is here, where no Deployment says so; why there is none is told."""
        signs = hosted_lb_names(self.cluster) + ready_hosted_names(self.cluster)
        name = entry.mesh_id or next(iter(signs), None)
        if name in signs:
            needs_lb = entry.role == HOSTED and not self.intent.addresses
            hosted = verify_hosted(self.scope, self.cluster, str(name), None, needs_lb=needs_lb)
            entry.findings += hosted.findings
            return hosted
        for kind in ("Deployment", "Service"):
            entry.findings += self.scope.tell_unread(self.cluster, kind, None)
        if not entry.findings:
            entry.findings.append(self._mesh_not_found())
        return None

    def _tell_why_role_unknown(self, entry: ClusterReport, mesh_id: str | None) -> None:
        if self.config_unread:
            entry.findings += self.scope.tell_unread(self.cluster, "ConfigMap", "istio")
        for snapshot in self.here:
            entry.findings += self.scope.tell_unread(snapshot, "Deployment", None)
        if mesh_id is None and self.planes:
            entry.findings.append(mesh_id_unknown(self.cluster))
        for name in self._unowned(mesh_id):
            if not any(plane.name == name for _, plane in self.planes) and not self.cluster.unread(
                "Deployment"
            ):
                entry.findings.append(hosted_pods_unowned(self.scope, self.cluster, name))

    # --- what is not there ----------------------------------------------------------------------

    def _no_mesh(self) -> ClusterReport:
        entry = ClusterReport(
            self.cluster.source, self.cluster.namespace, "none", self.intent.mesh_id
        )
        if self.config_unread:
            entry.findings += self.scope.tell_unread(self.cluster, "ConfigMap", "istio")
        for kind, subject in (("ConfigMap", REVISIONS), ("Deployment", None)):
            entry.findings += self.scope.tell_unread(self.cluster, kind, subject)
        if entry.findings:
            entry.role = "unknown"
        else:
            entry.findings.append(self._mesh_not_found())
        return entry

    def _mesh_not_found(self) -> Finding:
        present = {p.mesh_id for p in hosted_control_planes(self.cluster)}
        present |= {c.mesh_id or "<no mesh ID>" for c in mesh_configs(self.cluster)}
        signs = signs_of_hosted_mesh(self.cluster)
        return finding(
            "MeshNotFound",
            _namespace(self.cluster),
            "mesh",
            result=self._missing(),
            expected=[self.intent.mesh_id] if self.intent.mesh_id else None,
            actual=sorted(present),
            what="hosted control plane" if self.intent.role == HOSTED else "part in a hosted mesh",
            which=f" {self.intent.mesh_id}" if self.intent.mesh_id else "",
            present=quoted(sorted(present)),
            though=f", though there is {quoted(signs)}" if signs else "",
            cluster=self.cluster.source,
            namespace=self.cluster.namespace,
        )

    def _leftovers(self, meshes: list[str]) -> list[Finding]:
        """hosted-lb Services of meshes that neither a mesh config nor a hosted Deployment knows."""
        if self.intent.mesh_id or self.intent.role or self.cluster.unread("Deployment"):
            return []
        named, ids = {plane.name for _, plane in self.planes}, hosted_mesh_ids(self.cluster)
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
            and ids.get(name, name) not in meshes
            and not self._still_dialled(ids.get(name, name))
        ]

    def _still_dialled(self, mesh_id: str) -> bool:
        """Whether a hosted-lb here was told as what is left of a control plane."""
        left = self.control_planes.get(mesh_id)
        return isinstance(left, Hosted) and left.cluster is self.cluster

    def undecisive(self, snapshot: Snapshot) -> list[Finding]:
        """Reads that failed and that no verdict rested on: shown, not counted."""
        return [
            told
            for (kind, namespace, subject), failure in sorted(snapshot.failures.items(), key=str)
            if failure.code != NOT_CAPTURED and snapshot.unread(kind, subject, namespace)
            # Who may not read the global cluster's objects, or a namespace, is no worse off than without them.
            if kind not in WITNESSES or failure.code != "Forbidden"
            for told in self.scope.tell_unread(snapshot, kind, subject, SKIP, namespace)
        ]

    def _config_ref(self, config: MeshConfig) -> ObjectRef:
        return ObjectRef("ConfigMap", self.cluster.namespace, config.name)


def _namespace(cluster: Snapshot) -> ObjectRef:
    return ObjectRef("Namespace", None, cluster.namespace)
