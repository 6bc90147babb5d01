"""Several clusters in one run: whose address is right, and which contexts count."""

from __future__ import annotations

from tests.lab.gateways import Gateway, refused
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, mesh_yaml
from tests.scenarios.model import FAIL, SKIP, UNKNOWN, WARN
from tests.scenarios.whole_mesh_model import (
    LOST,
    NOT_READY,
    ODD,
    OTHER,
    OTHER_LB,
    OTHER_POD,
    PLAIN,
    UNNAMED,
    MeshWide,
    both,
    changed,
    global_mesh,
    hosting,
    without,
    workload,
)

WHOLE_MESH = [
    MeshWide(
        "one-mesh",
        {"control-plane": hosting(), "workload": workload()},
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP},
    ),
    MeshWide("both-roles", {"control-plane": both(), "workload": workload()}, "pass"),
    MeshWide(
        "classic-fault",
        {"control-plane": hosting(), "workload": workload(remote=(HOSTED_POD,))},
        FAIL,
        found={"control-plane RemoteNotApplicable": SKIP, "workload AddressIsHostedPod": FAIL},
    ),
    MeshWide(
        "two-meshes",
        {
            "a": hosting(),
            "b": hosting("d", **OTHER),
            "w": workload(),
            "v": workload("v", remote=(OTHER_LB,), **OTHER),
        },
        "pass",
        found={"a RemoteNotApplicable": SKIP, "b RemoteNotApplicable": SKIP},
    ),
    MeshWide(
        "other-mesh",
        {"a": hosting(), "b": hosting("d", **OTHER), "w": workload(remote=(OTHER_LB,))},
        FAIL,
        found={
            "a RemoteNotApplicable": SKIP,
            "b RemoteNotApplicable": SKIP,
            "w AddressIsOtherMesh": FAIL,
        },
    ),
    MeshWide(
        "other-mesh-truth-unknown",
        {"b": hosting("d", **OTHER), "w": workload(remote=(OTHER_LB,), configured=None)},
        FAIL,
        found={
            "b RemoteNotApplicable": SKIP,
            "w ControlPlaneNotFound": UNKNOWN,
            "w AddressIsOtherMesh": FAIL,
        },
    ),
    MeshWide(
        "other-meshs-pod-truth-unknown",
        {"b": hosting("d", **OTHER), "w": workload(remote=(OTHER_POD,), configured=None)},
        UNKNOWN,
        found={
            "b RemoteNotApplicable": SKIP,
            "w ControlPlaneNotFound": UNKNOWN,
            "w AddressUndetermined": UNKNOWN,
        },
        causes={"w AddressUndetermined": "w ControlPlaneNotFound"},
    ),
    MeshWide(
        "hosted-nowhere-stated",
        {"workload": workload()},
        "pass",
        flags=("--expect-address", LOAD_BALANCER),
    ),
    MeshWide(
        "stated-differs-once",
        {
            "control-plane": hosting(),
            "workload": workload(remote=(OTHER_LB,)),
            "second": workload("v", remote=(OTHER_LB,)),
        },
        "pass",
        found={
            "control-plane RemoteNotApplicable": SKIP,
            "workload HostedLBDiffers": WARN,
            "workload ConfiguredAddressDiffers": WARN,
            "second ConfiguredAddressDiffers": WARN,
        },
        flags=("--expect-address", OTHER_LB),
    ),
    MeshWide(
        "dead-costs-itself",
        {"control-plane": hosting(), "workload": workload(), "dead": "Unreachable"},
        UNKNOWN,
        found={"control-plane RemoteNotApplicable": SKIP, "dead Unreachable": UNKNOWN},
    ),
    MeshWide(
        "dead-and-wrong",
        {
            "control-plane": hosting(),
            "workload": workload(remote=(HOSTED_POD,)),
            "dead": "Unreachable",
        },
        FAIL,
        found={
            "control-plane RemoteNotApplicable": SKIP,
            "workload AddressIsHostedPod": FAIL,
            "dead Unreachable": UNKNOWN,
        },
    ),
    MeshWide(
        "plain-named",
        {"control-plane": hosting(), "workload": workload(), "plain": PLAIN},
        UNKNOWN,
        found={"control-plane RemoteNotApplicable": SKIP, "plain NotWired": UNKNOWN},
    ),
    MeshWide(
        "plain-among-all",
        {"control-plane": hosting(), "workload": workload(), "plain": PLAIN},
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP, "plain NotWired": SKIP},
        all_contexts=True,
    ),
    MeshWide(
        "empty-named",
        {"control-plane": hosting(), "workload": workload(), "empty": []},
        UNKNOWN,
        found={"control-plane RemoteNotApplicable": SKIP, "empty MeshNotFound": UNKNOWN},
    ),
    MeshWide(
        "empty-among-all",
        {"control-plane": hosting(), "workload": workload(), "empty": []},
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP, "empty MeshNotFound": SKIP},
        all_contexts=True,
    ),
    MeshWide(
        "wiring-lost",
        {"control-plane": hosting(), "workload": LOST},
        FAIL,
        found={"control-plane RemoteNotApplicable": SKIP, "workload NotWired": FAIL},
    ),
    MeshWide(
        "wiring-lost-among-all",
        {"control-plane": hosting(), "workload": LOST},
        FAIL,
        found={"control-plane RemoteNotApplicable": SKIP, "workload NotWired": FAIL},
        all_contexts=True,
    ),
    MeshWide(
        "dead-among-all",
        {"control-plane": hosting(), "workload": workload(), "dead": "Unreachable"},
        UNKNOWN,
        found={"control-plane RemoteNotApplicable": SKIP, "dead Unreachable": UNKNOWN},
        all_contexts=True,
    ),
    MeshWide(
        "only-plain-ones",
        {"plain": PLAIN, "empty": []},
        UNKNOWN,
        found={
            "plain NothingVerified": UNKNOWN,
            "plain NotWired": SKIP,
            "empty MeshNotFound": SKIP,
        },
        all_contexts=True,
    ),
    MeshWide(
        "mesh-picked",
        {
            "a": hosting(),
            "b": hosting("d", **OTHER),
            "w": workload(),
            "v": workload("v", remote=(HOSTED_POD,), **OTHER),
        },
        "pass",
        found={"a RemoteNotApplicable": SKIP, "b MeshNotFound": SKIP, "v MeshNotFound": SKIP},
        all_contexts=True,
        flags=("--mesh-id", "hosted-mesh"),
    ),
    MeshWide(
        "context-repeated",
        {"control-plane": hosting(), "workload": workload()},
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP, "workload ContextRepeated": SKIP},
        aliases={"workload": ("admin@workload",)},
    ),
    MeshWide(
        "cluster-repeated",
        {"control-plane": hosting(), "workload": workload(), "viewer": workload()},
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP, "viewer ClusterRepeated": SKIP},
        uids={"control-plane": "1", "workload": "2", "viewer": "2"},
    ),
    MeshWide(
        "config-missing-among-all",
        {
            "control-plane": hosting(),
            "workload": workload(gateways=(Gateway(),)),
            "second": without(
                workload("v", gateways=(Gateway(pods=(refused(),)),)), "ConfigMap/istio"
            ),
        },
        UNKNOWN,
        found={"control-plane RemoteNotApplicable": SKIP, "second MeshNotFound": UNKNOWN},
        all_contexts=True,
    ),
    MeshWide(
        "config-missing-beside-a-global-mesh",
        {
            "control-plane": hosting(),
            "workload": workload(),
            "second": [
                *without(workload("v"), "ConfigMap/istio"),
                global_mesh("another", clusters=()),
            ],
        },
        UNKNOWN,
        found={"control-plane RemoteNotApplicable": SKIP, "second MeshNotFound": UNKNOWN},
    ),
    MeshWide(
        "lost-beside-a-standing-remote",
        {
            "b": hosting("d", **OTHER),
            "lost": changed(
                workload(configured=None),
                ConfigMap__istio={
                    "data": {"mesh": mesh_yaml(None, "istiod.istio-system.svc:15012")}
                },
            ),
        },
        UNKNOWN,
        found={"b RemoteNotApplicable": SKIP, "lost NotWired": UNKNOWN},
        all_contexts=True,
    ),
    MeshWide(
        "both-roles-by-two-ways",
        {"c": both(uid="1", lb=()), "c2": both(uid="1", lb=())},
        "pass",
        found={"c HostedLBPending": WARN, "c2 HostedLBPending": WARN},
    ),
    MeshWide(
        "read-worse-first",
        {
            "viewer": hosting(uid="1"),
            "control-plane": hosting(uid="1"),
            "workload": workload(remote=(HOSTED_POD,)),
        },
        FAIL,
        found={
            "viewer Forbidden": UNKNOWN,
            "viewer RemoteNotApplicable": SKIP,
            "control-plane RemoteNotApplicable": SKIP,
            "workload AddressIsHostedPod": FAIL,
        },
        unread=(("viewer", "Service", "Forbidden"),),
    ),
    MeshWide(
        "unprintable-mesh-id",
        {"control-plane": hosting(mesh=ODD), "workload": workload(mesh=ODD)},
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP},
    ),
    MeshWide(
        "mesh-id-stated",
        {"workload": UNNAMED, "control-plane": NOT_READY},
        FAIL,
        found={"control-plane NoReadyHostedPod": FAIL},
        named="control-plane",
        flags=("--mesh-id", "hosted-mesh"),
    ),
    MeshWide(
        "mesh-id-stated-both-verified",
        {"workload": UNNAMED, "control-plane": both(lb=())},
        FAIL,
        found={"workload AddressUndetermined": UNKNOWN, "control-plane HostedLBPending": FAIL},
        causes={"workload AddressUndetermined": "control-plane HostedLBPending"},
        flags=("--mesh-id", "hosted-mesh"),
    ),
]
