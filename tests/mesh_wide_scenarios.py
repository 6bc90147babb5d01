"""States that only several clusters together show: what each context holds, and what must be found in it.

They run as snapshot files; those whose clusters are the lab's two run on its API servers too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kubectl_mesh.mesh.names import GLOBAL_NAMESPACE
from tests.lab.gateways import Gateway, gateway_objects, refused
from tests.lab.objects import Object, merge
from tests.lab.scenes import (
    HOSTED_POD,
    LOAD_BALANCER,
    Pod,
    Scene,
    hosted_objects,
    mesh_yaml,
    workload_objects,
)

FAIL, WARN, UNKNOWN, SKIP = "fail", "warn", "unknown", "skip"
GATEWAY = "verify-gateway"


@dataclass(frozen=True)
class MeshWide:
    """`clusters` are the objects of each context, or the code that every read there failed with.

    `found` are all findings that are no pass, as "context Code" -> result; `causes` in the same words. `named` is a
    context of `clusters` that is not verified, `uids` are those of kube-system.
    """

    name: str
    clusters: Mapping[str, Sequence[Object] | str]
    verdict: str
    found: Mapping[str, str] = field(default_factory=dict)
    causes: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    command: str = "verify-endpoints"
    all_contexts: bool = False
    named: str | None = None
    uids: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unread: tuple[tuple[str, str, str], ...] = ()  # (context, kind, code)


def workload(name: str = "futest-2", **scene: Any) -> list[Object]:
    """A workload cluster that its mesh calls `name`."""
    made = workload_objects(Scene(**scene))
    for obj in made:
        if obj["metadata"]["name"].startswith("istio-sidecar-injector"):
            values = json.loads(obj["data"]["values"])
            values["global"]["multiCluster"]["clusterName"] = name
            obj["data"]["values"] = json.dumps(values)
    return made


def hosting(name: str = "c", uid: str = "", **scene: Any) -> list[Object]:
    """A control-plane cluster that its mesh calls `name`; `uid` is that of the Deployment."""
    made = hosted_objects(Scene(**scene))
    for obj in made:
        if obj["kind"] == "Pod" and obj["metadata"]["labels"].get("app") == "istiod":
            obj["spec"]["containers"][0]["env"] = [
                {"name": "CLUSTER_ID", "value": f"{name}-hosted"}
            ]
        if obj["kind"] == "Deployment" and uid:
            obj["metadata"]["uid"] = uid
    return made


def both(name: str = "c", uid: str = "", **scene: Any) -> list[Object]:
    """A control-plane cluster that is a workload cluster of its own mesh."""
    scene = {"remote": (HOSTED_POD,), **scene}
    return hosting(name, uid, **scene) + workload(name, **scene)


def without(objects: Sequence[Object], *names: str) -> list[Object]:
    """Objects without some, named `Kind/name`."""
    return [o for o in objects if f"{o['kind']}/{o['metadata']['name']}" not in names]


def changed(objects: Sequence[Object], **patches: Object) -> list[Object]:
    """Objects with merge patches, by `Kind__name`."""
    return [
        merge(o, patches.get(f"{o['kind']}__{o['metadata']['name']}".replace("-", "_"), {}))
        for o in objects
    ]


def global_mesh(
    mesh: str = "hosted-mesh",
    address: str | None = LOAD_BALANCER,
    owner: str = "c",
    clusters: Sequence[str] = ("futest-2",),
    mode: str = "HOSTED",
) -> Object:
    """A GlobalMesh in the shape that the public documentation of mspider shows."""
    params = {"global.high_available": "true", "global.istio_version": "1.22.4-mspider"}
    if address:
        params["istio.custom_params.values.global.remotePilotAddress"] = address
    return {
        "apiVersion": "discovery.mspider.io/v3alpha1",
        "kind": "GlobalMesh",
        "metadata": {"name": mesh, "namespace": GLOBAL_NAMESPACE, "finalizers": ["gsc-controller"]},
        "spec": {
            "clusters": list(clusters),
            "hub": "release.daocloud.io/mspider",
            "mode": mode,
            "ownerCluster": owner,
            "ownerConfig": {"controlPlaneParams": params, "deployNamespace": "istio-system"},
        },
    }


def mesh_cluster(name: str) -> Object:
    """A cluster that mspider knows."""
    metadata = {"name": name, "namespace": GLOBAL_NAMESPACE}
    return {
        "apiVersion": "discovery.mspider.io/v3alpha1",
        "kind": "MeshCluster",
        "metadata": metadata,
    }


SLICE = "EndpointSlice/istiod-remote-b9xkq"
PLAIN = changed(
    without(
        workload("p", mesh="plain", configured=None),
        "Service/istiod-remote",
        "Endpoints/istiod-remote",
        SLICE,
    ),
    ConfigMap__istio={"data": {"mesh": mesh_yaml("plain", "istiod.istio-system.svc:15012")}},
)
LOST = changed(
    workload(configured=None),
    ConfigMap__istio={"data": {"mesh": mesh_yaml("hosted-mesh", "istiod.istio-system.svc:15012")}},
)
TO_LOCAL = {"data": {"mesh": mesh_yaml("hosted-mesh", "istiod.istio-system.svc:15012")}}
ODD = "hosted\u200bmesh"
OTHER_LB, OTHER_POD = "10.64.30.90", "10.233.95.200"
OTHER: dict[str, Any] = {
    "mesh": "other",
    "lb": (OTHER_LB,),
    "pods": (Pod(OTHER_POD),),
    "configured": OTHER_LB,
}

TWO_HOSTS = {
    "control-plane": hosting(uid="1"),
    "second": hosting("d", uid="2", lb=(OTHER_LB,), pods=(Pod(OTHER_POD),)),
}
PENDING = changed(
    hosting(), Service__istiod_hosted_mesh_hosted_lb={"status": {"loadBalancer": {"ingress": None}}}
)

NOT_READY = hosting(pods=(Pod(ready=False),))
GONE = without(
    hosting(),
    "Deployment/istiod-hosted-mesh-hosted",
    "Pod/istiod-hosted-mesh-hosted-6d8f7c9b4d-bx2lm",
)
UNNAMED = changed(
    workload(),
    ConfigMap__istio={"data": {"mesh": mesh_yaml(None, "istiod-remote.istio-system.svc:15012")}},
    ConfigMap__istio_sidecar_injector={"data": {"values": "{}"}},
)

MESH_WIDE = [
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
        "pending-is-one-fault",
        {"control-plane": PENDING, "workload": workload(), "second": workload("v")},
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
        "wiring-lost",
        {"control-plane": hosting(), "workload": LOST},
        FAIL,
        found={"control-plane RemoteNotApplicable": SKIP, "workload NotWired": FAIL},
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
    # the global cluster
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
    # gateways
    MeshWide(
        "gateways",
        {"control-plane": hosting(), "workload": workload(gateways=(Gateway(),))},
        "pass",
        found={"control-plane GatewayNotFound": SKIP},
        command=GATEWAY,
    ),
    MeshWide(
        "gateways-behind-a-wrong-remote",
        {
            "control-plane": hosting(),
            "workload": workload(remote=(HOSTED_POD,), gateways=(Gateway(pods=(refused(),)),)),
        },
        FAIL,
        found={
            "control-plane GatewayNotFound": SKIP,
            "workload AddressIsHostedPod": FAIL,
            "workload GatewayNotReady": FAIL,
            "workload GatewayServiceHasNoEndpoints": FAIL,
        },
        causes={
            "workload GatewayNotReady": "workload AddressIsHostedPod",
            "workload GatewayServiceHasNoEndpoints": "workload GatewayNotReady",
        },
        command=GATEWAY,
    ),
    MeshWide(
        "gateways-behind-a-pending-lb",
        {
            "control-plane": PENDING,
            "workload": workload(remote=(), gateways=(Gateway(pods=(refused(),)),)),
        },
        FAIL,
        found={
            "control-plane HostedLBPending": FAIL,
            "control-plane GatewayNotFound": SKIP,
            "workload NoEndpoints": FAIL,
            "workload GatewayNotReady": FAIL,
            "workload GatewayServiceHasNoEndpoints": FAIL,
        },
        causes={
            "workload NoEndpoints": "control-plane HostedLBPending",
            "workload GatewayNotReady": "workload NoEndpoints",
            "workload GatewayServiceHasNoEndpoints": "workload GatewayNotReady",
        },
        command=GATEWAY,
    ),
    MeshWide(
        "no-gateway-named",
        {"control-plane": hosting(), "workload": workload()},
        UNKNOWN,
        found={"control-plane GatewayNotFound": SKIP, "workload GatewayNotFound": UNKNOWN},
        command=GATEWAY,
    ),
    MeshWide(
        "no-gateway-among-all",
        {
            "control-plane": hosting(),
            "workload": workload(gateways=(Gateway(),)),
            "second": workload("v", remote=(HOSTED_POD,)),
        },
        "pass",
        found={"control-plane GatewayNotFound": SKIP, "second GatewayNotFound": SKIP},
        command=GATEWAY,
        all_contexts=True,
    ),
    MeshWide(
        "no-gateway-anywhere",
        {"control-plane": hosting(), "workload": workload()},
        UNKNOWN,
        found={
            "control-plane NothingVerified": UNKNOWN,
            "control-plane GatewayNotFound": SKIP,
            "workload GatewayNotFound": SKIP,
        },
        command=GATEWAY,
        all_contexts=True,
    ),
    MeshWide(
        "plain-gateway-among-all",
        {
            "control-plane": hosting(),
            "workload": workload(gateways=(Gateway(),)),
            "plain": [*PLAIN, *gateway_objects(Gateway(lb=()), "plain", "istio-system", "1.22.4")],
        },
        "pass",
        found={"control-plane GatewayNotFound": SKIP, "plain NotWired": SKIP},
        command=GATEWAY,
        all_contexts=True,
    ),
    # what a second pair of eyes found
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
        "config-missing-among-all-gateways",
        {
            "control-plane": hosting(),
            "workload": workload(gateways=(Gateway(),)),
            "second": without(workload(gateways=(Gateway(pods=(refused(),)),)), "ConfigMap/istio"),
        },
        FAIL,
        found={
            "control-plane GatewayNotFound": SKIP,
            "second MeshNotFound": UNKNOWN,
            "second GatewayNotReady": FAIL,
            "second GatewayServiceHasNoEndpoints": FAIL,
            "second ProxyVersionUnknown": SKIP,
        },
        causes={"second GatewayServiceHasNoEndpoints": "second GatewayNotReady"},
        all_contexts=True,
        command=GATEWAY,
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
        "two-hosts-of-two-meshes",
        {
            "a": [*hosting(uid="1", pods=(Pod(ready=False),)), *hosting(uid="3", **OTHER)],
            "b": [*hosting("d", uid="2"), *hosting("d", uid="4", **OTHER)],
        },
        FAIL,
        found={
            "a NoReadyHostedPod": FAIL,
            "a GatewayNotFound": SKIP,
            "a MeshHostedTwice": UNKNOWN,
            "b GatewayNotFound": SKIP,
        },
        all_contexts=True,
        command=GATEWAY,
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
        "unprintable-mesh-id",
        {"control-plane": hosting(mesh=ODD), "workload": workload(mesh=ODD)},
        "pass",
        found={"control-plane RemoteNotApplicable": SKIP},
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
        "twice-and-not-ready",
        {
            "a": hosting(uid="1", pods=(Pod(ready=False),)),
            "b": hosting("d", uid="2"),
            "w": workload(gateways=(Gateway(),)),
        },
        FAIL,
        found={
            "a NoReadyHostedPod": FAIL,
            "a GatewayNotFound": SKIP,
            "a MeshHostedTwice": UNKNOWN,
            "b GatewayNotFound": SKIP,
            "w AddressUndetermined": UNKNOWN,
        },
        causes={"w AddressUndetermined": "a MeshHostedTwice"},
        all_contexts=True,
        command=GATEWAY,
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
        "both-roles-by-two-ways",
        {"c": both(uid="1", lb=()), "c2": both(uid="1", lb=())},
        "pass",
        found={"c HostedLBPending": WARN, "c2 HostedLBPending": WARN},
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
    MeshWide(
        "service-missing-too-among-all",
        {
            "control-plane": hosting(),
            "workload": workload(gateways=(Gateway(),)),
            "x": without(
                workload("x", configured=None, gateways=(Gateway(pods=(refused(),)),)),
                "ConfigMap/istio",
                "Service/istiod-remote",
                "Endpoints/istiod-remote",
                SLICE,
            ),
        },
        FAIL,
        found={
            "control-plane GatewayNotFound": SKIP,
            "x MeshNotFound": UNKNOWN,
            "x GatewayNotReady": FAIL,
            "x GatewayServiceHasNoEndpoints": FAIL,
            "x ProxyVersionUnknown": SKIP,
        },
        causes={"x GatewayServiceHasNoEndpoints": "x GatewayNotReady"},
        all_contexts=True,
        command=GATEWAY,
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
    MeshWide(
        "consequences-in-two-clusters",
        {
            "control-plane": hosting(),
            "workload": workload(remote=(HOSTED_POD,), gateways=(Gateway(),)),
            "second": workload(
                "futest-2", remote=(HOSTED_POD,), gateways=(Gateway(pods=(refused(),)),)
            ),
        },
        FAIL,
        found={
            "control-plane GatewayNotFound": SKIP,
            "workload AddressIsHostedPod": FAIL,
            "workload GatewayStillReady": WARN,
            "second AddressIsHostedPod": FAIL,
            "second GatewayNotReady": FAIL,
            "second GatewayServiceHasNoEndpoints": FAIL,
        },
        causes={
            "workload GatewayStillReady": "workload AddressIsHostedPod",
            "second GatewayNotReady": "second AddressIsHostedPod",
            "second GatewayServiceHasNoEndpoints": "second GatewayNotReady",
        },
        command=GATEWAY,
    ),
]
