"""Several clusters in one run: what only they together show, and that each costs only itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kubectl_mesh.checks.context import CheckOptions
from kubectl_mesh.checks.run import verify
from kubectl_mesh.cli import main
from kubectl_mesh.collect import snapshot_file as saved
from kubectl_mesh.findings.model import ClusterReport, Report
from kubectl_mesh.mesh.fleet import Clusters
from kubectl_mesh.snapshots.packing import pack
from tests import harness
from tests.harness import clusters, placed
from tests.scenarios import EXIT, MESH_WIDE, MeshWide, Scenario
from tests.servers import written
from tests.test_faults import stub
from tests.test_scenarios import SCHEMA
from tests.test_snapshot import ALL, captured, of


@pytest.mark.parametrize("scenario", MESH_WIDE, ids=lambda s: s.name)
def test_scenario(scenario: MeshWide, tmp_path: Path) -> None:
    path = tmp_path / "mesh.json"
    path.write_text(json.dumps(saved.dump(clusters(scenario))))
    code, out = harness.run(scenario.command, "-f", str(path), *scenario.flags, "-o", "json")
    report = json.loads(out)
    jsonschema.validate(report, SCHEMA)
    found = placed(report)
    assert {place: f["result"] for place, f in found.items() if f["result"] != "pass"} == dict(
        scenario.found
    )
    assert (report["verdict"], code) == (scenario.verdict, EXIT[scenario.verdict])
    by_id = {f["id"]: place for place, f in found.items()}
    assert {place: by_id[f["cause"]] for place, f in found.items() if f["cause"]} == dict(
        scenario.causes
    )
    for form in ("table", "wide", "yaml", "name", "junit", "prometheus"):
        assert (
            harness.run(scenario.command, "-f", str(path), *scenario.flags, "-o", form)[0] == code
        )


@pytest.mark.parametrize("scenario", MESH_WIDE, ids=lambda s: s.name)
def test_stand_ins_leave_the_verdict(scenario: MeshWide) -> None:
    """`pack` compares what both commands say of the clusters and of the file."""
    assert pack(clusters(scenario), redact=True) is not None


# What is told otherwise where many are looked at: that the named cluster does not host the mesh, or
# was not needed.
OTHERWISE = {"control-plane-elsewhere", "control-plane-is-a-workload-too", "not-consulted"}
TWO = [s for s in ALL if s.asked and not s.flags and s.name not in OTHERWISE and s.verify != s.ask]


@pytest.mark.parametrize("scenario", TWO, ids=lambda s: s.name)
def test_a_cluster_is_held_to_the_same_as_alone(scenario: Scenario, tmp_path: Path) -> None:
    snapshots = captured(scenario, tmp_path)
    gateways = scenario.command == "verify-gateway"

    def told(entries: list[ClusterReport]) -> list[tuple[Any, ...]]:
        own = [
            f for entry in entries if entry.context == snapshots[0].source for f in entry.findings
        ]
        return sorted(
            (
                f.code,
                f.result,
                f.field,
                str(f.expected),
                str(f.actual),
                str(f.cause and f.cause.code),
            )
            for f in own
        )

    options = CheckOptions(gateways_in=snapshots[0].namespace)
    alone = verify(of(snapshots), options, gateways=gateways)
    together = verify(Clusters(snapshots, mesh_wide=True), options, gateways=gateways)
    assert told(together) == told(alone)
    assert Report("", together).verdict == Report("", alone).verdict


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--contexts", "a", "--context", "b"],
            "--context and --contexts have no meaning together",
        ),
        (
            ["--contexts", "a", "--all-contexts"],
            "--contexts and --all-contexts have no meaning together",
        ),
        (["--contexts", "a,,b"], '"a,,b" is no list of contexts'),
        (["--contexts", ""], '"" is no list of contexts'),
        (["--contexts", "stub,none"], 'context "none" does not exist'),
        (["--parallel", "5"], "--parallel has no meaning without"),
        (["--parallel", "5", "--context", "stub"], "--parallel has no meaning without"),
        (["--all-contexts", "--parallel", "0"], '"0" is no number from 1'),
        (["--all-contexts", "-f", "x"], "--all-contexts has no meaning with --filename"),
        (["--contexts", "stub", "-f", "x"], "--contexts has no meaning with --filename"),
        (["--contexts", "stub", "--control-plane-namespace", "x"], "needs --control-plane-context"),
        (["--all-contexts", "-o", "patch"], "-o patch is for one cluster"),
    ],
)
def test_bad_flags(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig = (
        []
        if "-f" in arguments
        else ["--kubeconfig", written(tmp_path, {"stub": ("http://127.0.0.1:1", "u")})]
    )
    assert main(["verify-endpoints", *kubeconfig, *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1


# --- what a run on contexts does ------------------------------------------------------------------


def test_without_any_context(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify-endpoints", "--all-contexts", "--kubeconfig", written(tmp_path, {})]) == 2
    assert "has no contexts" in capsys.readouterr().err


def test_the_same_way_is_gone_once(tmp_path: Path) -> None:
    with stub(lambda h: h.send(404, b"404 page not found\n")) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        path = written(tmp_path, {"a": (url, "u"), "b": (url, "u"), "c": (url, "other")})
        asked = ["verify-endpoints", "--contexts", "a,b", "--contexts", "c,a", "--kubeconfig", path]
        code, out = harness.run(*asked, "-o", "json")
        report = json.loads(out)
        assert code == 3
        assert [cluster["context"] for cluster in report["clusters"]] == ["a", "c"]
        repeated = placed(report)["a ContextRepeated"]
        assert (repeated["object"]["name"], repeated["result"]) == ("b", "skip")
        firsts = [p for p in server.paths if p.endswith("/services")]  # type: ignore[attr-defined]
        assert len(firsts) == 2
