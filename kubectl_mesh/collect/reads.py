"""Which objects are asked for: every read of the tool as data.

`deploy/read-access/clusterrole.yaml` grants exactly the kinds and verbs that stand here; a test holds the two
together. Reads are by name or by label selector, so that a run costs the same in a namespace of
ten Pods and of five thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from kubectl_mesh.kube.objects import Object, mapping, name_of, text
from kubectl_mesh.kube.routing import SERVICE_NAME_LABEL, is_ip
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, ReadKey, Snapshot
from kubectl_mesh.kube.workloads import is_ready, lb_addresses
from kubectl_mesh.mesh import metallb
from kubectl_mesh.mesh.addresses import dialled_addresses, known_addresses
from kubectl_mesh.mesh.config import mesh_configs
from kubectl_mesh.mesh.control_planes import hosted_control_planes, hosted_lb_names, hosted_mesh_ids
from kubectl_mesh.mesh.gateways import (
    GATEWAY_SELECTORS,
    GATEWAY_SERVICES,
    Gateway,
    gateways,
    is_gateway,
    pod_selector,
)
from kubectl_mesh.mesh.istiods import local_revisions
from kubectl_mesh.mesh.names import (
    CKUBE_REMOTE,
    GLOBAL_NAMESPACE,
    REMOTE_SERVICE,
    REVISION_LABEL,
    config_name,
    hosted_config_name,
    hosted_lb_name,
    injector_name,
)
from kubectl_mesh.mesh.resources import RESOURCES, REVISIONS

# One run asks for at most so many objects beyond the first round, and looks up so many addresses.
FURTHER_READS = 10


ADDRESS_LOOKUPS = 4


EVENT_LOOKUPS = 3


SERVICE_LISTS = 2


@dataclass(frozen=True)
class Read:
    """One GET: an object by `name`, or a list by selectors.

    `subjects` is what the answer is about (see `Snapshot.answered`): the object's name, the Services whose
    slices are listed, a label selector, an address, or None for the kind as a whole.
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
        where = (
            ""
            if self.namespace == ALL_NAMESPACES
            else f"/namespaces/{quote(self.namespace, safe='')}"
        )
        path = f"/{group}{where}/{resource}"
        if self.name:
            return f"{path}/{quote(self.name, safe='')}"
        query = {"labelSelector": self.labels, "fieldSelector": self.fields}
        given = urlencode({key: value for key, value in query.items() if value})
        return f"{path}?{given}" if given else path


@dataclass(frozen=True)
class Questions:
    """What is asked of each cluster of a run.

    `first` is the first round; `further` what its own answers call for, asked twice, as ConfigMaps found by name can
    lead on; `last` what is to be looked up once the snapshots of the other clusters are there.
    """

    first: Callable[[Snapshot], list[Read]]
    further: Callable[[Snapshot], list[Read]]
    last: Callable[[Snapshot, Sequence[Snapshot]], list[Read]]


def _named(kind: str, namespace: str, name: str) -> Read:
    return Read(kind, namespace, name=name, subjects=(name,))


def _selected(kind: str, namespace: str, selector: str) -> Read:
    return Read(kind, namespace, labels=selector, subjects=(selector,))


def _slices(namespace: str, *services: str) -> Read:
    return Read(
        "EndpointSlice",
        namespace,
        labels=f"{SERVICE_NAME_LABEL} in ({','.join(services)})",
        subjects=services,
    )


def control_plane_reads(namespace: str) -> list[Read]:
    """The first round in a cluster that is asked for the truth about a mesh: four requests."""
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
        _slices(namespace, REMOTE_SERVICE),
        _named("Endpoints", namespace, REMOTE_SERVICE),
    ]


def mesh_wide_reads() -> list[Read]:
    """What is asked beside the first round where several clusters are verified: two requests."""
    return [
        _named("Namespace", ALL_NAMESPACES, "kube-system"),
        Read("GlobalMesh", GLOBAL_NAMESPACE),
    ]


def further_reads(cluster: Snapshot, *, verified: bool) -> list[Read]:
    """What the answers of a cluster call for by themselves.

    ConfigMaps that bear no revision label, the Service that a mesh config names, the slices of a hosted-lb whose
    selector tells nothing. `verified` is False for a cluster that is only asked for the truth. [] where all is known.
    """
    if not cluster.answered:
        return []
    reads = _workload_reads(cluster) if verified else []
    reads += _hosted_reads(cluster, witness=verified)
    reads += (
        [Read("MeshCluster", GLOBAL_NAMESPACE)]
        if cluster.all("GlobalMesh", GLOBAL_NAMESPACE)
        else []
    )
    return _unasked(cluster, reads)


def lookups(
    cluster: Snapshot,
    verified: Snapshot,
    control_plane: Snapshot | None,
    explained: Collection[str],
) -> list[Read]:
    """The Pods of a cluster that have an address which `verified` dials, and which nothing that was read explains."""
    if not cluster.answered:
        return []
    unknown = [
        address
        for address in dialled_addresses(verified)
        if is_ip(address) and address not in explained
    ]
    if unknown:
        mesh_ids = [config.mesh_id for config in mesh_configs(verified)] or [None]
        here = set().union(
            *(
                known_addresses(mesh_id, verified, control_plane, hosted_here=False)
                for mesh_id in mesh_ids
            )
        )
        unknown = [address for address in unknown if address not in here]
    reads = [
        Read("Pod", cluster.namespace, fields=f"status.podIP={a}", subjects=(a,)) for a in unknown
    ]
    return _unasked(cluster, reads[:ADDRESS_LOOKUPS])


def _unasked(cluster: Snapshot, wanted: list[Read]) -> list[Read]:
    return [read for read in wanted if not read.keys & (cluster.answered | cluster.failures.keys())]


def _workload_reads(verified: Snapshot) -> list[Read]:
    namespace = verified.namespace
    configs = mesh_configs(verified)
    # Istio's charts label their ConfigMaps. Where no mesh config was found, or none for an istiod that runs here,
    # one without the label may stand there.
    expected = {"istio"} if not configs or verified.unread("Deployment") else set()
    expected |= {config_name(revision) for revision in local_revisions(verified)}
    injectors = [injector_name(config.name) for config in configs] or [injector_name("istio")]
    reads = [
        _named("ConfigMap", namespace, name)
        for name in sorted(expected)
        if not verified.find("ConfigMap", name)
    ]
    for config in configs:
        if config.service and (config.service, config.namespace) != (REMOTE_SERVICE, namespace):
            reads.append(_slices(config.namespace, config.service))
            reads.append(_named("Endpoints", config.namespace, config.service))
            if config.namespace != namespace:
                reads.append(_named("Service", config.namespace, config.service))
    return reads + [
        _named("ConfigMap", namespace, name)
        for name in injectors
        if not verified.find("ConfigMap", name)
    ]


def _hosted_reads(cluster: Snapshot, *, witness: bool) -> list[Read]:
    hosted = hosted_control_planes(cluster)
    configs = [hosted_config_name(plane.name) for plane in hosted]
    reads = [
        _named("ConfigMap", cluster.namespace, name)
        for name in configs
        if not cluster.find("ConfigMap", name)
    ]
    for name in hosted_lb_names(cluster):
        service = cluster.find("Service", hosted_lb_name(name))
        if not mapping(service, "spec", "selector") or (
            witness and name not in {plane.name for plane in hosted}
        ):
            reads.append(_slices(cluster.namespace, hosted_lb_name(name)))
    return reads


def gateway_reads(namespace: str, gateways_in: str) -> list[Read]:
    """The first round of `verify-gateway` in the cluster that is verified: eight requests, twelve for all namespaces.

    `gateways_in` is the namespace of the gateways, or ALL_NAMESPACES.
    """
    first = [
        read
        for read in cluster_reads(namespace)
        if read.kind not in ("Deployment", "EndpointSlice")
    ]
    first += [Read("Deployment", namespace), _slices(namespace, REMOTE_SERVICE, *GATEWAY_SERVICES)]
    kinds = ("Pod", "Deployment", "Service") if gateways_in == ALL_NAMESPACES else ("Pod",)
    return first + [
        _selected(kind, gateways_in, selector) for kind in kinds for selector in GATEWAY_SELECTORS
    ]


def further_gateway_reads(
    cluster: Snapshot, *, verified: bool, gateways_in: str, gateway: str | None
) -> list[Read]:
    """As `further_reads`, and what the gateways and load balancers call for.

    Slices of gateway Services with names of their own, the Pods of a Deployment that was named, MetalLB's objects where
    it gave an address or a Service waits for one, and the events of what is not right.
    """
    if not cluster.answered:
        return []
    found = gateways(cluster, gateways_in, gateway) if verified else []
    wanted = further_reads(cluster, verified=verified)
    wanted += _missing_of(cluster, found, gateways_in) if verified else []
    configured = {config.mesh_id for config in mesh_configs(cluster)} if verified else set()
    meshes = configured | {plane.mesh_id for plane in hosted_control_planes(cluster)}
    ids = hosted_mesh_ids(cluster)
    # Where nothing says which meshes there are, each hosted-lb may matter.
    names = [
        name for name in hosted_lb_names(cluster) if not meshes or ids.get(name, name) in meshes
    ]
    exposed = [cluster.find("Service", hosted_lb_name(name)) or {} for name in names]
    exposed += [s for g in found for s in g.services]
    wanted += _load_balancer_reads(cluster, exposed)
    waiting = [_events(cluster, "Service", s) for s in exposed if _asks(s) and not lb_addresses(s)]
    unready = [next((p for p in g.pods if not is_ready(p)), None) for g in found]
    looked_up = [
        *waiting[:1],
        *(_events(cluster, "Pod", pod) for pod in unready if pod),
        *waiting[1:],
    ]
    return _unasked(cluster, wanted + looked_up[:EVENT_LOOKUPS])


def _missing_of(verified: Snapshot, found: list[Gateway], gateways_in: str) -> list[Read]:
    """What the first round could not know of the gateways: their Services' names, and what bears no gateway's label."""
    services = [(name_of(service), g.namespace) for g in found for service in g.services]
    unread = [name for name, where in services if verified.unread("EndpointSlice", name, where)]
    reads = [_slices(gateways_in, *dict.fromkeys(unread))] if unread else []
    elsewhere = (
        {g.namespace for g in found} - {verified.namespace}
        if gateways_in == ALL_NAMESPACES
        else set()
    )
    # Many namespaces cost no more than all of them.
    spread = sorted(elsewhere) if len(elsewhere) <= SERVICE_LISTS else [ALL_NAMESPACES]
    reads += [Read("Service", where) for where in spread]
    for g in found:
        if g.deployment and not is_gateway(g.labels):
            reads.append(_selected("Pod", g.namespace, pod_selector(g.deployment)))
        if g.namespace in elsewhere and g.unowned:
            reads.append(Read("Deployment", g.namespace))
    return list(dict.fromkeys(reads))


def _asks(service: Object) -> bool:
    """Whether a Service asks for a load balancer."""
    return text(service, "spec", "type") == "LoadBalancer"


def _load_balancer_reads(cluster: Snapshot, services: list[Object]) -> list[Read]:
    """MetalLB's objects, where a Service waits for its address or MetalLB gave it one.

    In all namespaces only where MetalLB's usual one has nothing; the ConfigMap of up to 0.12 only beside a controller
    that has no pool.
    """
    asking = list(filter(_asks, services))
    reads: list[Read] = []
    if not all(map(lb_addresses, asking)):
        spaces = [metallb.NAMESPACE]
        if not metallb.controllers(cluster) and not metallb.controllers_unread(
            cluster, metallb.NAMESPACE
        ):
            spaces.append(ALL_NAMESPACES)
        for where in spaces:
            reads += [
                _selected("Pod", where, selector) for selector in metallb.CONTROLLER_SELECTORS
            ]
            reads.append(Read(metallb.POOL, where))
        if metallb.controllers(cluster) and not metallb.pools(cluster):
            reads.append(_named("ConfigMap", metallb.own_namespace(cluster), metallb.CONFIG))
    if any(map(metallb.allocated_pool, asking)):
        spaces = [metallb.NAMESPACE]
        held = all(
            metallb.holding(cluster, lb_addresses(s)) for s in asking if metallb.allocated_pool(s)
        )
        if not cluster.unread(metallb.POOL, None, metallb.NAMESPACE) and not held:
            spaces.append(ALL_NAMESPACES)
        reads += [Read(kind, where) for where in spaces for kind in metallb.ANNOUNCING]
    return list(dict.fromkeys(reads))


def _events(cluster: Snapshot, kind: str, obj: Object) -> Read:
    fields = f"involvedObject.kind={kind},involvedObject.name={name_of(obj)}"
    return Read(
        "Event", cluster.namespace_of(obj), fields=fields, subjects=(f"{kind}/{name_of(obj)}",)
    )
