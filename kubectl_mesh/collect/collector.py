"""Several clusters read side by side, each within its own time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from kubectl_mesh.collect.live import Cluster, unforeseen
from kubectl_mesh.collect.reads import Questions
from kubectl_mesh.kube.snapshot import Snapshot

_TICK = 0.1  # seconds between two looks at what is still being read
_FURTHER_ROUNDS = 2


class Collector:
    """Fills the snapshots of some clusters side by side, `parallel` of them at a time; `run` does.

    Each cluster has a thread of its own, so that a dead or slow one costs only itself, and a
    deadline of its own.
    """

    def __init__(self, clusters: Sequence[Cluster], questions: Questions, parallel: int) -> None:
        self.clusters, self.questions = clusters, questions
        self.parallel, self.slots = parallel, threading.Semaphore(parallel)
        self.lock = threading.Lock()
        self.all_answered, self.all_done = threading.Event(), threading.Event()
        self.answered: list[Snapshot] = []
        self.done = 0
        self.unforeseen: list[Exception] = []

    def run(self, progress: Callable[[Sequence[Cluster]], None]) -> None:
        """Read everything; `progress` is called now and then with those that didn't answer yet."""
        # They begin now, though it takes a while to start them all.
        for cluster in self.clusters[: self.parallel]:
            cluster.begin()
        for cluster in self.clusters:
            threading.Thread(target=self._read, args=(cluster,), daemon=True).start()
        while not self.all_done.wait(_TICK):
            answered = set(self.answered)
            progress([cluster for cluster in self.clusters if cluster.snapshot not in answered])
        if self.unforeseen:
            raise self.unforeseen[0]

    def _read(self, cluster: Cluster) -> None:
        """All that is read of one cluster."""
        try:
            self._first_reads(cluster)
            self._look_up(cluster)
        except Exception as error:
            self._keep_unforeseen(cluster, error)
        finally:
            with self.lock:
                self.done += 1
            if self.done == len(self.clusters):
                self.all_done.set()

    def _first_reads(self, cluster: Cluster) -> None:
        """What can be read without the answers of other clusters."""
        try:
            with self.slots:
                self._connect(cluster)
                cluster.fetch_all(self.questions.first(cluster.snapshot))
                for _ in range(_FURTHER_ROUNDS):
                    cluster.fetch_further(self.questions.further(cluster.snapshot))
        finally:
            with self.lock:
                self.answered.append(cluster.snapshot)
            if len(self.answered) == len(self.clusters):
                self.all_answered.set()

    @staticmethod
    def _connect(cluster: Cluster) -> None:
        if cluster.snapshot.taken is None:
            cluster.begin()
        if not cluster.connected and not cluster.failure:
            cluster.connect_in_time()

    def _look_up(self, cluster: Cluster) -> None:
        """What the answers of all clusters call for.

        Half of the time that is left is for it: waiting for a dead cluster must not use it up.
        """
        left = cluster.seconds_left()
        self.all_answered.wait(None if left is None else left / 2)
        reads = self.questions.last(cluster.snapshot, tuple(self.answered))
        if reads and self.slots.acquire(timeout=cluster.seconds_left()):
            try:
                cluster.fetch_further(reads)
            finally:
                self.slots.release()

    def _keep_unforeseen(self, cluster: Cluster, error: Exception) -> None:
        """Keep an error for the thread that can report it, unless it is one cluster's own."""
        if not cluster.alone:
            self.unforeseen.append(error)
            return
        for read in self.questions.first(cluster.snapshot):
            cluster.snapshot.fail(read.keys, unforeseen(error))
