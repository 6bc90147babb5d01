"""Scenarios of verify-gateway, and the gateways that several of them share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.lab.gateways import Gateway, GatewayPod
from tests.lab.scenes import Scene
from tests.scenarios.model import Scenario

MESH_GATEWAY = {
    "app": "istio-ingressgateway",
    "mspider.io/mesh-gateway-name": "test-gw",
    "test-gw": "test-gw",
}
EASTWEST = {"app": "istio-eastwestgateway", "istio": "eastwestgateway"}


def scenario(
    name: str, verdict: str, found: Mapping[str, str], *gateways: Gateway, **given: Any
) -> Scenario:
    """A scenario of gateways in a mesh that is otherwise right.

    `given` are fields of the scenario; the others describe the scene.
    """
    fields = {key: given.pop(key) for key in list(given) if key in Scenario.__dataclass_fields__}
    scene = Scene(gateways=gateways, **given)
    return Scenario(f"gateway-{name}", scene, verdict, found, command="verify-gateway", **fields)


def gateway_of(*pods: GatewayPod, **given: Any) -> Gateway:
    """A gateway with these Pods, as many as it wants unless `given` says otherwise."""
    return Gateway(pods=pods, **{"replicas": len(pods), **given})


PENDING = Gateway(lb=())
ALLOCATED = Gateway(
    service={"metadata": {"annotations": {"metallb.io/ip-allocated-from-pool": "default"}}}
)
