"""Has a LoadBalancer Service its address, and if not why; and is an address that MetalLB gave announced?"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from kubectl_mesh import metallb
from kubectl_mesh.catalog import Shell, finding
from kubectl_mesh.checks.scope import Scope, quoted
from kubectl_mesh.events import Event, events_of
from kubectl_mesh.report import Finding, ObjectRef, clean
from kubectl_mesh.routing import is_ip
from kubectl_mesh.snapshot import ALL_NAMESPACES, Failure, Object, Snapshot, name_of, text, texts
from kubectl_mesh.topology import is_ready, lb_addresses

_EXHAUSTED = "no available IPs"  # how MetalLB says so, in every version


def explain_pending(
    scope: Scope,
    cluster: Snapshot,
    service: Object,
    result: str,
    known: Sequence[Finding],
    unexplained: str = "AddressPending",
) -> Finding:
    """The finding for a Service that asks for a load balancer and has no address: the first reason that holds.

    `result` is how grave that is. Where a finding among `known`, those of the same cluster, says the same of another
    Service for a reason that has nothing to do with that Service, it is the cause. `unexplained` is the code where the
    reason can't be told.
    """
    pending = _Pending(cluster, service, unexplained)
    code, params = pending.reason()
    about = ObjectRef("Service", cluster.namespace_of(service), name_of(service))
    return finding(
        code,
        about,
        "address",
        result=result,
        expected=["an address"],
        actual=["<pending>"],
        cause=next((told for told in known if code in _SHARED and told.code == code and told.result == result), None),
        events=[str(event) for event in pending.events if event.warning],
        name=name_of(service),
        cluster=cluster.source,
        kubectl=scope.kubectl(cluster, about.namespace or ""),
        metallb=scope.kubectl(cluster, metallb.own_namespace(cluster)),
        namespace=metallb.own_namespace(cluster),
        again=scope.again(),
        **params,
    )


# Reasons that hold for every Service of a cluster.
_SHARED = {"LoadBalancerMissing", "LoadBalancerNotReady", "AddressPoolMissing"}
_Reason = tuple[str, dict[str, str]]


class _Pending:
    """Looks for the reason, in the order in which MetalLB itself would come upon it."""

    def __init__(self, cluster: Snapshot, service: Object, unexplained: str) -> None:
        self.cluster, self.service, self.unexplained = cluster, service, unexplained
        self.events = events_of(cluster, "Service", service)
        self.controllers = metallb.controllers(cluster)
        self.pools = metallb.pools(cluster)

    def reason(self) -> _Reason:
        """The code, and what its texts need."""
        unread = None if self.controllers else self._controllers_unread()
        wanted, served = text(self.service, "spec", "loadBalancerClass"), metallb.served_class(self.cluster)
        if wanted != served and not unread:
            # MetalLB passes over such a Service without a word; somebody else may be meant.
            return self._said() or self._other_class(wanted, served)
        if wanted or not (self.controllers or self.pools):
            return self._said() or self._absent(unread)
        if not unread and not any(map(is_ready, self.controllers)):
            what = quoted([name_of(pod) for pod in self.controllers]) if self.controllers else "no Pod of it runs"
            return "LoadBalancerNotReady", {"what": what}
        unread = None if self.pools else metallb.unread(self.cluster, metallb.POOL)
        if unread:
            return self._said() or self._unexplained(f"its address pools could not be read ({unread.detail})")
        if not self.pools:
            return "AddressPoolMissing", {
                "pool": _manifest("IPAddressPool", "default", {"addresses": ["FIRST-LAST"]}),
                "advertisement": _manifest("L2Advertisement", "default", {"ipAddressPools": ["default"]}),
            }
        return (
            self._not_there() or self._none_allowed() or self._exhausted() or self._said() or self._unexplained(_IDLE)
        )

    def _controllers_unread(self) -> Failure | None:
        everywhere = metallb.controllers_unread(self.cluster, ALL_NAMESPACES)
        return everywhere and (metallb.controllers_unread(self.cluster, metallb.NAMESPACE) or everywhere)

    def _other_class(self, wanted: str, served: str) -> _Reason:
        serves = f"MetalLB serves {served or 'Services without a class'}" if self.controllers else "no MetalLB runs"
        return "LoadBalancerClassUnserved", {"wanted": wanted or "no class", "served": serves}

    def _absent(self, unread: Failure | None) -> _Reason:
        if unread:
            return self._unexplained(f"whether MetalLB runs there could not be read ({unread.detail})")
        if self.events:
            latest = self.events[0]
            return self._unexplained(f'{latest.component or "somebody"} is at work on it, and said "{latest.message}"')
        return "LoadBalancerMissing", {}

    def _not_there(self) -> _Reason | None:
        """The Service asks for a pool, or for addresses, that MetalLB does not have."""
        names = [pool.name for pool in self.pools]
        asked = metallb.asked_pool(self.service)
        if asked and asked not in names:
            return "AddressPoolUnknown", {"asked": asked, "pools": quoted(names)}
        addresses = metallb.asked_addresses(self.service)
        stray = [address for address in addresses if not any(pool.holds(address) for pool in self.pools)]
        held = "; ".join(f"{pool.name}: {quoted(pool.written)}" for pool in self.pools)
        return ("AddressNotInPool", {"asked": quoted(stray), "pools": held}) if stray else None

    def _refusals(self) -> dict[str, str | None]:
        """Each pool's name, and why the Service may not use it (None: it may)."""
        namespace = self.cluster.namespace_of(self.service)
        asked, addresses = metallb.asked_pool(self.service), metallb.asked_addresses(self.service)
        refusals: dict[str, str | None] = {}
        for pool in self.pools:
            refused = pool.refuses(self.service, namespace)
            if not pool.auto_assign and not asked and not addresses:
                refused = "it is given only to those that ask for it (autoAssign: false)"
            if asked not in ("", pool.name):
                refused = "another pool is asked for"
            if not all(map(pool.holds, addresses)):
                refused = "it does not hold the addresses that are asked for"
            refusals[pool.name] = refused
        return refusals

    def _none_allowed(self) -> _Reason | None:
        refusals = self._refusals()
        if None in refusals.values():
            return None
        return "AddressPoolNotAllowed", {"why": "; ".join(f"{name}: {why}" for name, why in refusals.items())}

    def _exhausted(self) -> _Reason | None:
        """No pool that it may use has an address of its family left; before 0.15 only the event says so."""
        refusals = self._refusals()
        usable = [pool for pool in self.pools if refusals[pool.name] is None]
        families = [4 if f == "IPv4" else 6 for f in texts(self.service, "spec", "ipFamilies")] or [4]
        enough = all if text(self.service, "spec", "ipFamilyPolicy") == "RequireDualStack" else any
        none_left = all(not enough(pool.may_have(family) for family in families) for pool in usable)
        silent = all(not pool.free for pool in usable)
        said = any(event.warning and _EXHAUSTED in event.message for event in self.events)
        if metallb.asked_addresses(self.service) or not (none_left or (silent and said)):
            return None
        kinds = " and ".join(f"IPv{family}" for family in families)
        return "AddressPoolExhausted", {"pools": quoted([pool.name for pool in usable]), "family": kinds}

    def _said(self) -> _Reason | None:
        """What a load balancer itself said is always quoted."""
        event: Event | None = next((event for event in self.events if event.warning), None)
        if event is None:
            return None
        who = event.component or "the load balancer"
        return "AllocationFailed", {"who": who, "reason": event.reason, "says": event.message}

    def _unexplained(self, why: str) -> _Reason:
        return self.unexplained, {"why": why}


_IDLE = "MetalLB is ready and has a free address: it may be about to give it, or its log says more"


def verify_announced(scope: Scope, cluster: Snapshot, service: Object, result: str) -> list[Finding]:
    """Whether anybody announces the address that MetalLB gave to a Service: an advertisement must select its pool.

    Judged only where MetalLB made the allocation (its annotation), and pool and advertisements were read.
    """
    given = metallb.allocated_pool(service)
    pool = next((pool for pool in metallb.pools(cluster) if pool.name == given), None)
    if pool is None or pool.announced or any(metallb.unread(cluster, kind) for kind in metallb.ADVERTISEMENTS):
        return []
    about = ObjectRef("Service", cluster.namespace_of(service), name_of(service))
    advertising = metallb.advertising(cluster, pool)
    return [
        finding(
            "AddressAnnounced" if advertising else "AddressNotAnnounced",
            about,
            "announced by",
            result=None if advertising else result,
            expected=["an advertisement"],
            actual=advertising,
            source=f"{cluster.source}: ipaddresspool/{pool.name}",
            name=name_of(service),
            addresses=quoted([address for address in lb_addresses(service) if is_ip(address)]),
            pool=pool.name,
            advertisements=quoted(advertising),
            namespace=pool.namespace,
            metallb=scope.kubectl(cluster, pool.namespace),
            advertisement=_manifest("L2Advertisement", pool.name, {"ipAddressPools": [pool.name]}),
            again=scope.again(),
        )
    ]


def _manifest(kind: str, name: str, spec: Object) -> Shell:
    """A manifest of MetalLB's as a command that prints it, to be piped into `kubectl apply`."""
    made = {"apiVersion": "metallb.io/v1beta1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    return Shell("echo " + shlex.quote(clean(json.dumps(made, separators=(",", ":")))))
