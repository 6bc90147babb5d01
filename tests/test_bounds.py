"""What never ends, or is far too large, costs little time and memory.

Ctrl-C is heard at every moment.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pexpect
import pytest

from kubectl_mesh.collect import decoding
from tests import harness
from tests.servers import answer_with, recorder, written
from tests.test_faults import config

MIB = 1 << 20
PROGRAM = [sys.executable, "-m", "kubectl_mesh"]


def streamed(part: bytes, times: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer with a large body, which is made while it is sent."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):
            handler.send_response(200)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(part) * times))
            handler.end_headers()
            for _ in range(times):
                handler.wfile.write(part)

    return answer


def bomb() -> bytes:
    """Blanks, compressed a hundred and more times."""
    return gzip.compress(b'{"kind": "' + b" " * (300 * MIB), 1)


BODIES: dict[str, tuple[Callable[[], Callable[[BaseHTTPRequestHandler], None]], str]] = {
    "200-mib": (lambda: streamed(b" " * MIB, 200), "larger than 64 MiB"),
    "gzip-bomb": (lambda: answer_with(200, bomb(), Content_Encoding="gzip"), "larger than 64 MiB"),
    "no-gzip": (lambda: answer_with(200, b"{}", Content_Encoding="gzip"), "damaged"),
    "half-gzip": (
        lambda: answer_with(200, gzip.compress(b"{}")[:-9], Content_Encoding="gzip"),
        "damaged",
    ),
    "unasked-encoding": (lambda: answer_with(200, b"{}", Content_Encoding="br"), "not asked for"),
    "values": (lambda: streamed(b"[]," * (MIB // 3), 30), "not JSON"),
    "long-word": (
        lambda: answer_with(500, json.dumps({"message": "x" * 2 * MIB}).encode()),
        "xxxx…",
    ),
    "long-word-in-json": (lambda: answer_with(200, b'{"a": ' + b"x(" * MIB), "not JSON"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_bounded(name: str, tmp_path: Path) -> None:
    """In one process whose memory is measured; one clear finding, unknown."""
    answer, detail = BODIES[name]
    with recorder(answer(), tls=False) as server:
        path = config(tmp_path, server.url)
        command = [
            *PROGRAM,
            "verify-endpoints",
            "--kubeconfig",
            path,
            "-o",
            "json",
            "--request-timeout",
            "60s",
        ]
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, *command], capture_output=True, text=True, check=False
        )
        assert time.monotonic() - begun < 30
    memory = int(done.stderr.splitlines()[-1])
    found = harness.findings(json.loads(done.stdout))
    assert (done.returncode, {f["code"] for f in found}) in (
        (3, {"MalformedAnswer"}),
        (3, {"ServerFailed"}),
    )
    assert [f["result"] for f in found] == ["unknown"]
    assert detail in found[0]["message"]
    assert len(found[0]["message"]) < 2000
    # Six answers side by side, each within its bound.
    assert memory < 900 * 1024


# Runs a command and prints the most memory that it held, in KiB, as the last line of stderr.
_MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
sys.stderr.write(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}\\n")
sys.exit(done.returncode)
"""


def plugin(folder: Path, body: str) -> dict[str, Any]:
    path = folder / "plugin"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": version, "command": str(path), "interactiveMode": "Never"}}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("exec yes", "it wrote more than 1 MiB"),
        ("exec yes >&2", "it wrote more than 1 MiB"),
        ("exec sleep 60", "gave no answer within 1s"),
        ("sleep 60 & echo no json", "gave no answer within 1s"),
        ("echo so it is >&2; echo the last word >&2; exit 7", "exit code 7: the last word"),
        ("echo '[1]'", "it wrote no ExecCredential"),
        ("echo null", "it wrote no ExecCredential"),
    ],
)
def test_a_plugin_is_bounded(body: str, detail: str, tmp_path: Path) -> None:
    path = written(tmp_path, {"here": ("https://127.0.0.1:1", "u")}, {"u": plugin(tmp_path, body)})
    asked = [
        "verify-endpoints",
        "--kubeconfig",
        path,
        "--context",
        "here",
        "--request-timeout",
        "1s",
        "-o",
        "json",
    ]
    begun = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code, out = harness.run(*asked)
    assert time.monotonic() - begun < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024
    (found,) = harness.findings(json.loads(out))
    assert (code, found["result"]) == (3, "unknown")
    assert detail in found["message"]


# --- Ctrl-C ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def silent() -> Iterator[tuple[str, threading.Event]]:
    """A port that accepts connections and never answers; the event says that one was asked for."""
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                kept = [listener.accept()]
                asked.set()
                while True:
                    kept.append(listener.accept())

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked


def interrupted(arguments: list[str], ready: Callable[[], bool], pause: float) -> float:
    """How long a command went on after Ctrl-C, in seconds.

    It runs on a terminal; the key is pressed some time after it is ready.
    """
    shown = pexpect.spawn(PROGRAM[0], [*PROGRAM[1:], *arguments], timeout=30, encoding="utf-8")
    deadline = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < deadline, shown.read()
        time.sleep(0.005)
    time.sleep(pause)
    shown.sendintr()
    begun = time.monotonic()
    shown.expect(pexpect.EOF)
    taken = time.monotonic() - begun
    shown.close()
    assert shown.exitstatus == 130, (shown.exitstatus, shown.before)
    assert "Traceback" not in (shown.before or "")
    return taken


def test_ctrl_c_while_a_server_is_silent(tmp_path: Path) -> None:
    with silent() as (url, asked):
        arguments = ["verify-gateway", "--kubeconfig", config(tmp_path, url)]
        assert interrupted(arguments, asked.is_set, 0.2) < 0.2


def test_ctrl_c_while_a_plugin_runs(tmp_path: Path) -> None:
    user = plugin(tmp_path, f"touch {tmp_path}/runs; exec sleep 60")
    path = written(tmp_path, {"here": ("https://127.0.0.1:1", "u")}, {"u": user})
    arguments = ["verify-gateway", "--kubeconfig", path, "--context", "here"]
    assert interrupted(arguments, (tmp_path / "runs").exists, 0.2) < 0.2


LARGE = {
    "numbers": b"1.5e3," * (MIB // 6),
    "lists": b"[]," * (MIB // 3),
    "keys": b"".join(b'"k%07d":1,' % number for number in range(MIB // 13)),
}


@pytest.mark.parametrize("pause", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("name", LARGE)
def test_ctrl_c_while_a_large_answer_is_decoded(name: str, pause: float, tmp_path: Path) -> None:
    """One that takes seconds: it is within the bounds."""
    begin = b'{"a":{' if name == "keys" else b'{"a":['
    times = min(12, 2_400_000 // LARGE[name].count(b","))
    body = begin + LARGE[name] * times
    with recorder(answer_with(200, body), tls=False) as server:
        arguments = [
            "verify-endpoints",
            "--kubeconfig",
            config(tmp_path, server.url),
            "--request-timeout",
            "60s",
        ]
        assert interrupted(arguments, lambda: bool(server.paths), pause) < 0.2


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_ctrl_c_while_a_large_file_is_read(form: str, tmp_path: Path) -> None:
    item = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {f"l{n}": "v" for n in range(99)}},
    }
    path = tmp_path / f"objects.{form}"
    whole = ",".join([json.dumps(item)] * 20_000)
    path.write_text(
        f'{{"apiVersion": "v1", "kind": "List", "items": [{whole}]}}'
        + ("" if form == "json" else "#")
    )
    begun = time.monotonic()
    taken = interrupted(
        ["verify-gateway", "-f", str(path)], lambda: time.monotonic() - begun > 0.6, 0
    )
    assert taken < 0.2


# --- decoding in steps ----------------------------------------------------------------------------


def test_steps_decode_what_the_standard_library_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole texts and damaged ones, with steps so small that every value is cut somewhere."""
    import random

    seeded = random.Random(13)

    def value(depth: int) -> Any:
        kind = seeded.randrange(8)
        if depth > 4 or kind < 4:
            numbers = [
                seeded.random() * 10 ** seeded.randrange(-5, 20),
                seeded.randrange(10**9),
                -5,
            ]
            return seeded.choice([None, True, *numbers, 'é\n"\\x' * seeded.randrange(9), ""])
        if kind < 6:
            return [value(depth + 1) for _ in range(seeded.randrange(9))]
        return {str(seeded.random()): value(depth + 1) for _ in range(seeded.randrange(9))}

    def outcome(decode: Callable[[str], Any], text: str) -> Any:
        try:
            return decode(text)
        except ValueError:
            return ValueError

    monkeypatch.setattr(decoding, "_LARGE", 10)
    for _ in range(2000):
        monkeypatch.setattr(decoding, "_STEP", seeded.randrange(5, 60))
        text = json.dumps(
            value(0), indent=seeded.choice([None, 1]), ensure_ascii=seeded.random() < 0.5
        )
        damaged = text[: seeded.randrange(len(text))] + seeded.choice(["", "x", "}", "]"])
        for written_ in (text, damaged):
            assert outcome(decoding.decoded, written_) == outcome(json.loads, written_), written_


def test_twenty_thousand_objects(tmp_path: Path) -> None:
    """In line with their number: the time for each object doesn't grow."""
    taken = {}
    for number in (5_000, 20_000):
        items = [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": f"p{n}", "namespace": "istio-system"},
            }
            for n in range(number)
        ]
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        begun = time.monotonic()
        done = subprocess.run(
            [*PROGRAM, "verify-endpoints", "-f", path, "-q"], check=False, env=os.environ
        )
        taken[number] = time.monotonic() - begun
        assert done.returncode == 3
    assert taken[20_000] < 2.5
