"""Gateways as data, for scenes.

The troubleshooting page's own Pod, and its state as a kubelet would tell it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.lab.objects import Object, merge

PAGE_POD: Object = yaml.safe_load(
    (Path(__file__).parent.parent / "fixtures" / "page-gateway-pod.yaml").read_text()
)
SLICE_CONTROLLER = "endpointslice-controller.k8s.io"
GATEWAY_POD = "10.244.0.17"
GATEWAY_LB = "10.64.30.80"
TEMPLATE, EARLIER = "b8b597c59", "5c8d7f6b9d"
INGRESS = {"app": "istio-ingressgateway", "istio": "ingressgateway"}
# As the page's Events show it; the IP is the Pod's.
_REFUSED = (
    'Readiness probe failed: Get "http://{ip}:15021/healthz/ready": '
    "dial tcp {ip}:15021: connect: connection refused"
)
PORTS = ((15021, "status-port", 15021), (80, "http2", 8080), (443, "https", 8443))
_CONTAINER = PAGE_POD["status"]["containerStatuses"][0]


@dataclass(frozen=True)
class GatewayPod:
    """One Pod.

    `status` merges into that of a running Pod that is not ready; `events` are (reason, message,
    count).
    """

    ip: str = GATEWAY_POD
    ready: bool = False
    status: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[tuple[str, str, int], ...] = ()
    scheduled: bool = True
    template: str = TEMPLATE


@dataclass(frozen=True)
class Gateway:
    """One gateway of a cluster.

    `env` replaces variables of the proxy, `image` is by default of the scene's version.
    `kind` is the Service's type, `service` merges into the Service, `deployment` into the
    Deployment; None leaves either out.
    """

    name: str = "istio-ingressgateway"
    labels: Mapping[str, str] = field(default_factory=lambda: INGRESS)
    pods: tuple[GatewayPod, ...] = (GatewayPod(ready=True),)
    replicas: int = 1
    kind: str = "LoadBalancer"
    lb: tuple[str, ...] = (GATEWAY_LB,)
    image: str = ""
    env: Mapping[str, str | None] = field(default_factory=dict)
    service: Mapping[str, Any] | None = field(default_factory=dict)
    deployment: Mapping[str, Any] | None = field(default_factory=dict)
    service_events: tuple[tuple[str, str, int], ...] = ()
    refused: str = ""
    namespace: str = ""


def refused(ip: str = GATEWAY_POD) -> GatewayPod:
    """The page's Pod: it runs, never restarted, and its readiness probe was refused 22 times."""
    return GatewayPod(ip, events=(("Unhealthy", _REFUSED.format(ip=ip), 22),))


def waiting(reason: str, message: str, *events: tuple[str, str, int], **last: Any) -> GatewayPod:
    """A Pod whose container waits for something."""
    status = {
        **_CONTAINER,
        "started": False,
        "state": {"waiting": {"reason": reason, "message": message}},
        **last,
    }
    phase = "Running" if last else "Pending"
    return GatewayPod(status={"phase": phase, "containerStatuses": [status]}, events=events)


CRASHING = waiting(
    "CrashLoopBackOff",
    "back-off 5m0s restarting failed container=istio-proxy "
    "pod=istio-ingressgateway-b8b597c59-7gnwr_istio-system",
    (
        "BackOff",
        "Back-off restarting failed container istio-proxy "
        "in pod istio-ingressgateway-b8b597c59-7gnwr",
        9,
    ),
    restartCount=7,
    lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
)
NO_IMAGE = waiting(
    "ImagePullBackOff",
    'Back-off pulling image "10.16.10.120/release.daocloud.io/mspider/proxyv2:1.16.1-mspider"',
    ("Failed", "Error: ImagePullBackOff", 4),
)
NOT_INJECTED = waiting(
    "ErrImagePull", 'failed to pull and unpack image "docker.io/library/auto:latest": not found'
)
NO_CA = waiting(
    "ContainerCreating",
    "",
    (
        "FailedMount",
        'MountVolume.SetUp failed for volume "istiod-ca-cert" : '
        'configmap "istio-ca-root-cert" not found',
        12,
    ),
)
NO_SECRET = waiting(
    "ContainerCreating",
    "",
    (
        "FailedMount",
        'MountVolume.SetUp failed for volume "tls" : secret "ingress-certs" not found',
        12,
    ),
)
NO_CONFIG = waiting("CreateContainerConfigError", 'configmap "proxy-settings" not found')
UNSCHEDULABLE = GatewayPod(
    scheduled=False,
    ip="",
    status={
        "phase": "Pending",
        "podIPs": None,
        "hostIP": None,
        "startTime": None,
        "containerStatuses": None,
        "conditions": [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": "0/3 nodes are available: 3 Insufficient cpu.",
            }
        ],
    },
    events=(("FailedScheduling", "0/3 nodes are available: 3 Insufficient cpu.", 3),),
)


def gateway_objects(gateway: Gateway, mesh: str, namespace: str, version: str) -> list[Object]:
    """Deployment, Pods, Service, slices and events of a gateway."""
    where = gateway.namespace or namespace
    objects: list[Object] = []
    container = copy.deepcopy(PAGE_POD["spec"]["containers"][0])
    wanted: dict[str, str | None] = {
        "ISTIO_META_MESH_ID": mesh,
        "CA_ADDR": f"istiod.{namespace}.svc:15012",
    }
    wanted |= gateway.env
    for variable in container["env"]:
        if variable["name"] in wanted:
            variable["value"] = wanted[variable["name"]]
    given = {variable["name"] for variable in container["env"]}
    container["env"] += [
        {"name": name, "value": value} for name, value in wanted.items() if name not in given
    ]
    container["env"] = [v for v in container["env"] if v.get("value", "") is not None]
    container["image"] = (
        gateway.image or f"10.16.10.120/release.daocloud.io/mspider/proxyv2:{version}"
    )
    labels = {"istio.io/rev": "default", "sidecar.istio.io/inject": "false", **gateway.labels}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    if gateway.deployment is not None:
        replica_set = f"{gateway.name}-{TEMPLATE}"
        conditions = [
            {
                "type": "Progressing",
                "status": "True",
                "reason": "ReplicaSetUpdated",
                "message": f'ReplicaSet "{replica_set}" is progressing.',
            }
        ]
        if gateway.refused:
            conditions.append(
                {
                    "type": "ReplicaFailure",
                    "status": "True",
                    "reason": "FailedCreate",
                    "message": gateway.refused,
                }
            )
        made = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": gateway.name, "labels": dict(gateway.labels)},
            "spec": {
                "replicas": gateway.replicas,
                "selector": {"matchLabels": dict(gateway.labels)},
                "template": template,
            },
            "status": {"conditions": conditions},
        }
        objects.append(merge(made, gateway.deployment))
    pods = [_pod(gateway, number, pod, template) for number, pod in enumerate(gateway.pods)]
    objects += pods
    for pod, state in zip(pods, gateway.pods, strict=True):
        objects += [
            event("Pod", pod["metadata"]["name"], *told, component="kubelet")
            for told in state.events
        ]
    if gateway.service is not None:
        objects += _service(gateway, pods)
    for obj in objects:
        obj["metadata"]["namespace"] = where
    return objects


def _pod(gateway: Gateway, number: int, state: GatewayPod, template: Object) -> Object:
    pod = copy.deepcopy(PAGE_POD)
    replica_set = f"{gateway.name}-{state.template}"
    pod["metadata"]["name"] = f"{replica_set}-{'7bcdfghj'[number]}gnwr"
    pod["metadata"]["labels"] = {
        **template["metadata"]["labels"],
        "pod-template-hash": state.template,
    }
    pod["metadata"]["ownerReferences"][0]["name"] = replica_set
    pod["spec"] = {
        **copy.deepcopy(template["spec"]),
        **({"nodeName": "node-1"} if state.scheduled else {}),
    }
    status = pod["status"]
    status["podIP"], status["podIPs"] = state.ip, [{"ip": state.ip}]
    status["containerStatuses"][0]["image"] = template["spec"]["containers"][0]["image"]
    if state.ready:
        status["containerStatuses"][0]["ready"] = True
        status["conditions"] = [{"type": c["type"], "status": "True"} for c in status["conditions"]]
    pod["status"] = merge(status, {**state.status, **({} if state.ip else {"podIP": None})})
    return pod


def _service(gateway: Gateway, pods: list[Object]) -> list[Object]:
    """The Service, and the slice that the endpoint slice controller makes for it.

    In a lab the controller makes it itself.
    """
    ports = [{"name": n, "port": p, "protocol": "TCP", "targetPort": t} for p, n, t in PORTS]
    made: Object = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": gateway.name, "labels": dict(gateway.labels)},
        "spec": {
            "type": gateway.kind,
            "selector": dict(gateway.labels),
            "ports": ports,
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
        },
        "status": {
            "loadBalancer": {"ingress": [{"ip": a} for a in gateway.lb]} if gateway.lb else {}
        },
    }
    made = merge(made, gateway.service or {})
    events = [
        event("Service", gateway.name, *told, component="metallb-controller")
        for told in gateway.service_events
    ]
    selector = made["spec"].get("selector", {})
    chosen = [
        p
        for p in pods
        if p["status"].get("podIP") and selector.items() <= p["metadata"]["labels"].items()
    ]
    endpoints = [
        {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {
                "ready": any(
                    c["type"] == "Ready" and c["status"] == "True"
                    for c in pod["status"]["conditions"]
                )
            },
        }
        for pod in chosen
        if pod["status"]["phase"] in ("Running", "Pending")
    ]
    slice_ = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "addressType": "IPv4",
        "metadata": {
            "name": f"{gateway.name}-x7k2p",
            "labels": {
                **gateway.labels,
                "kubernetes.io/service-name": gateway.name,
                "endpointslice.kubernetes.io/managed-by": SLICE_CONTROLLER,
            },
        },
        "endpoints": endpoints,
        "ports": [{"name": n, "port": t, "protocol": "TCP"} for _, n, t in PORTS],
    }
    return [made, slice_, *events]


def event(kind: str, name: str, reason: str, message: str, count: int, *, component: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name}.{reason.lower()}"},
        "type": "Normal" if reason in ("EnsuringLoadBalancer", "IPAllocated") else "Warning",
        "reason": reason,
        "message": message,
        "count": count,
        "involvedObject": {"apiVersion": "v1", "kind": kind, "name": name},
        "source": {"component": component},
        "firstTimestamp": "2023-02-24T02:51:26Z",
        "lastTimestamp": "2023-02-24T02:52:06Z",
    }
