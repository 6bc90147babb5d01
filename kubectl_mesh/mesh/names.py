"""The names, labels and ports of mspider's hosted meshes and of Istio's istiod chart."""

from __future__ import annotations

import re

REMOTE_SERVICE = "istiod-remote"


REVISION_LABEL = "istio.io/rev"


HOSTED_SUFFIX = "-hosted"  # of a hosted istiod's revision


CKUBE_REMOTE = "mspider-mcpc-ckube-remote"


GLOBAL_NAMESPACE = "mspider-system"  # of the global cluster's GlobalMesh and MeshCluster objects


XDS_PORT = 15012


WEBHOOK_PORT = 15017


WEBHOOK_SERVICE_PORT = 443


DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


HOSTED_DEPLOYMENT = re.compile(r"istiod-(.+)-hosted")


HOSTED_CONFIG = re.compile(r"istio-(.+)-hosted")


HOSTED_LB = re.compile(r"istiod-(.+)-hosted-lb")


LOCAL_ISTIOD = re.compile(r"istiod(?:-(?!.*-hosted(?:-lb)?$).+)?")


_INJECTOR = "istio-sidecar-injector"


_REMOTE = re.compile(r"istiod-(?:.+-)?remote")


def is_remote_service(name: str) -> bool:
    """Whether a Service's name is istiod-remote, of whatever revision."""
    return bool(_REMOTE.fullmatch(name))


def hosted_lb_name(name: str) -> str:
    """The Service that exposes the hosted istiod whose objects carry `name`."""
    return f"istiod-{name}-hosted-lb"


def hosted_config_name(name: str) -> str:
    """The mesh ConfigMap of the hosted istiod whose objects carry `name`."""
    return f"istio-{name}-hosted"


def hosted_deployment_name(name: str) -> str:
    """The Deployment of the hosted istiod whose objects carry `name`."""
    return f"istiod-{name}-hosted"


def config_name(revision: str) -> str:
    """The mesh ConfigMap of a revision."""
    return "istio" if revision == "default" else f"istio-{revision}"


def revision_of(config: str) -> str:
    """The revision that a mesh ConfigMap belongs to."""
    return config.removeprefix("istio").removeprefix("-") or "default"


def injector_name(config: str) -> str:
    """The injector's ConfigMap that belongs to a mesh ConfigMap."""
    return _INJECTOR + config.removeprefix("istio")


def is_injector(name: str) -> bool:
    """Whether a ConfigMap's name is an injector's, of whatever revision."""
    return name.startswith(_INJECTOR)
