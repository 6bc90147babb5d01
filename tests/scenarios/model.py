"""What a scenario is: objects, flags, and what must be found in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.lab.scenes import Scene

FAIL, WARN, UNKNOWN, SKIP = "fail", "warn", "unknown", "skip"
EXIT = {"pass": 0, "fail": 1, "unknown": 3}


@dataclass(frozen=True)
class Scenario:
    """Objects, flags, and the report on them.

    `verify` is the cluster in question, `asked` whether the control plane is named (it is another
    cluster). `found` are all findings that are no pass, as code -> result. Scenes run as files and,
    unless `live` is False, on the lab's API servers; both must find the same.
    """

    name: str
    scene: Scene
    verdict: str
    found: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    verify: str = "workload"
    asked: bool = True
    ask: str = "control-plane"
    live: bool = True
    # (cluster, kind, code): reads that failed, in files only
    unread: tuple[tuple[str, str, str], ...] = ()
    causes: Mapping[str, str] = field(default_factory=dict)  # code -> code of its cause
    rootless: tuple[str, ...] = ()  # codes that must have no cause
    count: Mapping[str, int] = field(default_factory=dict)  # code -> how often it is reported
    command: str = "verify-endpoints"


BOTH: dict[str, Any] = {"verify": "control-plane", "asked": False}
LONE: dict[str, Any] = {"asked": False}
