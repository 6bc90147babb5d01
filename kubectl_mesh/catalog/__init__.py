"""Every finding code as data: which results it may have and, in a language's module, its texts.

A code is stable: it is never renamed or reused. Adding one means an entry in RESULTS, one in every
language, and a fixture that triggers it. Adding a language means one module like `en`.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from kubectl_mesh.catalog import en
from kubectl_mesh.catalog.en import Text
from kubectl_mesh.report import FAIL, PASS, SKIP, UNKNOWN, WARN, Finding, ObjectRef, clean

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
    **params: str,
) -> Finding:
    """A finding of `code` with its texts filled in from `params`.

    Everything is cleaned of control characters; in the hint, which holds commands, every parameter
    that is not `Shell` is quoted for a shell.
    """
    result = result or RESULTS[code][0]
    assert result in RESULTS[code], (code, result)
    entry = texts(code)
    told = {key: clean(value) for key, value in params.items()}
    typed = {
        key: clean(value, keep="\n") if isinstance(value, Shell) else shlex.quote(clean(value))
        for key, value in params.items()
    }
    return Finding(
        code=code,
        result=result,
        object=ObjectRef(about.kind, _clean(about.namespace), _clean(about.name)),
        message=entry.message.format_map(told),
        field=field,
        expected=None if expected is None else [clean(value) for value in expected],
        actual=None if actual is None else [clean(value) for value in actual],
        source=_clean(source),
        hint=entry.remedy.format_map(typed) or None,
        cause=cause,
        events=[clean(event) for event in events],
        repair=repair,
    )


def phrase(key: str, **params: str) -> Shell:
    """A text that hints of several codes share, filled in as a hint is."""
    typed = {key: value if isinstance(value, Shell) else shlex.quote(clean(value)) for key, value in params.items()}
    return Shell(en.PHRASES[key].format_map(typed))


def texts(code: str) -> Text:
    """The texts of a code, in the language of the run: the one place that knows which."""
    return en.CODES[code]


def title(code: str) -> str:
    """What a code says in a few words, to stand within a sentence."""
    words = texts(code).title
    return words if words[:2].isupper() else words[0].lower() + words[1:]


def _clean(value: str | None) -> str | None:
    return None if value is None else clean(value)
