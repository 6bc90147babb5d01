"""verify-endpoints against real API servers and controllers.

Kubectl is the real one where that matters.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import harness
from tests.lab.apply import apply
from tests.lab.clusters import CLUSTERS, Lab, kubeconfig
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, Scene, config_map, mesh_yaml, service
from tests.on_lab import CLUSTER_ROLE, PAGE, as_reader, brought_in, flags, kubectl, with_result
from tests.scenarios import EXIT, GATEWAY_SCENARIOS, SCENARIOS, Scenario
from tests.scenarios.objects import wired_to

pytestmark = pytest.mark.live

LIVE = [scenario for scenario in (*SCENARIOS, *GATEWAY_SCENARIOS) if scenario.live]


def compared(report: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What was compared, without the names that controllers make up."""
    return sorted(
        (f["code"], f["result"], f["field"], str(f["expected"]), str(f["actual"]))
        for f in harness.findings(report)
    )


@pytest.mark.parametrize("scenario", LIVE, ids=lambda s: s.name)
def test_scenario(
    scenario: Scenario,
    lab: Lab,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moved = brought_in(lab, scenario, f"s-{scenario.name}"[:60].lower())
    code, out = harness.run(moved.command, *flags(moved), "-o", "json", "--debug")
    report = json.loads(out)
    found = {f["code"]: f["result"] for f in harness.findings(report) if f["result"] != "pass"}
    assert found == dict(scenario.found)
    assert (report["verdict"], code) == (scenario.verdict, EXIT[scenario.verdict])
    # The same objects from files say the same.
    assert compared(report) == compared(harness.report(moved, tmp_path, monkeypatch)[1])

    requests = dict(re.findall(r"debug: (\S+): (\d+) requests", capfd.readouterr().err))
    both_roles = scenario.scene.both and scenario.verify == "control-plane"
    healthy = scenario.verdict == "pass" and not scenario.found
    for cluster, count in requests.items():
        if scenario.command == "verify-gateway":
            allowed = 14 if both_roles else 12 if cluster == scenario.verify else 8
        else:
            allowed = 14 if both_roles else 8 if cluster == scenario.verify else 6
        assert int(count) <= (allowed if healthy else allowed + 10), cluster


@pytest.mark.parametrize(
    ("name", "exit_code"), [("workload-right", 0), ("workload-hosted-pod", 1), ("lone", 3)], ids=str
)
def test_through_kubectl(name: str, exit_code: int, lab: Lab, mesh_cli: dict[str, str]) -> None:
    scenario = next(s for s in SCENARIOS if s.name == name)
    moved = brought_in(lab, scenario, f"kubectl-{name}")
    done = kubectl(mesh_cli, "mesh", "verify-endpoints", *flags(moved))
    assert (done.returncode, done.stderr) == (exit_code, "")
    usage = kubectl(mesh_cli, "mesh", "verify-endpoints", "--contxt", "workload")
    assert usage.returncode == 2
    assert len(usage.stderr.splitlines()) == 1
    flag_first = kubectl(mesh_cli, "-n", "x", "mesh", "verify-endpoints")
    assert flag_first.returncode not in (0, 3)


def test_examples_of_the_help_work_when_pasted(
    lab: Lab, mesh_cli: dict[str, str], tmp_path: Path
) -> None:
    """The active context is a workload cluster, as they say.

    Every verdict will do, but no usage error.
    """
    apply(lab, Scene(remote=(HOSTED_POD,)))
    at_home = {**mesh_cli, "HOME": str(tmp_path)}
    (tmp_path / ".krew" / "bin").mkdir(parents=True)
    (tmp_path / ".config" / "fish" / "completions").mkdir(parents=True)
    for command in ([], ["verify-endpoints"], ["verify-gateway"], ["version"], ["completion"]):
        told = kubectl(mesh_cli, "mesh", *command, "--help").stdout
        lines = told[told.index("Examples:") : told.index("Usage:")].splitlines()
        pasted = [
            line for line in lines if line.startswith(("  kubectl ", "  source ", "  chmod "))
        ]
        assert pasted
        for line in pasted:
            done = subprocess.run(
                ["bash", "-c", line], cwd=tmp_path, env=at_home, capture_output=True, check=False
            )
            assert done.returncode in {0, 1, 3}, (line, done.stderr)
            assert b"error:" not in done.stderr, line


def test_what_kubectl_captures_says_the_same(
    lab: Lab, mesh_cli: dict[str, str], tmp_path: Path
) -> None:
    for scenario in (PAGE, next(s for s in SCENARIOS if s.name == "slices-only-wrong")):
        moved = brought_in(lab, scenario, f"captured-{scenario.name}")
        kinds = "svc,ep,endpointslices,pods,deploy,cm"
        for form in ("yaml", "json"):
            paths = {}
            for cluster in CLUSTERS:
                got = kubectl(
                    mesh_cli,
                    "--context",
                    cluster,
                    "get",
                    "-n",
                    moved.scene.namespace,
                    kinds,
                    "-o",
                    form,
                )
                paths[cluster] = tmp_path / f"{cluster}.{form}"
                paths[cluster].write_text(got.stdout)
            offline = [
                "-f",
                str(paths["workload"]),
                "--control-plane-filename",
                str(paths["control-plane"]),
            ]
            code, out = harness.run(
                "verify-endpoints", *offline, "-n", moved.scene.namespace, "-o", "json"
            )
            live_code, live = harness.run("verify-endpoints", *flags(moved), "-o", "json")
            assert code == live_code == 1
            assert compared(json.loads(out)) == compared(json.loads(live))


# --- many Pods, other namespaces, the same cluster twice -----------------------------------------


def test_control_plane_in_another_namespace_of_the_same_cluster(lab: Lab) -> None:
    """The hosted istiod beside the workload in one cluster is the both-roles pattern.

    The namespaces don't matter.
    """
    scene = replace(PAGE.scene, namespace="apart-cp")
    apply(lab, scene)
    workload = Scene(namespace="apart-wl", remote=(HOSTED_POD,))
    objects = workload.clusters()["workload"]
    single = Scene(
        namespace="apart-wl",
        extra={"control-plane": tuple(objects)},
        patches={
            f"control-plane:{o['kind']}/{o['metadata']['name']}": None
            for o in workload.clusters()["control-plane"]
        },
    )
    apply(
        lab,
        replace(
            single,
            both=False,
            patches={
                **single.patches,
                **{f"workload:{o['kind']}/{o['metadata']['name']}": None for o in objects},
            },
        ),
    )
    arguments = [
        "--context",
        "control-plane",
        "-n",
        "apart-wl",
        "--control-plane-namespace",
        "apart-cp",
    ]
    code, out = harness.run("verify-endpoints", *arguments, "-o", "json")
    report = json.loads(out)
    assert (code, report["clusters"][0]["role"]) == (0, "hosted+workload"), out


def test_the_control_plane_named_by_another_context_of_the_same_cluster(
    lab: Lab, tmp_path: Path
) -> None:
    """A second name for the cluster that is verified makes no second cluster of it."""
    apply(lab, Scene(namespace="alias", both=True, remote=(HOSTED_POD,)))
    path = tmp_path / "kubeconfig"
    path.write_text(
        kubeconfig(lab, dict.fromkeys(("one", "other"), ("control-plane", "admin")), "one")
    )
    arguments = [
        "--kubeconfig",
        str(path),
        "-n",
        "alias",
        "--control-plane-context",
        "other",
        "-o",
        "json",
    ]
    code, out = harness.run("verify-endpoints", *arguments)
    report = json.loads(out)
    assert (code, [c["role"] for c in report["clusters"]]) == (0, ["hosted+workload"]), out


def test_a_stated_address_needs_no_control_plane(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """For those who always have the environment variable set.

    Today the control plane is out of reach.
    """
    apply(
        lab,
        harness.in_namespace(next(s for s in SCENARIOS if s.name == "lone-stated"), "stated").scene,
    )
    monkeypatch.setenv("KUBECTL_MESH_CONTROL_PLANE_CONTEXT", "control-plane-nobody")
    code, out = harness.run(
        "verify-endpoints", "-n", "stated", "--expect-address", LOAD_BALANCER, "-o", "json"
    )
    assert (code, with_result(out, "warn")) == (0, {"Forbidden"}), out
    assert harness.run("verify-endpoints", "-n", "stated", "-q")[0] == 3


def test_more_than_one_run_asks_for(lab: Lab) -> None:
    """Many revisions at once: what was not asked for is said to be that."""
    configs = [
        config_map(
            f"istio-r{n}",
            {"mesh": mesh_yaml("hosted-mesh", f"istiod-r{n}-remote.many.svc:15012")},
            f"r{n}",
        )
        for n in range(8)
    ]
    services = [
        service(f"istiod-r{n}-remote", ((15012, "tcp-istiod"), (443, "tcp-webhook")))
        for n in range(8)
    ]
    extra = {"workload": (*configs, *services)}
    apply(
        lab,
        harness.in_namespace(
            replace(PAGE, scene=Scene(namespace="many", extra=extra)), "many"
        ).scene,
    )
    code, out = harness.run(
        "verify-endpoints", "-n", "many", "--control-plane-context", "control-plane", "-o", "json"
    )
    assert (code, with_result(out, "unknown")) == (1, {"NotAsked"}), out


def test_the_service_in_another_namespace(lab: Lab, tmp_path: Path) -> None:
    """discoveryAddress names it, namespace and all.

    What can't be read there is unknown, not absent.
    """
    remote = (
        "Service/istiod-remote",
        "Endpoints/istiod-remote",
        "EndpointSlice/istiod-remote-b9xkq",
    )
    config = wired_to("istiod-remote.named-there.svc:15012")
    here = Scene(
        namespace="named-here", patches={**dict.fromkeys(remote), "ConfigMap/istio": config}
    )
    apply(lab, here)
    held = [
        o
        for o in Scene().clusters()["workload"]
        if f"{o['kind']}/{o['metadata']['name']}" in remote
    ]
    nothing = {
        f"{o['kind']}/{o['metadata']['name']}": None for c in Scene().clusters().values() for o in c
    }
    apply(lab, Scene(namespace="named-there", patches=nothing, extra={"workload": tuple(held)}))
    arguments = ["-n", "named-here", "--control-plane-context", "control-plane", "-o", "json"]
    code, out = harness.run("verify-endpoints", *arguments)
    assert code == 0, out
    rules = yaml.safe_load(CLUSTER_ROLE.read_text())["rules"]
    path = as_reader(lab, "named-here-only", "named-here", rules, tmp_path)
    code, out = harness.run("verify-endpoints", "--kubeconfig", str(path), *arguments)
    assert (
        code,
        {f["code"] for f in harness.findings(json.loads(out)) if f["result"] == "unknown"},
    ) == (
        3,
        {"Forbidden"},
    )
    lab.api("workload", "DELETE", "/api/v1/namespaces/named-there/services/istiod-remote")
    code, out = harness.run("verify-endpoints", *arguments)
    assert (
        code,
        [f["code"] for f in harness.findings(json.loads(out)) if f["result"] == "fail"],
    ) == (
        1,
        ["ServiceNotFound"],
    )


def test_interrupt_ends_clean(lab: Lab) -> None:
    script = (
        "import sys, signal, os, time\n"
        "from kubectl_mesh import cli\n"
        "from kubectl_mesh.collect.collector import Collector\n"
        "Collector.run = lambda *a: os.kill(os.getpid(), signal.SIGINT) or time.sleep(5)\n"
        "sys.exit(cli.main(['verify-endpoints']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
