"""The mesh as a whole: several clusters, the GlobalMesh, and which cluster has which part."""

from __future__ import annotations

from kubectl_mesh.findings.english.sentences import NOT_READ
from kubectl_mesh.findings.entry import Entry
from kubectl_mesh.findings.model import FAIL, PASS, SKIP, UNKNOWN, WARN

CODES = {
    "NothingVerified": Entry(
        levels=(UNKNOWN,),
        title="Nothing was verified",
        message="No cluster of this run has {what}.",
        explanation="Nothing was compared, so nothing can be called fine.",
        advice="Are these the right contexts, and the mesh's namespace (-n)?",
    ),
    "GlobalMeshAgrees": Entry(
        levels=(PASS,),
        title="The GlobalMesh agrees",
        message="{setting} of the GlobalMesh {mesh} is what the clusters have.",
    ),
    "GlobalMeshAddressDiffers": Entry(
        levels=(WARN, FAIL),
        title="The GlobalMesh has another control-plane address",
        message="The GlobalMesh {mesh} sets remotePilotAddress to {address}, but {wanted}.",
        explanation=(
            "istiod-remote of every workload cluster of the mesh is rendered from that setting."
        ),
        advice="{fix}",
    ),
    "GlobalMeshOwnerDiffers": Entry(
        levels=(WARN,),
        title="The GlobalMesh names another control-plane cluster",
        message=(
            "The GlobalMesh {mesh} names {owner} as its owner, but its hosted istiod runs in "
            "{cluster}."
        ),
        explanation="The mesh's controllers write to the cluster that the GlobalMesh names.",
        advice=(
            "See which of the two is right:\n"
            "  {kubectl} get globalmeshes.discovery.mspider.io {mesh} -o yaml"
        ),
    ),
    "GlobalMeshClustersDiffer": Entry(
        levels=(WARN,),
        title="The GlobalMesh lists other clusters",
        message="The GlobalMesh {mesh} and the clusters disagree: {what}.",
        explanation=(
            "The mesh's controllers look after the clusters that the GlobalMesh lists, and no "
            "others."
        ),
        advice=(
            "Add or remove the cluster in the mesh's settings, not by hand. They are listed "
            "in:\n"
            "  {kubectl} get globalmeshes.discovery.mspider.io {mesh} -o yaml"
        ),
    ),
    "ContextRepeated": Entry(
        levels=(SKIP,),
        title="Two contexts are the same",
        message=(
            "{context} names the same server, TLS server name, proxy and user as {cluster}: "
            "it was read once."
        ),
    ),
    "ClusterRepeated": Entry(
        levels=(SKIP,),
        title="Several contexts lead to one cluster",
        message=(
            "{cluster} is the same cluster as {other} (UID of kube-system), through another "
            "server or as another user: both were verified."
        ),
    ),
    "MeshNotFound": Entry(
        levels=(UNKNOWN, SKIP),
        title="No hosted mesh here",
        message=(
            "{cluster} has no {what}{which} in namespace {namespace}; meshes found there: "
            "{present}{though}."
        ),
        explanation="Nothing was compared, so nothing can be called fine.",
        advice="Is this the right context, and the mesh's namespace (-n)?",
    ),
    "MeshIDUnknown": Entry(
        levels=(UNKNOWN,),
        title="The mesh ID is not known",
        message=(
            "{cluster} does not say which mesh it belongs to: neither its mesh config nor its "
            "injector has a mesh ID."
        ),
        explanation="The right control plane is found by mesh ID.",
        advice="State it with --mesh-id.",
    ),
    "MeshIDFromName": Entry(
        levels=(WARN,),
        title="The mesh ID was taken from a name",
        message=(
            "configmap {config} does not tell the mesh ID ({why}); the Deployment's name "
            "gives {mesh}."
        ),
        explanation="The ConfigMap is authoritative; the name is a good guess.",
    ),
    "MeshConfigUnreadable": Entry(
        levels=(UNKNOWN,),
        title="A mesh config can't be understood",
        message="configmap {config} can't be understood: {why}.",
        explanation=NOT_READ,
        advice="  {kubectl} get configmap {config} -o yaml",
    ),
    "NotWired": Entry(
        levels=(UNKNOWN, FAIL, SKIP),
        title="Not wired to a hosted control plane",
        message=(
            "configmap {config} (mesh {mesh}) sends the proxies to {discovery}, not to "
            "istiod-remote; {because}."
        ),
        explanation=(
            "Such proxies don't get their configuration through istiod-remote: right in a "
            "dedicated mesh or plain Istio, wrong in a hosted mesh."
        ),
        advice=(
            "If the cluster belongs to a hosted mesh, discoveryAddress must be {wanted}; if "
            "an upgrade lost it, set the mesh's control-plane address again. It stands in:\n"
            "  {kubectl} get configmap {config} -o yaml"
        ),
    ),
    "MeshLeftover": Entry(
        levels=(SKIP,),
        title="Left over from a removed mesh",
        message=(
            "{name} belongs to mesh {mesh}, which no mesh config and no hosted istiod here knows."
        ),
        advice="If that mesh is gone for good:\n  {kubectl} delete service {name}",
    ),
}

PARTS = {
    "gateway-of-mesh": "a gateway of mesh {mesh}",
    "gateway-of-any-mesh": "a gateway of meshes that are hosted",
    "part-in-mesh": "part in a hosted mesh {mesh}",
    "part-in-any-mesh": "part in a hosted mesh",
    "hosted-control-plane": "hosted control plane",
    "though-there-is": ", though there is {signs}",
    "no-mesh-id": "<no mesh ID>",
    "no-mesh": "<none>",
    "wired-as-host": "{cluster} hosts the control plane of mesh {mesh}",
    "wired-as-listed": "the GlobalMesh {mesh} lists this cluster",
    "wired-as-configured": "remotePilotAddress is set to {address}",
    "wired-as-stated": "--role workload was given",
    "not-to-be-wired": "nothing says that it should be",
    "wired-not-listed": "{cluster} is wired to the mesh and not listed",
    "listed-not-wired": "{cluster} is listed and not wired to it",
    "listed-without-mesh-cluster": "{cluster} is listed and has no MeshCluster",
    "service-leads-to": "{service} in {cluster} leads to {addresses}",
}
