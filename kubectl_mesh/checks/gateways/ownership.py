"""Whose a gateway is: its revision, its mesh config, its mesh."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_mesh.checks.gateways.proxies import proxy_discovery
from kubectl_mesh.kube.objects import labels_of, text
from kubectl_mesh.mesh.config import MeshConfig
from kubectl_mesh.mesh.gateways import Gateway, environment
from kubectl_mesh.mesh.names import REVISION_LABEL, config_name


def revision_of(gateway: Gateway) -> str:
    """The revision that injects a gateway, by the label of its Pods."""
    for template in gateway.templates:
        revision = text(labels_of(template), REVISION_LABEL)
        if revision:
            return revision
    return "default"


def possible_configs(gateway: Gateway, configs: Sequence[MeshConfig]) -> list[MeshConfig]:
    """The mesh configs that may be a gateway's: several where its revision is a tag, which is no
    config's name.
    """
    name = config_name(revision_of(gateway))
    named = [config for config in configs if config.name == name]
    if named:
        return named
    if len(configs) == 1:
        return list(configs)
    ids = {environment(template).get("ISTIO_META_MESH_ID") for template in gateway.templates}
    of_mesh = [config for config in configs if config.mesh_id in ids]
    dialled = {proxy_discovery(template) for template in gateway.templates}
    return [config for config in of_mesh if config.discovery in dialled] or of_mesh


def config_of(gateway: Gateway, configs: Sequence[MeshConfig]) -> MeshConfig | None:
    """The mesh config that a gateway's proxies are injected from; None where it can't be told."""
    possible = possible_configs(gateway, configs)
    return possible[0] if len(possible) == 1 else None


def mesh_id_of(gateway: Gateway, configs: Sequence[MeshConfig], stated: str | None) -> str | None:
    """The mesh of a gateway: what its mesh config says, else what its proxies believe, else the
    user's word.
    """
    possible = possible_configs(gateway, configs)
    if possible:
        return possible[0].mesh_id or stated
    for template in gateway.templates:
        believed = environment(template).get("ISTIO_META_MESH_ID")
        if believed:
            return believed
    return stated
