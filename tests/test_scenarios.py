"""Every scenario as files: what is found, how grave it is, and that the report keeps its form."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

import kubectl_mesh
from kubectl_mesh.findings.catalog import RESULTS
from tests import harness
from tests.scenarios import EXIT, GATEWAY_SCENARIOS, MESH_WIDE, SCENARIOS, Scenario

ALL = [*SCENARIOS, *GATEWAY_SCENARIOS]

MESH_WIDE_FOUND = {
    (place.split()[1], result) for s in MESH_WIDE for place, result in s.found.items()
}

SCHEMA = json.loads((Path(kubectl_mesh.__file__).parent / "report.schema.json").read_text())


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: s.name)
def test_scenario(scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, report = harness.report(scenario, tmp_path, monkeypatch)
    found = harness.findings(report)
    assert {f["code"]: f["result"] for f in found if f["result"] != "pass"} == dict(scenario.found)
    assert report["verdict"] == scenario.verdict
    assert code == EXIT[scenario.verdict]
    by_id = {f["id"]: f for f in found}
    assert len(by_id) == len(found)
    causes = {f["code"]: by_id[f["cause"]]["code"] for f in found if f["cause"]}
    assert causes.items() >= dict(scenario.causes).items()
    assert not [code for code in scenario.rootless if code in causes]
    counted = Counter(f["code"] for f in found)
    assert {code: counted[code] for code in scenario.count} == dict(scenario.count)
    jsonschema.validate(report, SCHEMA)


def test_names_are_unique() -> None:
    assert len({s.name for s in ALL}) == len(ALL)


def test_every_code_has_a_scenario_that_triggers_it_and_one_that_does_not() -> None:
    passes = {code for code, results in RESULTS.items() if results == ("pass",)}
    triggered = (
        {code for s in ALL for code in s.found} | {code for code, _ in MESH_WIDE_FOUND} | passes
    )
    assert triggered == set(RESULTS)
    for code in RESULTS:
        assert any(code not in s.found for s in ALL)


def test_every_result_of_a_code_is_reached() -> None:
    reached = {(code, result) for s in ALL for code, result in s.found.items()} | MESH_WIDE_FOUND
    reads = {
        "Unreachable",
        "TLSFailed",
        "Unauthorized",
        "NotServed",
        "TimedOut",
        "ServerFailed",
        "MalformedAnswer",
        "NotCaptured",
        "NotAsked",
    }
    wanted = {
        (c, r) for c, results in RESULTS.items() for r in results if r != "pass" and c not in reads
    }
    assert wanted <= reached, wanted - reached
