"""The commands that mend istiod-remote. They are printed, never run."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

from kubectl_mesh.catalog import Shell, phrase
from kubectl_mesh.report import clean
from kubectl_mesh.routing import is_ip, normalise, service_ports
from kubectl_mesh.snapshot import Object, maps, name_of, text
from kubectl_mesh.topology import WEBHOOK_PORT, WEBHOOK_SERVICE_PORT, XDS_PORT

# The GlobalMesh's name for the setting that mspider renders istiod-remote from.
_REMOTE_PILOT_ADDRESS = "istio.custom_params.values.global.remotePilotAddress"


@dataclass(frozen=True)
class Repair:
    """Writes commands for one istiod-remote, from what stands in the cluster.

    `endpoints` is the object that its addresses stand in: Endpoints, an EndpointSlice, or None. `again` is
    the command that verifies it once more.
    """

    kubectl: Shell
    again: Shell
    mesh_id: str | None
    name: str
    service: Object | None
    endpoints: Object | None

    def addresses(self, pattern: str | None, right: list[str] | None, configured: str | None) -> Shell:
        """How the right addresses get there: by the mesh's own setting, which lasts, and in the object itself."""
        if not right:
            return phrase("fix-unknown", again=self.again)
        patch = self.write_endpoints(right)
        if pattern == "hosted":
            return phrase("fix-hosted", patch=patch, again=self.again)
        params = {"controlPlaneParams": {_REMOTE_PILOT_ADDRESS: right[0]}}
        setting = _merge_patch(
            "kubectl -n mspider-system",
            "globalmeshes.discovery.mspider.io",
            self.mesh_id or "MESH",
            {"spec": {"ownerConfig": params}},
        )
        key = "fix-drifted" if normalise(configured or "") in right else "fix-workload"
        return phrase(key, setting=setting, address=right[0], patch=patch, again=self.again)

    def write_endpoints(self, addresses: list[str]) -> Shell:
        """Write addresses and both ports into the object that holds them, or make one."""
        if not is_ip(addresses[0]):
            spec = {"type": "ExternalName", "externalName": addresses[0]}
            return _merge_patch(self.kubectl, "service", self.name, {"spec": spec})
        is_slice = self.endpoints is not None and text(self.endpoints, "kind") == "EndpointSlice"
        ips = [address for address in addresses if is_ip(address)]
        if is_slice:  # which holds one family
            ips = [ip for ip in ips if (":" in ip) == (text(self.endpoints, "addressType") == "IPv6")]
        if not ips or text(self.service, "spec", "type") == "ExternalName":
            return phrase("no-patch", addresses=Shell(", ".join(addresses)))
        named = {port.number: port.name for port in service_ports(self.service or {})}
        ports = [
            {"name": named.get(outer, default), "port": inner, "protocol": "TCP"}
            for outer, inner, default in (
                (XDS_PORT, XDS_PORT, "tcp-istiod"),
                (WEBHOOK_SERVICE_PORT, WEBHOOK_PORT, "tcp-webhook"),
            )
        ]
        if is_slice:
            body: Object = {"endpoints": [{"addresses": ips}], "ports": ports}
            return _merge_patch(self.kubectl, "endpointslice", name_of(self.endpoints or {}), body)
        body = {"subsets": [{"addresses": [{"ip": ip} for ip in ips], "ports": ports}]}
        if self.endpoints is not None:
            return _merge_patch(self.kubectl, "endpoints", self.name, body)
        made = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": self.name}, **body}
        return Shell(f"echo {shlex.quote(_compact(made))} | {self.kubectl} apply -f -")

    def write_service_ports(self) -> Shell:
        """Give the Service both its ports, and leave it the others."""
        ours = (XDS_PORT, WEBHOOK_SERVICE_PORT)
        kept = [port for port in maps(self.service, "spec", "ports") if port.get("port") not in ours]
        ports = [
            {"name": "tcp-istiod", "port": XDS_PORT, "protocol": "TCP"},
            {"name": "tcp-webhook", "port": WEBHOOK_SERVICE_PORT, "targetPort": WEBHOOK_PORT, "protocol": "TCP"},
        ]
        return _merge_patch(self.kubectl, "service", self.name, {"spec": {"ports": ports + kept}})


def _merge_patch(kubectl: str, resource: str, name: str, body: Object) -> Shell:
    return Shell(f"{kubectl} {shlex.join(['patch', resource, clean(name), '--type', 'merge', '-p', _compact(body)])}")


def _compact(body: Object) -> str:
    return json.dumps(body, separators=(",", ":"))
