"""`-o junit`: a test case for each finding, as CI systems show test reports."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from kubectl_mesh.findings.model import PASS, SKIP, UNKNOWN, WARN, ClusterReport, Finding, Report
from kubectl_mesh.output import Style

# What XML 1.0 has no place for, beside the control characters that are gone already.
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report, _: Style) -> str:
    """A test suite for each cluster and mesh: failed findings are failures, undetermined errors.

    Names say the object and what was compared, not the outcome: a test keeps its name when it
    begins to fail.
    """
    root = ElementTree.Element("testsuites", name=f"kubectl mesh {report.command}")
    for cluster in report.clusters:
        suite = _element(root, "testsuite", name=_named(cluster))
        for finding in cluster.findings:
            _case(suite, report, cluster, finding)
        if report.verdict_of([cluster]) == UNKNOWN and suite.find("testcase/error") is None:
            case = _element(suite, "testcase", classname=_named(cluster), name="comparison")
            what = {"type": "NothingCompared", "message": "nothing was compared that held"}
            _element(case, "error", **what)
        _count(suite, suite)
    _count(root, *root)
    ElementTree.indent(root)
    written = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'


def _case(
    suite: ElementTree.Element, report: Report, cluster: ClusterReport, finding: Finding
) -> None:
    name = f"{finding.object} {finding.field}"
    if cluster.apart(finding):
        name = f"{finding.object.namespace}/{name}"
    case = _element(suite, "testcase", classname=_named(cluster), name=name)
    what = {"type": finding.code, "message": finding.message}
    if finding.ignored:
        _element(case, "skipped", message=f"ignored: {finding.message}")
    elif finding.result == SKIP:
        _element(case, "skipped", message=finding.message)
    elif finding.result in report.failing:
        _element(case, "failure", **what).text = _details(finding)
    elif finding.result == UNKNOWN:
        _element(case, "error", **what).text = _details(finding)
    elif finding.result == WARN:
        _element(case, "system-out").text = _text(f"WARN {finding.code}: {finding.message}")
    else:
        assert finding.result == PASS, finding.result


def _details(finding: Finding) -> str:
    """What a failed test case says beside its message."""
    lines = []
    if finding.expected is not None:
        lines.append(f"expected: {','.join(finding.expected)}")
    if finding.actual is not None:
        lines.append(f"actual: {','.join(finding.actual)}")
    if finding.cause:
        lines.append(f"cause: {finding.cause.id}")
    return _text("\n".join([*lines, *finding.events, finding.hint or ""]).strip("\n"))


def _named(cluster: ClusterReport) -> str:
    return f"{cluster.context}/{cluster.namespace}/{cluster.mesh_id or '<unknown>'}"


def _count(element: ElementTree.Element, *suites: ElementTree.Element) -> None:
    cases: list[ElementTree.Element] = []
    for suite in suites:
        cases += suite.iterfind("testcase")
    element.set("tests", str(len(cases)))
    for attribute, path in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(path) is not None for case in cases)))


def _element(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        parent, tag, {key: _text(value) for key, value in attributes.items()}
    )


def _text(value: str) -> str:
    return _NOT_XML.sub("\ufffd", value)
