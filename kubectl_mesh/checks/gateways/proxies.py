"""What a gateway's proxies believe: their mesh, cluster and CA, whom they ask for configuration,
and their version.
"""

from __future__ import annotations

import json
import re
from typing import Any

from packaging.version import Version

from kubectl_mesh.checks.context import CheckContext, quoted
from kubectl_mesh.findings.catalog import Shell, finding, phrase
from kubectl_mesh.findings.model import Finding, ObjectRef
from kubectl_mesh.kube.objects import Object, mapping, maps, text
from kubectl_mesh.kube.routing import normalise
from kubectl_mesh.kube.workloads import is_ready
from kubectl_mesh.mesh.config import MeshConfig
from kubectl_mesh.mesh.gateways import Gateway, environment, proxy_container
from kubectl_mesh.mesh.istiods import hosted_pods

_DEFAULT_DISCOVERY = "istiod.istio-system.svc:15012"  # mesh.DefaultProxyConfig of Istio
_MESH_CONFIG_MOUNT = "/etc/istio/config"
_VERSION = re.compile(r"v?([0-9]{1,4}\.[0-9]{1,4}(?:\.[0-9]{1,6})?)(?![0-9.])")


def verify_proxies(
    context: CheckContext, gateway: Gateway, config: MeshConfig | None, mesh_id: str | None
) -> list[Finding]:
    """Every finding about the proxies of a gateway.

    `config` is the mesh config that they are injected from (None: not known), `mesh_id` the mesh
    whose hosted istiod serves them.
    """
    found: list[Finding] = []
    if config is not None and not config.error:
        found = _beliefs(context, gateway, config)
    return found + _skew(context, gateway, mesh_id)


def _beliefs(context: CheckContext, gateway: Gateway, config: MeshConfig) -> list[Finding]:
    """What the injector wrote when the proxies were made, against the mesh config that it would
    write from now.
    """
    about = ObjectRef(gateway.kind, gateway.namespace, gateway.name)
    held = [{**environment(t), "discoveryAddress": proxy_discovery(t)} for t in gateway.templates]
    found, matched = [], []
    for field, expected, code in (
        ("ISTIO_META_MESH_ID", config.mesh_id, "GatewayMeshIDDiffers"),
        ("ISTIO_META_CLUSTER_ID", config.cluster_id, "GatewayClusterIDDiffers"),
        ("CA_ADDR", config.ca_address, "GatewayCAAddressDiffers"),
        (
            "discoveryAddress",
            config.discovery if config.service else None,
            "GatewayDiscoveryDiffers",
        ),
    ):
        values = sorted({env[field] for env in held if env.get(field)})
        if not values or not expected:
            continue
        wrong = [value for value in values if _place(value) != _place(expected)]
        if not wrong:
            matched += (
                [expected] if ":" not in expected else []
            )  # addresses are shown only where they differ
            continue
        # The trust domain is what the injector writes where no mesh ID is set.
        unset = code == "GatewayMeshIDDiffers" and set(wrong) == {config.trust_domain}
        found.append(
            finding(
                "GatewayMeshIDNotSet" if unset else code,
                about,
                field,
                expected=[expected],
                actual=values,
                source=f"{context.verified.source}: configmap/{config.name}",
                name=gateway.name,
                value=quoted(wrong),
                wanted=expected,
                config=config.name,
                renew=_renew(context, gateway, field, expected),
            )
        )
    if matched:
        found.append(
            finding(
                "GatewayIdentityIsExpected",
                about,
                "identity",
                expected=matched,
                actual=matched,
                source=f"{context.verified.source}: configmap/{config.name}",
                name=gateway.name,
                values=quoted(matched),
            )
        )
    return found


def _skew(context: CheckContext, gateway: Gateway, mesh_id: str | None) -> list[Finding]:
    """The proxy against the hosted istiod that serves it: not newer, and at most one minor
    version older.
    """
    about = ObjectRef(gateway.kind, gateway.namespace, gateway.name)
    images = [text(proxy_container(pod), "image") for pod in gateway.pods]
    proxies = {version for image in images if (version := _version(image))}
    if not gateway.pods:
        return []
    serving = [
        (cluster, pod)
        for cluster, plane in context.clusters.hosting.get(mesh_id or "", [])
        for pod in hosted_pods(cluster, plane.name)
        if is_ready(pod)
    ]
    running = [
        text(container, "image")
        for _, pod in serving
        for container in maps(pod, "spec", "containers")[:1]
    ]
    istiods = {version for image in running if (version := _version(image))}
    if not proxies or not istiods:
        why = (
            "no ready Pod of the hosted istiod was read"
            if not serving
            else "an image tag is no version"
        )
        return [finding("ProxyVersionUnknown", about, "version", name=gateway.name, why=why)]
    newest, oldest = max(istiods), min(istiods)
    wrong = {proxy for proxy in proxies if _newer(proxy, oldest) or _behind(proxy, newest)}
    expected, actual = list(map(str, sorted(istiods))), list(map(str, sorted(wrong or proxies)))
    return [
        finding(
            "ProxyVersionSkew" if wrong else "ProxyVersionFits",
            about,
            "version",
            expected=expected,
            actual=actual,
            source=f"{serving[0][0].source}: Pods of the hosted istiod",
            name=gateway.name,
            proxy=quoted(actual),
            istiod=quoted(expected),
            fix=phrase(
                "upgrade-istiod" if any(_newer(p, oldest) for p in wrong) else "upgrade-gateway"
            ),
        )
    ]


def _renew(context: CheckContext, gateway: Gateway, variable: str, wanted: str) -> Shell:
    """How a gateway's Pods get another value: by the injector, unless it stands in their own
    template.
    """
    kubectl, kind = context.kubectl(context.verified, gateway.namespace), gateway.kind.lower()
    own = environment(mapping(gateway.deployment, "spec", "template"))
    if variable == "discoveryAddress" and "PROXY_CONFIG" in own:
        return phrase("renew-edit", kubectl=kubectl, kind=kind, name=gateway.name)
    if variable in own:
        return phrase(
            "renew-env",
            kubectl=kubectl,
            kind=kind,
            name=gateway.name,
            variable=f"{variable}={wanted}",
        )
    if gateway.kind not in ("Deployment", "DaemonSet", "StatefulSet"):
        return phrase("renew-other", kubectl=kubectl, kind=kind, name=gateway.name)
    return phrase("renew", kubectl=kubectl, kind=kind, name=gateway.name)


def _decoded(written: str) -> Any:
    """What JSON says; None where it is none."""
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return None


def proxy_discovery(pod: Object) -> str:
    """Where a proxy fetches its configuration; "" where that can't be told.

    The injector leaves out what equals Istio's default, unless the Pod mounts the mesh config
    itself.
    """
    written = _decoded(environment(pod).get("PROXY_CONFIG", ""))
    mounts = [text(mount, "mountPath") for mount in maps(proxy_container(pod), "volumeMounts")]
    if not isinstance(written, dict) or _MESH_CONFIG_MOUNT in mounts:
        return ""
    return text(written, "discoveryAddress") or _DEFAULT_DISCOVERY


def _place(value: str) -> str:
    """An address without what every cluster adds to a Service's name; another value as it is."""
    host, colon, port = value.rpartition(":")
    return (
        f"{normalise(host).removesuffix('.cluster.local').removesuffix('.svc')}:{port}"
        if colon
        else value
    )


def _version(image: str) -> Version | None:
    """The version in an image's tag, such as 1.16.1 of `…/proxyv2:1.16.1-mspider`; None where it
    is no version.
    """
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    match = _VERSION.match(tag)
    return Version(match[1]) if match else None


def _newer(proxy: Version, istiod: Version) -> bool:
    """Whether the proxy is newer, as far as both say it: 1.22 is not newer than 1.22.4, nor
    older.
    """
    length = min(len(proxy.release), len(istiod.release))
    return proxy.release[:length] > istiod.release[:length]


def _behind(proxy: Version, istiod: Version) -> bool:
    """Whether the proxy is more than one minor version older."""
    return (proxy.major, proxy.minor + 1) < (istiod.major, istiod.minor)
