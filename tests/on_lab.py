"""What tests on the lab share: scenarios brought in, users with some rights, real kubectl."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests import harness
from tests.lab.apply import apply
from tests.lab.clusters import CLUSTERS, Lab, kubeconfig
from tests.scenarios import EXIT, SCENARIOS, Scenario

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


def kubectl(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["kubectl", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def as_reader(
    lab: Lab,
    name: str,
    namespace: str,
    rules: list[dict[str, Any]],
    folder: Path,
    also: tuple[str, ...] = (),
) -> Path:
    """A kubeconfig whose user has exactly these rules in some namespaces of both clusters.

    The user is impersonated.
    """
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


def decisive_rules(
    lab: Lab,
    rules: list[dict[str, Any]],
    scenarios: list[Scenario],
    folder: Path,
    also: tuple[str, ...] = (),
) -> set[tuple[str, str]]:
    """The (resource, verb) without which a verdict is unknown.

    Nothing else may come of taking one away.
    """
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


PAGE = next(scenario for scenario in SCENARIOS if scenario.name == "workload-hosted-pod")


def with_result(out: str, result: str) -> set[str]:
    """The codes of a JSON report's findings that have a result."""
    return {f["code"] for f in harness.findings(json.loads(out)) if f["result"] == result}
