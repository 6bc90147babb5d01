"""Facts of a Snapshot are found once, and found again once it has changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kubectl_mesh.kube.objects import Object, name_of
from kubectl_mesh.kube.snapshot import Failure, Snapshot, fact
from kubectl_mesh.mesh.control_planes import hosted_lb_names

NAMESPACE = "istio-system"


def service(name: str) -> Object:
    return {"kind": "Service", "metadata": {"name": name, "namespace": NAMESPACE}}


@pytest.fixture
def snapshot() -> Snapshot:
    made = Snapshot("c", NAMESPACE, "server")
    made.answer({("Service", NAMESPACE, None)}, {"Service": [service("a"), service("b")]})
    return made


calls: list[str] = []


@fact
def services(snapshot: Snapshot, beginning: str = "") -> tuple[str, ...]:
    """The names of the Services, and in `calls` that they were looked for."""
    calls.append(beginning)
    names = map(name_of, snapshot.all("Service"))
    return tuple(name for name in names if name.startswith(beginning))


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


def test_a_fact_is_found_once(snapshot: Snapshot) -> None:
    assert services(snapshot) == services(snapshot) == ("a", "b")
    assert services(snapshot) is services(snapshot)
    assert calls == [""]


def test_each_argument_has_a_fact_of_its_own(snapshot: Snapshot) -> None:
    assert services(snapshot, "a") == services(snapshot, "a") == ("a",)
    assert services(snapshot, "b") == ("b",)
    assert services(snapshot, beginning="b") == ("b",)
    assert calls == ["a", "b", "b"]


@pytest.mark.parametrize("change", ["add", "answer", "fail"])
def test_a_change_makes_it_be_found_again(snapshot: Snapshot, change: str) -> None:
    assert services(snapshot) == ("a", "b")
    if change == "add":
        snapshot.add("Service", [service("c")])
    elif change == "answer":
        snapshot.answer({("Service", NAMESPACE, "c")}, {"Service": [service("c")]})
    else:
        snapshot.fail({("Pod", NAMESPACE, None)}, Failure("Forbidden", "no"))
    assert services(snapshot) == (("a", "b") if change == "fail" else ("a", "b", "c"))
    assert calls == ["", ""]


def test_objects_are_found_again_after_a_change(snapshot: Snapshot) -> None:
    assert snapshot.find("Service", "c") is None
    assert len(snapshot.all("Service")) == 2
    changed = {**service("a"), "spec": {}}
    snapshot.add("Service", [service("c"), changed])
    assert snapshot.find("Service", "c") == service("c")
    assert snapshot.find("Service", "a") is changed
    assert len(snapshot.all("Service")) == 3


def test_what_is_listed_is_the_callers_own(snapshot: Snapshot) -> None:
    snapshot.all("Service").clear()
    snapshot.all("Service", "").clear()
    assert len(snapshot.all("Service")) == len(snapshot.all("Service", "")) == 2


def test_a_copy_has_facts_of_its_own(snapshot: Snapshot) -> None:
    assert services(snapshot) == ("a", "b")
    copy = replace(snapshot, objects={"Service": [service("d")]})
    elsewhere = replace(snapshot, namespace="other")
    assert services(copy) == ("d",)
    assert services(elsewhere) == ()
    assert services(snapshot) == ("a", "b")
    assert calls == ["", "", ""]


def test_what_changes_while_a_fact_is_found_is_not_overlooked(snapshot: Snapshot) -> None:
    """As another thread may change it: what was found then is forgotten."""

    @fact
    def slow(snapshot: Snapshot) -> int:
        number = len(snapshot.all("Service"))
        if number == 2:
            snapshot.add("Service", [service("c")])
        return number

    assert slow(snapshot) == 2
    assert slow(snapshot) == 3


def test_facts_of_the_mesh_are_such_facts(snapshot: Snapshot) -> None:
    assert hosted_lb_names(snapshot) == ()
    snapshot.add("Service", [service("istiod-x-hosted-lb")])
    assert hosted_lb_names(snapshot) == ("x",)
    assert hosted_lb_names(snapshot) is hosted_lb_names(snapshot)
