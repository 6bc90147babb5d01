"""A workload cluster alone: what it shows of itself, and what the user states."""

from __future__ import annotations

from tests.lab.scenes import (
    HOSTED_POD,
    LOAD_BALANCER,
    LOCAL_ISTIOD,
    PORTS,
    Scene,
    endpoints,
    service,
    with_mirrors,
)
from tests.scenarios.model import FAIL, LONE, UNKNOWN, WARN, Scenario
from tests.scenarios.objects import NOWHERE

STATED_ADDRESS = [
    Scenario("lone", Scene(), "unknown", {"AddressUndetermined": UNKNOWN}, **LONE),
    Scenario("lone-stated", Scene(), "pass", flags=("--expect-address", LOAD_BALANCER), **LONE),
    Scenario(
        "lone-stated-wrong",
        Scene(),
        "fail",
        {"AddressIsUnexpected": FAIL},
        flags=("--expect-address", "203.0.113.9"),
        **LONE,
    ),
    Scenario(
        "stated-differs",
        Scene(remote=("203.0.113.9",)),
        "pass",
        {"HostedLBDiffers": WARN, "ConfiguredAddressDiffers": WARN},
        flags=("--expect-address", "203.0.113.9"),
    ),
    Scenario(
        "drift-lone", Scene(remote=(NOWHERE,)), "fail", {"ConfiguredAddressDiffers": FAIL}, **LONE
    ),
    Scenario(
        "drift-but-right", Scene(configured=HOSTED_POD), "pass", {"ConfiguredAddressDiffers": WARN}
    ),
    Scenario(
        "witness-refutes",
        Scene(
            remote=(NOWHERE,),
            configured=NOWHERE,
            extra={
                "workload": (
                    service(
                        "istiod-hosted-mesh-hosted-lb",
                        PORTS,
                        kind="LoadBalancer",
                        lb=[LOAD_BALANCER],
                    ),
                )
            },
        ),
        "fail",
        {"AddressIsUnexpected": FAIL},
        **LONE,
    ),
    Scenario(
        "witness-proves",
        Scene(
            extra={
                "workload": (
                    service(
                        "istiod-hosted-mesh-hosted-lb",
                        PORTS,
                        kind="LoadBalancer",
                        lb=[LOAD_BALANCER],
                    ),
                    *with_mirrors(endpoints("istiod-hosted-mesh-hosted-lb", ["10.64.30.8"])),
                )
            },
        ),
        "pass",
        **LONE,
    ),
    Scenario(
        "witness-leads-nowhere",
        Scene(
            extra={
                "workload": (
                    service(
                        "istiod-hosted-mesh-hosted-lb",
                        PORTS,
                        kind="LoadBalancer",
                        lb=[LOAD_BALANCER],
                    ),
                )
            },
        ),
        "unknown",
        {"AddressUndetermined": UNKNOWN},
        **LONE,
    ),
    Scenario(
        "witness-leads-to-the-local-istiod",
        Scene(
            extra={
                "workload": (
                    service(
                        "istiod-hosted-mesh-hosted-lb",
                        PORTS,
                        kind="LoadBalancer",
                        lb=[LOAD_BALANCER],
                    ),
                    *with_mirrors(endpoints("istiod-hosted-mesh-hosted-lb", [LOCAL_ISTIOD])),
                )
            },
        ),
        "unknown",
        {"AddressUndetermined": UNKNOWN},
        **LONE,
    ),
]
