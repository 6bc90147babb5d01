"""What the repository promises about itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from kubectl_mesh import cli, output, reads
from kubectl_mesh.catalog import RESULTS, en
from kubectl_mesh.snapshot import ALL_NAMESPACES, Snapshot
from tests import generated
from tests.gateway_scenarios import ALLOCATED
from tests.lab.gateways import Gateway, refused
from tests.lab.scenes import Scene

ROOT = generated.ROOT
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("path", generated.files(), ids=lambda p: p.name)
def test_generated_files_are_current(path: Path) -> None:
    assert path.read_text() == generated.files()[path], "run `make docs`"


def test_every_code_has_its_texts() -> None:
    assert list(en.CODES) == list(RESULTS)
    for code, text in en.CODES.items():
        assert text.title, code
        assert text.message.endswith((".", "}.")), code


def made_reads() -> set[tuple[str, str]]:
    """(resource, verb) of every read that the functions of `reads` can make."""
    made = {(reads.RESOURCES[r.kind][1], r.verb) for r in reads.cluster_reads("n") + reads.control_plane_reads("n")}
    # Every branch of the further reads: unlabelled configs, a revision in another namespace, a hosted-lb
    # without a selector, an address that nothing explains.
    scene = Scene(both=True, remote=("192.0.2.1",), patches={
        "ConfigMap/istio-hosted-mesh-hosted": None,
        "Service/istiod-hosted-mesh-hosted-lb": {"spec": {"selector": None}},
        "ConfigMap/istio": {"data": {"mesh": "defaultConfig: {discoveryAddress: 'istiod-x-remote.other.svc:15012'}"}},
        "ConfigMap/istio-sidecar-injector": None,
    })  # fmt: skip
    snapshot = Snapshot("c", "istio-system", "server", answered={("Service", "istio-system", None)})
    for obj in scene.clusters()["control-plane"]:
        snapshot.add(obj["kind"], [obj])
    found = reads.further_reads(snapshot, verified=True) + reads.lookups(snapshot, snapshot, None, ())
    made |= {(reads.RESOURCES[r.kind][1], r.verb) for r in found}
    # And of verify-gateway: a gateway that is not ready and waits for its address, and one that MetalLB gave its own.
    scene = Scene(gateways=(Gateway("other", lb=(), pods=(refused(),)), ALLOCATED))
    snapshot = Snapshot("c", "istio-system", "server", answered={("Service", "istio-system", None)})
    for obj in scene.clusters()["workload"]:
        snapshot.add(obj["kind"], [obj])
    gateway = reads.gateway_reads("n", "n") + reads.gateway_reads("n", ALL_NAMESPACES)
    gateway += reads.further_gateway_reads(snapshot, verified=True, gateways_in="istio-system", gateway=None)
    # And what only several clusters are asked for.
    snapshot.add("GlobalMesh", [{"metadata": {"name": "mesh", "namespace": "mspider-system"}}])
    gateway += reads.mesh_wide_reads() + reads.further_reads(snapshot, verified=True)
    return made | {(reads.RESOURCES[r.kind][1], r.verb) for r in gateway}


def test_the_cluster_role_grants_exactly_what_is_read() -> None:
    role = yaml.safe_load((ROOT / "deploy" / "read-access" / "clusterrole.yaml").read_text())
    granted = {(resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}
    assert granted == made_reads()
    groups = {
        resource: group for rule in role["rules"] for group in rule["apiGroups"] for resource in rule["resources"]
    }
    for path, resource in reads.RESOURCES.values():
        assert groups[resource] == (path.split("/")[1] if path.startswith("apis/") else "")
    assert (ROOT / "deploy" / "read-access" / "clusterrole.yaml").read_text().partition("apiVersion")[2] in README


def test_the_readme_names_every_flag_and_exit_code() -> None:
    parser = cli._parser()
    commands = next(action for action in parser._actions if action.choices).choices
    assert commands
    for action in commands["verify-gateway"]._actions:  # type: ignore[index]
        assert any(f"`{flag}" in README or f"/{flag}" in README for flag in action.option_strings), (
            action.option_strings
        )
    for code in (0, 1, 2, 3, 130):
        assert re.search(rf"\*\*{code}\*\*", README), code
    for form in output.FORMS:
        assert f"`{form}`" in README, form


def test_rooms_keep_to_themselves() -> None:
    """What each module may import, as docs/architecture says: data moves one way."""
    forbidden = {
        "parser": ("kubectl_mesh.cli", "kubectl_mesh.checks", "kubernetes"),
        "completion": ("kubectl_mesh.cli", "kubectl_mesh.checks", "kubectl_mesh.sources", "kubernetes", "urllib3"),
        "snapshot": ("kubectl_mesh.",),
        "routing": ("kubectl_mesh.topology", "kubectl_mesh.report", "kubectl_mesh.checks"),
        "topology": ("kubectl_mesh.report", "kubectl_mesh.checks", "kubectl_mesh.sources", "kubernetes"),
        "gateways": ("kubectl_mesh.report", "kubectl_mesh.checks", "kubectl_mesh.sources", "kubernetes"),
        "metallb": ("kubectl_mesh.report", "kubectl_mesh.checks", "kubectl_mesh.sources", "kubernetes"),
        "events": ("kubectl_mesh.report", "kubectl_mesh.checks", "kubectl_mesh.topology", "kubernetes"),
        "clusters": ("kubectl_mesh.report", "kubectl_mesh.checks", "kubectl_mesh.sources", "kubernetes"),
        "targets": ("kubectl_mesh.report", "kubectl_mesh.checks", "kubectl_mesh.output", "kubernetes"),
        "waiting": ("kubectl_mesh.checks", "kubectl_mesh.sources", "kubectl_mesh.output"),
        "reads": ("kubectl_mesh.report", "kubectl_mesh.checks", "kubectl_mesh.sources", "kubernetes"),
        "report": ("kubectl_mesh.",),
        "catalog": ("kubectl_mesh.checks", "kubectl_mesh.snapshot", "kubectl_mesh.topology"),
        "checks": ("kubectl_mesh.sources", "kubectl_mesh.output", "kubernetes", "urllib3"),
        "sources": ("kubectl_mesh.checks", "kubectl_mesh.report", "kubectl_mesh.output", "kubectl_mesh.catalog"),
        "output": ("kubectl_mesh.checks", "kubectl_mesh.sources", "kubectl_mesh.topology", "kubernetes"),
    }
    package = ROOT / "kubectl_mesh"
    for path in package.rglob("*.py"):
        room = path.relative_to(package).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in filter(None, names):
                assert not name.startswith(forbidden.get(room, ())), f"{path}: {name}"


def test_nothing_is_written_to_a_cluster() -> None:
    """The one request that the package makes is a GET."""
    text = (ROOT / "kubectl_mesh" / "sources" / "live.py").read_text()
    assert re.findall(r'"(GET|POST|PUT|PATCH|DELETE)"', text) == ["GET"]
