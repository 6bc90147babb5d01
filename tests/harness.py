"""Runs a scenario through the command line, as a user would: as files, or on the lab."""

from __future__ import annotations

import io
import json
import os
import subprocess
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from kubectl_mesh.cli import main
from kubectl_mesh.collect import files as bundle
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, Failure, Snapshot
from kubectl_mesh.mesh.fleet import Clusters
from kubectl_mesh.mesh.names import GLOBAL_NAMESPACE
from kubectl_mesh.mesh.resources import RESOURCES
from tests.lab.scenes import as_list
from tests.scenarios import MeshWide, Scenario

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Stdout(io.TextIOWrapper):
    """A stdout that is kept; a terminal, if it is asked to be one."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal


def run(*arguments: str, terminal: bool = False) -> tuple[int, str]:
    """The exit code of a command line, and what it wrote to stdout."""
    kept = io.BytesIO()
    out = _Stdout(kept, encoding="utf-8", write_through=True)
    out.terminal = terminal
    with redirect_stdout(out):
        code = main(list(arguments))
    return code, kept.getvalue().decode()


def write(scenario: Scenario, folder: Path) -> list[str]:
    """Write the scene's objects into files; the flags that name them."""
    clusters = scenario.scene.clusters()
    paths = {}
    for cluster, objects in clusters.items():
        paths[cluster] = folder / f"{cluster}.yaml"
        paths[cluster].write_text(yaml.dump(as_list(objects)))
    flags = ["-f", str(paths[scenario.verify])]
    if scenario.asked:
        flags += ["--control-plane-filename", str(paths[scenario.ask])]
    return flags


def lose(snapshot: Snapshot, scenario: Scenario, name: str) -> None:
    """Take from a cluster's snapshot what the scenario has as failed reads."""
    for cluster, kind, code in scenario.unread:
        if cluster != name:
            continue
        for lost in list(snapshot.objects) if kind == "*" else [kind]:
            key = (lost, snapshot.namespace, None)
            snapshot.objects.pop(lost, None)
            snapshot.answered.discard(key)
            snapshot.failures[key] = Failure(code, "as the test has it")


def report(scenario: Scenario, folder: Path, monkeypatch: Any) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON report of a scenario's files, its failed reads put in."""
    load = bundle.load

    def load_with_failures(filenames: list[str], namespace: str) -> Clusters:
        clusters = load(filenames, namespace)
        lose(clusters.verified[0], scenario, Path(filenames[0]).stem)
        return clusters

    monkeypatch.setattr(bundle, "load", load_with_failures)
    code, out = run(
        scenario.command,
        *write(scenario, folder),
        "-n",
        scenario.scene.namespace,
        *scenario.flags,
        "-o",
        "json",
    )
    return code, json.loads(out)


def findings(shown: dict[str, Any]) -> list[dict[str, Any]]:
    """All findings of a JSON report."""
    return [finding for cluster in shown["clusters"] for finding in cluster["findings"]]


def paste(kubectl: Path, hint: str, verb: str) -> None:
    """Run the commands of a hint that use a verb, in a shell that finds kubectl in a folder."""
    environment = {**os.environ, "PATH": f"{kubectl}{os.pathsep}{os.environ['PATH']}"}
    commands = [
        line.strip() for line in hint.splitlines() if line.startswith("  ") and f" {verb} " in line
    ]
    assert commands, hint
    for command in commands:
        done = subprocess.run(
            command, shell=True, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stderr)


def in_namespace(scenario: Scenario, namespace: str) -> Scenario:
    """The scenario in another namespace, which mesh configs then name too."""

    def moved(value: Any) -> Any:
        return json.loads(json.dumps(value).replace(".istio-system.svc", f".{namespace}.svc"))

    scene = scenario.scene
    extra = {cluster: tuple(map(moved, objects)) for cluster, objects in scene.extra.items()}
    gateways = tuple(replace(gateway, env=moved(dict(gateway.env))) for gateway in scene.gateways)
    patches = moved(dict(scene.patches))
    moved_scene = replace(
        scene, namespace=namespace, patches=patches, extra=extra, gateways=gateways
    )
    return replace(scenario, scene=moved_scene)


def snapshot(scenario: MeshWide, context: str) -> Snapshot:
    """What a run on the context would have read."""
    made = Snapshot(
        context, "istio-system", context, 1.7e9, aliases=scenario.aliases.get(context, ())
    )
    held = scenario.clusters[context]
    spaces = {
        "Namespace": ALL_NAMESPACES,
        "GlobalMesh": GLOBAL_NAMESPACE,
        "MeshCluster": GLOBAL_NAMESPACE,
    }
    keys = [(kind, spaces.get(kind, "istio-system"), None) for kind in RESOURCES]
    if isinstance(held, str):
        made.failures = dict.fromkeys(keys, Failure(held, "as the test has it"))
        return made
    made.answered = set(keys)
    for obj in held:
        made.add(
            obj["kind"], [{**obj, "metadata": {"namespace": "istio-system", **obj["metadata"]}}]
        )
    for cluster, kind, code in scenario.unread:
        if cluster == context:
            made.objects.pop(kind, None)
            made.answered = {key for key in made.answered if key[0] != kind}
            made.failures[kind, "istio-system", None] = Failure(code, "as the test has it")
    if context in scenario.uids:
        metadata = {"name": "kube-system", "uid": scenario.uids[context]}
        made.add("Namespace", [{"kind": "Namespace", "metadata": metadata}])
    return made


def clusters(scenario: MeshWide) -> Clusters:
    """The clusters of a scenario as a run would have read them."""
    made = {context: snapshot(scenario, context) for context in scenario.clusters}
    named = made.pop(scenario.named) if scenario.named else None
    return Clusters(list(made.values()), named, mesh_wide=True, all_contexts=scenario.all_contexts)


def placed(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The findings of a report by "context Code"."""
    return {f"{c['context']} {f['code']}": f for c in report["clusters"] for f in c["findings"]}
