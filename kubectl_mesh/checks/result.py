"""What was found of one cluster, while it is put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kubectl_mesh.checks.control_plane import Hosted
from kubectl_mesh.checks.remote.target import RemoteService
from kubectl_mesh.checks.view import ClusterView
from kubectl_mesh.findings.model import ClusterReport, Finding

# The control planes of all clusters of a run by mesh ID, or why one can't be told.
ControlPlanes = Mapping[str, Hosted | Finding]


@dataclass
class ClusterResult:
    """What was found of one cluster.

    `hosts` are the control planes that stand in it, `entries` one for each of its meshes,
    `consulted` one for each that was looked up in the cluster that was named, `remotes` each
    istiod-remote with what was found of it. `duplicated`: the named cluster claims a mesh that
    is hosted here.
    """

    view: ClusterView
    hosts: Sequence[Hosted]
    entries: list[ClusterReport] = field(default_factory=list)
    consulted: list[ClusterReport] = field(default_factory=list)
    remotes: list[tuple[RemoteService, list[Finding]]] = field(default_factory=list)
    duplicated: bool = False
