"""What several clusters of one run are, and the objects that their scenarios share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kubectl_mesh.mesh.names import GLOBAL_NAMESPACE
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

GATEWAY = "verify-gateway"


@dataclass(frozen=True)
class MeshWide:
    """`clusters` are the objects of each context, or the code that every read there failed with.

    `found` are all findings that are no pass, as "context Code" -> result; `causes` in the same
    words. `named` is a context of `clusters` that is not verified, `uids` are those of kube-system.
    They run as snapshot files; those whose clusters are the lab's two run on its API servers too.
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
