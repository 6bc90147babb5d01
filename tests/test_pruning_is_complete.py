"""What a snapshot file keeps of an object is what the checks read of it: no less, and no more.

Every scenario runs through both commands with objects that note each field that is read of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from kubectl_mesh.collect import files as bundle
from kubectl_mesh.collect import snapshot_file as saved
from kubectl_mesh.kube.snapshot import Snapshot
from kubectl_mesh.mesh.fleet import Clusters
from kubectl_mesh.snapshots import pruning
from tests import harness
from tests.harness import clusters
from tests.lab.gateways import EARLIER, Gateway, GatewayPod, refused
from tests.lab.scenes import as_list
from tests.scenarios import GATEWAY_SCENARIOS, MESH_WIDE, SCENARIOS, Scenario
from tests.scenarios.gateway_model import EASTWEST, scenario
from tests.scenarios.metallb import CONTROLLER, pool

COMMANDS = ("verify-endpoints", "verify-gateway")
# Names that are kept though no check reads them, each with the reason.
NOBODY_READS = "to be dropped: no check reads it"
EXCUSED = {
    "availableReplicas": NOBODY_READS,
    "avoidBuggyIPs": NOBODY_READS,
    "eventTime": "read of an event without lastTimestamp: newer clients write such ones",
    "firstTimestamp": NOBODY_READS,
    "lastTransitionTime": NOBODY_READS,
    "nodePort": NOBODY_READS,
    "paused": NOBODY_READS,
    "priority": NOBODY_READS,
    "progressDeadlineSeconds": NOBODY_READS,
    "readyReplicas": NOBODY_READS,
    "serving": NOBODY_READS,
    "started": NOBODY_READS,
    "targetRef": NOBODY_READS,
    "terminating": NOBODY_READS,
    "unavailableReplicas": NOBODY_READS,
    "updatedReplicas": NOBODY_READS,
}

# What the checks read and no scenario has: nothing is expected of these but that they are read.
_ROLLOUT = Gateway(
    pods=(refused(), GatewayPod("10.244.0.31", ready=True, template=EARLIER)),
    lb=(),
    deployment={
        "metadata": {"generation": 2},
        "spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 1}}},
        "status": {"observedGeneration": 2},
    },
)
_ALLOCATED = {"metallb.universe.tf/ip-allocated-from-pool": "default"}
_MOUNTED = Gateway("mounted", EASTWEST, service={"metadata": {"annotations": _ALLOCATED}})
_POOL = pool(
    serviceAllocation={
        "serviceSelectors": [
            {"matchExpressions": [{"key": "app", "operator": "In", "values": ["other"]}]}
        ]
    }
)
_SERIES = {
    "source": None,
    "series": {"count": 3, "lastObservedTime": "2023-02-24T02:52:06Z"},
    "reportingComponent": "kubelet",
}
_MOUNTING = {
    "name": "istio-proxy",
    "env": [{"name": "PROXY_CONFIG", "value": "{}"}],
    "volumeMounts": [{"name": "config", "mountPath": "/etc/istio/config"}],
}
_NAMED_PORT = {"name": "tcp-istiod", "port": 15012, "protocol": "TCP", "targetPort": "grpc-xds"}
_DECLARING = {"name": "discovery", "ports": [{"name": "grpc-xds", "containerPort": 15012}]}
UNUSUAL = scenario(
    "unusual",
    "fail",
    {},
    _ROLLOUT,
    _MOUNTED,
    patches={
        "Endpoints/istiod-remote": {
            "metadata": {"annotations": {"endpoints.kubernetes.io/over-capacity": "truncated"}}
        },
        "Event/istio-ingressgateway-b8b597c59-7gnwr.unhealthy": _SERIES,
        "Pod/mounted-b8b597c59-7gnwr": {"spec": {"containers": [_MOUNTING]}},
        "Service/istiod-hosted-mesh-hosted-lb": {"spec": {"ports": [_NAMED_PORT]}},
        "Pod/istiod-hosted-mesh-hosted-6d8f7c9b4d-bx2lm": {"spec": {"containers": [_DECLARING]}},
    },
    extra={"workload": (CONTROLLER, {**_POOL, "status": {"conditions": []}})},
    flags=("-A",),
)

Place = tuple[str, ...]  # a kind, and the names of the fields that lead to a value; "[]" for items


@dataclass
class Reads:
    """What was read of all objects, and what stands in them.

    The latter before pruning (`standing`) and after it (`kept`).
    """

    read: set[Place] = field(default_factory=set)
    standing: set[Place] = field(default_factory=set)
    kept: set[Place] = field(default_factory=set)


class Recorded(dict[str, Any]):
    """A mapping in an object: it notes what is read of it, whether it is there or not."""

    def __init__(self, held: dict[str, Any], place: Place, reads: Reads) -> None:
        made = {name: recorded(value, (*place, name), reads) for name, value in held.items()}
        super().__init__(made)
        self._place = place
        self._reads = reads

    def _note(self, name: str) -> None:
        self._reads.read.add((*self._place, name))

    def _note_names(self) -> None:
        for name in dict.keys(self):
            self._note(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value under a name, which is noted."""
        self._note(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self._note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._note(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        self._note_names()
        return super().__iter__()

    def keys(self) -> Any:
        """The names, each of which is noted."""
        self._note_names()
        return super().keys()

    def items(self) -> Any:
        """Names and values; each name is noted."""
        self._note_names()
        return super().items()

    def values(self) -> Any:
        """The values; each name is noted."""
        self._note_names()
        return super().values()

    def __eq__(self, other: object) -> bool:
        if len(self._place) == 1:  # an object that is looked for in a list: nothing of it is read
            return bool(plain(self) == plain(other))
        self._reads.read.update(places(self, self._place))
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None


def recorded(value: Any, place: Place, reads: Reads) -> Any:
    """A value of an object as one that notes what is read of it."""
    if isinstance(value, dict):
        return Recorded(value, place, reads)
    if isinstance(value, list):
        return [recorded(item, (*place, "[]"), reads) for item in value]
    return value


def plain(value: Any) -> Any:
    """A value as it was before it noted anything."""
    if isinstance(value, dict):
        return {name: plain(held) for name, held in dict.items(value)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def places(value: Any, place: Place) -> set[Place]:
    """Every place in a value that stands at a place."""
    found = {place}
    if isinstance(value, dict):
        for name, held in dict.items(value):
            found |= places(held, (*place, name))
    if isinstance(value, list):
        for item in value:
            found |= places(item, (*place, "[]"))
    return found


def watched(snapshot: Snapshot, reads: Reads) -> Snapshot:
    """A snapshot whose objects note what is read of them."""
    objects: dict[str, list[Any]] = {}
    for kind, held in snapshot.objects.items():
        for obj in held:
            reads.standing |= places(obj, (kind,))
            reads.kept |= places(pruning.prune(obj), (kind,))
        objects[kind] = [recorded(obj, (kind,), reads) for obj in held]
    return replace(snapshot, objects=objects)


def files_of(one: Scenario, folder: Path) -> list[str]:
    """The flags that name the files of a scenario; JSON, which is read faster than YAML."""
    flags = []
    names = {"-f": one.verify}
    if one.asked:
        names["--control-plane-filename"] = one.ask
    for flag, cluster in names.items():
        path = folder / f"{cluster}.json"
        path.write_text(json.dumps(as_list(one.scene.clusters()[cluster])))
        flags += [flag, str(path)]
    return [*flags, "-n", one.scene.namespace]


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> Reads:
    """What both commands read of the objects of all scenarios."""
    folder = tmp_path_factory.mktemp("scenarios")
    reads = Reads()
    load = bundle.load
    current: list[Scenario] = []

    def load_watched(filenames: list[str], namespace: str) -> Clusters:
        found = load(filenames, namespace)
        for now in current:
            harness.lose(found.verified[0], now, Path(filenames[0]).stem)
        return found.changed(lambda snapshot: watched(snapshot, reads))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "load", load_watched)
        for one in (*SCENARIOS, *GATEWAY_SCENARIOS, UNUSUAL):
            current[:] = [one]
            run_both(one.command, files_of(one, folder), one.flags)
        current.clear()
        for several in MESH_WIDE:
            path = folder / "several.json"
            path.write_text(json.dumps(saved.dump(clusters(several))))
            run_both(several.command, ["-f", str(path)], several.flags)
    return reads


def run_both(command: str, files: list[str], flags: tuple[str, ...]) -> None:
    """Run the command of a scenario with its flags, and the other one without."""
    for other in COMMANDS:
        more = flags if other == command else ()
        code, _ = harness.run(other, *files, *more, "-o", "json")
        assert code in (0, 1, 3), (other, files, more)


def shown(place: Place) -> str:
    """A place as people write it: `Pod spec.containers[].name`."""
    kind, *names = place
    return f"{kind} {'.'.join(names).replace('.[]', '[]')}"


def test_what_is_read_is_kept(reads: Reads) -> None:
    lost = (reads.read & reads.standing) - reads.kept
    assert not lost, f"a check reads what pruning drops: {', '.join(sorted(map(shown, lost)))}"


def test_what_is_kept_is_read(reads: Reads) -> None:
    read = {name for place in reads.read for name in place}
    kept = pruning._FIELDS | pruning._PICKED["annotations"]
    unread = kept - read - set(EXCUSED)
    assert not unread, f"pruning keeps what no check reads: {', '.join(sorted(unread))}"
    done_with = set(EXCUSED) - (kept - read)
    assert not done_with, f"excused, and read or not kept: {', '.join(sorted(done_with))}"
