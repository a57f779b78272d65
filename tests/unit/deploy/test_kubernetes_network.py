"""The network lets through what the service needs, and nothing else."""

from typing import Any

import pytest

from tests.unit.deploy.flows import Peer, may_talk
from tests.unit.deploy.kubernetes import OVERLAYS, of_kind, pod_specs

HERE = "dawn-chorus"
OURS = {
    name: Peer(name, HERE, {"app.kubernetes.io/name": "dawn-chorus", "app.kubernetes.io/component": name})
    for name in ("api", "relay", "worker", "migrate", "packs", "operations")
}
# As its operator labels it.
BROKER = Peer("broker", HERE, {"app.kubernetes.io/name": "broker", "app.kubernetes.io/component": "rabbitmq"})
OTHERS = {
    peer.name: peer
    for peer in (
        Peer("keda", "keda", {"app": "keda-operator"}),
        Peer("prometheus", "monitoring", {"app.kubernetes.io/name": "prometheus"}),
        Peer("operator of rabbitmq", "rabbitmq-system", {"app.kubernetes.io/component": "rabbitmq-operator"}),
        Peer("ingress", "ingress-nginx", {"app.kubernetes.io/name": "ingress-nginx"}),
        Peer("a stranger", "default", {"app.kubernetes.io/name": "dawn-chorus"}),
        Peer("a neighbor", HERE, {}),
    )
}
OUTSIDE = Peer("outside", None, {})
PEERS = {**OURS, BROKER.name: BROKER, **OTHERS}
EVERYBODY_HERE = {name for name, peer in PEERS.items() if peer.namespace == HERE}
LISTENING = [
    (OURS["api"], 8000, {"ingress", "prometheus", "a stranger", "operator of rabbitmq", "keda"}),
    (OURS["api"], 9103, {"prometheus"}),
    (OURS["relay"], 9102, {"prometheus"}),
    (OURS["worker"], 9101, {"prometheus"}),
    (BROKER, 5672, {"relay", "worker"}),
    (BROKER, 15672, {"operator of rabbitmq"}),
    (BROKER, 15692, {"prometheus"}),
    (BROKER, 25672, {"broker"}),
    (BROKER, 4369, {"broker"}),
    (OUTSIDE, 5432, {"api", "relay", "worker", "migrate", "operations"}),
    # S3; of the broker it is Kubernetes itself.
    (OUTSIDE, 443, {"api", "worker", "operations", "broker"}),
    (OUTSIDE, 53, EVERYBODY_HERE),
    (OUTSIDE, 80, set()),
    (OUTSIDE, 22, set()),
]


def policies(part: str) -> list[dict[str, Any]]:
    return list(of_kind(part, "NetworkPolicy").values())


@pytest.mark.parametrize("part", OVERLAYS)
@pytest.mark.parametrize(
    ("target", "port", "sources"), LISTENING, ids=[f"{peer.name}:{port}" for peer, port, _ in LISTENING]
)
def test_a_port_is_reached_by_those_who_need_it_and_by_nobody_else(
    part: str, target: Peer, port: int, sources: set[str]
) -> None:
    # What others may do outside of our namespace is not ours to say.
    asked = {name: peer for name, peer in PEERS.items() if target is not OUTSIDE or peer.namespace == HERE}
    assert {name for name, peer in asked.items() if may_talk(policies(part), peer, target, port)} == sources


def test_every_pod_of_ours_is_asked_about() -> None:
    assert set(pod_specs(OVERLAYS[0])) == set(OURS)


def test_without_policies_everybody_may_talk() -> None:
    assert may_talk([], OTHERS["a stranger"], BROKER, 5672)


def test_a_way_out_alone_leads_nowhere() -> None:
    nothing_but_out = [each for each in policies(OVERLAYS[0]) if each["metadata"]["name"] != "service-to-broker"]
    assert not may_talk(nothing_but_out, OURS["worker"], BROKER, 5672)
