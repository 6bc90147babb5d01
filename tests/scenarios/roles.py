"""Roles and mesh IDs: found, stated, of several meshes in one cluster, or not to be found."""

from __future__ import annotations

from tests.lab.objects import Object
from tests.lab.scenes import (
    HOSTED_POD,
    LOAD_BALANCER,
    PORTS,
    Scene,
    config_map,
    deployment,
    service,
    workload_objects,
)
from tests.scenarios.control_plane import NO_WORKLOAD
from tests.scenarios.model import BOTH, FAIL, LONE, SKIP, UNKNOWN, Scenario
from tests.scenarios.objects import control_plane, wired_to


def _unnamed_mesh() -> dict[str, Object]:
    return {
        "ConfigMap/istio": wired_to("istiod-remote.istio-system.svc:15012", None),
        "ConfigMap/istio-sidecar-injector": {"data": {"values": "{}"}},
    }


ROLES = [
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
        "not-wired-elsewhere",
        Scene(patches={"ConfigMap/istio": wired_to("10.64.30.71:15012")}),
        "unknown",
        {"NotWired": UNKNOWN},
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
        "config-that-yaml-can-not-make",
        Scene(patches={"ConfigMap/istio": {"data": {"mesh": "x: !!bool foo"}}}),
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
        "not-consulted",
        Scene(),
        "pass",
        {"ControlPlaneNotConsulted": SKIP, "RemoteNotApplicable": SKIP},
        verify="control-plane",
        ask="workload",
    ),
]
