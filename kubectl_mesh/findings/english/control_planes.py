"""The hosted control plane of a mesh, and hosted-lb, the Service that exposes it."""

from __future__ import annotations

from kubectl_mesh.findings.english.sentences import NO_CONFIGURATION, NOT_READ
from kubectl_mesh.findings.entry import Entry
from kubectl_mesh.findings.model import FAIL, PASS, SKIP, UNKNOWN, WARN

CODES = {
    "HostedPodsReady": Entry(
        levels=(PASS,),
        title="The hosted istiod is ready",
        message="{name} has {ready} ready Pods.",
    ),
    "HostedPodsNotReady": Entry(
        levels=(WARN,),
        title="Some hosted istiod Pods are not ready",
        message="{name} has {ready} ready Pods of {wanted}.",
        explanation="The others serve no proxy.",
        advice="  {kubectl} get pods -l {selector}",
    ),
    "NoReadyHostedPod": Entry(
        levels=(FAIL,),
        title="No hosted istiod Pod is ready",
        message="{name} has no ready Pod.",
        explanation="The mesh has no control plane: no proxy of any cluster gets configuration.",
        advice="  {kubectl} get pods -l {selector}\n  {kubectl} describe pods -l {selector}",
    ),
    "HostedIstiodGone": Entry(
        levels=(FAIL,),
        title="The hosted istiod is gone",
        message="{lb} stands in {cluster}, but the Deployment {name} behind it does not.",
        explanation="The mesh has no control plane: no proxy of any cluster gets configuration.",
        advice="  {kubectl} get deployments,pods -l app=istiod",
    ),
    "HostedPodsUnowned": Entry(
        levels=(UNKNOWN,),
        title="Hosted istiod Pods without their Deployment",
        message=(
            "{pods} of a hosted istiod run, but there is no Deployment {name} with the label "
            "{label}."
        ),
        explanation=(
            "Only that Deployment makes a cluster the control plane of a mesh, so its role "
            "can't be told."
        ),
        advice=(
            "See what owns the Pods, or state the role with --role:\n"
            "  {kubectl} get deployments,pods -l app=istiod --show-labels"
        ),
    ),
    "MeshHostedTwice": Entry(
        levels=(UNKNOWN,),
        title="Several control planes claim one mesh",
        message="{names} all say that they are the control plane of mesh {mesh}.",
        explanation="Which of them the proxies should read can't be told.",
        advice=(
            "Remove the one that is left over, or correct the meshId in its mesh config "
            "(configmap istio-<name>-hosted)."
        ),
    ),
    "HostedLBAssigned": Entry(
        levels=(PASS,),
        title="hosted-lb has an address",
        message="Workload clusters must have {addresses}, the address of {name}.",
    ),
    "HostedLBReachesPods": Entry(
        levels=(PASS,),
        title="hosted-lb leads to the hosted istiod",
        message="{name} leads to ready hosted Pods on 15012.",
    ),
    "HostedLBPending": Entry(
        levels=(FAIL, WARN),
        title="hosted-lb has no address",
        message="{name} in {cluster} is <pending>: no load balancer gave it an address.",
        explanation="Workload clusters have no address to reach the control plane at.",
        advice=(
            "Install a load balancer such as MetalLB there (addon repository), with an "
            "address pool and an L2 advertisement, or see why the one that is there gives no "
            "address:\n"
            "  {kubectl} describe service {name}\n"
            "If another entry leads to the control plane, state it with --expect-address."
        ),
    ),
    "HostedLBNotFound": Entry(
        levels=(UNKNOWN, WARN),
        title="hosted-lb does not exist",
        message="There is no Service {name} in {cluster}.",
        explanation="The address that workload clusters must have can't be read.",
        advice=(
            "If the control plane has a custom entry, state its address with "
            "--expect-address. See what is there:\n"
            "  {kubectl} get services"
        ),
    ),
    "HostedLBNotLoadBalancer": Entry(
        levels=(UNKNOWN, WARN),
        title="hosted-lb is no LoadBalancer",
        message=(
            "{name} in {cluster} is of type {type}: the entry to the control plane is a custom one."
        ),
        explanation="The address that workload clusters must have can't be read.",
        advice="State the address of the custom entry with --expect-address.",
    ),
    "HostedLBReachesNoPod": Entry(
        levels=(FAIL,),
        title="hosted-lb leads to no hosted Pod",
        message=(
            "{name} leads to none of the ready hosted Pods on port 15012 (selector: "
            "{actual_selector})."
        ),
        explanation=(
            "Workload clusters reach the load balancer and nothing behind it. " + NO_CONFIGURATION
        ),
        advice=(
            "Compare its selector and ports with the Pods:\n"
            "  {kubectl} get service {name} -o yaml\n"
            "  {kubectl} get pods -l {selector} --show-labels"
        ),
    ),
    "HostedLBReachesOthers": Entry(
        levels=(FAIL,),
        title="hosted-lb leads to more than the hosted istiod",
        message="{name} leads to {others} beside the hosted Pods (selector: {actual_selector}).",
        explanation=(
            "A share of the proxies gets the configuration of another control plane, or none."
        ),
        advice=(
            "Its selector must be that of the hosted istiod alone. Compare:\n"
            "  {kubectl} get service {name} -o yaml\n"
            "  {kubectl} get pods -l app=istiod --show-labels"
        ),
    ),
    "HostedLBWebhookPortMissing": Entry(
        levels=(WARN,),
        title="hosted-lb has no port 15017",
        message="{name} does not lead to port 15017.",
        explanation=(
            "15017 serves injection and validation webhooks; configuration does not depend on it."
        ),
    ),
    "HostedLBDiffers": Entry(
        levels=(WARN,),
        title="The stated address differs from hosted-lb's",
        message="The stated address is {stated}, the one of {name} is {addresses}.",
        explanation="The user's word counts; make sure that both lead to the same control plane.",
    ),
    "ControlPlaneNotHere": Entry(
        levels=(UNKNOWN, WARN),
        title="The named cluster does not host this mesh",
        message=(
            "{cluster} does not host the control plane of mesh {mesh} in namespace "
            "{namespace}; it hosts {others}."
        ),
        explanation=NOT_READ,
        advice=(
            "Name the context where istiod-{mesh}-hosted runs with --control-plane-context, "
            "or its namespace with --control-plane-namespace."
        ),
    ),
    "ControlPlaneNotFound": Entry(
        levels=(UNKNOWN,),
        title="No cluster of this run hosts the mesh",
        message="No cluster of this run hosts the control plane of mesh {mesh}{unread}.",
        explanation=NOT_READ,
        advice="{settle}",
    ),
    "ControlPlaneNotConsulted": Entry(
        levels=(SKIP,),
        title="The named control plane was not needed",
        message="{context} was read, but what {cluster} is held to does not stand there.",
    ),
}

PHRASES = {
    "settle-nowhere": (
        "Add the context where istiod-{mesh}-hosted runs (the kubeconfig offers also: "
        "{contexts}). Or for this cluster alone:\n"
        "  {again} --control-plane-context CONTEXT"
    ),
    "settle-nowhere-file": (
        "Take the snapshot again, with the context where istiod-{mesh}-hosted runs."
    ),
}

PARTS = {
    "pods-of-deployment": "{cluster}: Pods of deployment/{name}",
    "an-address": "an address",
    "no-selector": "none",
    "name-in-cluster": "{name} in {cluster}",
    "clusters-unread": "; what runs in {clusters} could not be read",
    "no-other-contexts": "no others",
    "any-cluster": "any cluster",
}
