"""The istiods of a cluster, its own and hosted ones, by their Pods and Deployments."""

from __future__ import annotations

from kubectl_mesh.kube.objects import Object, labels_of, name_of, text
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.kube.workloads import is_ready
from kubectl_mesh.mesh.names import REVISION_LABEL


def ready_hosted_names(snapshot: Snapshot) -> list[str]:
    """The `name` part of every hosted istiod that has a ready Pod, whether a Deployment was found or not."""
    revisions = [
        text(labels_of(pod), REVISION_LABEL) for pod in istiod_pods(snapshot) if is_ready(pod)
    ]
    return sorted(
        {revision.removesuffix("-hosted") for revision in revisions if revision.endswith("-hosted")}
    )


def hosted_pods(snapshot: Snapshot, name: str) -> list[Object]:
    """The Pods of the hosted istiod `name`, whatever their state."""
    return [
        pod
        for pod in istiod_pods(snapshot)
        if labels_of(pod).get(REVISION_LABEL) == f"{name}-hosted"
    ]


def istiod_pods(snapshot: Snapshot) -> list[Object]:
    """The Pods of every istiod of a cluster, its own and hosted ones."""
    return [pod for pod in snapshot.all("Pod") if labels_of(pod).get("app") == "istiod"]


def local_istiod_pods(snapshot: Snapshot) -> list[Object]:
    """The Pods of the cluster's own istiod, which serves injection and certificates only."""
    return [
        pod
        for pod in istiod_pods(snapshot)
        if not str(labels_of(pod).get(REVISION_LABEL)).endswith("-hosted")
    ]


def local_istiods(snapshot: Snapshot) -> dict[str, list[Object]]:
    """The Pods of the cluster's own istiods by revision; a Deployment without any counts too."""
    found: dict[str, list[Object]] = {revision: [] for revision in local_revisions(snapshot)}
    for pod in local_istiod_pods(snapshot):
        found.setdefault(text(labels_of(pod), REVISION_LABEL) or "default", []).append(pod)
    return found


def local_revisions(snapshot: Snapshot) -> list[str]:
    """The revisions of the cluster's own istiods, `default` for the one without a revision."""
    revisions = (
        text(labels_of(d), REVISION_LABEL)
        for d in snapshot.all("Deployment")
        if name_of(d)[:6] == "istiod"
    )
    return [revision for revision in revisions if revision and not revision.endswith("-hosted")]
