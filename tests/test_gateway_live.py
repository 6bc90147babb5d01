"""verify-gateway against real API servers.

Rights, every namespace, what controllers refuse, and the age of events.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import harness
from tests.lab import metallb
from tests.lab.apply import apply, wait
from tests.lab.clusters import CLUSTERS, Lab
from tests.lab.gateways import Gateway, GatewayPod, refused
from tests.lab.scenes import HOSTED_POD, Scene
from tests.on_lab import CLUSTER_ROLE, as_reader, brought_in, decisive_rules, flags
from tests.scenarios import EXIT, GATEWAY_SCENARIOS, Scenario
from tests.scenarios.gateway_model import MESH_GATEWAY, PENDING, scenario

pytestmark = pytest.mark.live


def named(name: str) -> Scenario:
    return next(s for s in GATEWAY_SCENARIOS if s.name == name)


@pytest.fixture
def metallb_namespace(lab: Lab) -> str:
    """MetalLB's namespace, which holds nothing here, so that rights can be given in it."""
    for cluster in CLUSTERS:
        lab.namespace(cluster, metallb.NAMESPACE)
    return metallb.NAMESPACE


def test_the_documented_cluster_role_is_enough(
    lab: Lab, metallb_namespace: str, tmp_path: Path
) -> None:
    """Bound in the mesh's namespace and MetalLB's, only the look into all others is forbidden."""
    rules = yaml.safe_load(CLUSTER_ROLE.read_text())["rules"]
    for name, verdict in (("gateway-right", "pass"), ("gateway-page", "fail")):
        moved = brought_in(lab, named(name), f"gw-rights-{name}")
        path = as_reader(
            lab, f"gw-{name}", moved.scene.namespace, rules, tmp_path, (metallb_namespace,)
        )
        code, out = harness.run(
            "verify-gateway", "--kubeconfig", str(path), *flags(moved), "-o", "json"
        )
        assert code == EXIT[verdict], out
        assert not [f for f in harness.findings(json.loads(out)) if f["code"] == "Forbidden"]


def test_metallb_that_may_not_be_read(lab: Lab, tmp_path: Path) -> None:
    """The reason of a pending address is then not known; that it is pending is."""
    rules = yaml.safe_load(CLUSTER_ROLE.read_text())["rules"]
    moved = brought_in(lab, scenario("x", "fail", {}, PENDING), "gw-no-metallb")
    path = as_reader(lab, "gw-no-metallb", moved.scene.namespace, rules, tmp_path)
    code, out = harness.run(
        "verify-gateway", "--kubeconfig", str(path), *flags(moved), "-o", "json"
    )
    found = {
        f["code"]: f["result"] for f in harness.findings(json.loads(out)) if f["result"] != "pass"
    }
    assert (code, found) == (1, {"AddressPending": "fail", "Forbidden": "skip"})


def test_taking_a_rule_away_never_makes_anything_fine(
    lab: Lab, metallb_namespace: str, tmp_path: Path
) -> None:
    rules = yaml.safe_load(CLUSTER_ROLE.read_text())["rules"]
    moved = [
        brought_in(lab, named(n), f"gw-less-{n}")
        for n in ("gateway-right", "gateway-page", "gateway-crash")
    ]
    decisive = decisive_rules(lab, rules, moved, tmp_path, (metallb_namespace,))
    assert decisive == {
        (r, "list") for r in ("configmaps", "services", "pods", "deployments", "endpointslices")
    }


def test_gateways_in_every_namespace(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    apart = Gateway(
        "apart-gw",
        MESH_GATEWAY,
        lb=("10.64.30.93",),
        pods=(refused("10.244.7.1"),),
        namespace="gw-apart",
    )
    apply(lab, harness.in_namespace(scenario("x", "fail", {}, apart), "gw-all").scene)
    asked = [
        "--control-plane-context",
        "control-plane",
        "-n",
        "gw-all",
        "--gateway",
        "apart-gw",
        "-o",
        "json",
    ]
    code, out = harness.run("verify-gateway", *asked)
    assert (code, _failing(out)) == (3, {})
    code, out = harness.run("verify-gateway", *asked, "-A", "--debug")
    assert (code, set(_failing(out))) == (1, {"GatewayNotReady", "GatewayServiceHasNoEndpoints"})
    assert _failing(out)["GatewayNotReady"]["object"] == {
        "kind": "Deployment",
        "namespace": "gw-apart",
        "name": "apart-gw",
    }
    assert "-n gw-apart" in _failing(out)["GatewayNotReady"]["hint"]
    requests = dict(re.findall(r"debug: (\S+): (\d+) requests", capfd.readouterr().err))
    assert int(requests["workload"]) <= 22


def test_a_quota_that_refuses_the_pods(lab: Lab) -> None:
    namespace = "gw-quota"
    lab.namespace("workload", namespace)
    base = f"/api/v1/namespaces/{namespace}/resourcequotas"
    lab.api(
        "workload", "POST", base, {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "1"}}}
    )
    # No quota controller runs here: what is used is written by hand. The local istiod takes the one
    # Pod.
    lab.api(
        "workload",
        "PATCH",
        f"{base}/none/status",
        {"status": {"hard": {"pods": "1"}, "used": {"pods": "0"}}},
    )
    apply(lab, harness.in_namespace(scenario("x", "fail", {}, Gateway(pods=())), namespace).scene)

    def refused_by_quota() -> dict[str, Any] | None:
        arguments = ["--control-plane-context", "control-plane", "-n", namespace, "-o", "json"]
        return _failing(harness.run("verify-gateway", *arguments)[1]).get("GatewayPodsRefused")

    told = wait("the quota to be told", refused_by_quota)
    assert "exceeded quota" in told["message"]


def test_events_have_an_age(lab: Lab) -> None:
    """Live, an event's age is told as kubectl does; what it says can't harm a terminal."""
    before = (datetime.now(timezone.utc) - timedelta(seconds=200)).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = "Readiness probe failed: \x1b[31mconnection refused\x07"
    pods = (GatewayPod("10.244.7.2", events=(("Unhealthy", said, 22),)),)
    moved = harness.in_namespace(scenario("x", "fail", {}, Gateway(pods=pods)), "gw-age").scene
    event = "Event/istio-ingressgateway-b8b597c59-7gnwr.unhealthy"
    apply(lab, replace(moved, patches={event: {"lastTimestamp": before}}))
    arguments = ["--control-plane-context", "control-plane", "-n", "gw-age"]
    told = _failing(harness.run("verify-gateway", *arguments, "-o", "json")[1])["GatewayNotReady"]
    assert "readiness probe refused (22 times, last 3m ago)" in told["message"]
    assert told["events"] == [
        "22x Unhealthy, 3m ago: Readiness probe failed: \\x1b[31mconnection refused\\x07"
    ]
    shown = harness.run("verify-gateway", *arguments)[1]
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_many_pods_and_services_cost_nothing(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    """What is read is named or labelled: a namespace's other Pods have no part in a run."""
    moved = harness.in_namespace(scenario("x", "pass", {}, Gateway()), "gw-many").scene
    apply(lab, moved)
    for number in range(60):
        spec = {"containers": [{"name": "app", "image": "app"}]}
        pod = {"metadata": {"name": f"app-{number}", "labels": {"app": "app"}}, "spec": spec}
        lab.api("workload", "POST", "/api/v1/namespaces/gw-many/pods", pod)
    arguments = [
        "--control-plane-context",
        "control-plane",
        "-n",
        "gw-many",
        "-o",
        "json",
        "--debug",
    ]
    assert harness.run("verify-gateway", *arguments)[0] == 0
    requests = dict(re.findall(r"debug: (\S+): (\d+) requests", capfd.readouterr().err))
    assert requests == {"workload": "8", "control-plane": "4"}


@pytest.mark.parametrize(
    ("name", "code", "verb"),
    [
        ("gateway-selector", "GatewayServiceSelectsOthers", "patch service"),
        ("gateway-scaled-to-zero", "GatewayScaledToZero", "scale"),
        ("gateway-other-mesh-id", "GatewayMeshIDDiffers", "set env"),
    ],
)
def test_the_printed_command_ends_the_fault(name: str, code: str, verb: str, lab: Lab) -> None:
    moved = brought_in(lab, named(name), f"gw-paste-{name}")
    arguments = [*flags(moved), "-o", "json"]
    harness.paste(
        lab.bin, _failing(harness.run("verify-gateway", *arguments)[1])[code]["hint"], verb
    )
    wait(
        f"{code} to be gone",
        lambda: code not in _failing(harness.run("verify-gateway", *arguments)[1]),
    )


def test_the_printed_repair_of_the_cause_leaves_only_what_needs_time(lab: Lab) -> None:
    """The page's case: with istiod-remote mended, only the gateway is left.

    It needs its kubelet's next probe.
    """
    scene = Scene(gateways=(Gateway(pods=(refused(),)),), remote=(HOSTED_POD,))
    moved = harness.in_namespace(Scenario("x", scene, "fail"), "gw-repair").scene
    apply(lab, moved)
    arguments = ["--control-plane-context", "control-plane", "-n", "gw-repair", "-o", "json"]
    told = _failing(harness.run("verify-gateway", *arguments)[1])
    assert told["GatewayNotReady"]["cause"] == told["AddressIsHostedPod"]["id"]
    harness.paste(lab.bin, told["AddressIsHostedPod"]["hint"], "patch endpoints")

    def mended() -> bool:
        return set(_failing(harness.run("verify-gateway", *arguments)[1])) == {
            "GatewayNotReady",
            "GatewayServiceHasNoEndpoints",
        }

    wait("the address to be right", mended)


def _failing(out: str) -> dict[str, dict[str, Any]]:
    return {f["code"]: f for f in harness.findings(json.loads(out)) if f["result"] == "fail"}
