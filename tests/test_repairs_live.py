"""What a report prints as the repair does repair, as it stands."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests import harness
from tests.lab.apply import apply
from tests.lab.clusters import Lab
from tests.lab.scenes import Scene
from tests.on_lab import brought_in, flags
from tests.scenarios import SCENARIOS

pytestmark = pytest.mark.live

REPAIRABLE = [
    "workload-hosted-pod",
    "both-load-balancer",
    "slices-only-wrong",
    "no-endpoints",
    "no-endpoints-object",
    "not-ready",
    "no-15012",
    "no-15017",
    "other-names",
    "service-without-15012",
    "service-without-443",
    "restarted",
    "split",
    "external-name-other",
    "revision-wrong",
    "disagree-slices-wrong",
    "external-name-local-istiod",
    "external-name-both",
    "external-name-is-ip",
    "service-with-15017",
    "service-with-15010",
    "other-port-name",
    "one-unnamed-port",
    "slice-not-ready-endpoints-right",
    "hand-made-slice-beside-a-mirrored-one",
    "local-istiod-pod",
]


@pytest.mark.parametrize("name", REPAIRABLE)
def test_the_printed_command_repairs_it(name: str, lab: Lab, mesh_cli: dict[str, str]) -> None:
    scenario = next(s for s in SCENARIOS if s.name == name)
    moved = brought_in(lab, scenario, f"repair-{name}")
    broken = harness.findings(
        json.loads(harness.run("verify-endpoints", *flags(moved), "-o", "json")[1])
    )
    lines = [
        line.strip()
        for f in broken
        for line in (f["hint"] or "").splitlines()
        if line.startswith("  ")
    ]
    repairs = [
        line
        for line in lines
        if re.search(r" (patch (endpoints|endpointslice|service)|apply) ", line)
    ]
    assert repairs
    for command in repairs:
        done = subprocess.run(
            command, shell=True, env=mesh_cli, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stderr)
    repeated = [line for line in lines if line.startswith("kubectl mesh verify-endpoints")]
    for _ in range(100):  # the mirroring controller follows within a second, or backs off for some
        code, out = harness.run("verify-endpoints", *flags(moved), "-o", "json")
        if code == 0 and json.loads(out)["summary"]["warn"] == 0:
            break
    assert code == 0, out
    for command in repeated:
        done = subprocess.run(
            command, shell=True, env=mesh_cli, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


# Where one object that is applied mends all that is at fault, and where nothing but commands does.
MENDED = [
    "workload-hosted-pod",
    "both-load-balancer",
    "slices-only-wrong",
    "no-endpoints-object",
    "not-ready",
    "no-15012",
    "other-names",
    "revision-wrong",
    "split",
    "one-unnamed-port",
    "disagree-slices-wrong",
    "hand-made-slice-beside-a-mirrored-one",
]


@pytest.mark.parametrize("name", MENDED)
def test_the_printed_manifest_repairs_it(name: str, lab: Lab, mesh_cli: dict[str, str]) -> None:
    scenario = next(s for s in SCENARIOS if s.name == name)
    moved = brought_in(lab, scenario, f"patch-{name}")
    asked = ["verify-endpoints", *flags(moved)]
    code, patch = harness.run(*asked, "-o", "patch")
    assert code == 1
    assert "may write these objects back" in patch
    command = ["kubectl", "--context", scenario.verify, "apply", "-f", "-"]
    applied = subprocess.run(
        command, input=patch, env=mesh_cli, capture_output=True, text=True, check=False
    )
    assert applied.returncode == 0, applied.stderr
    assert harness.run(*asked, "--wait", "--timeout", "1m")[0] == 0


def test_a_selector_is_taken_away(lab: Lab, mesh_cli: dict[str, str]) -> None:
    """With a selector the endpoints controller writes; the printed commands end that too."""
    selector = {"spec": {"selector": {"app": "istiod", "istio": "pilot"}}}
    gone = dict.fromkeys(("Endpoints/istiod-remote", "EndpointSlice/istiod-remote-b9xkq"))
    apply(lab, Scene(namespace="selector", patches={"Service/istiod-remote": selector, **gone}))
    arguments = ["-n", "selector", "--control-plane-context", "control-plane", "-o", "json"]
    for _ in range(100):  # until the controllers have followed
        code, out = harness.run("verify-endpoints", *arguments)
        found = [
            f for f in harness.findings(json.loads(out)) if f["code"] == "AddressIsLocalIstiod"
        ]
        if found:
            break
    assert code == 1
    commands = [
        line.strip()
        for line in found[0]["hint"].splitlines()
        if line.startswith("  kubectl --context workload")
    ]
    assert len(commands) == 3
    for command in commands:
        subprocess.run(command, shell=True, env=mesh_cli, capture_output=True, check=True)
    for _ in range(100):
        code, out = harness.run("verify-endpoints", *arguments)
        if code == 0:
            break
    assert code == 0, out
