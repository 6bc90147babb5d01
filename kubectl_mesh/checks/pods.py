"""Are the Pods of a gateway ready, and if not, why? What a kubelet, the scheduler and the controllers wrote says it."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_mesh.catalog import finding
from kubectl_mesh.checks.scope import Scope, quoted
from kubectl_mesh.events import Event, events_of
from kubectl_mesh.gateways import Gateway, pod_selector, proxy_container
from kubectl_mesh.report import Finding, ObjectRef
from kubectl_mesh.snapshot import Object, dig, labels_of, mapping, maps, name_of, text
from kubectl_mesh.topology import is_ready, local_istiod_pods

_IMAGE_REASONS = {
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
}
_UNRESOLVED = "auto"  # what Istio's gateway chart writes for the injector to replace
# What a kubelet says of a proxy that has no configuration yet, in a few words; the event is shown whole.
_SYMPTOMS = {"connection refused": "readiness probe refused", "statuscode: 503": "readiness probe answered 503"}
_CA_CONFIG_MAP = "istio-ca-root-cert"
# What follows from an unreachable control plane, and what from a local istiod that is down.
BY_CONTROL_PLANE = {"GatewayNotReady", "GatewayRollingOut"}
BY_LOCAL_ISTIOD = {"GatewayNotInjected", "GatewayVolumeNotMounted", "GatewayNotReady"}


@dataclass(frozen=True)
class _Fault:
    """Why one Pod is not ready: the code, and what is said of it."""

    code: str
    what: str


def verify_pods(scope: Scope, gateway: Gateway) -> list[Finding]:
    """Every finding about the Pods of a gateway; the causes that lie elsewhere are set by who knows them."""
    about = ObjectRef(gateway.kind, gateway.namespace, gateway.name)
    replicas = dig(gateway.deployment, "spec", "replicas")
    wanted = replicas if type(replicas) is int else 1 if gateway.deployment else len(gateway.pods)
    ready = gateway.ready
    old = [pod for pod in gateway.old if is_ready(pod)]
    refused = _refused(gateway)
    if gateway.deployment and wanted == 0:
        return [_tell(scope, gateway, about, "GatewayScaledToZero", ">=1", "0")]
    if ready and len(ready) >= wanted:
        return [_tell(scope, gateway, about, "GatewayReady", str(wanted), str(len(ready)))]
    grouped: dict[str, list[tuple[Object, _Fault, list[Event]]]] = {}
    unready = [pod for pod in gateway.pods if not is_ready(pod)]
    for pod in unready:
        # The events of one Pod are read; the others of its template fare alike.
        events = events_of(scope.verified, "Pod", pod) or events_of(scope.verified, "Pod", unready[0])
        fault = _why(pod, events)
        grouped.setdefault(fault.code, []).append((pod, fault, events))
    starting = set(grouped) <= {"GatewayNotReady", "GatewayNotStarted"}
    if old and len(ready) + len(old) >= wanted and starting and not refused and not _overdue(gateway):
        return [_tell(scope, gateway, about, "GatewayRollingOut", str(wanted), str(len(ready)))]
    told = [
        _tell(
            scope,
            gateway,
            about,
            code,
            str(wanted),
            str(len(ready)),
            pod=name_of(faulty[0][0]),
            what=faulty[0][1].what,
            pods=quoted([name_of(pod) for pod, _, _ in faulty]),
            events=[str(event) for event in faulty[0][2] if event.warning],
        )
        for code, faulty in grouped.items()
    ]
    if len(gateway.pods) < wanted:
        code = "GatewayPodsRefused" if refused else "GatewayPodsTooFew" if gateway.pods else "GatewayHasNoPods"
        told.append(_tell(scope, gateway, about, code, str(wanted), str(len(ready)), what=refused))
    return told


def local_istiod_down(scope: Scope, result: str) -> list[Finding]:
    """The finding for a local istiod without a ready Pod: it injects gateways and signs their certificates."""
    cluster = scope.verified
    pods = local_istiod_pods(cluster)
    if not pods or any(map(is_ready, pods)) or cluster.unread("Pod"):
        return []
    return [
        finding(
            "LocalIstiodNotReady",
            ObjectRef("Pod", cluster.namespace, name_of(pods[0])),
            "ready Pods",
            result=result,
            expected=[">=1"],
            actual=["0"],
            pods=quoted([name_of(pod) for pod in pods]),
            cluster=cluster.source,
            kubectl=scope.kubectl(cluster),
        )
    ]


def _tell(
    scope: Scope,
    gateway: Gateway,
    about: ObjectRef,
    code: str,
    wanted: str,
    ready: str,
    *,
    pod: str = "",
    what: str = "",
    pods: str = "",
    events: list[str] | None = None,
) -> Finding:
    labels = labels_of(gateway.pods[0]) if gateway.pods else {}
    selector = pod_selector(gateway.deployment) if gateway.deployment else f"istio={text(labels, 'istio')}"
    return finding(
        code,
        about,
        "ready Pods",
        expected=[wanted],
        actual=[ready],
        events=events or [],
        name=gateway.name,
        kind=gateway.kind.lower(),
        cluster=scope.verified.source,
        wanted=wanted,
        ready=ready,
        pod=pod,
        pods=pods,
        what=what,
        selector=selector,
        namespace=gateway.namespace,
        kubectl=scope.kubectl(scope.verified, gateway.namespace),
    )


def _overdue(gateway: Gateway) -> bool:
    """Whether the Deployment has waited longer for its new Pods than its progressDeadlineSeconds."""
    conditions = maps(gateway.deployment, "status", "conditions")
    return any(text(condition, "reason") == "ProgressDeadlineExceeded" for condition in conditions)


def _refused(gateway: Gateway) -> str:
    """Why the API server refuses new Pods, as the Deployment's own condition says it (a quota, a policy); else ""."""
    conditions = [c for c in maps(gateway.deployment, "status", "conditions") if c.get("type") == "ReplicaFailure"]
    return next((_line(text(c, "message")) or "no reason given" for c in conditions if c.get("status") == "True"), "")


def _why(pod: Object, events: list[Event]) -> _Fault:
    """The first reason that a Pod is not ready, in the order in which a Pod comes to life."""
    condition = {text(c, "type"): c for c in maps(pod, "status", "conditions")}
    scheduled = condition.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return _Fault("GatewayUnschedulable", _line(text(scheduled, "message")) or "the scheduler gave no reason")
    proxy = proxy_container(pod)
    if text(proxy, "image") == _UNRESOLVED:
        return _Fault("GatewayNotInjected", "")
    statuses = [*maps(pod, "status", "initContainerStatuses"), *maps(pod, "status", "containerStatuses")]
    waiting = [(status, mapping(status, "state", "waiting")) for status in statuses]
    for status, state in waiting:
        if text(state, "reason") in _IMAGE_REASONS:
            said = _line(text(state, "message")) or text(state, "reason")
            return _Fault("GatewayImageNotPulled", f"{text(status, 'image') or text(proxy, 'image')}: {said}")
    backing_off = any(event.reason == "BackOff" and "restarting failed" in event.message for event in events)
    for status in statuses:
        ended = mapping(status, "lastState", "terminated") or mapping(status, "state", "terminated")
        looping = dig(status, "state", "waiting", "reason") == "CrashLoopBackOff" or (backing_off and bool(ended))
        down = not mapping(status, "state", "running") and text(ended, "reason") not in ("", "Completed")
        if looping or down:
            ending = f"{text(ended, 'reason') or 'an error'}, exit code {ended.get('exitCode', 'unknown')}"
            return _Fault(
                "GatewayCrashLooping",
                f"container {text(status, 'name')} ended with {ending}, {status.get('restartCount', 0)} restarts",
            )
    mounting = next((event for event in events if event.reason in ("FailedMount", "FailedAttachVolume")), None)
    starting = not any(mapping(status, "state", "running") for status in statuses)
    if mounting and starting:
        return _Fault("GatewayVolumeNotMounted", mounting.message)
    for status, state in waiting:
        if text(state, "reason"):
            said = _line(text(state, "message"))
            reason = f"{text(state, 'reason')}{': ' if said else ''}{said}"
            return _Fault("GatewayNotStarted", f"container {text(status, 'name')} waits ({reason})")
    if starting:
        return _Fault("GatewayNotStarted", f"it is {text(pod, 'status', 'phase') or 'unknown'}")
    unhealthy = next((event for event in events if event.reason == "Unhealthy"), None)
    if unhealthy:
        times = f"{unhealthy.count} times{', last ' if unhealthy.age else ''}{unhealthy.age}"
        symptom = next((words for part, words in _SYMPTOMS.items() if part in unhealthy.message), unhealthy.message)
        return _Fault("GatewayNotReady", f"{symptom} ({times})")
    gates = [text(gate, "conditionType") for gate in maps(pod, "spec", "readinessGates")]
    closed = [gate for gate in gates if condition.get(gate, {}).get("status") != "True"]
    ready = condition.get("Ready", {})
    said = _line(text(ready, "message")) or text(ready, "reason") or "its proxy runs and is not ready"
    return _Fault("GatewayNotReady", f"readiness gate {quoted(closed)} is not met" if closed else said)


def needs_ca_certificate(told: Finding) -> bool:
    """Whether a finding about Pods is one that a working local istiod would prevent."""
    return told.code in BY_LOCAL_ISTIOD and (told.code != "GatewayVolumeNotMounted" or _CA_CONFIG_MAP in told.message)


def _line(said: str) -> str:
    return " ".join(said.split()).rstrip(".")
