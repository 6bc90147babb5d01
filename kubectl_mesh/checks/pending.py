"""Why a Service that asks for a load balancer has no address: the first reason that holds."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kubectl_mesh.checks.context import quoted
from kubectl_mesh.findings.catalog import Shell, is_name, word
from kubectl_mesh.kube.events import Event, events_of
from kubectl_mesh.kube.objects import Object, name_of, text, texts
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, NOT_CAPTURED, Failure, Snapshot
from kubectl_mesh.kube.workloads import is_ready, lb_addresses
from kubectl_mesh.mesh import metallb

_EXHAUSTED = "no available IPs"  # how MetalLB says so, in every version
_IDLE = (
    "nothing that was read speaks against it: "
    "MetalLB may be about to give one, or its log says more"
)
# Those that speak about Services and give no addresses.
_NO_LOAD_BALANCERS = {
    "endpoint-controller",
    "endpoint-slice-controller",
    "endpoint-slice-mirroring-controller",
    "ipallocator-repair-controller",
    "portallocator-repair-controller",
}
# The code of a reason, and what its texts need.
Reason = tuple[str, dict[str, str]]


@dataclass(frozen=True)
class PendingFacts:
    """What the reason is found from.

    `unexplained` and `known` are those of `explain_pending`; `events` those about the Service that
    may be a load balancer's, newest first; `controllers_unread` why MetalLB's controllers can't be
    said to be missing.
    """

    cluster: Snapshot
    service: Object
    unexplained: str
    known: Collection[str]
    events: Sequence[Event]
    controllers: Sequence[Object]
    controllers_unread: Failure | None
    pools: Sequence[metallb.Pool]

    @property
    def namespace(self) -> str:
        """The Service's own."""
        return self.cluster.namespace_of(self.service)

    @property
    def warnings(self) -> list[Event]:
        """The events that warn."""
        return [event for event in self.events if event.warning]


def pending_facts(
    cluster: Snapshot, service: Object, unexplained: str, known: Collection[str]
) -> PendingFacts:
    """The facts about a Service; `unexplained` and `known` are those of `explain_pending`."""
    events = []
    for event in events_of(cluster, "Service", service):
        if event.component not in _NO_LOAD_BALANCERS:
            events.append(event)
    controllers = metallb.controllers(cluster)
    return PendingFacts(
        cluster,
        service,
        unexplained,
        known,
        events,
        controllers,
        _controllers_unread(cluster, controllers),
        metallb.pools(cluster),
    )


def _controllers_unread(cluster: Snapshot, found: Sequence[Object]) -> Failure | None:
    if found:
        return None
    everywhere = metallb.controllers_unread(cluster, ALL_NAMESPACES)
    if everywhere is None:
        return None
    return metallb.controllers_unread(cluster, metallb.NAMESPACE) or everywhere


def pending_reason(facts: PendingFacts) -> Reason:
    """The first reason that holds, in the order in which MetalLB itself would come upon it.

    Returns the finding's code and what its texts need beside the Service's own names.
    """
    wanted = text(facts.service, "spec", "loadBalancerClass")
    served = metallb.served_class(facts.cluster)
    found = facts.controllers or facts.pools
    if wanted != served and not facts.controllers_unread:
        # MetalLB passes over such a Service without a word; somebody else may be meant.
        return _reported(facts) or _other_class(facts, wanted, served)
    if wanted != served or not found:
        return _reported(facts) or _absent(facts)
    if not facts.controllers_unread and not any(map(is_ready, facts.controllers)):
        return _not_ready(facts)
    return _pool_reason(facts)


def _other_class(facts: PendingFacts, wanted: str, served: str) -> Reason:
    serves = "no MetalLB runs"
    if facts.controllers:
        serves = f"MetalLB serves {served or 'Services without a class'}"
    return "LoadBalancerClassUnserved", {"wanted": wanted or "no class", "served": serves}


def _not_ready(facts: PendingFacts) -> Reason:
    names = [name_of(pod) for pod in facts.controllers]
    if not names:
        what, listing = "no Pod of it runs", "get deployments,pods"
    else:
        what, listing = quoted(names), " ".join(["describe pods", *map(word, names)])
    return "LoadBalancerNotReady", {"what": what, "see": Shell(listing)}


def _absent(facts: PendingFacts) -> Reason:
    """Why it can't be said that there is no load balancer at all; else that there is none."""
    unread = facts.controllers_unread
    if unread:
        return _unexplained(
            facts, f"whether MetalLB runs there could not be read ({unread.detail})"
        )
    unread = _other_signs_unread(facts)
    if unread and "LoadBalancerMissing" not in facts.known:
        return _unexplained(
            facts, f"no MetalLB runs there, and other signs could not be read ({unread.detail})"
        )
    for service in facts.cluster.all("Service", ALL_NAMESPACES):
        if lb_addresses(service):
            why = f"something gives addresses here, as {name_of(service)} has one"
            return _unexplained(facts, why)
    for event in facts.events:
        who = event.component or "somebody"
        return _unexplained(facts, f'{who} is at work on it, and said "{event.message}"')
    return "LoadBalancerMissing", {}


def _other_signs_unread(facts: PendingFacts) -> Failure | None:
    """Why address pools, or events about the Service, could not be read."""
    pools = metallb.unread(facts.cluster, metallb.POOL)
    if pools and pools.code != NOT_CAPTURED:
        return pools
    subject = f"Service/{name_of(facts.service)}"
    return facts.cluster.unread("Event", subject, facts.namespace)


def _reported(facts: PendingFacts) -> Reason | None:
    """What a load balancer itself said is always quoted."""
    if not facts.warnings:
        return None
    event = facts.warnings[0]
    who = event.component or "the load balancer"
    return "AllocationFailed", {"who": who, "reason": event.reason, "says": event.message}


def _unexplained(facts: PendingFacts, why: str) -> Reason:
    return facts.unexplained, {"why": why}


# --- why none of MetalLB's pools gives one ------------------------------------------------------


def _pool_reason(facts: PendingFacts) -> Reason:
    if not facts.pools:
        return _no_pools(facts)
    refusals = {pool.name: _refusal(facts, pool) for pool in facts.pools}
    usable = [pool for pool in facts.pools if refusals[pool.name] is None]
    return (
        _unknown_pool(facts)
        or _address_in_no_pool(facts)
        or _none_allowed(refusals)
        or _exhausted(facts, usable)
        or _reported(facts)
        or _unexplained(facts, _IDLE)
    )


def _no_pools(facts: PendingFacts) -> Reason:
    unread = metallb.unread(facts.cluster, metallb.POOL) or _configuration_unread(facts.cluster)
    if unread:
        why = f"its address pools could not be read ({unread.detail})"
        return _reported(facts) or _unexplained(facts, why)
    advertised = {"ipAddressPools": ["default"]}
    return "AddressPoolMissing", {
        "pool": metallb_manifest("IPAddressPool", "default", {"addresses": ["FIRST-LAST"]}),
        "advertisement": metallb_manifest("L2Advertisement", "default", advertised),
    }


def _configuration_unread(cluster: Snapshot) -> Failure | None:
    """Why the ConfigMap of MetalLB up to 0.12 could not be read; files need not hold it."""
    failure = cluster.unread("ConfigMap", metallb.CONFIG, metallb.own_namespace(cluster))
    if failure and failure.code == NOT_CAPTURED and cluster.server is None:
        return None
    return failure


def _unknown_pool(facts: PendingFacts) -> Reason | None:
    """The Service asks for a pool that MetalLB does not have."""
    names = [pool.name for pool in facts.pools]
    wanted = metallb.asked_pool(facts.service)
    if not wanted or wanted in names:
        return None
    return "AddressPoolUnknown", {"asked": wanted, "pools": quoted(names)}


def _address_in_no_pool(facts: PendingFacts) -> Reason | None:
    """The Service asks for addresses that no pool of MetalLB's holds."""
    missing = []
    for address in metallb.asked_addresses(facts.service):
        if not any(pool.holds(address) for pool in facts.pools):
            missing.append(address)
    if not missing:
        return None
    held = "; ".join(f"{pool.name}: {quoted(pool.written)}" for pool in facts.pools)
    return "AddressNotInPool", {"asked": quoted(missing), "pools": held}


def _refusal(facts: PendingFacts, pool: metallb.Pool) -> str | None:
    """Why the Service may not use a pool (None: it may)."""
    wanted = metallb.asked_pool(facts.service)
    addresses = metallb.asked_addresses(facts.service)
    if not all(map(pool.holds, addresses)):
        return "it does not hold the addresses that are asked for"
    if wanted not in ("", pool.name):
        return "another pool is asked for"
    if not pool.auto_assign and not wanted and not addresses:
        return "it is given only to those that ask for it (autoAssign: false)"
    return pool.refuses(facts.service, facts.namespace)


def _none_allowed(refusals: Mapping[str, str | None]) -> Reason | None:
    if None in refusals.values():
        return None
    why = "; ".join(f"{name}: {refusal}" for name, refusal in refusals.items())
    return "AddressPoolNotAllowed", {"why": why}


def _exhausted(facts: PendingFacts, usable: Sequence[metallb.Pool]) -> Reason | None:
    """No pool that the Service may use has an address of its family left.

    Before 0.15 only the event says so.
    """
    if metallb.asked_addresses(facts.service):
        return None
    families = _families(facts.service)
    dual = text(facts.service, "spec", "ipFamilyPolicy") == "RequireDualStack"
    none_left = not any(_may_serve(pool, families, dual=dual) for pool in usable)
    counted = any(pool.free for pool in usable)
    reported = any(_EXHAUSTED in event.message for event in facts.warnings)
    if not none_left and (counted or not reported):
        return None
    return "AddressPoolExhausted", {
        "pools": quoted([pool.name for pool in usable]),
        "family": " and ".join(f"IPv{family}" for family in families),
    }


def _families(service: Object) -> list[int]:
    """The IP versions that a Service has, 4 or 6; that of IPv4 where it doesn't say."""
    names = texts(service, "spec", "ipFamilies") or ["IPv4"]
    return [4 if name == "IPv4" else 6 for name in names]


def _may_serve(pool: metallb.Pool, families: Sequence[int], *, dual: bool) -> bool:
    """Whether a pool may have an address of one of the families; `dual`: of each of them."""
    free = [pool.may_have(family) for family in families]
    return all(free) if dual else any(free)


def metallb_manifest(kind: str, name: str, spec: Object) -> Shell:
    """A manifest of MetalLB's as a command that prints it, to be piped into `kubectl create`."""
    made = {
        "apiVersion": "metallb.io/v1beta1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }
    written = shlex.quote(json.dumps(made, separators=(",", ":"))) if is_name(name) else word(name)
    return Shell(f"echo {written}")
