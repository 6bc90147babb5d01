"""The wheel and the source distribution: what they need, and nothing else."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from email import message_from_bytes

from kubectl_mesh import __version__
from release.archive import ROOT
from tests.conftest import built


def sources() -> set[str]:
    """The files of the package that the repository holds, but for the script of `make demo`."""
    listed = subprocess.run(
        ["git", "ls-files", "kubectl_mesh"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in listed.stdout.splitlines() if not name.endswith("demo.sh")}


def test_wheel() -> None:
    with zipfile.ZipFile(built("kubectl_mesh-*.whl")) as wheel:
        described = f"kubectl_mesh-{__version__}.dist-info"
        named = (
            "METADATA",
            "RECORD",
            "WHEEL",
            "entry_points.txt",
            "licenses/LICENSE",
            "top_level.txt",
        )
        assert set(wheel.namelist()) == sources() | {f"{described}/{name}" for name in named}
        assert {
            "kubectl_mesh/report.schema.json",
            "kubectl_mesh/findings/english/remote.py",
        } <= set(wheel.namelist())
        assert any(name.startswith("kubectl_mesh/examples/") for name in wheel.namelist())
        metadata = message_from_bytes(wheel.read(f"{described}/METADATA"))
        entry_points = wheel.read(f"{described}/entry_points.txt").decode().split("\n")
    assert [line for line in entry_points if "=" in line] == ["kubectl-mesh = kubectl_mesh.cli:run"]
    assert metadata["Requires-Python"] == ">=3.10"
    for minor in range(10, 14):
        assert f"Programming Language :: Python :: 3.{minor}" in metadata.get_all("Classifier", [])


def test_source_distribution() -> None:
    with tarfile.open(built("kubectl_mesh-*.tar.gz")) as packed:
        names = {
            name.partition("/")[2] for name in packed.getnames() if packed.getmember(name).isfile()
        }
    around = {"LICENSE", "MANIFEST.in", "PKG-INFO", "README.md", "pyproject.toml", "setup.cfg"}
    assert {
        name for name in names if not name.startswith("kubectl_mesh.egg-info/")
    } == sources() | around
