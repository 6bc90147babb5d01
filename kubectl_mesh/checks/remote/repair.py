"""The commands that mend istiod-remote. They are printed, never run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kubectl_mesh.findings.catalog import Shell, is_name, phrase, word
from kubectl_mesh.kube.objects import Object, mapping, maps, name_of, text
from kubectl_mesh.kube.routing import SERVICE_NAME_LABEL, Port, is_ip, normalise, service_ports
from kubectl_mesh.mesh.names import WEBHOOK_PORT, WEBHOOK_SERVICE_PORT, XDS_PORT

# The GlobalMesh's name for the setting that mspider renders istiod-remote from.
REMOTE_PILOT_ADDRESS = "istio.custom_params.values.global.remotePilotAddress"
SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"
# Service port, endpoint port, and their name where nothing there has one.
_PORTS = ((XDS_PORT, XDS_PORT, "tcp-istiod"), (WEBHOOK_SERVICE_PORT, WEBHOOK_PORT, "tcp-webhook"))


@dataclass(frozen=True)
class Repair:
    """Writes commands for one istiod-remote, from what stands in the cluster.

    `again` is the command that verifies it once more, `global_kubectl` reaches the mesh's
    GlobalMesh.
    """

    kubectl: Shell
    global_kubectl: Shell
    again: Shell
    mesh_id: str | None
    name: str
    service: Object | None

    def addresses(
        self,
        pattern: str | None,
        right: Sequence[str],
        configured: str | None,
        holder: Object | None,
    ) -> Shell:
        """How the right addresses get there: by the mesh's own setting, which lasts, and in the
        object itself.

        `holder` is the Endpoints or EndpointSlice that is wrong, None where there is none.
        """
        patch = self.write_endpoints(right, holder)
        if pattern == "hosted":
            return phrase("fix-hosted", patch=patch, again=self.again)
        setting = self.setting(right[0])
        key = "fix-drifted" if normalise(configured or "") in right else "fix-workload"
        return phrase(key, setting=setting, address=right[0], patch=patch, again=self.again)

    def setting(self, address: str) -> Shell:
        """Set the mesh's control-plane address in the global cluster: what istiod-remote is
        rendered from.
        """
        return set_global_address(self.global_kubectl, self.mesh_id or Shell("MESH"), address)

    def write_endpoints(self, addresses: Sequence[str], holder: Object | None) -> Shell:
        """Write addresses, with the ports that the Service joins, into the object that holds
        them, or make one.
        """
        holder = _unless_servers_own(holder)
        if not is_ip(addresses[0]):
            return self._patch_service(
                {"type": "ExternalName", "externalName": addresses[0], "selector": None}
            )
        subsets = self._subsets(addresses)
        made = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": self.name}, **subsets}
        written = shlex.quote(_compact(made)) if is_name(self.name) else word(self.name)
        applied = f"echo {written} | {self.kubectl} apply -f -"

        if text(self.service, "spec", "type") == "ExternalName":
            missing = {} if self._joined() else {"ports": self._missing_ports([])}
            back = self._patch_service({"type": "ClusterIP", "externalName": None, **missing})
            return _steps(back, applied)
        if mapping(self.service, "spec", "selector"):
            return self._replace_selected(subsets)
        if holder is None:
            return Shell(applied)
        return self._patch_holder(addresses, holder, applied)

    def _replace_selected(self, subsets: Object) -> Shell:
        """Take the selector away: its controller goes on writing what it selects, and leaves its
        slices behind.
        """
        managed = "endpointslice.kubernetes.io/managed-by=endpointslice-controller.k8s.io"
        slices = shlex.quote(f"{SERVICE_NAME_LABEL}={self.name},{managed}")
        return _steps(
            self._patch_service({"selector": None}),
            f"{self.kubectl} delete endpointslices -l {slices}",
            merge_patch(self.kubectl, "endpoints", self.name, subsets),
        )

    def _patch_holder(self, addresses: Sequence[str], holder: Object, applied: str) -> Shell:
        """Write addresses into the Endpoints, or the slice; one of another family is deleted."""
        if text(holder, "kind") == "Endpoints":
            subsets = self._subsets(addresses)
            return merge_patch(self.kubectl, "endpoints", self.name, subsets)
        sliced = self._sliced(addresses, holder)
        if not sliced:
            return _steps(f"{self.kubectl} delete endpointslice {word(name_of(holder))}", applied)
        return merge_patch(self.kubectl, "endpointslice", name_of(holder), sliced)

    def manifest(
        self, namespace: str, addresses: Sequence[str], holder: Object | None
    ) -> Object | None:
        """The object that holds the addresses as it should be, as `kubectl apply` takes it.

        None where more than one object would have to change (`write_endpoints` has the
        commands), and where its name or namespace is none by Kubernetes' rules.
        """
        if not is_name(namespace) or not is_name(name_of(holder or {}) or self.name):
            return None
        external = text(self.service, "spec", "type") == "ExternalName"
        if external or mapping(self.service, "spec", "selector") or not is_ip(addresses[0]):
            return None
        holder = _unless_servers_own(holder)
        if holder is not None and text(holder, "kind") != "Endpoints":
            return self._slice_manifest(namespace, addresses, holder)
        return {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {"name": self.name, "namespace": namespace},
            **self._subsets(addresses),
        }

    def _slice_manifest(
        self, namespace: str, addresses: Sequence[str], holder: Object
    ) -> Object | None:
        """The slice as it should be; None where there is no address of its family."""
        sliced = self._sliced(addresses, holder)
        if not sliced:
            return None
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": name_of(holder),
                "namespace": namespace,
                "labels": {SERVICE_NAME_LABEL: self.name},
            },
            "addressType": text(holder, "addressType"),
            **sliced,
        }

    def _subsets(self, addresses: Sequence[str]) -> Object:
        held = [{"ip": address} for address in addresses if is_ip(address)]
        return {"subsets": [{"addresses": held, "ports": self._ports()}]}

    def _sliced(self, addresses: Sequence[str], holder: Object) -> Object | None:
        """The content of a slice, which holds one family of addresses; None where there is none
        of its family.
        """
        ipv6 = text(holder, "addressType") == "IPv6"
        family = [ip for ip in filter(is_ip, addresses) if (":" in ip) == ipv6]
        if not family:
            return None
        return {"endpoints": [{"addresses": family}], "ports": self._ports()}

    def _joined(self) -> dict[int, str]:
        """The TCP ports of the Service by number, and their names."""
        ports = service_ports(self.service or {})
        return {port.number: port.name for port in ports if port.protocol == "TCP"}

    def _ports(self) -> list[Object]:
        """The endpoint ports that the Service joins, under its names; all where it joins none."""
        joined = self._joined()
        usual = [each for each in _PORTS if each[0] in joined]
        ports: list[Object] = []
        for outer, inner, name in usual or _PORTS:
            ports.append({"name": joined.get(outer, name), "port": inner, "protocol": "TCP"})
        return ports

    def write_service_ports(
        self, held: Sequence[Port], addresses: Sequence[str], holder: Object | None
    ) -> Shell:
        """Give the Service the ports that it lacks, under the names that its endpoints (`held`)
        have.

        Where its own had no names, `addresses` are written into `holder` under the new ones, too.
        """
        missing = self._missing_ports(held)
        taken = {port["name"] for port in missing}
        kept = [port for port in self._named_ports() if port["name"] not in taken]
        ports = kept + missing
        patch = self._patch_service({"ports": ports})
        present = maps(self.service, "spec", "ports")
        unnamed = any(not text(port, "name") for port in present)
        if not unnamed or not addresses:
            return patch
        renamed = replace(self, service={**(self.service or {}), "spec": {"ports": ports}})
        return _steps(patch, renamed.write_endpoints(addresses, holder))

    def _named_ports(self) -> list[Object]:
        """The ports of the Service, each with a name: several ports must have their own."""
        usual = {str(outer): name for outer, _, name in _PORTS}
        named = []
        for port in maps(self.service, "spec", "ports"):
            name = text(port, "name") or usual.get(str(port.get("port")), "other")
            named.append({**port, "name": name})
        return named

    def _missing_ports(self, held: Sequence[Port]) -> list[Object]:
        """The usual ports that the Service lacks, under the names that they have in `held`."""
        names = {port.number: port.name for port in held if port.name and port.protocol == "TCP"}
        joined = self._joined()
        missing: list[Object] = []
        for outer, inner, usual in _PORTS:
            if outer not in joined:
                name = names.get(inner, usual)
                port = {"name": name, "port": outer, "targetPort": inner, "protocol": "TCP"}
                missing.append(port)
        return missing

    def let_mirror(self) -> Shell:
        """Let Endpoints written by hand be mirrored into slices."""
        if mapping(self.service, "spec", "selector"):
            return self._patch_service({"selector": None})
        return Shell(f"{self.kubectl} label endpoints {word(self.name)} {SKIP_MIRROR}-")

    def _patch_service(self, spec: Object) -> Shell:
        return merge_patch(self.kubectl, "service", self.name, {"spec": spec})


def _unless_servers_own(holder: Object | None) -> Object | None:
    """The object, unless it bears the name of the API server's own: a patch of that would cut
    the cluster off.
    """
    return None if holder and name_of(holder) == "kubernetes" else holder


def _steps(*commands: str) -> Shell:
    """Several commands, in the form of a hint's indented lines."""
    return Shell("\n  ".join(commands))


def set_global_address(kubectl: str, mesh_id: str, address: str) -> Shell:
    """Set a mesh's control-plane address in its GlobalMesh."""
    params = {"controlPlaneParams": {REMOTE_PILOT_ADDRESS: address}}
    return merge_patch(
        kubectl, "globalmeshes.discovery.mspider.io", mesh_id, {"spec": {"ownerConfig": params}}
    )


def merge_patch(kubectl: str, resource: str, name: str, body: Object) -> Shell:
    """`kubectl patch` with a JSON merge patch: what it sets to null is taken away."""
    return Shell(
        f"{kubectl} patch {resource} {word(name)} --type merge -p {shlex.quote(_compact(body))}"
    )


def _compact(body: Object) -> str:
    return json.dumps(body, separators=(",", ":"))
