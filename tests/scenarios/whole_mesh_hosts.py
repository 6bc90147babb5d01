"""Who hosts the mesh of several clusters: nobody, one that is gone or pending, or two."""

from __future__ import annotations

from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, Pod, mesh_yaml
from tests.scenarios.model import FAIL, SKIP, UNKNOWN, WARN
from tests.scenarios.whole_mesh_model import (
    GONE,
    NOT_READY,
    ODD,
    OTHER,
    OTHER_LB,
    OTHER_POD,
    TWO_HOSTS,
    MeshWide,
    both,
    changed,
    hosting,
    without,
    workload,
)

HOSTED_LB_PENDING = changed(
    hosting(), Service__istiod_hosted_mesh_hosted_lb={"status": {"loadBalancer": {"ingress": None}}}
)

WHOLE_MESH_HOSTS = [
    MeshWide(
        "hosted-twice",
        {**TWO_HOSTS, "workload": workload()},
        UNKNOWN,
        found={
            "control-plane RemoteNotApplicable": SKIP,
            "control-plane MeshHostedTwice": UNKNOWN,
            "second RemoteNotApplicable": SKIP,
            "workload AddressUndetermined": UNKNOWN,
        },
        causes={"workload AddressUndetermined": "control-plane MeshHostedTwice"},
    ),
    MeshWide(
        "hosted-once-by-two-contexts",
        {"control-plane": hosting(uid="1"), "again": hosting(uid="1"), "workload": workload()},
        "pass",
        found={
            "control-plane RemoteNotApplicable": SKIP,
            "again RemoteNotApplicable": SKIP,
            "again ClusterRepeated": SKIP,
        },
        uids={"control-plane": "1", "again": "1"},
    ),
    MeshWide(
        "hosted-nowhere",
        {"other": hosting("d", **OTHER), "workload": workload()},
        UNKNOWN,
        found={
            "other RemoteNotApplicable": SKIP,
            "workload ControlPlaneNotFound": UNKNOWN,
            "workload AddressUndetermined": UNKNOWN,
        },
        causes={"workload AddressUndetermined": "workload ControlPlaneNotFound"},
    ),
    MeshWide(
        "hosted-nowhere-that-was-read",
        {"silent": "TimedOut", "workload": workload()},
        UNKNOWN,
        found={
            "silent TimedOut": UNKNOWN,
            "workload ControlPlaneNotFound": UNKNOWN,
            "workload AddressUndetermined": UNKNOWN,
        },
        causes={
            "workload ControlPlaneNotFound": "silent TimedOut",
            "workload AddressUndetermined": "workload ControlPlaneNotFound",
        },
    ),
    MeshWide(
        "pending-is-one-fault",
        {"control-plane": HOSTED_LB_PENDING, "workload": workload(), "second": workload("v")},
        FAIL,
        found={
            "control-plane HostedLBPending": FAIL,
            "control-plane RemoteNotApplicable": SKIP,
            "workload AddressUndetermined": UNKNOWN,
            "second AddressUndetermined": UNKNOWN,
        },
        causes={
            "workload AddressUndetermined": "control-plane HostedLBPending",
            "second AddressUndetermined": "control-plane HostedLBPending",
        },
    ),
    MeshWide(
        "pending-both-roles-alone",
        {"control-plane": both(lb=())},
        "pass",
        found={"control-plane HostedLBPending": WARN},
    ),
    MeshWide(
        "pending-both-roles-needed",
        {"control-plane": both(lb=()), "workload": workload()},
        FAIL,
        found={"control-plane HostedLBPending": FAIL, "workload AddressUndetermined": UNKNOWN},
        causes={"workload AddressUndetermined": "control-plane HostedLBPending"},
    ),
    MeshWide(
        "istiod-gone",
        {
            "control-plane": without(
                hosting(),
                "Deployment/istiod-hosted-mesh-hosted",
                "Pod/istiod-hosted-mesh-hosted-6d8f7c9b4d-bx2lm",
            ),
            "workload": workload(),
        },
        FAIL,
        found={
            "control-plane MeshNotFound": UNKNOWN,
            "control-plane HostedIstiodGone": FAIL,
        },
    ),
    MeshWide(
        "leftover-elsewhere",
        {
            "control-plane": without(
                hosting(),
                "Deployment/istiod-hosted-mesh-hosted",
                "Pod/istiod-hosted-mesh-hosted-6d8f7c9b4d-bx2lm",
            ),
            "workload": workload(remote=(OTHER_LB,), configured=None),
        },
        UNKNOWN,
        found={
            "control-plane MeshNotFound": UNKNOWN,
            "control-plane MeshLeftover": SKIP,
            "workload ControlPlaneNotFound": UNKNOWN,
            "workload AddressUndetermined": UNKNOWN,
        },
        causes={"workload AddressUndetermined": "workload ControlPlaneNotFound"},
    ),
    MeshWide(
        "named-beside",
        {"control-plane": hosting(), "workload": workload()},
        "pass",
        named="control-plane",
    ),
    MeshWide(
        "named-beside-wrong",
        {"control-plane": hosting(), "workload": workload(remote=(HOSTED_POD,))},
        FAIL,
        found={"workload AddressIsHostedPod": FAIL},
        named="control-plane",
    ),
    MeshWide(
        "named-beside-not-needed",
        {"control-plane": hosting(), "workload": workload(), "other": hosting("d", **OTHER)},
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP, "other ControlPlaneNotConsulted": SKIP},
        named="other",
    ),
    MeshWide(
        "named-beside-dead",
        {"control-plane": hosting(), "workload": workload(), "other": "Unreachable"},
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP, "other Unreachable": SKIP},
        named="other",
    ),
    MeshWide(
        "named-beside-dead-needed",
        {"workload": workload(), "control-plane": "Unreachable"},
        UNKNOWN,
        found={
            "workload ControlPlaneNotFound": UNKNOWN,
            "workload AddressUndetermined": UNKNOWN,
            "control-plane Unreachable": UNKNOWN,
        },
        causes={
            "workload ControlPlaneNotFound": "control-plane Unreachable",
            "workload AddressUndetermined": "workload ControlPlaneNotFound",
        },
        named="control-plane",
    ),
    MeshWide(
        "unlabelled-istiod-among-all",
        {
            "control-plane": changed(
                hosting(), Deployment__istiod_hosted_mesh_hosted={"metadata": {"labels": None}}
            ),
            "b": hosting("d", **OTHER),
        },
        UNKNOWN,
        found={
            "control-plane MeshNotFound": UNKNOWN,
            "control-plane MeshLeftover": SKIP,
            "b RemoteNotApplicable": SKIP,
        },
        all_contexts=True,
    ),
    MeshWide(
        "clones",
        {
            "a": hosting(uid="1"),
            "b": hosting(uid="1", lb=(OTHER_LB,), pods=(Pod(OTHER_POD),)),
            "w": workload(remote=(OTHER_LB,), configured=None),
        },
        UNKNOWN,
        found={
            "a RemoteNotApplicable": SKIP,
            "a MeshHostedTwice": UNKNOWN,
            "b RemoteNotApplicable": SKIP,
            "w AddressUndetermined": UNKNOWN,
        },
        causes={"w AddressUndetermined": "a MeshHostedTwice"},
    ),
    MeshWide(
        "clones-in-another-order",
        {
            "b": hosting(uid="1", lb=(OTHER_LB,), pods=(Pod(OTHER_POD),)),
            "a": hosting(uid="1"),
            "w": workload(remote=(OTHER_LB,), configured=None),
        },
        UNKNOWN,
        found={
            "b RemoteNotApplicable": SKIP,
            "b MeshHostedTwice": UNKNOWN,
            "a RemoteNotApplicable": SKIP,
            "w AddressUndetermined": UNKNOWN,
        },
        causes={"w AddressUndetermined": "b MeshHostedTwice"},
    ),
    MeshWide(
        "named-hosts-it-twice",
        {
            "workload": workload(),
            "control-plane": [
                *hosting(uid="1"),
                *changed(
                    hosting(uid="2", mesh="copy"),
                    ConfigMap__istio_copy_hosted={
                        "data": {"mesh": mesh_yaml("hosted-mesh", "x.y.svc:15012")}
                    },
                ),
            ],
        },
        UNKNOWN,
        found={"workload AddressUndetermined": UNKNOWN, "control-plane MeshHostedTwice": UNKNOWN},
        causes={"workload AddressUndetermined": "control-plane MeshHostedTwice"},
        named="control-plane",
    ),
    MeshWide(
        "unprintable-mesh-id-twice",
        {
            "a": hosting(mesh=ODD, uid="1"),
            "b": hosting("d", mesh=ODD, uid="2"),
            "workload": workload(mesh=ODD),
        },
        UNKNOWN,
        found={
            "a RemoteNotApplicable": SKIP,
            "a MeshHostedTwice": UNKNOWN,
            "b RemoteNotApplicable": SKIP,
            "workload AddressUndetermined": UNKNOWN,
        },
        causes={"workload AddressUndetermined": "a MeshHostedTwice"},
    ),
    MeshWide(
        "twice-and-stated",
        {**TWO_HOSTS, "workload": workload(remote=("192.0.2.7",))},
        FAIL,
        found={
            "control-plane RemoteNotApplicable": SKIP,
            "control-plane MeshHostedTwice": UNKNOWN,
            "second RemoteNotApplicable": SKIP,
            "workload AddressIsUnexpected": FAIL,
        },
        flags=("--expect-address", LOAD_BALANCER),
    ),
    MeshWide(
        "hosted-config-unread",
        {"control-plane": hosting(mesh="other-name"), "workload": workload()},
        UNKNOWN,
        found={
            "control-plane Forbidden": UNKNOWN,
            "control-plane MeshIDFromName": WARN,
            "workload ControlPlaneNotFound": UNKNOWN,
            "workload AddressUndetermined": UNKNOWN,
        },
        causes={"workload AddressUndetermined": "workload ControlPlaneNotFound"},
        unread=(("control-plane", "ConfigMap", "Forbidden"),),
    ),
    MeshWide(
        "gone-behind-a-host-name",
        {
            "control-plane": without(
                hosting(lb=("lb.example.com",)),
                "Deployment/istiod-hosted-mesh-hosted",
                "Pod/istiod-hosted-mesh-hosted-6d8f7c9b4d-bx2lm",
            ),
            "workload": changed(
                without(
                    workload(configured=None),
                    "Endpoints/istiod-remote",
                    "EndpointSlice/istiod-remote-b9xkq",
                ),
                Service__istiod_remote={
                    "spec": {"type": "ExternalName", "externalName": "lb.example.com"}
                },
            ),
        },
        FAIL,
        found={"control-plane MeshNotFound": UNKNOWN, "control-plane HostedIstiodGone": FAIL},
    ),
    MeshWide(
        "gone-and-named",
        {
            "workload": workload(),
            "control-plane": without(
                hosting(),
                "Deployment/istiod-hosted-mesh-hosted",
                "Pod/istiod-hosted-mesh-hosted-6d8f7c9b4d-bx2lm",
            ),
        },
        FAIL,
        found={"control-plane HostedIstiodGone": FAIL},
        named="control-plane",
    ),
    MeshWide(
        "unlabelled-and-not-ready-among-all",
        {
            "control-plane": changed(
                NOT_READY, Deployment__istiod_hosted_mesh_hosted={"metadata": {"labels": None}}
            ),
            "b": hosting("d", **OTHER),
        },
        UNKNOWN,
        found={
            "control-plane MeshNotFound": UNKNOWN,
            "control-plane MeshLeftover": SKIP,
            "b RemoteNotApplicable": SKIP,
        },
        all_contexts=True,
    ),
    MeshWide(
        "gone-named-and-stated",
        {"workload": workload(remote=(OTHER_LB,)), "control-plane": GONE},
        FAIL,
        found={
            "workload HostedLBDiffers": WARN,
            "workload ConfiguredAddressDiffers": WARN,
            "control-plane HostedIstiodGone": FAIL,
        },
        named="control-plane",
        flags=("--expect-address", OTHER_LB),
    ),
]
