"""The words of the report itself, whatever was found: headings, labels and what stands around."""

from __future__ import annotations

PHRASES = {
    "not-applied": (
        "Nothing has been changed. The mesh's controllers may write these objects back: the "
        "lasting repair is the\n"
        "mesh's own control-plane address (basic information of the mesh; remotePilotAddress "
        "of its GlobalMesh)."
    ),
    "stand-ins": (
        "The file holds stand-ins for addresses and names: what to do is told on the clusters "
        "themselves."
    ),
    "nothing-to-apply": (
        "Nothing has been changed, and no manifest mends what is at fault, if anything is."
    ),
    "no-name": "A command is left out here: {names} is no name that Kubernetes allows.",
}

LABELS = {
    # -o table and -o wide: the columns
    "column-cluster": "CLUSTER",
    "column-namespace": "NAMESPACE",
    "column-result": "RESULT",
    "column-object": "OBJECT",
    "column-field": "FIELD",
    "column-expected": "EXPECTED",
    "column-actual": "ACTUAL",
    "column-source": "SOURCE",
    "ignored-result": "{result} (ignored)",
    "no-value": "<none>",
    # the texts under the table
    "in-namespace": ", namespace {namespace}",
    "advice-for-one": "In {cluster} (for the others verify each by itself, or see -o json):",
    "title-alone": "{title}.",
    # the summary at its end
    "role-and-mesh": "{role}, mesh {mesh}",
    "mesh-unknown": "<unknown>",
    "cluster-summary": "{cluster}: {role_and_mesh}",
    "several-contexts": "{number} contexts",
    "count": "{number} {result}",
    "ignored": "ignored",
    "verdict": "verdict: {verdict} ({counts})",
    # -o patch, in comments
    "patch-head": "kubectl mesh {command}: {verdict}",
    "patch-fault": "{code} ({cluster}): {message}",
    "patch-none": "No manifest alone mends this.",
    # -o junit
    "junit-expected": "expected: {values}",
    "junit-actual": "actual: {values}",
    "junit-cause": "cause: {finding}",
    "junit-ignored": "ignored: {message}",
    "junit-warning": "WARN {code}: {message}",
    "junit-nothing-compared": "nothing was compared that held",
    # -o prometheus: what each metric is
    "metric-verdict": "Verdict of the whole run: 1 for the one that it is.",
    "metric-cluster-verdict": "Verdict on one mesh in one cluster: 1 for the one that it is.",
    "metric-findings": "Number of findings of a code, by result.",
}
