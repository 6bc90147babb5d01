"""`-o table` and `-o wide`: a row for each comparison, and under them each fault once.

A fault comes with why it matters and its remedy.
"""

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
_FEW = 10  # clusters that are listed one by one
_COLORS = {PASS: "32", WARN: "33", FAIL: "31", UNKNOWN: "35", SKIP: "2"}
_GRAVEST_FIRST = (FAIL, UNKNOWN, WARN, PASS, SKIP)
_Node = tuple[Finding, int]  # a finding, and how deep under its first cause
_Group = list[_Node]  # a cause, and what follows from it
_Homes = dict[int, ClusterReport]  # where each finding was made, by its id()
_SHORT_KINDS = {"service": "svc", "deployment": "deploy", "configmap": "cm", "namespace": "ns"}


def table(report: Report, style: Style) -> str:
    """The report for a person, readable at 100 columns."""
    return _render(report, style, wide=False)


def wide(report: Report, style: Style) -> str:
    """As `table`, with the source of each expected value."""
    return _render(report, style, wide=True)


def _render(report: Report, style: Style, *, wide: bool) -> str:
    homes: _Homes = {}
    for cluster in report.clusters:
        homes.update(dict.fromkeys(map(id, cluster.findings), cluster))
    ordered = causes_first(report.findings)
    rows = [_row(finding, depth, homes[id(finding)], style) for finding, depth in ordered]
    headers = ["CLUSTER", "RESULT", "OBJECT", "FIELD", "EXPECTED", "ACTUAL"]
    findings = [finding for finding, _ in ordered]
    if any(homes[id(finding)].apart(finding) for finding in findings):
        # Gateways stand in several namespaces.
        namespaces = [finding.object.namespace for finding in findings]
        _insert_column(headers, rows, 1, "NAMESPACE", namespaces)
    if wide:
        sources = [finding.source for finding in findings]
        _insert_column(headers, rows, len(headers), "SOURCE", sources)
    shown = _laid_out(headers, rows, findings, style, shorten=not wide)
    if not style.headers:
        return shown
    return "\n".join([shown, *_faults(ordered, homes, style), _summary(report, style)])


def _insert_column(
    headers: list[str],
    rows: list[list[str]],
    place: int,
    header: str,
    values: Sequence[str | None],
) -> None:
    headers.insert(place, header)
    for row, value in zip(rows, values, strict=True):
        row.insert(place, value or "-")


def _laid_out(
    headers: list[str],
    rows: list[list[str]],
    findings: list[Finding],
    style: Style,
    *,
    shorten: bool,
) -> str:
    """The rows of some findings in columns."""
    if style.headers:
        rows.insert(0, headers)  # as a row: tabulate pads real headers wider than kubectl's are
        if style.width is not None and shorten:
            _fit(rows, max(_WIDTH, style.width))
    if style.color:
        _color(rows, findings, headers)
    shown = tabulate(rows, tablefmt="plain", disable_numparse=True)
    return "".join(f"{line.rstrip()}\n" for line in shown.splitlines())


def _row(finding: Finding, depth: int, cluster: ClusterReport, style: Style) -> list[str]:
    kind, _, name = str(finding.object).partition("/")
    branch = "└" + "─" * (depth - 1) + " " if depth else ""
    return [
        cluster.context,
        f"{finding.result} (ignored)" if finding.ignored else finding.result,
        f"{branch}{_SHORT_KINDS.get(kind, kind)}/{name}",
        finding.field,
        _cell(finding.expected, style),
        _cell(finding.actual, style),
    ]


def _cell(values: list[str] | None, style: Style) -> str:
    """Values side by side where they are short, else one a line.

    Many of them grow the table down, not wide. Without headers somebody else than a person reads:
    one finding is one line.
    """
    if values is None:
        return "-"
    if not style.headers:
        return ",".join(values) or "<none>"
    lines: list[str] = []
    for value in values:
        if lines and len(lines[-1]) + len(value) < _CELL_WIDTH:
            lines[-1] += f",{value}"
        else:
            lines.append(value)
    return "\n".join(lines) or "<none>"


def _fit(rows: list[list[str]], width: int) -> None:
    """Make rows fit a width as far as they can: the first one has the headers."""
    _shorten(rows, "CLUSTER", 12, width)
    _break_values(rows, width)
    _shorten(rows, "OBJECT", 28, width)


def _shorten(rows: list[list[str]], header: str, shortest: int, width: int) -> None:
    """Shorten a column's names in the middle until the rows fit.

    The texts under the table have them whole.
    """
    excess, column = _excess(rows, width), rows[0].index(header)
    if excess <= 0:
        return
    room = max(shortest, max(len(row[column]) for row in rows) - excess)
    tail = room // 2
    for row in rows:
        if len(row[column]) > room:
            row[column] = f"{row[column][: room - tail - 1]}…{row[column][-tail:]}"


def _break_values(rows: list[list[str]], width: int) -> None:
    """Break EXPECTED and ACTUAL at dots and colons where the rows are too long.

    Values are never shortened.
    """
    excess = _excess(rows, width)
    if excess <= 0:
        return
    first = rows[0].index("EXPECTED")
    longest = 0
    for row in rows:
        longest = max(longest, _cell_width(row[first]), _cell_width(row[first + 1]))
    room = max(_CELL_WIDTH, longest - excess)
    for row in rows:
        for column in (first, first + 1):
            lines: list[str] = []
            for line in row[column].split("\n"):
                lines += _broken(line, room)
            row[column] = "\n".join(lines)


def _broken(line: str, room: int) -> list[str]:
    parts = [""]
    for piece in re.findall(r"[^.:,]*[.:,]?", line):
        if parts[-1] and len(parts[-1]) + len(piece) > room:
            parts.append("")
        parts[-1] += piece
    return parts


def _cell_width(cell: str) -> int:
    return max(map(len, cell.split("\n")))


def _excess(rows: list[list[str]], width: int) -> int:
    """How far the rows stand out over the width."""
    columns = zip(*rows, strict=True)
    widths = [max(map(_cell_width, column)) for column in columns]
    return sum(widths) + 2 * (len(widths) - 1) - width


def _color(rows: list[list[str]], findings: list[Finding], headers: list[str]) -> None:
    result, actual = headers.index("RESULT"), headers.index("ACTUAL")
    for row, finding in zip(rows[-len(findings) :], findings, strict=True):
        row[result] = _paint(row[result], finding.result)
        if finding.result == FAIL:
            row[actual] = "\n".join(_paint(line, FAIL) for line in row[actual].split("\n"))


def _faults(ordered: Sequence[_Node], homes: _Homes, style: Style) -> list[str]:
    """Each cause with what follows from it, the gravest first."""
    alike: dict[tuple[str, ...], list[_Group]] = {}
    for group in sorted(_groups(ordered), key=_gravity):
        alike.setdefault(_likeness(group, homes), []).append(group)
    return [_block(same, homes, style) for same in alike.values()]


def _groups(ordered: Sequence[_Node]) -> list[_Group]:
    """The causes that are shown, each with what follows from it."""
    groups: list[_Group] = []
    for finding, depth in ordered:
        if finding.result == PASS or finding.ignored:
            continue
        # A consequence stands right under its cause, unless that one is not shown.
        if groups and any(finding.cause is above for above, _ in groups[-1]):
            groups[-1].append((finding, depth))
        else:
            groups.append([(finding, 0)])
    return groups


def _gravity(group: _Group) -> int:
    return min(_GRAVEST_FIRST.index(finding.result) for finding, _ in group)


def _likeness(group: _Group, homes: _Homes) -> tuple[str, ...]:
    """What groups have in common that are shown once; of what is skipped the code is enough."""
    root, _ = group[0]
    if root.result == SKIP:
        return root.result, root.code
    message = root.message
    if root.field == "read":  # they all name their cluster
        message = message.replace(homes[id(root)].context, "")
    return root.result, root.code, f"{root.object} {message}"


def _block(groups: Sequence[_Group], homes: _Homes, style: Style) -> str:
    """Groups that are alike: their cause once, and what follows from each of them."""
    first, *others = groups
    root, _ = first[0]
    block = _fault(root, homes, style, [group[0][0] for group in others])
    following = first[1:]
    for group in others:
        following += group[1:]
    if following:
        block += "\n"
    for finding, depth in following:
        block += _consequence(finding, depth, homes, style, several=bool(others))
    return block


def _consequence(
    finding: Finding, depth: int, homes: _Homes, style: Style, *, several: bool
) -> str:
    """What follows from a fault, in a few words; `several`: that is shown for several clusters."""
    cluster = homes[id(finding)]
    label = finding.result.upper()
    head = f"{label} {finding.code}"
    if several or (finding.cause is not None and homes[id(finding.cause)] is not cluster):
        head += f" ({cluster.context})"
    indents = _indents("  " * depth, "  " * (depth + 1))
    words = textwrap.fill(f"{head}: {finding.message}", _WIDTH, **indents)
    return words.replace(label, _painted(label, finding.result, style), 1) + "\n"


def _fault(finding: Finding, homes: _Homes, style: Style, others: Sequence[Finding]) -> str:
    """One fault: what is wrong, why it matters, what to do; `others` are the same elsewhere."""
    cluster = homes[id(finding)]
    elsewhere = [homes[id(other)] for other in others]
    contexts = list(dict.fromkeys(home.context for home in elsewhere if home is not cluster))
    lines = _heading(finding, cluster, contexts, style)
    text = texts(finding.code)
    if finding.result == SKIP and contexts:
        return "\n".join([*lines, *_wrapped(f"{text.title}.")]) + "\n"
    lines += _wrapped(finding.message)
    if finding.result == SKIP and RESULTS[finding.code][0] != SKIP:
        return "\n".join(lines) + "\n"  # here it is no fault: nothing is to be done
    lines += _events(finding)
    lines += _wrapped(text.meaning)
    lines += _remedy(finding, cluster, differs=any(other.hint != finding.hint for other in others))
    return "\n".join(lines) + "\n"


def _remedy(finding: Finding, cluster: ClusterReport, *, differs: bool) -> list[str]:
    """What to do about a fault; `differs`: elsewhere it is something else.

    Commands are indented in the catalog, and stay on one line so that they can be pasted.
    """
    lines: list[str] = []
    if differs:
        where = f"In {cluster.context} (for the others verify each by itself, or see -o json):"
        lines += ["", *_wrapped(where)]
    elif finding.hint:
        lines.append("")
    for line in (finding.hint or "").splitlines():
        lines += [f"  {line}"] if line.startswith("  ") else _wrapped(line)
    return lines


def _heading(
    finding: Finding, cluster: ClusterReport, contexts: list[str], style: Style
) -> list[str]:
    """Result, code and places of a fault; `contexts` are further ones that have the same."""
    label = finding.result.upper()
    place = cluster.context
    if cluster.apart(finding):
        place += f", namespace {finding.object.namespace}"
    lines = [f"{label} {finding.code} ({some([place, *contexts])})"]
    if contexts:
        lines = textwrap.wrap(lines[0], _WIDTH, **_indents("", "  "))
    lines[0] = _painted(label, finding.result, style) + lines[0].removeprefix(label)
    return lines


def _events(finding: Finding) -> list[str]:
    """The events about a fault, without those that its message quotes."""
    lines = []
    for event in finding.events:
        if event.partition(": ")[2].rstrip(".") not in finding.message:
            lines += textwrap.wrap(event, _WIDTH, **_indents("    ", "      "))
    return lines


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
    counted = [result for result in (*_GRAVEST_FIRST, "ignored") if report.summary[result]]
    counts = ", ".join(f"{report.summary[result]} {result}" for result in counted)
    verdict = _painted(report.verdict, report.verdict, style)
    return "\n".join([*_clusters(report), f"verdict: {verdict} ({counts})\n"])


def _clusters(report: Report) -> list[str]:
    """The roles of the clusters, a line each; where there are many, a line for each role."""
    roles: dict[str, dict[str, None]] = {}
    lines: dict[str, None] = {}
    for cluster in report.clusters:
        role = f"{cluster.role}, mesh {cluster.mesh_id or '<unknown>'}"
        roles.setdefault(role, {})[cluster.context] = None
        lines[f"{cluster.context}: {role}"] = None
    if len(report.clusters) > _FEW:
        return [f"{_counted(list(contexts))}: {role}" for role, contexts in roles.items()]
    return list(lines)


def _counted(contexts: list[str]) -> str:
    """The one context of a role, or how many there are."""
    return contexts[0] if len(contexts) == 1 else f"{len(contexts)} contexts"


def _paint(text: str, result: str) -> str:
    return f"\x1b[{_COLORS[result]}m{text}\x1b[0m"


def _painted(text: str, result: str, style: Style) -> str:
    return _paint(text, result) if style.color else text
