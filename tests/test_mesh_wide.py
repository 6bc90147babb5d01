"""Several clusters in one run: what only they together show, and that each costs only itself."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pexpect
import pytest
import yaml

from kubectl_mesh.checks.context import Intent
from kubectl_mesh.checks.run import verify
from kubectl_mesh.cli import main
from kubectl_mesh.collect import snapshot_file as saved
from kubectl_mesh.findings.model import ClusterReport, Report
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, Failure, Snapshot
from kubectl_mesh.mesh.fleet import Clusters
from kubectl_mesh.mesh.names import GLOBAL_NAMESPACE
from kubectl_mesh.mesh.resources import RESOURCES, WITNESSES
from kubectl_mesh.snapshots.packing import pack
from tests import harness
from tests.lab.apply import apply
from tests.lab.clusters import Lab
from tests.lab.gateways import Gateway, refused
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, Scene
from tests.scenarios import EXIT, MESH_WIDE, MeshWide, Scenario
from tests.scenarios.whole_mesh_global import mesh_cluster
from tests.scenarios.whole_mesh_model import global_mesh
from tests.test_faults import hang, stub, unused_port
from tests.test_live import CLUSTER_ROLE, as_reader
from tests.test_scenarios import SCHEMA
from tests.test_snapshot import ALL, captured, of


def snapshot(scenario: MeshWide, context: str) -> Snapshot:
    """What a run on the context would have read."""
    made = Snapshot(
        context, "istio-system", context, 1.7e9, aliases=scenario.aliases.get(context, ())
    )
    held = scenario.clusters[context]
    spaces = {
        "Namespace": ALL_NAMESPACES,
        "GlobalMesh": GLOBAL_NAMESPACE,
        "MeshCluster": GLOBAL_NAMESPACE,
    }
    keys = [(kind, spaces.get(kind, "istio-system"), None) for kind in RESOURCES]
    if isinstance(held, str):
        made.failures = dict.fromkeys(keys, Failure(held, "as the test has it"))
        return made
    made.answered = set(keys)
    for obj in held:
        made.add(
            obj["kind"], [{**obj, "metadata": {"namespace": "istio-system", **obj["metadata"]}}]
        )
    for cluster, kind, code in scenario.unread:
        if cluster == context:
            made.objects.pop(kind, None)
            made.answered = {key for key in made.answered if key[0] != kind}
            made.failures[kind, "istio-system", None] = Failure(code, "as the test has it")
    if context in scenario.uids:
        metadata = {"name": "kube-system", "uid": scenario.uids[context]}
        made.add("Namespace", [{"kind": "Namespace", "metadata": metadata}])
    return made


def clusters(scenario: MeshWide) -> Clusters:
    """The clusters of a scenario as a run would have read them."""
    made = {context: snapshot(scenario, context) for context in scenario.clusters}
    named = made.pop(scenario.named) if scenario.named else None
    return Clusters(list(made.values()), named, mesh_wide=True, all_contexts=scenario.all_contexts)


def placed(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The findings of a report by "context Code"."""
    return {f"{c['context']} {f['code']}": f for c in report["clusters"] for f in c["findings"]}


@pytest.mark.parametrize("scenario", MESH_WIDE, ids=lambda s: s.name)
def test_scenario(scenario: MeshWide, tmp_path: Path) -> None:
    path = tmp_path / "mesh.json"
    path.write_text(json.dumps(saved.dump(clusters(scenario))))
    code, out = harness.run(scenario.command, "-f", str(path), *scenario.flags, "-o", "json")
    report = json.loads(out)
    jsonschema.validate(report, SCHEMA)
    found = placed(report)
    assert {place: f["result"] for place, f in found.items() if f["result"] != "pass"} == dict(
        scenario.found
    )
    assert (report["verdict"], code) == (scenario.verdict, EXIT[scenario.verdict])
    by_id = {f["id"]: place for place, f in found.items()}
    assert {place: by_id[f["cause"]] for place, f in found.items() if f["cause"]} == dict(
        scenario.causes
    )
    for form in ("table", "wide", "yaml", "name", "junit", "prometheus"):
        assert (
            harness.run(scenario.command, "-f", str(path), *scenario.flags, "-o", form)[0] == code
        )


@pytest.mark.parametrize("scenario", MESH_WIDE, ids=lambda s: s.name)
def test_stand_ins_leave_the_verdict(scenario: MeshWide) -> None:
    """`pack` compares what both commands say of the clusters and of the file."""
    assert pack(clusters(scenario), redact=True) is not None


# What is told otherwise where many are looked at: that the named cluster does not host the mesh, or was not needed.
OTHERWISE = {"control-plane-elsewhere", "control-plane-is-a-workload-too", "not-consulted"}
TWO = [s for s in ALL if s.asked and not s.flags and s.name not in OTHERWISE and s.verify != s.ask]


@pytest.mark.parametrize("scenario", TWO, ids=lambda s: s.name)
def test_a_cluster_is_held_to_the_same_as_alone(scenario: Scenario, tmp_path: Path) -> None:
    snapshots = captured(scenario, tmp_path)
    gateways = scenario.command == "verify-gateway"

    def told(entries: list[ClusterReport]) -> list[tuple[Any, ...]]:
        own = [
            f for entry in entries if entry.context == snapshots[0].source for f in entry.findings
        ]
        return sorted(
            (
                f.code,
                f.result,
                f.field,
                str(f.expected),
                str(f.actual),
                str(f.cause and f.cause.code),
            )
            for f in own
        )

    intent = Intent(gateways_in=snapshots[0].namespace)
    alone = verify(of(snapshots), intent, gateways=gateways)
    together = verify(Clusters(snapshots, mesh_wide=True), intent, gateways=gateways)
    assert told(together) == told(alone)
    assert Report("", together).verdict == Report("", alone).verdict


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--contexts", "a", "--context", "b"],
            "--context and --contexts have no meaning together",
        ),
        (
            ["--contexts", "a", "--all-contexts"],
            "--contexts and --all-contexts have no meaning together",
        ),
        (["--contexts", "a,,b"], '"a,,b" is no list of contexts'),
        (["--contexts", ""], '"" is no list of contexts'),
        (["--contexts", "stub,none"], 'context "none" does not exist'),
        (["--parallel", "5"], "--parallel has no meaning without"),
        (["--parallel", "5", "--context", "stub"], "--parallel has no meaning without"),
        (["--all-contexts", "--parallel", "0"], '"0" is no number from 1'),
        (["--all-contexts", "-f", "x"], "--all-contexts has no meaning with --filename"),
        (["--contexts", "stub", "-f", "x"], "--contexts has no meaning with --filename"),
        (["--contexts", "stub", "--control-plane-namespace", "x"], "needs --control-plane-context"),
        (["--all-contexts", "-o", "patch"], "-o patch is for one cluster"),
    ],
)
def test_bad_flags(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig = (
        []
        if "-f" in arguments
        else ["--kubeconfig", written(tmp_path, {"stub": ("http://127.0.0.1:1", "u")})]
    )
    assert main(["verify-endpoints", *kubeconfig, *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1


def written(
    folder: Path,
    contexts: Mapping[str, tuple[str, str]],
    users: Mapping[str, Any] | None = None,
    **cluster: Any,
) -> str:
    """A kubeconfig: context -> (server, user)."""
    path = folder / "kubeconfig"
    servers = dict.fromkeys(server for server, _ in contexts.values())
    named = {user: (users or {}).get(user, {"token": "t"}) for _, user in contexts.values()}
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": s, "cluster": {"server": s, **cluster}} for s in servers],
                "users": [{"name": name, "user": user} for name, user in named.items()],
                "contexts": [
                    {"name": c, "context": {"cluster": s, "user": u}}
                    for c, (s, u) in contexts.items()
                ],
            }
        )
    )
    return str(path)


# --- what a run on contexts does ------------------------------------------------------------------


def test_without_any_context(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify-endpoints", "--all-contexts", "--kubeconfig", written(tmp_path, {})]) == 2
    assert "has no contexts" in capsys.readouterr().err


def test_the_same_way_is_gone_once(tmp_path: Path) -> None:
    with stub(lambda h: h.send(404, b"404 page not found\n")) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        path = written(tmp_path, {"a": (url, "u"), "b": (url, "u"), "c": (url, "other")})
        asked = ["verify-endpoints", "--contexts", "a,b", "--contexts", "c,a", "--kubeconfig", path]
        code, out = harness.run(*asked, "-o", "json")
        report = json.loads(out)
        assert code == 3
        assert [cluster["context"] for cluster in report["clusters"]] == ["a", "c"]
        repeated = placed(report)["a ContextRepeated"]
        assert (repeated["object"]["name"], repeated["result"]) == ("b", "skip")
        firsts = [p for p in server.paths if p.endswith("/services")]  # type: ignore[attr-defined]
        assert len(firsts) == 2


def test_slow_and_dead_ones_cost_themselves_only(tmp_path: Path) -> None:
    """40 that never answer cost one --request-timeout, as one does."""
    with Silent(40) as ports, stub(lambda h: h.send(404, b"no")) as server:
        live = {f"live-{n}": (f"http://127.0.0.1:{server.server_port}", f"u{n}") for n in range(10)}
        dead = {f"dead-{n}": (f"http://127.0.0.1:{port}", "u") for n, port in enumerate(ports)}
        refused_ = {"refused": (f"http://127.0.0.1:{unused_port()}", "u")}
        path = written(tmp_path, {**dead, **live, **refused_})
        begun = time.monotonic()
        code, out = harness.run(
            "verify-endpoints",
            "--all-contexts",
            "--kubeconfig",
            path,
            "--request-timeout",
            "2s",
            "-o",
            "json",
        )
        assert time.monotonic() - begun < 3.5
    found = placed(json.loads(out))
    assert code == 3
    assert {found[f"dead-{n} TimedOut"]["result"] for n in range(40)} == {"unknown"}
    assert "refused Unreachable" in found
    assert all(f"live-{n} NotServed" in found for n in range(10))


TLS = "https://127.0.0.1:1"  # nobody is asked for credentials that go to a server without TLS


class Silent:
    """Ports that accept connections and never answer."""

    def __init__(self, number: int) -> None:
        self.sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]

    def __enter__(self) -> list[int]:
        return [s.getsockname()[1] for s in self.sockets]

    def __exit__(self, *_: object) -> None:
        for each in self.sockets:
            each.close()


def test_no_more_than_parallel_at_a_time(tmp_path: Path) -> None:
    reading, most = set(), 0

    def answer(handler: Any) -> None:
        nonlocal most
        user = handler.headers["Impersonate-User"]
        reading.add(user)
        most = max(most, len(reading))
        time.sleep(0.05)
        reading.discard(user)
        handler.send(404, b"no")

    with stub(answer) as server:
        contexts = {f"c{n}": (f"http://127.0.0.1:{server.server_port}", f"u{n}") for n in range(9)}
        path = written(tmp_path, contexts, {f"u{n}": {"as": f"t{n}"} for n in range(9)})
        asked = ["verify-endpoints", "--all-contexts", "--kubeconfig", path, "-o", "json"]
        assert harness.run(*asked, "--parallel", "3")[0] == 3
        assert most <= 3
        most = 0
        assert harness.run(*asked)[0] == 3
        assert most > 3


def test_an_unusable_context_costs_itself_only(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    plugin.write_text("#!/bin/sh\nexec sleep 30\n")
    plugin.chmod(0o755)
    users = {
        "hanging": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin),
                             "interactiveMode": "Never"}},
        "failing": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "false",
                             "interactiveMode": "Never"}},
    }  # fmt: skip
    with stub(lambda h: h.send(404, b"no")) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        path = Path(
            written(
                tmp_path,
                {"good": (url, "u"), "hangs": (TLS, "hanging"), "fails": (TLS, "failing")},
                users,
            )
        )
        config = yaml.safe_load(path.read_text())
        config["contexts"].append(
            {"name": "dangling", "context": {"cluster": "nowhere", "user": "u"}}
        )
        path.write_text(yaml.safe_dump(config))
        begun = time.monotonic()
        code, out = harness.run(
            "verify-endpoints",
            "--all-contexts",
            "--kubeconfig",
            str(path),
            "--request-timeout",
            "2s",
            "-o",
            "json",
        )
        assert time.monotonic() - begun < 3.5
    found = placed(json.loads(out))
    assert code == 3
    assert "good NotServed" in found
    assert "credential plugin gave no answer" in found["hangs TimedOut"]["message"]
    assert "credential plugin failed" in found["fails Unauthorized"]["message"]
    assert "nowhere" in found["dangling Unreachable"]["message"]


ODD = {
    "newline": ({}, {"token": "se\ncret"}),
    "not-latin": ({}, {"token": "\u5bc6secret"}),
    "proxy": ({"proxy-url": "::::"}, {"token": "t"}),
    "socks": ({"proxy-url": "socks5://127.0.0.1:1"}, {"token": "t"}),
    "number": ({"tls-server-name": 5}, {"token": "t"}),
    "no-scheme": ({"server": "127.0.0.1"}, {"token": "t"}),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_entry_costs_itself_only(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """And no credential is ever shown."""
    cluster, user = ODD[name]
    with stub(lambda h: h.send(404, b"no")) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        path = Path(
            written(
                tmp_path, {"good": (url, "u"), "odd": ("https://127.0.0.1:1", "o")}, {"o": user}
            )
        )
        config = yaml.safe_load(path.read_text())
        next(c["cluster"] for c in config["clusters"] if c["name"] != url).update(cluster)
        path.write_text(yaml.safe_dump(config))
        asked = ["verify-endpoints", "--kubeconfig", str(path), "--request-timeout", "2s"]
        code, out = harness.run(*asked, "--contexts", "odd,good", "-o", "json")
        alone = main([*asked, "--context", "odd"])
    shown = capfd.readouterr()
    assert (code, {c["context"] for c in json.loads(out)["clusters"]}) == (3, {"odd", "good"})
    assert {place: f["result"] for place, f in placed(json.loads(out)).items()}[
        "good NotServed"
    ] == "unknown"
    assert alone in (2, 3)
    assert len(shown.err.splitlines()) <= 1
    assert "cret" not in out + shown.out + shown.err


def test_nothing_is_left_behind_at_any_end(tmp_path: Path) -> None:
    """No private key out of a kubeconfig stands in any file, at no moment, whatever ends the run."""
    key = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout
    crt = subprocess.run(
        ["openssl", "req", "-x509", "-key", "/dev/stdin", "-subj", "/CN=c"],
        input=key,
        capture_output=True,
        check=True,
    ).stdout
    with Silent(20) as silent:
        users = {}
        for number in range(20):
            pair = {
                "client-certificate-data": crt + b"\n" * number,
                "client-key-data": key + b"\n" * number,
            }
            users[f"u{number}"] = {
                name: base64.b64encode(data).decode() for name, data in pair.items()
            }
        contexts = {
            f"c{n}": (f"https://127.0.0.1:{port}", f"u{n}") for n, port in enumerate(silent)
        }
        path = written(tmp_path, contexts, users)
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        command = [
            sys.executable,
            "-m",
            "kubectl_mesh",
            "verify-endpoints",
            "--all-contexts",
            "--kubeconfig",
            path,
        ]
        environment = {**os.environ, "TMPDIR": str(scratch)}
        ends = {
            signal.SIGINT: 130,
            signal.SIGTERM: 143,
            signal.SIGHUP: 129,
            signal.SIGQUIT: -3,
            signal.SIGKILL: -9,
        }
        for end, code in (*ends.items(), (None, 3)):
            more = [] if end else ["--request-timeout", "100ms"]
            with subprocess.Popen(
                [*command, "-q", *more], env=environment, stderr=subprocess.PIPE
            ) as process:
                begun = time.monotonic()
                while process.poll() is None and time.monotonic() - begun < (1.5 if end else 20):
                    assert not list(scratch.iterdir())
                if end:
                    process.send_signal(end)
                _, told = process.communicate()
                assert (process.returncode, told) == (code, b"")
            assert not list(scratch.iterdir()), end


def test_a_plugin_of_the_control_plane_hangs_by_itself(tmp_path: Path) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sleep", "args": ["30"]}
    users = {"hanging": {"exec": {**plugin, "interactiveMode": "Never"}}}
    with stub(lambda h: h.send(404, b"no")) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        path = written(tmp_path, {"good": (url, "u"), "hangs": (TLS, "hanging")}, users)
        asked = [
            "verify-endpoints",
            "--contexts",
            "good",
            "--kubeconfig",
            path,
            "--request-timeout",
            "1s",
        ]
        begun = time.monotonic()
        assert harness.run(*asked, "--control-plane-context", "hangs")[0] == 3
        assert time.monotonic() - begun < 2.5


def test_what_says_nothing_is_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """That a server does not know of GlobalMesh is no answer to anything."""
    with stub(lambda h: h.send(404, b"404 page not found\n")) as server:
        path = written(tmp_path, {"a": (f"http://127.0.0.1:{server.server_port}", "u")})
        asked = ["--contexts", "a", "--kubeconfig", path]
        code, out = harness.run("verify-endpoints", *asked, "-o", "json")
        assert (code, [f["code"] for f in harness.findings(json.loads(out))]) == (3, ["NotServed"])
        assert main(["snapshot", str(tmp_path / "mesh.json"), *asked]) == 3
        assert "a gave no answer at all" in capsys.readouterr().err


def test_progress_on_a_terminal_only_and_a_clean_end(tmp_path: Path) -> None:
    with Silent(2) as ports:
        path = written(
            tmp_path,
            {f"dead-{n}": (f"http://127.0.0.1:{port}", "u") for n, port in enumerate(ports)},
        )
        program = [sys.executable, "-m", "kubectl_mesh"]
        asked = ["verify-endpoints", "--all-contexts", "--kubeconfig", path]
        environment = {**os.environ, "COLUMNS": "120"}
        shown = pexpect.spawn(program[0], [*program[1:], *asked], env=environment, timeout=20)
        shown.expect_exact("0 of 2 clusters read; still reading dead-0, dead-1")
        shown.sendintr()
        shown.expect(pexpect.EOF)
        shown.close()
        assert shown.exitstatus == 130
        assert str(shown.before).endswith(r"\r\x1b[K'")
        with subprocess.Popen(
            [*program, *asked], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            time.sleep(1.5)
            process.send_signal(signal.SIGINT)
            assert (process.wait(), *process.communicate()) == (130, b"", b"")


# --- on real API servers ----------------------------------------------------------------------------

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
    """The package writes certificates that stand in a kubeconfig into files; threads would get that wrong."""
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
    """The global cluster's definitions in the control-plane cluster, and a GlobalMesh with the address at fault."""
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
