"""Every state that verify-endpoints tells apart: a scene, the flags, and what must be found in it.

`found` are all findings that are no pass, as code -> result. Scenes run as files and, unless `live` is
False, on the lab's API servers; both must find the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.lab.objects import Object, merge
from tests.lab.scenes import (
    HOSTED_POD,
    LOAD_BALANCER,
    LOCAL_ISTIOD,
    NODE_IP,
    PORTS,
    Pod,
    Scene,
    config_map,
    deployment,
    endpoint_slice,
    endpoints,
    hosted_objects,
    mesh_yaml,
    pod,
    service,
    with_mirrors,
    workload_objects,
)

FAIL, WARN, UNKNOWN, SKIP = "fail", "warn", "unknown", "skip"
EXIT = {"pass": 0, "fail": 1, "unknown": 3}


@dataclass(frozen=True)
class Scenario:
    """`verify` is the cluster in question, `asked` whether the control plane is named (it is another cluster)."""

    name: str
    scene: Scene
    verdict: str
    found: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    verify: str = "workload"
    asked: bool = True
    ask: str = "control-plane"
    live: bool = True
    unread: tuple[
        tuple[str, str, str], ...
    ] = ()  # (cluster, kind, code): reads that failed, in files only
    causes: Mapping[str, str] = field(default_factory=dict)  # code -> code of its cause
    rootless: tuple[str, ...] = ()  # codes that must have no cause
    count: Mapping[str, int] = field(default_factory=dict)  # code -> how often it is told
    command: str = "verify-endpoints"


def control_plane(mesh: str, lb: str, ip: str) -> tuple[Object, ...]:
    """A second mesh's control plane, for the cluster that has one already."""
    made = hosted_objects(Scene(mesh=mesh, lb=(lb,), pods=(Pod(ip),)))
    return tuple(o for o in made if "ckube" not in o["metadata"]["name"])


def wired_to(discovery: str, mesh: str | None = "hosted-mesh") -> Object:
    """A patch for a mesh ConfigMap."""
    return {"data": {"mesh": mesh_yaml(mesh, discovery)}}


def _unnamed_mesh() -> dict[str, Object]:
    return {
        "ConfigMap/istio": wired_to("istiod-remote.istio-system.svc:15012", None),
        "ConfigMap/istio-sidecar-injector": {"data": {"values": "{}"}},
    }


REMOTE_PORTS = [
    {"name": "tcp-istiod", "port": 15012, "protocol": "TCP", "targetPort": 15012},
    {"name": "tcp-webhook", "port": 443, "protocol": "TCP", "targetPort": 15017},
]
EVICTED = Pod("10.233.95.77", ready=False, phase="Failed")
NOWHERE = "192.0.2.55"
OTHER_POD = pod("debug", 0, {"app": "debug"}, Pod("10.233.97.9"))
SELECTED_ELSEWHERE = {"spec": {"selector": {"istio.io/rev": "old-hosted"}}}
# The control plane's own configuration has gone missing: what a plain cluster of another kind looks like.
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

BOTH: dict[str, Any] = {"verify": "control-plane", "asked": False}
LONE: dict[str, Any] = {"asked": False}


# Endpoints and a slice of another Service, so that a file shows that both kinds were captured.
GATEWAY = (
    service("gateway", ((15021, "status-port"),)),
    *with_mirrors(endpoints("gateway", ["10.233.97.30"], ports=((15021, "status-port"),))),
)


def _skip_mirror(*addresses: str) -> Object:
    written = endpoints("istiod-remote", addresses)
    written["metadata"]["labels"] = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    return written


def _disagreeing(in_slice: str, in_endpoints: str) -> Scene:
    return Scene(
        remote=(in_slice,),
        slices_only=True,
        extra={"workload": (_skip_mirror(in_endpoints),)},
        configured=None,
    )


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


SCENARIOS = [
    # --- the page's two faults, and each of them right ---
    Scenario("workload-right", Scene(), "pass"),
    Scenario(
        "workload-hosted-pod",
        Scene(remote=(HOSTED_POD,), configured=HOSTED_POD),
        "fail",
        {"AddressIsHostedPod": FAIL},
    ),
    Scenario("both-right", Scene(both=True, remote=(HOSTED_POD,)), "pass", **BOTH),
    Scenario(
        "both-load-balancer", Scene(both=True), "fail", {"AddressIsLoadBalancer": FAIL}, **BOTH
    ),
    # --- what an address is ---
    Scenario(
        "local-istiod-pod", Scene(remote=(LOCAL_ISTIOD,)), "fail", {"AddressIsLocalIstiod": FAIL}
    ),
    Scenario(
        "local-istiod-service",
        Scene(
            remote=("10.233.11.15",),
            patches={"Service/istiod": {"spec": {"clusterIP": "10.233.11.15"}}},
        ),
        "fail",
        {"AddressIsLocalIstiod": FAIL},
    ),
    Scenario(
        "local-istiod-lone",
        Scene(remote=(LOCAL_ISTIOD,), configured=None),
        "fail",
        {"AddressIsLocalIstiod": FAIL},
        **LONE,
    ),
    Scenario(
        "ckube-remote", Scene(remote=("10.233.95.150",)), "fail", {"AddressIsCkubeRemote": FAIL}
    ),
    Scenario(
        "other-mesh",
        Scene(
            remote=("10.64.30.99",),
            extra={"control-plane": control_plane("b", "10.64.30.99", "10.233.95.160")},
        ),
        "fail",
        {"AddressIsOtherMesh": FAIL},
    ),
    Scenario(
        "cluster-ip",
        Scene(
            remote=("10.233.11.16",),
            extra={"workload": (service("reviews", ((9080, "http"),), clusterIP="10.233.11.16"),)},
        ),
        "fail",
        {"AddressIsClusterIP": FAIL},
    ),
    Scenario("node", Scene(remote=(NODE_IP,)), "fail", {"AddressIsNode": FAIL}),
    Scenario(
        "other-pod",
        Scene(remote=("10.233.97.9",), extra={"workload": (OTHER_POD,)}),
        "fail",
        {"AddressIsOtherPod": FAIL},
    ),
    Scenario("nobody-knows", Scene(remote=(NOWHERE,)), "fail", {"AddressIsUnexpected": FAIL}),
    # --- stale, split, missing ---
    Scenario(
        "restarted", Scene(both=True, remote=(NOWHERE,)), "fail", {"AddressIsStale": FAIL}, **BOTH
    ),
    Scenario(
        "evicted",
        Scene(both=True, remote=(EVICTED.ip,), pods=(Pod(), EVICTED)),
        "fail",
        {"AddressIsStale": FAIL},
        **BOTH,
    ),
    Scenario(
        "terminating",
        Scene(
            both=True, remote=("10.233.95.78",), pods=(Pod(), Pod("10.233.95.78", terminating=True))
        ),
        "fail",
        {"AddressIsStale": FAIL},
        **BOTH,
    ),
    Scenario(
        "split",
        Scene(remote=(LOAD_BALANCER, NOWHERE)),
        "fail",
        {"AddressIsUnexpected": FAIL, "TrafficSplit": FAIL},
        causes={"TrafficSplit": "AddressIsUnexpected"},
    ),
    Scenario(
        "replica-missing",
        Scene(both=True, remote=(HOSTED_POD,), pods=(Pod(), Pod("10.233.95.142"))),
        "pass",
        {"ReplicaMissing": WARN},
        **BOTH,
    ),
    Scenario(
        "two-replicas",
        Scene(both=True, remote=(HOSTED_POD, "10.233.95.142"), pods=(Pod(), Pod("10.233.95.142"))),
        "pass",
        **BOTH,
    ),
    Scenario(
        "two-lb-addresses",
        Scene(lb=(LOAD_BALANCER, "10.64.30.72"), remote=("10.64.30.72",)),
        "pass",
        {"ConfiguredAddressDiffers": WARN},
    ),
    # --- Service, endpoints, ports ---
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
    # --- slices and Endpoints ---
    Scenario("slices-only", Scene(slices_only=True), "pass"),
    Scenario(
        "slices-only-wrong",
        Scene(slices_only=True, remote=(HOSTED_POD,)),
        "fail",
        {"AddressIsHostedPod": FAIL},
    ),
    Scenario(
        "disagree-slices-right",
        _disagreeing(LOAD_BALANCER, NOWHERE),
        "pass",
        {"EndpointsDiffer": WARN},
    ),
    Scenario(
        "disagree-slices-wrong",
        _disagreeing(HOSTED_POD, LOAD_BALANCER),
        "fail",
        {"AddressIsHostedPod": FAIL, "EndpointsDiffer": FAIL},
        causes={"EndpointsDiffer": "AddressIsHostedPod"},
    ),
    Scenario(
        "no-slice",
        Scene(
            remote=(),
            patches={"Endpoints/istiod-remote": None},
            extra={"workload": (_skip_mirror(LOAD_BALANCER), *GATEWAY)},
        ),
        "fail",
        {"EndpointsNotMirrored": FAIL},
    ),
    Scenario(
        "several-slices",
        Scene(
            both=True,
            remote=(HOSTED_POD,),
            slices_only=True,
            pods=(Pod(), Pod("10.233.95.142")),
            extra={
                "control-plane": (
                    endpoint_slice("istiod-remote", ["10.233.95.142"], name="istiod-remote-2"),
                )
            },
        ),
        "pass",
        **BOTH,
    ),
    Scenario(
        "fqdn-slice",
        Scene(
            slices_only=True,
            patches={
                "EndpointSlice/istiod-remote": {
                    "addressType": "FQDN",
                    "endpoints": [{"addresses": ["istiod.example.com"]}],
                }
            },
        ),
        "fail",
        {"NoEndpoints": FAIL},
    ),
    Scenario(
        "dual-stack",
        Scene(
            both=True,
            remote=(HOSTED_POD, "fd00:10::141"),
            slices_only=True,
            pods=(Pod(HOSTED_POD, also=("fd00:10:0::141",)),),
        ),
        "pass",
        live=False,  # an API server refuses addresses that aren't canonical
        **BOTH,
    ),
    Scenario(
        "dual-stack-wrong",
        Scene(
            both=True,
            remote=(HOSTED_POD, "fd00:10::142"),
            pods=(Pod(HOSTED_POD, also=("fd00:10::141",)),),
        ),
        "fail",
        {"AddressIsStale": FAIL, "TrafficSplit": FAIL},
        live=False,  # the lab's Services have one family
        **BOTH,
    ),
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
    # --- revisions ---
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
    # --- hosted-lb and the hosted istiod ---
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
    # --- a lone workload cluster, stated addresses, the configured address, witnesses ---
    Scenario("lone", Scene(), "unknown", {"AddressUndetermined": UNKNOWN}, **LONE),
    Scenario("lone-stated", Scene(), "pass", flags=("--expect-address", LOAD_BALANCER), **LONE),
    Scenario(
        "lone-stated-wrong",
        Scene(),
        "fail",
        {"AddressIsUnexpected": FAIL},
        flags=("--expect-address", "203.0.113.9"),
        **LONE,
    ),
    Scenario(
        "stated-differs",
        Scene(remote=("203.0.113.9",)),
        "pass",
        {"HostedLBDiffers": WARN, "ConfiguredAddressDiffers": WARN},
        flags=("--expect-address", "203.0.113.9"),
    ),
    Scenario(
        "drift-lone", Scene(remote=(NOWHERE,)), "fail", {"ConfiguredAddressDiffers": FAIL}, **LONE
    ),
    Scenario(
        "drift-but-right", Scene(configured=HOSTED_POD), "pass", {"ConfiguredAddressDiffers": WARN}
    ),
    Scenario(
        "witness-refutes",
        Scene(
            remote=(NOWHERE,),
            configured=NOWHERE,
            extra={
                "workload": (
                    service(
                        "istiod-hosted-mesh-hosted-lb",
                        PORTS,
                        kind="LoadBalancer",
                        lb=[LOAD_BALANCER],
                    ),
                )
            },
        ),
        "fail",
        {"AddressIsUnexpected": FAIL},
        **LONE,
    ),
    Scenario(
        "witness-proves",
        Scene(
            extra={
                "workload": (
                    service(
                        "istiod-hosted-mesh-hosted-lb",
                        PORTS,
                        kind="LoadBalancer",
                        lb=[LOAD_BALANCER],
                    ),
                    *with_mirrors(endpoints("istiod-hosted-mesh-hosted-lb", ["10.64.30.8"])),
                )
            },
        ),
        "pass",
        **LONE,
    ),
    Scenario(
        "witness-leads-nowhere",
        Scene(
            extra={
                "workload": (
                    service(
                        "istiod-hosted-mesh-hosted-lb",
                        PORTS,
                        kind="LoadBalancer",
                        lb=[LOAD_BALANCER],
                    ),
                )
            },
        ),
        "unknown",
        {"AddressUndetermined": UNKNOWN},
        **LONE,
    ),
    # --- roles and meshes ---
    Scenario(
        "not-wired",
        Scene(
            configured=None, patches={"ConfigMap/istio": wired_to("istiod.istio-system.svc:15012")}
        ),
        "unknown",
        {"NotWired": UNKNOWN},
        **LONE,
    ),
    Scenario(
        "not-wired-configured",
        Scene(patches={"ConfigMap/istio": wired_to("istiod.istio-system.svc:15012")}),
        "fail",
        {"NotWired": FAIL},
        **LONE,
    ),
    Scenario(
        "not-wired-hosted",
        Scene(
            configured=None, patches={"ConfigMap/istio": wired_to("istiod.istio-system.svc:15012")}
        ),
        "fail",
        {"NotWired": FAIL},
    ),
    Scenario(
        "not-wired-stated",
        Scene(
            configured=None, patches={"ConfigMap/istio": wired_to("istiod.istio-system.svc:15012")}
        ),
        "fail",
        {"NotWired": FAIL},
        flags=("--role", "workload", "--expect-address", LOAD_BALANCER),
        **LONE,
    ),
    Scenario(
        "plain-istio",
        Scene(
            configured=None,
            patches={
                **_unnamed_mesh(),
                "ConfigMap/istio": wired_to("istiod.istio-system.svc:15012", None),
                "Service/istiod-remote": None,
                "Endpoints/istiod-remote": None,
                "EndpointSlice/istiod-remote-b9xkq": None,
            },
        ),
        "unknown",
        {"NotWired": UNKNOWN},
        **LONE,
    ),
    Scenario(
        "no-mesh",
        Scene(
            patches=NO_WORKLOAD | {"Deployment/istiod": None},
            extra={
                "workload": (
                    config_map("other", {"key": "value"}, None),
                    deployment("web", {"app": "web"}, 0),
                )
            },
        ),
        "unknown",
        {"MeshNotFound": UNKNOWN},
        **LONE,
    ),
    Scenario(
        "mesh-id-not-here",
        Scene(),
        "unknown",
        {"MeshNotFound": UNKNOWN},
        flags=("--mesh-id", "other"),
        **LONE,
    ),
    Scenario(
        "mesh-id-unknown",
        Scene(patches=_unnamed_mesh(), namespace="istio-system"),
        "unknown",
        {"MeshIDUnknown": UNKNOWN, "AddressUndetermined": UNKNOWN},
        causes={"AddressUndetermined": "MeshIDUnknown"},
    ),
    Scenario(
        "mesh-id-stated",
        Scene(patches=_unnamed_mesh()),
        "pass",
        flags=("--mesh-id", "hosted-mesh"),
    ),
    Scenario(
        "config-is-no-yaml",
        Scene(patches={"ConfigMap/istio": {"data": {"mesh": "defaultConfig: [\nnever: closed"}}}),
        "unknown",
        {"MeshConfigUnreadable": UNKNOWN},
        **LONE,
    ),
    Scenario(
        "hosts-one-works-for-another",
        Scene(
            both=True,
            mesh="a",
            patches={
                "ConfigMap/istio": wired_to("istiod-remote.istio-system.svc:15012", "a-hosted"),
                "ConfigMap/istio-sidecar-injector": {"data": {"values": "{}"}},
            },
            extra={"control-plane": control_plane("a-hosted", "10.64.30.99", "10.233.95.160")},
            remote=("10.233.95.160",),
        ),
        "pass",
        {"RemoteNotApplicable": SKIP},
        **BOTH,
    ),
    Scenario(
        "hosts-one-works-for-another-wrong",
        Scene(
            both=True,
            mesh="a",
            patches={
                "ConfigMap/istio": wired_to("istiod-remote.istio-system.svc:15012", "a-hosted")
            },
            extra={"control-plane": control_plane("a-hosted", "10.64.30.99", "10.233.95.160")},
            remote=(HOSTED_POD,),
        ),
        "fail",
        {"RemoteNotApplicable": SKIP, "AddressIsOtherMesh": FAIL},
        **BOTH,
    ),
    Scenario(
        "one-of-several",
        Scene(
            both=True,
            mesh="a",
            remote=(HOSTED_POD,),
            extra={"control-plane": control_plane("b", "10.64.30.99", "10.233.95.160")},
        ),
        "pass",
        flags=("--mesh-id", "a"),
        **BOTH,
    ),
    Scenario(
        "several",
        Scene(
            both=True,
            mesh="a",
            remote=(HOSTED_POD,),
            extra={"control-plane": control_plane("b", "10.64.30.99", "10.233.95.160")},
        ),
        "pass",
        {"RemoteNotApplicable": SKIP},
        **BOTH,
    ),
    Scenario(
        "leftover",
        Scene(
            extra={
                "workload": (
                    service("istiod-old-hosted-lb", PORTS, kind="LoadBalancer", lb=["10.64.30.66"]),
                )
            }
        ),
        "pass",
        {"MeshLeftover": SKIP},
    ),
    Scenario(
        "control-plane-is-a-workload-too",
        Scene(
            extra={
                "control-plane": tuple(
                    o
                    for o in workload_objects(Scene(remote=(HOSTED_POD,)))
                    if o["kind"] in ("ConfigMap", "Service")
                )
            }
        ),
        "pass",
        {"RemoteNotVerified": SKIP},
    ),
    Scenario(
        "role-hosted",
        Scene(both=True, remote=(LOAD_BALANCER,)),
        "fail",
        {"AddressIsLoadBalancer": FAIL},
        flags=("--role", "hosted"),
        **BOTH,
    ),
    Scenario(
        "role-workload",
        Scene(both=True, remote=(LOAD_BALANCER,)),
        "pass",
        flags=("--role", "workload"),
        **BOTH,
    ),
    Scenario(
        "role-hosted-gone",
        Scene(
            pods=(),
            patches={"Deployment/istiod-hosted-mesh-hosted": None},
            extra={"control-plane": (deployment("web", {"app": "web"}, 0),)},
        ),
        "fail",
        {"HostedIstiodGone": FAIL},
        flags=("--role", "hosted"),
        verify="control-plane",
        asked=False,
    ),
    Scenario(
        "not-consulted",
        Scene(),
        "pass",
        {"ControlPlaneNotConsulted": SKIP, "RemoteNotApplicable": SKIP},
        verify="control-plane",
        ask="workload",
    ),
    # --- what a sceptical reviewer tried ---
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
                        "labels": {
                            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"
                        }
                    }
                },
            },
        ),
        "fail",
        {"AddressIsLocalIstiod": FAIL},
        live=False,
    ),
    Scenario(
        "slice-not-ready-endpoints-right",
        Scene(
            remote=(),
            not_ready=(LOAD_BALANCER,),
            slices_only=True,
            extra={"workload": (_skip_mirror(LOAD_BALANCER),)},
        ),
        "fail",
        {"NoReadyEndpoints": FAIL, "EndpointsDiffer": FAIL},
        causes={"EndpointsDiffer": "NoReadyEndpoints"},
    ),
    Scenario(
        "hand-made-slice-beside-a-mirrored-one",
        Scene(extra={"workload": (endpoint_slice("istiod-remote", [NOWHERE], name="by-hand"),)}),
        "fail",
        {"AddressIsUnexpected": FAIL, "TrafficSplit": FAIL, "EndpointsDiffer": FAIL},
    ),
    Scenario(
        "not-wired-elsewhere",
        Scene(patches={"ConfigMap/istio": wired_to("10.64.30.71:15012")}),
        "unknown",
        {"NotWired": UNKNOWN},
    ),
    Scenario(
        "discovery-without-port",
        Scene(patches={"ConfigMap/istio": wired_to("ISTIOD-remote.istio-system.svc")}),
        "fail",
        {"DiscoveryPortUnexpected": FAIL},
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
        "role-hosted-but-is-not",
        Scene(),
        "unknown",
        {"MeshNotFound": UNKNOWN, "AddressUndetermined": UNKNOWN},
        flags=("--role", "hosted"),
        **LONE,
    ),
    Scenario(
        "role-stated-for-another-mesh",
        Scene(),
        "unknown",
        {"MeshNotFound": UNKNOWN},
        flags=("--role", "workload", "--mesh-id", "other", "--expect-address", LOAD_BALANCER),
        **LONE,
    ),
    Scenario(
        "role-stated-without-any-mesh",
        Scene(
            patches={"ConfigMap/istio": None, "ConfigMap/istio-sidecar-injector": None},
            extra={"workload": (config_map("other", {"key": "value"}, None),)},
        ),
        "unknown",
        {"MeshNotFound": UNKNOWN},
        flags=("--role", "workload", "--expect-address", LOAD_BALANCER),
        **LONE,
    ),
    Scenario(
        "role-hosted-beside-another-mesh",
        Scene(
            both=True,
            mesh="a",
            patches={
                "ConfigMap/istio": wired_to("istiod-remote.istio-system.svc:15012", "a-hosted"),
                "ConfigMap/istio-sidecar-injector": {"data": {"values": "{}"}},
            },
            extra={"control-plane": control_plane("a-hosted", "10.64.30.99", "10.233.95.160")},
            remote=("10.233.95.160",),
        ),
        "pass",
        flags=("--role", "hosted"),
        **BOTH,
    ),
    Scenario(
        "slice-of-another-family",
        Scene(
            slices_only=True,
            remote=("fd00:10::71",),
            lb=(LOAD_BALANCER, "fd00:10::71"),
            patches={"Service/istiod-remote": {"spec": {"ipFamilies": ["IPv4"]}}},
        ),
        "fail",
        {"NoEndpoints": FAIL},
    ),
    Scenario(
        "on-no-node",
        Scene(patches={"Service/istiod-remote": {"spec": {"internalTrafficPolicy": "Local"}}}),
        "fail",
        {"NoReadyEndpoints": FAIL, "EndpointsDiffer": FAIL},
    ),
    Scenario(
        "config-that-yaml-can-not-make",
        Scene(patches={"ConfigMap/istio": {"data": {"mesh": "x: !!bool foo"}}}),
        "unknown",
        {"MeshConfigUnreadable": UNKNOWN},
        **LONE,
    ),
    # --- what a hunt for false greens found ---
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
        "the-address-is-the-local-istiod-s-too",
        Scene(lb=(LOCAL_ISTIOD,), remote=(LOCAL_ISTIOD,), configured=LOCAL_ISTIOD),
        "fail",
        {"AddressIsLocalIstiod": FAIL},
    ),
    Scenario(
        "the-address-is-a-load-balancer-s-here",
        Scene(
            extra={
                "workload": (
                    service(
                        "istio-ingressgateway",
                        ((80, "http"),),
                        selector={"app": "gw"},
                        kind="LoadBalancer",
                        lb=[LOAD_BALANCER],
                    ),
                )
            }
        ),
        "fail",
        {"AddressIsUnexpected": FAIL},
    ),
    Scenario(
        "witness-leads-to-the-local-istiod",
        Scene(
            extra={
                "workload": (
                    service(
                        "istiod-hosted-mesh-hosted-lb",
                        PORTS,
                        kind="LoadBalancer",
                        lb=[LOAD_BALANCER],
                    ),
                    *with_mirrors(endpoints("istiod-hosted-mesh-hosted-lb", [LOCAL_ISTIOD])),
                )
            },
        ),
        "unknown",
        {"AddressUndetermined": UNKNOWN},
        **LONE,
    ),
    Scenario(
        "slice-ports-without-numbers",
        Scene(
            slices_only=True,
            patches={
                "EndpointSlice/istiod-remote": {
                    "ports": [
                        {"name": "tcp-istiod", "protocol": "TCP"},
                        {"name": "tcp-webhook", "protocol": "TCP"},
                    ]
                }
            },
        ),
        "fail",
        {"XDSPortMissing": FAIL, "WebhookPortMissing": WARN},
    ),
    Scenario(
        "second-slice-with-another-number",
        Scene(
            slices_only=True,
            extra={
                "workload": (
                    endpoint_slice(
                        "istiod-remote",
                        [LOAD_BALANCER],
                        ports=((15013, "tcp-istiod"), (15017, "tcp-webhook")),
                        name="second",
                    ),
                )
            },
        ),
        "fail",
        {"XDSPortNotJoined": FAIL},
    ),
    *[
        Scenario(
            f"endpoints-alone-{name}",
            Scene(patches={"EndpointSlice/istiod-remote-b9xkq": None, **patches}),
            verdict,
            found,
            live=False,
        )
        for name, patches, verdict, found in (
            (
                "unmirrored",
                {
                    "Endpoints/istiod-remote": {
                        "metadata": {"labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}}
                    }
                },
                "unknown",
                {"NotCaptured": UNKNOWN},
            ),
            (
                "beside-a-selector",
                {"Service/istiod-remote": {"spec": {"selector": {"app": "istiod"}}}},
                "unknown",
                {"NotCaptured": UNKNOWN},
            ),
            (
                "of-another-family",
                {"Service/istiod-remote": {"spec": {"ipFamilies": ["IPv6"]}}},
                "fail",
                {"NoEndpoints": FAIL},
            ),
            (
                "on-no-node",
                {"Service/istiod-remote": {"spec": {"internalTrafficPolicy": "Local"}}},
                "fail",
                {"NoReadyEndpoints": FAIL},
            ),
        )
    ],
    Scenario(
        "discovery-of-one-label",
        Scene(patches={"ConfigMap/istio": wired_to("istiod-remote:15012")}),
        "unknown",
        {"NotWired": UNKNOWN},
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
    # --- reads that gave no answer ---
    *[
        Scenario(
            f"slices-{code}",
            Scene(),
            "unknown",
            {code: UNKNOWN},
            unread=(("workload", "EndpointSlice", code),),
            live=False,
        )
        for code in (
            "Forbidden",
            "NotServed",
            "TimedOut",
            "ServerFailed",
            "MalformedAnswer",
            "NotAsked",
        )
    ],
    Scenario(
        "endpoints-unread",
        Scene(),
        "pass",
        {"Forbidden": WARN},
        unread=(("workload", "Endpoints", "Forbidden"),),
        live=False,
    ),
    Scenario(
        "pods-unread-workload",
        Scene(),
        "pass",
        {"Forbidden": SKIP},
        unread=(("workload", "Pod", "Forbidden"),),
        live=False,
    ),
    Scenario(
        "pods-unread-both",
        Scene(both=True, remote=(HOSTED_POD,)),
        "unknown",
        {"Forbidden": UNKNOWN, "AddressUndetermined": UNKNOWN},
        unread=(("control-plane", "Pod", "Forbidden"),),
        live=False,
        **BOTH,
    ),
    Scenario(
        "deployments-unread",
        Scene(),
        "unknown",
        {"Forbidden": UNKNOWN, "AddressUndetermined": UNKNOWN},
        unread=(("workload", "Deployment", "Forbidden"),),
        live=False,
    ),
    Scenario(
        "deployments-unread-role-stated",
        Scene(),
        "pass",
        {"Forbidden": SKIP},
        flags=("--role", "workload"),
        unread=(("workload", "Deployment", "Forbidden"),),
        live=False,
    ),
    Scenario(
        "services-unread",
        Scene(),
        "unknown",
        {"Forbidden": UNKNOWN},
        unread=(("workload", "Service", "Forbidden"),),
        live=False,
    ),
    Scenario(
        "configs-unread",
        Scene(),
        "unknown",
        {"Forbidden": UNKNOWN},
        unread=(("workload", "ConfigMap", "Forbidden"),),
        live=False,
    ),
    Scenario(
        "configs-unread-role-stated",
        Scene(),
        "unknown",
        {"Forbidden": UNKNOWN},
        flags=("--role", "workload", "--mesh-id", "hosted-mesh"),
        unread=(("workload", "ConfigMap", "Forbidden"),),
        live=False,
    ),
    *[
        Scenario(
            f"control-plane-{kind.lower()}s-unread",
            Scene(),
            "unknown",
            found,
            unread=(("control-plane", kind, "Forbidden"),),
            live=False,
        )
        for kind, found in (
            ("Deployment", {"Forbidden": UNKNOWN}),
            ("Pod", {"Forbidden": UNKNOWN}),
            ("Service", {"Forbidden": UNKNOWN, "AddressUndetermined": UNKNOWN}),
        )
    ],
    *[
        Scenario(
            f"control-plane-{code}",
            Scene(),
            "unknown",
            {code: UNKNOWN, "AddressUndetermined": UNKNOWN},
            unread=(("control-plane", "*", code),),
            live=False,
            causes={"AddressUndetermined": code},
        )
        for code in ("Unreachable", "TLSFailed", "Unauthorized")
    ],
    Scenario(
        "unreachable",
        Scene(),
        "unknown",
        {"Unreachable": UNKNOWN},
        unread=(("workload", "*", "Unreachable"),),
        live=False,
    ),
    Scenario(
        "not-captured",
        Scene(patches={"Deployment/istiod": None}),
        "unknown",
        {"NotCaptured": UNKNOWN, "AddressUndetermined": UNKNOWN},
        live=False,
    ),
    Scenario(
        "endpoints-alone",
        Scene(patches={"EndpointSlice/istiod-remote-b9xkq": None}),
        "pass",
        live=False,
    ),
]
