"""The lab, started at most once a test session, and the standalone program."""

from __future__ import annotations

import os
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from release.archive import DIST, archive_name, this_platform
from tests.lab import clusters, metallb
from tests.lab.binaries import LabError
from tests.lab.clusters import Lab


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own clusters and proxies has a part in the tests."""
    proxies = [f"{scheme}_proxy" for scheme in ("http", "https", "all", "no")]
    own = (
        "KUBECONFIG",
        "KUBECTL_MESH_CONTROL_PLANE_CONTEXT",
        "NO_COLOR",
        "KUBERNETES_SERVICE_HOST",
    )
    for name in (*own, *proxies, *map(str.upper, proxies)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")


def own_lab() -> Iterator[clusters.Lab]:
    """A lab, started here and ended afterwards.

    Without one live tests are skipped; in CI they fail.
    """
    started = clusters.temporary()
    try:
        lab = next(started)
    except LabError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no lab: {error}")
    yield lab
    next(started, None)


@pytest.fixture(scope="session")
def running_lab() -> Iterator[clusters.Lab]:
    """The lab that the tests of a session share."""
    yield from own_lab()


@pytest.fixture(scope="module")
def lab_with_metallb() -> Iterator[clusters.Lab]:
    """A lab of its own, where MetalLB has every LoadBalancer Service of the workload cluster."""
    for lab in own_lab():
        metallb.install(lab, "workload")
        yield lab


@pytest.fixture
def lab(running_lab: clusters.Lab, monkeypatch: pytest.MonkeyPatch) -> clusters.Lab:
    """The running lab, its kubeconfig the active one."""
    monkeypatch.setenv("KUBECONFIG", str(running_lab.kubeconfig))
    return running_lab


def built(pattern: str) -> Path:
    """What `make dist` built; without it a test is skipped, in CI it fails."""
    found = next(DIST.glob(pattern), None)
    if not found:
        assert os.environ.get("CI") != "true", f"no {pattern} in dist/"
        pytest.skip(f"no {pattern} in dist/: run `make dist`")
    return found


@pytest.fixture(scope="session")
def archive() -> Path:
    """The standalone archive of this platform."""
    return built(archive_name(*this_platform()))


@pytest.fixture(scope="session")
def standalone(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the archive, unpacked."""
    folder = tmp_path_factory.mktemp("standalone")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / "kubectl-mesh"


@pytest.fixture
def mesh_cli(lab: Lab) -> dict[str, str]:
    """An environment in which real kubectl finds the installed plugin."""
    scripts = sysconfig.get_path("scripts")
    assert (Path(scripts) / "kubectl-mesh").exists(), "install the package first: pip install -e ."
    path = os.pathsep.join([str(lab.bin), scripts, os.environ["PATH"]])
    return {**os.environ, "PATH": path, "KUBECONFIG": str(lab.kubeconfig)}
