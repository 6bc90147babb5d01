"""Has a LoadBalancer Service its address, and if not why; and is an address that MetalLB gave
announced?
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from kubectl_mesh.checks.context import CheckContext, quoted
from kubectl_mesh.checks.pending import metallb_manifest, pending_facts, pending_reason
from kubectl_mesh.findings.catalog import finding
from kubectl_mesh.findings.model import Finding, ObjectRef
from kubectl_mesh.kube.objects import Object, name_of
from kubectl_mesh.kube.routing import is_ip
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.kube.workloads import lb_addresses
from kubectl_mesh.mesh import metallb

# Reasons that have nothing to do with a single Service.
_SHARED = {
    "LoadBalancerMissing",
    "LoadBalancerNotReady",
    "AddressPoolMissing",
    "AddressPoolExhausted",
    "AddressNotAnnounced",
}


def explain_pending(
    context: CheckContext,
    cluster: Snapshot,
    service: Object,
    result: str,
    known: Collection[str],
    unexplained: str = "AddressPending",
) -> Finding:
    """The finding for a Service that asks for a load balancer and has no address: the first reason
    that holds.

    `result` is how grave that is, `known` the codes of what was found in the same cluster
    before. `unexplained` is the code where the reason is not known.
    """
    facts = pending_facts(cluster, service, unexplained, known)
    code, params = pending_reason(facts)
    about = ObjectRef("Service", facts.namespace, name_of(service))
    own = metallb.own_namespace(cluster)
    details: dict[str, Any] = {"again": context.verify_command(), **params}
    pending = finding(
        code,
        about,
        "address",
        result=result,
        expected=["an address"],
        actual=["<pending>"],
        events=[str(event) for event in facts.warnings],
        name=name_of(service),
        cluster=cluster.source,
        kubectl=context.kubectl(cluster, about.namespace or ""),
        metallb=context.kubectl(cluster, own),
        namespace=own,
        **details,
    )
    return _shared(cluster, pending)


def _shared(cluster: Snapshot, found: Finding) -> Finding:
    """The finding with what it shares with those of other Services: a reason that has nothing to
    do with a single one.
    """
    if found.code not in _SHARED:
        return found
    # What a message says beside the Service's own name and address.
    reason = found.message.partition(": ")[2]
    return replace(found, shared=(cluster.source, found.code, reason))


def verify_announced(
    context: CheckContext, cluster: Snapshot, service: Object, result: str
) -> list[Finding]:
    """Whether anybody announces the address that MetalLB gave to a Service: an advertisement must
    select its pool.

    Judged only where MetalLB made the allocation (its annotation), and pools and advertisements
    were read.
    """
    addresses = [address for address in lb_addresses(service) if is_ip(address)]
    if not addresses or not metallb.allocated_pool(service):
        return []
    unread = [kind for kind in metallb.ANNOUNCING if metallb.unread(cluster, kind)]
    if unread:
        return _left_out(context, cluster, unread)
    pool = metallb.holding(cluster, addresses)
    if pool is not None and pool.announced:
        return []
    return [_shared(cluster, _advertised(context, cluster, service, pool, result))]


def _left_out(context: CheckContext, cluster: Snapshot, kinds: Sequence[str]) -> list[Finding]:
    """The reads of these kinds that this run itself left out.

    What may not be read has no effect, as the address is there.
    """
    found = []
    for (kind, namespace, _), failure in cluster.failures.items():
        if kind in kinds and failure.code == "NotAsked":
            found += context.report_unread(cluster, kind, None, namespace=namespace)
    return found


def _advertised(
    context: CheckContext,
    cluster: Snapshot,
    service: Object,
    pool: metallb.Pool | None,
    result: str,
) -> Finding:
    """Which advertisements select the pool that holds the Service's address (None: none does)."""
    own = metallb.own_namespace(cluster)
    if pool is None:
        target, advertising = metallb.allocated_pool(service), []
        why = f"no address pool in {own} holds it any more"
    else:
        target, advertising = pool.name, metallb.advertising(cluster, pool)
        why = f"no L2Advertisement or BGPAdvertisement in {own} selects its pool {target}"
    return finding(
        "AddressAnnounced" if advertising else "AddressNotAnnounced",
        ObjectRef("Service", cluster.namespace_of(service), name_of(service)),
        "announced by",
        result=None if advertising else result,
        expected=["an advertisement"],
        actual=advertising,
        source=f"{cluster.source}: ipaddresspool/{target}",
        name=name_of(service),
        addresses=quoted([address for address in lb_addresses(service) if is_ip(address)]),
        advertisements=quoted(advertising),
        why=why,
        metallb=context.kubectl(cluster, own),
        advertisement=metallb_manifest("L2Advertisement", target, {"ipAddressPools": [target]}),
        again=context.verify_command(),
    )
