"""Gateways: are their Pods ready?"""

from __future__ import annotations

from kubectl_mesh.findings.english.sentences import NOT_READ
from kubectl_mesh.findings.entry import Entry
from kubectl_mesh.findings.model import FAIL, PASS, SKIP, UNKNOWN, WARN

CODES = {
    "GatewayReady": Entry(
        levels=(PASS,),
        title="The gateway is ready",
        message="{name} has {ready} ready Pods of {wanted}.",
    ),
    "GatewayStillReady": Entry(
        levels=(WARN,),
        title="The gateway is ready only until it restarts",
        message=(
            "{name} is Ready, but lives on what it once received: it may not come back after "
            "a restart."
        ),
    ),
    "GatewayRollingOut": Entry(
        levels=(WARN,),
        title="New Pods of the gateway are not ready yet",
        message=(
            "{name}: {ready} of {wanted} Pods of the new template ready; earlier ones still serve."
        ),
        explanation="A rollout that does not end leaves the gateway with what it was before.",
        advice="  {kubectl} rollout status {kind} {name}\n  {kubectl} get pods -l {selector}",
    ),
    "GatewayNotReady": Entry(
        levels=(FAIL,),
        title="The gateway's Pods run and are not ready",
        message="{name}: {ready} of {wanted} Pods ready; {what}.",
        explanation=(
            "A gateway becomes ready once it has its configuration from the hosted istiod, "
            "through istiod-remote:15012, and its certificate from the local istiod. What was "
            "found about both stands in this report."
        ),
        advice=(
            "See what the proxy says, and whether it reaches the control plane:\n"
            "  {kubectl} logs {pod} -c istio-proxy --tail=50\n"
            "  {kubectl} describe pod {pod}"
        ),
    ),
    "GatewayCrashLooping": Entry(
        levels=(FAIL,),
        title="The gateway's Pods crash",
        message="{name}: {ready} of {wanted} Pods ready; {what}.",
        explanation=(
            "An unreachable control plane does not end a proxy: the reason is in the "
            "container itself."
        ),
        advice=(
            "  {kubectl} logs {pod} -c {container} --previous --tail=50\n"
            "  {kubectl} describe pod {pod}"
        ),
    ),
    "GatewayImageNotPulled": Entry(
        levels=(FAIL,),
        title="The gateway's image can't be pulled",
        message="{name}: {ready} of {wanted} Pods ready; can't pull {what}.",
        explanation="Without its image no Pod starts.",
        advice=(
            "Make the image available in the registry that the Pod names, or correct the "
            "mesh's image registry:\n"
            "  {kubectl} describe pod {pod}"
        ),
    ),
    "GatewayNotInjected": Entry(
        levels=(FAIL,),
        title="The gateway was not injected",
        message=(
            '{name}: {ready} of {wanted} Pods ready; the image of {pod} is "auto", which the '
            "injector should have replaced."
        ),
        explanation=(
            "Istio's gateway chart leaves the proxy to the sidecar injector: the local "
            "istiod's webhook did not see this Pod, or namespace or Pod lack the label that "
            "asks for injection."
        ),
        advice=(
            "See the labels, then let the Pod be made anew:\n"
            "  {kubectl} get namespace {namespace} --show-labels\n"
            "  {kubectl} get pod {pod} --show-labels\n"
            "  {kubectl} delete pod {pod}"
        ),
    ),
    "GatewayCACertificateMissing": Entry(
        levels=(FAIL,),
        title="The mesh's CA certificate is missing",
        message="{name}: {ready} of {wanted} Pods ready; {what}.",
        explanation="istio-ca-root-cert is written into every namespace by the local istiod.",
        advice="  {kubectl} get configmap istio-ca-root-cert\n  {kubectl} describe pod {pod}",
    ),
    "GatewayVolumeNotMounted": Entry(
        levels=(FAIL,),
        title="A volume of the gateway can't be mounted",
        message="{name}: {ready} of {wanted} Pods ready; {what}.",
        explanation="Without its volumes no Pod starts.",
        advice="  {kubectl} describe pod {pod}",
    ),
    "GatewayUnschedulable": Entry(
        levels=(FAIL,),
        title="No node takes the gateway's Pods",
        message="{name}: {ready} of {wanted} Pods ready; no node takes {pod}: {what}.",
        explanation="The scheduler says which resources, taints or volumes are in the way.",
        advice="  {kubectl} describe pod {pod}\n  {kubectl} describe nodes",
    ),
    "GatewayNotStarted": Entry(
        levels=(FAIL,),
        title="The gateway's containers have not started",
        message="{name}: {ready} of {wanted} Pods ready; {what}.",
        explanation="What a container waits for stands in its state and in the Pod's events.",
        advice="  {kubectl} describe pod {pod}",
    ),
    "GatewayHeldBack": Entry(
        levels=(FAIL,),
        title="The gateway's proxy is ready, its Pod is not",
        message="{name}: {ready} of {wanted} Pods ready; {what}.",
        explanation=(
            "The proxy has its configuration: what holds the Pod back is something else in it."
        ),
        advice="  {kubectl} logs {pod} -c {container} --tail=50\n  {kubectl} describe pod {pod}",
    ),
    "GatewayPodsRefused": Entry(
        levels=(FAIL,),
        title="The gateway's Pods are refused",
        message="{name}: {ready} of {wanted} Pods ready; the API server refuses more: {what}.",
        explanation="A quota or a policy of the namespace stands against them.",
        advice="  {kubectl} get resourcequotas\n  {kubectl} describe {kind} {name}",
    ),
    "GatewayInjectionFailed": Entry(
        levels=(FAIL,),
        title="The gateway's Pods can't be injected",
        message="{name}: {ready} of {wanted} Pods ready; the injection webhook fails: {what}.",
        explanation=(
            "The webhook is the local istiod's: while nobody answers there, no Pod of the "
            "mesh is made."
        ),
        advice=(
            "  {kubectl} describe {kind} {name}\n  {kubectl} get mutatingwebhookconfigurations"
        ),
    ),
    "GatewayPodsTooFew": Entry(
        levels=(FAIL,),
        title="The gateway has fewer Pods than it should have",
        message="{name}: {ready} of {wanted} Pods ready; the others are not there.",
        explanation="Their controller has not made them, and does not say why.",
        advice="  {kubectl} describe {kind} {name}",
    ),
    "GatewayHasNoPods": Entry(
        levels=(FAIL,),
        title="The gateway has no Pods",
        message="{name} should have {wanted} Pods and has none.",
        explanation="Their controller has not made them, and does not say why.",
        advice="  {kubectl} describe {kind} {name}\n  {kubectl} get replicasets,events",
    ),
    "GatewayScaledToZero": Entry(
        levels=(FAIL, WARN),
        title="The gateway is scaled to zero",
        message="{name} is scaled to zero.",
        explanation="Somebody, or an autoscaler, asked for no Pods.",
        advice="  {kubectl} scale {kind} {name} --replicas=1",
    ),
    "GatewayNotFound": Entry(
        levels=(UNKNOWN, SKIP),
        title="There is no such gateway",
        message="{cluster} has no {what} in {where}; gateways found there: {present}.",
        explanation="Nothing was verified, so nothing can be called fine.",
        advice=(
            "Gateways bear the label istio=ingressgateway, istio=eastwestgateway or "
            "mspider.io/mesh-gateway-name. See what is there (verify-gateway looks in every "
            "namespace with -A):\n"
            "  {kubectl} get deployments{everywhere} --show-labels"
        ),
    ),
    "GatewayConfigUnknown": Entry(
        levels=(UNKNOWN,),
        title="It is not known what the gateway's proxies dial",
        message=(
            "{name} is of revision {revision}, and no mesh config in {cluster} is that revision's."
        ),
        explanation=NOT_READ,
        advice=(
            "See whose proxies they are:\n"
            "  {kubectl} get {kind} {name} -o yaml\n"
            "  {mesh} get configmaps -l istio.io/rev"
        ),
    ),
    "LocalIstiodNotReady": Entry(
        levels=(FAIL, WARN),
        title="The local istiod is not ready",
        message=(
            "The local istiod (revision {revision}) in {cluster} has no ready Pod; there is {pods}."
        ),
        explanation=(
            "It injects gateways and sidecars, writes istio-ca-root-cert and signs the "
            "proxies' certificates."
        ),
        advice="  {kubectl} get pods -l app=istiod\n  {kubectl} describe pods -l app=istiod",
    ),
}

PARTS = {
    "refused-without-reason": "no reason given",
    "unscheduled-without-reason": "the scheduler gave no reason",
    "container-waits": "container {container} waits ({reason})",
    "pod-in-phase": "{pod} is {phase}",
    "phase-unknown": "unknown",
    "gates-not-met": "readiness gate {gates} is not met",
    "containers-not-ready": "container {containers} is not ready",
    "probe-refused": "readiness probe refused",
    "probe-answered-503": "readiness probe answered 503",
    "seen-times": "{symptom} ({count} times)",
    "seen-times-last": "{symptom} ({count} times, last {age})",
    "proxy-not-ready": "its proxy runs and is not ready",
    "container-ended": (
        "container {container} ended with {reason}, exit code {code}, {restarts} restarts"
    ),
    "ended-by-error": "an error",
    "exit-code-unknown": "unknown",
    "in-reach": "in reach",
    "out-of-reach": "out of reach",
    "gateway": "gateway",
    "gateway-named": "gateway {name}",
    "gateway-of": "gateway of mesh {mesh}",
    "gateway-named-of": "gateway {name} of mesh {mesh}",
    "gateway-behind-service": "gateway that is known behind the Service {service}",
    "any-namespace": "any namespace",
    "any-namespace-by-label": "any namespace (outside {namespace}: none with a gateway's labels)",
    "no-gateway": "none",
    "a-gateway": "a gateway",
}
