"""Snapshots of live clusters, through the `kubernetes` package: kubeconfig, credentials, TLS and proxies are its.

Reads are raw JSON GETs on its connection pool: typed models raise on the malformed objects that the
tool is sent to find.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import re
import ssl
import threading
import time
import warnings
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
from urllib3.util.ssl_ import create_urllib3_context

from kubectl_mesh import __version__
from kubectl_mesh.reads import FURTHER_READS, OPTIONAL, WITNESSES, Questions, Read
from kubectl_mesh.snapshot import Failure, Object, Snapshot, dig, some, text
from kubectl_mesh.sources import InputError

IN_CLUSTER = "in-cluster"
_HEADER = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_TICK = 0.1  # seconds between two looks at what is still being read


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

    @property
    def offers(self) -> str:
        """The contexts to choose from, for an error."""
        return f"(it has: {some(self.contexts) or 'none'})"

    def require(self, where: str, *contexts: str) -> None:
        """Raise InputError for contexts that don't exist; `where` names the flag or setting that asked for them."""
        missing = ", ".join(f'"{context}"' for context in contexts if context not in self.contexts)
        if missing:
            raise InputError(f"{where}: context {missing} does not exist in kubeconfig {self.path} {self.offers}")

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
        self.require(where, context)
        user = text(self._entry("contexts", context), "context", "user")
        if user and not self._entry("users", user):
            raise InputError(f'kubeconfig {self.path}, context "{context}": user "{user}" does not exist')
        complaints = _Complaints(threading.get_ident())
        logging.getLogger().addHandler(complaints)
        try:
            kube_config.load_kube_config_from_dict(
                self._merged, context=context, client_configuration=configuration, persist_config=False
            )
            client = ApiClient(configuration)  # looks at the proxy
        except Exception as error:  # the package raises whatever a malformed entry leads to
            raise InputError(f'kubeconfig {self.path}, context "{context}": {_line(error)}') from error
        finally:
            logging.getLogger().removeHandler(complaints)
        # A credential plugin that fails is only logged by the package, which then goes on as nobody.
        return client, next(iter(complaints.lines), None)

    def way(self, context: str) -> tuple[str, ...]:
        """What a context leads to, and as whom; no plugin is run for it.

        Server, TLS server name, proxy, user, and what the server is trusted for: of two contexts with the certificates
        of an earlier and of the rebuilt cluster only one works.
        """
        entry = self._entry("contexts", context)
        cluster = self._entry("clusters", text(entry, "context", "cluster"))
        keys = ("server", "tls-server-name", "proxy-url", "certificate-authority", "certificate-authority-data")
        trusting = str(dig(cluster, "cluster", "insecure-skip-tls-verify") is True)
        return (*(text(cluster, "cluster", key) for key in keys), trusting, text(entry, "context", "user"))

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
    """What the package logs in one thread while it loads credentials."""

    def __init__(self, thread: int) -> None:
        super().__init__(logging.ERROR)
        self.thread = thread
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            self.lines.append(_line(record.getMessage()))


class _Files:
    """The package keeps certificates that stand in a kubeconfig in files, and a list of them that threads get wrong.

    What that list lost is not removed at the end: private keys would be left behind. So one thread writes at a time,
    and the list is gone through once nobody writes any more.
    """

    def __init__(self) -> None:
        self.lock, self.ended = threading.Lock(), False
        self.write = kube_config._create_temp_file_with_content
        kube_config._create_temp_file_with_content = self.write_alone
        atexit.register(self.end)

    def write_alone(self, *arguments: Any, **options: Any) -> Any:
        """What the package calls."""
        with self.lock:
            if self.ended:
                raise InputError("the run has ended")
            made = self.write(*arguments, **options)
            atexit.unregister(kube_config._cleanup_temp_files)  # it would not wait for who is writing
            return made

    def end(self) -> None:
        """Remove the files, after what is being written has been written."""
        with self.lock:
            self.ended = True
            kube_config._cleanup_temp_files()


_files = _Files()
# Its libraries' advice is for programmers, and stderr is for the user.
warnings.filterwarnings("ignore", module=r"urllib3|kubernetes")


def _share_certificates(client: ApiClient) -> None:
    """Read the certificates once for all connections; urllib3 would do it anew for each. Raises OSError."""
    configuration, kept = client.configuration, client.rest_client.pool_manager.connection_pool_kw
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if configuration.verify_ssl else ssl.CERT_NONE)
    if configuration.verify_ssl and configuration.ssl_ca_cert:
        context.load_verify_locations(configuration.ssl_ca_cert)
    elif configuration.verify_ssl:
        context.load_default_certs()
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    kept |= {"ssl_context": context, "ca_certs": None, "cert_file": None, "key_file": None}


@dataclass(frozen=True)
class Login:
    """How a cluster is reached, and as whom: the flags of the command line beside a kubeconfig."""

    kubeconfig: Kubeconfig
    acting_as: str | None = None
    groups: Sequence[str] = ()


@dataclass(eq=False)
class Cluster:
    """A connection to one cluster, and the snapshot that its answers fill.

    `where` names the flag or setting that asked for the context; `timeout` is in seconds, for all reads together (None:
    no bound). `failure` says why nothing can be read at all.
    """

    snapshot: Snapshot
    login: Login
    where: str
    timeout: float | None
    failure: Failure | None = None
    deadline: float | None = None
    requests: int = 0
    left: int = FURTHER_READS
    alone: bool = False  # whatever goes wrong costs only this cluster
    _client: ApiClient | None = None
    _headers: urllib3.HTTPHeaderDict | None = None

    def connect(self) -> None:
        """Prepare the connection; nothing is sent to the cluster yet. Raises InputError for an unusable context."""
        kubeconfig, context = self.login.kubeconfig, self.snapshot.source
        client, login_failure = kubeconfig.client(context, self.where)
        headers = urllib3.HTTPHeaderDict(
            {"Accept": "application/json", "User-Agent": f"kubectl-mesh/{__version__}", "Accept-Encoding": "gzip"}
        )
        for setting in client.configuration.auth_settings().values():
            if setting["in"] == "header" and setting["value"]:
                headers[setting["key"]] = setting["value"].strip()  # a token file ends with a newline
        user, configured_groups = kubeconfig.impersonated(context)
        if self.login.acting_as or user:
            headers["Impersonate-User"] = self.login.acting_as or user or ""
            for group in self.login.groups or ([] if self.login.acting_as else configured_groups):
                headers.add("Impersonate-Group", group)
        for value in headers.values():
            if not _HEADER.fullmatch(value):  # never shown: it may be a token
                raise InputError(f'context "{context}": a token or user has characters that can\'t be sent')
        configuration = client.configuration
        way = (configuration.host, configuration.tls_server_name, configuration.proxy)
        self.snapshot.server = " ".join(str(part) for part in way if part)
        if configuration.host.startswith("https:") and not configuration.proxy:
            try:
                _share_certificates(client)
            except OSError as error:
                self.failure = Failure("TLSFailed", f"the kubeconfig's certificates: {_line(error)}")
        if login_failure:
            self.failure = Failure("Unauthorized", f"the credential plugin failed: {login_failure}")
        self._client, self._headers = client, headers

    def connect_in_time(self) -> None:
        """As `connect`, but what goes wrong, or takes too long, fails the reads of this cluster alone."""

        def connect() -> None:
            try:
                self.connect()
            except InputError as error:
                self.failure = Failure("Unreachable", str(error))
            except Exception as error:  # whatever a malformed entry leads to
                self.failure = _unforeseen(error)

        self.alone = True
        # A credential plugin may hang. Daemon: it doesn't hold the process then.
        thread = threading.Thread(target=connect, daemon=True)
        thread.start()
        thread.join(self.seconds_left())
        if self._client is None and self.failure is None:
            self.failure = Failure("TimedOut", "the credential plugin gave no answer within the --request-timeout")

    @property
    def connected(self) -> bool:
        """Whether `connect` was called."""
        return self._client is not None

    def begin(self) -> None:
        """From now on the time counts."""
        self.snapshot.taken = time.time()
        self.deadline = None if self.timeout is None else time.monotonic() + self.timeout

    def seconds_left(self) -> float | None:
        """Until the deadline, at least 0; None: no bound."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def fetch(self, read: Read, seconds: float | None) -> list[Object] | Failure | None:
        """The objects of one read, None where the named object does not exist, or why there is no answer."""
        assert self._client is not None, "connect comes first"
        try:
            response = self._client.rest_client.pool_manager.request(
                "GET",
                self._client.configuration.host + read.path,
                headers=self._headers,
                timeout=urllib3.Timeout(total=seconds),
                retries=False,
                redirect=False,
            )
            return _understand(read, response.status, response.data)
        except (HTTPError, OSError) as error:
            return _failure(error, self._client.configuration.host)

    def fetch_all(self, reads: Sequence[Read]) -> None:
        """Fill the snapshot by reads side by side. Threads are daemons: one without an answer holds no process."""
        if self.failure:
            for read in reads:
                self.snapshot.failures |= dict.fromkeys(read.keys, self.failure)
            return
        answers: list[Any] = [None] * len(reads)

        def run(index: int, read: Read, seconds: float | None) -> None:
            try:
                answers[index] = (self.fetch(read, seconds),)
            except Exception as error:  # unforeseen: raised again where it can be told
                answers[index] = error

        threads = []
        for index, read in enumerate(reads):
            seconds = self.seconds_left()
            if seconds == 0:
                continue
            self.requests += 1
            threads.append(threading.Thread(target=run, args=(index, read, seconds), daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join(self.seconds_left())
        for read, answer in zip(reads, tuple(answers), strict=True):
            if isinstance(answer, Exception):
                raise answer
            outcome = answer[0] if answer else Failure("TimedOut", f"--request-timeout of {self.timeout:g}s is over")
            if isinstance(outcome, Failure):
                self.snapshot.failures |= dict.fromkeys(read.keys, outcome)
            elif outcome or read.kind not in WITNESSES:  # that there is none of those is no answer to anything
                self.snapshot.answered |= read.keys
                self.snapshot.add(read.kind, outcome or [])

    def fetch_further(self, reads: Sequence[Read]) -> None:
        """As `fetch_all`, for no more than FURTHER_READS in a run; the others are not asked."""
        asked, over = reads[: self.left], reads[self.left :]
        self.left -= len(asked)
        limit = Failure("NotAsked", f"one run makes at most {FURTHER_READS} further requests to a cluster")
        for read in over:
            self.snapshot.failures |= dict.fromkeys(read.keys, limit)
        self.fetch_all(asked)


class Capture:
    """Fills the snapshots of some clusters side by side, `parallel` of them at a time; `run` does it.

    Each cluster has a thread of its own, so that a dead or slow one costs only itself, and a deadline of its own.
    """

    def __init__(self, clusters: Sequence[Cluster], questions: Questions, parallel: int) -> None:
        self.clusters, self.questions = clusters, questions
        self.parallel, self.slots = parallel, threading.Semaphore(parallel)
        self.lock, self.all_answered, self.all_done = threading.Lock(), threading.Event(), threading.Event()
        self.answered: list[Snapshot] = []
        self.done = 0
        self.unforeseen: list[Exception] = []

    def run(self, progress: Callable[[Sequence[Cluster]], None]) -> None:
        """Read everything; `progress` is told now and then which clusters have not answered yet."""
        for cluster in self.clusters[: self.parallel]:  # they begin now, though it takes a while to start them all
            cluster.begin()
        for cluster in self.clusters:
            threading.Thread(target=self._read, args=(cluster,), daemon=True).start()
        while not self.all_done.wait(_TICK):
            answered = set(map(id, self.answered))
            progress([cluster for cluster in self.clusters if id(cluster.snapshot) not in answered])
        if self.unforeseen:
            raise self.unforeseen[0]

    def _read(self, cluster: Cluster) -> None:
        try:
            try:
                with self.slots:
                    self._ask(cluster)
            finally:
                with self.lock:
                    self.answered.append(cluster.snapshot)
                if len(self.answered) == len(self.clusters):
                    self.all_answered.set()
            # Half of the time that is left is for the look-ups: a dead cluster must not use it up.
            left = cluster.seconds_left()
            self.all_answered.wait(None if left is None else left / 2)
            reads = self.questions.last(cluster.snapshot, tuple(self.answered))
            if reads and self.slots.acquire(timeout=cluster.seconds_left()):
                try:
                    cluster.fetch_further(reads)
                finally:
                    self.slots.release()
        except Exception as error:  # raised again in the thread that can tell it, unless it is one cluster's own
            if not cluster.alone:
                self.unforeseen.append(error)
            for read in self.questions.first(cluster.snapshot) if cluster.alone else ():
                cluster.snapshot.failures |= dict.fromkeys(read.keys, _unforeseen(error))
        finally:
            with self.lock:
                self.done += 1
            if self.done == len(self.clusters):
                self.all_done.set()

    def _ask(self, cluster: Cluster) -> None:
        if cluster.snapshot.taken is None:
            cluster.begin()
        if not cluster.connected:
            cluster.connect_in_time()
        cluster.fetch_all(self.questions.first(cluster.snapshot))
        for _ in range(2):
            cluster.fetch_further(self.questions.further(cluster.snapshot))


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


def _unforeseen(error: Exception) -> Failure:
    """Of an error that nobody foresaw only the kind is told: its words may hold credentials."""
    return Failure("Unreachable", f"unforeseen {type(error).__name__} (with --context alone, --debug shows where)")


def _line(error: object) -> str:
    """An error in one line, without what libraries put into it for programmers."""
    noise = r"\S+\((host=[^)]*|<[^>]*>)\): |Failed to establish a new connection: |\[Errno -?\d+\] | \(_ssl\.c:\d+\)"
    words = re.sub(noise, "", " ".join(str(error).split()))
    return words.removesuffix(".")
