"""The kinds of objects that are read, and where the API serves them."""

from __future__ import annotations

from kubectl_mesh.mesh import metallb
from kubectl_mesh.mesh.names import REVISION_LABEL

# kind -> (API group and version, resource)
RESOURCES = {
    "ConfigMap": ("api/v1", "configmaps"),
    "Deployment": ("apis/apps/v1", "deployments"),
    "Endpoints": ("api/v1", "endpoints"),
    "EndpointSlice": ("apis/discovery.k8s.io/v1", "endpointslices"),
    "Pod": ("api/v1", "pods"),
    "Service": ("api/v1", "services"),
    "Event": ("api/v1", "events"),
    "IPAddressPool": ("apis/metallb.io/v1beta1", "ipaddresspools"),
    "L2Advertisement": ("apis/metallb.io/v1beta1", "l2advertisements"),
    "BGPAdvertisement": ("apis/metallb.io/v1beta1", "bgpadvertisements"),
    "Namespace": ("api/v1", "namespaces"),
    "GlobalMesh": ("apis/discovery.mspider.io/v3alpha1", "globalmeshes"),
    "MeshCluster": ("apis/discovery.mspider.io/v3alpha1", "meshclusters"),
}


# Not served: there are none.
OPTIONAL = {*metallb.ANNOUNCING, "GlobalMesh", "MeshCluster"}


# Read only where several clusters are verified together.
WITNESSES = {"Namespace", "GlobalMesh", "MeshCluster"}


REVISIONS = f"labelled {REVISION_LABEL}"  # the subject of the list of mesh configurations
