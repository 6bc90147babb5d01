"""deploy/: the manifests on real API servers.

The RBAC authorizer and Pod security admission are the real ones.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from release.archive import ROOT
from tests import harness
from tests.lab import metallb
from tests.lab.clusters import CLUSTERS, Lab
from tests.on_lab import brought_in, kubectl
from tests.scenarios import GATEWAY_SCENARIOS

pytestmark = pytest.mark.live
DEPLOY = ROOT / "deploy"
NAMESPACE = "deploy-mesh"


@pytest.fixture(scope="module")
def page(running_lab: Lab) -> None:
    """The page's broken mesh."""
    for cluster in CLUSTERS:
        running_lab.namespace(cluster, NAMESPACE)
    brought_in(
        running_lab, next(s for s in GATEWAY_SCENARIOS if s.name == "gateway-page"), NAMESPACE
    )


@pytest.fixture
def shell(lab: Lab, tmp_path: Path) -> dict[str, str]:
    """The environment for pasting: kubectl and the lab's kubeconfig."""
    path = os.pathsep.join([str(lab.bin), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "KUBECONFIG": str(lab.kubeconfig), "HOME": str(tmp_path)}


@pytest.fixture
def kubeconfig(lab: Lab, shell: dict[str, str], tmp_path: Path) -> Path:
    """The one that deploy/README.md makes, by pasting its commands.

    The mesh stands in a namespace of its own.
    """
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    for path in tmp_path.glob("deploy/*/rolebinding.yaml"):
        path.write_text(
            path.read_text().replace("namespace: istio-system", f"namespace: {NAMESPACE}")
        )
    for cluster in CLUSTERS:
        for namespace in (NAMESPACE, metallb.NAMESPACE):
            lab.namespace(cluster, namespace)
    blocks = re.findall(r"```sh\n(.*?)```", (DEPLOY / "README.md").read_text(), re.DOTALL)
    access = blocks[0].replace("deploy/read-access ", "deploy/read-access-metallb ")
    for block in (access, blocks[1]):
        pasted = subprocess.run(
            ["bash", "-euc", block],
            cwd=tmp_path,
            env=shell,
            capture_output=True,
            text=True,
            check=False,
        )
        assert pasted.returncode == 0, pasted.stderr
    config = yaml.safe_load((tmp_path / "config").read_text())
    assert {context["name"] for context in config["contexts"]} == set(CLUSTERS)
    assert {user["name"] for user in config["users"]} == {
        f"kubectl-mesh-{cluster}" for cluster in CLUSTERS
    }
    assert "admin-token" not in (tmp_path / "config").read_text()
    return tmp_path / "config"


def job(container: dict[str, Any], kubeconfig: Path) -> list[str]:
    """The arguments of the CronJob's container, on this machine."""
    given = [
        argument.replace("/kubeconfig/config", str(kubeconfig)) for argument in container["args"]
    ]
    return [*given, "-n", NAMESPACE]


def container() -> dict[str, Any]:
    cronjob = yaml.safe_load((DEPLOY / "cronjob" / "cronjob.yaml").read_text())
    (found,) = cronjob["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    return dict(found)


@pytest.mark.usefixtures("page")
def test_with_these_rights_everything_is_read(kubeconfig: Path, standalone: Path) -> None:
    """By the tokens of the ServiceAccounts, and by the image's program as the CronJob runs it."""
    code, out = harness.run(*job(container(), kubeconfig), "-o", "json")
    assert code == 1, out
    assert not [
        f for f in harness.findings(json.loads(out)) if f["code"] in ("Forbidden", "Unauthorized")
    ]
    # No user, no home, nothing to write to but what the image has.
    user = 65532 if os.getuid() == 0 else None
    kubeconfig.chmod(0o644)
    for folder in (*kubeconfig.parents, *standalone.parents):
        if user and folder.is_relative_to("/tmp") and folder != Path("/tmp"):
            folder.chmod(0o755)
    done = subprocess.run(
        [standalone, *job(container(), kubeconfig)],
        cwd="/",
        env={},
        user=user,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "FAIL AddressIsHostedPod" in done.stdout


def test_the_cronjob_is_accepted_as_it_is(lab: Lab, shell: dict[str, str]) -> None:
    """By the API server, without a warning; and its Pods by the restricted standard."""
    for dry_run in (["--dry-run=server"], []):
        namespace = kubectl(shell, "apply", "-f", str(DEPLOY / "cronjob" / "namespace.yaml"))
        assert namespace.returncode == 0, namespace.stderr
        applied = kubectl(shell, "apply", "-k", str(DEPLOY / "cronjob"), *dry_run)
        assert (applied.returncode, applied.stderr) == (0, "")
    template = json.loads(
        kubectl(
            shell, "-n", "kubectl-mesh", "get", "cronjob", "verify-gateway", "-o", "json"
        ).stdout
    )["spec"]["jobTemplate"]["spec"]["template"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "once"},
        "spec": template["spec"],
    }
    made = lab.api("workload", "POST", "/api/v1/namespaces/kubectl-mesh/pods", pod)
    assert made["spec"]["containers"][0]["image"] == "kubectl-mesh:v0.1.0"
    pod["metadata"]["name"] = "as-root"
    del pod["spec"]["securityContext"]["runAsNonRoot"]
    with pytest.raises(Exception, match="403"):
        lab.api("workload", "POST", "/api/v1/namespaces/kubectl-mesh/pods", pod)


def test_the_metrics_of_the_other_one(
    lab: Lab, kubeconfig: Path, shell: dict[str, str], standalone: Path
) -> None:
    """Its shell command writes the file and answers with the verdict's exit code."""
    applied = kubectl(shell, "apply", "-k", str(DEPLOY / "cronjob-textfile"), "--dry-run=server")
    assert applied.returncode == 0, applied.stderr
    patch = yaml.safe_load((DEPLOY / "cronjob-textfile" / "textfile.yaml").read_text())
    (container,) = patch["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    folder = kubeconfig.parent
    script = container["args"][0].replace("/opt/kubectl-mesh/kubectl-mesh", str(standalone))
    script = script.replace("/kubeconfig/config", str(kubeconfig)).replace("/textfile", str(folder))
    done = subprocess.run(
        [*container["command"], script], env={"PATH": "/bin"}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (
        3,
        b"",
    )  # there is no mesh in istio-system for these rights
    assert (
        'kubectl_mesh_verdict{command="verify-gateway",verdict="unknown"} 1'
        in (folder / "kubectl-mesh.prom").read_text()
    )
    assert not (folder / "kubectl-mesh.tmp").exists()


def test_the_containerfile_takes_the_archive(archive: Path) -> None:
    content = (DEPLOY / "Containerfile").read_text()
    assert f"ADD {archive.name} /opt/kubectl-mesh/" in content
    assert "has not been built" in content


# A mount namespace as the CronJob's container has one: the image's file system read-only, a small
# tmpfs at /tmp.
_CONTAINER = """
set -e
mount --bind "$1" /opt
mount --bind "$2" /mnt
mount -t tmpfs -o size=16m,"$3" tmpfs /tmp
mount -t tmpfs -o ro tmpfs /dev/shm
mount -o remount,bind,ro /opt
mount -o remount,bind,ro /mnt
mount -o remount,bind,ro /
! touch /root/there 2>/dev/null
shift 3
exec setpriv --reuid 65532 --regid 65532 --clear-groups --no-new-privs "$@"
"""


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("scratch", ["mode=1777", "ro"])
def test_it_runs_on_a_read_only_file_system(
    kubeconfig: Path, standalone: Path, scratch: str
) -> None:
    """The archive itself, with certificates in its kubeconfig.

    It works even where not so much as /tmp can be written to.
    """
    if os.getuid() != 0 or not shutil.which("setpriv"):
        assert os.environ.get("CI") != "true", "it takes root, unshare and setpriv"
        pytest.skip("it takes root, unshare and setpriv")
    assert "certificate-authority-data" in kubeconfig.read_text()
    folder = kubeconfig.parent / "mounted"
    folder.mkdir(exist_ok=True)
    shutil.copy(kubeconfig, folder / "config")
    for path in (folder, folder / "config", *standalone.parents[:1]):
        path.chmod(0o755)
    arguments = [a.replace("/kubeconfig/config", "/mnt/config") for a in container()["args"]]
    command = [
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "bash",
        "-c",
        _CONTAINER,
        "container",
    ]
    command += [
        str(standalone.parent),
        str(folder),
        scratch,
        f"/opt/{standalone.name}",
        *arguments,
        "-n",
        NAMESPACE,
    ]
    done = subprocess.run(
        command,
        cwd="/",
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, ""), done.stdout
    assert "FAIL AddressIsHostedPod" in done.stdout


def test_pod_security_of_both_variants(shell: dict[str, str]) -> None:
    """The namespace keeps its labels; a hostPath needs the privileged standard, and is audited."""
    prefix = "pod-security.kubernetes.io"
    levels = {
        "cronjob": ["restricted", "restricted", None],
        "cronjob-textfile": ["privileged"] * 2 + ["restricted"],
    }
    for variant, expected in levels.items():
        rendered = kubectl(shell, "kustomize", str(DEPLOY / variant)).stdout
        namespace = next(d for d in yaml.safe_load_all(rendered) if d["kind"] == "Namespace")
        labels = namespace["metadata"]["labels"]
        assert [labels.get(f"{prefix}/{mode}") for mode in ("enforce", "warn", "audit")] == expected
        (cronjob,) = [d for d in yaml.safe_load_all(rendered) if d["kind"] == "CronJob"]
        pod = cronjob["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        assert any(
            v["name"] == "tmp" and v["emptyDir"]["medium"] == "Memory" for v in pod["volumes"]
        )
        assert {"name": "tmp", "mountPath": "/tmp"} in pod["containers"][0]["volumeMounts"]
