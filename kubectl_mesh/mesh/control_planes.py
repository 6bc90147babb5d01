"""Hosted control planes: which meshes a cluster hosts, and by which addresses they are reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kubectl_mesh.kube.objects import Object, labels_of, maps, name_of, text
from kubectl_mesh.kube.routing import SERVICE_NAME_LABEL
from kubectl_mesh.kube.snapshot import Snapshot, fact
from kubectl_mesh.kube.workloads import lb_addresses
from kubectl_mesh.mesh.config import injector_globals, mesh_configs, parse_mesh
from kubectl_mesh.mesh.istiods import hosted_istiod_pods, is_hosted, istiod_pods, revision
from kubectl_mesh.mesh.names import (
    HOSTED_CONFIG,
    HOSTED_DEPLOYMENT,
    HOSTED_LB,
    HOSTED_SUFFIX,
    hosted_config_name,
    hosted_lb_name,
    is_injector,
    is_remote_service,
)


def signs_of_hosted_mesh(snapshot: Snapshot) -> list[str]:
    """What says that a cluster has, or had, part in a hosted mesh, whatever its mesh configs say.

    `kind/name` of each object that does, or a few words.
    """
    return [
        *_remote_services(snapshot),
        *_remote_slices(snapshot),
        *_configured_addresses(snapshot),
        *_hosted_istiods(snapshot),
    ]


def _remote_services(snapshot: Snapshot) -> Iterator[str]:
    for kind in ("Service", "Endpoints"):
        for obj in snapshot.all(kind):
            if is_remote_service(name_of(obj)):
                yield f"{kind.lower()}/{name_of(obj)}"


def _remote_slices(snapshot: Snapshot) -> list[str]:
    services = []
    for slice_ in snapshot.all("EndpointSlice"):
        name = text(labels_of(slice_), SERVICE_NAME_LABEL)
        if is_remote_service(name) and name not in services:
            services.append(name)
    return [f"slices of service/{name}" for name in services]


def _configured_addresses(snapshot: Snapshot) -> Iterator[str]:
    for config in snapshot.all("ConfigMap"):
        name = name_of(config)
        if is_injector(name) and text(injector_globals(snapshot, name), "remotePilotAddress"):
            yield f"remotePilotAddress in configmap/{name}"


def _hosted_istiods(snapshot: Snapshot) -> Iterator[str]:
    for deployment in snapshot.all("Deployment"):
        if HOSTED_DEPLOYMENT.fullmatch(name_of(deployment)):
            yield f"deployment/{name_of(deployment)}"
    for pod in hosted_istiod_pods(snapshot):
        yield f"pod/{name_of(pod)}"


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


@fact
def hosted_control_planes(snapshot: Snapshot) -> tuple[HostedControlPlane, ...]:
    """The control planes that a cluster hosts, by name.

    Only a Deployment makes it so, a hosted-lb alone does not.
    """
    found = []
    for deployment in snapshot.all("Deployment"):
        match = HOSTED_DEPLOYMENT.fullmatch(name_of(deployment))
        if match and revision(deployment) == match[1] + HOSTED_SUFFIX:
            mesh_id, error = _hosted_mesh_id(snapshot, match[1])
            plane = HostedControlPlane(match[1], mesh_id or match[1], deployment, error)
            found.append(plane)
    return tuple(sorted(found, key=lambda plane: plane.name))


def _hosted_mesh_id(snapshot: Snapshot, name: str) -> tuple[str, str | None]:
    """The mesh ID in the config of the hosted istiod `name`, and why there is none."""
    config = snapshot.find("ConfigMap", hosted_config_name(name))
    if config is None:
        unread = snapshot.unread("ConfigMap", hosted_config_name(name))
        return "", "it could not be read" if unread else "it was not found"
    mesh, error = parse_mesh(config)
    mesh_id = text(mesh, "defaultConfig", "meshId")
    if not error and not mesh_id:
        error = "it has no meshId"
    return mesh_id, error


@fact
def hosted_mesh_ids(snapshot: Snapshot) -> Mapping[str, str]:
    """The mesh ID of each hosted control plane, by the name of its objects.

    Of each whose config was read, and (by its name) whose Deployment alone was.
    """
    by_name = {plane.name: plane.mesh_id for plane in hosted_control_planes(snapshot)}
    return {**by_name, **configured_mesh_ids(snapshot)}


@fact
def configured_mesh_ids(snapshot: Snapshot) -> Mapping[str, str]:
    """The mesh ID of each hosted control plane whose config was read: no guess."""
    found = {}
    for config in snapshot.all("ConfigMap"):
        match = HOSTED_CONFIG.fullmatch(name_of(config))
        if not match:
            continue
        mesh, _ = parse_mesh(config)
        mesh_id = text(mesh, "defaultConfig", "meshId")
        if mesh_id:
            found[match[1]] = mesh_id
    return found


@fact
def hosted_lb_names(snapshot: Snapshot) -> tuple[str, ...]:
    """The `name` part of every `istiod-<name>-hosted-lb` Service of a cluster."""
    matches = (HOSTED_LB.fullmatch(name_of(service)) for service in snapshot.all("Service"))
    return tuple(match[1] for match in matches if match)


@fact
def cluster_name(snapshot: Snapshot) -> str | None:
    """What a cluster is called in its mesh.

    By the injector's values, else by the environment of an istiod; None where neither says it.
    """
    named = [config.cluster_id for config in mesh_configs(snapshot)]
    for pod in istiod_pods(snapshot):
        for value in _cluster_ids(pod):
            named.append(value.removesuffix(HOSTED_SUFFIX) if is_hosted(pod) else value)
    return next(filter(None, named), None)


def _cluster_ids(istiod: Object) -> Iterator[str]:
    """The values of CLUSTER_ID in the containers of an istiod's Pod."""
    for container in maps(istiod, "spec", "containers"):
        for variable in maps(container, "env"):
            if text(variable, "name") == "CLUSTER_ID":
                yield text(variable, "value")


def hosted_lb_addresses(snapshot: Snapshot, name: str) -> list[str]:
    """The addresses at which workload clusters reach the hosted istiod `name`."""
    return lb_addresses(snapshot.find("Service", hosted_lb_name(name)))
