"""What to do about an istiod-remote, and what is wanted of it, in the words of the catalog."""

from __future__ import annotations

from kubectl_mesh.checks.context import quoted
from kubectl_mesh.checks.remote.expected import HOSTED, WORKLOAD
from kubectl_mesh.checks.remote.target import Target
from kubectl_mesh.findings.catalog import Shell, phrase
from kubectl_mesh.kube.objects import Object

_WANTED = {HOSTED: "want-hosted", WORKLOAD: "want-workload", None: "want-unknown"}


def wanted_addresses(target: Target) -> str:
    """What the pattern asks for, in a sentence."""
    key = _WANTED[target.expected.pattern]
    if not target.expected.addresses:
        return str(phrase(f"{key}-unread"))
    return phrase(key, addresses=Shell(quoted(target.expected.addresses)))


def fix_endpoints(target: Target, holder: Object | None) -> Shell:
    """How the endpoints in an object are fixed; how to find out what is right, where that is not
    known.
    """
    right = target.right_addresses
    if not right:
        return find_out(target)
    expected = target.expected
    return target.repair.addresses(expected.pattern, right, target.remote.configured, holder)


def find_out(target: Target) -> Shell:
    """How the user gets to know which address is right."""
    context, expected = target.context, target.expected
    again = context.verify_command()
    if expected.pattern != WORKLOAD:
        return phrase("settle-again", again=again)
    if expected.reason is not None or not expected.proves:
        return phrase("settle-address", again=again)
    if target.cluster.server is None:
        return phrase("settle-files", again=again)
    others = [name for name in context.options.contexts if name != target.cluster.source]
    name = others[0] if len(others) == 1 else "CONTEXT"
    return phrase("settle-context", again=again, context=name, contexts=Shell(quoted(others)))
