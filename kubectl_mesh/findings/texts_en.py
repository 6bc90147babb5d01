"""The texts of every finding, in English.

`message` is one sentence that says what was found; `meaning` why it matters; `remedy` what to do,
with the commands on lines of their own. `{placeholders}` are filled in by the checks; every language
uses the same ones.
"""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """The texts of one code; `meaning` and `remedy` are empty where there is nothing to do."""

    title: str
    message: str
    meaning: str = ""
    remedy: str = ""


_NO_CONFIGURATION = (
    "The proxies fetch their configuration through istiod-remote: without a way to the hosted istiod, "
    "gateways and sidecars that start never become Ready."
)
_NO_ADDRESS = (
    "Without an address nothing outside the cluster reaches the Service: no client a gateway, no workload cluster the "
    "control plane."
)
_NOT_READ = "What could not be read can't be called fine."

PHRASES = {
    "want-hosted": "the control-plane cluster itself needs the hosted istiod's Pod IPs {addresses}",
    "want-hosted-unread": "the control-plane cluster itself needs the hosted istiod's Pod IPs",
    "want-workload": "a workload cluster needs {addresses}",
    "want-workload-unread": "a workload cluster needs the load balancer address of the mesh's hosted-lb",
    "want-shadowed": "the control plane has the same address, and from inside this cluster it can't be reached",
    "want-unknown": "it should be {addresses}",
    "want-unknown-unread": "no cluster's proxies belong there, whatever its role",
    "fix-stated": "If {address} is right, say so:\n  {again} --expect-address {address}",
    "not-applied": (
        "Nothing has been changed. The mesh's controllers may write these objects back: the lasting repair is the\n"
        "mesh's own control-plane address (basic information of the mesh; remotePilotAddress of its GlobalMesh)."
    ),
    "stand-ins": "The file holds stand-ins for addresses and names: what to do is told on the clusters themselves.",
    "nothing-to-apply": "Nothing has been changed, and no manifest mends what is at fault, if anything is.",
    "fix-hosted": (
        "Put the hosted Pod IPs into istiod-remote:\n"
        "  {patch}\n"
        "The mesh's controllers may write the load balancer address back: the lasting repair is the mesh's own "
        "control-plane address (basic information of the mesh). Then check again:\n"
        "  {again}"
    ),
    "fix-workload": (
        "Set {address} as the mesh's control-plane address (basic information of the mesh), in the global cluster:\n"
        "  {setting}\n"
        "Until that has arrived, mend the object itself (the mesh's controllers may write the old address back):\n"
        "  {patch}\n"
        "Then check again:\n"
        "  {again}"
    ),
    "fix-shadowed": (
        "Two things have one address: give one of them another, such as hosted-lb one of a pool that no other cluster "
        "uses, and set that as the mesh's control-plane address (basic information of the mesh). Then check again:\n"
        "  {again}"
    ),
    "fix-drifted": (
        "The mesh is configured with {address} already (remotePilotAddress): the object was changed. Put it back:\n"
        "  {patch}\n"
        "Then check again:\n"
        "  {again}"
    ),
    "fix-configured": (
        "Set {address} as the mesh's control-plane address (basic information of the mesh), in the global cluster:\n"
        "  {setting}"
    ),
    "settle-drift": (
        "Decide which of the two is right, and set it as the mesh's control-plane address (basic information of the "
        "mesh). The control plane knows it:\n"
        "  {again} --control-plane-context CONTEXT"
    ),
    "unsure-lone": "the control plane of mesh {mesh} was not read",
    "unsure-because": "{reason}",
    "unsure-witness": "it equals {source}, but that Service leads to no hosted istiod that can be seen from here",
    "no-name": "A command is left out here: {names} is no name that Kubernetes allows.",
    "renew": "let them be made anew:\n  {kubectl} rollout restart {kind} {name}",
    "renew-env": "change what stands in its template:\n  {kubectl} set env {kind}/{name} -c istio-proxy {variable}",
    "upgrade-istiod": "Upgrade the hosted istiod: it serves no proxy that is newer than itself.",
    "upgrade-gateway": "Upgrade the gateway to the hosted istiod's version.",
    "renew-edit": "change PROXY_CONFIG, which stands in its template:\n  {kubectl} edit {kind} {name}",
    "renew-other": "make its Pods anew; they stand in:\n  {kubectl} get {kind} {name} -o yaml",
    "settle-context": (
        "Name the context where the control plane runs (the kubeconfig offers: {contexts}), or state the right "
        "address:\n"
        "  {again} --control-plane-context {context}\n"
        "  {again} --expect-address ADDRESS"
    ),
    "settle-files": (
        "Give the control plane's objects too, or state the right address:\n"
        "  {again} --control-plane-filename FILE\n"
        "  {again} --expect-address ADDRESS"
    ),
    "settle-again": (
        "First mend what is wrong with the control plane or can't be read of it, then check again:\n  {again}"
    ),
    "settle-nowhere": (
        "Add the context where istiod-{mesh}-hosted runs (the kubeconfig offers also: {contexts}). Or for this cluster "
        "alone:\n"
        "  {again} --control-plane-context CONTEXT"
    ),
    "settle-nowhere-file": "Take the snapshot again, with the context where istiod-{mesh}-hosted runs.",
    "settle-address": "If you know the right address, state it:\n  {again} --expect-address ADDRESS",
}

CODES = {
    # --- istiod-remote: the address ---------------------------------------------------------------
    "AddressIsExpected": Text(
        "The address is right", "{service} leads to {addresses}, as expected."
    ),
    "AddressIsHostedPod": Text(
        "A workload cluster has the hosted istiod's Pod IP",
        "{service} leads to {address}, which is {what}, but {wanted}.",
        "A Pod IP of the control-plane cluster is not routed in a workload cluster. "
        + _NO_CONFIGURATION,
        "{fix}",
    ),
    "AddressIsLoadBalancer": Text(
        "The control-plane cluster has the load balancer address",
        "{service} leads to {address}, which is {what}, but {wanted}.",
        "From inside its own cluster a load balancer address often leads nowhere. "
        + _NO_CONFIGURATION,
        "{fix}",
    ),
    "AddressIsLocalIstiod": Text(
        "istiod-remote leads to the local istiod",
        "{service} leads to {address}, which is {what}, but {wanted}.",
        "The local istiod's certificate names istiod-remote too: TLS succeeds, and the proxies silently get the "
        "configuration of the wrong control plane.",
        "{fix}",
    ),
    "AddressIsCkubeRemote": Text(
        "istiod-remote leads to ckube-remote",
        "{service} leads to {address}, which is {what}, but {wanted}.",
        "ckube-remote has port 80 only and serves no configuration to proxies. "
        + _NO_CONFIGURATION,
        "{fix}",
    ),
    "AddressIsOtherMesh": Text(
        "istiod-remote leads to another mesh",
        "{service} leads to {address}, which is {what}, but {wanted}.",
        "The proxies of this cluster would get the configuration of a mesh that they don't belong to.",
        "{fix}",
    ),
    "AddressIsClusterIP": Text(
        "istiod-remote leads to a ClusterIP",
        "{service} leads to {address}, which is {what}, but {wanted}.",
        "A ClusterIP is no endpoint: it is not routed behind another Service, nor from another cluster. "
        + _NO_CONFIGURATION,
        "{fix}",
    ),
    "AddressIsNode": Text(
        "istiod-remote leads to a node",
        "{service} leads to {address}, which is {what}, but {wanted}.",
        "No hosted istiod listens on that node's own address. " + _NO_CONFIGURATION,
        "{fix}",
    ),
    "AddressIsOtherPod": Text(
        "istiod-remote leads to another Pod",
        "{service} leads to {address}, which is {what}, but {wanted}.",
        _NO_CONFIGURATION,
        "{fix}",
    ),
    "AddressIsStale": Text(
        "The address belongs to no ready hosted Pod",
        "{service} leads to {address}, {what}: no ready hosted Pod has it, and {wanted}.",
        "Hosted Pods get new addresses when they restart; an old one leads nowhere. "
        + _NO_CONFIGURATION,
        "{fix}",
    ),
    "AddressIsUnexpected": Text(
        "The address is not the expected one",
        "{service} leads to {address}, {what}, but {wanted}.",
        _NO_CONFIGURATION,
        "{fix}",
    ),
    "AddressNotComparable": Text(
        "A host name can't be compared with an IP",
        "{service} leads to {address} and the expected address is {wanted}: a host name and an IP can't be compared "
        "without resolving, and nothing is resolved.",
        _NOT_READ,
        "{fix}",
    ),
    "AddressUndetermined": Text(
        "It can't be told whether the address is right",
        "{service} leads to {addresses}; whether that is right can't be told: {why}.",
        _NOT_READ,
        "{settle}",
    ),
    "ExternalNameIsIP": Text(
        "externalName is an IP address",
        "{service} is an ExternalName Service for an IP address.",
        "externalName is a DNS name: an IP there never resolves. " + _NO_CONFIGURATION,
        "Give it endpoints instead:\n  {fix}",
    ),
    "TrafficSplit": Text(
        "Right and wrong addresses side by side",
        "{service} leads to {right}, which is right, and to {wrong} beside it: connections are spread over both.",
        "Some proxies connect and others don't, and which ones changes with every restart.",
    ),
    "ReplicaMissing": Text(
        "A ready replica is not in istiod-remote",
        "{service} does not hold {address}, the ready hosted Pod {pod}.",
        "It serves no proxy; when the others go, the mesh has no control plane.",
    ),
    "ConfiguredAddressDiffers": Text(
        "istiod-remote differs from the configured address",
        "{service} leads to {addresses}{right}, but the cluster is configured with {configured} (remotePilotAddress).",
        "istiod-remote is rendered from the configured address: the next sync may write that back.",
        "{fix}",
    ),
    # --- istiod-remote: Service, endpoints, ports -------------------------------------------------
    "ServiceNotFound": Text(
        "istiod-remote does not exist",
        "{who} the proxies to {service}, but there is no such Service in namespace {namespace}.",
        _NO_CONFIGURATION,
        "The mesh's controllers make it once the control-plane address is set (basic information of the mesh). See "
        "what is there:\n"
        "  {kubectl} get services,endpoints",
    ),
    "RevisionServiceNotFound": Text(
        "The mesh config names a Service that doesn't exist",
        "configmap {config} sends the proxies to {service}, which does not exist; what does exist is {other}.",
        "Istio's charts with a revision name the Service istiod-<revision>-remote and leave discoveryAddress at "
        "istiod-remote. " + _NO_CONFIGURATION,
        "Set meshConfig.defaultConfig.discoveryAddress to the Service that exists, in the values that render the "
        "chart. It stands in:\n"
        "  {kubectl} get configmap {config} -o yaml",
    ),
    "NoEndpoints": Text(
        "istiod-remote has no endpoints",
        "{service} has no address behind it{why}.",
        _NO_CONFIGURATION,
        "{fix}",
    ),
    "NoReadyEndpoints": Text(
        "istiod-remote has only not-ready addresses",
        "{service} has only addresses that are not ready: {held}{why}.",
        "Addresses that are not ready get no traffic. " + _NO_CONFIGURATION,
        "{fix}",
    ),
    "EndpointsNotMirrored": Text(
        "The Endpoints have no EndpointSlice",
        "The Endpoints {service} hold {held}, but no EndpointSlice does: {why}.",
        "kube-proxy follows EndpointSlices only: nothing is routed. " + _NO_CONFIGURATION,
        "Let them be mirrored:\n"
        "  {fix}\n"
        "See the Service's selector and the Endpoints' labels:\n"
        "  {kubectl} get service,endpoints {service} -o yaml",
    ),
    "EndpointsDiffer": Text(
        "Endpoints and EndpointSlices disagree",
        "{service}: the EndpointSlices lead to {routed}, the Endpoints say {listed}.",
        "kube-proxy follows the slices, people read the Endpoints.",
        "Compare them:\n"
        "  {kubectl} get endpointslices -l kubernetes.io/service-name={service} -o yaml\n"
        "  {kubectl} get endpoints {service} -o yaml",
    ),
    "PortsAreExpected": Text(
        "The ports are right", "{service} leads to the ports {ports} on every address."
    ),
    "XDSPortMissing": Text(
        "No way to port 15012",
        "{service} port 15012 leads to no port 15012 on {addresses}: there is {held}, it should be {wanted}.",
        _NO_CONFIGURATION,
        "Give the endpoints both ports:\n  {fix}",
    ),
    "XDSPortNotJoined": Text(
        "Port 15012 has another name or protocol",
        "{service} port {port} is not joined to port 15012 alone on {addresses}: there is {held}, it should be "
        "{wanted}.",
        "kube-proxy joins Service and endpoint ports by name and protocol; the right number under another name "
        "routes nothing. " + _NO_CONFIGURATION,
        "Give the endpoints the Service's port names:\n  {fix}",
    ),
    "XDSServicePortMissing": Text(
        "The Service has no port 15012",
        "The Service {service} has no TCP port 15012.",
        _NO_CONFIGURATION,
        "Give the Service both its ports:\n  {fix}",
    ),
    "WebhookPortMissing": Text(
        "No way to port 15017",
        "{service} port 443 leads to no port 15017 on {addresses}: there is {held}, it should be {wanted}.",
        "15017 serves injection and validation webhooks of the hosted istiod; configuration does not depend on it.",
        "Give the endpoints both ports:\n  {fix}",
    ),
    "WebhookServicePortMissing": Text(
        "The Service has no port 443",
        "The Service {service} has no TCP port 443, which should lead to 15017.",
        "443 -> 15017 serves injection and validation webhooks; configuration does not depend on it.",
        "Give the Service both its ports:\n  {fix}",
    ),
    "DiscoveryPortUnexpected": Text(
        "discoveryAddress has another port",
        "configmap {config} sends the proxies to {discovery}, not to port 15012.",
        _NO_CONFIGURATION,
        "Set the port in meshConfig.defaultConfig.discoveryAddress to 15012, in the values that render the chart.",
    ),
    "RemoteNotApplicable": Text(
        "istiod-remote is not applicable",
        "{cluster} hosts the control plane and no workloads of this mesh: nothing dials istiod-remote here.",
    ),
    "RemoteNotVerified": Text(
        "istiod-remote of the control-plane cluster was not verified",
        "{context} is a workload cluster of its own mesh too; its istiod-remote is not part of this run.",
        "",
        "Verify that cluster in a run of its own.",
    ),
    # --- the hosted control plane -----------------------------------------------------------------
    "HostedPodsReady": Text("The hosted istiod is ready", "{name} has {ready} ready Pods."),
    "HostedPodsNotReady": Text(
        "Some hosted istiod Pods are not ready",
        "{name} has {ready} ready Pods of {wanted}.",
        "The others serve no proxy.",
        "  {kubectl} get pods -l {selector}",
    ),
    "NoReadyHostedPod": Text(
        "No hosted istiod Pod is ready",
        "{name} has no ready Pod.",
        "The mesh has no control plane: no proxy of any cluster gets configuration.",
        "  {kubectl} get pods -l {selector}\n  {kubectl} describe pods -l {selector}",
    ),
    "HostedIstiodGone": Text(
        "The hosted istiod is gone",
        "{lb} stands in {cluster}, but the Deployment {name} behind it does not.",
        "The mesh has no control plane: no proxy of any cluster gets configuration.",
        "  {kubectl} get deployments,pods -l app=istiod",
    ),
    "HostedPodsUnowned": Text(
        "Hosted istiod Pods without their Deployment",
        "{pods} of a hosted istiod run, but there is no Deployment {name} with the label {label}.",
        "Only that Deployment makes a cluster the control plane of a mesh, so its role can't be told.",
        "See what owns the Pods, or state the role with --role:\n"
        "  {kubectl} get deployments,pods -l app=istiod --show-labels",
    ),
    "MeshHostedTwice": Text(
        "Several control planes claim one mesh",
        "{names} all say that they are the control plane of mesh {mesh}.",
        "Which of them the proxies should read can't be told.",
        "Remove the one that is left over, or correct the meshId in its mesh config (configmap istio-<name>-hosted).",
    ),
    "HostedLBAssigned": Text(
        "hosted-lb has an address",
        "Workload clusters must have {addresses}, the address of {name}.",
    ),
    "HostedLBReachesPods": Text(
        "hosted-lb leads to the hosted istiod", "{name} leads to ready hosted Pods on 15012."
    ),
    "HostedLBPending": Text(
        "hosted-lb has no address",
        "{name} in {cluster} is <pending>: no load balancer gave it an address.",
        "Workload clusters have no address to reach the control plane at.",
        "Install a load balancer such as MetalLB there (addon repository), with an address pool and an L2 "
        "advertisement, or see why the one that is there gives no address:\n"
        "  {kubectl} describe service {name}\n"
        "If another entry leads to the control plane, state it with --expect-address.",
    ),
    "HostedLBNotFound": Text(
        "hosted-lb does not exist",
        "There is no Service {name} in {cluster}.",
        "The address that workload clusters must have can't be read.",
        "If the control plane has a custom entry, state its address with --expect-address. See what is there:\n"
        "  {kubectl} get services",
    ),
    "HostedLBNotLoadBalancer": Text(
        "hosted-lb is no LoadBalancer",
        "{name} in {cluster} is of type {type}: the entry to the control plane is a custom one.",
        "The address that workload clusters must have can't be read.",
        "State the address of the custom entry with --expect-address.",
    ),
    "HostedLBReachesNoPod": Text(
        "hosted-lb leads to no hosted Pod",
        "{name} leads to none of the ready hosted Pods on port 15012 (selector: {actual_selector}).",
        "Workload clusters reach the load balancer and nothing behind it. " + _NO_CONFIGURATION,
        "Compare its selector and ports with the Pods:\n"
        "  {kubectl} get service {name} -o yaml\n"
        "  {kubectl} get pods -l {selector} --show-labels",
    ),
    "HostedLBReachesOthers": Text(
        "hosted-lb leads to more than the hosted istiod",
        "{name} leads to {others} beside the hosted Pods (selector: {actual_selector}).",
        "A share of the proxies gets the configuration of another control plane, or none.",
        "Its selector must be that of the hosted istiod alone. Compare:\n"
        "  {kubectl} get service {name} -o yaml\n"
        "  {kubectl} get pods -l app=istiod --show-labels",
    ),
    "HostedLBWebhookPortMissing": Text(
        "hosted-lb has no port 15017",
        "{name} does not lead to port 15017.",
        "15017 serves injection and validation webhooks; configuration does not depend on it.",
    ),
    "HostedLBDiffers": Text(
        "The stated address differs from hosted-lb's",
        "The stated address is {stated}, the one of {name} is {addresses}.",
        "The user's word counts; make sure that both lead to the same control plane.",
    ),
    "ControlPlaneNotHere": Text(
        "The named cluster does not host this mesh",
        "{cluster} does not host the control plane of mesh {mesh} in namespace {namespace}; it hosts {others}.",
        _NOT_READ,
        "Name the context where istiod-{mesh}-hosted runs with --control-plane-context, or its namespace with "
        "--control-plane-namespace.",
    ),
    "ControlPlaneNotFound": Text(
        "No cluster of this run hosts the mesh",
        "No cluster of this run hosts the control plane of mesh {mesh}{unread}.",
        _NOT_READ,
        "{settle}",
    ),
    "ControlPlaneNotConsulted": Text(
        "The named control plane was not needed",
        "{context} was read, but what {cluster} is held to does not stand there.",
    ),
    # --- several clusters -------------------------------------------------------------------------
    "NothingVerified": Text(
        "Nothing was verified",
        "No cluster of this run has {what}.",
        "Nothing was compared, so nothing can be called fine.",
        "Are these the right contexts, and the mesh's namespace (-n)?",
    ),
    "GlobalMeshAgrees": Text(
        "The GlobalMesh agrees", "{setting} of the GlobalMesh {mesh} is what the clusters have."
    ),
    "GlobalMeshAddressDiffers": Text(
        "The GlobalMesh has another control-plane address",
        "The GlobalMesh {mesh} sets remotePilotAddress to {address}, but {wanted}.",
        "istiod-remote of every workload cluster of the mesh is rendered from that setting.",
        "{fix}",
    ),
    "GlobalMeshOwnerDiffers": Text(
        "The GlobalMesh names another control-plane cluster",
        "The GlobalMesh {mesh} names {owner} as its owner, but its hosted istiod runs in {cluster}.",
        "The mesh's controllers write to the cluster that the GlobalMesh names.",
        "See which of the two is right:\n  {kubectl} get globalmeshes.discovery.mspider.io {mesh} -o yaml",
    ),
    "GlobalMeshClustersDiffer": Text(
        "The GlobalMesh lists other clusters",
        "The GlobalMesh {mesh} and the clusters disagree: {what}.",
        "The mesh's controllers look after the clusters that the GlobalMesh lists, and no others.",
        "Add or remove the cluster in the mesh's settings, not by hand. They are listed in:\n"
        "  {kubectl} get globalmeshes.discovery.mspider.io {mesh} -o yaml",
    ),
    "ContextRepeated": Text(
        "Two contexts are the same",
        "{context} names the same server, TLS server name, proxy and user as {cluster}: it was read once.",
    ),
    "ClusterRepeated": Text(
        "Several contexts lead to one cluster",
        "{cluster} is the same cluster as {other} (UID of kube-system), through another server or as another user: "
        "both were verified.",
    ),
    # --- roles and meshes -------------------------------------------------------------------------
    "MeshNotFound": Text(
        "No hosted mesh here",
        "{cluster} has no {what}{which} in namespace {namespace}; meshes found there: {present}{though}.",
        "Nothing was compared, so nothing can be called fine.",
        "Is this the right context, and the mesh's namespace (-n)?",
    ),
    "MeshIDUnknown": Text(
        "The mesh ID is not known",
        "{cluster} does not say which mesh it belongs to: neither its mesh config nor its injector has a mesh ID.",
        "The right control plane is found by mesh ID.",
        "State it with --mesh-id.",
    ),
    "MeshIDFromName": Text(
        "The mesh ID was taken from a name",
        "configmap {config} does not tell the mesh ID ({why}); the Deployment's name gives {mesh}.",
        "The ConfigMap is authoritative; the name is a good guess.",
    ),
    "MeshConfigUnreadable": Text(
        "A mesh config can't be understood",
        "configmap {config} can't be understood: {why}.",
        _NOT_READ,
        "  {kubectl} get configmap {config} -o yaml",
    ),
    "NotWired": Text(
        "Not wired to a hosted control plane",
        "configmap {config} (mesh {mesh}) sends the proxies to {discovery}, not to istiod-remote; {because}.",
        "Such proxies don't get their configuration through istiod-remote: right in a dedicated mesh or plain Istio, "
        "wrong in a hosted mesh.",
        "If the cluster belongs to a hosted mesh, discoveryAddress must be {wanted}; if an upgrade lost it, set the "
        "mesh's control-plane address again. It stands in:\n"
        "  {kubectl} get configmap {config} -o yaml",
    ),
    "MeshLeftover": Text(
        "Left over from a removed mesh",
        "{name} belongs to mesh {mesh}, which no mesh config and no hosted istiod here knows.",
        "",
        "If that mesh is gone for good:\n  {kubectl} delete service {name}",
    ),
    # --- gateways: Pods ---------------------------------------------------------------------------
    "GatewayReady": Text("The gateway is ready", "{name} has {ready} ready Pods of {wanted}."),
    "GatewayStillReady": Text(
        "The gateway is ready only until it restarts",
        "{name} is Ready, but lives on what it once received: it may not come back after a restart.",
    ),
    "GatewayRollingOut": Text(
        "New Pods of the gateway are not ready yet",
        "{name}: {ready} of {wanted} Pods of the new template ready; earlier ones still serve.",
        "A rollout that does not end leaves the gateway with what it was before.",
        "  {kubectl} rollout status {kind} {name}\n  {kubectl} get pods -l {selector}",
    ),
    "GatewayNotReady": Text(
        "The gateway's Pods run and are not ready",
        "{name}: {ready} of {wanted} Pods ready; {what}.",
        "A gateway becomes ready once it has its configuration from the hosted istiod, through istiod-remote:15012, "
        "and its certificate from the local istiod. What was found about both stands in this report.",
        "See what the proxy says, and whether it reaches the control plane:\n"
        "  {kubectl} logs {pod} -c istio-proxy --tail=50\n"
        "  {kubectl} describe pod {pod}",
    ),
    "GatewayCrashLooping": Text(
        "The gateway's Pods crash",
        "{name}: {ready} of {wanted} Pods ready; {what}.",
        "An unreachable control plane does not end a proxy: the reason is in the container itself.",
        "  {kubectl} logs {pod} -c {container} --previous --tail=50\n  {kubectl} describe pod {pod}",
    ),
    "GatewayImageNotPulled": Text(
        "The gateway's image can't be pulled",
        "{name}: {ready} of {wanted} Pods ready; can't pull {what}.",
        "Without its image no Pod starts.",
        "Make the image available in the registry that the Pod names, or correct the mesh's image registry:\n"
        "  {kubectl} describe pod {pod}",
    ),
    "GatewayNotInjected": Text(
        "The gateway was not injected",
        '{name}: {ready} of {wanted} Pods ready; the image of {pod} is "auto", which the injector should have '
        "replaced.",
        "Istio's gateway chart leaves the proxy to the sidecar injector: the local istiod's webhook did not see this "
        "Pod, or namespace or Pod lack the label that asks for injection.",
        "See the labels, then let the Pod be made anew:\n"
        "  {kubectl} get namespace {namespace} --show-labels\n"
        "  {kubectl} get pod {pod} --show-labels\n"
        "  {kubectl} delete pod {pod}",
    ),
    "GatewayCACertificateMissing": Text(
        "The mesh's CA certificate is missing",
        "{name}: {ready} of {wanted} Pods ready; {what}.",
        "istio-ca-root-cert is written into every namespace by the local istiod.",
        "  {kubectl} get configmap istio-ca-root-cert\n  {kubectl} describe pod {pod}",
    ),
    "GatewayVolumeNotMounted": Text(
        "A volume of the gateway can't be mounted",
        "{name}: {ready} of {wanted} Pods ready; {what}.",
        "Without its volumes no Pod starts.",
        "  {kubectl} describe pod {pod}",
    ),
    "GatewayUnschedulable": Text(
        "No node takes the gateway's Pods",
        "{name}: {ready} of {wanted} Pods ready; no node takes {pod}: {what}.",
        "The scheduler says which resources, taints or volumes are in the way.",
        "  {kubectl} describe pod {pod}\n  {kubectl} describe nodes",
    ),
    "GatewayNotStarted": Text(
        "The gateway's containers have not started",
        "{name}: {ready} of {wanted} Pods ready; {what}.",
        "What a container waits for stands in its state and in the Pod's events.",
        "  {kubectl} describe pod {pod}",
    ),
    "GatewayHeldBack": Text(
        "The gateway's proxy is ready, its Pod is not",
        "{name}: {ready} of {wanted} Pods ready; {what}.",
        "The proxy has its configuration: what holds the Pod back is something else in it.",
        "  {kubectl} logs {pod} -c {container} --tail=50\n  {kubectl} describe pod {pod}",
    ),
    "GatewayPodsRefused": Text(
        "The gateway's Pods are refused",
        "{name}: {ready} of {wanted} Pods ready; the API server refuses more: {what}.",
        "A quota or a policy of the namespace stands against them.",
        "  {kubectl} get resourcequotas\n  {kubectl} describe {kind} {name}",
    ),
    "GatewayInjectionFailed": Text(
        "The gateway's Pods can't be injected",
        "{name}: {ready} of {wanted} Pods ready; the injection webhook fails: {what}.",
        "The webhook is the local istiod's: while nobody answers there, no Pod of the mesh is made.",
        "  {kubectl} describe {kind} {name}\n  {kubectl} get mutatingwebhookconfigurations",
    ),
    "GatewayPodsTooFew": Text(
        "The gateway has fewer Pods than it should have",
        "{name}: {ready} of {wanted} Pods ready; the others are not there.",
        "Their controller has not made them, and does not say why.",
        "  {kubectl} describe {kind} {name}",
    ),
    "GatewayHasNoPods": Text(
        "The gateway has no Pods",
        "{name} should have {wanted} Pods and has none.",
        "Their controller has not made them, and does not say why.",
        "  {kubectl} describe {kind} {name}\n  {kubectl} get replicasets,events",
    ),
    "GatewayScaledToZero": Text(
        "The gateway is scaled to zero",
        "{name} is scaled to zero.",
        "Somebody, or an autoscaler, asked for no Pods.",
        "  {kubectl} scale {kind} {name} --replicas=1",
    ),
    "GatewayNotFound": Text(
        "There is no such gateway",
        "{cluster} has no {what} in {where}; gateways found there: {present}.",
        "Nothing was verified, so nothing can be called fine.",
        "Gateways bear the label istio=ingressgateway, istio=eastwestgateway or mspider.io/mesh-gateway-name. See what "
        "is there (verify-gateway looks in every namespace with -A):\n"
        "  {kubectl} get deployments{everywhere} --show-labels",
    ),
    "GatewayConfigUnknown": Text(
        "It is not known what the gateway's proxies dial",
        "{name} is of revision {revision}, and no mesh config in {cluster} is that revision's.",
        _NOT_READ,
        "See whose proxies they are:\n  {kubectl} get {kind} {name} -o yaml\n  {mesh} get configmaps -l istio.io/rev",
    ),
    "LocalIstiodNotReady": Text(
        "The local istiod is not ready",
        "The local istiod (revision {revision}) in {cluster} has no ready Pod; there is {pods}.",
        "It injects gateways and sidecars, writes istio-ca-root-cert and signs the proxies' certificates.",
        "  {kubectl} get pods -l app=istiod\n  {kubectl} describe pods -l app=istiod",
    ),
    # --- gateways: Services -----------------------------------------------------------------------
    "GatewayHasAddress": Text("The gateway has its address", "{name} has the address {addresses}."),
    "GatewayNeedsNoAddress": Text(
        "There is no address to allocate",
        "{name} is of type {type}: no load balancer has a part in it.",
    ),
    "GatewayServiceReachesPods": Text(
        "The Service leads to the gateway", "{name} leads to {reached} ready Pods of {gateways}."
    ),
    "GatewayServiceHasNoEndpoints": Text(
        "The Service has no ready endpoints",
        "{name} has no ready endpoints.",
        "Without a ready Pod behind it a Service serves nobody, with an address or without.",
        "  {kubectl} get endpointslices -l kubernetes.io/service-name={name} -o yaml",
    ),
    "GatewayServiceMissesPods": Text(
        "The Service does not lead to the gateway's Pods",
        "{name} leads to {reached} of the {ready} ready Pods of {gateways}.",
        "kube-proxy follows the EndpointSlices: what they don't hold gets no traffic.",
        "  {kubectl} get endpointslices -l kubernetes.io/service-name={name} -o yaml",
    ),
    "GatewayHasNoService": Text(
        "No Service leads to the gateway",
        "No Service in {namespace} leads to {name}.",
        "Only who knows its Pods, or its nodes' ports, reaches such a gateway.",
        "  {kubectl} get services --show-labels",
    ),
    "GatewayNotInstalled": Text(
        "The gateway of the Service is not there",
        "{name} selects {selector}, and there is no gateway in {namespace} with such Pods.",
        "A Service without Pods behind it serves nobody, with an address or without.",
        "Install the gateway, or delete what is left of it. See what is there:\n"
        "  {kubectl} get deployments,pods --show-labels",
    ),
    "GatewayServiceSelectsOthers": Text(
        "The Service selects none of the gateway's Pods",
        "{name} selects {selector}, and no Pod of {gateways} bears that.",
        "What asks the Service does not reach the gateway.",
        "Give it the gateway's selector:\n  {fix}",
    ),
    "GatewayServiceReachesOthers": Text(
        "The Service leads to more than its gateways",
        "{name} leads to {others}, which no Pod of {gateways} has.",
        "A share of what asks the Service is answered by something else, or by nobody.",
        "Compare its selector with the Pods, and see who writes its slices:\n"
        "  {kubectl} get service {name} -o yaml\n"
        "  {kubectl} get endpointslices -l kubernetes.io/service-name={name} -o yaml",
    ),
    "GatewayFamilyNotRouted": Text(
        "An address of the Service has no endpoints of its IP family",
        "{name} has the {family} address {addresses}, and no ready {family} endpoints.",
        "kube-proxy routes each IP family to endpoints of that family.",
        "  {kubectl} get endpointslices -l kubernetes.io/service-name={name}",
    ),
    "GatewayPortNotRouted": Text(
        "A port of the Service leads nowhere",
        "{name} port {number} is joined to no port of its endpoints; they have {held}.",
        "kube-proxy joins Service and endpoint ports by name and protocol.",
        "  {kubectl} get endpointslices -l kubernetes.io/service-name={name} -o yaml",
    ),
    "TargetPortNotFound": Text(
        "A named target port does not exist",
        "{name} port {number} leads to a port named {target}, which no Pod of {gateways} has; they have {declared}.",
        "A Service port whose targetPort is a name leads nowhere where no container has a port of that name.",
        "  {kubectl} get service {name} -o yaml",
    ),
    # --- gateways: what the proxies believe -------------------------------------------------------
    "GatewayIdentityIsExpected": Text(
        "The proxies know their mesh",
        "The proxies of {name} have {values}, as the mesh config says.",
    ),
    "GatewayMeshIDDiffers": Text(
        "The gateway belongs to another mesh",
        "The proxies of {name} belong to mesh {value}, the mesh config {config} says {wanted}.",
        "They were made under another configuration, and report to the control plane as another mesh.",
        "Once the mesh config is right, {renew}",
    ),
    "GatewayMeshIDNotSet": Text(
        "The gateway has no mesh ID",
        "The proxies of {name} have the trust domain {value} as mesh ID: none was set when they were made.",
        "The injector writes the trust domain where no mesh ID is configured.",
        "To end that, {renew}",
    ),
    "GatewayClusterIDDiffers": Text(
        "The gateway has another cluster's ID",
        "The proxies of {name} have the cluster ID {value}, the injector of {config} says {wanted}.",
        "The control plane sends endpoints by cluster ID: another one's are not reachable from here.",
        "To end that, {renew}",
    ),
    "GatewayCAAddressDiffers": Text(
        "The gateway asks another CA",
        "The proxies of {name} ask {value} for certificates, the injector of {config} says {wanted}.",
        "A certificate of another CA is not trusted in the mesh.",
        "To end that, {renew}",
    ),
    "GatewayDiscoveryDiffers": Text(
        "The gateway reads another istiod",
        "The proxies of {name} fetch their configuration from {value}, the mesh config {config} says {wanted}.",
        "A proxy keeps the address that it was made with: it may be Ready with the configuration of the wrong istiod.",
        "To end that, {renew}",
    ),
    "ProxyVersionFits": Text(
        "Proxy and istiod fit", "{name} runs {proxy}, the hosted istiod {istiod}."
    ),
    "ProxyVersionSkew": Text(
        "Proxy and istiod are too far apart",
        "{name} runs {proxy}, the hosted istiod that serves it {istiod}.",
        "Istio's control plane may be one minor version ahead of its proxies, and never behind.",
        "{fix}",
    ),
    "ProxyVersionUnknown": Text(
        "Proxy and istiod were not compared",
        "The version of {name} was not compared with the hosted istiod's: {why}.",
    ),
    # --- load balancers: of gateways, and of hosted-lb --------------------------------------------
    "LoadBalancerMissing": Text(
        "There is no load balancer",
        "{name} is <pending>: {cluster} shows no sign of a load balancer, neither MetalLB nor any event of another.",
        _NO_ADDRESS,
        "Install MetalLB from the addon repository, with an address pool and an L2 advertisement (ARP mode). If "
        "another load balancer should be at work, ask it:\n"
        "  {kubectl} describe service {name}",
    ),
    "LoadBalancerNotReady": Text(
        "The controller of MetalLB is not ready",
        "{name} is <pending>: MetalLB's controller is not ready ({what}).",
        _NO_ADDRESS,
        "  {metallb} {see}",
    ),
    "LoadBalancerClassUnserved": Text(
        "Nobody serves the load balancer class",
        "{name} is <pending>: it asks for {wanted}, and there is no sign of anyone serving that; {served}.",
        "A load balancer passes over the Services of another class without a word. The class can't be changed on a "
        "Service that is there.",
        "Make the Service anew without loadBalancerClass, or with the one that is served; see it with:\n"
        "  {kubectl} get service {name} -o jsonpath='{{.spec.loadBalancerClass}}'",
    ),
    "AddressPoolMissing": Text(
        "There is no address pool",
        "{name} is <pending>: MetalLB has no address pool in namespace {namespace}.",
        "Installed is not able: without a pool MetalLB (0.14 and later) says nothing, not even in an event. "
        + _NO_ADDRESS,
        "Give it a pool, with a free range of the nodes' network in place of FIRST-LAST, and announce it:\n"
        "  {pool} | {metallb} create -f -\n"
        "  {advertisement} | {metallb} create -f -\n"
        "Then check again:\n"
        "  {again}",
    ),
    "AddressPoolUnknown": Text(
        "The address pool that is asked for does not exist",
        "{name} is <pending>: it asks for the address pool {asked}, which does not exist; there is {pools}.",
        _NO_ADDRESS,
        "Correct the Service's annotation metallb.io/address-pool (metallb.universe.tf/address-pool), or make "
        "the pool:\n"
        "  {metallb} get ipaddresspools\n"
        "  {kubectl} get service {name} -o jsonpath='{{.metadata.annotations}}'",
    ),
    "AddressPoolNotAllowed": Text(
        "The Service may use no address pool",
        "{name} is <pending>: it may use no address pool ({why}).",
        _NO_ADDRESS,
        "Let a pool serve it (spec.serviceAllocation, spec.autoAssign), or let the Service ask for one:\n"
        "  {metallb} get ipaddresspools -o yaml",
    ),
    "AddressPoolExhausted": Text(
        "No address pool has a free address",
        "{name} is <pending>: of the address pools that it may use ({pools}) none has a free {family} address.",
        _NO_ADDRESS,
        "Add addresses to a pool, or delete a LoadBalancer Service that is no longer needed:\n"
        "  {metallb} get ipaddresspools -o wide\n"
        "  {metallb} edit ipaddresspools",
    ),
    "AddressNotInPool": Text(
        "The address that is asked for is in no pool",
        "{name} is <pending>: it asks for {asked}, which is in no address pool ({pools}).",
        _NO_ADDRESS,
        "Correct what the Service asks for (annotation metallb.io/loadBalancerIPs, spec.loadBalancerIP), or add the "
        "address to a pool:\n"
        "  {metallb} get ipaddresspools",
    ),
    "AllocationFailed": Text(
        "The load balancer could not give an address",
        '{name} is <pending>: {who} says {reason}, "{says}".',
        _NO_ADDRESS,
        "  {kubectl} describe service {name}",
    ),
    "AddressPending": Text(
        "The Service has no address, and why can't be told",
        "{name} is <pending>, and why can't be told: {why}.",
        _NO_ADDRESS,
        "  {kubectl} describe service {name}",
    ),
    "AddressAnnounced": Text(
        "The address is announced", "{addresses} is announced by {advertisements}."
    ),
    "AddressNotAnnounced": Text(
        "Nobody announces the address",
        "{name} has {addresses}, and nobody announces that: {why}.",
        "MetalLB gives such an address and tells the network nothing of it: it leads nowhere.",
        "Announce the pool (under another name, where that one is taken):\n"
        "  {advertisement} | {metallb} create -f -\n"
        "Then check again:\n  {again}",
    ),
    # --- reads that gave no answer ----------------------------------------------------------------
    "Unreachable": Text(
        "The API server can't be reached",
        "{cluster} can't be reached: {detail}.",
        _NOT_READ,
        "  {kubectl} cluster-info",
    ),
    "TLSFailed": Text(
        "TLS with the API server failed",
        "No TLS connection with {cluster}: {detail}.",
        _NOT_READ,
        "Check certificate-authority, tls-server-name and proxy-url of the context:\n  {kubectl} cluster-info",
    ),
    "Unauthorized": Text(
        "The API server refused the credentials",
        "{cluster} refused the credentials: {detail}.",
        _NOT_READ,
        "Log in again, then see who you are:\n  {kubectl} auth whoami",
    ),
    "Forbidden": Text(
        "There is no right to read",
        "No right to read {kind} in {where} of {cluster}: {detail}.",
        _NOT_READ,
        "The README has the ClusterRole that is needed. See what you may do:\n  {kubectl} auth can-i --list",
    ),
    "NotServed": Text(
        "The API is not served",
        "{cluster} does not serve {kind}: {detail}.",
        _NOT_READ,
        "  {kubectl} api-resources",
    ),
    "TimedOut": Text(
        "No answer in time",
        "{cluster} did not answer for {kind} in time: {detail}.",
        _NOT_READ,
        "Give it more time with --request-timeout.",
    ),
    "ServerFailed": Text(
        "The API server failed",
        "{cluster} could not answer for {kind}: {detail}.",
        _NOT_READ,
        "Try again later.",
    ),
    "MalformedAnswer": Text(
        "The answer can't be understood",
        "The answer of {cluster} for {kind} can't be understood: {detail}.",
        _NOT_READ,
        "Something between here and the API server may have changed it; compare with:\n  {kubectl} get --raw /version",
    ),
    "NotCaptured": Text(
        "The objects were not captured",
        "{cluster} holds no {kind} in {where}.",
        "What is not in the files may well be in the cluster.",
        "Capture it too, or name the mesh's namespace (-n):\n"
        "  kubectl get {flag} services,endpoints,endpointslices,pods,deployments,configmaps -o yaml",
    ),
    "NotAsked": Text(
        "Too much to ask for in one run",
        "{cluster} was not asked for {kind}: {detail}.",
        _NOT_READ,
        "Verify one mesh at a time with --mesh-id, or from files with --filename.",
    ),
}
