"""`python -m benchmarks [RUNS]`: whole processes on the lab's two API servers, beside the by-hand script.

Measured: wall and processor time, peak memory and requests, at several round-trip times and with few and many Pods
in the namespace. The programs take turns (A B A B …), so that a machine which gets slower does so for all of them.
Prints tables, and writes benchmarks/results.json with every run.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tabulate import tabulate

from release.archive import DIST, ROOT, archive_name, this_platform
from tests.lab import clusters
from tests.lab.apply import apply
from tests.lab.gateways import Gateway
from tests.lab.scenes import Scene

ROUND_TRIPS = (0, 20, 50)  # milliseconds
FEW, MANY = 10, 5000  # Pods in the namespace beside the mesh's own
MESH = "hosted-mesh"
_W, _C = "kubectl --context workload", "kubectl --context control-plane"
BY_HAND = {
    # The troubleshooting page's steps.
    "verify-endpoints": f"""
        {_W} -n $NS get endpoints istiod-remote -o yaml
        {_W} -n $NS get service istiod-remote -o yaml
        {_W} -n $NS get configmap istio -o yaml
        {_C} -n $NS get service istiod-{MESH}-hosted-lb
        {_C} -n $NS get pods -l app=istiod -o wide""",
    "verify-gateway": f"""
        {_W} -n $NS describe pod -l istio=ingressgateway
        {_W} -n $NS get service
        {_W} -n $NS get events
        {_W} get ipaddresspools.metallb.io -A
        {_C} -n $NS describe pod -l app=istiod
        {_C} -n $NS get service
        {_C} -n $NS get events
        {_C} get ipaddresspools.metallb.io -A""",
}


def once(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    """One run: seconds of wall and processor time, and the peak memory of its largest process in MiB."""
    begun = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    assert process.returncode in (0, 1), (command, process.returncode)
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024}


def in_turns(programs: dict[str, list[str]], environment: dict[str, str], runs: int) -> dict[str, dict[str, Any]]:
    """Every program `runs` times after one that does not count; the medians, and each run."""
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in programs}
    for _ in range(runs + 1):
        for name, command in programs.items():
            measured[name].append(once(command, environment))
    return {
        name: {key: statistics.median(run[key] for run in each[1:]) for key in each[0]} | {"runs": each[1:]}
        for name, each in measured.items()
    }


@contextmanager
def forwarded(lab: clusters.Lab, milliseconds: int, folder: Path) -> Iterator[Path]:
    """A kubeconfig whose API servers are so far away."""
    if not milliseconds:
        yield lab.kubeconfig
        return
    ports = {server.rpartition(":")[2] for server in lab.servers.values()}
    command = [sys.executable, "-m", "tests.lab.forwarder", str(milliseconds), *sorted(ports)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as forwarder:
        assert forwarder.stdout
        text = lab.kubeconfig.read_text()
        for port, there in zip(sorted(ports), forwarder.stdout.readline().split(), strict=True):
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{there}")
        kubeconfig = folder / f"kubeconfig-{milliseconds}"
        kubeconfig.write_text(text)
        try:
            yield kubeconfig
        finally:
            forwarder.terminate()


def crowd(lab: clusters.Lab, namespace: str, number: int) -> None:
    """Create Pods of somebody else's in a namespace of the workload cluster."""

    def create(index: int) -> None:
        pod = {
            "metadata": {"name": f"other-{index}", "labels": {"app": "other"}},
            "spec": {"containers": [{"name": "app", "image": "app:1"}]},
        }
        lab.api("workload", "POST", f"/api/v1/namespaces/{namespace}/pods", pod)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(create, range(number)))


def requests(command: list[str], environment: dict[str, str]) -> str:
    """The requests of a command to each cluster, as it tells them itself."""
    told = subprocess.run([*command, "--debug"], env=environment, capture_output=True, text=True, check=False).stderr
    return " + ".join(re.findall(r"(\d+) requests", told))


def main(runs: int) -> None:
    """Measure, print and write."""
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        tools = {"pip": str(Path(sysconfig.get_path("scripts")) / "kubectl-mesh")}
        archive = DIST / archive_name(*this_platform())
        if archive.exists():
            with tarfile.open(archive) as packed:
                packed.extractall(folder / "archive", filter="data")
            tools["archive"] = str(folder / "archive" / "kubectl-mesh")
        started = clusters.temporary()
        lab = next(started)
        environment = {"PATH": f"{lab.bin}:/usr/bin:/bin", "HOME": scratch}

        def measure(what: str, command: list[str], by_hand: str | None, **where: Any) -> None:
            programs = {name: [tool, *command] for name, tool in tools.items()}
            if by_hand:
                programs["by hand"] = ["sh", "-c", by_hand.replace("$NS", where["namespace"])]
            told = in_turns(programs, environment, runs)
            asked = requests([tools["pip"], *command], environment) if by_hand else ""
            for program, figures in told.items():
                ratio = figures["wall"] / told["by hand"]["wall"] if by_hand and program != "by hand" else None
                made = asked if program != "by hand" else ""
                results.append({"what": what, **where, "program": program, "requests": made, "ratio": ratio, **figures})

        measure("--help", ["--help"], None, round_trip=0, pods=0)
        for namespace, pods, round_trips in (("bench", FEW, ROUND_TRIPS), ("bench-many", MANY, (0,))):
            apply(lab, Scene(mesh=MESH, namespace=namespace, gateways=(Gateway(),)))
            crowd(lab, namespace, pods)
            for round_trip in round_trips:
                with forwarded(lab, round_trip, folder) as kubeconfig:
                    environment["KUBECONFIG"] = str(kubeconfig)
                    for command, script in BY_HAND.items():
                        asked = [command, "--context", "workload", "--control-plane-context", "control-plane"]
                        where = {"round_trip": round_trip, "pods": pods, "namespace": namespace}
                        measure(command, [*asked, "-n", namespace], script, **where)
                        print(f"bench: {command}, {round_trip} ms, {pods} Pods", file=sys.stderr, flush=True)
        next(started, None)
    (ROOT / "benchmarks" / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    rows = [
        [
            r["what"],
            f"{r['round_trip']} ms",
            r["pods"],
            r["program"],
            f"{r['wall']:.3f}",
            f"{r['ratio']:.2f}" if r["ratio"] else "",
            f"{r['cpu']:.3f}",
            f"{r['peak']:.0f}",
            r["requests"],
        ]
        for r in results
    ]
    headers = ["COMMAND", "ROUND TRIP", "PODS", "PROGRAM", "WALL s", "OF BY HAND", "CPU s", "PEAK MiB", "REQUESTS"]
    print(tabulate([headers, *rows], tablefmt="plain"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
