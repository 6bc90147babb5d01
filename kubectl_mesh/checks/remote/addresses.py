"""The addresses of istiod-remote, each compared with those that the cluster's role asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kubectl_mesh.checks.context import quoted
from kubectl_mesh.checks.remote.advice import find_out, fix_endpoints, wanted_addresses
from kubectl_mesh.checks.remote.expected import HOSTED, WORKLOAD
from kubectl_mesh.checks.remote.target import Target
from kubectl_mesh.findings.catalog import Shell, phrase, title
from kubectl_mesh.findings.model import FAIL, WARN, Finding
from kubectl_mesh.kube.objects import text
from kubectl_mesh.kube.routing import is_ip, normalise
from kubectl_mesh.mesh.addresses import Owner, shadowing
from kubectl_mesh.mesh.names import injector_name

# What is wrong in a cluster of any role; what is wrong beside a pattern; and what only a thing of
# this very cluster makes certain: a node or Pod of another cluster may still be how a custom entry
# looks.
_ALWAYS_WRONG = {
    "AddressIsLocalIstiod",
    "AddressIsCkubeRemote",
    "AddressIsClusterIP",
    "AddressIsOtherMesh",
}
_WRONG_BESIDE = {"AddressIsHostedPod", "AddressIsLoadBalancer"}
_WRONG_HERE = {"AddressIsNode", "AddressIsOtherPod"}


def verify_external_name(target: Target) -> list[Finding]:
    """Every finding about the name that an ExternalName Service leads to."""
    name = normalise(text(target.service, "spec", "externalName"))
    if not is_ip(name):
        return verify_addresses(target, [name], "externalName")[0]
    fix = target.repair.write_endpoints([name], None)
    if target.expected.addresses:
        fix = fix_endpoints(target, None)
    return [
        target.finding(
            "ExternalNameIsIP",
            target.service_ref,
            "externalName",
            expected=["a host name"],
            actual=[name],
            fix=fix,
        )
    ]


def verify_addresses(
    target: Target, addresses: list[str], field: str
) -> tuple[list[Finding], Finding | None]:
    """What was found of each address, and the first that is wrong, if any."""
    shadows = _shadows(target)
    right = [a for a in addresses if _is_expected(target, a) and a not in shadows]
    others = [a for a in addresses if a not in right]
    certain = bool(right) and target.expected.proves
    found = [_expected(target, right, field)] if certain else []
    unsure = [] if target.expected.proves else list(right)
    wrong: list[Finding] = []
    for address in others:
        owner = _owner(target, address, shadows)
        if _is_wrong_anyway(target, owner) or _is_compared(target, address):
            wrong.append(_wrong(target, address, owner, field))
            found.append(wrong[-1])
        elif target.expected.addresses is None:
            unsure.append(address)
        else:
            found.append(_not_comparable(target, address, field))
    first = wrong[0] if wrong else None
    if certain and first:
        found.append(_split(target, right, others, first, addresses, field))
    found += _missing_replicas(target, addresses, right)
    drift = _configured_differs(target, addresses, first, certain=certain)
    found += drift
    if unsure and not first and all(f.result != FAIL for f in drift):
        found.append(_undetermined(target, unsure, field))
    return found, first


def _shadows(target: Target) -> Mapping[str, Owner]:
    """What takes the right address for itself inside this cluster; a stated address is the
    user's own business.
    """
    if target.expected.pattern != WORKLOAD or target.context.options.addresses:
        return {}
    return shadowing(target.cluster)


def _is_expected(target: Target, address: str) -> bool:
    return address in (target.expected.addresses or ())


def _owner(target: Target, address: str, shadows: Mapping[str, Owner]) -> Owner | None:
    """Whose a wrong address is: that of a right one is what shadows it."""
    owner = target.owners.get(address)
    if _is_expected(target, address) and not (owner and owner.code in _ALWAYS_WRONG):
        return shadows.get(address)
    return owner


def _is_wrong_anyway(target: Target, owner: Owner | None) -> bool:
    """Whether an address is wrong for what it is, whatever the right one may be."""
    if owner is None:
        return False
    if owner.code in _ALWAYS_WRONG:
        return True
    if owner.code in _WRONG_BESIDE:
        return target.expected.pattern is not None
    return owner.code in _WRONG_HERE and owner.here


def _is_compared(target: Target, address: str) -> bool:
    """Whether there are expected addresses, and of the same kind.

    A host name and an IP can't be compared without resolving, and nothing is resolved.
    """
    expected = target.expected.addresses
    return expected is not None and _same_kind(address, expected)


def _same_kind(address: str, others: Sequence[str]) -> bool:
    return all(is_ip(address) == is_ip(other) for other in others)


def _expected(target: Target, right: list[str], field: str) -> Finding:
    return target.finding(
        "AddressIsExpected",
        target.ref(target.holder()),
        field,
        expected=target.expected.addresses,
        actual=right,
        source=target.expected.source,
        addresses=quoted(right),
    )


def _not_comparable(target: Target, address: str, field: str) -> Finding:
    holder = target.holder(address)
    fix = phrase("fix-stated", address=address, again=target.context.verify_command())
    if target.expected.pattern == HOSTED:  # a stated address never applies to it
        fix = fix_endpoints(target, holder)
    return target.finding(
        "AddressNotComparable",
        target.ref(holder),
        field,
        expected=target.expected.addresses,
        actual=[address],
        source=target.expected.source,
        address=address,
        wanted=quoted(target.expected.addresses or []),
        fix=fix,
    )


def is_shadowed(target: Target, address: str) -> bool:
    """Whether a wrong address is the right one, which something in this cluster takes for
    itself.
    """
    return target.expected.pattern == WORKLOAD and _is_expected(target, address)


def _wrong(target: Target, address: str, owner: Owner | None, field: str) -> Finding:
    holder = target.holder(address)
    code, what = "AddressIsUnexpected", "an address that nothing here has"
    if owner is not None:
        code, what = owner.code, owner.what
    elif target.expected.pattern == HOSTED:
        code = "AddressIsStale"
    fix, wanted = fix_endpoints(target, holder), wanted_addresses(target)
    if is_shadowed(target, address):
        fix = phrase("fix-shadowed", again=target.context.verify_command())
        wanted = phrase("want-shadowed")
    return target.finding(
        code,
        target.ref(holder),
        field,
        expected=target.expected.addresses,
        actual=[address],
        source=target.expected.source,
        cause=target.control_plane_failure,
        address=address,
        fix=fix,
        what=what,
        wanted=wanted,
    )


def _split(
    target: Target,
    right: list[str],
    others: list[str],
    wrong: Finding,
    addresses: list[str],
    field: str,
) -> Finding:
    return target.finding(
        "TrafficSplit",
        target.ref(target.holder()),
        field,
        expected=target.expected.addresses,
        actual=addresses,
        cause=wrong,
        source=target.expected.source,
        right=quoted(right),
        wrong=quoted(others),
    )


def _missing_replicas(target: Target, addresses: list[str], right: list[str]) -> list[Finding]:
    """Ready hosted Pods that are not among the addresses, beside others that are."""
    found = []
    for pod, held in target.expected.replicas if right else ():
        if not set(held) & set(addresses):
            found.append(
                target.finding(
                    "ReplicaMissing",
                    target.ref(target.holder()),
                    "address",
                    expected=held,
                    actual=addresses,
                    source=target.expected.source,
                    pod=pod,
                    address=quoted(held),
                )
            )
    return found


def _configured_differs(
    target: Target, addresses: list[str], wrong: Finding | None, *, certain: bool
) -> list[Finding]:
    """Drift from remotePilotAddress: a failure where nothing better is known, else a warning."""
    configured = normalise(target.remote.configured or "")
    if not configured or not _is_drift(target, configured, addresses, wrong):
        return []
    right = target.expected.addresses if certain and not wrong else None
    fix = phrase("settle-drift", again=target.context.verify_command())
    compared, actual, as_it_should = [configured], addresses, ""
    if right:
        setting = target.repair.setting(right[0])
        fix = phrase("fix-configured", address=right[0], setting=setting)
        compared, actual, as_it_should = right, [configured], " as it should"
    return [
        target.finding(
            "ConfiguredAddressDiffers",
            target.ref(target.holder()),
            "remotePilotAddress",
            expected=compared,
            actual=actual,
            result=WARN if certain else FAIL,
            cause=wrong or target.control_plane_failure,
            configured=configured,
            right=as_it_should,
            fix=fix,
            source=_injector_source(target),
            addresses=quoted(addresses),
        )
    ]


def _is_drift(target: Target, configured: str, addresses: list[str], wrong: Finding | None) -> bool:
    """Whether the configured address differs in a way that no other finding says."""
    if target.expected.pattern != WORKLOAD or not _same_kind(configured, addresses):
        return False
    # Where the right address is known, its advice says what the configuration has to do with it.
    explained = wrong is not None and target.expected.addresses is not None
    return set(addresses) != {configured} and not explained


def _injector_source(target: Target) -> str | None:
    """Where the configured address was read."""
    if target.remote.config is None:
        return None
    return f"{target.cluster.source}: configmap/{injector_name(target.remote.config.name)}"


def _undetermined(target: Target, addresses: list[str], field: str) -> Finding:
    expected = target.expected
    if not expected.proves:
        why = phrase("unsure-witness", source=Shell(expected.source or ""))
    elif expected.reason is not None:
        why = phrase("unsure-because", reason=Shell(title(expected.reason.code)))
    else:
        why = phrase("unsure-lone", mesh=Shell(target.mesh_id or "<unknown>"))
    known = [address for address in addresses if address in target.owners]
    is_what = [f"{address} is {target.owners[address].what}" for address in known]
    return target.finding(
        "AddressUndetermined",
        target.ref(target.holder()),
        field,
        actual=addresses,
        expected=expected.addresses,
        cause=expected.reason,
        addresses=quoted(addresses),
        why="; ".join([str(why), *is_what]),
        settle=find_out(target),
    )
