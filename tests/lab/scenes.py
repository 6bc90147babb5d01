"""Meshes as data: a small description, from which the objects of two clusters are made.

The same objects are applied to the lab's API servers and written into files. Names, labels, ports
and shapes are those of real hosted meshes (Istio 1.22, mspider) and of Istio's istiod charts.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.lab.gateways import Gateway, gateway_objects
from tests.lab.objects import Object, merge

MIRRORED = "endpointslicemirroring-controller.k8s.io"
HOSTED_POD = "10.233.95.141"
LOAD_BALANCER = "10.64.30.71"
LOCAL_ISTIOD = "10.233.97.220"
NODE_IP = "10.64.30.131"
PORTS = ((15012, "tcp-istiod"), (15017, "tcp-webhook"))


@dataclass(frozen=True)
class Pod:
    """A Pod of the hosted istiod, as its status shows it."""

    ip: str = HOSTED_POD
    also: tuple[str, ...] = ()
    ready: bool = True
    phase: str = "Running"
    terminating: bool = False


@dataclass(frozen=True)
class Scene:
    """One mesh.

    `both`: the control-plane cluster is its own workload cluster, and there is no other.
    `patches` merge into objects, keyed `Kind/name` with the cluster before it where both have it
    (`workload:Service/istiod-remote`); None as a patch removes the object. `extra` adds objects.
    `gateways` stand where the proxies are; `version` is the tag of every istiod's and proxy's
    image.
    """

    mesh: str = "hosted-mesh"
    namespace: str = "istio-system"
    both: bool = False
    remote: tuple[str, ...] = (LOAD_BALANCER,)
    not_ready: tuple[str, ...] = ()
    ports: tuple[tuple[int, str], ...] = PORTS
    slices_only: bool = False
    pods: tuple[Pod, ...] = (Pod(),)
    local: Pod = Pod(LOCAL_ISTIOD)
    lb: tuple[str, ...] = (LOAD_BALANCER,)
    configured: str | None = LOAD_BALANCER
    revision: str = ""
    gateways: tuple[Gateway, ...] = ()
    version: str = "1.22.4"
    patches: Mapping[str, Object | None] = field(default_factory=dict)
    extra: Mapping[str, tuple[Object, ...]] = field(default_factory=dict)

    def clusters(self) -> dict[str, list[Object]]:
        """The objects of `control-plane` and, unless the cluster has both roles, of `workload`."""
        made = {"control-plane": hosted_objects(self)}
        if self.both:
            made["control-plane"] += workload_objects(self)
        else:
            made["workload"] = workload_objects(self)
        for cluster, objects in made.items():
            made[cluster] = self._patched(cluster, objects) + [
                copy.deepcopy(o) for o in self.extra.get(cluster, ())
            ]
            for obj in made[cluster]:
                # What was made for a scene in the usual namespace stands in this one's.
                if obj["metadata"].get("namespace", "istio-system") == "istio-system":
                    obj["metadata"]["namespace"] = self.namespace
        return made

    def _patched(self, cluster: str, objects: Iterable[Object]) -> list[Object]:
        patched = []
        for obj in objects:
            key = f"{obj['kind']}/{obj['metadata']['name']}"
            patch: Object | None = {}
            for candidate in (key, f"{cluster}:{key}"):
                patch = self.patches.get(candidate, patch)
            if patch is not None:
                patched.append(merge(obj, patch))
        return patched


def hosted_objects(scene: Scene) -> list[Object]:
    """The control plane of a mesh."""
    mesh = scene.mesh
    labels = {"app": "istiod", "istio": "istiod", "istio.io/rev": f"{mesh}-hosted"}
    name = f"istiod-{mesh}-hosted"
    return [
        config_map(
            f"istio-{mesh}-hosted",
            {"mesh": mesh_yaml(mesh, f"istiod-{mesh}-hosted.{scene.namespace}.svc:15012")},
            f"{mesh}-hosted",
        ),
        deployment(
            name,
            labels,
            replicas=len([p for p in scene.pods if p.phase == "Running" and not p.terminating]),
            version=scene.version,
        ),
        *[pod(name, index, labels, p, scene.version) for index, p in enumerate(scene.pods)],
        service(
            f"istiod-{mesh}-hosted-lb", PORTS, selector=labels, kind="LoadBalancer", lb=scene.lb
        ),
        pod(
            "mspider-mcpc-ckube-remote",
            0,
            {"app": "mspider-mcpc-ckube-remote"},
            Pod("10.233.95.150"),
        ),
        service(
            "mspider-mcpc-ckube-remote",
            ((80, "http"),),
            selector={"app": "mspider-mcpc-ckube-remote"},
        ),
    ]


def workload_objects(scene: Scene) -> list[Object]:
    """A cluster's own part in a mesh: the local istiod, its configuration, and istiod-remote."""
    suffix = f"-{scene.revision}" if scene.revision else ""
    labels = {"app": "istiod", "istio": "pilot", "istio.io/rev": scene.revision or "default"}
    remote = f"istiod{suffix}-remote"
    values: Object = {
        "global": {
            "meshID": scene.mesh,
            "caAddress": "",
            "multiCluster": {"clusterName": "futest-2"},
        }
    }
    if scene.configured:
        values["global"]["remotePilotAddress"] = scene.configured
    objects = [
        config_map(
            f"istio{suffix}",
            {"mesh": mesh_yaml(scene.mesh, f"{remote}.{scene.namespace}.svc:15012")},
            scene.revision or "default",
        ),
        config_map(
            f"istio-sidecar-injector{suffix}",
            {"values": json.dumps(values), "config": "policy: enabled\n"},
            scene.revision or "default",
        ),
        deployment(f"istiod{suffix}", labels, replicas=1, version=scene.version),
        pod(f"istiod{suffix}", 0, labels, scene.local, scene.version),
        service(f"istiod{suffix}", ((15010, "grpc-xds"), (15012, "https-dns")), selector=labels),
        service(remote, ((15012, "tcp-istiod"), (443, "tcp-webhook")), targets={443: 15017}),
    ]
    for gateway in scene.gateways:
        objects += gateway_objects(gateway, scene.mesh, scene.namespace, scene.version)
    held = scene.remote + scene.not_ready
    if scene.slices_only:
        families = {":" in address for address in held} or {False}
        objects += [
            endpoint_slice(
                remote,
                [a for a in scene.remote if (":" in a) == v6],
                [a for a in scene.not_ready if (":" in a) == v6],
                scene.ports,
                v6=v6,
            )
            for v6 in sorted(families)
        ]
    else:
        objects += with_mirrors(endpoints(remote, scene.remote, scene.not_ready, scene.ports))
    return objects


def mesh_yaml(mesh: str | None, discovery: str) -> str:
    """`data.mesh` of a mesh ConfigMap."""
    config: Object = {
        "discoveryAddress": discovery,
        "proxyMetadata": {"ISTIO_META_DNS_CAPTURE": "true"},
    }
    if mesh:
        config["meshId"] = mesh
    return str(
        yaml.safe_dump(
            {
                "accessLogFile": "/dev/stdout",
                "defaultConfig": config,
                "trustDomain": "cluster.local",
            }
        )
    )


def config_map(name: str, data: Mapping[str, str], revision: str | None) -> Object:
    """A ConfigMap as Istio's chart labels it."""
    labels = {"istio.io/rev": revision, "operator.istio.io/component": "Pilot"} if revision else {}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": labels},
        "data": dict(data),
    }


def deployment(
    name: str, labels: Mapping[str, str], replicas: int, version: str = "1.22.4"
) -> Object:
    """A Deployment of an istiod."""
    container = {
        "name": "discovery",
        "image": f"release.daocloud.io/mspider/pilot:{version}",
        "ports": [
            {"containerPort": 15012, "name": "tls-xds"},
            {"containerPort": 15017, "name": "webhook"},
        ],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": {**labels, "operator.istio.io/version": "1.22.4"}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": dict(labels)},
            "template": {"metadata": {"labels": dict(labels)}, "spec": {"containers": [container]}},
        },
    }


def pod(
    owner: str, index: int, labels: Mapping[str, str], state: Pod, version: str = "1.22.4"
) -> Object:
    """A Pod of a Deployment, with the status that a kubelet would write."""
    ips = [{"ip": ip} for ip in (state.ip, *state.also) if ip]
    ready = "True" if state.ready and state.phase == "Running" else "False"
    metadata: Object = {
        "name": f"{owner}-6d8f7c9b4d-{'bcdfg'[index]}x2lm",
        "labels": dict(labels),
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": f"{owner}-6d8f7c9b4d",
                "uid": "8d92ffa6-6446-4949-8b90-cef7fd44bb67",
                "controller": True,
            }
        ],
    }
    if state.terminating:
        metadata["deletionTimestamp"] = "2024-10-09T08:46:59Z"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {
            "nodeName": "node-1",
            "containers": [{"name": "discovery", "image": f"pilot:{version}"}],
        },
        "status": {
            "phase": state.phase,
            "podIP": state.ip,
            "podIPs": ips,
            "hostIP": NODE_IP,
            "conditions": [{"type": "Ready", "status": ready}],
        },
    }


def service(
    name: str,
    ports: Iterable[tuple[int, str]],
    *,
    selector: Mapping[str, str] | None = None,
    kind: str = "ClusterIP",
    lb: Iterable[str] = (),
    targets: Mapping[int, int] | None = None,
    **spec: Any,
) -> Object:
    """A Service; `lb` are the addresses that a load balancer gave it."""
    made: Object = {"type": kind, **spec}
    made["ports"] = [
        {
            "name": label,
            "port": port,
            "protocol": "TCP",
            "targetPort": (targets or {}).get(port, port),
        }
        for port, label in ports
    ]
    if selector:
        made["selector"] = dict(selector)
    obj = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": made}
    given = [{"ip": a} if a[0].isdigit() or ":" in a else {"hostname": a} for a in lb]
    obj["status"] = {"loadBalancer": {"ingress": given} if given else {}}
    return obj


def endpoints(
    name: str,
    addresses: Iterable[str],
    not_ready: Iterable[str] = (),
    ports: Iterable[tuple[int, str]] = PORTS,
) -> Object:
    """Endpoints written by hand, as Istio's chart up to 1.23 renders them."""
    subset: Object = {
        "addresses": [{"ip": address} for address in addresses],
        "notReadyAddresses": [{"ip": address} for address in not_ready],
        "ports": [{"name": label, "port": port, "protocol": "TCP"} for port, label in ports],
    }
    subset = {key: value for key, value in subset.items() if value}
    held = "addresses" in subset or "notReadyAddresses" in subset
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": name},
        "subsets": [subset] if held else [],
    }


def endpoint_slice(
    service_name: str,
    addresses: Iterable[str],
    not_ready: Iterable[str] = (),
    ports: Iterable[tuple[int, str]] = PORTS,
    *,
    name: str = "",
    v6: bool = False,
    managed_by: str = "Helm",
) -> Object:
    """An EndpointSlice as Istio's chart from 1.28 on renders it."""
    labels = {
        "kubernetes.io/service-name": service_name,
        "endpointslice.kubernetes.io/managed-by": managed_by,
    }
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "addressType": "IPv6" if v6 else "IPv4",
        "metadata": {"name": name or service_name + ("-ipv6" if v6 else ""), "labels": labels},
        "endpoints": [{"addresses": [a]} for a in addresses]
        + [{"addresses": [a], "conditions": {"ready": False}} for a in not_ready],
        "ports": [{"name": label, "port": port, "protocol": "TCP"} for port, label in ports],
    }


def with_mirrors(written: Object) -> list[Object]:
    """Endpoints and the slices that the mirroring controller makes of them.

    In a lab it makes them itself: none here.
    """
    mirrors = []
    for number, subset in enumerate(written["subsets"]):
        ports = [(p["port"], p.get("name", "")) for p in subset.get("ports", [])]
        for v6 in (False, True):
            sides = [
                [a["ip"] for a in subset.get(key, []) if (":" in a["ip"]) == v6]
                for key in ("addresses", "notReadyAddresses")
            ]
            if any(sides):
                name = f"{written['metadata']['name']}-{'bcdfg'[2 * number + v6]}9xkq"
                ready, waiting = sides
                mirrors.append(
                    endpoint_slice(
                        written["metadata"]["name"],
                        ready,
                        waiting,
                        ports,
                        name=name,
                        v6=v6,
                        managed_by=MIRRORED,
                    )
                )
    return [written, *mirrors]


def as_list(objects: Iterable[Object]) -> Object:
    """What `kubectl get -o yaml` prints for several objects."""
    return {"apiVersion": "v1", "kind": "List", "items": list(objects)}
