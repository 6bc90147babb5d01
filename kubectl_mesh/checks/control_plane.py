"""The hosted istiod of a mesh: its Deployment, its Pods, and the Service that exposes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kubectl_mesh.checks.context import CheckContext, quoted
from kubectl_mesh.checks.hosted_lb import Subject, pods_source, verify_lb
from kubectl_mesh.findings.catalog import finding
from kubectl_mesh.findings.model import UNKNOWN, Finding, ObjectRef
from kubectl_mesh.kube.objects import Object, dig, name_of, text
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.kube.workloads import is_ready, is_terminating
from kubectl_mesh.mesh.control_planes import HostedControlPlane
from kubectl_mesh.mesh.istiods import hosted_pods
from kubectl_mesh.mesh.names import (
    hosted_config_name,
    hosted_deployment_name,
    hosted_lb_name,
)

# The phases of a Pod that may still become ready; "" where its status is not there yet.
_STARTING_PHASES = ("Pending", "Running", "")


@dataclass(frozen=True)
class Hosted:
    """What was found of a hosted control plane.

    `ready` are the ready hosted Pods (None: not read), `addresses` those of hosted-lb (None: it has
    none that can be named), each with the finding that says why where there is nothing to hold
    others to.
    """

    cluster: Snapshot
    name: str
    findings: list[Finding]
    ready: list[Object] | None
    no_pods: Finding | None
    addresses: list[str] | None
    no_address: Finding | None

    @property
    def lb_source(self) -> str:
        """Where the expected address of workload clusters was read."""
        return f"{self.cluster.source}: service/{hosted_lb_name(self.name)}"

    @property
    def pods_source(self) -> str:
        """Where the expected addresses of the control-plane cluster itself were read."""
        return pods_source(self.cluster, self.name)


@dataclass(frozen=True)
class _Pods:
    """The ready hosted Pods, as in `Hosted`, and what was found on the way to them."""

    findings: list[Finding]
    ready: list[Object] | None
    no_pods: Finding | None


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

    `needs_lb` is False where nothing depends on hosted-lb: the cluster is its own workload cluster,
    or the user stated the address that workload clusters must have. `unread` is the result where
    something could not be read.
    """
    subject = Subject(context, cluster, name, plane, needs_lb, unread)
    deployment = _verify_deployment(subject)
    pods = _verify_pods(subject, deployment)
    known = [*deployment, *pods.findings]
    balancer = verify_lb(subject, pods.ready, {found.code for found in known})
    return Hosted(
        cluster,
        name,
        findings=[*known, *balancer.findings],
        ready=pods.ready,
        no_pods=pods.no_pods,
        addresses=balancer.addresses,
        no_address=balancer.no_address,
    )


def _verify_deployment(subject: Subject) -> list[Finding]:
    """Whether the Deployment is there, and says which mesh it serves."""
    plane = subject.plane
    if plane is None:
        return _no_deployment(subject)
    if not plane.config_error:
        return []
    config = ObjectRef("ConfigMap", subject.cluster.namespace, hosted_config_name(subject.name))
    from_name = finding(
        "MeshIDFromName",
        config,
        "meshId",
        config=config.name or "",
        why=plane.config_error,
        mesh=subject.name,
    )
    return [from_name]


def _no_deployment(subject: Subject) -> list[Finding]:
    """Why no Deployment was found: it was not read, only its Pods are left, or nothing is."""
    context, cluster = subject.context, subject.cluster
    if cluster.unread("Deployment"):
        return subject.report_unread("Deployment")
    if any(map(is_ready, hosted_pods(cluster, subject.name))):
        return [hosted_pods_unowned(context, cluster, subject.name)]
    name = hosted_deployment_name(subject.name)
    gone = finding(
        "HostedIstiodGone",
        subject.deployment,
        "exists",
        expected=[name],
        actual=[],
        name=name,
        lb=hosted_lb_name(subject.name),
        cluster=cluster.source,
        kubectl=context.kubectl(cluster),
    )
    return [gone]


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


def _verify_pods(subject: Subject, deployment: Sequence[Finding]) -> _Pods:
    """Whether as many hosted Pods are ready as should be.

    `deployment` is what was found of their Deployment.
    """
    cluster = subject.cluster
    gone = [found for found in deployment if found.code == "HostedIstiodGone"]
    no_pods = gone[0] if gone else None
    if cluster.unread("Pod"):
        unread = subject.context.unread_finding(cluster, "Pod", None)
        return _Pods(subject.report_unread("Pod"), None, no_pods or unread)
    pods = hosted_pods(cluster, subject.name)
    ready = list(filter(is_ready, pods))
    if subject.plane is None:
        return _Pods([], ready, no_pods)
    starting = list(filter(_is_starting, pods))
    wanted = max(_replicas(subject.plane), len(ready) + len(starting))
    compared = _ready_pods(subject, len(ready), wanted)
    if ready:
        return _Pods([compared], ready, None)
    return _Pods([compared], ready, compared)


def _replicas(plane: HostedControlPlane) -> int:
    """How many Pods the Deployment asks for; one where it doesn't say."""
    replicas = dig(plane.deployment, "spec", "replicas")
    return replicas if type(replicas) is int else 1


def _is_starting(pod: Object) -> bool:
    """Whether a Pod is not ready, but is still meant to be."""
    if is_ready(pod) or is_terminating(pod):
        return False
    return text(pod, "status", "phase") in _STARTING_PHASES


def _ready_pods(subject: Subject, ready: int, wanted: int) -> Finding:
    """The comparison of ready Pods with those that should be."""
    cluster, deployment = subject.cluster, subject.deployment
    if not ready:
        code = "NoReadyHostedPod"
    elif ready < wanted:
        code = "HostedPodsNotReady"
    else:
        code = "HostedPodsReady"
    expected = str(wanted) if wanted else ">=1"
    return finding(
        code,
        deployment,
        "ready Pods",
        expected=[expected],
        actual=[str(ready)],
        source=f"{cluster.source}: {deployment}",
        name=deployment.name or "",
        ready=str(ready),
        wanted=str(wanted),
        cluster=cluster.source,
        kubectl=subject.context.kubectl(cluster),
        selector=subject.pod_selector,
    )
