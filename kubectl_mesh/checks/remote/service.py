"""istiod-remote, the Service that a cluster's proxies dial, held to the pattern of the cluster's role."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from kubectl_mesh.checks.context import Scope, quoted
from kubectl_mesh.checks.remote.expected import HOSTED, WORKLOAD, Truth
from kubectl_mesh.checks.remote.repair import SKIP_MIRROR, Repair
from kubectl_mesh.findings.catalog import Shell, finding, phrase, title
from kubectl_mesh.findings.model import FAIL, WARN, Finding, ObjectRef
from kubectl_mesh.kube.objects import Object, labels_of, mapping, name_of, text
from kubectl_mesh.kube.routing import (
    SERVICE_NAME_LABEL,
    Port,
    endpoints_backends,
    is_ip,
    mirrored,
    normalise,
    ordered,
    ports_of,
    reached,
    ready_addresses,
    service_port,
    service_ports,
    slice_backends,
    slices_of,
)
from kubectl_mesh.kube.snapshot import NOT_CAPTURED
from kubectl_mesh.mesh.addresses import Owner, shadowing
from kubectl_mesh.mesh.config import MeshConfig
from kubectl_mesh.mesh.names import (
    GLOBAL_NAMESPACE,
    WEBHOOK_PORT,
    WEBHOOK_SERVICE_PORT,
    XDS_PORT,
    injector_name,
    is_remote_service,
)

# What is wrong in a cluster of any role; what is wrong beside a pattern; and what only a thing of this very
# cluster makes certain: a node or Pod of another cluster may still be how a custom entry looks.
_ALWAYS_WRONG = {
    "AddressIsLocalIstiod",
    "AddressIsCkubeRemote",
    "AddressIsClusterIP",
    "AddressIsOtherMesh",
}
_WRONG_BESIDE = {"AddressIsHostedPod", "AddressIsLoadBalancer"}
_WRONG_HERE = {"AddressIsNode", "AddressIsOtherPod"}
_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_MIRRORING = "endpointslicemirroring-controller.k8s.io"


@dataclass(frozen=True)
class Remote:
    """The istiod-remote Service that a mesh config names; `configured` is the config's remotePilotAddress.

    `config` is the mesh ConfigMap, None where the role was stated and no mesh config names the Service.
    """

    name: str
    namespace: str
    config: MeshConfig | None
    configured: str | None


class RemoteCheck:
    """Verifies one istiod-remote. `known` tells whose an address is, `truth` which ones are right."""

    def __init__(
        self,
        scope: Scope,
        remote: Remote,
        mesh_id: str | None,
        truth: Truth,
        known: dict[str, Owner],
        *,
        trial: bool = False,
    ) -> None:
        self.scope, self.cluster, self.remote, self.trial = scope, scope.verified, remote, trial
        self.mesh_id, self.truth, self.known = mesh_id, truth, known
        self.findings: list[Finding] = []
        self.service = self.cluster.find("Service", remote.name, remote.namespace)
        self.endpoints = self.cluster.find("Endpoints", remote.name, remote.namespace)
        self.slices = slices_of(self.cluster, remote.name, remote.namespace)
        self.listed = endpoints_backends(self.endpoints)
        # Where there is no slice that was read, a file that holds the Endpoints alone is enough.
        no_slices = self.cluster.unread("EndpointSlice", remote.name, remote.namespace)
        captured_alone = (
            no_slices is not None and no_slices.code == NOT_CAPTURED and self.endpoints is not None
        )
        self.alone = captured_alone and not self.slices and not self._never_mirrored()
        self.sliced = mirrored(self.endpoints) if self.alone else self.slices
        self.routed = slice_backends(self.sliced, self.service)
        self.service_ref = ObjectRef("Service", remote.namespace, remote.name)
        kubectl = scope.kubectl(self.cluster, remote.namespace)
        self.repair = Repair(
            kubectl, self._global(), scope.again(), mesh_id, remote.name, self.service
        )

    def _global(self) -> Shell:
        """`kubectl` in the global cluster, which may be one of the run."""
        for cluster, mesh in self.scope.clusters.global_meshes:
            if name_of(mesh) == self.mesh_id:
                return self.scope.kubectl(cluster, GLOBAL_NAMESPACE)
        return Shell(f"kubectl -n {GLOBAL_NAMESPACE}")

    def run(self) -> list[Finding]:
        """Every finding about this Service."""
        name, namespace = self.remote.name, self.remote.namespace
        if self.service is None:
            # By its name in another namespace than the mesh's, else in the list of all.
            subject = name if namespace != self.cluster.namespace else None
            if not self.cluster.unread("Service", subject, namespace):
                self._tell_missing_service()
                return self.findings
            self.findings += self.scope.tell_unread(
                self.cluster, "Service", subject, namespace=namespace
            )
        if text(self.service, "spec", "type") == "ExternalName":
            self._verify_external_name()
        elif self._has_backends():
            self._verify_backends()
        return self.findings

    def _tell(self, code: str, about: ObjectRef, field: str, **details: Any) -> Finding:
        common = {
            "service": self.remote.name,
            "cluster": self.cluster.source,
            "kubectl": self.repair.kubectl,
        }
        told = finding(code, about, field, **{**common, **details})
        self.findings.append(told)
        return told

    # --- the Service and where its endpoints are ------------------------------------------------

    def _tell_missing_service(self) -> None:
        """No Service of that name; with a revision, Istio's stock chart gives it another."""
        names = [name_of(s) for s in self.cluster.all("Service", self.remote.namespace)]
        others = [name for name in names if is_remote_service(name)]
        config = self.remote.config.name if self.remote.config else ""
        self._tell(
            "RevisionServiceNotFound" if others and config else "ServiceNotFound",
            self.service_ref,
            "exists",
            expected=[self.remote.name],
            actual=others,
            other=quoted(others),
            config=config or "istio",
            who=f"configmap {config} sends" if config else "the stated role sends",
            namespace=self.remote.namespace,
            cause=self._pending(),
        )

    def _has_backends(self) -> bool:
        """Whether any address gets traffic; what is missing, or could not be read, is told."""
        name, namespace = self.remote.name, self.remote.namespace
        no_slices = self.cluster.unread("EndpointSlice", name, namespace)
        no_endpoints = self.cluster.unread("Endpoints", name, namespace)
        if no_slices and not self.slices and not self.alone:
            self.findings += self.scope.tell_unread(
                self.cluster, "EndpointSlice", name, namespace=namespace
            )
            return False
        if self.endpoints is None and no_endpoints and no_endpoints.code != NOT_CAPTURED:
            self.findings += self.scope.tell_unread(
                self.cluster, "Endpoints", name, WARN, namespace
            )
        if ready_addresses(self.routed):
            return True

        listed = ready_addresses(self.listed)
        if listed and not self.slices and not self.alone:
            self._tell(
                "EndpointsNotMirrored",
                self._ref(self.endpoints),
                "EndpointSlice",
                expected=listed,
                actual=[],
                held=quoted(listed),
                why=self._never_mirrored()
                or "the mirroring controller has made none (does kube-controller-manager run?)",
                fix=self.repair.let_mirror(),
            )
            return False
        # The slices decide; Endpoints that say otherwise are not what is to be mended.
        holder = self.slices[0] if listed and self.slices else self._holder()
        held = ordered(backend.address for backend in self.routed)
        missing = self._tell(
            "NoReadyEndpoints" if held else "NoEndpoints",
            self._ref(holder),
            "address",
            expected=self.truth.addresses,
            actual=[f"{address} (not ready)" for address in held],
            source=self.truth.source,
            held=quoted(held),
            why=self._why_not_routed(),
            fix=self._fix(holder),
            repair=self._manifest(holder),
            cause=self._pending(),
        )
        if listed and self.slices:
            self._verify_agreement(missing)
        return False

    def _why_not_routed(self) -> str:
        """Why addresses that stand in slices get no traffic, to be added to a sentence."""
        if text(self.service, "spec", "internalTrafficPolicy") == "Local":
            return " (internalTrafficPolicy is Local, and none of them is on a node)"
        if ready_addresses(slice_backends(self.sliced)) and not self.routed:
            return " that is routed (its slices are of an IP family that the Service does not have)"
        return ""

    def _never_mirrored(self) -> str:
        """Why the mirroring controller passes over these Endpoints; "" where it does not."""
        if labels_of(self.endpoints or {}).get(SKIP_MIRROR) == "true":
            return f"the Endpoints carry the label {SKIP_MIRROR}=true"
        if mapping(self.service, "spec", "selector"):
            return "the Service has a selector, so Endpoints written by hand are not mirrored"
        return ""

    def _holder(self, address: str | None = None) -> Object | None:
        """The object that people look at and edit: the Endpoints, or the slice where they don't hold the address."""
        if self.endpoints is not None and (
            address is None or address in ready_addresses(self.listed)
        ):
            return self.endpoints
        names = {backend.holder for backend in self.routed if address in (None, backend.address)}
        return next(
            (s for s in self.slices if name_of(s) in names), next(iter(self.slices), self.endpoints)
        )

    def _ref(self, holder: Object | None) -> ObjectRef:
        if holder is None or text(self.service, "spec", "type") == "ExternalName":
            return self.service_ref
        return ObjectRef(text(holder, "kind"), self.remote.namespace, name_of(holder))

    # --- addresses ------------------------------------------------------------------------------

    def _verify_external_name(self) -> None:
        name = normalise(text(self.service, "spec", "externalName"))
        if is_ip(name):
            self._tell(
                "ExternalNameIsIP",
                self.service_ref,
                "externalName",
                expected=["a host name"],
                actual=[name],
                fix=self._fix(None)
                if self.truth.addresses
                else self.repair.write_endpoints([name], None),
            )
            return
        self._verify_addresses([name], "externalName")

    def _verify_backends(self) -> None:
        addresses = ready_addresses(self.routed)
        wrong = self._verify_addresses(addresses, "address")
        if self.service is not None:
            wrong = self._verify_ports(self.service, addresses) or wrong
        if self.endpoints is not None and self.slices:
            self._verify_agreement(wrong)

    def _verify_addresses(self, addresses: list[str], field: str) -> Finding | None:
        """Compare each address; the first wrong one, if any."""
        expected = self.truth.addresses
        # The right address may mean another thing inside this cluster; a stated one is the user's own business.
        shadows = (
            shadowing(self.cluster)
            if self.truth.pattern == WORKLOAD and not self.scope.intent.addresses
            else {}
        )
        right = [
            a for a in addresses if expected is not None and a in expected and a not in shadows
        ]
        others = [a for a in addresses if a not in right]
        if right and self.truth.proves:
            self._tell(
                "AddressIsExpected",
                self._ref(self._holder()),
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
            if (
                expected is not None
                and address in expected
                and not (owner and owner.code in _ALWAYS_WRONG)
            ):
                owner = shadows.get(address)
            if (
                expected is not None
                and not self._explained(owner)
                and not self._comparable(address, expected)
            ):
                says_so = phrase("fix-stated", address=address, again=self.scope.again())
                self._tell(
                    "AddressNotComparable",
                    self._ref(self._holder(address)),
                    field,
                    expected=expected,
                    actual=[address],
                    source=self.truth.source,
                    address=address,
                    wanted=quoted(expected),
                    # A stated address never applies to the hosted pattern.
                    fix=self._fix(self._holder(address))
                    if self.truth.pattern == HOSTED
                    else says_so,
                    repair=self._manifest(self._holder(address))
                    if self.truth.pattern == HOSTED
                    else None,
                )
            elif expected is not None or self._explained(owner):
                told = self._tell_wrong(address, owner, field)
                wrong = wrong or told
            else:
                unsure.append(address)
        if right and wrong and self.truth.proves:
            self._tell(
                "TrafficSplit",
                self._ref(self._holder()),
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
            code = "AddressIsStale" if self.truth.pattern == HOSTED else "AddressIsUnexpected"
        holder = self._holder(address)
        shadowed = address in (self.truth.addresses or []) and self.truth.pattern == WORKLOAD
        return self._tell(
            code,
            self._ref(holder),
            field,
            expected=self.truth.addresses,
            actual=[address],
            source=self.truth.source,
            cause=self._pending(),
            address=address,
            fix=phrase("fix-shadowed", again=self.scope.again()) if shadowed else self._fix(holder),
            repair=None if shadowed else self._manifest(holder),
            what=owner.what if owner else "an address that nothing here has",
            wanted=phrase("want-shadowed") if shadowed else self._wanted(),
        )

    def _wanted(self) -> str:
        """What the pattern asks for, in a sentence."""
        key = {HOSTED: "want-hosted", WORKLOAD: "want-workload", None: "want-unknown"}[
            self.truth.pattern
        ]
        if not self.truth.addresses:
            return str(phrase(f"{key}-unread"))
        return phrase(key, addresses=Shell(quoted(self.truth.addresses)))

    def _verify_replicas(self, addresses: list[str], right: list[str]) -> None:
        for pod, held in self.truth.replicas if right else ():
            if not set(held) & set(addresses):
                self._tell(
                    "ReplicaMissing",
                    self._ref(self._holder()),
                    "address",
                    expected=held,
                    actual=addresses,
                    source=self.truth.source,
                    pod=pod,
                    address=quoted(held),
                )

    def _verify_configured(
        self, addresses: list[str], wrong: Finding | None, *, settled: bool
    ) -> bool:
        """Drift from remotePilotAddress: a failure where nothing better is known, else a warning."""
        configured = normalise(self.remote.configured or "")
        if (
            not configured
            or self.truth.pattern != WORKLOAD
            or not self._comparable(configured, addresses)
        ):
            return False
        if set(addresses) == {configured} or (wrong and self.truth.addresses is not None):
            return False  # where the right address is known, `fix` tells what the configuration has to do with it
        right = self.truth.addresses if settled and not wrong else None
        fix = phrase("settle-drift", again=self.scope.again())
        if right:
            fix = phrase("fix-configured", address=right[0], setting=self.repair.setting(right[0]))
        self._tell(
            "ConfiguredAddressDiffers",
            self._ref(self._holder()),
            "remotePilotAddress",
            expected=right or [configured],
            actual=[configured] if right else addresses,
            result=WARN if settled else FAIL,
            cause=wrong or self._pending(),
            configured=configured,
            right=" as it should" if right else "",
            fix=fix,
            source=f"{self.cluster.source}: configmap/{injector_name(self.remote.config.name)}"
            if self.remote.config
            else None,
            addresses=quoted(addresses),
        )
        return not settled

    def _tell_unsure(self, addresses: list[str], field: str) -> None:
        if not self.truth.proves:
            why = phrase("unsure-witness", source=Shell(self.truth.source or ""))
        elif self.truth.reason is not None:
            why = phrase("unsure-because", reason=Shell(title(self.truth.reason.code)))
        else:
            why = phrase("unsure-lone", mesh=Shell(self.mesh_id or "<unknown>"))
        is_what = [f"{a} is {self.known[a].what}" for a in addresses if a in self.known]
        self._tell(
            "AddressUndetermined",
            self._ref(self._holder()),
            field,
            actual=addresses,
            expected=self.truth.addresses,
            cause=self.truth.reason,
            addresses=quoted(addresses),
            why="; ".join([str(why), *is_what]),
            settle=self._settle(),
        )

    def _settle(self) -> Shell:
        """How the user gets to know which address is right."""
        again = self.scope.again()
        if self.truth.pattern != WORKLOAD:
            return phrase("settle-again", again=again)
        if self.truth.reason is not None or not self.truth.proves:
            return phrase("settle-address", again=again)
        if self.cluster.server is None:
            return phrase("settle-files", again=again)
        others = [
            context for context in self.scope.intent.contexts if context != self.cluster.source
        ]
        context = others[0] if len(others) == 1 else "CONTEXT"
        return phrase(
            "settle-context", again=again, context=context, contexts=Shell(quoted(others))
        )

    def _fix(self, holder: Object | None) -> Shell:
        """How the endpoints in an object are mended."""
        right = self._right()
        if not right:
            return self._settle()
        return self.repair.addresses(self.truth.pattern, right, self.remote.configured, holder)

    def _right(self) -> list[str]:
        """The addresses to write: of those that the user allows the ones in use, or the first; else all right ones."""
        right = self.truth.addresses or []
        if not (self.scope.intent.addresses and self.truth.pattern == WORKLOAD):
            return right
        return [address for address in ready_addresses(self.routed) if address in right] or right[
            :1
        ]

    def _manifest(self, holder: Object | None) -> Object | None:
        """The object that holds the endpoints as it should be, where that is known and nothing else is in the way."""
        right = self._right()
        made = (
            self.repair.manifest(self.remote.namespace, right, holder)
            if right and not self.trial
            else None
        )
        return made if made and self._mends(made) else None

    def _mends(self, made: Object) -> bool:
        """Whether nothing is at fault any more with this object in the cluster, and what controllers make of it."""
        kind, cluster = made["kind"], self.cluster
        there = cluster.find(kind, name_of(made), self.remote.namespace) or {}
        metadata = {**mapping(there, "metadata"), **made["metadata"]}
        changed = {**there, **made, "metadata": metadata}
        slices = cluster.objects.get("EndpointSlice", [])
        if kind == "Endpoints" and not self.alone and not self._never_mirrored():
            ours = {
                id(slice_)
                for slice_ in self.slices
                if labels_of(slice_).get(_MANAGED_BY) == _MIRRORING
            }
            labels = {SERVICE_NAME_LABEL: self.remote.name, _MANAGED_BY: _MIRRORING}
            slices = [slice_ for slice_ in slices if id(slice_) not in ours]
            slices += [
                {
                    **slice_,
                    "kind": "EndpointSlice",
                    "metadata": {**metadata, "name": f"new-{number}", "labels": labels},
                }
                for number, slice_ in enumerate(mirrored(changed))
            ]
        elif labels_of(there).get(_MANAGED_BY) == _MIRRORING:
            return False  # its controller writes it anew
        tried = replace(cluster, objects={**cluster.objects, "EndpointSlice": list(slices)})
        tried.add(kind, [changed])
        scope = replace(self.scope, verified=tried, told={})
        check = RemoteCheck(scope, self.remote, self.mesh_id, self.truth, self.known, trial=True)
        return not any(found.result == FAIL for found in check.run())

    def _pending(self) -> Finding | None:
        """The failure of the control plane that this one may be the consequence of."""
        reason = self.truth.reason
        return reason if reason is not None and reason.result == FAIL else None

    # --- ports ----------------------------------------------------------------------------------

    def _verify_ports(self, service: Object, addresses: list[str]) -> Finding | None:
        """Whether 15012 and 443 lead to 15012 and 15017 on every address; the failure, if any."""
        if text(service, "spec", "clusterIP") == "None":
            return None  # headless: the name resolves to the addresses themselves, and no kube-proxy joins any port
        xds = self._verify_port(
            service,
            XDS_PORT,
            XDS_PORT,
            addresses,
            ("XDSServicePortMissing", "XDSPortMissing", "XDSPortNotJoined"),
        )
        webhook = self._verify_port(
            service,
            WEBHOOK_SERVICE_PORT,
            WEBHOOK_PORT,
            addresses,
            ("WebhookServicePortMissing", "WebhookPortMissing", "WebhookPortMissing"),
            cause=xds,  # both ports are wrong in one way, and mended by one command
        )
        if xds is None:
            ports = [str(XDS_PORT)] + ([] if webhook else [str(WEBHOOK_PORT)])
            about = self._ref(self._holder())
            self._tell(
                "PortsAreExpected",
                about,
                "ports",
                expected=ports,
                actual=ports,
                ports=quoted(ports),
            )
        return xds

    def _verify_port(
        self,
        service: Object,
        outer: int,
        inner: int,
        addresses: list[str],
        codes: tuple[str, str, str],
        cause: Finding | None = None,
    ) -> Finding | None:
        """The finding where a Service port does not lead to an endpoint port on every address.

        `codes` tell what is missing: the Service port, the endpoint port, or only its name.
        """
        port = service_port(service, outer)
        right = self._right() or addresses
        if port is None:
            held = [p for a in addresses for p in ports_of(a, self.routed)]
            return self._tell(
                codes[0],
                self.service_ref,
                f"port {outer}",
                expected=[str(outer)],
                actual=[str(p) for p in service_ports(service)],
                cause=cause,
                fix=self.repair.write_service_ports(held, right, self._holder()),
            )
        # Another number under the same name is another backend, which gets its share of the connections.
        astray = [a for a in addresses if reached(port, a, self.routed) != {inner}]
        if not astray:
            return None
        held = sorted({p for a in astray for p in ports_of(a, self.routed)}, key=str)
        wanted = str(Port(port.name, "TCP", inner))
        holder = self._holder(astray[0])
        return self._tell(
            codes[2] if any(p.number == inner for p in held) else codes[1],
            self._ref(holder),
            f"port {inner}",
            expected=[wanted],
            actual=[str(p) for p in held],
            cause=cause,
            addresses=quoted(astray),
            port=str(port),
            held=quoted([str(p) for p in held]),
            wanted=wanted,
            fix=self.repair.write_endpoints(right, holder),
            repair=self._manifest(holder),
        )

    def _verify_agreement(self, wrong: Finding | None) -> None:
        """kube-proxy follows the slices; Endpoints that say otherwise mislead whoever reads them."""
        if mapping(self.endpoints, "metadata", "annotations").get(
            "endpoints.kubernetes.io/over-capacity"
        ):
            return
        sides = [
            {(b.address, str(port)) for b in side if b.ready for port in b.ports or ("no port",)}
            for side in (self.routed, self.listed)
        ]
        if sides[0] == sides[1]:
            return
        routed, listed = ready_addresses(self.routed), ready_addresses(self.listed)
        if routed == listed:  # only the ports differ
            routed, listed = (
                [f"{address}:{port}" for address, port in sorted(side)] for side in sides
            )
        self._tell(
            "EndpointsDiffer",
            self._ref(self.endpoints),
            "EndpointSlice",
            result=FAIL if wrong else WARN,
            cause=wrong,
            expected=listed,
            actual=routed,
            routed=quoted(routed),
            listed=quoted(listed),
        )
