"""How one API server is reached, and as whom: what kubectl would do with a context, and no more.

Each rule is client-go's (`tools/clientcmd`, `rest`, `transport`): no credentials go to a server
without TLS, a certificate authority has no meaning where verification is switched off.
"""

from __future__ import annotations

import base64
import json
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from kubectl_mesh.collect import InputError, plugin, tls
from kubectl_mesh.collect.kubeconfig import provider
from kubectl_mesh.collect.secrecy import line, remember
from kubectl_mesh.kube.objects import Object, mapping, text, texts
from kubectl_mesh.kube.snapshot import Failure

_OIDC = "oidc"


@dataclass
class Access:
    """What a connection needs.

    `server` and `proxy` are URLs without user and password; `headers` may come more than once.
    `failure` says why there are no credentials: no server would say it.
    """

    server: str
    tls_server_name: str = ""
    proxy: str = ""
    proxy_credentials: str = ""
    context: ssl.SSLContext | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    failure: Failure | None = None

    @property
    def credentials(self) -> set[str]:
        """What the server is sent and nobody else must see.

        The token, or the password in both its forms.
        """
        found: set[str] = set()
        for name, value in self.headers:
            if name == "Authorization":
                sent = value.partition(" ")[2]
                found.update((sent, _password(sent) or sent))
        return found


def access(
    cluster: Object, user: Object, where: str, *, seconds: float | None, alone: bool
) -> Access:
    """Access for a cluster and a user of a kubeconfig; `where` names the context, for errors.

    `seconds` and `alone` are for a credential plugin (see `plugin.run`). Raises InputError for what
    kubectl refuses, OSError for certificates that can't be loaded.
    """
    server, credentials = split_url(text(cluster, "server"), f"{where}: the server")
    proxy, proxy_credentials = "", ""
    if text(cluster, "proxy-url"):
        proxy, proxy_credentials = split_url(text(cluster, "proxy-url"), f"{where}: the proxy-url")
    made = Access(server, text(cluster, "tls-server-name"), proxy, proxy_credentials)
    _refuse_contradictions(cluster, user, where)
    authorities = _content(cluster, "certificate-authority", where)
    certificate = _client_certificate(user, where)
    if server.startswith("https:"):
        verify = not cluster.get("insecure-skip-tls-verify")
        if authorities and not verify:
            problem = "a certificate authority has no meaning beside insecure-skip-tls-verify: true"
            raise InputError(f"{where}: {problem}")
        own = _log_in(
            made, cluster, user, where, authorities=authorities, seconds=seconds, alone=alone
        )
        made.context = tls.context(authorities, own or certificate, verify=verify)
    if credentials:  # as Go's HTTP client has it, they come before all others
        made.headers = [("Authorization", basic(credentials))]
    made.headers += _impersonation(user)
    return made


def split_url(url: str, where: str) -> tuple[str, str]:
    """A URL without user and password, and these as `user:password` ("" where there are none).

    One without a scheme is http's, as for kubectl. Raises InputError, which doesn't say the URL: it
    may hold a password.
    """
    parts = _url_parts(url)
    if parts is None:
        raise InputError(f"{where} is no URL such as https://host:port")
    user_info, _, place = parts.netloc.rpartition("@")
    name, _, password = user_info.partition(":")
    credentials = f"{unquote(name)}:{unquote(password)}" if user_info else ""
    remember(user_info, password, unquote(password))
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", "")), credentials


def _url_parts(url: str) -> SplitResult | None:
    """The parts of a URL that a server or proxy can have, None for any other."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable and parts.scheme in ("http", "https", "socks5") else None


def basic(credentials: str) -> str:
    """The value of an Authorization header for `user:password`."""
    encoded = base64.b64encode(credentials.encode()).decode()
    remember(encoded)
    return f"Basic {encoded}"


def _impersonation(user: Object) -> list[tuple[str, str]]:
    """The headers for whom a kubeconfig's user acts as."""
    if not text(user, "as"):
        return []
    headers = [("Impersonate-User", text(user, "as"))]
    if text(user, "as-uid"):
        headers.append(("Impersonate-Uid", text(user, "as-uid")))
    headers += [("Impersonate-Group", group) for group in texts(user, "as-groups")]
    for name, values in mapping(user, "as-user-extra").items():
        headers += [(f"Impersonate-Extra-{quote(name, safe='')}", value) for value in values]
    return headers


def _refuse_contradictions(cluster: Object, user: Object, where: str) -> None:
    """Raise InputError for what kubectl refuses even where it would not use it."""
    problem = _contradiction(cluster, user)
    if problem:
        raise InputError(f"{where}: {problem}")


def _contradiction(cluster: Object, user: Object) -> str:
    """What is wrong with a cluster and a user together; "" where nothing is."""
    for settings, key in (
        (cluster, "certificate-authority"),
        (user, "client-certificate"),
        (user, "client-key"),
    ):
        if settings.get(key) and settings.get(f"{key}-data"):
            return f"{key} and {key}-data stand beside each other, and one alone is allowed"
    if text(user, "token") and _any_of(user, "username", "password"):
        return "the user has both a token and a password, and one alone is allowed"
    if not text(user, "as") and _any_of(user, "as-uid", "as-groups", "as-user-extra"):
        return "as-uid, as-groups and as-user-extra need as"
    return _plugin_mistake(user) if "exec" in user else ""


def _plugin_mistake(user: Object) -> str:
    if "auth-provider" in user:
        return "exec: auth-provider beside it"
    mistake = plugin.mistake(user["exec"])
    return mistake and f"exec: {mistake}"


def _any_of(settings: Object, *keys: str) -> bool:
    return any(settings.get(key) for key in keys)


def _log_in(
    made: Access,
    cluster: Object,
    user: Object,
    where: str,
    *,
    authorities: bytes | None,
    seconds: float | None,
    alone: bool,
) -> tuple[bytes, bytes] | None:
    """Add the user's credentials to the headers.

    Returns the certificate and key that a credential plugin gave, if it did.
    """
    token, name, password = _token(user, where), text(user, "username"), text(user, "password")
    remember(password)
    if name or password:
        made.headers.append(("Authorization", basic(f"{name}:{password}")))
    elif token:
        made.headers.append(("Authorization", f"Bearer {token}"))
    elif "exec" in user:
        return _run_plugin(made, cluster, user, authorities, seconds=seconds, alone=alone)
    elif provider(user)[0]:
        _use_provider(made, user, where)
    return None


def _content(settings: Object, key: str, where: str) -> bytes | None:
    """What stands in a field `…-data`, or in the file that the field names. Raises InputError."""
    data = settings.get(f"{key}-data")
    if data:
        return bytes(data)
    path = text(settings, key)
    if not path:
        return None
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{where}: {key} {path}: {reason}") from error


def _client_certificate(user: Object, where: str) -> tuple[bytes, bytes] | None:
    chain = _content(user, "client-certificate", where)
    key = _content(user, "client-key", where) if chain else None
    if chain and not key:
        raise InputError(f"{where}: client-certificate needs client-key or client-key-data")
    return (chain, key) if chain and key else None


def _token(user: Object, where: str) -> str:
    """The bearer token; of a file and a text beside it the file's, if it can be read."""
    token = text(user, "token")
    if text(user, "tokenFile"):
        try:
            found = (_content(user, "tokenFile", where) or b"").decode(errors="replace").strip()
        except InputError:
            if not token:
                raise
            found = ""
        token = found or token
    remember(token, text(user, "token"))
    return token


def _run_plugin(
    made: Access,
    cluster: Object,
    user: Object,
    authorities: bytes | None,
    *,
    seconds: float | None,
    alone: bool,
) -> tuple[bytes, bytes] | None:
    """Take what a credential plugin gives.

    A token goes into the headers, a certificate and its key are returned.
    """
    try:
        given = plugin.run(user["exec"], cluster, authorities, seconds=seconds, alone=alone)
    except plugin.PluginError as error:
        made.failure = Failure("Unauthorized", line(f"the credential plugin failed: {error}"))
        return None
    except TimeoutError as error:
        made.failure = Failure("TimedOut", f"the credential plugin {error}")
        return None
    token = text(given, "token")
    remember(token)
    if token:
        made.headers.append(("Authorization", f"Bearer {token}"))
    if "clientKeyData" in given:
        return given["clientCertificateData"].encode(), given["clientKeyData"].encode()
    return None


def _use_provider(made: Access, user: Object, where: str) -> None:
    """Take the token of an `oidc` auth provider while it is valid.

    None is renewed here: the provider's own server would be contacted, which nobody named, and a
    new token that is not written back makes the old kubeconfig worthless. kubectl renews it at its
    next use; an exec plugin can too.
    """
    name, settings = provider(user)
    if name != _OIDC:
        problem = f'auth-provider "{name}" is not supported, nor by kubectl: use an exec plugin'
        raise InputError(f"{where}: {problem}")
    token = text(settings, "id-token")
    remember(token, text(settings, "refresh-token"), text(settings, "client-secret"))
    expiry = _expiry(token)
    if expiry is None or expiry <= time.time():
        state = "has expired" if expiry is not None else "is missing or none"
        detail = (
            f"the id-token of auth-provider oidc {state}, and is not renewed here: any kubectl "
            "command with this context renews it, and an exec plugin (kubectl oidc-login) does it "
            "each time"
        )
        made.failure = Failure("Unauthorized", detail)
    else:
        made.headers.append(("Authorization", f"Bearer {token}"))


def _expiry(token: str) -> float | None:
    """When a JSON web token expires, in seconds since 1970; None for what is no such token."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _password(sent: str) -> str:
    """The password in a Basic header's value; "" for any other."""
    try:
        return base64.b64decode(sent, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
