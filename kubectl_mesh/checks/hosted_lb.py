"""The Service that exposes a hosted istiod, `istiod-<mesh>-hosted-lb`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kubectl_mesh.checks.context import CheckContext, quoted
from kubectl_mesh.checks.load_balancer import explain_pending, verify_announced
from kubectl_mesh.findings.catalog import finding
from kubectl_mesh.findings.model import FAIL, UNKNOWN, WARN, Finding, ObjectRef
from kubectl_mesh.kube.objects import Object, mapping, maps, name_of, text
from kubectl_mesh.kube.routing import (
    ordered,
    reached,
    ready_addresses,
    service_port,
    slice_backends,
    slices_of,
)
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.kube.workloads import is_ready, lb_addresses, pod_addresses, selects
from kubectl_mesh.mesh.control_planes import HostedControlPlane
from kubectl_mesh.mesh.istiods import hosted_pods
from kubectl_mesh.mesh.names import (
    WEBHOOK_PORT,
    XDS_PORT,
    hosted_deployment_name,
    hosted_lb_name,
)


@dataclass(frozen=True)
class Subject:
    """The control plane that is verified; `verify_hosted` says what its parts are."""

    context: CheckContext
    cluster: Snapshot
    name: str
    plane: HostedControlPlane | None
    needs_lb: bool
    unread: str

    @property
    def deployment(self) -> ObjectRef:
        """Its Deployment, whether it is there or not."""
        return ObjectRef("Deployment", self.cluster.namespace, hosted_deployment_name(self.name))

    @property
    def lb(self) -> ObjectRef:
        """Its Service hosted-lb, whether it is there or not."""
        return ObjectRef("Service", self.cluster.namespace, hosted_lb_name(self.name))

    @property
    def pod_selector(self) -> str:
        """The label selector that lists the hosted Pods."""
        return f"app=istiod,istio.io/rev={self.name}-hosted"

    def report_unread(self, kind: str, name: str | None = None) -> list[Finding]:
        """The finding for a read of its cluster that failed, [] where it was answered."""
        return self.context.report_unread(self.cluster, kind, name, self.unread)


@dataclass(frozen=True)
class LoadBalancer:
    """The addresses of hosted-lb, as in `Hosted`, and what was found on the way to them."""

    findings: list[Finding]
    addresses: list[str] | None = None
    no_address: Finding | None = None


def pods_source(cluster: Snapshot, name: str) -> str:
    """Where the addresses of a hosted istiod's Pods were read, as the report names it."""
    return f"{cluster.source}: Pods of deployment/{hosted_deployment_name(name)}"


def verify_lb(subject: Subject, ready: Sequence[Object] | None, known: set[str]) -> LoadBalancer:
    """Whether hosted-lb has an address that leads to the ready Pods.

    `ready` are these Pods (None: not read), `known` the codes of what was found before.
    """
    context, cluster = subject.context, subject.cluster
    service = cluster.find("Service", hosted_lb_name(subject.name))
    if service is None and cluster.unread("Service"):
        unread = context.unread_finding(cluster, "Service", None)
        return LoadBalancer(subject.report_unread("Service"), no_address=unread)
    if service is None or _service_type(service) != "LoadBalancer":
        unusable = _unusable_lb(subject, service)
        return LoadBalancer([unusable], no_address=unusable)
    grave = FAIL if subject.needs_lb else WARN
    addresses = lb_addresses(service)
    if not addresses:
        pending = explain_pending(
            context, cluster, service, grave, known, unexplained="HostedLBPending"
        )
        return LoadBalancer([pending], no_address=pending)
    found = [_assigned(subject, addresses)]
    found += verify_announced(context, cluster, service, grave)
    if ready:
        # That there are none is another finding's business.
        found += _verify_backends(subject, service, ready)
    return LoadBalancer(found, addresses)


def _service_type(service: Object | None) -> str:
    return text(service, "spec", "type") or "ClusterIP"


def _unusable_lb(subject: Subject, service: Object | None) -> Finding:
    """The finding for a hosted-lb that is not there, or is no load balancer."""
    if service is None:
        code, actual = "HostedLBNotFound", []
    else:
        code, actual = "HostedLBNotLoadBalancer", [_service_type(service)]
    return finding(
        code,
        subject.lb,
        "address",
        result=UNKNOWN if subject.needs_lb else WARN,
        expected=["an address"],
        actual=actual,
        name=hosted_lb_name(subject.name),
        cluster=subject.cluster.source,
        kubectl=subject.context.kubectl(subject.cluster),
        type=_service_type(service),
    )


def _assigned(subject: Subject, addresses: Sequence[str]) -> Finding:
    return finding(
        "HostedLBAssigned",
        subject.lb,
        "address",
        expected=["an address"],
        actual=addresses,
        addresses=quoted(addresses),
        name=hosted_lb_name(subject.name),
        cluster=subject.cluster.source,
        kubectl=subject.context.kubectl(subject.cluster),
        type="LoadBalancer",
    )


def _verify_backends(subject: Subject, service: Object, ready: Sequence[Object]) -> list[Finding]:
    """Whether hosted-lb leads to ready hosted Pods, on both ports, and to nothing else."""
    cluster, about = subject.cluster, subject.lb
    selector = mapping(service, "spec", "selector")
    if not selector and cluster.unread("EndpointSlice", about.name):
        return subject.report_unread("EndpointSlice", about.name)
    written = ",".join(f"{key}={value}" for key, value in selector.items())
    params: dict[str, Any] = {
        "name": about.name or "",
        "kubectl": subject.context.kubectl(cluster),
        "selector": subject.pod_selector,
        "actual_selector": written or "none",
    }
    compared: dict[str, Any] = {
        "expected": ordered(address for pod in ready for address in pod_addresses(pod)),
        "source": pods_source(cluster, subject.name),
        **params,
    }
    field = f"port {XDS_PORT}"
    addresses = _reached_addresses(cluster, service, XDS_PORT, ready)
    if not addresses:
        return [finding("HostedLBReachesNoPod", about, field, actual=[], **compared)]
    found = [finding("HostedLBReachesPods", about, field, actual=addresses, **compared)]
    found += _reaches_others(subject, service, compared)
    if not _reached_addresses(cluster, service, WEBHOOK_PORT, ready):
        found.append(_webhook_port_missing(subject, params))
    return found


def _webhook_port_missing(subject: Subject, params: dict[str, Any]) -> Finding:
    return finding(
        "HostedLBWebhookPortMissing",
        subject.lb,
        f"port {WEBHOOK_PORT}",
        expected=[str(WEBHOOK_PORT)],
        actual=[],
        **params,
    )


def _reaches_others(subject: Subject, service: Object, compared: dict[str, Any]) -> list[Finding]:
    """The finding for backends that are no hosted Pods, [] where all of them are."""
    cluster = subject.cluster
    own = hosted_pods(cluster, subject.name)
    if mapping(service, "spec", "selector"):
        others = _other_pods(cluster, service, own)
    else:
        others = _other_addresses(cluster, service, own)
    if not others:
        return []
    code, field = "HostedLBReachesOthers", "backends"
    return [finding(code, subject.lb, field, actual=others, others=quoted(others), **compared)]


def _other_pods(cluster: Snapshot, service: Object, own: Sequence[Object]) -> list[str]:
    """The names of ready Pods that the selector selects beside the hosted ones."""
    names = []
    for pod in cluster.all("Pod"):
        if selects(service, pod) and is_ready(pod) and pod not in own:
            names.append(name_of(pod))
    return names


def _other_addresses(cluster: Snapshot, service: Object, own: Sequence[Object]) -> list[str]:
    """The ready addresses in the Service's slices that no hosted Pod has."""
    hosted = {address for pod in own for address in pod_addresses(pod)}
    backends = slice_backends(slices_of(cluster, name_of(service)), service)
    return [address for address in ready_addresses(backends) if address not in hosted]


def _reached_addresses(
    cluster: Snapshot, service: Object, number: int, pods: Sequence[Object]
) -> list[str]:
    """The addresses of Pods where a port of hosted-lb leads to the Pods' port of the same number.

    With a selector from Pod and targetPort, as the endpoints controller does it; without one from
    the Service's own slices.
    """
    port = service_port(service, number)
    if port is None:
        return []
    backends = slice_backends(slices_of(cluster, name_of(service)))
    selector = mapping(service, "spec", "selector")
    leads: list[str] = []
    for pod in pods:
        addresses = pod_addresses(pod)
        if not selector:
            leads += [a for a in addresses if number in reached(port, a, backends)]
        elif selects(service, pod) and number in _target_ports(service, number, pod):
            leads += addresses
    return ordered(leads)


def _target_ports(service: Object, number: int, pod: Object) -> set[int]:
    """The ports of a Pod that the `targetPort` of a Service's TCP port means."""
    targets = []
    for port in maps(service, "spec", "ports"):
        if port.get("port") == number and (text(port, "protocol") or "TCP") == "TCP":
            targets.append(port.get("targetPort") or number)
    target = targets[0]  # the Service has that port
    return {target} if isinstance(target, int) else _named_ports(pod, target)


def _named_ports(pod: Object, name: Any) -> set[int]:
    """The numbers of a Pod's container ports of that name."""
    numbers = set()
    for container in maps(pod, "spec", "containers"):
        for declared in maps(container, "ports"):
            number = declared.get("containerPort")
            if declared.get("name") == name and type(number) is int:
                numbers.add(number)
    return numbers
