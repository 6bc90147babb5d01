"""Which objects are asked for: every read of the tool as data.

`docs/clusterrole.yaml` grants exactly the kinds and verbs that stand here; a test holds the two
together. Reads are by name or by label selector, so that a run costs the same in a namespace of
ten Pods and of five thousand.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from kubectl_mesh.routing import SERVICE_NAME_LABEL, is_ip, ready_addresses, slice_backends
from kubectl_mesh.snapshot import Snapshot, mapping
from kubectl_mesh.topology import (
    CKUBE_REMOTE,
    REMOTE_SERVICE,
    REVISION_LABEL,
    config_name,
    hosted_config_name,
    hosted_control_planes,
    hosted_lb_name,
    hosted_lb_names,
    injector_name,
    known_addresses,
    local_revisions,
    mesh_configs,
)

# kind -> (API group and version, resource)
RESOURCES = {
    "ConfigMap": ("api/v1", "configmaps"),
    "Deployment": ("apis/apps/v1", "deployments"),
    "Endpoints": ("api/v1", "endpoints"),
    "EndpointSlice": ("apis/discovery.k8s.io/v1", "endpointslices"),
    "Pod": ("api/v1", "pods"),
    "Service": ("api/v1", "services"),
}
# One run asks for at most so many objects beyond the first round, and looks up so many addresses.
FURTHER_READS = 10
ADDRESS_LOOKUPS = 4

REVISIONS = f"labelled {REVISION_LABEL}"  # the subject of the list of mesh configurations


@dataclass(frozen=True)
class Read:
    """One GET: an object by `name`, or a list by selectors.

    `subject` is what the answer is about (see `Snapshot.answered`): the object's name, the Service whose
    slices are listed, an address, or None for the kind as a whole.
    """

    kind: str
    namespace: str
    name: str = ""
    labels: str = ""
    fields: str = ""
    subject: str | None = None

    @property
    def verb(self) -> str:
        """The RBAC verb that the read needs."""
        return "get" if self.name else "list"

    @property
    def path(self) -> str:
        """The path and query of the request."""
        group, resource = RESOURCES[self.kind]
        path = f"/{group}/namespaces/{quote(self.namespace, safe='')}/{resource}"
        if self.name:
            return f"{path}/{quote(self.name, safe='')}"
        query = {"labelSelector": self.labels, "fieldSelector": self.fields}
        given = urlencode({key: value for key, value in query.items() if value})
        return f"{path}?{given}" if given else path


def _named(kind: str, namespace: str, name: str) -> Read:
    return Read(kind, namespace, name=name, subject=name)


def _slices(namespace: str, service: str) -> Read:
    return Read("EndpointSlice", namespace, labels=f"{SERVICE_NAME_LABEL}={service}", subject=service)


def control_plane_reads(namespace: str) -> list[Read]:
    """The first round in a cluster that is asked for the truth about a mesh: four requests."""
    return [
        Read("ConfigMap", namespace, labels=REVISION_LABEL, subject=REVISIONS),
        Read("Deployment", namespace, labels=REVISION_LABEL),
        Read("Pod", namespace, labels=f"app in (istiod,{CKUBE_REMOTE})"),
        Read("Service", namespace),
    ]


def cluster_reads(namespace: str) -> list[Read]:
    """The first round in a cluster that is verified: six requests, which cover both roles."""
    return [
        *control_plane_reads(namespace),
        _slices(namespace, REMOTE_SERVICE),
        _named("Endpoints", namespace, REMOTE_SERVICE),
    ]


def further_reads(
    verified: Snapshot, control_plane: Snapshot | None, stated: Collection[str] = ()
) -> list[tuple[Snapshot, Read]]:
    """What the answers so far call for, as (cluster, read), without what was asked before.

    ConfigMaps that bear no revision label, the Service that a mesh config names, the slices of a
    hosted-lb whose selector tells nothing, and Pods that have an address which nothing explains
    (`stated` ones need no explanation). [] where all is known.
    """
    clusters = [verified] if control_plane in (None, verified) else [verified, control_plane]
    answering = [cluster for cluster in clusters if cluster and cluster.answered]
    wanted = [(verified, read) for read in _workload_reads(verified)] if verified.answered else []
    lookups = _unexplained(verified, control_plane, stated)[:ADDRESS_LOOKUPS]
    for cluster in answering:
        wanted += [(cluster, read) for read in _hosted_reads(cluster, witness=cluster is verified)]
        wanted += [
            (cluster, Read("Pod", cluster.namespace, fields=f"status.podIP={address}", subject=address))
            for address in lookups
        ]
    return [
        (cluster, read)
        for cluster, read in wanted
        if not {(read.kind, read.namespace, read.subject)} & (cluster.answered | cluster.failures.keys())
    ]


def _workload_reads(verified: Snapshot) -> list[Read]:
    namespace = verified.namespace
    configs = mesh_configs(verified)
    # Istio's charts label their ConfigMaps. Where no mesh config was found, or none for an istiod that runs here,
    # one without the label may stand there.
    expected = {"istio"} if not configs or verified.unread("Deployment") else set()
    expected |= {config_name(revision) for revision in local_revisions(verified)}
    injectors = [injector_name(config.name) for config in configs] or [injector_name("istio")]
    reads = [_named("ConfigMap", namespace, name) for name in sorted(expected) if not verified.find("ConfigMap", name)]
    for config in configs:
        if config.service and (config.service, config.namespace) != (REMOTE_SERVICE, namespace):
            reads.append(_slices(config.namespace, config.service))
            reads.append(_named("Endpoints", config.namespace, config.service))
            if config.namespace != namespace:
                reads.append(_named("Service", config.namespace, config.service))
    return reads + [_named("ConfigMap", namespace, name) for name in injectors if not verified.find("ConfigMap", name)]


def _hosted_reads(cluster: Snapshot, *, witness: bool) -> list[Read]:
    hosted = hosted_control_planes(cluster)
    configs = [hosted_config_name(plane.name) for plane in hosted]
    reads = [_named("ConfigMap", cluster.namespace, name) for name in configs if not cluster.find("ConfigMap", name)]
    for name in hosted_lb_names(cluster):
        service = cluster.find("Service", hosted_lb_name(name))
        if not mapping(service, "spec", "selector") or (witness and name not in {plane.name for plane in hosted}):
            reads.append(_slices(cluster.namespace, hosted_lb_name(name)))
    return reads


def _unexplained(verified: Snapshot, control_plane: Snapshot | None, stated: Collection[str]) -> list[str]:
    mesh_ids = [config.mesh_id for config in mesh_configs(verified)] or [None]
    explained = set(stated).union(
        *(known_addresses(mesh_id, verified, control_plane, hosted_here=False) for mesh_id in mesh_ids)
    )
    routed = ready_addresses(slice_backends(verified.objects.get("EndpointSlice", [])))
    return [address for address in routed if address not in explained and is_ip(address)]
