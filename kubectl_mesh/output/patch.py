"""`-o patch`: the objects as they should be, for `kubectl apply -f -`. Printed, never applied."""

from __future__ import annotations

import json

import yaml

from kubectl_mesh.findings.catalog import phrase
from kubectl_mesh.findings.model import Finding, Report
from kubectl_mesh.output import Style


def manifests(report: Report, _: Style) -> str:
    """One document for each object that is at fault and that alone mends it; all else in comments.

    The comments are the remedies of the report: that the mesh's controllers may write an object
    back, and which setting of the mesh is the lasting repair.
    """
    faults = report.at_fault()
    repairs = _repairs(report)
    lines = [f"kubectl mesh {report.command}: {report.verdict}"]
    lines += phrase("not-applied" if repairs else "nothing-to-apply").splitlines()
    for fault in faults:
        if fault.cause in faults:
            continue  # it goes with its cause
        lines += ["", f"{fault.code} ({_context_of(report, fault)}): {fault.message}"]
        if json.dumps(fault.repair) not in repairs:
            lines.append("No manifest alone mends this.")
        lines += (fault.hint or "").splitlines()
    comments = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    documents = [yaml.safe_dump(json.loads(wanted), sort_keys=False) for wanted in repairs]
    return "---\n".join([comments, *documents])


def _repairs(report: Report) -> list[str]:
    """The manifests that mend faults, as JSON, each once.

    What the user ignores stays as it is: the manifest of the same object would change it.
    """
    left_alone = [finding.object for finding in report.findings if finding.ignored]
    found: dict[str, None] = {}
    for fault in report.at_fault():
        if fault.repair and fault.object not in left_alone:
            found[json.dumps(fault.repair)] = None
    return list(found)


def _context_of(report: Report, fault: Finding) -> str:
    for cluster in report.clusters:
        if any(fault is finding for finding in cluster.findings):
            return cluster.context
    raise AssertionError(fault)
