"""Are the Pods of a gateway ready, and if not, why? What a kubelet, the scheduler and the controllers wrote says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kubectl_mesh.checks.context import CheckContext, quoted
from kubectl_mesh.findings.catalog import finding
from kubectl_mesh.findings.model import WARN, Finding, ObjectRef
from kubectl_mesh.kube.events import Event, events_of
from kubectl_mesh.kube.objects import Object, dig, mapping, maps, name_of, text
from kubectl_mesh.kube.workloads import is_ready
from kubectl_mesh.mesh.gateways import (
    PROXY_CONTAINER,
    UNRESOLVED_IMAGE,
    Gateway,
    pod_selector,
    proxy_container,
)
from kubectl_mesh.mesh.istiods import local_istiods

_IMAGE_REASONS = {
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
}
# What a kubelet says of a proxy that has no configuration yet, in a few words; the event is shown whole.
_SYMPTOMS = {
    "connection refused": "readiness probe refused",
    "statuscode: 503": "readiness probe answered 503",
}
_INJECTOR = "sidecar-injector"  # in the name of Istio's mutating webhooks
_CA_CONFIG_MAP = "istio-ca-root-cert"
# What a container waits for at every start.
_STARTING = {"", "ContainerCreating", "PodInitializing"}
# What follows from an unreachable control plane, and what from a local istiod that is down.
BY_CONTROL_PLANE = {"GatewayNotReady", "GatewayRollingOut"}
BY_LOCAL_ISTIOD = {
    "GatewayNotInjected",
    "GatewayInjectionFailed",
    "GatewayCACertificateMissing",
    "GatewayNotReady",
}


@dataclass(frozen=True)
class _Fault:
    """Why one Pod is not ready: the code, what is said of it, and the container to look at.

    `passing`: every Pod looks so for a while.
    """

    code: str
    what: str
    passing: bool = False
    container: str = PROXY_CONTAINER


def verify_pods(context: CheckContext, gateway: Gateway, *, replaced: bool) -> list[Finding]:
    """Every finding about the Pods of a gateway.

    `replaced`: all that it served is served by another one.
    """
    replicas = dig(gateway.deployment, "spec", "replicas")
    wanted = replicas if type(replicas) is int else 1 if gateway.deployment else len(gateway.pods)
    ready, old = gateway.ready, [pod for pod in gateway.old if is_ready(pod)]
    counts = (wanted, len(ready))
    if gateway.deployment and wanted == 0:
        result = WARN if replaced else None
        return [_tell(context, gateway, "GatewayScaledToZero", counts, result=result)]
    if ready and len(ready) >= wanted:
        return [_tell(context, gateway, "GatewayReady", counts)]
    unready = [pod for pod in gateway.pods if not is_ready(pod)]
    # The events of one Pod are read; the others of its template fare alike.
    sampled = events_of(context.verified, "Pod", unready[0]) if unready else []
    faults: dict[str, tuple[Object, _Fault, list[Event]]] = {}
    passing = True
    for pod in unready:
        events = events_of(context.verified, "Pod", pod) or sampled
        fault = _why(pod, events)
        passing = passing and fault.passing
        faults.setdefault(fault.code, (pod, fault, events))
    refused = _refused(gateway)
    serving = len(ready) + len(old) >= max(1, wanted - _max_unavailable(gateway, wanted))
    if old and serving and passing and not refused and _rolling_out(gateway):
        return [_tell(context, gateway, "GatewayRollingOut", counts)]
    told = [
        _tell(context, gateway, code, counts, fault.what, pod, events, fault.container)
        for code, (pod, fault, events) in faults.items()
    ]
    if len(gateway.pods) < wanted:
        code = "GatewayPodsTooFew" if gateway.pods else "GatewayHasNoPods"
        if refused:
            code = "GatewayInjectionFailed" if _INJECTOR in refused else "GatewayPodsRefused"
        told.append(_tell(context, gateway, code, counts, refused))
    return told


def local_istiod_not_ready(context: CheckContext, revision: str, result: str) -> Finding | None:
    """The finding for a local istiod without a ready Pod: it injects gateways and signs their certificates."""
    cluster = context.verified
    pods = local_istiods(cluster).get(revision)
    if pods is None or any(map(is_ready, pods)) or cluster.unread("Pod"):
        return None
    return finding(
        "LocalIstiodNotReady",
        ObjectRef(
            "Deployment",
            cluster.namespace,
            "istiod" if revision == "default" else f"istiod-{revision}",
        ),
        "ready Pods",
        result=result,
        expected=[">=1"],
        actual=["0"],
        revision=revision,
        pods=quoted([name_of(pod) for pod in pods]),
        cluster=cluster.source,
        kubectl=context.kubectl(cluster),
    )


def _tell(
    context: CheckContext,
    gateway: Gateway,
    code: str,
    counts: tuple[int, int],
    what: str = "",
    pod: Object | None = None,
    events: Sequence[Event] = (),
    container: str = PROXY_CONTAINER,
    result: str | None = None,
) -> Finding:
    wanted, ready = map(str, counts)
    return finding(
        code,
        ObjectRef(gateway.kind, gateway.namespace, gateway.name),
        "ready Pods",
        result=result,
        expected=[wanted],
        actual=[ready],
        events=[str(event) for event in events if event.warning],
        name=gateway.name,
        kind=gateway.kind.lower(),
        wanted=wanted,
        ready=ready,
        pod=name_of(pod or {}),
        what=what,
        container=container,
        namespace=gateway.namespace,
        selector=pod_selector(gateway.deployment or {}),
        kubectl=context.kubectl(context.verified, gateway.namespace),
    )


def _rolling_out(gateway: Gateway) -> bool:
    """Whether the Deployment is on its way to its new Pods: neither done with that, nor past its deadline."""
    conditions = maps(gateway.deployment, "status", "conditions")
    told = next((c for c in conditions if c.get("type") == "Progressing"), {})
    return told.get("status") != "False" and text(told, "reason") != "NewReplicaSetAvailable"


def _max_unavailable(gateway: Gateway, wanted: int) -> int:
    """How many Pods a rollout may take away: a number, or a share that is rounded down (default 25 %)."""
    allowed = dig(gateway.deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable")
    if type(allowed) is int:
        return allowed
    share = allowed.removesuffix("%") if isinstance(allowed, str) else "25"
    return (
        wanted * int(share) // 100 if share.isascii() and share.isdigit() and len(share) < 4 else 0
    )


def _refused(gateway: Gateway) -> str:
    """Why the API server refuses new Pods, as the Deployment's own condition says it (a quota, a policy); else ""."""
    for condition in maps(gateway.deployment, "status", "conditions"):
        kind, status = text(condition, "type"), text(condition, "status")
        not_made = (
            kind == "Progressing"
            and status == "False"
            and text(condition, "reason") == "ReplicaSetCreateError"
        )
        if not_made or (kind == "ReplicaFailure" and status == "True"):
            return _line(text(condition, "message")) or "no reason given"
    return ""


def _why(pod: Object, events: list[Event]) -> _Fault:
    """The first reason that a Pod is not ready, in the order in which a Pod comes to life."""
    condition = {text(c, "type"): c for c in maps(pod, "status", "conditions")}
    scheduled = condition.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return _Fault(
            "GatewayUnschedulable",
            _line(text(scheduled, "message")) or "the scheduler gave no reason",
        )
    proxy = proxy_container(pod)
    if text(proxy, "image") == UNRESOLVED_IMAGE:
        return _Fault("GatewayNotInjected", "")
    statuses = [
        *maps(pod, "status", "initContainerStatuses"),
        *maps(pod, "status", "containerStatuses"),
    ]
    waiting = [(status, mapping(status, "state", "waiting")) for status in statuses]
    for status, state in waiting:
        if text(state, "reason") in _IMAGE_REASONS:
            said = _line(text(state, "message")) or text(state, "reason")
            return _Fault(
                "GatewayImageNotPulled", f"{text(status, 'image') or text(proxy, 'image')}: {said}"
            )
    crashed = _crashed(statuses, events)
    if crashed:
        return crashed
    mounting = next(
        (event for event in events if event.reason in ("FailedMount", "FailedAttachVolume")), None
    )
    starting = not any(dig(status, "state", "running") is not None for status in statuses)
    if mounting and starting:
        code = (
            "GatewayCACertificateMissing"
            if _CA_CONFIG_MAP in mounting.message
            else "GatewayVolumeNotMounted"
        )
        return _Fault(code, _line(mounting.message))
    for status, state in waiting:
        if text(state, "reason"):
            said = _line(text(state, "message"))
            reason = f"{text(state, 'reason')}{': ' if said else ''}{said}"
            what = f"container {text(status, 'name')} waits ({reason})"
            return _Fault("GatewayNotStarted", what, passing=text(state, "reason") in _STARTING)
    if starting:
        return _Fault(
            "GatewayNotStarted",
            f"{name_of(pod)} is {text(pod, 'status', 'phase') or 'unknown'}",
            passing=True,
        )
    gates = [text(gate, "conditionType") for gate in maps(pod, "spec", "readinessGates")]
    closed = [gate for gate in gates if condition.get(gate, {}).get("status") != "True"]
    unready = [text(status, "name") for status in statuses if status.get("ready") is False]
    if closed and not unready:
        return _Fault("GatewayHeldBack", f"readiness gate {quoted(closed)} is not met")
    others = [name for name in unready if name != text(proxy, "name")]
    if others == unready and others:
        return _Fault(
            "GatewayHeldBack", f"container {quoted(others)} is not ready", container=others[0]
        )
    unhealthy = next((event for event in events if event.reason == "Unhealthy"), None)
    if unhealthy:
        times = f"{unhealthy.count} times{', last ' if unhealthy.age else ''}{unhealthy.age}"
        symptom = next(
            (words for part, words in _SYMPTOMS.items() if part in unhealthy.message),
            unhealthy.message,
        )
        return _Fault("GatewayNotReady", f"{_line(symptom)} ({times})", passing=True)
    ready = condition.get("Ready", {})
    said = (
        _line(text(ready, "message")) or text(ready, "reason") or "its proxy runs and is not ready"
    )
    return _Fault("GatewayNotReady", said, passing=True)


def _crashed(statuses: list[Object], events: list[Event]) -> _Fault | None:
    """The container that ends again and again: by its state, or by its last end and the kubelet's back-off."""
    backing_off = any(
        event.reason == "BackOff" and "restarting failed" in event.message for event in events
    )
    for status in statuses:
        last, now = (
            mapping(status, "lastState", "terminated"),
            mapping(status, "state", "terminated"),
        )
        ended = next(
            (end for end in (now, last) if text(end, "reason") not in ("", "Completed")), {}
        )
        looping = dig(status, "state", "waiting", "reason") == "CrashLoopBackOff"
        if looping or (ended and (backing_off or dig(status, "state", "running") is None)):
            ending = f"{text(ended or last, 'reason') or 'an error'}, exit code {(ended or last).get('exitCode', 'unknown')}"
            restarts = status.get("restartCount", 0)
            name = text(status, "name")
            what = f"container {name} ended with {ending}, {restarts} restarts"
            return _Fault("GatewayCrashLooping", what, container=name)
    return None


def _line(said: str) -> str:
    return " ".join(said.split()).rstrip(".")
