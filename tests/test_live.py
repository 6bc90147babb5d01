"""verify-endpoints against real API servers and controllers, through real kubectl where that matters."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import harness
from tests.gateway_scenarios import GATEWAY_SCENARIOS
from tests.lab.apply import apply
from tests.lab.clusters import CLUSTERS, Lab, kubeconfig
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, Scene, config_map, mesh_yaml, service
from tests.scenarios import EXIT, SCENARIOS, Scenario, wired_to

pytestmark = pytest.mark.live

LIVE = [scenario for scenario in (*SCENARIOS, *GATEWAY_SCENARIOS) if scenario.live]
PAGE = next(scenario for scenario in SCENARIOS if scenario.name == "workload-hosted-pod")
CLUSTER_ROLE = Path(__file__).parent.parent / "deploy" / "read-access" / "clusterrole.yaml"


def flags(scenario: Scenario) -> list[str]:
    """The command line that verifies a scenario in the lab."""
    named = ["--control-plane-context", scenario.ask] if scenario.asked else []
    return ["--context", scenario.verify, *named, "-n", scenario.scene.namespace, *scenario.flags]


def brought_in(lab: Lab, scenario: Scenario, namespace: str) -> Scenario:
    """The scenario, applied in a namespace of its own."""
    moved = harness.in_namespace(scenario, namespace)
    apply(lab, moved.scene)
    return moved


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


@pytest.fixture
def mesh_cli(lab: Lab) -> dict[str, str]:
    """An environment in which real kubectl finds the installed plugin."""
    scripts = sysconfig.get_path("scripts")
    assert (Path(scripts) / "kubectl-mesh").exists(), "install the package first: pip install -e ."
    path = os.pathsep.join([str(lab.bin), scripts, os.environ["PATH"]])
    return {**os.environ, "PATH": path, "KUBECONFIG": str(lab.kubeconfig)}


def kubectl(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["kubectl", *arguments], env=environment, capture_output=True, text=True, check=False
    )


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
    """The active context is a workload cluster, as they say; every verdict will do, but no usage error."""
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


# --- rights -------------------------------------------------------------------------------------


def as_reader(
    lab: Lab,
    name: str,
    namespace: str,
    rules: list[dict[str, Any]],
    folder: Path,
    also: tuple[str, ...] = (),
) -> Path:
    """A kubeconfig whose user has exactly these rules in some namespaces of both clusters, by impersonation."""
    for cluster in CLUSTERS:
        base = "/apis/rbac.authorization.k8s.io/v1"
        lab.api(
            cluster, "POST", f"{base}/clusterroles", {"metadata": {"name": name}, "rules": rules}
        )
        binding = {
            "metadata": {"name": name},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": name,
            },
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}],
        }
        for where in (namespace, *also):
            lab.api(cluster, "POST", f"{base}/namespaces/{where}/rolebindings", binding)
    config = yaml.safe_load(kubeconfig(lab, {c: (c, "admin") for c in CLUSTERS}, "workload"))
    for user in config["users"]:
        user["user"]["as"] = name
    path = folder / f"{name}.kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


def test_the_documented_cluster_role_is_enough_and_each_rule_needed(
    lab: Lab, tmp_path: Path
) -> None:
    rules = yaml.safe_load(CLUSTER_ROLE.read_text())["rules"]
    right = brought_in(
        lab, next(s for s in SCENARIOS if s.name == "workload-right"), "rights-right"
    )
    # Unlabelled ConfigMaps are read by name: the `get` of configmaps.
    named = brought_in(
        lab, next(s for s in SCENARIOS if s.name == "unlabelled-configs"), "rights-named"
    )
    for moved in (right, named):
        namespace = moved.scene.namespace
        path = as_reader(lab, f"all-{namespace}", namespace, rules, tmp_path)
        code, out = harness.run(
            "verify-endpoints", "--kubeconfig", str(path), *flags(moved), "-o", "json"
        )
        assert code == 0, out
        assert not [f for f in harness.findings(json.loads(out)) if f["code"] == "Forbidden"]


def decisive_rules(
    lab: Lab,
    rules: list[dict[str, Any]],
    scenarios: list[Scenario],
    folder: Path,
    also: tuple[str, ...] = (),
) -> set[tuple[str, str]]:
    """The (resource, verb) without which a verdict is unknown; nothing else may come of taking one away."""
    decisive = set()
    for number, rule in enumerate(rules):
        for verb in rule["verbs"]:
            less = [
                {
                    **r,
                    "verbs": [v for v in r["verbs"] if (i, v) != (number, verb)]
                    or ["deletecollection"],
                }
                for i, r in enumerate(rules)
            ]
            for scenario in scenarios:
                name = f"less-{scenario.command}-{number}-{verb}-{scenario.name}"
                path = as_reader(lab, name, scenario.scene.namespace, less, folder, also)
                code, out = harness.run(
                    scenario.command, "--kubeconfig", str(path), *flags(scenario), "-o", "json"
                )
                assert code in (EXIT[scenario.verdict], 3), (rule, verb, scenario.name, out)
                if code == 3:
                    decisive.add((rule["resources"][0], verb))
    return decisive


def test_taking_a_rule_away_never_makes_anything_fine(lab: Lab, tmp_path: Path) -> None:
    rules = yaml.safe_load(CLUSTER_ROLE.read_text())["rules"]
    names = ("workload-right", "workload-hosted-pod", "not-wired-stated", "no-slice")
    moved = [brought_in(lab, next(s for s in SCENARIOS if s.name == n), f"less-{n}") for n in names]
    decisive = decisive_rules(lab, rules, moved, tmp_path)
    # Endpoints beside readable slices, and single ConfigMaps and Services where the lists have them, decide nothing.
    assert decisive == {
        ("configmaps", "list"), ("services", "list"), ("pods", "list"), ("deployments", "list"),
        ("endpointslices", "list"),
    }  # fmt: skip


def test_nobody_can_tell(lab: Lab) -> None:
    code, out = harness.run(
        "verify-endpoints", "--context", "workload-nobody", "-n", "default", "-o", "json"
    )
    found = harness.findings(json.loads(out))
    assert (code, [f["code"] for f in found]) == (3, ["Forbidden"])
    assert "No right to read" in found[0]["message"]


# --- many Pods, other namespaces, the same cluster twice -----------------------------------------


def test_control_plane_in_another_namespace_of_the_same_cluster(lab: Lab) -> None:
    """The hosted istiod beside the workload in one cluster is the both-roles pattern, whatever the namespaces."""
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


def test_what_may_not_be_read_of_the_control_plane_s_namespace(lab: Lab, tmp_path: Path) -> None:
    """Without a look into it, the role is not known; the user's word does not settle that."""
    nothing = {f"{o['kind']}/{o['metadata']['name']}": None for o in Scene().clusters()["workload"]}
    apply(lab, Scene(namespace="hidden-cp", patches=nothing))
    workload = Scene().clusters()["workload"]
    gone = {
        f"control-plane:{o['kind']}/{o['metadata']['name']}": None
        for o in Scene().clusters()["control-plane"]
    }
    moved = json.loads(json.dumps(workload).replace(".istio-system.svc", ".hidden-wl.svc"))
    extra = {"control-plane": tuple(o for o in moved if "9xkq" not in o["metadata"]["name"])}
    apply(lab, Scene(namespace="hidden-wl", patches={**gone, **nothing}, extra=extra))
    rules = yaml.safe_load(CLUSTER_ROLE.read_text())["rules"]
    path = as_reader(lab, "hidden-reader", "hidden-wl", rules, tmp_path)
    arguments = [
        "--context",
        "control-plane",
        "-n",
        "hidden-wl",
        "--control-plane-namespace",
        "hidden-cp",
    ]
    arguments += ["--expect-address", LOAD_BALANCER, "-o", "json"]
    assert harness.run("verify-endpoints", *arguments)[0] == 1
    code, out = harness.run("verify-endpoints", "--kubeconfig", str(path), *arguments)
    assert (code, "Forbidden" in with_result(out, "unknown")) == (3, True), out


def test_a_warning_that_can_not_be_looked_for_is_told(lab: Lab, tmp_path: Path) -> None:
    """Drift is a warning; where the injector can't be read, `--fail-on warn` still does not pass."""
    scene = Scene(
        namespace="no-drift",
        configured=HOSTED_POD,
        patches={"ConfigMap/istio-sidecar-injector": {"metadata": {"labels": None}}},
    )
    moved = harness.in_namespace(replace(PAGE, scene=scene), "no-drift").scene
    apply(lab, moved)
    rules = [
        r
        for r in yaml.safe_load(CLUSTER_ROLE.read_text())["rules"]
        if r["resources"] != ["configmaps"]
    ]
    rules.append({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]})
    path = as_reader(lab, "no-drift", "no-drift", rules, tmp_path)
    arguments = [
        "-n",
        "no-drift",
        "--expect-address",
        LOAD_BALANCER,
        "--fail-on",
        "warn",
        "-o",
        "json",
    ]
    assert harness.run("verify-endpoints", *arguments)[0] == 1
    code, out = harness.run("verify-endpoints", "--kubeconfig", str(path), *arguments)
    assert (code, with_result(out, "warn")) == (1, {"Forbidden"}), out


def test_a_stated_address_needs_no_control_plane(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who have the environment variable set always, and a control plane that is out of reach today."""
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


def with_result(out: str, result: str) -> set[str]:
    """The codes of a JSON report's findings that have a result."""
    return {f["code"] for f in harness.findings(json.loads(out)) if f["result"] == result}


def test_the_service_in_another_namespace(lab: Lab, tmp_path: Path) -> None:
    """discoveryAddress names it, namespace and all; what can't be read there is unknown, not absent."""
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


def test_interrupt_ends_clean(lab: Lab) -> None:
    script = (
        "import sys, signal, os; from kubectl_mesh import cli; from kubectl_mesh.collect import collector\n"
        "collector.Collector.run = lambda *a: os.kill(os.getpid(), signal.SIGINT) or __import__('time').sleep(5)\n"
        "sys.exit(cli.main(['verify-endpoints']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
