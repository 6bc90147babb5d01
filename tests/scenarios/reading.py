"""Reads that gave no answer, and files that don't hold all kinds."""

from __future__ import annotations

from tests.lab.scenes import HOSTED_POD, Scene
from tests.scenarios.model import BOTH, SKIP, UNKNOWN, WARN, Scenario

READING = [
    *[
        Scenario(
            f"slices-{code}",
            Scene(),
            "unknown",
            {code: UNKNOWN},
            unread=(("workload", "EndpointSlice", code),),
            live=False,
        )
        for code in (
            "Forbidden",
            "NotServed",
            "TimedOut",
            "ServerFailed",
            "MalformedAnswer",
            "NotAsked",
        )
    ],
    Scenario(
        "endpoints-unread",
        Scene(),
        "pass",
        {"Forbidden": WARN},
        unread=(("workload", "Endpoints", "Forbidden"),),
        live=False,
    ),
    Scenario(
        "pods-unread-workload",
        Scene(),
        "pass",
        {"Forbidden": SKIP},
        unread=(("workload", "Pod", "Forbidden"),),
        live=False,
    ),
    Scenario(
        "pods-unread-both",
        Scene(both=True, remote=(HOSTED_POD,)),
        "unknown",
        {"Forbidden": UNKNOWN, "AddressUndetermined": UNKNOWN},
        unread=(("control-plane", "Pod", "Forbidden"),),
        live=False,
        **BOTH,
    ),
    Scenario(
        "deployments-unread",
        Scene(),
        "unknown",
        {"Forbidden": UNKNOWN, "AddressUndetermined": UNKNOWN},
        unread=(("workload", "Deployment", "Forbidden"),),
        live=False,
    ),
    Scenario(
        "deployments-unread-role-stated",
        Scene(),
        "pass",
        {"Forbidden": SKIP},
        flags=("--role", "workload"),
        unread=(("workload", "Deployment", "Forbidden"),),
        live=False,
    ),
    Scenario(
        "services-unread",
        Scene(),
        "unknown",
        {"Forbidden": UNKNOWN},
        unread=(("workload", "Service", "Forbidden"),),
        live=False,
    ),
    Scenario(
        "configs-unread",
        Scene(),
        "unknown",
        {"Forbidden": UNKNOWN},
        unread=(("workload", "ConfigMap", "Forbidden"),),
        live=False,
    ),
    Scenario(
        "configs-unread-role-stated",
        Scene(),
        "unknown",
        {"Forbidden": UNKNOWN},
        flags=("--role", "workload", "--mesh-id", "hosted-mesh"),
        unread=(("workload", "ConfigMap", "Forbidden"),),
        live=False,
    ),
    *[
        Scenario(
            f"control-plane-{kind.lower()}s-unread",
            Scene(),
            "unknown",
            found,
            unread=(("control-plane", kind, "Forbidden"),),
            live=False,
        )
        for kind, found in (
            ("Deployment", {"Forbidden": UNKNOWN}),
            ("Pod", {"Forbidden": UNKNOWN}),
            ("Service", {"Forbidden": UNKNOWN, "AddressUndetermined": UNKNOWN}),
        )
    ],
    *[
        Scenario(
            f"control-plane-{code}",
            Scene(),
            "unknown",
            {code: UNKNOWN, "AddressUndetermined": UNKNOWN},
            unread=(("control-plane", "*", code),),
            live=False,
            causes={"AddressUndetermined": code},
        )
        for code in ("Unreachable", "TLSFailed", "Unauthorized")
    ],
    Scenario(
        "unreachable",
        Scene(),
        "unknown",
        {"Unreachable": UNKNOWN},
        unread=(("workload", "*", "Unreachable"),),
        live=False,
    ),
    Scenario(
        "not-captured",
        Scene(patches={"Deployment/istiod": None}),
        "unknown",
        {"NotCaptured": UNKNOWN, "AddressUndetermined": UNKNOWN},
        live=False,
    ),
    Scenario(
        "endpoints-alone",
        Scene(patches={"EndpointSlice/istiod-remote-b9xkq": None}),
        "pass",
        live=False,
    ),
]
