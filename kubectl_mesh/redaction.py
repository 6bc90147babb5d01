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

from kubectl_mesh.snapshot import Failure, Object, Snapshot

_WORDS = """
    addr address addresses admission allocated alpha announce api app apps auto available avoid back balancer buggy
    by ca canary canonical cert ckube class cluster com component config connect connection container control
    controller controllers daocloud data default deployment dial discovery down eastwest eastwestgateway
    egressgateway endpoint endpoints endpointslice exists expressions failed false for from gateway get global
    health healthz hosted hosts http https id ids image in ingress ingressgateway init injection injector io ip
    ipallocator ips is istio istiod k8s kube kubernetes label labelled lb leader loadbalancer local managed manager
    mcpc mesh meshconfig mesher meta metadata metallb mirror mirroring mspider name namespace no node not notin of
    off operator pilot plane pod pods policy pool port portallocator probe proxy proxyv2 public pull pulling quota
    readiness ready refused release remote repair replicaset restarting rev revision root secret server service
    sidecar sigs skip slice speaker status svc system tag tcp template test tf the timeout tls to true trust
    unhealthy universal universe url validation values version webhook workload xds
    caAddress clusterName defaultConfig discoveryAddress istioNamespace loadBalancerIPs matchExpressions matchLabels
    meshID meshId multiCluster remotePilotAddress trustDomain
"""
_KEPT = frozenset(word.lower() for word in _WORDS.split())
_IPV4 = r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\w)"
_IPV6 = r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])"
_DASHED = r"(?<!\w)\d{1,3}(?:-\d{1,3}){3}(?!\w)"  # ip-10-0-0-1, as clouds name hosts
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"
_PARTS = re.compile(f"(?P<time>{_TIME})|(?P<ip>{_IPV4}|{_IPV6})|(?P<dashed>{_DASHED})|(?P<word>[^\\W_]+)")
_ENUMERATION = re.compile("[A-Z][A-Za-z0-9]*")  # Running, LoadBalancer: names in Kubernetes are in lower case
_NUMBER = re.compile(r"v?\d+|v\d+(alpha|beta)\d+")
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
            source=self.text(snapshot.source),
            namespace=self.text(snapshot.namespace),
            objects={kind: [self._value(obj) for obj in found] for kind, found in snapshot.objects.items()},
            answered={self._key_of(key) for key in snapshot.answered},
            failures={
                self._key_of(key): Failure(failure.code, self.text(failure.detail))
                for key, failure in snapshot.failures.items()
            },
        )

    def text(self, value: str) -> str:
        """A string with its addresses and the words of its names replaced."""
        return value if _ENUMERATION.fullmatch(value) else _PARTS.sub(self._part, value)

    def _part(self, match: re.Match[str]) -> str:
        part, kind = match[0], match.lastgroup
        if kind == "ip":
            return self._address(part)
        if kind == "dashed":
            return self._address(part.replace("-", ".")).replace(".", "-")
        if kind == "time" or _NUMBER.fullmatch(part) or part.lower() in _KEPT:
            return part
        return self._words.setdefault(part.lower(), f"n{len(self._words) + 1}")

    def _address(self, value: str) -> str:
        """The stand-in of an address: it shares as long a prefix with others as the address itself does."""
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            return value
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
        mapped = (f"{self._address(str(network.network_address))}/{network.prefixlen}" for network in networks)
        return [str(ipaddress.ip_network(network, strict=False)) for network in mapped]

    def _key_of(self, key: tuple[str, str, str | None]) -> tuple[str, str, str | None]:
        kind, namespace, subject = key
        return kind, self.text(namespace), None if subject is None else self.text(subject)

    def _value(self, value: Any, field: str = "", above: str = "") -> Any:
        if isinstance(value, str):
            if field in _EMBEDDED and above == "data":
                return self._embedded(value)
            if field == "apiVersion":
                return value
            return self._embedded(value) if value.startswith("{") else self.text(value)
        if isinstance(value, list):
            if field == "addresses" and above in ("spec", "address-pools"):
                return [n for item in value for n in (self._network(item) if isinstance(item, str) else [item])]
            return [self._value(item, above=field) for item in value]
        if isinstance(value, Mapping):
            chosen = field in ("labels", "matchLabels", "selector", "annotations")
            return {self.text(k) if chosen else k: self._value(held, k, field or above) for k, held in value.items()}
        return value

    def _embedded(self, value: str) -> str:
        """JSON within a string."""
        try:
            held: Object = json.loads(value)
        except ValueError:
            return value
        return json.dumps(self._value(held))
