"""Load balancers: the addresses of gateways and of hosted-lb."""

from __future__ import annotations

from kubectl_mesh.findings.english.sentences import NO_ADDRESS
from kubectl_mesh.findings.entry import Entry
from kubectl_mesh.findings.model import FAIL, PASS, WARN

CODES = {
    "LoadBalancerMissing": Entry(
        levels=(FAIL, WARN),
        title="There is no load balancer",
        message=(
            "{name} is <pending>: {cluster} shows no sign of a load balancer, neither MetalLB "
            "nor any event of another."
        ),
        explanation=NO_ADDRESS,
        advice=(
            "Install MetalLB from the addon repository, with an address pool and an L2 "
            "advertisement (ARP mode). If another load balancer should be at work, ask it:\n"
            "  {kubectl} describe service {name}"
        ),
    ),
    "LoadBalancerNotReady": Entry(
        levels=(FAIL, WARN),
        title="The controller of MetalLB is not ready",
        message="{name} is <pending>: MetalLB's controller is not ready ({what}).",
        explanation=NO_ADDRESS,
        advice="  {metallb} {see}",
    ),
    "LoadBalancerClassUnserved": Entry(
        levels=(FAIL, WARN),
        title="Nobody serves the load balancer class",
        message=(
            "{name} is <pending>: it asks for {wanted}, and there is no sign of anyone "
            "serving that; {served}."
        ),
        explanation=(
            "A load balancer passes over the Services of another class without a word. The "
            "class can't be changed on a Service that is there."
        ),
        advice=(
            "Make the Service anew without loadBalancerClass, or with the one that is served; "
            "see it with:\n"
            "  {kubectl} get service {name} -o jsonpath='{{.spec.loadBalancerClass}}'"
        ),
    ),
    "AddressPoolMissing": Entry(
        levels=(FAIL, WARN),
        title="There is no address pool",
        message="{name} is <pending>: MetalLB has no address pool in namespace {namespace}.",
        explanation=(
            "Installed is not able: without a pool MetalLB (0.14 and later) says nothing, not "
            "even in an event. " + NO_ADDRESS
        ),
        advice=(
            "Give it a pool, with a free range of the nodes' network in place of FIRST-LAST, "
            "and announce it:\n"
            "  {pool} | {metallb} create -f -\n"
            "  {advertisement} | {metallb} create -f -\n"
            "Then check again:\n"
            "  {again}"
        ),
    ),
    "AddressPoolUnknown": Entry(
        levels=(FAIL, WARN),
        title="The address pool that is asked for does not exist",
        message=(
            "{name} is <pending>: it asks for the address pool {asked}, which does not exist; "
            "there is {pools}."
        ),
        explanation=NO_ADDRESS,
        advice=(
            "Correct the Service's annotation metallb.io/address-pool "
            "(metallb.universe.tf/address-pool), or make the pool:\n"
            "  {metallb} get ipaddresspools\n"
            "  {kubectl} get service {name} -o jsonpath='{{.metadata.annotations}}'"
        ),
    ),
    "AddressPoolNotAllowed": Entry(
        levels=(FAIL, WARN),
        title="The Service may use no address pool",
        message="{name} is <pending>: it may use no address pool ({why}).",
        explanation=NO_ADDRESS,
        advice=(
            "Let a pool serve it (spec.serviceAllocation, spec.autoAssign), or let the "
            "Service ask for one:\n"
            "  {metallb} get ipaddresspools -o yaml"
        ),
    ),
    "AddressPoolExhausted": Entry(
        levels=(FAIL, WARN),
        title="No address pool has a free address",
        message=(
            "{name} is <pending>: of the address pools that it may use ({pools}) none has a "
            "free {family} address."
        ),
        explanation=NO_ADDRESS,
        advice=(
            "Add addresses to a pool, or delete a LoadBalancer Service that is no longer "
            "needed:\n"
            "  {metallb} get ipaddresspools -o wide\n"
            "  {metallb} edit ipaddresspools"
        ),
    ),
    "AddressNotInPool": Entry(
        levels=(FAIL, WARN),
        title="The address that is asked for is in no pool",
        message="{name} is <pending>: it asks for {asked}, which is in no address pool ({pools}).",
        explanation=NO_ADDRESS,
        advice=(
            "Correct what the Service asks for (annotation metallb.io/loadBalancerIPs, "
            "spec.loadBalancerIP), or add the address to a pool:\n"
            "  {metallb} get ipaddresspools"
        ),
    ),
    "AllocationFailed": Entry(
        levels=(FAIL, WARN),
        title="The load balancer could not give an address",
        message='{name} is <pending>: {who} says {reason}, "{says}".',
        explanation=NO_ADDRESS,
        advice="  {kubectl} describe service {name}",
    ),
    "AddressPending": Entry(
        levels=(FAIL,),
        title="The Service has no address, and why can't be told",
        message="{name} is <pending>, and why can't be told: {why}.",
        explanation=NO_ADDRESS,
        advice="  {kubectl} describe service {name}",
    ),
    "AddressAnnounced": Entry(
        levels=(PASS,),
        title="The address is announced",
        message="{addresses} is announced by {advertisements}.",
    ),
    "AddressNotAnnounced": Entry(
        levels=(FAIL, WARN),
        title="Nobody announces the address",
        message="{name} has {addresses}, and nobody announces that: {why}.",
        explanation=(
            "MetalLB gives such an address and tells the network nothing of it: it leads nowhere."
        ),
        advice=(
            "Announce the pool (under another name, where that one is taken):\n"
            "  {advertisement} | {metallb} create -f -\n"
            "Then check again:\n"
            "  {again}"
        ),
    ),
}

PARTS = {
    "pending-nothing-against": (
        "nothing that was read speaks against it: MetalLB may be about to give one, or its "
        "log says more"
    ),
    "pending-pools-unread": "its address pools could not be read ({detail})",
    "pending-metallb-unread": "whether MetalLB runs there could not be read ({detail})",
    "pending-signs-unread": "no MetalLB runs there, and other signs could not be read ({detail})",
    "pending-others-served": "something gives addresses here, as {service} has one",
    "pending-at-work": '{component} is at work on it, and said "{message}"',
    "somebody": "somebody",
    "the-load-balancer": "the load balancer",
    "no-controller-pod": "no Pod of it runs",
    "metallb-serves": "MetalLB serves {load_balancer_class}",
    "metallb-serves-no-class": "MetalLB serves Services without a class",
    "no-metallb": "no MetalLB runs",
    "no-class": "no class",
    "pool-only-if-named": "it is given only to those that ask for it (autoAssign: false)",
    "pool-not-named": "another pool is asked for",
    "pool-lacks-addresses": "it does not hold the addresses that are asked for",
    "families-and": " and ",
    "pending": "<pending>",
    "an-advertisement": "an advertisement",
    "pool-not-selected": (
        "no L2Advertisement or BGPAdvertisement in {namespace} selects its pool {pool}"
    ),
    "no-pool-holds": "no address pool in {namespace} holds it any more",
}
