"""`-o patch`: the objects as they should be, for `kubectl apply -f -`. Printed, never applied."""

from __future__ import annotations

import json

import yaml

from kubectl_mesh.findings.catalog import phrase
from kubectl_mesh.findings.model import Report
from kubectl_mesh.output import Style


def manifests(report: Report, _: Style) -> str:
    """One document for each object that is at fault and that alone mends it; all else in comments.

    The comments are the remedies of the report: that the mesh's controllers may write an object back, and which
    setting of the mesh is the lasting repair.
    """
    homes = {
        id(finding): cluster.context for cluster in report.clusters for finding in cluster.findings
    }
    faults = report.at_fault()
    # What the user ignores stays as it is: the manifest of the same object would change it.
    left_alone = {f.object for f in report.findings if f.ignored}
    mended = {json.dumps(f.repair): None for f in faults if f.repair and f.object not in left_alone}
    lines = [f"# kubectl mesh {report.command}: {report.verdict}"]
    lines += [
        f"# {line}"
        for line in (phrase("not-applied") if mended else phrase("nothing-to-apply")).splitlines()
    ]
    documents: list[str] = []
    for fault in faults:
        if fault.cause in faults:
            continue  # it goes with its cause
        lines += ["#", f"# {fault.code} ({homes[id(fault)]}): {fault.message}"]
        if json.dumps(fault.repair) not in mended:
            lines.append("# No manifest alone mends this.")
        lines += [f"# {line}".rstrip() for line in (fault.hint or "").splitlines()]
    for wanted in mended:
        documents.append(yaml.safe_dump(json.loads(wanted), sort_keys=False))
    return "---\n".join(["\n".join([*lines, ""]), *documents])
