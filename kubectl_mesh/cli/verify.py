"""`verify-endpoints` and `verify-gateway`: read, judge, and show the report."""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from kubectl_mesh.cli.streams import complain, until_closed
from kubectl_mesh.collect import DEFAULT_NAMESPACE, InputError
from kubectl_mesh.findings.model import FAIL, PASS, Report
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES
from kubectl_mesh.output import Style, form

_PATIENCE = 300.0  # seconds


_ONE_CLUSTER = "-o patch is for one cluster, as kubectl apply is"


def verify_command(arguments: argparse.Namespace) -> int:
    """`verify-endpoints` and `verify-gateway`. Returns the exit code; raises InputError."""
    if "timeout" in arguments and not arguments.wait:
        raise InputError(
            "--timeout has no meaning without --wait; --request-timeout bounds the reads"
        )
    if arguments.output == "patch" and (arguments.contexts or arguments.all_contexts):
        raise InputError(f"{_ONE_CLUSTER}: name it with --context")
    report = _waited(arguments) if arguments.wait else _look(arguments)
    if not arguments.quiet:
        _show(report, arguments)
    return report.exit_code


def _waited(arguments: argparse.Namespace) -> Report:
    """The report once it passes, or the last one."""
    from kubectl_mesh.cli.waiting import until_pass

    for flag in ("filename", "control_plane_filename"):
        if getattr(arguments, flag):
            raise InputError(
                f"--wait has no meaning with --{flag.replace('_', '-')}: files don't change"
            )
    bound = arguments.request_timeout

    def look(left: float | None) -> Report:
        arguments.request_timeout = min(
            (seconds for seconds in (bound, left) if seconds), default=None
        )
        return _look(arguments)

    report, late = until_pass(look, getattr(arguments, "timeout", _PATIENCE), quiet=arguments.quiet)
    if late and not arguments.quiet:
        complain("the --timeout is over, and the verdict is not pass: this is the last report")
    elif report.verdict != PASS and not arguments.quiet:
        complain("not waited any longer: somebody has to give rights, or log in")
    return report


def _look(arguments: argparse.Namespace) -> Report:
    """Read and judge once."""
    from kubectl_mesh.checks.context import CheckOptions
    from kubectl_mesh.checks.run import verify
    from kubectl_mesh.cli.waiting import progress
    from kubectl_mesh.collect.targets import from_contexts, from_files
    from kubectl_mesh.findings.causes import without_commands

    if arguments.filename or arguments.control_plane_filename:
        clusters, contexts = from_files(arguments), tuple[str, ...]()
        if arguments.output == "patch" and clusters.mesh_wide:
            raise InputError(f"{_ONE_CLUSTER}, and the snapshot is of several")
    else:
        with progress(quiet=arguments.quiet) as tell:
            clusters, contexts = from_contexts(arguments, tell)
    clusters.mesh_id = arguments.mesh_id
    options = CheckOptions(
        role=arguments.role,
        mesh_id=arguments.mesh_id,
        addresses=tuple(arguments.expect_address),
        contexts=contexts,
        kubectl_flags=_kubectl_flags(arguments),
        command=_repeated(arguments),
        gateways_in=ALL_NAMESPACES if arguments.all_namespaces else clusters.verified[0].namespace,
        gateway=arguments.gateway,
        all_contexts=clusters.all_contexts,
    )
    entries = verify(clusters, options, gateways=arguments.command == "verify-gateway")
    if any(cluster.redacted for cluster in clusters.every):
        entries = without_commands(entries)
    return Report(arguments.command, entries, arguments.ignore, arguments.fail_on)


def _repeated(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The words that ask the same question again, whatever the form of the answer."""
    mesh_wide = arguments.contexts or arguments.all_contexts
    words = [arguments.command, *(["--all-namespaces"] if arguments.all_namespaces else [])]
    for flag, given in (
        ("--kubeconfig", arguments.kubeconfig),
        (
            "--context",
            arguments.context,
        ),  # --contexts are put by each cluster's own, where it is told of one
        ("--namespace", arguments.namespace if arguments.namespace != DEFAULT_NAMESPACE else None),
        ("--control-plane-context", None if mesh_wide else arguments.control_plane_context),
        ("--control-plane-namespace", None if mesh_wide else arguments.control_plane_namespace),
        ("--as", arguments.acting_as),
        ("--as-group", arguments.as_group),
        ("--filename", arguments.filename),
        ("--control-plane-filename", arguments.control_plane_filename),
        ("--expect-address", arguments.expect_address),
        ("--role", arguments.role),
        ("--mesh-id", arguments.mesh_id),
        ("--gateway", arguments.gateway),
        ("--ignore", [ignore.given for ignore in arguments.ignore]),
        ("--fail-on", arguments.fail_on if arguments.fail_on != FAIL else None),
    ):
        for value in given if isinstance(given, list) else [given] if given else []:
            words += [flag, value]
    return tuple(words)


def _kubectl_flags(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The flags that printed kubectl commands need to reach the clusters as this run did."""
    groups = [word for group in arguments.as_group for word in ("--as-group", group)]
    config = ["--kubeconfig", arguments.kubeconfig] if arguments.kubeconfig else []
    return (*config, *(["--as", arguments.acting_as] if arguments.acting_as else []), *groups)


def _show(report: Report, arguments: argparse.Namespace) -> None:
    on_terminal = sys.stdout.isatty()
    colorful = on_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    color = arguments.color == "always" or (arguments.color == "auto" and colorful)
    width = shutil.get_terminal_size().columns if on_terminal else None
    style = Style(headers=not arguments.no_headers, color=color, width=width)
    with until_closed(
        sys.stdout
    ):  # whoever read the report may have seen enough: the verdict stands
        sys.stdout.write(form(arguments.output)(report, style))
        sys.stdout.flush()
