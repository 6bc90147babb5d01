"""What was read of one cluster: plain decoded objects, and the reads that gave no answer.

Knows nothing of Istio.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kubectl_mesh.kube.objects import Object, name_of, text


@dataclass(frozen=True)
class Failure:
    """Why a read gave no answer: the code of the finding that reports it, and one line."""

    code: str
    detail: str


NOT_CAPTURED = "NotCaptured"


ALL_NAMESPACES = ""  # as Kubernetes writes it


ReadKey = tuple[str, str, str | None]


@dataclass(eq=False)
class Snapshot:
    """The objects of one namespace of one cluster (and of others, where an object says so).

    `source` is the context's or the file's name, `server` what identifies the API server, `taken`
    when it was first asked, in seconds since 1970 (both None for files). `answered` and `failures`
    are keyed by (kind, namespace, subject): subject is the name that was asked for, or None for the
    kind as a whole. `redacted`: its addresses and names are made up. `aliases` are further contexts
    that lead there in the same way.

    It changes by `answer` and `fail` alone.
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
        kept = {}
        for obj in (*self.objects.get(kind, []), *found):
            kept[text(obj, "metadata", "namespace"), name_of(obj)] = obj
        self.objects[kind] = list(kept.values())

    def answer(self, keys: Iterable[ReadKey], found: Mapping[str, Iterable[Object]]) -> None:
        """Reads were answered by these objects, by kind; as `add` for them."""
        self.answered.update(keys)
        for kind, objects in found.items():
            self.add(kind, objects)

    def fail(self, keys: Iterable[ReadKey], failure: Failure) -> None:
        """A read gave no answer."""
        self.failures.update(dict.fromkeys(keys, failure))

    def all(self, kind: str, namespace: str | None = None) -> list[Object]:
        """Every object of a kind in a namespace, or in ALL_NAMESPACES.

        The namespace is the snapshot's own where none is given.
        """
        found = self.objects.get(kind, [])
        wanted = self.namespace if namespace is None else namespace
        if wanted == ALL_NAMESPACES:
            return list(found)
        return [obj for obj in found if self.namespace_of(obj) == wanted]

    def namespace_of(self, obj: Object) -> str:
        """The namespace of an object; the snapshot's own where a file doesn't say it."""
        return text(obj, "metadata", "namespace") or self.namespace

    def find(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object by its name, or None: ask `unread` whether None means absent."""
        for obj in self.all(kind, namespace):
            if name_of(obj) == name:
                return obj
        return None

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
