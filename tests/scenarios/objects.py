"""Objects and patches that scenarios of several subjects share."""

from __future__ import annotations

from tests.lab.objects import Object
from tests.lab.scenes import (
    Pod,
    Scene,
    endpoints,
    hosted_objects,
    mesh_yaml,
    pod,
    service,
    with_mirrors,
)


def control_plane(mesh: str, lb: str, ip: str) -> tuple[Object, ...]:
    """A second mesh's control plane, for the cluster that has one already."""
    made = hosted_objects(Scene(mesh=mesh, lb=(lb,), pods=(Pod(ip),)))
    return tuple(o for o in made if "ckube" not in o["metadata"]["name"])


def wired_to(discovery: str, mesh: str | None = "hosted-mesh") -> Object:
    """A patch for a mesh ConfigMap."""
    return {"data": {"mesh": mesh_yaml(mesh, discovery)}}


NOWHERE = "192.0.2.55"
REMOTE_PORTS = [
    {"name": "tcp-istiod", "port": 15012, "protocol": "TCP", "targetPort": 15012},
    {"name": "tcp-webhook", "port": 443, "protocol": "TCP", "targetPort": 15017},
]
OTHER_POD = pod("debug", 0, {"app": "debug"}, Pod("10.233.97.9"))
# Endpoints and a slice of another Service, so that a file shows that both kinds were captured.
GATEWAY = (
    service("gateway", ((15021, "status-port"),)),
    *with_mirrors(endpoints("gateway", ["10.233.97.30"], ports=((15021, "status-port"),))),
)


def unmirrored(*addresses: str) -> Object:
    """Endpoints that no slice mirrors."""
    written = endpoints("istiod-remote", addresses)
    written["metadata"]["labels"] = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    return written
