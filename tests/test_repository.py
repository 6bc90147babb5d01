"""What the repository promises about itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from kubectl_mesh import output
from kubectl_mesh.cli import flags as cli
from kubectl_mesh.collect import further_reads, reads
from kubectl_mesh.findings import english
from kubectl_mesh.findings.catalog import RESULTS
from kubectl_mesh.findings.model import RESULTS as MODEL_RESULTS
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, Snapshot
from kubectl_mesh.mesh.resources import RESOURCES
from tests import generated
from tests.lab.gateways import Gateway, refused
from tests.lab.scenes import Scene
from tests.scenarios.gateway_model import ALLOCATED

ROOT = generated.ROOT
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("path", generated.files(), ids=lambda p: p.name)
def test_generated_files_are_current(path: Path) -> None:
    assert path.read_text() == generated.files()[path], "run `make docs`"


def test_every_code_has_its_texts() -> None:
    assert list(english.CODES) == list(RESULTS)
    for code, entry in english.CODES.items():
        assert entry.levels, code
        assert set(entry.levels) <= set(MODEL_RESULTS), code
        assert entry.title, code
        assert entry.message.endswith((".", "}.")), code


@pytest.mark.parametrize("table", ["CODES", "PHRASES", "PARTS"])
def test_every_text_stands_in_one_file(table: str) -> None:
    """A file of the catalog that nobody takes in, or a key that stands in two, would be lost unseen."""
    folder = Path(english.__file__).parent
    subjects = {path.stem for path in folder.glob("*.py")} - {"__init__", "sentences"}
    keys = [key for subject in sorted(subjects) for key in stands_in(subject, table)]
    assert len(keys) == len(set(keys))
    assert set(keys) == set(getattr(english, table))


def stands_in(subject: str, table: str) -> list[str]:
    """The keys of one file of the catalog as they are written: one that is repeated is there twice."""
    tree = ast.parse((Path(english.__file__).parent / f"{subject}.py").read_text())
    written: list[str] = []
    for node in tree.body:
        if not isinstance(node, ast.Assign) or ast.unparse(node.targets[0]) != table:
            continue
        assert isinstance(node.value, ast.Dict), subject
        written += [ast.literal_eval(key) for key in node.value.keys if key]
    return written


def made_reads() -> set[tuple[str, str]]:
    """(resource, verb) of every read that the functions of `reads` can make."""
    made = {
        (RESOURCES[r.kind][1], r.verb)
        for r in reads.cluster_reads("n") + reads.control_plane_reads("n")
    }
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
    found = further_reads.further_reads(snapshot, verified=True) + further_reads.lookups(
        snapshot, snapshot, None, ()
    )
    made |= {(RESOURCES[r.kind][1], r.verb) for r in found}
    # And of verify-gateway: a gateway that is not ready and waits for its address, and one that MetalLB gave its own.
    scene = Scene(gateways=(Gateway("other", lb=(), pods=(refused(),)), ALLOCATED))
    snapshot = Snapshot("c", "istio-system", "server", answered={("Service", "istio-system", None)})
    for obj in scene.clusters()["workload"]:
        snapshot.add(obj["kind"], [obj])
    gateway = reads.gateway_reads("n", "n") + reads.gateway_reads("n", ALL_NAMESPACES)
    gateway += further_reads.further_gateway_reads(
        snapshot, verified=True, gateways_in="istio-system", gateway=None
    )
    # And what only several clusters are asked for.
    snapshot.add("GlobalMesh", [{"metadata": {"name": "mesh", "namespace": "mspider-system"}}])
    gateway += reads.mesh_wide_reads() + further_reads.further_reads(snapshot, verified=True)
    return made | {(RESOURCES[r.kind][1], r.verb) for r in gateway}


def test_the_cluster_role_grants_exactly_what_is_read() -> None:
    role = yaml.safe_load((ROOT / "deploy" / "read-access" / "clusterrole.yaml").read_text())
    granted = {
        (resource, verb)
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert granted == made_reads()
    groups = {
        resource: group
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    for path, resource in RESOURCES.values():
        assert groups[resource] == (path.split("/")[1] if path.startswith("apis/") else "")
    assert (ROOT / "deploy" / "read-access" / "clusterrole.yaml").read_text().partition(
        "apiVersion"
    )[2] in README


def test_the_readme_names_every_flag_and_exit_code() -> None:
    parser = cli.grammar()
    commands = next(action for action in parser._actions if action.choices).choices
    assert commands
    for action in commands["verify-gateway"]._actions:  # type: ignore[index]
        assert any(
            f"`{flag}" in README or f"/{flag}" in README for flag in action.option_strings
        ), action.option_strings
    for code in (0, 1, 2, 3, 130):
        assert re.search(rf"\*\*{code}\*\*", README), code
    for form in output.FORMS:
        assert f"`{form}`" in README, form


# From the top down; each room may import from itself and from those below it.
ROOMS = ("cli", "output", "snapshots", "collect", "checks", "findings", "mesh", "kube")
# What no room but these may import, whichever lies below.
OUTSIDE = {"kubernetes": {"collect"}, "urllib3": {"collect"}, "argparse": {"cli", "collect"}}


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, at whatever place."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_rooms() -> None:
    """Imports go downwards only, and every module lies in a room."""
    package = ROOT / "kubectl_mesh"
    assert {path.name for path in package.glob("*.py")} == {"__init__.py", "__main__.py"}
    assert {path.name for path in package.iterdir() if path.is_dir()} - {"__pycache__"} == {
        *ROOMS,
        "examples",
    }
    for path in package.rglob("*/*.py"):
        room = path.relative_to(package).parts[0]
        for name in imports(path):
            top, _, rest = name.partition(".")
            if top == "kubectl_mesh" and rest != "__version__":
                other = rest.partition(".")[0]
                assert ROOMS.index(other) >= ROOMS.index(room), f"{path}: {name}"
            assert room in OUTSIDE.get(top, {room}), f"{path}: {name}"


def test_nothing_is_written_to_a_cluster() -> None:
    """The one request that the package makes is a GET."""
    text = (ROOT / "kubectl_mesh" / "collect" / "live.py").read_text()
    assert re.findall(r'"(GET|POST|PUT|PATCH|DELETE)"', text) == ["GET"]
