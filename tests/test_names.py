"""Names that are none by Kubernetes' rules are shown, and stand in no command and no manifest."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import harness
from tests.lab.scenes import LOAD_BALANCER, Scene, as_list

EVIL = [
    "-A",
    "--all",
    "a b",
    "$(id)",
    "../secrets/x",
    "x;id",
    "X",
    "a\nb",
    "\u202eabc",
    "a" * 254,
    "x\x00y",
    "'",
    "",
]


def run(folder: Path, objects: list[dict[str, Any]], command: str, form: str) -> tuple[int, str]:
    path = folder / "objects.yaml"
    path.write_text(yaml.safe_dump(as_list(objects)))
    return harness.run(command, "-f", str(path), "--expect-address", LOAD_BALANCER, "-o", form)


def renamed(objects: list[dict[str, Any]], kind: str, name: str) -> list[dict[str, Any]]:
    """The objects with all of one kind under another name."""
    changed = json.loads(json.dumps(objects))
    for number, obj in enumerate(o for o in changed if o["kind"] == kind):
        obj["metadata"]["name"] = name or f"x{number}"
    return list(changed)


def broken(**more: Any) -> list[dict[str, Any]]:
    """A workload cluster with a wrong address in istiod-remote's slice, without Endpoints."""
    from tests.lab.scenes import HOSTED_POD

    scene = Scene(**more)
    objects = scene.clusters()["workload"]
    text = json.dumps(objects).replace(f'"{LOAD_BALANCER}"', f'"{HOSTED_POD}"')
    return list(json.loads(text))


@pytest.mark.parametrize("name", EVIL)
@pytest.mark.parametrize("command", ["verify-endpoints", "verify-gateway"])
def test_no_command_holds_them(command: str, name: str, tmp_path: Path) -> None:
    """Whatever kind of object bears them; the reason is told instead."""
    objects = [o for o in broken() if o["kind"] != "Endpoints"]
    for kind in sorted({o["kind"] for o in objects}):
        code, out = run(tmp_path, renamed(objects, kind, name or "x y"), command, "json")
        shown = name or "x y"
        for finding in harness.findings(json.loads(out)):
            for line in (finding["hint"] or "").splitlines():
                if line.startswith("  kubectl"):
                    assert shown not in shlex.split(line), line
                    assert shown[:250] not in line or len(shown) < 3, line
        _, patch = run(tmp_path, renamed(objects, kind, name or "x y"), command, "patch")
        for document in yaml.safe_load_all(patch):
            assert document is None or document["metadata"]["name"] != shown
        assert code in (1, 3)


def test_a_command_is_left_out_with_the_reason(tmp_path: Path) -> None:
    objects = renamed([o for o in broken() if o["kind"] != "Endpoints"], "EndpointSlice", "--all")
    code, out = run(tmp_path, objects, "verify-endpoints", "json")
    (found,) = [
        f
        for f in harness.findings(json.loads(out))
        if f["result"] == "fail" and f["object"]["name"] == "--all"
    ]
    assert code == 1
    assert "A command is left out here: --all is no name that Kubernetes allows." in found["hint"]
    assert "patch endpointslice" not in found["hint"]
    _, patch = run(tmp_path, objects, "verify-endpoints", "patch")
    assert [document for document in yaml.safe_load_all(patch) if document] == []
    assert "No manifest alone mends this." in patch


@pytest.mark.parametrize(
    "host", ["istiod-remote..svc", "istiod-remote.default.svc", "istiod-remote.-n.svc"]
)
def test_no_object_but_the_judged_one_is_printed(host: str, tmp_path: Path) -> None:
    """A slice of another namespace, or the API server's own, is never a thing to be patched."""
    objects = broken()
    for obj in objects:
        if obj["kind"] == "ConfigMap" and "mesh" in obj.get("data", {}):
            mesh = yaml.safe_load(obj["data"]["mesh"])
            mesh["defaultConfig"]["discoveryAddress"] = f"{host}:15012"
            obj["data"]["mesh"] = yaml.safe_dump(mesh)
    sliced = next(json.loads(json.dumps(o)) for o in objects if o["kind"] == "EndpointSlice")
    sliced["metadata"] |= {"name": "kubernetes", "namespace": "default"}
    service = next(
        json.loads(json.dumps(o)) for o in objects if o["metadata"]["name"] == "istiod-remote"
    )
    service["metadata"] |= {"namespace": "default"}
    kept = [o for o in objects if o["kind"] not in ("Endpoints", "EndpointSlice")]
    for more in ([sliced], [sliced, service]):
        for form in ("patch", "json"):
            code, out = run(tmp_path, [*kept, *more], "verify-endpoints", form)
            assert code in (1, 3)
            assert "patch endpointslice kubernetes" not in out
            if form == "patch":
                names = [
                    document["metadata"]["name"] for document in yaml.safe_load_all(out) if document
                ]
                assert "kubernetes" not in names
