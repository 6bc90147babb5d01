"""Several clusters in one run: one that is slow, dead or unusable costs only itself."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pexpect
import pytest
import yaml

from kubectl_mesh.cli import main
from tests import harness
from tests.harness import placed
from tests.servers import written
from tests.test_faults import stub, unused_port


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
    common = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
    users = {
        "hanging": {"exec": {**common, "command": str(plugin)}},
        "failing": {"exec": {**common, "command": "false"}},
    }
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
    """No private key out of a kubeconfig stands in any file at any moment.

    However the run ends.
    """
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
