"""The real MetalLB controller in a cluster of the lab.

Its CRDs, the Pod that stands for it, and the process itself.
"""

from __future__ import annotations

import subprocess
import sys
import urllib.error
from functools import partial
from pathlib import Path

import yaml

from tests.lab import binaries
from tests.lab.apply import wait
from tests.lab.clusters import Lab, die_with_parent, free_ports
from tests.lab.objects import Object
from tests.lab.scenes import NODE_IP

NAMESPACE = "metallb-system"
_LABELS = {"app": "metallb", "component": "controller"}  # as in its manifests
_API = "/apis/metallb.io/v1beta1"


def install(lab: Lab, cluster: str) -> None:
    """Install MetalLB and start its controller; it ends with the lab."""
    for path in sorted((lab.bin / binaries.CRDS).iterdir()):
        crd = yaml.safe_load(path.read_text())
        lab.api(cluster, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
    for kind in ("ipaddresspools", "l2advertisements", "bgpadvertisements"):
        wait(f"{kind} to be served", partial(_served, lab, cluster, kind))
    lab.namespace(cluster, NAMESPACE)
    container = {
        "name": "controller",
        "image": "quay.io/metallb/controller:v0.15.2",
        "args": ["--port=7472"],
    }
    pod = {
        "metadata": {"name": "controller-68bf958bf9-hx7kq", "labels": _LABELS},
        "spec": {"containers": [container]},
    }
    lab.api(cluster, "POST", f"/api/v1/namespaces/{NAMESPACE}/pods", pod)
    set_ready(lab, cluster, True)
    environment = {
        "KUBECONFIG": str(lab.folder / cluster / "admin.kubeconfig"),
        "METALLB_NAMESPACE": NAMESPACE,
        "METALLB_DEPLOYMENT": "controller",
    }
    arguments = ["--webhook-mode=disabled", "--disable-cert-rotation", f"--port={free_ports(1)[0]}"]
    log: Path = lab.folder / f"{cluster}-metallb.log"
    with log.open("wb") as output:
        lab.processes.append(
            subprocess.Popen(
                [str(lab.bin / "metallb-controller"), *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent if sys.platform == "linux" else None,
            )
        )


def set_ready(lab: Lab, cluster: str, ready: bool) -> None:
    """Write the status of the controller's Pod, as a kubelet would."""
    conditions = [{"type": "Ready", "status": str(ready)}]
    status = {
        "phase": "Running",
        "podIP": "10.233.90.4",
        "hostIP": NODE_IP,
        "conditions": conditions,
    }
    status |= {"podIPs": [{"ip": "10.233.90.4"}], "hostIPs": [{"ip": NODE_IP}]}
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/controller-68bf958bf9-hx7kq/status"
    lab.api(cluster, "PATCH", path, {"status": status})


def create(lab: Lab, cluster: str, obj: Object) -> None:
    """Create one of MetalLB's objects."""
    lab.api(cluster, "POST", f"{_API}/namespaces/{NAMESPACE}/{obj['kind'].lower()}s", obj)


def clear(lab: Lab, cluster: str) -> None:
    """Delete every pool and advertisement, and every LoadBalancer Service."""
    for kind in ("ipaddresspools", "l2advertisements", "bgpadvertisements"):
        lab.api(cluster, "DELETE", f"{_API}/namespaces/{NAMESPACE}/{kind}")
    for service in lab.api(cluster, "GET", "/api/v1/services")["items"]:
        if service["spec"].get("type") == "LoadBalancer":
            where, name = service["metadata"]["namespace"], service["metadata"]["name"]
            lab.api(cluster, "DELETE", f"/api/v1/namespaces/{where}/services/{name}")


def _served(lab: Lab, cluster: str, kind: str) -> bool:
    try:
        lab.api(cluster, "GET", f"{_API}/{kind}")
    except urllib.error.HTTPError:
        return False
    return True
