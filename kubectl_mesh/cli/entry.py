"""The command line: flags as kubectl spells them, exit codes, and nothing else.

Exit codes: 0 verified, 1 differences, 2 usage error, 3 could not be determined, 130 interrupted.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import gc
import os
import re
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator
from typing import NoReturn, TextIO

from kubectl_mesh import __version__
from kubectl_mesh.cli import help_texts as manual
from kubectl_mesh.cli.parser import Parser, did_you_mean
from kubectl_mesh.collect import CONTROL_PLANE_CONTEXT, DEFAULT_NAMESPACE, InputError
from kubectl_mesh.collect.secrecy import hidden
from kubectl_mesh.findings.model import FAIL, PASS, WARN, Ignore, Report, clean
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES
from kubectl_mesh.output import FORMS, Style, form

_LONGEST = 1e6  # seconds
_USAGE, _UNDETERMINED, _INTERRUPTED = 2, 3, 130
_PATIENCE = 300.0  # seconds
_ONE_CLUSTER = "-o patch is for one cluster, as kubectl apply is"
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


def run() -> NoReturn:
    """The `kubectl-mesh` command: `main`, in a process that lives for one answer only.

    Nothing that it makes is worth collecting: without the collector, start and exit take a fifth
    less time.
    """
    gc.disable()
    # An end like any other: what stands in temporary files goes with it. (Windows has no SIGHUP.)
    for number in filter(None, (signal.SIGTERM, getattr(signal, "SIGHUP", None))):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _terminate)
    code = _flushed(main())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Threads may still wait for dead clusters: they must not find an interpreter that is being
    # taken apart.
    atexit._run_exitfuncs()
    os._exit(code)


def _terminate(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def _flushed(code: int) -> int:
    """The exit code once everything has left the buffers; 3 where a report could not be written.

    Python's own way at exit is code 120 and a complaint of several lines.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError as error:
            _silence(stream)
            if (
                stream is sys.stdout
                and not isinstance(error, BrokenPipeError)
                and code != _UNDETERMINED
            ):
                code = _UNDETERMINED
                _complain(f"{error.strerror or error}")
    return code


def main(argv: list[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's). Returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        return _answered(argv)
    except InputError as error:
        _complain(str(error))
        return _USAGE
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else _USAGE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:
        _explain(error, debug="--debug" in argv)
        return _UNDETERMINED


def _explain(error: Exception, *, debug: bool) -> None:
    """One line for an error that is not the user's; a traceback only where it was asked for."""
    if isinstance(error, OSError):  # a full disk under stdout, for one
        _complain(f"{error.strerror or error}")
        return
    if debug:
        sys.stderr.write(clean(hidden(traceback.format_exc()), keep="\n"))
    _complain(f"unforeseen {type(error).__name__}: {error} (--debug shows where)")


def _answered(argv: list[str]) -> int:
    """The exit code of a command line. Raises what its command raises."""
    if sys.stdout is None:
        # Somebody closed it: what is written goes nowhere.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    # Whatever the locale: reports hold characters of every language, and names of files any bytes.
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    if argv[:1] == ["__complete"]:  # kubectl asks what may follow
        return _complete(argv[1:])
    if "_ARGCOMPLETE" in os.environ:  # a shell asks
        _answer()
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest:
        raise InputError(_unrecognized(parser, argv, rest))
    if arguments.show_version:
        return _version(argparse.Namespace(output=None))
    if "run" not in arguments:
        # Help, but for scripts a run without a command has verified nothing.
        parser.print_help(sys.stderr)
        return _USAGE
    return int(arguments.run(arguments))


def _unrecognized(parser: Parser, argv: list[str], rest: list[str]) -> str:
    """What is said of words that no flag or command takes."""
    named = [word for word in argv if not word.startswith("-")]
    command = parser.command(named[0] if named else "")
    flags = [word.partition("=")[0] for word in rest if word.startswith("--")]
    near = did_you_mean(flags[0], command.flags()) if flags else ""
    return f"unrecognized arguments: {' '.join(rest)}{near} (see '{command.prog} --help')"


def _complain(message: str) -> None:
    line = clean(hidden(" ".join(message.split())))
    if (
        sys.stderr is not None
    ):  # a closed one must not lead the line to stdout, nor change the exit code
        with _until_closed(sys.stderr):
            print(f"error: {line}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _until_closed(stream: TextIO) -> Iterator[None]:
    """Write to a stream as long as somebody reads it; the interpreter must not complain about it
    at exit.
    """
    try:
        yield
    except BrokenPipeError:
        _silence(stream)


def _silence(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


# --- the grammar --------------------------------------------------------------------------------


def _parser() -> Parser:
    parser = Parser(
        prog="kubectl mesh",
        description="Verify clusters that were joined to a hosted Istio mesh.",
        examples=manual.EXAMPLES[""],
        notes=manual.NOTES,
    )
    parser.add_argument(
        "--version", dest="show_version", action="store_true", help="Print the version."
    )
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=Parser)
    _add_verify(
        commands,
        "verify-endpoints",
        "Is istiod-remote what this cluster's role asks for?",
        "Compares the addresses and ports of istiod-remote with the pattern of a hosted or "
        "a workload\n"
        "cluster, and prints the differences with cause and remedy.",
    )
    gateway = _add_verify(
        commands,
        "verify-gateway",
        "Does the ingress gateway work, and if not, what is the first cause?",
        "Verifies the Pods of each gateway, its Service and the load balancer behind it, "
        "and its way to\n"
        "the control plane as verify-endpoints does.",
    )
    gateway.add_argument(
        "-A",
        "--all-namespaces",
        action="store_true",
        help="Gateways in every namespace, not only in that of -n.",
    )
    gateway.add_argument(
        "--gateway", metavar="NAME", type=_nonempty, help="Only the gateway of this name."
    )
    snapshot = _add(
        commands,
        "snapshot",
        "Write what the commands read into a file",
        "FILE (- is stdout, a name in .gz is compressed) holds what both commands look at "
        "and nothing\n"
        "else: no Secrets, certificates or tokens. They give the same verdict on it with "
        "--filename, on\n"
        "any machine and without any cluster.",
        manual.SNAPSHOT_NOTES,
    )
    snapshot.add_argument("file", metavar="FILE", type=_nonempty)
    _add_where(snapshot).add_argument(
        "-A", "--all-namespaces", action="store_true", help="Gateways in every namespace too."
    )
    snapshot.add_argument(
        "--redact",
        action="store_true",
        help="Put stand-ins for addresses and names; the verdict stays as it is.",
    )
    snapshot.add_argument("--debug", action="store_true", help="Tell the reads.")
    snapshot.set_defaults(run=_snapshot, command="verify-gateway", gateway=None, expect_address=[])
    version = _add(commands, "version", "Print the version; nothing is contacted")
    version.add_argument(
        "-o", "--output", choices=("json", "yaml"), help="json or yaml; else one line."
    )
    version.set_defaults(run=_version)
    completion = _add(
        commands,
        "completion",
        "Print what completes the command line",
        "For `kubectl-mesh` SHELL is bash, zsh or fish; for `kubectl mesh` it is kubectl, "
        "whose own\n"
        "completion has to be set up in the shell (kubectl completion --help).",
    )
    completion.add_argument("shell", metavar="SHELL", choices=("bash", "zsh", "fish", "kubectl"))
    completion.set_defaults(run=_completion)
    shown = _add(commands, "help", "Print the help of a command")
    shown.add_argument("topic", metavar="[COMMAND]", nargs="?", choices=parser.commands())
    shown.set_defaults(run=_help)
    return parser


def _add(
    commands: argparse._SubParsersAction[Parser],
    command: str,
    summary: str,
    description: str = "",
    notes: str = "",
) -> Parser:
    return commands.add_parser(
        command,
        help=summary,
        description=f"{summary}{'' if summary.endswith('?') else '.'}\n\n{description}",
        examples=manual.EXAMPLES[command],
        notes=notes,
    )


def _add_verify(
    commands: argparse._SubParsersAction[Parser], command: str, summary: str, description: str
) -> argparse._ArgumentGroup:
    """A command that verifies, with the flags that all of them have; returns the group of what
    is verified.
    """
    parser = _add(commands, command, summary, description, manual.NOTES)
    parser.set_defaults(run=_verify, command=command, all_namespaces=False, gateway=None)
    where = _add_where(parser)
    where.add_argument(
        "-f",
        "--filename",
        metavar="FILE",
        action="append",
        default=[],
        help="File with objects to verify instead of a cluster's; - is stdin. Repeatable.",
    )
    where.add_argument(
        "--control-plane-filename",
        metavar="FILE",
        action="append",
        default=[],
        help="File with the control plane's objects. Repeatable.",
    )
    where.add_argument("--wait", action="store_true", help="Ask again until the verdict is pass.")
    where.add_argument(
        "--timeout",
        metavar="D",
        default=argparse.SUPPRESS,
        type=_duration,
        help="How long --wait goes on: 5m, if nothing is said; 0 for no bound.",
    )
    what = parser.add_argument_group("What to hold it to")
    what.add_argument(
        "--expect-address",
        metavar="ADDR",
        action="append",
        default=[],
        type=_address,
        help="Address that workload clusters must have, IP or host name. Repeatable: a set "
        "of allowed ones.",
    )
    what.add_argument(
        "--role",
        choices=("hosted", "workload"),
        help="Pattern to hold the cluster to: hosted or workload; else detected.",
    )
    what.add_argument(
        "--mesh-id",
        metavar="ID",
        type=_nonempty,
        help="Which mesh, where several stand in a cluster.",
    )
    what.add_argument(
        "--ignore",
        metavar="CODE[=KIND/NAME]",
        action="append",
        default=[],
        type=_ignore,
        help="Finding to show but not to count; CODE=KIND/NAME is that of one object. Repeatable.",
    )
    what.add_argument(
        "--fail-on",
        choices=(FAIL, WARN),
        default=FAIL,
        help="warn: warnings make the verdict fail too.",
    )
    shown = parser.add_argument_group("How to show it")
    shown.add_argument(
        "-o", "--output", choices=FORMS, default="table", help=f"{', '.join(FORMS)}."
    )
    shown.add_argument("--no-headers", action="store_true", help="Only the rows of the table.")
    shown.add_argument("-q", "--quiet", action="store_true", help="No report, only the exit code.")
    shown.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="auto, always or never.",
    )
    shown.add_argument(
        "--debug",
        action="store_true",
        help="Tell the reads, and show where an unforeseen error arose.",
    )
    return what


def _add_where(parser: Parser) -> argparse._ArgumentGroup:
    """The flags that say which clusters are read, and as whom."""
    where = parser.add_argument_group("Where to look")
    where.add_argument(
        "--context", metavar="NAME", help="Context to verify; the active one by default."
    )
    where.add_argument(
        "--contexts",
        metavar="A,B",
        action="extend",
        default=[],
        type=_contexts,
        help="Contexts to verify side by side; the control plane of each mesh is found "
        "among them. Repeatable.",
    )
    where.add_argument(
        "--all-contexts",
        action="store_true",
        help="Every context of the kubeconfig; clusters that have no part in a hosted mesh "
        "don't count.",
    )
    where.add_argument(
        "--parallel",
        metavar="N",
        default=argparse.SUPPRESS,
        type=_positive,
        help="How many of several clusters are read at a time: 100, if nothing is said.",
    )
    where.add_argument(
        "--kubeconfig", metavar="FILE", help="Kubeconfig file; else $KUBECONFIG or ~/.kube/config."
    )
    where.add_argument(
        "-n",
        "--namespace",
        metavar="NAME",
        default=DEFAULT_NAMESPACE,
        type=_nonempty,
        help="Namespace of the mesh, whatever the context's own namespace is.",
    )
    where.add_argument(
        "--control-plane-context",
        metavar="NAME",
        help=f"Context of the hosted control plane; else ${CONTROL_PLANE_CONTEXT}.",
    )
    where.add_argument(
        "--control-plane-namespace",
        metavar="NAME",
        type=_nonempty,
        help="Namespace of the hosted control plane, where it isn't that of -n.",
    )
    where.add_argument("--as", dest="acting_as", metavar="USER", help="User to impersonate.")
    where.add_argument(
        "--as-group",
        metavar="GROUP",
        action="append",
        default=[],
        help="Group to impersonate. Repeatable.",
    )
    where.add_argument(
        "--request-timeout",
        metavar="D",
        default="10s",
        type=_duration,
        help="Bounds all reads of one cluster together, such as 5s or 2m; 0 for no bound.",
    )
    return where


def _nonempty(value: str) -> str:
    if not value:
        raise argparse.ArgumentTypeError("must not be empty")
    return value


def _contexts(value: str) -> list[str]:
    names = value.split(",")
    if not all(names):
        raise argparse.ArgumentTypeError(f'"{value}" is no list of contexts such as a,b')
    return names


def _positive(value: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,5}", value):
        raise argparse.ArgumentTypeError(f'"{value}" is no number from 1')
    return int(value)


def _duration(value: str) -> float | None:
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


def _address(value: str) -> str:
    from kubectl_mesh.kube.routing import is_ip, normalise

    last_label = value.rstrip(".").rpartition(".")[2]
    if not is_ip(value) and (not _HOST_NAME.fullmatch(value) or last_label.isdigit()):
        raise argparse.ArgumentTypeError(
            f'"{value}" is neither an IP address nor a host name (give it without a port)'
        )
    return normalise(value)


def _ignore(value: str) -> Ignore:
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


# --- the commands -------------------------------------------------------------------------------


def _help(arguments: argparse.Namespace) -> int:
    parser = _parser()
    sys.stdout.write(parser.command(arguments.topic or "").format_help())
    return 0


def _version(arguments: argparse.Namespace) -> int:
    import json
    import platform
    from importlib.metadata import version

    shown = {
        "version": __version__,
        "python": platform.python_version(),
        "kubernetes": version("kubernetes"),
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
    if arguments.output == "json":
        print(json.dumps(shown, indent=2))
    elif arguments.output == "yaml":
        print("\n".join(f'{key}: "{value}"' for key, value in shown.items()))
    else:
        packages = "Python {python}, kubernetes {kubernetes}, {platform}".format_map(shown)
        print(f"kubectl-mesh {__version__} ({packages})")
    return 0


def _completion(arguments: argparse.Namespace) -> int:
    from kubectl_mesh.cli.completion import script

    sys.stdout.write(script(arguments.shell))
    return 0


def _complete(words: list[str]) -> int:
    from kubectl_mesh.cli.completion import answer_kubectl

    sys.stdout.write(answer_kubectl(_parser(), words))
    return 0


def _answer() -> NoReturn:
    from kubectl_mesh.cli.completion import answer

    answer(_parser())


def _verify(arguments: argparse.Namespace) -> int:
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
        _complain("the --timeout is over, and the verdict is not pass: this is the last report")
    elif report.verdict != PASS and not arguments.quiet:
        _complain("not waited any longer: somebody has to give rights, or log in")
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


def _snapshot(arguments: argparse.Namespace) -> int:
    import gzip

    from kubectl_mesh.cli.waiting import progress
    from kubectl_mesh.collect.targets import from_contexts
    from kubectl_mesh.snapshots.packing import pack

    with progress(quiet=False) as tell:
        clusters, _ = from_contexts(arguments, tell)
    content = pack(clusters, redact=arguments.redact)
    if content is None:
        _complain(f"{arguments.file} is not written: the verdict on it would be another one")
        return _UNDETERMINED
    content = gzip.compress(content, mtime=0) if arguments.file.endswith(".gz") else content
    try:
        if arguments.file == "-":
            sys.stdout.buffer.write(content)
            sys.stdout.flush()
        elif os.path.exists(arguments.file) and not os.path.isfile(arguments.file):
            with open(arguments.file, "wb") as device:  # a pipe, for one
                device.write(content)
        else:
            _replace_file(arguments.file, content)
    except OSError as error:
        raise InputError(f"{arguments.file}: {(error.strerror or str(error)).lower()}") from error
    silent = [snapshot.source for snapshot in clusters.every if not snapshot.answered]
    for source in silent:
        _complain(f"{source} gave no answer at all; the file holds the reason")
    return _UNDETERMINED if silent else 0


def _replace_file(path: str, content: bytes) -> None:
    """Write a file that is its owner's alone (it tells about clusters); a failure leaves an
    earlier one as it was.
    """
    import tempfile

    handle, made = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".kubectl-mesh-")
    try:
        with open(handle, "wb") as file:
            file.write(content)
        os.replace(made, path)
    except OSError:
        os.unlink(made)
        raise


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
    with _until_closed(
        sys.stdout
    ):  # whoever read the report may have seen enough: the verdict stands
        sys.stdout.write(form(arguments.output)(report, style))
        sys.stdout.flush()
