"""krew: the manifest that is rendered.

Real krew installs, upgrades and removes the plugin.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from kubectl_mesh import __version__
from release.archive import ROOT, archive_name
from release.krew import MANIFEST, TEMPLATE, render
from tests.lab.apply import apply
from tests.lab.clusters import Lab
from tests.lab.scenes import HOSTED_POD, Scene

RELEASES = "https://github.com/kubectl-mesh/kubectl-mesh/releases/download"
PLATFORMS = {
    ("linux", "amd64"),
    ("linux", "arm64"),
    ("darwin", "amd64"),
    ("darwin", "arm64"),
    ("windows", "amd64"),
}


def five_archives(folder: Path) -> Path:
    """A folder with a file for each archive that the template names."""
    for name in re.findall(r'/([^"/]+)" \.TagName', TEMPLATE.read_text()):
        (folder / name).write_bytes(name.encode())
    return folder


# --- what is rendered ---------------------------------------------------------------------------


def test_a_manifest_of_all_platforms(tmp_path: Path) -> None:
    manifest = yaml.safe_load(render(TEMPLATE.read_text(), "v1.2.3", five_archives(tmp_path)))
    assert manifest["spec"]["version"] == "v1.2.3"
    platforms = manifest["spec"]["platforms"]
    assert {
        (p["selector"]["matchLabels"]["os"], p["selector"]["matchLabels"]["arch"])
        for p in platforms
    } == PLATFORMS
    for platform in platforms:
        system, architecture = platform["selector"]["matchLabels"].values()
        name = platform["uri"].rpartition("/")[2]
        assert platform["uri"] == f"{RELEASES}/v1.2.3/{name}"
        assert f"{system}-{architecture}." in name
        assert platform["sha256"] == hashlib.sha256(name.encode()).hexdigest()
        assert platform["bin"] == ("kubectl-mesh.exe" if system == "windows" else "kubectl-mesh")


def test_the_release_builds_what_the_template_names() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yaml").read_text())
    built = workflow["jobs"]["archive"]["strategy"]["matrix"]["include"]
    assert {(platform["os"], platform["arch"]) for platform in built} == PLATFORMS
    named = {archive_name(*platform) for platform in PLATFORMS}
    assert named == set(re.findall(r'/([^"/]+)" \.TagName', TEMPLATE.read_text()))


def test_only_what_was_built_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="make dist"):
        render(TEMPLATE.read_text(), "v1.2.3", tmp_path)
    (tmp_path / "kubectl-mesh-darwin-arm64.tar.gz").write_bytes(b"x")
    platforms = yaml.safe_load(render(TEMPLATE.read_text(), "v1.2.3", tmp_path))["spec"][
        "platforms"
    ]
    assert [platform["selector"]["matchLabels"] for platform in platforms] == [
        {"os": "darwin", "arch": "arm64"}
    ]


def test_the_committed_manifest_is_a_rendered_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the checksums, which are those of archives that are not here."""
    committed = MANIFEST.read_text()
    for platform in yaml.safe_load(committed)["spec"]["platforms"]:
        (tmp_path / platform["uri"].rpartition("/")[2]).write_bytes(b"x")
    rendered = render(TEMPLATE.read_text(), f"v{__version__}", tmp_path)
    assert re.sub(r"sha256: \w{64}", "", committed) == re.sub(r"sha256: \w{64}", "", rendered)


# --- real krew ----------------------------------------------------------------------------------


@dataclass
class Krew:
    """A machine's krew: its kubectl, its folder, and a custom index.

    A server has the archives.
    """

    environment: dict[str, str]
    root: Path
    index: Path
    server: Path
    address: str

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command on this machine."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )

    def manifest(self, tag: str, archive: Path) -> str:
        """The manifest of a version whose archive this machine's server holds."""
        folder = self.server / tag
        folder.mkdir(exist_ok=True)
        shutil.copy(archive, folder)
        return render(TEMPLATE.read_text().replace(RELEASES, self.address), tag, folder)

    def publish(self, manifest: str) -> None:
        """Commit a manifest to the index."""
        plugins = self.index / "plugins"
        plugins.mkdir(parents=True, exist_ok=True)
        (plugins / "mesh.yaml").write_text(manifest)
        for command in (
            ["init", "--quiet"],
            ["add", "."],
            ["commit", "--quiet", "--message", "mesh"],
        ):
            assert self.run("git", "-C", str(self.index), *command).returncode == 0

    def version(self) -> str:
        """The version that krew has installed."""
        return str(
            yaml.safe_load((self.root / "receipts" / "mesh.yaml").read_text())["spec"]["version"]
        )

    def installed(self) -> list[str]:
        """Every file that krew keeps of the plugin."""
        kept = [path for path in self.root.rglob("*") if not path.is_dir() or path.is_symlink()]
        return [
            str(path)
            for path in kept
            if "mesh" in path.name and path.is_relative_to(self.root / "bin")
        ] + [
            str(path)
            for folder in ("store", "receipts")
            for path in (self.root / folder).glob("*mesh*")
        ]


@pytest.fixture
def krew(lab: Lab, tmp_path: Path) -> Iterator[Krew]:
    programs, root, server = tmp_path / "programs", tmp_path / "krew", tmp_path / "server"
    for folder in (programs, server):
        folder.mkdir()
    for name, binary in (
        ("kubectl", "kubectl"),
        ("kubectl-krew", "krew"),
        ("validate", "validate-krew-manifest"),
    ):
        (programs / name).symlink_to(lab.bin / binary)
    handler = partial(_Silent, directory=str(server))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        environment = {
            "PATH": f"{root / 'bin'}:{programs}:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "KREW_ROOT": str(root),
            "KREW_NO_UPGRADE_CHECK": "1",
            "KUBECONFIG": os.environ["KUBECONFIG"],
            **{
                f"GIT_{who}_{what}": "x@x"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }
        yield Krew(
            environment, root, tmp_path / "index", server, f"http://127.0.0.1:{serving.server_port}"
        )
        serving.shutdown()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.live
def test_krew_takes_the_shape_of_all_platforms(krew: Krew, tmp_path: Path) -> None:
    archives = tmp_path / "archives"
    archives.mkdir()
    path = tmp_path / "mesh.yaml"
    path.write_text(render(TEMPLATE.read_text(), f"v{__version__}", five_archives(archives)))
    checked = krew.run("validate", "-manifest", str(path), "-skip-install")
    assert checked.returncode == 0, checked.stderr
    path.write_text(path.read_text().replace("sha256:", "sha512:"))
    assert krew.run("validate", "-manifest", str(path), "-skip-install").returncode != 0


@pytest.mark.live
def test_krew_installs_what_the_manifest_names(krew: Krew, archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "mesh.yaml"
    path.write_text(krew.manifest(f"v{__version__}", archive))
    checked = krew.run("validate", "-manifest", str(path))
    assert checked.returncode == 0, checked.stderr
    assert "all 1 spec.platforms installed fine" in checked.stderr


@pytest.mark.live
def test_from_a_custom_index(krew: Krew, lab: Lab, archive: Path) -> None:
    """Install, use, upgrade and uninstall, as the README says."""
    apply(lab, Scene(remote=(HOSTED_POD,), namespace="by-krew"))
    krew.publish(krew.manifest("v0.0.9", archive))
    assert (
        krew.run("kubectl", "krew", "index", "add", "mspider", f"file://{krew.index}").returncode
        == 0
    )
    before = set(krew.root.rglob("*"))
    installed = krew.run("kubectl", "krew", "install", "mspider/mesh")
    assert installed.returncode == 0, installed.stderr
    assert "kubectl mesh verify-endpoints" in installed.stderr  # the caveats

    verify = [
        "verify-endpoints",
        "--context",
        "workload",
        "--control-plane-context",
        "control-plane",
        "-n",
        "by-krew",
    ]
    verified = krew.run("kubectl", "mesh", *verify)
    assert verified.returncode == 1, verified.stderr
    assert "FAIL AddressIsHostedPod" in verified.stdout
    assert krew.run("kubectl-mesh", *verify).stdout == verified.stdout

    listed = krew.run("kubectl", "plugin", "list")
    assert (listed.returncode, "kubectl-mesh" in listed.stdout) == (0, True)
    assert "warning" not in (listed.stdout + listed.stderr).lower()

    krew.publish(krew.manifest(f"v{__version__}", archive))
    assert krew.version() == "v0.0.9"
    upgraded = krew.run("kubectl", "krew", "upgrade", "mesh")
    assert upgraded.returncode == 0, upgraded.stderr
    assert krew.version() == f"v{__version__}"
    assert krew.run("kubectl", "mesh", *verify).returncode == 1

    # As the README puts completion in place: whatever stands in krew's own folder beside no plugin,
    # it takes for an outdated krew.
    readme = (ROOT / "README.md").read_text()
    line = next(
        line for line in readme.splitlines() if line.startswith("kubectl mesh completion kubectl")
    )
    assert krew.run("bash", "-c", f"mkdir -p ~/.local/bin; {line}").returncode == 0

    assert krew.run("kubectl", "krew", "uninstall", "mesh").returncode == 0
    assert krew.run("kubectl", "krew", "list").returncode == 0
    assert krew.installed() == []
    assert {path for path in krew.root.rglob("*") if ".git" not in path.parts} - before == set()
    assert "unknown command" in krew.run("kubectl", "mesh", "version").stderr


@pytest.mark.live
def test_a_wrong_checksum_is_refused(krew: Krew, archive: Path, tmp_path: Path) -> None:
    path = tmp_path / "mesh.yaml"
    path.write_text(
        re.sub(r"sha256: \w{64}", f"sha256: {'f' * 64}", krew.manifest("v0.0.9", archive))
    )
    refused = krew.run("kubectl", "krew", "install", f"--manifest={path}")
    assert refused.returncode != 0
    assert "checksum" in refused.stderr
    assert krew.installed() == []


@pytest.mark.live
def test_without_network(krew: Krew, archive: Path, tmp_path: Path) -> None:
    """A manifest and an archive that were carried in: the address in the manifest isn't asked."""
    path = tmp_path / "mesh.yaml"
    path.write_text(render(TEMPLATE.read_text(), f"v{__version__}", archive.parent))
    installed = krew.run("kubectl", "krew", "install", f"--manifest={path}", f"--archive={archive}")
    assert installed.returncode == 0, installed.stderr
    assert __version__ in krew.run("kubectl", "mesh", "version").stdout
