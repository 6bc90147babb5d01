"""`-o prometheus`: metrics in the text format, for the textfile collector of the node exporter."""

from __future__ import annotations

from collections import Counter

from kubectl_mesh.findings.model import FAIL, PASS, SKIP, UNKNOWN, Report
from kubectl_mesh.output import Style

_VERDICTS = (PASS, FAIL, UNKNOWN)
_GRAVEST_FIRST = (FAIL, UNKNOWN, PASS, SKIP)


def metrics(report: Report, _: Style) -> str:
    """The verdicts on the run and on each mesh of a cluster (1 for the one that it is), and counts of findings.

    Findings that the user ignored have the result `ignored`.
    """
    run = {"command": report.command}
    verdicts: dict[tuple[str, ...], str] = {}
    findings: Counter[tuple[str, ...]] = Counter()
    for cluster in report.clusters:
        place: tuple[str, ...] = (cluster.context, cluster.namespace, cluster.mesh_id or "")
        found = (report.verdict_of([cluster]), verdicts.get(place, SKIP))
        verdicts[place] = min(found, key=_GRAVEST_FIRST.index)
        for finding in cluster.findings:
            findings[(*place, finding.code, "ignored" if finding.ignored else finding.result)] += 1

    lines = _family("kubectl_mesh_verdict", "Verdict of the whole run: 1 for the one that it is.")
    lines += [
        _sample("kubectl_mesh_verdict", {**run, "verdict": v}, v == report.verdict)
        for v in _VERDICTS
    ]
    lines += _family(
        "kubectl_mesh_cluster_verdict",
        "Verdict on one mesh in one cluster: 1 for the one that it is.",
    )
    for place, verdict in verdicts.items():
        where = {**run, **dict(zip(("context", "namespace", "mesh_id"), place, strict=True))}
        lines += [
            _sample("kubectl_mesh_cluster_verdict", {**where, "verdict": v}, v == verdict)
            for v in _GRAVEST_FIRST
        ]
    lines += _family("kubectl_mesh_findings", "Number of findings of a code, by result.")
    for key, number in findings.items():
        labels = dict(zip(("context", "namespace", "mesh_id", "code", "result"), key, strict=True))
        lines.append(_sample("kubectl_mesh_findings", {**run, **labels}, number))
    return "\n".join(lines) + "\n"


def _family(name: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]


def _sample(name: str, labels: dict[str, str], value: int) -> str:
    escaped = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
    shown = ",".join(f'{label}="{text.translate(escaped)}"' for label, text in labels.items())
    return f"{name}{{{shown}}} {int(value)}"
