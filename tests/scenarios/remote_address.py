"""Which address istiod-remote leads to: the right one, another's, a stale one, several."""

from __future__ import annotations

from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, LOCAL_ISTIOD, NODE_IP, Pod, Scene, service
from tests.scenarios.model import BOTH, FAIL, LONE, WARN, Scenario
from tests.scenarios.objects import NOWHERE, OTHER_POD, control_plane

EVICTED = Pod("10.233.95.77", ready=False, phase="Failed")

REMOTE_ADDRESS = [
    Scenario("workload-right", Scene(), "pass"),
    Scenario(
        "workload-hosted-pod",
        Scene(remote=(HOSTED_POD,), configured=HOSTED_POD),
        "fail",
        {"AddressIsHostedPod": FAIL},
    ),
    Scenario("both-right", Scene(both=True, remote=(HOSTED_POD,)), "pass", **BOTH),
    Scenario(
        "both-load-balancer", Scene(both=True), "fail", {"AddressIsLoadBalancer": FAIL}, **BOTH
    ),
    Scenario(
        "local-istiod-pod", Scene(remote=(LOCAL_ISTIOD,)), "fail", {"AddressIsLocalIstiod": FAIL}
    ),
    Scenario(
        "local-istiod-service",
        Scene(
            remote=("10.233.11.15",),
            patches={"Service/istiod": {"spec": {"clusterIP": "10.233.11.15"}}},
        ),
        "fail",
        {"AddressIsLocalIstiod": FAIL},
    ),
    Scenario(
        "local-istiod-lone",
        Scene(remote=(LOCAL_ISTIOD,), configured=None),
        "fail",
        {"AddressIsLocalIstiod": FAIL},
        **LONE,
    ),
    Scenario(
        "the-address-is-the-local-istiod-s-too",
        Scene(lb=(LOCAL_ISTIOD,), remote=(LOCAL_ISTIOD,), configured=LOCAL_ISTIOD),
        "fail",
        {"AddressIsLocalIstiod": FAIL},
    ),
    Scenario(
        "ckube-remote", Scene(remote=("10.233.95.150",)), "fail", {"AddressIsCkubeRemote": FAIL}
    ),
    Scenario(
        "other-mesh",
        Scene(
            remote=("10.64.30.99",),
            extra={"control-plane": control_plane("b", "10.64.30.99", "10.233.95.160")},
        ),
        "fail",
        {"AddressIsOtherMesh": FAIL},
    ),
    Scenario(
        "cluster-ip",
        Scene(
            remote=("10.233.11.16",),
            extra={"workload": (service("reviews", ((9080, "http"),), clusterIP="10.233.11.16"),)},
        ),
        "fail",
        {"AddressIsClusterIP": FAIL},
    ),
    Scenario("node", Scene(remote=(NODE_IP,)), "fail", {"AddressIsNode": FAIL}),
    Scenario(
        "other-pod",
        Scene(remote=("10.233.97.9",), extra={"workload": (OTHER_POD,)}),
        "fail",
        {"AddressIsOtherPod": FAIL},
    ),
    Scenario(
        "the-address-is-a-load-balancer-s-here",
        Scene(
            extra={
                "workload": (
                    service(
                        "istio-ingressgateway",
                        ((80, "http"),),
                        selector={"app": "gw"},
                        kind="LoadBalancer",
                        lb=[LOAD_BALANCER],
                    ),
                )
            }
        ),
        "fail",
        {"AddressIsUnexpected": FAIL},
    ),
    Scenario("nobody-knows", Scene(remote=(NOWHERE,)), "fail", {"AddressIsUnexpected": FAIL}),
    Scenario(
        "restarted", Scene(both=True, remote=(NOWHERE,)), "fail", {"AddressIsStale": FAIL}, **BOTH
    ),
    Scenario(
        "evicted",
        Scene(both=True, remote=(EVICTED.ip,), pods=(Pod(), EVICTED)),
        "fail",
        {"AddressIsStale": FAIL},
        **BOTH,
    ),
    Scenario(
        "terminating",
        Scene(
            both=True, remote=("10.233.95.78",), pods=(Pod(), Pod("10.233.95.78", terminating=True))
        ),
        "fail",
        {"AddressIsStale": FAIL},
        **BOTH,
    ),
    Scenario(
        "split",
        Scene(remote=(LOAD_BALANCER, NOWHERE)),
        "fail",
        {"AddressIsUnexpected": FAIL, "TrafficSplit": FAIL},
        causes={"TrafficSplit": "AddressIsUnexpected"},
    ),
    Scenario(
        "replica-missing",
        Scene(both=True, remote=(HOSTED_POD,), pods=(Pod(), Pod("10.233.95.142"))),
        "pass",
        {"ReplicaMissing": WARN},
        **BOTH,
    ),
    Scenario(
        "two-replicas",
        Scene(both=True, remote=(HOSTED_POD, "10.233.95.142"), pods=(Pod(), Pod("10.233.95.142"))),
        "pass",
        **BOTH,
    ),
    Scenario(
        "two-lb-addresses",
        Scene(lb=(LOAD_BALANCER, "10.64.30.72"), remote=("10.64.30.72",)),
        "pass",
        {"ConfiguredAddressDiffers": WARN},
    ),
]
