"""What the values of flags may be: durations, addresses, lists of contexts, findings to ignore."""

from __future__ import annotations

import argparse
import re

from kubectl_mesh.cli.parser import did_you_mean
from kubectl_mesh.findings.model import Ignore

_LONGEST = 1e6  # seconds


_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


_HOST_NAME = re.compile(
    r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?", re.IGNORECASE
)


_KINDS = {
    "svc": "service",
    "services": "service",
    "ep": "endpoints",
    "deploy": "deployment",
    "deployments": "deployment",
    "cm": "configmap",
    "configmaps": "configmap",
    "po": "pod",
    "pods": "pod",
    "endpointslices": "endpointslice",
    "ds": "daemonset",
    "ns": "namespace",
    "namespaces": "namespace",
}


def nonempty(value: str) -> str:
    """A text that is not empty."""
    if not value:
        raise argparse.ArgumentTypeError("must not be empty")
    return value


def contexts(value: str) -> list[str]:
    """The contexts of a list such as a,b."""
    names = value.split(",")
    if not all(names):
        raise argparse.ArgumentTypeError(f'"{value}" is no list of contexts such as a,b')
    return names


def positive(value: str) -> int:
    """A whole number from 1."""
    if not re.fullmatch(r"[1-9]\d{0,5}", value):
        raise argparse.ArgumentTypeError(f'"{value}" is no number from 1')
    return int(value)


def duration(value: str) -> float | None:
    """Seconds of a Go duration such as 1m30s, or of a plain number; None for 0, which is no
    bound.
    """
    value = f"{value}s" if re.fullmatch(r"\d+", value) else value
    parts = _DURATION.findall(value)
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise argparse.ArgumentTypeError(f'"{value}" is no duration such as 5s, 500ms or 2m')
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if seconds > _LONGEST:
        raise argparse.ArgumentTypeError(f'"{value}" is too long (0 is no bound)')
    return seconds or None


def address(value: str) -> str:
    """An IP address or a host name, normalised."""
    from kubectl_mesh.kube.routing import is_ip, normalise

    last_label = value.rstrip(".").rpartition(".")[2]
    if not is_ip(value) and (not _HOST_NAME.fullmatch(value) or last_label.isdigit()):
        raise argparse.ArgumentTypeError(
            f'"{value}" is neither an IP address nor a host name (give it without a port)'
        )
    return normalise(value)


def ignore(value: str) -> Ignore:
    """A finding to ignore, as CODE or CODE=KIND/NAME."""
    from kubectl_mesh.findings.catalog import RESULTS

    code, _, target = value.partition("=")
    if code not in RESULTS:
        raise argparse.ArgumentTypeError(
            f'there is no finding "{code}"; codes stand in the report and in docs/findings.md'
            f"{did_you_mean(code, RESULTS)}"
        )
    kind, slash, name = target.partition("/")
    if "=" in value and not (kind and slash and name and "/" not in name):
        raise argparse.ArgumentTypeError(f'"{target}" is no KIND/NAME')
    return Ignore(value, code, _KINDS.get(kind.lower(), kind.lower()), name)
