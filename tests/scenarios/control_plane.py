"""hosted-lb and the hosted istiod: pending, absent, not ready, gone, hosted elsewhere or twice."""

from __future__ import annotations

from typing import Any

from tests.lab.objects import merge
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, Pod, Scene, endpoint_slice, pod
from tests.scenarios.model import BOTH, FAIL, SKIP, UNKNOWN, WARN, Scenario
from tests.scenarios.objects import NOWHERE, REMOTE_PORTS, control_plane, wired_to

SELECTED_ELSEWHERE = {"spec": {"selector": {"istio.io/rev": "old-hosted"}}}
# The control plane's own configuration has gone missing: as in a plain cluster.
NO_WORKLOAD: dict[str, Any] = {
    f"{kind}/{name}": None
    for kind, name in (
        ("ConfigMap", "istio"),
        ("ConfigMap", "istio-sidecar-injector"),
        ("Service", "istiod-remote"),
        ("Endpoints", "istiod-remote"),
        ("EndpointSlice", "istiod-remote-b9xkq"),
    )
}

CONTROL_PLANE = [
    Scenario(
        "pending",
        Scene(lb=(), remote=(NOWHERE,), configured=NOWHERE),
        "fail",
        {"HostedLBPending": FAIL, "AddressUndetermined": UNKNOWN},
        causes={"AddressUndetermined": "HostedLBPending"},
    ),
    Scenario(
        "pending-hosted-pod",
        Scene(lb=(), remote=(HOSTED_POD,), configured=HOSTED_POD),
        "fail",
        {"HostedLBPending": FAIL, "AddressIsHostedPod": FAIL},
        causes={"AddressIsHostedPod": "HostedLBPending"},
    ),
    Scenario(
        "pending-no-endpoints",
        Scene(lb=(), remote=(), configured=None),
        "fail",
        {"HostedLBPending": FAIL, "NoEndpoints": FAIL},
        causes={"NoEndpoints": "HostedLBPending"},
    ),
    Scenario(
        "pending-both",
        Scene(both=True, lb=(), remote=(HOSTED_POD,)),
        "pass",
        {"HostedLBPending": WARN},
        **BOTH,
    ),
    Scenario(
        "pending-stated",
        Scene(lb=()),
        "pass",
        {"HostedLBPending": WARN},
        flags=("--expect-address", LOAD_BALANCER),
    ),
    Scenario(
        "lb-absent",
        Scene(patches={"Service/istiod-hosted-mesh-hosted-lb": None}),
        "unknown",
        {"HostedLBNotFound": UNKNOWN, "AddressUndetermined": UNKNOWN},
    ),
    Scenario(
        "lb-absent-hosted-pod",
        Scene(
            remote=(HOSTED_POD,),
            configured=HOSTED_POD,
            patches={"Service/istiod-hosted-mesh-hosted-lb": None},
        ),
        "fail",
        {"HostedLBNotFound": UNKNOWN, "AddressIsHostedPod": FAIL},
    ),
    Scenario(
        "lb-absent-stated",
        Scene(patches={"Service/istiod-hosted-mesh-hosted-lb": None}),
        "pass",
        {"HostedLBNotFound": WARN},
        flags=("--expect-address", LOAD_BALANCER),
    ),
    Scenario(
        "custom-entry",
        Scene(
            lb=(), patches={"Service/istiod-hosted-mesh-hosted-lb": {"spec": {"type": "NodePort"}}}
        ),
        "unknown",
        {"HostedLBNotLoadBalancer": UNKNOWN, "AddressUndetermined": UNKNOWN},
    ),
    Scenario(
        "custom-entry-both",
        Scene(
            both=True,
            remote=(HOSTED_POD,),
            lb=(),
            patches={"Service/istiod-hosted-mesh-hosted-lb": {"spec": {"type": "NodePort"}}},
        ),
        "pass",
        {"HostedLBNotLoadBalancer": WARN},
        **BOTH,
    ),
    Scenario(
        "lb-selects-others",
        Scene(patches={"Service/istiod-hosted-mesh-hosted-lb": SELECTED_ELSEWHERE}),
        "fail",
        {"HostedLBReachesNoPod": FAIL},
    ),
    Scenario(
        "lb-leads-to-another-istiod",
        Scene(
            patches={
                "Service/istiod-hosted-mesh-hosted-lb": {
                    "spec": {"selector": {"istio": None, "istio.io/rev": None}}
                }
            },
            extra={
                "control-plane": (
                    pod("istiod", 1, {"app": "istiod", "istio": "pilot"}, Pod("10.233.95.20")),
                )
            },
        ),
        "fail",
        {"HostedLBReachesOthers": FAIL},
    ),
    Scenario(
        "lb-slices-lead-elsewhere-too",
        Scene(
            patches={"Service/istiod-hosted-mesh-hosted-lb": {"spec": {"selector": None}}},
            extra={
                "control-plane": (
                    endpoint_slice(
                        "istiod-hosted-mesh-hosted-lb", [HOSTED_POD, "10.233.95.99"], name="by-hand"
                    ),
                )
            },
        ),
        "fail",
        {"HostedLBReachesOthers": FAIL},
    ),
    Scenario(
        "lb-without-15012",
        Scene(
            patches={"Service/istiod-hosted-mesh-hosted-lb": {"spec": {"ports": [REMOTE_PORTS[1]]}}}
        ),
        "fail",
        {"HostedLBReachesNoPod": FAIL},
    ),
    Scenario(
        "lb-without-15017",
        Scene(
            patches={"Service/istiod-hosted-mesh-hosted-lb": {"spec": {"ports": [REMOTE_PORTS[0]]}}}
        ),
        "pass",
        {"HostedLBWebhookPortMissing": WARN},
    ),
    Scenario(
        "some-not-ready",
        Scene(pods=(Pod(), Pod("10.233.95.142", ready=False))),
        "pass",
        {"HostedPodsNotReady": WARN},
    ),
    Scenario("none-ready", Scene(pods=(Pod(ready=False),)), "fail", {"NoReadyHostedPod": FAIL}),
    Scenario(
        "none-ready-both",
        Scene(both=True, remote=(HOSTED_POD,), pods=(Pod(ready=False),)),
        "fail",
        {"NoReadyHostedPod": FAIL, "AddressIsStale": FAIL},
        causes={"AddressIsStale": "NoReadyHostedPod"},
        **BOTH,
    ),
    Scenario(
        "hosted-istiod-gone",
        Scene(
            pods=(),
            patches={
                "Deployment/istiod-hosted-mesh-hosted": None,
                "ConfigMap/istio-hosted-mesh-hosted": None,
            },
            extra={"control-plane": control_plane("b", "10.64.30.99", "10.233.95.160")},
        ),
        "fail",
        {"HostedIstiodGone": FAIL},
    ),
    Scenario(
        "hosted-only",
        Scene(),
        "pass",
        {"RemoteNotApplicable": SKIP},
        verify="control-plane",
        asked=False,
    ),
    Scenario(
        "hosted-only-pending",
        Scene(lb=()),
        "fail",
        {"HostedLBPending": FAIL, "RemoteNotApplicable": SKIP},
        verify="control-plane",
        asked=False,
    ),
    Scenario(
        "mesh-id-from-name",
        Scene(patches={"ConfigMap/istio-hosted-mesh-hosted": {"data": {"mesh": "{}"}}}),
        "pass",
        {"MeshIDFromName": WARN},
    ),
    Scenario(
        "control-plane-elsewhere",
        Scene(
            mesh="a",
            patches={
                f"{kind}/{name}": None
                for kind, name in (
                    ("Deployment", "istiod-a-hosted"),
                    ("ConfigMap", "istio-a-hosted"),
                    ("Service", "istiod-a-hosted-lb"),
                )
            },
            pods=(),
            extra={"control-plane": control_plane("a-hosted", "10.64.30.99", "10.233.95.160")},
        ),
        "unknown",
        {"ControlPlaneNotHere": UNKNOWN, "AddressUndetermined": UNKNOWN},
        causes={"AddressUndetermined": "ControlPlaneNotHere"},
    ),
    Scenario(
        "control-plane-elsewhere-stated",
        Scene(
            mesh="a",
            patches={
                f"{kind}/{name}": None
                for kind, name in (
                    ("Deployment", "istiod-a-hosted"),
                    ("ConfigMap", "istio-a-hosted"),
                    ("Service", "istiod-a-hosted-lb"),
                )
            },
            pods=(),
            extra={"control-plane": control_plane("a-hosted", "10.64.30.99", "10.233.95.160")},
        ),
        "pass",
        {"ControlPlaneNotHere": WARN},
        flags=("--expect-address", LOAD_BALANCER),
    ),
    Scenario(
        "hosted-twice",
        Scene(
            extra={
                "control-plane": tuple(
                    merge(o, wired_to("", "hosted-mesh")) if o["kind"] == "ConfigMap" else o
                    for o in control_plane("copy", "10.64.30.99", "10.233.95.160")
                )
            }
        ),
        "unknown",
        {"MeshHostedTwice": UNKNOWN, "AddressUndetermined": UNKNOWN},
        causes={"AddressUndetermined": "MeshHostedTwice"},
    ),
    Scenario(
        "hosted-twice-here",
        Scene(
            extra={
                "control-plane": tuple(
                    merge(o, wired_to("", "hosted-mesh")) if o["kind"] == "ConfigMap" else o
                    for o in control_plane("copy", "10.64.30.99", "10.233.95.160")
                )
            }
        ),
        "unknown",
        {"MeshHostedTwice": UNKNOWN, "RemoteNotApplicable": SKIP},
        verify="control-plane",
        asked=False,
    ),
    Scenario(
        "hosted-in-two-clusters",
        Scene(
            patches={"Deployment/istiod-hosted-mesh-hosted": {"metadata": {"uid": "one"}}},
            extra={
                "workload": tuple(
                    merge(o, {"metadata": {"uid": "two"}})
                    for o in control_plane("hosted-mesh", "10.64.30.9", "10.9.9.9")
                )
            },
        ),
        "unknown",
        {"MeshHostedTwice": UNKNOWN, "AddressUndetermined": UNKNOWN},
    ),
    Scenario(
        "deployment-without-label",
        Scene(
            both=True,
            patches={
                "Deployment/istiod-hosted-mesh-hosted": {
                    "metadata": {"labels": {"istio.io/rev": None}},
                }
            },
        ),
        "unknown",
        {"HostedPodsUnowned": UNKNOWN, "AddressUndetermined": UNKNOWN},
        **BOTH,
    ),
    Scenario(
        "deployment-without-label-asked",
        Scene(
            patches={
                "Deployment/istiod-hosted-mesh-hosted": {
                    "metadata": {"labels": {"istio.io/rev": None}}
                }
            }
        ),
        "unknown",
        {"HostedPodsUnowned": UNKNOWN},
        live=False,  # in files it is the one Deployment that shows that the kind was captured
    ),
    Scenario(
        "names-differ-from-the-mesh-id",
        Scene(
            mesh="prod",
            patches={
                "ConfigMap/istio-prod-hosted": wired_to("", "hosted-mesh"),
                "workload:ConfigMap/istio": wired_to("istiod-remote.istio-system.svc:15012"),
                "ConfigMap/istio-sidecar-injector": {"data": {"values": "{}"}},
            },
        ),
        "unknown",
        {"Forbidden": UNKNOWN},
        unread=(("control-plane", "Deployment", "Forbidden"),),
        live=False,
    ),
]
