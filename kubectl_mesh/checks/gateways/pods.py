"""Are the Pods of a gateway ready, and if not, why? What a kubelet, the scheduler and the
controllers wrote says it.
"""

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
# What a kubelet says of a proxy that has no configuration yet, in a few words; the event is shown
# whole.
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

    `transient`: every Pod looks so for a while.
    """

    code: str
    what: str
    transient: bool = False
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
        return [_finding(context, gateway, "GatewayScaledToZero", counts, result=result)]
    if ready and len(ready) >= wanted:
        return [_finding(context, gateway, "GatewayReady", counts)]
    unready = [pod for pod in gateway.pods if not is_ready(pod)]
    # The events of one Pod are read; the others of its template fare alike.
    sampled = events_of(context.verified, "Pod", unready[0]) if unready else []
    faults: dict[str, tuple[Object, _Fault, list[Event]]] = {}
    transient = True
    for pod in unready:
        events = events_of(context.verified, "Pod", pod) or sampled
        fault = _why(pod, events)
        transient = transient and fault.transient
        faults.setdefault(fault.code, (pod, fault, events))
    refused = _refused(gateway)
    serving = len(ready) + len(old) >= max(1, wanted - _max_unavailable(gateway, wanted))
    if old and serving and transient and not refused and _rolling_out(gateway):
        return [_finding(context, gateway, "GatewayRollingOut", counts)]
    told = [
        _finding(context, gateway, code, counts, fault.what, pod, events, fault.container)
        for code, (pod, fault, events) in faults.items()
    ]
    if len(gateway.pods) < wanted:
        code = "GatewayPodsTooFew" if gateway.pods else "GatewayHasNoPods"
        if refused:
            code = "GatewayInjectionFailed" if _INJECTOR in refused else "GatewayPodsRefused"
        told.append(_finding(context, gateway, code, counts, refused))
    return told


def local_istiod_not_ready(context: CheckContext, revision: str, result: str) -> Finding | None:
    """The finding for a local istiod without a ready Pod: it injects gateways and signs their
    certificates.
    """
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


def _finding(
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
    """Whether the Deployment is on its way to its new Pods: neither done with that, nor past its
    deadline.
    """
    conditions = maps(gateway.deployment, "status", "conditions")
    told = next((c for c in conditions if c.get("type") == "Progressing"), {})
    return told.get("status") != "False" and text(told, "reason") != "NewReplicaSetAvailable"


def _max_unavailable(gateway: Gateway, wanted: int) -> int:
    """How many Pods a rollout may take away: a number, or a share that is rounded down (default
    25 %).
    """
    allowed = dig(gateway.deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable")
    if type(allowed) is int:
        return allowed
    share = allowed.removesuffix("%") if isinstance(allowed, str) else "25"
    return (
        wanted * int(share) // 100 if share.isascii() and share.isdigit() and len(share) < 4 else 0
    )


def _refused(gateway: Gateway) -> str:
    """Why the API server refuses new Pods, as the Deployment's own condition says it (a quota, a
    policy); else "".
    """
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
    for look in (
        _unscheduled,
        _not_injected,
        _image_not_pulled,
        _crashed,
        _not_mounted,
        _waiting,
        _not_begun,
        _held_back,
    ):
        fault = look(pod, events)
        if fault:
            return fault
    return _not_ready(pod, events)


def _statuses(pod: Object) -> list[Object]:
    """What a kubelet says of each container, of those first that come first."""
    return [
        *maps(pod, "status", "initContainerStatuses"),
        *maps(pod, "status", "containerStatuses"),
    ]


def _condition(pod: Object, kind: str) -> Object:
    """The last condition of a type; {} where there is none."""
    found: Object = {}
    for condition in maps(pod, "status", "conditions"):
        if text(condition, "type") == kind:
            found = condition
    return found


def _is_starting(pod: Object) -> bool:
    """Whether no container runs yet."""
    return all(dig(status, "state", "running") is None for status in _statuses(pod))


def _unscheduled(pod: Object, _: list[Event]) -> _Fault | None:
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") != "False":
        return None
    said = _line(text(scheduled, "message"))
    return _Fault("GatewayUnschedulable", said or "the scheduler gave no reason")


def _not_injected(pod: Object, _: list[Event]) -> _Fault | None:
    untouched = text(proxy_container(pod), "image") == UNRESOLVED_IMAGE
    return _Fault("GatewayNotInjected", "") if untouched else None


def _image_not_pulled(pod: Object, _: list[Event]) -> _Fault | None:
    for status in _statuses(pod):
        state = mapping(status, "state", "waiting")
        reason = text(state, "reason")
        if reason in _IMAGE_REASONS:
            image = text(status, "image") or text(proxy_container(pod), "image")
            said = _line(text(state, "message")) or reason
            return _Fault("GatewayImageNotPulled", f"{image}: {said}")
    return None


def _not_mounted(pod: Object, events: list[Event]) -> _Fault | None:
    if not _is_starting(pod):
        return None
    for event in events:
        if event.reason in ("FailedMount", "FailedAttachVolume"):
            code = "GatewayVolumeNotMounted"
            if _CA_CONFIG_MAP in event.message:
                code = "GatewayCACertificateMissing"
            return _Fault(code, _line(event.message))
    return None


def _waiting(pod: Object, _: list[Event]) -> _Fault | None:
    for status in _statuses(pod):
        state = mapping(status, "state", "waiting")
        reason, said = text(state, "reason"), _line(text(state, "message"))
        if reason:
            why = f"{reason}: {said}" if said else reason
            what = f"container {text(status, 'name')} waits ({why})"
            return _Fault("GatewayNotStarted", what, transient=reason in _STARTING)
    return None


def _not_begun(pod: Object, _: list[Event]) -> _Fault | None:
    if not _is_starting(pod):
        return None
    phase = text(pod, "status", "phase") or "unknown"
    return _Fault("GatewayNotStarted", f"{name_of(pod)} is {phase}", transient=True)


def _held_back(pod: Object, _: list[Event]) -> _Fault | None:
    """A readiness gate that is closed, or other containers than the proxy that are not ready."""
    gates = [text(gate, "conditionType") for gate in maps(pod, "spec", "readinessGates")]
    closed = [gate for gate in gates if _condition(pod, gate).get("status") != "True"]
    unready = [text(s, "name") for s in _statuses(pod) if s.get("ready") is False]
    if closed and not unready:
        return _Fault("GatewayHeldBack", f"readiness gate {quoted(closed)} is not met")
    proxy = text(proxy_container(pod), "name")
    if not unready or proxy in unready:
        return None
    what = f"container {quoted(unready)} is not ready"
    return _Fault("GatewayHeldBack", what, container=unready[0])


def _not_ready(pod: Object, events: list[Event]) -> _Fault:
    """The proxy runs and is not ready: as its readiness probe says it, else as the Pod does."""
    for event in events:
        if event.reason == "Unhealthy":
            symptom = event.message
            for part, words in reversed(_SYMPTOMS.items()):
                if part in event.message:
                    symptom = words
            last = f", last {event.age}" if event.age else ""
            what = f"{_line(symptom)} ({event.count} times{last})"
            return _Fault("GatewayNotReady", what, transient=True)
    ready = _condition(pod, "Ready")
    said = _line(text(ready, "message")) or text(ready, "reason")
    return _Fault("GatewayNotReady", said or "its proxy runs and is not ready", transient=True)


def _crashed(pod: Object, events: list[Event]) -> _Fault | None:
    """The container that ends again and again: by its state, or by its last end and the kubelet's
    back-off.
    """
    backing_off = any(e.reason == "BackOff" and "restarting failed" in e.message for e in events)
    for status in _statuses(pod):
        last = mapping(status, "lastState", "terminated")
        ended = _failed_end(mapping(status, "state", "terminated")) or _failed_end(last)
        looping = dig(status, "state", "waiting", "reason") == "CrashLoopBackOff"
        stopped = dig(status, "state", "running") is None
        if looping or (ended and (backing_off or stopped)):
            end = ended or last
            reason, code = text(end, "reason") or "an error", end.get("exitCode", "unknown")
            name, restarts = text(status, "name"), status.get("restartCount", 0)
            what = f"container {name} ended with {reason}, exit code {code}, {restarts} restarts"
            return _Fault("GatewayCrashLooping", what, container=name)
    return None


def _failed_end(end: Object) -> Object:
    """How a container ended, where that was no success; {} otherwise."""
    return {} if text(end, "reason") in ("", "Completed") else end


def _line(said: str) -> str:
    return " ".join(said.split()).rstrip(".")
