"""`-o table` and `-o wide`: a row for each comparison, and under it each fault once, with its remedy."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

from tabulate import tabulate

from kubectl_mesh.findings.catalog import RESULTS, texts
from kubectl_mesh.findings.model import (
    FAIL,
    PASS,
    SKIP,
    UNKNOWN,
    WARN,
    ClusterReport,
    Finding,
    Report,
    causes_first,
)
from kubectl_mesh.kube.objects import some
from kubectl_mesh.output import Style

_WIDTH = 100
_CELL_WIDTH = 20
_FEW = 10  # clusters that are told one by one
_COLORS = {PASS: "32", WARN: "33", FAIL: "31", UNKNOWN: "35", SKIP: "2"}
_GRAVEST_FIRST = (FAIL, UNKNOWN, WARN, PASS, SKIP)
_SHORT_KINDS = {"service": "svc", "deployment": "deploy", "configmap": "cm", "namespace": "ns"}


def table(report: Report, style: Style) -> str:
    """The report for a person, readable at 100 columns."""
    return _render(report, style, wide=False)


def wide(report: Report, style: Style) -> str:
    """As `table`, with the source of each expected value."""
    return _render(report, style, wide=True)


def _render(report: Report, style: Style, *, wide: bool) -> str:
    homes = {id(finding): cluster for cluster in report.clusters for finding in cluster.findings}
    ordered = causes_first(report.findings)
    # Where gateways stand in several namespaces.
    spread = any(homes[id(finding)].apart(finding) for finding in report.findings)
    headers = [
        "CLUSTER",
        *(["NAMESPACE"] if spread else []),
        "RESULT",
        "OBJECT",
        "FIELD",
        "EXPECTED",
        "ACTUAL",
        *(["SOURCE"] if wide else []),
    ]
    rows = [
        _row(finding, depth, homes[id(finding)], style, wide=wide) for finding, depth in ordered
    ]
    for row, (finding, _) in zip(rows, ordered, strict=True):
        row[1:1] = [finding.object.namespace or "-"] if spread else []
    if style.headers:
        rows = [
            headers,
            *rows,
        ]  # as a row: tabulate pads real headers wider than kubectl's tables are
        if style.width is not None and not wide:
            room = max(_WIDTH, style.width)
            _shorten(rows, "CLUSTER", 12, room)
            _break_values(rows, room)
            _shorten(rows, "OBJECT", 28, room)
    if style.color:
        _color(rows, [finding for finding, _ in ordered], headers)
    shown = tabulate(rows, tablefmt="plain", disable_numparse=True)
    blocks = ["".join(f"{line.rstrip()}\n" for line in shown.splitlines())]
    if style.headers:
        blocks += _faults(
            [(f, depth) for f, depth in ordered if f.result != PASS and not f.ignored], homes, style
        )
        blocks.append(_summary(report, style))
    return "\n".join(blocks)


def _row(
    finding: Finding, depth: int, cluster: ClusterReport, style: Style, *, wide: bool
) -> list[str]:
    kind, _, name = str(finding.object).partition("/")
    row = [
        cluster.context,
        f"{finding.result} (ignored)" if finding.ignored else finding.result,
        ("└" + "─" * (depth - 1) + " " if depth else "") + f"{_SHORT_KINDS.get(kind, kind)}/{name}",
        finding.field,
        _cell(finding.expected, style),
        _cell(finding.actual, style),
    ]
    return [*row, finding.source or "-"] if wide else row


def _cell(values: list[str] | None, style: Style) -> str:
    """Values side by side where they are short, else one a line: many of them grow the table down, not wide."""
    if values is None:
        return "-"
    lines: list[str] = []
    for value in values:
        # Without headers somebody else than a person reads: one finding is one line.
        if lines and (not style.headers or len(lines[-1]) + len(value) < _CELL_WIDTH):
            lines[-1] += f",{value}"
        else:
            lines.append(value)
    return "\n".join(lines) or "<none>"


def _shorten(rows: list[list[str]], header: str, shortest: int, width: int) -> None:
    """Shorten a column's names in the middle until the rows fit; the texts under the table have them whole."""
    excess, column = _excess(rows, width), rows[0].index(header)
    room = max(shortest, max(len(row[column]) for row in rows) - excess)
    for row in rows if excess > 0 else ():
        if len(row[column]) > room:
            tail = room // 2
            row[column] = f"{row[column][: room - tail - 1]}…{row[column][-tail:]}"


def _break_values(rows: list[list[str]], width: int) -> None:
    """Break EXPECTED and ACTUAL at dots and colons where the rows are too long; values are never shortened."""
    excess = _excess(rows, width)
    first = rows[0].index("EXPECTED")
    room = max(
        _CELL_WIDTH,
        max(
            len(line)
            for row in rows
            for cell in row[first : first + 2]
            for line in cell.split("\n")
        )
        - excess,
    )
    for row in rows if excess > 0 else ():
        row[first : first + 2] = [
            "\n".join(part for line in cell.split("\n") for part in _broken(line, room))
            for cell in row[first : first + 2]
        ]


def _broken(line: str, room: int) -> list[str]:
    parts = [""]
    for piece in re.findall(r"[^.:,]*[.:,]?", line):
        if parts[-1] and len(parts[-1]) + len(piece) > room:
            parts.append("")
        parts[-1] += piece
    return parts


def _excess(rows: list[list[str]], width: int) -> int:
    """How far the rows stand out over the width."""
    columns = zip(*rows, strict=True)
    widths = [max(len(line) for cell in column for line in cell.split("\n")) for column in columns]
    return sum(widths) + 2 * (len(widths) - 1) - width


def _color(rows: list[list[str]], findings: list[Finding], headers: list[str]) -> None:
    result, actual = headers.index("RESULT"), headers.index("ACTUAL")
    for row, finding in zip(rows[-len(findings) :], findings, strict=True):
        row[result] = _paint(row[result], finding.result)
        if finding.result == FAIL:
            row[actual] = "\n".join(_paint(line, FAIL) for line in row[actual].split("\n"))


def _faults(
    faults: list[tuple[Finding, int]], homes: dict[int, ClusterReport], style: Style
) -> list[str]:
    """Each cause with what follows from it, the gravest first."""
    groups: list[list[tuple[Finding, int]]] = []
    for finding, depth in faults:
        # A consequence stands right under its cause, unless that one is not shown.
        if groups and any(finding.cause is told for told, _ in groups[-1]):
            groups[-1].append((finding, depth))
        else:
            groups.append([(finding, 0)])
    groups.sort(key=lambda group: min(_GRAVEST_FIRST.index(finding.result) for finding, _ in group))
    alike: dict[tuple[str, ...], list[list[tuple[Finding, int]]]] = {}
    for group in groups:
        root, _ = group[0]
        # What is only shown needs no words for each cluster.
        told = root.message
        if root.field == "read":  # they all name their cluster
            told = told.replace(homes[id(root)].context, "")
        same = (root.code, "" if root.result == SKIP else f"{root.object} {told}")
        alike.setdefault((root.result, *same), []).append(group)
    blocks = []
    for first, *others in alike.values():
        (root, _), *following = first
        following += [told for _, *more in others for told in more]
        block = _fault(root, 0, homes, style, [f for (f, _), *_ in others])
        block += "\n" if following else ""
        blocks.append(
            block
            + "".join(
                _fault(f, depth, homes, style, [], several=bool(others)) for f, depth in following
            )
        )
    return blocks


def _fault(
    finding: Finding,
    depth: int,
    homes: dict[int, ClusterReport],
    style: Style,
    others: Sequence[Finding],
    *,
    several: bool = False,
) -> str:
    """One fault: what is wrong, why it matters, what to do. A consequence is a few words under its cause.

    `others` are the same one in further clusters, `several` says that its cause is told for several.
    """
    cluster = homes[id(finding)]
    if depth:
        elsewhere = several or (
            finding.cause is not None and homes[id(finding.cause)] is not cluster
        )
        head = f"{finding.result.upper()} {finding.code}{f' ({cluster.context})' if elsewhere else ''}: "
        words = textwrap.fill(
            head + finding.message, _WIDTH, **_indents("  " * depth, "  " * (depth + 1))
        )
        return (
            words.replace(
                finding.result.upper(), _painted(finding.result.upper(), finding.result, style), 1
            )
            + "\n"
        )
    text = texts(finding.code)
    where = f", namespace {finding.object.namespace}" if cluster.apart(finding) else ""
    also = list(
        dict.fromkeys(
            homes[id(other)].context for other in others if homes[id(other)] is not cluster
        )
    )
    places = some([f"{cluster.context}{where}", *also])
    heading = [f"{finding.result.upper()} {finding.code} ({places})"]
    if also:
        heading = textwrap.wrap(heading[0], _WIDTH, **_indents("", "  "))
    lines = [
        _painted(finding.result.upper(), finding.result, style)
        + heading[0].removeprefix(finding.result.upper())
    ]
    lines += heading[1:]
    if also and finding.result == SKIP:
        return "\n".join([*lines, *_wrapped(f"{text.title}.")]) + "\n"
    if finding.result == SKIP and RESULTS[finding.code][0] != SKIP:
        return (
            "\n".join([*lines, *_wrapped(finding.message)]) + "\n"
        )  # here it is no fault: nothing is to be done
    lines += _wrapped(finding.message)
    for event in finding.events:
        if event.partition(": ")[2].rstrip(".") in finding.message:
            continue  # it was quoted
        lines += textwrap.wrap(event, _WIDTH, **_indents("    ", "      "))
    lines += _wrapped(text.meaning)
    if any(other.hint != finding.hint for other in others):
        lines += [
            "",
            *_wrapped(
                f"In {cluster.context} (for the others verify each by itself, or see -o json):"
            ),
        ]
    else:
        lines += [""] if finding.hint else []
    for line in (finding.hint or "").splitlines():
        # Commands are indented in the catalog, and stay on one line so that they can be pasted.
        lines += [f"  {line}"] if line.startswith("  ") else _wrapped(line)
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, **_indents("  ", "  "))


def _indents(first: str, others: str) -> dict[str, Any]:
    return {
        "initial_indent": first,
        "subsequent_indent": others,
        "break_on_hyphens": False,
        "break_long_words": False,
    }


def _summary(report: Report, style: Style) -> str:
    counted = (result for result in (*_GRAVEST_FIRST, "ignored") if report.summary[result])
    counts = ", ".join(f"{report.summary[result]} {result}" for result in counted)
    roles: dict[str, dict[str, None]] = {}
    for cluster in report.clusters:
        roles.setdefault(f"{cluster.role}, mesh {cluster.mesh_id or '<unknown>'}", {})[
            cluster.context
        ] = None
    if len(report.clusters) > _FEW:
        lines = [
            f"{next(iter(c)) if len(c) == 1 else f'{len(c)} contexts'}: {role}"
            for role, c in roles.items()
        ]
    else:
        lines = [f"{c.context}: {c.role}, mesh {c.mesh_id or '<unknown>'}" for c in report.clusters]
    verdict = _painted(report.verdict, report.verdict, style)
    return "\n".join([*dict.fromkeys(lines), f"verdict: {verdict} ({counts})\n"])


def _paint(text: str, result: str) -> str:
    return f"\x1b[{_COLORS[result]}m{text}\x1b[0m"


def _painted(text: str, result: str, style: Style) -> str:
    return _paint(text, result) if style.color else text
