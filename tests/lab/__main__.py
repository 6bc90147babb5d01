"""`python -m tests.lab build|up|down`.

Builds the binaries, or starts the lab by hand with the page's broken mesh.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from tests.lab import binaries, clusters
from tests.lab.apply import apply
from tests.lab.gateways import Gateway, refused
from tests.lab.scenes import HOSTED_POD, Scene

_STATE = Path(tempfile.gettempdir()) / f"kubectl-mesh-lab-{os.getuid()}"


def build() -> None:
    """Find the binaries, or build them; nothing on stdout, which `up` keeps for the export line."""
    print(f"lab: binaries in {binaries.find_or_build()}", file=sys.stderr)


def up() -> None:
    """Start both clusters, apply the troubleshooting page's broken mesh, leave them running."""
    down()
    _STATE.mkdir(mode=0o700)
    lab = clusters.start(_STATE, tied=False)
    (_STATE / "pids.json").write_text(json.dumps([process.pid for process in lab.processes]))
    scene = Scene(
        mesh="fupan-mesh",
        remote=(HOSTED_POD,),
        configured=HOSTED_POD,
        gateways=(Gateway(pods=(refused(),)),),
        patches={"Event/istio-ingressgateway-b8b597c59-7gnwr.unhealthy": {"lastTimestamp": _now()}},
    )
    apply(lab, scene)
    print("lab: two clusters are running; `make lab-down` ends them. Try:", file=sys.stderr)
    print(
        "lab:   kubectl-mesh verify-gateway --control-plane-context control-plane", file=sys.stderr
    )
    print(f"export KUBECONFIG={lab.kubeconfig}")


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def down() -> None:
    """End a lab that `up` left running."""
    pids = _STATE / "pids.json"
    if pids.exists():
        clusters.end(json.loads(pids.read_text()))
    shutil.rmtree(_STATE, ignore_errors=True)


if __name__ == "__main__":
    commands = {"build": build, "up": up, "down": down}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit("usage: python -m tests.lab build|up|down")
    try:
        commands[sys.argv[1]]()
    except binaries.LabError as error:
        sys.exit(f"lab: {error}")
