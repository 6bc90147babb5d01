"""What a snapshot file holds of an object: the fields that the checks look at, and nothing else.

Certificates, tokens, managed fields and whatever else stands in an object are left out because they
are not named here. A test holds this list to the checks: a scenario's report is the same before and
after.
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
        name namespace uid labels annotations creationTimestamp deletionTimestamp generation
    ownerReferences
        type clusterIP clusterIPs externalName ipFamilies ipFamilyPolicy internalTrafficPolicy
    selector ports port protocol
    targetPort nodePort loadBalancer loadBalancerIP loadBalancerClass ingress ip hostname
        subsets addresses notReadyAddresses addressType endpoints conditions ready serving
    terminating nodeName targetRef
        replicas template strategy rollingUpdate maxUnavailable paused progressDeadlineSeconds
    readyReplicas
        updatedReplicas availableReplicas unavailableReplicas observedGeneration matchLabels
    matchExpressions key operator
    values
        containers initContainers image containerPort env args command volumeMounts mountPath
    hostNetwork readinessGates
        conditionType restartPolicy phase podIP podIPs hostIP hostIPs containerStatuses
    initContainerStatuses state
        lastState waiting running terminated reason message exitCode started restartCount
    lastTransitionTime
        involvedObject count firstTimestamp lastTimestamp eventTime series lastObservedTime source
    component
    reportingComponent
        controller availableIPv4 availableIPv6 assignedIPv4 assignedIPv6 autoAssign avoidBuggyIPs
    serviceAllocation
    priority namespaces namespaceSelectors serviceSelectors ipAddressPools ipAddressPoolSelectors
        mode ownerCluster clusters ownerConfig controlPlaneParams
    istio.custom_params.values.global.remotePilotAddress
"""
_FIELDS = frozenset(_NAMES.split())
_MAPS = {"labels", "matchLabels", "selector"}  # of names that people choose
# Mappings of which some fields are kept; the message of a terminated container is the end of a log.
_PICKED = {
    "terminated": {"reason", "exitCode"},
    "annotations": {"endpoints.kubernetes.io/over-capacity", *ANNOTATIONS},
}
_VARIABLES = {
    "CA_ADDR",
    "CLUSTER_ID",
    "ISTIO_META_CLUSTER_ID",
    "ISTIO_META_MESH_ID",
    "ISTIO_META_UNPRIVILEGED_POD",
    "PROXY_CONFIG",
}
_MESH = ("trustDomain", "defaultConfig/meshId", "defaultConfig/discoveryAddress")
_VALUES = (
    "global/meshID",
    "global/remotePilotAddress",
    "global/multiCluster/clusterName",
    "global/istioNamespace",
    "global/caAddress",
)


def prune_all(snapshot: Snapshot) -> Snapshot:
    """A snapshot whose every object is pruned."""
    pruned = {kind: list(map(prune, found)) for kind, found in snapshot.objects.items()}
    return replace(snapshot, objects=pruned)


def prune(obj: Object) -> Object:
    """An object with nothing in it but what the checks look at; what is malformed stays so."""
    kept: Object = _pruned(obj)
    if "data" in obj:
        kept["data"] = _data(obj["data"])
    return kept


def _pruned(value: Any, field: str = "") -> Any:
    """What is kept of a value that stands in a field ("" for the object itself)."""
    if isinstance(value, list):
        return _pruned_list(value, field)
    if isinstance(value, dict):
        return _pruned_mapping(value, field)
    return value


def _pruned_list(values: list[Any], field: str) -> list[Any]:
    if field == "env":
        return _variables(values)
    if field in ("args", "command"):
        kept = []
        for words, _ in class_arguments(texts(values)):
            kept += words
        return kept
    return list(map(_pruned, values))


def _pruned_mapping(held: Object, field: str) -> Object:
    if field in _MAPS and set(map(type, held.values())) <= {str}:
        return held
    kept = {}
    for name, value in held.items():
        if field in _PICKED and name in _PICKED[field]:
            kept[name] = value
        elif field not in _PICKED and name in _FIELDS:
            kept[name] = _pruned(value, name)
    return kept


def _variables(variables: list[Any]) -> list[Object]:
    """Of a container's environment what tells where the proxy, or istiod, belongs."""
    kept: list[Object] = []
    for variable in maps(variables):
        name, value = text(variable, "name"), text(variable, "value")
        if name == "PROXY_CONFIG":
            value = _json(value, ("discoveryAddress",))
        if name in _VARIABLES:
            kept.append({"name": name, "value": value})
    return kept


def _data(data: Any) -> Any:
    """The data of a ConfigMap.

    Mesh configs, the injector's values, MetalLB's configuration of up to 0.12.
    """
    kept: Object = {}
    if "mesh" in mapping(data):
        kept["mesh"] = _mesh(data["mesh"])
    if text(data, "values"):
        kept["values"] = _json(data["values"], _VALUES)
    if text(data, "config"):
        kept["config"] = _pools(data["config"])
    return kept


def _mesh(written: Any) -> Any:
    """A mesh config with what the checks read.

    One that can't be read fails in the same way without its text.
    """
    if not isinstance(written, str):
        return None
    try:
        mesh = yamltext.config(written)
    except yamltext.YAMLTextError as error:
        return _as_malformed(error)
    return json.dumps(_picked(mesh, _MESH)) if isinstance(mesh, dict) else "[]"


def _as_malformed(error: yamltext.YAMLTextError) -> str:
    """A text that YAML refuses with the same error."""
    if error.line:
        # A character that no YAML begins with, in the same line.
        return "\n" * (error.line - 1) + "@"
    # A truth value, or a date, that can't be made.
    return "x: !!bool x" if isinstance(error.__cause__, KeyError) else "2000-99-99"


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
    if not isinstance(config, dict) or "address-pools" not in config:
        return "{}"
    pools = []
    for pool in maps(config, "address-pools"):
        pools.append({"name": text(pool, "name"), "addresses": texts(pool, "addresses")})
    return json.dumps({"address-pools": pools})


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
