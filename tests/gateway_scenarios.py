"""Every state that verify-gateway tells apart; see `tests.scenarios` for the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.lab import gateways as gw
from tests.lab.gateways import EARLIER, Gateway, GatewayPod, refused
from tests.lab.objects import Object
from tests.lab.scenes import (
    HOSTED_POD,
    LOAD_BALANCER,
    LOCAL_ISTIOD,
    Pod,
    Scene,
    config_map,
    deployment,
    mesh_yaml,
    pod,
)
from tests.scenarios import BOTH, FAIL, LONE, SKIP, UNKNOWN, WARN, Scenario, wired_to

MESH_GATEWAY = {
    "app": "istio-ingressgateway",
    "mspider.io/mesh-gateway-name": "test-gw",
    "test-gw": "test-gw",
}
EASTWEST = {"app": "istio-eastwestgateway", "istio": "eastwestgateway"}


def scenario(
    name: str, verdict: str, found: Mapping[str, str], *gateways: Gateway, **given: Any
) -> Scenario:
    """A scenario of gateways in a mesh that is otherwise right; what is left of `given` describes the scene."""
    fields = {key: given.pop(key) for key in list(given) if key in Scenario.__dataclass_fields__}
    scene = Scene(gateways=gateways, **given)
    return Scenario(f"gateway-{name}", scene, verdict, found, command="verify-gateway", **fields)


def _pods(*pods: GatewayPod, **given: Any) -> Gateway:
    return Gateway(pods=pods, **{"replicas": len(pods), **given})


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


PENDING = Gateway(lb=())
ALLOCATED = Gateway(
    service={"metadata": {"annotations": {"metallb.io/ip-allocated-from-pool": "default"}}}
)
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


def _restricted(**spec: Any) -> Object:
    return pool("restricted", serviceAllocation=spec)


# Why a Service has no address: what MetalLB's objects and the Service itself say, and the code that tells it. Each is
# held once by the gateway's Service, and once by hosted-lb of a cluster that is its own workload cluster.
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
        (CONTROLLER, _restricted(namespaces=["other"])),
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


def _waits(name: str, code: str, gateway: Gateway, *objects: Object, **given: Any) -> Scenario:
    return scenario(
        name, "fail", {code: FAIL}, gateway, extra={"workload": objects}, live=False, **given
    )


HOSTED_LB = "istiod-hosted-mesh-hosted-lb"
KUBE_SYSTEM = pod("coredns", 0, {"k8s-app": "kube-dns"}, Pod("10.233.90.9"))
KUBE_SYSTEM["metadata"]["namespace"] = "kube-system"
ELSEWHERE = gw.event(
    "Pod", "debug", "Unhealthy", "shows that events were captured", 1, component="kubelet"
)
# Files with Pods of kube-system were taken in all namespaces: that MetalLB is not among them says something.
PENDING_REASONS["no-load-balancer"] = ("LoadBalancerMissing", PENDING, (KUBE_SYSTEM, ELSEWHERE))


def _hosted_lb_waits(name: str, code: str, asked: Gateway, *objects: Object) -> Scenario:
    """hosted-lb of a cluster that is its own workload cluster, for the same reason: nothing there depends on it."""
    events = [
        gw.event("Service", HOSTED_LB, *told, component="metallb-controller")
        for told in asked.service_events
    ]
    return scenario(
        f"hosted-lb-{name}",
        "pass",
        {code: WARN, "GatewayNeedsNoAddress": SKIP},
        Gateway(kind="NodePort", lb=()),
        both=True,
        remote=(HOSTED_POD,),
        lb=asked.lb and (LOAD_BALANCER,),
        patches={f"Service/{HOSTED_LB}": asked.service or {}},
        extra={"control-plane": (*objects, *events)},
        live=False,
        **BOTH,
    )


def _done(name: str) -> Object:
    """The status of a Deployment whose rollout is over."""
    message = f'ReplicaSet "{name}-{gw.TEMPLATE}" has successfully progressed.'
    condition = {
        "type": "Progressing",
        "status": "True",
        "reason": "NewReplicaSetAvailable",
        "message": message,
    }
    return {"status": {"conditions": [condition]}}


def _of_uid(uid: str, event: Object) -> Object:
    return {**event, "involvedObject": {**event["involvedObject"], "uid": uid}}


def _crashed_once() -> GatewayPod:
    """The proxy runs again after an error, and the kubelet backs off; its init container ended as it should."""
    status = {
        "initContainerStatuses": [
            {"name": "istio-init", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}
        ],
        "containerStatuses": [
            {
                "name": "istio-proxy",
                "restartCount": 4,
                "state": {"running": {}},
                "lastState": {"terminated": {"reason": "Error", "exitCode": 255}},
            }
        ],
    }
    return GatewayPod(
        status=status, events=(("BackOff", "Back-off restarting failed container istio-proxy", 9),)
    )


def _held_back(*others: Object) -> GatewayPod:
    """The proxy is ready, and the Pod is not."""
    proxy = {"name": "istio-proxy", "ready": True, "restartCount": 0, "state": {"running": {}}}
    return GatewayPod(status={"containerStatuses": [proxy, *others]})


OTHER_CA = '{"global": {"meshID": "hosted-mesh", "caAddress": "ca.example.com:443", "remotePilotAddress": "10.64.30.71"}}'
WEBHOOK_DOWN = (
    'Internal error occurred: failed calling webhook "namespace.sidecar-injector.istio.io": no endpoints available for '
    'service "istiod"'
)
_NO_CONTROL_PLANE = {"GatewayStillReady": WARN}

GATEWAY_SCENARIOS = [
    # --- all is well ----------------------------------------------------------------------------
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
        "evicted-pods-beside-a-ready-one",
        "pass",
        {},
        _pods(
            GatewayPod(ready=True),
            GatewayPod(
                "10.244.0.99", status={"phase": "Failed", "reason": "Evicted"}, template=EARLIER
            ),
            replicas=1,
        ),
    ),
    scenario(
        "old-pods-of-a-rollout",
        "pass",
        {},
        _pods(
            GatewayPod(ready=True), replace(refused("10.244.0.33"), template=EARLIER), replicas=1
        ),
    ),
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
    # --- Pods -----------------------------------------------------------------------------------
    scenario(
        "page",
        "fail",
        {"AddressIsHostedPod": FAIL, "GatewayNotReady": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        _pods(refused()),
        mesh="fupan-mesh",
        version="1.16.1-mspider",
        remote=(HOSTED_POD,),
        configured=HOSTED_POD,
        causes={
            "GatewayNotReady": "AddressIsHostedPod",
            "GatewayServiceHasNoEndpoints": "GatewayNotReady",
        },
    ),
    scenario(
        "not-ready-though-all-is-right",
        "fail",
        {"GatewayNotReady": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        _pods(refused()),
        causes={"GatewayServiceHasNoEndpoints": "GatewayNotReady"},
    ),
    scenario(
        "not-ready-without-events",
        "fail",
        {"GatewayNotReady": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        _pods(GatewayPod()),
    ),
    scenario(
        "one-of-two-not-ready",
        "fail",
        {"GatewayNotReady": FAIL},
        _pods(GatewayPod(ready=True), refused("10.244.0.18")),
    ),
    scenario(
        "503",
        "fail",
        {"GatewayNotReady": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        _pods(
            GatewayPod(
                events=(
                    (
                        "Unhealthy",
                        "Readiness probe failed: HTTP probe failed with statuscode: 503",
                        22,
                    ),
                )
            )
        ),
    ),
    scenario(
        "crash",
        "fail",
        {"GatewayCrashLooping": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        _pods(gw.CRASHING),
        remote=(LOAD_BALANCER,),
    ),
    scenario(
        "crash-beside-a-wrong-address",
        "fail",
        {
            "AddressIsHostedPod": FAIL,
            "GatewayCrashLooping": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        _pods(gw.CRASHING),
        remote=(HOSTED_POD,),
        configured=HOSTED_POD,
    ),
    scenario(
        "no-image",
        "fail",
        {"GatewayImageNotPulled": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        _pods(gw.NO_IMAGE),
    ),
    scenario(
        "not-injected",
        "fail",
        {
            "GatewayNotInjected": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
            "ProxyVersionUnknown": SKIP,
        },
        _pods(gw.NOT_INJECTED, image="auto"),
    ),
    scenario(
        "no-ca-certificate",
        "fail",
        {
            "LocalIstiodNotReady": FAIL,
            "GatewayCACertificateMissing": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        _pods(gw.NO_CA),
        local=Pod(LOCAL_ISTIOD, ready=False),
        causes={"GatewayCACertificateMissing": "LocalIstiodNotReady"},
    ),
    scenario(
        "no-volume",
        "fail",
        {
            "LocalIstiodNotReady": WARN,
            "GatewayVolumeNotMounted": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        _pods(gw.NO_SECRET),
        local=Pod(LOCAL_ISTIOD, ready=False),
    ),
    scenario(
        "local-istiod-down",
        "pass",
        {"LocalIstiodNotReady": WARN},
        Gateway(),
        local=Pod(LOCAL_ISTIOD, ready=False),
    ),
    scenario(
        "no-configuration",
        "fail",
        {"GatewayNotStarted": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        _pods(gw.NO_CONFIG),
    ),
    scenario(
        "unschedulable",
        "fail",
        {"GatewayUnschedulable": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        _pods(gw.UNSCHEDULABLE),
    ),
    scenario(
        "quota",
        "fail",
        {"GatewayPodsRefused": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        Gateway(
            pods=(),
            refused='pods "istio-ingressgateway-b8b597c59-x" is forbidden: exceeded quota: pods, requested: pods=1, '
            "used: pods=0, limited: pods=0",
        ),
        live=False,
    ),
    scenario(
        "no-pods",
        "fail",
        {"GatewayHasNoPods": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        Gateway(pods=()),
        live=False,
    ),
    scenario(
        "too-few-pods",
        "fail",
        {"GatewayPodsTooFew": FAIL},
        _pods(GatewayPod(ready=True), replicas=2),
        live=False,
    ),
    scenario(
        "scaled-to-zero",
        "fail",
        {"GatewayScaledToZero": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        Gateway(pods=(), replicas=0),
    ),
    scenario(
        "still-ready",
        "fail",
        {"AddressIsHostedPod": FAIL, **_NO_CONTROL_PLANE},
        Gateway(),
        remote=(HOSTED_POD,),
        configured=HOSTED_POD,
        causes={"GatewayStillReady": "AddressIsHostedPod"},
    ),
    scenario(
        "rolling-out",
        "pass",
        {"GatewayRollingOut": WARN},
        _pods(refused(), GatewayPod("10.244.0.31", ready=True, template=EARLIER), replicas=1),
    ),
    scenario(
        "rollout-stuck",
        "fail",
        {"GatewayNotReady": FAIL},
        _pods(
            refused(),
            GatewayPod("10.244.0.31", ready=True, template=EARLIER),
            replicas=1,
            deployment={
                "status": {
                    "conditions": [
                        {
                            "type": "Progressing",
                            "status": "False",
                            "reason": "ProgressDeadlineExceeded",
                            "message": f'ReplicaSet "istio-ingressgateway-{gw.TEMPLATE}" has timed out progressing.',
                        }
                    ]
                }
            },
        ),
        live=False,
    ),
    scenario(
        "daemon-set",
        "fail",
        {"GatewayNotReady": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        _pods(refused(), deployment=None),
    ),
    scenario(
        "hosted-istiod-down",
        "fail",
        {
            "NoReadyHostedPod": FAIL,
            "GatewayNotReady": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
            "ProxyVersionUnknown": SKIP,
        },
        _pods(refused()),
        pods=(Pod(ready=False),),
        causes={"GatewayNotReady": "NoReadyHostedPod"},
    ),
    # --- nothing to verify, or not to be told ---------------------------------------------------
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
        _pods(refused()),
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
    # --- Services -------------------------------------------------------------------------------
    scenario(
        "selector",
        "fail",
        {"GatewayServiceSelectsOthers": FAIL},
        Gateway(service={"spec": {"selector": {"app": "typo"}}}),
    ),
    scenario(
        "service-alone", "fail", {"GatewayNotInstalled": FAIL}, Gateway(deployment=None, pods=())
    ),
    scenario(
        "named-target-port",
        "fail",
        {"TargetPortNotFound": FAIL},
        Gateway(
            service={
                "spec": {
                    "ports": [
                        {"name": "http2", "port": 80, "protocol": "TCP", "targetPort": "http"},
                        {
                            "name": "metrics",
                            "port": 15090,
                            "protocol": "TCP",
                            "targetPort": "http-envoy-prom",
                        },
                    ]
                }
            }
        ),
    ),
    scenario(
        "not-in-slices",
        "fail",
        {"GatewayServiceMissesPods": FAIL},
        Gateway(),
        patches={"EndpointSlice/istio-ingressgateway-x7k2p": {"endpoints": []}},
        live=False,
    ),
    scenario("no-service", "pass", {"GatewayHasNoService": WARN}, Gateway(service=None)),
    # --- what the proxies believe ---------------------------------------------------------------
    scenario(
        "other-mesh-id",
        "fail",
        {"GatewayMeshIDDiffers": FAIL},
        Gateway(env={"ISTIO_META_MESH_ID": "other-mesh"}),
    ),
    scenario(
        "mesh-id-not-set",
        "pass",
        {"GatewayMeshIDNotSet": WARN},
        Gateway(env={"ISTIO_META_MESH_ID": "cluster.local"}),
    ),
    scenario(
        "other-cluster-id",
        "pass",
        {"GatewayClusterIDDiffers": WARN},
        Gateway(env={"ISTIO_META_CLUSTER_ID": "futest-1"}),
    ),
    scenario(
        "other-ca",
        "pass",
        {"GatewayCAAddressDiffers": WARN},
        Gateway(env={"CA_ADDR": "ca.example.com:443"}),
    ),
    scenario(
        "made-before-the-mesh",
        "fail",
        {"GatewayDiscoveryDiffers": FAIL},
        Gateway(env={"PROXY_CONFIG": '{"discoveryAddress":"istiod.istio-system.svc:15012"}'}),
    ),
    scenario(
        "made-by-the-injector",
        "pass",
        {},
        Gateway(
            env={
                "PROXY_CONFIG": '{"discoveryAddress":"istiod-remote.istio-system.svc.cluster.local:15012"}'
            }
        ),
    ),
    scenario(
        "no-environment",
        "pass",
        {},
        Gateway(env={"ISTIO_META_MESH_ID": None, "ISTIO_META_CLUSTER_ID": None, "CA_ADDR": None}),
    ),
    scenario("newer-proxy", "pass", {"ProxyVersionSkew": WARN}, Gateway(image="proxyv2:1.23.0")),
    scenario("one-minor-older", "pass", {}, Gateway(image="proxyv2:1.21.6-mspider-distroless")),
    scenario(
        "two-minors-older", "pass", {"ProxyVersionSkew": WARN}, Gateway(image="proxyv2:v1.20.8")
    ),
    scenario(
        "tag-is-no-version",
        "pass",
        {"ProxyVersionUnknown": SKIP},
        Gateway(image="registry:5000/proxyv2:latest"),
    ),
    scenario(
        "warnings-count",
        "fail",
        {"ProxyVersionSkew": WARN},
        Gateway(image="proxyv2:1.23.0"),
        flags=("--fail-on", "warn"),
    ),
    # --- load balancers -------------------------------------------------------------------------
    *[
        _waits(name, code, gateway, *objects)
        for name, (code, gateway, objects) in PENDING_REASONS.items()
    ],
    _waits(
        "no-controller",
        "LoadBalancerNotReady",
        PENDING,
        pool(),
        metallb_pod("metallb-system", False),
    ),
    _waits("no-auto-assign", "AddressPoolNotAllowed", PENDING, CONTROLLER, pool(autoAssign=False)),
    _waits(
        "service-selectors",
        "AddressPoolNotAllowed",
        PENDING,
        CONTROLLER,
        _restricted(serviceSelectors=[{"matchLabels": {"app": "other"}}]),
    ),
    _waits(
        "exhausted-by-event",
        "AddressPoolExhausted",
        replace(PENDING, service_events=(NO_IP,)),
        CONTROLLER,
        pool(free=None),
    ),
    _waits("other-family", "AddressPoolExhausted", PENDING, CONTROLLER, pool("six", "fd00::/120")),
    _waits(
        "address-taken",
        "AllocationFailed",
        replace(
            asking(loadBalancerIPs="10.64.30.82"),
            service_events=(("AllocationFailed", "can't change sharing key", 1),),
        ),
        CONTROLLER,
        pool(),
    ),
    _waits(
        "class-of-metallb",
        "LoadBalancerClassUnserved",
        PENDING,
        metallb_pod("metallb-system", True, "--lb-class=metallb"),
        pool(),
    ),
    _waits("free-address", "AddressPending", PENDING, CONTROLLER, pool()),
    _waits("nothing-captured", "AddressPending", PENDING),
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
                        "config": "address-pools: [{name: default, protocol: layer2, addresses: [10.64.30.0/24]}]"
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
        _hosted_lb_waits(name, code, asked, *objects)
        for name, (code, asked, objects) in PENDING_REASONS.items()
    ],
    _hosted_lb_waits(
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
        _pods(refused()),
        lb=(),
        configured=None,
        extra={"control-plane": PENDING_REASONS["no-pool"][2]},
        live=False,
        causes={"GatewayNotReady": "AddressPoolMissing"},
    ),
    # --- what a second read found ---------------------------------------------------------------
    scenario(
        "canary-beside-a-ready-gateway",
        "fail",
        {"GatewayNotReady": FAIL},
        Gateway(),
        Gateway(
            "istio-ingressgateway-canary",
            gw.INGRESS,
            service=None,
            pods=(refused("10.244.0.40"),),
            deployment=_done("istio-ingressgateway-canary"),
        ),
        live=False,
    ),
    scenario(
        "finished-rollout-with-unready-pods",
        "fail",
        {"GatewayNotReady": FAIL},
        _pods(
            refused(),
            GatewayPod("10.244.0.31", ready=True, template=EARLIER),
            replicas=1,
            deployment=_done("istio-ingressgateway"),
        ),
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
    scenario(
        "definite-fault-in-a-rollout",
        "fail",
        {"GatewayNotStarted": FAIL},
        _pods(gw.NO_CONFIG, GatewayPod("10.244.0.31", ready=True, template=EARLIER), replicas=1),
    ),
    scenario(
        "replica-set-refused",
        "fail",
        {"GatewayPodsRefused": FAIL},
        _pods(
            GatewayPod("10.244.0.31", ready=True, template=EARLIER),
            replicas=1,
            deployment={
                "status": {
                    "conditions": [
                        {
                            "type": "Progressing",
                            "status": "False",
                            "reason": "ReplicaSetCreateError",
                            "message": 'Failed to create new replica set "istio-ingressgateway-b8b597c59": quota',
                        }
                    ]
                }
            },
        ),
        live=False,
    ),
    scenario(
        "slices-without-ports",
        "fail",
        {"GatewayServiceMissesPods": FAIL},
        Gateway(),
        patches={"EndpointSlice/istio-ingressgateway-x7k2p": {"ports": []}},
        live=False,
    ),
    _waits(
        "no-pool-for-the-class",
        "AddressPoolMissing",
        replace(PENDING, service={"spec": {"loadBalancerClass": "metallb"}}),
        metallb_pod("metallb-system", True, "--lb-class=metallb"),
        *PENDING_REASONS["no-pool"][2][1:],
    ),
    _waits(
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
    _waits("events-unread", "AddressPending", PENDING, KUBE_SYSTEM),
    _waits(
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
        "both-roles-need-no-hosted-lb",
        "fail",
        {
            "HostedLBReachesNoPod": FAIL,
            "GatewayNotReady": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        _pods(refused()),
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
        "local-istiod-gone",
        "fail",
        {
            "LocalIstiodNotReady": FAIL,
            "GatewayCACertificateMissing": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        _pods(gw.NO_CA),
        patches={
            "Pod/istiod-6d8f7c9b4d-bx2lm": None,
            "Deployment/istiod": {"spec": {"replicas": 0}},
        },
        causes={"GatewayCACertificateMissing": "LocalIstiodNotReady"},
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
        "service-without-selector",
        "pass",
        {},
        Gateway(service={"spec": {"selector": None}}),
        live=False,
    ),
    scenario(
        "external-name",
        "pass",
        {"GatewayNeedsNoAddress": SKIP},
        Gateway(
            service={
                "spec": {"type": "ExternalName", "externalName": "gw.example.com", "selector": None}
            }
        ),
        live=False,
    ),
    scenario(
        "crash-behind-an-init-container",
        "fail",
        {"GatewayCrashLooping": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        _pods(_crashed_once()),
        live=False,
    ),
    scenario(
        "tag-of-other-digits",
        "pass",
        {"ProxyVersionUnknown": SKIP},
        Gateway(image="proxyv2:1.\u0662\u0662"),
    ),
    scenario(
        "tag-of-many-digits",
        "pass",
        {"ProxyVersionUnknown": SKIP},
        Gateway(image="proxyv2:1." + "9" * 60),
    ),
    # --- what a third read found ----------------------------------------------------------------
    scenario(
        "injected-before-the-mesh",
        "fail",
        {"GatewayDiscoveryDiffers": FAIL},
        Gateway(env={"PROXY_CONFIG": "{}"}),
    ),
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
        "revision-without-a-config",
        "unknown",
        {"GatewayConfigUnknown": UNKNOWN},
        Gateway(env={"ISTIO_META_MESH_ID": "third"}, labels={**gw.INGRESS, "istio.io/rev": "gone"}),
        extra={
            "workload": (
                config_map(
                    "istio-b",
                    {"mesh": mesh_yaml("hosted-mesh", "istiod-remote.istio-system.svc:15012")},
                    "b",
                ),
            )
        },
        live=False,
    ),
    scenario(
        "service-alone-without-selector",
        "unknown",
        {"GatewayNotFound": UNKNOWN},
        Gateway(deployment=None, pods=(), service={"spec": {"selector": None}}),
        live=False,
    ),
    scenario(
        "one-port-of-three",
        "fail",
        {"GatewayPortNotRouted": FAIL},
        Gateway(),
        patches={
            "EndpointSlice/istio-ingressgateway-x7k2p": {
                "ports": [{"name": "status-port", "port": 15021, "protocol": "TCP"}]
            }
        },
        live=False,
        count={"GatewayPortNotRouted": 2},
    ),
    scenario(
        "headless",
        "pass",
        {"GatewayNeedsNoAddress": SKIP},
        Gateway(kind="ClusterIP", lb=(), service={"spec": {"clusterIP": "None", "ports": None}}),
        patches={"EndpointSlice/istio-ingressgateway-x7k2p": {"ports": []}},
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
        "rollout-that-takes-pods-away",
        "pass",
        {"GatewayRollingOut": WARN},
        _pods(
            *(refused(f"10.244.1.{n}") for n in range(4)),
            *(GatewayPod(f"10.244.2.{n}", ready=True, template=EARLIER) for n in range(3)),
            replicas=4,
        ),
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
        "readiness-gate",
        "fail",
        {"AddressIsHostedPod": FAIL, "GatewayHeldBack": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        _pods(_held_back()),
        patches={
            "Pod/istio-ingressgateway-b8b597c59-7gnwr": {
                "spec": {"readinessGates": [{"conditionType": "example.com/ready"}]}
            }
        },
        remote=(HOSTED_POD,),
        configured=HOSTED_POD,
        live=False,
        rootless=("GatewayHeldBack",),
    ),
    scenario(
        "sidecar-not-ready",
        "fail",
        {"GatewayHeldBack": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        _pods(_held_back({"name": "log-shipper", "ready": False, "state": {"running": {}}})),
        live=False,
    ),
    scenario(
        "another-ca",
        "fail",
        {
            "LocalIstiodNotReady": WARN,
            "GatewayNotReady": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        _pods(refused(), env={"CA_ADDR": "ca.example.com:443"}),
        local=Pod(LOCAL_ISTIOD, ready=False),
        rootless=("GatewayNotReady",),
        live=False,
        patches={"workload:ConfigMap/istio-sidecar-injector": {"data": {"values": OTHER_CA}}},
    ),
    scenario(
        "injection-webhook-down",
        "fail",
        {
            "LocalIstiodNotReady": FAIL,
            "GatewayInjectionFailed": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
        },
        Gateway(
            pods=(),
            refused=WEBHOOK_DOWN,
        ),
        local=Pod(LOCAL_ISTIOD, ready=False),
        live=False,
        causes={"GatewayInjectionFailed": "LocalIstiodNotReady"},
    ),
    scenario(
        "not-injected-with-a-named-port",
        "fail",
        {
            "GatewayNotInjected": FAIL,
            "GatewayServiceHasNoEndpoints": FAIL,
            "ProxyVersionUnknown": SKIP,
        },
        _pods(
            gw.NOT_INJECTED,
            image="auto",
            service={
                "spec": {
                    "ports": [
                        {
                            "name": "metrics",
                            "port": 15090,
                            "protocol": "TCP",
                            "targetPort": "from-the-injector",
                        }
                    ]
                }
            },
        ),
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
    # --- what a fourth read found ---------------------------------------------------------------
    scenario(
        "service-of-another-application",
        "fail",
        {"GatewayServiceSelectsOthers": FAIL},
        Gateway(service={"spec": {"selector": {"app": "prometheus", "istio": None}}}),
        extra={
            "workload": (
                deployment("prometheus", {"app": "prometheus"}, 1),
                pod("prometheus", 0, {"app": "prometheus"}, Pod("10.233.97.61")),
            )
        },
        live=False,
    ),
    scenario(
        "service-of-the-neighbour",
        "fail",
        {"GatewayServiceSelectsOthers": FAIL},
        Gateway(service={"spec": {"selector": EASTWEST}}),
        Gateway(
            "istio-eastwestgateway",
            EASTWEST,
            lb=("10.64.30.81",),
            pods=(GatewayPod("10.244.0.18", ready=True),),
        ),
        live=False,  # the slice would hold the neighbour
    ),
    scenario(
        "service-shared-with-another-application",
        "fail",
        {"GatewayServiceReachesOthers": FAIL},
        Gateway(),
        patches={
            "EndpointSlice/istio-ingressgateway-x7k2p": {
                "endpoints": [{"addresses": ["10.244.0.17"]}, {"addresses": ["10.233.97.61"]}]
            }
        },
        live=False,
    ),
    scenario(
        "one-family-of-two",
        "fail",
        {"GatewayFamilyNotRouted": FAIL},
        Gateway(
            lb=(gw.GATEWAY_LB, "fd00:64::81"),
            service={
                "spec": {"ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "RequireDualStack"}
            },
        ),
        live=False,
    ),
    scenario(
        "revision-tag",
        "pass",
        {},
        Gateway(
            labels={**gw.INGRESS, "istio.io/rev": "prod"},
            env={"PROXY_CONFIG": '{"discoveryAddress":"istiod-remote.istio-system.svc:15012"}'},
        ),
        extra={
            "workload": (
                config_map(
                    "istio-1-22",
                    {
                        "mesh": mesh_yaml(
                            "hosted-mesh", "istiod-remote.istio-system.svc.cluster.local:15012"
                        )
                    },
                    "1-22",
                ),
            )
        },
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
        "old-gateway-beside-its-successor",
        "pass",
        {"GatewayScaledToZero": WARN},
        Gateway(),
        Gateway("istio-ingressgateway-old", gw.INGRESS, replicas=0, pods=(), service=None),
    ),
    scenario(
        "port-of-a-native-sidecar",
        "pass",
        {},
        Gateway(
            service={
                "spec": {
                    "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"}]
                }
            }
        ),
        patches={
            "Pod/istio-ingressgateway-b8b597c59-7gnwr": {
                "spec": {
                    "initContainers": [
                        {
                            "name": "filter",
                            "restartPolicy": "Always",
                            "ports": [{"name": "http", "containerPort": 8080}],
                        }
                    ]
                }
            },
            "EndpointSlice/istio-ingressgateway-x7k2p": {
                "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]
            },
        },
        live=False,
    ),
    scenario(
        "port-that-is-no-number",
        "pass",
        {},
        Gateway(),
        patches={
            "Service/istio-ingressgateway": {
                "spec": {
                    "ports": [
                        {"port": [80]},
                        {"name": "http2", "port": 80, "protocol": "TCP", "targetPort": 8080},
                    ]
                }
            }
        },
        live=False,
    ),
]
