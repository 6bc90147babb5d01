"""Revisions of istiod, each with its mesh config and its remote Service."""

from __future__ import annotations

from tests.lab.scenes import (
    HOSTED_POD,
    Scene,
    config_map,
    deployment,
    endpoints,
    mesh_yaml,
    service,
    with_mirrors,
)
from tests.scenarios.model import FAIL, UNKNOWN, Scenario
from tests.scenarios.objects import NOWHERE, wired_to

REVISIONS = [
    Scenario(
        "revision",
        Scene(
            revision="canary",
            extra={
                "workload": (
                    service("istiod-remote", ((15012, "tcp-istiod"), (443, "tcp-webhook"))),
                    *with_mirrors(endpoints("istiod-remote", [HOSTED_POD])),
                )
            },
        ),
        "pass",
    ),
    Scenario(
        "revision-wrong",
        Scene(revision="canary", remote=(NOWHERE,)),
        "fail",
        {"AddressIsUnexpected": FAIL},
    ),
    Scenario(
        "revision-stock-chart",
        Scene(
            revision="canary",
            patches={"ConfigMap/istio-canary": wired_to("istiod-remote.istio-system.svc:15012")},
        ),
        "fail",
        {"RevisionServiceNotFound": FAIL},
    ),
    Scenario(
        "unlabelled-configs",
        Scene(
            patches={
                "ConfigMap/istio": {"metadata": {"labels": None}},
                "ConfigMap/istio-sidecar-injector": {"metadata": {"labels": None}},
                "ConfigMap/istio-hosted-mesh-hosted": {"metadata": {"labels": None}},
            }
        ),
        "pass",
    ),
    Scenario(
        "unlabelled-default-beside-a-revision",
        Scene(
            configured=None,
            patches={
                "ConfigMap/istio": {
                    **wired_to("istiod.istio-system.svc:15012"),
                    "metadata": {"labels": None},
                },
            },
            extra={
                "workload": (
                    config_map(
                        "istio-r2",
                        {"mesh": mesh_yaml("hosted-mesh", "istiod-remote.istio-system.svc:15012")},
                        "r2",
                    ),
                )
            },
        ),
        "fail",
        {"NotWired": FAIL},
    ),
    Scenario(
        "stock-chart-beside-a-default",
        Scene(
            revision="1-22",
            patches={"ConfigMap/istio-1-22": wired_to("istiod-remote.istio-system.svc:15012")},
            extra={
                "workload": (
                    config_map(
                        "istio",
                        {"mesh": mesh_yaml("hosted-mesh", "istiod-remote.istio-system.svc:15012")},
                        "default",
                    ),
                )
            },
        ),
        "fail",
        {"RevisionServiceNotFound": FAIL},
    ),
    Scenario(
        "revision-with-an-empty-config",
        Scene(
            extra={
                "workload": (
                    deployment("istiod-canary", {"app": "istiod", "istio.io/rev": "canary"}, 0),
                    config_map("istio-canary", {}, "canary"),
                )
            }
        ),
        "unknown",
        {"MeshConfigUnreadable": UNKNOWN},
    ),
]
