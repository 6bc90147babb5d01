"""Several clusters in one run, on real API servers."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from kubectl_mesh.cli import main
from kubectl_mesh.mesh.names import GLOBAL_NAMESPACE
from kubectl_mesh.mesh.resources import RESOURCES, WITNESSES
from tests import harness
from tests.harness import placed
from tests.lab.apply import apply
from tests.lab.clusters import Lab
from tests.lab.gateways import Gateway, refused
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, Scene
from tests.on_lab import CLUSTER_ROLE, as_reader
from tests.scenarios.whole_mesh_global import mesh_cluster
from tests.scenarios.whole_mesh_model import global_mesh
from tests.test_faults import hang, stub

CONTEXTS = ["--contexts", "control-plane,workload"]


@pytest.mark.live
@pytest.mark.parametrize(("remote", "code"), [(LOAD_BALANCER, 0), (HOSTED_POD, 1)])
def test_two_real_clusters(
    remote: str, code: int, lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    namespace = f"wide-{code}"
    pods = (refused(),) if code else Gateway().pods
    apply(
        lab,
        Scene(
            remote=(remote,), configured=remote, gateways=(Gateway(pods=pods),), namespace=namespace
        ),
    )
    for command in ("verify-endpoints", "verify-gateway"):
        got, out = harness.run(command, *CONTEXTS, "-n", namespace, "-o", "json", "--debug")
        report = json.loads(out)
        assert got == code, out
        assert [(c["context"], c["role"]) for c in report["clusters"]] == [
            ("control-plane", "hosted"),
            ("workload", "workload"),
        ]
        found = placed(report)
        assert not code or found["workload AddressIsHostedPod"]["expected"] == [LOAD_BALANCER]
        assert "absent" not in out
        requests = dict(re.findall(r"debug: (\S+): (\d+) requests", capfd.readouterr().err))
        # What one cluster alone costs, and two more for what only several together show.
        assert all(
            int(n) <= (10 if command == "verify-endpoints" else 16) for n in requests.values()
        ), requests
        # For each cluster alone the printed command says the same.
        hints = [f["hint"] for f in harness.findings(report) if f["result"] == "fail" and f["hint"]]
        assert all(
            "--context workload --control-plane-context control-plane" in h
            for h in hints
            if "verify-" in h
        )


@pytest.mark.live
def test_another_user_of_the_same_cluster_is_noted(lab: Lab) -> None:
    apply(lab, Scene(namespace="wide-again"))
    config = yaml.safe_load(lab.kubeconfig.read_text())
    config["users"].append({**config["users"][0], "name": "second-admin"})
    config["contexts"].append(
        {"name": "second", "context": {"cluster": "workload", "user": "second-admin"}}
    )
    second = lab.folder / "second.kubeconfig"
    second.write_text(yaml.safe_dump(config))
    asked = ["verify-endpoints", "--kubeconfig", str(second), "-n", "wide-again", "-o", "json"]
    code, out = harness.run(*asked, "--contexts", "control-plane,workload,second")
    found = placed(json.loads(out))
    assert code == 0
    assert "second ClusterRepeated" in found
    assert "second AddressIsExpected" in found
    # Who may read nothing is unknown, and nobody else is any the worse.
    code, out = harness.run(*asked, "--contexts", "control-plane,workload,workload-nobody")
    found = placed(json.loads(out))
    assert code == 3
    assert "workload-nobody Forbidden" in found
    assert "workload AddressIsExpected" in found


@pytest.mark.live
def test_no_key_is_left_behind(lab: Lab, tmp_path: Path) -> None:
    """The package writes certificates that stand in a kubeconfig into files.

    Threads would get that wrong.
    """
    apply(lab, Scene(namespace="wide-keys"))
    config = yaml.safe_load(lab.kubeconfig.read_text())

    def data(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    user = {"client-certificate-data": data(lab.folder / "client.crt")}
    user["client-key-data"] = data(lab.folder / "client.key")
    for cluster in config["clusters"]:
        authority = Path(cluster["cluster"].pop("certificate-authority"))
        cluster["cluster"]["certificate-authority-data"] = data(authority)
    names = ["control-plane", *(f"workload-{number}" for number in range(20))]
    config["users"] = [{"name": name, "user": user} for name in names]
    config["contexts"] = [
        {"name": n, "context": {"cluster": n.partition("-")[0], "user": n}} for n in names
    ]
    config["contexts"][0]["context"]["cluster"] = "control-plane"
    path, scratch = tmp_path / "kubeconfig", tmp_path / "scratch"
    path.write_text(yaml.safe_dump(config))
    scratch.mkdir()
    asked = [
        "verify-endpoints",
        "--all-contexts",
        "--kubeconfig",
        str(path),
        "-n",
        "wide-keys",
        "-q",
    ]
    for _ in range(3):
        command = [sys.executable, "-m", "kubectl_mesh", *asked]
        assert (
            subprocess.run(
                command, env={**os.environ, "TMPDIR": str(scratch)}, check=False
            ).returncode
            == 0
        )
        assert not list(scratch.iterdir())


@pytest.fixture(scope="module")
def global_meshes(running_lab: Lab) -> Iterator[str]:
    """The global cluster's definitions and a GlobalMesh with the address at fault.

    They stand in the control-plane cluster.
    """
    lab, group = running_lab, "discovery.mspider.io"
    for kind in ("GlobalMesh", "MeshCluster"):
        plural = RESOURCES[kind][1]
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        version = {
            "name": "v3alpha1",
            "served": True,
            "storage": True,
            "schema": {"openAPIV3Schema": schema},
        }
        spec = {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural},
            "versions": [version],
        }
        definition = {"metadata": {"name": f"{plural}.{group}"}, "spec": spec}
        lab.api(
            "control-plane",
            "POST",
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            definition,
        )
    lab.namespace("control-plane", GLOBAL_NAMESPACE)
    path = f"/apis/{group}/v3alpha1/namespaces/{GLOBAL_NAMESPACE}"
    objects = [global_mesh(address=HOSTED_POD), mesh_cluster("futest-2"), mesh_cluster("c")]
    for obj in objects:
        obj["metadata"].pop("finalizers", None)
        deadline = time.monotonic() + 20
        while True:
            try:
                lab.api("control-plane", "POST", f"{path}/{RESOURCES[obj['kind']][1]}", obj)
                break
            except OSError:  # not served yet
                assert time.monotonic() < deadline
                time.sleep(0.2)
    yield path
    for kind in ("GlobalMesh", "MeshCluster"):
        name = f"{RESOURCES[kind][1]}.{group}"
        lab.api(
            "control-plane",
            "DELETE",
            f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}",
        )


@pytest.mark.live
def test_the_global_mesh_is_a_witness(lab: Lab, global_meshes: str) -> None:
    apply(lab, Scene(remote=(HOSTED_POD,), configured=HOSTED_POD, namespace="wide-global"))
    asked = ["verify-endpoints", *CONTEXTS, "-n", "wide-global", "-o", "json"]
    code, out = harness.run(*asked)
    found = placed(json.loads(out))
    assert code == 1
    assert (
        found["workload AddressIsHostedPod"]["cause"]
        == found["control-plane GlobalMeshAddressDiffers"]["id"]
    )
    # The printed repair repairs.
    harness.paste(lab.bin, found["control-plane GlobalMeshAddressDiffers"]["hint"], "patch")
    params = lab.api("control-plane", "GET", f"{global_meshes}/globalmeshes/hosted-mesh")["spec"][
        "ownerConfig"
    ]
    assert LOAD_BALANCER in params["controlPlaneParams"].values()
    found = placed(json.loads(harness.run(*asked)[1]))
    assert "control-plane GlobalMeshAddressDiffers" not in found
    harness.paste(lab.bin, found["workload AddressIsHostedPod"]["hint"], "patch endpoints")
    assert harness.run(*asked)[0] == 0


@pytest.mark.live
def test_rights(lab: Lab, global_meshes: str, tmp_path: Path) -> None:
    """With the documented role nothing is forbidden; with less of it nothing is fine that isn't."""
    apply(lab, Scene(namespace="wide-rights"))
    rules = yaml.safe_load(CLUSTER_ROLE.read_text())["rules"]
    elsewhere = (GLOBAL_NAMESPACE, "kube-system")
    lab.namespace("workload", GLOBAL_NAMESPACE)
    asked = [*CONTEXTS, "-n", "wide-rights"]
    path = str(as_reader(lab, "wide-reader", "wide-rights", rules, tmp_path, elsewhere))
    file = tmp_path / "mesh.json"
    assert main(["snapshot", str(file), *asked, "--kubeconfig", path]) == 0
    written = json.loads(file.read_text())["clusters"]
    failed = {(f["read"][0], f["read"][1]) for cluster in written for f in cluster["failures"]}
    assert not {failure for failure in failed if failure[1] in ("wide-rights", "", *elsewhere)}, (
        failed
    )
    assert {obj["kind"] for cluster in written for obj in cluster["objects"]} >= {
        "Namespace",
        *WITNESSES,
    }

    for number, rule in enumerate(rules):
        for verb in rule["verbs"]:
            less = [
                r if i != number else {**r, "verbs": [v for v in r["verbs"] if v != verb]}
                for i, r in enumerate(rules)
            ]
            less = [r for r in less if r["verbs"]]
            path = str(
                as_reader(
                    lab, f"wide-less-{number}-{verb}", "wide-rights", less, tmp_path, elsewhere
                )
            )
            code, out = harness.run("verify-endpoints", *asked, "--kubeconfig", path, "-o", "json")
            kinds = {"configmaps", "services", "pods", "deployments", "endpointslices"}
            decides = verb == "list" and bool(kinds & set(rule["resources"]))
            # Whether a cluster that hosts a mesh has a part in it too is asked for by name.
            decides = decides or (verb, rule["resources"]) == ("get", ["configmaps"])
            assert code == (3 if decides else 0), (rule, verb, out)


@pytest.mark.live
def test_waits_for_all_of_them(lab: Lab) -> None:
    apply(lab, Scene(remote=(HOSTED_POD,), namespace="wide-wait"))
    asked = ["verify-endpoints", *CONTEXTS, "-n", "wide-wait", "-o", "json"]
    code, out = harness.run(*asked, "--wait", "--timeout", "2s")
    assert code == 1
    harness.paste(
        lab.bin, placed(json.loads(out))["workload AddressIsHostedPod"]["hint"], "patch endpoints"
    )
    assert harness.run(*asked, "--wait", "--timeout", "20s")[0] == 0


@pytest.mark.live
def test_a_snapshot_of_several(lab: Lab, tmp_path: Path) -> None:
    apply(
        lab,
        Scene(
            remote=(HOSTED_POD,), gateways=(Gateway(pods=(refused(),)),), namespace="wide-snapshot"
        ),
    )
    where = [*CONTEXTS, "-n", "wide-snapshot"]
    for name, more in (("mesh.json.gz", []), ("redacted.json", ["--redact"])):
        file = tmp_path / name
        assert main(["snapshot", str(file), *where, *more]) == 0
        for command in ("verify-endpoints", "verify-gateway"):
            live = json.loads(harness.run(command, *where, "-o", "json")[1])
            code, out = harness.run(command, "-f", str(file), "-o", "json")
            offline = json.loads(out)
            assert code == 1
            for report in (live, offline):
                report["told"] = sorted(
                    (c["role"], f["code"], f["result"])
                    for c in report["clusters"]
                    for f in c["findings"]
                )
            assert offline["told"] == live["told"]
        assert not more or LOAD_BALANCER not in file.read_text()


@pytest.mark.live
def test_slow_clusters_take_as_long_as_one(lab: Lab, tmp_path: Path) -> None:
    """A cluster that hangs leaves the others' reports as they are."""
    apply(lab, Scene(namespace="wide-slow"))
    config = yaml.safe_load(lab.kubeconfig.read_text())
    with stub(hang) as server:
        config["clusters"].append(
            {"name": "slow", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}
        )
        config["contexts"].append({"name": "slow", "context": {"cluster": "slow", "user": "admin"}})
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(config))
        asked = ["verify-endpoints", "--kubeconfig", str(path), "-n", "wide-slow", "-o", "json"]
        begun = time.monotonic()
        code, out = harness.run(*asked, *CONTEXTS, "--contexts", "slow", "--request-timeout", "1s")
        assert time.monotonic() - begun < 2.5
    found = placed(json.loads(out))
    assert code == 3
    assert "slow TimedOut" in found
    assert "workload AddressIsExpected" in found
