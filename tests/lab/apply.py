"""Brings a scene into the lab's clusters, with status written as kubelets and load balancers write it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from kubectl_mesh.reads import RESOURCES
from tests.lab.clusters import Lab
from tests.lab.scenes import MIRRORED, Object, Scene

_SECONDS = 30.0


def apply(lab: Lab, scene: Scene) -> None:
    """Create a scene's objects in its namespace and wait until the controllers have done their part."""
    for cluster, objects in scene.clusters().items():
        _Target(lab, cluster, scene.namespace).create(objects)


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
        self.api("POST", "/api/v1/namespaces", {"metadata": {"name": self.namespace}})
        mirrored: list[Object] = []
        owned: dict[str, list[Object]] = {}
        for obj in objects:
            managed_by = obj["metadata"].get("labels", {}).get("endpointslice.kubernetes.io/managed-by")
            owner = obj["metadata"].get("ownerReferences", [{}])[0].get("name", "").rpartition("-")[0]
            living = obj.get("status", {}).get("phase") == "Running" and "deletionTimestamp" not in obj["metadata"]
            if managed_by == MIRRORED:
                mirrored.append(obj)  # the real controller makes it
            elif (
                obj["kind"] == "Pod"
                and living
                and any(o["kind"] == "Deployment" and o["metadata"]["name"] == owner for o in objects)
            ):
                owned.setdefault(owner, []).append(obj)  # the Deployment makes it
            else:
                self._create(obj)
        for owner, pods in owned.items():
            self._fill(owner, pods)
        for obj in mirrored:
            service = obj["metadata"]["labels"]["kubernetes.io/service-name"]
            wanted = sorted(a for e in obj["endpoints"] for a in e["addresses"])
            self._wait(f"slices of {service}", partial(self._mirrored, service, wanted))

    def _create(self, obj: Object) -> None:
        metadata = dict(obj["metadata"])
        terminating = metadata.pop("deletionTimestamp", None)
        if terminating:
            metadata["finalizers"] = ["kubectl-mesh.lab/keep"]
        self.api("POST", self.path(obj["kind"]), {**obj, "metadata": metadata})
        if "status" in obj:
            path = self.path(obj["kind"], obj["metadata"]["name"], "status")
            self.api("PATCH", path, {"status": _status(obj["status"])})
        if terminating:
            self.api("DELETE", self.path(obj["kind"], obj["metadata"]["name"]))

    def _fill(self, owner: str, pods: list[Object]) -> None:
        """Give the Pods that the Deployment's controllers made a node and the scene's status."""
        labels = ",".join(f"{key}={value}" for key, value in pods[0]["metadata"]["labels"].items())
        query = f"{self.path('Pod')}?labelSelector={quote(labels)}"

        def made() -> list[Object]:
            found: list[Object] = self.api("GET", query)["items"]
            names = sorted(f["metadata"]["name"] for f in found if "pod-template-hash" in f["metadata"]["labels"])
            return [{"name": n} for n in names] if len(names) >= len(pods) else []

        for target, pod in zip(self._wait(f"Pods of {owner}", made), pods, strict=True):
            binding = {"metadata": {"name": target["name"]}, "target": {"kind": "Node", "name": "node-1"}}
            self.api("POST", self.path("Pod", target["name"], "binding"), binding)
            self.api("PATCH", self.path("Pod", target["name"], "status"), {"status": _status(pod["status"])})

    def _mirrored(self, service: str, wanted: list[str]) -> bool:
        query = f"{self.path('EndpointSlice')}?labelSelector={quote(f'kubernetes.io/service-name={service}')}"
        found = [
            sorted(a for e in s["endpoints"] or [] for a in e["addresses"]) for s in self.api("GET", query)["items"]
        ]
        return wanted in found

    def _wait(self, what: str, probe: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + _SECONDS
        while True:
            found = probe()
            if found:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.cluster}: {what} did not appear within {_SECONDS:g} s")
            time.sleep(0.05)


def _status(status: Object) -> Object:
    """What an API server of today takes: a status with its required fields filled in."""
    filled = dict(status)
    if "podIP" in filled:
        filled["hostIPs"] = [{"ip": filled["hostIP"]}]
        if not filled["podIP"]:
            del filled["podIP"]
    return filled
