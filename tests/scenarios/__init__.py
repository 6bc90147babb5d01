"""Every state that the commands tell apart, by subject: objects, flags, and what must be found.

`model` and `whole_mesh_model` say what a scenario is; `objects`, `gateway_model` and `metallb` are
what several subjects share; every other module is the scenarios of one subject.
"""

from __future__ import annotations

from tests.scenarios.control_plane import CONTROL_PLANE
from tests.scenarios.gateway_pods import GATEWAY_PODS
from tests.scenarios.gateway_rollouts import GATEWAY_ROLLOUTS
from tests.scenarios.gateway_services import GATEWAY_SERVICES
from tests.scenarios.gateways import GATEWAYS
from tests.scenarios.load_balancers import LOAD_BALANCERS
from tests.scenarios.model import EXIT, Scenario
from tests.scenarios.proxies import PROXIES
from tests.scenarios.reading import READING
from tests.scenarios.remote_address import REMOTE_ADDRESS
from tests.scenarios.remote_host_names import REMOTE_HOST_NAMES
from tests.scenarios.remote_service import REMOTE_SERVICE
from tests.scenarios.remote_slices import REMOTE_SLICES
from tests.scenarios.revisions import REVISIONS
from tests.scenarios.roles import ROLES
from tests.scenarios.stated_address import STATED_ADDRESS
from tests.scenarios.whole_mesh import WHOLE_MESH
from tests.scenarios.whole_mesh_gateways import WHOLE_MESH_GATEWAYS
from tests.scenarios.whole_mesh_global import WHOLE_MESH_GLOBAL
from tests.scenarios.whole_mesh_hosts import WHOLE_MESH_HOSTS
from tests.scenarios.whole_mesh_model import MeshWide

__all__ = ["EXIT", "GATEWAY_SCENARIOS", "MESH_WIDE", "SCENARIOS", "MeshWide", "Scenario"]

SCENARIOS = [
    *REMOTE_ADDRESS,
    *REMOTE_SERVICE,
    *REMOTE_SLICES,
    *REMOTE_HOST_NAMES,
    *REVISIONS,
    *CONTROL_PLANE,
    *STATED_ADDRESS,
    *ROLES,
    *READING,
]
GATEWAY_SCENARIOS = [
    *GATEWAYS,
    *GATEWAY_PODS,
    *GATEWAY_ROLLOUTS,
    *GATEWAY_SERVICES,
    *PROXIES,
    *LOAD_BALANCERS,
]
MESH_WIDE = [*WHOLE_MESH, *WHOLE_MESH_HOSTS, *WHOLE_MESH_GLOBAL, *WHOLE_MESH_GATEWAYS]
