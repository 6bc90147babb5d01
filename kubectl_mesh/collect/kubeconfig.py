"""Kubeconfig files, read by the rules of kubectl: the same types, merging and refusals.

The rules are client-go's (`tools/clientcmd`). The `kubernetes` package takes values of any type, so
that a quoted "false" switched TLS verification off; that is why the files are read here.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import yaml

from kubectl_mesh.collect import InputError
from kubectl_mesh.kube import yamltext
from kubectl_mesh.kube.objects import Object, mapping, maps, some, text

IN_CLUSTER = "in-cluster"

# What a field must be; in an object's table other fields are ignored, as kubectl ignores them.
_TEXT, _FLAG, _BASE64 = "text", "true or false", "base64 text"
_PROVIDER = {"name": _TEXT, "config": {"*": _TEXT}}
_EXEC = {
    "apiVersion": _TEXT,
    "command": _TEXT,
    "args": [_TEXT],
    "env": [{"name": _TEXT, "value": _TEXT}],
    "installHint": _TEXT,
    "interactiveMode": _TEXT,
    "provideClusterInfo": _FLAG,
}
_EXTENSIONS = [{"name": _TEXT}]
_TABLES: dict[str, dict[str, Any]] = {
    "clusters": {
        "server": _TEXT,
        "tls-server-name": _TEXT,
        "insecure-skip-tls-verify": _FLAG,
        "certificate-authority": _TEXT,
        "certificate-authority-data": _BASE64,
        "proxy-url": _TEXT,
        "disable-compression": _FLAG,
        "extensions": _EXTENSIONS,
    },
    "users": {
        "client-certificate": _TEXT,
        "client-certificate-data": _BASE64,
        "client-key": _TEXT,
        "client-key-data": _BASE64,
        "token": _TEXT,
        "tokenFile": _TEXT,
        "username": _TEXT,
        "password": _TEXT,
        "as": _TEXT,
        "as-uid": _TEXT,
        "as-groups": [_TEXT],
        "as-user-extra": {"*": [_TEXT]},
        "auth-provider": _PROVIDER,
        "exec": _EXEC,
        "extensions": _EXTENSIONS,
    },
    "contexts": {"cluster": _TEXT, "user": _TEXT, "namespace": _TEXT, "extensions": _EXTENSIONS},
}
_SCALARS = {_TEXT: str, _FLAG: bool, _BASE64: str}
_SINGULAR = {"clusters": "cluster", "users": "user", "contexts": "context"}
_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
}


class _MistypedError(Exception):
    """A value of another type than kubectl takes: where, and what is wanted, never the value."""


class _Loader(yamltext.Loader):  # type: ignore[misc]
    """YAML as Go's decoder takes it: what looks like a date is text."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [
            (tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class _Entry:
    """One cluster, user or context; `mistake` says why it can't be used."""

    value: Object
    mistake: str = ""


class Kubeconfig:
    """The kubeconfig files as kubectl merges them.

    `contexts` are their context names, `current` the active one. Without any file it stands for the
    in-cluster configuration of a Pod. `mistakes` are the entries that kubectl would refuse,
    whichever context they belong to. Raises InputError where there is neither, or a file can't be
    used.
    """

    def __init__(self, path: str | None) -> None:
        self.path = path or os.environ.get("KUBECONFIG") or os.path.join("~", ".kube", "config")
        self._entries: dict[str, dict[str, _Entry]] = {section: {} for section in _TABLES}
        self.current = ""
        found = self._files([path] if path else self.path.split(os.pathsep))
        if path and not found:
            raise InputError(f"kubeconfig {path}: no such file")
        for name in found:
            self._merge(_document(name), name)
        self.contexts = tuple(self._entries["contexts"])
        self.in_cluster = not found and "KUBERNETES_SERVICE_HOST" in os.environ
        if self.in_cluster:
            self.current = IN_CLUSTER
        elif not found:
            problem = "and not inside a cluster: name one with --kubeconfig"
            raise InputError(f"no kubeconfig at {self.path}, {problem}")

    @staticmethod
    def _files(names: list[str]) -> list[str]:
        """Those files that exist."""
        return list(filter(os.path.exists, map(os.path.expanduser, filter(None, names))))

    def _merge(self, document: Object, name: str) -> None:
        """Add what a file says; of several files the first that names something wins."""
        current = _current_context(document, name)
        self.current = self.current or current
        for section, table in _TABLES.items():
            for key, item in _named_items(document, section, name).items():
                place = f"{section}[{key}].{_SINGULAR[section]}"
                entry = _entry(item.get(_SINGULAR[section]), table, place, name)
                self._entries[section].setdefault(key, entry)

    @property
    def mistakes(self) -> list[str]:
        """Why kubectl would refuse the files as a whole."""
        entries = (entry for section in self._entries.values() for entry in section.values())
        return [entry.mistake for entry in entries if entry.mistake]

    @property
    def offers(self) -> str:
        """The contexts to choose from, for an error."""
        return f"(it has: {some(self.contexts) or 'none'})"

    def require(self, where: str, *contexts: str) -> None:
        """Raise InputError for contexts that don't exist.

        `where` names the flag or setting that chose them.
        """
        missing = ", ".join(f'"{context}"' for context in contexts if context not in self.contexts)
        if missing:
            problem = f"context {missing} does not exist in kubeconfig {self.path} {self.offers}"
            raise InputError(f"{where}: {problem}")

    def cluster_and_user(self, context: str) -> tuple[Object, Object]:
        """The cluster and the user of a context; the user is {} where it names none.

        Raises InputError.
        """
        where = f'kubeconfig {self.path}, context "{context}"'
        named = self._usable("contexts", context, where)
        cluster = self._usable("clusters", text(named, "cluster"), where)
        user: Object = {}
        if text(named, "user"):
            user = self._usable("users", text(named, "user"), where)
        if not text(cluster, "server"):
            raise InputError(f'{where}: cluster "{text(named, "cluster")}" has no server')
        return cluster, user

    def _usable(self, section: str, name: str, where: str) -> Object:
        entry = self._entries[section].get(name)
        if entry is None:
            raise InputError(f'{where}: {_SINGULAR[section]} "{name}" does not exist')
        if entry.mistake:
            raise InputError(entry.mistake)
        return entry.value

    def way(self, context: str) -> tuple[str, ...]:
        """What a context leads to, and as whom; no plugin is run for it.

        Server, TLS server name, proxy, user, and what the server is trusted for: of two contexts
        with the certificates of an earlier and of the rebuilt cluster only one works.
        """
        named = self._value("contexts", context)
        cluster = self._value("clusters", text(named, "cluster"))
        keys = ("server", "tls-server-name", "proxy-url", "certificate-authority")
        trusted = (
            str(cluster.get("certificate-authority-data")),
            str(cluster.get("insecure-skip-tls-verify")),
        )
        return (*(text(cluster, key) for key in keys), *trusted, text(named, "user"))

    def impersonated(self, context: str) -> str:
        """Whom the kubeconfig's user acts as (`as`); "" where it is itself."""
        return text(self._value("users", text(self._value("contexts", context), "user")), "as")

    def _value(self, section: str, name: str) -> Object:
        entry = self._entries[section].get(name)
        return entry.value if entry else {}


def _document(name: str) -> Object:
    """The content of one file. Raises InputError."""
    try:
        with open(name, "rb") as file:
            content = file.read()
        encoding = "utf-8-sig"
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
        document = yamltext.value(content.decode(encoding), _Loader)
    except yamltext.YAMLTextError as error:
        line = f", line {error.line}" if error.line else ""
        raise InputError(f"kubeconfig {name}{line}: {error.problem}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"kubeconfig {name}: it is no text (byte {error.start})") from error
    except OSError as error:
        raise InputError(f"kubeconfig {name}: {(error.strerror or str(error)).lower()}") from error
    return {} if document is None else _checked(document, name)


def _checked(document: Any, name: str) -> Object:
    """The content of one file, if it is a kubeconfig's. Raises InputError."""
    if not isinstance(document, dict):
        problem = "it must be an object with clusters, users and contexts"
        raise InputError(f"kubeconfig {name}: {problem}")
    for field, wanted in (("kind", "Config"), ("apiVersion", "v1")):
        if document.get(field) not in (None, "", wanted):
            raise InputError(f"kubeconfig {name}: {field} must be {wanted}: it is no kubeconfig")
    return document


def _current_context(document: Object, name: str) -> str:
    """The active context of one file; "" where it names none. Raises InputError."""
    current = document.get("current-context")
    if current is not None and not isinstance(current, str):
        problem = f"current-context must be text, not {_kind(current)}"
        raise InputError(f"kubeconfig {name}: {problem}")
    return current or ""


def _named_items(document: Object, section: str, name: str) -> dict[str, Object]:
    """The entries of a section by their names; those without one are of no use."""
    found: dict[str, Object] = {}
    for number, item in enumerate(_items(document, section, name)):
        key = item.get("name")
        if key is not None and not isinstance(key, str):
            problem = f"{section}[{number}].name must be text, not {_kind(key)}"
            raise InputError(f"kubeconfig {name}: {problem}")
        if key in found:
            problem = f'{section} has two entries with the name "{key}"'
            raise InputError(f"kubeconfig {name}: {problem}")
        if key:
            found[key] = item
    return found


def _items(document: Object, section: str, name: str) -> Iterator[Object]:
    items = document.get(section)
    if items is not None and not isinstance(items, list):
        raise InputError(f"kubeconfig {name}: {section} must be a list, not {_kind(items)}")
    for number, item in enumerate(items or []):
        if item is not None and not isinstance(item, dict):
            problem = f"{section}[{number}] must be an object, not {_kind(item)}"
            raise InputError(f"kubeconfig {name}: {problem}")
        yield item or {}


def _entry(value: Any, table: dict[str, Any], place: str, name: str) -> _Entry:
    try:
        made = _typed(value, table, place) or {}
    except _MistypedError as error:
        return _Entry({}, f"kubeconfig {name}: {error}")
    folder = os.path.abspath(os.path.dirname(name))
    for field in _FILES:
        if made.get(field):
            made[field] = os.path.join(folder, made[field])
    command = text(made, "exec", "command")
    if os.path.basename(command) != command:  # one without a folder is looked for in the PATH
        made["exec"]["command"] = os.path.join(folder, command)
    return _Entry(made)


def _typed(value: Any, wanted: Any, place: str) -> Any:
    """A value without what is null in it, its base64 texts decoded. Raises _MistypedError."""
    if value is None:
        return None
    if isinstance(wanted, str):
        return _scalar(value, wanted, place)
    if not isinstance(value, type(wanted)):
        raise _MistypedError(f"{place} must be {_kind(wanted)}, not {_kind(value)}")
    if isinstance(wanted, list):
        return _typed_list(value, wanted[0], place)
    kept = {}
    for key, held in value.items():
        field = wanted.get(key, wanted.get("*"))
        made = held if field is None else _typed(held, field, f"{place}.{key}")
        if made is not None:
            kept[key] = made
    return kept


def _typed_list(values: list[Any], each: Any, place: str) -> list[Any]:
    """A list whose items are all of one type; what is null in it is empty."""
    made = []
    for number, item in enumerate(values):
        typed = _typed(item, each, f"{place}[{number}]")
        if typed is None:
            typed = "" if each == _TEXT else {}
        made.append(typed)
    return made


def _scalar(value: Any, wanted: str, place: str) -> Any:
    if type(value) is not _SCALARS[wanted]:
        raise _MistypedError(f"{place} must be {wanted}, not {_kind(value)}")
    if wanted != _BASE64:
        return value
    return _bytes(str(value), place)


def _bytes(value: str, place: str) -> bytes:
    try:
        return base64.b64decode(re.sub("[\r\n]", "", value), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _MistypedError(f"{place} must be {_BASE64}") from error


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), f"of type {type(value).__name__}")


def extension(cluster: Object, name: str) -> Any:
    """What a cluster's extension holds; None where there is none of that name."""
    for item in maps(cluster, "extensions"):
        if text(item, "name") == name:
            return item.get("extension")
    return None


def provider(user: Object) -> tuple[str, Object]:
    """The name of a user's auth provider and its configuration; "" where there is none."""
    return text(user, "auth-provider", "name"), mapping(user, "auth-provider", "config")
