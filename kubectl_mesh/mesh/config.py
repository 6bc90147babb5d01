"""Mesh configurations: what a mesh ConfigMap and its injector tell the proxies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from kubectl_mesh.kube import yamltext
from kubectl_mesh.kube.objects import Object, dig, mapping, name_of, text
from kubectl_mesh.kube.snapshot import Snapshot, fact
from kubectl_mesh.mesh.istiods import local_revisions
from kubectl_mesh.mesh.names import (
    DNS_LABEL,
    HOSTED_SUFFIX,
    LOCAL_ISTIOD,
    XDS_PORT,
    config_name,
    injector_name,
    is_injector,
    is_remote_service,
)


@fact
def injected_mesh_ids(snapshot: Snapshot) -> frozenset[str]:
    """The meshes that the injectors of a cluster make proxies for."""
    found = set()
    for config in snapshot.all("ConfigMap"):
        if is_injector(name_of(config)):
            found.add(text(injector_globals(snapshot, name_of(config)), "meshID"))
    return frozenset(found - {""})


@dataclass(frozen=True)
class MeshConfig:
    """What one mesh ConfigMap (`istio` or `istio-<rev>`) and its injector tell the proxies.

    `service` is the istiod-remote Service that `discovery` names, None where it names another
    thing, and `local` says that this is the cluster's own istiod; `configured` is
    `global.remotePilotAddress`; `cluster_id` and `ca_address` are what the injector gives to
    proxies, None where it was not read; `error` says why the ConfigMap could not be understood.
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


@fact
def mesh_configs(snapshot: Snapshot) -> tuple[MeshConfig, ...]:
    """The mesh configurations of the cluster's own proxies; never those of a hosted istiod."""
    run_here = {"istio", *map(config_name, local_revisions(snapshot))}
    found = []
    for config in snapshot.all("ConfigMap"):
        if name_of(config) in run_here or _looks_like_a_mesh_config(config):
            found.append(_mesh_config(snapshot, config))
    return tuple(found)


def _looks_like_a_mesh_config(config: Object) -> bool:
    """Whether a ConfigMap is one of a revision, though no istiod of it runs here."""
    name = name_of(config)
    of_a_revision = name.startswith("istio-") and not name.endswith(HOSTED_SUFFIX)
    return of_a_revision and "mesh" in mapping(config, "data")


def _mesh_config(snapshot: Snapshot, config: Object) -> MeshConfig:
    mesh, error = parse_mesh(config)
    injected = injector_globals(snapshot, injector_name(name_of(config)))
    discovery = text(mesh, "defaultConfig", "discoveryAddress")
    if not error and not discovery:
        discovery = f"istiod.{snapshot.namespace}.svc:{XDS_PORT}"  # Istio's own default
    host, port = _host_and_port(discovery)
    service, namespace = _service_of(host) or ("", snapshot.namespace)
    remote = is_remote_service(service)
    ca_address = None
    if injected:
        ca_address = _ca_address(snapshot, name_of(config), injected)
    return MeshConfig(
        name=name_of(config),
        mesh_id=text(mesh, "defaultConfig", "meshId") or text(injected, "meshID") or None,
        discovery=discovery,
        service=service if remote else None,
        local=bool(LOCAL_ISTIOD.fullmatch(service)) and not remote,
        namespace=namespace,
        port=port,
        configured=text(injected, "remotePilotAddress") or None,
        cluster_id=text(injected, "multiCluster", "clusterName") or None,
        ca_address=ca_address,
        trust_domain=text(mesh, "trustDomain") or "cluster.local",
        error=error,
    )


def _host_and_port(discovery: str) -> tuple[str, str]:
    host, colon, port = discovery.rpartition(":")
    return (host, port) if colon else (discovery, "")


def _service_of(host: str) -> tuple[str, str] | None:
    """Name and namespace of the Service that a host name leads to inside the cluster, if it does.

    One label alone would be looked for in each proxy's own namespace.
    """
    labels = host.rstrip(".").lower().split(".")
    if len(labels) != 2 and labels[2:3] != ["svc"]:
        return None
    name, namespace = labels[:2]
    if not DNS_LABEL.fullmatch(name) or not DNS_LABEL.fullmatch(namespace):
        return None
    return name, namespace


def _ca_address(snapshot: Snapshot, config: str, injected: Object) -> str:
    """Where Istio's injection template sends the proxies for certificates.

    The local istiod, unless another address is set.
    """
    where = text(injected, "istioNamespace") or snapshot.namespace
    local = f"istiod{config.removeprefix('istio')}.{where}.svc:{XDS_PORT}"
    return text(injected, "caAddress") or local


def parse_mesh(config: Object | None) -> tuple[Object, str | None]:
    """`data.mesh` of a mesh ConfigMap, decoded, and why that failed."""
    raw = dig(config, "data", "mesh")
    return _parse_yaml(raw) if isinstance(raw, str) else ({}, "it has no data.mesh")


@lru_cache(maxsize=64)
def _parse_yaml(raw: str) -> tuple[Object, str | None]:
    """A mesh config is parsed once for all who need it; nobody changes what comes back."""
    try:
        mesh = yamltext.config(raw)
    except yamltext.YAMLTextError as error:
        if error.line:
            return {}, f"data.mesh is not YAML (line {error.line})"
        return {}, f"data.mesh is of no use: {error.problem}"
    return (mesh, None) if isinstance(mesh, dict) else ({}, "data.mesh is not a mapping")


@fact
def injector_globals(snapshot: Snapshot, name: str) -> Object:
    """`.global` of the Helm values that Istio's chart writes into the injector's ConfigMap."""
    written = text(snapshot.find("ConfigMap", name), "data", "values")
    try:
        values = json.loads(written[: yamltext.LARGEST_CONFIG] or "{}")
    except (ValueError, RecursionError):
        return {}
    return mapping(values, "global")
