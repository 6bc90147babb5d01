"""Seeded noise: whatever a server or a kubeconfig says, the answer is clear and never a pass.

It is one line or a finding.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import random
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import harness
from tests.test_faults import config, stub

ODD_VALUES: list[Any] = [
    None,
    7,
    -1,
    1.5,
    True,
    "",
    "x",
    [],
    [None],
    [7],
    {},
    {"a": None},
    "\x00",
    "\ud800",
    "-x" * 99,
]


def damaged(value: Any, seeded: random.Random) -> Any:
    """A copy with one of its parts replaced by something odd."""
    whole = {"": copy.deepcopy(value)}
    places: list[tuple[Any, Any]] = []

    def collect(inner: Any) -> None:
        for key, held in list(inner.items()) if isinstance(inner, dict) else list(enumerate(inner)):
            places.append((inner, key))
            if isinstance(held, (dict, list)):
                collect(held)

    collect(whole)
    holder, key = seeded.choice(places)
    holder[key] = seeded.choice(ODD_VALUES)
    return whole[""]


# --- kubeconfigs ----------------------------------------------------------------------------------

WHOLE = {
    "apiVersion": "v1",
    "kind": "Config",
    "preferences": {},
    "current-context": "stub",
    "clusters": [
        {
            "name": "stub",
            "cluster": {
                "server": "https://127.0.0.1:1",
                "tls-server-name": "x",
                "insecure-skip-tls-verify": False,
                "certificate-authority-data": base64.b64encode(b"no certificate").decode(),
                "proxy-url": "http://127.0.0.1:1",
                "disable-compression": False,
                "extensions": [{"name": "x", "extension": {"a": 1}}],
            },
        },
        {"name": "other", "cluster": {"server": "http://127.0.0.1:1"}},
    ],
    "users": [
        {
            "name": "stub",
            "user": {
                "token": "the-secret-token",
                "tokenFile": "/no/such",
                "as": "x",
                "as-uid": "1",
                "as-groups": ["g"],
                "as-user-extra": {"a": ["b"]},
                "exec": {
                    "apiVersion": "client.authentication.k8s.io/v1",
                    "command": "false",
                    "args": ["x"],
                    "env": [{"name": "A", "value": "the-secret-value"}],
                    "interactiveMode": "Never",
                    "provideClusterInfo": True,
                },
            },
        },
        {
            "name": "other",
            "user": {"auth-provider": {"name": "oidc", "config": {"id-token": "the.secret.token"}}},
        },
    ],
    "contexts": [
        {"name": "stub", "context": {"cluster": "stub", "user": "stub", "namespace": "n"}},
        {"name": "other", "context": {"cluster": "other", "user": "other"}},
    ],
}


@pytest.mark.parametrize("seed", range(10))
def test_kubeconfigs(seed: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    seeded = random.Random(seed)
    path = tmp_path / "config"
    for number in range(40):
        document: Any = WHOLE
        for _ in range(seeded.randrange(1, 4)):
            document = damaged(document, seeded)
        path.write_text(
            json.dumps(document) if number % 2 else yaml.safe_dump(document, allow_unicode=False)
        )
        which = seeded.choice(
            [[], ["--context", "other"], ["--all-contexts"], ["--contexts", "stub,other"]]
        )
        code, out = harness.run("verify-endpoints", "--kubeconfig", str(path), *which, "-o", "json")
        err = capfd.readouterr().err
        said = f"seed {seed}, {number}: {path.read_text()}\n{out}{err}"
        assert code in (2, 3), said
        assert "unforeseen" not in out + err, said
        assert "secret" not in out + err, said
        assert (len(err.splitlines()), bool(out)) == ((1, False) if code == 2 else (0, True)), said


def test_kubeconfigs_that_are_no_yaml(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config"
    nested = ["[" * 3000, "a: " * 3000, "- " * 3000, "{a: " * 3000]
    for content in (
        "",
        "[]",
        "7",
        "a: b: c",
        "\t",
        "\x00",
        "&a [*a]",
        "? [1]: 2",
        "!!python/object:os.system x",
        *nested,
    ):
        path.write_text(content)
        assert harness.run("verify-endpoints", "--kubeconfig", str(path))[0] == 2
        err = capfd.readouterr().err
        assert len(err.splitlines()) == 1, err
        assert "unforeseen" not in err


# --- responses ------------------------------------------------------------------------------------


def items() -> dict[str, Any]:
    """The objects of a right workload cluster by resource, as lists."""
    from tests.lab.scenes import Scene
    from tests.test_faults import KINDS

    found: dict[str, Any] = {
        resource: {"kind": f"{kind}List", "items": []} for resource, kind in KINDS.items()
    }
    resources = {kind: resource for resource, kind in KINDS.items()}
    for obj in Scene().clusters()["workload"]:
        if obj["kind"] in resources:
            found[resources[obj["kind"]]]["items"].append(obj)
    return found


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("command", ["verify-endpoints", "verify-gateway"])
def test_responses(
    command: str, seed: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each response of a right cluster, with something odd in it."""
    seeded, lists = random.Random(seed), items()

    def answer(handler: Any) -> None:
        path = handler.path.partition("?")[0].rstrip("/").split("/")
        resource = next((part for part in reversed(path) if part in lists), "pods")
        whole = lists[resource]
        if path[-1] != resource:
            named = [obj for obj in whole["items"] if obj["metadata"]["name"] == path[-1]]
            whole = next(
                iter(named), {"kind": "Status", "reason": "NotFound", "details": {"name": path[-1]}}
            )
        status = 404 if whole["kind"] == "Status" else 200
        handler.send(status, json.dumps(damaged(whole, seeded)).encode())

    with stub(answer) as server:
        path = config(tmp_path, f"http://127.0.0.1:{server.server_port}")
        for _ in range(20):
            code, out = harness.run(command, "--kubeconfig", path, "-o", "json")
            err = capfd.readouterr().err
            assert (code in (0, 1, 3), err) == (True, ""), (seed, err)
            assert "unforeseen" not in out
            report = json.loads(out)
            assert code != 0 or report["summary"]["pass"]


_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_MANY_HEADERS = b"".join(b"a%d: b\r\n" % n for n in range(500))
RAW = {
    "null": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
    "null-403": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnull",
    "negative-chunk": _CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n",
    "absurd-chunk": _CHUNKED + b"ffffffffffffffffffff\r\nhello",
    "large-chunk": _CHUNKED + b"7fffffffffffffff\r\nhello",
    "no-chunk": _CHUNKED + b"zz\r\nhello",
    "long-chunk-line": _CHUNKED + b"0" * 100_000,
    "negative-length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
    "absurd-length": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nhello",
    "two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nhello",
    "no-status": b"HTTP/1.1\r\n\r\n",
    "odd-status": b"HTTP/1.1 -20 No\r\n\r\n",
    "no-http": b"SSH-2.0-OpenSSH_9.2\r\n",
    "http-0.9": b"{}",
    "many-headers": b"HTTP/1.1 200 OK\r\n" + _MANY_HEADERS + b"\r\n",
    "long-header": b"HTTP/1.1 200 OK\r\na: " + b"b" * 100_000 + b"\r\n\r\n",
    "redirect-loop": b"HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
    "switching": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "not-utf-8": b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"\xff\xfe":1}',
    "surrogates": b'HTTP/1.1 500 Oops\r\nContent-Length: 25\r\n\r\n{"message": "\\ud800 \\ud800"}',
    "twice": b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{} {}',
    "nothing": b"",
}  # fmt: skip


@contextlib.contextmanager
def raw(content: bytes) -> Iterator[str]:
    """A server that writes these bytes to everyone, whatever is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with contextlib.suppress(OSError), connection:
                        connection.recv(65536)
                        connection.sendall(content)
                        connection.shutdown(socket.SHUT_WR)
                        connection.recv(65536)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("name", RAW)
def test_raw_responses(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Alone, and among several contexts: one finding, unknown."""
    with raw(RAW[name]) as url:
        path = config(tmp_path, url)
        for which in ([], ["--all-contexts"]):
            asked = [
                "verify-endpoints",
                "--kubeconfig",
                path,
                *which,
                "--request-timeout",
                "1s",
                "-o",
                "json",
            ]
            code, out = harness.run(*asked)
            assert (code, capfd.readouterr().err) == (3, "")
            found = harness.findings(json.loads(out))
            assert {f["result"] for f in found} <= {"unknown", "warn", "skip"}, found
            assert len([f for f in found if f["result"] == "unknown"]) == 1, found
            assert "unforeseen" not in out, found


@pytest.mark.parametrize("seed", range(5))
def test_raw_noise(seed: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Right responses with some bytes changed."""
    seeded = random.Random(seed)
    body = json.dumps(
        {"kind": "PodList", "items": [{"metadata": {"name": "p", "namespace": "istio-system"}}]}
    ).encode()
    right = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    right += b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    for _ in range(15):
        content = bytearray(right)
        for _ in range(seeded.randrange(1, 4)):
            content[seeded.randrange(len(content))] = seeded.randrange(256)
        with raw(bytes(content)) as url:
            asked = [
                "verify-endpoints",
                "--kubeconfig",
                config(tmp_path, url),
                "--request-timeout",
                "300ms",
                "-o",
                "json",
            ]
            code, out = harness.run(*asked)
        assert (code, capfd.readouterr().err) == (3, ""), bytes(content)
        assert "unforeseen" not in out, bytes(content)
