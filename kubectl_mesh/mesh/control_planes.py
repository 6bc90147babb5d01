"""Hosted control planes: which meshes a cluster hosts, and by which addresses they are reached."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_mesh.kube.objects import Object, labels_of, maps, name_of, text
from kubectl_mesh.kube.routing import SERVICE_NAME_LABEL
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.kube.workloads import lb_addresses
from kubectl_mesh.mesh.config import injector_globals, mesh_configs, parse_mesh
from kubectl_mesh.mesh.istiods import istiod_pods
from kubectl_mesh.mesh.names import (
    HOSTED_CONFIG,
    HOSTED_DEPLOYMENT,
    HOSTED_LB,
    REVISION_LABEL,
    hosted_config_name,
    hosted_lb_name,
    is_remote_service,
)


def signs_of_hosted_mesh(snapshot: Snapshot) -> list[str]:
    """What says that a cluster has, or had, part in a hosted mesh, whatever its mesh configs say."""
    kinds = ("Service", "Endpoints")
    found = [
        f"{k.lower()}/{name_of(o)}"
        for k in kinds
        for o in snapshot.all(k)
        if is_remote_service(name_of(o))
    ]
    slices = (text(labels_of(s), SERVICE_NAME_LABEL) for s in snapshot.all("EndpointSlice"))
    found += [
        f"slices of service/{name}" for name in dict.fromkeys(slices) if is_remote_service(name)
    ]
    for config in snapshot.all("ConfigMap"):
        injector = name_of(config).startswith("istio-sidecar-injector")
        if injector and text(injector_globals(snapshot, name_of(config)), "remotePilotAddress"):
            found.append(f"remotePilotAddress in configmap/{name_of(config)}")
    found += [
        f"deployment/{name_of(d)}"
        for d in snapshot.all("Deployment")
        if HOSTED_DEPLOYMENT.fullmatch(name_of(d))
    ]
    hosted = [
        pod
        for pod in istiod_pods(snapshot)
        if text(labels_of(pod), REVISION_LABEL).endswith("-hosted")
    ]
    return found + [f"pod/{name_of(pod)}" for pod in hosted]


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
        match = HOSTED_DEPLOYMENT.fullmatch(name_of(deployment))
        if match and labels_of(deployment).get(REVISION_LABEL) == f"{match[1]}-hosted":
            config = snapshot.find("ConfigMap", hosted_config_name(match[1]))
            mesh, error = parse_mesh(config)
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
    return {
        plane.name: plane.mesh_id for plane in hosted_control_planes(snapshot)
    } | configured_mesh_ids(snapshot)


def configured_mesh_ids(snapshot: Snapshot) -> dict[str, str]:
    """The mesh ID of each hosted control plane whose config was read, by the name of its objects: no guess."""
    ids = {}
    for config in snapshot.all("ConfigMap"):
        match = HOSTED_CONFIG.fullmatch(name_of(config))
        mesh_id = text(parse_mesh(config)[0], "defaultConfig", "meshId") if match else ""
        if match and mesh_id:
            ids[match[1]] = mesh_id
    return ids


def hosted_lb_names(snapshot: Snapshot) -> list[str]:
    """The `name` part of every `istiod-<name>-hosted-lb` Service of a cluster."""
    matches = (HOSTED_LB.fullmatch(name_of(service)) for service in snapshot.all("Service"))
    return [match[1] for match in matches if match]


def cluster_name(snapshot: Snapshot) -> str | None:
    """What a cluster is called in its mesh: by the injector's values, else by the environment of an istiod."""
    named = [config.cluster_id for config in mesh_configs(snapshot)]
    for pod in istiod_pods(snapshot):
        for variable in (v for c in maps(pod, "spec", "containers") for v in maps(c, "env")):
            if text(variable, "name") == "CLUSTER_ID":
                hosted = text(labels_of(pod), REVISION_LABEL).endswith("-hosted")
                named.append(text(variable, "value").removesuffix("-hosted" if hosted else ""))
    return next(filter(None, named), None)


def hosted_lb_addresses(snapshot: Snapshot, name: str) -> list[str]:
    """The addresses at which workload clusters reach the hosted istiod whose objects carry `name`."""
    return lb_addresses(snapshot.find("Service", hosted_lb_name(name)))
