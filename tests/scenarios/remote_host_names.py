"""istiod-remote as an ExternalName Service, and load balancers with a host name."""

from __future__ import annotations

from tests.lab.scenes import LOAD_BALANCER, Scene
from tests.scenarios.model import BOTH, FAIL, UNKNOWN, Scenario

REMOTE_HOST_NAMES = [
    Scenario(
        "external-name",
        Scene(
            remote=(),
            lb=("lb.example.com",),
            configured="lb.example.com",
            patches={
                "Service/istiod-remote": {
                    "spec": {"type": "ExternalName", "externalName": "LB.example.com."}
                },
                "Endpoints/istiod-remote": None,
            },
        ),
        "pass",
        live=False,  # an API server refuses upper case
    ),
    Scenario(
        "external-name-other",
        Scene(
            remote=(),
            lb=("lb.example.com",),
            patches={
                "Service/istiod-remote": {
                    "spec": {"type": "ExternalName", "externalName": "old.example.com"}
                },
                "Endpoints/istiod-remote": None,
            },
        ),
        "fail",
        {"AddressIsUnexpected": FAIL},
    ),
    Scenario(
        "external-name-against-ip",
        Scene(
            remote=(),
            patches={
                "Service/istiod-remote": {
                    "spec": {"type": "ExternalName", "externalName": "lb.example.com"}
                },
                "Endpoints/istiod-remote": None,
            },
        ),
        "unknown",
        {"AddressNotComparable": UNKNOWN},
    ),
    Scenario(
        "ip-against-host-name",
        Scene(lb=("lb.example.com",)),
        "unknown",
        {"AddressNotComparable": UNKNOWN},
    ),
    Scenario(
        "external-name-is-ip",
        Scene(
            remote=(),
            patches={
                "Service/istiod-remote": {
                    "spec": {"type": "ExternalName", "externalName": LOAD_BALANCER}
                },
                "Endpoints/istiod-remote": None,
            },
        ),
        "fail",
        {"ExternalNameIsIP": FAIL},
    ),
    Scenario(
        "external-name-local-istiod",
        Scene(
            remote=(),
            patches={
                "Service/istiod-remote": {
                    "spec": {
                        "type": "ExternalName",
                        "externalName": "istiod.istio-system.svc.cluster.local",
                    }
                },
                "Endpoints/istiod-remote": None,
            },
        ),
        "fail",
        {"AddressIsLocalIstiod": FAIL},
    ),
    Scenario(
        "external-name-both",
        Scene(
            both=True,
            remote=(),
            patches={
                "Service/istiod-remote": {
                    "spec": {"type": "ExternalName", "externalName": "lb.example.com"}
                },
                "Endpoints/istiod-remote": None,
            },
        ),
        "unknown",
        {"AddressNotComparable": UNKNOWN},
        **BOTH,
    ),
]
