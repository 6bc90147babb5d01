"""The grammar of the command line: commands and flags as kubectl spells them."""

from __future__ import annotations

import argparse

from kubectl_mesh.cli import help_texts as manual
from kubectl_mesh.cli.complete import completion_command
from kubectl_mesh.cli.help import help_command
from kubectl_mesh.cli.parser import Parser
from kubectl_mesh.cli.snapshot import snapshot_command
from kubectl_mesh.cli.values import address, contexts, duration, ignore, nonempty, positive
from kubectl_mesh.cli.verify import verify_command
from kubectl_mesh.cli.version import version_command
from kubectl_mesh.collect import CONTROL_PLANE_CONTEXT, DEFAULT_NAMESPACE
from kubectl_mesh.findings.model import FAIL, WARN
from kubectl_mesh.output import FORMS


def grammar() -> Parser:
    """The parser of the whole command line."""
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
        "Compares the addresses and ports of istiod-remote with the pattern of a hosted "
        "or a workload\ncluster, and prints the differences with cause and remedy.",
    )
    gateway = _add_verify(
        commands,
        "verify-gateway",
        "Does the ingress gateway work, and if not, what is the first cause?",
        "Verifies the Pods of each gateway, its Service and the load balancer behind it, "
        "and its way to\nthe control plane as verify-endpoints does.",
    )
    gateway.add_argument(
        "-A",
        "--all-namespaces",
        action="store_true",
        help="Gateways in every namespace, not only in that of -n.",
    )
    gateway.add_argument(
        "--gateway", metavar="NAME", type=nonempty, help="Only the gateway of this name."
    )
    _add_snapshot(commands)
    _add_others(commands)
    shown = _add(commands, "help", "Print the help of a command")
    shown.add_argument("topic", metavar="[COMMAND]", nargs="?", choices=parser.commands())
    shown.set_defaults(run=help_command, grammar=parser)
    return parser


def _add_snapshot(commands: argparse._SubParsersAction[Parser]) -> None:
    snapshot = _add(
        commands,
        "snapshot",
        "Write what the commands read into a file",
        "FILE (- is stdout, a name in .gz is compressed) holds what both commands look at "
        "and nothing\nelse: no Secrets, certificates or tokens. They give the same verdict on it "
        "with --filename, on\nany machine and without any cluster.",
        manual.SNAPSHOT_NOTES,
    )
    snapshot.add_argument("file", metavar="FILE", type=nonempty)
    _add_where(snapshot).add_argument(
        "-A", "--all-namespaces", action="store_true", help="Gateways in every namespace too."
    )
    snapshot.add_argument(
        "--redact",
        action="store_true",
        help="Put stand-ins for addresses and names; the verdict stays as it is.",
    )
    snapshot.add_argument("--debug", action="store_true", help="Tell the reads.")
    snapshot.set_defaults(
        run=snapshot_command, command="verify-gateway", gateway=None, expect_address=[]
    )


def _add_others(commands: argparse._SubParsersAction[Parser]) -> None:
    """The commands that contact nothing."""
    version = _add(commands, "version", "Print the version; nothing is contacted")
    version.add_argument(
        "-o", "--output", choices=("json", "yaml"), help="json or yaml; else one line."
    )
    version.set_defaults(run=version_command)
    completion = _add(
        commands,
        "completion",
        "Print what completes the command line",
        "For `kubectl-mesh` SHELL is bash, zsh or fish; for `kubectl mesh` it is kubectl, "
        "whose own\ncompletion has to be set up in the shell (kubectl completion --help).",
    )
    completion.add_argument("shell", metavar="SHELL", choices=("bash", "zsh", "fish", "kubectl"))
    completion.set_defaults(run=completion_command)


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
    parser.set_defaults(run=verify_command, command=command, all_namespaces=False, gateway=None)
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
        type=duration,
        help="How long --wait goes on: 5m, if nothing is said; 0 for no bound.",
    )
    what = _add_what(parser)
    _add_shown(parser)
    return what


def _add_what(parser: Parser) -> argparse._ArgumentGroup:
    """The flags that say what clusters are held to."""
    what = parser.add_argument_group("What to hold it to")
    what.add_argument(
        "--expect-address",
        metavar="ADDR",
        action="append",
        default=[],
        type=address,
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
        type=nonempty,
        help="Which mesh, where several stand in a cluster.",
    )
    what.add_argument(
        "--ignore",
        metavar="CODE[=KIND/NAME]",
        action="append",
        default=[],
        type=ignore,
        help="Finding to show but not to count; CODE=KIND/NAME is that of one object. Repeatable.",
    )
    what.add_argument(
        "--fail-on",
        choices=(FAIL, WARN),
        default=FAIL,
        help="warn: warnings make the verdict fail too.",
    )
    return what


def _add_shown(parser: Parser) -> None:
    """The flags that say how a report is shown."""
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
        type=contexts,
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
        type=positive,
        help="How many of several clusters are read at a time: 100, if nothing is said.",
    )
    _add_identity(where)
    return where


def _add_identity(where: argparse._ArgumentGroup) -> None:
    """The flags that say how a cluster is reached, and as whom."""
    where.add_argument(
        "--kubeconfig", metavar="FILE", help="Kubeconfig file; else $KUBECONFIG or ~/.kube/config."
    )
    where.add_argument(
        "-n",
        "--namespace",
        metavar="NAME",
        default=DEFAULT_NAMESPACE,
        type=nonempty,
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
        type=nonempty,
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
        type=duration,
        help="Bounds all reads of one cluster together, such as 5s or 2m; 0 for no bound.",
    )
