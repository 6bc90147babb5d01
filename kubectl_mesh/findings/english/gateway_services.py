"""Gateways: the Services that lead to them, and what their proxies believe."""

from __future__ import annotations

from kubectl_mesh.findings.entry import Entry
from kubectl_mesh.findings.model import FAIL, PASS, SKIP, WARN

CODES = {
    "GatewayHasAddress": Entry(
        levels=(PASS,),
        title="The gateway has its address",
        message="{name} has the address {addresses}.",
    ),
    "GatewayNeedsNoAddress": Entry(
        levels=(SKIP,),
        title="There is no address to allocate",
        message="{name} is of type {type}: no load balancer has a part in it.",
    ),
    "GatewayServiceReachesPods": Entry(
        levels=(PASS,),
        title="The Service leads to the gateway",
        message="{name} leads to {reached} ready Pods of {gateways}.",
    ),
    "GatewayServiceHasNoEndpoints": Entry(
        levels=(FAIL,),
        title="The Service has no ready endpoints",
        message="{name} has no ready endpoints.",
        explanation=(
            "Without a ready Pod behind it a Service serves nobody, with an address or without."
        ),
        advice="  {kubectl} get endpointslices -l kubernetes.io/service-name={name} -o yaml",
    ),
    "GatewayServiceMissesPods": Entry(
        levels=(FAIL,),
        title="The Service does not lead to the gateway's Pods",
        message="{name} leads to {reached} of the {ready} ready Pods of {gateways}.",
        explanation="kube-proxy follows the EndpointSlices: what they don't hold gets no traffic.",
        advice="  {kubectl} get endpointslices -l kubernetes.io/service-name={name} -o yaml",
    ),
    "GatewayHasNoService": Entry(
        levels=(WARN,),
        title="No Service leads to the gateway",
        message="No Service in {namespace} leads to {name}.",
        explanation="Only who knows its Pods, or its nodes' ports, reaches such a gateway.",
        advice="  {kubectl} get services --show-labels",
    ),
    "GatewayNotInstalled": Entry(
        levels=(FAIL,),
        title="The gateway of the Service is not there",
        message="{name} selects {selector}, and there is no gateway in {namespace} with such Pods.",
        explanation="A Service without Pods behind it serves nobody, with an address or without.",
        advice=(
            "Install the gateway, or delete what is left of it. See what is there:\n"
            "  {kubectl} get deployments,pods --show-labels"
        ),
    ),
    "GatewayServiceSelectsOthers": Entry(
        levels=(FAIL,),
        title="The Service selects none of the gateway's Pods",
        message="{name} selects {selector}, and no Pod of {gateways} bears that.",
        explanation="What asks the Service does not reach the gateway.",
        advice="Give it the gateway's selector:\n  {fix}",
    ),
    "GatewayServiceReachesOthers": Entry(
        levels=(FAIL,),
        title="The Service leads to more than its gateways",
        message="{name} leads to {others}, which no Pod of {gateways} has.",
        explanation="A share of what asks the Service is answered by something else, or by nobody.",
        advice=(
            "Compare its selector with the Pods, and see who writes its slices:\n"
            "  {kubectl} get service {name} -o yaml\n"
            "  {kubectl} get endpointslices -l kubernetes.io/service-name={name} -o yaml"
        ),
    ),
    "GatewayFamilyNotRouted": Entry(
        levels=(FAIL,),
        title="An address of the Service has no endpoints of its IP family",
        message="{name} has the {family} address {addresses}, and no ready {family} endpoints.",
        explanation="kube-proxy routes each IP family to endpoints of that family.",
        advice="  {kubectl} get endpointslices -l kubernetes.io/service-name={name}",
    ),
    "GatewayPortNotRouted": Entry(
        levels=(FAIL,),
        title="A port of the Service leads nowhere",
        message="{name} port {number} is joined to no port of its endpoints; they have {held}.",
        explanation="kube-proxy joins Service and endpoint ports by name and protocol.",
        advice="  {kubectl} get endpointslices -l kubernetes.io/service-name={name} -o yaml",
    ),
    "TargetPortNotFound": Entry(
        levels=(FAIL,),
        title="A named target port does not exist",
        message=(
            "{name} port {number} leads to a port named {target}, which no Pod of {gateways} "
            "has; they have {declared}."
        ),
        explanation=(
            "A Service port whose targetPort is a name leads nowhere where no container has a "
            "port of that name."
        ),
        advice="  {kubectl} get service {name} -o yaml",
    ),
    "GatewayPortPrivileged": Entry(
        levels=(FAIL,),
        title="istiod leaves out a port below 1024",
        message=(
            "{name} port {number} leads to port {target} of {gateways}, which istiod leaves out: "
            "the proxies have {variable}=true."
        ),
        explanation=(
            "A proxy without privileges may open no port below 1024, so istiod makes no listener "
            "for it. The gateway is Ready, and connections to this port are refused."
        ),
        advice=(
            "Give the Service a targetPort from 1024 up, such as 8080 instead of 80:\n"
            "  {kubectl} edit service {name}\n"
            "Or take the variable away, if the Pods may open such ports (the gateway chart's "
            "sysctl net.ipv4.ip_unprivileged_port_start=0):\n"
            "  {kubectl} set env {kind}/{gateway} -c istio-proxy {variable}-"
        ),
    ),
    "GatewayIdentityIsExpected": Entry(
        levels=(PASS,),
        title="The proxies know their mesh",
        message="The proxies of {name} have {values}, as the mesh config says.",
    ),
    "GatewayMeshIDDiffers": Entry(
        levels=(FAIL,),
        title="The gateway belongs to another mesh",
        message=(
            "The proxies of {name} belong to mesh {value}, the mesh config {config} says {wanted}."
        ),
        explanation=(
            "They were made under another configuration, and report to the control plane as "
            "another mesh."
        ),
        advice="Once the mesh config is right, {renew}",
    ),
    "GatewayMeshIDNotSet": Entry(
        levels=(WARN,),
        title="The gateway has no mesh ID",
        message=(
            "The proxies of {name} have the trust domain {value} as mesh ID: none was set "
            "when they were made."
        ),
        explanation="The injector writes the trust domain where no mesh ID is configured.",
        advice="To end that, {renew}",
    ),
    "GatewayClusterIDDiffers": Entry(
        levels=(WARN,),
        title="The gateway has another cluster's ID",
        message=(
            "The proxies of {name} have the cluster ID {value}, the injector of {config} says "
            "{wanted}."
        ),
        explanation=(
            "The control plane sends endpoints by cluster ID: another one's are not reachable "
            "from here."
        ),
        advice="To end that, {renew}",
    ),
    "GatewayCAAddressDiffers": Entry(
        levels=(WARN,),
        title="The gateway asks another CA",
        message=(
            "The proxies of {name} ask {value} for certificates, the injector of {config} "
            "says {wanted}."
        ),
        explanation="A certificate of another CA is not trusted in the mesh.",
        advice="To end that, {renew}",
    ),
    "GatewayDiscoveryDiffers": Entry(
        levels=(FAIL,),
        title="The gateway reads another istiod",
        message=(
            "The proxies of {name} fetch their configuration from {value}, the mesh config "
            "{config} says {wanted}."
        ),
        explanation=(
            "A proxy keeps the address that it was made with: it may be Ready with the "
            "configuration of the wrong istiod."
        ),
        advice="To end that, {renew}",
    ),
    "ProxyVersionFits": Entry(
        levels=(PASS,),
        title="Proxy and istiod fit",
        message="{name} runs {proxy}, the hosted istiod {istiod}.",
    ),
    "ProxyVersionSkew": Entry(
        levels=(WARN,),
        title="Proxy and istiod are too far apart",
        message="{name} runs {proxy}, the hosted istiod that serves it {istiod}.",
        explanation=(
            "Istio's control plane may be one minor version ahead of its proxies, and never behind."
        ),
        advice="{fix}",
    ),
    "ProxyVersionUnknown": Entry(
        levels=(SKIP,),
        title="Proxy and istiod were not compared",
        message="The version of {name} was not compared with the hosted istiod's: {why}.",
    ),
}

PHRASES = {
    "renew": "let them be made anew:\n  {kubectl} rollout restart {kind} {name}",
    "renew-env": (
        "change what stands in its template:\n"
        "  {kubectl} set env {kind}/{name} -c istio-proxy {variable}"
    ),
    "renew-edit": (
        "change PROXY_CONFIG, which stands in its template:\n  {kubectl} edit {kind} {name}"
    ),
    "renew-other": "make its Pods anew; they stand in:\n  {kubectl} get {kind} {name} -o yaml",
    "upgrade-istiod": "Upgrade the hosted istiod: it serves no proxy that is newer than itself.",
    "upgrade-gateway": "Upgrade the gateway to the hosted istiod's version.",
}

PARTS = {
    "a-service": "a Service",
    "a-ready-pod": "a ready Pod",
    "a-gateways-pods": "a gateway's Pods",
    "istiod-unread": "no ready Pod of the hosted istiod was read",
    "tag-no-version": "an image tag is no version",
    "pods-of-hosted-istiod": "{cluster}: Pods of the hosted istiod",
}
