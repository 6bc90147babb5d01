"""MetalLB's objects, and the reasons why a Service has no address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.lab import gateways as gw
from tests.lab.gateways import Gateway
from tests.lab.objects import Object
from tests.lab.scenes import Pod, pod
from tests.scenarios.gateway_model import PENDING


def metallb_pod(namespace: str = "metallb-system", ready: bool = True, *args: str) -> Object:
    """MetalLB's controller, as its manifests label it."""
    made = pod(
        "controller",
        0,
        {"app": "metallb", "component": "controller"},
        Pod("10.233.90.4", ready=ready),
    )
    made["spec"]["containers"] = [
        {"name": "controller", "image": "quay.io/metallb/controller:v0.15.2", "args": list(args)}
    ]
    made["metadata"]["namespace"] = namespace
    return made


def metallb(
    kind: str, name: str, spec: Mapping[str, Any], namespace: str = "metallb-system", **more: Any
) -> Object:
    """One of MetalLB's own objects."""
    metadata = {"name": name, "namespace": namespace, "labels": more.pop("labels", {})}
    return {
        "apiVersion": "metallb.io/v1beta1",
        "kind": kind,
        "metadata": metadata,
        "spec": dict(spec),
        **more,
    }


def pool(name: str = "default", *addresses: str, free: int | None = 2, **given: Any) -> Object:
    """An address pool; `free` is what its status says, None where it says nothing (before 0.15)."""
    status: dict[str, Any] = (
        {}
        if free is None
        else {"status": {"availableIPv4": free, "assignedIPv4": 1, "availableIPv6": 0}}
    )
    labels = given.pop("labels", {})
    spec = {"addresses": list(addresses or ["10.64.30.80-10.64.30.89"]), **given}
    return metallb("IPAddressPool", name, spec, labels=labels, **status)


def advertisement(name: str = "default", kind: str = "L2Advertisement", **spec: Any) -> Object:
    """An advertisement."""
    return metallb(kind, name, spec)


CONTROLLER = metallb_pod()
NO_IP = (
    "AllocationFailed",
    'Failed to allocate IP for "istio-system/istio-ingressgateway": no available IPs',
    4,
)


def asking(**annotations: str) -> Gateway:
    """A pending gateway Service that asks MetalLB for something."""
    named = {
        f"metallb.universe.tf/{key.replace('_', '-')}": value for key, value in annotations.items()
    }
    return replace(PENDING, service={"metadata": {"annotations": named}})


def restricted_pool(**spec: Any) -> Object:
    """A pool that only some Services may use."""
    return pool("restricted", serviceAllocation=spec)


# Why a Service has no address: what MetalLB's objects and the Service itself say, and the finding's
# code. Each is held once by the gateway's Service, and once by hosted-lb of a cluster that is its
# own workload cluster.
PENDING_REASONS: dict[str, tuple[str, Gateway, tuple[Object, ...]]] = {
    "controller-down": ("LoadBalancerNotReady", PENDING, (metallb_pod(ready=False), pool())),
    "no-pool": (
        "AddressPoolMissing",
        PENDING,
        (
            CONTROLLER,
            pool("elsewhere") | {"metadata": {"name": "elsewhere", "namespace": "default"}},
        ),
    ),
    "unknown-pool": ("AddressPoolUnknown", asking(address_pool="gone"), (CONTROLLER, pool())),
    "pool-of-other-namespaces": (
        "AddressPoolNotAllowed",
        PENDING,
        (CONTROLLER, restricted_pool(namespaces=["other"])),
    ),
    "pool-exhausted": ("AddressPoolExhausted", PENDING, (CONTROLLER, pool(free=0))),
    "address-in-no-pool": (
        "AddressNotInPool",
        replace(PENDING, service={"spec": {"loadBalancerIP": "192.0.2.9"}}),
        (CONTROLLER, pool()),
    ),
    "unserved-class": (
        "LoadBalancerClassUnserved",
        replace(PENDING, service={"spec": {"loadBalancerClass": "example.com/lb"}}),
        (CONTROLLER, pool()),
    ),
    "event": (
        "AllocationFailed",
        replace(
            PENDING,
            service_events=(
                ("SyncLoadBalancerFailed", "Error syncing load balancer: quota exceeded", 3),
            ),
        ),
        (CONTROLLER, pool()),
    ),
}
KUBE_SYSTEM = pod("coredns", 0, {"k8s-app": "kube-dns"}, Pod("10.233.90.9"))
KUBE_SYSTEM["metadata"]["namespace"] = "kube-system"
ELSEWHERE = gw.event(
    "Pod", "debug", "Unhealthy", "shows that events were captured", 1, component="kubelet"
)
# Files with Pods of kube-system were taken in all namespaces: that MetalLB is not among them
# says something.
PENDING_REASONS["no-load-balancer"] = ("LoadBalancerMissing", PENDING, (KUBE_SYSTEM, ELSEWHERE))
