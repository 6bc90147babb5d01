"""Credential plugins (`exec` in a kubeconfig): run as kubectl does, bounded in time and output.

The rules are client-go's (`plugin/pkg/client/auth/exec`).
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
from typing import IO

from kubectl_mesh.collect.kubeconfig import extension
from kubectl_mesh.kube.objects import Object, mapping, maps, text

_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_MODES = ("Never", "IfAvailable", "Always")
_CONFIG = "client.authentication.k8s.io/exec"  # a cluster's extension that is handed to plugins
_CLUSTER = (
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "proxy-url",
    "disable-compression",
)
_CREDENTIALS = ("token", "clientCertificateData", "clientKeyData")
_LONGEST = 120.0  # seconds; somebody may have to log in
_LARGEST = 1 << 20  # bytes
_CUT = "it wrote more than 1 MiB"


class PluginError(Exception):
    """The plugin gave no credentials: why, in one line without anything that it wrote to stdout."""


def run(
    settings: Object,
    cluster: Object,
    authorities: bytes | None,
    *,
    seconds: float | None,
    alone: bool,
) -> Object:
    """The `status` of the ExecCredential that a plugin writes.

    `settings` is the user's `exec`, `authorities` are the certificates that the server's is
    verified by. `seconds` bounds it, unless it may ask somebody on the terminal: then, and where
    `seconds` is None, it has two minutes. `alone`: nothing else reads from the terminal meanwhile.
    Raises PluginError, TimeoutError.
    """
    version = text(settings, "apiVersion")
    if version not in _VERSIONS:
        raise PluginError(f"apiVersion must be {' or '.join(_VERSIONS)}")
    mode = _mode(settings)
    interactive = alone and mode != "Never" and sys.stdin is not None and sys.stdin.isatty()
    if mode == "Always" and not interactive:
        raise PluginError("it needs a terminal (interactiveMode Always), and stdin is none")
    spec: Object = {"interactive": interactive}
    if settings.get("provideClusterInfo"):
        spec["cluster"] = _cluster_info(cluster, authorities)
    request = {"kind": "ExecCredential", "apiVersion": version, "spec": spec}
    process = _started(settings, json.dumps(request), interactive=interactive)
    bound = _LONGEST
    if not interactive and seconds is not None:
        bound = min(seconds, _LONGEST)
    return _status(_Running(process).output(bound), version)


def _environment(settings: Object, request: str) -> dict[str, str]:
    """The environment of a plugin, in which it finds the request."""
    environment = {**os.environ}
    for variable in maps(settings, "env"):
        environment[text(variable, "name")] = text(variable, "value")
    return {**environment, "KUBERNETES_EXEC_INFO": request}


def _started(settings: Object, request: str, *, interactive: bool) -> subprocess.Popen[bytes]:
    """The plugin's process. Raises PluginError."""
    named = text(settings, "command")
    # As Go does it: on Windows the extension may be left out.
    command = [shutil.which(named) or named, *(settings.get("args") or [])]
    try:
        return subprocess.Popen(
            command,
            env=_environment(settings, request),
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if interactive else subprocess.PIPE,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problem = f"{named}: {reason.lower()}"
        if text(settings, "installHint"):
            problem += f"; {text(settings, 'installHint')}"
        raise PluginError(problem) from error


def mistake(settings: Object) -> str:
    """Why kubectl refuses the settings of a plugin, even where it would not run it.

    "" where it doesn't.
    """
    for key in ("command", "apiVersion"):
        if not text(settings, key):
            return f"{key} is missing"
    if any(not text(variable, "name") for variable in maps(settings, "env")):
        return "a variable of env has no name"
    if _mode(settings) not in _MODES:
        return f"interactiveMode must be one of {', '.join(_MODES)}"
    return ""


def _mode(settings: Object) -> str:
    """How it stands to the terminal; versions before v1 need not say it."""
    default = "" if text(settings, "apiVersion") == _VERSIONS[0] else "IfAvailable"
    return text(settings, "interactiveMode") or default


def _cluster_info(cluster: Object, authorities: bytes | None) -> Object:
    """What a plugin is given of the cluster where it wants that."""
    made: Object = {key: cluster[key] for key in _CLUSTER if cluster.get(key)}
    if authorities:
        made["certificate-authority-data"] = base64.b64encode(authorities).decode()
    if extension(cluster, _CONFIG) is not None:
        made["config"] = extension(cluster, _CONFIG)
    return made


class _Running:
    """A plugin that runs.

    Threads read what it writes, as pipes can't be waited for on every system.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.written: dict[str, bytes] = {"stdout": b"", "stderr": b""}
        self.too_much = False
        self.ended = threading.Event()
        self.open = 0
        self.lock = threading.Lock()

    def output(self, seconds: float) -> bytes:
        """What it writes to stdout until it ends.

        Raises PluginError, and TimeoutError where it takes longer.
        """
        try:
            self._read_pipes()
            in_time = self.ended.wait(seconds)
        finally:
            if self.process.poll() is None and not self.ended.is_set():
                self.process.kill()
        if self.too_much:
            raise PluginError(_CUT)
        if not in_time:
            raise TimeoutError(f"gave no answer within {seconds:g}s")
        if self.process.returncode:
            last = self._last_line()
            raise PluginError(f"exit code {self.process.returncode}" + (last and f": {last}"))
        return self.written["stdout"]

    def _read_pipes(self) -> None:
        pipes = {"stdout": self.process.stdout, "stderr": self.process.stderr}
        kept = {name: pipe for name, pipe in pipes.items() if pipe}
        self.open = len(kept)
        for name, pipe in kept.items():
            threading.Thread(target=self._read, args=(name, pipe), daemon=True).start()

    def _last_line(self) -> str:
        """The last line that it wrote to stderr; "" where it wrote none."""
        lines = self.written["stderr"].decode(errors="replace").strip().split("\n")
        return lines[-1].strip()

    def _read(self, name: str, pipe: IO[bytes]) -> None:
        """Keep what is written to one pipe; what goes beyond the bound ends the plugin."""
        while part := pipe.read1(1 << 16):  # type: ignore[attr-defined]
            self.written[name] += part
            if len(self.written[name]) > _LARGEST:
                self.too_much = True
                self.process.kill()
                break
        pipe.close()
        with self.lock:
            self.open -= 1
            last = not self.open
        if last:
            self.process.wait()
        if last or self.too_much:
            self.ended.set()


def _status(written: bytes, version: str) -> Object:
    """The credentials in what a plugin wrote, all of them texts. Raises PluginError."""
    try:
        answer = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise PluginError("it wrote no ExecCredential in JSON") from error
    if text(answer, "kind") != "ExecCredential" or text(answer, "apiVersion") != version:
        raise PluginError(f"it wrote no ExecCredential of {version}")
    found = _credentials(mapping(answer, "status"))
    if not found:
        raise PluginError("the status of its ExecCredential has neither a token nor a certificate")
    if ("clientCertificateData" in found) != ("clientKeyData" in found):
        problem = "has a certificate or a key, and needs both"
        raise PluginError(f"the status of its ExecCredential {problem}")
    return found


def _credentials(status: Object) -> Object:
    """What a status holds of credentials. Raises PluginError."""
    found = {}
    for key in _CREDENTIALS:
        given = status.get(key)
        if given is not None and not isinstance(given, str):
            raise PluginError("the status of its ExecCredential has something else than text in it")
        if given:
            found[key] = given
    return found
