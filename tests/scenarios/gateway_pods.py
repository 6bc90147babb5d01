"""Pods of a gateway: why they are not ready."""

from __future__ import annotations

from tests.lab import gateways as gw
from tests.lab.gateways import Gateway, GatewayPod, refused
from tests.lab.objects import Object
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, LOCAL_ISTIOD, Pod
from tests.scenarios.gateway_model import gateway_of, scenario
from tests.scenarios.model import FAIL, SKIP, WARN


def _crashed_once() -> GatewayPod:
    """The proxy runs once more after an error, and the kubelet backs off.

    Its init container ended as it should.
    """
    status = {
        "initContainerStatuses": [
            {"name": "istio-init", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}
        ],
        "containerStatuses": [
            {
                "name": "istio-proxy",
                "restartCount": 4,
                "state": {"running": {}},
                "lastState": {"terminated": {"reason": "Error", "exitCode": 255}},
            }
        ],
    }
    return GatewayPod(
        status=status, events=(("BackOff", "Back-off restarting failed container istio-proxy", 9),)
    )


def _held_back(*others: Object) -> GatewayPod:
    """The proxy is ready, and the Pod is not."""
    proxy = {"name": "istio-proxy", "ready": True, "restartCount": 0, "state": {"running": {}}}
    return GatewayPod(status={"containerStatuses": [proxy, *others]})


OTHER_CA = (
    '{"global": {"meshID": "hosted-mesh", "caAddress": "ca.example.com:443", '
    '"remotePilotAddress": "10.64.30.71"}}'
)
STILL_READY = {"GatewayStillReady": WARN}

GATEWAY_PODS = [
    scenario(
        "page",
        "fail",
        {"AddressIsHostedPod": FAIL, "GatewayNotReady": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        gateway_of(refused()),
        mesh="fupan-mesh",
        version="1.16.1-mspider",
        remote=(HOSTED_POD,),
        configured=HOSTED_POD,
        causes={
            "GatewayNotReady": "AddressIsHostedPod",
            "GatewayServiceHasNoEndpoints": "GatewayNotReady",
        },
    ),
    scenario(
        "not-ready-though-all-is-right",
        "fail",
        {"GatewayNotReady": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        gateway_of(refused()),
        causes={"GatewayServiceHasNoEndpoints": "GatewayNotReady"},
    ),
    scenario(
        "not-ready-without-events",
        "fail",
        {"GatewayNotReady": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        gateway_of(GatewayPod()),
    ),
    scenario(
        "one-of-two-not-ready",
        "fail",
        {"GatewayNotReady": FAIL},
        gateway_of(GatewayPod(ready=True), refused("10.244.0.18")),
    ),
    scenario(
        "503",
        "fail",
        {"GatewayNotReady": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        gateway_of(
            GatewayPod(
                events=(
                    (
                        "Unhealthy",
                        "Readiness probe failed: HTTP probe failed with statuscode: 503",
                        22,
                    ),
                )
            )
        ),
    ),
    scenario(
        "crash",
        "fail",
        {"GatewayCrashLooping": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        gateway_of(gw.CRASHING),
        remote=(LOAD_BALANCER,),
    ),
    scenario(
        "crash-beside-a-wrong-address",
        "fail",
        {
            "AddressIsHostedPod": FAIL,
            "GatewayCrashLooping": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        gateway_of(gw.CRASHING),
        remote=(HOSTED_POD,),
        configured=HOSTED_POD,
    ),
    scenario(
        "no-image",
        "fail",
        {"GatewayImageNotPulled": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        gateway_of(gw.NO_IMAGE),
    ),
    scenario(
        "not-injected",
        "fail",
        {
            "GatewayNotInjected": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
            "ProxyVersionUnknown": SKIP,
        },
        gateway_of(gw.NOT_INJECTED, image="auto"),
    ),
    scenario(
        "no-ca-certificate",
        "fail",
        {
            "LocalIstiodNotReady": FAIL,
            "GatewayCACertificateMissing": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        gateway_of(gw.NO_CA),
        local=Pod(LOCAL_ISTIOD, ready=False),
        causes={"GatewayCACertificateMissing": "LocalIstiodNotReady"},
    ),
    scenario(
        "no-volume",
        "fail",
        {
            "LocalIstiodNotReady": WARN,
            "GatewayVolumeNotMounted": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        gateway_of(gw.NO_SECRET),
        local=Pod(LOCAL_ISTIOD, ready=False),
    ),
    scenario(
        "local-istiod-down",
        "pass",
        {"LocalIstiodNotReady": WARN},
        Gateway(),
        local=Pod(LOCAL_ISTIOD, ready=False),
    ),
    scenario(
        "local-istiod-gone",
        "fail",
        {
            "LocalIstiodNotReady": FAIL,
            "GatewayCACertificateMissing": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        gateway_of(gw.NO_CA),
        patches={
            "Pod/istiod-6d8f7c9b4d-bx2lm": None,
            "Deployment/istiod": {"spec": {"replicas": 0}},
        },
        causes={"GatewayCACertificateMissing": "LocalIstiodNotReady"},
    ),
    scenario(
        "no-configuration",
        "fail",
        {"GatewayNotStarted": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        gateway_of(gw.NO_CONFIG),
    ),
    scenario(
        "unschedulable",
        "fail",
        {"GatewayUnschedulable": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        gateway_of(gw.UNSCHEDULABLE),
    ),
    scenario(
        "still-ready",
        "fail",
        {"AddressIsHostedPod": FAIL, **STILL_READY},
        Gateway(),
        remote=(HOSTED_POD,),
        configured=HOSTED_POD,
        causes={"GatewayStillReady": "AddressIsHostedPod"},
    ),
    scenario(
        "hosted-istiod-down",
        "fail",
        {
            "NoReadyHostedPod": FAIL,
            "GatewayNotReady": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
            "ProxyVersionUnknown": SKIP,
        },
        gateway_of(refused()),
        pods=(Pod(ready=False),),
        causes={"GatewayNotReady": "NoReadyHostedPod"},
    ),
    scenario(
        "crash-behind-an-init-container",
        "fail",
        {"GatewayCrashLooping": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        gateway_of(_crashed_once()),
        live=False,
    ),
    scenario(
        "readiness-gate",
        "fail",
        {"AddressIsHostedPod": FAIL, "GatewayHeldBack": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        gateway_of(_held_back()),
        patches={
            "Pod/istio-ingressgateway-b8b597c59-7gnwr": {
                "spec": {"readinessGates": [{"conditionType": "example.com/ready"}]}
            }
        },
        remote=(HOSTED_POD,),
        configured=HOSTED_POD,
        live=False,
        rootless=("GatewayHeldBack",),
    ),
    scenario(
        "sidecar-not-ready",
        "fail",
        {"GatewayHeldBack": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        gateway_of(_held_back({"name": "log-shipper", "ready": False, "state": {"running": {}}})),
        live=False,
    ),
    scenario(
        "another-ca",
        "fail",
        {
            "LocalIstiodNotReady": WARN,
            "GatewayNotReady": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        gateway_of(refused(), env={"CA_ADDR": "ca.example.com:443"}),
        local=Pod(LOCAL_ISTIOD, ready=False),
        rootless=("GatewayNotReady",),
        live=False,
        patches={"workload:ConfigMap/istio-sidecar-injector": {"data": {"values": OTHER_CA}}},
    ),
    scenario(
        "not-injected-with-a-named-port",
        "fail",
        {
            "GatewayNotInjected": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
            "ProxyVersionUnknown": SKIP,
        },
        gateway_of(
            gw.NOT_INJECTED,
            image="auto",
            service={
                "spec": {
                    "ports": [
                        {
                            "name": "metrics",
                            "port": 15090,
                            "protocol": "TCP",
                            "targetPort": "from-the-injector",
                        }
                    ]
                }
            },
        ),
        live=False,
    ),
]
