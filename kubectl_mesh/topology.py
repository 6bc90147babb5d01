"""What the objects say of a mesh: naming patterns, mesh IDs, roles, and whose an address is.

The patterns and labels are those of mspider's hosted meshes and of Istio's istiod chart. Nothing
here reads a cluster or decides how grave a thing is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from kubectl_mesh import yamltext
from kubectl_mesh.routing import SERVICE_NAME_LABEL, normalise, ready_addresses, slice_backends
from kubectl_mesh.snapshot import Object, Snapshot, dig, labels_of, mapping, maps, name_of, text, texts

REMOTE_SERVICE = "istiod-remote"
REVISION_LABEL = "istio.io/rev"
CKUBE_REMOTE = "mspider-mcpc-ckube-remote"
GLOBAL_NAMESPACE = "mspider-system"  # of the global cluster's GlobalMesh and MeshCluster objects
XDS_PORT = 15012
WEBHOOK_PORT = 15017
WEBHOOK_SERVICE_PORT = 443

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_HOSTED_DEPLOYMENT = re.compile(r"istiod-(.+)-hosted")
_HOSTED_CONFIG = re.compile(r"istio-(.+)-hosted")
_HOSTED_LB = re.compile(r"istiod-(.+)-hosted-lb")
_LOCAL = re.compile(r"istiod(?:-(?!.*-hosted(?:-lb)?$).+)?")
_REMOTE = re.compile(r"istiod-(?:.+-)?remote")


def is_remote_service(name: str) -> bool:
    """Whether a Service's name is istiod-remote, of whatever revision."""
    return bool(_REMOTE.fullmatch(name))


def dialled_addresses(snapshot: Snapshot) -> list[str]:
    """What a cluster's ways to control planes lead to: istiod-remote (a host name too), a hosted-lb by its slices."""
    services = ((text(labels_of(s), SERVICE_NAME_LABEL), s) for s in snapshot.objects.get("EndpointSlice", []))
    slices = [s for name, s in services if is_remote_service(name) or _HOSTED_LB.fullmatch(name)]
    names = [text(s, "spec", "externalName") for s in snapshot.all("Service") if is_remote_service(name_of(s))]
    return [*ready_addresses(slice_backends(slices)), *map(normalise, filter(None, names))]


def signs_of_hosted_mesh(snapshot: Snapshot) -> list[str]:
    """What says that a cluster has, or had, part in a hosted mesh, whatever its mesh configs say."""
    kinds = ("Service", "Endpoints")
    found = [f"{k.lower()}/{name_of(o)}" for k in kinds for o in snapshot.all(k) if is_remote_service(name_of(o))]
    slices = (text(labels_of(s), SERVICE_NAME_LABEL) for s in snapshot.all("EndpointSlice"))
    found += [f"slices of service/{name}" for name in dict.fromkeys(slices) if is_remote_service(name)]
    for config in snapshot.all("ConfigMap"):
        injector = name_of(config).startswith("istio-sidecar-injector")
        if injector and text(_injector_globals(snapshot, name_of(config)), "remotePilotAddress"):
            found.append(f"remotePilotAddress in configmap/{name_of(config)}")
    found += [
        f"deployment/{name_of(d)}" for d in snapshot.all("Deployment") if _HOSTED_DEPLOYMENT.fullmatch(name_of(d))
    ]
    hosted = [pod for pod in _istiod_pods(snapshot) if text(labels_of(pod), REVISION_LABEL).endswith("-hosted")]
    return found + [f"pod/{name_of(pod)}" for pod in hosted]


def injected_mesh_ids(snapshot: Snapshot) -> set[str]:
    """The meshes that the injectors of a cluster make proxies for."""
    injectors = [name_of(c) for c in snapshot.all("ConfigMap") if name_of(c).startswith("istio-sidecar-injector")]
    return {text(_injector_globals(snapshot, name), "meshID") for name in injectors} - {""}


def hosted_lb_name(name: str) -> str:
    """The Service that exposes the hosted istiod whose objects carry `name`."""
    return f"istiod-{name}-hosted-lb"


def hosted_config_name(name: str) -> str:
    """The mesh ConfigMap of the hosted istiod whose objects carry `name`."""
    return f"istio-{name}-hosted"


def hosted_deployment_name(name: str) -> str:
    """The Deployment of the hosted istiod whose objects carry `name`."""
    return f"istiod-{name}-hosted"


# --- mesh configuration -------------------------------------------------------------------------


@dataclass(frozen=True)
class MeshConfig:
    """What one mesh ConfigMap (`istio` or `istio-<rev>`) and its injector tell the proxies.

    `service` is the istiod-remote Service that `discovery` names, None where it names another thing, and
    `local` says that this is the cluster's own istiod;
    `configured` is `global.remotePilotAddress`; `cluster_id` and `ca_address` are what the injector gives to proxies,
    None where it was not read; `error` says why the ConfigMap could not be understood.
    """

    name: str
    mesh_id: str | None
    discovery: str
    service: str | None
    local: bool
    namespace: str
    port: str
    configured: str | None
    cluster_id: str | None
    ca_address: str | None
    trust_domain: str
    error: str | None = None


def config_name(revision: str) -> str:
    """The mesh ConfigMap of a revision."""
    return "istio" if revision == "default" else f"istio-{revision}"


def revision_of(config: str) -> str:
    """The revision that a mesh ConfigMap belongs to."""
    return config.removeprefix("istio").removeprefix("-") or "default"


def injector_name(config: str) -> str:
    """The injector's ConfigMap that belongs to a mesh ConfigMap."""
    return "istio-sidecar-injector" + config.removeprefix("istio")


def mesh_configs(snapshot: Snapshot) -> list[MeshConfig]:
    """The mesh configurations of the cluster's own proxies; never those of a hosted istiod."""
    run_here = {"istio", *map(config_name, local_revisions(snapshot))}
    return [
        _mesh_config(snapshot, config)
        for config in snapshot.all("ConfigMap")
        if name_of(config) in run_here
        or (
            name_of(config).startswith("istio-")
            and not name_of(config).endswith("-hosted")
            and "mesh" in mapping(config, "data")
        )
    ]


def _mesh_config(snapshot: Snapshot, config: Object) -> MeshConfig:
    mesh, error = _parse_mesh(config)
    injected = _injector_globals(snapshot, injector_name(name_of(config)))
    discovery = text(mesh, "defaultConfig", "discoveryAddress")
    if not error and not discovery:
        discovery = f"istiod.{snapshot.namespace}.svc:{XDS_PORT}"  # Istio's own default
    host, colon, port = discovery.rpartition(":")
    if not colon:
        host, port = discovery, ""
    labels = host.rstrip(".").lower().split(".")
    # One label alone would be looked for in each proxy's own namespace.
    inside = (len(labels) == 2 or labels[2:3] == ["svc"]) and all(map(_DNS_LABEL.fullmatch, labels[:2]))
    return MeshConfig(
        name=name_of(config),
        mesh_id=text(mesh, "defaultConfig", "meshId") or text(injected, "meshID") or None,
        discovery=discovery,
        service=labels[0] if inside and is_remote_service(labels[0]) else None,
        local=inside and bool(_LOCAL.fullmatch(labels[0])) and not is_remote_service(labels[0]),
        namespace=labels[1] if inside else snapshot.namespace,
        port=port,
        configured=text(injected, "remotePilotAddress") or None,
        cluster_id=text(injected, "multiCluster", "clusterName") or None,
        ca_address=_ca_address(snapshot, name_of(config), injected) if injected else None,
        trust_domain=text(mesh, "trustDomain") or "cluster.local",
        error=error,
    )


def _ca_address(snapshot: Snapshot, config: str, injected: Object) -> str:
    """Where Istio's injection template sends the proxies for certificates: the local istiod, unless told otherwise."""
    where = text(injected, "istioNamespace") or snapshot.namespace
    return text(injected, "caAddress") or f"istiod{config.removeprefix('istio')}.{where}.svc:{XDS_PORT}"


def _parse_mesh(config: Object | None) -> tuple[Object, str | None]:
    """`data.mesh` of a mesh ConfigMap, decoded, and why that failed."""
    raw = dig(config, "data", "mesh")
    return _parse_yaml(raw) if isinstance(raw, str) else ({}, "it has no data.mesh")


@lru_cache(maxsize=64)
def _parse_yaml(raw: str) -> tuple[Object, str | None]:
    """A mesh config is asked about many times in a run and parsed once; nobody changes what comes back."""
    try:
        mesh = yamltext.config(raw)
    except yamltext.YAMLTextError as error:
        if error.line:
            return {}, f"data.mesh is not YAML (line {error.line})"
        return {}, f"data.mesh is of no use: {error.problem}"
    return (mesh, None) if isinstance(mesh, dict) else ({}, "data.mesh is not a mapping")


def _injector_globals(snapshot: Snapshot, name: str) -> Object:
    """`.global` of the Helm values that Istio's chart writes into the injector's ConfigMap."""
    try:
        written = text(snapshot.find("ConfigMap", name), "data", "values")[: yamltext.LARGEST_CONFIG]
        return mapping(json.loads(written or "{}"), "global")
    except (ValueError, RecursionError):
        return {}


# --- hosted control planes ----------------------------------------------------------------------


@dataclass(frozen=True)
class HostedControlPlane:
    """A hosted istiod that stands in a cluster.

    `name` is the part of its objects' names, `mesh_id` what its mesh config says (or, with
    `config_error`, what the name suggests).
    """

    name: str
    mesh_id: str
    deployment: Object
    config_error: str | None


def hosted_control_planes(snapshot: Snapshot) -> list[HostedControlPlane]:
    """The control planes that a cluster hosts: only a Deployment makes it so, a hosted-lb alone does not."""
    found = []
    for deployment in snapshot.all("Deployment"):
        match = _HOSTED_DEPLOYMENT.fullmatch(name_of(deployment))
        if match and labels_of(deployment).get(REVISION_LABEL) == f"{match[1]}-hosted":
            config = snapshot.find("ConfigMap", hosted_config_name(match[1]))
            mesh, error = _parse_mesh(config)
            mesh_id = text(mesh, "defaultConfig", "meshId")
            if config is None:
                unread = snapshot.unread("ConfigMap", hosted_config_name(match[1]))
                error = "it could not be read" if unread else "it was not found"
            elif not error and not mesh_id:
                error = "it has no meshId"
            found.append(HostedControlPlane(match[1], mesh_id or match[1], deployment, error))
    return sorted(found, key=lambda plane: plane.name)


def hosted_mesh_ids(snapshot: Snapshot) -> dict[str, str]:
    """The mesh ID of each hosted control plane whose config or Deployment was read, by the name of its objects."""
    return {plane.name: plane.mesh_id for plane in hosted_control_planes(snapshot)} | configured_mesh_ids(snapshot)


def configured_mesh_ids(snapshot: Snapshot) -> dict[str, str]:
    """The mesh ID of each hosted control plane whose config was read, by the name of its objects: no guess."""
    ids = {}
    for config in snapshot.all("ConfigMap"):
        match = _HOSTED_CONFIG.fullmatch(name_of(config))
        mesh_id = text(_parse_mesh(config)[0], "defaultConfig", "meshId") if match else ""
        if match and mesh_id:
            ids[match[1]] = mesh_id
    return ids


def hosted_lb_names(snapshot: Snapshot) -> list[str]:
    """The `name` part of every `istiod-<name>-hosted-lb` Service of a cluster."""
    matches = (_HOSTED_LB.fullmatch(name_of(service)) for service in snapshot.all("Service"))
    return [match[1] for match in matches if match]


def ready_hosted_names(snapshot: Snapshot) -> list[str]:
    """The `name` part of every hosted istiod that has a ready Pod, whether a Deployment was found or not."""
    revisions = [text(labels_of(pod), REVISION_LABEL) for pod in _istiod_pods(snapshot) if is_ready(pod)]
    return sorted({revision.removesuffix("-hosted") for revision in revisions if revision.endswith("-hosted")})


def hosted_pods(snapshot: Snapshot, name: str) -> list[Object]:
    """The Pods of the hosted istiod `name`, whatever their state."""
    return [pod for pod in _istiod_pods(snapshot) if labels_of(pod).get(REVISION_LABEL) == f"{name}-hosted"]


def _istiod_pods(snapshot: Snapshot) -> list[Object]:
    return [pod for pod in snapshot.all("Pod") if labels_of(pod).get("app") == "istiod"]


def local_istiod_pods(snapshot: Snapshot) -> list[Object]:
    """The Pods of the cluster's own istiod, which serves injection and certificates only."""
    return [pod for pod in _istiod_pods(snapshot) if not str(labels_of(pod).get(REVISION_LABEL)).endswith("-hosted")]


def local_istiods(snapshot: Snapshot) -> dict[str, list[Object]]:
    """The Pods of the cluster's own istiods by revision; a Deployment without any counts too."""
    found: dict[str, list[Object]] = {revision: [] for revision in local_revisions(snapshot)}
    for pod in local_istiod_pods(snapshot):
        found.setdefault(text(labels_of(pod), REVISION_LABEL) or "default", []).append(pod)
    return found


def local_revisions(snapshot: Snapshot) -> list[str]:
    """The revisions of the cluster's own istiods, `default` for the one without a revision."""
    revisions = (text(labels_of(d), REVISION_LABEL) for d in snapshot.all("Deployment") if name_of(d)[:6] == "istiod")
    return [revision for revision in revisions if revision and not revision.endswith("-hosted")]


def cluster_name(snapshot: Snapshot) -> str | None:
    """What a cluster is called in its mesh: by the injector's values, else by the environment of an istiod."""
    named = [config.cluster_id for config in mesh_configs(snapshot)]
    for pod in _istiod_pods(snapshot):
        for variable in (v for c in maps(pod, "spec", "containers") for v in maps(c, "env")):
            if text(variable, "name") == "CLUSTER_ID":
                hosted = text(labels_of(pod), REVISION_LABEL).endswith("-hosted")
                named.append(text(variable, "value").removesuffix("-hosted" if hosted else ""))
    return next(filter(None, named), None)


def is_terminating(obj: Object) -> bool:
    """Whether the object is being deleted."""
    return bool(dig(obj, "metadata", "deletionTimestamp"))


def is_ready(pod: Object) -> bool:
    """Running, Ready and not terminating. An evicted Pod keeps a stale podIP: it is not ready."""
    return (
        text(pod, "status", "phase") == "Running"
        and not is_terminating(pod)
        and any(c.get("type") == "Ready" and c.get("status") == "True" for c in maps(pod, "status", "conditions"))
    )


def pod_addresses(pod: Object) -> list[str]:
    """Every IP of a Pod, both families, normalised."""
    ips = [text(pod, "status", "podIP"), *(text(ip, "ip") for ip in maps(pod, "status", "podIPs"))]
    return list(dict.fromkeys(normalise(ip) for ip in ips if ip))


def lb_addresses(service: Object | None) -> list[str]:
    """Every IP and host name that a load balancer gave a Service, normalised; [] while it is pending."""
    given = [text(i, key) for i in maps(service, "status", "loadBalancer", "ingress") for key in ("ip", "hostname")]
    return list(dict.fromkeys(normalise(address) for address in given if address))


def hosted_lb_addresses(snapshot: Snapshot, name: str) -> list[str]:
    """The addresses at which workload clusters reach the hosted istiod whose objects carry `name`."""
    return lb_addresses(snapshot.find("Service", hosted_lb_name(name)))


def cluster_addresses(service: Object) -> list[str]:
    """The ClusterIPs of a Service; [] for a headless one."""
    ips = [text(service, "spec", "clusterIP"), *texts(service, "spec", "clusterIPs")]
    return list(dict.fromkeys(normalise(ip) for ip in ips if ip and ip != "None"))


def _internal_names(service: Object, namespace: str) -> list[str]:
    """The host names that lead to a Service from inside its cluster; no resolver is needed to know them."""
    name = f"{name_of(service)}.{text(service, 'metadata', 'namespace') or namespace}"
    return [name, f"{name}.svc", f"{name}.svc.cluster.local"]


def selects(service: Object, pod: Object) -> bool:
    """Whether a Service's selector selects a Pod; one without selector selects nothing."""
    selector = mapping(service, "spec", "selector")
    labels = labels_of(pod)
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


# --- whose an address is ------------------------------------------------------------------------


@dataclass(frozen=True)
class Owner:
    """The known thing that has an address. `code` is the finding that tells it where it is out of place."""

    code: str
    what: str
    here: bool  # in the cluster that is verified


def known_addresses(
    mesh_id: str | None,
    verified: Snapshot,
    control_plane: Snapshot | None,
    *,
    hosted_here: bool,
    others: Iterable[tuple[Owner, Iterable[str]]] = (),
) -> dict[str, Owner]:
    """Every address of the clusters that were read, and whose it is; `others` are those of further clusters.

    Where two clusters' networks overlap, the first in the order below wins: what stands in the verified
    cluster is what its proxies would really reach. An address is never judged by its range.
    """
    known: dict[str, Owner] = {}
    for owner, addresses in _owners(mesh_id, verified, control_plane, hosted_here, others):
        for address in addresses:
            known.setdefault(address, owner)
    return known


def shadowing(verified: Snapshot) -> dict[str, Owner]:
    """What takes an address for itself inside the verified cluster, whatever it means outside.

    The local istiod, the ClusterIP of a Service, and the load balancer address of one, which kube-proxy answers
    without leaving the cluster.
    """
    own: dict[str, Owner] = {}
    for pod in local_istiod_pods(verified):
        owner = Owner("AddressIsLocalIstiod", f"the local istiod's Pod {name_of(pod)} in this cluster", True)
        own |= dict.fromkeys(pod_addresses(pod), owner)
    for service in verified.all("Service"):
        what = f"the Service {name_of(service)} in this cluster"
        own |= dict.fromkeys(cluster_addresses(service), Owner("AddressIsClusterIP", f"the ClusterIP of {what}", True))
        if not _HOSTED_LB.fullmatch(name_of(service)):
            owner = Owner("AddressIsUnexpected", f"the load balancer address of {what}", True)
            own |= dict.fromkeys(lb_addresses(service), owner)
    return own


def _owners(
    mesh_id: str | None,
    verified: Snapshot,
    control_plane: Snapshot | None,
    hosted_here: bool,
    others: Iterable[tuple[Owner, Iterable[str]]],
) -> Iterator[tuple[Owner, Iterable[str]]]:
    clusters = [verified] if control_plane in (None, verified) else [verified, control_plane]

    for pod in local_istiod_pods(verified):
        yield Owner("AddressIsLocalIstiod", f"the local istiod's Pod {name_of(pod)}", True), pod_addresses(pod)
    for service in verified.all("Service"):
        selector = mapping(service, "spec", "selector")
        if selector.get("app") == "istiod" and not str(selector.get(REVISION_LABEL)).endswith("-hosted"):
            owner = Owner("AddressIsLocalIstiod", f"the local istiod's Service {name_of(service)}", True)
            yield owner, cluster_addresses(service) + _internal_names(service, verified.namespace)

    for cluster in clusters:
        here = cluster is verified
        ids, certain = hosted_mesh_ids(cluster), configured_mesh_ids(cluster)

        def elsewhere(name: str, ids: dict[str, str] = ids, certain: dict[str, str] = certain) -> str | None:
            """The code for a thing of another mesh. Only a mesh ID that was read makes it certain: names may differ."""
            if mesh_id in (None, ids.get(name, name)):
                return None
            return "AddressIsOtherMesh" if name in certain else "AddressIsUnexpected"

        for pod in _istiod_pods(cluster):
            revision = str(labels_of(pod).get(REVISION_LABEL))
            if not revision.endswith("-hosted"):
                continue
            name = revision.removesuffix("-hosted")
            what = f"the hosted istiod Pod {name_of(pod)}"
            code = elsewhere(name)
            if code:
                what += f" of mesh {ids.get(name, name)}"
            elif hosted_here:
                code, what = "AddressIsStale", what + ("" if is_ready(pod) else " that is not ready")
            yield Owner(code or "AddressIsHostedPod", what, here), pod_addresses(pod)
        for name in hosted_lb_names(cluster):
            what = f"the load balancer address of {hosted_lb_name(name)}"
            code = elsewhere(name)
            if code:
                what += f", the control plane of mesh {ids.get(name, name)}"
            code = code or ("AddressIsLoadBalancer" if hosted_here else "AddressIsUnexpected")
            yield Owner(code, what, here), hosted_lb_addresses(cluster, name)

    for cluster in clusters:
        here = cluster is verified
        for pod in cluster.all("Pod"):
            if name_of(pod).startswith(f"{CKUBE_REMOTE}-"):
                what = f"the Pod {name_of(pod)}, a cache of the Kubernetes API"
                yield Owner("AddressIsCkubeRemote", what, here), pod_addresses(pod)
        for service in cluster.all("Service"):
            what = f"the Service {name_of(service)}"
            yield Owner("AddressIsClusterIP", f"the ClusterIP of {what}", here), cluster_addresses(service)
            yield Owner("AddressIsUnexpected", f"the load balancer address of {what}", here), lb_addresses(service)
        for pod in cluster.all("Pod"):
            if not dig(pod, "spec", "hostNetwork"):
                yield Owner("AddressIsOtherPod", f"the Pod {name_of(pod)}", here), pod_addresses(pod)
        for pod in cluster.all("Pod"):
            node = text(pod, "spec", "nodeName") or "unknown"
            ips = [text(pod, "status", "hostIP"), *(text(ip, "ip") for ip in maps(pod, "status", "hostIPs"))]
            yield Owner("AddressIsNode", f"the node {node}", here), [normalise(ip) for ip in ips if ip]
        if here:
            yield from others
