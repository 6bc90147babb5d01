"""What every check of a cluster needs: the cluster, all clusters of the run, and what the user
stated.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from kubectl_mesh.findings.catalog import Shell, finding, word
from kubectl_mesh.findings.model import UNKNOWN, Finding, ObjectRef, clean
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, NOT_CAPTURED, Failure, Snapshot
from kubectl_mesh.mesh.config import mesh_configs
from kubectl_mesh.mesh.fleet import Clusters


@dataclass(frozen=True)
class CheckOptions:
    """What the user stated.

    `addresses` are normalised; `contexts` are those that the kubeconfig offers, `kubectl_flags`
    what kubectl needs beside one to get there as this run did; `command` is the command line
    without the program (and, mesh-wide, without contexts). For `verify-gateway`, `gateways_in`
    is the namespace of the gateways (or ALL_NAMESPACES), `gateway` the one to verify.
    `all_contexts`: clusters that have no part in a hosted mesh don't count.
    """

    role: str | None = None
    mesh_id: str | None = None
    addresses: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    kubectl_flags: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    gateways_in: str = ALL_NAMESPACES
    gateway: str | None = None
    all_contexts: bool = False


@dataclass(frozen=True)
class CheckContext:
    """The cluster that is verified, all clusters of the run, and the user's word."""

    verified: Snapshot
    clusters: Clusters
    options: CheckOptions

    def kubectl(self, cluster: Snapshot, namespace: str = "") -> Shell:
        """`kubectl` aimed at a cluster and a namespace (default: the mesh's); without a context for
        files.

        Where there are several clusters it always has one: a command must not go to another of
        them.
        """
        words = ["kubectl"]
        if cluster.server:
            words += self.options.kubectl_flags
        known = self.clusters.mesh_wide or cluster.source in self.options.contexts
        if cluster.server and known:
            words += ["--context", cluster.source]
        command = shlex.join(map(clean, words))
        return Shell(f"{command} -n {word(namespace or cluster.namespace)}")

    def verify_command(self) -> Shell:
        """The command that repeats this run once something was fixed; mesh-wide, for this
        cluster alone.
        """
        words = ["kubectl", "mesh", *self.options.command]
        if self.clusters.mesh_wide and self.verified.source in self.options.contexts:
            words += ["--context", self.verified.source, *self._control_plane_flags()]
        return Shell(shlex.join(map(clean, words)))

    def _control_plane_flags(self) -> list[str]:
        """The flags that name the cluster where this one's control plane stands."""
        meshes = [config.mesh_id for config in mesh_configs(self.verified)]
        needed = filter(None, map(self.clusters.control_plane_of, meshes))
        control_plane = next(needed, None)
        if control_plane in (None, self.verified) or self.options.addresses:
            return []
        assert control_plane is not None
        flags = ["--control-plane-context", control_plane.source]
        if control_plane.namespace != self.verified.namespace:
            flags += ["--control-plane-namespace", control_plane.namespace]
        return flags

    def report_unread(
        self,
        cluster: Snapshot,
        kind: str,
        subject: str | None,
        result: str = UNKNOWN,
        namespace: str | None = None,
    ) -> list[Finding]:
        """The finding for a read that failed, [] where it was answered.

        However many checks report one failed read, it is shown once, as grave as the gravest of
        them says.
        """
        if cluster.unread(kind, subject, namespace) is None:
            return []
        return [self.unread_finding(cluster, kind, subject, result, namespace)]

    def unread_finding(
        self,
        cluster: Snapshot,
        kind: str,
        subject: str | None,
        result: str = UNKNOWN,
        namespace: str | None = None,
    ) -> Finding:
        """The finding for a read that failed; a cluster that answered nothing is one, whatever
        was asked of it.
        """
        failure = cluster.unread(kind, subject, namespace)
        assert failure is not None
        where = cluster.namespace if namespace is None else namespace
        named = subject is not None and _is_object_name(subject)
        about = ObjectRef(kind, where or None, subject if named else None)
        what = f"{kind} {subject}" if named else f"{kind} objects"
        if not cluster.answered:
            about = ObjectRef("Namespace", None, cluster.namespace)
            what = "objects" if failure.code == NOT_CAPTURED else "anything"
        return finding(
            failure.code,
            about,
            "read",
            result=result,
            once=_once(cluster, kind, failure, where),
            kind=what,
            cluster=cluster.source,
            where=f"namespace {where}" if where else "all namespaces",
            flag=Shell(f"-n {word(where)}" if where else "-A"),
            detail=failure.detail,
            kubectl=self.kubectl(cluster, where),
        )


def _is_object_name(subject: str) -> bool:
    """Whether the subject of a read is an object's name: not a selector, nor what a list is
    about.
    """
    return "/" not in subject and " " not in subject and subject.islower()


def _once(cluster: Snapshot, kind: str, failure: Failure, where: str) -> tuple[str, ...]:
    """One for a kind that fails in one way in a namespace, one for a cluster that answered
    nothing.
    """
    if cluster.answered:
        return (cluster.source, where, failure.code, kind)
    return (cluster.source, cluster.namespace)


def quoted(values: Sequence[str]) -> str:
    """Addresses or names in a sentence."""
    return ", ".join(values) or "nothing"
