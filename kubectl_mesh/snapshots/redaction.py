"""`snapshot --redact`: addresses and names are replaced, the same one by the same everywhere.

A name is replaced word by word, and words that Kubernetes, Istio and MetalLB use themselves stay:
so the patterns that the checks know (`istiod-<mesh>-hosted-lb`) survive whatever stands in them.
Addresses keep which of them share a prefix, so that pools still hold what they held. Whether the
verdict survived is for the writer of the file to verify.
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

from kubectl_mesh.kube.objects import Object
from kubectl_mesh.kube.snapshot import Failure, ReadKey, Snapshot

_WORDS = """
    addr address addresses admission allocated alpha announce api app apps auto available avoid back
    balancer buggy by ca canary canonical capacity cert ckube class cluster com component config
    connect connection container control controller controllers daocloud data default deployment
    dial discovery down eastwest eastwestgateway egressgateway endpoint endpoints endpointslice etc
    exists expressions failed false for from gateway get global hash health healthz hosted hosts
    http https id ids image in ingress ingressgateway init injection injector io ip ipallocator ips
    is istio istiod k8s kube kubernetes label labelled lb leader loadbalancer local managed manager
    mcpc mesh meshconfig mesher meta metadata metallb mirror mirroring mspider name namespace no
    node none not notin of off operator over pilot plane pod pods policy pool port portallocator
    probe proxy proxyv2 public pull pulling quota readiness ready refused release remote repair
    replicaset restarting rev revision root secret server service sidecar sigs skip slice speaker
    status statuscode svc system tag tcp template test tf the timeout tls to true trust unhealthy
    universal universe unprivileged url validation values version webhook workload xds answer
    anything at broken cannot did do does error errors established exceeded expired failure found
    given handshake host
    in issuer list lookup max mismatch new nothing number over peer permitted read request requested
    reset resolution resolve resource retries route self signed such system temporarily time timed
    unable unknown unreachable use used user verify was were will with wrong caAddress clusterName
    defaultConfig discoveryAddress istioNamespace loadBalancerIPs matchExpressions matchLabels
    meshID meshId multiCluster remotePilotAddress trustDomain
"""
_KEPT = frozenset(word.lower() for word in _WORDS.split())
# With dashes as clouds name hosts.
_IPV4 = r"\d{1,3}(?P<between>[.-])\d{1,3}(?:(?P=between)\d{1,3}){2}(?!\d)"
_IPV6 = (
    r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}"
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4})(?![\w:])"
)
# Before an address, without a mark between.
_LETTERS = r"[^\W_]+?(?=\d{1,3}[.-]\d{1,3}[.-]\d{1,3}[.-]\d{1,3}(?!\d))"
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
_ENUMERATED_LISTS = {"ipFamilies"}
_CHOSEN = {"labels", "matchLabels", "selector", "annotations"}  # their keys are people's own


class Redaction:
    """The replacements of one file; another `key` makes others."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._words: dict[str, str] = {}

    def snapshot(self, snapshot: Snapshot) -> Snapshot:
        """A snapshot with all that it holds replaced."""
        # In this order: replacements of names are numbered as they are met.
        source, namespace = self.text(snapshot.source), self.text(snapshot.namespace)
        aliases = tuple(map(self.text, snapshot.aliases))
        objects = {kind: list(map(self._value, held)) for kind, held in snapshot.objects.items()}
        answered = set(map(self._key_of, sorted(snapshot.answered, key=str)))
        failures = {}
        for key, failure in snapshot.failures.items():
            failures[self._key_of(key)] = Failure(failure.code, self.text(failure.detail))
        return replace(
            snapshot,
            redacted=True,
            source=source,
            namespace=namespace,
            aliases=aliases,
            objects=objects,
            answered=answered,
            failures=failures,
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
        return self._replaced(word.lower())

    def _replaced(self, word: str) -> str:
        return self._words.setdefault(word, f"n{len(self._words) + 1}")

    def _four(self, value: str, between: str) -> str:
        """The replacement of an IPv4 address, however its numbers are written."""
        numbers = list(map(int, value.split(between)))
        if max(numbers) > 255:
            return between.join(map(self._replaced, value.split(between)))
        return self._address(".".join(map(str, numbers))).replace(".", between)

    def _six(self, value: str) -> str:
        try:
            return self._address(value)
        except ValueError:  # a hardware address, for one
            return _WORD.sub(lambda match: self._replaced(match[0]), value)

    def _address(self, value: str) -> str:
        """The replacement of an address.

        It shares as long a prefix with others as the address itself does.
        """
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
        """A pool's range or CIDR, as CIDRs of replaced addresses."""
        try:
            networks = _networks(value)
        except (TypeError, ValueError):
            return [self.text(value)]
        mapped = []
        for network in networks:
            replaced = f"{self._address(str(network.network_address))}/{network.prefixlen}"
            mapped.append(str(ipaddress.ip_network(replaced, strict=False)))
        return mapped

    def _key_of(self, key: ReadKey) -> ReadKey:
        kind, namespace, subject = key
        return kind, self.text(namespace), None if subject is None else self.text(subject)

    def _value(self, value: Any, field: str = "", above: str = "") -> Any:
        """A value with all in it replaced; it stands in `field`, and that in `above`."""
        if isinstance(value, str):
            return self._string(value, field, above)
        if isinstance(value, list):
            return self._list(value, field, above)
        if isinstance(value, Mapping):
            return self._mapping(value, field, above)
        return value

    def _list(self, values: list[Any], field: str, above: str) -> list[Any]:
        if field == "addresses" and above in ("spec", "address-pools"):
            return self._pool_addresses(values)
        own = field if field in _ENUMERATED_LISTS else ""
        return [self._value(item, own, above=field) for item in values]

    def _pool_addresses(self, values: list[Any]) -> list[Any]:
        replaced: list[Any] = []
        for item in values:
            replaced += self._network(item) if isinstance(item, str) else [item]
        return replaced

    def _mapping(self, held: Mapping[str, Any], field: str, above: str) -> Object:
        if field in _CHOSEN:
            return self._chosen(held, field)
        return {key: self._value(value, key, field or above) for key, value in held.items()}

    def _chosen(self, held: Mapping[str, Any], field: str) -> Object:
        """A mapping whose keys people choose, such as labels."""
        replaced = {}
        for key, value in held.items():
            name = self.text(key)
            replaced[name] = self._value(value, "" if isinstance(value, str) else key, field)
        return replaced

    def _string(self, value: str, field: str, above: str) -> str:
        if (above == "data" and field in _EMBEDDED) or (field == "value" and value.startswith("{")):
            return self._embedded(value)
        if _is_kubernetes_own(value, field, above):
            return value
        return self.text(value)

    def _embedded(self, value: str) -> str:
        """JSON within a string, as pruning writes it: its keys are known."""
        try:
            return json.dumps(self._value(json.loads(value)))
        except (ValueError, RecursionError):
            return self.text(value)


def _networks(value: str) -> list[Any]:
    """The networks in a range of addresses or a CIDR. Raises TypeError, ValueError."""
    first, dash, last = (part.strip() for part in value.partition("-"))
    if not dash:
        return [ipaddress.ip_network(first, strict=False)]
    ends: Any = ipaddress.ip_address(first), ipaddress.ip_address(last)
    return list(ipaddress.summarize_address_range(*ends))


def _is_kubernetes_own(value: str, field: str, above: str) -> bool:
    """Whether Kubernetes chose the value of a field: a kind, or one of a few words."""
    if field in ("apiVersion", "kind"):
        return not above or value in _KINDS
    if field not in _ENUMERATED or not _ENUMERATION.fullmatch(value):
        return False
    return value[0].isupper() or value.lower() in _KEPT
