"""`snapshot --redact`: addresses and names give way to stand-ins, the same one wherever the same stood.

A name is replaced word by word, and words that Kubernetes, Istio and MetalLB use themselves stay: so the patterns that
the checks know (`istiod-<mesh>-hosted-lb`) survive whatever stands in them. Addresses keep which of them share a
prefix, so that pools still hold what they held. Whether the verdict survived is for the writer of the file to verify.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kubectl_mesh.kube.snapshot import Failure, Snapshot

_WORDS = """
    addr address addresses admission allocated alpha announce api app apps auto available avoid back balancer buggy
    by ca canary canonical capacity cert ckube class cluster com component config connect connection container
    control controller controllers daocloud data default deployment dial discovery down eastwest eastwestgateway
    egressgateway endpoint endpoints endpointslice etc exists expressions failed false for from gateway get global
    hash health healthz hosted hosts http https id ids image in ingress ingressgateway init injection injector io ip
    ipallocator ips is istio istiod k8s kube kubernetes label labelled lb leader loadbalancer local managed manager
    mcpc mesh meshconfig mesher meta metadata metallb mirror mirroring mspider name namespace no node none not notin
    of off operator over pilot plane pod pods policy pool port portallocator probe proxy proxyv2 public pull pulling
    quota readiness ready refused release remote repair replicaset restarting rev revision root secret server
    service sidecar sigs skip slice speaker status statuscode svc system tag tcp template test tf the timeout tls to
    true trust unhealthy universal universe url validation values version webhook workload xds
    answer anything at broken cannot did do does error errors established exceeded expired failure found given
    handshake host in issuer list lookup max mismatch new nothing number over peer permitted read request requested
    reset resolution resolve resource retries route self signed such system temporarily time timed unable unknown
    unreachable use used user verify was were will with wrong
    caAddress clusterName defaultConfig discoveryAddress istioNamespace loadBalancerIPs matchExpressions matchLabels
    meshID meshId multiCluster remotePilotAddress trustDomain
"""
_KEPT = frozenset(word.lower() for word in _WORDS.split())
_IPV4 = r"\d{1,3}(?P<between>[.-])\d{1,3}(?:(?P=between)\d{1,3}){2}(?!\d)"  # with dashes as clouds name hosts
_IPV6 = r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4})(?![\w:])"
_LETTERS = r"[^\W_]+?(?=\d{1,3}[.-]\d{1,3}[.-]\d{1,3}[.-]\d{1,3}(?!\d))"  # before an address, without a mark between
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"
_PARTS = re.compile(
    f"(?P<time>{_TIME})|(?P<six>{_IPV6})|(?P<four>(?<!\\d){_IPV4})|(?P<word>{_LETTERS}|[^\\W_]+)"
)
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(
    r"v?\d{1,5}|v\d+(alpha|beta)\d+"
)  # ports and versions; longer ones identify people
# Fields whose values Kubernetes chooses, in one word with a capital.
_ENUMERATED = frozenset(
    [
        "addressType",
        "conditionType",
        "internalTrafficPolicy",
        "ipFamilies",
        "ipFamilyPolicy",
        "mode",
        "operator",
        "phase",
        "protocol",
        "reason",
        "restartPolicy",
        "status",
        "type",
    ]
)
_ENUMERATION = re.compile("[A-Z][A-Za-z0-9]*|[a-z]+")
_KINDS = frozenset(
    ["DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "Service", "StatefulSet"]
)
_EMBEDDED = {"mesh", "values", "config"}


class Redaction:
    """Stand-ins for one file; another `key` makes others."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._words: dict[str, str] = {}

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        """A snapshot with stand-ins in everything that it holds."""
        return replace(
            snapshot,
            stand_ins=True,
            source=self.text(snapshot.source),
            namespace=self.text(snapshot.namespace),
            aliases=tuple(map(self.text, snapshot.aliases)),
            objects={
                kind: [self._value(obj) for obj in found]
                for kind, found in snapshot.objects.items()
            },
            answered={self._key_of(key) for key in sorted(snapshot.answered, key=str)},
            failures={
                self._key_of(key): Failure(failure.code, self.text(failure.detail))
                for key, failure in snapshot.failures.items()
            },
        )

    def text(self, value: str) -> str:
        """A string with its addresses and the words of its names replaced."""
        return _PARTS.sub(self._part, value)

    def _part(self, match: re.Match[str]) -> str:
        part = match[0]
        if match["six"] is not None:
            return self._six(part)
        if match["four"] is not None:
            return self._four(part, match["between"])
        return part if match["time"] is not None else self._word(part)

    def _word(self, word: str) -> str:
        if _NUMBER.fullmatch(word) or word.lower() in _KEPT:
            return word
        return self._stand_in(word.lower())

    def _stand_in(self, word: str) -> str:
        return self._words.setdefault(word, f"n{len(self._words) + 1}")

    def _four(self, value: str, between: str) -> str:
        """The stand-in of an IPv4 address, however its numbers are written."""
        numbers = [int(number) for number in value.split(between)]
        if max(numbers) > 255:
            return between.join(map(self._stand_in, value.split(between)))
        return self._address(".".join(map(str, numbers))).replace(".", between)

    def _six(self, value: str) -> str:
        try:
            return self._address(value)
        except ValueError:  # a hardware address, for one
            return _WORD.sub(lambda match: self._stand_in(match[0]), value)

    def _address(self, value: str) -> str:
        """The stand-in of an address: it shares as long a prefix with others as the address itself does."""
        address = ipaddress.ip_address(value)
        return str(type(address)(self._mapped(int(address), address.max_prefixlen)))

    def _mapped(self, number: int, width: int) -> int:
        mapped = 0
        for length in range(width):
            prefix = f"{width}/{length}/{number >> (width - length)}".encode()
            flipped = hmac.digest(self._key, prefix, hashlib.sha256)[0] & 1
            mapped = mapped << 1 | (number >> (width - length - 1) & 1) ^ flipped
        return mapped

    def _network(self, value: str) -> list[str]:
        """A pool's range or CIDR, as CIDRs of stand-ins."""
        first, dash, last = (part.strip() for part in value.partition("-"))
        try:
            if dash:
                ends: Any = ipaddress.ip_address(first), ipaddress.ip_address(last)
                networks: list[Any] = list(ipaddress.summarize_address_range(*ends))
            else:
                networks = [ipaddress.ip_network(first, strict=False)]
        except (TypeError, ValueError):
            return [self.text(value)]
        mapped = (
            f"{self._address(str(network.network_address))}/{network.prefixlen}"
            for network in networks
        )
        return [str(ipaddress.ip_network(network, strict=False)) for network in mapped]

    def _key_of(self, key: tuple[str, str, str | None]) -> tuple[str, str, str | None]:
        kind, namespace, subject = key
        return kind, self.text(namespace), None if subject is None else self.text(subject)

    def _value(self, value: Any, field: str = "", above: str = "") -> Any:
        if isinstance(value, str):
            return self._string(value, field, above)
        if isinstance(value, list):
            if field == "addresses" and above in ("spec", "address-pools"):
                return [
                    n
                    for item in value
                    for n in (self._network(item) if isinstance(item, str) else [item])
                ]
            return [
                self._value(item, field if field == "ipFamilies" else "", above=field)
                for item in value
            ]
        if isinstance(value, Mapping):
            chosen = field in ("labels", "matchLabels", "selector", "annotations")
            return {
                self.text(k) if chosen else k: self._value(
                    held, "" if chosen and isinstance(held, str) else k, field or above
                )
                for k, held in value.items()
            }
        return value

    def _string(self, value: str, field: str, above: str) -> str:
        if (above == "data" and field in _EMBEDDED) or (field == "value" and value.startswith("{")):
            return self._embedded(value)
        if field in ("apiVersion", "kind") and (not above or value in _KINDS):
            return value
        if (
            field in _ENUMERATED
            and _ENUMERATION.fullmatch(value)
            and (value[0].isupper() or value.lower() in _KEPT)
        ):
            return value
        return self.text(value)

    def _embedded(self, value: str) -> str:
        """JSON within a string, as pruning writes it: its keys are known."""
        try:
            return json.dumps(self._value(json.loads(value)))
        except (ValueError, RecursionError):
            return self.text(value)
