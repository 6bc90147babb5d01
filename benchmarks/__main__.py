"""`python -m benchmarks [RUNS]`: whole processes on the lab, beside the by-hand script.

Measured: wall and processor time, peak memory and requests, at several round-trip times, with few
and many Pods in the namespace, and with up to 100 contexts, which share the two API servers. The
programs take turns (A B A B …), so that a machine which gets slower does so for all of them. Prints
tables, and writes benchmarks/results.json with every run.
"""

from __future__ import annotations

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml
from tabulate import tabulate

from release.archive import DIST, ROOT, archive_name, this_platform
from tests.lab import clusters
from tests.lab.apply import apply
from tests.lab.gateways import Gateway
from tests.lab.scenes import Scene

ROUND_TRIPS = (0, 20, 50)  # milliseconds
FEW, MANY = 10, 5000  # Pods in the namespace beside the mesh's own
CONTEXTS = (2, 20, 100)
ANSWERING = (
    333  # milliseconds of round-trip time: connection, TLS and request take a second together
)
DEAD, TIMEOUT = 40, 5  # contexts that never answer, and the seconds of --request-timeout
FEWER_RUNS = 3  # where a run takes seconds
MESH = "hosted-mesh"
_LOAD_BALANCERS = ("get service", "get events", "get ipaddresspools.metallb.io -A")
# The troubleshooting page's steps: in each workload cluster, and in the control plane.
STEPS = {
    "verify-endpoints": (
        (
            "get endpoints istiod-remote -o yaml",
            "get service istiod-remote -o yaml",
            "get configmap istio -o yaml",
        ),
        (f"get service istiod-{MESH}-hosted-lb", "get pods -l app=istiod -o wide"),
    ),
    "verify-gateway": (
        ("describe pod -l istio=ingressgateway", *_LOAD_BALANCERS),
        ("describe pod -l app=istiod", *_LOAD_BALANCERS),
    ),
}


def by_hand(command: str, namespace: str, workloads: list[str]) -> str:
    """A shell script of what one does without the command."""
    own, asked = STEPS[command]
    steps = [(context, step) for context in workloads for step in own] + [
        ("control-plane", step) for step in asked
    ]
    return "\n".join(
        f"kubectl --context {context} -n {namespace} {step}" for context, step in steps
    )


def once(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Seconds of wall and processor time of one run, and the peak memory of its largest process.

    The memory is in MiB.
    """
    begun = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    assert process.returncode in (0, 1, 3), (command, process.returncode)
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024}


def in_turns(
    programs: dict[str, list[str]], environment: dict[str, str], runs: int
) -> dict[str, dict[str, Any]]:
    """Every program `runs` times after one that does not count; the medians, and each run."""
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in programs}
    for _ in range(runs + 1):
        for name, command in programs.items():
            measured[name].append(once(command, environment))
    return {
        name: {key: statistics.median(run[key] for run in each[1:]) for key in each[0]}
        | {"runs": each[1:]}
        for name, each in measured.items()
    }


@contextmanager
def forwarders(servers: list[str], milliseconds: int) -> Iterator[list[str]]:
    """The servers, each as far away as that."""
    if not milliseconds:
        yield servers
        return
    ports = [server.rpartition(":")[2] for server in servers]
    command = [sys.executable, "-m", "tests.lab.forwarder", str(milliseconds), *ports]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as forwarder:
        assert forwarder.stdout
        there = forwarder.stdout.readline().split()
        try:
            yield [f"https://127.0.0.1:{port}" for port in there]
        finally:
            forwarder.terminate()


@contextmanager
def forwarded(lab: clusters.Lab, milliseconds: int, folder: Path) -> Iterator[Path]:
    """A kubeconfig whose API servers are so far away."""
    with forwarders(list(lab.servers.values()), milliseconds) as there:
        text = lab.kubeconfig.read_text()
        for server, forwarder in zip(lab.servers.values(), there, strict=True):
            text = text.replace(server, forwarder)
        kubeconfig = folder / f"kubeconfig-{milliseconds}"
        kubeconfig.write_text(text)
        yield kubeconfig


@contextmanager
def many(
    lab: clusters.Lab, number: int, milliseconds: int, dead: int, folder: Path
) -> Iterator[Path]:
    """A kubeconfig of so many contexts: one control plane, else the workload cluster.

    Each has a user of its own.

    `dead` of them accept connections and never answer.
    """
    names = ["control-plane", *(f"workload-{index}" for index in range(1, number))]
    at = [lab.servers["control-plane"], *[lab.servers["workload"]] * (number - 1)]
    config = yaml.safe_load(lab.kubeconfig.read_text())
    trusted = {c["cluster"]["server"]: c["cluster"] for c in config["clusters"]}
    (admin,) = (user["user"] for user in config["users"] if user["name"] == "admin")
    with ExitStack() as open_ports, forwarders(at, milliseconds) as there:
        servers = [
            {**trusted[server], "server": forwarder}
            for server, forwarder in zip(at, there, strict=True)
        ]
        for server in servers[number - dead :]:
            listener = open_ports.enter_context(socket.create_server(("127.0.0.1", 0)))
            server["server"] = f"https://127.0.0.1:{listener.getsockname()[1]}"
        config["clusters"] = [
            {"name": n, "cluster": s} for n, s in zip(names, servers, strict=True)
        ]
        config["users"] = [{"name": name, "user": admin} for name in names]
        config["contexts"] = [
            {"name": name, "context": {"cluster": name, "user": name}} for name in names
        ]
        kubeconfig = folder / f"kubeconfig-{number}-{milliseconds}-{dead}"
        kubeconfig.write_text(yaml.safe_dump(config))
        yield kubeconfig


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
    told = subprocess.run(
        [*command, "--debug"], env=environment, capture_output=True, text=True, check=False
    ).stderr
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

        def measure(
            what: str, command: list[str], script: str | None, runs: int = runs, **where: Any
        ) -> None:
            where = {"contexts": 1, "dead": 0, **where}
            programs = {name: [tool, *command] for name, tool in tools.items()}
            if script:
                programs["by hand"] = ["sh", "-c", script]
            told = in_turns(programs, environment, runs)
            few = where["contexts"] <= CONTEXTS[0]
            asked = requests([tools["pip"], *command], environment) if script and few else ""
            for program, figures in told.items():
                ratio = (
                    figures["wall"] / told["by hand"]["wall"]
                    if script and program != "by hand"
                    else None
                )
                made = asked if program != "by hand" else ""
                results.append(
                    {
                        "what": what,
                        **where,
                        "program": program,
                        "requests": made,
                        "ratio": ratio,
                        **figures,
                    }
                )

        measure("--help", ["--help"], None, round_trip=0, pods=0)
        for namespace, pods, round_trips in (
            ("bench", FEW, ROUND_TRIPS),
            ("bench-many", MANY, (0,)),
        ):
            apply(lab, Scene(mesh=MESH, namespace=namespace, gateways=(Gateway(),)))
            crowd(lab, namespace, pods)
            for round_trip in round_trips:
                with forwarded(lab, round_trip, folder) as kubeconfig:
                    environment["KUBECONFIG"] = str(kubeconfig)
                    for command in STEPS:
                        asked = [
                            command,
                            "--context",
                            "workload",
                            "--control-plane-context",
                            "control-plane",
                        ]
                        script = by_hand(command, namespace, ["workload"])
                        where = {"round_trip": round_trip, "pods": pods}
                        measure(command, [*asked, "-n", namespace], script, **where)
                        print(
                            f"bench: {command}, {round_trip} ms, {pods} Pods",
                            file=sys.stderr,
                            flush=True,
                        )
        for contexts, round_trip, dead in (
            *((n, 0, 0) for n in CONTEXTS),
            (100, ANSWERING, 0),
            (100, 0, DEAD),
        ):
            with many(lab, contexts, round_trip, dead, folder) as kubeconfig:
                environment["KUBECONFIG"] = str(kubeconfig)
                workloads = [f"workload-{number}" for number in range(1, contexts)]
                for command in STEPS:
                    asked = [
                        command,
                        "--all-contexts",
                        "-n",
                        "bench",
                        "--request-timeout",
                        f"{TIMEOUT}s",
                    ]
                    loop = None if round_trip or dead else by_hand(command, "bench", workloads)
                    where = {
                        "round_trip": round_trip,
                        "pods": FEW,
                        "contexts": contexts,
                        "dead": dead,
                    }
                    measure(command, asked, loop, FEWER_RUNS, **where)
                    print(
                        f"bench: {command}, {contexts} contexts, {round_trip} ms, {dead} dead",
                        file=sys.stderr,
                    )
        next(started, None)
    (ROOT / "benchmarks" / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    rows = [
        [
            r["what"],
            f"{r['round_trip']} ms",
            r["pods"],
            f"{r['contexts']}, {r['dead']} dead" if r["dead"] else r["contexts"],
            r["program"],
            f"{r['wall']:.3f}",
            f"{r['ratio']:.2f}" if r["ratio"] else "",
            f"{r['cpu']:.3f}",
            f"{r['peak']:.0f}",
            r["requests"],
        ]
        for r in results
    ]
    headers = [
        "COMMAND",
        "ROUND TRIP",
        "PODS",
        "CONTEXTS",
        "PROGRAM",
        "WALL s",
        "OF BY HAND",
        "CPU s",
        "PEAK MiB",
        "REQUESTS",
    ]
    print(tabulate([headers, *rows], tablefmt="plain"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
