"""`verify-gateway`: does each gateway of the mesh work, and if not, what is the first cause?"""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_mesh.checks.cluster import Verification
from kubectl_mesh.checks.context import quoted
from kubectl_mesh.checks.gateways import pods as pod_checks
from kubectl_mesh.checks.gateways.proxies import proxy_discovery, verify_proxies
from kubectl_mesh.checks.gateways.services import verify_service
from kubectl_mesh.checks.remote.expected import HOSTED
from kubectl_mesh.findings.catalog import Shell, finding
from kubectl_mesh.findings.model import FAIL, SKIP, UNKNOWN, WARN, ClusterReport, Finding, ObjectRef
from kubectl_mesh.kube.objects import labels_of, text
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, Failure
from kubectl_mesh.mesh.config import MeshConfig, mesh_configs
from kubectl_mesh.mesh.gateways import (
    GATEWAY_SELECTORS,
    Gateway,
    environment,
    gateways,
    is_gateway,
    pod_selector,
)
from kubectl_mesh.mesh.istiods import local_istiods
from kubectl_mesh.mesh.names import REVISION_LABEL, config_name


class Gateways:
    """The gateways of a cluster whose way to the control plane was verified; they stand in the entry of their mesh."""

    def __init__(self, way: Verification, entries: Sequence[ClusterReport]) -> None:
        self.scope, self.cluster, self.intent = way.scope, way.scope.verified, way.scope.intent
        self.own = [entry for entry in entries if not entry.asked]
        self.configs = list(mesh_configs(self.cluster))
        self.clusters = way.scope.clusters
        self.found = [
            g
            for g in gateways(self.cluster, self.intent.gateways_in, self.intent.gateway)
            if self._ours(g)
        ]
        # What keeps each gateway from the control plane, if anything does; told before anything is said of gateways.
        self.obstacles = {id(g): way.obstacle(self._entry(g), self._config(g)) for g in self.found}

    def run(self) -> None:
        """Add the findings to the entries."""
        self._tell_unread()
        if not self.found:
            self.own[0].findings += self._none_found()
        told = {id(gateway): self._pods(gateway) for gateway in self.found}
        self._blame_local_istiods(told)
        verified: set[int] = set()
        for gateway in self.found:
            entry = self._entry(gateway)
            entry.findings += told[id(gateway)]
            for service in gateway.services:
                if id(service) in verified:
                    continue
                verified.add(id(service))
                owners = [g for g in self.found if any(own is service for own in g.services)]
                fault = next((f for g in owners for f in told[id(g)] if f.result == FAIL), None)
                known = [f for own in self.own for f in own.findings]
                whole = not any(map(self._pods_unread, owners))
                entry.findings += verify_service(
                    self.scope, service, owners, fault, known, whole=whole
                )
            if not gateway.services:
                entry.findings += self._no_service(gateway)
            entry.findings += self._config_unknown(gateway, entry)
            entry.findings += verify_proxies(
                self.scope, gateway, self._config(gateway), entry.raw_mesh_id
            )

    def _config_unknown(self, gateway: Gateway, entry: ClusterReport) -> list[Finding]:
        """Proxies of a revision that no mesh config is of: nobody knows what they dial. Told unless more is unknown."""
        if (
            gateway.kind == "Service"
            or self._fitting(gateway)
            or any(f.result == UNKNOWN for f in entry.findings)
        ):
            return []
        return [
            finding(
                "GatewayConfigUnknown",
                ObjectRef(gateway.kind, gateway.namespace, gateway.name),
                "mesh config",
                expected=[config_name(self._revision(gateway))],
                actual=[config.name for config in self.configs],
                name=gateway.name,
                kind=gateway.kind.lower(),
                revision=self._revision(gateway),
                cluster=self.cluster.source,
                mesh=self.scope.kubectl(self.cluster),
                kubectl=self.scope.kubectl(self.cluster, gateway.namespace),
            )
        ]

    def _no_service(self, gateway: Gateway) -> list[Finding]:
        if self._unread("Service", None, gateway.namespace):
            return []  # told once for all
        about = ObjectRef(gateway.kind, gateway.namespace, gateway.name)
        kubectl = self.scope.kubectl(self.cluster, gateway.namespace)
        return [
            finding(
                "GatewayHasNoService",
                about,
                "Service",
                expected=["a Service"],
                actual=[],
                name=gateway.name,
                namespace=gateway.namespace,
                kubectl=kubectl,
            )
        ]

    # --- what could not be read -----------------------------------------------------------------

    def _tell_unread(self) -> None:
        """Reads without which a gateway, its Pods or its Services may have gone unseen."""
        where = self.intent.gateways_in
        asked: list[tuple[str, str | None, str]] = [
            ("Pod", selector, where) for selector in GATEWAY_SELECTORS
        ]
        if where == ALL_NAMESPACES:
            asked += [
                (kind, selector, where)
                for kind in ("Deployment", "Service")
                for selector in GATEWAY_SELECTORS
            ]
            for gateway in self.found:
                asked.append(("Service", None, gateway.namespace))
                if gateway.unowned:
                    asked.append(("Deployment", None, gateway.namespace))
        else:
            asked += [("Deployment", None, where), ("Service", None, where)]
        for kind, subject, namespace in asked:
            if self._unread(kind, subject, namespace):
                self.own[0].findings += self.scope.tell_unread(
                    self.cluster, kind, subject, namespace=namespace
                )

    def _unread(self, kind: str, subject: str | None, namespace: str) -> Failure | None:
        """Why it can't be said what there is; files that were taken in all namespaces show what they hold."""
        whole = self.intent.gateways_in == ALL_NAMESPACES and self.cluster.server is None
        if (
            whole
            and self.cluster.objects.get(kind)
            and (kind != "Pod" or namespace == ALL_NAMESPACES)
        ):
            return None
        return self.cluster.unread(kind, subject, namespace)

    def _pods_unread(self, gateway: Gateway) -> bool:
        """Whether a gateway's Pods, or what makes them, could not be read."""
        where = self.intent.gateways_in
        if gateway.unowned and self._unread("Deployment", None, gateway.namespace):
            return True
        if gateway.pods or gateway.old:
            return False
        if gateway.deployment is None or is_gateway(gateway.labels):
            here = self.cluster.server is None and self._unread("Pod", None, gateway.namespace)
            return bool(here) or any(
                self._unread("Pod", selector, where) for selector in GATEWAY_SELECTORS
            )
        return self._unread("Pod", pod_selector(gateway.deployment), gateway.namespace) is not None

    # --- whose a gateway is ---------------------------------------------------------------------

    def _config(self, gateway: Gateway) -> MeshConfig | None:
        """The mesh config that a gateway's proxies are injected from: that of its revision, else of its mesh ID."""
        fitting = self._fitting(gateway)
        return fitting[0] if len(fitting) == 1 else None

    def _fitting(self, gateway: Gateway) -> list[MeshConfig]:
        """The mesh configs that may be a gateway's: several where its revision is a tag, which is no config's name."""
        named = [c for c in self.configs if c.name == config_name(self._revision(gateway))]
        if named or len(self.configs) == 1:
            return named or self.configs
        ids = {environment(template).get("ISTIO_META_MESH_ID") for template in gateway.templates}
        fitting = [config for config in self.configs if config.mesh_id in ids]
        dialled = {proxy_discovery(template) for template in gateway.templates}
        return [config for config in fitting if config.discovery in dialled] or fitting

    def _revision(self, gateway: Gateway) -> str:
        """The revision that injects a gateway, by the label of its Pods."""
        bearing = [labels_of(template) for template in gateway.templates]
        return next(
            (text(labels, REVISION_LABEL) for labels in bearing if text(labels, REVISION_LABEL)),
            "default",
        )

    def _mesh_id(self, gateway: Gateway) -> str | None:
        """The mesh of a gateway: what its mesh config says, else what its proxies believe, else the user's word."""
        config = next(iter(self._fitting(gateway)), None)
        believed = [
            environment(template).get("ISTIO_META_MESH_ID") for template in gateway.templates
        ]
        return (
            config.mesh_id if config else next(filter(None, believed), None)
        ) or self.intent.mesh_id

    def _ours(self, gateway: Gateway) -> bool:
        """Whether a gateway is of the mesh that the user picked."""
        return self.intent.mesh_id in (None, self._mesh_id(gateway))

    def _entry(self, gateway: Gateway) -> ClusterReport:
        mesh_id = self._mesh_id(gateway)
        return next((entry for entry in self.own if entry.raw_mesh_id == mesh_id), self.own[0])

    def _none_found(self) -> list[Finding]:
        if any(
            told.result == UNKNOWN and told.field == "read"
            for entry in self.own
            for told in entry.findings
        ):
            return []  # what could not be read may be one
        serves = all(
            e.role == HOSTED and self.clusters.depend_on(self.cluster, e.raw_mesh_id or "")
            for e in self.own
        )
        wanted, mesh = (
            self.intent.gateway,
            f" of mesh {self.intent.mesh_id}" if self.intent.mesh_id else "",
        )
        present = [g.name for g in gateways(self.cluster, self.intent.gateways_in)]
        return [
            finding(
                "GatewayNotFound",
                ObjectRef("Deployment", self.intent.gateways_in or None, wanted),
                "exists",
                result=SKIP if self.intent.all_contexts or serves else UNKNOWN,
                expected=[wanted or "a gateway"],
                actual=present,
                what=f"gateway{f' {wanted}' if wanted else ''}{mesh}",
                where=self._searched(),
                everywhere=Shell("" if self.intent.gateways_in else " -A"),
                present=quoted(present),
                cluster=self.cluster.source,
                kubectl=self.scope.kubectl(self.cluster),
            )
        ]

    def _searched(self) -> str:
        """Where gateways were looked for, in a sentence."""
        if self.intent.gateways_in != ALL_NAMESPACES:
            return f"namespace {self.intent.gateways_in}"
        usual = (
            f" (outside {self.cluster.namespace}: none with a gateway's labels)"
            if self.intent.gateway
            else ""
        )
        return f"any namespace{usual}"

    # --- Pods -----------------------------------------------------------------------------------

    def _pods(self, gateway: Gateway) -> list[Finding]:
        if gateway.kind == "Service":
            return []  # that it leads nowhere is told of the Service
        if self._pods_unread(gateway):
            return self._tell_pods_unread(gateway)
        found = pod_checks.verify_pods(self.scope, gateway)
        obstacle = self.obstacles[id(gateway)]
        for told in found:
            if told.code == "GatewayScaledToZero" and self._replaced(gateway):
                told.result = WARN
            if obstacle and told.code in pod_checks.BY_CONTROL_PLANE:
                told.cause = obstacle
        if obstacle and gateway.ready:
            about = ObjectRef(gateway.kind, gateway.namespace, gateway.name)
            found.append(
                finding(
                    "GatewayStillReady",
                    about,
                    "control plane",
                    expected=["in reach"],
                    actual=["out of reach"],
                    cause=obstacle,
                    name=gateway.name,
                )
            )
        return found

    def _replaced(self, gateway: Gateway) -> bool:
        """Whether every Service of a gateway has ready Pods of another one."""
        return bool(gateway.services) and all(
            any(
                other.ready and any(led is service for led in other.services)
                for other in self.found
            )
            for service in gateway.services
        )

    def _tell_pods_unread(self, gateway: Gateway) -> list[Finding]:
        """Of gateways with the usual labels it is told once for all."""
        usual = gateway.deployment is None or is_gateway(gateway.labels)
        subject = None if usual else pod_selector(gateway.deployment or {})
        if usual and not self._unread("Pod", None, gateway.namespace):
            return []
        return self.scope.tell_unread(self.cluster, "Pod", subject, namespace=gateway.namespace)

    def _blame_local_istiods(self, told: dict[int, list[Finding]]) -> None:
        """Tell each local istiod that is down: as the cause of what it would have prevented, else as a warning."""
        for revision in local_istiods(self.cluster):
            down = pod_checks.local_istiod_down(self.scope, revision)
            if down is None:
                continue
            dependent = [
                finding_
                for gateway in self.found
                if revision == self._revision(gateway)
                for finding_ in told[id(gateway)]
                if finding_.code in pod_checks.BY_LOCAL_ISTIOD
                and finding_.cause is None
                and (finding_.code != "GatewayNotReady" or self._asks_local_istiod(gateway))
            ]
            down.result = FAIL if dependent else WARN
            for finding_ in dependent:
                finding_.cause = down
            self.own[0].findings.append(down)

    def _asks_local_istiod(self, gateway: Gateway) -> bool:
        """Whether the proxies ask the local istiod for their certificates: another CA may be configured."""
        config = self._config(gateway)
        return config is None or config.ca_address is None or config.ca_address.startswith("istiod")
