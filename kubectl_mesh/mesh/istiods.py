"""The istiods of a cluster, its own and hosted ones, by their Pods and Deployments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kubectl_mesh.kube.objects import Object, labels_of, name_of, text
from kubectl_mesh.kube.snapshot import Snapshot, fact
from kubectl_mesh.kube.workloads import is_ready
from kubectl_mesh.mesh.names import HOSTED_SUFFIX, REVISION_LABEL


def revision(obj: Object) -> str:
    """The revision label of a Pod or Deployment; "" where it has none."""
    return text(labels_of(obj), REVISION_LABEL)


def is_hosted(istiod: Object) -> bool:
    """Whether an istiod's Pod or Deployment is a hosted one's, by its revision."""
    return revision(istiod).endswith(HOSTED_SUFFIX)


def hosted_name(istiod: Object) -> str:
    """The `name` part of a hosted istiod's Pod or Deployment."""
    return revision(istiod).removesuffix(HOSTED_SUFFIX)


@fact
def istiod_pods(snapshot: Snapshot) -> tuple[Object, ...]:
    """The Pods of every istiod of a cluster, its own and hosted ones."""
    return tuple(pod for pod in snapshot.all("Pod") if labels_of(pod).get("app") == "istiod")


@fact
def hosted_istiod_pods(snapshot: Snapshot) -> tuple[Object, ...]:
    """The Pods of every hosted istiod of a cluster."""
    return tuple(filter(is_hosted, istiod_pods(snapshot)))


def hosted_pods(snapshot: Snapshot, name: str) -> list[Object]:
    """The Pods of the hosted istiod `name`, whatever their state."""
    return [pod for pod in hosted_istiod_pods(snapshot) if hosted_name(pod) == name]


@fact
def ready_hosted_names(snapshot: Snapshot) -> tuple[str, ...]:
    """The `name` part of every hosted istiod that has a ready Pod, with or without a Deployment."""
    ready = filter(is_ready, hosted_istiod_pods(snapshot))
    return tuple(sorted(set(map(hosted_name, ready))))


@fact
def local_istiod_pods(snapshot: Snapshot) -> tuple[Object, ...]:
    """The Pods of the cluster's own istiod, which serves injection and certificates only."""
    return tuple(pod for pod in istiod_pods(snapshot) if not is_hosted(pod))


@fact
def local_istiods(snapshot: Snapshot) -> Mapping[str, Sequence[Object]]:
    """The Pods of the cluster's own istiods by revision; a Deployment without any counts too."""
    found: dict[str, list[Object]] = {name: [] for name in local_revisions(snapshot)}
    for pod in local_istiod_pods(snapshot):
        found.setdefault(revision(pod) or "default", []).append(pod)
    return found


@fact
def local_revisions(snapshot: Snapshot) -> tuple[str, ...]:
    """The revisions of the cluster's own istiods, `default` for the one without a revision."""
    found = []
    for deployment in snapshot.all("Deployment"):
        is_istiod = name_of(deployment).startswith("istiod")
        if is_istiod and revision(deployment) and not is_hosted(deployment):
            found.append(revision(deployment))
    return tuple(found)
