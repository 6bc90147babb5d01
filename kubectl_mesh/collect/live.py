"""Snapshots of live clusters, through the connection pool of the `kubernetes` package.

Reads are raw JSON GETs: typed models raise on the malformed objects that the tool is sent to find.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import urllib3
from kubernetes.client import ApiClient, Configuration

from kubectl_mesh import __version__
from kubectl_mesh.collect import InputError, tls
from kubectl_mesh.collect.access import Access, access, basic, split_url
from kubectl_mesh.collect.kubeconfig import IN_CLUSTER, Kubeconfig
from kubectl_mesh.collect.reads import FURTHER_READS, Questions, Read
from kubectl_mesh.collect.responses import body, failure, understood
from kubectl_mesh.collect.secrecy import line, remember
from kubectl_mesh.kube.objects import Object
from kubectl_mesh.kube.snapshot import Failure, Snapshot
from kubectl_mesh.mesh.resources import WITNESSES

_HEADER = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_TICK = 0.1  # seconds between two looks at what is still being read

# Its libraries' advice is for programmers, and stderr is for the user.
warnings.filterwarnings("ignore", module=r"urllib3|kubernetes")


def _client(reached: Access) -> ApiClient:
    """The package's client, whose connection pool, proxies included, makes the requests."""
    configuration = Configuration()
    configuration.retries = False  # the package's default turns a timeout of 1 s into 4 s
    configuration.connection_pool_maxsize = 32
    configuration.host = reached.server  # looks for a proxy in the environment
    configuration.tls_server_name = reached.tls_server_name or None
    configuration.verify_ssl = (
        reached.context is None or reached.context.verify_mode == ssl.CERT_REQUIRED
    )
    if reached.proxy:
        configuration.proxy, configuration.no_proxy = reached.proxy, None
    if configuration.proxy:
        found, credentials = split_url(configuration.proxy, "the proxy of the environment")
        configuration.proxy = found
        credentials = reached.proxy_credentials or credentials
        if credentials:
            configuration.proxy_headers = {"Proxy-Authorization": basic(credentials)}
        configuration.proxy_ssl_context = reached.context
    client = ApiClient(configuration)
    if reached.context:
        kept = client.rest_client.pool_manager.connection_pool_kw
        kept |= {
            "ssl_context": reached.context,
            "ca_certs": None,
            "cert_file": None,
            "key_file": None,
        }
    return client


def _in_cluster() -> Access:
    """Access for a Pod, by what its ServiceAccount is given. Raises InputError, OSError."""
    from kubernetes.config import ConfigException, load_incluster_config

    configuration = Configuration()
    try:
        load_incluster_config(client_configuration=configuration)
    except ConfigException as error:
        raise InputError(f"in-cluster configuration: {line(error)}") from error
    with open(configuration.ssl_ca_cert, "rb") as file:
        authorities = file.read()
    token = configuration.api_key["BearerToken"].partition(" ")[2].strip()
    remember(token)
    context = tls.context(authorities, None, verify=True)
    return Access(
        configuration.host, context=context, headers=[("Authorization", f"Bearer {token}")]
    )


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
    _credentials: Collection[str] = ()

    def connect(self) -> None:
        """Prepare the connection; nothing is sent to the cluster yet. Raises InputError for an unusable context."""
        context = self.snapshot.source
        try:
            reached = self._access(context)
            client = _client(reached)
        except InputError:
            raise
        except OSError as error:
            self.failure = Failure("TLSFailed", f"the kubeconfig's certificates: {line(error)}")
            return
        except Exception as error:  # whatever an odd proxy leads the package to
            raise InputError(f'context "{context}": {line(error)}') from error
        headers = urllib3.HTTPHeaderDict(
            {
                "Accept": "application/json",
                "User-Agent": f"kubectl-mesh/{__version__}",
                "Accept-Encoding": "gzip",
            }
        )
        stated = [("Impersonate-User", self.login.acting_as or "")]
        stated += [("Impersonate-Group", group) for group in self.login.groups]
        for name, value in reached.headers:
            if not (self.login.acting_as and name.startswith("Impersonate-")):
                headers.add(name, value)
        for name, value in stated if self.login.acting_as else ():
            headers.add(name, value)
        for value in headers.values():
            if not _HEADER.fullmatch(value):  # never shown: it may be a token
                raise InputError(
                    f'context "{context}": a token or user has characters that can\'t be sent'
                )
        way = (reached.server, reached.tls_server_name, client.configuration.proxy)
        self.snapshot.server = " ".join(str(part) for part in way if part)
        self.failure = reached.failure
        self._client, self._headers, self._credentials = client, headers, reached.credentials

    def _access(self, context: str) -> Access:
        """Raises InputError, OSError."""
        kubeconfig = self.login.kubeconfig
        if kubeconfig.in_cluster and context == IN_CLUSTER:
            return _in_cluster()
        kubeconfig.require(self.where, context)
        cluster, user = kubeconfig.cluster_and_user(context)
        where = f'kubeconfig {kubeconfig.path}, context "{context}"'
        # Several at once must not ask on one terminal.
        seconds = self.seconds_left() if self.alone else self.timeout
        return access(cluster, user, where, seconds=seconds, alone=not self.alone)

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
            self.failure = Failure(
                "TimedOut", "the credential plugin gave no answer within the --request-timeout"
            )

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
        server = self._client.configuration.host
        try:
            response = self._client.rest_client.pool_manager.request(
                "GET",
                server + read.path,
                headers=self._headers,
                timeout=urllib3.Timeout(total=seconds),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                content = body(response)
            except BaseException:
                response.close()  # what is left of it must not be taken for the next answer
                raise
            response.release_conn()
        except Exception as error:  # what comes from outside may lead the libraries to anything
            return failure(error, server)
        return understood(read, response.status, content, self._credentials)

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
            outcome = (
                answer[0]
                if answer
                else Failure("TimedOut", f"--request-timeout of {self.timeout:g}s is over")
            )
            if isinstance(outcome, Failure):
                self.snapshot.failures |= dict.fromkeys(read.keys, outcome)
            elif (
                outcome or read.kind not in WITNESSES
            ):  # that there is none of those is no answer to anything
                self.snapshot.answered |= read.keys
                self.snapshot.add(read.kind, outcome or [])

    def fetch_further(self, reads: Sequence[Read]) -> None:
        """As `fetch_all`, for no more than FURTHER_READS in a run; the others are not asked."""
        asked, over = reads[: self.left], reads[self.left :]
        self.left -= len(asked)
        limit = Failure(
            "NotAsked", f"one run makes at most {FURTHER_READS} further requests to a cluster"
        )
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
        self.lock, self.all_answered, self.all_done = (
            threading.Lock(),
            threading.Event(),
            threading.Event(),
        )
        self.answered: list[Snapshot] = []
        self.done = 0
        self.unforeseen: list[Exception] = []

    def run(self, progress: Callable[[Sequence[Cluster]], None]) -> None:
        """Read everything; `progress` is told now and then which clusters have not answered yet."""
        for cluster in self.clusters[
            : self.parallel
        ]:  # they begin now, though it takes a while to start them all
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
        except (
            Exception
        ) as error:  # raised again in the thread that can tell it, unless it is one cluster's own
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
        if not cluster.connected and not cluster.failure:
            cluster.connect_in_time()
        cluster.fetch_all(self.questions.first(cluster.snapshot))
        for _ in range(2):
            cluster.fetch_further(self.questions.further(cluster.snapshot))


def _unforeseen(error: Exception) -> Failure:
    """Of an error that nobody foresaw only the kind is told: its words may hold credentials."""
    return Failure(
        "Unreachable",
        f"unforeseen {type(error).__name__} (with --context alone, --debug shows where)",
    )
