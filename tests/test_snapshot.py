"""`kubectl mesh snapshot`: the file gives the verdict that the clusters gave.

It holds nothing that it should not.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_mesh.cli import main
from kubectl_mesh.collect import files as bundle
from kubectl_mesh.collect import snapshot_file as saved
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.mesh.fleet import Clusters
from kubectl_mesh.mesh.gateways import GATEWAY_SELECTORS
from kubectl_mesh.mesh.metallb import CONTROLLER_SELECTORS
from kubectl_mesh.mesh.names import REMOTE_SERVICE
from kubectl_mesh.mesh.resources import REVISIONS
from kubectl_mesh.snapshots.packing import pack
from kubectl_mesh.snapshots.pruning import prune, prune_all
from kubectl_mesh.snapshots.redaction import Redaction
from tests import harness
from tests.lab.apply import apply
from tests.lab.clusters import Lab
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, Scene
from tests.scenarios import GATEWAY_SCENARIOS, SCENARIOS, Scenario

ALL = [scenario for scenario in (*SCENARIOS, *GATEWAY_SCENARIOS) if not scenario.unread]


def captured(scenario: Scenario, folder: Path) -> list[Snapshot]:
    """The snapshots of a scenario's files, as if they were of clusters.

    Kinds that aren't there were looked for.
    """
    paths = harness.write(scenario, folder)[1::2]
    snapshots = [
        replace(bundle.load([path], scenario.scene.namespace).verified[0], taken=1.7e9)
        for path in paths
    ]
    for snapshot, path in zip(snapshots, paths, strict=True):
        snapshot.server = path
    return snapshots


def of(snapshots: list[Snapshot]) -> Clusters:
    """A cluster to verify and, if there is another, its control plane."""
    return Clusters(snapshots[:1], next(iter(snapshots[1:]), None))


def verdict(
    snapshots: list[Snapshot], scenario: Scenario, folder: Path, name: str
) -> tuple[int, dict[str, Any]]:
    """The exit code and the report on snapshots, by way of a file."""
    path = folder / name
    path.write_text(json.dumps(saved.dump(of(snapshots))))
    code, out = harness.run(scenario.command, "-f", str(path), *scenario.flags, "-o", "json")
    return code, json.loads(out)


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_nothing_that_the_checks_use_is_left_out(scenario: Scenario, tmp_path: Path) -> None:
    whole = captured(scenario, tmp_path)
    pruned = list(map(prune_all, whole))
    before, after = (
        verdict(whole, scenario, tmp_path, "file"),
        verdict(pruned, scenario, tmp_path, "file"),
    )
    assert after == before


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_stand_ins_leave_the_verdict(scenario: Scenario, tmp_path: Path) -> None:
    """Where the user states nothing that stands in the file."""
    if scenario.flags:
        scenario = replace(scenario, flags=())
    whole = captured(scenario, tmp_path)
    pruned = list(map(prune_all, whole))
    redaction = Redaction(b"one key")
    redacted = [redaction.snapshot(snapshot) for snapshot in pruned]
    before, after = (
        verdict(whole, scenario, tmp_path, "whole"),
        verdict(redacted, scenario, tmp_path, "redacted"),
    )
    assert after[0] == before[0]

    def outline(report: dict[str, Any]) -> list[Any]:
        return [
            report["verdict"],
            sorted(cluster["role"] for cluster in report["clusters"]),
            sorted((f["code"], f["result"], f["field"]) for f in harness.findings(report)),
        ]

    assert outline(after[1]) == outline(before[1])
    # The writer of the file looks at all that both commands say.
    assert pack(of(whole), redact=True) is not None


def test_gateways_are_looked_for_in_the_snapshots_own_namespace(tmp_path: Path) -> None:
    """Not in that of -n, which nobody gave, nor in the usual one."""
    crash = harness.in_namespace(next(s for s in ALL if s.name == "gateway-crash"), "mesh-crash")
    for name in ("whole", "redacted"):
        snapshots = captured(crash, tmp_path)
        if name == "redacted":
            redaction = Redaction(b"k")
            snapshots = [redaction.snapshot(snapshot) for snapshot in snapshots]
        code, report = verdict(snapshots, crash, tmp_path, name)
        assert code == 1
        assert "GatewayCrashLooping" in {finding["code"] for finding in harness.findings(report)}


# --- what a file may hold -----------------------------------------------------------------------

SECRETS: dict[str, dict[str, Any]] = {
    "Pod": {
        "metadata": {
            "name": "p",
            "managedFields": [{"manager": "SECRET"}],
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "SECRET",
                "vault/token": "SECRET",
            },
        },
        "spec": {
            "serviceAccountName": "SECRET",
            "volumes": [{"name": "x", "secret": {"secretName": "SECRET"}}],
            "containers": [
                {
                    "name": "istio-proxy",
                    "args": ["--token=SECRET", "--lb-class", "metallb"],
                    "command": ["SECRET"],
                    "env": [
                        {"name": "PASSWORD", "value": "SECRET"},
                        {
                            "name": "CA_ADDR",
                            "value": "istiod:15012",
                            "valueFrom": {"secretKeyRef": {"name": "SECRET"}},
                        },
                        {
                            "name": "PROXY_CONFIG",
                            "value": '{"discoveryAddress":"a","tracing":"SECRET"}',
                        },
                    ],
                    "livenessProbe": {"exec": {"command": ["SECRET"]}},
                }
            ],
        },
    },
    "ConfigMap": {
        "metadata": {"name": "istio"},
        "data": {
            "mesh": "defaultConfig:\n  meshId: m\n  proxyMetadata: {KEY: SECRET}\n"
            "caCertificates: [{pem: SECRET}]\n",
            "values": '{"global":{"meshID":"m","jwt":"SECRET","caAddress":["SECRET"]},'
            '"other":"SECRET"}',
            "config": "address-pools: [{name: p, addresses: [10.0.0.1/32], peers: SECRET}]\n"
            "peers: SECRET",
            "meshNetworks": "SECRET",
            "root-cert.pem": "SECRET",
        },
        "binaryData": {"x": "SECRET"},
    },
    "statuses": {
        "metadata": {
            "name": "x",
            "ownerReferences": [{"kind": "ReplicaSet", "name": "r", "apiVersion": "apps/v1"}],
        },
        "spec": {
            "containers": [
                {"name": "a", "command": ["sh", "-c", "TOKEN=SECRET exec x --lb-class=foo"]}
            ]
        },
        "status": {
            "containerStatuses": [
                {"lastState": {"terminated": {"exitCode": 1, "message": "SECRET"}}}
            ]
        },
    },
    "broken": {
        "metadata": {"name": "istio"},
        "data": {"mesh": "a: [SECRET", "values": "{SECRET", "config": "[SECRET"},
    },
    "odd": {
        "metadata": {"name": "x"},
        "spec": {"containers": [{"name": "a", "env": {"x": "SECRET"}, "args": {"a": "SECRET"}}]},
    },
}


@pytest.mark.parametrize("name", SECRETS)
def test_what_is_left_out(name: str) -> None:
    kept = prune(SECRETS[name])
    assert "SECRET" not in json.dumps(kept)
    if name == "Pod":
        (container,) = kept["spec"]["containers"]
        assert [variable["name"] for variable in container["env"]] == ["CA_ADDR", "PROXY_CONFIG"]
        assert container["args"] == ["--lb-class", "metallb"]
    if name == "ConfigMap":
        assert yaml.safe_load(kept["data"]["mesh"]) == {"defaultConfig": {"meshId": "m"}}
        assert json.loads(kept["data"]["values"]) == {"global": {"meshID": "m"}}


def test_what_stand_ins_replace() -> None:
    made = Redaction(b"k")
    text = "istiod-fupan-mesh-hosted-lb to 10.64.30.71:15012, 10.64.30.72, fd00::1, 10.64.0.0/16"
    text += ", ip-10-64-30-71.acme.example"
    shown = made.text(text)
    assert not re.search(r"fupan|10\.64|fd00|10-64|acme|example", shown)
    assert shown.startswith("istiod-n1-mesh-hosted-lb to ")
    assert made.text("10.64.30.71") in shown
    first, second = (made.text(f"10.64.30.{last}").rsplit(".", 1)[0] for last in (71, 72))
    assert first == second  # they share their network, as before
    assert made.text("fupan") == "n1"
    assert (
        made.text("2026-11-22T10:00:00Z CrashLoopBackOff v1.22.4")
        == "2026-11-22T10:00:00Z n4 v1.22.4"
    )
    assert Redaction(b"other").text("10.64.30.71") != made.text("10.64.30.71")


@pytest.mark.parametrize(
    "told",
    [
        "10.64.30.71.sslip.io",
        "istio.10.64.30.71.nip.io",
        "node10-64-30-71",
        "node-010-064-030-071",
        "010.064.030.071",
        "10.64.30.071",
        "node_10.64.30.71_1",
        "10.64.30.71x",
        "::ffff:10.64.30.71",
        "[fd00:64::71]:15012",
        "aa:bb:cc:dd:ee:ff beef:cafe:face",
        "arn:aws:eks:eu:123456789012:cluster/acme",
        "AcmeProd",
        "{acme-zone: 10.64.30.71}",
    ],
)
def test_no_address_or_name_stays(told: str) -> None:
    shown = Redaction(b"k").text(told)
    assert not re.search(
        r"10[.-]64|0?64[.-]0?30|\b71\b|bb:cc|beef|12345678|[Aa]cme|sslip|nip|fd00", shown
    ), shown


def test_no_object_keeps_a_name_in_a_corner() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "acme",
            "labels": {"team": "AcmePayments", "acme.example/x": "Acme"},
            "ownerReferences": [
                {"apiVersion": "ops.acme.example/v1", "kind": "AcmeBank", "name": "acme"}
            ],
        },
        "spec": {
            "containers": [
                {"name": "a", "env": [{"name": "PROXY_CONFIG", "value": "{acme: 10.64.30.71"}]}
            ]
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "False", "message": '{"acme-db":1}'}],
        },
    }
    snapshot = Snapshot(
        "AcmeProd", "acme", "s", 1.0, objects={"Pod": [pod]}, answered={("Pod", "acme", None)}
    )
    written = json.dumps(saved.dump(of([Redaction(b"k").snapshot(snapshot)])))
    assert not re.search("acme|10.64", written, re.IGNORECASE)
    assert all(word in written for word in ("Running", "Ready", '"False"', '"Pod"'))


@pytest.mark.parametrize(
    "known", [REVISIONS, *GATEWAY_SELECTORS, *CONTROLLER_SELECTORS, REMOTE_SERVICE, "kube-system"]
)
def test_what_reads_are_called_stays(known: str) -> None:
    assert Redaction(b"k").text(known) == known


# --- the file -----------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mesh.json"
    path.write_text(
        json.dumps(
            saved.dump(of(captured(next(s for s in ALL if s.name == "gateway-page"), tmp_path)))
        )
    )
    return path


def test_damaged_or_newer_files(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.loads(file.read_text())

    def changed(**parts: Any) -> bytes:
        return json.dumps({**good, "clusters": [{**good["clusters"][0], **parts}]}).encode()

    for content, told in (
        (file.read_bytes()[:-40], "bad.json"),
        (gzip.compress(file.read_bytes())[:-40], "damaged"),
        (json.dumps({**good, "apiVersion": "kubectl-mesh/v2"}).encode(), "kubectl-mesh/v2"),
        (json.dumps({**good, "clusters": []}).encode(), "damaged"),
        (json.dumps({**good, "clusters": [5]}).encode(), "damaged"),
        (json.dumps({**good, "clusters": None}).encode(), "damaged"),
        (changed(objects=None), "damaged"),
        (changed(objects=[{"kind": "Pod"}]), "damaged"),
        (changed(answered=[["Pod", "x"]]), "damaged"),
        (changed(answered=[["Pod", "x", 5]]), "damaged"),
        (changed(failures=[{"read": ["Pod", "x", None]}]), "damaged"),
        (changed(taken="now"), "damaged"),
        (changed(taken=float("nan")), "damaged"),
        (changed(taken=10**400), "damaged"),
        (changed(answered=5), "damaged"),
        (changed(context=""), "damaged"),
        (b'{"a":' + b"[" * 50000 + b"]" * 50000 + b"}", "too deeply"),
        (b"a: " + b"[" * 100000, "too deeply"),
        (b"- " * 100000, "too deeply"),
        (file.read_bytes() + b"\n" + file.read_bytes(), "read alone"),
    ):
        bad = tmp_path / "bad.json"
        bad.write_bytes(content)
        assert main(["verify-gateway", "-f", str(bad)]) == 2, told
        shown = capsys.readouterr()
        assert (shown.out, len(shown.err.splitlines())) == ("", 1), shown.err
        assert told in shown.err


def test_a_file_that_would_not_fit(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "_LARGEST", 1000)
    packed = file.with_name("bomb.gz")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert main(["verify-gateway", "-f", str(packed)]) == 2


def test_stand_ins_are_no_remedy(tmp_path: Path) -> None:
    """What would be applied or pasted holds made-up addresses."""
    page = next(s for s in ALL if s.name == "gateway-page")
    redaction = Redaction(b"k")
    file = tmp_path / "redacted.json"
    file.write_text(
        json.dumps(
            saved.dump(of([redaction.snapshot(snapshot) for snapshot in captured(page, tmp_path)]))
        )
    )
    code, out = harness.run("verify-gateway", "-f", str(file), "-o", "patch")
    assert (code, list(yaml.safe_load_all(out))) == (1, [])
    assert "kubectl -n" not in harness.run("verify-gateway", "-f", str(file))[1]


def test_how_a_file_is_read(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = harness.run("verify-gateway", "-f", str(file), "-o", "json")
    assert plain[0] == 1
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert (
        harness.run("verify-gateway", "-f", str(packed), "-o", "json")[1].replace(
            "packed", "mesh.json"
        )
        == plain[1]
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed.read_bytes())))
    assert harness.run("verify-gateway", "-f", "-")[0] == 1
    both = ["-f", str(file), "--control-plane-filename", str(file)]
    assert harness.run("verify-gateway", *both, "-n", "elsewhere")[0] == 2
    assert harness.run("verify-gateway", "-f", str(file), "-f", str(file))[0] == 2
    # What the file does not hold was not looked for: never absent.
    code, out = harness.run("verify-gateway", "-f", str(file), "-A", "-o", "json")
    assert code == 1
    assert "NotCaptured" in out


@pytest.mark.live
def test_a_mesh_in_a_file(lab: Lab, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The same report as on the clusters, from plain, packed and piped files.

    With stand-ins the verdict is the same.
    """
    for name, scene, code in (
        ("snap-right", Scene(remote=(LOAD_BALANCER,), namespace="snap-right"), 0),
        ("snap-broken", Scene(remote=(HOSTED_POD,), namespace="snap-broken"), 1),
    ):
        apply(lab, scene)
        asked = ["--context", "workload", "--control-plane-context", "control-plane", "-n", name]
        live = harness.run("verify-endpoints", *asked, "-o", "json")
        assert live[0] == code
        for file in ("plain.json", "packed.json.gz"):
            assert main(["snapshot", str(tmp_path / file), *asked]) == 0
            assert (tmp_path / file).stat().st_mode & 0o777 == 0o600
            offline = harness.run("verify-endpoints", "-f", str(tmp_path / file), "-o", "json")
            assert offline[0] == code
            assert _without_hints(offline[1]) == _without_hints(live[1])
        assert (tmp_path / "packed.json.gz").stat().st_size < (
            tmp_path / "plain.json"
        ).stat().st_size / 3
        assert main(["snapshot", str(tmp_path / "redacted.json"), *asked, "--redact"]) == 0
        redacted = (tmp_path / "redacted.json").read_text()
        assert not re.search(r"10\.64\.30|10\.233|127\.0\.0\.1|snap-", redacted)
        assert harness.run("verify-endpoints", "-f", str(tmp_path / "redacted.json"))[0] == code
    capfd.readouterr()
    assert main(["snapshot", "-", *asked]) == 0
    assert json.loads(capfd.readouterr().out)["kind"] == "Snapshot"
    assert main(["snapshot", str(tmp_path / "no" / "such"), *asked]) == 2
    open_to_all = tmp_path / "open.json"
    open_to_all.write_text("earlier")
    open_to_all.chmod(0o666)
    assert main(["snapshot", str(open_to_all), *asked]) == 0
    assert open_to_all.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


@pytest.mark.live
def test_what_could_not_be_read_is_in_the_file(
    lab: Lab, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "mesh.json")
    asked = ["--context", "workload-nobody", "--control-plane-context", "control-plane"]
    assert main(["snapshot", file, *asked]) == 3
    assert "gave no answer at all" in capfd.readouterr().err
    live = harness.run("verify-endpoints", *asked, "-o", "json")
    offline = harness.run("verify-endpoints", "-f", file, "-o", "json")
    assert offline[0] == live[0] == 3
    assert _without_hints(offline[1]) == _without_hints(live[1])
    assert "Forbidden" in offline[1]


def _without_hints(report: str) -> Any:
    """A report without the commands, which name a context where there is one."""
    shown = json.loads(report)
    for finding in harness.findings(shown):
        del finding["hint"]
    return shown


def test_a_file_that_would_say_something_else_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = captured(next(s for s in ALL if s.name == "workload-hosted-pod"), tmp_path)
    monkeypatch.setattr(
        "kubectl_mesh.collect.targets.from_contexts", lambda *_: (of([whole[1], whole[0]]), ())
    )
    monkeypatch.setattr(
        "kubectl_mesh.snapshots.pruning._FIELDS",
        frozenset({"kind", "apiVersion", "metadata", "name"}),
    )
    file = tmp_path / "mesh.json"
    assert main(["snapshot", str(file)]) == 3
    assert not file.exists()
    assert "another one" in capsys.readouterr().err
