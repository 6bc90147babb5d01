"""istiod-remote, the Service that proxies dial: whether it exists, its endpoints and its ports."""

from __future__ import annotations

from kubectl_mesh.findings.english.sentences import NO_CONFIGURATION
from kubectl_mesh.findings.entry import Entry
from kubectl_mesh.findings.model import FAIL, PASS, SKIP, WARN

CODES = {
    "ServiceNotFound": Entry(
        levels=(FAIL,),
        title="istiod-remote does not exist",
        message=(
            "{who} the proxies to {service}, but there is no such Service in namespace {namespace}."
        ),
        explanation=NO_CONFIGURATION,
        advice=(
            "The mesh's controllers make it once the control-plane address is set (basic "
            "information of the mesh). See what is there:\n"
            "  {kubectl} get services,endpoints"
        ),
    ),
    "RevisionServiceNotFound": Entry(
        levels=(FAIL,),
        title="The mesh config names a Service that doesn't exist",
        message=(
            "configmap {config} sends the proxies to {service}, which does not exist; what "
            "does exist is {other}."
        ),
        explanation=(
            "Istio's charts with a revision name the Service istiod-<revision>-remote and "
            "leave discoveryAddress at istiod-remote. " + NO_CONFIGURATION
        ),
        advice=(
            "Set meshConfig.defaultConfig.discoveryAddress to the Service that exists, in the "
            "values that render the chart. It stands in:\n"
            "  {kubectl} get configmap {config} -o yaml"
        ),
    ),
    "NoEndpoints": Entry(
        levels=(FAIL,),
        title="istiod-remote has no endpoints",
        message="{service} has no address behind it{why}.",
        explanation=NO_CONFIGURATION,
        advice="{fix}",
    ),
    "NoReadyEndpoints": Entry(
        levels=(FAIL,),
        title="istiod-remote has only not-ready addresses",
        message="{service} has only addresses that are not ready: {held}{why}.",
        explanation=("Addresses that are not ready get no traffic. " + NO_CONFIGURATION),
        advice="{fix}",
    ),
    "EndpointsNotMirrored": Entry(
        levels=(FAIL,),
        title="The Endpoints have no EndpointSlice",
        message="The Endpoints {service} hold {held}, but no EndpointSlice does: {why}.",
        explanation=(
            "kube-proxy follows EndpointSlices only: nothing is routed. " + NO_CONFIGURATION
        ),
        advice=(
            "Let them be mirrored:\n"
            "  {fix}\n"
            "See the Service's selector and the Endpoints' labels:\n"
            "  {kubectl} get service,endpoints {service} -o yaml"
        ),
    ),
    "EndpointsDiffer": Entry(
        levels=(WARN, FAIL),
        title="Endpoints and EndpointSlices disagree",
        message="{service}: the EndpointSlices lead to {routed}, the Endpoints say {listed}.",
        explanation="kube-proxy follows the slices, people read the Endpoints.",
        advice=(
            "Compare them:\n"
            "  {kubectl} get endpointslices -l kubernetes.io/service-name={service} -o yaml\n"
            "  {kubectl} get endpoints {service} -o yaml"
        ),
    ),
    "PortsAreExpected": Entry(
        levels=(PASS,),
        title="The ports are right",
        message="{service} leads to the ports {ports} on every address.",
    ),
    "XDSPortMissing": Entry(
        levels=(FAIL,),
        title="No way to port 15012",
        message=(
            "{service} port 15012 leads to no port 15012 on {addresses}: there is {held}, it "
            "should be {wanted}."
        ),
        explanation=NO_CONFIGURATION,
        advice="Give the endpoints both ports:\n  {fix}",
    ),
    "XDSPortNotJoined": Entry(
        levels=(FAIL,),
        title="Port 15012 has another name or protocol",
        message=(
            "{service} port {port} is not joined to port 15012 alone on {addresses}: there is "
            "{held}, it should be {wanted}."
        ),
        explanation=(
            "kube-proxy joins Service and endpoint ports by name and protocol; the right "
            "number under another name routes nothing. " + NO_CONFIGURATION
        ),
        advice="Give the endpoints the Service's port names:\n  {fix}",
    ),
    "XDSServicePortMissing": Entry(
        levels=(FAIL,),
        title="The Service has no port 15012",
        message="The Service {service} has no TCP port 15012.",
        explanation=NO_CONFIGURATION,
        advice="Give the Service both its ports:\n  {fix}",
    ),
    "WebhookPortMissing": Entry(
        levels=(WARN,),
        title="No way to port 15017",
        message=(
            "{service} port 443 leads to no port 15017 on {addresses}: there is {held}, it "
            "should be {wanted}."
        ),
        explanation=(
            "15017 serves injection and validation webhooks of the hosted istiod; "
            "configuration does not depend on it."
        ),
        advice="Give the endpoints both ports:\n  {fix}",
    ),
    "WebhookServicePortMissing": Entry(
        levels=(WARN,),
        title="The Service has no port 443",
        message="The Service {service} has no TCP port 443, which should lead to 15017.",
        explanation=(
            "443 -> 15017 serves injection and validation webhooks; configuration does not "
            "depend on it."
        ),
        advice="Give the Service both its ports:\n  {fix}",
    ),
    "DiscoveryPortUnexpected": Entry(
        levels=(FAIL,),
        title="discoveryAddress has another port",
        message="configmap {config} sends the proxies to {discovery}, not to port 15012.",
        explanation=NO_CONFIGURATION,
        advice=(
            "Set the port in meshConfig.defaultConfig.discoveryAddress to 15012, in the "
            "values that render the chart."
        ),
    ),
    "RemoteNotApplicable": Entry(
        levels=(SKIP,),
        title="istiod-remote is not applicable",
        message=(
            "{cluster} hosts the control plane and no workloads of this mesh: nothing dials "
            "istiod-remote here."
        ),
    ),
    "RemoteNotVerified": Entry(
        levels=(SKIP,),
        title="istiod-remote of the control-plane cluster was not verified",
        message=(
            "{context} is a workload cluster of its own mesh too; its istiod-remote is not "
            "part of this run."
        ),
        advice="Verify that cluster in a run of its own.",
    ),
}

PARTS = {
    "config-sends": "configmap {config} sends",
    "stated-role-sends": "the stated role sends",
    "mirrored-by-nobody": (
        "the mirroring controller has made none (does kube-controller-manager run?)"
    ),
    "not-mirrored-by-label": "the Endpoints carry the label {label}=true",
    "not-mirrored-with-selector": (
        "the Service has a selector, so Endpoints written by hand are not mirrored"
    ),
    "not-routed-local": " (internalTrafficPolicy is Local, and none of them is on a node)",
    "not-routed-family": (
        " that is routed (its slices are of an IP family that the Service does not have)"
    ),
    "no-port": "no port",
}
