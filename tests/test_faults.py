"""What a healthy API server won't produce.

A stub fails in every way, and connections can't be made.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_mesh.cli import main
from kubectl_mesh.mesh.resources import RESOURCES
from tests import harness

Answer = Callable[["_Handler"], None]


class _Handler(BaseHTTPRequestHandler):
    """Answers every GET with the server's `answer`."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Count, then answer."""
        self.server.paths.append(self.path)  # type: ignore[attr-defined]
        self.server.answer(self)  # type: ignore[attr-defined]

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def send(self, status: int, body: bytes, *, length: int | None = None) -> None:
        """One whole answer; `length` is what the header says, where it lies."""
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)
            if length is not None:
                self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 500  # many clusters are read side by side


@contextlib.contextmanager
def stub(answer: Answer) -> Iterator[ThreadingHTTPServer]:
    """An HTTP server on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.answer, server.paths = answer, []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def config(folder: Path, server: str, **cluster: Any) -> str:
    """A kubeconfig with one context, `stub`."""
    path = folder / "kubeconfig"
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "stub",
                "clusters": [{"name": "stub", "cluster": {"server": server, **cluster}}],
                "users": [{"name": "stub", "user": {"token": "t"}}],
                "contexts": [{"name": "stub", "context": {"cluster": "stub", "user": "stub"}}],
            }
        )
    )
    return str(path)


def status(code: int, reason: str, message: str) -> bytes:
    """The body of a Kubernetes Status."""
    return json.dumps(
        {"kind": "Status", "code": code, "reason": reason, "message": message}
    ).encode()


def hang(_: _Handler) -> None:
    time.sleep(5)


def drip(handler: _Handler) -> None:
    """A byte now and then: every read succeeds, the answer never ends."""
    with contextlib.suppress(OSError):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        for _ in range(50):
            handler.wfile.write(b" ")
            time.sleep(0.1)


def chunk_then_close(handler: _Handler) -> None:
    with contextlib.suppress(OSError):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b'10\r\n{"items": [\r\n')
        handler.close_connection = True


KINDS = {resource: kind for kind, (_, resource) in RESOURCES.items()}
ANSWERS: dict[str, tuple[Answer, str, str]] = {
    "401": (
        lambda h: h.send(401, status(401, "Unauthorized", "Unauthorized")),
        "Unauthorized",
        "Unauthorized",
    ),
    "403": (
        lambda h: h.send(403, status(403, "Forbidden", "user x cannot list")),
        "Forbidden",
        "user x cannot list",
    ),
    "404-of-a-group": (lambda h: h.send(404, b"404 page not found\n"), "NotServed", "HTTP 404"),
    "429": (
        lambda h: h.send(429, status(429, "TooManyRequests", "slow down")),
        "ServerFailed",
        "HTTP 429, slow down",
    ),
    "500": (lambda h: h.send(500, b"<html>oops</html>"), "ServerFailed", "HTTP 500"),
    "503": (lambda h: h.send(503, b""), "ServerFailed", "HTTP 503"),
    "504": (
        lambda h: h.send(504, status(504, "Timeout", "request timed out")),
        "TimedOut",
        "request timed out",
    ),
    "redirect": (lambda h: h.send(302, b""), "ServerFailed", "HTTP 302"),
    "html": (lambda h: h.send(200, b"<html>please log in</html>"), "MalformedAnswer", "not JSON"),
    "empty": (lambda h: h.send(200, b""), "MalformedAnswer", "empty"),
    "truncated": (
        lambda h: h.send(200, b'{"items": [', length=5000),
        "MalformedAnswer",
        "ends too soon",
    ),
    "truncated-chunks": (chunk_then_close, "MalformedAnswer", "ends too soon"),
    "half-json": (lambda h: h.send(200, b'{"items": ['), "MalformedAnswer", "not JSON"),
    "deep-json": (lambda h: h.send(200, b"[" * 100000), "MalformedAnswer", "not JSON"),
    "no-object": (lambda h: h.send(200, b"[1, 2]"), "MalformedAnswer", "it is no"),
    "items-no-list": (lambda h: h.send(200, b'{"items": {"a": 1}}'), "MalformedAnswer", "it is no"),
    "nameless-items": (lambda h: h.send(200, b'{"items": [{}]}'), "MalformedAnswer", "it is no"),
    "incomplete-list": (
        lambda h: h.send(200, b'{"kind": "PodList", "metadata": {"continue": "x"}, "items": []}'),
        "MalformedAnswer",
        "the list is not complete",
    ),
    "other-list": (
        lambda h: h.send(200, b'{"kind": "PodMetricsList", "items": []}'),
        "MalformedAnswer",
        "it is no",
    ),
    "hang": (hang, "TimedOut", "--request-timeout"),
    "drip": (drip, "TimedOut", "--request-timeout of 1s is over"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    answer, code, detail = ANSWERS[name]
    with stub(answer) as server:
        path = config(tmp_path, f"http://127.0.0.1:{server.server_port}")
        begun = time.monotonic()
        exit_code, out = harness.run(
            "verify-endpoints", "--kubeconfig", path, "--request-timeout", "1s", "-o", "json"
        )
        assert time.monotonic() - begun < 1.6
    found = harness.findings(json.loads(out))
    # A cluster that answers nothing is told once; one where lists fail and names don't, by kind.
    assert exit_code == 3
    assert {f["code"] for f in found} == {code}
    assert {f["result"] for f in found} == {"unknown"}
    assert len(found) == 1
    assert detail in found[0]["message"]
    assert len(server.paths) <= 6  # type: ignore[attr-defined]  # nothing is asked twice
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("kind", "code"),
    [("endpointslices", 3), ("endpoints", 0), ("pods", 0), ("deployments", 3), ("services", 3)],
)
def test_one_kind_among_several(kind: str, code: int, tmp_path: Path) -> None:
    """429 for one kind of a right workload cluster.

    The verdict is unknown exactly where the missing read decides.
    """
    from tests.lab.scenes import LOAD_BALANCER, Scene

    objects = Scene().clusters()["workload"]

    def answer(handler: _Handler) -> None:
        path = handler.path.partition("?")[0]
        parts = path.rstrip("/").split("/")
        resource = parts[parts.index("istio-system") + 1]
        name = parts[-1] if parts[-1] != resource else ""
        if resource == kind:
            handler.send(429, status(429, "TooManyRequests", "slow down"))
            return
        same = [
            o
            for o in objects
            if (o["kind"].lower() + "s").replace("endpointss", "endpoints") == resource
        ]
        if name:
            one = next(o for o in same if o["metadata"]["name"] == name)
            handler.send(200, json.dumps(one).encode())
        else:
            handler.send(
                200, json.dumps({"kind": f"{KINDS[resource]}List", "items": same}).encode()
            )

    with stub(answer) as server:
        path = config(tmp_path, f"http://127.0.0.1:{server.server_port}")
        got, out = harness.run(
            "verify-endpoints",
            "--kubeconfig",
            path,
            "--expect-address",
            LOAD_BALANCER,
            "-o",
            "json",
        )
    assert got == code, out
    assert "ServerFailed" in {f["code"] for f in harness.findings(json.loads(out))}


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("server", "cluster", "code"),
    [
        ("https://127.0.0.1:{port}", {}, "Unreachable"),
        ("https://no-such-host.invalid:6443", {}, "Unreachable"),
        ("https://127.0.0.1:6443", {"proxy-url": "http://127.0.0.1:{port}"}, "Unreachable"),
        ("https://127.0.0.1:{stub}", {}, "TLSFailed"),
    ],
    ids=["refused", "no-such-host", "dead-proxy", "plain-http"],
)
def test_no_connection(server: str, cluster: dict[str, str], code: str, tmp_path: Path) -> None:
    with stub(lambda h: h.send(200, b"{}")) as running:
        ports = {"port": unused_port(), "stub": running.server_port}
        path = config(
            tmp_path, server.format(**ports), **{k: v.format(**ports) for k, v in cluster.items()}
        )
        exit_code, out = harness.run(
            "verify-endpoints", "--kubeconfig", path, "--request-timeout", "3s", "-o", "json"
        )
    found = harness.findings(json.loads(out))
    assert (exit_code, [f["code"] for f in found]) == (3, [code])
    assert "object at 0x" not in found[0]["message"]


def test_untrusted_certificate(tmp_path: Path) -> None:
    crt, key = tmp_path / "crt", tmp_path / "key"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
    subprocess.run(
        [*request, "-out", str(crt), "-keyout", str(key)], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    with stub(lambda h: h.send(403, status(403, "Forbidden", "no"))) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = f"https://127.0.0.1:{server.server_port}"
        code, out = harness.run(
            "verify-endpoints", "--kubeconfig", config(tmp_path, url), "-o", "json"
        )
        assert (code, [f["code"] for f in harness.findings(json.loads(out))]) == (3, ["TLSFailed"])
        path = config(tmp_path, url, **{"insecure-skip-tls-verify": True})
        code, out = harness.run("verify-endpoints", "--kubeconfig", path, "-o", "json")
        assert (code, [f["code"] for f in harness.findings(json.loads(out))]) == (3, ["Forbidden"])


def test_control_characters_never_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither from an object nor from an error message, in any form of output."""
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\r\nok"
    with stub(lambda h: h.send(403, status(403, "Forbidden", evil))) as server:
        path = config(tmp_path, f"http://127.0.0.1:{server.server_port}")
        for form in ("table", "wide", "json", "yaml", "name"):
            assert (
                main(["verify-endpoints", "--kubeconfig", path, "-o", form, "--color", "never"])
                == 3
            )
    objects = tmp_path / "objects.json"
    item = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio", "namespace": "istio-system", "labels": {evil: evil}},
        "data": {
            "mesh": json.dumps(
                {"defaultConfig": {"meshId": evil, "discoveryAddress": f"istiod-{evil}-remote:1"}}
            )
        },
    }
    objects.write_text(json.dumps(item))
    for form in ("table", "wide", "json", "yaml", "name"):
        main(["verify-endpoints", "-f", str(objects), "-o", form, "--color", "never"])
    shown = capsys.readouterr()
    for bad in ("\x1b", "\x07", "\x9b", "\u202e", "\r"):
        assert bad not in shown.out + shown.err
