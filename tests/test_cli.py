"""The command line: bad input, exit codes, forms of output, and what is never imported."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import junitparser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from kubectl_mesh import __version__
from kubectl_mesh.cli import main
from kubectl_mesh.cli.flags import grammar as _parser
from kubectl_mesh.cli.help_texts import EXAMPLES
from kubectl_mesh.output import FORMS
from tests import harness
from tests.lab.gateways import CRASHING, Gateway, refused
from tests.lab.scenes import HOSTED_POD, LOAD_BALANCER, Scene, as_list
from tests.scenarios import GATEWAY_SCENARIOS, SCENARIOS
from tests.scenarios.gateway_model import ALLOCATED, PENDING
from tests.scenarios.metallb import CONTROLLER, advertisement, pool

FIELDS = ("field", "expected", "actual", "source")
BROKEN = next(s for s in SCENARIOS if s.name == "workload-hosted-pod")
RIGHT = next(s for s in SCENARIOS if s.name == "workload-right")


def run_process(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The tool as a process of its own."""
    command = [sys.executable, "-m", "kubectl_mesh", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--contxt", "x"], "--contxt"),
        (["--role", "master"], "master"),
        (["-o", "xml"], "xml"),
        (["--request-timeout", "5x"], '"5x" is no duration'),
        (["--request-timeout", "-1s"], "--request-timeout"),
        (["--expect-address", "10.0.0.1:15012"], '"10.0.0.1:15012" is neither'),
        (["--expect-address", "https://lb"], '"https://lb" is neither'),
        (["--expect-address", "999.1.1.1"], '"999.1.1.1" is neither'),
        (["--expect-address", ""], "neither"),
        (["--ignore", "Nonsense"], 'no finding "Nonsense"'),
        (["--ignore", "AddressIsStale=istiod-remote"], "no KIND/NAME"),
        (["--fail-on", "info"], "info"),
        (["-n", ""], "must not be empty"),
        (["extra"], "extra"),
        (["-A"], "-A"),
        (["--gateway", "x"], "--gateway"),
        (["--request-timeout", "99999999999h"], "too long"),
        (["--kubeconfig", "/no/such/file"], "/no/such/file"),
        (["--control-plane-filename", "x.yaml"], "needs --filename"),
        (["-f", "/no/such.yaml"], "/no/such.yaml: no such file"),
        (["-f", "/"], "/: is a directory"),
        (["-f", "-", "--control-plane-filename", "-"], "once only"),
        (["-f", "x.yaml", "--context", "c"], "--context has no meaning with --filename"),
        (["-f", "x.yaml", "--as", "c"], "--as has no meaning with --filename"),
    ],
    ids=str,
)
def test_bad_flags(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify-endpoints", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert shown.err.startswith("error: ")
    assert told in shown.err


def test_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Help, as kubectl gives it; but a run that verified nothing is no success, and stdout is the report's."""
    assert main([]) == 2
    shown = capsys.readouterr()
    assert (shown.out, "Available Commands:" in shown.err) == ("", True)
    assert main(["verify-everything"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty"),
        (b" \n\n", "it is empty"),
        (b"---\n---\n", "no Kubernetes objects"),
        (b"\x7fELF\x01\x02\xff\xfe", "binary"),
        (b"abc\0def", "binary"),
        (b"just words", "document 1: it is no Kubernetes object"),
        (b"- a\n- b\n", "document 1: it is no Kubernetes object"),
        (b"apiVersion: v1\n", "document 1: it is no Kubernetes object"),
        (b"apiVersion: v1\nkind: Pod\n", "no metadata.name"),
        (b"apiVersion: v1\nkind: List\nitems: [{}]\n", "document 1: an object has no kind"),
        (b"a: [\nb: c", "line 3"),
        (b'{"apiVersion": "v1", "kind": ', "neither YAML nor JSON"),
        (b"kind: Pod\napiVersion: v1\nmetadata: {name: x}\n---\n:::\n  - x: [}", "line 6"),
        (b"[" * 20000, "bad.yaml"),
        (b"2024-99-99: x", "bad.yaml"),
        (b"!!python/object/apply:os.system [id]", "bad.yaml"),
        (b"apiVersion: v1\nkind: List\nmetadata: {continue: x}\nitems: []\n", "not complete"),
        (b"x: !!bool foo", "bad.yaml"),
        (b"x: !!timestamp foo", "bad.yaml"),
        (b"Error from server (Forbidden): pods is forbidden\n", "bad.yaml"),
    ],
    ids=lambda v: repr(v[:20]),
)
def test_bad_files(
    content: bytes, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    assert main(["verify-endpoints", "-f", str(path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert "bad.yaml" in shown.err
    assert told in shown.err


@pytest.mark.parametrize(
    ("content", "arguments", "told"),
    [
        ("", [], "kubeconfig"),
        ("a: [", [], "kubeconfig"),
        ("just words", [], "kubeconfig"),
        ("contexts: []", [], "no active context"),
        ("contexts: [{name: a, context: {cluster: c, user: u}}]", [], "no active context"),
        (
            "contexts: [{name: a, context: {cluster: c, user: u}}]",
            ["--context", "b"],
            'context "b" does not exist',
        ),
        (
            "contexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: []\nusers: []",
            ["--context", "a"],
            'context "a"',
        ),
        ("contexts: [{context: {}}]", ["--context", "a"], "kubeconfig"),
        ("contexts: 5", ["--context", "a"], "kubeconfig"),
    ],
    ids=str,
)
def test_bad_kubeconfig(
    content: str,
    arguments: list[str],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(content)
    assert main(["verify-endpoints", "--kubeconfig", str(path), *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert told in shown.err


def test_unknown_control_plane_context_names_the_setting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kubeconfig"
    cluster = "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]"
    path.write_text(
        f"current-context: a\ncontexts: [{{name: a, context: {{cluster: c}}}}]\n{cluster}\nusers: []"
    )
    assert (
        main(["verify-endpoints", "--kubeconfig", str(path), "--control-plane-context", "x"]) == 2
    )
    assert '--control-plane-context: context "x" does not exist' in capsys.readouterr().err
    monkeypatch.setenv("KUBECTL_MESH_CONTROL_PLANE_CONTEXT", "y")
    assert main(["verify-endpoints", "--kubeconfig", str(path)]) == 2
    err = capsys.readouterr().err
    assert 'KUBECTL_MESH_CONTROL_PLANE_CONTEXT: context "y" does not exist' in err
    assert "it has: a" in err


def test_no_kubeconfig_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify-endpoints"]) == 2
    assert "no kubeconfig" in capsys.readouterr().err


def test_an_unforeseen_error_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("two\nlines\x1b[31m")

    monkeypatch.setattr("kubectl_mesh.collect.files.load", broken)
    assert main(["verify-endpoints", "-f", "x"]) == 3
    assert (
        capsys.readouterr().err
        == "error: unforeseen RuntimeError: two lines\\x1b[31m (--debug shows where)\n"
    )
    assert main(["verify-endpoints", "-f", "x", "--debug"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_malformed_objects_never_raise(tmp_path: Path) -> None:
    """Whatever stands in place of any value, there is a verdict; and what is wrong never becomes right."""
    dice = random.Random(15012)
    junk: list[Any] = [
        None,
        0,
        -1,
        1.5,
        True,
        "",
        "x",
        "x: !!bool foo",
        "x: 2024-13-45",
        "\x00",
        [],
        [None],
        ["x"],
        {},
        {"x": None},
        [[]],
        [{}],
        "999.9.9.9",
    ]

    def places(value: Any) -> list[tuple[Any, Any]]:
        inner = (
            value.items()
            if isinstance(value, dict)
            else enumerate(value)
            if isinstance(value, list)
            else ()
        )
        return [place for key, child in inner for place in [(value, key), *places(child)]]

    page = Scene(remote=(HOSTED_POD,), gateways=(Gateway(pods=(refused(), CRASHING)), PENDING))
    metallb = (
        CONTROLLER,
        pool(serviceAllocation={"namespaces": ["x"]}),
        advertisement(ipAddressPools=["x"]),
    )
    for command, scene in (
        ("verify-endpoints", Scene(remote=(HOSTED_POD,), configured=HOSTED_POD)),
        ("verify-endpoints", Scene(both=True)),
        ("verify-endpoints", Scene(slices_only=True, remote=(HOSTED_POD,))),
        ("verify-gateway", page),
        (
            "verify-gateway",
            replace(page, gateways=(ALLOCATED,), lb=(), extra={"workload": metallb}),
        ),
        (
            "verify-gateway",
            replace(page, extra={"workload": metallb, "control-plane": metallb}, lb=()),
        ),
    ):
        for _ in range(150):
            clusters = scene.clusters()
            for objects in clusters.values():
                for obj in dice.sample(objects, 3):
                    holder, key = dice.choice(
                        [p for p in places(obj) if p[1] not in ("kind", "apiVersion", "metadata")]
                    )
                    if (holder, key) != (obj.get("metadata"), "name"):
                        holder[key] = dice.choice(junk)
            paths = []
            for name, objects in clusters.items():
                paths.append(tmp_path / name)
                paths[-1].write_text(json.dumps(as_list(objects)))
            more = ["--control-plane-filename", str(paths[0])] if len(paths) > 1 else []
            arguments = [command, "-f", str(paths[-1]), *more]
            code, out = harness.run(*arguments, "-o", "json")
            assert json.loads(out)["verdict"] in (
                "fail",
                "unknown",
            )  # and so no exception was turned into exit 3
            assert harness.run(*arguments, "-o", dice.choice(list(FORMS)))[0] == code


# --- forms of output ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scenario",
    [s for s in (*SCENARIOS, *GATEWAY_SCENARIOS) if not s.unread][::4],
    ids=lambda s: s.name,
)
def test_every_form_gives_the_same_verdict(scenario: Any, tmp_path: Path) -> None:
    files = harness.write(scenario, tmp_path)
    outs = {
        form: harness.run(scenario.command, *files, *scenario.flags, "-o", form) for form in FORMS
    }
    assert len({code for code, _ in outs.values()}) == 1
    report = json.loads(outs["json"][1])
    assert yaml.safe_load(outs["yaml"][1]) == report
    for form in ("table", "wide"):
        assert f"verdict: {report['verdict']} (" in outs[form][1]
    names = outs["name"][1].splitlines()
    failed = {
        f"{f['object']['kind'].lower()}/{f['object']['name']}"
        for f in harness.findings(report)
        if f["result"] == "fail"
    }
    assert set(names) == failed
    assert len(names) == len(failed)
    assert _of_junit(outs["junit"][1]) == _of_prometheus(outs["prometheus"][1]) == report["verdict"]
    assert outs["patch"][1].startswith(f"# kubectl mesh {scenario.command}: {report['verdict']}\n")


def _of_junit(shown: str) -> str:
    """The verdict that a CI system sees."""
    suites = junitparser.JUnitXml.fromstring(shown.encode())
    results = [type(result) for suite in suites for case in suite for result in case.result]
    assert suites.failures == results.count(junitparser.Failure)
    assert suites.errors == results.count(junitparser.Error)
    assert suites.tests == sum(len(list(suite)) for suite in suites)
    return "fail" if suites.failures else "unknown" if suites.errors else "pass"


def _of_prometheus(shown: str) -> str:
    """The verdict that Prometheus scrapes; every series is there once."""
    families = {family.name: family for family in text_string_to_metric_families(shown)}
    assert set(families) == {
        "kubectl_mesh_verdict",
        "kubectl_mesh_cluster_verdict",
        "kubectl_mesh_findings",
    }
    for family in families.values():
        assert (family.type, bool(family.documentation)) == ("gauge", True)
        series = [tuple(sorted(sample.labels.items())) for sample in family.samples]
        assert len(set(series)) == len(series)
    found = {
        name: [s.labels["verdict"] for s in families[name].samples if s.value]
        for name in list(families)[:2]
    }
    (verdict,) = found["kubectl_mesh_verdict"]
    gravest = next(
        v for v in ("fail", "unknown", "pass") if v in found["kubectl_mesh_cluster_verdict"]
    )
    assert gravest == verdict
    return str(verdict)


def test_forms_for_machines_take_what_files_say(tmp_path: Path) -> None:
    """Names with quotes, backslashes and what XML has no place for; what the user ignored is no failure."""
    names = ['we"ird\\ .yaml', "control<plane>&\ufffe.yaml"]
    files = [
        Path(name).rename(tmp_path / new)
        for name, new in zip(harness.write(BROKEN, tmp_path)[1::2], names, strict=True)
    ]
    flags = [
        "-f",
        str(files[0]),
        "--control-plane-filename",
        str(files[1]),
        "--ignore",
        "AddressIsHostedPod",
    ]
    code, out = harness.run("verify-endpoints", *flags, "-o", "junit")
    assert (code, _of_junit(out)) == (0, "pass")
    assert "ignored: " in out
    code, out = harness.run("verify-endpoints", *flags, "-o", "prometheus")
    assert (code, _of_prometheus(out)) == (0, "pass")
    assert 'we\\"ird\\\\ .yaml' in out
    assert 'code="AddressIsHostedPod",result="ignored"} 1' in out
    code, out = harness.run("verify-endpoints", *flags, "-o", "patch")
    assert (code, list(yaml.safe_load_all(out))) == (0, [])


def test_table_reads_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = harness.write(BROKEN, tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    code, out = harness.run("verify-endpoints", *files, "--color", "never", terminal=True)
    assert code == 1
    assert "\x1b" not in out
    lines = out.splitlines()
    assert lines[0].split() == ["CLUSTER", "RESULT", "OBJECT", "FIELD", "EXPECTED", "ACTUAL"]
    fault = next(line for line in lines if " fail " in line)
    assert "endpoints/istiod-remote" in fault
    assert fault.index(LOAD_BALANCER) < fault.index(HOSTED_POD)
    rows = lines[: lines.index("")]
    assert len([row for row in rows if " pass " in row]) == 4
    assert out.count("AddressIsHostedPod") == 1  # each fault once
    prose = [line for line in lines if "kubectl" not in line and str(tmp_path) not in line]
    assert max(map(len, prose)) <= 100
    wide = harness.run("verify-endpoints", *files, "-o", "wide")[1]
    assert "service/istiod-hosted-mesh-hosted-lb" in next(
        line for line in wide.splitlines() if " fail " in line
    )
    piped = harness.run("verify-endpoints", *files)[1].partition("\n\n")[0]
    assert "…" not in piped  # whoever greps it finds whole names
    monkeypatch.setenv("COLUMNS", "300")
    assert harness.run("verify-endpoints", *files, "--color", "never", terminal=True)[1].startswith(
        piped
    )


def test_gateways_of_several_namespaces(tmp_path: Path) -> None:
    scattered = next(s for s in GATEWAY_SCENARIOS if s.name == "gateway-all-namespaces")
    out = (
        harness.run("verify-gateway", *harness.write(scattered, tmp_path), "-A")[1]
        .partition("\n\n")[0]
        .splitlines()
    )
    assert out[0].split()[:3] == ["CLUSTER", "NAMESPACE", "RESULT"]
    assert {line.split()[1] for line in out[1:] if " pass " in line} == {"default", "istio-system"}


def test_headers_quiet_color(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = harness.write(BROKEN, tmp_path)
    bare = harness.run("verify-endpoints", *files, "--no-headers")[1]
    assert len(bare.splitlines()) == 5
    assert "CLUSTER" not in bare
    assert harness.run("verify-endpoints", *files, "-q") == (1, "")
    assert "\x1b[31m" in harness.run("verify-endpoints", *files, "--color", "always")[1]
    assert "\x1b" not in harness.run("verify-endpoints", *files, "--color", "auto")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" in harness.run("verify-endpoints", *files, "--color", "always")[1]


def test_a_cause_stands_above_its_consequences(tmp_path: Path) -> None:
    pending = next(s for s in SCENARIOS if s.name == "pending-no-endpoints")
    out = harness.run("verify-endpoints", *harness.write(pending, tmp_path))[1]
    lines = out.splitlines()
    cause = next(i for i, line in enumerate(lines) if "svc/istiod-hosted-mesh-hosted-lb" in line)
    assert "└ endpoints/istiod-remote" in lines[cause + 1]
    assert out.index("FAIL HostedLBPending") < out.index("  FAIL NoEndpoints")


def test_the_page_in_one_run(tmp_path: Path) -> None:
    """First the cause with its command, then what follows from it: a few words each, indented, then nothing."""
    page = next(s for s in GATEWAY_SCENARIOS if s.name == "gateway-page")
    files = harness.write(page, tmp_path)
    code, out = harness.run("verify-gateway", *files)
    table, fault, summary = out.split("\n\n", 1)[0], *out.split("\n\n", 1)[1].rsplit("\n\n", 1)
    assert code == 1
    assert [line.split()[1] for line in table.splitlines()[1:4]] == ["fail", "fail", "fail"]
    assert fault.startswith("FAIL AddressIsHostedPod (")
    assert re.findall(r"^ *FAIL (\w+)", fault, re.MULTILINE) == [
        "AddressIsHostedPod",
        "GatewayNotReady",
        "GatewayServiceHasNoEndpoints",
    ]
    assert "kubectl -n istio-system patch endpoints istiod-remote" in fault
    assert "readiness probe refused (22 times" in fault
    assert summary.splitlines()[-1] == "verdict: fail (3 fail, 7 pass)"
    found = harness.findings(json.loads(harness.run("verify-gateway", *files, "-o", "json")[1]))
    symptom = next(f for f in found if f["code"] == "GatewayNotReady")
    assert symptom["events"][0].endswith("dial tcp 10.244.0.17:15021: connect: connection refused")
    assert harness.run("verify-gateway", *files, "-o", "name")[1].splitlines() == [
        "endpoints/istiod-remote",
        "deployment/istio-ingressgateway",
        "service/istio-ingressgateway",
    ]


# --- statements of the user ---------------------------------------------------------------------


def summary(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and report."""
    code, out = harness.run("verify-endpoints", *arguments, "-o", "json")
    return code, json.loads(out)


def test_ignore(tmp_path: Path) -> None:
    files = harness.write(BROKEN, tmp_path)
    code, report = summary(*files, "--ignore", "AddressIsHostedPod")
    assert (code, report["summary"]["fail"], report["summary"]["ignored"]) == (0, 0, 1)
    assert [f["code"] for f in harness.findings(report) if f.get("ignored")] == [
        "AddressIsHostedPod"
    ]
    assert summary(*files, "--ignore", "AddressIsHostedPod=ep/istiod-remote")[0] == 0
    assert summary(*files, "--ignore", "AddressIsHostedPod=endpoints/other")[0] == 1
    assert (
        "fail (ignored)"
        in harness.run("verify-endpoints", *files, "--ignore", "AddressIsHostedPod")[1]
    )


def test_ignoring_everything_proves_nothing(tmp_path: Path) -> None:
    missing = next(s for s in SCENARIOS if s.name == "no-service")
    files = harness.write(missing, tmp_path)[:2]
    code, report = summary(*files, "--ignore", "ServiceNotFound")
    assert (code, report["verdict"], report["summary"]["pass"]) == (3, "unknown", 0)


def test_what_follows_from_an_ignored_cause_stays(tmp_path: Path) -> None:
    pending = next(s for s in SCENARIOS if s.name == "pending-hosted-pod")
    code, report = summary(*harness.write(pending, tmp_path), "--ignore", "HostedLBPending")
    assert (code, report["summary"]["fail"], report["summary"]["ignored"]) == (1, 1, 1)


def test_fail_on_warn(tmp_path: Path) -> None:
    warned = next(s for s in SCENARIOS if s.name == "no-15017")
    files = harness.write(warned, tmp_path)
    assert summary(*files)[0] == 0
    assert summary(*files, "--fail-on", "warn")[0] == 1
    assert (
        harness.run("verify-endpoints", *files, "--fail-on", "warn", "-o", "name")[1]
        == "endpoints/istiod-remote\n"
    )
    assert summary(*files, "--fail-on", "warn", "--ignore", "WebhookPortMissing")[0] == 0


def test_stated_addresses_are_a_set_and_compare_normalised(tmp_path: Path) -> None:
    files = harness.write(RIGHT, tmp_path)[:2]
    assert (
        summary(*files, "--expect-address", "203.0.113.1", "--expect-address", LOAD_BALANCER)[0]
        == 0
    )
    report = summary(*files, "--expect-address", LOAD_BALANCER)[1]
    assert [f["source"] for f in harness.findings(report) if f["code"] == "AddressIsExpected"] == [
        "--expect-address"
    ]
    v6 = Scene(remote=("fd00:10::71",), slices_only=True, configured=None).clusters()["workload"]
    (tmp_path / "v6.yaml").write_text(yaml.safe_dump(as_list(v6)))
    assert summary("-f", str(tmp_path / "v6.yaml"), "--expect-address", "FD00:0010:0::0071")[0] == 0


# --- files --------------------------------------------------------------------------------------


def test_ways_to_give_objects(tmp_path: Path) -> None:
    objects = Scene().clusters()["workload"]
    stated = ("--expect-address", LOAD_BALANCER, "-o", "json")
    several = "---\n".join(yaml.safe_dump(o) for o in objects).encode()
    typed = b"".join(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": f"{o['kind']}List",
                "items": [{k: v for k, v in o.items() if k != "kind"}],
            }
        ).encode()
        for o in objects
    )
    listed = json.dumps(as_list(objects))
    for content in (
        several,
        typed,
        listed.encode(),
        listed.encode("utf-16"),
        listed.encode("utf-8-sig"),
    ):
        done = run_process("verify-endpoints", "-f", "-", *stated, stdin=content)
        assert (done.returncode, done.stderr) == (0, b""), done.stdout
        assert json.loads(done.stdout)["clusters"][0]["context"] == "stdin"
    half = len(objects) // 2
    for name, part in (("a", objects[:half]), ("b", objects[half:])):
        (tmp_path / name).write_text(yaml.safe_dump(as_list(part)))
    assert summary("-f", str(tmp_path / "a"), "-f", str(tmp_path / "b"), *stated[:2])[0] == 0


def test_empty_stdin() -> None:
    done = run_process("verify-endpoints", "-f", "-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: stdin: it is empty")


def test_the_environment_variable_is_ignored_beside_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECTL_MESH_CONTROL_PLANE_CONTEXT", "nowhere")
    assert summary(*harness.write(RIGHT, tmp_path))[0] == 0


def test_another_namespace_holds_nothing(tmp_path: Path) -> None:
    code, report = summary(*harness.write(RIGHT, tmp_path), "-n", "default")
    assert (code, report["verdict"]) == (3, "unknown")


# --- what a person or a script sees first --------------------------------------------------------


def test_version() -> None:
    done = run_process("version")
    assert done.returncode == 0
    assert done.stdout.decode().startswith(f"kubectl-mesh {__version__} (Python 3.")
    as_json = json.loads(run_process("version", "-o", "json").stdout)
    assert yaml.safe_load(run_process("version", "-o", "yaml").stdout) == as_json
    assert (as_json["version"], set(as_json)) == (
        __version__,
        {"version", "python", "kubernetes", "platform"},
    )


def test_help_names_flags_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    common = (
        "--control-plane-context",
        "--expect-address",
        "Exit codes",
        "KUBECTL_MESH_CONTROL_PLANE_CONTEXT",
    )
    for command, words in (
        ("verify-endpoints", common),
        ("verify-gateway", (*common, "-A, --all-namespaces=false:", "--gateway")),
        ("version", ("-o, --output='':",)),
        ("completion", ("kubectl_complete-mesh",)),
    ):
        assert main([command, "--help"]) == 0
        shown = capsys.readouterr().out
        for word in (*words, "Examples:\n  # ", f"Usage:\n  kubectl mesh {command}"):
            assert word in shown
        assert max(map(len, shown.splitlines())) <= 100


def test_the_help_is_in_kubectls_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    order = [
        shown.index(word)
        for word in ("Examples:", "Available Commands:", "Exit codes", "Usage:\n", 'Use "kubectl')
    ]
    assert order == sorted(order)
    assert "before its name" in shown


def test_examples_of_the_help_are_commands_that_there_are() -> None:
    lines = [
        line
        for text in EXAMPLES.values()
        for line in text.splitlines()
        if line.startswith("kubectl mesh ")
    ]
    assert len(lines) >= 10
    for line in lines:
        assert "run" in _parser().parse_args(shlex.split(line.partition(">")[0])[2:]), line


def test_what_few_need_is_not_imported() -> None:
    """A fifth of a run: what renews OIDC tokens, or attaches to Pods."""
    script = (
        "import sys; from kubectl_mesh.cli import main; main(['verify-endpoints', '--kubeconfig', sys.argv[1]]);"
        "print([name for name in ('kubernetes', 'requests', 'oauthlib.oauth2', 'websocket') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, os.devnull], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "['kubernetes']", done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["verify-endpoints", "--help"],
        ["verify-gateway", "--help"],
        ["version"],
        ["completion", "bash"],
        ["verify-endpoints", "-f", "-"],
        ["verify-gateway", "-f", "-"],
    ],
)
def test_kubernetes_is_imported_for_clusters_only(arguments: list[str]) -> None:
    script = f"import sys; from kubectl_mesh.cli import main; main({arguments!r}); print('kubernetes' in sys.modules)"
    objects = json.dumps(as_list(Scene().clusters()["workload"]))
    done = subprocess.run(
        [sys.executable, "-c", script], input=objects, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "False", done.stderr


def test_closed_streams_change_no_exit_code(tmp_path: Path) -> None:
    files = " ".join(harness.write(BROKEN, tmp_path))
    tool = f"{sys.executable} -m kubectl_mesh verify-endpoints"

    def shell(command: str) -> tuple[int, bytes, bytes]:
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    assert shell(f"{tool} {files} -o yaml | head -0") == (1, b"", b"")
    assert shell(f"{tool} {files} >&-") == (1, b"", b"")
    assert shell(f"{tool} --role x 2>&-") == (2, b"", b"")
    reader, writer = os.pipe()
    os.close(reader)
    for arguments, code in ((["--role", "x"], 2), (["-f", "/no/such/file"], 2)):
        command = [sys.executable, "-m", "kubectl_mesh", "verify-endpoints", *arguments]
        assert subprocess.run(command, stderr=writer, check=False).returncode == code
    command = [sys.executable, "-m", "kubectl_mesh", "verify-endpoints", *files.split()]
    assert subprocess.run(command, stdout=writer, check=False).returncode == 1
    os.close(writer)


def test_what_the_report_says_of_the_page(tmp_path: Path) -> None:
    """The whole of what was compared, value by value, broken and right."""
    pod, lb = HOSTED_POD, LOAD_BALANCER
    deployment, service = (
        "deployment/istiod-hosted-mesh-hosted",
        "service/istiod-hosted-mesh-hosted-lb",
    )
    control_plane = f"{tmp_path}/control-plane.yaml"
    hosted = [
        (
            "HostedPodsReady",
            deployment,
            "ready Pods",
            ["1"],
            ["1"],
            f"{control_plane}: {deployment}",
        ),
        ("HostedLBAssigned", service, "address", ["an address"], [lb], None),
        (
            "HostedLBReachesPods",
            service,
            "port 15012",
            [pod],
            [pod],
            f"{control_plane}: Pods of {deployment}",
        ),
    ]
    ports = (
        "PortsAreExpected",
        "endpoints/istiod-remote",
        "ports",
        ["15012", "15017"],
        ["15012", "15017"],
        None,
    )
    for scenario, code, actual in (
        (BROKEN, "AddressIsHostedPod", pod),
        (RIGHT, "AddressIsExpected", lb),
    ):
        report = summary(*harness.write(scenario, tmp_path))[1]
        shown = [
            (
                f["code"],
                f"{f['object']['kind'].lower()}/{f['object']['name']}",
                *(f[k] for k in FIELDS),
            )
            for f in harness.findings(report)
        ]
        address = (
            code,
            "endpoints/istiod-remote",
            "address",
            [lb],
            [actual],
            f"{control_plane}: {service}",
        )
        assert shown == [address, ports, *hosted]
        assert [(c["role"], c["meshID"]) for c in report["clusters"]] == [
            ("workload", "hosted-mesh"),
            ("hosted", "hosted-mesh"),
        ]


def test_one_cluster_in_one_file_is_one_cluster(tmp_path: Path) -> None:
    """The control plane in another namespace of the same objects: the both-roles pattern, as on a live cluster."""
    broken = Scene(namespace="apart-wl", remote=(LOAD_BALANCER,)).clusters()["workload"]
    objects = broken + Scene(namespace="apart-cp").clusters()["control-plane"]
    path = tmp_path / "all.yaml"
    path.write_text(yaml.safe_dump(as_list(objects)))
    flags = ["-f", str(path), "-n", "apart-wl", "--control-plane-namespace", "apart-cp"]
    for more in ([], ["--control-plane-filename", str(path)]):
        code, report = summary(*flags, *more)
        assert (code, report["clusters"][0]["role"]) == (1, "hosted+workload")
        assert "AddressIsLoadBalancer" in {f["code"] for f in harness.findings(report)}


def test_the_same_kind_of_another_api_group_is_another_kind(tmp_path: Path) -> None:
    files = harness.write(RIGHT, tmp_path)
    knative = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "istiod-remote"},
    }
    (tmp_path / "more.yaml").write_text(yaml.safe_dump(knative))
    assert summary(*files, "-f", str(tmp_path / "more.yaml"))[0] == 0


# --- -o patch -----------------------------------------------------------------------------------


def patched(scenario: Any, folder: Path, *flags: str) -> tuple[int, list[Any]]:
    """The exit code, and the objects to apply."""
    command = [
        scenario.command,
        *harness.write(scenario, folder),
        *scenario.flags,
        *flags,
        "-o",
        "patch",
    ]
    code, out = harness.run(*command)
    return code, list(yaml.safe_load_all(out))


@pytest.mark.parametrize(
    "name",
    ["on-no-node", "slice-of-another-family", "fqdn-slice", "second-slice-with-another-number"],
)
def test_no_manifest_that_would_not_mend(name: str, tmp_path: Path) -> None:
    scenario = next(s for s in SCENARIOS if s.name == name)
    assert patched(scenario, tmp_path) == (1, [])


def test_a_manifest_leaves_what_the_user_ignores(tmp_path: Path) -> None:
    ports = next(s for s in SCENARIOS if s.name == "no-15012")
    broken = replace(ports, scene=replace(ports.scene, remote=("203.0.113.9",)))
    assert len(patched(broken, tmp_path)[1]) == 1
    assert patched(broken, tmp_path, "--ignore", "AddressIsUnexpected") == (1, [])


def test_of_several_allowed_addresses_one_is_written(tmp_path: Path) -> None:
    allowed = [
        flag for address in (LOAD_BALANCER, "10.64.30.99") for flag in ("--expect-address", address)
    ]
    code, (manifest,) = patched(BROKEN, tmp_path, *allowed)
    assert code == 1
    assert manifest["subsets"][0]["addresses"] == [{"ip": LOAD_BALANCER}]


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["verify-gatewy"], "verify-gateway"),
        (["help", "snapshott"], "snapshot"),
        (["verify-gateway", "--contxt", "a"], "--context"),
        (["snapshot", "x", "--redct"], "--redact"),
        (["verify-gateway", "-o", "jsn"], "json"),
        (["verify-gateway", "--ignore", "GatewayNotRedy"], "GatewayNotReady"),
    ],
)
def test_a_mistake_is_answered_with_the_nearest(
    words: list[str], near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"; did you mean {near}?" in shown.err
    assert len(shown.err.splitlines()) == 1


def test_nothing_near_is_no_guess(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["xyzzy"]) == 2
    assert "did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "verify-endpoints", "verify-gateway", "snapshot"])
def test_help_is_what_the_flag_prints(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", *([command] if command else [])]) == 0
    by_command = capsys.readouterr().out
    assert main([*([command] if command else []), "--help"]) == 0
    assert capsys.readouterr().out == by_command


def test_the_version_by_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    by_flag = capsys.readouterr().out
    assert main(["version"]) == 0
    assert capsys.readouterr().out == by_flag


@pytest.mark.parametrize("moment", ["gc.disable", "argparse.ArgumentParser.__init__"])
def test_ctrl_c_before_and_behind_the_command(moment: str) -> None:
    """At moments when no command runs, too: the exit code, and no traceback."""
    module, _, name = moment.partition(".")
    script = (
        f"import {module}\n"
        "def interrupt(*_, **__):\n    raise KeyboardInterrupt\n"
        f"{module}.{name} = interrupt\n"
        "from kubectl_mesh.cli import run\n"
        "run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
