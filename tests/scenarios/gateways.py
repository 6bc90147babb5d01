"""Which gateways are verified, and where that can't be said."""

from __future__ import annotations

from tests.lab import gateways as gw
from tests.lab.gateways import Gateway, GatewayPod, refused
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, config_map, mesh_yaml
from tests.scenarios.gateway_model import EASTWEST, MESH_GATEWAY, PENDING, gateway_of, scenario
from tests.scenarios.load_balancers import HOSTED_LB, _pending
from tests.scenarios.metallb import KUBE_SYSTEM
from tests.scenarios.model import BOTH, FAIL, LONE, SKIP, UNKNOWN, WARN
from tests.scenarios.objects import wired_to

GATEWAYS = [
    scenario("right", "pass", {}, Gateway()),
    scenario("both-roles-right", "pass", {}, Gateway(), both=True, remote=(HOSTED_POD,), **BOTH),
    scenario(
        "two-gateways",
        "pass",
        {},
        Gateway(),
        Gateway(
            "istio-eastwestgateway",
            EASTWEST,
            lb=("10.64.30.81",),
            pods=(GatewayPod("10.244.0.18", ready=True),),
        ),
    ),
    scenario(
        "mesh-gateway-with-a-node-port",
        "pass",
        {"GatewayNeedsNoAddress": SKIP},
        Gateway("test-gw", MESH_GATEWAY, kind="NodePort", lb=()),
    ),
    scenario(
        "named",
        "pass",
        {},
        Gateway(),
        Gateway("broken", {**EASTWEST, "app": "broken"}, pods=(refused("10.244.0.19"),)),
        flags=("--gateway", "istio-ingressgateway"),
    ),
    scenario(
        "named-without-labels",
        "pass",
        {},
        Gateway("custom", {"app": "custom"}),
        flags=("--gateway", "custom"),
    ),
    scenario(
        "named-by-its-mesh-gateway",
        "pass",
        {"GatewayNeedsNoAddress": SKIP},
        Gateway("test-gw-deployment", MESH_GATEWAY, kind="ClusterIP", lb=()),
        flags=("--gateway", "test-gw"),
    ),
    scenario(
        "all-namespaces",
        "pass",
        {"GatewayNeedsNoAddress": SKIP},
        Gateway(),
        Gateway(
            "test-gw",
            MESH_GATEWAY,
            kind="NodePort",
            lb=(),
            namespace="default",
            pods=(GatewayPod("10.244.0.20", ready=True),),
        ),
        flags=("-A",),
        live=False,
    ),
    scenario(
        "expected-address",
        "pass",
        {"ProxyVersionUnknown": SKIP},
        Gateway(),
        flags=("--expect-address", LOAD_BALANCER),
        **LONE,
    ),
    scenario("none", "unknown", {"GatewayNotFound": UNKNOWN}),
    scenario(
        "no-such", "unknown", {"GatewayNotFound": UNKNOWN}, Gateway(), flags=("--gateway", "other")
    ),
    scenario(
        "of-another-mesh",
        "unknown",
        {"MeshNotFound": UNKNOWN, "GatewayNotFound": UNKNOWN},
        Gateway(),
        flags=("--mesh-id", "other"),
    ),
    scenario(
        "lone",
        "unknown",
        {"AddressUndetermined": UNKNOWN, "ProxyVersionUnknown": SKIP},
        Gateway(),
        configured=None,
        **LONE,
    ),
    scenario(
        "lone-not-ready",
        "fail",
        {
            "AddressUndetermined": UNKNOWN,
            "ProxyVersionUnknown": SKIP,
            "GatewayNotReady": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        gateway_of(refused()),
        configured=None,
        **LONE,
    ),
    scenario(
        "pods-unread",
        "unknown",
        {"Forbidden": UNKNOWN},
        Gateway(),
        unread=(("workload", "Pod", "Forbidden"),),
        live=False,
    ),
    scenario(
        "slices-unread",
        "unknown",
        {"Forbidden": UNKNOWN},
        Gateway(),
        unread=(("workload", "EndpointSlice", "Forbidden"),),
        live=False,
    ),
    scenario(
        "services-unread",
        "unknown",
        {"Forbidden": UNKNOWN},
        Gateway(),
        unread=(("workload", "Service", "Forbidden"),),
        live=False,
    ),
    scenario(
        "deployments-unread",
        "unknown",
        {"Forbidden": UNKNOWN, "AddressUndetermined": UNKNOWN},
        Gateway(),
        unread=(("workload", "Deployment", "Forbidden"),),
        live=False,
    ),
    scenario(
        "not-wired",
        "unknown",
        {"NotWired": UNKNOWN, "ProxyVersionUnknown": SKIP},
        Gateway(env={"ISTIO_META_MESH_ID": "other-mesh"}),
        patches={
            "workload:ConfigMap/istio": wired_to("istiod.istio-system.svc:15012", "other-mesh")
        },
        configured=None,
        live=False,
    ),
    scenario(
        "own-name-without-labels",
        "fail",
        {"GatewayServiceSelectsOthers": FAIL},
        Gateway(
            service={
                "metadata": {"labels": {"istio": "none"}},
                "spec": {"selector": {"istio": "typo", "app": None}},
            }
        ),
    ),
    scenario(
        "service-of-a-mesh-gateway",
        "fail",
        {"GatewayServiceSelectsOthers": FAIL},
        Gateway(
            "test-gw-istio",
            MESH_GATEWAY,
            service={"metadata": {"name": "test-gw-svc"}, "spec": {"selector": {"app": "typo"}}},
        ),
        flags=("--gateway", "test-gw"),
        live=False,
    ),
    _pending("events-unread", "AddressPending", PENDING, KUBE_SYSTEM),
    scenario(
        "hosted-only-with-a-gateway",
        "unknown",
        {"RemoteNotApplicable": SKIP, "GatewayConfigUnknown": UNKNOWN, "GatewayHasNoService": WARN},
        extra={
            "control-plane": tuple(
                o
                for o in gw.gateway_objects(
                    Gateway(service=None), "hosted-mesh", "istio-system", "1.22.4"
                )
            )
        },
        live=False,
        **BOTH,
    ),
    scenario(
        "labels-on-the-service-only",
        "pass",
        {},
        Gateway(
            "custom",
            {"app": "custom"},
            service={"metadata": {"labels": {"istio": "ingressgateway"}}},
        ),
    ),
    scenario(
        "service-alone", "fail", {"GatewayNotInstalled": FAIL}, Gateway(deployment=None, pods=())
    ),
    scenario(
        "service-alone-without-selector",
        "unknown",
        {"GatewayNotFound": UNKNOWN},
        Gateway(deployment=None, pods=(), service={"spec": {"selector": None}}),
        live=False,
    ),
    scenario(
        "service-alone-deployments-unread",
        "unknown",
        {"Forbidden": UNKNOWN, "AddressUndetermined": UNKNOWN},
        Gateway(
            "custom",
            {"app": "custom"},
            service={"metadata": {"labels": {"istio": "ingressgateway"}}},
        ),
        unread=(("workload", "Deployment", "Forbidden"),),
        live=False,
    ),
    scenario(
        "daemon-set-with-labels-of-its-own",
        "unknown",
        {"GatewayNotFound": UNKNOWN},
        Gateway(
            "custom",
            {"app": "custom"},
            deployment=None,
            pods=(),
            service={"metadata": {"labels": {"istio": "ingressgateway"}}},
        ),
        patches={"EndpointSlice/custom-x7k2p": {"endpoints": [{"addresses": ["10.244.0.55"]}]}},
        live=False,
    ),
    scenario(
        "both-roles-need-no-hosted-lb",
        "fail",
        {
            "HostedLBReachesNoPod": FAIL,
            "GatewayNotReady": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        gateway_of(refused()),
        both=True,
        remote=(HOSTED_POD,),
        patches={f"Service/{HOSTED_LB}": {"spec": {"selector": {"app": "typo"}}}},
        rootless=("GatewayNotReady",),
        **BOTH,
    ),
    scenario(
        "stated-address-needs-no-hosted-lb",
        "fail",
        {"HostedLBReachesNoPod": FAIL},
        Gateway(),
        patches={f"Service/{HOSTED_LB}": {"spec": {"selector": {"app": "typo"}}}},
        flags=("--expect-address", LOAD_BALANCER),
    ),
    scenario(
        "fault-of-another-revision",
        "fail",
        {"RevisionServiceNotFound": FAIL},
        Gateway(),
        extra={
            "workload": (
                config_map(
                    "istio-1-21",
                    {"mesh": mesh_yaml("hosted-mesh", "istiod-1-21-remote.istio-system.svc:15012")},
                    "1-21",
                ),
            )
        },
        live=False,
    ),
]
