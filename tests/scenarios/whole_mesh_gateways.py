"""Gateways of several clusters in one run."""

from __future__ import annotations

from tests.lab.gateways import Gateway, gateway_objects, refused
from tests.lab.scenes import HOSTED_POD, Pod
from tests.scenarios.model import FAIL, SKIP, UNKNOWN, WARN
from tests.scenarios.whole_mesh_hosts import HOSTED_LB_PENDING
from tests.scenarios.whole_mesh_model import (
    GATEWAY,
    OTHER,
    PLAIN,
    SLICE,
    MeshWide,
    hosting,
    without,
    workload,
)

WHOLE_MESH_GATEWAYS = [
    MeshWide(
        "gateways",
        {"control-plane": hosting(), "workload": workload(gateways=(Gateway(),))},
        "pass",
        found={"control-plane GatewayNotFound": SKIP},
        command=GATEWAY,
    ),
    MeshWide(
        "gateways-behind-a-wrong-remote",
        {
            "control-plane": hosting(),
            "workload": workload(remote=(HOSTED_POD,), gateways=(Gateway(pods=(refused(),)),)),
        },
        FAIL,
        found={
            "control-plane GatewayNotFound": SKIP,
            "workload AddressIsHostedPod": FAIL,
            "workload GatewayNotReady": FAIL,
            "workload GatewayServiceHasNoEndpoints": FAIL,
        },
        causes={
            "workload GatewayNotReady": "workload AddressIsHostedPod",
            "workload GatewayServiceHasNoEndpoints": "workload GatewayNotReady",
        },
        command=GATEWAY,
    ),
    MeshWide(
        "gateways-behind-a-pending-lb",
        {
            "control-plane": HOSTED_LB_PENDING,
            "workload": workload(remote=(), gateways=(Gateway(pods=(refused(),)),)),
        },
        FAIL,
        found={
            "control-plane HostedLBPending": FAIL,
            "control-plane GatewayNotFound": SKIP,
            "workload NoEndpoints": FAIL,
            "workload GatewayNotReady": FAIL,
            "workload GatewayServiceHasNoEndpoints": FAIL,
        },
        causes={
            "workload NoEndpoints": "control-plane HostedLBPending",
            "workload GatewayNotReady": "workload NoEndpoints",
            "workload GatewayServiceHasNoEndpoints": "workload GatewayNotReady",
        },
        command=GATEWAY,
    ),
    MeshWide(
        "no-gateway-named",
        {"control-plane": hosting(), "workload": workload()},
        UNKNOWN,
        found={"control-plane GatewayNotFound": SKIP, "workload GatewayNotFound": UNKNOWN},
        command=GATEWAY,
    ),
    MeshWide(
        "no-gateway-among-all",
        {
            "control-plane": hosting(),
            "workload": workload(gateways=(Gateway(),)),
            "second": workload("v", remote=(HOSTED_POD,)),
        },
        "pass",
        found={"control-plane GatewayNotFound": SKIP, "second GatewayNotFound": SKIP},
        command=GATEWAY,
        all_contexts=True,
    ),
    MeshWide(
        "no-gateway-anywhere",
        {"control-plane": hosting(), "workload": workload()},
        UNKNOWN,
        found={
            "control-plane NothingVerified": UNKNOWN,
            "control-plane GatewayNotFound": SKIP,
            "workload GatewayNotFound": SKIP,
        },
        command=GATEWAY,
        all_contexts=True,
    ),
    MeshWide(
        "plain-gateway-among-all",
        {
            "control-plane": hosting(),
            "workload": workload(gateways=(Gateway(),)),
            "plain": [*PLAIN, *gateway_objects(Gateway(lb=()), "plain", "istio-system", "1.22.4")],
        },
        "pass",
        found={"control-plane GatewayNotFound": SKIP, "plain NotWired": SKIP},
        command=GATEWAY,
        all_contexts=True,
    ),
    MeshWide(
        "config-missing-among-all-gateways",
        {
            "control-plane": hosting(),
            "workload": workload(gateways=(Gateway(),)),
            "second": without(workload(gateways=(Gateway(pods=(refused(),)),)), "ConfigMap/istio"),
        },
        FAIL,
        found={
            "control-plane GatewayNotFound": SKIP,
            "second MeshNotFound": UNKNOWN,
            "second GatewayNotReady": FAIL,
            "second GatewayServiceHasNoEndpoints": FAIL,
            "second ProxyVersionUnknown": SKIP,
        },
        causes={"second GatewayServiceHasNoEndpoints": "second GatewayNotReady"},
        all_contexts=True,
        command=GATEWAY,
    ),
    MeshWide(
        "two-hosts-of-two-meshes",
        {
            "a": [*hosting(uid="1", pods=(Pod(ready=False),)), *hosting(uid="3", **OTHER)],
            "b": [*hosting("d", uid="2"), *hosting("d", uid="4", **OTHER)],
        },
        FAIL,
        found={
            "a NoReadyHostedPod": FAIL,
            "a GatewayNotFound": SKIP,
            "a MeshHostedTwice": UNKNOWN,
            "b GatewayNotFound": SKIP,
        },
        all_contexts=True,
        command=GATEWAY,
    ),
    MeshWide(
        "twice-and-not-ready",
        {
            "a": hosting(uid="1", pods=(Pod(ready=False),)),
            "b": hosting("d", uid="2"),
            "w": workload(gateways=(Gateway(),)),
        },
        FAIL,
        found={
            "a NoReadyHostedPod": FAIL,
            "a GatewayNotFound": SKIP,
            "a MeshHostedTwice": UNKNOWN,
            "b GatewayNotFound": SKIP,
            "w AddressUndetermined": UNKNOWN,
        },
        causes={"w AddressUndetermined": "a MeshHostedTwice"},
        all_contexts=True,
        command=GATEWAY,
    ),
    MeshWide(
        "service-missing-too-among-all",
        {
            "control-plane": hosting(),
            "workload": workload(gateways=(Gateway(),)),
            "x": without(
                workload("x", configured=None, gateways=(Gateway(pods=(refused(),)),)),
                "ConfigMap/istio",
                "Service/istiod-remote",
                "Endpoints/istiod-remote",
                SLICE,
            ),
        },
        FAIL,
        found={
            "control-plane GatewayNotFound": SKIP,
            "x MeshNotFound": UNKNOWN,
            "x GatewayNotReady": FAIL,
            "x GatewayServiceHasNoEndpoints": FAIL,
            "x ProxyVersionUnknown": SKIP,
        },
        causes={"x GatewayServiceHasNoEndpoints": "x GatewayNotReady"},
        all_contexts=True,
        command=GATEWAY,
    ),
    MeshWide(
        "consequences-in-two-clusters",
        {
            "control-plane": hosting(),
            "workload": workload(remote=(HOSTED_POD,), gateways=(Gateway(),)),
            "second": workload(
                "futest-2", remote=(HOSTED_POD,), gateways=(Gateway(pods=(refused(),)),)
            ),
        },
        FAIL,
        found={
            "control-plane GatewayNotFound": SKIP,
            "workload AddressIsHostedPod": FAIL,
            "workload GatewayStillReady": WARN,
            "second AddressIsHostedPod": FAIL,
            "second GatewayNotReady": FAIL,
            "second GatewayServiceHasNoEndpoints": FAIL,
        },
        causes={
            "workload GatewayStillReady": "workload AddressIsHostedPod",
            "second GatewayNotReady": "second AddressIsHostedPod",
            "second GatewayServiceHasNoEndpoints": "second GatewayNotReady",
        },
        command=GATEWAY,
    ),
]
