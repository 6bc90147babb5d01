"""Has a LoadBalancer Service its address, and if not why; and is an address that MetalLB gave
announced?
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from kubectl_mesh.checks.context import CheckContext, quoted
from kubectl_mesh.findings.catalog import Shell, finding, is_name, word
from kubectl_mesh.findings.model import Finding, ObjectRef
from kubectl_mesh.kube.events import events_of
from kubectl_mesh.kube.objects import Object, name_of, text, texts
from kubectl_mesh.kube.routing import is_ip
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, NOT_CAPTURED, Failure, Snapshot
from kubectl_mesh.kube.workloads import is_ready, lb_addresses
from kubectl_mesh.mesh import metallb

_EXHAUSTED = "no available IPs"  # how MetalLB says so, in every version
_IDLE = (
    "nothing that was read speaks against it: "
    "MetalLB may be about to give one, or its log says more"
)
# Reasons that have nothing to do with a single Service.
_SHARED = {
    "LoadBalancerMissing",
    "LoadBalancerNotReady",
    "AddressPoolMissing",
    "AddressPoolExhausted",
    "AddressNotAnnounced",
}
# Those that speak about Services and give no addresses.
_NO_LOAD_BALANCERS = {
    "endpoint-controller",
    "endpoint-slice-controller",
    "endpoint-slice-mirroring-controller",
    "ipallocator-repair-controller",
    "portallocator-repair-controller",
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
    before. `unexplained` is the code where the reason can't be told.
    """
    pending = _Pending(cluster, service, unexplained, known)
    code, params = pending.reason()
    details: dict[str, Any] = {"again": context.verify_command(), **params}
    about, own = (
        ObjectRef("Service", cluster.namespace_of(service), name_of(service)),
        metallb.own_namespace(cluster),
    )
    told = finding(
        code,
        about,
        "address",
        result=result,
        expected=["an address"],
        actual=["<pending>"],
        events=[str(event) for event in pending.warnings],
        name=name_of(service),
        cluster=cluster.source,
        kubectl=context.kubectl(cluster, about.namespace or ""),
        metallb=context.kubectl(cluster, own),
        namespace=own,
        **details,
    )
    return _shared(cluster, told)


def _shared(cluster: Snapshot, found: Finding) -> Finding:
    """The finding with what it shares with those of other Services: a reason that has nothing to
    do with a single one.
    """
    if found.code not in _SHARED:
        return found
    # What a message says beside the Service's own name and address.
    reason = found.message.partition(": ")[2]
    return replace(found, shared=(cluster.source, found.code, reason))


_Reason = tuple[str, dict[str, str]]


class _Pending:
    """Looks for the reason, in the order in which MetalLB itself would come upon it."""

    def __init__(
        self, cluster: Snapshot, service: Object, unexplained: str, known: Collection[str]
    ) -> None:
        self.cluster, self.service, self.unexplained, self.known = (
            cluster,
            service,
            unexplained,
            known,
        )
        events = events_of(cluster, "Service", service)
        self.events = [event for event in events if event.component not in _NO_LOAD_BALANCERS]
        self.warnings = [event for event in self.events if event.warning]
        self.controllers = metallb.controllers(cluster)
        self.pools = metallb.pools(cluster)

    def reason(self) -> _Reason:
        """The code, and what its texts need."""
        unread = None if self.controllers else self._controllers_unread()
        wanted, served = (
            text(self.service, "spec", "loadBalancerClass"),
            metallb.served_class(self.cluster),
        )
        if wanted != served and not unread:
            # MetalLB passes over such a Service without a word; somebody else may be meant.
            return self._said() or self._other_class(wanted, served)
        if wanted != served or not (self.controllers or self.pools):
            return self._said() or self._absent(unread)
        if not unread and not any(map(is_ready, self.controllers)):
            names = [name_of(pod) for pod in self.controllers]
            described = Shell(
                " ".join(["describe pods", *map(word, names)]) if names else "get deployments,pods"
            )
            return "LoadBalancerNotReady", {
                "what": quoted(names) if names else "no Pod of it runs",
                "see": described,
            }
        unread = (
            None
            if self.pools
            else metallb.unread(self.cluster, metallb.POOL) or self._configuration_unread()
        )
        if unread:
            return self._said() or self._unexplained(
                f"its address pools could not be read ({unread.detail})"
            )
        if not self.pools:
            return "AddressPoolMissing", {
                "pool": _manifest("IPAddressPool", "default", {"addresses": ["FIRST-LAST"]}),
                "advertisement": _manifest(
                    "L2Advertisement", "default", {"ipAddressPools": ["default"]}
                ),
            }
        refusals = self._refusals()
        impossible = self._not_there() or self._none_allowed(refusals) or self._exhausted(refusals)
        return impossible or self._said() or self._unexplained(_IDLE)

    def _controllers_unread(self) -> Failure | None:
        everywhere = metallb.controllers_unread(self.cluster, ALL_NAMESPACES)
        return everywhere and (
            metallb.controllers_unread(self.cluster, metallb.NAMESPACE) or everywhere
        )

    def _namespace(self) -> str:
        return self.cluster.namespace_of(self.service)

    def _configuration_unread(self) -> Failure | None:
        """Why the ConfigMap of MetalLB up to 0.12 could not be read; files need not hold it."""
        failure = self.cluster.unread(
            "ConfigMap", metallb.CONFIG, metallb.own_namespace(self.cluster)
        )
        return (
            failure
            if failure and (failure.code != NOT_CAPTURED or self.cluster.server is not None)
            else None
        )

    def _other_class(self, wanted: str, served: str) -> _Reason:
        serves = (
            f"MetalLB serves {served or 'Services without a class'}"
            if self.controllers
            else "no MetalLB runs"
        )
        return "LoadBalancerClassUnserved", {"wanted": wanted or "no class", "served": serves}

    def _absent(self, unread: Failure | None) -> _Reason:
        if unread:
            return self._unexplained(
                f"whether MetalLB runs there could not be read ({unread.detail})"
            )
        failed = metallb.unread(self.cluster, metallb.POOL)
        unread = self.cluster.unread("Event", f"Service/{name_of(self.service)}", self._namespace())
        unread = failed if failed and failed.code != NOT_CAPTURED else unread
        if unread and "LoadBalancerMissing" not in self.known:
            return self._unexplained(
                f"no MetalLB runs there, and other signs could not be read ({unread.detail})"
            )
        served = [s for s in self.cluster.all("Service", ALL_NAMESPACES) if lb_addresses(s)]
        if served:
            return self._unexplained(
                f"something gives addresses here, as {name_of(served[0])} has one"
            )
        if self.events:
            latest = self.events[0]
            return self._unexplained(
                f'{latest.component or "somebody"} is at work on it, and said "{latest.message}"'
            )
        return "LoadBalancerMissing", {}

    def _not_there(self) -> _Reason | None:
        """The Service asks for a pool, or for addresses, that MetalLB does not have."""
        names = [pool.name for pool in self.pools]
        asked = metallb.asked_pool(self.service)
        if asked and asked not in names:
            return "AddressPoolUnknown", {"asked": asked, "pools": quoted(names)}
        addresses = metallb.asked_addresses(self.service)
        stray = [
            address for address in addresses if not any(pool.holds(address) for pool in self.pools)
        ]
        held = "; ".join(f"{pool.name}: {quoted(pool.written)}" for pool in self.pools)
        return ("AddressNotInPool", {"asked": quoted(stray), "pools": held}) if stray else None

    def _refusals(self) -> dict[str, str | None]:
        """Each pool's name, and why the Service may not use it (None: it may)."""
        asked, addresses = metallb.asked_pool(self.service), metallb.asked_addresses(self.service)
        refusals: dict[str, str | None] = {}
        for pool in self.pools:
            refused = pool.refuses(self.service, self._namespace())
            if not pool.auto_assign and not asked and not addresses:
                refused = "it is given only to those that ask for it (autoAssign: false)"
            if asked not in ("", pool.name):
                refused = "another pool is asked for"
            if not all(map(pool.holds, addresses)):
                refused = "it does not hold the addresses that are asked for"
            refusals[pool.name] = refused
        return refusals

    def _none_allowed(self, refusals: dict[str, str | None]) -> _Reason | None:
        if None in refusals.values():
            return None
        return "AddressPoolNotAllowed", {
            "why": "; ".join(f"{name}: {why}" for name, why in refusals.items())
        }

    def _exhausted(self, refusals: dict[str, str | None]) -> _Reason | None:
        """No pool that it may use has an address of its family left; before 0.15 only the event
        says so.
        """
        usable = [pool for pool in self.pools if refusals[pool.name] is None]
        families = [4 if f == "IPv4" else 6 for f in texts(self.service, "spec", "ipFamilies")] or [
            4
        ]
        enough = all if text(self.service, "spec", "ipFamilyPolicy") == "RequireDualStack" else any
        none_left = all(not enough(pool.may_have(family) for family in families) for pool in usable)
        silent = all(not pool.free for pool in usable)
        said = any(_EXHAUSTED in event.message for event in self.warnings)
        if metallb.asked_addresses(self.service) or not (none_left or (silent and said)):
            return None
        kinds = " and ".join(f"IPv{family}" for family in families)
        return "AddressPoolExhausted", {
            "pools": quoted([pool.name for pool in usable]),
            "family": kinds,
        }

    def _said(self) -> _Reason | None:
        """What a load balancer itself said is always quoted."""
        if not self.warnings:
            return None
        event = self.warnings[0]
        who = event.component or "the load balancer"
        return "AllocationFailed", {"who": who, "reason": event.reason, "says": event.message}

    def _unexplained(self, why: str) -> _Reason:
        return self.unexplained, {"why": why}


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
        # What may not be read has no effect, as the address is there; what this run itself left out
        # has.
        left_out = [
            key
            for key, failure in cluster.failures.items()
            if key[0] in unread and failure.code == "NotAsked"
        ]
        return [
            told
            for kind, where, _ in left_out
            for told in context.report_unread(cluster, kind, None, namespace=where)
        ]
    pool = metallb.holding(cluster, addresses)
    if pool is not None and pool.announced:
        return []
    about = ObjectRef("Service", cluster.namespace_of(service), name_of(service))
    own = metallb.own_namespace(cluster)
    advertising = metallb.advertising(cluster, pool) if pool else []
    held_by = pool.name if pool else ""
    selects = f"no L2Advertisement or BGPAdvertisement in {own} selects its pool {held_by}"
    target = pool.name if pool else metallb.allocated_pool(service)
    told = finding(
        "AddressAnnounced" if advertising else "AddressNotAnnounced",
        about,
        "announced by",
        result=None if advertising else result,
        expected=["an advertisement"],
        actual=advertising,
        source=f"{cluster.source}: ipaddresspool/{target}",
        name=name_of(service),
        addresses=quoted(addresses),
        advertisements=quoted(advertising),
        why=selects if pool else f"no address pool in {own} holds it any more",
        metallb=context.kubectl(cluster, own),
        advertisement=_manifest("L2Advertisement", target, {"ipAddressPools": [target]}),
        again=context.verify_command(),
    )
    return [_shared(cluster, told)]


def _manifest(kind: str, name: str, spec: Object) -> Shell:
    """A manifest of MetalLB's as a command that prints it, to be piped into `kubectl create`."""
    made = {
        "apiVersion": "metallb.io/v1beta1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }
    written = shlex.quote(json.dumps(made, separators=(",", ":"))) if is_name(name) else word(name)
    return Shell(f"echo {written}")
