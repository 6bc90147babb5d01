"""Ports below 1024 of proxies that run without privileges: istiod makes no listener for them.

The rule is istiod's (`pilot/pkg/networking/core/gateway.go`): it leaves such a port out where the
proxy's metadata has UNPRIVILEGED_POD. Everything looks Ready then, and connections are refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_mesh.checks.context import CheckContext, quoted
from kubectl_mesh.findings.catalog import finding, word
from kubectl_mesh.findings.model import Finding, ObjectRef
from kubectl_mesh.kube.objects import Object, maps, name_of, text
from kubectl_mesh.mesh.gateways import Gateway, environment

_VARIABLE = "ISTIO_META_UNPRIVILEGED_POD"
_TRUE = {"1", "t", "T", "true", "TRUE", "True"}  # as Go's strconv.ParseBool has it
_FIRST_FREE_PORT = 1024


def verify_privileged_ports(
    context: CheckContext, service: Object, about: ObjectRef, owners: Sequence[Gateway]
) -> list[Finding]:
    """The findings for ports of a Service that lead to a port which istiod leaves out.

    `about` is the Service, `owners` are the gateways behind it.
    """
    unprivileged = [gateway for gateway in owners if _is_unprivileged(gateway)]
    found = []
    for port in maps(service, "spec", "ports") if unprivileged else ():
        target = _target(port, unprivileged[0])
        if target is None or target >= _FIRST_FREE_PORT:
            continue
        number = str(port.get("port"))
        found.append(
            finding(
                "GatewayPortPrivileged",
                about,
                f"port {number}",
                expected=[f">={_FIRST_FREE_PORT}"],
                actual=[str(target)],
                name=name_of(service),
                number=number,
                target=str(target),
                variable=_VARIABLE,
                gateways=quoted([gateway.name for gateway in unprivileged]),
                gateway=word(unprivileged[0].name),
                kind=unprivileged[0].kind.lower(),
                kubectl=context.kubectl(context.verified, about.namespace or ""),
            )
        )
    return found


def _is_unprivileged(gateway: Gateway) -> bool:
    return any(environment(template).get(_VARIABLE) in _TRUE for template in gateway.templates)


def _target(port: Object, gateway: Gateway) -> int | None:
    """The port of the Pods that a TCP port of a Service leads to; None where that can't be told."""
    if text(port, "protocol") not in ("", "TCP"):
        return None
    target = port.get("targetPort") or port.get("port")
    if not isinstance(target, str):
        return target if type(target) is int else None
    for template in gateway.templates:
        for container in maps(template, "spec", "containers"):
            for declared in maps(container, "ports"):
                number = declared.get("containerPort")
                if text(declared, "name") == target and type(number) is int:
                    return number
    return None
