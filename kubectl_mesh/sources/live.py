"""Snapshots of live clusters, through the `kubernetes` package: kubeconfig, credentials, TLS and proxies are its.

Reads are raw JSON GETs on its connection pool: typed models raise on the malformed objects that the
tool is sent to find.
"""

from __future__ import annotations

import json
import logging
import os
import re
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import IncompleteRead
from typing import Any

import urllib3
from kubernetes.client import ApiClient, Configuration
from kubernetes.config import ConfigException, kube_config, load_incluster_config
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    InvalidChunkLength,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from kubectl_mesh import __version__
from kubectl_mesh.reads import FURTHER_READS, OPTIONAL, Read
from kubectl_mesh.snapshot import Failure, Object, Snapshot, dig, text
from kubectl_mesh.sources import InputError

IN_CLUSTER = "in-cluster"


class Kubeconfig:
    """The kubeconfig files as kubectl merges them; `contexts` are their context names, `current` the active one.

    Without any file it stands for the in-cluster configuration of a Pod. Raises InputError where there is neither,
    or a file can't be used.
    """

    def __init__(self, path: str | None) -> None:
        named = path or os.environ.get("KUBECONFIG") or os.path.join("~", ".kube", "config")
        if path and not os.path.isfile(os.path.expanduser(path)):
            raise InputError(f"kubeconfig {path}: no such file")
        try:
            merger = kube_config.KubeConfigMerger("" if path else named)
            if path:  # one file, whatever characters its name has
                merger.load_config(os.path.expanduser(path))
            merged = merger.config
            self.contexts = tuple(str(c["name"]) for c in merged["contexts"].value) if merged else ()
        except Exception as error:  # whatever YAML and the package make of a broken file
            raise InputError(f"kubeconfig {named}: {_line(error)}") from error
        self.path = named
        self._merged = merged
        # Of several files the first that names a current context wins; the package takes the last.
        chosen = (text(config, "current-context") for config in merger.config_files.values())
        self.current = next(filter(None, chosen), "")
        self.in_cluster = merged is None and "KUBERNETES_SERVICE_HOST" in os.environ
        if merged is None and not self.in_cluster:
            raise InputError(f"no kubeconfig at {named}, and not inside a cluster: name one with --kubeconfig")
        if self.in_cluster:
            self.current = IN_CLUSTER

    def client(self, context: str, where: str) -> tuple[ApiClient, str | None]:
        """An API client for a context, and why logging in failed, if it did.

        `where` names the flag or setting that asked for the context, for errors. Raises InputError.
        """
        configuration = Configuration()
        configuration.retries = False  # the package's default turns a timeout of 1 s into 4 s
        configuration.connection_pool_maxsize = 32
        if self.in_cluster and context == IN_CLUSTER:
            try:
                load_incluster_config(client_configuration=configuration)
            except ConfigException as error:
                raise InputError(f"in-cluster configuration: {_line(error)}") from error
            return ApiClient(configuration), None
        if context not in self.contexts:
            offered = ", ".join(self.contexts) or "none"
            raise InputError(
                f'{where}: context "{context}" does not exist in kubeconfig {self.path} (it has: {offered})'
            )
        complaints = _Complaints()
        logging.getLogger().addHandler(complaints)
        try:
            kube_config.load_kube_config_from_dict(
                self._merged, context=context, client_configuration=configuration, persist_config=False
            )
        except Exception as error:  # the package raises whatever a malformed entry leads to
            raise InputError(f'kubeconfig {self.path}, context "{context}": {_line(error)}') from error
        finally:
            logging.getLogger().removeHandler(complaints)
        # A credential plugin that fails is only logged by the package, which then goes on as nobody.
        return ApiClient(configuration), next(iter(complaints.lines), None)

    def impersonated(self, context: str) -> tuple[str | None, list[str]]:
        """Whom the kubeconfig's user acts as (`as`, `as-groups`), which the package does not read."""
        entry = self._entry("contexts", context)
        user = self._entry("users", text(entry, "context", "user")) if entry else {}
        groups = dig(user, "user", "as-groups")
        return text(user, "user", "as") or None, groups if isinstance(groups, list) else []

    def _entry(self, section: str, name: str) -> Object:
        nodes = self._merged[section].value if self._merged and self._merged.safe_get(section) else []
        return next((node.value for node in nodes if node["name"] == name), {})


class _Complaints(logging.Handler):
    """What the package logs while it loads credentials."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(_line(record.getMessage()))


@dataclass
class Cluster:
    """A connection to one cluster, and the snapshot that its answers fill."""

    snapshot: Snapshot
    client: ApiClient
    headers: urllib3.HTTPHeaderDict
    timeout: float | None  # seconds for all reads together; None: no bound
    login_failure: str | None = None
    deadline: float | None = None
    requests: int = 0

    @classmethod
    def connect(
        cls,
        kubeconfig: Kubeconfig,
        context: str,
        namespace: str,
        *,
        where: str = "--context",
        acting_as: str | None = None,
        groups: Sequence[str] = (),
        timeout: float | None = None,
    ) -> Cluster:
        """Prepare the connection; nothing is sent yet. Raises InputError where the context can't be used."""
        client, login_failure = kubeconfig.client(context, where)
        headers = urllib3.HTTPHeaderDict(
            {"Accept": "application/json", "User-Agent": f"kubectl-mesh/{__version__}", "Accept-Encoding": "gzip"}
        )
        for setting in client.configuration.auth_settings().values():
            if setting["in"] == "header" and setting["value"]:
                headers[setting["key"]] = setting["value"].strip()  # a token file ends with a newline
        user, configured_groups = kubeconfig.impersonated(context)
        if groups and not (acting_as or user):
            raise InputError("--as-group needs --as")
        if acting_as or user:
            headers["Impersonate-User"] = acting_as or user or ""
            for group in groups or ([] if acting_as else configured_groups):
                headers.add("Impersonate-Group", group)
        configuration = client.configuration
        server = " ".join(filter(None, (configuration.host, configuration.tls_server_name, configuration.proxy)))
        if not configuration.verify_ssl:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return cls(Snapshot(context, namespace, server), client, headers, timeout, login_failure)

    def fetch(self, read: Read, seconds: float | None) -> list[Object] | Failure | None:
        """The objects of one read, None where the named object does not exist, or why there is no answer."""
        if self.login_failure:
            return Failure("Unauthorized", f"the credential plugin failed: {self.login_failure}")
        try:
            response = self.client.rest_client.pool_manager.request(
                "GET",
                self.client.configuration.host + read.path,
                headers=self.headers,
                timeout=urllib3.Timeout(total=seconds),
                retries=False,
                redirect=False,
            )
            return _understand(read, response.status, response.data)
        except (HTTPError, OSError) as error:
            return _failure(error, self.client.configuration.host)


def capture(
    clusters: Sequence[Cluster],
    first: Callable[[Cluster], list[Read]],
    further: Callable[[], list[tuple[Snapshot, Read]]],
) -> None:
    """Fill the snapshots: the first round of every cluster side by side, then what the answers call for.

    `further` may be asked twice, as ConfigMaps found by name can lead on; a cluster gets FURTHER_READS of
    them at most. `Cluster.timeout` bounds all reads of a cluster together.
    """
    begun = time.monotonic()
    for cluster in clusters:
        cluster.snapshot.taken = time.time()
        cluster.deadline = None if cluster.timeout is None else begun + cluster.timeout
    _fetch_all([(cluster, read) for cluster in clusters for read in first(cluster)])
    left = {id(cluster.snapshot): FURTHER_READS for cluster in clusters}
    by_snapshot = {id(cluster.snapshot): cluster for cluster in clusters}
    for _ in range(2):
        batch = []
        for snapshot, read in further():
            if left[id(snapshot)]:
                left[id(snapshot)] -= 1
                batch.append((by_snapshot[id(snapshot)], read))
            else:
                limit = f"one run makes at most {FURTHER_READS} further requests to a cluster"
                snapshot.failures |= dict.fromkeys(read.keys, Failure("NotAsked", limit))
        if not batch:
            break
        _fetch_all(batch)


def _fetch_all(batch: Sequence[tuple[Cluster, Read]]) -> None:
    """Run reads side by side. Threads are daemons: one that never gets its answer doesn't hold the process."""
    answers: list[Any] = [None] * len(batch)

    def run(index: int, cluster: Cluster, read: Read, seconds: float | None) -> None:
        try:
            answers[index] = (cluster.fetch(read, seconds),)
        except Exception as error:  # unforeseen: raised again where it can be told
            answers[index] = error

    threads = []
    for index, (cluster, read) in enumerate(batch):
        seconds = None if cluster.deadline is None else cluster.deadline - time.monotonic()
        if seconds is not None and seconds <= 0:
            continue
        cluster.requests += 1
        thread = threading.Thread(target=run, args=(index, cluster, read, seconds), daemon=True)
        thread.start()
        threads.append((thread, cluster))
    for thread, cluster in threads:
        thread.join(None if cluster.deadline is None else max(0.0, cluster.deadline - time.monotonic()))
    for (cluster, read), answer in zip(batch, tuple(answers), strict=True):
        if isinstance(answer, Exception):
            raise answer
        outcome = answer[0] if answer else Failure("TimedOut", f"--request-timeout of {cluster.timeout:g}s is over")
        if isinstance(outcome, Failure):
            cluster.snapshot.failures |= dict.fromkeys(read.keys, outcome)
        else:
            cluster.snapshot.answered |= read.keys
            cluster.snapshot.add(read.kind, outcome or [])


def _understand(read: Read, status: int, body: bytes) -> list[Object] | Failure | None:
    """Decode an answer: what a list or an object should be, or a Status that says why not."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        answer = None
        problem = "not JSON" if body else "empty"
        detail = f"the body of HTTP {status} is {problem} ({_line(error)})"
    told = _line(text(answer, "message")) or f"HTTP {status}"
    if status == 401:
        return Failure("Unauthorized", told)
    if status == 403:
        return Failure("Forbidden", told)
    if status == 404 and read.kind in OPTIONAL:
        return []
    if status == 404:
        missing = read.name and text(answer, "reason") == "NotFound" and dig(answer, "details", "name") == read.name
        return None if missing else Failure("NotServed", told)
    if status in (408, 504):
        return Failure("TimedOut", told)
    if status != 200:
        return Failure("ServerFailed", f"HTTP {status}" if told == f"HTTP {status}" else f"HTTP {status}, {told}")
    if answer is None:
        return Failure("MalformedAnswer", detail if body else "the body is empty")
    if text(answer, "metadata", "continue"):
        return Failure("MalformedAnswer", "the list is not complete")
    if not read.name and text(answer, "kind") != f"{read.kind}List":
        return Failure("MalformedAnswer", f"it is no {read.kind}List")
    found = [answer] if read.name else dig(answer, "items")
    if found is None and isinstance(answer, dict) and "items" in answer:
        found = []  # how Go writes an empty list that was never made
    if not isinstance(found, list) or any(not text(obj, "metadata", "name") for obj in found):
        return Failure("MalformedAnswer", f"it is no {read.kind}" + ("" if read.name else "List"))
    if read.name and (answer.get("kind"), text(answer, "metadata", "name")) != (read.kind, read.name):
        return Failure("MalformedAnswer", f"it is not the {read.kind} that was asked for")
    return [{**obj, "kind": read.kind} for obj in found]


def _failure(error: Exception, server: str) -> Failure:
    """What a failed connection to a server is called in the report."""
    broken = (IncompleteRead, InvalidChunkLength, DecodeError)
    if isinstance(error, broken) or any(isinstance(reason, broken) for reason in error.args):
        return Failure("MalformedAnswer", f"the body ends too soon or is damaged ({_line(error)})")
    if isinstance(error, (SSLError, ssl.SSLError)):
        return Failure("TLSFailed", _line(error))
    if isinstance(error, (ConnectTimeoutError, ReadTimeoutError, TimeoutError)) and not isinstance(
        error, NewConnectionError
    ):
        return Failure("TimedOut", "the --request-timeout is over")
    if isinstance(error, ProxyError):
        return Failure("Unreachable", f"the proxy for {server}: {_line(error.original_error)}")
    return Failure("Unreachable", f"{server}: {_line(error)}")


def _line(error: object) -> str:
    """An error in one line, without what libraries put into it for programmers."""
    noise = r"\S+\((host=[^)]*|<[^>]*>)\): |Failed to establish a new connection: |\[Errno -?\d+\] | \(_ssl\.c:\d+\)"
    words = re.sub(noise, "", " ".join(str(error).split()))
    return words.removesuffix(".")
