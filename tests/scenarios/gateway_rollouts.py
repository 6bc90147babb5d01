"""Deployments of a gateway: replicas, rollouts, and Pods that were never made."""

from __future__ import annotations

from dataclasses import replace

from tests.lab import gateways as gw
from tests.lab.gateways import EARLIER, Gateway, GatewayPod, refused
from tests.lab.objects import Object
from tests.lab.scenes import LOCAL_ISTIOD, Pod
from tests.scenarios.gateway_model import gateway_of, scenario
from tests.scenarios.model import FAIL, WARN


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


def _stuck(reason: str, message: str) -> Object:
    """The status of a Deployment whose rollout goes no further."""
    condition = {"type": "Progressing", "status": "False", "reason": reason, "message": message}
    return {"status": {"conditions": [condition]}}


WEBHOOK_DOWN = (
    'Internal error occurred: failed calling webhook "namespace.sidecar-injector.istio.io": '
    'no endpoints available for service "istiod"'
)

GATEWAY_ROLLOUTS = [
    scenario(
        "evicted-pods-beside-a-ready-one",
        "pass",
        {},
        gateway_of(
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
        gateway_of(
            GatewayPod(ready=True), replace(refused("10.244.0.33"), template=EARLIER), replicas=1
        ),
    ),
    scenario(
        "quota",
        "fail",
        {"GatewayPodsRefused": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        Gateway(
            pods=(),
            refused='pods "istio-ingressgateway-b8b597c59-x" is forbidden: exceeded quota: pods, '
            "requested: pods=1, used: pods=0, limited: pods=0",
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
        gateway_of(GatewayPod(ready=True), replicas=2),
        live=False,
    ),
    scenario(
        "scaled-to-zero",
        "fail",
        {"GatewayScaledToZero": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        Gateway(pods=(), replicas=0),
    ),
    scenario(
        "rolling-out",
        "pass",
        {"GatewayRollingOut": WARN},
        gateway_of(refused(), GatewayPod("10.244.0.31", ready=True, template=EARLIER), replicas=1),
    ),
    scenario(
        "rollout-stuck",
        "fail",
        {"GatewayNotReady": FAIL},
        gateway_of(
            refused(),
            GatewayPod("10.244.0.31", ready=True, template=EARLIER),
            replicas=1,
            deployment=_stuck(
                "ProgressDeadlineExceeded",
                f'ReplicaSet "istio-ingressgateway-{gw.TEMPLATE}" has timed out progressing.',
            ),
        ),
        live=False,
    ),
    scenario(
        "daemon-set",
        "fail",
        {"GatewayNotReady": FAIL, "GatewayServiceHasNoEndpoints": FAIL},
        gateway_of(refused(), deployment=None),
    ),
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
        gateway_of(
            refused(),
            GatewayPod("10.244.0.31", ready=True, template=EARLIER),
            replicas=1,
            deployment=_done("istio-ingressgateway"),
        ),
        live=False,
    ),
    scenario(
        "definite-fault-in-a-rollout",
        "fail",
        {"GatewayNotStarted": FAIL},
        gateway_of(
            gw.NO_CONFIG, GatewayPod("10.244.0.31", ready=True, template=EARLIER), replicas=1
        ),
    ),
    scenario(
        "replica-set-refused",
        "fail",
        {"GatewayPodsRefused": FAIL},
        gateway_of(
            GatewayPod("10.244.0.31", ready=True, template=EARLIER),
            replicas=1,
            deployment=_stuck(
                "ReplicaSetCreateError",
                'Failed to create new replica set "istio-ingressgateway-b8b597c59": quota',
            ),
        ),
        live=False,
    ),
    scenario(
        "rollout-that-takes-pods-away",
        "pass",
        {"GatewayRollingOut": WARN},
        gateway_of(
            *(refused(f"10.244.1.{n}") for n in range(4)),
            *(GatewayPod(f"10.244.2.{n}", ready=True, template=EARLIER) for n in range(3)),
            replicas=4,
        ),
        live=False,
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
        "old-gateway-beside-its-successor",
        "pass",
        {"GatewayScaledToZero": WARN},
        Gateway(),
        Gateway("istio-ingressgateway-old", gw.INGRESS, replicas=0, pods=(), service=None),
    ),
]
