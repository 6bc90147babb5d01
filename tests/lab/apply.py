"""Brings a scene into the lab's clusters.

Status is written as kubelets and load balancers write it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from kubectl_mesh.mesh.resources import RESOURCES
from tests.lab.clusters import Lab
from tests.lab.gateways import EARLIER, SLICE_CONTROLLER, TEMPLATE
from tests.lab.objects import Object
from tests.lab.scenes import MIRRORED, Scene

_SECONDS = 30.0


def apply(lab: Lab, scene: Scene) -> None:
    """Create a scene's objects and wait until the controllers have done their part."""
    for cluster, objects in scene.clusters().items():
        for namespace in dict.fromkeys(
            [scene.namespace, *(o["metadata"]["namespace"] for o in objects)]
        ):
            _Target(lab, cluster, namespace).create(
                [o for o in objects if o["metadata"]["namespace"] == namespace]
            )


class _Target:
    def __init__(self, lab: Lab, cluster: str, namespace: str) -> None:
        self.lab, self.cluster, self.namespace = lab, cluster, namespace

    def path(self, kind: str, name: str = "", sub: str = "") -> str:
        group, resource = RESOURCES[kind]
        parts = [f"/{group}/namespaces/{self.namespace}/{resource}", name, sub]
        return "/".join(part for part in parts if part)

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return self.lab.api(self.cluster, method, path, body)

    def create(self, objects: list[Object]) -> None:
        self.lab.namespace(self.cluster, self.namespace)
        mirrored: list[Object] = []
        sliced: list[Object] = []
        events: list[Object] = []
        owned: dict[str, list[Object]] = {}
        for obj in objects:
            managed_by = (
                obj["metadata"].get("labels", {}).get("endpointslice.kubernetes.io/managed-by")
            )
            owner = (
                obj["metadata"].get("ownerReferences", [{}])[0].get("name", "").rpartition("-")[0]
            )
            template = obj["metadata"].get("labels", {}).get("pod-template-hash")
            phases = ("Running", "Pending") if template == TEMPLATE else ("Running",)
            living = (
                obj.get("status", {}).get("phase") in phases
                and "deletionTimestamp" not in obj["metadata"]
            )
            if managed_by in (MIRRORED, SLICE_CONTROLLER):
                (mirrored if managed_by == MIRRORED else sliced).append(
                    obj
                )  # the real controller makes it
            elif obj["kind"] == "Event":
                events.append(obj)
            elif (
                obj["kind"] == "Pod"
                and living
                and template in (None, TEMPLATE)
                and any(
                    o["kind"] == "Deployment" and o["metadata"]["name"] == owner for o in objects
                )
            ):
                owned.setdefault(owner, []).append(obj)  # the Deployment makes it
            else:
                self._create(obj)
        names: dict[str, str] = {}
        for owner, pods in owned.items():
            names |= self._fill(owner, pods)
        for event in events:
            about = event["involvedObject"]
            about |= {"name": names.get(about["name"], about["name"]), "namespace": self.namespace}
            self._create(event)
        for obj in mirrored:
            service = obj["metadata"]["labels"]["kubernetes.io/service-name"]
            wanted = sorted(a for e in obj["endpoints"] for a in e["addresses"])
            wait(f"slices of {service}", partial(self._mirrored, service, wanted))
        for obj in sliced:
            service = obj["metadata"]["labels"]["kubernetes.io/service-name"]
            ready = sorted(
                a for e in obj["endpoints"] if e["conditions"]["ready"] for a in e["addresses"]
            )
            wait(f"slices of {service}", partial(self._sliced, service, ready))

    def _create(self, obj: Object) -> None:
        metadata = dict(obj["metadata"])
        terminating = metadata.pop("deletionTimestamp", None)
        if terminating:
            metadata["finalizers"] = ["kubectl-mesh.lab/keep"]
        self.api("POST", self.path(obj["kind"]), {**obj, "metadata": metadata})
        if "status" in obj and obj["kind"] != "Deployment":  # its controller writes it
            path = self.path(obj["kind"], obj["metadata"]["name"], "status")
            self.api("PATCH", path, {"status": _status(obj["status"])})
        if terminating:
            self.api("DELETE", self.path(obj["kind"], obj["metadata"]["name"]))

    def _fill(self, owner: str, pods: list[Object]) -> dict[str, str]:
        """Give the Pods that the Deployment's controllers made a node and the scene's status.

        The result is their names there.
        """
        held = {k: v for k, v in pods[0]["metadata"]["labels"].items() if k != "pod-template-hash"}
        labels = ",".join(f"{key}={value}" for key, value in held.items())
        query = f"{self.path('Pod')}?labelSelector={quote(labels)}"

        def made() -> list[Object]:
            found: list[Object] = self.api("GET", query)["items"]
            hashes = {
                f["metadata"]["name"]: f["metadata"]["labels"].get("pod-template-hash")
                for f in found
            }
            names = sorted(
                name for name, template in hashes.items() if template not in (None, EARLIER)
            )
            return [{"name": n} for n in names] if len(names) >= len(pods) else []

        targets = wait(f"Pods of {owner}", made)
        for target, pod in zip(targets, pods, strict=True):
            binding = {
                "metadata": {"name": target["name"]},
                "target": {"kind": "Node", "name": "node-1"},
            }
            if "nodeName" in pod["spec"]:
                self.api("POST", self.path("Pod", target["name"], "binding"), binding)
            self.api(
                "PATCH",
                self.path("Pod", target["name"], "status"),
                {"status": _status(pod["status"])},
            )

        wait(f"the conditions of {owner}", partial(self._observed, owner))
        return {
            pod["metadata"]["name"]: target["name"]
            for target, pod in zip(targets, pods, strict=True)
        }

    def _observed(self, owner: str) -> bool:
        """Whether the Deployment's controller has told which ReplicaSet is the current one."""
        conditions = (
            self.api("GET", self.path("Deployment", owner)).get("status", {}).get("conditions", [])
        )
        return any(c["type"] == "Progressing" for c in conditions)

    def _sliced(self, service: str, ready: list[str]) -> bool:
        selector = quote(f"kubernetes.io/service-name={service}")
        query = f"{self.path('EndpointSlice')}?labelSelector={selector}"
        found = [e for s in self.api("GET", query)["items"] for e in s["endpoints"] or []]
        return ready == sorted(a for e in found if e["conditions"]["ready"] for a in e["addresses"])

    def _mirrored(self, service: str, wanted: list[str]) -> bool:
        selector = quote(f"kubernetes.io/service-name={service}")
        query = f"{self.path('EndpointSlice')}?labelSelector={selector}"
        found = [
            sorted(a for e in s["endpoints"] or [] for a in e["addresses"])
            for s in self.api("GET", query)["items"]
        ]
        return wanted in found


def wait(what: str, probe: Callable[[], Any]) -> Any:
    """What `probe` finds, once it finds something. Raises TimeoutError."""
    deadline = time.monotonic() + _SECONDS
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not seen within {_SECONDS:g} s")
        time.sleep(0.05)


def _status(status: Object) -> Object:
    """What an API server of today takes: a status with its required fields filled in."""
    filled = dict(status)
    if "podIP" in filled and "hostIP" in filled:
        filled["hostIPs"] = [{"ip": filled["hostIP"]}]
        if not filled["podIP"]:
            del filled["podIP"]
    return filled
