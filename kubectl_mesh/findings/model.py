"""What a run found: findings, the clusters they belong to, and the verdict.

The verdict is computed here, once, before anything is formatted. Every string of a finding has
passed `clean`: what a cluster says may hold control characters, a report never does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

API_VERSION = "kubectl-mesh/v1"
PASS, WARN, FAIL, UNKNOWN, SKIP = "pass", "warn", "fail", "unknown", "skip"
RESULTS = (PASS, WARN, FAIL, UNKNOWN, SKIP)
EXIT_CODES = {PASS: 0, FAIL: 1, UNKNOWN: 3}


def clean(value: str, *, keep: str = "") -> str:
    """`value` with control, format and surrogate characters shown as escapes (`\\x1b`), except
    those in `keep`.
    """
    if value.translate(dict.fromkeys(map(ord, keep))).isprintable():
        return value
    return "".join(
        char
        if char in keep or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else char.encode("unicode_escape").decode("ascii")
        for char in value
    )


@dataclass(frozen=True)
class ObjectRef:
    """The object that a finding is about; `name` is None where it is about a kind as a whole."""

    kind: str
    namespace: str | None
    name: str | None

    def __str__(self) -> str:
        """`service/istiod-remote`, as kubectl prints it with `-o name`."""
        return f"{self.kind.lower()}/{self.name or '*'}"


@dataclass(frozen=True, eq=False)
class Finding:
    """One result: a value that nobody changes.

    `expected` and `actual` are what was compared, None where nothing was. `cause` is the finding
    that this one follows from, as far as its own check knows it; `causes.py` links the rest.
    `events` are the cluster's own recent Warning events about the object, newest first; `repair`
    is the object as it should be, where that alone fixes it.

    Findings with the same `once` say one thing and are shown once. Of those with the same
    `shared`, one is the cause of the others: what a cluster lacks for one Service it lacks for
    the next, too.
    """

    code: str
    result: str
    object: ObjectRef
    message: str
    field: str
    expected: list[str] | None = None
    actual: list[str] | None = None
    source: str | None = None
    hint: str | None = None
    cause: Finding | None = None
    events: Sequence[str] = ()
    repair: dict[str, Any] | None = None
    once: tuple[str, ...] | None = None
    shared: tuple[str, ...] | None = None
    ignored: bool = False
    id: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The finding as the JSON report shows it."""
        shown: dict[str, Any] = {
            "id": self.id,
            "code": self.code,
            "result": self.result,
            "object": {
                "kind": self.object.kind,
                "namespace": self.object.namespace,
                "name": self.object.name,
            },
            "field": self.field,
            "expected": self.expected,
            "actual": self.actual,
            "source": self.source,
            "message": self.message,
            "hint": self.hint,
            "cause": self.cause.id if self.cause else None,
        }
        if self.events:
            shown["events"] = list(self.events)
        if self.ignored:
            shown["ignored"] = True
        return shown


@dataclass
class ClusterReport:
    """What was found of one mesh in one cluster; `context` is the context's or the file's name.

    `asked` marks a cluster that needs no comparison of its own to be fine: it was only asked for
    the truth, or, among all contexts, has no part in what is verified.
    """

    context: str
    namespace: str
    role: str
    mesh_id: str | None
    findings: list[Finding] = field(default_factory=list)
    asked: bool = False
    raw_mesh_id: str | None = None

    def __post_init__(self) -> None:
        """Names come from clusters and files; `raw_mesh_id` is what they are compared by."""
        if self.raw_mesh_id is None:
            self.raw_mesh_id = self.mesh_id
        self.context, self.namespace = clean(self.context), clean(self.namespace)
        self.mesh_id = None if self.mesh_id is None else clean(self.mesh_id)

    def apart(self, finding: Finding) -> bool:
        """Whether a finding is about an object in another namespace than the mesh's."""
        return finding.object.namespace not in (None, self.namespace)


@dataclass(frozen=True)
class Ignore:
    """`--ignore CODE[=kind/name]` as it was given; an empty kind stands for every object."""

    given: str
    code: str
    kind: str = ""
    name: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is one that the user does not want to count. What passed is never
        ignored.
        """
        return (
            finding.result != PASS
            and finding.code == self.code
            and (
                not self.kind
                or (finding.object.kind.lower(), finding.object.name) == (self.kind, self.name)
            )
        )


class Report:
    """A whole run: `command` is the verb, `verdict` one of pass, fail, unknown."""

    def __init__(
        self,
        command: str,
        clusters: Sequence[ClusterReport],
        ignores: Iterable[Ignore] = (),
        fail_on: str = FAIL,
    ) -> None:
        self.command = command
        self.clusters = _numbered(clusters, tuple(ignores))
        self.summary = dict.fromkeys((*RESULTS, "ignored"), 0)
        for finding in self.findings:
            self.summary["ignored" if finding.ignored else finding.result] += 1
        self.failing = (FAIL, WARN) if fail_on == WARN else (FAIL,)
        self.verdict = self.verdict_of(self.clusters)
        if self.verdict != FAIL and all(cluster.asked for cluster in self.clusters):
            self.verdict = UNKNOWN  # nothing that was to be verified

    @property
    def findings(self) -> list[Finding]:
        """The findings of all clusters, in their order."""
        return [finding for cluster in self.clusters for finding in cluster.findings]

    @property
    def exit_code(self) -> int:
        """What the process answers to a script."""
        return EXIT_CODES[self.verdict]

    def verdict_of(self, clusters: Sequence[ClusterReport]) -> str:
        """The verdict on some of the clusters alone; skip for those that have no part in what is
        verified.
        """
        counted = [(c.asked, {f.result for f in c.findings if not f.ignored}) for c in clusters]
        if any(results & set(self.failing) for _, results in counted):
            return FAIL
        # A cluster where nothing was compared, or something could not be told, is never fine.
        if any(
            (not asked and PASS not in results) or UNKNOWN in results for asked, results in counted
        ):
            return UNKNOWN
        return SKIP if all(results <= {SKIP} for _, results in counted) else PASS

    def at_fault(self) -> list[Finding]:
        """The findings that make the verdict fail."""
        return [f for f in self.findings if f.result in self.failing and not f.ignored]

    def as_dict(self) -> dict[str, Any]:
        """The report in the form of `report.schema.json`."""
        return {
            "apiVersion": API_VERSION,
            "kind": "Report",
            "command": self.command,
            "verdict": self.verdict,
            "summary": self.summary,
            "clusters": [
                {
                    "context": cluster.context,
                    "namespace": cluster.namespace,
                    "role": cluster.role,
                    "meshID": cluster.mesh_id,
                    "findings": [finding.as_dict() for finding in cluster.findings],
                }
                for cluster in self.clusters
            ],
        }


def changed(
    entries: Iterable[ClusterReport], change: Callable[[Finding], Finding]
) -> list[ClusterReport]:
    """The entries with every finding changed, and causes that name the changed ones.

    `change` is called once for each finding, those that are only causes too; it returns what it
    leaves alone.
    """
    entries = list(entries)
    whole = [finding for entry in entries for finding in entry.findings]
    made = iter(changed_findings(whole, change))
    return [replace(entry, findings=[next(made) for _ in entry.findings]) for entry in entries]


def changed_findings(
    findings: Iterable[Finding], change: Callable[[Finding], Finding]
) -> list[Finding]:
    """As `changed`, for findings that belong together."""
    made: dict[Finding, Finding] = {}

    def build(finding: Finding) -> Finding:
        if finding not in made:
            new = change(finding)
            cause = build(new.cause) if new.cause else None
            made[finding] = new if cause is new.cause else replace(new, cause=cause)
        return made[finding]

    return list(map(build, findings))


def _numbered(entries: Iterable[ClusterReport], ignores: Sequence[Ignore]) -> list[ClusterReport]:
    """The entries with an id for each finding, in their order, and marks on what the user
    ignores.
    """
    entries = list(entries)
    counted: dict[str, int] = {}
    ids: dict[Finding, str] = {}
    for entry in entries:
        for finding in entry.findings:
            counted[finding.code] = counted.get(finding.code, 0) + 1
            ids[finding] = f"{finding.code}-{counted[finding.code]}"

    def number(finding: Finding) -> Finding:
        ignored = any(ignore.covers(finding) for ignore in ignores)
        return replace(finding, id=ids.get(finding, ""), ignored=ignored)

    return changed(entries, number)


def causes_first(findings: Sequence[Finding]) -> list[tuple[Finding, int]]:
    """The findings with their depth: each cause is followed by what it brings about.

    A finding whose cause is not among them (it belongs to another cluster) stands at depth 0.
    """
    ordered: list[tuple[Finding, int]] = []

    def add(finding: Finding, depth: int) -> None:
        ordered.append((finding, depth))
        for other in findings:
            if other.cause is finding:
                add(other, depth + 1)

    for finding in findings:
        if finding.cause is None or all(finding.cause is not other for other in findings):
            add(finding, 0)
    return ordered
