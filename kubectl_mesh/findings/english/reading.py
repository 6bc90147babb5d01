"""Reads that gave no answer."""

from __future__ import annotations

from kubectl_mesh.findings.english.sentences import NOT_READ
from kubectl_mesh.findings.entry import Entry
from kubectl_mesh.findings.model import SKIP, UNKNOWN, WARN

CODES = {
    "Unreachable": Entry(
        levels=(UNKNOWN, WARN, SKIP),
        title="The API server can't be reached",
        message="{cluster} can't be reached: {detail}.",
        explanation=NOT_READ,
        advice="  {kubectl} cluster-info",
    ),
    "TLSFailed": Entry(
        levels=(UNKNOWN, WARN, SKIP),
        title="TLS with the API server failed",
        message="No TLS connection with {cluster}: {detail}.",
        explanation=NOT_READ,
        advice=(
            "Check certificate-authority, tls-server-name and proxy-url of the context:\n"
            "  {kubectl} cluster-info"
        ),
    ),
    "Unauthorized": Entry(
        levels=(UNKNOWN, WARN, SKIP),
        title="The API server refused the credentials",
        message="{cluster} refused the credentials: {detail}.",
        explanation=NOT_READ,
        advice="Log in again, then see who you are:\n  {kubectl} auth whoami",
    ),
    "Forbidden": Entry(
        levels=(UNKNOWN, WARN, SKIP),
        title="There is no right to read",
        message="No right to read {kind} in {where} of {cluster}: {detail}.",
        explanation=NOT_READ,
        advice=(
            "The README has the ClusterRole that is needed. See what you may do:\n"
            "  {kubectl} auth can-i --list"
        ),
    ),
    "NotServed": Entry(
        levels=(UNKNOWN, WARN, SKIP),
        title="The API is not served",
        message="{cluster} does not serve {kind}: {detail}.",
        explanation=NOT_READ,
        advice="  {kubectl} api-resources",
    ),
    "TimedOut": Entry(
        levels=(UNKNOWN, WARN, SKIP),
        title="No answer in time",
        message="{cluster} did not answer for {kind} in time: {detail}.",
        explanation=NOT_READ,
        advice="Give it more time with --request-timeout.",
    ),
    "ServerFailed": Entry(
        levels=(UNKNOWN, WARN, SKIP),
        title="The API server failed",
        message="{cluster} could not answer for {kind}: {detail}.",
        explanation=NOT_READ,
        advice="Try again later.",
    ),
    "MalformedAnswer": Entry(
        levels=(UNKNOWN, WARN, SKIP),
        title="The answer can't be understood",
        message="The answer of {cluster} for {kind} can't be understood: {detail}.",
        explanation=NOT_READ,
        advice=(
            "Something between here and the API server may have changed it; compare with:\n"
            "  {kubectl} get --raw /version"
        ),
    ),
    "NotCaptured": Entry(
        levels=(UNKNOWN, WARN, SKIP),
        title="The objects were not captured",
        message="{cluster} holds no {kind} in {where}.",
        explanation="What is not in the files may well be in the cluster.",
        advice=(
            "Capture it too, or name the mesh's namespace (-n):\n"
            "  kubectl get {flag} "
            "services,endpoints,endpointslices,pods,deployments,configmaps -o yaml"
        ),
    ),
    "NotAsked": Entry(
        levels=(UNKNOWN, WARN, SKIP),
        title="Too much to ask for in one run",
        message="{cluster} was not asked for {kind}: {detail}.",
        explanation=NOT_READ,
        advice="Verify one mesh at a time with --mesh-id, or from files with --filename.",
    ),
}

PARTS = {
    "named-object": "{kind} {name}",
    "objects-of-kind": "{kind} objects",
    "any-objects": "objects",
    "anything": "anything",
    "in-namespace": "namespace {namespace}",
    "in-all-namespaces": "all namespaces",
    "nothing": "nothing",
}
