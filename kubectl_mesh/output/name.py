"""`-o name`: one line for each object at fault, as kubectl prints names."""

from __future__ import annotations

from kubectl_mesh.findings.model import Report
from kubectl_mesh.output import Style


def names(report: Report, _: Style) -> str:
    """`kind/name` of every object that makes the verdict fail, each once."""
    lines = dict.fromkeys(str(finding.object) for finding in report.at_fault())
    return "".join(f"{line}\n" for line in lines)
