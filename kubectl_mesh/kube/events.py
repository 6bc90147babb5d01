"""What a cluster's events say of an object: they live about an hour, so that there is none proves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from kubectl_mesh.kube.objects import Object, dig, name_of, text
from kubectl_mesh.kube.snapshot import Snapshot

_UNITS = (("d", 86400), ("h", 3600), ("m", 60))


@dataclass(frozen=True)
class Event:
    """One event: how often it came, when the last time (RFC 3339; "" where it doesn't say), and who told it."""

    reason: str
    message: str
    warning: bool
    count: int
    last: str
    component: str
    age: str

    def __str__(self) -> str:
        """`22x Unhealthy, 19s ago: Readiness probe failed: …`."""
        return f"{self.count}x {self.reason}{', ' if self.age else ''}{self.age}: {self.message}"


def events_of(snapshot: Snapshot, kind: str, obj: Object) -> list[Event]:
    """The events about an object, newest first."""
    about, own = (kind, name_of(obj)), text(obj, "metadata", "uid")
    found = [
        _event(snapshot, event)
        for event in snapshot.all("Event", snapshot.namespace_of(obj))
        if (text(event, "involvedObject", "kind"), text(event, "involvedObject", "name")) == about
        # One of the same name may have been there before.
        and text(event, "involvedObject", "uid")
        in ("", own or text(event, "involvedObject", "uid"))
    ]
    return sorted(found, key=lambda event: event.last, reverse=True)


def _event(snapshot: Snapshot, event: Object) -> Event:
    times = (
        dig(event, "series", "lastObservedTime"),
        *(event.get(k) for k in ("lastTimestamp", "eventTime")),
    )
    last = next(
        (
            t
            for t in (*times, dig(event, "metadata", "creationTimestamp"))
            if isinstance(t, str) and t
        ),
        "",
    )
    counts = (dig(event, "series", "count"), event.get("count"))
    return Event(
        text(event, "reason"),
        " ".join(text(event, "message").split()),
        text(event, "type") == "Warning",
        next((count for count in counts if type(count) is int and count > 0), 1),
        last,
        text(event, "source", "component") or text(event, "reportingComponent"),
        _age(snapshot.taken, last),
    )


def _age(taken: float | None, last: str) -> str:
    """`19s ago` as kubectl shows an age; the time itself where it isn't known when the objects were read."""
    try:
        then = datetime.fromisoformat(last.replace("Z", "+00:00"))
    except ValueError:
        return ""
    if taken is None:
        return last
    if then.tzinfo is None:
        then = then.replace(tzinfo=timezone.utc)
    seconds = max(0, int(taken - then.timestamp()))
    unit, size = next(((u, s) for u, s in _UNITS if seconds >= 2 * s), ("s", 1))
    return f"{seconds // size}{unit} ago"
