"""The standalone archive: what is in it.

The program does what the installed package does.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from importlib.metadata import requires
from pathlib import Path

import pytest

from kubectl_mesh import __version__
from release.archive import ROOT, _system_package, archive_name
from tests import harness
from tests.scenarios import GATEWAY_SCENARIOS, SCENARIOS
from tests.test_faults import config

EXAMPLES = ROOT / "kubectl_mesh" / "examples"
BROKEN = [
    "-f",
    str(EXAMPLES / "workload-broken.yaml"),
    "--control-plane-filename",
    str(EXAMPLES / "control-plane.yaml"),
]


def run(
    program: Path | str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The program with nothing of this machine's Python around it."""
    given = {"PATH": "/nonexistent", "HOME": "/nonexistent", **environment}
    return subprocess.run(
        [program, *arguments], env=given, capture_output=True, text=True, check=False, timeout=60
    )


# --- what is in it ------------------------------------------------------------------------------


def test_names() -> None:
    assert archive_name("darwin", "arm64") == "kubectl-mesh-darwin-arm64.tar.gz"
    assert archive_name("windows", "amd64") == "kubectl-mesh-windows-amd64.zip"


def test_content(archive: Path) -> None:
    assert archive.stat().st_size < 25e6
    with tarfile.open(archive) as packed:
        members = packed.getmembers()
    assert all(member.isfile() for member in members), "krew refuses links"
    assert {(member.mtime, member.uid, member.gid, member.uname) for member in members} == {
        (315532800, 0, 0, "")
    }
    names = [member.name for member in members]
    assert names == sorted(names)
    assert {name.partition("/")[0] for name in names} == {
        "kubectl-mesh",
        "LICENSE",
        "licenses",
        "_internal",
    }
    assert all(member.mode == 0o755 for member in members if member.name == "kubectl-mesh")
    unused = re.compile(
        r"kubernetes/client/(api|models)/(?!__init__)|aiohttp|/tests?/|pip/|setuptools/|tkinter|mypy"
    )
    assert not [name for name in names if unused.search(name)]
    with tarfile.open(archive) as packed:
        for name in (n for n in names if n.endswith(".pyc") or n == "kubectl-mesh"):
            content = packed.extractfile(name)
            assert content and str(ROOT).encode() not in content.read(), (
                f"{name} tells where it was built"
            )


def test_licences(archive: Path) -> None:
    """Of all that the tool requires, of Python, and of PyInstaller's program in front."""
    with tarfile.open(archive) as packed:
        found = {name.split("/")[1] for name in packed.getnames() if name.startswith("licenses/")}
        own = packed.extractfile("LICENSE")
        assert own and own.read() == (ROOT / "LICENSE").read_bytes()
    asked = {
        re.split(r"[<>=!~; ]", line)[0].lower()
        for line in requires("kubectl-mesh") or []
        if "extra" not in line
    }
    assert len(asked) >= 5
    assert asked | {"python", "pyinstaller", "pydantic", "urllib3", "certifi"} <= found
    with tarfile.open(archive) as packed:
        libraries = [
            n for n in packed.getnames() if re.fullmatch(r"_internal/lib[^/]*\.so[^/]*", n)
        ]
    for library in libraries:
        if "libpython" not in library:
            assert _system_package(Path(library))[0] in found, library


def test_built_again_it_is_the_same(archive: Path, tmp_path: Path) -> None:
    """Elsewhere, at another time, by another user's settings."""
    python = ROOT / ".venv-dist" / "bin" / "python"
    if not python.exists() and os.environ.get("CI") != "true":
        pytest.skip("no .venv-dist: run `make dist`")
    elsewhere = tmp_path / "elsewhere"
    for folder in ("kubectl_mesh", "release"):
        shutil.copytree(
            ROOT / folder, elsewhere / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "LICENSE", elsewhere)
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "PYTHONHASHSEED": "7",
        "LC_ALL": "C",
        "TZ": "Asia/Shanghai",
    }
    built = subprocess.run(
        [python, "-m", "release.archive"],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    assert re.search(r"needs glibc 2\.\d+ or newer .*musl is not supported", built.stdout)
    for name in (archive.name, f"{archive.name}.sha256"):
        assert (elsewhere / "dist" / name).read_bytes() == (archive.parent / name).read_bytes(), (
            name
        )


# --- what it does -------------------------------------------------------------------------------


def test_version(standalone: Path) -> None:
    told = json.loads(run(standalone, "version", "-o", "json").stdout)
    assert told["version"] == __version__
    assert told["platform"] == f"linux/{platform.machine()}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["verify-gateway", "--help"],
        ["verify-everything"],
        ["completion", "zsh"],
        ["__complete", "verify-gateway", "--gat"],
        ["verify-endpoints", "-f", "/no/such"],
        *(
            ["verify-gateway", *BROKEN, "-o", form]
            for form in ("table", "wide", "json", "yaml", "name")
        ),
        ["verify-endpoints", *BROKEN, "-q"],
    ],
    ids=lambda arguments: " ".join(a for a in arguments if "/" not in a),
)
def test_it_answers_as_the_package_does(standalone: Path, arguments: list[str]) -> None:
    for locale in ("C.UTF-8", "C"):
        standing = run(standalone, *arguments, LC_ALL=locale)
        installed = run(sys.executable, "-m", "kubectl_mesh", *arguments, LC_ALL=locale)
        assert (standing.returncode, standing.stdout, standing.stderr) == (
            installed.returncode,
            installed.stdout,
            installed.stderr,
        )


def test_scenarios(standalone: Path, tmp_path: Path) -> None:
    """One of each code, with the same verdict as the package.

    So nothing which a check imports is missing.
    """
    seen: set[str] = set()
    for scenario in (*SCENARIOS, *GATEWAY_SCENARIOS):
        if scenario.unread or set(scenario.found) <= seen:
            continue
        seen |= set(scenario.found)
        folder = tmp_path / scenario.name
        folder.mkdir()
        arguments = [
            scenario.command,
            *harness.write(scenario, folder),
            "-n",
            scenario.scene.namespace,
        ]
        arguments += [*scenario.flags, "-o", "json"]
        done = run(standalone, *arguments)
        code, out = harness.run(*arguments)
        assert (done.returncode, done.stdout) == (code, out), (scenario.name, done.stderr)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["version"], ["completion", "bash"], ["verify-gateway", *BROKEN]]
)
def test_output_that_nobody_takes(standalone: Path, arguments: list[str]) -> None:
    """A full disk is exit 3 and one line.

    A reader who has seen enough, and a closed stdout, change nothing.
    """
    verdict = run(standalone, *arguments).returncode
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [standalone, *arguments], env={}, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1), done.stderr
    for redirected in ('"$@" | true; exit ${PIPESTATUS[0]}', '"$@" >&-'):
        command = ["bash", "-c", redirected, "-", str(standalone), *arguments]
        done = subprocess.run(command, env={"PATH": "/bin"}, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (verdict, b""), redirected


def test_through_a_link_and_from_elsewhere(standalone: Path, tmp_path: Path) -> None:
    """krew links the program into its folder."""
    link = tmp_path / "kubectl-mesh"
    link.symlink_to(standalone)
    done = subprocess.run(
        ["kubectl-mesh", "version"],
        env={"PATH": str(tmp_path)},
        cwd="/",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_help_is_there_at_once(standalone: Path) -> None:
    taken = []
    for _ in range(8):
        begun = time.monotonic()
        run(standalone, "--help")
        taken.append(time.monotonic() - begun)
    assert min(taken) <= 0.15


@pytest.mark.parametrize("own", [None, "/own/libraries"])
def test_credential_plugins_get_the_users_environment(
    standalone: Path, tmp_path: Path, own: str | None
) -> None:
    """They must not load the archive's libraries."""
    plugin = tmp_path / "plugin"
    plugin.write_text(f"#!/bin/sh\n/usr/bin/env > {tmp_path}/environment\nexit 1\n")
    plugin.chmod(0o755)
    kubeconfig = tmp_path / "kubeconfig"
    execute = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(plugin),
        "interactiveMode": "Never",
    }
    kubeconfig.write_text(
        json.dumps(
            {
                "current-context": "a",
                "contexts": [{"name": "a", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
                "users": [{"name": "u", "user": {"exec": execute}}],
            }
        )
    )
    given = {"LD_LIBRARY_PATH": own} if own else {}
    assert (
        run(standalone, "verify-endpoints", "--kubeconfig", str(kubeconfig), **given).returncode
        == 3
    )
    environment = dict(
        line.split("=", 1) for line in (tmp_path / "environment").read_text().splitlines()
    )
    assert environment["HOME"] == "/nonexistent"
    assert environment.get("LD_LIBRARY_PATH") == own
    assert not [name for name in environment if name.startswith("_PYI") or name.endswith("_ORIG")]


def test_interrupted(standalone: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kubeconfig = config(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}")
        command = [str(standalone), "verify-endpoints", "--kubeconfig", kubeconfig]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={}
        ) as running:
            silent.accept()
            running.send_signal(signal.SIGINT)
            assert running.communicate(timeout=20) == (b"", b"")
            assert running.returncode == 130
