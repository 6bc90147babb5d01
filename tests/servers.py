"""Servers that record what they are sent: over TLS with a client's certificate, and without TLS."""

from __future__ import annotations

import atexit
import base64
import contextlib
import functools
import shutil
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Request:
    """One request: its credentials, whom it acts as, and whether it had a client certificate."""

    authorization: str
    impersonated: tuple[tuple[str, str], ...]
    certificate: bool


@dataclass
class Recorder:
    """A running server; `answer` writes the response."""

    url: str
    authority: str  # base64 of the certificate that the server's is verified by; "" without TLS
    requests: list[Request] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


Answer = Callable[[BaseHTTPRequestHandler], None]


def answer_with(status: int, body: bytes, **headers: str) -> Answer:
    """An answer that is always the same."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):
            handler.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

    return answer


@functools.cache
def certificate(name: str) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key.

    There is one a name, for as long as the tests run.
    """
    folder = Path(tempfile.mkdtemp(prefix="kubectl-mesh-tests-"))
    atexit.register(shutil.rmtree, folder)
    crt, key = folder / f"{name}.crt", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(crt), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return crt, key


@contextlib.contextmanager
def recorder(answer: Answer, *, tls: bool = True) -> Iterator[Recorder]:
    """A server on a free port of this machine."""
    recorded = Recorder("", "")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            shown = isinstance(self.connection, ssl.SSLSocket) and bool(
                self.connection.getpeercert(True)
            )
            acting = sorted(
                (k.lower(), v)
                for k, v in self.headers.items()
                if k.lower().startswith("impersonate-")
            )
            recorded.requests.append(
                Request(self.headers.get("Authorization", ""), tuple(acting), shown)
            )
            recorded.paths.append(self.path)
            answer(self)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        crt, key = certificate("server")
        client, _ = certificate("client")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(crt, key)
        context.load_verify_locations(client)
        context.verify_mode = ssl.CERT_OPTIONAL
        server.socket = context.wrap_socket(server.socket, server_side=True)
        recorded.authority = base64.b64encode(crt.read_bytes()).decode()
    recorded.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield recorded
    finally:
        server.shutdown()
        server.server_close()


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
