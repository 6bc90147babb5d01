"""What a snapshot file holds of an object: the fields that the checks look at, and nothing else.

Certificates, tokens, managed fields and whatever else stands in an object are left out because they are not named
here. A test holds this list to the checks: a scenario's report is the same before and after.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from kubectl_mesh.kube import yamltext
from kubectl_mesh.kube.objects import Object, dig, mapping, maps, text, texts
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.mesh.metallb import ANNOTATIONS, class_arguments

# Names of fields, at whatever depth they stand.
_NAMES = """
    apiVersion kind metadata spec status
    name namespace uid labels annotations creationTimestamp deletionTimestamp generation ownerReferences
    type clusterIP clusterIPs externalName ipFamilies ipFamilyPolicy internalTrafficPolicy selector ports port protocol
    targetPort nodePort loadBalancer loadBalancerIP loadBalancerClass ingress ip hostname
    subsets addresses notReadyAddresses addressType endpoints conditions ready serving terminating nodeName targetRef
    replicas template strategy rollingUpdate maxUnavailable paused progressDeadlineSeconds readyReplicas
    updatedReplicas availableReplicas unavailableReplicas observedGeneration matchLabels matchExpressions key operator
    values
    containers initContainers image containerPort env args command volumeMounts mountPath hostNetwork readinessGates
    conditionType restartPolicy phase podIP podIPs hostIP hostIPs containerStatuses initContainerStatuses state
    lastState waiting running terminated reason message exitCode started restartCount lastTransitionTime
    involvedObject count firstTimestamp lastTimestamp eventTime series lastObservedTime source component
    reportingComponent
    controller availableIPv4 availableIPv6 assignedIPv4 assignedIPv6 autoAssign avoidBuggyIPs serviceAllocation
    priority namespaces namespaceSelectors serviceSelectors ipAddressPools ipAddressPoolSelectors
    mode ownerCluster clusters ownerConfig controlPlaneParams istio.custom_params.values.global.remotePilotAddress
"""
_FIELDS = frozenset(_NAMES.split())
_MAPS = {"labels", "matchLabels", "selector"}  # of names that people choose
_ANNOTATIONS = {"endpoints.kubernetes.io/over-capacity", *ANNOTATIONS}
_VARIABLES = {
    "CA_ADDR",
    "CLUSTER_ID",
    "ISTIO_META_CLUSTER_ID",
    "ISTIO_META_MESH_ID",
    "PROXY_CONFIG",
}
_MESH = ("trustDomain", "defaultConfig/meshId", "defaultConfig/discoveryAddress")
_VALUES = tuple(
    f"global/{path}"
    for path in (
        "meshID",
        "remotePilotAddress",
        "multiCluster/clusterName",
        "istioNamespace",
        "caAddress",
    )
)


def prune_all(snapshot: Snapshot) -> Snapshot:
    """A snapshot whose every object is pruned."""
    return replace(
        snapshot,
        objects={kind: list(map(prune, found)) for kind, found in snapshot.objects.items()},
    )


def prune(obj: Object) -> Object:
    """An object with nothing in it but what the checks look at; what is malformed stays so."""
    kept: Object = _pruned(obj)
    if "data" in obj:
        kept["data"] = _data(obj["data"])
    return kept


def _pruned(value: Any, field: str = "") -> Any:
    if isinstance(value, list):
        if field == "env":
            return [_variable(v) for v in maps(value) if text(v, "name") in _VARIABLES]
        if field in ("args", "command"):
            return [word for words, _ in class_arguments(texts(value)) for word in words]
        return [_pruned(item) for item in value]
    if not isinstance(value, dict):
        return value
    if field == "terminated":  # its message is the end of a log
        return {name: held for name, held in value.items() if name in ("reason", "exitCode")}
    if field == "annotations":
        return {name: held for name, held in value.items() if name in _ANNOTATIONS}
    if field in _MAPS and all(isinstance(held, str) for held in value.values()):
        return value
    return {name: _pruned(held, name) for name, held in value.items() if name in _FIELDS}


def _variable(variable: Object) -> Object:
    value = text(variable, "value")
    if text(variable, "name") == "PROXY_CONFIG":
        value = _json(value, ("discoveryAddress",))
    return {"name": text(variable, "name"), "value": value}


def _data(data: Any) -> Any:
    """The data of a ConfigMap: mesh configs, the injector's values, MetalLB's configuration of up to 0.12."""
    kept: Object = {}
    if "mesh" in mapping(data):
        kept["mesh"] = _mesh(data["mesh"])
    if text(data, "values"):
        kept["values"] = _json(data["values"], _VALUES)
    if text(data, "config"):
        kept["config"] = _pools(data["config"])
    return kept


def _mesh(written: Any) -> Any:
    """A mesh config with what the checks read; one that can't be read fails in the same way without its text."""
    if not isinstance(written, str):
        return None
    try:
        mesh = yamltext.config(written)
    except yamltext.YAMLTextError as error:
        if error.line:
            return (
                "\n" * (error.line - 1) + "@"
            )  # a character that no YAML begins with, in the same line
        # A truth value, or a date, that can't be made.
        return "x: !!bool x" if isinstance(error.__cause__, KeyError) else "2000-99-99"
    return json.dumps(_picked(mesh, _MESH)) if isinstance(mesh, dict) else "[]"


def _json(written: str, paths: tuple[str, ...]) -> str:
    try:
        return json.dumps(_picked(json.loads(written), paths))
    except (ValueError, RecursionError):
        return "{"


def _pools(written: str) -> str:
    try:
        config = yamltext.config(written)
    except yamltext.YAMLTextError:
        return "@"
    pools = [
        {"name": text(p, "name"), "addresses": texts(p, "addresses")}
        for p in maps(config, "address-pools")
    ]
    return json.dumps(
        {"address-pools": pools} if isinstance(config, dict) and "address-pools" in config else {}
    )


def _picked(value: Any, paths: tuple[str, ...]) -> Any:
    """A mapping with only these paths in it."""
    if not isinstance(value, dict):
        return None
    kept: Object = {}
    for path in paths:
        *above, last = path.split("/")
        found = dig(value, *above, last)
        if isinstance(found, (str, int, float, bool)):
            place = kept
            for step in above:
                place = place.setdefault(step, {})
            place[last] = found
    return kept
