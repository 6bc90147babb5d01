"""The slices of istiod-remote beside its Endpoints: which of them counts, and what they hold."""

from __future__ import annotations

from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, Pod, Scene, endpoint_slice
from tests.scenarios.model import BOTH, FAIL, UNKNOWN, WARN, Scenario
from tests.scenarios.objects import GATEWAY, NOWHERE, unmirrored


def _disagreeing(in_slice: str, in_endpoints: str) -> Scene:
    return Scene(
        remote=(in_slice,),
        slices_only=True,
        extra={"workload": (unmirrored(in_endpoints),)},
        configured=None,
    )


REMOTE_SLICES = [
    Scenario("slices-only", Scene(slices_only=True), "pass"),
    Scenario(
        "slices-only-wrong",
        Scene(slices_only=True, remote=(HOSTED_POD,)),
        "fail",
        {"AddressIsHostedPod": FAIL},
    ),
    Scenario(
        "disagree-slices-right",
        _disagreeing(LOAD_BALANCER, NOWHERE),
        "pass",
        {"EndpointsDiffer": WARN},
    ),
    Scenario(
        "disagree-slices-wrong",
        _disagreeing(HOSTED_POD, LOAD_BALANCER),
        "fail",
        {"AddressIsHostedPod": FAIL, "EndpointsDiffer": FAIL},
        causes={"EndpointsDiffer": "AddressIsHostedPod"},
    ),
    Scenario(
        "no-slice",
        Scene(
            remote=(),
            patches={"Endpoints/istiod-remote": None},
            extra={"workload": (unmirrored(LOAD_BALANCER), *GATEWAY)},
        ),
        "fail",
        {"EndpointsNotMirrored": FAIL},
    ),
    Scenario(
        "several-slices",
        Scene(
            both=True,
            remote=(HOSTED_POD,),
            slices_only=True,
            pods=(Pod(), Pod("10.233.95.142")),
            extra={
                "control-plane": (
                    endpoint_slice("istiod-remote", ["10.233.95.142"], name="istiod-remote-2"),
                )
            },
        ),
        "pass",
        **BOTH,
    ),
    Scenario(
        "fqdn-slice",
        Scene(
            slices_only=True,
            patches={
                "EndpointSlice/istiod-remote": {
                    "addressType": "FQDN",
                    "endpoints": [{"addresses": ["istiod.example.com"]}],
                }
            },
        ),
        "fail",
        {"NoEndpoints": FAIL},
    ),
    Scenario(
        "dual-stack",
        Scene(
            both=True,
            remote=(HOSTED_POD, "fd00:10::141"),
            slices_only=True,
            pods=(Pod(HOSTED_POD, also=("fd00:10:0::141",)),),
        ),
        "pass",
        live=False,  # an API server refuses addresses that aren't canonical
        **BOTH,
    ),
    Scenario(
        "dual-stack-wrong",
        Scene(
            both=True,
            remote=(HOSTED_POD, "fd00:10::142"),
            pods=(Pod(HOSTED_POD, also=("fd00:10::141",)),),
        ),
        "fail",
        {"AddressIsStale": FAIL, "TrafficSplit": FAIL},
        live=False,  # the lab's Services have one family
        **BOTH,
    ),
    Scenario(
        "slice-not-ready-endpoints-right",
        Scene(
            remote=(),
            not_ready=(LOAD_BALANCER,),
            slices_only=True,
            extra={"workload": (unmirrored(LOAD_BALANCER),)},
        ),
        "fail",
        {"NoReadyEndpoints": FAIL, "EndpointsDiffer": FAIL},
        causes={"EndpointsDiffer": "NoReadyEndpoints"},
    ),
    Scenario(
        "hand-made-slice-beside-a-mirrored-one",
        Scene(extra={"workload": (endpoint_slice("istiod-remote", [NOWHERE], name="by-hand"),)}),
        "fail",
        {"AddressIsUnexpected": FAIL, "TrafficSplit": FAIL, "EndpointsDiffer": FAIL},
    ),
    Scenario(
        "slice-of-another-family",
        Scene(
            slices_only=True,
            remote=("fd00:10::71",),
            lb=(LOAD_BALANCER, "fd00:10::71"),
            patches={"Service/istiod-remote": {"spec": {"ipFamilies": ["IPv4"]}}},
        ),
        "fail",
        {"NoEndpoints": FAIL},
    ),
    Scenario(
        "slice-ports-without-numbers",
        Scene(
            slices_only=True,
            patches={
                "EndpointSlice/istiod-remote": {
                    "ports": [
                        {"name": "tcp-istiod", "protocol": "TCP"},
                        {"name": "tcp-webhook", "protocol": "TCP"},
                    ]
                }
            },
        ),
        "fail",
        {"XDSPortMissing": FAIL, "WebhookPortMissing": WARN},
    ),
    Scenario(
        "second-slice-with-another-number",
        Scene(
            slices_only=True,
            extra={
                "workload": (
                    endpoint_slice(
                        "istiod-remote",
                        [LOAD_BALANCER],
                        ports=((15013, "tcp-istiod"), (15017, "tcp-webhook")),
                        name="second",
                    ),
                )
            },
        ),
        "fail",
        {"XDSPortNotJoined": FAIL},
    ),
    *[
        Scenario(
            f"endpoints-alone-{name}",
            Scene(patches={"EndpointSlice/istiod-remote-b9xkq": None, **patches}),
            verdict,
            found,
            live=False,
        )
        for name, patches, verdict, found in (
            (
                "unmirrored",
                {
                    "Endpoints/istiod-remote": {
                        "metadata": {"labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}}
                    }
                },
                "unknown",
                {"NotCaptured": UNKNOWN},
            ),
            (
                "beside-a-selector",
                {"Service/istiod-remote": {"spec": {"selector": {"app": "istiod"}}}},
                "unknown",
                {"NotCaptured": UNKNOWN},
            ),
            (
                "of-another-family",
                {"Service/istiod-remote": {"spec": {"ipFamilies": ["IPv6"]}}},
                "fail",
                {"NoEndpoints": FAIL},
            ),
            (
                "on-no-node",
                {"Service/istiod-remote": {"spec": {"internalTrafficPolicy": "Local"}}},
                "fail",
                {"NoReadyEndpoints": FAIL},
            ),
        )
    ],
]
