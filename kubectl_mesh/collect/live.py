"""One live cluster: the connection to it, and the reads that fill its snapshot.

Requests go through the connection pool of the `kubernetes` package.
Reads are raw JSON GETs: typed models raise on the malformed objects that the tool is sent to find.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import urllib3
from kubernetes.client import ApiClient, Configuration

from kubectl_mesh import __version__
from kubectl_mesh.collect import InputError, tls
from kubectl_mesh.collect.access import Access, access, basic, split_url
from kubectl_mesh.collect.kubeconfig import IN_CLUSTER, Kubeconfig
from kubectl_mesh.collect.reads import FURTHER_READS, Read
from kubectl_mesh.collect.responses import body, failure, understood
from kubectl_mesh.collect.secrecy import line, remember
from kubectl_mesh.kube.objects import Object
from kubectl_mesh.kube.snapshot import Failure, Snapshot
from kubectl_mesh.mesh.resources import WITNESSES

_HEADER = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_HEADERS = urllib3.HTTPHeaderDict(
    {
        "Accept": "application/json",
        "User-Agent": f"kubectl-mesh/{__version__}",
        "Accept-Encoding": "gzip",
    }
)
_Outcome = list[Object] | Failure | Exception | None  # of one read; None: there is no such object

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
        _use_proxy(configuration, reached)
    client = ApiClient(configuration)
    if reached.context:
        settings = client.rest_client.pool_manager.connection_pool_kw
        settings |= dict.fromkeys(("ca_certs", "cert_file", "key_file"))
        settings["ssl_context"] = reached.context
    return client


def _use_proxy(configuration: Configuration, reached: Access) -> None:
    """Take the credentials out of the proxy's URL: they go into a header of their own."""
    proxy, credentials = split_url(configuration.proxy, "the proxy of the environment")
    configuration.proxy = proxy
    credentials = reached.proxy_credentials or credentials
    if credentials:
        configuration.proxy_headers = {"Proxy-Authorization": basic(credentials)}
    configuration.proxy_ssl_context = reached.context


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
    headers = [("Authorization", f"Bearer {token}")]
    return Access(configuration.host, context=context, headers=headers)


@dataclass(frozen=True)
class Login:
    """How a cluster is reached, and as whom: the flags of the command line beside a kubeconfig."""

    kubeconfig: Kubeconfig
    acting_as: str | None = None
    groups: Sequence[str] = ()


@dataclass(eq=False)
class Cluster:
    """A connection to one cluster, and the snapshot that its answers fill.

    `where` names the flag or setting that chose the context; `timeout` is in seconds, for all reads
    together (None: no bound). `failure` says why nothing can be read at all; `alone`: whatever goes
    wrong costs only this cluster; `left` is how many further requests may be made.
    """

    snapshot: Snapshot
    login: Login
    where: str
    timeout: float | None
    failure: Failure | None = None
    deadline: float | None = None
    requests: int = 0
    left: int = FURTHER_READS
    alone: bool = False
    _client: ApiClient | None = None
    _headers: urllib3.HTTPHeaderDict | None = None
    _credentials: Collection[str] = ()

    def connect(self) -> None:
        """Prepare the connection; nothing is sent to the cluster yet.

        Raises InputError for an unusable context.
        """
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
        headers = _HEADERS.copy()
        for name, value in (*self._kept_headers(reached), *self._impersonation()):
            if not _HEADER.fullmatch(value):  # never shown: it may be a token
                problem = "a token or user has characters that can't be sent"
                raise InputError(f'context "{context}": {problem}')
            headers.add(name, value)
        address = (reached.server, reached.tls_server_name, client.configuration.proxy)
        self.snapshot.server = " ".join(map(str, filter(None, address)))
        self.failure = reached.failure
        self._client, self._headers, self._credentials = client, headers, reached.credentials

    def _kept_headers(self, reached: Access) -> list[tuple[str, str]]:
        """The headers of a kubeconfig; whom it impersonates gives way to whom the flags do."""
        if not self.login.acting_as:
            return reached.headers
        headers = reached.headers
        return [(name, value) for name, value in headers if not name.startswith("Impersonate-")]

    def _impersonation(self) -> list[tuple[str, str]]:
        """The headers for whom the flags impersonate."""
        if not self.login.acting_as:
            return []
        groups = [("Impersonate-Group", group) for group in self.login.groups]
        return [("Impersonate-User", self.login.acting_as), *groups]

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
        """As `connect`, but what goes wrong, or takes too long, fails this cluster alone."""

        def connect() -> None:
            try:
                self.connect()
            except InputError as error:
                self.failure = Failure("Unreachable", str(error))
            except Exception as error:  # whatever a malformed entry leads to
                self.failure = unforeseen(error)

        self.alone = True
        # A credential plugin may hang. Daemon: it doesn't hold the process then.
        thread = threading.Thread(target=connect, daemon=True)
        thread.start()
        thread.join(self.seconds_left())
        if self._client is None and self.failure is None:
            problem = "the credential plugin gave no answer within the --request-timeout"
            self.failure = Failure("TimedOut", problem)

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
        """The objects of one read, or why there is no answer.

        None where the named object does not exist; `seconds` bounds it.
        """
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
        """Fill the snapshot by reads side by side."""
        if self.failure:
            for read in reads:
                self.snapshot.fail(read.keys, self.failure)
            return
        for read, outcome in zip(reads, self._outcomes(reads), strict=True):
            if isinstance(outcome, Exception):
                raise outcome
            self._keep(read, outcome)

    def _outcomes(self, reads: Sequence[Read]) -> Sequence[_Outcome]:
        """What each of some reads led to.

        Threads are daemons: one without an answer holds no process.
        """
        late = Failure("TimedOut", f"--request-timeout of {self.timeout or 0:g}s is over")
        outcomes: list[_Outcome] = [late] * len(reads)

        def run(index: int, read: Read, seconds: float | None) -> None:
            try:
                outcomes[index] = self.fetch(read, seconds)
            except Exception as error:  # unforeseen: raised again where it can be reported
                outcomes[index] = error

        threads = []
        for index, read in enumerate(reads):
            seconds = self.seconds_left()
            if seconds == 0:
                continue
            self.requests += 1
            thread = threading.Thread(target=run, args=(index, read, seconds), daemon=True)
            threads.append(thread)
            thread.start()
        for thread in threads:
            thread.join(self.seconds_left())
        return tuple(outcomes)

    def _keep(self, read: Read, outcome: list[Object] | Failure | None) -> None:
        """Keep the answer of a read, or why there is none, in the snapshot."""
        if isinstance(outcome, Failure):
            self.snapshot.fail(read.keys, outcome)
        elif outcome or read.kind not in WITNESSES:
            # That there is none of the others is no answer to anything.
            self.snapshot.answer(read.keys, {read.kind: outcome or []})

    def fetch_further(self, reads: Sequence[Read]) -> None:
        """As `fetch_all`, for no more than FURTHER_READS in a run; the others are not made."""
        made, over = reads[: self.left], reads[self.left :]
        self.left -= len(made)
        problem = f"one run makes at most {FURTHER_READS} further requests to a cluster"
        for read in over:
            self.snapshot.fail(read.keys, Failure("NotAsked", problem))
        self.fetch_all(made)


def unforeseen(error: Exception) -> Failure:
    """The failure of an error that nobody foresaw: its words may hold credentials, its kind not."""
    where = "(with --context alone, --debug shows where)"
    return Failure("Unreachable", f"unforeseen {type(error).__name__} {where}")
