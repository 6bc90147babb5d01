"""The object behind istiod-remote as it should be (`-o patch`), and the cluster as it would be
with it.
"""

from __future__ import annotations

from dataclasses import replace

from kubectl_mesh.checks.remote.addresses import is_shadowed
from kubectl_mesh.checks.remote.target import Target
from kubectl_mesh.findings.model import Finding
from kubectl_mesh.kube.objects import Object, labels_of, mapping, name_of
from kubectl_mesh.kube.routing import SERVICE_NAME_LABEL, mirrored
from kubectl_mesh.kube.snapshot import Snapshot

_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_MIRRORING = "endpointslicemirroring-controller.k8s.io"
# The findings that another content of the endpoints fixes; every wrong address is one, too.
_FIXED_BY_ENDPOINTS = {
    "NoEndpoints",
    "NoReadyEndpoints",
    "XDSPortMissing",
    "XDSPortNotJoined",
    "WebhookPortMissing",
}


def wanted_object(target: Target, found: Finding) -> Object | None:
    """The object that a finding is about as it should be; None where no object's content alone
    fixes the fault.
    """
    if not target.right_addresses or not _is_fixed_by_endpoints(target, found):
        return None
    holder = None
    if found.object.kind != "Service":
        holder = _find(target, found)
        if holder is None:
            return None
    return target.repair.manifest(target.remote.namespace, target.right_addresses, holder)


def _find(target: Target, found: Finding) -> Object | None:
    """The object that a finding is about."""
    if found.object.kind == "Endpoints":
        return target.endpoints
    named = [slice_ for slice_ in target.slices if name_of(slice_) == found.object.name]
    return named[0] if named else None


def _is_fixed_by_endpoints(target: Target, found: Finding) -> bool:
    if found.code in _FIXED_BY_ENDPOINTS:
        return True
    wrong = found.code.startswith("AddressIs") and found.code != "AddressIsExpected"
    return wrong and not is_shadowed(target, (found.actual or [""])[0])


def cluster_with(target: Target, made: Object) -> Snapshot | None:
    """The cluster with an object in it, and what controllers make of that; None where one would
    write it back.
    """
    kind, cluster = made["kind"], target.cluster
    there = cluster.find(kind, name_of(made), target.remote.namespace) or {}
    metadata = {**mapping(there, "metadata"), **made["metadata"]}
    changed = {**there, **made, "metadata": metadata}
    slices = list(cluster.objects.get("EndpointSlice", []))
    is_mirrored = not target.endpoints_alone and not target.never_mirrored
    if kind == "Endpoints" and is_mirrored:
        slices = _mirrored_anew(target, slices, changed)
    elif labels_of(there).get(_MANAGED_BY) == _MIRRORING:
        return None
    with_object = replace(cluster, objects={**cluster.objects, "EndpointSlice": slices})
    with_object.add(kind, [changed])
    return with_object


def _mirrored_anew(target: Target, slices: list[Object], endpoints: Object) -> list[Object]:
    """The slices once the mirroring controller has followed an Endpoints object."""
    kept = [s for s in slices if not (_is_own(target, s) and _is_mirror(s))]
    labels = {SERVICE_NAME_LABEL: target.remote.name, _MANAGED_BY: _MIRRORING}
    for number, slice_ in enumerate(mirrored(endpoints)):
        metadata = {**endpoints["metadata"], "name": f"new-{number}", "labels": labels}
        kept.append({**slice_, "kind": "EndpointSlice", "metadata": metadata})
    return kept


def _is_own(target: Target, slice_: Object) -> bool:
    return any(own is slice_ for own in target.slices)


def _is_mirror(slice_: Object) -> bool:
    return labels_of(slice_).get(_MANAGED_BY) == _MIRRORING
