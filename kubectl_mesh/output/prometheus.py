"""`-o prometheus`: metrics in the text format, for the textfile collector of the node exporter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kubectl_mesh.findings.model import FAIL, PASS, SKIP, UNKNOWN, ClusterReport, Report
from kubectl_mesh.output import Style

_VERDICTS = (PASS, FAIL, UNKNOWN)
_GRAVEST_FIRST = (FAIL, UNKNOWN, PASS, SKIP)
_PLACE = ("context", "namespace", "mesh_id")


def metrics(report: Report, _: Style) -> str:
    """The verdicts on the run and on each mesh of a cluster, and counts of findings.

    A verdict is a sample for each that it could be, 1 for the one that it is. Findings that the
    user ignored have the result `ignored`.
    """
    lines = [*_run(report), *_clusters(report), *_findings(report)]
    return "\n".join(lines) + "\n"


def _run(report: Report) -> Iterator[str]:
    name = "kubectl_mesh_verdict"
    yield from _family(name, "Verdict of the whole run: 1 for the one that it is.")
    for verdict in _VERDICTS:
        labels = {"command": report.command, "verdict": verdict}
        yield _sample(name, labels, verdict == report.verdict)


def _clusters(report: Report) -> Iterator[str]:
    name = "kubectl_mesh_cluster_verdict"
    verdicts: dict[tuple[str, ...], str] = {}
    for cluster in report.clusters:
        place = _place(cluster)
        found = (report.verdict_of([cluster]), verdicts.get(place, SKIP))
        verdicts[place] = min(found, key=_GRAVEST_FIRST.index)
    yield from _family(name, "Verdict on one mesh in one cluster: 1 for the one that it is.")
    for place, actual in verdicts.items():
        where = dict(zip(_PLACE, place, strict=True))
        for verdict in _GRAVEST_FIRST:
            labels = {"command": report.command, **where, "verdict": verdict}
            yield _sample(name, labels, verdict == actual)


def _findings(report: Report) -> Iterator[str]:
    name = "kubectl_mesh_findings"
    counts: Counter[tuple[str, ...]] = Counter()
    for cluster in report.clusters:
        for finding in cluster.findings:
            result = "ignored" if finding.ignored else finding.result
            counts[(*_place(cluster), finding.code, result)] += 1
    yield from _family(name, "Number of findings of a code, by result.")
    for key, number in counts.items():
        labels = dict(zip((*_PLACE, "code", "result"), key, strict=True))
        yield _sample(name, {"command": report.command, **labels}, number)


def _place(cluster: ClusterReport) -> tuple[str, ...]:
    return cluster.context, cluster.namespace, cluster.mesh_id or ""


def _family(name: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]


def _sample(name: str, labels: dict[str, str], value: int) -> str:
    escaped = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
    shown = ",".join(f'{label}="{text.translate(escaped)}"' for label, text in labels.items())
    return f"{name}{{{shown}}} {int(value)}"
