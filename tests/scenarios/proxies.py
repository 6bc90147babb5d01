"""What a gateway's proxies believe of their mesh, and their version."""

from __future__ import annotations

from tests.lab import gateways as gw
from tests.lab.gateways import Gateway
from tests.lab.scenes import config_map, mesh_yaml
from tests.scenarios.gateway_model import scenario
from tests.scenarios.model import FAIL, SKIP, UNKNOWN, WARN

PROXIES = [
    scenario(
        "other-mesh-id",
        "fail",
        {"GatewayMeshIDDiffers": FAIL},
        Gateway(env={"ISTIO_META_MESH_ID": "other-mesh"}),
    ),
    scenario(
        "mesh-id-not-set",
        "pass",
        {"GatewayMeshIDNotSet": WARN},
        Gateway(env={"ISTIO_META_MESH_ID": "cluster.local"}),
    ),
    scenario(
        "other-cluster-id",
        "pass",
        {"GatewayClusterIDDiffers": WARN},
        Gateway(env={"ISTIO_META_CLUSTER_ID": "futest-1"}),
    ),
    scenario(
        "other-ca",
        "pass",
        {"GatewayCAAddressDiffers": WARN},
        Gateway(env={"CA_ADDR": "ca.example.com:443"}),
    ),
    scenario(
        "made-before-the-mesh",
        "fail",
        {"GatewayDiscoveryDiffers": FAIL},
        Gateway(env={"PROXY_CONFIG": '{"discoveryAddress":"istiod.istio-system.svc:15012"}'}),
    ),
    scenario(
        "made-by-the-injector",
        "pass",
        {},
        Gateway(
            env={
                "PROXY_CONFIG": '{"discoveryAddress":'
                '"istiod-remote.istio-system.svc.cluster.local:15012"}'
            }
        ),
    ),
    scenario(
        "no-environment",
        "pass",
        {},
        Gateway(env={"ISTIO_META_MESH_ID": None, "ISTIO_META_CLUSTER_ID": None, "CA_ADDR": None}),
    ),
    scenario("newer-proxy", "pass", {"ProxyVersionSkew": WARN}, Gateway(image="proxyv2:1.23.0")),
    scenario("one-minor-older", "pass", {}, Gateway(image="proxyv2:1.21.6-mspider-distroless")),
    scenario(
        "two-minors-older", "pass", {"ProxyVersionSkew": WARN}, Gateway(image="proxyv2:v1.20.8")
    ),
    scenario(
        "tag-is-no-version",
        "pass",
        {"ProxyVersionUnknown": SKIP},
        Gateway(image="registry:5000/proxyv2:latest"),
    ),
    scenario(
        "warnings-count",
        "fail",
        {"ProxyVersionSkew": WARN},
        Gateway(image="proxyv2:1.23.0"),
        flags=("--fail-on", "warn"),
    ),
    scenario(
        "tag-of-other-digits",
        "pass",
        {"ProxyVersionUnknown": SKIP},
        Gateway(image="proxyv2:1.\u0662\u0662"),
    ),
    scenario(
        "tag-of-many-digits",
        "pass",
        {"ProxyVersionUnknown": SKIP},
        Gateway(image="proxyv2:1." + "9" * 60),
    ),
    scenario(
        "injected-before-the-mesh",
        "fail",
        {"GatewayDiscoveryDiffers": FAIL},
        Gateway(env={"PROXY_CONFIG": "{}"}),
    ),
    scenario(
        "revision-without-a-config",
        "unknown",
        {"GatewayConfigUnknown": UNKNOWN},
        Gateway(env={"ISTIO_META_MESH_ID": "third"}, labels={**gw.INGRESS, "istio.io/rev": "gone"}),
        extra={
            "workload": (
                config_map(
                    "istio-b",
                    {"mesh": mesh_yaml("hosted-mesh", "istiod-remote.istio-system.svc:15012")},
                    "b",
                ),
            )
        },
        live=False,
    ),
    scenario(
        "revision-tag",
        "pass",
        {},
        Gateway(
            labels={**gw.INGRESS, "istio.io/rev": "prod"},
            env={"PROXY_CONFIG": '{"discoveryAddress":"istiod-remote.istio-system.svc:15012"}'},
        ),
        extra={
            "workload": (
                config_map(
                    "istio-1-22",
                    {
                        "mesh": mesh_yaml(
                            "hosted-mesh", "istiod-remote.istio-system.svc.cluster.local:15012"
                        )
                    },
                    "1-22",
                ),
            )
        },
        live=False,
    ),
]
