"""Which objects are read: every read of the tool as data.

`deploy/read-access/clusterrole.yaml` grants exactly the kinds and verbs that stand here; a test
holds the two together. Reads are by name or by label selector, so that a run costs the same in a
namespace of ten Pods and of five thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from kubectl_mesh.kube.routing import SERVICE_NAME_LABEL
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, ReadKey, Snapshot
from kubectl_mesh.mesh.gateways import GATEWAY_SELECTORS, GATEWAY_SERVICES
from kubectl_mesh.mesh.names import CKUBE_REMOTE, GLOBAL_NAMESPACE, REMOTE_SERVICE, REVISION_LABEL
from kubectl_mesh.mesh.resources import RESOURCES, REVISIONS

FURTHER_READS = 10  # of a cluster beyond the first round, in one run


@dataclass(frozen=True)
class Read:
    """One GET: an object by `name`, or a list by selectors.

    `subjects` is what the answer is about (see `Snapshot.answered`): the object's name, the
    Services whose slices are listed, a label selector, an address, or None for the kind as a whole.
    """

    kind: str
    namespace: str
    name: str = ""
    labels: str = ""
    fields: str = ""
    subjects: tuple[str | None, ...] = (None,)

    @property
    def keys(self) -> set[ReadKey]:
        """What a snapshot keeps the answer under, or the failure."""
        return {(self.kind, self.namespace, subject) for subject in self.subjects}

    @property
    def verb(self) -> str:
        """The RBAC verb that the read needs."""
        return "get" if self.name else "list"

    @property
    def path(self) -> str:
        """The path and query of the request."""
        group, resource = RESOURCES[self.kind]
        path = f"/{group}"
        if self.namespace != ALL_NAMESPACES:
            path += f"/namespaces/{quote(self.namespace, safe='')}"
        path += f"/{resource}"
        if self.name:
            return f"{path}/{quote(self.name, safe='')}"
        query = {"labelSelector": self.labels, "fieldSelector": self.fields}
        given = urlencode({key: value for key, value in query.items() if value})
        return f"{path}?{given}" if given else path


@dataclass(frozen=True)
class Questions:
    """What is read of each cluster of a run.

    `first` is the first round; `further` what its own answers call for, called twice, as ConfigMaps
    found by name can lead on; `last` what is to be looked up once the snapshots of the other
    clusters are there.
    """

    first: Callable[[Snapshot], list[Read]]
    further: Callable[[Snapshot], list[Read]]
    last: Callable[[Snapshot, Sequence[Snapshot]], list[Read]]


def named(kind: str, namespace: str, name: str) -> Read:
    """The read of one object."""
    return Read(kind, namespace, name=name, subjects=(name,))


def selected(kind: str, namespace: str, selector: str) -> Read:
    """The read of what a label selector selects."""
    return Read(kind, namespace, labels=selector, subjects=(selector,))


def each_selected(kind: str, namespace: str, selectors: Iterable[str]) -> list[Read]:
    """As `selected`, for each of some selectors."""
    return [selected(kind, namespace, selector) for selector in selectors]


def slices(namespace: str, *services: str) -> Read:
    """The read of the EndpointSlices of some Services."""
    selector = f"{SERVICE_NAME_LABEL} in ({','.join(services)})"
    return Read("EndpointSlice", namespace, labels=selector, subjects=services)


def control_plane_reads(namespace: str) -> list[Read]:
    """The first round in a cluster that is read for its control planes only: four requests."""
    return [
        Read("ConfigMap", namespace, labels=REVISION_LABEL, subjects=(REVISIONS,)),
        Read("Deployment", namespace, labels=REVISION_LABEL),
        Read("Pod", namespace, labels=f"app in (istiod,{CKUBE_REMOTE})"),
        Read("Service", namespace),
    ]


def cluster_reads(namespace: str) -> list[Read]:
    """The first round in a cluster that is verified: six requests, which cover both roles."""
    return [
        *control_plane_reads(namespace),
        slices(namespace, REMOTE_SERVICE),
        named("Endpoints", namespace, REMOTE_SERVICE),
    ]


def mesh_wide_reads() -> list[Read]:
    """What is read beside the first round where several clusters are verified: two requests."""
    return [
        named("Namespace", ALL_NAMESPACES, "kube-system"),
        Read("GlobalMesh", GLOBAL_NAMESPACE),
    ]


def gateway_reads(namespace: str, gateways_in: str) -> list[Read]:
    """The first round of `verify-gateway` in the cluster that is verified.

    Eight requests, twelve for all namespaces. `gateways_in` is the namespace of the gateways, or
    ALL_NAMESPACES.
    """
    reads = []
    for read in cluster_reads(namespace):
        if read.kind not in ("Deployment", "EndpointSlice"):
            reads.append(read)
    reads.append(Read("Deployment", namespace))
    reads.append(slices(namespace, REMOTE_SERVICE, *GATEWAY_SERVICES))
    kinds = ("Pod", "Deployment", "Service") if gateways_in == ALL_NAMESPACES else ("Pod",)
    for kind in kinds:
        reads += each_selected(kind, gateways_in, GATEWAY_SELECTORS)
    return reads
