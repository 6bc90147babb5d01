"""What every check of a run needs: the clusters, what the user stated, and which failed reads were told."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from kubectl_mesh.findings.catalog import Shell, finding, word
from kubectl_mesh.findings.model import SKIP, UNKNOWN, WARN, Finding, ObjectRef, clean
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, NOT_CAPTURED, Failure, Snapshot
from kubectl_mesh.mesh.config import mesh_configs
from kubectl_mesh.mesh.fleet import Clusters


@dataclass(frozen=True)
class Intent:
    """What the user stated.

    `addresses` are normalised; `contexts` are those that the kubeconfig offers, `kubectl_flags` what kubectl
    needs beside one to get there as this run did; `command` is the command line without the program (and, mesh-wide,
    without contexts). For `verify-gateway`, `gateways_in` is the namespace of the gateways (or ALL_NAMESPACES),
    `gateway` the one to verify. `all_contexts`: clusters that have no part in a hosted mesh don't count.
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


@dataclass
class Scope:
    """What the checks of one cluster rest on: it, all clusters of the run, and the user's word.

    `told` are the failed reads that were told; where several clusters are verified they share it.
    """

    verified: Snapshot
    clusters: Clusters
    intent: Intent
    told: dict[tuple[str, ...], Finding] = field(default_factory=dict)

    def kubectl(self, cluster: Snapshot, namespace: str = "") -> Shell:
        """`kubectl` aimed at a cluster and a namespace (default: the mesh's); without a context for files.

        Where there are several clusters it always has one: a command must not go to another of them.
        """
        words = ["kubectl"]
        if cluster.server:
            words += self.intent.kubectl_flags
        if cluster.server and (self.clusters.mesh_wide or cluster.source in self.intent.contexts):
            words += ["--context", cluster.source]
        return Shell(f"{shlex.join(map(clean, words))} -n {word(namespace or cluster.namespace)}")

    def again(self) -> Shell:
        """The command that repeats this run once something was mended; mesh-wide, for this cluster alone."""
        words = ["kubectl", "mesh", *self.intent.command]
        if self.clusters.mesh_wide and self.verified.source in self.intent.contexts:
            words += ["--context", self.verified.source]
            needed = [
                self.clusters.control_plane_of(c.mesh_id) for c in mesh_configs(self.verified)
            ]
            control_plane = next(filter(None, needed), None)
            if control_plane and control_plane is not self.verified and not self.intent.addresses:
                words += ["--control-plane-context", control_plane.source]
                if control_plane.namespace != self.verified.namespace:
                    words += ["--control-plane-namespace", control_plane.namespace]
        return Shell(shlex.join(map(clean, words)))

    def tell_unread(
        self,
        cluster: Snapshot,
        kind: str,
        subject: str | None,
        result: str = UNKNOWN,
        namespace: str | None = None,
    ) -> list[Finding]:
        """What a failed read adds to a report: its finding, or [] where it was read, or was told before.

        What was told before counts from now on as gravely as `result` says, if that is graver.
        """
        failure = cluster.unread(kind, subject, namespace)
        if failure is None:
            return []
        told = self.told.get(self._key(cluster, kind, failure, namespace))
        if told is not None:
            told.result = min(told.result, result, key=_GRAVEST_FIRST.index)
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
        """The one finding for a read that failed, made at the first call; `result` counts then.

        A cluster that answered nothing is one finding, whatever was asked of it.
        """
        failure = cluster.unread(kind, subject, namespace)
        assert failure is not None
        key = self._key(cluster, kind, failure, namespace)
        if key not in self.told:
            where = cluster.namespace if namespace is None else namespace
            named = (
                subject is not None
                and "/" not in subject
                and " " not in subject
                and subject.islower()
            )
            about = ObjectRef(kind, where or None, subject if named else None)
            what = f"{kind} {subject}" if named else f"{kind} objects"
            if not cluster.answered:
                about = ObjectRef("Namespace", None, cluster.namespace)
                what = "objects" if failure.code == NOT_CAPTURED else "anything"
            self.told[key] = finding(
                failure.code,
                about,
                "read",
                result=result,
                kind=what,
                cluster=cluster.source,
                where=f"namespace {where}" if where else "all namespaces",
                flag=Shell(f"-n {word(where)}" if where else "-A"),
                detail=failure.detail,
                kubectl=self.kubectl(cluster, where),
            )
        return self.told[key]

    @staticmethod
    def _key(
        cluster: Snapshot, kind: str, failure: Failure, namespace: str | None
    ) -> tuple[str, ...]:
        """One finding for a kind that fails in one way in a namespace, one for a cluster that answered nothing."""
        where = cluster.namespace if namespace is None else namespace
        return (
            (cluster.source, where, failure.code, kind)
            if cluster.answered
            else (cluster.source, cluster.namespace)
        )


_GRAVEST_FIRST = (UNKNOWN, WARN, SKIP)


def quoted(values: Sequence[str]) -> str:
    """Addresses or names in a sentence."""
    return ", ".join(values) or "nothing"
