"""What the answers of a cluster call for: reads beyond the first round."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from kubectl_mesh.collect.reads import Read, each_selected, named, selected, slices
from kubectl_mesh.kube.objects import Object, mapping, name_of, text
from kubectl_mesh.kube.routing import is_ip
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, Snapshot
from kubectl_mesh.kube.workloads import is_ready, lb_addresses
from kubectl_mesh.mesh import metallb
from kubectl_mesh.mesh.addresses import dialled_addresses, known_addresses
from kubectl_mesh.mesh.config import mesh_configs
from kubectl_mesh.mesh.control_planes import hosted_control_planes, hosted_lb_names, hosted_mesh_ids
from kubectl_mesh.mesh.gateways import Gateway, gateways, is_gateway, pod_selector
from kubectl_mesh.mesh.istiods import local_revisions
from kubectl_mesh.mesh.names import (
    GLOBAL_NAMESPACE,
    REMOTE_SERVICE,
    config_name,
    hosted_config_name,
    hosted_lb_name,
    injector_name,
)

# Of the further reads of one run: those that look up an address, those of events, and lists of the
# Services of one namespace.
ADDRESS_LOOKUPS = 4
EVENT_LOOKUPS = 3
SERVICE_LISTS = 2


def further_reads(cluster: Snapshot, *, verified: bool) -> list[Read]:
    """What the answers of a cluster call for by themselves; [] where all is known.

    ConfigMaps that bear no revision label, the Service that a mesh config names, the slices of a
    hosted-lb whose selector tells nothing. `verified` is False for a cluster that is only read for
    its control planes.
    """
    if not cluster.answered:
        return []
    reads = []
    if verified:
        reads += _mesh_config_reads(cluster)
        reads += _remote_service_reads(cluster)
        reads += _injector_reads(cluster)
    reads += _hosted_config_reads(cluster)
    reads += _hosted_lb_reads(cluster, verified=verified)
    if cluster.all("GlobalMesh", GLOBAL_NAMESPACE):
        reads.append(Read("MeshCluster", GLOBAL_NAMESPACE))
    return _not_read_yet(cluster, reads)


def lookups(
    cluster: Snapshot,
    verified: Snapshot,
    control_plane: Snapshot | None,
    explained: Collection[str],
) -> list[Read]:
    """The Pods of a cluster that have an address which `verified` dials, and nothing explains.

    `explained` are addresses of which it is known whose they are, beside those of the clusters.
    """
    if not cluster.answered:
        return []
    reads = []
    for address in _unexplained(verified, control_plane, explained):
        by_address = Read(
            "Pod", cluster.namespace, fields=f"status.podIP={address}", subjects=(address,)
        )
        reads.append(by_address)
    return _not_read_yet(cluster, reads[:ADDRESS_LOOKUPS])


def _unexplained(
    verified: Snapshot, control_plane: Snapshot | None, explained: Collection[str]
) -> list[str]:
    """The IP addresses that a cluster dials, and of which it is not known whose they are."""
    dialled = filter(is_ip, dialled_addresses(verified))
    unknown = [address for address in dialled if address not in explained]
    if unknown:
        known = _known(verified, control_plane)
        unknown = [address for address in unknown if address not in known]
    return unknown


def _known(verified: Snapshot, control_plane: Snapshot | None) -> set[str]:
    """The addresses of which the clusters themselves say whose they are."""
    known: set[str] = set()
    for mesh_id in [config.mesh_id for config in mesh_configs(verified)] or [None]:
        known.update(known_addresses(mesh_id, verified, control_plane, hosted_here=False))
    return known


def _not_read_yet(cluster: Snapshot, wanted: list[Read]) -> list[Read]:
    known = cluster.answered | cluster.failures.keys()
    return [read for read in wanted if read.keys.isdisjoint(known)]


def _missing_configs(cluster: Snapshot, names: Iterable[str]) -> list[Read]:
    """The reads of those ConfigMaps that are not there yet."""
    missing = [name for name in names if not cluster.find("ConfigMap", name)]
    return [named("ConfigMap", cluster.namespace, name) for name in missing]


def _mesh_config_reads(verified: Snapshot) -> list[Read]:
    """Mesh configs without the label that Istio's charts give them.

    One may stand where no mesh config was found, or none for an istiod that runs there.
    """
    expected = set(map(config_name, local_revisions(verified)))
    if not mesh_configs(verified) or verified.unread("Deployment"):
        expected.add("istio")
    return _missing_configs(verified, sorted(expected))


def _injector_reads(verified: Snapshot) -> list[Read]:
    names = [config.name for config in mesh_configs(verified)] or ["istio"]
    return _missing_configs(verified, map(injector_name, names))


def _remote_service_reads(verified: Snapshot) -> list[Read]:
    """The Service that a mesh config names, where it isn't the usual one of the same namespace."""
    reads = []
    for config in mesh_configs(verified):
        service, namespace = config.service, config.namespace
        if not service or (service, namespace) == (REMOTE_SERVICE, verified.namespace):
            continue
        reads.append(slices(namespace, service))
        reads.append(named("Endpoints", namespace, service))
        if namespace != verified.namespace:
            reads.append(named("Service", namespace, service))
    return reads


def _hosted_config_reads(cluster: Snapshot) -> list[Read]:
    planes = hosted_control_planes(cluster)
    return _missing_configs(cluster, [hosted_config_name(plane.name) for plane in planes])


def _hosted_lb_reads(cluster: Snapshot, *, verified: bool) -> list[Read]:
    """The slices of each hosted-lb that has no selector, or no hosted istiod beside it."""
    hosted = {plane.name for plane in hosted_control_planes(cluster)}
    reads = []
    for name in hosted_lb_names(cluster):
        service = cluster.find("Service", hosted_lb_name(name))
        without_istiod = verified and name not in hosted
        if without_istiod or not mapping(service, "spec", "selector"):
            reads.append(slices(cluster.namespace, hosted_lb_name(name)))
    return reads


def further_gateway_reads(
    cluster: Snapshot, *, verified: bool, gateways_in: str, gateway: str | None
) -> list[Read]:
    """As `further_reads`, and what the gateways and load balancers call for.

    Slices of gateway Services with names of their own, the Pods of a Deployment that was named,
    MetalLB's objects where it gave an address or a Service waits for one, and the events of what is
    not right.
    """
    if not cluster.answered:
        return []
    found: Sequence[Gateway] = ()
    reads = further_reads(cluster, verified=verified)
    if verified:
        found = gateways(cluster, gateways_in, gateway)
        reads += _further_slices(cluster, found, gateways_in)
        reads += _further_lists(cluster, found, gateways_in)
    exposed = _hosted_lbs_of_its_meshes(cluster, verified=verified)
    for each in found:
        exposed += each.services
    reads += _load_balancer_reads(cluster, exposed)
    reads += _event_reads(cluster, found, exposed)[:EVENT_LOOKUPS]
    return _not_read_yet(cluster, reads)


def _hosted_lbs_of_its_meshes(cluster: Snapshot, *, verified: bool) -> list[Object]:
    """The hosted-lb Services of the meshes that a cluster has part in.

    Where nothing says which these are, each may matter.
    """
    meshes = _meshes(cluster, verified=verified)
    mesh_ids = hosted_mesh_ids(cluster)
    found = []
    for name in hosted_lb_names(cluster):
        if not meshes or mesh_ids.get(name, name) in meshes:
            found.append(cluster.find("Service", hosted_lb_name(name)) or {})
    return found


def _meshes(cluster: Snapshot, *, verified: bool) -> set[str | None]:
    """The meshes that a cluster hosts, and where it is verified those of its proxies."""
    found: set[str | None] = {plane.mesh_id for plane in hosted_control_planes(cluster)}
    if verified:
        found.update(config.mesh_id for config in mesh_configs(cluster))
    return found


def _further_slices(verified: Snapshot, found: Sequence[Gateway], gateways_in: str) -> list[Read]:
    """The slices of gateway Services, whose names the first round could not know."""
    names: dict[str, None] = {}
    for gateway in found:
        for service in gateway.services:
            if verified.unread("EndpointSlice", name_of(service), gateway.namespace):
                names[name_of(service)] = None
    return [slices(gateways_in, *names)] if names else []


def _further_lists(verified: Snapshot, found: Sequence[Gateway], gateways_in: str) -> list[Read]:
    """What belongs to gateways, and bears no gateway's label: Services, Pods and Deployments."""
    elsewhere: set[str] = set()
    if gateways_in == ALL_NAMESPACES:
        elsewhere = {gateway.namespace for gateway in found} - {verified.namespace}
    reads = _service_lists(elsewhere)
    for gateway in found:
        if gateway.deployment and not is_gateway(gateway.labels):
            selector = pod_selector(gateway.deployment)
            reads.append(selected("Pod", gateway.namespace, selector))
        if gateway.namespace in elsewhere and gateway.unowned:
            reads.append(Read("Deployment", gateway.namespace))
    return list(dict.fromkeys(reads))


def _service_lists(namespaces: set[str]) -> list[Read]:
    """The Services of some namespaces: many of these cost no more than all."""
    if len(namespaces) > SERVICE_LISTS:
        return [Read("Service", ALL_NAMESPACES)]
    return [Read("Service", namespace) for namespace in sorted(namespaces)]


def _wants_load_balancer(service: Object) -> bool:
    """Whether a Service is to have a load balancer."""
    return text(service, "spec", "type") == "LoadBalancer"


def _load_balancer_reads(cluster: Snapshot, services: list[Object]) -> list[Read]:
    """MetalLB's objects, where a Service waits for its address or MetalLB gave it one."""
    exposed = list(filter(_wants_load_balancer, services))
    reads: list[Read] = []
    if not all(map(lb_addresses, exposed)):
        reads += _allocation_reads(cluster)
    allocated = list(filter(metallb.allocated_pool, exposed))
    if allocated:
        reads += _announcement_reads(cluster, allocated)
    return list(dict.fromkeys(reads))


def _allocation_reads(cluster: Snapshot) -> list[Read]:
    """The controller and the pools that could give an address.

    In all namespaces only where MetalLB's usual one has no controller; the ConfigMap of up to 0.12
    only beside a controller that has no pool.
    """
    controllers = metallb.controllers(cluster)
    namespaces = [metallb.NAMESPACE]
    if not controllers and not metallb.controllers_unread(cluster, metallb.NAMESPACE):
        namespaces.append(ALL_NAMESPACES)
    reads: list[Read] = []
    for namespace in namespaces:
        reads += each_selected("Pod", namespace, metallb.CONTROLLER_SELECTORS)
        reads.append(Read(metallb.POOL, namespace))
    if controllers and not metallb.pools(cluster):
        reads.append(named("ConfigMap", metallb.own_namespace(cluster), metallb.CONFIG))
    return reads


def _announcement_reads(cluster: Snapshot, allocated: list[Object]) -> list[Read]:
    """The pools that addresses came from, and who announces them.

    In all namespaces only where MetalLB's usual one has not all of these pools.
    """
    held = all(metallb.holding(cluster, lb_addresses(service)) for service in allocated)
    namespaces = [metallb.NAMESPACE]
    if not held and not cluster.unread(metallb.POOL, None, metallb.NAMESPACE):
        namespaces.append(ALL_NAMESPACES)
    reads = []
    for namespace in namespaces:
        reads += [Read(kind, namespace) for kind in metallb.ANNOUNCING]
    return reads


def _event_reads(cluster: Snapshot, found: Sequence[Gateway], exposed: list[Object]) -> list[Read]:
    """The events of Services that wait for an address, and of an unready Pod of each gateway.

    The Pods come behind the first of the Services.
    """
    services = []
    for service in filter(_wants_load_balancer, exposed):
        if not lb_addresses(service):
            services.append(_events(cluster, "Service", service))
    pods = []
    for gateway in found:
        unready = [pod for pod in gateway.pods if not is_ready(pod)]
        if unready:
            pods.append(_events(cluster, "Pod", unready[0]))
    return [*services[:1], *pods, *services[1:]]


def _events(cluster: Snapshot, kind: str, obj: Object) -> Read:
    fields = f"involvedObject.kind={kind},involvedObject.name={name_of(obj)}"
    subject = f"{kind}/{name_of(obj)}"
    return Read("Event", cluster.namespace_of(obj), fields=fields, subjects=(subject,))
