"""Completion in real shells: bash, zsh and fish directly, and through kubectl's own completion."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pexpect
import pytest

from kubectl_mesh.cli import main
from kubectl_mesh.findings.catalog import RESULTS
from kubectl_mesh.output import FORMS
from tests.lab.clusters import Lab

CONTEXTS = (
    "control-plane",
    "workload-1",
    "arn:aws:eks:eu-1:1:cluster/two",
    "me@three",
    "with space",
)
BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")
PROMPT = "ready> "
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x07")


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The active kubeconfig: two files, as kubectl merges them."""
    paths = []
    for number, names in enumerate((CONTEXTS[:2], CONTEXTS[1:])):
        paths.append(tmp_path / f"config-{number}")
        paths[-1].write_text(
            json.dumps({"contexts": [{"name": name, "context": {}} for name in names]})
        )
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, paths)))
    return os.environ["KUBECONFIG"]


def asked(*words: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What kubectl is told: the completions without their descriptions, and the directive."""
    assert main(["__complete", *words]) == 0
    return [line.partition("\t")[0] for line in capsys.readouterr().out.splitlines()]


# --- what is offered ----------------------------------------------------------------------------


def test_what_is_offered(kubeconfig: str, capsys: pytest.CaptureFixture[str]) -> None:
    def offered(*words: str) -> list[str]:
        return asked(*words, capsys=capsys)

    assert offered("") == [
        "verify-endpoints",
        "verify-gateway",
        "snapshot",
        "version",
        "completion",
        "help",
        ":4",
    ]
    assert offered() == offered("")
    assert offered("verify-g") == ["verify-gateway", ":4"]
    assert offered("verify-gateway", "--gat") == ["--gateway", ":4"]
    assert offered("verify-endpoints", "--gat") == [":4"]
    assert offered("verify-endpoints", "") == [":4"]
    assert offered("verify-endpoints", "-o", "") == [*FORMS, ":4"]
    assert offered("verify-endpoints", "-q", "--output=js") == ["json", ":4"]
    assert offered("version", "-o", "") == ["json", "yaml", ":4"]
    assert offered("completion", "") == ["bash", "zsh", "fish", "kubectl", ":4"]
    assert offered("verify-endpoints", "--mesh-id", "") == [":4"]


def test_contexts(kubeconfig: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--context", "--control-plane-context"):
        assert asked("verify-endpoints", flag, "", capsys=capsys) == [*CONTEXTS, ":4"]
    assert asked("verify-endpoints", "--context=work", capsys=capsys) == ["workload-1", ":4"]
    assert asked("verify-endpoints", "--context", "with s", capsys=capsys) == ["with space", ":4"]
    assert asked("verify-endpoints", "--context", "arn:aws", capsys=capsys) == [CONTEXTS[2], ":4"]
    assert asked("verify-gateway", "--contexts", "", capsys=capsys) == [*CONTEXTS, ":4"]
    assert asked("verify-gateway", "--contexts", "me@three,work", capsys=capsys) == [
        "me@three,workload-1",
        ":4",
    ]
    offered = asked("verify-gateway", "--contexts", "me@three,", capsys=capsys)
    assert offered == [f"me@three,{name}" for name in CONTEXTS if name != "me@three"] + [":4"]
    named = tmp_path / "na med"
    named.write_text("contexts: [{name: other}]")
    words = ("verify-endpoints", "--kubeconfig", str(named), "--context", "")
    assert asked(*words, capsys=capsys) == ["other", ":4"]
    for content in (
        "",
        "a: [",
        "contexts: 5",
        "contexts: [5]",
        "[]",
        "contexts: [{name: }, {name: [a]}]",
    ):
        named.write_text(content)
        assert asked(*words, capsys=capsys) == [":4"], content
    named.unlink()
    assert asked(*words, capsys=capsys) == [":4"]


def test_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """Those that can be at fault."""
    codes = asked("verify-gateway", "--ignore", "", capsys=capsys)[:-1]
    assert set(codes) == {
        code for code, results in RESULTS.items() if {"fail", "warn", "unknown"} & set(results)
    }
    assert asked("verify-gateway", "--ignore", "AddressIsSta", capsys=capsys) == [
        "AddressIsStale",
        ":4",
    ]


@pytest.mark.parametrize("flag", ["-f", "--filename", "--control-plane-filename", "--kubeconfig"])
def test_files_are_the_shells_own_business(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They know ~ and variables."""
    assert asked("verify-endpoints", flag, "wo", capsys=capsys) == [":0"]
    assert asked("verify-endpoints", f"{flag}=wo", capsys=capsys) == [":0"]


def test_empty_words_count(kubeconfig: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked("verify-gateway", "--as", "", "--context", "work", capsys=capsys) == [
        "workload-1",
        ":4",
    ]


def test_the_package_kubernetes_is_not_imported(kubeconfig: str) -> None:
    script = (
        "import sys; from kubectl_mesh.cli import main; main(['__complete', 'verify-endpoints', '--context', '']);"
        "print([name for name in sys.modules if name.partition('.')[0] in ('kubernetes', 'urllib3', 'socket')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-2:] == [":4", "[]"]


# --- in shells ----------------------------------------------------------------------------------


@pytest.fixture
def programs(tmp_path: Path, kubeconfig: str) -> Path:
    """A folder for the PATH, with `kubectl-mesh` alone."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "kubectl-mesh").symlink_to(Path(sysconfig.get_path("scripts")) / "kubectl-mesh")
    return folder


def environment(programs: Path) -> dict[str, str]:
    return {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(programs.parent),
        "KUBECONFIG": os.environ["KUBECONFIG"],
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
        "INPUTRC": "/dev/null",
    }


def need(present: object, what: str) -> None:
    """Skip a test for which a part is missing; in CI that is a failure."""
    if not present:
        assert os.environ.get("CI") != "true", f"no {what}"
        pytest.skip(f"no {what} on this machine")


def shell(command: list[str], setup: str, programs: Path) -> pexpect.spawn[str]:
    """An interactive shell that has run the lines of `setup`."""
    need(shutil.which(command[0]), command[0])
    child = pexpect.spawn(
        command[0],
        command[1:],
        env=environment(programs),
        encoding="utf-8",
        dimensions=(60, 160),
        timeout=20,
    )
    child.sendline(f"{setup}; PS1='{PROMPT}'; echo set-up''-done")
    child.expect("set-up-done")
    child.expect(PROMPT)
    return child


def type_and_tab(child: pexpect.spawn[str], text: str, *wanted: str) -> None:
    """Type a text and TAB until the shell shows what is wanted; then clear the line."""
    child.send(text)
    seen, begun = "", time.monotonic()
    while not all(word in seen for word in wanted):
        assert time.monotonic() - begun < 20, f"{text!r} showed {seen!r}"
        child.send("\t")
        with contextlib.suppress(pexpect.TIMEOUT):
            while not all(word in seen for word in wanted):
                seen = (seen + _ESCAPES.sub("", child.read_nonblocking(4096, timeout=1))).replace(
                    "\r\n", "\n"
                )
    child.send("\x15")
    child.sendline("")
    child.expect(PROMPT)


def directly(child: pexpect.spawn[str], program: str) -> None:
    """What every shell must complete."""
    type_and_tab(child, f"{program} ver", "verify-endpoints", "verify-gateway", "version")
    type_and_tab(child, f"{program} verify-gateway --gat", "--gateway")
    type_and_tab(child, f"{program} verify-gateway --control-plane-context ", *CONTEXTS[:2])
    type_and_tab(child, f"{program} verify-gateway --context work", "--context workload-1")
    type_and_tab(child, f"{program} verify-gateway -o ", *FORMS)
    type_and_tab(child, f"{program} verify-gateway --output=ya", "--output=yaml")
    type_and_tab(
        child, f"{program} verify-gateway --ignore AddressIsSta", "--ignore AddressIsStale"
    )


def files(child: pexpect.spawn[str], program: str, home: Path) -> None:
    """Files after the flags that take them, however they are typed."""
    (home / "my-objects.yaml").touch()
    (home / "lat\udce9in").touch()  # no UTF-8
    for typed in ("~/my-o", "$HOME/my-o", f"{home}/my-o"):
        type_and_tab(child, f"{program} verify-endpoints -f {typed}", "my-objects.yaml")
    type_and_tab(child, f"{program} verify-gateway --kubeconfig ~/my-o", "my-objects.yaml")


def test_bash(programs: Path) -> None:
    child = shell(
        ["bash", "--norc", "--noprofile"], "source <(kubectl-mesh completion bash)", programs
    )
    directly(child, "kubectl-mesh")
    type_and_tab(
        child, "kubectl-mesh verify-gateway --context arn:", "arn:aws:eks:eu-1:1:cluster/two"
    )
    type_and_tab(child, "kubectl-mesh verify-gateway --context with", "with\\ space")
    files(child, "kubectl-mesh", programs.parent)
    type_and_tab(child, "kubectl-mesh version > ~/my-o", "my-objects.yaml")


def test_zsh(programs: Path) -> None:
    setup = "autoload -U compinit; compinit -u -d $HOME/dump; source <(kubectl-mesh completion zsh)"
    child = shell(["zsh", "-f"], setup, programs)
    directly(child, "kubectl-mesh")
    type_and_tab(
        child, "kubectl-mesh verify-gateway --context arn", "arn:aws:eks:eu-1:1:cluster/two"
    )
    files(child, "kubectl-mesh", programs.parent)


def fish(programs: Path, setup: str, line: str) -> list[str]:
    """What real fish would offer for a line."""
    need(shutil.which("fish"), "fish")
    command = ["fish", "--no-config", "-c", f"{setup} | source; complete -C {line!r}"]
    done = subprocess.run(
        command, env=environment(programs), capture_output=True, text=True, check=True, timeout=60
    )
    return [offer.partition("\t")[0] for offer in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("ver", ["verify-endpoints", "verify-gateway", "version"]),
        ("verify-gateway --gat", ["--gateway"]),
        ("verify-gateway --context ", sorted(CONTEXTS)),
        ("verify-gateway -o ", sorted(FORMS)),
        ("verify-gateway --output=ya", ["--output=yaml"]),
        ("verify-gateway --ignore AddressIsSta", ["AddressIsStale"]),
    ],
)
def test_fish(line: str, offered: list[str], programs: Path) -> None:
    assert sorted(fish(programs, "kubectl-mesh completion fish", f"kubectl-mesh {line}")) == offered


# --- through kubectl ----------------------------------------------------------------------------


@pytest.fixture
def through_kubectl(running_lab: Lab, programs: Path) -> Path:
    """The folder with real kubectl in it too, and the executable that it asks."""
    (programs / "kubectl").symlink_to(running_lab.bin / "kubectl")
    line = 'kubectl mesh completion kubectl > "$0" && chmod +x "$0"'
    asks = str(programs / "kubectl_complete-mesh")
    subprocess.run(["bash", "-c", line, asks], env=environment(programs), check=True)
    return programs


@pytest.mark.live
def test_kubectl_itself(through_kubectl: Path) -> None:
    """Real kubectl, asked as its shell scripts ask it."""
    command = ["kubectl", "__complete", "mesh", "verify-gateway", "--context", "work"]
    done = subprocess.run(
        command, env=environment(through_kubectl), capture_output=True, text=True, check=True
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["workload-1", ":4"]
    listed = subprocess.run(
        ["kubectl", "plugin", "list"],
        env=environment(through_kubectl),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "warning" not in (listed.stdout + listed.stderr).lower()


@pytest.mark.live
def test_bash_through_kubectl(through_kubectl: Path) -> None:
    need(BASH_COMPLETION.exists(), "bash-completion")
    setup = f"source {BASH_COMPLETION}; source <(kubectl completion bash)"
    child = shell(["bash", "--norc", "--noprofile"], setup, through_kubectl)
    directly(child, "kubectl mesh")
    files(child, "kubectl mesh", through_kubectl.parent)


@pytest.mark.live
def test_zsh_through_kubectl(through_kubectl: Path) -> None:
    setup = "autoload -U compinit; compinit -u -d $HOME/dump; source <(kubectl completion zsh)"
    child = shell(["zsh", "-f"], setup, through_kubectl)
    directly(child, "kubectl mesh")
    files(child, "kubectl mesh", through_kubectl.parent)


def test_files_in_fish(programs: Path) -> None:
    (programs.parent / "my-objects.yaml").touch()
    (programs.parent / "lat\udce9in").touch()
    assert fish(
        programs, "kubectl-mesh completion fish", "kubectl-mesh verify-gateway -f ~/my-o"
    ) == ["~/my-objects.yaml"]


@pytest.mark.live
def test_fish_through_kubectl(through_kubectl: Path) -> None:
    for line, offered in (
        ("ver", ["verify-endpoints", "verify-gateway", "version"]),
        ("verify-gateway --gat", ["--gateway"]),
    ):
        assert (
            sorted(fish(through_kubectl, "kubectl completion fish", f"kubectl mesh {line}"))
            == offered
        )
