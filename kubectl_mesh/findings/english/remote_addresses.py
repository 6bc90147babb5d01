"""Which addresses istiod-remote, the Service that proxies dial, leads to."""

from __future__ import annotations

from kubectl_mesh.findings.english.sentences import NO_CONFIGURATION, NOT_READ
from kubectl_mesh.findings.entry import Entry
from kubectl_mesh.findings.model import FAIL, PASS, UNKNOWN, WARN

CODES = {
    "AddressIsExpected": Entry(
        levels=(PASS,),
        title="The address is right",
        message="{service} leads to {addresses}, as expected.",
    ),
    "AddressIsHostedPod": Entry(
        levels=(FAIL,),
        title="A workload cluster has the hosted istiod's Pod IP",
        message="{service} leads to {address}, which is {what}, but {wanted}.",
        explanation=(
            "A Pod IP of the control-plane cluster is not routed in a workload cluster. "
            + NO_CONFIGURATION
        ),
        advice="{fix}",
    ),
    "AddressIsLoadBalancer": Entry(
        levels=(FAIL,),
        title="The control-plane cluster has the load balancer address",
        message="{service} leads to {address}, which is {what}, but {wanted}.",
        explanation=(
            "From inside its own cluster a load balancer address often leads nowhere. "
            + NO_CONFIGURATION
        ),
        advice="{fix}",
    ),
    "AddressIsLocalIstiod": Entry(
        levels=(FAIL,),
        title="istiod-remote leads to the local istiod",
        message="{service} leads to {address}, which is {what}, but {wanted}.",
        explanation=(
            "The local istiod's certificate names istiod-remote too: TLS succeeds, and the "
            "proxies silently get the configuration of the wrong control plane."
        ),
        advice="{fix}",
    ),
    "AddressIsCkubeRemote": Entry(
        levels=(FAIL,),
        title="istiod-remote leads to ckube-remote",
        message="{service} leads to {address}, which is {what}, but {wanted}.",
        explanation=(
            "ckube-remote has port 80 only and serves no configuration to proxies. "
            + NO_CONFIGURATION
        ),
        advice="{fix}",
    ),
    "AddressIsOtherMesh": Entry(
        levels=(FAIL,),
        title="istiod-remote leads to another mesh",
        message="{service} leads to {address}, which is {what}, but {wanted}.",
        explanation=(
            "The proxies of this cluster would get the configuration of a mesh that they "
            "don't belong to."
        ),
        advice="{fix}",
    ),
    "AddressIsClusterIP": Entry(
        levels=(FAIL,),
        title="istiod-remote leads to a ClusterIP",
        message="{service} leads to {address}, which is {what}, but {wanted}.",
        explanation=(
            "A ClusterIP is no endpoint: it is not routed behind another Service, nor from "
            "another cluster. " + NO_CONFIGURATION
        ),
        advice="{fix}",
    ),
    "AddressIsNode": Entry(
        levels=(FAIL,),
        title="istiod-remote leads to a node",
        message="{service} leads to {address}, which is {what}, but {wanted}.",
        explanation=("No hosted istiod listens on that node's own address. " + NO_CONFIGURATION),
        advice="{fix}",
    ),
    "AddressIsOtherPod": Entry(
        levels=(FAIL,),
        title="istiod-remote leads to another Pod",
        message="{service} leads to {address}, which is {what}, but {wanted}.",
        explanation=NO_CONFIGURATION,
        advice="{fix}",
    ),
    "AddressIsStale": Entry(
        levels=(FAIL,),
        title="The address belongs to no ready hosted Pod",
        message="{service} leads to {address}, {what}: no ready hosted Pod has it, and {wanted}.",
        explanation=(
            "Hosted Pods get new addresses when they restart; an old one leads nowhere. "
            + NO_CONFIGURATION
        ),
        advice="{fix}",
    ),
    "AddressIsUnexpected": Entry(
        levels=(FAIL,),
        title="The address is not the expected one",
        message="{service} leads to {address}, {what}, but {wanted}.",
        explanation=NO_CONFIGURATION,
        advice="{fix}",
    ),
    "AddressNotComparable": Entry(
        levels=(UNKNOWN,),
        title="A host name can't be compared with an IP",
        message=(
            "{service} leads to {address} and the expected address is {wanted}: a host name "
            "and an IP can't be compared without resolving, and nothing is resolved."
        ),
        explanation=NOT_READ,
        advice="{fix}",
    ),
    "AddressUndetermined": Entry(
        levels=(UNKNOWN,),
        title="It can't be told whether the address is right",
        message="{service} leads to {addresses}; whether that is right can't be told: {why}.",
        explanation=NOT_READ,
        advice="{settle}",
    ),
    "ExternalNameIsIP": Entry(
        levels=(FAIL,),
        title="externalName is an IP address",
        message="{service} is an ExternalName Service for an IP address.",
        explanation=("externalName is a DNS name: an IP there never resolves. " + NO_CONFIGURATION),
        advice="Give it endpoints instead:\n  {fix}",
    ),
    "TrafficSplit": Entry(
        levels=(FAIL,),
        title="Right and wrong addresses side by side",
        message=(
            "{service} leads to {right}, which is right, and to {wrong} beside it: "
            "connections are spread over both."
        ),
        explanation=(
            "Some proxies connect and others don't, and which ones changes with every restart."
        ),
    ),
    "ReplicaMissing": Entry(
        levels=(WARN,),
        title="A ready replica is not in istiod-remote",
        message="{service} does not hold {address}, the ready hosted Pod {pod}.",
        explanation="It serves no proxy; when the others go, the mesh has no control plane.",
    ),
    "ConfiguredAddressDiffers": Entry(
        levels=(FAIL, WARN),
        title="istiod-remote differs from the configured address",
        message=(
            "{service} leads to {addresses}{right}, but the cluster is configured with "
            "{configured} (remotePilotAddress)."
        ),
        explanation=(
            "istiod-remote is rendered from the configured address: the next sync may write "
            "that back."
        ),
        advice="{fix}",
    ),
}

PHRASES = {
    "want-hosted": "the control-plane cluster itself needs the hosted istiod's Pod IPs {addresses}",
    "want-hosted-unread": "the control-plane cluster itself needs the hosted istiod's Pod IPs",
    "want-workload": "a workload cluster needs {addresses}",
    "want-workload-unread": (
        "a workload cluster needs the load balancer address of the mesh's hosted-lb"
    ),
    "want-shadowed": (
        "the control plane has the same address, and from inside this cluster it can't be reached"
    ),
    "want-unknown": "it should be {addresses}",
    "want-unknown-unread": "no cluster's proxies belong there, whatever its role",
    "unsure-lone": "the control plane of mesh {mesh} was not read",
    "unsure-because": "{reason}",
    "unsure-witness": (
        "it equals {source}, but that Service leads to no hosted istiod that can be seen from here"
    ),
    "fix-stated": "If {address} is right, say so:\n  {again} --expect-address {address}",
    "fix-hosted": (
        "Put the hosted Pod IPs into istiod-remote:\n"
        "  {patch}\n"
        "The mesh's controllers may write the load balancer address back: the lasting repair "
        "is the mesh's own control-plane address (basic information of the mesh). Then check "
        "again:\n"
        "  {again}"
    ),
    "fix-workload": (
        "Set {address} as the mesh's control-plane address (basic information of the mesh), "
        "in the global cluster:\n"
        "  {setting}\n"
        "Until that has arrived, mend the object itself (the mesh's controllers may write the "
        "old address back):\n"
        "  {patch}\n"
        "Then check again:\n"
        "  {again}"
    ),
    "fix-shadowed": (
        "Two things have one address: give one of them another, such as hosted-lb one of a "
        "pool that no other cluster uses, and set that as the mesh's control-plane address "
        "(basic information of the mesh). Then check again:\n"
        "  {again}"
    ),
    "fix-drifted": (
        "The mesh is configured with {address} already (remotePilotAddress): the object was "
        "changed. Put it back:\n"
        "  {patch}\n"
        "Then check again:\n"
        "  {again}"
    ),
    "fix-configured": (
        "Set {address} as the mesh's control-plane address (basic information of the mesh), "
        "in the global cluster:\n"
        "  {setting}"
    ),
    "settle-drift": (
        "Decide which of the two is right, and set it as the mesh's control-plane address "
        "(basic information of the mesh). The control plane knows it:\n"
        "  {again} --control-plane-context CONTEXT"
    ),
    "settle-context": (
        "Name the context where the control plane runs (the kubeconfig offers: {contexts}), "
        "or state the right address:\n"
        "  {again} --control-plane-context {context}\n"
        "  {again} --expect-address ADDRESS"
    ),
    "settle-files": (
        "Give the control plane's objects too, or state the right address:\n"
        "  {again} --control-plane-filename FILE\n"
        "  {again} --expect-address ADDRESS"
    ),
    "settle-again": (
        "First mend what is wrong with the control plane or can't be read of it, then check "
        "again:\n"
        "  {again}"
    ),
    "settle-address": (
        "If you know the right address, state it:\n  {again} --expect-address ADDRESS"
    ),
}

PARTS = {
    "address-unknown": "an address that nothing here has",
    "address-is": "{address} is {what}",
    "address-not-ready": "{address} (not ready)",
    "as-it-should": " as it should",
    "unknown-mesh": "<unknown>",
    "a-host-name": "a host name",
}
