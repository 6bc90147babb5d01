"""istiod-remote, the Service that a cluster's proxies dial, held to the pattern of the cluster's role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kubectl_mesh.catalog import Shell, finding, phrase, title
from kubectl_mesh.checks.repair import Repair
from kubectl_mesh.checks.scope import Scope, quoted
from kubectl_mesh.report import FAIL, WARN, Finding, ObjectRef
from kubectl_mesh.routing import (
    Backend,
    Port,
    endpoints_backends,
    is_ip,
    normalise,
    ports_of,
    reached,
    ready_addresses,
    service_port,
    service_ports,
    slice_backends,
)
from kubectl_mesh.snapshot import NOT_CAPTURED, Object, labels_of, mapping, name_of, text
from kubectl_mesh.topology import (
    REMOTE_SERVICE,
    SERVICE_NAME_LABEL,
    WEBHOOK_PORT,
    WEBHOOK_SERVICE_PORT,
    XDS_PORT,
    Owner,
)

# What is wrong in a cluster of any role; what is wrong beside a pattern; and what only a thing of this very
# cluster makes certain: a node or Pod of another cluster may still be how a custom entry looks.
_ALWAYS_WRONG = {"AddressIsLocalIstiod", "AddressIsCkubeRemote", "AddressIsClusterIP", "AddressIsOtherMesh"}
_WRONG_BESIDE = {"AddressIsHostedPod", "AddressIsLoadBalancer"}
_WRONG_HERE = {"AddressIsNode", "AddressIsOtherPod"}


@dataclass(frozen=True)
class Truth:
    """What istiod-remote must lead to. `pattern` is hosted, workload, or None while the role is not known.

    `addresses` is None where that could not be determined, and `reason` the finding that says why (None: the
    control plane was not asked). `replicas` are the addresses of each hosted Pod. `proves` is False where
    a match proves nothing, only a mismatch does. `stated` marks the user's own word.
    """

    pattern: str | None
    addresses: list[str] | None = None
    source: str | None = None
    reason: Finding | None = None
    replicas: tuple[tuple[str, list[str]], ...] = ()
    proves: bool = True
    stated: bool = False


@dataclass(frozen=True)
class Remote:
    """The istiod-remote Service of one mesh config; `configured` is its remotePilotAddress."""

    name: str
    namespace: str
    revision: str
    configured: str | None


class RemoteCheck:
    """Verifies one istiod-remote. `known` tells whose an address is, `truth` which ones are right."""

    def __init__(
        self, scope: Scope, remote: Remote, mesh_id: str | None, truth: Truth, known: dict[str, Owner]
    ) -> None:
        self.scope, self.cluster, self.remote = scope, scope.verified, remote
        self.mesh_id, self.truth, self.known = mesh_id, truth, known
        self.findings: list[Finding] = []
        self.service = self.cluster.find("Service", remote.name, remote.namespace)
        self.endpoints = self.cluster.find("Endpoints", remote.name, remote.namespace)
        self.slices = [
            s
            for s in self.cluster.all("EndpointSlice", remote.namespace)
            if labels_of(s).get(SERVICE_NAME_LABEL) == remote.name
        ]
        # What a finding about addresses points at: the object that people look at and edit.
        held_in = self.endpoints or next(iter(self.slices), None)
        self.about = ObjectRef("Service", remote.namespace, remote.name)
        if held_in is not None and text(self.service, "spec", "type") != "ExternalName":
            self.about = ObjectRef(text(held_in, "kind"), remote.namespace, name_of(held_in))
        kubectl = scope.kubectl(self.cluster, remote.namespace)
        self.repair = Repair(kubectl, scope.again(), mesh_id, remote.name, self.service, held_in)
        self.fix = self.repair.addresses(truth.pattern, truth.addresses, remote.configured)

    def run(self) -> list[Finding]:
        """Every finding about this Service."""
        if self.service is None and (kind_unread := self._service_unread()):
            self.findings += self.scope.unreadable(self.cluster, *kind_unread)
        elif self.service is None:
            self._tell_missing_service()
            return self.findings
        if text(self.service, "spec", "type") == "ExternalName":
            self._verify_external_name()
            return self.findings
        backends = self._backends()
        if backends is not None:
            self._verify_backends(backends)
        return self.findings

    def _service_unread(self) -> tuple[str, str | None] | None:
        """The read of the Service that gave no answer: by name in another namespace, else the list."""
        subject = self.remote.name if self.remote.namespace != self.cluster.namespace else None
        return ("Service", subject) if self.cluster.unread("Service", subject) else None

    def _tell(self, code: str, about: ObjectRef, field: str, **details: Any) -> Finding:
        common = {"service": self.remote.name, "cluster": self.cluster.source, "kubectl": self.repair.kubectl}
        told = finding(code, about, field, **{**common, **details})
        self.findings.append(told)
        return told

    # --- the Service and where its endpoints are ------------------------------------------------

    def _tell_missing_service(self) -> None:
        name, revision = self.remote.name, self.remote.revision
        others = [
            name_of(s)
            for s in self.cluster.all("Service", self.remote.namespace)
            if name_of(s) in (REMOTE_SERVICE, f"istiod-{revision}-remote")
        ]
        code = "RevisionServiceNotFound" if others else "ServiceNotFound"
        self._tell(
            code,
            self.about,
            "exists",
            expected=[name],
            actual=others,
            other=quoted(others),
            config="istio-" + revision if revision else "istio",
            namespace=self.remote.namespace,
            cause=self._pending(),
            mesh=self.mesh_id or "",
        )

    def _backends(self) -> list[Backend] | None:
        """The backends that kube-proxy sees; None where there are none or they could not be read."""
        name = self.remote.name
        routed = slice_backends(self.slices)
        listed = endpoints_backends(self.endpoints)
        no_slices = self.cluster.unread("EndpointSlice", name)
        no_endpoints = self.cluster.unread("Endpoints", name)
        if no_slices and not self.slices:
            if no_slices.code != NOT_CAPTURED or self.endpoints is None:
                self.findings += self.scope.unreadable(self.cluster, "EndpointSlice", name)
                return None
            routed = listed  # a file that holds the Endpoints alone is enough
        elif self.endpoints is None and no_endpoints and no_endpoints.code != NOT_CAPTURED:
            self.findings += self.scope.unreadable(self.cluster, "Endpoints", name, WARN)

        ready = ready_addresses(routed)
        if ready:
            return routed
        expected = self.truth.addresses
        details = {"expected": expected, "source": self.truth.source, "fix": self.fix, "cause": self._pending()}
        if routed:
            held = sorted({backend.address for backend in routed})
            self._tell(
                "NoReadyEndpoints",
                self.about,
                "address",
                actual=[f"{a} (not ready)" for a in held],
                held=quoted(held),
                **details,
            )
        elif self.slices or not ready_addresses(listed):
            self._tell("NoEndpoints", self.about, "address", actual=[], **details)
        else:
            held = ready_addresses(listed)
            self._tell(
                "EndpointsNotMirrored",
                self.about,
                "EndpointSlice",
                expected=held,
                actual=[],
                held=quoted(held),
                why=self._why_not_mirrored(),
            )
        return None

    def _why_not_mirrored(self) -> str:
        if labels_of(self.endpoints or {}).get("endpointslice.kubernetes.io/skip-mirror") == "true":
            return "the Endpoints carry the label endpointslice.kubernetes.io/skip-mirror=true"
        if mapping(self.service, "spec", "selector"):
            return "the Service has a selector, so Endpoints written by hand are not mirrored"
        return "the mirroring controller has made none: is kube-controller-manager running?"

    # --- addresses ------------------------------------------------------------------------------

    def _verify_external_name(self) -> None:
        name = normalise(text(self.service, "spec", "externalName"))
        if is_ip(name):
            self._tell(
                "ExternalNameIsIP",
                self.about,
                "externalName",
                actual=[name],
                expected=self.truth.addresses,
                source=self.truth.source,
            )
            return
        self._verify_addresses([name], "externalName")

    def _verify_backends(self, backends: list[Backend]) -> None:
        addresses = ready_addresses(backends)
        wrong = self._verify_addresses(addresses, "address")
        if self.service is not None:
            self._verify_ports(self.service, addresses, backends)
        if self.endpoints is not None and self.slices:
            self._verify_agreement(backends, wrong)

    def _verify_addresses(self, addresses: list[str], field: str) -> Finding | None:
        """Compare each address; the first wrong one, if any."""
        expected = self.truth.addresses
        right = [a for a in addresses if expected is not None and a in expected]
        others = [a for a in addresses if a not in right]
        if right and self.truth.proves:
            self._tell(
                "AddressIsExpected",
                self.about,
                field,
                expected=expected,
                actual=right,
                source=self.truth.source,
                addresses=quoted(right),
            )
        unsure = [] if self.truth.proves else right
        wrong: Finding | None = None
        for address in others:
            owner = self.known.get(address)
            if expected is not None and not self._explained(owner) and not self._comparable(address, expected):
                self._tell(
                    "AddressNotComparable",
                    self.about,
                    field,
                    expected=expected,
                    actual=[address],
                    source=self.truth.source,
                    address=address,
                    wanted=quoted(expected),
                    again=self.scope.again(),
                )
            elif expected is not None or self._explained(owner):
                told = self._tell_wrong(address, owner, field)
                wrong = wrong or told
            else:
                unsure.append(address)
        if right and wrong and self.truth.proves:
            self._tell(
                "TrafficSplit",
                self.about,
                field,
                expected=expected,
                actual=addresses,
                cause=wrong,
                source=self.truth.source,
                right=quoted(right),
                wrong=quoted(others),
            )
        self._verify_replicas(addresses, right)
        drift = self._verify_configured(addresses, wrong, settled=bool(right) and self.truth.proves)
        if unsure and not (wrong or drift):
            self._tell_unsure(unsure, field)
        return wrong

    def _explained(self, owner: Owner | None) -> bool:
        """Whether an address is wrong for what it is, whatever the right one may be."""
        if owner is None:
            return False
        return (
            owner.code in _ALWAYS_WRONG
            or (owner.code in _WRONG_BESIDE and self.truth.pattern is not None)
            or (owner.code in _WRONG_HERE and owner.here)
        )

    @staticmethod
    def _comparable(address: str, expected: list[str]) -> bool:
        """A host name and an IP can't be compared without resolving, and nothing is resolved."""
        return all(is_ip(address) == is_ip(other) for other in expected)

    def _tell_wrong(self, address: str, owner: Owner | None, field: str) -> Finding:
        if owner is not None:
            code = owner.code
        else:
            code = "AddressIsStale" if self.truth.pattern == "hosted" else "AddressIsUnexpected"
        return self._tell(
            code,
            self.about,
            field,
            expected=self.truth.addresses,
            actual=[address],
            source=self.truth.source,
            cause=self._pending(),
            address=address,
            fix=self.fix,
            what=owner.what if owner else "an address that nothing here has",
            wanted=self._wanted(),
        )

    def _wanted(self) -> str:
        """What the pattern asks for, in a sentence."""
        key = {"hosted": "want-hosted", "workload": "want-workload", None: "want-unknown"}[self.truth.pattern]
        if not self.truth.addresses:
            return str(phrase(f"{key}-unread"))
        return phrase(key, addresses=Shell(quoted(self.truth.addresses)))

    def _verify_replicas(self, addresses: list[str], right: list[str]) -> None:
        for pod, held in self.truth.replicas if right else ():
            if not set(held) & set(addresses):
                self._tell(
                    "ReplicaMissing",
                    self.about,
                    "address",
                    expected=held,
                    actual=addresses,
                    source=self.truth.source,
                    pod=pod,
                    address=quoted(held),
                )

    def _verify_configured(self, addresses: list[str], wrong: Finding | None, *, settled: bool) -> bool:
        """Drift from remotePilotAddress: a failure where nothing better is known, else a warning."""
        configured = normalise(self.remote.configured or "")
        if not configured or self.truth.pattern != "workload" or not self._comparable(configured, addresses):
            return False
        if set(addresses) == {configured} or (wrong and self.truth.addresses is not None):
            return False  # where the right address is known, `fix` tells what the configuration has to do with it
        self._tell(
            "ConfiguredAddressDiffers",
            self.about,
            "remotePilotAddress",
            expected=[configured],
            actual=addresses,
            result=WARN if settled else FAIL,
            cause=wrong or self._pending(),
            configured=configured,
            source=f"{self.cluster.source}: configmap/istio-sidecar-injector"
            + ("-" + self.remote.revision if self.remote.revision else ""),
            addresses=quoted(addresses),
        )
        return not settled

    def _tell_unsure(self, addresses: list[str], field: str) -> None:
        again = self.scope.again()
        settle = phrase("settle-address", again=again)
        if not self.truth.proves:
            why = phrase("unsure-witness", source=Shell(self.truth.source or ""))
        elif self.truth.reason is not None:
            why = phrase("unsure-because", reason=Shell(title(self.truth.reason.code)))
        else:
            why = phrase("unsure-lone", mesh=Shell(self.mesh_id or "<unknown>"))
            others = [c for c in self.scope.intent.contexts if c != self.cluster.source]
            key = "settle-files" if self.cluster.server is None else "settle-context"
            context = others[0] if len(others) == 1 else "CONTEXT"
            settle = phrase(key, again=again, context=context, contexts=Shell(quoted(others)))
        is_what = [f"{a} is {self.known[a].what}" for a in addresses if a in self.known]
        self._tell(
            "AddressUndetermined",
            self.about,
            field,
            actual=addresses,
            expected=self.truth.addresses,
            cause=self.truth.reason,
            addresses=quoted(addresses),
            why="; ".join([str(why), *is_what]),
            settle=settle,
        )

    def _pending(self) -> Finding | None:
        """The failure of the control plane that this one may be the consequence of."""
        reason = self.truth.reason
        return reason if reason is not None and reason.result == FAIL else None

    # --- ports ----------------------------------------------------------------------------------

    def _verify_ports(self, service: Object, addresses: list[str], backends: list[Backend]) -> None:
        if text(service, "spec", "clusterIP") == "None":
            return  # headless: the name resolves to the addresses themselves, and no kube-proxy joins any port
        xds = self._verify_port(
            service,
            XDS_PORT,
            XDS_PORT,
            addresses,
            backends,
            ("XDSServicePortMissing", "XDSPortMissing", "XDSPortNotJoined"),
        )
        webhook = self._verify_port(
            service,
            WEBHOOK_SERVICE_PORT,
            WEBHOOK_PORT,
            addresses,
            backends,
            ("WebhookServicePortMissing", "WebhookPortMissing", "WebhookPortMissing"),
            cause=xds,  # both ports are wrong in one way, and mended by one command
        )
        if xds is None:
            ports = [str(XDS_PORT)] + ([] if webhook else [str(WEBHOOK_PORT)])
            self._tell("PortsAreExpected", self.about, "ports", expected=ports, actual=ports, ports=quoted(ports))

    def _verify_port(
        self,
        service: Object,
        outer: int,
        inner: int,
        addresses: list[str],
        backends: list[Backend],
        codes: tuple[str, str, str],
        cause: Finding | None = None,
    ) -> Finding | None:
        """The finding where a Service port does not lead to an endpoint port on every address.

        `codes` tell what is missing: the Service port, the endpoint port, or only its name.
        """
        port = service_port(service, outer)
        if port is None:
            return self._tell(
                codes[0],
                ObjectRef("Service", self.remote.namespace, self.remote.name),
                f"port {outer}",
                expected=[str(outer)],
                actual=[str(p) for p in service_ports(service)],
                cause=cause,
                fix=self.repair.write_service_ports(),
            )
        astray = [a for a in addresses if not {inner, None} & reached(port, a, backends)]
        if not astray:
            return None
        held = sorted({p for a in astray for p in ports_of(a, backends)}, key=str)
        wanted = str(Port(port.name, "TCP", inner))
        return self._tell(
            codes[2] if any(p.number == inner for p in held) else codes[1],
            self.about,
            f"port {inner}",
            expected=[wanted],
            actual=[str(p) for p in held],
            cause=cause,
            addresses=quoted(astray),
            port=str(port),
            held=quoted([str(p) for p in held]),
            wanted=wanted,
            fix=self.repair.write_endpoints(self.truth.addresses or addresses),
        )

    def _verify_agreement(self, backends: list[Backend], wrong: Finding | None) -> None:
        """kube-proxy follows the slices; Endpoints that say otherwise mislead whoever reads them."""
        if mapping(self.endpoints, "metadata", "annotations").get("endpoints.kubernetes.io/over-capacity"):
            return
        in_slices, in_endpoints = (
            {(b.address, port) for b in side if b.ready for port in b.ports or (None,)}
            for side in (backends, endpoints_backends(self.endpoints))
        )
        if in_slices == in_endpoints:
            return
        routed, listed = ready_addresses(backends), ready_addresses(endpoints_backends(self.endpoints))
        self._tell(
            "EndpointsDiffer",
            self.about,
            "EndpointSlice",
            result=FAIL if wrong else WARN,
            cause=wrong,
            expected=listed,
            actual=routed,
            routed=quoted(routed),
            listed=quoted(listed),
        )
