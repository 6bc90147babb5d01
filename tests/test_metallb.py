"""verify-gateway where the real MetalLB controller gives the addresses, or doesn't.

And where there is none.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from tests import harness
from tests.lab import metallb
from tests.lab.apply import apply, wait
from tests.lab.clusters import Lab
from tests.lab.gateways import Gateway, refused
from tests.lab.objects import Object
from tests.lab.scenes import service
from tests.scenarios.gateway_model import PENDING, scenario
from tests.scenarios.metallb import advertisement, asking, pool

pytestmark = pytest.mark.live


@pytest.fixture
def metallb_lab(lab_with_metallb: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab with MetalLB in its workload cluster and nothing that asks for an address."""
    monkeypatch.setenv("KUBECONFIG", str(lab_with_metallb.kubeconfig))
    metallb.clear(lab_with_metallb, "workload")
    return lab_with_metallb


def verify(namespace: str, *flags: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and the findings."""
    arguments = ["--control-plane-context", "control-plane", "-n", namespace, "-o", "json", *flags]
    code, out = harness.run("verify-gateway", *arguments)
    return code, harness.findings(json.loads(out))


def bring(lab: Lab, namespace: str, *gateways: Gateway, **given: Any) -> None:
    apply(
        lab,
        harness.in_namespace(scenario(namespace, "fail", {}, *gateways, **given), namespace).scene,
    )


def until(namespace: str, code: str, *flags: str) -> dict[str, Any]:
    """The failing finding of a code, once the run tells it.

    The other failures of that run are none.
    """

    def told() -> dict[str, Any] | None:
        _, found = verify(namespace, *flags)
        failing = [f for f in found if f["result"] == "fail"]
        return failing[0] if [f["code"] for f in failing] == [code] else None

    finding: dict[str, Any] = wait(code, told)
    return finding


def passes(namespace: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def right() -> bool:
        code, seen = verify(namespace)
        found[:] = seen
        return code == 0

    wait("a pass", right)
    return found


def test_no_load_balancer(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    bring(lab, "lb-none", PENDING)
    code, found = verify("lb-none", "--debug")
    failing = [f for f in found if f["result"] == "fail"]
    assert (code, [f["code"] for f in failing]) == (1, ["LoadBalancerMissing"])
    assert failing[0]["object"]["name"] == "istio-ingressgateway"
    requests = dict(re.findall(r"debug: (\S+): (\d+) requests", capfd.readouterr().err))
    assert int(requests["workload"]) <= 22
    assert int(requests["control-plane"]) <= 8
    assert not [
        f for f in found if f["code"] in ("NotServed", "Forbidden")
    ]  # absent CRDs cost nothing
    # Who lives with it says so.
    assert verify("lb-none", "--ignore", "LoadBalancerMissing=service/istio-ingressgateway")[0] == 0


def test_no_load_balancer_in_the_control_plane_cluster(lab: Lab) -> None:
    """The page's chain: hosted-lb has no address, so istiod-remote has none to lead to.

    So the gateway is not ready.
    """
    bring(lab, "lb-chain", Gateway(pods=(refused(),)), lb=(), remote=(), configured=None)
    code, found = verify("lb-chain")
    by_code = {f["code"]: f for f in found}
    names = {f["id"]: f["code"] for f in found}
    assert code == 1
    assert by_code["LoadBalancerMissing"]["object"]["name"] == "istiod-hosted-mesh-hosted-lb"
    assert names[by_code["GatewayNotReady"]["cause"]] == "NoEndpoints"
    assert names[by_code["NoEndpoints"]["cause"]] == "LoadBalancerMissing"


def test_the_address_arrives_once_the_pool_is_there(metallb_lab: Lab) -> None:
    bring(metallb_lab, "lb-no-pool", PENDING)
    told = until("lb-no-pool", "AddressPoolMissing")
    assert not told.get("events")  # MetalLB says nothing at all then
    hint = told["hint"].replace("FIRST-LAST", "10.64.30.81-10.64.30.82")
    harness.paste(metallb_lab.bin, hint, "create")
    found = {f["code"]: f for f in passes("lb-no-pool")}
    assert found["GatewayHasAddress"]["actual"] == ["10.64.30.81"]
    assert found["AddressAnnounced"]["actual"] == ["l2advertisement/default"]


def test_pool_exhausted(metallb_lab: Lab) -> None:
    metallb.create(metallb_lab, "workload", _bare(pool("one", "10.64.30.81/32")))
    metallb.create(metallb_lab, "workload", _bare(advertisement()))
    bring(
        metallb_lab,
        "lb-other",
        extra={"workload": (service("other", ((80, "http"),), kind="LoadBalancer"),)},
    )
    taken = "/api/v1/namespaces/lb-other/services/other"
    wait(
        "the only address to be taken",
        lambda: metallb_lab.api("workload", "GET", taken)["status"]["loadBalancer"],
    )
    bring(metallb_lab, "lb-exhausted", PENDING)
    told = until("lb-exhausted", "AddressPoolExhausted")
    assert "one" in told["message"]
    assert any("no available IPs" in event for event in told["events"])


def test_pool_without_advertisement(metallb_lab: Lab) -> None:
    metallb.create(metallb_lab, "workload", _bare(pool("silent")))
    metallb.create(metallb_lab, "workload", _bare(advertisement("other", ipAddressPools=["other"])))
    bring(metallb_lab, "lb-silent", PENDING)
    harness.paste(metallb_lab.bin, until("lb-silent", "AddressNotAnnounced")["hint"], "create")
    passes("lb-silent")


@pytest.mark.parametrize(
    ("name", "gateway", "code", "event"),
    [
        (
            "class",
            replace(PENDING, service={"spec": {"loadBalancerClass": "example.com/lb"}}),
            "LoadBalancerClassUnserved",
            "",
        ),
        ("unknown-pool", asking(address_pool="gone"), "AddressPoolUnknown", 'unknown pool "gone"'),
        (
            "no-such-address",
            asking(loadBalancerIPs="192.0.2.9"),
            "AddressNotInPool",
            "is not allowed in config",
        ),
    ],
)
def test_what_the_service_asks_for(
    metallb_lab: Lab, name: str, gateway: Gateway, code: str, event: str
) -> None:
    metallb.create(metallb_lab, "workload", _bare(pool()))
    metallb.create(metallb_lab, "workload", _bare(advertisement()))
    bring(metallb_lab, f"lb-{name}", gateway)
    told = until(f"lb-{name}", code)
    if event:
        told = wait("the event", lambda: _with_event(f"lb-{name}", event))
        assert told["code"] == code


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("namespaces", {"serviceAllocation": {"namespaces": ["elsewhere"]}}),
        (
            "selectors",
            {"serviceAllocation": {"serviceSelectors": [{"matchLabels": {"app": "other"}}]}},
        ),
        ("asked", {"autoAssign": False}),
    ],
)
def test_a_pool_that_is_for_others(metallb_lab: Lab, name: str, spec: Object) -> None:
    metallb.create(metallb_lab, "workload", _bare(pool("theirs", **spec)))
    bring(metallb_lab, f"lb-others-{name}", PENDING)
    told = until(f"lb-others-{name}", "AddressPoolNotAllowed")
    wait("the event", lambda: _with_event(f"lb-others-{name}", "no available IPs"))
    assert "theirs" in told["message"]


def test_controller_not_ready(metallb_lab: Lab) -> None:
    bring(metallb_lab, "lb-down", PENDING)
    metallb.set_ready(metallb_lab, "workload", False)
    try:
        until("lb-down", "LoadBalancerNotReady")
    finally:
        metallb.set_ready(metallb_lab, "workload", True)


def test_a_gateway_with_its_address_needs_no_look_into_metallb(metallb_lab: Lab) -> None:
    """Nobody but the allocation knows MetalLB there: what may not be read decides nothing."""
    metallb.create(metallb_lab, "workload", _bare(pool()))
    metallb.create(metallb_lab, "workload", _bare(advertisement()))
    bring(metallb_lab, "lb-healthy", PENDING)
    passes("lb-healthy")


def _with_event(namespace: str, part: str) -> dict[str, Any] | None:
    _, found = verify(namespace)
    return next((f for f in found if any(part in event for event in f.get("events", []))), None)


def _bare(obj: Object) -> Object:
    """Without the status that MetalLB writes itself."""
    return {key: value for key, value in obj.items() if key != "status"}
