"""The global cluster beside the others: GlobalMeshes as a further word on them."""

from __future__ import annotations

from kubectl_mesh.mesh.names import GLOBAL_NAMESPACE
from tests.lab.objects import Object
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER
from tests.scenarios.model import FAIL, SKIP, UNKNOWN, WARN
from tests.scenarios.whole_mesh_model import (
    GONE,
    LOST,
    OTHER,
    OTHER_LB,
    PLAIN,
    TO_LOCAL,
    MeshWide,
    both,
    changed,
    global_mesh,
    hosting,
    without,
    workload,
)


def mesh_cluster(name: str) -> Object:
    """A cluster that mspider knows."""
    metadata = {"name": name, "namespace": GLOBAL_NAMESPACE}
    return {
        "apiVersion": "discovery.mspider.io/v3alpha1",
        "kind": "MeshCluster",
        "metadata": metadata,
    }


WHOLE_MESH_GLOBAL = [
    MeshWide(
        "global-agrees",
        {
            "control-plane": hosting(),
            "workload": workload(),
            "global": [global_mesh(), mesh_cluster("futest-2"), mesh_cluster("c")],
        },
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP, "global MeshNotFound": SKIP},
    ),
    MeshWide(
        "global-has-the-pod-ip",
        {
            "control-plane": hosting(),
            "workload": workload(remote=(HOSTED_POD,), configured=HOSTED_POD),
            "second": workload("v", remote=(HOSTED_POD,), configured=HOSTED_POD),
            "global": [global_mesh(address=HOSTED_POD, clusters=("futest-2", "v"))],
        },
        FAIL,
        found={
            "control-plane RemoteNotApplicable": SKIP,
            "workload AddressIsHostedPod": FAIL,
            "second AddressIsHostedPod": FAIL,
            "global MeshNotFound": SKIP,
            "global GlobalMeshAddressDiffers": FAIL,
        },
        causes={
            "workload AddressIsHostedPod": "global GlobalMeshAddressDiffers",
            "second AddressIsHostedPod": "global GlobalMeshAddressDiffers",
        },
    ),
    MeshWide(
        "global-wrong-remote-right",
        {
            "control-plane": hosting(),
            "workload": workload(),
            "global": [global_mesh(address=HOSTED_POD)],
        },
        "pass",
        found={
            "control-plane RemoteNotApplicable": SKIP,
            "global MeshNotFound": SKIP,
            "global GlobalMeshAddressDiffers": WARN,
        },
    ),
    MeshWide(
        "global-owner",
        {"control-plane": hosting(), "workload": workload(), "global": [global_mesh(owner="x")]},
        "pass",
        found={
            "control-plane RemoteNotApplicable": SKIP,
            "global MeshNotFound": SKIP,
            "global GlobalMeshOwnerDiffers": WARN,
        },
    ),
    MeshWide(
        "global-clusters",
        {
            "control-plane": hosting(),
            "workload": workload(),
            "second": workload("v"),
            "plain": PLAIN,
            "global": [
                global_mesh(clusters=("futest-2", "x", "p")),
                mesh_cluster("futest-2"),
                mesh_cluster("p"),
            ],
        },
        UNKNOWN,
        found={
            "control-plane RemoteNotApplicable": SKIP,
            "plain NotWired": UNKNOWN,
            "global MeshNotFound": SKIP,
            "global GlobalMeshClustersDiffer": WARN,
        },
        all_contexts=True,
    ),
    MeshWide(
        "global-drift-truth-unknown",
        {"workload": workload(configured=None), "global": [global_mesh(address=OTHER_LB)]},
        FAIL,
        found={
            "workload ControlPlaneNotFound": UNKNOWN,
            "workload AddressUndetermined": UNKNOWN,
            "global MeshNotFound": SKIP,
            "global GlobalMeshAddressDiffers": FAIL,
        },
        causes={"workload AddressUndetermined": "workload ControlPlaneNotFound"},
    ),
    MeshWide(
        "global-agrees-truth-unknown",
        {"workload": workload(configured=None), "global": [global_mesh()]},
        UNKNOWN,
        found={
            "workload ControlPlaneNotFound": UNKNOWN,
            "workload AddressUndetermined": UNKNOWN,
            "global MeshNotFound": SKIP,
        },
        causes={"workload AddressUndetermined": "workload ControlPlaneNotFound"},
    ),
    MeshWide(
        "global-dedicated",
        {
            "control-plane": hosting(),
            "workload": workload(),
            "global": [global_mesh(mode="DEDICATED", address=OTHER_LB)],
        },
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP, "global MeshNotFound": SKIP},
    ),
    MeshWide(
        "global-without-address",
        {"control-plane": hosting(), "workload": workload(), "global": [global_mesh(address=None)]},
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP, "global MeshNotFound": SKIP},
    ),
    MeshWide(
        "global-of-other-meshes",
        {
            "control-plane": hosting(),
            "workload": workload(),
            "global": [global_mesh("another", clusters=("elsewhere",))],
        },
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP, "global MeshNotFound": SKIP},
    ),
    MeshWide(
        "lost-and-listed",
        {"b": hosting("d", **OTHER), "lost": LOST, "global": [global_mesh()]},
        FAIL,
        found={
            "b RemoteNotApplicable": SKIP,
            "lost NotWired": FAIL,
            "global MeshNotFound": SKIP,
            "global GlobalMeshClustersDiffer": WARN,
        },
        all_contexts=True,
    ),
    MeshWide(
        "lost-and-listed-stated",
        {
            "w": workload(),
            "lost": changed(
                without(workload("v", configured=None), "Service/istiod-remote"),
                ConfigMap__istio=TO_LOCAL,
            ),
            "global": [global_mesh(clusters=("futest-2", "v"))],
        },
        FAIL,
        found={
            "lost NotWired": FAIL,
            "global MeshNotFound": SKIP,
            "global GlobalMeshClustersDiffer": WARN,
        },
        all_contexts=True,
        flags=("--expect-address", LOAD_BALANCER),
    ),
    MeshWide(
        "owner-without-istiod",
        {
            "control-plane": changed(
                without(workload("c", mesh="c", configured=None), "Service/istiod-remote"),
                ConfigMap__istio=TO_LOCAL,
            ),
            "b": hosting("d", **OTHER),
            "global": [global_mesh()],
        },
        UNKNOWN,
        found={
            "control-plane NotWired": UNKNOWN,
            "b RemoteNotApplicable": SKIP,
            "global MeshNotFound": SKIP,
        },
        all_contexts=True,
    ),
    MeshWide(
        "drift-of-unknown-role",
        {"control-plane": both(), "global": [global_mesh(clusters=())]},
        UNKNOWN,
        found={
            "control-plane Forbidden": UNKNOWN,
            "control-plane AddressUndetermined": UNKNOWN,
            "global MeshNotFound": SKIP,
        },
        causes={"control-plane AddressUndetermined": "control-plane Forbidden"},
        unread=(("control-plane", "Deployment", "Forbidden"),),
    ),
    MeshWide(
        "listed-by-another-mesh",
        {"control-plane": hosting(), "workload": workload(), "global": [global_mesh("another")]},
        "pass",
        found={
            "control-plane RemoteNotApplicable": SKIP,
            "global MeshNotFound": SKIP,
            "global GlobalMeshClustersDiffer": WARN,
        },
    ),
    MeshWide(
        "gone-beside-a-global-mesh",
        {
            "control-plane": [*GONE, global_mesh("another", clusters=(), owner="z")],
            "workload": workload(remote=(OTHER_LB,)),
        },
        UNKNOWN,
        found={
            "control-plane MeshNotFound": UNKNOWN,
            "control-plane MeshLeftover": SKIP,
            "workload ConfiguredAddressDiffers": WARN,
        },
        flags=("--expect-address", OTHER_LB),
    ),
]
