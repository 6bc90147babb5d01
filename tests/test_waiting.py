"""--wait: a repair that takes while the command waits, what is not waited for, and when it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pexpect
import pytest

from kubectl_mesh.cli import main
from kubectl_mesh.cli.waiting import until_pass
from kubectl_mesh.findings.model import ClusterReport, Report
from tests import harness
from tests.lab.apply import apply
from tests.lab.clusters import Lab
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, Scene
from tests.test_faults import config, stub

ASKED = [
    "verify-endpoints",
    "--context",
    "workload",
    "--control-plane-context",
    "control-plane",
    "--wait",
]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--wait", "-f", "x.yaml"], "--wait has no meaning with --filename"),
        (["--timeout", "5s"], "--timeout has no meaning without --wait"),
        (["--wait", "--timeout", "soon"], '"soon" is no duration'),
    ],
)
def test_bad_flags(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify-endpoints", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_the_last_look_has_its_time() -> None:
    """A cluster that is far away must not become unknown because the time is nearly over."""
    given = []

    def look(left: float | None) -> Report:
        given.append(left)
        time.sleep(0.3)
        return Report("verify-endpoints", [ClusterReport("c", "n", "workload", "m")])

    report, late = until_pass(look, 2.5, quiet=True)
    assert (report.verdict, late) == ("unknown", True)
    assert len(given) >= 2
    assert all(left is not None and left >= 0.5 for left in given)


@pytest.mark.live
def test_a_repair_that_takes_while_it_waits(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    apply(lab, Scene(remote=(HOSTED_POD,), namespace="wait-repaired"))
    asked = [*ASKED, "-n", "wait-repaired"]
    assert main([*asked, "--timeout", "1ms", "-o", "json"]) == 1
    found = harness.findings(json.loads(capfd.readouterr().out))
    hint = next(finding["hint"] for finding in found if finding["code"] == "AddressIsHostedPod")
    repair = threading.Timer(2.5, harness.paste, (lab.bin, hint, "patch endpoints"))
    begun = time.monotonic()
    repair.start()
    assert main([*asked, "--timeout", "1m"]) == 0
    assert 2.5 <= time.monotonic() - begun < 20
    shown = capfd.readouterr()
    assert "verdict: pass" in shown.out
    assert shown.err == ""  # no progress where stderr is no terminal
    repair.join()


@pytest.mark.live
def test_the_last_report_when_the_time_is_over(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    apply(lab, Scene(remote=(HOSTED_POD,), namespace="wait-broken"))
    begun = time.monotonic()
    assert main([*ASKED, "-n", "wait-broken", "--timeout", "2s"]) == 1
    assert 1 < time.monotonic() - begun < 4
    shown = capfd.readouterr()
    assert shown.out.count("FAIL AddressIsHostedPod") == 1
    assert len(shown.err.splitlines()) == 1
    assert "--timeout is over" in shown.err
    assert main([*ASKED, "-n", "wait-broken", "--timeout", "1s", "-q"]) == 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.live
def test_missing_rights_are_not_waited_for(lab: Lab, tmp_path: Path) -> None:
    apply(lab, Scene(remote=(LOAD_BALANCER,), namespace="wait-forbidden"))
    for contexts in (("workload-nobody", "control-plane"), ("workload", "control-plane-nobody")):
        begun = time.monotonic()
        asked = [
            "verify-endpoints",
            "--context",
            contexts[0],
            "--control-plane-context",
            contexts[1],
            "--wait",
        ]
        assert main([*asked, "-n", "wait-forbidden"]) == 3
        assert time.monotonic() - begun < 5
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(lab.kubeconfig.read_text().replace("admin-token", "no-such-token"))
    begun = time.monotonic()
    assert main([*ASKED, "-n", "wait-forbidden", "--kubeconfig", str(kubeconfig)]) == 3
    assert time.monotonic() - begun < 5


def test_a_server_that_fails_for_a_while(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Errors that pass are waited for; here until the server says that nobody may read."""
    begun = time.monotonic()

    def answer(request: object) -> None:
        status = 503 if time.monotonic() - begun < 2 else 403
        request.send(status, b'{"kind":"Status","message":"later"}')  # type: ignore[attr-defined]

    with stub(answer) as server:
        kubeconfig = config(tmp_path, f"http://127.0.0.1:{server.server_port}")
        assert main(["verify-endpoints", "--kubeconfig", kubeconfig, "--wait", "-o", "json"]) == 3
    assert 2 <= time.monotonic() - begun < 15
    assert '"code": "Forbidden"' in capfd.readouterr().out


def test_a_dead_server_costs_no_more_than_the_time(tmp_path: Path) -> None:
    """Not even where reads have no bound of their own."""
    with stub(lambda request: time.sleep(60)) as server:
        kubeconfig = config(tmp_path, f"http://127.0.0.1:{server.server_port}")
        asked = [
            "verify-endpoints",
            "--kubeconfig",
            kubeconfig,
            "--wait",
            "--timeout",
            "2s",
            "--request-timeout",
            "0",
        ]
        begun = time.monotonic()
        assert main([*asked, "-q"]) == 3
        assert 1.9 < time.monotonic() - begun < 5


def test_one_line_that_changes_in_place(tmp_path: Path) -> None:
    """On a terminal; it is gone at the end, and after an interrupt."""
    with stub(lambda request: request.send(503, b"{}")) as server:
        kubeconfig = config(tmp_path, f"http://127.0.0.1:{server.server_port}")
        arguments = ["-m", "kubectl_mesh", "verify-endpoints", "--kubeconfig", kubeconfig, "--wait"]
        child = pexpect.spawn(
            sys.executable, arguments, encoding="utf-8", timeout=30, dimensions=(40, 60)
        )
        for _ in range(3):
            child.expect(r"\r\x1b\[Kwaiting \d+s: ServerFailed [^\r\n]{1,60}")
        child.kill(signal.SIGINT)
        child.expect(pexpect.EOF)
        child.close()
        assert str(child.before).endswith("\r\x1b[K")
        assert "\n" not in str(child.before)
        assert child.exitstatus == 130
        # In a pipe there is no such line.
        done = subprocess.run(
            [sys.executable, *arguments, "--timeout", "1s"],
            env=dict(os.environ),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 3
        assert b"waiting" not in done.stderr
