"""`verify-gateway`: does each gateway of the mesh work, and if not, what is the first cause?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kubectl_mesh.catalog import finding
from kubectl_mesh.checks import pods as pod_checks
from kubectl_mesh.checks.endpoints import Verification
from kubectl_mesh.checks.load_balancer import explain_pending, verify_announced
from kubectl_mesh.checks.proxies import verify_proxies
from kubectl_mesh.checks.scope import Intent, Scope, quoted
from kubectl_mesh.gateways import (
    GATEWAY_SELECTORS,
    Gateway,
    environment,
    gateways,
    is_gateway,
    pod_selector,
)
from kubectl_mesh.report import FAIL, UNKNOWN, WARN, ClusterReport, Finding, ObjectRef
from kubectl_mesh.routing import (
    endpoints_backends,
    ready_addresses,
    slice_backends,
    slices_of,
    slices_unread,
)
from kubectl_mesh.snapshot import (
    ALL_NAMESPACES,
    NOT_CAPTURED,
    Failure,
    Object,
    Snapshot,
    labels_of,
    mapping,
    maps,
    name_of,
    text,
)
from kubectl_mesh.topology import (
    REVISION_LABEL,
    MeshConfig,
    config_name,
    is_ready,
    lb_addresses,
    mesh_configs,
    pod_addresses,
    selects,
)

# A gateway that reads another istiod than the hosted one is not kept from it.
_NO_OBSTACLE = {"NotWired"}


def verify(verified: Snapshot, control_plane: Snapshot | None, intent: Intent) -> list[ClusterReport]:
    """Verify the gateways of a cluster, and their way to the control plane as `verify-endpoints` does.

    Returns one entry for each mesh of the cluster, then one for each that was looked up in the control-plane cluster.
    Gateways stand in the entry of their mesh.
    """
    way = Verification(Scope(verified, control_plane, intent))
    entries = way.run()
    _Gateways(way.scope, entries).run()
    way.close()
    return entries


class _Gateways:
    def __init__(self, scope: Scope, entries: Sequence[ClusterReport]) -> None:
        self.scope, self.cluster, self.intent = scope, scope.verified, scope.intent
        self.own = [entry for entry in entries if not entry.asked]
        self.configs = mesh_configs(self.cluster)
        self.found = [g for g in gateways(self.cluster, self.intent.gateways_in, self.intent.gateway) if self._ours(g)]
        # What keeps the proxies of each mesh from the control plane, if anything does.
        self.obstacles = {
            id(entry): next(
                (
                    told
                    for candidate in (entry, *(e for e in entries if e.asked and e.mesh_id == entry.mesh_id))
                    for told in candidate.findings
                    if told.result == FAIL and told.code not in _NO_OBSTACLE
                ),
                None,
            )
            for entry in self.own
        }

    def run(self) -> None:
        """Add the findings to the entries."""
        first = self.own[0]
        where = self.intent.gateways_in
        subjects: list[tuple[str, str | None]] = [("Pod", selector) for selector in GATEWAY_SELECTORS]
        if where == ALL_NAMESPACES:
            subjects += [(kind, selector) for kind in ("Deployment", "Service") for selector in GATEWAY_SELECTORS]
        else:
            subjects += [("Deployment", None), ("Service", None)]
        for kind, selector in subjects:
            if self._unread(kind, selector):
                first.findings += self.scope.tell_unread(self.cluster, kind, selector, namespace=where)
        if not self.found:
            first.findings += self._none_found()
        told = {id(gateway): self._pods(gateway) for gateway in self.found}
        helpless = any(
            pod_checks.needs_ca_certificate(f) and f.cause is None for findings in told.values() for f in findings
        )
        down = pod_checks.local_istiod_down(self.scope, FAIL if helpless else WARN)
        first.findings += down
        for findings in told.values():
            for finding_ in findings:
                if down and finding_.cause is None and pod_checks.needs_ca_certificate(finding_):
                    finding_.cause = down[0]
        for gateway in self.found:
            entry = self._entry(gateway)
            entry.findings += told[id(gateway)]
            fault = next((f for f in told[id(gateway)] if f.result == FAIL), None)
            for service in gateway.services:
                entry.findings += self._service(gateway, service, fault, entry.findings)
            entry.findings += verify_proxies(self.scope, gateway, self._config(gateway), entry.mesh_id)

    def _unread(self, kind: str, selector: str | None) -> Failure | None:
        """Why it can't be said which gateways there are; of all namespaces, files show those that they hold."""
        where = self.intent.gateways_in
        if where == ALL_NAMESPACES and self.cluster.server is None and self.cluster.objects.get(kind):
            return None
        return self.cluster.unread(kind, selector, where)

    def _pods_unread(self, gateway: Gateway) -> bool:
        """Whether a gateway's Pods could not be read."""
        if gateway.pods or gateway.deployment is None:
            return False
        if is_gateway(gateway.labels):
            return any(self._unread("Pod", selector) for selector in GATEWAY_SELECTORS)
        return self.cluster.unread("Pod", pod_selector(gateway.deployment), gateway.namespace) is not None

    # --- whose a gateway is ---------------------------------------------------------------------

    def _config(self, gateway: Gateway) -> MeshConfig | None:
        """The mesh config that a gateway's proxies are injected from: that of its revision, else of its mesh ID."""
        revision = text(gateway.labels, REVISION_LABEL)
        for template in gateway.templates:
            revision = text(labels_of(template), REVISION_LABEL) or revision
        named = [c for c in self.configs if c.name == config_name(revision or "default")]
        if named or len(self.configs) == 1:
            return (named or self.configs)[0]
        ids = {environment(template).get("ISTIO_META_MESH_ID") for template in gateway.templates}
        return next((c for c in self.configs if c.mesh_id in ids), None)

    def _mesh_id(self, gateway: Gateway) -> str | None:
        config = self._config(gateway)
        return (config.mesh_id if config else None) or self.intent.mesh_id

    def _ours(self, gateway: Gateway) -> bool:
        """Whether a gateway is of the mesh that the user picked."""
        return self.intent.mesh_id in (None, self._mesh_id(gateway))

    def _entry(self, gateway: Gateway) -> ClusterReport:
        mesh_id = self._mesh_id(gateway)
        return next((entry for entry in self.own if entry.mesh_id == mesh_id), self.own[0])

    def _none_found(self) -> list[Finding]:
        if any(told.result == UNKNOWN and told.field == "read" for entry in self.own for told in entry.findings):
            return []  # what could not be read may be one
        wanted = self.intent.gateway
        present = [g.name for g in gateways(self.cluster, self.intent.gateways_in)]
        return [
            finding(
                "GatewayNotFound",
                ObjectRef("Deployment", self.intent.gateways_in or None, wanted),
                "exists",
                expected=[wanted or "a gateway"],
                actual=present,
                what=f"gateway {wanted}" if wanted else "gateway",
                where=f"namespace {self.intent.gateways_in}" if self.intent.gateways_in else "any namespace",
                present=quoted(present),
                cluster=self.cluster.source,
                kubectl=self.scope.kubectl(self.cluster),
            )
        ]

    # --- Pods -----------------------------------------------------------------------------------

    def _pods(self, gateway: Gateway) -> list[Finding]:
        if gateway.kind == "Service":
            return []  # that it leads nowhere is told of the Service
        if self._pods_unread(gateway):
            selector = pod_selector(gateway.deployment or {})
            # Of gateways with the usual labels it is told once for all.
            usual = is_gateway(gateway.labels)
            return [] if usual else self.scope.tell_unread(self.cluster, "Pod", selector, namespace=gateway.namespace)
        found = pod_checks.verify_pods(self.scope, gateway)
        obstacle = self.obstacles[id(self._entry(gateway))]
        for told in found:
            if obstacle and told.code in pod_checks.BY_CONTROL_PLANE:
                told.cause = obstacle
        if obstacle and gateway.ready:
            about = ObjectRef(gateway.kind, gateway.namespace, gateway.name)
            ready = str(len(gateway.ready))
            found.append(
                finding(
                    "GatewayStillReady",
                    about,
                    "control plane",
                    expected=["in reach"],
                    actual=["out of reach"],
                    cause=obstacle,
                    name=gateway.name,
                    ready=ready,
                )
            )
        return found

    # --- Services -------------------------------------------------------------------------------

    def _service(
        self, gateway: Gateway, service: Object, fault: Finding | None, known: Sequence[Finding]
    ) -> list[Finding]:
        about = ObjectRef("Service", gateway.namespace, name_of(service))
        kind = text(service, "spec", "type") or "ClusterIP"
        given = lb_addresses(service)
        if kind != "LoadBalancer":
            found = [finding("GatewayNeedsNoAddress", about, "address", name=name_of(service), type=kind)]
        elif given:
            told = finding(
                "GatewayHasAddress",
                about,
                "address",
                expected=["an address"],
                actual=given,
                name=name_of(service),
                addresses=quoted(given),
            )
            found = [told, *verify_announced(self.scope, self.cluster, service, FAIL)]
        else:
            found = [explain_pending(self.scope, self.cluster, service, FAIL, known)]
        return found + self._endpoints(gateway, service, about, fault) + self._target_ports(gateway, service, about)

    def _endpoints(self, gateway: Gateway, service: Object, about: ObjectRef, fault: Finding | None) -> list[Finding]:
        """Whether the Service leads to the gateway's ready Pods: by its slices, as kube-proxy follows them."""
        name, namespace = name_of(service), gateway.namespace
        selector = mapping(service, "spec", "selector")
        params: dict[str, Any] = {
            "name": name,
            "gateway": gateway.name,
            "selector": ",".join(f"{key}={value}" for key, value in selector.items()) or "none",
            "kubectl": self.scope.kubectl(self.cluster, namespace),
        }
        bearing = [*gateway.pods, *gateway.old, {"metadata": {"labels": gateway.labels}}]
        if not any(selects(service, pod) for pod in bearing) or not gateway.labels:
            selected = mapping(gateway.deployment, "spec", "selector", "matchLabels") or gateway.labels
            wanted = [f"{key}={value}" for key, value in sorted(selected.items())] or ["a gateway's Pods"]
            actual = [params["selector"]]
            return [finding("GatewayServiceSelectsOthers", about, "selector", expected=wanted, actual=actual, **params)]
        if self._pods_unread(gateway):
            return []
        unread = slices_unread(self.cluster, name, namespace)
        written = self.cluster.find("Endpoints", name, namespace)
        if unread and (unread.code != NOT_CAPTURED or written is None):
            return self.scope.tell_unread(self.cluster, "EndpointSlice", name, namespace=namespace)
        backends = (
            endpoints_backends(written) if unread else slice_backends(slices_of(self.cluster, name, namespace), service)
        )
        routed = ready_addresses(backends)
        ready = [pod for pod in (*gateway.pods, *gateway.old) if is_ready(pod) and selects(service, pod)]
        reached = [pod for pod in ready if set(pod_addresses(pod)) & set(routed)]
        expected = [address for pod in ready for address in pod_addresses(pod)[:1]]
        code = "GatewayServiceReachesPods" if len(reached) == len(ready) else "GatewayServiceMissesPods"
        return [
            finding(
                code if ready else "GatewayServiceHasNoEndpoints",
                about,
                "endpoints",
                expected=expected or ["a ready Pod"],
                actual=routed,
                cause=None if ready else fault,
                reached=str(len(reached)),
                ready=str(len(ready)),
                **params,
            )
        ]

    def _target_ports(self, gateway: Gateway, service: Object, about: ObjectRef) -> list[Finding]:
        """Named target ports must exist on the Pods; numbers are not compared, as charts don't declare them all."""
        if gateway.kind == "Service":
            return []
        declared = {
            text(port, "name")
            for template in gateway.templates
            for container in maps(template, "spec", "containers")
            for port in maps(container, "ports")
        }
        named = [(port.get("port"), text(port, "targetPort")) for port in maps(service, "spec", "ports")]
        return [
            finding(
                "TargetPortNotFound",
                about,
                f"port {number}",
                expected=[target],
                actual=sorted(filter(None, declared)),
                name=name_of(service),
                number=str(number),
                target=target,
                declared=quoted(sorted(filter(None, declared))),
                gateway=gateway.name,
                kubectl=self.scope.kubectl(self.cluster, gateway.namespace),
            )
            for number, target in named
            if target and target not in declared
        ]
