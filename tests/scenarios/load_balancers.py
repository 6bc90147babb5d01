"""Addresses of load balancers: why there is none, and whether it is announced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.lab import gateways as gw
from tests.lab.gateways import Gateway, GatewayPod, refused
from tests.lab.objects import Object
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER
from tests.scenarios.gateway_model import ALLOCATED, EASTWEST, PENDING, gateway_of, scenario
from tests.scenarios.metallb import (
    CONTROLLER,
    ELSEWHERE,
    KUBE_SYSTEM,
    NO_IP,
    PENDING_REASONS,
    advertisement,
    asking,
    metallb_pod,
    pool,
    restricted_pool,
)
from tests.scenarios.model import BOTH, FAIL, SKIP, UNKNOWN, WARN, Scenario


def _of_uid(uid: str, event: Object) -> Object:
    return {**event, "involvedObject": {**event["involvedObject"], "uid": uid}}


HOSTED_LB = "istiod-hosted-mesh-hosted-lb"


def _pending(name: str, code: str, gateway: Gateway, *objects: Object, **given: Any) -> Scenario:
    return scenario(
        name, "fail", {code: FAIL}, gateway, extra={"workload": objects}, live=False, **given
    )


def _hosted_lb_pending(name: str, code: str, gateway: Gateway, *objects: Object) -> Scenario:
    """hosted-lb of a cluster that is its own workload cluster, for the same reason.

    Nothing there depends on it.
    """
    events = [
        gw.event("Service", HOSTED_LB, *event, component="metallb-controller")
        for event in gateway.service_events
    ]
    return scenario(
        f"hosted-lb-{name}",
        "pass",
        {code: WARN, "GatewayNeedsNoAddress": SKIP},
        Gateway(kind="NodePort", lb=()),
        both=True,
        remote=(HOSTED_POD,),
        lb=gateway.lb and (LOAD_BALANCER,),
        patches={f"Service/{HOSTED_LB}": gateway.service or {}},
        extra={"control-plane": (*objects, *events)},
        live=False,
        **BOTH,
    )


LOAD_BALANCERS = [
    scenario(
        "allocated-and-announced",
        "pass",
        {},
        ALLOCATED,
        extra={"workload": (pool(), advertisement())},
        live=False,
    ),
    scenario(
        "announced-by-selector",
        "pass",
        {},
        ALLOCATED,
        extra={
            "workload": (
                pool(labels={"zone": "a"}),
                advertisement("other", ipAddressPools=["other"]),
                advertisement(
                    "bgp",
                    "BGPAdvertisement",
                    ipAddressPoolSelectors=[{"matchLabels": {"zone": "a"}}],
                ),
            )
        },
        live=False,
    ),
    *[
        _pending(name, code, gateway, *objects)
        for name, (code, gateway, objects) in PENDING_REASONS.items()
    ],
    _pending(
        "no-controller",
        "LoadBalancerNotReady",
        PENDING,
        pool(),
        metallb_pod("metallb-system", False),
    ),
    _pending(
        "no-auto-assign", "AddressPoolNotAllowed", PENDING, CONTROLLER, pool(autoAssign=False)
    ),
    _pending(
        "service-selectors",
        "AddressPoolNotAllowed",
        PENDING,
        CONTROLLER,
        restricted_pool(serviceSelectors=[{"matchLabels": {"app": "other"}}]),
    ),
    _pending(
        "exhausted-by-event",
        "AddressPoolExhausted",
        replace(PENDING, service_events=(NO_IP,)),
        CONTROLLER,
        pool(free=None),
    ),
    _pending(
        "other-family", "AddressPoolExhausted", PENDING, CONTROLLER, pool("six", "fd00::/120")
    ),
    _pending(
        "address-taken",
        "AllocationFailed",
        replace(
            asking(loadBalancerIPs="10.64.30.82"),
            service_events=(("AllocationFailed", "can't change sharing key", 1),),
        ),
        CONTROLLER,
        pool(),
    ),
    _pending(
        "class-of-metallb",
        "LoadBalancerClassUnserved",
        PENDING,
        metallb_pod("metallb-system", True, "--lb-class=metallb"),
        pool(),
    ),
    _pending("free-address", "AddressPending", PENDING, CONTROLLER, pool()),
    _pending("nothing-captured", "AddressPending", PENDING),
    scenario(
        "legacy-configuration",
        "fail",
        {"AddressPending": FAIL},
        PENDING,
        extra={
            "workload": (
                CONTROLLER,
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "config", "namespace": "metallb-system"},
                    "data": {
                        "config": "address-pools: "
                        "[{name: default, protocol: layer2, addresses: [10.64.30.0/24]}]"
                    },
                },
            )
        },
        live=False,
    ),
    scenario(
        "not-announced",
        "fail",
        {"AddressNotAnnounced": FAIL},
        ALLOCATED,
        extra={
            "workload": (
                pool(),
                advertisement("other", ipAddressPools=["other"]),
                advertisement("bgp", "BGPAdvertisement", ipAddressPools=["third"]),
            )
        },
        live=False,
    ),
    scenario(
        "two-pending",
        "fail",
        {"AddressPoolMissing": FAIL},
        PENDING,
        Gateway(
            "istio-eastwestgateway", EASTWEST, lb=(), pods=(GatewayPod("10.244.0.18", ready=True),)
        ),
        extra={"workload": PENDING_REASONS["no-pool"][2]},
        live=False,
        causes={"AddressPoolMissing": "AddressPoolMissing"},
    ),
    *[
        _hosted_lb_pending(name, code, gateway, *objects)
        for name, (code, gateway, objects) in PENDING_REASONS.items()
    ],
    _hosted_lb_pending(
        "not-announced",
        "AddressNotAnnounced",
        ALLOCATED,
        pool(),
        advertisement(ipAddressPools=["other"]),
        advertisement("bgp", "BGPAdvertisement", ipAddressPools=["third"]),
    ),
    scenario(
        "no-pool-for-hosted-lb",
        "fail",
        {
            "AddressPoolMissing": FAIL,
            "AddressUndetermined": UNKNOWN,
            "GatewayNotReady": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        gateway_of(refused()),
        lb=(),
        configured=None,
        extra={"control-plane": PENDING_REASONS["no-pool"][2]},
        live=False,
        causes={"GatewayNotReady": "AddressPoolMissing"},
    ),
    _pending(
        "no-pool-for-the-class",
        "AddressPoolMissing",
        replace(PENDING, service={"spec": {"loadBalancerClass": "metallb"}}),
        metallb_pod("metallb-system", True, "--lb-class=metallb"),
        *PENDING_REASONS["no-pool"][2][1:],
    ),
    _pending(
        "event-of-another-controller",
        "LoadBalancerMissing",
        PENDING,
        KUBE_SYSTEM,
        gw.event(
            "Service",
            "istio-ingressgateway",
            "FailedToUpdateEndpointSlices",
            "conflict",
            1,
            component="endpoint-slice-controller",
        ),
    ),
    _pending(
        "event-of-an-earlier-one",
        "AddressPending",
        replace(PENDING, service={"metadata": {"uid": "2f5e"}}),
        CONTROLLER,
        pool(),
        _of_uid(
            "1a2b",
            gw.event("Service", "istio-ingressgateway", *NO_IP, component="metallb-controller"),
        ),
    ),
    scenario(
        "one-service-of-two-gateways",
        "fail",
        {"AddressPoolUnknown": FAIL},
        asking(address_pool="gone"),
        Gateway(
            "istio-ingressgateway-canary",
            gw.INGRESS,
            service=None,
            pods=(GatewayPod("10.244.0.40", ready=True),),
        ),
        patches={
            "EndpointSlice/istio-ingressgateway-x7k2p": {
                "endpoints": [{"addresses": ["10.244.0.17"]}, {"addresses": ["10.244.0.40"]}]
            }
        },
        extra={"workload": (CONTROLLER, pool())},
        live=False,
        count={"AddressPoolUnknown": 1, "GatewayServiceReachesPods": 1},
    ),
    scenario(
        "two-of-one-silent-pool",
        "fail",
        {"AddressNotAnnounced": FAIL},
        ALLOCATED,
        replace(
            ALLOCATED,
            name="istio-eastwestgateway",
            labels=EASTWEST,
            lb=("10.64.30.81",),
            pods=(GatewayPod("10.244.0.18", ready=True),),
        ),
        extra={"workload": (pool(), advertisement("other", ipAddressPools=["other"]))},
        live=False,
        causes={"AddressNotAnnounced": "AddressNotAnnounced"},
    ),
    scenario(
        "both-roles-without-a-load-balancer",
        "fail",
        {"LoadBalancerMissing": FAIL},
        PENDING,
        both=True,
        remote=(HOSTED_POD,),
        lb=(),
        extra={"control-plane": (KUBE_SYSTEM, ELSEWHERE)},
        live=False,
        causes={"LoadBalancerMissing": "LoadBalancerMissing"},
        **BOTH,
    ),
    scenario(
        "pool-is-gone",
        "fail",
        {"AddressNotAnnounced": FAIL},
        ALLOCATED,
        extra={"workload": (pool("other", "192.0.2.0/24"), advertisement())},
        live=False,
    ),
    scenario(
        "another-service-has-an-address",
        "fail",
        {"AddressPending": FAIL},
        PENDING,
        Gateway(
            "istio-eastwestgateway",
            EASTWEST,
            lb=("10.64.30.81",),
            pods=(GatewayPod("10.244.0.18", ready=True),),
        ),
        extra={"workload": (KUBE_SYSTEM, ELSEWHERE)},
        live=False,
    ),
    scenario(
        "allocated-host-name",
        "pass",
        {},
        ALLOCATED,
        extra={"workload": (pool(), advertisement("other", ipAddressPools=["other"]))},
        patches={
            "Service/istio-ingressgateway": {
                "status": {"loadBalancer": {"ingress": [{"hostname": "gw.example.com"}]}}
            }
        },
        live=False,
    ),
]
