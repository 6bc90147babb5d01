"""Every way in that a kubeconfig knows, against the lab's API servers."""

from __future__ import annotations

import base64
import json
import os
import select
import socket
import socketserver
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.config import incluster_config

from tests import harness
from tests.lab.apply import apply
from tests.lab.clusters import TOKENS, Lab
from tests.lab.scenes import LOAD_BALANCER, Scene

pytestmark = pytest.mark.live

NAMESPACE = "credentials"
FLAGS = ("-n", NAMESPACE, "--expect-address", LOAD_BALANCER, "-o", "json")


@pytest.fixture(scope="module")
def scene(running_lab: Lab) -> Lab:
    """A right workload cluster to log in to."""
    apply(running_lab, Scene(namespace=NAMESPACE))
    return running_lab


def config(
    lab: Lab, folder: Path, user: dict[str, Any], name: str = "kubeconfig", **cluster: Any
) -> Path:
    """A kubeconfig with the context `here`."""
    ca = {"certificate-authority": str(lab.folder / "workload" / "apiserver.crt")}
    path = folder / name
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "here",
                "clusters": [
                    {"name": "c", "cluster": {"server": lab.servers["workload"], **ca, **cluster}}
                ],
                "users": [{"name": "u", "user": user}],
                "contexts": [
                    {
                        "name": "here",
                        "context": {"cluster": "c", "user": "u", "namespace": "default"},
                    }
                ],
            }
        )
    )
    return path


def verify(path: Path, *more: str) -> tuple[int, list[str]]:
    """The exit code, and the codes of what did not pass."""
    code, out = harness.run("verify-endpoints", "--kubeconfig", str(path), *FLAGS, *more)
    return code, [
        f["code"] for f in harness.findings(json.loads(out)) if f["result"] != "pass"
    ] if out else []


def script(folder: Path, body: str) -> str:
    """An executable credential plugin."""
    path = folder / "plugin"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def exec_user(command: str) -> dict[str, Any]:
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": command,
            "interactiveMode": "Never",
        }
    }


def credential(**status: str) -> str:
    return json.dumps(
        {
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": status,
        }
    )


def test_kubeconfig_with_a_colon_in_its_name(scene: Lab, tmp_path: Path) -> None:
    assert verify(config(scene, tmp_path, {"token": TOKENS["admin"]}, "a:b")) == (0, [])


def test_token(scene: Lab, tmp_path: Path) -> None:
    assert verify(config(scene, tmp_path, {"token": TOKENS["admin"]})) == (0, [])
    assert verify(config(scene, tmp_path, {"token": "wrong"})) == (3, ["Unauthorized"])
    (tmp_path / "token").write_text(TOKENS["admin"] + "\n")  # as `echo` writes it
    assert verify(config(scene, tmp_path, {"tokenFile": str(tmp_path / "token")})) == (0, [])


def test_client_certificate(scene: Lab, tmp_path: Path) -> None:
    crt, key = scene.folder / "client.crt", scene.folder / "client.key"
    named = {"client-certificate": str(crt), "client-key": str(key)}
    assert verify(config(scene, tmp_path, named)) == (0, [])
    inline = {
        "client-certificate-data": base64.b64encode(crt.read_bytes()).decode(),
        "client-key-data": base64.b64encode(key.read_bytes()).decode(),
    }
    assert verify(config(scene, tmp_path, inline)) == (0, [])


def test_missing_certificate_file(
    scene: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(
        scene, tmp_path, {"client-certificate": "/no/such.crt", "client-key": "/no/such.key"}
    )
    assert verify(path)[0] == 2
    err = capsys.readouterr().err
    assert "/no/such.crt" in err
    assert len(err.splitlines()) == 1


def test_exec_plugin(scene: Lab, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    good = script(tmp_path, f"echo '{credential(token=TOKENS['admin'])}'")
    assert verify(config(scene, tmp_path, exec_user(good))) == (0, [])
    pair = {
        "clientCertificateData": (scene.folder / "client.crt").read_text(),
        "clientKeyData": (scene.folder / "client.key").read_text(),
    }
    (tmp_path / "credential.json").write_text(credential(**pair))
    certified = script(tmp_path, f"cat {tmp_path}/credential.json")
    assert verify(config(scene, tmp_path, exec_user(certified))) == (0, [])
    for body in ("echo session expired >&2; exit 1", "echo no json", "true"):
        path = config(scene, tmp_path, exec_user(script(tmp_path, body)))
        assert verify(path) == (3, ["Unauthorized"])
    assert verify(config(scene, tmp_path, exec_user("/no/such/plugin"))) == (3, ["Unauthorized"])
    assert capfd.readouterr().err == ""


def test_impersonation(scene: Lab, tmp_path: Path) -> None:
    admin = config(scene, tmp_path, {"token": TOKENS["admin"]})
    assert verify(admin, "--as", "nobody") == (3, ["Forbidden"])
    groups = ("--as", "nobody", "--as-group", "some", "--as-group", "system:masters")
    assert verify(admin, *groups) == (0, [])
    assert verify(admin, "--as-group", "system:masters")[0] == 2
    in_config = config(scene, tmp_path, {"token": TOKENS["admin"], "as": "nobody"})
    assert verify(in_config) == (3, ["Forbidden"])
    with_groups = {
        "token": TOKENS["admin"],
        "as": "nobody",
        "as-groups": ["some", "system:masters"],
    }
    assert verify(config(scene, tmp_path, with_groups)) == (0, [])


def test_certificate_checks(scene: Lab, tmp_path: Path) -> None:
    user = {"token": TOKENS["admin"]}
    other = str(scene.folder / "client-ca.crt")
    assert verify(config(scene, tmp_path, user, **{"certificate-authority": other})) == (
        3,
        ["TLSFailed"],
    )
    skipping: dict[str, Any] = {"certificate-authority": None, "insecure-skip-tls-verify": True}
    path = config(scene, tmp_path, user, **skipping)
    path.write_text(path.read_text().replace("    certificate-authority: null\n", ""))
    assert verify(path) == (0, [])
    assert verify(
        config(scene, tmp_path, user, **{"tls-server-name": "elsewhere.example.com"})
    ) == (3, ["TLSFailed"])
    assert verify(
        config(scene, tmp_path, user, **{"tls-server-name": "kubernetes.default.svc"})
    ) == (0, [])


def test_several_kubeconfig_files(
    scene: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As kubectl merges them: the first current-context wins, and a missing file is passed over."""
    first = config(scene, tmp_path, {"token": TOKENS["admin"]}, "first")
    elsewhere = {
        "server": scene.servers["control-plane"],
        "certificate-authority": str(scene.folder / "control-plane" / "apiserver.crt"),
    }
    second = config(scene, tmp_path, {"token": TOKENS["admin"]}, "second", **elsewhere)
    renamed = second.read_text().replace("here", "there").replace("name: c\n", "name: d\n")
    second.write_text(renamed.replace("cluster: c\n", "cluster: d\n"))
    monkeypatch.setenv(
        "KUBECONFIG", os.pathsep.join([str(tmp_path / "missing"), str(first), str(second)])
    )
    code, out = harness.run("verify-endpoints", *FLAGS)
    assert (code, json.loads(out)["clusters"][0]["context"]) == (0, "here")
    code, out = harness.run("verify-endpoints", *FLAGS, "--context", "there")
    report = json.loads(out)
    assert (code, report["clusters"][0]["role"]) == (0, "hosted"), report


class _Connect(socketserver.StreamRequestHandler):
    """An HTTP proxy that knows CONNECT."""

    def handle(self) -> None:
        """Tunnel until either side closes."""
        target = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        self.server.targets.append(target)  # type: ignore[attr-defined]
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port))) as there:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            ends = {self.connection: there, there: self.connection}
            while True:
                for readable in select.select(list(ends), [], [], 10)[0]:
                    data = readable.recv(65536)
                    if not data:
                        return
                    ends[readable].sendall(data)


@pytest.fixture
def proxy() -> Iterator[socketserver.ThreadingTCPServer]:
    """A running proxy; `targets` are the hosts that it was asked for."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Connect)
    server.daemon_threads = True
    server.targets = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_proxy(
    scene: Lab,
    tmp_path: Path,
    proxy: socketserver.ThreadingTCPServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"http://127.0.0.1:{proxy.server_address[1]}"
    user = {"token": TOKENS["admin"]}
    monkeypatch.setenv("NO_PROXY", "")
    assert verify(config(scene, tmp_path, user, **{"proxy-url": url})) == (0, [])
    seen = len(proxy.targets)  # type: ignore[attr-defined]
    assert seen
    monkeypatch.setenv("HTTPS_PROXY", url)
    assert verify(config(scene, tmp_path, user)) == (0, [])
    assert len(proxy.targets) > seen  # type: ignore[attr-defined]


def test_in_cluster(scene: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text(TOKENS["admin"])
    monkeypatch.setattr(
        "kubernetes.config.incluster_config.SERVICE_TOKEN_FILENAME", str(tmp_path / "token")
    )
    ca = str(scene.folder / "workload" / "apiserver.crt")
    monkeypatch.setattr("kubernetes.config.incluster_config.SERVICE_CERT_FILENAME", ca)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", scene.servers["workload"].rpartition(":")[2])
    assert incluster_config.SERVICE_HOST_ENV_NAME == "KUBERNETES_SERVICE_HOST"
    code, out = harness.run("verify-endpoints", *FLAGS)
    assert (code, json.loads(out)["clusters"][0]["context"]) == (0, "in-cluster")
