"""Where to look: the clusters or files that the command line names, read into snapshots."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_mesh.collect import CONTROL_PLANE_CONTEXT, DEFAULT_NAMESPACE, InputError
from kubectl_mesh.collect.further_reads import further_gateway_reads, further_reads, lookups
from kubectl_mesh.collect.reads import (
    Questions,
    Read,
    cluster_reads,
    control_plane_reads,
    gateway_reads,
    mesh_wide_reads,
)
from kubectl_mesh.collect.secrecy import hidden
from kubectl_mesh.kube.snapshot import ALL_NAMESPACES, Snapshot
from kubectl_mesh.mesh.fleet import Clusters, exposed_addresses

if TYPE_CHECKING:
    from kubectl_mesh.collect.kubeconfig import Kubeconfig
    from kubectl_mesh.collect.live import Cluster, Login

_PARALLEL = 100  # clusters


def from_files(arguments: argparse.Namespace) -> Clusters:
    """The clusters whose objects stand in files. Raises InputError for flags that don't go
    together, or a bad file.
    """
    from kubectl_mesh.collect import files as bundle

    for flag in (
        "context",
        "contexts",
        "all_contexts",
        "kubeconfig",
        "control_plane_context",
        "acting_as",
        "as_group",
    ):
        if getattr(arguments, flag):
            spelled = {"acting_as": "as"}.get(flag, flag).replace("_", "-")
            raise InputError(f"--{spelled} has no meaning with --filename: objects come from files")
    if not arguments.filename:
        raise InputError(
            "--control-plane-filename needs --filename: which cluster's objects are to be verified?"
        )
    if [*arguments.filename, *arguments.control_plane_filename].count("-") > 1:
        raise InputError("stdin (-) can be read once only")
    loaded = bundle.load(arguments.filename, arguments.namespace)
    verified, brought = loaded.verified[0], loaded.named
    if arguments.namespace not in (verified.namespace, DEFAULT_NAMESPACE):
        raise InputError(
            f"{verified.source}: the snapshot is of namespace {verified.namespace}: leave "
            f"--namespace out"
        )
    if loaded.mesh_wide and (arguments.control_plane_filename or arguments.control_plane_namespace):
        raise InputError(
            f"{verified.source}: the snapshot holds all clusters of its run: leave "
            f"--control-plane-… out"
        )
    namespace = arguments.control_plane_namespace or verified.namespace
    paths = [
        list(map(os.path.realpath, names))
        for names in (arguments.filename, arguments.control_plane_filename)
    ]
    if brought and arguments.control_plane_namespace not in (None, brought.namespace):
        raise InputError(
            f"{brought.source}: the snapshot is of namespace {brought.namespace}, as it says itself"
        )
    if loaded.mesh_wide or (brought and paths[1] in ([], paths[0])):
        return loaded
    if not paths[1] or paths[0] == paths[1]:
        # The same objects: the control plane stands in another namespace of the same cluster, or
        # nowhere.
        return Clusters(
            [verified],
            None if namespace == verified.namespace else replace(verified, namespace=namespace),
        )
    return Clusters(
        [verified], bundle.load(arguments.control_plane_filename, namespace).verified[0]
    )


def from_contexts(
    arguments: argparse.Namespace, progress: Callable[[Collection[str], int], None]
) -> tuple[Clusters, tuple[str, ...]]:
    """The clusters that contexts lead to, read side by side, and all contexts that the kubeconfig
    offers.

    `progress` is told now and then which of several contexts are still being read, and of how
    many. Raises InputError for contexts that can't be used.
    """
    from kubectl_mesh.collect.lazy_imports import unused

    with unused():
        from kubectl_mesh.collect.live import Login
    from kubectl_mesh.collect.kubeconfig import Kubeconfig

    kubeconfig = Kubeconfig(arguments.kubeconfig)
    contexts, where = _chosen(arguments, kubeconfig)
    mesh_wide = where in ("--contexts", "--all-contexts")
    if kubeconfig.mistakes and not mesh_wide:
        # As kubectl does; of several contexts each costs itself only.
        raise InputError(kubeconfig.mistakes[0])
    named, named_by = _named_context(arguments, kubeconfig, contexts, where)
    login = Login(kubeconfig, arguments.acting_as, arguments.as_group)
    grouped = _without_repeated(kubeconfig, contexts, mesh_wide=mesh_wide)
    connections = []
    for context, aliases in grouped.items():
        connections.append(_connection(arguments, login, context, arguments.namespace, where))
        connections[-1].snapshot.aliases = tuple(aliases)
    verified = [each.snapshot for each in connections]
    control_plane = None
    if named:
        namespace = arguments.control_plane_namespace or arguments.namespace
        control_plane = _already_read(verified, named, namespace)
        if control_plane is None:
            connections.append(_connection(arguments, login, named, namespace, named_by))
            control_plane = connections[-1].snapshot
    found = Clusters(verified, control_plane, mesh_wide, bool(arguments.all_contexts))
    _read(connections, found, arguments, progress)
    return found, kubeconfig.contexts


def _connection(
    arguments: argparse.Namespace, login: Login, context: str, namespace: str, where: str
) -> Cluster:
    """A cluster that is to be read. Raises InputError for a group without a user."""
    from kubectl_mesh.collect.live import Cluster

    if login.groups and not (login.acting_as or login.kubeconfig.impersonated(context)):
        raise InputError("--as-group needs --as")
    # Until it is connected; one that never is has a kubeconfig all the same.
    server = " ".join(filter(None, login.kubeconfig.way(context)[:3])) or f"context {context}"
    snapshot = Snapshot(context, namespace, hidden(server))
    return Cluster(snapshot, login, where, arguments.request_timeout)


def _already_read(verified: Sequence[Snapshot], named: str, namespace: str) -> Snapshot | None:
    """The verified cluster that the named context leads to, if it is read in that namespace."""
    for snapshot in verified:
        if snapshot.namespace == namespace and named in (snapshot.source, *snapshot.aliases):
            return snapshot
    return None


def _read(
    connections: Sequence[Cluster],
    clusters: Clusters,
    arguments: argparse.Namespace,
    progress: Callable[[Collection[str], int], None],
) -> None:
    """Read everything. Raises InputError for a context that can't be used, unless there are
    several: then it costs only itself.
    """
    from kubectl_mesh.collect.collector import Collector

    if not clusters.mesh_wide:
        for each in connections:
            each.connect()

    def show(reading: Sequence[Cluster]) -> None:
        if clusters.mesh_wide:
            progress([each.snapshot.source for each in reading], len(connections))

    parallel = getattr(arguments, "parallel", _PARALLEL)
    Collector(connections, _questions(clusters, arguments), parallel).run(show)
    for each in connections if arguments.debug else ():
        sys.stderr.write(f"debug: {each.snapshot.source}: {each.requests} requests\n")


def _named_context(
    arguments: argparse.Namespace, kubeconfig: Kubeconfig, contexts: Sequence[str], where: str
) -> tuple[str | None, str]:
    """The context that was named for the control plane, None without one, and what named it.

    Raises InputError for one that does not exist among several, or a namespace without one.
    """
    mesh_wide = where in ("--contexts", "--all-contexts")
    named, named_by = arguments.control_plane_context, "--control-plane-context"
    if not named and os.environ.get(CONTROL_PLANE_CONTEXT):
        named, named_by = os.environ[CONTROL_PLANE_CONTEXT], CONTROL_PLANE_CONTEXT
    if named and mesh_wide:
        kubeconfig.require(named_by, named)
    if arguments.control_plane_namespace and not named:
        if mesh_wide:
            needed = "--control-plane-namespace needs --control-plane-context"
            raise InputError(f"{needed} beside {where}")
        named = contexts[0]
    return named, named_by


def _without_repeated(
    kubeconfig: Kubeconfig, contexts: Sequence[str], *, mesh_wide: bool
) -> dict[str, list[str]]:
    """The contexts that lead somewhere by themselves, each with those that lead there in the same
    way; one that can't be used stands by itself.
    """
    first: dict[tuple[str, ...], str] = {}
    found: dict[str, list[str]] = {}
    for context in contexts:
        way = kubeconfig.way(context)
        if not mesh_wide or not way[0]:
            way = (context,)
        if way in first:
            found[first[way]].append(context)
        else:
            first[way] = context
            found[context] = []
    return found


def _chosen(arguments: argparse.Namespace, kubeconfig: Kubeconfig) -> tuple[list[str], str]:
    """The contexts to verify, and what chose them. Raises InputError for none, or one that does
    not exist.
    """
    chosen = [flag for flag in ("context", "contexts", "all_contexts") if getattr(arguments, flag)]
    spelled = [f"--{flag.replace('_', '-')}" for flag in chosen]
    if len(chosen) > 1:
        raise InputError(f"{spelled[0]} and {spelled[1]} have no meaning together")
    if "parallel" in arguments and chosen not in (["contexts"], ["all_contexts"]):
        raise InputError("--parallel has no meaning without --contexts or --all-contexts")
    offered, path, current = kubeconfig.contexts, kubeconfig.path, kubeconfig.current
    contexts = list(dict.fromkeys(offered if arguments.all_contexts else arguments.contexts))
    if arguments.all_contexts and not contexts:
        raise InputError(f"--all-contexts: kubeconfig {path} has no contexts")
    kubeconfig.require("--contexts", *contexts)
    if contexts:
        return contexts, spelled[0]
    if not arguments.context and not current:
        raise InputError(
            f"no active context in kubeconfig {path}: name one with --context {kubeconfig.offers}"
        )
    return [arguments.context or current], "--context" if arguments.context else "current-context"


def _questions(clusters: Clusters, arguments: argparse.Namespace) -> Questions:
    """What each of the clusters is asked."""
    gateways_in = ALL_NAMESPACES if arguments.all_namespaces else arguments.namespace
    with_gateways = arguments.command == "verify-gateway"

    def first(cluster: Snapshot) -> list[Read]:
        beside = mesh_wide_reads() if clusters.mesh_wide else []
        if cluster not in clusters.verified:
            return control_plane_reads(cluster.namespace) + beside
        if with_gateways:
            return gateway_reads(cluster.namespace, gateways_in) + beside
        return cluster_reads(cluster.namespace) + beside

    def further(cluster: Snapshot) -> list[Read]:
        verified = cluster in clusters.verified
        if with_gateways:
            return further_gateway_reads(
                cluster, verified=verified, gateways_in=gateways_in, gateway=arguments.gateway
            )
        return further_reads(cluster, verified=verified)

    def last(cluster: Snapshot, answered: Sequence[Snapshot]) -> list[Read]:
        stated = set(arguments.expect_address)
        if not clusters.mesh_wide:
            return lookups(cluster, clusters.verified[0], clusters.named, stated)
        if cluster not in clusters.verified:
            return []
        return lookups(cluster, cluster, None, stated.union(*map(exposed_addresses, answered)))

    return Questions(first, further, last)
