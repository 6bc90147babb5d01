"""What was read of one cluster: plain decoded objects, and the reads that gave no answer.

Knows nothing of Istio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from kubectl_mesh.kube.objects import Object, name_of, text


@dataclass(frozen=True)
class Failure:
    """Why a read gave no answer: the code of the finding that reports it, and one line."""

    code: str
    detail: str


NOT_CAPTURED = "NotCaptured"


ALL_NAMESPACES = ""  # as Kubernetes writes it


ReadKey = tuple[str, str, str | None]


_Arguments = ParamSpec("_Arguments")
_Found = TypeVar("_Found")


@dataclass(eq=False)
class Snapshot:
    """The objects of one namespace of one cluster (and of others, where an object says so).

    `source` is the context's or the file's name, `server` what identifies the API server, `taken`
    when it was first asked, in seconds since 1970 (both None for files). `answered` and `failures`
    are keyed by (kind, namespace, subject): subject is the name that was asked for, or None for the
    kind as a whole. `redacted`: its addresses and names are made up. `aliases` are further contexts
    that lead there in the same way.

    It changes by `add`, `answer` and `fail` alone, which forget the facts that were found in it.
    """

    source: str
    namespace: str
    server: str | None = None
    taken: float | None = None
    objects: dict[str, list[Object]] = field(default_factory=dict)
    answered: set[ReadKey] = field(default_factory=set)
    failures: dict[ReadKey, Failure] = field(default_factory=dict)
    redacted: bool = False
    aliases: tuple[str, ...] = ()
    _facts: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def uid(self) -> str:
        """What identifies the cluster itself, the UID of kube-system; "" where it was not read."""
        return text(self.find("Namespace", "kube-system", ALL_NAMESPACES), "metadata", "uid")

    def same_cluster(self, other: Snapshot) -> bool:
        """Whether both are of one cluster.

        One API server, the same files, or the very same kube-system.
        """
        if self.uid and self.uid == other.uid:
            return True
        return self.server == other.server and (
            self.server is not None or self.source == other.source
        )

    def add(self, kind: str, found: Iterable[Object]) -> None:
        """Keep objects of one kind; an object that is already there is replaced."""
        self._keep(kind, found)
        self._forget_facts()

    def _keep(self, kind: str, found: Iterable[Object]) -> None:
        kept = {}
        for obj in (*self.objects.get(kind, []), *found):
            kept[text(obj, "metadata", "namespace"), name_of(obj)] = obj
        self.objects[kind] = list(kept.values())

    def _forget_facts(self) -> None:
        """Called once a change is complete.

        Another thread may be finding a fact meanwhile: it keeps it among those that are forgotten.
        """
        self._facts = {}

    def answer(self, keys: Iterable[ReadKey], found: Mapping[str, Iterable[Object]]) -> None:
        """Reads were answered by these objects, by kind; as `add` for them."""
        self.answered.update(keys)
        for kind, objects in found.items():
            self._keep(kind, objects)
        self._forget_facts()

    def fail(self, keys: Iterable[ReadKey], failure: Failure) -> None:
        """A read gave no answer."""
        self.failures.update(dict.fromkeys(keys, failure))
        self._forget_facts()

    def all(self, kind: str, namespace: str | None = None) -> list[Object]:
        """Every object of a kind in a namespace, or in ALL_NAMESPACES.

        The namespace is the snapshot's own where none is given.
        """
        where = self.namespace if namespace is None else namespace
        if where == ALL_NAMESPACES:
            return list(self.objects.get(kind, []))
        return list(_by_namespace(self, kind).get(where, []))

    def namespace_of(self, obj: Object) -> str:
        """The namespace of an object; the snapshot's own where a file doesn't say it."""
        return text(obj, "metadata", "namespace") or self.namespace

    def find(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object by its name, or None: ask `unread` whether None means absent."""
        where = self.namespace if namespace is None else namespace
        return _by_name(self, kind, where).get(name)

    def unread(
        self, kind: str, subject: str | None = None, namespace: str | None = None
    ) -> Failure | None:
        """Why it can't be said that an object is absent, or None where it can.

        What was answered for ALL_NAMESPACES was answered for each.
        """
        where = self.namespace if namespace is None else namespace
        if self._is_answered(kind, where, subject):
            return None
        failure = self.failures.get((kind, where, subject)) or self.failures.get(
            (kind, where, None)
        )
        if failure:
            return failure
        if self.answered:
            return Failure(NOT_CAPTURED, f"{kind} {subject or 'objects'} not read")
        # Nothing answered: what was not even asked for failed as the rest did.
        return next(iter(self.failures.values()), Failure(NOT_CAPTURED, "nothing was read"))

    def _is_answered(self, kind: str, namespace: str, subject: str | None) -> bool:
        named, whole = (kind, namespace, subject), (kind, namespace, None)
        everywhere = ((kind, ALL_NAMESPACES, subject), (kind, ALL_NAMESPACES, None))
        if not self.answered.isdisjoint((named, *everywhere)):
            return True
        return whole in self.answered and named not in self.failures


def fact(
    find: Callable[Concatenate[Snapshot, _Arguments], _Found],
) -> Callable[Concatenate[Snapshot, _Arguments], _Found]:
    """A function of a Snapshot, and of hashable arguments, that finds each fact once.

    What it found is kept in the snapshot until that changes, and is nobody's to change; a copy by
    `dataclasses.replace` has facts of its own.
    """

    @wraps(find)
    def known(
        snapshot: Snapshot, /, *arguments: _Arguments.args, **named: _Arguments.kwargs
    ) -> _Found:
        facts = snapshot._facts
        key = (find, arguments, *named.items())
        if key not in facts:
            facts[key] = find(snapshot, *arguments, **named)
        found: _Found = facts[key]
        return found

    return known


@fact
def _by_namespace(snapshot: Snapshot, kind: str) -> Mapping[str, list[Object]]:
    """The objects of a kind by their namespaces."""
    found: dict[str, list[Object]] = {}
    for obj in snapshot.objects.get(kind, []):
        found.setdefault(snapshot.namespace_of(obj), []).append(obj)
    return found


@fact
def _by_name(snapshot: Snapshot, kind: str, namespace: str) -> Mapping[str, Object]:
    """The objects of a kind in a namespace by their names; of several the first."""
    found: dict[str, Object] = {}
    for obj in snapshot.all(kind, namespace):
        found.setdefault(name_of(obj), obj)
    return found
