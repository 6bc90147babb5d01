"""Every finding code as data: which results it may have and, in a language's module, its texts.

A code is stable: it is never renamed or reused. Adding one means an entry in RESULTS, one in every
language, and a fixture that triggers it. Adding a language means one module like `en`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from kubectl_mesh.findings import texts_en as en
from kubectl_mesh.findings.model import FAIL, PASS, SKIP, UNKNOWN, WARN, Finding, ObjectRef, clean
from kubectl_mesh.findings.texts_en import Text

# code -> the results that it may have, the usual one first
RESULTS: dict[str, tuple[str, ...]] = {
    # istiod-remote: the address
    "AddressIsExpected": (PASS,),
    "AddressIsHostedPod": (FAIL,),
    "AddressIsLoadBalancer": (FAIL,),
    "AddressIsLocalIstiod": (FAIL,),
    "AddressIsCkubeRemote": (FAIL,),
    "AddressIsOtherMesh": (FAIL,),
    "AddressIsClusterIP": (FAIL,),
    "AddressIsNode": (FAIL,),
    "AddressIsOtherPod": (FAIL,),
    "AddressIsStale": (FAIL,),
    "AddressIsUnexpected": (FAIL,),
    "AddressNotComparable": (UNKNOWN,),
    "AddressUndetermined": (UNKNOWN,),
    "ExternalNameIsIP": (FAIL,),
    "TrafficSplit": (FAIL,),
    "ReplicaMissing": (WARN,),
    "ConfiguredAddressDiffers": (FAIL, WARN),
    # istiod-remote: Service, endpoints, ports
    "ServiceNotFound": (FAIL,),
    "RevisionServiceNotFound": (FAIL,),
    "NoEndpoints": (FAIL,),
    "NoReadyEndpoints": (FAIL,),
    "EndpointsNotMirrored": (FAIL,),
    "EndpointsDiffer": (WARN, FAIL),
    "PortsAreExpected": (PASS,),
    "XDSPortMissing": (FAIL,),
    "XDSPortNotJoined": (FAIL,),
    "XDSServicePortMissing": (FAIL,),
    "WebhookPortMissing": (WARN,),
    "WebhookServicePortMissing": (WARN,),
    "DiscoveryPortUnexpected": (FAIL,),
    "RemoteNotApplicable": (SKIP,),
    "RemoteNotVerified": (SKIP,),
    # the hosted control plane
    "HostedPodsReady": (PASS,),
    "HostedPodsNotReady": (WARN,),
    "NoReadyHostedPod": (FAIL,),
    "HostedIstiodGone": (FAIL,),
    "HostedPodsUnowned": (UNKNOWN,),
    "MeshHostedTwice": (UNKNOWN,),
    "HostedLBAssigned": (PASS,),
    "HostedLBReachesPods": (PASS,),
    "HostedLBPending": (FAIL, WARN),
    "HostedLBNotFound": (UNKNOWN, WARN),
    "HostedLBNotLoadBalancer": (UNKNOWN, WARN),
    "HostedLBReachesNoPod": (FAIL,),
    "HostedLBReachesOthers": (FAIL,),
    "HostedLBWebhookPortMissing": (WARN,),
    "HostedLBDiffers": (WARN,),
    "ControlPlaneNotHere": (UNKNOWN, WARN),
    "ControlPlaneNotFound": (UNKNOWN,),
    "ControlPlaneNotConsulted": (SKIP,),
    # several clusters
    "NothingVerified": (UNKNOWN,),
    "GlobalMeshAgrees": (PASS,),
    "GlobalMeshAddressDiffers": (WARN, FAIL),
    "GlobalMeshOwnerDiffers": (WARN,),
    "GlobalMeshClustersDiffer": (WARN,),
    "ContextRepeated": (SKIP,),
    "ClusterRepeated": (SKIP,),
    # roles and meshes
    "MeshNotFound": (UNKNOWN, SKIP),
    "MeshIDUnknown": (UNKNOWN,),
    "MeshIDFromName": (WARN,),
    "MeshConfigUnreadable": (UNKNOWN,),
    "NotWired": (UNKNOWN, FAIL, SKIP),
    "MeshLeftover": (SKIP,),
    # gateways: Pods
    "GatewayReady": (PASS,),
    "GatewayStillReady": (WARN,),
    "GatewayRollingOut": (WARN,),
    "GatewayNotReady": (FAIL,),
    "GatewayCrashLooping": (FAIL,),
    "GatewayImageNotPulled": (FAIL,),
    "GatewayNotInjected": (FAIL,),
    "GatewayCACertificateMissing": (FAIL,),
    "GatewayVolumeNotMounted": (FAIL,),
    "GatewayUnschedulable": (FAIL,),
    "GatewayNotStarted": (FAIL,),
    "GatewayHeldBack": (FAIL,),
    "GatewayPodsRefused": (FAIL,),
    "GatewayInjectionFailed": (FAIL,),
    "GatewayPodsTooFew": (FAIL,),
    "GatewayHasNoPods": (FAIL,),
    "GatewayScaledToZero": (FAIL, WARN),
    "GatewayNotFound": (UNKNOWN, SKIP),
    "GatewayConfigUnknown": (UNKNOWN,),
    "LocalIstiodNotReady": (FAIL, WARN),
    # gateways: Services
    "GatewayHasAddress": (PASS,),
    "GatewayNeedsNoAddress": (SKIP,),
    "GatewayServiceReachesPods": (PASS,),
    "GatewayServiceHasNoEndpoints": (FAIL,),
    "GatewayServiceMissesPods": (FAIL,),
    "GatewayHasNoService": (WARN,),
    "GatewayNotInstalled": (FAIL,),
    "GatewayServiceSelectsOthers": (FAIL,),
    "GatewayServiceReachesOthers": (FAIL,),
    "GatewayFamilyNotRouted": (FAIL,),
    "GatewayPortNotRouted": (FAIL,),
    "TargetPortNotFound": (FAIL,),
    # gateways: what the proxies believe
    "GatewayIdentityIsExpected": (PASS,),
    "GatewayMeshIDDiffers": (FAIL,),
    "GatewayMeshIDNotSet": (WARN,),
    "GatewayClusterIDDiffers": (WARN,),
    "GatewayCAAddressDiffers": (WARN,),
    "GatewayDiscoveryDiffers": (FAIL,),
    "ProxyVersionFits": (PASS,),
    "ProxyVersionSkew": (WARN,),
    "ProxyVersionUnknown": (SKIP,),
    # load balancers: of gateways, and of hosted-lb
    "LoadBalancerMissing": (FAIL, WARN),
    "LoadBalancerNotReady": (FAIL, WARN),
    "LoadBalancerClassUnserved": (FAIL, WARN),
    "AddressPoolMissing": (FAIL, WARN),
    "AddressPoolUnknown": (FAIL, WARN),
    "AddressPoolNotAllowed": (FAIL, WARN),
    "AddressPoolExhausted": (FAIL, WARN),
    "AddressNotInPool": (FAIL, WARN),
    "AllocationFailed": (FAIL, WARN),
    "AddressPending": (FAIL,),
    "AddressAnnounced": (PASS,),
    "AddressNotAnnounced": (FAIL, WARN),
    # reads that gave no answer
    "Unreachable": (UNKNOWN, WARN, SKIP),
    "TLSFailed": (UNKNOWN, WARN, SKIP),
    "Unauthorized": (UNKNOWN, WARN, SKIP),
    "Forbidden": (UNKNOWN, WARN, SKIP),
    "NotServed": (UNKNOWN, WARN, SKIP),
    "TimedOut": (UNKNOWN, WARN, SKIP),
    "ServerFailed": (UNKNOWN, WARN, SKIP),
    "MalformedAnswer": (UNKNOWN, WARN, SKIP),
    "NotCaptured": (UNKNOWN, WARN, SKIP),
    "NotAsked": (UNKNOWN, WARN, SKIP),
}


class Shell(str):
    """A part of a command line that is quoted already."""


_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")  # RFC 1123, as Kubernetes has it
_LONGEST_NAME, _LONGEST_WORDS = 253, 2000  # characters
# Parameters that are names of objects: as words of a command they must be ones that Kubernetes allows.
_NAMES = {"config", "container", "kind", "mesh", "name", "namespace", "pod", "service"}
_MARK = "\0"  # stands around a word that must not be in a command; `clean` lets none come from elsewhere


def is_name(value: str) -> bool:
    """Whether a value is a name by Kubernetes' rules: no option, no path, nothing that a shell reads."""
    return len(value) <= _LONGEST_NAME and bool(_NAME.fullmatch(value))


def word(name: str) -> Shell:
    """A name as a word of a command; a command with anything else in its place is left out of the report."""
    if isinstance(name, Shell):
        return name
    return Shell(name if is_name(name) else f"{_MARK}{_short(name)}{_MARK}")


def finding(
    code: str,
    about: ObjectRef,
    field: str,
    *,
    result: str | None = None,
    expected: Sequence[str] | None = None,
    actual: Sequence[str] | None = None,
    source: str | None = None,
    cause: Finding | None = None,
    events: Sequence[str] = (),
    repair: dict[str, Any] | None = None,
    once: tuple[str, ...] | None = None,
    shared: tuple[str, ...] | None = None,
    **params: str,
) -> Finding:
    """A finding of `code` with its texts filled in from `params`.

    Everything is cleaned of control characters; in the hint, which holds commands, every parameter
    that is not `Shell` is quoted for a shell.
    """
    result = result or RESULTS[code][0]
    assert result in RESULTS[code], (code, result)
    entry = texts(code)
    told = {key: _short(value).replace(_MARK, "") for key, value in params.items()}
    return Finding(
        code=code,
        result=result,
        object=ObjectRef(about.kind, _clean(about.namespace), _clean(about.name)),
        message=entry.message.format_map(told),
        field=field,
        expected=None if expected is None else [_short(value) for value in expected],
        actual=None if actual is None else [_short(value) for value in actual],
        source=_clean(source),
        hint=_usable(_filled(entry.remedy, params)) or None,
        cause=cause,
        events=[_short(event) for event in events],
        repair=repair,
        once=once,
        shared=shared,
    )


def phrase(key: str, **params: str) -> Shell:
    """A text that hints of several codes share, filled in as a hint is."""
    return Shell(_filled(en.PHRASES[key], params))


def _filled(template: str, params: Mapping[str, str]) -> str:
    """A text with commands, which are its indented lines; in these names must be names."""
    said = {
        key: value if isinstance(value, Shell) else shlex.quote(_short(value))
        for key, value in params.items()
    }
    typed = said | {
        key: word(value)
        for key, value in params.items()
        if key in _NAMES and not isinstance(value, Shell)
    }
    lines = [
        line.format_map(typed if line.startswith("  ") else said) for line in template.split("\n")
    ]
    return "\n".join(lines)


def _usable(hint: str) -> str:
    """A hint without the commands that have a mark in them, and with the reason."""
    if _MARK not in hint:
        return hint
    names: dict[str, None] = {}
    lines = []
    for line in hint.split("\n"):
        if line.startswith("  ") and _MARK in line:
            names.update(dict.fromkeys(line.split(_MARK)[1::2]))
        else:
            lines.append(line.replace(_MARK, ""))
    reason = en.PHRASES["no-name"].format(names=", ".join(names))
    return "\n".join([*lines, reason])


def texts(code: str) -> Text:
    """The texts of a code, in the language of the run: the one place that knows which."""
    return en.CODES[code]


def title(code: str) -> str:
    """What a code says in a few words, to stand within a sentence."""
    words = texts(code).title
    return words if words[:2].isupper() else words[0].lower() + words[1:]


def _clean(value: str | None) -> str | None:
    return None if value is None else _short(value)


def _short(value: str) -> str:
    """A text of a cluster as a report shows it; no sentence is that long."""
    if isinstance(value, Shell):
        return clean(value, keep="\n" + _MARK)
    return clean(value if len(value) <= _LONGEST_WORDS else f"{value[:_LONGEST_WORDS]}…")
