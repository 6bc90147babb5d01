"""What a user may not read: each documented rule is needed.

None missing makes anything fine.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests import harness
from tests.lab.apply import apply
from tests.lab.clusters import Lab
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, Scene
from tests.on_lab import (
    CLUSTER_ROLE,
    PAGE,
    as_reader,
    brought_in,
    decisive_rules,
    flags,
    with_result,
)
from tests.scenarios import SCENARIOS

pytestmark = pytest.mark.live


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


def test_taking_a_rule_away_never_makes_anything_fine(lab: Lab, tmp_path: Path) -> None:
    rules = yaml.safe_load(CLUSTER_ROLE.read_text())["rules"]
    names = ("workload-right", "workload-hosted-pod", "not-wired-stated", "no-slice")
    moved = [brought_in(lab, next(s for s in SCENARIOS if s.name == n), f"less-{n}") for n in names]
    decisive = decisive_rules(lab, rules, moved, tmp_path)
    # Endpoints beside readable slices, and single ConfigMaps and Services where the lists have
    # them, decide nothing.
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
    """Drift is a warning.

    Where the injector can't be read, `--fail-on warn` still does not pass.
    """
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
