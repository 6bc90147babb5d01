"""The hosted istiod of a mesh and the Service that exposes it, `istiod-<mesh>-hosted-lb`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kubectl_mesh.checks.context import CheckContext, quoted
from kubectl_mesh.checks.load_balancer import explain_pending, verify_announced
from kubectl_mesh.findings.catalog import finding
from kubectl_mesh.findings.model import FAIL, UNKNOWN, WARN, Finding, ObjectRef
from kubectl_mesh.kube.objects import Object, dig, mapping, maps, name_of, text
from kubectl_mesh.kube.routing import (
    ordered,
    reached,
    ready_addresses,
    service_port,
    slice_backends,
    slices_of,
)
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.kube.workloads import (
    is_ready,
    is_terminating,
    lb_addresses,
    pod_addresses,
    selects,
)
from kubectl_mesh.mesh.control_planes import HostedControlPlane
from kubectl_mesh.mesh.istiods import hosted_pods
from kubectl_mesh.mesh.names import (
    WEBHOOK_PORT,
    XDS_PORT,
    hosted_config_name,
    hosted_deployment_name,
    hosted_lb_name,
)


@dataclass
class Hosted:
    """What was found of a hosted control plane.

    `ready` are the ready hosted Pods (None: not read), `addresses` those of hosted-lb (None: it
    has none that can be named), each with the finding that says why where there is nothing to
    hold others to. `unread` is the result where something could not be read.
    """

    cluster: Snapshot
    name: str
    unread: str = UNKNOWN
    findings: list[Finding] = field(default_factory=list)
    ready: list[Object] | None = None
    no_pods: Finding | None = None
    addresses: list[str] | None = None
    no_address: Finding | None = None

    @property
    def lb_source(self) -> str:
        """Where the expected address of workload clusters was read."""
        return f"{self.cluster.source}: service/{hosted_lb_name(self.name)}"

    @property
    def selector(self) -> str:
        """The label selector that lists the hosted Pods."""
        return f"app=istiod,istio.io/rev={self.name}-hosted"

    @property
    def pods_source(self) -> str:
        """Where the expected addresses of the control-plane cluster itself were read."""
        return f"{self.cluster.source}: Pods of deployment/{hosted_deployment_name(self.name)}"


def verify_hosted(
    context: CheckContext,
    cluster: Snapshot,
    name: str,
    plane: HostedControlPlane | None,
    *,
    needs_lb: bool,
    unread: str = UNKNOWN,
) -> Hosted:
    """Verify a hosted control plane; `plane` is None where no Deployment of that name was found.

    `needs_lb` is False where nothing depends on hosted-lb: the cluster is its own workload
    cluster, or the user stated the address that workload clusters must have. `unread` is the
    result where something could not be read.
    """
    hosted = Hosted(cluster, name, unread)
    deployment = ObjectRef("Deployment", cluster.namespace, hosted_deployment_name(name))
    if plane is None:
        if cluster.unread("Deployment"):
            hosted.findings += context.report_unread(cluster, "Deployment", None, unread)
        elif any(map(is_ready, hosted_pods(cluster, name))):
            hosted.findings.append(hosted_pods_unowned(context, cluster, name))
        else:
            hosted.no_pods = finding(
                "HostedIstiodGone",
                deployment,
                "exists",
                expected=[deployment.name or ""],
                actual=[],
                name=deployment.name or "",
                lb=hosted_lb_name(name),
                cluster=cluster.source,
                kubectl=context.kubectl(cluster),
            )
            hosted.findings.append(hosted.no_pods)
    elif plane.config_error:
        config = ObjectRef("ConfigMap", cluster.namespace, hosted_config_name(name))
        hosted.findings.append(
            finding(
                "MeshIDFromName",
                config,
                "meshId",
                config=config.name or "",
                why=plane.config_error,
                mesh=name,
            )
        )
    _verify_pods(context, hosted, deployment, plane)
    _verify_lb(context, hosted, needs_lb=needs_lb)
    return hosted


def hosted_pods_unowned(context: CheckContext, cluster: Snapshot, name: str) -> Finding:
    """Ready hosted Pods without the Deployment that makes a cluster the control plane."""
    pods = [name_of(pod) for pod in hosted_pods(cluster, name) if is_ready(pod)]
    deployment = hosted_deployment_name(name)
    return finding(
        "HostedPodsUnowned",
        ObjectRef("Deployment", cluster.namespace, deployment),
        "exists",
        expected=[deployment],
        actual=[],
        name=deployment,
        pods=quoted(pods),
        label=f"istio.io/rev={name}-hosted",
        kubectl=context.kubectl(cluster),
    )


def _verify_pods(
    context: CheckContext, hosted: Hosted, deployment: ObjectRef, plane: HostedControlPlane | None
) -> None:
    cluster = hosted.cluster
    if cluster.unread("Pod"):
        hosted.findings += context.report_unread(cluster, "Pod", None, hosted.unread)
        hosted.no_pods = hosted.no_pods or context.unread_finding(cluster, "Pod", None)
        return
    pods = hosted_pods(cluster, hosted.name)
    hosted.ready = [pod for pod in pods if is_ready(pod)]
    if plane is None:
        return
    replicas = dig(plane.deployment, "spec", "replicas")
    desired = replicas if type(replicas) is int else 1
    waiting = [
        pod
        for pod in pods
        if not is_ready(pod)
        and not is_terminating(pod)
        and text(pod, "status", "phase") in ("Pending", "Running", "")
    ]
    wanted = max(desired, len(hosted.ready) + len(waiting))
    if not hosted.ready:
        code = "NoReadyHostedPod"
    else:
        code = "HostedPodsNotReady" if len(hosted.ready) < wanted else "HostedPodsReady"
    told = finding(
        code,
        deployment,
        "ready Pods",
        expected=[str(wanted) if wanted else ">=1"],
        actual=[str(len(hosted.ready))],
        source=f"{cluster.source}: {deployment}",
        name=deployment.name or "",
        ready=str(len(hosted.ready)),
        wanted=str(wanted),
        cluster=cluster.source,
        kubectl=context.kubectl(cluster),
        selector=hosted.selector,
    )
    hosted.findings.append(told)
    hosted.no_pods = None if hosted.ready else told


def _verify_lb(context: CheckContext, hosted: Hosted, *, needs_lb: bool) -> None:
    cluster, name = hosted.cluster, hosted_lb_name(hosted.name)
    about = ObjectRef("Service", cluster.namespace, name)
    service = cluster.find("Service", name)
    if service is None and cluster.unread("Service"):
        hosted.findings += context.report_unread(cluster, "Service", None, hosted.unread)
        hosted.no_address = context.unread_finding(cluster, "Service", None)
        return
    given = lb_addresses(service)
    kind = text(service, "spec", "type") or "ClusterIP"
    params: dict[str, Any] = {
        "name": name,
        "cluster": cluster.source,
        "kubectl": context.kubectl(cluster),
        "type": kind,
    }
    if service is None:
        code, result, actual = "HostedLBNotFound", UNKNOWN if needs_lb else WARN, []
    elif kind != "LoadBalancer":
        code, result, actual = "HostedLBNotLoadBalancer", UNKNOWN if needs_lb else WARN, [kind]
    elif not given:
        told = explain_pending(
            context,
            cluster,
            service,
            FAIL if needs_lb else WARN,
            {f.code for f in hosted.findings},
            unexplained="HostedLBPending",
        )
        hosted.no_address = told
        hosted.findings.append(told)
        return
    else:
        hosted.addresses = given
        hosted.findings.append(
            finding(
                "HostedLBAssigned",
                about,
                "address",
                expected=["an address"],
                actual=given,
                addresses=quoted(given),
                **params,
            )
        )
        hosted.findings += verify_announced(context, cluster, service, FAIL if needs_lb else WARN)
        _verify_reach(context, hosted, service, about)
        return
    hosted.no_address = finding(
        code, about, "address", result=result, expected=["an address"], actual=actual, **params
    )
    hosted.findings.append(hosted.no_address)


def _verify_reach(context: CheckContext, hosted: Hosted, service: Object, about: ObjectRef) -> None:
    """Whether hosted-lb leads to ready hosted Pods on 15012; that there are none is another
    finding's business.
    """
    cluster = hosted.cluster
    if not hosted.ready:
        return
    selector = mapping(service, "spec", "selector")
    if not selector and cluster.unread("EndpointSlice", about.name):
        hosted.findings += context.report_unread(
            cluster, "EndpointSlice", about.name, hosted.unread
        )
        return
    held = [(pod, address) for pod in hosted.ready for address in pod_addresses(pod)]
    wanted = ordered(address for _, address in held)
    leads = ordered(
        a for pod, a in held if XDS_PORT in _targets(cluster, service, XDS_PORT, pod, a)
    )
    params: dict[str, Any] = {
        "name": about.name or "",
        "kubectl": context.kubectl(cluster),
        "selector": hosted.selector,
        "actual_selector": ",".join(f"{key}={value}" for key, value in selector.items()) or "none",
    }
    code = "HostedLBReachesPods" if leads else "HostedLBReachesNoPod"
    hosted.findings.append(
        finding(
            code,
            about,
            f"port {XDS_PORT}",
            expected=wanted,
            actual=leads,
            source=hosted.pods_source,
            **params,
        )
    )
    others = _others(cluster, service, hosted)
    if leads and others:
        hosted.findings.append(
            finding(
                "HostedLBReachesOthers",
                about,
                "backends",
                expected=wanted,
                actual=others,
                others=quoted(others),
                source=hosted.pods_source,
                **params,
            )
        )
    webhook = any(
        WEBHOOK_PORT in _targets(cluster, service, WEBHOOK_PORT, pod, a) for pod, a in held
    )
    if leads and not webhook:
        hosted.findings.append(
            finding(
                "HostedLBWebhookPortMissing",
                about,
                f"port {WEBHOOK_PORT}",
                expected=[str(WEBHOOK_PORT)],
                actual=[],
                **params,
            )
        )


def _others(cluster: Snapshot, service: Object, hosted: Hosted) -> list[str]:
    """What hosted-lb leads to beside the hosted Pods: names of Pods that were read, or addresses
    in its slices.
    """
    own = hosted_pods(cluster, hosted.name)
    if mapping(service, "spec", "selector"):
        return [
            name_of(p)
            for p in cluster.all("Pod")
            if selects(service, p) and is_ready(p) and p not in own
        ]
    slices = slices_of(cluster, name_of(service))
    addresses = {address for pod in own for address in pod_addresses(pod)}
    return [
        address
        for address in ready_addresses(slice_backends(slices, service))
        if address not in addresses
    ]


def _targets(
    cluster: Snapshot, service: Object, number: int, pod: Object, address: str
) -> set[int]:
    """The ports of one Pod that a port of hosted-lb leads to.

    With a selector from Pod and targetPort, as the endpoints controller does it; without one
    from the Service's own slices.
    """
    port = service_port(service, number)
    if port is None:
        return set()
    if not mapping(service, "spec", "selector"):
        return reached(port, address, slice_backends(slices_of(cluster, name_of(service))))
    if not selects(service, pod):
        return set()
    spec = next(
        p
        for p in maps(service, "spec", "ports")
        if p.get("port") == number and (text(p, "protocol") or "TCP") == "TCP"
    )
    target = spec.get("targetPort") or number
    if isinstance(target, int):
        return {target}
    return {
        declared["containerPort"]
        for container in maps(pod, "spec", "containers")
        for declared in maps(container, "ports")
        if declared.get("name") == target and type(declared.get("containerPort")) is int
    }
