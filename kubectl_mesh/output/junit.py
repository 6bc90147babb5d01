"""`-o junit`: a test case for each finding, as CI systems show test reports."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from kubectl_mesh.findings.model import PASS, SKIP, UNKNOWN, WARN, ClusterReport, Finding, Report
from kubectl_mesh.output import Style

# What XML 1.0 has no place for, beside the control characters that are gone already.
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report, _: Style) -> str:
    """A test suite for each cluster and mesh: failed findings are failures, undetermined ones errors.

    Names tell the object and what was compared, not the outcome: a test keeps its name when it begins to fail.
    """
    root = ElementTree.Element("testsuites", name=f"kubectl mesh {report.command}")
    for cluster in report.clusters:
        suite = _element(root, "testsuite", name=_named(cluster))
        for finding in cluster.findings:
            _case(suite, report, cluster, finding)
        if report.verdict_of([cluster]) == UNKNOWN and suite.find("testcase/error") is None:
            case = _element(suite, "testcase", classname=_named(cluster), name="comparison")
            _element(
                case, "error", type="NothingCompared", message="nothing was compared that held"
            )
        _count(suite, suite)
    _count(root, *root)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _case(
    suite: ElementTree.Element, report: Report, cluster: ClusterReport, finding: Finding
) -> None:
    name = f"{finding.object} {finding.field}"
    if cluster.apart(finding):
        name = f"{finding.object.namespace}/{name}"
    case = _element(suite, "testcase", classname=_named(cluster), name=name)
    what = {"type": finding.code, "message": finding.message}
    if finding.ignored or finding.result == SKIP:
        _element(
            case, "skipped", message=f"{'ignored: ' if finding.ignored else ''}{finding.message}"
        )
    elif finding.result in report.failing:
        _element(case, "failure", **what).text = _told(finding)
    elif finding.result == UNKNOWN:
        _element(case, "error", **what).text = _told(finding)
    elif finding.result == WARN:
        _element(case, "system-out").text = _text(f"WARN {finding.code}: {finding.message}")
    else:
        assert finding.result == PASS, finding.result


def _told(finding: Finding) -> str:
    lines = [f"expected: {','.join(finding.expected)}"] if finding.expected is not None else []
    lines += [f"actual: {','.join(finding.actual)}"] if finding.actual is not None else []
    lines += [f"cause: {finding.cause.id}"] if finding.cause else []
    return _text("\n".join([*lines, *finding.events, finding.hint or ""]).strip("\n"))


def _named(cluster: ClusterReport) -> str:
    return f"{cluster.context}/{cluster.namespace}/{cluster.mesh_id or '<unknown>'}"


def _count(element: ElementTree.Element, *suites: ElementTree.Element) -> None:
    for attribute, path in (
        ("tests", "."),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        cases = [case for suite in suites for case in suite.iterfind("testcase")]
        element.set(attribute, str(sum(case.find(path) is not None for case in cases)))


def _element(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        parent, tag, {key: _text(value) for key, value in attributes.items()}
    )


def _text(value: str) -> str:
    return _NOT_XML.sub("\ufffd", value)
