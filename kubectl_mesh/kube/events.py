"""What a cluster's events say of an object.

They live about an hour: that there is none proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from kubectl_mesh.kube.objects import Object, dig, mapping, name_of, text
from kubectl_mesh.kube.snapshot import Snapshot

_UNITS = (("d", 86400), ("h", 3600), ("m", 60))


@dataclass(frozen=True)
class Event:
    """One event.

    How often it came, when the last time (RFC 3339; "" where it doesn't say), which component
    reported it, and how long ago it was when the objects were read.
    """

    reason: str
    message: str
    warning: bool
    count: int
    last: str
    component: str
    age: str

    def __str__(self) -> str:
        """`22x Unhealthy, 19s ago: Readiness probe failed: …`."""
        age = f", {self.age}" if self.age else ""
        return f"{self.count}x {self.reason}{age}: {self.message}"


def events_of(snapshot: Snapshot, kind: str, obj: Object) -> list[Event]:
    """The events about an object, newest first."""
    found = []
    for event in snapshot.all("Event", snapshot.namespace_of(obj)):
        if _is_about(event, kind, obj):
            found.append(_event(snapshot, event))
    return sorted(found, key=lambda event: event.last, reverse=True)


def _is_about(event: Object, kind: str, obj: Object) -> bool:
    """Whether an event is about an object, and not about an earlier one of the same name."""
    about = mapping(event, "involvedObject")
    if (text(about, "kind"), text(about, "name")) != (kind, name_of(obj)):
        return False
    uids = {text(about, "uid"), text(obj, "metadata", "uid")}
    return "" in uids or len(uids) == 1


def _event(snapshot: Snapshot, event: Object) -> Event:
    last = _last_time(event)
    return Event(
        text(event, "reason"),
        " ".join(text(event, "message").split()),
        text(event, "type") == "Warning",
        _count(event),
        last,
        text(event, "source", "component") or text(event, "reportingComponent"),
        _age(snapshot.taken, last),
    )


def _last_time(event: Object) -> str:
    """When an event came the last time; "" where it doesn't say."""
    return (
        text(event, "series", "lastObservedTime")
        or text(event, "lastTimestamp")
        or text(event, "eventTime")
        or text(event, "metadata", "creationTimestamp")
    )


def _count(event: Object) -> int:
    """How often an event came."""
    for count in (dig(event, "series", "count"), event.get("count")):
        if type(count) is int and count > 0:
            return count
    return 1


def _age(taken: float | None, last: str) -> str:
    """`19s ago` as kubectl shows an age.

    The time itself where it isn't known when the objects were read.
    """
    try:
        then = datetime.fromisoformat(last.replace("Z", "+00:00"))
    except ValueError:
        return ""
    if taken is None:
        return last
    if then.tzinfo is None:
        then = then.replace(tzinfo=timezone.utc)
    seconds = max(0, int(taken - then.timestamp()))
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds // size}{unit} ago"
    return f"{seconds}s ago"
