"""What follows from what, decided once over all findings of a run; each rule is one function.

A check says what it knows by itself (`Finding.cause`). Everything else is decided here, after
judging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from kubectl_mesh.findings.catalog import phrase
from kubectl_mesh.findings.model import (
    FAIL,
    SKIP,
    UNKNOWN,
    WARN,
    ClusterReport,
    Finding,
    changed,
)

_GRAVEST_FIRST = (FAIL, UNKNOWN, WARN, SKIP)


def shown_once(entries: Iterable[ClusterReport]) -> list[ClusterReport]:
    """Of the findings with the same `once` the first stays, as grave as the gravest of them."""
    entries = list(entries)
    first: dict[tuple[str, ...], Finding] = {}
    results: dict[tuple[str, ...], str] = {}
    for entry in entries:
        for finding in entry.findings:
            if finding.once is None:
                continue
            first.setdefault(finding.once, finding)
            known = results.get(finding.once, finding.result)
            results[finding.once] = min(known, finding.result, key=_GRAVEST_FIRST.index)
    kept = [
        replace(entry, findings=[f for f in entry.findings if _stays(f, first)])
        for entry in entries
    ]

    def change(finding: Finding) -> Finding:
        once = finding.cause.once if finding.cause else None
        if once in first:
            finding = replace(finding, cause=first[once])
        return replace(finding, result=results.get(finding.once or (), finding.result))

    return changed(kept, change)


def _stays(finding: Finding, first: Mapping[tuple[str, ...], Finding]) -> bool:
    return finding.once is None or first[finding.once] is finding


def shared_reasons_linked(entries: Iterable[ClusterReport]) -> list[ClusterReport]:
    """Of findings with the same `shared` reason one is the cause: the first as grave as they, or
    a graver one.
    """
    entries = list(entries)
    causes: dict[Finding, Finding] = {}
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for entry in entries:
        for finding in entry.findings:
            if finding.shared is None:
                continue
            earlier = groups.setdefault(finding.shared, [])
            same = [other for other in earlier if other.result == finding.result]
            if same:
                causes[finding] = same[0]
            elif finding.result == FAIL:
                for other in earlier:
                    causes.setdefault(other, finding)
            earlier.append(finding)
    return linked(entries, causes.get)


def without_commands(entries: Iterable[ClusterReport]) -> list[ClusterReport]:
    """The entries of a redacted snapshot: commands with made-up names and addresses fix nothing."""
    advice = str(phrase("stand-ins"))

    def change(finding: Finding) -> Finding:
        return replace(finding, hint=advice, repair=None) if finding.hint else finding

    return changed(entries, change)


def linked(
    entries: Iterable[ClusterReport], cause_of: Callable[[Finding], Finding | None]
) -> list[ClusterReport]:
    """The entries with a cause for each finding that `cause_of` knows one of, and that has none
    yet.
    """

    def change(finding: Finding) -> Finding:
        cause = None if finding.cause else cause_of(finding)
        return replace(finding, cause=cause) if cause else finding

    return changed(entries, change)
