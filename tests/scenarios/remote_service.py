"""The Service istiod-remote: whether it stands, its ports, and its selector."""

from __future__ import annotations

from typing import Any

from tests.lab.gateways import SLICE_CONTROLLER
from tests.lab.scenes import LOAD_BALANCER, LOCAL_ISTIOD, PORTS, Scene, endpoints, with_mirrors
from tests.scenarios.model import FAIL, UNKNOWN, WARN, Scenario
from tests.scenarios.objects import GATEWAY, NOWHERE, REMOTE_PORTS, wired_to


def _two_subsets() -> dict[str, Any]:
    """One address with 15012 in one subset and 15017 in another: both count."""
    whole = endpoints("istiod-remote", [LOAD_BALANCER])
    whole["subsets"] = [
        {
            "addresses": [{"ip": LOAD_BALANCER}],
            "ports": [{"name": "tcp-istiod", "port": 15012, "protocol": "TCP"}],
        },
        {
            "addresses": [{"ip": LOAD_BALANCER}],
            "ports": [{"name": "tcp-webhook", "port": 15017, "protocol": "TCP"}],
        },
    ]
    return {
        "remote": (),
        "patches": {"Endpoints/istiod-remote": None},
        "extra": {"workload": tuple(with_mirrors(whole))},
    }


REMOTE_SERVICE = [
    Scenario(
        "no-service",
        Scene(patches={"Service/istiod-remote": None, "EndpointSlice/istiod-remote-b9xkq": None}),
        "fail",
        {"ServiceNotFound": FAIL},
    ),
    Scenario("no-endpoints", Scene(remote=()), "fail", {"NoEndpoints": FAIL}),
    Scenario(
        "no-endpoints-object",
        Scene(remote=(), patches={"Endpoints/istiod-remote": None}, extra={"workload": GATEWAY}),
        "fail",
        {"NoEndpoints": FAIL},
    ),
    Scenario(
        "not-ready",
        Scene(remote=(), not_ready=(LOAD_BALANCER,)),
        "fail",
        {"NoReadyEndpoints": FAIL},
    ),
    Scenario("not-ready-beside", Scene(not_ready=(NOWHERE,)), "pass"),
    Scenario("no-15012", Scene(ports=PORTS[1:]), "fail", {"XDSPortMissing": FAIL}),
    Scenario("no-15017", Scene(ports=PORTS[:1]), "pass", {"WebhookPortMissing": WARN}),
    Scenario(
        "other-names",
        Scene(ports=((15012, "grpc-xds"), (15017, "https-webhook"))),
        "fail",
        {"XDSPortNotJoined": FAIL, "WebhookPortMissing": WARN},
    ),
    Scenario(
        "other-number",
        Scene(ports=((15010, "tcp-istiod"), (15017, "tcp-webhook"))),
        "fail",
        {"XDSPortMissing": FAIL},
    ),
    Scenario("ports-in-two-subsets", Scene(**_two_subsets()), "pass"),
    Scenario(
        "udp",
        Scene(
            slices_only=True,
            patches={
                "EndpointSlice/istiod-remote": {
                    "ports": [
                        {"name": "tcp-istiod", "port": 15012, "protocol": "UDP"},
                        {"name": "tcp-webhook", "port": 15017, "protocol": "TCP"},
                    ]
                }
            },
        ),
        "fail",
        {"XDSPortNotJoined": FAIL},
    ),
    Scenario(
        "udp-beside-tcp",
        Scene(
            patches={
                "Service/istiod-hosted-mesh-hosted-lb": {
                    "spec": {
                        "ports": [
                            {"name": "quic", "port": 15012, "protocol": "UDP", "targetPort": 9999},
                            *(
                                {"name": n, "port": p, "protocol": "TCP", "targetPort": p}
                                for p, n in PORTS
                            ),
                        ]
                    }
                }
            }
        ),
        "pass",
    ),
    Scenario(
        "service-without-15012",
        Scene(patches={"Service/istiod-remote": {"spec": {"ports": REMOTE_PORTS[1:]}}}),
        "fail",
        {"XDSServicePortMissing": FAIL},
    ),
    Scenario(
        "service-without-443",
        Scene(patches={"Service/istiod-remote": {"spec": {"ports": REMOTE_PORTS[:1]}}}),
        "pass",
        {"WebhookServicePortMissing": WARN},
    ),
    Scenario(
        "service-with-15017",
        Scene(
            patches={
                "Service/istiod-remote": {
                    "spec": {
                        "ports": [
                            REMOTE_PORTS[0],
                            {
                                "name": "tcp-webhook",
                                "port": 15017,
                                "protocol": "TCP",
                                "targetPort": 15017,
                            },
                        ]
                    }
                }
            }
        ),
        "pass",
        {"WebhookServicePortMissing": WARN},
    ),
    Scenario(
        "service-with-15010",
        Scene(
            patches={
                "Service/istiod-remote": {
                    "spec": {
                        "ports": [
                            {
                                "name": "tcp-istiod",
                                "port": 15010,
                                "protocol": "TCP",
                                "targetPort": 15010,
                            },
                            REMOTE_PORTS[1],
                        ]
                    }
                }
            }
        ),
        "fail",
        {"XDSServicePortMissing": FAIL},
    ),
    Scenario(
        "other-port-name",
        Scene(
            ports=((15012, "https-dns"), (15017, "tcp-webhook")),
            patches={
                "Service/istiod-remote": {
                    "spec": {"ports": [{**REMOTE_PORTS[0], "name": "https-dns"}]}
                }
            },
        ),
        "pass",
        {"WebhookServicePortMissing": WARN},
    ),
    Scenario(
        "one-unnamed-port",
        Scene(
            remote=(NOWHERE,),
            ports=((15012, ""),),
            patches={
                "Service/istiod-remote": {"spec": {"ports": [{**REMOTE_PORTS[0], "name": ""}]}}
            },
        ),
        "fail",
        {"AddressIsUnexpected": FAIL, "WebhookServicePortMissing": WARN},
    ),
    Scenario(
        "headless",
        Scene(
            ports=((15012, "grpc-xds"),),
            patches={"Service/istiod-remote": {"spec": {"clusterIP": "None"}}},
        ),
        "pass",
    ),
    Scenario(
        "discovery-port",
        Scene(patches={"ConfigMap/istio": wired_to("istiod-remote.istio-system.svc:15010")}),
        "fail",
        {"DiscoveryPortUnexpected": FAIL},
    ),
    Scenario(
        "discovery-without-port",
        Scene(patches={"ConfigMap/istio": wired_to("ISTIOD-remote.istio-system.svc")}),
        "fail",
        {"DiscoveryPortUnexpected": FAIL},
    ),
    Scenario(
        "discovery-of-one-label",
        Scene(patches={"ConfigMap/istio": wired_to("istiod-remote:15012")}),
        "unknown",
        {"NotWired": UNKNOWN},
    ),
    Scenario(
        "selector",
        Scene(
            remote=(LOCAL_ISTIOD,),
            patches={
                "Service/istiod-remote": {
                    "spec": {"selector": {"app": "istiod", "istio": "pilot"}}
                },
                "Endpoints/istiod-remote": None,
                "EndpointSlice/istiod-remote-b9xkq": {
                    "metadata": {
                        "labels": {"endpointslice.kubernetes.io/managed-by": SLICE_CONTROLLER}
                    }
                },
            },
        ),
        "fail",
        {"AddressIsLocalIstiod": FAIL},
        live=False,
    ),
    Scenario(
        "on-no-node",
        Scene(patches={"Service/istiod-remote": {"spec": {"internalTrafficPolicy": "Local"}}}),
        "fail",
        {"NoReadyEndpoints": FAIL, "EndpointsDiffer": FAIL},
    ),
]
