"""Starts and ends the lab.

It is one etcd, and for each cluster a real kube-apiserver and kube-controller-manager.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from tests.lab import binaries
from tests.lab.scenes import NODE_IP

CLUSTERS = ("control-plane", "workload")
TOKENS = {"admin": "admin-token", "nobody": "nobody-token"}
_CONTROLLERS = (
    "endpointslice-controller,endpoints-controller,endpointslice-mirroring-controller,replicaset-controller,"
    "deployment-controller,serviceaccount-controller"
)
_START_SECONDS = 90.0


@dataclass
class Lab:
    """Two running clusters.

    `kubeconfig` has two contexts for each: `<cluster>` as admin, `<cluster>-nobody` without rights.
    """

    folder: Path
    kubeconfig: Path
    servers: dict[str, str]
    bin: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def api(
        self, cluster: str, method: str, path: str, body: Any = None, patch: str = "merge-patch"
    ) -> Any:
        """One request as admin; the decoded answer. Raises HTTPError as urllib does."""
        kind = f"application/{patch}+json" if method == "PATCH" else "application/json"
        request = urllib.request.Request(
            self.servers[cluster] + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {TOKENS['admin']}", "Content-Type": kind},
        )
        context = ssl.create_default_context(cafile=str(self.folder / cluster / "apiserver.crt"))
        # The lab is on this machine: no proxy of the environment has a part in it.
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with opener.open(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    def namespace(self, cluster: str, name: str) -> None:
        """Create a namespace, unless it is there."""
        try:
            self.api(cluster, "POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        except urllib.error.HTTPError as error:
            if error.code != 409:
                raise

    def stop(self) -> None:
        """End every process, gently first."""
        end(
            [process.pid for process in self.processes],
            wait=lambda: [p.poll() for p in self.processes],
        )


def start(folder: Path, *, tied: bool = True) -> Lab:
    """Start the lab in a folder; raises LabError.

    `tied`: its processes end with this one, however that ends.
    """
    where = binaries.find_or_build()
    etcd_client, etcd_peer, *ports = free_ports(2 + len(CLUSTERS))
    servers = {
        cluster: f"https://127.0.0.1:{port}" for cluster, port in zip(CLUSTERS, ports, strict=True)
    }
    lab = Lab(folder, folder / "kubeconfig", servers, where)
    try:
        _spawn(
            lab,
            tied,
            "etcd",
            [
                "etcd",
                f"--data-dir={folder}/etcd",
                "--unsafe-no-fsync",
                "--log-level=error",
                f"--listen-client-urls=http://127.0.0.1:{etcd_client}",
                f"--advertise-client-urls=http://127.0.0.1:{etcd_client}",
                f"--listen-peer-urls=http://127.0.0.1:{etcd_peer}",
                f"--initial-advertise-peer-urls=http://127.0.0.1:{etcd_peer}",
                f"--initial-cluster=default=http://127.0.0.1:{etcd_peer}",
            ],
        )
        _wait(lab, "etcd", lambda: _answers(f"http://127.0.0.1:{etcd_client}/health"))
        for cluster, port in zip(CLUSTERS, ports, strict=True):
            _spawn_apiserver(lab, tied, cluster, port, etcd_client)
        for cluster in CLUSTERS:
            _wait(lab, cluster, partial(_ready, lab, cluster))
        _write_kubeconfig(lab)
        for cluster in CLUSTERS:
            _spawn(
                lab,
                tied,
                f"{cluster}/controller-manager",
                [
                    "kube-controller-manager",
                    f"--kubeconfig={folder / cluster}/admin.kubeconfig",
                    "--leader-elect=false",
                    f"--controllers={_CONTROLLERS}",
                    "--secure-port=0",
                    f"--service-account-private-key-file={folder}/sa.key",
                ],
            )
            _create_node(lab, cluster)
    except BaseException:
        lab.stop()
        raise
    return lab


def _spawn_apiserver(lab: Lab, tied: bool, cluster: str, port: int, etcd: int) -> None:
    folder = lab.folder / cluster
    folder.mkdir()
    lines = [f"{TOKENS['admin']},admin,admin,system:masters", f"{TOKENS['nobody']},nobody,nobody"]
    (folder / "tokens.csv").write_text("\n".join(lines) + "\n")
    key = lab.folder / "sa.key"
    if not key.exists():
        _openssl("genrsa", "-out", str(key), "2048")
        _make_client_certificate(lab.folder)
    _spawn(
        lab,
        tied,
        f"{cluster}/apiserver",
        [
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{etcd}",
            f"--etcd-prefix=/{cluster}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={folder}",
            "--service-cluster-ip-range=10.233.0.0/16",
            f"--client-ca-file={lab.folder}/client-ca.crt",
            f"--token-auth-file={folder}/tokens.csv",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            "--service-account-issuer=https://lab",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--endpoint-reconciler-type=none",
        ],
    )


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def _make_client_certificate(folder: Path) -> None:
    """client.crt and client.key of an admin.

    The CA that signs them is the one that the API servers trust for users.
    """
    subject = ["-subj", "/O=system:masters/CN=certified"]
    ca = [f"{folder}/client-ca.crt", f"{folder}/client-ca.key"]
    _openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=lab",
        "-out",
        ca[0],
        "-keyout",
        ca[1],
    )
    request = f"{folder}/client.csr"
    _openssl(
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        *subject,
        "-keyout",
        f"{folder}/client.key",
        "-out",
        request,
    )
    issue = [
        "-req",
        "-in",
        request,
        "-CA",
        ca[0],
        "-CAkey",
        ca[1],
        "-CAcreateserial",
        "-out",
        f"{folder}/client.crt",
    ]
    _openssl("x509", *issue)


def _spawn(lab: Lab, tied: bool, name: str, command: list[str]) -> None:
    log = lab.folder / f"{name.replace('/', '-')}.log"
    with log.open("wb") as output:
        lab.processes.append(
            subprocess.Popen(
                [str(lab.bin / command[0]), *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent if tied and sys.platform == "linux" else None,
            )
        )


def die_with_parent() -> None:
    """Linux: a killed test session takes the lab with it."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _wait(lab: Lab, what: str, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        ended = [p for p in lab.processes if p.poll() is not None]
        if ended or time.monotonic() > deadline:
            logs = "\n".join(
                f"--- {log.name}\n{log.read_text()[-1500:]}" for log in lab.folder.glob("*.log")
            )
            raise binaries.LabError(f"{what} did not start\n{logs}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            url, timeout=2
        ) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _ready(lab: Lab, cluster: str) -> bool:
    try:
        lab.api(cluster, "GET", "/api/v1/namespaces/kube-system")
    except (OSError, ValueError):
        return False
    return True


def _write_kubeconfig(lab: Lab) -> None:
    contexts = {name: (name, "admin") for name in CLUSTERS} | {
        f"{name}-nobody": (name, "nobody") for name in CLUSTERS
    }
    lab.kubeconfig.write_text(kubeconfig(lab, contexts, current="workload"))
    for cluster in CLUSTERS:
        (lab.folder / cluster / "admin.kubeconfig").write_text(
            kubeconfig(lab, {cluster: (cluster, "admin")}, cluster)
        )


def kubeconfig(lab: Lab, contexts: dict[str, tuple[str, str]], current: str) -> str:
    """A kubeconfig: context name -> (cluster, user)."""
    return str(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": current,
                "clusters": [
                    {
                        "name": c,
                        "cluster": {
                            "server": lab.servers[c],
                            "certificate-authority": str(lab.folder / c / "apiserver.crt"),
                        },
                    }
                    for c in CLUSTERS
                ],
                "users": [
                    {"name": name, "user": {"token": token}} for name, token in TOKENS.items()
                ],
                "contexts": [
                    {"name": n, "context": {"cluster": c, "user": u}}
                    for n, (c, u) in contexts.items()
                ],
            }
        )
    )


def _create_node(lab: Lab, cluster: str) -> None:
    """The endpoint slice controller skips Pods whose Node does not exist."""
    lab.api(cluster, "POST", "/api/v1/nodes", {"metadata": {"name": "node-1"}})
    status = {"status": {"addresses": [{"type": "InternalIP", "address": NODE_IP}]}}
    lab.api(cluster, "PATCH", "/api/v1/nodes/node-1/status", status)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def end(pids: list[int], wait: Callable[[], Any] = lambda: None) -> None:
    """End processes by SIGTERM, after 2 s by SIGKILL; returns when all are gone.

    `wait` reaps own children.
    """
    for kill, seconds in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 10.0)):
        deadline = time.monotonic() + seconds
        for pid in pids:
            if alive(pid):
                os.kill(pid, kill)
        while any(map(alive, pids)) and time.monotonic() < deadline:
            wait()
            time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether a process runs (one that waits to be reaped does not)."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


def temporary() -> Iterator[Lab]:
    """A lab for one test session: started at first use, ended and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="kubectl-mesh-lab-") as folder:
        lab = start(Path(folder))
        try:
            yield lab
        finally:
            lab.stop()
