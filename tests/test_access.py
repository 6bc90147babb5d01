"""Whom a kubeconfig reaches, and with which credentials.

Compared with kubectl, on servers that record what they are sent.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_mesh.cli import main
from tests import harness
from tests.lab.binaries import LabError, find_or_build
from tests.servers import Recorder, Request, answer_with, certificate, recorder

pytestmark = pytest.mark.live  # kubectl is the lab's

Entry = dict[str, Any]
FORBIDDEN = json.dumps(
    {"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"}
).encode()


@pytest.fixture(scope="session")
def kubectl() -> Path:
    """The real kubectl."""
    try:
        return find_or_build() / "kubectl"
    except LabError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no kubectl: {error}")


class Ends:
    """A server with TLS, one without, and the files that kubeconfigs name."""

    def __init__(self, folder: Path, secure: Recorder, plain: Recorder) -> None:
        self.folder, self.secure, self.plain = folder, secure, plain
        self.tls = {"server": secure.url, "certificate-authority-data": secure.authority}
        self.http = {"server": plain.url}
        self.authority, self.client = certificate("server")[0], certificate("client")
        self.certified = {
            "client-certificate": str(self.client[0]),
            "client-key": str(self.client[1]),
        }

    def plugin(self, status: Entry | None = None) -> Entry:
        """A user whose credentials come from a plugin; it leaves a mark that it ran."""
        version = "client.authentication.k8s.io/v1"
        status = {"token": "from-the-plugin"} if status is None else status
        credential = json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})
        path = self.folder / "plugin"
        path.write_text(f"#!/bin/sh\ntouch {self.folder}/ran\ncat <<'END'\n{credential}\nEND\n")
        path.chmod(0o755)
        return {"exec": {"apiVersion": version, "command": str(path), "interactiveMode": "Never"}}


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ends]:
    """The two servers; each answers everything with 403, so that nothing further is asked."""
    folder = tmp_path_factory.mktemp("ends")
    answer = answer_with(403, FORBIDDEN)
    with recorder(answer) as secure, recorder(answer, tls=False) as plain:
        yield Ends(folder, secure, plain)


def kubeconfig(folder: Path, cluster: Any, user: Any, **more: Any) -> Path:
    """A kubeconfig with the context `here`; `more` replaces its parts."""
    path = folder / "config"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(json.dumps({**document, **more}))
    return path


def by_kubectl(kubectl: Path, path: Path, ends: Ends) -> tuple[bool, set[Request]]:
    """Whether kubectl went to a server, and what it sent there."""
    ends.secure.requests.clear()
    ends.plain.requests.clear()
    command = [
        str(kubectl),
        "--kubeconfig",
        str(path),
        "get",
        "--raw",
        "/version",
        "--request-timeout",
        "5s",
    ]
    environment = {**os.environ, "HOME": str(path.parent)}
    subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    sent = {*ends.secure.requests, *ends.plain.requests}
    return bool(sent), sent


def by_mesh(path: Path, ends: Ends) -> tuple[int, set[Request], str]:
    """The exit code, what was sent to the servers, and everything that was printed."""
    ends.secure.requests.clear()
    ends.plain.requests.clear()
    command = [
        sys.executable,
        "-m",
        "kubectl_mesh",
        "verify-endpoints",
        "--kubeconfig",
        str(path),
        "-o",
        "json",
    ]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.returncode, {*ends.secure.requests, *ends.plain.requests}, done.stdout + done.stderr


Case = Callable[[Ends], tuple[Any, Any]]
TOKEN = {"token": "the-token"}
# name -> the cluster and the user of a kubeconfig
CASES: dict[str, Case] = {
    "token": lambda e: (e.tls, TOKEN),
    "basic": lambda e: (e.tls, {"username": "me", "password": "p:w&d"}),
    "certificate": lambda e: (e.tls, e.certified),
    "certificate-and-token": lambda e: (e.tls, {**TOKEN, **e.certified}),
    "plugin": lambda e: (e.tls, e.plugin()),
    "plugin-and-token": lambda e: (e.tls, {**TOKEN, **e.plugin()}),
    "acting-as": lambda e: (
        e.tls,
        {
            **TOKEN,
            "as": "x",
            "as-uid": "7",
            "as-groups": ["g", "h"],
            "as-user-extra": {"a/b": ["1", "2"]},
        },
    ),
    "groups-without-a-user": lambda e: (e.tls, {**TOKEN, "as-groups": ["g"]}),
    "groups-of-numbers": lambda e: (e.tls, {**TOKEN, "as": "x", "as-groups": [7]}),
    "token-and-basic": lambda e: (e.tls, {**TOKEN, "username": "me"}),
    "token-is-a-number": lambda e: (e.tls, {"token": 12345678}),
    "certificate-without-key": lambda e: (
        e.tls,
        {"client-certificate": e.certified["client-certificate"]},
    ),
    # item 1: only a real `true` switches verification off
    "skip-is-text-false": lambda e: (
        {"server": e.secure.url, "insecure-skip-tls-verify": "false"},
        TOKEN,
    ),
    "skip-is-text-true": lambda e: (
        {"server": e.secure.url, "insecure-skip-tls-verify": "true"},
        TOKEN,
    ),
    "skip-is-1": lambda e: ({"server": e.secure.url, "insecure-skip-tls-verify": 1}, TOKEN),
    "skip-is-null": lambda e: ({**e.tls, "insecure-skip-tls-verify": None}, TOKEN),
    "skip-is-false": lambda e: ({"server": e.secure.url, "insecure-skip-tls-verify": False}, TOKEN),
    "skip-is-true": lambda e: ({"server": e.secure.url, "insecure-skip-tls-verify": True}, TOKEN),
    "skip-beside-authority": lambda e: ({**e.tls, "insecure-skip-tls-verify": True}, TOKEN),
    "skip-beside-authority-file": lambda e: (
        {
            "server": e.secure.url,
            "certificate-authority": str(e.authority),
            "insecure-skip-tls-verify": True,
        },
        TOKEN,
    ),
    "skip-beside-authority-without-tls": lambda e: (
        {**e.tls, **e.http, "insecure-skip-tls-verify": True},
        TOKEN,
    ),
    "authority-is-no-base64": lambda e: ({**e.tls, "certificate-authority-data": "%%%"}, TOKEN),
    "authority-twice": lambda e: ({**e.tls, "certificate-authority": str(e.authority)}, TOKEN),
    # item 2: nothing goes to a server without TLS
    "http-token": lambda e: (e.http, TOKEN),
    "http-basic": lambda e: (e.http, {"username": "me", "password": "secret-word"}),
    "http-certificate": lambda e: (e.http, e.certified),
    "http-plugin": lambda e: (e.http, e.plugin()),
    "http-acting-as": lambda e: (e.http, {**TOKEN, "as": "x", "as-groups": ["g"]}),
    "http-without-a-scheme": lambda e: ({"server": e.plain.url.removeprefix("http://")}, TOKEN),
    "http-token-and-basic": lambda e: (e.http, {**TOKEN, "username": "me"}),
    "http-missing-files": lambda e: (
        e.http,
        {"client-certificate": "/no/such", "client-key": "/no/such"},
    ),
    "http-userinfo": lambda e: ({"server": e.plain.url.replace("//", "//me:secret-word@")}, {}),
    "userinfo-and-token": lambda e: (
        {**e.tls, "server": e.secure.url.replace("//", "//me:secret-word@")},
        TOKEN,
    ),
    # item 3
    "gcp": lambda e: (e.tls, {"auth-provider": {"name": "gcp"}}),
    "http-gcp": lambda e: (e.http, {"auth-provider": {"name": "gcp"}}),
    "other-scheme": lambda e: ({"server": "ftp://127.0.0.1:1"}, TOKEN),
    "no-server": lambda e: ({}, TOKEN),
    "null-cluster": lambda e: (None, TOKEN),
}


@pytest.mark.parametrize("name", CASES)
def test_as_kubectl_does(name: str, kubectl: Path, ends: Ends, tmp_path: Path) -> None:
    """Both send the same to the same server, or both send nothing."""
    path = kubeconfig(tmp_path, *CASES[name](ends))
    (ends.folder / "ran").unlink(missing_ok=True)
    went, sent = by_kubectl(kubectl, path, ends)
    ran = (ends.folder / "ran").exists()
    (ends.folder / "ran").unlink(missing_ok=True)
    code, own, printed = by_mesh(path, ends)
    assert own == sent, printed
    assert (ends.folder / "ran").exists() == ran
    assert code == 3 if went else code in (2, 3), printed
    assert "Traceback" not in printed
    assert len(printed.splitlines()) == 1 or code == 3, printed


MISTAKES: dict[str, dict[str, Any]] = {
    "clusters-null": {"clusters": None},
    "clusters-a-number": {"clusters": 7},
    "contexts-an-object": {"contexts": {}},
    "entry-a-text": {"users": ["x"]},
    "name-a-number": {"contexts": [{"name": 5, "context": {}}]},
    "other-kind": {"kind": "Pod"},
    "current-context-a-number": {"current-context": 5},
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_malformed_kubeconfig(name: str, kubectl: Path, ends: Ends, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, ends.tls, TOKEN, **MISTAKES[name])
    assert by_kubectl(kubectl, path, ends) == (False, set())
    code, sent, printed = by_mesh(path, ends)
    assert (code, sent, len(printed.splitlines())) == (2, set(), 1), printed
    assert "unforeseen" not in printed


def test_a_mistake_in_another_entry(kubectl: Path, ends: Ends, tmp_path: Path) -> None:
    """kubectl refuses the whole file; of several contexts each costs itself only."""
    other = {
        "name": "d",
        "cluster": {"server": ends.secure.url, "insecure-skip-tls-verify": "false"},
    }
    contexts = [
        {"name": n, "context": {"cluster": c, "user": "u"}}
        for n, c in (("here", "c"), ("sick", "d"))
    ]
    path = kubeconfig(
        tmp_path,
        ends.tls,
        TOKEN,
        clusters=[{"name": "c", "cluster": ends.tls}, other],
        contexts=contexts,
    )
    assert by_kubectl(kubectl, path, ends) == (False, set())
    code, sent, printed = by_mesh(path, ends)
    assert (code, sent) == (2, set())
    assert "clusters[d].cluster.insecure-skip-tls-verify must be true or false, not text" in printed
    code, out = harness.run(
        "verify-endpoints", "--kubeconfig", str(path), "--all-contexts", "-o", "json"
    )
    found = {c["context"]: [f["code"] for f in c["findings"]] for c in json.loads(out)["clusters"]}
    assert (code, found) == (3, {"here": ["Forbidden"], "sick": ["Unreachable"]})
    assert ends.secure.requests == [Request("Bearer the-token", (), False)] * len(
        ends.secure.requests
    )


def token(expires_in: float) -> str:
    """A JSON web token that expires after so many seconds."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": int(time.time() + expires_in)}).encode())
    return f"e30.{claims.decode().rstrip('=')}.signature"


def test_oidc(kubectl: Path, ends: Ends, tmp_path: Path) -> None:
    """A valid token is used, as by kubectl. An expired one is not renewed.

    The provider is never contacted.
    """
    with recorder(answer_with(200, b"{}")) as issuer:
        settings = {
            "client-id": "me",
            "client-secret": "client-secret-word",
            "idp-issuer-url": issuer.url,
            "refresh-token": "refresh-token-word",
            "idp-certificate-authority-data": issuer.authority,
        }
        for life, went in ((3600, True), (-3600, False)):
            provider = {"name": "oidc", "config": {**settings, "id-token": token(life)}}
            path = kubeconfig(tmp_path, ends.tls, {"auth-provider": provider})
            before = path.read_text()
            code, sent, printed = by_mesh(path, ends)
            assert (code, bool(sent), issuer.paths) == (3, went, []), printed
            assert path.read_text() == before
            assert "secret-word" not in printed
            if went:
                assert by_kubectl(kubectl, path, ends) == (True, sent)
            else:
                assert "has expired, and is not renewed here" in printed
    # kubectl finds the provider over verified TLS only.
    with recorder(answer_with(200, b"{}")) as issuer:
        del settings["idp-certificate-authority-data"]
        settings |= {"idp-issuer-url": issuer.url, "id-token": token(-3600)}
        path = kubeconfig(
            tmp_path, ends.tls, {"auth-provider": {"name": "oidc", "config": settings}}
        )
        assert by_kubectl(kubectl, path, ends) == (False, set())
        assert issuer.paths == []


SECRETS: dict[str, Entry] = {
    "token": {"token": "abcdefgh-token/with+signs=="},
    "basic": {"username": "me", "password": 'pass"word&<\u00e9>'},
    "userinfo": {},
    "plugin": {},
}
FORMS = ("table", "wide", "json", "yaml", "name", "patch", "junit", "prometheus")


@pytest.mark.parametrize("name", SECRETS)
def test_no_credential_is_repeated(
    name: str, ends: Ends, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever a server says with it, in a message and with any escapes.

    It stands in no form of output, and in no snapshot.
    """
    user = SECRETS[name]
    secret = next((user[key] for key in ("token", "password") if key in user), "the-secret-word")
    secrets = [secret]
    if name == "plugin":
        user = ends.plugin({"token": secret})
    if name in ("basic", "userinfo"):
        secrets.append(base64.b64encode(f"me:{secret}".encode()).decode())
    spoken = f"who sent {' and '.join(secrets)}?"
    escaped = "".join(f"\\u{ord(char):04x}" for char in spoken)
    status = json.dumps({"kind": "Status", "code": 500, "message": "MESSAGE"})
    for message in (json.dumps(spoken)[1:-1], escaped):
        with recorder(answer_with(500, status.replace("MESSAGE", message).encode())) as server:
            url = server.url.replace("//", f"//me:{secret}@") if name == "userinfo" else server.url
            path = kubeconfig(
                tmp_path, {"server": url, "certificate-authority-data": server.authority}, user
            )
            asked = ["--kubeconfig", str(path), "--debug"]
            printed = {form: harness.run("verify-endpoints", *asked, "-o", form) for form in FORMS}
            assert server.paths
        assert {code for code, _ in printed.values()} == {3}
        assert main(["snapshot", str(tmp_path / "packed"), *asked]) == 3
        shown = capsys.readouterr()
        everything = [
            *(out for _, out in printed.values()),
            shown.out,
            shown.err,
            (tmp_path / "packed").read_text(),
        ]
        for part in secrets:
            for text in everything:
                assert part not in text
                assert json.dumps(part)[1:-1] not in text
        assert "<hidden>" in printed["json"][1]


def test_no_credential_in_objects_and_refused_urls(ends: Ends, tmp_path: Path) -> None:
    secret = "abcdefgh-the-token"
    service = {
        "metadata": {"name": "istiod-remote", "namespace": "istio-system"},
        "spec": {"externalName": secret},
    }
    body = json.dumps({"kind": "ServiceList", "items": [service]}).encode()
    with recorder(answer_with(200, body)) as server:
        cluster = {"server": server.url, "certificate-authority-data": server.authority}
        path = kubeconfig(tmp_path, cluster, {"token": secret})
        command = [sys.executable, "-m", "kubectl_mesh", "snapshot", "-", "--kubeconfig", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert secret not in done.stdout + done.stderr
    for field in ("server", "proxy-url"):
        for url in (
            "https://me:secret-word@",
            "https://me:secret-word@host:x",
            "socks9://me:secret-word@h",
        ):
            path = kubeconfig(tmp_path, {**ends.tls, field: url}, TOKEN)
            code, sent, printed = by_mesh(path, ends)
            assert (code, sent, len(printed.splitlines())) == (2, set(), 1), printed
            assert "secret-word" not in printed


def test_userinfo_of_a_proxy(ends: Ends, tmp_path: Path) -> None:
    """It goes to the proxy, and nowhere else."""
    with recorder(answer_with(502, b""), tls=False) as proxy:
        url = proxy.url.replace("//", "//me:secret-word@")
        path = kubeconfig(tmp_path, {"server": "http://127.0.0.1:1", "proxy-url": url}, {})
        code, _, printed = by_mesh(path, ends)
    assert (code, bool(proxy.paths)) == (3, True), printed
    assert "secret-word" not in printed
    assert {request.authorization for request in proxy.requests} == {""}


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace on this machine")
def test_no_file_is_made(ends: Ends, tmp_path: Path) -> None:
    """Neither a certificate nor a key ever has a name in any folder."""
    pair = {
        "client-certificate-data": base64.b64encode(ends.client[0].read_bytes()).decode(),
        "client-key-data": base64.b64encode(ends.client[1].read_bytes()).decode(),
    }
    path = kubeconfig(tmp_path, ends.tls, pair)
    log = tmp_path / "log"
    command = [
        "strace",
        "-f",
        "-e",
        "trace=openat,creat",
        "-o",
        str(log),
        sys.executable,
        "-B",
        "-m",
        "kubectl_mesh",
    ]
    command += ["verify-endpoints", "--kubeconfig", str(path), "-q"]
    ends.secure.requests.clear()
    assert subprocess.run(command, capture_output=True, check=False).returncode == 3
    assert {request.certificate for request in ends.secure.requests} == {True}
    assert "O_CREAT" not in log.read_text()
