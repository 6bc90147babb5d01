"""Services of a gateway: whom they select, and which ports lead somewhere."""

from __future__ import annotations

from typing import Any

from tests.lab import gateways as gw
from tests.lab.gateways import Gateway, GatewayPod
from tests.lab.scenes import Pod, deployment, pod
from tests.scenarios.gateway_model import EASTWEST, scenario
from tests.scenarios.model import FAIL, SKIP, WARN


def _port(name: str, number: int, target: int | None) -> dict[str, Any]:
    port = {"name": name, "port": number, "protocol": "TCP"}
    return port if target is None else {**port, "targetPort": target}


GATEWAY_SERVICES = [
    scenario(
        "selector",
        "fail",
        {"GatewayServiceSelectsOthers": FAIL},
        Gateway(service={"spec": {"selector": {"app": "typo"}}}),
    ),
    scenario(
        "named-target-port",
        "fail",
        {"TargetPortNotFound": FAIL},
        Gateway(
            service={
                "spec": {
                    "ports": [
                        {"name": "http2", "port": 80, "protocol": "TCP", "targetPort": "http"},
                        {
                            "name": "metrics",
                            "port": 15090,
                            "protocol": "TCP",
                            "targetPort": "http-envoy-prom",
                        },
                    ]
                }
            }
        ),
    ),
    scenario(
        "privileged-target-port",
        "fail",
        {"GatewayPortPrivileged": FAIL},
        Gateway(
            env={"ISTIO_META_UNPRIVILEGED_POD": "true"},
            service={"spec": {"ports": [_port("http2", 80, 80)]}},
        ),
        count={"GatewayPortPrivileged": 1},
    ),
    scenario(
        "privileged-port-without-target",
        "fail",
        {"GatewayPortPrivileged": FAIL},
        Gateway(
            env={"ISTIO_META_UNPRIVILEGED_POD": "1"},
            service={"spec": {"ports": [_port("http2", 443, None)]}},
        ),
    ),
    scenario(
        "privileged-target-port-allowed",
        "pass",
        {},
        Gateway(
            env={"ISTIO_META_UNPRIVILEGED_POD": None},
            service={"spec": {"ports": [_port("http2", 80, 80)]}},
        ),
    ),
    scenario(
        "unprivileged-and-high-target-port",
        "pass",
        {},
        Gateway(
            env={"ISTIO_META_UNPRIVILEGED_POD": "true"},
            service={"spec": {"ports": [_port("http2", 80, 8080)]}},
        ),
    ),
    scenario(
        "not-in-slices",
        "fail",
        {"GatewayServiceMissesPods": FAIL},
        Gateway(),
        patches={"EndpointSlice/istio-ingressgateway-x7k2p": {"endpoints": []}},
        live=False,
    ),
    scenario("no-service", "pass", {"GatewayHasNoService": WARN}, Gateway(service=None)),
    scenario(
        "slices-without-ports",
        "fail",
        {"GatewayServiceMissesPods": FAIL},
        Gateway(),
        patches={"EndpointSlice/istio-ingressgateway-x7k2p": {"ports": []}},
        live=False,
    ),
    scenario(
        "service-without-selector",
        "pass",
        {},
        Gateway(service={"spec": {"selector": None}}),
        live=False,
    ),
    scenario(
        "external-name",
        "pass",
        {"GatewayNeedsNoAddress": SKIP},
        Gateway(
            service={
                "spec": {"type": "ExternalName", "externalName": "gw.example.com", "selector": None}
            }
        ),
        live=False,
    ),
    scenario(
        "one-port-of-three",
        "fail",
        {"GatewayPortNotRouted": FAIL},
        Gateway(),
        patches={
            "EndpointSlice/istio-ingressgateway-x7k2p": {
                "ports": [{"name": "status-port", "port": 15021, "protocol": "TCP"}]
            }
        },
        live=False,
        count={"GatewayPortNotRouted": 2},
    ),
    scenario(
        "headless",
        "pass",
        {"GatewayNeedsNoAddress": SKIP},
        Gateway(kind="ClusterIP", lb=(), service={"spec": {"clusterIP": "None", "ports": None}}),
        patches={"EndpointSlice/istio-ingressgateway-x7k2p": {"ports": []}},
        live=False,
    ),
    scenario(
        "service-of-another-application",
        "fail",
        {"GatewayServiceSelectsOthers": FAIL},
        Gateway(service={"spec": {"selector": {"app": "prometheus", "istio": None}}}),
        extra={
            "workload": (
                deployment("prometheus", {"app": "prometheus"}, 1),
                pod("prometheus", 0, {"app": "prometheus"}, Pod("10.233.97.61")),
            )
        },
        live=False,
    ),
    scenario(
        "service-of-the-neighbour",
        "fail",
        {"GatewayServiceSelectsOthers": FAIL},
        Gateway(service={"spec": {"selector": EASTWEST}}),
        Gateway(
            "istio-eastwestgateway",
            EASTWEST,
            lb=("10.64.30.81",),
            pods=(GatewayPod("10.244.0.18", ready=True),),
        ),
        live=False,  # the slice would hold the neighbour
    ),
    scenario(
        "service-shared-with-another-application",
        "fail",
        {"GatewayServiceReachesOthers": FAIL},
        Gateway(),
        patches={
            "EndpointSlice/istio-ingressgateway-x7k2p": {
                "endpoints": [{"addresses": ["10.244.0.17"]}, {"addresses": ["10.233.97.61"]}]
            }
        },
        live=False,
    ),
    scenario(
        "one-family-of-two",
        "fail",
        {"GatewayFamilyNotRouted": FAIL},
        Gateway(
            lb=(gw.GATEWAY_LB, "fd00:64::81"),
            service={
                "spec": {"ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "RequireDualStack"}
            },
        ),
        live=False,
    ),
    scenario(
        "port-of-a-native-sidecar",
        "pass",
        {},
        Gateway(
            service={
                "spec": {
                    "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"}]
                }
            }
        ),
        patches={
            "Pod/istio-ingressgateway-b8b597c59-7gnwr": {
                "spec": {
                    "initContainers": [
                        {
                            "name": "filter",
                            "restartPolicy": "Always",
                            "ports": [{"name": "http", "containerPort": 8080}],
                        }
                    ]
                }
            },
            "EndpointSlice/istio-ingressgateway-x7k2p": {
                "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]
            },
        },
        live=False,
    ),
    scenario(
        "port-that-is-no-number",
        "pass",
        {},
        Gateway(),
        patches={
            "Service/istio-ingressgateway": {
                "spec": {
                    "ports": [
                        {"port": [80]},
                        {"name": "http2", "port": 80, "protocol": "TCP", "targetPort": 8080},
                    ]
                }
            }
        },
        live=False,
    ),
]
